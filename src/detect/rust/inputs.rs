//! What the build itself reads beside the sources: stand-ins for the dependency layer, patches,
//! vendored packages, prepared queries. Reports what a container would lack.

use std::collections::BTreeSet;

use anyhow::Result;

use super::lockfile::{Locked, Lockfile};
use super::manifest::{Manifest, Role};
use super::project::Project;
use super::workspace::Workspace;
use super::{Details, mask, private, targets};
use crate::detect::git_reads;
use crate::detect::rust::codes;
use crate::facts::{Evidence, Finding};

/// Build dependencies that read the git repository.
pub(super) const GIT_READERS: [&str; 6] =
    ["vergen", "vergen-git2", "vergen-gitcl", "vergen-gix", "shadow-rs", "git-version"];

/// The names whose versions are masked in a workspace, or the reason why none is.
struct Masked(Result<BTreeSet<String>, String>);

/// Fills in the details, and reports what is missing.
pub(super) fn inputs(
    project: &Project,
    details: &mut Details,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let (workspace, repo) = (project.workspace, project.dir.repo);
    let stand_in = || {
        workspace
            .packages
            .iter()
            .filter(|(folder, _)| !workspace.patched.contains(*folder))
            .map(|(_, m)| &**m)
    };
    for manifest in stand_in().filter(|manifest| manifest.package.is_some()) {
        details.stubs.extend(targets::stubs(repo, manifest));
        details.scripts.extend(targets::build_scripts(repo, manifest));
    }
    details.whole =
        workspace.patched.iter().cloned().chain(project.config.vendored.iter().cloned()).collect();
    let shared = workspace.shared().version;
    let mut all: Vec<&Manifest> = stand_in().collect();
    // The manifest of the workspace may hold the version that its packages share.
    if !all.iter().any(|manifest| manifest.path == workspace.manifest.path) {
        all.push(&workspace.manifest);
    }
    let masked = repo.once(&workspace.root, || {
        Ok(Masked(mask::masked(all.iter().copied(), shared.as_ref(), project.lock)))
    })?;
    match &masked.0 {
        Ok(names) => {
            details.masked = true;
            let others = |locked: &Locked| locked.source.is_none() && !names.contains(&locked.name);
            if project.lock.is_some_and(|lock| lock.packages.iter().any(others)) {
                details.own = names.iter().cloned().collect();
            }
        }
        Err(why) => findings.push(Finding::new(
            codes::VERSION_IN_DEPENDENCY_LAYER,
            format!(
                "the version of the package is part of the layer that holds the dependencies: {why}"
            ),
            [Evidence::file(&workspace.manifest.path, "the workspace's manifest")],
        )),
    }
    findings.extend(project.lock.and_then(|lock| out_of_sync(workspace, lock)));
    if project.lock.is_none() {
        findings.push(Finding::no_lockfile(
            "Cargo.lock",
            &workspace.manifest.path,
            "cargo generate-lockfile",
            [Evidence::file(
                &workspace.manifest.path,
                "no Cargo.lock beside it, or .gitignore leaves it out",
            )],
        ));
    }
    for (name, evidence) in &project.config.registries {
        findings.push(
            Finding::new(
                codes::PRIVATE_REGISTRY,
                format!("packages come from the registry `{name}`"),
                [evidence.clone()],
            )
            .with_fix(format!(
                "pass the token as a build secret: add \
                 `--mount=type=secret,id=cargo,env=CARGO_REGISTRIES_{}_TOKEN` to the step that \
                 compiles the dependencies, and build with `--secret id=cargo,env=...`",
                name.to_ascii_uppercase().replace('-', "_")
            )),
        );
    }
    let private = private::private(project)?;
    details.private = private.as_ref().map(|private| private.access);
    findings.extend(private.as_ref().map(private::finding));
    sqlx(project, details, findings)?;
    git(project, findings);
    started(project, details, findings)?;
    browser(project, findings);
    Ok(())
}

/// Reports a build script that starts a program which the builder image lacks.
fn started(project: &Project, details: &Details, findings: &mut Vec<Finding>) -> Result<()> {
    let known = &project.tables.build_scripts;
    for path in &details.scripts {
        let Some(file) = project.sources.file(path)? else { continue };
        let found = (0..file.len()).find_map(|at| {
            if let Some((_, tool)) = known.starters.iter().find(|(name, _)| file.is(at, name)) {
                return Some((at, tool.clone()));
            }
            let starts = at >= 2
                && file.is(at - 1, "(")
                && file.is(at - 2, "new")
                && file.path_to(at - 2).contains(&"Command");
            let tool = file.string(at).filter(|_| starts)?;
            known.tools.iter().any(|held| *held == tool).then(|| (at, tool.into_owned()))
        });
        let Some((at, tool)) = found else { continue };
        findings.push(
            Finding::new(
                codes::BUILD_SCRIPT_STARTS,
                format!("the build script starts `{tool}`, which the build stage does not hold"),
                [file.evidence(at, format!("starts `{tool}`"))],
            )
            .with_fix(format!(
                "commit the output of `{tool}` and let the build script do without it, or add \
                 `{tool}` to the build stage with your own template"
            )),
        );
    }
    Ok(())
}

/// Crates for code that runs in browsers.
const BROWSER: [&str; 5] = ["wasm-bindgen", "yew", "leptos", "dioxus", "sycamore"];

/// Reports a package for browsers beside the program, because a build of the program does not
/// build it.
fn browser(project: &Project, findings: &mut Vec<Finding>) {
    for (folder, manifest) in &project.workspace.packages {
        let cdylib = manifest.lib.is_some() && manifest.text.contains("cdylib");
        let framework = manifest
            .dependencies()
            .find(|d| d.role == Role::Normal && d.platform.is_empty() && BROWSER.contains(&d.key));
        // A package that also uses axum may be the server itself.
        // cargo-leptos' own settings say more.
        let framework = framework.filter(|_| !manifest.text.contains("metadata.leptos"));
        if let Some(dependency) = framework.filter(|_| cdylib || !manifest.text.contains("axum")) {
            findings.push(Finding::new(
                codes::BROWSER_PACKAGE,
                format!(
                    "{folder} is compiled for browsers with `{}`, and the image builds the \
                         program only",
                    dependency.key
                ),
                [manifest.at(dependency.spec, "a dependency for browsers")],
            ));
            return;
        }
    }
}

/// sqlx's macros ask a database during compilation, unless `cargo sqlx prepare` has stored the
/// answers.
fn sqlx(project: &Project, details: &mut Details, findings: &mut Vec<Finding>) -> Result<()> {
    let (workspace, repo) = (project.workspace, project.dir.repo);
    let mut folders = vec![workspace.root.clone()];
    folders.extend(workspace.packages.keys().cloned());
    details.sqlx = folders.iter().any(|folder| {
        folder.join(".sqlx").is_some_and(|path| repo.is_dir(&path))
            || folder.join("sqlx-data.json").is_some_and(|path| repo.is_file(&path))
    });
    if details.sqlx {
        return Ok(());
    }
    for manifest in workspace.packages.values() {
        if !manifest
            .dependencies()
            .any(|dependency| dependency.key == "sqlx" && dependency.role == Role::Normal)
        {
            continue;
        }
        let mut roots = targets::library(manifest).into_iter().collect::<Vec<_>>();
        roots.extend(targets::binaries(repo, manifest).into_iter().map(|binary| binary.path));
        for root in roots {
            for file in project.sources.of_crate(&root, &|_| true)? {
                let checked = ["query", "query_as", "query_scalar", "query_file", "query_file_as"];
                let at = (0..file.len()).find(|at| {
                    file.is(at + 1, "!")
                        && file.is(at + 2, "(")
                        && checked.iter().any(|name| file.is(*at, name))
                });
                if let Some(at) = at {
                    findings.push(Finding::new(
                        codes::SQLX_DATA_MISSING,
                        "sqlx checks this query against a database while it compiles, and the \
                             repository does not hold its prepared data",
                        [file.evidence(at, "a checked query")],
                    ));
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn git(project: &Project, findings: &mut Vec<Finding>) {
    if git_reads::let_in(project.dir.repo, &project.workspace.context) {
        return;
    }
    for manifest in project.workspace.packages.values() {
        for dependency in manifest.dependencies().filter(|dependency| dependency.role != Role::Dev)
        {
            if GIT_READERS.contains(&dependency.key) {
                findings.push(Finding::new(
                    codes::GIT_AT_BUILD,
                    format!("`{}` reads the git repository during the build", dependency.key),
                    [manifest.at(dependency.spec, "a build dependency")],
                ));
                return;
            }
        }
    }
}
/// Reports a dependency of a member that its entry in Cargo.lock does not list. Cargo lists all of
/// them there: optional ones, those for tests, and those of other platforms.
fn out_of_sync(workspace: &Workspace, lock: &Lockfile) -> Option<Finding> {
    for dir in &workspace.members {
        let Some(manifest) = workspace.packages.get(dir) else { continue };
        let mut own = lock.named(manifest.name()).filter(|held| held.source.is_none());
        let (Some(locked), None) = (own.next(), own.next()) else { continue };
        for declared in manifest.dependencies() {
            let table = declared.spec.as_ref().table();
            // The workspace may give it another name.
            let name = table.package.as_deref().unwrap_or(declared.key);
            if table.workspace || name == manifest.name() || locked.lists(name) {
                continue;
            }
            let note = format!("depends on `{name}`");
            let what =
                format!("{} does not list `{name}`, which {} needs", lock.path, manifest.path);
            return Some(Finding::new(
                codes::LOCKFILE_OUT_OF_SYNC,
                what,
                [manifest.at(declared.spec, note), lock.at(locked, "its entry")],
            ));
        }
    }
    None
}
