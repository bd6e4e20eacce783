//! The port that the repository states for the server of an application: in the server's own settings,
//! or where the code starts it.

use anyhow::Result;

use super::application::Application;
use super::finish::Scene;
use super::tables::Server;
use super::world::World;
use super::{ProgramDetails, listen, special};
use crate::code::{Value, is_local_address};
use crate::facts::{Evidence, Program, Sourced};

/// Maximum number of scripts that are read, and of assignments of one name.
const MAX_READ: usize = 12;
const MAX_BOUND: usize = 32;

impl Scene<'_> {
    /// The port that the server's settings state, or the code for its own start.
    pub(super) fn restated(
        &self,
        world: &World,
        application: &Application,
        program: &mut Program,
        details: &mut ProgramDetails,
    ) -> Result<()> {
        let command = details.command[0].clone();
        let mut servers = self.tables.servers.iter();
        let server = servers.find(|server| server.command.first().is_some_and(|c| *c == command));
        let settings = server.and_then(|server| server.settings.clone());
        let named = details.command.iter().find_map(|word| word.strip_prefix("--config="));
        let named = named.map(|name| name.trim_start_matches("file:").to_owned());
        if let Some(path) = settings.and_then(|usual| self.app.dir.join(&named.unwrap_or(usual)))
            && let Some(module) = self.sources.module(&path)?
        {
            let modules = [module];
            let code = special::program(&modules, &self.tables.code);
            let file = &modules[0].file;
            // The file is a script: the last assignment wins.
            let bound = file.facts().definitions_of(file, "bind").iter().next_back();
            if let Some(definition) = bound {
                let value = code.value(file, definition.value.clone());
                let at = file.evidence(definition.name, "gunicorn's own settings");
                if let Some(port) = crate::code::listen::port(&value) {
                    let local = value.text().is_some_and(|text| is_local_address(&text));
                    if local && value.parts.iter().all(|part| part.env.is_none()) {
                        let note = "the settings listen on the container's own loopback".to_owned();
                        let at = Evidence { note, ..at.clone() };
                        program.args = Some(Sourced::new(format!("--bind=0.0.0.0:{port}"), at));
                    }
                    program
                        .env
                        .retain(|held| Some(&held.value.key) != program.port_variable.as_ref());
                    program.port_variable = value.parts.last().and_then(|part| part.env.clone());
                    program.port = Some(Sourced::new(port, at));
                }
                return Ok(());
            }
        }
        // A line of the repository says it of the server itself.
        let lines = || self.told.iter().map(|told| told.evidence.place());
        let mut places = program.port.iter().flat_map(|port| &port.evidence).map(Evidence::place);
        if places.any(|place| lines().any(|line| line == place)) {
            return Ok(());
        }
        for port in listen::beside(world.code, &self.tables.listeners) {
            if !program.more_ports.iter().any(|held| held.value == port.value) {
                program.more_ports.push(port);
            }
        }
        let own = listen::served(world.code, &self.tables.listeners).port;
        let own = own.or_else(|| bound(world, server?)).filter(|port| port.strength.is_stated());
        let found = match (own, server) {
            (Some(port), _) => Some(port),
            (None, Some(server)) => self.started_elsewhere(world, application, server)?,
            (None, None) => None,
        };
        let Some(port) = found else { return Ok(()) };
        let old = program.port.as_ref().map(|port| port.value.to_string()).unwrap_or_default();
        let number = port.value.to_string();
        for held in &mut program.env {
            // Only a value that repeats the old port: a person may have set another.
            if Some(&held.value.key) == program.port_variable.as_ref() && held.value.value == old {
                held.value.value.clone_from(&number);
                held.evidence.clone_from(&port.evidence);
            }
        }
        if let Some(args) = program.args.as_mut().filter(|_| !old.is_empty()) {
            args.value = args.value.replace(&old, &number);
        }
        // The options of such a server stand before the application.
        let words = |server: &&Server| {
            server.variable.is_none() && server.args.is_empty() && !server.development
        };
        let told = details.command.iter().any(|word| word.starts_with("--port"));
        if server.as_ref().is_some_and(words) && !told && number != old {
            details.command.insert(1, format!("--port={number}"));
        }
        program.port = Some(port);
        Ok(())
    }

    /// The port of a script that starts the server for the application: `serve(create_app(), port=80)`
    /// in a module that imports it.
    fn started_elsewhere(
        &self,
        world: &World,
        application: &Application,
        server: &Server,
    ) -> Result<Option<Sourced<u16>>> {
        let library = server.package.replace('-', "_");
        let held = |path: &_| world.modules.iter().any(|module| module.file.path == *path);
        let id = application.id();
        let mut read = 0;
        for path in self.sources.all.iter().filter(|path| !held(path)) {
            let Some(text) = self.app.dir.repo.source_text(path)? else { continue };
            let last = application.module.name.rsplit('.').next().unwrap_or_default();
            if read >= MAX_READ || !text.contains(&library) || !text.contains(last) {
                continue;
            }
            read += 1;
            let Some(module) = self.sources.module(path)? else { continue };
            let file = &module.file;
            let names = || (0..file.len()).any(|at| file.string(at).is_some_and(|one| one == id));
            let brings = file.imports.iter().any(|import| import.path == application.module.name);
            if !file.imports_module(&library) || !brings && !names() {
                continue;
            }
            let modules = self.sources.closure(std::slice::from_ref(path))?;
            let code = special::program(&modules, &self.tables.code);
            let rows = &self.tables.listeners;
            let of = |row: &super::tables::Listener| row.of.split('.').next() == Some(&library);
            let own =
                listen::calls(&code, rows).any(|(row, call)| of(row) && call.file.path == *path);
            let found = listen::listening(&code, rows, false).port;
            if let Some(port) = found.filter(|port| own && port.strength.is_stated()) {
                return Ok(Some(port));
            }
        }
        Ok(None)
    }
}

/// The address in the settings that the code makes for hypercorn: `config.bind = ["0.0.0.0:80"]`.
fn bound(world: &World, server: &Server) -> Option<Sourced<u16>> {
    if server.package != "hypercorn" {
        return None;
    }
    let files = world.modules.iter().map(|module| &module.file);
    for file in files.filter(|file| file.imports_module("hypercorn")) {
        for &at in file.places("bind").iter().take(MAX_BOUND) {
            if at == 0 || file.word(at - 1) != "." || file.word(at + 1) != "=" {
                continue;
            }
            let end = (at + 2..at + 64).find(|&end| file.is_line_end(end))?;
            let range = match file.word(at + 2) {
                "[" => file.elements(at + 2).into_iter().next()?,
                _ => at + 2..end,
            };
            let value: Value = world.code.value(file, range);
            if let Some(port) = crate::code::listen::port(&value) {
                return Some(Sourced::new(port, file.evidence(at, "the settings of hypercorn")));
            }
        }
    }
    None
}
