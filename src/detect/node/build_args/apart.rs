//! Files that Node.js runs as they are, beside pages that a bundler compiles.

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::App;
use super::super::launch::{Launch, Layout};
use super::super::scan;
use crate::path::RelPath;

/// Where the pages of bundlers with one entry begin.
const ENTRIES: [&str; 12] = [
    "src/index.js",
    "src/index.jsx",
    "src/index.ts",
    "src/index.tsx",
    "src/main.js",
    "src/main.jsx",
    "src/main.ts",
    "src/main.tsx",
    "src/App.js",
    "src/App.tsx",
    "index.js",
    "main.js",
];

/// Frameworks that find pages by their folders.
const BY_FOLDER: [&str; 4] = ["next", "nuxt", "gatsby", "expo"];

/// The files that a started program loads and that no page imports; none where the pages' own files
/// are not known.
pub(super) fn files(app: &App, launches: &[&Launch]) -> Result<BTreeSet<RelPath>> {
    let plain = |launch: &&&Launch| {
        matches!(launch.layout, Layout::Source | Layout::Tree | Layout::Output)
            && !launch.bundled
            && !launch.file.starts_with("node_modules/")
    };
    let mut started = BTreeSet::new();
    if BY_FOLDER.iter().any(|package| app.package.has(package)) {
        return Ok(started);
    }
    for launch in launches.iter().filter(plain) {
        let source = launch.source.clone().or_else(|| app.finds(&launch.file));
        if let Some(path) = source.and_then(|name| app.dir.join(&name)) {
            started.extend(scan::reached(app, launch, path)?);
        }
    }
    if started.is_empty() {
        return Ok(started);
    }
    let entries: Vec<RelPath> = ENTRIES
        .iter()
        .filter_map(|name| app.dir.join(name))
        .filter(|path| app.dir.repo.is_file(path))
        .filter(|path| {
            launches.iter().all(|launch| app.dir.join(&launch.file).as_ref() != Some(path))
        })
        .collect();
    let launch = Launch::default();
    for entry in entries {
        for path in scan::reached(app, &launch, entry)? {
            started.remove(&path);
        }
    }
    // Components of one file are not followed: what they import may be anywhere in the sources.
    let single = |path: &RelPath| matches!(path.extension(), "vue" | "svelte" | "astro");
    if app.dir.repo.files_under(&app.dir.path).any(single) {
        started.retain(|path| {
            let way = path.strip(&app.dir.path).unwrap_or_default();
            !["src/", "shared/", "common/"].iter().any(|top| way.starts_with(top))
        });
    }
    Ok(started)
}
