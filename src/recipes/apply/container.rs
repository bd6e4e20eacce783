//! Variables that the code asks whether the program runs in a container.

use anyhow::Result;

use crate::facts::{Evidence, Finding, FindingCode, Program, Sourced};
use crate::path::RelPath;

use super::code::{Code, is_comment, is_whole};
use super::{report, set};
use crate::recipes::Variable;
use crate::recipes::docs::for_containers;

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

/// Ends of names that a program gives to such a variable: `SHOP_IN_DOCKER`. They count where the code
/// only tests the variable: `STORAGE_CONTAINER` may be the name of something.
const ENDS: [&str; 2] = ["_CONTAINER", "_DOCKER"];

/// What stands before the call that reads a variable which is only tested.
const TESTED: [&str; 7] = ["if (", "if", "if not", "if !", "!!", "bool(", "Boolean("];

/// What stands behind it.
const COMPARED: [&str; 8] =
    ["==", "!=", "? ", "in os.environ", ".is_ok", ".is_some", "is not None", "!== undefined"];

/// Words of a line that reads the environment.
const ENVIRONMENT: [&str; 5] = ["env", "Env", "ENV", "environ", "config("];

/// Words of a message that tells what to set in a container.
const TOLD: [&str; 4] = ["container", "Container", "docker", "Docker"];

/// Sets the variables that a message of the code tells to set in every container, and those of
/// documentation that the code names.
///
/// # Errors
/// If a file of the code cannot be read.
pub(super) fn told(program: &mut Program, stated: &[&Variable], code: &Code<'_>) -> Result<()> {
    let mut all: Vec<Variable> = Vec::new();
    for variable in stated {
        if !code.texts_with(&[variable.key.as_str()])?.is_empty() {
            all.push((*variable).clone());
        }
    }
    let documented = all.len();
    for (path, text) in code.texts_with(&TOLD)? {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !is_comment(line));
        all.extend(lines.filter_map(|(number, line)| {
            let (key, value) = for_containers(line)?;
            let evidence = Evidence::at(path, number, format!("{key} is {value} in a container"));
            Some(Variable { key, value, evidence })
        }));
    }
    for (at, variable) in all.into_iter().enumerate() {
        if at >= documented && !is_read(&variable.key, code)? {
            continue;
        }
        set(program, &variable.key, &variable.value, Sourced::new((), variable.evidence));
    }
    Ok(())
}

/// True if the code reads the variable: a text that only tells of it is an example.
fn is_read(name: &str, code: &Code<'_>) -> Result<bool> {
    let reads = |line: &str| {
        let whole = line.split_once(name).is_some_and(|(before, after)| is_whole(before, after));
        whole && !is_comment(line) && ENVIRONMENT.iter().any(|word| line.contains(word))
    };
    Ok(code.texts_with(&[name])?.iter().any(|(_, text)| text.lines().any(reads)))
}

/// A read of such a variable.
struct Read {
    name: String,
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
    let name = read.name.as_str();
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
        if !reads || is_comment(line) {
            continue;
        }
        let whole = NAMES.iter().filter_map(|name| {
            let (before, after) = line.split_once(name)?;
            is_whole(before, after).then_some((before.len(), *name, after))
        });
        if let Some((_, name, after)) = whole.min().or_else(|| ending_so(line)) {
            let rest = after.trim_start_matches(|c: char| "\"'`])}=! ".contains(c));
            let end = rest.find(['"', '\'', '`', ')', ' ', ';']).unwrap_or(rest.len());
            let value = if after.contains("==") { &rest[..end] } else { "" };
            let plain = ["1", "yes", "on"].contains(&value);
            let value = if plain { value } else { "true" }.to_owned();
            let evidence = Evidence::at(path, number, format!("reads {name}"));
            return Some(Read { name: name.to_owned(), value, evidence });
        }
    }
    None
}

/// The place of a name that ends as [`ENDS`] says, the name, and what stands behind it, if the line
/// only tests the variable.
fn ending_so(line: &str) -> Option<(usize, &str, &str)> {
    let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let mut names = line.split(|c: char| !part(c));
    let name = names.find(|name| ENDS.iter().any(|end| name.ends_with(end)))?;
    let (before, after) = line.split_once(name).filter(|(b, a)| is_whole(b, a))?;
    let call = before.trim_end_matches(['"', '\'', '`']).trim_end_matches(['(', '[', '.']);
    let call = call.trim_end_matches(|c: char| c.is_alphanumeric() || "_.:".contains(c)).trim_end();
    let rest = after.trim_start_matches(['"', '\'', '`']).trim_start_matches([']', ')']);
    let tested = TESTED.iter().any(|mark| call.ends_with(mark.trim_end()))
        || COMPARED.iter().any(|mark| rest.trim_start().starts_with(mark));
    tested.then_some((before.len(), name, after))
}
