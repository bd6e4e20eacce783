//! Tokens of Rust in the form that Rust's readers take: the range of a string is the text between
//! its quotes, and every mark is one character.

use std::rc::Rc;

use super::dialect::DIALECT;
use crate::code::{self, Tree};

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A string or a byte string. The range of the token excludes the quotes.
    Text,
    /// A raw string, which has no escapes.
    Raw,
    /// A number with its suffix.
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
    /// The line, from 1.
    pub(super) line: u32,
}

/// Reads all tokens of a file. Comments are left out.
pub(super) fn lex(source: &Rc<str>) -> Vec<Token> {
    let tree = Tree::new(&DIALECT, source);
    let mut all = Vec::with_capacity(tree.len());
    for at in 0..tree.len() {
        let kind = match tree.kind(at) {
            Some(code::Kind::Word) => Kind::Word,
            Some(code::Kind::Text) if tree.has_escapes(at) => Kind::Text,
            Some(code::Kind::Text) => Kind::Raw,
            Some(code::Kind::Number) => Kind::Number,
            Some(code::Kind::Character) => Kind::Other,
            _ => Kind::Mark,
        };
        let range = tree.inside(at).unwrap_or_else(|| tree.place(at));
        let line = tree.line(at);
        if kind == Kind::Mark {
            all.extend(range.map(|at| Token { kind, start: at, end: at + 1, line }));
        } else {
            all.push(Token { kind, start: range.start, end: range.end, line });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::tree::unescape;

    fn words(source: &str) -> Vec<(Kind, &str, u32)> {
        lex(&Rc::from(source))
            .into_iter()
            .map(|t| (t.kind, &source[t.start..t.end], t.line))
            .collect()
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
            for token in lex(&Rc::from(source)) {
                assert!(source.get(token.start..token.end).is_some(), "{source:?}");
            }
        }
    }
}
