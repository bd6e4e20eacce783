//! The walk: every entry of the tree, on several threads, within the budget.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, anyhow, bail};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{Budget, Entry};
use crate::path::{Letters, RelPath};

/// Folders that are never part of a source tree, whatever .gitignore says: version control and
/// installed dependencies.
const NEVER_WALKED: [&str; 8] =
    [".git", ".hg", ".svn", ".jj", "node_modules", ".venv", "__pycache__", ".dockgen"];

pub(super) type Found = (RelPath, Entry);

/// An entry with the letters of its name, read while its path is at hand.
type Lettered = (Found, Letters);

#[derive(Default)]
pub(super) struct Cut {
    pub(super) entries: bool,
    pub(super) deep: bool,
}

/// Each thread of the walk fills a list of its own and hands it over when it ends.
struct Batch<'a> {
    found: Vec<Lettered>,
    errors: Vec<String>,
    all: &'a Mutex<(Vec<Lettered>, Vec<String>)>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        // Sorted here, on each thread, so that what is left is to merge.
        self.found.sort_unstable_by(|a, b| a.0.0.cmp(&b.0.0));
        let mut all = self.all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.0.append(&mut self.found);
        all.1.append(&mut self.errors);
    }
}

/// Every entry, sorted by path, and the letters of their names in the same order.
pub(super) fn walk(
    root: &Path,
    budget: &Budget,
    on_entry: &(dyn Fn(usize) + Sync),
) -> Result<(Vec<Found>, Vec<Letters>, Cut)> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .follow_links(false)
        .max_depth(Some(budget.max_depth))
        .threads(threads)
        .filter_entry(|entry| {
            !is_dir(entry) || !NEVER_WALKED.iter().any(|name| entry.file_name() == *name)
        });
    let all = Mutex::new((Vec::new(), Vec::new()));
    let (count, deep) = (AtomicUsize::new(0), AtomicUsize::new(0));
    builder.build_parallel().run(|| {
        let mut batch = Batch { found: Vec::new(), errors: Vec::new(), all: &all };
        let (count, deep) = (&count, &deep);
        Box::new(move |result| {
            match result
                .map_err(|e| e.to_string())
                .and_then(|e| read_entry(root, &e).map_err(|e| e.to_string()))
            {
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
                    let letters = found.0.letters();
                    batch.found.push((found, letters));
                }
            }
            WalkState::Continue
        })
    });
    let (mut found, mut errors) =
        all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    errors.sort();
    if let Some(error) = errors.first() {
        bail!(
            "{error}: make it readable and named in UTF-8, or remove it; the build context would hold it too"
        );
    }
    found.sort_by(|a, b| a.0.0.cmp(&b.0.0));
    let (found, letters) = found.into_iter().unzip();
    Ok((
        found,
        letters,
        Cut { entries: count.into_inner() > budget.max_entries, deep: deep.into_inner() > 0 },
    ))
}

/// True for what lies in a folder that is never part of a source tree.
pub(super) fn is_never_walked(path: &RelPath) -> bool {
    path.components().any(|part| NEVER_WALKED.contains(&part))
}

fn is_dir(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

fn read_entry(root: &Path, entry: &DirEntry) -> Result<Option<Found>> {
    let whole = entry.path().to_str();
    let whole =
        whole.ok_or_else(|| anyhow!("{} has a name that is not UTF-8", entry.path().display()))?;
    // Path::strip_prefix takes both apart, component by component.
    let text = whole
        .get(root.as_os_str().len()..)
        .unwrap_or_default()
        .trim_start_matches(std::path::MAIN_SEPARATOR);
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
        Err(_) => {
            RelPath::new(link.parent()?.strip_prefix(root).ok()?.to_str()?)?.join(target.to_str()?)
        }
    };
    inside.filter(|path| !path.components().any(|part| NEVER_WALKED.contains(&part)))
}
