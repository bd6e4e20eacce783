//! dockgen's own image: built by the Dockerfile that dockgen wrote for this repository, and run on
//! other repositories without any privilege. What it prints is what the program on the host prints.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped and how long a build took is said aloud")]
#![allow(dead_code, reason = "the stage serves other tests too")]

#[path = "e2e/stage.rs"]
mod stage;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use dockgen::verify::{self, Order};
use stage::{engine, proved, provide_bases, run};

/// One of each language. They belong to root there: the container's user may read them, and no
/// more.
const REPOSITORIES: [&str; 4] = ["go-chi", "java-spring3", "node-express", "rust-workspace"];

#[test]
fn the_own_image_writes_what_the_host_writes() {
    let Some(engine) = engine() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dockerfile = root.join("Dockerfile");
    provide_bases(&dockerfile);
    let order = Order {
        context: root,
        dockerfile: &dockerfile,
        target: None,
        secrets: &[],
        limit: Duration::from_mins(40),
    };
    let built = verify::build(&engine, "self", order, &|_| {}).unwrap();
    assert!(built.failure.is_none(), "{:#?}", built.failure);
    let image = built.image.unwrap();
    println!("built in {:.0} s", built.seconds);
    // The same image by the command, as dockgen.toml asks for it: its promises and its budget.
    let app = proved(root, &[]);
    assert_eq!(app["image"]["config"]["user"], "65532:65532", "{:#}", app["image"]["config"]);

    for name in REPOSITORIES {
        let folder = root.join("tests/e2e/apps").join(name);
        let host = run(Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["init", "--stdout", "--yes"])
            .arg(&folder));
        assert!(host.starts_with("# syntax=") && host.contains("\nENTRYPOINT ["), "{host}");
        let inside = Held::of(image.name(), &folder).run(&["init", "--stdout", "--yes", PLACE]);
        assert_eq!(inside, host, "{name}");
    }
    // This repository, by its own image: up to date, as the host says.
    let told = Held::of(image.name(), root).run(&["check", PLACE]);
    assert!(told.contains("up to date"), "{told}");
}

/// Where a repository is mounted.
const PLACE: &str = "/repo";

/// A container that is not started and holds a copy of a folder in a volume: the engine may be on
/// another machine, or see other folders than this process, so that the folder itself cannot be
/// mounted.
struct Held<'i> {
    image: &'i str,
    container: String,
}

impl<'i> Held<'i> {
    fn of(image: &'i str, folder: &Path) -> Self {
        let container = run(Command::new("docker").args(["create", "-v", PLACE, image, "unused"]))
            .trim()
            .to_owned();
        let held = Self { image, container };
        let mut archive = Command::new("tar");
        archive
            .args(["--exclude=./target", "--exclude=./.git", "-cf", "-", "-C"])
            .arg(folder)
            .arg(".");
        let mut archive = archive.stdout(Stdio::piped()).spawn().expect("tar runs");
        let stream = archive.stdout.take().expect("a pipe");
        let target = format!("{}:{PLACE}", held.container);
        run(Command::new("docker").args(["cp", "-", &target]).stdin(stream));
        assert!(archive.wait().expect("tar ran").success(), "tar failed on {}", folder.display());
        held
    }

    /// Runs the image to its end without any privilege and without a network, the volume mounted
    /// read-only; what it printed on standard output.
    fn run(&self, words: &[&str]) -> String {
        let mut command = Command::new("docker");
        command.args([
            "run",
            "--rm",
            "--read-only",
            "--cap-drop",
            "ALL",
            "--security-opt",
            "no-new-privileges",
        ]);
        command.args(["--network", "none", "--memory", "384m", "--pids-limit", "256"]);
        command.args(["--volumes-from", &format!("{}:ro", self.container), self.image]);
        run(command.args(words))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", "-v", &self.container]).output();
    }
}
