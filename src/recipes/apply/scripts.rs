//! Scripts that prepare a container before the program starts, which the image does not run.

use anyhow::Result;

use crate::facts::{Evidence, Facts, Finding, FindingCode, Program};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::shell;

/// Names of such scripts, and the folders that they lie in.
const NAMES: [&str; 5] = [
    "docker-entrypoint.sh",
    "entrypoint.sh",
    "docker_entrypoint.sh",
    "docker-start.sh",
    "docker-run.sh",
];
const FOLDERS: [&str; 15] = [
    "",
    "docker",
    ".docker",
    "scripts",
    "script",
    "bin",
    "build",
    "deploy",
    "container",
    "build/docker",
    "contrib/docker",
    "deploy/docker",
    "packaging/docker",
    "rootfs",
    "src/main/docker",
];

/// Maximum number of commands that are said.
const MAX_SAID: usize = 4;

/// Reports the script, unless the program is started by it or a finding of a language's own is about it.
///
/// # Errors
/// If it cannot be read.
pub(super) fn left(repo: &Repo, facts: &Facts, program: &mut Program) -> Result<()> {
    let folders = FOLDERS.iter().filter_map(|folder| match *folder {
        "" => Some(facts.dir.clone()),
        folder => facts.dir.join(folder),
    });
    let mut paths = folders
        .flat_map(|folder| NAMES.iter().filter_map(move |name| folder.join(name)))
        .filter(|path| repo.is_file(path));
    let Some(path) = paths.next() else { return Ok(()) };
    let about = |finding: &Finding| finding.evidence.iter().any(|at| at.file == path);
    if program.findings.iter().any(about) || program.id.ends_with(path.file_name()) {
        return Ok(());
    }
    let Some(text) = repo.source_text(&path)? else { return Ok(()) };
    let steps = steps(&path, &text);
    if !steps.is_empty() {
        let what = format!(
            "{path} prepares the container before the program, and the image does not run it"
        );
        program.findings.push(Finding::new(FindingCode::EntrypointNotRun, what, steps));
    }
    Ok(())
}

/// The first commands that do something.
fn steps(path: &RelPath, text: &str) -> Vec<Evidence> {
    let said = shell::commands(text).filter_map(|(line, command)| {
        let first = command.argv.first()?;
        let quiet = shell::is_quiet(first) || first == "exec";
        (!quiet).then(|| Evidence::at(path, line, format!("`{first}` of the script")))
    });
    said.take(MAX_SAID).collect()
}
