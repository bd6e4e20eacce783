//! Git submodules that are missing in the checkout: their folders are empty until git fetches them.

use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::repo::Repo;

/// The command that fetches them.
pub const FETCH: &str = "git submodule update --init --recursive";

/// Maximum number of places that one finding names.
const MAX_PLACES: usize = 4;

/// The fix for a missing folder of the submodule that is declared at a place.
pub fn fix(at: &Evidence) -> String {
    format!("it is a git submodule ({}): run `{FETCH}` first, in CI too", at.place())
}

/// The declaration in `.gitmodules` of the submodule that contains `path`, if it is missing in the
/// checkout.
pub fn missing(repo: &Repo, path: &RelPath) -> Option<Evidence> {
    let missing = all_missing(repo);
    missing.into_iter().find(|(folder, _)| path.is_within(folder)).map(|(_, evidence)| evidence)
}

/// The submodules inside the build context that are missing in the checkout.
pub fn findings(repo: &Repo, context: &RelPath) -> Vec<Finding> {
    let missing: Vec<(RelPath, Evidence)> = all_missing(repo)
        .into_iter()
        .filter(|(folder, _)| folder.is_within(context) && !is_apart(folder))
        .collect();
    let what = match missing.as_slice() {
        [] => return Vec::new(),
        [(folder, _)] => {
            format!("{folder} is a git submodule, and this checkout does not hold it")
        }
        [(first, _), (second, _), rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{first}, {second}{more} are git submodules that this checkout does not hold")
        }
    };
    let places = missing.into_iter().map(|(_, evidence)| evidence).take(MAX_PLACES);
    let finding = Finding::new(FindingCode::SubmoduleMissing, what, places);
    vec![finding.with_fix(format!("run `{FETCH}` before the build, in CI too"))]
}

/// Names of folders for tests, which run before an image is built, and for documentation. What they
/// hold is not part of a build.
const APART: [&str; 12] = [
    "test",
    "tests",
    "testdata",
    "testing",
    "fixtures",
    "doc",
    "docs",
    "documentation",
    "wiki",
    "benchmark",
    "benchmarks",
    "website",
];

fn is_apart(folder: &RelPath) -> bool {
    let mut words = folder.as_str().split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| APART.contains(&word))
}

/// All missing submodules: <https://git-scm.com/docs/gitmodules>.
fn all_missing(repo: &Repo) -> Vec<(RelPath, Evidence)> {
    let Some(file) = RelPath::new(".gitmodules") else { return Vec::new() };
    let Ok(Some(text)) = repo.source_text(&file) else { return Vec::new() };
    let paths = text.lines().zip(1..).filter_map(|(line, number)| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let folder = RelPath::new(value).filter(|path| key.trim() == "path" && !path.is_root())?;
        let evidence = Evidence::at(&file, number, format!("{folder} is a submodule"));
        let empty = repo.below(&folder).next().is_none();
        empty.then_some((folder, evidence))
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_git_has_not_fetched() {
        let modules = "[submodule \"a\"]\n\tpath = libs/a\n\turl = x\n[submodule \"b\"]\n\tpath = \"libs/b\"\n";
        let repo = Repo::from_files([(".gitmodules", modules), ("libs/b/lib.rs", "")]);
        let path = |text: &str| RelPath::new(text).unwrap();
        let evidence = missing(&repo, &path("libs/a/Cargo.toml")).unwrap();
        assert_eq!(evidence.place(), ".gitmodules:2");
        assert!(missing(&repo, &path("libs/b")).is_none());
        assert!(missing(&repo, &path("libs")).is_none());
        assert_eq!(findings(&repo, &RelPath::root()).len(), 1);
        assert!(findings(&repo, &path("other")).is_empty());
        let three = "path = a\npath = b\npath = c\n";
        let three = findings(&Repo::from_files([(".gitmodules", three)]), &RelPath::root());
        let what = "a, b and 1 more are git submodules that this checkout does not hold";
        assert_eq!((three.len(), three[0].what.as_str()), (1, what));
        let tests = "path = s3-tests\n";
        let repo = Repo::from_files([(".gitmodules", tests)]);
        assert!(findings(&repo, &RelPath::root()).is_empty());
        assert!(missing(&repo, &path("s3-tests/a")).is_some());
        let docs = Repo::from_files([(".gitmodules", "path = docs/themes/book\n")]);
        assert!(findings(&docs, &RelPath::root()).is_empty());
        let hostile = Repo::from_files([(".gitmodules", "path = ../../x\npath = .\npath\n = \n")]);
        assert!(findings(&hostile, &RelPath::root()).is_empty());
    }
}
