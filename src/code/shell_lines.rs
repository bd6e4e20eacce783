//! Programs in lines for a shell: `exec.Command("sh", "-c", "git pull")`, and lines that the code
//! hands to a function of its own which does that.

use std::collections::BTreeSet;
use std::ops::Range;

use super::facts::Call;
use super::file::File;
use super::functions::Function;
use super::program::Program;
use crate::facts::Evidence;
use crate::shell;

/// Programs that run a line.
pub(crate) const SHELLS: [&str; 6] = ["sh", "ash", "dash", "bash", "/bin/sh", "/bin/bash"];

/// Flags before a line.
const FLAGS: [&str; 4] = ["-c", "-lc", "-ec", "-ic"];

/// Words before the program of a line.
const BEFORE: [&str; 5] = ["sudo", "exec", "env", "nohup", "time"];

/// Maximum number of functions that hand a line on.
const MAX_RUNNERS: usize = 32;

/// The programs that lines for a shell start, each with its place. `shells` are the calls that start
/// a shell, each with the tokens behind its name.
pub(crate) fn started(
    source: &Program,
    shells: impl Iterator<Item = (Call, Range<usize>)>,
) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let mut runners: Vec<String> = Vec::new();
    for (call, range) in shells {
        let file = &call.file;
        let Some(flag) = range.clone().find(|at| is_flag(file, *at)) else { continue };
        if !lines(file, flag + 1..range.end, &mut found) {
            runners.extend(runner(&call));
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = runners.pop() {
        if seen.len() >= MAX_RUNNERS || !seen.insert(name.clone()) {
            continue;
        }
        for call in source.calls_named(&name) {
            let file = &call.file;
            let inside = call.open + 1..file.closing(call.open);
            if lines(file, inside.clone(), &mut found) || defined(&call, &inside, &mut found) {
                continue;
            }
            let function = named_function(&call);
            let hands_on = function.is_some_and(|function| {
                let parameters = file.elements(function.parameters);
                let names = parameters.iter().map(|one| {
                    one.start + usize::from(one.len() > 1 && file.word(one.start) == "mut")
                });
                let mut names = names.map(|at| file.word(at));
                names.any(|name| inside.clone().any(|here| file.word(here) == name))
            });
            if hands_on {
                runners.extend(runner(&call));
            }
        }
    }
    found
}

/// The function around a call.
fn runner(call: &Call) -> Option<String> {
    Some(call.file.word(named_function(call)?.name).to_owned())
}

/// The innermost function with a name around a call.
fn named_function(call: &Call) -> Option<&Function> {
    call.file.facts().functions_around(call.at).find(|one| call.file.is_word(one.name))
}

fn is_flag(file: &File, at: usize) -> bool {
    file.string(at).is_some_and(|text| FLAGS.contains(&&*text))
}

/// The programs of the texts in a range; false where there is no text.
fn lines(file: &File, range: Range<usize>, found: &mut Vec<(String, Evidence)>) -> bool {
    let mut any = false;
    for at in range {
        let Some(text) = file.string(at).filter(|_| !is_flag(file, at)) else { continue };
        any = true;
        for part in text.split('|') {
            for command in shell::parse(part).commands {
                let mut words = command.argv.iter().map(String::as_str);
                let name = words.find(|word| !BEFORE.contains(word)).unwrap_or_default();
                let name = name.rsplit('/').next().unwrap_or_default();
                if !name.is_empty() {
                    let note = format!("starts `{name}` in a line for a shell");
                    found.push((name.to_owned(), file.evidence(at, note)));
                }
            }
        }
    }
    any
}

/// The programs of the text that a variable among the arguments was made of, in the same function.
fn defined(call: &Call, inside: &Range<usize>, found: &mut Vec<(String, Evidence)>) -> bool {
    let file = &call.file;
    let Some(function) = named_function(call) else { return false };
    let mut any = false;
    for at in inside.clone().filter(|at| file.is_word(*at)) {
        let all = file.facts().definitions_of(file, file.word(at));
        let before = &all[..all.partition_point(|one| one.name < call.at)];
        if let Some(definition) = before.last().filter(|one| function.range.contains(&one.name)) {
            any |= lines(file, definition.value.clone(), found);
        }
    }
    any
}
