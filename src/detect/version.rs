//! Versions that version managers pin, for all languages: in mise's files, then in asdf's
//! `.tool-versions`; in the application's folder, then in each folder above it
//! (<https://mise.jdx.dev/configuration.html>).

use anyhow::Result;

use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;
use crate::repo::{Dir, line_of, parse_toml};

/// mise's files, strongest first.
const MISE: [&str; 5] =
    ["mise.toml", ".mise.toml", "mise/config.toml", ".mise/config.toml", ".config/mise.toml"];

/// The version that a version manager pins for a tool with one of these `names`, nearest folder
/// first.
///
/// # Errors
/// If a file is invalid. The error names the file and the line.
pub fn pinned(dir: &Dir, names: &[&str]) -> Result<Option<Sourced<String>>> {
    let mut found: Option<Sourced<String>> = None;
    for folder in dir.upwards() {
        for (value, evidence) in in_folder(&folder, names)? {
            match &mut found {
                None => found = Some(Sourced::new(value, evidence)),
                Some(first) if first.value != value => {
                    let place = evidence.place();
                    *first = first
                        .clone()
                        .rejecting(value, format!("{place} is weaker: further up, or read later"));
                }
                Some(_) => {}
            }
        }
    }
    Ok(found)
}

fn in_folder(dir: &Dir, names: &[&str]) -> Result<Vec<(String, Evidence)>> {
    let mut found = Vec::new();
    for file in MISE {
        let Some((path, text)) = dir.text(file)? else { continue };
        let table: toml::Table = parse_toml(&path, &text)?;
        let Some(tools) = table.get("tools").and_then(toml::Value::as_table) else { continue };
        for (key, value) in tools {
            if is_named(key, names)
                && let Some(version) = mise_version(value)
            {
                let at = line_of(&text, &format!("\n{key}")).map(|line| line + 1);
                let at = at.or_else(|| line_of(&text, key)).unwrap_or(1);
                found.push((version, Evidence::at(&path, at, format!("mise pins {key}"))));
            }
        }
    }
    if let Some((path, text)) = dir.text(".tool-versions")? {
        found.extend(tool_versions(&path, &text, names));
    }
    Ok(found)
}

fn tool_versions(path: &RelPath, text: &str, names: &[&str]) -> Option<(String, Evidence)> {
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        // Further versions on a line are fallbacks: https://asdf-vm.com/manage/configuration.html
        if let (Some(tool), Some(version)) = (words.next(), words.next())
            && is_named(tool, names)
            && is_release(version)
        {
            return Some((
                version.to_owned(),
                Evidence::at(path, number, format!("asdf pins {tool}")),
            ));
        }
    }
    None
}

/// mise allows a tool's name to include its backend: `core:node`.
fn is_named(key: &str, names: &[&str]) -> bool {
    names.contains(&key.strip_prefix("core:").unwrap_or(key))
}

/// `"22"`, `["22", "20"]` or `{ version = "22" }`. Anything that is not a release (`system`,
/// `path:`, `ref:`) is ignored.
fn mise_version(value: &toml::Value) -> Option<String> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Float(number) => number.to_string(),
        toml::Value::Array(several) => return several.first().and_then(mise_version),
        toml::Value::Table(table) => return table.get("version").and_then(mise_version),
        _ => return None,
    };
    let text = text.strip_prefix("prefix:").unwrap_or(&text);
    is_release(text).then(|| text.to_owned())
}

fn is_release(version: &str) -> bool {
    version != "system" && !version.contains(':') && !version.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn node(files: &[(&str, &str)], dir: &str) -> Option<Sourced<String>> {
        let repo = Repo::from_files(files.iter().copied());
        pinned(&Dir::new(&repo, RelPath::new(dir).unwrap()), &["node", "nodejs"]).unwrap()
    }

    #[test]
    fn reads_asdf_and_mise() {
        let found =
            node(&[(".tool-versions", "# x\ngo 1.2\nnodejs 22.1.0 20.0.0 # y\n")], "").unwrap();
        assert_eq!(found.value, "22.1.0");
        assert_eq!(found.evidence[0].place(), ".tool-versions:3");
        let found =
            node(&[("mise.toml", "[tools]\ngo = \"1\"\nnode = [\"24\", \"22\"]\n")], "").unwrap();
        assert_eq!(
            (found.value.as_str(), found.evidence[0].place().as_str()),
            ("24", "mise.toml:3")
        );
        assert_eq!(
            node(&[(".mise.toml", "[tools]\n\"core:node\" = { version = \"lts\" }")], "")
                .unwrap()
                .value,
            "lts"
        );
        assert_eq!(node(&[(".tool-versions", "nodejs system")], ""), None);
    }

    #[test]
    fn the_nearest_folder_wins_and_the_loser_is_named() {
        let files = [("app/.tool-versions", "nodejs 22"), ("mise.toml", "[tools]\nnode = \"24\"")];
        let found = node(&files, "app").unwrap();
        assert_eq!(found.value, "22");
        assert_eq!(found.rejected[0].value, "24");
    }

    #[test]
    fn a_broken_file_is_an_error_with_its_line() {
        let repo = Repo::from_files([("mise.toml", "[tools]\nnode = ")]);
        let error = pinned(&repo.root(), &["node"]).unwrap_err().to_string();
        assert!(error.starts_with("mise.toml:2"), "{error}");
    }
}
