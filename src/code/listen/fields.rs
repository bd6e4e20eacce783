//! Addresses in the fields of servers: `http.Server{Addr: ...}`, `server.Addr = ...`.

use std::rc::Rc;

use super::super::conditions;
use super::super::facts::{Definition, Form};
use super::super::file::File;
use super::super::program::Program;
use super::super::rules::Does;
use super::{Address, is_asked_for, is_hidden, is_web, rank_at, stays_local, words_at};
use crate::facts::Protocol;

/// Types of servers whose fields hold addresses; the second one receives datagrams alone.
const SERVERS: [&str; 2] = ["Server", "PacketServer"];

/// True if a field stands in a literal that makes a server.
pub(super) fn is_in_server(file: &File, field: usize) -> bool {
    let of = file.enclosing(field).and_then(|open| open.checked_sub(1));
    of.is_some_and(|of| SERVERS.contains(&file.word(of)))
}

/// The addresses of all servers, one for each protocol.
pub(super) fn of_servers(code: &Program) -> Vec<Address> {
    let mut all = Vec::new();
    for file in code.files() {
        for definition in file.facts().definitions_of(file, "Addr") {
            let server = match definition.form {
                Form::Field => is_in_server(file, definition.name),
                Form::Assigned => is_servers(code, file, definition),
                _ => false,
            };
            if server {
                of_server(code, file, definition, &mut all);
            }
        }
    }
    all
}

/// The addresses in the fields of libraries' types that say where they listen.
pub(super) fn of_rows(code: &Program) -> Vec<Address> {
    let mut all = Vec::new();
    for (row, file, definition) in code.fields_doing(&[Does::Listens, Does::Receives]) {
        let protocol = if row.does == Does::Receives { Protocol::Udp } else { Protocol::Tcp };
        let evidence = file.evidence(definition.name, &row.note);
        for value in code.value(file, definition.value.clone()).alternatives() {
            let rank = rank_at(file, definition.name, &value);
            all.push(Address { value, rank, late: 0, protocol, evidence: evidence.clone() });
        }
    }
    all
}

fn of_server(code: &Program, file: &Rc<File>, definition: &Definition, all: &mut Vec<Address>) {
    let name = definition.name;
    let evidence = file.evidence(name, "the server's address");
    let conditional = conditions::is_conditional(file, name) || is_asked_for(code, file, name);
    let protocols = protocols(code, file, name);
    let indirect = u8::from(!is_web(code, file));
    // A loop or several callers may hand it one address after another.
    for value in code.value(file, definition.value.clone()).alternatives() {
        let rank = rank_at(file, name, &value) + indirect;
        let hidden = is_hidden(&words_at(file, name, &value));
        let local = stays_local(&value);
        let late = 2 * (u8::from(conditional) + u8::from(hidden) + u8::from(local));
        for &protocol in &protocols {
            let (value, evidence) = (value.clone(), evidence.clone());
            all.push(Address { value, rank, late, protocol, evidence });
        }
    }
}

/// What a server with this field speaks: what its field `Net` says, or else its package. A server
/// of names whose network is not known speaks both.
fn protocols(code: &Program, file: &Rc<File>, name: usize) -> Vec<Protocol> {
    let open = file.enclosing(name).filter(|&open| open > 0);
    let of = open.map_or("", |open| file.word(open - 1));
    let package = open.and_then(|open| open.checked_sub(3)).map(|at| file.word(at));
    let package = package.and_then(|name| file.imported(name)).unwrap_or_default();
    if of == "PacketServer" || package.ends_with("/http3") {
        return vec![Protocol::Udp];
    }
    let fields = open.map(|open| file.elements(open)).unwrap_or_default();
    let net = fields.iter().find(|field| file.word(field.start) == "Net");
    let Some(net) = net.filter(|net| net.len() > 2) else { return vec![Protocol::Tcp] };
    let value = code.value(file, net.start + 2..net.end);
    let known: Vec<String> = value.alternatives().filter_map(|one| one.text()).collect();
    let speaks = |word: &str| known.iter().any(|text| text.starts_with(word)) || known.is_empty();
    let of_both = [(Protocol::Tcp, speaks("tcp")), (Protocol::Udp, speaks("udp"))];
    let found = of_both.into_iter().filter(|(_, speaks)| *speaks).map(|(protocol, _)| protocol);
    let found: Vec<Protocol> = found.collect();
    if found.is_empty() { vec![Protocol::Tcp] } else { found }
}

/// True unless an assigned `Addr` is a field of a type of the program's own, as in a record of a
/// client's address.
fn is_servers(code: &Program, file: &Rc<File>, definition: &Definition) -> bool {
    let owner = code.owner_of(file, definition).filter(|owner| !owner.contains("Server"));
    owner.is_none_or(|owner| !code.has_field(&owner, "Addr"))
}
