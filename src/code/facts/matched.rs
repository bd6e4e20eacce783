//! Names that the pattern of a result binds: `if let Ok(name) = value {`.

use std::ops::Range;

use super::super::tree::Tree;
use super::{Definition, Form, scope};

/// Maximum number of tokens of the value, and of the conditions behind it.
const MAX_VALUE: usize = 256;

/// The definition of `if let Ok(name) = value {`, of `let Some(name) = value else {`, and of the
/// same in a `while`. The `=` is at `at`.
pub(super) fn of(tree: &Tree, at: usize) -> Option<Definition> {
    let close = at.checked_sub(1).filter(|&close| tree.word(close) == ")")?;
    if !tree.dialect().tails {
        return None;
    }
    let open = tree.opening(close);
    let pattern = open.checked_sub(2).filter(|&before| tree.word(before) == "let")? + 1;
    let name = open + 1 + usize::from(matches!(tree.word(open + 1), "mut" | "ref"));
    let binds = matches!(tree.word(pattern), "Ok" | "Some") && name + 1 == close;
    if !binds || !tree.is_word(name) {
        return None;
    }
    let end = until(tree, at + 1, &["{", ";", "else", "&&"])?;
    let before = pattern.checked_sub(2).map_or("", |before| tree.word(before));
    let scope: Range<usize> = if matches!(before, "if" | "while" | "&&") {
        let block = until(tree, end, &["{"])?;
        name..tree.closing(block)
    } else {
        scope(tree, pattern - 1)
    };
    Some(Definition { name, value: at + 1..end, form: Form::Declared, scope })
}

/// The first of these words from a position, outside of brackets.
fn until(tree: &Tree, from: usize, words: &[&str]) -> Option<usize> {
    let mut at = from;
    while at < tree.len() && at - from < MAX_VALUE {
        match tree.word(at) {
            word if words.contains(&word) => return Some(at),
            "(" | "[" => at = tree.closing(at) + 1,
            ")" | "]" | "}" => return None,
            _ => at += 1,
        }
    }
    None
}
