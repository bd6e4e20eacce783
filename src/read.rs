//! Opens files that dockgen did not create. All such reads go through here.
//!
//! A repository may contain a symlink to a device, a pipe without a writer, or a file that claims
//! to be empty and never ends. So the opened handle itself is checked: it must be a regular file,
//! opened without following a symlink, and it is read up to a limit, whatever size it reports.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use crate::path::RelPath;

/// The reason why a file was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It does not exist.
    Absent,
    /// It is a symlink.
    Link,
    /// It is a folder, a pipe, a socket or a device.
    Special(&'static str),
    /// It is larger than the limit.
    Large(u64),
    /// The system returned an error.
    Refused(io::Error),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent => f.write_str("does not exist"),
            Self::Link => f.write_str("is a symlink, and dockgen does not follow it"),
            Self::Special(kind) => write!(f, "is {kind}, not a regular file"),
            Self::Large(limit) => write!(f, "is larger than the limit of {limit} bytes"),
            Self::Refused(error) => write!(f, "cannot be read ({error}): check its permissions"),
        }
    }
}

impl std::error::Error for Unread {}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
            Self::Absent
        } else {
            Self::Refused(error)
        }
    }
}

/// The bytes of the regular file at `path`, at most `limit`. A symlink at `path` itself is
/// rejected; the caller makes sure that no folder above is one.
///
/// # Errors
/// If it is anything else, too large, or cannot be read.
pub(crate) fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let file = open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(Unread::Special(kind(meta.file_type())));
    }
    if meta.len() > limit {
        return Err(Unread::Large(limit));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or_default());
    // Some file systems, such as /proc, report a size of 0 for a file with contents.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(Unread::Large(limit));
    }
    Ok(bytes)
}

/// As [`bytes`], for a file below `root`: no folder between them may be a symlink.
///
/// # Errors
/// As [`bytes`].
pub(crate) fn below(root: &Path, path: &RelPath, limit: u64) -> Result<Vec<u8>, Unread> {
    let mut whole = root.to_owned();
    for part in path.components() {
        if fs::symlink_metadata(&whole)?.file_type().is_symlink() && whole != root {
            return Err(Unread::Link);
        }
        whole.push(part);
    }
    bytes(&whole, limit)
}

/// The size of the regular file at `path`; `None` if it is anything else.
pub(crate) fn size(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|meta| meta.len())
}

#[cfg(unix)]
fn open(path: &Path) -> Result<File, Unread> {
    use rustix::fs::{Mode, OFlags};
    use rustix::io::Errno;
    // Do not block on a pipe without a writer, or on a terminal.
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(Errno::LOOP | Errno::MLINK) => Err(Unread::Link),
        Err(Errno::NXIO | Errno::OPNOTSUPP) => Err(Unread::Special("a socket or a device")),
        Err(error) => Err(io::Error::from(error).into()),
    }
}

#[cfg(not(unix))]
fn open(path: &Path) -> Result<File, Unread> {
    let meta = fs::symlink_metadata(path)?;
    if meta.file_type().is_symlink() {
        return Err(Unread::Link);
    }
    if !meta.is_file() {
        return Err(Unread::Special(kind(meta.file_type())));
    }
    Ok(File::open(path)?)
}

/// The name of a kind of file that is not regular.
pub(crate) fn kind(kind: fs::FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() {
        "a symlink"
    } else {
        "a special file"
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    #[test]
    fn only_regular_files_are_read_up_to_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("plain"), "12345").unwrap();
        assert_eq!(bytes(&at("plain"), 5).unwrap(), b"12345");
        assert!(matches!(bytes(&at("plain"), 4), Err(Unread::Large(4))));
        symlink("plain", at("link")).unwrap();
        assert!(matches!(bytes(&at("link"), 5), Err(Unread::Link)));
        symlink("/dev/zero", at("zero")).unwrap();
        assert!(matches!(bytes(&at("zero"), 5), Err(Unread::Link)));
        assert!(matches!(bytes(Path::new("/dev/zero"), 5), Err(Unread::Special("a device"))));
        assert!(matches!(bytes(dir.path(), 5), Err(Unread::Special("a folder"))));
        assert!(matches!(bytes(&at("none"), 5), Err(Unread::Absent)));
        assert!(matches!(bytes(&at("plain/none"), 5), Err(Unread::Absent)));
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("folder/file"), "1").unwrap();
        symlink("folder", at("way")).unwrap();
        let below = |path: &str| below(dir.path(), &RelPath::new(path).unwrap(), 5);
        assert_eq!(below("folder/file").unwrap(), b"1");
        assert!(matches!(below("way/file"), Err(Unread::Link)));
        assert!(matches!(below("none/file"), Err(Unread::Absent)));
        File::create(at("sparse")).unwrap().set_len(10 << 30).unwrap();
        assert!(matches!(bytes(&at("sparse"), 1 << 20), Err(Unread::Large(_))));
        let made = Command::new("mkfifo").arg(at("pipe")).status();
        if made.is_ok_and(|made| made.success()) {
            assert!(matches!(bytes(&at("pipe"), 5), Err(Unread::Special("a named pipe"))));
        }
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        assert!(matches!(bytes(&at("socket"), 5), Err(Unread::Special(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_says_that_it_is_empty_ends_at_the_limit() {
        assert_eq!(fs::metadata("/proc/self/smaps").unwrap().len(), 0);
        assert!(matches!(bytes(Path::new("/proc/self/smaps"), 64), Err(Unread::Large(64))));
    }
}
