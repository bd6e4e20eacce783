//! The command that runs an application: a server that the project depends on, with settings for a
//! container.

use super::application::Application;
use super::flags::Options;
use super::tables::{Interface, Server, Tables};
use super::told::{Told, scripts};
use super::{App, ProgramDetails, codes};
use crate::facts::{EnvVar, Evidence, Finding, Kind, Program, Sourced};
use crate::settings;

/// The variable by which gunicorn and uvicorn learn whose headers they may believe.
const TRUST: &str = "FORWARDED_ALLOW_IPS";

/// What a program is started with.
pub(super) struct Started {
    pub(super) program: Program,
    pub(super) details: ProgramDetails,
}

/// The server that a line of the repository runs an application by, although it is not made for its
/// interface: gunicorn with workers of uvicorn's.
pub(super) fn stated<'t>(app: &App, tables: &'t Tables, told: &Told) -> Option<&'t Server> {
    let mut words = told.flags.iter().chain(&told.rest);
    let by_uvicorn = |word: &String| {
        let value = word.rsplit('=').next().unwrap_or_default();
        value.starts_with("uvicorn.workers.") || value.starts_with("uvicorn_worker.")
    };
    let mut servers = tables.servers.iter();
    let server = servers.find(|server| server.package == told.command)?;
    (!told.documented && is_installed(app, server) && words.any(by_uvicorn)).then_some(server)
}

/// gunicorn, where its own settings give it workers of uvicorn's.
pub(super) fn by_settings<'t>(
    app: &App,
    tables: &'t Tables,
    application: &Application,
) -> Option<&'t Server> {
    let mut servers = tables.servers.iter();
    let server = servers.find(|server| server.settings.is_some() && is_installed(app, server))?;
    let (_, text) = app.dir.text(server.settings.as_ref()?).ok()??;
    let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("worker_class"));
    let by_uvicorn = lines.into_iter().any(|line| line.contains("uvicorn"));
    (application.framework.interface == Interface::Asgi && by_uvicorn).then_some(server)
}

/// The server of an application, among those that are installed.
pub(super) fn of<'t>(
    app: &App,
    tables: &'t Tables,
    application: &Application,
) -> Option<&'t Server> {
    let own = &application.framework.servers;
    let interface = application.framework.interface;
    let mut fitting: Vec<&Server> = tables
        .servers
        .iter()
        .filter(|server| own.contains(&server.package) || server.interfaces.contains(&interface))
        .filter(|server| !server.development && is_installed(app, server))
        .collect();
    // Rows stand in the order of preference; what the project itself asks for comes first.
    let named = |server: &Server| own.iter().position(|name| *name == server.package);
    fitting.sort_by_key(|server| {
        (named(server).unwrap_or(own.len()), !app.installed.is_direct(&server.package))
    });
    fitting.first().copied()
}

/// The server for development that comes with the framework of an application.
pub(super) fn of_development<'t>(
    app: &App,
    tables: &'t Tables,
    application: &Application,
) -> Option<&'t Server> {
    let package = application.framework.package();
    let mut own = tables.servers.iter().filter(|server| server.development);
    let is_own = |server: &&Server| {
        server.package == package || server.brought.iter().any(|by| by == package)
    };
    own.find(is_own).filter(|server| is_installed(app, server))
}

/// True if the image holds a server: the project depends on it, or on something that brings it.
fn is_installed(app: &App, server: &Server) -> bool {
    let installed = app.installed;
    installed.has(&server.package)
        || server.brought.iter().any(|by| match by.split_once('[') {
            Some((package, extra)) => installed.extra(package, extra.trim_end_matches(']')),
            None => installed.has(by),
        })
}

/// The program that runs an application by a server.
pub(super) fn program(
    app: &App,
    tables: &Tables,
    application: &Application,
    server: &Server,
    told: Option<&Told>,
) -> Started {
    let evidence = application.evidence();
    let id = application.id();
    let mut program = Program::new(id.clone(), name(application), Kind::Service, evidence);
    program.evidence.extend(app.installed.evidence(&server.package));
    let interface = match application.framework.interface {
        Interface::Wsgi => "wsgi",
        Interface::Asgi => "asgi",
        Interface::Own | Interface::Script => "own",
    };
    let mut command = server.command.clone();
    command.extend(server.of_interface.get(interface).into_iter().flatten().cloned());
    let root = application.module.root.strip(&app.dir.path).unwrap_or_default();
    let options = told.map(|told| Options::of(app, server, told, root)).unwrap_or_default();
    command.extend(options.kept.iter().cloned());
    let stated =
        |word: &String| word.starts_with("--worker-class") || word.starts_with("--threads");
    if !options.kept.iter().any(stated) {
        let mut rows = tables.workings.iter().filter(|row| row.server == server.package);
        let fits = rows.find(|row| row.with.iter().all(|name| app.installed.has(name)));
        command.extend(fits.into_iter().flat_map(|row| row.words.iter().cloned()));
    }
    // Without a variable or arguments, the port stands among the command's own words.
    if let Some(port) = options.port.filter(|_| server.variable.is_none() && server.args.is_empty())
    {
        command.push(format!("--port={port}"));
    }
    let file = relative(app, application);
    if server.development {
        for word in &mut command {
            *word = word.replace("{app}", &id);
        }
    }
    let subject = match (server.file, application.factory) {
        (true, _) => file.clone(),
        // gunicorn calls what stands with brackets; the others have a flag for it.
        (false, true) if server.factory.is_empty() => {
            // aiohttp's worker calls the coroutine by itself.
            let own = command.iter().any(|word| word.starts_with("--worker-class=aiohttp."));
            if own { id } else { format!("{id}()") }
        }
        (false, true) => {
            command.extend(server.factory.iter().cloned());
            id
        }
        (false, false) => id,
    };
    if !server.development {
        command.push(subject);
    }
    let mut details = ProgramDetails { command, ..ProgramDetails::default() };
    details.reload = reload(app, tables, application, server, &file);
    settle(app, server, &mut program);
    if let (Some(key), Some(count), Some(told)) = (&server.workers, options.workers, told) {
        let var = EnvVar { key: key.clone(), value: count.to_string() };
        let note = format!("the line says {count} workers");
        program.env.push(Sourced::new(var, Evidence { note, ..told.evidence.clone() }));
    }
    if let Some((number, at)) = configured(app, server) {
        restate(server, number, Sourced::new(number, at), &mut program);
    }
    if let Some(told) = told {
        if let Some(number) = options.port {
            let note = format!("the line says {number}");
            let at = Evidence { note, ..told.evidence.clone() };
            let stated = if told.documented {
                Sourced::guessed(number, at)
            } else {
                Sourced::new(number, at)
            };
            restate(server, number, stated, &mut program);
        }
        program.findings.extend(scripts::finding(told));
        program.findings.extend(options.finding(server, told));
    }
    Started { program, details }
}

/// The port in the server's own settings.
fn configured(app: &App, server: &Server) -> Option<(u16, Evidence)> {
    let stated = server.stated.as_ref()?;
    let (path, text) = app.dir.text(&stated.file).ok()??;
    let tree = settings::parse_toml(&text)?;
    let keys: Vec<&str> = stated.keys.iter().map(String::as_str).collect();
    let held = tree.at(&keys)?;
    let text = held.text().or_else(|| held.items().first()?.text())?;
    // `8000`, `127.0.0.1:8000`
    let number = text.rsplit(':').next()?.parse().ok().filter(|number| *number > 0)?;
    Some((number, Evidence::at(&path, held.line, "the server's own settings")))
}

/// Takes the port that the repository states in place of the server's own.
fn restate(server: &Server, number: u16, stated: Sourced<u16>, program: &mut Program) {
    let old = program.port.as_ref().map_or(server.port, |port| port.value).to_string();
    let new = number.to_string();
    for held in &mut program.env {
        if Some(&held.value.key) == server.variable.as_ref() && held.value.value == old {
            held.value.value.clone_from(&new);
            held.evidence.clone_from(&stated.evidence);
        }
    }
    if let Some(args) = &mut program.args {
        args.value = args.value.replace(&old, &new);
    }
    program.port = Some(stated);
}

/// The file of an application, from the working directory.
fn relative(app: &App, application: &Application) -> String {
    let path = &application.module.file.path;
    path.strip(&app.dir.path).unwrap_or_else(|| path.as_str()).to_owned()
}

/// The words of the development server: the framework's, or the server's own where the image does
/// not hold that one.
fn reload(
    app: &App,
    tables: &Tables,
    application: &Application,
    server: &Server,
    file: &str,
) -> Vec<String> {
    let of_framework = &application.framework.reload;
    let mut servers = tables.servers.iter();
    let of = servers.find(|one| Some(&one.package) == of_framework.first());
    let held = !of_framework.is_empty() && of.is_none_or(|one| is_installed(app, one));
    let words = if held { of_framework } else { &server.reload };
    let named = |word: &String| word.replace("{app}", &application.id()).replace("{file}", file);
    let mut words: Vec<String> = words.iter().map(named).collect();
    // A function that makes the object is named as one.
    if application.factory
        && let Some(server) = tables.servers.iter().find(|one| words.first() == Some(&one.package))
        && !server.development
    {
        let last = words.len().saturating_sub(1);
        words.splice(last..last, server.factory.iter().cloned());
    }
    words
}

/// The port of a server and its settings for a container.
pub(super) fn settle(app: &App, server: &Server, program: &mut Program) {
    let note = format!("{} listens on {} unless told otherwise", server.package, server.port);
    let at = app.installed.evidence(&server.package).unwrap_or_else(|| program.evidence[0].clone());
    let chosen = Evidence { note, ..at.clone() };
    program.port = Some(Sourced::new(server.port, chosen.clone()));
    let var = |key: &str, value: &str, at: &Evidence| {
        let var = EnvVar { key: key.to_owned(), value: value.to_owned() };
        Sourced::new(var, at.clone())
    };
    if let Some(variable) = &server.variable {
        program.port_variable = Some(variable.clone());
        program.env.push(var(variable, &server.port.to_string(), &chosen));
    }
    let set = Evidence { note: server.source.clone(), ..at.clone() };
    program.env.extend(server.env.iter().map(|(key, value)| var(key, value, &set)));
    if server.trusts {
        program.env.push(var(TRUST, "*", &set));
        program.findings.push(Finding::new(
            codes::PROXY_TRUSTED,
            format!("{} takes the client's address from the headers of any peer", server.package),
            [set.clone()],
        ));
    }
    if !server.args.is_empty() {
        let words: Vec<String> = server
            .args
            .iter()
            .map(|word| word.replace("{port}", &server.port.to_string()))
            .collect();
        program.args = Some(Sourced::new(words.join(" "), chosen));
    }
    program.handles_sigterm = server.stops.clone().map(|note| Evidence { note, ..at.clone() });
    if server.temporary {
        program.needs.temporary_files =
            Some(Evidence { note: format!("{} writes temporary files", server.package), ..at });
    }
}

/// A short name: the package, or the module where it has none.
fn name(application: &Application) -> String {
    let module = &application.module.name;
    let first = module.split('.').next().filter(|first| !first.is_empty());
    let last = module.rsplit('.').next().unwrap_or_default();
    // Such a folder says what the code is for, and not whose it is.
    let plain = ["src", "app", "backend", "main", "server", "api"];
    let file = application.module.file.path.file_name().trim_end_matches(".py");
    match first {
        Some(first) if !plain.contains(&first) => first.to_owned(),
        _ if !last.is_empty() => last.to_owned(),
        _ => file.to_owned(),
    }
}
