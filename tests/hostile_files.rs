//! What a repository may hold in place of a file: links to devices, pipes, files without an end.
//! Each run ends soon, with little memory, and says what was not read.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot make its repository must fail")]

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dockgen::path::RelPath;
use dockgen::repo::{Budget, Repo};

/// A debug build on a busy machine takes a while to say that it does not read something.
const PATIENCE: Duration = Duration::from_secs(20);

/// Kilobytes of address space, which holds more than the memory in use.
const MEMORY: &str = "1048576";

/// The exit code, and both outputs.
fn run(root: &Path, words: &[&str]) -> (Option<i32>, String) {
    let script = format!("ulimit -v {MEMORY}; exec \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_dockgen")])
        .args(words)
        .arg(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        out.read_to_end(&mut text).unwrap();
        text
    });
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).unwrap();
        text
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{words:?} did not end in {PATIENCE:?} in {}", root.display());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut text = String::from_utf8_lossy(&reader.join().unwrap()).into_owned();
    text.push_str(&String::from_utf8_lossy(&errors.join().unwrap()));
    (status.code(), text)
}

/// A small application that needs nothing but its own files.
fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("go.mod"), "module example.com/a\n\ngo 1.26\n").unwrap();
    let main = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
    fs::write(dir.path().join("main.go"), main).unwrap();
    dir
}

/// A kind of file, and what makes one.
type Kind<'a> = (&'a str, &'a dyn Fn(&Path));

/// Puts each kind of hostile file at `path`, one after the other.
fn each_kind(path: &str, mut test: impl FnMut(&str, &Path)) {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "main.go\n").unwrap();
    let kinds: [Kind; 8] = [
        ("a link to zeros", &|at| symlink("/dev/zero", at).unwrap()),
        ("a link to a page map", &|at| symlink("/proc/self/pagemap", at).unwrap()),
        ("a link to the environment", &|at| symlink("/proc/self/environ", at).unwrap()),
        ("a link out of the root", &|at| symlink(outside.path().join("file"), at).unwrap()),
        ("a pipe", &|at| {
            assert!(Command::new("mkfifo").arg(at).status().unwrap().success());
        }),
        ("a sparse file", &|at| File::create(at).unwrap().set_len(10 << 30).unwrap()),
        ("one long line", &|at| fs::write(at, "a".repeat(100 << 20)).unwrap()),
        ("a folder", &|at| fs::create_dir(at).unwrap()),
    ];
    for (kind, make) in kinds {
        let dir = repository();
        let at = dir.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::remove_file(&at).ok();
        make(&at);
        test(kind, dir.path());
    }
}

#[test]
fn a_gitignore_of_any_kind_ends_and_is_said() {
    for path in [".gitignore", "sub/.gitignore"] {
        each_kind(path, |kind, root| {
            let (code, text) = run(root, &["init", "--yes", "--dry-run", "--json"]);
            assert_eq!(code, Some(0), "{path}, {kind}: {text}");
            // Were a link obeyed, there would be no program.
            assert!(text.contains("8080"), "{path}, {kind}: {text}");
            let said = text.contains(&format!("did not read {path} as a whole"));
            assert_eq!(said, kind != "a folder", "{path}, {kind}: {text}");
        });
    }
}

#[test]
fn a_file_of_any_kind_that_dockgen_reads_by_name_ends() {
    let paths = [
        "go.mod",
        "go.sum",
        "main.go",
        "go.work",
        "package.json",
        "Cargo.toml",
        "pom.xml",
        ".git/index",
        "dockgen.toml",
        "Dockerfile",
        ".dockerignore",
        ".dockgen/state.json",
        ".dockgen/Dockerfile",
        ".dockgen/templates/go.Dockerfile",
    ];
    for path in paths {
        each_kind(path, |kind, root| {
            for words in [&["init", "--yes", "--dry-run"][..], &["check"]] {
                let (code, text) = run(root, words);
                assert!(code.is_some_and(|code| code < 3), "{path}, {kind}, {words:?}: {text}");
            }
        });
    }
}

#[test]
fn manifests_above_the_path_of_any_kind_end() {
    for path in ["go.work", "package.json", "pnpm-workspace.yaml", "Cargo.toml", "pom.xml"] {
        each_kind(path, |kind, root| {
            let app = root.join("app");
            fs::create_dir(&app).unwrap();
            fs::create_dir(root.join(".git")).unwrap();
            fs::write(app.join("go.mod"), "module example.com/a\n\ngo 1.26\n").unwrap();
            fs::write(app.join("main.go"), "package main\n\nfunc main() {}\n").unwrap();
            let (code, text) = run(&app, &["init", "--yes", "--dry-run"]);
            assert!(code.is_some_and(|code| code < 3), "{path}, {kind}: {text}");
            assert!(!text.contains("PATH="), "{path}, {kind}: {text}");
        });
    }
}

#[test]
fn a_gitignore_of_many_lines_with_wildcards_ends() {
    let dir = repository();
    let line = |at: usize| format!("src/*a*{at}*/**/x[a-z]?*\n!**/k{at}*.keep");
    let lines: Vec<String> = (0..2_000).map(line).collect();
    fs::write(dir.path().join(".gitignore"), lines.join("\n")).unwrap();
    let (code, text) = run(dir.path(), &["init", "--yes", "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn a_text_in_an_older_encoding_is_read_and_a_binary_is_not() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.properties"), b"# caf\xe9\nserver.port=8282\n").unwrap();
    fs::write(dir.path().join("b.properties"), b"server.port=1\x00\xe9\n").unwrap();
    let repo = Repo::open(dir.path(), Budget::default(), &|_| {}).unwrap();
    let text = |name: &str| repo.source_text(&RelPath::new(name).unwrap()).unwrap();
    assert_eq!(text("a.properties").unwrap().as_ref(), "# caf\u{e9}\nserver.port=8282\n");
    assert!(repo.findings().is_empty());
    assert!(text("b.properties").is_none());
    assert_eq!(repo.findings().len(), 1);
}
