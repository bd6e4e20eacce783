//! What a start needs: variables and arguments.

use super::*;

fn required(main: &str) -> String {
    let (found, _) = program("anyhow = \"1\"\n", main, &[]);
    found.required.iter().map(|one| one.value.clone()).collect::<Vec<_>>().join(" ")
}

#[test]
fn variables_that_a_function_of_the_program_demands() {
    let must = "fn must(k: &str) -> Result<String> { \
                env::var(k).ok().with_context(|| format!(\"{k} is missing\")) }\n";
    let maybe = "fn must<T: FromStr>(name: &str) -> Result<T> { \
                 maybe(name)?.with_context(|| format!(\"{name} is missing\")) }\n\
                 fn or<T>(name: &str, other: T) -> Result<T> { Ok(maybe(name)?.unwrap_or(other)) }\n\
                 fn maybe<T: FromStr>(name: &str) -> Result<Option<T>> { match env::var(name) { \
                 Ok(text) => text.parse().map(Some).map_err(|_| anyhow!(\"x\")), \
                 Err(VarError::NotPresent) => { debug!(\"none\"); Ok(None) } \
                 Err(other) => Err(other.into()) } }\n";
    let panics = "fn must(k: &str) -> String { \
                  env::var(k).unwrap_or_else(|_| panic!(\"set {k}\")) }\n";
    for (helper, main, expected) in [
        (must, "fn main() -> Result<()> { let a = must(\"APP_A\")?; }", "APP_A"),
        (must, "fn main() -> Result<()> { let a = must(\"APP_A\").ok(); }", ""),
        (must, "fn main() { let a = must(\"APP_A\").unwrap(); }", "APP_A"),
        // The error reaches `main` through a type's function.
        (
            must,
            "impl Config { fn load() -> Result<Self> { Ok(Self { a: must(\"APP_A\")? }) } } \
             fn main() -> Result<()> { let c = Config::load()?; }",
            "APP_A",
        ),
        // Nobody calls it, or somebody goes on without it.
        (must, "fn load() -> Result<String> { must(\"APP_A\") } fn main() {}", ""),
        (
            must,
            "fn load() -> Result<String> { must(\"APP_A\") } \
             fn main() { if let Ok(a) = load() { go(a) } }",
            "",
        ),
        (
            must,
            "fn load() -> Result<String> { must(\"APP_A\") } \
             fn main() { if let Err(e) = load() { eprintln!(\"{e}\"); std::process::exit(1); } }",
            "APP_A",
        ),
        // Under a condition, nobody knows.
        (must, "fn main() -> Result<()> { if x { must(\"APP_A\")?; } Ok(()) }", ""),
        (must, "fn main() -> Result<()> { match x { A => must(\"APP_A\")?, _ => y } }", ""),
        (must, "fn main() -> Result<()> { let f = || must(\"APP_A\")?; Ok(()) }", ""),
        (
            maybe,
            "const B: &str = \"APP_B\"; fn main() -> Result<()> { let a: u8 = must(\"APP_A\")?; \
             let b = must::<u8>(B)?; let c = or(\"APP_C\", 1)?; let d = maybe::<u8>(\"APP_D\")?; }",
            "APP_A APP_B",
        ),
        (panics, "fn main() { let a = must(\"APP_A\"); }", "APP_A"),
        ("", "fn main() -> Result<()> { let a = env::var(\"APP_A\")?; }", "APP_A"),
        ("", "fn main() { let Ok(a) = env::var(\"APP_A\") else { panic!(\"a\") }; }", "APP_A"),
        ("", "fn main() { let Ok(a) = env::var(\"APP_A\") else { return }; }", ""),
        ("", "fn main() { if env::var(\"APP_A\").is_err() { panic!(\"set it\") } }", "APP_A"),
        ("", "fn main() { if env::var(\"APP_A\").is_err() { warn!(\"unset\") } }", ""),
        ("", "fn main() { let a = env::var(\"APP_A\").context(\"a\").unwrap(); }", "APP_A"),
        ("", "fn handler() -> Result<()> { let a = env::var(\"APP_A\")?; } fn main() {}", ""),
    ] {
        assert_eq!(required(&format!("{helper}{main}")), expected, "{main}");
    }
    let chain =
        "fn main() { let t = env::var(\"TOKEN\").or_else(|_| env::var(\"OLD\")).expect(\"x\"); }";
    let (found, _) = program("", chain, &[]);
    assert!(found.required.is_empty());
    let said: Vec<&str> = found.findings.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(said, ["the program ends unless one of TOKEN, OLD is set"]);
}

#[test]
fn settings_that_are_checked_after_they_are_read() {
    let main = |check: &str| {
        format!(
            "#[derive(Deserialize)] #[serde(default)] struct Settings {{ url: String }}\n\
             impl Default for Settings {{ fn default() -> Self {{ Self {{ url: String::new() }} }} }}\n\
             impl Settings {{ fn check(&self) -> Result<()> {{ {check} Ok(()) }}\n\
             fn load() -> Result<Self> {{ let s: Settings = Config::builder()\
             .add_source(Environment::with_prefix(\"APP\")).build()?.try_deserialize()?; \
             s.check()?; Ok(s) }} }}\nuse config::Config;\nfn main() {{ Settings::load().unwrap(); }}"
        )
    };
    let required = |check: &str| {
        let (found, _) = program("config = \"0.14\"\n", &main(check), &[]);
        found.required.iter().map(|one| one.value.clone()).collect::<Vec<_>>().join(" ")
    };
    let without = required("");
    let with = required("if self.url.is_empty() { return Err(E::Missing); }");
    assert_eq!((without.as_str(), with.as_str()), ("", "APP_URL"));
}

#[test]
fn arguments_that_a_start_must_give() {
    let said = |code: &str, more: &[(&str, &str)]| {
        let (found, _) =
            program("clap = { version = \"4\", features = [\"derive\"] }\n", code, more);
        found.findings.into_iter().find(|one| one.code == FindingCode::ArgumentsUnknown)
    };
    let main = "fn main() { let a = Args::parse(); TcpListener::bind(a.bind); }";
    let fields = "/// e.g. 0.0.0.0:80\n bind: SocketAddr, #[arg(long)] root: PathBuf, \
                  #[clap(short, long = \"database\")] db: PathBuf, #[arg(short)] n: u16, \
                  more: Vec<String>, maybe: Option<u8>, #[arg(long)] flag: bool, \
                  #[arg(long, default_value = \"x\")] x: String, #[arg(long, env)] y: String";
    let found = said(&format!("#[derive(Parser)] struct Args {{ {fields} }} {main}"), &[]).unwrap();
    assert_eq!(
        found.what,
        "the program stops without the arguments `BIND`, `--root ROOT`, `--database DB`, `-n N`"
    );
    assert_eq!(found.evidence[0].place(), "src/main.rs:2");
    let one = said(&format!("#[derive(Parser)] struct Args {{ bind: SocketAddr }} {main}"), &[]);
    assert_eq!(one.unwrap().what, "the program stops without the argument `BIND`");
    // Fields of another struct count too, those of a type that nobody parses do not.
    let flat = "#[derive(Args)] struct Net { bind: SocketAddr } \
                #[derive(Parser)] struct Args { #[command(flatten)] net: Net }";
    assert!(said(&format!("{flat} {main}"), &[]).is_some());
    for none in [
        "#[derive(Parser)] struct Other { bind: SocketAddr }",
        "#[derive(Parser)] struct Args { bind: Option<SocketAddr> }",
        "#[derive(Parser)] struct Args { bind: SocketAddr, #[command(subcommand)] c: Cmd }",
        "struct Args { bind: SocketAddr }",
    ] {
        assert!(said(&format!("{none} {main}"), &[]).is_none(), "{none}");
    }
}

#[test]
fn words_of_a_message_are_no_subcommands() {
    let chat = "#[derive(clap::Parser)] enum Chat { Whoami, Look { what: Look } } \
                #[derive(clap::Subcommand)] enum Look { Up, Down } \
                fn hear(t: &str) { let c = Chat::try_parse_from(t.split(' ')); } \
                fn main() { TcpListener::bind(\"0.0.0.0:1\"); }";
    let (found, _) = program("clap = \"4\"\n", chat, &[]);
    assert!(found.subcommands.is_none() && codes(&found.findings).is_empty(), "{found:?}");
    // The arguments of the process, passed on.
    let own = chat.replace("t.split(' ')", "std::env::args()");
    let (found, _) = program("clap = \"4\"\n", &own, &[]);
    assert_eq!(codes(&found.findings), ["subcommand-unknown"]);
}

#[test]
fn a_window_on_a_desktop_is_not_the_program() {
    let package = |name: &str, dependency: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n[dependencies]\n{dependency}")
    };
    let main = "fn main() { TcpListener::bind(\"0.0.0.0:1\"); }";
    let (app, relay) = (package("app", "eframe = \"0.28\"\n"), package("relay", ""));
    let all = facts(
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"relay\"]\n"),
            ("app/Cargo.toml", &app),
            ("app/src/main.rs", main),
            ("relay/Cargo.toml", &relay),
            ("relay/src/main.rs", main),
        ],
        "",
    );
    assert_eq!(all.programs[0].id, "relay");
}

#[test]
fn loops_over_names_and_defaults_that_are_refused() {
    let names = "fn main() { for name in [\"APP_A\", \"APP_B\"] { \
                 if env::var(name).is_err() { panic!(\"set {name}\"); } } }";
    assert_eq!(required(names), "APP_A APP_B");
    assert_eq!(required(&names.replace("panic!", "println!")), "");
    let secret = "fn main() { let s = env::var(\"APP_S\").unwrap_or_else(|_| \"x\".to_string()); \
                  if s == \"x\" { std::process::exit(1); } }";
    assert_eq!(required(secret), "APP_S");
    assert_eq!(required(&secret.replace("s == \"x\"", "s == \"y\"")), "");
}

#[test]
fn an_option_that_is_bound_and_demanded_later() {
    let load = "struct C; impl C { fn load() -> Result<C, E> { let a = var(\"APP_A\").ok(); \
                let b = env::var(\"APP_B\").ok(); if b.is_some() { go(); } \
                Ok(C { a: a.ok_or_else(|| E::None)?, b }) } }\n\
                fn main() -> Result<(), E> { let c = C::load()?; Ok(()) }";
    assert_eq!(required(&load.replace("var(\"APP_A", "env::var(\"APP_A")), "APP_A");
    let maybe = "fn main() -> Result<(), E> { let a = env::var(\"APP_A\").ok(); \
                 if x { a.ok_or(E)?; } Ok(()) }";
    assert_eq!(required(maybe), "");
}

#[test]
fn arguments_of_which_one_must_be_given() {
    let of = |more: &str| {
        let main = format!(
            "use clap::Parser; #[derive(Parser)] struct O {{ #[arg(long, env = \"A_CONFIG\", required_unless_present = \"url\")] config: Option<String>, #[arg(long, env, required_unless_present = \"config\"{more})] url: Option<String>, #[arg(long, required_unless_present_any = [\"ws\", \"config\"])] rpc: Vec<String>, #[arg(long)] ws: Vec<String> }} fn main() {{ let o = O::parse(); }}"
        );
        let found = program("clap = \"4\"\n", &main, &[]).0.findings.into_iter();
        let mut found = found.filter(|finding| finding.code.as_str() == "arguments-unknown");
        found.next().map(|finding| finding.what)
    };
    assert_eq!(
        of("").as_deref(),
        Some(
            "the program stops without one of `--config` (A_CONFIG), `--url` (URL), and without one \
             of `--config` (A_CONFIG), `--rpc`, `--ws`"
        )
    );
    let spared = of(", default_value = \"x\"").unwrap();
    assert!(spared.ends_with("one of `--config` (A_CONFIG), `--rpc`, `--ws`"), "{spared}");
    assert_eq!(spared.matches("one of").count(), 1);
}

#[test]
fn a_variable_that_a_library_reads_by_itself() {
    let main = "use teloxide::prelude::*; fn main() { let bot = Bot::from_env(); }";
    assert_eq!(required(main), "TELOXIDE_TOKEN");
    assert_eq!(required("fn main() { let bot = Bot::from_env(); }"), "");
}
