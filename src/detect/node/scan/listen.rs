//! Ports and addresses: `listen(...)`, `serve({...})`, servers made with a port.

mod flow;
mod keys;
mod microservice;
pub(super) mod shape;

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use self::flow::{Expression, Flow};
use super::super::App;
use super::super::condition;
use super::super::expression::{Names, Value, option, value};
use super::super::token::{Token, arguments, property};
use super::{Scan, Source};
use crate::budget::MAX_EXPRESSION;
use crate::code::listen::{self, is_foreign};
use crate::code::{Program, Rows, Special};
use crate::facts::{EnvVar, Evidence, Finding, Sourced};
use crate::path::RelPath;

/// Addresses that nothing outside the container reaches.
const LOCAL: [&str; 4] = ["localhost", "127.0.0.1", "::1", "[::1]"];

/// A row of the table `default_port`: a function of a library that listens where it is told no port.
#[derive(Deserialize)]
struct DefaultPort {
    module: String,
    call: String,
    port: u16,
}

impl DefaultPort {
    fn is(&self, source: &Source, open: usize) -> bool {
        source.tokens[open - 1].is_word(&self.call) && source.imports(&self.module)
    }
}

/// One place that listens.
struct Place {
    rank: u8,
    port: Option<u16>,
    env: Vec<String>,
    evidence: Evidence,
    /// Where the number stands, in another file.
    stated: Option<Evidence>,
}

pub(super) fn read(app: &App, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let rows: Rows = app.catalog.table("code")?;
    let files = sources.iter().map(|source| (RelPath::root(), source.code.clone()));
    let special = Special { call: |_, _, _| None, tag: |_, _, _, _, _| None, key: |_, _, _| None };
    let code = Program::new(files.collect(), BTreeMap::new(), &rows, special);
    let names: Vec<Names> = sources.iter().map(|source| Names::of(&source.tokens)).collect();
    let defaults: Vec<DefaultPort> = app.catalog.table("default_port")?;
    let flow = Flow::new(app, sources, &names);
    let mut places: Vec<Place> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        // Names of the file itself first, then those of the others.
        let files: Vec<&Names> = std::iter::once(&names[index])
            .chain(names.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, n)| n))
            .collect();
        for call in calls(&source.tokens) {
            let args = arguments(&source.tokens, call.open);
            let at = source.tokens[call.open].at;
            if source.tokens[call.open - 1].is_word("createMicroservice") {
                scan.portless |= microservice::is_portless(&args);
            }
            let port = match (call.kind, args.first()) {
                _ if microservice::is_call(&source.tokens, call.open) => microservice::port(&args),
                (CallKind::Listen, Some(first)) if !first.first().is_some_and(|t| t.is('{')) => {
                    Some(*first)
                }
                (_, Some(_)) => option(&args, "port")
                    .or_else(|| option(&args, "listen").and_then(|o| property(o, "port"))),
                _ => None,
            };
            let Some(port) = port else {
                if let Some(row) = defaults.iter().find(|row| row.is(source, call.open)) {
                    scan.listens = true;
                    let note = format!("listens on {} where it is given no port", row.port);
                    places.push(Place {
                        rank: 2,
                        port: Some(row.port),
                        env: Vec::new(),
                        evidence: source.at(at, note),
                        stated: None,
                    });
                    continue;
                }
                // `listen()` and `listen(callback)` take their port from elsewhere.
                scan.listens |= call.kind == CallKind::Listen && args.is_empty() && call.method;
                continue;
            };
            if is_function(port) {
                continue;
            }
            let from = Expression { file: index, tokens: port };
            let exact = flow.port(from).or_else(|| flow.port_of(from, &["port"]));
            let mut stated = exact.as_ref().and_then(|found| found.evidence.clone());
            stated = stated.filter(|evidence| evidence.file != source.path);
            let found = match exact.filter(|found| found.port.is_some() || !found.open) {
                Some(exact) => exact.into_value(at),
                None => followed(&code, source, port)
                    .unwrap_or_else(|| own(value(port, &files[..1]), port)),
            };
            let number = found
                .literal
                .as_deref()
                .and_then(|text| text.trim().parse::<u16>().ok())
                .filter(|p| *p > 0);
            let by_port = found.env.iter().any(|name| name.contains("PORT"));
            if number.is_none() && !by_port {
                if call.kind == CallKind::Listen && call.method {
                    let note = "listens on a port that was not found";
                    scan.unfollowed.get_or_insert_with(|| source.at(at, note));
                }
                continue;
            }
            scan.listens = true;
            places.push(Place {
                rank: rank(&found, &source.path),
                port: number,
                evidence: source.at(at, described(&found, number)),
                env: found.env,
                stated,
            });
            address(app, source, call, &args, &files, at, scan);
        }
    }
    places.sort_by_key(|place| place.rank);
    scan.port_env = places.iter().flat_map(|place| place.env.clone()).collect();
    // Where the main server's port was not found, another one's is no answer.
    let open = |place: &Place| place.rank < SIDE && place.port.is_none();
    let main_unknown = scan.unfollowed.is_some() || places.iter().any(open);
    places.retain(|place| place.rank < SIDE || !main_unknown);
    let mut known = places.into_iter().filter_map(|place| Some((place.port?, place)));
    if let Some((port, place)) = known.next() {
        scan.port_variable = place.env.into_iter().next();
        let mut chosen = Sourced::new(port, place.evidence);
        chosen.evidence.extend(place.stated);
        for (other, Place { evidence, .. }) in known {
            if other != port && !chosen.rejected.iter().any(|r| r.value == other.to_string()) {
                chosen = chosen.rejecting(
                    other.to_string(),
                    format!("{}: another place that listens", evidence.place()),
                );
            }
        }
        scan.port = Some(chosen);
    }
    Ok(())
}

/// What signs lead to, without a port that belongs to another service, unless the call states it.
fn own(mut found: Value, port: &[Token]) -> Value {
    let number = found.literal.as_deref().and_then(|text| text.parse().ok());
    let inside = port.iter().any(|token| token.at == found.at);
    // A number beside a variable that is no port's is a limit, a time, a size.
    if !inside && !found.env.is_empty() && !found.env.iter().any(|name| listen::is_address(name)) {
        return Value { literal: None, env: Vec::new(), at: found.at };
    }
    if number.is_some_and(is_foreign) && !inside {
        found.literal = None;
    }
    found
}

/// The port that an expression leads to, and the variables that change it; `None` where it leads to
/// neither.
fn followed(code: &Program, source: &Source, port: &[Token]) -> Option<Value> {
    let value = code.value(&source.code, source.range(port));
    let env: Vec<String> = value.parts.iter().filter_map(|part| part.env.clone()).collect();
    let literal = value.text();
    let known = literal.as_ref().map_or(!env.is_empty(), |text| text.parse::<u16>().is_ok());
    let at = port.first().map_or(0, |token| token.at);
    // What stands in another file is followed exactly, or by a likeness of names.
    let elsewhere = value.evidence().is_some_and(|evidence| evidence.file != source.path);
    if elsewhere {
        return None;
    }
    // A database's port that stands elsewhere is found by a likeness of names.
    let number = literal.as_deref().and_then(|text| text.parse().ok());
    let here = source.at(at, "").place();
    if number.is_some_and(is_foreign) && value.evidence().is_none_or(|e| e.place() != here) {
        return (!env.is_empty()).then_some(Value { literal: None, env, at });
    }
    known.then_some(Value { literal, env, at })
}

fn described(found: &Value, number: Option<u16>) -> String {
    match (found.env.first(), number) {
        (Some(name), Some(port)) => format!("listens on {port} unless {name} says otherwise"),
        (Some(name), None) => format!("listens on the port in {name}"),
        (None, Some(port)) => format!("listens on {port}"),
        (None, None) => "listens".to_owned(),
    }
}

/// The main server first, metrics and debugging last.
fn rank(found: &Value, path: &RelPath) -> u8 {
    let aside = ["METRIC", "ADMIN", "DEBUG", "INSPECT", "HEALTH", "HTTPS", "TLS", "SSL"];
    if is_aside(path) {
        return SIDE;
    }
    if found.env.iter().any(|name| name == "PORT") {
        0
    } else if found.env.iter().any(|name| aside.iter().any(|word| name.contains(word))) {
        SIDE
    } else if found.env.is_empty() {
        2
    } else {
        1
    }
}

/// The rank of what is no main server.
const SIDE: u8 = 3;

/// The file is named after what watches a program: `worker.health-server.ts`.
fn is_aside(path: &RelPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| {
        matches!(word, "health" | "healthcheck" | "metrics" | "debug" | "inspector" | "prometheus")
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CallKind {
    /// `x.listen(...)`.
    Listen,
    /// `serve({...})`, `new WebSocketServer({...})`, `new Hapi.Server({...})`.
    Options,
}

#[derive(Clone, Copy)]
struct Call {
    kind: CallKind,
    /// The index of `(`.
    open: usize,
    /// Called as a method.
    method: bool,
}

fn calls(tokens: &[Token]) -> impl Iterator<Item = Call> {
    tokens.windows(2).enumerate().filter_map(|(index, window)| {
        if !window[1].is('(') {
            return None;
        }
        let method = index > 0 && tokens[index - 1].is('.');
        let kind = match window[0].word()? {
            "listen" => CallKind::Listen,
            "serve"
            | "WebSocketServer"
            | "createServer"
            | "startStandaloneServer"
            | "createMicroservice" => CallKind::Options,
            "Server" | "server" if method => CallKind::Options,
            _ => return None,
        };
        Some(Call { kind, open: index + 1, method })
    })
}

fn is_function(tokens: &[Token]) -> bool {
    let tokens = &tokens[..tokens.len().min(MAX_EXPRESSION)];
    tokens.first().is_some_and(|t| t.is_word("function") || t.is_word("async"))
        || tokens.windows(2).any(|w| w[0].is('=') && w[1].is('>'))
}

/// The address: what is local only is set by the environment where the code reads it there, else
/// reported.
fn address(
    app: &App,
    source: &Source,
    call: Call,
    args: &[&[Token]],
    files: &[&Names],
    at: usize,
    scan: &mut Scan,
) {
    let stated = option(args, "host").or_else(|| option(args, "hostname"));
    let second = args
        .get(1)
        .filter(|_| call.kind == CallKind::Listen)
        .filter(|arg| !is_function(arg) && arg.len() <= 16)
        .copied();
    let host = stated.or(second);
    // `local ? "127.0.0.1" : null`: nobody knows which.
    if host.is_some_and(|tokens| is_conditional(tokens, files)) {
        return;
    }
    let host = host.map(|tokens| value(tokens, files));
    let fastify = (source.imports("fastify") || source.imports("@nestjs/platform-fastify"))
        && call.kind == CallKind::Listen;
    match host {
        Some(found) if found.literal.as_deref().is_some_and(|text| LOCAL.contains(&text)) => {
            let literal = found.literal.unwrap_or_default();
            match found.env.iter().find(|name| is_address(name)) {
                Some(name) => {
                    let var = EnvVar { key: name.clone(), value: "0.0.0.0".to_owned() };
                    let note = format!("listens on {literal} unless {name} says otherwise");
                    scan.env.push(Sourced::new(var, source.at(found.at, note)));
                }
                None => scan.findings.push(local_only(
                    source.at(found.at, format!("listens on {literal}")),
                    &literal,
                )),
            }
        }
        Some(found) if found.literal.is_none() => {
            // No default in the code: Fastify and Node.js differ in what they take then.
            if let Some(name) = found.env.iter().find(|name| is_address(name)) {
                let var = EnvVar { key: name.clone(), value: "0.0.0.0".to_owned() };
                scan.env.push(Sourced::new(
                    var,
                    source.at(at, format!("listens on the address in {name}")),
                ));
            }
        }
        // https://fastify.dev/docs/latest/Reference/Server/#listen: localhost where no host is
        // given.
        None if fastify && app.package.has("fastify") => {
            scan.findings.push(local_only(
                source.at(at, "Fastify listens on localhost where no host is given"),
                "localhost",
            ));
        }
        _ => {}
    }
}

/// The expression, or what its name stands for, depends on a condition that nobody can tell.
fn is_conditional(tokens: &[Token], files: &[&Names]) -> bool {
    let unknown = |tokens: &[Token], names: &Names| condition::branch(tokens, names).is_none();
    let Some(own) = files.first() else { return false };
    let named = match tokens {
        [name] => name.word().and_then(|name| own.value_of(name)),
        _ => None,
    };
    unknown(tokens, own) || named.is_some_and(|value| unknown(value, own))
}

/// The name of a variable for the address that a server listens on, not for one that it calls.
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

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use super::super::Scan;
    use crate::repo::Repo;

    fn scan(dependencies: &str, source: &str) -> Scan {
        let manifest = format!(r#"{{"dependencies": {{{dependencies}}}}}"#);
        let repo = Repo::from_files([("package.json", manifest.as_str()), ("index.js", source)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "index.js".into(),
            source: Some("index.js".into()),
            ..Launch::default()
        };
        super::super::read(&app, &launch).unwrap()
    }

    fn port(source: &str) -> Option<u16> {
        scan("", source).port.map(|p| p.value)
    }

    #[test]
    fn ports_of_every_common_form() {
        for source in [
            "app.listen(4000)",
            "app.listen(process.env.PORT || 4000, () => console.log('x'))",
            "const port = Number(process.env.PORT) || 4000;\nhttp.createServer(app).listen(port)",
            "const config = { port: 4000 }; app.listen(config.port)",
            "fastify.listen({ port: 4000, host: '0.0.0.0' })",
            "serve({ fetch: app.fetch, port: 4000 })",
            "new WebSocketServer({ port: 4000 })",
            "var port = normalizePort(process.env.PORT || '4000'); app.set('port', port); server.listen(port);",
            "await app.listen(configService.get('PORT') ?? 4000)",
        ] {
            assert_eq!(port(source), Some(4000), "{source}");
        }
        for source in [
            "// app.listen(4000)",
            "'app.listen(4000)'",
            "listen('event', () => 4000)",
            "emitter.listen(x => 4000)",
        ] {
            assert_eq!(port(source), None, "{source}");
        }
    }

    #[test]
    fn conditions_are_those_of_the_container() {
        let conditional = "const boxed = !!process.env.IN_BOX\nconst port = process.env.PORT || (boxed ? 8080 : 4000)\napp.listen(port)";
        assert_eq!(port(conditional), Some(4000));
        for (expected, condition) in [
            (1, "process.env.NODE_ENV === 'production'"),
            (2, "process.env.NODE_ENV !== 'production'"),
            (2, "process.env.X"),
            (1, "!process.env.X"),
            (2, "process.env.X == 'y'"),
        ] {
            let source = format!("app.listen({condition} ? 4001 : 4002)");
            assert_eq!(port(&source), Some(4000 + expected), "{condition}");
        }
    }

    #[test]
    fn a_database_has_no_port_of_the_program() {
        let source = "class Config {\n  get database() { return { port: Number(this.text('DB_PORT')) || 5432 } }\n  get server() { return { port: Number(this.text('PORT')) } }\n}\nconst config = new Config()\napp.listen(config.server.port)";
        let found = scan("", source);
        assert_eq!(
            (found.port.map(|port| port.value), found.port_env),
            (None, vec!["PORT".into()])
        );
    }

    #[test]
    fn the_main_server_wins_and_others_are_named() {
        let found = scan(
            "",
            "m.listen(process.env.METRICS_PORT || 9090); app.listen(process.env.PORT || 4000)",
        )
        .port
        .unwrap();
        assert_eq!(found.value, 4000);
        assert_eq!(found.rejected[0].value, "9090");
    }

    #[test]
    fn addresses_inside_the_container() {
        let found = scan("", "app.listen(3000, '127.0.0.1')");
        assert_eq!((found.findings[0].code.as_str(), found.env.len()), ("localhost-only", 0));
        let found = scan("", "app.listen({ port: 3000, host: process.env.HOST || 'localhost' })");
        assert!(found.findings.is_empty());
        assert_eq!(
            (found.env[0].value.key.as_str(), found.env[0].value.value.as_str()),
            ("HOST", "0.0.0.0")
        );
        let found =
            scan("\"fastify\": \"5\"", "const f = require('fastify')(); f.listen({ port: 3000 })");
        assert_eq!(found.findings[0].code.as_str(), "localhost-only");
        assert!(scan("", "app.listen(3000, () => console.log('localhost'))").findings.is_empty());
        let chosen = "const host = conf.localOnly ? '127.0.0.1' : null; app.listen(3000, host)";
        assert!(scan("", chosen).findings.is_empty());
    }
}
