//! The command that runs an application: a server that the project depends on, with settings for a
//! container.

use super::application::Application;
use super::tables::{Interface, Server, Tables};
use super::told::Told;
use super::{App, ProgramDetails, codes, is_script};
use crate::facts::{EnvVar, Evidence, Finding, Kind, Program, Sourced};

/// The variable by which gunicorn and uvicorn learn whose headers they may believe.
const TRUST: &str = "FORWARDED_ALLOW_IPS";

/// What a program is started with.
pub(super) struct Started {
    pub(super) program: Program,
    pub(super) details: ProgramDetails,
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
        .filter(|server| is_installed(app, server))
        .collect();
    // Rows stand in the order of preference; what the project itself asks for comes first.
    let named = |server: &Server| own.iter().position(|name| *name == server.package);
    fitting.sort_by_key(|server| {
        (named(server).unwrap_or(own.len()), !app.installed.is_direct(&server.package))
    });
    fitting.first().copied()
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
    command.extend(told.into_iter().flat_map(|told| kept(app, server, told)));
    let file = relative(app, application);
    let subject = match (server.file, application.factory) {
        (true, _) => file.clone(),
        // gunicorn calls what stands with brackets; the others have a flag for it.
        (false, true) if server.factory.is_empty() => format!("{id}()"),
        (false, true) => {
            command.extend(server.factory.iter().cloned());
            id
        }
        (false, false) => id,
    };
    command.push(subject);
    let mut details = ProgramDetails { command, ..ProgramDetails::default() };
    details.reload = reload(application, &file);
    settle(app, server, &mut program);
    Started { program, details }
}

/// The options of the repository's own command that hold in a container too.
fn kept(app: &App, server: &Server, told: &Told) -> Vec<String> {
    let words: Vec<&String> = told.flags.iter().chain(&told.rest).collect();
    let mut all = Vec::new();
    for (long, short) in &server.keeps {
        let value = words.iter().enumerate().find_map(|(at, word)| {
            if let Some(value) = word.strip_prefix(&format!("--{long}=")) {
                return Some(value.to_owned());
            }
            let named = **word == format!("--{long}") || !short.is_empty() && *word == short;
            words.get(at + 1).filter(|_| named).map(|next| (*next).clone())
        });
        let Some(value) = value else { continue };
        // Other values are computed by a shell, which the exec form does not have.
        let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c));
        let file = value.trim_start_matches("file:");
        // A file of settings that the repository lacks would stop the server.
        let there = !is_script(&value) || app.dir.has(file);
        if plain && there && !value.starts_with('-') {
            all.push(format!("--{long}={value}"));
        }
    }
    all
}

/// The file of an application, from the working directory.
fn relative(app: &App, application: &Application) -> String {
    let path = &application.module.file.path;
    path.strip(&app.dir.path).unwrap_or_else(|| path.as_str()).to_owned()
}

/// The words of the development server.
fn reload(application: &Application, file: &str) -> Vec<String> {
    let named = |word: &String| word.replace("{app}", &application.id()).replace("{file}", file);
    application.framework.reload.iter().map(named).collect()
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
