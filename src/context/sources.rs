//! Sources that somebody else's .dockerignore hides: it was written for an image that copies what
//! was built before.

use std::collections::BTreeSet;

use anyhow::Result;

use super::hides_needed;
use crate::docker::ignore::{IgnoreFile, Pattern, literal};
use crate::facts::{Evidence, Finding, Severity};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::Repo;

/// Exceptions to their lines.
#[derive(Debug, Default)]
pub(super) struct LetIn {
    /// The rows.
    pub(super) rows: Vec<String>,
    /// What there is to say.
    pub(super) findings: Vec<Finding>,
}

/// Lets in what the build compiles and `theirs` hides. A line such as `*` hides all that is not
/// listed: then everything at the top that it hides comes in, for nobody can tell what a build
/// reads beside its sources; `ours` still holds.
pub(super) fn let_in(
    repo: &Repo,
    plan: &Plan,
    file: &RelPath,
    theirs: &IgnoreFile,
    ours: &IgnoreFile,
) -> Result<LetIn> {
    let mut so_far = theirs.clone();
    let mut made = LetIn::default();
    for source in &plan.sources {
        let Some(pattern) = so_far.deciding(source).filter(|pattern| !pattern.exception).cloned()
        else {
            continue;
        };
        let mut paths = Vec::new();
        if hides_all(&pattern) {
            made.findings.push(lists_other_files(file, source, &pattern));
            paths = hidden_at_the_top(repo, plan, &so_far, ours, &pattern);
        } else {
            made.findings.push(hides_needed(file, source, pattern.line));
        }
        // Last the source itself, where another line still hides it.
        for path in paths.iter().chain([source]) {
            if let Some(row) = literal(path).filter(|_| so_far.hides(path)) {
                let row = format!("!{row}");
                so_far.push(&row)?;
                made.rows.push(row);
            }
        }
    }
    Ok(made)
}

/// True for `*`, `**` and the like.
fn hides_all(pattern: &Pattern) -> bool {
    ["dq0", "dq1.dq2"].iter().all(|path| pattern.matches(path))
}

/// What lies in the context itself and is hidden by `pattern`, but not by `ours`.
fn hidden_at_the_top(
    repo: &Repo,
    plan: &Plan,
    theirs: &IgnoreFile,
    ours: &IgnoreFile,
    pattern: &Pattern,
) -> Vec<String> {
    let others =
        |name: &str| theirs.patterns().iter().any(|other| !hides_all(other) && other.matches(name));
    let by_it = |name: &str| {
        !others(name) && theirs.deciding(name).is_some_and(|decides| decides.line == pattern.line)
    };
    let names: BTreeSet<&str> = repo
        .below(&plan.context)
        .filter_map(|(path, _)| path.strip(&plan.context)?.split('/').next())
        .filter(|name| by_it(name) && !ours.hides(name))
        .collect();
    names.into_iter().map(str::to_owned).collect()
}

fn lists_other_files(file: &RelPath, source: &str, pattern: &Pattern) -> Finding {
    Finding::new(
        "ignore-hides-sources",
        Severity::Warning,
        format!("{file} lets in only what it lists, and `{source}` is not listed"),
        [Evidence {
            file: file.clone(),
            line: u32::try_from(pattern.line).ok(),
            note: "hides all the rest".to_owned(),
        }],
        "the image is built from the sources, and the build would not find them: such a list is for an image of what was built before",
        "nothing: dockgen lets in the rest below; list the sources above to decide yourself",
    )
}
