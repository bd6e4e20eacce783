//! Ports beside the program's own, for management or gRPC. A row of the catalog says which
//! dependency opens one and which setting moves it.

use super::surroundings::Surroundings;
use crate::code::is_local;
use crate::facts::{Evidence, Finding, Kind, Port, Program, Sourced};

/// The finding for a port whose address is one that only the container itself reaches:
/// `management.server.address` beside `management.server.port`.
fn local(around: &Surroundings, key: &str, number: u16) -> Option<Finding> {
    let (above, _) = key.rsplit_once('.')?;
    let mut keys = ["address", "host"].into_iter().map(|name| format!("{above}.{name}"));
    let (key, setting) = keys.find_map(|key| Some((key.clone(), around.settings.get(&key)?)))?;
    let host = around.settings.expand(&setting.value).0;
    if !is_local(&host) {
        return None;
    }
    let variable = super::demands::variable_of(&key);
    let note = format!("{key} = {}", setting.value);
    let evidence = Evidence { note, ..setting.evidence.clone() };
    let fix = format!(
        "if it is meant for outside, give `docker run` `-e {variable}=0.0.0.0 -p {number}`"
    );
    let finding = Finding::localhost_only(format_args!("{host}:{number}"), [evidence]);
    Some(finding.with_fix(fix))
}

/// Adds these ports to a program that serves. Some serve alone.
pub(super) fn ports(program: &mut Program, around: &Surroundings) {
    let serves = program.kind == Kind::Service;
    for row in around.project.tables.side_port.iter().filter(|row| serves || row.alone) {
        let mut runtime = around.dependencies.iter().filter(|d| d.scope != "test");
        let Some(dependency) = runtime.find(|d| d.key.starts_with(&row.dependency)) else {
            continue;
        };
        let on = |key: &String| around.settings.get(key).is_some_and(|set| set.value == "true");
        // A setting says that it is used.
        let used = |name: &String| {
            around.settings.get(&row.port).is_some()
                || around.sources.iter().any(|source| source.names(name))
        };
        if !row.only_with.as_ref().is_none_or(on) || !row.names.as_ref().is_none_or(used) {
            continue;
        }
        let (number, evidence) = match (around.settings.get(&row.port), row.default) {
            (Some(setting), _) => {
                let value = around.settings.expand(&setting.value).0;
                let note = format!("{} = {}: {}", row.port, setting.value, row.what);
                (value.trim().parse().ok(), Evidence { note, ..setting.evidence.clone() })
            }
            (None, Some(default)) => {
                let note = format!("{} on {default} if {} is not set", row.what, row.port);
                (Some(default), Evidence { note, ..dependency.evidence.clone() })
            }
            (None, None) => continue,
        };
        // 0 means any free port, and a negative number means none.
        let Some(number) = number.filter(|number: &u16| *number > 0) else { continue };
        if program.kind != Kind::Service {
            program.kind = Kind::Service;
            program.port = Some(Sourced::new(number, evidence));
            continue;
        }
        if let Some(finding) = local(around, &row.port, number) {
            program.findings.push(finding);
            continue;
        }
        let port = Port::tcp(number);
        let held = program.port.as_ref().is_some_and(|held| held.value == number)
            || program.more_ports.iter().any(|held| held.value == port);
        if !held {
            program.more_ports.push(Sourced::new(port, evidence));
        }
    }
}
