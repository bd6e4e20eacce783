//! Sources that somebody else's .dockerignore excludes, because it was written for an image that
//! copies prebuilt files.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::sieve::Sieve;
use super::{Group, SECRETS, hides_needed, public};
use crate::detect;
use crate::docker::ignore::{IgnoreFile, Pattern, literal};
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::Repo;
use crate::secrets;

/// If a folder has more files than this, they are included by suffix.
const MAX_NAMED: usize = 3;

/// Exceptions to their lines.
#[derive(Debug, Default)]
pub(super) struct LetIn {
    /// The rows.
    pub(super) rows: Vec<String>,
    /// Findings on them.
    pub(super) findings: Vec<Finding>,
}

/// Includes what the build compiles and `theirs` excludes. A line such as `*` excludes everything
/// that is not listed. Then that line is undone, because nobody knows what a build reads beside its
/// sources; their other lines still apply.
pub(super) fn let_in(plan: &Plan, file: &RelPath, theirs: &IgnoreFile) -> Result<LetIn> {
    let mut so_far = theirs.clone();
    let mut made = LetIn::default();
    let mut listed = BTreeSet::new();
    for source in &plan.sources {
        let pattern = so_far.deciding(source).filter(|pattern| !pattern.exception).cloned();
        let Some(pattern) = pattern.filter(hides_all) else { continue };
        made.findings.push(lists_other_files(file, source, &pattern));
        listed.insert(source);
        for row in undone(&pattern, theirs) {
            so_far.push(&row)?;
            made.rows.push(row);
        }
    }
    // The sources that another line still excludes come last: what was undone would hide them again.
    for source in &plan.sources {
        let pattern = so_far.deciding(source).filter(|pattern| !pattern.exception);
        let Some(pattern) = pattern else { continue };
        if !listed.contains(source) {
            let own = theirs.patterns().iter().find(|own| own.text == pattern.text);
            made.findings.push(hides_needed(file, source, own.unwrap_or(pattern).line));
        }
        if let Some(row) = literal(source) {
            let row = format!("!{row}");
            so_far.push(&row)?;
            made.rows.push(row);
        }
    }
    Ok(made)
}

/// True for `*`, `**` and the like.
fn hides_all(pattern: &Pattern) -> bool {
    ["dq0", "dq1.dq2"].iter().all(|path| pattern.matches(path))
}

/// The rows that undo `all`, a line such as `*`. Their lines for single paths follow, because the
/// exception includes those paths as well. No entry is named: a new one changes nothing.
fn undone(all: &Pattern, theirs: &IgnoreFile) -> Vec<String> {
    let others = theirs.patterns().iter().filter(|other| !hides_all(other));
    let others = others.skip_while(|other| other.exception).map(ToString::to_string);
    std::iter::once(format!("!{all}")).chain(others).collect()
}

fn lists_other_files(file: &RelPath, source: &str, pattern: &Pattern) -> Finding {
    Finding::new(
        FindingCode::IgnoreHidesSources,
        format!("{file} lets in only what it lists, and `{source}` is not listed"),
        [Evidence {
            file: file.clone(),
            line: u32::try_from(pattern.line).ok(),
            note: "hides all the rest".to_owned(),
        }],
    )
}

/// Adds files that contain a credential to the secrets, whatever their names. A file that the
/// Dockerfile copies must not be among them: languages mount such files in the step that needs
/// them.
pub(super) fn hide_literals(repo: &Repo, plan: &Plan, common: &mut [Group]) -> Result<LetIn> {
    let mut made = LetIn::default();
    let mounts = plan.install_secrets.iter().chain(&plan.build_secrets);
    let more = plan
        .front_ends
        .iter()
        .flat_map(|front_end| front_end.install_secrets.iter().chain(&front_end.build_secrets));
    let mounted: BTreeSet<&RelPath> =
        mounts.chain(more).filter_map(|mount| mount.file.as_ref()).collect();
    for found in secrets::literals(repo)?.values() {
        let Some(row) = found.file.strip(&plan.context).and_then(literal) else { continue };
        made.rows.push(row);
        let fix = if mounted.contains(&found.file) {
            let what = plan_argument(plan, &found.file);
            format!(
                "build with `docker build --secret {what} ...`, or replace the credential by a \
                 reference to an environment variable"
            )
        } else {
            "replace the credential by a reference to an environment variable, or pass the file to \
             the step that needs it with `RUN --mount=type=secret`"
                .to_owned()
        };
        made.findings.push(
            Finding::new(
                FindingCode::CredentialInFile,
                format!(
                    "{} holds a credential itself, not a reference to one ({})",
                    found.file, found.key
                ),
                [Evidence::at(&found.file, found.line, "a credential, not a reference to one")],
            )
            .with_fix(fix),
        );
    }
    if let Some(group) = common.iter_mut().find(|group| group.title == SECRETS) {
        group.rows.extend(made.rows.iter().cloned());
    }
    Ok(made)
}

fn plan_argument(plan: &Plan, file: &RelPath) -> String {
    let more = plan.front_ends.iter().flat_map(|front_end| &front_end.install_secrets);
    let mount =
        plan.install_secrets.iter().chain(more).find(|mount| mount.file.as_ref() == Some(file));
    mount.map_or_else(String::new, |mount| mount.argument(&RelPath::to_string))
}

/// Exceptions for what the build reads and our own rows exclude: what it compiles, and sources that
/// only have the name of a secret.
pub(super) fn of_build(plan: &Plan, their_file: &Sieve, file: &Sieve) -> Result<Vec<String>> {
    let mut rows = compiled(plan, their_file, file);
    rows.extend(public::let_in(plan, their_file, file)?);
    Ok(rows)
}

/// Exceptions for sources in the repository that our own rows exclude: a row is for what tools
/// leave behind, and a package may have the same name. Tests that only a test run compiles stay
/// excluded.
fn compiled(plan: &Plan, their_file: &Sieve, file: &Sieve) -> Vec<String> {
    let languages = plan
        .front_ends
        .iter()
        .map(|front_end| front_end.template.split('/').next().unwrap_or_default());
    let endings: Vec<&'static str> = languages
        .chain([plan.language.as_str()])
        .filter_map(detect::language)
        .flat_map(|language| language.extensions.iter().copied())
        .collect();
    let unread: Vec<&str> = super::listed(plan, "unread").collect();
    let compiled = |way: &str| {
        !way.split('/').any(|part| part.starts_with('.') || part == "node_modules")
            && !unread.iter().any(|folder| {
                way == *folder || way.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            })
    };
    // A row such as `*_x.y` excludes sources on purpose.
    let meant = |pattern: &&Pattern| {
        let name = pattern.text.rsplit('/').next().unwrap_or_default();
        let of_sources = endings.iter().any(|ending| name.ends_with(&format!(".{ending}")));
        name.starts_with('*') && of_sources
    };
    let meant: Vec<&Pattern> = file.file().patterns().iter().filter(meant).collect();
    let meant_for = |way: &str| meant.iter().any(|pattern| pattern.matches(way));
    let all = file.hidden_sources(&endings);
    let mut hidden: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for way in all.iter().map(String::as_str).filter(|way| compiled(way)) {
        if !their_file.hides(way) && !meant_for(way) {
            let folder = way.rsplit_once('/').map_or("", |(folder, _)| folder);
            let ending = way.rsplit_once('.').map_or("", |(_, ending)| ending);
            hidden.entry((folder, ending)).or_default().push(way);
        }
    }
    let mut rows = Vec::new();
    for ((folder, ending), ways) in hidden {
        if ways.len() <= MAX_NAMED || folder.is_empty() {
            rows.extend(ways.into_iter().filter_map(literal).map(|row| format!("!{row}")));
        } else {
            rows.extend(literal(folder).map(|folder| format!("!{folder}/*.{ending}")));
        }
    }
    rows
}
