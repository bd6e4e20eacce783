//! Which of several starts is chosen, and by which command.

use super::{FLASK, UVICORN, command, facts, first};
use crate::detect;
use crate::detect::python::codes;
use crate::path::RelPath;
use crate::repo::Repo;

const FACTORY: (&str, &str) = (
    "shop/__init__.py",
    "from flask import Flask\ndef create_app(mode=None):\n    return Flask(__name__)\n",
);

#[test]
fn an_errand_is_no_server() {
    let gunicorn = "gunicorn --access-logfile=- --worker-tmp-dir=/dev/shm";
    let of = |name: &str, rest: &str| {
        let code = format!("import sys\nfrom shop import create_app\napp = create_app()\n{rest}");
        command(&[FLASK, FACTORY, (name, &code)])
    };
    let works = "with app.app_context():\n    print(1)\n";
    assert_eq!(of("update_things.py", works), format!("{gunicorn} shop:create_app()"));
    assert_eq!(of("main.py", "print(1)\nsys.exit(0)\n"), format!("{gunicorn} shop:create_app()"));
    // A module of a server may prepare its database.
    assert_eq!(of("wsgi.py", works), format!("{gunicorn} wsgi:app"));
    assert_eq!(of("shop_web.py", ""), format!("{gunicorn} shop_web:app"));
}

#[test]
fn a_module_that_reads_the_command_line_is_started_by_itself() {
    let main = "import argparse, uvicorn\nfrom fastapi import FastAPI\nparser = argparse.ArgumentParser()\nargs = parser.parse_args()\n\
        app = FastAPI()\nif __name__ == '__main__':\n    uvicorn.run(app, host='0.0.0.0', port=8183)\n";
    let files = [UVICORN, ("main.py", main)];
    assert_eq!(command(&files), "python main.py");
    assert_eq!(first(&files).port.unwrap().value, 8183);
    let later =
        main.replace("args = parser.parse_args()", "def read():\n    return parser.parse_args()");
    assert_eq!(command(&[UVICORN, ("main.py", &later)]), "uvicorn main:app");
}

#[test]
fn the_settings_of_gunicorn_choose_it() {
    let main = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let both = ("requirements.txt", "fastapi\nuvicorn\ngunicorn\n");
    let conf = "import os\nbind = f\"0.0.0.0:{os.getenv('PORT', '9005')}\"\nworker_class = 'uvicorn.workers.UvicornWorker'\n";
    let files = [both, main, ("gunicorn.conf.py", conf)];
    assert!(command(&files).starts_with("gunicorn "), "{}", command(&files));
    assert_eq!(first(&files).port.unwrap().value, 9005);
    assert_eq!(command(&[both, main]), "uvicorn main:app");
}

#[test]
fn a_factory_is_called_with_the_arguments_of_the_line() {
    let factory = FACTORY.1.replace("mode=None", "mode");
    let line = "web: gunicorn \"shop:create_app('live')\" --bind 0.0.0.0:$PORT\n";
    let files = [FLASK, ("shop/__init__.py", factory.as_str()), ("Procfile", line)];
    assert!(command(&files).ends_with(" shop:create_app('live')"), "{}", command(&files));
}

#[test]
fn a_console_script_that_cannot_be_installed_is_started_from_the_folder() {
    let code = "from waitress import serve\nfrom flask import Flask\napp = Flask(__name__)\ndef main():\n    serve(app, host='0.0.0.0', port=7001)\n";
    let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask\", \"waitress\"]\n[project.scripts]\nshop = \"shop.main:main\"\n";
    let own = [("shop/__init__.py", ""), ("shop/main.py", code)];
    let started = "python -c from shop.main import main; raise SystemExit(main())";
    let of = |manifest: &str, more: &[(&str, &str)]| {
        command(&[&[("pyproject.toml", manifest)], &own[..], more].concat())
    };
    assert_eq!(of(manifest, &[]), started);
    let built = format!("[build-system]\nrequires = [\"setuptools\"]\n{manifest}");
    assert_eq!(of(&built, &[]), "shop");
    // setuptools refuses to choose among several folders.
    let more = ("library/other.py", "");
    assert_eq!(of(&built, &[more]), started);
    assert_eq!(of(&built, &[("tests/test_a.py", "")]), "shop");
    let listed = format!("{built}[tool.setuptools]\npackages = [\"shop\"]\n");
    assert_eq!(of(&listed, &[more]), "shop");
    assert_eq!(of(&built.replace("setuptools", "hatchling"), &[]), "shop");
    let guarded = format!("{code}if __name__ == '__main__':\n    main()\n");
    let files =
        [("pyproject.toml", manifest), ("shop/__init__.py", ""), ("shop/main.py", &guarded)];
    assert_eq!(command(&files), "python -m shop.main");
}

#[test]
fn a_package_for_development_that_the_program_imports_is_said() {
    let of = |code: &str, more: &str| {
        let manifest = format!(
            "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"fastapi\", \"uvicorn\"{more}]\n[dependency-groups]\ndev = [\"structlog\"]\n"
        );
        let main = format!("from fastapi import FastAPI\n{code}\napp = FastAPI()\n");
        let facts = facts(&[("pyproject.toml", &manifest), ("main.py", &main)]);
        let mut all = facts.programs[0].findings.iter();
        all.any(|one| one.code == codes::DEVELOPMENT_IMPORTED)
    };
    assert!(of("import structlog", ""));
    assert!(!of("import structlog", ", \"structlog\""));
    assert!(!of("try:\n    import structlog\nexcept ImportError:\n    structlog = None", ""));
    assert!(!of("def later():\n    import structlog", ""));
}

#[test]
fn a_group_inside_of_a_group_is_no_command() {
    let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"aiohttp\", \"click\", \"typer\"]\n\
        [build-system]\nrequires = [\"hatchling\"]\n[project.scripts]\nshop = \"shop.cli:main\"\n";
    let serve = "    web.run_app(web.Application(), host='0.0.0.0', port=8061)\n";
    let args = |cli: &str, more: &[(&str, &str)]| {
        let own = [("pyproject.toml", manifest), ("shop/__init__.py", ""), ("shop/cli.py", cli)];
        first(&[&own, more].concat()).args.map(|args| args.value)
    };
    let click = format!(
        "import click\nfrom aiohttp import web\n@click.group()\ndef main():\n    pass\n@main.group()\ndef server():\n    pass\n\
         @server.command()\ndef run():\n{serve}@main.command()\ndef load():\n    print(1)\n"
    );
    assert_eq!(args(&click, &[]).as_deref(), Some("server run"));
    let typer = "import typer\nfrom shop import server\nmain = typer.Typer()\nmain.add_typer(server.app, name='server')\n";
    let other = format!(
        "import typer\nfrom aiohttp import web\napp = typer.Typer()\n@app.command('start')\ndef begin():\n{serve}@app.command()\ndef stop():\n    print(1)\n"
    );
    assert_eq!(args(typer, &[("shop/server.py", &other)]).as_deref(), Some("server start"));
    let added = "import click\nfrom shop.check import check\nfrom shop.serve import begin\n@click.group()\ndef main():\n    pass\n\
        main.add_command(check)\nmain.add_command(begin)\n";
    let check = "import click\n@click.command()\ndef check():\n    print(1)\n";
    let begin = format!(
        "import click\nfrom aiohttp import web\n@click.command('open')\ndef begin():\n{serve}"
    );
    let files = [("shop/check.py", check), ("shop/serve.py", begin.as_str())];
    assert_eq!(args(added, &files).as_deref(), Some("open"));
    let argparse = format!(
        "import argparse\nfrom aiohttp import web\ndef main():\n    parser = argparse.ArgumentParser()\n    commands = parser.add_subparsers(required=True)\n\
         \x20   server = commands.add_parser('server')\n    actions = server.add_subparsers(required=True)\n    actions.add_parser('run')\n\
         \x20   actions.add_parser('stop')\n    commands.add_parser('load')\n    parser.parse_args()\n{serve}"
    );
    assert_eq!(args(&argparse, &[]).as_deref(), Some("server run"));
}

#[test]
fn the_settings_of_a_server_state_its_port() {
    let app = ("app.py", "import streamlit as st\nst.title('x')\n");
    let conf = (".streamlit/config.toml", "[server]\nport = 8599\n");
    let files = [("requirements.txt", "streamlit==1.40\n"), app, conf];
    let program = first(&files);
    assert_eq!(program.port.as_ref().unwrap().value, 8599);
    assert_eq!(super::env(&program, "STREAMLIT_SERVER_PORT").as_deref(), Some("8599"));
}

#[test]
fn what_a_build_writes_into_a_folder_that_is_there() {
    let web = r#"{"name":"web","private":true,"scripts":{"build":"tailwindcss -i styles/app.css -o static/dist/app.css"},"devDependencies":{"tailwindcss":"3.4.0"}}"#;
    let app = "from flask import Flask\napp = Flask(__name__)\n";
    let held = [("package.json", web), ("static/logo.svg", "<svg/>"), ("styles/app.css", "")];
    let made = |files: &[(&str, &str)]| -> Vec<String> {
        let repo = Repo::from_files(files.iter().copied());
        let mut all = detect::scan(&repo, &RelPath::root()).unwrap().into_iter();
        let own = all.find(|facts| facts.language == "python").unwrap();
        let made = own.programs.into_iter().next().unwrap().front_ends.into_iter();
        made.map(|made| made.value.output.to_string()).collect()
    };
    let own = [FLASK, ("app.py", app)];
    assert_eq!(made(&[&own[..], &held].concat()), ["static/dist/app.css"]);
    let there = ("static/dist/app.css", "a{}");
    assert!(made(&[&own[..], &held, &[there]].concat()).is_empty());
    let api = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\napp = FastAPI()\napp.mount('/s', StaticFiles(directory='static'))\n";
    assert_eq!(made(&[&[UVICORN, ("main.py", api)][..], &held].concat()), ["static/dist/app.css"]);
}
