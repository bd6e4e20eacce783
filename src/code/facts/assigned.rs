//! Assignments of languages with indented blocks.

use std::ops::Range;

use super::super::conditions::statement;
use super::super::tree::Tree;
use super::{Definition, Form, values};

/// Maximum number of tokens from the start of a statement to its `=`.
const MAX_TARGET: usize = 96;

/// Maximum number of words in a dotted name.
pub(in crate::code) const MAX_NAMES: usize = 16;

/// The definitions of `a = 1`, `a: int = 1`, `a, b = 1, 2` and `self.a = 1`.
pub(super) fn of(tree: &Tree, at: usize) -> Vec<Definition> {
    let open = tree.enclosing(at);
    if tree.word(at) == "=" && open.is_some_and(|open| matches!(tree.word(open), "(" | "[")) {
        // A named argument, or the default of a parameter.
        return Vec::new();
    }
    let first = at.saturating_sub(MAX_TARGET);
    let mut start = at;
    while start > first && !matches!(tree.word(start - 1), ";" | "{" | "}" | "(" | "=") {
        start = tree.opening(start - 1);
    }
    let targets = match (start..at).find(|&at| tree.word(at) == ":") {
        // `if a: b = 1` is no annotation.
        Some(colon) if is_name(tree, &(start..colon)) => start..colon,
        Some(colon) => colon + 1..at,
        None => start..at,
    };
    let names = tree.split(targets, &[","]);
    let values = values(tree, at + 1, names.len());
    let member = open
        .is_some_and(|open| tree.word(open) == "{" && tree.word(statement(tree, open)) == "class");
    let mut all = Vec::new();
    for (left, value) in names.iter().zip(values) {
        if !is_name(tree, left) {
            continue;
        }
        let form = match (left.len() > 1, member) {
            (true, _) => Form::Assigned,
            (false, true) => Form::Member,
            (false, false) => Form::Set,
        };
        all.push(Definition { name: left.end - 1, value, form, scope: 0..usize::MAX });
    }
    all
}

/// True for `a` and `a.b.c`.
pub(in crate::code) fn is_name(tree: &Tree, range: &Range<usize>) -> bool {
    let joined = |(n, at): (usize, usize)| {
        if n % 2 == 0 { tree.is_word(at) } else { tree.word(at) == "." }
    };
    range.len() % 2 == 1
        && range.len() < 2 * MAX_NAMES
        && range.clone().enumerate().all(joined)
        && !tree.dialect().keywords.contains(&tree.word(range.start))
}
