//! What a program needs while it runs: its port, folders that it writes, files that it opens,
//! programs that it starts.

use std::collections::BTreeSet;

use anyhow::Result;

use super::addresses;
use super::artifact::Shape;
use super::classpath;
use super::code::Code;
use super::command;
use super::commands::need;
use super::config::Setting;
use super::contexts;
use super::demands::{self, Demanded};
use super::folders;
use super::host;
use super::listen;
use super::looked_for;
use super::must_exist;
use super::opened::opens;
use super::outside;
use super::pom::Dependency;
use super::resources;
use super::second;
use super::source::Source;
use super::storage::{self, write};
use super::surroundings::Surroundings;
use super::tables::{Bundled, ServerSetting};
use crate::code::{Call, Does, Part};
use crate::facts::{EnvVar, Evidence, Finding, Kind, Libc, Program, Sourced};
use crate::path::RelPath;

/// The variable that overrides a program's port.
type PortVariable = Option<String>;

/// Fills in everything but the artifact. Returns what the program needs from outside.
pub(super) fn describe(
    program: &mut Program,
    shape: &Shape,
    around: &Surroundings,
) -> Result<Demanded> {
    let pom = around.project.model.path();
    let jvm = |note: &str| Evidence::at(pom, around.project.model.line("artifactId"), note);
    program.handles_sigterm = Some(jvm("the JVM runs its shutdown hooks and ends on SIGTERM"));
    program.needs.libc = Libc::Dynamic;
    program.needs.libc_evidence = vec![jvm("the Java runtime needs a C library")];
    let code = Code::new(around.sources, around.settings, &around.project.tables.code);
    let variable = if super::dropwizard::describe(program, around)? {
        None
    } else {
        listens(program, shape, around, &code)
    };
    super::side::ports(program, around);
    for dependency in around.dependencies.iter().filter(|d| d.scope != "test") {
        depends(program, dependency, around);
    }
    folders::made(program, shape, &code);
    for (command, evidence) in super::commands::started(&code) {
        super::commands::starts(program, around, &command, &evidence);
    }
    super::commands::scripts(program, around, &code);
    reads(program, around, &code);
    storage::databases(program, around, &code);
    storage::tomcat(program, &code);
    storage::endpoints(program, &code);
    storage::logs(program, around)?;
    external_config(program, around);
    for (path, evidence) in addresses::named(around) {
        opens(program, around, &path, &evidence);
    }
    demands::files(program, around, &code);
    must_exist::add(program, around, &code);
    addresses::missing(program, around);
    classpath::say(program, around, &code)?;
    looked_for::say(program, around);
    outside::say(program, around, &code);
    if let Some(evidence) = program.needs.temporary_files.clone() {
        write(program, "/tmp", evidence);
    }
    program.port_variable = variable;
    let main = match shape {
        Shape::Classes { main, .. } => Some(main.as_str()),
        _ => None,
    };
    super::commands::templates(program, around, &code);
    super::commands::compiler(program, around);
    Ok(demands::of(around, &code, main))
}

/// The server that the dependencies provide.
enum Server<'a> {
    Spring(&'a Dependency),
    /// Spring Boot with a server that only the settings reveal.
    Configured(Evidence),
    Quarkus(Evidence),
    Micronaut(&'a Dependency),
    /// The settings have the port, according to this row.
    Set(&'a ServerSetting, &'a Dependency),
    Jetty(Evidence),
    /// The archive holds the server of a war.
    Bundled(&'a Bundled, Evidence),
    Own,
}

fn server<'a>(shape: &Shape, around: &'a Surroundings) -> Server<'a> {
    if let Shape::Servlet { .. } = shape {
        let model = around.project.model;
        return Server::Jetty(Evidence::at(
            model.path(),
            model.line("packaging"),
            "a war in Jetty",
        ));
    }
    let packed = around.project.bundled().filter(|_| around.project.model.packaging() == "war");
    if let Some((row, plugin, _)) = packed.filter(|_| matches!(shape, Shape::Whole)) {
        return Server::Bundled(row, plugin.evidence.clone());
    }
    let artifact =
        |dependency: &Dependency| dependency.key.rsplit(':').next().unwrap_or_default().to_owned();
    let runtime = || around.dependencies.iter().filter(|d| d.scope != "test");
    if let Some((plugin, _)) = around.project.quarkus() {
        let command = runtime().any(|d| artifact(d) == "quarkus-picocli");
        let http = ["rest", "vertx-http", "undertow", "reactive-routes", "web", "graphql", "grpc"];
        let web = runtime().find(|d| {
            http.iter()
                .any(|part| artifact(d).starts_with("quarkus-") && artifact(d).contains(part))
        });
        // Extensions that are known to bring no server, and nothing else.
        let quiet = &around.project.tables.quarkus_without_server;
        let none = || {
            let mut of_quarkus = runtime().filter(|d| d.key.starts_with("io.quark")).peekable();
            of_quarkus.peek().is_some()
                && of_quarkus
                    .all(|d| quiet.iter().any(|name| artifact(d).starts_with(name.as_str())))
        };
        return match web {
            Some(dependency) => Server::Quarkus(dependency.evidence.clone()),
            None if command || none() => Server::Own,
            None => Server::Quarkus(plugin.evidence.clone()),
        };
    }
    // The application may say itself that it has no web server.
    let none = around.settings.get("spring.main.web-application-type");
    if none.is_some_and(|set| set.value == "none") || contexts::serves_nobody(shape, around) {
        return Server::Own;
    }
    let starters = &around.project.tables.web_starters;
    if let Some(starter) = starters.iter().find_map(|name| runtime().find(|d| artifact(d) == *name))
    {
        return Server::Spring(starter);
    }
    let spring = runtime().any(|d| d.key.starts_with("org.springframework.boot:"));
    if let Some(setting) = around.settings.get("server.port").filter(|_| spring) {
        return Server::Configured(setting.evidence.clone());
    }
    // Controllers need a server, whatever dependency provides it.
    let controller = around.sources.iter().filter(|_| spring).find_map(|source| {
        let named = |at: &usize| matches!(source.word(*at), Some("RestController" | "GetMapping"));
        let at = (1..source.len()).filter(|at| source.mark(at - 1, '@')).find(named)?;
        Some(source.evidence(at, "a controller of Spring's"))
    });
    if let Some(evidence) = controller {
        return Server::Configured(evidence);
    }
    if let Some(found) = runtime().find(|d| d.key.starts_with("io.micronaut:micronaut-http-server"))
    {
        return Server::Micronaut(found);
    }
    // Ktor's server is opened by the code or by the settings.
    let by_code = around.sources.iter().any(|source| source.names("embeddedServer"));
    let rows = around.project.tables.server_setting.iter();
    let set = rows.filter(|row| !by_code && around.settings.get(&row.port).is_some());
    set.into_iter()
        .find_map(|row| {
            let dependency = runtime().find(|d| d.key.starts_with(&row.dependency))?;
            Some(Server::Set(row, dependency))
        })
        .unwrap_or(Server::Own)
}

fn listens(
    program: &mut Program,
    shape: &Shape,
    around: &Surroundings,
    code: &Code,
) -> PortVariable {
    let server = server(shape, around);
    let (key, address, variable, evidence) = match &server {
        Server::Spring(starter) => {
            ("server.port", "server.address", "SERVER_PORT", starter.evidence.clone())
        }
        Server::Configured(evidence) => {
            ("server.port", "server.address", "SERVER_PORT", evidence.clone())
        }
        Server::Quarkus(evidence) => {
            ("quarkus.http.port", "quarkus.http.host", "QUARKUS_HTTP_PORT", evidence.clone())
        }
        Server::Micronaut(dependency) => (
            "micronaut.server.port",
            "micronaut.server.host",
            "MICRONAUT_SERVER_PORT",
            dependency.evidence.clone(),
        ),
        Server::Set(row, dependency) => (
            row.port.as_str(),
            row.host.as_str(),
            row.variable.as_deref().unwrap_or_default(),
            dependency.evidence.clone(),
        ),
        Server::Jetty(evidence) => {
            program.kind = Kind::Service;
            let note = "Jetty listens on 8080 by default";
            program.port =
                Some(Sourced::new(8080, Evidence { note: note.to_owned(), ..evidence.clone() }));
            program.needs.temporary_files =
                Some(Evidence { note: "Jetty's work folder".to_owned(), ..evidence.clone() });
            return None;
        }
        Server::Bundled(row, evidence) => {
            program.kind = Kind::Service;
            let noted = |note: String| Evidence { note, ..evidence.clone() };
            let note = format!("{} listens on 8080 by default", row.server);
            program.port = Some(Sourced::new(8080, noted(note)));
            let note = format!("{} unpacks itself there", row.server);
            program.needs.temporary_files = Some(noted(note));
            let note = "it listens on the loopback address by default".to_owned();
            program.args = row.args.clone().map(|args| Sourced::new(args, noted(note)));
            return None;
        }
        Server::Own => {
            let own = listen::own_server(program, around, code);
            command::describe(program, code, own.place);
            host::open(program, code, own.local);
            return own.variable;
        }
    };
    program.kind = Kind::Service;
    // https://quarkus.io/guides/http-reference#ssl: then nothing listens without TLS.
    let off = around.settings.get("quarkus.http.insecure-requests");
    let secure = matches!(&server, Server::Quarkus(_))
        && off.is_some_and(|set| set.value.eq_ignore_ascii_case("disabled"));
    let (key, variable, default) = if secure {
        ("quarkus.http.ssl-port", "QUARKUS_HTTP_SSL_PORT", 8443)
    } else {
        (key, variable, 8080)
    };
    let mut variable = Some(variable.to_owned()).filter(|name| !name.is_empty());
    let of_spring = matches!(&server, Server::Spring(_) | Server::Configured(_));
    let given = if of_spring { second::of_spring(program, around, code) } else { None };
    if let Some((port, by)) = given {
        program.port = Some(port);
        variable = by;
    } else if let Some(found) = in_code(around, code, key) {
        program.port = Some(found);
    } else if let Some(setting) = around.settings.get(key) {
        let stated = stated_port(program, around, key, setting);
        let several = contexts::more_ports(program, around, key);
        variable = if several { stated } else { variable.or(stated) };
    } else {
        let unread = resources::unread(around.project.model);
        let note = format!("{}; {key} is not set: {default}", evidence.note);
        let stated = Evidence { note, ..evidence.clone() };
        program.port = Some(match unread {
            // The setting may be in a file that dockgen does not see.
            Some(unread) => Sourced::guessed(default, unread),
            None => Sourced::new(default, stated),
        });
    }
    localhost(program, around, address);
    second::beside_framework(program, around, code);
    let servlet = matches!(&server, Server::Spring(starter) if !starter.key.contains("webflux") && !starter.key.contains("netty") && !starter.key.contains("armeria"));
    let note = match &server {
        Server::Quarkus(_) => Some("Vert.x makes its cache folder in java.io.tmpdir"),
        _ if servlet => Some("the embedded server makes its work folder in java.io.tmpdir"),
        _ => None,
    };
    if let Some(note) = note {
        program.needs.temporary_files = Some(Evidence { note: note.to_owned(), ..evidence });
    }
    variable
}

/// A port that the code sets by the name of the setting: `setProperty("server.port", "80")`,
/// `Map.of("server.port", 80)` or `properties("server.port=80")`.
fn in_code(around: &Surroundings, code: &Code, key: &str) -> Option<Sourced<u16>> {
    for (number, source) in around.sources.iter().enumerate() {
        for (at, text) in source.texts() {
            let pair = source.mark(at + 1, ',') || source.word(at + 1) == Some("to");
            let value = if text == key && pair {
                // A program's defaults are weaker than its settings.
                let strong = at >= 2 && source.word(at - 2) == Some("setProperty");
                let end = super::code::end_of(source, at + 2);
                let held = strong || around.settings.get(key).is_none();
                held.then(|| code.value(number, at + 2..end, 0).text()).flatten()
            } else {
                let value = text.strip_prefix(key).and_then(|rest| rest.strip_prefix('='));
                value.filter(|_| around.settings.get(key).is_none()).map(str::to_owned)
            };
            let Some(port) = value.and_then(|value| value.parse().ok()).filter(|port| *port > 0)
            else {
                continue;
            };
            return Some(Sourced::new(port, source.evidence(at, format!("the code sets {key}"))));
        }
    }
    None
}

/// Takes the port of a setting. Returns the variable that overrides it, if the setting names one.
fn stated_port(
    program: &mut Program,
    around: &Surroundings,
    key: &str,
    setting: &Setting,
) -> Option<String> {
    // Ktor's YAML writes `$PORT:8080`.
    let value = match setting.value.strip_prefix('$') {
        Some(rest) if !rest.starts_with('{') => format!("${{{rest}}}"),
        _ => setting.value.clone(),
    };
    let value = around.project.model.unfiltered(&value);
    let (text, variable) = around.settings.expand(&value);
    let changed = variable.as_ref().map_or_else(String::new, |name| format!("; {name} changes it"));
    let note = format!("{key} = {}{changed}", setting.value);
    match text.trim().parse::<u16>() {
        Ok(0) => program.findings.push(Finding::port_unknown(
            Some(&format!("`{key}` is 0, which stands for any free port")),
            [setting.evidence.clone()],
        )),
        Ok(port) => {
            program.port = Some(Sourced::new(port, Evidence { note, ..setting.evidence.clone() }));
        }
        Err(_) => program.findings.push(Finding::port_unknown(
            Some(&format!("`{key}` is `{text}`")),
            [setting.evidence.clone()],
        )),
    }
    variable
}

fn localhost(program: &mut Program, around: &Surroundings, key: &str) {
    let Some(setting) = around.settings.get(key) else { return };
    let (value, _) = around.settings.expand(&setting.value);
    if !matches!(value.as_str(), "localhost" | "127.0.0.1" | "::1") {
        return;
    }
    let variable = key.to_uppercase().replace(['.', '-'], "_");
    let value = EnvVar { key: variable.clone(), value: "0.0.0.0".to_owned() };
    let note = format!(
        "{key} is {}: {variable} overrides it, or nothing outside the container could connect",
        setting.value
    );
    program.env.push(Sourced::new(value, Evidence { note, ..setting.evidence.clone() }));
}

fn depends(program: &mut Program, dependency: &Dependency, around: &Surroundings) {
    let tables = around.project.tables;
    let evidence = || dependency.evidence.clone();
    if let Some(package) = tables.dependency_packages.get(&dependency.key) {
        need(program, package, evidence());
    }
    let mut rows = tables.privileged.iter();
    let row = rows.find(|row| row.library == dependency.key);
    program.findings.extend(row.map(|row| row.finding(evidence())));
    if dependency.key == "io.vertx:vertx-core" || dependency.key == "io.vertx:vertx-web" {
        let note = "Vert.x makes its cache folder in java.io.tmpdir".to_owned();
        program.needs.temporary_files.get_or_insert(Evidence { note, ..evidence() });
    }
    if let Some(why) = tables.glibc.get(&dependency.key) {
        let note = format!("{}: {why}", dependency.key);
        if program.needs.libc != Libc::Glibc {
            program.needs.libc_evidence.clear();
        }
        program.needs.libc = Libc::Glibc;
        program.needs.libc_evidence.push(Evidence { note, ..evidence() });
    }
    let library = match dependency.key.as_str() {
        "info.picocli:picocli"
        | "io.quarkus:quarkus-picocli"
        | "info.picocli:picocli-spring-boot-starter" => "picocli",
        "com.beust:jcommander" | "org.jcommander:jcommander" => "jcommander",
        _ => return,
    };
    if program.kind != Kind::Service && program.subcommands.is_none() {
        program.subcommands = Some(Sourced::new(library.to_owned(), evidence()));
    }
}

/// Adds files and folders of the repository that the code opens, and temporary files that it
/// creates.
fn reads(program: &mut Program, around: &Surroundings, code: &Code) {
    let in_order = |does: Does| {
        let mut all = code.doing(&[does]);
        all.sort_by_key(|(_, (source, _))| *source);
        all
    };
    for (row, (source, at)) in in_order(Does::Opens) {
        let Some(mut range) = code.subject(row, (source, at)) else { continue };
        let (file, start) = (&code.sources[source], range.start);
        // `Path.of("conf", "app.yml")` is a path made of all its arguments.
        if !row.between.is_empty() {
            let on = Call::at(file, at).and_then(|call| call.on());
            range = on.map_or(at, |on| on.start)..file.pair(at + 1).max(at) + 1;
        }
        let value = code.value(source, range, 0);
        if let Some(mut text) = value.text()
            && !tested(file, start)
        {
            // A variable chooses one of the files of a folder: `lang/${code}.properties`.
            let chosen = |part: &Part| part.env.is_some() || part.flag.is_some();
            let folder = text.rsplit_once('/').map(|(folder, _)| folder.to_owned());
            if let Some(folder) = folder
                && value.parts.iter().skip(1).any(chosen)
                && !value.parts.first().is_some_and(chosen)
            {
                text = folder;
            }
            let note = format!("{}(\"{text}\")", file.raw(at));
            opens(program, around, &text, &code.evidence((source, start), note));
        }
    }
    if program.needs.temporary_files.is_none()
        && let Some((_, place)) = in_order(Does::Temporary).first()
    {
        let evidence = code.evidence(*place, "the code makes temporary files");
        program.needs.temporary_files = Some(evidence);
    }
}

/// Methods that test a path and change nothing.
const TESTS: [&str; 12] = [
    "exists",
    "notExists",
    "isReadable",
    "isRegularFile",
    "isDirectory",
    "isWritable",
    "isExecutable",
    "isFile",
    "canRead",
    "canWrite",
    "canExecute",
    "isSymbolicLink",
];

/// True if a path is only tested for existence: `Files.exists(Path.of("x"))` or `new
/// File("x").exists()`.
fn tested(source: &Source, text: usize) -> bool {
    let Some(open) = source.enclosing(text) else { return false };
    let asked = |at: usize| source.word(at).is_some_and(|word| TESTS.contains(&word));
    let after = source.pair(open);
    let before = source.enclosing(open).and_then(|outer| outer.checked_sub(1));
    before.is_some_and(asked) || source.mark(after + 1, '.') && asked(after + 2)
}

/// Adds configuration in `./config/` and `./application.*`, which Spring reads beside the program.
fn external_config(program: &mut Program, around: &Surroundings) {
    let dir = around.project.model.dir();
    let (Server::Spring(_) | Server::Configured(_)) = server(&Shape::Whole, around) else { return };
    let files: BTreeSet<&str> =
        ["application.properties", "application.yml", "application.yaml"].into_iter().collect();
    // An executable jar holds no web application: Spring Boot serves it from the working directory.
    let webapp = dir.join("src/main/webapp").filter(|_| around.project.model.packaging() == "jar");
    // Sources of a front end may lie there as well.
    let pages = |path: &RelPath| {
        let mut files = around.project.repo.files_under(path);
        files.any(|file| file.extension() == "jsp")
    };
    if let Some(path) = webapp.filter(pages) {
        let note = "Spring Boot serves it from the working directory";
        let evidence = Evidence::file(&path, note);
        program.files.push(Sourced::new(path, evidence));
    }
    for folder in ["", "config"] {
        for name in &files {
            let Some(path) = dir.join(folder).and_then(|folder| folder.join(name)) else {
                continue;
            };
            if around.project.repo.is_file(&path)
                && !program.files.iter().any(|held| held.value == path)
            {
                program.files.push(Sourced::new(
                    path.clone(),
                    Evidence::file(&path, "Spring reads it from the working directory"),
                ));
            }
        }
    }
}
