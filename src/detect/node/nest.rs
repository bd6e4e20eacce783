//! Nest's applications: that of a single package, and those of a Nest monorepo, in which one
//! package.json has several (<https://docs.nestjs.com/cli/monorepo#cli-properties>).

use anyhow::Result;
use serde_json::Value;

use super::App;
use super::launch::{Launch, Layout};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::{line_of, parse_json5};

/// One of several applications of a package.
pub(super) struct Project {
    pub(super) name: String,
    pub(super) launch: Launch,
    pub(super) evidence: Evidence,
}

/// The launch of the application that `nest build` builds.
pub(super) fn application(app: &App) -> Result<Launch> {
    let Some((_, json, _)) = file(app)? else { return launch(app, &Value::Null) };
    launch(app, &json)
}

/// The applications among the projects, sorted by name; none outside a monorepo.
pub(super) fn projects(app: &App) -> Result<Vec<Project>> {
    let Some((path, json, text)) = file(app)? else { return Ok(Vec::new()) };
    let projects = json.get("projects").and_then(Value::as_object);
    let mut found = Vec::new();
    for (name, project) in projects.into_iter().flatten() {
        let kind = project.get("type").and_then(Value::as_str);
        if kind.is_some_and(|kind| kind != "application") {
            continue;
        }
        let mut launch = launch(app, project)?;
        let webpack = json.get("compilerOptions").and_then(|options| options.get("webpack"));
        if webpack.and_then(Value::as_bool) == Some(true) {
            // webpack writes one file: <https://docs.nestjs.com/cli/monorepo#webpack-options>.
            let entry = project.get("entryFile").and_then(Value::as_str).unwrap_or("main");
            let root = project.get("root").and_then(Value::as_str).unwrap_or(name);
            launch.file = format!("dist/{}/{entry}.js", root.trim_matches('/'));
            launch.outputs = vec!["dist".to_owned()];
        }
        launch.build = Some(vec!["nest".to_owned(), "build".to_owned(), name.clone()]);
        let line = line_of(&text, &format!("\"{name}\"")).unwrap_or(1);
        let evidence = Evidence::at(&path, line, format!("Nest's application {name}"));
        found.push(Project { name: name.clone(), launch, evidence });
    }
    Ok(found)
}

/// True if `nest build` runs the compiler alone: no webpack, and no assets to copy.
pub(super) fn copies_nothing(app: &App) -> Result<bool> {
    let Some((_, json, _)) = file(app)? else { return Ok(true) };
    let projects = json.get("projects").and_then(Value::as_object);
    let projects = projects.into_iter().flatten().map(|(_, project)| project);
    let copies = |one: &Value| {
        one.get("compilerOptions").is_some_and(|options| {
            ["assets", "webpack", "builder"].iter().any(|key| options.get(key).is_some())
        })
    };
    Ok(!std::iter::once(&json).chain(projects).any(copies))
}

type File = (RelPath, Value, std::rc::Rc<str>);

fn file(app: &App) -> Result<Option<File>> {
    let Some((path, text)) = app.dir.text("nest-cli.json")? else { return Ok(None) };
    let json = parse_json5(&path, &text)?;
    Ok(Some((path, json, text)))
}

fn launch(app: &App, project: &Value) -> Result<Launch> {
    let text = |key: &str| project.get(key).and_then(Value::as_str).map(str::to_owned);
    let entry = text("entryFile").unwrap_or_else(|| "main".to_owned());
    let source = text("sourceRoot").unwrap_or_else(|| "src".to_owned());
    let options = project.get("compilerOptions");
    let tsconfig = options.and_then(|o| o.get("tsConfigPath")?.as_str());
    let output = super::typescript::read(&app.dir, tsconfig)?.unwrap_or_default();
    let compiled =
        output.compiled(&format!("{source}/{entry}.ts")).filter(|_| output.out_dir.is_some());
    let file = compiled.unwrap_or_else(|| format!("dist/{entry}.js"));
    let folder = file.split('/').next().unwrap_or("dist").to_owned();
    Ok(Launch {
        file,
        layout: Layout::Output,
        outputs: vec![folder],
        source: Some(format!("{source}/{entry}.ts")),
        ..Launch::default()
    })
}

/// The finding for each of several applications, which `source` lists. `lone` says what the image
/// does with the chosen one.
pub(super) fn finding(projects: &[Project], source: &str, lone: &str) -> Finding {
    let names: Vec<&str> = projects.iter().map(|project| project.name.as_str()).collect();
    Finding::new(
        codes::SEVERAL_APPLICATIONS,
        format!("{source} {} applications: {}", names.len(), names.join(", ")),
        projects.iter().map(|project| project.evidence.clone()),
    )
    .with_why(format!("the image {lone} only"))
}
