//! Packages: which files of a folder belong to one, which are `package main`, and whether one
//! needs cgo.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;

use super::constraint::name_fits;
use super::source::{SourceFile, package_clause};
use crate::code::file::is_below;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// True for folders that `go build ./...` skips.
fn is_skipped(name: &str) -> bool {
    name.starts_with(['.', '_']) || name == "vendor" || name == "testdata"
}

/// A package: the files of one folder that a build for Linux compiles.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) dir: RelPath,
    pub(super) name: String,
    pub(super) files: Vec<Rc<SourceFile>>,
    /// The `import "C"` of a package that has no other implementation for builds without cgo.
    pub(super) cgo: Option<Evidence>,
    /// The place of `func main`.
    pub(super) main: Option<Evidence>,
}

/// The Go files of a repository, each parsed once.
pub(super) struct Sources<'r> {
    pub(super) repo: &'r Repo,
    /// Build tags, which decide what files are compiled.
    tags: Vec<String>,
    /// Import paths of libraries that are written in C.
    libraries: Vec<String>,
    /// True if the repository's own recipes build without cgo.
    pure: bool,
    packages: RefCell<BTreeMap<RelPath, Option<Rc<Package>>>>,
    /// The same repository, read with other build tags.
    tagged: RefCell<BTreeMap<Built, Rc<Self>>>,
}

/// Build tags, and whether cgo is off.
type Built = (Vec<String>, bool);

impl<'r> Sources<'r> {
    pub(super) fn new(repo: &'r Repo, libraries: Vec<String>) -> Self {
        Self::with_tags(repo, libraries, Vec::new(), false)
    }

    fn with_tags(repo: &'r Repo, libraries: Vec<String>, tags: Vec<String>, pure: bool) -> Self {
        let (packages, tagged) = (RefCell::default(), RefCell::default());
        Self { repo, tags, libraries, pure, packages, tagged }
    }

    /// The files that a build with these tags compiles, without cgo if `pure`.
    pub(super) fn tagged(&self, tags: &[String], pure: bool) -> Rc<Self> {
        let mut known = self.tagged.borrow_mut();
        let libraries = || self.libraries.clone();
        let new = || Rc::new(Self::with_tags(self.repo, libraries(), tags.to_vec(), pure));
        known.entry((tags.to_vec(), pure)).or_insert_with(new).clone()
    }

    /// The package in a folder; `None` if a build for Linux compiles no file of it.
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
        // Imports of libraries by files that only a build without cgo compiles, and by the others.
        let (mut pure, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for path in &self.go_files(dir) {
            let Some(text) = self.repo.source_text(path)? else { continue };
            let Some(file) = SourceFile::parse(path, &text) else { continue };
            let (without, with) =
                (file.constraint.fits(false, &self.tags), file.constraint.fits(true, &self.tags));
            fallback |= without && !with;
            let imports = file.code.imports.iter().map(|import| import.path.clone());
            let of_library = imports.filter(|path| self.is_foreign(path));
            if without && !with {
                pure.extend(of_library);
            } else if with {
                shared.extend(of_library);
            }
            if !without && !with {
                continue;
            }
            if let Some(import) = file.code.imports.iter().find(|i| i.path == "C") {
                cgo.get_or_insert_with(|| Evidence::at(path, import.line, "`import \"C\"`: cgo"));
            }
            files.push(Rc::new(file));
        }
        // The files without cgo replace a C library by nothing, so they can only return an error.
        // Such a package needs cgo. What the files with cgo import too replaces nothing.
        let other = pure.difference(&shared).next().is_some();
        let library = fallback && !other && !self.pure;
        let library = files.iter().filter(|_| library).find_map(|file| self.library(file));
        if let Some(evidence) = library {
            cgo.get_or_insert(evidence);
            files.retain(|file| file.constraint.fits(true, &self.tags));
        } else if fallback {
            // The package has a real implementation without cgo, which needs no C compiler and no
            // C library.
            cgo = None;
            files.retain(|file| {
                file.constraint.fits(false, &self.tags)
                    && !file.code.imports.iter().any(|i| i.path == "C")
            });
        }
        let Some(name) =
            // Go allows one more package name in a folder, for files that hold only documentation.
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

    /// The files of a folder whose constraint is one tag, or that it is not set.
    pub(super) fn by_tag(&self, dir: &RelPath) -> Result<Vec<SourceFile>> {
        let mut found = Vec::new();
        for path in &self.go_files(dir) {
            let Some(text) = self.repo.source_text(path)? else { continue };
            let file = SourceFile::parse(path, &text);
            found.extend(file.filter(|file| file.constraint.single().is_some()));
        }
        Ok(found)
    }

    /// The import of a C library, if only a build with cgo compiles the file.
    fn library(&self, file: &SourceFile) -> Option<Evidence> {
        if file.constraint.fits(false, &self.tags) {
            return None;
        }
        let of_library = |path: &str| self.libraries.iter().any(|held| is_below(path, held));
        let import = file.code.imports.iter().find(|import| of_library(&import.path))?;
        let note = format!("imports `{}` in a file that only cgo compiles", import.path);
        Some(Evidence::at(&file.code.path, import.line, note))
    }

    /// True if the package belongs neither to Go's standard library nor to the repository.
    fn is_foreign(&self, path: &str) -> bool {
        let own = |(at, _): (usize, &str)| {
            RelPath::new(&path[at + 1..]).is_some_and(|dir| self.repo.is_dir(&dir))
        };
        path.split('/').next().is_some_and(|host| host.contains('.'))
            && !path.match_indices('/').any(own)
    }

    /// The files that their name alone does not exclude, sorted.
    fn go_files(&self, dir: &RelPath) -> Vec<RelPath> {
        let files = self
            .repo
            .children(dir)
            .filter(|(path, entry)| *entry == Entry::File && name_fits(path.file_name()));
        files.map(|(path, _)| path.clone()).collect()
    }

    /// The folders of the module at `module` that contain a `package main`, sorted. Nested modules
    /// and folders that `./...` skips are left out.
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
                    // All files of a folder have one package name, so the first that is compiled
                    // decides.
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
        let sources = Sources::new(&repo, Vec::new());
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
    fn a_stand_in_that_brings_nothing_is_no_implementation() {
        let repo = Repo::from_files([
            ("go.mod", "module a.b/c\n"),
            ("v/v.go", "package v\n"),
            ("s/s.go", "//go:build cgo\n\npackage s\nimport _ \"x.y/sqlite3\"\n"),
            ("s/none.go", "//go:build !cgo\n\npackage s\nimport \"a.b/c/v\"\n"),
            (
                "u/u.go",
                "//go:build cgo\n\npackage u\nimport (\n_ \"x.y/sqlite3\"\n_ \"x.y/pq\"\n)\n",
            ),
            ("u/none.go", "//go:build !cgo\n\npackage u\nimport _ \"x.y/pq\"\n"),
            ("t/t.go", "//go:build cgo\n\npackage t\nimport _ \"x.y/sqlite3\"\n"),
            ("t/pure.go", "//go:build !cgo\n\npackage t\nimport _ \"x.y/pure\"\n"),
        ]);
        let sources = Sources::new(&repo, vec!["x.y/sqlite3".to_owned()]);
        let needs = |sources: &Sources, dir: &str| {
            let package = sources.package(&RelPath::new(dir).unwrap()).unwrap().unwrap();
            (package.cgo.is_some(), package.files.len())
        };
        assert_eq!(needs(&sources, "s"), (true, 1));
        assert_eq!(needs(&sources, "t"), (false, 1));
        // A driver that both builds have replaces nothing.
        assert_eq!(needs(&sources, "u"), (true, 1));
        // The repository's own recipe builds without cgo.
        assert_eq!(needs(&sources.tagged(&[], true), "s"), (false, 1));
    }

    #[test]
    fn cgo_is_needed_only_without_another_implementation() {
        let repo = Repo::from_files([
            ("a/a.go", "package a\nimport \"C\"\n"),
            ("b/b_cgo.go", "//go:build cgo\n\npackage b\nimport \"C\"\n"),
            ("b/b_pure.go", "//go:build !cgo\n\npackage b\n"),
        ]);
        let sources = Sources::new(&repo, Vec::new());
        let package = |dir: &str| sources.package(&RelPath::new(dir).unwrap()).unwrap().unwrap();
        assert_eq!(package("a").cgo.as_ref().map(Evidence::place).as_deref(), Some("a/a.go:2"));
        assert!(package("b").cgo.is_none());
        assert_eq!(package("b").files.len(), 1);
    }
}
