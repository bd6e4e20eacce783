//! Whether the project itself can be installed from the build context. A program of a project that
//! cannot is started from its folder.

use anyhow::Result;

use super::manifest::Project;
use crate::repo::Dir;

/// Folders that setuptools never takes for the packages of a project:
/// <https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout>.
const ASIDE: [&str; 34] = [
    "benchmark",
    "benchmarks",
    "bin",
    "build",
    "changelog",
    "ci",
    "debian",
    "doc",
    "docs",
    "documentation",
    "example",
    "examples",
    "exercise",
    "exercises",
    "fabfile",
    "htmlcov",
    "manpages",
    "news",
    "newsfragments",
    "node_modules",
    "python",
    "release_notes",
    "scripts",
    "site_scons",
    "tasks",
    "test",
    "tests",
    "tool",
    "tools",
    "unit_test",
    "unit_tests",
    "util",
    "utils",
    "venv",
];

/// Maximum number of files of a folder that are looked at.
const MAX_FILES: usize = 20_000;

/// True if `pip install .` can build the project of a folder.
///
/// # Errors
/// If a manifest cannot be read.
pub(super) fn is_installable(dir: &Dir, project: &Project) -> Result<bool> {
    let up = |way: &String| way.trim_start_matches("./").starts_with("..");
    if project.packages.iter().any(up) || project.documents.iter().any(up) {
        return Ok(false);
    }
    let backend = project.backend.as_deref().unwrap_or("setuptools.build_meta");
    if !backend.starts_with("setuptools") || project.lists_packages {
        return Ok(true);
    }
    // The older manifests list their packages in words of their own.
    let listed = |name: &str| -> Result<bool> {
        let text = dir.text(name)?.map(|(_, text)| text).unwrap_or_default();
        Ok(["packages", "py_modules", "package_dir"].iter().any(|word| text.contains(word)))
    };
    if listed("setup.py")? || listed("setup.cfg")? || dir.has_folder("src") {
        return Ok(true);
    }
    // With several of them setuptools refuses to choose.
    let mut found = std::collections::BTreeSet::new();
    for path in dir.repo.files_under(&dir.path).take(MAX_FILES) {
        let Some((top, _)) = path.strip(&dir.path).and_then(|way| way.split_once('/')) else {
            continue;
        };
        let plain = top.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !top.starts_with(|c: char| c.is_ascii_digit() || c == '_');
        if plain && !ASIDE.contains(&top) {
            found.insert(top);
        }
    }
    Ok(found.len() <= 1)
}
