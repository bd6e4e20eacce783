//! A small lexer for Go: enough to read package clauses, imports, directives and calls. It never
//! fails; what is not Go gives odd tokens, never a panic.
//!
//! Rules: <https://go.dev/ref/spec#Lexical_elements>, semicolons inserted at line ends included.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A string, its quotes included.
    Text,
    /// A rune or a number.
    Number,
    /// An operator or a delimiter; `;` also where a line end ends a statement.
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

/// A comment, its marks included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The line of its first character, from 1.
    pub(super) line: u32,
    /// How many tokens come before it.
    pub(super) before: usize,
}

/// Reads tokens and comments until `stop` says so, or to the end.
pub(super) fn lex(
    source: &str,
    mut stop: impl FnMut(&[Token]) -> bool,
) -> (Vec<Token>, Vec<Comment>) {
    let mut lexer = Lexer {
        bytes: source.as_bytes(),
        at: 0,
        line: 1,
        tokens: Vec::new(),
        comments: Vec::new(),
    };
    if source.starts_with('\u{feff}') {
        lexer.at = 3;
    }
    while lexer.step() {
        if stop(&lexer.tokens) {
            break;
        }
    }
    (lexer.tokens, lexer.comments)
}

struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
    line: u32,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
}

/// Operators of more than one character, longest first.
const MARKS: [&str; 25] = [
    "<<=", ">>=", "&^=", "...", "<<", ">>", "&^", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
    "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=",
];

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Reads one token, comment or run of blanks; false at the end.
    fn step(&mut self) -> bool {
        if self.at >= self.bytes.len() {
            self.end_line();
            return false;
        }
        let (start, line) = (self.at, self.line);
        match self.peek(0) {
            b'\n' => {
                self.end_line();
                self.at += 1;
                self.line += 1;
                return true;
            }
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                return true;
            }
            b'/' if self.peek(1) == b'/' => {
                while self.at < self.bytes.len() && self.peek(0) != b'\n' {
                    self.at += 1;
                }
                self.comments.push(Comment {
                    start,
                    end: self.at,
                    line,
                    before: self.tokens.len(),
                });
                return true;
            }
            b'/' if self.peek(1) == b'*' => {
                self.at += 2;
                while self.at < self.bytes.len() && !(self.peek(0) == b'*' && self.peek(1) == b'/')
                {
                    self.line += u32::from(self.peek(0) == b'\n');
                    self.at += 1;
                }
                self.at = (self.at + 2).min(self.bytes.len());
                self.comments.push(Comment {
                    start,
                    end: self.at,
                    line,
                    before: self.tokens.len(),
                });
                if self.line > line {
                    self.end_line();
                }
                return true;
            }
            b'"' | b'\'' => {
                let quote = self.peek(0);
                self.at += 1;
                while self.at < self.bytes.len() && self.peek(0) != quote && self.peek(0) != b'\n' {
                    self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
                }
                self.at = (self.at + usize::from(self.peek(0) == quote)).min(self.bytes.len());
                self.push(if quote == b'"' { Kind::Text } else { Kind::Number }, start, line);
            }
            b'`' => {
                self.at += 1;
                while self.at < self.bytes.len() && self.peek(0) != b'`' {
                    self.line += u32::from(self.peek(0) == b'\n');
                    self.at += 1;
                }
                self.at = (self.at + 1).min(self.bytes.len());
                self.push(Kind::Text, start, line);
            }
            byte if is_word(byte) && !byte.is_ascii_digit() => {
                while is_word(self.peek(0)) {
                    self.at += 1;
                }
                self.push(Kind::Word, start, line);
            }
            byte if byte.is_ascii_digit() || (byte == b'.' && self.peek(1).is_ascii_digit()) => {
                while is_word(self.peek(0)) || self.peek(0) == b'.' {
                    self.at += 1;
                }
                self.push(Kind::Number, start, line);
            }
            _ => {
                let rest = &self.bytes[self.at..];
                let length = MARKS
                    .iter()
                    .find(|mark| rest.starts_with(mark.as_bytes()))
                    .map_or(1, |mark| mark.len());
                self.at += length;
                self.push(Kind::Mark, start, line);
            }
        }
        true
    }

    fn push(&mut self, kind: Kind, start: usize, line: u32) {
        self.tokens.push(Token { kind, start, end: self.at, line });
    }

    /// Inserts the semicolon that a line end stands for.
    fn end_line(&mut self) {
        let Some(last) = self.tokens.last() else { return };
        let text = self.bytes.get(last.start..last.end).unwrap_or_default();
        let ends = match last.kind {
            Kind::Text | Kind::Number => true,
            Kind::Mark => matches!(text, b")" | b"]" | b"}" | b"++" | b"--"),
            Kind::Word => !is_open_keyword(text),
        };
        if ends {
            // A zero-width `;`: readers tell it by its kind and its empty range.
            self.tokens.push(Token {
                kind: Kind::Mark,
                start: self.at,
                end: self.at,
                line: self.line,
            });
        }
    }
}

/// Letters, digits, `_`, and everything beyond ASCII.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Keywords that do not end a statement at a line end.
fn is_open_keyword(word: &[u8]) -> bool {
    const OPEN: [&[u8]; 21] = [
        b"case",
        b"chan",
        b"const",
        b"default",
        b"defer",
        b"else",
        b"for",
        b"func",
        b"go",
        b"goto",
        b"if",
        b"import",
        b"interface",
        b"map",
        b"package",
        b"range",
        b"select",
        b"struct",
        b"switch",
        b"type",
        b"var",
    ];
    OPEN.contains(&word)
}

/// The value of a string token; `None` where its escapes are not understood.
pub(super) fn unquote(text: &str) -> Option<Cow<'_, str>> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(Cow::Borrowed(raw.strip_suffix('`')?));
    }
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next()? {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            'a' | 'b' | 'f' | 'v' => value.push(' '),
            quoted @ ('\\' | '"' | '\'') => value.push(quoted),
            'x' => value.push(code(&mut chars, 2, 16)?),
            'u' => value.push(code(&mut chars, 4, 16)?),
            'U' => value.push(code(&mut chars, 8, 16)?),
            first @ '0'..='7' => {
                let mut number = first.to_digit(8)?;
                for _ in 0..2 {
                    number = number * 8 + chars.next()?.to_digit(8)?;
                }
                value.push(char::from_u32(number)?);
            }
            _ => return None,
        }
    }
    Some(Cow::Owned(value))
}

fn code(chars: &mut std::str::Chars, digits: usize, radix: u32) -> Option<char> {
    let mut number = 0u32;
    for _ in 0..digits {
        number = number.checked_mul(radix)?.checked_add(chars.next()?.to_digit(radix)?)?;
    }
    char::from_u32(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(source: &str) -> Vec<String> {
        let (tokens, _) = lex(source, |_| false);
        tokens
            .iter()
            .map(|t| if t.start == t.end { ";".into() } else { source[t.start..t.end].to_owned() })
            .collect()
    }

    #[test]
    fn strings_runes_and_comments_do_not_leak() {
        assert_eq!(
            words(
                "a := \"x // y\\\"\" // package main\n/* package\nmain */ b := `\"` + '\"' + '\\''"
            ),
            ["a", ":=", "\"x // y\\\"\"", ";", "b", ":=", "`\"`", "+", "'\"'", "+", "'\\''", ";"]
        );
    }

    #[test]
    fn semicolons_are_inserted_as_the_specification_says() {
        assert_eq!(
            words("x :=\n f(\n1,\n)\nreturn\n"),
            ["x", ":=", "f", "(", "1", ",", ")", ";", "return", ";"]
        );
        assert_eq!(words("if x {\n}\n"), ["if", "x", "{", "}", ";"]);
    }

    #[test]
    fn broken_input_ends() {
        for text in ["\"", "`a", "/*", "'", "\"\\", "\u{feff}package", "\u{0}\u{1}", "\\"] {
            let _ = words(text);
        }
    }

    #[test]
    fn strings_are_unquoted() {
        assert_eq!(unquote("\"a\\\"\\x41\\u00e9\\101\"").as_deref(), Some("a\"A\u{e9}A"));
        assert_eq!(unquote("`a\\n`").as_deref(), Some("a\\n"));
        assert_eq!(unquote("\"\\q\""), None);
        assert_eq!(unquote("\""), None);
    }

    #[test]
    fn lines_are_counted_through_raw_strings_and_comments() {
        let source = "a\n`\n\n`\n/*\n*/ b";
        let (tokens, comments) = lex(source, |_| false);
        assert_eq!(tokens.iter().find(|t| &source[t.start..t.end] == "b").map(|t| t.line), Some(6));
        assert_eq!(comments[0].line, 5);
    }
}
