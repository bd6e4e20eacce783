//! What the repository itself says about building and running it: Makefiles, CI, units, compose
//! files, documentation. Each reader returns facts of no language, with their places; languages
//! look up the commands of their own tools.
//!
//! A recipe is read once for the folder that it is written for, its *home*. A workflow in
//! `.github/workflows` or a unit in `deploy/` is written for the folder above.

pub(crate) mod apply;
mod ci;
mod compose;
pub(crate) mod dockerfile;
mod docs;
mod find;
mod goreleaser;
mod kubernetes;
mod make;
mod platform;
mod pm2;
mod services;
mod start;
mod supervisor;
mod systemd;
mod task;

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;
use crate::shell::{self, Command};

/// A build command in a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The working directory.
    pub dir: RelPath,
    /// Its environment, set on the line or around it.
    pub env: Vec<(String, String)>,
    /// Its words, with known variables expanded.
    pub words: Vec<String>,
    /// It is part of a release.
    pub release: bool,
    /// The target, task or job that contains it.
    pub part: String,
    /// Its place in the recipe.
    pub evidence: Evidence,
}

impl Step {
    /// True if it builds the program itself, and not a variant for another purpose: `make build`,
    /// not `make build-profiling`.
    pub(crate) fn is_plain(&self) -> bool {
        let plain = [
            "build", "all", "default", "install", "compile", "bin", "binary", "binaries", "linux",
            "musl", "static", "x86", "64", "amd64", "arm64", "aarch64", "ci", "server", "main",
            "sh", "backend", "app", "run",
        ];
        let mut words = self.part.split(|c: char| !c.is_ascii_alphanumeric());
        self.release || words.all(|word| word.is_empty() || plain.contains(&word))
    }
}

/// The version of a tool that a recipe installs, or runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// The tool's name in the recipe.
    pub name: String,
    /// The version, as written.
    pub version: String,
    /// It is part of a release.
    pub release: bool,
    /// It is one of several versions, as in a matrix.
    pub one_of_several: bool,
    /// Its place in the recipe.
    pub evidence: Evidence,
}

/// A variable with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The name.
    pub key: String,
    /// The value, as written.
    pub value: String,
    /// Its place in the recipe.
    pub evidence: Evidence,
}

/// A port inside the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// The number.
    pub number: u16,
    /// True for UDP, false for TCP.
    pub udp: bool,
    /// Its place in the recipe.
    pub evidence: Evidence,
}

/// A folder that the program writes, in the container or on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    /// The absolute path.
    pub path: String,
    /// The folder of the repository that is mounted there, if one is.
    pub source: Option<RelPath>,
    /// The mount as documentation writes it, if it is plain: `/srv/box.toml:/etc/box.toml`.
    pub given: Option<String>,
    /// Its place in the recipe.
    pub evidence: Evidence,
}

/// A command or container that a recipe starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The kind of recipe.
    pub by: Recipe,
    /// The name of the process, service or unit.
    pub name: String,
    /// The folder of the sources that it runs, if the recipe names one.
    pub dir: Option<RelPath>,
    /// The image, if the recipe names one.
    pub image: Option<String>,
    /// The recipe builds the image from the repository.
    pub built_here: bool,
    /// The command; empty if the image decides.
    pub words: Vec<String>,
    /// The commands that the line runs before it.
    pub before: Vec<String>,
    /// Why the command needs a shell, if it does.
    pub shell: Option<&'static str>,
    /// Environment.
    pub env: Vec<Variable>,
    /// Ports.
    pub ports: Vec<Port>,
    /// Folders.
    pub folders: Vec<Folder>,
    /// Files and folders that are mounted for reading.
    pub inputs: Vec<Folder>,
    /// Options of `docker run` that give the container more than it has by itself:
    /// `--cap-add NET_RAW`.
    pub options: Vec<(String, Evidence)>,
    /// Its place in the recipe.
    pub evidence: Evidence,
}

impl Run {
    fn new(by: Recipe, name: impl Into<String>, evidence: Evidence) -> Self {
        Self {
            by,
            name: name.into(),
            dir: None,
            image: None,
            built_here: false,
            words: Vec::new(),
            before: Vec::new(),
            shell: None,
            env: Vec::new(),
            ports: Vec::new(),
            folders: Vec::new(),
            inputs: Vec::new(),
            options: Vec::new(),
            evidence,
        }
    }

    /// True if it starts an image of the program, and not the program itself.
    fn starts_image(&self) -> bool {
        match self.by {
            Recipe::Docs => self.image.is_some(),
            by => by == Recipe::Compose,
        }
    }

    /// Forgets what a developer's container has beside the program, whose sources are mounted: other
    /// mounts, such as caches, unless a variable names them, and the command, which runs or watches
    /// the sources.
    fn develop(&mut self) {
        let env = std::mem::take(&mut self.env);
        self.folders.retain(|folder| env.iter().any(|held| held.value == folder.path));
        self.env = env;
        self.inputs.clear();
        if !self.words.first().is_some_and(|word| word.starts_with('-')) {
            self.words.clear();
        }
    }

    /// Takes the last command of a shell line, and the environment set before it.
    fn set_line(&mut self, line: &str, file: &RelPath, number: u32) {
        let chain = shell::parse(line);
        self.shell = chain.shell.or((chain.commands.len() > 1).then_some("several commands"));
        let mut commands = chain.commands.into_iter();
        let Some(command) = commands.next_back() else { return };
        let before = commands.filter(|one| {
            one.argv.first().is_some_and(|first| !shell::is_quiet(first) && first != "export")
        });
        self.before = before.map(|one| one.argv.join(" ")).collect();
        for (key, value) in command.env {
            let evidence = Evidence::at(file, number, format!("sets {key}"));
            self.env.push(Variable { key, value, evidence });
        }
        self.words = command.argv;
        if self.words.first().is_some_and(|word| word == "exec") {
            self.words.remove(0);
        }
    }
}

/// The kinds of recipes that start something, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Recipe {
    /// A Procfile.
    Procfile,
    /// A file of a hosting platform.
    Platform,
    /// A unit of systemd.
    Unit,
    /// A file of the process manager pm2.
    ProcessManager,
    /// A compose file.
    Compose,
    /// Manifests of Kubernetes.
    Kubernetes,
    /// A systemd socket, which is only one of several ways to pass listeners to a program.
    Socket,
    /// Documentation.
    Docs,
}

/// How the software of a folder is built.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// Commands.
    pub steps: Vec<Step>,
    /// Tools.
    pub tools: Vec<Tool>,
    /// Variables that apply to every command of a file.
    pub variables: Vec<Variable>,
}

/// What documentation and `.envrc` tell a developer to run.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Commands.
    pub steps: Vec<Step>,
}

/// How the software of a folder is run.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// The commands and containers that are started.
    pub runs: Vec<Run>,
    /// Names of images that the recipes build.
    pub images: Vec<String>,
    /// Programs that documentation says are required, by key of packages.toml.
    pub needed: Vec<(String, Evidence)>,
    /// Variables with the values that documentation says they have in the repository's own image.
    pub stated: Vec<Variable>,
    /// Variables that documentation tells to set in every container.
    pub for_containers: Vec<Variable>,
    /// Ports of the pages that documentation opens, with their places.
    pub pages: Vec<(u16, Evidence)>,
    /// Templates of Helm charts, and the values that fill them.
    charts: kubernetes::Charts,
}

/// How the software in `dir` is built, by the recipes of that folder, then of the folders above it.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn built(repo: &Repo, dir: &RelPath) -> Result<Vec<Rc<Built>>> {
    homes(dir).map(|home| repo.once(&home, || find::built(repo, &home))).collect()
}

/// How the software in `dir` is run, by the recipes of that folder, then of the folders above it.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn running(repo: &Repo, dir: &RelPath) -> Result<Vec<Rc<Running>>> {
    homes(dir).map(|home| repo.once(&home, || find::running(repo, &home))).collect()
}

fn homes(dir: &RelPath) -> impl Iterator<Item = RelPath> {
    std::iter::once(dir.clone()).chain(dir.ancestors())
}

/// The commands that start one of `programs`: nearest recipe first, and those of a release before
/// others.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn steps_of(repo: &Repo, dir: &RelPath, programs: &[&str]) -> Result<Vec<Step>> {
    let mut found = Vec::new();
    for built in built(repo, dir)? {
        let mine = built.steps.iter().filter(|step| {
            step.words
                .first()
                .is_some_and(|word| programs.contains(&word.rsplit('/').next().unwrap_or_default()))
        });
        found.extend(mine.cloned());
    }
    found.sort_by_key(|step| !step.release);
    Ok(found)
}

/// The commands of one of `programs`, and those with a variable set, that documentation and
/// `.envrc` tell a developer of the software in `dir`.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn told(repo: &Repo, dir: &RelPath) -> Result<Vec<Step>> {
    let mut all = Vec::new();
    for home in homes(dir) {
        let told: Rc<Told> = repo.once(&home, || find::told(repo, &home))?;
        all.extend(told.steps.iter().cloned());
    }
    Ok(all)
}

/// The versions of a tool with one of these `names`: those of a release first, then single
/// versions, then those of a matrix.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn tool_versions(repo: &Repo, dir: &RelPath, names: &[&str]) -> Result<Vec<Tool>> {
    let mut found: Vec<Tool> = Vec::new();
    for built in built(repo, dir)? {
        let mine = built.tools.iter().filter(|tool| names.contains(&tool.name.as_str()));
        found.extend(mine.cloned());
    }
    found.sort_by_key(|tool| (!tool.release, tool.one_of_several));
    Ok(found)
}

/// The value of a variable that a recipe sets for a build.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn build_variable(repo: &Repo, dir: &RelPath, key: &str) -> Result<Option<Variable>> {
    for built in built(repo, dir)? {
        if let Some(found) = built.variables.iter().find(|variable| variable.key == key) {
            return Ok(Some(found.clone()));
        }
        let of_step = |step: &Step| {
            let (key, value) = step.env.iter().find(|(held, _)| held == key)?;
            let evidence = step.evidence.clone();
            Some(Variable { key: key.clone(), value: value.clone(), evidence })
        };
        if let Some(found) = built.steps.iter().find_map(of_step) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Commands that start the software in `dir`, strongest recipe first, without the words that belong
/// to one deployment.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn starts(repo: &Repo, dir: &RelPath) -> Result<Vec<Run>> {
    let mut found = Vec::new();
    let running = running(repo, dir)?;
    let names: BTreeSet<&str> = running
        .iter()
        .flat_map(|running| &running.runs)
        .filter(|run| matches!(run.by, Recipe::Compose | Recipe::Kubernetes))
        .map(|run| run.name.as_str())
        .collect();
    for running in &running {
        let mine = running.runs.iter().filter(|run| !run.words.is_empty());
        let mine = mine.filter(|run| run.dir.as_ref().is_none_or(|held| held == dir));
        found.extend(mine.map(|run| {
            let words = start::deployed::split(run, run.words.clone(), &names).0;
            Run { words, ..run.clone() }
        }));
    }
    found.sort_by_key(|run| run.by);
    Ok(found)
}

/// Files that tell a reader first how the software is started.
pub(crate) const READMES: [&str; 6] =
    ["README.md", "README.rst", "README.adoc", "README.txt", "README", "readme.md"];

/// The commands that the documentation of the software in `dir` shows outside of blocks.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn shown(repo: &Repo, dir: &RelPath) -> Result<Vec<Run>> {
    let mut found = Running::default();
    for path in READMES.iter().filter_map(|name| dir.join(name)) {
        if let Some(text) = repo.source_text(&path)?.filter(|_| repo.is_file(&path)) {
            docs::shown(&path, &text, &mut found);
        }
    }
    Ok(found.runs)
}

/// The context of a script's commands.
struct Scope<'a> {
    file: &'a RelPath,
    dir: RelPath,
    env: Vec<(String, String)>,
    release: bool,
    /// The kind and the name of the part of the recipe that contains the commands.
    part: (&'static str, String),
}

impl Scope<'_> {
    /// Adds the variables that are set so far, as a command without words.
    fn variables(&mut self, number: u32, into: &mut Vec<Step>) {
        let evidence = Evidence::at(self.file, number, "sets it");
        let (env, part) = (std::mem::take(&mut self.env), self.part.1.clone());
        let (dir, words, release) = (self.dir.clone(), Vec::new(), self.release);
        into.extend((!env.is_empty()).then_some(Step { dir, env, words, release, part, evidence }));
    }

    /// Adds the commands of one line of a script. A `cd` applies to the lines after it.
    fn line(&mut self, line: &str, number: u32, into: &mut Vec<Step>) {
        let here = self.dir.clone();
        for command in shell::parse(line).commands {
            self.command(command, number, into);
        }
        self.dir = here;
    }

    /// Adds the commands of a script that runs in a single shell.
    fn script(&mut self, text: &str, first: u32, into: &mut Vec<Step>) {
        let here = self.dir.clone();
        for (number, line) in shell::lines(text) {
            for command in shell::parse(&line).commands {
                self.command(command, first.saturating_add(number), into);
            }
        }
        self.dir = here;
    }

    fn command(&mut self, mut command: Command, number: u32, into: &mut Vec<Step>) {
        if command.argv.is_empty() || command.argv.first().is_some_and(|word| word == "export") {
            let words = command.argv.iter().skip(1);
            let set = words.filter_map(|word| shell::assignment(word)).chain(command.env);
            // `TAGS=${TAGS:-sqlite}`
            self.env.extend(set.map(|(key, value)| (key, write_out(&value, &[]))));
            return;
        }
        // Skip words that only set the environment or run the rest.
        while command.argv.len() > 1
            && ["env", "sudo", "time", "exec", "nice"].contains(&command.argv[0].as_str())
        {
            command.argv.remove(0);
            let sets = command.argv.iter().map_while(|word| shell::assignment(word));
            let sets: Vec<(String, String)> = sets.collect();
            command.argv.drain(..sets.len());
            command.env.extend(sets);
        }
        if let [cd, folder] = command.argv.as_slice()
            && cd == "cd"
        {
            self.dir = self.dir.join(folder).unwrap_or_default();
            return;
        }
        let mut env = self.env.clone();
        env.append(&mut command.env);
        let words = command.argv.iter().map(|word| write_out(word, &env)).collect();
        let (kind, name) = &self.part;
        let note = match (*kind, name.as_str()) {
            (kind, "") => format!("the {kind} runs it"),
            ("script", name) => format!("{name} runs it"),
            (kind, name) => format!("the {kind} {name} runs it"),
        };
        into.push(Step {
            dir: self.dir.clone(),
            env,
            words,
            release: self.release,
            part: name.clone(),
            evidence: Evidence::at(self.file, number, note),
        });
    }
}

/// A word with variables of the environment expanded, except those with unknown values.
fn write_out(word: &str, env: &[(String, String)]) -> String {
    shell::expand(word, false, &|name| {
        let known = env.iter().rev().find(|(key, _)| key == name);
        known.map(|(_, value)| value.clone()).filter(|value| !value.contains(['$', '`']))
    })
}

/// The port number in a text, if it is one.
fn port_number(text: &str) -> Option<u16> {
    let number = text.trim().trim_matches(['"', '\'']).parse().ok()?;
    (number > 0).then_some(number)
}

/// A command shortened for a note.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(MAX_NOTE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Maximum length of a command in a note, in characters.
const MAX_NOTE: usize = 120;

/// True for a word that means a release.
fn is_release(name: &str) -> bool {
    let words = ["release", "publish", "deploy", "docker", "production", "prod", "dist", "package"];
    name.to_ascii_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests;
