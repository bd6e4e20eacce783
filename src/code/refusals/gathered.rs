//! Conditions that ask all settings of a list at once: `[HOST, USER].includes(undefined)`, `![A,
//! B].every(Boolean)`, `not all([A, B])`.

use std::ops::Range;
use std::rc::Rc;

use super::super::Program;
use super::super::file::File;
use super::{MAX_CONDITIONS, Refusal, bare, parts};

/// Words for a value that is missing.
const NOTHING: [&str; 3] = ["undefined", "null", "None"];

impl Program<'_> {
    /// Adds what a file asks for before it returns without its exports: `if ([A,
    /// B].includes(undefined)) { return; }` outside of all functions.
    pub(super) fn left_out(&self, file: &Rc<File>, found: &mut Vec<Refusal>) {
        let own = file.places("if").iter().filter(|&&at| file.facts().function_at(at).is_none());
        for &at in own.take(MAX_CONDITIONS) {
            let Some((head, body)) = parts(file, at) else { continue };
            if body.clone().any(|at| file.word(at) == "return") {
                for one in of(file, &bare(file, head)) {
                    self.needed(file, at, one, found);
                }
            }
        }
    }
}

/// The expressions of a list of which a condition holds as soon as one has no value.
pub(super) fn of(file: &Rc<File>, part: &Range<usize>) -> Vec<Range<usize>> {
    let list = if file.dialect().indents { counted(file, part) } else { called(file, part) };
    list.map(|list| elements(file, list)).unwrap_or_default()
}

/// The list before `.includes(undefined)`, `.some(one => !one)` or, negated, `.every(Boolean)`.
fn called(file: &File, part: &Range<usize>) -> Option<Range<usize>> {
    let negated = file.word(part.start) == "!";
    let start = part.start + usize::from(negated);
    let last = part.end.checked_sub(1).filter(|&last| file.word(last) == ")")?;
    let open = file.opening(last);
    let method = open.checked_sub(1)?;
    let dot = method.checked_sub(1).filter(|&dot| dot > start && file.word(dot) == ".")?;
    let given = file.elements(open);
    let [given] = given.as_slice() else { return None };
    let lacks = match (negated, file.word(method)) {
        (false, "includes") => is_nothing(file, given),
        (false, "some") => asks(file, given, false),
        (true, "every") => {
            given.len() == 1 && file.word(given.start) == "Boolean" || asks(file, given, true)
        }
        _ => false,
    };
    lacks.then_some(start..dot)
}

/// True for a function that holds for a value (`one => !!one`), or for a missing one (`one =>
/// !one`, `(one) => one === undefined`).
fn asks(file: &File, given: &Range<usize>, present: bool) -> bool {
    let arrow = given.clone().take(5).find(|&at| file.word(at) == "=>");
    let Some(body) = arrow.map(|arrow| bare(file, arrow + 1..given.end)) else { return false };
    let words: Vec<&str> = body.clone().map(|at| file.word(at)).collect();
    match words.as_slice() {
        ["!", "!", name] | [name] => present && file.is_word(body.end - 1) && !name.is_empty(),
        ["!", _] => !present,
        [_, "==" | "===", nothing] => !present && NOTHING.contains(nothing),
        [_, "!=" | "!==", nothing] => present && NOTHING.contains(nothing),
        ["typeof", _, "===", _] => {
            !present && file.string(body.end - 1).is_some_and(|text| text == "undefined")
        }
        _ => false,
    }
}

/// The list in `not all([A, B])`, `None in (A, B)` or `any(one is None for one in [A, B])`.
fn counted(file: &File, part: &Range<usize>) -> Option<Range<usize>> {
    let negated = file.word(part.start) == "not";
    let start = part.start + usize::from(negated);
    let inside = |start: usize| {
        let open = start + 1;
        (file.word(open) == "(" && file.closing(open) + 1 == part.end)
            .then(|| open + 1..part.end - 1)
    };
    match (negated, file.word(start)) {
        (true, "all") => inside(start).map(|whole| listed(file, whole)),
        (false, "any") => {
            let whole = inside(start)?;
            let mark = whole.clone().take(6).find(|&at| file.word(at) == "for")?;
            let lacks = file.word(whole.start) == "not"
                || file.word(whole.start + 1) == "is" && file.word(whole.start + 2) == "None";
            lacks.then(|| listed(file, mark..whole.end))
        }
        (false, _) => {
            let nothing = start..start + 1;
            let of = file.word(start + 1) == "in" && is_nothing(file, &nothing);
            of.then(|| start + 2..part.end)
        }
        (true, _) => None,
    }
}

/// The list behind `in` of a comprehension, or the whole.
fn listed(file: &File, whole: Range<usize>) -> Range<usize> {
    let mark = whole.clone().take(12).find(|&at| file.word(at) == "in");
    mark.map_or(whole.clone(), |mark| mark + 1..whole.end)
}

fn is_nothing(file: &File, one: &Range<usize>) -> bool {
    let empty = file.string(one.start).is_some_and(|text| text.is_empty());
    one.len() == 1 && (NOTHING.contains(&file.word(one.start)) || empty)
}

/// The elements of a list: a literal, a name that is defined as one, or the members of an object
/// (`Object.values({ HOST, USER })`).
fn elements(file: &Rc<File>, list: Range<usize>) -> Vec<Range<usize>> {
    let mut list = bare(file, list);
    if file.word(list.start) == "Object" && file.word(list.start + 2) == "values" {
        list = list.start + 4..list.end.saturating_sub(1);
    }
    if list.len() == 1 {
        match file.facts().definitions_of(file, file.word(list.start)) {
            [one] => list = one.value.clone(),
            _ => return Vec::new(),
        }
    }
    let open = list.start;
    let whole = file.closing(open) + 1 >= list.end;
    if !whole || !matches!(file.word(open), "[" | "{" | "(") {
        return Vec::new();
    }
    let member = |one: Range<usize>| {
        let keyed = file.word(open) == "{" && file.word(one.start + 1) == ":";
        if keyed { one.start + 2..one.end } else { one }
    };
    file.elements(open).into_iter().take(super::MAX_NAMES).map(member).collect()
}
