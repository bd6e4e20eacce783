//! dockgen's own repository carries the files that dockgen writes for it, and they are what it
//! writes today. `DOCKGEN_BLESS=1 cargo test --test own` brings them up to date, as
//! `dockgen update` does.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn dockgen(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(words)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_committed_files_are_what_dockgen_writes() {
    let way_out = "DOCKGEN_BLESS=1 cargo test --test own, and read the diff";
    if std::env::var_os("DOCKGEN_BLESS").is_some_and(|value| value == "1") {
        let update = dockgen(&["update", "--conflict=theirs", "."]);
        assert!(update.status.success(), "{}", text(&update.stderr));
    }
    let check = dockgen(&["check", "."]);
    assert_eq!(
        check.status.code(),
        Some(0),
        "{}{}\n{way_out}",
        text(&check.stdout),
        text(&check.stderr)
    );
    // `check` lets edits by hand pass; here there are none.
    let written = dockgen(&["init", "--stdout", "--yes", "--quiet", "."]);
    assert_eq!(read("Dockerfile"), text(&written.stdout), "{way_out}");
    assert_eq!(read(".dockerignore"), read(".dockgen/dockerignore"), "{way_out}");
    assert_eq!(read("Dockerfile"), read(".dockgen/Dockerfile"), "{way_out}");
}

/// What the program is not built from stays out of the build context, so that a change of it
/// compiles nothing again.
#[test]
fn the_context_is_what_the_program_is_built_from() {
    let ignore = dockgen::docker::ignore::IgnoreFile::parse(&read(".dockerignore")).unwrap();
    for path in [
        "tests/e2e.rs",
        "tests/fixtures/go-chi/go.mod",
        "snapshots/sizes.md",
        "docs/update.md",
        "target/x",
    ] {
        assert!(ignore.hides(path), "{path} is in the build context");
    }
    let needed = [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "src/main.rs",
        "templates/rust.Dockerfile",
        "benches/pipeline.rs",
    ];
    for path in needed {
        assert!(
            root().join(path).is_file() && !ignore.hides(path),
            "{path} is not in the build context"
        );
    }
}
