//! A port that a start command or an image in the pom states.

use crate::facts::{Evidence, Finding, FindingCode, Kind, Program, Sourced};

/// System properties from which servers read their port.
pub(super) const PORTS: [&str; 4] =
    ["server.port", "quarkus.http.port", "micronaut.server.port", "jetty.http.port"];

/// Takes a port if the same statement makes the program listen on it (`sure`), or if nothing else
/// states one. Otherwise the two are reported as a contradiction.
pub(super) fn set_port(program: &mut Program, number: u16, evidence: Evidence, sure: bool) {
    match &program.port {
        Some(held) if held.value == number => {}
        Some(held) if !sure => {
            let mut places: Vec<Evidence> = held.evidence.iter().take(1).cloned().collect();
            let said = places.first().map_or_else(|| "the code".to_owned(), Evidence::place);
            let place = evidence.place();
            places.push(evidence);
            program.findings.push(Finding::port_disputed(
                (said, held.value),
                (place, number),
                places,
            ));
        }
        _ => {
            program.port = Some(Sourced::new(number, evidence));
            program.kind = Kind::Service;
            program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
        }
    }
}
