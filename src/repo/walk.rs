//! The walk over the tree, within the budget. Large trees are walked by several threads.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, bail};

use super::rules::Rules;
use super::{Budget, Entry};
use crate::path::{Letters, RelPath};

/// Folders that are never part of a source tree, whatever .gitignore says: version control and
/// installed dependencies.
const NEVER_WALKED: [&str; 8] =
    [".git", ".hg", ".svn", ".jj", "node_modules", ".venv", "__pycache__", ".dockgen"];

/// After this many entries the walk uses several threads: for a small tree, starting them takes
/// longer than the walk.
const ALONE: usize = 2_000;

pub(super) type Found = (RelPath, Entry);

/// An entry with the letters of its name, computed while its path is at hand.
type Lettered = (Found, Letters);

/// What the walk skipped.
#[derive(Default)]
pub(super) struct Cut {
    pub(super) entries: bool,
    pub(super) deep: bool,
    /// Each .gitignore that was not fully obeyed, and why.
    pub(super) rules: Vec<(RelPath, String)>,
    /// Folders with a dockgen state, sorted.
    pub(super) kept: Vec<RelPath>,
}

/// The results of one thread.
#[derive(Default)]
struct Batch {
    found: Vec<Lettered>,
    errors: Vec<String>,
    rules: Vec<(RelPath, String)>,
    kept: Vec<RelPath>,
}

/// A folder to read.
struct Folder {
    way: String,
    depth: usize,
    rules: Option<Arc<Rules>>,
}

struct Walk<'a> {
    root: &'a Path,
    budget: &'a Budget,
    on_entry: &'a (dyn Fn(usize) + Sync),
    count: AtomicUsize,
    full: AtomicBool,
    deep: AtomicBool,
}

/// Every entry, sorted by path, and the letters of their names in the same order.
pub(super) fn walk(
    root: &Path,
    budget: &Budget,
    on_entry: &(dyn Fn(usize) + Sync),
) -> Result<(Vec<Found>, Vec<Letters>, Cut)> {
    let walk = Walk {
        root,
        budget,
        on_entry,
        count: AtomicUsize::new(0),
        full: AtomicBool::new(false),
        deep: AtomicBool::new(false),
    };
    let mut all = Batch::default();
    let mut open = VecDeque::from([Folder { way: String::new(), depth: 0, rules: None }]);
    while let Some(folder) = open.pop_front() {
        walk.read(&folder, &mut all, &mut |below| open.push_back(below));
        if walk.count.load(Ordering::Relaxed) > ALONE {
            break;
        }
    }
    if !open.is_empty() {
        walk.together(open, &mut all);
    }
    all.errors.sort();
    if let Some(error) = all.errors.first() {
        bail!(
            "{error}: make it readable and its name UTF-8, or remove it; the build context would \
             contain it too"
        );
    }
    all.found.sort_by(|a, b| a.0.0.cmp(&b.0.0));
    all.rules.sort();
    all.kept.sort();
    let (found, letters) = all.found.into_iter().unzip();
    let cut = Cut {
        entries: walk.full.into_inner(),
        deep: walk.deep.into_inner(),
        rules: all.rules,
        kept: all.kept,
    };
    Ok((found, letters, cut))
}

/// The remaining folders, and the number of folders being read.
struct Queue {
    open: VecDeque<Folder>,
    busy: usize,
}

impl Walk<'_> {
    /// Walks the rest with several threads.
    fn together(&self, open: VecDeque<Folder>, all: &mut Batch) {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(8);
        let queue = (Mutex::new(Queue { open, busy: 0 }), Condvar::new());
        let batches = std::thread::scope(|scope| {
            let started: Vec<_> = (1..threads).map(|_| scope.spawn(|| self.work(&queue))).collect();
            let mut batches = vec![self.work(&queue)];
            batches.extend(started.into_iter().filter_map(|thread| thread.join().ok()));
            batches
        });
        for mut batch in batches {
            all.found.append(&mut batch.found);
            all.errors.append(&mut batch.errors);
            all.rules.append(&mut batch.rules);
            all.kept.append(&mut batch.kept);
        }
    }

    fn work(&self, (queue, news): &(Mutex<Queue>, Condvar)) -> Batch {
        let mut batch = Batch::default();
        let mut below = Vec::new();
        let mut held = lock(queue);
        loop {
            if let Some(folder) = held.open.pop_front() {
                held.busy += 1;
                drop(held);
                self.read(&folder, &mut batch, &mut |folder| below.push(folder));
                held = lock(queue);
                held.busy -= 1;
                held.open.extend(below.drain(..));
                if held.open.len() > 1 || held.busy == 0 {
                    news.notify_all();
                }
            } else if held.busy == 0 {
                break;
            } else {
                held = news.wait(held).unwrap_or_else(PoisonError::into_inner);
            }
        }
        drop(held);
        // Sorted here, on each thread, so that the results only have to be merged.
        batch.found.sort_unstable_by(|a, b| a.0.0.cmp(&b.0.0));
        batch
    }

    /// Reads one folder.
    fn read(&self, folder: &Folder, batch: &mut Batch, below: &mut dyn FnMut(Folder)) {
        if self.full.load(Ordering::Relaxed) {
            return;
        }
        let path = self.root.join(&folder.way);
        let mut entries: Vec<fs::DirEntry> = Vec::new();
        match fs::read_dir(&path) {
            Ok(listing) => {
                for entry in listing {
                    match entry {
                        Ok(entry) => entries.push(entry),
                        Err(error) => batch.errors.push(format!("{}: {error}", path.display())),
                    }
                    if entries.len() > self.budget.max_entries {
                        self.full.store(true, Ordering::Relaxed);
                        break;
                    }
                }
            }
            Err(error) => return batch.errors.push(format!("{}: {error}", path.display())),
        }
        let mut rules = folder.rules.clone();
        if entries.iter().any(|entry| entry.file_name() == ".gitignore") {
            let (own, unread) = Rules::read(&path, &folder.way, folder.rules.as_ref());
            rules = own.or(rules);
            batch.rules.extend(unread);
        }
        for entry in entries {
            let whole = entry.path();
            let kind = match entry.file_type() {
                Ok(kind) => kind,
                Err(error) => {
                    batch.errors.push(format!("{}: {error}", whole.display()));
                    continue;
                }
            };
            let name = entry.file_name();
            let lossy = name.to_string_lossy();
            if kind.is_dir() && NEVER_WALKED.contains(&&*lossy) {
                if lossy == crate::own::FOLDER {
                    batch.kept.extend(RelPath::new(&folder.way));
                }
                continue;
            }
            let way =
                if folder.way.is_empty() { lossy.to_string() } else { join(&folder.way, &lossy) };
            if rules.as_ref().is_some_and(|rules| rules.ignore(&way, kind.is_dir())) {
                continue;
            }
            if name.to_str().is_none() {
                batch.errors.push(format!("{} has a name that is not UTF-8", whole.display()));
                continue;
            }
            let seen = self.count.fetch_add(1, Ordering::Relaxed) + 1;
            if seen > self.budget.max_entries {
                self.full.store(true, Ordering::Relaxed);
                return;
            }
            if seen.is_multiple_of(1000) {
                (self.on_entry)(seen);
            }
            let depth = folder.depth + 1;
            let found = if kind.is_symlink() {
                Entry::Symlink(link_target(self.root, &whole))
            } else if kind.is_file() {
                Entry::File
            } else if kind.is_dir() {
                if depth < self.budget.max_depth {
                    below(Folder { way: way.clone(), depth, rules: rules.clone() });
                } else {
                    self.deep.store(true, Ordering::Relaxed);
                }
                Entry::Dir
            } else {
                Entry::Other
            };
            let path = RelPath::clean(way);
            let letters = path.letters();
            batch.found.push(((path, found), letters));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn join(folder: &str, name: &str) -> String {
    let mut way = String::with_capacity(folder.len() + 1 + name.len());
    way.push_str(folder);
    way.push('/');
    way.push_str(name);
    way
}

/// True for paths inside a folder that is never part of a source tree.
pub(super) fn is_never_walked(path: &RelPath) -> bool {
    path.components().any(|part| NEVER_WALKED.contains(&part))
}

/// The target relative to the root, from the link's text alone; `None` if it is outside the root.
fn link_target(root: &Path, link: &Path) -> Option<RelPath> {
    let target: PathBuf = fs::read_link(link).ok()?;
    let inside = match target.strip_prefix(root) {
        Ok(inside) => RelPath::new(inside.to_str()?),
        Err(_) if target.is_absolute() => None,
        Err(_) => {
            RelPath::new(link.parent()?.strip_prefix(root).ok()?.to_str()?)?.join(target.to_str()?)
        }
    };
    inside.filter(|path| !path.components().any(|part| NEVER_WALKED.contains(&part)))
}
