//! `dockgen answer`, and answers that do not fit: exit codes, messages, and what is written.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]

mod generate;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use dockgen::docker::parse::parse;
use generate::{copy, generate, repository};
use serde_json::Value;
use tempfile::TempDir;

/// A Go module with one program and some files beside it.
fn hello() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let main = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", \
                nil)\n}\n";
    for (path, text) in [
        ("go.mod", "module example.com/hello\n\ngo 1.27\n"),
        ("main.go", main),
        ("locales/de.json", "{}"),
        ("a b/$x \"q\".txt", ""),
        (".env", "A=1\n"),
        ("samples/one", ""),
    ] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// Runs it, expects this exit code, and gives both streams.
fn run(folder: &Path, args: &[&str], code: i32) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    let output = command.current_dir(folder).args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

#[test]
fn wrong_answers_are_told_as_the_users() {
    let dir = hello();
    run(dir.path(), &["init", "--yes", "--quiet"], 0);
    let before = (read(dir.path(), "Dockerfile"), read(dir.path(), ".dockerignore"));
    let cases = [
        ("toolchain=banana", "--toolchain: `banana` is not a version"),
        ("writable=/etc", "--writable: `/etc` belongs to the image's operating system"),
        ("env=API_SECRET=x", "--env: API_SECRET looks like a secret"),
        ("port=65536", "--port: `65536` is not a valid port"),
        ("port=none,53", "--port: `none,53` is not a valid port"),
        ("port=53/sctp", "--port: `53/sctp` is not a valid port"),
        ("file=missing", "--file: `missing` is not in the repository"),
        ("file=../../etc/passwd", "--file: `../../etc/passwd` leads out of the repository"),
        ("file=/etc/passwd", "--file: `/etc/passwd` is an absolute path"),
        ("file=locales=../../x", "--file: `../../x` leads out of the image"),
        ("file=locales=/proc/x", "--file: `/proc/x` cannot hold files of the image"),
        ("file=main.go=/app/hello", "--file: `/app/hello` is the program itself"),
        ("file=.env", "--file: `.env` holds secrets"),
        ("file=locales\n=/x", "must not contain a control character"),
        ("package=a b", "--package: `a b` is not the name of a package"),
        ("package=$(id)", "--package: `$(id)` is not the name of a package"),
        ("package=x\nRUN y", "must not contain a control character"),
        ("build-package=-y", "--build-package: `-y` is not the name of a package"),
        ("build-arg=A-B", "`A-B` in `build-arg`"),
        ("build-arg=A_TOKEN=x", "--build-arg: A_TOKEN looks like a secret"),
        ("context-keep=missing", "--context-keep: `missing` is not in the repository"),
        ("context-hide=**", "--context-hide: `**` cannot be hidden"),
        ("context-hide=main.go", "--context-hide: `main.go` hides main.go"),
        ("health-command=curl localhost", "--health-command: `curl` is not in the image"),
        ("health-command='x", "--health-command: a quote in `'x` is not closed"),
        ("before-start=x # y", "--before-start: `x # y` is not a whole command"),
        ("before-start=a\nb", "must not contain a control character"),
        ("front-end=web:build:dist", "--front-end: `web` is no folder of the repository"),
        ("front-end=web", "--front-end: `web` is not FOLDER:SCRIPT:OUTPUT=DEST"),
        ("build-command=make", "--build-command: nothing says which file the command makes"),
        ("build-command='make", "--build-command: `'make` is not a whole command"),
        ("build-output=x", "--build-output: it names what `build-command` makes"),
        ("build-output=../x", "--build-output: `../x` is not below the folder"),
        ("build-flags=\"x", "--build-flags: a quote in `\"x` is not closed"),
        ("packge=git", "there is no question `packge` about this application: `package`?"),
        ("banana=1", "there is no question `banana` about this application: one of"),
    ];
    for (answer, says) in cases {
        let (out, err) = run(dir.path(), &["answer", ".", answer], 2);
        assert!(out.is_empty() && err.contains(says), "{answer}: {err}");
        assert!(!err.contains("bug"), "{answer}: {err}");
        let (id, value) = answer.split_once('=').unwrap();
        if !value.contains('\n') {
            // The file's mistakes are named with their line.
            let text = format!("[answers]\n{id} = {}\n", toml::Value::from(value));
            fs::write(dir.path().join("dockgen.toml"), text).unwrap();
            let (_, err) = run(dir.path(), &["check"], 2);
            assert!(err.contains("dockgen.toml:2: ") && !err.contains("bug"), "{answer}: {err}");
            fs::remove_file(dir.path().join("dockgen.toml")).unwrap();
        }
        let (_, err) = run(dir.path(), &["init", "--yes", "--set", answer], 2);
        assert!(!err.contains("bug"), "{answer}: {err}");
    }
    let refused = ["answer", "base=scratch", "package=git"];
    let (_, err) = run(dir.path(), &refused, 2);
    assert!(err.contains("has no package manager") && err.contains("--base alpine"), "{err}");
    assert_eq!(before, (read(dir.path(), "Dockerfile"), read(dir.path(), ".dockerignore")));
    assert!(!dir.path().join("dockgen.toml").exists());
}

#[test]
fn answers_are_kept_and_the_files_wait_for_an_update() {
    let dir = hello();
    let folder = dir.path();
    run(folder, &["init", "--yes", "--quiet"], 0);
    let text = "# mine\n[answers]\nname = \"hi\" # keep\n\n[verify]\nmemory = \"64m\"\n";
    fs::write(folder.join("dockgen.toml"), text).unwrap();
    let before = read(folder, "Dockerfile");
    let (out, _) =
        run(folder, &["answer", "port=53", "port=53/udp", "file=a b/$x \"q\".txt=/x/$y z"], 0);
    assert!(out.contains("+EXPOSE 53 53/udp") && out.contains("`dockgen update`"), "{out}");
    assert_eq!(read(folder, "Dockerfile"), before);
    let kept = read(folder, "dockgen.toml");
    let (above, below) = kept.split_once("# Which").unwrap();
    assert_eq!(above, "# mine\n[answers]\nname = \"hi\" # keep\n");
    assert!(below.ends_with("\n\n[verify]\nmemory = \"64m\"\n"), "{kept}");
    assert!(kept.contains("port = \"53,53/udp\"\n"), "{kept}");
    run(folder, &["check"], 1);
    run(folder, &["update"], 0);
    run(folder, &["check"], 0);
    let written = read(folder, "Dockerfile");
    assert!(written.contains(r#"COPY ["a b/\\$x \\\"q\\\".txt", "/x/\\$y z"]"#), "{written}");
    let (out, _) = run(folder, &["explain", "--json"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    let decisions = json["apps"][0]["decisions"].as_array().unwrap();
    let carried = decisions.iter().find(|decision| decision["what"] == "carried file").unwrap();
    assert_eq!(
        (carried["origin"].as_str(), &carried["evidence"]),
        (Some("file"), &Value::from(Vec::<Value>::new()))
    );

    run(folder, &["answer", "--write", "--unset", "port", "--unset", "file"], 0);
    assert!(read(folder, "Dockerfile").contains("EXPOSE 8080\n"));
    assert_eq!(read(folder, "dockgen.toml"), text);
    let (_, err) = run(folder, &["answer", "--unset", "port"], 2);
    assert!(err.contains("dockgen.toml does not answer `port`"), "{err}");
    run(folder, &["check"], 0);
}

#[test]
fn an_edit_by_hand_survives_an_answer() {
    let dir = hello();
    let folder = dir.path();
    run(folder, &["init", "--yes", "--quiet"], 0);
    let edited = read(folder, "Dockerfile").replace("ENTRYPOINT", "# by hand\nENTRYPOINT");
    fs::write(folder.join("Dockerfile"), edited).unwrap();
    run(folder, &["answer", "--write", "package=ffmpeg"], 0);
    let written = read(folder, "Dockerfile");
    assert!(written.contains("# by hand\n") && written.contains(" ffmpeg \\"), "{written}");
    // The same line: nothing is written, not even the answer.
    let edited = written.replace("EXPOSE 8080", "EXPOSE 8081");
    fs::write(folder.join("Dockerfile"), &edited).unwrap();
    let kept = read(folder, "dockgen.toml");
    run(folder, &["answer", "--write", "port=9000"], 1);
    assert_eq!((read(folder, "Dockerfile"), read(folder, "dockgen.toml")), (edited, kept));
}

#[test]
fn a_wrong_answer_in_the_file_can_be_replaced_and_removed() {
    let dir = hello();
    let folder = dir.path();
    run(folder, &["init", "--yes", "--quiet"], 0);
    let wrong = "[answers]\ntoolchain = \"banana\"\nprot = 80\n";
    fs::write(folder.join("dockgen.toml"), wrong).unwrap();
    run(folder, &["answer", "toolchain=1.27.0"], 2);
    run(folder, &["answer", "toolchain=1.27.0", "--unset", "prot"], 0);
    assert_eq!(read(folder, "dockgen.toml"), "[answers]\ntoolchain = \"1.27.0\"\n");
    run(folder, &["answer", "--dry-run", "--unset", "toolchain"], 0);
    assert!(read(folder, "dockgen.toml").contains("toolchain"));
}

#[test]
fn before_the_first_init_only_the_answers_are_written() {
    let dir = hello();
    let folder = dir.path();
    run(folder, &["answer", "--write", "port=53/udp"], 2);
    assert!(!folder.join("dockgen.toml").exists());
    let (out, _) = run(folder, &["answer", "--json", ".", "port=53/udp"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["apps"][0]["ports"][0], "53/udp");
    assert!(!folder.join("Dockerfile").exists());
    run(folder, &["init", "--yes", "--quiet"], 0);
    assert!(read(folder, "Dockerfile").contains("EXPOSE 53/udp\n"));
    for none in [&["answer"][..], &["answer", "."], &["answer", ".", "port"]] {
        run(folder, none, 2);
    }
}

#[test]
fn repeated_flags_add_up() {
    let dir = hello();
    let args = [
        "init",
        "--stdout",
        "--port",
        "53/udp",
        "--port",
        "8080",
        "--package",
        "git",
        "--package",
        "ffmpeg",
        "--build-arg",
        "A=1 2",
        "--build-arg",
        "B",
        "--before-start",
        "a",
        "--before-start",
        "b",
        "--file",
        "locales",
        "--context-hide",
        "samples",
    ];
    let (out, _) = run(dir.path(), &args, 0);
    for text in [
        "EXPOSE 8080 53/udp\n",
        " ffmpeg git ",
        "ARG A=\"1 2\"\nARG B\n",
        r#"["/bin/sh", "-c", "a && b && exec \"$@\"", "sh", "/app/hello"]"#,
        "COPY locales /app/locales\n",
    ] {
        assert!(out.contains(text), "no {text:?} in {out}");
    }
}

/// Each question that takes free text, with a value that a word can be put into at `{}`.
const FREE: [(&str, &str); 20] = [
    ("args", "{}"),
    ("before-start", "echo {}"),
    ("build-arg", "A={}"),
    ("build-arg", "{}"),
    ("build-command", "echo {} > out"),
    ("build-flags", "-x={}"),
    ("build-flags", "{}"),
    ("build-package", "{}"),
    ("context-hide", "{}"),
    ("context-keep", "{}"),
    ("env", "A={}"),
    ("file", "{}=/x"),
    ("file", "locales=/x/{}"),
    ("front-end", "{}:build:dist=x"),
    ("front-end", "web:{}:dist=x"),
    ("front-end", "web:build:{}=x"),
    ("health-command", "/app/x {}"),
    ("no-writable", "{}"),
    ("package", "{}"),
    ("writable", "{}"),
];

/// What ends a word, a line or a quote somewhere.
const HOSTILE: [&str; 34] = [
    "'",
    "\"",
    "`id`",
    "$(id)",
    "$X",
    "${X:-$(id)}",
    "${",
    "\\",
    "a\\",
    "a b",
    "a\tb",
    "a\nUSER root",
    "a\r\nUSER root",
    "#",
    " # x",
    "<<EOF",
    "a <<EOF",
    "--mount=type=bind",
    "-",
    "..",
    "../..",
    "/",
    "//",
    "*",
    "?",
    "[a",
    "{{ x }}",
    "{% x %}",
    "%",
    "|",
    "a && b",
    "&",
    "\u{202e}",
    "\u{feff}",
];

#[test]
fn hostile_answers_add_no_instruction() {
    let files = [
        ("package.json", r#"{"scripts": {"build": "node b.js", "start": "node dist/a.js"}}"#),
        ("b.js", ""),
        ("a.js", "require('http').createServer().listen(3000)"),
        ("locales/de.json", "{}"),
        ("web/package.json", r#"{"scripts": {"build": "node b.js"}}"#),
        ("dist/a.js", "require('http').createServer().listen(3000)"),
    ];
    let folder = repository(files);
    let mut followed = 0;
    for (id, value) in FREE {
        for word in HOSTILE {
            let value = value.replace("{}", word);
            match generate(folder.path(), &[(id, &value)]) {
                Ok(outputs) => {
                    followed += 1;
                    let text = &outputs[0].dockerfile;
                    let file =
                        parse(text).unwrap_or_else(|e| panic!("{id}={value:?}: {e}\n{text}"));
                    let users: Vec<&str> = file
                        .instructions()
                        .filter(|held| held.keyword == "USER")
                        .map(|held| held.arguments.as_str())
                        .collect();
                    assert_eq!(users, ["65532:65532"], "{id}={value:?}\n{text}");
                }
                Err(error) => {
                    let error = format!("{error:#}");
                    assert!(!error.contains("bug"), "{id}={value:?}: {error}");
                }
            }
        }
    }
    assert!(followed > 150, "only {followed} of them are followed");
}

#[test]
fn every_language_follows_the_same_answers() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let plain = ["go-chi", "java-plain", "node-built-start", "rust-axum"];
    for fixture in plain {
        let folder = copy(&fixtures.join(fixture), |files| {
            files.push(("extra/a.txt".to_owned(), Vec::new()));
        });
        let flags = [
            ("port", "7000,53/udp"),
            ("file", "extra=/srv/extra"),
            ("package", "ffmpeg"),
            ("build-package", "git"),
            ("build-arg", "EDITION=open"),
            ("health-command", "/bin/true"),
            ("before-start", "echo a"),
            ("context-hide", "docs"),
        ];
        let outputs = generate(folder.path(), &flags).unwrap();
        let (text, ignore) = (&outputs[0].dockerfile, &outputs[0].dockerignore);
        for held in [
            "EXPOSE 7000 53/udp\n",
            "COPY extra /srv/extra\n",
            " ffmpeg ",
            "ARG EDITION=\"open\"\n",
            "HEALTHCHECK CMD [\"/bin/true\"]\n",
            "\"/bin/sh\", \"-c\", \"echo a && exec \\\"$@\\\"\", \"sh\", ",
        ] {
            assert!(text.contains(held), "{fixture}: no {held:?} in {text}");
        }
        assert!(
            text.lines()
                .any(|line| line.contains("no-install-recommends") && line.contains(" git")),
            "{text}"
        );
        assert!(ignore.ends_with("# Left out by an answer\ndocs\n"), "{fixture}: {ignore}");
    }
}
