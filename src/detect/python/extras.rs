//! The extras of a project that the repository itself installs: in a Dockerfile that somebody wrote,
//! or in its documentation.

use std::collections::BTreeSet;

use anyhow::Result;

use super::manifest::{Project, is_for_development};
use super::requirement::normal;
use crate::facts::{Evidence, Sourced};
use crate::recipes;
use crate::repo::Dir;

/// Tools that install a project, and what starts one of them as a module.
const TOOLS: [&str; 8] = ["pip", "pip3", "uv", "poetry", "pdm", "python", "python3", "pipx"];

/// Options that name extras.
const OPTIONS: [&str; 5] = ["--extra", "--extras", "-E", "--group", "-G"];

/// Options for all extras.
const ALL: [&str; 1] = ["--all-extras"];

/// The extras that the repository installs, separated by commas; `None` if nothing says so.
///
/// # Errors
/// If a recipe cannot be read.
pub(super) fn told(dir: &Dir, project: &Project) -> Result<Option<Sourced<String>>> {
    if project.offered().is_empty() {
        return Ok(None);
    }
    let written = recipes::dockerfile::written(dir.repo, &dir.path)?;
    let commands = written.0.iter().flat_map(|(_, image)| &image.commands);
    let (mut names, mut places) = (BTreeSet::new(), Vec::new());
    for ran in commands {
        let found = of_command(&ran.words, project);
        if found.iter().any(|name| !names.contains(name)) {
            places.push(noted(&ran.evidence, &found));
            names.extend(found);
        }
    }
    if !names.is_empty() {
        return Ok(Some(Sourced::with(listed(&names), places)));
    }
    // Documentation may show several ways to install: only one that it shows alone counts.
    let steps = recipes::told(dir.repo, &dir.path)?;
    let mut seen: Option<(BTreeSet<String>, Evidence)> = None;
    for step in steps.iter().filter(|step| installs(&step.words, project)) {
        let found = of_command(&step.words, project);
        match &seen {
            Some((held, _)) if *held != found => return Ok(None),
            _ => seen = Some((found, step.evidence.clone())),
        }
    }
    Ok(seen
        .filter(|(found, _)| !found.is_empty())
        .map(|(found, at)| Sourced::guessed(listed(&found), noted(&at, &found))))
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

fn noted(at: &Evidence, names: &BTreeSet<String>) -> Evidence {
    Evidence { note: format!("it installs the project with {}", listed(names)), ..at.clone() }
}

/// True for a command that installs the project.
fn installs(words: &[String], project: &Project) -> bool {
    let is_tool = words
        .first()
        .is_some_and(|first| TOOLS.contains(&first.rsplit('/').next().unwrap_or_default()));
    let installs = words.iter().any(|word| matches!(word.as_str(), "install" | "sync" | "add"));
    let own = words.iter().any(|word| {
        let plain = word.split(['[', '=', '>', '<', '~', '@']).next().unwrap_or_default();
        is_own(plain, project)
    });
    let bare = words.iter().any(|word| word == "sync")
        || words.first().is_some_and(|first| matches!(first.as_str(), "poetry" | "pdm"));
    is_tool && installs && (own || bare)
}

/// True for what names the project: its folder, or its name.
fn is_own(word: &str, project: &Project) -> bool {
    let named = project.name.as_ref().is_some_and(|name| normal(&name.value) == normal(word));
    named || matches!(word, "." | "./" | "/app" | "/src" | "/code") || word.ends_with("/.")
}

/// The extras for production that a command installs the project with.
fn of_command(words: &[String], project: &Project) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let offered = project.offered();
    let tool = |word: &String| TOOLS.contains(&word.rsplit('/').next().unwrap_or_default());
    // `uv run --extra x` installs too.
    if !words.first().is_some_and(tool) {
        return found;
    }
    let mut add = |text: &str| {
        for name in text.split([',', ' ']).map(|name| normal(name.trim())) {
            if offered.contains(&name.as_str()) && !is_for_development(&name) {
                found.insert(name);
            }
        }
    };
    for (at, word) in words.iter().enumerate().skip(1) {
        if ALL.contains(&word.as_str()) {
            for name in &offered {
                add(name);
            }
        }
        if let Some((flag, value)) = word.split_once('=')
            && OPTIONS.contains(&flag)
        {
            add(value);
        } else if OPTIONS.contains(&word.as_str()) {
            add(words.get(at + 1).map(String::as_str).unwrap_or_default());
        }
        // `.[server]`, `shop[server]==1`, `/app[server]`, `dist/shop-1.whl[server]`
        let Some((before, rest)) = word.split_once('[') else { continue };
        let Some((inside, _)) = rest.split_once(']') else { continue };
        if before.starts_with(['.', '/']) || before.contains(".whl") || is_own(before, project) {
            add(inside);
        }
    }
    found
}
