//! Folders that an option computes by a function: `destination: (req, file, cb) => cb(null, dir)`.

use super::super::super::expression::option;
use super::super::super::token::{Token, arguments, closing};

/// How many calls of one callback are looked at.
const MAX_CALLS: usize = 8;

/// The expressions that an option stands for: itself, or what its function hands on or returns.
pub(super) fn values<'t>(args: &[&'t [Token]], key: &str) -> Vec<&'t [Token]> {
    let value = option(args, key).or_else(|| method(args, key));
    let Some(value) = value else { return Vec::new() };
    match function(value) {
        Some((callback, body)) => of_callback(callback, body),
        None => vec![value],
    }
}

/// `{ destination(req, file, cb) { ... } }`, from its parameters on.
fn method<'t>(args: &[&'t [Token]], key: &str) -> Option<&'t [Token]> {
    let object = args.iter().find(|arg| arg.first().is_some_and(|token| token.is('{')))?;
    let mut at = 1;
    while let Some(token) = object.get(at) {
        if token.is_word(key) && object.get(at + 1).is_some_and(|token| token.is('(')) {
            let body = closing(object, at + 1) + 1;
            return object.get(at + 1..=closing(object, body).min(object.len() - 1));
        }
        at = if token.is('(') || token.is('{') || token.is('[') { closing(object, at) } else { at }
            + 1;
    }
    None
}

/// The name of a function's last parameter, and its body.
fn function(value: &[Token]) -> Option<(&str, &[Token])> {
    let open = value.iter().take(4).position(|token| token.is('('))?;
    let named = |token: &Token| matches!(token.word(), Some("async" | "function"));
    let before = &value[..open];
    // `function name(...)`, `async (...) =>`; no call.
    let declared = before.iter().any(named);
    let close = closing(value, open);
    let arrow = value.get(close + 1).is_some_and(|token| token.is('='))
        && value.get(close + 2).is_some_and(|token| token.is('>'));
    let method = before.is_empty() && value.get(close + 1).is_some_and(|token| token.is('{'));
    if !declared && !arrow && !method {
        return None;
    }
    let parameters = arguments(value, open);
    let callback = parameters.last()?.first()?.word()?;
    Some((callback, value.get(close + 1..)?))
}

/// The second argument of each call `callback(null, folder)`.
fn of_callback<'t>(callback: &str, body: &'t [Token]) -> Vec<&'t [Token]> {
    let calls = body.windows(2).enumerate().filter(|(at, pair)| {
        let method = at.checked_sub(1).is_some_and(|before| body[before].is('.'));
        pair[0].is_word(callback) && pair[1].is('(') && !method
    });
    calls.filter_map(|(at, _)| arguments(body, at + 1).get(1).copied()).take(MAX_CALLS).collect()
}
