//! What the fuzz targets run: one function for each reader of foreign text, and the whole road.
//! `fuzz/` gives them to libFuzzer; `tests/fuzz.rs` runs them within `cargo test`.

#![allow(dead_code, reason = "each fuzz target runs one of them")]

use std::fs;
use std::path::Path;

use dockgen::detect;
use dockgen::docker::ignore::IgnoreFile;
use dockgen::docker::parse::parse;
use dockgen::docker::words;
use dockgen::path::RelPath;
use dockgen::repo::{Budget, Repo, parse_json, parse_json5, parse_toml, parse_yaml};

/// A body: it takes any bytes, and neither panics nor hangs.
pub(crate) type Body = fn(&[u8]);

/// Every body, by the name of its target and of its folder in tests/fuzz/corpus.
pub(crate) const BODIES: [(&str, Body); 9] = [
    ("manifests", manifests),
    ("dockerfile", dockerfile),
    ("ignore", ignore),
    ("go", go),
    ("node", node),
    ("rust", rust),
    ("java", java),
    ("index", index),
    ("pipeline", pipeline),
];

/// The inputs that the search begins with.
pub(crate) fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut files: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.into_iter().filter_map(|path| fs::read(path).ok()).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The readers of JSON, JSON5, TOML and YAML.
pub(crate) fn manifests(bytes: &[u8]) {
    let (text, path) = (text(bytes), RelPath::new("a/file").unwrap_or_default());
    let _ = parse_json::<serde_json::Value>(&path, &text);
    let _ = parse_json5::<serde_json::Value>(&path, &text);
    let _ = parse_toml::<toml::Table>(&path, &text);
    let _ = parse_yaml::<serde_json::Value>(&path, &text);
}

/// The reader of Dockerfiles and of the words in them.
pub(crate) fn dockerfile(bytes: &[u8]) {
    let text = text(bytes);
    let _ = words::expand(&text, '\\', &|name| Some(name.repeat(2)));
    let Ok(file) = parse(&text) else { return };
    for instruction in file.instructions() {
        let _ = (instruction.words(), instruction.pairs(), instruction.mounts());
        file.resolve(&instruction.arguments);
    }
}

/// The reader of ignore files: its first line is a path, the others are patterns.
pub(crate) fn ignore(bytes: &[u8]) {
    let text = text(bytes);
    let (path, patterns) = text.split_once('\n').unwrap_or(("a/b/c", &text));
    if let Ok(file) = IgnoreFile::parse(patterns) {
        file.deciding(path);
        file.may_let_in_below(path);
    }
}

/// Detection in a repository where the text stands in each of some files.
fn detected(files: &[(&str, &str)], places: &[&str], bytes: &[u8]) {
    let foreign = text(bytes);
    for place in places {
        let own =
            files.iter().filter(|(path, _)| path != place).map(|(p, t)| (*p, (*t).to_owned()));
        let repo = Repo::from_files(own.chain([(*place, foreign.clone())]));
        let _ = detect::scan(&repo, &RelPath::root());
    }
}

const GO: [(&str, &str); 2] = [
    ("go.mod", "module example.com/x\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":80\", nil) }\n",
    ),
];

/// go.mod, go.work, and Go's lexer with what is read from its tokens.
pub(crate) fn go(bytes: &[u8]) {
    detected(&GO, &["go.mod", "go.work", "main.go", "go.sum", "vendor/modules.txt"], bytes);
}

const NODE: [(&str, &str); 2] = [
    ("package.json", r#"{"scripts": {"build": "vite build", "start": "node index.js"}}"#),
    ("index.js", "app.listen(3000)"),
];

/// package.json, lockfiles, configuration, and JavaScript's lexer.
pub(crate) fn node(bytes: &[u8]) {
    let places = [
        "package.json",
        "index.js",
        "vite.config.js",
        "tsconfig.json",
        "pnpm-workspace.yaml",
        "pnpm-lock.yaml",
        "yarn.lock",
        ".npmrc",
    ];
    detected(&NODE, &places, bytes);
}

const RUST: [(&str, &str); 2] = [
    ("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    ("src/main.rs", "fn main() { TcpListener::bind(\"0.0.0.0:80\"); }\n"),
];

/// Cargo's files, and Rust's lexer.
pub(crate) fn rust(bytes: &[u8]) {
    let places = ["Cargo.toml", "Cargo.lock", "src/main.rs", ".cargo/config.toml", "build.rs"];
    detected(&RUST, &places, bytes);
}

const JAVA: [(&str, &str); 2] = [
    (
        "pom.xml",
        "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version></project>",
    ),
    ("src/main/java/A.java", "class A { public static void main(String[] a) { listen(80); } }\n"),
];

/// pom.xml, settings of Spring, and Java's lexer.
pub(crate) fn java(bytes: &[u8]) {
    let places = [
        "pom.xml",
        "src/main/java/A.java",
        "src/main/resources/application.yml",
        "src/main/resources/application.properties",
    ];
    detected(&JAVA, &places, bytes);
}

/// git's index.
pub(crate) fn index(bytes: &[u8]) {
    let Ok(root) = tempfile::Builder::new().prefix("dockgen-fuzz-").tempdir() else { return };
    let written = fs::create_dir(root.path().join(".git"))
        .and_then(|()| fs::write(root.path().join(".git/index"), bytes))
        .and_then(|()| fs::write(root.path().join(".gitignore"), "*\n"));
    if written.is_ok() {
        let _ = Repo::open(root.path(), Budget::default(), &|_| {});
    }
}

/// The whole of what is read of a repository in memory: files, each behind a line `=== path`.
pub(crate) fn pipeline(bytes: &[u8]) {
    let text = text(bytes);
    let files = text.split("=== ").skip(1).filter_map(|file| file.split_once('\n'));
    let repo = Repo::from_files(files);
    let _ = detect::scan(&repo, &RelPath::root());
}
