//! Files that a program reads as it runs and that the .dockerignore keeps out of the build context,
//! because they are named like secrets: a key and a certificate beside the code.

use anyhow::Result;

use crate::docker::ignore::IgnoreFile;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::secrets;

/// Maximum number of files in the finding.
const MAX_FILES: usize = 4;

/// A file that a program reads.
pub(super) struct Read {
    pub(super) file: RelPath,
    /// Its path in the image, if it can be mounted there.
    pub(super) target: Option<String>,
    pub(super) evidence: Evidence,
}

/// The finding on those that the repository holds and the image does not.
///
/// # Errors
/// If dockgen's own list of secrets is broken.
pub(super) fn finding(
    repo: &Repo,
    context: &RelPath,
    reads: impl IntoIterator<Item = Read>,
) -> Result<Option<Finding>> {
    let mut reads = reads.into_iter().filter(|read| repo.is_file(&read.file)).peekable();
    if reads.peek().is_none() {
        return Ok(None);
    }
    let list = secrets::catalog()?;
    let hidden = IgnoreFile::parse(&list.hidden().collect::<Vec<_>>().join("\n"))?;
    let sources = IgnoreFile::parse(&list.sources().collect::<Vec<_>>().join("\n"))?;
    let refused = IgnoreFile::parse(&list.refused().collect::<Vec<_>>().join("\n"))?;
    let mut kept: Vec<Read> = Vec::new();
    for read in reads {
        let Some(way) = read.file.strip(context) else { continue };
        let held = kept.iter().any(|held| held.file == read.file);
        if kept.len() < MAX_FILES
            && !held
            && hidden.hides(way)
            && (!sources.hides(way) || refused.hides(way))
            && !list.is_example(read.file.file_name())
            && !super::let_in(repo, context, way)
        {
            kept.push(read);
        }
    }
    let Some(first) = kept.first() else { return Ok(None) };
    let mount = first.target.as_ref().map(|target| {
        format!("mount it when the container starts: `-v ./{}:{target}:ro`", first.file)
    });
    let names: Vec<&str> = kept.iter().map(|read| read.file.as_str()).collect();
    let way = first.file.strip(context).unwrap_or_default();
    Ok(Some(Finding::file_kept_out(
        &names.join(", "),
        (way, mount),
        kept.iter().map(|read| read.evidence.clone()),
    )))
}
