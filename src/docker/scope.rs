//! Which stage is built on which, and the values of variables at an instruction.

use std::collections::BTreeMap;

use super::parse::{Dockerfile, Instruction, Stage};
use super::words;
use crate::budget::MAX_VALUE;

/// Maximum size of all values that are followed, in bytes: each value may contain others.
const MAX_TOTAL: usize = 16 << 20;

/// The index of the stage that `name` refers to in the stage at `before`. `--from` also accepts a
/// number.
pub(crate) fn stage_named(
    file: &Dockerfile,
    name: &str,
    before: usize,
    numbers: bool,
) -> Option<usize> {
    let (earlier, lower) = (file.stages.get(..before)?, name.to_lowercase());
    let by_name = earlier.iter().rposition(|stage| stage.name.as_ref() == Some(&lower));
    by_name.or_else(|| name.parse().ok().filter(|at| numbers && *at < before))
}

/// Results that are needed for each instruction, computed once for the file.
pub(crate) struct Scopes {
    /// The default values of the global ARGs.
    globals: BTreeMap<String, String>,
    /// The image or stage that each stage is built on, with variables expanded, and the index of
    /// that stage.
    bases: Vec<(String, Option<usize>)>,
    /// What ENV and ARG set in each stage, by name, in order.
    set: Vec<BTreeMap<String, Vec<Setting>>>,
}

/// A variable set by an ENV or an ARG.
struct Setting {
    line: usize,
    /// Set by ENV, so that stages built on this one inherit it.
    inherited: bool,
    value: String,
}

impl Scopes {
    pub(crate) fn of(file: &Dockerfile) -> Self {
        let globals = file.globals();
        let base = |(at, stage): (usize, &Stage)| {
            let image = file.resolve_in(&globals, &stage.image);
            let below = stage_named(file, &image, at, false);
            (image, below)
        };
        let bases = file.stages.iter().enumerate().map(base).collect();
        let mut scopes = Self { globals, bases, set: Vec::new() };
        let mut total = 0;
        for (at, stage) in file.stages.iter().enumerate() {
            scopes.set.push(BTreeMap::new());
            for held in &stage.instructions {
                let arg = held.keyword == "ARG";
                if !arg && held.keyword != "ENV" {
                    continue;
                }
                for (name, value) in held.pairs() {
                    let value = value.and_then(|value| {
                        let known = |name: &str| scopes.value(at, usize::MAX, name);
                        words::expand(&value, file.escape(), &|name| known(name).cloned()).ok()
                    });
                    let value = if arg {
                        value.or_else(|| scopes.globals.get(&name).cloned())
                    } else {
                        value
                    };
                    let Some(value) = value.filter(|value| value.len() <= MAX_VALUE) else {
                        continue;
                    };
                    total += value.len();
                    if total <= MAX_TOTAL {
                        let setting = Setting { line: held.line, inherited: !arg, value };
                        scopes.set[at].entry(name).or_default().push(setting);
                    }
                }
            }
        }
        scopes
    }

    /// The value of a variable at `line` of the stage at `at`: set by ENV or ARG of that stage, or
    /// by ENV of a stage that it is built on.
    fn value(&self, at: usize, line: usize, name: &str) -> Option<&String> {
        let own = self.set.get(at)?.get(name).map(Vec::as_slice).unwrap_or_default();
        let before = own.partition_point(|setting| setting.line < line);
        if let Some(setting) = own[..before].last() {
            return Some(&setting.value);
        }
        let mut next = self.bases.get(at)?.1;
        while let Some(at) = next {
            let below = self.set.get(at)?.get(name).map(Vec::as_slice).unwrap_or_default();
            if let Some(setting) = below.iter().rfind(|setting| setting.inherited) {
                return Some(&setting.value);
            }
            next = self.bases.get(at)?.1;
        }
        None
    }

    /// `text` with the defaults of the global ARGs.
    pub(crate) fn resolve(&self, file: &Dockerfile, text: &str) -> String {
        file.resolve_in(&self.globals, text)
    }

    /// The image or stage that the stage at `at` is built on, and the index of that stage.
    pub(crate) fn base(&self, at: usize) -> (&str, Option<usize>) {
        self.bases.get(at).map_or(("", None), |(image, below)| (image, *below))
    }

    /// The index `at`, that of the stage it is built on, and so on.
    pub(crate) fn chain(&self, at: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(at), |at| self.base(*at).1)
    }

    /// The stages of that chain, and the image at the bottom.
    pub(crate) fn ancestry<'f>(&self, file: &'f Dockerfile, at: usize) -> (Vec<&'f Stage>, &str) {
        let bottom = self.chain(at).last().unwrap_or(at);
        let stages = self.chain(at).filter_map(|at| file.stages.get(at)).collect();
        (stages, self.base(bottom).0)
    }

    /// `word` as it is read at `line` of the stage at `at`: quotes removed, variables expanded.
    /// `None` if a variable has no value in the file.
    pub(crate) fn read(
        &self,
        file: &Dockerfile,
        at: usize,
        line: usize,
        word: &str,
    ) -> Option<String> {
        let escape = file.escape();
        if !word.contains(['$', '"', '\'', escape]) {
            return Some(word.to_owned());
        }
        let unknown = std::cell::Cell::new(false);
        let value = |name: &str| {
            let value = self.value(at, line, name).cloned();
            unknown.set(unknown.get() || value.is_none());
            value
        };
        let text = words::expand(word, escape, &value).ok()?;
        (!unknown.get() && text.len() <= MAX_VALUE).then_some(text)
    }
}

/// Every instruction after FROM with the index of its stage. For an ONBUILD, the instruction inside
/// it.
pub(crate) fn instructions(file: &Dockerfile) -> impl Iterator<Item = (usize, Instruction)> {
    file.stages.iter().enumerate().flat_map(|(at, stage)| {
        stage
            .instructions
            .iter()
            .map(move |held| (at, held.onbuild().unwrap_or_else(|| held.clone())))
    })
}
