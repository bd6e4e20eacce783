//! A small lexer for Rust: enough to read `mod` items, attributes, calls and literals. It never
//! fails; what is not Rust gives odd tokens, never a panic.
//!
//! Rules: <https://doc.rust-lang.org/reference/tokens.html>.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A string or a byte string; the token's range is what stands between the quotes.
    Text,
    /// The same, raw: no escapes.
    Raw,
    /// A number, its suffix included.
    Number,
    /// A character or a lifetime.
    Other,
    /// One character of an operator or a delimiter.
    Mark,
}

/// A token: a range of the source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// From 1.
    pub(super) line: u32,
}

/// Reads all tokens; comments are left out.
pub(super) fn lex(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { bytes: source.as_bytes(), at: 0, line: 1, tokens: Vec::new() };
    while lexer.at < lexer.bytes.len() {
        lexer.step();
    }
    lexer.tokens
}

struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
    line: u32,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn advance(&mut self) {
        if self.byte(0) == b'\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, line: u32) {
        self.tokens.push(Token { kind, start, end: end.min(self.bytes.len()), line });
    }

    fn step(&mut self) {
        let (start, line, byte) = (self.at, self.line, self.byte(0));
        match byte {
            b'/' if self.byte(1) == b'/' => {
                while self.at < self.bytes.len() && self.byte(0) != b'\n' {
                    self.at += 1;
                }
            }
            b'/' if self.byte(1) == b'*' => self.block_comment(),
            b'"' => self.text(),
            b'\'' => self.character(),
            b'r' | b'b' | b'c' if self.prefixed_text() => {}
            _ if is_word(byte) && !byte.is_ascii_digit() => {
                while is_word(self.byte(0)) {
                    self.at += 1;
                }
                self.push(Kind::Word, start, self.at, line);
            }
            _ if byte.is_ascii_digit() => {
                // `1..2` is a range and `1.max(2)` a call; `1.5` is one number.
                while is_word(self.byte(0)) || self.byte(0) == b'.' && self.byte(1).is_ascii_digit()
                {
                    self.at += 1;
                }
                self.push(Kind::Number, start, self.at, line);
            }
            _ if byte.is_ascii_whitespace() => self.advance(),
            _ => {
                self.at += 1;
                self.push(Kind::Mark, start, self.at, line);
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match (self.byte(0), self.byte(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth = depth.saturating_sub(1);
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.advance(),
            }
        }
    }

    /// A string at its opening quote.
    fn text(&mut self) {
        let line = self.line;
        self.at += 1;
        let start = self.at;
        while self.at < self.bytes.len() && self.byte(0) != b'"' {
            if self.byte(0) == b'\\' {
                self.advance();
            }
            self.advance();
        }
        self.push(Kind::Text, start, self.at, line);
        self.at += 1;
    }

    /// `r"`, `r#"`, `b"`, `br#"`, `c"`; false where it is none of them.
    fn prefixed_text(&mut self) -> bool {
        let mut ahead = 0;
        while matches!(self.byte(ahead), b'b' | b'c' | b'r') && ahead < 2 {
            ahead += 1;
        }
        let raw = self.byte(ahead.saturating_sub(1)) == b'r';
        let mut hashes = 0;
        while raw && self.byte(ahead + hashes) == b'#' {
            hashes += 1;
        }
        if self.byte(ahead + hashes) != b'"' {
            return false;
        }
        let line = self.line;
        self.at += ahead + hashes;
        if !raw {
            self.text();
            return true;
        }
        self.at += 1;
        let start = self.at;
        while self.at < self.bytes.len() {
            if self.byte(0) == b'"' && (0..hashes).all(|n| self.byte(1 + n) == b'#') {
                break;
            }
            self.advance();
        }
        self.push(Kind::Raw, start, self.at, line);
        self.at += 1 + hashes;
        true
    }

    /// `'a'`, `'\n'` or a lifetime.
    fn character(&mut self) {
        let (start, line) = (self.at, self.line);
        self.at += 1;
        if self.byte(0) == b'\\' {
            self.at += 2;
            while self.at < self.bytes.len() && self.byte(0) != b'\'' && self.byte(0) != b'\n' {
                self.at += 1;
            }
            self.at += 1;
        } else if is_word(self.byte(0)) {
            while is_word(self.byte(0)) {
                self.at += 1;
            }
            if self.byte(0) == b'\'' {
                self.at += 1;
            }
        } else {
            while self.at < self.bytes.len() && self.byte(0) != b'\'' && self.byte(0) != b'\n' {
                self.at += 1;
            }
            if self.byte(0) == b'\'' {
                self.at += 1;
            }
        }
        self.push(Kind::Other, start, self.at, line);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The value of a string token's text: escapes resolved.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            // `\x41` and `\u{41}` do not occur in paths or addresses: their letters stay.
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<(Kind, &str, u32)> {
        lex(source).into_iter().map(|t| (t.kind, &source[t.start..t.end], t.line)).collect()
    }

    #[test]
    fn reads_strings_characters_and_lifetimes() {
        let source = "fn f<'a>(x: &'a str) { r#\"a \"b\"\"# ; b\"x\\\"y\"; '\\''; '\"'; 'x' } // \"no\"\n/* /* \"no\" */ */ \"z\"";
        let texts: Vec<_> = words(source)
            .into_iter()
            .filter(|(kind, ..)| matches!(kind, Kind::Text | Kind::Raw))
            .collect();
        assert_eq!(
            texts,
            [(Kind::Raw, "a \"b\"", 1), (Kind::Text, "x\\\"y", 1), (Kind::Text, "z", 2)]
        );
        assert!(
            words(source).contains(&(Kind::Other, "'a", 1))
                && words(source).contains(&(Kind::Other, "'\"'", 1))
        );
    }

    #[test]
    fn reads_numbers_and_raw_names() {
        let all = words("1..2 1.5e3 0x1f_u8 [0,0,0,0] r#type");
        let numbers: Vec<_> =
            all.iter().filter(|(k, ..)| *k == Kind::Number).map(|(_, text, _)| *text).collect();
        assert_eq!(numbers, ["1", "2", "1.5e3", "0x1f_u8", "0", "0", "0", "0"]);
        assert_eq!(unescape("a\\nb\\\"c\\\n   d"), "a\nb\"cd");
    }

    #[test]
    fn never_panics() {
        for source in [
            "\"",
            "'",
            "r#\"",
            "/*",
            "b'",
            "'\\",
            "r",
            "\\",
            "é'é",
            "c\"",
            "br##\"x\"#",
            "'\u{1F600}",
        ] {
            for token in lex(source) {
                assert!(source.get(token.start..token.end).is_some(), "{source:?}");
            }
        }
    }
}
