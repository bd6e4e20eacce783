//! Where a program listens: the port, whether it is reachable from outside, and what sets it.

use std::rc::Rc;

use anyhow::Result;

use super::{World, documents};
use crate::detect::go::source::SourceFile;
use crate::detect::go::syntax::{Call, Form};
use crate::detect::go::values::{Code, Part, Value, is_other_service};
use crate::facts::{EnvVar, Evidence, Finding, Rejected, Severity, Sourced};
use crate::path::RelPath;

/// What is known about how a program listens.
#[derive(Debug, Default)]
pub(super) struct Listening {
    /// A call that listens, whether or not its address is known.
    pub(super) listens: Option<Evidence>,
    pub(super) port: Option<Sourced<u16>>,
    /// The variable that holds the port's number alone.
    pub(super) port_variable: Option<String>,
    /// Environment that makes it listen where a container needs it.
    pub(super) env: Vec<Sourced<EnvVar>>,
    /// Arguments that do so.
    pub(super) args: Vec<Sourced<String>>,
    pub(super) findings: Vec<Finding>,
}

/// An address that something listens on.
#[derive(Clone, Debug)]
struct Address {
    value: Value,
    /// How much it looks like the program's main one: the lower, the more.
    rank: u8,
    evidence: Evidence,
}

/// A module, the methods by which it listens, and the variable and the port that it takes without
/// an address.
type Framework = (&'static str, &'static [&'static str], Option<(&'static str, &'static str)>);

/// Frameworks whose server methods have common names: the module, the methods, and the default
/// address.
const FRAMEWORKS: [Framework; 8] = [
    ("github.com/gin-gonic/gin", &["Run", "RunTLS"], Some(("PORT", "8080"))),
    ("github.com/labstack/echo", &["Start", "StartTLS", "StartAutoTLS", "StartH2CServer"], None),
    ("github.com/gofiber/fiber", &["Listen", "ListenTLS"], None),
    ("github.com/kataras/iris", &["Listen"], None),
    ("github.com/go-martini/martini", &["RunOnAddr"], None),
    ("github.com/beego/beego", &["Run"], Some(("", "8080"))),
    ("github.com/cloudwego/hertz", &["WithHostPorts"], None),
    ("github.com/go-kratos/kratos", &["Address"], None),
];

/// Words around an address that is not the program's main one.
const ASIDE: [&str; 10] = [
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

/// Ports that belong to a service which a program talks to, not to the program.
const FOREIGN: [u16; 19] = [
    25, 465, 587, 993, 1433, 1521, 2181, 2379, 3306, 4222, 4317, 5432, 5672, 6379, 9042, 9092,
    9200, 11211, 27017,
];

/// Finds out how a program listens.
pub(super) fn listening(world: &World, opened: &[RelPath]) -> Result<Listening> {
    let code = world.code;
    let mut found = Listening::default();
    let mut addresses = Vec::new();
    for call in calls(code) {
        let evidence = call.evidence(format!("`{}` listens", call.name()));
        found.listens.get_or_insert_with(|| evidence.clone());
        addresses.extend(address(code, &call).map(|value| Address {
            rank: rank(&call, &value),
            value,
            evidence,
        }));
    }
    if found.listens.is_none() {
        return Ok(found);
    }
    addresses.extend(fields(code));
    let mut known: Vec<(Address, u16)> = addresses
        .iter()
        .filter_map(|address| Some((address.clone(), port(&address.value)?)))
        .collect();
    known.retain(|(_, port)| !FOREIGN.contains(port));
    if !known.iter().any(|(address, _)| address.rank < 2) {
        // The main one leads nowhere: settings by name, which beat what is known of metrics and the
        // like.
        for (address, _) in &mut known {
            address.rank += 20;
        }
        let named = documents::addresses(world, opened)?
            .into_iter()
            .chain(super::settings::addresses(code));
        known.extend(named.filter_map(|(value, rank)| {
            let (port, evidence) = (port(&value)?, value.evidence()?.clone());
            Some((Address { value, rank, evidence }, port))
        }));
        known.retain(|(_, port)| !FOREIGN.contains(port));
    }
    // A stable sort: among equals the first in the order of the files.
    known.sort_by_key(|(address, _)| address.rank);
    match known.first().cloned() {
        Some((address, port)) => found.take(&address, port, &known),
        None => found.ask_environment(world, &addresses)?,
    }
    Ok(found)
}

/// Every call that listens.
fn calls(code: &Code) -> impl Iterator<Item = Call> {
    let names = ["ListenAndServe", "ListenAndServeTLS", "Listen", "ListenPacket"];
    let framework = FRAMEWORKS.iter().flat_map(move |(module, names, _)| {
        let used = code.files().any(|file| file.imports_from(module));
        names.iter().filter(move |_| used).flat_map(move |name| {
            code.calls_of(std::slice::from_ref(name))
                .filter(move |call| call.is_method() && serves(code, call, module))
        })
    });
    let plain: Vec<Call> = code.calls_of(&names).collect();
    plain
        .into_iter()
        .filter(|call| match call.name() {
            "Listen" | "ListenPacket" => {
                matches!(call.package(), Some("net" | "crypto/tls"))
                    || (call.is_method() && call.arguments().len() == 3 && call.package().is_none())
            }
            _ => call.is_method(),
        })
        .filter(|call| !unix(call))
        .chain(framework)
}

/// A call of a framework's server method: with an address, or on something that the framework made.
fn serves(code: &Code, call: &Call, module: &str) -> bool {
    let arguments = call.arguments();
    if let Some(first) = arguments.first() {
        if arguments.len() > 3 {
            return false;
        }
        let value = code.value(&call.file, first.clone());
        let text = value.text();
        let like = |text: &str| text.contains(':') && !text.contains("://") && !text.contains(' ');
        return call.file.imports_from(module)
            && (text.as_deref().is_none_or(like) || port(&value).is_some());
    }
    let made = call.file.index().definitions_of(&call.file, call.receiver());
    made.iter().any(|definition| {
        call.file
            .imported(call.file.word(definition.value.start))
            .is_some_and(|path| path.starts_with(module))
    }) || call.package().is_some_and(|path| path.starts_with(module))
}

fn unix(call: &Call) -> bool {
    call.arguments()
        .iter()
        .filter(|argument| argument.len() == 1)
        .filter_map(|argument| call.file.string(argument.start))
        .any(|text| text == "unix" || text.starts_with("unix"))
}

/// The address that a listening call is given; `None` where a server's field holds it.
fn address(code: &Code, call: &Call) -> Option<Value> {
    let arguments = call.arguments();
    let at = match call.name() {
        "Listen" | "ListenPacket" if call.package().is_some() && arguments.len() >= 2 => 1,
        "Listen" | "ListenPacket" if arguments.len() == 3 => 2,
        _ => 0,
    };
    match arguments.get(at) {
        Some(range) => Some(code.value(&call.file, range.clone())),
        None => default_address(code, call),
    }
}

fn default_address(code: &Code, call: &Call) -> Option<Value> {
    let (module, _, default) = FRAMEWORKS
        .iter()
        .find(|(module, names, _)| names.contains(&call.name()) && serves(code, call, module))?;
    let (env, port) = (*default)?;
    let evidence =
        call.evidence(format!("`{}` of {module} without an address: port {port}", call.name()));
    let env = (!env.is_empty()).then(|| env.to_owned());
    let colon = Value::known(":", evidence.clone());
    let port = Part { text: Some(port.to_owned()), env, flag: None, evidence };
    Some(Value { parts: colon.parts.into_iter().chain([port]).collect() })
}

/// `http.Server{Addr: ...}` and `server.Addr = ...`.
fn fields(code: &Code) -> Vec<Address> {
    let mut all = Vec::new();
    for file in code.files() {
        for definition in file.index().definitions_of(file, "Addr") {
            let server = match definition.form {
                Form::Field => file
                    .enclosing(definition.name)
                    .is_some_and(|open| file.word(open - 1) == "Server"),
                Form::Assigned => true,
                Form::Variable | Form::Tag => false,
            };
            if server {
                let value = code.value(file, definition.value.clone());
                let evidence = file.evidence(definition.name, "the server's address");
                let rank = rank_at(file, definition.name, &value) + u8::from(!is_web(file));
                all.push(Address { value, rank, evidence });
            }
        }
    }
    all
}

fn rank(call: &Call, value: &Value) -> u8 {
    rank_at(&call.file, call.at, value) + u8::from(!is_web(&call.file) || is_grpc(call))
}

fn is_grpc(call: &Call) -> bool {
    matches!(call.name(), "Listen" | "ListenPacket")
        && call.file.imports_from("google.golang.org/grpc")
}

/// The file speaks HTTP: a program that listens for mail too is asked by browsers here.
fn is_web(file: &SourceFile) -> bool {
    ["net/http", "github.com/valyala/fasthttp"].iter().any(|module| file.imports_from(module))
        || FRAMEWORKS.iter().any(|(module, _, _)| file.imports_from(module))
}

/// 2 where the function, the expression or what sets the value speaks of metrics and the like.
fn rank_at(file: &Rc<SourceFile>, at: usize, value: &Value) -> u8 {
    let index = file.index();
    let mut words: Vec<String> =
        index.function_at(at).map(|f| file.word(f.name).to_owned()).into_iter().collect();
    words.extend((at..(at + 12).min(file.len())).map(|near| file.word(near).to_owned()));
    words.extend(value.parts.iter().flat_map(|part| part.env.iter().chain(&part.flag)).cloned());
    let words = words.join(" ").to_ascii_lowercase();
    if ASIDE.iter().any(|word| words.contains(word)) || is_other_service(&words) { 2 } else { 0 }
}

/// The port of `host:port`, `:port` or a bare number.
pub(super) fn port(value: &Value) -> Option<u16> {
    let text = value.text().or_else(|| {
        // `host + ":8080"` with a host that is not known.
        let last = value.parts.last()?.text.clone()?;
        last.contains(':').then_some(last)
    });
    let text = match text {
        Some(text) => text,
        // `%s:%d` with a known port.
        None => value.parts.last().filter(|_| value.parts.len() > 1)?.text.clone()?,
    };
    let number = text.rsplit(':').next()?.trim();
    // The last one is a bound more often than an address.
    number.parse().ok().filter(|port| (1..u16::MAX).contains(port))
}

/// The host of an address: what stands before the port.
fn host(value: &Value) -> Option<(String, &Part)> {
    let mut before = String::new();
    for part in &value.parts {
        let text = part.text.as_deref()?;
        before.push_str(text);
        if before.contains(':') || before == "localhost" {
            let first = value
                .parts
                .iter()
                .find(|part| part.text.as_deref().is_some_and(|text| !text.is_empty()))?;
            let whole = value.text()?;
            let (host, _) = whole.rsplit_once(':')?;
            return Some((host.trim_matches(['[', ']']).to_owned(), first));
        }
    }
    None
}

/// True for a variable that is the program's own port or address: `PORT`, `HTTP_ADDR`, not another
/// service's.
fn is_own(key: &str) -> bool {
    let words: Vec<&str> = key.split('_').collect();
    let names = ["PORT", "HTTP", "SERVER", "APP", "LISTEN", "BIND", "API", "WEB", "SERVICE"];
    super::settings::is_address(key)
        && !is_other_service(key)
        && (words.len() == 1 || words.iter().any(|word| names[1..].contains(word)))
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

impl Listening {
    fn take(&mut self, address: &Address, port: u16, all: &[(Address, u16)]) {
        let mut evidence: Vec<Evidence> = address.value.evidence().cloned().into_iter().collect();
        if evidence.first().is_none_or(|first| first.place() != address.evidence.place()) {
            evidence.push(address.evidence.clone());
        }
        let mut sourced = Sourced::with(port, evidence);
        for (other, number) in all.iter().skip(1).filter(|(_, number)| *number != port) {
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
        if let Some((host, piece)) = host(&address.value).filter(|(host, _)| is_local(host)) {
            self.open(address, &host, piece, port);
        }
    }

    /// The program listens on the container's own loopback: opens it where a variable or a flag
    /// says so.
    fn open(&mut self, address: &Address, host: &str, piece: &Part, port: u16) {
        let text = piece.text.as_deref().unwrap_or_default();
        let value = if text.contains(':') && !text.starts_with("::") {
            format!("0.0.0.0:{port}")
        } else {
            "0.0.0.0".to_owned()
        };
        let note = format!(
            "listens on {host} unless told otherwise: nothing outside the container could reach it"
        );
        let evidence = Evidence { note: note.clone(), ..piece.evidence.clone() };
        if let Some(key) = &piece.env {
            self.env.push(Sourced::new(EnvVar { key: key.clone(), value }, evidence));
        } else if let Some(flag) = &piece.flag {
            self.args.push(Sourced::new(format!("--{flag}={value}"), evidence));
        } else {
            self.findings.push(Finding::new(
                "localhost-only",
                Severity::Warning,
                format!("the program listens on {host}:{port}, which nothing outside the container reaches"),
                [piece.evidence.clone(), address.evidence.clone()],
                "a published port leads to the container's network address, not to its loopback",
                format!("listen on `:{port}`, or read the address from an environment variable"),
            ));
        }
    }

    /// No port is stated: one is set where the program reads it from a variable, else it is said.
    fn ask_environment(&mut self, world: &World, addresses: &[Address]) -> Result<()> {
        let read = addresses.iter().find_map(|address| {
            let [.., last] = address.value.parts.as_slice() else { return None };
            let key = last.env.as_ref().filter(|key| is_own(key))?;
            Some((
                key.clone(),
                last.evidence.clone(),
                address.value.parts.len() > 1 || key.ends_with("PORT"),
            ))
        });
        if let Some((key, evidence, bare)) = read {
            let stated = documents::example(world, &key)?.and_then(|part| {
                let evidence = part.evidence.clone();
                Some((port(&Value { parts: vec![part] })?, evidence))
            });
            let (port, evidence) = stated.unwrap_or((8080, evidence));
            let value = if bare { port.to_string() } else { format!(":{port}") };
            let note = format!("{key} decides, and has no default: {port} is set");
            self.env.push(Sourced::new(
                EnvVar { key, value },
                Evidence { note: note.clone(), ..evidence.clone() },
            ));
            self.port = Some(Sourced::new(port, Evidence { note, ..evidence }));
            return Ok(());
        }
        self.findings.push(Finding::new(
            "port-unknown",
            Severity::Warning,
            "the program listens, and its port was not found",
            self.listens.clone(),
            "the image documents no port, and the command to publish it is not known",
            "set it with --port",
        ));
        Ok(())
    }
}
