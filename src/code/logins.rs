//! Listeners that take the answer of a login in a browser: they are no servers.

use super::conditions::heads;
use super::facts::Call;
use super::loopback::{host, is_local};
use super::program::Program;

/// Words in the names of functions, commands and files that log a person in.
const LOGINS: [&str; 6] = ["login", "signin", "sign_in", "authoriz", "authenticat", "oauth"];

/// How many functions around a call are looked at.
const MAX_AROUND: usize = 4;

/// How many words of a block's head are looked at.
const MAX_HEAD: usize = 24;

/// True for the name of a function or a command that logs a person in.
pub(crate) fn is_login(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LOGINS.iter().any(|word| name.contains(word))
}

/// True for a call that listens on the machine itself in code that logs a person in. `at` is the
/// place of the address among the arguments.
pub(super) fn is_for_login(code: &Program, at: usize, call: &Call) -> bool {
    let file = &call.file;
    let around = file.facts().functions_around(call.at).take(MAX_AROUND);
    let mut functions = around.map(|function| file.word(function.name));
    let variables = file.facts().definitions().iter();
    let mut variables =
        variables.filter(|one| one.form.is_variable() && one.value.contains(&call.at));
    // The arm of a command: `Command::Login => { .. }`, `case "login":`.
    let arm = || {
        let mut words = heads(file, call.at).into_iter().flat_map(|head| head.take(MAX_HEAD));
        words.any(|at| {
            file.string(at).map_or_else(|| is_login(file.word(at)), |text| is_login(&text))
        })
    };
    let named = functions.any(is_login)
        || is_login(file.path.file_name())
        || variables.any(|one| is_login(file.word(one.name)))
        || arm();
    if !named {
        return false;
    }
    let value = call.arguments().get(at).map(|range| code.value(file, range.clone()));
    value.is_some_and(|value| {
        host(&value).is_some_and(|(name, part)| {
            is_local(&name) && part.env.is_none() && part.flag.is_none()
        })
    })
}
