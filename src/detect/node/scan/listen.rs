//! Ports and addresses: `listen(...)`, `serve({...})`, and servers that take a port when they are
//! created.

mod commands;
mod followed;
mod host;
mod microservice;
mod options;
mod rows;
pub(super) mod settings;
mod special;
#[cfg(test)]
mod tests_followed;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use self::followed::Found;
use self::rows::{DefaultPort, Listener};
use self::special::SPECIAL;
use super::super::App;
use super::super::expression::{Names, option};
use super::super::token::{Token, arguments, property};
use super::{Scan, Source};
use crate::budget::MAX_EXPRESSION;
use crate::code::branches::Reach;
use crate::code::listen;
use crate::code::{Program, Rows, argument, conditions};
use crate::facts::{Evidence, Port, Protocol, Sourced};
use crate::path::RelPath;

/// One place that listens.
struct Place {
    rank: u8,
    port: Option<u16>,
    protocol: Protocol,
    env: Vec<String>,
    evidence: Evidence,
    /// The place of the number, if it is in another file.
    stated: Option<Evidence>,
    /// True if the program always listens there and the number was followed exactly.
    sure: bool,
    /// A condition in the code may choose another number.
    doubt: bool,
    /// It listens on the loopback alone, or for people who debug: nothing outside needs it.
    local: bool,
    /// The call, if the address that it takes is to be opened.
    call: Option<(usize, usize)>,
}

/// The state for reading the places of a program.
struct Reader<'s, 'r> {
    app: &'s App<'r>,
    sources: &'s [Source],
    names: &'s [Names<'s>],
    code: Program<'s>,
    defaults: Vec<DefaultPort>,
    listeners: Vec<Listener>,
}

pub(super) fn read(app: &App, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let rows: Rows = app.catalog.table("code")?;
    let names: Vec<Names> = sources.iter().map(|source| Names::of(&source.tokens)).collect();
    let reader = Reader {
        app,
        sources,
        names: &names,
        code: code(app, sources, &rows)?,
        defaults: app.catalog.table("default_port")?,
        listeners: app.catalog.table("listener")?,
    };
    let asks = |source: &Source| settings::READERS.iter().any(|name| source.imports(name));
    if sources.iter().any(asks) {
        reader.code.know(settings::known(app));
    }
    if sources.iter().any(|source| source.imports(settings::WILD)) {
        reader.code.know(settings::wild(app));
    }
    let mut places: Vec<Place> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let used: Vec<&Listener> =
            reader.listeners.iter().filter(|row| row.is_used(source)).collect();
        for call in calls(&source.tokens, &used) {
            places.extend(reader.place(index, call, scan));
        }
        for row in used {
            places.extend(reader.settings(index, row, scan));
        }
    }
    // Of servers that are alike, the one for the web comes first: a mail server has one beside it.
    let web = |module: &&&str| !["ws", "socket.io"].contains(*module);
    let web: Vec<&str> =
        super::SERVERS.iter().filter(web).copied().chain(["http", "https"]).collect();
    let web: BTreeSet<&RelPath> = sources
        .iter()
        .filter(|source| web.iter().any(|module| source.imports(module)))
        .map(|source| &source.path)
        .collect();
    places.sort_by_key(|place| !web.contains(&place.evidence.file));
    reader.addresses(&places, scan);
    scan.portless |= places.is_empty() && microservice::is_standalone(sources);
    scan.conditional = !places.is_empty() && places.iter().all(|place| !place.sure);
    choose(places, scan);
    Ok(())
}

/// The sources as a program of the shared evaluator.
pub(super) fn code<'c>(app: &App, sources: &[Source], rows: &'c Rows) -> Result<Program<'c>> {
    let files = followed::files(app, sources)?.into_iter().map(|file| (file.path.clone(), file));
    Ok(Program::new(files.collect(), BTreeMap::new(), rows, SPECIAL))
}

impl<'s> Reader<'s, '_> {
    fn place(&self, index: usize, call: Call, scan: &mut Scan) -> Option<Place> {
        let source = &self.sources[index];
        let args = arguments(&source.tokens, call.open);
        let at = source.tokens[call.open].at;
        let beside = microservice::is_beside(&source.tokens, call.open);
        if microservice::is_call(&source.tokens, call.open) {
            scan.portless |= microservice::is_portless(&args) && !beside;
            if let Some(address) = microservice::address(&args) {
                return self.of_address(index, address, at, scan);
            }
        }
        let port = match (call.kind, args.first()) {
            (CallKind::Row(row), _) => row.port(&args),
            _ if microservice::is_call(&source.tokens, call.open) => microservice::port(&args),
            (CallKind::Listen, Some(first)) if !first.first().is_some_and(|t| t.is('{')) => {
                Some(*first)
            }
            (_, Some(_)) => option(&args, "port")
                .or_else(|| option(&args, "listen").and_then(|o| property(o, "port"))),
            _ => None,
        };
        let Some(port) = port else {
            if let Some(row) = self.defaults.iter().find(|row| row.is(source, call.open)) {
                scan.listens = true;
                let note = format!("listens on {} if it gets no port", row.port);
                return Some(Place {
                    rank: 2,
                    port: Some(row.port),
                    protocol: Protocol::Tcp,
                    env: Vec::new(),
                    evidence: source.at(at, note),
                    stated: None,
                    sure: true,
                    doubt: false,
                    local: false,
                    call: None,
                });
            }
            // `listen()` and `listen(callback)` take their port from elsewhere.
            scan.listens |= matches!(call.kind, CallKind::Listen) && args.is_empty() && call.method;
            return None;
        };
        if is_function(port) {
            return None;
        }
        self.commanded(index, call, scan);
        if let CallKind::Row(row) = call.kind
            && row.address
        {
            return self.of_address(index, port, at, scan);
        }
        let Some(mut place) = self.of_port(index, port, at, matches!(call.kind, CallKind::Row(_)))
        else {
            if matches!(call.kind, CallKind::Listen) && call.method {
                let note = "listens on a port that was not found";
                scan.unfollowed.get_or_insert_with(|| source.at(at, note));
            }
            return None;
        };
        if let CallKind::Row(row) = call.kind
            && row.datagrams
        {
            place.protocol = Protocol::Udp;
        }
        let words = around(&source.tokens, call.open);
        if beside || listen::is_beside_words(&words) {
            place.rank = SIDE;
        }
        let local = |tokens: &[Token]| {
            let text = tokens.first().and_then(Token::text).unwrap_or_default();
            host::LOCAL.contains(&text)
        };
        let host = option(&args, "host").or_else(|| args.get(1).copied());
        place.local =
            host.is_some_and(local) || words.contains("debug") || words.contains("inspect");
        let here = source.code.token_at(at);
        match self.code.reach(&source.code, here) {
            Reach::Sure(false) => (place.sure, place.rank) = (false, OFF),
            Reach::Sure(true) => {}
            _ => place.sure &= !conditions::is_conditional(&source.code, here),
        }
        scan.listens = true;
        place.call = Some((index, call.open));
        Some(place)
    }

    /// Opens the addresses of the places. What listens beside the main server does so for the
    /// container itself.
    fn addresses(&self, places: &[Place], scan: &mut Scan) {
        let main = places.iter().any(|place| place.rank < SIDE);
        let end = if main { SIDE } else { OFF };
        let meant = places.iter().filter(|place| place.rank < end);
        for (index, open) in meant.filter_map(|place| place.call) {
            let source = &self.sources[index];
            let rows: Vec<&Listener> =
                self.listeners.iter().filter(|row| row.is_used(source)).collect();
            if let Some(call) = call_at(&source.tokens, open - 1, &rows) {
                let args = arguments(&source.tokens, open);
                host::address(self, source, call, &args, &self.names[index], scan);
            }
        }
    }

    /// Notes the first command-line argument without which the call does not listen.
    fn commanded(&self, index: usize, call: Call, scan: &mut Scan) {
        let source = &self.sources[index];
        let beside =
            is_aside(&source.path) || listen::is_beside_words(&around(&source.tokens, call.open));
        if scan.subcommand.is_some() || beside {
            return;
        }
        let here = source.code.token_at(source.tokens[call.open].at);
        let asked = argument::asked(&self.code, &source.code, here);
        scan.subcommand =
            asked.map(|(word, evidence)| Sourced::new(word, evidence)).or_else(|| {
                let (words, evidence) = commands::asked(self.sources, source, call.open)?;
                Some(Sourced::new(words, evidence))
            });
    }

    /// A place that listens on `port`. `exactly` says that only a value that was followed counts,
    /// and no mere sign of one.
    fn of_port(&self, index: usize, port: &'s [Token], at: usize, exactly: bool) -> Option<Place> {
        let source = &self.sources[index];
        let (exact, stated) = followed::port(&self.code, source, port);
        let stated = stated.filter(|evidence| evidence.file != source.path);
        let sure = exact.is_some();
        if exactly && !sure {
            return None;
        }
        let found = exact.unwrap_or_default();
        let number = found.number;
        if number.is_none() && !found.env.iter().any(|name| name.contains("PORT")) {
            return None;
        }
        Some(Place {
            rank: rank(&found, &source.path),
            port: number,
            protocol: Protocol::Tcp,
            evidence: source.at(at, described(&found, number)),
            env: found.env,
            stated,
            sure: sure && !found.doubt,
            doubt: found.doubt,
            local: false,
            call: None,
        })
    }

    /// A place whose first argument is an address: `0.0.0.0:50051`.
    fn of_address(
        &self,
        index: usize,
        tokens: &'s [Token],
        at: usize,
        scan: &mut Scan,
    ) -> Option<Place> {
        let source = &self.sources[index];
        let value = self.code.value(&source.code, source.range(tokens));
        scan.listens = true;
        let port = listen::port(&value);
        let env: Vec<String> = value.variables().map(str::to_owned).collect();
        if port.is_none() && env.is_empty() {
            scan.unfollowed
                .get_or_insert_with(|| source.at(at, "listens on a port that was not found"));
            return None;
        }
        if let Some((host, _)) = value.text().as_deref().and_then(|text| text.rsplit_once(':')) {
            host::local(host, &source.at(at, ""), scan);
        }
        let found = Found { number: port, env, doubt: false };
        Some(Place {
            rank: rank(&found, &source.path),
            port,
            protocol: Protocol::Tcp,
            evidence: source.at(at, described(&found, port)),
            env: found.env,
            stated: None,
            sure: true,
            doubt: false,
            local: false,
            call: None,
        })
    }

    /// The settings of a framework that listens without a call.
    fn settings(&self, index: usize, row: &Listener, scan: &mut Scan) -> Option<Place> {
        let source = &self.sources[index];
        let (port, host) = row.settings(&self.names[index])?;
        let at = port.first()?.at;
        let place = self.of_port(index, port, at, true)?;
        scan.listens = true;
        if let Some(tokens) = host {
            host::stated(self, source, tokens, at, scan);
        }
        Some(place)
    }
}

/// Takes the port of the likeliest place. Other places on which the program always listens give
/// further ports.
fn choose(mut places: Vec<Place>, scan: &mut Scan) {
    places.sort_by_key(|place| place.rank);
    scan.port_env = places.iter().flat_map(|place| place.env.clone()).collect();
    // If the main server's port was not found, the port of another one is no answer.
    let open = |place: &Place| place.rank < SIDE && place.port.is_none();
    let main_unknown = scan.unfollowed.is_some() || places.iter().any(open);
    places.retain(|place| place.rank < SIDE || !main_unknown);
    let (datagrams, places): (Vec<Place>, Vec<Place>) =
        places.into_iter().partition(|place| place.protocol == Protocol::Udp);
    let mut known = places.into_iter().filter_map(|place| Some((place.port?, place)));
    if let Some((port, place)) = known.next() {
        scan.port_variable = place.env.into_iter().next();
        let mut chosen = if place.doubt {
            Sourced::guessed(port, place.evidence)
        } else {
            Sourced::new(port, place.evidence)
        };
        chosen.evidence.extend(place.stated);
        for (other, Place { evidence, rank, sure, local, .. }) in known {
            if other == port {
                continue;
            }
            if sure && place.sure && (rank < SIDE || !local) {
                add(scan, Port::tcp(other), evidence);
            } else if !chosen.rejected.iter().any(|r| r.value == other.to_string()) {
                chosen = chosen.rejecting(
                    other.to_string(),
                    format!("{}: another place that listens", evidence.place()),
                );
            }
        }
        scan.port = Some(chosen);
    }
    for place in datagrams {
        if let Some(port) = place.port {
            add(scan, Port::udp(port), place.evidence);
        }
    }
}

fn add(scan: &mut Scan, port: Port, evidence: Evidence) {
    if scan.more_ports.iter().all(|held| held.value != port) {
        scan.more_ports.push(Sourced::new(port, evidence));
    }
}

/// The words of the statement before the call, in lower case: `metricsserver.listen`.
fn around(tokens: &[Token], open: usize) -> String {
    let from = open.saturating_sub(AROUND);
    let ends = |token: &Token| [';', '{', '}', '(', ')', ','].iter().any(|mark| token.is(*mark));
    let words = tokens[from..open].iter().rev().take_while(|token| !ends(token));
    let words: Vec<&str> = words.filter_map(Token::word).collect();
    words.join(" ").to_ascii_lowercase()
}

/// How many tokens before a call tell what listens.
const AROUND: usize = 6;

fn described(found: &Found, number: Option<u16>) -> String {
    let text = match (found.env.first(), number) {
        (Some(name), Some(port)) => format!("listens on {port} unless {name} says otherwise"),
        (Some(name), None) => format!("listens on the port in {name}"),
        (None, Some(port)) => format!("listens on {port}"),
        (None, None) => "listens".to_owned(),
    };
    let doubt = if found.doubt { "; a condition in the code may choose another" } else { "" };
    format!("{text}{doubt}")
}

/// The rank of a place: the main server first, metrics and debugging last.
fn rank(found: &Found, path: &RelPath) -> u8 {
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

/// The rank of anything but the main server, and of what no container reaches: it stands under a
/// condition on a variable that nothing sets.
const SIDE: u8 = 3;
const OFF: u8 = 4;

/// True if the file is named after a monitoring tool: `worker.health-server.ts`.
fn is_aside(path: &RelPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| {
        matches!(word, "health" | "healthcheck" | "metrics" | "debug" | "inspector" | "prometheus")
    })
}

#[derive(Clone, Copy)]
enum CallKind<'c> {
    /// `x.listen(...)`.
    Listen,
    /// `serve({...})`, `new WebSocketServer({...})` or `new Hapi.Server({...})`.
    Options,
    /// A function in a row of the catalog.
    Row(&'c Listener),
}

#[derive(Clone, Copy)]
struct Call<'c> {
    kind: CallKind<'c>,
    /// The index of `(`.
    open: usize,
    /// True for a method call.
    method: bool,
}

fn calls<'c>(tokens: &'c [Token], rows: &[&'c Listener]) -> impl Iterator<Item = Call<'c>> {
    (0..tokens.len().saturating_sub(1)).filter_map(move |index| call_at(tokens, index, rows))
}

/// The call whose name is at an index.
fn call_at<'c>(tokens: &[Token], index: usize, rows: &[&'c Listener]) -> Option<Call<'c>> {
    if tokens[index].word().is_some_and(|word| microservice::CALLS.contains(&word)) {
        let open = microservice::opening(tokens, index)?;
        return Some(Call { kind: CallKind::Options, open, method: true });
    }
    if !tokens.get(index + 1)?.is('(') {
        return None;
    }
    let method = index > 0 && tokens[index - 1].is('.');
    let name = tokens[index].word()?;
    if let Some(row) = rows.iter().find(|row| row.call == name) {
        return Some(Call { kind: CallKind::Row(row), open: index + 1, method });
    }
    let kind = match name {
        "listen" => CallKind::Listen,
        "serve" | "WebSocketServer" | "createServer" | "startStandaloneServer" => CallKind::Options,
        "Server" | "server" if method => CallKind::Options,
        _ => return None,
    };
    Some(Call { kind, open: index + 1, method })
}

fn is_function(tokens: &[Token]) -> bool {
    let tokens = &tokens[..tokens.len().min(MAX_EXPRESSION)];
    tokens.first().is_some_and(|t| t.is_word("function") || t.is_word("async"))
        || tokens.windows(2).any(|w| w[0].is('=') && w[1].is('>'))
}

#[cfg(test)]
mod tests {
    use super::super::Scan;
    use super::super::tested::scanned;

    fn scan(dependencies: &str, source: &str) -> Scan {
        let manifest = format!(r#"{{"dependencies": {{{dependencies}}}}}"#);
        scanned(&[("package.json", manifest.as_str()), ("index.js", source)])
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
            "const s = z.object({ port: z.coerce.number().default(4000), host: z.string() });\nconst c = s.parse({ port: process.env.P, host: process.env.H }); f.listen({ port: c.port })",
            "const r = z.object({ net: z.object({ port: z.number().default(4000) }) }).safeParse({ net: { port: process.env.P } }); app.listen(r.data.net.port)",
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
    fn libraries_listen_under_names_of_their_own() {
        for source in [
            "const { Server } = require('socket.io'); new Server(4000, {})",
            "import { PeerServer } from 'peer'; PeerServer({ port: 4000 })",
            "const grpc = require('@grpc/grpc-js'); s.bindAsync(`[::]:${process.env.P || 4000}`, c)",
            "const r = require('@loopback/rest'); main({ rest: { port: +(process.env.PORT ?? 4000) } })",
        ] {
            assert_eq!(port(source), Some(4000), "{source}");
        }
        for source in
            ["new Server(4000)", "const { Server } = require('socket.io'); new Server(app)"]
        {
            assert_eq!(port(source), None, "{source}");
        }
    }

    #[test]
    fn datagrams_and_further_ports_are_told() {
        let ports = |source: &str| -> (Option<u16>, Vec<String>) {
            let scan = scan("", source);
            let more = scan.more_ports.iter().map(|port| port.value.to_string()).collect();
            (scan.port.map(|port| port.value), more)
        };
        let socket = "const d = require('node:dgram').createSocket('udp4'); d.bind(5000)";
        assert_eq!(ports(socket), (None, vec!["5000/udp".to_owned()]));
        let bound = "require('dgram'); emit.bind(this); go(f.bind(null, 5000))";
        assert_eq!(ports(bound), (None, vec![]));
        assert_eq!(ports("a.listen(8080); b.listen(4222)"), (Some(8080), vec!["4222".to_owned()]));
        // A listener under a condition, or one for metrics, is only an alternative.
        let variant = "if (tls) { b.listen(8443) } else { a.listen(8080) }";
        assert_eq!(ports(variant).1, Vec::<String>::new());
        let both = |more: &str| (Some(3000), vec![more.to_owned()]);
        assert_eq!(ports("metricsApp.listen(9464); app.listen(3000)"), both("9464"));
        assert_eq!(
            ports("metricsApp.listen(9464, '127.0.0.1'); app.listen(3000)"),
            (Some(3000), vec![])
        );
        assert_eq!(
            ports("NestFactory.createMicroservice<Options>(A, { transport: Transport.TCP, options: { port: 3000 } })").0,
            Some(3000)
        );
        assert_eq!(
            ports("NestFactory.createMicroservice(A, { transport: Transport.GRPC, options: { url: '0.0.0.0:5000' } })").0,
            Some(5000)
        );
    }

    #[test]
    fn the_first_argument_that_serves_is_given() {
        let word = |source: &str| scan("", source).subcommand.map(|word| word.value);
        let serves = |test: &str| format!("const cmd = process.argv[2];\n{test}");
        for test in [
            "switch (cmd) { case 'serve': http.createServer(f).listen(80); break; default: help() }",
            "if (cmd === 'serve') { start() }\nfunction start() { app.listen(80) }",
            "if (process.argv[2] === 'serve') { app.listen(80) } else { help() }",
        ] {
            assert_eq!(word(&serves(test)).as_deref(), Some("serve"), "{test}");
        }
        for test in ["if (mode === 'serve') { app.listen(80) }", "if (cmd) { app.listen(80) }"] {
            assert_eq!(word(&serves(test)), None, "{test}");
        }
    }

    #[test]
    fn the_command_whose_action_listens_is_given() {
        let word = |source: &str| scan("", source).subcommand.map(|word| word.value);
        let commander = "const { program } = require('commander');\n\
            program.command('serve').option('--port <n>').action((o) => { app.listen(80) });\n\
            program.command('list').action(() => { print() })";
        assert_eq!(word(commander).as_deref(), Some("serve"));
        let yargs = "require('yargs')(argv).command('web [port]', 'x', (y) => y, (a) => { \
            app.listen(a.port) }).command('list', 'x', {}, list).parse()";
        assert_eq!(word(yargs).as_deref(), Some("web"));
        let handed = "const { program } = require('commander');\n\
            function start() { app.listen(80) }\nprogram.command('up').action(start)";
        assert_eq!(word(handed).as_deref(), Some("up"));
        assert_eq!(word("program.command('serve').action(() => { app.listen(80) })"), None);
    }

    #[test]
    fn an_option_of_the_command_line_opens_the_address() {
        let args = |source: &str| -> Vec<String> {
            scan("", source).args.into_iter().map(|arg| arg.value).collect()
        };
        let commander = "const { program } = require('commander');\n\
            program.option('-a, --address <ip>', 'where', '127.0.0.1');\n\
            const { address } = program.opts(); http.createServer(f).listen(80, address)";
        assert_eq!(args(commander), ["--address=0.0.0.0"]);
        let yargs = "const argv = require('yargs').option('host', { default: 'localhost' }).argv;\n\
            http.createServer(f).listen(80, argv.host)";
        assert_eq!(args(yargs), ["--host=0.0.0.0"]);
        assert!(args(&yargs.replace("localhost", "0.0.0.0")).is_empty());
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
            (2, "process.env.NODE_ENV === 'production' && process.env.X"),
            (1, "(process.env.X || !(process.env.NODE_ENV === 'dev')) && !process.env.Y"),
        ] {
            for source in [
                format!("app.listen({condition} ? 4001 : 4002)"),
                format!("let port = 4002\nif ({condition}) {{ port = 4001 }}\napp.listen(port)"),
                format!(
                    "var port\nif ({condition}) {{\n port = 4001\n}}\nelse {{ port = 4002 }}\n\
                     function start() {{ app.listen(port) }}"
                ),
            ] {
                assert_eq!(port(&source), Some(4000 + expected), "{source}");
            }
        }
    }

    #[test]
    fn a_listener_that_no_container_reaches_is_not_the_main_one() {
        for (expected, source) in [
            (4001, "if (process.env.KEY) { s.listen(443) } else { app.listen(4001) }"),
            (4001, "if (process.env.KEY) s.listen(443)\nelse app.listen(4001)"),
            (
                4001,
                "const tls = process.env.TLS === '1'; if (tls) { s.listen(443) }\nelse { app.listen(4001) }",
            ),
            (
                443,
                "if (process.env.NODE_ENV === 'production') { s.listen(443) } else { app.listen(4001) }",
            ),
            (
                4001,
                "function go() { if (process.env.KEY) { s.listen(443) } else { app.listen(4001) } } go()",
            ),
            (4001, "if (process.env.ONE) { app.listen(4001) }"),
        ] {
            assert_eq!(port(source), Some(expected), "{source}");
        }
        let beside = "admin.listen(process.env.ADMIN_PORT || 3001, '127.0.0.1'); app.listen(4000)";
        assert!(scan("", beside).findings.is_empty());
        assert_eq!(scan("", "app.listen(4000, '127.0.0.1')").findings.len(), 1);
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
    fn a_condition_that_nothing_decides_makes_a_guess() {
        use crate::facts::Strength;
        let port = |source: &str| scan("", source).port.map(|p| (p.value, p.strength));
        for condition in ["fs.existsSync('/x')", "isCloud", "os.platform() === 'linux'"] {
            let source = format!("app.listen({condition} ? 8080 : 4301)");
            assert_eq!(port(&source), Some((8080, Strength::Guessed)), "{condition}");
        }
        for condition in [
            "process.env.D === 'true'",
            "'D' in process.env",
            "Boolean(process.env.D)",
            "process.env.D !== undefined",
            "(process.env.D || 'local') === 'cloud'",
            "process.env.NODE_ENV !== 'production'",
        ] {
            let source = format!("app.listen({condition} ? 8080 : 4301)");
            assert_eq!(port(&source), Some((4301, Strength::Stated)), "{condition}");
        }
        assert_eq!(
            port("app.listen('NODE_ENV' in process.env ? 8080 : 4301)"),
            Some((8080, Strength::Stated))
        );
    }

    #[test]
    fn the_main_server_wins_and_others_are_named() {
        let found = scan(
            "",
            "m.listen(process.env.METRICS_PORT || 9090); app.listen(process.env.PORT || 4000)",
        );
        assert_eq!(found.port.unwrap().value, 4000);
        assert_eq!(found.more_ports[0].value.number, 9090);
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
