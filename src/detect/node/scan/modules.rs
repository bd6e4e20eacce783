//! Paths that one file of a program exports and another one imports:
//! `export const uploads = join(__dirname, "../uploads")`.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::App;
use super::super::expression::{
    Anchor, Names, Origin, Others, PathValue, Tracing, path_in, path_within,
};
use super::super::launch::Launch;
use super::super::token::{Token, closing, property, split};
use super::listen::shape;
use super::location::Location;
use super::{Source, globals, sources};
use crate::budget::MAX_EXPORT_TOKENS;
use crate::path::RelPath;

/// How many tokens a clause of imports is long.
const MAX_CLAUSE: usize = 400;

/// Names of a file, and the module and the export that each comes from.
type Imports<'t> = BTreeMap<&'t str, (&'t str, Option<&'t str>)>;

/// The names of all files of a program.
pub(super) struct Modules<'s, 'r> {
    app: &'s App<'r>,
    launch: &'s Launch,
    sources: &'s [Source],
    pub(super) names: Vec<Names<'s>>,
    by_path: BTreeMap<&'s RelPath, usize>,
    /// What each file imports, once it is asked for.
    imports: Vec<OnceCell<Imports<'s>>>,
    /// Tokens that may still be read.
    budget: Cell<usize>,
}

impl<'s, 'r> Modules<'s, 'r> {
    pub(super) fn of(app: &'s App<'r>, launch: &'s Launch, sources: &'s [Source]) -> Self {
        let globals = globals::of(app, launch, sources);
        let of = |source: &'s Source| Names::of(&source.tokens).with(&Rc::clone(&globals));
        let names = sources.iter().map(of).collect();
        let by_path = sources.iter().enumerate().map(|(at, source)| (&source.path, at)).collect();
        let imports = sources.iter().map(|_| OnceCell::new()).collect();
        let budget = Cell::new(MAX_EXPORT_TOKENS);
        Self { app, launch, sources, names, by_path, imports, budget }
    }

    /// The path that an expression of one file stands for.
    pub(super) fn path_of(&self, tokens: &[Token], file: usize) -> Option<PathValue> {
        self.open_path_of(tokens, file).filter(|path| !path.open)
    }

    /// The same, or the folder in which it lies, where the rest cannot be told.
    pub(super) fn open_path_of(&self, tokens: &[Token], file: usize) -> Option<PathValue> {
        path_in(tokens, &self.names[file], self, file)
    }

    /// The path below `keys` of what a file exports; the first of them is the export's name.
    fn exported(
        &self,
        file: usize,
        keys: &[&str],
        left: &Cell<usize>,
        steps: usize,
    ) -> Option<PathValue> {
        left.set(left.get().checked_sub(1)?);
        let tokens = self.sources[file].tokens.as_slice();
        self.budget.set(self.budget.get().checked_sub(tokens.len())?);
        let whole = shape::whole_export(tokens);
        let common = whole.filter(|_| keys.first() != Some(&"default"));
        let (key, rest) = keys.split_first()?;
        let value = shape::named_export(tokens, key)
            .map(|value| (value, rest))
            .or_else(|| (*key == "default").then_some(whole?).map(|value| (value, rest)))
            .or_else(|| common.map(|value| (value, keys)))
            .or_else(|| self.names[file].value_of(key).map(|value| (value, rest)));
        let Some((value, keys)) = value else {
            return self.passed_on(file, keys, left, steps);
        };
        self.below(value, keys, file, left, steps)
    }

    /// The path at `keys` of a value: through object literals and names.
    fn below(
        &self,
        value: &[Token],
        keys: &[&str],
        file: usize,
        left: &Cell<usize>,
        steps: usize,
    ) -> Option<PathValue> {
        left.set(left.get().checked_sub(1)?);
        let Some((key, rest)) = keys.split_first() else {
            let names = &self.names[file];
            let tracing = Tracing { names, others: Some((self, file)), left };
            return path_within(value, &tracing, steps + 1);
        };
        if value.first()?.is('{') {
            let inner = property(value, key)?;
            return self.below(inner, rest, file, left, steps);
        }
        let [name] = value else { return None };
        let own = self.names[file].value_of(name.word()?)?;
        let same = own.first().map(|token| token.at) == value.first().map(|token| token.at);
        if same { None } else { self.below(own, keys, file, left, steps) }
    }

    /// `export * from "./paths"`, `export { uploads } from "./paths"`.
    fn passed_on(
        &self,
        file: usize,
        keys: &[&str],
        left: &Cell<usize>,
        steps: usize,
    ) -> Option<PathValue> {
        let source = &self.sources[file];
        for (index, pair) in source.tokens.windows(2).enumerate() {
            if !pair[0].is_word("export") {
                continue;
            }
            let from = match &pair[1] {
                star if star.is('*') => index + 2,
                open if open.is('{') => closing(&source.tokens, index + 1) + 1,
                _ => continue,
            };
            let is_from = source.tokens.get(from).is_some_and(|token| token.is_word("from"));
            let module = source.tokens.get(from + 1).and_then(Token::text).filter(|_| is_from);
            let next = module.and_then(|module| self.file(file, module)).filter(|to| *to != file);
            let found = next.and_then(|next| {
                let found = self.exported(next, keys, left, steps)?;
                Some(self.rebased(found, next, file))
            });
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn file(&self, from: usize, module: &str) -> Option<usize> {
        let path = sources::target(self.app, &self.sources[from], module)?;
        self.by_path.get(&path).copied()
    }

    /// A path that counts from one file's folder, counted from another's.
    fn rebased(&self, mut found: PathValue, from: usize, to: usize) -> PathValue {
        if found.from != Anchor::SourceFile {
            return found;
        }
        let place = |file: usize| Location::of(self.app, self.launch, &self.sources[file]);
        let way = place(from).relative_to(&place(to));
        found.path = if way.is_empty() { found.path } else { format!("{way}/{}", found.path) };
        found
    }
}

impl Others for Modules<'_, '_> {
    fn path(&self, file: usize, words: &[&str], left: &Cell<usize>, steps: usize) -> Origin {
        let imports = self.imports[file].get_or_init(|| imports(&self.sources[file].tokens));
        let Some((root, keys)) = words.split_first() else { return Origin::Here };
        let Some((module, export)) = imports.get(root) else { return Origin::Here };
        let Some(next) = self.file(file, module).filter(|next| *next != file) else {
            return Origin::Here;
        };
        let keys: Vec<&str> = export.iter().chain(keys).copied().collect();
        let found = self.exported(next, &keys, left, steps + 1);
        Origin::Other(found.map(|found| self.rebased(found, next, file)))
    }
}

/// The modules that the names of a file come from, and the export that each stands for where it is
/// not the whole.
fn imports(tokens: &[Token]) -> Imports<'_> {
    let mut found = Imports::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.is_word("import") {
            let clause = tokens[index + 1..].iter().take(MAX_CLAUSE);
            let Some(end) = clause.into_iter().position(|token| token.is_word("from")) else {
                continue;
            };
            let end = index + 1 + end;
            if tokens[index + 1..end].iter().any(|token| token.is('(') || token.is(';')) {
                continue;
            }
            let Some(module) = tokens.get(end + 1).and_then(Token::text) else { continue };
            clause_of(&tokens[index + 1..end], module, &mut found);
        }
        // `const x = require("./y")`, `const { x } = require("./y").paths`
        let called = token.is_word("require") && tokens.get(index + 1).is_some_and(|t| t.is('('));
        let equals = index.checked_sub(1).filter(|at| called && tokens[*at].is('='));
        let (Some(equals), Some(module)) = (equals, tokens.get(index + 2).and_then(Token::text))
        else {
            continue;
        };
        if tokens.get(index + 4).is_some_and(|token| token.is('.') || token.is('(')) {
            continue;
        }
        let Some(before) = equals.checked_sub(1).map(|at| &tokens[at]) else { continue };
        if let Some(name) = before.word() {
            found.entry(name).or_insert((module, None));
        } else if before.is('}') {
            let open = (0..equals).rev().take(MAX_CLAUSE).find(|&at| tokens[at].is('{'));
            let Some(open) = open else { continue };
            for entry in split(&tokens[open + 1..equals - 1]) {
                let words: Vec<&str> = entry.iter().filter_map(Token::word).collect();
                if let (Some(key), Some(name)) = (words.first(), words.last()) {
                    found.entry(name).or_insert((module, Some(*key)));
                }
            }
        }
    }
    found
}

/// `x`, `* as x`, `{ x, y as z }`.
fn clause_of<'t>(clause: &'t [Token], module: &'t str, found: &mut Imports<'t>) {
    let open = clause.iter().position(|token| token.is('{')).unwrap_or(clause.len());
    let star = clause.first().is_some_and(|token| token.is('*'));
    let whole = clause[..open].iter().rev().find_map(Token::word).filter(|word| *word != "type");
    if let Some(name) = whole {
        found.entry(name).or_insert((module, (!star).then_some("default")));
    }
    let inside = clause.get(open + 1..clause.len().saturating_sub(1)).unwrap_or_default();
    for entry in split(inside) {
        let words = entry.iter().filter_map(Token::word).filter(|word| *word != "type");
        let words: Vec<&str> = words.collect();
        if let (Some(key), Some(name)) = (words.first(), words.last()) {
            found.entry(name).or_insert((module, Some(*key)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use crate::repo::Repo;

    /// The folders that an entry writes with the help of another file.
    fn folders(entry: &str, other: &str) -> Vec<String> {
        let files = [("package.json", "{}"), ("index.js", entry), ("lib/paths.js", other)];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, source) = ("index.js".to_owned(), Some("index.js".to_owned()));
        let scan = super::super::read(&app, &Launch { file, source, ..Launch::default() }).unwrap();
        scan.writable.into_iter().map(|folder| folder.value).collect()
    }

    #[test]
    fn a_folder_that_another_file_names_is_written() {
        let common = "exports.uploads = path.join(__dirname, '../up'); exports.x = 1";
        let object = "module.exports = { a: { uploads: process.env.UP || './up' } }";
        let named =
            "const base = path.join(__dirname, '..');\nexport const uploads = join(base, 'up')";
        let whole = "export default { uploads: path.resolve('up') }";
        for (entry, other) in [
            ("const { uploads: to } = require('./lib/paths'); fs.mkdirSync(to)", common),
            ("const p = require('./lib/paths'); fs.mkdirSync(p.uploads)", common),
            ("const p = require('./lib/paths'); multer({ dest: p.a.uploads })", object),
            ("import { uploads } from './lib/paths.js'; fs.mkdirSync(uploads)", named),
            ("import * as p from './lib/paths.js'; fs.mkdirSync(p.uploads)", named),
            (
                "import p from './lib/paths.js'; fs.writeFileSync(path.join(p.uploads, 'x'), '')",
                whole,
            ),
        ] {
            assert_eq!(folders(entry, other), ["up"], "{entry}");
        }
        // What is not known is no folder, whatever this file calls by that name.
        let entry = "import p from './lib/paths.js'; const a = { dir: 'x' }; fs.mkdirSync(p.dir)";
        assert!(folders(entry, "export default make()").is_empty());
    }

    #[test]
    fn names_of_modules_are_resolved_as_the_compiler_and_node_do() {
        let root = r#"{"workspaces": ["apps/*", "packages/*"]}"#;
        let of = |module: &str, manifest: &str, options: &str| {
            let entry = format!("import {{ up }} from '{module}'; fs.mkdirSync(up)");
            let config = format!(r#"{{"compilerOptions": {options}}}"#);
            let below = "export const up = path.join(__dirname, '../../data')";
            let files = [
                ("package.json", root),
                ("apps/a/package.json", manifest),
                ("apps/a/tsconfig.json", config.as_str()),
                ("apps/a/index.ts", entry.as_str()),
                ("apps/a/lib/paths.ts", "export const up = './data'"),
                ("packages/b/package.json", r#"{"name": "@x/b", "main": "./dist/index.js"}"#),
                ("packages/b/src/index.ts", "export * from './deep/paths'"),
                ("packages/b/src/deep/paths.ts", below),
            ];
            let repo = Repo::from_files(files);
            let dir = crate::repo::Dir::new(&repo, crate::path::RelPath::new("apps/a").unwrap());
            let app = App::read(&dir).unwrap().unwrap();
            let (file, source) = ("index.ts".to_owned(), Some("index.ts".to_owned()));
            let launch = Launch { file, source, ..Launch::default() };
            let scan = super::super::read(&app, &launch).unwrap();
            scan.writable.into_iter().map(|folder| folder.value).collect::<Vec<_>>()
        };
        let data = ["data"];
        assert_eq!(of("@lib/paths", "{}", r#"{"paths": {"@lib/*": ["./lib/*"]}}"#), data);
        let base = r#"{"baseUrl": "lib", "paths": {"~p": ["paths"]}}"#;
        assert_eq!(of("~p", "{}", base), data);
        assert_eq!(of("paths", "{}", base), data);
        assert_eq!(of("#l/paths", r##"{"imports": {"#l/*": "./lib/*.ts"}}"##, "{}"), data);
        let needs = r#"{"dependencies": {"@x/b": "*"}}"#;
        assert_eq!(of("@x/b", needs, "{}"), ["../../packages/b/data"]);
        assert_eq!(of("@x/b/deep/paths", needs, "{}"), ["../../packages/b/data"]);
        assert!(of("@x/b", "{}", "{}").is_empty());
    }
}
