//! Applications that a file of Paste Deploy describes: `pserve production.ini`,
//! `gunicorn --paste production.ini`. <https://docs.pylonsproject.org/projects/pastedeploy/>

use anyhow::Result;

use super::finish::{Candidate, Scene};
use super::flags::Options;
use super::manifest::Project;
use super::requirement::normal;
use super::told::{Target, Told};
use super::{App, ProgramDetails, server};
use crate::facts::{Evidence, Finding, Kind, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;
use crate::settings::{self, Assignment};

/// Names of such files for production, likeliest first.
const USUAL: [&str; 4] =
    ["production.ini", "conf/production.ini", "config/production.ini", "etc/production.ini"];

/// Packages that bring `pserve`.
const BRINGS: [&str; 2] = ["pyramid", "plaster-pastedeploy"];

/// The port of `pserve` where its file names none.
const PORT: u16 = 6543;

/// A file of Paste Deploy.
struct File {
    /// From the application's folder.
    way: String,
    path: RelPath,
    lines: Vec<Assignment>,
}

impl File {
    fn read(dir: &Dir, way: &str) -> Option<Self> {
        let (path, text) = dir.text(way).ok()??;
        let lines = settings::sections(&text);
        let way = way.trim_start_matches("./").to_owned();
        Some(Self { way, path, lines })
    }

    /// The value of a key in the first section of a kind: `app`, `server`.
    fn get(&self, kind: &str, key: &str) -> Option<&Assignment> {
        self.lines.iter().find(|line| {
            line.key == key
                && line.section.split_once(':').is_some_and(|(held, _)| held.trim() == kind)
        })
    }

    /// What makes the application: `egg:shop#main`, `call:shop.web:create`.
    fn makes(&self) -> Option<&Assignment> {
        self.get("app", "use").or_else(|| {
            let mut factories = self.lines.iter().filter(|line| line.section.starts_with("app:"));
            factories.find(|line| line.key == "paste.app_factory")
        })
    }

    /// The host and the port that its server listens on.
    fn address(&self) -> Option<(String, u16, Evidence)> {
        let at =
            |line: &Assignment| Evidence::at(&self.path, line.line, "where the server listens");
        if let Some(line) = self.get("server", "listen") {
            let first = line.value.split_whitespace().next()?;
            let (host, port) = first.rsplit_once(':')?;
            return Some((host.to_owned(), port.parse().ok()?, at(line)));
        }
        let line = self.get("server", "port")?;
        let host = self.get("server", "host").map_or("0.0.0.0", |line| &line.value);
        Some((host.to_owned(), line.value.parse().ok()?, at(line)))
    }
}

/// True if such a file calls the project by its name, which only an installation makes known.
pub(super) fn names_project(dir: &Dir, project: &Project) -> bool {
    let files = USUAL.iter().filter_map(|way| File::read(dir, way));
    files.into_iter().any(|file| file.makes().is_some_and(|line| egg(&line.value, project)))
}

/// True for `egg:shop`, `egg:shop#main` of the project `shop`.
fn egg(value: &str, project: &Project) -> bool {
    let name = value.strip_prefix("egg:").and_then(|name| name.split('#').next());
    let own = project.name.as_ref().map(|own| normal(&own.value));
    name.is_some_and(|name| own.is_some_and(|own| own == normal(name.trim())))
}

impl<'s> Scene<'s> {
    /// The application of a file that a line of the repository starts, or that has a usual name.
    pub(super) fn pasted(&self) -> Result<Option<Candidate<'s>>> {
        let installed = self.app.installed;
        let told = self.told.iter().find_map(|told| match &told.target {
            Target::Paste(file) if !told.documented => Some((told, file)),
            _ => None,
        });
        let serves = BRINGS.iter().any(|package| installed.has(package));
        let file = match told {
            Some((_, file)) => File::read(self.app.dir, file),
            None => USUAL.iter().filter(|_| serves).find_map(|way| File::read(self.app.dir, way)),
        };
        let Some(file) = file else { return Ok(None) };
        let Some(makes) = file.makes() else { return Ok(None) };
        let own = egg(&makes.value, self.app.project);
        let module = if own {
            let name = self.app.project.name.as_ref().map(|name| normal(&name.value));
            name.unwrap_or_default().replace('-', "_")
        } else {
            let made = makes.value.strip_prefix("call:").unwrap_or(&makes.value);
            made.split(':').next().unwrap_or_default().trim().to_owned()
        };
        let Some(module) = self.sources.named(&module)? else { return Ok(None) };
        if own && !self.app.project.installs {
            return Ok(None);
        }
        // `pserve` loads the server that the file names, which has to be installed.
        let loaded = file.get("server", "use").and_then(|line| line.value.strip_prefix("egg:"));
        let loaded = loaded.map(|name| normal(name.split('#').next().unwrap_or_default()));
        let alone = !file.lines.iter().any(|line| line.section.starts_with("server:"));
        let lacking = alone || loaded.is_some_and(|name| !installed.has(&name));
        let by_gunicorn = told.is_some_and(|(told, _)| told.command == "gunicorn")
            || lacking && installed.has("gunicorn");
        if !by_gunicorn && (alone || !serves) {
            return Ok(None);
        }
        let at = match told {
            Some((told, _)) => told.evidence.clone(),
            None => Evidence::at(&file.path, makes.line, "it describes an application"),
        };
        let name = file.path.file_name().trim_end_matches(".ini").to_owned();
        let mut program = Program::new(format!("paste:{}", file.way), name, Kind::Service, at);
        let command = if by_gunicorn {
            let line = told.map(|(told, _)| told).filter(|told| told.command == "gunicorn");
            gunicorn(self, &file, line, &mut program)
        } else {
            pserve(&file, &mut program)
        };
        let details = ProgramDetails { command, sources: true, ..ProgramDetails::default() };
        let (entries, root) = (vec![module.file.path.clone()], module.root.clone());
        program.files.push(Sourced::new(file.path.clone(), program.evidence[0].clone()));
        Ok(Some(Candidate { program, details, entries, root, application: None, order: 2 }))
    }
}

/// gunicorn takes its address from the file too, so the arguments state it.
fn gunicorn(scene: &Scene, file: &File, told: Option<&Told>, program: &mut Program) -> Vec<String> {
    let app: &App = scene.app;
    let mut rows = scene.tables.servers.iter();
    let Some(row) = rows.find(|row| row.package == "gunicorn") else { return Vec::new() };
    server::settle(app, row, program);
    let options = told.map(|told| Options::of(app, row, told, "")).unwrap_or_default();
    let stated = options.port.or(file.address().map(|(_, port, _)| port));
    let port = stated.unwrap_or(row.port);
    program.port = program.port.take().map(|held| held.map(|_| port));
    program.port_variable = None;
    program.env.retain(|held| Some(&held.value.key) != row.variable.as_ref());
    let at = program.evidence[0].clone();
    program.args = Some(Sourced::new(format!("--bind=0.0.0.0:{port}"), at));
    program.findings.extend(told.and_then(|told| options.finding(row, told)));
    let paste = ["--paste".to_owned(), file.way.clone()];
    [row.command.as_slice(), &options.kept, &paste].concat()
}

fn pserve(file: &File, program: &mut Program) -> Vec<String> {
    if let Some((host, port, at)) = file.address() {
        if host.starts_with("127.") || host == "localhost" {
            let address = format!("{host}:{port}");
            program.findings.push(Finding::localhost_only(address, [at.clone()]));
        }
        program.port = Some(Sourced::new(port, at));
    } else {
        let at = Evidence::file(&file.path, "its server names no port that can be read");
        program.port = Some(Sourced::guessed(PORT, at));
    }
    vec!["pserve".to_owned(), file.way.clone()]
}
