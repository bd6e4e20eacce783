//! What the build context contains and excludes, with the findings on it.

use anyhow::Result;

use super::public::{self, TESTS, named_like};
use super::sieve::{Sieve, above};
use super::weight::{self, BIG, LISTED, Weighed};
use super::{Needed, SECRETS, common_rows};
use crate::docker::ignore::IgnoreFile;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::Repo;

/// What is sent to the engine, and what is not.
#[derive(Clone, Debug, Default)]
pub struct ContextReport {
    /// Number of files sent.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// Only the first 5,000 files were measured.
    pub cut: bool,
    /// The largest entries sent, in bytes. Folders are summed.
    pub biggest_in: Vec<(String, u64)>,
    /// The largest tracked entries that are excluded. What git ignores is neither walked nor
    /// counted.
    pub biggest_out: Vec<(String, u64)>,
    /// Findings on the context.
    pub findings: Vec<Finding>,
}

/// Measures the build context of `plan` under `ignore`.
///
/// # Errors
/// If dockgen's own rows are broken.
pub fn report(repo: &Repo, plan: &Plan, ignore: &IgnoreFile) -> Result<ContextReport> {
    let sieve = Sieve::of(repo, &plan.context, ignore.clone())?;
    let Weighed { files, bytes, cut, inside, outside, mut big } = weight::weigh(&sieve)?;
    if !big.is_empty() {
        let needed = Needed::of(repo, plan);
        big.retain(|(path, _)| {
            !above(path).chain([path.as_str()]).any(|path| needed.paths.contains(path))
        });
    }
    let named = named_like(repo, &plan.context)?;
    let ways = named.0.iter().filter_map(|path| Some((path, path.strip(&plan.context)?)));
    let (kept_out, let_in): (Vec<Named>, Vec<Named>) = ways.partition(|(_, way)| sieve.hides(way));
    let harmless = plan.harmless();
    let public = public::public(repo, &plan.context)?;
    let (sources, let_in): (Vec<Named>, Vec<Named>) = let_in
        .into_iter()
        .filter(|(path, way)| !harmless.contains(way) && !public::is_certificate(repo, path))
        .partition(|(path, _)| public.0.contains(*path));
    let mut findings = Vec::new();
    findings.extend(public::note(sources.iter().map(|(path, _)| *path)));
    findings.extend(secrets_in_context(&let_in, &common_rows(&[SECRETS])?));
    findings.extend(big_files(&plan.context, &big));
    findings.extend(files_kept_out(&kept_out, ignore));
    Ok(ContextReport { files, bytes, cut, biggest_in: inside, biggest_out: outside, findings })
}

/// Names of folders that hold Helm charts.
const CHARTS: [&str; 3] = ["chart", "charts", "helm"];

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
            FindingCode::SecretsInContext,
            "files that look like secrets are in the build context",
            found,
        )
    })
}

fn big_files(context: &RelPath, big: &[(String, u64)]) -> Option<Finding> {
    let evidence: Vec<Evidence> = big
        .iter()
        .take(LISTED)
        .filter_map(|(path, size)| Some((context.join(path)?, size)))
        .map(|(path, size)| Evidence::file(&path, format!("{} MB", size / 1_000_000)))
        .collect();
    (!big.is_empty()).then(|| {
        Finding::new(
            FindingCode::BigFilesInContext,
            format!("{} file(s) over {} MB are in the build context", big.len(), BIG / 1_000_000),
            evidence,
        )
    })
}

/// Tracked files that a safety row excludes: most often right, but a surprise if the build reads
/// them.
fn files_kept_out(kept_out: &[Named], ignore: &IgnoreFile) -> Option<Finding> {
    let tests = |way: &str| way.split('/').any(|part| TESTS.contains(&part));
    // Templates of a Helm chart belong to no build.
    let charts = |way: &str| {
        let mut parts = way.split('/').skip_while(|part| !CHARTS.contains(part));
        parts.any(|part| part == "templates")
    };
    let of_build = |way: &str| !tests(way) && !charts(way);
    let kept_out: Vec<&Named> = kept_out.iter().filter(|(_, way)| of_build(way)).collect();
    let (_, first) = kept_out.first()?;
    let evidence = kept_out.iter().take(LISTED).map(|(path, way)| {
        let pattern = ignore.deciding(way).map(ToString::to_string).unwrap_or_default();
        Evidence::file(path, format!("in the repository, and kept out by `{pattern}`"))
    });
    Some(
        Finding::new(
            FindingCode::KeptOut,
            "files named like secrets or databases are in the repository and stay out of the build \
             context",
            evidence,
        )
        .with_fix(format!(
            "pass the values as build arguments, or let a file in with `!{first}` at the end of \
             the .dockerignore"
        )),
    )
}

/// A file, and its path relative to the context.
type Named<'a> = (&'a RelPath, &'a str);
