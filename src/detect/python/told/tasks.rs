//! Lines that start a server in the project's own tasks: those of its manifest, of a Makefile, and the
//! settings of uWSGI.

use anyhow::Result;

use super::super::App;
use super::{SERVERS, Target, Told, WRAPPERS, read};
use crate::facts::Evidence;
use crate::recipes;
use crate::settings::{self, Item};
use crate::shell;

/// Tables of tasks in pyproject.toml and in a Pipfile.
const TABLES: [(&str, &[&str]); 6] = [
    ("pyproject.toml", &["tool", "pdm", "scripts"]),
    ("pyproject.toml", &["tool", "poe", "tasks"]),
    ("pyproject.toml", &["tool", "taskipy", "tasks"]),
    ("pyproject.toml", &["tool", "rye", "scripts"]),
    ("pyproject.toml", &["tool", "hatch", "envs", "default", "scripts"]),
    ("Pipfile", &["scripts"]),
];

/// Keys of a task that is a table.
const COMMANDS: [&str; 2] = ["cmd", "shell"];

/// Files with settings of uWSGI.
const UWSGI: [&str; 3] = ["uwsgi.ini", "wsgi.ini", "app.ini"];

/// Settings of uWSGI that hold for one machine, or that the image has by itself.
const OF_THE_IMAGE: [&str; 22] = [
    "callable",
    "chdir",
    "chmod-socket",
    "chown-socket",
    "daemonize",
    "die-on-term",
    "enable-threads",
    "gid",
    "home",
    "logto",
    "master",
    "module",
    "need-app",
    "pidfile",
    "plugin",
    "plugins",
    "pythonpath",
    "socket",
    "strict",
    "uid",
    "vacuum",
    "virtualenv",
];

/// Names of tasks that start the program.
const STARTING: [&str; 14] = [
    "api", "app", "bot", "default", "dev", "launch", "prod", "run", "serve", "server", "start",
    "up", "web", "worker",
];

/// Maximum number of tasks that are read.
const MAX_TASKS: usize = 200;

/// The lines of tasks.
pub(super) fn lines(app: &App) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    for (name, keys) in TABLES {
        let Some((path, text)) = app.dir.text(name)? else { continue };
        if !text.contains(keys[keys.len() - 1]) {
            continue;
        }
        let Some(tree) = settings::parse_toml(&text) else { continue };
        let tasks = tree.at(keys).map(Item::entries).unwrap_or_default();
        for task in tasks.iter().take(MAX_TASKS) {
            let held = &task.item;
            let table = COMMANDS.iter().find_map(|key| held.text_at(&[key]));
            let Some(line) = held.text().or(table) else { continue };
            let at = Evidence::at(&path, held.line, format!("the task {}", task.key));
            let commands = shell::parse(line).commands;
            let told = commands.iter().filter_map(|one| task_of(&one.argv, &task.key, &at));
            all.extend(told);
        }
    }
    let first = WRAPPERS.iter().filter_map(|words| words.first().copied());
    let names: Vec<&str> =
        SERVERS.into_iter().chain(first).chain(["fastapi", "python", "python3"]).collect();
    for step in recipes::steps_of(app.dir.repo, &app.dir.path, &names)?.iter().take(MAX_TASKS) {
        if step.dir == app.dir.path {
            all.extend(task_of(&step.words, &step.part, &step.evidence));
        }
    }
    Ok(all)
}

/// The server that a task starts. A task is for whoever works on the project, as documentation is.
fn task_of(words: &[String], name: &str, at: &Evidence) -> Option<Told> {
    let starts = name.split(['-', '_', ':', '.']).any(|word| STARTING.contains(&word));
    let one = read(words).filter(|one| match one.target {
        Target::Object(_) => true,
        Target::File(_) | Target::Module(_) => starts,
        _ => false,
    })?;
    Some(Told { documented: true, evidence: at.clone(), ..one })
}

/// What the settings of uWSGI start.
pub(super) fn settings(app: &App) -> Result<Option<Told>> {
    if !app.installed.has("uwsgi") {
        return Ok(None);
    }
    for name in UWSGI {
        let Some((path, text)) = app.dir.text(name)? else { continue };
        let found = settings::sections(&text);
        let own = || found.iter().filter(|one| one.section == "uwsgi");
        let value = |key: &str| own().find(|one| one.key == key);
        let module = value("module").or_else(|| value("wsgi")).map(|one| one.value.clone());
        let file = value("wsgi-file").or_else(|| value("file"));
        let of_file = file.map(|one| one.value.trim_end_matches(".py").replace('/', "."));
        let (Some(module), Some(first)) = (module.or(of_file), own().next()) else { continue };
        let object = match (module.contains(':'), value("callable")) {
            (true, _) => module,
            (false, Some(callable)) => format!("{module}:{}", callable.value),
            (false, None) => format!("{module}:application"),
        };
        let mut words = vec!["uwsgi".to_owned()];
        for one in own().filter(|one| {
            !OF_THE_IMAGE.contains(&one.key.as_str())
                && !["wsgi", "wsgi-file", "file"].contains(&&*one.key)
        }) {
            // `http` of a router is the image's own socket too.
            let key = if one.key == "http" { "http-socket" } else { &one.key };
            words.push(format!("--{key}={}", one.value));
        }
        words.push(object);
        let at = Evidence::at(&path, first.line, "the settings of uWSGI");
        return Ok(read(&words).map(|one| Told { evidence: at, ..one }));
    }
    Ok(None)
}
