//! The command of a command-line library whose action listens:
//! `program.command("serve").action(...)` or `yargs.command("serve", "...", {}, handler)`.

use super::super::super::token::{Token, arguments, closing};
use super::super::Source;

/// Libraries whose commands have these forms.
const LIBRARIES: [&str; 5] = ["commander", "yargs", "cac", "sade", "@caporal/core"];

/// Calls that take the action of a command.
const ACTIONS: [&str; 3] = ["action", "handler", "handle"];

/// How many tokens before a place are read.
const MAX_TOKENS: usize = 2000;

/// The word of the command to which a place belongs, and its byte offset. The place is in the
/// command's own action, or in a function that the action receives.
pub(super) fn asked<'s>(
    sources: &'s [Source],
    source: &'s Source,
    open: usize,
) -> Option<(&'s Source, String, usize)> {
    let uses = |source: &Source| LIBRARIES.iter().any(|library| source.imports(library));
    if uses(source)
        && let Some((word, at)) = around(&source.tokens, open)
    {
        return Some((source, word, at));
    }
    let here = source.code.token_at(source.tokens[open].at);
    let function = source.code.facts().function_at(here)?;
    let name = source.code.word(function.name);
    sources.iter().filter(|source| uses(source)).find_map(|source| {
        let named = (0..source.tokens.len()).filter(|&at| source.tokens[at].is_word(name));
        let (word, at) = named.take(8).find_map(|at| around(&source.tokens, at))?;
        Some((source, word, at))
    })
}

fn around(tokens: &[Token], open: usize) -> Option<(String, usize)> {
    for at in (0..open).rev().take(MAX_TOKENS) {
        if !tokens[at].is('(') || closing(tokens, at) < open {
            continue;
        }
        let name = at.checked_sub(1).and_then(|at| tokens[at].word()).unwrap_or_default();
        if name == "command" {
            return word(tokens, at);
        }
        if ACTIONS.contains(&name) {
            return chained(tokens, at.checked_sub(2)?);
        }
    }
    None
}

/// The command at the start of the chain that ends at a dot: `.command("serve").option(...)`.
fn chained(tokens: &[Token], mut dot: usize) -> Option<(String, usize)> {
    for _ in 0..24 {
        let close = dot.checked_sub(1).filter(|at| tokens[*at].is(')'))?;
        let opens = |at: &usize| tokens[*at].is('(') && closing(tokens, *at) == close;
        let open = (0..close).rev().take(MAX_TOKENS).find(opens)?;
        let name = open.checked_sub(1)?;
        if tokens[name].is_word("command") {
            return word(tokens, open);
        }
        dot = name.checked_sub(1).filter(|at| tokens[*at].is('.'))?;
    }
    None
}

/// The word in `command("serve [port]", ...)`.
fn word(tokens: &[Token], open: usize) -> Option<(String, usize)> {
    let first = arguments(tokens, open).first()?.first()?;
    let word = first.text()?.split_whitespace().next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
    word.chars().all(plain).then(|| (word.to_owned(), first.at))
}
