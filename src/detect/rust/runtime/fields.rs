//! Fields with a default: in the arguments of a command line, and in settings that a builder
//! makes.

use super::address::{Address, CLIENTS, MAIL, Way, is_host, is_port, parse};
use super::item;
use crate::detect::rust::source::SourceFile;

/// Reads a field of a command line: `#[arg(long, env = "PORT", default_value_t = 3000)] port:
/// u16`.
pub(super) fn arguments(file: &SourceFile, at: usize, found: &mut Vec<Address>) {
    let named = ["arg", "clap", "structopt"].iter().any(|name| file.is(at + 2, name));
    if !(file.is(at, "#") && file.is(at + 1, "[") && named && file.is(at + 3, "(")) {
        return;
    }
    let close = file.closing(at + 3);
    let named = |field: &String| is_port(field) || is_host(field) || is_listener(field);
    let Some(field) = field_after(file, at + 3).filter(named) else { return };
    let value = |key: &str| (at + 4..close).find(|n| file.is(*n, key));
    let text = |n: usize| {
        if file.is(n + 1, "=") {
            file.string(n + 2).map(std::borrow::Cow::into_owned)
        } else {
            None
        }
    };
    let default = value("default_value").or_else(|| value("default_value_t"));
    let Some(default) = default.filter(|n| file.is(n + 1, "=")) else { return };
    let screaming = field.to_ascii_uppercase();
    // A name that is not a literal is read elsewhere.
    let variable =
        value("env").and_then(|n| if file.is(n + 1, "=") { text(n) } else { Some(screaming) });
    let long = value("long").map(|n| text(n).unwrap_or_else(|| field.replace('_', "-")));
    let way = match (variable, long) {
        (Some(variable), _) => Way::Variable(variable),
        (None, Some(long)) => Way::Argument(format!("--{}", long.trim_start_matches('-'))),
        (None, None) => Way::Fixed,
    };
    let evidence = file.evidence(default, format!("default of the argument `{field}`"));
    let (mut local, mut host, mut joined) = (false, false, false);
    let mut port = file.number(default + 2).and_then(|port| u16::try_from(port).ok());
    // The default may be an expression: `"127.0.0.1:80".parse().unwrap()` or
    // `Ipv4Addr::LOCALHOST.into()`.
    for n in default + 2..(default + 12).min(close) {
        if file.is(n, ",") {
            break;
        }
        if file.is(n, "LOCALHOST") || file.is(n, "UNSPECIFIED") {
            (local, host) = (file.is(n, "LOCALHOST"), true);
        }
        if let Some(text) = file.string(n) {
            // `tcp://0.0.0.0:9092` of a setting that says that the program listens there.
            let bare = text.split_once("://").filter(|_| is_listener(&field)).map(|(_, rest)| rest);
            let bare = bare.map_or(&*text, |rest| rest.trim_end_matches('/'));
            if let Some(parsed) = parse(bare) {
                (local, joined, host) = (parsed.0, parsed.1, true);
                port = port.or(parsed.2);
            } else {
                port = port.or_else(|| text.parse().ok());
            }
        }
    }
    if host || is_port(&field) && port.is_some() {
        found.push(Address { rank: 4, local, host, port, joined, udp: false, way, evidence });
    }
}

/// True for the name of a field that says that the program listens there.
fn is_listener(field: &str) -> bool {
    field.split('_').any(|word| word.starts_with("listen") || word == "bind")
}

/// Reads a field of settings: `#[builder(default = "8080")] http_port: u16`.
pub(super) fn builders(file: &SourceFile, at: usize, found: &mut Vec<Address>) {
    let default = file.is(at, "builder")
        && file.is(at + 1, "(")
        && file.is(at + 2, "default")
        && file.is(at + 3, "=");
    let port =
        file.number(at + 4).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let Some(port) = port.filter(|port| default && !CLIENTS.contains(port) && !MAIL.contains(port))
    else {
        return;
    };
    let Some(field) = field_after(file, at + 1).filter(|field| is_port(field)) else { return };
    // Among several listeners, people open the one for the web.
    let rank = if field.starts_with("http") || field.starts_with("web") { 4 } else { 3 };
    let evidence = file.evidence(at + 4, format!("default of the setting `{field}`"));
    found.push(Address::of_port(rank, port, Way::Fixed, evidence));
}

/// The name of the field after an attribute, one of whose brackets is at `open`.
fn field_after(file: &SourceFile, open: usize) -> Option<String> {
    let end = Some(file.closing(open) + 1).filter(|end| file.is(*end, "]"))?;
    item::field_at(file, end + 1).map(|(name, _)| name)
}
