//! The whole road, from a folder to the texts, in this process; and repositories made for a test.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::path::Path;

use anyhow::Result;
use dockgen::facts::Facts;
use dockgen::path::RelPath;
use dockgen::pipeline::{self, Role};
use dockgen::plan::Plan;
use tempfile::TempDir;

/// What is written for one application.
pub(crate) struct Output {
    pub(crate) facts: Facts,
    pub(crate) plan: Plan,
    pub(crate) dockerfile: String,
    pub(crate) dockerignore: String,
}

/// Every application of the repository at `root`, as `dockgen init --yes` takes them.
pub(crate) fn generate(root: &Path, flags: &[(&str, &str)]) -> Result<Vec<Output>> {
    let flags: Vec<(String, String)> =
        flags.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect();
    let mut survey = pipeline::survey(root, &[], &flags, &|_| {})?;
    let chosen: Vec<Facts> = std::mem::take(&mut survey.selection.taken);
    let apps = pipeline::apps(&survey, chosen, &flags)?;
    let output = |app: &pipeline::App| {
        let draft = app.draft(None)?;
        let ignore = draft.changes.iter().find(|change| change.role == Role::Ignore);
        let dockerignore = ignore.map(|change| change.new.text.clone()).unwrap_or_default();
        Ok(Output {
            facts: draft.facts,
            plan: draft.plan,
            dockerfile: draft.dockerfile,
            dockerignore,
        })
    };
    apps.iter().map(output).collect()
}

/// A repository on disk with these files; a text that begins with `-> ` is a symlink to what
/// follows.
///
/// Its .git folder keeps dockgen from asking the folders above it.
pub(crate) fn repository<P: AsRef<str>, T: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (P, T)>,
) -> TempDir {
    let root = tempfile::Builder::new().prefix("dockgen-test-").tempdir().unwrap();
    fs::create_dir(root.path().join(".git")).unwrap();
    for (path, text) in files {
        let path = root.path().join(path.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match text.as_ref().strip_prefix(b"-> ") {
            Some(target) => {
                std::os::unix::fs::symlink(std::str::from_utf8(target).unwrap(), path).unwrap();
            }
            None => fs::write(path, text).unwrap(),
        }
    }
    root
}

/// A copy of `folder` as a repository of its own, its entries made in the order that `order` gives
/// them.
pub(crate) fn copy(folder: &Path, order: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> TempDir {
    let mut files = Vec::new();
    list(folder, &RelPath::root(), &mut files);
    files.sort();
    order(&mut files);
    repository(files)
}

pub(crate) fn list(root: &Path, at: &RelPath, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(at.as_str())).unwrap().map(Result::unwrap) {
        let path = at.join(entry.file_name().to_str().unwrap()).unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            list(root, &path, files);
        } else if kind.is_symlink() {
            let target = fs::read_link(entry.path()).unwrap();
            files.push((path.to_string(), format!("-> {}", target.display()).into_bytes()));
        } else {
            files.push((path.to_string(), fs::read(entry.path()).unwrap()));
        }
    }
}

/// The folders under tests/fixtures, sorted by name.
pub(crate) fn fixtures() -> Vec<(String, std::path::PathBuf)> {
    folders("tests/fixtures")
}

/// The folders in `home`, sorted by name.
pub(crate) fn folders(home: &str) -> Vec<(String, std::path::PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(home);
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    found.sort();
    found
}
