//! Shell files that start a program: what they start in the end, and what they do before it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::{App, codes};
use super::{Target, Told, read};
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::shell;

/// Names of shell files that start something, likeliest first.
const USUAL: [&str; 8] = [
    "start.sh",
    "run.sh",
    "entrypoint.sh",
    "docker-entrypoint.sh",
    "scripts/start.sh",
    "scripts/run.sh",
    "bin/start.sh",
    "docker/entrypoint.sh",
];

/// Maximum number of commands that are said.
const MAX_SAID: usize = 6;
/// Maximum number of words that a variable of a script stands for.
const MAX_WORDS: usize = 64;

/// The shell file of the repository that words run.
pub(super) fn named(app: &App, words: &[String]) -> Option<RelPath> {
    let mut words = words.iter().map(String::as_str);
    let mut first = words.next()?;
    if matches!(first, "sh" | "bash" | "/bin/sh" | "/bin/bash") {
        first = words.find(|word| !word.starts_with('-'))?;
    }
    let path = app.dir.join(first.trim_start_matches("./"))?;
    (path.extension() == "sh" && app.dir.repo.is_file(&path)).then_some(path)
}

/// The shell file with a usual name, where the repository has one.
pub(super) fn usual(app: &App) -> Option<RelPath> {
    let mut all = USUAL.iter().filter_map(|name| app.dir.join(name));
    all.find(|path| app.dir.repo.is_file(path))
}

/// What a shell file starts in the end: a server's application, else its last program.
pub(super) fn started(app: &App, path: &RelPath) -> Result<Option<Told>> {
    let Some(text) = app.dir.repo.source_text(path)? else { return Ok(None) };
    let mut found: Option<Told> = None;
    let mut left: Vec<Evidence> = Vec::new();
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    for (line, command) in shell::commands(&text) {
        if command.argv.is_empty() {
            variables.extend(command.env);
            continue;
        }
        let mut words = expanded(command.argv, &variables);
        // The container's own arguments follow the command anyway.
        words.retain(|word| !matches!(word.as_str(), "$@" | "$*" | "then" | "do" | "else"));
        let Some(first) = words.first().filter(|first| !is_quiet(first)) else { continue };
        let at = Evidence::at(path, line, format!("`{first}` of the start script"));
        let one = read(&words).filter(|one| starts(app, one));
        let stronger = |one: &Told| {
            let server = |told: &Told| matches!(told.target, Target::Object(_));
            server(one) || !found.as_ref().is_some_and(server)
        };
        match one.filter(stronger) {
            Some(mut one) => {
                left.extend(found.take().map(|before| before.evidence));
                one.evidence = Evidence { note: format!("{path} starts it"), ..at };
                found = Some(one);
            }
            None => left.push(at),
        }
    }
    Ok(found.map(|one| Told { script: Some(path.clone()), left, ..one }))
}

/// True for the first word of a command that changes nothing which the image would have to repeat.
fn is_quiet(first: &str) -> bool {
    shell::is_quiet(first) || matches!(first, "source" | "." | "export")
}

/// The words of a command, with each variable that holds a command line replaced by its words.
fn expanded(words: Vec<String>, variables: &BTreeMap<String, String>) -> Vec<String> {
    let held = |word: &str| {
        let name = word.strip_prefix('$')?.trim_start_matches('{').trim_end_matches('}');
        variables.get(name)
    };
    words
        .into_iter()
        .flat_map(|word| match held(&word) {
            Some(line) => line.split_whitespace().take(MAX_WORDS).map(str::to_owned).collect(),
            None => vec![word],
        })
        .collect()
}

/// True for what can be the program of an image.
fn starts(app: &App, one: &Told) -> bool {
    match &one.target {
        Target::Object(_) | Target::Module(_) | Target::Manage => true,
        Target::File(file) | Target::Paste(file) => app.dir.has(file),
        Target::Command(name) => app.project.scripts.iter().any(|script| script.name == *name),
    }
}

/// What the image leaves out of a shell file.
pub(in crate::detect::python) fn finding(told: &Told) -> Option<Finding> {
    let path = told.script.as_ref()?;
    let said = told.left.iter().take(MAX_SAID).cloned();
    (!told.left.is_empty()).then(|| {
        let what = format!("{path} does more than the image does when it starts");
        Finding::new(codes::SCRIPT_SHORTENED, what, said)
    })
}
