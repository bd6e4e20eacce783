//! The walk: every entry of the tree, on several threads, within the budget.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow, bail};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{Budget, Entry};
use crate::path::RelPath;

/// Folders that are never part of a source tree, whatever .gitignore says: version control and installed dependencies.
const NEVER_WALKED: [&str; 8] = [".git", ".hg", ".svn", ".jj", "node_modules", ".venv", "__pycache__", ".dockgen"];

pub(super) type Found = (RelPath, Entry);

#[derive(Default)]
pub(super) struct Cut {
    pub(super) entries: bool,
    pub(super) deep: bool,
}

/// Each thread of the walk fills a list of its own and hands it over when it ends.
struct Batch<'a> {
    found: Vec<Found>,
    errors: Vec<String>,
    all: &'a Mutex<(Vec<Found>, Vec<String>)>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.0.append(&mut self.found);
        all.1.append(&mut self.errors);
    }
}

pub(super) fn walk(root: &Path, budget: &Budget, on_entry: &(dyn Fn(usize) + Sync)) -> Result<(Vec<Found>, Cut)> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .follow_links(false)
        .max_depth(Some(budget.max_depth))
        .threads(threads)
        .filter_entry(|entry| !NEVER_WALKED.iter().any(|name| entry.file_name() == *name) || !is_dir(entry));
    let all = Mutex::new((Vec::new(), Vec::new()));
    let (count, deep) = (AtomicUsize::new(0), AtomicUsize::new(0));
    builder.build_parallel().run(|| {
        let mut batch = Batch { found: Vec::new(), errors: Vec::new(), all: &all };
        let (count, deep) = (&count, &deep);
        Box::new(move |result| {
            match result.map_err(|e| e.to_string()).and_then(|e| read_entry(root, &e).map_err(|e| e.to_string())) {
                Err(error) => batch.errors.push(error),
                Ok(None) => {}
                Ok(Some(found)) => {
                    let seen = count.fetch_add(1, Ordering::Relaxed) + 1;
                    if seen > budget.max_entries {
                        return WalkState::Quit;
                    }
                    if seen.is_multiple_of(1000) {
                        on_entry(seen);
                    }
                    if found.1 == Entry::Dir && found.0.components().count() >= budget.max_depth {
                        deep.store(1, Ordering::Relaxed);
                    }
                    batch.found.push(found);
                }
            }
            WalkState::Continue
        })
    });
    let (found, mut errors) = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    errors.sort();
    if let Some(error) = errors.first() {
        bail!("{error}: make it readable and named in UTF-8, or remove it; the build context would hold it too");
    }
    Ok((found, Cut { entries: count.into_inner() > budget.max_entries, deep: deep.into_inner() > 0 }))
}

fn is_dir(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

fn read_entry(root: &Path, entry: &DirEntry) -> Result<Option<Found>> {
    let relative = entry.path().strip_prefix(root)?;
    let text = relative.to_str().ok_or_else(|| anyhow!("{} has a name that is not UTF-8", entry.path().display()))?;
    // The walk gives clean paths: no empty component, no `.`, no `..`.
    let path = if std::path::MAIN_SEPARATOR == '/' {
        RelPath::clean(text.to_owned())
    } else {
        RelPath::clean(text.replace(std::path::MAIN_SEPARATOR, "/"))
    };
    if path.is_root() {
        return Ok(None);
    }
    let kind = entry.file_type();
    let found = match kind {
        Some(kind) if kind.is_symlink() => Entry::Symlink(link_target(root, entry.path())),
        Some(kind) if kind.is_dir() => Entry::Dir,
        Some(kind) if kind.is_file() => Entry::File,
        _ => Entry::Other,
    };
    Ok(Some((path, found)))
}

/// The target relative to the root, by the link's text alone; `None` where it leaves the root.
fn link_target(root: &Path, link: &Path) -> Option<RelPath> {
    let target = fs::read_link(link).ok()?;
    let inside = match target.strip_prefix(root) {
        Ok(inside) => RelPath::new(inside.to_str()?),
        Err(_) if target.is_absolute() => None,
        Err(_) => RelPath::new(link.parent()?.strip_prefix(root).ok()?.to_str()?)?.join(target.to_str()?),
    };
    inside.filter(|path| !path.components().any(|part| NEVER_WALKED.contains(&part)))
}
