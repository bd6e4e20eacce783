//! One Go file: package clause, imports, directives. The shared reader of code handles the rest.

use std::rc::Rc;

use super::constraint::Constraint;
use super::dialect::DIALECT;
use super::module::{At, short_name};
use crate::code::tree::Comment;
use crate::code::{File, Import, Tree};
use crate::path::RelPath;

/// A parsed Go file.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) code: Rc<File>,
    pub(super) package: String,
    pub(super) constraint: Constraint,
    /// `//go:embed` patterns.
    pub(super) embeds: Vec<At<String>>,
    /// `#cgo` lines before `import "C"`.
    pub(super) cgo: Vec<At<String>>,
}

/// The package clause of a file. The rest of the file is not read.
pub(super) fn package_clause(text: &Rc<str>) -> Option<(String, u32, Constraint)> {
    let tree = Tree::first(&DIALECT, text, 2);
    if tree.word(0) != "package" || tree.len() < 2 {
        return None;
    }
    Some((tree.word(1).to_owned(), tree.line(0), constraint(&tree)))
}

/// The comments before the package clause.
fn head(tree: &Tree) -> impl Iterator<Item = &str> {
    let comments = tree.comments().iter().take_while(|comment| comment.before == 0);
    comments.map(|comment| tree.comment(comment).trim_end())
}

fn constraint(tree: &Tree) -> Constraint {
    let mut constraint = Constraint::default();
    for comment in head(tree) {
        constraint.add(comment);
    }
    constraint
}

impl SourceFile {
    /// Parses a file; `None` if it has no package clause.
    pub(super) fn parse(path: &RelPath, text: &Rc<str>) -> Option<Self> {
        let tree = Tree::new(&DIALECT, text);
        if tree.word(0) != "package" {
            return None;
        }
        let mut found = Imports { tree: &tree, found: Vec::new(), cgo: Vec::new(), body: 2 };
        found.read();
        let Imports { found: imports, cgo, body, .. } = found;
        // https://go.dev/s/generatedcode
        let generated = head(&tree)
            .any(|line| line.starts_with("// Code generated ") && line.ends_with(" DO NOT EDIT."));
        let (package, constraint) = (tree.word(1).to_owned(), constraint(&tree));
        let embeds = tree.comments().iter().flat_map(|comment| embeds(&tree, comment)).collect();
        let mut code = File::new(path.clone(), tree, imports, body);
        code.generated = generated;
        Some(Self { code: Rc::new(code), package, constraint, embeds, cgo })
    }
}

/// The imports of a file while they are read.
struct Imports<'t> {
    tree: &'t Tree,
    found: Vec<Import>,
    cgo: Vec<At<String>>,
    /// The first token that is not read yet.
    body: usize,
}

impl Imports<'_> {
    fn read(&mut self) {
        self.skip_ends();
        while self.tree.word(self.body) == "import" {
            let first = self.body;
            self.body += 1;
            if self.tree.word(self.body) == "(" {
                let close = self.tree.closing(self.body);
                self.body += 1;
                while self.body < close {
                    self.import(self.body);
                }
                self.body = close + 1;
            } else {
                self.import(first);
            }
            self.skip_ends();
        }
    }

    fn skip_ends(&mut self) {
        while self.tree.word(self.body) == ";" {
            self.body += 1;
        }
    }

    /// Reads one import. Comments for cgo stand before the token `first`.
    fn import(&mut self, first: usize) {
        let at = self.body;
        let named = self.tree.is_word(at) || self.tree.word(at) == ".";
        let value = at + usize::from(named);
        if let Some(path) = self.tree.string(value).map(std::borrow::Cow::into_owned) {
            if path == "C" {
                self.read_cgo(first);
            }
            let name = if named { self.tree.word(at).to_owned() } else { package_name(&path) };
            self.found.push(Import { path, name, export: None, line: self.tree.line(value) });
        }
        self.body = value + 1;
    }

    fn read_cgo(&mut self, first: usize) {
        for comment in self.tree.comments().iter().filter(|comment| comment.before == first) {
            for (number, line) in (comment.line..).zip(self.tree.comment(comment).lines()) {
                let line = line.trim_start_matches(['/', '*', ' ', '\t']);
                if let Some(directive) = line.strip_prefix("#cgo ") {
                    self.cgo.push(At { value: directive.trim().to_owned(), line: number });
                }
            }
        }
    }
}

/// The patterns of a `//go:embed` comment.
fn embeds(tree: &Tree, comment: &Comment) -> Vec<At<String>> {
    let directive = tree.comment(comment).strip_prefix("//go:embed");
    let Some(patterns) = directive.filter(|rest| rest.starts_with([' ', '\t'])) else {
        return Vec::new();
    };
    let (mut rest, mut all) = (patterns.trim(), Vec::new());
    while !rest.is_empty() {
        let end = match rest.chars().next() {
            Some(quote @ ('"' | '`')) => rest[1..].find(quote).map_or(rest.len(), |at| at + 2),
            _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let word = &rest[..end];
        let text = Tree::new(&DIALECT, &Rc::from(word));
        let value = text.string(0).map_or_else(|| word.to_owned(), std::borrow::Cow::into_owned);
        all.push(At { value, line: comment.line });
        rest = rest[end..].trim_start();
    }
    all
}

/// The name that a package most likely has: the last element of its path, without a major version
/// and without the language's name: `go-redis`, `geoip2-golang`, `nats.go`.
fn package_name(path: &str) -> String {
    let mut name = short_name(path);
    for language in ["go-", "golang-"] {
        name = name.strip_prefix(language).unwrap_or(name);
    }
    for language in ["-go", "-golang", ".go"] {
        name = name.strip_suffix(language).unwrap_or(name);
    }
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SourceFile {
        SourceFile::parse(&RelPath::new("a.go").unwrap(), &Rc::from(text)).unwrap()
    }

    #[test]
    fn reads_the_package_clause_behind_comments() {
        let clause = |text: &str| package_clause(&Rc::from(text));
        let text = "// package x\n/* package y */\n//go:build ignore\n\npackage main // z\n";
        let (name, line, constraint) = clause(text).unwrap();
        assert_eq!((name.as_str(), line, constraint.fits(false, &[])), ("main", 5, false));
        assert!(clause("not go").is_none());
        assert!(clause("").is_none());
    }

    #[test]
    fn names_of_packages() {
        for (path, name) in [
            ("github.com/oschwald/geoip2-golang", "geoip2"),
            ("github.com/hashicorp/golang-lru/v2", "lru"),
            ("github.com/nats-io/nats.go", "nats"),
            ("github.com/redis/go-redis/v9", "redis"),
        ] {
            assert_eq!(package_name(path), name);
        }
    }

    #[test]
    fn reads_imports_embeds_and_cgo() {
        let file = parse(
            "package a\n\n// #cgo pkg-config: vips\n// #include <x.h>\nimport \"C\"\nimport (\n\t\"net/http\"\n\tchi \"github.com/go-chi/chi/v5\"\n\t_ \"embed\"\n\t\"gopkg.in/yaml.v3\"\n)\n\n//go:embed all:dist \"a b\"\nvar x embed.FS\nvar s = \"//go:embed no\"\n",
        );
        assert_eq!(file.code.imported("chi"), Some("github.com/go-chi/chi/v5"));
        assert_eq!(file.code.imported("yaml"), Some("gopkg.in/yaml.v3"));
        assert_eq!(file.code.imported("http"), Some("net/http"));
        assert_eq!(file.cgo, [At { value: "pkg-config: vips".into(), line: 3 }]);
        assert_eq!(
            file.embeds.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(),
            ["all:dist", "a b"]
        );
        assert_eq!(file.code.word(file.code.body), "var");
    }
}
