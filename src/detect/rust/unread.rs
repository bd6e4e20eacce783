//! Folders that a build of a program does not read: tests, benchmarks, examples, documents. They
//! stay out of the build context, so that a change in them does not compile the program again.

use std::rc::Rc;

use anyhow::Result;

use super::project::Project;
use super::source::SourceFile;
use super::targets;
use crate::path::RelPath;

/// Folders beside any manifest. cargo builds nothing in them for a program.
const OF_PACKAGE: [&str; 3] = ["tests", "benches", "examples"];

/// Folders beside the workspace's manifest only.
const OF_WORKSPACE: [&str; 3] = ["docs", "snapshots", "fuzz"];

/// Those folders, sorted. `files` is the source of the program. A folder is not listed if part of
/// the build may be in it, or if code that runs during the build may read it.
pub(super) fn unread(project: &Project, files: &[Rc<SourceFile>]) -> Result<Vec<RelPath>> {
    let (workspace, repo) = (project.workspace, project.dir.repo);
    let mut used: Vec<RelPath> =
        workspace.packages.keys().chain(&project.config.vendored).cloned().collect();
    used.extend(files.iter().map(|file| file.path.clone()));
    let mut sources = files.to_vec();
    for manifest in workspace.packages.values() {
        used.extend(targets::library(manifest));
        used.extend(targets::binaries(repo, manifest).into_iter().map(|binary| binary.path));
        for script in targets::build_scripts(repo, manifest) {
            sources.extend(project.sources.of_crate(&script, &|_| true)?);
            used.push(script);
        }
    }
    let packages =
        workspace.packages.keys().flat_map(|folder| OF_PACKAGE.map(|name| folder.join(name)));
    let all = packages.chain(OF_WORKSPACE.map(|name| workspace.root.join(name)));
    let mut found: Vec<RelPath> = all
        .flatten()
        .filter(|folder| repo.is_dir(folder) && !used.iter().any(|path| path.is_within(folder)))
        .filter(|folder| !sources.iter().any(|file| names(file, folder.file_name())))
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

/// True if the code names something in the folder, whatever macro or function takes it.
fn names(file: &SourceFile, folder: &str) -> bool {
    // A single word can mean anything, unless dots or slashes make it a path.
    file.leads_to(folder)
        || is_script(file)
            && (0..file.len()).any(|at| file.string(at).is_some_and(|text| text == folder))
}

/// Build scripts also read folders by their bare names.
fn is_script(file: &SourceFile) -> bool {
    file.path.file_name() == "build.rs"
}
