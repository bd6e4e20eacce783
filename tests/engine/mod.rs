//! A script in an engine's place, for tests of the commands that run one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const MAIN: &str = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n";

/// Writes a program that listens on 8080.
pub(crate) fn hello(folder: &Path) {
    fs::write(folder.join("go.mod"), "module example.com/hello\n\ngo 1.27\n").unwrap();
    fs::write(folder.join("main.go"), MAIN).unwrap();
}

/// Writes an executable script.
pub(crate) fn program(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `dockgen NAME` in `folder`, with the engine of the folder `engine` in place of the machine's.
pub(crate) fn command(
    name: &str,
    folder: &Path,
    engine: &Path,
    mode: &str,
    args: &[&str],
) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    command.current_dir(folder).arg(name).args(args).stdin(Stdio::null());
    command.env("PATH", format!("{}:/usr/bin:/bin", engine.display()));
    command.env("MODE", mode).env("LOG", engine.join("log")).env_remove("DOCKER_HOST");
    command
}

/// What it printed, if it ended with `code`.
pub(crate) fn told(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    (out, err)
}

/// The words stand in the text, wherever its lines end.
pub(crate) fn holds(text: &str, words: &[&str]) {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words {
        assert!(plain.contains(word), "no `{word}` in: {text}");
    }
}
