//! Arguments that no derive states, and commands under another name.

use super::*;

fn program(dependencies: &str, main: &str) -> crate::facts::Program {
    let manifest = format!(
        "[package]\nname = \"tern\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{dependencies}\n"
    );
    let repo = Repo::from_files([("Cargo.toml", manifest.as_str()), ("src/main.rs", main)]);
    detect(&repo.root()).unwrap().unwrap().programs.remove(0)
}

const LISTEN: &str =
    "let l = std::net::TcpListener::bind(\"0.0.0.0:9300\").unwrap(); for _ in l.incoming() {}";

fn said(dependencies: &str, body: &str) -> Vec<String> {
    let text = format!("use std::env;\nfn main() {{ {body} {LISTEN} }}\n");
    let found = program(dependencies, &text).findings;
    let found = found.into_iter().filter(|f| f.code.as_str() == "arguments-unknown");
    found.map(|finding| finding.what).collect()
}

#[test]
fn arguments_of_claps_builder_that_a_start_must_give() {
    let clap = |body: &str| said("clap = \"4\"", body);
    let wanted = ["the program stops without the argument `CONFIG`"];
    for body in [
        "let m = Command::new(\"tern\").arg(Arg::new(\"CONFIG\").required(true)).get_matches();",
        "let arg = Arg::new(\"CONFIG\").index(1); let arg = arg.required(true); let m = Command::new(\"tern\").arg(arg).get_matches();",
        "let arg = Arg::new(\"CONFIG\"); let arg = match *LIMITS { None => arg.required(true), Some(f) => arg.default_value(f) }; let m = Command::new(\"tern\").arg(arg).get_matches();",
        "let m = Command::new(\"tern\").arg(Arg::new(\"CONFIG\")).get_matches(); let f = m.get_one::<String>(\"CONFIG\").unwrap();",
        "let m = Command::new(\"tern\").arg(Arg::new(\"CONFIG\")).get_matches(); let f = match m.get_one::<String>(\"CONFIG\") { Some(f) => f, None => { std::process::exit(64); } };",
        "let m = Command::new(\"tern\").arg(Arg::new(\"CONFIG\")).get_matches(); let Some(f) = m.get_one::<String>(\"CONFIG\") else { eprintln!(\"x\"); return; };",
    ] {
        assert_eq!(clap(body), wanted, "{body}");
    }
    let flag = "let m = Command::new(\"tern\").arg(Arg::new(\"db\").long(\"db-path\").required(true)).get_matches();";
    assert_eq!(clap(flag), ["the program stops without the argument `--db-path DB`"]);
    for body in [
        "let m = Command::new(\"tern\").arg(Arg::new(\"CONFIG\").required(true).default_value(\"x\")).get_matches();",
        "let m = Command::new(\"tern\").subcommand(Command::new(\"add\").arg(Arg::new(\"FILE\").required(true))).get_matches();",
        "let add = Command::new(\"add\").arg(Arg::new(\"FILE\").required(true)); let m = Command::new(\"tern\").subcommand(add).get_matches();",
        "let m = Command::new(\"tern\").arg(Arg::new(\"CONFIG\")).get_matches(); if let Some(f) = m.get_one::<String>(\"CONFIG\") { println!(\"{f}\"); }",
    ] {
        assert_eq!(clap(body), [""; 0], "{body}");
    }
}

#[test]
fn words_that_the_code_takes_by_itself() {
    let wanted = ["the program stops without the argument `ARGUMENT`"];
    for body in [
        "let path = env::args().nth(1).expect(\"usage\");",
        "let path = std::env::args().skip(1).next().unwrap();",
        "let Some(path) = env::args().nth(1) else { std::process::exit(2); };",
        "let args: Vec<String> = env::args().collect(); if args.len() < 2 { eprintln!(\"usage\"); std::process::exit(1); }",
        "let args: Vec<String> = env::args().collect(); let path = &args[1];",
        "let mut args = env::args(); let own = args.next().unwrap(); let Some(path) = args.next() else { std::process::exit(1); };",
        "let mut args = env::args().skip(1); let path = args.next().expect(\"a file\");",
    ] {
        assert_eq!(said("", body), wanted, "{body}");
    }
    for body in [
        "let path = env::args().nth(1).unwrap_or_else(|| \"tern.toml\".to_string());",
        "let args: Vec<String> = env::args().collect(); if args.len() > 1 { println!(\"{}\", args[1]); }",
        "if env::var(\"X\").is_ok() { let path = env::args().nth(1).unwrap(); }",
        "let path = env::args().nth(0).unwrap();",
        "let args: Vec<String> = env::args().collect(); run(&args[1..]);",
        "let mut args = env::args(); let own = args.next().unwrap(); let path = args.next();",
    ] {
        assert_eq!(said("", body), [""; 0], "{body}");
    }
}

#[test]
fn arguments_of_the_subcommand_that_serves() {
    let of = |variant: &str, more: &str, root: &str| {
        let text = format!(
            "use clap::{{Parser, Subcommand}};\n#[derive(Parser)]\nstruct Cli {{ {root} #[command(subcommand)] cmd: Cmd }}\n#[derive(Subcommand)]\nenum Cmd {{ {variant}, Check {{ file: String }} }}\n{more}\nfn main() {{ match Cli::parse().cmd {{ Cmd::Start {{ .. }} => {{ {LISTEN} }} Cmd::Check {{ file }} => println!(\"{{file}}\") }} }}\n"
        );
        let found = program("clap = { version = \"4\", features = [\"derive\"] }", &text);
        assert_eq!(found.args.as_ref().map(|args| args.value.as_str()), Some("start"));
        let found = found.findings.into_iter().filter(|f| f.code.as_str() == "arguments-unknown");
        found.map(|finding| format!("{}: {}", finding.what, finding.fix)).collect::<Vec<_>>()
    };
    let said = of("Start { #[arg(short, long)] config: PathBuf }", "", "");
    assert!(
        said[0].contains("`--config CONFIG`") && said[0].contains("start --config"),
        "{said:?}"
    );
    let given = "#[derive(Args)]\nstruct StartArgs { #[arg(long)] db: String }";
    assert!(of("Start(StartArgs)", given, "")[0].contains("`--db DB`"));
    assert!(of("Start { #[arg(long)] c: Option<String> }", "", "").is_empty());
    assert!(of("Start { #[arg(long, default_value = \"x\")] c: String }", "", "").is_empty());
    let above = of("Start { #[arg(long)] c: Option<String> }", "", "#[arg(long)] home: String,");
    assert!(above[0].contains("`--home HOME`"), "{above:?}");
}

#[test]
fn a_file_of_settings_is_demanded_by_the_function_that_loads_it() {
    let of = |load: &str, call: &str| {
        let text = format!(
            "fn load(path: &str) -> Result<String, Error> {{ {load} }}\nfn main() -> Result<(), Error> {{ {call} {LISTEN} Ok(()) }}\n"
        );
        let found = program("", &text).findings;
        found.iter().filter(|f| f.code.as_str() == "file-missing").count()
    };
    let read = "let text = std::fs::read_to_string(path).map_err(Error::Io)?; Ok(text)";
    assert_eq!(of(read, "let c = load(\"/etc/tern/tern.toml\")?;"), 1);
    assert_eq!(of(read, "let c = load(\"/etc/tern/tern.toml\").unwrap();"), 1);
    assert_eq!(of(read, "let c = load(\"/etc/tern/tern.toml\").unwrap_or_default();"), 0);
    assert_eq!(of(read, "if let Ok(c) = load(\"/etc/tern/tern.toml\") {}"), 0);
    let exits = "let t = std::fs::read_to_string(path).unwrap_or_else(|e| { std::process::exit(1) }); Ok(t)";
    assert_eq!(of(exits, "let c = load(\"/etc/tern/tern.toml\");"), 1);
}

#[test]
fn an_optional_field_that_the_code_unwraps_is_demanded() {
    let of = |body: &str| {
        let text = format!(
            "use clap::Parser;\n#[derive(Parser)]\nstruct Args {{ #[arg(long)] config: Option<String> }}\nfn main() {{ let args = Args::parse(); {body} {LISTEN} }}\n"
        );
        let found = program("clap = { version = \"4\", features = [\"derive\"] }", &text).findings;
        let found = found.into_iter().filter(|f| f.code.as_str() == "arguments-unknown");
        found.map(|finding| finding.what).collect::<Vec<_>>()
    };
    let wanted = ["the program stops without the argument `--config CONFIG`"];
    assert_eq!(of("let c = args.config.expect(\"a file\");"), wanted);
    assert_eq!(of("let Some(c) = args.config else { panic!(\"a file\") };"), wanted);
    assert_eq!(of("let c = args.config.unwrap_or_default();"), [""; 0]);
    assert_eq!(of("if let Some(c) = args.config { println!(\"{c}\"); }"), [""; 0]);
}

#[test]
fn a_command_under_another_name_is_started() {
    for (import, call) in [
        ("use std::process::Command as Cmd;", "Cmd::new(\"rsync\")"),
        ("use tokio::process::Command as AsyncCommand;", "AsyncCommand::new(\"rsync\")"),
        ("use std::process::{self, Command as Cmd};", "Cmd::new(RSYNC)"),
    ] {
        let text = format!(
            "{import}\nconst RSYNC: &str = \"rsync\";\nfn main() {{ {call}.arg(\"-h\").output().unwrap(); {LISTEN} }}\n"
        );
        let found = program("clap = \"4\"", &text);
        let needs: Vec<&str> = found.needs.packages.iter().map(|one| one.value.as_str()).collect();
        assert!(needs.contains(&"rsync"), "{import} {needs:?}");
    }
}

#[test]
fn an_address_of_a_client_is_not_listened_on() {
    for (dependency, body) in [
        ("syslog = \"6\"", "let w = syslog::tcp(f, (\"127.0.0.1\", 601));"),
        ("", "let a = default_consul_address();"),
    ] {
        let text = format!(
            "fn default_consul_address() -> String {{ \"127.0.0.1:8501\".into() }}\nfn main() {{ {body} let l = std::net::TcpListener::bind(std::env::var(\"LISTEN\").unwrap()).unwrap(); for _ in l.incoming() {{}} }}\n"
        );
        let found = program(dependency, &text);
        assert!(found.port.is_none(), "{body}");
        assert!(!found.findings.iter().any(|f| f.code.as_str() == "localhost-only"), "{body}");
    }
}

#[test]
fn settings_above_all_sections_give_the_address() {
    let main = "fn main() { let t = std::fs::read_to_string(\"tern.toml\").unwrap(); let c: Config = toml::from_str(&t).unwrap(); let l = std::net::TcpListener::bind(&c.listen).unwrap(); for _ in l.incoming() {} }\n#[derive(serde::Deserialize)]\nstruct Config { listen: String }\n";
    let files = |text: &'static str| {
        let manifest = "[package]\nname = \"tern\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ntoml = \"0.8\"\n";
        let repo = Repo::from_files([
            ("Cargo.toml", manifest),
            ("src/main.rs", main),
            ("tern.toml", text),
        ]);
        detect(&repo.root()).unwrap().unwrap().programs.remove(0)
    };
    let open = files("listen = \"0.0.0.0:8787\"\n");
    assert_eq!(open.port.as_ref().map(|port| port.value), Some(8787));
    let local = files("bind_address = \"127.0.0.1:8787\"\n");
    assert_eq!(local.port.as_ref().map(|port| port.value), Some(8787));
    assert!(local.findings.iter().any(|f| f.code.as_str() == "localhost-only"));
}

#[test]
fn settings_in_the_program_itself_are_known() {
    let main = "use config::{Config, File, FileFormat};\nstatic D: &str = include_str!(\"../tern.toml\");\nfn main() { let mut b = Config::builder(); b = match std::env::args().nth(1) { Some(c) => b.add_source(File::with_name(&c)), None => b.add_source(File::from_str(D, FileFormat::Toml)) }; let s: Settings = b.build().unwrap().try_deserialize().unwrap(); let l = std::net::TcpListener::bind(&s.listen).unwrap(); for _ in l.incoming() {} }\n#[derive(serde::Deserialize)]\nstruct Settings { id: usize, listen: String }\n";
    let manifest = "[package]\nname = \"tern\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nconfig = \"0.14\"\n";
    let repo = Repo::from_files([
        ("Cargo.toml", manifest),
        ("src/main.rs", main),
        ("tern.toml", "id = 0\nlisten = \"0.0.0.0:1883\"\n"),
    ]);
    let program = detect(&repo.root()).unwrap().unwrap().programs.remove(0);
    assert!(!program.findings.iter().any(|f| f.code.as_str() == "settings-required"));
    assert_eq!(program.port.as_ref().map(|port| port.value), Some(1883));
}

#[test]
fn hostile_arguments_take_linear_time() {
    for shape in [
        "Arg::new(\"a\").required(true)",
        "let a = Arg::new(\"a\"); ",
        "let args = env::args().collect(); ",
        "env::args().nth(1)",
        "m.get_one(\"a\")",
        "use process::Command as C; ",
        "fn a() { \"127.0.0.1:80\" }",
    ] {
        let text = format!("fn main() {{ {} }}", shape.repeat(4000));
        let _ = program("clap = \"4\"", &text);
    }
}
