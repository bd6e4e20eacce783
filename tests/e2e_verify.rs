//! `dockgen verify` on applications that fail, each in its own way, with a real engine: what it
//! says, and that nothing is left behind.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage serves other tests too")]

#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use stage::{check, engine, proved, provide_bases, run, verify};
use tempfile::TempDir;

const LISTENS: &str =
    "const server = require('http').createServer((q, r) => r.end('hello')).listen(3000);\n";
const STOPS: &str = "process.on('SIGTERM', () => process.exit(0));\n";

/// An application of one file, with its Dockerfile.
struct App {
    folder: TempDir,
    name: String,
}

impl App {
    fn new(name: &str, code: &str, base: &str) -> Self {
        let app = Self {
            folder: tempfile::Builder::new().prefix("dockgen-e2e-").tempdir().unwrap(),
            name: name.to_owned(),
        };
        app.write("package.json", &format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"main\": \"server.js\", \"engines\": {{\"node\": \"26\"}}}}\n"));
        app.write("server.js", code);
        run(Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["init", "--yes", "--quiet", "--port", "3000", "--base", base])
            .arg(app.folder.path()));
        provide_bases(&app.folder.path().join("Dockerfile"));
        app
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    /// Verifies; a promise must be broken, and nothing is left behind.
    fn broken(&self, words: &[&str]) -> Value {
        let (code, app, error) = verify(self.folder.path(), words);
        assert_eq!(code, Some(1), "{app:#}\n{error}");
        self.leaves_nothing();
        app
    }

    fn leaves_nothing(&self) {
        let images = run(Command::new("docker").args(["images", "--format", "{{.Repository}}"]));
        let mine = format!("dockgen-verify-{}-", self.name);
        assert!(!images.contains(&mine), "images are left: {images}");
        let containers = ["ps", "-a", "--filter", "label=dockgen.verify", "--format", "{{.Image}}"];
        let containers = run(Command::new("docker").args(containers));
        assert!(!containers.contains(&mine), "containers are left: {containers}");
    }
}

fn says(app: &Value, id: &str, words: &[&str]) {
    let check = check(app, id);
    assert_eq!(check["outcome"], "broken", "{check:#}");
    for word in words {
        assert!(check.to_string().contains(word), "no `{word}` in {check:#}");
    }
}

#[test]
fn an_application_that_crashes_at_once() {
    if engine().is_none() {
        return;
    }
    let app = App::new("crashes", "require(['not', 'there'].join('-'));\n", "distroless");
    says(
        &app.broken(&[]),
        "boot",
        &["exit code 1", "a module that the program loads", "Cannot find module 'not-there'"],
    );
}

#[test]
fn an_application_that_writes_where_it_may_not() {
    if engine().is_none() {
        return;
    }
    let app =
        App::new("writes", "require('fs').mkdirSync(['', 'app', 'x'].join('/'));\n", "distroless");
    says(&app.broken(&[]), "boot", &["writes where the plan does not say", "--writable"]);
}

#[test]
fn an_application_that_ignores_its_stop_signal() {
    if engine().is_none() {
        return;
    }
    let app = App::new(
        "ignores",
        &format!("{LISTENS}process.on('SIGTERM', () => {{}});\n"),
        "distroless",
    );
    says(&app.broken(&["--stop-seconds", "2"]), "stop", &["ignores SIGTERM", "a small init"]);
}

#[test]
fn an_application_that_nobody_outside_reaches() {
    if engine().is_none() {
        return;
    }
    let code = LISTENS.replace("listen(3000)", "listen(3000, ['127.0.0', 1].join('.'))") + STOPS;
    let app = App::new("hides", &code, "distroless");
    says(
        &app.broken(&["--boot-seconds", "4"]),
        "boot",
        &["nobody listens on port 3000", "127.0.0.1 alone", "0.0.0.0"],
    );
}

#[test]
fn an_application_that_is_not_well() {
    if engine().is_none() {
        return;
    }
    let code = LISTENS.replace("r.end(", "r.writeHead(q.url === '/up' ? 204 : 404).end(") + STOPS;
    let app = App::new("unwell", &code, "distroless");
    says(
        &app.broken(&["--health", "/healthz", "--boot-seconds", "3"]),
        "boot",
        &["GET /healthz answers 404"],
    );
    says(
        &app.broken(&["--expect", "/=hello", "--boot-seconds", "3"]),
        "boot",
        &["GET / answers 404 without"],
    );
    assert_eq!(check(&proved(app.folder.path(), &["--health", "/up"]), "boot")["outcome"], "ok");
}

#[test]
fn an_application_that_needs_a_service() {
    if engine().is_none() {
        return;
    }
    let code = format!(
        "require('net').connect(6379, 'cache').on('connect', () => {{ {} }});\n{STOPS}",
        LISTENS.trim_end().replace("'hello'", "process.env.GREETING")
    );
    let app = App::new("needs", &code, "distroless");
    says(
        &app.broken(&["--boot-seconds", "10"]),
        "boot",
        &["a service", "--service NAME=IMAGE", "ENOTFOUND"],
    );
    let dockerfile = app.read("Dockerfile");
    let image = dockerfile
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("FROM ")?.split(' ').next())
        .unwrap();
    // It is not there at once: the program ends, and is started again.
    let service = "setTimeout(() => require('net').createServer(() => {}).listen(6379), 1500)";
    let config = format!(
        "\n[verify]\nenv = ['GREETING=from afar']\nexpect = ['/=from afar']\n\n[verify.services.cache]\nimage = {image:?}\nargs = ['-e', {service:?}]\n"
    );
    app.write("dockgen.toml", &(app.read("dockgen.toml") + &config));
    let proof = proved(app.folder.path(), &[]);
    assert!(proof["boot"]["starts"].as_u64().unwrap() > 1, "{:#}", proof["boot"]);
    app.leaves_nothing();
    let networks = run(Command::new("docker").args(["network", "ls", "--format", "{{.Name}}"]));
    assert!(!networks.contains("dockgen-verify-"), "{networks}");
}

#[test]
fn a_port_that_is_taken() {
    if engine().is_none() {
        return;
    }
    let app = App::new("taken", &format!("{LISTENS}{STOPS}"), "distroless");
    let held = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    let (code, _, error) = verify(app.folder.path(), &["--publish", &port]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("the port on this machine is taken") && error.contains("--publish"),
        "{error}"
    );
    app.leaves_nothing();
    drop(held);
    proved(app.folder.path(), &["--publish", &port]);
}

#[test]
fn a_build_that_fails() {
    if engine().is_none() {
        return;
    }
    let app = App::new("fails", &format!("{LISTENS}{STOPS}"), "debian");
    let text = app.read("Dockerfile");
    app.write(
        "Dockerfile",
        &text.replacen("\nUSER ", "\nRUN echo so far so good && ls /not-there\nUSER ", 1),
    );
    let proof = app.broken(&[]);
    says(
        &proof,
        "build",
        &["RUN echo so far", "so far so good", "/not-there", "a file is not in the image"],
    );
    assert!(proof["image"].is_null() && proof["boot"].is_null());
}

#[test]
fn edits_by_hand_that_break_promises() {
    if engine().is_none() {
        return;
    }
    let app = App::new("edited", &format!("{LISTENS}{STOPS}"), "debian");
    let text = app.read("Dockerfile");
    let user = text.lines().find(|line| line.starts_with("USER ")).unwrap();
    let by_hand = "RUN echo A=1 > /app/.env && rm /app/.env\nRUN cp /bin/ls /usr/local/bin/gcc && chmod u+s /bin/ls\nUSER 0:0";
    // In a layer of its own, the secret is there although the next one deletes it.
    let by_hand = by_hand.replace(" && rm /app/.env\n", "\nRUN rm /app/.env\n");
    app.write(
        "Dockerfile",
        &text.replacen(user, &by_hand, 1).replace("ENTRYPOINT [", "ENTRYPOINT [\"/usr/bin/env\", "),
    );
    let proof = app.broken(&["--budget-mb", "1"]);
    says(&proof, "secrets", &["/app/.env"]);
    says(&proof, "setuid", &["/ls"]);
    says(&proof, "tools", &["/usr/local/bin/gcc"]);
    says(&proof, "user", &["root"]);
    says(&proof, "process-user", &["root"]);
    says(&proof, "entrypoint", &["/usr/bin/env"]);
    says(&proof, "budget", &["1 MB are allowed"]);
    assert_eq!(check(&proof, "boot")["outcome"], "ok");
}

#[test]
fn a_dockerfile_that_does_not_cache() {
    if engine().is_none() {
        return;
    }
    let app = App::new(
        "uncached",
        &format!("// it says hello\nconst greeting = 'good day to you';\n{LISTENS}{STOPS}"),
        "debian",
    );
    app.write(
        "package-lock.json",
        "{\"name\": \"uncached\", \"lockfileVersion\": 3, \"packages\": {\"\": {}}}\n",
    );
    let text = app.read("Dockerfile");
    let (head, _) = text.split_once("\nFROM ").unwrap();
    let start = text.lines().find(|line| line.starts_with("ENTRYPOINT")).unwrap();
    app.write(
        "Dockerfile",
        &format!("{head}\nFROM node:26-trixie-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci && head -c 3000000 /dev/zero > big\nUSER 65532:65532\n{start}\n"),
    );
    let proof = app.broken(&["--caching=source", "--max-changed-mb", "1"]);
    says(
        &proof,
        "caching-source",
        &["runs dependency steps again", "RUN npm ci", "copy the manifests alone"],
    );
    says(&proof, "caching-layers", &["RUN npm ci"]);
    says(&proof, "max-changed", &["1 MB are allowed"]);
}

/// Every proof of one application that has dependencies: all caching proofs, all bases, the page.
#[test]
fn every_proof_at_once() {
    if engine().is_none() {
        return;
    }
    let folder = tempfile::Builder::new().prefix("dockgen-e2e-").tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/apps/node-nosignal");
    for file in ["package.json", "package-lock.json", "server.js"] {
        fs::copy(source.join(file), folder.path().join(file)).unwrap();
    }
    let dockgen = |words: &[&str]| {
        run(Command::new(env!("CARGO_BIN_EXE_dockgen")).args(words).current_dir(folder.path()))
    };
    let other = tempfile::tempdir().unwrap();
    for base in ["distroless", "alpine", "debian"] {
        let file = other.path().join(base);
        fs::write(&file, dockgen(&["init", "--stdout", "--base", base])).unwrap();
        provide_bases(&file);
    }
    dockgen(&["init", "--yes", "--quiet"]);
    let before = fs::read_to_string(folder.path().join("server.js")).unwrap();
    let page = other.path().join("page.html");
    let proof =
        proved(folder.path(), &["--caching", "--bases", "--report", page.to_str().unwrap()]);
    for id in ["caching-source", "caching-layers", "caching-dependency", "caching-cold", "bases"] {
        assert_eq!(check(&proof, id)["outcome"], "ok", "{:#}", check(&proof, id));
    }
    let ran = |at: usize| proof["caching"]["rebuilds"][at]["ran"].to_string();
    assert!(
        ran(1).contains("npm ci") && !ran(0).contains("npm ci") && !ran(2).contains("npm ci"),
        "{:#}",
        proof["caching"]
    );
    let rows = proof["bases"].as_array().unwrap();
    let boots: Vec<&str> = rows
        .iter()
        .filter(|row| row["boots"] == true)
        .filter_map(|row| row["family"].as_str())
        .collect();
    assert_eq!(boots, ["distroless", "alpine", "debian"], "{rows:#?}");
    assert!(rows.iter().all(|row| row["boots"] == true || row["why"].is_string()), "{rows:#?}");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("class=\"changed\"")
            && page.contains("after an edit of the source (server.js)")
    );
    // The repository is as it was, and so are everybody else's cache mounts.
    assert_eq!(fs::read_to_string(folder.path().join("server.js")).unwrap(), before);
    let mounts = run(Command::new("docker").args([
        "buildx",
        "du",
        "--verbose",
        "--filter",
        "type=exec.cachemount",
    ]));
    assert!(!mounts.contains("/dockgen-verify-"), "{mounts}");
}

#[test]
fn an_interrupted_start_leaves_nothing() {
    if engine().is_none() {
        return;
    }
    let app = App::new("interrupted", "setInterval(() => {}, 1000);\n", "distroless");
    let child = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(["verify", "--boot-seconds", "300"])
        .arg(app.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let runs = || {
        let list = ["ps", "--filter", "label=dockgen.verify", "--format", "{{.Image}}"];
        run(Command::new("docker").args(list)).contains("dockgen-verify-interrupted-")
    };
    while !runs() {
        assert!(began.elapsed() < Duration::from_mins(5), "it does not start");
        thread::sleep(Duration::from_millis(100));
    }
    run(Command::new("kill").args(["-INT", &child.id().to_string()]));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    app.leaves_nothing();
}
