//! Files of hosting platforms: Procfile, fly.toml, render.yaml, app.json, heroku.yml, railway.json,
//! netlify.toml, vercel.json, system.properties.

use super::task::{pairs, variables};
use super::{Built, Folder, Port, Recipe, Run, Running, Scope, Tool, Variable, port_number};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};

/// Reads a Procfile: `web: command`.
pub(super) fn procfile(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    for (number, line) in (1..).zip(text.lines().take(200)) {
        let Some((name, command)) = line.split_once(':') else { continue };
        let (name, command) = (name.trim(), command.trim());
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if name.is_empty() || !plain || command.is_empty() {
            continue;
        }
        let note = format!("the Procfile starts {name} by `{}`", super::short(command));
        let mut run = Run::new(Recipe::Procfile, name, Evidence::at(file, number, note));
        run.dir = Some(home.clone());
        run.set_line(command, file, number);
        into.runs.push(run);
    }
}

/// Reads fly.toml. <https://fly.io/docs/reference/configuration/>
pub(super) fn fly(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let Some(root) = settings::parse_toml(text) else { return };
    let name = root.text_at(&["app"]).unwrap_or_default();
    let mut run = Run::new(Recipe::Platform, name, Evidence::file(file, "fly.toml runs it"));
    run.dir = Some(home.clone());
    run.built_here = root.text_at(&["build", "image"]).is_none();
    run.env = variables(file, root.get("env"));
    let services = root.get("http_service").into_iter();
    let services = services.chain(items(root.get("services")));
    for service in services {
        let Some(port) = service.get("internal_port") else { continue };
        let Some(number) = port.text().and_then(port_number) else { continue };
        let udp = service.text_at(&["protocol"]) == Some("udp");
        let evidence = Evidence::at(file, port.line, format!("internal_port is {number}"));
        run.ports.push(Port { number, udp, evidence });
    }
    for mount in items(root.get("mounts").or_else(|| root.get("mount"))) {
        if let Some(path) = mount.get("destination")
            && let Some(text) = path.text()
        {
            let evidence = Evidence::at(file, path.line, format!("a volume is mounted at {text}"));
            run.folders.push(Folder { path: text.to_owned(), source: None, given: None, evidence });
        }
    }
    let processes = root.get("processes").map(Item::entries).unwrap_or_default();
    let main = processes.iter().find(|p| ["app", "web"].contains(&p.key.as_str()));
    let main = main.or(processes.first());
    if let Some(process) = main
        && let Some(line) = process.item.text()
    {
        run.set_line(line, file, process.line);
    }
    into.runs.push(run);
    // The other processes run from the same image.
    for process in processes.iter().filter(|other| main.is_none_or(|main| main.key != other.key)) {
        let Some(line) = process.item.text() else { continue };
        let note = format!("fly.toml starts {} by `{}`", process.key, super::short(line));
        let evidence = Evidence::at(file, process.line, note);
        let mut run = Run::new(Recipe::Platform, &process.key, evidence);
        run.dir = Some(home.clone());
        run.built_here = true;
        run.set_line(line, file, process.line);
        into.runs.push(run);
    }
}

/// A list of tables; a single table is a list of one.
fn items(item: Option<&Item>) -> Vec<&Item> {
    match item {
        Some(item) if item.entries().is_empty() => item.items().iter().collect(),
        other => other.into_iter().collect(),
    }
}

/// Reads render.yaml. <https://render.com/docs/blueprint-spec>
pub(super) fn render(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    for service in root.get("services").map(Item::items).unwrap_or_default() {
        let kind = service.text_at(&["type"]).unwrap_or_default();
        if ["redis", "keyvalue", "static"].contains(&kind) {
            continue;
        }
        let name = service.text_at(&["name"]).unwrap_or_default();
        let evidence = Evidence::at(file, service.line, format!("the service {name} ({kind})"));
        let mut run = Run::new(Recipe::Platform, kind, evidence);
        let folder = service.text_at(&["rootDir"]).or(service.text_at(&["dockerContext"]));
        run.dir = Some(folder.and_then(|dir| home.join(dir)).unwrap_or_else(|| home.clone()));
        run.built_here = service.get("image").is_none();
        let command = service.get("startCommand").or_else(|| service.get("dockerCommand"));
        if let Some(command) = command
            && let Some(line) = command.text()
        {
            run.evidence = Evidence::at(
                file,
                command.line,
                format!("the service {name} starts `{}`", super::short(line)),
            );
            run.set_line(line, file, command.line);
        }
        for variable in service.get("envVars").map(Item::items).unwrap_or_default() {
            let (Some(key), Some(value)) =
                (variable.text_at(&["key"]), variable.text_at(&["value"]))
            else {
                continue;
            };
            let evidence = Evidence::at(file, variable.line, format!("render.yaml sets {key}"));
            run.env.push(Variable { key: key.to_owned(), value: value.to_owned(), evidence });
        }
        if let Some(path) = service.at(&["disk", "mountPath"])
            && let Some(text) = path.text()
        {
            let evidence = Evidence::at(file, path.line, format!("a disk is mounted at {text}"));
            run.folders.push(Folder { path: text.to_owned(), source: None, given: None, evidence });
        }
        into.runs.push(run);
    }
}

/// Reads Heroku's app.json: the configuration of the application.
pub(super) fn app_json(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let Some(root) = settings::parse_json(text) else { return };
    let mut run = Run::new(Recipe::Platform, "web", Evidence::file(file, "app.json runs it"));
    run.dir = Some(home.clone());
    run.built_here = true;
    for entry in root.get("env").map(Item::entries).unwrap_or_default() {
        let value = entry.item.text().or_else(|| entry.item.text_at(&["value"]));
        if let Some(value) = value {
            let evidence = Evidence::at(file, entry.line, format!("app.json sets {}", entry.key));
            run.env.push(Variable { key: entry.key.clone(), value: value.to_owned(), evidence });
        }
    }
    into.runs.push(run);
}

/// Reads heroku.yml: `run` by process.
pub(super) fn heroku(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    for process in root.get("run").map(Item::entries).unwrap_or_default() {
        let command = process.item.get("command").unwrap_or(&process.item);
        let Some(line) = command.items().first().and_then(Item::text) else { continue };
        let note = format!("heroku.yml starts {} by `{}`", process.key, super::short(line));
        let mut run =
            Run::new(Recipe::Platform, &process.key, Evidence::at(file, process.line, note));
        run.dir = Some(home.clone());
        run.built_here = true;
        run.set_line(line, file, process.line);
        into.runs.push(run);
    }
}

/// Reads railway.json and railway.toml.
pub(super) fn railway(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let toml = file.extension() == "toml";
    let root = if toml { settings::parse_toml(text) } else { settings::parse_json(text) };
    let Some(command) = root.as_ref().and_then(|root| root.at(&["deploy", "startCommand"])) else {
        return;
    };
    into.runs.extend(started(home, file, command));
}

/// Reads the start command of nixpacks.toml. <https://nixpacks.com/docs/configuration/file>
pub(super) fn nixpacks(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let Some(root) = settings::parse_toml(text) else { return };
    into.runs.extend(root.at(&["start", "cmd"]).and_then(|line| started(home, file, line)));
}

/// The run of a start command that stands alone.
fn started(home: &RelPath, file: &RelPath, command: &Item) -> Option<Run> {
    let line = command.text()?;
    let note = format!("the start command is `{}`", super::short(line));
    let mut run = Run::new(Recipe::Platform, "web", Evidence::at(file, command.line, note));
    run.dir = Some(home.clone());
    run.built_here = true;
    run.set_line(line, file, command.line);
    Some(run)
}

/// Reads the versions in nixpacks.toml: `NIXPACKS_NODE_VERSION`.
pub(super) fn nixpacks_tools(_: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let Some(root) = settings::parse_toml(text) else { return };
    for entry in root.get("variables").map(Item::entries).unwrap_or_default() {
        let name = entry.key.strip_prefix("NIXPACKS_").and_then(|k| k.strip_suffix("_VERSION"));
        if let (Some(name), Some(version)) = (name, entry.item.text()) {
            let (name, version) = (name.to_ascii_lowercase(), version.to_owned());
            let evidence =
                Evidence::at(file, entry.line, format!("the platform uses {name} {version}"));
            into.tools.push(Tool { name, version, release: true, one_of_several: false, evidence });
        }
    }
}

/// Reads netlify.toml: the command and environment of the build.
pub(super) fn netlify(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let Some(root) = settings::parse_toml(text) else { return };
    let environment = root.at(&["build", "environment"]);
    into.variables.extend(variables(file, environment));
    for entry in environment.map(Item::entries).unwrap_or_default() {
        let tool = entry.key.strip_suffix("_VERSION").map(str::to_ascii_lowercase);
        if let (Some(name), Some(version)) = (tool, entry.item.text()) {
            let (name, version) = (name, version.to_owned());
            let evidence =
                Evidence::at(file, entry.line, format!("the build uses {name} {version}"));
            into.tools.push(Tool { name, version, release: true, one_of_several: false, evidence });
        }
    }
    if let Some(command) = root.at(&["build", "command"]) {
        let base = root.text_at(&["build", "base"]).and_then(|base| home.join(base));
        let mut scope = Scope {
            file,
            dir: base.unwrap_or_else(|| home.clone()),
            env: pairs(environment),
            release: true,
            part: ("build", String::new()),
        };
        scope.script(command.text().unwrap_or_default(), command.line, &mut into.steps);
    }
}

/// Reads vercel.json: the command of the build.
pub(super) fn vercel(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let Some(root) = settings::parse_json(text) else { return };
    let Some(command) = root.get("buildCommand") else { return };
    let part = ("build", String::new());
    let mut scope = Scope { file, dir: home.clone(), env: Vec::new(), release: true, part };
    scope.script(command.text().unwrap_or_default(), command.line, &mut into.steps);
}

/// Reads Heroku's system.properties: `x.runtime.version=21`.
pub(super) fn system_properties(_: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    for assignment in settings::assignments(text) {
        let Some(name) = assignment.key.strip_suffix(".runtime.version") else { continue };
        into.tools.push(Tool {
            name: name.to_owned(),
            version: assignment.value.clone(),
            release: true,
            one_of_several: false,
            evidence: Evidence::at(file, assignment.line, "the version that the platform runs"),
        });
    }
}
