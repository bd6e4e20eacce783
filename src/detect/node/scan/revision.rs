//! Libraries that read the repository's own history. The image and its build have no .git.

use anyhow::Result;

use super::super::App;
use super::Source;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;

/// The finding for a program, or a configuration of its build, that uses such a library.
pub(crate) fn revision(app: &App, sources: &[Source]) -> Result<Option<Finding>> {
    let readers: Vec<String> = app.catalog.table("git_readers")?;
    let mut evidence: Vec<Evidence> = Vec::new();
    for name in readers.iter().filter(|name| app.package.has(name)) {
        let note = format!("{name} reads the git repository");
        let at = |source: &Source| {
            let token = source.tokens.iter().find(|token| token.text() == Some(name));
            token.map(|token| source.at(token.at, &*note))
        };
        evidence.extend(sources.iter().filter_map(at));
        for (path, _) in app.dir.repo.children(&app.dir.path) {
            let file = path.file_name();
            let code = matches!(path.extension(), "js" | "mjs" | "cjs" | "ts" | "mts" | "cts");
            let configures = file.contains(".config.")
                || ["webpack.", "build.", "vite.", "next."]
                    .iter()
                    .any(|stem| file.starts_with(stem));
            if !code || !configures || sources.iter().any(|source| source.path == *path) {
                continue;
            }
            let Some(text) = app.dir.repo.source_text(path)? else { continue };
            let quoted = [format!("\"{name}\""), format!("'{name}'")];
            let says = |line: &str| quoted.iter().any(|quoted| line.contains(quoted.as_str()));
            let line = (1..).zip(text.lines()).find(|(_, line)| says(line));
            evidence.extend(line.map(|(number, _)| Evidence::at(path, number, &*note)));
        }
    }
    evidence.extend(last_updates(app)?);
    let Some(first) = evidence.first() else { return Ok(None) };
    let what = format!("{} reads the git repository", first.place());
    Ok(Some(Finding::new(FindingCode::GitRead, what, evidence)))
}

/// Settings of generators of documents that ask git when a page was changed last:
/// <https://vitepress.dev/reference/default-theme-last-updated>,
/// <https://docusaurus.io/docs/api/plugins/@docusaurus/plugin-content-docs>.
const LAST_UPDATES: [(&str, &str, &str); 3] = [
    ("vitepress", ".vitepress/config.", "lastUpdated: true"),
    ("@docusaurus/core", "docusaurus.config.", "showLastUpdateTime: true"),
    ("@docusaurus/core", "docusaurus.config.", "showLastUpdateAuthor: true"),
];

/// The places of such settings.
fn last_updates(app: &App) -> Result<Vec<Evidence>> {
    let mut found = Vec::new();
    for (package, stem, setting) in LAST_UPDATES {
        if !app.package.has(package) {
            continue;
        }
        let files = app.dir.repo.files_under(&app.dir.path);
        let configures = |path: &&RelPath| {
            path.as_str().rsplit_once(stem).is_some_and(|(_, rest)| !rest.contains('/'))
        };
        for path in files.filter(configures).take(MAX_FILES) {
            let Some(text) = app.dir.repo.source_text(path)? else { continue };
            let line = (1..).zip(text.lines()).find(|(_, line)| line.contains(setting));
            let note = format!("{package} asks git when a page was changed");
            found.extend(line.map(|(number, _)| Evidence::at(path, number, &*note)));
        }
    }
    Ok(found)
}

/// How many configurations are read.
const MAX_FILES: usize = 8;

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    #[test]
    fn a_library_that_reads_the_history_is_said() {
        let said = |manifest: &str, files: &[(&str, &str)]| {
            let mut all = vec![("package.json", manifest)];
            all.extend(files);
            let repo = Repo::from_files(all);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let (program, _) = program::all(&app).unwrap().programs.remove(0);
            let found = program.findings.into_iter().find(|f| f.code.as_str() == "git-read");
            found.map(|found| found.evidence[0].place())
        };
        let server = r#"{"dependencies": {"git-rev-sync": "3"}}"#;
        let asks = "const g = require('git-rev-sync'); http.createServer().listen(1)";
        let at = |place: &str| Some(place.to_owned());
        assert_eq!(said(server, &[("index.js", asks)]), at("index.js:1"));
        assert_eq!(said(server, &[("index.js", "http.createServer().listen(1)")]), None);
        let site = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6", "git-repo-info": "2"}}"#;
        let config = ("vite.config.js", "\nimport i from 'git-repo-info'");
        assert_eq!(said(site, &[("index.html", ""), config]), at("vite.config.js:2"));
        let docs = r#"{"scripts": {"docs:build": "vitepress build docs"}, "devDependencies": {"vitepress": "1"}}"#;
        let config = |text: &'static str| ("docs/.vitepress/config.mts", text);
        assert_eq!(
            said(docs, &[config("export default {\n  lastUpdated: true }")]),
            at("docs/.vitepress/config.mts:2")
        );
        assert_eq!(said(docs, &[config("export default { title: 'x' }")]), None);
    }
}
