//! What dictionaries, options and wrappers of the code say.

use super::{FLASK, env, facts, first, required, writable};
use crate::detect::python::codes;
use crate::facts::Program;

const MANIFEST: &str = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"waitress\"]\n\
    [project.scripts]\nshop = \"shop.main:main\"\n[build-system]\nrequires = [\"setuptools\", \"setuptools-scm\"]\n\
    build-backend = \"setuptools.build_meta\"\n";

fn shop(main: &str) -> Program {
    let files =
        [("pyproject.toml", MANIFEST), ("src/shop/__init__.py", ""), ("src/shop/main.py", main)];
    first(&files)
}

fn flask(body: &str) -> Program {
    let app = format!("import os\nfrom flask import Flask\napp = Flask(__name__)\n{body}");
    first(&[FLASK, ("app.py", &app)])
}

#[test]
fn a_dictionary_of_commands_needs_one() {
    let of = |key: &str, handler: &str| {
        let main = format!(
            "import waitress\ndef serve():\n    waitress.serve(app, port=7000)\ndef backup():\n    pass\n\
             def main(*args):\n    actions = {{\n        '{key}': serve,\n        'backup': backup,\n    }}\n    \
             try:\n        action, *args = args\n        action = actions[action]\n    \
             except (ValueError, KeyError):\n        {handler}\n    return action(*args)\n"
        );
        shop(&main)
    };
    let prints = "print('Valid commands: ' + ' '.join(actions))\n        return False";
    let program = of("run", prints);
    assert_eq!(program.args.as_ref().map(|args| &*args.value), Some("run"));
    // It goes on with another one.
    assert!(of("run", "action = serve").args.is_none());
}

#[test]
fn a_stated_version_is_not_asked_of_git() {
    let project = |manifest: &str| {
        let mut project = super::super::manifest::Project::default();
        let tree = crate::settings::parse_toml(manifest).unwrap();
        project.pyproject(&crate::path::RelPath::root(), &tree);
        project.states_version
    };
    assert!(project(MANIFEST));
    assert!(!project(&MANIFEST.replace("version = \"1\"", "dynamic = [\"version\"]")));
    assert!(!project(&format!("{MANIFEST}[tool.setuptools_scm]\n")));
}

#[test]
fn an_option_names_the_address_that_no_call_does() {
    let of = |option: &str, default: &str| {
        let main = format!(
            "import argparse\nimport gunicorn.app.base\ndef main():\n    p = argparse.ArgumentParser()\n    \
             p.add_argument('{option}', dest='at', default='{default}')\n    args = p.parse_args()\n    \
             Server(app, {{'bind': f'{{args.at}}'}}).run()\n"
        );
        let program = shop(&main);
        (program.port.map(|port| port.value), program.args.map(|args| args.value))
    };
    assert_eq!(of("--web.listen-address", "[::]:9221"), (Some(9221), None));
    assert_eq!(of("--address", ":9222"), (Some(9222), None));
    let local = Some("--bind=0.0.0.0:9223".to_owned());
    assert_eq!(of("--bind", "127.0.0.1:9223"), (Some(9223), local));
    assert_eq!(of("--address", "db.example.org:5432"), (None, None));
    assert_eq!(of("--level", "a:1"), (None, None));
}

#[test]
fn a_file_that_a_variable_replaces_must_be_there() {
    let of = |condition: &str| {
        let main = format!(
            "import argparse, os\ndef main():\n    p = argparse.ArgumentParser()\n    \
             p.add_argument('--config.file', dest='config_file', default='/etc/shop/shop.yml')\n    \
             params = p.parse_args()\n    if {condition}:\n        config = 1\n    else:\n        \
             with open(params.config_file) as f:\n            config = f.read()\nmain()\n"
        );
        let program = shop(&main);
        let mut found = program.findings.into_iter();
        found.find(|one| one.code == crate::facts::FindingCode::FileMissing)
    };
    let found = of("'SHOP_USER' in os.environ").unwrap();
    assert!(found.what.contains("/etc/shop/shop.yml"), "{}", found.what);
    assert!(found.fix.contains("SHOP_USER"), "{}", found.fix);
    assert!(of("params.plain").is_none());
}

#[test]
fn a_variable_as_a_word_has_no_default() {
    let of = |value: &str| flask(&format!("X = {value}\n"));
    assert_eq!(required(&of("str(os.environ.get('ES_URL'))")), ["ES_URL"]);
    assert!(required(&of("str(os.environ.get('ES_URL', 'x'))")).is_empty());
    assert!(required(&of("os.environ.get('ES_URL')")).is_empty());
}

#[test]
fn a_reader_of_settings_reads_no_variable() {
    let of = |body: &str| {
        flask(&format!(
            "def setting(key, default=None):\n    return {body}\nos.makedirs(setting('DATA_DIR', 'kept'))\n"
        ))
    };
    let program = of("os.environ.get(key, default)");
    assert_eq!(writable(&program), ["kept"]);
    let program = of("app.config.get(key, default)");
    assert_eq!(env(&program, "DATA_DIR"), None);
    let listens = "def setting(key, default=None):\n    return app.config.get(key, default)\n\
        open(setting('LOG_FILE', 'a.log'), 'w')\n";
    assert_eq!(env(&flask(listens), "LOG_FILE"), None);
}

#[test]
fn the_last_assignment_before_the_call_counts() {
    let of = |last: &str| {
        let program = flask(&format!(
            "def save(store, name):\n    path = os.path.join('videos', name)\n    {last}\n    \
             os.makedirs(path, exist_ok=True)\n@app.get('/')\ndef page():\n    save(store, 'a')\n"
        ));
        writable(&program).join(" ")
    };
    assert_eq!(of("path = os.path.join(store.CACHE, path)"), "");
    assert_eq!(of("x = os.path.join(store.CACHE, path)"), "videos/a");
}

#[test]
fn commands_of_developers_and_idle_coroutines() {
    let body = |head: &str| {
        flask(&format!("{head}\ndef themes():\n    os.makedirs('themes/core', exist_ok=True)\n"))
    };
    assert!(writable(&body("@app.cli.command('themes')")).is_empty());
    assert_eq!(writable(&body("@app.get('/x')")), ["themes/core"]);
    let route = "from fastapi import FastAPI\napp = FastAPI()\n@app.post('/x')\n\
        async def put(path: str):\n    open('kept/' + path, 'w')\n";
    let files = [super::UVICORN, ("main.py", route)];
    assert_eq!(writable(&first(&files)), ["kept"]);
}

#[test]
fn a_worker_that_the_program_needs_is_said() {
    let of = |route: &str, more: &[(&str, &str)]| {
        let app = format!(
            "from celery import Celery\nfrom flask import Flask\napp = Flask(__name__)\n\
             tasks = Celery('jobs', broker='redis://redis')\n@tasks.task\ndef add(a):\n    pass\n\
             @app.get('/')\ndef page():\n    {route}\n"
        );
        let own = [("requirements.txt", "flask\ngunicorn\ncelery\n"), ("app.py", app.as_str())];
        let program = facts(&[&own[..], more].concat()).programs.remove(0);
        program.findings.iter().any(|one| one.code == codes::WORKER_NEEDED)
    };
    assert!(of("add.delay(1)", &[]));
    assert!(of("add.apply_async(args=(1,))", &[]));
    assert!(!of("add(1)", &[]));
    let line = ("Procfile", "web: gunicorn app:app\nworker: celery -A app:tasks worker\n");
    assert!(!of("add.delay(1)", &[line]));
}
