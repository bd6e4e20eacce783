//! Applications of an Nx repository with a single package.json: each has a project.json, and `nx
//! build NAME` builds it (<https://nx.dev/reference/project-configuration>).

use anyhow::Result;
use serde_json::Value;

use super::App;
use super::launch::{Launch, Layout};
use super::nest::Project;
use super::static_site;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{line_of, parse_json5};

/// How many projects are read.
const MAX_PROJECTS: usize = 64;

/// Executors that bundle or compile a server.
const SERVERS: [&str; 5] =
    ["/webpack:webpack", "/esbuild:esbuild", "/node:webpack", "/node:build", "/rspack:rspack"];

/// Executors that build pages.
const PAGES: [&str; 6] = [
    "/vite:build",
    "/web:webpack",
    "/angular:application",
    "/angular:webpack-browser",
    "build-angular:browser",
    "build-angular:application",
];

/// The applications that the repository's own targets build: servers before pages, and the default
/// project first among each.
pub(super) fn projects(app: &App) -> Result<Vec<Project>> {
    let Some((path, text)) = app.dir.text("nx.json")? else { return Ok(Vec::new()) };
    let nx: Value = parse_json5(&path, &text)?;
    let default = nx.get("defaultProject").and_then(Value::as_str).unwrap_or_default();
    let files = app.dir.repo.files_under(&app.dir.path);
    let files = files.filter(|path| path.file_name() == "project.json");
    let mut found = Vec::new();
    for path in files.take(MAX_PROJECTS) {
        let folder = path.parent().unwrap_or_default();
        let own = folder.join("package.json").is_some_and(|path| app.dir.repo.is_file(&path));
        if !own {
            found.extend(project(app, path)?);
        }
    }
    let site = |project: &Project| project.launch.layout == Layout::Site;
    found.sort_by_key(|project| (site(project), project.name != default));
    Ok(found)
}

fn project(app: &App, path: &RelPath) -> Result<Option<Project>> {
    let Some(text) = app.dir.repo.text(path)? else { return Ok(None) };
    let json: Value = parse_json5(path, &text)?;
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let kind = word(&json, "projectType");
    let Some(name) = word(&json, "name").filter(|_| kind.as_deref() == Some("application")) else {
        return Ok(None);
    };
    let Some(build) = json.get("targets").and_then(|targets| targets.get("build")) else {
        return Ok(None);
    };
    let executor = word(build, "executor").unwrap_or_default();
    let options = build.get("options").cloned().unwrap_or_default();
    let Some(folder) = word(&options, "outputPath").and_then(|path| RelPath::new(&path)) else {
        return Ok(None);
    };
    let ends = |all: &[&str]| all.iter().any(|ending| executor.ends_with(ending));
    let web = word(&options, "target").as_deref() == Some("web");
    let main = word(&options, "main");
    let build = Some(vec!["nx".to_owned(), "build".to_owned(), name.clone()]);
    let launch = match main {
        Some(main) if ends(&SERVERS) && !web => {
            let file = word(&options, "outputFileName").unwrap_or_else(|| "main.js".to_owned());
            Launch {
                file: format!("{folder}/{file}"),
                layout: Layout::Output,
                outputs: vec![folder.as_str().to_owned()],
                source: RelPath::new(&main).map(|path| path.as_str().to_owned()),
                build,
                ..Launch::default()
            }
        }
        // webpack builds pages too if its target is `web`.
        _ if ends(&PAGES) || ends(&SERVERS) && web => {
            // Angular's application builder puts the pages into a folder of their own.
            let inside = if executor.ends_with(":application") { "/browser" } else { "" };
            Launch {
                layout: Layout::Site,
                site: Some(format!("{folder}{inside}")),
                fallback: Some(static_site::INDEX.to_owned()),
                build,
                ..Launch::default()
            }
        }
        _ => return Ok(None),
    };
    let line = line_of(&text, "\"outputPath\"").unwrap_or(1);
    let evidence = Evidence::at(path, line, format!("`nx build {name}` writes {folder}"));
    Ok(Some(Project { name, launch, evidence }))
}

#[cfg(test)]
mod tests {
    use super::super::{App, program};
    use crate::repo::Repo;

    #[test]
    fn each_project_of_one_package_is_a_program() {
        let project = |name: &str, executor: &str, more: &str| {
            format!(
                r#"{{"name": "{name}", "projectType": "application", "targets": {{"build": {{"executor": "{executor}",
                "options": {{"outputPath": "dist/apps/{name}"{more}}}}}}}}}"#
            )
        };
        let api = project("api", "@nx/webpack:webpack", r#", "main": "apps/api/src/main.ts""#);
        let web = project("web", "@nx/vite:build", "");
        let repo = Repo::from_files([
            (
                "package.json",
                r#"{"scripts": {"start": "nx serve", "build": "nx build"}, "dependencies": {"@nestjs/core": "11"}, "devDependencies": {"nx": "20"}}"#,
            ),
            ("nx.json", "{}"),
            ("apps/web/project.json", &web),
            ("apps/api/project.json", &api),
            ("apps/api/src/main.ts", "app.listen(3333)"),
        ]);
        let found = program::all(&App::read(&repo.root()).unwrap().unwrap()).unwrap();
        let shown: Vec<String> = found
            .programs
            .iter()
            .map(|(program, launch)| {
                let folder = launch.site.as_ref().unwrap_or(&launch.file);
                format!("{} {folder} {:?}", program.name, program.port.as_ref().map(|p| p.value))
            })
            .collect();
        assert_eq!(shown, ["api dist/apps/api/main.js Some(3333)", "web dist/apps/web Some(8080)"]);
        assert_eq!(found.programs[0].1.build.as_ref().unwrap().join(" "), "nx build api");
        assert!(
            found.programs[0].0.findings.iter().any(|f| f.code.as_str() == "several-applications")
        );
    }
}
