//! A repository as git holds it: files that it tracks although a .gitignore names them.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the command must fail")]
#![allow(clippy::print_stderr, reason = "what is skipped is said aloud")]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const FILES: [(&str, &str); 5] = [
    ("go.mod", "module example.com/hello\n\ngo 1.26\n"),
    (
        "main.go",
        "package main\n\nimport \"example.com/hello/internal/config\"\n\nfunc main() { config.Serve() }\n",
    ),
    (
        "internal/config/config.go",
        "package config\n\nimport \"net/http\"\n\nfunc Serve() { http.ListenAndServe(\":8080\", nil) }\n",
    ),
    ("config/local.yaml", "mine: true\n"),
    (".gitignore", "config/\n"),
];

fn git(folder: &Path, words: &[&str]) {
    let output = Command::new("git").current_dir(folder).args(words).output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn repository(index: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "."]);
    if let [version, forced @ ..] = index {
        git(folder.path(), &["update-index", "--index-version", version]);
        for path in forced {
            git(folder.path(), &["add", "--force", path]);
        }
    }
    folder
}

#[test]
fn what_git_tracks_is_part_of_the_repository_whatever_a_gitignore_says() {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("SKIPPED: git is not installed");
        return;
    }
    let run = |folder: &Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
            .args(["init", "--yes", "-q"])
            .arg(folder)
            .output();
        let output = output.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for version in ["2", "4"] {
        let folder = repository(&[version, "internal/config/config.go"]);
        assert_eq!(run(folder.path()), (Some(0), String::new()));
        let dockerfile = fs::read_to_string(folder.path().join("Dockerfile")).unwrap();
        assert!(dockerfile.contains("EXPOSE 8080"), "the package was not read: {dockerfile}");
        let ignore = fs::read_to_string(folder.path().join(".dockerignore")).unwrap();
        let at = |row: &str| {
            ignore
                .lines()
                .position(|line| line == row)
                .unwrap_or_else(|| panic!("no {row}: {ignore}"))
        };
        assert!(at("**/config") < at("!internal/config/config.go"), "{ignore}");
        assert!(!ignore.contains("local.yaml"), "what git does not track stays out: {ignore}");
    }
    // Without git's word for it, the package is not there.
    let folder = repository(&[]);
    let (code, error) = run(folder.path());
    assert!(code == Some(2) && error.contains("internal/config holds no Go file"), "{error}");
}

#[test]
fn a_line_for_the_binary_hides_no_program_where_no_index_says_what_git_tracks() {
    let folder = tempfile::tempdir().unwrap();
    let listens = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":4000\", nil)\n}\n";
    for (path, text) in [
        ("go.mod", "module example.com/shop\n\ngo 1.26\n"),
        (".gitignore", "shop\nnotes\n"),
        ("cmd/shop/main.go", listens),
        ("cmd/seed/main.go", "package main\n\nfunc main() {}\n"),
        ("notes/a.go", "package notes\n"),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut dockgen = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    let output = dockgen.args(["init", "--yes", "-q"]).arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let dockerfile = fs::read_to_string(folder.path().join("Dockerfile")).unwrap();
    assert!(dockerfile.contains("-o /out/shop ./cmd/shop"), "{dockerfile}");
    let ignore = fs::read_to_string(folder.path().join(".dockerignore")).unwrap();
    assert!(ignore.contains("!cmd/shop/main.go") && !ignore.contains("!notes"), "{ignore}");
}
