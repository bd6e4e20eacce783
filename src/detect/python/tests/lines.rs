//! What lines, scripts, sockets and conditions say of a start, and what a start needs beside it.

use super::*;
use crate::facts::Port;

fn said(program: &Program, code: &str) -> Option<String> {
    let mut found = program.findings.iter().filter(|one| one.code.to_string() == code);
    found.next().map(|one| one.what.clone())
}

fn port(program: &Program) -> Option<u16> {
    program.port.as_ref().map(|port| port.value)
}

const APP: (&str, &str) = ("shop.py", "from flask import Flask\napp = Flask(__name__)\n");
const API: (&str, &str) = ("web.py", "from fastapi import FastAPI\napp = FastAPI()\n");

#[test]
fn options_of_a_line_are_kept_or_said() {
    let line = ("Procfile", "web: gunicorn --preload --max-requests 500 -w4 -b :9005 shop:app\n");
    let files = [FLASK, APP, line];
    let program = first(&files);
    assert!(command(&files).ends_with(" --preload --max-requests=500 shop:app"));
    assert_eq!((port(&program), env(&program, "PORT").as_deref()), (Some(9005), Some("9005")));
    assert_eq!(said(&program, "start-arguments"), None);
    let line = ("Procfile", "web: gunicorn --certfile /etc/a.pem --timeout $LIMIT shop:app\n");
    let what = said(&first(&[FLASK, APP, line]), "start-arguments").unwrap();
    assert!(what.contains("--certfile") && what.contains("--timeout"), "{what}");
    let line = ("Procfile", "web: gunicorn shop:app --log-file -\n");
    assert_eq!(said(&first(&[FLASK, APP, line]), "start-arguments"), None);
    // Workers of another server's.
    let both = ("requirements.txt", "fastapi\nuvicorn\ngunicorn\n");
    let line =
        ("Procfile", "web: gunicorn -k uvicorn.workers.UvicornWorker --timeout 120 web:app\n");
    assert!(
        command(&[both, API, line])
            .ends_with("--worker-class=uvicorn.workers.UvicornWorker --timeout=120 web:app")
    );
    // A line of the documentation is a developer's as often as not.
    let line = ("README.md", "```sh\nuvicorn web:app --reload --port 9000 --env-file .env\n```\n");
    let program = first(&[both, API, line]);
    assert_eq!((port(&program), said(&program, "start-arguments")), (Some(8000), None));
}

#[test]
fn a_unit_with_options_before_the_application_gives_its_folder() {
    let unit = "[Service]\nWorkingDirectory=/opt/shop\nEnvironment=SHOP_STATE=/var/lib/shop\n\
        ExecStart=/opt/shop/venv/bin/gunicorn --bind 0.0.0.0:9005 --workers 2 shop:app\nStateDirectory=shop\n";
    let program = first(&[FLASK, APP, ("deploy/shop.service", unit)]);
    assert_eq!((port(&program), writable(&program)), (Some(9005), vec!["/var/lib/shop"]));
    assert_eq!(env(&program, "SHOP_STATE").as_deref(), Some("/var/lib/shop"));
}

#[test]
fn a_start_script_is_followed_and_the_rest_said() {
    let script = "#!/bin/sh\nset -e\npython migrate.py\nexec uvicorn web:app --host 0.0.0.0 --port \"${PORT:-8020}\"\n";
    let migrate = ("migrate.py", "print(1)\n");
    let files = [UVICORN, API, migrate, ("start.sh", script)];
    let program = first(&files);
    assert_eq!((program.id.as_str(), port(&program)), ("web:app", Some(8020)));
    assert!(said(&program, "script-shortened").unwrap().starts_with("start.sh does more"));
    let readme = ("README.md", "```sh\n./tools/go.sh\n```\n");
    let program = first(&[UVICORN, API, migrate, ("tools/go.sh", script), readme]);
    assert_eq!(port(&program), Some(8020));
}

#[test]
fn a_condition_in_an_expression_is_worked_out() {
    let of = |port: &str| {
        let code = format!(
            "import os\nfrom aiohttp import web\nINSIDE = \"INSIDE\" in os.environ\nweb.run_app(web.Application(), port={port})\n"
        );
        self::port(&first(&[("requirements.txt", "aiohttp\n"), ("main.py", &code)]))
    };
    assert_eq!(of("8080 if INSIDE else 4200"), Some(4200));
    assert_eq!(of("int(os.getenv('PORT', 8080 if INSIDE else 4200))"), Some(4200));
    assert_eq!(
        of("int(os.environ.get('PORT') or (8080 if os.environ.get('INSIDE') else 4000))"),
        Some(4000)
    );
    assert_eq!(of("4100 if not INSIDE else 8080"), Some(4100));
    assert_eq!(of("8080 if os.environ.get('INSIDE') is not None else 4300"), Some(4300));
    assert_eq!(of("8080 if INSIDE and True else 4400"), Some(4400));
}

#[test]
fn datagrams_are_ports_too() {
    let of = |code: &str| {
        let program = first(&[("requirements.txt", ""), ("main.py", code)]);
        program.more_ports.iter().map(|port| port.value).collect::<Vec<_>>()
    };
    let made = "import asyncio\nasync def main():\n    loop = asyncio.get_running_loop()\n    \
        await loop.create_datagram_endpoint(Echo, local_addr=('0.0.0.0', 5358))\nasyncio.run(main())\n";
    assert_eq!(of(made), [Port::udp(5358)]);
    assert_eq!(of(&made.replace("local_addr", "remote_addr")), []);
    let bound = "import socket\nsock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nsock.bind(('', 5359))\n";
    assert_eq!(of(bound), [Port::udp(5359)]);
    assert_eq!(of(&bound.replace("SOCK_DGRAM", "SOCK_STREAM")), []);
    let served = "import socketserver\nwith socketserver.UDPServer(('0.0.0.0', 5360), H) as server:\n    server.serve_forever()\n";
    assert_eq!(of(served), [Port::udp(5360)]);
    let listens = "import socket\nwith socket.socket() as sock:\n    sock.bind(('', 5361))\n    sock.listen()\n";
    assert_eq!(port(&first(&[("requirements.txt", ""), ("main.py", listens)])), Some(5361));
}

#[test]
fn flags_of_any_parser_are_found() {
    let parsed = "import argparse\nfrom http.server import HTTPServer\np = argparse.ArgumentParser()\n\
        p.add_argument('--bind', default='localhost')\np.add_argument('--port', type=int, default=8022)\n\
        a = p.parse_args()\nHTTPServer((a.bind, a.port), None).serve_forever()\n";
    let program = first(&[("requirements.txt", ""), ("main.py", parsed)]);
    assert_eq!(port(&program), Some(8022));
    assert_eq!(program.args.unwrap().value, "--bind=0.0.0.0");
    let typed = "import typer\nimport uvicorn\ndef main(host: str = '127.0.0.1', port: int = 8023):\n    \
        uvicorn.run('web:app', host=host, port=port)\nif __name__ == '__main__':\n    typer.run(main)\n";
    let program = first(&[("requirements.txt", "typer\nuvicorn\n"), ("main.py", typed)]);
    assert_eq!(
        (port(&program), program.args.unwrap().value),
        (Some(8023), "--host=0.0.0.0".into())
    );
}

#[test]
fn migrations_of_alembic_are_said_and_a_server_is_no_file() {
    let app = "import os\nfrom fastapi import FastAPI\nfrom sqlalchemy import create_engine\n\
        engine = create_engine(os.environ['DATABASE_URL'])\napp = FastAPI()\n";
    let ini = ("alembic.ini", "[alembic]\nscript_location = migrations\n");
    let needs = |more: &str| format!("fastapi\nuvicorn\nsqlalchemy\nalembic\n{more}");
    let of =
        |more: &str, app: &str| first(&[("requirements.txt", &needs(more)), ("web.py", app), ini]);
    let program = of("psycopg[binary]\n", app);
    assert!(said(&program, "migrations-not-run").is_some());
    assert_eq!(said(&program, "folder-unknown"), None);
    // Without a driver, the address may be that of a file.
    assert!(said(&of("", app), "folder-unknown").is_some());
    let own = format!("from alembic import command\n{app}command.upgrade(None, 'head')\n");
    assert_eq!(said(&of("psycopg\n", &own), "migrations-not-run"), None);
    // A logger of that name, and a command that somebody must give, run none.
    let logger = format!("{app}LOGGING = {{'loggers': {{'alembic': {{'level': 'INFO'}}}}}}\n");
    assert!(said(&of("psycopg\n", &logger), "migrations-not-run").is_some());
    let command = format!(
        "from alembic import command\n{app}@app.cli.command()\ndef deploy():\n    command.upgrade(None, 'head')\n"
    );
    assert!(said(&of("psycopg\n", &command), "migrations-not-run").is_some());
    let starts =
        format!("import subprocess\n{app}subprocess.run(['alembic', 'upgrade', 'head'])\n");
    assert_eq!(said(&of("psycopg\n", &starts), "migrations-not-run"), None);
}

#[test]
fn an_env_file_that_must_exist_is_said() {
    let of = |code: &str| {
        let files = [("requirements.txt", "python-dotenv\npython-decouple\n"), ("main.py", code)];
        said(&first(&files), "dotenv-required").is_some()
    };
    assert!(of("from dotenv import find_dotenv\nfind_dotenv(raise_error_if_not_found=True)\n"));
    assert!(!of("from dotenv import load_dotenv\nload_dotenv()\n"));
    assert!(of(
        "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('.env'))\n"
    ));
    let values = "from dotenv import dotenv_values\nconfig = dotenv_values('.env')\nprint(config";
    assert!(of(&format!("{values}['A'])\n")));
    assert!(!of(&format!("{values}.get('A'))\n")));
    let chosen = "import tomllib\nfrom pathlib import Path\nFILE = Path('a.toml')\n\
        conf = tomllib.loads(FILE.read_text()) if FILE.exists() else {}\n";
    let program = first(&[("requirements.txt", ""), ("main.py", chosen)]);
    assert_eq!(said(&program, "file-missing"), None);
}

#[test]
fn browsers_are_installed_or_said() {
    let shot = |path: &str| {
        let code = format!(
            "import os\nfrom playwright.sync_api import sync_playwright\nwith sync_playwright() as p:\n    p.chromium.launch({path})\n"
        );
        first(&[("requirements.txt", "playwright\n"), ("main.py", &code)])
    };
    assert!(said(&shot(""), "browser-not-installed").is_some());
    let program = shot("executable_path=os.environ['BROWSER'], args=['--no-sandbox']");
    assert_eq!(env(&program, "BROWSER").as_deref(), Some("/usr/bin/chromium"));
    assert_eq!(program.needs.packages[0].value, "chromium");
    assert_eq!(said(&program, "browser-sandboxed"), None);
    let code = "from selenium import webdriver\ndriver = webdriver.Chrome()\n";
    let program = first(&[("requirements.txt", "selenium\n"), ("main.py", code)]);
    assert_eq!(program.needs.packages[0].value, "chromium-driver");
    assert!(said(&program, "browser-sandboxed").is_some());
}

#[test]
fn a_server_for_development_is_started_where_it_works_and_said() {
    let of = |run: &str| {
        let app = format!("{}if __name__ == '__main__':\n    app.run({run})\n", APP.1);
        first(&[("requirements.txt", "flask\n"), ("shop.py", &app)])
    };
    let program = of("host='0.0.0.0', port=5001");
    assert_eq!((program.id.as_str(), port(&program)), ("shop.py", Some(5001)));
    assert!(said(&program, "development-server").is_some());
    for closed in ["", "host='0.0.0.0', port=5001, debug=True"] {
        let program = of(closed);
        assert_eq!(program.id, "shop:app", "{closed}");
        assert!(said(&program, "development-server").is_some(), "{closed}");
    }
}

#[test]
fn an_example_a_supervisor_and_a_module_that_is_imported_say_more() {
    let main = "import os\nfrom aiohttp import web\nweb.run_app(web.Application(), port=int(os.environ['PORT']))\n";
    let files =
        [("requirements.txt", "aiohttp\n"), ("main.py", main), (".env.example", "PORT=3000\n")];
    let program = first(&files);
    assert_eq!((port(&program), env(&program, "PORT").as_deref()), (Some(3000), Some("3000")));
    let conf = "[supervisord]\nnodaemon=true\n[program:web]\ncommand=uvicorn web:app --host 0.0.0.0 --port 8085\n\
        [program:jobs]\ncommand=python jobs.py\n";
    let jobs = ("jobs.py", "print(1)\n");
    let found = facts(&[UVICORN, API, jobs, ("supervisord.conf", conf)]);
    assert_eq!((port(&found.programs[0]), found.programs[1].id.as_str()), (Some(8085), "jobs.py"));
    let load = "import tomllib\nfrom pathlib import Path\nFILE = Path('a.toml')\ndef load():\n    with FILE.open('rb') as file:\n        return tomllib.load(file)\n";
    let of = |main: &str| {
        let files = [("requirements.txt", ""), ("main.py", main), ("conf.py", load)];
        said(&first(&files), "file-missing").is_some()
    };
    assert!(of("from conf import load\nsettings = load()\n"));
    assert!(!of("from conf import load\ndef later():\n    load()\nprint(1)\n"));
}
