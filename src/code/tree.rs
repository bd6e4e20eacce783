//! The text of a file as tokens and brackets, each with its place. Reading never fails: text of
//! another language gives odd tokens. It is one pass without recursion, so that its time is linear
//! in the length of the text, however deep the brackets are.

use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

use super::dialect::{Dialect, Quote};

mod lexer;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Word,
    /// A whole string, its quotes included.
    Text,
    /// The beginning of a string that holds expressions: up to the first one.
    Opening,
    /// The text between two expressions of a string.
    Between,
    /// The text behind the last expression of a string.
    Ending,
    /// A number.
    Number,
    /// A character or a lifetime.
    Character,
    /// A regular expression.
    Pattern,
    /// An operator or a delimiter; an empty one is a line end that ends a statement.
    Mark,
}

/// A token: a range of the text.
#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    /// Which of the dialect's string literals it is, and how many `#` it has.
    quote: u8,
    hashes: u8,
    start: u32,
    end: u32,
    line: u32,
}

/// A comment.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    start: u32,
    end: u32,
    /// The line of its first character, from 1.
    pub line: u32,
    /// How many tokens come before it.
    pub before: usize,
}

/// A piece of a string that holds expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it stands, by the position of its token.
    Text(usize),
    /// The tokens of an expression.
    Hole(Range<usize>),
}

/// The tokens of a file.
#[derive(Debug)]
pub struct Tree {
    dialect: &'static Dialect,
    text: Rc<str>,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
    /// For an opening bracket, the position of the one that closes it, the end where none does; for
    /// a closing one, the position of the one that it closes; else the token's own.
    closings: Vec<u32>,
    /// The position of the bracket around a token; `NONE` where there is none.
    around: Vec<u32>,
}

/// No position.
const NONE: u32 = u32::MAX;

/// What a token beyond the end is.
const fn position(at: u32) -> usize {
    at as usize
}

impl Tree {
    /// Reads a text.
    pub fn new(dialect: &'static Dialect, text: &Rc<str>) -> Self {
        Self::first(dialect, text, usize::MAX)
    }

    /// Reads the first tokens of a text, and the comments before them.
    pub fn first(dialect: &'static Dialect, text: &Rc<str>, tokens: usize) -> Self {
        lexer::read(dialect, text, tokens)
    }

    /// The language's rules.
    pub fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True where there is no token.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The text of a token; `;` for one that stands for a line end, `""` beyond the end.
    pub fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if token.start == token.end => ";",
            Some(token) => self.slice(token.start, token.end),
            None => "",
        }
    }

    /// The first token that begins at a byte of the text or behind it.
    pub fn token_at(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| position(token.start) < byte)
    }

    /// The kind of a token.
    pub fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// True for a line end that ends a statement.
    pub fn is_line_end(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.start == token.end)
    }

    /// True for a name or a keyword.
    pub fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Word)
    }

    /// The line of a token, from 1.
    pub fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(0, |token| token.line)
    }

    /// The bytes of a token in the text.
    pub fn place(&self, at: usize) -> Range<usize> {
        let token = self.tokens.get(at);
        token.map_or(0..0, |token| position(token.start)..position(token.end))
    }

    /// The bytes between the quotes of a string, or of a piece of one; `None` for other tokens, and
    /// for a string without an end.
    pub fn inside(&self, at: usize) -> Option<Range<usize>> {
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
        // A string that its line, or the text, ends in has no closing quote.
        if matches!(token.kind, Kind::Text | Kind::Ending)
            && !text.strip_suffix(&"#".repeat(hashes))?.ends_with(quote.close)
        {
            return None;
        }
        let end = text.len().checked_sub(after).filter(|end| before <= *end)?;
        let start = position(token.start);
        Some(start + before..start + end)
    }

    /// The string literal that a token is, or a piece of.
    fn quote(&self, at: usize) -> Option<&'static Quote> {
        self.dialect.strings.get(usize::from(self.tokens.get(at)?.quote))
    }

    /// A string's text has escapes to be read.
    pub fn has_escapes(&self, at: usize) -> bool {
        self.quote(at).is_some_and(|quote| quote.escapes)
    }

    /// The value of a string token, or of a piece of one; `None` for other tokens.
    pub fn string(&self, at: usize) -> Option<Cow<'_, str>> {
        let inner = self.text.get(self.inside(at)?)?;
        Some(if self.has_escapes(at) { unescape(inner) } else { Cow::Borrowed(inner) })
    }

    /// The pieces of the string that begins at `at`; empty where none with expressions does.
    pub fn pieces(&self, at: usize) -> Vec<Piece> {
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
    pub fn comments(&self) -> &[Comment] {
        &self.comments
    }

    /// The text of a comment, its marks included.
    pub fn comment(&self, comment: &Comment) -> &str {
        self.slice(comment.start, comment.end)
    }

    /// True for a bracket that opens, and for the beginning of a string that holds expressions.
    pub fn is_open(&self, at: usize) -> bool {
        match self.kind(at) {
            Some(Kind::Opening) => true,
            Some(Kind::Mark) => matches!(self.word(at), "(" | "[" | "{"),
            _ => false,
        }
    }

    /// The position of the bracket that closes the one at `open`; the end where none does, `open`
    /// itself where it is no bracket.
    pub fn closing(&self, open: usize) -> usize {
        self.closings.get(open).map_or(self.len(), |&at| position(at)).max(open)
    }

    /// The position of the bracket that the one at `close` closes; `close` itself where it is none.
    pub fn opening(&self, close: usize) -> usize {
        self.closings.get(close).map_or(close, |&at| position(at)).min(close)
    }

    /// The bracket around a token.
    pub fn enclosing(&self, at: usize) -> Option<usize> {
        self.around.get(at).filter(|&&open| open != NONE).map(|&open| position(open))
    }

    /// The ranges between the commas inside the brackets at `open`.
    pub fn elements(&self, open: usize) -> Vec<Range<usize>> {
        self.split(open + 1..self.closing(open), &[","])
    }

    /// The parts of a range between marks outside of brackets; the last one only where it is not
    /// empty.
    pub fn split(&self, range: Range<usize>, marks: &[&str]) -> Vec<Range<usize>> {
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

/// The value of a string's text. An escape that the language does not know stands for its
/// character.
pub fn unescape(text: &str) -> Cow<'_, str> {
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
            // The line goes on without its indentation.
            '\n' => {
                let rest = chars.as_str().trim_start();
                chars = rest.chars();
            }
            other => value.push(other),
        }
    }
    Cow::Owned(value)
}

/// The character of an escape with digits; `None` where they are none.
fn code(chars: &mut std::str::Chars, digits: usize, radix: u32) -> Option<char> {
    let mut number = 0u32;
    for _ in 0..digits {
        let digit = chars.clone().next()?.to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
        chars.next();
    }
    char::from_u32(number)
}
