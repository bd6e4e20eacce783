//! Which program is found, what it is started with, and which pages another package builds for it.

use super::{FLASK, UVICORN, command, env, facts, first};
use crate::facts::Program;

const GUARD: &str = "if __name__ == '__main__':\n    print(1)\n";

fn codes(program: &Program) -> Vec<String> {
    program.findings.iter().map(|finding| finding.code.to_string()).collect()
}

fn pages(program: &Program) -> Vec<(String, Option<&str>)> {
    let made = program.front_ends.iter().map(|made| &made.value);
    made.map(|made| (made.output.to_string(), made.opened.as_deref())).collect()
}

#[test]
fn a_class_that_is_derived_from_a_framework_makes_its_applications() {
    let package = "from flask import Flask\nclass Shop(Flask):\n    pass\n\
        def create_app(settings='a'):\n    app = Shop(__name__)\n    with app.app_context():\n        return app\n";
    let wsgi = "from shop import create_app\napp = create_app()\n";
    let serve = "from shop import create_app\napp = create_app()\napp.run(debug=True)\n";
    let package = ("shop/__init__.py", package);
    assert_eq!(first(&[FLASK, package, ("wsgi.py", wsgi), ("serve.py", serve)]).id, "wsgi:app");
    assert_eq!(first(&[FLASK, package]).id, "shop:create_app");
    // A class of the same name that is derived from another one.
    let other = "class Flask:\n    pass\nclass Shop(Flask):\n    pass\napp = Shop()\n";
    assert!(facts(&[FLASK, ("shop.py", other)]).programs.iter().all(|one| one.id != "shop:app"));
}

#[test]
fn factories_with_arguments_and_functions_that_pass_on_what_they_make() {
    let setup = "from fastapi import FastAPI\ndef create(router, settings):\n    app = FastAPI()\n    return app\n";
    let main = "from setup import create\napp = create(router=1, settings=2)\n";
    assert_eq!(
        first(&[
            UVICORN,
            ("setup_app.py", setup),
            ("main.py", &main.replace("setup", "setup_app"))
        ])
        .id,
        "main:app"
    );
    let inner =
        "from flask import Flask\ndef create_shop():\n    app = Flask(__name__)\n    return app\n";
    let outer = "def create_app():\n    from inner import create_shop\n    return create_shop()\n";
    let wsgi = "from outer import create_app\napp = create_app()\n";
    let side = "from flask import Flask\napp = Flask(__name__)\n";
    let files =
        [FLASK, ("inner.py", inner), ("outer.py", outer), ("wsgi.py", wsgi), ("tester.py", side)];
    assert_eq!(first(&files).id, "wsgi:app");
}

#[test]
fn scripts_of_developers_and_copies_of_libraries_come_last() {
    let pip = ("requirements.txt", "requests\n");
    let serves =
        "from http.server import HTTPServer\nHTTPServer(('', 8123), None).serve_forever()\n";
    let files = [pip, ("build_package.py", GUARD), ("solver.py", serves), ("tests.py", GUARD)];
    let serves = format!("{serves}{GUARD}");
    let files =
        files.map(|(name, text)| if name == "solver.py" { (name, &*serves) } else { (name, text) });
    assert_eq!(first(&files).id, "solver.py");
    let files = [pip, ("lib/codec/__main__.py", "print(1)\n"), ("Shop.py", GUARD)];
    assert_eq!(first(&files).id, "Shop.py");
    // The documentation names one of several.
    let readme = ("README.md", "# x\n\n```sh\npython zeta.py\n```\n");
    assert_eq!(first(&[pip, ("alpha.py", GUARD), ("zeta.py", GUARD), readme]).id, "zeta.py");
}

const PROJECT: &str = "[project]\nname = 'shop'\ndependencies = ['click', 'typer', 'uvicorn']\n\
    [project.scripts]\nshop = 'shop.cli:cli'\n[build-system]\nrequires = ['hatchling']\n";

fn program(cli: &str, more: &[(&str, &str)]) -> Program {
    let files = [("pyproject.toml", PROJECT), ("shop/__init__.py", ""), ("shop/cli.py", cli)];
    first(&[&files[..], more].concat())
}

fn args(program: &Program) -> Option<&str> {
    program.args.as_ref().map(|args| args.value.as_str())
}

#[test]
fn the_subcommand_that_serves_is_chosen_with_its_address() {
    let cli = "import click\nimport uvicorn\n@click.group()\ndef cli():\n    pass\n\
        @cli.command()\ndef check():\n    print(1)\n\
        @cli.command('web')\n@click.option('--host', '-h', default='127.0.0.1')\n\
        @click.option('--port', default=8123, type=int)\ndef web_command(host, port):\n    \
        uvicorn.run('shop.web:app', host=host, port=port)\n";
    let found = program(cli, &[]);
    assert_eq!(args(&found), Some("web --host=0.0.0.0"));
    assert_eq!(found.port.as_ref().map(|port| port.value), Some(8123));
    assert!(!codes(&found).contains(&"localhost-only".to_owned()), "{:?}", codes(&found));
    let cli = "import typer\nimport uvicorn\ncli = typer.Typer()\n@cli.command()\ndef check():\n    print(1)\n\
        @cli.command()\ndef serve(host: str = '127.0.0.1', port: int = 8124):\n    \
        uvicorn.run('shop.web:app', host=host, port=port)\n";
    let found = program(cli, &[]);
    assert_eq!(args(&found), Some("serve --host=0.0.0.0"));
    assert_eq!(found.port.map(|port| port.value), Some(8124));
}

#[test]
fn a_group_without_a_command_that_serves_is_said() {
    let group = "import click\n@click.group()\ndef cli():\n    pass\n\
        @cli.command()\ndef check():\n    print(1)\n@cli.command()\ndef export_all():\n    print(2)\n";
    let found = program(group, &[]);
    assert_eq!(args(&found), None);
    let said = found.findings.iter().find(|one| one.code.to_string() == "subcommand-missing");
    assert!(said.unwrap().what.contains("check, export-all"), "{said:?}");
    // A line of the repository chooses.
    let found = program(group, &[("Procfile", "web: shop check --fast\n")]);
    assert_eq!(args(&found), Some("check --fast"));
    assert!(!codes(&found).contains(&"subcommand-missing".to_owned()));
    // The group itself does something; typer's only command is the program.
    let invoked = group.replace("group()", "group(invoke_without_command=True)");
    let single = "import typer\ncli = typer.Typer()\n@cli.command()\ndef check():\n    print(1)\n";
    let parser = "import argparse\ndef cli():\n    parser = argparse.ArgumentParser()\n    \
        commands = parser.add_subparsers(required=True)\n    commands.add_parser('init')\n    \
        commands.add_parser('serve')\n";
    for cli in [&invoked, single] {
        assert!(!codes(&program(cli, &[])).contains(&"subcommand-missing".to_owned()));
    }
    assert_eq!(args(&program(parser, &[])), Some("serve"));
    let optional = parser.replace("required=True", "");
    assert_eq!(args(&program(&optional, &[])), None);
}

#[test]
fn setuptools_that_nothing_installs_is_said() {
    let main = "import pkg_resources\nif __name__ == '__main__':\n    print(1)\n";
    let said = |requirements: &str, main: &str| {
        let program = first(&[("requirements.txt", requirements), ("main.py", main)]);
        codes(&program).contains(&"setuptools-missing".to_owned())
    };
    assert!(said("requests\n", main));
    assert!(!said("requests\nsetuptools<82\n", main));
    let tried = main
        .replace("import pkg", "try:\n    import pkg")
        .replace("\nif", "\nexcept ImportError:\n    pass\nif");
    assert!(!said("requests\n", &tried));
}

#[test]
fn schedulers_and_queues_are_programs_beside_the_server() {
    let tasks =
        "from celery import Celery\nqueue = Celery('jobs')\nqueue.conf.beat_schedule = {}\n";
    let ids = |files: &[(&str, &str)]| -> Vec<String> {
        facts(files).programs.into_iter().map(|program| program.id).collect()
    };
    let pip = ("requirements.txt", "celery\nrq\n");
    assert_eq!(ids(&[pip, ("jobs.py", tasks)]), ["jobs:queue", "celery beat"]);
    let plain = tasks.replace("queue.conf.beat_schedule = {}\n", "");
    assert_eq!(ids(&[pip, ("jobs.py", &plain)]), ["jobs:queue"]);
    let queue = "from redis import Redis\nfrom rq import Queue\ndef add():\n    return Queue('mail', connection=Redis())\n";
    let files = [("requirements.txt", "rq\n"), ("jobs.py", queue)];
    assert_eq!(command(&files), "rq worker");
    assert_eq!(args(&first(&files)), Some("mail"));
}

#[test]
fn gradio_listens_outside_by_its_variable_and_a_file_that_must_exist_is_said() {
    let main =
        "import gradio as gr\ndemo = gr.Blocks()\nif __name__ == '__main__':\n    demo.launch()\n";
    let program = first(&[("requirements.txt", "gradio\n"), ("main.py", main)]);
    assert_eq!(env(&program, "GRADIO_SERVER_NAME").as_deref(), Some("0.0.0.0"));
    assert!(!codes(&program).contains(&"localhost-only".to_owned()), "{:?}", codes(&program));
    let main = "from decouple import Config, RepositoryEnv\nconfig = Config(RepositoryEnv('.env'))\n\
        if __name__ == '__main__':\n    print(config)\n";
    let files =
        [("requirements.txt", "python-decouple\n"), ("main.py", main), (".env.example", "A=1\n")];
    assert!(codes(&first(&files)).contains(&"config-not-in-git".to_owned()));
}

const VITE: &str = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;

#[test]
fn pages_that_another_package_builds_are_opened() {
    let ui = ("ui/package.json", VITE);
    let of = |requirements: &str, main: &str| -> Vec<(String, Option<String>)> {
        let program = first(&[("requirements.txt", requirements), ("main.py", main), ui]);
        pages(&program).into_iter().map(|(output, way)| (output, way.map(str::to_owned))).collect()
    };
    let there = [("ui/dist".to_owned(), Some("ui/dist".to_owned()))];
    let fastapi = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\n\
        app = FastAPI()\napp.mount('/', StaticFiles(directory='ui/dist', html=True))\n";
    assert_eq!(of("fastapi\nuvicorn\n", fastapi), there);
    let flask = "from flask import Flask\napp = Flask(__name__, static_folder='ui/dist')\n";
    assert_eq!(of("flask\ngunicorn\n", flask), there);
    // The beginning of the path comes from elsewhere.
    let aiohttp = "import os\nfrom aiohttp import web\nfrom other import config\n\
        def index(request):\n    return web.FileResponse(os.path.join(config.BASE, 'ui/dist/index.html'))\n\
        web.run_app(web.Application())\n";
    assert_eq!(of("aiohttp\n", aiohttp), there);
    let none = "from flask import Flask\napp = Flask(__name__, static_folder='other/dist')\n";
    assert_eq!(of("flask\ngunicorn\n", none), []);
}

#[test]
fn pages_are_built_before_collectstatic_and_into_an_installed_package() {
    let settings = "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n\
        INSTALLED_APPS = ['django.contrib.admin', 'django.contrib.staticfiles']\n\
        STATIC_ROOT = os.environ.get('STATIC_ROOT', '/app/collected')\n\
        STATICFILES_DIRS = [BASE_DIR / 'ui' / 'dist']\n";
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\
        os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n";
    let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
    let files = [
        ("requirements.txt", "django\ngunicorn\n"),
        ("manage.py", manage),
        ("shop/__init__.py", ""),
        ("shop/settings.py", settings),
        ("shop/wsgi.py", wsgi),
        ("ui/package.json", VITE),
    ];
    let facts = facts(&files);
    assert_eq!(pages(&facts.programs[0]), [("ui/dist".to_owned(), None)]);
    let details = &facts.details["programs"]["shop.wsgi:application"];
    assert_eq!(details["made"][0], "/app/collected");
    let cli = "import os\nfrom flask import Flask\nfrom waitress import serve\n\
        app = Flask(__name__, static_folder='ui/dist')\ndef cli():\n    serve(app)\n";
    let found = program(cli, &[("shop/ui/package.json", VITE)]);
    assert_eq!(pages(&found), [("shop/ui/dist".to_owned(), None)]);
}

#[test]
fn a_script_that_starts_a_variable_and_the_folder_of_its_modules() {
    let script = "#!/bin/sh\n[ \"$PORT\" ] || PORT=8080\necho \"\\\nWelcome\n  to the shop\n\"\n\
        command=\"python -m \\\n  uvicorn \\\n  main:app \\\n  --app-dir server \\\n  --port ${PORT}\"\n\
        if [ `id -u` -eq 0 ]; then\n  exec gosu shop ${command}\nelse\n  exec ${command}\nfi\n";
    let main = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\nimport helper\n\
        app = FastAPI()\napp.mount('/', StaticFiles(directory='ui/dist', html=True))\n";
    let files = [
        UVICORN,
        ("entrypoint.sh", script),
        ("server/main.py", main),
        ("server/helper.py", "A = 1\n"),
        ("ui/package.json", VITE),
    ];
    let facts = facts(&files);
    let program = &facts.programs[0];
    assert_eq!(program.id, "main:app");
    assert_eq!(pages(program), [("ui/dist".to_owned(), Some("ui/dist"))]);
    let details = &facts.details["programs"]["main:app"];
    assert_eq!((details["workdir"].as_str(), &details["paths"][0]), (None, &"server".into()));
}

#[test]
fn a_file_that_does_more_than_serve_is_started_itself_or_said() {
    let of = |needs: &str, files: &[(&str, &str)]| {
        let requirements = [("requirements.txt", needs)];
        let program = first(&[&requirements, files].concat());
        let said = program.findings.iter().find(|one| one.code.as_str() == "main-block-skipped");
        (program.id.clone(), said.map_or_else(String::new, |one| one.what.clone()))
    };
    let flask = "from flask import Flask\napp = Flask(__name__)\ndef init_db():\n    pass\n";
    let below = "if __name__ == '__main__':\n    with app.app_context():\n        db.create_all()\n    init_db()\n    app.run(host='0.0.0.0', port=5000)\n";
    let (id, said) = of("flask\ngunicorn\n", &[("app.py", &format!("{flask}{below}"))]);
    assert_eq!(id, "app:app");
    assert!(said.ends_with("loads `app:app`: `create_all`, `init_db`"), "{said}");
    // Only the server, and what concerns this process alone.
    let plain = "def setup_logging():\n    pass\nif __name__ == '__main__':\n    setup_logging()\n    app.run()\n";
    let (_, said) = of("flask\ngunicorn\n", &[("app.py", &format!("{flask}{plain}"))]);
    assert_eq!(said, "");
    let own = "import uvicorn, threading\nfrom fastapi import FastAPI\napp = FastAPI()\ndef poll():\n    pass\ndef main():\n    threading.Thread(target=poll).start()\n    uvicorn.run(app, host='0.0.0.0', port=8123)\nif __name__ == '__main__':\n    main()\n";
    let (id, said) = of("fastapi\nuvicorn\n", &[("main.py", own)]);
    assert_eq!((id.as_str(), said.as_str()), ("main.py", ""));
    // A file that reloads its sources is a developer's.
    let reloads = own.replace("port=8123", "port=8123, reload=True");
    let (id, said) = of("fastapi\nuvicorn\n", &[("main.py", &reloads)]);
    assert!(id == "main:app" && said.contains("`start`"), "{id} {said}");
    let web = "from fastapi import FastAPI\napp = FastAPI()\n";
    let bot = "import asyncio, uvicorn\nfrom web import app\nasync def main():\n    server = uvicorn.Server(uvicorn.Config(app, host='0.0.0.0', port=8181))\n    await asyncio.gather(dp.start_polling(bot), server.serve())\nif __name__ == '__main__':\n    asyncio.run(main())\n";
    let (id, said) = of("fastapi\nuvicorn\naiogram\n", &[("web.py", web), ("main.py", bot)]);
    assert_eq!((id.as_str(), said.as_str()), ("main.py", ""));
    // The repository itself starts the application alone.
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    let all = [procfile, ("app.py", &*format!("{flask}{below}"))];
    assert_eq!(of("flask\ngunicorn\n", &all).1, "");
}
