//! How the container of an application is asked for its health, where the repository says by which
//! path.

use anyhow::Result;
use serde::Deserialize;

use crate::catalog::parsed;
use crate::docker::parse;
use crate::facts::Kind;
use crate::path::RelPath;
use crate::pipeline::{Draft, Survey};
use crate::services::{is_compose, is_own};
use crate::settings::{self, Item, Value};

/// Limits of what is read.
const MAX_FILES: usize = 60;
const MAX_SIZE: u64 = 128 << 10;

/// Folders beside the application's own that hold manifests of deployments.
const FOLDERS: [&str; 8] =
    ["k8s", "kubernetes", "deploy", "deployment", "manifests", "helm", "chart", "charts"];

/// Keys of settings whose value is the path: of Render, Railway and the like.
const KEYS: [&str; 3] = ["healthCheckPath", "healthcheckPath", "health_check_path"];

/// Probes of Kubernetes, the one that says most about readiness first.
const PROBES: [&str; 3] = ["readinessProbe", "livenessProbe", "startupProbe"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "as_of")]
    _as_of: String,
    #[serde(rename = "source")]
    _source: String,
    probe: Vec<Probe>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probe {
    language: Option<String>,
    family: Option<String>,
    command: Vec<String>,
}

/// The command that asks the application from within its container; `None` if no path is known, or
/// nothing in the image could ask.
pub(super) fn of(survey: &Survey, draft: &Draft) -> Result<Option<Vec<String>>> {
    let runtime = &draft.plan.runtime;
    let Some(port) = runtime.port else { return Ok(None) };
    let Some(path) = path(survey, draft)? else { return Ok(None) };
    let url = format!("http://127.0.0.1:{port}{path}");
    let table: Table = parsed("probes.toml")?;
    let interpreter = runtime.interpreter.as_ref().map(crate::plan::words::ContainerPath::as_str);
    let fits = |probe: &Probe| {
        let language = probe.language.as_ref().is_none_or(|held| *held == draft.plan.language);
        let family = probe.family.as_ref().is_none_or(|held| *held == runtime.family);
        let asks = probe.command.iter().any(|word| word == "{interpreter}");
        language && family && (interpreter.is_some() || !asks)
    };
    let probe = table.probe.into_iter().find(fits);
    let fill = |word: &String| {
        word.replace("{interpreter}", interpreter.unwrap_or_default()).replace("{url}", &url)
    };
    Ok(probe.map(|probe| probe.command.iter().map(fill).collect()))
}

/// The path that answers if the program is healthy: by dockgen.toml, by a recipe, or the first page of
/// a site.
fn path(survey: &Survey, draft: &Draft) -> Result<Option<String>> {
    if let Some(path) = &draft.health {
        return Ok(Some(path.clone()));
    }
    let repo = &survey.repo;
    let mut files: Vec<RelPath> = Vec::new();
    for folder in [&draft.plan.app, &draft.plan.context] {
        files.extend(repo.children(folder).map(|(path, _)| path.clone()));
        for folder in FOLDERS.iter().filter_map(|name| folder.join(name)) {
            files.extend(repo.files_under(&folder).take(MAX_FILES).cloned());
        }
    }
    for file in files.iter().filter(|file| is_recipe(file)).take(MAX_FILES) {
        if repo.size(file) > MAX_SIZE {
            continue;
        }
        let Some(text) = repo.source_text(file)?.filter(|text| !is_own(text)) else { continue };
        let path = if is_dockerfile(file) {
            checked(&text)
        } else {
            settings::documents(file.extension(), &text).iter().find_map(stated)
        };
        if path.is_some() {
            return Ok(path);
        }
    }
    let site = super::program(draft).is_some_and(|program| program.kind == Kind::Site);
    Ok(site.then(|| "/".to_owned()))
}

fn is_recipe(file: &RelPath) -> bool {
    let named = ["render.yaml", "railway.toml", "railway.json", "fly.toml"];
    let below = file.components().any(|part| FOLDERS.contains(&part));
    let yaml = matches!(file.extension(), "yml" | "yaml");
    is_compose(file) || is_dockerfile(file) || named.contains(&file.file_name()) || below && yaml
}

fn is_dockerfile(file: &RelPath) -> bool {
    matches!(file.file_name(), "Dockerfile" | "Containerfile")
}

/// The path that the check of a Dockerfile asks for.
fn checked(text: &str) -> Option<String> {
    let parsed = parse::parse(text).ok()?;
    let check = parsed.instructions().filter(|held| held.keyword == "HEALTHCHECK").last()?;
    asked(&check.arguments).filter(|path| is_plain(path))
}

/// True for a path without a variable or a query.
fn is_plain(path: &str) -> bool {
    let chars = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    path.starts_with('/') && path.chars().all(chars)
}

/// A path that a tree of settings states, in a probe, a check or a command that asks this machine.
fn stated(item: &Item) -> Option<String> {
    match &item.value {
        Value::List(items) => items.iter().find_map(stated),
        Value::Scalar(_) => None,
        Value::Map(entries) => {
            let probe = PROBES.iter().find_map(|name| item.text_at(&[name, "httpGet", "path"]));
            let named = KEYS.iter().find_map(|name| item.text_at(&[name]));
            let plain = |path: &str| is_plain(path).then(|| path.to_owned());
            // What is built here is the application, and not a database with pages of its own.
            let built = item.get("build").is_some();
            let asked = || item.at(&["healthcheck", "test"]).filter(|_| built).and_then(asks);
            probe
                .or(named)
                .and_then(plain)
                .or_else(|| asked().as_deref().and_then(plain))
                .or_else(|| entries.iter().find_map(|entry| stated(&entry.item)))
        }
    }
}

fn asks(test: &Item) -> Option<String> {
    let words: Vec<&str> = test.items().iter().filter_map(Item::text).collect();
    asked(&words.join(" "))
}

/// The path that a command asks this machine for: `curl -f http://localhost:3000/health`.
fn asked(command: &str) -> Option<String> {
    let rest = ["localhost", "127.0.0.1", "0.0.0.0"]
        .iter()
        .find_map(|host| command.split_once(&format!("http://{host}")).map(|(_, rest)| rest))?;
    let end = rest.find(|c: char| c.is_whitespace() || "'\"`|);".contains(c)).unwrap_or(rest.len());
    let authority = &rest[..end];
    authority.find('/').map(|at| authority[at..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_of_a_dockerfile_is_read() {
        let of = |check: &str| checked(&format!("FROM a:1\nHEALTHCHECK --interval=5s {check}\n"));
        let shell = "CMD curl -f http://localhost:3000/healthz || exit 1";
        assert_eq!(of(shell), Some("/healthz".to_owned()));
        let exec = "CMD [\"wget\", \"-qO-\", \"http://127.0.0.1:80/up\"]";
        assert_eq!(of(exec), Some("/up".to_owned()));
        assert_eq!(of("CMD curl http://localhost:$PORT/"), Some("/".to_owned()));
        assert_eq!(of("CMD curl http://localhost/$HEALTH"), None);
        assert_eq!(of("NONE"), None);
    }

    #[test]
    fn paths_are_read_where_deployments_state_them() {
        let of = |text: &str| settings::parse_yaml(text).iter().find_map(stated);
        assert_eq!(
            of(
                "spec:\n  containers:\n    - name: a\n      readinessProbe:\n        httpGet: {path: /ready, port: 1}\n"
            ),
            Some("/ready".to_owned())
        );
        assert_eq!(
            of(
                "services:\n  a:\n    build: .\n    healthcheck:\n      test: [CMD, curl, -f, 'http://localhost:3000/api/health']\n"
            ),
            Some("/api/health".to_owned())
        );
        assert_eq!(
            of(
                "services:\n  a:\n    build: .\n    healthcheck:\n      test: curl -f http://127.0.0.1/ok || exit 1\n"
            ),
            Some("/ok".to_owned())
        );
        assert_eq!(of("services: [{healthCheckPath: /healthz}]\n"), Some("/healthz".to_owned()));
        assert_eq!(of("healthCheckPath: '/$(id)'\n"), None);
        assert_eq!(
            of("services:\n  db:\n    build: .\n    healthcheck:\n      test: [CMD, pg_isready]\n"),
            None
        );
        assert_eq!(
            of(
                "services:\n  es:\n    healthcheck:\n      test: curl http://localhost:9200/_cluster/health\n"
            ),
            None
        );
    }
}
