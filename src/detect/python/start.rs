//! What can be started: applications by their servers, console scripts, scripts and workers.

mod plain;

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::{Result, bail};

use super::application::{self, Application};
use super::finish::{Candidate, Scene};
use super::source::{Module, Sources};
use super::tables::{Framework, Interface, Tables};
use super::told::{self, Target, Told, scripts};
use super::{App, ProgramDetails, codes, is_script, listen, server, special, title, worker};
use crate::code::{Call, File, Function};
use crate::facts::{Evidence, Finding, FindingCode, Kind, Program};
use crate::path::RelPath;

/// Maximum number of scripts that are offered.
const MAX_SCRIPTS: usize = 4;

/// Every program, likeliest first.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn programs(app: &App) -> Result<Vec<(Program, ProgramDetails)>> {
    let tables = Tables::of(app.catalog)?;
    let sources = Sources::new(app.dir.repo, &app.dir.path, &app.roots);
    let scene = Scene { app, tables: &tables, sources: &sources, told: told::told(app)? };
    let mut all = scene.candidates()?;
    all.sort_by_key(|one| one.order);
    let mut seen = BTreeSet::new();
    all.retain(|one| seen.insert(one.program.id.clone()));
    let first = all.first().filter(|one| one.order != 8).map(|one| one.program.id.clone());
    let finished: Result<Vec<_>> = all.into_iter().map(|one| scene.finished(one)).collect();
    let mut finished = finished?;
    if first.is_some() {
        worker::needed(app, &sources, &tables, &mut finished)?;
    }
    Ok(finished)
}

/// The program that a person named: `shop.main:app`, `worker.py`, `-m shop`, a console script.
///
/// # Errors
/// If there is none of that name.
pub(super) fn named(app: &App, wanted: &str) -> Result<(Program, ProgramDetails)> {
    let tables = Tables::of(app.catalog)?;
    let sources = Sources::new(app.dir.repo, &app.dir.path, &app.roots);
    let scene = Scene { app, tables: &tables, sources: &sources, told: told::told(app)? };
    let listed = scene.candidates()?.into_iter().find(|one| one.program.id == wanted);
    let found = match listed {
        Some(found) => Some(found),
        None => scene.wanted(wanted)?,
    };
    let Some(found) = found else {
        bail!(
            "`{wanted}` is nothing that {} can start: name an object as `shop.main:app`, a file as \
             `worker.py`, or a module as `-m shop`",
            if app.dir.path.is_root() { "the repository" } else { app.dir.path.as_str() }
        )
    };
    scene.finished(found)
}

impl<'s> Scene<'s> {
    fn candidates(&self) -> Result<Vec<Candidate<'s>>> {
        let told = &self.told;
        let installed = self.app.installed;
        let has = |framework: &Framework| installed.has(framework.package());
        let files: Vec<RelPath> = told.iter().filter_map(|one| self.file_of(one)).collect();
        let mut applications =
            application::applications(self.sources, &self.tables.frameworks, &has, &files)?;
        if applications.is_empty() && !installed.locked {
            // Without a lockfile, another package may bring the framework that the server runs.
            let serves = |framework: &Framework| {
                let of = |server: &&super::tables::Server| {
                    server.interfaces.contains(&framework.interface)
                        && !server.development
                        && installed.is_direct(&server.package)
                };
                !framework.names.is_empty() && self.tables.servers.iter().any(|one| of(&one))
            };
            let has = |framework: &Framework| framework.package() != "django" && serves(framework);
            applications =
                application::applications(self.sources, &self.tables.frameworks, &has, &files)?;
        }
        // A server that loads such a module has other arguments, and ends with its usage.
        applications.retain(|one| one.name.is_empty() || !reads_arguments(&one.module.file));
        applications.retain(|one| one.name.is_empty() || !self.serves_at_import(&one.module.file));
        let objects = self.objects(&applications)?;
        applications.extend(objects);
        let mut all = self.scripts(told)?;
        all.extend(self.served(&applications, told)?);
        all.extend(self.told(told, &applications)?);
        if all.iter().all(|one| one.order > 2) {
            all.extend(self.pasted()?);
        }
        let workers = worker::workers(self.app, self.sources, self.tables)?;
        if !all.iter().any(|one| one.order <= 3) {
            let defined: Vec<&RelPath> =
                workers.iter().filter_map(|one| one.defined.as_ref()).collect();
            all.extend(self.plain(told, &defined)?);
        }
        let mut listens = all.iter().any(|one| one.order < 3);
        for one in all.iter().filter(|one| one.order >= 3).take(MAX_SCRIPTS) {
            listens |= self.produces(&self.sources.closure(&one.entries)?);
        }
        if !listens && !self.develops(&mut all)? {
            // A framework without a server, and nothing else that listens for production.
            all.extend(self.unserved(&applications));
        }
        for found in workers {
            let worker::Found { program, details, entries, root, .. } = found;
            let application = None;
            all.push(Candidate { program, details, entries, root, application, order: 8 });
        }
        Ok(all)
    }

    /// Console scripts. One that listens by itself comes first.
    fn scripts(&self, told: &[Told]) -> Result<Vec<Candidate<'s>>> {
        let mut all = Vec::new();
        for script in &self.app.project.scripts {
            let (module, function) = script.target.split_once(':').unwrap_or((&script.target, ""));
            let module = self.sources.named(module.trim())?;
            let installed = self.app.project.installs;
            if !installed && module.is_none() {
                continue;
            }
            let serves = module.as_ref().is_some_and(|module| {
                let file = &module.file;
                let found = file.facts().function_of(file, function.trim());
                found.is_some_and(|function| self.serves(module, function))
            });
            let evidence = script.evidence.clone();
            // A console script may be a server or a tool of one run: its function tells.
            let kind = if serves { Kind::Service } else { Kind::Command };
            let mut program = Program::new(&script.name, &script.name, kind, evidence);
            let own = |told: &&Told| told.target == Target::Command(script.name.clone());
            let mut lines = told.iter().filter(own).filter(|told| !told.documented);
            program.args = lines.find_map(Told::arguments);
            let command = match &module {
                Some(module) if !installed => by_module(module, function.trim()),
                _ => vec![script.name.clone()],
            };
            let details =
                ProgramDetails { command, sources: !installed, ..ProgramDetails::default() };
            let entries = module.iter().map(|module| module.file.path.clone()).collect();
            let root = module.map_or_else(|| self.app.dir.path.clone(), |m| m.root.clone());
            let order = if serves { 1 } else { 3 };
            all.push(Candidate { program, details, entries, root, application: None, order });
        }
        // The command of the project's own name is the program; the others are its tools.
        all.sort_by_key(|one| !title::is_own(self.app.project, &one.program.id));
        Ok(all)
    }

    /// Finds the script that starts a server for development in a way that works in a container, and
    /// says so: reachable from outside, and without a debugger that runs what anybody sends.
    fn develops(&self, all: &mut [Candidate]) -> Result<bool> {
        for one in all.iter_mut().filter(|one| one.order >= 3).take(MAX_SCRIPTS) {
            let modules = self.sources.closure(&one.entries)?;
            let code = special::program(&modules, &self.tables.code);
            let rows = &self.tables.listeners;
            let debugs = |call: &Call| {
                let named = call.named("debug").or_else(|| call.named("use_debugger"));
                named.is_some_and(|range| call.file.word(range.start) != "False")
            };
            if listen::calls(&code, rows).any(|(_, call)| debugs(&call)) {
                continue;
            }
            let found = listen::listening(&code, rows, true);
            let local = found.findings.iter().any(|one| one.code == FindingCode::LocalhostOnly);
            if found.listens.is_some() && found.port.is_some() && !local {
                one.order = 2;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// True if a program starts a server for production.
    fn produces(&self, modules: &[Rc<Module>]) -> bool {
        let rows = || self.tables.listeners.iter().filter(|row| !row.development);
        modules.iter().enumerate().any(|(number, module)| {
            let file = &module.file;
            let mut calls = file.facts().calls().iter().filter_map(|&at| Call::at(file, at));
            calls.any(|call| {
                rows().any(|row| row.fits(&call)) && (number == 0 || listen::is_reached(&call))
            })
        })
    }

    /// True if a function, or one of its module that it calls, starts a server for production.
    pub(super) fn serves(&self, module: &Module, function: &Function) -> bool {
        let file = &module.file;
        let rows = || self.tables.listeners.iter().filter(|row| !row.development);
        let inside = |function: &Function| {
            function
                .range
                .clone()
                .filter_map(|at| Call::at(file, at))
                .any(|call| rows().any(|row| !row.of.is_empty() && row.fits(&call)))
        };
        inside(function)
            || function.range.clone().take(2000).any(|at| {
                file.word(at + 1) == "("
                    && file.facts().function_of(file, file.word(at)).is_some_and(inside)
            })
    }

    /// Objects that lines of the repository run by a server, and that no framework is known to make.
    fn objects(&self, known: &[Application]) -> Result<Vec<Application<'s>>> {
        let mut all: Vec<Application> = Vec::new();
        for told in self.told.iter().filter(|told| !told.documented && told.call.is_none()) {
            let Target::Object(object) = &told.target else { continue };
            let held = |one: &Application| one.id() == *object;
            let Some((module, name)) = object.split_once(':') else { continue };
            if known.iter().chain(&all).any(held) {
                continue;
            }
            let mut servers = self.tables.servers.iter();
            let server = servers.find(|server| server.command.first() == Some(&told.command));
            let plain = |framework: &&super::tables::Framework| {
                framework.names.is_empty()
                    && server.is_some_and(|server| server.interfaces.contains(&framework.interface))
            };
            let framework = self.tables.frameworks.iter().find(plain);
            let (Some(framework), Some(module)) = (framework, self.sources.named(module)?) else {
                continue;
            };
            if let Some((at, factory)) = application::bound(&module.file, name) {
                all.push(Application::new(framework, module, name.to_owned(), factory, at));
            }
        }
        Ok(all)
    }

    /// The application that a server runs.
    fn served(&self, all: &[Application<'s>], told: &[Told]) -> Result<Vec<Candidate<'s>>> {
        let lines = told.iter().filter_map(|line| Some((self.object_of(line)?, line)));
        let lines: Vec<(String, &Told)> = lines.collect();
        let place = |one: &Application| {
            let id = one.id();
            lines.iter().position(|(object, _)| *object == id)
        };
        let line_of = |one: &Application| place(one).map(|at| lines[at].1);
        let channels = self.app.installed.has("channels");
        let mut able: Vec<(&Application<'s>, &super::tables::Server)> = all
            .iter()
            .filter_map(|one| {
                let line = line_of(one);
                let stated = line.and_then(|told| server::stated(self.app, self.tables, told));
                let stated = stated.or_else(|| server::by_settings(self.app, self.tables, one));
                Some((one, stated.or_else(|| server::of(self.app, self.tables, one))?))
            })
            .collect();
        able.sort_by_key(|(one, _)| {
            let web = one.framework.package() == "django";
            let other = (one.framework.interface == Interface::Asgi) != channels;
            (place(one).unwrap_or(usize::MAX), web && other)
        });
        let mut found: Vec<Candidate> = Vec::new();
        let mut held: BTreeSet<RelPath> = BTreeSet::new();
        for (one, server) in able {
            let started = server::program(self.app, self.tables, one, server, line_of(one));
            let path = one.module.file.path.clone();
            if found.len() >= MAX_SCRIPTS {
                break;
            }
            // What another application takes in is a part of it.
            let factory = one.factory || one.framework.package() == "django";
            let first = found.first().and_then(|first| first.application.as_ref());
            let part = |first: &Application| {
                held.contains(&path) || factory || place(one).is_none() && !one.is_beside(first)
            };
            if first.is_some_and(part) {
                continue;
            }
            let order = if place(one).is_some() { 0 } else { 2 };
            let entries = vec![path];
            if found.is_empty() {
                let modules = self.sources.closure(&entries)?;
                held.extend(modules.iter().map(|module| module.file.path.clone()));
            }
            let candidate = Candidate {
                program: started.program,
                details: started.details,
                entries,
                root: one.module.root.clone(),
                application: Some(one.clone()),
                order,
            };
            // A line of the repository that names the object knows what it leaves out.
            let open = found.is_empty() && order != 0;
            found.push(if open { self.with_block(one, candidate)? } else { candidate });
        }
        if found.is_empty() {
            found.extend(self.called_with(told)?);
        }
        Ok(found)
    }

    /// The script of a framework that a line names.
    fn file_of(&self, told: &Told) -> Option<RelPath> {
        let Target::File(file) = &told.target else { return None };
        self.app.dir.join(file)
    }

    /// What a line names, as applications are named.
    fn object_of(&self, told: &Told) -> Option<String> {
        match &told.target {
            Target::Object(object) => Some(object.clone()),
            _ => self.file_of(told).map(|path| path.to_string()),
        }
    }

    /// The application that a line makes by a call with arguments: `gunicorn "shop:create('live')"`.
    fn called_with(&self, told: &[Told]) -> Result<Option<Candidate<'s>>> {
        for told in told {
            let (Target::Object(object), Some(call)) = (&told.target, &told.call) else { continue };
            let Some(mut found) = self.wanted(&format!("{object}()"))? else { continue };
            if let Some(last) = found.details.command.last_mut() {
                *last = format!("{object}{call}");
            }
            found.program.evidence.insert(0, told.evidence.clone());
            return Ok(Some(found));
        }
        Ok(None)
    }

    /// What lines of the repository start, beside applications.
    fn told(&self, told: &[Told], applications: &[Application]) -> Result<Vec<Candidate<'s>>> {
        let mut all = Vec::new();
        // Documentation shows how to try a program, which need not be how it is deployed.
        for told in told.iter().filter(|told| !told.documented) {
            let found = match &told.target {
                Target::File(file) => {
                    let Some(path) = self.app.dir.join(file) else { continue };
                    // A server for production runs what the file makes.
                    let made = |one: &&Application| one.module.file.path == path;
                    if applications
                        .iter()
                        .any(|one| made(&one) && server::of(self.app, self.tables, one).is_some())
                    {
                        continue;
                    }
                    self.file(&path, told.evidence.clone())?
                }
                Target::Module(name) => self.module(name, told.evidence.clone())?,
                _ => None,
            };
            let Some(mut found) = found else { continue };
            found.program.args = told.arguments().or(found.program.args);
            found.program.findings.extend(scripts::finding(told));
            // Platforms route requests to the line of this name alone.
            found.order = if told.name == "web" { 0 } else { 6 };
            all.push(found);
        }
        Ok(all)
    }

    /// `python worker.py`
    pub(super) fn file(&self, path: &RelPath, evidence: Evidence) -> Result<Option<Candidate<'s>>> {
        let Some(module) = self.sources.module(path)? else { return Ok(None) };
        let way = path.strip(&self.app.dir.path).unwrap_or_default();
        let name = path.file_name().trim_end_matches(".py");
        let beside = path.parent().as_ref() == Some(&module.root);
        let (command, root) = if beside || module.name.is_empty() {
            (vec!["python".to_owned(), way.to_owned()], self.app.dir.path.clone())
        } else {
            let words = ["python", "-m", &module.name];
            (words.iter().map(ToString::to_string).collect(), module.root.clone())
        };
        let program = Program::new(way, name, Kind::Command, evidence);
        let details = ProgramDetails { command, sources: true, ..ProgramDetails::default() };
        let entries = vec![path.clone()];
        Ok(Some(Candidate { program, details, entries, root, application: None, order: 5 }))
    }

    /// `python -m shop`
    fn module(&self, name: &str, evidence: Evidence) -> Result<Option<Candidate<'s>>> {
        let main = self.sources.named(&format!("{name}.__main__"))?;
        let Some(module) = main.map_or_else(|| self.sources.named(name), |m| Ok(Some(m)))? else {
            return Ok(None);
        };
        let words = ["python", "-m", name];
        let command = words.iter().map(ToString::to_string).collect();
        let short = name.rsplit('.').next().unwrap_or(name);
        let program = Program::new(format!("-m {name}"), short, Kind::Command, evidence);
        let details = ProgramDetails { command, ..ProgramDetails::default() };
        let (entries, root) = (vec![module.file.path.clone()], module.root.clone());
        Ok(Some(Candidate { program, details, entries, root, application: None, order: 4 }))
    }

    /// An application that no installed server runs: the framework's own server for development
    /// does, where it has one. Else it is refused, with the way out.
    fn unserved(&self, all: &[Application<'s>]) -> Option<Candidate<'s>> {
        let one = all.iter().find(|one| one.framework.interface != Interface::Script)?;
        let id = one.id();
        let of = one.framework.package();
        let fitting =
            |server: &&super::tables::Server| server.interfaces.contains(&one.framework.interface);
        let server = self.tables.servers.iter().find(fitting).map_or("gunicorn", |s| &s.package);
        let lacking = format!("the project depends on {of}, and on no server that runs `{id}`");
        let entries = vec![one.module.file.path.clone()];
        let root = one.module.root.clone();
        if let Some(own) = server::of_development(self.app, self.tables, one) {
            let mut started = server::program(self.app, self.tables, one, own, None);
            let what = format!("{lacking}: the image starts {of}'s own server for development");
            let found = Finding::new(codes::DEVELOPMENT_SERVER, what, [one.evidence()]);
            started.program.findings.push(found.with_fix(format!(
                "add {server} to the dependencies: then dockgen starts `{id}` with it"
            )));
            started.details.sources = true;
            let (program, details) = (started.program, started.details);
            let application = Some(one.clone());
            return Some(Candidate { program, details, entries, root, application, order: 2 });
        }
        let mut program = Program::new(&id, "web", Kind::Service, one.evidence());
        program.findings.push(Finding::new(codes::NO_SERVER, lacking, [one.evidence()]).with_fix(
            format!(
                "add {server} to the dependencies; to start the file itself all the same, name it: \
                 --entrypoint {}",
                one.module.file.path.strip(&self.app.dir.path).unwrap_or_default()
            ),
        ));
        let mut details = ProgramDetails { sources: true, ..ProgramDetails::default() };
        let fill = |word: &String| word.replace("{app}", &id).replace("{port}", "8000");
        details.command = one.framework.reload.iter().map(fill).collect();
        let application = None;
        Some(Candidate { program, details, entries, root, application, order: 2 })
    }

    /// What a person named and no list holds.
    fn wanted(&self, wanted: &str) -> Result<Option<Candidate<'s>>> {
        if let Some(name) = wanted.strip_prefix("-m ") {
            let place = Evidence::file(&self.app.dir.path, "named by a person");
            return self.module(name.trim(), place);
        }
        if is_script(wanted) {
            let Some(path) = self.app.dir.join(wanted) else { return Ok(None) };
            return self.file(&path, Evidence::file(&path, "a script"));
        }
        let Some((module, name)) = wanted.split_once(':') else { return Ok(None) };
        let (name, factory) = (name.trim_end_matches("()"), name.ends_with("()"));
        let Some(module) = self.sources.named(module)? else { return Ok(None) };
        let has = |name: &str| self.app.installed.has(name);
        let frameworks = self.tables.frameworks.iter();
        let mut fitting = frameworks.filter(|framework| {
            has(framework.package()) && framework.interface != Interface::Script
        });
        let Some(framework) = fitting.next() else { return Ok(None) };
        let one = Application::new(framework, module.clone(), name.to_owned(), factory, 0);
        let Some(server) = server::of(self.app, self.tables, &one) else { return Ok(None) };
        let started = server::program(self.app, self.tables, &one, server, None);
        Ok(Some(Candidate {
            program: started.program,
            details: started.details,
            entries: vec![module.file.path.clone()],
            root: module.root.clone(),
            application: Some(one),
            order: 0,
        }))
    }
}

/// True for a module that parses the command line as it is imported, and can be started by itself.
fn reads_arguments(file: &Rc<File>) -> bool {
    let outside =
        |at: usize| file.facts().function_at(at).is_none() && !application::is_guarded(file, at);
    let parses = file
        .places("parse_args")
        .iter()
        .any(|&at| file.word(at + 1) == "(" && file.closing(at + 1) == at + 2 && outside(at));
    parses && file.places("__name__").iter().any(|&at| file.word(at + 1) == "==")
}

/// The command of a console script that nothing installs: its module, or its function.
fn by_module(module: &Module, function: &str) -> Vec<String> {
    let file = &module.file;
    let guarded = file
        .places("__name__")
        .iter()
        .any(|&at| file.word(at + 1) == "==" && (at..at + 16).any(|at| file.word(at) == function));
    let words = if guarded {
        ["-m".to_owned(), module.name.clone()]
    } else {
        let (name, first) = (&module.name, function.split('.').next().unwrap_or_default());
        ["-c".to_owned(), format!("from {name} import {first}; raise SystemExit({function}())")]
    };
    [&["python".to_owned()][..], &words].concat()
}
