//! Settings that replace the default of a field: `if v := os.Getenv("ADDR"); v != "" { c.addr = v }`.

use std::ops::Range;

use super::conditions::{heads, is_conditional};
use super::facts::{Definition, Form, locals};
use super::file::File;
use super::value::Value;

/// True if an assignment gives a field the value of a variable or of a flag where that is set, and
/// otherwise leaves the field alone: the condition asks for what is assigned.
pub(super) fn overrides(file: &File, definition: &Definition, value: &Value) -> bool {
    let setter = value.text().is_none() && (value.env().is_some() || value.flag().is_some());
    if definition.form != Form::Assigned || !setter {
        return false;
    }
    let heads = heads(file, definition.name);
    let Some(head) = heads.first().filter(|head| matches!(file.word(head.start), "if" | "else"))
    else {
        return false;
    };
    let assigned = |at: usize| {
        let mut words = definition.value.clone().filter(|&at| file.is_word(at));
        file.is_word(at) && words.any(|other| file.word(other) == file.word(at))
    };
    let named = |at: usize| file.string(at).is_some_and(|text| value.env() == Some(&*text));
    head.clone().skip(1).any(|at| named(at) || assigned(at))
}

/// The weight of an assignment. A constructor sets a field's default; an assignment under a
/// condition is one case of several.
pub(super) fn weight(file: &File, definition: &Definition) -> i32 {
    match definition.form {
        Form::Field if is_in_constructor(file, definition.name) => 2,
        Form::Assigned if is_conditional(file, definition.name) => -2,
        // What a setter or an option is given beats what the constructor chose, and so does what
        // is set in what it made.
        Form::Assigned if is_given(file, definition) || is_put(file, definition) => 3,
        _ => 0,
    }
}

/// True if the function around a place makes a value, by its name: `NewServer`, `default`.
fn is_in_constructor(file: &File, at: usize) -> bool {
    let function = file.facts().function_at(at);
    let name = function.map(|function| file.word(function.name).to_ascii_lowercase());
    name.is_some_and(|name| name.starts_with("new") || name.contains("default"))
}

/// True if an assignment gives a field a parameter of a function around it, which is no constructor.
fn is_given(file: &File, definition: &Definition) -> bool {
    let value = &definition.value;
    // `host`, `host.into()`, `Some(host)`
    let wrapped = file.word(value.start) == "Some" && value.len() == 4;
    let first = value.start + if wrapped { 2 } else { 0 };
    let alone = wrapped || value.len() == 1 || file.word(value.start + 1) == ".";
    if !alone || !file.is_word(first) {
        return false;
    }
    let name = file.word(first);
    file.facts().functions_around(definition.name).take(2).any(|function| {
        let own = file.word(function.name).to_ascii_lowercase();
        let mut parameters = file.elements(function.parameters).into_iter();
        let named = |one: Range<usize>| {
            let start = one.start + usize::from(file.word(one.start) == "mut");
            file.word(start) == name
        };
        !own.starts_with("new") && parameters.any(named)
    })
}

/// True if a statement sets the field of a variable that the same function made: `s := New(); s.Port =
/// 80`.
fn is_put(file: &File, definition: &Definition) -> bool {
    let at = definition.name;
    let Some(owner) = at.checked_sub(2).filter(|_| file.word(at - 1) == ".") else { return false };
    let Some(function) = file.facts().function_at(at) else { return false };
    if !file.is_word(owner) || is_in_constructor(file, at) {
        return false;
    }
    // `a.b.c = x` sets a field of `b`.
    let root = owner.checked_sub(1).is_none_or(|before| file.word(before) != ".");
    let made = locals(file, function, at, file.word(owner));
    root && made.first().is_some_and(|one| one.form == Form::Declared && one.name < at)
}

/// The words around a field's definition, in lower case: its type, the variable, its tag, the file.
pub(super) fn home(file: &File, definition: &Definition) -> String {
    let mut words = vec![file.path.as_str().to_ascii_lowercase()];
    let mut before = |at: usize| {
        let near = (1..=3).filter_map(|back| at.checked_sub(back));
        words.extend(near.map(|at| file.word(at).to_ascii_lowercase()));
    };
    if definition.form == Form::Assigned {
        before(definition.name);
    } else if let Some(open) = file.enclosing(definition.name) {
        before(open);
        // The result of a function is named after the function.
        if open > 0 && file.word(open - 1) == "return" {
            let head = heads(file, open).into_iter().next().unwrap_or_default();
            words.extend(head.take(12).map(|at| file.word(at).to_ascii_lowercase()));
        }
    }
    if definition.form == Form::Tag {
        words.push(file.word(definition.value.start).to_ascii_lowercase());
    }
    words.join(" ")
}

/// How many definitions a later one replaces, of which only a part is known: `path = "videos"`, then
/// `path = join(self.folder, path)`.
pub(super) fn replaced(file: &File, at: usize, own: &[(&Definition, Value)]) -> usize {
    let runs = |definition: &Definition| {
        let block = file.enclosing(definition.name);
        let around = block.is_some_and(|open| open < at && at < file.closing(open));
        around && definition.value.end <= at
    };
    let part = |value: &Value| {
        !value.is_unknown()
            && value.text().is_none()
            && value.env().is_none()
            && value.flag().is_none()
    };
    let last = own.iter().rposition(|(definition, _)| runs(definition));
    last.filter(|&last| file.dialect().indents && part(&own[last].1)).unwrap_or(0)
}
