//! Task runners with data files: Taskfile.yml, mise, cargo-make, Nx's project.json.

use super::{Built, Scope, Variable, is_release};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item, Value};
use crate::shell;

/// Reads Taskfile.yml.
pub(super) fn taskfile(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    let mut shared = pairs(root.get("vars"));
    shared.extend(pairs(root.get("env")));
    into.variables.extend(variables(file, root.get("env")));
    for task in root.get("tasks").map(Item::entries).unwrap_or_default() {
        let mut known = shared.clone();
        known.extend(pairs(task.item.get("vars")));
        let commands = task.item.get("cmds").or_else(|| task.item.get("cmd"));
        let commands = match commands {
            Some(commands) => commands,
            None if task.item.get("deps").is_none() => &task.item,
            None => continue,
        };
        let mut env = pairs(root.get("env"));
        env.extend(pairs(task.item.get("env")));
        let mut scope = Scope {
            file,
            dir: task.item.text_at(&["dir"]).and_then(|dir| home.join(dir)).unwrap_or(home.clone()),
            env,
            release: is_release(&task.key),
            part: ("task", task.key.clone()),
        };
        for item in commands.items() {
            let Some(line) = item.text().or_else(|| item.text_at(&["cmd"])) else { continue };
            let line = shell::expand(line, true, &|name| value(&known, name));
            scope.script(&line, item.line, &mut into.steps);
        }
    }
}

/// Reads `[tasks]` and `[env]` of mise.
pub(super) fn mise(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let Some(root) = settings::parse_toml(text) else { return };
    into.variables.extend(variables(file, root.get("env")));
    for task in root.get("tasks").map(Item::entries).unwrap_or_default() {
        let run = task.item.get("run").unwrap_or(&task.item);
        let mut env = pairs(root.get("env"));
        env.extend(pairs(task.item.get("env")));
        let mut scope = Scope {
            file,
            dir: task.item.text_at(&["dir"]).and_then(|dir| home.join(dir)).unwrap_or(home.clone()),
            env,
            release: is_release(&task.key),
            part: ("task", task.key.clone()),
        };
        for item in run.items() {
            scope.script(item.text().unwrap_or_default(), item.line, &mut into.steps);
        }
    }
}

/// Reads Makefile.toml of cargo-make: a command with its words, or a script.
pub(super) fn cargo_make(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let Some(root) = settings::parse_toml(text) else { return };
    into.variables.extend(variables(file, root.get("env")));
    for task in root.get("tasks").map(Item::entries).unwrap_or_default() {
        let item = &task.item;
        let mut env = pairs(root.get("env"));
        env.extend(pairs(item.get("env")));
        let mut scope = Scope {
            file,
            dir: item.text_at(&["cwd"]).and_then(|dir| home.join(dir)).unwrap_or(home.clone()),
            env,
            release: is_release(&task.key),
            part: ("task", task.key.clone()),
        };
        if let Some(command) = item.get("command") {
            let rest = item.get("args").map(Item::items).unwrap_or_default();
            let words = std::iter::once(command).chain(rest).filter_map(Item::text);
            let argv = words.map(str::to_owned).collect();
            let command_line = shell::Command { argv, ..shell::Command::default() };
            scope.command(command_line, command.line, &mut into.steps);
        }
        let script = item.get("script");
        for item in script.map(Item::items).unwrap_or_default() {
            scope.script(item.text().unwrap_or_default(), item.line, &mut into.steps);
        }
    }
}

/// Reads the targets of an Nx project that run a command.
pub(super) fn nx(_: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let Some(root) = settings::parse_json(text) else { return };
    for target in root.get("targets").map(Item::entries).unwrap_or_default() {
        let options = target.item.get("options");
        let command = target.item.get("command").or_else(|| options?.get("command"));
        let several = options.and_then(|options| options.get("commands"));
        let folder = options.and_then(|options| options.text_at(&["cwd"]));
        let mut scope = Scope {
            file,
            dir: folder.and_then(RelPath::new).unwrap_or_default(),
            env: Vec::new(),
            release: is_release(&target.key),
            part: ("target", target.key.clone()),
        };
        for item in command.into_iter().chain(several.into_iter().flat_map(Item::items)) {
            let Some(line) = item.text().or_else(|| item.text_at(&["command"])) else { continue };
            scope.script(line, item.line, &mut into.steps);
        }
    }
}

/// The scalars of a map.
pub(super) fn pairs(map: Option<&Item>) -> Vec<(String, String)> {
    let entries = map.map(Item::entries).unwrap_or_default().iter();
    entries
        .filter_map(|entry| match &entry.item.value {
            Value::Scalar(text) => Some((entry.key.clone(), text.clone())),
            _ => None,
        })
        .collect()
}

/// The scalars of a map, each with its place.
pub(super) fn variables(file: &RelPath, map: Option<&Item>) -> Vec<Variable> {
    let entries = map.map(Item::entries).unwrap_or_default().iter();
    entries
        .filter_map(|entry| {
            let value = entry.item.text()?.to_owned();
            let evidence = Evidence::at(file, entry.line, format!("sets {}", entry.key));
            Some(Variable { key: entry.key.clone(), value, evidence })
        })
        .collect()
}

fn value(known: &[(String, String)], name: &str) -> Option<String> {
    known.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}
