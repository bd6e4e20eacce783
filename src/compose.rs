//! `compose.yaml`: the applications with what they need beside them, as data for its template. It is
//! written once, on request, and never over an existing file.

mod health;
mod processes;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::detect::localhost;
use crate::docker::parse::{Dockerfile, parse};
use crate::docker::scope::Scopes;
use crate::facts::Kind;
use crate::path::RelPath;
use crate::pipeline::{Change, Draft, Role, Survey};
use crate::plan::Env;
use crate::render;
use crate::report::next;
use crate::services::{self, Asked, Needed, identifier};
use crate::settings;
use crate::write::{self, Output, Standing};

/// The file, at the root of the repository.
pub(crate) use crate::own::COMPOSE as FILE;

/// The other names that Compose looks for.
/// <https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file>
const OTHERS: [&str; 3] = ["compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// Variables that only say where the program listens: in a container it must listen everywhere.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The whole file.
#[derive(Serialize)]
struct Compose {
    title: String,
    apps: Vec<App>,
    /// Processes beside them, from the same images.
    processes: Vec<App>,
    /// Their `development` stages.
    developments: Vec<App>,
    services: Vec<Beside>,
    volumes: Vec<String>,
    secrets: Vec<Secret>,
}

/// An application, or its `development` stage.
#[derive(Clone, Serialize)]
struct App {
    name: String,
    image: String,
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dockerfile: Option<String>,
    target: String,
    args: Vec<Pair>,
    secrets: Vec<String>,
    ports: Vec<Mapping>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env_file: Option<String>,
    environment: Vec<Pair>,
    volumes: Vec<String>,
    depends_on: Vec<String>,
    read_only: bool,
    restart: &'static str,
    health: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dev: Option<Dev>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process: Option<Process>,
}

/// What only a process beside an application has.
#[derive(Clone, Serialize)]
struct Process {
    why: String,
    command: Vec<String>,
}

/// A published port.
#[derive(Clone, Serialize)]
struct Mapping {
    /// `8081:8080`.
    text: String,
    /// Why the port of this machine is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// What only the `development` stage has.
#[derive(Clone, Serialize)]
struct Dev {
    /// The folder of the sources in the stage.
    root: String,
    /// Files whose change needs another build.
    rebuild: Vec<String>,
    /// What follows an edit: `sync`, or `sync+restart` where the command does not watch its files.
    action: &'static str,
}

/// A service that applications need.
#[derive(Serialize)]
struct Beside {
    name: String,
    title: String,
    why: String,
    image: String,
    args: Vec<String>,
    environment: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<String>,
    health: Vec<String>,
}

/// A variable. Its value is text of Compose, where `$` begins a variable.
#[derive(Clone, Serialize)]
struct Pair {
    key: String,
    value: String,
}

#[derive(Serialize)]
struct Secret {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<String>,
}

/// The file for these applications, compared with the one on disk.
///
/// # Errors
/// If something cannot be read, or the text would not be a compose file.
pub(crate) fn of(survey: &Survey, drafts: &[Draft]) -> Result<Change> {
    let compose = plan(survey, drafts)?;
    let text = render::compose(&compose)?;
    let read = settings::parse_yaml(&text);
    let services = read.first().and_then(|root| root.get("services"));
    if services.is_none_or(|all| all.entries().len() < drafts.len()) {
        bail!(
            "{FILE} was not written: its text is no compose file; this is a bug in dockgen, please report it"
        );
    }
    let root = &survey.place.root;
    let path = RelPath::new(FILE).context("the file's name")?;
    for name in OTHERS {
        let other = RelPath::new(name).context("the file's name")?;
        if write::is_there(root, &other) {
            let old = survey.repo.source_text(&other)?;
            let old = Some(old.map_or_else(String::new, |text| text.to_string()));
            let new = Output { path: other, text };
            return Ok(Change { role: Role::Compose, standing: Standing::Foreign, old, new });
        }
    }
    let old = write::read(root, &path)?;
    let standing = match &old {
        None => Standing::New,
        Some(old) if *old == text => Standing::Same,
        Some(_) => Standing::Foreign,
    };
    Ok(Change { role: Role::Compose, standing, old, new: Output { path, text } })
}

fn plan(survey: &Survey, drafts: &[Draft]) -> Result<Compose> {
    let shared = match drafts {
        [one] => one.plan.name.as_str(),
        _ => "app",
    };
    let name = identifier(shared);
    let (mut apps, mut developments): (Vec<App>, Vec<App>) = (Vec::new(), Vec::new());
    let mut processes: Vec<App> = Vec::new();
    let (mut services, mut secrets): (Vec<Beside>, Vec<Secret>) = (Vec::new(), Vec::new());
    let mut volumes = Vec::new();
    let mut published = next::Published::default();
    for draft in drafts {
        let needed = needed(survey, draft, shared)?;
        volumes.extend(next::kept(draft).into_iter().map(|(volume, _)| volume));
        let app = app(survey, draft, &needed, &mut published)?;
        developments.extend(development(&app, draft, &needed)?);
        processes.extend(processes::of(&app, draft));
        apps.push(app);
        for held in &needed {
            if !services.iter().any(|service| service.name == held.row.id) {
                services.push(beside(held, &name));
            }
        }
        secrets.extend(build_secrets(draft));
    }
    secrets.sort_by(|a, b| a.id.cmp(&b.id));
    secrets.dedup_by(|a, b| a.id == b.id);
    let ids: Vec<String> = services.iter().map(|service| service.name.clone()).collect();
    for app in &mut apps {
        if ids.contains(&app.name) {
            app.name.push_str("-app");
        }
    }
    let mut taken = ids;
    taken.extend(apps.iter().chain(&developments).map(|app| app.name.clone()));
    for process in &mut processes {
        if taken.contains(&process.name) {
            let owner = process.image.rsplit('/').next().unwrap_or_default();
            process.name = format!("{owner}-{}", process.name);
        }
        taken.push(process.name.clone());
    }
    let data = services.iter().filter_map(|service| service.volume.as_ref()?.split(':').next());
    volumes.extend(data.map(str::to_owned));
    volumes.sort();
    volumes.dedup();
    let title = apps.iter().map(|app| app.name.as_str()).collect::<Vec<_>>().join(", ");
    Ok(Compose { title, apps, processes, developments, services, volumes, secrets })
}

fn needed(survey: &Survey, draft: &Draft, name: &str) -> Result<Vec<Needed>> {
    let looked_for = localhost::looked_for(&survey.repo, &draft.facts)?.into_iter();
    let asked = Asked {
        folders: [&draft.plan.app, &draft.plan.context],
        example: draft.example.as_ref(),
        required: draft.plan.runtime.required.iter().map(ToString::to_string).collect(),
        looked_for: looked_for
            .filter_map(|one| Some((one.row, one.variable?, one.evidence)))
            .collect(),
        manifests: &draft.facts.manifests,
        name,
    };
    services::needed(&survey.repo, &asked)
}

fn beside(needed: &Needed, name: &str) -> Beside {
    let row = needed.row;
    let places: Vec<String> =
        needed.evidence.iter().take(2).map(|e| format!("{} ({})", e.note, e.place())).collect();
    let data = row.data_in(&needed.image);
    let pair = |(key, value): (String, String)| Pair { key, value: literal(&value) };
    let test = ["CMD".to_owned()].into_iter().chain(row.health(name));
    Beside {
        name: row.id.clone(),
        title: row.name.clone(),
        why: places.join(", "),
        image: needed.image.clone(),
        args: row.args.iter().map(|word| literal(word)).collect(),
        environment: row.env(name).into_iter().map(pair).collect(),
        volume: data.map(|folder| format!("{}-data:{folder}", row.id)),
        health: test.map(|word| literal(&word)).collect(),
    }
}

fn app(
    survey: &Survey,
    draft: &Draft,
    needed: &[Needed],
    published: &mut next::Published,
) -> Result<App> {
    let (plan, runtime) = (&draft.plan, &draft.plan.runtime);
    let name = plan.name.as_str().rsplit('/').next().unwrap_or_default().to_owned();
    let dockerfile = draft.path(Role::Dockerfile).context("the Dockerfile's path")?;
    let beside = plan.context.join("Dockerfile").as_ref() == Some(dockerfile);
    let program = program(draft);
    let kept = next::kept(draft);
    let workdir = &runtime.workdir;
    let command = program.is_some_and(|program| program.kind == Kind::Command);
    let test = match health::of(survey, draft)? {
        Some(command) => {
            ["CMD".to_owned()].into_iter().chain(command).map(|w| literal(&w)).collect()
        }
        None => Vec::new(),
    };
    let context = way(&plan.context);
    let ports = runtime.ports();
    let port = |port: &crate::facts::Port| {
        let at = published.place(*port);
        let why = (at != port.number)
            .then(|| format!("another application has port {} of this machine", port.number));
        Mapping { text: format!("{at}:{port}"), why }
    };
    Ok(App {
        image: plan.name.to_string(),
        dockerfile: (!beside).then(|| dockerfile.relative_to(&plan.context)),
        target: draft.target.clone().unwrap_or_else(|| "runtime".to_owned()),
        args: next::args(draft)
            .into_iter()
            .filter(|arg| arg.required)
            .map(|arg| Pair { key: arg.name.to_string(), value: demanded(arg.name.as_str()) })
            .collect(),
        secrets: build_secrets(draft).into_iter().map(|secret| secret.id).collect(),
        ports: ports.iter().map(port).collect(),
        env_file: draft.example.as_ref().map(|example| {
            let folder = example.path.parent().unwrap_or_default();
            format!("{}/.env", way(&folder)).replace("./.env", ".env")
        }),
        environment: environment(draft, needed, &runtime.env),
        volumes: kept.into_iter().map(|(volume, folder)| format!("{volume}:{folder}")).collect(),
        depends_on: needed.iter().map(|held| held.row.id.clone()).collect(),
        // What is written into the working directory itself has no volume of its own.
        read_only: !runtime.writable.contains(workdir),
        restart: if command { "no" } else { "unless-stopped" },
        health: test,
        dev: None,
        process: None,
        name,
        context,
    })
}

/// The program that is started.
fn program(draft: &Draft) -> Option<&crate::facts::Program> {
    let decisions = &draft.plan.decisions;
    let started = decisions.iter().find(|held| held.what == crate::ask::id::ENTRYPOINT)?;
    draft.facts.programs.iter().find(|program| program.id == started.value)
}

/// The variables of an application: those that lead to its services; those of its example that are no
/// secrets; and those that the image sets and a developer's .env must not change.
fn environment(draft: &Draft, needed: &[Needed], image: &[Env]) -> Vec<Pair> {
    let runtime = &draft.plan.runtime;
    let mut all: Vec<Pair> = Vec::new();
    let mut set = |key: &str, value: String| {
        if !all.iter().any(|held| held.key == key) {
            all.push(Pair { key: key.to_owned(), value });
        }
    };
    for (key, value) in needed.iter().flat_map(|held| &held.variables) {
        set(key, literal(value));
    }
    let example = draft.example.iter().flat_map(|example| &example.variables);
    let variable = program(draft).and_then(|program| program.port_variable.as_deref());
    for held in example {
        let key = held.key.as_str();
        let set_by_image = image.iter().find(|var| var.key.as_str() == key);
        match (set_by_image, runtime.port) {
            (_, Some(port)) if variable == Some(key) => set(key, port.to_string()),
            (Some(var), _) => set(key, literal(var.value.as_str())),
            _ if held.value.is_empty() || held.is_secret() => {}
            _ if LOOPBACK.contains(&held.value.as_str()) || held.value.contains(['}', '\\']) => {}
            _ => set(key, format!("${{{key}:-{}}}", literal(&held.value))),
        }
    }
    for key in &runtime.required {
        set(key.as_str(), demanded(key.as_str()));
    }
    all
}

/// A value that has to be set, in .env or in the shell.
fn demanded(key: &str) -> String {
    format!("${{{key}:?set it in .env}}")
}

/// Text in which Compose replaces nothing.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// A folder of the repository as the file names it.
fn way(folder: &RelPath) -> String {
    if folder.is_root() { ".".to_owned() } else { format!("./{folder}") }
}

/// The secrets of the build.
fn build_secrets(draft: &Draft) -> Vec<Secret> {
    let plan = &draft.plan;
    let more = plan
        .front_ends
        .iter()
        .flat_map(|front_end| front_end.install_secrets.iter().chain(&front_end.build_secrets));
    let mut all: Vec<Secret> = Vec::new();
    for mount in plan.install_secrets.iter().chain(&plan.build_secrets).chain(more) {
        let id = mount.id.to_string();
        if !all.iter().any(|held| held.id == id) {
            let file = mount.file.as_ref().map(|file| format!("./{file}"));
            let env = mount.env.as_ref().map_or_else(|| id.clone(), ToString::to_string);
            all.push(Secret { id, env: file.is_none().then_some(env), file });
        }
    }
    all
}

/// The `development` stage, if the Dockerfile has one into which the sources are copied whole.
fn development(app: &App, draft: &Draft, needed: &[Needed]) -> Result<Option<App>> {
    let Some(planned) = &draft.plan.dev else { return Ok(None) };
    let folder = way(&draft.plan.app);
    let file = parse(&draft.dockerfile)?;
    let Some(root) = sources(&file, "development") else { return Ok(None) };
    let manifests =
        draft.facts.manifests.iter().filter(|path| path.parent().as_ref() == Some(&draft.plan.app));
    let rebuild: Vec<String> =
        manifests.map(|path| format!("{folder}/{}", path.file_name())).collect();
    let mut stage = app.clone();
    stage.name.push_str("-dev");
    stage.environment = environment(draft, needed, &planned.env);
    // The volumes of the runtime image belong to its user and lie in its folders. What the stage
    // writes stays in its container.
    stage.volumes.clear();
    let action = if planned.restart { "sync+restart" } else { "sync" };
    stage.dev = Some(Dev { root, rebuild, action });
    Ok(Some(stage))
}

/// The folder of a stage into which `COPY . ...` puts the build context.
fn sources(file: &Dockerfile, name: &str) -> Option<String> {
    let at = file.stages.iter().position(|stage| stage.name.as_deref() == Some(name))?;
    let scopes = Scopes::of(file);
    let mut folder = String::from("/");
    let mut chain: Vec<usize> = scopes.chain(at).collect();
    chain.reverse();
    let mut found = None;
    for stage in chain {
        for held in &file.stages[stage].instructions {
            let words = held.words();
            match (held.keyword.as_str(), words.as_slice()) {
                ("WORKDIR", [to, ..]) => {
                    folder = crate::plan::resolve(&folder, to).ok()?.to_string();
                }
                ("COPY", [from, to]) if from == "." && stage == at => {
                    found = Some(crate::plan::resolve(&folder, to).ok()?.to_string());
                }
                _ => {}
            }
        }
    }
    found
}
