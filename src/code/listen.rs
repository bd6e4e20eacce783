//! Where a program listens: the port, whether it is reachable from outside, and its settings.

mod fields;

use std::ops::Range;
use std::rc::Rc;

use super::conditions;
use super::facts::{Call, Form};
use super::file::{File, is_below};
use super::logins::is_for_login;
use super::loopback::{self, host, is_local};
use super::owned::owner_of;
use super::program::Program;
use super::rules::{Does, ServerRow};
use super::services::{is_foreign, is_other_service};
use super::switched::is_off;
use super::value::{Part, Value};
use crate::facts::{EnvVar, Evidence, Finding, Port, Protocol, Rejected, Sourced, Strength};

/// How a program listens.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    /// A call that listens, even if its address is unknown.
    pub listens: Option<Evidence>,
    /// The port; the main one for connections if there are several.
    pub port: Option<Sourced<u16>>,
    /// Further ports, and UDP ports.
    pub more: Vec<Sourced<Port>>,
    /// The variable that contains the port's number alone.
    pub port_variable: Option<String>,
    /// Environment that makes it listen where a container needs it to.
    pub env: Vec<Sourced<EnvVar>>,
    /// Arguments with the same purpose.
    pub args: Vec<Sourced<String>>,
    /// Findings on how it listens.
    pub findings: Vec<Finding>,
}

/// An address that something listens on.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// The host and port.
    pub value: Value,
    /// How likely it is the program's main address: lower is more likely.
    pub rank: u8,
    /// How much it looks like a side listener, among addresses of one rank: started concurrently,
    /// under a condition, on loopback, for the profiler.
    pub late: u8,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The place of the call.
    pub evidence: Evidence,
}

impl Address {
    /// An address from a setting, without a call.
    pub(crate) fn named(value: Value, rank: u8, evidence: Evidence) -> Self {
        Self { value, rank, late: NAMED, protocol: Protocol::Tcp, evidence }
    }
}

/// The value of `late` for an address without a call.
const NAMED: u8 = 8;

/// Among addresses from settings, those with at least this rank are constants and literals: a
/// single indirect sign.
const INDIRECT: u8 = 3;

/// Words around a listener that is not for outside.
const HIDDEN: [&str; 3] = ["pprof", "debug", "internal"];

/// Words around an address that is not the program's main one.
const ASIDE: [&str; 11] = [
    "with_http_listener",
    "metric",
    "pprof",
    "debug",
    "admin",
    "health",
    "prometheus",
    "telemetry",
    "probe",
    "internal",
    "redirect",
];

/// Words in the names of files that hold a side listener.
const SIDE_FILES: [&str; 5] = ["metric", "pprof", "prometheus", "health", "debug"];

/// How many tokens of a call that listens are looked at for such words.
const MAX_NEAR: usize = 32;

/// True if a setting's name says that it is a port or an address.
pub(crate) fn is_address(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '-', '.'], "");
    ["port", "addr", "address", "listen", "listenaddr", "bind", "bindaddr", "httpaddr", "hostport"]
        .iter()
        .any(|word| name.ends_with(word))
}

/// The addresses that the calls and fields of a program listen on; `None` if nothing listens.
pub(crate) fn addresses(code: &Program) -> Option<(Evidence, Vec<Address>)> {
    let mut listens = None;
    let mut all = Vec::new();
    for (at, protocol, call) in calls(code) {
        let evidence = call.evidence(format!("`{}` listens", call.name()));
        listens.get_or_insert_with(|| evidence.clone());
        let arguments = call.arguments();
        // In `dns.ListenAndServe("udp", ":53")`, the network comes before the address.
        let network = arguments.get(at).and_then(|range| call.file.string(range.start));
        let network = network.is_some_and(|text| {
            ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6"].contains(&text.as_ref())
        });
        let value = match arguments.get(at + usize::from(network)) {
            Some(range) => Some(code.value(&call.file, range.clone())),
            None => default_address(code, &call),
        };
        for value in value.iter().flat_map(Value::alternatives) {
            let hidden = is_hidden(&words_at(&call.file, call.at, &value));
            let off = is_off(code, &call.file, call.at);
            let late = late(&call, &value) + 2 * u8::from(hidden) + 3 * u8::from(off);
            let rank = rank(code, &call, &value);
            all.push(Address { value, rank, late, protocol, evidence: evidence.clone() });
        }
    }
    all.extend(fields::of_servers(code));
    for address in fields::of_rows(code) {
        listens.get_or_insert_with(|| address.evidence.clone());
        all.push(address);
    }
    Some((listens?, all))
}

/// The places where a program listens: names of calls, and of fields of servers.
pub(crate) fn places(code: &Program) -> Vec<(Rc<File>, usize)> {
    let mut all: Vec<_> = calls(code).map(|(_, _, call)| (call.file.clone(), call.at)).collect();
    for file in code.files() {
        let fields = file.facts().definitions_of(file, "Addr").iter();
        let of_server = fields.filter(|definition| {
            definition.form == Form::Field && fields::is_in_server(file, definition.name)
        });
        all.extend(of_server.map(|definition| (file.clone(), definition.name)));
    }
    all
}

/// The addresses with a known port that does not belong to another service.
pub(crate) fn with_ports(addresses: impl IntoIterator<Item = Address>) -> Vec<(Address, u16)> {
    let known = addresses.into_iter().filter_map(|address| {
        // A literal in the call itself is the program's own port, whatever its number.
        // So is a text that reaches a call through variables of the code.
        let own = address.value.evidence().is_some_and(|at| at.place() == address.evidence.place())
            || address.late < NAMED
                && address.value.text().is_some()
                && is_fixed(&address.value)
                && !address.value.is_like();
        let port = port(&address.value).filter(|port| own || !is_foreign(*port))?;
        Some((address, port))
    });
    known.collect()
}

/// True for a value of which no setting gives any part.
fn is_fixed(value: &Value) -> bool {
    value.parts.iter().all(|part| part.env.is_none() && part.flag.is_none())
}

/// True for an address of the machine itself that no setting changes.
fn stays_local(value: &Value) -> bool {
    is_fixed(value) && host(value).is_some_and(|(host, _)| is_local(&host))
}

/// Every call that listens, with the index of its address argument.
fn calls<'c>(code: &'c Program) -> impl Iterator<Item = (usize, Protocol, Call)> + use<'c> {
    let plain = code
        .doing(&[Does::Listens, Does::Receives])
        .filter(|(row, call)| {
            !row.of.is_empty() || row.arguments.is_none() || call.package().is_none()
        })
        .filter(|(_, call)| !unix(call))
        .map(|(row, call)| (row.at.unwrap_or(0), protocol(code, row.does, &call), call));
    let servers = code.rows.server.iter().flat_map(move |server| {
        let used = code.files().any(|file| file.imports_from(&server.of));
        server.names.iter().filter(move |_| used).flat_map(move |name| {
            let calls = code.calls_named(name);
            let calls = calls.filter(move |call| call.is_method() && serves(code, call, server));
            calls.map(move |call| (server.at, Protocol::Tcp, call))
        })
    });
    let sockets = code.rows.socket.iter().flat_map(move |row| {
        let calls = row.names.iter().flat_map(move |name| code.calls_named(name));
        let calls = calls.filter(move |call| call.is_method() && is_made(call, &row.made));
        calls.map(move |call| (0, protocol(code, row.does, &call), call))
    });
    let all = plain.chain(servers).chain(sockets);
    all.filter(move |(at, _, call)| !is_for_login(code, *at, call))
}

/// True if the receiver was created by a call that contains the word, such as DGRAM in
/// `Socket::new(domain, Type::DGRAM, None)`.
fn is_made(call: &Call, word: &str) -> bool {
    let file = &call.file;
    let Some(function) = file.facts().function_at(call.at) else { return false };
    let made = file.facts().definitions_of(file, call.receiver()).iter();
    let mut made = made.filter(|made| function.range.contains(&made.name) && made.name < call.at);
    made.any(|made| made.value.clone().any(|at| file.word(at) == word))
}

/// True for a call of a framework's server method: with an address, or on a value that the
/// framework created.
fn serves(code: &Program, call: &Call, server: &ServerRow) -> bool {
    let arguments = call.arguments();
    if let Some(first) = arguments.get(server.at) {
        if arguments.len() > 3 {
            return false;
        }
        let value = code.value(&call.file, first.clone());
        let text = value.text();
        let like = |text: &str| text.contains(':') && !text.contains("://") && !text.contains(' ');
        return (text.as_deref().is_none_or(like) || port(&value).is_some())
            && (call.file.imports_from(&server.of) || is_of(code, call, server));
    }
    let made = call.file.facts().definitions_of(&call.file, call.receiver());
    made.iter().any(|definition| {
        call.file
            .imported(call.file.word(definition.value.start))
            .is_some_and(|path| is_below(path, &server.of))
    }) || call.package().is_some_and(|path| is_below(path, &server.of))
        || is_of(code, call, server)
}

/// True if the receiver has the framework's type, and was created in another file of the program.
fn is_of(code: &Program, call: &Call, server: &ServerRow) -> bool {
    let of = code.type_before(&call.file, call.at - 1);
    of.is_some_and(|name| server.types.contains(&name))
}

fn unix(call: &Call) -> bool {
    names_network(call, "unix")
}

/// True if a literal argument begins with the name of a network: `udp`, `tcp4`, `unixgram`.
fn names_network(call: &Call, network: &str) -> bool {
    let texts = call.arguments().into_iter().filter(|argument| argument.len() == 1);
    texts.filter_map(|argument| call.file.string(argument.start)).any(|t| t.starts_with(network))
}

fn protocol(code: &Program, does: Does, call: &Call) -> Protocol {
    // A server for datagrams whose method has a common name: `tftp.NewServer(..)`.
    let mut made = code.rows.socket.iter().filter(|row| row.does == Does::Receives);
    let made = made
        .any(|row| row.names.iter().any(|name| name == call.name()) && is_made(call, &row.made));
    let datagrams = (made || does == Does::Receives) && !names_network(call, "tcp");
    if datagrams || names_network(call, "udp") { Protocol::Udp } else { Protocol::Tcp }
}

/// How much a call looks like a side listener.
fn late(call: &Call, value: &Value) -> u8 {
    let (file, at) = (&call.file, call.at);
    let last = call.arguments().last().cloned();
    let profiler = file.imports_from("net/http/pprof")
        && last.is_some_and(|last| last.len() == 1 && file.word(last.start) == "nil");
    let (aside, conditional) =
        (conditions::is_aside(file, at), conditions::is_conditional(file, at));
    // A concurrent listener under a condition is a redirect. One with certificates under a
    // condition is a variant of the one without them.
    let variant = conditional && call.name().ends_with("TLS");
    u8::from(aside)
        + u8::from(profiler)
        + u8::from(variant)
        + 2 * u8::from(aside && conditional)
        + 2 * u8::from(conditional)
        + 2 * u8::from(stays_local(value))
}

fn default_address(code: &Program, call: &Call) -> Option<Value> {
    let server = code.rows.server.iter().find(|server| {
        server.names.iter().any(|name| name == call.name()) && serves(code, call, server)
    })?;
    // An option of the framework gives the address: `server.WithHostPorts(":80")`.
    let told = |other: &ServerRow| {
        let mut calls = other.names.iter().flat_map(|name| code.calls_named(name));
        other.of == server.of
            && other.port.is_none()
            && other.types.is_empty()
            && calls.any(|call| call.package().is_some_and(|path| is_below(path, &other.of)))
    };
    if code.rows.server.iter().any(told) {
        return None;
    }
    let stated = server.key.as_ref().and_then(|key| code.documented(key));
    if let Some(stated) = stated.filter(|stated| port(stated).is_some()) {
        let mut value = Value::known(":", call.evidence(format!("`{}`", call.name())));
        value.append(stated);
        return Some(value);
    }
    let port = server.port?;
    let note = format!("`{}` of {} without an address: port {port}", call.name(), server.of);
    let evidence = call.evidence(note);
    let mut value = Value::known(":", evidence.clone());
    value.parts.push(Part::setting(
        Some(port.to_string()),
        server.variable.clone(),
        None,
        evidence,
    ));
    Some(value)
}

/// What frameworks that the program uses read without being told: the path, the key with the port
/// in the first, and where the program uses the framework.
pub(crate) fn read_untold<'c>(
    code: &'c Program<'c>,
) -> impl Iterator<Item = (&'c ServerRow, Evidence)> {
    code.rows.server.iter().filter(|row| !row.reads.is_empty()).filter_map(|row| {
        let file = code.files().find(|file| file.imports_from(&row.of))?;
        let call = row.names.iter().flat_map(|name| code.calls_named(name));
        let at = call.map(|call| call.evidence(format!("{} reads it", row.of))).next();
        Some((row, at.unwrap_or_else(|| file.evidence(file.body, format!("{} reads it", row.of)))))
    })
}

/// The rows of frameworks that state how their programs are started, each with a call of it.
pub(crate) fn frameworks<'c>(
    code: &'c Program<'c>,
) -> impl Iterator<Item = (&'c ServerRow, Evidence)> {
    code.rows.server.iter().filter(|row| row.arguments.is_some()).filter_map(|row| {
        let mut calls = row.names.iter().flat_map(|name| code.calls_named(name));
        let call = calls.find(|call| call.is_method() && serves(code, call, row))?;
        Some((row, call.evidence(format!("`{}` of {}", call.name(), row.of))))
    })
}

/// True if the function around a place is called under a condition alone.
fn is_asked_for(code: &Program, file: &Rc<File>, at: usize) -> bool {
    let Some(function) = file.facts().function_at(at).filter(|one| !one.method) else {
        return false;
    };
    let (name, folder) = (file.word(function.name), file.path.parent());
    let calls = code.calls_named(name).take(MAX_CALLERS);
    let mut calls = calls
        .filter(|call| call.file.path.parent() == folder && !call.is_head_of(file, function))
        .peekable();
    calls.peek().is_some() && calls.all(|call| conditions::is_conditional(&call.file, call.at))
}

/// How many calls of a function that listens are looked at.
const MAX_CALLERS: usize = 8;

fn rank(code: &Program, call: &Call, value: &Value) -> u8 {
    rank_at(&call.file, call.at, value) + u8::from(!is_web(code, &call.file) || is_grpc(call))
}

fn is_grpc(call: &Call) -> bool {
    matches!(call.name(), "Listen" | "ListenPacket")
        && call.file.imports_from("google.golang.org/grpc")
}

/// True if the file uses HTTP: in a program that also receives mail, browsers connect here.
fn is_web(code: &Program, file: &File) -> bool {
    ["net/http", "github.com/valyala/fasthttp"].iter().any(|module| file.imports_from(module))
        || code.rows.server.iter().any(|server| file.imports_from(&server.of))
}

/// 2 if the words around an address are about metrics and the like.
fn rank_at(file: &Rc<File>, at: usize, value: &Value) -> u8 {
    let words = words_at(file, at, value);
    if is_beside_words(&words) || is_other_service(&words) { 2 } else { 0 }
}

/// True if words around a listener, in lower case, say that it is not the main one: metrics,
/// debugging.
pub(crate) fn is_beside_words(words: &str) -> bool {
    ASIDE.iter().any(|word| words.contains(word))
}

fn is_hidden(words: &str) -> bool {
    HIDDEN.iter().any(|word| words.contains(word)) || is_other_service(words)
}

/// The name of the function, the expression, and the settings of the value, in lower case.
fn words_at(file: &Rc<File>, at: usize, value: &Value) -> String {
    let function = file.facts().function_at(at);
    let near: Range<usize> = at..(at + MAX_NEAR).min(file.closing(at + 1)).max(at + 12);
    let owner = function.and_then(|function| owner_of(file, function));
    let name = file.path.file_name();
    let aside = SIDE_FILES.iter().any(|word| name.to_ascii_lowercase().contains(word));
    let words: Vec<&str> = function
        .map(|function| file.word(function.name))
        .into_iter()
        .chain(owner.as_deref())
        .chain(aside.then_some(name))
        .chain(near.map(|at| file.word(at)))
        .chain(value.parts.iter().flat_map(|p| p.env.iter().chain(&p.flag)).map(String::as_str))
        .collect();
    words.join(" ").to_ascii_lowercase()
}

/// The port of `host:port`, `:port` or a bare number.
pub(crate) fn port(value: &Value) -> Option<u16> {
    let text = value.text().or_else(|| {
        // `host + ":8080"` with an unknown host.
        let last = value.parts.last()?.text.clone()?;
        last.contains(':').then_some(last)
    });
    let text = match text {
        Some(text) => text,
        // `%s:%d` with a known port.
        None => value.parts.last().filter(|_| value.parts.len() > 1)?.text.clone()?,
    };
    let (host, number) = text.rsplit_once(':').unwrap_or(("", &text));
    // `::1` is an address of IPv6 without a port.
    if host.ends_with(':') {
        return None;
    }
    let number = number.trim();
    // The highest port is more often a bound than an address.
    number.parse().ok().filter(|port| (1..u16::MAX).contains(port))
}

/// True for a variable with the program's own port or address: `PORT`, `HTTP_ADDR`, but not another
/// service's.
pub(crate) fn is_own(key: &str) -> bool {
    let words: Vec<&str> = key.split('_').collect();
    let names = ["PORT", "HTTP", "SERVER", "APP", "LISTEN", "BIND", "API", "WEB", "SERVICE"];
    is_address(key)
        && !is_other_service(key)
        && (words.len() == 1 || words.iter().any(|word| names[1..].contains(word)))
}

impl Address {
    /// The places that state the value, and that of the call.
    fn evidences(&self) -> Vec<Evidence> {
        let mut all: Vec<Evidence> = self.value.evidence().cloned().into_iter().collect();
        if all.first().is_none_or(|first| first.place() != self.evidence.place()) {
            all.push(self.evidence.clone());
        }
        all
    }

    /// True if the program listens on any free port.
    fn is_any(&self) -> bool {
        let text = self.value.text().unwrap_or_default();
        text.rsplit(':').next() == Some("0")
    }
}

impl Listening {
    /// Chooses the likeliest address; among equals, the first in file order.
    pub(crate) fn choose(&mut self, mut known: Vec<(Address, u16)>) -> bool {
        known.sort_by_key(|(address, _)| (address.rank, address.late));
        let (datagrams, known): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(address, _)| address.protocol == Protocol::Udp);
        let found = !known.is_empty() || !datagrams.is_empty();
        if let Some((address, port)) = known.first().cloned() {
            self.take(&address, port, &known);
        }
        for (address, number) in datagrams {
            self.add(Port::udp(number), &address);
        }
        found
    }

    /// Adds a further port. One on the loopback address is reported instead, because no published
    /// port reaches it.
    fn add(&mut self, port: Port, address: &Address) {
        if let Some((host, piece)) = host(&address.value).filter(|(host, _)| is_local(host))
            && !self.is_opened(piece)
        {
            let finding = loopback::beside(&host, piece, &address.evidence, port.number);
            if !self.findings.iter().any(|held| held.what == finding.what) {
                self.findings.push(finding);
            }
        } else if self.more.iter().all(|held| held.value != port) {
            self.more.push(Sourced::with(port, address.evidences()));
        }
    }

    /// True if the image already sets the variable or the flag that gives the host.
    fn is_opened(&self, piece: &Part) -> bool {
        let set = |key: &String| self.env.iter().any(|var| var.value.key == *key);
        let passed = |flag: &String| {
            let flag = format!("--{flag}=");
            self.args.iter().any(|argument| argument.value.starts_with(&flag))
        };
        piece.env.as_ref().is_some_and(set) || piece.flag.as_ref().is_some_and(passed)
    }

    fn take(&mut self, address: &Address, port: u16, all: &[(Address, u16)]) {
        let mut sourced = Sourced::with(port, address.evidences());
        if address.late == NAMED && address.rank >= INDIRECT {
            sourced.strength = Strength::Guessed;
        }
        // One setting may open further listeners too.
        if let Some((host, piece)) = host(&address.value).filter(|(host, _)| is_local(host)) {
            self.open(address, &host, piece, port);
        }
        for (other, number) in all.iter().skip(1).filter(|(_, number)| *number != port) {
            // A port that the program always listens on as well is not an alternative.
            if other.rank < 4 && other.late < 2 && address.late < 2 {
                self.add(Port::tcp(*number), other);
                continue;
            }
            let why = match other.rank {
                0..=9 if other.rank == address.rank => {
                    format!(
                        "{}: another address; the first one found is taken",
                        other.evidence.place()
                    )
                }
                _ => format!("{}: less likely the program's main one", other.evidence.place()),
            };
            let rejected = Rejected { value: number.to_string(), why };
            if !sourced.rejected.contains(&rejected) {
                sourced.rejected.push(rejected);
            }
        }
        self.port = Some(sourced);
        let number =
            |part: &&Part| part.text.as_deref().is_some_and(|text| text == port.to_string());
        self.port_variable =
            address.value.parts.last().filter(number).and_then(|part| part.env.clone());
    }

    /// The program listens on the container's own loopback: makes it listen on all addresses, if a
    /// variable or a flag can.
    fn open(&mut self, address: &Address, host: &str, piece: &Part, port: u16) {
        let value = loopback::everywhere(piece, port);
        let note = format!(
            "listens on {host} unless told otherwise: nothing outside the container could reach it"
        );
        let evidence = Evidence { note: note.clone(), ..piece.evidence.clone() };
        if let Some(key) = &piece.env {
            self.env.push(Sourced::new(EnvVar { key: key.clone(), value }, evidence));
        } else if let Some(flag) = &piece.flag {
            self.args.push(Sourced::new(format!("--{flag}={value}"), evidence));
        } else {
            self.findings.push(
                Finding::localhost_only(
                    format_args!("{host}:{port}"),
                    [piece.evidence.clone(), address.evidence.clone()],
                )
                .with_fix(format!(
                    "listen on `:{port}`, or read the address from an environment variable"
                )),
            );
        }
    }

    /// No port is stated, but a variable decides: sets it.
    pub(crate) fn set(&mut self, key: String, port: u16, bare: bool, evidence: Evidence) {
        let value = if bare { port.to_string() } else { format!(":{port}") };
        let note = format!("{key} decides, and has no default: {port} is set");
        self.env.push(Sourced::new(
            EnvVar { key, value },
            Evidence { note: note.clone(), ..evidence.clone() },
        ));
        self.port = Some(Sourced::new(port, Evidence { note, ..evidence }));
    }

    /// No port is stated: reports it.
    pub(crate) fn ask(&mut self, addresses: &[Address]) {
        let any = addresses.iter().any(Address::is_any);
        self.findings.push(Finding::port_unknown(
            any.then_some("on port 0 the system chooses any port that is free"),
            self.listens.clone(),
        ));
    }
}
