//! Whether a condition is true when the program starts in an environment that sets nothing.

use std::ops::Range;

use super::code::{Code, MAX_DEPTH, end_of};
use super::value::text_of;
use crate::code::Value;
use crate::code::truth::{Operands, truth};

/// The values of operands if the environment sets nothing and there are no arguments.
struct Start<'c, 'a> {
    code: &'c Code<'a>,
    source: usize,
}

/// The depth of an expression for which so many steps are left.
fn depth(steps: u8) -> usize {
    MAX_DEPTH - usize::from(steps) - 1
}

impl Operands for Start<'_, '_> {
    fn same(&self, left: Range<usize>, right: Range<usize>, steps: u8) -> Option<bool> {
        self.code.same(self.source, left, right, depth(steps))
    }

    fn holds(&self, operand: Range<usize>, steps: u8) -> Option<bool> {
        let (file, at, depth) = (&self.code.sources[self.source], operand.start, depth(steps));
        if file.word(at) == Some("args") && file.word(at + 2) == Some("length") {
            // A test for arguments: `args.length > 0`.
            let more = file.raw(at + 3).starts_with('>');
            return Some(!more && file.raw(at + 3).starts_with('<'));
        }
        self.code
            .asked(self.source, operand.clone(), depth)
            .or_else(|| self.code.value(self.source, operand, depth + 1).text()?.parse().ok())
    }
}

impl Code<'_> {
    /// Whether a condition is true if the environment sets nothing and there are no arguments.
    pub(super) fn truth(&self, source: usize, range: Range<usize>, depth: usize) -> Option<bool> {
        let steps = u8::try_from(MAX_DEPTH.checked_sub(depth)?).ok().filter(|_| self.step())?;
        truth(&self.sources[source], range, steps, &Start { code: self, source })
    }

    /// The value of `x == null` or `args.length == 0`.
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
        // Without arguments a program gets an empty list, not null.
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

    /// The value of a condition that is a call: `name.isEmpty()`,
    /// `"x".equals(System.getenv("Y"))`, or a method of the program.
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
                // None of the calls in between matters for upper and lower case.
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
