//! Services that a program connects to at this machine, by the calls of its client libraries.

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
const NAMED: [&str; 9] =
    ["host", "hostname", "url", "uri", "dsn", "conninfo", "address", "server", "hosts"];

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

/// What a call connects to, with its place.
fn address(code: &Program, row: &CallRow, call: &Call) -> Option<(Value, Evidence)> {
    let file = &call.file;
    let named: Option<Range<usize>> = NAMED.iter().find_map(|name| call.named(name));
    let range = named.or_else(|| {
        let one = call.arguments().get(row.at.unwrap_or(0)).cloned()?;
        // The name of another argument: `Redis(db=1)`.
        let keyword = file.dialect().indents && file.word(one.start + 1) == "=";
        (!keyword).then_some(one)
    });
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

/// The connection to this machine, with the setting that names another host.
fn here(value: &Value, service: Option<&String>, at: &Evidence) -> Option<Connection> {
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
