//! Ports that the code opens beside the server of its framework, and the port that it gives to that
//! server.

use std::collections::BTreeSet;

use super::code::{Code, Place};
use super::conditional;
use super::host;
use super::listen::{LISTENS, is_datagram, listens, number, receiver};
use super::surroundings::Surroundings;
use crate::code::branches::Reach;
use crate::code::rules::CallRow;
use crate::code::{Call, Does};
use crate::facts::{Port, Program, Sourced};

/// Calls that open the port of a gRPC server.
const GRPC: [&str; 2] = ["forPort", "newServerBuilderForPort"];
/// How many ports are added beside that of a framework.
const MAX_BESIDE: usize = 4;
/// The end of the names of Spring's classes that make a server.
const FACTORY: &str = "WebServerFactory";
/// Such classes whose constructor takes the port.
const MADE: [&str; 6] = [
    "TomcatServletWebServerFactory",
    "JettyServletWebServerFactory",
    "UndertowServletWebServerFactory",
    "TomcatReactiveWebServerFactory",
    "JettyReactiveWebServerFactory",
    "NettyReactiveWebServerFactory",
];

/// Adds the ports that the code opens beside the server of its framework.
pub(super) fn beside_framework(program: &mut Program, around: &Surroundings, code: &Code) {
    for (row, place) in code.doing(&LISTENS) {
        if !is_listener(code, row, place) || !is_on(code, around, place) {
            continue;
        }
        let Some(found) = listens(code, row, place, &BTreeSet::new()) else { continue };
        let Some(number) = found.value.filter(|number| *number > 0) else { continue };
        let port = if found.udp { Port::udp(number) } else { Port::tcp(number) };
        let held = !found.udp && program.port.as_ref().is_some_and(|held| held.value == number)
            || program.more_ports.iter().any(|held| held.value == port);
        if held || program.more_ports.len() >= MAX_BESIDE {
            continue;
        }
        if let Some(local) = &found.local {
            program.findings.push(local.beside(number));
        } else {
            let what = if is_grpc(row) { "the port of a gRPC server" } else { "listens here too" };
            program.more_ports.push(Sourced::new(port, code.evidence(place, what)));
        }
    }
}

/// True unless the settings or a condition leave the code at a place out.
fn is_on(code: &Code, around: &Surroundings, place: Place) -> bool {
    !conditional::is_left_out(code, around.settings, place)
        && code.reached(place, None, 0) != Reach::Sure(false)
        && !of_profile(code, place)
}

/// True in a file whose beans belong to a profile that the settings do not choose here.
fn of_profile(code: &Code, place: Place) -> bool {
    code.calls("Profile").iter().any(|other| {
        let file = &code.sources[other.0];
        other.0 == place.0 && other.1 > 0 && file.mark(other.1 - 1, '@')
    })
}

fn is_grpc(row: &CallRow) -> bool {
    row.names.iter().any(|name| GRPC.contains(&name.as_str()))
}

/// True for a call that certainly listens: beside a framework, many of its own calls have the same
/// names.
fn is_listener(code: &Code, row: &CallRow, place: Place) -> bool {
    let (source, at) = place;
    let file = &code.sources[source];
    if is_grpc(row) {
        return true;
    }
    match file.raw(at) {
        "InetSocketAddress" => {
            let outer = file.enclosing(at).and_then(|open| open.checked_sub(1));
            let outer = outer.and_then(|name| file.word(name)).unwrap_or_default();
            super::listen::is_bound(file, at, outer)
        }
        "ServerSocket" => file.calls("accept").next().is_some(),
        "DatagramSocket" | "MulticastSocket" => {
            file.calls("receive").next().is_some() || file.calls("send").next().is_none()
        }
        "bind" => {
            let datagram = |at| file.word(at).is_some_and(is_datagram);
            file.names("ServerBootstrap") || (0..file.len()).any(datagram)
        }
        "addHttpListener" | "addHttpsListener" | "addConnector" | "createRegistry"
        | "createServerSocket" | "HTTPServer" => true,
        "listen" => file.names("Vertx") || file.names("vertx"),
        "start" => file.names("Javalin"),
        "setPort" => {
            let on = receiver(code, place).to_lowercase();
            let more = ["addAdditionalTomcatConnectors", "addAdditionalConnectors"];
            more.iter().any(|name| file.names(name)) && on.contains("connector")
                || file.names("SocketIOServer")
        }
        "port" => file.names("buildAndStart"),
        _ => row.does == Does::Receives,
    }
}

/// The port that the code gives to Spring's own server, and the variable that changes it. An
/// address on the loopback is reported.
pub(super) fn of_spring(
    program: &mut Program,
    around: &Surroundings,
    code: &Code,
) -> Option<(Sourced<u16>, Option<String>)> {
    let setters = code.calls("setPort").iter().filter(|place| is_factory(code, **place));
    let made = MADE.iter().flat_map(|name| code.calls(name));
    let all: Vec<Place> =
        setters.chain(made).copied().filter(|place| is_on(code, around, *place)).collect();
    let addresses = code.calls("setAddress").iter().filter(|place| is_factory(code, **place));
    let local = addresses.copied().filter(|place| is_on(code, around, *place)).find_map(|place| {
        host::local(&code.value(place.0, code.arguments(place).first()?.clone(), 0))
    });
    host::open(program, code, local);
    all.into_iter().find_map(|place| {
        let range = code.arguments(place).first()?.clone();
        let value = code.value(place.0, range, 0);
        let port = number(&value).filter(|port| *port > 0)?;
        let evidence = code.evidence(place, "the port that the code gives to Spring's server");
        Some((Sourced::new(port, evidence), value.env().map(str::to_owned)))
    })
}

/// True for a method of a factory of Spring's servers: by its type, or in a customizer by its name.
fn is_factory(code: &Code, (source, at): Place) -> bool {
    let file = &code.sources[source];
    let on = Call::at(file, at).and_then(|call| call.on());
    let Some(name) = on.filter(|on| on.len() == 1).and_then(|on| file.word(on.start)) else {
        return false;
    };
    let typed = file.places(name).iter().any(|at| {
        at.checked_sub(1)
            .and_then(|before| file.word(before))
            .is_some_and(|class| class.ends_with(FACTORY))
    });
    typed || file.names("WebServerFactoryCustomizer") && name.to_lowercase().contains("factory")
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::spring;
    use crate::facts::Program;

    fn ports(program: &Program) -> Vec<String> {
        let more = program.more_ports.iter();
        let more = more.map(|port| format!("{:?}/{}", port.value.protocol, port.value.number));
        let main = program.port.iter().map(|port| port.value.to_string());
        main.chain(more).collect()
    }

    #[test]
    fn listeners_beside_spring_are_exposed_behind_its_port() {
        let with = |body: &str| {
            let class = format!("@Component class Side {{ void start() {{ {body} }} }}");
            ports(&spring(&[], &class))
        };
        for body in [
            "s = new ServerSocket(9009); s.accept();",
            "HttpServer.create(new InetSocketAddress(9009), 0).start();",
            "Undertow.builder().addHttpListener(9009, \"0.0.0.0\").build().start();",
            "ServerBootstrap b = new ServerBootstrap(); b.bind(9009).sync();",
            "Connector c = new Connector(); c.setPort(9009); f.addAdditionalTomcatConnectors(c);",
            "LocateRegistry.createRegistry(9009);",
            "SSLContext c; c.getServerSocketFactory().createServerSocket(9009);",
            "BrokerService b = new BrokerService(); b.addConnector(\"tcp://0.0.0.0:9009?wireFormat=x\");",
        ] {
            assert_eq!(with(body), ["8080", "Tcp/9009"], "{body}");
        }
        let udp = "DatagramSocket s = new DatagramSocket(9009); s.receive(p);";
        assert_eq!(with(udp), ["8080", "Udp/9009"]);
        assert_eq!(with("s = new DatagramSocket(9009);"), ["8080", "Udp/9009"]);
        let inherits = "class Chat extends WebSocketServer { Chat() { super(new InetSocketAddress(9009)); start(); } }";
        assert_eq!(ports(&spring(&[], inherits)), ["8080", "Tcp/9009"]);
        for body in [
            "s = new ServerSocket(0); s.accept();",
            "mailOptions.setPort(587);",
            "new InetSocketAddress(\"db.example.com\", 5432);",
            "DatagramSocket s = new DatagramSocket(); s.send(p);",
        ] {
            assert_eq!(with(body), ["8080"], "{body}");
        }
        let off = "@Component @ConditionalOnProperty(name = \"telnet.enabled\") class Side { void start() { s = new ServerSocket(9009); s.accept(); } }";
        assert_eq!(ports(&spring(&[], off)), ["8080"]);
    }

    #[test]
    fn a_customizer_sets_the_port() {
        let customizer = "@Component class Web implements WebServerFactoryCustomizer<ConfigurableServletWebServerFactory> { public void customize(ConfigurableServletWebServerFactory f) { f.setPort(8900); f.setAddress(InetAddress.getByName(\"127.0.0.1\")); } }";
        let settings = ("src/main/resources/application.properties", "server.port=8080\n");
        let found = spring(&[settings], customizer);
        assert_eq!(ports(&found), ["8900"]);
        assert!(found.findings.iter().any(|f| f.code.as_str() == "localhost-only"));
        let bean = "@Configuration class Web { @Bean ServletWebServerFactory web() { return new JettyServletWebServerFactory(8901); } }";
        assert_eq!(ports(&spring(&[], bean)), ["8901"]);
    }
}
