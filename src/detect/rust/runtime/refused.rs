//! Defaults that a program refuses, and variables that it demands in a loop over their names.

use std::collections::BTreeMap;
use std::ops::Range;

use super::functions;
use crate::code::{Program as Source, is_env_name};
use crate::detect::rust::source::SourceFile;
use crate::facts::Evidence;

/// Words that end the program.
const ENDS: [&str; 3] = ["exit", "panic", "bail"];

/// Maximum number of tokens of a condition, and of the block behind it.
const MAX_HEAD: usize = 40;
const MAX_BLOCK: usize = 120;

/// Maximum number of names in a list.
const MAX_NAMES: usize = 32;

/// Adds variables whose default the program refuses: `if secret == "changeme" { exit(1) }`.
pub(super) fn defaults(source: &Source, found: &mut BTreeMap<String, Evidence>) {
    for file in source.files() {
        for &at in file.places("if") {
            let head = at + 1..(at + MAX_HEAD).min(file.len());
            let Some(open) = head.clone().find(|&at| file.word(at) == "{") else { continue };
            let mut block = open..file.closing(open).min(open + MAX_BLOCK);
            if !block.any(|at| ENDS.contains(&file.word(at))) {
                continue;
            }
            if let Some(name) =
                source.unchanged(file, at + 1..open).filter(|name| is_env_name(name))
            {
                let note = format!("with the default of {name} the program ends");
                found.entry(name).or_insert_with(|| file.evidence(at, note));
            }
        }
    }
}

/// The texts of the list that a loop around a position goes through with that name: `for name in
/// ["A", "B"] { .. }`.
pub(super) fn looped(file: &SourceFile, at: usize, argument: &Range<usize>) -> Vec<String> {
    let Some(name) = argument.end.checked_sub(1).filter(|_| argument.len() <= 2) else {
        return Vec::new();
    };
    let name = file.word(name);
    for open in file.brackets(at).into_iter().filter(|open| file.is(*open, "{")).take(4) {
        let from = (open.saturating_sub(MAX_BLOCK)..open).rev().find(|n| file.is(*n, "in"));
        let Some(from) = from.filter(|&n| n > 1 && file.is(n - 1, name) && file.is(n - 2, "for"))
        else {
            continue;
        };
        let Some(list) = (from..open).find(|n| file.is(*n, "[")) else { continue };
        let all = functions::elements(file, list).into_iter().take(MAX_NAMES);
        let text = |one: Range<usize>| file.string(one.start).filter(|_| one.len() == 1);
        return all.filter_map(|one| text(one).map(|text| text.to_string())).collect();
    }
    Vec::new()
}
