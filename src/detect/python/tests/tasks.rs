//! The project's own tasks and the settings of servers.

use super::*;
use crate::findings::FindingCode;

const API: (&str, &str) = ("web.py", "from fastapi import FastAPI\napp = FastAPI()\n");
const WSGI: (&str, &str) = ("shop.py", "from flask import Flask\napp = Flask(__name__)\n");

fn port(files: &[(&str, &str)]) -> Option<u16> {
    first(files).port.as_ref().map(|port| port.value)
}

fn codes(program: &Program) -> Vec<String> {
    program.findings.iter().map(|one| one.code.to_string()).collect()
}

#[test]
fn tasks_of_the_project_name_the_port() {
    let project = "[project]\nname = 'shop'\ndependencies = ['fastapi', 'uvicorn']\n";
    for table in [
        "[tool.pdm.scripts]\nstart = 'uvicorn web:app --port 8070'\n",
        "[tool.poe.tasks]\nserve = {cmd = 'uvicorn web:app --port 8070'}\n",
        "[tool.taskipy.tasks]\nrun = 'uvicorn web:app --port 8070'\n",
    ] {
        let text = format!("{project}{table}");
        assert_eq!(port(&[("pyproject.toml", &text), API]), Some(8070), "{table}");
    }
    let make = ("Makefile", "run:\n\tpoetry run uvicorn web:app --host 0.0.0.0 --port 8077\n");
    assert_eq!(port(&[UVICORN, API, make]), Some(8077));
    let docs = ("README.md", "```sh\nuvicorn web:app\n```\n");
    assert_eq!(port(&[UVICORN, API, docs, make]), Some(8077));
    let docs = ("README.md", "```sh\nfastapi run web.py --port 8321\n```\n");
    assert_eq!(port(&[UVICORN, API, docs]), Some(8321));
    // What is deployed knows better.
    let line = ("Procfile", "web: uvicorn web:app --port 8090\n");
    assert_eq!(port(&[UVICORN, API, make, line]), Some(8090));
}

#[test]
fn settings_of_servers_are_read() {
    let own = ("gunicorn.conf.py", "bind = '127.0.0.1:8765'\n");
    let program = first(&[FLASK, WSGI, own]);
    assert_eq!(program.args.as_ref().map(|args| &*args.value), Some("--bind=0.0.0.0:8765"));
    let outside = ("gunicorn.conf.py", "bind = '0.0.0.0:8765'\n");
    assert!(first(&[FLASK, WSGI, outside]).args.is_none());
    let named = ("conf/server.py", "bind = '0.0.0.0:8766'\n");
    let line = ("Procfile", "web: gunicorn -c conf/server.py shop:app\n");
    assert_eq!(port(&[FLASK, WSGI, named, line]), Some(8766));
    let uwsgi = ("requirements.txt", "flask\nuwsgi\n");
    let ini = "[uwsgi]\nhttp-socket = 127.0.0.1:8188\nmodule = shop:app\nprocesses = 4\n\
        virtualenv = /home/me/venv\nbuffer-size = 32768\n";
    let files = [uwsgi, WSGI, ("uwsgi.ini", ini)];
    let program = first(&files);
    assert_eq!((program.id.as_str(), port(&files)), ("shop:app", Some(8188)));
    let said = program.findings.iter().find(|one| one.code == FindingCode::StartArguments);
    let said = &said.unwrap().what;
    assert!(said.contains("--buffer-size=32768") && !said.contains("processes"), "{said}");
}

#[test]
fn workers_fit_what_the_application_is() {
    let socketio = "flask\nflask-socketio\neventlet\ngunicorn\n";
    let files = [("requirements.txt", socketio), WSGI];
    assert!(command(&files).contains("--worker-class=eventlet --workers=1 shop:app"));
    let line = ("Procfile", "web: gunicorn -k gevent shop:app\n");
    assert!(!command(&[files[0], WSGI, line]).contains("eventlet"));
    let main = "from aiohttp import web\nasync def make():\n    return web.Application()\n";
    let line = ("Procfile", "web: gunicorn main:make --worker-class aiohttp.GunicornWebWorker\n");
    let files = [("requirements.txt", "aiohttp\ngunicorn\n"), ("main.py", main), line];
    assert!(command(&files).ends_with(" main:make"), "{}", command(&files));
}

#[test]
fn a_module_that_serves_as_it_is_imported_is_started_itself() {
    let main =
        "from bottle import Bottle, run\napp = Bottle()\nrun(app, host='0.0.0.0', port=8085)\n";
    let bottle = ("requirements.txt", "bottle\nwaitress\n");
    assert_eq!(command(&[bottle, ("app.py", main)]), "python app.py");
    let guarded = main.replace("run(app,", "if __name__ == '__main__':\n    run(app,");
    assert!(command(&[bottle, ("app.py", &guarded)]).starts_with("waitress-serve"));
    // Its own block starts another server than the one for development.
    let served = "from bottle import Bottle, run\napp = Bottle()\ndef check():\n    pass\n\
        if __name__ == '__main__':\n    check()\n    run(app, host='0.0.0.0', port=80, server=Own)\n";
    assert_eq!(command(&[bottle, ("app.py", served)]), "python app.py");
    let block = "from fastapi import FastAPI\nfrom prometheus_client import start_http_server\n\
        import uvicorn\napp = FastAPI()\nif __name__ == '__main__':\n    start_http_server(9100)\n    \
        uvicorn.run(app, host='0.0.0.0', port=8200)\n";
    let needs = ("requirements.txt", "fastapi\nuvicorn\nprometheus-client\n");
    assert_eq!(command(&[needs, ("main.py", block)]), "python main.py");
}

#[test]
fn applications_in_packages_named_like_their_library() {
    let celery = "from celery import Celery\napp = Celery('jobs')\n";
    let needs = ("requirements.txt", "celery\n");
    let files = [needs, ("jobs/__init__.py", ""), ("jobs/celery.py", celery)];
    assert!(command(&files).contains("--app=jobs.celery:app"));
    let routes = "from litestar import Litestar, get\n@get('/')\nasync def home() -> str:\n    \
        return 'x'\n\n\ndef create_app() -> Litestar:\n    return Litestar([home])\n";
    let needs = ("requirements.txt", "litestar\nuvicorn\n");
    assert!(command(&[needs, ("web.py", routes)]).ends_with(" web:create_app"));
}

#[test]
fn options_in_a_dictionary_state_the_port() {
    let main = |server: &str| {
        format!(
            "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\n{server}\n\
             if __name__ == '__main__':\n    uvicorn.run(app, **SERVER)\n"
        )
    };
    let known = main("SERVER = {'host': '127.0.0.1', 'port': 8451}");
    assert_eq!(port(&[UVICORN, ("main.py", &known)]), Some(8451));
}

#[test]
fn subcommands_that_a_program_looks_up_by_itself() {
    let main = "import sys\ndef serve():\n    pass\ndef sync():\n    pass\n\
        COMMANDS = {'serve': serve, 'sync': sync}\nif __name__ == '__main__':\n    \
        COMMANDS[sys.argv[1]]()\n";
    let args = |main: &str| {
        let program = first(&[("requirements.txt", "requests\n"), ("main.py", main)]);
        program.args.map(|args| args.value)
    };
    assert_eq!(args(main).as_deref(), Some("serve"));
    let compared = "import sys\nif __name__ == '__main__':\n    what = sys.argv[1]\n    \
        if what == 'sync':\n        print(1)\n    elif what == 'server':\n        print(2)\n";
    assert_eq!(args(compared).as_deref(), Some("server"));
    let optional = main.replace("    COMMANDS[", "    if len(sys.argv) > 1:\n        COMMANDS[");
    assert_eq!(args(&optional), None);
    // There is no other one to choose.
    let single = "import click\n@click.group()\ndef cli():\n    pass\n@cli.command()\n\
        def dashboard():\n    pass\nif __name__ == '__main__':\n    cli()\n";
    assert_eq!(args(single).as_deref(), Some("dashboard"));
    let typer = "import typer\napp = typer.Typer()\nserver = typer.Typer()\n\
        app.add_typer(server, name='server')\n@server.command('start')\ndef start():\n    pass\n\
        @app.command()\ndef version():\n    pass\nif __name__ == '__main__':\n    app()\n";
    assert_eq!(args(typer).as_deref(), Some("server start"));
}

#[test]
fn what_stands_beside_an_installed_project_is_carried() {
    let project = "[project]\nname = 'al'\ndependencies = ['fastapi', 'uvicorn', 'alembic']\n\
        [project.scripts]\nal = 'al.main:run'\n[build-system]\nrequires = ['hatchling']\n\
        build-backend = 'hatchling.build'\n";
    let main = "import uvicorn\nfrom alembic import command\nfrom alembic.config import Config\n\
        from fastapi import FastAPI\napp = FastAPI()\ndef run():\n    \
        command.upgrade(Config('alembic.ini'), 'head')\n    uvicorn.run(app, host='0.0.0.0')\n";
    let program = first(&[
        ("pyproject.toml", project),
        ("al/__init__.py", ""),
        ("al/main.py", main),
        ("alembic.ini", "[alembic]\nscript_location = migrations\n"),
        ("migrations/env.py", ""),
    ]);
    let files: Vec<&str> = program.files.iter().map(|file| file.value.as_str()).collect();
    assert_eq!(files, ["alembic.ini", "migrations"]);
}

#[test]
fn files_that_streamlit_and_tls_read_are_named() {
    let page = "import streamlit as st\nst.write(st.secrets['KEY'])\n";
    let needs = ("requirements.txt", "streamlit\n");
    assert!(codes(&first(&[needs, ("app.py", page)])).contains(&"file-missing".to_owned()));
    let spared = page.replace("['KEY']", ".get('KEY')");
    assert!(!codes(&first(&[needs, ("app.py", &spared)])).contains(&"file-missing".to_owned()));
}

#[test]
fn extension_modules_of_the_project_are_compiled() {
    let setup = "from setuptools import Extension, setup\nsetup(name='ext', install_requires=['flask', 'gunicorn'], \
        ext_modules=[Extension('ext._c', ['ext/c.c'])])\n";
    let app = "from flask import Flask\napp = Flask(__name__)\n";
    let needs = |setup: &str| {
        let files = [("setup.py", setup), ("ext/__init__.py", ""), ("ext/web.py", app)];
        let packages = first(&files).needs.packages;
        packages.iter().any(|one| one.value == "python-extension")
    };
    assert!(needs(setup));
    assert!(!needs(&setup.replace("ext_modules=", "py_modules=")));
}

#[test]
fn a_program_that_writes_beside_its_modules_runs_from_its_folder() {
    let project = "[project]\nname = 'vault'\ndependencies = ['fastapi', 'uvicorn']\n[project.scripts]\n\
        vault = 'vault.main:run'\n[build-system]\nrequires = ['hatchling']\n\
        build-backend = 'hatchling.build'\n";
    let main = "from pathlib import Path\nimport uvicorn\nfrom fastapi import FastAPI\n\
        STORE = Path(__file__).parent / 'store'\nSTORE.mkdir(exist_ok=True)\napp = FastAPI()\n\
        def run():\n    uvicorn.run(app, host='0.0.0.0')\n";
    let details = |main: &str| {
        let files = [
            ("pyproject.toml", project),
            ("src/vault/__init__.py", ""),
            ("src/vault/main.py", main),
        ];
        facts(&files).details["programs"]["vault"].clone()
    };
    let own = details(main);
    assert_eq!((own["sources"].clone(), own["paths"][0].clone()), (true.into(), "src".into()));
    let elsewhere = main.replace("Path(__file__).parent / 'store'", "Path('store')");
    assert_eq!(details(&elsewhere)["sources"], false);
}

#[test]
fn a_socket_of_the_file_system_is_no_port() {
    let main = "from flask import Flask\nfrom waitress import serve\napp = Flask(__name__)\n\
        if __name__ == '__main__':\n    serve(app, unix_socket='/run/a.sock')\n    \
        serve(app, listen='0.0.0.0:5000')\n";
    let files = [("requirements.txt", "flask\nwaitress\n"), ("main.py", main)];
    let program = first(&files);
    assert_eq!((port(&files), program.more_ports.len()), (Some(5000), 0));
}

#[test]
fn listeners_beside_the_server_of_an_application_have_ports_of_their_own() {
    let metrics = "from flask import Flask\nfrom prometheus_client import start_http_server\n\
        app = Flask(__name__)\nstart_http_server(9100)\n";
    let needs = ("requirements.txt", "flask\ngunicorn\nprometheus-client\n");
    let program = first(&[needs, ("app.py", metrics)]);
    let more: Vec<u16> = program.more_ports.iter().map(|port| port.value.number).collect();
    assert_eq!((program.port.map(|port| port.value), more), (Some(8000), vec![9100]));
}

#[test]
fn pages_outside_of_the_build_context_are_said() {
    let app = "from flask import Flask\napp = Flask(__name__, static_folder='../client/build')\n";
    let said = |app: &str| {
        let package = r#"{"scripts": {"build": "react-scripts build"}, "dependencies": {"react-scripts": "5"}}"#;
        let files = [
            ("server/requirements.txt", "flask\ngunicorn\n"),
            ("server/app.py", app),
            ("client/package.json", package),
            ("client/public/index.html", ""),
        ];
        let repo = Repo::from_files(files);
        let found = detect::scan(&repo, &RelPath::root()).unwrap();
        let own = found.iter().find(|facts| facts.language == "python").unwrap();
        codes(&own.programs[0]).contains(&"pages-outside".to_owned())
    };
    assert!(said(app));
    assert!(!said(&app.replace("../client/build", "static")));
}
