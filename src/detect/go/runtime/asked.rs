//! Whether the code asks for a file before it opens it, or never opens it.

use std::ops::Range;

use super::World;
use crate::code::{Call, conditions};

/// How many tokens a condition may have.
const MAX_HEAD: usize = 48;

/// True if the function tests with `os.Stat(path)`, before the call, whether the file exists.
pub(super) fn tested_before(call: &Call) -> bool {
    let file = &call.file;
    let Some(function) = file.facts().function_at(call.at) else { return false };
    let words = |range: Range<usize>| range.map(|at| file.word(at));
    let arguments = call.arguments();
    let tests = (function.range.start..call.at)
        .filter(|&at| matches!(file.word(at), "Stat" | "Lstat"))
        .filter_map(|at| Call::at(file, at));
    tests.filter_map(|test| test.arguments().first().cloned()).any(|tested| {
        arguments.iter().any(|argument| words(argument.clone()).eq(words(tested.clone())))
    })
}

/// True if the function tests before the call whether some file exists.
pub(super) fn tests_a_file(call: &Call) -> bool {
    let function = call.file.facts().function_at(call.at);
    function.is_some_and(|function| {
        let mut before = function.range.start..call.at;
        before.any(|at| matches!(call.file.word(at), "Stat" | "Lstat"))
    })
}

/// True if a function of that name tests whether a file exists: `func exists(path string) bool`.
pub(super) fn tests(world: &World, name: &str) -> bool {
    let mut files = world.code.files();
    files.any(|file| {
        file.facts().function_of(file, name).is_some_and(|function| {
            let mut body = function.parameters..function.range.end.min(function.parameters + 80);
            body.any(|at| matches!(file.word(at), "Stat" | "Lstat"))
        })
    })
}

/// True if the call stands in a function that no code of the program names.
pub(super) fn is_uncalled(world: &World, call: &Call) -> bool {
    let Some(function) = call.file.facts().function_at(call.at).filter(|one| !one.method) else {
        return false;
    };
    let name = call.file.word(function.name);
    let named = || world.code.files().map(|file| file.places(name).len()).sum::<usize>();
    !matches!(name, "main" | "init" | "") && named() == 1
}

/// True if the call runs only with a setting that is off by default: `if *tls {`, `if o.cert != "" {`.
pub(super) fn is_off(world: &World, call: &Call) -> bool {
    let file = &call.file;
    let off = |part: Range<usize>| {
        let unequal = part.clone().find(|&at| file.word(at) == "!=");
        let Some(mark) = unequal else {
            let value = world.code.value(file, part);
            return value.text().as_deref() == Some("false") && !value.is_like();
        };
        let empty = file.string(mark + 1).is_some_and(|text| text.is_empty());
        let value = world.code.value(file, part.start..mark);
        empty && mark + 2 == part.end && value.is_unset()
    };
    conditions::heads(file, call.at).into_iter().any(|head| {
        let plain = file.word(head.start) == "if" && head.len() < MAX_HEAD;
        let last = file.split(head.start + 1..head.end, &[";"]).pop();
        let Some(last) = last.filter(|_| plain) else { return false };
        let parts = file.split(last.clone(), &["&&"]);
        !last.into_iter().any(|at| file.word(at) == "||") && parts.into_iter().any(off)
    })
}
