//! Go: modules, workspaces and their main packages.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::ask::{Answers, id};
use crate::catalog;
use crate::catalog::Catalog;
use crate::code::Rows;
use crate::detect::Language;
use crate::detect::privileges::Privileged;
use crate::facts::{Evidence, Facts, Finding, Libc, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

mod analysis;
mod closure;
mod codes;
mod constraint;
mod dialect;
mod flags;
mod layout;
mod linked;
mod module;
mod outside;
mod package;
mod plan;
mod programs;
mod release;
mod runtime;
mod source;
mod special;
mod toolchain;

pub use dialect::DIALECT;

/// Go's row in the registry of languages.
pub const LANGUAGE: Language = Language {
    id: "go",
    name: "Go",
    markers: &["go.mod"],
    refused: &[],
    extensions: &["go"],
    detect,
    encloses: layout::encloses,
    program,
    plan: plan::plan,
    front_end: None,
    refine: Some(refine),
    confirm: None,
    development: None,
    packs: None,
    takes: &[id::BUILD_COMMAND, id::BUILD_OUTPUT, id::BUILD_FLAGS],
    codes: codes::ALL,
};

/// What Go's detection passes to Go's plan, and no other code reads.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Details {
    /// The folder that holds the go.mod of the program.
    module: RelPath,
    vendor: bool,
    download: bool,
    unsummed: bool,
    /// The GOPRIVATE pattern, if a required module matches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    private: Option<String>,
    programs: BTreeMap<String, ProgramDetails>,
}

/// What is known of one program beyond the common facts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ProgramDetails {
    /// Files that the program opens at run time: the path in the repository, and the path as the
    /// program writes it.
    files: Vec<(RelPath, String)>,
    /// Build tags with which the repository itself builds the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// The command that sets the tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flags_evidence: Option<Evidence>,
    /// Variables that the linker sets to a fixed value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    linked: Vec<flags::Linked>,
    /// Variables that the linker sets to the value of a build argument.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    arguments: Vec<flags::Linked>,
    /// Commands that write Go files before the build, which git does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    generate: Vec<Vec<String>>,
    /// Further build tags for a builder with musl.
    musl_tags: Vec<String>,
    /// True if the program links system libraries, so that it cannot be linked statically.
    links: bool,
    /// The working directory, if it is not the folder of the program.
    workdir: Option<String>,
    /// Paths that the build reads although they are named like build output: embedded files, and
    /// packages in such folders. The .dockerignore must let them in.
    reads: Vec<RelPath>,
    /// The folders of the program's packages. For a package in the root, its files instead: the
    /// folder would be the whole repository.
    sources: Vec<RelPath>,
    /// True if it opens windows on a desktop.
    #[serde(skip)]
    desktop: bool,
}

/// Go's tables in the catalog.
#[derive(Debug)]
struct Tables {
    cgo: Vec<CgoModule>,
    libraries: BTreeMap<String, String>,
    libc_libraries: Vec<String>,
    /// Modules that open windows on a desktop.
    desktop: Vec<String>,
    commands: &'static BTreeMap<String, String>,
    starting: Vec<Starting>,
    packing: Vec<Packing>,
    privileged: Vec<Privileged>,
    code: Rows,
}

/// A module that starts another program by itself.
#[derive(Debug, Deserialize)]
struct Starting {
    import: String,
    needs: String,
    source: String,
}

/// A module whose functions read files that its own tool packs into the program.
#[derive(Debug, Deserialize)]
struct Packing {
    import: String,
    names: Vec<String>,
    /// The command that packs.
    tool: String,
    /// How the name of the Go file that it writes ends; empty if it changes the compiled program.
    #[serde(default)]
    writes: String,
    source: String,
}

/// A module that contains C code.
#[derive(Debug, Deserialize)]
struct CgoModule {
    import: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    glibc: bool,
    #[serde(default)]
    musl_tags: Vec<String>,
    source: String,
}

impl Tables {
    /// Import paths of the modules that contain C code.
    fn libraries_in_c(&self) -> Vec<String> {
        self.cgo.iter().map(|row| row.import.clone()).collect()
    }

    fn of(catalog: &Catalog) -> Result<Self> {
        Ok(Self {
            cgo: catalog.table("cgo")?,
            libraries: catalog.table("libraries")?,
            libc_libraries: catalog.table("libc_libraries")?,
            desktop: catalog.table("desktop")?,
            commands: catalog::commands()?,
            starting: catalog.table("starting")?,
            packing: catalog.table("packing")?,
            privileged: catalog.table("privileged")?,
            code: catalog.table("code")?,
        })
    }
}

fn is_cgo(program: &Program) -> bool {
    program.needs.libc != Libc::None
}

fn detect(dir: &Dir) -> Result<Option<Facts>> {
    let Some(layout) = layout::layout(dir)? else { return Ok(None) };
    let catalog = Catalog::of(LANGUAGE.id)?;
    let tables = Tables::of(catalog)?;
    let sources = package::Sources::new(dir.repo, tables.libraries_in_c());
    let list = |layout: &layout::Layout| {
        programs::list(&analysis::Module {
            sources: &sources,
            layout,
            tables: &tables,
            dir: &dir.path,
            tags: None,
        })
    };
    let found = list(&layout)?;
    let first = found.first().map(|(program, _)| program);
    let (layout, found) = match outside::widened(dir.repo, &layout, first, |wide| {
        Ok(list(wide)?.into_iter().next().map(|(program, _)| program))
    })? {
        Some(wide) => {
            let found = list(&wide)?;
            (wide, found)
        }
        None => (layout, found),
    };
    // A library beside other modules is not an application. A repository that is only a library
    // gets a finding instead of silence.
    if found.is_empty() && !(dir.path.is_root() && layout.module.is_root()) {
        return Ok(None);
    }
    let (toolchain, mut findings) = toolchain::toolchain(dir, &layout, catalog)?;
    findings.extend(layout.findings.iter().cloned());
    if found.is_empty() {
        findings.push(no_main(&layout));
    }
    let private = private(dir, &layout, &mut findings)?;
    let mut details = Details {
        private,
        module: layout.module.clone(),
        vendor: layout.vendor.is_some(),
        download: layout.download,
        unsummed: layout.unsummed,
        programs: BTreeMap::new(),
    };
    let mut programs = Vec::new();
    for (program, own) in found {
        details.programs.insert(program.id.clone(), own);
        programs.push(program);
    }
    let mut facts = Facts {
        language: LANGUAGE.id.to_owned(),
        dir: dir.path.clone(),
        context: layout.context.clone(),
        name: name(dir, &layout),
        tool: Sourced::new(
            LANGUAGE.id.to_owned(),
            Evidence::file(&layout.manifest_path, "a module's manifest"),
        ),
        toolchain,
        programs,
        manifests: layout.manifests.clone(),
        build_args: Vec::new(),
        source: source(&layout),
        questions: Vec::new(),
        findings,
        details: serde_json::Value::Null,
    };
    facts.set_details(&details)?;
    Ok(Some(facts))
}

/// The GOPRIVATE pattern, if the build downloads private modules; adds a finding that says how to
/// pass the login.
fn private(
    dir: &Dir,
    layout: &layout::Layout,
    findings: &mut Vec<Finding>,
) -> Result<Option<String>> {
    let required = layout.manifest.requires.iter().map(|require| require.path.clone());
    let required: Vec<String> = required.collect();
    // Nothing is fetched, so no login is needed.
    if !layout.download {
        return Ok(None);
    }
    let Some((pattern, evidence)) = flags::private(dir.repo, &dir.path, &required)? else {
        return Ok(None);
    };
    findings.push(Finding::new(
        codes::PRIVATE_MODULES,
        format!("modules that match GOPRIVATE={pattern} are private, and the build downloads them"),
        [evidence],
    ));
    Ok(Some(pattern))
}

fn no_main(layout: &layout::Layout) -> Finding {
    let line = layout.manifest.module.as_ref().map_or(1, |module| module.line);
    Finding::nothing_to_start(
        "the module holds no `package main` with a `func main` that is built for Linux",
        "cmd/server/main.go",
        [Evidence::at(&layout.manifest_path, line, "a library")],
    )
}

/// The name of the folder if the program's folder lies inside a larger module, else the name of
/// the module.
fn name(dir: &Dir, layout: &layout::Layout) -> Sourced<String> {
    let line = layout.manifest.module.as_ref().map_or(1, |module| module.line);
    let own = programs::own_name(layout);
    let (name, evidence) = if dir.path == layout.module {
        (own, Evidence::at(&layout.manifest_path, line, "the module's last element"))
    } else {
        (dir.path.file_name(), Evidence::file(&dir.path, "the folder's name"))
    };
    Sourced::new(image_name(name), evidence)
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

/// The address of the repository. On the well-known forges the path of a module names it.
fn source(layout: &layout::Layout) -> Option<Sourced<String>> {
    let module = layout.manifest.module.as_ref()?;
    let mut parts = module.value.split('/');
    // The path of another host may only redirect to the repository.
    let host = parts.next().filter(|host| {
        ["github.com", "gitlab.com", "codeberg.org", "bitbucket.org"].contains(host)
    })?;
    let (owner, repository) = (parts.next()?, parts.next()?);
    let evidence = Evidence::at(&layout.manifest_path, module.line, "the module's path");
    Some(Sourced::new(format!("https://{host}/{owner}/{repository}"), evidence))
}

fn program(dir: &Dir, _: &Facts, wanted: &str) -> Result<Program> {
    Ok(look(dir, wanted, None)?.0)
}

/// Build tags decide which files are compiled, and so what the program needs.
fn refine(dir: &Dir, _: &Facts, answers: &Answers, program: Program) -> Result<Program> {
    match flags::answered(answers) {
        Some(tags) => Ok(look(dir, &program.id, Some(&tags))?.0),
        None => Ok(program),
    }
}

/// The program that a person named although detection does not list it, or whose build tags a
/// person gave.
fn look(dir: &Dir, wanted: &str, tags: Option<&[String]>) -> Result<(Program, ProgramDetails)> {
    let Some(layout) = layout::layout(dir)? else {
        anyhow::bail!("{}: neither this folder nor one above it has a go.mod", dir.path)
    };
    let catalog = Catalog::of(LANGUAGE.id)?;
    let tables = Tables::of(catalog)?;
    let sources = package::Sources::new(dir.repo, tables.libraries_in_c());
    let named = |layout: &layout::Layout| {
        let module =
            analysis::Module { sources: &sources, layout, tables: &tables, dir: &dir.path, tags };
        programs::named(&module, wanted)
    };
    let found = named(&layout)?;
    let wide =
        outside::widened(dir.repo, &layout, Some(&found.0), |wide| Ok(Some(named(wide)?.0)))?;
    wide.map_or(Ok(found), |wide| named(&wide))
}
