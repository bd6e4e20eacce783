//! What a program needs and does at run time, read from the modules that it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::options::decorators;
use super::pages;
use super::world::World;
use super::{addresses, application, browser, django, imported, listen, models, opened, unwritten};
use crate::code::{Call, Does, File, Program as Code, Value, conditions, connects, writes};
use crate::detect::env_file;
use crate::facts::{EnvVar, Evidence, Finding, Kind, Program, Sourced};

/// How far a name of a command is followed.
const MAX_STEPS: u8 = 4;

/// Shells, and the interpreter that the environment has.
const SHELLS: [&str; 4] = ["sh", "bash", "/bin/sh", "/bin/bash"];
const INTERPRETERS: [&str; 3] = ["python", "python3", "pip"];

/// What names the operating system: `sys.platform == "win32"`, `os.name == "nt"`.
const SYSTEMS: [(&str, &str); 3] = [("sys", "platform"), ("platform", "system"), ("os", "name")];

/// Fills in what is written, started and demanded.
pub(super) fn analyse(
    world: &World,
    extra: Vec<(Value, Does, Evidence)>,
    demands: BTreeMap<String, Evidence>,
    program: &mut Program,
) {
    written(world, extra, program);
    caches(world, program);
    commands(world, program);
    opened::files(world, program);
    pages::of_flask(world, program);
    browser::read(world, program);
    program.findings.extend(opened::dotenv(world).or_else(|| opened::dotenv_asked(world)));
    program.findings.extend(opened::secrets(world));
    imported::missing(world, program);
    models::missing(world, program);
    unwritten::missing(world, program);
    unwritten::generated(world, program);
    for row in &world.tables.privileged {
        let at = world.app.installed.evidence(&row.library);
        program
            .findings
            .extend(at.filter(|_| imports(world, &row.library)).map(|at| row.finding(at)));
    }
    let zones = world.modules.iter().find_map(|module| {
        let import = module.file.imports.iter().find(|import| import.path == "zoneinfo")?;
        Some(Evidence::at(&module.file.path, import.line, "reads time zones by name"))
    });
    // The package brings the tables itself, and the module looks there too.
    program.needs.zoneinfo = zones.filter(|_| !world.app.installed.has("tzdata"));
    env_file::required(program, demands);
}

/// True if a module of the program imports a package of that name.
fn imports(world: &World, package: &str) -> bool {
    // By convention alone: a package whose module has another name has a row that says so.
    let module = package.replace('-', "_");
    world.modules.iter().any(|held| held.file.imports_module(&module))
}

/// The port and the address that the code itself listens on.
pub(super) fn listens(world: &World, development: bool, program: &mut Program) -> bool {
    let listening = listen::listening(world.code, &world.tables.listeners, development);
    if listening.listens.is_none() {
        return addresses::stated(world, program);
    }
    program.kind = Kind::Service;
    program.port = listening.port;
    program.more_ports = listening.more;
    program.port_variable = listening.port_variable;
    program.env.extend(listening.env);
    by_example(world, program);
    program.findings.extend(listening.findings);
    // A program has one line of arguments; each address may add words to it.
    let mut args = listening.args.into_iter();
    if let Some(mut first) = args.next() {
        for more in args {
            first.value = format!("{} {}", first.value, more.value);
            first.evidence.extend(more.evidence);
        }
        program.args = Some(first);
    }
    true
}

/// The port of an example of an environment file, where only a variable decides and the code has no
/// default.
fn by_example(world: &World, program: &mut Program) {
    let Some(port) = &program.port else { return };
    let mut env = program.env.iter_mut();
    let text = port.value.to_string();
    let Some(held) = env.find(|held| held.value.value == text && held.evidence == port.evidence)
    else {
        return;
    };
    let folders = [&world.app.dir.path];
    let found = env_file::example(world.app.dir.repo, &folders, &held.value.key).ok().flatten();
    let Some((value, at)) = found else { return };
    let Some(number) = value.parse().ok().filter(|number| *number > 0) else { return };
    held.value.value = value;
    held.evidence = vec![at.clone()];
    program.port = Some(Sourced::new(number, at));
}

/// The handler of SIGTERM: the program's own, or that of the server that it starts.
pub(super) fn sigterm(world: &World) -> Option<Evidence> {
    let own = world.code.files().find_map(|file| {
        let at = file.places("SIGTERM").iter().find(|&&at| {
            let open = file.enclosing(at);
            open.is_some_and(|open| {
                open > 0 && matches!(file.word(open - 1), "signal" | "add_signal_handler")
            })
        })?;
        Some(file.evidence(*at, "handles SIGTERM"))
    });
    own.or_else(|| {
        let mut calls = listen::calls(world.code, &world.tables.listeners);
        let (row, call) = calls.find(|(row, _)| row.stops)?;
        Some(call.evidence(format!("`{}` handles SIGTERM ({})", call.name(), row.source)))
    })
}

fn written(world: &World, extra: Vec<(Value, Does, Evidence)>, program: &mut Program) {
    let mut extra = extra;
    // Libraries read these by name, so no call in the code opens what they name.
    for name in ["SQLALCHEMY_DATABASE_URI", "UPLOAD_FOLDER", "SESSION_FILE_DIR"] {
        let does = if name.ends_with("URI") { Does::OpensDatabase } else { Does::MakesFolder };
        for (file, at, range) in configured(world.code, name) {
            let mut value = world.code.value(&file, range);
            // https://flask-sqlalchemy.readthedocs.io/en/stable/config/: from 3.0 on
            let version = world.app.installed.version("flask-sqlalchemy").unwrap_or("3");
            let old = ["0.", "1.", "2."].iter().any(|old| version.starts_with(old));
            if imports(world, "flask_sqlalchemy") && !old {
                value = in_instance(value);
            }
            // The address of a server, which a variable gives.
            if does == Does::OpensDatabase && value.text().is_none() && serves_databases(world) {
                continue;
            }
            extra.push((value, does, file.evidence(at, format!("the setting {name}"))));
        }
    }
    extra.extend(logs(world));
    extra.extend(settings(world));
    // A module that is imported does not do what it does where it is started.
    let runs = |call: &Call| {
        listen::runs(world.code, call)
            && !is_idle(world.code, call)
            && !is_asked(call)
            && !is_of_command(world.code, call)
    };
    let mut written = writes::written_where(world.code, extra, runs);
    let drivers = &world.tables.drivers;
    if serves_databases(world) {
        // The address of a server, not a file.
        let opened = world.code.doing(&[Does::OpensDatabase]).map(|(_, call)| call);
        let served = opened.filter(|call| drivers.by_address.iter().any(|n| n == call.name()));
        let places: BTreeSet<String> = served.map(|call| call.evidence("").place()).collect();
        written.unfollowed.retain(|one| !places.contains(&one.evidence.place()));
    }
    let mut starts = |call: &Call| listen::runs(world.code, call);
    program.connections.extend(connects::connections(world.code, &mut starts));
    if let Some(at) = written.here.clone() {
        written.warn_mixed(&at);
    }
    program.findings.extend(written.folder_unknown());
    program.needs.temporary_files = program.needs.temporary_files.take().or(written.temporary);
    program.writable.extend(written.folders);
    program.env.extend(written.env);
    program.findings.extend(written.findings);
}

/// Functions that frameworks and hosts call by their names.
const CALLED: [&str; 4] = ["main", "handler", "lambda_handler", "handle"];

/// True for a call in a function that nothing in the program names, on a path that it is given.
fn is_idle(code: &Code, call: &Call) -> bool {
    let file = &call.file;
    let Some(function) = file.facts().function_at(call.at).filter(|one| !one.method) else {
        return false;
    };
    let name = file.word(function.name);
    let parameters = file.elements(function.parameters);
    let given = call.arguments().first().cloned().filter(|one| one.len() == 1);
    let handed = given.is_some_and(|one| {
        parameters.iter().any(|parameter| file.word(parameter.start) == file.word(one.start))
    });
    let decorated = application::is_decorated(file, function.name);
    let uses = || code.files().map(|file| file.places(name).len()).sum::<usize>();
    handed && !decorated && !CALLED.contains(&name) && uses() == 1
}

/// True for a call in a command of a developer's (`@app.cli.command("themes")`), which the program
/// that serves does not run.
fn is_of_command(code: &Code, call: &Call) -> bool {
    let file = &call.file;
    let Some(function) = file.facts().function_at(call.at).filter(|one| !one.method) else {
        return false;
    };
    let command = |decorator: &Call| {
        let of = decorator.receiver().to_ascii_lowercase();
        decorator.name() == "command"
            && decorator.is_method()
            && (of == "cli" || of.ends_with("_cli") || file.imports_module("flask"))
    };
    let name = file.word(function.name);
    let uses = || code.files().map(|file| file.places(name).len()).sum::<usize>();
    decorators(file, function).iter().any(command) && uses() == 1 && imports_flask(code)
}

/// True if the program is one of Flask's, whose own command runs its commands.
fn imports_flask(code: &Code) -> bool {
    code.files().any(|file| file.imports_module("flask"))
}

/// True for a write that only a variable switches on, which names its path too:
/// `if os.getenv("LOG_FILE"): FileHandler(os.environ["LOG_FILE"])`.
fn is_asked(call: &Call) -> bool {
    let file = &call.file;
    let names = |range: std::ops::Range<usize>| {
        let texts = range.filter_map(|at| file.string(at));
        texts.filter(|text| crate::code::is_env_name(text)).map(std::borrow::Cow::into_owned)
    };
    let own: Vec<String> = call
        .arguments()
        .into_iter()
        .take(1)
        .filter(|one| one.len() < MAX_SETTING)
        .flat_map(names)
        .collect();
    let mut heads = conditions::heads(file, call.at).into_iter();
    heads.any(|head| file.word(head.start) == "if" && names(head).any(|name| own.contains(&name)))
}

/// What settings of libraries make them write.
fn settings(world: &World) -> Vec<(Value, Does, Evidence)> {
    let mut all = Vec::new();
    for row in world.tables.settings.iter().filter(|row| imports(world, &row.of)) {
        let elsewhere = row.unless.as_ref();
        if elsewhere.is_some_and(|name| !configured(world.code, name).is_empty()) {
            continue;
        }
        for (file, at, range) in configured(world.code, &row.name) {
            let value = world.code.value(&file, range);
            let at = file.evidence(at, format!("the setting {}", row.name));
            match &row.is {
                Some(is) if value.text().as_ref() == Some(is) => {
                    all.push((Value::known(&*row.folder, at.clone()), Does::MakesFolder, at));
                }
                Some(_) => {}
                None if row.file => all.push((value.without_pattern(), Does::WritesFile, at)),
                None => all.push((value, Does::MakesFolder, at)),
            }
        }
    }
    // One that cannot be followed is none: the setting may be another program's.
    all.retain(|(value, ..)| value.alternatives().any(|one| writes::is_followed(&one)));
    all
}

/// True if the drivers of the project reach servers of databases alone.
fn serves_databases(world: &World) -> bool {
    let drivers = &world.tables.drivers;
    let any = |names: &[String]| names.iter().any(|name| world.app.installed.has(name));
    any(&drivers.servers) && !any(&drivers.files)
}

/// Files into which the standard library logs: <https://docs.python.org/3/library/logging.config.html>.
fn logs(world: &World) -> Vec<(Value, Does, Evidence)> {
    let code = world.code;
    let of_logging = |call: &Call| call.is_in("logging") && listen::runs(code, call);
    let mut all = Vec::new();
    for call in code.calls_named("basicConfig").filter(of_logging) {
        if let Some(range) = call.named("filename") {
            let at = call.evidence("logs into a file");
            all.push((code.value(&call.file, range), Does::WritesFile, at));
        }
    }
    for call in code.calls_named("dictConfig").filter(of_logging) {
        let file = &call.file;
        let Some(range) = call.arguments().into_iter().next() else { continue };
        let named = file.facts().definitions_of(file, file.word(range.start)).iter();
        let named = named.filter(|_| range.len() == 1).map(|definition| definition.value.clone());
        for range in named.chain([range.clone()]) {
            all.extend(django::files(code, file, &range));
        }
    }
    all
}

/// Variables without which a library refuses a setting of the program.
/// <https://flask-sqlalchemy.readthedocs.io/en/stable/config/#flask_sqlalchemy.config.SQLALCHEMY_DATABASE_URI>
pub(super) fn demanded_settings(world: &World) -> Vec<(String, Evidence)> {
    if !imports(world, "flask_sqlalchemy") {
        return Vec::new();
    }
    let name = "SQLALCHEMY_DATABASE_URI";
    let stated = configured(world.code, name).into_iter().map(|(file, at, range)| {
        // `os.environ.get("URL") or "sqlite:///app.db"`
        if file.split(range.clone(), &["or"]).len() > 1 {
            return None;
        }
        let value = world.code.value(&file, range);
        let variable = value.env().filter(|_| value.text().is_none()).map(str::to_owned);
        variable.map(|variable| (variable, file.evidence(at, format!("the setting {name}"))))
    });
    // Settings for another place may state one.
    let all: Option<Vec<(String, Evidence)>> = stated.collect();
    all.unwrap_or_default()
}

/// How many tokens the value of a setting may have.
const MAX_SETTING: usize = 64;

/// `app.config["NAME"] = value`, `NAME = value`, `NAME=value` among arguments, `{"NAME": value}`.
fn configured(code: &Code, name: &str) -> Vec<(Rc<File>, usize, std::ops::Range<usize>)> {
    let mut all = Vec::new();
    for file in code.files() {
        let definitions = file.facts().definitions_of(file, name).iter();
        all.extend(definitions.map(|d| (file.clone(), d.name, d.value.clone())));
        for at in 0..file.len() {
            let indexed = file.word(at + 1) == "]" && file.word(at + 2) == "=";
            if indexed && file.string(at).is_some_and(|text| text == name) {
                let end = (at + 3..file.len()).find(|&end| file.is_line_end(end));
                all.push((file.clone(), at, at + 3..end.unwrap_or(file.len())));
            } else if file.word(at + 1) == ":"
                && file.string(at).is_some_and(|text| text == name)
                && let Some(open) = file.enclosing(at).filter(|open| file.word(*open) == "{")
            {
                let close = file.closing(open).min(at + MAX_SETTING);
                let ends =
                    |end: &usize| file.word(*end) == "," && file.enclosing(*end) == Some(open);
                all.push((file.clone(), at, at + 2..(at + 2..close).find(ends).unwrap_or(close)));
            }
        }
    }
    all
}

/// Flask-SQLAlchemy places a relative path below the instance folder.
fn in_instance(mut value: Value) -> Value {
    for part in &mut value.parts {
        if let Some(text) = &mut part.text
            && let Some(path) = text.strip_prefix("sqlite:///")
            && !path.starts_with('/')
            && !path.is_empty()
        {
            *text = format!("sqlite:///instance/{path}");
        }
    }
    value
}

/// Folders that libraries keep in the user's home, moved to where the image has room for them.
fn caches(world: &World, program: &mut Program) {
    for row in &world.tables.caches {
        let held = program.env.iter().any(|held| held.value.key == row.variable);
        let Some(at) = world.app.installed.evidence(&row.package).filter(|_| !held) else {
            continue;
        };
        let module = row.module.as_deref().unwrap_or(&row.package);
        let says = |word: &String| world.code.files().any(|file| !file.places(word).is_empty());
        if !imports(world, module) && !row.always && !row.words.iter().any(says) {
            continue;
        }
        let evidence = Evidence { note: format!("{} ({})", row.note, row.source), ..at };
        let var = EnvVar { key: row.variable.clone(), value: row.folder.clone() };
        program.env.push(Sourced::new(var, evidence.clone()));
        if row.folder.starts_with("/tmp") {
            program.needs.temporary_files.get_or_insert(evidence);
        } else if !program.writable.iter().any(|folder| folder.value == row.folder) {
            program.writable.push(Sourced::new(row.folder.clone(), evidence));
        }
    }
}

/// Programs that the code starts.
/// True for a command that the code starts only where it finds it: `if shutil.which("xsel"):`.
fn is_optional(call: &Call, name: &str) -> bool {
    let file = &call.file;
    if call.name() == "which" {
        let start = conditions::statement(file, call.at);
        return matches!(file.word(start), "if" | "elif") && file.word(start + 1) != "not";
    }
    let asks = |range: &std::ops::Range<usize>| {
        let mut words = range.clone();
        words.clone().any(|at| file.word(at) == "which")
            && words.any(|at| file.string(at).is_some_and(|text| text == name))
    };
    conditions::heads(file, call.at).iter().any(asks)
}

fn commands(world: &World, program: &mut Program) {
    for (row, call) in world.code.doing(&[Does::Starts]) {
        let Some(range) = call.arguments().get(row.at.unwrap_or(0)).cloned() else { continue };
        let through =
            call.named("shell").is_some_and(|range| call.file.word(range.start) == "True");
        // These two take a line for the shell, with or without the argument.
        if through || row.names.iter().any(|name| matches!(name.as_str(), "system" | "popen")) {
            let at = call.evidence(format!("`{}` starts a shell", call.name()));
            program.needs.shell.get_or_insert(at);
        }
        if is_elsewhere(&call) {
            continue;
        }
        let Some(started) = command(world.code, &call, range, MAX_STEPS) else { continue };
        let name = started.rsplit('/').next().unwrap_or_default();
        let evidence = call.evidence(format!("starts `{name}`"));
        // `git-upload-pack` and the like are parts of git.
        let name = if name.starts_with("git-") { "git" } else { name };
        // A console script has the name of its package more often than not.
        let own = world.app.installed.has(&name.to_ascii_lowercase().replace('_', "-"));
        if SHELLS.contains(&started.as_str()) {
            program.needs.shell.get_or_insert(evidence);
        } else if INTERPRETERS.contains(&name) {
            // Every image of the language holds one.
        } else if name == "git" && opened::is_spared(&call.file, call.at) {
            // It goes on without git, and there is no repository to ask.
        } else if let Some(key) = world.tables.commands.get(name) {
            if !program.needs.packages.iter().any(|package| package.value == *key) {
                program.needs.packages.push(Sourced::new(key.clone(), evidence));
            }
        } else if !own
            && !world.tables.present.names.iter().any(|held| held == name)
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
            && !started.starts_with('.')
            && !is_optional(&call, name)
        {
            let finding = Finding::command_unknown(name, [evidence]);
            if !program.findings.iter().any(|held| held.what == finding.what) {
                program.findings.push(finding);
            }
        }
    }
    for row in &world.tables.starting {
        let Some(at) = world.app.installed.evidence(&row.package) else { continue };
        let module = row.module.as_deref().unwrap_or(&row.package);
        let held = program.needs.packages.iter().any(|package| package.value == row.needs);
        if !held && imports(world, module) {
            let evidence = Evidence { note: row.source.clone(), ..at };
            program.needs.packages.push(Sourced::new(row.needs.clone(), evidence));
        }
    }
}

/// True for a call that runs on another operating system alone.
fn is_elsewhere(call: &Call) -> bool {
    let file = &call.file;
    let heads = conditions::heads(file, call.at);
    let asked = SYSTEMS.iter().filter(|(of, name)| {
        let names = |at: usize| file.word(at) == *name && file.word(at - 1) == ".";
        let mut heads = heads.iter().flat_map(Clone::clone).filter(|&at| at > 1);
        heads.any(|at| names(at) && file.word(at - 2) == *of)
    });
    let asks: Vec<&str> = asked.map(|(_, name)| *name).collect();
    let own = |name: &str| ["linux", "Linux", "posix"].contains(&name);
    !asks.is_empty() && conditions::is_elsewhere(file, call.at, &asks, own)
}

/// The first word of the command that an argument states: a text, a list, or the name of one.
fn command(code: &Code, call: &Call, range: std::ops::Range<usize>, steps: u8) -> Option<String> {
    let file = &call.file;
    let steps = steps.checked_sub(1)?;
    // The command comes first; what is added to it are its arguments.
    let range = file.split(range, &["+"]).into_iter().next()?;
    match file.word(range.start) {
        "[" | "(" => {
            let first = file.elements(range.start).into_iter().next()?;
            // The first word is then in another list.
            if file.word(first.start) == "*" {
                return None;
            }
            let text = code.value(file, first).prefix();
            text.split_whitespace().next().map(str::to_owned)
        }
        "shlex" => command(code, call, range.start + 4..range.end - 1, steps),
        word if range.len() == 1 && file.is_word(range.start) => {
            let function = file.facts().function_at(call.at).map(|function| function.name);
            let of = |at: usize| file.facts().function_at(at).map(|function| function.name);
            let all = file.facts().definitions_of(file, word).iter();
            let mut own = all.filter(|d| {
                let scope = of(d.name);
                // A variable of another function is another one, whatever its name.
                (scope == function || scope.is_none()) && d.name < call.at
            });
            let value = own.next_back()?.value.clone();
            command(code, call, value, steps)
        }
        _ => {
            let text = code.value(file, range).prefix();
            text.split_whitespace().next().map(str::to_owned)
        }
    }
}
