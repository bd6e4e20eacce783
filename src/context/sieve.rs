//! A .dockerignore applied to the tree of its context.
//!
//! Applications of a workspace share a context, and most rows of their .dockerignore files are the
//! same, such as `**/node_modules`. What these rows exclude is computed once; only the folders that
//! other rows name, such as `apps/web/dist`, are examined for each application.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;

use anyhow::Result;

use super::weight::Weight;
use crate::docker::ignore::{IgnoreFile, Matched};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// Maximum number of cached sets of common rows. People edit their files, so sets differ.
const MAX_KEPT: usize = 32;

/// A .dockerignore, and the tree of its context.
pub(super) struct Sieve<'r> {
    pub(super) repo: &'r Repo,
    pub(super) context: &'r RelPath,
    file: IgnoreFile,
    common: Rc<Common>,
    /// Paths that its own rows name, relative to the context. Elsewhere, the common rows decide.
    named: BTreeSet<String>,
}

/// The rows that begin with a wildcard, and cached results for them.
pub(super) struct Common {
    file: IgnoreFile,
    /// Paths that were looked up.
    asked: RefCell<BTreeMap<String, bool>>,
    /// The excluded sources, by file name suffixes.
    sources: RefCell<BTreeMap<Vec<&'static str>, Rc<Vec<String>>>>,
    /// What they include and exclude.
    pub(super) weight: OnceCell<Weight>,
}

/// One for each set of such rows.
#[derive(Default)]
struct Kept(RefCell<BTreeMap<String, Rc<Common>>>);

impl<'r> Sieve<'r> {
    /// Applies `text` to what is below `context`.
    ///
    /// # Errors
    /// If Docker rejects a pattern.
    pub(super) fn new(repo: &'r Repo, context: &'r RelPath, text: &str) -> Result<Self> {
        Self::of(repo, context, IgnoreFile::parse(text)?)
    }

    /// As [`Sieve::new`], for a file that is already parsed.
    ///
    /// # Errors
    /// None: its rows are valid.
    pub(super) fn of(repo: &'r Repo, context: &'r RelPath, file: IgnoreFile) -> Result<Self> {
        let mut rows = String::new();
        let mut named = BTreeSet::new();
        for pattern in file.patterns() {
            match pattern.folder() {
                Some(folder) => drop(named.insert(folder)),
                None => rows.extend([&pattern.to_string(), "\n"]),
            }
        }
        let named = named.iter().filter(|path| above(path).all(|above| !named.contains(above)));
        let named = named.cloned().collect();
        Ok(Self { repo, context, file, common: Common::of(repo, context, &rows)?, named })
    }

    /// The .dockerignore itself.
    pub(super) fn file(&self) -> &IgnoreFile {
        &self.file
    }

    /// The rows that begin with a wildcard.
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    /// True if `path`, relative to the context, is excluded.
    pub(super) fn hides(&self, path: &str) -> bool {
        if self.names(path) { self.file.hides(path) } else { self.common.hides(path) }
    }

    /// The excluded sources: regular files with one of these suffixes, relative to the context,
    /// sorted.
    pub(super) fn hidden_sources(&self, endings: &[&'static str]) -> Vec<String> {
        let common = self.common.hidden_sources(self.repo, self.context, endings);
        let mut all: Vec<String> =
            common.iter().filter(|path| !self.names(path)).cloned().collect();
        for path in self.named() {
            all.extend(hidden_sources(self.repo, self.context, path, &self.file, endings));
        }
        all.sort_unstable();
        all
    }

    /// Files, relative to the context, on which its own rows and the common rows differ; true if
    /// its own exclude the file.
    pub(super) fn changed(&self) -> Vec<(&'r str, bool)> {
        let mut all = Vec::new();
        for folder in self.named() {
            let (repo, context) = (self.repo, self.context);
            let (mut ours, mut common) = (Vec::new(), Vec::new());
            walk(repo, context, folder, &self.file, &any, |path, hidden| {
                ours.push((path, hidden));
                ControlFlow::Continue(())
            });
            walk(repo, context, folder, &self.common.file, &any, |_, hidden| {
                common.push(hidden);
                ControlFlow::Continue(())
            });
            let both = ours.into_iter().zip(common);
            all.extend(both.filter(|((_, ours), common)| ours != common).map(|(ours, _)| ours));
        }
        all
    }

    /// True if one of its own rows names `path` or a folder above it.
    fn names(&self, path: &str) -> bool {
        above(path).chain([path]).any(|path| self.named.contains(path))
    }

    fn named(&self) -> impl Iterator<Item = &'r RelPath> {
        let paths = self.named.iter().filter_map(|path| self.context.join(path));
        paths.filter_map(|path| Some(&self.repo.held(&path)?.0))
    }
}

impl Common {
    fn of(repo: &Repo, context: &RelPath, rows: &str) -> Result<Rc<Self>> {
        let kept = repo.once(context, || Ok(Kept::default()))?;
        let mut kept = kept.0.borrow_mut();
        if let Some(known) = kept.get(rows) {
            return Ok(known.clone());
        }
        let made = Rc::new(Self {
            file: IgnoreFile::parse(rows)?,
            asked: RefCell::default(),
            sources: RefCell::default(),
            weight: OnceCell::new(),
        });
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(rows.to_owned(), made.clone());
        Ok(made)
    }

    /// The rows.
    pub(super) fn file(&self) -> &IgnoreFile {
        &self.file
    }

    /// True if they exclude `path`, relative to the context.
    fn hides(&self, path: &str) -> bool {
        if let Some(known) = self.asked.borrow().get(path) {
            return *known;
        }
        let hidden = self.file.hides(path);
        self.asked.borrow_mut().insert(path.to_owned(), hidden);
        hidden
    }

    fn hidden_sources(
        &self,
        repo: &Repo,
        context: &RelPath,
        endings: &[&'static str],
    ) -> Rc<Vec<String>> {
        let mut known = self.sources.borrow_mut();
        let found = known.entry(endings.to_vec());
        found
            .or_insert_with(|| {
                Rc::new(hidden_sources(repo, context, context, &self.file, endings).collect())
            })
            .clone()
    }
}

/// The regular files at or below `top` with one of these suffixes that `file` excludes, relative to
/// the context.
fn hidden_sources(
    repo: &Repo,
    context: &RelPath,
    top: &RelPath,
    file: &IgnoreFile,
    endings: &[&str],
) -> impl Iterator<Item = String> + use<> {
    let mut found = Vec::new();
    let source = |path: &RelPath, entry: &Entry| {
        *entry == Entry::File && endings.contains(&path.extension())
    };
    walk(repo, context, top, file, &source, |path, hidden| {
        if hidden {
            found.push(path.to_owned());
        }
        ControlFlow::Continue(())
    });
    found.into_iter()
}

/// Accepts every file.
pub(super) fn any(_: &RelPath, _: &Entry) -> bool {
    true
}

/// The folders above a path, outermost first.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Calls `on` for each `wanted` file at or below `top`, with its path relative to the context and
/// whether `file` excludes it, until `on` returns a break.
pub(super) fn walk<'r>(
    repo: &'r Repo,
    context: &RelPath,
    top: &'r RelPath,
    file: &IgnoreFile,
    wanted: &dyn Fn(&RelPath, &Entry) -> bool,
    mut on: impl FnMut(&'r str, bool) -> ControlFlow<()>,
) {
    let Some(start) = top.strip(context) else { return };
    if let Some((path, entry)) = repo.held(top).filter(|(_, entry)| *entry != Entry::Dir) {
        if wanted(path, entry) {
            let _ = on(start, file.hides(start));
        }
        return;
    }
    let mut folders: BTreeMap<&str, Matched> = BTreeMap::from([(start, file.matched(start))]);
    for (letters, (path, entry)) in repo.lettered(top) {
        let Some(way) = path.strip(context) else { continue };
        let parent = way.rsplit_once('/').map_or("", |(head, _)| head);
        let Some(above) = folders.get(parent) else { continue };
        if *entry == Entry::Dir {
            let state = file.below(above, way);
            folders.insert(way, state);
        } else if wanted(path, entry) && on(way, file.hides_below(above, way, letters)).is_break() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::weight::weigh;
    use super::*;

    const ROWS: [&str; 12] = [
        "**/dist",
        "**/*.md",
        "*",
        "*.js",
        "apps/web/dist",
        "apps",
        "apps/*",
        "apps/web/**",
        "!apps/web/dist/x.js",
        "!apps/web",
        "!**/a.js",
        "lib/a.js",
    ];

    const FILES: [&str; 8] = [
        "a.js",
        "README.md",
        "apps/web/a.js",
        "apps/web/dist/x.js",
        "apps/web/dist/y/a.js",
        "apps/api/dist/a.js",
        "lib/a.js",
        "lib/dist/a.js",
    ];

    /// The shortcut does not change results: for any three rows in any order, each path is decided
    /// as by the file alone.
    #[test]
    fn decides_as_the_file_does() {
        let repo = Repo::from_files(FILES.iter().map(|path| (*path, "text")));
        let root = RelPath::root();
        for first in ROWS {
            for second in ROWS {
                for third in ROWS {
                    let text = format!("{first}\n{second}\n{third}");
                    let file = IgnoreFile::parse(&text).unwrap();
                    let sieve = Sieve::new(&repo, &root, &text).unwrap();
                    let hidden: Vec<&str> =
                        FILES.into_iter().filter(|path| file.hides(path)).collect();
                    for path in FILES.iter().chain(&["apps", "apps/web", "gone/a.js"]) {
                        assert_eq!(sieve.hides(path), file.hides(path), "{text}\n{path}");
                    }
                    let mut sources = hidden.clone();
                    sources
                        .retain(|path| path.rsplit_once('.').is_some_and(|(_, end)| end == "js"));
                    sources.sort_unstable();
                    assert_eq!(sieve.hidden_sources(&["js"]), sources, "{text}");
                    let weighed = weigh(&sieve).unwrap();
                    assert_eq!(weighed.files, FILES.len() - hidden.len(), "{text}");
                    assert_eq!(weighed.bytes, 4 * weighed.files as u64, "{text}");
                    let sum =
                        |side: &[(String, u64)]| side.iter().map(|(_, size)| size).sum::<u64>();
                    let both = sum(&weighed.inside) + sum(&weighed.outside);
                    assert!(both <= 4 * FILES.len() as u64, "{text}");
                }
            }
        }
    }
}
