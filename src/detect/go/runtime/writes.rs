//! Folders that a program writes: named by the calls that create files, open databases and keep
//! uploads.

use std::collections::BTreeMap;

use super::World;
use crate::detect::go::syntax::{Call, Form};
use crate::detect::go::values::Value;
use crate::facts::{EnvVar, Evidence, Finding, Severity, Sourced};
use crate::path::RelPath;

/// What the path of a call is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A folder.
    Folder,
    /// A file: the folder that holds it is written.
    File,
    /// The name of a `SQLite` database: a file, perhaps behind `file:` and before `?`.
    Database,
}

/// Functions that write: the package (a prefix; any where empty), the name, the argument, what it
/// is.
const WRITERS: [(&str, &str, usize, Target); 22] = [
    ("os", "MkdirAll", 0, Target::Folder),
    ("os", "Mkdir", 0, Target::Folder),
    ("os", "Create", 0, Target::File),
    ("os", "WriteFile", 0, Target::File),
    ("io/ioutil", "WriteFile", 0, Target::File),
    ("os", "OpenFile", 0, Target::File),
    ("database/sql", "Open", 1, Target::Database),
    ("github.com/jmoiron/sqlx", "Open", 1, Target::Database),
    ("github.com/jmoiron/sqlx", "Connect", 1, Target::Database),
    ("github.com/jmoiron/sqlx", "MustConnect", 1, Target::Database),
    ("gorm.io/driver/sqlite", "Open", 0, Target::Database),
    ("github.com/glebarez/sqlite", "Open", 0, Target::Database),
    ("go.etcd.io/bbolt", "Open", 0, Target::File),
    ("github.com/boltdb/bolt", "Open", 0, Target::File),
    ("github.com/tidwall/buntdb", "Open", 0, Target::File),
    ("github.com/dgraph-io/badger", "DefaultOptions", 0, Target::Folder),
    ("github.com/cockroachdb/pebble", "Open", 0, Target::Folder),
    ("github.com/syndtr/goleveldb", "OpenFile", 0, Target::Folder),
    ("github.com/blevesearch/bleve", "New", 0, Target::Folder),
    ("github.com/peterbourgon/diskv", "New", 0, Target::Folder),
    ("", "SaveUploadedFile", 1, Target::File),
    ("", "SaveFile", 1, Target::File),
];

/// Roots that belong to the system.
const SYSTEM: [&str; 10] =
    ["/dev", "/proc", "/sys", "/etc", "/usr", "/bin", "/run", "/var/run", "/lib", "/root"];

/// What a program writes.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) folders: Vec<Sourced<String>>,
    pub(super) temporary: Option<Evidence>,
    pub(super) env: Vec<Sourced<EnvVar>>,
    pub(super) args: Vec<Sourced<String>>,
    pub(super) findings: Vec<Finding>,
    /// It writes into its working directory itself.
    pub(super) here: Option<Evidence>,
}

/// Finds what the program writes.
pub(super) fn written(world: &World) -> Written {
    let mut written = Written { temporary: temporary(world), ..Written::default() };
    let mut folders: BTreeMap<String, Sourced<String>> = BTreeMap::new();
    for (package, name, position, target) in WRITERS {
        for call in world.code.calls_of(&[name]) {
            let fits = match package {
                "" => call.is_method(),
                _ => call.package().is_some_and(|path| path.starts_with(package)),
            };
            if !fits || !writes(world, &call) {
                continue;
            }
            let Some(range) = call.arguments().get(position).cloned() else { continue };
            let value = world.code.value(&call.file, range);
            written.take(
                &mut folders,
                &value,
                target,
                call.evidence(format!("`{name}` writes there")),
            );
        }
    }
    for file in
        world.code.files().filter(|file| file.imports_from("gopkg.in/natefinch/lumberjack.v2"))
    {
        for definition in
            file.index().definitions_of(file, "Filename").iter().filter(|d| d.form == Form::Field)
        {
            let value = world.code.value(file, definition.value.clone());
            written.take(
                &mut folders,
                &value,
                Target::File,
                file.evidence(definition.name, "a log file"),
            );
        }
    }
    written.folders = topmost(folders);
    written
}

/// False for calls that look alike and write nothing.
fn writes(world: &World, call: &Call) -> bool {
    match call.name() {
        "OpenFile" if call.package() == Some("os") => {
            let Some(flags) = call.arguments().get(1).cloned() else { return false };
            flags.into_iter().any(|at| {
                ["O_CREATE", "O_WRONLY", "O_RDWR", "O_APPEND"].contains(&call.file.word(at))
            })
        }
        "Open" | "Connect" | "MustConnect"
            if matches!(call.package(), Some("database/sql" | "github.com/jmoiron/sqlx")) =>
        {
            let driver =
                call.arguments().first().map(|range| world.code.value(&call.file, range.clone()));
            driver.and_then(|driver| driver.text()).is_some_and(|driver| {
                ["sqlite", "sqlite3", "libsql", "duckdb"]
                    .contains(&driver.to_ascii_lowercase().as_str())
            })
        }
        _ => true,
    }
}

impl Written {
    fn take(
        &mut self,
        folders: &mut BTreeMap<String, Sourced<String>>,
        value: &Value,
        target: Target,
        evidence: Evidence,
    ) {
        let whole = value.text();
        let known = match &whole {
            Some(text) => text.clone(),
            // A name that is known at run time, in a folder that is known now.
            None => match value.prefix().rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/x"),
                None => return,
            },
        };
        let target = if whole.is_none() { Target::File } else { target };
        let Some(path) = path(&known, target) else { return };
        let folder = match target {
            Target::Folder => path.as_str(),
            Target::File | Target::Database => {
                path.rsplit_once('/').map_or(".", |(folder, _)| folder)
            }
        };
        if folder == "/tmp" || folder.starts_with("/tmp/") {
            self.temporary.get_or_insert(evidence);
            return;
        }
        let system =
            SYSTEM.iter().any(|root| folder == *root || folder.starts_with(&format!("{root}/")));
        // A message or an address that a call of the same name was given.
        let odd = folder == "/" || folder.contains("://") || folder.contains(char::is_whitespace);
        if folder.is_empty() || odd || system || folder.contains('~') || folder.contains('$') {
            return;
        }
        let mut all = vec![evidence.clone()];
        all.extend(value.evidence().filter(|at| at.place() != evidence.place()).cloned());
        if folder == "." {
            self.in_working_directory(folders, value, &path, target, all);
            return;
        }
        let folder = folder.trim_start_matches("./").to_owned();
        folders.entry(folder.clone()).or_insert(Sourced::with(folder, all));
    }

    /// A file beside the binary: moved into a folder of its own where a variable or a flag can say
    /// so.
    fn in_working_directory(
        &mut self,
        folders: &mut BTreeMap<String, Sourced<String>>,
        value: &Value,
        name: &str,
        target: Target,
        evidence: Vec<Evidence>,
    ) {
        let moved = format!("/app/data/{name}");
        let moved = match (target, value.text()) {
            (Target::Database, Some(text)) => text.replacen(name, &moved, 1),
            _ => moved,
        };
        let note = "the default lies in the working directory: moved into a folder of its own, for a volume";
        let first =
            evidence.first().cloned().unwrap_or_else(|| Evidence::file(&RelPath::root(), note));
        let at = Evidence {
            note: note.to_owned(),
            ..value.evidence().cloned().unwrap_or_else(|| first.clone())
        };
        if let Some(key) = value.env() {
            if !self.env.iter().any(|var| var.value.key == key) {
                self.env.push(Sourced::new(EnvVar { key: key.to_owned(), value: moved }, at));
            }
        } else if let Some(flag) = value.flag() {
            let argument = format!("--{flag}={moved}");
            if !self.args.iter().any(|held| held.value == argument) {
                self.args.push(Sourced::new(argument, at));
            }
        } else {
            self.here.get_or_insert(first);
            return;
        }
        folders.entry("data".to_owned()).or_insert(Sourced::with("data".to_owned(), evidence));
    }

    /// The program writes beside the files that it opens: a volume would hide them.
    pub(super) fn warn_mixed(&mut self, at: &Evidence) {
        self.findings.push(Finding::new(
            "writes-beside-program",
            Severity::Warning,
            "the program writes into its own working directory",
            [at.clone()],
            "a volume there would hide the program and its files; without one, what is written is lost with the container",
            "let the path be set by an environment variable, or write into a folder such as data/",
        ));
    }
}

/// The path of a database's name, or a path as it is; `None` for what is no file.
fn path(text: &str, target: Target) -> Option<String> {
    let mut text = text;
    if target == Target::Database {
        text = text.strip_prefix("file:").unwrap_or(text);
        text = text.split('?').next().unwrap_or_default();
        if text.is_empty()
            || text.contains(":memory:")
            || text.contains("://")
            || text.contains('=')
        {
            return None;
        }
    }
    let text = text.trim_end_matches('/');
    let text = text.strip_prefix("./").unwrap_or(text);
    let odd = text.is_empty()
        || text.contains(char::is_control)
        || text.contains("..")
        || text.contains(['*', '%']);
    (!odd).then(|| text.to_owned())
}

/// Without folders that lie in another one.
fn topmost(folders: BTreeMap<String, Sourced<String>>) -> Vec<Sourced<String>> {
    let names: Vec<String> = folders.keys().cloned().collect();
    let inside = |name: &str| {
        names
            .iter()
            .any(|other| name.strip_prefix(other.as_str()).is_some_and(|r| r.starts_with('/')))
    };
    folders.into_iter().filter(|(name, _)| !inside(name)).map(|(_, folder)| folder).collect()
}

fn temporary(world: &World) -> Option<Evidence> {
    let named = [
        "CreateTemp",
        "MkdirTemp",
        "TempDir",
        "TempFile",
        "ParseMultipartForm",
        "FormFile",
        "MultipartForm",
        "MultipartReader",
    ];
    world
        .code
        .calls_of(&named)
        .next()
        .map(|call| call.evidence(format!("`{}` writes temporary files", call.name())))
}
