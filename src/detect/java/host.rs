//! The address that a server in the code binds: in its URL, in its arguments, or set beside its
//! port.

use std::ops::Range;

use super::code::{Code, Place};
use super::command::has_subcommands;
use crate::code::{Call, Value, is_local};
use crate::facts::{EnvVar, Evidence, Finding, Program, Sourced};

/// Methods that set the address of a server whose port another method sets.
const SETTERS: [&str; 9] = [
    "host",
    "setHost",
    "withHost",
    "hostname",
    "setHostname",
    "ipAddress",
    "setAddress",
    "bindAddress",
    "fromUri",
];
/// Calls that take the address beside the port.
const TAKES: [&str; 9] = [
    "InetSocketAddress",
    "ServerSocket",
    "DatagramSocket",
    "addHttpListener",
    "addHttpsListener",
    "createHttpServer",
    "start",
    "listen",
    "bind",
];
/// How many calls of one setter are read.
const MAX_CALLS: usize = 32;

/// An address on the container's own loopback, and what moves it.
pub(super) struct Local {
    /// The host.
    pub(super) host: String,
    env: Option<EnvVar>,
    flag: Option<String>,
    evidence: Evidence,
}

impl Local {
    /// True if a variable or an option opens it.
    pub(super) fn opens(&self) -> bool {
        self.env.is_some() || self.flag.is_some()
    }

    /// The finding for a listener beside the main one.
    pub(super) fn beside(&self, port: u16) -> Finding {
        let how = match &self.env {
            Some(var) => format!("give `docker run` `-e {}={} -p {port}`", var.key, var.value),
            None => format!("bind 0.0.0.0 there, and publish {port}"),
        };
        Finding::localhost_only(format_args!("{}:{port}", self.host), [self.evidence.clone()])
            .with_fix(format!("if it is meant for outside, {how}"))
    }
}

/// Makes the main listener listen on all addresses where a variable or an option can, and reports
/// it otherwise.
pub(super) fn open(program: &mut Program, code: &Code, local: Option<Local>) {
    let Some(local) = local else { return };
    let note = format!("listens on {} unless told otherwise", local.host);
    let evidence = Evidence { note, ..local.evidence.clone() };
    if let Some(var) = local.env {
        if program.env.iter().all(|held| held.value.key != var.key) {
            program.env.push(Sourced::new(var, evidence));
        }
        return;
    }
    // An option belongs to the subcommand that serves.
    let known = program.args.is_some() || !has_subcommands(code);
    if let Some(flag) = local.flag.filter(|_| known) {
        let option = format!("{flag} 0.0.0.0");
        program.args = Some(match program.args.take() {
            Some(mut args) => {
                args.value = format!("{} {option}", args.value);
                args.evidence.push(evidence);
                args
            }
            None => Sourced::new(option, evidence),
        });
        return;
    }
    let fix = "bind 0.0.0.0, or take the address from an environment variable";
    program.findings.push(Finding::localhost_only(local.host, [local.evidence]).with_fix(fix));
}

/// The loopback address that a value holds, alone or in a URL.
pub(super) fn local(value: &Value) -> Option<Local> {
    let text = value.text()?;
    let host = in_url(&text).unwrap_or(&text).to_owned();
    if !is_local(&host) {
        return None;
    }
    let opened = text.replacen(&host, "0.0.0.0", 1);
    let env = value.env().map(|key| EnvVar { key: key.to_owned(), value: opened });
    let flag = value.flag().filter(|flag| flag.starts_with('-')).map(str::to_owned);
    Some(Local { host, env, flag, evidence: value.evidence()?.clone() })
}

/// The host of a URL.
fn in_url(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split('/').next()?;
    Some(authority.rsplit_once(':').map_or(authority, |(host, _)| host))
}

/// The address that a call listens on, apart from its first argument.
pub(super) fn of(
    code: &Code,
    place: Place,
    arguments: &[Range<usize>],
    port: &Value,
) -> Option<Value> {
    if port.text().is_some_and(|text| text.contains("://")) {
        return Some(port.clone());
    }
    let name = code.sources[place.0].raw(place.1);
    let mut taken = arguments.iter().filter(|_| TAKES.contains(&name));
    let in_call = taken.find_map(|range| {
        Some(code.value(place.0, range.clone(), 0)).filter(|value| local(value).is_some())
    });
    in_call.or_else(|| set_beside(code, place))
}

/// The address that another call sets on the same object: `connector.setHost("localhost")`.
fn set_beside(code: &Code, place: Place) -> Option<Value> {
    let file = &code.sources[place.0];
    let start = |at: usize| Call::at(file, at).and_then(|call| call.on()).map_or(at, |on| on.start);
    let method = |at: usize| code.method_at((place.0, at)).map(|method| method.at);
    let own = start(place.1);
    let bare = own == place.1;
    let same = |at: usize| {
        let other = start(at);
        // Spark's calls have no object.
        let alike =
            if bare { other == at } else { other != at && file.word(other) == file.word(own) };
        let of_word = file.word(own).is_some_and(|word| word != "new");
        other == own || alike && of_word && method(at) == method(place.1)
    };
    let calls = |name: &str| {
        let all = code.calls(name).iter().filter(|other| other.0 == place.0 && same(other.1));
        all.take(MAX_CALLS).copied().collect::<Vec<Place>>()
    };
    let setters = SETTERS.iter().flat_map(|name| calls(name)).map(|at| (at, 0));
    // Tomcat's connector takes it as a property.
    let property = calls("setProperty").into_iter().filter(|at| {
        let first = code.arguments(*at).first().map(|range| range.start);
        first.is_some_and(|first| file.text(first) == Some("address"))
    });
    setters.chain(property.map(|at| (at, 1))).find_map(|(at, number)| {
        let range = code.arguments(at).get(number)?.clone();
        Some(code.value(at.0, range, 0)).filter(Value::is_known)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};
    use crate::facts::Program;

    fn said(program: &Program) -> bool {
        program.findings.iter().any(|finding| finding.code.as_str() == "localhost-only")
    }

    #[test]
    fn servers_on_the_loopback_address_are_said() {
        for body in [
            "HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9000), 0);",
            "HttpServer.create(new InetSocketAddress(InetAddress.getByName(\"127.0.0.1\"), 9000), 0);",
            "Undertow.builder().addHttpListener(9000, \"localhost\").build().start();",
            "vertx.createHttpServer().listen(9000, \"127.0.0.1\");",
            "vertx.createHttpServer(new HttpServerOptions().setHost(\"localhost\").setPort(9000)).listen();",
            "connector.setHost(\"127.0.0.1\"); connector.setPort(9000);",
            "new ServerSocket(9000, 50, InetAddress.getByName(\"localhost\")).accept();",
            "WebServer.builder().host(\"localhost\").port(9000).build().start();",
            "tomcat.setPort(9000); tomcat.getConnector().setProperty(\"address\", \"127.0.0.1\");",
            "GrizzlyHttpServerFactory.createHttpServer(URI.create(\"http://localhost:9000/api/\"), rc);",
            "GrizzlyHttpServerFactory.createHttpServer(UriBuilder.fromUri(\"http://localhost/\").port(9000).build(), rc);",
        ] {
            let found = program("", &[("App.java", &main(body))]);
            let port = found.port.as_ref().map(|port| port.value);
            assert!(said(&found) && port == Some(9000), "{body}: {port:?}");
            let open = body
                .replace("InetAddress.getLoopbackAddress()", "\"0.0.0.0\"")
                .replace("localhost", "0.0.0.0")
                .replace("127.0.0.1", "0.0.0.0");
            let found = program("", &[("App.java", &main(&open))]);
            assert!(!said(&found) && found.port.is_some(), "{open}");
        }
    }

    #[test]
    fn a_variable_or_an_option_opens_the_address() {
        let body = "Undertow.builder().addHttpListener(9000, System.getenv().getOrDefault(\"BIND\", \"localhost\")).build();";
        let found = program("", &[("App.java", &main(body))]);
        let env: Vec<String> =
            found.env.iter().map(|v| format!("{}={}", v.value.key, v.value.value)).collect();
        assert!(!said(&found));
        assert_eq!(env, ["BIND=0.0.0.0"]);
        let url = "GrizzlyHttpServerFactory.createHttpServer(URI.create(System.getenv().getOrDefault(\"BASE\", \"http://localhost:9000/\")), rc);";
        let found = program("", &[("App.java", &main(url))]);
        assert_eq!(found.env[0].value.value, "http://0.0.0.0:9000/");
    }

    #[test]
    fn a_listener_for_this_machine_alone_is_not_the_main_one() {
        let body = "HttpServer.create(new InetSocketAddress(\"localhost\", 9001), 0); HttpServer.create(new InetSocketAddress(9000), 0);";
        let found = program("", &[("App.java", &main(body))]);
        assert_eq!((found.port.as_ref().unwrap().value, found.more_ports.len()), (9000, 0));
        assert!(said(&found));
    }
}
