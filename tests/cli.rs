//! The command as scripts see it: exit codes, streams, files.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const MAIN: &str = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n";

fn repo(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// A Go module with one program.
fn hello() -> TempDir {
    repo(&[("go.mod", "module example.com/hello\n\ngo 1.27\n"), ("main.go", MAIN)])
}

fn dockgen(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs it, expects this exit code, and gives both streams.
fn run(folder: &Path, args: &[&str], code: i32) -> (String, String) {
    let output = dockgen(folder, args);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

/// Fails with this in its error, which a script gets as an object; prints nothing else, writes
/// nothing.
fn refuses(folder: &Path, args: &[&str], says: &[&str]) {
    let before = tree(folder);
    let (out, err) = run(folder, args, 2);
    if args.contains(&"--json") {
        let json: Value = serde_json::from_str(&out).unwrap();
        assert!(json["error"].as_str().is_some_and(|error| says.iter().all(|s| error.contains(s))));
    } else {
        assert_eq!(out, "", "{args:?}");
    }
    for word in says {
        assert!(err.contains(word), "{args:?}: no `{word}` in: {err}");
    }
    assert_eq!(tree(folder), before, "{args:?} wrote something");
}

/// Paths and bytes of everything below `folder`; a symlink's target stands for its bytes.
fn tree(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            if kind.is_dir() {
                folders.push(entry.path());
                found.push((name, Vec::new()));
            } else if kind.is_symlink() {
                found.push((
                    name,
                    fs::read_link(entry.path()).unwrap().into_os_string().into_encoded_bytes(),
                ));
            } else {
                found.push((name, fs::read(entry.path()).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn writes_beside_the_application_and_says_what_to_type() {
    let dir = hello();
    let (out, err) = run(dir.path(), &["init", "--yes"], 0);
    assert_eq!(err, "");
    assert!(out.contains("wrote     Dockerfile\nwrote     .dockerignore\n"), "{out}");
    let next = out.split("Next:\n").nth(1).unwrap();
    assert_eq!(next.lines().count(), 2, "{next}");
    assert!(next.starts_with("  docker build -t hello .\n  docker run --rm "), "{next}");
    assert!(read(dir.path(), "Dockerfile").contains("FROM scratch AS runtime"));
    assert_eq!(read(dir.path(), "Dockerfile"), read(dir.path(), ".dockgen/Dockerfile"));
    assert_eq!(read(dir.path(), ".dockerignore"), read(dir.path(), ".dockgen/dockerignore"));
    assert!(!dir.path().join("dockgen.toml").exists(), "nobody decided anything");
}

#[test]
fn the_second_run_changes_nothing() {
    let dir = hello();
    run(dir.path(), &["init", "--yes", "--base", "alpine"], 0);
    let before = tree(dir.path());
    let times = |name: &str| fs::metadata(dir.path().join(name)).unwrap().modified().unwrap();
    let written = (times("Dockerfile"), times(".dockerignore"), times("dockgen.toml"));
    let (out, _) = run(dir.path(), &["init", "--yes"], 0);
    for name in ["Dockerfile", ".dockerignore", "dockgen.toml"] {
        assert!(out.contains(&format!("unchanged {name}\n")), "{out}");
    }
    assert_eq!(tree(dir.path()), before);
    assert_eq!((times("Dockerfile"), times(".dockerignore"), times("dockgen.toml")), written);
}

#[test]
fn json_is_alone_on_standard_output() {
    let dir = hello();
    let (out, err) = run(dir.path(), &["init", "--json"], 0);
    assert_eq!(err, "");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["schema"], 1);
    let app = &json["apps"][0];
    let keys: Vec<&str> = app.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "name",
        "path",
        "dockerfile",
        "dockerignore",
        "context",
        "target",
        "port",
        "ports",
        "build_args",
        "build_secrets",
        "overrides",
        "base",
        "build",
        "run",
        "writable",
        "required_env",
        "files",
        "assumptions",
        "warnings",
        "findings",
        "volumes",
    ];
    expected.sort_unstable();
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    let field = |name: &str| app[name].as_str().unwrap_or("?");
    assert_eq!((field("name"), field("path"), field("context")), ("hello", ".", "."));
    assert_eq!((field("dockerfile"), field("dockerignore")), ("Dockerfile", ".dockerignore"));
    assert_eq!((field("target"), field("base")), ("runtime", "scratch"));
    assert!(
        field("run").starts_with("docker run --rm ") && field("run").ends_with(" hello"),
        "{}",
        field("run")
    );
    assert!(dir.path().join("Dockerfile").exists(), "--json writes as well");
}

#[test]
fn several_ports_and_datagrams() {
    let dir = hello();
    let (out, _) = run(dir.path(), &["init", "--json", "--port", "53/udp,2222,3000/tcp"], 0);
    let app = &serde_json::from_str::<Value>(&out).unwrap()["apps"][0];
    assert_eq!(app["port"], 2222);
    assert_eq!(app["ports"], serde_json::json!(["2222", "53/udp", "3000"]));
    let run_line = app["run"].as_str().unwrap();
    assert!(run_line.contains("-p 2222:2222 -p 53:53/udp -p 3000:3000"), "{run_line}");
    assert!(read(dir.path(), "Dockerfile").contains("\nEXPOSE 2222 53/udp 3000\n"));
    run(dir.path(), &["check"], 0);
    refuses(dir.path(), &["update", "--port", "53/sctp"], &["53/udp for datagrams"]);
}

#[test]
fn an_entrypoint_that_a_person_names_is_obeyed() {
    let manifest = r#"{"name": "duet", "private": true, "engines": {"node": "24"}}"#;
    let web = "require('http').createServer().listen(3030)";
    let dir = repo(&[("package.json", manifest), ("tool/web.js", web)]);
    run(dir.path(), &["init", "--yes", "--entrypoint", "tool/web.js"], 0);
    let dockerfile = read(dir.path(), "Dockerfile");
    assert!(dockerfile.contains("\"tool/web.js\"]") && dockerfile.contains("EXPOSE 3030"));
    // Without it, nothing says what to start.
    let dir = repo(&[("package.json", manifest), ("tool/web.js", web)]);
    run(dir.path(), &["init", "--yes"], 2);
}

#[test]
fn a_member_that_cannot_be_planned_does_not_stop_the_others() {
    let site =
        r#"{"name": "site", "scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
    let files = [
        ("package.json", r#"{"workspaces": ["api", "site"], "engines": {"node": "24"}}"#),
        ("api/package.json", r#"{"name": "api", "scripts": {"start": "node main.js"}}"#),
        ("api/main.js", "require('http').createServer().listen(3000)"),
        ("site/package.json", site),
        ("site/index.html", ""),
        ("site/vite.config.js", "export default { build: { outDir: '../../out' } }"),
    ];
    let dir = repo(&files);
    let (out, err) = run(dir.path(), &["init", "--yes"], 0);
    assert!(format!("{out}{err}").contains("application in site"), "{out}{err}");
    assert!(
        dir.path().join("api/Dockerfile").exists() && !dir.path().join("site/Dockerfile").exists()
    );
    // Who names it is told.
    let dir = repo(&files);
    refuses(dir.path(), &["init", "--yes", "--app", "site"], &["not below the build context"]);
}

#[test]
fn a_folder_whose_manifest_is_refused_stands_in_the_json() {
    let server = r#"{"name": "b", "scripts": {"start": "node x.js"}}"#;
    let dir = repo(&[
        ("b/package.json", server),
        ("b/x.js", "require('http').createServer().listen(3000)"),
        ("c/package.json5", "{ name: 'c' }"),
    ]);
    let (out, _) = run(dir.path(), &["init", "--json", "--dry-run"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (json["apps"][0]["path"].as_str(), json["refused"][0]["path"].as_str()),
        (Some("b"), Some("c"))
    );
    assert!(json["refused"][0]["reason"].as_str().unwrap().contains("package.json5"));
}

#[test]
fn paths_are_relative_to_path() {
    let dir = repo(&[
        (".git/HEAD", ""),
        ("go.mod", "module example.com/shop\n\ngo 1.27\n"),
        ("cmd/api/main.go", MAIN),
        ("cmd/job/main.go", MAIN),
    ]);
    let (out, _) = run(dir.path(), &["init", "cmd/api", "--json"], 0);
    let app = &serde_json::from_str::<Value>(&out).unwrap()["apps"][0];
    assert_eq!(
        (app["path"].as_str(), app["context"].as_str()),
        (Some("."), Some("../..")),
        "{app}"
    );
    assert_eq!(app["dockerfile"], "Dockerfile");
    assert_eq!(
        app["dockerignore"], "Dockerfile.dockerignore",
        "the context is not the application's alone"
    );
    assert!(dir.path().join("cmd/api/Dockerfile.dockerignore").exists());

    // What is to be typed is relative to where it is typed.
    let (out, _) = run(dir.path(), &["init", "cmd/api", "--yes"], 0);
    let commit = "--build-arg REVISION=\"$(git rev-parse HEAD)\"";
    assert!(
        out.contains(&format!("docker build -t api -f cmd/api/Dockerfile {commit} .\n")),
        "{out}"
    );
    let (out, _) = run(&dir.path().join("cmd/api"), &["init", "--yes"], 0);
    assert!(out.contains(&format!("docker build -t api -f Dockerfile {commit} ../..\n")), "{out}");
}

#[test]
fn a_dry_run_and_stdout_write_nothing() {
    let dir = hello();
    let before = tree(dir.path());
    let (shown, _) = run(dir.path(), &["init", "--yes", "--dry-run"], 0);
    assert!(
        shown.contains("FROM scratch AS runtime") && shown.contains("Nothing was written"),
        "{shown}"
    );
    let (dockerfile, _) = run(dir.path(), &["init", "--stdout"], 0);
    let (json, _) = run(dir.path(), &["init", "--json", "--dry-run"], 0);
    assert!(serde_json::from_str::<Value>(&json).is_ok());
    assert_eq!(tree(dir.path()), before);
    run(dir.path(), &["init", "--yes", "--quiet"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), dockerfile);
    let (shown, _) = run(dir.path(), &["init", "--yes", "--dry-run", "--base", "alpine"], 0);
    assert!(
        shown.contains("\n-FROM scratch AS runtime\n"),
        "a difference where a file exists: {shown}"
    );
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let dir = repo(&[
        ("go.mod", "module example.com/shop\n\ngo 1.27\n"),
        ("cmd/api/main.go", MAIN),
        ("cmd/job/main.go", MAIN),
    ]);
    let (out, _) = run(dir.path(), &["init"], 0);
    assert!(out.contains("assumed   entrypoint: ./cmd/api"), "an open question is stated: {out}");
    let (out, _) = run(dir.path(), &["init", "--quiet", "--entrypoint", "./cmd/job"], 0);
    assert_eq!(out, "");
    let (json, _) = run(dir.path(), &["init", "--json"], 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    let assumptions = json["apps"][0]["assumptions"].to_string();
    assert!(!assumptions.contains("entrypoint"), "dockgen.toml holds the answer: {assumptions}");
}

#[test]
fn a_foreign_dockerfile_is_kept() {
    let dir = hello();
    fs::write(dir.path().join("Dockerfile"), "FROM mine\n").unwrap();
    refuses(
        dir.path(),
        &["init", "--yes"],
        &["-FROM mine", "Dockerfile was not written by dockgen", "--force"],
    );
    refuses(dir.path(), &["init", "--json"], &["Dockerfile was not written by dockgen"]);
    fs::create_dir(dir.path().join("docker")).unwrap();
    run(dir.path(), &["init", "--yes", "--output", "docker/hello.Dockerfile"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), "FROM mine\n");
    assert!(dir.path().join("docker/hello.Dockerfile.dockerignore").exists());
    run(dir.path(), &["init", "--yes", "--force"], 0);
    assert!(read(dir.path(), "Dockerfile").contains("AS runtime"));
}

#[test]
fn a_hand_edit_is_kept() {
    let dir = hello();
    run(dir.path(), &["init", "--yes"], 0);
    let edited = read(dir.path(), "Dockerfile") + "# mine\n";
    fs::write(dir.path().join("Dockerfile"), &edited).unwrap();
    refuses(dir.path(), &["init", "--yes"], &["-# mine", "was edited after dockgen wrote it"]);
    // What is unedited is dockgen's, and is replaced without a word.
    fs::write(dir.path().join("Dockerfile"), edited.replace("# mine\n", "")).unwrap();
    let (out, _) = run(dir.path(), &["init", "--yes", "--base", "debian"], 0);
    assert!(out.contains("updated   Dockerfile"), "{out}");
}

#[test]
fn a_foreign_dockerignore_is_merged() {
    let dir = hello();
    fs::write(dir.path().join(".dockerignore"), "# mine\nsecret-plans\n").unwrap();
    run(dir.path(), &["init", "--yes"], 0);
    let merged = read(dir.path(), ".dockerignore");
    assert!(merged.starts_with("# mine\nsecret-plans\n") && merged.contains(".git"), "{merged}");
    run(dir.path(), &["init", "--yes"], 0);
    assert_eq!(read(dir.path(), ".dockerignore"), merged, "merged once");
}

#[test]
fn what_a_person_decides_lands_in_dockgen_toml() {
    let dir = hello();
    run(
        dir.path(),
        &["init", "--yes", "--port", "9000", "--base", "auto", "--env", "A=x y", "--name", "shop"],
        0,
    );
    let config = read(dir.path(), "dockgen.toml");
    assert!(config.contains("port = \"9000\"") && config.contains("name = \"shop\""), "{config}");
    assert!(!config.contains("base"), "auto is what dockgen takes anyway: {config}");
    let dockerfile = read(dir.path(), "Dockerfile");
    assert!(dockerfile.contains("EXPOSE 9000") && dockerfile.contains("A=\"x y\""), "{dockerfile}");
    run(dir.path(), &["init", "--yes"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), dockerfile, "and is read back");
    // A flag is stronger.
    let (out, _) = run(dir.path(), &["init", "--stdout", "--port", "9001"], 0);
    assert!(out.contains("EXPOSE 9001"), "{out}");
    let (out, _) = run(dir.path(), &["explain"], 0);
    assert!(out.contains("set in dockgen.toml"), "{out}");
}

#[test]
fn a_broken_dockgen_toml_is_an_error_with_its_line() {
    for (config, says) in [
        ("[answers]\nport = \n", "dockgen.toml:2: not valid TOML"),
        ("[answers]\n\nport = 70000\n", "dockgen.toml:3: `70000` is not a valid port"),
        ("[answers]\nprot = 80\n", "dockgen.toml:2: there is no question `prot`"),
        ("[answer]\n", "dockgen.toml:1"),
        ("[answers]\nentrypoint = './nowhere'\n", "dockgen.toml:2"),
    ] {
        let dir = hello();
        fs::write(dir.path().join("dockgen.toml"), config).unwrap();
        refuses(dir.path(), &["init", "--yes"], &[says]);
    }
}

#[test]
fn bad_flags_name_themselves_and_what_would_do() {
    let dir = hello();
    refuses(dir.path(), &["init", "--port", "70000"], &["--port", "1 to 65535"]);
    refuses(dir.path(), &["init", "--base", "ubuntu"], &["--base", "distroless"]);
    refuses(dir.path(), &["init", "--env", "1A=x"], &["--env"]);
    refuses(
        dir.path(),
        &["init", "--yes", "--set", "prot=80"],
        &["--set prot=VALUE", "port", "entrypoint"],
    );
    refuses(dir.path(), &["init", "--yes", "--name", "My App"], &["--name", "lower-case"]);
    refuses(dir.path(), &["init", "--yes", "--tool", "make"], &["--tool", "go"]);
    refuses(dir.path(), &["init", "--yes", "--entrypoint", "./nowhere"], &["--entrypoint"]);
    refuses(dir.path(), &["init", "--yes", "--app", "web"], &["--app web", "hello (.)"]);
    refuses(dir.path(), &["init", "--yes", "--output", "no/such/Dockerfile"], &["--output"]);
    refuses(dir.path(), &["init", "--yes", "--output", "../Dockerfile"], &["--output"]);
    refuses(dir.path(), &["init", "--yes", "--writable", "../x"], &["--writable"]);
    refuses(dir.path(), &["frobnicate"], &["frobnicate"]);
}

#[test]
fn bad_input_is_an_error_that_names_it() {
    let at = |files: &[(&str, &str)], says: &[&str]| {
        refuses(repo(files).path(), &["init", "--yes"], says);
    };
    at(&[], &["is empty"]);
    at(&[("README", "")], &["no application found", "go.mod", "package.json"]);
    at(
        &[("Gemfile", ""), ("lib/composer.json", "{}")],
        &["Gemfile (Ruby)", "lib/composer.json (PHP)", "does not support this language yet"],
    );
    at(&[("package.json", "{\n  \"name\": \"x\",\n}\n")], &["package.json:3", "not valid JSON"]);
    at(&[("go.mod", "modul x\n")], &["go.mod:1"]);
    at(&[("package.json/x", "")], &["package.json is a folder"]);
    let dir = hello();
    refuses(dir.path(), &["init", "nowhere"], &["nowhere"]);
    refuses(dir.path(), &["init", "main.go"], &["main.go is not a folder"]);
    fs::create_dir(dir.path().join("Dockerfile")).unwrap();
    refuses(dir.path(), &["init", "--yes"], &["Dockerfile is a folder"]);
    let huge = repo(&[("package.json", &format!("{{\"x\": \"{}\"}}", "x".repeat(40 << 20)))]);
    refuses(huge.path(), &["init", "--yes"], &["package.json", "bytes"]);
}

#[cfg(unix)]
#[test]
fn bad_entries_of_the_tree_are_errors_that_name_them() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    let outside = repo(&[("package.json", "{}"), ("Dockerfile", "FROM theirs\n")]);
    let dir = tempfile::tempdir().unwrap();
    symlink(outside.path().join("package.json"), dir.path().join("package.json")).unwrap();
    refuses(dir.path(), &["init", "--yes"], &["package.json is a symlink that points outside"]);

    let dir = hello();
    symlink(outside.path().join("Dockerfile"), dir.path().join("Dockerfile")).unwrap();
    refuses(dir.path(), &["init", "--yes", "--force"], &["Dockerfile is a symlink"]);
    assert_eq!(read(outside.path(), "Dockerfile"), "FROM theirs\n");

    let dir = hello();
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "").unwrap();
    refuses(dir.path(), &["init", "--yes"], &["caf", "UTF-8"]);

    let dir = tempfile::tempdir().unwrap();
    let _socket = UnixListener::bind(dir.path().join("go.mod")).unwrap();
    let (out, err) = run(dir.path(), &["init", "--yes"], 2);
    assert!(out.is_empty() && err.contains("go.mod is a socket"), "{err}");

    let dir = hello();
    fs::set_permissions(dir.path().join("go.mod"), fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read(dir.path().join("go.mod")).is_err() {
        refuses(dir.path(), &["init", "--yes"], &["go.mod", "permissions"]);
    }
}

#[test]
fn several_applications() {
    let dir = repo(&[
        ("api/go.mod", "module example.com/api\n\ngo 1.27\n"),
        ("api/main.go", MAIN),
        ("worker/go.mod", "module example.com/worker\n\ngo 1.27\n"),
        ("worker/main.go", MAIN),
        ("examples/tiny/go.mod", "module example.com/tiny\n\ngo 1.27\n"),
        ("examples/tiny/main.go", MAIN),
    ]);
    refuses(
        dir.path(),
        &["init", "--yes", "--entrypoint", "."],
        &["--entrypoint", "--app", "api, worker"],
    );
    refuses(dir.path(), &["init", "--stdout"], &["--app", "api, worker"]);
    let (out, _) = run(dir.path(), &["init", "--json"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    let paths: Vec<&str> =
        json["apps"].as_array().unwrap().iter().map(|app| app["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["api", "worker"]);
    assert!(dir.path().join("worker/.dockerignore").exists());
    assert!(!dir.path().join("examples/tiny/Dockerfile").exists());
    let (out, _) = run(dir.path(), &["init", "--yes", "--app", "tiny"], 0);
    assert!(out.contains("docker build -t tiny examples/tiny"), "{out}");
}

#[test]
fn explain_shows_evidence_at_80_columns() {
    let dir = hello();
    let (out, err) = run(dir.path(), &["explain"], 0);
    assert_eq!(err, "");
    assert!(out.contains("go.mod:3") && out.contains("not distroless:"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let (out, _) = run(dir.path(), &["explain", "--json"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    let base = json["apps"][0]["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["what"] == "base")
        .unwrap();
    assert_eq!(
        (base["value"].as_str(), base["origin"].as_str()),
        (Some("scratch"), Some("default"))
    );
    assert!(!base["rejected"].as_array().unwrap().is_empty());
    assert_eq!(tree(dir.path()).len(), 2, "explain writes nothing");
}

#[test]
fn colours_are_for_terminals() {
    let dir = hello();
    assert!(!run(dir.path(), &["explain"], 0).0.contains('\x1b'));
    assert!(run(dir.path(), &["explain", "--color", "always"], 0).0.contains('\x1b'));
    let output = command(dir.path(), &["explain", "--color", "never"])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(!text(&output.stdout).contains('\x1b'));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let dir = hello();
    for args in [&["explain"][..], &["init", "--stdout"], &["completions", "bash"], &["man"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output =
            command(dir.path(), args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let err = text(&output.stderr);
        assert!(
            output.status.success() && !err.contains("panicked") && !err.contains("error"),
            "{args:?}: {err}"
        );
    }
}

#[test]
fn completions_and_manual_page() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(run(dir.path(), &["completions", shell], 0).0.contains("dry-run"), "{shell}");
    }
    let (list, _) = run(dir.path(), &["man", "--list"], 0);
    assert!(list.lines().any(|name| name == "init") && !list.contains("help"), "{list}");
    for name in [""].into_iter().chain(list.lines()) {
        let words: Vec<&str> =
            ["man"].into_iter().chain((!name.is_empty()).then_some(name)).collect();
        let (page, _) = run(dir.path(), &words, 0);
        let title = if name.is_empty() { "dockgen".to_owned() } else { format!("dockgen-{name}") };
        for part in [&format!(".TH {title} 1"), ".SH \"EXIT STATUS\"", ".SH FILES", ".SH EXAMPLES"]
        {
            assert!(page.contains(part), "`{part}` is not in the page of {title}:\n{page}");
        }
        for part in [".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR", ".SH EXAMPLES\n.TP"] {
            assert!(page.contains(part), "{title} has nothing below `{part}`:\n{page}");
        }
        assert!(!page.contains("EXTRA") && page.matches("130").count() == 1, "{page}");
    }
    let (page, _) = run(dir.path(), &["man", "init"], 0);
    assert!(page.contains("dry\\-run") && !page.contains("conflict, nothing"), "{page}");
    assert!(run(dir.path(), &["man", "verify"], 0).0.contains("A check failed."));
    refuses(dir.path(), &["man", "unit"], &["`unit` is no command", "init"]);
    let (help, _) = run(dir.path(), &["--help"], 0);
    assert!(help.contains("explain"));
    assert!(run(dir.path(), &["--version"], 0).0.starts_with("dockgen "));
}

/// Killed at any moment, every file is the old one or the new one.
#[cfg(unix)]
#[test]
fn a_kill_leaves_old_or_new() {
    let dir = hello();
    let texts: Vec<String> = ["scratch", "debian"]
        .iter()
        .map(|base| {
            run(dir.path(), &["init", "--yes", "--base", base], 0);
            read(dir.path(), "Dockerfile")
        })
        .collect();
    for round in 0..40 {
        let base = ["scratch", "debian"][round % 2];
        let mut child = command(dir.path(), &["init", "--yes", "--force", "--base", base])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_micros(300 * round as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = read(dir.path(), "Dockerfile");
        assert!(texts.contains(&found), "round {round}: {found}");
    }
    run(dir.path(), &["init", "--yes", "--force", "--base", "scratch"], 0);
    assert_eq!(read(dir.path(), "Dockerfile"), texts[0]);
}

#[test]
fn members_of_a_workspace_share_its_root_as_context() {
    let server = "require('http').createServer((_, r) => r.end('hi')).listen(3000)\n";
    let dir = repo(&[
        (
            "package.json",
            r#"{"name": "mono", "private": true, "workspaces": ["apps/*", "packages/*"]}"#,
        ),
        (
            "package-lock.json",
            r#"{"name": "mono", "lockfileVersion": 3, "packages": {"": {"name": "mono", "workspaces": ["apps/*", "packages/*"]}}}"#,
        ),
        (
            "apps/api/package.json",
            r#"{"name": "api", "scripts": {"start": "node server.js"}, "dependencies": {"lib": "*"}}"#,
        ),
        ("apps/api/server.js", server),
        ("apps/web/package.json", r#"{"name": "web", "scripts": {"start": "node server.js"}}"#),
        ("apps/web/server.js", server),
        ("packages/lib/package.json", r#"{"name": "lib", "main": "index.js"}"#),
        ("packages/lib/index.js", "module.exports = 1\n"),
    ]);
    let apps = |folder: &Path, args: &[&str]| {
        let json: Value = serde_json::from_str(&run(folder, args, 0).0).unwrap();
        json["apps"].as_array().unwrap().clone()
    };
    let all = apps(dir.path(), &["init", "--json", "--dry-run"]);
    let paths: Vec<&str> = all.iter().map(|app| app["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["apps/api", "apps/web"], "a library is no application");
    assert!(all.iter().all(|app| app["context"] == "."));
    // From inside, the root is found above PATH.
    let one = apps(&dir.path().join("apps/api"), &["init", "--json"]);
    assert_eq!(
        (one[0]["dockerfile"].as_str(), one[0]["context"].as_str()),
        (Some("Dockerfile"), Some("../.."))
    );
    assert!(dir.path().join("apps/api/Dockerfile.dockerignore").exists());
    refuses(
        dir.path(),
        &["init", "packages/lib", "--yes"],
        &["packages/lib/package.json (Node.js) exists"],
    );
}

#[test]
fn a_front_end_is_built_with_the_version_that_is_asked_for() {
    let serves = MAIN.replace(
        "http.Listen",
        "http.Handle(\"/\", http.FileServer(http.Dir(\"web/dist\")))\n\thttp.Listen",
    );
    let manifest =
        r#"{"name": "web", "scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
    let dir = repo(&[
        ("go.mod", "module example.com/hello\n\ngo 1.27\n"),
        ("main.go", &serves),
        ("web/package.json", manifest),
    ]);
    let (out, err) = run(dir.path(), &["init", "--yes"], 0);
    assert!(out.contains("web: `build` makes web/dist"), "{out}");
    assert!(
        format!("{out}{err}").contains("--set front-end-toolchain=VALUE sets it"),
        "the version is assumed: {out}{err}"
    );
    run(dir.path(), &["init", "--yes", "--force", "--set", "front-end-toolchain=24"], 0);
    let dockerfile = fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("node:24-trixie-slim AS frontend-deps"), "{dockerfile}");
    assert!(
        dockerfile.contains("COPY --from=frontend /app/web/dist /app/web/dist"),
        "{dockerfile}"
    );
    let kept = fs::read_to_string(dir.path().join("dockgen.toml")).unwrap();
    assert!(kept.contains("front-end-toolchain = \"24\""), "{kept}");
    run(dir.path(), &["check"], 0);
    refuses(
        hello().path(),
        &["init", "--yes", "--set", "front-end-toolchain=24"],
        &["there is no question"],
    );
}

#[cfg(unix)]
#[test]
fn pinning_without_buildx_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = (hello(), tempfile::tempdir().unwrap());
    let pins = |because: &str| {
        let args = ["init", "--yes", "--pin"];
        let output = command(dir.path(), &args).env("PATH", path.path()).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("--pin") && said.contains("buildx") && said.contains(because),
            "{said}"
        );
        assert!(!dir.path().join("Dockerfile").exists());
    };
    pins("no `docker` on the PATH");
    let docker = path.path().join("docker");
    fs::write(
        &docker,
        "#!/bin/sh\necho \"docker: 'buildx' is not a docker command.\" >&2\nexit 1\n",
    )
    .unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
    pins("has no plugin buildx");
}

#[test]
fn a_dockerfile_that_is_there_says_what_the_image_lacks() {
    let dir = hello();
    let text = "FROM golang:1.26 AS build\nRUN apt-get update && apt-get install -y gcc\nFROM alpine\n\
                RUN apk add --no-cache ffmpeg ca-certificates\nENV DATA=/data TZ=UTC\nVOLUME /data\n\
                EXPOSE 7100\n";
    fs::write(dir.path().join("Dockerfile"), text).unwrap();
    let (out, err) = run(dir.path(), &["init", "--yes", "--dry-run", "--force"], 0);
    let said = (out + &err).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Dockerfile has what this image lacks: it exposes 7100, it installs ffmpeg, it keeps /data in \
         a volume, it sets DATA=/data",
        "Dockerfile:7, Dockerfile:4, Dockerfile:6, and 1 more",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("gcc,") && !said.contains("installs ca-certificates"), "{said}");
    run(dir.path(), &["init", "--yes", "--force"], 0);
    run(dir.path(), &["check"], 0);
}

#[test]
fn a_dockerfile_that_is_there_says_which_files_and_commands_the_image_lacks() {
    let lacks = |files: &[(&str, &str)]| {
        let dir = hello();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let (out, err) = run(dir.path(), &["init", "--yes", "--dry-run", "--force"], 0);
        let said = (out + &err).split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, rest) = said.split_once("has what this image lacks: ").unwrap_or_default();
        rest.split(" (").next().unwrap_or_default().to_owned()
    };
    let text = "FROM golang:1.26 AS build\nRUN go build -tags fts5,netgo -o /out/hello .\n\
                FROM node AS ui\nRUN make\nFROM debian AS base\nCOPY --from=build /out/hello /app/hello\n\
                COPY LICENSE entry.sh /\nFROM base\nCOPY --from=ui /ui/dist /app/pages\n\
                COPY --from=ghcr.io/a/tool /bin/tool /bin/\nCMD ./hello migrate && ./hello\n";
    assert_eq!(
        lacks(&[("Dockerfile", text)]),
        "it runs `./hello migrate` before the program, it copies entry.sh to /, it copies /ui/dist \
         to /app/pages, it copies /bin/tool to /bin/, it builds the program with fts5 and netgo"
    );
    let text = "FROM a\nCOPY ./start.sh /start\nENTRYPOINT [\"/start\"]\n";
    let script = "#!/bin/sh\nset -e\nexec hello --all \"$@\"\n";
    assert_eq!(
        lacks(&[("docker/web.Dockerfile", text), ("start.sh", script)]),
        "it starts with the script /start, which runs `exec hello --all`"
    );
    // CMD holds the arguments of the script, which passes them on.
    let given = format!("{text}CMD [\"serve\", \"--fast\"]\n");
    assert_eq!(
        lacks(&[("docker/web.Dockerfile", &given), ("start.sh", script)]),
        "it starts with the script /start, which runs `exec hello --all serve --fast`"
    );
    let text =
        "FROM a\nSTOPSIGNAL SIGINT\nENTRYPOINT [\"tini\", \"--\", \"/bin/hello\", \"serve\"]\n";
    assert_eq!(
        lacks(&[("Dockerfile.server", text)]),
        "it starts the program with `serve`, it stops with SIGINT"
    );
    // One for development, and one of two that might be meant.
    assert_eq!(lacks(&[("Dockerfile.dev", text)]), "");
    assert_eq!(lacks(&[("a.Dockerfile", text), ("b.Dockerfile", text)]), "");
}

#[test]
fn a_language_without_a_tool_to_ask_says_so() {
    let dir = hello();
    for command in ["init", "explain"] {
        let args = [command, "--ask-tools"];
        refuses(dir.path(), &args, &["--ask-tools", "no tool to ask", "leave the flag out"]);
    }
}

#[test]
fn from_a_folder_inside_an_application() {
    let dir = repo(&[("go.mod", "module example.com/hello\n\ngo 1.27\n"), ("main.go", MAIN)]);
    fs::create_dir_all(dir.path().join(".git")).unwrap();
    let inside = dir.path().join("docs/guide");
    fs::create_dir_all(&inside).unwrap();
    fs::write(inside.join("page.md"), "# A page\n").unwrap();
    run(dir.path(), &["init", "--yes"], 0);
    for args in [&["check"][..], &["explain"], &["update", "--dry-run"], &["answer", "port=8081"]] {
        let (said, _) = run(&inside, args, 0);
        assert!(said.contains("hello"), "{args:?}: {said}");
    }
    // The paths of an error are as they would be typed here.
    fs::write(dir.path().join("go.mod"), "oh\n").unwrap();
    for args in [&["check"][..], &["explain"]] {
        refuses(&inside, args, &["../../go.mod:1"]);
    }
    let (_, said) = run(dir.path(), &["check"], 2);
    assert!(said.contains("go.mod:1") && !said.contains("relative to"), "{said}");
}

/// Three services, of which `broken` cannot be read.
fn services() -> TempDir {
    let module = |name: &str| format!("module example.com/{name}\n\ngo 1.27\n");
    repo(&[
        ("a/go.mod", &module("a")),
        ("a/main.go", MAIN),
        ("b/go.mod", &module("b")),
        ("b/main.go", MAIN),
        ("broken/go.mod", "module (\n"),
        ("broken/main.go", MAIN),
    ])
}

#[test]
fn a_broken_manifest_keeps_the_others() {
    for args in [&["init", "--yes"][..], &["init", "--json"], &["init", "--yes", "--dry-run"]] {
        let dir = services();
        let (out, err) = run(dir.path(), args, 2);
        assert!(err.contains("broken was left out") && err.contains("broken/go.mod:1"), "{err}");
        let wrote = !args.contains(&"--dry-run");
        for app in ["a", "b"] {
            assert_eq!(dir.path().join(app).join("Dockerfile").exists(), wrote, "{out}{err}");
        }
        assert!(!dir.path().join("broken/Dockerfile").exists());
        if args.contains(&"--json") {
            let json: Value = serde_json::from_str(&out).unwrap();
            assert_eq!(json["refused"][0]["path"], "broken");
            assert!(json["error"].as_str().unwrap().contains("broken/go.mod:1"), "{json}");
        }
    }
    // What dockgen keeps is checked although one of its manifests breaks later.
    let dir = services();
    fs::write(dir.path().join("broken/go.mod"), "module example.com/c\n\ngo 1.27\n").unwrap();
    run(dir.path(), &["init", "--yes"], 0);
    fs::write(dir.path().join("broken/go.mod"), "module (\n").unwrap();
    let (out, err) = run(dir.path(), &["check"], 2);
    assert!(
        out.matches("up to date").count() == 2 && err.contains("broken/go.mod:1"),
        "{out}{err}"
    );
    let (out, err) = run(dir.path(), &["explain"], 2);
    assert!(out.contains("toolchain") && err.contains("broken/go.mod:1"), "{out}{err}");
    // From another folder, the path is one that can be opened there.
    let (_, err) = run(&dir.path().join("a"), &["check", ".."], 2);
    assert!(err.contains("../broken/go.mod:1"), "{err}");
}

#[test]
fn a_foreign_dockerfile_keeps_the_others() {
    let dir = services();
    fs::remove_dir_all(dir.path().join("broken")).unwrap();
    fs::write(dir.path().join("b/Dockerfile"), "FROM mine\n").unwrap();
    let (out, err) = run(dir.path(), &["init", "--yes", "--dry-run"], 2);
    assert!(out.contains("refused   b/Dockerfile") && err.contains("b/Dockerfile was not written"));
    assert!(!dir.path().join("a/Dockerfile").exists());
    let (out, err) = run(dir.path(), &["init", "--yes"], 2);
    assert!(out.contains("wrote     a/Dockerfile") && err.contains("b/Dockerfile was not written"));
    assert!(dir.path().join("a/Dockerfile").exists() && !dir.path().join("b/.dockgen").exists());
    assert_eq!(read(dir.path(), "b/Dockerfile"), "FROM mine\n");
    let (out, _) = run(dir.path(), &["init", "--json"], 2);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["apps"].as_array().unwrap().len(), 2);
    assert!(json["error"].as_str().unwrap().contains("b/Dockerfile"), "{json}");
}

#[test]
fn a_refused_run_shows_what_a_dry_run_shows() {
    let dir = hello();
    fs::write(dir.path().join("Dockerfile"), "FROM golang:1.27-alpine\nCOPY . .\nVOLUME /x\n")
        .unwrap();
    let (_, err) = run(dir.path(), &["init", "--yes"], 2);
    for part in ["toolchain", "has what this image lacks", "final image", "build's tools are in it"]
    {
        assert!(err.contains(part), "no `{part}` in {err}");
    }
}

#[test]
fn containers_that_are_run_together_publish_ports_of_their_own() {
    let dir = services();
    fs::remove_dir_all(dir.path().join("broken")).unwrap();
    let (out, _) = run(dir.path(), &["init", "--yes"], 0);
    assert!(out.contains("-p 8080:8080 a") && out.contains("-p 8081:8080 b"), "{out}");
}

#[test]
fn programs_are_named_like_applications() {
    let dir = repo(&[
        ("go.mod", "module example.com/shop\n\ngo 1.27\n"),
        ("cmd/api/main.go", MAIN),
        ("cmd/job/main.go", MAIN),
    ]);
    refuses(
        dir.path(),
        &["init", "--yes", "--app", "nope"],
        &["shop (.; its programs are api, job)"],
    );
    run(dir.path(), &["init", "--yes", "--app", "api", "--app", "job"], 0);
    assert!(dir.path().join("cmd/api/Dockerfile").exists());
    assert!(dir.path().join("cmd/job/Dockerfile").exists());
    // A program without a folder of its own is chosen by another flag, and the error says so.
    let manifest = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let main = "fn main() { println!(\"hi\"); }\n";
    let dir = repo(&[("Cargo.toml", manifest), ("src/main.rs", main), ("src/bin/report.rs", main)]);
    refuses(dir.path(), &["init", "--yes", "--app", "report"], &["--app . --entrypoint"]);
}

#[test]
fn languages_that_are_not_supported_are_named_beside_others() {
    let dir = repo(&[
        ("a/a.csproj", "<Project/>"),
        ("b/go.mod", "module example.com/b\n\ngo 1.27\n"),
        ("b/main.go", MAIN),
        ("c/composer.json", "{}"),
    ]);
    let (out, _) = run(dir.path(), &["init", "--yes", "--dry-run"], 0);
    assert!(out.contains("a/a.csproj") && out.contains("not support PHP yet"), "{out}");
    let (out, _) = run(dir.path(), &["init", "--json", "--dry-run"], 0);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["refused"].as_array().unwrap().len(), 2, "{json}");
}

#[test]
fn a_development_stage_that_there_is_not_is_said() {
    let dir = hello();
    let (out, _) = run(dir.path(), &["init", "--yes", "--dev", "--dry-run"], 0);
    assert!(!out.contains("there is no `development` stage"), "{out}");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/java-plain");
    let (out, _) = run(&fixture, &["init", "--yes", "--dev", "--dry-run"], 0);
    assert!(out.contains("there is no `development` stage"), "{out}");
}
