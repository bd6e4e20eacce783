//! Programs of an application that are named as applications of their own.

use crate::detect::{Candidate, LANGUAGES};
use crate::facts::{Facts, Program};
use crate::path::RelPath;
use crate::repo::Repo;

/// `wanted` with the folder of a program in place of its name, for names that no application has;
/// `None` if there is none.
pub(super) fn of_programs(
    repo: &Repo,
    start: &RelPath,
    found: &[Facts],
    wanted: &[String],
) -> Option<Vec<String>> {
    let folder = |word: &String| {
        if found.iter().any(|facts| facts.name.value == *word) {
            return None;
        }
        let all = found.iter().flat_map(|facts| programs_apart(repo, facts));
        let mut all = all.filter(|(name, _)| name == word);
        all.next().map(|(_, folder)| folder.relative_to(start))
    };
    let named: Vec<Option<String>> = wanted.iter().map(folder).collect();
    let some = named.iter().any(Option::is_some);
    let words = named.into_iter().zip(wanted).map(|(to, word)| to.unwrap_or_else(|| word.clone()));
    some.then(|| words.collect())
}

/// The folders that `--app` names and that have no manifest of their own: one of several programs
/// of a module is an application too.
pub(super) fn named(repo: &Repo, start: &RelPath, wanted: &[String]) -> Vec<Candidate> {
    let folders = wanted.iter().filter_map(|word| start.join(word));
    let held = folders.filter(|folder| repo.below(folder).next().is_some());
    held.flat_map(|folder| LANGUAGES.iter().map(move |language| (folder.clone(), language)))
        .collect()
}

/// The names and folders of an application's programs that [`super::survey`] takes for applications of
/// their own, if they are named: those with a folder each, such as `./cmd/server`.
pub fn programs_apart(repo: &Repo, facts: &Facts) -> Vec<(String, RelPath)> {
    let folder = |program: &Program| {
        let folder = facts.dir.join(program.id.strip_prefix("./")?)?;
        let held = repo.below(&folder).next().is_some();
        held.then(|| (program.name.clone(), folder))
    };
    facts.programs.iter().filter_map(folder).collect()
}
