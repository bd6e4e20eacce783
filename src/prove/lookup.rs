//! What the repository and the tables know of a missing thing.

use anyhow::Result;

use super::catalog::catalog;
use crate::catalog::system_packages;
use crate::docker::lint::names_a_secret;
use crate::evidence::Evidence;
use crate::path::RelPath;
use crate::pipeline::App;
use crate::settings;

/// The value of a secret in a run: long enough for a key of 32 bytes, and nobody's.
const THROW_AWAY: &str = "throw-away-0123456789abcdefabcd0";

/// Number of variables that are read from one file.
const MAX_EXAMPLES: usize = 500;

/// The path in the repository of a file that the program opens at `path` in the container: at the
/// same place below the working directory, or the only one whose path ends like it.
pub(super) fn file(app: &App, workdir: &str, path: &str) -> Option<RelPath> {
    let repo = &app.survey.repo;
    let below = path.strip_prefix(workdir).map(|rest| rest.trim_start_matches('/'));
    let below = below.or_else(|| (!path.starts_with('/')).then_some(path))?;
    let held = |folder: &RelPath| {
        let found = folder.join(below.trim_start_matches("./"))?;
        (!found.is_root() && found != *folder && repo.exists(&found)).then_some(found)
    };
    held(&app.facts.dir)
}

/// The path in the container of a path that a log names.
pub(super) fn absolute(workdir: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let path = path.trim_start_matches("./");
    format!("{}/{path}", workdir.trim_end_matches('/'))
}

/// The Debian package that brings a program; `None` if no table knows it.
///
/// # Errors
/// None in practice: the catalogs are compiled in.
pub(super) fn program(name: &str) -> Result<Option<String>> {
    let name = name.rsplit('/').next().unwrap_or(name);
    if let Some(package) = catalog()?.programs.get(name) {
        return Ok(Some(package.clone()));
    }
    let packages = system_packages()?;
    let row = packages.get(&format!("{name}-command")).or_else(|| packages.get(name));
    let listed = row.and_then(|row| {
        let list = row.debian.as_ref()?;
        list.iter().find(|package| *package == name).or_else(|| list.last()).cloned()
    });
    Ok(listed.or_else(|| {
        let holds =
            |list: &Option<Vec<String>>| list.iter().flatten().any(|package| package == name);
        packages.values().any(|row| holds(&row.debian)).then(|| name.to_owned())
    }))
}

/// The package of a program that an error names like a file, as Python does: a bare name that the
/// repository does not have.
///
/// # Errors
/// As [`program`].
pub(super) fn started(app: &App, name: &str) -> Result<Option<String>> {
    let own = app.facts.dir.join(name).is_some_and(|path| app.survey.repo.exists(&path));
    if own || name.contains(['/', '.']) { Ok(None) } else { program(name) }
}

/// The Debian package that brings a shared library such as `libpq.so.5`.
///
/// # Errors
/// As [`program`].
pub(super) fn library(name: &str) -> Result<Option<String>> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, version)) = name.split_once(".so") else { return Ok(None) };
    let version = version.trim_start_matches('.').split('.').next().unwrap_or_default();
    let stem = stem.to_lowercase().replace('_', "-");
    // Debian names a package after its library and that library's version.
    let (plain, dashed) = (format!("{stem}{version}"), format!("{stem}-{version}"));
    let all = system_packages()?.values().filter_map(|row| row.debian.as_ref()).flatten();
    let fits = |package: &&String| {
        let package = package.trim_end_matches("t64");
        package == plain || package == dashed
    };
    Ok(all.filter(fits).min_by_key(|package| package.len()).cloned())
}

/// The variables that the repository shows with a value, each with its place.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn examples(app: &App) -> Result<Vec<(String, String, Evidence)>> {
    let repo = &app.survey.repo;
    let root = RelPath::root();
    let mut found: Vec<(String, String, Evidence)> = Vec::new();
    for folder in [&app.facts.dir, &root] {
        for file in &catalog()?.variable.examples {
            let Some(path) = folder.join(file).filter(|path| repo.is_file(path)) else { continue };
            let Some(text) = repo.text(&path)? else { continue };
            for one in settings::assignments(&text).into_iter().take(MAX_EXAMPLES) {
                let value = one.value.trim().trim_matches(['"', '\'']).to_owned();
                let known = found.iter().any(|(key, ..)| *key == one.key);
                if !known && !value.chars().any(char::is_control) {
                    found.push((one.key, value, Evidence::at(&path, one.line, "an example")));
                }
            }
        }
    }
    Ok(found)
}

/// A value of a variable for the runs, with where it comes from: an example of the repository, or,
/// for a secret, which no example shows, a throw-away value.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn value(app: &App, name: &str) -> Result<Option<(String, String)>> {
    let found = examples(app)?.into_iter().find(|(key, value, _)| key == name && !value.is_empty());
    let shown = found.map(|(_, value, place)| (value, place.place()));
    let made = || (THROW_AWAY.to_owned(), "a throw-away value".to_owned());
    Ok(shown.or_else(|| names_a_secret(name).then(made)))
}
