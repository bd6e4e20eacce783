//! Folders above the working directory, what stands in files of hosts, and what is no fault.

use super::*;

const API: &str = "from fastapi import FastAPI\napp = FastAPI()\n";
const WSGI: &str = "from flask import Flask\napp = Flask(__name__)\n";

fn said(program: &Program, code: &str) -> Option<String> {
    let mut all = program.findings.iter();
    all.find(|one| one.code.to_string() == code).map(|one| one.what.clone())
}

/// A program of Flask's with these lines.
fn flask(text: &str, more: &[(&str, &str)]) -> Program {
    let text = format!("{text}{WSGI}");
    first(&[&[FLASK, ("app.py", &*text)], more].concat())
}

#[test]
fn folders_above_the_working_directory_are_those_of_the_image() {
    let logs = "from pathlib import Path\nLOGS = Path(__file__).resolve().parent.parent / 'logs'\n\
        LOGS.mkdir(exist_ok=True)\n";
    assert_eq!(writable(&flask(logs, &[])), ["/logs"]);
    let indexed = logs.replace("parent.parent", "parents[1]");
    assert_eq!(writable(&flask(&indexed, &[])), ["/logs"]);
    let text = format!("from routes import pages\n{logs}{WSGI}");
    let below = [FLASK, ("backend/main.py", &*text), ("backend/routes.py", "pages = 1\n")];
    assert_eq!(writable(&first(&below)), ["/app/logs"]);
    // The root of the image.
    let file = logs
        .replace("/ 'logs'", "")
        .replace("LOGS.mkdir(exist_ok=True)", "open(LOGS / 'a.db', 'w')");
    let program = flask(&file, &[]);
    assert!(writable(&program).is_empty());
    assert!(said(&program, "folder-unknown").is_some());
    let near = logs.replace("parent.parent", "parent");
    assert_eq!(writable(&flask(&near, &[])), ["logs"]);
}

#[test]
fn pages_that_a_folder_above_makes_are_said() {
    let main = "from pathlib import Path\nfrom fastapi.staticfiles import StaticFiles\n\
        DIST = Path(__file__).resolve().parents[2] / 'frontend' / 'dist'\n";
    let main = format!("{main}{API}app.mount('/', StaticFiles(directory=DIST))\n");
    let files = [
        ("backend/requirements.txt", "fastapi\nuvicorn\n"),
        ("backend/app/__init__.py", ""),
        ("backend/app/main.py", &*main),
        ("frontend/index.html", "x"),
        (
            "frontend/package.json",
            "{\"name\":\"f\",\"scripts\":{\"build\":\"vite build\"},\"devDependencies\":{\"vite\":\"^7.0.0\"}}",
        ),
    ];
    let repo = Repo::from_files(files);
    let folder = RelPath::new("backend").unwrap();
    let program = detect::scan(&repo, &folder).unwrap().remove(0).programs.remove(0);
    assert!(said(&program, "pages-outside").is_some_and(|what| what.contains("frontend/dist")));
    assert!(said(&program, "file-missing").is_none());
}

#[test]
fn a_project_that_writes_beside_its_modules_runs_from_its_folder_by_a_server_too() {
    let project = "[project]\nname = 'vault'\nversion = '1'\ndependencies = ['flask', 'gunicorn']\n\
        [build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n";
    let of = |way: &str| {
        let text = format!(
            "from pathlib import Path\nSTORE = {way} / 'store'\nSTORE.mkdir(exist_ok=True)\n{WSGI}"
        );
        let facts = facts(&[("pyproject.toml", project), ("src/vault/__init__.py", &*text)]);
        facts.details["programs"][&facts.programs[0].id]["paths"].to_string()
    };
    assert_eq!(of("Path(__file__).parent"), "[\"src\"]");
    assert_eq!(of("Path('/data')"), "null");
}

#[test]
fn variables_that_something_replaces_are_not_demanded() {
    let of = |value: &str| {
        let text = format!(
            "import os\nfrom flask_sqlalchemy import SQLAlchemy\n{WSGI}\
             app.config['SQLALCHEMY_DATABASE_URI'] = {value}\ndb = SQLAlchemy(app)\n"
        );
        let list = ("requirements.txt", "flask\ngunicorn\nflask-sqlalchemy\n");
        required(&first(&[list, ("app.py", &*text)])).join(" ")
    };
    assert_eq!(of("os.environ.get('DB_URL')"), "DB_URL");
    assert_eq!(of("os.environ.get('DB_URL') or 'sqlite:///' + os.path.join(BASE, 'a.db')"), "");
}

#[test]
fn settings_and_credentials_that_git_keeps_out() {
    let sheet = "import gspread\nsheets = gspread.service_account(filename='credentials.json')\n";
    let list = ("requirements.txt", "flask\ngunicorn\ngspread\n");
    let text = format!("{sheet}{WSGI}");
    let program = first(&[list, ("app.py", &*text)]);
    assert!(said(&program, "file-missing").is_some_and(|what| what.contains("credentials.json")));
    let loads = "import importlib, os\n\
        settings = importlib.import_module(os.getenv('SHOP', 'shop_configuration'))\n";
    let example = ("shop_configuration_example.py", "KEY = ''\n");
    assert!(said(&flask(loads, &[example]), "config-not-in-git").is_some());
    assert!(
        said(&flask(loads, &[example, ("shop_configuration.py", "")]), "config-not-in-git")
            .is_none()
    );
}

#[test]
fn stubs_that_nothing_generates_are_said() {
    let of = |more: &[(&str, &str)]| said(&flask("import a_pb2_grpc\n", more), "module-generated");
    assert!(of(&[]).is_some());
    assert!(of(&[("a_pb2_grpc.py", "")]).is_none());
    assert!(said(&flask("from google.rpc import code_pb2\n", &[]), "module-generated").is_none());
}

#[test]
fn files_of_hosts_say_version_program_and_packages() {
    let version = |more: (&str, &str)| facts(&[FLASK, ("app.py", WSGI), more]).toolchain.value;
    assert_eq!(
        version(("docker/Dockerfile", "FROM python:3.11-slim\nCOPY . .\nCMD [\"python\"]\n")),
        "3.11"
    );
    assert_eq!(version(("app.yaml", "runtime: python312\n")), "3.12");
    assert_eq!(
        version(("README.md", "---\nsdk: gradio\npython_version: 3.11\n---\n# x\n")),
        "3.11"
    );
    let render = "services:\n- type: web\n  envVars:\n  - key: PYTHON_VERSION\n    value: 3.11.9\n";
    assert_eq!(version(("render.yaml", render)), "3.11");
    let head = ("README.md", "---\nsdk: streamlit\napp_file: demo/page.py\n---\n");
    let page = ("demo/page.py", "import streamlit as st\nst.write('x')\n");
    let other = ("demo/other.py", "import streamlit as st\nst.write('x')\n");
    let list = ("requirements.txt", "streamlit\n");
    assert_eq!(first(&[list, page, other, head]).id, "demo/page.py");
    let packages = ("packages.txt", "ffmpeg\nlibunheard9\n");
    let facts = facts(&[FLASK, ("app.py", WSGI), packages]);
    assert!(facts.programs[0].needs.packages.iter().any(|one| one.value == "ffmpeg"));
    let said = facts.findings.iter().find(|one| one.code.to_string() == "packages-listed");
    assert!(
        said.is_some_and(|one| one.what.contains("libunheard9") && !one.what.contains("ffmpeg"))
    );
}

#[test]
fn the_newest_that_ci_tests_with_is_said() {
    let project = "[project]\nname = 'a'\nversion = '1'\nrequires-python = '>=3.10'\n\
        dependencies = ['flask', 'gunicorn']\n";
    let of = |matrix: &str| {
        let ci = format!(
            "jobs:\n  t:\n    strategy:\n      matrix:\n        python: [{matrix}]\n    steps:\n      \
             - uses: actions/setup-python@v5\n        with:\n          \
             python-version: ${{{{ matrix.python }}}}\n"
        );
        let files =
            [("pyproject.toml", project), ("app.py", WSGI), (".github/workflows/ci.yml", &*ci)];
        facts(&files).findings.iter().any(|one| one.code.to_string() == "python-untested")
    };
    assert!(of("'3.10', '3.11', '3.12'"));
    assert!(!of("'3.10', '3.14'"));
}

#[test]
fn writes_that_nobody_asks_for_are_no_fault() {
    let unknown = |text: &str| said(&flask(text, &[]), "folder-unknown").is_some();
    assert!(!unknown(
        "import tempfile\nfrom pathlib import Path\nd = tempfile.mkdtemp()\np = Path(d) / 'x'\np.write_bytes(b'')\n"
    ));
    // The name is the folder's, and not the one of another class.
    let text = "import os, tempfile\nclass Kind:\n    name = 'setting'\ndef make():\n    folder = tempfile.TemporaryDirectory()\n    os.mkdir(os.path.join(folder.name, 'x'))\nmake()\n";
    let of = |text: &str| flask(text, &[]).writable.into_iter().map(|one| one.value);
    assert!(!of(text).any(|folder| folder.contains("setting")));
    let own = text.replace("tempfile.TemporaryDirectory()", "Kind()");
    assert!(of(&own).any(|folder| folder == "setting/x"));
    let idle = "def export(path, rows):\n    open(path, 'w').write(rows)\n";
    assert!(!unknown(idle));
    assert!(unknown(&format!("{idle}def other(path):\n    export(path, 1)\n")));
    let logged = "import logging, os\nif os.getenv('LOG_FILE'):\n    logging.FileHandler(os.environ['LOG_FILE'])\n";
    assert!(!unknown(logged));
    let git = "import subprocess\ntry:\n    V = subprocess.check_output(['git', 'rev-parse', 'HEAD'])\nexcept Exception:\n    V = ''\n";
    let program = flask(git, &[]);
    assert!(program.needs.packages.iter().all(|one| one.value != "git"));
    let bare = "import subprocess\nV = subprocess.check_output(['git', 'rev-parse', 'HEAD'])\n";
    assert!(flask(bare, &[]).needs.packages.iter().any(|one| one.value == "git"));
}

#[test]
fn the_folder_that_the_image_starts_in_is_no_other_argument() {
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\
        os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\napplication = get_wsgi_application()\n";
    let of = |line: &str| {
        let files = [
            ("requirements.txt", "django==5.2.7\ngunicorn\n"),
            ("src/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\n"),
            ("src/core/__init__.py", ""),
            ("src/core/settings.py", "ROOT_URLCONF = 'core.urls'\n"),
            ("src/core/wsgi.py", wsgi),
            ("Procfile", line),
        ];
        said(&first(&files), "start-arguments").is_some()
    };
    assert!(!of("web: gunicorn --chdir src core.wsgi --log-file -\n"));
    assert!(of("web: gunicorn --chdir other core.wsgi --log-file -\n"));
}
