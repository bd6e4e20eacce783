//! Writes files into the repository: all or none, each with its old or new content at any moment.
//! It never writes outside the root, through a symlink, over a program, or to a path that is not
//! dockgen's to write.

mod names;

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use tempfile::NamedTempFile;

use crate::budget::MAX_OUTPUT;
use crate::path::RelPath;
use crate::read::{self, Unread};
pub use names::check_output;

/// The prefix of temporary files; six letters and digits follow.
const PREFIX: &str = ".dockgen-";

/// A temporary file older than this was left behind by a killed run.
const ABANDONED: Duration = Duration::from_mins(10);

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The path, relative to the root.
    pub path: RelPath,
    /// The content.
    pub text: String,
}

/// How a file on disk compares with the text to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does not exist yet.
    New,
    /// It already has that text.
    Same,
    /// dockgen wrote it, and it was not edited since.
    Ours,
    /// dockgen wrote it, and it was edited since.
    Edited,
    /// dockgen did not write it.
    Foreign,
}

impl Standing {
    /// Compares the file on disk with the new text and with the copy of what dockgen last wrote.
    pub fn of(old: Option<&str>, new: &str, pristine: Option<&str>) -> Self {
        match (old, pristine) {
            (None, _) => Self::New,
            (Some(old), _) if old == new => Self::Same,
            (Some(old), Some(pristine)) if old == pristine => Self::Ours,
            (Some(_), Some(_)) => Self::Edited,
            (Some(_), None) => Self::Foreign,
        }
    }

    /// True if replacing it loses what a person wrote.
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Edited | Self::Foreign)
    }
}

/// True if `path` exists. Whether it may be read is decided by [`read`].
pub fn is_there(root: &Path, path: &RelPath) -> bool {
    root.join(path.as_str()).symlink_metadata().is_ok()
}

/// The text of a user's file that is to be replaced or merged; `None` if it does not exist.
///
/// # Errors
/// If it is a symlink, not a regular file, too large or not UTF-8.
pub fn read(root: &Path, path: &RelPath) -> Result<Option<String>> {
    let target = guard(root, path)?;
    let bytes = match read::bytes(&target, MAX_OUTPUT) {
        Ok(bytes) => bytes,
        Err(Unread::Absent) => return Ok(None),
        Err(why @ Unread::Special(_)) => {
            bail!("{path} {why}: move it away, since dockgen writes a file there")
        }
        Err(why @ Unread::Large(_)) => {
            bail!("{path} {why}: check that it is the right file")
        }
        Err(why) => bail!("{path} {why}"),
    };
    let text = String::from_utf8(bytes)
        .ok()
        .with_context(|| format!("{path} is not UTF-8: move it away"))?;
    Ok(Some(text))
}

/// Writes all files, or none.
///
/// Each is written to a temporary file in its own folder, synchronised, and renamed over its
/// target, so that a reader finds either the old text or the new one. If a rename fails, the
/// earlier ones are undone.
///
/// # Errors
/// If a target is outside the root or behind a symlink, or cannot be written.
pub fn all(root: &Path, outputs: &[Output]) -> Result<()> {
    let mut folders = Vec::new();
    let result = stage(root, outputs, &mut folders).and_then(swap);
    for folder in outputs.iter().filter_map(|output| output.path.parent()) {
        sweep(&root.join(folder.as_str()));
    }
    if result.is_err() {
        for folder in folders.iter().rev() {
            // Fails, correctly, if somebody else has put a file there in the meantime.
            fs::remove_dir(folder).ok();
        }
    }
    result
}

/// Removes temporary files of a killed run, once they are too old to be in use.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name
            .to_str()
            .and_then(|name| name.strip_prefix(PREFIX))
            .is_some_and(|rest| rest.len() == 6);
        let age = entry
            .metadata()
            .ok()
            .filter(fs::Metadata::is_file)
            .and_then(|meta| meta.modified().ok()?.elapsed().ok());
        if ours && age.is_some_and(|age| age > ABANDONED) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

struct Staged {
    path: RelPath,
    target: PathBuf,
    old: Option<Vec<u8>>,
    temporary: NamedTempFile,
}

fn stage(root: &Path, outputs: &[Output], folders: &mut Vec<PathBuf>) -> Result<Vec<Staged>> {
    let mut staged = Vec::new();
    for output in outputs {
        let path = &output.path;
        let target = guard(root, path)?;
        let folder = target.parent().context("a file has a folder")?;
        make_folders(root, folder, folders)
            .with_context(|| format!("cannot create the folder of {path}"))?;
        let (old, mode) = match fs::symlink_metadata(&target) {
            // An ignore file is never run, and some repositories have it executable by mistake.
            Ok(meta) if !names::is_ignore(path) && is_program(&meta, folder)? => bail!(
                "{path} is executable, and dockgen does not overwrite a program: remove the \
                 permission with `chmod -x`, or name another file with --output"
            ),
            Ok(meta) if meta.is_file() => (Some(old(&target, path)?), Some(meta.permissions())),
            Ok(_) => bail!("{path} is not a regular file: move it away"),
            Err(_) => (None, new_file_mode()),
        };
        let temporary = temporary(folder, mode, output.text.as_bytes(), old.is_some())
            .with_context(|| format!("cannot write {path}: check the permissions of its folder"))?;
        staged.push(Staged { path: path.clone(), target, old, temporary });
    }
    Ok(staged)
}

/// True for an executable file, unless its file system reports every file as executable.
#[cfg(unix)]
fn is_program(meta: &fs::Metadata, folder: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let executable = |meta: &fs::Metadata| meta.permissions().mode() & 0o111 != 0;
    if !meta.is_file() || !executable(meta) {
        return Ok(false);
    }
    let probe = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)?;
    Ok(!executable(&probe.as_file().metadata()?))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "other systems have no such permission")]
fn is_program(_: &fs::Metadata, _: &Path) -> Result<bool> {
    Ok(false)
}

/// The old content, to restore if a later file cannot be written.
fn old(target: &Path, path: &RelPath) -> Result<Vec<u8>> {
    read::bytes(target, MAX_OUTPUT).map_err(|why| anyhow!("{path} {why}"))
}

/// The mode of a new file: a temporary file is private by default, a new file is not. The umask
/// applies.
#[cfg_attr(unix, expect(clippy::unnecessary_wraps, reason = "other systems have no mode"))]
fn new_file_mode() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    None
}

/// A synchronised temporary file. `exact` keeps the mode as it is; otherwise the umask applies.
fn temporary(
    folder: &Path,
    mode: Option<Permissions>,
    bytes: &[u8],
    exact: bool,
) -> Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    if let Some(mode) = &mode {
        builder.permissions(mode.clone());
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode.filter(|_| exact) {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn swap(staged: Vec<Staged>) -> Result<()> {
    let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
    for Staged { path, target, old, temporary } in staged {
        if let Err(error) = temporary.persist(&target) {
            for (target, old) in done.iter().rev() {
                restore(target, old.as_deref());
            }
            return Err(error.error)
                .with_context(|| format!("cannot write {path}; nothing was changed"));
        }
        done.push((target, old));
    }
    for (target, _) in &done {
        // A rename is durable once its folder is synchronised, which not every file system
        // supports.
        target
            .parent()
            .and_then(|folder| File::open(folder).ok())
            .and_then(|folder| folder.sync_all().ok());
    }
    Ok(())
}

/// Best effort: the earlier error is the one to report.
fn restore(target: &Path, old: Option<&[u8]>) {
    let Some(old) = old else {
        fs::remove_file(target).ok();
        return;
    };
    let mode = fs::metadata(target).map(|meta| meta.permissions()).ok();
    if let Some(folder) = target.parent()
        && let Ok(file) = temporary(folder, mode, old, true)
    {
        file.persist(target).ok();
    }
}

fn make_folders(root: &Path, folder: &Path, made: &mut Vec<PathBuf>) -> Result<()> {
    if folder == root || folder.is_dir() {
        return Ok(());
    }
    make_folders(root, folder.parent().context("the root's own folder is missing")?, made)?;
    fs::create_dir(folder)?;
    made.push(folder.to_owned());
    Ok(())
}

/// The absolute target. Checks that its name is one that dockgen may write, and that neither it nor
/// a folder above it is a symlink.
fn guard(root: &Path, path: &RelPath) -> Result<PathBuf> {
    let mut target = root.to_owned();
    if path.is_root() {
        bail!("the root itself is not a file");
    }
    names::check(path).with_context(|| path.to_string())?;
    for part in path.components() {
        target.push(part);
        if fs::symlink_metadata(&target).is_ok_and(|meta| meta.file_type().is_symlink()) {
            let link = target.strip_prefix(root).unwrap_or(&target).display();
            bail!(
                "{link} is a symlink, and dockgen does not write through one: replace it with its \
                 target, or name another file with --output"
            );
        }
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(path: &str, text: &str) -> Output {
        Output { path: RelPath::new(path).unwrap(), text: text.to_owned() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn writes_and_replaces() {
        let dir = tempfile::tempdir().unwrap();
        all(dir.path(), &[output("Dockerfile.a", "1"), output("x/y/Dockerfile.b", "2")]).unwrap();
        all(dir.path(), &[output("Dockerfile.a", "3")]).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join("Dockerfile.a")).unwrap(), "3");
        assert_eq!(names(dir.path()), ["Dockerfile.a", "x"]);
        assert_eq!(
            read(dir.path(), &RelPath::new("x/y/Dockerfile.b").unwrap()).unwrap().as_deref(),
            Some("2")
        );
        assert_eq!(
            read(dir.path(), &RelPath::new("Dockerfile.a/Dockerfile.b").unwrap()).unwrap(),
            None
        );
    }

    #[cfg(unix)]
    #[test]
    fn keeps_the_mode_and_honours_the_umask() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let mode =
            |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        fs::write(dir.path().join("plain"), "").unwrap();
        all(dir.path(), &[output("Dockerfile.new", "")]).unwrap();
        assert_eq!(mode("Dockerfile.new"), mode("plain"));
        fs::set_permissions(dir.path().join("Dockerfile.new"), Permissions::from_mode(0o640))
            .unwrap();
        all(dir.path(), &[output("Dockerfile.new", "x")]).unwrap();
        assert_eq!(mode("Dockerfile.new"), 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn refuses_symlinks_and_leaves_nothing_behind() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), dir.path().join("link")).unwrap();
        let error =
            all(dir.path(), &[output("new/Dockerfile", "1"), output("link/Dockerfile", "2")])
                .unwrap_err()
                .to_string();
        assert!(error.contains("link is a symlink"), "{error}");
        assert_eq!(names(dir.path()), ["link"]);
        assert!(names(outside.path()).is_empty());
        assert!(read(dir.path(), &RelPath::new("link/Dockerfile").unwrap()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_never_written_over() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("Dockerfile.sh");
        fs::write(&script, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        let ignore = dir.path().join(".dockerignore");
        fs::write(&ignore, "x\n").unwrap();
        fs::set_permissions(&ignore, Permissions::from_mode(0o755)).unwrap();
        all(dir.path(), &[output(".dockerignore", "y\n")]).unwrap();
        fs::remove_file(&ignore).unwrap();
        let outputs = [output("Dockerfile", "1"), output("Dockerfile.sh", "2")];
        let error = all(dir.path(), &outputs).unwrap_err().to_string();
        assert!(error.starts_with("Dockerfile.sh is executable"), "{error}");
        assert_eq!(names(dir.path()), ["Dockerfile.sh"]);
        assert_eq!(fs::read_to_string(&script).unwrap(), "#!/bin/sh\n");
    }

    #[test]
    fn a_failing_rename_takes_the_others_back() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Dockerfile.a"), "old").unwrap();
        let mut made = Vec::new();
        let staged = stage(
            dir.path(),
            &[
                output("Dockerfile.a", "new"),
                output("Dockerfile.c", "new"),
                output("Dockerfile.b", "new"),
            ],
            &mut made,
        )
        .unwrap();
        // Create a folder where the last file is to be written.
        fs::create_dir(dir.path().join("Dockerfile.b")).unwrap();
        assert!(swap(staged).unwrap_err().to_string().contains("nothing was changed"));
        assert_eq!(fs::read_to_string(dir.path().join("Dockerfile.a")).unwrap(), "old");
        assert_eq!(names(dir.path()), ["Dockerfile.a", "Dockerfile.b"]);
    }

    #[test]
    fn what_a_killed_run_left_is_swept_away() {
        let dir = tempfile::tempdir().unwrap();
        let old = std::time::SystemTime::now() - 2 * ABANDONED;
        for name in [".dockgen-a1B2c3", ".dockgen-notes.txt", "other"] {
            let file = File::create(dir.path().join(name)).unwrap();
            file.set_modified(old).unwrap();
        }
        fs::write(dir.path().join(".dockgen-x1y2z3"), "somebody is writing it").unwrap();
        all(dir.path(), &[output("Dockerfile", "1")]).unwrap();
        assert_eq!(
            names(dir.path()),
            [".dockgen-notes.txt", ".dockgen-x1y2z3", "Dockerfile", "other"]
        );
    }

    #[test]
    fn standing() {
        assert_eq!(Standing::of(None, "n", None), Standing::New);
        assert_eq!(Standing::of(Some("n"), "n", None), Standing::Same);
        assert_eq!(Standing::of(Some("p"), "n", Some("p")), Standing::Ours);
        assert_eq!(Standing::of(Some("e"), "n", Some("p")), Standing::Edited);
        assert_eq!(Standing::of(Some("f"), "n", None), Standing::Foreign);
    }
}
