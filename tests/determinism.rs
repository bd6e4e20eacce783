//! The same repository gives the same bytes: whatever the order of the disk, the place, the
//! environment, or the number of runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read its input must fail"
)]

mod generate;
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use dockgen::detect::{LANGUAGES, Language, scan_among};
use dockgen::path::RelPath;
use dockgen::repo::{Budget, Repo};
use generate::{Output, copy, fixtures, generate, repository};
use proptest::prelude::*;

/// Everything that a run says, as one text; the place of the repository is not part of it.
fn texts(root: &Path, outcome: anyhow::Result<Vec<Output>>) -> String {
    let place = fs::canonicalize(root).unwrap().display().to_string();
    let outputs = match outcome {
        Ok(outputs) => outputs,
        Err(error) => return format!("{error:#}").replace(&place, "REPOSITORY"),
    };
    let text = |output: &Output| {
        let facts = serde_json::to_string(&output.facts).unwrap();
        let plan = serde_json::to_string(&output.plan).unwrap();
        format!("{facts}\n{plan}\n{}\n{}\n", output.dockerfile, output.dockerignore)
    };
    let all: String = outputs.iter().map(text).collect();
    assert!(!all.contains(&place), "the place of the repository is in the output:\n{all}");
    all
}

fn outcome(fixture: &Path, order: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> String {
    let repository = copy(fixture, order);
    texts(repository.path(), generate(repository.path(), &[]))
}

#[test]
fn twice_the_same() {
    for (name, fixture) in fixtures() {
        let repository = copy(&fixture, |_| {});
        let first = texts(repository.path(), generate(repository.path(), &[]));
        assert_eq!(first, texts(repository.path(), generate(repository.path(), &[])), "{name}");
    }
}

#[test]
fn the_order_of_the_disk_and_the_place_do_not_matter() {
    for (name, fixture) in fixtures() {
        // Two copies lie at two places.
        assert_eq!(outcome(&fixture, |_| {}), outcome(&fixture, |files| files.reverse()), "{name}");
    }
}

/// Applications in two languages, so that the order of walks, of registries and of maps would show.
fn mixed() -> Vec<(String, Vec<u8>)> {
    let go = "module example.com/api\n\ngo 1.26\n";
    let main = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
    let package = |name: &str| {
        format!(
            "{{\"name\": \"{name}\", \"scripts\": {{\"start\": \"node index.js\"}}, \"dependencies\": {{}}}}"
        )
    };
    let lock = |name: &str| {
        format!("{{\"name\": \"{name}\", \"lockfileVersion\": 3, \"packages\": {{\"\": {{}}}}}}")
    };
    let server =
        "require('http').createServer((q, r) => r.end('x')).listen(process.env.PORT || 3000)\n";
    let mut files = vec![
        (".gitignore".to_owned(), "node_modules\n*.log\n".to_owned()),
        ("go/api/go.mod".to_owned(), go.to_owned()),
        ("go/api/cmd/one/main.go".to_owned(), main.to_owned()),
        ("go/api/cmd/two/main.go".to_owned(), main.to_owned()),
        ("README.md".to_owned(), "# mixed\n".to_owned()),
    ];
    for name in ["alpha", "beta", "gamma"] {
        files.push((format!("js/{name}/package.json"), package(name)));
        files.push((format!("js/{name}/package-lock.json"), lock(name)));
        files.push((format!("js/{name}/index.js"), server.to_owned()));
    }
    files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_the_disk_gives_the_same(files in Just(mixed()).prop_shuffle()) {
        let _watch = watch::Watch::over("any_order_of_the_disk_gives_the_same", &files);
        let (sorted, shuffled) = (repository(mixed()), repository(files));
        let text = |root: &Path| texts(root, generate(root, &[]));
        prop_assert_eq!(text(sorted.path()), text(shuffled.path()));
    }

    #[test]
    fn any_order_of_the_languages_gives_the_same(order in Just((0..LANGUAGES.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let _watch = watch::Watch::over("any_order_of_the_languages_gives_the_same", &order);
        let repository = repository(mixed());
        let scan = |languages: &[&'static Language]| {
            let repo = Repo::open(repository.path(), Budget::default(), &|_| {}).unwrap();
            scan_among(languages, &repo, &RelPath::root()).unwrap()
        };
        let registered: Vec<&'static Language> = LANGUAGES.iter().collect();
        let languages: Vec<&'static Language> = order.into_iter().map(|at| &LANGUAGES[at]).collect();
        prop_assert_eq!(scan(&registered), scan(&languages));
    }
}

/// The files that a run of the binary leaves, and what it prints.
fn run(root: &Path, environment: &[(&str, &str)]) -> (String, BTreeMap<String, Vec<u8>>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
    command
        .args(["init", "--yes", "--json", "."])
        .current_dir(root)
        .env_clear()
        .envs(environment.iter().copied());
    let output = command.output().unwrap();
    let mut written = BTreeMap::new();
    for name in ["Dockerfile", ".dockerignore", "dockgen.toml"] {
        if let Ok(bytes) = fs::read(root.join(name)) {
            written.insert(name.to_owned(), bytes);
        }
    }
    let place = fs::canonicalize(root).unwrap().display().to_string();
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).join("\n");
    (said.replace(&place, "REPOSITORY"), written)
}

#[test]
fn the_environment_does_not_matter() {
    let other = [
        ("TZ", "Pacific/Kiritimati"),
        ("LANG", "tr_TR.UTF-8"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("HOME", "/nonexistent"),
        ("USER", "somebody"),
        ("PORT", "9999"),
        ("NODE_ENV", "development"),
        ("NODE_VERSION", "18"),
        ("GOFLAGS", "-mod=vendor"),
        ("GOOS", "windows"),
        ("GOTOOLCHAIN", "auto"),
        ("DOCKER_HOST", "tcp://192.0.2.1:1"),
        ("SOURCE_DATE_EPOCH", "1"),
        ("XDG_CONFIG_HOME", "/nonexistent"),
        ("GIT_DIR", "/nonexistent"),
    ];
    for (name, fixture) in fixtures() {
        let (one, two) = (copy(&fixture, |_| {}), copy(&fixture, |files| files.reverse()));
        assert_eq!(run(one.path(), &[]), run(two.path(), &other), "{name}");
    }
}

/// What lies outside of the root cannot be seen: neither files of git nor ignore files of the
/// machine above it.
#[test]
fn nothing_outside_of_the_root_matters() {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("inner");
    let files = mixed();
    for (path, text) in &files {
        let path = inner.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    fs::create_dir(inner.join(".git")).unwrap();
    let alone = texts(&inner, generate(&inner, &[]));
    for (path, text) in [
        (".gitignore", "*\n"),
        (".ignore", "*\n"),
        (".dockerignore", "*\n"),
        ("package.json", "{\"workspaces\": [\"**\"]}"),
    ] {
        fs::write(outer.path().join(path), text).unwrap();
    }
    fs::create_dir_all(inner.join(".git/info")).unwrap();
    fs::write(inner.join(".git/info/exclude"), "*\n").unwrap();
    assert_eq!(alone, texts(&inner, generate(&inner, &[])));
}

/// A file that was never asked for cannot have decided anything. Its name can: a folder's entries
/// are looked through for markers, sources and assets. So the law is about content: what was not
/// read may hold anything. Files that the report of the build context weighs keep their size.
#[test]
fn what_was_not_read_may_hold_anything() {
    for (name, fixture) in fixtures() {
        let repository = copy(&fixture, |_| {});
        let Ok(before) = generate(repository.path(), &[]) else { continue };
        let before = texts(repository.path(), Ok(before));
        let survey = dockgen::pipeline::survey(repository.path(), &[], &[], &|_| {}).unwrap();
        let (repo, start) = (&survey.repo, RelPath::root());
        let others = survey.selection.others.iter().map(|(facts, _)| facts);
        for facts in survey.selection.taken.iter().chain(others) {
            dockgen::planning::make(repo, facts, &dockgen::ask::Answers::default()).ok();
        }
        let read = repo.inputs(&RelPath::root());
        let asked: Vec<&RelPath> =
            repo.files_under(&start).filter(|path| !read.contains(path)).collect();
        let unread: Vec<&RelPath> =
            asked.into_iter().filter(|path| !is_configuration(path)).collect();
        for path in unread {
            let place = repository.path().join(path.as_str());
            let size = fs::metadata(&place).unwrap().len();
            fs::write(place, "x".repeat(usize::try_from(size).unwrap())).unwrap();
        }
        assert_eq!(before, texts(repository.path(), generate(repository.path(), &[])), "{name}");
    }
}

/// Read by later steps than detection and planning: the answers, and what the context is planned
/// from.
fn is_configuration(path: &RelPath) -> bool {
    ["dockgen.toml", ".gitignore", ".dockerignore", "Dockerfile.dockerignore", "Dockerfile"]
        .contains(&path.file_name())
}
