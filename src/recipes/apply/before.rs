//! Commands of the program that a recipe runs before it: `web: shop migrate && shop`.

use crate::facts::{Finding, FindingCode, Program};
use crate::recipes::start;
use crate::recipes::{Recipe, Run};
use crate::shell;

use super::report;

/// True for the process of a Procfile that runs once for each release.
pub(super) fn is_release(run: &Run) -> bool {
    run.by == Recipe::Procfile && run.name == "release"
}

/// Reports the first of these commands, unless a language has said that migrations are not run.
pub(super) fn said(program: &mut Program, mine: &[&Run], others: &[&Run]) {
    let is_said =
        program.findings.iter().any(|finding| finding.code == FindingCode::MigrationsNotRun);
    if is_said {
        return;
    }
    let own = |line: &str| {
        let mut words = shell::parse(line).commands.into_iter().map(|one| one.argv);
        words.next().filter(|words| start::names(words, program))
    };
    let before = mine.iter().filter(|run| run.by != Recipe::Docs).find_map(|run| {
        let found = run.before.iter().find_map(|line| Some((line.clone(), own(line)?)))?;
        Some((*run, found.0, found.1, "before the program"))
    });
    let release = || {
        let run = mine.iter().chain(others).find(|run| is_release(run))?;
        Some((*run, run.words.join(" "), run.words.clone(), "before each release"))
    };
    let Some((run, line, words, when)) = before.or_else(release) else { return };
    let what = format!("{} runs `{line}` {when}, and the image does not", run.evidence.file);
    let finding = Finding::new(FindingCode::MigrationsNotRun, what, [run.evidence.clone()]);
    // The image's own entrypoint takes the words behind its name.
    let plain = words.first().is_some_and(|first| first.rsplit('/').next() == Some(&program.name));
    let given = start::joined(words.get(1..).unwrap_or_default());
    report(
        program,
        if plain && !given.is_empty() {
            finding.with_fix(format!(
                "run `docker run --rm IMAGE {given}` with the variables of the program before a \
                 new version starts"
            ))
        } else {
            finding
        },
    );
}
