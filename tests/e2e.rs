//! From an application's source to a running container: generate, build, run, ask, stop, edit,
//! build again, weigh.
//!
//! Skipped unless `DOCKGEN_E2E=1`; then an engine must answer. `DOCKGEN_RIG` may name a program
//! that provides the base images where no registry can be reached. `DOCKGEN_BLESS=1` writes
//! snapshots/sizes.md.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage serves other tests too")]

#[path = "e2e/sizes.rs"]
mod sizes;
#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dockgen::docker::parse::parse;
use dockgen::verify::{self, Contents, Engine, Kind, Order};
use serde_json::Value;
use stage::{check, engine, proved, provide_bases, run};
use tempfile::TempDir;

/// What a stopped container may take: beyond this, something waits for the engine's SIGKILL.
const STOP: f64 = 3.0;

/// An application under `tests/e2e/apps`.
struct App {
    name: &'static str,
    /// What the answer to `GET /` holds.
    answer: &'static str,
    /// A deep address that must be answered too, and what that answer holds.
    deep: Option<(&'static str, &'static str)>,
    /// The answer to `GET /` holds the user's id.
    says_uid: bool,
    /// The file that is edited, the words in it that are changed, and what they become; `{}` is
    /// another word each time.
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

/// Pages that the program embeds, and a script that it serves from disk, each made by a package of
/// its own.
const FRONT_END: App = App {
    name: "go-front-end",
    answer: "hello from the front end",
    deep: Some(("/static/clock.js", "hello from the clock")),
    says_uid: false,
    edit: ("web/index.html", "hello from", "good day {} from"),
};

/// Static files that collectstatic gathers in the build, and a database that a variable moves to a
/// folder of its own.
const DJANGO: App = App {
    name: "python-django",
    answer: "hello from django",
    deep: Some(("/static/pages/site.css", "sans-serif")),
    says_uid: true,
    edit: ("pages/views.py", "hello from", "good day {} from"),
};

const SPRING3: App = App {
    name: "java-spring3",
    answer: "hello from java-spring3",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Application.java", "hello from", "good day {} from"),
};

/// Pages that a package beside the pom makes, and a Makefile moves to where Maven packs them.
const PACKED_PAGES: App = App {
    name: "java-front-end",
    answer: "<title>hello from the pages</title>",
    deep: Some(("/greeting", "hello from java-front-end")),
    says_uid: false,
    edit: ("ui/index.html", "hello from", "good day {} from"),
};

const SPRING4: App = App {
    name: "java-spring4",
    answer: "hello from java-spring4",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Application.java", "hello from", "good day {} from"),
};

const MODULES: App = App {
    name: "java-modules",
    answer: "hello from modules, visit 1",
    deep: None,
    says_uid: false,
    edit: ("core/src/main/java/example/core/Greeting.java", "hello from", "good day {} from"),
};

const SHADED: App = App {
    name: "java-shaded",
    answer: "hello from shaded",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Main.java", "hello from", "good day {} from"),
};

const QUARKUS: App = App {
    name: "java-quarkus",
    answer: "hello from quarkus",
    deep: None,
    says_uid: false,
    edit: ("src/main/java/example/Hello.java", "hello from", "good day {} from"),
};

const WAR: App = App {
    name: "java-war",
    answer: "hello from war",
    deep: Some(("/page.jsp", "page 42")),
    says_uid: false,
    edit: ("src/main/java/example/Hello.java", "hello from", "good day {} from"),
};

const RUST_AXUM: App = App {
    name: "rust-axum",
    answer: "hello from axum",
    deep: None,
    says_uid: true,
    edit: ("src/greeting.rs", "hello from", "good day {} from"),
};

const RUST_SQLITE: App = App {
    name: "rust-sqlite",
    answer: "hello from sqlite",
    deep: None,
    says_uid: true,
    edit: ("src/main.rs", "hello from", "good day {} from"),
};

/// Not on scratch and alpine: the rig's stand-in for Alpine has Debian's static OpenSSL, which
/// needs more libraries.
const RUST_OPENSSL: App = App {
    name: "rust-openssl",
    answer: "hello from openssl",
    deep: None,
    says_uid: true,
    edit: ("src/main.rs", "hello from", "good day {} from"),
};

const RUST_WORKSPACE: App = App {
    name: "rust-workspace",
    answer: "hello from workspace",
    deep: None,
    says_uid: true,
    edit: ("greeting/src/lib.rs", "hello from", "good day {} from"),
};

const RUST_FILES: App = App {
    name: "rust-files",
    answer: "hello from files",
    deep: Some(("/static/site.css", "sans-serif")),
    says_uid: true,
    edit: ("src/main.rs", "NOTICE.trim()", "NOTICE.trim_end_matches(\"{}\")"),
};

const RUST_FRONT_END: App = App {
    name: "rust-front-end",
    answer: "hello from the front end",
    deep: None,
    says_uid: false,
    edit: ("web/index.html", "hello from", "good day {} from"),
};

/// One of the tools that install packages each, and one way to lie each: plain files, an installed
/// project, a member of a workspace. Not on alpine: the rig's stand-in for it has glibc, and wheels
/// for musl do not run there.
const fn python(name: &'static str, answer: &'static str, file: &'static str) -> App {
    App { name, answer, deep: None, says_uid: true, edit: (file, "hello from", "good day {} from") }
}

const PYTHON_FLASK: App = App {
    deep: Some(("/static/site.css", "sans-serif")),
    ..python("python-flask", "hello from flask", "templates/index.html")
};
const PYTHON_FASTAPI: App = python("python-fastapi", "hello from fastapi", "main.py");
const PYTHON_POETRY: App = python("python-poetry", "hello from poetry", "shop/main.py");
const PYTHON_PDM: App = python("python-pdm", "hello from pdm", "main.py");
const PYTHON_PIPENV: App = python("python-pipenv", "hello from pipenv", "web.py");
const PYTHON_HASHES: App = python("python-hashes", "hello from hashes", "wsgi.py");
const PYTHON_WORKSPACE: App = python(
    "python-workspace",
    "hello from workspace",
    "packages/greeting/src/greeting/__init__.py",
);
const PYTHON_SRC: App = python("python-src", "hello from src", "src/clock/pages/index.html");
const PYTHON_COMPILED: App = python("python-compiled", "hello from compiled, libpq", "main.py");

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
    python_django_on_debian: DJANGO on "debian";
    go_cgo_on_distroless: CGO on "distroless";
    go_cgo_on_alpine: CGO on "alpine";
    go_cgo_on_debian: CGO on "debian";
    go_front_end_on_scratch: FRONT_END on "scratch";
    go_front_end_on_distroless: FRONT_END on "distroless";
    go_front_end_on_alpine: FRONT_END on "alpine";
    go_front_end_on_debian: FRONT_END on "debian";
    java_spring3_on_distroless: SPRING3 on "distroless";
    java_spring3_on_alpine: SPRING3 on "alpine";
    java_spring3_on_debian: SPRING3 on "debian";
    java_spring4_on_distroless: SPRING4 on "distroless";
    java_spring4_on_alpine: SPRING4 on "alpine";
    java_spring4_on_debian: SPRING4 on "debian";
    java_front_end_on_distroless: PACKED_PAGES on "distroless";
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
    python_flask_on_debian: PYTHON_FLASK on "debian";
    python_flask_on_distroless: PYTHON_FLASK on "distroless";
    python_fastapi_on_debian: PYTHON_FASTAPI on "debian";
    python_fastapi_on_distroless: PYTHON_FASTAPI on "distroless";
    python_poetry_on_debian: PYTHON_POETRY on "debian";
    python_pdm_on_debian: PYTHON_PDM on "debian";
    python_pipenv_on_debian: PYTHON_PIPENV on "debian";
    python_hashes_on_debian: PYTHON_HASHES on "debian";
    python_workspace_on_debian: PYTHON_WORKSPACE on "debian";
    python_src_on_debian: PYTHON_SRC on "debian";
    python_compiled_on_debian: PYTHON_COMPILED on "debian";
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
    rust_front_end_on_scratch: RUST_FRONT_END on "scratch";
    rust_front_end_on_distroless: RUST_FRONT_END on "distroless";
    rust_front_end_on_alpine: RUST_FRONT_END on "alpine";
    rust_front_end_on_debian: RUST_FRONT_END on "debian";
    rust_files_on_scratch: RUST_FILES on "scratch";
    rust_files_on_distroless: RUST_FILES on "distroless";
    rust_files_on_alpine: RUST_FILES on "alpine";
    rust_files_on_debian: RUST_FILES on "debian";
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
        self.folder
            .path()
            .join(self.app[key].as_str().unwrap_or_else(|| panic!("no {key} in {}", self.app)))
    }

    fn dockerfile(&self) -> PathBuf {
        self.path("dockerfile")
    }

    fn context(&self) -> PathBuf {
        self.path("context")
    }

    /// Says which edit the caching proof makes.
    fn will_edit(&self, app: &App) {
        let (file, from, to) = app.edit;
        let path = self.folder.path().join("dockgen.toml");
        let text = fs::read_to_string(&path).unwrap_or_default();
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let edit = format!(
            "[verify.edit]\nfile = {}\nfrom = {}\nto = {}\n",
            quoted(file),
            quoted(from),
            quoted(to)
        );
        fs::write(path, format!("{text}\n{edit}")).unwrap();
    }

    /// The files of the image, built by the Dockerfile at `dockerfile`.
    fn contents(&self, engine: &Engine, dockerfile: &Path) -> Contents {
        contents(engine, &self.context(), dockerfile, None)
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
        if ["node_modules", "dist", ".next", "public_html", "target"]
            .iter()
            .any(|name| entry.file_name() == *name)
        {
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

/// Builds an image, and reads it.
fn contents(engine: &Engine, context: &Path, dockerfile: &Path, target: Option<&str>) -> Contents {
    let built = build(engine, context, dockerfile, target);
    let text = fs::read_to_string(dockerfile).unwrap();
    built.image.unwrap().contents(&parse(&text).unwrap()).unwrap()
}

fn build<'e>(
    engine: &'e Engine,
    context: &Path,
    dockerfile: &Path,
    target: Option<&str>,
) -> verify::Built<'e> {
    let order = Order { context, dockerfile, target, secrets: &[], limit: Duration::from_mins(30) };
    let built = verify::build(engine, "e2e", order, &|_| {}).unwrap();
    assert!(built.failure.is_none(), "{}: {:#?}", dockerfile.display(), built.failure);
    assert!(!built.steps.is_empty(), "the build's log is not understood");
    built
}

/// The whole life of one application on one base.
fn prove(engine: &Engine, app: &App, base: &str) {
    let label = format!("{}-{base}", app.name);
    let generated = Generated::new(app.name, &["--base", base]);
    let dockerfile = generated.dockerfile();
    println!("{label}:\n{}", fs::read_to_string(&dockerfile).unwrap());
    provide_bases(&dockerfile);
    generated.will_edit(app);
    let mut words = vec!["--caching=source".to_owned(), "--memory=384m".to_owned()];
    let mut expect =
        |path: &str, holds: &str| words.extend(["--expect".to_owned(), format!("{path}={holds}")]);
    expect("/", app.answer);
    if app.says_uid {
        expect("/", "65532");
    }
    if let Some((path, holds)) = app.deep {
        expect(path, holds);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let proof = proved(generated.folder.path(), &words);
    assert_eq!(proof["base"], base);

    serves_and_stops(&label, app, &proof);
    sizes::record(app.name, base, proof["image"]["size"].as_u64().unwrap());
    match (app.name.split('-').next(), base) {
        (Some("go" | "rust"), "scratch") => holds_only_the_program(engine, app, &generated),
        (Some("node"), "distroless") => weighs_base_and_dependencies(engine, app, &generated),
        _ => {}
    }
    only_the_application_changed(&label, &proof);
}

/// Ran without any privilege, answered, was not root, stopped in time.
fn serves_and_stops(label: &str, app: &App, proof: &Value) {
    for id in [
        "lint",
        "build",
        "user",
        "entrypoint",
        "secrets",
        "writable",
        "boot",
        "stop",
        "caching-source",
        "caching-layers",
    ] {
        assert_eq!(check(proof, id)["outcome"], "ok", "{label}: {}", check(proof, id));
    }
    let config = &proof["image"]["config"];
    let user = config["user"].as_str().unwrap();
    assert!(
        user.split(':').next().is_some_and(|uid| uid.parse::<u32>().is_ok_and(|uid| uid > 0)),
        "USER {user:?}"
    );
    let entrypoint = &config["entrypoint"];
    assert!(
        entrypoint[0].as_str().is_some_and(|word| !word.ends_with("/sh")),
        "ENTRYPOINT {entrypoint}"
    );
    let boot = &proof["boot"];
    let body = |path: &str| {
        let answers = boot["answers"].as_array().unwrap();
        let answer = answers
            .iter()
            .find(|answer| answer["path"] == path)
            .unwrap_or_else(|| panic!("{label}: {boot:#}"));
        assert_eq!(answer["status"], 200, "{label}: GET {path}");
        answer["body"].as_str().unwrap().replace("<!-- -->", "")
    };
    assert!(body("/").contains(app.answer), "{label}: GET / answers {}", body("/"));
    if app.says_uid {
        assert!(
            body("/").contains(user.split(':').next().unwrap()),
            "{label}: not run as {user}: {}",
            body("/")
        );
    }
    if let Some((path, holds)) = app.deep {
        assert!(body(path).contains(holds), "{label}: GET {path} answers {}", body(path));
    }
    let users = boot["users"].as_array().into_iter().flatten();
    assert!(users.into_iter().all(|user| user != 0), "{label}: a process is root");
    let (took, code) = (boot["stop"]["seconds"].as_f64().unwrap(), &boot["stop"]["exit_code"]);
    assert!(
        took < STOP && code != 137,
        "{label}: stopped after {took} s with {code}\n{}",
        boot["lines"]
    );
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

/// The steps that resolve dependencies.
fn dependency_steps(steps: &Value) -> Vec<&Value> {
    let text = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
    let resolving = |step: &&Value| {
        DEPENDENCY_STEPS.iter().any(|words| text(step, "text").contains(words))
            || ["deps", "dependencies"].iter().any(|word| text(step, "stage").contains(word))
    };
    let commands =
        steps.as_array().unwrap().iter().filter(|step| text(step, "text").starts_with("RUN "));
    commands.filter(resolving).collect()
}

/// An edit of the source ran no step that resolves dependencies, and changed the application's
/// layers alone.
fn only_the_application_changed(label: &str, proof: &Value) {
    let steps = &proof["build"]["steps"];
    assert!(!dependency_steps(steps).is_empty(), "{label}: no dependency step in {steps:#}");
    let rebuild = &proof["caching"]["rebuilds"][0];
    let ran = dependency_steps(&rebuild["ran"]);
    assert!(ran.is_empty(), "{label}: an edit of the source runs these again: {ran:#?}");
    let count = |layers: &Value| layers.as_array().unwrap().len();
    let (before, after) = (count(&proof["image"]["layers"]), count(&rebuild["layers"]));
    assert_eq!(before, after, "{label}: another number of layers");
    let changed = rebuild["changed"].as_array().unwrap();
    assert!(!changed.is_empty(), "{label}: the edit did not reach the image");
    for layer in changed {
        let made_by = layer["made_by"].as_str().unwrap();
        // A folder that the program writes is made anew above the program, and holds nothing.
        let empty = made_by.starts_with("WORKDIR") && layer["size"] == 0;
        let application = made_by.starts_with("COPY") && !made_by.contains("node_modules");
        assert!(empty || application, "{label}: `{made_by}` changed after an edit of the source");
        assert_eq!(layer["base"], false, "{label}: `{made_by}` is the application's");
    }
    let bytes = rebuild["changed_bytes"].as_u64().unwrap();
    println!("{label}: an edit changes {} of {after} layers, {} kB", changed.len(), bytes / 1000);
    assert!(
        !label.starts_with("java-") || bytes < 1_000_000,
        "{label}: an edit changes {bytes} bytes: {changed:#?}"
    );
}

/// On scratch: the binary, certificates, accounts, what the program opens, an init where it needs
/// one, and empty folders.
fn holds_only_the_program(engine: &Engine, app: &App, generated: &Generated) {
    let contents = generated.contents(engine, &generated.dockerfile());
    let workdir = contents.config.workdir.trim_matches('/').to_owned();
    let expected = |path: &str| {
        let asset = path.strip_prefix(&workdir).map_or(path, |rest| rest.trim_start_matches('/'));
        contents.config.entrypoint.iter().any(|word| word.trim_start_matches('/') == path)
            || ["etc/passwd", "etc/group", "etc/ssl/certs/ca-certificates.crt"].contains(&path)
            || app.name == FRONT_END.name && asset == "public/static/clock.js"
            || apps().join(app.name).join(asset).is_file()
                && ["web/", "templates/", "static/"].iter().any(|folder| asset.starts_with(folder))
    };
    let tree = contents.tree();
    let files = tree.iter().filter(|(_, (entry, _))| entry.kind != Kind::Folder);
    let unexpected: Vec<&&str> =
        files.map(|(path, _)| path).filter(|path| !expected(path)).collect();
    assert!(
        unexpected.is_empty(),
        "{} on scratch holds more than the program: {unexpected:?}",
        app.name
    );
    assert!(!tree.is_empty());
}

/// Node on distroless: the base and the production dependencies, and no more than 1 MB beside them.
fn weighs_base_and_dependencies(engine: &Engine, app: &App, generated: &Generated) {
    let dockerfile = baseline("production-deps");
    provide_bases(&dockerfile);
    let reference = generated.contents(engine, &dockerfile);
    let tree = reference.tree();
    let dependencies = tree.iter().filter(|(path, _)| path.starts_with("app/node_modules/"));
    let dependencies: u64 = dependencies.map(|(_, (entry, _))| entry.size).sum();
    assert!(dependencies > 0, "{}: no production dependency", app.name);
    let image = generated.contents(engine, &generated.dockerfile());
    let own: u64 = image.layers.iter().filter(|layer| !layer.base).map(|layer| layer.size).sum();
    assert!(
        image.layers.iter().any(|layer| layer.base),
        "{}: the base image has no layer",
        app.name
    );
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

/// The development target builds, and its image holds what the production image does not: the
/// development dependencies.
#[test]
fn development_targets_build() {
    let Some(engine) = engine() else { return };
    for app in [&EXPRESS, &CHI, &FRONT_END] {
        let generated = Generated::new(app.name, &["--dev"]);
        provide_bases(&generated.dockerfile());
        let contents =
            contents(&engine, &generated.context(), &generated.dockerfile(), Some("development"));
        let config = &contents.config;
        assert!(
            !config.cmd.is_empty() || !config.entrypoint.is_empty(),
            "{}: {config:?}",
            app.name
        );
        // What it leads to is no part of production.
        assert_eq!(check(&proved(generated.folder.path(), &[]), "lint")["outcome"], "ok");
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
        provide_bases(&dockerfile);
        sizes::record(app.name, kind, contents(&engine, context.path(), &dockerfile, None).size);
    }
}

/// A new version of the packages alone compiles no dependency again.
#[test]
fn rust_release_compiles_no_dependency() {
    let Some(engine) = engine() else { return };
    let generated = Generated::new(RUST_WORKSPACE.name, &["--base", "distroless"]);
    let dockerfile = generated.dockerfile();
    provide_bases(&dockerfile);
    build(&engine, &generated.context(), &dockerfile, None);
    // Another version from run to run: one that the engine has built is in its layer cache.
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let next = format!("4.2.{}", since.as_secs());
    generated.replace("Cargo.toml", "version = \"4.2.0\"", &format!("version = \"{next}\""));
    for name in ["greeting", "server", "worker"] {
        let entry = |version: &str| format!("name = \"{name}\"\nversion = \"{version}\"");
        generated.replace("Cargo.lock", &entry("4.2.0"), &entry(&next));
    }
    let steps = build(&engine, &generated.context(), &dockerfile, None).steps;
    let of = |stage: &str| {
        steps.iter().find(|step| step.stage == stage && step.text.contains("RUN")).unwrap()
    };
    assert!(of("deps").cached, "{steps:#?}");
    assert!(!of("build").cached, "{steps:#?}");
}
