//! Files that Git LFS keeps elsewhere: a checkout without it holds a short text in place of each.

use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::repo::Repo;

/// The first words of a pointer: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
const BEGIN: &str = "version https://git-lfs.github.com/spec/";

/// Maximum size of a pointer, of files that are read, and of places that the finding names.
const MAX_SIZE: u64 = 200;
const MAX_READ: usize = 400;
const MAX_PLACES: usize = 4;

/// The pointers inside the build context.
pub fn findings(repo: &Repo, context: &RelPath) -> Vec<Finding> {
    let patterns: Vec<String> = patterns(repo);
    if patterns.is_empty() {
        return Vec::new();
    }
    let named = repo.files_under(context).filter(|path| patterns.iter().any(|one| fits(one, path)));
    let small = named.filter(|path| repo.size(path) <= MAX_SIZE).take(MAX_READ);
    let is_pointer = |path: &&RelPath| {
        repo.source_text(path).ok().flatten().is_some_and(|text| text.starts_with(BEGIN))
    };
    let found: Vec<&RelPath> = small.filter(is_pointer).take(MAX_PLACES).collect();
    let Some(first) = found.first() else { return Vec::new() };
    let what = format!("{first} is a pointer of Git LFS: this checkout does not hold the file");
    let places = found.iter().map(|path| Evidence::file(path, "a pointer of Git LFS"));
    vec![Finding::new(FindingCode::LfsPointer, what, places)]
}

/// The patterns of the files that Git LFS keeps.
fn patterns(repo: &Repo) -> Vec<String> {
    let Some(file) = RelPath::new(".gitattributes") else { return Vec::new() };
    let text = repo.source_text(&file).ok().flatten().unwrap_or_default();
    let lines = text.lines().filter(|line| line.contains("filter=lfs"));
    lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

/// True for a file that a pattern names: `*.bin`, `models/**`, `data/big.csv`.
fn fits(pattern: &str, path: &RelPath) -> bool {
    let pattern = pattern.trim_start_matches('/');
    let last = pattern.rsplit('/').next().unwrap_or_default();
    match (last.strip_prefix('*'), pattern.find('*')) {
        (Some(end), _) if end.starts_with('.') => path.file_name().ends_with(end),
        (_, Some(star)) => path.as_str().starts_with(&pattern[..star]),
        (_, None) => path.as_str() == pattern || path.file_name() == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_in_place_of_files_are_said() {
        let pointer = format!("{BEGIN}v1\noid sha256:0\nsize 12345\n");
        let said = |path: &str, text: &str, attributes: &str| {
            let repo = Repo::from_files([(".gitattributes", attributes), (path, text)]);
            findings(&repo, &RelPath::root()).len()
        };
        let lfs = |pattern: &str| format!("{pattern} filter=lfs diff=lfs merge=lfs -text\n");
        assert_eq!(said("model.pkl", &pointer, &lfs("*.pkl")), 1);
        assert_eq!(said("models/a.dat", &pointer, &lfs("models/**")), 1);
        assert_eq!(said("data/big.csv", &pointer, &lfs("data/big.csv")), 1);
        assert_eq!(said("model.pkl", "the file itself", &lfs("*.pkl")), 0);
        assert_eq!(said("docs/spec.txt", &pointer, &lfs("*.pkl")), 0);
        assert_eq!(said("model.pkl", &pointer, "*.pkl binary\n"), 0);
    }
}
