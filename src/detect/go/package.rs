//! Packages: which files of a folder form one, which are `package main`, and whether a package
//! needs cgo.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;

use super::constraint::name_fits;
use super::source::{SourceFile, package_clause};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// Folders that `go build ./...` does not look into.
fn is_skipped(name: &str) -> bool {
    name.starts_with(['.', '_']) || name == "vendor" || name == "testdata"
}

/// A package: the files of one folder that a build for Linux takes.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) dir: RelPath,
    pub(super) name: String,
    pub(super) files: Vec<Rc<SourceFile>>,
    /// `import "C"` in a package that has no other implementation for builds without cgo.
    pub(super) cgo: Option<Evidence>,
    /// Line in the file that holds `func main`.
    pub(super) main: Option<Evidence>,
}

/// The Go files of a repository, each parsed once.
pub(super) struct Sources<'r> {
    pub(super) repo: &'r Repo,
    /// Build tags that decide which files are taken.
    tags: Vec<String>,
    packages: RefCell<BTreeMap<RelPath, Option<Rc<Package>>>>,
    /// The same with other tags.
    tagged: RefCell<BTreeMap<Vec<String>, Rc<Self>>>,
}

impl<'r> Sources<'r> {
    pub(super) fn new(repo: &'r Repo) -> Self {
        Self::with_tags(repo, Vec::new())
    }

    fn with_tags(repo: &'r Repo, tags: Vec<String>) -> Self {
        Self { repo, tags, packages: RefCell::default(), tagged: RefCell::default() }
    }

    /// The files as a build with these tags takes them.
    pub(super) fn tagged(&self, tags: &[String]) -> Rc<Self> {
        let mut known = self.tagged.borrow_mut();
        let new = || Rc::new(Self::with_tags(self.repo, tags.to_vec()));
        known.entry(tags.to_vec()).or_insert_with(new).clone()
    }

    /// The package in a folder; `None` where no file of it is built for Linux.
    pub(super) fn package(&self, dir: &RelPath) -> Result<Option<Rc<Package>>> {
        if let Some(known) = self.packages.borrow().get(dir) {
            return Ok(known.clone());
        }
        let package = self.parse(dir)?.map(Rc::new);
        self.packages.borrow_mut().insert(dir.clone(), package.clone());
        Ok(package)
    }

    fn parse(&self, dir: &RelPath) -> Result<Option<Package>> {
        let mut files = Vec::new();
        let (mut cgo, mut fallback) = (None, false);
        for path in &self.go_files(dir) {
            let Some(text) = self.repo.source_text(path)? else { continue };
            let Some(file) = SourceFile::parse(path, &text) else { continue };
            let (without, with) =
                (file.constraint.fits(false, &self.tags), file.constraint.fits(true, &self.tags));
            fallback |= without && !with;
            if !without && !with {
                continue;
            }
            if let Some(import) = file.code.imports.iter().find(|i| i.path == "C") {
                cgo.get_or_insert_with(|| Evidence::at(path, import.line, "`import \"C\"`: cgo"));
            }
            files.push(Rc::new(file));
        }
        if fallback {
            // There is an implementation without cgo: build that one.
            cgo = None;
            files.retain(|file| {
                file.constraint.fits(false, &self.tags)
                    && !file.code.imports.iter().any(|i| i.path == "C")
            });
        }
        let Some(name) =
            files.iter().map(|f| f.package.clone()).find(|name| name != "documentation")
        else {
            return Ok(None);
        };
        files.retain(|file| file.package == name);
        let main = files.iter().find_map(|file| {
            let code = &file.code;
            let at = (code.body..code.len()).find(|&at| {
                code.word(at) == "func" && code.word(at + 1) == "main" && code.word(at + 2) == "("
            })?;
            Some(code.evidence(at, "`func main` in `package main`"))
        });
        Ok(Some(Package { dir: dir.clone(), name, files, cgo, main }))
    }

    /// Files that the name alone does not exclude, sorted.
    fn go_files(&self, dir: &RelPath) -> Vec<RelPath> {
        let files = self
            .repo
            .children(dir)
            .filter(|(path, entry)| *entry == Entry::File && name_fits(path.file_name()));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// Folders of the module at `module` that hold a `package main`, sorted; folders that `./...`
    /// leaves out, and modules inside it, are not looked into.
    pub(super) fn mains(&self, module: &RelPath) -> Result<Vec<RelPath>> {
        let mut mains = Vec::new();
        let (mut skipped, mut decided) = (BTreeSet::new(), BTreeSet::new());
        for (path, entry) in self.repo.below(module) {
            let Some(dir) = path.parent() else { continue };
            let nested =
                || path.join("go.mod").is_some_and(|manifest| self.repo.entry(&manifest).is_some());
            match entry {
                Entry::Dir
                    if skipped.contains(&dir) || is_skipped(path.file_name()) || nested() =>
                {
                    skipped.insert(path.clone());
                }
                Entry::File
                    if name_fits(path.file_name())
                        && !skipped.contains(&dir)
                        && !decided.contains(&dir) =>
                {
                    let Some(text) = self.repo.source_text(path)? else { continue };
                    let Some((name, _, constraint)) = package_clause(&text) else { continue };
                    if constraint.fits(false, &[]) || constraint.fits(true, &[]) {
                        if name == "main" {
                            mains.push(dir.clone());
                        }
                        decided.insert(dir);
                    }
                }
                _ => {}
            }
        }
        mains.sort();
        mains.dedup();
        Ok(mains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mains(files: &[(&str, &str)]) -> Vec<String> {
        let repo = Repo::from_files(files.iter().copied());
        let sources = Sources::new(&repo);
        sources.mains(&RelPath::root()).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn mains_are_found_by_the_package_clause() {
        let found = mains(&[
            ("go.mod", "module a"),
            ("gen.go", "//go:build ignore\n\npackage main\n"),
            ("lib.go", "package a\n"),
            ("cmd/x/doc.go", "// Package main is it.\npackage main\n"),
            ("cmd/y/y.go", "/* package main */ package y\n"),
            ("cmd/z/z_test.go", "package main\n"),
            ("cmd/w/w_windows.go", "package main\n"),
            ("cmd/v/a.go", "var s = `package main`\n"),
            ("tools/t/t.go", "package main\n"),
            ("testdata/m.go", "package main\n"),
            ("vendor/v/m.go", "package main\n"),
            ("_old/m.go", "package main\n"),
            ("sub/go.mod", "module b"),
            ("sub/main.go", "package main\n"),
        ]);
        assert_eq!(found, ["cmd/x", "tools/t"]);
    }

    #[test]
    fn cgo_is_needed_only_without_another_implementation() {
        let repo = Repo::from_files([
            ("a/a.go", "package a\nimport \"C\"\n"),
            ("b/b_cgo.go", "//go:build cgo\n\npackage b\nimport \"C\"\n"),
            ("b/b_pure.go", "//go:build !cgo\n\npackage b\n"),
        ]);
        let sources = Sources::new(&repo);
        let package = |dir: &str| sources.package(&RelPath::new(dir).unwrap()).unwrap().unwrap();
        assert_eq!(package("a").cgo.as_ref().map(Evidence::place).as_deref(), Some("a/a.go:2"));
        assert!(package("b").cgo.is_none());
        assert_eq!(package("b").files.len(), 1);
    }
}
