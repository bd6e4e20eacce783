//! The programs of a package or a workspace: every binary, likeliest first.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::build_args;
use super::demanded::demanded;
use super::features::{Active, Asked, active};
use super::flags;
use super::lockfile::reached;
use super::manifest::Manifest;
use super::project::Project;
use super::targets::{self, Binary};
use super::workspace::Workspace;
use super::{ProgramDetails, leptos, native, private, reads, revision, runtime, unread};
use crate::facts::{Kind, Program, Sourced};
use crate::path::RelPath;
use crate::recipes::{self, Recipe};

/// Folders and packages that serve development.
const ASIDE: [&str; 14] = [
    "example", "examples", "demo", "xtask", "tools", "tool", "scripts", "test", "tests", "e2e",
    "benches", "bench", "fuzz", "testing",
];

/// Words in the names of programs that serve development or run only once.
const HELPERS: [&str; 18] = [
    "gen",
    "generate",
    "generator",
    "codegen",
    "migrate",
    "migration",
    "migrations",
    "seed",
    "mock",
    "bench",
    "xtask",
    "test",
    "tests",
    "example",
    "cli",
    "client",
    "tool",
    "admin",
];

/// Names of programs that serve.
const SERVERS: [&str; 9] =
    ["server", "api", "app", "web", "serve", "service", "http", "backend", "daemon"];

/// How much likelier a program is that a recipe starts. It weighs as much as listening does, whose
/// signs may lie in a library that dockgen does not read.
const STARTED: i32 = 35;

/// Every binary in the application's folder, likeliest first.
pub(super) fn list(project: &Project) -> Result<Vec<(Program, ProgramDetails)>> {
    let found = binaries(project);
    let started = started(project, &found)?;
    let mut programs = Vec::new();
    for (id, binary, manifest) in &found {
        let flags::Own { mut asked, mut evidence, findings } =
            flags::own(project, binary, manifest)?;
        for feature in &binary.required_features {
            if !asked.features.contains(feature) {
                asked.features.push(feature.clone());
            }
        }
        if let Some(leptos) = leptos::of(project.workspace, manifest) {
            asked.no_default |= leptos.asked.no_default;
            for feature in &leptos.asked.features {
                if !asked.features.contains(feature) {
                    asked.features.push(feature.clone());
                }
            }
            evidence = evidence.or_else(|| Some(leptos.asks()));
        }
        let demanded = demanded(project, binary, manifest, &asked)?;
        asked.features.extend(demanded.iter().map(|feature| feature.value.clone()));
        let (mut program, mut details) = analyse(project, binary, manifest, id.clone(), &asked)?;
        program.findings.extend(findings);
        details.features.extend(asked.no_default.then(|| "-default".to_owned()));
        details.features.extend(asked.features);
        details.features_evidence = evidence;
        details.demands = demanded.into_iter().flat_map(|feature| feature.evidence).collect();
        let rank = rank(project, binary, manifest, &program, details.desktop)
            + if started.contains(&binary.name) { STARTED } else { 0 };
        programs.push((rank, program, details));
    }
    // Equal ranks are sorted by id, so that the order is always the same.
    programs.sort_by(|a, b| (b.0, &a.1.id).cmp(&(a.0, &b.1.id)));
    Ok(programs.into_iter().map(|(_, program, details)| (program, details)).collect())
}

/// The names of the binaries that a recipe starts as a service: a unit, a Procfile. Those that only
/// documentation starts count where it starts a single one.
fn started(project: &Project, found: &[(String, Binary, &Manifest)]) -> Result<BTreeSet<String>> {
    let (mut services, mut told) = (BTreeSet::new(), BTreeSet::new());
    if found.len() < 2 {
        return Ok(services);
    }
    for run in recipes::starts(project.dir.repo, &project.dir.path)? {
        let Some(word) = run.words.first().and_then(|word| word.rsplit('/').next()) else {
            continue;
        };
        if found.iter().any(|(_, binary, _)| binary.name == word) {
            let of = if run.by == Recipe::Docs { &mut told } else { &mut services };
            of.insert(word.to_owned());
        }
    }
    Ok(if services.is_empty() && told.len() == 1 { told } else { services })
}

/// The program as other features build it; `None` if no binary has that id.
pub(super) fn with_features(
    project: &Project,
    id: &str,
    features: &str,
) -> Result<Option<Program>> {
    let Some((id, binary, manifest)) = binaries(project).into_iter().find(|(held, ..)| held == id)
    else {
        return Ok(None);
    };
    Ok(Some(analyse(project, &binary, manifest, id, &Asked::parse(features))?.0))
}

/// Every binary with its id. The id is the binary's name, preceded by the package's name if two
/// binaries share it.
fn binaries<'p>(project: &Project<'p>) -> Vec<(String, Binary, &'p Manifest)> {
    let workspace = project.workspace;
    let root = project.dir.path == workspace.root;
    let mut found: Vec<(String, Binary, &Manifest)> = Vec::new();
    // In the folder of a member, only that package; in the root, all of them.
    let folders: Vec<&RelPath> = if root {
        workspace.members.iter().collect()
    } else {
        workspace.members.get(&project.dir.path).into_iter().collect()
    };
    for folder in folders {
        let Some(manifest) = workspace.packages.get(folder) else { continue };
        let binaries = targets::binaries(project.dir.repo, manifest);
        found.extend(binaries.into_iter().map(|binary| (binary.name.clone(), binary, &**manifest)));
    }
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (name, ..) in &found {
        *names.entry(name.clone()).or_default() += 1;
    }
    for (id, _, manifest) in &mut found {
        if names.get(id).is_some_and(|count| *count > 1) {
            *id = format!("{}/{id}", manifest.name());
        }
    }
    found
}

/// How likely a person wants this program; higher is likelier. A program that listens beats one
/// that has a better name but does not listen.
fn rank(
    project: &Project,
    binary: &Binary,
    manifest: &Manifest,
    program: &Program,
    desktop: bool,
) -> i32 {
    let workspace = project.workspace;
    let package = manifest.package.as_ref();
    let mut rank = 0;
    if package.and_then(|package| package.default_run.as_deref()) == Some(binary.name.as_str()) {
        rank += 40;
    }
    // cargo gives the usual binary of a package its name.
    if binary.name == manifest.name() {
        rank += 10;
    }
    if binary.name.split(['-', '_']).any(|part| SERVERS.contains(&part)) {
        rank += 10;
    }
    let folder = manifest.dir();
    if folder == workspace.root {
        rank += 20;
    }
    let defaults =
        workspace.manifest.workspace.as_ref().map(|table| table.default_members.as_slice());
    let is_default = |path: &String| workspace.root.join(path).as_ref() == Some(&folder);
    // cargo builds these members if none is named.
    if defaults.is_some_and(|defaults| defaults.iter().any(is_default)) {
        rank += 30;
    }
    let inside = folder.strip(&workspace.root).unwrap_or_default();
    if inside.split('/').any(|part| ASIDE.contains(&part)) {
        rank -= 60;
    }
    let tool = ["ctl", "cli", "adm"].iter().any(|end| binary.name.ends_with(end));
    if tool || binary.name.split(['-', '_']).any(|part| HELPERS.contains(&part)) {
        rank -= 25;
    }
    // A container has no screen.
    if desktop {
        rank -= 100;
    }
    rank + if program.kind == Kind::Service { 35 } else { 0 }
}

/// True if a dependency from a registry has the same name, because cargo then refuses `--package
/// NAME` as ambiguous.
fn has_namesake(project: &Project, name: &str) -> bool {
    let locked =
        project.lock.is_some_and(|lock| lock.named(name).any(|package| package.source.is_some()));
    let stated = |manifest: &std::rc::Rc<Manifest>| {
        manifest.dependencies().any(|dependency| {
            let (spec, _) = project.workspace.resolve(
                dependency.key,
                &dependency.spec.as_ref().table(),
                &manifest.dir(),
            );
            spec.path.is_none() && spec.package.as_deref().unwrap_or(dependency.key) == name
        })
    };
    locked || project.workspace.packages.values().any(stated)
}

fn analyse(
    project: &Project,
    binary: &Binary,
    manifest: &Manifest,
    id: String,
    asked: &Asked,
) -> Result<(Program, ProgramDetails)> {
    let workspace = project.workspace;
    let folder = manifest.dir();
    let active = active(workspace, &folder, asked);
    let mut program =
        Program::new(id, file_name(&binary.name), Kind::Command, binary.evidence.clone());
    let mut details = ProgramDetails {
        package: manifest.name().to_owned(),
        manifest: has_namesake(project, manifest.name()).then(|| manifest.path.clone()),
        binary: binary.name.clone(),
        own: active
            .packages()
            .filter(|folder| !workspace.patched.contains(*folder))
            .filter_map(|folder| workspace.packages.get(folder))
            .map(|manifest| manifest.name().to_owned())
            .collect(),
        ..ProgramDetails::default()
    };
    let edges = edges(workspace, &active);
    if let Some(lock) = project.lock {
        let mentions = |feature: &str| active.mentions(workspace, feature);
        let skip = |from: &str, to: &str| {
            project.tables.unused.iter().any(|row| row.skips(from, to, &mentions))
        };
        let reached = reached(lock, manifest.name(), &|name| edges.get(name).cloned(), &skip);
        native::add_needs(&project.tables.native, lock, &reached, &mentions, &mut program.needs);
    }
    for (tool, evidence) in &project.config.tools {
        if !program.needs.packages.iter().any(|package| package.value == *tool) {
            program.needs.packages.push(Sourced::new(tool.clone(), evidence.clone()));
        }
    }
    let private = private::private(project)?.map(|private| private.evidence);
    if let Some(evidence) = project.config.git.clone().or(private) {
        program.needs.packages.push(Sourced::new("git-at-build".to_owned(), evidence));
    }
    let mut libraries: Vec<(String, RelPath)> = Vec::new();
    for folder in active.packages() {
        let Some(manifest) = workspace.packages.get(folder) else { continue };
        let library = targets::library(manifest);
        // The folder of this package is the whole repository, so only those of its targets count.
        if folder.is_root() {
            let of_program = (binary.path.is_within(folder) && manifest.name() == details.package)
                .then_some(&binary.path);
            let targets = library.iter().chain(of_program);
            details.sources.extend(
                targets.map(|file| file.parent().filter(|f| !f.is_root()).unwrap_or(file.clone())),
            );
        } else {
            details.sources.push(folder.clone());
        }
        libraries.extend(library.map(|path| (targets::library_name(manifest), path)));
    }
    let is_on = |root: &RelPath, feature: &str| {
        let package = root.ancestors().find(|folder| workspace.packages.contains_key(folder));
        package.is_none_or(|package| {
            active.has(&package, feature) || active.has(&package, &format!("dep:{feature}"))
        })
    };
    let files = project.sources.of_program(&binary.path, &libraries, &is_on)?;
    let reads = reads::reads(project.dir.repo, &workspace.context, &folder, &files);
    details.reads = reads.found;
    details.unread = unread::unread(project, &files)?;
    program.findings.extend(reads.findings);
    program.findings.extend(reads::module_missing(reads::unwritten(project, &files)?));
    program.front_ends = reads.made;
    program.build_args = build_args::build_args(project, active.packages(), &files)?;
    revision::add(project, active.packages(), &files, &mut program)?;
    let dependencies: BTreeSet<String> = edges.values().flatten().cloned().collect();
    let code = runtime::Code {
        repo: project.dir.repo,
        files: &files,
        dependencies: &dependencies,
        tables: &project.tables,
        context: &workspace.context,
        root: &workspace.root,
        package: &folder,
    };
    runtime::analyse(&code, &mut program, &mut details);
    details.desktop = project.tables.desktop.iter().any(|name| dependencies.contains(name));
    if let Some(leptos) = leptos::of(workspace, manifest) {
        leptos.add(&files, &mut program);
    }
    Ok((program, details))
}

/// The active dependencies of each package in the repository, by their name in the registry.
pub(super) fn edges(workspace: &Workspace, active: &Active) -> BTreeMap<String, BTreeSet<String>> {
    let mut edges = BTreeMap::new();
    for folder in active.packages() {
        let Some(manifest) = workspace.packages.get(folder) else { continue };
        let names = active.dependencies(manifest).map(|dependency| {
            let (spec, _) =
                workspace.resolve(dependency.key, &dependency.spec.as_ref().table(), folder);
            spec.package.unwrap_or_else(|| dependency.key.to_owned())
        });
        edges.insert(manifest.name().to_owned(), names.collect());
    }
    edges
}

/// `name` as the name of the binary in the image, with `-` for unusual characters.
fn file_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}
