//! Settings that replace defaults, files of settings, and programs of lists.

use super::*;

#[test]
fn variables_that_a_pattern_binds_replace_defaults() {
    let config = "struct Config { bind: String }\n\
                  impl Default for Config { fn default() -> Self { Config { bind: \"127.0.0.1:9600\".into() } } }\n";
    for main in [
        "fn main() { let mut c = Config::default(); if let Ok(v) = std::env::var(\"BIND\") { c.bind = v; } TcpListener::bind(&c.bind); }",
        "fn main() { let mut c = Config::default(); if let Some(v) = std::env::var(\"BIND\").ok() { c.bind = v; } TcpListener::bind(&c.bind); }",
        "fn main() { let mut b = \"127.0.0.1:9600\".to_string(); if let Ok(v) = std::env::var(\"BIND\") { b = v; } TcpListener::bind(&b); }",
        "fn main() { let b = if let Ok(v) = std::env::var(\"BIND\") { v } else { \"127.0.0.1:9600\".into() }; TcpListener::bind(&b); }",
    ] {
        let (found, _) = program("", &format!("{config}{main}"), &[]);
        assert_eq!(env(&found), ["BIND=0.0.0.0:9600"], "{main}");
        assert_eq!(found.port.map(|port| port.value), Some(9600), "{main}");
    }
    let other = "fn main() { let mut c = Config::default(); if debug { c.bind = std::env::var(\"BIND\").unwrap(); } TcpListener::bind(&c.bind); }";
    assert!(env(&program("", &format!("{config}{other}"), &[]).0).is_empty());
}

#[test]
fn the_type_of_a_call_names_the_settings() {
    let main = "#[derive(Deserialize)] #[serde(default)] struct S { host: String, port: u16, dir: String }\n\
                impl Default for S { fn default() -> Self { S { host: \"127.0.0.1\".into(), port: 9601, dir: \"up\".into() } } }\n\
                fn main() { let s = envy::prefixed(\"APP_\").from_env::<S>().unwrap(); \
                std::fs::create_dir_all(&s.dir); TcpListener::bind((s.host.as_str(), s.port)); }";
    let (found, _) = program("envy = \"0.4\"\n", main, &[]);
    assert_eq!(env(&found), ["APP_HOST=0.0.0.0"]);
    assert_eq!(found.writable.iter().map(|one| &*one.value).collect::<Vec<_>>(), ["up"]);
}

#[test]
fn settings_files_without_which_the_program_stops() {
    let said = |code: &str, files: &[(&str, &str)]| {
        let main = format!("const NAME: &str = \"conf/app\"; fn main() {{ {code} }}");
        let (found, _) = program("config = \"0.15\"\n", &main, files);
        let mut said = found.findings.iter().filter(|f| f.code.as_str() == "file-missing");
        said.next().map(|finding| finding.what.clone())
    };
    let layer = "Config::builder().add_source(File::with_name(NAME)).build().unwrap();";
    let missing =
        "the program stops if it cannot open conf/app.toml, and the repository does not hold it";
    assert_eq!(said(layer, &[]).as_deref(), Some(missing));
    let example = said(layer, &[("conf/app.example.yaml", "a: 1")]);
    assert!(example.is_some_and(|what| what.contains("conf/app.yaml")));
    assert_eq!(said(layer, &[("conf/app.yaml", "a: 1")]), None);
    let spared =
        "Config::builder().add_source(File::with_name(NAME).required(false)).build().unwrap();";
    assert_eq!(said(spared, &[]), None);
}

#[test]
fn the_default_of_an_option_names_a_file_that_must_be_there() {
    let said = |use_of: &str, default: &str| {
        let main = format!(
            "#[derive(Parser)] struct Cli {{ #[arg(long, default_value = \"{default}\")] config: PathBuf }}\n\
             fn load(path: &Path) -> Result<Config> {{ let text = std::fs::read_to_string(path)?; parse(text) }}\n\
             fn main() {{ let cli = Cli::parse(); {use_of} }}"
        );
        let (found, _) = program("clap = \"4\"\n", &main, &[]);
        let mut said = found.findings.iter().filter(|f| f.code.as_str() == "file-missing");
        said.next().map(|finding| finding.what.clone())
    };
    let fatal = "let c = load(&cli.config).unwrap();";
    assert!(said(fatal, "/etc/box.yaml").is_some_and(|what| what.contains("/etc/box.yaml")));
    assert!(said(fatal, "box.toml").is_some());
    assert_eq!(said("let c = load(&cli.config).unwrap_or_default();", "/etc/box.yaml"), None);
    let asked = "if cli.config.exists() { load(&cli.config).unwrap(); }";
    assert_eq!(said(asked, "/etc/box.yaml"), None);
    assert_eq!(said(fatal, "/etc/resolv.conf"), None);
}

#[test]
fn words_that_libraries_take_one_after_the_other() {
    let listens = "TcpListener::bind(\"0.0.0.0:9602\")";
    for (dependency, main) in [
        (
            "lexopt",
            format!(
                "use lexopt::prelude::*; fn main() {{ let mut p = lexopt::Parser::from_env(); let mut command = None; while let Some(arg) = p.next()? {{ match arg {{ Value(v) if command.is_none() => command = Some(v.string()?), _ => {{}} }} }} match command.as_deref() {{ Some(\"hub\") => {{ {listens}; }} Some(\"check\") => {{}} _ => {{}} }} }}"
            ),
        ),
        (
            "pico-args",
            format!(
                "fn main() {{ let mut p = pico_args::Arguments::from_env(); match p.subcommand().unwrap().as_deref() {{ Some(\"hub\") => {{ {listens}; }} Some(\"keys\") => {{}} _ => {{}} }} }}"
            ),
        ),
        (
            "bpaf",
            format!(
                "#[derive(Bpaf)] #[bpaf(options)] enum Cmd {{ #[bpaf(command(\"hub\"))] Serve, #[bpaf(command)] Export }} fn main() {{ match cmd().run() {{ Cmd::Serve => {{ {listens}; }} Cmd::Export => {{}} }} }}"
            ),
        ),
    ] {
        let (found, _) = program(&format!("{dependency} = \"1\"\n"), &main, &[]);
        assert_eq!(found.args.map(|args| args.value).as_deref(), Some("hub"), "{dependency}");
    }
}

#[test]
fn programs_of_lists_and_of_libraries() {
    for (dependency, main, expected) in [
        (
            "",
            "fn main() { for tool in [\"git\", \"ffmpeg\"] { Command::new(tool); } }",
            vec!["ffmpeg", "git"],
        ),
        (
            "",
            "const T: &[(&str, &str)] = &[(\"git\", \"-v\")]; fn main() { for (tool, v) in T { Command::new(tool); } }",
            vec!["git"],
        ),
        (
            "",
            "fn main() { let argv = vec![\"git\", \"pull\"]; Command::new(argv[0]); }",
            vec!["git"],
        ),
        ("duct = \"1\"\n", "fn main() { duct::cmd!(\"git\", \"pull\").run(); }", vec!["git"]),
        ("xshell = \"1\"\n", "fn main() { cmd!(sh, \"git pull\").run(); }", vec!["git"]),
        (
            "which = \"1\"\n",
            "fn main() { which::which(\"git\").expect(\"git\"); which::which(\"ffmpeg\").is_ok(); }",
            vec!["git"],
        ),
        ("", "fn main() { for (tool, v) in T { Command::new(v); } }", vec![]),
    ] {
        let (found, _) = program(dependency, main, &[]);
        let mut all: Vec<_> = found.needs.packages.into_iter().map(|one| one.value).collect();
        all.sort();
        assert_eq!(all, expected, "{main}");
    }
}

#[test]
fn builders_and_constants_that_name_variables() {
    let main = "struct S { port: u16 } impl S { fn new() -> Self { S { port: 9999 } } \
                fn port(mut self, port: u16) -> Self { self.port = port; self } \
                fn serve(self) { TcpListener::bind((\"0.0.0.0\", self.port)); } } \
                fn main() { S::new().port(9603).serve(); }";
    assert_eq!(port(main), Some(9603));
    let main = "const ADDR: &str = \"BOX_ADDR\"; #[derive(Parser)] struct Args { \
                #[clap(long, env = ADDR, default_value = \"127.0.0.1:9604\")] http_addr: String } \
                fn main() { let a = Args::parse(); TcpListener::bind(&a.http_addr); }";
    let (found, _) = program("clap = \"4\"\n", main, &[]);
    assert_eq!(env(&found), ["BOX_ADDR=0.0.0.0:9604"]);
}

#[test]
fn a_file_that_a_variable_moves_has_one_folder() {
    let main = "fn main() { let p = std::env::var(\"DB\").unwrap_or_else(|_| \"app.db\".to_string()); \
                rusqlite::Connection::open(&p).unwrap(); TcpListener::bind(\"0.0.0.0:80\"); }";
    let (found, details) = program("rusqlite = \"0.32\"\n", main, &[]);
    assert_eq!(env(&found), ["DB=/app/data/app.db"]);
    assert_eq!(found.writable.iter().map(|one| &*one.value).collect::<Vec<_>>(), ["data"]);
    assert_eq!(details.workdir, None);
}

#[test]
fn the_folder_that_rockets_macro_compiles_in() {
    let main =
        "fn main() { rocket::build().mount(\"/\", FileServer::from(relative!(\"static\"))); }";
    let (_, details) = program("rocket = \"0.5\"\n", main, &[("static/a.css", "x")]);
    assert_eq!(details.files[0].1, "/src/static");
}

#[test]
fn the_repository_around_the_program_and_the_templates_of_rocket() {
    let opens = |main: &str| {
        codes(&program("git2 = \"0.20\"\n", main, &[]).0.findings).contains(&"git-read")
    };
    assert!(opens("fn main() { git2::Repository::discover(\".\").unwrap(); }"));
    assert!(!opens("use git2::Repository; fn main() { Repository::open(path).unwrap(); }"));
    let rocket = "rocket = \"0.5\"\nrocket_dyn_templates = \"0.2\"\n";
    let main = "use rocket_dyn_templates::Template; fn main() { rocket::build(); }";
    let settings = ("Rocket.toml", "[default]\ntemplate_dir = \"./views\"\n");
    let (found, _) = program(rocket, main, &[settings, ("views/a.html.tera", "x")]);
    assert!(found.files.iter().any(|file| file.value.as_str() == "views"));
}

#[test]
fn a_settings_file_has_the_word_over_the_defaults_of_the_code() {
    const TYPES: &str = "#[derive(Deserialize)] struct Settings { server: Server }\n\
        #[derive(Deserialize)] struct Server { host: String, #[serde(default = \"port\")] port: u16 }\n\
        fn port() -> u16 { 8000 }\n";
    let of = |builder: &str, files: &[(&str, &str)]| {
        let main = format!(
            "{TYPES}fn main() {{ let s: Settings = Config::builder(){builder}.build().unwrap()\
             .try_deserialize().unwrap(); TcpListener::bind((s.server.host.as_str(), s.server.port)); }}"
        );
        let (found, _) = program("config = \"0.14\"\n", &main, files);
        let local = found.findings.iter().filter(|f| f.code.as_str() == "localhost-only").count();
        (found.port.as_ref().map(|port| port.value), env(&found).join(" "), local)
    };
    let file = ".add_source(File::with_name(\"conf/app\"))";
    let variables = ".add_source(Environment::with_prefix(\"SHOP\").separator(\"__\"))";
    let local = [("conf/app.toml", "[server]\nhost = \"127.0.0.1\"\nport = 9321\n")];
    assert_eq!(of(file, &local), (Some(9321), String::new(), 1));
    let both = format!("{file}{variables}");
    assert_eq!(of(&both, &local), (Some(9321), "SHOP__SERVER__HOST=0.0.0.0".into(), 0));
    let open = [("conf/app.toml", "[server]\nhost = \"0.0.0.0\"\nport = 9321\n")];
    assert_eq!(of(&both, &open), (Some(9321), String::new(), 0));
    // `set_default` is weaker than a file and stronger than the attribute.
    let set = ".set_default(\"server.port\", 9000).unwrap()";
    assert_eq!(of(set, &[]).0, Some(9000));
    assert_eq!(of(&format!("{set}{file}"), &local).0, Some(9321));
    // Another setting, another file, or none.
    let other = [("conf/app.toml", "[metrics]\nport = 9321\n"), ("other.toml", local[0].1)];
    assert_eq!(of(file, &other).0, Some(8000));
    assert_eq!(of(".set_default(\"port\", 9000).unwrap()", &[]).0, Some(8000));
}
