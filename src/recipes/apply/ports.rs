//! The ports that recipes state, against those that the code states.

use anyhow::Result;

use super::{known, report, set};
use crate::code::is_other_service;
use crate::code::listen::{is_address, is_own};
use crate::facts::{
    Evidence, Facts, Finding, FindingCode, Kind, Port, Program, Rejected, Sourced, Strength,
};
use crate::recipes::start::{self, Start};
use crate::recipes::{Port as RunPort, Recipe, Run, Variable, dockerfile, port_number};
use crate::repo::Repo;

/// Ports of debuggers, of what reloads pages and of a database: a developer's container, or one that
/// holds several programs, publishes them, and the program itself does not listen there.
const OF_OTHERS: [u16; 8] = [2345, 5005, 5678, 8086, 9229, 9230, 24_678, 35_729];

/// One statement of a port.
struct Stated<'r> {
    number: u16,
    evidence: Evidence,
    run: &'r Run,
    /// The recipe also makes the program listen on it.
    told: bool,
}

/// The TCP ports that the application's own Dockerfile exposes.
pub(super) fn exposed(repo: &Repo, facts: &Facts) -> Result<Vec<u16>> {
    let written = dockerfile::written(repo, &facts.dir)?;
    let ports = written.0.iter().flat_map(|(_, image)| &image.ports);
    Ok(ports.filter_map(|(port, _)| port_number(port.trim_end_matches("/tcp"))).collect())
}

pub(super) fn port(program: &mut Program, runs: &[&Run], taken: Option<&Start>, exposed: &[u16]) {
    let mut stated: Vec<Stated> = Vec::new();
    for run in runs {
        let by_args = start::port(&run.words);
        let by_env = port_in(run, program);
        let is_taken = taken.is_some_and(|start| start.evidence == run.evidence);
        if let Some(number) = by_args.filter(|_| is_taken) {
            stated.push(Stated { number, evidence: run.evidence.clone(), run, told: true });
        } else if let Some((number, evidence)) = by_env.clone() {
            stated.push(Stated { number, evidence, run, told: true });
        } else if by_args.is_none() {
            let plain = |port: &&RunPort| {
                !port.udp
                    && !OF_OTHERS.contains(&port.number)
                    && (is_taken || !is_customised(run, port.number))
            };
            let first = run.ports.iter().find(plain);
            stated.extend(first.map(|port| Stated {
                number: port.number,
                evidence: port.evidence.clone(),
                run,
                told: false,
            }));
        }
    }
    // `PORT=8080 server` in documentation often shows how to choose another port.
    stated.sort_by_key(|one| {
        let is_taken = taken.is_some_and(|start| start.evidence == one.run.evidence);
        // So does a container with a command of its own.
        let custom = one.run.image.is_none() || !one.run.words.is_empty();
        one.run.by == Recipe::Docs && custom && !is_taken
    });
    let Some(first) = stated.first() else { return };
    let by_argument = taken.is_some_and(|start| start.evidence == first.evidence);
    let known = program.port.as_ref().map(|port| (port.value, port.evidence.clone()));
    match known {
        Some((held, evidence))
            if !evidence.is_empty() && !by_argument && !chosen(program, held, &evidence) =>
        {
            dispute(program, held, &evidence, &stated, exposed);
            agree(program, &stated);
        }
        _ => take_port(program, &stated, by_argument),
    }
}

/// True if the words behind the image of documentation choose the port: `box --http-port 7000`.
fn is_customised(run: &Run, port: u16) -> bool {
    let names = |word: &String| {
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        value.rsplit(':').next().and_then(port_number) == Some(port)
    };
    run.by == Recipe::Docs && run.image.is_some() && run.words.iter().any(names)
}

/// True if no source states the port: it was chosen for the variable that decides.
fn chosen(program: &Program, port: u16, evidence: &[Evidence]) -> bool {
    let holds = |value: &str| value.rsplit(':').next().and_then(port_number) == Some(port);
    let mut env = program.env.iter();
    env.any(|held| holds(&held.value.value) && held.evidence == evidence)
}

/// Takes the port of the first statement, and records those that differ.
fn take_port(program: &mut Program, stated: &[Stated], by_argument: bool) {
    let Some(first) = stated.first() else { return };
    if let Some(old) = program.port.as_ref().map(|port| (port.value, port.evidence.clone())) {
        // A port that was chosen for the variable gives way to a stated one.
        let of_choice = chosen(program, old.0, &old.1);
        program.env.retain(|held| !(of_choice && held.evidence == old.1));
    }
    let mut port = known(first.run.by, first.number, first.evidence.clone());
    for other in &stated[1..] {
        if other.number != first.number {
            let why = format!("{}: {}", other.evidence.place(), other.evidence.note);
            port = port.rejecting(other.number.to_string(), why);
        } else if !port.evidence.contains(&other.evidence) {
            port = port.agreeing(other.evidence.clone());
        }
    }
    program.port = Some(port);
    program.kind = Kind::Service;
    program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
    if !by_argument {
        let told = env_of_port(first.run, first.number);
        let variable = told.or_else(|| {
            let key = program.port_variable.clone()?;
            Some((key, first.number.to_string(), first.evidence.clone()))
        });
        if let Some((key, value, evidence)) = variable {
            set(program, &key, &value, known(first.run.by, (), evidence));
        }
    }
}

/// Adds further ports of the recipes that publish the main one, and all UDP ports.
pub(super) fn more_ports(program: &mut Program, runs: &[&Run]) {
    let main = program.port.as_ref().map(|port| port.value);
    for run in runs {
        let agrees = run.ports.iter().any(|port| !port.udp && Some(port.number) == main);
        let usable = |port: &&RunPort| port.udp || agrees && !OF_OTHERS.contains(&port.number);
        for port in run.ports.iter().filter(usable) {
            let number = if port.udp { Port::udp(port.number) } else { Port::tcp(port.number) };
            let held = program.more_ports.iter().any(|held| held.value == number);
            if !held && (port.udp || Some(port.number) != main) {
                program.more_ports.push(known(run.by, number, port.evidence.clone()));
            }
        }
    }
}

/// A port that the code only suggests, and that a recipe publishes.
fn agree(program: &mut Program, stated: &[Stated]) {
    let Some(port) = program.port.as_mut().filter(|p| p.strength == Strength::Guessed) else {
        return;
    };
    let same = |one: &&Stated| one.number == port.value && one.run.by != Recipe::Docs;
    if let Some(one) = stated.iter().find(same) {
        *port = port.clone().agreeing(one.evidence.clone());
    }
}

/// The code has one port, and a recipe publishes another without passing it to the program.
fn dispute(
    program: &mut Program,
    held: u16,
    evidence: &[Evidence],
    stated: &[Stated],
    exposed: &[u16],
) {
    let publishes = |run: &Run| run.ports.iter().any(|port| !port.udp && port.number == held);
    let other = stated.iter().find(|one| !one.told && one.number != held && !publishes(one.run));
    let Some(other) = other else { return };
    // The code has both, of which one was guessed: the recipe decides.
    let both = |port: &&mut Sourced<u16>| {
        port.strength == Strength::Guessed
            && port.rejected.iter().any(|one| one.value == other.number.to_string())
    };
    if let Some(port) = program.port.as_mut().filter(both) {
        let why =
            evidence.first().map_or_else(String::new, |at| format!("{}: {}", at.place(), at.note));
        port.rejected.retain(|one| one.value != other.number.to_string());
        port.rejected.insert(0, Rejected { value: held.to_string(), why });
        (port.value, port.strength) = (other.number, Strength::Agreed);
        port.evidence.insert(0, other.evidence.clone());
        return;
    }
    // A program with both ports: its own image says so.
    if exposed.contains(&held) && exposed.contains(&other.number) {
        return;
    }
    let mut places = evidence.iter().take(1).cloned().collect::<Vec<_>>();
    let said = places.first().map_or_else(|| "the code".to_owned(), Evidence::place);
    places.push(other.evidence.clone());
    report(
        program,
        Finding::port_disputed((said, held), (other.evidence.place(), other.number), places),
    );
}

/// A port that the recipe sets by the environment.
fn port_in(run: &Run, program: &Program) -> Option<(u16, Evidence)> {
    let key = program.port_variable.as_deref().unwrap_or("PORT");
    let number = |variable: &Variable| {
        let text = variable.value.rsplit(':').next().unwrap_or_default();
        Some((port_number(text)?, variable.evidence.clone()))
    };
    if let Some(variable) = run.env.iter().find(|variable| variable.key == key) {
        return number(variable);
    }
    // With no other source, take the address that a recipe passes by a variable.
    let unknown = program.port.is_none() && program.kind == Kind::Service;
    let addresses = run.env.iter().filter(|held| unknown && is_address(&held.key));
    let mut own = addresses.filter(|held| is_of_program(run, held, program));
    own.find_map(number)
}

/// True if a variable names the program's own address: `APP_PORT`, `SHOP_PORT` for the program shop,
/// or any name whose port the recipe publishes. `STORAGE_PORT` may be that of a service which the
/// program calls.
fn is_of_program(run: &Run, variable: &Variable, program: &Program) -> bool {
    let key = variable.key.as_str();
    let number = variable.value.rsplit(':').next().and_then(port_number);
    let mut published = run.ports.iter().filter(|port| !port.udp).peekable();
    if published.peek().is_some() {
        return published.any(|port| Some(port.number) == number) && !is_other_service(key);
    }
    let named = |name: &str| {
        let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word.len() > 1 && key.split('_').any(|k| k.eq_ignore_ascii_case(word)))
    };
    let text = variable.value.as_str();
    // A service elsewhere has a host: `STORAGE_ADDR=redis:6379`.
    let host = text.rsplit_once(':').map_or("", |(host, _)| host);
    let called = !matches!(host.trim_matches(['[', ']']), "" | "0.0.0.0" | "::" | "*");
    !is_other_service(key) && (is_own(key) || named(&program.name) || named(&run.name) && !called)
}

/// The variable by which a recipe passes the port to the program: one whose value is exactly that
/// port.
fn env_of_port(run: &Run, number: u16) -> Option<(String, String, Evidence)> {
    // A URL is that of a page or a service: `http://web:5000`.
    let holds = |value: &str| {
        !value.contains("://") && value.rsplit(':').next().and_then(port_number) == Some(number)
    };
    let mut found: Vec<_> = run.env.iter().filter(|variable| holds(&variable.value)).collect();
    let words = |key: &str| key.split('_').any(|word| word.eq_ignore_ascii_case("port"));
    found.sort_by_key(|variable| !words(&variable.key));
    let found = found.first()?;
    Some((found.key.clone(), found.value.clone(), found.evidence.clone()))
}
