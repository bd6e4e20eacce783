//! Choices that a run shows to be wrong: another program of the repository was meant, or a release
//! of the language that still has what the program calls.

use anyhow::Result;

use super::catalog::{RemovedRow, catalog};
use super::found::{Found, Remains, Row};
use crate::ask::{Question, id};
use crate::facts::Program;
use crate::pipeline::App;
use crate::questions;
use crate::verify::Observed;

/// How the lines begin that say how a program is used.
const USAGE: [&str; 2] = ["usage:", "usage of "];

/// Number of other programs that are named.
const MAX_OTHERS: usize = 4;

/// The answer with the newest release of the language that still has what the program calls, and its
/// row. `was` is the present release.
///
/// # Errors
/// None in practice: the catalog is compiled in.
pub(super) fn toolchain(
    app: &App,
    questions: &[Question],
    was: &str,
    lines: &[String],
    day: &str,
) -> Result<Option<(Found, Row)>> {
    let Some((row, line)) = removed(&app.facts.language, was, lines)? else { return Ok(None) };
    let value = row.toolchain.clone();
    let asked = questions.iter().find(|question| question.id == id::TOOLCHAIN);
    if asked.is_none_or(|question| questions::check(question, &value).is_err()) {
        return Ok(None);
    }
    let line = line.trim();
    let told = Row {
        what: id::TOOLCHAIN.to_owned(),
        assumed: was.to_owned(),
        seen: format!("the log: {line}"),
        changed: Some(value.clone()),
    };
    let evidence = format!("`{line}`: removed after {value} (seen {day})");
    let (id, was) = (id::TOOLCHAIN.to_owned(), was.to_owned());
    Ok(Some((Found { id, value, was, evidence }, told)))
}

/// The row of the catalog for what the lines say is missing, with the line. `was` is the present
/// release.
///
/// # Errors
/// None in practice: the catalog is compiled in.
fn removed<'l>(
    language: &str,
    was: &str,
    lines: &'l [String],
) -> Result<Option<(&'static RemovedRow, &'l str)>> {
    let rows = &catalog()?.removed;
    let mut rows =
        rows.iter().filter(|row| row.language == language && is_older(&row.toolchain, was));
    Ok(rows.find_map(|row| {
        let says = |line: &&String| row.find.iter().any(|words| line.contains(words));
        lines.iter().find(says).map(|line| (row, line.as_str()))
    }))
}

/// True if a release comes before another one.
fn is_older(release: &str, than: &str) -> bool {
    let numbers =
        |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    let (release, than) = (numbers(release), numbers(than));
    !than.is_empty() && release < than
}

/// True if the program ended by itself, a guess chose it, and there are others.
pub(super) fn any(app: &App, observed: &Observed) -> bool {
    others(app, observed).next().is_some()
}

/// Names the other programs: those that listen, if the code says so, or else all.
///
/// A port that is `expected` belongs to one of them, so nothing is proved until a person chose.
pub(super) fn other(app: &App, observed: &Observed, expected: bool) -> Option<Remains> {
    let all: Vec<&Program> = others(app, observed).collect();
    let listening: Vec<&Program> =
        all.iter().copied().filter(|program| program.ports().is_some()).collect();
    if listening.is_empty() && !expected {
        return None;
    }
    let listens = !listening.is_empty();
    let meant = if listens { listening } else { all };
    let first = meant.first()?;
    let names: Vec<&str> =
        meant.iter().take(MAX_OTHERS).map(|program| program.id.as_str()).collect();
    let listens = if listens { ", which listens" } else { "" };
    Some(Remains {
        what: format!(
            "it ended by itself, and the repository has another program{listens}: {}",
            names.join(", ")
        ),
        fix: format!(
            "say which one the container starts: `dockgen prove --set entrypoint={}`",
            first.id
        ),
        blocks: expected,
    })
}

/// True if the program ended and printed how it is used: it needs arguments.
pub(super) fn prints_usage(observed: &Observed) -> bool {
    observed.exit.is_some()
        && observed.lines.iter().any(|line| {
            let head: String = line.trim().chars().take(9).collect();
            USAGE.iter().any(|word| head.to_lowercase().starts_with(word))
        })
}

fn others<'a>(app: &'a App, observed: &Observed) -> impl Iterator<Item = &'a Program> {
    let ended = observed.exit.is_some_and(|exit| exit.code == 0);
    let guessed = app.answers.get(id::ENTRYPOINT).is_none();
    // They are in the order of their likelihood, and the first one was taken.
    let rest = app.facts.programs.iter().skip(1);
    rest.filter(move |_| ended && guessed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_begins_a_line() {
        let prints = |line: &str| {
            let exit = Some(crate::verify::Exit { code: 0, out_of_memory: false });
            let lines = vec!["x".to_owned(), line.to_owned()];
            prints_usage(&Observed { exit, lines, ..Observed::default() })
        };
        assert!(
            prints("Usage: tool [options] <file>")
                && prints("  USAGE:")
                && prints("Usage of /app/x:")
        );
        assert!(!prints("memory usage: 3 MB") && !prints("usage") && !prints("é"));
    }

    #[test]
    fn a_release_that_has_it_is_older_and_of_the_same_language() {
        let lines = ["x".to_owned(), "TypeError: util.log is not a function".to_owned()];
        let found = |language: &str, was: &str| {
            removed(language, was, &lines).unwrap().map(|(row, _)| row.toolchain.as_str())
        };
        assert_eq!(found("node", "26"), Some("22"));
        assert_eq!(found("node", "22"), None);
        assert_eq!(found("node", ""), None);
        assert_eq!(found("python", "3.14"), None);
        let lines = ["ModuleNotFoundError: No module named 'imp'".to_owned()];
        let row = removed("python", "3.14", &lines).unwrap().unwrap().0;
        assert_eq!(row.toolchain, "3.11");
        assert!(removed("python", "3.9", &lines).unwrap().is_none());
    }
}
