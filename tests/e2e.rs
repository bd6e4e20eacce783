//! From an application's source to a running container: generate, build, run, ask, stop, edit, build again, weigh.
//!
//! Skipped unless `DOCKGEN_E2E=1`; then an engine must answer. `DOCKGEN_RIG` may name a program that provides the base
//! images where no registry can be reached. `DOCKGEN_BLESS=1` writes snapshots/sizes.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]

#[allow(dead_code, reason = "the harness serves other tests too")]
#[path = "e2e/harness.rs"]
mod harness;
#[path = "e2e/sizes.rs"]
mod sizes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Engine, Image, Layer, STOP, Step, run};
use serde_json::Value;
use tempfile::TempDir;

/// An application under `tests/e2e/apps`.
struct App {
    name: &'static str,
    /// What the answer to `GET /` holds.
    answer: &'static str,
    /// A deep address that must be answered too, and what that answer holds.
    deep: Option<(&'static str, &'static str)>,
    /// The answer to `GET /` holds the user's id.
    says_uid: bool,
    /// The file that is edited, the words in it that are changed, and what they become; `{}` counts the edits.
    edit: (&'static str, &'static str, &'static str),
}

const EXPRESS: App = App {
    name: "node-express",
    answer: "hello from express",
    deep: None,
    says_uid: true,
    edit: ("src/greeting.ts", "hello from", "good day {} from"),
};

const NOSIGNAL: App = App {
    name: "node-nosignal",
    answer: "hello from nosignal",
    deep: None,
    says_uid: true,
    edit: ("server.js", "hello from", "good day {} from"),
};

const SPA: App = App {
    name: "node-spa",
    answer: "<title>node-spa</title>",
    deep: Some(("/orders/7/lines/3", "<title>node-spa</title>")),
    says_uid: false,
    edit: ("src/main.jsx", "hello from", "good day {} from"),
};

const NEXT: App = App {
    name: "node-next",
    answer: "hello from next",
    deep: Some(("/robots.txt", "User-agent")),
    says_uid: true,
    edit: ("app/page.js", "hello from", "good day {} from"),
};

const CHI: App = App {
    name: "go-chi",
    answer: "hello from chi",
    deep: None,
    says_uid: true,
    edit: ("internal/greeting/greeting.go", "hello from", "good day {} from"),
};

const TEMPLATES: App = App {
    name: "go-templates",
    answer: "hello from templates",
    deep: Some(("/static/site.css", "sans-serif")),
    says_uid: true,
    edit: ("main.go", "\"templates\"", "\"pages{}\""),
};

const CGO: App = App {
    name: "go-cgo",
    answer: "visit 1",
    deep: None,
    says_uid: true,
    edit: ("main.go", "hello from", "good day {} from"),
};

const SPRING3: App = App {
    name: "java-spring3",
    answer: "hello from java-spring3",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Application.java", "hello from", "good day from"),
};

const SPRING4: App = App {
    name: "java-spring4",
    answer: "hello from java-spring4",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Application.java", "hello from", "good day from"),
};

const MODULES: App = App {
    name: "java-modules",
    answer: "hello from modules, visit 1",
    deep: None,
    says_uid: false,
    edit: ("core/src/main/java/example/core/Greeting.java", "hello from", "good day from"),
};

const SHADED: App = App {
    name: "java-shaded",
    answer: "hello from shaded",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Main.java", "hello from", "good day from"),
};

const QUARKUS: App = App {
    name: "java-quarkus",
    answer: "hello from quarkus",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Hello.java", "hello from", "good day from"),
};

const WAR: App = App {
    name: "java-war",
    answer: "hello from war",
    deep: Some(("/page.jsp", "page 42")),
    says_uid: false,
    edit: ("src/main/java/example/Hello.java", "hello from", "good day from"),
};

const RUST_AXUM: App = App {
    name: "rust-axum",
    answer: "hello from axum",
    deep: None,
    says_uid: true,
    edit: ("src/greeting.rs", "hello from", "good day from"),
};

const RUST_SQLITE: App = App {
    name: "rust-sqlite",
    answer: "hello from sqlite",
    deep: None,
    says_uid: true,
    edit: ("src/main.rs", "hello from", "good day from"),
};

/// Not on scratch and alpine: the rig's stand-in for Alpine has Debian's static OpenSSL, which needs more libraries.
const RUST_OPENSSL: App = App {
    name: "rust-openssl",
    answer: "hello from openssl",
    deep: None,
    says_uid: true,
    edit: ("src/main.rs", "hello from", "good day from"),
};

const RUST_WORKSPACE: App = App {
    name: "rust-workspace",
    answer: "hello from workspace",
    deep: None,
    says_uid: true,
    edit: ("greeting/src/lib.rs", "hello from", "good day from"),
};

const RUST_FILES: App = App {
    name: "rust-files",
    answer: "hello from files",
    deep: Some(("/static/site.css", "sans-serif")),
    says_uid: true,
    edit: ("src/main.rs", "NOTICE.trim()", "NOTICE.trim_end()"),
};

macro_rules! proofs {
    ($($test:ident: $app:ident on $base:literal;)+) => {
        $(#[test]
        fn $test() {
            if let Some(engine) = engine() {
                prove(&engine, &$app, $base);
            }
        })+
    };
}

proofs! {
    node_express_on_distroless: EXPRESS on "distroless";
    node_express_on_alpine: EXPRESS on "alpine";
    node_express_on_debian: EXPRESS on "debian";
    node_nosignal_on_distroless: NOSIGNAL on "distroless";
    node_nosignal_on_alpine: NOSIGNAL on "alpine";
    node_nosignal_on_debian: NOSIGNAL on "debian";
    node_spa_on_alpine: SPA on "alpine";
    node_spa_on_debian: SPA on "debian";
    node_next_on_distroless: NEXT on "distroless";
    node_next_on_alpine: NEXT on "alpine";
    node_next_on_debian: NEXT on "debian";
    go_chi_on_scratch: CHI on "scratch";
    go_chi_on_distroless: CHI on "distroless";
    go_chi_on_alpine: CHI on "alpine";
    go_chi_on_debian: CHI on "debian";
    go_templates_on_scratch: TEMPLATES on "scratch";
    go_templates_on_distroless: TEMPLATES on "distroless";
    go_templates_on_alpine: TEMPLATES on "alpine";
    go_templates_on_debian: TEMPLATES on "debian";
    go_cgo_on_distroless: CGO on "distroless";
    go_cgo_on_alpine: CGO on "alpine";
    go_cgo_on_debian: CGO on "debian";
    java_spring3_on_distroless: SPRING3 on "distroless";
    java_spring3_on_alpine: SPRING3 on "alpine";
    java_spring3_on_debian: SPRING3 on "debian";
    java_spring4_on_distroless: SPRING4 on "distroless";
    java_spring4_on_alpine: SPRING4 on "alpine";
    java_spring4_on_debian: SPRING4 on "debian";
    java_modules_on_distroless: MODULES on "distroless";
    java_modules_on_alpine: MODULES on "alpine";
    java_modules_on_debian: MODULES on "debian";
    java_shaded_on_distroless: SHADED on "distroless";
    java_shaded_on_alpine: SHADED on "alpine";
    java_shaded_on_debian: SHADED on "debian";
    java_quarkus_on_distroless: QUARKUS on "distroless";
    java_quarkus_on_alpine: QUARKUS on "alpine";
    java_quarkus_on_debian: QUARKUS on "debian";
    java_war_on_distroless: WAR on "distroless";
    java_war_on_alpine: WAR on "alpine";
    java_war_on_debian: WAR on "debian";
    rust_axum_on_scratch: RUST_AXUM on "scratch";
    rust_axum_on_distroless: RUST_AXUM on "distroless";
    rust_axum_on_alpine: RUST_AXUM on "alpine";
    rust_axum_on_debian: RUST_AXUM on "debian";
    rust_sqlite_on_scratch: RUST_SQLITE on "scratch";
    rust_sqlite_on_distroless: RUST_SQLITE on "distroless";
    rust_sqlite_on_alpine: RUST_SQLITE on "alpine";
    rust_sqlite_on_debian: RUST_SQLITE on "debian";
    rust_openssl_on_distroless: RUST_OPENSSL on "distroless";
    rust_openssl_on_debian: RUST_OPENSSL on "debian";
    rust_workspace_on_scratch: RUST_WORKSPACE on "scratch";
    rust_workspace_on_distroless: RUST_WORKSPACE on "distroless";
    rust_workspace_on_alpine: RUST_WORKSPACE on "alpine";
    rust_workspace_on_debian: RUST_WORKSPACE on "debian";
    rust_files_on_scratch: RUST_FILES on "scratch";
    rust_files_on_distroless: RUST_FILES on "distroless";
    rust_files_on_alpine: RUST_FILES on "alpine";
    rust_files_on_debian: RUST_FILES on "debian";
}

/// The engine, where these tests are wanted.
fn engine() -> Option<Engine> {
    if std::env::var_os("DOCKGEN_E2E").is_none_or(|value| value != "1") {
        println!("SKIPPED: end-to-end tests run with DOCKGEN_E2E=1 and a container engine");
        return None;
    }
    let engine = Engine::connect();
    assert!(engine.is_some(), "no container engine: DOCKGEN_E2E=1 asks for one");
    engine
}

/// What `dockgen init --json` says of the one application.
struct Generated {
    folder: TempDir,
    app: Value,
}

impl Generated {
    fn new(app: &str, words: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("dockgen-e2e-").tempdir().unwrap();
        copy_tree(&apps().join(app), folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockgen"));
        command.args(["init", "--yes", "--json"]).args(words).arg(folder.path());
        let report: Value = serde_json::from_str(&run(&mut command)).unwrap();
        assert_eq!(report["schema"], 1);
        let app = report["apps"][0].clone();
        Self { folder, app }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(self.app[key].as_str().unwrap_or_else(|| panic!("no {key} in {}", self.app)))
    }

    fn dockerfile(&self) -> PathBuf {
        self.path("dockerfile")
    }

    fn context(&self) -> PathBuf {
        self.path("context")
    }

    /// The port, and what `docker run` needs beyond the hardening: volumes for the folders that the program writes.
    fn port(&self) -> u16 {
        self.app["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port")
    }

    /// The folders after each `-v` of the command that the report says to type, as anonymous volumes.
    fn volumes(&self) -> Vec<String> {
        let words: Vec<&str> = self.app["run"].as_str().unwrap_or_default().split_whitespace().collect();
        let mounts = words.windows(2).filter(|pair| pair[0] == "-v" || pair[0] == "--volume");
        mounts.filter_map(|pair| pair[1].split(':').nth(1).map(str::to_owned)).collect()
    }

    /// Edits the application's own text again and again: `round` makes each edit another one.
    fn edit(&self, app: &App, round: u32) {
        let (file, words, instead) = app.edit;
        let text = fs::read_to_string(apps().join(app.name).join(file)).unwrap();
        assert!(text.contains(words), "{file} does not hold {words}");
        fs::write(self.folder.path().join(file), text.replace(words, &instead.replace("{}", &round.to_string())))
            .unwrap();
    }

    fn replace(&self, file: &str, words: &str, instead: &str) {
        let path = self.folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(words), "{file} does not hold {words}");
        fs::write(path, text.replace(words, instead)).unwrap();
    }
}

fn apps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/apps")
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        // What a developer's own run may have left behind is not part of the application.
        if ["node_modules", "dist", ".next", "public_html", "target"].iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The whole life of one application on one base.
fn prove(engine: &Engine, app: &App, base: &str) {
    let label = format!("{}-{base}", app.name);
    let generated = Generated::new(app.name, &["--base", base]);
    let dockerfile = generated.dockerfile();
    println!("{label}:\n{}", fs::read_to_string(&dockerfile).unwrap());
    engine.provide_bases(&dockerfile);
    Engine::check(&generated.context(), &dockerfile);
    let (first, _) = engine.build(&label, &generated.context(), &dockerfile, None);

    serves_and_stops(engine, app, &generated, &first);
    sizes::record(app.name, base, first.size());
    match (app.name.split('-').next(), base) {
        (Some("go" | "rust"), "scratch") => holds_only_the_program(engine, app, &first),
        (Some("node"), "distroless") => weighs_base_and_dependencies(engine, app, &generated, &first),
        _ => {}
    }

    // While another test builds the same stage, BuildKit may not report a step as cached that is: one more edit tells.
    let rebuild = |round| {
        generated.edit(app, round);
        let (image, steps) = engine.build(&label, &generated.context(), &dockerfile, None);
        (image, dependency_steps(&label, &steps))
    };
    let (mut second, mut ran) = rebuild(1);
    if !ran.is_empty() {
        (second, ran) = rebuild(2);
    }
    assert!(ran.is_empty(), "{label}: an edit of the source runs these again: {ran:#?}");
    only_the_application_changed(&label, &first.layers(), &second.layers());
}

/// Runs without any privilege, answers, is not root, stops in time.
fn serves_and_stops(engine: &Engine, app: &App, generated: &Generated, image: &Image) {
    let user = image.inspect()["Config"]["User"].as_str().unwrap_or_default().to_owned();
    assert!(user.split(':').next().is_some_and(|uid| uid.parse::<u32>().is_ok_and(|uid| uid > 0)), "USER {user:?}");
    let entrypoint = &image.inspect()["Config"]["Entrypoint"];
    assert!(entrypoint[0].as_str().is_some_and(|word| !word.ends_with("/sh")), "ENTRYPOINT {entrypoint}");

    let container = engine.run_hardened(image, generated.port(), &generated.volumes());
    let body = container.get("/");
    assert!(body.contains(app.answer), "{}: GET / answers {body}", app.name);
    if app.says_uid {
        let uid = user.split(':').next().unwrap();
        let plain = body.replace("<!-- -->", "");
        assert!(plain.contains(uid), "{}: not run as {uid}: {plain}", app.name);
    }
    if let Some((path, holds)) = app.deep {
        let body = container.get(path);
        assert!(body.contains(holds), "{}: GET {path} answers {body}", app.name);
    }
    if let Some(uid) = container.uid() {
        assert_ne!(uid, 0, "process 1 is root");
    }
    let (took, code) = container.stop();
    assert!(took < STOP && code != 137, "{}: stopped after {took:?} with {code}\n{}", app.name, container.logs());
}

/// The instructions that resolve dependencies, in every language of the registry.
const DEPENDENCY_STEPS: [&str; 8] = [
    "npm ci",
    "npm install",
    "pnpm install",
    "pnpm fetch",
    "yarn install",
    "bun install",
    "go mod download",
    "go mod vendor",
];

/// The steps that resolve dependencies and were not taken from the cache.
fn dependency_steps(label: &str, steps: &[Step]) -> Vec<String> {
    let resolving = |step: &&Step| {
        DEPENDENCY_STEPS.iter().any(|words| step.name.contains(words))
            || step.stage().is_some_and(|stage| stage.contains("deps") || stage.contains("dependencies"))
    };
    let commands = steps.iter().filter(|step| step.name.contains("] RUN "));
    let of_dependencies: Vec<&Step> = commands.filter(resolving).collect();
    assert!(!of_dependencies.is_empty(), "{label}: no dependency step in {steps:#?}");
    of_dependencies.into_iter().filter(|step| !step.cached).map(|step| step.name.clone()).collect()
}

fn only_the_application_changed(label: &str, before: &[Layer], after: &[Layer]) {
    assert_eq!(before.len(), after.len(), "{label}: another number of layers");
    let changed: Vec<&Layer> = before.iter().zip(after).filter(|(a, b)| a.digest != b.digest).map(|(_, b)| b).collect();
    assert!(!changed.is_empty(), "{label}: the edit did not reach the image");
    for layer in &changed {
        // A folder that the program writes is made anew above the program, and holds nothing.
        let empty = layer.made_by.starts_with("WORKDIR") && layer.size == 0;
        let application = layer.made_by.starts_with("COPY") && !layer.made_by.contains("node_modules");
        assert!(empty || application, "{label}: `{}` changed after an edit of the source", layer.made_by);
    }
    let bytes: u64 = changed.iter().map(|layer| layer.size).sum();
    println!("{label}: an edit changes {} of {} layers, {} kB", changed.len(), after.len(), bytes / 1000);
    assert!(!label.starts_with("java-") || bytes < 1_000_000, "{label}: an edit changes {bytes} bytes: {changed:#?}");
}

/// On scratch: the binary, certificates, accounts, what the program opens, an init where it needs one, and empty folders.
fn holds_only_the_program(engine: &Engine, app: &App, image: &Image) {
    let container = engine.create(image);
    let entrypoint: Vec<String> = serde_json::from_value(image.inspect()["Config"]["Entrypoint"].clone()).unwrap();
    let workdir = image.inspect()["Config"]["WorkingDir"].as_str().unwrap().trim_matches('/').to_owned();
    let expected = |path: &str| {
        let asset = path.strip_prefix(&workdir).map_or(path, |rest| rest.trim_start_matches('/'));
        entrypoint.iter().any(|word| word.trim_start_matches('/') == path)
            || ["etc/passwd", "etc/group", "etc/ssl/certs/ca-certificates.crt"].contains(&path)
            || apps().join(app.name).join(asset).is_file()
                && ["web/", "templates/", "static/"].iter().any(|folder| asset.starts_with(folder))
    };
    let unexpected: Vec<(String, u64)> =
        container.files().into_iter().filter(|(path, _)| !path.ends_with('/') && !expected(path)).collect();
    assert!(unexpected.is_empty(), "{} on scratch holds more than the program: {unexpected:?}", app.name);
}

/// Node on distroless: the base and the production dependencies, and no more than 1 MB beside them.
fn weighs_base_and_dependencies(engine: &Engine, app: &App, generated: &Generated, image: &Image) {
    let dockerfile = baseline("production-deps");
    engine.provide_bases(&dockerfile);
    let (reference, _) = engine.build("production-deps", &generated.context(), &dockerfile, None);
    let files = engine.create(&reference).files();
    let dependencies: u64 =
        files.iter().filter(|(path, _)| path.starts_with("app/node_modules/")).map(|(_, size)| size).sum();
    let text = fs::read_to_string(generated.dockerfile()).unwrap();
    let base = text.lines().rev().find_map(|line| line.strip_prefix("FROM ")?.split_whitespace().next()).unwrap();
    let base = run(Command::new("docker").args(["image", "inspect", "-f", "{{.Size}}", base]));
    let base: u64 = base.trim().parse().unwrap();
    let own = image.size().saturating_sub(base);
    println!("{}: {own} bytes over the base, production dependencies {dependencies}", app.name);
    assert!(
        own < dependencies + 1_000_000,
        "{}: {own} bytes over the base, but only {dependencies} of dependencies",
        app.name
    );
}

fn baseline(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/e2e/baseline/{name}.Dockerfile"))
}

/// The development target builds, and its image holds what the production image does not: the development dependencies.
#[test]
fn development_targets_build() {
    let Some(engine) = engine() else { return };
    for app in [&EXPRESS, &CHI] {
        let generated = Generated::new(app.name, &["--dev"]);
        engine.provide_bases(&generated.dockerfile());
        Engine::check(&generated.context(), &generated.dockerfile());
        let (image, _) = engine.build(app.name, &generated.context(), &generated.dockerfile(), Some("development"));
        let config = &image.inspect()["Config"];
        assert!(config["Cmd"].is_array() || config["Entrypoint"].is_array(), "{}: {config}", app.name);
    }
}

macro_rules! baselines {
    ($($test:ident: $app:ident;)+) => {
        $(#[test]
        fn $test() {
            weigh_baselines(&$app);
        })+
    };
}

baselines! {
    baselines_of_node_express: EXPRESS;
    baselines_of_node_nosignal: NOSIGNAL;
    baselines_of_node_spa: SPA;
    baselines_of_node_next: NEXT;
    baselines_of_go_chi: CHI;
    baselines_of_go_templates: TEMPLATES;
    baselines_of_go_cgo: CGO;
    baselines_of_java_spring3: SPRING3;
    baselines_of_rust_axum: RUST_AXUM;
}

/// Weighs the same application by hand-written Dockerfiles; only where sizes are recorded.
fn weigh_baselines(app: &App) {
    if !sizes::blessing() {
        return;
    }
    let Some(engine) = engine() else { return };
    for kind in [sizes::SINGLE, sizes::THREE_STAGE] {
        let dockerfile = baseline(&format!("{}.{kind}", app.name));
        let context = tempfile::tempdir().unwrap();
        copy_tree(&apps().join(app.name), context.path());
        engine.provide_bases(&dockerfile);
        let (image, _) = engine.build(&format!("{}-{kind}", app.name), context.path(), &dockerfile, None);
        sizes::record(app.name, kind, image.size());
    }
}

/// A new version of the packages alone compiles no dependency again.
#[test]
fn rust_release_compiles_no_dependency() {
    let Some(engine) = engine() else { return };
    let generated = Generated::new(RUST_WORKSPACE.name, &["--base", "distroless"]);
    let dockerfile = generated.dockerfile();
    engine.provide_bases(&dockerfile);
    let label = "rust-workspace-release";
    engine.build(label, &generated.context(), &dockerfile, None);
    generated.replace("Cargo.toml", "version = \"4.2.0\"", "version = \"4.3.0\"");
    for name in ["greeting", "server", "worker"] {
        let entry = |version: &str| format!("name = \"{name}\"\nversion = \"{version}\"");
        generated.replace("Cargo.lock", &entry("4.2.0"), &entry("4.3.0"));
    }
    let (_, steps) = engine.build(label, &generated.context(), &dockerfile, None);
    let of = |stage: &str| steps.iter().find(|step| step.stage() == Some(stage) && step.name.contains("RUN")).unwrap();
    assert!(of("deps").cached, "{steps:#?}");
    assert!(!of("build").cached, "{steps:#?}");
}
