//! What a parameter is: what the call passes that led to its function, or what all callers pass.

use std::rc::Rc;

use super::facts::Function;
use super::file::File;
use super::program::{Bound, Program};
use super::value::{Value, merge};

/// How many callers of a function are looked at.
const MAX_CALLERS: usize = 8;

impl Program<'_> {
    /// What the call passes for a parameter whose function is being looked through.
    fn passed(
        &self,
        file: &Rc<File>,
        function: &Function,
        position: usize,
        steps: u8,
    ) -> Option<Value> {
        let is = |bound: &&Bound| bound.0 == Rc::as_ptr(file) && bound.1 == function.name;
        let number = self.bound.borrow().iter().rposition(|bound| is(&bound))?;
        let call = self.bound.borrow().get(number).map(|(_, _, call)| call.clone())?;
        let argument = call.arguments().get(position)?.clone();
        // The argument stands in what the calls before led to.
        let inner = self.bound.borrow_mut().split_off(number);
        let value = self.eval(&call.file, argument, steps);
        self.bound.borrow_mut().extend(inner);
        Some(value)
    }

    /// What callers pass for a parameter.
    pub(super) fn parameter(
        &self,
        file: &Rc<File>,
        function: &Function,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        if file.dialect().tails && !self.is_distinct(file.word(function.name)) {
            return None;
        }
        let parameters = file.elements(function.parameters);
        let of_itself = parameters.first().is_some_and(|first| file.word(first.end - 1) == "self");
        let position = parameters.iter().position(|one| {
            let start = one.start + usize::from(file.word(one.start) == "mut");
            file.word(start) == name && file.is_word(start)
        })?;
        let position = position.checked_sub(usize::from(of_itself))?;
        if let Some(value) = self.passed(file, function, position, steps) {
            return Some(value);
        }
        let calls = self.callers(file, function);
        let values: Vec<(bool, Value)> = calls
            .filter_map(|call| {
                let argument = call.arguments().get(position)?.clone();
                Some((true, self.eval(&call.file, argument, steps)))
            })
            .take(MAX_CALLERS)
            .collect();
        let all: Vec<Value> = values.iter().flat_map(|(_, value)| value.alternatives()).collect();
        // Of several callers the first one counts.
        let mut chosen =
            merge(values.into_iter().rev().collect()).filter(|value| !value.is_unknown())?;
        for other in all {
            if other.text() != chosen.text() && !chosen.others.contains(&other.parts) {
                chosen.others.push(other.parts);
            }
        }
        Some(chosen)
    }
}
