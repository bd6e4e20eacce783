//! Secrets of a settings file that the program refuses, because they are those of the repository.

use std::collections::BTreeMap;

use super::codes;
use super::world::World;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::settings::{self, Item};

/// Words in the keys of secrets.
const SECRETS: [&str; 4] = ["secret", "key", "password", "token"];

/// Words in the paths of files that no program reads as it runs.
const APART: [&str; 10] = [
    "test",
    "tests",
    "example",
    "examples",
    "sample",
    "samples",
    "fixtures",
    "docs",
    "github",
    "node_modules",
];

/// The shortest text that is looked for, and the maximum number of texts and files.
const MIN_TEXT: usize = 4;
const MAX_TEXTS: usize = 64;
const MAX_FILES: usize = 256;

/// The secret that ends the program, if the repository's settings hold it.
pub(super) fn secret(world: &World) -> Option<Finding> {
    let refused = refused(world);
    if refused.is_empty() {
        return None;
    }
    let repo = world.app.dir.repo;
    let apart = |path: &RelPath| {
        let mut words = path.as_str().split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.any(|word| APART.contains(&word))
    };
    let files = repo
        .files_under(&world.app.dir.path)
        .filter(|path| ["json", "toml", "yaml", "yml"].contains(&path.extension()) && !apart(path));
    for path in files.take(MAX_FILES) {
        let Some(text) = repo.text(path).ok().flatten() else { continue };
        if !refused.keys().any(|one| text.contains(one.as_str())) {
            continue;
        }
        let roots = settings::documents(path.extension(), &text);
        if let Some((key, line, at)) = roots.iter().find_map(|root| held(root, &refused)) {
            let what = format!("the program ends while `{key}` has the value of {path}");
            let there = Evidence::at(path, line, format!("the value of {key}"));
            return Some(Finding::new(codes::SECRET_UNCHANGED, what, [at.clone(), there]));
        }
    }
    None
}

/// The texts that end the program where a value equals them.
fn refused(world: &World) -> BTreeMap<String, Evidence> {
    let mut all = BTreeMap::new();
    for ending in world.code.endings() {
        let file = &ending.file;
        // An error inside of a function may be an answer to one request.
        if ending.raises && file.facts().function_at(ending.at).is_some() {
            continue;
        }
        for at in ending.head.clone() {
            let equals = file.word(at + 1) == "==" || at > 0 && file.word(at - 1) == "==";
            let Some(text) = file.string(at).filter(|text| equals && text.len() >= MIN_TEXT) else {
                continue;
            };
            if all.len() < MAX_TEXTS && text != "__main__" {
                let evidence =
                    file.evidence(ending.at, "the program ends where this value is held");
                all.entry(text.into_owned()).or_insert(evidence);
            }
        }
    }
    all
}

/// The key of a secret whose value is refused, with its line and the refusal.
fn held<'r>(
    root: &Item,
    refused: &'r BTreeMap<String, Evidence>,
) -> Option<(String, u32, &'r Evidence)> {
    let mut open: Vec<(String, &Item)> = vec![(String::new(), root)];
    while let Some((above, item)) = open.pop() {
        for entry in item.entries() {
            let dot = if above.is_empty() { "" } else { "." };
            let key = format!("{above}{dot}{}", entry.key);
            let name = entry.key.to_ascii_lowercase();
            let found = entry.item.text().and_then(|text| refused.get(text));
            if let Some(at) = found.filter(|_| SECRETS.iter().any(|word| name.contains(word))) {
                return Some((key, entry.line, at));
            }
            open.push((key, &entry.item));
        }
    }
    None
}
