//! What the end-to-end tests stand on: whether they are wanted, base images where no registry can
//! be reached, and `dockgen` itself. The engine is driven by `dockgen verify`, and by the library
//! behind it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

use dockgen::verify::Engine;
use serde_json::Value;

/// One run at a time: it builds images, and two runs would build the same ones.
static STAND_INS: Mutex<()> = Mutex::new(());

/// The engine, where these tests are wanted.
pub(crate) fn engine() -> Option<Engine> {
    if std::env::var_os("DOCKGEN_E2E").is_none_or(|value| value != "1") {
        println!("SKIPPED: end-to-end tests run with DOCKGEN_E2E=1 and a container engine");
        return None;
    }
    Some(Engine::find().expect("DOCKGEN_E2E=1 asks for an engine"))
}

/// Makes the base images of a Dockerfile available.
pub(crate) fn provide_bases(dockerfile: &Path) {
    let Some(program) =
        std::env::var_os("DOCKGEN_RIG").filter(|path| !path.is_empty()).map(PathBuf::from)
    else {
        return;
    };
    let _one = STAND_INS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    run(Command::new(program).arg("for").arg(dockerfile));
}

/// The image of a service: the official one, or what stands in for it where no registry is reached.
pub(crate) fn provide_service(image: &str, stand_in: &str) {
    let there = |words: &[&str]| {
        Command::new("docker").args(words).arg(image).output().unwrap().status.success()
    };
    if there(&["image", "inspect"]) || there(&["pull", "--quiet"]) {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prove/stand-ins");
    let file = folder.join(format!("{stand_in}.Dockerfile"));
    provide_bases(&file);
    let mut build = Command::new("docker");
    build.args(["buildx", "build", "--load", "--quiet", "-t", image, "-f"]).arg(file).arg(folder);
    println!("{image}: no registry is reached; {stand_in}.Dockerfile stands in");
    run(&mut build);
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let out = String::from_utf8_lossy(&stdout).into_owned();
    assert!(
        status.success(),
        "{command:?} failed with {status}:\n{out}{}",
        String::from_utf8_lossy(&stderr)
    );
    out
}

/// `dockgen verify --json` on a folder: the exit code, the application's part of the document, and
/// standard error.
pub(crate) fn verify(folder: &Path, words: &[&str]) -> (Option<i32>, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    command.args(["verify", "--json", "--quiet"]).args(words).arg(folder);
    let output = command.output().expect("dockgen runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (
        output.status.code(),
        report["apps"][0].clone(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The same, which must prove everything.
pub(crate) fn proved(folder: &Path, words: &[&str]) -> Value {
    let (code, app, error) = verify(folder, words);
    let broken: Vec<&Value> = checks(&app).filter(|check| check["outcome"] == "broken").collect();
    assert_eq!(code, Some(0), "not proved: {broken:#?}\n{error}");
    assert_eq!(app["proved"], true);
    app
}

fn checks(app: &Value) -> impl Iterator<Item = &Value> {
    app["checks"].as_array().into_iter().flatten()
}

/// A check by its id.
pub(crate) fn check<'a>(app: &'a Value, id: &str) -> &'a Value {
    checks(app)
        .find(|check| check["id"] == id)
        .unwrap_or_else(|| panic!("no check {id} in {:#}", app["checks"]))
}
