//! A lockfile that lacks dependencies of the manifest. An install that must not change it stops
//! there (`uv sync --locked`, `poetry install`, `pipenv install --deploy`, `pdm install --check`),
//! and this check finds that without an install.

use super::codes;
use super::lock::Lock;
use super::manifest::Project;
use super::requirement::{Requirement, normal};
use super::specifier::{admits, numbers};
use super::tool::{From, Tool};
use crate::facts::{Evidence, Finding};

/// How many dependencies are named.
const NAMED: usize = 5;

/// The dependencies that the lockfile of the tool lacks, each with the place that names it. `way` is
/// the folder of the application below that of the lockfile.
pub(super) fn behind(tool: &Tool, project: &Project, way: &str) -> Vec<(String, Evidence)> {
    let Some(lock) = tool.lock.as_ref().filter(|lock| tool.from == From::Lock && lock.has_any())
    else {
        return Vec::new();
    };
    let manifest = if tool.id.value == "pipenv" { "Pipfile" } else { "pyproject.toml" };
    let listed = project.dependencies.iter().filter(|(path, _)| path.file_name() == manifest);
    let mut found: Vec<(String, Evidence)> = Vec::new();
    for (path, one) in listed {
        let own = project.folders.contains_key(&one.name) || project.members.contains(&one.name);
        if own || one.url.is_some() || found.iter().any(|(name, _)| *name == one.name) {
            continue;
        }
        let asked = lock.asked(way);
        let holds = match asked {
            Some(asked) => asked.contains(&one.name),
            None => one.conditional || lock.has(&one.name),
        };
        if !holds || !fits(lock, project, one) {
            let note = format!("needs {} {}", one.name, one.versions);
            found.push((one.name.clone(), Evidence::at(path, one.line, note.trim_end())));
        }
    }
    found.extend(own(tool, project, lock));
    found
}

/// The project itself, where uv.lock has another version of it: `uv sync --locked` compares them.
fn own(tool: &Tool, project: &Project, lock: &Lock) -> Option<(String, Evidence)> {
    let (name, stated) = (project.name.as_ref()?, project.version.as_ref()?);
    let name = normal(&name.value);
    // Versions have several spellings; their numbers have one.
    let release = |version: &str| {
        let end = version.find(|c: char| !(c.is_ascii_digit() || c == '.'));
        version[..end.unwrap_or(version.len())].trim_end_matches('.').to_owned()
    };
    let (mut locked, wanted) = (lock.versions(&name).peekable(), release(&stated.value));
    let differs = tool.id.value == "uv" && locked.peek().is_some();
    (differs && !locked.any(|version| release(version) == wanted)).then(|| {
        let at = stated.evidence.first().cloned();
        let at = at.unwrap_or_else(|| Evidence::file(&project.path, "project.version"));
        (name.clone(), Evidence { note: format!("its version is {}", stated.value), ..at })
    })
}

/// False if no locked version is in the range of the manifest.
fn fits(lock: &Lock, project: &Project, one: &Requirement) -> bool {
    let listed = project.dependencies.iter().filter(|(_, other)| other.name == one.name);
    // Numbers alone are compared: `1!2.0` and `2.0.post1` are not.
    let plain = |version: &&str| version.chars().all(|c| c.is_ascii_digit() || c == '.');
    let locked: Vec<&str> = lock.versions(&one.name).collect();
    if one.conditional || locked.is_empty() || listed.count() > 1 || !locked.iter().all(plain) {
        return true;
    }
    let short = |version: &&&str| version.matches('.').count() < 3;
    locked
        .iter()
        .filter(short)
        .filter_map(|version| numbers(version))
        .any(|version| one.versions.is_empty() || admits(&one.versions, version) != Some(false))
        || locked.iter().filter(short).count() < locked.len()
}

/// What is said of them.
pub(super) fn finding(tool: &Tool, behind: &[(String, Evidence)]) -> Option<Finding> {
    let (lock, (_, first)) = (tool.lock.as_ref()?, behind.first()?);
    let names: Vec<&str> = behind.iter().take(NAMED).map(|(name, _)| name.as_str()).collect();
    let more = if behind.len() > NAMED { " and more" } else { "" };
    let file = lock.path.file_name();
    let manifest = first.file.file_name();
    let what = format!("{file} is out of sync with {manifest}: {}{more}", names.join(", "));
    let at = Evidence::file(&lock.path, "locks no version that fits");
    let id = tool.id.value.as_str();
    let finding = Finding::new(codes::LOCK_BEHIND, what, [first.clone(), at]);
    Some(
        finding
            .with_why(format!(
                "an install that obeys {file} stops, so the image is built with one that locks \
                 anew: each build may get other versions"
            ))
            .with_fix(format!(
                "run `{id} lock` and commit {file}; then `dockgen update` writes the locked \
                 install again"
            )),
    )
}

#[cfg(test)]
mod tests {
    use crate::detect;
    use crate::path::RelPath;
    use crate::repo::Repo;

    fn said(manifest: (&str, &str), lock: (&str, &str)) -> Option<String> {
        let repo = Repo::from_files([manifest, lock, ("main.py", "print(1)\n")]);
        let facts = detect::scan(&repo, &RelPath::root()).unwrap().remove(0);
        let mut found = facts.findings.into_iter();
        found.find(|one| one.code == super::codes::LOCK_BEHIND).map(|one| one.what)
    }

    #[test]
    fn every_lockfile_is_held_against_its_manifest() {
        let uv = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask>=3\", \"rich\"]\n";
        let lock = |asked: &str, flask: &str| {
            let own = "version = 1\n[[package]]\nname = \"shop\"\nsource = { virtual = \".\" }\n";
            let text = format!(
                "{own}[package.metadata]\nrequires-dist = [{{ name = \"flask\" }}{asked}]\n\
                 [[package]]\nname = \"flask\"\nversion = \"{flask}\"\n[[package]]\nname = \"rich\"\nversion = \"13\"\n"
            );
            said(("pyproject.toml", uv), ("uv.lock", &text))
        };
        // `rich` is there because flask brings it, in this example.
        assert_eq!(lock("", "3.1").unwrap(), "uv.lock is out of sync with pyproject.toml: rich");
        assert!(lock(", { name = \"rich\" }", "2.3.3").unwrap().ends_with(": flask"));
        assert_eq!(lock(", { name = \"rich\" }", "3.1.0"), None);
        let own = |stated: &str, locked: &str| {
            let manifest = format!("[project]\nname = \"The_Shop\"\nversion = \"{stated}\"\n");
            let lock = format!(
                "version = 1\n[[package]]\nname = \"the-shop\"\nversion = \"{locked}\"\nsource = {{ virtual = \".\" }}\n\
                 [[package]]\nname = \"rich\"\nversion = \"13\"\n"
            );
            said(("pyproject.toml", &manifest), ("uv.lock", &lock))
        };
        assert!(own("2.0.dev0", "1.9").unwrap().ends_with("pyproject.toml: the-shop"));
        assert_eq!(own("2.0-beta", "2.0b0"), None);

        let poetry = "[tool.poetry]\nname = \"shop\"\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.12\"\nflask = \"^3.1\"\n";
        let held = "[[package]]\nname = \"flask\"\nversion = \"3.1.1\"\ngroups = [\"main\"]\n";
        let of = |more: &str| {
            said(("pyproject.toml", &format!("{poetry}{more}")), ("poetry.lock", held))
        };
        assert_eq!(of(""), None);
        assert!(of("rich = \"^13\"\n").unwrap().ends_with(": rich"));
        // It may be left out for this range of Pythons.
        assert_eq!(of("tomli = {version = \"^2\", markers = \"python_version < '3.11'\"}\n"), None);

        let pipfile = "[packages]\nflask = \"*\"\nrich = \"*\"\n";
        let lock = r#"{"_meta": {}, "default": {"flask": {"version": "==3.1.1"}}, "develop": {}}"#;
        assert!(said(("Pipfile", pipfile), ("Pipfile.lock", lock)).unwrap().ends_with(": rich"));
        let pdm = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask<3\"]\n[tool.pdm]\ndistribution = false\n";
        let held = "[[package]]\nname = \"flask\"\nversion = \"3.1.1\"\ngroups = [\"default\"]\n";
        assert!(said(("pyproject.toml", pdm), ("pdm.lock", held)).is_some());
    }
}
