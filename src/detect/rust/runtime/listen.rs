//! Where the program listens: the port, the address, and the variable or argument that overrides
//! them.

use super::address::{
    ANY, Address, CLIENTS, LISTENING, MAIL, Way, is_host, is_port, localhost,
    localhost_below_subcommand, parse, variable,
};
use super::constants::constants;
use super::disk::Disk;
use super::environment::{self, Layer};
use super::fields::{arguments, builders};
use super::settings::{self, Line, Settings};
use super::{Code, house, set_env};
use crate::code::is_other_service;
use crate::code::listen::{Listening, is_own};
use crate::code::logins::is_login;
use crate::detect::rust::ProgramDetails;
use crate::detect::rust::lexer::Kind as Lexeme;
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Finding, Kind, Port, Program, Rejected, Sourced, Strength};

/// Calls that connect rather than listen.
const CONNECTING: [&str; 7] =
    ["connect", "connect_lazy", "Client", "client", "get", "post", "contains"];

pub(super) fn listen(
    code: &Code,
    disk: &Disk,
    followed: Option<Listening>,
    program: &mut Program,
    details: &mut ProgramDetails,
) {
    let mut found: Vec<Address> = Vec::new();
    let server =
        code.tables.servers.iter().find_map(|server| Some((server, code.uses(&server.name)?)));
    let library = code.tables.listening.iter().find_map(|name| code.uses(name));
    let known = followed.is_some() || server.is_some() || library.is_some();
    let client = !known && is_client(code);
    let layer = environment::layer(code);
    for file in code.files {
        for at in 0..file.len() {
            match (file.kind(at), file.word(at)) {
                (Some(Lexeme::Text | Lexeme::Raw), _) => literal(file, at, &mut found),
                (_, "#") if !client => arguments(file, at, &mut found),
                (_, "builder") => builders(file, at, &mut found),
                (_, "const" | "static" | "fn") => constants(code, file, at, &mut found),
                (_, "set_default") => defaults(file, at, layer.as_ref(), &mut found),
                (Some(Lexeme::Number), _) | (_, "[" | "LOCALHOST" | "UNSPECIFIED") => {
                    octets(file, at, &mut found);
                }
                _ => {}
            }
        }
    }
    let listener =
        code.find(|file, at| file.is(at, "bind") && file.path_to(at).contains(&"TcpListener"));
    let listens = followed.is_some()
        || found.iter().any(|address| address.rank >= 3)
        || listener.is_some()
        || datagrams(code);
    let configured = settings::settings(code, disk);
    if let Some(evidence) = server.as_ref().map(|(_, evidence)| evidence.clone()).or(library) {
        program.kind = Kind::Service;
        program.evidence.push(evidence);
    } else if listens {
        program.kind = Kind::Service;
    } else {
        return;
    }
    if let Some((server, evidence)) = &server
        && let Some(variable) = &server.address
        && followed.is_none()
    {
        set_env(program, variable, ANY, evidence.clone());
        if let Some(port) = server.port {
            let port = rocket_port(code).unwrap_or_else(|| {
                Sourced::new(port, Evidence { note: "the default".to_owned(), ..evidence.clone() })
            });
            program.port = Some(port);
        }
        return;
    }
    if let Some(followed) = followed {
        house::add(followed, program, details);
        return;
    }
    found.sort_by_key(|address| std::cmp::Reverse(address.rank));
    // The program binds only datagram sockets, so every address belongs to one of them.
    let only_datagrams = server.is_none() && listener.is_none() && datagrams(code);
    let (received, found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|address| address.udp || only_datagrams);
    for address in received {
        let Some(number) = address.port else { continue };
        let port = Port::udp(number);
        if !program.more_ports.iter().any(|held| held.value == port) {
            program.more_ports.push(Sourced::new(port, address.evidence));
        }
    }
    port(&found, configured.as_ref(), program);
    host(&found, program, details);
    if let Some(configured) = configured.filter(|_| !found.iter().any(|address| address.host)) {
        if let Some((variable, value, evidence)) = configured.profile {
            set_env(program, &variable, &value, evidence);
        } else {
            let finding = configured.local.and_then(|local| open(layer.as_ref(), local, program));
            program.findings.extend(finding);
        }
    }
}

/// Opens an address from a configuration file by the variable that overrides it, or reports the
/// address if there is no such variable.
fn open(layer: Option<&Layer>, local: Line, program: &mut Program) -> Option<Finding> {
    let variable = local.setting.as_ref().and_then(|setting| layer?.variable(setting));
    let value = if local.joined {
        local.port.map(|port| format!("{ANY}:{port}"))
    } else {
        Some(ANY.to_owned())
    };
    let (Some(variable), Some(value)) = (variable, value) else {
        return Some(localhost(local.evidence));
    };
    set_env(program, &variable, &value, local.evidence);
    None
}

fn port(found: &[Address], configured: Option<&Settings>, program: &mut Program) {
    let mut with_port: Vec<&Address> =
        found.iter().filter(|address| address.port.is_some()).collect();
    if let Some(plain) = plain_one(&with_port) {
        with_port.swap(0, plain);
    }
    let mut with_port = with_port.into_iter();
    if let Some((first, port)) = with_port.next().and_then(|first| Some((first, first.port?))) {
        let mut sourced = Sourced::new(port, first.evidence.clone());
        // No call that listens leads to this address, so it is only a guess, unless a variable for
        // the program's own port states it.
        let own = matches!(&first.way, Way::Variable(name) if is_own(name));
        if first.rank < 4 && !own {
            sourced.strength = Strength::Guessed;
        }
        for other in with_port {
            let Some(value) = other.port.filter(|value| *value != port) else { continue };
            if !sourced.rejected.iter().any(|rejected| rejected.value == value.to_string()) {
                let why = format!("{}: less certain, or later in the code", other.evidence.place());
                sourced.rejected.push(Rejected { value: value.to_string(), why });
            }
        }
        program.port = Some(sourced);
        if let Way::Variable(name) = &first.way
            && !first.joined
            && !first.host
        {
            program.port_variable = Some(name.clone());
        }
        return;
    }
    program.port = configured.and_then(|settings| settings.port.clone());
}

/// Ports of TLS.
const ENCRYPTED: [u16; 3] = [443, 8443, 4443];

/// Maximum number of lines between the two branches of one choice.
const BRANCHES: u32 = 8;

/// `if https { 443 } else { 8080 }`: without certificates a program takes the plain branch.
fn plain_one(found: &[&Address]) -> Option<usize> {
    let first = found.first().filter(|one| one.port.is_some_and(|p| ENCRYPTED.contains(&p)))?;
    let near = |one: &&&Address| {
        let lines = one.evidence.line.unwrap_or(0).abs_diff(first.evidence.line.unwrap_or(0));
        one.rank == first.rank && one.evidence.file == first.evidence.file && lines <= BRANCHES
    };
    found
        .iter()
        .position(|one| near(&one) && one.port.is_some_and(|port| !ENCRYPTED.contains(&port)))
}

/// The first address that states a host is in force. If it is the loopback address, a variable or
/// an argument opens it.
fn host(found: &[Address], program: &mut Program, details: &mut ProgramDetails) {
    let Some(address) = found.iter().find(|address| address.host) else { return };
    if !address.local {
        return;
    }
    if address.way == Way::Fixed {
        program.findings.push(localhost(address.evidence.clone()));
        return;
    }
    let port = program.port.as_ref().map(|port| port.value);
    let open = match (address.joined, address.port.or(port)) {
        (true, Some(port)) => format!("{ANY}:{port}"),
        (true, None) => return,
        (false, _) => ANY.to_owned(),
    };
    match &address.way {
        Way::Variable(name) => set_env(program, name, &open, address.evidence.clone()),
        // The argument belongs to a subcommand, which only a person can choose.
        Way::Argument(flag) if program.subcommands.is_some() => {
            let argument = format!("{flag} {open}");
            let at = address.evidence.clone();
            program.findings.push(localhost_below_subcommand(at, &argument));
        }
        Way::Argument(flag) => details.args.extend([flag.clone(), open]),
        Way::Fixed => {}
    }
}

/// Crates and words of clients.
const ASKING: [&str; 7] =
    ["reqwest", "ureq", "isahc", "attohttpc", "TcpStream", "tokio_tungstenite", "send_to"];

/// True if the program connects to others and no call of it listens: an option of it that names a
/// port is that of another program.
fn is_client(code: &Code) -> bool {
    let asks = |file: &SourceFile, at: usize| {
        ASKING.contains(&file.word(at)) && (file.is(at + 1, ":") || file.is(at + 1, "("))
    };
    let listens = |file: &SourceFile, at: usize| {
        let word = file.word(at);
        let called = file.is(at + 1, "(") && (at > 0) && !file.is(at - 1, "fn");
        let any = word == "bind" && file.path_to(at).contains(&"UdpSocket") && any_port(file, at);
        called && !any && (LISTENING.contains(&word) || ["launch", "start"].contains(&word))
            || word == "UnixListener"
    };
    code.find(asks).is_some() && code.find(listens).is_none()
}

/// The call binds to any port that is free.
fn any_port(file: &SourceFile, at: usize) -> bool {
    (at + 1..file.closing(at + 1)).any(|n| {
        file.string(n).is_some_and(|text| text.ends_with(":0"))
            || file.is(n, "0") && file.is(n - 1, ",")
    })
}

/// True if the program binds a datagram socket to a port. A client binds to any port: `0.0.0.0:0`.
fn datagrams(code: &Code) -> bool {
    let binds = |file: &SourceFile, at: usize| {
        file.is(at, "bind") && file.path_to(at).contains(&"UdpSocket") && !any_port(file, at)
    };
    code.find(binds).is_some()
}

/// True if the token is in the call that binds a datagram socket.
fn udp(file: &SourceFile, at: usize) -> bool {
    file.enclosing(at).into_iter().any(|open| {
        let called = open.saturating_sub(1);
        file.is(called, "bind") && file.path_to(called).contains(&"UdpSocket")
    })
}

fn literal(file: &SourceFile, at: usize, found: &mut Vec<Address>) {
    let Some(text) = file.string(at) else { return };
    if parse(&text).is_none() && text.parse::<u16>().is_err() {
        return;
    }
    let calls: Vec<&str> =
        file.enclosing(at).into_iter().filter_map(|open| file.called(open)).collect();
    if calls
        .iter()
        .any(|name| matches!(*name, "arg" | "clap" | "structopt" | "argh" | "serde" | "builder"))
    {
        return;
    }
    if calls.iter().any(|name| CONNECTING.contains(name)) || is_clients(file, at) {
        return;
    }
    let from = variable(file, at);
    let way = from.clone().map_or(Way::Fixed, Way::Variable);
    let listens = calls.iter().any(|name| LISTENING.contains(name));
    if let Some((local, joined, port)) = parse(&text) {
        let mut port = port;
        if in_network(file, at) || local && takes_a_login(file, at) {
            return;
        }
        // The port may follow as an argument of its own: `("127.0.0.1", 8080)`.
        if !joined && file.is(at + 1, ",") {
            if !holds_port(file, at + 1) {
                return;
            }
            // A socket on any free port serves nobody who has to know it.
            if file.number(at + 2) == Some(0) {
                return;
            }
            port = file
                .number(at + 2)
                .and_then(|n| u16::try_from(n).ok())
                .filter(|p| *p > 0 && !CLIENTS.contains(p));
        }
        // A host without a port counts only as a default, or as an argument of a call that
        // listens.
        let named = from.as_deref().is_some_and(|name| is_host(name) || is_port(name));
        if !joined && port.is_none() && !named && !listens {
            return;
        }
        // The variable belongs to another service.
        if from.is_some() && !named && !listens {
            return;
        }
        let rank = if listens {
            4
        } else if named {
            3
        } else {
            2
        };
        let evidence = file.evidence(at, format!("listens on \"{text}\""));
        found.push(Address {
            rank,
            local,
            host: true,
            port,
            joined,
            udp: udp(file, at),
            way,
            evidence,
        });
        return;
    }
    // Reads the default of a port: `var("PORT").unwrap_or("3000".into())`.
    if let Some(name) = from.filter(|name| is_port(name)) {
        let port = text.parse::<u16>().ok().filter(|port| *port > 0);
        if let Some(port) = port {
            let evidence = file.evidence(at, format!("default of {name}"));
            found.push(Address::of_port(3, port, Way::Variable(name), evidence));
        }
    }
}

/// Crates and words of clients, whose addresses are those of another program.
const OF_CLIENTS: [&str; 14] = [
    "syslog",
    "cadence",
    "statsd",
    "gelf",
    "reqwest",
    "redis",
    "mongodb",
    "sqlx",
    "lettre",
    "influxdb",
    "rdkafka",
    "rumqttc",
    "etcd_client",
    "memcache",
];

/// How many tokens stand between a function's name and the default that it returns.
const MAX_HEAD: usize = 16;

/// The token is an argument of a client, or the default of another service's address: `fn
/// default_consul_address() -> String { "127.0.0.1:8501".into() }`.
fn is_clients(file: &SourceFile, at: usize) -> bool {
    let open = file.enclosing(at).into_iter().filter(|open| *open > 0);
    let given = open
        .into_iter()
        .any(|open| file.path_to(open - 1).iter().any(|name| OF_CLIENTS.contains(name)));
    let block = file.brackets(at).into_iter().find(|open| file.is(*open, "{"));
    let function = block.and_then(|open| {
        let start = (open.saturating_sub(MAX_HEAD)..open).rev().find(|n| file.is(*n, "fn"))?;
        Some(file.word(start + 1).replace('_', " "))
    });
    given || function.is_some_and(|name| is_other_service(&name))
}

/// The token stands in a function, or in the arm of a command, that logs a person in with a browser.
fn takes_a_login(file: &SourceFile, at: usize) -> bool {
    file.brackets(at).into_iter().filter(|open| file.is(*open, "{")).any(|open| {
        let start = open.saturating_sub(MAX_HEAD);
        let ends = |n: &usize| [";", "}", "{", ","].iter().any(|mark| file.is(*n, mark));
        let mut head = (start..open).rev().take_while(|n| !ends(n));
        head.any(|n| is_login(file.word(n)))
    })
}

/// The token stands in a network or a prefix, whose number is no port: `Ipv4Net::new(..)`,
/// `IpNetwork::from(..)`, `cidr!(..)`.
fn in_network(file: &SourceFile, at: usize) -> bool {
    let of_network = |name: &str| {
        let lower = name.to_ascii_lowercase();
        name.contains("Net") || lower.contains("cidr") || lower.contains("subnet")
    };
    file.enclosing(at).into_iter().filter(|open| *open > 0).any(|open| {
        let end = open - 1 - usize::from(file.is(open - 1, "!") && open > 1);
        file.path_to(end).iter().rev().take(2).any(|name| of_network(name))
    })
}

/// The number after a comma is a port: in a tuple, in a call that listens, in `SocketAddr::new(..)`.
fn holds_port(file: &SourceFile, comma: usize) -> bool {
    let Some(open) = file.enclosing(comma).into_iter().next() else { return false };
    let Some(name) = file.called(open) else { return file.is(open, "(") };
    let path = file.path_to(open - 1);
    LISTENING.contains(&name) || path.iter().any(|owner| owner.starts_with("SocketAddr"))
}

/// Reads `[127, 0, 0, 1], 3000`, `Ipv4Addr::LOCALHOST, 3000`, and `unwrap_or(3000)` after a
/// variable.
fn octets(file: &SourceFile, at: usize, found: &mut Vec<Address>) {
    let mut host = None;
    let mut next = at;
    if file.is(at, "[") {
        let numbers: Option<Vec<u64>> = (0..4).map(|n| file.number(at + 1 + 2 * n)).collect();
        if let Some(numbers) = numbers
            && file.is(at + 8, "]")
        {
            host = match numbers.as_slice() {
                [127, 0, 0, 1] => Some(true),
                [0, 0, 0, 0] => Some(false),
                _ => None,
            };
            next = at + 9;
        }
    } else if file.is(at, "LOCALHOST") || file.is(at, "UNSPECIFIED") {
        let names = file.path_to(at);
        if names.iter().any(|name| matches!(*name, "Ipv4Addr" | "Ipv6Addr")) {
            host = Some(file.is(at, "LOCALHOST"));
            next = at + 1;
            while file.is(next, ")")
                || file.is(next, ".")
                || file.is(next, "into")
                || file.is(next, "(")
            {
                next += 1;
            }
        }
    } else if let Some(number) = file.number(at) {
        let after = at >= 2 && (file.is(at - 1, "(") || file.is(at - 1, "|"));
        if after
            && let Some(name) = variable(file, at).filter(|name| is_port(name))
            && let Some(port) = u16::try_from(number).ok().filter(|port| *port > 0)
        {
            let evidence = file.evidence(at, format!("default of {name}"));
            found.push(Address::of_port(3, port, Way::Variable(name), evidence));
        }
        return;
    }
    // The pattern of a `match` arm compares an address and states none.
    let pattern = file.is(next, "=") && file.is(next + 1, ">") || file.is(next, "|");
    let Some(local) = host.filter(|_| !pattern && !in_network(file, at)) else { return };
    if file.is(next, ",") && file.number(next + 1).is_some() && !holds_port(file, next) {
        return;
    }
    let port = if file.is(next, ",") { file.number(next + 1) } else { None };
    // A socket on any free port serves nobody who has to know it.
    if port == Some(0) {
        return;
    }
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .filter(|port| *port > 0 && !CLIENTS.contains(port));
    let way = variable(file, at).filter(|name| is_host(name)).map_or(Way::Fixed, Way::Variable);
    let evidence = file.evidence(at, "the address that it listens on");
    found.push(Address {
        rank: 3,
        local,
        host: true,
        port,
        joined: false,
        udp: udp(file, at),
        way,
        evidence,
    });
}

/// Reads `set_default("host", "127.0.0.1")?.set_default("port", 8888)?`.
fn defaults(file: &SourceFile, at: usize, layer: Option<&Layer>, found: &mut Vec<Address>) {
    if !(file.is(at, "set_default") && file.is(at + 1, "(") && file.is(at + 3, ",")) {
        return;
    }
    let Some(setting) = file.string(at + 2) else { return };
    let key = setting.rsplit('.').next().unwrap_or_default();
    let number =
        file.number(at + 4).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let (local, joined, port) = match file.string(at + 4) {
        _ if is_port(key) && number.is_some() => (None, false, number),
        Some(text) if is_port(key) => (None, false, text.parse().ok()),
        Some(text) if is_host(key) => match parse(&text) {
            Some((local, joined, port)) => (Some(local), joined, port),
            None => return,
        },
        _ => return,
    };
    // A port alone may be that of a service that the program calls.
    if local.is_none() && port.is_none_or(|port| CLIENTS.contains(&port) || MAIL.contains(&port)) {
        return;
    }
    let way = layer.and_then(|layer| layer.variable(&setting)).map_or(Way::Fixed, Way::Variable);
    let evidence = file.evidence(at + 2, format!("default of the setting `{setting}`"));
    found.push(Address {
        rank: 3,
        local: local == Some(true),
        host: local.is_some(),
        port,
        joined,
        udp: false,
        way,
        evidence,
    });
}

/// The `port` in Rocket.toml: that of the profile `release`, or else that of `default`.
fn rocket_port(code: &Code) -> Option<Sourced<u16>> {
    let path = code.root.join("Rocket.toml")?;
    let text = code.repo.text(&path).ok()??;
    let table: toml::Table = text.parse().ok()?;
    ["release", "default"].iter().find_map(|profile| {
        let port = table.get(*profile)?.get("port")?.as_integer()?;
        let port = u16::try_from(port).ok().filter(|port| *port > 0)?;
        let line = text.lines().position(|line| {
            line.trim_start().starts_with("port") && line.contains(&port.to_string())
        });
        let line = line.and_then(|line| u32::try_from(line + 1).ok());
        Some(Sourced::new(
            port,
            Evidence { file: path.clone(), line, note: format!("port of the profile {profile}") },
        ))
    })
}
