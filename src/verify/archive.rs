//! Reads the output of `docker save` as a stream: an archive of archives, one for each layer.
//! Nothing is unpacked to disk.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;
use serde_json::Value;
use tar::{Archive, EntryType};

/// How many bytes of a file are searched for a key.
const LOOKED_AT: u64 = 8 * 1024;

/// Maximum size of a package database or a configuration.
const MAX_TEXT: u64 = 32 * 1024 * 1024;

/// Maximum number of files in a layer. No application has more.
const MAX_FILES: usize = 3_000_000;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A regular file, or a hard link.
    #[default]
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Something else: a device, a pipe.
    Other,
    /// The path is deleted from the layers below.
    Whiteout,
    /// The contents of this folder are deleted from the layers below.
    Opaque,
}

/// An entry of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The path, without `/` at either end.
    pub path: String,
    /// Its kind.
    pub kind: Kind,
    /// Permissions, with the setuid and setgid bits.
    pub mode: u32,
    /// The owner.
    pub uid: u64,
    /// The group.
    pub gid: u64,
    /// Size in bytes.
    pub size: u64,
    /// Its text contains a private key or a token.
    pub secret: bool,
}

/// A saved image.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    /// The image's configuration.
    pub(super) config: Value,
    /// The files of the layers, lowest first.
    pub(super) layers: Vec<Vec<Entry>>,
    /// Number of installed packages.
    pub(super) packages: usize,
    /// Number of layers that could not be read.
    pub(super) unread: usize,
}

/// An archive of folders, each with its owner, that everybody may write.
///
/// # Errors
/// None in practice: it is made in memory.
pub(super) fn open_folders<'a>(
    folders: impl IntoIterator<Item = (&'a str, u64, u64)>,
) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, uid, gid) in folders {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::Directory);
        header.set_mode(0o777);
        header.set_uid(uid);
        header.set_gid(gid);
        header.set_size(0);
        archive.append_data(&mut header, format!("{path}/"), io::empty())?;
    }
    Ok(archive.into_inner()?)
}

/// True if the first entry of an archive is a folder.
///
/// # Errors
/// If it is no archive.
pub(super) fn begins_with_folder(reader: &mut dyn Read) -> Result<bool> {
    let mut archive = Archive::new(reader);
    let first = archive.entries()?.next().context("an archive without an entry")??;
    Ok(first.header().entry_type().is_dir())
}

/// A member of the outer archive.
enum Member {
    Layer(Listing),
    Text(Vec<u8>),
    Unread,
    /// Another name for a member.
    Alias(String),
}

#[derive(Default)]
struct Listing {
    entries: Vec<Entry>,
    /// Numbers of packages by the path of the database that lists them: a later layer replaces it.
    packages: BTreeMap<String, usize>,
}

/// Reads the archive to its end.
pub(super) fn read(reader: &mut dyn Read) -> Result<Saved> {
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    let mut archive = Archive::new(reader);
    for entry in archive.entries().context("reading the saved image")? {
        let mut entry = entry.context("reading the saved image")?;
        let path = clean(&entry.path_bytes());
        if entry.header().entry_type() == EntryType::Symlink {
            let target = entry.link_name_bytes().map(|name| clean(&name)).unwrap_or_default();
            members.insert(path, Member::Alias(target.trim_start_matches("../").to_owned()));
        } else if entry.header().entry_type().is_file() {
            let member = member(&mut entry).with_context(|| path.clone())?;
            members.insert(path, member);
        }
    }
    assemble(&members)
}

fn assemble(members: &BTreeMap<String, Member>) -> Result<Saved> {
    let text = |path: &str| match members.get(path) {
        Some(Member::Text(bytes)) => {
            serde_json::from_slice::<Value>(bytes).with_context(|| path.to_owned())
        }
        _ => bail!("the saved image has no {path}"),
    };
    let manifest = text("manifest.json")?;
    let mut saved = Saved {
        config: text(manifest[0]["Config"].as_str().unwrap_or_default())?,
        ..Saved::default()
    };
    let mut packages: BTreeMap<&str, usize> = BTreeMap::new();
    for path in manifest[0]["Layers"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let member = match members.get(path) {
            Some(Member::Alias(target)) => members.get(target),
            other => other,
        };
        match member {
            Some(Member::Layer(listing)) => {
                packages
                    .extend(listing.packages.iter().map(|(path, count)| (path.as_str(), *count)));
                saved.layers.push(listing.entries.clone());
            }
            Some(Member::Unread) => {
                saved.unread += 1;
                saved.layers.push(Vec::new());
            }
            _ => bail!("the saved image has no layer {path}"),
        }
    }
    saved.packages = packages.values().sum();
    Ok(saved)
}

fn member(entry: &mut dyn Read) -> Result<Member> {
    let mut head = Vec::new();
    entry.take(512).read_to_end(&mut head)?;
    let zeros = head.iter().all(|byte| *byte == 0);
    if head.get(257..262) == Some(b"ustar") || (head.len() == 512 && zeros) {
        return Ok(Member::Layer(listing(&mut Cursor::new(head).chain(entry))?));
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Ok(Member::Layer(listing(&mut GzDecoder::new(Cursor::new(head).chain(entry)))?));
    }
    if head.starts_with(b"{") || head.starts_with(b"[") {
        entry.take(MAX_TEXT).read_to_end(&mut head)?;
        return Ok(Member::Text(head));
    }
    Ok(Member::Unread)
}

fn listing(reader: &mut dyn Read) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut status = 0;
    for entry in Archive::new(reader).entries()? {
        let mut entry = entry?;
        if listing.entries.len() >= MAX_FILES {
            bail!("a layer has more than {MAX_FILES} files");
        }
        let mut path = clean(&entry.path_bytes());
        let (mode, uid, gid) = {
            let header = entry.header();
            (
                header.mode().unwrap_or_default() & 0o7777,
                header.uid().unwrap_or_default(),
                header.gid().unwrap_or_default(),
            )
        };
        let mut kind = match entry.header().entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink => Kind::Link,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse | EntryType::Link => {
                Kind::File
            }
            _ => Kind::Other,
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == ".wh..wh..opq" {
            (path, kind) = (folder.to_owned(), Kind::Opaque);
        } else if let Some(name) = name.strip_prefix(".wh.") {
            path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            kind = Kind::Whiteout;
        }
        let size = if kind == Kind::File && entry.header().entry_type() != EntryType::Link {
            entry.size()
        } else {
            0
        };
        let mut secret = false;
        if size > 0 {
            if path == "var/lib/dpkg/status" {
                listing.packages.insert(path.clone(), lines_with(&mut entry, "Package: ")?);
            } else if path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed" {
                listing.packages.insert(path.clone(), lines_with(&mut entry, "P:")?);
            } else if path
                .strip_prefix("var/lib/dpkg/status.d/")
                .is_some_and(|name| !name.contains('.'))
            {
                status += 1;
            } else if may_hold_a_key(&path) {
                let mut start = Vec::new();
                (&mut entry).take(LOOKED_AT).read_to_end(&mut start)?;
                secret = holds_a_key(&start);
            }
        }
        if !path.is_empty() {
            listing.entries.push(Entry { path, kind, mode, uid, gid, size, secret });
        }
    }
    if status > 0 {
        // Each layer of a distroless image has package files of its own.
        let first =
            listing.entries.iter().find(|entry| entry.path.starts_with("var/lib/dpkg/status.d/"));
        let key = first.map_or_else(String::new, |entry| entry.path.clone());
        listing.packages.insert(key, status);
    }
    Ok(listing)
}

fn lines_with(reader: &mut dyn Read, start: &str) -> io::Result<usize> {
    let mut bytes = Vec::new();
    reader.take(MAX_TEXT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).lines().filter(|line| line.starts_with(start)).count())
}

/// True if a file may contain a private key or a token, judged by its name.
fn may_hold_a_key(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    [".pem", ".key", "rc", "_rsa", "_ecdsa", "_ed25519", "_dsa", ".netrc", "credentials"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn holds_a_key(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start);
    // A token that is read from an environment variable does not count.
    let token = |line: &str| {
        line.split_once("_authToken=")
            .or_else(|| line.split_once("_password="))
            .is_some_and(|(_, value)| !value.trim_start().starts_with('$'))
    };
    text.contains("PRIVATE KEY-----")
        || text.lines().any(token)
        || text.lines().any(|line| line.trim_start().starts_with("aws_secret_access_key"))
}

fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.trim_start_matches("./").trim_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{Builder, Header};

    use super::*;

    fn tar(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (path, mode, bytes) in files {
            let mut header = Header::new_ustar();
            header.set_size(bytes.len() as u64);
            header.set_mode(*mode);
            header.set_uid(7);
            header.set_entry_type(if path.ends_with('/') {
                EntryType::Directory
            } else {
                EntryType::Regular
            });
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn image(second: &[u8]) -> Vec<u8> {
        let first = tar(&[
            ("etc/", 0o755, b""),
            ("bin/su", 0o4755, b"x"),
            ("var/lib/dpkg/status", 0o644, b"Package: a\nVersion: 1\n\nPackage: b\n"),
        ]);
        tar(&[
            ("blobs/sha256/one", 0o644, &first),
            ("blobs/sha256/two", 0o644, second),
            ("blobs/sha256/config", 0o644, b"{\"rootfs\":{\"diff_ids\":[\"sha256:1\",\"sha256:2\"]}}"),
            (
                "manifest.json",
                0o644,
                b"[{\"Config\":\"blobs/sha256/config\",\"Layers\":[\"blobs/sha256/one\",\"blobs/sha256/two\"]}]",
            ),
        ])
    }

    #[test]
    fn layers_plain_and_compressed() {
        let second = tar(&[
            ("app/.wh.old", 0o644, b""),
            ("app/.wh..wh..opq", 0o644, b""),
            ("app/tls.key", 0o600, b"-----BEGIN PRIVATE KEY-----\n"),
            ("app/.npmrc", 0o600, b"//registry/:_authToken=${NPM_TOKEN}\n"),
        ]);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&second).unwrap();
        for second in [second.clone(), gzip.finish().unwrap()] {
            let saved = read(&mut Cursor::new(image(&second))).unwrap();
            assert_eq!((saved.layers.len(), saved.packages, saved.unread), (2, 2, 0));
            let su = &saved.layers[0][1];
            assert_eq!((su.path.as_str(), su.mode, su.uid, su.size), ("bin/su", 0o4755, 7, 1));
            let kinds: Vec<(&str, Kind, bool)> = saved.layers[1]
                .iter()
                .map(|entry| (entry.path.as_str(), entry.kind, entry.secret))
                .collect();
            assert_eq!(
                kinds,
                [
                    ("app/old", Kind::Whiteout, false),
                    ("app", Kind::Opaque, false),
                    ("app/tls.key", Kind::File, true),
                    ("app/.npmrc", Kind::File, false)
                ]
            );
        }
    }

    #[test]
    fn an_unknown_compression_is_told() {
        let saved = read(&mut Cursor::new(image(&[0x28, 0xb5, 0x2f, 0xfd, 0, 1, 2]))).unwrap();
        assert_eq!((saved.unread, saved.layers.len()), (1, 2));
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let error = read(&mut Cursor::new(tar(&[("a", 0o644, b"x")]))).unwrap_err().to_string();
        assert!(error.contains("manifest.json"), "{error}");
        assert!(read(&mut Cursor::new(b"not an archive at all".to_vec())).is_err());
    }
}
