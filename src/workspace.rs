//! Where the repository begins: the folder above PATH whose workspace or lockfile PATH belongs to,
//! else PATH.
//!
//! Nothing is walked here: only the files that a language asks for are read, in the folders above
//! PATH.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::budget::{MAX_LEVELS_ABOVE, MAX_MANIFEST};
use crate::detect::LANGUAGES;
use crate::path::RelPath;
use crate::read::{self, Unread};

/// PATH, seen from the root of its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The root, absolute and without symlinks: the largest possible build context.
    pub root: PathBuf,
    /// PATH relative to it.
    pub start: RelPath,
}

/// Finds the root for `path`: the topmost folder above it that a language takes for its workspace
/// root or the home of its lockfile. The folder that holds .git is the highest that is asked.
///
/// # Errors
/// Where `path` is no folder, or a manifest above it is broken.
pub fn find(path: &Path) -> Result<Place> {
    let start =
        fs::canonicalize(path).with_context(|| format!("cannot open {}", path.display()))?;
    if !start.is_dir() {
        bail!("{} is not a folder: give the folder that holds the manifest", path.display());
    }
    let bound =
        start.ancestors().take(MAX_LEVELS_ABOVE).position(|folder| folder.join(".git").exists());
    let mut root = start.clone();
    for folder in
        start.ancestors().take(bound.map_or(MAX_LEVELS_ABOVE, |levels| levels + 1)).skip(1)
    {
        match encloses(folder, &start) {
            Ok(true) => folder.clone_into(&mut root),
            Ok(false) => {}
            // Outside a git repository a folder above has nothing to do with PATH until it says so.
            Err(_) if bound.is_none() => {}
            Err(error) => {
                return Err(
                    error.context(format!("looking for the workspace of {}", path.display()))
                );
            }
        }
    }
    let start = relative(&root, &start)?;
    Ok(Place { root, start })
}

/// The folder at or above `root` that version control calls the repository; `root` where none does.
pub fn repository(root: &Path) -> PathBuf {
    root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root).to_owned()
}

/// `path` relative to `root`, which it lies in.
pub fn relative(root: &Path, path: &Path) -> Result<RelPath> {
    let inside = path
        .strip_prefix(root)
        .with_context(|| format!("{} is outside {}", path.display(), root.display()))?;
    let text = inside
        .to_str()
        .with_context(|| format!("{} has a name that is not UTF-8: rename it", path.display()))?;
    RelPath::new(&text.replace(std::path::MAIN_SEPARATOR, "/"))
        .with_context(|| format!("{} is outside {}", path.display(), root.display()))
}

fn encloses(folder: &Path, start: &Path) -> Result<bool> {
    let member = relative(folder, start)?;
    let read = |name: &str| text(folder, name);
    for language in LANGUAGES {
        if (language.encloses)(&read, &member)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn text(folder: &Path, name: &str) -> Result<Option<String>> {
    let Some(name) = RelPath::new(name).filter(|name| !name.is_root()) else { return Ok(None) };
    let path = folder.join(name.as_str());
    let bytes = match read::below(folder, &name, MAX_MANIFEST) {
        Ok(bytes) => bytes,
        // What lies behind a link is not looked for above PATH.
        Err(Unread::Absent | Unread::Link | Unread::Special(_)) => return Ok(None),
        Err(why) => bail!("{} {why}", path.display()),
    };
    let text = String::from_utf8(bytes)
        .ok()
        .with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_workspace_the_path_is_the_root() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/.git")).unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        let place = find(&dir.path().join("a/b")).unwrap();
        assert!(place.root.ends_with("a/b") && place.start.is_root());
        assert!(find(&dir.path().join("none")).unwrap_err().to_string().contains("cannot open"));
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(find(&dir.path().join("file")).unwrap_err().to_string().contains("not a folder"));
    }

    #[test]
    fn reads_only_files_inside_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x"), "1").unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        assert_eq!(text(&dir.path().join("sub"), "../x").unwrap(), None);
        assert_eq!(text(dir.path(), "x").unwrap().as_deref(), Some("1"));
        assert_eq!(text(dir.path(), "sub").unwrap(), None);
    }
}
