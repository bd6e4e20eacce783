//! The static reading of Cargo.toml agrees with `cargo metadata` on every Rust fixture: binaries, packages, members.
//! No network: `--no-deps --offline`.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

mod generate;

use dockgen::facts::Finding;
use dockgen::pipeline;
use generate::{copy, fixtures};

const LANGUAGE: &str = "rust";

/// What cargo says against the static reading of the applications in a folder.
fn disagreements(folder: &std::path::Path) -> anyhow::Result<Vec<Finding>> {
    let mut survey = pipeline::survey(folder, &[], &[], &|_| {})?;
    for facts in &mut survey.selection.taken {
        facts.findings.clear();
    }
    pipeline::confirm(&mut survey)?;
    Ok(survey.selection.taken.into_iter().flat_map(|facts| facts.findings).collect())
}

#[test]
fn cargo_agrees_on_every_fixture() {
    let mut seen = 0;
    for (name, folder) in fixtures() {
        if !name.starts_with(LANGUAGE) {
            continue;
        }
        seen += 1;
        let repository = copy(&folder, |_| {});
        match disagreements(repository.path()) {
            Ok(found) => assert!(found.is_empty(), "{name}: {found:#?}"),
            // What is refused here, cargo must refuse too.
            Err(error) => {
                let refused = std::process::Command::new(env!("CARGO"))
                    .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
                    .current_dir(repository.path().join("b"))
                    .output()
                    .unwrap();
                assert!(!refused.status.success(), "{name}: cargo accepts what is refused here: {error:#}");
            }
        }
    }
    assert!(seen >= 12, "{seen} fixtures");
}

#[test]
fn a_disagreement_is_seen() {
    let root = generate::repository([
        ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("src/main.rs", "fn main() {}\n"),
    ]);
    let mut survey = pipeline::survey(root.path(), &[], &[], &|_| {}).unwrap();
    // Another binary appears after the reading.
    std::fs::create_dir(root.path().join("src/bin")).unwrap();
    std::fs::write(root.path().join("src/bin/b.rs"), "fn main() {}\n").unwrap();
    for facts in &mut survey.selection.taken {
        facts.findings.clear();
    }
    pipeline::confirm(&mut survey).unwrap();
    let found = &survey.selection.taken[0].findings;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].what.contains("cargo alone finds the binary `b` of `a`"), "{}", found[0].what);
}
