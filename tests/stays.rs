//! What `init` wrote stays right until a fact moves: laws over every fixture, and the folders from
//! which `check` and `update` find what they are to keep.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read its input must fail"
)]

mod generate;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use generate::{copy, fixtures, folders};

fn dockgen(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .current_dir(folder)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), text.concat())
}

fn expect(folder: &Path, words: &[&str], code: i32) -> String {
    let (seen, text) = dockgen(folder, words);
    assert_eq!(seen, Some(code), "{words:?} in {}\n{text}", folder.display());
    text
}

/// Every file below a folder that `wanted` takes.
fn files(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&path, wanted));
        } else if entry.file_name().to_str().is_some_and(wanted) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The number after the first `before` on a line of its own becomes another one.
fn bumped(text: &str, before: &str, after: &str) -> Option<String> {
    let line = text.lines().find(|line| {
        line.trim_start()
            .strip_prefix(before)
            .is_some_and(|rest| rest.starts_with(char::is_numeric))
    })?;
    let indent = &line[..line.len() - line.trim_start().len()];
    let rest = line.trim_start().strip_prefix(before)?;
    let end = rest.find(after)?;
    let new = format!("{indent}{before}98.7.6{}", &rest[end..]);
    Some(text.replacen(line, &new, 1))
}

/// The POM of a release: its own version moves, and that of a parent in the same tree.
fn released(path: &Path, text: &str) -> String {
    let (parent, own) = match text.split_once("</parent>") {
        Some((parent, own)) => (format!("{parent}</parent>"), own),
        None => (String::new(), text),
    };
    let above = path.parent().and_then(Path::parent);
    let inside = above.is_some_and(|above| above.join("pom.xml").exists());
    let parent = bumped(&parent, "<version>", "<").filter(|_| inside).unwrap_or(parent);
    // A version behind the first of these is that of something else.
    let end = ["<depend", "<build", "<profiles"].iter().filter_map(|tag| own.find(tag)).min();
    let (head, rest) = own.split_at(end.unwrap_or(own.len()));
    let head = bumped(head, "<version>", "<").unwrap_or_else(|| head.to_owned());
    format!("{parent}{head}{rest}")
}

/// A release: each manifest states another version of its own.
fn release(folder: &Path) -> usize {
    let manifests = |name: &str| ["package.json", "Cargo.toml", "pom.xml"].contains(&name);
    let mut count = 0;
    for path in files(folder, &manifests) {
        let text = fs::read_to_string(&path).unwrap();
        let new = match path.file_name().unwrap().to_str().unwrap() {
            "package.json" => bumped(&text, "\"version\": \"", "\""),
            "Cargo.toml" => {
                let package =
                    text.contains("[package]\n").then(|| bumped(&text, "version = \"", "\""));
                package.flatten()
            }
            _ => Some(released(&path, &text)),
        };
        if let Some(new) = new.filter(|new| *new != text) {
            fs::write(&path, new).unwrap();
            count += 1;
        }
    }
    count
}

/// For every fixture and every application of the end-to-end tests: `check` after `init` is 0, and
/// after `update`; a release moves nothing, and neither do new files that no build reads.
#[test]
fn nothing_drifts_by_itself() {
    let mut fixtures = fixtures();
    fixtures.extend(folders("tests/e2e/apps"));
    let (next, released) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((_, fixture)) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let repository = copy(fixture, |_| {});
                    let folder = repository.path();
                    if dockgen(folder, &["init", "--yes", "--quiet"]).0 != Some(0) {
                        continue;
                    }
                    expect(folder, &["check"], 0);
                    fs::write(folder.join("zz-notes.txt"), "a new file at the root\n").unwrap();
                    fs::create_dir(folder.join("zz-notes")).unwrap();
                    fs::write(folder.join("zz-notes/one.txt"), "and a new folder\n").unwrap();
                    expect(folder, &["check"], 0);
                    let written =
                        |name: &str| name.contains("ockerfile") || name.contains(".docker");
                    let before: Vec<_> = files(folder, &written)
                        .iter()
                        .map(|path| fs::read(path).unwrap())
                        .collect();
                    if release(folder) > 0 {
                        released.fetch_add(1, Ordering::Relaxed);
                        expect(folder, &["check"], 0);
                    }
                    expect(folder, &["update", "--quiet"], 0);
                    expect(folder, &["check"], 0);
                    let after: Vec<_> = files(folder, &written)
                        .iter()
                        .map(|path| fs::read(path).unwrap())
                        .collect();
                    assert_eq!(before, after, "{}", fixture.display());
                }
            });
        }
    });
    assert!(released.into_inner() > 50, "hardly any fixture states a version");
}

/// A new member of a workspace, which the application does not use, moves nothing in its files.
#[test]
fn a_new_member_of_a_cargo_workspace_changes_no_other_image() {
    let fixture = fixtures().into_iter().find(|(name, _)| name == "rust-workspace").unwrap().1;
    let repository = copy(&fixture, |_| {});
    let root = repository.path();
    for app in ["apps/gateway", "apps/batch"] {
        expect(root, &["init", "--yes", "--quiet", app], 0);
    }
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap();
    let entry = "[[package]]\nname = \"newone\"\nversion = \"0.1.0\"\n";
    fs::write(root.join("Cargo.lock"), format!("{lock}\n{entry}")).unwrap();
    fs::create_dir_all(root.join("apps/newone/src")).unwrap();
    let manifest = "[package]\nname = \"newone\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(root.join("apps/newone/Cargo.toml"), manifest).unwrap();
    fs::write(root.join("apps/newone/src/lib.rs"), "").unwrap();
    let text = expect(root, &["check"], 0);
    assert!(!text.contains("drift"), "{text}");
}

const WORKSPACE: [(&str, &str); 6] = [
    ("package.json", "{\"private\":true,\"workspaces\":[\"apps/*\",\"packages/*\"]}"),
    ("package-lock.json", "{\"lockfileVersion\":3,\"packages\":{}}"),
    (
        "apps/api/package.json",
        "{\"name\":\"api\",\"version\":\"1.0.0\",\"scripts\":{\"start\":\"node a.js\"}}",
    ),
    ("apps/api/a.js", "require('http').createServer().listen(3000)\n"),
    ("packages/lib/package.json", "{\"name\":\"lib\",\"version\":\"1.0.0\"}"),
    ("packages/lib/index.js", "module.exports = 1\n"),
];

#[test]
fn check_and_update_find_what_they_keep_from_any_folder() {
    let dir = generate::repository(WORKSPACE);
    let root = dir.path();
    expect(root, &["init", "--yes", "--quiet"], 0);
    fs::create_dir_all(root.join("apps/api/src/deep")).unwrap();
    for (folder, shown) in [
        (".", "apps/api"),
        ("apps", "api"),
        ("apps/api", "."),
        ("apps/api/src/deep", "../.."),
        ("packages/lib", "../../apps/api"),
    ] {
        for command in ["check", "update"] {
            let text = expect(&root.join(folder), &[command], 0);
            let heading = text.lines().next().unwrap();
            assert!(heading.starts_with("api  Node.js"), "{folder}: {text}");
            assert!(shown == "." || heading.ends_with(&format!("  {shown}")), "{folder}: {text}");
        }
    }
}

/// A folder of members without a manifest of its own belongs to the workspace above.
#[test]
fn a_folder_of_members_is_planned_as_a_part_of_its_workspace() {
    let dir = generate::repository(WORKSPACE);
    let text = expect(&dir.path().join("apps"), &["init", "--yes", "--dry-run", "--json"], 0);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["apps"][0]["path"], "api", "{text}");
    assert_eq!(json["apps"][0]["context"], "..", "{text}");
}

#[test]
fn programs_of_one_module_are_applications_of_their_own() {
    const MAIN: &str = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n";
    let files = [
        ("go.mod", "module example.com/depot\n\ngo 1.26\n"),
        ("cmd/server/main.go", MAIN),
        ("cmd/worker/main.go", MAIN),
        ("cmd/tool/main.go", MAIN),
    ];
    let dir = generate::repository(files);
    let root = dir.path();
    let apps = ["--app", "cmd/server", "--app", "cmd/worker"];
    expect(root, &[&["init", "--yes", "--quiet"][..], &apps].concat(), 0);
    assert!(root.join("cmd/server/Dockerfile").is_file());
    assert!(root.join("cmd/worker/Dockerfile").is_file());
    let text = expect(root, &["check"], 0);
    assert!(
        text.contains("server  Go  cmd/server") && text.contains("worker  Go  cmd/worker"),
        "{text}"
    );
    fs::write(root.join("go.mod"), files[0].1.replace("1.26", "1.27")).unwrap();
    let text = expect(root, &["check"], 1);
    assert_eq!(text.matches("is behind").count(), 2, "{text}");
    expect(root, &["update"], 0);
    expect(root, &["check"], 0);
}

#[test]
fn a_dockerfile_of_an_earlier_run_elsewhere_is_reported() {
    let dir = generate::repository([
        ("go.mod", "module example.com/a\n\ngo 1.26\n"),
        ("main.go", "package main\n\nfunc main() {}\n"),
    ]);
    let root = dir.path();
    fs::create_dir(root.join("docker")).unwrap();
    expect(root, &["init", "--yes", "--output", "docker/prod.Dockerfile"], 0);
    let text = expect(root, &["init", "--yes"], 0);
    assert!(text.contains("an earlier run of dockgen wrote docker/prod.Dockerfile"), "{text}");
    fs::remove_file(root.join("docker/prod.Dockerfile")).unwrap();
    let text = expect(root, &["init", "--yes"], 0);
    assert!(!text.contains("earlier run"), "{text}");
}

/// What a person wrote: each command names the one that helps, and a dry run ends as the run would.
#[test]
fn a_foreign_dockerfile_is_refused_alike_in_a_dry_run() {
    let dir = generate::repository([
        ("go.mod", "module example.com/a\n\ngo 1.26\n"),
        ("main.go", "package main\n\nfunc main() {}\n"),
        ("Dockerfile", "FROM golang:1.26\nCOPY . .\n"),
    ]);
    let root = dir.path();
    for words in [&["init", "--yes"][..], &["init", "--yes", "--dry-run"]] {
        let text = expect(root, words, 2);
        assert!(text.contains("dockgen update --adopt"), "{text}");
    }
    let (code, text) = dockgen(root, &["init", "--json"]);
    assert_eq!(code, Some(2));
    let mut documents = serde_json::Deserializer::from_str(&text).into_iter();
    let json: serde_json::Value = documents.next().unwrap().unwrap();
    assert!(json["error"].as_str().unwrap().starts_with("Dockerfile was not written"), "{json}");
    let text = expect(root, &["update", "--adopt", "--dry-run"], 0);
    assert!(text.contains("to adopt") && !text.contains("adopted"), "{text}");
    assert!(!root.join(".dockgen").exists());
    expect(root, &["update", "--adopt"], 0);
    assert_eq!(
        fs::read_to_string(root.join("Dockerfile")).unwrap(),
        "FROM golang:1.26\nCOPY . .\n"
    );
}

#[test]
fn an_image_name_may_hold_its_registry() {
    let dir = generate::repository([
        ("go.mod", "module example.com/a\n\ngo 1.26\n"),
        ("main.go", "package main\n\nfunc main() {}\n"),
    ]);
    for (name, title) in
        [("ghcr.io/acme/shop", "shop"), ("localhost:5000/shop", "shop"), ("a/b", "b")]
    {
        let text = expect(dir.path(), &["init", "--yes", "--force", "--name", name], 0);
        assert!(text.contains(&format!("docker build -t {name} .")), "{text}");
        let dockerfile = fs::read_to_string(dir.path().join("Dockerfile")).unwrap();
        assert!(dockerfile.contains(&format!("image.title=\"{title}\"")), "{dockerfile}");
    }
    for name in ["shop:1", "a//b", "a:b/c", "/a", "a/", "Acme/shop", "x:70000/a"] {
        let text = expect(dir.path(), &["init", "--yes", "--dry-run", "--name", name], 2);
        assert!(text.contains("is not an image name"), "{name}: {text}");
    }
}

/// What moved is named from where the person stands, and dockgen's own files are no reason.
#[test]
fn inputs_of_a_workspace_are_named_from_where_the_person_stands() {
    let dir = copy(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/go-workspace")),
        |_| {},
    );
    let root = dir.path();
    expect(root, &["init", "--yes", "--quiet"], 0);
    fs::create_dir(root.join("new")).unwrap();
    fs::write(root.join("new/go.mod"), "module example.com/new\n\ngo 1.26\n").unwrap();
    fs::write(root.join("new/new.go"), "package new\n").unwrap();
    let work = fs::read_to_string(root.join("go.work")).unwrap();
    fs::write(root.join("go.work"), work.replace("use (", "use (\n\t./new")).unwrap();
    let text = expect(root, &["check"], 1);
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("changed since: go.work, new/"), "{text}");
    assert!(!said.contains("..") && !said.contains("since: .dockerignore"), "{text}");
    let text = expect(&root.join("libs"), &["check"], 1);
    assert!(text.contains("../go.work"), "{text}");
    let json = expect(root, &["check", "--format", "json"], 1);
    assert!(json.contains("\"path\": \"go.work\""), "{json}");
}
