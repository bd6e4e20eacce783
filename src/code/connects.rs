//! Services that a program connects to at this machine, by the calls of its client libraries.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::facts::Call;
use super::file::{File, is_below};
use super::program::Program;
use super::rules::{CallRow, Does};
use super::switched::is_off;
use super::value::Value;
use crate::facts::{Connection, Evidence};

/// Spellings of this machine.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Names of arguments that hold an address.
const NAMED: [&str; 10] =
    ["host", "hostname", "url", "uri", "dsn", "conninfo", "address", "server", "hosts", "broker"];

/// Maximum number of variables that are handed to libraries, and of calls that are looked at.
const MAX_HANDED: usize = 32;
const MAX_CALLS: usize = 2_000;

/// Maximum number of connections of a program.
const MAX_CONNECTIONS: usize = 16;

/// The connections to this machine, in the order of the rows. `runs` says whether a call is part of
/// what is started.
pub(crate) fn connections(code: &Program, runs: &mut dyn FnMut(&Call) -> bool) -> Vec<Connection> {
    let mut found: Vec<Connection> = Vec::new();
    for (row, call) in code.doing(&[Does::Connects]) {
        if found.len() >= MAX_CONNECTIONS {
            break;
        }
        let Some((value, at)) = address(code, row, &call) else { continue };
        if !is_off(code, &call.file, call.at) && runs(&call) {
            found.extend(here(&value, row.service.as_ref(), &at));
        }
    }
    for (row, file, field) in code.fields_doing(&[Does::Connects]) {
        if found.len() >= MAX_CONNECTIONS {
            break;
        }
        if !is_of(file, field.name, &row.of) || is_off(code, file, field.name) {
            continue;
        }
        let value = code.value(file, field.value.clone());
        found.extend(here(&value, row.service.as_ref(), &file.evidence(field.name, &row.note)));
    }
    found
}

/// The variables without a default that the program hands to a library which needs a value, or that
/// the library itself needs, each with its place. `runs` as in [`connections`].
pub(crate) fn handed(
    code: &Program,
    does: &[Does],
    runs: &mut dyn FnMut(&Call) -> bool,
) -> Vec<(String, Rc<File>, usize)> {
    let mut found: Vec<(String, Rc<File>, usize)> = Vec::new();
    for (row, call) in code.doing(does).take(MAX_CALLS) {
        if found.len() >= MAX_HANDED {
            break;
        }
        let mut names = needed(code, row, &call);
        names.retain(|name| !found.iter().any(|(held, ..)| held == name));
        if !names.is_empty() && !is_off(code, &call.file, call.at) && runs(&call) {
            found.extend(names.into_iter().map(|name| (name, call.file.clone(), call.at)));
        }
    }
    let defaulted = defaulted(code, &found);
    found.retain(|(name, ..)| !defaulted.contains(name));
    found
}

/// The names that some call gives a second argument: `env("X", default)`, where the default is not
/// known as a whole.
fn defaulted(code: &Program, found: &[(String, Rc<File>, usize)]) -> BTreeSet<String> {
    let names: BTreeSet<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
    let calls = code.calls().filter(|_| !names.is_empty());
    let with_more = calls.filter_map(|call| {
        let text = call.file.string(call.open + 1)?;
        (names.contains(&*text) && call.arguments().len() > 1).then(|| text.into_owned())
    });
    with_more.collect()
}

/// How many conditions of a file are looked at for a name, and how many words of each.
const MAX_CONDITIONS: usize = 400;
const MAX_HEAD: usize = 16;

/// True if the code asks for the name before it is handed on: `if token is None: return`.
fn is_tested(file: &File, range: &Range<usize>) -> bool {
    let name = file.word(range.start);
    let tests = file.places("if").iter().take_while(|at| **at < range.start).take(MAX_CONDITIONS);
    range.len() == 1
        && file.is_word(range.start)
        && tests.into_iter().any(|&at| {
            let head =
                (at + 1..at + MAX_HEAD).take_while(|&at| !matches!(file.word(at), "{" | ":"));
            head.into_iter().any(|at| file.word(at) == name)
        })
}

/// The variables without a default that a call needs.
fn needed(code: &Program, row: &CallRow, call: &Call) -> Vec<String> {
    let range = target(row, call);
    // What the library reads by itself, where it is given nothing.
    if row.does == Does::Demands && range.is_none() && !row.between.is_empty() {
        return vec![row.between.clone()];
    }
    let Some(range) = range else { return Vec::new() };
    let value = code.value(&call.file, range.clone());
    if !value.others.is_empty() {
        return Vec::new();
    }
    // `"Bot " + token`: the library refuses what is left of it.
    let open = value.parts.into_iter().filter(|part| part.text.is_none() && part.flag.is_none());
    let names: Vec<String> = open.filter_map(|part| part.env).collect();
    if names.is_empty() || is_tested(&call.file, &range) { Vec::new() } else { names }
}

/// The argument that a row is about: by its name, or by its place if it has no name of its own, as in
/// `Redis(db=1)`.
fn target(row: &CallRow, call: &Call) -> Option<Range<usize>> {
    let at = Some(row.at.unwrap_or(0));
    match row.does {
        Does::Connects => call.named_or_at(&NAMED, at),
        _ => call.named_or_at(&row.named, at),
    }
}

/// What a call connects to, with its place.
fn address(code: &Program, row: &CallRow, call: &Call) -> Option<(Value, Evidence)> {
    let file = &call.file;
    let range = target(row, call);
    let at = call.evidence(format!("`{}` connects", call.name()));
    match range {
        Some(range) => Some((code.value(file, range), at)),
        None if row.local => Some((Value::known(HERE[0], at.clone()), at)),
        None => None,
    }
}

/// True if a field belongs to a literal of a package's type: `&redis.Options{Addr: ..}`.
fn is_of(file: &Rc<File>, field: usize, package: &str) -> bool {
    let Some(open) = file.enclosing(field).filter(|open| *open >= 3) else { return false };
    let import = Some(file.word(open - 3)).filter(|_| file.word(open - 2) == ".");
    let path = import.and_then(|name| file.imported(name));
    file.word(open - 1).ends_with("Options") && path.is_some_and(|path| is_below(path, package))
}

/// The connection to this machine that a value states, with the setting that names another host.
pub(crate) fn here(value: &Value, service: Option<&String>, at: &Evidence) -> Option<Connection> {
    value.alternatives().find_map(|value| {
        let mut text = String::new();
        let mut ends = Vec::new();
        for part in &value.parts {
            text.push_str(part.text.as_deref().unwrap_or("?"));
            ends.push(text.len());
        }
        let (start, host) = HERE.iter().find_map(|host| {
            let start = text.match_indices(host).map(|(start, _)| start);
            start.into_iter().find(|start| is_whole(&text, *start, host)).map(|s| (s, *host))
        })?;
        let part = value.parts.get(ends.iter().position(|end| start < *end)?)?;
        let after = &text[start + host.len()..];
        let digits = after.strip_prefix(':').map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            &rest[..end]
        });
        let number = digits.filter(|digits| !digits.is_empty());
        let address = number.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let (variable, flag) = (part.env.clone(), part.flag.clone());
        let mut evidence = vec![at.clone()];
        if part.evidence.place() != at.place() {
            evidence.push(part.evidence.clone());
        }
        Some(Connection { service: service.cloned(), text, address, variable, flag, evidence })
    })
}

/// True if the name of the host ends on both sides.
fn is_whole(text: &str, start: usize, host: &str) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[start + host.len()..].chars().next();
    before.is_none_or(|c| "@/(=,: ".contains(c)) && after.is_none_or(|c| ":/), ;?".contains(c))
}
