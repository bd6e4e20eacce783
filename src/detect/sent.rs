//! Folders of the repository that the build context holds.

use anyhow::Result;

use crate::docker::ignore::IgnoreFile;
use crate::path::RelPath;
use crate::repo::Repo;

/// The repository's own .dockerignore beside the build context.
pub(super) struct Sent<'r> {
    repo: &'r Repo,
    context: &'r RelPath,
    ignore: Option<IgnoreFile>,
}

impl<'r> Sent<'r> {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn of(repo: &'r Repo, context: &'r RelPath) -> Result<Self> {
        let file = context.join(".dockerignore");
        let text = file.map(|file| repo.text(&file)).transpose()?.flatten();
        let ignore = text.and_then(|text| IgnoreFile::parse(&text).ok());
        Ok(Self { repo, context, ignore })
    }

    /// True for a folder of which something is in the context: a folder that it lets nothing in of
    /// is not there either.
    pub(super) fn holds(&self, folder: &RelPath) -> bool {
        let mut files =
            self.repo.files_under(folder).filter_map(|path| path.strip(self.context)).peekable();
        match &self.ignore {
            Some(file) => files.any(|way| !file.hides(way)),
            None => files.peek().is_some(),
        }
    }
}
