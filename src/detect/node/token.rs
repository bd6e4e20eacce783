//! A small tokenizer for JavaScript and TypeScript: it knows strings, templates, comments and
//! regular expressions, so that what stands inside them is never taken for code.

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// An identifier or keyword.
    Word(String),
    /// A string, or a template without substitutions.
    Text(String),
    /// A template with substitutions: its fixed parts, joined with `${}`.
    Template(String),
    /// A number literal.
    Number(f64),
    /// One character of punctuation.
    Mark(char),
    /// A regular expression.
    Pattern,
}

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Byte offset.
    pub(crate) at: usize,
    /// Of an opening bracket, how many tokens on the one that closes it stands; 0 for any other
    /// token, and where none closes it.
    span: usize,
}

impl Token {
    /// The identifier.
    pub(crate) fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind { Some(word) } else { None }
    }

    /// The string literal.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// True for that mark.
    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// True for that identifier.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// How deep templates nest before the rest is read as plain text.
const MAX_NESTING: usize = 16;

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tokens: Vec<Token>,
}

/// Splits source text into tokens; comments vanish. Broken input never fails, it only gives fewer
/// tokens.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, tokens: Vec::new() };
    if text.starts_with("#!") {
        lexer.at = text.find('\n').unwrap_or(text.len());
    }
    lexer.run(0, false);
    span(&mut lexer.tokens);
    lexer.tokens
}

/// Notes where each bracket is closed, once for all questions: asked for each bracket by itself,
/// `f(f(f(` would be read anew for each of them.
fn span(tokens: &mut [Token]) {
    let mut open = Vec::new();
    for index in 0..tokens.len() {
        match tokens[index].kind {
            Kind::Mark('(' | '[' | '{') => open.push(index),
            Kind::Mark(')' | ']' | '}') => {
                if let Some(bracket) = open.pop() {
                    tokens[bracket].span = index - bracket;
                }
            }
            _ => {}
        }
    }
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, at: usize) {
        self.tokens.push(Token { kind, at, span: 0 });
    }

    /// Reads to the end, or to the `}` that closes a substitution.
    fn run(&mut self, nesting: usize, in_template: bool) {
        let mut braces = 0usize;
        while self.at < self.bytes.len() {
            let (c, start) = (self.bytes[self.at], self.at);
            match c {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'/' if self.peek(1) == b'/' => {
                    self.at =
                        self.text[self.at..].find('\n').map_or(self.bytes.len(), |n| self.at + n);
                }
                b'/' if self.peek(1) == b'*' => {
                    self.at = self.text[self.at + 2..]
                        .find("*/")
                        .map_or(self.bytes.len(), |n| self.at + n + 4);
                }
                b'\'' | b'"' => self.string(c),
                b'`' => self.template(nesting),
                b'/' if self.regex_may_follow() => self.regex(),
                b'0'..=b'9' => self.number(),
                b'.' if self.peek(1).is_ascii_digit() => self.number(),
                c if c.is_ascii_alphabetic() || c == b'_' || c == b'$' || c >= 0x80 => {
                    while self.at < self.bytes.len() && is_word_byte(self.bytes[self.at]) {
                        self.at += 1;
                    }
                    let word = self.text.get(start..self.at).unwrap_or_default().to_owned();
                    self.push(Kind::Word(word), start);
                }
                _ => {
                    match c {
                        b'{' => braces += 1,
                        b'}' if braces == 0 && in_template => return,
                        b'}' => braces = braces.saturating_sub(1),
                        _ => {}
                    }
                    self.push(Kind::Mark(char::from(c)), start);
                    self.at += 1;
                }
            }
        }
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        self.at += 1;
        let mut value = Vec::new();
        while self.at < self.bytes.len()
            && self.bytes[self.at] != quote
            && self.bytes[self.at] != b'\n'
        {
            self.escape_or_byte(&mut value);
        }
        self.at += 1;
        self.push(Kind::Text(String::from_utf8_lossy(&value).into_owned()), start);
    }

    fn escape_or_byte(&mut self, value: &mut Vec<u8>) {
        if self.bytes[self.at] == b'\\' {
            match self.peek(1) {
                b'n' => value.push(b'\n'),
                b't' => value.push(b'\t'),
                other => value.push(other),
            }
            self.at += 2;
        } else {
            value.push(self.bytes[self.at]);
            self.at += 1;
        }
    }

    fn template(&mut self, nesting: usize) {
        let start = self.at;
        self.at += 1;
        let (mut value, mut fixed) = (Vec::new(), true);
        // The template stands before the tokens of its substitutions.
        let slot = self.tokens.len();
        self.push(Kind::Mark('`'), start);
        while self.at < self.bytes.len() && self.bytes[self.at] != b'`' {
            if self.bytes[self.at] == b'$' && self.peek(1) == b'{' && nesting < MAX_NESTING {
                fixed = false;
                value.extend_from_slice(b"${}");
                self.at += 2;
                self.run(nesting + 1, true);
                self.at += 1;
            } else {
                self.escape_or_byte(&mut value);
            }
        }
        self.at += 1;
        let value = String::from_utf8_lossy(&value).into_owned();
        self.tokens[slot].kind = if fixed { Kind::Text(value) } else { Kind::Template(value) };
    }

    /// A `/` begins a regular expression where an expression may begin.
    fn regex_may_follow(&self) -> bool {
        match self.tokens.last().map(|token| &token.kind) {
            None => true,
            Some(Kind::Mark(mark)) => !matches!(mark, ')' | ']' | '}'),
            Some(Kind::Word(word)) => {
                matches!(
                    word.as_str(),
                    "return"
                        | "typeof"
                        | "case"
                        | "in"
                        | "of"
                        | "delete"
                        | "void"
                        | "throw"
                        | "do"
                        | "else"
                )
            }
            Some(_) => false,
        }
    }

    fn regex(&mut self) {
        let start = self.at;
        let (mut at, mut class) = (self.at + 1, false);
        while at < self.bytes.len() && self.bytes[at] != b'\n' {
            match self.bytes[at] {
                b'\\' => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    at += 1;
                    while at < self.bytes.len() && self.bytes[at].is_ascii_alphabetic() {
                        at += 1;
                    }
                    self.at = at;
                    self.push(Kind::Pattern, start);
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        // Not closed on its line: a division after all (or JSX text).
        self.push(Kind::Mark('/'), start);
        self.at += 1;
    }

    fn number(&mut self) {
        let start = self.at;
        while self.at < self.bytes.len()
            && (is_word_byte(self.bytes[self.at]) || self.bytes[self.at] == b'.')
        {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at).unwrap_or_default().replace('_', "");
        self.push(digits.parse().map_or(Kind::Word(digits), Kind::Number), start);
    }
}

fn is_word_byte(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'$' || c >= 0x80
}

/// The index of the bracket that closes the one at `open`; the end where it is not closed, and
/// `open` itself where no bracket stands there.
pub(crate) fn closing(tokens: &[Token], open: usize) -> usize {
    match tokens.get(open) {
        Some(token) if token.span > 0 => (open + token.span).min(tokens.len()),
        Some(Token { kind: Kind::Mark('(' | '[' | '{'), .. }) | None => tokens.len(),
        Some(_) => open,
    }
}

/// The arguments of a call whose `(` is at `open`, split at the commas of its own level.
pub(crate) fn arguments(tokens: &[Token], open: usize) -> Vec<&[Token]> {
    let end = closing(tokens, open);
    split(tokens.get(open + 1..end).unwrap_or_default())
}

/// Splits at the commas of the outermost level.
pub(crate) fn split(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut from, mut index) = (Vec::new(), 0, 0);
    while let Some(token) = tokens.get(index) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => index = closing(tokens, index),
            Kind::Mark(',') => {
                parts.push(&tokens[from..index]);
                from = index + 1;
            }
            _ => {}
        }
        index += 1;
    }
    if from < tokens.len() {
        parts.push(&tokens[from..]);
    }
    parts
}

/// The value of a property of an object literal (`{ ... }` with its braces), found at its own
/// level.
pub(crate) fn property<'t>(object: &'t [Token], name: &str) -> Option<&'t [Token]> {
    let inner =
        object.strip_prefix(&object[..1]).filter(|_| object.first().is_some_and(|t| t.is('{')))?;
    let inner =
        if inner.last().is_some_and(|t| t.is('}')) { &inner[..inner.len() - 1] } else { inner };
    split(inner).into_iter().find_map(|entry| {
        let key = entry.first()?;
        if key.word().or(key.text()) != Some(name) {
            return None;
        }
        match entry.get(1) {
            Some(colon) if colon.is(':') => entry.get(2..),
            // Shorthand: `{ port }`.
            None => Some(entry),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text)
            .into_iter()
            .map(|token| match token.kind {
                Kind::Word(word) => word,
                Kind::Text(text) => format!("'{text}'"),
                Kind::Template(text) => format!("`{text}`"),
                Kind::Number(number) => number.to_string(),
                Kind::Mark(mark) => mark.to_string(),
                Kind::Pattern => "/re/".to_owned(),
            })
            .collect()
    }

    #[test]
    fn strings_comments_and_regular_expressions_are_not_code() {
        assert_eq!(words("a /* x.listen(1) */ b // c\n'd\\'e' \"f\""), ["a", "b", "'d'e'", "'f'"]);
        assert_eq!(
            words("x = /[/'\"]/g.test(y) / 2"),
            ["x", "=", "/re/", ".", "test", "(", "y", ")", "/", "2"]
        );
        assert_eq!(words("#!/usr/bin/env node\nx"), ["x"]);
        assert_eq!(words("`a` `b${c + `d${e}`}f`"), ["'a'", "`b${}f`", "c", "+", "`d${}`", "e"]);
        assert_eq!(words("3_000"), ["3000"]);
    }

    #[test]
    fn broken_input_ends() {
        for text in ["'abc", "`a${b", "/* x", "x = /abc", "((((", "}", "\\", "é`${", "'\\"] {
            let _ = words(text);
        }
    }

    #[test]
    fn calls_and_objects_are_taken_apart() {
        let all = tokens("f(a, {port: g(1, 2), host}, [3, 4])");
        let args = arguments(&all, 1);
        assert_eq!(args.len(), 3);
        assert_eq!(property(args[1], "port").unwrap().len(), 6);
        assert!(property(args[1], "host").is_some());
        assert!(property(args[1], "x").is_none());
    }
}
