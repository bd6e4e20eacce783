//! Ports and addresses, and what opens them.

use super::*;

#[test]
fn ports_from_literals_variables_constants_and_arguments() {
    for (code, expected) in [
        ("fn main() { TcpListener::bind(\"0.0.0.0:3001\").await }", Some(3001)),
        ("fn main() { TcpListener::bind((\"0.0.0.0\", 3002)) }", Some(3002)),
        (
            "fn main() { let a = SocketAddr::from(([0, 0, 0, 0], 3003)); TcpListener::bind(a); }",
            Some(3003),
        ),
        ("fn main() { TcpListener::bind((Ipv4Addr::UNSPECIFIED, 3004)) }", Some(3004)),
        (
            "fn main() { let p = std::env::var(\"PORT\").ok().and_then(|p| p.parse().ok()).unwrap_or(3005u16); TcpListener::bind(p); }",
            Some(3005),
        ),
        (
            "fn main() { let p = env::var(\"HTTP_PORT\").unwrap_or_else(|_| \"3006\".into()); TcpListener::bind(p); }",
            Some(3006),
        ),
        (
            "const DEFAULT_PORT: u16 = 3_007; fn main() { TcpListener::bind((host, DEFAULT_PORT)) }",
            Some(3007),
        ),
        (
            "struct A { #[arg(long, short, env = \"PORT\", default_value_t = 3008)] port: u16 } fn main() { TcpListener::bind(x) }",
            Some(3008),
        ),
        (
            "struct A { #[clap(long, default_value = \"0.0.0.0:3009\")] pub(crate) listen_addr: SocketAddr } fn main() {}",
            Some(3009),
        ),
        (
            "struct A { #[arg(long, default_value = \"http://0.0.0.0:3012\")] listener_url: Url } fn main() { TcpListener::bind(x) }",
            Some(3012),
        ),
        (
            "struct A { #[arg(long, default_value = \"http://0.0.0.0:3012\")] storage_url: Url } fn main() { TcpListener::bind(x) }",
            None,
        ),
        (
            "struct M { #[builder(default = \"587\")] pub port: u16 } struct C { #[builder(default = \"3890\")] pub ldap_port: u16, #[serde(skip)] #[builder(default = \"3010\")] #[doc = \"x\"] pub http_port: u16 } fn main() { TcpListener::bind(x) }",
            Some(3010),
        ),
        (
            "struct S { #[serde(default = \"default_port\")] port: u16 } fn default_port() -> u16 { 3011 } fn main() { TcpListener::bind(x) }",
            Some(3011),
        ),
        // The program connects to this port and does not listen on it.
        ("fn main() { Client::connect(\"127.0.0.1:8080\"); TcpListener::bind(x) }", None),
        ("fn main() { let redis = \"127.0.0.1:6379\"; TcpListener::bind(x) }", None),
        (
            "#[cfg(test)] mod tests { fn t() { bind(\"0.0.0.0:1234\") } } fn main() { TcpListener::bind(x) }",
            None,
        ),
        ("fn main() { println!(\"no server\") }", None),
    ] {
        assert_eq!(port(code), expected, "{code}");
    }
}

#[test]
fn a_server_without_a_known_port_says_so() {
    let (found, _) = program("", "fn main() { TcpListener::bind(x) }", &[]);
    assert_eq!((found.kind, codes(&found.findings)), (Kind::Service, vec!["port-unknown"]));
    assert_eq!(program("", "fn main() {}", &[]).0.kind, Kind::Command);
    let (found, _) = program("axum = \"0.8\"\n", "fn main() { axum::serve(x, y) }", &[]);
    assert_eq!((found.kind, found.evidence.len()), (Kind::Service, 2));
}

#[test]
fn an_address_of_this_machine_is_opened_where_that_is_certain() {
    let (found, _) = program(
        "",
        "fn main() { let h = env::var(\"HOST\").unwrap_or(\"127.0.0.1\".into()); bind((h, 8000)) }",
        &[],
    );
    assert_eq!(env(&found), ["HOST=0.0.0.0"]);
    let (found, _) = program(
        "",
        "fn main() { let a = env::var(\"LISTEN\").unwrap_or_else(|_| \"localhost:8001\".into()); TcpListener::bind(a) }",
        &[],
    );
    assert_eq!(
        (env(&found), found.port.unwrap().value),
        (vec!["LISTEN=0.0.0.0:8001".to_owned()], 8001)
    );
    let arguments = "struct A { #[arg(long, default_value = \"127.0.0.1\")] host: String, #[arg(long, default_value_t = 8002)] port: u16 } fn main() { TcpListener::bind(x) }";
    let (found, details) = program("", arguments, &[]);
    assert_eq!(
        (found.findings.len(), details.args),
        (0, vec!["--host".to_owned(), "0.0.0.0".to_owned()])
    );
    // The argument of a subcommand is for a person to give.
    let with_subcommands = format!("{arguments} #[derive(Subcommand)] enum C {{}}");
    let (found, details) = program("clap = \"4\"\n", &with_subcommands, &[]);
    assert!(details.args.is_empty() && found.findings[0].fix.contains("--host 0.0.0.0"));
    let (found, _) = program("", "fn main() { TcpListener::bind(\"127.0.0.1:8003\") }", &[]);
    assert_eq!(codes(&found.findings), ["localhost-only"]);
    assert_eq!(found.findings[0].evidence[0].place(), "src/main.rs:1");
}

#[test]
fn rocket_is_opened_and_stops_by_itself() {
    let (found, details) = program(
        "rocket = \"0.5\"\n",
        "#[rocket::launch] fn rocket() -> _ { rocket::build() }",
        &[("Rocket.toml", "[default]\nport = 9001\n[release]\nport = 9002\n")],
    );
    assert_eq!(
        (env(&found), found.port.unwrap().value),
        (vec!["ROCKET_ADDRESS=0.0.0.0".to_owned()], 9002)
    );
    assert!(found.handles_sigterm.is_some());
    assert_eq!(details.files, [(RelPath::new("Rocket.toml").unwrap(), "Rocket.toml".to_owned())]);
}

#[test]
fn commands_of_claps_builder_are_not_started() {
    let said = |command: &str| {
        let main = format!("use super::prelude::*; fn main() {{ {command}; }}");
        codes(&program("clap = \"4\"\n", &main, &[]).0.findings).len()
    };
    assert_eq!(said("Command::new(\"serve-x\").about(\"x\")"), 0);
    assert_eq!(said("Command::new(\"serve-x\").arg(Arg::new(\"y\"))"), 0);
    assert_eq!(said("Command::new(\"serve-x\").arg(\"y\").status()"), 1);
}

#[test]
fn arguments_of_a_builder_give_the_address() {
    let main = |arg: &str, code: &str| {
        format!("fn main() {{ let m = App::new(\"x\").arg({arg}).get_matches(); {code} }}")
    };
    let port = "Arg::with_name(\"port\").long(\"port\").takes_value(true).default_value(\"7320\")";
    let code = "let p: u16 = m.value_of(\"port\").unwrap().parse().unwrap(); TcpListener::bind((\"0.0.0.0\", p));";
    let (found, _) = program("clap = \"2\"\n", &main(port, code), &[]);
    assert_eq!(found.port.unwrap().value, 7320);
    let code = "let p = *m.get_one::<u16>(\"port\").unwrap(); TcpListener::bind((\"0.0.0.0\", p));";
    let port = "Arg::new(\"port\").long(\"port\").env(\"PORT\").default_value(\"7321\")";
    let (found, _) = program("clap = \"4\"\n", &main(port, code), &[]);
    assert_eq!((found.port.unwrap().value, found.port_variable.as_deref()), (7321, Some("PORT")));
    let bind = "Arg::new(\"bind\").long(\"bind\").takes_value(true)";
    let code = "let b = m.value_of(\"bind\").unwrap_or(\"127.0.0.1:7322\"); TcpListener::bind(b);";
    let (found, details) = program("clap = \"3\"\n", &main(bind, code), &[]);
    assert_eq!(found.port.unwrap().value, 7322);
    assert_eq!(details.args, ["--bind", "0.0.0.0:7322"]);
    assert!(found.findings.is_empty());
}

#[test]
fn port_and_profile_from_configuration_files() {
    let main = "fn main() { let d = current_dir().join(\"conf\"); let e = std::env::var(\"APP_ENV\").unwrap_or_else(|_| \"local\".into()); match e { \"production\" => {} } TcpListener::bind(x) }";
    let files = [
        ("conf/base.yaml", "application:\n  port: 8100\n  host: 0.0.0.0\n"),
        ("conf/local.yaml", "application:\n  host: 127.0.0.1\n"),
        ("conf/production.yaml", "application:\n  host: 0.0.0.0\n"),
    ];
    let (found, details) = program("", main, &files);
    assert_eq!(found.port.as_ref().unwrap().value, 8100);
    assert_eq!(env(&found), ["APP_ENV=production"]);
    assert_eq!(details.files[0].1, "conf");
    let (found, _) = program(
        "",
        "const C: [&str; 1] = [\"./app.cfg\"]; fn main() { TcpListener::bind(x) }",
        &[("app.cfg", "[channel]\n# inet\ninet = \"[::1]:1491\"\n")],
    );
    assert_eq!(
        (found.port.unwrap().value, found.findings[0].evidence[0].place()),
        (1491, "app.cfg:3".to_owned())
    );
}

#[test]
fn a_setting_is_opened_by_the_variable_that_replaces_it() {
    let file = ("app.toml", "[server]\naddress = \"127.0.0.1:8123\"\n");
    let opened = |layer: &str, dependency: &str, files: &[(&str, &str)]| {
        let main = format!(
            "const C: [&str; 1] = [\"./{}\"]; fn main() {{ {layer}; TcpListener::bind(x) }}",
            files[0].0
        );
        let (found, _) = program(&format!("{dependency} = \"1\"\n"), &main, files);
        let warned = found.findings.iter().any(|finding| finding.code.as_str() == "localhost-only");
        (env(&found).join(" "), found.port.map(|port| port.value), warned)
    };
    let all = |variable: &str| (format!("{variable}=0.0.0.0:8123"), Some(8123), false);
    for (layer, dependency, variable) in [
        ("Environment::with_prefix(\"MY\").separator(\"__\")", "config", "MY__SERVER__ADDRESS"),
        (
            "config::Environment::with_prefix(\"my\").prefix_separator(\"_\").separator(\"__\")",
            "config",
            "MY_SERVER__ADDRESS",
        ),
        (
            "b.add_source(config::Environment::default().separator(\"__\"))",
            "config",
            "SERVER__ADDRESS",
        ),
        (
            "Figment::new().merge(Env::prefixed(\"MY_\").split(\"__\"))",
            "figment",
            "MY_SERVER__ADDRESS",
        ),
    ] {
        assert_eq!(opened(layer, dependency, &[file]), all(variable), "{layer}");
    }
    for (layer, dependency) in [
        ("Environment::with_prefix(\"MY\")", "config"),
        ("Environment::with_prefix(\"MY\").separator(\"__\")", "other"),
        ("Environment::with_prefix(\"MY\").separator(\"-\")", "config"),
        ("Environment::default()", "config"),
    ] {
        assert_eq!(
            opened(layer, dependency, &[file]),
            (String::new(), Some(8123), true),
            "{layer}"
        );
    }
    let yaml = ("app.yaml", "application:\n  port: 8124\n  host: 127.0.0.1\n");
    let layer = "Environment::with_prefix(\"MY\").separator(\"_\")";
    assert_eq!(
        opened(layer, "config", &[yaml]),
        ("MY_APPLICATION_HOST=0.0.0.0".to_owned(), Some(8124), false)
    );
    let deep = ("app.yaml", "all:\n  application:\n    port: 8124\n    host: 127.0.0.1\n");
    assert_eq!(opened(layer, "config", &[deep]), (String::new(), Some(8124), true));
}

#[test]
fn defaults_of_settings_in_the_code() {
    let main = |layer: &str| {
        format!(
            "fn main() {{ Config::builder().set_default(\"host\", \"127.0.0.1\")?.set_default(\"port\", 8888)?.set_default(\"db.port\", 5432)?{layer}; TcpListener::bind(x) }}"
        )
    };
    let layer = ".add_source(Environment::with_prefix(\"atlas\").prefix_separator(\"_\").separator(\"__\"))";
    let (found, _) = program("config = \"1\"\n", &main(layer), &[]);
    assert_eq!(env(&found), ["ATLAS_HOST=0.0.0.0"]);
    assert_eq!(
        (found.port.unwrap().value, found.port_variable.as_deref()),
        (8888, Some("ATLAS_PORT"))
    );
    let (found, _) = program("config = \"1\"\n", &main(""), &[]);
    assert!(
        found.env.is_empty()
            && found.findings.iter().any(|finding| finding.code.as_str() == "localhost-only")
    );
}

#[test]
fn datagrams_and_constants() {
    let ports = |code: &str| {
        let (found, _) = program("", code, &[]);
        found.ports().map(|ports| ports.value)
    };
    for (code, expected) in [
        ("fn main() { UdpSocket::bind(\"0.0.0.0:6969\") }", Some("6969/udp")),
        ("fn main() { tokio::net::UdpSocket::bind((\"0.0.0.0\", 53)) }", Some("53/udp")),
        ("const A: &str = \"0.0.0.0:6969\"; fn main() { UdpSocket::bind(A) }", Some("6969/udp")),
        (
            "fn main() { UdpSocket::bind(\"0.0.0.0:6969\"); TcpListener::bind(\"0.0.0.0:80\") }",
            Some("80,6969/udp"),
        ),
        ("fn main() { UdpSocket::bind(\"0.0.0.0:0\") }", None),
        // The default of a parser is not where the program listens.
        (
            "const DEFAULT_PORT: u16 = 80; fn parse(a: &str) -> u16 { a.parse().unwrap_or(DEFAULT_PORT) } fn main() { TcpListener::bind(x) }",
            None,
        ),
        (
            "const DEFAULT_PORT: u16 = 8080; fn main() { TcpListener::bind((\"0.0.0.0\", DEFAULT_PORT)) }",
            Some("8080"),
        ),
        (
            "const PORT: u16 = 8081; fn main() { let a = SocketAddr::from(([0, 0, 0, 0], PORT)); TcpListener::bind(a) }",
            Some("8081"),
        ),
        (
            "const PORT: u16 = 8082; fn main() { TcpListener::bind(format!(\"0.0.0.0:{PORT}\")) }",
            Some("8082"),
        ),
    ] {
        assert_eq!(ports(code).as_deref(), expected, "{code}");
    }
}

#[test]
fn an_address_that_is_compared_is_no_listener() {
    let code = "fn main() { match octets { [127, 0, 0, 1] => 1, [0, 0, 0, 0] | [1, 1, 1, 1] => 2, _ => 3 } }";
    let (found, _) = program("", code, &[]);
    assert_eq!((found.kind, found.findings.len()), (Kind::Command, 0));
}

#[test]
fn a_port_above_all_headings_is_the_programs() {
    let main = "fn main() { let s = config::Config::builder()\
        .add_source(config::File::with_name(\"config/default\")).build().unwrap(); \
        let p = s.get_int(\"port\").unwrap(); TcpListener::bind((\"0.0.0.0\", p)); }";
    let of = |text: &str| {
        let found = program("config = \"0.15\"\n", main, &[("config/default.toml", text)]);
        found.0.port.map(|port| port.value)
    };
    assert_eq!(of("port = 6161\n"), Some(6161));
    assert_eq!(of("[database]\nport = 5432\n"), None);
}

#[test]
fn the_first_argument_that_serves() {
    let args = |head: &str, arm: &str| {
        let main = format!(
            "fn main() {{ {head} {{ {arm} => {{ TcpListener::bind(\"0.0.0.0:1\"); }} \
             Some(\"keygen\") | Some(\"key\") => println!(\"k\"), _ => usage(), }} }}"
        );
        program("", &main, &[]).0.args.map(|args| args.value)
    };
    let found = Some("listen".to_owned());
    assert_eq!(args("match std::env::args().nth(1).as_deref()", "Some(\"listen\")"), found);
    let held = "let mode = env::args().nth(1).unwrap(); match mode.as_str()";
    assert_eq!(args(held, "\"listen\""), found);
    assert_eq!(args("match kind.as_str()", "\"listen\""), None);
}

#[test]
fn the_subcommand_that_serves() {
    let args = |code: &str| {
        let (found, _) = program("clap = \"4\"\n", code, &[]);
        found.args.map(|args| (args.value, args.strength))
    };
    let derived = "#[derive(Parser)] enum Cmd { #[command(name = \"up\")] Begin { port: u16 }, DefaultConfig } ";
    let serving = format!(
        "{derived} fn main() {{ match Cmd::parse() {{ Cmd::Begin {{ port }} => go(port), Cmd::DefaultConfig => {{}} }} }} fn go(p: u16) {{ TcpListener::bind((\"0.0.0.0\", p)) }}"
    );
    assert_eq!(args(&serving), Some(("up".to_owned(), Strength::Stated)));
    let built = "fn main() { let c = Command::new(\"x\").subcommand(Command::new(\"take\")).subcommand(Command::new(\"give\")); match c.get_matches().subcommand() { Some((\"take\", m)) => { UdpSocket::bind(\"0.0.0.0:1\") } _ => {} } }";
    assert_eq!(args(built), Some(("take".to_owned(), Strength::Stated)));
    let apart = "fn command() -> Command { Command::new(\"take\") } fn main() { let c = Command::new(\"x\").subcommand(command()); match c.get_matches().subcommand() { Some((\"take\", m)) => { UdpSocket::bind(\"0.0.0.0:1\") } _ => {} } }";
    assert_eq!(args(apart), Some(("take".to_owned(), Strength::Stated)));
    // Modules tell functions of one name apart.
    let main = "mod give; mod take; fn main() { let c = Command::new(\"x\").subcommand(Command::new(\"give\")).subcommand(Command::new(\"take\")); match c.get_matches().subcommand() { Some((\"give\", m)) => give::exec(m), Some((\"take\", m)) => take::exec(m), _ => {} } }";
    let files = [
        ("src/give.rs", "pub fn exec(m: M) {}"),
        ("src/take.rs", "pub fn exec(m: M) { TcpListener::bind(\"0.0.0.0:1\"); }"),
    ];
    let (found, _) = program("clap = \"4\"\n", main, &files);
    assert_eq!(found.args.map(|args| args.value).as_deref(), Some("take"));
    // A usual name is only a guess; without one, a finding says so.
    let named = "#[derive(Subcommand)] enum Cmd { Pack, Serve } fn main() { other::run(x) }";
    assert_eq!(args(named), Some(("serve".to_owned(), Strength::Guessed)));
    let unknown = "#[derive(Subcommand)] enum Cmd { Pack, Unpack } fn main() { TcpListener::bind(\"0.0.0.0:1\") }";
    let (found, _) = program("clap = \"4\"\n", unknown, &[]);
    assert_eq!((found.args, codes(&found.findings)), (None, vec!["subcommand-unknown"]));
    assert!(found.findings[0].what.contains("`pack`, `unpack`"), "{}", found.findings[0].what);
}

#[test]
fn addresses_are_followed_to_the_call_that_listens() {
    for (code, expected) in [
        (
            "async fn serve(port: u16) { TcpListener::bind((\"0.0.0.0\", port)).await } fn main() { serve(7201) }",
            Some(7201),
        ),
        (
            "struct C { port: u16 } impl Default for C { fn default() -> Self { Self { port: 7202 } } } fn main() { let c = load(); TcpListener::bind(format!(\"[::]:{}\", c.port)) }",
            Some(7202),
        ),
        (
            "fn main() { let port = match std::env::var(\"PORT\") { Ok(p) => p.parse().unwrap(), Err(_) => 7203 }; TcpListener::bind(([0, 0, 0, 0], port)) }",
            Some(7203),
        ),
        (
            "fn addr() -> String { let p = std::env::args().nth(1).unwrap_or_else(|| \"7204\".to_string()); format!(\"0.0.0.0:{p}\") } fn main() { tiny_http::Server::http(addr()).unwrap() }",
            Some(7204),
        ),
        (
            "static C: LazyLock<C> = LazyLock::new(|| C { listen: env::var(\"L\").unwrap_or_else(|_| \"0.0.0.0:7205\".to_owned()) }); fn main() { let c = &*C; TcpListener::bind(&c.listen).await? }",
            Some(7205),
        ),
        (
            "struct C { #[serde(default = \"default_port\")] port: u16 } fn default_port() -> u16 { 7_206 } fn main() { let c: C = envy::from_env()?; TcpListener::bind((Ipv4Addr::UNSPECIFIED, c.port)) }",
            Some(7206),
        ),
        (
            "mod other { pub const PORT: u16 = 1; } const PORT: u16 = 7207u16; fn main() { let a = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), PORT); TcpListener::bind(a) }",
            Some(7207),
        ),
        (
            "fn main() { UdpSocket::bind(\"0.0.0.0:0\").unwrap(); TcpListener::bind(\"0.0.0.0:7208\") } #[cfg(test)] mod tests { fn t() { TcpListener::bind(\"0.0.0.0:1\") } }",
            Some(7208),
        ),
    ] {
        let port = program("", code, &[]).0.port.map(|port| port.value);
        assert_eq!(port, expected, "{code}");
    }
    let both =
        "const A: &str = \"0.0.0.0:7209\"; fn main() { UdpSocket::bind(A); TcpListener::bind(A) }";
    let (both, _) = program("", both, &[]);
    assert_eq!(both.port.map(|port| port.value), Some(7209));
    assert_eq!(both.more_ports[0].value, crate::facts::Port::udp(7209));
    // A metrics listener is not the server.
    let metrics = "fn main() { PrometheusBuilder::new().with_http_listener(([0, 0, 0, 0], 7211)).install(); TcpListener::bind(\"0.0.0.0:7210\") }";
    assert_eq!(program("", metrics, &[]).0.port.map(|port| port.value), Some(7210));
}

#[test]
fn a_condition_on_a_variable_holds_where_nobody_sets_it() {
    let main = |condition: &str| {
        port(&format!(
            "fn main() {{ let port = if {condition} {{ 8080 }} else {{ 4000 }}; \
             TcpListener::bind((\"0.0.0.0\", port)); }}"
        ))
    };
    assert_eq!(main("env::var(\"IN_BOX\").is_ok()"), Some(4000));
    assert_eq!(main("!env::var(\"IN_BOX\").is_ok()"), Some(8080));
    assert_eq!(main("env::var(\"IN_BOX\").is_err()"), Some(8080));
}

#[test]
fn rocket_with_a_configuration_of_its_own() {
    let main = |port: &str| {
        let main = format!(
            "use rocket::config::Config;\nfn main() {{ let c = Config {{ port: {port}, ..Config::default() }}; rocket::custom(c).launch(); }}"
        );
        program("rocket = \"0.5\"\n", &main, &[]).0
    };
    let own = main("9100");
    assert_eq!(own.port.as_ref().map(|port| port.value), Some(9100));
    let unknown = main("settings.address.port()");
    assert!(unknown.port.is_none() && unknown.env.is_empty());
    assert_eq!(codes(&unknown.findings), ["port-unknown"]);
}

#[test]
fn a_socket_on_any_free_port_is_no_listener() {
    let said = |port: &str| {
        let main = format!(
            "fn probe(s: &Socket) -> bool {{ let a = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), {port}); \
             s.bind(&a).is_ok() }}\nfn main() {{ probe(&s); serve(TcpListener::bind(given())) }}"
        );
        codes(&program("", &main, &[]).0.findings).contains(&"localhost-only")
    };
    assert!(said("4000"));
    assert!(!said("0"));
    let pair = |port: &str| {
        let main = format!(
            "fn main() {{ TcpListener::bind((\"127.0.0.1\", {port})); serve(TcpListener::bind(given())) }}"
        );
        codes(&program("", &main, &[]).0.findings).contains(&"localhost-only")
    };
    assert!(!pair("0"));
}

#[test]
fn a_packages_own_settings_come_before_those_of_a_dependency() {
    let text = |port: &str| {
        format!(
            "pub struct C {{ pub port: u16 }}\npub fn settings() -> C {{ C {{ port: std::env::var(\"P\").unwrap_or(\"{port}\".into()).parse().unwrap() }} }}\n"
        )
    };
    let (own, other) = (text("8000"), text("8001"));
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"lib\"]\n"),
        (
            "app/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\nlib = { path = \"../lib\" }\n",
        ),
        ("lib/Cargo.toml", "[package]\nname = \"lib\"\nversion = \"1.0.0\"\n"),
        ("lib/src/lib.rs", "pub mod settings;\n"),
        ("lib/src/settings.rs", other.as_str()),
        ("app/src/settings.rs", own.as_str()),
        (
            "app/src/main.rs",
            "mod settings;\nfn main() { let c = settings::settings(); std::net::TcpListener::bind(format!(\"0.0.0.0:{}\", c.port)); }\n",
        ),
    ];
    let repo = crate::repo::Repo::from_files(files);
    let facts = crate::detect::rust::detect(&repo.root()).unwrap().unwrap();
    assert_eq!(facts.programs[0].port.as_ref().map(|port| port.value), Some(8000));
}
