//! `dockgen verify` against an engine that is not there, dies, or fails: a script in Docker's place
//! says what it is told to. What needs a real engine is in `tests/e2e_verify.rs`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]

mod engine;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use engine::{holds, program, told};

/// What every engine answers; `$MODE` chooses how the build goes.
const SCRIPT: &str = r#"#!/bin/sh
echo "$*" >> "$LOG"
line() { printf '%s\n' "$1" >&2; }
case "$*" in
  --version) echo "Docker version 28.0.1" ;;
  version*)
    if [ "$MODE" = down ] || [ -e "$LOG.dead" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi
    echo 28.0.1 ;;
  "buildx build --help") [ "$MODE" = old ] && exit 1; echo "--progress (auto, plain, rawjson)" ;;
  *--check*) exit 0 ;;
  ps*label=dev.dockgen.verify*) [ -n "$OWNERS" ] && printf 'dockgen-verify-dead-1\ndockgen-verify-live-1\nsomebody-elses\n' ;;
  "network ls"*label=dev.dockgen.verify*) [ -n "$OWNERS" ] && echo dockgen-verify-dead-net ;;
  images*label=dev.dockgen.verify*) [ -n "$OWNERS" ] && printf 'dockgen-verify-dead:latest\nmine:1\n' ;;
  *" inspect "*dead*) printf '{"dev.dockgen.verify":"%s"}\n' "${OWNERS%% *}" ;;
  *" inspect "*live*) printf '{"dev.dockgen.verify":"%s"}\n' "${OWNERS##* }" ;;
  "buildx build"*)
    line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","started":"2026-01-01T00:00:00Z"}]}'
    case "$MODE" in
      dies) : > "$LOG.dead"; line 'ERROR: error reading from server: EOF'; exit 1 ;;
      unread) line 'ERROR: failed to build: failed to solve: exit code: 1'; exit 1 ;;
      unread-once)
        [ -e "$LOG.unread" ] || { : > "$LOG.unread"; line 'ERROR: failed to build: failed to solve: exit code: 1'; exit 1; }
        line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","error":"exit code: 1"}]}'; exit 1 ;;
      full) line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","error":"write /x: no space left on device"}]}'; exit 1 ;;
      broken)
        line '{"logs":[{"vertex":"a","stream":2,"data":"bWFpbi5nbzo0OiB1bmRlZmluZWQ6IHgK"}]}'
        line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","error":"exit code: 1"}]}'; exit 1 ;;
      evil)
        line '{"logs":[{"vertex":"a","stream":2,"data":"G10wO3gHG1s4bXkKOjplcnJvcjo6Zm9yZ2VkCiAgOjphZGQtbWFzazo6eApiDeKArmMKIyNbZXJyb3JdeAo="}]}'
        line '{"vertexes":[{"digest":"a","name":"[build\u001b[8m\n::error::forged 1/2] RUN x\n::error::forged \u202e ##vso[x]","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:01Z","error":"x\n::error::forged\u001b]0;x\u0007"}]}'; exit 1 ;;
      slow) : > "$LOG.building"; sleep 60 ;;
    esac ;;
esac
"#;

/// A repository with a Dockerfile, and an engine that does as told.
struct World {
    folder: TempDir,
    engine: TempDir,
}

impl World {
    fn new() -> Self {
        let world =
            Self { folder: tempfile::tempdir().unwrap(), engine: tempfile::tempdir().unwrap() };
        engine::hello(world.path());
        let made = Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["init", "--yes", "-q"])
            .arg(world.path())
            .status();
        assert!(made.unwrap().success());
        program(&world.engine.path().join("docker"), SCRIPT);
        // The machine may have one.
        program(
            &world.engine.path().join("podman"),
            "#!/bin/sh\necho podman is broken >&2\nexit 1\n",
        );
        world
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.engine.path().join("log")
    }

    fn command(&self, mode: &str, args: &[&str]) -> Command {
        engine::command("verify", self.path(), self.engine.path(), mode, args)
    }

    fn run(&self, mode: &str, args: &[&str], code: i32) -> (String, String) {
        told(&self.command(mode, args).output().unwrap(), code)
    }

    /// The images that were made, and those that were removed.
    fn images(&self) -> (Vec<String>, Vec<String>) {
        let log = fs::read_to_string(self.log()).unwrap();
        let made = log.lines().filter_map(|line| line.split_once(" -t ")?.1.split(' ').next());
        let removed = log.lines().filter_map(|line| line.strip_prefix("image rm -f "));
        let sorted = |names: &mut dyn Iterator<Item = &str>| {
            let mut names: Vec<String> = names.map(str::to_owned).collect();
            names.sort();
            names.dedup();
            names
        };
        (sorted(&mut made.into_iter()), sorted(&mut removed.into_iter()))
    }
}

#[test]
fn without_an_engine_it_says_what_to_do() {
    let world = World::new();
    let empty = tempfile::tempdir().unwrap();
    let output = world.command("", &[]).env("PATH", empty.path()).output().unwrap();
    let (out, err) = told(&output, 2);
    assert_eq!(out, "");
    holds(
        &err,
        &[
            "no container engine",
            "`docker` is not on the PATH",
            "`podman` is not on the PATH",
            "Install Docker",
        ],
    );
}

#[test]
fn an_engine_that_does_not_answer_is_named() {
    let world = World::new();
    let output =
        world.command("down", &[]).env("DOCKER_HOST", "tcp://127.0.0.1:1").output().unwrap();
    let (_, err) = told(&output, 2);
    holds(
        &err,
        &[
            "no engine responds at DOCKER_HOST=tcp://127.0.0.1:1",
            "Cannot connect to the Docker daemon",
        ],
    );
    assert!(!err.contains("podman"), "whoever names an engine means that one: {err}");
    holds(
        &world.run("down", &[], 2).1,
        &["docker is installed, but no engine responds", "podman is broken"],
    );
    holds(&world.run("old", &[], 2).1, &["buildx", "install or update"]);
}

#[test]
fn a_program_in_the_repository_is_not_the_engine() {
    let world = World::new();
    let trap = world.path().join("trapped");
    program(&world.path().join("docker"), &format!("#!/bin/sh\n: > {}\n", trap.display()));
    let output = world.command("", &[]).env("PATH", ".:").output().unwrap();
    holds(&told(&output, 2).1, &["no container engine"]);
    assert!(!trap.exists(), "a program of the repository was run");
}

/// The mark of a run's process, as the engine was told it.
fn mark(log: &str) -> String {
    let after = log.split("dev.dockgen.verify=").nth(1).unwrap();
    after.split(' ').next().unwrap().to_owned()
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let world = World::new();
    world.run("broken", &[], 1);
    let log = fs::read_to_string(world.log()).unwrap();
    let built = log.lines().find(|line| line.contains("--load")).unwrap();
    let dead = mark(built);
    let mut child = world
        .command("slow", &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .env("LOG", world.engine.path().join("live"))
        .spawn()
        .unwrap();
    let began = Instant::now();
    let alive = loop {
        let text = fs::read_to_string(world.engine.path().join("live")).unwrap_or_default();
        if let Some(line) = text.lines().find(|line| line.contains("--load")) {
            break mark(line);
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the build does not begin");
        thread::sleep(Duration::from_millis(20));
    };
    fs::remove_file(world.log()).unwrap();
    let owners = format!("{dead} {alive}");
    let output = world.command("broken", &[]).env("OWNERS", &owners).output().unwrap();
    let (_, err) = told(&output, 1);
    let log = fs::read_to_string(world.log()).unwrap();
    for words in [
        "rm -f -v dockgen-verify-dead-1",
        "network rm dockgen-verify-dead-net",
        "image rm -f dockgen-verify-dead:latest",
    ] {
        assert!(log.lines().any(|line| line == words), "no `{words}` in {log}");
    }
    assert!(!log.contains("rm -f -v dockgen-verify-live-1"), "a living run lost its container");
    assert!(!log.contains("somebody-elses") && !log.contains("mine:1"), "{log}");
    holds(&err, &["removed what a killed run left: the container dockgen-verify-dead-1"]);
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_a_build_prints_steers_no_screen() {
    let world = World::new();
    for args in [&[][..], &["--json"], &["--color", "always"]] {
        let (out, err) = world.run("evil", &[args, &["--report", "page.html"]].concat(), 1);
        let page = fs::read_to_string(world.path().join("page.html")).unwrap();
        for text in [&out, &err] {
            for line in text.lines() {
                assert!(!line.trim_start().starts_with("::"), "{line:?}");
                assert!(!line.contains("##[") && !line.contains("##vso["), "{line:?}");
            }
            let steers =
                text.replace("\u{1b}[", "").contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']);
            assert!(!steers && !text.contains("\u{1b}[8m"), "{text:?}");
        }
        assert!(!page.contains(['\u{1b}', '\u{7}', '\u{202e}']) && page.contains("forged"));
        assert!(out.contains("forged"), "{out}");
    }
}

#[test]
fn a_report_is_not_written_through_a_link() {
    let world = World::new();
    let target = world.engine.path().join("precious");
    fs::write(&target, "precious").unwrap();
    std::os::unix::fs::symlink(&target, world.path().join("report.html")).unwrap();
    std::os::unix::fs::symlink(world.engine.path(), world.path().join("out")).unwrap();
    for place in ["report.html", "./report.html", "out/new.html", "out/../report.html"] {
        let (_, err) = world.run("broken", &["--report", place], 2);
        holds(&err, &["is a symlink, and dockgen does not write through one"]);
    }
    for place in ["report.html", "out/new.html"] {
        let absolute = world.path().join(place).display().to_string();
        let args = [world.path().to_str().unwrap(), "--report", &absolute];
        holds(&world.run("broken", &args, 2).1, &["is a symlink"]);
    }
    holds(&world.run("broken", &["--report", "."], 2).1, &["--report"]);
    assert!(!world.engine.path().join("new.html").exists());
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert!(!world.log().exists(), "nothing was started");
    world.run("broken", &["--report", "page.html"], 1);
    assert!(fs::read_to_string(world.path().join("page.html")).unwrap().ends_with("</html>\n"));
}

#[test]
fn a_repositorys_file_lifts_no_limit() {
    let world = World::new();
    fs::write(
        world.path().join("dockgen.toml"),
        "[verify]\nmemory = '0'\nbuild-seconds = 9223372036854775807\nstop-seconds = 9223372036854775807\n",
    )
    .unwrap();
    let (out, _) = world.run("broken", &[], 1);
    holds(
        &out,
        &[
            "limits dockgen.toml asks for a build of 9223372036854775807 s",
            "7200 s at most",
            "memory of 0",
            "--memory gives more",
        ],
    );
    let (out, _) = world.run(
        "broken",
        &["--memory", "16g", "--build-seconds", "9000", "--stop-seconds", "300"],
        1,
    );
    assert!(!out.contains("limits"), "{out}");
    holds(&world.run("", &["--stop-seconds", "18446744073709551615"], 2).1, &["--stop-seconds"]);
}

#[test]
fn pinning_runs_no_program_of_the_repository() {
    let world = World::new();
    let trap = world.path().join("trapped");
    program(&world.path().join("docker"), &format!("#!/bin/sh\n: > {}\n", trap.display()));
    for path in [".", "", ":/nowhere", ".:"] {
        let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["update", "--pin", "--dry-run"])
            .current_dir(world.path())
            .env("PATH", path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        holds(&told(&output, 2).1, &["there is no `docker` on the PATH", "install Docker"]);
        assert!(!trap.exists(), "PATH={path:?} ran a program of the repository");
    }
}

#[test]
fn without_a_dockerfile_it_says_how_to_get_one() {
    let world = World::new();
    fs::remove_file(world.path().join("Dockerfile")).unwrap();
    holds(&world.run("", &[], 2).1, &["Dockerfile: there is no Dockerfile here", "dockgen init"]);
    assert!(!world.log().exists(), "the engine was asked for nothing");
}

#[test]
fn an_engine_that_dies_proves_and_refutes_nothing() {
    let world = World::new();
    let (out, err) = world.run("dies", &[], 2);
    assert_eq!(out, "");
    holds(
        &err,
        &["the engine stopped responding while building", "Cannot connect", "start it again"],
    );
    let (made, removed) = world.images();
    assert!(made.len() == 1 && made == removed, "{made:?} {removed:?}");
}

#[test]
fn a_full_disk_is_the_machines_fault() {
    let world = World::new();
    let (_, err) = world.run("full", &[], 2);
    holds(
        &err,
        &[
            "the disk of the container engine is full",
            "no space left on device",
            "docker builder prune",
        ],
    );
}

#[test]
fn what_reads_the_dockerfile_may_die_once() {
    let world = World::new();
    let (out, err) = world.run("unread-once", &[], 1);
    holds(&out, &["BROKEN build", "build: RUN go build"]);
    holds(
        &err,
        &[
            "building once more: the engine failed (ERROR: failed to build: failed to solve: exit code: 1)",
        ],
    );
    let (_, err) = world.run("unread", &[], 2);
    holds(
        &err,
        &[
            "the build could not finish",
            "`# syntax=` line names, dies in the engine",
            "failed to solve: exit code: 1",
        ],
    );
    let (made, removed) = world.images();
    assert!(made.len() == 4 && made == removed, "{made:?} {removed:?}");
}

#[test]
fn a_build_that_fails_is_a_broken_promise_with_its_last_lines() {
    let world = World::new();
    let (out, err) = world.run("broken", &[], 1);
    holds(
        &out,
        &[
            "BROKEN build",
            "build: RUN go build",
            "| main.go:4: undefined: x",
            "not proved: 1 promise is broken",
        ],
    );
    holds(&err, &["engine: Docker 28.0.1", "building"]);
    let (out, err) = world.run("broken", &["--json", "--quiet"], 1);
    assert_eq!(err, "");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["schema"], &report["proved"]), (&Value::from(1), &Value::from(false)));
    assert_eq!(report["apps"][0]["checks"][1]["outcome"], "broken");
    let (made, removed) = world.images();
    assert!(made.len() == 2 && made == removed, "{made:?} {removed:?}");
    assert!(made.iter().all(|name| name.starts_with("dockgen-verify-")), "{made:?}");
}

#[test]
fn a_build_ends_at_its_time_limit() {
    let world = World::new();
    let began = Instant::now();
    holds(
        &world.run("slow", &["--build-seconds", "1"], 1).0,
        &["BROKEN build", "did not end within 1 s"],
    );
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn an_interrupted_run_removes_what_it_made() {
    let world = World::new();
    let child =
        world.command("slow", &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !world.engine.path().join("log.building").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the build does not begin");
        thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let (_, err) = told(&child.wait_with_output().unwrap(), 130);
    holds(&err, &["interrupted; what was started is removed again"]);
    let (made, removed) = world.images();
    assert!(made.len() == 1 && made == removed, "{made:?} {removed:?}");
}

#[test]
fn bad_flags_and_settings_are_refused_before_anything_is_started() {
    let world = World::new();
    for (flags, word) in [
        (&["--health", "up"][..], "must begin with /"),
        (&["--expect", "hello"], "PATH=TEXT"),
        (&["--service", "db"], "NAME=IMAGE"),
        (&["--budget-mb", "many"], "a number"),
        (&["--caching=all"], "source"),
        (&["--env", "1=x"], "KEY"),
        (&["--service", "db=--privileged"], "one word"),
    ] {
        holds(&world.run("", flags, 2).1, &[word]);
    }
    fs::write(world.path().join("dockgen.toml"), "[verify]\nhealth = 'up'\n").unwrap();
    holds(&world.run("", &[], 2).1, &["dockgen.toml", "give a path such as /healthz"]);
    fs::write(world.path().join("dockgen.toml"), "[verify]\nsecret = 'id=a,src=/etc/shadow'\n")
        .unwrap();
    holds(&world.run("", &[], 2).1, &["dockgen.toml:2", "secret"]);
    assert!(!world.log().exists());
}
