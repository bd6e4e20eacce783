//! The repository as every detector sees it: one bounded walk, cached reads, and no access outside
//! the root.
//!
//! The walk honours .gitignore files inside the root and nothing else (no global excludes, no
//! parent folders), so that the same repository has the same entries on every machine. Symlinks are
//! recorded but not followed.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, anyhow, bail};

use crate::budget;
use crate::evidence::Evidence;
use crate::findings::{Finding, FindingCode};
use crate::path::{Letters, RelPath};
use crate::read;

mod children;
mod index;
mod inputs;
mod parse;
mod rules;
mod unlisted;
mod walk;

pub(crate) use inputs::hex;

pub(crate) use crate::settings::json_line;
pub use parse::{
    excerpt, excerpts, line_at, line_of, parse_json, parse_json5, parse_toml, parse_yaml,
};

use walk::{Cut, Found, walk};

/// Limits of one walk. Whatever exceeds them is reported as a finding.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Number of files and folders.
    pub max_entries: usize,
    /// Number of levels below the root.
    pub max_depth: usize,
    /// Size of one manifest or lockfile in bytes. A larger one is an error.
    pub max_manifest: u64,
    /// Size of one source file in bytes. A larger one is skipped and reported.
    pub max_source: u64,
    /// Number of bytes read in total.
    pub max_total: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            max_entries: budget::MAX_ENTRIES,
            max_depth: budget::MAX_DEPTH,
            max_manifest: budget::MAX_MANIFEST,
            max_source: budget::MAX_SOURCE,
            max_total: budget::MAX_TOTAL,
        }
    }
}

/// The kind of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symlink, with its target if that is inside the root.
    Symlink(Option<RelPath>),
    /// A socket, pipe or device.
    Other,
}

enum Source {
    Disk(PathBuf),
    Memory(BTreeMap<RelPath, String>),
}

/// A repository: its entries, and the text of the files that were read.
pub struct Repo {
    source: Source,
    /// Sorted by path.
    entries: Vec<Found>,
    /// Letters of the entries' names, in the same order.
    letters: Vec<Letters>,
    /// One of the entries is a symlink.
    linked: bool,
    /// Folders with a dockgen state, sorted.
    kept: Vec<RelPath>,
    /// Files that git tracks although a .gitignore matches them, sorted by path.
    forced: Vec<RelPath>,
    budget: Budget,
    cache: RefCell<BTreeMap<RelPath, Option<Rc<str>>>>,
    /// Files that were read or looked up.
    asked: RefCell<BTreeSet<RelPath>>,
    read_bytes: RefCell<u64>,
    findings: RefCell<Vec<Finding>>,
    known: RefCell<BTreeMap<(TypeId, RelPath), Rc<dyn Any>>>,
}

impl Repo {
    /// Walks `root`. `on_entry` receives the running count, for a progress display.
    pub fn open(root: &Path, budget: Budget, on_entry: &(dyn Fn(usize) + Sync)) -> Result<Self> {
        let root =
            fs::canonicalize(root).with_context(|| format!("cannot open {}", root.display()))?;
        if !root.is_dir() {
            bail!("{} is not a folder: give the folder that contains the manifest", root.display());
        }
        let (entries, letters, mut cut) = walk(&root, &budget, on_entry)?;
        let kept = std::mem::take(&mut cut.kept);
        let mut repo = Self::with(Source::Disk(root), entries, letters, budget);
        repo.kept = kept;
        repo.add_forced();
        repo.report_cut(&cut);
        repo.report_links();
        Ok(repo)
    }

    /// A repository in memory: paths and texts. A text that begins with `-> ` is a symlink to the
    /// path after it.
    pub fn from_files<P: AsRef<str>, T: Into<String>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let mut texts = BTreeMap::new();
        let mut entries = BTreeMap::new();
        for (path, text) in files {
            let (Some(path), text) = (RelPath::new(path.as_ref()), text.into()) else { continue };
            for folder in path.ancestors().filter(|p| !p.is_root()) {
                entries.insert(folder, Entry::Dir);
            }
            let entry = match text.strip_prefix("-> ") {
                Some(target) => Entry::Symlink(path.parent().and_then(|p| p.join(target))),
                None => Entry::File,
            };
            entries.insert(path.clone(), entry);
            texts.insert(path, text);
        }
        let letters = entries.keys().map(RelPath::letters).collect();
        let repo = Self::with(
            Source::Memory(texts),
            entries.into_iter().collect(),
            letters,
            Budget::default(),
        );
        repo.report_links();
        repo
    }

    /// Adds the files that git tracks and the walk skipped because a .gitignore matches them.
    fn add_forced(&mut self) {
        let Source::Disk(root) = &self.source else { return };
        if self.files_named(".gitignore").is_empty() {
            return;
        }
        // Both are sorted by bytes, so one pass over each is enough.
        let mut held = self.entries.iter().map(|(path, _)| path.as_str()).peekable();
        let mut is_known = |name: &str| {
            while held.next_if(|path| *path < name).is_some() {}
            held.peek() == Some(&name)
        };
        let deep = |path: &RelPath| path.components().count() > self.budget.max_depth;
        let mut forced = match index::forced(root, &mut is_known) {
            Ok(forced) => forced,
            Err(why) => return self.report_index(&why),
        };
        let folders = self.entries.iter().filter(|(_, entry)| *entry == Entry::Dir);
        let folders = folders.map(|(path, _)| path);
        forced.extend(unlisted::programs(root, folders, &|path| self.entry(path).is_some()));
        forced.retain(|path| {
            !deep(path) && !walk::is_never_walked(path) && self.entry(path).is_none()
        });
        forced.truncate(self.budget.max_entries.saturating_sub(self.entries.len()));
        if forced.is_empty() {
            return;
        }
        forced.sort();
        forced.dedup();
        let folders: BTreeSet<RelPath> = forced.iter().flat_map(RelPath::ancestors).collect();
        let folders =
            folders.into_iter().filter(|folder| !folder.is_root() && self.entry(folder).is_none());
        let added: Vec<Found> = folders.map(|folder| (folder, Entry::Dir)).collect();
        self.entries.extend(added);
        self.entries.extend(forced.iter().map(|path| (path.clone(), Entry::File)));
        self.entries.sort_by(|a, b| a.0.cmp(&b.0));
        self.letters = self.entries.iter().map(|(path, _)| path.letters()).collect();
        self.forced = forced;
    }

    /// Files that git tracks although a .gitignore matches them, sorted by path.
    pub fn forced(&self) -> &[RelPath] {
        &self.forced
    }

    fn with(source: Source, entries: Vec<Found>, letters: Vec<Letters>, budget: Budget) -> Self {
        Self {
            source,
            linked: entries.iter().any(|(_, entry)| matches!(entry, Entry::Symlink(_))),
            entries,
            letters,
            kept: Vec::new(),
            forced: Vec::new(),
            budget,
            cache: RefCell::default(),
            asked: RefCell::default(),
            read_bytes: RefCell::default(),
            findings: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// The root on disk; `None` for a repository in memory.
    pub fn disk_root(&self) -> Option<&Path> {
        match &self.source {
            Source::Disk(root) => Some(root),
            Source::Memory(_) => None,
        }
    }

    /// The root as a [`Dir`].
    pub fn root(&self) -> Dir<'_> {
        Dir { repo: self, path: RelPath::root() }
    }

    /// Every entry, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = (&RelPath, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path, entry))
    }

    /// Every regular file at or below `folder`, sorted by path.
    pub fn files_under(&self, folder: &RelPath) -> impl Iterator<Item = &RelPath> {
        self.below(folder).filter(|(_, entry)| *entry == Entry::File).map(|(path, _)| path)
    }

    /// Every regular file of that name, sorted by path.
    pub fn files_named(&self, name: &str) -> Rc<Vec<RelPath>> {
        struct Named(Rc<Vec<RelPath>>);
        let letters = Letters::of(name);
        let all = || {
            let root = RelPath::root();
            let all = self
                .lettered(&root)
                .filter(|(held, found)| *held == letters && found.1 == Entry::File);
            let all = all
                .map(|(_, (path, _))| path)
                .filter(|path| path.file_name() == name)
                .cloned()
                .collect();
            Ok(Named(Rc::new(all)))
        };
        // A file name is a path of one component, so it can be the key.
        let key = RelPath::new(name).unwrap_or_default();
        self.once(&key, all).map(|named| named.0.clone()).unwrap_or_default()
    }

    /// The result of `make` for `path`, computed once for each type. For results that many
    /// applications of a monorepo share.
    ///
    /// # Errors
    /// Those of `make`, which are not cached.
    pub fn once<T: Any>(&self, path: &RelPath, make: impl FnOnce() -> Result<T>) -> Result<Rc<T>> {
        let key = (TypeId::of::<T>(), path.clone());
        let known = self.known.borrow().get(&key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return Ok(known);
        }
        let value = Rc::new(make()?);
        self.known.borrow_mut().insert(key, value.clone());
        Ok(value)
    }

    /// Every entry below `folder`, sorted by path.
    pub fn below(&self, folder: &RelPath) -> impl Iterator<Item = &(RelPath, Entry)> {
        self.entries[self.range(folder)].iter()
    }

    /// The folders at and below `folder` with a dockgen state, sorted: those with a folder of its
    /// name. Only the reader of states looks inside.
    pub fn kept(&self, folder: &RelPath) -> impl Iterator<Item = &RelPath> {
        self.kept.iter().filter(move |kept| kept.is_within(folder))
    }

    /// Every entry below `folder` with the letters of its name, sorted by path. Speeds up a search
    /// for many names.
    pub fn lettered(&self, folder: &RelPath) -> impl Iterator<Item = (Letters, &(RelPath, Entry))> {
        let range = self.range(folder);
        self.letters[range.clone()].iter().copied().zip(&self.entries[range])
    }

    /// The range of the entries below `folder`.
    fn range(&self, folder: &RelPath) -> Range<usize> {
        if folder.is_root() {
            return 0..self.entries.len();
        }
        let first = format!("{}/", folder.as_str());
        // `0` is the character after `/`.
        let after = format!("{}0", folder.as_str());
        let position = |text: &str| self.entries.partition_point(|(path, _)| path.as_str() < text);
        position(&first)..position(&after)
    }

    /// The entry itself. Symlinks are not followed.
    pub fn entry(&self, path: &RelPath) -> Option<&Entry> {
        self.held(path).map(|(_, entry)| entry)
    }

    /// The entry with its path.
    pub fn held(&self, path: &RelPath) -> Option<&(RelPath, Entry)> {
        self.entries.binary_search_by(|(held, _)| held.cmp(path)).ok().map(|at| &self.entries[at])
    }

    /// True for a regular file, or for a symlink to one inside the root.
    pub fn is_file(&self, path: &RelPath) -> bool {
        if self.asked.borrow().contains(path) {
            return true;
        }
        let found = self.resolve(path).is_some_and(|p| self.entry(&p) == Some(&Entry::File));
        if found {
            self.asked.borrow_mut().insert(path.clone());
        }
        found
    }

    /// True for the root, for a folder, or for a symlink to one inside the root.
    pub fn is_dir(&self, path: &RelPath) -> bool {
        path.is_root()
            || self
                .resolve(path)
                .is_some_and(|p| p.is_root() || self.entry(&p) == Some(&Entry::Dir))
    }

    /// True if there is an entry at that path.
    pub fn exists(&self, path: &RelPath) -> bool {
        self.is_file(path) || self.is_dir(path)
    }

    /// Follows symlinks inside the root; `None` if the target does not exist, or a link points
    /// outside the root or forms a cycle.
    fn resolve(&self, path: &RelPath) -> Option<RelPath> {
        if self.entry(path).is_some_and(|entry| !matches!(entry, Entry::Symlink(_))) {
            return Some(path.clone());
        }
        // Detectors ask about hundreds of names that no repository has all of.
        if !self.linked && !path.is_root() {
            return None;
        }
        let mut here = RelPath::root();
        let mut rest: Vec<String> = path.components().rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(name) = rest.pop() {
            let next = here.join(&name)?;
            match self.entry(&next)? {
                Entry::Symlink(target) => {
                    links += 1;
                    if links > budget::MAX_LINKS {
                        return None;
                    }
                    let target = target.clone()?;
                    rest.extend(target.components().rev().map(str::to_owned));
                    here = RelPath::root();
                }
                _ => here = next,
            }
        }
        Some(here)
    }

    /// The size of a file in bytes; 0 if it is unknown.
    pub fn size(&self, path: &RelPath) -> u64 {
        match &self.source {
            Source::Disk(root) => read::size(&root.join(path.as_str())).unwrap_or_default(),
            Source::Memory(texts) => texts.get(path).map_or(0, |text| text.len() as u64),
        }
    }

    /// The text of a manifest: `None` if it does not exist, an error if it cannot be read, is too
    /// large or is not UTF-8.
    pub fn text(&self, path: &RelPath) -> Result<Option<Rc<str>>> {
        if !self.is_file(path) {
            if let Some(Entry::Symlink(_)) = self.entry(path) {
                bail!(
                    "{path} is a symlink that points outside {}, to itself or to nothing: replace \
                     it with the file itself, since the build context has no file there",
                    self.label()
                );
            }
            return Ok(None);
        }
        // Skip the size check for a cached text: it costs a system call.
        let resolved = self.resolve(path).unwrap_or_default();
        if let Some(Some(text)) = self.cache.borrow().get(&resolved) {
            return Ok(Some(text.clone()));
        }
        let size = self.size(&resolved);
        if size > self.budget.max_manifest {
            bail!(
                "{path} has {size} bytes; dockgen reads manifests up to {} bytes: check that it is \
                 a manifest",
                self.budget.max_manifest
            );
        }
        self.read(path)
    }

    /// The text of a source file: `None` if it does not exist, is too large or is no text. The last
    /// two are reported.
    ///
    /// A text that is not UTF-8 is read as ISO-8859-1, which `.properties` files are by definition
    /// (<https://docs.oracle.com/en/java/javase/25/docs/api/java.base/java/util/Properties.html>): what
    /// programs are told by is ASCII, which older encodings share.
    pub fn source_text(&self, path: &RelPath) -> Result<Option<Rc<str>>> {
        if !self.is_file(path) {
            return Ok(None);
        }
        let size = self.resolve(path).map_or(0, |p| self.size(&p));
        if size > self.budget.max_source {
            self.report_unread(
                path,
                &format!(
                    "{size} bytes, more than the {} read of one source file",
                    self.budget.max_source
                ),
            );
            return Ok(None);
        }
        if *self.read_bytes.borrow() + size > self.budget.max_total {
            self.report_unread(
                path,
                &format!("more than {} bytes were read before it", self.budget.max_total),
            );
            return Ok(None);
        }
        match self.read(path) {
            Err(error) if error.is::<NotUtf8>() => {
                let text = self.read_older(path)?;
                if text.is_none() {
                    self.report_unread(path, "not UTF-8");
                }
                Ok(text)
            }
            other => other,
        }
    }

    /// A text in an encoding of one byte for each character; `None` if it holds what no text does.
    fn read_older(&self, path: &RelPath) -> Result<Option<Rc<str>>> {
        let (Source::Disk(root), Some(resolved)) = (&self.source, self.resolve(path)) else {
            return Ok(None);
        };
        let bytes = self.bytes(root, path, &resolved)?;
        *self.read_bytes.borrow_mut() += bytes.len() as u64;
        let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
        let text = !bytes.iter().any(control);
        Ok(text.then(|| bytes.into_iter().map(char::from).collect::<String>().into()))
    }

    fn read(&self, path: &RelPath) -> Result<Option<Rc<str>>> {
        let Some(resolved) = self.resolve(path) else { return Ok(None) };
        if let Some(text) = self.cache.borrow().get(&resolved) {
            return Ok(text.clone());
        }
        let text: Rc<str> = match &self.source {
            Source::Memory(texts) => {
                texts.get(&resolved).map(|text| Rc::from(text.as_str())).unwrap_or_default()
            }
            Source::Disk(root) => {
                let bytes = self.bytes(root, path, &resolved)?;
                Rc::from(String::from_utf8(bytes).map_err(|_| NotUtf8(path.clone()))?)
            }
        };
        *self.read_bytes.borrow_mut() += text.len() as u64;
        self.cache.borrow_mut().insert(resolved, Some(text.clone()));
        Ok(Some(text))
    }

    /// Reads a file from disk through the guard.
    fn bytes(&self, root: &Path, path: &RelPath, resolved: &RelPath) -> Result<Vec<u8>> {
        read::bytes(&root.join(resolved.as_str()), self.budget.max_manifest)
            .map_err(|why| anyhow!("{path} {why}"))
    }

    /// Findings of the walk and of the reads: exceeded budgets, symlinks that point outside.
    pub fn findings(&self) -> Vec<Finding> {
        self.findings.borrow().clone()
    }

    fn label(&self) -> String {
        self.disk_root()
            .map_or_else(|| "the repository".to_owned(), |root| root.display().to_string())
    }

    fn report_unread(&self, path: &RelPath, why: &str) {
        // Sources of dependencies say nothing about the program.
        if path.as_str().split('/').any(|folder| folder == "vendor") {
            return;
        }
        let finding = Finding::new(
            FindingCode::SourceUnread,
            format!("dockgen did not read {path}: {why}"),
            [Evidence::file(path, why)],
        );
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }

    fn report_index(&self, why: &str) {
        let index = RelPath::clean(".git/index".to_owned());
        self.findings.borrow_mut().push(Finding::new(
            FindingCode::GitIndexUnread,
            format!("dockgen did not read .git/index: {why}"),
            [Evidence::file(&index, why)],
        ));
    }

    fn report_cut(&self, cut: &Cut) {
        self.findings.borrow_mut().extend(cut.rules.iter().map(|(file, why)| {
            Finding::new(
                FindingCode::GitignoreUnread,
                format!("dockgen did not read {file} as a whole: {why}"),
                [Evidence::file(file, why)],
            )
        }));
        let text = match (cut.entries, cut.deep) {
            (true, _) => format!(
                "dockgen stopped reading after {} files and folders",
                self.budget.max_entries
            ),
            (_, true) => {
                format!(
                    "dockgen did not read folders more than {} levels deep",
                    self.budget.max_depth
                )
            }
            _ => return,
        };
        self.findings.borrow_mut().push(Finding::new(
            FindingCode::WalkCut,
            format!("{text}, so decisions rest on a part of the repository"),
            [Evidence::file(&RelPath::root(), "dockgen's limit")],
        ));
    }

    fn report_links(&self) {
        let out: Vec<Evidence> = self
            .entries()
            .filter(|(path, entry)| {
                matches!(entry, Entry::Symlink(_)) && self.resolve(path).is_none()
            })
            .map(|(path, _)| {
                Evidence::file(
                    path,
                    "symlink that leads out of the root, in a circle or to nothing",
                )
            })
            .collect();
        if !out.is_empty() {
            self.findings.borrow_mut().push(Finding::new(
                FindingCode::SymlinkOut,
                format!(
                    "{} symbolic link(s) lead out of the repository, in a circle or to nothing; \
                     dockgen does not follow them",
                    out.len()
                ),
                out,
            ));
        }
    }
}

/// The file is not UTF-8.
#[derive(Debug)]
struct NotUtf8(RelPath);

impl Display for NotUtf8 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} is not UTF-8: save it as UTF-8, since manifests in another encoding are not read by the build tools either",
            self.0
        )
    }
}

impl std::error::Error for NotUtf8 {}

/// A folder of a [`Repo`], which is what detectors receive.
#[derive(Clone)]
pub struct Dir<'r> {
    /// The repository.
    pub repo: &'r Repo,
    /// The folder.
    pub path: RelPath,
}

impl<'r> Dir<'r> {
    /// The folder at `path` in the repository.
    pub fn new(repo: &'r Repo, path: RelPath) -> Self {
        Self { repo, path }
    }

    /// The path of `name` inside this folder; `None` if it is outside the root.
    pub fn join(&self, name: &str) -> Option<RelPath> {
        self.path.join(name)
    }

    /// True if this folder has a file of that name.
    pub fn has(&self, name: &str) -> bool {
        self.join(name).is_some_and(|path| self.repo.is_file(&path))
    }

    /// True if this folder has a folder of that name.
    pub fn has_folder(&self, name: &str) -> bool {
        self.join(name).is_some_and(|path| self.repo.is_dir(&path))
    }

    /// The path and text of a manifest in this folder.
    pub fn text(&self, name: &str) -> Result<Option<(RelPath, Rc<str>)>> {
        let Some(path) = self.join(name) else { return Ok(None) };
        Ok(self.repo.text(&path)?.map(|text| (path, text)))
    }

    /// The parent folder, if it is inside the root.
    pub fn parent(&self) -> Option<Self> {
        Some(Self { repo: self.repo, path: self.path.parent()? })
    }

    /// This folder and those above it, up to the root.
    pub fn upwards(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn large_files_are_reported_except_for_those_of_dependencies() {
        let large = "x".repeat(usize::try_from(Budget::default().max_source).unwrap() + 1);
        let repo = Repo::from_files([("a.go", large.as_str()), ("vendor/x/b.go", large.as_str())]);
        for file in ["a.go", "vendor/x/b.go"] {
            assert!(repo.source_text(&path(file)).unwrap().is_none());
        }
        let said: Vec<String> = repo.findings().into_iter().map(|finding| finding.what).collect();
        assert!(said.len() == 1 && said[0].contains("did not read a.go"), "{said:?}");
    }

    #[test]
    fn follows_links_inside_and_refuses_those_that_leave() {
        let repo = Repo::from_files([
            ("a/real.txt", "x"),
            ("b", "-> a"),
            ("out", "-> ../etc/passwd"),
            ("loop", "-> loop"),
        ]);
        assert_eq!(repo.text(&path("b/real.txt")).unwrap().as_deref(), Some("x"));
        assert!(repo.text(&path("out")).unwrap_err().to_string().contains("symlink"));
        assert!(repo.text(&path("loop")).is_err());
        assert_eq!(repo.findings()[0].code.as_str(), "symlink-out");
        assert_eq!(repo.findings()[0].evidence.len(), 2);
    }

    #[test]
    fn lists_folders_in_order() {
        let repo = Repo::from_files([("b/z", ""), ("a/y", ""), ("a/x/w", ""), ("ab", "")]);
        let under: Vec<_> = repo.files_under(&path("a")).map(RelPath::as_str).collect();
        assert_eq!(under, ["a/x/w", "a/y"]);
        let children: Vec<_> =
            repo.children(&RelPath::root()).map(|(p, _)| p.as_str().to_owned()).collect();
        assert_eq!(children, ["a", "ab", "b"]);
    }

    #[test]
    fn errors_name_the_line() {
        let error = parse_json::<serde_json::Value>(&path("package.json"), "{\n \"a\": }")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("package.json:2: not valid JSON"), "{error}");
        let error = parse_json5::<serde_json::Value>(
            &path("tsconfig.json"),
            &format!("// [[\n{}", "[".repeat(500)),
        );
        assert!(
            error
                .unwrap_err()
                .to_string()
                .starts_with("tsconfig.json:2: not valid JSON: more than 128")
        );
        let fine = format!("{{ 'a': \"{}\", /* [ */ b: [1,], }}", "[".repeat(500));
        assert!(parse_json5::<serde_json::Value>(&path("tsconfig.json"), &fine).is_ok());
        let error =
            parse_toml::<toml::Table>(&path("a.toml"), "a = 1\nb = ").unwrap_err().to_string();
        assert!(error.starts_with("a.toml:2: not valid TOML"), "{error}");
        assert_eq!(
            json_line("{\n\"engines\": {\n\"node\": \"1\"}}", &["engines", "node"]),
            Some(3)
        );
    }
}
