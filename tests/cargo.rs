//! The static reading of Cargo.toml agrees with `cargo metadata` on every Rust fixture: binaries,
//! packages, members. No network: `--no-deps --offline`.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

mod generate;

use dockgen::facts::Finding;
use dockgen::pipeline;
use dockgen::repo::{Budget, Repo};
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
                assert!(
                    !refused.status.success(),
                    "{name}: cargo accepts what is refused here: {error:#}"
                );
            }
        }
    }
    assert!(seen >= 12, "{seen} fixtures");
}

/// The first RUN of a stage.
fn run_of(dockerfile: &str, stage: &str) -> String {
    let (_, rest) = dockerfile.split_once(&format!(" AS {stage}\n")).unwrap();
    let (_, rest) = rest.split_once("\nRUN ").unwrap();
    let mut text = String::new();
    for line in rest.lines() {
        match line.strip_suffix('\\') {
            Some(line) => text.push_str(line),
            None => return text + line,
        }
    }
    text
}

/// The manifests with stand-ins for the sources, as the Dockerfile makes them, are a project that
/// cargo accepts; where nothing must be downloaded, with their lockfile as it is.
#[test]
fn cargo_accepts_the_stand_ins() {
    for (name, folder) in fixtures().into_iter().filter(|(name, _)| name.starts_with(LANGUAGE)) {
        let repository = copy(&folder, |_| {});
        for output in generate::generate(repository.path(), &[]).unwrap_or_default() {
            let stage = tempfile::tempdir().unwrap();
            let context = repository.path().join(output.plan.context.as_str());
            let whole = output.plan.details["whole"]
                .as_array()
                .unwrap()
                .iter()
                .map(|path| path.as_str().unwrap());
            let repo = Repo::open(repository.path(), Budget::default(), &|_| {}).unwrap();
            let bare: Vec<String> = output
                .plan
                .manifests
                .iter()
                .flat_map(|copy| copy.paths(&repo, &output.plan.context))
                .collect();
            for path in bare.iter().map(String::as_str).chain(whole.clone()) {
                let target = stage.path().join(path);
                std::fs::create_dir_all(target.parent().unwrap()).unwrap();
                if whole.clone().any(|folder| folder == path) {
                    continue;
                }
                std::fs::copy(context.join(path), target).unwrap();
            }
            let run = |program: &str, words: &[&str], folder: &std::path::Path| {
                // As the Dockerfile does where a wrapper is configured.
                let mut command = std::process::Command::new(program);
                let out = command
                    .args(words)
                    .current_dir(folder)
                    .env("RUSTC_WRAPPER", "")
                    .output()
                    .unwrap();
                assert!(
                    out.status.success(),
                    "{name}: {program} {words:?}: {}",
                    String::from_utf8_lossy(&out.stderr)
                );
            };
            run("sh", &["-euc", &run_of(&output.dockerfile, "manifests")], stage.path());
            for path in whole {
                run(
                    "cp",
                    &[
                        "-r",
                        context.join(path).to_str().unwrap(),
                        stage.path().join(path).to_str().unwrap(),
                    ],
                    &context,
                );
            }
            let home = output.plan.details["workdir"]
                .as_str()
                .unwrap()
                .trim_start_matches("/src")
                .trim_start_matches('/');
            let home = stage.path().join(home);
            run(
                env!("CARGO"),
                &["metadata", "--no-deps", "--offline", "--format-version", "1"],
                &home,
            );
            let lock =
                std::fs::read_to_string(home.join("Cargo.lock")).unwrap_or("source = ".to_owned());
            if !lock.contains("source = ") {
                run(
                    env!("CARGO"),
                    &["metadata", "--locked", "--offline", "--format-version", "1"],
                    &home,
                );
            }
        }
    }
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
    assert!(
        found[0].what.contains("cargo finds the binary `b` of `a`, and dockgen does not"),
        "{}",
        found[0].what
    );
}
