//! Packages without which a program cannot start, because its entry, or a file that the entry
//! loads, imports them when it is loaded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::Result;

use super::super::externals::{self, Outside};
use super::super::launch::Launch;
use super::super::manifest::{Kind, Package};
use super::super::token::{Token, closing};
use super::super::{App, tool};
use super::{Scan, Source, resolution, sources};
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;

/// Notes the development dependencies that the program imports when it is loaded.
pub(super) fn read(app: &App, launch: &Launch, all: &[Source], scan: &mut Scan) -> Result<()> {
    let Some(entry) = launch.source.clone().or_else(|| app.finds(&launch.file)) else {
        return Ok(());
    };
    let Some(entry) = app.dir.join(&entry) else { return Ok(()) };
    let by_path: BTreeMap<_, _> = all.iter().map(|source| (&source.path, source)).collect();
    let Some((path, first)) = by_path.get_key_value(&entry) else { return Ok(()) };
    let outside = externals::of(app, launch)?;
    walk(app, (path, first), &by_path, &outside, scan)?;
    for rendered in externals::rendered(app, launch)? {
        let opens = |text: &str| rendered.files.iter().any(|file| text.ends_with(file.as_str()));
        let mut texts = all.iter().flat_map(|source| source.tokens.iter()).filter_map(Token::text);
        let Some(start) = app.finds(&rendered.source).and_then(|file| app.dir.join(&file)) else {
            continue;
        };
        if !texts.any(opens) {
            continue;
        }
        let made = sources::from(app, launch, start.clone())?;
        let by_path: BTreeMap<_, _> = made.iter().map(|source| (&source.path, source)).collect();
        if let Some((path, first)) = by_path.get_key_value(&start) {
            walk(app, (path, first), &by_path, &Outside::All, scan)?;
        }
    }
    Ok(())
}

/// Follows the imports that run when a file is loaded, and notes the packages that a production
/// install drops.
fn walk(
    app: &App,
    (path, first): (&RelPath, &Source),
    by_path: &BTreeMap<&RelPath, &Source>,
    outside: &Outside,
    scan: &mut Scan,
) -> Result<()> {
    let (mut seen, mut open) = (BTreeSet::from([path]), VecDeque::from([first]));
    while let Some(source) = open.pop_front() {
        for import in loaded(source) {
            let next = resolution::target(app, &source.path, import.module);
            if let Some((path, next)) = next.and_then(|path| by_path.get_key_value(&path)) {
                if seen.insert(*path) {
                    open.push_back(*next);
                }
                continue;
            }
            let Some(name) = package_of(import.module) else { continue };
            if scan.development.iter().any(|held| held.value == name)
                || !outside.holds(name)
                || !is_dropped(app, name)?
            {
                continue;
            }
            let at = source.at(import.at, format!("imports {name} as it is loaded"));
            scan.development.push(Sourced::with(name.to_owned(), vec![at, listed(app, name)]));
        }
    }
    Ok(())
}

/// True if a production install leaves the package out.
fn is_dropped(app: &App, name: &str) -> Result<bool> {
    let kind = |package: &Package| package.dependency(name);
    let own = kind(&app.package).or_else(|| app.root_package.as_ref().and_then(kind));
    let peer = app.package.get(&["peerDependencies", name]).is_some();
    if own != Some(Kind::Development) || peer || name.starts_with("@types/") {
        return Ok(false);
    }
    // A package that a production dependency needs too is installed for that one.
    let lock = tool::npm_lock(&app.root)?;
    let entry = (*lock)
        .as_ref()
        .and_then(|(_, json)| json.get("packages")?.get(format!("node_modules/{name}")));
    let marked = |entry: &serde_json::Value| {
        ["dev", "devOptional"].iter().any(|key| entry.get(key).is_some_and(|v| v == true))
    };
    Ok(entry.is_none_or(marked))
}

fn listed(app: &App, name: &str) -> Evidence {
    let root = app.root_package.as_ref().filter(|_| !app.package.has(name));
    root.unwrap_or(&app.package).at_dependency(name, "listed for development")
}

/// `@scope/name/part` belongs to the package `@scope/name`; `None` for files and for modules of
/// Node.js.
fn package_of(module: &str) -> Option<&str> {
    if module.starts_with(['.', '/', '#']) || module.contains(':') {
        return None;
    }
    let parts = if module.starts_with('@') { 2 } else { 1 };
    let end = module.match_indices('/').nth(parts - 1).map_or(module.len(), |(at, _)| at);
    Some(&module[..end])
}

/// An import that runs when the file is loaded.
pub(super) struct Import<'s> {
    /// The module.
    pub(super) module: &'s str,
    /// The byte offset of the statement.
    pub(super) at: usize,
    /// The index of the token that names the module.
    pub(super) text: usize,
}

/// The imports that run when a file is loaded. Imports of types do not, nor do those in a function
/// or under a condition.
pub(super) fn loaded(source: &Source) -> Vec<Import<'_>> {
    let tokens = source.tokens.as_slice();
    let typescript = matches!(source.path.extension(), "ts" | "tsx" | "mts" | "cts");
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        if token.is('{') {
            index = closing(tokens, index) + 1;
            continue;
        }
        let import = match token.word() {
            Some("import") if !after_dot(tokens, index) => imported(tokens, index, typescript),
            Some("export") => exported(tokens, index),
            Some("require") if !after_dot(tokens, index) && is_plain(tokens, index) => {
                called(tokens, index)
            }
            _ => None,
        };
        if let Some((module, end)) = import {
            if let Some(module) = module {
                found.push(Import { module, at: token.at, text: end });
            }
            index = end;
        }
        index += 1;
    }
    found
}

fn after_dot(tokens: &[Token], index: usize) -> bool {
    index > 0 && tokens[index - 1].is('.')
}

/// The module in `require("x")` or `await import("x")`, and the index of its text.
fn called(tokens: &[Token], index: usize) -> Option<(Option<&str>, usize)> {
    let text = tokens.get(index + 2)?.text().filter(|_| tokens[index + 1].is('('));
    Some((Some(text?), index + 2))
}

/// The module of an import; `None` in place of the module if the import takes only types.
fn imported(tokens: &[Token], index: usize, typescript: bool) -> Option<(Option<&str>, usize)> {
    let next = tokens.get(index + 1)?;
    if let Some(text) = next.text() {
        return Some((Some(text), index + 1));
    }
    if next.is('(') {
        let waited = index > 0 && tokens[index - 1].is_word("await");
        return called(tokens, index).filter(|_| waited && is_plain(tokens, index - 1));
    }
    let (from, text) = clause(tokens, index + 1)?;
    let names = &tokens[index + 1..from];
    let marked = names.first().is_some_and(|t| t.is_word("type") && names.len() > 1);
    let types = marked || typescript && !bound(names).any(|name| is_value(tokens, name));
    Some((if types { None } else { tokens[text].text() }, text))
}

/// The module in `export ... from "x"`.
fn exported(tokens: &[Token], index: usize) -> Option<(Option<&str>, usize)> {
    let next = tokens.get(index + 1)?;
    if !(next.is('{') || next.is('*') || next.is_word("type")) {
        return None;
    }
    let (_, text) = clause(tokens, index + 1)?;
    Some((tokens[text].text().filter(|_| !next.is_word("type")), text))
}

/// The indices of `from` and of the module after it, if they end the clause at `start`.
fn clause(tokens: &[Token], start: usize) -> Option<(usize, usize)> {
    let mut at = start;
    for _ in 0..12 {
        let token = tokens.get(at)?;
        if token.is_word("from") || token.is_word("require") {
            let open = usize::from(tokens.get(at + 1)?.is('('));
            let text = at + 1 + open;
            return tokens.get(text)?.text().map(|_| (at, text));
        }
        at = if token.is('{') { closing(tokens, at) } else { at } + 1;
    }
    None
}

/// The names that a clause binds, except those that are marked as types.
fn bound(names: &[Token]) -> impl Iterator<Item = &str> {
    names.iter().enumerate().filter_map(|(index, token)| {
        let word = token.word()?;
        let next = names.get(index + 1);
        let before = |word: &str| index > 0 && names[index - 1].is_word(word);
        let renamed = next.is_some_and(|next| next.is_word("as"));
        let own = !matches!(word, "as" | "type") && !renamed && !before("type");
        own.then_some(word)
    })
}

/// True if the name is used as a value somewhere. TypeScript removes imports that are used only as
/// types.
fn is_value(tokens: &[Token], name: &str) -> bool {
    let uses = tokens.iter().enumerate().filter(|(_, token)| token.is_word(name));
    uses.into_iter().any(|(index, _)| {
        let before = index.checked_sub(1).map(|at| &tokens[at]);
        let next = tokens.get(index + 1);
        let is = |mark| before.is_some_and(|t| t.is(mark));
        let says = |word| before.is_some_and(|t| t.is_word(word));
        let ends = |marks: &[char]| next.is_none_or(|t| marks.iter().any(|mark| t.is(*mark)));
        if is('.') {
            return false;
        }
        let typed = is(':')
            || is('<')
            || is('|')
            || is('&')
            || ["as", "implements", "keyof", "satisfies", "type", "interface", "is"]
                .iter()
                .any(|word| says(word));
        if says("new") || is('@') || says("instanceof") {
            return true;
        }
        if says("extends") {
            let from = index.saturating_sub(6);
            return tokens[from..index].iter().any(|token| token.is_word("class"));
        }
        if next.is_some_and(|t| t.is('(') || t.is('.')) {
            return !(typed || is(',') && next.is_some_and(|t| t.is('.')));
        }
        match before {
            Some(t) if t.is('(') || t.is('[') || t.is_word("return") || t.is_word("default") => {
                ends(&[')', ',', ']', ';'])
            }
            Some(t) if t.is(',') => ends(&[')']),
            _ => false,
        }
    })
}

/// True if the statement always runs: no function and no condition comes before it.
fn is_plain(tokens: &[Token], index: usize) -> bool {
    for at in (index.saturating_sub(24)..index).rev() {
        let token = &tokens[at];
        if token.is(';') || token.is('}') {
            break;
        }
        let arrow = token.is('>') && at > 0 && tokens[at - 1].is('=');
        let chosen = token.is('?') || token.is('&') || token.is('|');
        if arrow || chosen || token.is_word("if") || token.is_word("else") {
            return false;
        }
        if matches!(token.word(), Some("const" | "let" | "var" | "import" | "export")) {
            break;
        }
    }
    true
}
