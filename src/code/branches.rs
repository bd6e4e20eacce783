//! The branches of `if`, `switch` and `when` around a place, and which of several values their
//! conditions select.

use std::cell::Cell;
use std::ops::Range;

use super::tree::Tree;
use super::truth::{Operands, truth};
use super::value::Value;

/// Maximum number of blocks around a place, and of steps back to the start of a statement.
const MAX_OUT: usize = 32;
const MAX_BACK: usize = 40;

/// Maximum number of arms of a `switch`.
const MAX_ARMS: usize = 64;

/// Whether a place is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// There is no condition.
    Always,
    /// All conditions are known.
    Sure(bool),
    /// The conditions are unknown.
    Unknown,
}

/// A condition around a place.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    /// The condition of an `if`, and the value that it must have.
    If(Range<usize>, bool),
    /// The arm of a `switch` or `when`: the position of the opening bracket, and the index of the
    /// arm.
    Arm(usize, usize),
    /// A loop or a handler.
    Other,
}

/// An arm of a `switch` or `when`.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    /// Its labels.
    pub labels: Vec<Range<usize>>,
    /// It is the default.
    pub default: bool,
    /// Its statements.
    pub body: Range<usize>,
}

impl Reach {
    /// Whether a place under these conditions is reached; `holds` evaluates one.
    pub(crate) fn under(all: Vec<Condition>, holds: impl Fn(Condition) -> Option<bool>) -> Self {
        let mut reach = Self::Always;
        for condition in all {
            match holds(condition) {
                Some(false) => return Self::Sure(false),
                Some(true) if reach == Self::Always => reach = Self::Sure(true),
                Some(true) => {}
                None => reach = Self::Unknown,
            }
        }
        reach
    }
}

/// The conditions around a place in a function whose body begins at `first`, without those of
/// blocks that also surround the place `from`.
pub(crate) fn conditions(
    tree: &Tree,
    at: usize,
    first: usize,
    from: Option<usize>,
) -> Vec<Condition> {
    let mut found = Vec::new();
    heads(tree, statement(tree, at, first), first, &mut found);
    let mut here = at;
    for _ in 0..MAX_OUT {
        let Some(open) = tree.enclosing(here).filter(|open| *open > first) else { break };
        if from.is_some_and(|from| open < from && from < tree.closing(open)) {
            break;
        }
        if tree.word(open) == "{" {
            if subject(tree, open).is_some() {
                let number = arms(tree, open).iter().position(|arm| arm.body.contains(&here));
                found.push(number.map_or(Condition::Other, |n| Condition::Arm(open, n)));
            } else {
                heads(tree, open, first, &mut found);
            }
        }
        here = open;
    }
    found
}

/// The subject of a `switch` or `when`, given its opening bracket; empty for `when { .. }`.
pub(crate) fn subject(tree: &Tree, open: usize) -> Option<Range<usize>> {
    let before = open.checked_sub(1)?;
    if tree.word(before) == "when" {
        return Some(open..open);
    }
    let start = Some(tree.opening(before)).filter(|start| *start < before)?;
    let word = start.checked_sub(1).map(|word| tree.word(word));
    // The subject of `val x = y` is `y`.
    let named = tree.word(start + 1) == "val" && tree.word(start + 3) == "=";
    let from = if named { start + 4 } else { start + 1 };
    matches!(word, Some("switch" | "when")).then_some(from..before)
}

/// The arms of the `switch` or `when` whose block opens at a position.
pub(crate) fn arms(tree: &Tree, open: usize) -> Vec<Arm> {
    let close = tree.closing(open);
    if close >= tree.len() {
        return Vec::new();
    }
    let before = open.saturating_sub(1);
    let start = tree.opening(before);
    if [before, start.saturating_sub(1)].into_iter().any(|at| tree.word(at) == "when") {
        return arrows(tree, open + 1..close);
    }
    let ends = |at: usize| matches!(tree.word(at), ":" | "->");
    let starts = outside(tree, open + 1..close, |at| {
        tree.word(at) == "case" || tree.word(at) == "default" && ends(at + 1)
    });
    let mut found: Vec<Arm> = Vec::new();
    let (mut labels, mut default) = (Vec::new(), false);
    for (number, at) in starts.iter().copied().enumerate().take(MAX_ARMS) {
        let next = starts.get(number + 1).copied().unwrap_or(close);
        let Some(end) = outside(tree, at..next, ends).first().copied() else { continue };
        if tree.word(at) == "default" {
            default = true;
        } else {
            labels.extend(tree.split(at + 1..end, &[","]));
        }
        // The labels in `case "a": case "b":` share the statements that follow.
        if end + 1 < next {
            let labels = std::mem::take(&mut labels);
            found.push(Arm { labels, default, body: end + 1..next });
            default = false;
        }
    }
    found
}

/// Whether an arm of the `switch` or `when` that opens at a position is taken; `None` if that is
/// unknown.
pub(crate) fn is_taken(
    tree: &Tree,
    open: usize,
    number: usize,
    steps: u8,
    operands: &dyn Operands,
) -> Option<bool> {
    let subject = subject(tree, open)?;
    let arms = arms(tree, open);
    let arm = arms.get(number)?;
    let has = |arm: &Arm| {
        let mut none = Some(false);
        for label in &arm.labels {
            let is = if subject.is_empty() {
                truth(tree, label.clone(), steps, operands)
            } else {
                operands.is_label(subject.clone(), label.clone(), steps)
            };
            match is {
                Some(true) => return Some(true),
                Some(false) => {}
                None => none = None,
            }
        }
        none
    };
    let own = has(arm);
    if own == Some(true) || !arm.default {
        return own;
    }
    // `default` is taken if no other label is.
    let mut all = Some(false);
    for other in arms.iter().filter(|other| !other.labels.is_empty()) {
        match has(other) {
            Some(true) => return Some(false),
            Some(false) => {}
            None => all = None,
        }
    }
    all.map(|taken| !taken)
}

/// The arms of `when`, whose lines begin with their labels: `1, 2 -> x`.
fn arrows(tree: &Tree, range: Range<usize>) -> Vec<Arm> {
    let arrows = outside(tree, range.clone(), |at| tree.word(at) == "->");
    let start_of = |arrow: usize| {
        let mut start = arrow - 1;
        while start > range.start
            && tree.line(start - 1) == tree.line(arrow)
            && tree.word(start - 1) != ";"
        {
            start -= 1;
        }
        start
    };
    let arm = |(number, &at): (usize, &usize)| {
        let from = start_of(at);
        let end = arrows.get(number + 1).map_or(range.end, |next| start_of(*next));
        let default = tree.word(from) == "else";
        let labels = if default { Vec::new() } else { tree.split(from..at, &[","]) };
        Arm { labels, default, body: at + 1..end.max(at + 1) }
    };
    arrows.iter().enumerate().take(MAX_ARMS).map(arm).collect()
}

/// The value of a name that is assigned several values, in order, each with whether it is reached.
/// Sets `doubt` if that is uncertain. With `hands_on`, unknown values are skipped.
pub(crate) fn merged<R: FnOnce() -> Reach>(
    all: impl IntoIterator<Item = (Value, R)>,
    hands_on: bool,
    doubt: &Cell<bool>,
) -> Option<Value> {
    let (mut merged, mut setter): (Option<Value>, Option<Value>) = (None, None);
    let mut blank = false;
    for (value, reach) in all {
        if value.is_unknown() && hands_on {
            continue;
        }
        let reach = reach();
        if value.is_unknown() {
            blank |= reach == Reach::Always;
            continue;
        }
        let sets = value.parts.len() == 1 && value.text().is_none();
        merged = match (merged, reach) {
            (_, Reach::Always) => Some(value),
            (before, _) if sets => {
                setter = Some(value.clone());
                Some(before.map_or(value.clone(), |before| before.overridden_by(&value)))
            }
            (Some(before), Reach::Sure(true)) => Some(value.overridden_by(&before)),
            (None, Reach::Sure(true)) => Some(value),
            (before, Reach::Sure(false)) => before,
            // The value before is unknown, and so is whether this one is used.
            (None, Reach::Unknown) if blank => None,
            (before, Reach::Unknown) => {
                doubt.set(true);
                before.filter(|before| before.text().is_some()).or(Some(value))
            }
        };
    }
    match (merged, setter) {
        (Some(merged), Some(setter)) => Some(merged.overridden_by(&setter)),
        (merged, setter) => merged.or(setter),
    }
}

/// The start of the statement that contains a place.
fn statement(tree: &Tree, at: usize, first: usize) -> usize {
    let mut start = at;
    while start > first && at - start < MAX_BACK {
        let before = start - 1;
        match tree.word(before) {
            ";" | "{" | "}" | "else" => break,
            ")" => {
                let open = tree.opening(before);
                let word = open.checked_sub(1).map_or("", |word| tree.word(word));
                if open == before || matches!(word, "if" | "for" | "while") {
                    break;
                }
                start = open;
            }
            _ => start = before,
        }
    }
    start
}

/// The conditions right before a block or a statement: `if (..)`, `else`, `else if (..)`.
fn heads(tree: &Tree, start: usize, first: usize, found: &mut Vec<Condition>) {
    let mut start = start;
    for _ in 0..MAX_OUT {
        let Some(before) = start.checked_sub(1).filter(|before| *before > first) else { return };
        match tree.word(before) {
            ")" => {
                let open = tree.opening(before);
                let Some(word) = open.checked_sub(1).filter(|_| open < before) else { return };
                match tree.word(word) {
                    "if" => found.push(Condition::If(open + 1..before, true)),
                    "for" | "while" | "catch" => {
                        found.push(Condition::Other);
                        return;
                    }
                    _ => return,
                }
                start = word;
            }
            "else" => {
                let Some((word, range)) = if_before(tree, before, first) else {
                    found.push(Condition::Other);
                    return;
                };
                found.push(Condition::If(range, false));
                start = word;
            }
            _ => return,
        }
        // For `else if`, the earlier branches were not taken either.
        if start == 0 || tree.word(start - 1) != "else" {
            return;
        }
    }
}

/// The `if` that an `else` belongs to, and its condition.
fn if_before(tree: &Tree, other: usize, first: usize) -> Option<(usize, Range<usize>)> {
    let end = other.checked_sub(1)?;
    let end = if tree.is_line_end(end) { end.checked_sub(1)? } else { end };
    let is_if = |open: usize| open > 0 && tree.word(open - 1) == "if";
    let close = if tree.word(end) == "}" {
        tree.opening(end).checked_sub(1)?
    } else {
        // `if (x) a = 1; else a = 2;`
        let mut at = end;
        loop {
            if tree.word(at) == ")" {
                let open = tree.opening(at);
                if is_if(open) {
                    break at;
                }
                at = open;
            }
            if at <= first || other - at > MAX_BACK || tree.word(at) == "{" {
                return None;
            }
            at -= 1;
        }
    };
    let open = Some(tree.opening(close)).filter(|&open| open < close && is_if(open))?;
    (tree.word(close) == ")").then(|| (open - 1, open + 1..close))
}

/// The positions outside of brackets for which `wanted` is true.
pub(crate) fn outside(
    tree: &Tree,
    range: Range<usize>,
    wanted: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let (mut found, mut at) = (Vec::new(), range.start);
    while at < range.end {
        if wanted(at) {
            found.push(at);
        }
        at = tree.closing(at).max(at) + 1;
    }
    found
}
