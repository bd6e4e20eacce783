//! Files that git tracks although a .gitignore matches them, because they were added before the
//! line, or by force. They are part of the repository like all others. They are read from git's
//! index: <https://git-scm.com/docs/index-format>.

use std::fs;
use std::path::Path;

use crate::budget::{MAX_INDEX, MAX_INDEX_NAME, MAX_INDEX_NAMES};
use crate::path::RelPath;
use crate::read::{self, Unread};

/// An entry before its name: times, device, inode, mode, owner, size, 20 bytes of SHA-1, flags.
const FIXED: usize = 62;

/// Regular files in the index of the repository at `root` that are unknown to `is_known`, which is
/// called in the index's order: sorted by bytes. Empty if there is no index; an error if the index
/// cannot be read, in which case the .gitignore files alone decide.
pub(super) fn forced(
    root: &Path,
    is_known: &mut dyn FnMut(&str) -> bool,
) -> Result<Vec<RelPath>, String> {
    let git = root.join(".git");
    if !fs::symlink_metadata(&git).is_ok_and(|held| held.is_dir()) {
        return Ok(Vec::new());
    }
    let bytes = match read::bytes(&git.join("index"), MAX_INDEX) {
        Ok(bytes) => bytes,
        Err(Unread::Absent) => return Ok(Vec::new()),
        Err(why) => return Err(format!("it {why}")),
    };
    let mut wanted = |name: &str| {
        !is_known(name) && RelPath::new(name).is_some_and(|path| is_file_below(root, &path))
    };
    let names = names(&bytes, &mut wanted).ok_or_else(|| {
        format!(
            "it is cut off, has a format that dockgen does not know, or names of more than {MAX_INDEX_NAME} bytes, {MAX_INDEX_NAMES} in all"
        )
    })?;
    Ok(names.iter().filter_map(|name| RelPath::new(name)).collect())
}

/// True if the path is a regular file, reached through folders alone: a link could point outside
/// the root.
fn is_file_below(root: &Path, path: &RelPath) -> bool {
    let kind = |path: &RelPath| {
        fs::symlink_metadata(root.join(path.as_str())).ok().map(|held| held.file_type())
    };
    kind(path).is_some_and(|kind| kind.is_file())
        && path
            .ancestors()
            .filter(|folder| !folder.is_root())
            .all(|folder| kind(&folder).is_some_and(|kind| kind.is_dir()))
}

/// The names of the regular files in an index of version 2, 3 or 4 that are wanted.
fn names(bytes: &[u8], wanted: &mut dyn FnMut(&str) -> bool) -> Option<Vec<String>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (version, count) = (number(4)?, number(8)?);
    if bytes.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let mut names = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    let (mut at, mut total) = (12, 0);
    for _ in 0..count {
        let (start, mode) = (at, number(at + 24)?);
        let flags = u16::from_be_bytes(bytes.get(at + 60..at + FIXED)?.try_into().ok()?);
        // From version 3 on, an entry may have two more bytes of flags.
        at += if flags & 0x4000 == 0 { FIXED } else { FIXED + 2 };
        if version == 4 {
            // The length to cut off the previous name, and then the text to append.
            let (cut, read) = offset(bytes.get(at..)?)?;
            at += read;
            last.truncate(last.len().checked_sub(cut)?);
        } else {
            last.clear();
        }
        let length = bytes.get(at..)?.iter().position(|byte| *byte == 0)?;
        total += last.len() + length;
        if last.len() + length > MAX_INDEX_NAME || total > MAX_INDEX_NAMES {
            return None;
        }
        last.extend(&bytes[at..at + length]);
        at += length + 1;
        if version < 4 {
            // Padded with zeros to a multiple of eight bytes.
            at = start + (at - start).next_multiple_of(8);
        }
        if mode >> 12 == 0o10
            && let Ok(name) = std::str::from_utf8(&last)
            && wanted(name)
        {
            names.push(name.to_owned());
        }
    }
    Some(names)
}

/// A number in git's encoding of seven bits to a byte, where every byte but the last has its
/// highest bit set, and its length in bytes.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = usize::from(bytes.first()? & 0x7f);
    let mut read = 1;
    while bytes[read - 1] & 0x80 != 0 {
        value = (value + 1).checked_mul(128)? + usize::from(bytes.get(read)? & 0x7f);
        read += 1;
    }
    Some((value, read))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bytes: &[u8]) -> Option<Vec<String>> {
        super::names(bytes, &mut |_| true)
    }

    fn entry(mode: u32, flags: u16, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; FIXED];
        bytes[24..28].copy_from_slice(&mode.to_be_bytes());
        bytes[60..62].copy_from_slice(&flags.to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    fn index(version: u32, entries: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend(u32::try_from(entries.len()).unwrap().to_be_bytes());
        for entry in entries {
            bytes.extend(entry);
            if version < 4 {
                bytes.resize(bytes.len() + (8 - entry.len() % 8) % 8, 0);
            }
        }
        bytes
    }

    #[test]
    fn reads_each_version() {
        let file = 0o100_644;
        let two = index(
            2,
            &[entry(file, 0, b"a/b.go\0"), entry(0o120_000, 0, b"link\0"), entry(file, 0, b"c\0")],
        );
        assert_eq!(names(&two).unwrap(), ["a/b.go", "c"]);
        let three = index(3, &[entry(file, 0x4000, b"\0\0a/b.go\0"), entry(file, 0, b"c\0")]);
        assert_eq!(names(&three).unwrap(), ["a/b.go", "c"]);
        let four = index(
            4,
            &[
                entry(file, 0, b"\0a/b.go\0"),
                entry(0o160_000, 0, b"\x04c\0"),
                entry(file, 0, b"\x01d\0"),
            ],
        );
        assert_eq!(names(&four).unwrap(), ["a/b.go", "a/d"]);
        assert_eq!(
            (offset(&[0x7f]), offset(&[0x80, 0]), offset(&[0x80])),
            (Some((127, 1)), Some((128, 2)), None)
        );
    }

    #[test]
    fn names_are_bounded_one_by_one_and_in_all() {
        let file = 0o100_644;
        let mut long = vec![0];
        long.extend([b'a'; MAX_INDEX_NAME]);
        long.push(0);
        let again = entry(file, 0, b"\0\0");
        // Each further entry takes 64 bytes and represents 4,096.
        let mut entries = vec![entry(file, 0, &long)];
        entries.resize(1 + MAX_INDEX_NAMES / MAX_INDEX_NAME, again);
        assert_eq!(names(&index(4, &entries)), None);
        entries.pop();
        let mut count = 0;
        super::names(&index(4, &entries), &mut |_| {
            count += 1;
            false
        })
        .unwrap();
        assert_eq!(count, MAX_INDEX_NAMES / MAX_INDEX_NAME);
        long.insert(1, b'a');
        assert_eq!(names(&index(4, &[entry(file, 0, &long)])), None);
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_no_index() {
        let whole = index(2, &[entry(0o100_644, 0, b"a/b.go\0")]);
        assert!((0..whole.len() - 3).all(|end| names(&whole[..end]).is_none()));
        assert_eq!(names(&index(5, &[])), None);
        assert_eq!(names(&index(4, &[entry(0o100_644, 0, b"\x05x\0")])), None);
    }
}
