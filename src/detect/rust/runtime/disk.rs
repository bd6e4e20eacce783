//! Files and folders that the code opens, and folders into which it writes.

use super::held::{Held, OPENERS, call, is_compared};
use super::{Code, above, rocket};
use crate::code::{Base, Call, Program as Source};
use crate::detect::rust::source::SourceFile;
use crate::detect::{add_front_end, makers};
use crate::facts::{Evidence, Finding, FrontEnd, Sourced};
use crate::path::RelPath;

/// What the code does on disk.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// Files that the code opens: the path in the repository, and the path as the program writes
    /// it (absolute if it is compiled in).
    pub(super) files: Vec<(RelPath, String, Evidence)>,
    /// Output of other applications' builds that the code serves.
    pub(super) made: Vec<Sourced<FrontEnd>>,
    pub(super) writable: Vec<Sourced<String>>,
    /// The finding to report if no other reader finds the folder.
    pub(super) unfollowed: Option<Finding>,
    /// True if the code writes files into its working directory.
    pub(super) here: bool,
    /// The names of these files, as far as the texts are literals.
    pub(super) here_files: Vec<String>,
    /// Folders that it opens and the image does not hold.
    pub(super) absent: Vec<Finding>,
    /// Set if the code serves its working directory.
    pub(super) served: Option<Evidence>,
}

/// The types among [`OPENERS`] that serve folders.
const SERVING: [&str; 7] = [
    "ServeDir",
    "ServeFile",
    "Files",
    "StaticFilesEndpoint",
    "StaticFileEndpoint",
    "StaticDir",
    "FileServer",
];

/// Functions that open their argument.
const OPENING: [&str; 20] = [
    "open",
    "read",
    "read_to_string",
    "read_dir",
    "with_name",
    "file",
    "dir",
    "path_loader",
    "register_template_file",
    "register_templates_directory",
    "register_template_string",
    "join",
    "from_file",
    "load_from_file",
    "metadata",
    "exists",
    "canonicalize",
    "copy",
    "from_path",
    "load",
];

/// Calls whose arguments are addresses on the web or messages, not files.
const ROUTES: [&str; 26] = [
    "route",
    "nest",
    "nest_service",
    "route_service",
    "get",
    "post",
    "put",
    "delete",
    "patch",
    "at",
    "service",
    "mount",
    "scope",
    "resource",
    "redirect",
    "to",
    "path",
    "template",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "expect",
    "context",
    "header",
];

/// Files and folders of the project that no program opens as its own.
const NEVER: [&str; 14] = [
    "src",
    "target",
    "tests",
    "Cargo.toml",
    "Cargo.lock",
    ".env",
    ".git",
    ".gitignore",
    ".gitattributes",
    ".dockerignore",
    "Dockerfile",
    ".editorconfig",
    "build.rs",
    "rust-toolchain.toml",
];

/// Calls whose text is a message to people, even if `format!` builds it.
const MESSAGES: [&str; 16] = [
    "context",
    "with_context",
    "wrap_err",
    "wrap_err_with",
    "expect",
    "panic",
    "bail",
    "anyhow",
    "eyre",
    "ensure",
    "info",
    "warn",
    "error",
    "debug",
    "trace",
    "println",
];

/// Extensions that the crate `config` tries if a file name has none.
const CONFIG_ENDINGS: [&str; 7] = ["toml", "yaml", "yml", "json", "json5", "ron", "ini"];

/// Maximum number of tokens of what a path is joined to. Each `join` of a longer chain would read
/// the chain again.
const MAX_JOINED: usize = 64;

/// The variable with the folder of the package. `env!` compiles its value in.
const MANIFEST_DIR: &str = "CARGO_MANIFEST_DIR";

pub(super) fn disk(source: &Source, code: &Code) -> Disk {
    let mut disk = Disk::default();
    let held = Held::new(code.files);
    for file in code.files {
        for at in 0..file.len() {
            if let Some(text) = file.string(at) {
                if is_compared(file, at) {
                    continue;
                }
                disk.written(file, at, &text);
                if matches!(&*text, "." | "./") && serves(file, at) {
                    disk.served.get_or_insert_with(|| {
                        file.evidence(at, "it serves the working directory")
                    });
                }
                disk.opened(source, code, &held, (file, at), &text);
            }
        }
    }
    // Rocket reads Rocket.toml, and its templates from templates/, without a call that names them.
    let templates = rocket::templates(code).unwrap_or_else(|| "templates".to_owned());
    let read = [("Rocket.toml", "rocket"), (templates.as_str(), "rocket_dyn_templates")];
    for (name, dependency) in read {
        if let (Some(evidence), Some(path)) = (code.uses(dependency), code.root.join(name))
            && code.repo.exists(&path)
        {
            disk.files.push((
                path,
                name.to_owned(),
                Evidence { note: format!("{dependency} reads it"), ..evidence },
            ));
        }
    }
    disk.writable.sort_by(|a, b| a.value.cmp(&b.value));
    disk.writable.dedup_by(|a, b| a.value == b.value);
    disk
}

/// The path that a `join` comes to, if the code states it from its start: a text, the working
/// directory, or the folder of the executable.
fn joined(source: &Source, asking: &SourceFile, place: usize) -> Option<String> {
    let open = asking.enclosing(place).into_iter().next()?;
    let file = asking.read()?;
    let open = file.token_at(asking.start(open));
    let call = Call { file, at: open.checked_sub(1)?, open };
    let on = call.on().filter(|on| on.len() <= MAX_JOINED)?;
    let whole = on.start..call.file.closing(open) + 1;
    let value = source.value(&call.file, whole);
    value.text().or_else(|| match value.below()? {
        (Base::Program, path) => Some(path),
        _ => None,
    })
}

/// True if the statement joins the package's folder, whose path is compiled in.
fn names_package_folder(file: &SourceFile, at: usize) -> bool {
    let range = file.statement(at);
    let names = range.clone().any(|n| file.string(n).is_some_and(|text| text == MANIFEST_DIR));
    // The compiler reads `include_str!(concat!(env!(...), "..."))`; the program does not.
    names && !range.clone().any(|n| file.word(n).starts_with("include"))
}

/// True if the text is a folder that the program serves, or the default of a setting that names
/// one.
fn serves(file: &SourceFile, at: usize) -> bool {
    const FOLDERS: [&str; 8] =
        ["root", "dir", "directory", "folder", "path", "public", "www", "serve"];
    if in_attribute(file, at) {
        let default = file.is(at - 1, "=") && file.word(at - 2).starts_with("default_value");
        let field = file.enclosing(at).into_iter().last().map(|open| file.closing(open) + 1);
        let Some(mut field) = field.filter(|_| default) else { return false };
        while file.is(field, "#") && file.is(field + 1, "[") {
            field = file.closing(field + 1) + 1;
        }
        field += usize::from(file.is(field, "pub"));
        let named = file.word(field).split('_').any(|part| FOLDERS.contains(&part));
        return named && (field..field + 8).any(|n| file.is(n, "PathBuf"));
    }
    call(file, at).is_some_and(|(name, is_macro, owner)| {
        let serving = owner.is_some_and(|owner| SERVING.contains(&owner));
        !is_macro && (serving || name == "dir" && owner == Some("fs"))
    })
}

/// True inside `#[...]`.
fn in_attribute(file: &SourceFile, at: usize) -> bool {
    file.enclosing(at)
        .into_iter()
        .any(|open| open > 0 && file.is(open, "[") && file.is(open - 1, "#"))
}

impl Disk {
    /// Adds what the code opens by a text: where the text stands, or where a constant or a list
    /// that holds it is taken.
    fn opened(
        &mut self,
        source: &Source,
        code: &Code,
        held: &Held,
        (file, at): (&SourceFile, usize),
        text: &str,
    ) {
        let Some(places) = held.taken(file, at) else {
            self.taken(source, code, (file, at), text, (file, at), false);
            return;
        };
        let mut called = false;
        for place in places {
            if call(place.file, place.at).is_none() || is_compared(place.file, place.at) {
                continue;
            }
            called = true;
            let known = self.files.len() + self.made.len();
            let asking = (place.file, place.at);
            self.taken(source, code, (file, at), text, asking, place.of_list);
            if self.files.len() + self.made.len() > known {
                return;
            }
        }
        if !called && call(file, at).is_none() {
            self.beside(code, file, at, text);
        }
    }

    /// Adds the file of a constant such as "./config.toml", which no call takes directly.
    fn beside(&mut self, code: &Code, file: &SourceFile, at: usize, text: &str) {
        let beside = text.strip_prefix("./").filter(|_| !in_attribute(file, at));
        if let Some(way) = beside.and_then(clean)
            && let Some(path) = code.root.join(&way).filter(|path| code.repo.is_file(path))
        {
            let note = format!("a path of the program: \"{text}\"");
            self.files.push((path, way, file.evidence(at, note)));
        }
    }

    /// Adds what the call around `asking` opens.
    fn taken(
        &mut self,
        source: &Source,
        code: &Code,
        (file, at): (&SourceFile, usize),
        text: &str,
        (asking, place): (&SourceFile, usize),
        of_list: bool,
    ) {
        let Some((name, is_macro, owner)) = call(asking, place) else {
            self.beside(code, file, at, text);
            return;
        };
        // Rocket's macro joins the text to the package's folder while it compiles.
        let relative = is_macro && name == "relative" && code.dependencies.contains("rocket");
        let compiled_in = relative || names_package_folder(file, at);
        if compiled_in && text != MANIFEST_DIR {
            let way = text.trim_start_matches('/');
            if let Some(path) = clean(way)
                .and_then(|way| code.package.join(&way))
                .filter(|p| code.repo.exists(p) && p != code.package)
            {
                let note = format!("opened under {MANIFEST_DIR}, which is compiled in");
                self.files.push((
                    path.clone(),
                    format!("{}/{path}", super::super::plan::SOURCE),
                    file.evidence(at, note),
                ));
            }
            return;
        }
        let told = || {
            file.enclosing(at)
                .into_iter()
                .filter_map(|open| file.called(open))
                .any(|name| MESSAGES.contains(&name))
        };
        if name == "format" && is_macro && told() {
            return;
        }
        if is_macro && !matches!(name, "format" | "relative" | "vec" | "path")
            || ROUTES.contains(&name)
        {
            return;
        }
        let joined = (name == "join").then(|| joined(source, asking, place));
        // The program joins the name to a folder that only it knows, so an equal name in the
        // repository is a coincidence.
        let joined = match joined {
            Some(None) => return,
            Some(whole) => whole,
            None => None,
        };
        let text = joined.as_deref().unwrap_or(text);
        let opens = OPENING.contains(&name)
            || matches!(name, "new" | "from")
                && owner.is_some_and(|owner| OPENERS.contains(&owner))
            || name == "relative";
        if opens && let Some(found) = above::led(code, text) {
            let note = format!("opened at run time: \"{text}\"");
            self.files.push((found.0, found.1, file.evidence(at, note)));
            return;
        }
        let Some(way) = clean(text) else { return };
        let plain_word = of_list || !way.contains(['/', '.']) || is_macro && name != "relative";
        if plain_word && !opens && name != "format" {
            return;
        }
        let serves = name == "dir" || owner.is_some_and(|owner| SERVING.contains(&owner));
        for base in [code.root, code.package] {
            let Some(path) = base.join(&way).filter(|path| !path.is_root() && path != base) else {
                continue;
            };
            if opens && serves {
                self.made(
                    code,
                    base,
                    &path,
                    &file.evidence(at, format!("served at run time: \"{text}\"")),
                );
            }
            if code.repo.exists(&path) {
                self.files.push((
                    path,
                    way.clone(),
                    file.evidence(at, format!("opened at run time: \"{text}\"")),
                ));
                return;
            }
            if opens && name == "with_name" {
                let mut found = false;
                for ending in CONFIG_ENDINGS {
                    let way = format!("{way}.{ending}");
                    if let Some(path) = base.join(&way).filter(|path| code.repo.is_file(path)) {
                        self.files.push((
                            path,
                            way,
                            file.evidence(at, format!("configuration \"{text}\"")),
                        ));
                        found = true;
                    }
                }
                if found {
                    return;
                }
            }
        }
    }

    /// Adds the output of another application's build, if the code serves it.
    fn made(&mut self, code: &Code, base: &RelPath, path: &RelPath, evidence: &Evidence) {
        for mut made in makers(code.repo, code.context, path) {
            let Some(way) = made.value.output.strip(base) else { continue };
            made.value.opened = Some(way.to_owned());
            made.evidence.insert(0, evidence.clone());
            add_front_end(&mut self.made, made);
        }
    }

    fn written(&mut self, file: &SourceFile, at: usize, text: &str) {
        let name = call(file, at).filter(|(_, is_macro, _)| !is_macro);
        let evidence = || file.evidence(at, format!("written at run time: \"{text}\""));
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path =
                path.strip_prefix("//").unwrap_or(path).split('?').next().unwrap_or_default();
            // `sqlite://` alone names no file.
            let plain = path.trim_matches('/');
            let sentence = path.contains(char::is_whitespace);
            if !plain.is_empty() && !path.starts_with(':') && !path.contains('{') && !sentence {
                self.folder_of(path, evidence());
            }
            return;
        }
        let Some((name, _, owner)) = name else { return };
        if text.contains(|c: char| matches!(c, '{' | '*') || c.is_whitespace() || c.is_control())
            || text.is_empty()
        {
            return;
        }
        // The second argument is the content, so its text names no file.
        let first = file.is(at - 1, "(") || file.is(at - 1, "&") && file.is(at - 2, "(");
        let database = ["db", "sqlite", "sqlite3", "redb", "mdb"]
            .iter()
            .any(|end| text.ends_with(&format!(".{end}")));
        match (owner, name) {
            (Some("rolling"), "daily" | "hourly" | "never" | "minutely") if first => {
                self.folder(text, evidence());
            }
            (_, "create_dir_all" | "create_dir")
            | (Some("sled"), "open")
            | (Some("DB"), "open_default" | "open")
                // This library's database is a file.
                if !file.names("jammdb") =>
            {
                self.folder(text, evidence());
            }
            (Some("File"), "create" | "create_new") | (Some("fs"), "write") if first => {
                self.folder_of(text, evidence());
            }
            (Some("Connection" | "Database" | "SqliteConnection" | "PathBuf" | "Path"), _)
            | (_, "unwrap_or" | "unwrap_or_else" | "filename")
                if database =>
            {
                self.folder_of(text, evidence());
            }
            _ => {}
        }
    }

    /// Adds the folder that contains a file.
    fn folder_of(&mut self, path: &str, evidence: Evidence) {
        match path.rsplit_once('/') {
            Some(("" | ".", _)) | None => {
                let name = path.rsplit('/').next().unwrap_or_default();
                self.here_files.push(name.to_owned());
                self.folder(".", evidence);
            }
            Some((folder, _)) => self.folder(folder, evidence),
        }
    }

    fn folder(&mut self, folder: &str, evidence: Evidence) {
        if let Some(absolute) = folder.strip_prefix('/') {
            if absolute.starts_with("tmp")
                || absolute.starts_with("dev")
                || absolute.starts_with("proc")
            {
                return;
            }
            if let Some(path) = RelPath::new(absolute).filter(|path| !path.is_root()) {
                self.writable.push(Sourced::new(format!("/{}", path.as_str()), evidence));
            }
            return;
        }
        let Some(path) = RelPath::new(folder) else { return };
        self.here |= path.is_root();
        self.writable.push(Sourced::new(path.to_string(), evidence));
    }
}

/// `text` as a relative path, without `./` and without the components from the first wildcard on;
/// `None` if it cannot be a file of the program.
pub(super) fn clean(text: &str) -> Option<String> {
    if text.is_empty()
        || text.len() > 200
        || text.starts_with(['/', '~'])
        || text.contains(['\n', ' ', '\\', ':', '<'])
    {
        return None;
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        if part.contains(['*', '?', '{', '$']) {
            break;
        }
        parts.push(part);
    }
    // A pattern in the first component leaves no path.
    if parts.is_empty() {
        return None;
    }
    let path = RelPath::new(&parts.join("/")).filter(|path| !path.is_root())?;
    let first = path.components().next().unwrap_or_default();
    (!NEVER.contains(&first)).then(|| path.as_str().to_owned())
}
