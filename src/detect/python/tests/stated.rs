//! Ports, folders and steps that settings, other scripts and the build of the project state.

use super::{FLASK, UVICORN, command, env, facts, first, required, writable};
use crate::detect::python::Details;
use crate::facts::Program;

const MANAGE: (&str, &str) =
    ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n");
const WSGI: (&str, &str) = (
    "shop/wsgi.py",
    "import os\nfrom django.core.wsgi import get_wsgi_application\n\
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
);
const DJANGO: (&str, &str) = ("requirements.txt", "django\ngunicorn\nwhitenoise\ndjango-environ\n");
const APPS: &str =
    "INSTALLED_APPS = ['django.contrib.admin', 'django.contrib.staticfiles', 'whitenoise']\n";

/// A project of Django with these settings and files.
fn django(settings: &str, more: &[(&str, &str)]) -> (Program, Vec<String>, Vec<String>) {
    let settings = format!("import os\nimport environ\nenv = environ.Env()\n{APPS}{settings}");
    let mut files = vec![DJANGO, MANAGE, WSGI, ("shop/settings.py", settings.as_str())];
    files.extend(more);
    let facts = facts(&files);
    let program = facts.programs[0].clone();
    let details: Details = facts.details().unwrap();
    let own = details.programs[&program.id].clone();
    let steps = own.steps.iter().map(|step| {
        let vars = step.env.iter().map(|var| format!("{}={} ", var.key, var.value));
        format!("{}{}", vars.collect::<String>(), step.words.join(" "))
    });
    (program, steps.collect(), own.made)
}

fn port(program: &Program) -> Option<u16> {
    program.port.as_ref().map(|port| port.value)
}

fn said(program: &Program) -> Vec<String> {
    program.findings.iter().map(|finding| finding.code.to_string()).collect()
}

#[test]
fn methods_of_an_environment_have_names_and_defaults() {
    let root = "STATIC_ROOT = env.str('SHOP_STATIC', '/srv/shop/static')\n\
        MEDIA_ROOT = env.str('SHOP_MEDIA', default='/srv/shop/media')\n";
    let (program, _, made) = django(root, &[]);
    assert_eq!(made, ["/srv/shop/static"]);
    assert_eq!(writable(&program), ["/srv/shop/media"]);
}

#[test]
fn what_runs_where_no_variable_is_set_demands_its_own() {
    let settings = |test: &str, rest: &str| {
        format!(
            "STATIC_ROOT = 'static'\nif {test}:\n    A = 1\n{rest}    B = {{'x': {{'y': env.str('SHOP_DB')}}}}\n"
        )
    };
    let of = |test: &str, rest: &str| django(&settings(test, rest), &[]);
    for test in
        ["os.environ.get('SHOP_URL')", "env('SHOP_URL', default=None)", "os.getenv('A_B', '')"]
    {
        let (program, steps, _) = of(test, "else:\n");
        assert_eq!(required(&program), ["SHOP_DB"], "{test}");
        assert_eq!(steps, ["SHOP_DB=only-while-building python manage.py collectstatic --noinput"]);
    }
    let settings =
        "STATIC_ROOT = 'static'\nDATABASES = {'default': {'ENGINE': os.environ['SHOP_ENGINE']}}\n";
    let (_, steps, _) = django(settings, &[]);
    assert!(steps[0].starts_with("SHOP_ENGINE=django.db.backends.sqlite3 python"), "{steps:?}");
    assert_eq!(required(&of("not os.environ.get('SHOP_URL')", "").0), ["SHOP_DB"]);
    for test in ["os.environ.get('SHOP_URL', 'x')", "SWITCH", "os.environ.get('A') == 'b'"] {
        assert!(required(&of(test, "else:\n").0).is_empty(), "{test}");
    }
    assert!(required(&of("os.environ.get('SHOP_URL')", "").0).is_empty());
}

#[test]
fn static_files_in_a_home_are_those_of_the_images_user() {
    for root in ["os.path.expanduser('~/static')", "os.path.expanduser('~') + '/static'"] {
        let (program, steps, made) = django(&format!("STATIC_ROOT = {root}\n"), &[]);
        assert_eq!(made, ["/home/nonroot/static"], "{root}");
        assert_eq!(steps, ["HOME=/home/nonroot python manage.py collectstatic --noinput"]);
        assert_eq!(env(&program, "HOME").as_deref(), Some("/home/nonroot"));
    }
}

#[test]
fn translations_are_compiled_where_git_ignores_the_compiled_ones() {
    let ignored = (".gitignore", "*.mo\n");
    let german = ("locale/de/LC_MESSAGES/django.po", "msgid \"\"\n");
    let root = "STATIC_ROOT = 'static'\n";
    let (program, steps, made) = django(root, &[ignored, german]);
    assert_eq!(steps[0], "python manage.py compilemessages");
    assert_eq!(made, ["static", "locale"]);
    assert!(program.needs.packages.iter().any(|one| one.value == "gettext-at-build"));
    assert_eq!(django(root, &[german]).1.len(), 1);
    let held = ("locale/de/LC_MESSAGES/django.mo", "");
    assert_eq!(django(root, &[ignored, german, held]).1.len(), 1);
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let french = ("translations/fr/LC_MESSAGES/messages.po", "msgid \"\"\n");
    let babel = ("requirements.txt", "flask\ngunicorn\nflask-babel\n");
    let details: Details = facts(&[babel, app, ignored, french]).details().unwrap();
    let own = &details.programs["app:app"];
    assert_eq!(own.steps[0].words, ["pybabel", "compile", "--directory=translations"]);
    assert_eq!(own.made, ["translations"]);
    assert_eq!(
        said(&first(&[FLASK, app, ignored, french]))
            .iter()
            .filter(|code| *code == "translations-as-text")
            .count(),
        1
    );
}

#[test]
fn the_port_of_another_file_that_starts_the_server() {
    let package = (
        "shop/__init__.py",
        "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n",
    );
    let waitress = ("requirements.txt", "flask\nwaitress\n");
    let trust = "--trusted-proxy=* --trusted-proxy-headers=x-forwarded-for x-forwarded-proto";
    let run = "from waitress import serve\nfrom shop import create_app\nserve(create_app(), listen='*:8042')\n";
    assert_eq!(
        command(&[waitress, package, ("run.py", run)]),
        format!("waitress-serve --port=8042 {trust} --call shop:create_app")
    );
    assert_eq!(
        command(&[waitress, package, ("run.py", &run.replace("shop", "other"))]),
        format!("waitress-serve {trust} --call shop:create_app")
    );
    let own = "from flask import Flask\nfrom waitress import serve\napp = Flask(__name__)\nif __name__ == '__main__':\n    serve(app, port=5000)\n";
    assert_eq!(
        command(&[waitress, ("main.py", own)]),
        format!("waitress-serve --port=5000 {trust} main:app")
    );
    let api = ("shop/api.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let run = (
        "run.py",
        "import uvicorn\nif __name__ == '__main__':\n    uvicorn.run('shop.api:app', host='0.0.0.0', port=8702)\n",
    );
    let program = first(&[UVICORN, api, run]);
    assert_eq!((port(&program), env(&program, "UVICORN_PORT")), (Some(8702), Some("8702".into())));
    let bound = "from quart import Quart\nfrom hypercorn.config import Config\napp = Quart(__name__)\nconfig = Config()\nconfig.bind = ['0.0.0.0:8282']\n";
    assert_eq!(
        port(&first(&[("requirements.txt", "quart\nhypercorn\n"), ("main.py", bound)])),
        Some(8282)
    );
}

#[test]
fn a_server_that_a_library_made_is_no_server_for_development() {
    let own = "from flask import Flask\nfrom waitress import create_server\nfrom conf import settings\nclass Web:\n    \
        def __init__(self):\n        self.server = create_server(Flask(__name__), port=settings.port)\n    \
        def start(self):\n        self.server.run()\nif __name__ == '__main__':\n    Web().start()\n";
    let program = first(&[("requirements.txt", "flask\nwaitress\n"), ("main.py", own)]);
    assert_eq!((port(&program), said(&program)), (None, vec!["port-unknown".to_owned()]));
    let twisted = "from twisted.internet import reactor\nreactor.listenTCP(5100, None, 50)\n";
    assert_eq!(
        port(&first(&[("requirements.txt", "twisted\n"), ("main.py", twisted)])),
        Some(5100)
    );
}

#[test]
fn programs_of_other_systems_are_not_missing() {
    let code = "import os\nimport sys\nimport subprocess\nif sys.platform == 'win32':\n    subprocess.run(['winquery'])\n\
        if os.name == 'nt':\n    subprocess.run(['ntquery'])\nname = input()\nif name == 'x':\n    subprocess.run(['someprogram'])\n";
    let program = first(&[("requirements.txt", ""), ("main.py", code)]);
    assert_eq!(said(&program), ["command-unknown"]);
}

#[test]
fn a_module_that_is_imported_does_not_write_what_it_writes_alone() {
    let version = "import os\nif __name__ == '__main__':\n    open(os.path.join(os.path.dirname(__file__), 'frozen.py'), 'w')\n";
    let app =
        ("shop/web.py", "from flask import Flask\nimport shop.version\napp = Flask(__name__)\n");
    let program = first(&[FLASK, app, ("shop/__init__.py", ""), ("shop/version.py", version)]);
    assert!(writable(&program).is_empty());
}

#[test]
fn a_project_that_pip_cannot_build_is_not_installed() {
    let setup = "from setuptools import setup\nfrom shop import TAG\nsetup(name='shop', version=TAG, packages=['shop'], entry_points={'console_scripts': ['shop = shop.web:main']})\n";
    let package = ("shop/__init__.py", "import flask\nTAG = '1'\n");
    let app = ("shop/web.py", "from flask import Flask\napp = Flask(__name__)\n");
    let installed = |files: &[(&str, &str)]| {
        let repo = crate::repo::Repo::from_files(files.iter().copied());
        crate::detect::python::Application::read(&repo.root(), &[])
            .unwrap()
            .unwrap()
            .project
            .installs
    };
    assert!(!installed(&[FLASK, ("setup.py", setup), package, app]));
    assert!(installed(&[FLASK, ("setup.py", setup), ("shop/__init__.py", "import os\n"), app]));
    let manifest = "[project]\nname = 'shop'\ndynamic = ['version']\ndependencies = ['flask']\n\
        [build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n\
        [tool.setuptools.dynamic]\nversion = {attr = 'other.VERSION'}\n";
    assert!(!installed(&[("pyproject.toml", manifest), app]));
    assert!(installed(&[("pyproject.toml", &manifest.replace("other", "shop")), app]));
}
