//! What a manifest asked for when a lockfile was written, in the formats of pnpm, Yarn and Bun: an
//! install that must not change the file stops where that has changed since.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::node::manifest::Package;
use crate::settings::{self, Item};

/// The lists of a manifest that lockfiles repeat.
const LISTS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

/// What a lockfile repeats of manifests.
pub(super) enum Specifiers {
    /// By the folder of the manifest, then by name.
    Listed(BTreeMap<String, BTreeMap<String, String>>),
    /// `name@range`, of all manifests together.
    Headings(BTreeSet<String>),
}

impl Specifiers {
    /// Those of a lockfile; `None` if it repeats none, or changes them by rules of its own.
    pub(super) fn read(tool: &str, text: &str, root: &Package) -> Option<Self> {
        let changed = [&["overrides"][..], &["resolutions"], &["pnpm", "overrides"]];
        if changed.iter().any(|keys| root.get(keys).is_some()) {
            return None;
        }
        match tool {
            "pnpm" => pnpm(text).map(Self::Listed),
            "bun" => bun(text).map(Self::Listed),
            _ => {
                let headings = text.lines().filter(|line| !line.starts_with([' ', '#']));
                let headings = headings.filter_map(|line| line.strip_suffix(':'));
                let each = headings.flat_map(|line| line.split(','));
                let found: BTreeSet<String> =
                    each.map(|one| one.trim().trim_matches('"').replace("@npm:", "@")).collect();
                (!found.is_empty()).then_some(Self::Headings(found))
            }
        }
    }

    /// True if the manifest of that folder asked for this range.
    pub(super) fn holds(&self, folder: &str, name: &str, range: &str) -> bool {
        match self {
            Self::Listed(folders) => folders
                .get(folder)
                .is_none_or(|names| names.get(name).is_some_and(|held| held == range)),
            Self::Headings(found) => found.contains(&format!("{name}@{range}")),
        }
    }
}

fn pnpm(text: &str) -> Option<BTreeMap<String, BTreeMap<String, String>>> {
    // The importers stand before the packages, which are most of the file.
    let head = text.split("\npackages:").next().unwrap_or_default();
    let documents = settings::documents("yaml", head);
    let root = documents.first()?;
    if root.get("overrides").is_some() {
        return None;
    }
    let mut found = BTreeMap::new();
    match root.get("importers") {
        Some(importers) => {
            for entry in importers.entries() {
                let folder = entry.key.trim_start_matches('.');
                found.insert(folder.to_owned(), importer(&entry.item));
            }
        }
        None => drop(found.insert(String::new(), importer(root))),
    }
    found.retain(|_, names| !names.is_empty());
    (!found.is_empty()).then_some(found)
}

/// `specifiers: {express: ^4.18.2}`, or in each list `express: {specifier: ^4.18.2}`.
fn importer(item: &Item) -> BTreeMap<String, String> {
    let old = item.get("specifiers").map(Item::entries).unwrap_or_default();
    let old = old.iter().filter_map(|one| Some((one.key.clone(), one.item.text()?.to_owned())));
    let lists = LISTS.iter().filter_map(|list| item.get(list)).flat_map(Item::entries);
    let new = lists
        .filter_map(|one| Some((one.key.clone(), one.item.text_at(&["specifier"])?.to_owned())));
    old.chain(new).collect()
}

fn bun(text: &str) -> Option<BTreeMap<String, BTreeMap<String, String>>> {
    let at = text.find("\"workspaces\"")?;
    let open = at + text[at..].find('{')?;
    let (workspaces, _) = settings::parse_json_at(text, open)?;
    let mut found = BTreeMap::new();
    for entry in workspaces.entries() {
        let lists = LISTS.iter().filter_map(|list| entry.item.get(list)).flat_map(Item::entries);
        let names = lists.filter_map(|one| Some((one.key.clone(), one.item.text()?.to_owned())));
        found.insert(entry.key.clone(), names.collect());
    }
    (!found.is_empty()).then_some(found)
}
