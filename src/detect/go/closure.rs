//! The packages that a program is compiled from: its own, and those that it imports from modules
//! in the repository. Packages of other modules are known by their import path alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use anyhow::Result;

use super::package::{Package, Sources};
use crate::facts::Evidence;
use crate::path::RelPath;

/// A module whose source is in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocalModule {
    /// The path with which its imports begin.
    pub(super) path: String,
    pub(super) dir: RelPath,
}

/// The import closure of a program.
#[derive(Debug, Default)]
pub(super) struct Closure {
    /// The program's own package first, then the others in the order in which they were found.
    pub(super) packages: Vec<Rc<Package>>,
    /// Imports from outside the repository, including the standard library, each with the place
    /// where it is imported first.
    pub(super) external: BTreeMap<String, Evidence>,
    /// Imports that should be in the repository and are not.
    pub(super) missing: BTreeMap<String, (RelPath, Evidence)>,
    /// Folders of imported packages in the repository, by import path.
    pub(super) local: BTreeMap<String, RelPath>,
}

impl Closure {
    /// The first import from outside the repository and the standard library that no module of
    /// `provided` contains. Packages of the standard library have no dot in their first folder.
    pub(super) fn unprovided(&self, provided: &BTreeSet<String>) -> Option<(&str, &Evidence)> {
        let contains = |import: &str| {
            std::iter::successors(Some(import), |path| Some(path.rsplit_once('/')?.0))
                .any(|path| provided.contains(path))
        };
        let foreign = |import: &str| import.split('/').next().is_some_and(|h| h.contains('.'));
        let mut all = self.external.iter();
        let found = all.find(|(import, _)| foreign(import) && !contains(import));
        found.map(|(import, evidence)| (import.as_str(), evidence))
    }

    /// The place where a package of `module` is imported.
    pub(super) fn imports(&self, module: &str) -> Option<&Evidence> {
        self.external
            .range(module.to_owned()..)
            .take_while(|(path, _)| path.starts_with(module))
            .find(|(path, _)| {
                path.len() == module.len() || path.as_bytes().get(module.len()) == Some(&b'/')
            })
            .map(|(_, evidence)| evidence)
    }
}

/// Follows imports from the package in `start`, into vendored packages too.
pub(super) fn closure(
    sources: &Sources,
    modules: &[LocalModule],
    vendor: Option<&RelPath>,
    start: &RelPath,
) -> Result<Closure> {
    let mut closure = Closure::default();
    let mut seen = BTreeSet::from([start.clone()]);
    let mut queue = VecDeque::from([start.clone()]);
    while let Some(dir) = queue.pop_front() {
        let Some(package) = sources.package(&dir)? else { continue };
        let vendored = vendor.is_some_and(|vendor| dir.is_within(vendor));
        for file in &package.files {
            for import in file.code.imports.iter().filter(|import| import.path != "C") {
                let evidence = || {
                    Evidence::at(&file.code.path, import.line, format!("imports `{}`", import.path))
                };
                let local = if vendored { None } else { locate(modules, &import.path) };
                let target = if let Some(dir) = local {
                    if sources.package(&dir)?.is_none() {
                        closure
                            .missing
                            .entry(import.path.clone())
                            .or_insert_with(|| (dir, evidence()));
                        continue;
                    }
                    closure.local.insert(import.path.clone(), dir.clone());
                    dir
                } else {
                    closure.external.entry(import.path.clone()).or_insert_with(evidence);
                    match vendor.and_then(|vendor| vendor.join(&import.path)) {
                        Some(dir) => dir,
                        None => continue,
                    }
                };
                if seen.insert(target.clone()) {
                    queue.push_back(target);
                }
            }
        }
        // Vendored code is other people's: only whether it needs cgo matters here.
        if !vendored || package.cgo.is_some() {
            closure.packages.push(package);
        }
    }
    Ok(closure)
}

/// The folder of an imported package, if a module in the repository contains it. The module with
/// the longest path wins, as it does in Go.
fn locate(modules: &[LocalModule], import: &str) -> Option<RelPath> {
    let rest = |module: &LocalModule| {
        let rest = import.strip_prefix(&module.path)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }.map(str::to_owned)
    };
    let (module, rest) = modules
        .iter()
        .filter_map(|module| Some((module, rest(module)?)))
        .max_by_key(|(module, _)| module.path.len())?;
    module.dir.join(&rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn follows_imports_through_local_modules() {
        let repo = Repo::from_files([
            (
                "app/cmd/x/main.go",
                "package main\nimport (\n\"example.com/app/a\"\n\"example.com/lib/b\"\n)\n",
            ),
            (
                "app/a/a.go",
                "package a\nimport (\"github.com/x/y/z\"; \"example.com/app/gen\"; \"net/http\")\n",
            ),
            ("app/unused/u.go", "package unused\nimport \"github.com/other\"\n"),
            ("lib/b/b.go", "package b\nimport \"example.com/app/a\"\n"),
        ]);
        let sources = Sources::new(&repo, Vec::new());
        let path = |text: &str| RelPath::new(text).unwrap();
        let modules = [
            LocalModule { path: "example.com/app".into(), dir: path("app") },
            LocalModule { path: "example.com/lib".into(), dir: path("lib") },
        ];
        let closure = closure(&sources, &modules, None, &path("app/cmd/x")).unwrap();
        let dirs: Vec<&str> = closure.packages.iter().map(|p| p.dir.as_str()).collect();
        assert_eq!(dirs, ["app/cmd/x", "app/a", "lib/b"]);
        assert!(closure.imports("github.com/x/y").is_some());
        assert!(closure.imports("github.com/x").is_some());
        assert!(closure.imports("github.com/other").is_none());
        assert!(closure.imports("net/htt").is_none());
        let provided = |module: &str| closure.unprovided(&BTreeSet::from([module.to_owned()]));
        assert_eq!(provided("github.com/x/y"), None);
        let (import, at) = provided("github.com/x/y/z/a").unwrap();
        assert_eq!((import, at.place().as_str()), ("github.com/x/y/z", "app/a/a.go:2"));
        assert_eq!(closure.missing["example.com/app/gen"].1.place(), "app/a/a.go:2");
    }
}
