//! Places that a program reaches only where somebody turns a setting on.

use std::ops::Range;
use std::rc::Rc;

use super::branches::Reach;
use super::conditions::heads;
use super::facts::Call;
use super::file::File;
use super::functions::Function;
use super::program::Program;
use super::truth::{Operands, truth};

/// How many functions are followed to their callers.
const MAX_STEPS: u8 = 3;

/// How many callers of a function are looked at.
const MAX_CALLERS: usize = 8;

/// How many operands of a condition.
const MAX_OPERANDS: u8 = 6;

/// What settings are where nobody sets them.
struct Defaults<'p, 'r> {
    program: &'p Program<'r>,
    file: &'p Rc<File>,
}

impl Operands for Defaults<'_, '_> {
    fn same(&self, _: Range<usize>, _: Range<usize>, _: u8) -> Option<bool> {
        None
    }

    fn holds(&self, operand: Range<usize>, _: u8) -> Option<bool> {
        self.program.value(self.file, operand).text()?.parse().ok()
    }
}

impl Program<'_> {
    /// Whether a place in a function, or outside of any, is reached as the container starts: by the
    /// conditions around it there, on variables that the image sets or does not set.
    pub(crate) fn reach(&self, file: &Rc<File>, at: usize) -> Reach {
        self.reached(file, at, None, MAX_OPERANDS)
    }
}

/// The place runs only under an `if` on a setting that is off by default, or in a function that is
/// called from such places alone.
pub(super) fn is_off(program: &Program, file: &Rc<File>, at: usize) -> bool {
    within(program, file, at, MAX_STEPS)
}

fn within(program: &Program, file: &Rc<File>, at: usize, steps: u8) -> bool {
    let defaults = Defaults { program, file };
    let off = |head: &Range<usize>| {
        let condition = head.start + 1..head.end;
        let plain = file.word(head.start) == "if"
            && !condition.clone().any(|at| matches!(file.word(at), ";" | "let" | "="));
        plain && truth(file, condition, MAX_OPERANDS, &defaults) == Some(false)
    };
    if heads(file, at).iter().any(off) {
        return true;
    }
    let (Some(steps), Some(function)) = (steps.checked_sub(1), file.facts().function_at(at)) else {
        return false;
    };
    let callers = callers(program, file, function);
    !callers.is_empty() && callers.iter().all(|call| within(program, &call.file, call.at, steps))
}

/// The calls of a function, as far as they are looked at.
fn callers(program: &Program, file: &Rc<File>, function: &Function) -> Vec<Call> {
    let name = file.word(function.name);
    let tails = file.dialect().tails;
    if tails && (!program.is_distinct(name) || matches!(name, "main")) {
        return program.owned.calls_of(file, function).iter().take(MAX_CALLERS).cloned().collect();
    }
    program.callers(file, function).take(MAX_CALLERS).collect()
}
