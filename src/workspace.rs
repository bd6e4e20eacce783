//! Finds the root of the repository: the folder above PATH whose workspace or lockfile PATH belongs
//! to, or else PATH.
//!
//! There is no walk here. Only the files that a language asks for are read, in the folders above
//! PATH.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::budget::{MAX_LEVELS_ABOVE, MAX_MANIFEST};
use crate::detect::{Above, LANGUAGES};
use crate::path::RelPath;
use crate::read::{self, Unread};

/// Entries of a home folder, which is not a repository and contains files that no build may see.
const HOME: [&str; 10] = [
    ".bash_history",
    ".bash_profile",
    ".bashrc",
    ".gnupg",
    ".profile",
    ".ssh",
    ".zprofile",
    ".zsh_history",
    ".zshrc",
    "AppData",
];

/// Folders that contain home folders.
const HOMES: [&str; 3] = ["/home", "/Users", "/var/home"];

/// For a folder without a manifest, the maximum number of subfolders whose workspace is looked up.
const MAX_MEMBERS: usize = 256;

/// PATH, relative to the root of its repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The root, absolute and without symlinks: the largest possible build context.
    pub root: PathBuf,
    /// PATH relative to it.
    pub start: RelPath,
}

/// Finds the root for `path`: the topmost folder above it that a language considers its workspace
/// root, or the folder of its lockfile.
///
/// The search stops at the folder with .git. Without one, a folder above PATH counts only if that
/// folder itself says that PATH belongs to it: a path of a dependency in PATH that begins with `..`
/// would otherwise make the whole machine the root. The root of the file system and home folders
/// never count.
///
/// # Errors
/// If `path` is not a folder, or a manifest above it is invalid.
pub(crate) fn find(path: &Path) -> Result<Place> {
    let start =
        fs::canonicalize(path).with_context(|| format!("cannot open {}", path.display()))?;
    if !start.is_dir() {
        bail!("{} is not a folder: give the folder that contains the manifest", path.display());
    }
    let asked: Vec<&Path> = start
        .ancestors()
        .take(MAX_LEVELS_ABOVE)
        .enumerate()
        .take_while(|(level, folder)| *level == 0 || !is_home(folder))
        .map(|(_, folder)| folder)
        .collect();
    let bound = asked.iter().position(|folder| holds(folder, ".git"));
    let mut root = start.clone();
    for folder in
        asked.into_iter().take(bound.map_or(MAX_LEVELS_ABOVE, |levels| levels + 1)).skip(1)
    {
        if bound.is_none() && !same_owner(folder, &start) {
            break;
        }
        match above(folder, &start) {
            Ok(Above::Declares) => folder.clone_into(&mut root),
            Ok(Above::Reached) if bound.is_some() => folder.clone_into(&mut root),
            Ok(Above::Reached | Above::Apart) => {}
            // Outside a git repository, ignore a broken manifest above PATH: it does not say that
            // PATH belongs to it.
            Err(_) if bound.is_none() => {}
            Err(error) => {
                return Err(error.context(format!(
                    "looking in {} for the workspace of {}",
                    folder.display(),
                    path.display()
                )));
            }
        }
    }
    if root == start
        && bound.is_some_and(|levels| levels > 0)
        && let Some(wider) = around_members(&start)
    {
        root = wider;
    }
    let start = relative(&root, &start)?;
    Ok(Place { root, start })
}

/// The workspace root above a folder without a manifest, such as `apps/`, whose subfolders are
/// members.
fn around_members(start: &Path) -> Option<PathBuf> {
    let is_manifest =
        |name: &str| LANGUAGES.iter().any(|language| language.markers.contains(&name));
    let held = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .take(MAX_MEMBERS)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    };
    let names = held(start);
    if names.iter().any(|name| is_manifest(name)) {
        return None;
    }
    let nearest = |member: &PathBuf| {
        let folders = start.ancestors().skip(1).take(MAX_LEVELS_ABOVE);
        let top = folders.clone().position(|folder| holds(folder, ".git"))?;
        folders
            .take(top + 1)
            .take_while(|folder| !is_home(folder))
            .filter(|folder| above(folder, member).is_ok_and(|above| above != Above::Apart))
            .last()
            .map(Path::to_owned)
    };
    let members = names.iter().map(|name| start.join(name)).filter(|folder| {
        fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir())
            && held(folder).iter().any(|name| is_manifest(name))
    });
    members.take(MAX_MEMBERS).find_map(|member| nearest(&member))
}

/// True if the folder has an entry of that name, of any kind.
fn holds(folder: &Path, name: &str) -> bool {
    fs::symlink_metadata(folder.join(name)).is_ok()
}

/// True for the root of the file system and for a home folder.
fn is_home(folder: &Path) -> bool {
    folder.parent().is_none_or(|parent| HOMES.iter().any(|homes| parent == Path::new(homes)))
        || HOME.iter().any(|name| holds(folder, name))
}

/// In a folder that everybody can write, such as /tmp, a manifest may be anybody's.
#[cfg(unix)]
fn same_owner(folder: &Path, start: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| fs::symlink_metadata(path).map(|meta| meta.uid()).ok();
    owner(folder) == owner(start)
}

#[cfg(not(unix))]
fn same_owner(_: &Path, _: &Path) -> bool {
    true
}

/// Folders above `path` whose applications the user may mean: the nearest one with a dockgen state,
/// then the repository. Empty outside a git repository.
pub(crate) fn stated_above(path: &Path) -> Vec<PathBuf> {
    let Ok(start) = fs::canonicalize(path) else { return Vec::new() };
    let above = || start.ancestors().skip(1).take(MAX_LEVELS_ABOVE);
    let Some(top) = start.ancestors().take(MAX_LEVELS_ABOVE).find(|folder| holds(folder, ".git"))
    else {
        return Vec::new();
    };
    let inside = |folder: &&Path| folder.starts_with(top) && !is_home(folder);
    let nearest = above().filter(inside).find(|folder| holds(folder, crate::own::FOLDER));
    let mut found: Vec<PathBuf> = nearest.into_iter().map(Path::to_owned).collect();
    if top != start && !is_home(top) && nearest != Some(top) {
        found.push(top.to_owned());
    }
    found
}

/// The folder at or above `root` that is the root for version control; `root` if there is none.
pub(crate) fn repository(root: &Path) -> PathBuf {
    root.ancestors().find(|folder| holds(folder, ".git")).unwrap_or(root).to_owned()
}

/// `path` relative to `root`, which contains it.
pub(crate) fn relative(root: &Path, path: &Path) -> Result<RelPath> {
    let inside = path
        .strip_prefix(root)
        .with_context(|| format!("{} is outside {}", path.display(), root.display()))?;
    let text = inside
        .to_str()
        .with_context(|| format!("{} has a name that is not UTF-8: rename it", path.display()))?;
    RelPath::new(&text.replace(std::path::MAIN_SEPARATOR, "/"))
        .with_context(|| format!("{} is outside {}", path.display(), root.display()))
}

fn above(folder: &Path, start: &Path) -> Result<Above> {
    let member = relative(folder, start)?;
    let read = |name: &str| text(folder, name);
    let mut most = Above::Apart;
    for language in LANGUAGES {
        most = most.max((language.encloses)(&read, &member)?);
    }
    Ok(most)
}

/// The text of a regular file below `folder`, without following a symlink; `None` if it does not
/// exist.
fn text(folder: &Path, name: &str) -> Result<Option<String>> {
    let Some(name) = RelPath::new(name).filter(|name| !name.is_root()) else { return Ok(None) };
    let path = folder.join(name.as_str());
    let bytes = match read::below(folder, &name, MAX_MANIFEST) {
        Ok(bytes) => bytes,
        // Above PATH, symlinks are not followed.
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

    #[cfg(unix)]
    #[test]
    fn reads_through_no_link() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x"), "1").unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("sub/y"), "2").unwrap();
        std::os::unix::fs::symlink("x", dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("sub", dir.path().join("folder")).unwrap();
        std::os::unix::fs::symlink("/proc/self/environ", dir.path().join("environ")).unwrap();
        for name in ["link", "folder/y", "environ", "sub/../link"] {
            assert_eq!(text(dir.path(), name).unwrap(), None, "{name}");
        }
        assert_eq!(text(dir.path(), "sub/y").unwrap().as_deref(), Some("2"));
        assert!(!text(Path::new("/proc/self"), "status").unwrap().unwrap().is_empty());
    }

    /// A path with `..` can make a folder above it the root only within a git repository; a
    /// workspace that lists PATH can do so anywhere; a home folder is never the root.
    #[test]
    fn the_root_climbs_no_higher_than_it_must() {
        const LIB: &str = "module lib\ngo 1.26\n";
        let climbs = |up: &str| format!("module app\ngo 1.26\nreplace lib => {up}lib\n");
        let root = |files: &[(&str, &str)]| {
            let dir = tempfile::tempdir().unwrap();
            for (path, text) in files {
                let path = dir.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            let top = fs::canonicalize(dir.path()).unwrap();
            let place = find(&dir.path().join("u/src/app")).unwrap();
            relative(&top, &place.root).unwrap_or_default().as_str().to_owned()
        };
        let (one, two, many) = (climbs("../"), climbs("../../"), climbs("../../../../../../../"));
        for (up, git, expected) in [
            (&one, "u/src/.git/HEAD", "u/src"),
            (&one, "u/.git/HEAD", "u/src"),
            (&two, "u/.git/HEAD", "u"),
            (&two, "u/src/.git/HEAD", "u/src/app"),
            (&many, "u/.git/HEAD", "u/src/app"),
            (&one, "none", "u/src/app"),
            (&two, "none", "u/src/app"),
            (&many, "none", "u/src/app"),
        ] {
            let files = [("u/src/app/go.mod", up.as_str()), ("u/src/lib/go.mod", LIB), (git, "")];
            assert_eq!(root(&files), expected, "{up} {git}");
        }
        let work = ("u/src/go.work", "go 1.26\nuse ./app\nuse ./lib\n");
        let app = ("u/src/app/go.mod", one.as_str());
        assert_eq!(root(&[app, work]), "u/src");
        assert_eq!(root(&[app, work, ("u/src/.bashrc", "")]), "u/src/app", "a home folder");
        let home = [app, ("u/.git/HEAD", ""), ("u/.ssh/config", "")];
        assert_eq!(root(&home), "u/src/app", "a home folder that git tracks");
    }
}
