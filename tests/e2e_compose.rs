//! `init --compose` with Compose itself: each application under `tests/compose/apps` is brought up
//! with its services, asked, asked again after a restart, and taken down.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is, and where `docker compose` is missing.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage is shared with other tests")]

#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use stage::{engine, provide_bases, provide_service, run};
use tempfile::TempDir;

/// The applications publish the ports that they listen on, and some have the same.
static PORTS: Mutex<()> = Mutex::new(());

/// How long a program may take to answer after Compose calls it started.
const PATIENCE: Duration = Duration::from_secs(30);

/// A project of Compose. It is taken down with its volumes, also where a test fails.
struct Project {
    folder: TempDir,
    name: String,
    app: &'static str,
}

impl Project {
    fn compose(&self) -> Command {
        let mut command = Command::new("docker");
        command.args(["compose", "--project-name", &self.name]).current_dir(self.folder.path());
        command
    }

    fn up(&self) {
        run(self.compose().args(["up", "--build", "--wait", "--wait-timeout", "180"]));
    }

    /// What the application answers on its port; its log and its services' if it does not.
    fn ask(&self, port: u16) -> String {
        let began = Instant::now();
        loop {
            match get(port) {
                Ok(text) if text.contains(" 200 ") => return text,
                said if began.elapsed() > PATIENCE => {
                    panic!("{said:?}\n{}", run(self.compose().args(["logs", "--no-color"])))
                }
                _ => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let down = ["down", "--volumes", "--timeout", "5"];
        let down = self.compose().args(down).output().is_ok_and(|output| output.status.success());
        let _ = Command::new("docker").args(["image", "rm", "--force", self.app]).output();
        assert!(down || std::thread::panicking(), "{} is still up", self.name);
    }
}

fn get(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Whether Compose 2 answers. In CI it must.
fn compose() -> bool {
    let there = Command::new("docker").args(["compose", "version"]).output();
    let there = there.is_ok_and(|output| output.status.success());
    assert!(there || std::env::var_os("CI").is_none(), "CI is set, and Compose is not installed");
    if !there {
        println!("SKIPPED: `docker compose` is not installed");
    }
    there
}

/// Brings an application of that name up, asks it twice, and once more after it was stopped and
/// started: what it keeps in its services is still there.
fn brought_up(
    name: &'static str,
    app: &'static str,
    services: &[(&str, &str)],
    port: u16,
) -> [String; 3] {
    let _one = PORTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = tempfile::Builder::new().prefix("dockgen-compose-").tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compose/apps").join(name);
    run(Command::new("cp").arg("-r").arg(from.join(".")).arg(folder.path()));
    let mut init = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    run(init.args(["init", "--yes", "--compose", "--quiet"]).arg(folder.path()));
    fs::copy(folder.path().join(".env.example"), folder.path().join(".env")).unwrap();
    provide_bases(&folder.path().join("Dockerfile"));
    let file = fs::read_to_string(folder.path().join("compose.yaml")).unwrap();
    for (image, stand_in) in services {
        assert!(file.contains(&format!("image: {image}\n")), "{file}");
        provide_service(image, stand_in);
    }
    let project = Project { folder, name: format!("dockgen-e2e-{name}"), app };
    // Compose's own reading of the file, which is stricter than the schema.
    run(project.compose().args(["config", "--quiet"]));
    project.up();
    let (first, second) = (project.ask(port), project.ask(port));
    run(project.compose().args(["down", "--timeout", "5"]));
    project.up();
    [first, second, project.ask(port)]
}

#[test]
fn a_database_a_cache_and_a_folder() {
    if engine().is_none() || !compose() {
        return;
    }
    let services = [("postgres:18-alpine", "postgres"), ("redis:8-alpine", "redis")];
    let [first, second, _] = brought_up("node-notes", "notes", &services, 3000);
    assert!(first.ends_with("notes 1 visits 1\n"), "{first}");
    assert!(second.ends_with("notes 2 visits 2\n"), "{second}");
}

#[test]
fn a_cache_by_host_and_port() {
    if engine().is_none() || !compose() {
        return;
    }
    let [first, second, _] =
        brought_up("go-visits", "visits", &[("redis:8-alpine", "redis")], 8080);
    assert!(first.ends_with("visits 1\n"), "{first}");
    assert!(second.ends_with("visits 2\n"), "{second}");
}

#[test]
fn a_broker() {
    if engine().is_none() || !compose() {
        return;
    }
    for answer in brought_up("go-relay", "relay", &[("nats:2-alpine", "nats")], 8080) {
        assert!(answer.ends_with("relayed hello\n"), "{answer}");
    }
}

#[test]
fn a_database_by_separate_variables_keeps_its_data() {
    if engine().is_none() || !compose() {
        return;
    }
    let [first, second, later] =
        brought_up("python-guestbook", "app", &[("mysql:9.7", "mysql")], 8000);
    assert!(first.ends_with("guests 1\n"), "{first}");
    assert!(second.ends_with("guests 2\n"), "{second}");
    assert!(later.ends_with("guests 3\n"), "{later}");
}

#[test]
fn a_worker_from_the_same_image() {
    if engine().is_none() || !compose() {
        return;
    }
    for answer in brought_up("python-tasks", "app", &[("redis:8-alpine", "redis")], 8000) {
        assert!(answer.ends_with("the worker says 42\n"), "{answer}");
    }
}
