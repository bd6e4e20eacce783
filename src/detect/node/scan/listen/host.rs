//! The address on which a server listens. A loopback address is opened by a variable or an option
//! of the command line, or else reported.

use super::super::super::expression::{Names, option};
use super::super::super::token::Token;
use super::super::{Scan, Source};
use super::{Call, CallKind, Reader, is_function};
use crate::facts::{EnvVar, Evidence, Finding, Sourced};

/// Addresses that nothing outside the container reaches.
pub(super) const LOCAL: [&str; 4] = ["localhost", "127.0.0.1", "::1", "[::1]"];

/// Handles the address of a call. A loopback address is overridden by a variable or an option, if
/// the code reads one, or else reported.
pub(super) fn address(
    reader: &Reader,
    source: &Source,
    call: Call<'_>,
    args: &[&[Token]],
    own: &Names,
    scan: &mut Scan,
) {
    let at = source.tokens[call.open].at;
    let named = ["host", "hostname", "address"].into_iter().find_map(|key| option(args, key));
    // `listen(port, host)`: whatever is longer than a name is a callback or an object.
    let second = args
        .get(1)
        .filter(|_| !matches!(call.kind, CallKind::Options))
        .filter(|arg| !is_function(arg) && arg.len() <= 16)
        .copied();
    let host = named.or(second);
    let found = host.map(|tokens| reader.code.value(&source.code, source.range(tokens)));
    if let Some(found) = found
        && let (Some(text), Some(flag), Some(stated)) =
            (found.text(), found.flag(), found.evidence())
    {
        // An option of the command line overrides the address.
        if LOCAL.contains(&text.as_str()) && found.env().is_none() {
            let note = format!("listens on {text} unless --{flag} says otherwise");
            let stated = Evidence { note, ..stated.clone() };
            scan.args.push(Sourced::new(format!("--{flag}=0.0.0.0"), stated));
        }
        return;
    }
    // The condition is unknown: `local ? "127.0.0.1" : null`.
    if let Some(tokens) = host.filter(|tokens| is_conditional(reader, source, tokens, own)) {
        arms(reader, source, tokens, own, scan);
        return;
    }
    let fastify = source.imports("fastify") || source.imports("@nestjs/platform-fastify");
    match host {
        Some(tokens) => stated(reader, source, tokens, at, scan),
        // Fastify listens on localhost if it gets no host:
        // <https://fastify.dev/docs/latest/Reference/Server/#listen>.
        None if fastify
            && matches!(call.kind, CallKind::Listen)
            && reader.app.package.has("fastify") =>
        {
            scan.findings.push(local_only(
                source.at(at, "Fastify listens on localhost if it gets no host"),
                "localhost",
            ));
        }
        None => {}
    }
}

/// Opens or reports the address of an expression. `at` is the place that listens.
pub(super) fn stated(
    reader: &Reader,
    source: &Source,
    tokens: &[Token],
    at: usize,
    scan: &mut Scan,
) {
    let found = reader.code.value(&source.code, source.range(tokens));
    let name = found.variables().find(|name| is_address(name));
    let open = |evidence: Evidence| {
        let var = EnvVar { key: name?.to_owned(), value: "0.0.0.0".to_owned() };
        Some(Sourced::new(var, evidence))
    };
    let named = name.unwrap_or_default();
    let (Some(text), Some(place)) = (found.text(), found.evidence()) else {
        // There is no default in the code, and Fastify and Node.js differ in theirs.
        let note = format!("listens on the address in {named}");
        scan.env.extend(open(source.at(at, note)));
        return;
    };
    if !LOCAL.contains(&text.as_str()) {
        return;
    }
    let note = format!("listens on {text} unless {named} says otherwise");
    match open(Evidence { note, ..place.clone() }) {
        Some(var) => scan.env.push(var),
        None => local(&text, place, scan),
    }
}

/// Reports a loopback address.
pub(super) fn local(text: &str, place: &Evidence, scan: &mut Scan) {
    if LOCAL.contains(&text) {
        let note = format!("listens on {text}");
        scan.findings.push(local_only(Evidence { note, ..place.clone() }, text));
    }
}

/// Reports the loopback arm of a choice whose condition and other arm are unknown:
/// `typeof c.host === "string" ? c.host : "localhost"`. An arm that is another address, a variable
/// or no address may as well be the one that is taken.
fn arms(reader: &Reader, source: &Source, tokens: &[Token], own: &Names, scan: &mut Scan) {
    let named = match tokens {
        [name] => name.word().and_then(|name| own.value_of(name)),
        _ => None,
    };
    let shown = named.unwrap_or(tokens);
    let mut behind = shown.iter().skip_while(|token| !token.is('?'));
    if behind.any(|token| token.is_word("null") || token.is_word("undefined")) {
        return;
    }
    let value = reader.code.value(&source.code, source.range(shown));
    let all: Vec<_> = value.alternatives().collect();
    let another = |text: String| !LOCAL.contains(&text.as_str());
    let other = all.iter().any(|arm| {
        arm.variables().next().is_some() || arm.flag().is_some() || arm.text().is_some_and(another)
    });
    if all.len() < 2 || other {
        return;
    }
    let found = all.iter().find_map(|arm| Some((arm.text()?, arm.evidence()?)));
    if let Some((text, place)) = found {
        local(&text, place, scan);
    }
}

/// True if the expression, or the value of its name, depends on an unknown condition.
fn is_conditional(reader: &Reader, source: &Source, tokens: &[Token], own: &Names) -> bool {
    let unknown = |tokens| reader.code.branch(&source.code, source.range(tokens)).is_none();
    let named = match tokens {
        [name] => name.word().and_then(|name| own.value_of(name)),
        _ => None,
    };
    unknown(tokens) || named.is_some_and(unknown)
}

/// True for the name of a variable with the server's own address, rather than one that it calls.
fn is_address(name: &str) -> bool {
    let words: Vec<&str> = name.split('_').collect();
    let others = [
        "DB", "DATABASE", "REDIS", "MYSQL", "MARIADB", "POSTGRES", "PG", "MONGO", "MONGODB",
        "SMTP", "MAIL", "PROXY", "API",
    ];
    words
        .iter()
        .any(|w| matches!(*w, "HOST" | "HOSTNAME" | "ADDRESS" | "ADDR" | "BIND" | "IP" | "LISTEN"))
        && !words.iter().any(|w| others.contains(w))
}

fn local_only(evidence: Evidence, address: &str) -> Finding {
    Finding::localhost_only(address, [evidence])
}
