//! An address on which a program listens, as the code or a setting writes it, and the names of
//! variables that override it.

use crate::code::is_other_service;
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Finding};

/// The address that stands for all interfaces.
pub(super) const ANY: &str = "0.0.0.0";

/// Ports of services to which a program connects.
pub(super) const CLIENTS: [u16; 14] =
    [5432, 6379, 3306, 27017, 9092, 4317, 4318, 5672, 9200, 11211, 2379, 1433, 8125, 53];

/// Ports of mail servers. In a configuration they belong to the server that delivers the program's
/// mail.
pub(super) const MAIL: [u16; 3] = [25, 465, 587];

/// Calls that listen.
pub(super) const LISTENING: [&str; 9] = [
    "bind",
    "try_bind",
    "bind_addr",
    "bind_rustls",
    "listen",
    "serve",
    "run",
    "http",
    "bind_openssl",
];

/// What can override an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Nothing: the code states it.
    Fixed,
    /// This environment variable.
    Variable(String),
    /// This argument.
    Argument(String),
}

#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) rank: u8,
    /// True if only this machine can reach it.
    pub(super) local: bool,
    /// True if the host is stated, and not the port alone.
    pub(super) host: bool,
    pub(super) port: Option<u16>,
    /// True if the text joins host and port.
    pub(super) joined: bool,
    /// True if the program receives datagrams there.
    pub(super) udp: bool,
    pub(super) way: Way,
    pub(super) evidence: Evidence,
}

impl Address {
    /// A port without a host, which a setting or a default states.
    pub(super) fn of_port(rank: u8, port: u16, way: Way, evidence: Evidence) -> Self {
        let (local, host, joined, udp) = (false, false, false, false);
        Self { rank, local, host, port: Some(port), joined, udp, way, evidence }
    }
}

pub(super) fn localhost(evidence: Evidence) -> Finding {
    Finding::localhost_only("localhost", [evidence])
        .with_fix(format!("listen on {ANY}, or read the address from a variable such as HOST"))
}

/// The loopback finding for a program whose `argument` belongs after a subcommand.
pub(super) fn localhost_below_subcommand(evidence: Evidence, argument: &str) -> Finding {
    localhost(evidence)
        .with_fix(format!("start it with `{argument}` after the subcommand: set both with --args"))
}

/// Reads `127.0.0.1:3000`, `0.0.0.0:{port}` or `localhost`: whether the host is this machine,
/// whether the text joins host and port, and the port.
pub(super) fn parse(text: &str) -> Option<(bool, bool, Option<u16>)> {
    let host = |host: &str| match host {
        "127.0.0.1" | "localhost" | "[::1]" | "::1" => Some(true),
        ANY | "[::]" | "::" => Some(false),
        _ => None,
    };
    if let Some(local) = host(text) {
        return Some((local, false, None));
    }
    let (before, after) = text.rsplit_once(':')?;
    let local = host(before)?;
    if after.starts_with('{') {
        return Some((local, true, None));
    }
    let port: u16 = after.parse().ok().filter(|port| *port > 0)?;
    (!CLIENTS.contains(&port)).then_some((local, true, Some(port)))
}

/// The variable that the statement around a token reads: `env::var("PORT")`.
pub(super) fn variable(file: &SourceFile, at: usize) -> Option<String> {
    let range = file.statement(at);
    range.into_iter().find_map(|n| {
        let name = file.string(n)?;
        let reads =
            n >= 2 && file.is(n - 1, "(") && (file.is(n - 2, "var") || file.is(n - 2, "var_os"));
        let mac =
            n >= 3 && file.is(n - 1, "(") && file.is(n - 2, "!") && file.is(n - 3, "option_env");
        // The token is the default, so the variable is before it.
        (reads && !mac && n < at).then(|| name.into_owned())
    })
}

pub(super) fn is_port(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name == "PORT"
        || name.ends_with("_PORT")
            && !["DB", "REDIS", "SMTP", "PG", "DATABASE", "MYSQL", "POSTGRES"]
                .iter()
                .any(|part| name.contains(part))
}

pub(super) fn is_host(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !is_other_service(&name.replace('_', " "))
        && !name.contains("EMULATOR")
        && ["HOST", "ADDR", "ADDRESS", "BIND", "LISTEN", "IP", "INTERFACE"]
            .iter()
            .any(|part| name.split('_').any(|word| word == *part))
}
