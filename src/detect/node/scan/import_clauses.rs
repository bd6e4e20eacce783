//! The import clauses of a file: which name comes from which module. It evaluates nothing: the
//! result are the imports of the shared reader's file, as each language reads its own.

use std::collections::BTreeMap;

use super::super::token::{Token, split};
use crate::code::Import;

/// How many tokens an import clause may have.
const MAX_CLAUSE: usize = 400;

/// The names of a file, each with its module and export.
type Imports<'t> = BTreeMap<&'t str, (&'t str, Option<&'t str>)>;

/// The name of a module, which is the same with and without `node:` before it.
pub(super) fn plain(module: &str) -> String {
    module.strip_prefix("node:").unwrap_or(module).to_owned()
}

/// The imports that have a name in the file. A name without an export stands for the whole module.
pub(super) fn imports(tokens: &[Token]) -> Vec<Import> {
    let found = named(tokens).into_iter().map(|(name, (module, export))| Import {
        path: plain(module),
        name: name.to_owned(),
        export: export.map(str::to_owned),
        line: 1,
    });
    found.collect()
}

fn named(tokens: &[Token]) -> Imports<'_> {
    let mut found = Imports::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.is_word("import") {
            let clause = tokens[index + 1..].iter().take(MAX_CLAUSE);
            let Some(end) = clause.into_iter().position(|token| token.is_word("from")) else {
                continue;
            };
            let end = index + 1 + end;
            if tokens[index + 1..end].iter().any(|token| token.is('(') || token.is(';')) {
                continue;
            }
            let Some(module) = tokens.get(end + 1).and_then(Token::text) else { continue };
            clause_of(&tokens[index + 1..end], module, &mut found);
        }
        // Also reads `const x = require("./y")` and `const { x } = require("./y").paths`.
        let called = token.is_word("require") && tokens.get(index + 1).is_some_and(|t| t.is('('));
        let equals = index.checked_sub(1).filter(|at| called && tokens[*at].is('='));
        let (Some(equals), Some(module)) = (equals, tokens.get(index + 2).and_then(Token::text))
        else {
            continue;
        };
        // `require("x").y` and `require("x")()` give a part or a result, not the module.
        if tokens.get(index + 4).is_some_and(|token| token.is('.') || token.is('(')) {
            continue;
        }
        let Some(before) = equals.checked_sub(1).map(|at| &tokens[at]) else { continue };
        if let Some(name) = before.word() {
            found.entry(name).or_insert((module, None));
        } else if before.is('}') {
            let open = (0..equals).rev().take(MAX_CLAUSE).find(|&at| tokens[at].is('{'));
            let Some(open) = open else { continue };
            for entry in split(&tokens[open + 1..equals - 1]) {
                let words: Vec<&str> = entry.iter().filter_map(Token::word).collect();
                if let (Some(key), Some(name)) = (words.first(), words.last()) {
                    found.entry(name).or_insert((module, Some(*key)));
                }
            }
        }
    }
    found
}

/// Reads `x`, `* as x` or `{ x, y as z }`.
fn clause_of<'t>(clause: &'t [Token], module: &'t str, found: &mut Imports<'t>) {
    let open = clause.iter().position(|token| token.is('{')).unwrap_or(clause.len());
    let star = clause.first().is_some_and(|token| token.is('*'));
    let whole = clause[..open].iter().rev().find_map(Token::word).filter(|word| *word != "type");
    if let Some(name) = whole {
        found.entry(name).or_insert((module, (!star).then_some("default")));
    }
    let inside = clause.get(open + 1..clause.len().saturating_sub(1)).unwrap_or_default();
    for entry in split(inside) {
        let words = entry.iter().filter_map(Token::word).filter(|word| *word != "type");
        let words: Vec<&str> = words.collect();
        if let (Some(key), Some(name)) = (words.first(), words.last()) {
            found.entry(name).or_insert((module, Some(*key)));
        }
    }
}
