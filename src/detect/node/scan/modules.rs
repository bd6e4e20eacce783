//! Paths that one file of a program exports and another one imports: `export const uploads =
//! join(__dirname, "../uploads")`.

use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use super::super::App;
use super::super::expression::{
    Anchor, Names, Origin, Others, PathValue, Tracing, path_in, path_within,
};
use super::super::launch::Launch;
use super::super::token::{Token, closing, property};
use super::location::Location;
use super::{Source, globals};
use crate::budget::MAX_EXPORT_TOKENS;
use crate::code::callers::Parameter;
use crate::code::{Program, Rows, Special};
use crate::path::RelPath;

/// The callers of a function follow from the code alone, without rows of the catalog.
static NO_ROWS: LazyLock<Rows> = LazyLock::new(Rows::default);

/// How many callers of one function are read.
const MAX_CALLERS: usize = 8;

/// What a search for the callers of a function takes from the budget.
const PARAMETER: usize = 1_000;

/// The names of all files in a program.
pub(super) struct Modules<'s, 'r> {
    app: &'s App<'r>,
    launch: &'s Launch,
    sources: &'s [Source],
    pub(super) names: Vec<Names<'s>>,
    by_path: BTreeMap<&'s RelPath, usize>,
    /// Which code calls which function; built only if a path is a parameter.
    code: OnceCell<Program<'s>>,
    /// The file that sets `global.NAME`.
    globals: BTreeMap<&'s str, usize>,
    /// The caller that counts for each function, and the largest number of callers of one.
    caller: Cell<usize>,
    callers: Cell<usize>,
    /// How many tokens may still be read.
    budget: Cell<usize>,
}

impl<'s, 'r> Modules<'s, 'r> {
    pub(super) fn of(app: &'s App<'r>, launch: &'s Launch, sources: &'s [Source]) -> Self {
        let globals = globals::of(app, launch, sources);
        let of = |source: &'s Source| Names::of(&source.tokens).with(&Rc::clone(&globals));
        let names = sources.iter().map(of).collect();
        let by_path = sources.iter().enumerate().map(|(at, source)| (&source.path, at)).collect();
        let budget = Cell::new(MAX_EXPORT_TOKENS);
        let code = OnceCell::new();
        let (globals, caller, callers) = (set(sources), Cell::default(), Cell::default());
        Self { app, launch, sources, names, by_path, code, globals, caller, callers, budget }
    }

    /// The path to which an expression of one file refers.
    pub(super) fn path_of(&self, tokens: &[Token], file: usize) -> Option<PathValue> {
        self.open_path_of(tokens, file).filter(|path| !path.open)
    }

    /// The same, or the folder that contains it if the rest is unknown.
    pub(super) fn open_path_of(&self, tokens: &[Token], file: usize) -> Option<PathValue> {
        path_in(tokens, &self.names[file], self, file)
    }

    /// The same for each caller of the functions whose parameters are in the expression.
    pub(super) fn open_paths_of(&self, tokens: &[Token], file: usize) -> Vec<PathValue> {
        let mut found = Vec::new();
        self.callers.set(1);
        for caller in 0..MAX_CALLERS {
            if caller >= self.callers.get() {
                break;
            }
            self.caller.set(caller);
            found.extend(self.open_path_of(tokens, file).filter(|path| !found.contains(path)));
        }
        self.caller.set(0);
        found
    }

    /// The path that a caller passes for a parameter, or for a member of one: `dir`,
    /// `options.dir`.
    fn passed(
        &self,
        file: usize,
        at: usize,
        words: &[&str],
        left: &Cell<usize>,
        steps: usize,
    ) -> Option<PathValue> {
        let source = &self.sources[file];
        let (root, keys) = words.split_first()?;
        let parameter = Parameter::around(&source.code, source.code.token_at(at), root)?;
        self.budget.set(self.budget.get().checked_sub(PARAMETER)?);
        let code = self.code.get_or_init(|| {
            let files = self.sources.iter().map(|source| (source.path.clone(), &source.code));
            let files = files.map(|(path, code)| (path, Rc::clone(code))).collect();
            Program::new(files, BTreeMap::new(), &NO_ROWS, Special::NONE)
        });
        let all = code.passed_for(&parameter);
        self.callers.set(self.callers.get().max(all.len()));
        let one = all.get(self.caller.get().min(all.len().checked_sub(1)?))?;
        let from = *self.by_path.get(&one.file.path)?;
        let value = self.sources[from].tokens_in(one.argument.clone());
        let keys: Vec<&str> = one.key.as_deref().into_iter().chain(keys.iter().copied()).collect();
        let found = self.below(value, &keys, from, left, steps + 1)?;
        Some(self.rebased(found, from, file))
    }

    /// A path that another file put into the global object.
    fn global(
        &self,
        file: usize,
        name: &str,
        left: &Cell<usize>,
        steps: usize,
    ) -> Option<PathValue> {
        let from = *self.globals.get(name).filter(|from| **from != file)?;
        let value = self.names[from].value_of(name)?;
        let found = self.below(value, &[], from, left, steps + 1)?;
        Some(self.rebased(found, from, file))
    }

    /// The path at `keys` in what a file exports. The first key is the name of the export.
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

    /// The path at `keys` of a value, through object literals and names.
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
        // A name that is defined by itself would never end.
        let same = own.first().map(|token| token.at) == value.first().map(|token| token.at);
        if same { None } else { self.below(own, keys, file, left, steps) }
    }

    /// Follows `export * from "./paths"` and `export { uploads } from "./paths"`.
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

    /// A path relative to one file's folder, made relative to another's.
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
    fn path(
        &self,
        file: usize,
        at: usize,
        words: &[&str],
        left: &Cell<usize>,
        steps: usize,
    ) -> Origin {
        let Some((root, keys)) = words.split_first() else { return Origin::Here };
        if let Some(passed) = self.passed(file, at, words, left, steps) {
            return Origin::Other(Some(passed));
        }
        if let (true, [name]) = (matches!(*root, "global" | "globalThis"), keys)
            && let Some(found) = self.global(file, name, left, steps)
        {
            return Origin::Other(Some(found));
        }
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

/// The file that first sets each name in the global object.
fn set(sources: &[Source]) -> BTreeMap<&str, usize> {
    let mut found = BTreeMap::new();
    for (file, source) in sources.iter().enumerate() {
        for window in source.tokens.windows(4) {
            let global = window[0].is_word("global") || window[0].is_word("globalThis");
            if let (true, Some(name)) =
                (global && window[1].is('.') && window[3].is('='), window[2].word())
            {
                found.entry(name).or_insert(file);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use super::super::tested::scanned;
    use crate::repo::Repo;

    /// The folders that an entry writes with the help of another file.
    fn folders(entry: &str, other: &str) -> Vec<String> {
        let files = [("package.json", "{}"), ("index.js", entry), ("lib/paths.js", other)];
        let scan = scanned(&files);
        scan.writable.into_iter().map(|folder| folder.value).collect()
    }

    #[test]
    fn names_that_are_no_parameters_cost_nothing() {
        let entry = format!(
            "const paths = require('./lib/paths'); {} fs.mkdirSync(paths.up)",
            "fs.mkdirSync(other); ".repeat(25_000)
        );
        let paths = format!("exports.up = './up'; {}", "other(); ".repeat(500));
        assert_eq!(folders(&entry, &paths), ["up"]);
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
        // An unknown value is no folder, even if this file has something of that name.
        let entry = "import p from './lib/paths.js'; const a = { dir: 'x' }; fs.mkdirSync(p.dir)";
        assert!(folders(entry, "export default make()").is_empty());
    }

    #[test]
    fn a_folder_that_a_caller_hands_over_is_written() {
        let class = "class Server {\n constructor(port, dir) { this.dir = dir;\n\
            global.Kept = path.normalize(dir); if (!fs.existsSync(global.Kept)) mkdirSync(Kept) }\n\
            start() { fs.ensureDir(this.dir) } }\nmodule.exports = Server";
        let class = class.replace("mkdirSync(Kept)", "fs.mkdirSync(global.Kept)");
        let named = "const Server = require('./lib/paths')\n\
            const dir = process.env.DIR || path.resolve('up')\nnew Server(80, dir).start()";
        assert_eq!(folders(named, &class), ["up"]);
        let held = "function Server(o) { fs.mkdirSync(path.join(o.dir, 'x')) }\n\
            module.exports = Server";
        let entry = "const S = require('./lib/paths'); S({ dir: path.join(process.cwd(), 'up') })";
        assert_eq!(folders(entry, held), ["up/x"]);
        let entry = "require('./lib/paths'); global.kept = path.join(__dirname, 'up')";
        let other = "module.exports = () => fs.mkdirSync(path.join(global.kept, 'x'))";
        assert_eq!(folders(entry, other), ["up/x"]);
        for (source, all) in [
            ("function make(dir) { fs.mkdirSync(dir) } make('a'); make('b')", vec!["a", "b"]),
            ("function make({ dir = 'c' }) { fs.mkdirSync(dir) } make({ dir: 'a' })", vec!["a"]),
            ("const at = { make(dir) { fs.mkdirSync(dir) } }; at.make('a')", vec!["a"]),
            ("class A { m(dir) { fs.mkdirSync(dir) } } const a = new A(); a.m('a')", vec!["a"]),
            // Other functions with the same names.
            ("function make(dir) { fs.mkdirSync(dir) } other.make('a')", vec![]),
            ("class A { m(dir) { fs.mkdirSync(dir) } } const b = new B(); b.m('a')", vec![]),
        ] {
            assert_eq!(folders(source, ""), all, "{source}");
        }
        // `make` is imported here, so the function of the other file is not meant.
        let other = "import './x'; import { make } from 'make-dir'; make('a')";
        let entry = "require('./lib/paths'); function make(dir) { fs.mkdirSync(dir) }";
        assert!(folders(entry, other).is_empty());
    }

    #[test]
    fn members_of_members_and_defaults_for_this_system_are_followed() {
        let class = |body: &str| {
            let text = format!(
                "class S {{ dir = '';\n constructor() {{ let home; {body}\n this.dir = this.config.dir }}\n \
                 start() {{ fs.mkdirSync(this.config.dir); fs.mkdirSync(this.dir) }} }}\n"
            );
            folders(&text, "")
        };
        assert_eq!(class("this.config.dir = args.dir || process.env.D || './kept';"), ["kept"]);
        let systems =
            "if (process.platform === 'win32') { home = './win' } else { home = '/opt/x' }\n";
        assert_eq!(class(&format!("{systems} this.config.dir = home;")), ["/opt/x"]);
        let others = systems.replace("===", "!==").replace("./win", "/opt/y");
        assert_eq!(class(&format!("{others} this.config.dir = home;")), ["/opt/y"]);
    }

    #[test]
    fn a_script_above_compiled_sources_leads_to_them() {
        let options = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "lib"}}"#;
        let main = "import { at } from './deep/paths'; at();\n\
            export const start = () => { fs.mkdirSync(path.join(__dirname, '..', 'data')); \
            express().listen(8080) }";
        let files = [
            ("package.json", "{}"),
            ("tsconfig.json", options),
            ("index.js", "const { start } = require('./dist/main'); start()"),
            ("lib/main.ts", main),
            ("lib/deep/paths.ts", "fs.mkdirSync(path.join(__dirname, '../../up'))"),
        ];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, source) = ("index.js".to_owned(), Some("index.js".to_owned()));
        let scan = super::super::read(&app, &Launch { file, source, ..Launch::default() }).unwrap();
        let folders: Vec<_> = scan.writable.iter().map(|folder| folder.value.as_str()).collect();
        assert_eq!(folders, ["data", "up"]);
        assert_eq!(scan.port.unwrap().value, 8080);
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
