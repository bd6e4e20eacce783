//! Packages that run elsewhere than in a container: in a window, in a browser, or as the functions
//! of a service.

use anyhow::Result;
use serde::Deserialize;

use super::App;
use super::codes;
use super::entry;
use super::scan::SERVERS;
use crate::facts::{Evidence, Finding};

/// What says that a package runs elsewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What the package is.
    name: String,
    /// The first word of its start script.
    #[serde(default)]
    command: String,
    /// A file beside its manifest, or below one of these folders.
    #[serde(default)]
    file: Vec<String>,
    /// A text in that file.
    #[serde(default)]
    text: Vec<String>,
    /// A key of its manifest.
    #[serde(default)]
    key: String,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

/// What the package is, and where it says so. A package with a server of its own is none of these.
pub(super) fn kind(app: &App) -> Result<Option<(String, Evidence)>> {
    let rows: Vec<Row> = app.catalog.table("elsewhere")?;
    let start = entry::SCRIPTS.iter().find_map(|name| Some((name, app.package.script(name)?)));
    for row in rows {
        if !row.command.is_empty() {
            let Some((name, text)) = start else { continue };
            let words = crate::shell::parse(text).commands.into_iter().next_back();
            let mut words = words.map(|command| command.argv).unwrap_or_default().into_iter();
            let first = words.find(|word| word != "npx" && !word.contains('='));
            if first.as_deref() == Some(row.command.as_str()) {
                let note = format!("the script {name} is `{text}`");
                return Ok(Some((row.name, app.package.at(&["scripts", name], note))));
            }
            continue;
        }
        let serves = SERVERS.iter().any(|name| app.package.has(name));
        if serves || start.is_some() {
            continue;
        }
        if !row.key.is_empty() {
            if app.package.get(&[&row.key]).is_some() {
                let note = format!("package.json has the key {}", row.key);
                return Ok(Some((row.name, app.package.at(&[&row.key], note))));
            }
            continue;
        }
        for file in &row.file {
            let Some((path, text)) = app.dir.text(file)? else { continue };
            if row.text.iter().all(|part| text.contains(part.as_str())) {
                let note = format!("{} says so", path.file_name());
                return Ok(Some((row.name, Evidence::file(&path, note))));
            }
        }
    }
    Ok(None)
}

/// Reports such a package.
pub(super) fn finding(app: &App) -> Result<Option<Finding>> {
    let Some((name, evidence)) = kind(app)? else { return Ok(None) };
    let what = format!("the package is {name}, which does not run in a container");
    Ok(Some(Finding::new(codes::RUNS_ELSEWHERE, what, [evidence])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn said(manifest: &str, more: &[(&str, &str)]) -> bool {
        let mut files = vec![("package.json", manifest)];
        files.extend(more);
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        finding(&app).unwrap().is_some()
    }

    #[test]
    fn what_runs_elsewhere_is_said() {
        for start in
            ["electron .", "wrangler dev", "serverless offline", "npx electron-forge start"]
        {
            assert!(said(&format!(r#"{{"scripts": {{"start": "{start}"}}}}"#), &[]), "{start}");
        }
        let action = [("action.yml", "runs:\n  using: node20\n  main: dist/index.js\n")];
        assert!(said(r#"{"main": "dist/index.js"}"#, &action));
        let web = [("public/manifest.json", r#"{"manifest_version": 3}"#)];
        assert!(said(r#"{"scripts": {"build": "vite build"}}"#, &web));
        assert!(said(r#"{"directus:extension": {"type": "hook"}}"#, &[]));
        assert!(!said(r#"{"scripts": {"start": "node a.js"}}"#, &action));
        assert!(!said(r#"{"dependencies": {"express": "4"}}"#, &web));
        assert!(!said("{}", &[("public/manifest.json", r#"{"name": "x"}"#)]));
    }
}
