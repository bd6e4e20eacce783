//! What a token stands under: the branches of `if`, `switch` and `when`, and which of them are taken
//! in an environment that sets nothing.

use std::ops::Range;

use super::code::{Code, MAX_DEPTH, Place, end_of, outside};
use super::source::Source;
use super::value::text_of;
use crate::code::Value;

/// How many blocks are left on the way out of a token, and how far back the start of a statement is
/// looked for.
const MAX_OUT: usize = 32;
const MAX_BACK: usize = 40;
/// How many arms of one `switch` are looked at.
const MAX_ARMS: usize = 64;

/// Whether a token is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It stands under no condition.
    Always,
    /// It stands under conditions that are decided.
    Sure(bool),
    /// Nothing decides.
    Unknown,
}

/// A condition around a token.
enum Condition {
    /// The condition of an `if`, and what it must be.
    If(Range<usize>, bool),
    /// The arm of a `switch` or `when` whose block opens here, by its number.
    Arm(usize, usize),
    /// A loop or a handler.
    Other,
}

/// One arm of a `switch` or `when`.
struct Arm {
    labels: Vec<Range<usize>>,
    default: bool,
    body: Range<usize>,
}

impl Code<'_> {
    /// Whether a token is reached, seen from another one that is: blocks around both say nothing.
    pub(super) fn reached(&self, place: Place, from: Option<usize>, depth: usize) -> Reach {
        let mut reach = Reach::Always;
        for condition in self.conditions(place, from) {
            let holds = match condition {
                Condition::If(range, wanted) => {
                    self.truth(place.0, range, depth + 1).map(|truth| truth == wanted)
                }
                Condition::Arm(open, number) => self.arm_taken(place.0, open, number, depth + 1),
                Condition::Other => None,
            };
            match holds {
                Some(false) => return Reach::Sure(false),
                Some(true) if reach == Reach::Always => reach = Reach::Sure(true),
                Some(true) => {}
                None => reach = Reach::Unknown,
            }
        }
        reach
    }

    /// The condition of the `if` right around a token, where it holds as things are.
    pub(super) fn holding(&self, place: Place) -> Option<Range<usize>> {
        if self.reached(place, None, 0) != Reach::Sure(true) {
            return None;
        }
        self.conditions(place, None).into_iter().find_map(|condition| match condition {
            Condition::If(range, true) => Some(range),
            _ => None,
        })
    }

    fn conditions(&self, place: Place, from: Option<usize>) -> Vec<Condition> {
        let file = &self.sources[place.0];
        let first = self.method_at(place).map_or(0, |method| method.body.start);
        let mut found = Vec::new();
        heads(file, statement(file, place.1, first), first, &mut found);
        let mut here = place.1;
        for _ in 0..MAX_OUT {
            let Some(open) = file.enclosing(here).filter(|open| *open > first) else { break };
            if from.is_some_and(|from| open < from && from < file.pair(open)) {
                break;
            }
            if file.mark(open, '{') {
                if subject(file, open).is_some() {
                    let number = arms(file, open).iter().position(|arm| arm.body.contains(&here));
                    found.push(number.map_or(Condition::Other, |n| Condition::Arm(open, n)));
                } else {
                    heads(file, open, first, &mut found);
                }
            }
            here = open;
        }
        found
    }

    fn arm_taken(&self, source: usize, open: usize, number: usize, depth: usize) -> Option<bool> {
        let file = &self.sources[source];
        let subject = subject(file, open)?;
        let arms = arms(file, open);
        let arm = arms.get(number)?;
        let own = self.any_label(source, &subject, arm, depth);
        if own == Some(true) || !arm.default {
            return own;
        }
        let mut all = Some(false);
        for other in arms.iter().filter(|other| !other.labels.is_empty()) {
            match self.any_label(source, &subject, other, depth) {
                Some(true) => return Some(false),
                Some(false) => {}
                None => all = None,
            }
        }
        all.map(|taken| !taken)
    }

    /// Whether one of the labels of an arm is what the `switch` is about.
    fn any_label(
        &self,
        source: usize,
        subject: &Range<usize>,
        arm: &Arm,
        depth: usize,
    ) -> Option<bool> {
        let mut none = Some(false);
        for label in &arm.labels {
            let same = if subject.is_empty() {
                self.truth(source, label.clone(), depth + 1)
            } else {
                self.is_label(source, subject.clone(), label.clone(), depth + 1)
            };
            match same {
                Some(true) => return Some(true),
                Some(false) => {}
                None => none = None,
            }
        }
        none
    }

    fn is_label(
        &self,
        source: usize,
        subject: Range<usize>,
        label: Range<usize>,
        depth: usize,
    ) -> Option<bool> {
        let file = &self.sources[source];
        if label.len() == 1 && file.word(label.start) == Some("null") {
            return self.same(source, subject, label, depth);
        }
        let (value, label) = (self.value(source, subject, depth), self.value(source, label, depth));
        let label = text_of(&label)?;
        if is_unset(&value) { Some(false) } else { Some(text_of(&value)? == label) }
    }

    /// The value of `switch (x) { .. }`, `when (x) { .. }` or Kotlin's `if (x) a else b` that begins
    /// at a word.
    pub(super) fn branching(
        &self,
        source: usize,
        range: Range<usize>,
        depth: usize,
    ) -> Option<Value> {
        let file = &self.sources[source];
        if depth >= MAX_DEPTH {
            return None;
        }
        let word = file.word(range.start)?;
        if word == "if" {
            return self.if_else(source, range, depth);
        }
        if !matches!(word, "switch" | "when") {
            return None;
        }
        let open = (range.start + 1..range.end)
            .take(MAX_BACK)
            .find(|at| file.mark(*at, '{') && subject(file, *at).is_some())?;
        let mut default = None;
        let mut sure = true;
        for (number, arm) in arms(file, open).into_iter().enumerate() {
            match self.arm_taken(source, open, number, depth + 1) {
                Some(true) => return Some(self.branch(source, arm.body, depth + 1)),
                Some(false) => {}
                None => sure = false,
            }
            if arm.default {
                default = Some(arm.body);
            }
        }
        if !sure {
            self.doubt.set(true);
        }
        Some(self.branch(source, default?, depth + 1))
    }

    fn if_else(&self, source: usize, range: Range<usize>, depth: usize) -> Option<Value> {
        let file = &self.sources[source];
        let open = Some(range.start + 1).filter(|open| file.mark(*open, '('))?;
        let close = file.pair(open);
        let other = outside(file, close + 1..range.end, |at| file.word(at) == Some("else"));
        let other = *other.first()?;
        let yes = self.branch(source, close + 1..other, depth + 1);
        let no = self.branch(source, other + 1..range.end, depth + 1);
        Some(match self.truth(source, open + 1..close, depth + 1) {
            Some(true) => yes,
            Some(false) => no,
            None => {
                self.doubt.set(true);
                if no.is_known() { no } else { yes }
            }
        })
    }

    /// What a branch gives: its expression, in braces or without.
    fn branch(&self, source: usize, range: Range<usize>, depth: usize) -> Value {
        let file = &self.sources[source];
        let (mut from, mut to) = (range.start, range.end);
        if file.mark(from, '{') && file.pair(from) < to {
            (from, to) = (from + 1, file.pair(from));
        }
        if matches!(file.word(from), Some("yield" | "return")) {
            from += 1;
        }
        let end = end_of(file, from).min(to);
        self.value(source, from..end, depth)
    }
}

/// A value that the environment gives, and that is not set.
fn is_unset(value: &Value) -> bool {
    let [part] = value.parts.as_slice() else { return false };
    part.text.is_none() && part.base.is_none() && (part.env.is_some() || part.flag.is_some())
}

/// The start of the statement that a token stands in.
fn statement(file: &Source, at: usize, first: usize) -> usize {
    let mut start = at;
    while start > first && at - start < MAX_BACK {
        let before = start - 1;
        let ends = [';', '{', '}'].into_iter().any(|mark| file.mark(before, mark));
        if ends || file.word(before) == Some("else") {
            break;
        }
        if file.mark(before, ')') {
            let open = file.pair(before);
            let word = open.checked_sub(1).and_then(|word| file.word(word));
            if open > before || matches!(word, Some("if" | "for" | "while")) {
                break;
            }
            start = open;
        } else {
            start = before;
        }
    }
    start
}

/// The conditions right before a block or a statement: `if (..)`, `else`, `else if (..)`.
fn heads(file: &Source, start: usize, first: usize, found: &mut Vec<Condition>) {
    let mut start = start;
    for _ in 0..MAX_OUT {
        let Some(before) = start.checked_sub(1).filter(|before| *before > first) else { return };
        if file.mark(before, ')') {
            let open = file.pair(before);
            let word = open.checked_sub(1).filter(|_| open < before);
            let Some(word) = word else { return };
            match file.word(word) {
                Some("if") => found.push(Condition::If(open + 1..before, true)),
                Some("for" | "while" | "catch") => {
                    found.push(Condition::Other);
                    return;
                }
                _ => return,
            }
            start = word;
        } else if file.word(before) == Some("else") {
            let Some((word, range)) = if_before(file, before, first) else {
                found.push(Condition::Other);
                return;
            };
            found.push(Condition::If(range, false));
            start = word;
        } else {
            return;
        }
        // `else if`: the branches before it were not taken either.
        if start == 0 || file.word(start - 1) != Some("else") {
            return;
        }
    }
}

/// The `if` that an `else` belongs to, and its condition.
fn if_before(file: &Source, other: usize, first: usize) -> Option<(usize, Range<usize>)> {
    let end = other.checked_sub(1)?;
    let close = if file.mark(end, '}') {
        file.pair(end).checked_sub(1)?
    } else {
        // `if (x) a = 1; else a = 2;`
        let mut at = end;
        loop {
            if file.mark(at, ')') {
                let open = file.pair(at);
                if open.checked_sub(1).and_then(|word| file.word(word)) == Some("if") {
                    break at;
                }
                at = open;
            }
            if at <= first || other - at > MAX_BACK || file.mark(at, '{') {
                return None;
            }
            at -= 1;
        }
    };
    let open = Some(file.pair(close)).filter(|open| *open < close && file.mark(close, ')'))?;
    let word = open.checked_sub(1).filter(|word| file.word(*word) == Some("if"))?;
    Some((word, open + 1..close))
}

/// What a `switch` or `when` is about, by the bracket that opens its arms; empty for `when { .. }`.
fn subject(file: &Source, open: usize) -> Option<Range<usize>> {
    let before = open.checked_sub(1)?;
    if file.word(before) == Some("when") {
        return Some(open..open);
    }
    let start = Some(file.pair(before)).filter(|start| *start < before)?;
    let word = start.checked_sub(1).and_then(|word| file.word(word));
    matches!(word, Some("switch" | "when")).then(|| subject_of(file, start + 1..before))
}

/// `val x = y` of Kotlin is about `y`.
fn subject_of(file: &Source, range: Range<usize>) -> Range<usize> {
    let named = file.word(range.start) == Some("val") && file.mark(range.start + 2, '=');
    if named { range.start + 3..range.end } else { range }
}

fn arms(file: &Source, open: usize) -> Vec<Arm> {
    let close = file.pair(open);
    if close >= file.len() {
        return Vec::new();
    }
    let arrow = |at: usize| file.is(at, "->");
    if file.is_kotlin() {
        return kotlin_arms(file, open + 1..close, arrow);
    }
    let starts = outside(file, open + 1..close, |at| {
        file.word(at) == Some("case")
            || file.word(at) == Some("default") && (file.mark(at + 1, ':') || arrow(at + 1))
    });
    let mut found: Vec<Arm> = Vec::new();
    let (mut labels, mut default) = (Vec::new(), false);
    for (number, at) in starts.iter().copied().enumerate().take(MAX_ARMS) {
        let next = starts.get(number + 1).copied().unwrap_or(close);
        let ends = outside(file, at..next, |here| file.mark(here, ':') || arrow(here));
        let Some(end) = ends.first().copied() else { continue };
        if file.word(at) == Some("default") {
            default = true;
        } else {
            let mut from = at + 1;
            for comma in
                outside(file, at + 1..end, |here| file.mark(here, ',')).into_iter().chain([end])
            {
                labels.push(from..comma);
                from = comma + 1;
            }
        }
        // `case "a": case "b":` share what follows.
        if end + 1 < next {
            let labels = std::mem::take(&mut labels);
            found.push(Arm { labels, default, body: end + 1..next });
            default = false;
        }
    }
    found
}

fn kotlin_arms(file: &Source, range: Range<usize>, arrow: impl Fn(usize) -> bool) -> Vec<Arm> {
    let arrows = outside(file, range.clone(), arrow);
    let line = |at: usize| file.line(at);
    let start_of = |arrow: usize| {
        let mut start = arrow - 1;
        while start > range.start && line(start - 1) == line(arrow) && !file.mark(start - 1, ';') {
            start -= 1;
        }
        start
    };
    let mut found = Vec::new();
    for (number, at) in arrows.iter().copied().enumerate().take(MAX_ARMS) {
        let (from, to) = (start_of(at), at);
        let end = arrows.get(number + 1).map_or(range.end, |next| start_of(*next));
        let default = file.word(from) == Some("else");
        let mut labels = Vec::new();
        if !default {
            let mut start = from;
            for comma in
                outside(file, from..to, |here| file.mark(here, ',')).into_iter().chain([to])
            {
                labels.push(start..comma);
                start = comma + 1;
            }
        }
        found.push(Arm { labels, default, body: at + 1..end.max(at + 1) });
    }
    found
}
