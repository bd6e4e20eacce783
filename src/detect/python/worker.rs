//! Workers that take tasks from a queue: programs of their own, from the same image.

use std::rc::Rc;

use anyhow::Result;

use super::source::{Module, Sources};
use super::tables::{Tables, Worker};
use super::{App, ProgramDetails, codes};
use crate::code::{Call, File, Form};
use crate::facts::{Evidence, Finding, Kind, Process, Program, Sourced};
use crate::path::RelPath;
use crate::recipes;
use crate::repo::line_at;

/// Maximum number of modules with tasks that one worker names.
const MAX_MODULES: usize = 12;

/// A worker, and the modules that it begins with.
pub(super) struct Found {
    pub(super) program: Program,
    pub(super) details: ProgramDetails,
    pub(super) entries: Vec<RelPath>,
    pub(super) root: RelPath,
    /// The module that defines it, and does nothing by itself.
    pub(super) defined: Option<RelPath>,
}

/// Every worker of the libraries that are installed.
pub(super) fn workers(app: &App, sources: &Sources, tables: &Tables) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for row in tables.workers.iter().filter(|row| app.installed.is_direct(&row.package)) {
        let mut modules = Vec::new();
        let mut fits = row.with.is_empty();
        for path in &sources.all {
            let Some(text) = sources.repo.source_text(path)? else { continue };
            fits = fits || row.with.iter().any(|word| text.contains(word.as_str()));
            if text.contains(&row.of) || row.class.as_ref().is_some_and(|name| text.contains(name))
            {
                modules.extend(sources.module(path)?);
            }
        }
        if !fits {
            continue;
        }
        let Some((fill, module, at)) = subject(row, &modules) else { continue };
        let evidence = module.file.evidence(at, format!("tasks of {}", row.package));
        let words = |words: &[String]| -> Vec<String> {
            let dotted = fill.replace(':', ".");
            let fill = |word: &String| word.replace("{app}", &fill).replace("{dotted}", &dotted);
            let filled = words.iter().map(fill);
            filled.flat_map(|word| word.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
        };
        let role = if row.role.is_empty() { "worker" } else { row.role.as_str() };
        let named = row.role.is_empty() && row.command.iter().any(|word| word.contains('{'));
        let id = if named {
            fill.split(' ').next().unwrap_or_default().to_owned()
        } else {
            format!("{} {role}", row.package)
        };
        let mut program = Program::new(id, role, Kind::Command, evidence.clone());
        let note = Evidence { note: row.source.clone(), ..evidence.clone() };
        if !row.args.is_empty() {
            program.args = Some(Sourced::new(words(&row.args).join(" "), note));
        }
        program.handles_sigterm = Some(Evidence { note: row.stops.clone(), ..evidence });
        let details = ProgramDetails { command: words(&row.command), ..ProgramDetails::default() };
        let entries = modules.iter().map(|module| module.file.path.clone()).collect();
        let defined = Some(module.file.path.clone()).filter(|_| named);
        found.push(Found { program, details, entries, root: module.root.clone(), defined });
    }
    Ok(found)
}

/// Calls by which a program hands a task to a worker.
const HANDS: [&str; 6] =
    [".delay(", ".apply_async(", ".send_task(", ".enqueue(", ".enqueue_job(", ".kiq("];

/// Says that the first program hands tasks to a worker, which the image does not start.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn needed(
    app: &App,
    sources: &Sources,
    tables: &Tables,
    programs: &mut [(Program, ProgramDetails)],
) -> Result<()> {
    let Some(((first, _), others)) = programs.split_first_mut() else { return Ok(()) };
    let worker = others.iter().find(|(program, details)| {
        let command = details.command.first();
        tables.workers.iter().any(|row| row.role.is_empty() && row.command.first() == command)
            && program.kind == Kind::Command
    });
    let Some((worker, details)) = worker.filter(|_| first.kind == Kind::Service) else {
        return Ok(());
    };
    let tool = details.command.first().map(String::as_str).unwrap_or_default();
    // What a Procfile or a compose file starts is said with it.
    let runs = recipes::starts(app.dir.repo, &app.dir.path)?;
    if runs.iter().any(|run| run.words.iter().any(|word| word == tool)) {
        return Ok(());
    }
    for path in &sources.all {
        let Some(text) = sources.repo.source_text(path)? else { continue };
        let aside = path.components().any(|part| part.starts_with("test"));
        let Some(call) = HANDS.iter().find(|call| !aside && text.contains(**call)) else {
            continue;
        };
        let at = text.find(call).and_then(|at| line_at(&text, at)).unwrap_or(1);
        let mut words = details.command.clone();
        words.extend(worker.args.iter().map(|args| args.value.clone()));
        let name = call.trim_matches(['.', '(']);
        let evidence = Evidence::at(path, at, format!("`{name}` hands a task to a worker"));
        let what = format!(
            "the program hands tasks to a worker, and the image does not start `{}`",
            words.join(" ")
        );
        let name = worker.name.clone();
        first.processes.push(Process { name, words, evidence: evidence.clone() });
        let finding = Finding::new(codes::WORKER_NEEDED, what, [evidence]);
        first.findings.push(finding.with_fix(format!(
            "start the worker beside it, in an image of its own that `--entrypoint {}` plans",
            worker.id
        )));
        return Ok(());
    }
    Ok(())
}

/// What the worker is started with, and where it is made.
fn subject(row: &Worker, modules: &[Rc<Module>]) -> Option<(String, Rc<Module>, usize)> {
    for module in modules {
        let file = &module.file;
        for definition in file.facts().definitions().iter().filter(|d| d.form == Form::Set) {
            let outside = file.facts().function_at(definition.name).is_none();
            let made = definition.value.clone().find_map(|at| Call::at(file, at));
            let fits = made.is_some_and(|call| {
                row.names.iter().any(|name| name == call.name())
                    && (row.anywhere || call.is_in(&row.of))
            });
            if outside && fits && !row.queue {
                let name = format!("{}:{}", module.name, file.word(definition.name));
                return Some((name, module.clone(), definition.name));
            }
        }
        if row.queue
            && let Some(call) = queue(row, file)
        {
            let first = call.arguments().first().cloned();
            // `Worker(["mail"], ..)`
            let at = first.map(|range| range.start + usize::from(file.word(range.start) == "["));
            let stated = at.and_then(|at| Some(file.string(at)?.into_owned()));
            let plain =
                |name: &String| name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
            let name = stated.filter(plain).unwrap_or_else(|| "default".to_owned());
            return Some((name, module.clone(), call.at));
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

/// The first call that makes a queue, wherever it stands.
fn queue(row: &Worker, file: &Rc<File>) -> Option<Call> {
    let places = row.names.iter().flat_map(|name| file.places(name));
    places.filter_map(|&at| Call::at(file, at)).find(|call| call.is_in(&row.of))
}
