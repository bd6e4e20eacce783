//! What a program needs and does at run time, read from the modules that it is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::manifest::is_for_development;
use super::pages::{self, Need};
use super::world::World;
use super::{browser, codes, listen};
use crate::code::{Call, Does, File, Program as Code, Value, writes};
use crate::detect::env_file;
use crate::facts::{EnvVar, Evidence, Finding, Kind, Program, Sourced};
use crate::path::RelPath;

/// How far a name of a command is followed.
const MAX_STEPS: u8 = 4;

/// Maximum number of files that are read, and of those that are missing.
const MAX_FILES: usize = 200;
const MAX_SAID: usize = 12;

/// Maximum number of calls of a function that are looked at.
const MAX_USES: usize = 8;

/// How many calls lead to one that runs as the program starts.
const MAX_STARTS: u8 = 3;

/// Maximum number of tokens of an expression that chooses, on either side of a call.
const MAX_CHOICE: usize = 96;

/// Shells, and the interpreter that the environment has.
const SHELLS: [&str; 4] = ["sh", "bash", "/bin/sh", "/bin/bash"];
const INTERPRETERS: [&str; 3] = ["python", "python3", "pip"];

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
    opened(world, program);
    pages::of_flask(world, program);
    browser::read(world, program);
    program.findings.extend(dotenv(world));
    setuptools(world, program);
    development(world, program);
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
        return false;
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
            extra.push((value, does, file.evidence(at, format!("the setting {name}"))));
        }
    }
    let mut written = writes::written_with(world.code, extra);
    let drivers = &world.tables.drivers;
    let any = |names: &[String]| names.iter().any(|name| world.app.installed.has(name));
    if any(&drivers.servers) && !any(&drivers.files) {
        // The address of a server, not a file.
        let opened = world.code.doing(&[Does::OpensDatabase]).map(|(_, call)| call);
        let served = opened.filter(|call| drivers.by_address.iter().any(|n| n == call.name()));
        let places: BTreeSet<String> = served.map(|call| call.evidence("").place()).collect();
        written.unfollowed.retain(|(_, at)| !places.contains(&at.place()));
    }
    if let Some(at) = written.here.clone() {
        written.warn_mixed(&at);
    }
    program.findings.extend(written.folder_unknown());
    program.needs.temporary_files = program.needs.temporary_files.take().or(written.temporary);
    program.writable.extend(written.folders);
    program.env.extend(written.env);
    program.findings.extend(written.findings);
}

/// `app.config["NAME"] = value`, `NAME = value`, `NAME=value` among arguments.
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
        if !imports(world, module) && !row.always {
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
        let Some(started) = command(world.code, &call, range, MAX_STEPS) else { continue };
        let name = started.rsplit('/').next().unwrap_or_default();
        let evidence = call.evidence(format!("starts `{name}`"));
        // A console script has the name of its package more often than not.
        let own = world.app.installed.has(&name.to_ascii_lowercase().replace('_', "-"));
        if SHELLS.contains(&started.as_str()) {
            program.needs.shell.get_or_insert(evidence);
        } else if let Some(key) = world.tables.commands.get(name) {
            if !program.needs.packages.iter().any(|package| package.value == *key) {
                program.needs.packages.push(Sourced::new(key.clone(), evidence));
            }
        } else if !own
            && !INTERPRETERS.contains(&name)
            && !world.tables.present.names.iter().any(|held| held == name)
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
            && !started.starts_with('.')
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

/// Files that the program reads: those of the repository stay in the image, others are said.
fn opened(world: &World, program: &mut Program) {
    let repo = world.app.dir.repo;
    let said = program.findings.len();
    for (row, call) in world.code.doing(&[Does::Opens]) {
        let value = if row.on {
            call.on().map(|range| world.code.value(&call.file, range))
        } else {
            subject(world.code, &call, row.at.unwrap_or(0))
        };
        let open = value.as_ref().and_then(pages::tail);
        if let Some(path) = open.and_then(|way| world.app.dir.join(&way))
            && !repo.exists(&path)
        {
            let evidence = call.evidence(format!("`{}` reads {path}", call.name()));
            pages::made(world, &path, Need::Opened, &evidence, program);
        }
        let Some(text) = value.and_then(|value| value.text()) else { continue };
        // `path.open("rb")` names a mode.
        if !row.on && call.name() == "open" && call.is_method() && is_mode(&text) {
            continue;
        }
        if let Some(finding) = absolute(world, &call, &text, row.on) {
            program.findings.push(finding);
        }
        // An absolute path is not of the repository, and a pattern or an address is no file.
        let odd = text.starts_with('/') || text.contains(['{', '*', '%', ':', '<']);
        if odd || text.is_empty() || !is_read(world.code, &call, row.on) {
            continue;
        }
        let Some(path) = world.workdir.join(text.trim_end_matches('/')) else { continue };
        let evidence = call.evidence(format!("`{}` reads {text}", call.name()));
        let held = program.files.iter().any(|file| path.is_within(&file.value));
        if program.files.len() >= MAX_FILES || program.findings.len() >= said + MAX_SAID {
            break;
        }
        if repo.is_dir(&path) {
            pages::made(world, &path, Need::Opened, &evidence, program);
        }
        if repo.exists(&path) {
            if !held && !path.is_root() && path.is_within(&world.app.dir.path) {
                program.files.push(Sourced::new(path, evidence));
            }
            continue;
        }
        if pages::made(world, &path, Need::Opened, &evidence, program) {
            continue;
        }
        let writes = |folder: &Sourced<String>| {
            let folder = folder.value.trim_start_matches("./");
            text.trim_start_matches("./").starts_with(&format!("{folder}/"))
        };
        if program.writable.iter().any(writes) || is_spared(&call.file, call.at) {
            continue;
        }
        let examples = [".example", ".sample", ".dist", ".template"];
        let example = examples.iter().find_map(|end| {
            let name = path.as_str();
            let inner = name.rsplit_once('.').map(|(stem, kind)| format!("{stem}{end}.{kind}"));
            let names = [Some(format!("{name}{end}")), inner];
            names
                .into_iter()
                .flatten()
                .filter_map(|name| RelPath::new(&name))
                .find(|p| repo.is_file(p))
        });
        if let Some(example) = example {
            let at = [evidence, Evidence::file(&example, "an example")];
            program.findings.push(Finding::config_not_in_git(&text, &example, at));
        } else if path.file_name() == ".env" {
            program.findings.push(Finding::dotenv_required(&text, [evidence]));
        } else if is_at_start(world.code, &call, MAX_STARTS) {
            let target = format!("/app/{}", path.strip(&world.app.dir.path).unwrap_or(&text));
            program.findings.push(Finding::file_missing(&text, &target, None, None, [evidence]));
        }
    }
}

/// Folders of the system, and files that every image or every container has.
const SYSTEM: [&str; 16] = [
    "/app/",
    "/bin/",
    "/dev/",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/etc/ssl/",
    "/etc/timezone",
    "/lib",
    "/proc/",
    "/sys/",
    "/tmp/",
    "/usr/",
];

/// A file of the machine, such as `/etc/shop/config.yml`, without which the program stops as it starts.
fn absolute(world: &World, call: &Call, text: &str, on: bool) -> Option<Finding> {
    let file = text.starts_with('/') && !text.ends_with('/') && text.contains('.');
    let odd = text.contains(['{', '*', '%', ':', '<', ' ']) || text.contains("..");
    if !file || odd || SYSTEM.iter().any(|of| text.starts_with(of)) {
        return None;
    }
    let demanded = is_read(world.code, call, on)
        && !is_spared(&call.file, call.at)
        && is_at_start(world.code, call, MAX_STARTS);
    let evidence = call.evidence(format!("`{}` reads {text}", call.name()));
    demanded.then(|| Finding::file_missing(text, text, None, None, [evidence]))
}

/// The argument at a position, by its name where it has one.
fn subject(code: &Code, call: &Call, at: usize) -> Option<Value> {
    let range = call.arguments().get(at)?.clone();
    if call.file.word(range.start + 1) != "=" {
        return Some(code.value(&call.file, range));
    }
    let named = ["directory", "path", "file"].iter().find_map(|name| call.named(name));
    named.map(|range| code.value(&call.file, range))
}

/// A module of setuptools that the program imports and nothing installs.
fn setuptools(world: &World, program: &mut Program) {
    if world.app.installed.has("setuptools") {
        return;
    }
    let found = world.modules.iter().find_map(|module| {
        let file = &module.file;
        let import = file.imports.iter().find(|import| {
            let top = import.path.split('.').next().unwrap_or_default();
            matches!(top, "pkg_resources" | "setuptools")
        })?;
        let at = (0..file.len()).find(|&at| file.line(at) >= import.line)?;
        let optional = is_spared(file, at) || file.facts().function_at(at).is_some();
        (!optional)
            .then(|| Evidence::at(&file.path, import.line, format!("imports {}", import.path)))
    });
    if let Some(at) = found {
        let name = at.note.trim_start_matches("imports ").to_owned();
        let what = format!("the program imports {name}, which is part of setuptools");
        program.findings.push(Finding::new(codes::SETUPTOOLS_MISSING, what, [at]));
    }
}

/// A package that the program imports as it starts, and only a group or an extra for development
/// installs.
fn development(world: &World, program: &mut Program) {
    let project = world.app.project;
    let lists = project.groups.iter().chain(&project.extras);
    let lists = lists.filter(|(name, _)| is_for_development(name));
    let held: BTreeMap<&str, &str> = lists
        .flat_map(|(name, (listed, _))| listed.iter().map(|one| (one.name.as_str(), name.as_str())))
        .filter(|(package, _)| !world.app.installed.has(package))
        .collect();
    if held.is_empty() {
        return;
    }
    let found = world.modules.iter().find_map(|module| {
        let file = &module.file;
        file.imports.iter().find_map(|import| {
            let top = import.path.split('.').next().unwrap_or_default();
            let package = top.to_lowercase().replace('_', "-");
            let group = held.get(package.as_str())?;
            let at = (0..file.len()).find(|&at| file.line(at) >= import.line)?;
            // A module of the repository may have the same name.
            let own = world.code.module_named(top).is_some();
            let optional = is_spared(file, at) || file.facts().function_at(at).is_some();
            (!own && !optional).then(|| {
                let at = Evidence::at(&file.path, import.line, format!("imports {}", import.path));
                (package.clone(), (*group).to_owned(), at)
            })
        })
    });
    if let Some((package, group, at)) = found {
        let what = format!("the program imports {package}, which only `{group}` installs");
        program.findings.push(Finding::new(codes::DEVELOPMENT_IMPORTED, what, [at]));
    }
}

/// A `.env` file without which the program stops.
fn dotenv(world: &World) -> Option<Finding> {
    world.tables.demanding.iter().find_map(|row| {
        let mut calls = world.code.calls_named(&row.name).filter(|call| call.is_in(&row.of));
        let call = calls.find(|call| match &row.strict {
            Some(name) => {
                call.named(name).is_some_and(|range| call.file.word(range.start) == "True")
            }
            None => takes(call),
        })?;
        if is_spared(&call.file, call.at) {
            return None;
        }
        let first = call.arguments().into_iter().next();
        let stated = first.and_then(|range| world.code.value(&call.file, range).text());
        let file = stated.filter(|_| row.strict.is_none()).unwrap_or_else(|| ".env".to_owned());
        let odd = file.starts_with('/')
            || world.workdir.join(&file).is_none_or(|path| world.app.dir.repo.exists(&path));
        let at = call.evidence(format!("`{}` reads {file}", call.name()));
        (!odd).then(|| Finding::dotenv_required(&file, [at]))
    })
}

/// True where a key of what a call returns is taken as if it were there:
/// `config = dotenv_values(".env")`, then `config["TOKEN"]`.
fn takes(call: &Call) -> bool {
    let file = &call.file;
    let end = file.closing(call.open);
    if file.word(end + 1) == "[" {
        return true;
    }
    let mut all = file.facts().definitions().iter().filter(|d| d.value.contains(&call.at));
    let Some(definition) = all.next().filter(|d| d.value.start.abs_diff(call.at) < 4) else {
        return false;
    };
    let name = file.word(definition.name);
    file.places(name).iter().take(MAX_FILES).any(|&at| {
        file.word(at + 1) == "["
            && file.string(at + 2).is_some()
            && file.word(at + 3) == "]"
            && file.word(at + 4) != "="
            && !is_spared(file, at)
    })
}

/// True for a call that runs as the program starts: one of a module itself, or one in a function or
/// in the constructor of a class that such a call leads to.
fn is_at_start(code: &Code, call: &Call, steps: u8) -> bool {
    let file = &call.file;
    let Some(function) = file.facts().function_at(call.at) else {
        return listen::runs(code, call);
    };
    let Some(steps) = steps.checked_sub(1) else { return false };
    let mut name = file.word(function.name);
    if name == "__init__" {
        // A class is made by its own name.
        let heads = crate::code::conditions::heads(file, function.name);
        let Some(head) = heads.into_iter().find(|head| file.word(head.start) == "class") else {
            return false;
        };
        name = file.word(head.start + 1);
    }
    let from_here = |one: &Call| {
        let inside = one.file.path == file.path;
        match one.is_method() {
            true if inside && matches!(one.receiver(), "self" | "cls") => true,
            true => {
                let module = one.file.import_of(one.receiver());
                let module = module.and_then(|import| code.module_named(&import.path));
                module.is_some_and(|module| module.path == file.path)
            }
            false => inside || one.file.import_of(name).is_some(),
        }
    };
    let mut uses = code.calls_named(name).take(MAX_USES);
    uses.any(|one| {
        from_here(&one) && !is_spared(&one.file, one.at) && is_at_start(code, &one, steps)
    })
}

/// True for the mode of a file: `rb`, `w+`.
fn is_mode(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.chars().all(|c| "rwaxbt+".contains(c))
}

/// True if a call opens for reading.
fn is_read(code: &Code, call: &Call, on: bool) -> bool {
    if call.name() != "open" {
        return true;
    }
    let position = usize::from(!on);
    let named = call.named("mode");
    let placed = call.arguments().get(position).cloned();
    let placed = placed.filter(|range| call.file.word(range.start + 1) != "=");
    let mode = named.or(placed).map(|range| code.value(&call.file, range));
    mode.is_none_or(|mode| {
        mode.text().is_some_and(|text| text.starts_with('r') && !text.contains('+'))
    })
}

/// True where the program goes on without the file.
fn is_spared(file: &File, at: usize) -> bool {
    let heads = crate::code::conditions::heads(file, at);
    heads.into_iter().any(|head| matches!(file.word(head.start), "try" | "if" | "elif" | "else"))
        || is_choice(file, at)
}

/// True for a part of `a if c else b`.
fn is_choice(file: &File, at: usize) -> bool {
    let ends = |at: usize| file.is_line_end(at) || matches!(file.word(at), "{" | "}" | ";");
    let before = (at.saturating_sub(MAX_CHOICE)..at).rev().take_while(|&at| !ends(at));
    let behind = (at..(at + MAX_CHOICE).min(file.len())).take_while(|&at| !ends(at));
    let mut before = before.map(|at| file.word(at));
    let asked = behind.skip_while(|&at| file.word(at) != "if").any(|at| file.word(at) == "else");
    asked || before.any(|word| word == "else")
}
