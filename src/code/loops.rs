//! What a loop goes through: `for s := range servers { listen(s.addr) }`, `for (name, port) in [("api",
//! 80), ("admin", 81)] { .. }`, `["a", "b"].iter().for_each(|dir| ..)`.

use std::ops::Range;
use std::rc::Rc;

use super::conditions::heads;
use super::facts::{Form, locals};
use super::file::File;
use super::program::Program;
use super::value::Value;

/// Maximum number of elements that a loop goes through.
const MAX_ELEMENTS: usize = 16;

/// Maximum number of fields of a type.
const MAX_FIELDS: usize = 32;

/// How many tokens the type of a constant, or what stands before a list, may have.
const MAX_TYPE: usize = 40;

/// Maximum number of names that are followed to a list.
const MAX_NAMES: u8 = 3;

/// Methods that lead from a list to its elements.
const METHODS: [&str; 5] = ["iter", "into_iter", "iter_mut", "to_vec", "as_slice"];

/// Methods that hand each element to a function.
const EACH: [&str; 4] = ["for_each", "try_for_each", "map", "flat_map"];

/// Values as alternatives of one.
fn any(values: impl Iterator<Item = Value>) -> Option<Value> {
    let mut all = values.filter(|value| !value.is_unknown());
    let mut first = all.next()?;
    for other in all.take(MAX_ELEMENTS) {
        if !first.others.contains(&other.parts) && first.parts != other.parts {
            first.others.push(other.parts);
        }
    }
    Some(first)
}

impl Program<'_> {
    /// The value of a field of a loop's variable, in a loop through literals of a struct: `s.addr`
    /// after `for _, s := range []server{{"api", ":80"}}`.
    pub(super) fn of_looped(
        &self,
        file: &Rc<File>,
        owner: &Range<usize>,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        if owner.len() != 1 || !file.dialect().keywords.contains(&"range") {
            return None;
        }
        let (file, open) = self.ranged(file, owner.start, file.word(owner.start), steps)?;
        let position = self.place_in_type(&file, open, name);
        let elements = file.elements(open).into_iter().take(MAX_ELEMENTS);
        let values = elements.filter_map(|element| {
            let open = element.end.checked_sub(1).map(|end| file.opening(end))?;
            let inner = Some(open).filter(|&at| file.word(at) == "{" && at >= element.start)?;
            let fields = file.elements(inner);
            let keyed = fields.iter().find(|field| file.word(field.start + 1) == ":");
            let value = match keyed {
                Some(_) => {
                    let field = fields.iter().find(|field| file.word(field.start) == name)?;
                    field.start + 2..field.end
                }
                None => fields.get(position?)?.clone(),
            };
            Some(self.eval(&file, value, steps))
        });
        any(values)
    }

    /// The brace of the literal that a loop goes through, whose variable is used at a position:
    /// `for _, s := range servers`.
    pub(super) fn ranged(
        &self,
        file: &Rc<File>,
        at: usize,
        name: &str,
        steps: u8,
    ) -> Option<(Rc<File>, usize)> {
        let function = file.facts().function_at(at)?;
        let all = locals(file, function, at, name);
        let [one] = all.as_slice() else { return None };
        if file.word(one.value.start) != "range" {
            return None;
        }
        self.literal(file, one.value.start + 1..one.value.end, steps)
    }

    /// The position of a field in the type of the elements of a list that opens at a position.
    fn place_in_type(&self, file: &Rc<File>, open: usize, name: &str) -> Option<usize> {
        let last = open.checked_sub(1)?;
        if file.word(last) == "}" {
            // `[]struct { name, addr string }{ .. }`
            let lines = file.split(file.opening(last) + 1..last, &[";"]);
            let names = lines.into_iter().take(MAX_FIELDS).flat_map(|line| {
                let mut names = Vec::new();
                for part in file.split(line, &[","]) {
                    let of_more = part.len() > 1;
                    names.extend(part.clone().take(1));
                    if of_more {
                        break;
                    }
                }
                names
            });
            return names.into_iter().position(|at| file.word(at) == name);
        }
        let of = file.word(last);
        self.files().find_map(|other| {
            let fields = other.facts().fields_of(other, of);
            fields.iter().take(MAX_FIELDS).position(|field| other.word(field.name) == name)
        })
    }

    /// The value of the variable of a loop around a position, where the loop goes through a list that
    /// the code states.
    pub(super) fn looped(
        &self,
        file: &Rc<File>,
        at: usize,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        if !file.dialect().tails {
            return None;
        }
        // Most names are in no loop: only an `in` before one can be the head of its loop.
        let loops = file.places("in").first().is_some_and(|&inside| inside < at);
        let around = if loops { heads(file, at) } else { Vec::new() };
        let of_head = around.into_iter().find_map(|head| {
            let mut words = head.clone().filter(|_| file.word(head.start) == "for");
            let inside = words.find(|&at| file.word(at) == "in")?;
            let place = place_in_pattern(file, head.start + 1..inside, name)?;
            Some((place, inside + 1..head.end))
        });
        let (place, list) = of_head.or_else(|| handed(file, at, name))?;
        let (file, open) = self.list(file, list, MAX_NAMES)?;
        let elements = file.elements(open).into_iter().take(MAX_ELEMENTS);
        any(elements.filter_map(|element| {
            let element = match place {
                Place::Whole => element,
                Place::Part(number) => {
                    let tuple = Some(element.start).filter(|&at| file.word(at) == "(")?;
                    file.elements(tuple).get(number)?.clone()
                }
            };
            Some(self.eval(&file, element, steps))
        }))
    }

    /// The bracket of the list that an expression is: `&["a"]`, `vec!["a"].iter()`, `NAMES`.
    fn list(
        &self,
        file: &Rc<File>,
        mut range: Range<usize>,
        steps: u8,
    ) -> Option<(Rc<File>, usize)> {
        let steps = steps.checked_sub(1)?;
        while matches!(file.word(range.start), "&" | "mut") && range.len() > 1 {
            range.start += 1;
        }
        // `list.iter()`
        while range.len() > 4
            && file.word(range.end - 1) == ")"
            && METHODS.contains(&file.word(file.opening(range.end - 1) - 1))
        {
            range.end = file.opening(range.end - 1).checked_sub(2)?;
        }
        let first = range.start + if file.word(range.start) == "vec" { 2 } else { 0 };
        if file.word(first) == "[" {
            return (file.closing(first) + 1 == range.end).then(|| (file.clone(), first));
        }
        if range.len() != 1 || !file.is_word(range.start) {
            return None;
        }
        let name = file.word(range.start);
        let function = file.facts().function_at(range.start);
        let own = function.map(|one| locals(file, one, range.start, name)).unwrap_or_default();
        match own.as_slice() {
            [] => {}
            [one] => return self.list(file, one.value.clone(), steps),
            _ => return None,
        }
        let mut found = std::iter::once(file).chain(self.files()).filter_map(|file| {
            let all = file.facts().definitions_of(file, name).iter();
            let mut all = all.filter(|one| one.form == Form::Declared);
            let outside = all.find(|one| file.facts().function_at(one.name).is_none());
            let value = outside.map(|one| one.value.clone()).or_else(|| constant(file, name))?;
            Some((file.clone(), value))
        });
        let (file, value) = found.next()?;
        self.list(&file, value, steps)
    }
}

/// Where a name stands in the pattern of a loop.
#[derive(Clone, Copy)]
enum Place {
    Whole,
    Part(usize),
}

fn place_in_pattern(file: &File, pattern: Range<usize>, name: &str) -> Option<Place> {
    let tuple = pattern.clone().find(|&at| file.word(at) == "(");
    let ends_with = |range: &Range<usize>| {
        range.end.checked_sub(1).is_some_and(|at| at >= range.start && file.word(at) == name)
    };
    match tuple {
        Some(open) => file.elements(open).iter().position(ends_with).map(Place::Part),
        None => ends_with(&pattern).then_some(Place::Whole),
    }
}

/// The list whose elements are handed to the closure around a position: `list.iter().for_each(|name|
/// ..)`.
fn handed(file: &File, at: usize, name: &str) -> Option<(Place, Range<usize>)> {
    let mut open = file.enclosing(at)?;
    while file.word(open) != "(" || file.word(open + 1) != "|" {
        open = file.enclosing(open)?;
    }
    let end = (open + 2..file.closing(open)).take(MAX_TYPE).find(|&at| file.word(at) == "|")?;
    let place = place_in_pattern(file, open + 2..end, name)?;
    let dot = open.checked_sub(2).filter(|&dot| file.word(dot) == ".")?;
    if !EACH.contains(&file.word(open - 1)) {
        return None;
    }
    let mut start = dot;
    for _ in 0..MAX_TYPE {
        let before = start.checked_sub(1)?;
        match file.word(before) {
            "." | "&" | "!" => start = before,
            ")" | "]" => start = file.opening(before),
            _ if file.is_word(before) && !matches!(file.word(start), "&") => start = before,
            _ => break,
        }
    }
    Some((place, start..dot))
}

/// The value of a constant with a type that holds marks: `const DIRS: [&str; 2] = ["a", "b"];`.
fn constant(file: &File, name: &str) -> Option<Range<usize>> {
    let declared = |at: &usize| {
        let before = at.checked_sub(1).map_or("", |before| file.word(before));
        matches!(before, "const" | "static" | "let") && file.word(at + 1) == ":"
    };
    let at = *file.places(name).iter().find(|at| declared(at))?;
    let mut next = at + 2;
    while file.word(next) != "=" && next < at + MAX_TYPE {
        next = file.closing(next) + 1;
    }
    let value = file.split(next + 1..(next + MAX_TYPE * MAX_ELEMENTS).min(file.len()), &[";"]);
    value.into_iter().next().filter(|value| file.word(next) == "=" && !value.is_empty())
}
