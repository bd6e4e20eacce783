//! Facts and answers into stages: what is copied before the install, what is built, what the final image carries.

use anyhow::{Context, Result};
use serde::Serialize;

use super::launch::{Launch, Layout};
use super::lifecycle::{self, Lifecycle};
use super::tool::{self, Tool};
use super::{App, Details, program};
use crate::ask::id;
use crate::detect::Chosen;
use crate::docker::types::{ContainerPath, Line};
use crate::facts::{Evidence, Finding, Kind, Severity};
use crate::path::RelPath;
use crate::plan::{Artifact, Build, CopySpec, DevCommand, Env};
use crate::repo::Dir;

/// The folder of the workspace, or of the application, in every stage.
const ROOT: &str = "/app";

/// A command of the build stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Step {
    /// A script of package.json; else a command of a dependency.
    script: bool,
    words: Vec<String>,
}

/// A folder that the build stage moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Move {
    from: ContainerPath,
    to: ContainerPath,
}

/// What node.Dockerfile and node-site.Dockerfile read as `details`.
#[derive(Clone, Debug, Serialize)]
struct Stages {
    tool: String,
    /// The build runs on Alpine.
    musl: bool,
    /// What `npm install --global` is given.
    install_tool: Option<String>,
    /// It replaces a command that the image has.
    replaces: bool,
    /// The repository's own Yarn.
    release: Option<Line>,
    install_env: Vec<Env>,
    root: ContainerPath,
    /// The application's folder below the root; empty where it is the root.
    folder: String,
    locked: bool,
    omit_development: bool,
    /// Yarn 2+ installs production dependencies by another command.
    focus: bool,
    filter: Vec<Line>,
    drop: Vec<Line>,
    secrets: Vec<Line>,
    after_install: Vec<Vec<Line>>,
    prune: bool,
    build: Vec<Step>,
    build_env: Vec<Env>,
    build_caches: Vec<ContainerPath>,
    split: Vec<Move>,
    site: bool,
    /// The folder of the site in the build stage.
    pages: Option<ContainerPath>,
    fallback: bool,
}

pub(crate) fn plan(chosen: &Chosen) -> Result<Build> {
    let facts = chosen.facts;
    let dir = Dir::new(chosen.repo, facts.dir.clone());
    let app = App::read(&dir)?.context("package.json is gone")?;
    let mut details: Details = facts.details()?;
    let launch = match details.launches.remove(&chosen.program.id) {
        Some(launch) => launch,
        None => program::named(&app, &chosen.program.id)?.1,
    };
    let wanted = chosen.answers.get(id::TOOL).unwrap_or(&facts.tool.value);
    let tool = tool::resolve(wanted, &app.root, app.managing_package(), chosen.catalog, chosen.toolchain)?;
    let lifecycle = lifecycle::read(&dir, &app.package, chosen.catalog)?;
    let site = launch.layout == Layout::Site;
    let folder = dir.path.strip(&app.root.path).unwrap_or_default().to_owned();
    let home = if folder.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{folder}") };
    let build = steps(&app, &launch, &lifecycle);
    let builds = !build.is_empty();
    let all = builds || launch.keep_development || app.package.script("postinstall").is_some_and(|_| !lifecycle.after_install.is_empty());
    let prune = !site && all && !launch.keep_development && has_development(&app) && needs_modules(&launch) && can_prune(&tool);
    let dev = chosen.answers.get("dev") == Some("yes");
    let mut findings = lifecycle.findings.clone();
    let (secrets, more) = secrets(&app)?;
    findings.extend(more);
    let stages = Stages {
        tool: tool.id.clone(),
        musl: chosen.base.row.builder == "musl",
        replaces: matches!(tool.id.as_str(), "yarn" | "yarn-berry"),
        install_tool: tool.install.clone(),
        release: tool.release.as_ref().map(|r| Line::new(r.as_str())).transpose()?,
        install_env: install_env(&tool, chosen)?,
        root: ContainerPath::new(ROOT)?,
        folder: if folder.is_empty() { String::new() } else { home.clone() },
        locked: tool.lockfile.is_some(),
        omit_development: !all && !dev,
        focus: !all && !dev && tool.id == "yarn-berry",
        filter: filter(&app, &tool)?,
        drop: lifecycle.drop.iter().map(|name| Line::new(format!("scripts.{name}"))).collect::<Result<_, _>>()?,
        secrets,
        after_install: lifecycle.after_install.iter().map(|words| lines(words)).collect::<Result<_>>()?,
        prune,
        build,
        build_env: environment(&launch.build_env)?,
        build_caches: launch.build_caches.iter().map(|c| ContainerPath::new(format!("{home}/{c}"))).collect::<Result<_, _>>()?,
        split: Vec::new(),
        site,
        pages: launch.site.as_ref().map(|s| ContainerPath::new(format!("{home}/{s}"))).transpose()?,
        fallback: launch.fallback,
    };
    let manifests = manifests(&app, &tool, &lifecycle)?;
    let modules = if prune { "production-deps" } else { "deps" };
    let artifacts = artifacts(&app, &launch, &home, modules, builds, chosen)?;
    let interpreter = chosen.base.row.interpreter.clone().unwrap_or_default();
    let mut env = Vec::new();
    if !site {
        env.push(("NODE_ENV".to_owned(), "production".to_owned()));
        env.extend(launch.env.iter().filter(|(_, value)| !value.contains('$')).cloned());
    }
    let (entrypoint, args) = if site {
        (vec!["nginx".to_owned(), "-c".to_owned(), "/etc/nginx/site.conf".to_owned(), "-g".to_owned(), "daemon off;".to_owned()], Vec::new())
    } else {
        start(&launch, &interpreter)
    };
    Ok(Build {
        template: if site { "node-site" } else { "node" }.to_owned(),
        manifests,
        artifacts,
        whole_tree: matches!(launch.layout, Layout::Source | Layout::Tree | Layout::Site),
        env,
        workdir: if site { "/srv".to_owned() } else { home },
        entrypoint,
        args,
        stop_signal: site.then(|| "SIGQUIT".to_owned()),
        dev: dev.then(|| dev_command(&app, &tool)).flatten(),
        decisions: Vec::new(),
        findings,
        details: serde_json::to_value(&stages)?,
    })
}

fn lines(words: &[String]) -> Result<Vec<Line>> {
    Ok(words.iter().map(Line::new).collect::<Result<_, _>>()?)
}

fn environment(pairs: &[(String, String)]) -> Result<Vec<Env>> {
    pairs.iter().map(|(key, value)| Ok(Env { key: crate::docker::types::EnvKey::new(key)?, value: Line::new(value)? })).collect()
}

/// What the build stage runs, in order.
fn steps(app: &App, launch: &Launch, lifecycle: &Lifecycle) -> Vec<Step> {
    let script = |name: &String| Step { script: true, words: vec![name.clone()] };
    let command = |words: &Vec<String>| Step { script: false, words: words.clone() };
    let mut steps: Vec<Step> = lifecycle.scripts.iter().map(script).collect();
    steps.extend(lifecycle.commands.iter().map(command));
    let wanted = launch.layout != Layout::Source;
    if let Some(name) = app.build_script().filter(|_| wanted) {
        steps.push(script(&name));
    } else if wanted && app.compiles() {
        steps.push(command(&vec!["tsc".to_owned()]));
    }
    steps
}

fn has_development(app: &App) -> bool {
    app.package.has_development() || app.root_package.as_ref().is_some_and(super::Package::has_development)
}

/// The final image holds the installed dependencies.
fn needs_modules(launch: &Launch) -> bool {
    matches!(launch.layout, Layout::Source | Layout::Tree | Layout::Output)
}

/// Yarn 2 and 3 prune by a plugin only.
fn can_prune(tool: &Tool) -> bool {
    tool.id != "yarn-berry" || !["2.", "3."].iter().any(|major| {
        let named = tool.install.as_deref().or(tool.release.as_deref()).unwrap_or_default();
        named.contains(&format!("@{major}")) || named.contains(&format!("yarn-{major}"))
    })
}

fn install_env(tool: &Tool, chosen: &Chosen) -> Result<Vec<Env>> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    match tool.id.as_str() {
        "pnpm" => pairs.push(("PNPM_HOME", "/pnpm")),
        "yarn-berry" => pairs.extend([
            ("YARN_ENABLE_GLOBAL_CACHE", "true"),
            ("YARN_ENABLE_TELEMETRY", "0"),
            ("YARN_IGNORE_PATH", "1"),
            ("YARN_NODE_LINKER", "node-modules"),
        ]),
        _ => {}
    }
    if chosen.program.needs.packages.iter().any(|p| p.value == "node-gyp") {
        // The headers that the image has, in place of a download for each native module.
        pairs.push(("npm_config_nodedir", "/usr/local"));
    }
    let pairs: Vec<(String, String)> = pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    environment(&pairs)
}

/// Words that make an install take one member of a workspace and what it needs.
fn filter(app: &App, tool: &Tool) -> Result<Vec<Line>> {
    let Some(name) = app.root_package.as_ref().and_then(|_| app.package.str(&["name"])) else { return Ok(Vec::new()) };
    let words = match tool.id.as_str() {
        "npm" => vec![format!("--workspace={name}"), "--include-workspace-root".to_owned()],
        "pnpm" => vec![format!("--filter={name}...")],
        _ => Vec::new(),
    };
    lines(&words)
}

/// Files at the lockfile's folder that an install reads.
const ROOT_FILES: [&str; 17] = [
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".pnpmfile.cjs", ".pnpmfile.mjs",
    "pnpmfile.cjs", "yarn.lock", ".yarnrc", ".yarnrc.yml", "bun.lock", "bun.lockb", "bunfig.toml", ".npmrc", "lerna.json", ".node-version",
];

/// Paths of what dependency resolution reads, for the facts.
pub(crate) fn manifest_paths(app: &App, tool: &Tool) -> Result<Vec<RelPath>> {
    let lifecycle = lifecycle::read(&app.dir, &app.package, &app.catalog)?;
    let specs = manifests(app, tool, &lifecycle)?;
    let paths = specs.iter().flat_map(|spec| &spec.src).filter_map(|src| app.root.path.join(src.as_str()));
    Ok(paths.collect())
}

fn manifests(app: &App, tool: &Tool, lifecycle: &Lifecycle) -> Result<Vec<CopySpec>> {
    let root = &app.root;
    let mut specs = Vec::new();
    let skip = |file: &str| match file {
        "package-lock.json" | "npm-shrinkwrap.json" => tool.id != "npm",
        "pnpm-lock.yaml" | ".pnpmfile.cjs" | ".pnpmfile.mjs" | "pnpmfile.cjs" | "pnpm-workspace.yaml" => tool.id != "pnpm",
        "yarn.lock" => !tool.id.starts_with("yarn"),
        ".yarnrc" => tool.id != "yarn",
        ".yarnrc.yml" => tool.id != "yarn-berry",
        "bun.lock" | "bun.lockb" | "bunfig.toml" => tool.id != "bun",
        ".node-version" | "lerna.json" => true,
        _ => false,
    };
    let files: Vec<&str> = ROOT_FILES.into_iter().filter(|file| root.has(file) && !skip(file)).collect();
    specs.push(spec(&files, "./")?);
    let mut folders: Vec<String> = Vec::new();
    if tool.id == "yarn-berry" {
        folders.extend([".yarn/plugins".to_owned(), ".yarn/patches".to_owned()]);
    }
    let patched = tool.id == "pnpm" || app.package.has("patch-package");
    if patched {
        folders.push("patches".to_owned());
    }
    let home = app.dir.path.strip(&root.path).unwrap_or_default().to_owned();
    let below = |path: &str| RelPath::new(&home).and_then(|p| p.join(path)).map(|p| p.as_str().to_owned());
    folders.extend(lifecycle.files.iter().filter_map(|file| below(file)));
    folders.extend(local_dependencies(app)?.into_iter().filter_map(|path| below(&path)));
    folders.sort();
    folders.dedup();
    if let Some(workspace) = &app.workspace {
        for member in &workspace.members {
            if let Some(way) = member.strip(&root.path) {
                specs.push(spec(&[&format!("{way}/package.json")], &format!("{way}/"))?);
            }
        }
    }
    for folder in folders {
        let Some(path) = root.join(&folder) else { continue };
        if root.repo.is_dir(&path) {
            specs.push(spec(&[&folder], &format!("{folder}/"))?);
        } else if root.repo.is_file(&path) {
            let parent = path.parent().and_then(|p| p.strip(&root.path).map(str::to_owned)).unwrap_or_default();
            let dest = if parent.is_empty() { "./".to_owned() } else { format!("{parent}/") };
            specs.push(spec(&[&folder], &dest)?);
        }
    }
    Ok(specs)
}

fn spec(src: &[&str], dest: &str) -> Result<CopySpec> {
    Ok(CopySpec { src: src.iter().map(|s| Line::new(*s)).collect::<Result<_, _>>()?, dest: Line::new(dest)? })
}

/// Folders and archives that dependencies name by path.
fn local_dependencies(app: &App) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, range) in app.package.dependencies() {
        let local = ["file:", "link:", "portal:"].into_iter().find_map(|prefix| range.strip_prefix(prefix));
        let local = local.or_else(|| (range.starts_with("./") || range.starts_with("../")).then_some(range));
        let Some(path) = local else { continue };
        let inside = app.dir.join(path).is_some_and(|p| p.is_within(&app.root.path) && app.dir.repo.exists(&p));
        if !inside {
            anyhow::bail!(
                "{}: the dependency {name} is at {path}, which is not below the build context: move it inside, or run dockgen on the folder that holds both",
                app.package.path
            );
        }
        found.push(path.trim_start_matches("./").to_owned());
    }
    Ok(found)
}

/// Tokens that .npmrc takes from the environment; and what to say about one that it holds itself.
fn secrets(app: &App) -> Result<(Vec<Line>, Vec<Finding>)> {
    let (mut names, mut findings) = (Vec::new(), Vec::new());
    let Some((path, text)) = app.root.text(".npmrc")? else { return Ok((Vec::new(), findings)) };
    for (number, line) in (1..).zip(text.lines()) {
        let Some((key, value)) = line.split_once('=') else { continue };
        if !key.contains("_auth") && !key.contains("_password") {
            continue;
        }
        let value = value.trim();
        if let Some(name) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            let name = name.trim_end_matches('?');
            if crate::docker::types::EnvKey::new(name).is_ok() {
                names.push(name.to_owned());
                findings.push(Finding::new(
                    "build-secret",
                    Severity::Note,
                    format!("the install reads {name} from a build secret"),
                    [Evidence::at(&path, number, format!(".npmrc takes the registry's token from {name}"))],
                    "a token in an ARG or ENV stays readable in the image",
                    format!("build with `docker build --secret id={name},env={name} ...`"),
                ));
            }
        } else if !value.is_empty() {
            findings.push(Finding::new(
                "secret-in-context",
                Severity::Warning,
                format!("{path} holds a token of its own"),
                [Evidence::at(&path, number, "a registry's token")],
                "whoever has the repository or the build stage's layers has the token",
                "write `${NPM_TOKEN}` in its place and revoke it",
            ));
        }
    }
    names.sort();
    names.dedup();
    Ok((lines(&names)?, findings))
}

fn artifact(stage: Option<&str>, src: &str, dest: &str, note: &str) -> Result<Artifact> {
    Ok(Artifact {
        stage: stage.map(Line::new).transpose()?,
        src: Line::new(src)?,
        dest: ContainerPath::new(dest)?,
        owned: false,
        exclude: Vec::new(),
        note: Line::new(note)?,
    })
}

fn artifacts(app: &App, launch: &Launch, home: &str, modules: &str, builds: bool, chosen: &Chosen) -> Result<Vec<Artifact>> {
    let mut all = Vec::new();
    let excluding = |mut artifact: Artifact, names: &[&str]| -> Result<Artifact> {
        artifact.exclude = names.iter().map(|n| Line::new(*n)).collect::<Result<_, _>>()?;
        Ok(artifact)
    };
    let has_modules = app.package.has_production() || app.workspace.is_some() || launch.keep_development;
    if needs_modules(launch) && has_modules {
        all.push(artifact(Some(modules), &format!("{ROOT}/node_modules"), &format!("{ROOT}/node_modules"), "")?);
    }
    match launch.layout {
        Layout::Site => {
            let pages = format!("{home}/{}", launch.site.as_deref().unwrap_or_default());
            all.push(artifact(Some("build"), &pages, "/srv", "")?);
        }
        Layout::Source if !builds => all.push(artifact(None, ".", ROOT, "")?),
        Layout::Source | Layout::Tree => all.push(excluding(artifact(Some("build"), ROOT, ROOT, "")?, &["node_modules"])?),
        Layout::Output => {
            all.push(artifact(None, &relative(app, "package.json"), &format!("{home}/package.json"), "")?);
            for output in &launch.outputs {
                let path = format!("{home}/{output}");
                all.push(artifact(Some("build"), &path, &path, "")?);
            }
        }
        Layout::Bundle => {
            let output = format!("{home}/{}", launch.outputs.first().map_or(".output", String::as_str));
            let inner = format!("{output}/server/node_modules");
            all.push(artifact(Some("build"), &inner, &inner, "")?);
            all.push(excluding(artifact(Some("build"), &output, &output, "")?, &["server/node_modules"])?);
        }
        Layout::Standalone => {
            let dist = format!("{home}/{}", launch.outputs.first().map_or(".next", String::as_str));
            let standalone = format!("{dist}/standalone");
            all.push(artifact(Some("build"), &format!("{standalone}/node_modules"), &format!("{ROOT}/node_modules"), "")?);
            all.push(excluding(artifact(Some("build"), &standalone, ROOT, "")?, &["node_modules"])?);
            let static_files = format!("{dist}/static");
            all.push(artifact(Some("build"), &static_files, &static_files, "")?);
            if app.dir.join("public").is_some_and(|path| app.dir.repo.is_dir(&path)) {
                all.push(artifact(Some("build"), &format!("{home}/public"), &format!("{home}/public"), "")?);
            }
        }
    }
    // A folder that the tree brings belongs to root: the program's own folders come again, owned by its user.
    if matches!(launch.layout, Layout::Source | Layout::Tree) && chosen.program.kind != Kind::Site {
        for folder in &chosen.program.writable {
            let Some(path) = app.dir.join(&folder.value).filter(|p| app.dir.repo.is_dir(p) && !p.is_root()) else { continue };
            let Some(src) = path.strip(&app.root.path) else { continue };
            let mut owned = artifact(None, src, &format!("{ROOT}/{src}"), "")?;
            owned.owned = true;
            all.push(owned);
        }
    }
    Ok(all)
}

/// A file of the application, relative to the build context.
fn relative(app: &App, name: &str) -> String {
    app.dir.join(name).and_then(|p| p.strip(&app.root.path).map(str::to_owned)).unwrap_or_else(|| name.to_owned())
}

/// ENTRYPOINT and default arguments.
fn start(launch: &Launch, interpreter: &str) -> (Vec<String>, Vec<String>) {
    let mut words = vec![interpreter.to_owned()];
    words.extend(launch.flags.iter().cloned());
    words.push(launch.file.clone());
    if let Some(before) = &launch.before {
        words.extend(launch.args.iter().cloned());
        let line = format!("{before} && exec {}", crate::docker::quote::shell_words(&words));
        return (vec!["/bin/sh".to_owned(), "-c".to_owned(), line], Vec::new());
    }
    (words, launch.args.clone())
}

/// The development server, through the package manager, as developers start it.
fn dev_command(app: &App, tool: &Tool) -> Option<DevCommand> {
    let name = ["dev", "start:dev", "develop", "serve:dev", "watch", "start"].into_iter().find(|name| app.package.script(name).is_some())?;
    let run = match tool.id.as_str() {
        "pnpm" => "pnpm",
        "yarn" | "yarn-berry" => "yarn",
        "bun" => "bun",
        _ => "npm",
    };
    Some(DevCommand {
        command: vec![run.to_owned(), "run".to_owned(), name.to_owned()],
        env: vec![("NODE_ENV".to_owned(), "development".to_owned()), ("HOME".to_owned(), "/tmp".to_owned())],
    })
}
