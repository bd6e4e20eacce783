//! Rust: packages, workspaces and their binaries, read from Cargo.toml and Cargo.lock alone.
//! `cargo metadata` is not run, because it starts programs that the repository's own configuration
//! names.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use self::project::Project;
use crate::ask::{Answerable, Answers, Choice, Question, id as common};
use crate::catalog;
use crate::catalog::Catalog;
use crate::code::Rows;
use crate::detect::Language;
use crate::detect::privileges::Privileged;
use crate::facts::{Evidence, Facts, Finding, FindingCode, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

mod build_args;
mod codes;
mod conditions;
mod config;
mod demanded;
mod dialect;
mod features;
mod flags;
mod inputs;
mod instead;
mod leptos;
mod lexer;
mod lockfile;
mod manifest;
mod mask;
mod metadata;
mod native;
mod nightly;
mod older;
mod plan;
mod private;
mod programs;
mod project;
mod reads;
mod revision;
mod runtime;
mod source;
mod special;
mod targets;
#[cfg(test)]
mod tests;
mod toolchain;
mod unread;
mod workspace;

pub use dialect::DIALECT;

/// Rust's row in the registry of languages.
pub const LANGUAGE: Language = Language {
    id: "rust",
    name: "Rust",
    markers: &["Cargo.toml"],
    refused: &[],
    extensions: &["rs"],
    detect,
    encloses: workspace::encloses,
    program,
    plan: plan::plan,
    front_end: None,
    refine: Some(refine),
    confirm: Some(metadata::confirm),
    development: None,
    packs: None,
    takes: &[common::BUILD_COMMAND, common::BUILD_FLAGS],
    codes: codes::ALL,
};

/// Ids of the questions that only Rust asks.
mod id {
    pub(super) const FEATURES: &str = "features";
    pub(super) const PROFILE: &str = "profile";
}

/// What Rust's detection passes to Rust's plan, and no other code reads.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Details {
    /// The root of the workspace, in which cargo runs.
    root: RelPath,
    /// True if the root is a workspace, to which packages may be added.
    workspace: bool,
    /// True if there is a Cargo.lock.
    locked: bool,
    /// True if the versions of the repository's packages are masked, and that changes nothing
    /// else.
    masked: bool,
    /// The names of those packages, if Cargo.lock has other packages of the repository as well.
    own: Vec<String>,
    /// Empty files that stand in for sources.
    stubs: Vec<RelPath>,
    /// Build scripts, for which a file with an empty `main` stands in.
    scripts: Vec<RelPath>,
    /// Folders from which dependencies are compiled: patches and vendored packages.
    whole: Vec<RelPath>,
    /// True if cargo's configuration sets a target.
    target: bool,
    /// True if cargo's configuration sets a compiler wrapper.
    wrapper: bool,
    /// True if sqlx checks queries against its prepared data.
    sqlx: bool,
    /// What opens the git repository of a dependency that is not public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<private::Access>,
    /// The finding that no image contains the toolchain that the repository names. The build then
    /// stops, unless a person names another toolchain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unstable: Option<Finding>,
    /// The dated nightly compiler that the toolchain file names and the code needs, unless a person
    /// names another toolchain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nightly: Option<Nightly>,
    /// Profiles for which the manifest already says what to strip.
    strips: Vec<String>,
    programs: BTreeMap<String, ProgramDetails>,
}

/// A nightly compiler that rustup installs into the build stage.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Nightly {
    /// The channel with its date: `nightly-2026-01-31`.
    channel: String,
    /// What the plan says about it.
    finding: Finding,
}

/// What is known of one program beyond the common facts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ProgramDetails {
    /// The name of the package, as `cargo --package` takes it.
    package: String,
    /// The manifest of the package, if a dependency has the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<RelPath>,
    /// The name of the binary.
    binary: String,
    /// The features of the repository's own build, and those without which cargo or the code
    /// refuses to build. `-default` leaves out the default features.
    features: Vec<String>,
    /// The command of the repository's own build that asks for features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features_evidence: Option<Evidence>,
    /// The places where the code demands one of several features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    demands: Vec<Evidence>,
    /// Packages of the repository that are compiled for the program, including its own.
    own: Vec<String>,
    /// Files that it opens at run time: the path in the repository, and the path as the program
    /// writes it.
    files: Vec<(RelPath, String)>,
    /// Files that the compiler reads beside the sources.
    reads: Vec<RelPath>,
    /// Folders that the build does not read.
    unread: Vec<RelPath>,
    /// The folders of the packages that are compiled for the program. For a package in the root,
    /// the folders or files of its targets instead: the folder would be the whole repository.
    sources: Vec<RelPath>,
    /// Default arguments that it needs in a container.
    args: Vec<String>,
    /// The working directory, if it is not the folder of the program.
    workdir: Option<String>,
    /// True if it opens windows on a desktop.
    #[serde(skip)]
    desktop: bool,
}

/// A framework that listens without a call that says so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    #[serde(rename = "crate")]
    name: String,
    stops: Option<String>,
    address: Option<String>,
    port: Option<u16>,
    #[serde(rename = "source")]
    _source: String,
}

/// Programs that build scripts start and that no image for Rust contains.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildScripts {
    /// The names of the programs.
    tools: Vec<String>,
    /// Functions and types of crates that start one of the programs, each with the program.
    starters: BTreeMap<String, String>,
}

/// Rust's tables in the catalog.
struct Tables {
    native: Vec<native::Native>,
    unused: Vec<native::Unused>,
    servers: Vec<Server>,
    listening: Vec<String>,
    /// Crates that open windows on a desktop.
    desktop: Vec<String>,
    commands: &'static BTreeMap<String, String>,
    privileged: Vec<Privileged>,
    code: Rows,
    build_scripts: BuildScripts,
    /// True if the crate `ctrlc` is built with its feature `termination`.
    ctrlc_termination: bool,
}

impl Tables {
    fn of(catalog: &Catalog) -> Result<Self> {
        let libraries: BTreeMap<String, Vec<String>> = catalog.table("libraries")?;
        Ok(Self {
            native: catalog.table("native")?,
            unused: catalog.table("unused")?,
            servers: catalog.table("servers")?,
            listening: libraries.get("listening").cloned().unwrap_or_default(),
            desktop: libraries.get("desktop").cloned().unwrap_or_default(),
            commands: catalog::commands()?,
            privileged: catalog.table("privileged")?,
            code: catalog.table("code")?,
            build_scripts: catalog.table("build_scripts")?,
            ctrlc_termination: false,
        })
    }
}

fn detect(dir: &Dir) -> Result<Option<Facts>> {
    let Some(workspace) = workspace::workspace(dir)? else { return Ok(None) };
    let catalog = Catalog::of(LANGUAGE.id)?;
    let lock = read_lock(dir, &workspace)?;
    let lock = Option::as_ref(&lock);
    let config = config::config(dir.repo, &workspace)?;
    let project = Project::new(dir, &workspace, lock, &config)?;
    let found = programs::list(&project)?;
    // A library beside other packages is not an application. A repository that is only a library
    // gets a finding instead of silence.
    let alone = dir.path.is_root() && workspace.packages.len() == 1;
    if found.is_empty() && !alone {
        return Ok(None);
    }
    let toolchain::Chosen { toolchain, nightly, mut findings } =
        toolchain::toolchain(dir, &workspace, lock, catalog)?;
    // The plan reports this finding, and only if no answer names another toolchain.
    let stated = |finding: &Finding| finding.code == codes::TOOLCHAIN_NOT_STABLE;
    let unstable = findings.iter().position(stated).map(|at| findings.remove(at));
    findings.extend(workspace.findings.iter().cloned());
    findings.extend(config.findings.iter().cloned());
    if found.is_empty() {
        findings.push(no_binary(&workspace.manifest));
    }
    let mut details = Details {
        root: workspace.root.clone(),
        workspace: workspace.manifest.workspace.is_some(),
        locked: lock.is_some(),
        target: config.target,
        wrapper: config.wrapper.is_some(),
        strips: strips(&workspace.manifest),
        unstable,
        nightly,
        ..Details::default()
    };
    inputs::inputs(&project, &mut details, &mut findings)?;
    let mut programs = Vec::new();
    for (program, own) in found {
        details.programs.insert(program.id.clone(), own);
        programs.push(program);
    }
    let mut facts = Facts {
        language: LANGUAGE.id.to_owned(),
        dir: dir.path.clone(),
        context: workspace.context.clone(),
        name: name(dir, &workspace, &programs),
        tool: Sourced::new(
            "cargo".to_owned(),
            Evidence::file(&workspace.manifest.path, "a package's manifest"),
        ),
        toolchain,
        questions: questions(
            &workspace.manifest,
            programs.first().and_then(|p| details.programs.get(&p.id)),
        ),
        manifests: manifests(&workspace, &config, lock),
        build_args: Vec::new(),
        source: own_manifest(&workspace, &programs, &details)
            .and_then(|m| repository(&workspace, m)),
        programs,
        findings,
        details: serde_json::Value::Null,
    };
    facts.set_details(&details)?;
    Ok(Some(facts))
}

fn read_lock(
    dir: &Dir,
    workspace: &workspace::Workspace,
) -> Result<Rc<Option<lockfile::Lockfile>>> {
    dir.repo.once(&workspace.root, || {
        let found = Dir::new(dir.repo, workspace.root.clone()).text("Cargo.lock")?;
        found.map(|(path, text)| lockfile::Lockfile::parse(&path, &Rc::from(&*text))).transpose()
    })
}

/// The files that dependency resolution reads, the root's own first.
fn manifests(
    workspace: &workspace::Workspace,
    config: &config::CargoConfig,
    lock: Option<&lockfile::Lockfile>,
) -> Vec<RelPath> {
    let mut all = vec![workspace.manifest.path.clone()];
    all.extend(lock.map(|lock| lock.path.clone()));
    all.extend(config.files.iter().cloned());
    let patched = |folder: &RelPath| workspace.patched.contains(folder);
    let members = workspace
        .packages
        .iter()
        .filter(|(folder, _)| !patched(folder))
        .map(|(_, m)| m.path.clone());
    all.extend(members.filter(|path| *path != workspace.manifest.path));
    all
}

fn no_binary(manifest: &manifest::Manifest) -> Finding {
    Finding::nothing_to_start(
        "the package has no binary: no src/main.rs, src/bin/ or [[bin]]",
        "src/main.rs",
        [Evidence::file(&manifest.path, "a library")],
    )
}

/// The name of the package in the application's folder, or else that of the likeliest program, or
/// of the folder.
fn name(dir: &Dir, workspace: &workspace::Workspace, programs: &[Program]) -> Sourced<String> {
    if let Some(manifest) = workspace.packages.get(&dir.path)
        && let Some(package) = &manifest.package
    {
        return Sourced::new(
            image_name(package.name.as_ref()),
            manifest.at(&package.name, "the package's name"),
        );
    }
    match programs.first() {
        Some(program) => Sourced::with(
            image_name(&program.name),
            program.evidence.iter().take(1).cloned().collect(),
        ),
        None => Sourced::assumed(image_name(dir.path.file_name())),
    }
}

/// `name` as Docker allows it for an image: lower-case letters, digits, and no two separators in a
/// row.
fn image_name(name: &str) -> String {
    let mut out = String::new();
    for c in name.to_ascii_lowercase().chars() {
        let c = if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
        if c.is_ascii_alphanumeric() || out.ends_with(|last: char| last.is_ascii_alphanumeric()) {
            out.push(c);
        }
    }
    let name = out.trim_end_matches(['-', '.', '_']);
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}

/// The manifest of the likeliest program's package.
fn own_manifest<'w>(
    workspace: &'w workspace::Workspace,
    programs: &[Program],
    details: &Details,
) -> Option<&'w manifest::Manifest> {
    let own = details.programs.get(&programs.first()?.id)?;
    workspace.packages.values().map(|m| &**m).find(|manifest| manifest.name() == own.package)
}

fn repository(
    workspace: &workspace::Workspace,
    manifest: &manifest::Manifest,
) -> Option<Sourced<String>> {
    let span = manifest.package.as_ref()?.repository.as_ref();
    let shared = workspace.shared().repository;
    let value = manifest::Manifest::inherited(span, shared.as_ref())?;
    value.starts_with("https://").then(|| {
        Sourced::new(value.to_owned(), manifest.at(span?, "the package's repository")).into()
    })?
}

/// Profiles for which the manifest already says what to strip.
fn strips(manifest: &manifest::Manifest) -> Vec<String> {
    manifest
        .profiles
        .iter()
        .filter(|(_, table)| table.contains_key("strip"))
        .map(|(name, _)| name.clone())
        .collect()
}

fn questions(manifest: &manifest::Manifest, likeliest: Option<&ProgramDetails>) -> Vec<Question> {
    let release = "release".to_owned();
    let own = manifest
        .profiles
        .keys()
        .filter(|name| !["release", "dev", "test", "bench"].contains(&name.as_str()));
    let profiles = std::iter::once(&release)
        .chain(own)
        .map(|name| Choice { value: name.clone(), label: name.clone() });
    vec![
        Question {
            id: id::PROFILE.to_owned(),
            prompt: "Which cargo profile?".to_owned(),
            kind: Answerable::Choice(profiles.collect()),
            default: Some(Sourced::assumed(release.clone())),
            open: false,
        },
        Question {
            id: id::FEATURES.to_owned(),
            prompt: "Which features? (comma-separated; `-default` leaves out the default ones)"
                .to_owned(),
            kind: Answerable::Text,
            default: Some(Sourced::with(
                likeliest.map_or_else(String::new, |own| own.features.join(",")),
                likeliest
                    .map(|own| own.features_evidence.iter().chain(&own.demands).cloned().collect())
                    .unwrap_or_default(),
            )),
            // The code demands one of several features, and only a person knows which.
            open: likeliest.is_some_and(|own| !own.demands.is_empty()),
        },
    ]
}

/// Applies the answers. Features change which packages are built and so what the program needs;
/// arguments may open the address on which it listens.
fn refine(dir: &Dir, _: &Facts, answers: &Answers, mut program: Program) -> Result<Program> {
    if let Some(features) = answers.get(id::FEATURES)
        && let Some(workspace) = workspace::workspace(dir)?
    {
        let lock = read_lock(dir, &workspace)?;
        let lock = Option::as_ref(&lock);
        let config = config::config(dir.repo, &workspace)?;
        let project = Project::new(dir, &workspace, lock, &config)?;
        if let Some(again) = programs::with_features(&project, &program.id, features)? {
            program = again;
        }
    }
    if answers
        .get(common::ARGS)
        .is_some_and(|args| args.contains("0.0.0.0") || args.contains("[::]"))
    {
        program.findings.retain(|finding| finding.code != FindingCode::LocalhostOnly);
    }
    Ok(program)
}

fn program(dir: &Dir, facts: &Facts, wanted: &str) -> Result<Program> {
    let known: Vec<&str> = facts.programs.iter().map(|program| program.id.as_str()).collect();
    let binaries = match known.as_slice() {
        [] => "it has none".to_owned(),
        known => format!("it has {}", known.join(", ")),
    };
    anyhow::bail!("`{wanted}`: {} has no such binary; {binaries}", dir.path)
}
