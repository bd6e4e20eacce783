//! dockgen's own image: built by the Dockerfile that dockgen wrote for this repository, and run on other repositories
//! without any privilege. What it prints is what the program on the host prints.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped and how long a build took is said aloud")]
#![allow(dead_code, reason = "the harness serves other tests too")]

#[path = "e2e/harness.rs"]
mod harness;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use harness::{Engine, run};

/// One of each language. They belong to root there: the container's user may read them, and no more.
const REPOSITORIES: [&str; 4] = ["go-chi", "java-spring3", "node-express", "rust-workspace"];

#[test]
fn the_own_image_writes_what_the_host_writes() {
    if std::env::var_os("DOCKGEN_E2E").is_none_or(|value| value != "1") {
        println!("SKIPPED: end-to-end tests run with DOCKGEN_E2E=1 and a container engine");
        return;
    }
    let engine = Engine::connect().expect("DOCKGEN_E2E=1 asks for an engine");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dockerfile = root.join("Dockerfile");
    engine.provide_bases(&dockerfile);
    Engine::check(root, &dockerfile);
    let began = Instant::now();
    let (image, steps) = engine.build("self", root, &dockerfile, None);
    let cached = steps.iter().filter(|step| step.cached).count();
    println!("built in {:.0?}, {cached} of {} steps cached, {} bytes", began.elapsed(), steps.len(), image.size());
    assert_eq!(image.inspect()["Config"]["User"], "65532:65532");

    for name in REPOSITORIES {
        let folder = root.join("tests/e2e/apps").join(name);
        let host = run(Command::new(env!("CARGO_BIN_EXE_dockgen")).args(["init", "--stdout", "--yes"]).arg(&folder));
        assert!(host.starts_with("# syntax=") && host.contains("\nENTRYPOINT ["), "{host}");
        let inside =
            engine.run_once(&image, &engine.hold(&image, &folder, "/repo"), &["init", "--stdout", "--yes", "/repo"]);
        assert_eq!(inside, host, "{name}");
    }
    // This repository, by its own image: up to date, as the host says.
    let told = engine.run_once(&image, &engine.hold(&image, root, "/repo"), &["check", "/repo"]);
    assert!(told.contains("up to date"), "{told}");
}
