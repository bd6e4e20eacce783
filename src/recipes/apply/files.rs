//! Files of the repository that the arguments of a program name.

use crate::facts::{Facts, Program, Sourced};
use crate::path::RelPath;
use crate::recipes::start::Start;
use crate::repo::Repo;

/// The file of the application that a relative path names.
pub(super) fn of(repo: &Repo, facts: &Facts, word: &str) -> Option<RelPath> {
    if word.starts_with(['/', '~', '.']) {
        return None;
    }
    facts.dir.join(word).filter(|path| repo.is_file(path))
}

/// Carries those that the arguments name.
pub(super) fn carried(repo: &Repo, facts: &Facts, program: &mut Program, start: &Start) {
    for word in &start.words {
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        let Some(path) = of(repo, facts, value) else { continue };
        if !program.files.iter().any(|held| path.is_within(&held.value)) {
            program.files.push(Sourced::new(path, start.evidence.clone()));
        }
    }
}
