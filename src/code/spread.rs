//! Arguments that spread a list: `path.Join(append([]string{root}, parts...)...)`.

use std::ops::Range;
use std::rc::Rc;

use super::eval::{MAX_LOOKS, MAX_STEPS, whole_call};
use super::facts::{Call, locals};
use super::file::File;
use super::program::Program;
use super::value::Value;

/// The mark behind a list that is spread, and before the type of its elements.
const SPREAD: &str = "...";

/// Maximum number of arguments after all lists are spread.
const MAX_ARGUMENTS: usize = 32;

impl Program<'_> {
    /// The arguments of a call from one on, with the elements of a list in place of the list; `None`
    /// if a list is not known.
    pub(super) fn spread(&self, call: &Call, from: usize, steps: u8) -> Option<Vec<Value>> {
        let arguments = call.arguments().into_iter().skip(from);
        self.all_of(&call.file, arguments, steps)
    }

    fn all_of(
        &self,
        file: &Rc<File>,
        ranges: impl Iterator<Item = Range<usize>>,
        steps: u8,
    ) -> Option<Vec<Value>> {
        let mut all = Vec::new();
        for range in ranges {
            if range.len() > 1 && file.word(range.end - 1) == SPREAD {
                all.extend(self.listed(file, range.start..range.end - 1, steps)?);
            } else {
                all.push(self.eval(file, range, steps));
            }
            if all.len() > MAX_ARGUMENTS {
                return None;
            }
        }
        Some(all)
    }

    /// The elements of the list in `range list` as alternatives: what a loop goes through; or one
    /// of the elements, as in `list[0]`. `None` for any other expression.
    pub(super) fn each(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let loops = file.dialect().keywords.contains(&"range") && file.word(range.start) == "range";
        if !loops || range.len() < 2 {
            return self.element(file, range, steps);
        }
        let all = self.listed(file, range.start + 1..range.end, steps).unwrap_or_default();
        let mut all = all.iter().flat_map(Value::alternatives);
        let note = "an element of a list that is not known";
        let Some(mut first) = all.next() else {
            return Some(Value::unknown(file.evidence(range.start, note)));
        };
        first.others = all.map(|value| value.parts).take(MAX_ARGUMENTS).collect();
        Some(first)
    }

    /// The element of a list at a position: `commands[0]`, where the list is known, or is each of the
    /// lists that a loop goes through. `None` for any other expression.
    fn element(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let close = range.end.checked_sub(1).filter(|&close| file.word(close) == "]")?;
        let open = Some(file.opening(close)).filter(|&open| open > range.start)?;
        if !file.dialect().keywords.contains(&"range") {
            return None;
        }
        let list = range.start..open;
        let number = file.word(open + 1).parse::<usize>().ok().filter(|_| close == open + 2);
        let Some(number) = number else { return self.of_map(file, list, steps) };
        if let Some(all) = self.listed(file, list.clone(), steps) {
            return all.into_iter().nth(number);
        }
        if list.len() != 1 {
            return None;
        }
        let (file, lists) = self.ranged(file, open, file.word(list.start), steps)?;
        let inner = file.elements(lists).into_iter().take(MAX_ARGUMENTS).filter_map(|one| {
            let open = file.opening(one.end - 1);
            let element = file.elements(open).into_iter().nth(number);
            let element = element.filter(|_| file.word(open) == "{" && open >= one.start)?;
            Some(self.eval(&file, element, steps))
        });
        let mut inner = inner.filter(Value::is_known);
        let mut first = inner.next()?;
        first.others = inner.map(|value| value.parts).collect();
        Some(first)
    }

    /// The values of a map that is defined once, as alternatives: `tools[format]`. One that holds
    /// numbers or addresses gives one of them alone.
    fn of_map(&self, file: &Rc<File>, map: Range<usize>, steps: u8) -> Option<Value> {
        let (at, name) = (map.start, file.word(map.start));
        let function = file.facts().function_at(at).filter(|_| map.len() == 1)?;
        let (file, value) = match locals(file, function, at, name).as_slice() {
            [] => self.defined_once(file, name)?,
            [one] => (file.clone(), one.value.clone()),
            _ => return None,
        };
        let open = file.opening(value.end.checked_sub(1)?);
        if file.word(value.start) != "map" || file.word(open) != "{" {
            return None;
        }
        let elements = file.elements(open).into_iter().take(MAX_ARGUMENTS);
        let values = elements.filter_map(|one| {
            let value = file.split(one, &[":"]).get(1)?.clone();
            Some(self.eval(&file, value, steps)).filter(Value::is_known)
        });
        let values: Vec<Value> = values.collect();
        let plain = |value: &Value| {
            let text = value.text().unwrap_or_default();
            text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.contains(':')
        };
        if !values.iter().all(plain) {
            return None;
        }
        let mut all = values.into_iter();
        let mut first = all.next()?;
        first.others = all.map(|value| value.parts).collect();
        Some(first)
    }

    /// The brace of the literal that a list is, by its own or by a name that is defined once.
    pub(super) fn literal(
        &self,
        file: &Rc<File>,
        range: Range<usize>,
        steps: u8,
    ) -> Option<(Rc<File>, usize)> {
        let steps = steps.checked_sub(1)?;
        if range.len() > 1 {
            let open = file.opening(range.end - 1);
            let literal = file.word(open) == "{" && file.word(range.start) == "[";
            return literal.then(|| (file.clone(), open));
        }
        let (at, name) = (range.start, file.word(range.start));
        let function = file.facts().function_at(at);
        let own = function.map(|function| locals(file, function, at, name)).unwrap_or_default();
        if let [one] = own.as_slice() {
            return self.literal(file, one.value.clone(), steps);
        }
        let (file, value) = self.defined_once(file, name).filter(|_| own.is_empty())?;
        self.literal(&file, value, steps)
    }

    /// The elements of a list, or the value of anything else.
    pub(super) fn values(&self, file: &Rc<File>, range: Range<usize>) -> Vec<Value> {
        self.looks.set(MAX_LOOKS);
        let listed = self.listed(file, range.clone(), MAX_STEPS);
        listed.unwrap_or_else(|| vec![self.value(file, range)])
    }

    /// The elements of a list: a literal, an `append` to one, or the arguments that a call gives to
    /// a function with any number of them.
    fn listed(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Option<Vec<Value>> {
        let steps = steps.checked_sub(1)?;
        let call = whole_call(file, &range);
        if let Some(call) = call.as_ref().filter(|call| call.package() == Some("strings")) {
            return self.words(call, steps);
        }
        if let Some(call) = call.filter(|call| call.at == range.start) {
            let arguments = call.arguments();
            let first = arguments.first().filter(|_| call.name() == "append")?.clone();
            let mut all = self.listed(file, first, steps)?;
            all.extend(self.spread(&call, 1, steps)?);
            return Some(all).filter(|all| all.len() <= MAX_ARGUMENTS);
        }
        if range.len() > 1 {
            let open = file.opening(range.end - 1);
            let literal = file.word(open) == "{" && file.word(range.start) == "[";
            return self.all_of(file, literal.then(|| file.elements(open))?.into_iter(), steps);
        }
        let (at, name) = (range.start, file.word(range.start));
        let Some(function) = file.facts().function_at(at) else {
            return self.package_list(file, name, steps);
        };
        match locals(file, function, at, name).as_slice() {
            [] => {}
            [one] => return self.listed(file, one.value.clone(), steps),
            // A loop or a condition adds to it.
            _ => return None,
        }
        let parameters = file.elements(function.parameters);
        let of_name = parameters.iter().position(|one| file.word(one.start) == name);
        let Some(position) = of_name else { return self.package_list(file, name, steps) };
        let open = parameters[position].start + 1;
        // From the call that is being followed: its list, or its arguments from that one on.
        self.within_call(file, function, |call| {
            if file.word(open) == SPREAD {
                return self.spread(call, position, steps);
            }
            let list = call.arguments().get(position)?.clone();
            self.listed(&call.file, list, steps)
        })
    }

    /// The words of a text: `strings.Fields("git pull")`.
    fn words(&self, call: &Call, steps: u8) -> Option<Vec<Value>> {
        let value = self.argument_within(call, 0, steps).filter(|_| call.name() == "Fields")?;
        let at = value.evidence()?.clone();
        let text = value.text()?;
        let words = text.split_whitespace().map(|word| Value::known(word, at.clone()));
        Some(words.take(MAX_ARGUMENTS).collect())
    }

    /// The elements of a variable of the package that is defined once.
    fn package_list(&self, file: &Rc<File>, name: &str, steps: u8) -> Option<Vec<Value>> {
        let (file, value) = self.defined_once(file, name)?;
        self.listed(&file, value, steps)
    }

    /// What a variable of the package is defined as, if nothing else defines it.
    fn defined_once(&self, file: &Rc<File>, name: &str) -> Option<(Rc<File>, Range<usize>)> {
        let mut found = None;
        for file in self.package_of(file) {
            for definition in file.facts().definitions_of(&file, name) {
                let inside = file.facts().function_at(definition.name).is_some();
                if !definition.form.is_variable() || inside {
                    continue;
                }
                if found.is_some() {
                    return None;
                }
                found = Some((file.clone(), definition.value.clone()));
            }
        }
        found
    }
}
