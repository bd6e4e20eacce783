//! An existing Dockerfile: what its image has and the planned one lacks.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use serde::Deserialize;

use crate::ask::{id, join_list};
use crate::catalog::parsed;
use crate::docker::quote::shell_words;
use crate::evidence::Strength;
use crate::facts::{Evidence, Facts, Finding, FindingCode, Program};
use crate::plan::words::Line;
use crate::plan::{Artifact, Runtime};
use crate::recipes::dockerfile::{self, Copied, Image, Said};
use crate::repo::Repo;
use crate::shell;

/// Differences beyond this many are only counted.
const SHOWN: usize = 8;

/// What such Dockerfiles commonly contain and a planned image does not need.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual {
    #[serde(rename = "as_of")]
    _as_of: String,
    packages: Vec<String>,
    /// Prefixes of variable names.
    variables: Vec<String>,
    /// Names of files and folders, without their paths.
    files: Vec<String>,
    /// Endings of such names.
    endings: Vec<String>,
    /// Where files belong to the system.
    system: Vec<String>,
    /// Flags of build tools that decide what is compiled.
    flags: Vec<ToolFlags>,
}

/// The flags of a build tool.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolFlags {
    tools: Vec<String>,
    names: Vec<String>,
    /// The value follows without a space: `-Pprod`.
    #[serde(default)]
    joined: bool,
}

/// The planned image.
pub(super) struct Planned<'p> {
    program: &'p Program,
    runtime: &'p Runtime,
    artifacts: &'p [Artifact],
    /// What the language knows about the build.
    details: &'p serde_json::Value,
}

impl<'p> Planned<'p> {
    pub(super) fn new(
        program: &'p Program,
        runtime: &'p Runtime,
        artifacts: &'p [Artifact],
        details: &'p serde_json::Value,
    ) -> Self {
        Self { program, runtime, artifacts, details }
    }
}

/// Reports what the Dockerfile of the application has and the planned image lacks: its author has
/// seen the program run. It is reported and not copied, since `init` may replace the file.
pub(super) fn differences(
    repo: &Repo,
    facts: &Facts,
    planned: &Planned,
) -> Result<Option<Finding>> {
    let mut written = dockerfile::written(repo, &facts.dir)?;
    if written.0.is_none() {
        written = dockerfile::beside(repo, &facts.dir, planned.program)?;
    }
    let Some((path, image)) = &written.0 else { return uncompared(repo) };
    let usual: Usual = parsed("dockerfile.toml")?;
    // A port that the code states needs no variable; a guessed one may come from nowhere else.
    let stated = planned.program.port.as_ref().filter(|port| port.strength != Strength::Guessed);
    let port = stated.map(|port| port.value.to_string());
    let mut lacks = Lacks::of(image, planned.runtime, port.as_deref(), &usual);
    // A framework's own template, which nobody adapts to the settings.
    if port.is_some() && path.parent().is_some_and(|at| at.as_str().ends_with("src/main/docker")) {
        lacks.ports.clear();
    }
    let (mut grave, slight) = lacks.evidence();
    let known = Known::of(image, planned, &usual);
    let copied = image.copies.iter().filter(|copied| !known.holds(copied));
    grave.extend(copied.map(|copied| copied.evidence.clone()));
    // Another start may be another program: it is never among those that are only counted.
    grave.splice(0..0, started(image, planned));
    grave.extend(compiled(image, planned, &usual));
    let code = if grave.is_empty() {
        FindingCode::DockerfileSetsMore
    } else {
        FindingCode::DockerfileDiffers
    };
    let mut all: Vec<Evidence> = grave.into_iter().chain(slight).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let mut said: Vec<String> = all.iter().map(|evidence| evidence.note.clone()).collect();
    if more > 0 {
        said.push(format!("{more} more"));
    }
    let what = format!("{path} has what this image lacks: {}", said.join(", "));
    Ok(Some(Finding::new(code, what, all)))
}

/// Says that the repository has Dockerfiles of which nobody knows the application.
fn uncompared(repo: &Repo) -> Result<Option<Finding>> {
    let others = dockerfile::others(repo)?;
    if others.is_empty() {
        return Ok(None);
    }
    let names: Vec<String> = others.iter().map(ToString::to_string).collect();
    let what = format!(
        "{} was not compared with this image, because dockgen does not see which application it \
         builds",
        names.join(", ")
    );
    let evidence = others.iter().map(|path| Evidence::file(path, "a Dockerfile of the repository"));
    Ok(Some(Finding::new(FindingCode::DockerfileNotCompared, what, evidence)))
}

/// The answers that take over what the Dockerfile beside the application has and `runtime` lacks: its
/// ports, volumes and variables.
pub(crate) fn answers(
    repo: &Repo,
    facts: &Facts,
    runtime: &Runtime,
) -> Result<Vec<(&'static str, String)>> {
    let written = dockerfile::written(repo, &facts.dir)?;
    let Some((_, image)) = &written.0 else { return Ok(Vec::new()) };
    let usual: Usual = parsed("dockerfile.toml")?;
    let port = runtime.port.map(|port| port.to_string());
    let lacks = Lacks::of(image, runtime, port.as_deref(), &usual);
    let mut all = Vec::new();
    let words = |said: &[&Said]| said.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>();
    if !lacks.ports.is_empty() {
        let ports = words(&lacks.ports);
        all.push((id::PORT, join_list(&ports)));
    }
    if !lacks.volumes.is_empty() {
        let held = runtime.writable.iter().map(|folder| folder.as_str().to_owned());
        let folders: Vec<String> = held.chain(words(&lacks.volumes)).collect();
        all.push((id::WRITABLE, join_list(&folders)));
    }
    if !lacks.env.is_empty() {
        let pairs = lacks.env.iter().map(|(name, said)| format!("{name}={}", said.0));
        all.push((id::ENV, shell_words(&pairs.collect::<Vec<_>>())));
    }
    if !lacks.packages.is_empty() {
        all.push((id::PACKAGE, join_list(words(&lacks.packages))));
    }
    Ok(all)
}

/// What an image lacks of the earlier one.
struct Lacks<'i> {
    ports: Vec<&'i Said>,
    packages: Vec<&'i Said>,
    volumes: Vec<&'i Said>,
    env: Vec<&'i (String, Said)>,
    stop: Option<&'i Said>,
}

impl<'i> Lacks<'i> {
    /// `port`: the port that the program has without a variable.
    fn of(image: &'i Image, runtime: &Runtime, port: Option<&str>, usual: &Usual) -> Self {
        let ports: Vec<String> = runtime.ports().iter().map(ToString::to_string).collect();
        // A web server in front of the program, or in its place, has a port that this image does not
        // need.
        let front = |port: &str| !ports.is_empty() && matches!(port, "80" | "443");
        let exposed = image.ports.iter().filter(|(port, _)| !ports.contains(port) && !front(port));
        let installed = image.packages.iter().filter(|(name, _)| {
            let held = runtime.packages.iter().any(|package| package.as_str() == name);
            !held && !usual.packages.contains(name)
        });
        let inside = |a: &str, b: &str| {
            a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'))
        };
        let kept = image.volumes.iter().filter(|(folder, _)| {
            let folder = folder.trim_end_matches('/');
            let held = |held: &str| inside(held, folder) || inside(folder, held);
            !runtime.writable.iter().any(|writable| held(writable.as_str()))
        });
        let set = image.env.iter().filter(|(name, (value, _))| {
            let held = runtime.env.iter().any(|var| var.key.as_str() == name);
            let tool = usual.variables.iter().any(|begin| name.starts_with(begin));
            let tool = tool || name.ends_with("_VERSION") || name.ends_with("VER");
            let same = name.ends_with("PORT") && port == Some(value);
            !held && !tool && !same && !value.is_empty()
        });
        let default = |signal: &str| matches!(signal, "SIGTERM" | "TERM" | "15");
        let stop = image.stop.as_ref().filter(|(signal, _)| {
            let held = runtime.stop_signal.as_ref().is_some_and(|held| held.as_str() == signal);
            !held && !default(signal)
        });
        Self {
            ports: exposed.collect(),
            packages: installed.collect(),
            volumes: kept.collect(),
            env: set.collect(),
            stop,
        }
    }

    /// Missing ports and packages; then missing volumes, signal and variables.
    fn evidence(&self) -> (Vec<Evidence>, Vec<Evidence>) {
        let of = |said: &&Said| said.1.clone();
        let grave = self.ports.iter().chain(&self.packages).map(of).collect();
        let env = self.env.iter().map(|(_, said)| said.1.clone());
        (grave, self.volumes.iter().chain(&self.stop).map(of).chain(env).collect())
    }
}

/// Names that the planned image holds.
struct Known<'k> {
    names: BTreeSet<&'k str>,
    /// The planned image holds the application's whole folder.
    whole: bool,
    usual: &'k Usual,
}

/// Folders with too common a name to say what lies in them.
const COMMON: [&str; 12] = [
    "app",
    "src",
    "build",
    "out",
    "output",
    "bin",
    "target",
    "release",
    "usr",
    "local",
    "opt",
    "workspace",
];

impl<'k> Known<'k> {
    fn of(image: &'k Image, planned: &'k Planned, usual: &'k Usual) -> Self {
        let last =
            |path: &'k str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let mut names = BTreeSet::from([planned.program.name.as_str()]);
        for artifact in planned.artifacts {
            names.extend(artifact.src.as_str().split('/').filter(|part| !COMMON.contains(part)));
            names.extend(artifact.dest.as_str().split('/').filter(|part| !COMMON.contains(part)));
        }
        names.extend(planned.runtime.entrypoint.iter().map(|word| last(word.as_str())));
        // What the existing image starts is the program, whatever its name is there.
        names.extend(image.start.words().first().map(|word| last(word)));
        names.remove("");
        let workdir = planned.runtime.workdir.as_str();
        let whole = planned.artifacts.iter().any(|held| held.dest.as_str() == workdir);
        Self { names, whole, usual }
    }

    fn holds(&self, copied: &Copied) -> bool {
        let parts = |path: &'_ str| -> Vec<String> {
            let path = path.trim_end_matches(['*', '/']);
            path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
        };
        let (src, dest) = (parts(&copied.src), parts(&copied.dest));
        let Some(name) = src.last().filter(|name| !name.contains(['*', '?'])) else { return true };
        let usual = |name: &String| {
            self.usual.files.contains(name)
                || self.usual.endings.iter().any(|end| name.ends_with(end.as_str()))
        };
        let system =
            self.usual.system.iter().any(|folder| copied.dest.starts_with(folder.as_str()));
        // `/usr/share/shop` is named after the program and holds its data.
        let shared =
            dest.len() > 1 && ["share", "etc", "lib"].contains(&dest[dest.len() - 2].as_str());
        self.whole && !copied.foreign
            || system
            || usual(name)
            || COMMON.contains(&name.as_str())
            || dest.last().is_some_and(usual)
            || src.iter().any(|part| self.names.contains(part.as_str()))
            || !shared && dest.last().is_some_and(|part| self.names.contains(part.as_str()))
    }
}

/// Flags before a class path and a main class.
const CLASS_PATHS: [&str; 3] = ["-cp", "-classpath", "--class-path"];

/// Commands before the program, and arguments that the planned image does not give it.
fn started(image: &Image, planned: &Planned) -> Option<Evidence> {
    let evidence = image.start.evidence.as_ref()?;
    let said = |note: String| Some(Evidence { note, ..evidence.clone() });
    let words: Vec<String> = image.start.words().into_iter().map(|word| set(image, word)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let last = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let runtime = planned.runtime;
    let own = runtime.entrypoint.iter().chain(&runtime.cmd);
    let own: Vec<&str> = own.map(Line::as_str).collect();
    let first = words.first()?;
    if let Some(script) = &image.start.script {
        let held = |command: &&Vec<String>| {
            command.iter().any(|word| {
                let word = last(word);
                word == planned.program.name || own.iter().any(|held| last(held) == word)
            })
        };
        // What stands behind the script in CMD are the arguments of the program that it ends with.
        let given = words[1..].join(" ");
        let starts = script.iter().rev().find(held).map(|words| words.join(" "));
        let starts = starts.map(|line| line.replace("$@", &given).trim_end().to_owned());
        let starts = starts.map_or_else(String::new, |line| format!(", which runs `{line}`"));
        return said(format!("it starts with the script {first}{starts}"));
    }
    let before = image.start.before.join("`, `");
    let runs = |one: &String| own.iter().any(|word| word.contains(one.trim_start_matches("./")));
    let prepares = !image.start.before.iter().all(runs);
    let program = last(first);
    let same = program == planned.program.name || own.iter().any(|word| last(word) == program);
    if !same {
        return said(format!("it runs `{before}` before the program")).filter(|_| prepares);
    }
    // The program's own file has another place here, and a variable has no value yet.
    let is_file = |word: &str| word.contains('/') || word.contains('.') && !word.starts_with('-');
    let lacks = |word: &&&str| {
        let here =
            own.contains(*word) || is_file(word) && own.iter().any(|held| last(held) == last(word));
        let archive = **word == "-jar" || Path::new(word).extension().is_some_and(|e| e == "jar");
        !here && !archive && !word.contains('$')
    };
    // A class path names the same program in other words.
    let skipped = words.iter().position(|word| CLASS_PATHS.contains(word));
    let of_path = |at: usize| skipped.is_some_and(|from| (from..from + 3).contains(&at));
    let rest = words.iter().enumerate().skip(1).filter(|(at, _)| !of_path(*at));
    let lacking: Vec<&str> = rest.map(|(_, word)| word).filter(lacks).copied().collect();
    let lacking = unless_listening(lacking, planned).join(" ");
    match (prepares, lacking.is_empty()) {
        (false, true) => None,
        (false, false) => said(format!("it starts the program with `{lacking}`")),
        (true, true) => said(format!("it runs `{before}` before the program")),
        (true, false) => {
            said(format!("it runs `{before}` before the program, which it starts with `{lacking}`"))
        }
    }
}

/// A word with the variables that the image sets.
fn set(image: &Image, word: &str) -> String {
    let value = |name: &str| {
        let mut all = image.env.iter().rev();
        all.find(|(key, _)| key == name).map(|(_, (value, _))| value.clone())
    };
    if word.contains('$') { shell::expand(word, false, &value) } else { word.to_owned() }
}

/// The words without those that name the address on which the planned image listens anyway.
fn unless_listening<'w>(words: Vec<&'w str>, planned: &Planned) -> Vec<&'w str> {
    let port = planned.program.port.as_ref().map(|port| port.value.to_string());
    let same = |word: &str| {
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        let (host, number) = value.rsplit_once(':').unwrap_or(("", value));
        value == "0.0.0.0"
            || matches!(host, "" | "0.0.0.0" | "[::]") && Some(number) == port.as_deref()
    };
    let mut kept: Vec<&str> = Vec::new();
    for word in words {
        if same(word) {
            kept.pop_if(|flag| flag.starts_with('-') && !word.starts_with('-'));
        } else {
            kept.push(word);
        }
    }
    kept
}

/// Features and profiles that the planned build does not turn on.
fn compiled(image: &Image, planned: &Planned, usual: &Usual) -> Option<Evidence> {
    let details = planned.details.to_string();
    let edge = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'));
    let holds = |item: &str| {
        details.match_indices(item).any(|(at, _)| {
            details[..at].ends_with(edge) && details[at + item.len()..].starts_with(edge)
        })
    };
    image.commands.iter().find_map(|ran| {
        let (words, evidence) = (&ran.words, &ran.evidence);
        let tool = words.first()?.rsplit('/').next()?;
        let row = usual.flags.iter().find(|row| row.tools.iter().any(|held| held == tool))?;
        let value = |(at, word): (usize, &String)| -> Option<String> {
            row.names.iter().find_map(|flag| {
                let rest = word.strip_prefix(flag.as_str())?;
                match rest.strip_prefix('=') {
                    Some(value) => Some(value.to_owned()),
                    None if rest.is_empty() => words.get(at + 1).cloned(),
                    None => row.joined.then(|| rest.to_owned()),
                }
            })
        };
        let items: Vec<String> = words
            .iter()
            .enumerate()
            .filter_map(value)
            .flat_map(|value| value.split([',', ' ']).map(str::to_owned).collect::<Vec<_>>())
            .filter(|item| !item.is_empty() && !item.contains(['$', '!']) && !holds(item))
            .collect();
        (!items.is_empty()).then(|| {
            let note = format!("it builds the program with {}", items.join(" and "));
            Evidence { note, ..evidence.clone() }
        })
    })
}
