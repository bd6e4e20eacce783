//! Listeners that take the answer of a login in a browser: they are no servers.

use super::facts::Call;
use super::loopback::{host, is_local};
use super::program::Program;

/// Words in the names of functions, commands and files that log a person in.
const LOGINS: [&str; 6] = ["login", "signin", "sign_in", "authoriz", "authenticat", "oauth"];

/// How many functions around a call are looked at.
const MAX_AROUND: usize = 4;

/// True for a call that listens on the machine itself in code that logs a person in. `at` is the
/// place of the address among the arguments.
pub(super) fn is_for_login(code: &Program, at: usize, call: &Call) -> bool {
    let file = &call.file;
    let login = |name: &str| {
        let name = name.to_ascii_lowercase();
        LOGINS.iter().any(|word| name.contains(word))
    };
    let around = file.facts().functions_around(call.at).take(MAX_AROUND);
    let mut functions = around.map(|function| file.word(function.name));
    let variables = file.facts().definitions().iter();
    let mut variables =
        variables.filter(|one| one.form.is_variable() && one.value.contains(&call.at));
    let named = functions.any(login)
        || login(file.path.file_name())
        || variables.any(|one| login(file.word(one.name)));
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
