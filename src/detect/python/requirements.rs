//! requirements files of pip: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::requirement::{Requirement, is_name, normal};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

/// Files that one may include, itself among them.
const MAX_FILES: usize = 64;

/// The files that say what an application needs in production, likeliest first.
const NAMES: [&str; 16] = [
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-production.txt",
    "requirements-prod.txt",
    "requirements_prod.txt",
    "requirements.prod.txt",
    "requirements.txt",
    "requirements.lock",
    "requirements/requirements.txt",
    "requirements/base.txt",
    "requirements/main.txt",
    "requirements/common.txt",
    "requirements/default.txt",
    "requirements/core.txt",
    "requirements-base.txt",
    "requirements/server.txt",
];

/// What stands for every package in `--no-binary`.
pub(super) const EVERY: &str = ":all:";

/// A line that installs a folder of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Local {
    /// The line, as it stands in its file.
    pub(super) text: String,
    /// The file that holds it.
    pub(super) file: RelPath,
    /// The folder, with its extras cut off.
    pub(super) way: String,
    pub(super) evidence: Evidence,
}

/// A requirements file with all that it includes.
#[derive(Debug, Default)]
pub(super) struct Requirements {
    /// The file that pip is told.
    pub(super) path: RelPath,
    /// Every file that pip reads.
    pub(super) files: Vec<RelPath>,
    pub(super) listed: Vec<(RelPath, Requirement)>,
    pub(super) local: Vec<Local>,
    /// Lines have hashes.
    pub(super) hashes: bool,
    /// The first line that pip fetches and that has none.
    pub(super) unhashed: Option<Evidence>,
    /// What `--no-binary` names: packages that are compiled although they have wheels.
    pub(super) from_source: BTreeSet<String>,
    /// The versions that constraints state, by name.
    constraints: BTreeMap<String, String>,
    /// Constraints have hashes, which hold for what another line names.
    pub(super) hashed_elsewhere: bool,
    /// The first index that pip is told in place of `PyPI`.
    pub(super) index: Option<String>,
    /// Addresses of indexes, and options such as `--find-links`.
    pub(super) indexes: Vec<(String, Evidence)>,
    /// Folders of files to install from.
    pub(super) links: Vec<RelPath>,
    /// Files that are included and do not exist.
    pub(super) missing: Vec<(String, Evidence)>,
}

/// The requirements file of an application, if it has one.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn read(dir: &Dir) -> Result<Option<Requirements>> {
    let Some(path) = NAMES.iter().find(|name| dir.has(name)).and_then(|name| dir.join(name)) else {
        return Ok(None);
    };
    read_file(dir.repo, &path).map(Some)
}

/// As [`read`], for a file that something else names.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn read_file(repo: &Repo, path: &RelPath) -> Result<Requirements> {
    let mut all = Requirements { path: path.clone(), ..Requirements::default() };
    let mut seen = BTreeSet::new();
    let mut open = vec![(path.clone(), true, None)];
    while let Some((path, installs, by)) = open.pop() {
        if seen.len() >= MAX_FILES || !seen.insert(path.clone()) {
            continue;
        }
        let Some(text) = repo.text(&path)? else {
            all.missing.extend(by.map(|evidence| (path.to_string(), evidence)));
            continue;
        };
        all.files.push(path.clone());
        let mut included = Vec::new();
        for (line, text) in logical(&text) {
            all.line(repo, &path, line, &text, installs, &mut included);
        }
        open.extend(included.into_iter().rev());
    }
    // A constraint is the version of what another line names.
    for (_, one) in all.listed.iter_mut().filter(|(_, one)| one.versions.is_empty()) {
        if let (None, Some(versions)) = (&one.url, all.constraints.get(&one.name)) {
            one.versions.clone_from(versions);
        }
    }
    Ok(all)
}

type Included = (RelPath, bool, Option<Evidence>);

impl Requirements {
    fn line(
        &mut self,
        repo: &Repo,
        file: &RelPath,
        line: u32,
        text: &str,
        installs: bool,
        included: &mut Vec<Included>,
    ) {
        let folder = file.parent().unwrap_or_default();
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        let (option, value) = match first.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, value),
            _ if first.len() > 2 && first.starts_with('-') && !first.starts_with("--") => {
                first.split_at(2)
            }
            _ => (first, words.next().unwrap_or_default()),
        };
        let here = |note: String| Evidence::at(file, line, note);
        match option {
            "-r" | "--requirement" | "-c" | "--constraint" => {
                let constraint = option.ends_with('c') || option.ends_with("constraint");
                let evidence = here(format!("includes {value}"));
                match folder.join(value) {
                    Some(path) => included.push((path, installs && !constraint, Some(evidence))),
                    None => self.missing.push((value.to_owned(), evidence)),
                }
            }
            "-i" | "--index-url" | "--extra-index-url" => {
                if option != "--extra-index-url" {
                    self.index.get_or_insert_with(|| value.to_owned());
                }
                self.indexes.push((value.to_owned(), here(format!("{option} of pip"))));
            }
            "-f" | "--find-links" => {
                if let Some(path) = folder.join(value).filter(|path| repo.is_dir(path)) {
                    self.links.push(path);
                } else if value.contains("://") {
                    self.indexes.push((value.to_owned(), here("--find-links of pip".to_owned())));
                }
            }
            "--no-binary" if installs => {
                self.from_source.extend(value.split(',').map(compiled_name));
            }
            "-e" | "--editable" if installs => self.source(file, line, text, value),
            _ if first.starts_with('-') => {}
            _ if !installs => {
                self.hashed_elsewhere |= text.contains("--hash=");
                let plain = text.split(" --").next().unwrap_or_default();
                if let Some(one) = Requirement::parse(plain, line).filter(|one| !one.conditional) {
                    self.constraints.entry(one.name).or_insert(one.versions);
                }
            }
            _ => self.source(file, line, text, text),
        }
    }

    /// A package by name, by address or by folder.
    fn source(&mut self, file: &RelPath, line: u32, whole: &str, text: &str) {
        let hashed = whole.contains("--hash=");
        self.hashes |= hashed;
        let text = text.split(" --").next().unwrap_or_default().trim();
        if !hashed && self.unhashed.is_none() && !is_local(text) {
            self.unhashed = Some(Evidence::at(file, line, "a line without `--hash`"));
        }
        if let Some(requirement) = Requirement::parse(text, line)
            && !is_local(text)
        {
            self.listed.push((file.clone(), requirement));
            return;
        }
        let text = text.split(" ;").next().unwrap_or_default().trim();
        if text.contains("://") && !text.starts_with("file:") {
            let requirement = Requirement {
                name: name_of(text),
                url: Some(text.to_owned()),
                line,
                ..Requirement::default()
            };
            if is_name(&requirement.name) {
                self.listed.push((file.clone(), requirement));
            }
            return;
        }
        if is_local(text) {
            let way = text.split('[').next().unwrap_or_default();
            self.local.push(Local {
                text: whole.to_owned(),
                file: file.clone(),
                way: way.trim_start_matches("file:").to_owned(),
                evidence: Evidence::at(file, line, "a folder of the repository"),
            });
        }
    }
}

/// A name of `--no-binary`, where `:all:` means every package.
fn compiled_name(text: &str) -> String {
    if text.trim() == EVERY { EVERY.to_owned() } else { normal(text) }
}

fn is_local(text: &str) -> bool {
    text.starts_with(['.', '/']) || text.starts_with("file:") || {
        let path = text.split(['[', ';', ' ']).next().unwrap_or_default();
        path.contains('/') && !path.contains("://") && !text.contains('@')
    }
}

/// The name of what an address installs: `#egg=`, else the last part of its path.
fn name_of(url: &str) -> String {
    let named = url.split_once("egg=").map(|(_, name)| name.split(['&', '[']).next().unwrap_or(""));
    let path = url.split('#').next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let last = last.split('@').next().unwrap_or_default();
    let last = last.strip_suffix(".git").unwrap_or(last);
    let versioned = last
        .match_indices('-')
        .find(|(at, _)| last[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    normal(named.unwrap_or_else(|| versioned.map_or(last, |(at, _)| &last[..at])))
}

/// The lines without comments, those that end in a backslash joined, with their numbers.
fn logical(text: &str) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for (number, raw) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = match raw.find(" #") {
            Some(at) => &raw[..at],
            None => raw,
        };
        let line = line.trim();
        let (line, continues) = match line.strip_suffix('\\') {
            Some(rest) => (rest.trim_end(), true),
            None => (line, false),
        };
        if line.starts_with('#') {
            continue;
        }
        match all.last_mut().filter(|_| open) {
            Some((_, held)) => {
                held.push(' ');
                held.push_str(line);
            }
            None if !line.is_empty() => all.push((number, line.to_owned())),
            None => {}
        }
        open = continues;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Requirements {
        let repo = Repo::from_files(files.iter().copied());
        read(&repo.root()).unwrap().unwrap()
    }

    #[test]
    fn lines_of_every_form() {
        let text = "\u{feff}# base\n-r base.txt\n-c limits.txt\n--extra-index-url https://pypi.example.com/simple\n\
            Flask==3.0.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\
            -e .\n./libs/money[fast]\n-e git+https://example.com/acme/tool.git@v1#egg=acme_tool\n\
            git+ssh://git@example.com/acme/other.git\nhttps://example.com/x/wheel-1.0-py3-none-any.whl # why\n";
        let found = of(&[
            ("requirements.txt", text),
            ("base.txt", "gunicorn\n"),
            ("limits.txt", "gunicorn<23\n-r more.txt\n"),
        ]);
        let names: Vec<&str> = found.listed.iter().map(|(_, r)| r.name.as_str()).collect();
        assert_eq!(names, ["flask", "acme-tool", "other", "wheel", "gunicorn"]);
        assert_eq!(found.listed[0].1.line, 5);
        assert!(found.hashes);
        let local: Vec<&str> = found.local.iter().map(|local| local.way.as_str()).collect();
        assert_eq!(local, [".", "./libs/money"]);
        let files: Vec<&str> = found.files.iter().map(RelPath::as_str).collect();
        assert_eq!(files, ["requirements.txt", "base.txt", "limits.txt"]);
        assert_eq!(found.missing[0].0, "more.txt");
        assert_eq!(found.indexes[0].0, "https://pypi.example.com/simple");
    }

    #[test]
    fn the_file_of_production_comes_first() {
        let found = of(&[
            ("requirements.txt", "flask\n"),
            ("requirements/production.txt", "-r ../requirements.txt\ngunicorn\n"),
        ]);
        assert_eq!(found.path.as_str(), "requirements/production.txt");
        assert_eq!(found.listed.len(), 2);
    }

    #[test]
    fn a_circle_of_files_ends() {
        assert_eq!(
            of(&[("requirements.txt", "-r requirements.txt\n-r ./requirements.txt\n")]).files.len(),
            1
        );
    }
}
