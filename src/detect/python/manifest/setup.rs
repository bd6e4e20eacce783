//! setup.cfg, and what a setup.py states in plain words.

use anyhow::Result;

use super::{Project, Script};
use crate::detect::python::requirement::Requirement;
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;
use crate::repo::{Dir, line_at};

/// Adds what the older manifests of a folder say. True if there is one that describes a project.
///
/// # Errors
/// If one cannot be read.
pub(super) fn read(dir: &Dir, project: &mut Project) -> Result<bool> {
    let mut found = false;
    if let Some((path, text)) = dir.text("setup.cfg")? {
        // Linters keep their settings in files of the same name.
        found |= cfg(&path, &text, project);
    }
    // A module of a program can have that name too.
    if let Some((path, text)) = dir.text("setup.py")?
        && text.contains("setup(")
    {
        script(&path, &text, project);
        found = true;
    }
    if found && project.path.is_root() {
        let mut names = ["setup.cfg", "setup.py"].into_iter().filter(|name| dir.has(name));
        project.path = names.next_back().and_then(|name| dir.join(name)).unwrap_or_default();
    }
    Ok(found)
}

fn name(project: &mut Project, text: &str, evidence: Evidence) {
    if project.name.is_none() && !text.is_empty() {
        project.name = Some(Sourced::new(text.to_owned(), evidence));
    }
}

fn python(project: &mut Project, range: &str, evidence: Evidence) {
    if project.python.is_empty() && !range.is_empty() {
        project.python.push(Sourced::new(range.to_owned(), evidence));
    }
}

fn entry(project: &mut Project, path: &RelPath, line: u32, text: &str) {
    let Some((name, target)) = text.split_once('=') else { return };
    let (name, target) = (name.trim().to_owned(), target.trim().to_owned());
    let held = project.scripts.iter().any(|script| script.name == name);
    if !held && target.contains(':') && !name.is_empty() {
        let evidence = Evidence::at(path, line, format!("the command {name}"));
        project.scripts.push(Script { name, target, evidence });
    }
}

/// INI with values over several lines, each indented.
fn cfg(path: &RelPath, text: &str, project: &mut Project) -> bool {
    let (mut section, mut key) = (String::new(), String::new());
    let mut found = false;
    for (line, raw) in (1..).zip(text.lines()) {
        let value = raw.trim();
        if value.is_empty() || value.starts_with(['#', ';']) {
            continue;
        }
        let indented = raw.starts_with([' ', '\t']);
        let value = if indented {
            value
        } else if let Some(name) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.trim().clone_into(&mut section);
            key.clear();
            continue;
        } else if let Some((name, rest)) = value.split_once(['=', ':']) {
            name.trim().clone_into(&mut key);
            rest.trim()
        } else {
            continue;
        };
        let evidence = || Evidence::at(path, line, format!("{section}.{key}"));
        match (section.as_str(), key.as_str()) {
            ("metadata", "name") => {
                name(project, value, evidence());
                found = true;
            }
            ("options", "python_requires") => python(project, value, evidence()),
            ("options", "install_requires") if value.starts_with("file:") => {
                let mut files = value.trim_start_matches("file:").split(',').map(str::trim);
                if let (Some(file), None) = (files.next(), files.next()) {
                    project.dynamic_file = RelPath::new(file);
                }
            }
            ("options", "install_requires") => {
                let one = Requirement::parse(value, line).map(|one| (path.clone(), one));
                project.dependencies.extend(one);
            }
            ("options.entry_points", "console_scripts") => entry(project, path, line, value),
            _ => {}
        }
    }
    project.builds |= found;
    found
}

/// The literals of a call of `setup`.
fn script(path: &RelPath, text: &str, project: &mut Project) {
    project.builds = true;
    for (key, rank) in [("name", 0), ("python_requires", 1)] {
        let Some((at, value)) = argument(text, key) else { continue };
        let Some((literal, _)) = literal(value) else { continue };
        let evidence = Evidence::at(path, line_at(text, at).unwrap_or(1), key);
        if rank == 0 {
            name(project, literal, evidence);
        } else {
            python(project, literal, evidence);
        }
    }
    let line = |at: usize| line_at(text, at).unwrap_or(1);
    if let Some((at, value)) = argument(text, "install_requires") {
        match list(value) {
            Some(items) => {
                for (offset, item) in items {
                    let whole = text.len() - value.len() + offset;
                    let one = Requirement::parse(item, line(whole));
                    project.dependencies.extend(one.map(|one| (path.clone(), one)));
                }
            }
            None if project.dependencies.is_empty() && project.dynamic_file.is_none() => {
                project.dynamic =
                    Some(Evidence::at(path, line(at), "code makes the list of dependencies"));
            }
            None => {}
        }
    }
    if let Some(at) = text.find("console_scripts") {
        let rest = &text[at..];
        // `entry_points="""[console_scripts]` is text of the form that packages hold it in.
        if let Some(lines) = rest.strip_prefix("console_scripts]") {
            let lines = lines.split(['"', '\'']).next().unwrap_or_default();
            for (number, one) in (line(at)..).zip(lines.lines()) {
                if one.trim_start().starts_with('[') {
                    break;
                }
                entry(project, path, number, one.trim());
            }
        } else if let Some(open) = rest.find('[')
            && let Some(items) = list(&rest[open..])
        {
            for (offset, item) in items {
                entry(project, path, line(at + open + offset), item);
            }
        }
    }
}

/// The text behind `key =`.
fn argument<'t>(text: &'t str, key: &str) -> Option<(usize, &'t str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find(key) {
        let at = from + found;
        let whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = text[at + key.len()..].trim_start();
        if let Some(value) = rest.strip_prefix('=').filter(|value| whole && !value.starts_with('='))
        {
            return Some((at, value.trim_start()));
        }
        from = at + key.len();
    }
    None
}

/// A plain string at the beginning of `text`, and how long it is with its quotes.
fn literal(text: &str) -> Option<(&str, usize)> {
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let end = text[1..].find(quote)?;
    let inside = &text[1..=end];
    (!inside.contains(['\\', '\n'])).then_some((inside, end + 2))
}

/// The strings of a list at the beginning of `text`, with their offsets; `None` if it holds
/// anything else.
fn list(text: &str) -> Option<Vec<(usize, &str)>> {
    let mut items = Vec::new();
    let mut at = text.strip_prefix('[').map(|_| 1)?;
    loop {
        let rest = &text[at..];
        let skipped = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        at += rest.len() - skipped.len();
        if skipped.starts_with(']') {
            return Some(items);
        }
        if skipped.starts_with('#') {
            at += skipped.find('\n')?;
            continue;
        }
        let (item, length) = literal(skipped)?;
        items.push((at, item));
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::python::manifest;
    use crate::repo::Repo;

    fn of(files: &[(&str, &str)]) -> Project {
        let repo = Repo::from_files(files.iter().copied());
        manifest::read(&repo.root()).unwrap().unwrap()
    }

    #[test]
    fn literals_of_a_setup_script() {
        let project = of(&[(
            "setup.py",
            "from setuptools import setup\nsetup(\n  name='shop',\n  python_requires='>=3.9',\n  install_requires=[\n    'flask>=2', # web\n    \"gunicorn\",\n  ],\n  entry_points={'console_scripts': ['shop = shop.main:run']},\n)\n",
        )]);
        assert_eq!(project.name.unwrap().value, "shop");
        let lines: Vec<u32> = project.dependencies.iter().map(|(_, one)| one.line).collect();
        assert_eq!(lines, [6, 7]);
        assert_eq!(project.scripts[0].evidence.place(), "setup.py:9");
        assert!(project.builds && project.dynamic.is_none());
        let project = of(&[("setup.py", "setup(name=NAME, install_requires=read('r.txt'))")]);
        assert!(project.name.is_none() && project.dynamic.is_some());
    }

    #[test]
    fn setup_cfg_has_values_over_lines() {
        let project = of(&[(
            "setup.cfg",
            "[metadata]\nname = shop\n[options]\npython_requires = >=3.10\ninstall_requires =\n    flask\n    gunicorn>=22\n[options.entry_points]\nconsole_scripts =\n    shop = shop.main:run\n",
        )]);
        assert_eq!(project.dependencies.len(), 2);
        assert_eq!(project.scripts[0].name, "shop");
        assert_eq!(project.python[0].value, ">=3.10");
        let repo = Repo::from_files([("setup.cfg", "[flake8]\nmax-line-length = 100\n")]);
        assert!(manifest::read(&repo.root()).unwrap().is_none());
        let repo = Repo::from_files([("setup.py", "def prepare():\n    pass\n")]);
        assert!(manifest::read(&repo.root()).unwrap().is_none());
    }
}
