//! What the build context holds and what it leaves out, with the findings on it.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Result;

use crate::context::{DATABASES, Needed, SECRETS, common_rows};
use crate::docker::ignore::{IgnoreFile, Matched};
use crate::facts::{Evidence, Finding, Severity};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::{Entry, Repo};
use crate::secrets;

/// Files beyond this many are not weighed: each costs a call to the file system.
const MAX_FILES: usize = 5_000;

/// A file larger than this, that the Dockerfile does not name, is pointed out: 10 MiB.
const BIG: u64 = 10 << 20;

/// How many of the biggest are listed.
const LISTED: usize = 5;

/// Sizes are summed down to this many folders below the context.
const DEPTH: usize = 3;

/// A folder that holds this share of its parent's bytes, in per cent, is named in its place.
const SHARE: u64 = 80;

/// Folders of files that a test reads and the program does not.
const TESTS: [&str; 10] = [
    "testdata",
    "test",
    "tests",
    "__tests__",
    "fixtures",
    "example",
    "examples",
    "e2e",
    "cypress",
    "spec",
];

/// What reaches the engine, and what does not.
#[derive(Clone, Debug, Default)]
pub struct ContextReport {
    /// Files that reach it.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Only the first 5,000 files were weighed.
    pub cut: bool,
    /// The biggest that reach it, in bytes, folders summed.
    pub biggest_in: Vec<(String, u64)>,
    /// The biggest of what git holds that stay out. What git ignores is not walked and not counted.
    pub biggest_out: Vec<(String, u64)>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// Weighs the build context of `plan` under `ignore`.
///
/// # Errors
/// Where the rows that come with dockgen are broken.
pub fn report(repo: &Repo, plan: &Plan, ignore: &IgnoreFile) -> Result<ContextReport> {
    let mut report = ContextReport::default();
    let needed = Needed::of(repo, plan);
    let (mut inside, mut outside) = (Sizes::default(), Sizes::default());
    let mut big = Vec::new();
    let sizes = sizes(repo, &plan.context)?;
    report.cut = sizes.len() > MAX_FILES;
    let mut sizes = sizes.iter().take(MAX_FILES);
    let mut folders: BTreeMap<&str, Matched> = BTreeMap::from([("", ignore.root())]);
    for (letters, (path, entry)) in repo.lettered(&plan.context) {
        let size = match entry {
            Entry::Dir => None,
            _ => match sizes.next() {
                Some(size) => Some(*size),
                None => break,
            },
        };
        let Some(way) = path.strip(&plan.context) else { continue };
        let parent = way.rsplit_once('/').map_or("", |(head, _)| head);
        let Some(above) = folders.get(parent) else { continue };
        let Some(size) = size else {
            let state = ignore.below(above, way);
            folders.insert(way, state);
            continue;
        };
        if ignore.hides_below(above, way, letters) {
            outside.add(way, size);
            continue;
        }
        report.files += 1;
        report.bytes += size;
        inside.add(way, size);
        let mut above = way.match_indices('/').map(|(at, _)| &way[..at]).chain([way]);
        if size > BIG && !above.any(|path| needed.paths.contains(path)) {
            big.push((path, size));
        }
    }
    report.biggest_in = inside.biggest();
    report.biggest_out = outside.biggest();
    big.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let named = named_like(repo, &plan.context)?;
    let ways = named.0.iter().filter_map(|path| Some((path, path.strip(&plan.context)?)));
    let (kept_out, let_in): (Vec<Named>, Vec<Named>) = ways.partition(|(_, way)| ignore.hides(way));
    let harmless = plan.harmless();
    let let_in: Vec<Named> =
        let_in.into_iter().filter(|(_, way)| !harmless.contains(way)).collect();
    report.findings.extend(secrets_in_context(&let_in, &common_rows(&[SECRETS])?));
    report.findings.extend(big_files(&big));
    report.findings.extend(files_kept_out(&kept_out, ignore));
    Ok(report)
}

/// The sizes of the first files below `context`, in their order, one more than are weighed.
/// Applications share a context, and each size is a call to the file system.
fn sizes(repo: &Repo, context: &RelPath) -> Result<Rc<Vec<u64>>> {
    let files = || repo.below(context).filter(|(_, entry)| *entry != Entry::Dir);
    repo.once(context, || {
        Ok(files().take(MAX_FILES + 1).map(|(path, _)| repo.size(path)).collect())
    })
}

/// Bytes by path: each file counts for itself and for the folders above it.
#[derive(Default)]
struct Sizes(BTreeMap<String, u64>);

impl Sizes {
    fn add(&mut self, path: &str, size: u64) {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends.take(DEPTH) {
            match self.0.get_mut(&path[..end]) {
                Some(sum) => *sum += size,
                None => {
                    self.0.insert(path[..end].to_owned(), size);
                }
            }
        }
    }

    fn children<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
        let child = move |path: &str| {
            let rest = if folder.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(folder).and_then(|r| r.strip_prefix('/'))
            };
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
        };
        self.0
            .iter()
            .filter(move |(path, _)| child(path))
            .map(|(path, size)| (path.as_str(), *size))
    }

    /// The biggest entries of the root; a folder gives way to the one inside it that makes nearly
    /// all of it.
    fn biggest(&self) -> Vec<(String, u64)> {
        let mut top: Vec<(&str, u64)> = self.children("").filter(|(_, size)| *size > 0).collect();
        top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        top.truncate(LISTED);
        let narrowed = top.into_iter().map(|(mut path, mut size)| {
            while let Some(child) =
                self.children(path).find(|(_, inner)| inner * 100 >= size * SHARE)
            {
                (path, size) = child;
            }
            (path.to_owned(), size)
        });
        narrowed.collect()
    }
}

fn secrets_in_context(let_in: &[Named], secrets: &IgnoreFile) -> Option<Finding> {
    let found: Vec<Evidence> = let_in
        .iter()
        .filter(|(_, way)| secrets.hides(way))
        .take(LISTED)
        .map(|(path, _)| {
            Evidence::file(path, "named like a secret, and let into the build context")
        })
        .collect();
    (!found.is_empty()).then(|| {
        Finding::new(
            "secrets-in-context",
            Severity::Warning,
            "files that look like secrets reach the build context",
            found,
            "a COPY puts them into a layer, where everyone who pulls the image can read them",
            "hide them in the .dockerignore, and hand secrets over at run time or with `RUN --mount=type=secret`",
        )
    })
}

fn big_files(big: &[(&RelPath, u64)]) -> Option<Finding> {
    let evidence: Vec<Evidence> = big
        .iter()
        .take(LISTED)
        .map(|(path, size)| Evidence::file(path, format!("{} MB", size / 1_000_000)))
        .collect();
    (!big.is_empty()).then(|| {
        Finding::new(
            "big-files-in-context",
            Severity::Warning,
            format!("{} file(s) over {} MB reach the build context", big.len(), BIG / 1_000_000),
            evidence,
            "each build sends them to the engine, and a COPY of the tree puts them into a layer",
            "name those that the program does not read in the .dockerignore",
        )
    })
}

/// Files that git holds and a safety row hides: most often right, and a surprise where the build
/// reads them.
fn files_kept_out(kept_out: &[Named], ignore: &IgnoreFile) -> Option<Finding> {
    let tests = |way: &str| way.split('/').any(|part| TESTS.contains(&part));
    let kept_out: Vec<&Named> = kept_out.iter().filter(|(_, way)| !tests(way)).collect();
    let (_, first) = kept_out.first()?;
    let evidence = kept_out.iter().take(LISTED).map(|(path, way)| {
        let pattern = ignore.deciding(way).map(ToString::to_string).unwrap_or_default();
        Evidence::file(path, format!("in the repository, and kept out by `{pattern}`"))
    });
    Some(Finding::new(
        "kept-out",
        Severity::Note,
        "files named like secrets or databases are in the repository and stay out of the build context",
        evidence,
        "where the build reads them (public values in an env file, a CA certificate, data), it does not find them",
        format!(
            "pass the values as build arguments, or let one in with `!{first}` at the end of the .dockerignore"
        ),
    ))
}

/// A file, and its path relative to the context.
type Named<'a> = (&'a RelPath, &'a str);

/// Files named like secrets and databases.
struct NamedLike(Vec<RelPath>);

/// Files of the context that are named like secrets and databases; examples such as `.env.example`
/// hold no secret.
fn named_like(repo: &Repo, context: &RelPath) -> Result<Rc<NamedLike>> {
    let list = secrets::catalog()?;
    let example = |name: &str| list.is_example(name);
    repo.once(context, || {
        let wanted = common_rows(&[SECRETS, DATABASES])?;
        let files = repo.lettered(context).filter(|(_, (_, entry))| *entry != Entry::Dir);
        let named = files.filter(|(letters, (path, _))| {
            let way = path.strip(context).unwrap_or_default();
            wanted.patterns().iter().any(|pattern| pattern.matches_lettered(way, *letters))
                && !example(path.file_name())
        });
        Ok(NamedLike(named.map(|(_, (path, _))| path.clone()).collect()))
    })
}
