//! What a program needs in its image: a C library, system packages, commands, a shell, time zones.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::World;
use crate::code::{Call, Does, conditions, shell_lines};
use crate::detect::git_reads;
use crate::detect::go::ProgramDetails;
use crate::detect::go::{codes, programs};
use crate::detect::script::{self, interpreter};
use crate::facts::{Evidence, Finding, Libc, Needs, Sourced};
use crate::path::RelPath;
use crate::recipes;
use crate::repo::Repo;
use crate::services::Row;

/// Commands of a desktop or a developer's machine. Programs call them if they exist and work
/// without them.
const DESKTOP: [&str; 12] = [
    "xdg-open",
    "open",
    "rundll32",
    "cmd",
    "cmd.exe",
    "powershell",
    "explorer",
    "osascript",
    "pbcopy",
    "xclip",
    "wslview",
    "sw_vers",
];

/// Commands that every base with a shell has.
const BASIC: [&str; 34] = [
    "ls", "cat", "cp", "mv", "rm", "mkdir", "chmod", "chown", "ps", "df", "du", "uname", "grep",
    "sed", "awk", "sort", "head", "tail", "find", "which", "gzip", "gunzip", "hostname", "id",
    "date", "echo", "kill", "sleep", "env", "nproc", "stat", "true", "touch", "tee",
];

/// Fills in `needs` and `details`.
pub(super) fn needs(
    world: &World,
    needs: &mut Needs,
    details: &mut ProgramDetails,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    cgo(world, needs, details, &mut findings);
    commands(world, needs, &mut findings)?;
    for row in &world.module.tables.privileged {
        let import = world.closure.imports(&row.library);
        findings.extend(import.map(|import| row.finding(import.clone())));
    }
    let zones =
        world.code.calls_of(&["LoadLocation"]).filter(|call| call.package() == Some("time")).find(
            |call| {
                world
                    .code
                    .argument(call, 0)
                    .and_then(|value| value.text())
                    // Go knows these names without a time zone database.
                    .is_none_or(|name| name != "UTC" && name != "Local" && !name.is_empty())
            },
        );
    // `time/tzdata` embeds the time zones into the program.
    if world.closure.imports("time/tzdata").is_none() {
        let zones = zones.map(|call| call.evidence("`time.LoadLocation` reads time zones by name"));
        needs.zoneinfo = match zones {
            Some(at) => Some(at),
            None => zone_given(world.module.sources.repo, world.module.dir)?,
        };
    }
    Ok(findings)
}

/// Where the repository gives its containers a time zone, which is a name of the database.
fn zone_given(repo: &Repo, dir: &RelPath) -> Result<Option<Evidence>> {
    let written = recipes::dockerfile::written(repo, dir)?;
    let mut commands = written.0.iter().flat_map(|(_, image)| &image.commands);
    if let Some(ran) = commands.find(|ran| ran.words.iter().any(|word| word == "tzdata")) {
        let note = "installs the time zones".to_owned();
        return Ok(Some(Evidence { note, ..ran.evidence.clone() }));
    }
    for running in recipes::running(repo, dir)? {
        for run in &running.runs {
            let image = run.image.as_deref().filter(|_| !run.built_here);
            let service =
                image.is_some_and(|image| Row::of_image(image).is_ok_and(|r| r.is_some()));
            let own = run.built_here || image.is_some() && !service;
            let zone = run.env.iter().find(|one| one.key == "TZ" && one.value != "UTC");
            if let Some(one) = zone.filter(|_| own) {
                return Ok(Some(one.evidence.clone()));
            }
        }
    }
    Ok(None)
}

fn cgo(
    world: &World,
    needs: &mut Needs,
    details: &mut ProgramDetails,
    findings: &mut Vec<Finding>,
) {
    let mut evidence: Vec<Evidence> =
        world.closure.packages.iter().filter_map(|package| package.cgo.clone()).collect();
    let mut libraries: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    let mut glibc = false;
    for row in &world.module.tables.cgo {
        let Some(import) = world.closure.imports(&row.import) else { continue };
        evidence.push(Evidence {
            note: format!("imports `{}`: cgo ({})", row.import, row.source),
            ..import.clone()
        });
        glibc |= row.glibc;
        details.musl_tags.extend(row.musl_tags.iter().cloned());
        for need in &row.needs {
            libraries.entry(need.clone()).or_default().push(import.clone());
        }
    }
    if evidence.is_empty() {
        return;
    }
    for package in world.closure.packages.iter().filter(|package| package.cgo.is_some()) {
        for file in &package.files {
            for directive in &file.cgo {
                for name in linked(&directive.value) {
                    let at = Evidence::at(
                        &file.code.path,
                        directive.line,
                        format!("`#cgo {}`", directive.value),
                    );
                    if world.module.tables.libc_libraries.contains(&name) {
                        continue;
                    }
                    match world.module.tables.libraries.get(&name) {
                        Some(key) => libraries.entry(key.clone()).or_default().push(at),
                        None => findings.push(unknown_library(&name, at)),
                    }
                }
            }
        }
        let cpp = world
            .module
            .sources
            .repo
            .children(&package.dir)
            .find(|(path, _)| ["cc", "cpp", "cxx"].contains(&path.extension()));
        if let Some((path, _)) = cpp {
            libraries
                .entry("libstdc++".to_owned())
                .or_default()
                .push(Evidence::file(path, "C++ source"));
        }
    }
    needs.libc = if glibc { Libc::Glibc } else { Libc::Dynamic };
    needs.libc_evidence.clone_from(&evidence);
    details.links = !libraries.is_empty();
    libraries.insert("cgo".to_owned(), evidence);
    needs
        .packages
        .extend(libraries.into_iter().map(|(value, evidence)| Sourced::with(value, evidence)));
}

/// The libraries that `pkg-config: a b` or `LDFLAGS: -la -lb` links. A condition for another
/// system leaves them out.
fn linked(directive: &str) -> Vec<String> {
    let Some((head, rest)) = directive.split_once(':') else { return Vec::new() };
    let words = rest.split_whitespace();
    let other = ["windows", "darwin", "freebsd", "openbsd", "netbsd", "android", "arm", "386"];
    if head.split([' ', ',']).any(|word| other.contains(&word)) {
        return Vec::new();
    }
    if head.trim_end().ends_with("pkg-config") {
        return words.filter(|word| !word.starts_with('-')).map(str::to_owned).collect();
    }
    let flags = head.trim_end().ends_with("LDFLAGS");
    words.filter(|_| flags).filter_map(|word| word.strip_prefix("-l")).map(str::to_owned).collect()
}

fn unknown_library(name: &str, at: Evidence) -> Finding {
    Finding::new(
        codes::LIBRARY_UNKNOWN,
        format!("the program links the C library `{name}`, and dockgen knows no package of it"),
        [at],
    )
}

/// True if the function asked for the revision in the program's build information before. dockgen
/// builds without it (`-buildvcs=false`), so the program never comes to the call.
fn asks_for_a_revision(call: &Call) -> bool {
    let function = call.file.facts().function_at(call.at);
    function.is_some_and(|function| {
        let from = function.range.start.max(call.at.saturating_sub(MAX_BEFORE));
        (from..call.at).any(|at| call.file.string(at).is_some_and(|text| text == "vcs.revision"))
    })
}

/// How many tokens before a call are searched for that.
const MAX_BEFORE: usize = 120;

/// The names that the program may have: of its folder, and of its module.
fn own_names<'w>(world: &'w World) -> [&'w str; 2] {
    [world.folder.file_name(), programs::own_name(world.module.layout)]
}

/// The programs that the code starts.
#[derive(Default)]
struct Started {
    /// The keys of their packages.
    packages: BTreeMap<String, Evidence>,
    /// Those of which no package is known.
    unknown: BTreeMap<String, Evidence>,
}

impl Started {
    /// Adds a program that the code starts by a name or a path.
    fn add(&mut self, world: &World, needs: &mut Needs, text: String, evidence: Evidence) {
        let repo = world.module.sources.repo;
        // Names of Windows programs, and names that are hidden files rather than programs.
        let elsewhere = [".exe", ".bat", ".cmd", ".ps1"].iter().any(|end| text.ends_with(end));
        let elsewhere = elsewhere || text.starts_with('.') && !text.contains('/');
        let own = world.locate(&text);
        let known =
            text.is_empty() || elsewhere || DESKTOP.contains(&text.as_str()) || own.is_some();
        let name = text.rsplit('/').next().unwrap_or_default();
        if let Some(path) = &own
            && let Some(name) = interpreter(repo, path)
        {
            for (inner, line) in script::started(repo, path) {
                let key = world.module.tables.commands.get(&inner);
                if let Some(key) = key.filter(|_| !BASIC.contains(&inner.as_str())) {
                    let at = Evidence::at(path, line, format!("`{text}` starts `{inner}`"));
                    self.packages.entry(key.clone()).or_insert(at);
                }
            }
            let note = format!("`{text}` begins with `#!` and {name}");
            let evidence = Evidence { note, ..evidence };
            if name == "sh" || name == "dash" || name == "ash" {
                needs.shell.get_or_insert(evidence);
            } else if let Some(key) = world.module.tables.commands.get(&name) {
                self.packages.entry(key.clone()).or_insert(evidence);
            } else {
                self.unknown.entry(name).or_insert(evidence);
            }
            return;
        }
        // A program that looks for itself is in the image.
        let beside = text.strip_prefix("./").unwrap_or(&text);
        let itself = own_names(world).contains(&beside);
        if matches!(name, "sh" | "ash" | "dash") || BASIC.contains(&name) {
            needs.shell.get_or_insert(evidence);
        } else if let Some(key) = world.module.tables.commands.get(name) {
            self.packages.entry(key.clone()).or_insert(evidence);
        } else if !known && !itself {
            self.unknown.entry(text).or_insert(evidence);
        }
    }
}

/// True if the call asks git for a revision, and the code has a text for where that fails: the image
/// has no repository, so that git itself would change nothing.
fn shows_a_revision(world: &World, call: &Call) -> Result<bool> {
    let file = &call.file;
    let mut texts = (call.open..file.closing(call.open)).filter_map(|at| file.string(at));
    if texts.next().as_deref() != Some("git")
        || !texts.next().is_some_and(|word| git_reads::READS.contains(&&*word))
    {
        return Ok(false);
    }
    let text = world.module.sources.repo.source_text(&file.path)?.unwrap_or_default();
    Ok(git_reads::is_spared(&text, file.line(call.at)))
}

fn commands(world: &World, needs: &mut Needs, findings: &mut Vec<Finding>) -> Result<()> {
    let mut started = Started::default();
    let mut shells = Vec::new();
    for (row, call) in world.code.doing(&[Does::Starts]) {
        if !world.reaches(&call) {
            continue;
        }
        if conditions::is_elsewhere(&call.file, call.at, &["GOOS"], |system| system == "linux") {
            continue;
        }
        if asks_for_a_revision(&call) || shows_a_revision(world, &call)? {
            continue;
        }
        let at = row.at.unwrap_or(0);
        let Some(value) = world.code.argument(&call, at) else { continue };
        for text in value.alternatives().filter_map(|value| value.text()) {
            if shell_lines::SHELLS.contains(&text.as_str())
                && let Some(line) = call.arguments().get(at + 1)
            {
                shells.push((call.clone(), line.start..call.file.closing(call.open)));
            }
            let evidence = call.evidence(format!("`exec.{}(\"{text}\")`", call.name()));
            started.add(world, needs, text, evidence);
        }
    }
    let Started { mut packages, mut unknown } = started;
    for (name, evidence) in shell_lines::started(world.code, shells.into_iter()) {
        if let Some(key) = world.module.tables.commands.get(&name) {
            packages.entry(key.clone()).or_insert(evidence);
        }
    }
    // `./tool` is where a program looks beside itself for what it expects on the PATH.
    let names: BTreeSet<String> = unknown.keys().cloned().collect();
    unknown.retain(|text, _| text.strip_prefix("./").is_none_or(|name| !names.contains(name)));
    for row in &world.module.tables.starting {
        let Some(import) = world.closure.imports(&row.import) else { continue };
        let note = format!("imports `{}`, which starts it ({})", row.import, row.source);
        let evidence = Evidence { note, ..import.clone() };
        packages.entry(row.needs.clone()).or_insert(evidence);
    }
    for (name, evidence) in unknown {
        findings.push(Finding::command_unknown(name, [evidence]));
    }
    needs.packages.extend(packages.into_iter().map(|(key, evidence)| Sourced::new(key, evidence)));
    Ok(())
}
