//! Java and Kotlin sources as tokens, and what a container must know of them: main classes, ports,
//! files, programs.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::dialect::DIALECT;
use crate::code::{Kind, Tree};
use crate::facts::Evidence;
use crate::path::RelPath;

/// A piece of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// The content of a string literal.
    Text(String),
    /// Any other character.
    Mark(char),
}

/// A source file.
pub(super) struct Source {
    pub(super) path: RelPath,
    pub(super) tokens: Vec<(Token, u32)>,
}

impl Source {
    /// Splits a text; comments are left out.
    pub(super) fn new(path: &RelPath, text: &str) -> Self {
        let tree = Tree::new(&DIALECT, &Rc::from(text));
        let mut tokens = Vec::new();
        for at in 0..tree.len() {
            let (word, line) = (tree.word(at), tree.line(at));
            match tree.kind(at) {
                Some(Kind::Word | Kind::Number) => {
                    tokens.push((Token::Word(word.to_owned()), line));
                }
                Some(Kind::Text) => {
                    let text = tree.string(at).unwrap_or_default().into_owned();
                    tokens.push((Token::Text(text), line));
                }
                Some(Kind::Mark) => tokens.extend(word.chars().map(|c| (Token::Mark(c), line))),
                _ => {}
            }
        }
        Self { path: path.clone(), tokens }
    }

    fn word(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at) {
            Some((Token::Word(word), _)) => Some(word),
            _ => None,
        }
    }

    fn text(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at) {
            Some((Token::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    fn mark(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at).is_some_and(|(token, _)| *token == Token::Mark(mark))
    }

    /// True where the code names `word`.
    pub(super) fn names(&self, word: &str) -> bool {
        self.tokens.iter().any(|(token, _)| matches!(token, Token::Word(found) if found == word))
    }

    /// Evidence at a token.
    pub(super) fn evidence(&self, at: usize, note: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.tokens.get(at).map_or(1, |(_, line)| *line), note)
    }

    /// The positions just after `word(`.
    pub(super) fn calls<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.tokens.len())
            .filter(move |at| self.word(*at) == Some(word) && self.mark(at + 1, '('))
            .map(|at| at + 2)
    }

    /// Every string literal with its position.
    pub(super) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.tokens.len()).filter_map(|at| self.text(at).map(|text| (at, text)))
    }

    /// The first argument at a position, where it is one string literal.
    pub(super) fn argument(&self, at: usize) -> Option<&str> {
        let text = self.text(at)?;
        (self.mark(at + 1, ')') || self.mark(at + 1, ',')).then_some(text)
    }

    /// The package that the file declares.
    fn package(&self) -> String {
        let Some(start) = (0..self.tokens.len()).find(|at| self.word(*at) == Some("package"))
        else {
            return String::new();
        };
        let mut name = String::new();
        for (token, line) in &self.tokens[start + 1..] {
            match token {
                Token::Word(word) if *line == self.tokens[start].1 => name.push_str(word),
                Token::Mark('.') => name.push('.'),
                _ => break,
            }
        }
        name.trim_matches('.').to_owned()
    }

    /// The class whose `main` starts a program, and the position of it.
    pub(super) fn main_class(&self) -> Option<(String, usize)> {
        let kotlin = self.path.extension() == "kt";
        let at = (0..self.tokens.len()).find(|at| {
            let (Some("main"), true) = (self.word(*at), self.mark(at + 1, '(')) else {
                return false;
            };
            let before = at.checked_sub(1).and_then(|before| self.word(before));
            match before {
                Some("fun") => kotlin,
                Some("void") => {
                    let start = at.saturating_sub(5);
                    let modifiers: Vec<&str> =
                        (start..at - 1).filter_map(|at| self.word(at)).collect();
                    modifiers.contains(&"static") && modifiers.contains(&"public")
                }
                _ => false,
            }
        })?;
        let stem = self.path.file_name().split('.').next().unwrap_or_default();
        // A function outside of any class belongs to the class that Kotlin names after the file.
        let nested =
            self.tokens[..at].iter().filter(|(token, _)| *token == Token::Mark('{')).count()
                > self.tokens[..at].iter().filter(|(token, _)| *token == Token::Mark('}')).count();
        let class = if kotlin && !nested {
            let mut letters = stem.chars();
            letters.next().map_or_else(String::new, |c| {
                c.to_uppercase().collect::<String>() + letters.as_str() + "Kt"
            })
        } else {
            stem.to_owned()
        };
        let package = self.package();
        Some((if package.is_empty() { class } else { format!("{package}.{class}") }, at))
    }

    /// The port that the code listens on, with the environment variable that changes it.
    pub(super) fn port(&self) -> Option<(u16, Option<String>, usize)> {
        let constants = self.constants();
        let value = |at: usize| -> Option<u16> {
            let word = self.word(at)?;
            word.parse().ok().or_else(|| constants.get(word).copied()).filter(|port| *port > 0)
        };
        let variable = self.port_variable();
        for name in [
            "InetSocketAddress",
            "ServerSocket",
            "start",
            "listen",
            "port",
            "setPort",
            "withPort",
            "forPort",
            "Server",
        ] {
            for at in self.calls(name) {
                let host_first = self.text(at).is_some() && self.mark(at + 1, ',');
                let place = if host_first { at + 2 } else { at };
                let closed = self.mark(place + 1, ')') || self.mark(place + 1, ',');
                let is_variable = self.word(place).is_some_and(|word| word.parse::<u16>().is_err());
                if let Some(port) = value(place).filter(|_| closed)
                    && (port > 79 || name != "start")
                {
                    let by =
                        variable.as_ref().filter(|_| is_variable).map(|(name, _, _)| name.clone());
                    return Some((port, by, place));
                }
            }
        }
        variable.and_then(|(name, port, at)| Some((port?, Some(name), at)))
    }

    /// `getenv("PORT")` and the default beside it: `getOrDefault("PORT", "8080")`.
    fn port_variable(&self) -> Option<(String, Option<u16>, usize)> {
        let (at, name) = self.texts().find(|(at, text)| {
            (*text == "PORT" || text.ends_with("_PORT"))
                && (at.saturating_sub(8)..*at).any(|at| self.word(at) == Some("getenv"))
        })?;
        let near =
            (at + 1..(at + 24).min(self.tokens.len())).find_map(|at| match &self.tokens[at].0 {
                Token::Text(text) | Token::Word(text) => {
                    text.parse::<u16>().ok().filter(|port| *port > 79)
                }
                Token::Mark(_) => None,
            });
        Some((name.to_owned(), near, at))
    }

    /// Numbers by the name that they are given: `port = 8080`, `PORT = 8080`,
    /// `port = getOrDefault("PORT", "8080")`.
    fn constants(&self) -> BTreeMap<&str, u16> {
        let mut found = BTreeMap::new();
        for at in 0..self.tokens.len() {
            let Some(name) = self.word(at).filter(|name| name.to_lowercase().contains("port"))
            else {
                continue;
            };
            if !self.mark(at + 1, '=') || self.mark(at + 2, '=') {
                continue;
            }
            let end = (at + 2..(at + 30).min(self.tokens.len()))
                .find(|at| self.mark(*at, ';'))
                .unwrap_or(at + 3);
            let number =
                (at + 2..end.min(self.tokens.len())).find_map(|at| match &self.tokens[at].0 {
                    Token::Text(text) | Token::Word(text) => {
                        text.parse::<u16>().ok().filter(|port| *port > 0)
                    }
                    Token::Mark(_) => None,
                });
            if let Some(number) = number {
                found.entry(name).or_insert(number);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str) -> Source {
        Source::new(&RelPath::new(name).unwrap(), text)
    }

    #[test]
    fn finds_main_classes() {
        let java = "package a.b;\n/* public static void main( */ class X { char c = '\"'; public static void main(String[] a) {} }";
        assert_eq!(source("X.java", java).main_class().unwrap().0, "a.b.X");
        assert_eq!(
            source("app.kt", "package a\nfun main() { }").main_class().unwrap().0,
            "a.AppKt"
        );
        assert_eq!(
            source("A.kt", "object A { @JvmStatic fun main(a: Array<String>) {} }")
                .main_class()
                .unwrap()
                .0,
            "A"
        );
        assert!(
            source(
                "Y.java",
                "class Y { static String s = \"public static void main(\"; void main(int a) {} }"
            )
            .main_class()
            .is_none()
        );
        assert!(
            source("Z.java", "class Z { private static void main(String[] a) {} }")
                .main_class()
                .is_none()
        );
    }

    #[test]
    fn finds_ports() {
        let port = |text: &str| source("X.java", text).port().map(|(port, by, _)| (port, by));
        assert_eq!(port("HttpServer.create(new InetSocketAddress(8080), 0);"), Some((8080, None)));
        assert_eq!(port("new InetSocketAddress(\"0.0.0.0\", 9090)"), Some((9090, None)));
        assert_eq!(port("static final int PORT = 7070; app.start(PORT);"), Some((7070, None)));
        let env = "int port = Integer.parseInt(System.getenv().getOrDefault(\"PORT\", \"7000\")); app.start(port);";
        assert_eq!(port(env), Some((7000, Some("PORT".to_owned()))));
        assert_eq!(port("String s = \"InetSocketAddress(1)\"; // start(8080)"), None);
    }

    #[test]
    fn reads_hostile_text() {
        for text in ["\"", "'", "'\\", "/*", "\"\"\"", "\"\\", "é'é'", "\"a\nb"] {
            source("X.java", text);
        }
    }
}
