//! Which stage stands on which, and what the variables hold at an instruction.

use std::collections::BTreeMap;

use crate::docker::parse::{Dockerfile, Instruction, Stage};
use crate::docker::words;

/// A value longer than this is not followed further.
const MAX_VALUE: usize = 4096;

/// The position of the stage that `name` means for the stage at `before`: a name, or for --from
/// also a number.
pub(super) fn stage_named(
    file: &Dockerfile,
    name: &str,
    before: usize,
    numbers: bool,
) -> Option<usize> {
    let earlier = file.stages.get(..before)?;
    let by_name = earlier
        .iter()
        .rposition(|stage| stage.name.as_deref() == Some(name.to_lowercase().as_str()));
    by_name.or_else(|| name.parse().ok().filter(|at| numbers && *at < before))
}

/// The stage at `at`, the one that it stands on, and so on; then the image at the bottom.
pub(super) fn ancestry(file: &Dockerfile, at: usize) -> (Vec<&Stage>, String) {
    let (mut stages, mut at) = (Vec::new(), at);
    loop {
        let Some(stage) = file.stages.get(at) else { return (stages, String::new()) };
        stages.push(stage);
        let image = file.resolve(&stage.image);
        match stage_named(file, &image, at, false) {
            Some(below) => at = below,
            None => return (stages, image),
        }
    }
}

/// The last instruction of that keyword in the last stage, or else in a stage below it.
pub(super) fn last<'a>(file: &'a Dockerfile, keyword: &str) -> Option<&'a Instruction> {
    let (stages, _) = ancestry(file, file.stages.len().checked_sub(1)?);
    stages.iter().find_map(|stage| stage.instructions.iter().rfind(|held| held.keyword == keyword))
}

/// Every instruction after FROM with the position of its stage; an ONBUILD as what it holds.
pub(super) fn instructions(file: &Dockerfile) -> impl Iterator<Item = (usize, Instruction)> {
    file.stages.iter().enumerate().flat_map(|(at, stage)| {
        stage
            .instructions
            .iter()
            .map(move |held| (at, held.onbuild().unwrap_or_else(|| held.clone())))
    })
}

/// `word` as it is read at `line` of the stage at `at`: quotes removed, variables put in. `None`
/// where a variable has no value in the file.
pub(super) fn read(file: &Dockerfile, at: usize, line: usize, word: &str) -> Option<String> {
    if !word.contains(['$', '"', '\'', file.escape()]) {
        return Some(word.to_owned());
    }
    let values = variables(file, at, line);
    let unknown = std::cell::Cell::new(false);
    let value = |name: &str| {
        let value = values.get(name).cloned();
        unknown.set(unknown.get() || value.is_none());
        value
    };
    let text = words::expand(word, file.escape(), &value).ok()?;
    (!unknown.get() && text.len() <= MAX_VALUE).then_some(text)
}

/// ENV of the stages below, then ENV and ARG of this one, up to `line`.
fn variables(file: &Dockerfile, at: usize, line: usize) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let globals = file.globals();
    let (stages, _) = ancestry(file, at);
    for (depth, stage) in stages.iter().enumerate().rev() {
        for held in stage.instructions.iter().filter(|held| held.line < line || depth > 0) {
            let arg = held.keyword == "ARG" && depth == 0;
            if !arg && held.keyword != "ENV" {
                continue;
            }
            for (name, value) in held.pairs() {
                let before = values.clone();
                let expanded = value.and_then(|v| {
                    words::expand(&v, file.escape(), &|name| before.get(name).cloned()).ok()
                });
                let expanded =
                    if arg { expanded.or_else(|| globals.get(&name).cloned()) } else { expanded };
                values.extend(expanded.filter(|v| v.len() <= MAX_VALUE).map(|value| (name, value)));
            }
        }
    }
    values
}
