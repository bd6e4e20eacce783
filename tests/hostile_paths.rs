//! A hostile repository names files: in its state, its links and its manifests. None of them is
//! read, printed or written that the command would not have named itself.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![cfg(unix)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const TOKEN: &str = "AUTHORIZATION-basic-9f8e7d";
const MODULE: &str = "module example.com/hello\n\ngo 1.26\n";
const MAIN: &str = "package main\n\nfunc main() {\n\tprintln(\"hello\")\n}\n";

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

/// A program with the files that `dockgen init` made for it.
fn hello() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "go.mod", MODULE);
    write(dir.path(), "main.go", MAIN);
    run(dir.path(), &["init", "--yes"], Some(0));
    dir
}

/// What is printed on both streams, after a check of the exit code.
fn run(folder: &Path, args: &[&str], code: Option<i32>) -> String {
    let home = folder.join("no-home");
    run_at_home(folder, args, code, &home)
}

fn run_at_home(folder: &Path, args: &[&str], code: Option<i32>, home: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(args)
        .current_dir(folder)
        .env("HOME", home)
        .env("SECRET_TOKEN", TOKEN)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    if let Some(code) = code {
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}");
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every command that follows a state.
const FOLLOWS: [&[&str]; 9] = [
    &["check"],
    &["check", "--format", "json"],
    &["check", "--format", "github"],
    &["update"],
    &["update", "--dry-run"],
    &["update", "--json"],
    &["update", "--conflict=theirs"],
    &["update", "--adopt", "--conflict=theirs"],
    &["verify"],
];

/// Points the state at `victim`, which dockgen seems to have written, by its copy.
fn aim(folder: &Path, victim: &str, known: &str) {
    let state = read(folder, ".dockgen/state.json");
    write(folder, ".dockgen/state.json", &state.replace("\"Dockerfile\"", &format!("{victim:?}")));
    write(folder, &format!(".dockgen/{}", victim.trim_start_matches('.')), known);
    write(folder, ".dockgen/templates/go.Dockerfile", "#!/bin/sh\ntouch INTRUDED\n");
}

#[test]
fn a_state_leads_to_no_file_of_git_and_to_no_source() {
    for victim in [
        ".git/hooks/pre-commit",
        ".GIT/hooks/pre-commit",
        ".git/config",
        ".git/hooks/Dockerfile",
        "main.go",
        ".dockgen/templates/go.Dockerfile",
        "deploy.sh",
        ".envrc",
    ] {
        let dir = hello();
        let text = format!("#!/bin/sh\n# {TOKEN}\n");
        let kept = !victim.contains("templates") && victim != "main.go";
        if kept {
            write(dir.path(), victim, &text);
            fs::set_permissions(dir.path().join(victim), Permissions::from_mode(0o755)).unwrap();
        }
        aim(dir.path(), victim, &text);
        let before = read(dir.path(), victim);
        for args in FOLLOWS {
            let told = run(dir.path(), args, Some(2));
            assert!(!told.contains(TOKEN), "{victim} {args:?}: {told}");
            assert!(told.contains(".dockgen/state.json"), "{victim} {args:?}: {told}");
            assert_eq!(read(dir.path(), victim), before, "{victim} {args:?}");
        }
    }
}

/// Also where what the state names is a Dockerfile by its name: no program, and nothing through a
/// link.
#[test]
fn a_state_leads_to_no_program_and_through_no_link() {
    let dir = hello();
    let script = "#!/bin/sh\necho deploy\n";
    write(dir.path(), "Dockerfile.sh", script);
    fs::set_permissions(dir.path().join("Dockerfile.sh"), Permissions::from_mode(0o755)).unwrap();
    aim(dir.path(), "Dockerfile.sh", script);
    fs::remove_dir_all(dir.path().join(".dockgen/templates")).unwrap();
    let told = run(dir.path(), &["update"], Some(2));
    assert!(told.contains("Dockerfile.sh is executable"), "{told}");
    assert_eq!(read(dir.path(), "Dockerfile.sh"), script);

    let (dir, outside) = (hello(), tempfile::tempdir().unwrap());
    write(outside.path(), "Dockerfile", &format!("FROM scratch\n# {TOKEN}\n"));
    symlink(outside.path(), dir.path().join("deploy")).unwrap();
    symlink(outside.path().join("Dockerfile"), dir.path().join("prod.Dockerfile")).unwrap();
    for victim in ["deploy/Dockerfile", "prod.Dockerfile"] {
        let state = read(dir.path(), ".dockgen/state.json");
        aim(dir.path(), victim, "x");
        fs::remove_dir_all(dir.path().join(".dockgen/templates")).unwrap();
        for args in FOLLOWS {
            let told = run(dir.path(), args, Some(2));
            assert!(!told.contains(TOKEN) && told.contains("is a symlink"), "{args:?}: {told}");
        }
        write(dir.path(), ".dockgen/state.json", &state);
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

/// `.dockgen/` itself, its copies and its templates are no links either.
#[test]
fn what_dockgen_keeps_is_not_behind_a_link() {
    for linked in [
        ".dockgen",
        ".dockgen/state.json",
        ".dockgen/Dockerfile",
        ".dockgen/templates",
        ".dockgen/templates/go.Dockerfile",
        "dockgen.toml",
    ] {
        let (dir, outside) = (hello(), tempfile::tempdir().unwrap());
        let target = outside.path().join("target");
        let place = dir.path().join(linked);
        if place.is_dir() {
            fs::rename(&place, &target).unwrap();
        } else {
            fs::remove_file(&place).ok();
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            if linked.ends_with("templates") {
                write(&target, "go.Dockerfile", TOKEN);
            } else {
                fs::write(&target, TOKEN).unwrap();
            }
        }
        symlink(&target, &place).unwrap();
        for args in [&["init", "--yes"][..], &["update"], &["check"], &["update", "--adopt"]] {
            let told = run(dir.path(), args, Some(2));
            assert!(!told.contains(TOKEN), "{linked} {args:?}: {told}");
            assert!(told.contains("is a symlink"), "{linked} {args:?}: {told}");
        }
    }
}

#[test]
fn output_names_a_dockerfile_outside_of_git() {
    let dir = hello();
    fs::create_dir_all(dir.path().join(".git/hooks")).unwrap();
    fs::create_dir_all(dir.path().join("templates")).unwrap();
    for bad in [
        ".git/hooks/pre-commit",
        ".git/hooks/Dockerfile",
        ".dockgen/Dockerfile",
        "main.go",
        "run.sh",
        "go.mod",
    ] {
        for how in [&["--force"][..], &["--dry-run"], &["--stdout"]] {
            let told =
                run(dir.path(), &[&["init", "--yes", "--output", bad], how].concat(), Some(2));
            assert!(told.starts_with("error: --output: "), "{bad}: {told}");
        }
    }
    assert_eq!(fs::read_dir(dir.path().join(".git/hooks")).unwrap().count(), 0);
    assert_eq!(read(dir.path(), "go.mod"), MODULE);

    // Its copy replaces no template.
    run(dir.path(), &["init", "--yes", "--output", "templates/go.Dockerfile"], Some(0));
    assert!(!dir.path().join(".dockgen/templates").exists());
    run(dir.path(), &["check"], Some(0));
}

/// A manifest above PATH, or below it and read before the root is known, is no way to a file
/// outside: not by a link, not by a folder that is one, and a pipe does not keep the command waiting.
#[test]
fn nothing_is_read_through_a_link_above_path() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "go.work", &format!("{TOKEN} is a word\n"));
    write(outside.path(), "package.json", &format!("{{ {TOKEN}"));
    write(outside.path(), "go.mod", &format!("{TOKEN}\n"));
    let files = ["go.work", "package.json", "Cargo.toml", "pnpm-workspace.yaml", "pom.xml"];
    for git in [true, false] {
        for name in files {
            for target in ["/proc/self/environ", "outside", "/dev/zero", "fifo"] {
                let dir = tempfile::tempdir().unwrap();
                write(dir.path(), "app/go.mod", MODULE);
                write(dir.path(), "app/main.go", MAIN);
                if git {
                    fs::create_dir(dir.path().join(".git")).unwrap();
                }
                let place = dir.path().join(name);
                match target {
                    "fifo" => {
                        assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
                    }
                    "outside" => symlink(outside.path().join(name), &place).unwrap(),
                    _ => symlink(target, &place).unwrap(),
                }
                let told = run(dir.path(), &["init", "--yes", "--dry-run", "app"], Some(0));
                assert!(!told.contains(TOKEN), "{name} {target}: {told}");
            }
        }
    }
}

#[test]
fn a_member_that_is_a_link_is_not_read_before_the_root_is_known() {
    for target in ["/proc/self/environ", "outside"] {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(outside.path(), "go.mod", &format!("{TOKEN} is a word\n"));
        fs::create_dir(dir.path().join(".git")).unwrap();
        write(dir.path(), "go.work", "go 1.26\nuse ./sub\n");
        write(dir.path(), "sub/cmd/main.go", MAIN);
        let target =
            if target == "outside" { outside.path().join("go.mod") } else { target.into() };
        symlink(target, dir.path().join("sub/go.mod")).unwrap();
        for path in ["sub/cmd", "sub", "."] {
            let told = run(dir.path(), &["init", "--yes", path], Some(2));
            assert!(!told.contains(TOKEN), "{path}: {told}");
        }
    }
}

/// What stands in a broken manifest is quoted by a word, never by the line.
#[test]
fn an_error_quotes_a_word_and_no_line() {
    let secret = "s3cr3t".repeat(40);
    for (name, text) in [
        ("go.mod", format!("{secret} x y\n")),
        ("go.mod", format!("module a\ngo {secret}\n")),
        ("go.work", format!("{secret} x y\n")),
        ("package.json", format!("{{\"name\": \"a\", \"version\": {secret}}}")),
        (
            "package.json",
            format!(
                "{{\"name\": \"a\", \"engines\": {{\"node\": \"{secret}\"}}, \"main\": \"x.js\"}}"
            ),
        ),
        ("Cargo.toml", format!("[package]\nname = \"a\"\nedition = {{ x = \"{secret}\" }}\n")),
        ("Cargo.toml", format!("{secret}\n")),
        ("pom.xml", format!("<project><{secret}></project>")),
        ("pom.xml", format!("<{secret}/>")),
        ("pnpm-workspace.yaml", format!("packages: {secret}\n")),
        ("dockgen.toml", format!("[answers]\n\"{secret}\" = 1\n")),
        ("dockgen.toml", format!("{secret}\n")),
        ("dockgen.toml", format!("[answers]\nport = \"{secret}\"\n")),
        (".dockgen/state.json", format!("{{\"schema\": \"{secret}\"}}")),
        (".dockgen/state.json", format!("{{\"schema\": 99, \"dockgen\": \"{secret}\"}}")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "go.mod", MODULE);
        write(dir.path(), "main.go", MAIN);
        write(dir.path(), "x.js", "");
        write(dir.path(), name, &text);
        for command in ["init", "explain"] {
            let args: &[&str] = if command == "init" { &["init", "--yes"] } else { &["explain"] };
            let told = run(dir.path(), args, None);
            assert!(!told.contains(&secret[..100]), "{name} {text}: {told}");
        }
    }
}

/// Without .git, what lies above PATH is taken where it says so itself: no path of a dependency
/// makes the folder above the root, and none the home folder.
#[test]
fn no_dependency_widens_the_root_beyond_the_repository() {
    let cargo = "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\nlib = { path = \"../lib\" }\n";
    let lib = "[package]\nname = \"lib\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    for (name, text, lib, main, place) in [
        (
            "go.mod",
            "module example.com/app\n\ngo 1.26\n\nrequire lib v0.0.0\n\nreplace lib => ../lib\n",
            "module lib\n\ngo 1.26\n",
            ("main.go", MAIN),
            "go.mod:7",
        ),
        ("Cargo.toml", cargo, lib, ("src/main.rs", "fn main() {}\n"), "Cargo.toml:7"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("src");
        write(&folder, &format!("app/{name}"), text);
        write(&folder, &format!("app/{}", main.0), main.1);
        write(&folder, &format!("lib/{name}"), lib);
        write(&folder, "lib/lib.go", "package lib\n");
        write(&folder, "lib/src/lib.rs", "");
        write(home.path(), "private/notes.txt", TOKEN);

        let told = run_at_home(&folder, &["init", "--yes", "app"], Some(2), home.path());
        assert!(told.contains(place) && told.contains("`../lib`"), "{told}");
        assert!(told.contains("a build context cannot reach"), "{told}");
        assert!(told.contains("dockgen init .. --app NAME"), "{told}");
        assert!(!folder.join("app/Dockerfile").exists());
        // What it says to do is right.
        let told = run_at_home(
            &folder,
            &["init", "--yes", "--dry-run", "--app", "app", "."],
            Some(0),
            home.path(),
        );
        assert!(told.contains("docker") || told.contains("new"), "{told}");
        // One repository holds both.
        fs::create_dir(folder.join(".git")).unwrap();
        run_at_home(&folder, &["init", "--yes", "app"], Some(0), home.path());
    }
}
