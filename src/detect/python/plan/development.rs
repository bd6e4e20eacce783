//! The development target: the same program with a server that reloads, on the port of the image,
//! beside the packages for tests and checks.

use super::super::manifest::Project;
use super::super::tool::From;
use super::super::{Application, ProgramDetails};
use super::{ROOT, entrypoint, environment, under};
use crate::ask::id;
use crate::detect::Chosen;
use crate::docker::types::Line;
use crate::plan::DevCommand;
use crate::repo::Dir;
use crate::settings;

/// The port of servers that say nothing else.
const PORT: u16 = 8000;

/// Requirements for development, likeliest first.
const FILES: [&str; 7] = [
    "requirements-dev.txt",
    "requirements_dev.txt",
    "requirements.dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
    "requirements/development.txt",
    "requirements/local.txt",
];

/// The command and the environment of the target, where somebody asks for it.
pub(super) fn development(
    chosen: &Chosen,
    own: &ProgramDetails,
    app: &Application,
    args: Vec<String>,
) -> Option<DevCommand> {
    if chosen.answers.get(id::DEV) != Some("yes") {
        return None;
    }
    let way = chosen.facts.dir.strip(&chosen.facts.context).unwrap_or_default();
    let home = under(ROOT, way);
    let roots = app
        .roots(chosen.repo)
        .into_iter()
        .filter_map(|root| Some(under(ROOT, root.strip(&chosen.facts.context)?)));
    let paths: Vec<String> = roots.collect();
    let port = chosen.program.port.as_ref().map_or(PORT, |port| port.value).to_string();
    let command = if own.reload.is_empty() {
        entrypoint(own).into_iter().chain(args).collect()
    } else {
        own.reload.iter().map(|word| word.replace("{port}", &port)).collect()
    };
    let mut env = environment(own, &home);
    // The development image imports every project from its folder, so that edits count.
    env.retain(|(key, _)| key != "PYTHONPATH");
    env.push(("PYTHONPATH".to_owned(), paths.join(":")));
    if own.reload.is_empty() {
        // The command of the image reads the address from its variables.
        let set = chosen.program.env.iter().map(|var| &var.value);
        env.extend(set.map(|var| (var.key.clone(), var.value.clone())));
    }
    Some(DevCommand { command, env, restart: own.reload.is_empty() })
}

/// The command that installs what the development of a project needs, made from the one that
/// leaves it out; none where the project states nothing of the kind.
pub(super) fn tools(
    chosen: &Chosen,
    app: &Application,
    way: &str,
    command: &[Line],
) -> Option<Vec<String>> {
    if chosen.answers.get(id::DEV) != Some("yes") {
        return None;
    }
    let command: Vec<String> = command.iter().map(ToString::to_string).collect();
    let dir = Dir::new(chosen.repo, app.dir.clone());
    let project = &app.project;
    let without = |words: &[&str]| {
        let kept = command.iter().filter(|word| !words.contains(&word.as_str()));
        Some(kept.cloned().collect::<Vec<_>>())
    };
    match (app.tool.id.value.as_str(), app.tool.from) {
        ("uv", From::Lock | From::Manifest) if has_group(project) => without(&["--no-dev"]),
        ("pdm", From::Lock | From::Manifest) if has_group(project) => without(&["--prod"]),
        ("poetry", From::Lock | From::Manifest) if has_group(project) => {
            let groups = command.iter().position(|word| word == "--only")?;
            let kept =
                command.iter().enumerate().filter(|(at, _)| !(groups..groups + 2).contains(at));
            Some(kept.map(|(_, word)| word.clone()).collect())
        }
        ("pipenv", From::Lock | From::Manifest) => {
            let (_, text) = dir.text("Pipfile").ok()??;
            let held = settings::parse_toml(&text)?;
            held.get("dev-packages")?.entries().first()?;
            Some([&command[..], &["--dev".to_owned()]].concat())
        }
        (_, From::Requirements) => {
            let used = &app.tool.requirements.as_ref()?.files;
            let file = FILES.iter().find(|name| {
                dir.join(name).is_some_and(|path| dir.has(name) && !used.contains(&path))
            })?;
            let at = command.iter().position(|word| word == "--requirement")?;
            // A file of tools has hashes as seldom as not, and pip asks for them where it has any.
            let plain = command[..=at].iter().filter(|word| *word != "--require-hashes");
            let file = if way.is_empty() { (*file).to_owned() } else { format!("{way}/{file}") };
            Some(plain.cloned().chain([file]).collect())
        }
        _ => None,
    }
}

/// True for a project with a group that production leaves out.
fn has_group(project: &Project) -> bool {
    project.groups.keys().any(|name| project.main_group.as_ref() != Some(name))
}
