//! Whole programs: facts from manifests and code together.

use super::*;
use crate::facts::{Kind, Libc, Strength};
use crate::repo::Repo;

mod demands;
mod given;
mod listen;
mod opened;
mod positional;
mod settings;
mod structs;
mod written;

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n";

pub(super) fn facts(files: &[(&str, &str)], dir: &str) -> Facts {
    let repo = Repo::from_files(files.iter().copied());
    detect(&Dir::new(&repo, RelPath::new(dir).unwrap())).unwrap().unwrap()
}

/// The program of a package with these dependencies and this src/main.rs, and files beside it.
fn program(dependencies: &str, main: &str, more: &[(&str, &str)]) -> (Program, ProgramDetails) {
    let manifest = format!("{MANIFEST}{dependencies}");
    let mut files = vec![("Cargo.toml", manifest.as_str()), ("src/main.rs", main)];
    files.extend(more);
    let facts = facts(&files, "");
    let details: Details = facts.details().unwrap();
    (facts.programs[0].clone(), details.programs[&facts.programs[0].id].clone())
}

fn port(main: &str) -> Option<u16> {
    program("clap = \"4\"\n", main, &[]).0.port.map(|port| port.value)
}

fn env(program: &Program) -> Vec<String> {
    program.env.iter().map(|var| format!("{}={}", var.value.key, var.value.value)).collect()
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn files_that_are_opened_are_carried_and_others_are_not() {
    let main = r#"
fn main() {
    fs::read_to_string("a.txt"); ServeDir::new("./static"); Tera::new("templates/**/*.html");
    Config::builder().add_source(File::with_name("config/default"));
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/x.bin"));
    include_str!("../b.txt"); router.nest("assets", x); sqlx::migrate!("./migrations"); println!("docs/x.md");
    fs::read_to_string("target/x"); fs::read_to_string("missing.txt"); folder.join(".gitignore"); folder.join("Dockerfile");
    read(x).with_context(|| format!("lang/{name}"))?; bail!("no {}", format!("lang/{name}"));
}
"#;
    let files: Vec<(&str, &str)> = [
        "a.txt",
        "static/s.css",
        "templates/i.html",
        "config/default.toml",
        "data/x.bin",
        "b.txt",
        "assets/z",
        "migrations/1.sql",
        "docs/x.md",
        "target/x",
        ".gitignore",
        "Dockerfile",
        "lang/de",
    ]
    .map(|path| (path, ""))
    .to_vec();
    let (found, details) = program("", main, &files);
    let ways: Vec<String> =
        details.files.iter().map(|(path, way)| format!("{path} {way}")).collect();
    assert_eq!(
        ways,
        [
            "a.txt a.txt",
            "config/default.toml config/default.toml",
            "data/x.bin /src/data/x.bin",
            "static static",
            "templates templates"
        ]
    );
    assert_eq!(found.files.len(), 5);
    let reads: Vec<&str> = details.reads.iter().map(RelPath::as_str).collect();
    assert_eq!(reads, ["b.txt", "migrations"]);
}

#[test]
fn folders_that_the_build_does_not_read() {
    let unread = |manifest: &str, main: &str, more: &[&str]| {
        let mut files =
            vec!["tests/a.rs", "benches/b.rs", "examples/c.rs", "docs/d.md", "snapshots/e"];
        files.extend(more);
        let files: Vec<(&str, &str)> = files.iter().map(|path| (*path, "")).collect();
        let found = program(manifest, main, &files).1.unread;
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let all = "benches docs examples snapshots tests";
    assert_eq!(unread("", "fn main() {}", &["fuzz-not/x", "src/tests/y.rs"]), all);
    // Neither an unrelated name nor code for tests keeps a folder in the context.
    let main = "const A: &str = \"tests\"; fn main() {} #[cfg(test)] mod tests { const B: &str = include_str!(\"../tests/a.rs\"); }";
    assert_eq!(unread("", main, &[]), all);
    // Anything that a macro may read during compilation stays in the context.
    assert_eq!(
        unread("", "load!(\"./docs/d.md\"); fn main() {}", &[]),
        "benches examples snapshots tests"
    );
    assert_eq!(
        unread("", "#[path = \"../tests/a.rs\"] mod a; fn main() {}", &[]),
        "benches docs examples snapshots"
    );
    // Packages and binaries in such folders stay too.
    let bin = "[[bin]]\nname = \"c\"\npath = \"examples/c.rs\"\n";
    assert_eq!(unread(bin, "fn main() {}", &[]), "benches docs snapshots tests");
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"examples/*\"]\n"),
        ("app/Cargo.toml", MANIFEST),
        ("app/src/main.rs", "fn main() {}"),
        ("app/build.rs", "fn main() { compile(\"benches\"); }"),
        ("app/tests/a.rs", ""),
        ("app/benches/a.rs", ""),
        ("examples/one/Cargo.toml", "[package]\nname = \"one\"\n"),
        ("examples/one/src/lib.rs", ""),
        ("examples/one/tests/b.rs", ""),
        ("docs/x.md", ""),
    ];
    let details: Details = facts(&files, "app").details().unwrap();
    let found: Vec<&str> = details.programs["app"].unread.iter().map(RelPath::as_str).collect();
    assert_eq!(found, ["app/tests", "docs", "examples/one/tests"]);
}

#[test]
fn signals_by_handler_or_framework() {
    let handles = |dependencies: &str, main: &str| {
        program(dependencies, main, &[]).0.handles_sigterm.is_some()
    };
    assert!(handles("", "fn main() { signal(SignalKind::terminate()) }"));
    assert!(handles("", "fn main() { Signals::new([SIGTERM]) }"));
    // No container engine sends SIGINT.
    assert!(!handles("tokio = \"1\"\n", "fn main() { tokio::signal::ctrl_c() }"));
    assert!(!handles("ctrlc = \"3\"\n", "fn main() { ctrlc::set_handler(f) }"));
    assert!(handles(
        "ctrlc = { version = \"3\", features = [\"termination\"] }\n",
        "fn main() { ctrlc::set_handler(f) }"
    ));
    assert!(handles("actix-web = \"4\"\n", "use actix_web::App; fn main() {}"));
    assert!(!handles(
        "actix-web = \"4\"\n",
        "use actix_web::App; fn main() { HttpServer::new(f).disable_signals() }"
    ));
}

#[test]
fn commands_shells_and_time_zones() {
    let (found, _) = program(
        "chrono = \"0.4\"\n",
        "fn main() { Command::new(\"git\"); Command::new(\"odd\"); Local::now(); tempfile::tempdir(); }",
        &[],
    );
    let keys: Vec<&str> =
        found.needs.packages.iter().map(|package| package.value.as_str()).collect();
    assert_eq!(keys, ["git", "zoneinfo-at-build"]);
    assert_eq!(codes(&found.findings), ["command-unknown"]);
    assert!(
        found.needs.zoneinfo.is_some()
            && found.needs.temporary_files.is_some()
            && found.needs.shell.is_none()
    );
    assert!(
        program("", "fn main() { Command::new(\"sh\").arg(\"-c\"); }", &[]).0.needs.shell.is_some()
    );
    // clap's `Command` starts no process.
    let (found, _) = program(
        "clap = \"4\"\n",
        "use clap::{Arg, Command}; fn main() { Command::new(\"git\").subcommand(x) }",
        &[],
    );
    assert!(found.needs.packages.is_empty() && found.subcommands.is_some());
    assert_eq!(found.needs.libc, Libc::None);
}

#[test]
fn commands_by_a_constant_and_scripts() {
    let main = "const P: &str = \"ffmpeg\"; fn main() { Command::new(P); \
                let c = env::var(\"C\").unwrap_or_else(|_| \"git\".to_string()); \
                Command::new(&c); Command::new(\"./run.sh\"); }";
    let (found, _) = program("", main, &[("run.sh", "#!/bin/sh\n")]);
    let packages: Vec<&str> = found.needs.packages.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(packages, ["ffmpeg", "git"]);
    assert!(found.needs.shell.is_some());
}

#[test]
fn a_method_belongs_to_the_type_that_the_variant_holds() {
    let main = "#[derive(Parser)] struct Cli { #[command(subcommand)] command: Command }\n\
                #[derive(Subcommand)] enum Command { Check(CheckArgs), Web(WebArgs) }\n\
                impl CheckArgs { fn run(self) {} }\n\
                impl WebArgs { fn run(self) { TcpListener::bind(\"0.0.0.0:8765\"); } }\n\
                fn main() { match Cli::parse().command { Command::Check(a) => a.run(), \
                Command::Web(a) => a.run() } }";
    let (found, _) = program("clap = \"4\"\n", main, &[]);
    assert_eq!(found.args.map(|args| args.value).as_deref(), Some("web"));
}

#[test]
fn a_workspace_lists_every_binary_likeliest_first() {
    let member = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n{rest}")
    };
    let (api, tool) = (member("api", ""), member("tool", ""));
    let files = [
        ("Cargo.toml", "[workspace]\nmembers = [\"api\", \"tools/tool\"]\n"),
        ("api/Cargo.toml", api.as_str()),
        ("api/src/main.rs", "fn main() { TcpListener::bind(\"0.0.0.0:80\") }"),
        ("api/src/bin/run.rs", "fn main() {}"),
        ("tools/tool/Cargo.toml", tool.as_str()),
        ("tools/tool/src/bin/run.rs", "fn main() {}"),
    ];
    let found = facts(&files, "");
    let ids: Vec<&str> = found.programs.iter().map(|program| program.id.as_str()).collect();
    assert_eq!(ids, ["api", "api/run", "tool/run"]);
    assert_eq!((found.name.value.as_str(), found.context.as_str()), ("api", ""));
    // In the folder of a member only that package counts, but the workspace is still the context.
    let found = facts(&files, "tools/tool");
    assert_eq!(
        (found.programs.len(), found.context.as_str(), found.name.value.as_str()),
        (1, "", "tool")
    );
    let manifests: Vec<&str> = found.manifests.iter().map(RelPath::as_str).collect();
    assert_eq!(manifests, ["Cargo.toml", "api/Cargo.toml", "tools/tool/Cargo.toml"]);
}

#[test]
fn a_library_alone_is_said_and_beside_others_passed_over() {
    let found = facts(&[("Cargo.toml", MANIFEST), ("src/lib.rs", "")], "");
    assert!(codes(&found.findings).contains(&"nothing-to-start"));
    let repo = Repo::from_files([("lib/Cargo.toml", MANIFEST), ("lib/src/lib.rs", "")]);
    assert!(detect(&Dir::new(&repo, RelPath::new("lib").unwrap())).unwrap().is_none());
    assert!(detect(&Repo::from_files([("x", "")]).root()).unwrap().is_none());
}

#[test]
fn hostile_sources_do_no_harm() {
    for main in [
        "",
        "mod main; mod mod;",
        "#[path = \"../../../x.rs\"] mod x;",
        "fn main() { bind(\"0.0.0.0:99999\"",
        "{{{{((((",
        "\"\\",
        "#[arg(",
        "#[arg(default_value =",
    ] {
        program("", main, &[]);
    }
    let cycle = [("src/a.rs", "#[path = \"main.rs\"] mod m; mod a;")];
    program("", "mod a;", &cycle);
}

#[test]
fn every_key_of_the_catalog_is_a_package() {
    let tables = Tables::of(Catalog::of(LANGUAGE.id).unwrap()).unwrap();
    let packages = crate::catalog::system_packages().unwrap();
    for key in tables.commands.values().chain(tables.native.iter().flat_map(native::Native::keys)) {
        assert!(packages.contains_key(key), "{key}");
    }
}

#[test]
fn a_feature_that_the_code_demands_is_turned_on_and_asked() {
    let features = "[features]\nbundled = [\"sqlite\"]\nmysql = []\nsqlite = []\n";
    let taken = |attribute: &str, features: &str| {
        let main = format!(
            "{attribute} compile_error!(\"turn one on: cargo build --features bundled\"); fn main() {{}}"
        );
        let details = program(features, &main, &[]).1;
        (details.features.join(","), details.demands.len())
    };
    let some = ("bundled".to_owned(), 1);
    assert_eq!(
        taken("#[cfg(not(any(feature = \"sqlite\", feature = \"mysql\")))]", features),
        some
    );
    assert_eq!(
        taken("#[cfg(all(not(feature = \"mysql\"), not(feature = \"sqlite\")))]", features),
        some
    );
    assert_eq!(taken("#[cfg(not(feature = \"mysql\"))]", features), ("mysql".to_owned(), 1));
    let none = (String::new(), 0);
    let on = format!("{features}default = [\"mysql\"]\n");
    assert_eq!(taken("#[cfg(not(any(feature = \"sqlite\", feature = \"mysql\")))]", &on), none);
    for other in [
        "#[cfg(all(feature = \"mysql\", feature = \"sqlite\"))]",
        "#[cfg(not(all(feature = \"mysql\", feature = \"sqlite\")))]",
        "#[cfg(all(not(feature = \"mysql\"), feature = \"sqlite\"))]",
        "#[cfg(all(not(feature = \"mysql\"), unix))]",
        "#[cfg(not(unix))]",
        "#[cfg(not(feature = \"no-such\"))]",
    ] {
        assert_eq!(taken(other, features), none, "{other}");
    }
}

#[test]
fn a_lockfile_behind_its_manifest_is_an_error() {
    let lock = |names: &str| {
        format!(
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [{names}]\n"
        )
    };
    let said = |names: &str| {
        let lock = lock(names);
        let files = [
            (
                "Cargo.toml",
                "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\na = \"1\"\nb_c = { version = \"1\", optional = true }\n",
            ),
            ("src/main.rs", "fn main() {}"),
            ("Cargo.lock", lock.as_str()),
        ];
        let repo = Repo::from_files(files);
        let facts = (crate::detect::rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        codes(&facts.findings).contains(&"lockfile-out-of-sync")
    };
    assert!(said("\"a\""));
    assert!(!said("\"a\", \"b-c 1.0.0\""));
}

#[test]
fn a_package_that_the_workspace_does_not_list_stops_no_other() {
    let repo = Repo::from_files([
        ("Cargo.toml", "[workspace]\nmembers = [\"app\"]\n"),
        ("app/Cargo.toml", "[package]\nname = \"app\"\n"),
        ("app/src/main.rs", "fn main() {}"),
        ("other/Cargo.toml", "[package]\nname = \"other\"\n"),
        ("other/src/main.rs", "fn main() {}"),
    ]);
    let dir = crate::repo::Dir::new(&repo, RelPath::new("other").unwrap());
    let error = (crate::detect::rust::LANGUAGE.detect)(&dir).unwrap_err();
    assert!(error.is::<crate::detect::Unsupported>(), "{error:#}");
}

#[test]
fn constants_that_name_files_and_folders_below_unknown_ones() {
    let files = [("data/words.txt", ""), ("crates/x.txt", "")];
    let opened = |code: &str| {
        let (found, _) = program("", code, &files);
        found.files.iter().map(|file| file.value.to_string()).collect::<Vec<_>>()
    };
    let constant =
        "const WORDS: &str = \"data/words.txt\"; fn main() { fs::read_to_string(WORDS) }";
    assert_eq!(opened(constant), ["data/words.txt"]);
    let unused = "const WORDS: &str = \"data/words.txt\"; fn main() { println!(\"{}\", WORDS) }";
    assert!(opened(unused).is_empty());
    let below = "fn main() { let p = PathBuf::from(&self.data).join(\"crates\"); }";
    assert!(opened(below).is_empty());
    let stated = "fn main() { let p = current_dir().join(\"crates\"); }";
    assert_eq!(opened(stated), ["crates"]);
}

#[test]
fn a_program_that_serves_its_working_directory_is_not_in_it() {
    for code in [
        "fn main() { let at = env::current_dir().unwrap(); let s = ServeDir::new(at); TcpListener::bind(\"0.0.0.0:1\") }",
        "fn main() -> Result<()> { warp::fs::dir(env::current_dir()?); TcpListener::bind(\"0.0.0.0:1\") }",
        "fn main() { ServeDir::new(env::args().nth(1).map(PathBuf::from).unwrap_or(env::current_dir().unwrap())); TcpListener::bind(\"0.0.0.0:1\") }",
        "struct A { #[arg(long, default_value = \".\")] root: PathBuf } fn main() { TcpListener::bind(\"0.0.0.0:1\") }",
        "fn main() { TcpListener::bind(\"0.0.0.0:1\"); ServeDir::new(\".\") }",
    ] {
        let (found, details) = program("", code, &[]);
        assert_eq!(details.workdir.as_deref(), Some("/srv"), "{code}");
        assert_eq!(codes(&found.findings), ["serves-working-directory"]);
    }
}

#[test]
fn a_build_script_that_starts_what_the_image_lacks_is_said() {
    let said = |script: &str| {
        let files =
            [("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}"), ("build.rs", script)];
        let facts = facts(&files, "");
        facts.findings.iter().any(|finding| finding.code.as_str() == "build-script-starts")
    };
    assert!(said("fn main() { Command::new(\"npm\").args([\"run\", \"build\"]).status(); }"));
    assert!(said("fn main() { static_files::NpmBuild::new(\"web\").install(); }"));
    assert!(!said("fn main() { Command::new(\"rustc\").status(); }"));
}

#[test]
fn a_module_that_is_not_there_is_said() {
    let manifest =
        ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    let lost = |main: &str, more: &[(&'static str, &'static str)]| {
        let files = [manifest, ("src/main.rs", main)].into_iter().chain(more.iter().copied());
        let repo = Repo::from_files(files);
        let facts = super::detect(&repo.root()).unwrap().unwrap();
        let found =
            facts.programs[0].findings.iter().find(|f| f.code.as_str() == "generated-missing");
        found.map(|finding| finding.evidence[0].place())
    };
    assert_eq!(
        lost("mod api;\nmod made;\nfn main() {}", &[("src/api.rs", "")]).as_deref(),
        Some("src/main.rs:2")
    );
    assert_eq!(
        lost("mod api;\nfn main() {}", &[("src/api.rs", "mod made;")]).as_deref(),
        Some("src/api.rs:1")
    );
    for main in [
        "#[cfg(windows)]\nmod made;\nfn main() {}",
        "#[path = \"made.rs\"]\nmod x;\nfn main() {}",
        "mod a { mod made; }\nfn main() {}",
        "macro_rules! m { () => { mod made; } }\nfn main() {}",
    ] {
        assert_eq!(lost(main, &[]), None, "{main}");
    }
    let lost_with = |script| lost("mod made;\nfn main() {}", &[("build.rs", script)]);
    assert_eq!(lost_with("fn main() { std::fs::write(\"src/made.rs\", \"\"); }"), None);
    assert_eq!(lost_with("fn main() { tool::generate(); }"), None);
    assert_eq!(lost_with("fn main() { Command::new(\"gen\").status(); }"), None);
    // This script writes no source.
    let asks = "fn rev() -> String { Command::new(\"git\").arg(\"x\").output().unwrap() }\nfn main() { println!(\"cargo:rustc-env=A={}\", rev()); }";
    assert_eq!(lost_with(asks).as_deref(), Some("src/main.rs:1"));
}

#[test]
fn an_answer_beats_a_toolchain_that_has_no_image() {
    for stated in ["channel = \"nightly\"", "path = \"/opt/rust\""] {
        let toolchain = format!("[toolchain]\n{stated}\n");
        let facts = facts(
            &[
                ("Cargo.toml", MANIFEST),
                ("src/main.rs", "#![feature(test)] fn main() {}"),
                ("rust-toolchain.toml", &toolchain),
            ],
            "",
        );
        assert!(!codes(&facts.findings).contains(&"toolchain-not-stable"), "{stated}");
        let details: Details = facts.details().unwrap();
        assert_eq!(details.unstable.unwrap().code.as_str(), "toolchain-not-stable");
    }
}

#[test]
fn bash_is_a_package_and_privileges_are_said() {
    let (found, _) = program(
        "tun = \"0.7\"\n",
        "fn main() { tun::create(x); Command::new(\"/bin/bash\"); }",
        &[],
    );
    assert_eq!(found.needs.packages[0].value, "bash");
    assert!(found.findings[0].fix.contains("--cap-add NET_ADMIN --user 0 --device /dev/net/tun"));
}

#[test]
fn the_binary_that_a_unit_starts_comes_first() {
    let manifest = format!(
        "{MANIFEST}[[bin]]\nname = \"alocal\"\npath = \"bin/alocal.rs\"\n[[bin]]\nname = \"mserver\"\npath = \"bin/mserver.rs\"\n"
    );
    let first = |more: &[(&str, &str)]| {
        let mut files = vec![
            ("Cargo.toml", manifest.as_str()),
            ("bin/alocal.rs", "fn main() {}"),
            ("bin/mserver.rs", "fn main() {}"),
        ];
        files.extend(more);
        facts(&files, "").programs[0].id.clone()
    };
    let unit = "[Service]\nExecStart=/usr/bin/mserver -c /etc/m.json\n";
    assert_eq!(first(&[("debian/m.service", unit)]), "mserver");
    assert_eq!(first(&[("README.md", "```sh\n$ mserver -c m.json\n```\n")]), "mserver");
    let both = "```sh\n$ mserver -c m.json\n$ alocal -c m.json\n```\n";
    assert_eq!(first(&[("README.md", both)]), first(&[]));
}
