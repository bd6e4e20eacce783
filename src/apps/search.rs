//! Which folders are searched for applications, and how unreadable manifests are handled.

use anyhow::{Error, Result};

use crate::detect::{self, Candidate, LANGUAGES};
use crate::facts::Facts;
use crate::path::RelPath;
use crate::repo::Repo;

/// Folders whose applications are selected only by name: they serve the repository itself.
const ASIDE: [&str; 20] = [
    "example",
    "examples",
    "samples",
    "doc",
    "docs",
    "test",
    "tests",
    "testdata",
    "testing",
    "e2e",
    "fixture",
    "fixtures",
    "__fixtures__",
    "__tests__",
    "vendor",
    "third_party",
    "benchmark",
    "benchmarks",
    "integration-tests",
    "it-tests",
];

/// The applications and manifests in a repository.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The applications, sorted by folder, then by language.
    pub apps: Vec<Facts>,
    /// Folders with a manifest that cannot be read, and why. Whether that matters is decided by the
    /// selection.
    pub broken: Vec<(RelPath, Error)>,
    /// Folders with a manifest that was not read: fixtures and examples beside an application.
    /// There may be hundreds, and tests contain broken ones on purpose.
    pub aside: Vec<RelPath>,
}

/// Searches at and below `start`. Fixtures and examples are read if nothing else can be started, if
/// `all` are wanted, and if the folder is `known`. Folders in `more` are read too, although they
/// have no manifest, such as one of several programs of a module.
///
/// # Errors
/// If `known` fails.
pub(crate) fn search(
    repo: &Repo,
    start: &RelPath,
    all: bool,
    known: &dyn Fn(&RelPath) -> Result<bool>,
    more: Vec<Candidate>,
) -> Result<Found> {
    let mut candidates = detect::candidates(&LANGUAGES.iter().collect::<Vec<_>>(), repo, start);
    for (folder, language) in more {
        if !candidates.iter().any(|held| held.0 == folder && held.1.id == language.id) {
            candidates.push((folder, language));
        }
    }
    let (mut near, mut far) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let named = candidate.0 == *start || known(&candidate.0)?;
        if !named && detect::is_packed(repo, &candidate) {
            continue;
        }
        let asked = all || aside(start, &candidate.0).is_none() || known(&candidate.0)?;
        if asked { near.push(candidate) } else { far.push(candidate) }
    }
    let mut found = Found::default();
    found.ask(repo, &near);
    if found.apps.iter().all(|facts| facts.programs.is_empty()) {
        found.ask(repo, &far);
    } else {
        found.aside = far.into_iter().map(|(folder, _)| folder).collect();
        found.aside.sort();
        found.aside.dedup();
    }
    detect::sort(&mut found.apps);
    found.broken.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

impl Found {
    fn ask(&mut self, repo: &Repo, candidates: &[Candidate]) {
        for candidate in candidates {
            match detect::ask(repo, candidate) {
                Ok(facts) => self.apps.extend(facts),
                Err(error) => self.broken.push((candidate.0.clone(), error)),
            }
        }
    }
}

/// Suffixes of the names of such folders: `server-examples`.
const ASIDE_ENDS: [&str; 11] = [
    "-example",
    "-examples",
    "_examples",
    "-sample",
    "-samples",
    "-fixtures",
    "-benchmark",
    "-benchmarks",
    "-e2e",
    "-integration-tests",
    "-it-tests",
];

/// The part of `folder`, relative to `start`, that marks it as a fixture or an example.
pub(super) fn aside<'f>(start: &RelPath, folder: &'f RelPath) -> Option<&'f str> {
    let mut parts = folder.strip(start).unwrap_or_default().split('/');
    parts.find(|part| {
        ASIDE.contains(part)
            || ASIDE_ENDS.iter().any(|end| part.len() > end.len() && part.ends_with(end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_by_the_end_of_their_name() {
        let of = |folder: &str| aside(&RelPath::root(), &RelPath::new(folder).unwrap()).is_some();
        assert!(of("server-examples/one") && of("examples") && of("http-e2e"));
        assert!(of("app-it-tests/app-it-jdbc") && of("benchmark") && of("web-integration-tests"));
        assert!(!of("sample") && !of("examples-api") && !of("best-test"));
    }
}
