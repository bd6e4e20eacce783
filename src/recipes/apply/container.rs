//! Variables that the code asks whether the program runs in a container.

use anyhow::Result;

use crate::facts::{Evidence, Finding, FindingCode, Program};
use crate::path::RelPath;

use super::code::{Code, is_comment, is_whole};
use super::report;

/// A word of each such name.
const WORDS: [&str; 2] = ["CONTAINER", "DOCKER"];

/// Names of such variables.
const NAMES: [&str; 14] = [
    "CONTAINERIZED",
    "DOCKER",
    "DOCKERIZED",
    "DOCKER_CONTAINER",
    "INSIDE_CONTAINER",
    "INSIDE_DOCKER",
    "IN_CONTAINER",
    "IN_DOCKER",
    "IS_CONTAINER",
    "IS_DOCKER",
    "IS_IN_DOCKER",
    "RUNNING_IN_CONTAINER",
    "RUNNING_IN_DOCKER",
    "RUN_IN_DOCKER",
];

/// Words of a line that reads the environment.
const ENVIRONMENT: [&str; 5] = ["env", "Env", "ENV", "environ", "config("];

/// A read of such a variable.
struct Read {
    name: &'static str,
    /// The value that the code compares it with.
    value: String,
    evidence: Evidence,
}

/// Reports the first one that the image does not set.
///
/// # Errors
/// If a file of the code cannot be read.
pub(super) fn asked(program: &mut Program, code: &Code<'_>) -> Result<()> {
    let texts = code.texts_with(&WORDS)?;
    let Some(read) = texts.iter().find_map(|(path, text)| first_read(path, text)) else {
        return Ok(());
    };
    let name = read.name;
    let is_set = program.env.iter().any(|held| held.value.key == name);
    let is_said = program.findings.iter().any(|finding| finding.what.contains(name));
    if is_set || is_said {
        return Ok(());
    }
    let what = format!("the code asks {name} whether it runs in a container");
    let value = &read.value;
    let fix = format!(
        "set --env {name}={value}, if the program is to work as in the repository's own container"
    );
    let finding = Finding::new(FindingCode::ContainerVariable, what, [read.evidence]);
    report(program, finding.with_fix(fix));
    Ok(())
}

/// The first read in a text.
fn first_read(path: &RelPath, text: &str) -> Option<Read> {
    for (number, line) in (1..).zip(text.lines()) {
        let named = WORDS.iter().any(|word| line.contains(word));
        let reads = named && ENVIRONMENT.iter().any(|word| line.contains(word));
        let found = NAMES.iter().filter(|_| reads && !is_comment(line));
        let whole = found.filter_map(|name| {
            let (before, after) = line.split_once(name)?;
            is_whole(before, after).then_some((before.len(), *name, after))
        });
        if let Some((_, name, after)) = whole.min() {
            let rest = after.trim_start_matches(|c: char| "\"'`])}=! ".contains(c));
            let end = rest.find(['"', '\'', '`', ')', ' ', ';']).unwrap_or(rest.len());
            let value = if after.contains("==") { &rest[..end] } else { "" };
            let plain = ["1", "yes", "on"].contains(&value);
            let value = if plain { value } else { "true" }.to_owned();
            let evidence = Evidence::at(path, number, format!("reads {name}"));
            return Some(Read { name, value, evidence });
        }
    }
    None
}
