//! Java and Kotlin sources as tokens, and what a container must know of them: main classes, ports,
//! files, programs.

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
    /// By token: the bracket that belongs to a bracket; where there is none, the number of tokens.
    pairs: Vec<usize>,
    /// By token: the bracket that opens what it stands in; where there is none, the number of
    /// tokens.
    parents: Vec<usize>,
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
        let (pairs, parents) = brackets(&tokens);
        Self { path: path.clone(), tokens, pairs, parents }
    }

    /// The bracket that closes or opens the one at a position; the end where there is none.
    pub(super) fn pair(&self, at: usize) -> usize {
        self.pairs.get(at).copied().unwrap_or(self.tokens.len())
    }

    /// True at an opening bracket.
    pub(super) fn opens(&self, at: usize) -> bool {
        ['(', '[', '{'].into_iter().any(|mark| self.mark(at, mark))
    }

    /// True at a closing bracket.
    pub(super) fn closes(&self, at: usize) -> bool {
        [')', ']', '}'].into_iter().any(|mark| self.mark(at, mark))
    }

    /// The opening bracket that holds a position.
    pub(super) fn around(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().filter(|open| *open < self.tokens.len())
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at) {
            Some((Token::Word(word), _)) => Some(word),
            _ => None,
        }
    }

    pub(super) fn text(&self, at: usize) -> Option<&str> {
        match self.tokens.get(at) {
            Some((Token::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn mark(&self, at: usize, mark: char) -> bool {
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
}

/// For each token its other bracket, and the bracket around it.
fn brackets(tokens: &[(Token, u32)]) -> (Vec<usize>, Vec<usize>) {
    let mut pairs = vec![tokens.len(); tokens.len()];
    let mut parents = pairs.clone();
    let mut open: Vec<(usize, char)> = Vec::new();
    for (at, (token, _)) in tokens.iter().enumerate() {
        let opened = match token {
            Token::Mark(')') => Some('('),
            Token::Mark(']') => Some('['),
            Token::Mark('}') => Some('{'),
            _ => None,
        };
        if let (Some(mark), Some((start, held))) = (opened, open.last().copied())
            && mark == held
        {
            open.pop();
            (pairs[start], pairs[at]) = (at, start);
        }
        parents[at] = open.last().map_or(tokens.len(), |(start, _)| *start);
        if let Token::Mark(mark @ ('(' | '[' | '{')) = token {
            open.push((at, *mark));
        }
    }
    (pairs, parents)
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
    fn reads_hostile_text() {
        for text in ["\"", "'", "'\\", "/*", "\"\"\"", "\"\\", "é'é'", "\"a\nb"] {
            source("X.java", text);
        }
    }
}
