//! What a program needs while it runs: its port, folders that it writes, files that it opens,
//! programs that it starts.

use std::collections::BTreeSet;

use anyhow::Result;

use super::artifact::{Project, Shape};
use super::config::{Setting, Settings};
use super::pom::{Dependency, relative};
use super::source::Source;
use super::storage::{self, folder_of, write};
use crate::facts::{EnvVar, Evidence, Finding, Kind, Libc, Program, Severity, Sourced};
use crate::path::RelPath;
use crate::repo::{Repo, line_of};

/// What is known of a program besides its artifact.
pub(super) struct Surroundings<'a> {
    pub(super) project: &'a Project<'a>,
    /// Dependencies of the project and of its siblings.
    pub(super) dependencies: &'a [Dependency],
    /// Sources of the project, then of its siblings.
    pub(super) sources: &'a [Source],
    pub(super) settings: &'a Settings,
    pub(super) context: &'a RelPath,
}

/// Where a program's port can be changed.
pub(super) type PortVariable = Option<String>;

/// Fills in everything that is not the artifact; the variable that changes the port.
pub(super) fn describe(
    program: &mut Program,
    shape: &Shape,
    around: &Surroundings,
) -> Result<PortVariable> {
    let pom = around.project.model.path();
    let jvm = |note: &str| Evidence::at(pom, around.project.model.line("artifactId"), note);
    program.handles_sigterm = Some(jvm("the JVM runs its shutdown hooks and ends on SIGTERM"));
    program.needs.libc = Libc::Dynamic;
    program.needs.libc_evidence = vec![jvm("the Java runtime needs a C library")];
    let variable = if super::dropwizard::describe(program, around)? {
        None
    } else {
        listens(program, shape, around)
    };
    for dependency in around.dependencies.iter().filter(|d| d.scope != "test") {
        depends(program, dependency, around);
    }
    for source in around.sources {
        reads_source(program, source, around);
    }
    storage::databases(program, around);
    storage::logs(program, around)?;
    external_config(program, around);
    if let Some(evidence) = program.needs.temporary_files.clone() {
        write(program, "/tmp", evidence);
    }
    Ok(variable)
}

/// The server that the dependencies bring.
enum Server<'a> {
    Spring(&'a Dependency),
    /// Spring Boot with a server that the settings alone betray.
    Configured(Evidence),
    Quarkus(Evidence),
    Micronaut(&'a Dependency),
    Jetty(Evidence),
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
        match (web, command) {
            (Some(dependency), _) => return Server::Quarkus(dependency.evidence.clone()),
            (None, false) => return Server::Quarkus(plugin.evidence.clone()),
            (None, true) => return Server::Own,
        }
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
    let micronaut = runtime().find(|d| d.key.starts_with("io.micronaut:micronaut-http-server"));
    micronaut.map_or(Server::Own, Server::Micronaut)
}

fn listens(program: &mut Program, shape: &Shape, around: &Surroundings) -> PortVariable {
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
        Server::Jetty(evidence) => {
            program.kind = Kind::Service;
            let note = "Jetty listens on 8080 unless told otherwise";
            program.port =
                Some(Sourced::new(8080, Evidence { note: note.to_owned(), ..evidence.clone() }));
            program.needs.temporary_files =
                Some(Evidence { note: "Jetty's work folder".to_owned(), ..evidence.clone() });
            return None;
        }
        Server::Own => return own_server(program, around),
    };
    program.kind = Kind::Service;
    if let Some(setting) = around.settings.get(key) {
        stated_port(program, around, key, setting);
    } else {
        let note = format!("{}; {key} is not set: 8080", evidence.note);
        program.port = Some(Sourced::new(8080, Evidence { note, ..evidence.clone() }));
    }
    localhost(program, around, address);
    let servlet = matches!(&server, Server::Spring(starter) if !starter.key.contains("webflux") && !starter.key.contains("netty") && !starter.key.contains("armeria"));
    let note = match &server {
        Server::Quarkus(_) => Some("Vert.x makes its cache folder in java.io.tmpdir"),
        _ if servlet => Some("the embedded server makes its work folder in java.io.tmpdir"),
        _ => None,
    };
    if let Some(note) = note {
        program.needs.temporary_files = Some(Evidence { note: note.to_owned(), ..evidence });
    }
    Some(variable.to_owned())
}

fn stated_port(program: &mut Program, around: &Surroundings, key: &str, setting: &Setting) {
    let value = around.project.model.resolve(&unfiltered(&setting.value));
    let (text, variable) = around.settings.expand(&value);
    let changed = variable.map_or_else(String::new, |variable| format!("; {variable} changes it"));
    let note = format!("{key} = {}{changed}", setting.value);
    match text.trim().parse::<u16>() {
        Ok(0) => {}
        Ok(port) => {
            program.port = Some(Sourced::new(port, Evidence { note, ..setting.evidence.clone() }));
        }
        Err(_) => program
            .findings
            .push(port_unknown(&format!("`{key}` is `{text}`"), setting.evidence.clone())),
    }
}

/// Maven's filter of Spring's parent: `@name@` means `${name}`.
fn unfiltered(value: &str) -> String {
    match value.strip_prefix('@').and_then(|rest| rest.strip_suffix('@')) {
        Some(name) => format!("${{{name}}}"),
        None => value.to_owned(),
    }
}

fn port_unknown(what: &str, evidence: Evidence) -> Finding {
    Finding::new(
        "port-unknown",
        Severity::Warning,
        format!("the port is not known: {what}"),
        [evidence],
        "the image cannot say which port to publish",
        "say it with --port, or --port none for a program that listens on none",
    )
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
        "{key} is {}: set by {variable}, or nothing outside of the container can connect",
        setting.value
    );
    program.env.push(Sourced::new(value, Evidence { note, ..setting.evidence.clone() }));
}

/// A server in the program's own code, by what the sources call.
fn own_server(program: &mut Program, around: &Surroundings) -> PortVariable {
    for source in around.sources {
        let Some((port, variable, at)) = source.port() else { continue };
        program.kind = Kind::Service;
        let note = variable.as_ref().map_or_else(
            || "the port that the code listens on".to_owned(),
            |name| format!("the port where {name} is not set"),
        );
        program.port = Some(Sourced::new(port, source.evidence(at, note)));
        let local = at.checked_sub(2).and_then(|at| source.argument(at));
        if local.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1")) {
            let evidence = source.evidence(at, "the address that it binds");
            let fix = "bind 0.0.0.0, or take the address from an environment variable";
            program.findings.push(binds_localhost(evidence, fix));
        }
        return variable;
    }
    None
}

pub(super) fn binds_localhost(evidence: Evidence, fix: &str) -> Finding {
    Finding::new(
        "localhost-only",
        Severity::Warning,
        "the server binds localhost only",
        [evidence],
        "nothing outside of the container can connect",
        fix,
    )
}

fn depends(program: &mut Program, dependency: &Dependency, around: &Surroundings) {
    let tables = around.project.tables;
    let evidence = || dependency.evidence.clone();
    if let Some(package) = tables.dependency_packages.get(&dependency.key) {
        need(program, package, evidence());
    }
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

fn need(program: &mut Program, package: &str, evidence: Evidence) {
    if !program.needs.packages.iter().any(|held| held.value == package) {
        program.needs.packages.push(Sourced::new(package.to_owned(), evidence));
    }
}

/// Calls whose first argument is a path.
const OPENS: [&str; 9] = [
    "of",
    "get",
    "File",
    "FileInputStream",
    "FileReader",
    "RandomAccessFile",
    "FileOutputStream",
    "FileWriter",
    "PrintWriter",
];
/// What code does that writes files.
const WRITES: [&str; 12] = [
    "createDirectories",
    "createDirectory",
    "mkdirs",
    "mkdir",
    "FileOutputStream",
    "FileWriter",
    "newBufferedWriter",
    "newOutputStream",
    "transferTo",
    "writeString",
    "createFile",
    "PrintWriter",
];
/// What code does that needs a temporary folder.
const TEMPORARY: [&str; 3] = ["createTempFile", "createTempDirectory", "createTempDir"];

fn reads_source(program: &mut Program, source: &Source, around: &Surroundings) {
    let writes = WRITES.iter().any(|word| source.names(word));
    for call in OPENS {
        for at in source.calls(call) {
            // `List.of("a")` and `Map.get("a")` are no paths.
            let is_path = !matches!(call, "of" | "get") || path_class(source, at);
            if let (Some(text), true) = (source.argument(at), is_path) {
                opens(
                    program,
                    around,
                    text,
                    writes,
                    &source.evidence(at, format!("{call}(\"{text}\")")),
                );
            }
        }
    }
    if program.needs.temporary_files.is_none()
        && let Some(at) = TEMPORARY.iter().find_map(|word| source.calls(word).next())
    {
        program.needs.temporary_files = Some(source.evidence(at, "the code makes temporary files"));
    }
    for call in ["ProcessBuilder", "exec", "command"] {
        for at in source.calls(call) {
            if let Some(text) = source.texts().find(|(found, _)| *found == at).map(|(_, text)| text)
            {
                starts(program, around, text, &source.evidence(at, format!("{call}(\"{text}\")")));
            }
        }
    }
}

/// The two words before the call are `Path.` or `Paths.`.
fn path_class(source: &Source, at: usize) -> bool {
    use super::source::Token;
    at.checked_sub(4).is_some_and(|class| {
        matches!(&source.tokens[class].0, Token::Word(word) if word == "Path" || word == "Paths")
            && source.tokens[class + 1].0 == Token::Mark('.')
    })
}

fn starts(program: &mut Program, around: &Surroundings, text: &str, evidence: &Evidence) {
    let word = text.split_whitespace().next().unwrap_or_default();
    let name = word.rsplit('/').next().unwrap_or_default();
    if matches!(name, "sh" | "bash") {
        program.needs.shell.get_or_insert_with(|| evidence.clone());
    } else if let Some(package) = around.project.tables.programs.get(name) {
        need(program, package, evidence.clone());
    }
}

/// A path in the code: what the repository holds is carried; what it does not hold, and is written,
/// becomes a folder.
fn opens(
    program: &mut Program,
    around: &Surroundings,
    text: &str,
    writes: bool,
    evidence: &Evidence,
) {
    let dir = around.project.model.dir();
    let looks_like_path = !text.is_empty()
        && !text.contains(['*', ':', '\n', '$', '{', '%', ' ', '\\'])
        && !text.starts_with("..")
        && (text.contains('/') || text.contains('.') || writes);
    if !looks_like_path {
        return;
    }
    if text.starts_with('/') {
        let system = ["/proc", "/sys", "/dev", "/etc", "/tmp", "/usr", "/bin"];
        if writes && !system.iter().any(|folder| text.starts_with(folder)) {
            write(program, folder_of(text), evidence.clone());
        }
        return;
    }
    for base in [&dir, around.context] {
        let Some(path) = base.join(text).filter(|path| !path.is_root() && path != base) else {
            continue;
        };
        if around.project.repo.exists(&path) {
            // Sources and build output are no files of the running program.
            let built = ["src", "target", "pom.xml"]
                .contains(&relative(text).split('/').next().unwrap_or_default());
            if !built && *base == dir && !program.files.iter().any(|held| held.value == path) {
                program.files.push(Sourced::new(path, evidence.clone()));
            }
            return;
        }
    }
    if writes {
        let folder = relative(text);
        if folder.contains('/') || !folder.contains('.') {
            write(program, folder_of(&folder), evidence.clone());
        }
    }
}

/// Spring reads `./config/` and `./application.*` beside the program: what lies there is carried.
fn external_config(program: &mut Program, around: &Surroundings) {
    let dir = around.project.model.dir();
    let (Server::Spring(_) | Server::Configured(_)) = server(&Shape::Whole, around) else { return };
    let files: BTreeSet<&str> =
        ["application.properties", "application.yml", "application.yaml"].into_iter().collect();
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

/// The settings of a project: in its resources, then in its working directory, which is stronger.
pub(super) fn settings(repo: &Repo, dir: &RelPath) -> Result<Settings> {
    let mut settings = Settings::default();
    let folders = ["config", "", "src/main/resources/config", "src/main/resources"];
    let profiles = active_profiles(repo, dir)?;
    let mut names: Vec<String> = Vec::new();
    for stem in profiles
        .iter()
        .rev()
        .map(|profile| format!("application-{profile}"))
        .chain(["application".to_owned()])
    {
        names.extend(["properties", "yml", "yaml"].map(|extension| format!("{stem}.{extension}")));
    }
    names.extend(
        ["bootstrap.yml", "bootstrap.properties", "META-INF/microprofile-config.properties"]
            .map(str::to_owned),
    );
    for folder in folders {
        for name in &names {
            add(&mut settings, repo, dir, folder, name)?;
        }
    }
    if settings.is_empty() {
        // A name of its own by spring.config.name: whatever lies at the top of the resources and
        // sets a port.
        let Some(resources) = dir.join("src/main/resources") else { return Ok(settings) };
        let files: Vec<RelPath> = repo
            .children(&resources)
            .map(|(path, _)| path.clone())
            .filter(|path| {
                ["yml", "yaml", "properties"].contains(&path.extension()) && repo.is_file(path)
            })
            .collect();
        for path in files {
            if let Some(text) = repo.source_text(&path)?
                && (line_of(&text, "port:").is_some() || line_of(&text, "server.port").is_some())
            {
                settings.add(&path, &text);
            }
        }
    }
    Ok(settings)
}

fn add(
    settings: &mut Settings,
    repo: &Repo,
    dir: &RelPath,
    folder: &str,
    name: &str,
) -> Result<()> {
    let Some(path) = dir.join(folder).and_then(|folder| folder.join(name)) else { return Ok(()) };
    if let Some(text) = repo.source_text(&path)? {
        settings.add(&path, &text);
    }
    Ok(())
}

/// `spring.profiles.active` of the application's own settings.
fn active_profiles(repo: &Repo, dir: &RelPath) -> Result<Vec<String>> {
    let mut base = Settings::default();
    for name in ["application.properties", "application.yml", "application.yaml"] {
        add(&mut base, repo, dir, "src/main/resources", name)?;
    }
    let Some(setting) = base.get("spring.profiles.active") else { return Ok(Vec::new()) };
    let names = base.expand(&setting.value).0;
    Ok(names
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty() && !name.contains(['$', '@', '/']))
        .collect())
}
