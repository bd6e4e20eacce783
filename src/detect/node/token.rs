//! Tokens of JavaScript and TypeScript in the form that Node.js's readers take: strings have their
//! values, and every mark is one character.

use std::ops::Range;
use std::rc::Rc;

use super::dialect::DIALECT;
use crate::code::tree::Piece;
use crate::code::{self, Tree};

/// The kind of a token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// An identifier or a keyword.
    Word(String),
    /// A string, or a template without substitutions.
    Text(String),
    /// A template with substitutions: its fixed parts, joined by `${}`.
    Template(String),
    /// A number.
    Number(f64),
    /// One character of punctuation.
    Mark(char),
    /// A regular expression.
    Pattern,
}

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The byte offset.
    pub(crate) at: usize,
    /// For an opening bracket, the distance in tokens to the bracket that closes it; 0 for any
    /// other token and for a bracket that nothing closes.
    span: usize,
}

impl Token {
    /// The identifier, if it is one.
    pub(crate) fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind { Some(word) } else { None }
    }

    /// The string, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// True if the token is that mark.
    pub(crate) fn is(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// True if the token is that identifier.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// Splits source text into tokens, without comments. Broken input never fails; it only gives fewer
/// tokens.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    of(&Tree::new(&DIALECT, &Rc::from(text)))
}

/// The tokens of a text that is already parsed.
pub(crate) fn of(tree: &Tree) -> Vec<Token> {
    let mut all = Vec::new();
    for at in (0..tree.len()).filter(|&at| !tree.is_line_end(at)) {
        let start = tree.place(at).start;
        if tree.kind(at) == Some(code::Kind::Mark) {
            let marks = (start..).zip(tree.word(at).chars());
            all.extend(marks.map(|(at, mark)| Token { kind: Kind::Mark(mark), at, span: 0 }));
        } else {
            all.extend(kind(tree, at).map(|kind| Token { kind, at: start, span: 0 }));
        }
    }
    span(&mut all);
    all
}

/// Notes where each bracket is closed, once for the whole file. A search from each bracket would
/// read `f(f(f(` anew for every one of them.
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

/// The kind of a token that is not a mark; `None` for a token that belongs to the template before
/// it.
fn kind(tree: &Tree, at: usize) -> Option<Kind> {
    let word = tree.word(at);
    Some(match tree.kind(at)? {
        code::Kind::Word => Kind::Word(word.to_owned()),
        code::Kind::Text => {
            let text = tree.string(at).unwrap_or_else(|| word.get(1..).unwrap_or_default().into());
            Kind::Text(text.into_owned())
        }
        // The template comes before the tokens of its substitutions.
        code::Kind::Opening => {
            let pieces = tree.pieces(at).into_iter();
            let fixed = pieces.filter_map(|piece| match piece {
                Piece::Text(at) => tree.string(at),
                Piece::Hole(_) => Some("${}".into()),
            });
            Kind::Template(fixed.collect())
        }
        code::Kind::Number => {
            let digits = word.replace('_', "");
            digits.parse().map_or(Kind::Word(digits), Kind::Number)
        }
        code::Kind::Pattern => Kind::Pattern,
        _ => return None,
    })
}

/// The range of the same tokens in the shared reader of code.
pub(crate) fn range(tree: &Tree, tokens: &[Token]) -> Range<usize> {
    let at = |token: Option<&Token>| token.map_or(0, |token| tree.token_at(token.at));
    let (start, mut end) = (at(tokens.first()), at(tokens.last()) + 1);
    // Here the end of a template is not a token of its own.
    if matches!(tree.kind(end), Some(code::Kind::Between | code::Kind::Ending)) {
        end = tree.enclosing(end - 1).map_or(end, |open| tree.closing(open) + 1);
    }
    start..end.max(start)
}

/// The tokens of a file in a range of the shared reader.
pub(crate) fn within<'t>(tokens: &'t [Token], tree: &Tree, range: Range<usize>) -> &'t [Token] {
    let (from, to) = (tree.place(range.start).start, tree.place(range.end).start);
    let at = |byte| tokens.partition_point(|token| token.at < byte);
    let end = if range.end < tree.len() { at(to) } else { tokens.len() };
    tokens.get(at(from)..end).unwrap_or_default()
}

/// The index of the bracket that closes the one at `open`; the end of the file if nothing closes
/// it, and `open` itself if there is no bracket.
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

/// The value of a property in an object literal (`{ ... }` with its braces), at its own level.
pub(crate) fn property<'t>(object: &'t [Token], name: &str) -> Option<&'t [Token]> {
    let (_, inner) = object.split_first().filter(|(first, _)| first.is('{'))?;
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
