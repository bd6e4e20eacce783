//! Folders that the code writes.

use super::*;

#[test]
fn writes_that_no_code_places_are_reported() {
    for body in [
        "fs::create_dir_all(given());",
        "let m = SqliteConnectionManager::file(given());",
        "let o = Options::default(); rocksdb::DB::open(&o, given());",
    ] {
        let (found, _) = program("", &format!("fn main() {{ {body} }}"), &[]);
        assert_eq!(codes(&found.findings), ["folder-unknown"], "{body}");
    }
    for body in [
        "fs::read_dir(given());",
        "fs::create_dir_all(\"store\"); fs::write(given(), x);",
        "let m = SqliteConnectionManager::file(\"store/a.db\");",
    ] {
        let (found, _) = program("", &format!("fn main() {{ {body} }}"), &[]);
        assert!(codes(&found.findings).is_empty(), "{body}");
    }
}

#[test]
fn folders_that_are_written() {
    let written = |main: &str| {
        let (found, details) = program("", main, &[]);
        let folders: Vec<String> = found.writable.into_iter().map(|folder| folder.value).collect();
        (folders, details.workdir)
    };
    assert_eq!(written("fn main() { fs::create_dir_all(\"data/logs\"); }").0, ["data/logs"]);
    assert_eq!(written("fn main() { connect(\"sqlite://db/app.db?mode=rwc\"); }").0, ["db"]);
    assert!(written("fn main() { warn!(\"sqlite: event not found\"); }").0.is_empty());
    assert_eq!(
        written("fn main() { connect(\"sqlite::memory:\"); fs::write(\"/tmp/x\", y); }").0,
        Vec::<String>::new()
    );
    assert_eq!(written(r#"fn main() { fs::write(place(), text + &"\n".repeat(2)); fs::write(place(), "kept.txt"); }"#).0, Vec::<String>::new());
    assert_eq!(written("fn main() { fs::write(&\"state/x\", y); }").0, ["state"]);
    assert_eq!(written("fn main() { File::create(\"/var/lib/app/x\"); }").0, ["/var/lib/app"]);
    let (folders, workdir) = written("fn main() { Connection::open(\"app.db\"); }");
    assert_eq!((folders, workdir.as_deref()), (vec![".".to_owned()], Some("/data")));
    // Folders in a configuration file that the program opens count too, unless the repository holds
    // them.
    let config = "[server]\npath = \"api/\"\n[store]\npath = \"./data/kv/\" # here\nlog_dir: logs/\ntemplate_dir = \"pages/\"\nkey_path = \"./a.pem\"\nname = \"x/\"\n";
    let more = [("app.toml", config), ("api/x", ""), ("pages/a", "")];
    let (found, _) = program("", "fn main() { read_to_string(\"./app.toml\"); }", &more);
    let folders: Vec<&str> = found.writable.iter().map(|folder| folder.value.as_str()).collect();
    assert_eq!(folders, ["data/kv", "logs"]);
}

#[test]
fn folders_are_followed_to_the_call_that_writes() {
    for (code, expected) in [
        (
            "fn main() { let d = env::var(\"D\").map(PathBuf::from).unwrap_or_else(|_| PathBuf::from(\"var/x\")); fs::create_dir_all(&d)? }",
            "var/x",
        ),
        (
            "fn main() { let r = dirs::home_dir().unwrap().join(\".hoot\"); std::fs::create_dir_all(r.join(\"cache\")) }",
            "/home/nonroot/.hoot/cache",
        ),
        (
            "fn main() { let e = std::env::current_exe()?; fs::create_dir_all(e.parent().unwrap().join(\"data\")) }",
            "data",
        ),
        (
            "struct A { #[arg(long, default_value = \"./spool\")] dir: PathBuf } fn main() { let a = A::parse(); fs::create_dir_all(&a.dir) }",
            "spool",
        ),
    ] {
        let program = program("clap = \"4\"\n", code, &[]).0;
        let folders: Vec<&str> = program.writable.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(folders, [expected], "{code}");
    }
}

#[test]
fn folders_are_followed_into_functions_of_common_names() {
    let written = |main: &str| -> Vec<String> {
        let (found, _) = program("clap = \"4\"\n", main, &[]);
        found.writable.into_iter().map(|folder| folder.value).collect()
    };
    let setting =
        "#[derive(Parser)] struct Args { #[arg(long, default_value = \"./kept\")] dir: String }";
    for (function, call) in [
        (
            "impl Store { fn new(at: PathBuf) -> Self { let b = at.join(\"blobs\"); fs::create_dir_all(&b); } }",
            "Store::new(args.dir.into())",
        ),
        (
            "impl<T: Clone> Open for kinds::Store<T> { fn open<P: AsRef<Path>>(at: P) -> Self { fs::create_dir_all(at.join(\"blobs\")); } }",
            "Store::open(args.dir.clone())",
        ),
        (
            "mod store { fn open(at: &Path) { fs::create_dir_all(at.join(\"blobs\")); } }",
            "store::open(Path::new(&args.dir))",
        ),
        (
            "impl Store { fn new(at: &str) { fs::create_dir_all(at); } fn all(args: Args) { Self::new(&format!(\"{}/blobs\", args.dir)) } }",
            "Store::all(args)",
        ),
    ] {
        let main = format!(
            "{setting} struct Store {{ a: u8 }} struct Other {{ a: u8 }} impl Other {{ fn new(x: &str) {{}} fn open(x: &str) {{}} }} {function} fn main() {{ let args = Args::parse(); Other::new(\"/no\"); Other::open(\"/no\"); {call}; }}"
        );
        assert_eq!(written(&main), ["kept/blobs"], "{function}");
    }
    let parsed =
        "let d = PathBuf::from_str(args.dir.as_str()).expect(\"x\"); fs::create_dir_all(&d);";
    assert_eq!(
        written(&format!("{setting} fn main() {{ let args = Args::parse(); {parsed} }}")),
        ["kept"]
    );
    // Two types of one name give no answer.
    let twice = "mod a { impl S { fn new(p: &str) { fs::create_dir_all(p); } } } mod b { impl S { fn new(p: &str) {} } }";
    assert!(written(&format!("{twice} fn main() {{ S::new(\"data\"); }}")).is_empty());
    let (found, details) = program(
        "",
        "fn main() { let p = Path::new(\".\").join(\"app.db\"); Connection::open(&p); }",
        &[],
    );
    assert_eq!((found.writable.len(), details.workdir.as_deref()), (1, Some("/data")));
}

#[test]
fn a_default_of_argh_is_code_in_a_string() {
    let main = "#[derive(argh::FromArgs)] struct A { #[argh(option, default = \"String::from(\\\"./store\\\")\")] dir: String } fn main() { let a: A = argh::from_env(); std::fs::create_dir_all(&a.dir).unwrap(); }";
    let found = program("argh = \"0.1\"\n", main, &[]).0.writable;
    let folders: Vec<&str> = found.iter().map(|folder| folder.value.as_str()).collect();
    assert_eq!(folders, ["store"]);
}

#[test]
fn libraries_write_folders_and_files() {
    let mut wrong = Vec::new();
    for (uses, body, folders) in [
        (
            "std::fs::DirBuilder",
            "DirBuilder::new().recursive(true).create(\"state/x\").unwrap();",
            "state/x",
        ),
        (
            "std::fs::{DirBuilder, OpenOptions}",
            "let made = DirBuilder::new(); OpenOptions::new().create(true).read(true);",
            "",
        ),
        (
            "log4rs::append::file::FileAppender",
            "let f = FileAppender::builder().build(\"logs/app.log\").unwrap();",
            "logs",
        ),
        (
            "log4rs::config::Root",
            "let f = Root::builder().appender(\"a\").build(LevelFilter::Info);",
            "",
        ),
        (
            "tracing_appender::rolling::RollingFileAppender",
            "let f = RollingFileAppender::builder().filename_prefix(\"app\").build(\"logs/kept\").unwrap();",
            "logs/kept",
        ),
        (
            "fern::Dispatch",
            "Dispatch::new().chain(fern::log_file(\"logs/app.log\").unwrap());",
            "logs",
        ),
        (
            "flexi_logger::FileSpec",
            "log_to_file(FileSpec::default().directory(\"logs/all\"));",
            "logs/all",
        ),
        ("git2::Repository", "let r = Repository::clone(url, \"repos/y\").unwrap();", "repos/y"),
        ("image::DynamicImage", "picture.save(\"thumbs/a.png\").unwrap();", "thumbs"),
        ("image::DynamicImage", "picture.save(path).unwrap();", ""),
        ("csv::Writer", "let w = csv::Writer::from_path(\"reports/a.csv\").unwrap();", "reports"),
        (
            "libsql::Builder",
            "let d = Builder::new_local(\"data/x.db\").build().await.unwrap();",
            "data",
        ),
        ("fjall::Config", "let k = Config::new(\"data/fjall\").open().unwrap();", "data/fjall"),
        ("persy::Persy", "Persy::create(\"data/x.persy\").unwrap();", "data"),
        ("jammdb::DB", "let d = DB::open(\"data/x.db\").unwrap();", "data"),
        ("rustls_acme::caches::DirCache", "let c = DirCache::new(\"./acme_cache\");", "acme_cache"),
        ("cacache", "cacache::write_sync(\"./kept\", \"k\", b).unwrap();", "kept"),
        ("pickledb::PickleDb", "let d = PickleDb::new(\"data/x.db\", a, b);", "data"),
        ("plotters::prelude::*", "let r = BitMapBackend::new(\"charts/a.png\", (1, 1));", "charts"),
    ] {
        let (found, _) = program("", &format!("use {uses}; fn main() {{ {body} }}"), &[]);
        let mut all: Vec<&str> = found.writable.iter().map(|one| one.value.as_str()).collect();
        all.extend(codes(&found.findings).into_iter().filter(|code| *code == "folder-unknown"));
        if all.join(" ") != folders {
            wrong.push(format!("{body}\n    {all:?} in place of {folders:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
