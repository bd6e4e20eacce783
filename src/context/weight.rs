//! The size of what a .dockerignore includes and excludes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use anyhow::Result;

use super::sieve::{Sieve, any, walk};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// Maximum number of files to measure. Each costs a system call.
const MAX_FILES: usize = 5_000;

/// A file larger than this that the Dockerfile does not name is reported: 10 MiB.
pub(super) const BIG: u64 = 10 << 20;

/// How many of the largest entries are listed.
pub(super) const LISTED: usize = 5;

/// Sizes are summed down to this many folders below the context.
const DEPTH: usize = 3;

/// If a folder inside another holds this percentage of its bytes, it is listed instead.
const SHARE: i128 = 80;

/// Both sides of a .dockerignore.
#[derive(Clone, Debug, Default)]
pub(super) struct Weight {
    files: usize,
    bytes: u64,
    inside: Sizes,
    outside: Sizes,
    /// Large files that are included.
    big: BTreeMap<String, u64>,
}

/// The results to report.
#[derive(Debug)]
pub(super) struct Weighed {
    /// Number of files sent to the engine.
    pub(super) files: usize,
    /// Their size in bytes.
    pub(super) bytes: u64,
    /// There are more files than were measured.
    pub(super) cut: bool,
    /// The largest entries sent, in bytes. Folders are summed.
    pub(super) inside: Vec<(String, u64)>,
    /// The largest excluded entries.
    pub(super) outside: Vec<(String, u64)>,
    /// Large files that are sent, the largest first.
    pub(super) big: Vec<(String, u64)>,
}

/// Measures what `sieve` includes and excludes.
///
/// # Errors
/// None in practice: an unreadable size counts as 0.
pub(super) fn weigh(sieve: &Sieve) -> Result<Weighed> {
    let (repo, context) = (sieve.repo, sieve.context);
    let sizes = sizes(repo, context)?;
    let common = sieve.common();
    let all = common.weight.get_or_init(|| {
        let mut weight = Weight::default();
        let mut left = sizes.of.iter();
        walk(repo, context, context, common.file(), &any, |path, hidden| {
            let Some(size) = left.next() else { return ControlFlow::Break(()) };
            weight.add(path, *size, hidden);
            ControlFlow::Continue(())
        });
        weight
    });
    // Files on which its own rows differ from the common ones change sides.
    let (mut files, mut bytes) = (all.files, all.bytes);
    let (mut inside, mut outside) = (Sizes::default(), Sizes::default());
    let mut big = all.big.clone();
    for (path, hidden) in sieve.changed() {
        let Some(full) = context.join(path) else { continue };
        if sizes.first_left_out.as_ref().is_some_and(|first| full >= *first) {
            continue;
        }
        let size = repo.size(&full);
        let (from, to) =
            if hidden { (&mut inside, &mut outside) } else { (&mut outside, &mut inside) };
        from.add(path, -signed(size));
        to.add(path, signed(size));
        if hidden {
            (files, bytes) = (files.saturating_sub(1), bytes.saturating_sub(size));
            big.remove(path);
        } else {
            (files, bytes) = (files + 1, bytes.saturating_add(size));
            if size > BIG {
                big.insert(path.to_owned(), size);
            }
        }
    }
    let mut big: Vec<(String, u64)> = big.into_iter().collect();
    big.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    Ok(Weighed {
        files,
        bytes,
        cut: sizes.first_left_out.is_some(),
        inside: biggest(&[&all.inside, &inside]),
        outside: biggest(&[&all.outside, &outside]),
        big,
    })
}

impl Weight {
    fn add(&mut self, path: &str, size: u64, hidden: bool) {
        if hidden {
            self.outside.add(path, signed(size));
            return;
        }
        self.files += 1;
        self.bytes = self.bytes.saturating_add(size);
        self.inside.add(path, signed(size));
        if size > BIG {
            self.big.insert(path.to_owned(), size);
        }
    }
}

/// The sizes of the first files below a context, in walk order.
struct FileSizes {
    of: Vec<u64>,
    first_left_out: Option<RelPath>,
}

/// Cached: applications share a context, and each size is a system call.
fn sizes(repo: &Repo, context: &RelPath) -> Result<Rc<FileSizes>> {
    repo.once(context, || {
        let mut files = repo.below(context).filter(|(_, entry)| *entry != Entry::Dir);
        let of = files.by_ref().take(MAX_FILES).map(|(path, _)| repo.size(path)).collect();
        Ok(FileSizes { of, first_left_out: files.next().map(|(path, _)| path.clone()) })
    })
}

/// Sparse files may claim more bytes than any disk has.
fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Bytes by path, grouped by parent folder: a file counts for itself and for the folders above it.
#[derive(Clone, Debug, Default)]
struct Sizes(BTreeMap<String, BTreeMap<String, i64>>);

impl Sizes {
    fn add(&mut self, path: &str, size: i64) {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let mut folder = "";
        for path in ends.take(DEPTH).map(|end| &path[..end]) {
            if !self.0.contains_key(folder) {
                self.0.insert(folder.to_owned(), BTreeMap::new());
            }
            if let Some(held) = self.0.get_mut(folder) {
                match held.get_mut(path) {
                    Some(sum) => *sum = sum.saturating_add(size),
                    None => drop(held.insert(path.to_owned(), size)),
                }
            }
            folder = path;
        }
    }
}

/// The entries directly in `folder`, summed, sorted by path.
fn children<'a>(sizes: &[&'a Sizes], folder: &str) -> BTreeMap<&'a str, i64> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (path, size) in sizes.iter().filter_map(|sizes| sizes.0.get(folder)).flatten() {
        let sum = sums.entry(path).or_default();
        *sum = sum.saturating_add(*size);
    }
    sums.retain(|_, size| *size > 0);
    sums
}

/// The largest entries of the context. A folder is replaced by the one inside it that has nearly
/// all of its bytes.
fn biggest(sizes: &[&Sizes]) -> Vec<(String, u64)> {
    let mut top: Vec<(&str, i64)> = children(sizes, "").into_iter().collect();
    top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    top.truncate(LISTED);
    let narrowed = top.into_iter().map(|(mut path, mut size)| {
        let most = |size: i64| i128::from(size) * SHARE;
        while let Some(child) = children(sizes, path)
            .into_iter()
            .find(|(_, inner)| i128::from(*inner) * 100 >= most(size))
        {
            (path, size) = child;
        }
        (path.to_owned(), u64::try_from(size).unwrap_or_default())
    });
    narrowed.collect()
}
