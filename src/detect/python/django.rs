//! Django: the settings that a program of it starts with, and what they ask of the image.

mod databases;
mod given;

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use anyhow::Result;

use super::application::Application;
use super::demands::Demand;
use super::pages::{Need, listed};
use super::source::{DJANGO_SETTINGS as SETTINGS, Module, Sources};
use super::tables::Before;
use super::{App, Gathered, Step, codes};
use crate::code::facts::Definition;
use crate::code::writes::HOME;
use crate::code::{Base, Does, File, Program as Code, Value, is_env_name};
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Program, Sourced};
use crate::path::RelPath;

/// Names of settings for a developer's machine, and for others.
const DEVELOPMENT: [&str; 6] = ["dev", "development", "local", "test", "testing", "debug"];
const PRODUCTION: [&str; 4] = ["production", "prod", "live", "docker"];

/// What Django loads for its geographic application, in packages.toml.
const GEOGRAPHY: &str = "geodjango";

/// Maximum number of tokens of a list that are looked through.
const MAX_LIST: usize = 2000;

/// Maximum number of tokens of a route that are looked through.
const MAX_ROUTE: usize = 24;

/// What is known of a project before its program is.
pub(super) struct Project {
    /// The file that runs its commands.
    pub(super) manage: RelPath,
    /// The folder of that file.
    pub(super) root: RelPath,
    pub(super) settings: Rc<Module>,
    /// The settings are not those that the entry point names.
    pub(super) chosen: Option<Sourced<EnvVar>>,
}

/// The project of an application; `None` if there is no manage.py with settings.
pub(super) fn project(sources: &Sources, application: &Application) -> Result<Option<Project>> {
    let manage = sources.all.iter().filter(|path| path.file_name() == "manage.py");
    let near = |path: &&RelPath| {
        let same = path.parent().is_some_and(|root| application.module.file.path.is_within(&root));
        // The one in the nearest folder: another may only pass commands on to it.
        (!same, std::cmp::Reverse(path.components().count()))
    };
    let Some(manage) = manage.min_by_key(near).cloned() else { return Ok(None) };
    let root = manage.parent().unwrap_or_default();
    let named = |file: &Rc<File>| {
        let at =
            (0..file.len()).find(|&at| file.string(at).is_some_and(|text| text == SETTINGS))?;
        // The value follows the name: in `setdefault(name, value)` and in `environ[name] = value`.
        let value = (at + 1..at + 12).find_map(|at| file.string(at))?;
        Some((value.into_owned(), file.evidence(at, format!("sets {SETTINGS}"))))
    };
    let by_manage = sources.module(&manage)?.and_then(|module| named(&module.file));
    let by_server = named(&application.module.file);
    // The server runs the program; manage.py may name what a developer runs.
    let Some((name, at)) = by_server.or_else(|| by_manage.clone()) else { return Ok(None) };
    let Some(mut settings) = sources.below(&root, &name)? else { return Ok(None) };
    // manage.py runs in the image too, with the settings of the program.
    let differs = by_manage.is_some_and(|(of_manage, _)| of_manage != name);
    let var = EnvVar { key: SETTINGS.to_owned(), value: name.clone() };
    let mut chosen = differs.then(|| Sourced::new(var, at.clone()));
    // Settings of a developer beside those of production.
    if let Some((package, last)) = name.rsplit_once('.')
        && DEVELOPMENT.contains(&last)
    {
        for other in PRODUCTION {
            let full = format!("{package}.{other}");
            if let Some(module) = sources.below(&root, &full)? {
                let note = format!("{full} lies beside {name}, which is for development");
                let var = EnvVar { key: SETTINGS.to_owned(), value: full };
                chosen = Some(Sourced::guessed(var, Evidence { note, ..at.clone() }));
                settings = module;
                break;
            }
        }
    }
    Ok(Some(Project { manage, root, settings, chosen }))
}

/// The definition of a setting that holds, in the settings or in what they import as a whole.
fn setting(code: &Code, file: &Rc<File>, name: &str, depth: u8) -> Option<(Rc<File>, Definition)> {
    // Settings are a script: the last definition of a name holds.
    let own = file.facts().definitions_of(file, name).iter().rev();
    let own = own.filter(|d| d.form.is_variable() && file.facts().function_at(d.name).is_none());
    if let Some(definition) = own.into_iter().next() {
        return Some((file.clone(), definition.clone()));
    }
    // `from .base import *` is how settings for several places share one base.
    let whole = file.imports.iter().filter(|import| import.export.as_deref() == Some("*"));
    let depth = depth.checked_sub(1)?;
    whole.rev().take(4).find_map(|import| {
        let module = code.module_named(&import.path)?;
        setting(code, &module, name, depth)
    })
}

/// What Django's settings ask of the image.
pub(super) struct Asked {
    pub(super) steps: Vec<Step>,
    pub(super) made: Vec<String>,
    pub(super) gathered: Option<Gathered>,
    /// Values of paths that the program writes.
    pub(super) written: Vec<(Value, Does, Evidence)>,
    /// Folders with pages, which another package may build.
    pub(super) pages: Vec<(Value, Need, Evidence)>,
}

/// Reads the settings.
pub(super) fn settings(
    app: &App,
    project: &Project,
    code: &Code,
    rows: &[Before],
    demands: &BTreeMap<String, Demand>,
    program: &mut Program,
) -> Asked {
    // The file as this program sees it, which has its own working directory.
    let own = code.files().find(|file| file.path == project.settings.file.path);
    let file = own.unwrap_or(&project.settings.file);
    let pages = pages(code, file);
    let mut asked =
        Asked { steps: Vec::new(), made: Vec::new(), gathered: None, written: Vec::new(), pages };
    program.env.extend(project.chosen.clone());
    let value = |name: &str| {
        let (file, definition) = setting(code, file, name, 4)?;
        let value = code.value(&file, definition.value.clone());
        Some((value, file.evidence(definition.name, format!("the setting {name}"))))
    };
    let apps: String = ["INSTALLED_APPS", "DJANGO_APPS", "THIRD_PARTY_APPS", "MIDDLEWARE"]
        .iter()
        .filter_map(|name| setting(code, file, name, 4))
        .map(|(file, definition)| texts(&file, &definition.value))
        .collect();
    if apps.contains("django.contrib.gis")
        && !program.needs.packages.iter().any(|held| held.value == GEOGRAPHY)
    {
        let at = Evidence::file(&file.path, "Django's geographic application loads it");
        program.needs.packages.push(Sourced::new(GEOGRAPHY.to_owned(), at));
    }
    let manage = project.manage.relative_to(&project.root);
    if apps.contains("django.contrib.staticfiles") {
        let root = value("STATIC_ROOT");
        let variable = root.as_ref().and_then(|(root, _)| root.variables().next());
        let variable = variable.map(str::to_owned);
        let root = root.and_then(|(root, at)| Some((below(app, project, &root)?, at)));
        match root {
            Some(((folder, way), at)) => {
                // Without any file, collectstatic makes no folder. The admin always has some.
                if !apps.contains("django.contrib.admin") {
                    asked.steps.push(Step {
                        words: vec!["mkdir".to_owned(), "-p".to_owned(), way],
                        env: Vec::new(),
                        note: "The folder is copied below, even if no app has static files"
                            .to_owned(),
                    });
                }
                let words = ["python", &manage, "collectstatic", "--noinput"];
                let given = given::given(app, demands);
                let mut env = placeholders(demands, project);
                given.fill(&mut env);
                program.findings.extend(given.finding(demands));
                if folder.starts_with(HOME) {
                    let var = EnvVar { key: "HOME".to_owned(), value: HOME.to_owned() };
                    program.env.push(Sourced::new(var, at.clone()));
                    env.push(EnvVar { key: "HOME".to_owned(), value: HOME.to_owned() });
                }
                asked.steps.extend(before(rows, &apps, &manage, &env));
                asked.steps.push(Step {
                    words: words.iter().map(ToString::to_string).collect(),
                    env,
                    note: format!("{}: the static files of every app in one folder", at.place()),
                });
                if let Some(variable) = variable.filter(|name| is_env_name(name)) {
                    asked.gathered = Some(Gathered { variable, folder: folder.clone() });
                }
                asked.made.push(folder);
                // With DEBUG off Django itself serves no static files.
                if !apps.contains("whitenoise") && !serves_static(code) {
                    program.findings.push(unserved(&at));
                }
            }
            None => program.findings.push(Finding::new(
                codes::STATIC_ROOT_MISSING,
                "the settings have no STATIC_ROOT below the application, so collectstatic has no \
                 folder to write",
                [Evidence::file(&file.path, "the settings of the project")],
            )),
        }
    }
    if let Some((media, at)) = value("MEDIA_ROOT") {
        asked.written.push((media, Does::MakesFolder, at));
    }
    // These are dictionaries: no call in the code opens what they name.
    for name in ["DATABASES", "LOGGING", "CACHES"] {
        let Some((file, definition)) = setting(code, file, name, 4) else { continue };
        asked.written.extend(files(code, &file, &definition.value));
        if name == "DATABASES" {
            program.connections.extend(databases::at_localhost(code, &file, &definition.value));
        }
    }
    for name in databases::OTHERS {
        let Some((file, definition)) = setting(code, file, name, 4) else { continue };
        program.connections.extend(databases::other_at_localhost(&file, &definition.value));
    }
    debug(code, file, program);
    let lacks = [Evidence::file(&project.manage, "runs Django's commands")];
    program.findings.push(
        Finding::new(
            FindingCode::MigrationsNotRun,
            "Django's migrations are not run when the container starts",
            lacks,
        )
        .with_fix(format!(
            "run `docker run --rm --entrypoint python IMAGE {manage} migrate` with the variables \
             of the program before a new version starts"
        )),
    );
    asked
}

/// The commands of apps that write files which collectstatic then gathers.
fn before(rows: &[Before], apps: &str, manage: &str, env: &[EnvVar]) -> Vec<Step> {
    let own = rows.iter().filter(|row| apps.lines().any(|app| app == row.app));
    let words = |row: &Before| {
        let python = ["python", manage].map(str::to_owned);
        python.into_iter().chain(row.words.iter().cloned()).collect()
    };
    own.map(|row| Step { words: words(row), env: env.to_vec(), note: row.note.clone() }).collect()
}

/// The folders that collectstatic reads, and those that the program itself opens.
fn pages(code: &Code, file: &Rc<File>) -> Vec<(Value, Need, Evidence)> {
    let mut all = Vec::new();
    if let Some((file, list)) = setting(code, file, "STATICFILES_DIRS", 4)
        && matches!(file.word(list.value.start), "[" | "(")
    {
        let listed = listed(code, &file, list.value.start);
        all.extend(listed.into_iter().map(|(value, at)| (value, Need::Built, at)));
    }
    if let Some((file, list)) = setting(code, file, "TEMPLATES", 4) {
        let keys = list.value.clone().take(MAX_LIST).filter(|&at| {
            file.word(at + 1) == ":" && file.word(at + 2) == "[" && {
                file.string(at).is_some_and(|text| text == "DIRS")
            }
        });
        for at in keys.collect::<Vec<_>>() {
            let listed = listed(code, &file, at + 2);
            all.extend(listed.into_iter().map(|(value, at)| (value, Need::Opened, at)));
        }
    }
    if let Some((file, loader)) = setting(code, file, "WEBPACK_LOADER", 4) {
        let is_key = |at: &usize| {
            file.word(at + 1) == ":" && file.string(*at).is_some_and(|text| text == "STATS_FILE")
        };
        for at in loader.value.clone().take(MAX_LIST).filter(is_key) {
            let around = file.enclosing(at).map_or(loader.value.end, |open| file.closing(open));
            let end = file.split(at + 2..around, &[","]).first().map_or(around, |one| one.end);
            let value = code.value(&file, at + 2..end);
            all.push((value, Need::Listed, file.evidence(at, "the setting STATS_FILE")));
        }
    }
    if let Some((file, root)) = setting(code, file, "WHITENOISE_ROOT", 4) {
        let at = file.evidence(root.name, "the setting WHITENOISE_ROOT");
        all.push((code.value(&file, root.value), Need::Opened, at));
    }
    all
}

/// The texts of a list.
fn texts(file: &File, range: &Range<usize>) -> String {
    let texts = range.clone().take(MAX_LIST).filter_map(|at| file.string(at));
    texts.fold(String::new(), |all, text| all + &text + "\n")
}

/// True if a urlconf serves the static files, as some do on purpose.
fn serves_static(code: &Code) -> bool {
    code.calls_named("re_path").chain(code.calls_named("path")).any(|call| {
        let file = &call.file;
        let named = |at: usize| file.string(at).is_some_and(|text| text.contains("static/"));
        (call.open..file.closing(call.open)).take(MAX_ROUTE).any(named)
    })
}

/// Files that a dictionary of the settings names: a sqlite database, a log, a cache.
pub(super) fn files(
    code: &Code,
    file: &Rc<File>,
    range: &Range<usize>,
) -> Vec<(Value, Does, Evidence)> {
    // For any other database NAME is a name on its server, and no file.
    let sqlite = texts(file, range).contains("sqlite3");
    let mut all = Vec::new();
    for at in range.clone().take(MAX_LIST) {
        let Some(key) = file.string(at).filter(|_| file.word(at + 1) == ":") else { continue };
        let does = match &*key {
            "NAME" if sqlite => Does::OpensDatabase,
            "filename" => Does::WritesFile,
            _ => continue,
        };
        let around = file.enclosing(at).map_or(range.end, |open| file.closing(open));
        let end = file.split(at + 2..around, &[","]).first().map_or(around, |first| first.end);
        let value = code.value(file, at + 2..end);
        all.push((value, does, file.evidence(at, format!("the setting {key}"))));
    }
    all
}

/// Values that only the build sees, for what the settings demand as they are imported.
pub(super) fn placeholders(demands: &BTreeMap<String, Demand>, project: &Project) -> Vec<EnvVar> {
    let text = |kind: &str| match kind {
        "int" | "float" => "1",
        "bool" => "false",
        "engine" => "django.db.backends.sqlite3",
        "db" | "db_url" => "sqlite:////tmp/build.sqlite3",
        "cache" | "cache_url" => "locmemcache://",
        "redis" => "redis://localhost:6379/0",
        "email" | "email_url" => "consolemail://",
        "json" | "dict" => "{}",
        _ => "only-while-building",
    };
    let demanded = demands.iter().filter(|(_, demand)| demand.at_import);
    let mut all: Vec<EnvVar> = demanded
        .map(|(key, demand)| {
            // dj-database-url refuses a text that is no URL, even where no query follows.
            let url = key.ends_with("DATABASE_URL");
            // So does redis-py, which connects later.
            let redis =
                ["REDIS_URL", "BROKER_URL", "CACHE_URL"].iter().any(|end| key.ends_with(end));
            let kind = match demand.kind.as_str() {
                _ if url => "db",
                // The path of a module, which Django imports.
                "" | "str" if key.ends_with("ENGINE") => "engine",
                "" if redis => "redis",
                kind => kind,
            };
            EnvVar { key: key.clone(), value: text(kind).to_owned() }
        })
        .collect();
    let chosen = project.chosen.as_ref().map(|chosen| chosen.value.clone());
    all.extend(chosen.filter(|var| !demands.contains_key(&var.key)));
    all
}

/// The folder that collectstatic fills: from the application's folder, or absolute, and as the
/// settings say it.
fn below(app: &App, project: &Project, root: &Value) -> Option<(String, String)> {
    let text = root.text().or_else(|| {
        let (base, way) = root.below()?;
        (base == Base::Home && root.is_known()).then(|| format!("~/{}", way.trim_matches('/')))
    })?;
    // The build runs as another user than the image, and is told this home.
    if let Some(way) = text.strip_prefix("~/").filter(|way| !way.contains("..")) {
        let folder = format!("{HOME}/{}", way.trim_end_matches('/'));
        return Some((folder.clone(), folder));
    }
    let text = text.trim_start_matches("./").trim_end_matches('/');
    // A folder directly below the root belongs to the system, or is the application's own.
    let placed = !text.starts_with('/') || text.matches('/').count() > 1;
    if !placed || text.is_empty() || text.split('/').any(|part| part == "..") {
        return None;
    }
    if text.starts_with('/') {
        return Some((text.to_owned(), text.to_owned()));
    }
    let way = project.root.strip(&app.dir.path).unwrap_or_default();
    Some(([way, text].join("/").trim_start_matches('/').to_owned(), text.to_owned()))
}

fn unserved(at: &Evidence) -> Finding {
    Finding::new(
        codes::STATIC_UNSERVED,
        "nothing in the image serves the static files that collectstatic gathers",
        [at.clone()],
    )
}

/// Settings that hold on a developer's machine alone.
fn debug(code: &Code, file: &Rc<File>, program: &mut Program) {
    let literal = |name: &str, word: &str| {
        let (file, definition) = setting(code, file, name, 4)?;
        let is = definition.value.len() == 1 && file.word(definition.value.start) == word;
        is.then(|| file.evidence(definition.name, format!("{name} = {word}")))
    };
    let debugs = literal("DEBUG", "True");
    if let Some(at) = debugs.clone() {
        let what = "the settings turn DEBUG on, whatever the environment says";
        program.findings.push(Finding::new(codes::DEBUG_ON, what, [at]));
    }
    let Some((file, hosts)) = setting(code, file, "ALLOWED_HOSTS", 4) else { return };
    let (start, end) = (hosts.value.start, hosts.value.end);
    let list = file.word(start) == "[" && file.closing(start) + 1 == end;
    let texts: Vec<String> = hosts
        .value
        .clone()
        .take(MAX_LIST)
        .filter_map(|at| file.string(at))
        .map(std::borrow::Cow::into_owned)
        .collect();
    let local = |text: &String| matches!(text.as_str(), "localhost" | "127.0.0.1" | "[::1]");
    let fixed = hosts.value.clone().all(|at| !file.is_word(at));
    if list && fixed && texts.iter().all(local) {
        let at = file.evidence(hosts.name, "the setting ALLOWED_HOSTS");
        let what = "the setting ALLOWED_HOSTS has no name but the machine's own";
        program.findings.push(Finding::new(codes::HOSTS_REFUSED, what, [at]));
    }
}
