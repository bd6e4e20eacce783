//! Constants and default functions that give a listener its port.

use super::Code;
use super::address::{Address, CLIENTS, LISTENING, MAIL, Way, is_port, variable};
use crate::detect::rust::source::SourceFile;

/// Adds the port of `const PORT: u16 = 3000;`, or of a `fn default_port() -> u16 { 3000 }` as
/// serde takes it, if the code passes it to a listener. The name alone is not enough: a parser or
/// a client may have a default port too.
pub(super) fn constants(code: &Code, file: &SourceFile, at: usize, found: &mut Vec<Address>) {
    let (opener, what) = match file.word(at) {
        "const" | "static" => ("=", "a constant"),
        "fn" if file.is(at + 2, "(") && file.is(at + 3, ")") => ("{", "a function for the default"),
        _ => return,
    };
    let name = file.word(at + 1);
    if !is_port(name) {
        return;
    }
    let port = (at + 2..at + 9).find(|n| file.is(*n, opener)).and_then(|n| file.number(n + 1));
    let port = port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let port = port.filter(|port| opener == "=" || !CLIENTS.contains(port) && !MAIL.contains(port));
    if let Some(port) = port
        && code.files.iter().any(|other| listens_on(other, name))
    {
        let evidence = file.evidence(at, what);
        found.push(Address::of_port(1, port, Way::Fixed, evidence));
    }
}

/// True if the file passes the name to a listener.
fn listens_on(file: &SourceFile, name: &str) -> bool {
    if !file.names(name) {
        // serde names its function in a string.
        return (0..file.len()).any(|at| serde_default(file, at, name));
    }
    (0..file.len()).any(|at| {
        if !file.is(at, name) {
            return serde_default(file, at, name) || formatted(file, at, name);
        }
        if at > 0 && ["const", "static", "fn"].iter().any(|word| file.is(at - 1, word)) {
            return false;
        }
        let calls = file.enclosing(at);
        let listening = calls.iter().any(|open| {
            file.called(*open).is_some_and(|called| {
                LISTENING.contains(&called)
                    || file.path_to(open.saturating_sub(1)).iter().any(|part| {
                        part.starts_with("SocketAddr") || *part == "Ipv4Addr" || *part == "IpAddr"
                    })
            })
        });
        // `port: PORT`, `port = PORT` and `default_value_t = PORT` give a setting this default.
        let setting = at >= 2
            && (file.is(at - 1, "=") || file.is(at - 1, ":"))
            && (is_port(file.word(at - 2)) || file.word(at - 2).starts_with("default_value"));
        let from_environment = || variable(file, at).is_some_and(|name| is_port(&name));
        listening || setting || beside_host(file, at) || from_environment()
    })
}

/// True for `#[serde(default = "default_port")]`.
fn serde_default(file: &SourceFile, at: usize, name: &str) -> bool {
    file.string(at).is_some_and(|text| text.rsplit("::").next() == Some(name))
        && at >= 2
        && file.is(at - 1, "=")
        && file.word(at - 2).starts_with("default")
}

/// True for `"0.0.0.0:{PORT}"`.
fn formatted(file: &SourceFile, at: usize, name: &str) -> bool {
    file.string(at).is_some_and(|text| {
        text.split(":{").nth(1).is_some_and(|rest| rest.split(['}', ':']).next() == Some(name))
    })
}

/// True for `format!("0.0.0.0:{}", PORT)`, `("0.0.0.0", PORT)` and `([0, 0, 0, 0], PORT)`.
fn beside_host(file: &SourceFile, at: usize) -> bool {
    if at < 2 || !file.is(at - 1, ",") {
        return false;
    }
    let text = file.string(at - 2);
    text.is_some_and(|text| {
        super::address::parse(&text).is_some()
            || text.ends_with(":{}") && super::address::parse(&text).is_some()
    }) || file.is(at - 2, "]") && file.number(at - 3).is_some()
        || file.is(at - 2, "UNSPECIFIED")
        || file.is(at - 2, "LOCALHOST")
}
