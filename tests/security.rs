//! Input that nobody writes in good faith. The outcome is an error that names the file, or a
//! Dockerfile that parses and holds no instruction that the same repository with plain words does
//! not give. Never a panic, never a hang.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

mod generate;
mod watch;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dockgen::docker::parse::{Dockerfile, parse};
use generate::{Output, generate, repository};
use proptest::prelude::*;

/// More than any of these inputs may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Words that end a line, a string, a word, a template or a comment.
fn hostile_words() -> Vec<String> {
    let mut words: Vec<String> = [
        "x\nRUN touch /INJECTED",
        "x\r\nUSER root\r\n",
        "x\u{2028}RUN touch /INJECTED",
        "x\\\nUSER root",
        "x\"\nRUN touch /INJECTED\n\"",
        "x\"]\nCMD [\"INJECTED",
        "\"; touch /INJECTED #",
        "x' ; touch /INJECTED ; '",
        "x && touch /INJECTED",
        "x | INJECTED",
        "$(touch /INJECTED)",
        "`touch /INJECTED`",
        "${INJECTED}",
        "$INJECTED",
        "{{ INJECTED }}",
        "{% include \"INJECTED\" %}",
        "{# INJECTED",
        "<<INJECTED",
        "# syntax=evil/INJECTED:1",
        "# escape=`",
        "--from=INJECTED",
        "--mount=type=ssh",
        "-INJECTED",
        "a b",
        "a,b=c",
        "\\",
        "x\\",
        "'",
        "\"",
        "[",
        "[\"INJECTED\"]",
        "*",
        "?x[!a]**",
        "!INJECTED",
        "../../../etc",
        "/etc/passwd",
        "..",
        ".",
        "",
        " ",
        "\t",
        "x\u{0}INJECTED",
        "\u{1b}[31mINJECTED\u{1b}]0;x\u{7}",
        "\u{202e}INJECTED",
        "日本語",
        "ÀÉ",
        "latest",
        "node:latest",
        "evil/INJECTED:1",
        "@scope/INJECTED",
        "99999999999999999999",
        "-1",
        "0",
        "65536",
        "%s%n",
        "null",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    words.push("a".repeat(20_000));
    words.push("a/".repeat(3_000));
    words
}

/// A file of a repository: its path and its text.
type File = (String, String);

/// A place where a word of the repository's author goes: a name for the place, and the repository
/// with the word there.
struct Slot {
    name: &'static str,
    files: fn(&str) -> Vec<File>,
}

fn file(path: &str, text: impl Into<String>) -> File {
    (path.to_owned(), text.into())
}

fn json(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

const SERVER: &str =
    "require('http').createServer((q, r) => r.end('x')).listen(process.env.PORT || 3000)\n";

/// A package with `changes` on top, its lockfile and its server.
fn package(changes: &serde_json::Value, more: Vec<File>) -> Vec<File> {
    let mut manifest = serde_json::json!({
        "name": "plain", "version": "1.0.0", "scripts": {"start": "node index.js"}, "dependencies": {"express": "^5.0.0"},
    });
    for (key, value) in changes.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    let lock = serde_json::json!({
        "name": "plain", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": manifest.clone(),
        "node_modules/express": {"version": "5.1.0", "resolved": "https://registry.npmjs.org/express/-/express-5.1.0.tgz"}},
    });
    let mut files = vec![
        file("package.json", json(&manifest)),
        file("package-lock.json", json(&lock)),
        file("index.js", SERVER),
    ];
    files.extend(more);
    files
}

const MAIN: &str =
    "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";

/// A module: go.mod as given, its program, and more.
fn module(manifest: impl Into<String>, more: Vec<File>) -> Vec<File> {
    let mut files = vec![file("go.mod", manifest), file("main.go", MAIN)];
    files.extend(more);
    files
}

fn go_source(body: &str) -> Vec<File> {
    let imports = "\"html/template\"\n\t\"net/http\"\n\t\"os\"\n";
    let text = format!(
        "package main\n\nimport (\n\t{imports})\n\nfunc main() {{\n{body}\n\thttp.ListenAndServe(\":8080\", nil)\n}}\n"
    );
    vec![file("go.mod", "module example.com/plain\n\ngo 1.26\n"), file("main.go", text)]
}

/// A program that serves `served`, and a package in `folder` whose script may make it.
fn front_end(folder: &str, script: &str, command: &str, served: &str) -> Vec<File> {
    let manifest = serde_json::json!({"name": "pages", "scripts": {script: command}, "devDependencies": {"vite": "7"}});
    let mut files = go_source(&format!(
        "\thttp.Handle(\"/\", http.FileServer(http.Dir({})))",
        go_string(served)
    ));
    files.push(file(&format!("{folder}/package.json"), json(&manifest)));
    files
}

/// A Go string literal that holds any text.
fn go_string(word: &str) -> String {
    let mut text = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            c if c.is_control() => write!(text, "\\u{:04x}", c as u32).unwrap(),
            c => text.push(c),
        }
    }
    text + "\""
}

/// The word as a path's component, where the file system can hold it.
fn component(word: &str) -> String {
    let name: String = word.chars().filter(|c| *c != '/' && *c != '\0').take(80).collect();
    if name.is_empty() || name == "." || name == ".." { "plain".to_owned() } else { name }
}

#[rustfmt::skip]
const SLOTS: &[Slot] = &[
    Slot { name: "package name", files: |w| package(&serde_json::json!({"name": w}), vec![]) },
    Slot { name: "package version", files: |w| package(&serde_json::json!({"version": w}), vec![]) },
    Slot { name: "repository", files: |w| package(&serde_json::json!({"repository": {"type": "git", "url": w}}), vec![]) },
    Slot { name: "homepage", files: |w| package(&serde_json::json!({"homepage": w, "description": w, "license": w}), vec![]) },
    Slot { name: "start script", files: |w| package(&serde_json::json!({"scripts": {"start": w}}), vec![]) },
    Slot { name: "start argument", files: |w| package(&serde_json::json!({"scripts": {"start": format!("node index.js {w}")}}), vec![]) },
    Slot { name: "start environment", files: |w| package(&serde_json::json!({"scripts": {"start": format!("X={w} node index.js")}}), vec![]) },
    Slot { name: "build script", files: |w| package(&serde_json::json!({"scripts": {"start": "node index.js", "build": w}}), vec![]) },
    Slot { name: "script name", files: |w| package(&serde_json::json!({"scripts": {"start": format!("npm run {w}"), w: "node index.js"}}), vec![]) },
    Slot { name: "postinstall", files: |w| package(&serde_json::json!({"scripts": {"start": "node index.js", "postinstall": w}}), vec![]) },
    Slot { name: "main", files: |w| package(&serde_json::json!({"main": w, "scripts": {}}), vec![]) },
    Slot { name: "bin", files: |w| package(&serde_json::json!({"bin": {w: "index.js"}, "scripts": {}}), vec![]) },
    Slot { name: "type", files: |w| package(&serde_json::json!({"type": w}), vec![]) },
    Slot { name: "engines", files: |w| package(&serde_json::json!({"engines": {"node": w}}), vec![]) },
    Slot { name: "volta", files: |w| package(&serde_json::json!({"volta": {"node": w}}), vec![]) },
    Slot { name: "packageManager", files: |w| package(&serde_json::json!({"packageManager": w}), vec![]) },
    Slot { name: "packageManager version", files: |w| package(&serde_json::json!({"packageManager": format!("npm@{w}")}), vec![]) },
    Slot { name: "dependency", files: |w| package(&serde_json::json!({"dependencies": {w: "1.0.0"}}), vec![]) },
    Slot { name: "dependency version", files: |w| package(&serde_json::json!({"dependencies": {"express": w}}), vec![]) },
    Slot { name: "file dependency", files: |w| package(&serde_json::json!({"dependencies": {"local": format!("file:{w}")}}), vec![]) },
    Slot { name: "workspaces", files: |w| package(&serde_json::json!({"workspaces": [w]}), vec![]) },
    Slot { name: "dependencies of another type", files: |w| package(&serde_json::json!({"dependencies": w}), vec![]) },
    Slot { name: "scripts of another type", files: |w| package(&serde_json::json!({"scripts": [w]}), vec![]) },
    Slot { name: ".nvmrc", files: |w| package(&serde_json::json!({}), vec![file(".nvmrc", w)]) },
    Slot { name: ".node-version", files: |w| package(&serde_json::json!({}), vec![file(".node-version", w)]) },
    Slot { name: ".tool-versions", files: |w| package(&serde_json::json!({}), vec![file(".tool-versions", format!("nodejs {w}\n"))]) },
    Slot { name: "mise.toml", files: |w| package(&serde_json::json!({}), vec![file("mise.toml", format!("[tools]\nnode = {}\n", serde_json::Value::from(w)))]) },
    Slot { name: ".npmrc", files: |w| package(&serde_json::json!({}), vec![file(".npmrc", w)]) },
    Slot { name: ".env.example", files: |w| package(&serde_json::json!({}), vec![file(".env.example", format!("PORT={w}\n"))]) },
    Slot { name: "port in code", files: |w| package(&serde_json::json!({}), vec![file("index.js", format!("app.listen(process.env.PORT || {w}, {})\n", serde_json::Value::from(w)))]) },
    Slot { name: "folder written by code", files: |w| package(&serde_json::json!({}), vec![file("index.js", format!("require('fs').mkdirSync({})\n{SERVER}", serde_json::Value::from(w)))]) },
    Slot { name: "tsconfig outDir", files: |w| package(&serde_json::json!({"scripts": {"build": "tsc", "start": "node index.js"}, "devDependencies": {"typescript": "^5.0.0"}}), vec![file("tsconfig.json", json(&serde_json::json!({"compilerOptions": {"outDir": w, "rootDir": w}})))]) },
    Slot { name: "tsconfig extends", files: |w| package(&serde_json::json!({"scripts": {"build": "tsc", "start": "node index.js"}}), vec![file("tsconfig.json", json(&serde_json::json!({"extends": w})))]) },
    Slot { name: "vite outDir", files: |w| package(&serde_json::json!({"scripts": {"build": "vite build"}, "devDependencies": {"vite": "^6.0.0"}}), vec![file("vite.config.js", format!("export default {{ build: {{ outDir: {} }} }}\n", serde_json::Value::from(w))), file("index.html", "<html></html>")]) },
    Slot { name: "next distDir", files: |w| package(&serde_json::json!({"scripts": {"build": "next build", "start": "next start"}, "dependencies": {"next": "15.0.0", "react": "19.0.0"}}), vec![file("next.config.js", format!("module.exports = {{ distDir: {} }}\n", serde_json::Value::from(w))), file("app/page.js", "export default () => null")]) },
    Slot { name: "pnpm workspace", files: |w| package(&serde_json::json!({"packageManager": "pnpm@10.0.0"}), vec![file("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"), file("pnpm-workspace.yaml", format!("packages:\n  - {}\n", serde_json::Value::from(w)))]) },
    Slot { name: "pnpm workspace, raw", files: |w| package(&serde_json::json!({"packageManager": "pnpm@10.0.0"}), vec![file("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"), file("pnpm-workspace.yaml", w)]) },
    Slot { name: ".yarnrc.yml", files: |w| package(&serde_json::json!({"packageManager": "yarn@4.0.0"}), vec![file("yarn.lock", "__metadata:\n  version: 8\n"), file(".yarnrc.yml", format!("yarnPath: {}\n", serde_json::Value::from(w)))]) },
    Slot { name: "package folder", files: |w| package(&serde_json::json!({}), vec![]).into_iter().map(|(path, text)| (format!("{}/{path}", component(w)), text)).collect() },
    Slot { name: "file name", files: |w| package(&serde_json::json!({"scripts": {"start": format!("node {w}.js")}}), vec![file(&format!("{}.js", component(w)), SERVER)]) },
    Slot { name: ".gitignore", files: |w| package(&serde_json::json!({}), vec![file(".gitignore", w)]) },
    Slot { name: ".dockerignore", files: |w| package(&serde_json::json!({}), vec![file(".dockerignore", w)]) },
    Slot { name: "dockgen.toml entrypoint", files: |w| package(&serde_json::json!({}), vec![answer("entrypoint", w)]) },
    Slot { name: "dockgen.toml args", files: |w| package(&serde_json::json!({}), vec![answer("args", w)]) },
    Slot { name: "dockgen.toml name", files: |w| package(&serde_json::json!({}), vec![answer("name", w)]) },
    Slot { name: "dockgen.toml env", files: |w| package(&serde_json::json!({}), vec![answer("env", &format!("X={w}"))]) },
    Slot { name: "dockgen.toml writable", files: |w| package(&serde_json::json!({}), vec![answer("writable", w)]) },
    Slot { name: "dockgen.toml toolchain", files: |w| package(&serde_json::json!({}), vec![answer("toolchain", w)]) },
    Slot { name: "dockgen.toml tool", files: |w| package(&serde_json::json!({}), vec![answer("tool", w)]) },
    Slot { name: "dockgen.toml base", files: |w| package(&serde_json::json!({}), vec![answer("base", w)]) },
    Slot { name: "dockgen.toml key", files: |w| package(&serde_json::json!({}), vec![answer(w, "x")]) },
    Slot { name: "module path", files: |w| module(format!("module {}\n\ngo 1.26\n", go_string(w)), vec![]) },
    Slot { name: "module path, raw", files: |w| module(format!("module {w}\n\ngo 1.26\n"), vec![]) },
    Slot { name: "go line", files: |w| module(format!("module example.com/plain\n\ngo {w}\n"), vec![]) },
    Slot { name: "toolchain line", files: |w| module(format!("module example.com/plain\n\ngo 1.26\n\ntoolchain {w}\n"), vec![]) },
    Slot { name: "require", files: |w| module(format!("module example.com/plain\n\ngo 1.26\n\nrequire {} v1.0.0\n", go_string(w)), vec![file("go.sum", "")]) },
    Slot { name: "replace", files: |w| module(format!("module example.com/plain\n\ngo 1.26\n\nreplace example.com/x => {}\n", go_string(&format!("./{w}"))), vec![]) },
    Slot { name: "replace, raw", files: |w| module(format!("module example.com/plain\n\ngo 1.26\n\nreplace example.com/x => ../{w}\n"), vec![]) },
    Slot { name: "go.work use", files: |w| module("module example.com/plain\n\ngo 1.26\n", vec![file("go.work", format!("go 1.26\n\nuse (\n\t.\n\t{}\n)\n", go_string(w)))]) },
    Slot { name: "go.sum", files: |w| module("module example.com/plain\n\ngo 1.26\n", vec![file("go.sum", w)]) },
    Slot { name: "command folder", files: |w| vec![file("go.mod", "module example.com/plain\n\ngo 1.26\n"), file(&format!("cmd/{}/main.go", component(w)), MAIN)] },
    Slot { name: "template folder", files: |w| { let mut files = go_source(&format!("\ttemplate.ParseGlob({})", go_string(&format!("{}/*.html", component(w))))); files.push(file(&format!("{}/x.html", component(w)), "x")); files } },
    Slot { name: "folder written", files: |w| go_source(&format!("\tos.MkdirAll({}, 0o755)", go_string(w))) },
    Slot { name: "file opened", files: |w| go_source(&format!("\tos.Open({})", go_string(w))) },
    Slot { name: "address", files: |w| vec![file("go.mod", "module example.com/plain\n\ngo 1.26\n"), file("main.go", format!("package main\n\nimport \"net/http\"\n\nfunc main() {{ http.ListenAndServe({}, nil) }}\n", go_string(w)))] },
    Slot { name: "embed", files: |w| module("module example.com/plain\n\ngo 1.26\n", vec![file("embed.go", format!("package main\n\nimport \"embed\"\n\n//go:embed {w}\nvar content embed.FS\n"))]) },
    Slot { name: "go source, raw", files: |w| module("module example.com/plain\n\ngo 1.26\n", vec![file("other.go", format!("package main\n\n{w}\n"))]) },
    Slot { name: "import", files: |w| module("module example.com/plain\n\ngo 1.26\n", vec![file("other.go", format!("package main\n\nimport {}\n", go_string(w)))]) },
    Slot { name: "front end's folder", files: |w| front_end(&component(w), "build", "vite build", &format!("{}/dist", component(w))) },
    Slot { name: "front end's folder, embedded", files: |w| { let mut files = front_end(&component(w), "build", "vite build", "none"); files[1].1 = format!("package main\n\nimport \"embed\"\n\n//go:embed {}\nvar x embed.FS\n\nfunc main() {{}}\n", go_string(&format!("{}/dist", component(w)))); files } },
    Slot { name: "front end's output", files: |w| front_end("web", "build", &format!("vite build --outDir '../{w}'"), &component(w)) },
    Slot { name: "front end's script", files: |w| front_end("web", w, "vite build && mv dist ../static", "static") },
    Slot { name: "front end's toolchain", files: |w| { let mut files = front_end("web", "build", "vite build", "web/dist"); files.push(answer("front-end-toolchain", w)); files } },
    Slot { name: "build tag", files: |w| module("module example.com/plain\n\ngo 1.26\n", vec![file("other.go", format!("//go:build {w}\n\npackage main\n"))]) },
];

fn answer(id: &str, word: &str) -> File {
    file(
        "dockgen.toml",
        format!("[answers]\n{} = {}\n", serde_json::Value::from(id), serde_json::Value::from(word)),
    )
}

/// How often each instruction stands in each stage, and which images the stages are made from.
fn skeleton(dockerfile: &Dockerfile) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    for (at, stage) in dockerfile.stages.iter().enumerate() {
        let name = stage.name.clone().unwrap_or_else(|| at.to_string());
        // Another version is another tag, or another digit in the name.
        let image = stage
            .image
            .split(':')
            .next()
            .unwrap_or_default()
            .replace(|c: char| c.is_ascii_digit(), "");
        *counts.entry((name.clone(), format!("FROM {image}"))).or_default() += 1;
        for instruction in &stage.instructions {
            *counts.entry((name.clone(), instruction.keyword.clone())).or_default() += 1;
        }
    }
    counts
}

/// `outputs` may hold nothing that `plain` does not, beside the words themselves in their quotes.
fn judge(place: &str, outputs: &[Output], plain: &[Output]) {
    let mut allowed: BTreeMap<(String, String), usize> = BTreeMap::new();
    for output in plain {
        for (key, count) in skeleton(&parse(&output.dockerfile).unwrap()) {
            let most = allowed.entry(key).or_default();
            *most = count.max(*most);
        }
    }
    for output in outputs {
        let text = &output.dockerfile;
        let parsed = parse(text).unwrap_or_else(|e| panic!("{place}: {e}\n{text}"));
        assert!(!parsed.stages.is_empty(), "{place}:\n{text}");
        for (key, count) in skeleton(&parsed) {
            let most = allowed.get(&key).copied().unwrap_or_default();
            assert!(
                count <= most,
                "{place}: {count} {key:?}, but {most} with a plain word\n{text}"
            );
        }
        for instruction in parsed.instructions().filter(|instruction| instruction.keyword == "RUN")
        {
            // A quote inside of quotes is written as '\'': what stands on both sides of it is
            // quoted.
            let unquoted: String =
                instruction.arguments.replace(r"'\''", "").split('\'').step_by(2).collect();
            let harm = [
                "touch /INJECTED",
                "INJECTED/",
                "$INJECTED",
                "${INJECTED",
                "`touch",
                "$(touch",
                "| INJECTED",
            ];
            assert!(
                !harm.iter().any(|harm| unquoted.contains(harm)),
                "{place}: a shell reads the word\n{text}"
            );
        }
        let last = parsed.last().unwrap();
        let user = last.instructions.iter().rev().find(|instruction| instruction.keyword == "USER");
        assert!(
            user.is_some_and(
                |user| user.arguments == dockgen::plan::USER || user.arguments.starts_with("101")
            ),
            "{place}:\n{text}"
        );
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{0}'),
            "{place}: a control character\n{text:?}"
        );
        let directives: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .filter(|l| l.contains("syntax=") || l.contains("escape="))
            .collect();
        assert!(
            directives.len() <= 1
                && directives.iter().all(|l| *l == "# syntax=docker/dockerfile:1"),
            "{place}:\n{text}"
        );
    }
}

/// An error names a file of the repository, or the flag to set.
fn judge_error(place: &str, error: &anyhow::Error, files: &[File]) {
    let text = format!("{error:#}");
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let folder = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let named =
        files.iter().any(|(path, _)| text.contains(&name(path)) || text.contains(&folder(path)));
    assert!(
        named || text.contains("--"),
        "{place}: the error names neither a file nor a flag: {text}"
    );
}

fn plain_words(slot: &Slot) -> Vec<Output> {
    // Of these some fit the place: a name, a path, a version, a port.
    let words = [
        "plain",
        "index.js",
        "packages: []",
        "# comment",
        "a,b",
        ".",
        "./web",
        "1.26",
        "22",
        "8080",
        "npm@10.0.0",
        "10.0.0",
        "node index.js",
        "X=1",
        "a=b",
    ];
    words
        .iter()
        .filter_map(|word| generate(repository((slot.files)(word)).path(), &[]).ok())
        .flatten()
        .collect()
}

#[test]
fn no_word_becomes_an_instruction() {
    let words = hostile_words();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failed = std::thread::scope(|scope| {
        let part = |slots: &'static [Slot]| {
            let words = &words;
            scope.spawn(move || {
                slots
                    .iter()
                    .filter(|slot| std::panic::catch_unwind(|| try_words(slot, words)).is_err())
                    .count()
            })
        };
        let parts: Vec<_> = SLOTS.chunks(SLOTS.len().div_ceil(threads)).map(part).collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum::<usize>()
    });
    assert_eq!(failed, 0, "in so many places a word did harm: see above");
}

fn try_words(slot: &Slot, words: &[String]) {
    let plain = plain_words(slot);
    for word in words {
        let place = format!("{} = {:?}", slot.name, word.chars().take(60).collect::<String>());
        let files = (slot.files)(word);
        let repository = repository(files.iter().map(|(path, text)| (path, text)));
        let began = Instant::now();
        match generate(repository.path(), &[]) {
            Ok(outputs) => judge(&place, &outputs, &plain),
            Err(error) => judge_error(&place, &error, &files),
        }
        assert!(began.elapsed() < PATIENCE, "{place} took {:?}", began.elapsed());
    }
}

/// The binary itself: exit 0 or 2, no panic, nothing on the terminal that steers it, nothing
/// written on failure.
#[test]
fn the_command_prints_no_control_characters() {
    let words = [
        "\u{1b}[31mINJECTED\u{1b}]0;x\u{7}",
        "x\r\nUSER root\r\n",
        "x\u{0}INJECTED",
        "\u{9b}31mINJECTED",
    ];
    let mut harm = Vec::new();
    for slot in SLOTS {
        for word in words {
            let place = format!("{} = {word:?}", slot.name);
            let files = (slot.files)(word);
            let repository = repository(files.iter().map(|(path, text)| (path, text)));
            let command = Command::new(env!("CARGO_BIN_EXE_dockgen"))
                .args(["init", "--yes"])
                .arg(repository.path())
                .output();
            let output = command.unwrap();
            let said = String::from_utf8(output.stdout).unwrap()
                + &String::from_utf8(output.stderr).unwrap();
            assert!(
                matches!(output.status.code(), Some(0 | 2)),
                "{place}: {:?}\n{said}",
                output.status
            );
            let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
            if said.contains(steers) {
                harm.push(format!("{place}: {said:?}"));
            }
            if output.status.code() == Some(2) {
                let written = ["Dockerfile", ".dockgen"]
                    .iter()
                    .any(|name| repository.path().join(name).exists());
                assert!(!written, "{place}: failed, and wrote\n{said}");
            }
        }
    }
    assert!(harm.is_empty(), "{}", harm.join("\n"));
}

/// An outcome without a panic, in time; the error's text, where it is one.
fn outcome(place: &str, files: Vec<(String, Vec<u8>)>) -> Option<String> {
    let repository = repository(files);
    let began = Instant::now();
    let outcome = generate(repository.path(), &[]);
    assert!(began.elapsed() < PATIENCE, "{place} took {:?}", began.elapsed());
    match outcome {
        Ok(outputs) => {
            for output in outputs {
                parse(&output.dockerfile).unwrap_or_else(|e| panic!("{place}: {e}"));
            }
            None
        }
        Err(error) => Some(format!("{error:#}")),
    }
}

fn bytes(files: Vec<File>) -> Vec<(String, Vec<u8>)> {
    files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

/// Puts `text` in place of the file at `path`, or adds it.
fn with(mut files: Vec<File>, path: &str, text: String) -> Vec<(String, Vec<u8>)> {
    files.retain(|(held, _)| held != path);
    files.push((path.to_owned(), text));
    bytes(files)
}

#[test]
fn depth_does_not_overflow_the_stack() {
    let deep = 100_000;
    let plain = || {
        package(
            &serde_json::json!({"scripts": {"build": "tsc && vite build", "start": "node index.js"}}),
            vec![file("index.html", "")],
        )
    };
    let go = || module("module example.com/plain\n\ngo 1.26\n", vec![]);
    let arrays = "[".repeat(deep);
    let objects = "{\"a\":".repeat(deep);
    let comments = "/*".repeat(deep);
    for (path, text) in [
        ("package.json", &arrays),
        ("package.json", &objects),
        ("package-lock.json", &objects),
        ("tsconfig.json", &arrays),
        ("tsconfig.json", &objects),
        ("tsconfig.json", &comments),
        ("vite.config.js", &arrays),
        ("vite.config.ts", &objects),
        ("index.js", &arrays),
        ("index.js", &"(".repeat(deep)),
        ("index.js", &"`${".repeat(deep)),
        ("angular.json", &objects),
        ("nx.json", &arrays),
        ("pnpm-workspace.yaml", &arrays),
        ("pnpm-workspace.yaml", &"- ".repeat(deep)),
        ("pnpm-lock.yaml", &"{a: ".repeat(deep)),
        (".yarnrc.yml", &objects),
        ("mise.toml", &format!("a = {arrays}")),
        ("mise.toml", &"a.".repeat(deep)),
        ("mise.toml", &format!("a = {}", "{a=".repeat(deep))),
        ("dockgen.toml", &format!("[answers]\na = {arrays}")),
    ] {
        outcome(&format!("{path}: {}...", &text[..10]), with(plain(), path, text.clone()));
    }
    for (path, text) in [
        ("go.mod", &"(".repeat(deep)),
        ("go.mod", &"require (\n".repeat(deep)),
        ("go.work", &"use (\n".repeat(deep)),
        ("other.go", &format!("package main\nvar x = {}", "(".repeat(deep))),
        ("other.go", &format!("package main\nvar x = {}", "[]".repeat(deep))),
        ("other.go", &format!("package main\nfunc f() {}", "{".repeat(deep))),
        ("other.go", &format!("package main\nvar x = {}1", "-".repeat(deep))),
        ("other.go", &format!("package main\nvar x = \"\"{}", " + \"a\"".repeat(deep))),
        ("other.go", &format!("package main\n{comments}")),
    ] {
        outcome(&format!("{path}: {}...", &text[..10]), with(go(), path, text.clone()));
    }
}

#[test]
fn yaml_bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{before}]").unwrap();
    }
    bomb.push_str("packages: *a29\n");
    for path in ["pnpm-workspace.yaml", ".yarnrc.yml", "pnpm-lock.yaml"] {
        outcome(
            path,
            with(
                package(&serde_json::json!({"packageManager": "pnpm@10.0.0"}), vec![]),
                path,
                bomb.clone(),
            ),
        );
    }
}

#[test]
fn size_is_bounded() {
    // Larger than any manifest: the error names the file and the size.
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(40 << 20));
    let error = outcome(
        "large package.json",
        with(package(&serde_json::json!({}), vec![]), "package.json", large),
    );
    assert!(
        error.as_ref().is_some_and(|e| e.contains("package.json") && e.contains("bytes")),
        "{error:?}"
    );
    // Large and valid: read, and done in time.
    let dependencies: serde_json::Map<String, serde_json::Value> = (0..150_000)
        .map(|i| (format!("package-with-a-long-name-{i}"), serde_json::Value::from("^1.0.0")))
        .collect();
    let many = package(&serde_json::json!({"dependencies": dependencies}), vec![]);
    assert!(many[1].1.len() > 10 << 20 || many[0].1.len() > 5 << 20);
    outcome("a package with 150,000 dependencies", bytes(many));
    let source = format!("{SERVER}//{}\n", "x".repeat(3 << 20));
    outcome(
        "a source file of 3 MB",
        with(package(&serde_json::json!({}), vec![]), "index.js", source),
    );
    let mut requires = String::new();
    for number in 0..100_000 {
        writeln!(requires, "\texample.com/module-{number} v1.0.0").unwrap();
    }
    let go = format!("module example.com/plain\n\ngo 1.26\n\nrequire (\n{requires})\n");
    outcome("a module with 100,000 requirements", bytes(module(go, vec![])));
    let line = format!("package main\n\nvar x = \"{}\"\n", "x".repeat(900_000));
    outcome(
        "a very long line",
        with(module("module example.com/plain\n\ngo 1.26\n", vec![]), "other.go", line),
    );
}

#[test]
fn manifests_that_are_no_text_are_named() {
    let binary: Vec<u8> = (0..=255).cycle().take(4096).collect();
    for path in [
        "package.json",
        "package-lock.json",
        "tsconfig.json",
        ".nvmrc",
        "pnpm-workspace.yaml",
        ".npmrc",
    ] {
        let mut files = bytes(package(
            &serde_json::json!({"scripts": {"build": "tsc", "start": "node index.js"}}),
            vec![],
        ));
        files.retain(|(held, _)| held != path);
        files.push((path.to_owned(), binary.clone()));
        let error = outcome(path, files);
        assert!(error.as_ref().is_none_or(|error| error.contains(path)), "{path}: {error:?}");
        assert!(error.is_some() || path != "package.json", "{path}");
    }
    for path in ["go.mod", "go.work", "go.sum"] {
        let mut files = bytes(module("module example.com/plain\n\ngo 1.26\n", vec![]));
        files.retain(|(held, _)| held != path);
        files.push((path.to_owned(), binary.clone()));
        let error = outcome(path, files);
        assert!(error.as_ref().is_none_or(|error| error.contains(path)), "{path}: {error:?}");
        assert!(error.is_some() || path != "go.mod", "{path}");
    }
}

#[test]
fn links_never_lead_out() {
    let secret = tempfile::tempdir().unwrap();
    let outside = secret.path().join("package.json");
    fs::write(
        &outside,
        json(&serde_json::json!({"name": "stolen", "scripts": {"start": "node stolen.js"}})),
    )
    .unwrap();
    let target = format!("-> {}", outside.display());
    let link = |path: &str, target: &str| {
        let mut files = package(&serde_json::json!({}), vec![]);
        files.retain(|(held, _)| held != path);
        files.push(file(path, target));
        bytes(files)
    };
    let error =
        outcome("manifest out of the root", link("package.json", &target)).expect("a refusal");
    assert!(error.contains("package.json") && !error.contains("stolen.js"), "{error}");
    let error = outcome("manifest in a circle", link("package.json", "-> package.json"))
        .expect("a refusal");
    assert!(error.contains("package.json"), "{error}");
    outcome("a circle of two", [link("a", "-> b"), bytes(vec![file("b", "-> a")])].concat());
    outcome("a folder into itself", link("loop", "-> ."));
    outcome("a folder above", link("above", "-> .."));
    outcome("the root of the machine", link("root", "-> /"));
    outcome("a device", link("index.js", "-> /dev/zero"));
    outcome("a device as a manifest", link(".nvmrc", "-> /dev/zero"));
    outcome("a pipe that is never written", link(".npmrc", "-> /proc/self/fd/0"));

    // What lies outside is never copied: neither by the Dockerfile nor into the facts.
    let folder = repository(go_source("\ttemplate.ParseGlob(\"web/*.html\")"));
    std::os::unix::fs::symlink(secret.path(), folder.path().join("web")).unwrap();
    if let Ok(outputs) = generate(folder.path(), &[]) {
        assert!(
            outputs.iter().all(|output| !output.dockerfile.contains(" web")),
            "{}",
            outputs[0].dockerfile
        );
    }
}

#[test]
fn nothing_is_read_or_written_through_links_at_the_outputs() {
    for name in ["Dockerfile", ".dockerignore", "dockgen.toml"] {
        let outside = tempfile::tempdir().unwrap();
        let victim = outside.path().join("victim");
        fs::write(&victim, "precious\n").unwrap();
        let repository = repository(bytes(package(&serde_json::json!({}), vec![])));
        std::os::unix::fs::symlink(&victim, repository.path().join(name)).unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["init", "--yes", "--force", "--port", "4321"])
            .arg(repository.path())
            .output();
        assert!(matches!(run.unwrap().status.code(), Some(0 | 2)), "{name}");
        assert_eq!(
            fs::read_to_string(&victim).unwrap(),
            "precious\n",
            "{name} was written through a link"
        );
    }
    let outside = tempfile::tempdir().unwrap();
    let repository = repository(bytes(package(&serde_json::json!({}), vec![])));
    std::os::unix::fs::symlink(outside.path(), repository.path().join(".dockgen")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(["init", "--yes"])
        .arg(repository.path())
        .output()
        .unwrap();
    assert!(matches!(run.status.code(), Some(0 | 2)));
    assert!(
        fs::read_dir(outside.path()).unwrap().next().is_none(),
        ".dockgen was written through a link"
    );
}

#[test]
fn circles_of_references_end() {
    let typescript = serde_json::json!({"scripts": {"build": "tsc", "start": "node index.js"}});
    let extends = |from: &str, to: &str| file(from, json(&serde_json::json!({"extends": to})));
    outcome(
        "tsconfig, itself",
        bytes(package(&typescript, vec![extends("tsconfig.json", "./tsconfig.json")])),
    );
    outcome(
        "tsconfig, in a circle",
        bytes(package(
            &typescript,
            vec![
                extends("tsconfig.json", "./b.json"),
                extends("b.json", "./c.json"),
                extends("c.json", "./tsconfig.json"),
            ],
        )),
    );
    outcome(
        "tsconfig, out of the root",
        bytes(package(&typescript, vec![extends("tsconfig.json", "../../../etc/passwd")])),
    );
    let scripts = serde_json::json!({"scripts": {"start": "npm run serve", "serve": "npm start"}});
    outcome("scripts", bytes(package(&scripts, vec![])));
    let member = |name: &str, needs: &str| {
        let manifest = serde_json::json!({"name": name, "version": "1.0.0", "dependencies": {needs: "*"}, "scripts": {"start": "node index.js"}});
        [
            file(&format!("packages/{name}/package.json"), json(&manifest)),
            file(&format!("packages/{name}/index.js"), SERVER),
        ]
    };
    let circle: Vec<File> = member("a", "b").into_iter().chain(member("b", "a")).collect();
    outcome(
        "workspaces",
        bytes(package(&serde_json::json!({"workspaces": ["packages/*"]}), circle.clone())),
    );
    for pattern in [
        ".",
        "..",
        "**",
        "*/**/*",
        "../*",
        "/",
        "packages/../..",
        "{a,b",
        "[",
        "packages/*/**/**/**/**/*",
    ] {
        outcome(
            pattern,
            bytes(package(&serde_json::json!({"workspaces": [pattern]}), circle.clone())),
        );
    }
    let file_dependencies =
        |to: &str| serde_json::json!({"dependencies": {"x": format!("file:{to}")}});
    for to in [".", "..", "packages/a", "./index.js", "../../../../etc"] {
        outcome(to, bytes(package(&file_dependencies(to), circle.clone())));
    }
    let go = |replace: &str| {
        format!("module example.com/plain\n\ngo 1.26\n\nreplace example.com/x => {replace}\n")
    };
    for replace in ["./", ".", "./a", "../", "../../../../../../etc", "/etc"] {
        let nested =
            vec![file("a/go.mod", "module example.com/x\n\nreplace example.com/plain => ../\n")];
        outcome(replace, bytes(module(go(replace), nested)));
    }
    for used in [".", "./.", "..", "./a", "../../..", "/"] {
        let more = vec![
            file("go.work", format!("go 1.26\n\nuse {used}\n")),
            file("a/go.work", "go 1.26\n\nuse ..\n"),
        ];
        outcome(used, bytes(module("module example.com/plain\n\ngo 1.26\n", more)));
    }
    let import = |from: &str, to: &str| {
        file(
            &format!("{from}/x.go"),
            format!("package {from}\n\nimport _ \"example.com/plain/{to}\"\n"),
        )
    };
    let main =
        file("main.go", "package main\n\nimport _ \"example.com/plain/a\"\n\nfunc main() {}\n");
    let mut files =
        module("module example.com/plain\n\ngo 1.26\n", vec![import("a", "b"), import("b", "a")]);
    files.retain(|(path, _)| path != "main.go");
    files.push(main);
    outcome("imports", bytes(files));
    let javascript = vec![
        file("a.js", "require('./b')\n"),
        file("b.js", "require('./a'); require('./index'); require('../../x')\n"),
    ];
    outcome(
        "modules",
        with(
            package(&serde_json::json!({}), javascript),
            "index.js",
            format!("require('./a')\n{SERVER}"),
        ),
    );
}

#[test]
fn names_that_are_no_text_are_errors() {
    use std::os::unix::ffi::OsStrExt as _;
    let repository = repository(bytes(package(&serde_json::json!({}), vec![])));
    let name = std::ffi::OsStr::from_bytes(b"bad-\xff-name");
    fs::write(repository.path().join(name), "x").unwrap();
    let error = generate(repository.path(), &[]).err().map(|error| format!("{error:#}"));
    assert!(error.as_ref().is_some_and(|e| e.contains("bad-") && e.contains("UTF-8")), "{error:?}");
}

/// What a careless edit or a fuzzer does to a text.
#[derive(Clone, Debug)]
enum Mutation {
    Remove(usize, usize),
    Repeat(usize, usize, usize),
    Insert(usize, String),
    Flip(usize, u8),
    Cut(usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let piece = prop_oneof![
        proptest::sample::select(
            hostile_words().into_iter().filter(|w| w.len() < 100).collect::<Vec<_>>()
        ),
        proptest::sample::select(vec![
            "{", "}", "[", "]", "(", ")", ":", ",", "\"", "'", "`", "/*", "//", "#", "&a ", "*a",
            "|\n", "<<: ", "\\u0000", "\u{feff}"
        ])
        .prop_map(str::to_owned),
        "\\PC{0,12}",
    ];
    prop_oneof![
        (any::<usize>(), 1_usize..40).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (any::<usize>(), 1_usize..40, 1_usize..50)
            .prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
        (any::<usize>(), piece).prop_map(|(at, text)| Mutation::Insert(at, text)),
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        any::<usize>().prop_map(Mutation::Cut),
    ]
}

fn mutate(text: &mut Vec<u8>, mutation: &Mutation) {
    let at = |at: usize| if text.is_empty() { 0 } else { at % text.len() };
    match mutation {
        Mutation::Remove(from, length) => {
            let from = at(*from);
            text.drain(from..(from + length).min(text.len()));
        }
        Mutation::Repeat(from, length, times) => {
            let from = at(*from);
            let piece = text[from..(from + length).min(text.len())].repeat(*times);
            text.splice(from..from, piece);
        }
        Mutation::Insert(from, piece) => {
            let from = at(*from);
            text.splice(from..from, piece.bytes());
        }
        Mutation::Flip(from, byte) => {
            let from = at(*from);
            if let Some(slot) = text.get_mut(from) {
                *slot ^= byte;
            }
        }
        Mutation::Cut(from) => text.truncate(at(*from)),
    }
}

/// Repositories whose every file is a target.
fn victims() -> Vec<Vec<File>> {
    let typescript = serde_json::json!({
        "name": "@scope/victim", "version": "1.2.3", "type": "module", "packageManager": "pnpm@10.1.0", "workspaces": ["packages/*"],
        "engines": {"node": ">=20 <27", "pnpm": "^10"}, "volta": {"node": "22.1.0"}, "bin": {"victim": "dist/cli.js"},
        "scripts": {"build": "tsc -p . && vite build", "start": "NODE_ENV=production node --enable-source-maps dist/index.js serve --port 8080", "postinstall": "node setup.js"},
        "dependencies": {"express": "^5.0.0", "sharp": "^0.33.0", "local": "file:./packages/local", "ws": "workspace:*"},
        "devDependencies": {"typescript": "^5.0.0", "vite": "^6.0.0"}, "repository": "github:x/y",
    });
    let node = package(
        &typescript,
        vec![
            file(
                "pnpm-lock.yaml",
                "lockfileVersion: '9.0'\n\nimporters:\n  .:\n    dependencies:\n      express:\n        specifier: ^5.0.0\n        version: 5.1.0\n",
            ),
            file(
                "pnpm-workspace.yaml",
                "packages:\n  - packages/*\nonlyBuiltDependencies:\n  - sharp\n",
            ),
            file(
                "tsconfig.json",
                "{ \"extends\": \"./base.json\", /* c */ \"compilerOptions\": { \"outDir\": \"dist\", \"rootDir\": \"src\", }, }",
            ),
            file("base.json", "{ \"compilerOptions\": { \"module\": \"nodenext\" } }"),
            file(
                "vite.config.ts",
                "import { defineConfig } from 'vite';\nexport default defineConfig(({ mode }) => ({ build: { outDir: `build/${mode}` }, server: { port: 5173 } }));\n",
            ),
            file(".nvmrc", "lts/*\n"),
            file(".tool-versions", "nodejs 22.1.0 # comment\ngolang 1.26.1\n"),
            file("mise.toml", "[tools]\nnode = \"22\"\n"),
            file(
                ".npmrc",
                "registry=https://registry.npmjs.org/\n//x/:_authToken=${TOKEN}\nnode-linker=hoisted\n",
            ),
            file(".env.example", "PORT=4000\nHOST=localhost\n"),
            file(".gitignore", "node_modules/\n/dist\n!keep\n*.log\n"),
            file(".dockerignore", "**\n!src\n"),
            file("dockgen.toml", "[answers]\nport = 4000\nargs = \"serve\"\n"),
            file(
                "src/index.ts",
                "import express from 'express';\nimport fs from 'node:fs';\nfs.mkdirSync('./uploads', { recursive: true });\nexpress().listen(Number(process.env.PORT) || 3000, '127.0.0.1');\nprocess.on('SIGTERM', () => process.exit());\n",
            ),
            file("packages/local/package.json", "{\"name\": \"local\", \"version\": \"1.0.0\"}"),
        ],
    );
    let go = vec![
        file(
            "go.mod",
            "module example.com/victim\n\ngo 1.26.0\n\ntoolchain go1.26.3\n\nrequire (\n\tgithub.com/mattn/go-sqlite3 v1.14.0 // indirect\n\tgithub.com/spf13/cobra v1.8.0\n)\n\nreplace example.com/x => ./x\n",
        ),
        file("go.sum", "github.com/mattn/go-sqlite3 v1.14.0 h1:abc=\n"),
        file("go.work", "go 1.26\n\nuse (\n\t.\n\t./x\n)\n"),
        file("x/go.mod", "module example.com/x\n\ngo 1.25\n"),
        file(
            "cmd/server/main.go",
            "//go:build !windows\n\n// Package main.\npackage main\n\nimport (\n\t\"embed\"\n\t\"html/template\"\n\t\"net/http\"\n\t\"os\"\n\n\t_ \"github.com/mattn/go-sqlite3\"\n)\n\n//go:embed static/*\nvar static embed.FS\n\nconst addr = \"localhost\" + `:8080`\n\nfunc main() {\n\tport := os.Getenv(\"PORT\")\n\tif port == \"\" {\n\t\tport = \"9000\"\n\t}\n\ttemplate.Must(template.ParseGlob(\"web/*.html\"))\n\tos.MkdirAll(\"./data\", 0o755)\n\thttp.Handle(\"/\", http.FileServer(http.Dir(\"public\")))\n\thttp.ListenAndServe(addr, nil)\n}\n",
        ),
        file(
            "cmd/tool/main.go",
            "package main\n\n/*\n#include <stdio.h>\n*/\nimport \"C\"\n\nfunc main() { C.puts(nil) }\n",
        ),
        file("cmd/server/static/x.css", "x"),
        file("web/index.html", "x"),
        file("public/index.html", "x"),
        file("vendor/modules.txt", "# github.com/spf13/cobra v1.8.0\n## explicit\n"),
        file(".go-version", "1.26.1\n"),
        file("Makefile", "build:\n\tgo build ./cmd/server\n"),
    ];
    let next = package(
        &serde_json::json!({"scripts": {"dev": "next dev", "build": "next build", "start": "next start -p 4000"}, "dependencies": {"next": "15.0.0", "react": "19.0.0", "react-dom": "19.0.0"}}),
        vec![
            file(
                "next.config.mjs",
                "/** @type {import('next').NextConfig} */\nexport default { output: process.env.X ? 'standalone' : undefined, distDir: 'out', images: { domains: [] } };\n",
            ),
            file("app/page.js", "export default function Page() { return null }\n"),
            file("yarn.lock", "# yarn lockfile v1\n\n\nnext@15.0.0:\n  version \"15.0.0\"\n"),
        ],
    );
    vec![node, go, next]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_panics(victim in 0..3_usize, target in any::<usize>(), mutations in proptest::collection::vec(mutation(), 1..5)) {
        let mut files = bytes(victims().swap_remove(victim));
        let target = target % files.len();
        for mutation in &mutations {
            mutate(&mut files[target].1, mutation);
        }
        // A text that begins like this would become a link.
        prop_assume!(!files[target].1.starts_with(b"-> "));
        let input = (&files[target].0, String::from_utf8_lossy(&files[target].1), &mutations);
        let _watch = watch::Watch::over("no_mutation_panics", &input);
        outcome(&files[target].0.clone(), files);
    }
}

#[test]
fn unreadable_things_are_errors() {
    use std::os::unix::fs::PermissionsExt as _;
    let repository = repository(bytes(package(&serde_json::json!({}), vec![])));
    let manifest = repository.path().join("package.json");
    fs::set_permissions(&manifest, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything.
    if fs::read(&manifest).is_err() {
        let error = format!("{:#}", generate(repository.path(), &[]).err().unwrap());
        assert!(error.contains("package.json"), "{error}");
    }
    let gone = Path::new("/nonexistent/dockgen");
    assert!(format!("{:#}", generate(gone, &[]).err().unwrap()).contains("/nonexistent/dockgen"));
}
