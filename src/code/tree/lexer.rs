//! Splits text into tokens.

use std::rc::Rc;

use super::{Comment, ENDS, Kind, NONE, STARTS, Token, Tree};
use crate::code::dialect::{Characters, Dialect, Quote};

/// An open bracket.
struct Open {
    /// Its position.
    at: u32,
    /// `(`, `[`, `{`, `:` for indented lines, or `` ` `` for an expression inside a string.
    mark: u8,
    /// The string literal, for an expression inside a string.
    quote: u8,
}

struct Lexer<'t> {
    dialect: &'static Dialect,
    bytes: &'t [u8],
    at: usize,
    line: u32,
    /// The place of a line end since the last token.
    ended: Option<(u32, u32)>,
    /// The start of the current line.
    line_start: usize,
    /// The columns of the lines that are indented around the current one.
    columns: Vec<usize>,
    tokens: Vec<Token>,
    comments: Vec<Comment>,
    closings: Vec<u32>,
    around: Vec<u32>,
    open: Vec<Open>,
    /// The number of open braces and of open expressions inside strings.
    braces: usize,
    /// No regular expression begins before this offset.
    no_pattern: usize,
}

/// Maximum length of a regular expression.
const MAX_PATTERN: usize = 4096;

/// Reads at most `limit` tokens.
pub(super) fn read(dialect: &'static Dialect, text: &Rc<str>, limit: usize) -> Tree {
    let mut lexer = Lexer {
        dialect,
        // Positions have 32 bits: text beyond 4 GB is ignored.
        bytes: text.as_bytes().get(..NONE as usize).unwrap_or(text.as_bytes()),
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        line: 1,
        ended: None,
        line_start: 0,
        columns: Vec::new(),
        tokens: Vec::new(),
        comments: Vec::new(),
        closings: Vec::new(),
        around: Vec::new(),
        open: Vec::new(),
        braces: 0,
        no_pattern: 0,
    };
    if text.starts_with("#!") && !text.starts_with("#![") {
        lexer.skip_line();
    }
    while lexer.at < lexer.bytes.len() && lexer.tokens.len() < limit {
        lexer.step();
    }
    if lexer.at >= lexer.bytes.len() {
        lexer.line_start = lexer.at;
        lexer.line_end();
        lexer.end_statement(b"");
    }
    lexer.finish(text)
}

fn small(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts(&self, text: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes()))
    }

    fn is_word(&self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || byte == b'_'
            || byte >= 0x80
            || self.dialect.word_bytes.contains(&byte)
    }

    fn advance(&mut self) {
        self.line += u32::from(self.peek(0) == b'\n');
        self.at += 1;
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    fn finish(self, text: &Rc<str>) -> Tree {
        let mut closings = self.closings;
        for open in self.open {
            closings[open.at as usize] = small(self.tokens.len());
        }
        Tree {
            dialect: self.dialect,
            text: text.clone(),
            tokens: self.tokens,
            comments: self.comments,
            closings,
            around: self.around,
        }
    }

    /// Reads one token, comment or white space.
    fn step(&mut self) {
        let byte = self.peek(0);
        if byte == b'\n' {
            self.line_end();
            self.advance();
            self.line_start = self.at;
        } else if self.joins_lines(byte) {
            self.skip_line();
            self.advance();
        } else if byte.is_ascii_whitespace() {
            self.at += 1;
        } else if !self.comment() && !self.string() {
            let start = self.at;
            let kind = self.plain(byte);
            self.push(kind, start, self.line);
        }
    }

    /// True for a `\` at the end of a line, after which a statement continues.
    fn joins_lines(&self, byte: u8) -> bool {
        self.dialect.indents && byte == b'\\' && matches!(self.peek(1), b'\n' | b'\r')
    }

    fn comment(&mut self) -> bool {
        let (start, line) = (self.at, self.line);
        if self.dialect.line_comments.iter().any(|mark| self.starts(mark)) {
            self.skip_line();
        } else if let Some((open, close)) =
            self.dialect.block_comment.filter(|(open, _)| self.starts(open))
        {
            let mut depth = 1;
            self.at += open.len();
            while self.at < self.bytes.len() && depth > 0 {
                if self.starts(close) {
                    depth -= 1;
                    self.at += close.len();
                } else if self.dialect.nested_comments && self.starts(open) {
                    depth += 1;
                    self.at += open.len();
                } else {
                    self.advance();
                }
            }
        } else {
            return false;
        }
        let ends = |rules: &crate::code::dialect::LineEnds| rules.continues.is_empty();
        if !self.dialect.indents && self.dialect.line_ends.as_ref().is_some_and(ends) {
            self.end_statement(b"");
        }
        let (start, end) = (small(start), small(self.at.min(self.bytes.len())));
        self.comments.push(Comment { start, end, line, before: self.tokens.len() });
        if self.line > line {
            self.line_end();
        }
        true
    }

    fn string(&mut self) -> bool {
        let strings = self.dialect.strings;
        let byte = self.peek(0);
        for (number, quote) in strings.iter().enumerate() {
            if quote.open.as_bytes().first() != Some(&byte) || !self.starts(quote.open) {
                continue;
            }
            let mut hashes = 0;
            if quote.hashes {
                let prefix = quote.open.len();
                while self.peek(prefix + hashes) == b'#' && hashes < usize::from(u8::MAX) {
                    hashes += 1;
                }
                if self.peek(prefix + hashes) != b'"' {
                    continue;
                }
                self.at += hashes + 1;
            }
            let (start, line) = (self.at - if quote.hashes { hashes + 1 } else { 0 }, self.line);
            self.at += quote.open.len();
            let number = u8::try_from(number).unwrap_or(u8::MAX);
            let whole = self.text(quote, hashes);
            let hashes = u8::try_from(hashes).unwrap_or(u8::MAX);
            self.piece(if whole { Kind::Text } else { Kind::Opening }, number, hashes, start, line);
            return true;
        }
        false
    }

    /// Reads the text of a string up to its end, or up to an expression; true at the end.
    fn text(&mut self, quote: &Quote, hashes: usize) -> bool {
        while self.at < self.bytes.len() {
            if self.starts(quote.close)
                && (0..hashes).all(|n| self.peek(quote.close.len() + n) == b'#')
            {
                self.at += quote.close.len() + hashes;
                return true;
            }
            if quote.escapes && self.peek(0) == b'\\' {
                self.advance();
                if self.at < self.bytes.len() {
                    self.advance();
                }
                continue;
            }
            if self.peek(0) == b'\n' && !quote.lines {
                return true;
            }
            if let Some(hole) = quote.hole.filter(|hole| self.starts(hole)) {
                // `{{` is an escaped brace.
                if hole == "{" && self.peek(1) == b'{' {
                    self.at += 1;
                } else {
                    self.at += hole.len();
                    return false;
                }
            }
            self.advance();
        }
        true
    }

    fn plain(&mut self, byte: u8) -> Kind {
        if byte == b'\'' && self.dialect.characters != Characters::None {
            self.character();
            Kind::Character
        } else if byte.is_ascii_digit() {
            // `1..2` is a range and `1.max(2)` a call; `1.5` is one number.
            while self.is_word(self.peek(0))
                || self.peek(0) == b'.' && self.peek(1).is_ascii_digit()
            {
                self.at += 1;
            }
            Kind::Number
        } else if self.is_word(byte) {
            while self.is_word(self.peek(0)) {
                self.at += 1;
            }
            Kind::Word
        } else if byte == b'/' && self.dialect.patterns && self.pattern() {
            Kind::Pattern
        } else {
            let mark = self.dialect.marks.iter().find(|mark| self.starts(mark));
            self.at += mark.map_or(1, |mark| mark.len());
            Kind::Mark
        }
    }

    /// Reads `'a'`, `'\n'`, or a lifetime.
    fn character(&mut self) {
        self.at += 1;
        if self.dialect.characters == Characters::OrLifetimes && self.is_word(self.peek(0)) {
            while self.is_word(self.peek(0)) {
                self.at += 1;
            }
        } else {
            while self.at < self.bytes.len() && !matches!(self.peek(0), b'\'' | b'\n') {
                self.at += if self.peek(0) == b'\\' { 2 } else { 1 };
            }
        }
        self.at = (self.at + usize::from(self.peek(0) == b'\'')).min(self.bytes.len());
    }

    /// Reads a regular expression, if an expression may begin here and it ends on the same line.
    fn pattern(&mut self) -> bool {
        let after = self.tokens.last().map(|last| (last.kind, self.bytes_of(last)));
        let begins = match after {
            None | Some((Kind::Opening | Kind::Between, _)) => true,
            Some((Kind::Mark, text)) => !matches!(text, b")" | b"]" | b"}" | b"++" | b"--"),
            Some((Kind::Word, text)) => {
                let before: [&[u8]; 10] = [
                    b"return", b"typeof", b"case", b"in", b"of", b"delete", b"void", b"throw",
                    b"do", b"else",
                ];
                before.contains(&text)
            }
            Some(_) => false,
        };
        if !begins || self.at < self.no_pattern {
            return false;
        }
        let (mut at, mut class) = (self.at + 1, false);
        let end = self.bytes.len().min(self.at + MAX_PATTERN);
        while at < end && self.bytes[at] != b'\n' {
            match self.bytes[at] {
                b'\\' => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    self.at = at + 1;
                    while self.peek(0).is_ascii_alphabetic() {
                        self.at += 1;
                    }
                    return true;
                }
                _ => {}
            }
            at += 1;
        }
        self.no_pattern = at;
        false
    }

    fn bytes_of(&self, token: &Token) -> &[u8] {
        self.bytes.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn push(&mut self, kind: Kind, start: usize, line: u32) {
        let closes = self.bytes[start] == b'}' && kind == Kind::Mark;
        if closes && self.resume(start, line) {
            return;
        }
        self.piece(kind, u8::MAX, 0, start, line);
    }

    /// If a `}` ends an expression inside a string, continues with the text of the string.
    fn resume(&mut self, start: usize, line: u32) -> bool {
        self.close_unmatched();
        let Some(open) = self.open.last().filter(|open| open.mark == b'`') else { return false };
        let (at, number) = (open.at as usize, open.quote);
        let Some(quote) = self.dialect.strings.get(usize::from(number)) else { return false };
        let hashes = self.tokens[at].hashes;
        let whole = self.text(quote, usize::from(hashes));
        self.piece(if whole { Kind::Ending } else { Kind::Between }, number, hashes, start, line);
        true
    }

    /// Adds a token, and tracks brackets.
    fn piece(&mut self, kind: Kind, quote: u8, hashes: u8, start: usize, line: u32) {
        self.at = self.at.min(self.bytes.len());
        let bytes = self.bytes;
        let text = bytes.get(start..self.at).unwrap_or_default();
        self.end_statement(text);
        let closes = if kind == Kind::Mark && matches!(text, b")" | b"]" | b"}") {
            self.close(text)
        } else if kind == Kind::Ending {
            self.open.pop()
        } else {
            None
        };
        let at = small(self.tokens.len());
        if let Some(open) = &closes {
            self.closed(open);
        }
        self.add(Token { kind, quote, hashes, start: small(start), end: small(self.at), line });
        if let Some(open) = closes {
            self.closings[at as usize] = open.at;
        }
        match (kind, text) {
            (Kind::Opening, _) => self.open.push(Open { at, mark: b'`', quote }),
            (Kind::Mark, b"(" | b"[" | b"{") => self.open.push(Open { at, mark: text[0], quote }),
            _ => return,
        }
        self.braces +=
            usize::from(matches!(self.open.last(), Some(Open { mark: b'{' | b'`', .. })));
    }

    fn add(&mut self, token: Token) {
        let at = small(self.tokens.len());
        self.around.push(self.open.last().map_or(NONE, |open| open.at));
        self.closings.push(at);
        self.tokens.push(token);
    }

    /// Closes the brackets that are still open inside the braces of a `}`.
    fn close_unmatched(&mut self) {
        while self.braces > 0
            && self.open.last().is_some_and(|open| matches!(open.mark, b'(' | b'['))
        {
            if let Some(open) = self.open.pop() {
                self.closed(&open);
            }
        }
    }

    fn close(&mut self, text: &[u8]) -> Option<Open> {
        let fits =
            |open: &Open| matches!((open.mark, text), (b'(', b")") | (b'[', b"]") | (b'{', b"}"));
        if self.open.last().is_some_and(fits) { self.open.pop() } else { None }
    }

    /// Closes a bracket at the next token.
    fn closed(&mut self, open: &Open) {
        self.braces -= usize::from(matches!(open.mark, b'{' | b'`'));
        self.closings[open.at as usize] = small(self.tokens.len());
    }

    fn line_end(&mut self) {
        if self.dialect.line_ends.is_some() {
            self.ended.get_or_insert((small(self.at), self.line));
        }
    }

    /// Adds a semicolon if the line end before the token `next` ends a statement.
    fn end_statement(&mut self, next: &[u8]) {
        let Some((at, line)) = self.ended.take() else { return };
        if self.dialect.indents {
            self.indent(at, line);
            return;
        }
        let (Some(rules), Some(last)) = (&self.dialect.line_ends, self.tokens.last()) else {
            return;
        };
        let text = self.bytes_of(last);
        let ends = match last.kind {
            Kind::Mark => matches!(text, b")" | b"]" | b"}" | b"++" | b"--"),
            Kind::Word => !rules.open_words.iter().any(|word| word.as_bytes() == text),
            Kind::Opening | Kind::Between => false,
            _ => true,
        };
        let inside = self.open.last().is_none_or(|open| rules.inside.contains(&open.mark));
        let goes_on = rules.continues.iter().any(|mark| mark.as_bytes() == next);
        if ends && inside && !goes_on {
            let (start, end) = (at, at);
            self.add(Token { kind: Kind::Mark, quote: u8::MAX, hashes: 0, start, end, line });
        }
    }

    /// Ends a statement at the end of a line, and starts or ends blocks as the next line is indented
    /// more or less.
    fn indent(&mut self, at: u32, line: u32) {
        let Some(last) = self.tokens.last() else { return };
        if self.open.last().is_some_and(|open| open.mark != b':') {
            return;
        }
        let starts = self.bytes_of(last) == b":";
        let column = self.column();
        let edge =
            |quote: u8| Token { kind: Kind::Mark, quote, hashes: 0, start: at, end: at, line };
        if starts && self.columns.last().is_none_or(|&around| around < column) && column > 0 {
            self.columns.push(column);
            let open = small(self.tokens.len());
            self.add(edge(STARTS));
            self.open.push(Open { at: open, mark: b':', quote: 0 });
            return;
        }
        self.add(edge(u8::MAX));
        while self.columns.last().is_some_and(|&around| around > column) {
            self.columns.pop();
            let Some(open) = self.open.pop() else { break };
            self.closed(&open);
            let close = self.tokens.len();
            self.add(edge(ENDS));
            self.closings[close] = open.at;
        }
    }

    /// The column of the first token of the current line. Tabs lead to multiples of 8.
    fn column(&self) -> usize {
        let line = self.bytes.get(self.line_start..).unwrap_or_default();
        let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
        blanks
            .fold(0, |column, byte| if *byte == b'\t' { (column / 8 + 1) * 8 } else { column + 1 })
    }
}
