//! What the source code says, through the detector of the whole application.

use crate::detect;
use crate::facts::{Facts, Kind, Program};
use crate::path::RelPath;
use crate::repo::Repo;

mod aged;
mod asked;
mod built;
mod chosen;
mod commanded;
mod ended;
mod lines;
mod looked;
mod packaged;
mod services;
mod settled;
mod several;
mod started;
mod stated;
mod stopped;
mod tasks;
mod written;

fn facts(files: &[(&str, &str)]) -> Facts {
    let repo = Repo::from_files(files.iter().copied());
    detect::scan(&repo, &RelPath::root()).unwrap().remove(0)
}

fn first(files: &[(&str, &str)]) -> Program {
    facts(files).programs.remove(0)
}

/// The command of the first program.
fn command(files: &[(&str, &str)]) -> String {
    let facts = facts(files);
    let id = facts.programs[0].id.clone();
    let words = &facts.details["programs"][id]["command"];
    let words = words.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
    words.collect::<Vec<_>>().join(" ")
}

fn required(program: &Program) -> Vec<&str> {
    program.required.iter().map(|name| name.value.as_str()).collect()
}

fn writable(program: &Program) -> Vec<&str> {
    program.writable.iter().map(|name| name.value.as_str()).collect()
}

fn env(program: &Program, key: &str) -> Option<String> {
    let mut env = program.env.iter();
    env.find(|held| held.value.key == key).map(|held| held.value.value.clone())
}

const FLASK: (&str, &str) = ("requirements.txt", "flask\ngunicorn\n");
const UVICORN: (&str, &str) = ("requirements.txt", "fastapi\nuvicorn\npydantic-settings\n");

#[test]
fn the_object_is_named_as_its_module_is_imported() {
    let app = "from flask import Flask\napp = Flask(__name__)\n";
    let of = |path: &str, more: &[(&str, &str)]| {
        let files = [&[FLASK, (path, app)], more].concat();
        first(&files).id
    };
    assert_eq!(of("app.py", &[]), "app:app");
    assert_eq!(of("src/app.py", &[]), "app:app");
    assert_eq!(of("src/app.py", &[("src/__init__.py", "")]), "src.app:app");
    assert_eq!(of("shop/web.py", &[("shop/__init__.py", "")]), "shop.web:app");
    assert_eq!(of("shop/__init__.py", &[]), "shop:app");
    assert_eq!(of("src/shop/web.py", &[("src/shop/__init__.py", "")]), "shop.web:app");
    // Imports decide which folder modules are imported from.
    let app = "from flask import Flask\nfrom routes import pages\napp = Flask(__name__)\n";
    let files = [FLASK, ("backend/main.py", app), ("backend/routes.py", "pages = 1\n")];
    assert_eq!(first(&files).id, "main:app");
    let facts = facts(&files);
    assert_eq!(facts.details["programs"]["main:app"]["workdir"], "backend");
}

#[test]
fn the_folder_of_manage_py_is_where_modules_are_imported_from() {
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\napplication = get_wsgi_application()\n";
    let settings = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nMEDIA_ROOT = BASE_DIR / 'media'\n";
    let files = [
        ("requirements.txt", "django\ngunicorn\n"),
        (
            "shop/manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings.debug')\n",
        ),
        ("shop/core/__init__.py", ""),
        ("shop/core/wsgi.py", wsgi),
        ("shop/core/settings/__init__.py", settings),
        ("shop/core/settings/debug.py", "from . import *\n"),
    ];
    let program = first(&files);
    assert_eq!(
        (program.id.as_str(), writable(&program)),
        ("core.wsgi:application", vec!["core/media"])
    );
    assert_eq!(facts(&files).details["programs"]["core.wsgi:application"]["workdir"], "shop");
    assert_eq!(env(&program, "DJANGO_SETTINGS_MODULE").as_deref(), Some("core.settings"));
}

#[test]
fn factories_are_called_and_objects_of_factories_found() {
    let package = "import flask\n\ndef create_app(config=None):\n    app = flask.Flask(__name__)\n    return app\n";
    let files = [FLASK, ("shop/__init__.py", package)];
    let gunicorn = "gunicorn --access-logfile=- --worker-tmp-dir=/dev/shm";
    assert_eq!(command(&files), format!("{gunicorn} shop:create_app()"));
    let wsgi = ("wsgi.py", "from shop import create_app\napplication = create_app()\n");
    assert_eq!(command(&[FLASK, files[1], wsgi]), format!("{gunicorn} wsgi:application"));
    // One that is made for the developer's start alone cannot be imported.
    let run = (
        "run.py",
        "from shop import create_app\nif __name__ == '__main__':\n    app = create_app()\n    app.run()\n",
    );
    assert_eq!(command(&[FLASK, files[1], run]), format!("{gunicorn} shop:create_app()"));
    let needs = package.replace("config=None", "config");
    assert!(facts(&[FLASK, ("shop/__init__.py", &needs)]).programs.is_empty());
    let asgi = "from fastapi import FastAPI\ndef build(*, debug: bool = False) -> FastAPI:\n    return FastAPI(debug=debug)\n";
    assert_eq!(command(&[UVICORN, ("api.py", asgi)]), "uvicorn --factory api:build");
}

#[test]
fn the_repository_says_which_object_and_how() {
    let app = "from flask import Flask\napp = Flask(__name__)\n";
    let files = [
        FLASK,
        ("app.py", app),
        ("service/web.py", "from flask import Flask\nserver = Flask(__name__)\n"),
        ("Procfile", "web: gunicorn -k gevent --bind 0.0.0.0:$PORT -w 4 service.web:server\n"),
    ];
    assert_eq!(
        command(&files),
        "gunicorn --access-logfile=- --worker-tmp-dir=/dev/shm --worker-class=gevent service.web:server"
    );
    let conf =
        ("gunicorn.conf.py", "import os\nbind = f\"0.0.0.0:{os.getenv('WEB_PORT', '8123')}\"\n");
    let program = first(&[FLASK, ("app.py", app), conf]);
    assert_eq!(program.port.as_ref().map(|port| port.value), Some(8123));
    assert_eq!(program.port_variable.as_deref(), Some("WEB_PORT"));
    assert_eq!(env(&program, "PORT"), None);
}

#[test]
fn ports_come_from_code_and_rows() {
    let main = "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nif __name__ == '__main__':\n    uvicorn.run(app, host='0.0.0.0', port=8099)\n";
    let program = first(&[UVICORN, ("main.py", main)]);
    assert_eq!(program.port.as_ref().map(|port| port.value), Some(8099));
    assert_eq!(env(&program, "UVICORN_PORT").as_deref(), Some("8099"));
    let main = "from aiohttp import web\nimport os\nPORT = int(os.environ.get('PORT', 8090))\ndef main():\n    web.run_app(web.Application(), port=PORT)\nmain()\n";
    let program = first(&[("requirements.txt", "aiohttp\n"), ("main.py", main)]);
    assert_eq!(program.port.as_ref().map(|port| port.value), Some(8090));
    assert_eq!(program.port_variable.as_deref(), Some("PORT"));
    assert!(program.handles_sigterm.is_some());
    let main = "import uvicorn\nfrom conf import settings\ndef run():\n    uvicorn.run('x:y', host=settings.host, port=settings.port)\nrun()\n";
    let conf = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    host: str = '127.0.0.1'\n    port: int = 7007\nsettings = Settings()\n";
    let program = first(&[UVICORN, ("main.py", main), ("conf.py", conf)]);
    assert_eq!(program.port.as_ref().map(|port| port.value), Some(7007));
    assert_eq!(env(&program, "HOST").as_deref(), Some("0.0.0.0"));
    assert_eq!(program.port_variable.as_deref(), Some("PORT"));
}

#[test]
fn variables_are_demanded_where_nothing_gives_them() {
    let code = "\
import os
from decouple import config
A = os.environ['AA']
B = os.environ.get('BB')
C = os.getenv('CC')
if C is None:
    raise RuntimeError('no CC')
D = config('DD')
E = config('EE', default=1, cast=int)
try:
    F = os.environ['FF']
except KeyError:
    F = ''
os.environ['GG'] = '1'
H = os.environ['HH'] if 'HH' in os.environ else 2
if __name__ == '__main__':
    print(A)
";
    let program = first(&[("requirements.txt", "python-decouple\n"), ("main.py", code)]);
    assert_eq!(required(&program), ["AA", "CC", "DD"]);
}

#[test]
fn a_refusal_to_start_is_known_in_any_form() {
    let code = "\
import os, sys
for name in ('AA', 'BB'):
    if name not in os.environ:
        raise RuntimeError(name)
missing = [n for n in ['CC'] if not os.environ.get(n)]
if missing:
    sys.exit(1)
def must(name, default=None):
    value = os.environ.get(name, default)
    if not value:
        raise RuntimeError(name)
    return value
def need(name):
    value = os.getenv(name)
    if value is None:
        raise RuntimeError(name)
    return value
class Config:
    URL = os.environ.get('EE')
if not Config.URL:
    raise RuntimeError('x')
if not os.getenv('FF') or not os.getenv('GG'):
    sys.exit(2)
assert os.getenv('HH'), 'x'
if not (u := os.getenv('II')):
    raise RuntimeError('x')
if not os.getenv('NO') and not os.getenv('NOT'):
    raise RuntimeError('either')
need('DD')
must('NEITHER', 'x')
S = os.environ.get('JJ', 'changeme')
if S == 'changeme':
    raise RuntimeError('x')
T = os.environ.get('KK') or sys.exit('x')
if __name__ == '__main__':
    print(u)
";
    let program = first(&[("requirements.txt", "requests\n"), ("main.py", code)]);
    assert_eq!(
        required(&program),
        ["AA", "BB", "CC", "DD", "EE", "FF", "GG", "HH", "II", "JJ", "KK"]
    );
}

#[test]
fn written_paths_follow_the_file_and_the_settings() {
    let conf = "\
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'files')
LOGS = Path(os.environ.get('LOG_DIR') or BASE_DIR / 'logs')
";
    let main = "\
import os
from shop import conf
from shop.conf import LOGS
os.makedirs(conf.DATA, exist_ok=True)
LOGS.mkdir(parents=True)
with open('out/' 'result.txt', 'w') as file:
    file.write('x')
with open(os.path.join(conf.BASE_DIR, 'cache', 'a.bin'), mode='rb') as file:
    file.read()
if __name__ == '__main__':
    pass
";
    let files = [
        ("requirements.txt", "requests\n"),
        ("shop/__init__.py", ""),
        ("shop/conf.py", conf),
        ("main.py", main),
    ];
    assert_eq!(writable(&first(&files)), ["files", "logs", "out"]);
    let main = "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.getenv('DATABASE_URL', 'sqlite:///./shop.db'))\nif __name__ == '__main__':\n    pass\n";
    let program = first(&[("requirements.txt", "sqlalchemy\n"), ("main.py", main)]);
    assert_eq!(writable(&program), ["data"]);
    assert_eq!(env(&program, "DATABASE_URL").as_deref(), Some("sqlite:////app/data/shop.db"));
}

#[test]
fn scripts_are_offered_where_no_application_is() {
    let guard = "if __name__ == '__main__':\n    print(1)\n";
    let ids = |files: &[(&str, &str)]| -> Vec<String> {
        let all = [&[("requirements.txt", "requests\n")], files].concat();
        facts(&all).programs.into_iter().map(|program| program.id).collect()
    };
    assert_eq!(ids(&[("main.py", guard), ("tool.py", guard)]), ["main.py"]);
    assert_eq!(ids(&[("sync.py", guard), ("tool.py", guard)]), ["sync.py", "tool.py"]);
    assert_eq!(ids(&[("shop/__main__.py", "print(1)\n")]), ["-m shop"]);
    assert_eq!(ids(&[("tests/main.py", guard), ("util.py", "x = 1\n")]), [""; 0]);
    assert_eq!(ids(&[("bot.py", "print(1)\n")]), ["bot.py"]);
    let told = ("Procfile", "worker: python jobs/run.py --fast\n");
    let told = [told, ("jobs/run.py", "print(1)\n")];
    let all = [&[("requirements.txt", "requests\n")], &told[..]].concat();
    let program = first(&all);
    assert_eq!((program.id.as_str(), program.kind), ("jobs/run.py", Kind::Command));
    assert_eq!(program.args.unwrap().value, "--fast");
}

#[test]
fn what_the_code_starts_is_a_package_or_said() {
    let code = "\
import shlex
import subprocess
from subprocess import check_output
CMD = ['ffmpeg', '-i']
def run(name):
    subprocess.run(CMD + [name])
    check_output(shlex.split('git clone x'))
    subprocess.Popen('ls | grep x', shell=True)
    subprocess.run([name, 'x'])
    subprocess.run(['nothing-known'])
    subprocess.run(['celery', 'x'])
if __name__ == '__main__':
    run('x')
";
    let program = first(&[("requirements.txt", "celery\n"), ("main.py", code)]);
    let packages: Vec<&str> = program.needs.packages.iter().map(|p| p.value.as_str()).collect();
    assert_eq!(packages, ["ffmpeg", "git"]);
    assert!(program.needs.shell.is_some());
    let said: Vec<&str> = program.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert!(said.iter().any(|what| what.contains("nothing-known")), "{said:?}");
    assert!(!said.iter().any(|what| what.contains("celery")), "{said:?}");
}
