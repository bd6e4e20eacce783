//! The source of a program: the files that its root reaches through `mod`, and the crates of the
//! repository that it names. Code that only tests compile is left out.

mod features;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use anyhow::Result;

use super::conditions;
use super::lexer::{self, Kind, Token};
use crate::budget::{MAX_CALLS, MAX_EXPRESSION};
use crate::code::{self, tree::unescape};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;

/// A source file.
#[derive(Debug, Default)]
pub(super) struct SourceFile {
    pub(super) path: RelPath,
    text: Rc<str>,
    tokens: Vec<Token>,
    links: Vec<Link>,
    /// Every name in the file. Most questions are about a name that most files do not contain, so
    /// this set answers them without a search.
    names: BTreeSet<Box<str>>,
    /// The first folder of each text that is a path.
    folders: BTreeSet<Box<str>>,
    /// Byte ranges of code for tests and for other systems than Linux.
    tests: Vec<Range<usize>>,
    /// The same file for the shared reader of code.
    code: std::cell::OnceCell<Rc<code::File>>,
}

/// Where a token is among the brackets.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    /// The innermost bracket around it.
    around: Option<usize>,
    /// The same bracket, if no `;` is between: the call of which the token is an argument.
    parent: Option<usize>,
    /// For an opening bracket, the bracket that closes it.
    end: Option<usize>,
}

impl SourceFile {
    pub(super) fn parse(path: &RelPath, text: &Rc<str>) -> Self {
        let mut file = Self {
            path: path.clone(),
            text: text.clone(),
            tokens: lexer::lex(text),
            ..Self::default()
        };
        file.link();
        file.drop_tests();
        file.link();
        file.open_defaults();
        file.link();
        file.note();
        file
    }

    /// The file for the shared reader of code, without code for tests. Crates of `known` that the
    /// file names count as imported.
    pub(super) fn code<'k>(&self, known: impl Iterator<Item = &'k str>) -> Rc<code::File> {
        let read = || {
            let mut text: Vec<u8> = self.text.as_bytes().to_vec();
            for range in &self.tests {
                let bytes = text.get_mut(range.clone()).unwrap_or_default();
                for byte in bytes.iter_mut().filter(|byte| **byte != b'\n') {
                    *byte = b' ';
                }
            }
            let text: Rc<str> = Rc::from(String::from_utf8_lossy(&text).as_ref());
            let named = known.filter(|name| self.names(&name.replace('-', "_")));
            let import = |name: &str| code::Import {
                path: name.to_owned(),
                name: name.replace('-', "_"),
                export: None,
                line: 1,
            };
            let tree = code::Tree::new(&super::DIALECT, &text);
            Rc::new(code::File::new(self.path.clone(), tree, named.map(import).collect(), 0))
        };
        self.code.get_or_init(read).clone()
    }

    /// The file as [`Self::code`] read it; `None` before that.
    pub(super) fn read(&self) -> Option<Rc<code::File>> {
        self.code.get().cloned()
    }

    /// The first byte of a token in the text.
    pub(super) fn start(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(0, |token| token.start)
    }

    /// The first token at or after a byte of the text.
    pub(super) fn token_from(&self, byte: usize) -> usize {
        self.tokens.partition_point(|token| token.start < byte)
    }

    fn note(&mut self) {
        let (mut names, mut folders) = (BTreeSet::new(), BTreeSet::new());
        for at in 0..self.len() {
            if self.kind(at) == Some(Kind::Word) {
                if !names.contains(self.word(at)) {
                    names.insert(Box::from(self.word(at)));
                }
            } else if let Some(text) = self.string(at).filter(|text| text.contains('/')) {
                let mut parts = text.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
                folders.extend(parts.next().map(Box::from));
            }
        }
        (self.names, self.folders) = (names, folders);
    }

    /// True if the file contains the name.
    pub(super) fn names(&self, word: &str) -> bool {
        self.names.contains(word)
    }

    /// True if a text in the file is a path that begins with the folder, apart from `.` and `..`.
    pub(super) fn leads_to(&self, folder: &str) -> bool {
        self.folders.contains(folder)
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The text of a token; `""` after the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .and_then(|token| self.text.get(token.start..token.end))
            .unwrap_or_default()
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// True if the token is a name or mark with that text. A string never matches.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        // Detectors ask this for every token many times, and the length tells most words apart.
        token.end - token.start == word.len()
            && !matches!(token.kind, Kind::Text | Kind::Raw)
            && self.word(at) == word
    }

    /// The value of a string token.
    pub(super) fn string(&self, at: usize) -> Option<Cow<'_, str>> {
        match self.kind(at)? {
            Kind::Text if self.word(at).contains('\\') => {
                Some(Cow::Owned(unescape(self.word(at)).into_owned()))
            }
            Kind::Text | Kind::Raw => Some(Cow::Borrowed(self.word(at))),
            _ => None,
        }
    }

    /// The value of a number, without suffix and underscores.
    pub(super) fn number(&self, at: usize) -> Option<u64> {
        (self.kind(at)? == Kind::Number).then_some(())?;
        let text = self.word(at).replace('_', "");
        let digits =
            text.find(|c: char| !c.is_ascii_digit()).map_or(text.as_str(), |end| &text[..end]);
        digits.parse().ok()
    }

    /// Evidence at a token.
    pub(super) fn evidence(&self, at: usize, note: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.tokens.get(at).map_or(1, |token| token.line), note)
    }

    /// The position of the bracket that closes the one at `open`; the end of the file if none
    /// does.
    pub(super) fn closing(&self, open: usize) -> usize {
        self.links.get(open).and_then(|link| link.end).unwrap_or(self.len())
    }

    /// Finds the bracket around each token and the end of each bracket. This runs once for each
    /// file, because readers ask for every text in a file.
    fn link(&mut self) {
        let mut links = vec![Link::default(); self.len()];
        // Open brackets. A token after a `;` inside one is not an argument.
        let mut open: Vec<(usize, bool)> = Vec::new();
        for at in 0..self.len() {
            links[at].around = open.last().map(|(bracket, _)| *bracket);
            links[at].parent = open.last().filter(|(_, cut)| !cut).map(|(bracket, _)| *bracket);
            if self.kind(at) != Some(Kind::Mark) {
                continue;
            }
            match self.word(at) {
                "(" | "[" | "{" => open.push((at, false)),
                ")" | "]" | "}" => {
                    if let Some((bracket, _)) = open.pop() {
                        links[bracket].end = Some(at);
                    }
                }
                ";" => {
                    if let Some((_, cut)) = open.last_mut() {
                        *cut = true;
                    }
                }
                _ => {}
            }
        }
        self.links = links;
    }

    /// The name before an opening bracket: `f` in `f(` and `f!(`.
    pub(super) fn called(&self, open: usize) -> Option<&str> {
        let mut at = open.checked_sub(1)?;
        if self.is(at, "!") {
            at = at.checked_sub(1)?;
        }
        (self.kind(at) == Some(Kind::Word)).then(|| self.word(at))
    }

    /// The names of the path that ends at `at`: `["tokio", "fs", "read"]`.
    pub(super) fn path_to(&self, mut at: usize) -> Vec<&str> {
        let mut names = Vec::new();
        loop {
            if self.kind(at) != Some(Kind::Word) || names.len() >= MAX_CALLS {
                break;
            }
            names.insert(0, self.word(at));
            let Some(before) = at.checked_sub(3) else { break };
            if !(self.is(at - 1, ":") && self.is(at - 2, ":")) {
                break;
            }
            at = before;
        }
        names
    }

    /// The opening brackets of the calls around a token, innermost first.
    pub(super) fn enclosing(&self, at: usize) -> Vec<usize> {
        let parent = |at: usize| {
            self.links.get(at).and_then(|link| link.parent).filter(|open| !self.is(*open, "{"))
        };
        // Real calls do not nest deeper. The limit bounds the time, because this runs for many
        // tokens.
        std::iter::successors(parent(at), |open| parent(*open)).take(MAX_CALLS).collect()
    }

    /// The range of the statement around a token, at the same level of braces.
    pub(super) fn statement(&self, at: usize) -> Range<usize> {
        let mut from = at;
        let mut depth = 0usize;
        while let Some(before) = from.checked_sub(1) {
            match self.word(before) {
                "}" | ")" | "]" if self.kind(before) == Some(Kind::Mark) => depth += 1,
                "{" if self.kind(before) == Some(Kind::Mark) => {
                    if depth == 0 {
                        break;
                    }
                    depth -= 1;
                }
                "(" | "[" if self.kind(before) == Some(Kind::Mark) => {
                    depth = depth.saturating_sub(1);
                }
                ";" if depth == 0 && self.kind(before) == Some(Kind::Mark) => break,
                _ => {}
            }
            from = before;
            // A long table is one statement, and readers ask about each text in it.
            if at - from > 200 {
                break;
            }
        }
        let (mut to, mut depth) = (at, 0usize);
        while to < self.len() && to - at < 200 {
            if self.kind(to) == Some(Kind::Mark) {
                match self.word(to) {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" => depth = depth.saturating_sub(1),
                    "}" | ";" if depth == 0 => break,
                    "}" => depth -= 1,
                    _ => {}
                }
            }
            to += 1;
        }
        from..to
    }

    /// Removes items after `#[cfg(test)]`, `#[test]` and conditions that exclude Linux.
    fn drop_tests(&mut self) {
        let mut kept: Vec<Token> = Vec::with_capacity(self.tokens.len());
        let mut at = 0;
        while at < self.len() {
            if self.is(at, "#") && self.is(at + 1, "[") {
                let close = self.closing(at + 1);
                // The attribute of a test is short, while one that is not closed would run to the
                // end of the file.
                let end = close.min(at + 2 + MAX_EXPRESSION);
                let inner: Vec<&str> = (at + 2..end).map(|n| self.word(n)).collect();
                let test = inner == ["test"]
                    || inner.ends_with(&["::", "test"])
                    || inner.ends_with(&[":", ":", "test"])
                    || inner.starts_with(&["tokio", ":", ":", "test"])
                    || conditions::elsewhere(self, at + 2);
                if test {
                    let end = self.item_end(close + 1);
                    let from = self.tokens.get(at).map(|token| token.start);
                    let to = self.tokens.get(end.saturating_sub(1)).map(|token| token.end);
                    self.tests.extend(from.zip(to).map(|(from, to)| from..to));
                    at = end;
                    continue;
                }
            }
            // `if cfg!(windows) { ... }` keeps its condition and loses its block.
            let asks =
                self.is(at, "if") && self.is(at + 2, "!") && conditions::elsewhere(self, at + 1);
            let block = if asks { self.closing(at + 3) + 1 } else { 0 };
            if asks && self.is(block, "{") {
                kept.extend_from_slice(self.tokens.get(at..=block).unwrap_or_default());
                let inside = self.tokens.get(block + 1).zip(self.tokens.get(self.closing(block)));
                self.tests.extend(inside.map(|(from, to)| from.start..to.start));
                at = self.closing(block).max(block + 1);
                continue;
            }
            kept.extend(self.tokens.get(at).copied());
            at += 1;
        }
        self.tokens = kept;
    }

    /// Replaces a string by the code in it, for `derive_builder`, which takes a default in that
    /// form: `#[builder(default = "8080")]` or `#[builder(default =
    /// r#"PathBuf::from("./static")"#)]`.
    fn open_defaults(&mut self) {
        let mut kept: Vec<Token> = Vec::with_capacity(self.tokens.len());
        for at in 0..self.len() {
            let Some(token) = self.tokens.get(at).copied() else { break };
            let code = matches!(token.kind, Kind::Text | Kind::Raw)
                && !(token.kind == Kind::Text && self.word(at).contains('\\'));
            let default = code && at >= 2 && self.is(at - 1, "=") && self.is(at - 2, "default");
            if default
                && self
                    .enclosing(at)
                    .first()
                    .is_some_and(|open| self.called(*open) == Some("builder"))
            {
                let moved = |inner: Token| Token {
                    start: inner.start + token.start,
                    end: inner.end + token.start,
                    line: inner.line + token.line - 1,
                    ..inner
                };
                kept.extend(lexer::lex(&Rc::from(self.word(at))).into_iter().map(moved));
            } else {
                kept.push(token);
            }
        }
        self.tokens = kept;
    }

    /// The position after the item that begins at `at` with its attributes.
    fn item_end(&self, mut at: usize) -> usize {
        while self.is(at, "#") && self.is(at + 1, "[") {
            at = self.closing(at + 1) + 1;
        }
        while at < self.len() {
            if self.is(at, ";") || self.is(at, ",") {
                return at + 1;
            }
            if self.is(at, "{") {
                return self.closing(at) + 1;
            }
            if self.is(at, "(") || self.is(at, "[") {
                at = self.closing(at);
            }
            at += 1;
        }
        at
    }

    /// The `mod x;` items that a build with the features in `on` compiles.
    pub(super) fn modules(&self, on: &dyn Fn(&str) -> bool) -> Vec<Module> {
        let mut found = Vec::new();
        // Opening brackets of the attributes before the next item.
        let mut attributes: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < self.len() {
            if self.is(at, "#") && self.is(at + 1, "[") {
                attributes.push(at + 1);
                at = self.closing(at + 1) + 1;
                continue;
            }
            if self.is(at, "pub") {
                at = if self.is(at + 1, "(") { self.closing(at + 1) + 1 } else { at + 1 };
                continue;
            }
            if self.is(at, "mod")
                && self.kind(at + 1) == Some(Kind::Word)
                && self.is(at + 2, ";")
                && conditions::compiled(self, &attributes, on)
            {
                let stated = attributes.iter().find(|&&open| self.is(open + 1, "path"));
                let path = stated.and_then(|open| self.string(open + 3)).map(Cow::into_owned);
                let top = self.links.get(at).is_some_and(|link| link.parent.is_none());
                let conditional = attributes.iter().any(|&open| self.is(open + 1, "cfg"));
                found.push(Module {
                    name: self.word(at + 1).trim_start_matches("r#").to_owned(),
                    certain: !conditional && path.is_none() && top,
                    path,
                    at,
                });
            }
            attributes.clear();
            at += 1;
        }
        found
    }
}

/// A `mod x;` item.
pub(super) struct Module {
    /// The name `x`.
    name: String,
    /// The path in a `#[path]` attribute.
    path: Option<String>,
    /// The position of `mod`.
    at: usize,
    /// True if the compiler always reads the file, from its usual path.
    certain: bool,
}

/// The source files of a repository, each parsed once.
pub(super) struct Sources<'r> {
    repo: &'r Repo,
    /// Files that declare a module which the repository does not hold, with the place.
    lost: std::cell::RefCell<BTreeMap<RelPath, Evidence>>,
    files: std::cell::RefCell<BTreeMap<RelPath, Option<Rc<SourceFile>>>>,
    /// Files of which features compile a part, by the places of what they leave out.
    compiled: std::cell::RefCell<features::Compiled>,
}

impl<'r> Sources<'r> {
    pub(super) fn new(repo: &'r Repo) -> Self {
        let (lost, files, compiled) = Default::default();
        Self { repo, lost, files, compiled }
    }

    pub(super) fn file(&self, path: &RelPath) -> Result<Option<Rc<SourceFile>>> {
        if let Some(file) = self.files.borrow().get(path) {
            return Ok(file.clone());
        }
        let file = self.repo.source_text(path)?.map(|text| Rc::new(SourceFile::parse(path, &text)));
        self.files.borrow_mut().insert(path.clone(), file.clone());
        Ok(file)
    }

    /// The declarations in `files` of modules that the repository does not hold.
    pub(super) fn lost(&self, files: &[Rc<SourceFile>]) -> Vec<Evidence> {
        let lost = self.lost.borrow();
        files.iter().filter_map(|file| lost.get(&file.path).cloned()).collect()
    }

    /// The files of a crate that a build with the features in `on` compiles, the root first.
    pub(super) fn of_crate(
        &self,
        root: &RelPath,
        on: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Rc<SourceFile>>> {
        let (mut seen, mut queue, mut found) =
            (BTreeSet::new(), vec![(root.clone(), true)], Vec::new());
        while let Some((path, is_root)) = queue.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let Some(file) = self.file(&path)? else { continue };
            let folder = path.parent().unwrap_or_default();
            let stem = path.file_name().trim_end_matches(".rs");
            let home =
                if is_root || stem == "mod" { Some(folder.clone()) } else { folder.join(stem) };
            for Module { name, path, at, certain } in file.modules(on) {
                let candidates = match path {
                    Some(path) => vec![folder.join(&path)],
                    None => home
                        .iter()
                        .flat_map(|home| {
                            [home.join(&format!("{name}.rs")), home.join(&format!("{name}/mod.rs"))]
                        })
                        .collect(),
                };
                let held = candidates.into_iter().flatten().find(|path| self.repo.is_file(path));
                if held.is_none() && certain {
                    let note = format!("`mod {name};`");
                    self.lost.borrow_mut().insert(file.path.clone(), file.evidence(at, note));
                }
                queue.extend(held.map(|path| (path, false)));
            }
            found.push(file);
        }
        // The root comes first, the others by path: the queue's order means nothing.
        if let Some((_, rest)) = found.split_first_mut() {
            rest.sort_by(|a, b| a.path.cmp(&b.path));
        }
        Ok(found)
    }

    /// The files of a program: its own crate, and the crates of `libraries` (name in code, root)
    /// that it names. `on` says whether a feature of the crate with a given root is active.
    pub(super) fn of_program(
        &self,
        root: &RelPath,
        libraries: &[(String, RelPath)],
        on: &dyn Fn(&RelPath, &str) -> bool,
    ) -> Result<Vec<Rc<SourceFile>>> {
        let of_crate = |root: &RelPath| -> Result<Vec<Rc<SourceFile>>> {
            let on = |feature: &str| on(root, feature);
            let files = self.of_crate(root, &on)?.into_iter();
            Ok(files.map(|file| self.compiled(file, &on)).collect())
        };
        let mut files = of_crate(root)?;
        let mut taken: BTreeSet<&RelPath> = BTreeSet::from([root]);
        let mut from = 0;
        while from < files.len() {
            let new = from..files.len();
            from = files.len();
            for (name, root) in libraries {
                if files[new.clone()].iter().any(|file| file.names(name)) && taken.insert(root) {
                    files.extend(of_crate(root)?);
                }
            }
        }
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_modules_and_named_crates() {
        let repo = Repo::from_files([
            (
                "src/main.rs",
                "mod a; mod b; #[path = \"odd.rs\"] mod c; #[cfg(test)] mod tests; use core_lib::x;",
            ),
            ("src/a.rs", "mod inner;"),
            ("src/a/inner.rs", ""),
            ("src/b/mod.rs", "pub(crate) mod deep;"),
            ("src/b/deep.rs", ""),
            ("src/odd.rs", ""),
            ("src/tests.rs", ""),
            ("core/src/lib.rs", "mod x;"),
            ("core/src/x.rs", ""),
            ("other/src/lib.rs", ""),
        ]);
        let path = |text: &str| RelPath::new(text).unwrap();
        let sources = Sources::new(&repo);
        let libraries = [
            ("core_lib".to_owned(), path("core/src/lib.rs")),
            ("other".to_owned(), path("other/src/lib.rs")),
        ];
        let files = sources.of_program(&path("src/main.rs"), &libraries, &|_, _| true).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            names,
            [
                "src/main.rs",
                "src/a.rs",
                "src/a/inner.rs",
                "src/b/deep.rs",
                "src/b/mod.rs",
                "src/odd.rs",
                "core/src/lib.rs",
                "core/src/x.rs"
            ]
        );
    }

    fn file(text: &str) -> SourceFile {
        SourceFile::parse(&RelPath::new("a.rs").unwrap(), &Rc::from(text))
    }

    #[test]
    fn tests_are_left_out() {
        let file = file(
            "fn a() {} #[cfg(test)] mod tests { fn b() { x(\"y\") } } #[test] fn c() {} #[cfg(not(test))] fn d() {} #[cfg(any(test, feature = \"x\"))] fn e() {} #[cfg(all(test, unix))] fn f() {}",
        );
        let words: Vec<&str> = (0..file.len()).map(|at| file.word(at)).collect();
        assert!(
            words.contains(&"a")
                && words.contains(&"d")
                && words.contains(&"e")
                && !words.contains(&"f")
                && !words.contains(&"b")
                && !words.contains(&"c")
        );
    }

    #[test]
    fn defaults_of_builders_are_code() {
        let file = file(
            "struct A {\n#[builder(default = \"8080\")] a: u16,\n#[builder(default = r#\"P::from(\"./x\")\"#)] b: P,\n#[serde(default = \"f\")] c: u8 }",
        );
        let numbers: Vec<u64> = (0..file.len()).filter_map(|at| file.number(at)).collect();
        assert_eq!(numbers, [8080]);
        let at = (0..file.len()).find(|at| file.string(*at).as_deref() == Some("./x")).unwrap();
        assert_eq!(file.enclosing(at).into_iter().find_map(|open| file.called(open)), Some("from"));
        assert_eq!(file.evidence(at, "").place(), "a.rs:3");
        assert!((0..file.len()).any(|at| file.string(at).as_deref() == Some("f")));
    }

    #[test]
    fn knows_the_calls_around_a_token() {
        let file = file("fn f() { let x = 1; a::b(c::d(&[\"z\"], 2), 3); }");
        let at = (0..file.len()).find(|at| file.string(*at).is_some()).unwrap();
        let calls: Vec<_> = file
            .enclosing(at)
            .into_iter()
            .map(|open| file.called(open).map(str::to_owned))
            .collect();
        assert_eq!(calls, [None, Some("d".into()), Some("b".into())]);
        let statement: Vec<&str> = file.statement(at).map(|at| file.word(at)).collect();
        assert_eq!(statement.first(), Some(&"a"));
        assert_eq!(file.path_to(statement.len().min(12)), Vec::<&str>::new());
    }
}
