//! A copy of the build context for edits. The repository itself is never changed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::engine::Engine;
use super::made::{self, Thing};
use super::owner;
use super::subject::Subject;
use crate::docker::ignore::{IgnoreFile, Matched};

/// A folder with `context/` and `Dockerfile`, which is removed on drop.
pub(super) struct Copy<'e> {
    engine: &'e Engine,
    folder: PathBuf,
}

impl<'e> Copy<'e> {
    /// Copies the files that would be sent to the engine.
    pub(super) fn of(engine: &'e Engine, subject: &Subject) -> Result<Self> {
        let copy = Self::empty(engine)?;
        fs::create_dir(copy.context())?;
        let from = subject.context();
        let walk = Walk { ignore: &subject.ignore, from: &from, to: &copy.context() };
        walk.folder("", &subject.ignore.root()).context("copying the build context")?;
        copy.dockerfile(&subject.text)?;
        let patterns: Vec<String> =
            subject.ignore.patterns().iter().map(ToString::to_string).collect();
        copy.ignore(&patterns.join("\n"))?;
        Ok(copy)
    }

    /// An empty folder.
    pub(super) fn empty(engine: &'e Engine) -> Result<Self> {
        let folder = std::env::temp_dir().join(engine.name("copy"));
        engine.list(Thing::Folder(folder.clone()))?;
        let copy = Self { engine, folder };
        private(&copy.folder).with_context(|| format!("making {}", copy.folder.display()))?;
        fs::write(copy.folder.join(owner::FILE), owner::mark()).context("marking the copy")?;
        Ok(copy)
    }

    /// The copied context.
    pub(super) fn context(&self) -> PathBuf {
        self.folder.join("context")
    }

    /// The path of its Dockerfile.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("Dockerfile")
    }

    /// Writes its Dockerfile.
    pub(super) fn dockerfile(&self, text: &str) -> Result<()> {
        fs::write(self.file(), text).context("writing the copy of the Dockerfile")
    }

    /// Writes its .dockerignore.
    pub(super) fn ignore(&self, text: &str) -> Result<()> {
        fs::write(self.folder.join("Dockerfile.dockerignore"), text)
            .context("writing the copy of the .dockerignore")
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        made::remove(self.engine.program(), &Thing::Folder(self.folder.clone()));
    }
}

/// Other users of this machine must not read the sources.
#[cfg(unix)]
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private(folder: &Path) -> std::io::Result<()> {
    fs::create_dir(folder)
}

struct Walk<'a> {
    ignore: &'a IgnoreFile,
    from: &'a Path,
    to: &'a Path,
}

impl Walk<'_> {
    fn folder(&self, way: &str, state: &Matched) -> Result<()> {
        let folder = if way.is_empty() { self.from.to_owned() } else { self.from.join(way) };
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            // A .dockerignore cannot contain a name that is not UTF-8: it is copied together with
            // its folder.
            let name = entry.file_name().to_string_lossy().into_owned();
            let way = if way.is_empty() { name } else { format!("{way}/{name}") };
            let below = self.ignore.below(state, &way);
            let kind = entry.file_type()?;
            if below.hidden() && !(kind.is_dir() && self.ignore.may_let_in_below(&way)) {
                continue;
            }
            let target = self.to.join(&way);
            if kind.is_dir() {
                fs::create_dir(&target)?;
                self.folder(&way, &below)?;
                fs::set_permissions(&target, entry.metadata()?.permissions())?;
            } else if kind.is_symlink() {
                link(&fs::read_link(entry.path())?, &target)?;
            } else if kind.is_file() {
                fs::copy(entry.path(), &target).with_context(|| way.clone())?;
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_to: &Path, _at: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_holds_what_the_engine_is_sent() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for path in ["src/a", "node/x/keep", "node/x/gone", ".env", "secret/key"] {
            let path = from.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        link(Path::new("/etc/hostname"), &from.path().join("out")).unwrap();
        let ignore = IgnoreFile::parse(".env\nsecret\nnode\n!node/x/keep\n").unwrap();
        Walk { ignore: &ignore, from: from.path(), to: to.path() }
            .folder("", &ignore.root())
            .unwrap();
        assert!(to.path().join("src/a").is_file() && to.path().join("node/x/keep").is_file());
        for gone in ["node/x/gone", ".env", "secret"] {
            assert!(!to.path().join(gone).exists(), "{gone}");
        }
        // A symlink is copied as a symlink and not followed.
        #[cfg(unix)]
        assert!(to.path().join("out").is_symlink());
    }
}
