//! Calls and settings of libraries that keep a file or a folder, as rows of the catalog.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::super::super::App;
use super::super::super::expression::{Anchor, PathValue, option};
use super::super::super::manifest::Kind;
use super::super::super::token::{Token, arguments, closing};
use super::super::{Scan, Source};
use super::{Call, Written, written};

/// Follows an expression to the paths that it stands for.
type Paths<'p> = &'p dyn Fn(&[Token]) -> Vec<PathValue>;

/// A row of the table `writer`: a call of a library that keeps a file or a folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Writer {
    modules: Vec<String>,
    /// Its exports and methods.
    #[serde(default)]
    calls: Vec<String>,
    /// The module's own export is called, whatever its name is in a file.
    #[serde(default)]
    own: bool,
    /// The module need not be imported in the same file: what it makes is handed on.
    #[serde(default)]
    handed_on: bool,
    /// The argument with the path.
    #[serde(default)]
    at: usize,
    /// The option with the path, in place of an argument.
    #[serde(default)]
    option: String,
    /// Options with which it writes nothing there.
    #[serde(default)]
    unless: Vec<String>,
    /// What stands before the path: `sqlite:`. A text without it is no path.
    #[serde(default)]
    scheme: String,
    /// True if the path is a folder.
    #[serde(default)]
    folder: bool,
    /// The argument can be something else than a path: it counts only where the code states one.
    #[serde(default)]
    stated: bool,
    /// The path if the options name none.
    #[serde(default)]
    default: String,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

/// The rows, by what a call can be recognised by.
#[derive(Default)]
pub(super) struct Writers {
    rows: Vec<Writer>,
    /// By the names of exports and methods.
    called: BTreeMap<String, Vec<usize>>,
    /// By the module, for what a file gives another name.
    of_module: BTreeMap<String, Vec<usize>>,
}

impl Writers {
    pub(super) fn of(app: &App) -> Self {
        let rows: Vec<Writer> = app.catalog.table("writer").unwrap_or_default();
        let mut all = Self { rows, ..Self::default() };
        for (number, row) in all.rows.iter().enumerate() {
            for call in &row.calls {
                all.called.entry(call.clone()).or_default().push(number);
            }
            for module in &row.modules {
                all.of_module.entry(module.clone()).or_default().push(number);
            }
        }
        all
    }

    /// What a call writes. `path` notes what it cannot follow, `quiet` does not.
    pub(super) fn writes(
        &self,
        app: &App,
        call: Call,
        args: &[&[Token]],
        (path, quiet): (Paths, Paths),
        scan: &mut Scan,
    ) -> Vec<Written> {
        let import = call.source.code.import_of(call.name);
        // What another module gives that name is something else.
        let of = |row: &Writer| import.is_none_or(|import| row.modules.contains(&import.path));
        let called = self.called.get(call.name).into_iter().flatten();
        let called = called.map(|number| &self.rows[*number]).filter(|row| {
            let here = row.modules.iter().any(|module| call.source.imports(module));
            let brought = || {
                let mut all = row.modules.iter();
                all.any(|module| app.package.dependency(module) == Some(Kind::Production))
            };
            of(row) && (here || row.handed_on && brought())
        });
        let renamed = import.and_then(|import| self.of_module.get(&import.path));
        let renamed = renamed.into_iter().flatten().map(|number| &self.rows[*number]);
        let renamed = renamed.filter(|row| {
            let export = import.and_then(|import| import.export.as_deref());
            let known = row.calls.iter().any(|name| name == call.name);
            !known
                && match export {
                    None | Some("default") => row.own,
                    Some(export) => row.calls.iter().any(|name| name == export),
                }
        });
        let mut found = Vec::new();
        for row in called.chain(renamed) {
            let path = if row.stated { quiet } else { path };
            found.extend(row.writes(call, args, path, scan));
        }
        found
    }

    /// What a module's own export writes, where the file gives it no name:
    /// `require("better-sqlite3")("app.db")`. `index` is that of `require`.
    pub(super) fn of_required(
        &self,
        call: Call,
        index: usize,
        (path, quiet): (Paths, Paths),
        scan: &mut Scan,
    ) -> Vec<Written> {
        let tokens = &call.source.tokens;
        let end = closing(tokens, index + 1);
        if call.name != "require" || !tokens.get(end + 1).is_some_and(|token| token.is('(')) {
            return Vec::new();
        }
        let module = tokens.get(index + 2).and_then(Token::text).unwrap_or_default();
        let args = arguments(tokens, end + 1);
        let rows = self.of_module.get(module).into_iter().flatten();
        let rows = rows.map(|number| &self.rows[*number]).filter(|row| row.own);
        let path = |row: &Writer| if row.stated { quiet } else { path };
        rows.flat_map(|row| row.writes(call, &args, path(row), scan)).collect()
    }
}

impl Writer {
    fn writes(&self, call: Call, args: &[&[Token]], path: Paths, scan: &mut Scan) -> Vec<Written> {
        if self.unless.iter().any(|key| option(args, key).is_some()) {
            return Vec::new();
        }
        let tokens = match self.option.as_str() {
            "" => args.get(self.at).copied(),
            key => option(args, key),
        };
        let Some(tokens) = tokens else {
            let stated = args.first().is_none_or(|one| one.first().is_some_and(|t| t.is('{')));
            if self.default.is_empty() || !stated {
                return Vec::new();
            }
            let usual =
                |_: &[Token]| vec![PathValue::new(Anchor::WorkingDirectory, self.default.as_str())];
            return written(call, &[], !self.folder, &usual, scan);
        };
        let path = |tokens: &[Token]| {
            path(tokens).into_iter().filter_map(|found| self.after_scheme(found)).collect()
        };
        written(call, tokens, !self.folder, &path, scan)
    }

    /// The path in an address.
    fn after_scheme(&self, mut found: PathValue) -> Option<PathValue> {
        if !self.scheme.is_empty() {
            let rest = found.path.strip_prefix(&self.scheme)?;
            let rest = rest.strip_prefix("//").unwrap_or(rest);
            if rest.starts_with(':') {
                return None;
            }
            if rest.starts_with('/') {
                found.from = Anchor::Root;
            }
            found.path = rest.to_owned();
        }
        Some(found)
    }
}

/// A row of the table `written_setting`: an object of settings, told by one of its keys, that
/// names a file or a folder of a library.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    packages: Vec<String>,
    /// The key that tells the object, and its values.
    key: String,
    is: Vec<String>,
    /// The keys that lead from the object to the path.
    path: Vec<String>,
    /// True if the path is a folder.
    #[serde(default)]
    folder: bool,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

impl Setting {
    /// The rows of packages that the application uses.
    pub(super) fn of(app: &App) -> Vec<Self> {
        let mut rows: Vec<Self> = app.catalog.table("written_setting").unwrap_or_default();
        let held = |name: &String| app.package.dependency(name) == Some(Kind::Production);
        rows.retain(|row| row.packages.iter().any(held));
        rows
    }

    /// The expressions that name the path in a file.
    pub(super) fn values<'s>(&self, source: &'s Source) -> Vec<&'s [Token]> {
        let code = &source.code;
        let is =
            |at: usize| code.string(at).is_some_and(|text| self.is.iter().any(|is| *is == text));
        let told = code.places(&self.key).iter().filter(|&&at| code.word(at + 1) == ":");
        let told = told.filter(|&&at| is(at + 2)).filter_map(|&at| code.enclosing(at));
        let opens: BTreeSet<usize> = told.filter(|open| code.word(*open) == "{").collect();
        let follow = |open: usize| {
            let mut open = open;
            for (number, key) in self.path.iter().enumerate() {
                let elements = code.elements(open).into_iter();
                let mut elements = elements
                    .filter(|one| code.word(one.start) == key && code.word(one.start + 1) == ":");
                let value = elements.next().map(|one| one.start + 2..one.end)?;
                if number + 1 == self.path.len() {
                    return Some(source.tokens_in(value));
                }
                open = Some(value.start).filter(|open| code.word(*open) == "{")?;
            }
            None
        };
        opens.into_iter().filter_map(follow).collect()
    }

    /// The name that evidence gives the library.
    pub(super) fn name(&self) -> &str {
        self.packages.first().map_or("", String::as_str)
    }

    pub(super) fn is_file(&self) -> bool {
        !self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::launch::{Launch, Layout};
    use super::*;
    use crate::repo::Repo;

    /// The folders that a program with these dependencies writes; `.` for its own.
    fn written(dependencies: &str, source: &str) -> String {
        let all = dependencies.split(' ').map(|name| format!("\"{name}\": \"1\""));
        let all = all.collect::<Vec<_>>().join(", ");
        let manifest = format!("{{\"dependencies\": {{{all}}}}}");
        let repo = Repo::from_files([("package.json", manifest.as_str()), ("index.js", source)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "index.js".into(),
            source: Some("index.js".into()),
            layout: Layout::Source,
            ..Launch::default()
        };
        let found = super::super::super::read(&app, &launch).unwrap();
        let mut all: Vec<&str> = found.writable.iter().map(|one| one.value.as_str()).collect();
        for finding in &found.findings {
            all.extend(match finding.code.as_str() {
                "writes-beside-program" => Some("."),
                code => Some(code).filter(|code| *code == "folder-unknown"),
            });
        }
        all.join(" ")
    }

    /// The dependencies, the source, and the folders that it writes.
    const WRITERS: &[(&str, &str, &str)] = &[
        // Databases, under any name in the file.
        (
            "better-sqlite3",
            "const SQLite = require('better-sqlite3'); new SQLite('data/x.db')",
            "data",
        ),
        (
            "better-sqlite3",
            "import Better from 'better-sqlite3'; new Better('./data/x.db')",
            "data",
        ),
        (
            "better-sqlite3",
            "const Database = require('better-sqlite3'); new Database('data/x.db')",
            "data",
        ),
        ("better-sqlite3", "const S = require('better-sqlite3'); new S(':memory:')", ""),
        (
            "better-sqlite3",
            "import S from 'better-sqlite3'; import { Database } from './mine.js'; new Database('data/x.db')",
            "",
        ),
        (
            "sqlite3",
            "const sqlite3 = require('sqlite3').verbose(); new sqlite3.Database('data/x.db')",
            "data",
        ),
        ("express", "import { DatabaseSync as D } from 'node:sqlite'; new D('data/x.db')", "data"),
        ("typeorm", "new DataSource({ type: 'sqlite', database: 'data/x.sqlite' })", "data"),
        (
            "typeorm",
            "T.forRoot({ type: 'better-sqlite3', database: join(process.cwd(), 'store', 'a.db') })",
            "store",
        ),
        ("typeorm", "new DataSource({ type: 'sqlite', database: 'x.sqlite' })", "."),
        ("typeorm", "new DataSource({ type: 'sqlite', database: ':memory:' })", ""),
        ("typeorm", "new DataSource({ type: 'postgres', database: 'a/b' })", ""),
        ("express", "new DataSource({ type: 'sqlite', database: 'data/x.sqlite' })", ""),
        (
            "sequelize",
            "const { Sequelize } = require('sequelize'); new Sequelize('sqlite:data/x.sqlite')",
            "data",
        ),
        (
            "sequelize",
            "const { Sequelize } = require('sequelize'); new Sequelize('sqlite::memory:')",
            "",
        ),
        (
            "sequelize",
            "const { Sequelize } = require('sequelize'); new Sequelize(process.env.DATABASE_URL)",
            "",
        ),
        (
            "sequelize",
            "const { Sequelize } = require('sequelize'); new Sequelize('postgres://h/d')",
            "",
        ),
        (
            "drizzle-orm",
            "import { drizzle } from 'drizzle-orm/libsql'; drizzle('file:data/x.db')",
            "data",
        ),
        (
            "drizzle-orm",
            "import { drizzle } from 'drizzle-orm/libsql'; drizzle(process.env.DB)",
            "",
        ),
        (
            "@mikro-orm/sqlite",
            "import { MikroORM } from '@mikro-orm/sqlite'; MikroORM.init({ dbName: 'data/x.db' })",
            "data",
        ),
        (
            "duckdb",
            "const duckdb = require('duckdb'); new duckdb.Database('data/x.duckdb')",
            "data",
        ),
        (
            "@duckdb/node-api",
            "import { DuckDBInstance } from '@duckdb/node-api'; await DuckDBInstance.create('data/x.duckdb')",
            "data",
        ),
        ("keyv", "import Keyv from 'keyv'; new Keyv('sqlite://data/x.sqlite')", "data"),
        ("keyv", "import Keyv from 'keyv'; new Keyv('redis://h')", ""),
        (
            "@keyv/sqlite",
            "import Store from '@keyv/sqlite'; new Store({ uri: 'sqlite://data/x.sqlite' })",
            "data",
        ),
        ("pouchdb", "const PouchDB = require('pouchdb'); new PouchDB('data/pouch')", "data/pouch"),
        ("pouchdb", "const PouchDB = require('pouchdb'); new PouchDB('http://h/d')", ""),
        ("enmap", "import Enmap from 'enmap'; new Enmap({ name: 'x' })", "data"),
        ("quick.db", "const { QuickDB } = require('quick.db'); new QuickDB()", "."),
        (
            "quick.db",
            "const { QuickDB } = require('quick.db'); new QuickDB({ filePath: 'data/j.sqlite' })",
            "data",
        ),
        ("quick.db", "const { QuickDB } = require('quick.db'); new QuickDB({ driver: mysql })", ""),
        (
            "lowdb",
            "const FileSync = require('lowdb/adapters/FileSync'); low(new FileSync('db/db.json'))",
            "db",
        ),
        (
            "lowdb",
            "const Adapter = require('lowdb/adapters/FileSync'); low(new Adapter('db/db.json'))",
            "db",
        ),
        (
            "nedb",
            "const Store = require('nedb'); new Store({ filename: 'data/x.db', autoload: true })",
            "data",
        ),
        (
            "@seald-io/nedb",
            "const Datastore = require('@seald-io/nedb'); new Datastore({ filename: 'data/x.db' })",
            "data",
        ),
        ("nedb", "const Datastore = require('nedb'); new Datastore()", ""),
        (
            "node-json-db",
            "import { JsonDB, Config } from 'node-json-db'; new JsonDB(new Config('data/x', true))",
            "data",
        ),
        (
            "stormdb",
            "const StormDB = require('stormdb'); new StormDB.localFileEngine('data/x.stormdb')",
            "data",
        ),
        (
            "vectra",
            "const { LocalIndex } = require('vectra'); new LocalIndex('data/index')",
            "data/index",
        ),
        // Sessions.
        (
            "connect-sqlite3",
            "const SQLiteStore = require('connect-sqlite3')(session); new SQLiteStore({ dir: './var', db: 's.db' })",
            "var",
        ),
        (
            "connect-sqlite3",
            "const SQLiteStore = require('connect-sqlite3')(session); new SQLiteStore()",
            ".",
        ),
        (
            "telegraf-session-local",
            "const Local = require('telegraf-session-local'); new Local({ database: 'data/s.json' })",
            "data",
        ),
        (
            "whatsapp-web.js",
            "const { LocalAuth } = require('whatsapp-web.js'); new LocalAuth()",
            ".wwebjs_auth",
        ),
        (
            "whatsapp-web.js",
            "const { LocalAuth } = require('whatsapp-web.js'); new LocalAuth({ dataPath: 'auth' })",
            "auth",
        ),
        (
            "baileys",
            "import { useMultiFileAuthState } from 'baileys'; await useMultiFileAuthState('auth_info')",
            "auth_info",
        ),
        (
            "telegram",
            "const { StoreSession } = require('telegram/sessions'); new StoreSession('kept')",
            "kept",
        ),
        // Logs.
        (
            "log4js",
            "log4js.configure({ appenders: { f: { type: 'file', filename: 'logs/app.log' } } })",
            "logs",
        ),
        (
            "log4js",
            "log4js.configure({ appenders: { f: { type: 'stdout', filename: 'logs/app.log' } } })",
            "",
        ),
        ("pino", "const pino = require('pino'); pino(pino.destination('logs/app.log'))", "logs"),
        ("pino", "const pino = require('pino'); pino(pino.destination(1))", ""),
        (
            "pino",
            "pino({ transport: { target: 'pino/file', options: { destination: 'logs/app.log', mkdir: true } } })",
            "logs",
        ),
        (
            "pino",
            "pino({ transport: { targets: [{ target: 'pino/file', options: { destination: 1 } }] } })",
            "",
        ),
        (
            "bunyan",
            "bunyan.createLogger({ streams: [{ type: 'rotating-file', path: 'logs/app.log' }] })",
            "logs",
        ),
        (
            "rotating-file-stream",
            "const rfs = require('rotating-file-stream'); rfs.createStream('a.log', { path: join(__dirname, 'log') })",
            "log",
        ),
        // Uploads, pictures, checkouts.
        ("multer", "const upload = require('multer'); upload({ dest: 'in/' })", "in"),
        (
            "express-fileupload",
            "const up = require('express-fileupload'); app.use(up({ useTempFiles: true, tempFileDir: 'parts/' }))",
            "parts",
        ),
        ("express-fileupload", "q.files.f.mv('./uploads/' + q.files.f.name)", "uploads"),
        ("shelljs", "sh.mv('a/b', 'c/d')", ""),
        (
            "@tus/file-store",
            "import { FileStore } from '@tus/file-store'; new FileStore({ directory: './files' })",
            "files",
        ),
        ("sharp", "sharp(a).resize(1).toFile('cache/a.webp')", "cache"),
        ("puppeteer", "await page.screenshot({ path: 'shots/a.png' })", "shots"),
        ("puppeteer", "await page.screenshot({ fullPage: true })", ""),
        (
            "simple-git",
            "const git = require('simple-git')(); import 'simple-git'; git.clone(url, 'repos/y')",
            "repos/y",
        ),
        ("cacache", "import cacache from 'cacache'; cacache.put('store/c', 'k', d)", "store/c"),
    ];

    #[test]
    fn libraries_write_folders_and_files() {
        let mut wrong = Vec::new();
        for &(package, source, folders) in WRITERS {
            let found = written(package, source);
            if found != folders {
                wrong.push(format!("{source}\n    {found:?} in place of {folders:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_long_object_of_settings_is_read_once() {
        let one = "type: 'sqlite', database: 'data/x.db', ";
        let source = format!("x({{ {} }})", one.repeat(4000));
        assert_eq!(written("typeorm", &source), "data");
    }
}
