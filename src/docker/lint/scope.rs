//! Lookups in stages and variables for the rules.

use super::Subject;
use crate::docker::parse::Instruction;

pub(super) use crate::docker::scope::{Scopes, instructions, stage_named};

/// The last instruction with that keyword in the last stage, or else in a stage that it is built
/// on.
pub(super) fn last<'a>(subject: &Subject<'a>, keyword: &str) -> Option<&'a Instruction> {
    let at = subject.file.stages.len().checked_sub(1)?;
    let (stages, _) = subject.scopes.ancestry(subject.file, at);
    stages.iter().find_map(|stage| stage.instructions.iter().rfind(|held| held.keyword == keyword))
}

/// [`Scopes::read`].
pub(super) fn read(subject: &Subject, at: usize, line: usize, word: &str) -> Option<String> {
    subject.scopes.read(subject.file, at, line, word)
}
