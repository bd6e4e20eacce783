//! Folders that a program writes, found by the calls that create files, open databases and store
//! uploads.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Call;
use super::program::Program;
use super::rules::Does;
use super::value::{Base, Value};
use crate::facts::{EnvVar, Evidence, Finding, Sourced};
use crate::path::RelPath;

/// Top-level folders that belong to the system.
const SYSTEM: [&str; 10] =
    ["/dev", "/proc", "/sys", "/etc", "/usr", "/bin", "/run", "/var/run", "/lib", "/root"];

/// Where folders of programs stand among those of the system.
const RUN: [&str; 2] = ["/run/", "/var/run/"];

/// The home of the user that the image runs as.
pub(crate) const HOME: &str = "/home/nonroot";

/// Names in place of a path that mean a stream or nothing.
const STREAMS: [&str; 8] = ["-", "stderr", "stdout", "stdin", "none", "off", "syslog", "console"];

/// How many places a finding names.
const MAX_PLACES: usize = 3;

/// What counts as writing.
const WRITES: [Does; 3] = [Does::MakesFolder, Does::WritesFile, Does::OpensDatabase];

/// What a program writes.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The folders, without those inside another one.
    pub folders: Vec<Sourced<String>>,
    /// A call that creates temporary files.
    pub temporary: Option<Evidence>,
    /// Environment that moves the written files into a separate folder.
    pub env: Vec<Sourced<EnvVar>>,
    /// Arguments with the same purpose.
    pub args: Vec<Sourced<String>>,
    /// Findings on what it writes.
    pub findings: Vec<Finding>,
    /// Calls that write to a folder that no code names, with the variable that names it.
    pub unfollowed: Vec<Unfollowed>,
    /// Calls that write to a folder that only a field of the same name, perhaps of another type,
    /// would name.
    pub likely: Vec<Unfollowed>,
    /// It writes directly into its working directory.
    pub here: Option<Evidence>,
    /// The place that states the path, if it is not the call.
    pub here_stated: Option<Evidence>,
    /// The working directory in the image, if it is known.
    home: Option<String>,
    /// The name of the file that it writes there.
    here_file: Option<String>,
    /// The same, where the file of the call says all of the path: no field of that name elsewhere.
    pub here_plainly: Option<Evidence>,
}

/// Finds the folders that the program writes. `more`: further values that it writes to, each with
/// what it does there.
pub(crate) fn written_with(code: &Program, more: Vec<(Value, Does, Evidence)>) -> Written {
    written_where(code, more, |_| true)
}

/// As [`written_with`], without the calls that do not run.
pub(crate) fn written_where(
    code: &Program,
    more: Vec<(Value, Does, Evidence)>,
    runs: impl Fn(&Call) -> bool,
) -> Written {
    let temporary = code.doing(&[Does::Temporary]).next();
    let temporary = temporary
        .map(|(_, call)| call.evidence(format!("`{}` writes temporary files", call.name())));
    let home = code.home.clone();
    let mut written = Written { temporary, home, ..Written::default() };
    let mut folders: BTreeMap<String, Sourced<String>> = BTreeMap::new();
    let runs = |call: &Call| !is_of_another_system(&call.file.path) && runs(call);
    for (row, call) in code.doing(&WRITES).filter(|(_, call)| runs(call)) {
        let Some(value) = code.subject(row, &call) else { continue };
        let value = if row.patterned { value.without_pattern() } else { value };
        if row.stated && (value.is_like() || !value.alternatives().any(|one| is_followed(&one))) {
            continue;
        }
        let evidence = call.evidence(format!("`{}` writes there", call.name()));
        // An empty default of a folder often means that there is none, that of a file's folder does
        // not.
        let open =
            value.parts.first().is_some_and(|part| part.text.is_none() && part.flag.is_some());
        let count = if open && row.does == Does::MakesFolder { 1 } else { usize::MAX };
        for value in value.alternatives().take(count).filter(|value| !value.is_like()) {
            written.take(&mut folders, &value, row.does, &evidence);
        }
        if value.is_like() && is_followed(&value) {
            let field = value.parts.iter().find(|part| part.like).map(|part| &part.evidence);
            let note = format!("`{}` writes to a field whose type is not known", call.name());
            let places = std::iter::once(call.evidence(note)).chain(field.cloned());
            written.likely.extend(places.map(|at| Unfollowed::new(&value, at)));
            continue;
        }
        if !value.alternatives().any(|value| is_followed(&value)) && value.flag().is_none() {
            let note = format!("`{}` writes to a folder that no code names", call.name());
            written.unfollowed.push(Unfollowed::new(&value, call.evidence(note)));
        }
    }
    for (row, file, definition) in code.fields_doing(&WRITES) {
        let evidence = file.evidence(definition.name, row.note.clone());
        for value in code.values(file, definition.value.clone()) {
            for value in value.alternatives() {
                written.take(&mut folders, &value, row.does, &evidence);
            }
        }
    }
    for (value, does, evidence) in more {
        if !value.alternatives().any(|value| is_followed(&value)) && value.flag().is_none() {
            written.unfollowed.push(Unfollowed::new(&value, evidence));
            continue;
        }
        for value in value.alternatives().filter(|value| !value.is_like()) {
            written.take(&mut folders, &value, does, &evidence);
        }
    }
    // What is a folder elsewhere is no file here: only its last part is not known.
    if written.here_file.as_ref().is_some_and(|name| folders.contains_key(name)) {
        (written.here, written.here_plainly, written.here_stated) = (None, None, None);
    }
    written.folders = topmost(folders);
    written
}

/// Names of modules for a system that no container has.
const SYSTEMS: [&str; 5] = ["darwin", "macos", "osx", "win32", "windows"];

fn is_of_another_system(path: &RelPath) -> bool {
    SYSTEMS.contains(&path.file_name().split('.').next().unwrap_or_default())
}

/// Words for no folder at all: `log_dir=False`.
const NOWHERE: [&str; 3] = ["False", "None", "True"];

/// True if the value says at least the folder.
pub(crate) fn is_followed(value: &Value) -> bool {
    value.text().is_some() || value.below().is_some() || value.prefix().contains('/')
}

impl Written {
    /// Forgets that these variables name a folder.
    pub(crate) fn forget(&mut self, names: &BTreeSet<String>) {
        for one in self.unfollowed.iter_mut().chain(&mut self.likely) {
            one.variable.take_if(|name| names.contains(name));
        }
    }

    /// What to say where every write goes to a place that no code states.
    pub(crate) fn folder_unknown(&self) -> Option<Finding> {
        let found = !self.folders.is_empty() || self.here.is_some();
        let unfollowed = self.unfollowed.iter().filter(|_| !found);
        unknown_folder(unfollowed.chain(&self.likely).cloned())
    }

    fn take(
        &mut self,
        folders: &mut BTreeMap<String, Sourced<String>>,
        value: &Value,
        target: Does,
        evidence: &Evidence,
    ) {
        let mut all = vec![evidence.clone()];
        all.extend(value.evidence().filter(|at| at.place() != evidence.place()).cloned());
        // The program lies in a folder of root's, whatever the working directory is.
        let beside = value.below().is_some_and(|(base, _)| base == Base::Program)
            && value.env().is_none()
            && value.flag().is_none();
        let (text, target) = match (value.text(), value.below()) {
            (Some(text), _) => (text, target),
            (None, Some((base, path))) => {
                let whole = value.is_known();
                (self.based(base, &path, evidence), if whole { target } else { Does::MakesFolder })
            }
            // A name that is known only at run time, in a known folder.
            (None, None) => match value.prefix().rsplit_once('/') {
                Some((folder, _)) => (format!("{folder}/x"), Does::WritesFile),
                None => return,
            },
        };
        if text.split('/').next().is_some_and(|first| NOWHERE.contains(&first)) {
            self.unfollowed.push(Unfollowed::new(&Value::default(), evidence.clone()));
            return;
        }
        let text = match ["~/", "$HOME/", "${HOME}/"].iter().find_map(|h| text.strip_prefix(h)) {
            Some(path) => self.based(Base::Home, path, evidence),
            None => text,
        };
        let Some(mut path) = path(&text, target) else { return };
        if path == ".." || path.starts_with("../") {
            // A folder above the working directory. The root of the image is nobody's to write.
            let above = self.home.as_deref().and_then(|home| above(home, &path));
            let inner =
                |path: &String| target == Does::MakesFolder || path.matches('/').count() > 1;
            let Some(above) = above.filter(inner) else {
                self.unfollowed.push(Unfollowed::new(&Value::default(), evidence.clone()));
                return;
            };
            path = above;
        }
        let folder = match target {
            Does::MakesFolder => path.as_str(),
            _ => path.rsplit_once('/').map_or(".", |(folder, _)| folder),
        };
        if folder == "/tmp" || folder.starts_with("/tmp/") {
            self.temporary.get_or_insert(evidence.clone());
            return;
        }
        let system =
            SYSTEM.iter().any(|root| folder == *root || folder.starts_with(&format!("{root}/")));
        // The image makes the folder of a socket: `/run/app`.
        let own = RUN.iter().any(|run| folder.len() > run.len() && folder.starts_with(run));
        let system = system && !own;
        if folder.is_empty() || folder == "/" || system {
            return;
        }
        if folder == "." && target != Does::MakesFolder && beside {
            self.findings.push(Finding::writes_beside_program(None, all));
            return;
        }
        if folder == "." {
            // Creating the working directory writes nothing.
            if target != Does::MakesFolder {
                self.in_working_directory(folders, value, &path, target, all);
            }
            return;
        }
        let folder = folder.trim_start_matches("./").to_owned();
        folders.entry(folder.clone()).or_insert(Sourced::with(folder, all));
    }

    /// The path in the image of `path` below a folder that is known at run time.
    fn based(&mut self, base: Base, path: &str, evidence: &Evidence) -> String {
        match base {
            Base::Home => {
                if !self.env.iter().any(|var| var.value.key == "HOME") {
                    let var = EnvVar { key: "HOME".to_owned(), value: HOME.to_owned() };
                    let note = "the user's home is written: a base without a passwd file has none";
                    let evidence = Evidence { note: note.to_owned(), ..evidence.clone() };
                    self.env.push(Sourced::new(var, evidence));
                }
                format!("{HOME}/{path}")
            }
            // The program is in the working directory.
            Base::Program => format!("./{path}"),
        }
    }

    /// A file beside the binary: moves it into a separate folder, if a variable or a flag can.
    fn in_working_directory(
        &mut self,
        folders: &mut BTreeMap<String, Sourced<String>>,
        value: &Value,
        name: &str,
        target: Does,
        evidence: Vec<Evidence>,
    ) {
        let moved = format!("/app/data/{name}");
        let moved = match (target, value.text()) {
            (Does::OpensDatabase, Some(text)) => {
                let here = format!("./{name}");
                let shown = if text.contains(&here) { &here } else { name };
                text.replacen(shown, &moved, 1)
            }
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
            if value.parts.iter().all(|part| part.evidence.file == first.file) {
                self.here_plainly.get_or_insert_with(|| first.clone());
            }
            if self.here.is_none() {
                let stated = value.evidence().filter(|at| at.place() != first.place());
                self.here_stated = stated.cloned();
                self.here_file = Some(name.to_owned());
            }
            self.here.get_or_insert(first);
            return;
        }
        folders.entry("data".to_owned()).or_insert(Sourced::with("data".to_owned(), evidence));
    }

    /// The program writes beside the files that it opens, which a volume would hide.
    pub(crate) fn warn_mixed(&mut self, at: &Evidence) {
        let places = std::iter::once(at.clone()).chain(self.here_stated.clone());
        self.findings.push(Finding::writes_beside_program(None, places));
    }
}

/// The path in the image of one that leads up from a folder; `None` for the root.
fn above(home: &str, path: &str) -> Option<String> {
    let home = RelPath::new(home.trim_start_matches('/'))?;
    let above = home.join_rooted(path).filter(|above| !above.is_root())?;
    Some(format!("/{above}"))
}

/// A write to a place that no code states.
#[derive(Clone, Debug)]
pub(crate) struct Unfollowed {
    /// The variable that names the place.
    variable: Option<String>,
    /// The last part of the path, if the code states that.
    ending: Option<String>,
    /// The call that writes.
    pub evidence: Evidence,
}

impl Unfollowed {
    /// A write to a value.
    pub(crate) fn new(value: &Value, evidence: Evidence) -> Self {
        let known = value.parts.iter().rev().map_while(|part| part.text.as_deref());
        let mut texts: Vec<&str> = known.collect();
        texts.reverse();
        let variable = value.env().map(str::to_owned);
        Self { variable, ..Self::ending_in(Some(&texts.concat()), evidence) }
    }

    /// A write to a path of which the last part is known.
    pub(crate) fn ending_in(ending: Option<&str>, evidence: Evidence) -> Self {
        let plain = |text: &&str| {
            let named = text.contains(|c: char| c.is_ascii_alphabetic());
            named && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
        };
        let ending = ending.map(|text| text.trim_matches('/')).filter(plain);
        Self { variable: None, ending: ending.map(str::to_owned), evidence }
    }
}

/// The finding for writes to places that no code states; `None` if there are none.
pub(crate) fn unknown_folder(writes: impl IntoIterator<Item = Unfollowed>) -> Option<Finding> {
    let writes: Vec<Unfollowed> = writes.into_iter().collect();
    let variable = writes.iter().find_map(|one| one.variable.as_deref());
    let ending = writes.iter().find_map(|one| one.ending.as_deref());
    let mut places: Vec<Evidence> = writes.iter().map(|one| one.evidence.clone()).collect();
    places.dedup_by_key(|at| at.place());
    places.truncate(MAX_PLACES);
    (!places.is_empty()).then(|| Finding::folder_unknown(variable, ending, places))
}

/// The path in a database's name, or a path itself; `None` if it is not a file.
fn path(text: &str, target: Does) -> Option<String> {
    let mut text = text;
    if target == Does::OpensDatabase {
        text = text.strip_prefix("file:").unwrap_or(text);
        if let Some((scheme, file)) = text.split_once(":///")
            && scheme.starts_with("sqlite")
        {
            text = file;
        } else {
            text = text.strip_prefix("sqlite://").unwrap_or(text);
        }
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
    if target == Does::WritesFile && STREAMS.contains(&text.to_ascii_lowercase().as_str()) {
        return None;
    }
    // A join of `data/` and `/var`, and one of `shop/` and `../data`.
    let text = without_steps_up(&text.replace("//", "/"));
    // A number, an address, a URL, a route, a pattern, a message.
    let odd = matches!(&*text, "" | "true" | "false")
        || text.trim_start_matches("../").contains("..") && text != ".."
        || text.chars().all(|c| c.is_ascii_digit() || c == '.' && text != ".")
        || text.contains(|c: char| c.is_control() || c.is_whitespace())
        || text.contains([':', '*', '%', '{', '}', '<', '>', '|', '"', '\'', '`', '$', '~']);
    (!odd).then_some(text)
}

/// A path in which `shop/../data` is `data`; only its beginning may lead up.
fn without_steps_up(path: &str) -> String {
    if !path.split('/').any(|part| part == "..") {
        return path.to_owned();
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => {
                parts.pop();
            }
            // Nothing lies above the root.
            None if part == ".." && rooted => {}
            _ => parts.push(part),
        }
    }
    let whole = parts.join("/");
    match (rooted, whole.is_empty()) {
        (true, _) => format!("/{whole}"),
        (false, true) => ".".to_owned(),
        (false, false) => whole,
    }
}

/// The folders that are not inside another one.
fn topmost(folders: BTreeMap<String, Sourced<String>>) -> Vec<Sourced<String>> {
    let names: BTreeSet<String> = folders.keys().cloned().collect();
    let inside = |name: &str| name.match_indices('/').any(|(end, _)| names.contains(&name[..end]));
    folders.into_iter().filter(|(name, _)| !inside(name)).map(|(_, folder)| folder).collect()
}
