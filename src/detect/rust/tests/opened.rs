//! Folders that a program opens, variables behind switches, and numbers that are no ports.

use super::*;

fn files(program: &Program) -> Vec<String> {
    program.files.iter().map(|file| file.value.to_string()).collect()
}

#[test]
fn folders_that_a_function_of_serde_names() {
    let main = |function: &str, opens: &str| {
        format!(
            "{function}\n#[derive(serde::Deserialize)] struct Config {{ #[serde(default = \
             \"pages\")] path: Utf8PathBuf }}\nfn main() {{ let c: Config = read(); {opens} }}"
        )
    };
    let plain = "fn pages() -> Utf8PathBuf { \"./pages/\".into() }";
    let page = ("pages/a.html", "hi");
    for opens in [
        "for e in WalkDir::new(&c.path) {}",
        "ServeDir::new(&c.path);",
        "let all = walkdir::WalkDir::new(c.path.clone());",
    ] {
        let (found, _) = program("", &main(plain, opens), &[page]);
        assert_eq!(files(&found), ["pages"], "{opens}");
        assert!(!codes(&found.findings).contains(&"opened-missing"), "{opens}");
    }
    // The repository does not hold it.
    let (found, _) = program("", &main(plain, "ServeDir::new(&c.path);"), &[]);
    let said: Vec<&str> = found
        .findings
        .iter()
        .filter(|f| f.code == codes::OPENED_MISSING)
        .map(|f| &*f.what)
        .collect();
    assert_eq!(said, ["the program opens ./pages/, which the image does not hold"]);
    let absolute = "fn pages() -> Utf8PathBuf { \"/app/pages\".into() }";
    let (found, _) = program("", &main(absolute, "ServeDir::new(&c.path);"), &[page]);
    assert!(files(&found).is_empty() && codes(&found.findings).contains(&"opened-missing"));
    // Somebody asks first.
    let asked = "if c.path.exists() { ServeDir::new(&c.path); }";
    let (found, _) = program("", &main(absolute, asked), &[page]);
    assert!(!codes(&found.findings).contains(&"opened-missing"));
}

#[test]
fn the_variant_of_the_features_that_are_on() {
    let main = "#[cfg(not(feature = \"dist\"))] fn pages() -> String { \"./pages\".into() }\n\
                #[cfg(feature = \"dist\")] fn pages() -> String { \"./share/pages\".into() }\n\
                #[derive(serde::Deserialize)] struct Config { #[serde(default = \"pages\")] path: String }\n\
                fn main() { let c: Config = read(); ServeDir::new(&c.path); }";
    let held = [("pages/a.html", ""), ("share/pages/a.html", "")];
    let on = |features: &str| {
        let manifest = format!("[features]\n{features}");
        files(&program(&manifest, main, &held).0)
    };
    assert_eq!(on("default = []\ndist = []\n"), ["pages"]);
    assert_eq!(on("default = [\"dist\"]\ndist = []\n"), ["share/pages"]);
}

#[test]
fn a_prefix_of_a_network_is_no_port() {
    let serve = "axum::serve(listener(), app);";
    for network in [
        "IpNetwork::new([192, 168, 0, 0].into(), 16)",
        "IpNetwork::new(Ipv4Addr::LOCALHOST.into(), 8)",
        "Ipv4Net::new(Ipv4Addr::new(127, 0, 0, 1), 8)",
        "IpCidr::new(IpAddr::from([127, 0, 0, 1]), 24)",
        "Subnet::new(\"127.0.0.1\", 8)",
        "Allowed::new([127, 0, 0, 1], 8)",
    ] {
        let main = format!("fn main() {{ let trusted = {network}; {serve} }}");
        assert_eq!(program("axum = \"0.8\"\n", &main, &[]).0.port, None, "{network}");
    }
    for address in [
        "SocketAddr::from(([0, 0, 0, 0], 3000))",
        "SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 3000)",
        "SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 3000)",
        "([0, 0, 0, 0], 3000)",
        "(\"0.0.0.0\", 3000)",
    ] {
        let main = format!("fn main() {{ let at: SocketAddr = {address}.into(); {serve} }}");
        let port = program("axum = \"0.8\"\n", &main, &[]).0.port.map(|port| port.value);
        assert_eq!(port, Some(3000), "{address}");
    }
}

#[test]
fn without_certificates_a_program_takes_the_plain_port() {
    let main = "fn listen_on(c: &Config) -> SocketAddr { c.on.unwrap_or_else(|| {\n\
                if c.https.is_some() { SocketAddr::from(([0, 0, 0, 0], 443)) }\n\
                else { SocketAddr::from(([0, 0, 0, 0], 8080)) } }) }\n\
                fn main() { axum::serve(listener(), app); }";
    let port = program("axum = \"0.8\"\n", main, &[]).0.port.unwrap();
    assert_eq!((port.value, port.strength), (8080, Strength::Guessed));
    assert_eq!(port.rejected[0].value, "443");
    // A program of TLS alone.
    let tls = main.replace("8080", "8443");
    assert_eq!(program("axum = \"0.8\"\n", &tls, &[]).0.port.unwrap().value, 443);
}

#[test]
fn a_variable_behind_a_switch_is_not_demanded() {
    let demands = |attribute: &str, body: &str| {
        let main = format!(
            "#[derive(clap::Parser)] struct Cli {{ {attribute} token: bool }}\n\
             fn main() {{ let cli = Cli::parse(); {body} }}"
        );
        let found = program("clap = \"4\"\n", &main, &[]).0;
        found.required.iter().any(|name| name.value == "ADMIN_TOKEN")
    };
    let read = "std::env::var(\"ADMIN_TOKEN\").expect(\"set it\")";
    let arg = "#[arg(long)]";
    assert!(!demands(arg, &format!("let t = cli.token.then(|| {read});")));
    assert!(!demands(arg, &format!("let t = cli.token.then(|| {{ {read} }});")));
    assert!(!demands(arg, &format!("if cli.token {{ let t = {read}; }}")));
    assert!(demands(arg, &format!("let t = {read};")));
    assert!(demands(arg, &format!("if !cli.token {{ let t = {read}; }}")));
    let on = "#[arg(long, default_value_t = true)]";
    assert!(demands(on, &format!("let t = cli.token.then(|| {read});")));
}

#[test]
fn texts_that_are_only_compared_are_no_files() {
    let held = [("docs/guide.md", ""), (".github/workflows/ci.yml", ""), ("own.toml", "")];
    for body in [
        "if way.starts_with(\".github/workflows/\") {}",
        "match way { _ if way.starts_with(\"docs/\") => a(), \"docs/guide.md\" | \"own.toml\" => b(), _ => c() }",
        "if path == \"docs/guide.md\" || path.ends_with(Path::new(\"docs/guide.md\")) {}",
        "let known = [\"docs/guide.md\", \"own.toml\"].contains(&name);",
        "let rest = way.strip_prefix(\"docs/guide.md\");",
        "let all = vec![\"docs/guide.md\", \"own.toml\"]; all.len();",
        "folder.join(NAME); name == NAME;",
    ] {
        let main = format!("const NAME: &str = \"own.toml\"; fn main() {{ {body} }}");
        assert!(files(&program("", &main, &held).0).is_empty(), "{body}");
    }
    // Another file has a constant of that name.
    let main = "mod a; const NAME: &str = \"docs/guide.md\"; fn main() { a::x() }";
    let other = ("src/a.rs", "const NAME: &str = \"x\"; pub fn x() { std::fs::read(NAME); }");
    assert!(files(&program("", main, &[held[0], other]).0).is_empty());
    // A scheme alone names no database.
    let main = "fn main() { let p = url.strip_prefix(\"sqlite:///\"); open(\"sqlite://\"); }";
    assert!(program("", main, &[]).0.writable.is_empty());
}

#[test]
fn lists_of_paths_whose_elements_are_opened() {
    let held = [("lists/a.txt", ""), ("lists/b.txt", "")];
    for main in [
        "const LISTS: [&str; 2] = [\"lists/a.txt\", \"lists/b.txt\"]; fn main() { for path in LISTS { let t = std::fs::read_to_string(path); } }",
        "static LISTS: &[&str] = &[\"lists/a.txt\", \"lists/b.txt\"]; fn main() { LISTS.iter().map(|path| std::fs::read(path)).count(); }",
        "fn main() { let lists = vec![\"lists/a.txt\", \"lists/b.txt\"]; for path in &lists { File::open(path); } }",
        "fn main() { for path in [\"lists/a.txt\", \"lists/b.txt\"] { File::open(path); } }",
    ] {
        let found = files(&program("", main, &held).0);
        assert_eq!(found, ["lists/a.txt", "lists/b.txt"], "{main}");
    }
    let printed = "fn main() { for path in [\"lists/a.txt\"] { show(path); } }";
    assert!(files(&program("", printed, &held).0).is_empty());
}

#[test]
fn files_that_options_open_to_write_and_temporary_folders() {
    let folders = |body: &str| {
        let main = format!("fn main() {{ {body} }}");
        let (found, _) = program("", &main, &[]);
        (
            found.writable.iter().map(|one| one.value.clone()).collect::<Vec<_>>(),
            found.findings.len(),
        )
    };
    for body in [
        "std::fs::OpenOptions::new().create(true).append(true).open(\"journal/a.log\").unwrap();",
        "let at = env::var(\"JOURNAL\").unwrap_or_else(|_| \"journal/a.log\".into()); OpenOptions::new().write(true).open(&at);",
        "File::options().create_new(true).write(true).open(\"journal/a.log\");",
        "tokio::fs::OpenOptions::new().append(true).open(\"journal/a.log\").await?;",
    ] {
        assert_eq!(folders(body).0, ["journal"], "{body}");
    }
    assert!(folders("OpenOptions::new().read(true).open(\"journal/a.log\");").0.is_empty());
    assert_eq!(folders("rolling::daily(\"logs\", \"a.log\");").0, ["logs"]);
    for body in [
        "let dir = tempfile::tempdir()?; fs::create_dir_all(dir.path().join(\"a\"));",
        "fs::write(env::temp_dir().join(\"x.txt\"), \"x\");",
    ] {
        assert_eq!(folders(body), (Vec::new(), 0), "{body}");
    }
}

#[test]
fn a_join_counts_from_its_own_start() {
    let held = [("migrations/1.sql", ""), ("data/seed/a.csv", "")];
    // The text of the element before is no start of the second.
    let unknown = "fn main() { for sub in [args.dir.join(\"src\"), Path::new(&args.dir).join(\"migrations\")] { go(sub); } }";
    assert!(files(&program("", unknown, &held).0).is_empty());
    let stated = "fn main() { let base = Path::new(\"data\"); run(base.join(\"seed\")); }";
    assert_eq!(files(&program("", stated, &held).0), ["data"]);
    let beside = "fn main() { let exe = std::env::current_exe().unwrap(); run(exe.parent().unwrap().join(\"migrations\")); }";
    assert_eq!(files(&program("", beside, &held).0), ["migrations"]);
}
