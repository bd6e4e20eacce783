//! Paths that one file of a program exports and another one imports:
//! `export const uploads = join(__dirname, "../uploads")`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::App;
use super::super::expression::{
    Anchor, Names, Origin, Others, PathValue, Tracing, path_in, path_within,
};
use super::super::launch::Launch;
use super::super::token::{Token, closing, property};
use super::location::Location;
use super::{Source, globals};
use crate::budget::MAX_EXPORT_TOKENS;
use crate::path::RelPath;

/// The names of all files of a program.
pub(super) struct Modules<'s, 'r> {
    app: &'s App<'r>,
    launch: &'s Launch,
    sources: &'s [Source],
    pub(super) names: Vec<Names<'s>>,
    by_path: BTreeMap<&'s RelPath, usize>,
    /// Tokens that may still be read.
    budget: Cell<usize>,
}

impl<'s, 'r> Modules<'s, 'r> {
    pub(super) fn of(app: &'s App<'r>, launch: &'s Launch, sources: &'s [Source]) -> Self {
        let globals = globals::of(app, launch, sources);
        let of = |source: &'s Source| Names::of(&source.tokens).with(&Rc::clone(&globals));
        let names = sources.iter().map(of).collect();
        let by_path = sources.iter().enumerate().map(|(at, source)| (&source.path, at)).collect();
        let budget = Cell::new(MAX_EXPORT_TOKENS);
        Self { app, launch, sources, names, by_path, budget }
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
        let source = &self.sources[file];
        self.budget.set(self.budget.get().checked_sub(source.tokens.len())?);
        let whole = source.code.whole_export().map(|range| source.tokens_in(range));
        let common = whole.filter(|_| keys.first() != Some(&"default"));
        let (key, rest) = keys.split_first()?;
        let named = source.code.named_export(key);
        let value = named
            .map(|range| (source.tokens_in(range), rest))
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
        let path = self.sources[from].code.modules.get(module)?;
        self.by_path.get(path).copied()
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
        let Some((root, keys)) = words.split_first() else { return Origin::Here };
        let Some(import) = self.sources[file].code.import_of(root) else { return Origin::Here };
        let Some(next) = self.file(file, &import.path).filter(|next| *next != file) else {
            return Origin::Here;
        };
        let export = import.export.as_deref();
        let keys: Vec<&str> = export.into_iter().chain(keys.iter().copied()).collect();
        let found = self.exported(next, &keys, left, steps + 1);
        Origin::Other(found.map(|found| self.rebased(found, next, file)))
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
