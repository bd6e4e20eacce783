//! What dockgen says to a person: the words, the places, and the exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read its input must fail"
)]

mod generate;

use std::path::Path;
use std::process::{Command, Stdio};

use generate::repository;

/// The exit code, and both streams with runs of blanks as one blank.
fn dockgen(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .current_dir(folder)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), text.concat().split_whitespace().collect::<Vec<_>>().join(" "))
}

fn says(folder: &Path, words: &[&str], code: i32, parts: &[&str]) -> String {
    let (seen, text) = dockgen(folder, words);
    assert_eq!(seen, Some(code), "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    text
}

const MAIN: &str =
    "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";

#[test]
fn a_language_that_is_not_supported_is_named() {
    for (file, language) in [
        ("Shop.csproj", ".NET"),
        ("Shop.slnx", ".NET"),
        ("composer.json", "PHP"),
        ("Gemfile", "Ruby"),
        ("mix.exs", "Elixir"),
        ("build.gradle.kts", "Gradle"),
        ("deno.json", "Deno"),
        ("build.sbt", "Scala"),
        ("Package.swift", "Swift"),
        ("CMakeLists.txt", "C or C++"),
    ] {
        let dir = repository([(file, "x")]);
        let text = says(
            dir.path(),
            &["init", "--yes"],
            2,
            &[file, language, "does not support this language yet", "it supports Go, Java"],
        );
        assert!(!text.contains("looked for"), "{text}");
    }
    // A manifest of a front end that starts nothing does not hide whose folder it is.
    let rails = repository([("Gemfile", "x"), ("package.json", "{\"dependencies\":{}}")]);
    says(rails.path(), &["init", "--yes"], 2, &["Gemfile (Ruby)"]);
}

/// The pages of a Laravel application are no application.
#[test]
fn a_part_of_an_application_is_not_taken_for_all_of_it() {
    let files = [
        ("composer.json", "{}"),
        ("artisan", "#!/usr/bin/env php\n"),
        (
            "package.json",
            "{\"private\":true,\"scripts\":{\"build\":\"vite build\"},\"devDependencies\":{\"vite\":\"^7.0.0\"}}",
        ),
        ("package-lock.json", "{\"lockfileVersion\":3,\"packages\":{}}"),
        ("index.html", "<title>x</title>"),
        ("vite.config.js", "export default {}\n"),
    ];
    let laravel = repository(files);
    says(
        laravel.path(),
        &["init", "--yes"],
        2,
        &["artisan says that the application is written in PHP", "does not support yet"],
    );
    let site = repository(files.into_iter().filter(|(name, _)| *name != "artisan"));
    says(site.path(), &["init", "--yes", "--dry-run"], 0, &["vite"]);
}

#[test]
fn a_start_script_that_cannot_be_used_is_named_with_the_reason() {
    for (script, reason) in [
        ("gulp serve", "script start:"),
        ("webpack --watch", "script start:"),
        ("node gone.js", "gone.js is not in the repository"),
    ] {
        let manifest = format!("{{\"name\":\"a\",\"scripts\":{{\"start\":\"{script}\"}}}}");
        let dir = repository([("package.json", manifest.as_str())]);
        let text = says(dir.path(), &["init", "--yes"], 2, &[reason, "--entrypoint"]);
        assert!(!text.contains("Nothing in the repository says so"), "{text}");
    }
}

/// The summary names the source of each value, and a pipe gets all of it.
#[test]
fn evidence_is_where_the_value_came_from() {
    let dir = repository([("go.mod", "module example.com/a\n\ngo 1.18\n"), ("main.go", MAIN)]);
    let words = ["init", "--yes", "--dry-run"];
    let text = says(dir.path(), &words, 0, &["port 8080 main.go:5", "go.mod:3 "]);
    assert!(!text.contains('…'), "{text}");
    let flags = ["--port", "9000", "--toolchain", "1.26"];
    says(
        dir.path(),
        &[&words[..], &flags].concat(),
        0,
        &["port 9000 set by a flag", "toolchain 1.26 set by a flag"],
    );
    std::fs::write(dir.path().join("dockgen.toml"), "[answers]\nport = 7000\n").unwrap();
    says(dir.path(), &words, 0, &["port 7000 set in dockgen.toml"]);
}

#[test]
fn places_are_relative_to_where_the_person_stands() {
    let dir = repository([
        ("go.work", "go 1.26\n\nuse ./api\n"),
        ("api/go.mod", "module example.com/api\n\ngo 1.26\n"),
        ("api/main.go", MAIN),
    ]);
    says(dir.path(), &["explain"], 0, &["api/main.go:5 "]);
    let inside = dir.path().join("api");
    for command in ["explain", "init"] {
        let text = says(&inside, &[command], 0, &[" main.go:5 "]);
        assert!(!text.contains("api/main.go"), "{text}");
    }
}

/// "Next" is what has to be typed: nothing less, and nothing that fails.
#[test]
fn the_commands_to_type_are_complete() {
    let server = "const http = require('http');\nconst fs = require('fs');\n\
                  if (!process.env.API_KEY) { throw new Error('API_KEY'); }\n\
                  fs.mkdirSync('data', { recursive: true });\n\
                  http.createServer().listen(process.env.PORT || 3000);\n";
    let manifest = "{\"name\":\"shop\",\"scripts\":{\"start\":\"node server.js\"}}";
    let files = [("package.json", manifest), ("server.js", server), (".git/HEAD", "ref: x\n")];
    let dir = repository(files);
    let name = ["--name", "ghcr.io/acme/shop"];
    let next = |words: &[&str]| {
        let text = says(dir.path(), words, 0, &["Next:"]);
        text.split_once("Next:").unwrap().1.trim().to_owned()
    };
    assert_eq!(
        next(&[&["init", "--yes"][..], &name].concat()),
        "docker build -t ghcr.io/acme/shop --build-arg REVISION=\"$(git rev-parse HEAD)\" . docker \
         run --rm -p 3000:3000 -v shop-data:/app/data -e 'API_KEY=...' ghcr.io/acme/shop"
    );
    std::fs::write(dir.path().join(".env.example"), "API_KEY=\nLEVEL=debug\n").unwrap();
    let text = next(&["init", "--yes"]);
    assert!(text.contains("cp .env.example .env # and fill it in docker run --rm"), "{text}");
    assert!(text.contains("--env-file .env ") && !text.contains("API_KEY"), "{text}");
    // An engine takes quotes as a part of the value: such a file is no file for --env-file.
    std::fs::write(dir.path().join(".env.example"), "API_KEY=\"x\"\n").unwrap();
    assert!(next(&["init", "--yes"]).contains("-e 'API_KEY=...'"));

    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .current_dir(dir.path())
        .args(["init", "--json"])
        .output()
        .unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let app = &json["apps"][0];
    assert_eq!(app["volumes"][0]["folder"], "/app/data");
    assert_eq!(app["required_env"][0], "API_KEY");
    assert_eq!(app["files"][0]["status"], "unchanged");
    assert!(app["findings"].as_array().unwrap().iter().all(|held| held["code"].is_string()));
}

/// A dry run ends as the run would, and says the same of the file.
#[test]
fn a_refusal_is_one_in_a_dry_run_too() {
    let files =
        [("go.mod", "module a\n\ngo 1.26\n"), ("main.go", MAIN), ("Dockerfile", "FROM x\n")];
    let dir = repository(files);
    let text = says(
        dir.path(),
        &["init", "--yes", "--dry-run"],
        2,
        &["refused Dockerfile", "new .dockerignore", "was not written by dockgen"],
    );
    assert!(!text.contains("changed"), "{text}");
    let forced = ["init", "--yes", "--dry-run", "--force"];
    says(dir.path(), &forced, 0, &["changed Dockerfile"]);
}

/// What a Dockerfile that is there does, and what dockgen's would do.
#[test]
fn a_refusal_shows_both_dockerfiles_side_by_side() {
    let files = [
        ("go.mod", "module a\n\ngo 1.26\n"),
        ("main.go", MAIN),
        ("Dockerfile", "FROM golang:1.26\nCOPY . .\nRUN go build -o /a\nCMD /a\n"),
    ];
    let dir = repository(files);
    for words in [&["init", "--yes"][..], &["init", "--yes", "--dry-run"]] {
        says(
            dir.path(),
            words,
            2,
            &[
                "Dockerfile dockgen final image golang:1.26 scratch",
                "user root 65532:65532",
                "dockgen update --adopt",
                "--output Dockerfile.dockgen writes beside it",
            ],
        );
    }
    says(
        dir.path(),
        &["init", "--yes", "--output", "Dockerfile.dockgen"],
        0,
        &["Dockerfile.dockgen"],
    );
}
