//! .dockerignore: which paths are excluded from the build context, by the rules of moby's
//! `patternmatcher`.
//!
//! A pattern is matched against the whole path from the root of the context, and the last pattern
//! that matches decides. A folder that matches excludes everything below it, unless a later
//! exception (`!`) includes it again. One deviation: `{`, `|`, `}`, a `^` outside brackets and a
//! letter after a backslash are literal here, where moby passes them on to a regular expression.

mod index;

use std::fmt;

use crate::path::Letters;
use index::Index;

/// A line that Docker rejects. No build starts while the file contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPattern {
    /// The line number, from 1.
    pub line: usize,
    /// The pattern.
    pub pattern: String,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, pattern } = self;
        write!(
            f,
            "line {line}: `{pattern}` is not a valid pattern, and Docker rejects the build because \
             of it: a bracket is not closed, it ends with a backslash, or it is a lone `!`"
        )
    }
}

impl std::error::Error for BadPattern {}

/// A .dockerignore.
#[derive(Clone, Debug, Default)]
pub struct IgnoreFile {
    patterns: Vec<Pattern>,
    index: Index,
}

/// One pattern of a .dockerignore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The line number, from 1.
    pub line: usize,
    /// The pattern, cleaned: without `!`, and without `/` at either end.
    pub text: String,
    /// It begins with `!`, and includes what it matches.
    pub exception: bool,
    tokens: Vec<Token>,
    quick: Quick,
}

/// Cheap tests that rule out most paths before they are matched token by token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Quick {
    /// A suffix of every match.
    tail: String,
    /// The longest literal part, which every match contains.
    part: String,
    /// `**/name*`: only the last component has to match, with the tokens after the first.
    last_component: bool,
    /// Letters that the last component of every match contains.
    letters: Letters,
}

/// The patterns that a folder matched, which its children inherit.
#[derive(Clone, Debug, Default)]
pub struct Matched {
    /// Indices of the patterns, in order.
    patterns: Vec<usize>,
    /// The index of the pattern that decided.
    decider: Option<usize>,
    hidden: bool,
}

impl Matched {
    /// True if the path is excluded.
    pub fn hidden(&self) -> bool {
        self.hidden
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// One literal character.
    Char(char),
    /// `?`: one character other than `/`.
    One,
    /// `*`: any number of characters other than `/`.
    Star,
    /// `**/`, or `**` inside a pattern: nothing, or anything that ends with `/`.
    Folders,
    /// `**` at the end: anything.
    Rest,
    /// `[a-z]`. Boxed to keep the token small: a pattern has one for each character.
    Class(Box<Class>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl IgnoreFile {
    /// Reads a .dockerignore.
    ///
    /// # Errors
    /// If Docker rejects a pattern.
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut file = Self::default();
        for (at, line) in text.lines().enumerate() {
            file.add(line, at + 1)?;
        }
        Ok(file)
    }

    fn add(&mut self, line: &str, number: usize) -> Result<(), BadPattern> {
        if let Some(pattern) = Pattern::parse(line, number)? {
            self.index.add(self.patterns.len(), &pattern.tokens);
            self.patterns.push(pattern);
        }
        Ok(())
    }

    /// Appends a line.
    ///
    /// # Errors
    /// If Docker rejects the line.
    pub fn push(&mut self, line: &str) -> Result<(), BadPattern> {
        let number = self.patterns.last().map_or(1, |pattern| pattern.line + 1);
        self.add(line, number)
    }

    /// The patterns, in order.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// True if `path` (relative to the context, `/`-separated) is excluded from the build context.
    pub fn hides(&self, path: &str) -> bool {
        self.matched(path).hidden
    }

    /// The pattern that decides about `path`; `None` if none matches, and the path is included.
    pub fn deciding(&self, path: &str) -> Option<&Pattern> {
        self.matched(path).decider.and_then(|at| self.patterns.get(at))
    }

    /// Evaluates every pattern for `path`.
    pub fn matched(&self, path: &str) -> Matched {
        let mut state = self.root();
        let path = path.trim_matches('/');
        if path.is_empty() {
            return state;
        }
        for (end, _) in path.match_indices('/') {
            state = self.below(&state, &path[..end]);
        }
        self.below(&state, path)
    }

    /// The state of the root of the context, which is never excluded.
    pub fn root(&self) -> Matched {
        Matched::default()
    }

    /// The state of `path`, given that of its parent folder. For use in a walk.
    pub fn below(&self, parent: &Matched, path: &str) -> Matched {
        let mut state = self.root();
        let mut inherited = parent.patterns.iter().peekable();
        for at in self.index.candidates(path, &parent.patterns) {
            let Some(pattern) = self.patterns.get(at) else { continue };
            // As in moby, a pattern that cannot change the result is not evaluated, and its
            // children do not inherit it.
            let inherited = inherited.next_if_eq(&&at).is_some();
            if inherited || (pattern.exception == state.hidden && pattern.matches(path)) {
                state.patterns.push(at);
                state.hidden = !pattern.exception;
                state.decider = Some(at);
            }
        }
        state
    }

    /// True if the file `path` is excluded: [`IgnoreFile::below`] for a file, given the state of
    /// its parent folder and the letters of its name.
    pub fn hides_below(&self, parent: &Matched, path: &str, letters: Letters) -> bool {
        let mut hidden = false;
        let mut inherited = parent.patterns.iter().peekable();
        for at in self.index.candidates(path, &parent.patterns) {
            let Some(pattern) = self.patterns.get(at) else { continue };
            let asked = pattern.exception == hidden && letters.may_hold(pattern.quick.letters);
            if inherited.next_if_eq(&&at).is_some() || (asked && pattern.matches(path)) {
                hidden = !pattern.exception;
            }
        }
        hidden
    }

    /// The indices of the patterns that match `path` itself.
    pub fn matching(&self, path: &str) -> Vec<usize> {
        let mut found = self.index.candidates(path, &[]);
        found.retain(|at| self.patterns.get(*at).is_some_and(|pattern| pattern.matches(path)));
        found
    }

    /// True if an exception may include something below the excluded folder `path`.
    pub fn may_let_in_below(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        self.patterns.iter().filter(|pattern| pattern.exception).any(|pattern| {
            let literal: String = pattern.tokens.iter().map_while(Token::char).collect();
            let wild = pattern.tokens.iter().any(|token| token.char().is_none());
            literal.starts_with(&prefix) || (wild && prefix.starts_with(&literal))
        })
    }
}

impl Class {
    fn holds(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != self.negated
    }
}

impl Token {
    fn char(&self) -> Option<char> {
        if let Self::Char(c) = self { Some(*c) } else { None }
    }
}

impl Pattern {
    /// Reads one line; `None` for a comment or an empty line.
    fn parse(line: &str, number: usize) -> Result<Option<Self>, BadPattern> {
        if line.starts_with('#') {
            return Ok(None);
        }
        let text = line.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let bad = || BadPattern { line: number, pattern: text.to_owned() };
        let (mut exception, mut cleaned) = match text.strip_prefix('!') {
            Some(rest) => (true, clean(rest.trim())),
            None => (false, clean(text)),
        };
        // Docker removes the leading `/` first: `/!x` is an exception, and `!/` is a lone `!`.
        if let Some(rest) = cleaned.strip_prefix('!').filter(|_| !exception) {
            (exception, cleaned) = (true, rest.to_owned());
        }
        if exception && matches!(cleaned.as_str(), "" | "/") {
            return Err(bad());
        }
        Self::new(number, cleaned, exception).map(Some).ok_or_else(bad)
    }

    fn new(line: usize, text: String, exception: bool) -> Option<Self> {
        let tokens = tokens(&text)?;
        let quick = Quick::of(&tokens);
        Some(Self { line, text, exception, tokens, quick })
    }

    /// The path that every match equals or is below: the whole pattern, or the folders before the
    /// first wildcard. `None` if the pattern begins with a wildcard.
    pub fn folder(&self) -> Option<String> {
        let head: String = self.tokens.iter().map_while(Token::char).collect();
        if head.chars().count() == self.tokens.len() {
            return Some(head);
        }
        head.rsplit_once('/')
            .map(|(folder, _)| folder.to_owned())
            .filter(|folder| !folder.is_empty())
    }

    /// As [`Pattern::matches`], for a path whose last component contains these letters.
    pub fn matches_lettered(&self, path: &str, letters: Letters) -> bool {
        letters.may_hold(self.quick.letters) && self.matches(path)
    }

    /// True if the pattern matches the whole of `path`. Parent folders are not considered.
    pub fn matches(&self, path: &str) -> bool {
        let Quick { tail, part, last_component, .. } = &self.quick;
        // Most paths fail at their last byte.
        if tail.as_bytes().last().is_some_and(|last| path.as_bytes().last() != Some(last))
            || !path.ends_with(tail)
        {
            return false;
        }
        match &self.tokens[..] {
            tokens if tokens.len() == tail.chars().count() => path == tail,
            [Token::Folders, rest @ ..] if rest.len() == tail.chars().count() => {
                let head = path.len() - tail.len();
                head == 0 || path[..head].ends_with('/')
            }
            [Token::Folders, rest @ ..] if *last_component => {
                let name = path.rsplit('/').next().unwrap_or(path);
                holds(name, part) && run(rest, name)
            }
            tokens => holds(path, part) && run(tokens, path),
        }
    }
}

impl Quick {
    fn of(tokens: &[Token]) -> Self {
        // All literal parts, concatenated: the longest is a range of this string, the last is its
        // end.
        let mut literal = String::with_capacity(tokens.len());
        let (mut from, mut longest) = (0, 0..0);
        for token in tokens {
            match token.char() {
                Some(c) => literal.push(c),
                None => from = literal.len(),
            }
            if literal.len() - from >= longest.len() {
                longest = from..literal.len();
            }
        }
        let inside = |token: &Token| match token {
            Token::Char(c) => *c != '/',
            Token::One | Token::Star => true,
            // A class may match a `/`, so its part may be before the last component.
            Token::Folders | Token::Rest | Token::Class(_) => false,
        };
        Self {
            part: literal[longest].to_owned(),
            tail: literal.split_off(from),
            letters: Letters::of(&last_component(tokens)),
            last_component: matches!(tokens, [Token::Folders, rest @ ..] if rest.iter().all(inside)),
        }
    }
}

/// The literal characters that are certain to be in the last component of a match.
fn last_component(tokens: &[Token]) -> String {
    let inside = |token: &&Token| {
        matches!(token, Token::Star | Token::One) || token.char().is_some_and(|c| c != '/')
    };
    tokens.iter().rev().take_while(inside).filter_map(Token::char).collect()
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.exception { "!" } else { "" }, self.text)
    }
}

/// A source of COPY as a pattern: Go's `filepath.Match` over the whole path. `None` if it is
/// malformed.
pub fn glob(source: &str) -> Option<Pattern> {
    let text = clean(source.trim_matches('/'));
    Pattern::new(0, text, false)
}

/// Writes a path as a pattern that matches nothing else; `None` if a line cannot contain it.
///
/// The path is relative to the root of the context.
pub fn literal(path: &str) -> Option<String> {
    if path.contains(['\n', '\r']) || path.is_empty() {
        return None;
    }
    let mut pattern = String::with_capacity(path.len());
    let last = path.chars().count() - 1;
    for (at, c) in path.chars().enumerate() {
        match c {
            // Docker trims white space at both ends.
            c if c.is_whitespace() && (at == 0 || at == last) => {
                pattern.extend(['[', c, ']']);
                continue;
            }
            '*' | '?' | '[' | ']' | '\\' | '^' | '{' | '}' | '|' => pattern.push('\\'),
            '#' | '!' if at == 0 => pattern.push('\\'),
            _ => {}
        }
        pattern.push(c);
    }
    Some(pattern)
}

/// Go's `filepath.Clean`, followed by removal of the leading `/`.
fn clean(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let rooted = text.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    if parts.is_empty() { if rooted { "/" } else { "." }.to_owned() } else { parts.join("/") }
}

/// `None` if Go's `filepath.Match` calls the pattern malformed.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.peek() == Some(&'*') => {
                chars.next();
                let slash = chars.next_if_eq(&'/').is_some();
                let plain = chars.clone().all(|c| !"*?[]\\".contains(c));
                if chars.peek().is_none() || (first && !slash && plain) {
                    // `**name` matches each path that ends in `name`, also inside a component.
                    tokens.push(Token::Rest);
                } else {
                    tokens.push(Token::Folders);
                }
            }
            '*' => tokens.push(Token::Star),
            '?' => tokens.push(Token::One),
            '\\' => tokens.push(Token::Char(chars.next()?)),
            '[' => tokens.push(class(&mut chars)?),
            c => tokens.push(Token::Char(c)),
        }
        first = false;
    }
    Some(tokens)
}

/// The rest of a bracket expression.
fn class(chars: &mut std::iter::Peekable<std::str::Chars>) -> Option<Token> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        match chars.next()? {
            ']' if !ranges.is_empty() => {
                return Some(Token::Class(Box::new(Class { negated, ranges })));
            }
            ']' | '-' => return None,
            c => {
                let low = if c == '\\' { chars.next()? } else { c };
                let mut high = low;
                if chars.next_if_eq(&'-').is_some() {
                    high = match chars.next()? {
                        ']' | '-' => return None,
                        '\\' => chars.next()?,
                        c => c,
                    };
                }
                ranges.push((low, high));
            }
        }
    }
}

fn holds(text: &str, part: &str) -> bool {
    part.len() <= text.len() && memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

/// Follows all possible matches at once, so that no pattern takes more than pattern times path
/// steps. A pattern without wildcards has at most one, and stops where it fails.
fn run(tokens: &[Token], path: &str) -> bool {
    let mut ways = Ways { live: Vec::new(), reached_at: vec![0; tokens.len() + 1], step: 1 };
    ways.enter(tokens, 0);
    for c in path.chars() {
        let live = std::mem::take(&mut ways.live);
        if live.is_empty() {
            return false;
        }
        ways.step += 1;
        for at in live {
            match tokens.get(at) {
                Some(Token::Rest) => ways.enter(tokens, at),
                Some(Token::Star) if c != '/' => ways.enter(tokens, at),
                // Inside `**/`, only a `/` ends it.
                Some(Token::Folders) => {
                    ways.reach(at);
                    if c == '/' {
                        ways.enter(tokens, at + 1);
                    }
                }
                Some(Token::Char(wanted)) if *wanted == c => ways.enter(tokens, at + 1),
                Some(Token::One) if c != '/' => ways.enter(tokens, at + 1),
                Some(Token::Class(class)) if class.holds(c) => ways.enter(tokens, at + 1),
                _ => {}
            }
        }
    }
    ways.reached_at[tokens.len()] == ways.step
}

/// The tokens that may come next.
struct Ways {
    live: Vec<usize>,
    /// For each token, the step at which it was last reached.
    reached_at: Vec<usize>,
    step: usize,
}

impl Ways {
    fn reach(&mut self, at: usize) {
        if self.reached_at[at] != self.step {
            self.reached_at[at] = self.step;
            self.live.push(at);
        }
    }

    /// Marks the token at `at` as reached, and those after it if it may match nothing.
    fn enter(&mut self, tokens: &[Token], mut at: usize) {
        self.reach(at);
        while matches!(tokens.get(at), Some(Token::Star | Token::Rest | Token::Folders)) {
            at += 1;
            self.reach(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> IgnoreFile {
        IgnoreFile::parse(text).unwrap()
    }

    #[test]
    fn patterns_match_as_moby_matches_them() {
        // pattern, path, hidden
        let table = [
            ("foo", "foo", true),
            ("foo", "foo/bar/baz", true),
            ("foo", "a/foo", false),
            ("/foo/", "foo/x", true),
            ("./foo/../bar", "bar", true),
            ("**/foo", "foo", true),
            ("**/foo", "a/b/foo/c", true),
            ("**/foo", "barfoo", false),
            ("**foo", "barfoo", true),
            ("**foo*", "barfoot", false),
            ("**foo*", "bar/foot", true),
            ("foo/**", "foo/a/b", true),
            ("foo/**", "foo", false),
            ("foo**", "foobar/x", true),
            ("a/**/z", "a/z", true),
            ("a/**/z", "a/b/c/z", true),
            ("a/**/z", "a/bz", false),
            ("**", "anything/at/all", true),
            ("*", "a/b", true),
            ("*.pem", "x.pem", true),
            ("*.pem", "a/x.pem", false),
            ("**/*.pem", "a/b/x.pem", true),
            ("**/*.pem", "x.pem", true),
            ("*/*.txt", "a/b.txt", true),
            ("*/*.txt", "a/b/c.txt", false),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[!a]x", "!x", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            ("a.b", "axb", false),
            ("a{b,c}", "ab", false),
            (" # no comment", "# no comment", true),
            ("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            (".", "a", false),
            ("/", "a", false),
        ];
        for (pattern, path, hidden) in table {
            assert_eq!(file(pattern).hides(path), hidden, "{pattern} {path}");
        }
    }

    #[test]
    fn comments_marks_and_white_space() {
        let file = file("\u{feff}# head\r\n\r\n  a b \r\n! c \n#x\n");
        let lines: Vec<_> = file.patterns().iter().map(|p| (p.line, p.to_string())).collect();
        assert_eq!(lines, [(3, "a b".to_owned()), (4, "!c".to_owned())]);
    }

    #[test]
    fn a_pattern_is_found_wherever_it_matches() {
        let patterns = [
            "a", "a/b", "**/a", "*a", "a*", "a**b", "**a", "a/**", "a/**/b", "a/*/b", "*.x", "a.x",
            "**/*.x", "a?x", "[ab]", "a/b*", "*/a", "**/a/b", "a/**b", "?/b.x", "**",
        ];
        let paths = [
            "a", "b", "a/b", "b/a", "ab", "xa", "a.x", "b/a.x", "a/x/b", "a/x/y/b", "a/ab",
            "x.y.x", "a/b.x", "a.x/b", "ba/b", "a/xb",
        ];
        for pattern in patterns {
            let file = file(pattern);
            for path in paths {
                let found = !file.below(&file.root(), path).patterns.is_empty();
                assert_eq!(found, file.patterns()[0].matches(path), "{pattern} {path}");
            }
        }
    }

    #[test]
    fn the_last_match_decides() {
        let text = "docs\n!docs/api\ndocs/api/private\n*.md\n!README.md";
        let file = file(text);
        for (path, hidden, line) in [
            ("docs/x", true, Some(1)),
            ("docs/api/x", false, Some(2)),
            ("docs/api/private/x", true, Some(3)),
            ("a.md", true, Some(4)),
            ("README.md", false, Some(5)),
            ("src/x", false, None),
        ] {
            assert_eq!(file.hides(path), hidden, "{path}");
            assert_eq!(file.deciding(path).map(|pattern| pattern.line), line, "{path}");
        }
        assert!(file.may_let_in_below("docs"));
        assert!(!file.may_let_in_below("src"));
        assert!(self::file("**\n!**/keep").may_let_in_below("a/b"));
        assert!(!self::file("!*").hides(""));
        assert!(!self::file("**").hides(""));
    }

    #[test]
    fn an_exception_for_a_folder_that_was_not_hidden_does_not_reach_below() {
        // As in the engine's walk: the exception is skipped at `a`, so `a/b` does not inherit it.
        assert!(file("a/b\n!a").hides("a/b"));
        assert!(!file("a/b\n!a/b").hides("a/b/c"));
    }

    #[test]
    fn malformed_patterns_name_their_line() {
        for bad in ["[a", "a\\", "!", "! ", "[]a]", "[a-]", "[-a]"] {
            assert_eq!(IgnoreFile::parse(&format!("ok\n{bad}")).unwrap_err().line, 2, "{bad}");
        }
    }

    #[test]
    fn literal_paths() {
        for path in ["a b", " a ", "#x", "!x", "a*?[b]", r"back\slash", "x^{a,b}|c", "weird/!x/#y"]
        {
            let pattern = literal(path).unwrap();
            assert!(file(&pattern).hides(path), "{pattern}");
        }
        assert_eq!(literal("app/main.go").unwrap(), "app/main.go");
        assert_eq!(literal("a\nb"), None);
    }
}
