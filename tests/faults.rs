//! Whose fault it is where nothing is written: an answer's, a template's of the repository, or
//! dockgen's; the file or the flag is named, and no mistake of a person's is called a bug.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const GO: &str = "package main\n\nfunc main() {\n\tprintln(\"hello\")\n}\n";

fn repo(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn go() -> TempDir {
    repo(&[("go.mod", "module example.com/hello\n\ngo 1.26\n"), ("main.go", GO)])
}

fn node() -> TempDir {
    repo(&[
        (
            "package.json",
            "{\"name\": \"plain\", \"version\": \"1.0.0\",\n\"engines\": {\"node\": \">=22\"},\n\"scripts\": {\"start\": \"node index.js\"}}",
        ),
        ("index.js", "require('http').createServer().listen(3000)\n"),
    ])
}

/// The exit code and what is printed, on one line.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    let text = text.replace("\n  | ", " ");
    (output.status.code().unwrap(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn an_answer_that_cannot_be_is_the_answers_fault() {
    for (args, place, says) in [
        (&["--env", "API_SECRET=x"][..], "--env: ", "docker run -e API_SECRET"),
        (&["--env", "PGPASSWORD=x"], "--env: ", "looks like a secret"),
        (&["--env", "DB=postgres://u:pw@db/x"], "--env: ", "holds a password"),
        (&["--writable", "/etc"], "--writable: ", "operating system"),
        (&["--writable", "/usr/bin/x"], "--writable: ", "`/usr/bin/x`"),
        (&["--toolchain", "banana"], "--toolchain: ", "`banana` is not a version"),
        (&["--toolchain", "1_2"], "--toolchain: ", "`1_2`"),
        (&["--toolchain", "1.20"], "", "go.mod:3: --toolchain asks for Go 1.20"),
    ] {
        let dir = go();
        let (code, told) = run(dir.path(), &[&["init", "--yes"], args].concat());
        assert_eq!(code, 2, "{args:?}: {told}");
        assert!(told.starts_with(&format!("error: {place}")), "{args:?}: {told}");
        assert!(told.contains(says) && !told.contains("bug"), "{args:?}: {told}");
        assert!(!dir.path().join("Dockerfile").exists());
        let Some(id) = args[0].strip_prefix("--").filter(|_| !place.is_empty()) else { continue };
        let config = format!("[answers]\n{id} = '{}'\n", args[1]);
        fs::write(dir.path().join("dockgen.toml"), config).unwrap();
        let (code, told) = run(dir.path(), &["init", "--yes"]);
        assert_eq!(code, 2, "{args:?}: {told}");
        assert!(told.starts_with("error: dockgen.toml:2: "), "{args:?}: {told}");
        assert!(told.contains(says) && !told.contains("bug"), "{args:?}: {told}");
    }
}

#[test]
fn a_version_against_the_repository_is_said() {
    let (code, told) = run(node().path(), &["init", "--yes", "--toolchain", "16"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("outside the range of engines.node, \">=22\""), "{told}");
    let (_, told) = run(node().path(), &["init", "--yes", "--toolchain", "24"]);
    assert!(!told.contains("outside the range of engines.node"), "{told}");
    let (_, told) = run(node().path(), &["init", "--yes", "--toolchain", "99"]);
    assert!(told.contains("does not know Node.js 99"), "{told}");
    let (code, told) = run(go().path(), &["init", "--yes", "--toolchain", "1.26"]);
    assert!(code == 0 && !told.contains("asks for"), "{told}");
}

#[test]
fn a_wrong_feature_names_the_flag() {
    let dir = repo(&[
        ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", "fn main() {}\n"),
    ]);
    let (code, told) = run(dir.path(), &["init", "--yes", "--set", "features=a;b"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.starts_with("error: --set features=VALUE: `a;b` is not a feature"), "{told}");
    fs::write(dir.path().join("dockgen.toml"), "[answers]\nfeatures = \"a;b\"\n").unwrap();
    let (_, told) = run(dir.path(), &["init", "--yes"]);
    assert!(told.starts_with("error: dockgen.toml:2: `a;b` is not a feature"), "{told}");
}

#[test]
fn a_template_of_the_repository_is_named() {
    for (text, says) in [
        ("FROM alpine:latest\nRUN x\n", "breaks rules"),
        ("FROM {{ name_that_is_not }}\n", "cannot render"),
        ("{% for x in %}\n", ".dockgen/templates/go.Dockerfile"),
        ("NO SUCH\n", "line 1"),
        ("WORKDIR {{ program.about }}\n", "was not written"),
    ] {
        let dir = go();
        let path = dir.path().join(".dockgen/templates/go.Dockerfile");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let (code, told) = run(dir.path(), &["init", "--yes"]);
        assert_eq!(code, 2, "{text}: {told}");
        assert!(told.contains(says), "{text}: {told}");
        assert!(told.contains("fix or remove .dockgen/templates/go.Dockerfile"), "{text}: {told}");
        assert!(told.starts_with("error: Dockerfile was not written: "), "{text}: {told}");
        assert!(!told.contains("bug"), "{text}: {told}");
    }
}

/// A digest in the state that is none is the state's fault, by file and line.
#[test]
fn a_pin_that_is_no_digest_names_the_state() {
    let dir = go();
    run(dir.path(), &["init", "--yes"]);
    let path = dir.path().join(".dockgen/state.json");
    let state = fs::read_to_string(&path).unwrap();
    let digest = format!("sha256:{}", "zz".repeat(32));
    let pins = format!(",\n  \"pins\": {{\n    \"golang:1.26-trixie\": \"{digest}\"\n  }}\n}}");
    fs::write(&path, state.trim_end().trim_end_matches('}').trim_end().to_owned() + &pins).unwrap();
    for args in [&["update"][..], &["check"], &["init", "--yes"]] {
        let (code, told) = run(dir.path(), args);
        assert_eq!(code, 2, "{told}");
        assert!(told.starts_with("error: .dockgen/state.json:"), "{told}");
        assert!(told.contains("is not a digest") && !told.contains("bug"), "{told}");
    }
}
