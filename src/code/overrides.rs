//! Settings that replace the default of a field: `if v := os.Getenv("ADDR"); v != "" { c.addr = v }`.

use super::conditions::heads;
use super::facts::{Definition, Form};
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

/// True if an assignment gives a field a parameter of a function around it, which is no constructor.
pub(super) fn is_given(file: &File, definition: &Definition) -> bool {
    let value = &definition.value;
    if value.len() != 1 || !file.is_word(value.start) {
        return false;
    }
    let name = file.word(value.start);
    file.facts().functions_around(definition.name).take(2).any(|function| {
        let own = file.word(function.name).to_ascii_lowercase();
        let mut parameters = file.elements(function.parameters).into_iter();
        !own.starts_with("new") && parameters.any(|one| file.word(one.start) == name)
    })
}
