use serde_json::json;

use super::*;

/// A plan of an application in `app` with the context `context`.
pub(crate) fn sample(app: &str, context: &str) -> Plan {
    let plan = json!({
        "schema": crate::plan::SCHEMA, "language": "none", "template": "none", "name": "web", "app": app, "context": context,
        "toolchain": "1", "tool": "tool", "builder": "builder:1", "build_packages": [],
        "manifests": [], "sources": [], "artifacts": [],
        "runtime": {
            "family": "distroless", "image": "runtime:1", "packages": [], "interpreter": null,
            "carry_interpreter": false, "shell": false, "create_user": false, "carry_certificates": false,
            "carry_zoneinfo": false, "make_tmp": false, "user": "65532:65532", "workdir": "/app", "env": [],
            "writable": [], "port": 8080, "init": false, "entrypoint": ["/app/web"], "cmd": [], "stop_signal": null
        },
        "labels": {"title": "web", "source": null},
        "dev": null, "details": null, "decisions": [], "findings": []
    });
    serde_json::from_value(plan).unwrap()
}

fn reading(app: &str, context: &str, paths: &[&str]) -> Plan {
    let mut plan = sample(app, context);
    plan.details = json!({ "reads": paths });
    plan
}

fn ignore_path(plan: &Plan) -> RelPath {
    plan.app
        .join(if plan.app == plan.context { ".dockerignore" } else { "Dockerfile.dockerignore" })
        .unwrap()
}

fn held<'t>(file: &'t RelPath, text: Option<&'t str>) -> Option<Existing<'t>> {
    text.map(|text| Existing { file, text })
}

fn codes(planned: &IgnorePlan) -> Vec<String> {
    let line = |finding: &Finding| finding.evidence[0].line.unwrap_or_default();
    planned
        .findings
        .iter()
        .map(|finding| format!("{} at {}", finding.code, line(finding)))
        .collect()
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn planned(
    files: &[(&str, &str)],
    plan: &Plan,
    existing: Option<&str>,
) -> (IgnorePlan, IgnoreFile) {
    let path = ignore_path(plan);
    let planned = plan_ignore(
        &Repo::from_files(files.iter().copied()),
        plan,
        &path,
        held(&path, existing),
        None,
    )
    .unwrap();
    let file = IgnoreFile::parse(&planned.text).unwrap();
    (planned, file)
}

#[test]
fn always_hides_secrets_databases_and_version_control() {
    let (planned, file) = planned(&[("main.x", "")], &sample("", ""), None);
    for path in [
        ".git/config",
        "vendor/x/.git",
        ".env",
        ".env.local",
        "apps/a/.env.production",
        "certs/tls.key",
        "a/b.pem",
        "home/.ssh/id_ed25519",
        "dev.sqlite3",
        "data/app.db",
        "Dockerfile",
        "Dockerfile.dev",
        ".dockerignore",
        "compose.yaml",
        "docker-compose.yml",
        ".idea/x",
        "coverage/x",
        "x/y.log",
        ".github/workflows/ci.yml",
        ".dockgen/last",
        "dockgen.toml",
    ] {
        assert!(file.hides(path), "{path}");
    }
    for path in
        ["main.x", "internal/coverage/x", "pkg/docs/docs.x", "environment.ts", "src/README.md"]
    {
        assert!(!file.hides(path), "{path}");
    }
    assert!(planned.text.lines().count() < 100, "{}", planned.text);
    assert!(planned.text.starts_with(WHOLE));
}

#[test]
fn takes_over_what_git_ignores_and_nothing_twice() {
    let text = "*.log\n.env\n/generated\ntmp/\n!tmp/keep\n!.env.production\nlogs/*.log\n";
    let (planned, file) = planned(&[(".gitignore", text), ("main.x", "")], &sample("", ""), None);
    assert_eq!(rows(&planned.text)[..3], ["generated", "**/tmp", "!tmp/keep"]);
    assert!(file.hides(".env.production"), "an exception of .gitignore lets no secret in");
    assert_eq!(planned.text.matches("*.log").count(), 1);
}

#[test]
fn never_hides_what_the_dockerfile_reads() {
    let files = [
        (".gitignore", "public\n!public\nlib\n!web/lib\n"),
        ("web/lib/a.js", ""),
        ("web/lib/words.db", ""),
        ("x.md", ""),
    ];
    let plan = reading("", "", &["web/lib", "x.md", "gen*.txt"]);
    let (planned, file) = planned(&files, &plan, None);
    for path in ["web/lib/a.js", "web/lib/words.db", "x.md"] {
        assert!(!file.hides(path), "{path}\n{}", planned.text);
    }
    assert!(
        file.hides("web/lib/.env"),
        "an exception for a folder lets no secret in\n{}",
        planned.text
    );
    assert!(file.hides("web/lib/.git/x"), "{}", planned.text);
}

#[test]
fn an_application_below_the_context_has_a_file_of_its_own() {
    let (planned, file) = planned(&[("apps/web/main.x", "")], &sample("apps/web", ""), None);
    assert!(
        file.hides("apps/web/Dockerfile")
            && file.hides("Dockerfile")
            && file.hides("apps/web/coverage/x")
    );
    assert!(
        !file.hides("apps/api/coverage/x"),
        "another application's folder of that name may be source"
    );
    assert!(planned.text.contains("`../..` from here"), "{}", planned.text);
}

#[test]
fn an_existing_file_comes_first_and_is_completed() {
    let theirs = "# mine\nnode_modules\n**/.git\ndocs\n!.env.example\nassets\n";
    let files = [("docs/x", ""), (".env.example", ""), ("assets/logo.svg", "")];
    let (planned, file) = planned(&files, &reading("", "", &["assets"]), Some(theirs));
    assert!(planned.text.starts_with(theirs), "{}", planned.text);
    assert_eq!(planned.text.matches("**/.git\n").count(), 1);
    assert!(file.hides(".env") && file.hides("docs/x"));
    assert!(!file.hides(".env.example"), "what they let in stays in\n{}", planned.text);
    assert!(!file.hides("assets/logo.svg"), "{}", planned.text);
    assert_eq!(planned.findings.len(), 1);
    assert_eq!(planned.findings[0].code.as_str(), "ignore-hides-needed");
    assert_eq!(planned.findings[0].evidence[0].line, Some(6));
}

#[test]
fn planning_again_changes_nothing() {
    for theirs in [None, Some("secret\n!src\n"), Some("*\n!src\n"), Some("[a-c]x\n")] {
        let repo = Repo::from_files([("src/main.x", ""), (".gitignore", "out\n")]);
        let plan = reading("", "", &["src"]);
        let once =
            plan_ignore(&repo, &plan, &ignore_path(&plan), held(&ignore_path(&plan), theirs), None)
                .unwrap()
                .text;
        let twice = plan_ignore(
            &repo,
            &plan,
            &ignore_path(&plan),
            held(&ignore_path(&plan), Some(&once)),
            Some(&once),
        )
        .unwrap()
        .text;
        assert_eq!(once, twice);
    }
}

#[test]
fn an_allow_list_is_kept_and_its_folders_are_made_safe() {
    let files = [("src/main.x", ""), ("src/.env", ""), ("other/x", "")];
    let (planned, file) = planned(&files, &reading("", "", &["src"]), Some("*\n!src\n"));
    assert!(
        file.hides("other/x") && !file.hides("src/main.x") && file.hides("src/.env"),
        "{}",
        planned.text
    );
    assert!(!planned.text.contains("compose*"), "covered by `*`\n{}", planned.text);
}

#[test]
fn a_line_that_docker_refuses_is_an_error() {
    let plan = sample("", "");
    let repo = Repo::from_files([("a", "")]);
    let error = plan_ignore(
        &repo,
        &plan,
        &ignore_path(&plan),
        held(&ignore_path(&plan), Some("ok\n[x\n")),
        None,
    )
    .unwrap_err();
    assert!(format!("{error:#}").contains("line 2"), "{error:#}");
}

#[test]
fn reports_sizes_secrets_and_big_files() {
    let big = "x".repeat(11 << 20);
    let repo = Repo::from_files([
        ("assets/video/a.mp4", big.as_str()),
        ("src/main.x", "12345"),
        ("docs/big.log", "1234567890"),
        ("deploy/tls.key", "k"),
        ("prod.pem", "k"),
        ("internal/testdata/x.pem", "k"),
        (".env.example", ""),
    ]);
    let plan = sample("", "");
    let ignore = IgnoreFile::parse("**/*.log\n**/*.pem\n**/.env*").unwrap();
    let report = report(&repo, &plan, &ignore).unwrap();
    assert_eq!((report.files, report.bytes), (3, (11 << 20) + 6));
    assert_eq!(report.biggest_in[0].0, "assets/video/a.mp4");
    assert_eq!(report.biggest_out[0], ("docs/big.log".to_owned(), 10));
    let codes: Vec<_> =
        report.findings.iter().map(|f| (f.code.as_str(), f.evidence[0].file.as_str())).collect();
    let wanted = [
        ("secrets-in-context", "deploy/tls.key"),
        ("big-files-in-context", "assets/video/a.mp4"),
        ("kept-out", "prod.pem"),
    ];
    assert_eq!(codes, wanted);
    assert!(!report.cut);
}

#[test]
fn a_dockerfile_elsewhere_stays_out_too() {
    let plan = sample("", "");
    let path = RelPath::new("deploy/web.Dockerfile.dockerignore").unwrap();
    let planned = plan_ignore(&Repo::from_files([("a", "")]), &plan, &path, None, None).unwrap();
    let file = IgnoreFile::parse(&planned.text).unwrap();
    assert!(
        file.hides("deploy/web.Dockerfile") && file.hides(path.as_str()) && !file.hides("deploy/x")
    );
    assert!(planned.text.contains("`..` from here"), "{}", planned.text);
}

#[test]
fn rows_added_by_hand_survive() {
    let repo = Repo::from_files([("src/main.x", ""), (".gitignore", "out\n")]);
    let plan = sample("", "");
    for theirs in [None, Some("secret\n")] {
        let again = |existing: Option<&str>, last: Option<&str>| {
            plan_ignore(
                &repo,
                &plan,
                &ignore_path(&plan),
                held(&ignore_path(&plan), existing),
                last,
            )
            .unwrap()
            .text
        };
        let once = again(theirs, None);
        let edited = once.replace("**/.idea\n", "**/.idea\nnotes\n");
        let twice = again(Some(&edited), Some(&once));
        assert!(twice.contains("# Added by hand\nnotes\n"), "{twice}");
        assert_eq!(again(Some(&twice), Some(&twice)), twice);
        assert_eq!(again(Some(&once), None), once);
    }
}

#[test]
fn an_allow_list_of_git_opens_no_folder_again() {
    let ignored = "*\n!*/\n!*.x\n!*.json\nvendor\n";
    let (planned, file) =
        planned(&[(".gitignore", ignored), ("src/main.x", "")], &sample("", ""), None);
    for path in
        [".git/a.json", "home/.aws/sso/token.json", "vendor/a.x", "sub/vendor/b/a.x", "notes.txt"]
    {
        assert!(file.hides(path), "{path}\n{}", planned.text);
    }
    assert!(!file.hides("src/main.x"), "{}", planned.text);
    let rows: Vec<&str> = planned.text.lines().filter(|line| line.contains("/**")).collect();
    assert!(rows.windows(2).all(|pair| pair[0] != pair[1]), "{}", planned.text);
}

#[test]
fn folders_that_the_build_does_not_read_are_hidden_but_for_what_it_reads() {
    let mut plan = sample("", "");
    plan.details = json!({ "unread": ["benches", "tests"], "reads": ["benches/speed.rs"] });
    let files = [
        ("benches/speed.rs", ""),
        ("benches/data.bin", ""),
        ("tests/a.rs", ""),
        ("src/tests/b.rs", ""),
    ];
    let (_, file) = planned(&files, &plan, None);
    assert!(file.hides("tests/a.rs") && file.hides("benches/data.bin"));
    assert!(!file.hides("benches/speed.rs") && !file.hides("src/tests/b.rs"));
    // A line that a person wrote stays above.
    let (_, file) = planned(&files, &plan, Some("tests/*.tmp\n"));
    assert!(file.hides("tests/a.rs") && !file.hides("benches/speed.rs"));
}

#[test]
fn a_list_of_what_was_built_before_lets_the_sources_in() {
    let mut plan = sample("", "");
    plan.sources = vec!["src/main".to_owned()];
    let files = [
        ("pom.x", ""),
        ("rules.xml", ""),
        ("src/main/a.x", ""),
        ("private/notes", ""),
        (".env", ""),
        ("README.md", ""),
        ("target/old.jar", ""),
    ];
    let theirs = "*\n!target/*.jar\nprivate\n";
    let (planned, file) = planned(&files, &plan, Some(theirs));
    assert!(planned.text.starts_with(theirs), "{}", planned.text);
    for path in ["pom.x", "rules.xml", "src/main/a.x"] {
        assert!(!file.hides(path), "{path}: {}", planned.text);
    }
    for path in ["private/notes", ".env", "README.md", "src/.env"] {
        assert!(file.hides(path), "{path}: {}", planned.text);
    }
    assert_eq!(codes(&planned), ["ignore-hides-sources at 1"]);
    let (again, _) = self::planned(&files, &plan, Some(&planned.text));
    assert_eq!(again.text, planned.text);
}

#[test]
fn a_module_that_the_build_needs_comes_in_and_nothing_else() {
    let mut plan = sample("server", "");
    plan.sources = vec!["client".to_owned(), "server".to_owned()];
    let files = [("client/a.x", ""), ("docs/a.x", ""), ("server/a.x", "")];
    let (planned, file) = planned(&files, &plan, Some("client\ndocs\n"));
    assert!(
        !file.hides("client/a.x") && !file.hides("server/a.x") && file.hides("docs/a.x"),
        "{}",
        planned.text
    );
    assert!(file.hides("client/.env") && file.hides("client/.git/x"), "{}", planned.text);
    assert_eq!(codes(&planned), ["ignore-hides-needed at 1"]);
}

#[test]
fn what_is_undone_hides_no_source_again() {
    let mut plan = sample("", "");
    plan.sources = vec!["a/ab".to_owned(), "b".to_owned()];
    let files = [("a/ab/main.x", ""), ("b/main.x", "")];
    let (planned, file) = planned(&files, &plan, Some("*\n!*/ab\na*\n"));
    assert!(!file.hides("a/ab") && !file.hides("b"), "{}", planned.text);
    assert_eq!(planned.text.matches("!a/ab\n").count(), 1, "{}", planned.text);
}

#[test]
fn a_list_that_names_the_sources_stays_as_it_is() {
    let mut plan = sample("", "");
    plan.sources = vec!["src/main".to_owned()];
    let (planned, file) =
        planned(&[("src/main/a.x", ""), ("more/b.x", "")], &plan, Some("**\n!src\n"));
    assert!(!file.hides("src/main/a.x") && file.hides("more/b.x"), "{}", planned.text);
    assert!(planned.findings.is_empty());
}

#[test]
fn tests_that_they_leave_out_of_a_folder_stay_out() {
    let plan = reading("", "", &["views"]);
    let files = [("views/a.html", ""), ("views/a.test.js", "")];
    let (planned, file) = planned(&files, &plan, Some("**/*.test.js\n"));
    assert!(!file.hides("views/a.html") && file.hides("views/a.test.js"), "{}", planned.text);
    assert!(planned.findings.is_empty(), "{:?}", codes(&planned));
    let (planned, file) = self::planned(&files, &plan, Some("views/*\n"));
    assert!(!file.hides("views/a.html"), "{}", planned.text);
    assert_eq!(codes(&planned), ["ignore-hides-needed at 1"]);
}

/// One file for each row, with its contents.
const SECRET_FILES: &[(&str, &str)] = &[
    (".env", "A=1"),
    (".env.production", "A=1"),
    (".envrc", "export A=1"),
    ("prod.env", "A=1"),
    ("tls.pem", ""),
    ("tls.key", ""),
    ("a.p12", ""),
    ("a.pfx", ""),
    ("a.p8", ""),
    ("a.jks", ""),
    ("a.keystore", ""),
    ("a.ppk", ""),
    ("id_rsa", ""),
    ("id_dsa", ""),
    ("id_ecdsa", ""),
    ("id_ed25519", ""),
    (".ssh/config", ""),
    (".netrc", ""),
    ("_netrc", ""),
    (".git-credentials", ""),
    (".pgpass", ""),
    (".htpasswd", ""),
    (".vault-token", ""),
    (".pypirc", ""),
    (".cargo/credentials.toml", ""),
    (".m2/settings.xml", ""),
    (".docker/config.json", ""),
    (".dockercfg", ""),
    (".dockerconfigjson", ""),
    (".kube/config", ""),
    ("kubeconfig", ""),
    ("kubeconfig.yaml", ""),
    ("prod.kubeconfig", ""),
    (".aws/credentials", ""),
    (".azure/x", ""),
    (".config/gcloud/x", ""),
    ("application_default_credentials.json", ""),
    ("serviceAccountKey.json", ""),
    ("x-firebase-adminsdk-1.json", ""),
    ("credentials.json", ""),
    ("my-service-account.json", ""),
    ("terraform.tfstate", ""),
    ("prod.tfvars", ""),
    (".terraform/x", ""),
    ("secrets.yaml", ""),
    ("secrets.yml", ""),
    ("auth.json", "{\"http-basic\": {\"r\": {\"password\": \"x\"}}}"),
    ("settings.xml", "<server><password>x</password></server>"),
    (".npmrc", "//r/:_authToken=x"),
    (".yarnrc.yml", "npmAuthToken: x"),
    ("bunfig.toml", "token = \"x\""),
    (".cargo/config.toml", "token = \"x\""),
    ("gradle.properties", "signingPassword=x"),
    ("pip.conf", "index-url = https://u:p@r/simple"),
];

#[test]
fn a_file_of_every_row_stays_out_wherever_it_lies() {
    let deep: Vec<(String, &str)> =
        SECRET_FILES.iter().map(|(path, text)| (format!("services/a/{path}"), *text)).collect();
    let mut files: Vec<(&str, &str)> = SECRET_FILES.to_vec();
    files.extend(deep.iter().map(|(path, text)| (path.as_str(), *text)));
    files.extend([("main.x", ""), ("locales/en/auth.json", "{\"title\": \"Log in\"}")]);
    for existing in [None, Some("dist\n"), Some("*\n!**/*.x\n")] {
        let (_, file) = planned(&files, &sample("", ""), existing);
        let arrives: Vec<&str> =
            files.iter().map(|(path, _)| *path).filter(|path| !file.hides(path)).collect();
        let expected: &[&str] = if existing == Some("*\n!**/*.x\n") {
            &["main.x"]
        } else {
            &["main.x", "locales/en/auth.json"]
        };
        assert_eq!(arrives, expected, "{existing:?}");
    }
    let rows: Vec<&str> = crate::secrets::catalog().unwrap().hidden().collect();
    for row in rows {
        let one = IgnoreFile::parse(row).unwrap();
        let held = SECRET_FILES.iter().any(|(path, _)| one.hides(path));
        assert!(held || row.contains(".json") || row.contains(".gem"), "no file for the row {row}");
    }
}

#[test]
fn a_source_that_bears_such_a_name_is_let_in_and_nothing_else_with_it() {
    let mut plan = sample("", "");
    plan.language = "go".to_owned();
    let files = [
        ("kubeconfig/load.go", ""),
        ("kubeconfig/load_test.go", ""),
        ("kubeconfig/x.pem", ""),
        ("bin/tool.go", ""),
        ("bin/tool", ""),
    ];
    let (_, file) = planned(&files, &plan, None);
    let let_in: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| !file.hides(path)).collect();
    assert_eq!(let_in, ["kubeconfig/load.go", "bin/tool.go"]);
}

#[test]
fn a_front_end_of_the_same_language_has_no_section_of_its_own() {
    let text = template("node");
    let mut language = groups(&text, "");
    let (count, rows) = (language.len(), text_of(&language));
    join(&mut language, groups(&text, ""));
    assert_eq!((language.len(), text_of(&language)), (count, rows));
    join(&mut language, groups(&format!("{text}\n# Other\n**/x"), "web"));
    assert_eq!(language.len(), count + 1);
}
