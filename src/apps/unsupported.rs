//! Languages that dockgen recognises and does not support, so that it can say so.

use std::sync::OnceLock;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog::parsed;
use crate::detect::LANGUAGES;
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// How many of a repository's files an error names.
const NAMED: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "as_of")]
    _as_of: String,
    #[serde(rename = "source")]
    _source: String,
    language: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    /// Names of manifests, or `*` and an ending.
    files: Vec<String>,
    /// Files that say that everything in their folder is written in the language.
    owns: Vec<String>,
}

impl Row {
    /// True if dockgen supports the language by now, so that the row no longer applies.
    fn is_supported(&self) -> bool {
        let marks = |file: &String| {
            LANGUAGES.iter().any(|language| language.markers.contains(&file.as_str()))
        };
        self.files.iter().any(marks)
    }
}

fn matches(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_prefix('*') {
        Some(ending) => name.len() > ending.len() && name.ends_with(ending),
        None => pattern == name,
    })
}

/// The rows, parsed once: a monorepo asks for each of its applications.
fn rows() -> Result<&'static [Row]> {
    static READ: OnceLock<Vec<Row>> = OnceLock::new();
    if let Some(rows) = READ.get() {
        return Ok(rows);
    }
    let table: Table = parsed("unsupported.toml")?;
    let rows = table.language.into_iter().filter(|row| !row.is_supported()).collect();
    Ok(READ.get_or_init(|| rows))
}

/// The manifests of unsupported languages below a folder, at most a few, one for each language, with
/// the language's name.
pub(super) fn found(repo: &Repo, start: &RelPath) -> Result<Vec<(RelPath, String)>> {
    let mut rows: Vec<&Row> = rows()?.iter().collect();
    let mut found = Vec::new();
    for path in repo.files_under(start) {
        let Some(at) = rows.iter().position(|row| matches(&row.files, path.file_name())) else {
            continue;
        };
        found.push((path.clone(), rows.remove(at).name.clone()));
        if found.len() == NAMED {
            break;
        }
    }
    Ok(found)
}

/// The file that says that the application in `folder` is written in an unsupported language, with
/// the language's name.
pub(super) fn owner(repo: &Repo, folder: &RelPath) -> Result<Option<(RelPath, String)>> {
    let rows = rows()?;
    let here = repo.children(folder).filter(|(_, entry)| *entry == Entry::File);
    for (path, _) in here {
        if let Some(row) = rows.iter().find(|row| matches(&row.owns, path.file_name())) {
            return Ok(Some((path.clone(), row.name.clone())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_recognised_by_their_files() {
        let repo = Repo::from_files([
            ("src/Shop/Shop.csproj", ""),
            ("src/Shop/Shop.sln", ""),
            ("web/composer.json", ""),
            ("web/artisan", ""),
            ("csproj", ""),
        ]);
        let found: Vec<(String, String)> = found(&repo, &RelPath::root())
            .unwrap()
            .into_iter()
            .map(|(path, name)| (path.to_string(), name))
            .collect();
        let pair = |path: &str, name: &str| (path.to_owned(), name.to_owned());
        assert_eq!(
            found,
            [
                pair("src/Shop/Shop.csproj", "C#, F# or Visual Basic on .NET"),
                pair("web/composer.json", "PHP"),
            ]
        );
        let at = |folder: &str| owner(&repo, &RelPath::new(folder).unwrap()).unwrap();
        assert_eq!(at("web").unwrap().1, "PHP");
        assert!(at("src").is_none() && at("").is_none());
    }
}
