//! Checks that the Dockerfile follows the answers: one that changes nothing is a mistake, and its
//! author must hear of it.

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
    let mut wanted: Vec<(&'static str, String, bool)> = Vec::new();
    for argument in split_words(answers.get(id::BUILD_ARG).unwrap_or_default())? {
        let name = argument.split('=').next().unwrap_or_default().to_owned();
        let held = takes(&file, &name);
        wanted.push((id::BUILD_ARG, name, held));
    }
    for name in answers.list(id::BUILD_PACKAGE) {
        let held = runs(&file, &name);
        wanted.push((id::BUILD_PACKAGE, name, held));
    }
    for name in answers.list(id::PACKAGE) {
        let held = runs(&file, &name);
        wanted.push((id::PACKAGE, name, held));
    }
    if let Some(line) = answers.get(id::BUILD_COMMAND).filter(|line| !line.trim().is_empty()) {
        let word = quote::shell_word(line);
        let held = dockerfile.contains(&word);
        wanted.push((id::BUILD_COMMAND, line.to_owned(), held));
    }
    for word in split_words(answers.get(id::BUILD_FLAGS).unwrap_or_default())? {
        let held = dockerfile.contains(&quote::flags(&[&word]));
        wanted.push((id::BUILD_FLAGS, word, held));
    }
    match wanted.into_iter().find(|(.., held)| !held) {
        Some((id, name, _)) => Err(Unfit {
            id,
            why: format!(
                "`{name}` would change nothing: no step of this image installs or builds anything \
                 that could use it; remove the answer"
            ),
        }
        .into()),
        None => Ok(()),
    }
}

/// True if a stage takes the argument, by ARG or as a secret.
fn takes(file: &Dockerfile, name: &str) -> bool {
    file.instructions().any(|held| match held.keyword.as_str() {
        "ARG" => held.pairs().iter().any(|(key, _)| key == name),
        "RUN" => held.mounts().iter().any(|mount| mount.get("env") == Some(name)),
        _ => false,
    })
}

/// True if a step names the word.
fn runs(file: &Dockerfile, word: &str) -> bool {
    let mut steps = file.instructions().filter(|held| held.keyword == "RUN");
    steps.any(|held| held.arguments.split_whitespace().any(|one| one == word))
}
