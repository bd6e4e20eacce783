//! Whether a program exits if a call fails.

use super::facts::Call;
use super::program::Program;

/// Maximum number of tokens after a call that may handle its error.
const MAX_TOKENS: usize = 24;

/// Maximum number of callers that an error passes through, and of callers that are examined at each
/// step.
const MAX_STEPS: usize = 3;
const MAX_CALLERS: usize = 4;

impl Program<'_> {
    /// True if the program exits when this call fails: at once, or because every function returns
    /// the error to one that exits.
    pub(crate) fn is_fatal(&self, call: &Call) -> bool {
        self.is_fatal_within(call, MAX_STEPS)
    }

    fn is_fatal_within(&self, call: &Call, steps: usize) -> bool {
        let file = &call.file;
        let ends = |at: usize| self.rows.ending.iter().any(|word| word == file.word(at));
        // `log.Fatal(run())`, `template.Must(...)`.
        let around = file.enclosing(call.at).filter(|&open| file.word(open) == "(" && open > 0);
        if around.is_some_and(|open| ends(open - 1)) {
            return true;
        }
        let function = file.facts().function_at(call.at);
        let end = function.map_or(file.len(), |function| function.range.end);
        let close = file.closing(call.open);
        let mut behind = close..(close + MAX_TOKENS).min(end);
        if behind.clone().any(ends) {
            return true;
        }
        let handed = behind.any(|at| file.word(at) == "return");
        let (Some(steps), Some(function)) = (steps.checked_sub(1), function) else { return false };
        let returned = file.word(super::conditions::statement(file, call.at)) == "return";
        (handed || returned)
            && self
                .callers(file, function)
                .take(MAX_CALLERS)
                .any(|call| self.is_fatal_within(&call, steps))
    }
}
