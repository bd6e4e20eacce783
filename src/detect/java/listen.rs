//! Servers in the program's own code: their port and their address.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, Definition, Place};
use super::flags;
use super::host::{self, Local};
use super::source::Source;
use super::surroundings::Surroundings;
use crate::code::branches::Reach;
use crate::code::rules::CallRow;
use crate::code::{Call, Does, Rows, Value, is_other_service};
use crate::facts::{Evidence, Finding, Kind, Port, Program, Sourced};

/// What calls that open a port do, in the rows of the catalog.
pub(super) const LISTENS: [Does; 2] = [Does::Listens, Does::Receives];
/// Calls that take an address to connect or to send to.
const CONNECTS: [&str; 6] = ["connect", "DatagramPacket", "send", "Proxy", "Socket", "open"];
/// Classes that make a server for a URI, which `UriBuilder` may give.
const OF_URI: [&str; 4] = [
    "GrizzlyHttpServerFactory",
    "JettyHttpContainerFactory",
    "JdkHttpServerFactory",
    "NettyHttpContainerProvider",
];
/// How many tokens before a call tell what it is for.
const MAX_STATEMENT: usize = 24;
/// Words for what runs beside the program's own service.
const BESIDE: [&str; 9] = [
    "metric",
    "health",
    "admin",
    "debug",
    "prometheus",
    "management",
    "monitoring",
    "actuator",
    "probe",
];

/// True if a source opens a port by a call that does nothing else.
pub(super) fn opens(rows: &Rows, source: &Source) -> bool {
    let sure = rows.doing(&LISTENS).filter(|row| row.of.is_empty() != row.near.is_empty());
    let near = |row: &CallRow| row.near.iter().any(|word| source.names(word));
    sure.flat_map(|row| row.names.iter().map(move |name| (row, name))).any(|(row, name)| {
        let of = |at: usize| row.of.is_empty() && near(row) || source.is_of(at - 2, &row.of);
        source.calls(name).any(of)
    })
}

/// A port that the code opens.
pub(super) struct Found {
    pub(super) value: Option<u16>,
    variable: Option<String>,
    flag: Option<String>,
    pub(super) udp: bool,
    beside: bool,
    doubt: bool,
    /// The address, if it is one that only the container itself reaches.
    pub(super) local: Option<Local>,
    place: Place,
}

/// The server in the program's own code.
#[derive(Default)]
pub(super) struct Own {
    /// The variable that overrides its port.
    pub(super) variable: Option<String>,
    /// The place that opens it.
    pub(super) place: Option<Place>,
    /// Its address, if it is one that only the container itself reaches.
    pub(super) local: Option<Local>,
}

/// Fills in the server in the program's own code.
pub(super) fn own_server(program: &mut Program, around: &Surroundings, code: &Code) -> Own {
    let mut all: Vec<Found> = Vec::new();
    let apart = apart(&program.id, code.sources);
    for (row, place) in code.doing(&LISTENS).into_iter().filter(|(_, at)| !apart.contains(&at.0)) {
        all.extend(listens(code, row, place, &apart));
    }
    let set = code.definitions("port").iter().filter(|set| !apart.contains(&set.at.0));
    all.extend(set.filter_map(|set| assigned(code, set)));
    all.sort_by_key(|found| {
        let closed = found.local.as_ref().is_some_and(|local| !local.opens());
        (found.beside, found.value.is_none(), found.udp, closed)
    });
    // Javalin's configuration has the address for a server that is started without one.
    let default_host = || {
        let set = code.definitions("defaultHost").first()?;
        host::local(&code.value(set.at.0, set.value.clone(), 0))
    };
    let Some(first) = all.first_mut() else {
        framework_default(program, around, code, &apart);
        return Own { local: default_host(), ..Own::default() };
    };
    let local = first.local.take().or_else(default_host);
    let first = &all[0];
    program.kind = Kind::Service;
    let evidence = |found: &Found, note: &str| code.evidence(found.place, note);
    let note = |found: &Found| match (&found.variable, &found.flag) {
        (Some(name), _) => format!("the port if {name} is not set"),
        (None, Some(name)) => format!("the port if {} is not given", flags::spelt(name)),
        (None, None) => "the port that the code listens on".to_owned(),
    };
    let mut known: Vec<Port> = Vec::new();
    if let Some(port) = unnamed(around, code, &apart) {
        known.push(Port::tcp(port.value));
        program.port = Some(port);
    }
    for found in &all {
        let Some(number) = found.value else { continue };
        let port = if found.udp { Port::udp(number) } else { Port::tcp(number) };
        // Several calls often describe the same listener.
        if known.contains(&port) || known.len() >= 4 {
            continue;
        }
        if let Some(local) = &found.local {
            program.findings.push(local.beside(number));
            continue;
        }
        known.push(port);
        let mut note = note(found);
        if found.doubt {
            note.push_str("; a condition in the code may choose another");
        }
        let evidence = code.evidence(found.place, note);
        if program.port.is_none() && !found.udp {
            // A port beside the program's own service is hardly its main port.
            program.port = Some(if found.doubt || found.beside {
                Sourced::guessed(number, evidence)
            } else {
                Sourced::new(number, evidence)
            });
        } else {
            program.more_ports.push(Sourced::new(port, evidence));
        }
    }
    if known.is_empty() || first.value.is_none() && !first.beside {
        let what = first.variable.as_ref().map_or_else(
            || "the code computes it when it starts".to_owned(),
            |name| format!("{name} sets it, and the code has no default"),
        );
        program.findings.push(Finding::port_unknown(Some(&what), [evidence(first, "listens")]));
    }
    let place = Some(first.place);
    let variable = all.iter().find(|found| !found.udp).and_then(|found| found.variable.clone());
    Own { variable, place, local }
}

/// The sources of other programs: those with a class with a main method of its own that no other
/// source names. None where nobody knows the class that starts this program.
fn apart(program: &str, sources: &[Source]) -> BTreeSet<usize> {
    let mains: Vec<Option<String>> =
        sources.iter().map(|source| Some(source.main_class()?.0)).collect();
    if !mains.iter().flatten().any(|class| class == program) {
        return BTreeSet::new();
    }
    let stem =
        |source: &Source| source.path.file_name().split('.').next().unwrap_or_default().to_owned();
    let mut apart: BTreeMap<String, usize> = BTreeMap::new();
    let mut own = None;
    for (number, (source, main)) in sources.iter().zip(&mains).enumerate() {
        match main {
            Some(class) if class != program => drop(apart.insert(stem(source), number)),
            Some(_) => own = Some(number),
            None => {}
        }
    }
    if apart.is_empty() {
        return BTreeSet::new();
    }
    for (number, source) in sources.iter().enumerate() {
        for at in 0..source.len() {
            let Some(word) = source.word(at) else { continue };
            if apart.get(word).is_some_and(|own| *own != number) {
                apart.remove(word);
            }
        }
    }
    let apart: BTreeSet<usize> = apart.into_values().collect();
    if apart.is_empty() {
        return apart;
    }
    // What only the other programs lead to is theirs.
    let stems: BTreeMap<String, usize> =
        sources.iter().enumerate().map(|(number, source)| (stem(source), number)).collect();
    let theirs = led_to(sources, &stems, apart.iter().copied());
    let mine = led_to(sources, &stems, own);
    theirs.difference(&mine).copied().collect()
}

/// The sources to which the names in these sources lead, and these themselves.
fn led_to(
    sources: &[Source],
    stems: &BTreeMap<String, usize>,
    from: impl IntoIterator<Item = usize>,
) -> BTreeSet<usize> {
    let mut open: Vec<usize> = from.into_iter().collect();
    let mut seen: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(number) = open.pop() {
        let source = &sources[number];
        for at in 0..source.len() {
            let named = source.word(at).and_then(|word| stems.get(word));
            open.extend(named.copied().filter(|next| seen.insert(*next)));
        }
    }
    seen
}

/// The value without what another program passes; unknown if nothing else is left.
fn of_program(code: &Code, value: Value, apart: &BTreeSet<usize>) -> Value {
    let foreign = |value: &Value| {
        let mut files = value.parts.iter().map(|part| &part.evidence.file);
        files.any(|file| apart.iter().any(|at| code.sources[*at].path == *file))
    };
    if apart.is_empty() || !foreign(&value) {
        return value;
    }
    value.alternatives().find(|other| !foreign(other)).unwrap_or_default()
}

pub(super) fn listens(
    code: &Code,
    row: &CallRow,
    place: Place,
    apart: &BTreeSet<usize>,
) -> Option<Found> {
    let (source, at) = place;
    let file = &code.sources[source];
    let arguments = code.arguments(place);
    let on = receiver(code, place);
    let created = at >= 1 && file.word(at - 1) == Some("new");
    let subject = on.to_lowercase();
    let name = file.raw(at);
    let dependent = name == "InetSocketAddress";
    // A method with a common name listens only if its object looks like a server.
    let own = || code.methods(name).iter().any(|method| method.at.0 == source);
    let bare = !file.mark(at.wrapping_sub(1), '.');
    let of_uri = subject.contains("uribuilder") && OF_URI.iter().any(|class| file.names(class));
    let serves = of_uri || is_server(&subject, name);
    if row.of.is_empty() && !created && (!serves || bare && own()) {
        return None;
    }
    let is_beside = |text: &str| BESIDE.iter().any(|word| text.to_lowercase().contains(word));
    let beside = is_beside(&row.of);
    let calls = ["client", "forward"].iter().any(|word| subject.contains(word));
    if is_other_service(&words(&on)) || calls && !beside {
        return None;
    }
    // An address to connect to, or of a packet to send.
    let mut udp = row.does == Does::Receives;
    let mut bound = false;
    if dependent {
        let outer = file.enclosing(at).and_then(|open| open.checked_sub(1));
        let around = outer.and_then(|name| file.word(name)).unwrap_or_default();
        if CONNECTS.contains(&around) {
            return None;
        }
        bound = is_bound(file, at, around);
        udp = around.contains("Datagram")
            || outer.is_some_and(|outer| {
                receiver(code, (source, outer)).to_lowercase().contains("datagram")
            });
    } else if name == "bind" {
        let method = code.method_at(place).map_or(0..0, |method| method.body.clone());
        udp = method.into_iter().any(|at| file.word(at).is_some_and(is_datagram));
    }
    // Kotlin names its arguments.
    let named = |name: &str| {
        let mut all = arguments.iter();
        let range =
            all.find(|r| file.word(r.start) == Some(name) && file.mark(r.start + 1, '='))?;
        Some(range.start + 2..range.end)
    };
    let (host, port) = match arguments.as_slice() {
        _ if named("port").is_some() => {
            let host = named("host").map(|host| code.value(source, host, 0));
            (host, named("port")?)
        }
        [port] => (None, port.clone()),
        [first, second, ..]
            if matches!(name, "InetSocketAddress" | "start" | "listen" | "bind") =>
        {
            let value = code.value(source, first.clone(), 0);
            if number(&value).is_some() {
                (None, first.clone())
            } else {
                (Some(value), second.clone())
            }
        }
        [_, ..] => (None, arguments.get(row.at.unwrap_or(0))?.clone()),
        // Vert.x creates its server first and listens later.
        [] if name == "createHttpServer" => (None, at..at),
        [] => return None,
    };
    // An address with an unknown host is more often one to connect to.
    if dependent && !bound && host.as_ref().is_some_and(|host| !host.is_known()) {
        return None;
    }
    code.doubt.set(false);
    let whole = code.value(source, port.clone(), 0);
    let doubt = code.doubt.replace(false);
    let host = host.or_else(|| host::of(code, place, &arguments, &whole));
    let local = host.as_ref().and_then(host::local);
    let host = host.and_then(|host| host.text()).filter(|_| local.is_none());
    let elsewhere = |host: &str| !matches!(host, "0.0.0.0" | "::" | "") && !host.contains("://");
    if host.as_deref().is_some_and(elsewhere) {
        return None;
    }
    let value = of_program(code, whole.clone(), apart);
    // Another program passes a port here, so this one does too.
    let passed = value != whole && number(&whole).is_some();
    let variable = value.env().map(str::to_owned);
    let other = |name: &String| is_other_service(&words(name));
    if variable.as_ref().is_some_and(other) {
        return None;
    }
    let flag = value.flag().map(str::to_owned);
    let held = number(&value);
    // Port 0 means any free port: in a test, or for a socket that only sends.
    let nothing = held.is_none() && variable.is_none() && flag.is_none();
    let sure = passed || is_sure(file, name, bound) || starts(file, name, &subject);
    if nothing && !sure || held == Some(0) {
        return None;
    }
    let before = (at.saturating_sub(MAX_STATEMENT)..at).rev();
    let spoken = before.take_while(|at| !matches!(file.raw(*at), ";" | "{" | "}")).count();
    let spoken = spelt(code, source, at - spoken..at);
    let port = spelt(code, source, port);
    let text = format!("{subject} {spoken} {} {port}", file.path.file_name());
    let beside = beside || code.reached(place, None, 0) == Reach::Sure(false) || is_beside(&text);
    Some(Found { value: held, variable, flag, udp, beside, doubt, local, place })
}

/// Kotlin's `connector.port = 80` and `ServerConnector(server).apply { port = 80 }`.
fn assigned(code: &Code, set: &Definition) -> Option<Found> {
    let (source, at) = set.at;
    let file = &code.sources[source];
    let before = at.checked_sub(1).filter(|_| file.is_kotlin())?;
    let on = if file.mark(before, '.') {
        receiver(code, set.at)
    } else {
        let block = file.enclosing(at).filter(|open| file.mark(*open, '{'))?;
        let scope = block.checked_sub(1)?;
        let scoped = matches!(file.word(scope)?, "apply" | "also" | "run" | "with");
        scoped.then(|| spelt(code, source, scope.saturating_sub(8)..scope))?
    };
    let subject = on.to_lowercase();
    let serves = ["server", "connector", "netty", "undertow"].iter().any(|w| subject.contains(w));
    if !serves || is_other_service(&words(&on)) {
        return None;
    }
    let value = code.value(source, set.value.clone(), 0);
    let number = number(&value).filter(|number| *number > 0)?;
    let (variable, flag) = (value.env().map(str::to_owned), value.flag().map(str::to_owned));
    let beside = BESIDE.iter().any(|word| subject.contains(word));
    Some(Found {
        value: Some(number),
        variable,
        flag,
        udp: false,
        beside,
        doubt: false,
        local: None,
        place: set.at,
    })
}

/// Calls that listen on the address in their arguments.
const BINDS: [&str; 8] = [
    "bind",
    "create",
    "listen",
    "localAddress",
    "Server",
    "ServerSocket",
    "DatagramSocket",
    "createHttpServer",
];

/// True for a call that listens whatever its address is.
fn is_sure(file: &Source, name: &str, bound: bool) -> bool {
    match name {
        "InetSocketAddress" => bound,
        "ServerSocket" => file.calls("accept").next().is_some(),
        "bind" => file.names("ServerBootstrap"),
        "embeddedServer"
        | "newServerBuilderForPort"
        | "addHttpListener"
        | "createHttpServer"
        | "addConnector"
        | "createServerSocket" => true,
        _ => false,
    }
}

/// True for a call that starts the server of a framework with an argument that is its port.
fn starts(file: &Source, name: &str, subject: &str) -> bool {
    match name {
        "start" => subject.contains("javalin"),
        "port" => {
            subject.trim().is_empty() && file.imports.iter().any(|i| i.path.contains("spark.Spark"))
        }
        _ => false,
    }
}

/// True for `bind(new InetSocketAddress(..))`, and for an address whose name such a call takes.
pub(super) fn is_bound(file: &Source, at: usize, outer: &str) -> bool {
    if BINDS.contains(&outer) || outer == "super" && extends_server(file) {
        return true;
    }
    let before = if at >= 1 && file.word(at - 1) == Some("new") { at - 1 } else { at };
    let named = before.checked_sub(2).filter(|_| file.mark(before - 1, '='));
    let Some(name) = named.and_then(|name| file.word(name)) else { return false };
    BINDS.iter().flat_map(|call| file.calls(call)).any(|start| file.word(start) == Some(name))
}

/// True for a class that is a server of its library by inheritance: `extends WebSocketServer`.
fn extends_server(file: &Source) -> bool {
    let mut named = file.places("extends").iter().filter_map(|at| file.word(at + 1));
    named.any(|class| class.ends_with("Server"))
}

/// A port, or the port of an address: `http://0.0.0.0:8080/`.
pub(super) fn number(value: &Value) -> Option<u16> {
    let text = value.text()?;
    let text = text.trim();
    let address =
        text.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    address.map_or(text, |host| host.rsplit(':').next().unwrap_or_default()).parse().ok()
}

/// True for `NioDatagramChannel` and the like.
pub(super) fn is_datagram(word: &str) -> bool {
    word.ends_with("DatagramChannel")
}

/// The words of an expression.
fn spelt(code: &Code, source: usize, range: std::ops::Range<usize>) -> String {
    range.filter_map(|at| code.sources[source].word(at)).collect::<Vec<_>>().join(" ")
}

/// `redisPort` and `REDIS_PORT` as words in lower case.
fn words(name: &str) -> String {
    let mut out = String::new();
    let mut small = false;
    for c in name.chars() {
        if c.is_uppercase() && small {
            out.push(' ');
        }
        small = c.is_lowercase();
        out.extend(c.to_lowercase());
    }
    out
}

/// The words from the start of the chain to the method, which tell what it is called on.
pub(super) fn receiver(code: &Code, (source, at): Place) -> String {
    let file = &code.sources[source];
    let start = Call { file: (**file).clone(), at, open: at + 1 }.on().map_or(at, |on| on.start);
    let chain = spelt(code, source, start..at);
    let first = file.word(start).filter(|_| start < at).unwrap_or_default();
    // The type of a variable says more than its name.
    let declared = file.places(first).iter().copied().find(|at| file.mark(at + 1, '='));
    let of = declared.map_or_else(String::new, |at| {
        spelt(code, source, at.saturating_sub(1)..(at + 10).min(file.len()))
    });
    let call = file.enclosing(start).filter(|open| file.mark(*open, '(')).map(|open| {
        let name = open.checked_sub(1).and_then(|at| file.word(at)).unwrap_or_default();
        name.to_owned()
    });
    [chain, of, call.unwrap_or_default()].join(" ")
}

/// True if the words mean something that listens.
fn is_server(subject: &str, method: &str) -> bool {
    let words = [
        "server",
        "javalin",
        "spark",
        "vertx",
        "listener",
        "tomcat",
        "connector",
        "undertow",
        "netty",
        "bootstrap",
        "router",
        "jooby",
        "ratpack",
        "armeria",
        "grpc",
        "app",
        "http",
        "ktor",
        "socketio",
        "options",
        "factory",
        "service",
    ];
    let unqualified = subject.trim().is_empty();
    // `port(4567)` of Spark is imported by its name alone.
    if unqualified {
        return matches!(method, "port" | "embeddedServer" | "setPort");
    }
    words.iter().any(|word| subject.contains(word))
}

/// The default port of a framework whose server the code starts without a port, beside listeners of
/// its own: `Javalin.create().start()`.
fn unnamed(around: &Surroundings, code: &Code, apart: &BTreeSet<usize>) -> Option<Sourced<u16>> {
    let runtime = || around.dependencies.iter().filter(|d| d.scope != "test");
    around.project.tables.server_default.iter().find_map(|row| {
        let dependency = runtime().find(|d| d.key == row.artifact)?;
        let set = row.setting.as_deref().is_some_and(|name| !code.definitions(name).is_empty());
        let of_row = row.names.to_lowercase();
        let starts = |place: &&Place| {
            !apart.contains(&place.0)
                && code.arguments(**place).is_empty()
                && words(&receiver(code, **place)).contains(&of_row)
        };
        let place = code.calls("start").iter().find(starts).filter(|_| !set)?;
        let what = format!("{} listens on {} if nothing sets its port", dependency.key, row.port);
        Some(Sourced::new(row.port, code.evidence(*place, what)))
    })
}

/// Adds the default port of a framework whose server the code opens without a port.
fn framework_default(
    program: &mut Program,
    around: &Surroundings,
    code: &Code,
    apart: &BTreeSet<usize>,
) {
    let runtime = || around.dependencies.iter().filter(|d| d.scope != "test");
    for row in &around.project.tables.server_default {
        let Some(dependency) = runtime().find(|d| d.key == row.artifact) else { continue };
        let mut own = around.sources.iter().enumerate().filter(|(at, _)| !apart.contains(at));
        let used = own.any(|(_, source)| source.names(&row.names));
        if !used {
            continue;
        }
        program.kind = Kind::Service;
        let set = row.setting.as_deref().and_then(|name| code.definitions(name).first());
        if let Some(set) = set {
            let value = code.value(set.at.0, set.value.clone(), 0);
            let evidence = code.evidence(set.at, "the port that the code sets");
            match number(&value) {
                Some(port) => program.port = Some(Sourced::new(port, evidence)),
                None => program.findings.push(Finding::port_unknown(
                    Some("the code computes it when it starts"),
                    [evidence],
                )),
            }
            return;
        }
        let note = format!("{} listens on {} if nothing sets its port", row.artifact, row.port);
        let evidence = Evidence { note, ..dependency.evidence.clone() };
        program.port = Some(Sourced::new(row.port, evidence));
        return;
    }
}
