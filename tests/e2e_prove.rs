//! `dockgen prove` with a real engine, on applications whose truth cannot be read from their code:
//! each ends proved, or with a true sentence about what is missing.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage is shared with other tests")]

#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use stage::{engine, proved, provide_bases, provide_service, run};
use tempfile::TempDir;

/// An application under `tests/prove/apps`, in a folder of its own.
struct App {
    folder: TempDir,
    name: &'static str,
}

impl App {
    fn new(name: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("dockgen-prove-").tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prove/apps").join(name);
        run(Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()));
        let app = Self { folder, name };
        app.provide(&[]);
        app
    }

    /// Makes the images available that a plan with these answers needs.
    fn provide(&self, words: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(["init", "--yes", "--quiet", "--stdout"]).args(words).arg(self.folder.path());
        let text = run(&mut command);
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        provide_bases(file.path());
    }

    fn prove(&self, words: &[&str], code: i32) -> Value {
        let began = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(["prove", "--json", "--quiet"]).args(words).arg(self.folder.path());
        let output = command.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let app = report["apps"][0].clone();
        assert_eq!(output.status.code(), Some(code), "{app:#}\n{error}");
        assert_eq!(app["proved"], code == 0, "{app:#}");
        self.leaves_nothing();
        let rounds = app["rounds"].as_array().map_or(0, Vec::len);
        println!("{}: {rounds} rounds, {:.0} s", self.name, began.elapsed().as_secs_f64());
        app
    }

    fn leaves_nothing(&self) {
        let mine = format!("dockgen-verify-{}-", self.name);
        let images = run(Command::new("docker").args(["images", "--format", "{{.Repository}}"]));
        assert!(!images.contains(&mine), "images are left: {images}");
        let all = ["ps", "-a", "--filter", "label=dockgen.verify", "--format", "{{.Image}}"];
        let containers = run(Command::new("docker").args(all));
        assert!(!containers.contains(&mine), "containers are left: {containers}");
    }

    fn check(&self) {
        run(Command::new(env!("CARGO_BIN_EXE_dockgen")).arg("check").arg(self.folder.path()));
    }
}

/// The value of an answer that was found.
fn answer<'v>(app: &'v Value, id: &str) -> &'v str {
    let found = app["answers"].as_array().unwrap().iter().find(|one| one["id"] == id);
    found.unwrap_or_else(|| panic!("no answer {id} in {app:#}"))["value"].as_str().unwrap()
}

fn remains(app: &Value, words: &[&str]) {
    let text = app["remains"].to_string();
    for word in words {
        assert!(text.contains(word), "no `{word}` in {app:#}");
    }
}

#[test]
fn a_port_that_is_worked_out_is_seen_kept_and_the_same_again() {
    if engine().is_none() {
        return;
    }
    let app = App::new("port-computed");
    let first = app.prove(&["--write"], 0);
    assert_eq!(answer(&first, "port"), "5055");
    app.check();
    let files = ["Dockerfile", ".dockerignore", "dockgen.toml", ".dockgen/state.json"];
    let read = || files.map(|file| fs::read(app.folder.path().join(file)).unwrap());
    let before = read();
    let second = app.prove(&["--write"], 0);
    assert!(second["answers"].as_array().unwrap().is_empty(), "{second:#}");
    assert_eq!(second["rounds"].as_array().unwrap().len(), 1);
    assert_eq!(read(), before);
    // What is written is what `verify` proves.
    proved(app.folder.path(), &[]);
}

#[test]
fn an_edit_by_hand_stays() {
    if engine().is_none() {
        return;
    }
    let app = App::new("folder-home");
    run(Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(["init", "--yes", "--quiet"])
        .arg(app.folder.path()));
    let path = app.folder.path().join("Dockerfile");
    let edited = fs::read_to_string(&path).unwrap().replace("USER ", "ENV MINE=1\nUSER ");
    fs::write(&path, &edited).unwrap();
    let report = app.prove(&["--write"], 0);
    assert_eq!(answer(&report, "writable"), "/home/nonroot/.state");
    let merged = fs::read_to_string(&path).unwrap();
    assert!(merged.contains("ENV MINE=1\n") && merged.contains("/home/nonroot/.state"), "{merged}");
    app.check();
}

#[test]
fn pages_are_asked_with_the_files_that_they_name() {
    if engine().is_none() {
        return;
    }
    App::new("site-prefix").prove(&[], 0);
    remains(&App::new("site-broken").prove(&[], 1), &["/assets/index.js", "answers 404"]);
}

#[test]
fn datagrams_are_seen() {
    if engine().is_none() {
        return;
    }
    assert_eq!(answer(&App::new("udp").prove(&[], 0), "port"), "5200/udp");
}

#[test]
fn a_file_beside_the_program_is_carried() {
    if engine().is_none() {
        return;
    }
    assert_eq!(answer(&App::new("data-beside").prove(&[], 0), "file"), "prices.csv");
}

#[test]
fn a_program_that_is_started_brings_its_package() {
    if engine().is_none() {
        return;
    }
    let app = App::new("program-started");
    // The rig's Alpine installs nothing, so the base is said.
    app.provide(&["--set", "package=git", "--base", "debian"]);
    let report = app.prove(&["--set", "base=debian", "--write"], 0);
    assert_eq!(answer(&report, "package"), "git");
    app.check();
    proved(app.folder.path(), &["--expect", "/=git version"]);
}

#[test]
fn a_program_that_ends_is_proved_too() {
    if engine().is_none() {
        return;
    }
    App::new("ends").prove(&[], 0);
}

#[test]
fn a_variable_is_taken_from_an_example_or_asked_for() {
    if engine().is_none() {
        return;
    }
    let example = App::new("variable-example");
    let app = example.prove(&["--write"], 0);
    assert_eq!(app["given"][0]["pair"], "SHOP_GREETING=good day", "{app:#}");
    // What the run was given is kept, so that it is verified with it.
    example.check();
    proved(example.folder.path(), &[]);
    let app = App::new("variable-missing");
    remains(&app.prove(&[], 1), &["it needs the variable SHOP_GREETING"]);
    app.prove(&["--env", "SHOP_GREETING=hi"], 0);
}

#[test]
fn a_database_is_started_and_brought_up_to_date() {
    if engine().is_none() {
        return;
    }
    provide_service("postgres:18-alpine", "postgres");
    let folder = App::new("postgres");
    let app = folder.prove(&["--write"], 0);
    let service = &app["services"][0];
    assert_eq!(service["name"], "postgres", "{app:#}");
    assert_eq!(service["because"], "package.json", "{app:#}");
    let rows = app["rows"].to_string();
    assert!(rows.contains("`node migrate.js` ran before it"), "{app:#}");
    // The database and its migration are kept, and nothing is added the second time.
    folder.check();
    proved(folder.folder.path(), &["--expect", "/=hello from a table"]);
    assert_eq!(folder.prove(&["--write"], 0)["keeps"], false);
}

#[test]
fn a_cache_of_the_compose_file_is_started() {
    if engine().is_none() {
        return;
    }
    provide_service("redis:7-alpine", "redis");
    let app = App::new("redis").prove(&[], 0);
    assert_eq!(app["services"][0]["because"], "compose.yaml:2", "{app:#}");
    assert_eq!(app["services"][0]["image"], "redis:7-alpine");
}

#[test]
fn what_never_listens_or_never_ends_is_told() {
    if engine().is_none() {
        return;
    }
    let silent = App::new("never-listens").prove(&["--boot-seconds", "8"], 1);
    remains(&silent, &["it listens on nothing after", "the plan says that it listens on 3000"]);
    // A fast disk reaches the limit of the run, a slow one does not: both are told with a way out.
    let endless = App::new("writes-endlessly").prove(&[], 1);
    remains(&endless, &["wrote ", " MB in ", "bound what the program keeps there"]);
}

#[test]
fn a_worker_and_a_crash_on_a_virtual_machine() {
    if engine().is_none() {
        return;
    }
    let app = App::new("worker").prove(&[], 0);
    assert_eq!(answer(&app, "writable"), "/spool");
    remains(
        &App::new("crashes").prove(&[], 1),
        &["exit code 1", "a module that the program loads"],
    );
}
