//! Servers that a command or a framework starts although no code of the repository listens, as
//! rows of the catalog.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::App;
use super::config;
use super::launch::Launch;
use super::manifest::Kind;
use crate::facts::{self, EnvVar, Evidence, FindingCode, Program, Sourced};

/// A row of the table `service`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    name: String,
    /// The command of a dependency.
    command: Option<String>,
    /// The framework.
    package: Option<String>,
    port: u16,
    /// The variable that overrides the port, if there is one.
    variable: Option<String>,
    /// Arguments that open it to the network.
    #[serde(default)]
    args: Vec<String>,
    /// Arguments that a container must not have: they put the program into the background.
    #[serde(default)]
    without: Vec<String>,
    /// Options of its command line that set the port, beside `-p` and `--port`.
    #[serde(default)]
    flags: Vec<String>,
    /// Environment variables that open it to the network.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// Stems of its configuration files, the strongest first. Their `port` overrides the default.
    #[serde(default)]
    config: Vec<String>,
    /// How it handles SIGTERM, if it does.
    sigterm: Option<String>,
    /// Folders into which it writes.
    #[serde(default)]
    writable: Vec<String>,
    /// Where this is documented.
    source: String,
}

/// The row of what an entry starts: its command, or else its framework.
pub(super) fn of(app: &App, command: Option<&str>) -> Result<Option<Service>> {
    let rows: Vec<Service> = app.catalog.table("service")?;
    let started = |row: &&Service| row.command.is_some() && row.command.as_deref() == command;
    let held = |row: &&Service| {
        command.is_none()
            && row
                .package
                .as_ref()
                .is_some_and(|name| app.package.dependency(name) == Some(Kind::Production))
    };
    Ok(rows.iter().find(started).or_else(|| rows.iter().find(held)).cloned())
}

impl Service {
    /// Adds the arguments that open the command, unless the start already has them.
    pub(super) fn open(&self, launch: &mut Launch) {
        launch.args.retain(|arg| !self.without.contains(arg));
        let flag = self.args.first();
        let told = |flag: &str| launch.args.iter().any(|arg| arg.starts_with(flag));
        let open = self.flags.iter().any(|flag| told(flag));
        if flag.is_some_and(|flag| !open && !told(flag)) {
            launch.args.extend(self.args.iter().cloned());
        }
    }

    /// The port in one of its own options: `-l 5000` or `--listen tcp://0.0.0.0:5000`.
    fn told(&self, launch: &Launch) -> Option<u16> {
        let names = |word: &str| self.flags.iter().any(|flag| flag == word);
        let pair = launch.args.windows(2).find(|pair| names(&pair[0])).map(|pair| pair[1].as_str());
        let joined = || {
            launch.args.iter().find_map(|arg| arg.split_once('=').filter(|(flag, _)| names(flag)))
        };
        let text = pair.or_else(|| joined().map(|(_, value)| value))?;
        // The flag may take an address: `0.0.0.0:8080`.
        text.rsplit(':').next()?.parse().ok().filter(|port| *port > 0)
    }

    /// Adds what the documentation says and the repository does not.
    pub(super) fn complete(&self, app: &App, launch: &Launch, program: &mut Program) -> Result<()> {
        let at = |note: String| Evidence::file(&app.package.path, note);
        program.kind = facts::Kind::Service;
        for stem in self.config.iter().filter(|_| program.port.is_none()) {
            let Some(config) = config::read(&app.dir, stem)? else { continue };
            let Some((value, found)) = config.property("port") else { continue };
            if let Some(port) = value.text().and_then(|text| text.parse().ok()) {
                program.port = Some(Sourced::new(port, found));
                program.port_variable = value.env().map(str::to_owned);
                break;
            }
        }
        // The command line wins over the settings file.
        if let Some(port) = self.told(launch) {
            let note = format!("the port that {} is given", self.name);
            program.port = Some(Sourced::new(port, at(note)));
            program.port_variable = None;
        }
        if program.port.is_none() {
            let note = format!("{}'s default port ({})", self.name, self.source);
            program.port = Some(Sourced::new(self.port, at(note)));
            program.port_variable.clone_from(&self.variable);
        }
        // The code itself does not listen, so the search for its port found nothing.
        program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
        for (key, value) in &self.env {
            if !program.env.iter().any(|var| var.value.key == *key) {
                let note =
                    format!("{} listens there: on every interface of the container", self.name);
                let var = EnvVar { key: key.clone(), value: value.clone() };
                program.env.push(Sourced::new(var, at(note)));
            }
        }
        for folder in &self.writable {
            if !program.writable.iter().any(|held| held.value == *folder) {
                let note = format!("{} writes there ({})", self.name, self.source);
                program.writable.push(Sourced::new(folder.clone(), at(note)));
            }
        }
        if let Some(note) = self.sigterm.as_ref().filter(|_| program.handles_sigterm.is_none()) {
            program.handles_sigterm = Some(at(note.clone()));
        }
        Ok(())
    }
}
