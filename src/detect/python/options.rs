//! Options of command lines that click and typer read: parameters of a function with a flag, a
//! default and sometimes a variable.

use std::ops::Range;
use std::rc::Rc;

use crate::code::{Call, File, Function, Part, Program as Code, Value};

/// Maximum number of decorators before a function, and of tokens in one of their lines.
const MAX_DECORATORS: usize = 80;
const MAX_LINE: usize = 400;

/// The value of a parameter that the command line gives, where `range` is its name.
pub(super) fn option(code: &Code, file: &Rc<File>, range: &Range<usize>) -> Option<Value> {
    if range.len() != 1 || !file.is_word(range.start) {
        return None;
    }
    let name = file.word(range.start);
    let function = file.facts().function_at(range.start)?;
    let parameter = file
        .elements(function.parameters)
        .into_iter()
        .take(MAX_DECORATORS)
        .find(|one| file.word(one.start) == name)?;
    let decorators = decorators(file, function);
    let clicked = decorators.iter().find_map(|call| of_click(code, call, name));
    clicked.or_else(|| {
        let command = |call: &Call| matches!(call.name(), "command" | "callback");
        let runs = || {
            let calls = file.places("run").iter().filter_map(|&at| Call::at(file, at));
            let mut calls = calls.filter(|call| call.is_in("typer"));
            calls.any(|call| file.word(call.open + 1) == file.word(function.name))
        };
        let typer = file.imports_module("typer") && (decorators.iter().any(command) || runs());
        typer.then(|| of_typer(code, file, parameter, name)).flatten()
    })
}

/// The calls that decorate a function, nearest first.
pub(super) fn decorators(file: &Rc<File>, function: &Function) -> Vec<Call> {
    let mut all = Vec::new();
    let mut end = function.name;
    for _ in 0..MAX_DECORATORS {
        let begin = end.saturating_sub(MAX_LINE);
        let Some(at) = (begin..end).rev().find(|&at| file.word(at) == "@") else { break };
        // Nothing but the decorator stands between the two.
        let open = (at + 1..end).find(|&at| file.word(at) == "(" || file.is_line_end(at));
        let open = open.unwrap_or(end);
        let called = file.word(open) == "(";
        let behind = if called { file.closing(open) + 1 } else { open };
        let between = |at: usize| file.is_line_end(at) || matches!(file.word(at), "def" | "async");
        if !(behind.min(end)..end).all(between) {
            break;
        }
        all.extend(Call::at(file, open - 1).filter(|_| called));
        end = at;
    }
    all
}

/// `@click.option("--host", "-h", default="127.0.0.1", envvar="HOST")`
fn of_click(code: &Code, call: &Call, name: &str) -> Option<Value> {
    if call.name() != "option" || !call.file.imports_module("click") {
        return None;
    }
    let texts: Vec<String> = call
        .arguments()
        .into_iter()
        .filter(|one| one.len() == 1)
        .filter_map(|one| Some(call.file.string(one.start)?.into_owned()))
        .collect();
    let flag = texts.iter().find(|text| text.starts_with("--"))?.trim_start_matches('-');
    let flag = flag.split('/').next().unwrap_or_default();
    let named = texts.iter().any(|text| text == name) || flag.replace('-', "_") == name;
    let default = call.named("default").map(|range| code.value(&call.file, range));
    let env = call.named("envvar").and_then(|range| call.file.string(range.start));
    let evidence = call.evidence(format!("flag --{flag}"));
    named.then(|| {
        let env = env.map(std::borrow::Cow::into_owned);
        let default = default.and_then(|value| value.text());
        Part::setting(default, env, Some(flag.to_owned()), evidence).into()
    })
}

/// `host: str = "127.0.0.1"`, `host: str = typer.Option("127.0.0.1", "--bind")`
fn of_typer(code: &Code, file: &Rc<File>, one: Range<usize>, name: &str) -> Option<Value> {
    let equals = one.clone().find(|&at| {
        file.word(at) == "=" && file.enclosing(at).is_some_and(|open| open < one.start)
    })?;
    let value = equals + 1..one.end;
    let inside = one.clone().filter_map(|at| Call::at(file, at));
    let made = inside.into_iter().find(|call| call.name() == "Option");
    let stated = made.as_ref().and_then(|call| {
        let texts = call.arguments().into_iter().filter_map(|one| file.string(one.start));
        texts.into_iter().find(|text| text.starts_with("--"))
    });
    let flag = stated.map_or_else(|| name.replace('_', "-"), |text| text[2..].to_owned());
    let env = made.as_ref().and_then(|call| call.named("envvar"));
    let env = env.and_then(|range| file.string(range.start)).map(std::borrow::Cow::into_owned);
    let default = match made.filter(|call| value.contains(&call.at)) {
        Some(call) => call.arguments().first().cloned()?,
        None => value,
    };
    let evidence = file.evidence(one.start, format!("flag --{flag}"));
    let default = code.value(file, default).text();
    Some(Part::setting(default, env, Some(flag), evidence).into())
}
