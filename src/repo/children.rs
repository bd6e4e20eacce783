//! The entries directly inside a folder, found without a scan of everything below them.

use std::ops::Range;

use super::{Entry, Repo};
use crate::path::RelPath;

impl Repo {
    /// The entries directly inside `folder`.
    pub fn children(&self, folder: &RelPath) -> impl Iterator<Item = &(RelPath, Entry)> {
        let depth = folder.components().count() + 1;
        let Range { start: mut at, end } = self.range(folder);
        std::iter::from_fn(move || {
            while at < end {
                let entry = &self.entries[at];
                let name = entry.0.components().nth(depth);
                if name.is_none() {
                    at += 1;
                    return Some(entry);
                }
                // Skip everything below the same child.
                let child: Vec<&str> = entry.0.components().take(depth).collect();
                let after = format!("{}0", child.join("/"));
                at += self.entries[at..end].partition_point(|(path, _)| path.as_str() < &*after);
            }
            None
        })
    }
}
