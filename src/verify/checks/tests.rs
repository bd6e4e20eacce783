use super::*;
use crate::ask::Answers;
use crate::detect::{self, LANGUAGES};
use crate::path::RelPath;
use crate::planning;
use crate::repo::Repo;
use crate::verify::image::Config;

fn file(path: &str, mode: u32, uid: u64) -> Entry {
    Entry { path: path.to_owned(), mode, uid, gid: uid, size: 1, ..Entry::default() }
}

fn folder(path: &str, mode: u32, uid: u64) -> Entry {
    Entry { kind: Kind::Folder, ..file(path, mode, uid) }
}

fn layer(base: bool, files: Vec<Entry>) -> Layer {
    Layer { base, made_by: "COPY . .".to_owned(), files, ..Layer::default() }
}

fn contents(layers: Vec<Layer>) -> Contents {
    let config = Config { user: "65532:65532".to_owned(), ..Config::default() };
    Contents { config, layers, ..Contents::default() }
}

/// A plan of any language that has a program in this file.
fn plan() -> Plan {
    let repo = Repo::from_files([
        ("go.mod", "module example.com/a\n\ngo 1.26\n"),
        (
            "main.go",
            "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
        ),
    ]);
    assert!(!LANGUAGES.is_empty());
    let facts = detect::scan(&repo, &RelPath::root()).unwrap().remove(0);
    planning::make(&repo, &facts, &Answers::default()).unwrap()
}

fn outcome(checks: &[Check], id: &str) -> (Outcome, String) {
    let check = checks
        .iter()
        .find(|check| check.id == id)
        .unwrap_or_else(|| panic!("no {id} in {checks:?}"));
    (check.outcome, check.what.clone())
}

#[test]
fn root_is_refused_however_it_is_written() {
    for (user, expected) in [
        ("65532:65532", Outcome::Ok),
        ("1000", Outcome::Ok),
        ("0:0", Outcome::Broken),
        ("", Outcome::Broken),
        ("root:root", Outcome::Broken),
        ("app", Outcome::Note),
    ] {
        let mut contents = contents(Vec::new());
        user.clone_into(&mut contents.config.user);
        assert_eq!(super::user(&contents).outcome, expected, "{user}");
    }
}

#[test]
fn the_entrypoint_is_the_planned_one() {
    let plan = plan();
    let mut contents = contents(Vec::new());
    contents.config.entrypoint =
        plan.runtime.entrypoint.iter().map(|word| word.as_str().to_owned()).collect();
    assert_eq!(entrypoint(&contents, &plan).outcome, Outcome::Ok);
    contents.config.cmd = vec!["extra".to_owned()];
    let check = entrypoint(&contents, &plan);
    assert!(check.outcome == Outcome::Broken && check.what.contains("extra"), "{check:?}");
}

#[test]
fn a_setuid_file_of_the_application_is_broken_and_one_of_the_base_is_told() {
    let of = |layers| super::of(&contents(layers), &plan(), &[], &[]).unwrap();
    let su = || file("usr/bin/su", 0o4755, 0);
    assert_eq!(outcome(&of(vec![layer(true, vec![su()])]), "setuid").0, Outcome::Note);
    assert_eq!(
        outcome(&of(vec![layer(true, vec![]), layer(false, vec![su()])]), "setuid").0,
        Outcome::Broken
    );
    assert_eq!(
        outcome(&of(vec![layer(false, vec![file("a", 0o755, 0)])]), "setuid").0,
        Outcome::Ok
    );
}

#[test]
fn tools_and_shells_are_found_where_programs_are() {
    let mut plan = plan();
    let of = |plan: &Plan, base: bool, path: &str, mode| {
        super::of(&contents(vec![layer(base, vec![file(path, mode, 0)])]), plan, &[], &[]).unwrap()
    };
    assert_eq!(outcome(&of(&plan, false, "usr/bin/gcc", 0o755), "tools").0, Outcome::Broken);
    assert_eq!(outcome(&of(&plan, false, "usr/bin/gcc", 0o644), "tools").0, Outcome::Ok);
    assert_eq!(outcome(&of(&plan, false, "app/gcc", 0o755), "tools").0, Outcome::Ok);
    assert!(!plan.runtime.shell);
    assert_eq!(outcome(&of(&plan, true, "bin/sh", 0o755), "shell").0, Outcome::Broken);
    assert_eq!(outcome(&of(&plan, true, "usr/bin/apt", 0o755), "tools").0, Outcome::Broken);
    plan.runtime.family = "debian".to_owned();
    plan.runtime.shell = true;
    let checks = of(&plan, true, "usr/bin/apt", 0o755);
    assert_eq!(outcome(&checks, "tools").0, Outcome::Note);
    assert!(checks.iter().all(|check| check.id != "shell"));
    assert_eq!(outcome(&of(&plan, false, "usr/bin/apt", 0o755), "tools").0, Outcome::Broken);
}

#[test]
fn secrets_are_found_in_every_layer_also_where_a_later_one_deletes_them() {
    let gone = Entry { kind: Kind::Whiteout, ..file("app/.env", 0, 0) };
    let key = Entry { secret: true, ..file("app/tls.key", 0o600, 0) };
    let of = |entries: Vec<Entry>| secrets(&[layer(false, entries)], &[".env.test"]).unwrap();
    let layers = [layer(false, vec![file("app/.env", 0o644, 0)]), layer(false, vec![gone])];
    let check = secrets(&layers, &[]).unwrap();
    assert!(
        check.outcome == Outcome::Broken && check.what.contains("/app/.env (layer `COPY . .`)"),
        "{check:?}"
    );
    assert_eq!(of(vec![key]).outcome, Outcome::Broken);
    assert_eq!(of(vec![folder("app/.git", 0o755, 0)]).outcome, Outcome::Broken);
    assert_eq!(of(vec![file("app/.env.production", 0o644, 0)]).outcome, Outcome::Broken);
    assert_eq!(
        of(vec![file("app/.env.example", 0o644, 0), file("app/.environment", 0o644, 0)]).outcome,
        Outcome::Ok
    );
    assert_eq!(of(vec![file("app/.env.test", 0o644, 0)]).outcome, Outcome::Ok);
    for name in [".kube/config", ".docker/config.json", "id_ecdsa", "a.jks", "a.tfvars", ".pgpass"]
    {
        let path = format!("app/deep/{name}");
        assert_eq!(of(vec![file(&path, 0o644, 0)]).outcome, Outcome::Broken, "{path}");
    }
    assert_eq!(of(vec![file("app/node_modules/x/.env", 0o644, 0)]).outcome, Outcome::Note);
}

#[test]
fn development_dependencies_by_name_and_by_place() {
    let of = |entries: Vec<Entry>, known: &[String]| {
        let contents = contents(vec![layer(false, entries)]);
        development_dependencies(&contents.tree(), known).unwrap().outcome
    };
    let known = ["node_modules/left".to_owned()];
    assert_eq!(of(vec![folder("app/node_modules/left", 0o755, 0)], &known), Outcome::Broken);
    assert_eq!(of(vec![folder("app/node_modules/leftover", 0o755, 0)], &known), Outcome::Ok);
    // Another package of the same name, in a package that production needs.
    let nested = folder("app/node_modules/a/node_modules/left", 0o755, 0);
    assert_eq!(of(vec![nested], &known), Outcome::Ok);
    assert_eq!(of(vec![folder("app/node_modules/eslint", 0o755, 0)], &[]), Outcome::Note);
    assert_eq!(of(vec![file("app/lib/junit-4.jar", 0o644, 0)], &[]), Outcome::Note);
}

#[test]
fn writable_folders_belong_to_the_user() {
    let of = |entry: Entry| {
        let contents = contents(vec![layer(false, vec![entry])]);
        writable(&contents, &contents.tree(), &["/app/data".to_owned()])[0].clone()
    };
    assert_eq!(of(folder("app/data", 0o755, 65532)).outcome, Outcome::Ok);
    assert_eq!(of(folder("app/data", 0o1777, 0)).outcome, Outcome::Ok);
    assert_eq!(of(folder("app/data", 0o755, 0)).outcome, Outcome::Broken);
    assert_eq!(of(folder("app/data", 0o555, 65532)).outcome, Outcome::Broken);
    assert!(of(folder("app", 0o755, 65532)).what.contains("/app/data is not in the image"));
}

#[test]
fn folders_are_mounted_as_the_image_has_them() {
    let contents = contents(vec![layer(
        false,
        vec![
            folder("data", 0o750, 7),
            folder("full", 0o755, 7),
            file("full/seed", 0o644, 7),
            folder("full/inner", 0o755, 7),
            folder("full-not", 0o755, 7),
            file("one", 0o644, 7),
            folder("etc:", 0o755, 7),
            folder("etc:/x", 0o755, 7),
            file("etc:/x/y", 0o644, 7),
            folder("data,exec", 0o755, 7),
        ],
    )]);
    let folders =
        ["/full/inner", "/data/", "/full", "/full-not", "/absent", "/one", "/etc:/x", "/data,exec"]
            .map(str::to_owned);
    let tmpfs = |path: &str, mode| Mount::Tmpfs { path: path.to_owned(), uid: 7, gid: 7, mode };
    assert_eq!(
        mounts(&contents, &folders),
        [tmpfs("/data", 0o750), Mount::Volume("/full".to_owned()), tmpfs("/full-not", 0o755)]
    );
}
