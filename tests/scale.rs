//! Honest big repositories: twice as much of anything takes about twice the work.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

mod generate;

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dockgen::docker::ignore::IgnoreFile;
use dockgen::glob::{Globs, Syntax};
use dockgen::repo::{Budget, Repo};
use generate::{generate, repository};

/// What twice the input may cost: a linear cost, and room for a busy machine. Quadratic costs four
/// times as much.
const TWICE: f64 = 3.0;

/// The time that the processors spent for this process. Unlike the time on the wall, it does not
/// grow where the machine is busy with something else.
#[derive(Clone, Copy)]
struct Instant(Duration);

impl Instant {
    fn now() -> Self {
        let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Self(spent.try_into().unwrap())
    }

    fn elapsed(self) -> Duration {
        Self::now().0.checked_sub(self.0).unwrap()
    }
}

/// The tests of this file run one after the other, since they share the process.
static ALONE: Mutex<()> = Mutex::new(());

/// The best of three runs each, for the input of `size` and the one of twice that.
fn doubles(what: &str, size: usize, mut run: impl FnMut(usize) -> Duration) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut best = |size: usize| (0..3).map(|_| run(size)).min().unwrap().as_secs_f64();
    let (once, twice) = (best(size), best(2 * size));
    assert!(
        twice < once * TWICE + 0.05,
        "{what}: {once:.3} s for {size}, {twice:.3} s for twice as many"
    );
}

#[test]
fn a_dockerignore_of_many_exceptions() {
    doubles("lines `!dir/**`", 4_000, |size| {
        let mut text = "*\n".to_owned();
        (0..size).for_each(|at| writeln!(text, "!dir{at}/**").unwrap());
        let start = Instant::now();
        let file = IgnoreFile::parse(&text).unwrap();
        for at in 0..size {
            assert!(!file.hides(&format!("dir{at}/a/b")));
            assert!(file.hides(&format!("other{at}/a/b")));
        }
        start.elapsed()
    });
}

#[test]
fn a_gitignore_of_many_lines() {
    doubles("lines of a .gitignore", 5_000, |size| {
        let dir = tempfile::tempdir().unwrap();
        let mut text = String::new();
        for at in 0..size {
            writeln!(text, "tmp{at}/\n/generated/part{at}/out.txt\n*.ext{at}").unwrap();
        }
        std::fs::write(dir.path().join(".gitignore"), text).unwrap();
        let start = Instant::now();
        Repo::open(dir.path(), Budget::default(), &|_| {}).unwrap();
        start.elapsed()
    });
}

#[test]
fn a_list_of_many_members() {
    doubles("members by name", 50_000, |size| {
        let names: Vec<String> = (0..size).map(|at| format!("packages/p{at}")).collect();
        let start = Instant::now();
        let syntax = Syntax { braces: true, classes: false };
        let globs =
            Globs::new(names.iter().map(String::as_str), syntax, &|_| String::new()).unwrap();
        assert!(names.iter().all(|name| globs.matches(name)));
        start.elapsed()
    });
}

type Files = Vec<(String, String)>;

fn file(path: impl Into<String>, text: impl Into<String>) -> (String, String) {
    (path.into(), text.into())
}

/// Each application of a workspace is planned by itself, and each plan knows of all members: what
/// they share must be read once.
fn workspace_doubles(what: &str, size: usize, apps: bool, files: impl Fn(usize) -> Files) {
    doubles(what, size, |size| {
        let root = repository(files(size));
        let start = Instant::now();
        let made = generate(root.path(), &[]).unwrap();
        let taken = start.elapsed();
        assert_eq!(made.len(), if apps { size } else { 1 }, "{what}");
        taken
    });
}

fn npm(size: usize) -> Files {
    let root = r#"{"name": "root", "private": true, "workspaces": ["packages/*"]}"#;
    let mut lock = r#"{"lockfileVersion": 3, "packages": {"": {"name": "root"}"#.to_owned();
    let mut files = vec![file("package.json", root)];
    for at in 0..size {
        let (name, folder) = (format!("svc{at}"), format!("packages/svc{at}"));
        write!(lock, r#", "{folder}": {{"name": "{name}", "version": "1.0.0"}}"#).unwrap();
        let text = format!(r#"{{"name": "{name}", "scripts": {{"start": "node index.js"}}}}"#);
        files.push(file(format!("{folder}/package.json"), text));
        let code = "require('http').createServer().listen(3000)\n";
        files.push(file(format!("{folder}/index.js"), code));
    }
    files.push(file("package-lock.json", lock + "}}"));
    files
}

fn go(size: usize) -> Files {
    let folders: Vec<String> = (0..size).map(|at| format!("services/svc{at}")).collect();
    let used: String =
        folders.iter().fold(String::new(), |text, folder| text + "use ./" + folder + "\n");
    let mut files = vec![file("go.work", format!("go 1.26\n\n{used}"))];
    let code = "package main\n\nimport \"net/http\"\n\n\
                func main() { http.ListenAndServe(\":80\", nil) }\n";
    for folder in folders {
        files.push(file(
            format!("{folder}/go.mod"),
            format!("module example.com/{folder}\n\ngo 1.26\n"),
        ));
        files.push(file(format!("{folder}/main.go"), code));
    }
    files
}

fn maven(size: usize) -> Files {
    let mut modules = String::new();
    (0..size).for_each(|at| write!(modules, "<module>m{at}</module>").unwrap());
    let parent = "<groupId>e</groupId><artifactId>parent</artifactId><version>1</version>";
    let root = format!(
        "<project>{parent}<packaging>pom</packaging><modules>{modules}</modules></project>"
    );
    let mut files = vec![file("pom.xml", root)];
    let plugin = "<plugin><groupId>org.springframework.boot</groupId>\
                  <artifactId>spring-boot-maven-plugin</artifactId><version>3.5.0</version>\
                  <executions><execution><goals><goal>repackage</goal></goals></execution>\
                  </executions></plugin>";
    for at in 0..size {
        let text = format!(
            "<project><parent>{parent}</parent><artifactId>m{at}</artifactId>\
             <build><plugins>{plugin}</plugins></build></project>"
        );
        files.push(file(format!("m{at}/pom.xml"), text));
        let code = format!(
            "package m{at};\nclass App {{ public static void main(String[] a) {{ \
             SpringApplication.run(App.class, a); }} }}\n"
        );
        files.push(file(format!("m{at}/src/main/java/m{at}/App.java"), code));
    }
    files
}

/// One binary, and libraries that each depend on the next eight.
fn cargo(size: usize) -> Files {
    let mut files =
        vec![file("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n")];
    let mut lock = "version = 4\n".to_owned();
    for at in 0..size {
        let head = format!(
            "[package]\nname = \"c{at}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n"
        );
        let next =
            (at + 1..size.min(at + 9)).map(|to| format!("c{to} = {{ path = \"../c{to}\" }}\n"));
        files.push(file(format!("crates/c{at}/Cargo.toml"), head + &next.collect::<String>()));
        let (name, code) = if at == 0 {
            ("main.rs", "fn main() { std::net::TcpListener::bind(\"0.0.0.0:80\").unwrap(); }\n")
        } else {
            ("lib.rs", "pub fn f() {}\n")
        };
        files.push(file(format!("crates/c{at}/src/{name}"), code));
        let next = (at + 1..size.min(at + 9)).map(|to| format!(" \"c{to}\",\n"));
        let next: String = next.collect();
        write!(lock, "\n[[package]]\nname = \"c{at}\"\nversion = \"0.1.0\"\n").unwrap();
        if !next.is_empty() {
            write!(lock, "dependencies = [\n{next}]\n").unwrap();
        }
    }
    files.push(file("Cargo.lock", lock));
    files
}

#[test]
fn a_workspace_of_many_applications() {
    workspace_doubles("applications of an npm workspace", 50, true, npm);
    workspace_doubles("modules of a go.work", 50, true, go);
    workspace_doubles("applications of one Maven build", 50, true, maven);
}

#[test]
fn a_workspace_of_many_libraries() {
    workspace_doubles("members of a Cargo workspace", 200, false, cargo);
}
