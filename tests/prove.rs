//! `dockgen prove` against an engine that fails, each time in another way: a script in Docker's
//! place says what it is told to. What needs a real engine is in `tests/e2e_prove.rs`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]

mod engine;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use engine::{holds, program, told};

/// What every engine answers; `$MODE` chooses what goes wrong.
const SCRIPT: &str = r#"#!/bin/sh
echo "$*" >> "$LOG"
line() { printf '%s\n' "$1" >&2; }
gone() { [ "$MODE" = "$1" ] || return 0; : > "$LOG.dead"; line 'error during connect: EOF'; exit 1; }
case "$*" in
  --version) echo "Docker version 28.0.1" ;;
  version*)
    if [ -e "$LOG.dead" ]; then line "Cannot connect to the Docker daemon"; exit 1; fi
    echo 28.0.1 ;;
  "buildx build --help") echo "--progress (auto, plain, rawjson)" ;;
  *--check*) exit 0 ;;
  "buildx build"*)
    gone dies-building
    case "$MODE" in
      no-compiler)
        file=$(echo "$*" | sed 's/.* -f \([^ ]*\).*/\1/')
        if grep -q 'go build' "$file" && ! grep -q build-essential "$file"; then
          line '{"logs":[{"vertex":"a","stream":2,"data":"ZXJyb3I6IFtFcnJubyAyXSBObyBzdWNoIGZpbGUgb3IgZGlyZWN0b3J5OiAnZ2NjJwo="}]}'
          line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","error":"exit code: 1"}]}'; exit 1
        fi
        line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:01Z"}]}' ;;
      full) line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","error":"write /x: no space left on device"}]}'; exit 1 ;;
      slow-build) sleep 60 ;;
    esac
    line '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:01Z"}]}' ;;
  "image inspect --format"*) echo null ;;
  "image inspect"*) cat "$IMAGE.json" ;;
  "image save"*) cat "$IMAGE.tar" ;;
  create*) gone dies-running ;;
  "cp - "*) cat > /dev/null ;;
  "cp "*) cat "$IMAGE.folder" ;;
  start*)
    rm -f "$LOG.stopped"
    [ "$MODE" = taken ] && { line 'Bind for 127.0.0.1:8080 failed: port is already allocated'; exit 1; }
    exit 0 ;;
  *" /bin/ask"*) [ "$MODE" = unwell ] && { line 'connection refused'; exit 1; }; exit 0 ;;
  *"--entrypoint sleep"*) [ "$MODE" = no-shell ] && { line 'exec: "sleep": not found'; exit 127; }; exit 0 ;;
  run*) rm -f "$LOG.stopped" ;;
  exec*)
    : > "$LOG.watched"
    echo "= tcp"
    [ "$MODE" = silent ] || echo "0: 00000000:${TCP:-1F90} 00000000:0000 0A 0 0 0 0 0 0" ;;
  *State*)
    if [ "$MODE" = crashes ] || [ "$MODE" = ends ] || [ -e "$LOG.stopped" ]; then
      [ "$MODE" = crashes ] && code=3 || code=0
      echo "{\"Running\":false,\"ExitCode\":$code,\"OOMKilled\":false}"
    else
      echo '{"Running":true,"ExitCode":0,"OOMKilled":false}'
    fi ;;
  *SizeRw*) echo "${WROTE:-1000}" ;;
  port*) echo "127.0.0.1:$HTTP" ;;
  logs*)
    [ "$MODE" = loud ] && { yes "a line of a log without end" | head -c 100000000; echo; }
    echo "$SAYS" ;;
  diff*)
    echo "C /app"
    case "$MODE" in
      folder) printf 'A /app/data\nA /app/data/x\n' ;;
      thousand) i=0; while [ $i -lt 1000 ]; do echo "A /srv/d$i"; echo "A /srv/d$i/f"; i=$((i+1)); done ;;
      endless) yes "A /app/cache/file" | head -n 200000 ;;
    esac ;;
  top*) printf 'PID UID\n1 65532\n' ;;
  stop*) : > "$LOG.stopped" ;;
esac
exit 0
"#;

/// A repository, and an engine that does as told.
struct World {
    folder: TempDir,
    engine: TempDir,
    http: u16,
}

impl World {
    fn new() -> Self {
        let (folder, engine) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let http = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                drop(stream.read(&mut [0; 512]));
                stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello").ok();
            }
        });
        let world = Self { folder, engine, http };
        engine::hello(world.path());
        program(&world.engine.path().join("docker"), SCRIPT);
        program(&world.engine.path().join("podman"), "#!/bin/sh\nexit 1\n");
        world.image();
        world
    }

    /// An image with the folders and the command of the plan.
    fn image(&self) {
        let init = Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["init", "--yes", "--stdout", "-q"])
            .arg(self.path())
            .output()
            .unwrap();
        let dockerfile = String::from_utf8(init.stdout).unwrap();
        let entrypoint = dockerfile.lines().find_map(|line| line.strip_prefix("ENTRYPOINT "));
        let entrypoint: Value = serde_json::from_str(entrypoint.unwrap()).unwrap();
        let config = json!({ "User": "65532:65532", "Entrypoint": entrypoint, "WorkingDir": "/app",
                "Healthcheck": { "Test": ["CMD", "/bin/ask", "a b"] } });
        let path = self.engine.path().join("image");
        let inspected = json!([{ "Size": 1_000_000, "Config": config }]);
        fs::write(path.with_extension("json"), inspected.to_string()).unwrap();

        let mut layer = tar::Builder::new(Vec::new());
        for (folder, uid) in [("app", 0), ("srv", 65532), ("tmp", 0)] {
            let mut header = folder_header(uid);
            layer.append_data(&mut header, format!("{folder}/"), std::io::empty()).unwrap();
        }
        let layer = layer.into_inner().unwrap();
        let manifest = json!([{ "Config": "config.json", "Layers": ["layer.tar"] }]).to_string();
        let config = json!({ "rootfs": { "diff_ids": ["sha256:a"] }, "history": [{ "created_by": "COPY" }] });
        let mut saved = tar::Builder::new(fs::File::create(path.with_extension("tar")).unwrap());
        for (name, bytes) in [
            ("manifest.json", manifest.as_bytes()),
            ("config.json", config.to_string().as_bytes()),
            ("layer.tar", &layer),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            saved.append_data(&mut header, name, bytes).unwrap();
        }
        saved.finish().unwrap();
        let mut folder =
            tar::Builder::new(fs::File::create(path.with_extension("folder")).unwrap());
        folder.append_data(&mut folder_header(0), "x/", std::io::empty()).unwrap();
        folder.finish().unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.engine.path().join("log")
    }

    fn command(&self, mode: &str, args: &[&str]) -> Command {
        let engine = self.engine.path();
        let mut command = engine::command("prove", self.path(), engine, mode, args);
        command.env("IMAGE", engine.join("image")).env("HTTP", self.http.to_string());
        command
    }

    fn run(&self, mode: &str, args: &[&str], code: i32) -> (String, String) {
        told(&self.command(mode, args).output().unwrap(), code)
    }

    /// Everything that was made has been removed.
    fn leaves_nothing(&self) {
        let log = fs::read_to_string(self.log()).unwrap();
        let after = |line: &'_ str, word: &str| {
            line.split_once(word)?.1.split(' ').next().map(str::to_owned)
        };
        let mut made: Vec<String> = log
            .lines()
            .filter(|line| !line.contains("--check"))
            .filter(|line| !line.starts_with("stop "))
            .filter_map(|line| after(line, " -t ").or_else(|| after(line, "--name ")))
            .collect();
        made.sort();
        made.dedup();
        assert!(!made.is_empty(), "{log}");
        for name in made {
            let removed = [format!("image rm -f {name}"), format!("rm -f -v {name}")];
            assert!(
                log.lines().any(|line| removed.iter().any(|r| r == line)),
                "{name} stays: {log}"
            );
        }
    }

    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut open = vec![self.path().to_owned()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    open.push(entry.path());
                } else {
                    found.push((entry.path(), fs::read(entry.path()).unwrap()));
                }
            }
        }
        found.sort();
        found
    }
}

fn folder_header(uid: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_mode(0o755);
    header.set_uid(uid);
    header.set_gid(uid);
    header.set_size(0);
    header
}

#[test]
fn a_plan_that_is_right_is_proved_in_one_round_and_nothing_is_written() {
    let world = World::new();
    let before = world.files();
    let (out, err) = world.run("", &[], 0);
    holds(
        &out,
        &[
            "port 8080 (main.go:6) listens on 0.0.0.0:8080",
            "GET / answers answers 200",
            "nothing",
            "proved",
        ],
    );
    holds(
        &err,
        &["engine: Docker 28.0.1", "round 1: building", "watching it on a root that it may write"],
    );
    assert_eq!(world.files(), before, "something was written");
    world.leaves_nothing();
}

#[test]
fn what_is_seen_becomes_an_answer_and_is_kept_on_request() {
    let world = World::new();
    let run = |args: &[&str]| {
        let output = world.command("", args).env("TCP", "270F").output().unwrap();
        told(&output, 0).0
    };
    let before = world.files();
    holds(
        &run(&[]),
        &["port = 9999 (was 8080; listens on 0.0.0.0:9999 (seen ", "Nothing was written: --write"],
    );
    assert_eq!(world.files(), before, "something was written");
    holds(&run(&["--write"]), &["proved", "up to date with what was found"]);
    let toml = fs::read_to_string(world.path().join("dockgen.toml")).unwrap();
    assert!(
        toml.contains("port = \"9999\"")
            && toml.contains("Answered by a running container: listens on 0.0.0.0:9999 (seen 2"),
        "{toml}"
    );
    let dockerfile = fs::read_to_string(world.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("EXPOSE 9999\n"), "{dockerfile}");
    let check = Command::new(env!("CARGO_BIN_EXE_dockgen")).arg("check").arg(world.path()).output();
    told(&check.unwrap(), 0);
    // The same again: one round, and no byte differs.
    let written = world.files();
    let json: Value = serde_json::from_str(&run(&["--write", "--json", "-q"])).unwrap();
    assert_eq!(json["apps"][0]["rounds"].as_array().unwrap().len(), 1, "{json:#}");
    assert_eq!(world.files(), written, "a second run writes something else");
    world.leaves_nothing();
}

#[test]
fn an_edit_by_hand_is_built_and_kept() {
    let world = World::new();
    let made = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(["init", "--yes", "-q"])
        .arg(world.path())
        .status();
    assert!(made.unwrap().success());
    let path = world.path().join("Dockerfile");
    let edited = fs::read_to_string(&path).unwrap() + "# mine\n";
    fs::write(&path, &edited).unwrap();
    let output = world.command("", &["--write"]).env("TCP", "270F").output().unwrap();
    told(&output, 0);
    let merged = fs::read_to_string(&path).unwrap();
    assert!(merged.ends_with("# mine\n") && merged.contains("EXPOSE 9999\n"), "{merged}");
    world.leaves_nothing();
}

#[test]
fn a_dockerfile_of_somebody_else_is_not_written_over() {
    let world = World::new();
    let path = world.path().join("Dockerfile");
    fs::write(&path, "FROM scratch\n").unwrap();
    holds(&world.run("", &[], 0).0, &["proved"]);
    holds(&world.run("", &["--write"], 2).1, &["was not written by dockgen", "--adopt"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), "FROM scratch\n");
}

#[test]
fn without_an_engine_it_says_what_is_missing() {
    let world = World::new();
    let empty = tempfile::tempdir().unwrap();
    let output = world.command("", &[]).env("PATH", empty.path()).output().unwrap();
    holds(&told(&output, 2).1, &["no container engine responds", "Install Docker"]);
    let output = world.command("", &["--json"]).env("PATH", empty.path()).output().unwrap();
    let (out, _) = told(&output, 2);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert!(json["error"].as_str().unwrap().contains("no container engine"), "{json:#}");
}

#[test]
fn an_engine_that_dies_proves_and_refutes_nothing() {
    for (mode, word) in [("dies-building", "building"), ("dies-running", "starting the container")]
    {
        let world = World::new();
        let (out, err) = world.run(mode, &["--write"], 2);
        assert_eq!(out, "");
        holds(&err, &["the engine stopped responding", word]);
        assert!(!world.path().join("Dockerfile").exists(), "{mode}");
        world.leaves_nothing();
    }
}

#[test]
fn this_machine_is_told_apart_from_the_program() {
    let world = World::new();
    holds(&world.run("full", &[], 2).1, &["the disk of the container engine is full"]);
    holds(
        &world.run("taken", &["--publish", "8080"], 2).1,
        &["the port on this machine is taken", "port is already allocated"],
    );
    world.leaves_nothing();
}

#[test]
fn an_image_without_a_shell_in_reach_is_verified_by_its_port() {
    let world = World::new();
    let (out, _) = world.run("no-shell", &["--boot-seconds", "1"], 0);
    holds(
        &out,
        &["port 8080 (main.go:6) unknown: the helper container could not read it", "proved"],
    );
    world.leaves_nothing();
}

#[test]
fn a_program_that_never_listens_is_told_after_its_time() {
    let world = World::new();
    let began = Instant::now();
    let (out, _) = world.run("silent", &["--boot-seconds", "2"], 1);
    holds(
        &out,
        &[
            "it listens on nothing after",
            "the plan says that it listens on 8080",
            "--boot-seconds",
            "not proved",
        ],
    );
    assert!(began.elapsed() < Duration::from_secs(30));
    world.leaves_nothing();
}

#[test]
fn a_program_that_ends_says_what_it_misses() {
    let world = World::new();
    let output =
        world.command("crashes", &[]).env("SAYS", "fatal: GREETING_TEXT must be set").output();
    let (out, _) = told(&output.unwrap(), 1);
    holds(
        &out,
        &["it needs the variable GREETING_TEXT", "dockgen prove --env GREETING_TEXT=VALUE"],
    );
    fs::write(world.path().join(".env.example"), "GREETING_TEXT='hi'\n").unwrap();
    let output = world
        .command("crashes", &["--json", "-q"])
        .env("SAYS", "fatal: GREETING_TEXT must be set")
        .output();
    let json: Value = serde_json::from_str(&told(&output.unwrap(), 1).0).unwrap();
    let given = &json["apps"][0]["given"];
    assert_eq!(
        given,
        &json!([{ "pair": "GREETING_TEXT=hi", "from": ".env.example:1" }]),
        "{json:#}"
    );
    // Nobody shows a secret: any value does for the runs.
    let output = world.command("crashes", &[]).env("SAYS", "SESSION_SECRET must be set").output();
    holds(
        &told(&output.unwrap(), 1).0,
        &["started with SESSION_SECRET=throw-away-0123456789abcdefabcd0 (a throw-away value)"],
    );
    let log = fs::read_to_string(world.log()).unwrap();
    assert!(
        log.lines().any(|line| line.starts_with("create") && line.contains("-e GREETING_TEXT=hi"))
    );
    world.leaves_nothing();
}

#[test]
fn a_folder_that_the_image_does_not_have_is_an_answer() {
    let world = World::new();
    // The image of this engine stays as it is, so that the folder is never in it.
    let (out, _) = world.run("folder", &["--json", "-q"], 1);
    let json: Value = serde_json::from_str(&out).unwrap();
    let answer = &json["apps"][0]["answers"][0];
    assert_eq!(
        (&answer["id"], &answer["value"]),
        (&json!("writable"), &json!("/app/data")),
        "{json:#}"
    );
    assert!(
        answer["evidence"].as_str().unwrap().starts_with("writes /app/data (seen 2"),
        "{json:#}"
    );
    world.leaves_nothing();
}

#[test]
fn what_has_no_end_is_bounded() {
    let world = World::new();
    let began = Instant::now();
    holds(&world.run("loud", &[], 0).0, &["proved"]);
    let (out, _) = world.run("thousand", &["--json", "-q"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    let remains = json["apps"][0]["remains"].to_string();
    assert!(remains.contains("it writes 1000 folders in /srv"), "{json:#}");
    world.run("endless", &["--json", "-q"], 1);
    let output = world.command("", &[]).env("WROTE", "3000000000").output().unwrap();
    holds(&told(&output, 1).0, &["it wrote more than 1024 MB in", "not proved"]);
    assert!(began.elapsed() < Duration::from_secs(90), "{:?}", began.elapsed());
    world.leaves_nothing();
}

#[test]
fn an_interrupted_run_removes_what_it_made() {
    let world = World::new();
    let child =
        world.command("silent", &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !world.engine.path().join("log.watched").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the run does not begin");
        thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let (_, err) = told(&child.wait_with_output().unwrap(), 130);
    holds(&err, &["interrupted; what was started is removed again"]);
    world.leaves_nothing();
}

#[test]
fn what_the_runs_needed_is_kept_for_verify_and_a_secret_is_not() {
    let world = World::new();
    let flags = ["--write", "--env", "TONE=a b", "--env", "API_TOKEN=x", "--memory", "300m"];
    let (out, _) = world.run("", &flags, 0);
    holds(
        &out,
        &[
            "keeps what the runs needed under [verify]",
            "API_TOKEN looks like a secret",
            "up to date",
        ],
    );
    let read = || fs::read_to_string(world.path().join("dockgen.toml")).unwrap();
    let toml = read();
    assert!(toml.contains("[verify]\nenv = [\"TONE=a b\"]\nmemory = \"300m\"\n"), "{toml}");
    let check = Command::new(env!("CARGO_BIN_EXE_dockgen")).arg("check").arg(world.path()).output();
    told(&check.unwrap(), 0);
    // The same without the flags, and no byte differs.
    let before = world.files();
    world.run("", &["--write"], 0);
    assert_eq!(world.files(), before);
    let log = fs::read_to_string(world.log()).unwrap();
    let last = log.lines().rfind(|line| line.starts_with("create")).unwrap();
    assert!(last.contains("--memory 300m") && last.contains("-e TONE=a b"), "{last}");
    assert!(!last.contains("API_TOKEN"), "{last}");
    world.leaves_nothing();
}

#[test]
fn the_health_command_of_an_image_is_asked() {
    let world = World::new();
    let (out, _) = world.run("", &["--json", "-q"], 0);
    assert!(out.contains("its health command, `/bin/ask 'a b'`, says that it is well"), "{out}");
    let log = fs::read_to_string(world.log()).unwrap();
    let asked = log.lines().find(|line| line.contains("--entrypoint /bin/ask")).unwrap();
    assert!(asked.contains("--network container:") && asked.contains("--read-only"), "{asked}");
    let (out, _) = world.run("unwell", &[], 1);
    holds(
        &out,
        &[
            "its health command, `/bin/ask 'a b'`, fails although it runs",
            "answer `health-command`",
        ],
    );
    world.leaves_nothing();
}

#[test]
fn another_program_may_have_been_meant() {
    let world = World::new();
    let write = |path: &str, text: &str| {
        let path = world.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("main.go", "package main\n\nfunc main() {}\n");
    write(
        "cmd/served/main.go",
        "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":9090\", nil) }\n",
    );
    let readme = "# hello\n\n```\ndocker run -d -p 9090:9090 --name hello ghcr.io/a/hello\n```\n";
    write("README.md", readme);
    let set = ["--set", "entrypoint=."];
    let (out, _) = world.run("ends", &[], 1);
    holds(&out, &["another program, which listens: ./cmd/served", "--set entrypoint=./cmd/served"]);
    // A person who chose knows better.
    world.run("ends", &set, 0);
    world.leaves_nothing();
}

#[test]
fn a_program_that_prints_its_usage_needs_arguments() {
    let world = World::new();
    let says = |mode: &str, code| {
        let output = world.command(mode, &[]).env("SAYS", "Usage: hello [options] FILE").output();
        told(&output.unwrap(), code).0
    };
    holds(&says("crashes", 1), &["printed how it is used: it needs arguments", "--args"]);
    // Its code listens, so that it did not do what it is for, however well it ended.
    holds(&says("ends", 1), &["printed how it is used: it needs arguments", "not proved"]);
}

#[test]
fn a_release_that_removed_what_the_program_calls_gives_way() {
    let world = World::new();
    for file in ["main.go", "go.mod"] {
        fs::remove_file(world.path().join(file)).unwrap();
    }
    fs::write(world.path().join("package.json"), r#"{"name":"x","main":"server.js"}"#).unwrap();
    let server = "require('http').createServer((q, r) => r.end()).listen(8080)\n";
    fs::write(world.path().join("server.js"), server).unwrap();
    world.image();
    let output = world
        .command("crashes", &["--json", "-q"])
        .env("SAYS", "TypeError: util.log is not a function")
        .output();
    let json: Value = serde_json::from_str(&told(&output.unwrap(), 1).0).unwrap();
    let answer = &json["apps"][0]["answers"][0];
    assert_eq!((&answer["id"], &answer["value"]), (&json!("toolchain"), &json!("22")), "{json:#}");
    assert_eq!(json["apps"][0]["answers"].as_array().unwrap().len(), 1, "{json:#}");
}

#[test]
fn a_build_that_misses_a_compiler_gets_it() {
    let world = World::new();
    let (out, _) = world.run("no-compiler", &["--json", "-q"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    let app = &json["apps"][0];
    let answer = &app["answers"][0];
    let wanted = (&json!("build-package"), &json!("build-essential"));
    assert_eq!((&answer["id"], &answer["value"]), wanted, "{json:#}");
    assert_eq!(app["rounds"].as_array().unwrap().len(), 2, "{json:#}");
    world.leaves_nothing();
}

#[test]
fn bad_flags_are_refused_before_anything_is_started() {
    let world = World::new();
    for (flags, word) in [
        (&["--set", "port=0"][..], "not a valid port"),
        (&["--set", "prot=80"], "there is no question `prot`"),
        (&["--env", "1=x"], "KEY"),
        (&["--health", "up"], "must begin with /"),
        (&["--service", "db"], "NAME=IMAGE"),
    ] {
        holds(&world.run("", flags, 2).1, &[word]);
    }
    assert!(!world.log().exists());
}
