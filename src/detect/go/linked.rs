//! Where the variables are that a recipe sets with `-X`. The linker ignores a name that it does
//! not find, so a wrong name must be reported here.

use std::collections::BTreeMap;

use anyhow::Result;

use super::analysis::Module;
use crate::path::RelPath;

/// Where a variable is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Where the recipe says, or in a module outside the repository.
    There,
    /// Only in this other package.
    Moved(String),
    Nowhere,
}

/// How many files are searched for variables.
const MAX_FILES: usize = 20_000;

/// The packages that declare a variable, by its name, each with the text that the variable has
/// there.
struct Variables(BTreeMap<String, BTreeMap<String, Option<String>>>);

/// The folder of a package in the repository.
fn folder(module: &Module, package: &str) -> Option<RelPath> {
    module.layout.modules.iter().find_map(|local| {
        let below = package.strip_prefix(&local.path)?;
        (below.is_empty() || below.starts_with('/'))
            .then(|| local.dir.join(below.trim_start_matches('/')))?
    })
}

/// Finds the variable of a package.
pub(super) fn place(
    module: &Module,
    main: &RelPath,
    package: &str,
    variable: &str,
) -> Result<Place> {
    let Some(dir) = folder(module, package).filter(|_| package != "main") else {
        return Ok(Place::There);
    };
    let repo = module.sources.repo;
    for (path, _) in repo.children(&dir).filter(|(path, _)| is_source(path)) {
        let text = repo.source_text(path)?;
        if text.is_some_and(|text| has_word(&text, variable)) {
            return Ok(Place::There);
        }
    }
    let all = repo.once(&module.layout.context, || variables(module))?;
    let own = main_in(main);
    let packages = all.0.get(variable).into_iter().flat_map(BTreeMap::keys);
    let linked: Vec<&String> =
        packages.filter(|name| !name.starts_with("main ") || **name == own).collect();
    Ok(match linked.as_slice() {
        [name] if **name == own => Place::Moved("main".to_owned()),
        [name] => Place::Moved((*name).clone()),
        _ => Place::Nowhere,
    })
}

/// The text that the source gives to a variable of a package.
pub(super) fn text(
    module: &Module,
    main: &RelPath,
    package: &str,
    variable: &str,
) -> Result<Option<String>> {
    let all = module.sources.repo.once(&module.layout.context, || variables(module))?;
    let own = main_in(main);
    let package = if package == "main" { own.as_str() } else { package };
    Ok(all.0.get(variable).and_then(|packages| packages.get(package)).cloned().flatten())
}

/// The key of a folder's `main` package in [`Variables`]. Many packages are called `main`, so the
/// folder tells them apart.
fn main_in(folder: &RelPath) -> String {
    format!("main {folder}")
}

/// True if the text contains `word`, and not only as a part of a longer word.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

fn is_source(path: &RelPath) -> bool {
    path.extension() == "go" && !path.file_name().ends_with("_test.go")
}

/// Every package variable that may hold a text. A `main` package is named with its folder.
fn variables(module: &Module) -> Result<Variables> {
    let mut all: BTreeMap<String, BTreeMap<String, Option<String>>> = BTreeMap::new();
    let repo = module.sources.repo;
    let files = repo.files_under(&module.layout.context).filter(|path| is_source(path));
    for path in files.take(MAX_FILES) {
        let dir = path.parent().unwrap_or_default();
        let local = module.layout.modules.iter().filter(|local| dir.is_within(&local.dir));
        // Modules may nest, and a package belongs to the innermost.
        let Some(local) = local.max_by_key(|local| local.dir.as_str().len()) else { continue };
        let Some(text) = repo.source_text(path)? else { continue };
        let names = declared(&text);
        if names.is_empty() {
            continue;
        }
        let is_main = text.lines().any(|line| line.trim_end() == "package main");
        let below = dir.strip(&local.dir).unwrap_or_default();
        let package = match below {
            _ if is_main => main_in(&dir),
            "" => local.path.clone(),
            below => format!("{}/{below}", local.path),
        };
        for (name, text) in names {
            let held = all.entry(name.to_owned()).or_default().entry(package.clone()).or_default();
            *held = held.take().or(text.map(str::to_owned));
        }
    }
    Ok(Variables(all))
}

/// The package variables of a file that are declared with a text or without a value, each with
/// that text if it is plain: `var X = "x"`, or `X string` in a block.
fn declared(text: &str) -> Vec<(&str, Option<&str>)> {
    let (mut found, mut block) = (Vec::new(), false);
    for line in text.lines() {
        let alone = line.strip_prefix("var ");
        if alone.is_some_and(|rest| rest.trim() == "(") {
            block = true;
            continue;
        }
        block &= !line.starts_with(')');
        let inside = line.strip_prefix(['\t', ' ']).filter(|_| block);
        let Some(rest) = alone.or_else(|| Some(inside?.trim_start_matches(' '))) else { continue };
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let rest = rest.trim_start();
        let rest = rest.strip_prefix("string").map_or(rest, str::trim_start);
        let value = rest.strip_prefix('=').map(str::trim_start);
        let is_text = rest.is_empty()
            || rest.starts_with("//")
            || value.is_some_and(|value| value.starts_with(['"', '`']));
        if is_text && !name.is_empty() {
            // A text with escapes would have to be decoded first.
            let plain = value.and_then(|value| value.strip_prefix('"')?.split_once('"'));
            found.push((name, plain.map(|plain| plain.0).filter(|text| !text.contains('\\'))));
        }
    }
    found
}
