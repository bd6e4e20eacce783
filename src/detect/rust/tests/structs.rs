//! Settings in structs: defaults by type, and what overrides them; sockets that are created first.

use super::*;

fn ports(dependency: &str, code: &str) -> Option<String> {
    let (found, _) = program(dependency, code, &[]);
    found.ports().map(|ports| ports.value)
}

#[test]
fn the_field_of_the_type_that_listens() {
    // Of two structs with a `port`, the one whose value is passed on counts.
    let two = "struct Metrics { #[default(9001)] port: u16 } struct Settings { #[default(Ipv4Addr::UNSPECIFIED)] bind: IpAddr, #[default(7301)] pub port: u16, metrics: Metrics } static S: LazyLock<Settings> = LazyLock::new(|| load());";
    for (code, expected) in [
        (format!("{two} fn main() {{ TcpListener::bind((S.bind, S.port)) }}"), "7301"),
        (
            format!("{two} fn run(s: &Settings) {{ TcpListener::bind((s.bind, s.metrics.port)) }} fn main() {{ run(&S) }}"),
            "9001",
        ),
        (
            format!("{two} fn main() {{ let Settings {{ port, .. }} = load(); TcpListener::bind((\"0.0.0.0\", port)) }}"),
            "7301",
        ),
        (
            format!("{two} fn get() -> &'static Settings {{ S.get().unwrap() }} fn main() {{ TcpListener::bind((\"0.0.0.0\", get().port)) }}"),
            "7301",
        ),
        (
            "struct A { port: u16 } struct B { port: u16 } impl Default for A { fn default() -> Self { Self { port: 7302 } } } impl Default for B { fn default() -> Self { Self { port: 7303 } } } impl B { async fn run(&self) { TcpListener::bind((\"0.0.0.0\", self.port)).await } }".to_owned(),
            "7303",
        ),
    ] {
        assert_eq!(ports("", &code).as_deref(), Some(expected), "{code}");
    }
}

#[test]
fn defaults_of_other_libraries() {
    for attribute in [
        "#[educe(Default = 7304)]",
        "#[derivative(Default(value = \"7304\"))]",
        "#[default = 7304]",
        "#[serde_inline_default(7304)]",
        "#[config(default = 7304, env = \"P\")]",
        "#[envconfig(from = \"P\", default = \"7304\")]",
    ] {
        let code = format!(
            "struct C {{ {attribute} pub port: u16 }} fn main() {{ let c: C = load(); TcpListener::bind((\"0.0.0.0\", c.port)) }}"
        );
        assert_eq!(ports("", &code).as_deref(), Some("7304"), "{attribute}");
    }
}

#[test]
fn an_environment_as_a_whole_opens_the_address() {
    let code = |layer: &str| {
        format!(
            "const PREFIX: &str = \"app\"; struct C {{ host: String, port: u16 }} impl Default for C {{ fn default() -> Self {{ Self {{ host: \"127.0.0.1\".into(), port: 7305 }} }} }} fn main() {{ let c: C = Config::builder().add_source({layer}).build(); TcpListener::bind(format!(\"{{}}:{{}}\", c.host, c.port)) }}"
        )
    };
    let (found, _) = program(
        "config = \"1\"\n",
        &code("Environment::with_prefix(&PREFIX.to_uppercase()).prefix_separator(\"_\")"),
        &[],
    );
    assert_eq!((env(&found), found.findings.len()), (vec!["APP_HOST=0.0.0.0".to_owned()], 0));
    // An unknown prefix names no variable.
    let (found, _) = program("config = \"1\"\n", &code("Environment::with_prefix(prefix)"), &[]);
    assert_eq!((env(&found).len(), codes(&found.findings)), (0, vec!["localhost-only"]));
}

#[test]
fn rocket_listens_where_the_code_says() {
    let rocket = "rocket = \"0.5\"\n";
    let main = |merged: &str| {
        format!(
            "struct C {{ port: u16 }} impl Default for C {{ fn default() -> Self {{ C {{ port: 7306 }} }} }} fn main() {{ let c = C::default(); let f = rocket::Config::figment(){merged}; rocket::custom(f).launch() }}"
        )
    };
    let (found, _) =
        program(rocket, &main(".merge((\"address\", \"0.0.0.0\")).merge((\"port\", c.port))"), &[]);
    assert_eq!((found.port.as_ref().unwrap().value, found.env.len()), (7306, 0));
    let (found, _) = program(rocket, &main(".merge((\"port\", c.port))"), &[]);
    assert_eq!(
        (found.port.as_ref().unwrap().value, env(&found)),
        (7306, vec!["ROCKET_ADDRESS=0.0.0.0".to_owned()])
    );
    let (found, _) = program(rocket, &main(""), &[]);
    assert_eq!(found.port.unwrap().value, 8000);
}

#[test]
fn sockets_that_are_made_first_and_other_servers() {
    for (dependency, code, expected) in [
        (
            "",
            "fn main() { let s = Socket::new(Domain::IPV4, Type::DGRAM, None)?; let a: SocketAddr = \"0.0.0.0:7307\".parse()?; s.bind(&a.into())?; UdpSocket::from_std(s.into()) }",
            "7307/udp",
        ),
        (
            "",
            "fn main() { let s = Socket::new(Domain::IPV4, Type::STREAM, None)?; s.bind(&SocketAddr::from(([0, 0, 0, 0], 7308)).into())?; s.listen(128) }",
            "7308",
        ),
        (
            "",
            "fn main() { let e = Endpoint::server(config, \"0.0.0.0:7309\".parse().unwrap())?; }",
            "7309/udp",
        ),
        (
            "actix-server = \"2\"\n",
            "use actix_server::Server; fn main() { Server::build().bind(\"web\", (\"0.0.0.0\", 7310), move || x)?.run() }",
            "7310",
        ),
    ] {
        assert_eq!(ports(dependency, code).as_deref(), Some(expected), "{code}");
    }
}

#[test]
fn a_variant_of_an_enum_is_no_value() {
    let code = "enum Algo { None = 0, Fast = 7313 } struct C { listen: Option<String> } impl Default for C { fn default() -> Self { Self { listen: None } } } fn main() { let c = C::default(); TcpListener::bind(c.listen.unwrap()) }";
    assert_eq!(ports("", code), None);
}

#[test]
fn a_port_that_a_likeness_connects_is_a_guess() {
    let code = "fn main() { let a = SocketAddr::from(([0, 0, 0, 0], 7311)); start(a); TcpListener::bind(x) }";
    let (found, _) = program("", code, &[]);
    assert_eq!(found.port.unwrap().strength, Strength::Guessed);
    // The address of an emulator is not the program's own.
    let code = "fn main() { let a = env::var(\"BIG_EMULATOR_HOST\").unwrap_or(\"localhost:7312\".to_owned()); TcpListener::bind(x) }";
    assert!(program("", code, &[]).0.env.is_empty());
}

#[test]
fn the_words_of_the_command_line_alone_are_subcommands() {
    let args = |code: &str| {
        let (found, _) = program("clap = \"4\"\n", code, &[]);
        (found.args.map(|args| args.value), found.subcommands.is_some())
    };
    let server = "TcpListener::bind(\"0.0.0.0:1\")";
    // Without its subcommands the program serves.
    let optional = format!(
        "#[derive(Parser)] struct Cli {{ #[command(subcommand)] command: Option<Sub> }} #[derive(Subcommand)] enum Sub {{ Migrate {{ #[command(subcommand)] what: Step }} }} #[derive(Subcommand)] enum Step {{ Run, Revert }} fn main() {{ let c = Cli::parse(); {server} }}"
    );
    assert_eq!(args(&optional), (None, false));
    // Commands that users type into a chat room are not subcommands.
    let typed = format!(
        "#[derive(Parser)] struct Cli {{ #[arg(long)] config: PathBuf }} #[derive(Parser)] enum Admin {{ Server, Users }} fn read(line: &str) {{ Admin::try_parse_from(line.split(' ')) }} fn main() {{ Cli::parse(); {server} }}"
    );
    assert_eq!(args(&typed), (None, false));
    let demanded = format!(
        "#[derive(Parser)] struct Cli {{ #[clap(subcommand)] command: Sub }} #[derive(Subcommand)] enum Sub {{ Begin, Keys(Keys) }} #[derive(Subcommand)] enum Keys {{ Run }} fn main() {{ match Cli::parse().command {{ Sub::Begin => {{ {server} }} Sub::Keys(k) => {{}} }} }}"
    );
    assert_eq!(args(&demanded), (Some("begin".to_owned()), true));
}

#[test]
fn code_for_other_systems_is_not_read() {
    let code = "#[cfg(windows)] fn a() { Command::new(\"ipconfig\") } #[cfg(target_os = \"linux\")] fn b() { Command::new(\"own-x\") } fn main() { if cfg!(target_os = \"macos\") { Command::new(\"networksetup\"); } else { Command::new(\"other-x\"); } Command::new(\"own-x\"); }";
    let (found, _) = program("", code, &[]);
    let said: Vec<&str> = found.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("own-x") && said[1].contains("other-x"));
    assert_eq!(found.findings[0].evidence.len(), 2);
}

fn said(found: &Program, code: &str) -> String {
    let mut findings = found.findings.iter().filter(|finding| finding.code.as_str() == code);
    findings.next().map(|finding| finding.what.clone()).unwrap_or_default()
}

#[test]
fn variables_that_the_code_demands() {
    let code = "#[derive(Parser)] struct A { #[arg(long, env = \"A_TOKEN\")] token: String, #[arg(long, env = \"A_NAME\")] name: Option<String>, #[arg(env = \"A_PORT\", default_value_t = 1)] p: u16 } fn main() { let a = env::var(\"A_URL\").expect(\"x\"); let b = env::var(\"B\").ok(); let c = std::env::var(\"A_KEY\").unwrap_or_else(|_| panic!(\"no\")); }";
    let (found, _) = program("clap = \"4\"\n", code, &[]);
    assert_eq!(
        said(&found, "variables-required"),
        "the program has no default for A_KEY, A_TOKEN, A_URL"
    );
    let names: Vec<&str> = found.required.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(names, ["A_KEY", "A_TOKEN", "A_URL"]);
    // Every container has a host name.
    let host = "fn main() { let a = env::var(\"HOSTNAME\").unwrap(); }";
    for code in ["fn main() {}", host] {
        assert_eq!(said(&program("", code, &[]).0, "variables-required"), "");
    }
}

#[test]
fn fields_of_settings_without_a_default() {
    let code = |attribute: &str, layer: &str| {
        format!(
            "use figment::Figment; #[derive(Deserialize)] {attribute} struct C {{ #[cfg_attr(test, serde(default = \"x\"))] server_name: String, #[serde(default)] level: Map<String, String>, port: Option<u16>, #[serde(rename = \"db\")] pub database: String, known: String }} fn main() {{ let c: C = Figment::new().merge(Toml::file(\"app.toml\")){layer}.extract().unwrap(); }}"
        )
    };
    let files = [("app.toml", "known = \"a\"\n")];
    let of = |dependency: &str, code: &str| program(dependency, code, &files).0;
    let found = of("figment = \"1\"\n", &code("", ".merge(Env::prefixed(\"APP_\"))"));
    assert_eq!(
        said(&found, "variables-required"),
        "the program has no default for APP_DB, APP_SERVER_NAME"
    );
    let found = of("figment = \"1\"\n", &code("", ""));
    assert!(said(&found, "settings-required").ends_with("lack `server_name`, `db`"));
    for (attribute, layer) in
        [("#[serde(default)]", ""), ("", ".join(Serialized::defaults(C::default()))")]
    {
        let found = of("figment = \"1\"\n", &code(attribute, layer));
        assert_eq!(said(&found, "settings-required"), "");
    }
    // Fields of nested structs, with the variables of the layer.
    let nested = "use config::Config; #[derive(Deserialize)] struct C { db: Db, #[serde(default)] log: Log } #[derive(Deserialize)] struct Db { url: String, pool: Option<u8> } #[derive(Deserialize)] struct Log { level: String } fn main() { let c = Config::builder().add_source(config::Environment::with_prefix(\"APP\").separator(\"__\")).build().unwrap().try_deserialize::<C>().unwrap(); }";
    assert_eq!(
        said(&of("config = \"0.15\"\n", nested), "variables-required"),
        "the program has no default for APP__DB__URL"
    );
    let envy = "#[derive(Deserialize)] struct C { token: String } fn main() { let c = envy::prefixed(\"X_\").from_env::<C>().unwrap(); }";
    let found = program("envy = \"0.4\"\n", envy, &[]).0;
    assert_eq!(said(&found, "variables-required"), "the program has no default for X_TOKEN");
}

#[test]
fn certificates_that_must_exist() {
    let code = "fn main() { let c = RustlsConfig::from_pem_file(\"certs/cert.pem\", PathBuf::from(KEY)).await.unwrap(); let x = fs::read(\"held.pem\").unwrap(); if tls { fs::read(\"other.pem\").unwrap(); } fs::read(\"last.pem\").ok(); } const KEY: &str = \"certs/key.pem\";";
    let (found, _) = program("axum-server = \"0.7\"\n", code, &[("held.pem", "x")]);
    let all: Vec<&str> = found
        .findings
        .iter()
        .filter(|finding| finding.code.as_str() == "file-missing")
        .map(|finding| finding.fix.as_str())
        .collect();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all[0].contains("./cert.pem:/app/certs/cert.pem:ro"));
    assert!(all[1].contains("./key.pem:/app/certs/key.pem:ro"));
}

#[test]
fn words_of_a_subcommand_of_a_subcommand() {
    let server = "TcpListener::bind(\"0.0.0.0:7310\")";
    let taken = |dependency: &str, code: &str, more: &[(&str, &str)]| {
        program(dependency, code, more).0.args.map(|args| args.value)
    };
    // A struct between them, a variant with a field, an enum in a variant.
    for middle in [
        "Server(ServerArgs) } #[derive(clap::Args)] struct ServerArgs { #[command(subcommand)] command: Steps }",
        "Server { #[command(subcommand)] command: Steps } }",
        "#[command(subcommand)] Server(Steps) }",
    ] {
        let main = format!(
            "#[derive(Parser)] struct Cli {{ #[command(subcommand)] command: Top }} #[derive(Subcommand)] enum Top {{ Check, {middle} #[derive(Subcommand)] enum Steps {{ Stop, Run }} fn main() {{ match Cli::parse().command {{ Top::Check => {{}} Top::Server(s) => go(s) }} }} fn go(s: Steps) {{ match s {{ Steps::Stop => {{}} Steps::Run => {{ {server}; }} }} }}"
        );
        assert_eq!(taken("clap = \"4\"\n", &main, &[]).as_deref(), Some("server run"), "{middle}");
    }
    // Without its own subcommand the first one does its work.
    let optional = format!(
        "#[derive(Parser)] struct Cli {{ #[command(subcommand)] command: Top }} #[derive(Subcommand)] enum Top {{ Server {{ #[command(subcommand)] command: Option<Steps> }} }} #[derive(Subcommand)] enum Steps {{ Stop }} fn main() {{ match Cli::parse().command {{ Top::Server {{ command }} => {{ {server}; }} }} }}"
    );
    assert_eq!(taken("clap = \"4\"\n", &optional, &[]).as_deref(), Some("server"));
    // argh takes the word from the struct in the variant.
    let argh = format!(
        "#[derive(FromArgs)] struct Top {{ #[argh(subcommand)] c: Sub }} #[derive(FromArgs)] #[argh(subcommand)] enum Sub {{ Serve(Serve), Check(Check) }} #[derive(FromArgs)] #[argh(subcommand, name = \"serve-it\")] struct Serve {{}} #[derive(FromArgs)] #[argh(subcommand, name = \"check\")] struct Check {{}} fn main() {{ let t: Top = argh::from_env(); match t.c {{ Sub::Serve(_) => {{ {server}; }} Sub::Check(_) => {{}} }} }}"
    );
    assert_eq!(taken("argh = \"0.1\"\n", &argh, &[]).as_deref(), Some("serve-it"));
    // A builder, in one expression and in functions of modules.
    let run = format!(
        "match m.subcommand() {{ Some((\"server\", m)) => match m.subcommand() {{ Some((\"run\", _)) => {{ {server}; }} _ => {{}} }} _ => {{}} }}"
    );
    let built = format!(
        "fn main() {{ let m = Command::new(\"x\").subcommand(Command::new(\"server\").about(\"s\").subcommand(Command::new(\"run\"))).get_matches(); {run} }}"
    );
    assert_eq!(taken("clap = \"4\"\n", &built, &[]).as_deref(), Some("server run"));
    let main = format!(
        "mod server; fn main() {{ let m = Command::new(\"x\").subcommand(server::command()).get_matches(); {run} }}"
    );
    let module = (
        "src/server.rs",
        "pub fn command() -> Command { Command::new(\"server\").subcommand(Command::new(\"run\")) }",
    );
    assert_eq!(taken("clap = \"4\"\n", &main, &[module]).as_deref(), Some("server run"));
    // The same word of another command.
    let two = format!(
        "#[derive(Parser)] struct Cli {{ #[command(subcommand)] command: Top }} #[derive(Subcommand)] enum Top {{ #[command(subcommand)] Jobs(Jobs), #[command(subcommand)] Api(Api) }} #[derive(Subcommand)] enum Jobs {{ Run }} #[derive(Subcommand)] enum Api {{ Run }} fn main() {{ match Cli::parse().command {{ Top::Jobs(Jobs::Run) => {{}} Top::Api(Api::Run) => {{ {server}; }} }} }}"
    );
    assert_eq!(taken("clap = \"4\"\n", &two, &[]).as_deref(), Some("api run"));
    // A call of the catalog listens too.
    let rouille = "#[derive(StructOpt)] enum Cli { #[structopt(name = \"http-server\")] Http, Check } fn main() { match Cli::from_args() { Cli::Http => rouille::start_server(\"0.0.0.0:7311\", f), Cli::Check => {} } }";
    assert_eq!(
        taken("structopt = \"0.3\"\nrouille = \"3\"\n", rouille, &[]).as_deref(),
        Some("http-server")
    );
}

#[test]
fn services_at_this_machine_are_connections() {
    let of = |dependency: &str, code: &str| {
        let main = format!("{code} fn main() {{ run(); }}");
        let all = program(dependency, &main, &[]).0.connections.into_iter();
        let shown = all.map(|one| (one.service, one.address, one.variable));
        shown.collect::<Vec<_>>()
    };
    let pool = "use sqlx::postgres::PgPoolOptions; async fn run() { let url = \"postgres://p@localhost/x\"; PgPoolOptions::new().max_connections(5).connect(url).await.unwrap(); }";
    assert_eq!(of("sqlx = \"0.8\"\n", pool), [(None, "localhost".to_owned(), None)]);
    let variable = pool.replace(
        "\"postgres://p@localhost/x\"",
        "&env::var(\"DB\").unwrap_or_else(|_| \"postgres://p@localhost/x\".into())",
    );
    let expected = [(None, "localhost".to_owned(), Some("DB".to_owned()))];
    assert_eq!(of("sqlx = \"0.8\"\n", &variable), expected);
    let plain = "async fn run() { tokio_postgres::connect(\"host=localhost user=p\", NoTls).await.unwrap(); }";
    let expected = [(Some("postgres".to_owned()), "localhost".to_owned(), None)];
    assert_eq!(of("tokio-postgres = \"0.7\"\n", plain), expected);
}
