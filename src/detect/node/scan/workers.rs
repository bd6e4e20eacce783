//! Scripts that run beside the program: workers and forked processes.

use super::super::App;
use super::super::expression::{Names, PathValue, option, path};
use super::super::token::{self, Token, arguments, closing, property, split};
use super::Source;
use super::resolution::target;
use crate::path::RelPath;

/// Calls whose first argument is such a script, and the modules that they come from.
const STARTS: [(&str, &[&str]); 3] =
    [("Worker", &["worker_threads"]), ("fork", &["child_process"]), ("Piscina", &["piscina"])];

/// How many calls of one file, and how many scripts of one call, are followed.
const MAX_SCRIPTS: usize = 16;

/// The arguments that name such scripts.
pub(super) fn started(source: &Source) -> Vec<&[Token]> {
    let mut found = Vec::new();
    for (name, modules) in STARTS {
        if !modules.iter().any(|module| source.imports(module)) {
            continue;
        }
        for (index, pair) in source.tokens.windows(2).enumerate() {
            if !pair[0].is_word(name) || !pair[1].is('(') {
                continue;
            }
            let args = arguments(&source.tokens, index + 1);
            let named = option(&args, "filename").filter(|_| name == "Piscina");
            found.extend(named.or_else(|| args.first().copied()).filter(|arg| !arg.is_empty()));
        }
    }
    found.truncate(MAX_SCRIPTS);
    found
}

/// The paths that they stand for, each with the file whose folder `__dirname` means.
pub(super) fn paths(
    app: &App,
    source: &Source,
    names: &Names,
    arguments: &[&[Token]],
) -> Vec<(PathValue, RelPath)> {
    let mut found = Vec::new();
    for arg in arguments {
        if let Some(path) = path(arg, names) {
            found.push((path, source.path.clone()));
            continue;
        }
        let Some(root) = arg.first().and_then(Token::word) else { continue };
        let keys = &arg[1..];
        if let Some(value) = names.value_of(root) {
            let all = below(value, keys, names, 0).into_iter().filter_map(|v| path(v, names));
            found.extend(all.take(MAX_SCRIPTS).map(|path| (path, source.path.clone())));
            continue;
        }
        // `import tasks from "./tasks"`
        let Some(import) = source.code.import_of(root) else { continue };
        let Some(file) = target(app, &source.path, &import.path) else { continue };
        let Ok(Some(text)) = app.dir.repo.source_text(&file) else { continue };
        let tokens = token::tokens(&text);
        let others = Names::of(&tokens);
        let whole = || {
            let default = tokens.windows(2).position(|w| w[0].is_word("default") && w[1].is('{'));
            let object = default.and_then(|at| tokens.get(at + 1..=closing(&tokens, at + 1)));
            object.or_else(|| others.value_of("exports"))
        };
        let value = match import.export.as_deref() {
            Some(name) if name != "default" => others.value_of(name),
            _ => whole(),
        };
        let all = value.map(|value| below(value, keys, &others, 0)).unwrap_or_default();
        let all = all.into_iter().filter_map(|value| path(value, &others));
        found.extend(all.take(MAX_SCRIPTS).map(|path| (path, file.clone())));
    }
    found
}

/// The values at `.a[b].c` of an object: each of them for a key that cannot be told.
fn below<'t>(
    value: &'t [Token],
    keys: &[Token],
    names: &Names<'t>,
    depth: usize,
) -> Vec<&'t [Token]> {
    if depth > 6 || value.is_empty() {
        return Vec::new();
    }
    // `const tasks = all;`, `{ tasks }`
    if let [name] = value
        && let Some(own) = name.word().and_then(|name| names.value_of(name))
        && own.first().map(|token| token.at) != value.first().map(|token| token.at)
    {
        return below(own, keys, names, depth + 1);
    }
    let (Some(first), true) = (keys.first(), value[0].is('{')) else {
        return if keys.is_empty() { vec![value] } else { Vec::new() };
    };
    if first.is('.') {
        let inner = keys.get(1).and_then(Token::word).and_then(|key| property(value, key));
        let rest = keys.get(2..).unwrap_or_default();
        return inner.map(|inner| below(inner, rest, names, depth + 1)).unwrap_or_default();
    }
    if !first.is('[') {
        return Vec::new();
    }
    let end = closing(keys, 0);
    let rest = keys.get(end + 1..).unwrap_or_default();
    if let [_, key, ..] = keys
        && end == 2
        && let Some(text) = key.text()
    {
        let inner = property(value, text);
        return inner.map(|inner| below(inner, rest, names, depth + 1)).unwrap_or_default();
    }
    let inner = value.get(1..value.len().saturating_sub(1)).unwrap_or_default();
    let entries = split(inner).into_iter().take(MAX_SCRIPTS).filter_map(|entry| {
        if entry.get(1).is_some_and(|colon| colon.is(':')) { entry.get(2..) } else { None }
    });
    let all: Vec<&[Token]> =
        entries.flat_map(|entry| below(entry, rest, names, depth + 1)).collect();
    all.into_iter().take(MAX_SCRIPTS).collect()
}
