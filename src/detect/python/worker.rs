//! Workers that take tasks from a queue: programs of their own, from the same image.

use std::rc::Rc;

use anyhow::Result;

use super::source::{Module, Sources};
use super::tables::{Tables, Worker};
use super::{App, ProgramDetails};
use crate::code::{Call, Form};
use crate::facts::{Evidence, Kind, Program, Sourced};
use crate::path::RelPath;

/// Maximum number of modules with tasks that one worker names.
const MAX_MODULES: usize = 12;

/// A worker, and the modules that it begins with.
pub(super) struct Found {
    pub(super) program: Program,
    pub(super) details: ProgramDetails,
    pub(super) entries: Vec<RelPath>,
    pub(super) root: RelPath,
}

/// Every worker of the libraries that are installed.
pub(super) fn workers(app: &App, sources: &Sources, tables: &Tables) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for row in tables.workers.iter().filter(|row| app.installed.is_direct(&row.package)) {
        let mut modules = Vec::new();
        for path in &sources.all {
            let text = sources.repo.source_text(path)?;
            if text.is_some_and(|text| text.contains(&row.of)) {
                modules.extend(sources.module(path)?);
            }
        }
        let Some((fill, module, at)) = subject(row, &modules) else { continue };
        let evidence = module.file.evidence(at, format!("tasks of {}", row.package));
        let words = |words: &[String]| -> Vec<String> {
            let filled = words.iter().map(|word| word.replace("{app}", &fill));
            filled.flat_map(|word| word.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
        };
        let id = if row.command.iter().any(|word| word.contains("{app}")) {
            fill.split(' ').next().unwrap_or_default().to_owned()
        } else {
            format!("{} worker", row.package)
        };
        let mut program = Program::new(id, "worker", Kind::Command, evidence.clone());
        let note = Evidence { note: row.source.clone(), ..evidence.clone() };
        if !row.args.is_empty() {
            program.args = Some(Sourced::new(words(&row.args).join(" "), note));
        }
        program.handles_sigterm = Some(Evidence { note: row.stops.clone(), ..evidence });
        let details = ProgramDetails { command: words(&row.command), ..ProgramDetails::default() };
        let entries = modules.iter().map(|module| module.file.path.clone()).collect();
        found.push(Found { program, details, entries, root: module.root.clone() });
    }
    Ok(found)
}

/// What the worker is started with, and where it is made.
fn subject(row: &Worker, modules: &[Rc<Module>]) -> Option<(String, Rc<Module>, usize)> {
    for module in modules {
        let file = &module.file;
        for definition in file.facts().definitions().iter().filter(|d| d.form == Form::Set) {
            let outside = file.facts().function_at(definition.name).is_none();
            let made = definition.value.clone().find_map(|at| Call::at(file, at));
            let fits = made.is_some_and(|call| {
                row.names.iter().any(|name| name == call.name()) && call.is_in(&row.of)
            });
            if outside && fits {
                let name = format!("{}:{}", module.name, file.word(definition.name));
                return Some((name, module.clone(), definition.name));
            }
        }
        if let Some(class) = &row.class
            && let Some(&at) = file
                .places(class)
                .iter()
                .find(|&&at| at > 0 && (file.word(at - 1) == "class" || file.word(at + 1) == "="))
        {
            return Some((format!("{}.{class}", module.name), module.clone(), at));
        }
    }
    let marked = |module: &&Rc<Module>| {
        let file = &module.file;
        let words = row.tasks.iter().flat_map(|name| file.places(name));
        words.copied().find(|&at| file.dotted(at).is_some_and(|name| name.starts_with(&row.of)))
    };
    let mut tasks = modules.iter().filter_map(|module| Some((module, marked(&module)?)));
    let (module, at) = tasks.next()?;
    let more = tasks.map(|(module, _)| module.name.clone());
    let names: Vec<String> =
        std::iter::once(module.name.clone()).chain(more).take(MAX_MODULES).collect();
    Some((names.join(" "), module.clone(), at))
}
