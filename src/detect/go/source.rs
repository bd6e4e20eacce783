//! One Go file: package clause, imports, directives, and its tokens for whoever looks for calls.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

use super::constraint::Constraint;
use super::lexer::{self, Comment, Kind, Token};
use super::module::{At, short_name};
use super::syntax::Index;
use crate::facts::Evidence;
use crate::path::RelPath;

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) path: String,
    /// The name by which the file calls it; the path's last element where the file gives none. `_`
    /// and `.` as written.
    pub(super) name: String,
    pub(super) line: u32,
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub(super) path: RelPath,
    text: Rc<str>,
    tokens: Vec<Token>,
    /// For each opening bracket, the position of the one that closes it; the end where none does.
    closings: Vec<usize>,
    pub(super) package: String,
    pub(super) package_line: u32,
    pub(super) constraint: Constraint,
    pub(super) imports: Vec<Import>,
    /// Where the tokens after the imports begin.
    pub(super) body: usize,
    /// `//go:embed` patterns.
    pub(super) embeds: Vec<At<String>>,
    /// `#cgo` lines before `import "C"`.
    pub(super) cgo: Vec<At<String>>,
    /// A tool wrote it: <https://go.dev/s/generatedcode>.
    pub(super) generated: bool,
    index: OnceCell<Index>,
}

/// The package clause of a file, read without the rest of it.
pub(super) fn package_clause(text: &str) -> Option<(&str, u32, Constraint)> {
    let (tokens, comments) = lexer::lex(text, |tokens| tokens.len() >= 2);
    let [keyword, name] = tokens.get(..2)? else { return None };
    if text.get(keyword.start..keyword.end)? != "package" {
        return None;
    }
    Some((text.get(name.start..name.end)?, keyword.line, constraint(text, &comments)))
}

fn constraint(text: &str, comments: &[Comment]) -> Constraint {
    let mut constraint = Constraint::default();
    for comment in comments.iter().take_while(|c| c.before == 0) {
        constraint.add(text.get(comment.start..comment.end).unwrap_or_default().trim_end());
    }
    constraint
}

fn closings(text: &str, tokens: &[Token]) -> Vec<usize> {
    let mut all = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match text.get(token.start..token.end) {
            Some("(" | "[" | "{") => open.push(at),
            Some(")" | "]" | "}") => {
                if let Some(opened) = open.pop() {
                    all[opened] = at;
                }
            }
            _ => {}
        }
    }
    for opened in open {
        all[opened] = tokens.len();
    }
    all
}

impl SourceFile {
    /// Parses a file; `None` where it has no package clause.
    pub(super) fn parse(path: &RelPath, text: &Rc<str>) -> Option<Self> {
        let (tokens, comments) = lexer::lex(text, |_| false);
        let mut file = Self {
            path: path.clone(),
            text: text.clone(),
            closings: closings(text, &tokens),
            tokens,
            package: String::new(),
            package_line: 0,
            constraint: constraint(text, &comments),
            imports: Vec::new(),
            body: 0,
            embeds: Vec::new(),
            cgo: Vec::new(),
            generated: comments.iter().take_while(|c| c.before == 0).any(|comment| {
                let line = text.get(comment.start..comment.end).unwrap_or_default().trim_end();
                line.starts_with("// Code generated ") && line.ends_with(" DO NOT EDIT.")
            }),
            index: OnceCell::new(),
        };
        if file.word(0) != "package" {
            return None;
        }
        file.package = file.word(1).to_owned();
        file.package_line = file.line(0);
        file.read_imports(&comments);
        file.read_embeds(&comments);
        Some(file)
    }

    /// Calls, definitions and functions, found on first use.
    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self))
    }

    /// The bracket that encloses a position, if any.
    pub(super) fn enclosing(&self, at: usize) -> Option<usize> {
        (self.body..at)
            .rev()
            .find(|&open| matches!(self.word(open), "(" | "[" | "{") && self.closing(open) > at)
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The text of a token; `;` for one that stands for a line end, `""` beyond the end.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if token.start == token.end => ";",
            Some(token) => self.text.get(token.start..token.end).unwrap_or_default(),
            None => "",
        }
    }

    /// The line of a token.
    pub(super) fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(0, |token| token.line)
    }

    /// The kind of a token.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The value of a string token.
    pub(super) fn string(&self, at: usize) -> Option<Cow<'_, str>> {
        if self.kind(at)? == Kind::Text { lexer::unquote(self.word(at)) } else { None }
    }

    /// Evidence at a token.
    pub(super) fn evidence(&self, at: usize, note: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.line(at), note)
    }

    /// The path of the package that a name stands for in this file.
    pub(super) fn imported(&self, name: &str) -> Option<&str> {
        self.imports.iter().find(|import| import.name == name).map(|import| import.path.as_str())
    }

    /// True where the file imports that package, or one below it.
    pub(super) fn imports_from(&self, module: &str) -> bool {
        self.imports.iter().any(|i| {
            i.path.strip_prefix(module).is_some_and(|r| r.is_empty() || r.starts_with('/'))
        })
    }

    /// The position of the bracket that closes the one at `open`; the end where none does.
    pub(super) fn closing(&self, open: usize) -> usize {
        self.closings.get(open).copied().unwrap_or(self.len()).max(open)
    }

    /// The ranges between the commas inside the brackets at `open`.
    pub(super) fn elements(&self, open: usize) -> Vec<Range<usize>> {
        let (close, mut from, mut all) = (self.closing(open), open + 1, Vec::new());
        let mut at = from;
        while at < close {
            match self.word(at) {
                "(" | "[" | "{" => at = self.closing(at),
                "," => {
                    all.push(from..at);
                    from = at + 1;
                }
                _ => {}
            }
            at += 1;
        }
        if from < close {
            all.push(from..close);
        }
        all
    }

    fn read_imports(&mut self, comments: &[Comment]) {
        let mut at = 2;
        while self.word(at) == ";" {
            at += 1;
        }
        while self.word(at) == "import" {
            let first = at;
            at += 1;
            if self.word(at) == "(" {
                let close = self.closing(at);
                at += 1;
                while at < close {
                    at = self.read_import(at, comments, at);
                }
                at = close + 1;
            } else {
                at = self.read_import(at, comments, first);
            }
            while self.word(at) == ";" {
                at += 1;
            }
        }
        self.body = at;
    }

    fn read_import(&mut self, at: usize, comments: &[Comment], first: usize) -> usize {
        let named = self.kind(at) == Some(Kind::Word) || self.word(at) == ".";
        let value = at + usize::from(named);
        if let Some(path) = self.string(value).map(Cow::into_owned) {
            if path == "C" {
                self.read_cgo(comments, first);
            }
            let name = if named { self.word(at).to_owned() } else { package_name(&path) };
            let line = self.line(value);
            self.imports.push(Import { path, name, line });
        }
        value + 1
    }

    fn read_cgo(&mut self, comments: &[Comment], first: usize) {
        for comment in comments.iter().filter(|c| c.before == first) {
            let text = self.text.get(comment.start..comment.end).unwrap_or_default();
            for (number, line) in text.lines().enumerate() {
                let line = line.trim_start_matches(['/', '*', ' ', '\t']);
                if let Some(directive) = line.strip_prefix("#cgo ") {
                    let number = comment.line + u32::try_from(number).unwrap_or(0);
                    self.cgo.push(At { value: directive.trim().to_owned(), line: number });
                }
            }
        }
    }

    fn read_embeds(&mut self, comments: &[Comment]) {
        for comment in comments {
            let text = self.text.get(comment.start..comment.end).unwrap_or_default();
            let Some(mut rest) =
                text.strip_prefix("//go:embed").filter(|rest| rest.starts_with([' ', '\t']))
            else {
                continue;
            };
            rest = rest.trim();
            while !rest.is_empty() {
                let end = match rest.chars().next() {
                    Some(quote @ ('"' | '`')) => {
                        rest[1..].find(quote).map_or(rest.len(), |at| at + 2)
                    }
                    _ => rest.find(char::is_whitespace).unwrap_or(rest.len()),
                };
                let word = &rest[..end];
                let value = lexer::unquote(word).map_or_else(|| word.to_owned(), Cow::into_owned);
                self.embeds.push(At { value, line: comment.line });
                rest = rest[end..].trim_start();
            }
        }
    }
}

/// The name that a package most probably has: the last element of its path, without a major version
/// or `go-`.
fn package_name(path: &str) -> String {
    let name = short_name(path);
    let name = name.strip_prefix("go-").unwrap_or(name);
    name.strip_suffix("-go").unwrap_or(name).replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> SourceFile {
        SourceFile::parse(&RelPath::new("a.go").unwrap(), &Rc::from(text)).unwrap()
    }

    #[test]
    fn reads_the_package_clause_behind_comments() {
        let (name, line, constraint) = package_clause(
            "// package x\n/* package y */\n//go:build ignore\n\npackage main // z\n",
        )
        .unwrap();
        assert_eq!((name, line, constraint.fits(false)), ("main", 5, false));
        assert!(package_clause("not go").is_none());
        assert!(package_clause("").is_none());
    }

    #[test]
    fn reads_imports_embeds_and_cgo() {
        let file = parse(
            "package a\n\n// #cgo pkg-config: vips\n// #include <x.h>\nimport \"C\"\nimport (\n\t\"net/http\"\n\tchi \"github.com/go-chi/chi/v5\"\n\t_ \"embed\"\n\t\"gopkg.in/yaml.v3\"\n)\n\n//go:embed all:dist \"a b\"\nvar x embed.FS\nvar s = \"//go:embed no\"\n",
        );
        assert_eq!(file.imported("chi"), Some("github.com/go-chi/chi/v5"));
        assert_eq!(file.imported("yaml"), Some("gopkg.in/yaml.v3"));
        assert_eq!(file.imported("http"), Some("net/http"));
        assert_eq!(file.cgo, [At { value: "pkg-config: vips".into(), line: 3 }]);
        assert_eq!(
            file.embeds.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(),
            ["all:dist", "a b"]
        );
        assert_eq!(file.word(file.body), "var");
    }

    #[test]
    fn elements_respect_brackets() {
        let file = parse("package a\nvar _ = f(a, g(b, c), []int{1, 2})\n");
        let open = (0..file.len()).find(|&at| file.word(at) == "(").unwrap();
        let all: Vec<String> = file
            .elements(open)
            .into_iter()
            .map(|r| r.map(|at| file.word(at)).collect::<String>())
            .collect();
        assert_eq!(all, ["a", "g(b,c)", "[]int{1,2}"]);
        assert_eq!(parse("package a\nf(").closing(4), 5);
    }
}
