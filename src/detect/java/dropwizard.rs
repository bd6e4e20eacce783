//! Dropwizard: the program is started with `server CONFIG.yml`, and that file has its ports.
//! Rules: <https://www.dropwizard.io/en/stable/manual/core.html#commands>,
//! <https://www.dropwizard.io/en/stable/manual/configuration.html#servers>.

use anyhow::Result;

use super::resources;
use super::surroundings::Surroundings;
use super::witness;
use crate::detect::java::codes;
use crate::facts::{Evidence, Finding, Kind, Port, Program, Sourced};
use crate::path::RelPath;
use crate::recipes;
use crate::repo::Repo;

const CORE: &str = "io.dropwizard:dropwizard-core";
const ENDINGS: [&str; 2] = ["yaml", "yml"];
/// The port if the file states none.
const PORT: u16 = 8080;
/// How many files are searched for a configuration in another place.
const MAX_CONFIGURATIONS: usize = 200;

/// Fills in the start of a Dropwizard application. Returns whether the program is one.
pub(super) fn describe(program: &mut Program, around: &Surroundings) -> Result<bool> {
    let Some(core) = around.dependencies.iter().find(|d| d.key == CORE && d.scope != "test") else {
        return Ok(false);
    };
    let extends = around
        .sources
        .iter()
        .any(|source| source.names("Application") && source.main_class().is_some());
    if !extends {
        return Ok(false);
    }
    program.kind = Kind::Service;
    let mut port = Sourced::new(
        PORT,
        Evidence {
            note: "Dropwizard listens on 8080 by default".to_owned(),
            ..core.evidence.clone()
        },
    );
    let mut args = Sourced::new(
        "server".to_owned(),
        Evidence {
            note: "the command of Dropwizard that serves".to_owned(),
            ..core.evidence.clone()
        },
    );
    let (repo, dir) = (around.project.repo, around.project.model.dir());
    // https://www.dropwizard.io/en/stable/manual/core.html#configuration: a file of the archive.
    let of_archive = around.sources.iter().any(|s| s.names("ResourceConfigurationSourceProvider"));
    let folders = if of_archive { resources::folders(around.project.model) } else { Vec::new() };
    let stated = named(repo, &dir, &folders)?;
    let found = match stated {
        Some(stated) => Some(stated),
        None => configuration(repo, &dir)?,
    };
    if let Some((path, text)) = found {
        let packed = folders.iter().find_map(|folder| path.strip(folder));
        let beside = path.strip(&around.project.model.dir()).unwrap_or(path.file_name());
        let way = packed.unwrap_or(beside).to_owned();
        let packed = packed.is_some();
        args.value = format!("server {}", crate::docker::quote::shell_words(&[&way]));
        args.evidence.push(Evidence::file(&path, "the configuration that it is started with"));
        let said = connector(&text, &["applicationconnectors:", "connector:"]);
        let simple = text.lines().any(|line| line.trim() == "connector:");
        let admin = connector(&text, &["adminconnectors:"]);
        if let Some((value, line)) = admin.port.filter(|_| !simple) {
            let evidence = Evidence::at(&path, line, "the port of the administration's connector");
            program.more_ports.push(Sourced::new(Port::tcp(value), evidence));
        }
        if let Some((value, line)) = said.port {
            port = Sourced::new(
                value,
                Evidence::at(&path, line, "the port of the application's connector"),
            );
        }
        if let Some(line) = said.local {
            let evidence = Evidence::at(&path, line, "the address that it binds");
            program.findings.push(
                Finding::localhost_only("localhost", [evidence])
                    .with_fix("remove the line, or bind 0.0.0.0"),
            );
        }
        let note = "the program is started with it";
        if packed {
            program.packed.push(way.clone());
        } else {
            program.files.push(Sourced::new(path.clone(), Evidence::file(&path, note)));
        }
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(file) = line.trim().strip_prefix("currentLogFilename:") {
                let file = file.trim().trim_matches(['"', '\'']);
                let evidence = Evidence::at(&path, number, "a log file");
                super::storage::written(program, file, true, evidence);
            }
        }
    } else if let Some(path) = elsewhere(around.project.repo)? {
        program.findings.push(
            Finding::new(
                codes::CONFIGURATION_UNKNOWN,
                format!("the program starts without a configuration file; {path} looks like one"),
                [Evidence::file(&path, "it configures a Dropwizard server")],
            )
            .with_fix(format!(
                "mount the file, and name it: `--args \"server {}\"`",
                path.file_name()
            )),
        );
    }
    program.port = Some(port);
    program.args = Some(args);
    Ok(true)
}

/// A file of the repository that configures the connectors of such a server, nearest to the root.
fn elsewhere(repo: &Repo) -> Result<Option<RelPath>> {
    let is_test = |path: &RelPath| path.as_str().to_lowercase().contains("test");
    let mut all: Vec<RelPath> = repo
        .files_under(&RelPath::root())
        .filter(|path| ENDINGS.contains(&path.extension()) && !is_test(path))
        .cloned()
        .collect();
    all.sort_by_key(|path| (path.components().count(), path.clone()));
    for path in all.into_iter().take(MAX_CONFIGURATIONS) {
        let text = repo.source_text(&path)?.unwrap_or_default();
        if text.contains("applicationConnectors:") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The file with which a recipe or the documentation starts the server: `server config/prod.yml`.
///
/// `folders`: those of the resources, if the program reads its configuration there.
fn named(repo: &Repo, dir: &RelPath, folders: &[RelPath]) -> Result<Option<(RelPath, String)>> {
    let root = RelPath::root();
    let starts = recipes::starts(repo, dir)?.into_iter().map(|run| run.words);
    let written = witness::starts(repo, &[dir.clone(), root.clone()])?;
    for words in starts.chain(written.into_iter().map(|(words, _)| words)) {
        let Some(at) = words.iter().position(|word| word == "server") else { continue };
        let Some(word) = words.get(at + 1) else { continue };
        for path in folders.iter().chain([dir, &root]).filter_map(|folder| folder.join(word)) {
            let text = repo.text(&path).ok().flatten();
            if let Some(text) = text.filter(|_| ENDINGS.contains(&path.extension())) {
                return Ok(Some((path, text.to_string())));
            }
        }
    }
    Ok(None)
}

/// The file beside the pom, or in a configuration folder, that configures a server. A file called
/// config.yml wins, or else the first by name.
fn configuration(repo: &Repo, dir: &RelPath) -> Result<Option<(RelPath, String)>> {
    for folder in ["", "config", "conf", "etc"] {
        let Some(folder) = dir.join(folder) else { continue };
        let mut found = Vec::new();
        for (path, _) in repo
            .children(&folder)
            .filter(|(path, _)| ENDINGS.contains(&path.extension()) && repo.is_file(path))
        {
            let Some(text) = repo.text(path)? else { continue };
            if text.lines().any(|line| line.trim_end() == "server:") {
                found.push((path.clone(), text.to_string()));
            }
        }
        found.sort_by_key(|(path, _)| (!path.file_name().starts_with("config."), path.clone()));
        if let Some(first) = found.into_iter().next() {
            return Ok(Some(first));
        }
    }
    Ok(None)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Connector {
    /// The port, with its line.
    port: Option<(u16, u32)>,
    /// The line that binds the loopback address.
    local: Option<u32>,
}

/// The first connector under one of these keys: `applicationConnectors`, or the `connector` of a
/// simple server.
fn connector(text: &str, keys: &[&str]) -> Connector {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = (1u32..).zip(text.lines()).skip_while(|(_, line)| {
        let key = line.trim().replace('_', "").to_ascii_lowercase();
        !keys.contains(&key.as_str())
    });
    let mut said = Connector::default();
    let Some((_, head)) = lines.next() else { return said };
    for (number, line) in lines {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        // A list may have the same indentation as its key.
        if indent(line) < indent(head) || indent(line) == indent(head) && !bare.starts_with('-') {
            break;
        }
        // `- {type: http, port: 8080}`
        let item = bare.trim_start_matches(['-', ' ']);
        let flow = item.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let pairs = flow.map_or(vec![item], |inner| inner.split(',').collect());
        for (key, value) in pairs.into_iter().filter_map(|pair| pair.split_once(':')) {
            said.read(key, value, number);
        }
    }
    said
}

impl Connector {
    /// Takes what a line says.
    fn read(&mut self, key: &str, value: &str, number: u32) {
        let said = self;
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        match key.trim().replace('_', "").to_ascii_lowercase().as_str() {
            // `${PORT:-8080}`, for programs that substitute variables.
            "port" => {
                let number_of = value.rsplit(":-").next().unwrap_or_default().trim_end_matches('}');
                said.port = said.port.or(number_of
                    .parse()
                    .ok()
                    .filter(|port| *port > 0)
                    .map(|port| (port, number)));
            }
            "bindhost" if matches!(value, "localhost" | "127.0.0.1") => {
                said.local = said.local.or(Some(number));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_name_the_configuration() {
        let app = "class App extends Application<C> { public static void main(String[] a) throws Exception { new App().run(a); } MORE }";
        let of = |more: &str, files: &[(&str, &str)]| {
            let app = app.replace("MORE", more);
            let files = [("App.java", app.as_str())].into_iter().chain(files.iter().copied());
            let files: Vec<(&str, &str)> = files.collect();
            let found = super::super::tests_code::program("io.dropwizard:dropwizard-core", &files);
            (found.args.unwrap().value, found.port.unwrap().value)
        };
        let yaml = |port: u16| format!("server:\n  applicationConnectors:\n  - port: {port}\n");
        let (dev, prod) = (yaml(8098), yaml(8097));
        let files = [
            ("/config/dev.yml", dev.as_str()),
            ("/config/prod.yml", prod.as_str()),
            ("/README.md", "`java -jar target/app-1.jar server config/prod.yml`\n"),
        ];
        assert_eq!(of("", &files), ("server config/prod.yml".to_owned(), 8097));
        let packed = "void b() { x(new ResourceConfigurationSourceProvider()); }";
        let files = [
            ("src/main/resources/app.yml", prod.as_str()),
            ("/README.md", "java -jar target/app-1.jar server app.yml\n"),
        ];
        assert_eq!(of(packed, &files), ("server app.yml".to_owned(), 8097));
    }

    #[test]
    fn reads_the_connector_of_the_application() {
        let of = |text: &str| connector(text, &["applicationconnectors:", "connector:"]);
        let text = "server:\n  applicationConnectors:\n    - type: http\n      port: 9000\n  adminConnectors:\n    - port: 9001\n      bindHost: localhost\n";
        assert_eq!(of(text), Connector { port: Some((9000, 4)), local: None });
        assert_eq!(connector(text, &["adminconnectors:"]).port, Some((9001, 6)));
        let margin = "server:\n  application_connectors:\n  - type: http\n    port: 8989\n    # x\n    bind_host: localhost\n  request_log:\n";
        assert_eq!(of(margin), Connector { port: Some((8989, 4)), local: Some(6) });
        let simple =
            "server:\n  type: simple\n  connector:\n    type: http\n    port: ${PORT:-7000}\n";
        assert_eq!(of(simple), Connector { port: Some((7000, 5)), local: None });
        assert_eq!(of("logging:\n  level: INFO\n"), Connector::default());
        let flow = "server:\n  applicationConnectors:\n    - {type: http, port: 8464}\n";
        assert_eq!(of(flow), Connector { port: Some((8464, 3)), local: None });
    }
}
