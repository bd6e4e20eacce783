//! Files and folders that a program opens at run time and the repository holds. The image carries
//! them beside the binary.

mod viper;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::World;
use super::asked::{is_off, is_uncalled, tested_before, tests, tests_a_file};
use super::literals::{is_development, is_handed_on, is_talk, is_tried_in_turn};
use super::served::{self, Served};
use crate::code::rules::CallRow;
use crate::code::{Base, Call, Does, File, Kind, Value, conditions};
use crate::detect::go::codes;
use crate::detect::{add_front_end, suppliers};
use crate::facts::{Evidence, Finding, FindingCode, FrontEnd, Sourced};
use crate::path::{RelPath, is_at_or_below};
use crate::repo::Entry;

/// Files of the repository that a program's text may mention, but that no program opens as its
/// own.
const NEVER: [&str; 10] = [
    "go.mod",
    "go.sum",
    "go.work",
    "README.md",
    "LICENSE",
    "Dockerfile",
    "Makefile",
    ".gitignore",
    "package.json",
    "docker-compose.yml",
];

/// How many served folders that nothing was found for are kept.
const MAX_SERVED: usize = 64;

/// Maximum length of a path in a settings file, in bytes.
const MAX_NAME: usize = 200;

/// How many missing files are reported. More would only repeat the advice.
const MAX_MISSING: usize = 5;

/// Files that belong to the system or to whoever runs the container.
const SYSTEM: [&str; 10] = [
    "/dev/",
    "/proc/",
    "/sys/",
    "/tmp/",
    "/usr/",
    "/run/",
    "/var/run/",
    "/etc/ssl/",
    "/etc/os-release",
    "/etc/resolv.conf",
];

/// Extensions of the configuration files that viper reads.
const CONFIG: [&str; 8] = ["yaml", "yml", "json", "toml", "ini", "properties", "hcl", "env"];

/// The files that a program opens.
#[derive(Debug, Default)]
pub(super) struct Opened {
    /// Existing files, by the path that the program uses, relative to its working directory.
    found: BTreeMap<String, Sourced<RelPath>>,
    /// Output of other applications' builds.
    pub(super) made: Vec<Sourced<FrontEnd>>,
    pub(super) findings: Vec<Finding>,
    /// Folders that the program serves and that nothing was found for.
    pub(super) served: Vec<Served>,
    /// The call that serves the working directory.
    pub(super) here: Option<Evidence>,
    /// Files that the program writes itself.
    written: BTreeSet<String>,
    /// Files that a finding already names.
    named: BTreeSet<String>,
}

/// Finds the files that the program opens.
pub(super) fn opened(world: &World) -> Opened {
    let writes = world.code.doing(&[Does::WritesFile]);
    let written = writes.filter_map(|(row, call)| {
        world.code.argument(&call, row.at.unwrap_or(0)).and_then(|value| value.text())
    });
    let mut opened = Opened { written: written.collect(), ..Opened::default() };
    for (row, call) in world.code.doing(&[Does::Opens, Does::Serves, Does::Tests]) {
        opened.call(world, &call, row);
    }
    opened.viper(world);
    for (row, file, definition) in world.code.fields_doing(&[Does::Opens]) {
        let value = world.code.value(file, definition.value.clone());
        let note = format!("`{}` of {}", file.word(definition.name), row.note);
        opened.value(world, &value, &file.evidence(definition.name, note), false);
    }
    for file in world.code.files() {
        for at in file.body..file.len() {
            opened.literal(world, file, at);
        }
    }
    opened.dotenv(world);
    // A folder can exist and still get files from a build.
    for (way, folder) in opened.found.clone() {
        if world.module.sources.repo.is_dir(&folder.value) {
            opened.made(world, &way, &folder.evidence);
        }
    }
    opened
}

impl Opened {
    /// The opened paths, without those inside another opened folder.
    pub(super) fn files(&self) -> Vec<(String, Sourced<RelPath>)> {
        let all: BTreeSet<RelPath> =
            self.found.keys().filter_map(|way| RelPath::new(way)).collect();
        let held = |way: &str| {
            let way = RelPath::new(way).unwrap_or_default();
            way.ancestors().any(|above| !above.is_root() && all.contains(&above))
        };
        self.found
            .iter()
            .filter(|(way, _)| !held(way))
            .map(|(way, path)| (way.clone(), path.clone()))
            .collect()
    }

    /// Adds a file or a folder of the module that a framework reads in its working directory;
    /// `None` if there is none.
    pub(super) fn untold(
        &mut self,
        world: &World,
        way: &str,
        evidence: &Evidence,
    ) -> Option<RelPath> {
        let path = world.module.layout.module.join(way)?;
        let found = world.module.sources.repo.exists(&path).then_some(path)?;
        let file = Sourced::new(found.clone(), evidence.clone());
        self.found.entry(way.to_owned()).or_insert(file);
        Some(found)
    }

    fn call(&mut self, world: &World, call: &Call, row: &CallRow) {
        let arguments = call.arguments();
        let ranges = match row.at {
            Some(at) => arguments.get(at).cloned().into_iter().collect(),
            None => arguments,
        };
        for range in ranges {
            let serves = row.does == Does::Serves;
            let verb = if serves { "serves" } else { "opens" };
            let evidence = call.evidence(format!("`{}` {verb} it", call.name()));
            let tried = is_tried(call, &range);
            let value = world.code.value(&call.file, range);
            let all: Vec<Value> = value.alternatives().collect();
            // A program that tries one path after the other goes on if one is missing.
            let in_turn = all.len() > 1 && tried;
            let own = |value: &Value| {
                let path = value.text().and_then(|text| RelPath::new(&way(&text)?));
                // A developer's file is reported where the list names it.
                !in_turn || path.is_none_or(|path| !is_development(&path))
            };
            for value in all.iter().filter(|value| own(value)) {
                self.value(world, value, &evidence, true);
                if row.does == Does::Opens && !in_turn {
                    self.missing(world, call, value, &evidence);
                }
            }
            if serves {
                self.serves(world, &value, evidence);
            }
        }
    }

    /// Adds what fills a folder that the program serves, or keeps the folder as missing.
    fn serves(&mut self, world: &World, value: &Value, evidence: Evidence) {
        let names: Vec<String> = value.alternatives().filter_map(|value| value.text()).collect();
        if names.iter().any(|name| matches!(name.as_str(), "." | "./")) {
            self.here.get_or_insert(evidence);
            return;
        }
        let stated = value.evidence().filter(|at| at.place() != evidence.place()).cloned();
        let evidence: Vec<Evidence> = std::iter::once(evidence).chain(stated).collect();
        let held = |opened: &Self, name: &String| {
            way(name).is_some_and(|way| {
                let made = opened.made.iter().filter_map(|made| made.value.opened.as_deref());
                opened.found.contains_key(&way) || made.into_iter().any(|made| made == way)
            })
        };
        let full = self.served.len() >= MAX_SERVED;
        if full || names.is_empty() || names.iter().any(|name| held(self, name)) {
            return;
        }
        let mut outside = names.iter().filter(|name| {
            name.starts_with('/') && !SYSTEM[..4].iter().any(|root| name.starts_with(root))
        });
        match outside.find_map(|name| served::copied(world, name, &evidence)) {
            Some(made) => add_front_end(&mut self.made, made),
            None => self.served.push(Served { names, evidence }),
        }
    }

    /// Adds the path that a value names. If only the beginning is known, adds its folder.
    fn value(&mut self, world: &World, value: &Value, evidence: &Evidence, strict: bool) {
        let stated = value.evidence().filter(|at| at.place() != evidence.place());
        let all: Vec<Evidence> = std::iter::once(evidence.clone()).chain(stated.cloned()).collect();
        let text = value.text().or_else(|| {
            let prefix = value.prefix();
            match prefix.rsplit_once('/') {
                Some((folder, _)) if !folder.is_empty() => Some(folder.to_owned()),
                // The unknown beginning is a folder that only the running program knows, such as
                // the one that holds its binary.
                _ if prefix.is_empty() => {
                    let suffix = value.suffix()?;
                    let suffix = suffix.trim_start_matches('/');
                    // A sample of the settings often has the same name as those that the program
                    // reads in the folder that a setting names.
                    let beside = matches!(value.below(), Some((Base::Program, _)));
                    let end = suffix.rsplit_once('.').map_or("", |(_, end)| end);
                    let settings = !suffix.contains('/') && CONFIG.contains(&end);
                    (beside || !settings).then(|| suffix.to_owned())
                }
                _ => None,
            }
        });
        let Some(text) = text else { return };
        self.path(world, &text, all, strict);
    }

    fn path(&mut self, world: &World, text: &str, evidence: Vec<Evidence>, strict: bool) {
        let Some(way) = way(text) else { return };
        let Some(path) = world.locate(&way) else {
            if strict && !self.made(world, &way, &evidence) {
                self.example(world, &way, evidence);
            }
            return;
        };
        if path.extension() == "go" || NEVER.contains(&path.file_name()) {
            return;
        }
        if is_secret(&path) {
            self.named.insert(way.clone());
            self.say(Finding::new(
                codes::SECRET_FILE,
                format!(
                    "the program opens {path}, which looks like a secret; dockgen keeps it out of \
                     the image"
                ),
                evidence,
            )
            .with_fix(format!(
                "mount it when the container starts: `-v ./{path}:/app/{way}:ro`, or pass its \
                 content in environment variables"
            )));
            return;
        }
        self.found.entry(way).or_insert(Sourced::with(path, evidence));
    }

    /// Adds the output of another application's build that the program opens as `way`; false if
    /// there is none.
    fn made(&mut self, world: &World, way: &str, evidence: &[Evidence]) -> bool {
        let repo = world.module.sources.repo;
        let found = world.places().into_iter().find_map(|folder| {
            let mut found = suppliers(repo, &world.module.layout.context, &folder.join(way)?);
            found.retain_mut(|made| {
                made.value.opened = made.value.output.strip(folder).map(str::to_owned);
                made.evidence.splice(0..0, evidence.iter().cloned());
                made.value.opened.is_some()
            });
            (!found.is_empty()).then_some(found)
        });
        let made = found.is_some();
        for found in found.into_iter().flatten() {
            add_front_end(&mut self.made, found);
        }
        made
    }

    /// Reports a file that the repository does not hold, if it holds an example of that file.
    fn example(&mut self, world: &World, way: &str, evidence: Vec<Evidence>) {
        let (folder, name) =
            way.rsplit_once('/').map_or(("", way), |(folder, name)| (folder, name));
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let names =
            ["example", "sample", "dist", "template", "default"].into_iter().flat_map(|word| {
                [
                    format!("{name}.{word}"),
                    format!("{stem}.{word}.{extension}"),
                    format!("{word}.{name}"),
                    format!("{stem}-{word}.{extension}"),
                    format!("{stem}_{word}.{extension}"),
                ]
            });
        let Some(example) = names
            .map(|name| format!("{folder}/{name}"))
            .find_map(|w| world.locate(w.trim_start_matches('/')))
        else {
            return;
        };
        self.named.insert(way.to_owned());
        let finding = Finding::config_not_in_git(way, example, evidence);
        self.say(finding);
    }

    /// Reports a file that the repository does not hold and without which the program stops.
    fn missing(&mut self, world: &World, call: &Call, value: &Value, evidence: &Evidence) {
        let said =
            self.findings.iter().filter(|finding| finding.code == FindingCode::FileMissing).count();
        let beside = || match value.below() {
            Some((Base::Program, path)) if value.suffix().is_some() => Some(path),
            _ => None,
        };
        let Some(text) = value.text().or_else(beside).filter(|_| said < MAX_MISSING) else {
            return;
        };
        let name = text.rsplit('/').next().unwrap_or_default();
        let system = SYSTEM.iter().any(|root| text.starts_with(root));
        let path = way(text.trim_start_matches('/'));
        let relative = !text.starts_with('/');
        let Some(path) = path.filter(|_| name.contains('.') && !system && !text.contains("://"))
        else {
            return;
        };
        let there = relative
            && (world.locate(&path).is_some()
                || self.made.iter().any(|made| {
                    made.value.opened.as_ref().is_some_and(|held| is_at_or_below(&path, held))
                }));
        let known = self.named.contains(&path);
        let heads = conditions::heads(&call.file, call.at).into_iter();
        let tested = heads
            .filter(|head| call.file.word(head.start) != "func")
            .flatten()
            .any(|at| {
                // Arguments of the command line choose another task.
                matches!(call.file.word(at), "Stat" | "IsNotExist" | "Args")
                    || call.file.word(at + 1) == "(" && tests(world, call.file.word(at))
            })
            || tested_before(call)
            || is_off(world, call)
            || is_uncalled(world, call)
            // This function is itself an `Open` of a file system: its callers decide what a
            // failure means.
            || call.file.facts().function_at(call.at).is_some_and(|function| {
                call.file.word(function.name) == call.name()
            });
        if there || known || tested || self.written.contains(&text) || !world.code.is_fatal(call) {
            return;
        }
        let target = if relative { format!("/app/{path}") } else { text.clone() };
        self.named.insert(path);
        self.say(Finding::file_missing(
            &text,
            &target,
            value.flag(),
            value.env(),
            std::iter::once(evidence.clone()).chain(value.evidence().cloned()),
        ));
    }

    /// Adds a finding once, at the place where it was seen first.
    fn say(&mut self, finding: Finding) {
        if !self.findings.iter().any(|held| held.what == finding.what) {
            self.findings.push(finding);
        }
    }

    /// Adds the path in a literal, if the repository holds that path.
    fn literal(&mut self, world: &World, file: &Rc<File>, at: usize) {
        let Some(text) = file.string(at).filter(|_| file.kind(at) == Some(Kind::Text)) else {
            return;
        };
        if text.len() < 3
            || text.len() > 200
            || !text.contains(['/', '.'])
            || text.contains(char::is_whitespace)
        {
            return;
        }
        let marked = text.starts_with("./") || text.starts_with("file://");
        let Some(way) = way(&text) else { return };
        let Some(path) = world.locate(&way) else { return };
        let repo = world.module.sources.repo;
        let fits = if repo.is_file(&path) {
            path.extension() != "go" && (marked || text.contains('/') || is_handed_on(file, at))
        } else {
            // A folder with Go files is a package, so the text is an import path.
            let code = repo.files_under(&path).any(|file| file.extension() == "go");
            !code && (marked || text.contains('/')) && repo.files_under(&path).next().is_some()
        };
        if fits && repo.is_file(&path) && is_development(&path) && is_tried_in_turn(file, at, &text)
        {
            let evidence = file.evidence(at, "one of several in a list");
            self.say(Finding::development_file(&path, [evidence]));
            return;
        }
        if fits && (text.starts_with("file://") || !is_talk(file, at)) {
            let evidence = file.evidence(at, "a path of the repository as a literal");
            self.path(world, &text, vec![evidence], false);
        }
    }

    /// Adds the paths that opened settings files name, if the repository holds them.
    pub(super) fn named_in(
        &mut self,
        world: &World,
        settings: impl Iterator<Item = (String, Evidence)>,
    ) {
        for (text, evidence) in settings {
            let plain = text.len() < MAX_NAME && !text.contains(|c: char| c.is_whitespace());
            if !plain || !text.contains('/') || text.contains("://") {
                continue;
            }
            let Some(way) = way(&text) else { continue };
            if world.locate(&way).is_some() {
                self.path(world, &text, vec![evidence], false);
                continue;
            }
            // The beginning of names, to which the program adds their ends: `db/schema_`.
            let Some((folder, start)) = way.rsplit_once('/') else { continue };
            let begins = |path: &RelPath| path.file_name().starts_with(start);
            let repo = world.module.sources.repo;
            let held = world.locate(folder).filter(|folder| {
                start.ends_with(['_', '-', '.'])
                    && repo.children(folder).any(|(path, _)| begins(path))
            });
            if held.is_some() {
                self.path(world, folder, vec![evidence], false);
            }
        }
    }

    /// Reports `godotenv.Load` if its failure stops the program: no image contains a .env file.
    fn dotenv(&mut self, world: &World) {
        for (_, call) in world.code.doing(&[Does::Dotenv]) {
            let tested = tested_before(&call) || call.arguments().is_empty() && tests_a_file(&call);
            if !tested && world.code.is_fatal(&call) {
                self.findings.push(Finding::dotenv_required(
                    ".env",
                    [call.evidence("`godotenv.Load`, and its failure ends the program")],
                ));
            }
        }
    }
}

/// True if a loop goes through the paths that a call is given one after the other.
fn is_tried(call: &Call, argument: &Range<usize>) -> bool {
    let file = &call.file;
    let mut all = file.facts().definitions_of(file, file.word(argument.start)).iter();
    argument.len() == 1
        && all.any(|definition| {
            file.word(definition.value.start) == "range" && definition.scope.contains(&call.at)
        })
}

/// `text` as a path relative to the program's working directory, without `./` and without the
/// components from the first wildcard on.
fn way(text: &str) -> Option<String> {
    let text = text.strip_prefix("file://").unwrap_or(text);
    if text.starts_with('/')
        || text.contains("://")
        || text.contains(char::is_control)
        || text.is_empty()
    {
        return None;
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            _ if part.contains(['*', '?', '[', '{']) => break,
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    (!parts.is_empty() && parts != [".."]).then(|| parts.join("/"))
}

/// True for keys, certificates and environment files, which the .dockerignore hides.
fn is_secret(path: &RelPath) -> bool {
    let name = path.file_name();
    name == ".env"
        || name.starts_with(".env.")
        || ["pem", "key", "p12", "pfx", "jks"].contains(&path.extension())
}

impl World<'_, '_> {
    /// The folders to which a relative path may refer, likeliest first, without duplicates: in a
    /// small repository they are all the same.
    fn places(&self) -> Vec<&RelPath> {
        let layout = self.module.layout;
        let mut places: Vec<&RelPath> = Vec::new();
        for place in [&layout.module, self.module.dir, self.folder, &layout.context] {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// The file or folder that the program calls `way`: relative to the folder of the module, of
    /// the application or of the program, or to the root of the context.
    pub(super) fn locate(&self, way: &str) -> Option<RelPath> {
        let layout = self.module.layout;
        let repo = self.module.sources.repo;
        self.places().into_iter().find_map(|folder| {
            let path = folder.join(way)?;
            let inside =
                path.is_within(&layout.context) && path != layout.context && path != layout.module;
            let plain = !path
                .components()
                .any(|part| part == "vendor" || part == "node_modules" || part == ".git");
            let there = match repo.entry(&path) {
                Some(Entry::Dir) => repo.files_under(&path).next().is_some(),
                Some(Entry::File) => true,
                _ => false,
            };
            (inside && plain && there).then_some(path)
        })
    }
}
