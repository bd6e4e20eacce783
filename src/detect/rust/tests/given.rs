//! What a call gives in place of a default, loops over lists, clients and logins, paths that lead up.

use super::*;

fn ports(dependency: &str, code: &str) -> Option<String> {
    let (found, _) = program(dependency, code, &[]);
    found.ports().map(|ports| ports.value)
}

#[test]
fn what_a_setter_gives_beats_the_default() {
    let code = "struct B { host: String, port: u16 } impl Default for B { fn default() -> Self { Self { host: \"127.0.0.1\".to_string(), port: 9999 } } } \
                impl B { fn new() -> Self { Self::default() } fn host(mut self, host: impl Into<String>) -> Self { self.host = host.into(); self } fn port(mut self, port: u16) -> Self { self.port = port; self } \
                fn serve(self) { TcpListener::bind((self.host.as_str(), self.port)) } } fn main() { {} }";
    let of = |main: &str| {
        let (found, _) = program("", &code.replace("{}", main), &[]);
        (
            found.port.as_ref().map(|port| port.value),
            codes(&found.findings).contains(&"localhost-only"),
        )
    };
    assert_eq!(of("B::new().serve()"), (Some(9999), true));
    assert_eq!(of("B::new().host(\"0.0.0.0\").port(7701).serve()"), (Some(7701), false));
    assert_eq!(
        of("let mut b = B::new(); b.host = \"0.0.0.0\".into(); b.serve()"),
        (Some(9999), false)
    );
}

#[test]
fn loops_over_lists() {
    let listens =
        "async fn serve(name: &str, port: u16) { TcpListener::bind((\"0.0.0.0\", port)).await }";
    let tuples = format!(
        "{listens} fn main() {{ for (name, port) in [(\"a\", 7711), (\"b\", 7712)] {{ spawn(serve(name, port)); }} }}"
    );
    assert_eq!(ports("", &tuples).as_deref(), Some("7711,7712"));
    for code in [
        "const DIRS: [&str; 2] = [\"in\", \"out\"]; fn main() { for dir in DIRS { std::fs::create_dir_all(dir); } }",
        "fn main() { for dir in &[\"in\", \"out\"] { std::fs::create_dir_all(dir); } }",
        "fn main() { [\"in\", \"out\"].iter().for_each(|d| fs::create_dir_all(d).unwrap()); }",
        "fn main() { let all = vec![\"in\", \"out\"]; for dir in all.iter() { fs::create_dir_all(dir); } }",
    ] {
        let (found, _) = program("", code, &[]);
        let written: Vec<&str> = found.writable.iter().map(|one| one.value.as_str()).collect();
        assert_eq!(written, ["in", "out"], "{code}");
    }
}

#[test]
fn a_client_listens_nowhere() {
    let client = "#[derive(Parser)] struct Cli { #[arg(long, default_value_t = 8080)] port: u16 } fn main() { let cli = Cli::parse(); {} }";
    let clap = "clap = \"4\"\nureq = \"3\"\n";
    assert_eq!(
        ports(clap, &client.replace("{}", "ureq::get(&format!(\"{}\", cli.port)).call();")),
        None
    );
    let serves = client.replace("{}", "unknown::serve(cli.port); ureq::get(\"x\").call();");
    assert_eq!(ports(clap, &serves).as_deref(), Some("8080"));
    let asks = "struct A { #[arg(default_value = \"127.0.0.1:7721\")] addr: SocketAddr } fn main() { let s = UdpSocket::bind(\"0.0.0.0:0\")?; s.send_to(b\"x\", a.addr)?; }";
    assert_eq!(ports("clap = \"4\"\n", asks), None);
}

#[test]
fn a_listener_of_a_login_is_none() {
    for code in [
        "fn login() { let server = tiny_http::Server::http(\"127.0.0.1:8085\").unwrap(); } fn main() { login() }",
        "fn main() { match c { Command::Login => { TcpListener::bind(\"127.0.0.1:8085\"); } _ => {} } }",
    ] {
        let (found, _) = program("tiny_http = \"0.12\"\n", code, &[]);
        assert!(
            found.port.is_none() && !codes(&found.findings).contains(&"localhost-only"),
            "{code}"
        );
    }
}

#[test]
fn paths_that_lead_up_and_the_folder_that_is_compiled_in() {
    let of = |code: &str| {
        let files = [
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/api\"]\n"),
            (
                "crates/api/Cargo.toml",
                "[package]\nname = \"api\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
            ),
            ("crates/api/src/main.rs", code),
            ("config/app.toml", "a = 1\n"),
        ];
        let facts = facts(&files, "crates/api");
        let details: Details = facts.details().unwrap();
        let files = &details.programs[&facts.programs[0].id].files;
        files.iter().map(|(path, way)| format!("{path} {way}")).collect::<Vec<_>>()
    };
    let up = "fn main() { std::fs::read_to_string(\"../../config/app.toml\").unwrap(); }";
    assert_eq!(of(up), ["config/app.toml /config/app.toml"]);
    let compiled = "fn main() { let root = Path::new(env!(\"CARGO_MANIFEST_DIR\")).join(\"../..\"); fs::read(root.join(\"config/app.toml\")).unwrap(); }";
    assert_eq!(of(compiled), ["config/app.toml /src/config/app.toml"]);
    let none = "fn main() { std::fs::read_to_string(\"../../config/other.toml\").unwrap(); }";
    assert!(of(none).is_empty());
}

#[test]
fn features_that_only_documentation_builds_with() {
    let of = |main: &str, readme: &str| {
        let manifest = format!("{MANIFEST}[features]\nserver = []\nother = []\n");
        let files =
            [("Cargo.toml", manifest.as_str()), ("src/main.rs", main), ("README.md", readme)];
        let facts = facts(&files, "");
        let details: Details = facts.details().unwrap();
        details.programs[&facts.programs[0].id].features.clone()
    };
    let switched = "#[cfg(feature = \"server\")] fn main() { serve() } #[cfg(not(feature = \"server\"))] fn main() {}";
    let told = "Build it:\n\n```sh\ncargo build --release --features server\n```\n";
    assert_eq!(of(switched, told), ["server"]);
    assert!(of("fn main() {}", told).is_empty());
    let both = format!("{told}\n```sh\ncargo build --release\n```\n");
    assert!(of(switched, &both).is_empty());
}

#[test]
fn programs_of_scripts_and_of_split_lists() {
    let of = |code: &str| {
        let (found, _) = program("", code, &[("warm.sh", "#!/bin/bash\ncurl -f x | jq .a\n")]);
        let mut all: Vec<String> = found.needs.packages.into_iter().map(|one| one.value).collect();
        all.sort();
        all
    };
    assert_eq!(
        of("fn main() { std::process::Command::new(\"./warm.sh\").status(); }"),
        ["bash", "curl", "jq"]
    );
    let split = "fn main() { let argv = [\"ffmpeg\", \"-i\"]; let (program, args) = argv.split_first().unwrap(); Command::new(program).args(args); }";
    assert_eq!(of(split), ["ffmpeg"]);
    let git = "fn main() { Command::new(\"git\")\n.args([\"rev-parse\", \"HEAD\"])\n.output().{} }";
    assert_eq!(
        of(&git.replace("{}", "ok().map(f).unwrap_or_else(|| \"?\".into());")),
        Vec::<String>::new()
    );
    assert_eq!(of(&git.replace("{}", "unwrap();")), ["git"]);
}

#[test]
fn a_program_that_would_go_into_the_background_stays() {
    let of = |body: &str| {
        let main = format!("use daemonize::Daemonize; fn main() {{ {body} }}");
        let (found, _) = program("daemonize = \"0.5\"\n", &main, &[]);
        let said = codes(&found.findings).contains(&"daemon");
        (found.args.map(|args| args.value), said)
    };
    let start = "Daemonize::new().start()?;";
    let flag = format!("if !options.foreground {{ {start} }}");
    assert_eq!(of(&flag), (Some("--foreground".to_owned()), false));
    assert_eq!(of(start), (None, true));
}

#[test]
fn a_variable_that_is_compiled_in_names_no_folder_of_a_container() {
    let of = |read: &str| {
        let main = format!(
            "fn main() {{ let home = {read}; std::fs::create_dir_all(format!(\"{{}}/kept\", home)); }}"
        );
        let (found, _) = program("anyhow = \"1\"\n", &main, &[]);
        let mut all = found.findings.into_iter().map(|one| format!("{} {}", one.what, one.fix));
        all.any(|text| text.contains("SHOP_DATA"))
    };
    assert!(of("std::env::var(\"SHOP_DATA\").unwrap()"));
    assert!(!of("option_env!(\"SHOP_DATA\").unwrap()"));
}
