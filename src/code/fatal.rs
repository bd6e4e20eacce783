//! Whether a program exits if a call fails.

use std::ops::Range;
use std::rc::Rc;

use super::facts::Call;
use super::file::File;
use super::program::Program;

/// Maximum number of tokens of a condition behind a call.
const MAX_HEAD: usize = 64;

/// Maximum number of tokens of a block that handles an error.
const MAX_BLOCK: usize = 400;

/// Maximum number of conditions that follow a call, and of alternatives of one.
const MAX_CONDITIONS: usize = 4;

/// Maximum number of callers that an error passes through, and of callers that are examined at each
/// step.
const MAX_STEPS: usize = 3;
const MAX_CALLERS: usize = 4;

/// Words with which code asks whether a file does not exist.
const ABSENCE: [&str; 3] = ["ErrNotExist", "IsNotExist", "ENOENT"];

/// What the code does where a call fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Handling {
    /// It exits.
    Exits,
    /// It returns, perhaps the error.
    Returns,
    /// It goes on, at least where the file does not exist.
    GoesOn,
}

impl Program<'_> {
    /// True if the program exits when this call fails: at once, or because every function returns
    /// the error to one that exits.
    pub(crate) fn is_fatal(&self, call: &Call) -> bool {
        self.is_fatal_within(call, MAX_STEPS)
    }

    /// True if the code does not go on where this call fails: it exits, or returns.
    pub(crate) fn stops_at(&self, call: &Call) -> bool {
        let around = call.file.enclosing(call.at).filter(|&open| open > 0);
        around.is_some_and(|open| self.exits_at(&call.file, open - 1))
            || self.handling(call) != Handling::GoesOn
    }

    fn is_fatal_within(&self, call: &Call, steps: usize) -> bool {
        let file = &call.file;
        // `log.Fatal(run())`, `template.Must(...)`.
        let around = file.enclosing(call.at).filter(|&open| file.word(open) == "(" && open > 0);
        if around.is_some_and(|open| self.exits_at(file, open - 1)) {
            return true;
        }
        match self.handling(call) {
            Handling::Exits => return true,
            Handling::GoesOn => return false,
            Handling::Returns => {}
        }
        let function = file.facts().function_at(call.at);
        let (Some(steps), Some(function)) = (steps.checked_sub(1), function) else { return false };
        self.callers(file, function)
            .take(MAX_CALLERS)
            .any(|call| self.is_fatal_within(&call, steps))
    }

    fn exits_at(&self, file: &File, at: usize) -> bool {
        self.rows.ending.iter().any(|word| word == file.word(at))
    }

    /// What the conditions on the result of a call do: in the head of one, or behind it.
    fn handling(&self, call: &Call) -> Handling {
        let file = &call.file;
        // `k.Load(file.Provider("a.toml"), ..)`: the outer call hands on the failure.
        let (mut at, mut close) = (call.at, file.closing(call.open));
        for _ in 0..MAX_CONDITIONS {
            let Some(open) = file.enclosing(at).filter(|&open| file.word(open) == "(") else {
                break;
            };
            (at, close) = (open, file.closing(open));
        }
        let start = first(file, at);
        match file.word(start) {
            "return" => return Handling::Returns,
            "if" => return self.condition(file, start, close).unwrap_or(Handling::GoesOn),
            _ => {}
        }
        let end = file.facts().function_at(call.at).map_or(file.len(), |one| one.range.end);
        let Some(mut at) = after(file, close, end) else { return Handling::GoesOn };
        for _ in 0..MAX_CONDITIONS {
            match file.word(at) {
                "if" => {
                    if let Some(found) = self.condition(file, at, at) {
                        return found;
                    }
                    let Some(open) = block(file, at) else { break };
                    at = file.closing(open) + 1;
                }
                "switch" => {
                    let Some(open) = block(file, at) else { break };
                    return self.within(file, open..file.closing(open));
                }
                // The error is the function's last value.
                "return" => return Handling::Returns,
                "defer" => {}
                _ => break,
            }
            let Some(next) = after(file, at, end) else { break };
            at = next;
        }
        Handling::GoesOn
    }

    /// What an `if` with its alternatives does where there is an error; `None` if it does not ask.
    fn condition(&self, file: &Rc<File>, start: usize, from: usize) -> Option<Handling> {
        let mut open = block(file, from)?;
        let head = start..open;
        let says = |range: &Range<usize>, words: &[&str]| {
            range.clone().any(|at| words.contains(&file.word(at)))
        };
        let absence = says(&head, &ABSENCE);
        let asks = absence || says(&head, &["nil"]);
        if !asks {
            return None;
        }
        if absence {
            // Whoever asks for it takes it into account: the other branch is about other errors.
            return Some(Handling::GoesOn);
        }
        // `if err == nil { .. } else { .. }`
        if says(&head, &["=="]) && !says(&head, &["!="]) {
            let next = file.closing(open) + 1;
            if file.word(next) != "else" {
                return Some(Handling::GoesOn);
            }
            open = block(file, next)?;
        }
        Some(self.within(file, open..file.closing(open)))
    }

    /// What a block does.
    fn within(&self, file: &Rc<File>, block: Range<usize>) -> Handling {
        let block = block.start..block.end.min(block.start + MAX_BLOCK);
        if block.clone().any(|at| ABSENCE.contains(&file.word(at))) {
            return Handling::GoesOn;
        }
        if block.clone().any(|at| self.exits_at(file, at)) {
            return Handling::Exits;
        }
        let returns = block.into_iter().any(|at| file.word(at) == "return");
        if returns { Handling::Returns } else { Handling::GoesOn }
    }
}

/// The first token of the statement around a call, which may assign several values.
fn first(file: &File, at: usize) -> usize {
    let mut start = at;
    for _ in 0..MAX_HEAD {
        let Some(before) = start.checked_sub(1) else { break };
        match file.word(before) {
            ";" if !file.is_line_end(before) => start = before,
            ";" | "{" | "}" | "(" | "[" => break,
            "if" | "switch" | "for" | "return" => return before,
            _ => start = file.opening(before),
        }
    }
    start
}

/// The brace that opens the block of a condition.
fn block(file: &File, at: usize) -> Option<usize> {
    let mut next = at;
    while next < (at + MAX_HEAD).min(file.len()) {
        match file.word(next) {
            "{" => return Some(next),
            "(" | "[" => next = file.closing(next),
            _ => {}
        }
        next += 1;
    }
    None
}

/// The first token of the statement after the one that contains a position.
fn after(file: &File, at: usize, end: usize) -> Option<usize> {
    let mut next = at;
    while next < end.min(at + MAX_HEAD) {
        match file.word(next) {
            ";" => return Some(next + 1).filter(|&next| next < end),
            "(" | "[" | "{" => next = file.closing(next),
            "}" => return None,
            _ => {}
        }
        next += 1;
    }
    None
}
