//! Files and folders that recipes mount for the program to read, and that the image does not hold.

use crate::facts::{Evidence, Facts, Finding, FindingCode, Program};
use crate::recipes::{Folder, Run};
use crate::repo::Repo;

use super::report;

/// Maximum number of paths in the message.
const MAX_PATHS: usize = 4;

/// The option that mounts it.
fn option(folder: &Folder) -> String {
    if let Some(given) = &folder.given {
        return format!("-v {given}");
    }
    let own = folder.source.as_ref().map_or("FILE".to_owned(), |source| format!("./{source}"));
    format!("-v {own}:{}:ro", folder.path)
}

/// Reports the paths, unless another finding names them or the image holds the repository's own.
pub(super) fn inputs(repo: &Repo, facts: &Facts, program: &mut Program, runs: &[&Run]) {
    let in_image = |folder: &Folder| {
        let own = folder.path.strip_prefix("/app/").and_then(|own| facts.dir.join(own));
        own.is_some_and(|own| repo.is_file(&own) || repo.is_dir(&own))
    };
    let mut found: Vec<&Folder> = Vec::new();
    for folder in runs.iter().filter(|run| run.starts_image()).flat_map(|run| &run.inputs) {
        let path = folder.path.as_str();
        let given = program.args.as_ref().is_some_and(|args| args.value.contains(path));
        let said = program.findings.iter().any(|finding| {
            finding.what.contains(path) || finding.why.contains(path) || finding.fix.contains(path)
        });
        let written = program.writable.iter().any(|held| held.value == path);
        let known = found.iter().any(|held| held.path == path);
        let plain = path.chars().all(|c| c.is_ascii_graphic());
        if plain && !given && !said && !written && !known && !in_image(folder) {
            found.push(folder);
        }
    }
    found.truncate(MAX_PATHS);
    if found.is_empty() {
        return;
    }
    let listed: Vec<&str> = found.iter().map(|folder| folder.path.as_str()).collect();
    let what =
        format!("the repository mounts {}, which the image does not hold", listed.join(", "));
    let mounts: Vec<String> = found.iter().map(|folder| option(folder)).collect();
    let fix = format!("mount what the program needs: `docker run {} ...`", mounts.join(" "));
    let evidence: Vec<Evidence> = found.iter().map(|folder| folder.evidence.clone()).collect();
    report(program, Finding::new(FindingCode::MountsGiven, what, evidence).with_fix(fix));
}
