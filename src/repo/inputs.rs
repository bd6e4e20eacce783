//! The files that the decisions are based on, and their fingerprints.

use std::fmt::Write;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{Entry, Repo, Source};
use crate::path::RelPath;

/// The fingerprint of one file.
struct Fingerprint(Option<String>);

impl Repo {
    /// The files at or below `folder` that were read or looked up, sorted. The decisions are based
    /// on them.
    pub fn inputs(&self, folder: &RelPath) -> Vec<RelPath> {
        let asked = self.asked.borrow();
        // Sorted by bytes, all paths that begin with the folder's are adjacent.
        let from = asked.range(folder.clone()..);
        let near = from.take_while(|path| path.as_str().starts_with(folder.as_str()));
        near.filter(|path| path.is_within(folder)).cloned().collect()
    }

    /// A fingerprint of a file's contents; of its size alone if it is larger than a manifest may
    /// be. `None` if it is not a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn fingerprint(&self, path: &RelPath) -> Result<Option<String>> {
        // Cached: applications share their inputs.
        let known = self.once(path, || self.digested(path).map(Fingerprint))?;
        Ok(known.0.clone())
    }

    fn digested(&self, path: &RelPath) -> Result<Option<String>> {
        let Some(resolved) =
            self.resolve(path).filter(|path| self.entry(path) == Some(&Entry::File))
        else {
            return Ok(None);
        };
        let size = self.size(&resolved);
        if size > self.budget.max_manifest {
            return Ok(Some(format!("size:{size}")));
        }
        let cached = self.cache.borrow().get(&resolved).cloned().flatten();
        let digest = match (cached, &self.source) {
            (Some(text), _) => Sha256::digest(text.as_bytes()),
            (None, Source::Memory(texts)) => {
                Sha256::digest(texts.get(&resolved).map_or("", String::as_str))
            }
            (None, Source::Disk(root)) => Sha256::digest(self.bytes(root, path, &resolved)?),
        };
        Ok(Some(hex(&digest)))
    }
}

/// The first 16 digits. They detect changes, not forgery, and people read their diffs.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").ok();
        text
    })
}
