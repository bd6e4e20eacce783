//! The value of a parameter: the argument of the call that is being followed, or those of all
//! callers.

use std::ops::Range;
use std::rc::Rc;

use super::facts::Call;
use super::file::File;
use super::functions::Function;
use super::objects::default;
use super::program::{Bound, Program};
use super::value::{Value, first_of, merge};

/// Maximum number of callers of a function.
const MAX_CALLERS: usize = 8;

/// Maximum number of parameters of a function.
const MAX_PARAMETERS: usize = 32;

impl Program<'_> {
    /// The argument for a parameter of a function that is being evaluated.
    pub(super) fn passed(
        &self,
        file: &Rc<File>,
        function: &Function,
        position: usize,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        self.within_call(file, function, |call| {
            let argument = call.arguments().get(position)?.clone();
            Some(self.eval_below(&call.file, argument, keys, steps))
        })
    }

    /// What `read` finds in the call of a function that is being followed. It looks at the
    /// arguments in the context of the calls before.
    pub(super) fn within_call<T>(
        &self,
        file: &Rc<File>,
        function: &Function,
        read: impl Fn(&Call) -> Option<T>,
    ) -> Option<T> {
        let is = |bound: &&Bound| bound.0 == Rc::as_ptr(file) && bound.1 == function.parameters;
        let number = self.bound.borrow().iter().rposition(|bound| is(&bound))?;
        let call = self.bound.borrow().get(number).map(|(_, _, call)| call.clone())?;
        let inner = self.bound.borrow_mut().split_off(number);
        let found = read(&call);
        self.bound.borrow_mut().extend(inner);
        found
    }

    /// The value below `keys` of a name that a function receives as a parameter or as a part of
    /// one: from the call that is being followed, the first caller with a known value, or the
    /// default.
    pub(super) fn handed(
        &self,
        file: &Rc<File>,
        function: &Function,
        name: &str,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let parameters = file.elements(function.parameters).into_iter().enumerate();
        let (position, key, place) =
            parameters.take(MAX_PARAMETERS).find_map(|(position, one)| {
                let (key, place) = named_in(file, &one, name)?;
                Some((position, key, place))
            })?;
        let path = [key.into_iter().collect(), keys.to_vec()].concat();
        let given = self.passed(file, function, position, &path, steps).or_else(|| {
            let mut open = None;
            for call in self.callers_of(file, function) {
                let Some(argument) = call.arguments().get(position).cloned() else { continue };
                let value = self.eval_below(&call.file, argument, &path, steps);
                if value.text().is_some() {
                    return Some(value);
                }
                open = open.or(Some(value).filter(|value| !value.is_unknown()));
            }
            open
        });
        let default = default(file, place).map(|range| self.eval_below(file, range, keys, steps));
        first_of(given.into_iter().chain(default)).filter(|value| !value.is_unknown())
    }

    /// The calls that may refer to a function, including those in files that import it under
    /// another name.
    fn callers_of(&self, file: &Rc<File>, function: &Function) -> Vec<Call> {
        let name = file.word(function.name);
        let whole = file.exports_whole(function);
        let others = self.importers(&file.path).filter(|(_, other)| whole && *other != name);
        let others = others.flat_map(|(from, other)| {
            self.calls_named(other).filter(|call| call.file.path == from.path)
        });
        let own = self.calls_named(name).filter(|call| !call.is_head_of(file, function));
        own.take(MAX_CALLERS).chain(others.take(MAX_CALLERS)).collect()
    }

    /// The value of a method's receiver in the call that is being followed: `key.Get()`, where the
    /// type of `key` is a text.
    fn called_on(
        &self,
        file: &Rc<File>,
        function: &Function,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        let open = function.range.start + 1;
        // `func (name Type) ...`
        let named = function.method && file.word(open) == "(" && file.word(open + 1) == name;
        let value = named.then(|| {
            self.within_call(file, function, |call| Some(self.eval(&call.file, call.on()?, steps)))
        });
        value.flatten().filter(|value| !value.is_unknown())
    }

    /// The value that callers pass for a parameter.
    pub(super) fn parameter(
        &self,
        file: &Rc<File>,
        function: &Function,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        if let Some(value) = self.called_on(file, function, name, steps) {
            return Some(value);
        }
        let shared = file.dialect().tails && !self.is_distinct(file.word(function.name));
        let owned = if shared { self.owned.calls_of(file, function) } else { &[] };
        if shared && owned.is_empty() {
            return None;
        }
        let parameters = file.elements(function.parameters);
        let of_itself = parameters.first().is_some_and(|first| file.word(first.end - 1) == "self");
        let position = parameters.iter().position(|one| {
            let start = one.start + usize::from(file.word(one.start) == "mut");
            file.word(start) == name && file.is_word(start)
        })?;
        let position = position.checked_sub(usize::from(of_itself))?;
        if let Some(value) = self.passed(file, function, position, &[], steps) {
            return Some(value);
        }
        let calls = self.callers(file, function).filter(|_| !shared);
        let calls = owned.iter().cloned().chain(calls);
        let values: Vec<(bool, Value)> = calls
            .filter_map(|call| {
                let argument = call.arguments().get(position)?.clone();
                Some((true, self.eval(&call.file, argument, steps)))
            })
            .take(MAX_CALLERS)
            .collect();
        let all: Vec<Value> = values.iter().flat_map(|(_, value)| value.alternatives()).collect();
        // Of several callers, the first one wins.
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

/// The position of a name in a parameter and, if the parameter is a pattern, the key that it is
/// taken from.
pub(super) fn named_in(
    file: &File,
    one: &Range<usize>,
    name: &str,
) -> Option<(Option<String>, usize)> {
    if file.word(one.start) == "{" {
        return file.elements(one.start).into_iter().find_map(|part| {
            let renamed = file.word(part.start + 1) == ":";
            let at = part.start + if renamed { 2 } else { 0 };
            (file.word(at) == name).then(|| (Some(file.word(part.start).to_owned()), at))
        });
    }
    let end = one.clone().find(|&at| matches!(file.word(at), ":" | "=" | "?"));
    let at = end.unwrap_or(one.end).checked_sub(1)?;
    (one.contains(&at) && file.word(at) == name).then_some((None, at))
}
