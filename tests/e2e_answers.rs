//! What people answer, built and started: the fixtures `*-answers*`, whose dockgen.toml holds what
//! their code does not say.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage serves other tests too")]

#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use stage::{check, engine, proved, provide_bases, run};
use tempfile::TempDir;

/// A fixture with its Dockerfile, whose base images are there.
fn generated(fixture: &str) -> TempDir {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let folder = tempfile::Builder::new().prefix("dockgen-e2e-").tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    copy(&fixtures.join(fixture), folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    run(command.args(["init", "--yes", "--quiet"]).arg(folder.path()));
    provide_bases(&folder.path().join("Dockerfile"));
    folder
}

#[test]
fn files_packages_and_ports_are_in_the_image() {
    if engine().is_none() {
        return;
    }
    let folder = generated("go-answers");
    let tag = "dockgen-e2e-answers";
    run(Command::new("docker").args(["build", "--quiet", "--tag", tag]).arg(folder.path()));
    let image: Value =
        serde_json::from_str(&run(Command::new("docker").args(["image", "inspect", tag]))).unwrap();
    let config = &image[0]["Config"];
    for port in ["53/tcp", "53/udp", "8053/tcp"] {
        assert!(config["ExposedPorts"].get(port).is_some(), "{config}");
    }
    let health = ["CMD", "/app/resolver", "health", "it's $HOME"].map(Value::from).to_vec();
    assert_eq!(config["Healthcheck"]["Test"], Value::from(health));
    let held = run(Command::new("docker")
        .args(["run", "--rm", "--network", "none", "--entrypoint", "/bin/ls", tag, "-d"])
        .args(["/usr/share/resolver/locales/de.json", "/usr/share/zoneinfo", "/app/state"]));
    assert_eq!(held.lines().count(), 3, "{held}");
    // `no-writable` takes one of two folders away.
    let mut absent = Command::new("docker");
    absent.args(["run", "--rm", "--network", "none", "--entrypoint", "/bin/ls", tag, "/app/cache"]);
    assert!(!absent.output().unwrap().status.success());
    run(Command::new("docker").args(["image", "rm", "--force", tag]));
}

#[test]
fn what_runs_before_the_start_makes_way_for_the_program() {
    if engine().is_none() {
        return;
    }
    let folder = generated("node-answers");
    let app = proved(folder.path(), &["--expect", "/=ok"]);
    // The fixture answers a health command, too.
    assert_eq!(check(&app, "health")["outcome"], "ok");
}

#[test]
fn flags_and_a_front_end_reach_a_compiled_program() {
    if engine().is_none() {
        return;
    }
    // The port says that the build tag was given, the page that the argument was.
    let folder = generated("go-answers-build");
    let app = proved(folder.path(), &["--expect", "/=<h1>Desk stable</h1>"]);
    assert!(app.to_string().contains("9000"), "{app:#}");
}

#[test]
fn a_command_builds_in_place_of_the_usual_one() {
    if engine().is_none() {
        return;
    }
    let folder = generated("node-answers-build");
    proved(folder.path(), &["--expect", "/=it's open"]);
}

#[test]
fn a_folder_that_only_another_mode_writes_stays_out() {
    if engine().is_none() {
        return;
    }
    let folder = generated("rust-answers");
    proved(folder.path(), &["--expect", "/=workers = 2"]);
}
