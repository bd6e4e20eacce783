//! Folders that a loop creates: `for (const folder of ["spool", "outbox"]) mkdirSync(folder)`.

use super::super::super::expression::Names;
use super::super::super::token::{Token, closing, split};

/// How many elements of one list are read.
const MAX_ELEMENTS: usize = 16;

/// How many tokens an argument may have for the loop's variable to be replaced in it.
const MAX_ARGUMENT: usize = 40;

/// The first argument of a call, once for each element of the list in place of the loop's
/// variable.
pub(super) fn unrolled(tokens: &[Token], names: &Names, args: &[&[Token]]) -> Vec<Vec<Token>> {
    let Some(first) = args.first().filter(|first| first.len() <= MAX_ARGUMENT) else {
        return Vec::new();
    };
    let Some(here) = first.first().map(|token| token.at) else { return Vec::new() };
    let found = first.iter().find_map(|token| {
        let name = token.word()?;
        Some((name, list(tokens, here, name)?))
    });
    let Some((name, list)) = found else { return Vec::new() };
    let with = |element: &[Token]| {
        let replaced = |token: &Token| {
            if token.is_word(name) { element.to_vec() } else { vec![token.clone()] }
        };
        first.iter().flat_map(replaced).collect()
    };
    elements(list, names).into_iter().take(MAX_ELEMENTS).map(with).collect()
}

/// The list of the nearest loop before `here` with that variable: `for (const name of EXPR)` or
/// `EXPR.forEach((name) => ...)`.
fn list<'t>(tokens: &'t [Token], here: usize, name: &str) -> Option<&'t [Token]> {
    let end = tokens.partition_point(|token| token.at < here);
    for at in (0..end).rev().take(200) {
        if !tokens[at].is_word(name) {
            continue;
        }
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let declared = before(1).and_then(Token::word);
        if matches!(declared, Some("const" | "let" | "var"))
            && before(2).is_some_and(|token| token.is('('))
            && tokens.get(at + 1).is_some_and(|token| token.is_word("of"))
        {
            let close = closing(tokens, at - 2);
            return tokens.get(at + 2..close);
        }
        // The parameter is written as `(name) =>` or `name =>`.
        let open = (1..=2).find(|&back| {
            before(back).is_some_and(|token| token.is('('))
                && before(back + 1).is_some_and(|t| t.is_word("forEach") || t.is_word("map"))
        });
        if let Some(back) = open {
            let dot = at.checked_sub(back + 2).filter(|&dot| tokens[dot].is('.'))?;
            return chain(tokens, dot);
        }
    }
    None
}

/// The expression that ends before the `.` at a position: a name, a list, or a call.
fn chain(tokens: &[Token], dot: usize) -> Option<&[Token]> {
    let last = dot.checked_sub(1)?;
    let opens = |at: &usize| closing(tokens, *at) == last;
    let mut from = if tokens[last].is(']') || tokens[last].is(')') {
        (0..last)
            .rev()
            .take(200)
            .filter(|at| tokens[*at].is('[') || tokens[*at].is('('))
            .find(opens)?
    } else {
        last
    };
    // The call may have a path before it: `Object.values(settings)`.
    while from > 0 && (tokens[from - 1].word().is_some() || tokens[from - 1].is('.')) {
        if tokens[from].is('[') {
            break;
        }
        from -= 1;
    }
    tokens.get(from..dot)
}

/// The elements of a list, or of the values of an object, directly or through a name.
fn elements<'t>(list: &'t [Token], names: &Names<'t>) -> Vec<&'t [Token]> {
    let inside = |tokens: &'t [Token]| tokens.get(1..tokens.len().saturating_sub(1));
    match list {
        [first, ..] if first.is('[') => split(inside(list).unwrap_or_default()),
        [object, dot, values, open, name, _close]
            if object.is_word("Object")
                && dot.is('.')
                && values.is_word("values")
                && open.is('(') =>
        {
            let value = name.word().and_then(|name| names.value_of(name)).unwrap_or_default();
            if !value.first().is_some_and(|token| token.is('{')) {
                return Vec::new();
            }
            let entries = split(inside(value).unwrap_or_default()).into_iter();
            entries
                .filter_map(|entry| {
                    entry.get(2..).filter(|_| entry.get(1).is_some_and(|t| t.is(':')))
                })
                .collect()
        }
        [name] => match name.word().and_then(|name| names.value_of(name)) {
            Some(value) if value.first().is_some_and(|token| token.is('[')) => {
                split(inside(value).unwrap_or_default())
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
