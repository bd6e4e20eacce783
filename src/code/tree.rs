//! The text of a file as tokens and brackets, each with its place. Parsing never fails: text of
//! another language yields odd tokens. It is a single pass without recursion, so its time is linear
//! in the length of the text, however deep the brackets are nested.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::dialect::{Dialect, Quote};

mod lexer;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Word,
    /// A whole string, including its quotes.
    Text,
    /// The start of a string with expressions, up to the first one.
    Opening,
    /// The text between two expressions in a string.
    Between,
    /// The text after the last expression in a string.
    Ending,
    /// A number.
    Number,
    /// A character or a lifetime.
    Character,
    /// A regular expression.
    Pattern,
    /// An operator or a delimiter. An empty one is a line end that ends a statement, or a brace that
    /// stands for the start or the end of indented lines.
    Mark,
}

/// A token: a range of the text.
#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    /// The index of its string literal in the dialect, and the number of `#`.
    quote: u8,
    hashes: u8,
    start: u32,
    end: u32,
    line: u32,
}

/// A comment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comment {
    start: u32,
    end: u32,
    /// The line of its first character, from 1.
    pub line: u32,
    /// The number of tokens before it.
    pub before: usize,
}

/// A part of a string with expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Literal text, by the position of its token.
    Text(usize),
    /// The tokens of an expression.
    Hole(Range<usize>),
}

/// The tokens of a file.
#[derive(Debug)]
pub(crate) struct Tree {
    dialect: &'static Dialect,
    text: Rc<str>,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
    /// For an opening bracket, the position of the bracket that closes it, or the end if none does;
    /// for a closing one, the position of the bracket that it closes; for other tokens, their own
    /// position.
    closings: Vec<u32>,
    /// The position of the bracket around a token; `NONE` if there is none.
    around: Vec<u32>,
}

/// No position.
const NONE: u32 = u32::MAX;

/// Values of `quote` for braces that stand for the start and the end of indented lines.
const STARTS: u8 = u8::MAX - 1;
const ENDS: u8 = u8::MAX - 2;

/// Converts a position. `NONE` becomes one past every token.
const fn position(at: u32) -> usize {
    at as usize
}

impl Tree {
    /// Parses a text.
    pub(crate) fn new(dialect: &'static Dialect, text: &Rc<str>) -> Self {
        Self::first(dialect, text, usize::MAX)
    }

    /// Parses the first tokens of a text, and the comments before them.
    pub(crate) fn first(dialect: &'static Dialect, text: &Rc<str>, tokens: usize) -> Self {
        lexer::read(dialect, text, tokens)
    }

    /// The language's rules.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// The number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The text of a token; `;` for a line end that ends a statement, `""` past the end. Indented
    /// lines are between `{` and `}`.
    pub(crate) fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if token.start == token.end => match token.quote {
                STARTS => "{",
                ENDS => "}",
                _ => ";",
            },
            Some(token) => self.slice(token.start, token.end),
            None => "",
        }
    }

    /// The first token at or after a byte of the text.
    pub(crate) fn token_at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| position(token.start) < byte)
    }

    /// The kind of a token.
    pub(crate) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// True for a line end that ends a statement.
    pub(crate) fn is_line_end(&self, at: usize) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.start == token.end && !matches!(token.quote, STARTS | ENDS))
    }

    /// True for a name or a keyword.
    pub(crate) fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Word)
    }

    /// The line of a token, from 1.
    pub(crate) fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(0, |token| token.line)
    }

    /// The byte range of a token in the text.
    pub(crate) fn place(&self, at: usize) -> Range<usize> {
        let token = self.tokens.get(at);
        token.map_or(0..0, |token| position(token.start)..position(token.end))
    }

    /// The byte range between the quotes of a string, or of a part of one; `None` for other tokens,
    /// and for an unterminated string.
    pub(crate) fn inside(&self, at: usize) -> Option<Range<usize>> {
        let (token, quote) = (self.tokens.get(at)?, self.quote(at)?);
        let hashes = usize::from(token.hashes);
        let hole = quote.hole.map_or(0, str::len);
        let open = quote.open.len() + if quote.hashes { hashes + 1 } else { 0 };
        let close = quote.close.len() + hashes;
        let (before, after) = match token.kind {
            Kind::Text => (open, close),
            Kind::Opening => (open, hole),
            Kind::Between => (1, hole),
            _ => (1, close),
        };
        let text = self.slice(token.start, token.end);
        // A string that ends with its line, or with the text, has no closing quote.
        if matches!(token.kind, Kind::Text | Kind::Ending)
            && !text.strip_suffix(&"#".repeat(hashes))?.ends_with(quote.close)
        {
            return None;
        }
        let end = text.len().checked_sub(after).filter(|end| before <= *end)?;
        let start = position(token.start);
        Some(start + before..start + end)
    }

    /// The string literal of a token.
    fn quote(&self, at: usize) -> Option<&'static Quote> {
        self.dialect.strings.get(usize::from(self.tokens.get(at)?.quote))
    }

    /// True if a string's text may have escapes.
    pub(crate) fn has_escapes(&self, at: usize) -> bool {
        self.quote(at).is_some_and(|quote| quote.escapes && !quote.keeps)
    }

    /// The value of a string token, or of a part of one; `None` for other tokens.
    pub(crate) fn string(&self, at: usize) -> Option<Cow<'_, str>> {
        let inner = self.text.get(self.inside(at)?)?;
        Some(if self.has_escapes(at) { unescape(inner) } else { Cow::Borrowed(inner) })
    }

    /// The parts of the string that begins at `at`; empty if it has no expressions.
    pub(crate) fn pieces(&self, at: usize) -> Vec<Piece> {
        if self.kind(at) != Some(Kind::Opening) {
            return Vec::new();
        }
        let (end, mut all, mut from, mut here) =
            (self.closing(at), vec![Piece::Text(at)], at + 1, at + 1);
        while here <= end && here < self.len() {
            match self.kind(here) {
                Some(Kind::Between | Kind::Ending) => {
                    all.extend([Piece::Hole(from..here), Piece::Text(here)]);
                    from = here + 1;
                }
                _ if self.is_open(here) => here = self.closing(here),
                _ => {}
            }
            here += 1;
        }
        all
    }

    /// Every comment.
    pub(crate) fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The text of a comment, including its marks.
    pub(crate) fn comment(&self, comment: &Comment) -> &str {
        self.slice(comment.start, comment.end)
    }

    /// True for an opening bracket, and for the start of a string with expressions.
    pub(crate) fn is_open(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(Kind::Opening) => true,
            Some(Kind::Mark) => matches!(self.word(at), "(" | "[" | "{"),
            _ => false,
        }
    }

    /// The position of the bracket that closes the one at `open`; the end if none does, `open`
    /// itself if it is not a bracket.
    pub(crate) fn closing(&self, open: usize) -> usize {
        self.closings.get(open).map_or(self.len(), |&at| position(at)).max(open)
    }

    /// The position of the bracket that the one at `close` closes; `close` itself if it is not a
    /// bracket.
    pub(crate) fn opening(&self, close: usize) -> usize {
        self.closings.get(close).map_or(close, |&at| position(at)).min(close)
    }

    /// The bracket around a token.
    pub(crate) fn enclosing(&self, at: usize) -> Option<usize> {
        self.around.get(at).filter(|&&open| open != NONE).map(|&open| position(open))
    }

    /// The comma-separated ranges inside the brackets at `open`.
    pub(crate) fn elements(&self, open: usize) -> Vec<Range<usize>> {
        self.split(open + 1..self.closing(open), &[","])
    }

    /// The parts of a range, separated by marks outside of brackets. The last one is dropped if it
    /// is empty.
    pub(crate) fn split(&self, range: Range<usize>, marks: &[&str]) -> Vec<Range<usize>> {
        let (mut all, mut from, mut at) = (Vec::new(), range.start, range.start);
        while at < range.end {
            if self.is_open(at) {
                at = self.closing(at);
            } else if self.kind(at) != Some(Kind::Text) && marks.contains(&self.word(at)) {
                all.push(from..at);
                from = at + 1;
            }
            at += 1;
        }
        if from < range.end {
            all.push(from..range.end);
        }
        all
    }

    fn slice(&self, start: u32, end: u32) -> &str {
        self.text.get(position(start)..position(end)).unwrap_or_default()
    }
}

/// The value of a string's text. An unknown escape yields its character.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        let Some(escape) = chars.next() else { break };
        match escape {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            'r' => value.push('\r'),
            'a' | 'b' | 'f' | 'v' => value.push(' '),
            'x' => value.extend(code(&mut chars, 2, 16)),
            'u' if chars.as_str().starts_with('{') => {
                let digits: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                value.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            'u' => value.extend(code(&mut chars, 4, 16)),
            'U' => value.extend(code(&mut chars, 8, 16)),
            '0'..='7' => {
                let mut number = escape.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    number = number * 8 + digit;
                    chars.next();
                }
                value.extend(char::from_u32(number));
            }
            // An escaped line end: skip the indentation of the next line.
            '\n' => {
                let rest = chars.as_str().trim_start();
                chars = rest.chars();
            }
            other => value.push(other),
        }
    }
    Cow::Owned(value)
}

/// The character of a numeric escape; `None` if it has too few digits.
fn code(chars: &mut std::str::Chars, digits: usize, radix: u32) -> Option<char> {
    let mut number = 0u32;
    for _ in 0..digits {
        let digit = chars.clone().next()?.to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
        chars.next();
    }
    char::from_u32(number)
}
