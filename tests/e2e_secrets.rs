//! A real `COPY . .` brings no secret: one file for each row of the list lies in a repository, and
//! what the engine copies is looked through.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is. No base image is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage serves other tests too")]

#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::path::Path;
use std::process::Command;

use stage::{engine, run};
use tempfile::TempDir;

/// Files of a small application.
const OWN: [(&str, &str); 4] = [
    ("package.json", r#"{"main": "server.js", "dependencies": {"express": "4"}}"#),
    ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#),
    ("server.js", "require('express')().listen(3000)"),
    ("locales/auth.json", r#"{"title": "Log in"}"#),
];

/// Files whose content gives them away.
const CONTENT: [(&str, &str); 7] = [
    (".npmrc", "//r.example/:_authToken=x\n"),
    (".yarnrc.yml", "npmAuthToken: x\n"),
    ("bunfig.toml", "token = \"x\"\n"),
    (".cargo/config.toml", "token = \"x\"\n"),
    ("gradle.properties", "signingPassword=x\n"),
    ("deep/auth.json", r#"{"http-basic": {"r": {"password": "x"}}}"#),
    ("pip.conf", "index-url = https://u:p@r.example/simple\n"),
];

#[test]
fn a_copy_of_everything_brings_no_secret() {
    if engine().is_none() {
        return;
    }
    let temp = TempDir::new().unwrap();
    let (root, out) = (temp.path().join("repository"), temp.path().join("out"));
    let mut secret: Vec<String> = Vec::new();
    for row in dockgen::secrets::catalog().unwrap().hidden() {
        // A file that the row matches: a name for each wildcard.
        let name = row.trim_start_matches("**/").replace('*', "a");
        let name = if [".ssh", ".kube", ".aws", ".azure", ".config/gcloud", ".terraform"]
            .contains(&name.as_str())
        {
            format!("{name}/config")
        } else {
            name
        };
        secret.push(name.clone());
        if row.starts_with("**/") {
            secret.push(format!("services/a/{name}"));
        }
    }
    for path in &secret {
        write(&root, path, "x");
    }
    for (path, text) in CONTENT {
        write(&root, path, text);
        secret.push(path.to_owned());
    }
    for (path, text) in OWN {
        write(&root, path, text);
    }
    run(Command::new(env!("CARGO_BIN_EXE_dockgen")).args(["init", "--yes", "--quiet"]).arg(&root));
    let dockerfile = root.join("Dockerfile");
    assert!(fs::read_to_string(&dockerfile).unwrap().contains("COPY . /app"));
    fs::write(&dockerfile, "FROM scratch\nCOPY . /\n").unwrap();
    run(Command::new("docker")
        .arg("build")
        .arg(format!("--output=type=local,dest={}", out.display()))
        .arg(&root));
    let came: Vec<&String> = secret.iter().filter(|path| out.join(path).exists()).collect();
    assert!(came.is_empty(), "a COPY brings {came:?}");
    for (path, _) in OWN {
        assert!(out.join(path).exists(), "a COPY does not bring {path}");
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
