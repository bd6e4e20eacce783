//! What a file does below `if __name__ == "__main__":` beside starting the server: a server that
//! loads the application from the file's module does not run it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use anyhow::Result;

use super::application::Application;
use super::finish::{Candidate, Scene};
use super::source::Module;
use super::{codes, listen, special};
use crate::code::{Call, File, Program as Code, conditions};
use crate::facts::{Evidence, Finding, FindingCode};

/// Maximum number of files that are read, and of calls that are said.
const MAX_READ: usize = 12;
const MAX_SAID: usize = 4;

/// Maximum number of functions that are followed from one block, and of tokens of one.
const MAX_FOLLOWED: usize = 6;
const MAX_TOKENS: usize = 4000;

/// Methods that start something beside the server, or prepare what it reads.
const EFFECTS: [&str; 14] = [
    "add_job",
    "create_all",
    "create_task",
    "drop_all",
    "executescript",
    "infinity_polling",
    "migrate",
    "polling",
    "run_polling",
    "start",
    "start_background_task",
    "start_http_server",
    "start_polling",
    "upgrade",
];

/// Parts of the names of functions that change nothing beside the process.
const QUIET: [&str; 12] = [
    "arg", "banner", "color", "conf", "env", "help", "log", "option", "parse", "print", "signal",
    "usage",
];

/// Functions that serve until the program ends.
const BLOCKING: [&str; 5] = ["quickstart", "run", "run_app", "serve", "serve_forever"];

/// What a file does beside starting the server.
struct More {
    module: Rc<Module>,
    calls: Vec<Evidence>,
    /// The block serves the application by a server for production, reachable from outside.
    serves: bool,
}

impl<'s> Scene<'s> {
    /// Says of the candidate for an application what its file does beside, or takes the file itself
    /// if that serves the application as well as a server's command does.
    pub(super) fn with_block(
        &self,
        one: &Application<'s>,
        mut candidate: Candidate<'s>,
    ) -> Result<Candidate<'s>> {
        if one.framework.package() == "django" || one.factory {
            return Ok(candidate);
        }
        let Some(more) = self.more(one)? else { return Ok(candidate) };
        let file = &more.module.file.path;
        if more.serves
            && let Some(at) = more.calls.first()
        {
            let note = format!("{file} starts more than the server ({})", at.note);
            let evidence = Evidence { note, ..at.clone() };
            if let Some(found) = self.file(file, evidence)? {
                return Ok(Candidate { order: candidate.order, ..found });
            }
        }
        let names: Vec<&str> = more.calls.iter().map(|at| at.note.as_str()).collect();
        let what = format!(
            "{file} does more when it is started than a server that loads `{}`: {}",
            one.id(),
            names.join(", ")
        );
        candidate.program.findings.push(Finding::new(codes::MAIN_BLOCK_SKIPPED, what, more.calls));
        Ok(candidate)
    }

    /// True if the import of a module starts a server, and never returns.
    pub(super) fn serves_at_import(&self, file: &Rc<File>) -> bool {
        let calls = file.facts().calls().iter().filter_map(|&at| Call::at(file, at));
        let mut top = calls.filter(|call| {
            file.facts().function_at(call.at).is_none()
                && conditions::heads(file, call.at).is_empty()
        });
        let blocks = |call: &Call| BLOCKING.contains(&call.name());
        top.any(|call| blocks(&call) && self.tables.listeners.iter().any(|row| row.fits(&call)))
    }

    /// What the file that starts the application does beside.
    fn more(&self, one: &Application) -> Result<Option<More>> {
        let own = &one.module.file.path;
        let others = self.sources.all.iter().filter(|path| *path != own);
        let last = one.module.name.rsplit('.').next().unwrap_or_default();
        let mut read = 0;
        for path in std::iter::once(own).chain(others) {
            let Some(text) = self.app.dir.repo.source_text(path)? else { continue };
            if read >= MAX_READ || !text.contains("__main__") || path != own && !text.contains(last)
            {
                continue;
            }
            read += 1;
            let Some(module) = self.sources.module(path)? else { continue };
            let brings = |file: &File| file.imports.iter().any(|i| i.path == one.module.name);
            if path != own && !brings(&module.file) {
                continue;
            }
            let modules = self.sources.closure(std::slice::from_ref(path))?;
            let code = special::program(&modules, &self.tables.code);
            let found = self.of_block(&code, &module);
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// What the block of a module does, if it starts a server.
    fn of_block(&self, code: &Code, module: &Rc<Module>) -> Option<More> {
        let file = &module.file;
        let rows = &self.tables.listeners;
        let listeners: Vec<(bool, Call)> = listen::calls(code, rows)
            .filter(|(_, call)| call.file.path == file.path)
            .map(|(row, call)| (row.develops(&call), call))
            .collect();
        let serves: BTreeSet<usize> = listeners.iter().map(|(_, call)| call.at).collect();
        let block = block(file)?;
        let followed = followed(file, block, &serves);
        let inside = |at: usize| followed.iter().any(|range| range.contains(&at));
        if !serves.iter().any(|&at| inside(at)) {
            return None;
        }
        let mut calls = Vec::new();
        let all = followed.iter().flat_map(Clone::clone).filter_map(|at| Call::at(file, at));
        for call in all.take(MAX_TOKENS) {
            let name = call.name();
            // A second listener is one of those, too.
            if serves.contains(&call.at) && !EFFECTS.contains(&name) {
                continue;
            }
            let into = file
                .facts()
                .function_of(file, name)
                .is_some_and(|function| !call.is_method() && followed.contains(&function.range));
            let quiet = || QUIET.iter().any(|word| name.to_ascii_lowercase().contains(word));
            let own = || {
                stands_alone(&call)
                    && !quiet()
                    && code.callee(&call).is_some_and(|(_, callee)| !call.is_head_of(file, &callee))
            };
            let effect = EFFECTS.contains(&name) && (call.is_method() || serves.contains(&call.at));
            if !into && (effect || own()) && calls.len() < MAX_SAID {
                calls.push(call.evidence(format!("`{name}`")));
            }
        }
        if calls.is_empty() {
            return None;
        }
        let develops = |call: &Call| {
            ["reload", "debug"]
                .iter()
                .filter_map(|name| call.named(name))
                .any(|range| file.word(range.start) != "False")
        };
        let production =
            listeners.iter().all(|(development, call)| !development && !develops(call));
        let found = listen::listening(code, rows, true);
        let local = found.findings.iter().any(|one| one.code == FindingCode::LocalhostOnly);
        Some(More { module: module.clone(), calls, serves: production && !local })
    }
}

/// The place of `__name__` in `if __name__ == "__main__":`, outside of functions.
pub(super) fn guard(file: &File) -> Option<usize> {
    let mut named = file.places("__name__").iter().copied();
    named.find(|&at| file.word(at + 1) == "==" && file.facts().function_at(at).is_none())
}

/// The block below that guard.
fn block(file: &File) -> Option<Range<usize>> {
    let at = guard(file)?;
    let open = (at + 2..at + 6).find(|&at| file.word(at) == "{")?;
    Some(open + 1..file.closing(open))
}

/// The block, and the functions of the file that lead from it to the server.
fn followed(file: &Rc<File>, block: Range<usize>, serves: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let mut all = vec![block];
    let mut at = 0;
    while let Some(range) = all.get(at).cloned() {
        at += 1;
        if all.len() > MAX_FOLLOWED {
            break;
        }
        for call in range.take(MAX_TOKENS).filter_map(|at| Call::at(file, at)) {
            let Some(function) = file.facts().function_of(file, call.name()) else { continue };
            let leads = serves.iter().any(|at| function.range.contains(at))
                || matches!(call.name(), "main" | "_main" | "run");
            let new = !all.contains(&function.range) && !call.is_head_of(file, function);
            if leads && new && !call.is_method() {
                all.push(function.range.clone());
            }
        }
    }
    all
}

/// True for a call whose result nothing takes, except that a loop of events runs it.
fn stands_alone(call: &Call) -> bool {
    let file = &call.file;
    let mut at = call.at;
    loop {
        while at > 1 && file.word(at - 1) == "." {
            at -= 2;
        }
        let Some(before) = at.checked_sub(1) else { return true };
        match file.word(before) {
            ";" | "{" | "}" => return true,
            "await" => at = before,
            "(" | "," => {
                let Some(open) = file.enclosing(at).filter(|&open| open > 0) else { return false };
                let runs = ["run", "gather", "create_task", "run_until_complete", "wait"];
                if !runs.contains(&file.word(open - 1)) {
                    return false;
                }
                at = open - 1;
            }
            _ => return false,
        }
    }
}
