//! The questions that every application raises, with what the repository answers already.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::ask::{Answerable, Answers, Choice, Question, id, join_list, split_list};
use crate::base;
use crate::catalog::Catalog;
use crate::docker::types::{ContainerPath, EnvKey};
use crate::facts::{Facts, Kind, Program, Sourced, Strength};
use crate::plan::split_words;

/// Every question about an application, the ones of its language included (which replace a common
/// one of the same id).
///
/// `program` is the one that the answers name, where one is known: port, folders and arguments are
/// asked about it.
pub fn questions(
    facts: &Facts,
    program: Option<&Program>,
    catalog: &Catalog,
    answers: &Answers,
) -> Vec<Question> {
    let mut all = vec![
        entrypoint(facts),
        toolchain(facts, catalog),
        tool(facts),
        port(program),
        base(facts, program, catalog, answers),
        args(program),
        text(id::NAME, "What is the image called?", Some(facts.name.clone())),
        writable(program),
        text(id::ENV, "Which environment variables does the image set?", None),
        dev(),
    ];
    if program.is_some_and(|program| !program.front_ends.is_empty()) {
        let prompt = "Which version of its language builds the front end?";
        all.push(text(id::FRONT_END_TOOLCHAIN, prompt, Some(Sourced::assumed("auto".to_owned()))));
    }
    for own in &facts.questions {
        match all.iter_mut().find(|common| common.id == own.id) {
            Some(slot) => *slot = own.clone(),
            None => all.push(own.clone()),
        }
    }
    all
}

/// Checks an answer beyond its kind.
///
/// # Errors
/// What would be valid.
pub fn check(question: &Question, answer: &str) -> Result<()> {
    question.check(answer)?;
    match question.id.as_str() {
        id::NAME => check_name(answer),
        id::ENV => split_words(answer)?.iter().try_for_each(|pair| {
            let (key, _) = pair
                .split_once('=')
                .with_context(|| format!("`{pair}` in `env` is not KEY=value"))?;
            EnvKey::new(key).map(|_| ()).map_err(Into::into)
        }),
        id::WRITABLE => split_list(answer).iter().try_for_each(|folder| {
            ContainerPath::new(format!("/{folder}")).map(|_| ()).map_err(Into::into)
        }),
        id::ARGS => split_words(answer).map(|_| ()),
        id::TOOLCHAIN | id::FRONT_END_TOOLCHAIN => {
            let plain = answer.chars().all(|c| c.is_ascii_alphanumeric() || ".-+_".contains(c));
            if answer.is_empty()
                || !plain
                || !answer.starts_with(|c: char| c.is_ascii_alphanumeric())
            {
                bail!("`{answer}` is no version: digits and dots, as in an image's tag");
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Docker's rule for one component of a repository name.
fn check_name(name: &str) -> Result<()> {
    let plain =
        name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !plain
        || !ends(name.chars().next())
        || !ends(name.chars().last())
        || name.contains("..")
        || name.len() > 128
    {
        bail!(
            "`{name}` is no image name: lower-case letters, digits and single . _ - between them"
        );
    }
    Ok(())
}

/// Refuses answers to questions that do not exist.
///
/// # Errors
/// The unknown id and the known ones.
pub fn check_ids<'a>(ids: impl Iterator<Item = &'a str>, known: &[Question]) -> Result<()> {
    for id in ids {
        if !known.iter().any(|question| question.id == id) {
            let known: BTreeSet<&str> = known.iter().map(|question| question.id.as_str()).collect();
            let known: Vec<&str> = known.into_iter().collect();
            bail!(
                "there is no question `{id}` about this application: one of {}",
                known.join(", ")
            );
        }
    }
    Ok(())
}

fn text(id: &str, prompt: &str, default: Option<Sourced<String>>) -> Question {
    let default = Some(default.unwrap_or_else(|| Sourced::assumed(String::new())));
    Question {
        id: id.to_owned(),
        prompt: prompt.to_owned(),
        kind: Answerable::Text,
        default,
        open: false,
    }
}

fn writable(program: Option<&Program>) -> Question {
    let folders = program.map_or(&[][..], |program| &program.writable);
    let default = Sourced {
        value: join_list(folders.iter().map(|folder| &folder.value)),
        evidence: folders.iter().flat_map(|folder| folder.evidence.clone()).collect(),
        rejected: Vec::new(),
        strength: folders.iter().map(|folder| folder.strength).min().unwrap_or_default(),
    };
    let open = default.strength == Strength::Guessed;
    let prompt = "Which folders does the program write?";
    Question { open, ..text(id::WRITABLE, prompt, Some(default)) }
}

fn choices(values: impl IntoIterator<Item = String>) -> Vec<Choice> {
    let mut seen = BTreeSet::new();
    let new = values.into_iter().filter(|value| seen.insert(value.clone()));
    new.map(|value| Choice { label: value.clone(), value }).collect()
}

fn entrypoint(facts: &Facts) -> Question {
    let programs = facts.programs.iter().map(|program| {
        let place = program
            .evidence
            .first()
            .map_or_else(String::new, |evidence| format!("  {}", evidence.place()));
        Choice { value: program.id.clone(), label: format!("{}{place}", program.id) }
    });
    let likeliest = facts.programs.first();
    Question {
        id: id::ENTRYPOINT.to_owned(),
        prompt: "Which program should the container start?".to_owned(),
        kind: Answerable::Suggest(programs.collect()),
        default: likeliest
            .map(|program| Sourced::with(program.id.clone(), program.evidence.clone())),
        open: facts.programs.len() != 1,
    }
}

fn toolchain(facts: &Facts, catalog: &Catalog) -> Question {
    let supported = catalog
        .release
        .iter()
        .filter(|release| release.supported)
        .map(|release| release.cycle.clone());
    Question {
        id: id::TOOLCHAIN.to_owned(),
        prompt: "Which version of the language?".to_owned(),
        kind: Answerable::Suggest(choices(
            [facts.toolchain.value.clone()].into_iter().chain(supported),
        )),
        default: Some(facts.toolchain.clone()),
        open: false,
    }
}

fn tool(facts: &Facts) -> Question {
    let rejected = facts.tool.rejected.iter().map(|rejected| rejected.value.clone());
    Question {
        id: id::TOOL.to_owned(),
        prompt: "Which package manager or build tool?".to_owned(),
        kind: Answerable::Choice(choices([facts.tool.value.clone()].into_iter().chain(rejected))),
        default: Some(facts.tool.clone()),
        open: false,
    }
}

fn port(program: Option<&Program>) -> Question {
    let found = program.and_then(Program::ports);
    let guessed = found.as_ref().is_some_and(|ports| ports.strength == Strength::Guessed);
    let missing = found.is_none() && program.is_some_and(|program| program.kind == Kind::Service);
    Question {
        id: id::PORT.to_owned(),
        prompt: "Which port does the program listen on?".to_owned(),
        kind: Answerable::Port,
        default: Some(found.unwrap_or_else(|| Sourced::assumed("none".to_owned()))),
        open: missing || guessed,
    }
}

fn base(
    facts: &Facts,
    program: Option<&Program>,
    catalog: &Catalog,
    answers: &Answers,
) -> Question {
    let version = answers.get(id::TOOLCHAIN).unwrap_or(&facts.toolchain.value);
    let auto = program.and_then(|program| base::choose(catalog, program, version, "auto").ok());
    let label = |family: &str| {
        let rejected =
            auto.iter().flat_map(|auto| &auto.choice.rejected).find(|r| r.value == family);
        let taken = auto.as_ref().is_some_and(|auto| auto.choice.value == family);
        match rejected {
            Some(rejected) => format!("{family}: {}", rejected.why),
            None if taken => format!("{family}: the smallest that meets the needs"),
            None => family.to_owned(),
        }
    };
    let mut all = vec![Choice {
        value: "auto".to_owned(),
        label: auto
            .as_ref()
            .map_or_else(|| "auto".to_owned(), |auto| format!("auto: {}", auto.choice.value)),
    }];
    all.extend(
        base::FAMILIES
            .iter()
            .map(|family| Choice { value: (*family).to_owned(), label: label(family) }),
    );
    Question {
        id: id::BASE.to_owned(),
        prompt: "Which base image?".to_owned(),
        kind: Answerable::Choice(all),
        default: Some(Sourced::with(
            "auto".to_owned(),
            auto.map(|auto| auto.choice.evidence).unwrap_or_default(),
        )),
        open: false,
    }
}

fn args(program: Option<&Program>) -> Question {
    let subcommands = program.and_then(|program| program.subcommands.as_ref());
    let mut question =
        text(id::ARGS, "Which arguments does the container start with by default?", None);
    if let Some(library) = subcommands {
        "Which subcommand is the default? Empty: `docker run IMAGE SUBCOMMAND` chooses."
            .clone_into(&mut question.prompt);
        question.default = Some(Sourced::with(String::new(), library.evidence.clone()));
        question.open = true;
    }
    if let Some(args) = program.and_then(|program| program.args.as_ref()) {
        question.open |= args.strength == Strength::Guessed;
        question.default = Some(args.clone());
    }
    question
}

fn dev() -> Question {
    Question {
        id: id::DEV.to_owned(),
        prompt: "Add a `development` target?".to_owned(),
        kind: Answerable::Confirm,
        default: Some(Sourced::assumed("no".to_owned())),
        open: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str) -> Question {
        text(id, "", None)
    }

    #[test]
    fn answers_are_checked_by_id() {
        for (id, good, bad) in [
            (id::NAME, "my-app_1.x", "My App"),
            (id::NAME, "a", "-a"),
            (id::ENV, "A=1 'B=x y'", "A=1 2B=3"),
            (id::WRITABLE, "data,/var/x", "../x"),
            (id::ARGS, "serve 'a b'", "'a"),
            (id::TOOLCHAIN, "1.27.0", "1 2"),
        ] {
            check(&question(id), good).unwrap();
            assert!(check(&question(id), bad).is_err(), "{id} {bad}");
        }
    }

    #[test]
    fn unknown_ids_name_the_known() {
        let error = check_ids(["prot"].into_iter(), &[question("port"), question("base")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("`prot`") && error.contains("base, port"), "{error}");
    }
}
