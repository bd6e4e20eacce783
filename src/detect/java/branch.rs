//! The branches of `if`, `switch` and `when` around a token, and which of them are taken in an
//! environment that sets nothing.

use std::ops::Range;

use super::code::{Code, MAX_DEPTH, Place, end_of};
use crate::code::Value;
use crate::code::branches::{self, Condition, Reach, arms, outside, subject};

/// How far back the start of a statement is searched.
const MAX_BACK: usize = 40;

impl Code<'_> {
    /// Whether a token is reached, given that `from` is. Blocks around both do not matter.
    pub(super) fn reached(&self, place: Place, from: Option<usize>, depth: usize) -> Reach {
        Reach::under(self.conditions(place, from), |condition| match condition {
            Condition::If(range, wanted) => {
                self.truth(place.0, range, depth + 1).map(|truth| truth == wanted)
            }
            Condition::Arm(open, number) => self.is_arm_taken(place.0, open, number, depth + 1),
            Condition::Other => None,
        })
    }

    /// The condition of the `if` right around a token, if it is true at the start.
    pub(super) fn holding(&self, place: Place) -> Option<Range<usize>> {
        if self.reached(place, None, 0) != Reach::Sure(true) {
            return None;
        }
        self.conditions(place, None).into_iter().find_map(|condition| match condition {
            Condition::If(range, true) => Some(range),
            _ => None,
        })
    }

    /// The condition of the `if` around a place, if it is the only one.
    pub(super) fn only_condition(&self, place: Place) -> Option<Range<usize>> {
        let mut all = self.conditions(place, None).into_iter();
        match (all.next(), all.next()) {
            (Some(Condition::If(range, true)), None) => Some(range),
            _ => None,
        }
    }

    pub(super) fn conditions(&self, place: Place, from: Option<usize>) -> Vec<Condition> {
        let first = self.method_at(place).map_or(0, |method| method.body.start);
        branches::conditions(&self.sources[place.0], place.1, first, from)
    }

    /// The value of `switch (x) { .. }`, `when (x) { .. }` or Kotlin's `if (x) a else b`.
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
            match self.is_arm_taken(source, open, number, depth + 1) {
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

    /// The value of a branch: its expression, in braces or without.
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
