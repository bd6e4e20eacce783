//! Checks that the Dockerfile follows the answers: one that changes nothing is a mistake, and its
//! author must hear of it.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::ask::{Answers, Unfit, id};
use crate::docker::parse::{Dockerfile, parse};
use crate::docker::quote;
use crate::plan::split_words;

/// Checks that what was asked for is in the text of the Dockerfile.
///
/// # Errors
/// If an answer has no effect.
pub(super) fn check(dockerfile: &str, answers: &Answers) -> Result<()> {
    let file = parse(dockerfile)?;
    let (taken, run) = (taken(&file), run(&file));
    let unused = |id: &'static str, name: &str| Unfit {
        id,
        why: format!(
            "`{name}` would change nothing: no step of this image installs or builds anything that \
             could use it; remove the answer"
        ),
    };
    for argument in split_words(answers.get(id::BUILD_ARG).unwrap_or_default())? {
        let name = argument.split('=').next().unwrap_or_default();
        if !taken.contains(name) {
            return Err(unused(id::BUILD_ARG, name).into());
        }
    }
    for id in [id::BUILD_PACKAGE, id::PACKAGE] {
        if let Some(name) = answers.list(id).iter().find(|name| !run.contains(name.as_str())) {
            return Err(unused(id, name).into());
        }
    }
    let command = answers.get(id::BUILD_COMMAND).filter(|line| !line.trim().is_empty());
    if let Some(line) = command.filter(|line| !dockerfile.contains(&quote::shell_word(line))) {
        return Err(unused(id::BUILD_COMMAND, line).into());
    }
    let flags = split_words(answers.get(id::BUILD_FLAGS).unwrap_or_default())?;
    if !dockerfile.contains(&quote::flags(&flags)) {
        return Err(unused(id::BUILD_FLAGS, &flags.join(" ")).into());
    }
    Ok(())
}

/// The arguments that stages take, by ARG or as a secret.
fn taken(file: &Dockerfile) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for held in file.instructions() {
        match held.keyword.as_str() {
            "ARG" => names.extend(held.pairs().into_iter().map(|(key, _)| key)),
            "RUN" => names.extend(
                held.mounts().iter().filter_map(|mount| mount.get("env").map(str::to_owned)),
            ),
            _ => {}
        }
    }
    names
}

/// The words of the steps.
fn run(file: &Dockerfile) -> BTreeSet<&str> {
    let steps = file.instructions().filter(|held| held.keyword == "RUN");
    steps.flat_map(|held| held.arguments.split_whitespace()).collect()
}
