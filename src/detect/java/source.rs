//! Java and Kotlin sources as tokens, and what a container needs to know of them: main classes,
//! ports, files, programs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use super::dialect::DIALECT;
use crate::code::{File, Import, Kind, Tree};
use crate::path::RelPath;

/// Maximum number of tokens of an annotation that are read.
const MAX_ANNOTATION: usize = 96;

/// A source file.
pub(super) struct Source {
    file: Rc<File>,
    /// The texts of strings with escapes, by position.
    escaped: BTreeMap<usize, String>,
}

impl Deref for Source {
    type Target = Rc<File>;

    fn deref(&self) -> &Rc<File> {
        &self.file
    }
}

impl Source {
    /// Splits a text into tokens, without comments.
    pub(super) fn new(path: &RelPath, text: &str) -> Self {
        let tree = Tree::new(&DIALECT, &Rc::from(text));
        let is_escaped = |at: &usize| tree.kind(*at) == Some(Kind::Text) && tree.has_escapes(*at);
        let escaped =
            (0..tree.len()).filter(is_escaped).filter_map(|at| match tree.string(at)? {
                Cow::Owned(text) => Some((at, text)),
                Cow::Borrowed(_) => None,
            });
        let escaped = escaped.collect();
        let (imports, body) = imports(&tree);
        Self { file: Rc::new(File::new(path.clone(), tree, imports, body)), escaped }
    }

    /// True for Kotlin, which creates objects without `new`, declares with `val`, and ends
    /// statements at the end of a line.
    pub(super) fn is_kotlin(&self) -> bool {
        self.path.extension() == "kt"
    }

    /// The bracket that matches the one at a position; the end of the file if there is none.
    pub(super) fn pair(&self, at: usize) -> usize {
        let other = if self.opens(at) { self.closing(at) } else { self.opening(at) };
        if other == at { self.len() } else { other }
    }

    /// True at an opening bracket.
    pub(super) fn opens(&self, at: usize) -> bool {
        self.is_open(at)
    }

    /// True at a closing bracket.
    pub(super) fn closes(&self, at: usize) -> bool {
        [')', ']', '}'].into_iter().any(|mark| self.mark(at, mark))
    }

    /// A name, a keyword or a number.
    pub(super) fn word(&self, at: usize) -> Option<&str> {
        matches!(self.kind(at)?, Kind::Word | Kind::Number).then(|| self.raw(at))
    }

    /// The content of a string.
    pub(super) fn text(&self, at: usize) -> Option<&str> {
        if let Some(text) = self.escaped.get(&at) {
            return Some(text);
        }
        match self.kind(at)? {
            Kind::Text => match self.string(at)? {
                Cow::Borrowed(text) => Some(text),
                Cow::Owned(_) => None,
            },
            _ => None,
        }
    }

    /// A token as it is written.
    pub(super) fn raw(&self, at: usize) -> &str {
        self.file.word(at)
    }

    /// True for an operator or a delimiter of one character.
    pub(super) fn mark(&self, at: usize, mark: char) -> bool {
        let mut buffer = [0; 4];
        self.is(at, mark.encode_utf8(&mut buffer))
    }

    /// True for an operator or a delimiter.
    pub(super) fn is(&self, at: usize, mark: &str) -> bool {
        self.kind(at) == Some(Kind::Mark) && self.raw(at) == mark
    }

    /// The name of the option that an annotation with this bracket declares, the longest of several:
    /// `@Option(names = {"-p", "--port"})`.
    pub(super) fn option_name(&self, open: usize) -> Option<String> {
        let end = self.pair(open).min(open + MAX_ANNOTATION);
        let texts = (open..end).filter_map(|at| self.text(at));
        let plain = |text: &&str| {
            text.starts_with('-')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                && text.contains(|c: char| c.is_ascii_alphabetic())
        };
        let names: Vec<&str> = texts.filter(plain).collect();
        let long = names.iter().find(|name| name.starts_with("--"));
        long.or(names.first()).map(|name| (*name).to_owned())
    }

    /// True if the code contains the name `word`.
    pub(super) fn names(&self, word: &str) -> bool {
        !self.places(word).is_empty()
    }

    /// True if the call whose name is at a position belongs to `of`: to a class with its package,
    /// by a method, a constructor or a static import. `""` matches anything or the own class, `*`
    /// matches everything.
    pub(super) fn is_of(&self, at: usize, of: &str) -> bool {
        let Some((package, class)) = of.rsplit_once('.') else { return matches!(of, "" | "*") };
        let is_method = at >= 2 && self.mark(at - 1, '.');
        let holder = if is_method { at - 2 } else { at };
        if self.word(at) == Some(class) && self.is_qualified(at, package) {
            return true;
        }
        if self.word(holder) == Some(class) {
            // Without an import of its own, the class comes from a package that is imported as a
            // whole.
            return self.imported(class).is_none_or(|path| path == of);
        }
        let from = |path: &str| {
            let member = path.strip_prefix(package).and_then(|rest| rest.strip_prefix('.'));
            let member = member.and_then(|rest| rest.strip_prefix(class)?.strip_prefix('.'));
            member.is_some_and(|member| member == "*" || self.word(at) == Some(member))
        };
        !is_method && self.imports.iter().any(|import| from(&import.path))
    }

    /// True if a package precedes a name: `java.net.ServerSocket`.
    fn is_qualified(&self, at: usize, package: &str) -> bool {
        let mut here = at;
        package.rsplit('.').all(|part| {
            let before = here.checked_sub(2).filter(|_| self.mark(here - 1, '.'));
            here = before.unwrap_or(here);
            before.is_some_and(|before| self.word(before) == Some(part))
        })
    }

    /// The positions just after `word(`.
    pub(super) fn calls<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let places = self.places(word).iter();
        places.filter(|at| self.mark(*at + 1, '(')).map(|at| at + 2)
    }

    /// Every string with its position.
    pub(super) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.len()).filter_map(|at| self.text(at).map(|text| (at, text)))
    }

    /// The package that the file declares.
    fn package(&self) -> String {
        let start = (0..self.body).find(|at| self.word(*at) == Some("package"));
        start.map_or_else(String::new, |start| dotted(self, start + 1).0)
    }

    /// The class whose `main` starts a program, and the position of `main`.
    pub(super) fn main_class(&self) -> Option<(String, usize)> {
        let kotlin = self.is_kotlin();
        let at = self.places("main").iter().copied().find(|at| {
            if !self.mark(at + 1, '(') {
                return false;
            }
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
        // Kotlin puts a function outside any class into a class that it names after the file.
        let nested = self.enclosing(at).is_some();
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

/// The imports of a file, and the position where they end.
fn imports(tree: &Tree) -> (Vec<Import>, usize) {
    let (mut all, mut body) = (Vec::new(), 0);
    for at in (0..tree.len()).take_while(|&at| tree.word(at) != "{") {
        if tree.word(at) == "import" && tree.enclosing(at).is_none() {
            let of_method = tree.word(at + 1) == "static";
            let (path, end) = dotted(tree, at + 1 + usize::from(of_method));
            let renamed = tree.word(end) == "as" && tree.is_word(end + 1);
            let last = path.rsplit('.').next().unwrap_or_default();
            let name = if renamed { tree.word(end + 1) } else { last }.to_owned();
            all.push(Import { path, name, export: None, line: tree.line(at) });
            body = end;
        } else if tree.word(at) == "package" && body == 0 {
            body = dotted(tree, at + 1).1;
        }
    }
    (all, body)
}

/// The name that begins at a token, and where it ends: `a.b.C`, `a.b.*`.
fn dotted(tree: &Tree, start: usize) -> (String, usize) {
    let mut end = start;
    while tree.line(end) == tree.line(start)
        && (if (end - start).is_multiple_of(2) {
            tree.is_word(end) || tree.word(end) == "*"
        } else {
            tree.word(end) == "."
        })
    {
        end += 1;
    }
    ((start..end).map(|at| tree.word(at)).collect(), end)
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
