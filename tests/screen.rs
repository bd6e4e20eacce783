//! Whatever a repository holds, in whatever place: what is printed steers no terminal and no log.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

/// Values that steer a terminal, hide, forge a line, or are commands of a CI.
const EVIL: [&str; 8] = [
    "x\u{1b}[31mred\u{1b}[8m\u{1b}]0;title\u{7}",
    "x\r\u{9b}2J\u{8}\u{7f}\u{85}",
    "x\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\u{2028}\u{feff}\u{e0041}",
    "x\n::error::forged",
    "\n::stop-commands::x",
    "::add-mask::x",
    "##[error]x ##vso[task.complete]",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ::error::x ::error::x ::error::x ::error::x ::error::x \
     ::error::x ::error::x",
];

const STYLES: [&str; 12] = ["0", "1", "2", "4", "22", "24", "31", "32", "33", "34", "36", "39"];

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    // A value that no file name may be stands in no name.
    if fs::create_dir_all(path.parent().unwrap()).is_ok() {
        fs::write(path, text).ok();
    }
}

/// What is printed, without dockgen's own styles.
fn unstyled(text: &str) -> String {
    STYLES.iter().fold(text.to_owned(), |text, style| text.replace(&format!("\u{1b}[{style}m"), ""))
}

fn is_tame(text: &str, colour: bool, what: &str) {
    let plain = if colour { unstyled(text) } else { text.to_owned() };
    for (at, line) in plain.split('\n').enumerate() {
        let hidden = line.chars().find(|c| dockgen::screen::visible::is_hidden(*c));
        assert!(hidden.is_none(), "{what}: line {}: {hidden:?} in {line:?}", at + 1);
        assert!(!line.trim_start().starts_with("::"), "{what}: {line:?}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{what}: {line:?}");
        assert!(!line.starts_with("forged"), "{what}: {line:?}");
    }
}

/// Runs the command, with colours every second time, and holds what it prints against the rule.
fn run(folder: &Path, args: &[&str], what: &str) -> String {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let colour =
        if RUNS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { "never" } else { "always" };
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(args)
        .args(["--color", colour])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut all = String::new();
    for bytes in [&output.stdout, &output.stderr] {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let own = args.contains(&"github");
        let rest: Vec<&str> =
            text.lines().filter(|line| !(own && line.starts_with("::"))).collect();
        is_tame(&rest.join("\n"), colour == "always", &format!("{what}: {args:?}"));
        for line in text.lines().filter(|line| own && line.starts_with("::")) {
            let known = ["::error file=", "::warning file=", "::notice file="];
            assert!(known.iter().any(|head| line.starts_with(head)), "{what}: {line:?}");
            let hidden = line.chars().find(|c| dockgen::screen::visible::is_hidden(*c));
            assert!(hidden.is_none(), "{what}: {hidden:?} in {line:?}");
        }
        all.push_str(&text);
    }
    all
}

/// Every command that prints, also over the files that it wrote.
fn every_command(folder: &Path, what: &str) {
    run(folder, &["explain"], what);
    run(folder, &["explain", "--json"], what);
    run(folder, &["init", "--yes", "--dry-run"], what);
    run(folder, &["init", "--yes", "--stdout"], what);
    run(folder, &["init", "--yes", "--json"], what);
    run(folder, &["init", "--yes", "--force"], what);
    run(folder, &["check"], what);
    run(folder, &["check", "--format", "json"], what);
    run(folder, &["check", "--format", "github"], what);
    run(folder, &["update", "--dry-run"], what);
    run(folder, &["update", "--dry-run", "--json"], what);
    run(folder, &["update", "--dry-run", "--conflict", "markers"], what);
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// An application of Node.js with `evil` wherever its manifest and its code hold a word.
fn node(evil: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let word = json(evil);
    let manifest = format!(
        "{{\"name\": {word}, \"version\": {word}, \"description\": {word}, \"main\": \"server.js\", \
         \"packageManager\": \"npm@11.0.0\", \"scripts\": {{ \"start\": {start}, \"build\": {word} }}, \
         \"dependencies\": {{ {word}: \"1.0.0\", \"express\": {word} }}, \"engines\": {{ \"node\": \">=20\" }}}}",
        start = json(&format!("node server.js {evil}"))
    );
    write(dir.path(), "package.json", &manifest);
    let code = format!(
        "const app = require('express')();\nconst dir = process.env[{word}] || {word};\n\
         require('fs').writeFileSync({word} + '/x', 'y');\nrequire('fs').readFileSync({word});\n\
         app.listen(process.env.PORT || 3000, {word});\n"
    );
    write(dir.path(), "server.js", &code);
    dir
}

/// The same in Go, Rust and Java, and with names of folders.
fn others(evil: &str) -> Vec<(&'static str, TempDir)> {
    let main = format!(
        "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {{\n\tos.ReadFile({0})\n\tos.MkdirAll({0}, 0o755)\n\
         \tos.Getenv({0})\n\thttp.ListenAndServe(\":8080\", nil)\n}}\n",
        json(evil)
    );
    let go = tempfile::tempdir().unwrap();
    write(go.path(), "go.mod", "module example.com/hello\n\ngo 1.27\n");
    write(go.path(), "main.go", &main);
    let rust = tempfile::tempdir().unwrap();
    let text = json(evil);
    write(
        rust.path(),
        "Cargo.toml",
        &format!("[package]\nname = {text}\nversion = \"0.1.0\"\nedition = {text}\n"),
    );
    write(rust.path(), "src/main.rs", &format!("fn main() {{ std::fs::read({text}).ok(); }}\n"));
    let java = tempfile::tempdir().unwrap();
    let xml = evil.replace(|c: char| c.is_ascii_control() && c != '\n' && c != '\r', "");
    write(
        java.path(),
        "pom.xml",
        &format!(
            "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>{xml}</artifactId>\
             <version>{xml}</version><packaging>{xml}</packaging></project>"
        ),
    );
    let folders = tempfile::tempdir().unwrap();
    for folder in ["one", evil] {
        if folder.contains('/') {
            continue;
        }
        write(folders.path(), &format!("{folder}/go.mod"), "module example.com/hello\n\ngo 1.27\n");
        write(
            folders.path(),
            &format!("{folder}/main.go"),
            "package main\n\nfunc main() { println(1) }\n",
        );
    }
    let broken = tempfile::tempdir().unwrap();
    write(
        broken.path(),
        &format!("{}/go.mod", evil.replace('/', "")),
        &format!("go {evil}\nmodule\n"),
    );
    let bad = tempfile::tempdir().unwrap();
    write(bad.path(), "package.json", &format!("{{\"name\": {evil}"));
    vec![
        ("go", go),
        ("rust", rust),
        ("java", java),
        ("folders", folders),
        ("broken", broken),
        ("bad", bad),
    ]
}

#[test]
fn no_manifest_steers_the_screen() {
    for evil in EVIL {
        every_command(node(evil).path(), &format!("node {evil:?}"));
        for (what, dir) in others(evil) {
            every_command(dir.path(), &format!("{what} {evil:?}"));
        }
    }
}

fn hello() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "go.mod", "module example.com/hello\n\ngo 1.27\n");
    let main = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n";
    write(dir.path(), "main.go", main);
    dir
}

#[test]
fn no_file_of_dockgen_steers_the_screen() {
    for evil in EVIL {
        let dir = hello();
        run(dir.path(), &["init", "--yes"], "init");
        let what = format!("files {evil:?}");
        // A Dockerfile that was edited, and a state with facts of somebody else.
        let path = dir.path().join("Dockerfile");
        let text = fs::read_to_string(&path).unwrap();
        for line in
            [format!("# {evil}"), format!("LABEL a=\"{evil}\""), format!("RUN echo \\\n{evil}")]
        {
            fs::write(&path, text.replace("\nUSER ", &format!("\n{line}\nUSER "))).unwrap();
            every_command(dir.path(), &what);
        }
        run(dir.path(), &["init", "--yes", "--force"], &what);
        let state = fs::read_to_string(dir.path().join(".dockgen/state.json")).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&state).unwrap();
        poison(&mut value, evil);
        write(dir.path(), ".dockgen/state.json", &value.to_string());
        write(dir.path(), "go.mod", "module example.com/hello\n\ngo 1.26\n");
        every_command(dir.path(), &what);

        let dir = hello();
        let word = json(evil);
        write(
            dir.path(),
            "dockgen.toml",
            &format!(
                "[answers]\nname = {word}\nargs = {word}\nenv = [{}]\n",
                json(&format!("A={evil}"))
            ),
        );
        every_command(dir.path(), &what);
        write(dir.path(), "dockgen.toml", &format!("[answers]\n{word} = {word}\n"));
        every_command(dir.path(), &what);
        write(dir.path(), "dockgen.toml", &format!("[verify]\nhealth = {word}\nenv = [{word}]\n"));
        every_command(dir.path(), &what);

        for text in [
            format!("# {evil}\n{{% include \"builtin/base/start.Dockerfile\" %}}"),
            format!("RUN echo \\\n{evil}\n{{% include \"builtin/base/start.Dockerfile\" %}}"),
            format!("{{{{ {evil}"),
        ] {
            let dir = hello();
            write(dir.path(), ".dockgen/templates/base/start.Dockerfile", &text);
            write(dir.path(), &format!(".dockgen/templates/{}", evil.replace('/', "")), &text);
            every_command(dir.path(), &what);
        }
    }
}

/// Replaces the words of what was decided.
fn poison(value: &mut serde_json::Value, evil: &str) {
    match value {
        serde_json::Value::String(text)
            if !text.contains("Dockerfile") && text != "go" && !text.starts_with("0.") =>
        {
            text.push_str(evil);
        }
        serde_json::Value::Array(all) => all.iter_mut().for_each(|value| poison(value, evil)),
        serde_json::Value::Object(fields) => {
            fields.iter_mut().for_each(|(_, value)| poison(value, evil));
        }
        _ => {}
    }
}

#[test]
fn no_flag_steers_the_screen() {
    let dir = hello();
    for evil in EVIL {
        for args in [
            vec![evil],
            vec!["init", "--port", evil],
            vec!["init", "--app", evil],
            vec!["init", "--set", evil, "--yes"],
            vec!["init", "--base", evil],
            vec!["init", "--yes", "--output", evil, "--dry-run"],
            vec!["check", "--format", evil],
            vec!["explain", evil],
            vec!["verify", "--service", evil],
        ] {
            run(dir.path(), &args, &format!("flag {evil:?}"));
        }
    }
}

#[test]
fn what_is_hidden_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["one", "two\u{202e}\u{1b}[8m\n::error::x"] {
        write(dir.path(), &format!("{folder}/go.mod"), "module example.com/hello\n\ngo 1.27\n");
        write(dir.path(), &format!("{folder}/main.go"), "package main\n\nfunc main() {}\n");
    }
    let out = run(dir.path(), &["init", "--yes", "--dry-run"], "shown");
    assert!(out.contains(r"two\u202e\x1b[8m\n::error::x"), "{out}");
}
