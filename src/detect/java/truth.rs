//! Whether a condition holds when the program starts in an environment that sets nothing.

use std::ops::Range;

use super::code::{Code, MAX_DEPTH, end_of, outside};
use super::value::text_of;
use crate::code::Value;

impl Code<'_> {
    /// Whether a condition holds where the environment sets nothing and no arguments are given.
    pub(super) fn truth(&self, source: usize, range: Range<usize>, depth: usize) -> Option<bool> {
        let file = &self.sources[source];
        let (mut from, mut to) = (range.start, range.end);
        while from < to && file.mark(from, '(') && file.pair(from) + 1 == to {
            (from, to) = (from + 1, to - 1);
        }
        if from >= to || depth >= MAX_DEPTH || !self.step() {
            return None;
        }
        for (mark, decides) in [("||", true), ("&&", false)] {
            let at = outside(file, from..to, |at| file.is(at, mark));
            let Some(&at) = at.first() else { continue };
            let left = self.truth(source, from..at, depth + 1);
            // The rest of `x == null || x.isEmpty()` is asked of what is not there.
            if left == Some(decides) {
                return left;
            }
            let right = self.truth(source, at + 1..to, depth + 1);
            return match (left, right) {
                (_, Some(right)) if right == decides => Some(decides),
                (Some(_), right) => right,
                _ => None,
            };
        }
        let compares = outside(file, from..to, |at| file.is(at, "==") || file.is(at, "!="));
        if let Some(&at) = compares.first() {
            let equal = file.is(at, "==");
            let same = self.same(source, from..at, at + 1..to, depth)?;
            return Some(same == equal);
        }
        if file.mark(from, '!') {
            return self.truth(source, from + 1..to, depth + 1).map(|truth| !truth);
        }
        if file.word(from) == Some("args") && file.word(from + 2) == Some("length") {
            // `args.length > 0`
            let more = file.raw(from + 3).starts_with('>');
            return Some(!more && file.raw(from + 3).starts_with('<'));
        }
        match file.word(from).filter(|_| from + 1 == to) {
            Some("true") => return Some(true),
            Some("false") => return Some(false),
            _ => {}
        }
        self.asked(source, from..to, depth).or_else(|| {
            let value = self.value(source, from..to, depth + 1);
            value.text().and_then(|text| text.parse().ok())
        })
    }

    /// `x == null`, `args.length == 0`.
    pub(super) fn same(
        &self,
        source: usize,
        left: Range<usize>,
        right: Range<usize>,
        depth: usize,
    ) -> Option<bool> {
        let file = &self.sources[source];
        let alone = |range: &Range<usize>, word: &str| {
            range.len() == 1 && file.word(range.start) == Some(word)
        };
        if file.word(left.start) == Some("args") && left.len() == 3 {
            return Some(alone(&right, "0"));
        }
        // What a program is handed is an empty list, not nothing.
        if alone(&left, "args") && alone(&right, "null") {
            return Some(false);
        }
        let other = match (alone(&left, "null"), alone(&right, "null")) {
            (true, false) => right,
            (false, true) => left,
            _ => {
                let (left, right) =
                    (self.value(source, left, depth + 1), self.value(source, right, depth + 1));
                return Some(text_of(&left)? == text_of(&right)?);
            }
        };
        let value = self.value(source, other, depth + 1);
        match value.parts.as_slice() {
            [part] if part.text.is_none() && (part.env.is_some() || part.flag.is_some()) => {
                Some(true)
            }
            _ => value.is_known().then_some(false),
        }
    }

    /// A condition that is a call: `name.isEmpty()`, `"x".equals(System.getenv("Y"))`, a method of
    /// the program.
    fn asked(&self, source: usize, range: Range<usize>, depth: usize) -> Option<bool> {
        let file = &self.sources[source];
        let close = range.end.checked_sub(1).filter(|close| file.mark(*close, ')'))?;
        let open = file.pair(close);
        let name = open.checked_sub(1).filter(|at| *at >= range.start)?;
        let unset = |value: &Value| {
            value.parts.iter().any(|p| p.text.is_none() && (p.env.is_some() || p.flag.is_some()))
        };
        let before = || self.value(source, range.start..name.saturating_sub(1), depth + 1);
        let argument = || self.value(source, open + 1..close, depth + 1);
        match file.word(name)? {
            "isEmpty" | "isBlank" | "isNullOrEmpty" | "isNullOrBlank" | "isNull" => {
                let value = if open + 1 == close { before() } else { argument() };
                if unset(&value) { Some(true) } else { value.is_known().then_some(false) }
            }
            "isPresent" | "nonNull" | "isNotBlank" | "isNotEmpty" | "hasText" | "hasLength" => {
                let value = if open + 1 == close { before() } else { argument() };
                if unset(&value) { Some(false) } else { value.is_known().then_some(true) }
            }
            asked @ ("equals" | "equalsIgnoreCase" | "contains" | "startsWith") => {
                let (held, wanted) = (before(), argument());
                if unset(&held) || unset(&wanted) {
                    return Some(false);
                }
                // Upper and lower case are told apart by none of the calls in between.
                let held = held.text()?.to_lowercase();
                let wanted = wanted.text()?.to_lowercase();
                Some(match asked {
                    "contains" => held.contains(&wanted),
                    "startsWith" => held.starts_with(&wanted),
                    _ => held == wanted,
                })
            }
            "parseBoolean" => unset(&argument()).then_some(false),
            "containsKey" | "getBoolean" => Some(false),
            own if open + 1 == close => {
                let method = self.method(source, own)?;
                let file = &self.sources[method.at.0];
                let at = method.body.clone().find(|at| file.word(*at) == Some("return"))?;
                let end = end_of(file, at + 1);
                self.truth(method.at.0, at + 1..end, depth + 1)
            }
            _ => None,
        }
    }
}
