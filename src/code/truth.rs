//! Evaluates conditions as of the program's start: `a && !b`, `a == b || c`, `a.isEmpty()`.

use std::ops::Range;

use super::rules::Does;
use super::tree::Tree;
use super::value::Value;

/// Evaluates the operands of conditions.
pub(crate) trait Operands {
    /// True if two operands are equal; `None` if that is unknown.
    fn same(&self, left: Range<usize>, right: Range<usize>, steps: u8) -> Option<bool>;

    /// True if an operand without a comparison holds; `None` if that is unknown.
    fn holds(&self, operand: Range<usize>, steps: u8) -> Option<bool>;

    /// True if the label of a `switch` is its subject; `None` if that is unknown.
    fn is_label(&self, subject: Range<usize>, label: Range<usize>, steps: u8) -> Option<bool> {
        self.same(subject, label, steps)
    }
}

/// What a call answers that asks `of` a value, perhaps with another one; `None` if that is unknown.
/// A setting that nobody sets is missing.
pub(crate) fn answer(does: Does, of: &Value, with: &Value) -> Option<bool> {
    match does {
        Does::IsEmpty if of.is_unset() => Some(true),
        Does::IsEmpty => of.is_known().then_some(false),
        Does::IsFilled => answer(Does::IsEmpty, of, with).map(|empty| !empty),
        _ if of.is_unset() || with.is_unset() => Some(false),
        // None of the calls around a value matters for upper and lower case.
        Does::Equals => Some(of.text()?.to_lowercase() == with.text()?.to_lowercase()),
        Does::Contains => Some(of.text()?.to_lowercase().contains(&with.text()?.to_lowercase())),
        Does::StartsWith => {
            Some(of.text()?.to_lowercase().starts_with(&with.text()?.to_lowercase()))
        }
        _ => None,
    }
}

/// True if a condition holds; `None` if that is unknown.
pub(crate) fn truth(
    tree: &Tree,
    mut range: Range<usize>,
    steps: u8,
    operands: &dyn Operands,
) -> Option<bool> {
    let steps = steps.checked_sub(1).filter(|_| !range.is_empty())?;
    while tree.word(range.start) == "(" && tree.closing(range.start) + 1 == range.end {
        range = range.start + 1..range.end - 1;
    }
    for (marks, decides) in [(["||", "or"], true), (["&&", "and"], false)] {
        let Some((left, right)) = parts(tree, &range, &marks) else { continue };
        let left = truth(tree, left, steps, operands);
        // The rest of `x == null || x.isEmpty()` is meaningless for a missing value.
        if left == Some(decides) {
            return left;
        }
        return match (left, truth(tree, right, steps, operands)) {
            (_, Some(right)) if right == decides => Some(decides),
            (Some(_), right) => right,
            _ => None,
        };
    }
    if let Some((left, right)) = parts(tree, &range, &["==", "===", "!=", "!=="]) {
        let equal = tree.word(left.end).starts_with('=');
        return Some(operands.same(left, right, steps)? == equal);
    }
    match tree.word(range.start) {
        "!" => truth(tree, range.start + 1..range.end, steps, operands).map(|truth| !truth),
        "true" if range.len() == 1 => Some(true),
        "false" if range.len() == 1 => Some(false),
        _ => operands.holds(range, steps),
    }
}

/// The ranges before and after the first of these marks outside of brackets.
fn parts(
    tree: &Tree,
    range: &Range<usize>,
    marks: &[&str],
) -> Option<(Range<usize>, Range<usize>)> {
    let left = tree.split(range.clone(), marks).into_iter().next()?;
    (left.end < range.end).then(|| (left.clone(), left.end + 1..range.end))
}
