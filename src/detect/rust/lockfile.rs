//! Cargo.lock: which of its packages a build reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;
use serde::Deserialize;

use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{line_of, parse_toml};

#[derive(Debug, Deserialize)]
struct File {
    version: Option<u32>,
    #[serde(default)]
    package: Vec<Locked>,
}

/// A `[[package]]` entry.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) version: String,
    /// Absent for a package of the repository.
    pub(super) source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

impl Locked {
    /// True if a package of that name is among its dependencies, with `-` and `_` alike.
    pub(super) fn lists(&self, name: &str) -> bool {
        let plain = |name: &str| name.replace('_', "-");
        let mut names = self.dependencies.iter().filter_map(|word| word.split(' ').next());
        names.any(|held| plain(held) == plain(name))
    }
}

/// A parsed Cargo.lock.
#[derive(Debug)]
pub(super) struct Lockfile {
    pub(super) path: RelPath,
    text: Rc<str>,
    /// The version of the format; 1 if none is stated.
    pub(super) format: u32,
    pub(super) packages: Vec<Locked>,
    by_name: BTreeMap<String, Vec<usize>>,
}

impl Lockfile {
    /// Parses a Cargo.lock.
    ///
    /// # Errors The error names the file and the line that is not valid.
    pub(super) fn parse(path: &RelPath, text: &Rc<str>) -> Result<Self> {
        let file: File = parse_toml(path, text)?;
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, package) in file.package.iter().enumerate() {
            by_name.entry(package.name.clone()).or_default().push(at);
        }
        Ok(Self {
            path: path.clone(),
            text: text.clone(),
            format: file.version.unwrap_or(1),
            packages: file.package,
            by_name,
        })
    }

    /// All packages with that name.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Locked> {
        self.by_name.get(name).into_iter().flatten().map(|at| &self.packages[*at])
    }

    /// Evidence at the entry of a package.
    pub(super) fn at(&self, package: &Locked, note: impl Into<String>) -> Evidence {
        let needle = format!("name = \"{}\"\nversion = \"{}\"", package.name, package.version);
        let line = line_of(&self.text, &needle)
            .or_else(|| line_of(&self.text, &format!("name = \"{}\"", package.name)));
        Evidence { file: self.path.clone(), line, note: note.into() }
    }

    /// The entry that a line in `dependencies` refers to: `name`, `name version` or `name version
    /// (source)`.
    fn entry(&self, word: &str) -> Option<usize> {
        let mut words = word.split(' ');
        // Cargo.lock adds the version only if the name alone is ambiguous.
        let (name, version) = (words.next()?, words.next());
        let candidates = self.by_name.get(name)?;
        candidates
            .iter()
            .copied()
            .find(|at| version.is_none_or(|version| self.packages[*at].version == version))
    }

    /// The entries of a package's dependencies.
    pub(super) fn dependencies(&self, package: &Locked) -> impl Iterator<Item = &Locked> {
        package.dependencies.iter().filter_map(|word| self.entry(word)).map(|at| &self.packages[at])
    }
}

/// For each reached package, by name and version: its entry, and the names on the path to it, its
/// own last.
pub(super) type Reached<'l> = BTreeMap<(String, String), (&'l Locked, Vec<String>)>;

/// Every package that the build of `root` reaches. `edges` gives the active direct dependencies of
/// a package in the repository, by their name in the registry. `skip` says which dependencies of a
/// registry's package do not count on Linux.
pub(super) fn reached<'l>(
    lock: &'l Lockfile,
    root: &str,
    edges: &dyn Fn(&str) -> Option<BTreeSet<String>>,
    skip: &dyn Fn(&str, &str) -> bool,
) -> Reached<'l> {
    let mut found: Reached<'l> = BTreeMap::new();
    let start = lock.named(root).find(|package| package.source.is_none());
    let mut queue: std::collections::VecDeque<(&Locked, Vec<String>)> =
        start.into_iter().map(|package| (package, vec![package.name.clone()])).collect();
    while let Some((package, way)) = queue.pop_front() {
        // Two versions of one package may be locked, so the name alone is no key.
        let key = (package.name.clone(), package.version.clone());
        if found.contains_key(&key) {
            continue;
        }
        // Only packages of the repository have a manifest here that narrows the edges down.
        let allowed = if package.source.is_none() { edges(&package.name) } else { None };
        for next in lock.dependencies(package) {
            let counts = allowed.as_ref().is_none_or(|names| names.contains(&next.name));
            if counts && !skip(&package.name, &next.name) {
                let mut way = way.clone();
                way.push(next.name.clone());
                queue.push_back((next, way));
            }
        }
        found.insert(key, (package, way));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "a 2.0.0",
 "dev",
]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+x"

[[package]]
name = "a"
version = "2.0.0"
source = "registry+x"
dependencies = ["openssl-sys", "windows"]

[[package]]
name = "dev"
version = "1.0.0"
source = "registry+x"

[[package]]
name = "openssl-sys"
version = "0.9.1"
source = "registry+x"

[[package]]
name = "windows"
version = "1.0.0"
source = "registry+x"
"#;

    #[test]
    fn walks_from_the_package_along_what_counts() {
        let lock = Lockfile::parse(&RelPath::new("Cargo.lock").unwrap(), &Rc::from(LOCK)).unwrap();
        let edges = |name: &str| (name == "app").then(|| BTreeSet::from(["a".to_owned()]));
        let all = reached(&lock, "app", &edges, &|_, to| to == "windows");
        let names: Vec<String> =
            all.keys().map(|(name, version)| format!("{name} {version}")).collect();
        assert_eq!(names, ["a 2.0.0", "app 0.1.0", "openssl-sys 0.9.1"]);
        let (package, way) = &all[&("openssl-sys".to_owned(), "0.9.1".to_owned())];
        assert_eq!(way.join(" -> "), "app -> a -> openssl-sys");
        assert_eq!(lock.at(package, "").line, Some(28));
        assert!(reached(&lock, "none", &|_| None, &|_, _| false).is_empty());
    }
}
