//! Programs that a .gitignore hides where no index says what git tracks: a line for the binary,
//! `shop`, also matches the folder `cmd/shop` with its sources, which git holds all the same. An
//! unpacked archive of a repository has no index.

use std::fs;
use std::path::Path;

use crate::path::RelPath;

/// The folder that programs lie in, one folder each.
const PROGRAMS: &str = "cmd";

/// How many hidden programs are looked for, and how many files of one are taken.
const MAX_PROGRAMS: usize = 16;
const MAX_FILES: usize = 64;

/// The sources of such programs; none if there is an index. `is_known` says whether the walk has
/// found a path.
pub(super) fn programs<'p>(
    root: &Path,
    folders: impl Iterator<Item = &'p RelPath>,
    is_known: &dyn Fn(&RelPath) -> bool,
) -> Vec<RelPath> {
    if fs::symlink_metadata(root.join(".git")).is_ok() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for folder in folders.filter(|path| path.file_name() == PROGRAMS) {
        let hidden = below(root, folder, fs::FileType::is_dir);
        for program in hidden.filter(|path| !is_known(path)).take(MAX_PROGRAMS) {
            let files = below(root, &program, fs::FileType::is_file);
            // A binary that was built there has no extension.
            let sources = files.filter(|path| !path.extension().is_empty());
            found.extend(sources.take(MAX_FILES));
        }
    }
    found
}

/// The entries of a folder of one kind. A link is of neither.
fn below<'p>(
    root: &Path,
    folder: &'p RelPath,
    is: impl Fn(&fs::FileType) -> bool + 'p,
) -> impl Iterator<Item = RelPath> + 'p {
    let entries = fs::read_dir(root.join(folder.as_str())).into_iter().flatten().flatten();
    entries
        .filter(move |entry| entry.file_type().is_ok_and(|kind| is(&kind)))
        .filter_map(|entry| folder.join(entry.file_name().to_str()?))
}
