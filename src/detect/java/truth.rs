//! Whether a condition is true when the program starts in an environment that sets nothing.

use std::ops::Range;

use super::code::{Code, MAX_DEPTH, end_of};
use super::value::text_of;
use crate::code::branches;
use crate::code::truth::{Operands, answer, truth};
use crate::code::{Does, Value};

/// True for a usual name of the parameter of `main`.
fn is_arguments(name: &str) -> bool {
    matches!(name, "args" | "argv" | "arguments" | "a")
}

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
        if file.word(at).is_some_and(is_arguments) && file.word(at + 2) == Some("length") {
            // A test for arguments: `args.length > 0`. There are none.
            let number: u32 = file.word(at + 4)?.parse().ok()?;
            return Some(match file.raw(at + 3) {
                "<" => number > 0,
                "<=" => true,
                ">=" => number == 0,
                _ => false,
            });
        }
        self.code
            .asked(self.source, operand.clone(), depth)
            .or_else(|| self.code.value(self.source, operand, depth + 1).text()?.parse().ok())
    }

    fn is_label(&self, subject: Range<usize>, label: Range<usize>, steps: u8) -> Option<bool> {
        let (code, source, depth) = (self.code, self.source, depth(steps));
        // An unset variable is null, which is no text to compare.
        if label.len() == 1 && code.sources[source].word(label.start) == Some("null") {
            return code.same(source, subject, label, depth);
        }
        let value = code.value(source, subject, depth);
        let label = text_of(&code.value(source, label, depth))?;
        if is_unset(&value) { Some(false) } else { Some(text_of(&value)? == label) }
    }
}

/// What asks a value: from its argument or from the object of the method.
const QUESTIONS: [Does; 5] =
    [Does::IsEmpty, Does::IsFilled, Does::Equals, Does::Contains, Does::StartsWith];

/// True for a value from the environment that is not set.
fn is_unset(value: &Value) -> bool {
    value.parts.len() == 1 && value.is_unset() && !value.is_known()
}

/// How many steps are left at a depth.
fn steps(depth: usize) -> Option<u8> {
    u8::try_from(MAX_DEPTH.checked_sub(depth)?).ok()
}

impl Code<'_> {
    /// Whether a condition is true if the environment sets nothing and there are no arguments.
    pub(super) fn truth(&self, source: usize, range: Range<usize>, depth: usize) -> Option<bool> {
        let steps = steps(depth).filter(|_| self.step())?;
        truth(&self.sources[source], range, steps, &Start { code: self, source })
    }

    /// Whether an arm of a `switch` or `when` is taken in the same environment.
    pub(super) fn is_arm_taken(
        &self,
        source: usize,
        open: usize,
        number: usize,
        depth: usize,
    ) -> Option<bool> {
        let steps = steps(depth + 1).filter(|_| self.step())?;
        let start = Start { code: self, source };
        branches::is_taken(&self.sources[source], open, number, steps, &start)
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
        let length = left.len() == 3 && file.word(left.end - 1) == Some("length");
        if length && file.word(left.start).is_some_and(is_arguments) {
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
        let before = || self.value(source, range.start..name.saturating_sub(1), depth + 1);
        let argument = || self.value(source, open + 1..close, depth + 1);
        let mut does = self.rows_for((source, name)).map(|row| row.does);
        match does.find(|does| QUESTIONS.contains(does)) {
            Some(does @ (Does::IsEmpty | Does::IsFilled)) => {
                let of = if open + 1 == close { before() } else { argument() };
                return answer(does, &of, &of);
            }
            Some(does) => return answer(does, &before(), &argument()),
            None => {}
        }
        match file.word(name)? {
            "parseBoolean" => argument().is_unset().then_some(false),
            "containsKey" | "getBoolean" => Some(false),
            // A method with parameters would be true for one caller and false for another.
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
