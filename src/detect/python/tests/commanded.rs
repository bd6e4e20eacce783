//! What command lines demand, and objects and folders that the code names in unusual ways.

use super::{FLASK, UVICORN, command, facts, first};
use crate::facts::{FindingCode, Program};

const AIOHTTP: &str = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"aiohttp\"]\n\
    [project.scripts]\nshop = \"shop.main:main\"\n[build-system]\nrequires = [\"hatchling\"]\n\
    build-backend = \"hatchling.build\"\n";

fn said(program: &Program, code: &str) -> Option<String> {
    let mut all = program.findings.iter();
    all.find(|one| one.code.to_string() == code).map(|one| one.what.clone())
}

fn shop(body: &str, more: &[(&str, &str)]) -> Program {
    let main = format!("import argparse\nfrom aiohttp import web\n{body}");
    let own =
        [("pyproject.toml", AIOHTTP), ("shop/__init__.py", ""), ("shop/main.py", main.as_str())];
    first(&[&own[..], more].concat())
}

#[test]
fn arguments_that_argparse_demands() {
    let of = |arguments: &str| {
        let body = format!(
            "def main():\n    parser = argparse.ArgumentParser()\n    {arguments}\n    args = parser.parse_args()\n    web.run_app(app(), port=8080)\n"
        );
        said(&shop(&body, &[]), "arguments-unknown")
    };
    let demanded = "`shop` demands --directory, CONFIG, which its command line does not give";
    let both = "parser.add_argument('-d', '--directory', required=True)\n    parser.add_argument('config')";
    assert_eq!(of(both).as_deref(), Some(demanded));
    assert_eq!(of("parser.add_argument('config', nargs='?')"), None);
    assert_eq!(of("parser.add_argument('config', default='a.yml')"), None);
    assert_eq!(of("parser.add_argument('--directory')"), None);
    let group = "group = parser.add_argument_group('Data')\n    group.add_argument('--directory', required=True)";
    assert!(of(group).unwrap().contains("--directory"));
    let other = "def tool():\n    parser = argparse.ArgumentParser()\n    parser.add_argument('x')\n    parser.parse_args()\ndef main():\n    web.run_app(app(), port=8080)\n";
    assert_eq!(said(&shop(other, &[]), "arguments-unknown"), None);
}

#[test]
fn arguments_of_the_subcommand_that_another_module_adds() {
    let body = "from shop import serve\ndef main():\n    parser = argparse.ArgumentParser()\n    commands = parser.add_subparsers(dest='command')\n    commands.required = True\n    one = commands.add_parser('serve')\n    serve.add(one)\n    for name in ('init', 'check'):\n        commands.add_parser(name)\n    args = parser.parse_args()\n";
    let add = "def add(parser):\n    parser.add_argument('-d', '--directory', required=True)\n";
    let program = shop(body, &[("shop/serve.py", add)]);
    assert_eq!(program.args.as_ref().unwrap().value, "serve");
    assert!(said(&program, "arguments-unknown").unwrap().contains("--directory"));
    let program = shop(&body.replace("'serve'", "'other'"), &[("shop/serve.py", add)]);
    assert!(said(&program, "subcommand-missing").unwrap().contains("other, init, check"));
}

#[test]
fn arguments_that_click_and_typer_demand() {
    let click = "import click\n@click.command()\n@click.argument('config')\n@click.option('--home', required=True)\n@click.option('--port', required=True, envvar='PORT')\ndef main(config, home, port):\n    pass\n";
    assert!(said(&shop(click, &[]), "arguments-unknown").unwrap().contains("CONFIG, --home,"));
    let typer = "import typer\ndef main(config: str, port: int = 80, home: str = typer.Option(...)):\n    pass\ntyper.run(main)\n";
    assert!(said(&shop(typer, &[]), "arguments-unknown").unwrap().contains("CONFIG, --home,"));
    let given =
        click.replace("('config')", "('config', required=False)").replace(", required=True)", ")");
    assert_eq!(said(&shop(&given, &[]), "arguments-unknown"), None);
}

#[test]
fn an_object_that_a_line_of_the_repository_runs() {
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    for app in [
        "from wsgi_lib import make\napp = make()\n",
        "def app(environ, start_response):\n    return []\n",
        "from shop.web import app\n",
    ] {
        assert_eq!(first(&[FLASK, procfile, ("app.py", app)]).id, "app:app", "{app}");
    }
    let make = "def make():\n    return lib.application()\n";
    let files = [FLASK, ("Procfile", "web: gunicorn 'app:make()'\n"), ("app.py", make)];
    assert!(command(&files).ends_with("app:make()"));
    // A name that the module does not bind is none.
    let files = [FLASK, procfile, ("app.py", "import shop\n")];
    assert!(facts(&files).programs.iter().all(|one| one.id != "app:app"));
}

#[test]
fn a_class_that_is_derived_from_one_of_a_library_opens_the_same_folders() {
    let main = "from fastapi import FastAPI\nfrom pages import Pages\napp = FastAPI()\napp.mount('/', Pages(directory='web/dist'))\n";
    let pages =
        "from fastapi.staticfiles import StaticFiles\nclass Pages(StaticFiles):\n    pass\n";
    let web = r#"{"name":"web","private":true,"scripts":{"build":"vite build"},"devDependencies":{"vite":"6.0.0"}}"#;
    let files = [
        UVICORN,
        ("main.py", main),
        ("pages.py", pages),
        ("web/package.json", web),
        ("web/index.html", "<script type=module src=/main.js></script>"),
    ];
    let program = first(&files);
    assert_eq!(program.front_ends[0].value.output.as_str(), "web/dist");
}

#[test]
fn packages_that_bring_what_is_compiled() {
    let of = |text: &str, code: &str| {
        let program = first(&[("requirements.txt", text), ("app.py", code)]);
        let keys = program.needs.packages.iter().map(|one| one.value.clone());
        keys.collect::<Vec<_>>().join(" ")
    };
    let app = "from flask import Flask\napp = Flask(__name__)\n";
    assert_eq!(of("flask\ngunicorn\n", app), "");
    assert!(of("flask\ngunicorn\ndjango-auth-ldap==5.3.0\n", app).contains("libldap"));
    assert!(of("flask\ngunicorn\nsqlalchemy[mariadb-connector]\n", app).contains("libmariadb"));
    assert!(!of("flask\ngunicorn\nsqlalchemy\n", app).contains("libmariadb"));
    assert!(of("flask\ngunicorn\npyicu==2.14\n", app).contains("icu"));
    let gis = format!("from django.contrib.gis.geos import Point\n{app}");
    assert!(of("flask\ngunicorn\ndjango\n", &gis).contains("geodjango"));
}

#[test]
fn commands_in_a_text_of_a_setup_script() {
    let setup = "from setuptools import setup\nsetup(\n    name='shop',\n    install_requires=['aiohttp'],\n    entry_points=\"\"\"\n        [console_scripts]\n        shop = shop.main:main\n        [other]\n        x = y:z\n    \"\"\",\n)\n";
    let main = "from aiohttp import web\ndef main():\n    web.run_app(app(), port=8080)\n";
    let files = [("setup.py", setup), ("shop/__init__.py", ""), ("shop/main.py", main)];
    let program = first(&files);
    assert_eq!(program.id, "shop");
    assert_eq!(program.evidence[0].place(), "setup.py:7");
    assert!(program.findings.iter().all(|one| one.code != FindingCode::ArgumentsUnknown));
}

#[test]
fn files_into_which_the_standard_library_logs() {
    let of = |code: &str| {
        let main = format!(
            "import logging\nimport logging.config\n{code}\nfrom flask import Flask\napp = Flask(__name__)\n"
        );
        let program = first(&[FLASK, ("app.py", &main)]);
        let folders: Vec<String> =
            program.writable.iter().map(|folder| folder.value.clone()).collect();
        (folders.join(" "), said(&program, "writes-beside-the-program").is_some())
    };
    assert_eq!(of("logging.basicConfig(level=1, filename='logs/shop.log')").0, "logs");
    let config = "CONFIG = {'handlers': {'file': {'class': 'x', 'filename': '/var/log/shop/a.log'}}}\nlogging.config.dictConfig(CONFIG)";
    assert_eq!(of(config).0, "/var/log/shop");
    assert_eq!(of("logging.basicConfig(level=1)").0, "");
}

#[test]
fn an_address_that_flask_sqlalchemy_demands() {
    let of = |value: &str| {
        let main = format!(
            "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = {value}\ndb = SQLAlchemy(app)\n"
        );
        let pip = ("requirements.txt", "flask\ngunicorn\nflask-sqlalchemy\npsycopg2-binary\n");
        let program = first(&[pip, ("app.py", &main)]);
        let required: Vec<String> = program.required.iter().map(|one| one.value.clone()).collect();
        (required.join(" "), said(&program, "folder-unknown").is_some())
    };
    assert_eq!(of("os.environ.get('DATABASE_URL')"), ("DATABASE_URL".to_owned(), false));
    assert_eq!(of("os.environ.get('DATABASE_URL', 'postgresql://db/x')").0, "");
}

#[test]
fn a_server_with_many_options_and_its_keywords_in_a_dictionary() {
    let option = |number: i32| format!("@click.option('--o{number}', default=1)\n");
    let options: String = (0..40).map(option).collect();
    let of = |keywords: &str| {
        let body = format!(
            "import click, uvicorn\n@click.group()\ndef cli():\n    pass\n@cli.command()\ndef check():\n    pass\n\
             @cli.command()\n{options}@click.option('-h', '--host', default='127.0.0.1')\n@click.option('--port', default=8431)\n\
             def serve(host, port):\n    given = {keywords}\n    uvicorn.run('shop.main:app', **given)\nmain = cli\n"
        );
        let program = shop(&body, &[]);
        (program.port.map(|port| port.value), program.args.map(|args| args.value))
    };
    let found = (Some(8431), Some("serve --host=0.0.0.0".to_owned()));
    assert_eq!(of("dict(host=host, port=port, workers=1)"), found);
    assert_eq!(of("{'host': host, 'port': port}"), found);
    // What is not known is no default of the server.
    assert_eq!(of("read_options()").0, None);
}
