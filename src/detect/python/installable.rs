//! Whether the project itself can be installed from the build context. A program of a project that
//! cannot is started from its folder.

use anyhow::Result;

use super::installed::Installed;
use super::manifest::Project;
use super::requirement;
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

/// Maximum number of lines of a module that are looked through for imports, and of those.
const MAX_LINES: usize = 2000;
const MAX_IMPORTS: usize = 64;

/// True if `pip install .` can build the project of a folder.
///
/// # Errors
/// If a manifest cannot be read.
pub(super) fn is_installable(dir: &Dir, project: &Project, installed: &Installed) -> Result<bool> {
    let up = |way: &String| way.trim_start_matches("./").starts_with("..");
    if project.packages.iter().any(up) || project.documents.iter().any(up) {
        return Ok(false);
    }
    let backend = project.backend.as_deref().unwrap_or("setuptools.build_meta");
    if !backend.starts_with("setuptools") {
        return Ok(true);
    }
    if lacks_version(dir, project) || imports_dependencies(dir, project, installed)? {
        return Ok(false);
    }
    if project.lists_packages {
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

/// True if setuptools reads the version from a module that is not there.
fn lacks_version(dir: &Dir, project: &Project) -> bool {
    let Some((module, _)) = project.version_of.as_deref().and_then(|name| name.rsplit_once('.'))
    else {
        return false;
    };
    let top = module.split('.').next().unwrap_or_default();
    let there = |way: String| dir.has_folder(&way) || dir.has(&format!("{way}.py"));
    // A table may say that its packages lie elsewhere.
    !project.lists_packages && !there(top.to_owned()) && !there(format!("src/{top}"))
}

/// True if setup.py imports a package of the repository that itself imports a dependency: a build
/// apart from the environment does not have it.
fn imports_dependencies(dir: &Dir, project: &Project, installed: &Installed) -> Result<bool> {
    let Some((_, text)) = dir.text("setup.py")? else { return Ok(false) };
    for module in imported(&text) {
        let way = module.replace('.', "/");
        let top = way.split('/').next().unwrap_or_default().to_owned();
        for file in
            [format!("{top}/__init__.py"), format!("{way}/__init__.py"), format!("{way}.py")]
        {
            let Some((_, text)) = dir.text(&file)? else { continue };
            let lacking = |module: &String| {
                let name = requirement::normal(module.split('.').next().unwrap_or_default());
                installed.has(&name) && !project.build_requires.contains(&name)
            };
            if imported(&text).iter().any(lacking) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The modules that a text imports at its top level.
fn imported(text: &str) -> Vec<String> {
    let lines = text.lines().take(MAX_LINES).filter_map(|line| {
        let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "))?;
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"._".contains(c));
        Some(rest[..end.unwrap_or(rest.len())].trim_matches('.').to_owned())
    });
    lines.filter(|name| !name.is_empty() && name != "setuptools").take(MAX_IMPORTS).collect()
}
