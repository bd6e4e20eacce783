//! What ends a program while nobody sets anything, and how the repository says what it needs.

use super::{FLASK, UVICORN, command, facts, first, required};
use crate::facts::{Facts, Program};

const DJANGO: (&str, &str) = ("requirements.txt", "django==5.0.6\ngunicorn==22.0.0\n");
const MANAGE: (&str, &str) =
    ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n");
const WSGI: (&str, &str) = (
    "shop/wsgi.py",
    "import os\nfrom django.core.wsgi import get_wsgi_application\n\
     os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n\
     application = get_wsgi_application()\n",
);
const APPS: &str = "INSTALLED_APPS = ['django.contrib.admin', 'django.contrib.staticfiles']\n\
    STATIC_ROOT = os.environ.get('STATIC_ROOT', 'static')\nMEDIA_ROOT = os.environ.get('MEDIA_ROOT', 'uploads')\n";

/// Django with these lines in its settings.
fn django(settings: &str, more: &[(&str, &str)]) -> Facts {
    let settings = format!("import os\nimport sys\n{settings}\n{APPS}");
    let own = [DJANGO, MANAGE, WSGI, ("shop/__init__.py", ""), ("shop/settings.py", &*settings)];
    facts(&[&own, more].concat())
}

/// What collectstatic is told.
fn told(facts: &Facts) -> String {
    let steps = &facts.details["programs"][&facts.programs[0].id]["steps"];
    let env = steps[0]["env"].as_array().into_iter().flatten();
    let pairs = env.map(|var| format!("{}={}", var["key"], var["value"]));
    pairs.collect::<Vec<_>>().join(" ").replace('"', "")
}

fn says(program: &Program, code: &str) -> Option<String> {
    let mut all = program.findings.iter();
    all.find(|one| one.code.to_string() == code).map(|one| one.what.clone())
}

#[test]
fn settings_that_refuse_their_own_defaults_are_demanded() {
    let debug = "DEBUG = os.environ.get('DEBUG', 'false') == 'true'\n";
    let of = |text: &str| {
        let facts = django(&format!("{debug}{text}"), &[]);
        (required(&facts.programs[0]).join(" "), told(&facts))
    };
    let key = "KEY = os.environ.get('SHOP_KEY', 'unsafe-key')\n";
    let demanded = ("SHOP_KEY".to_owned(), "SHOP_KEY=only-while-building".to_owned());
    for ends in [
        "if not DEBUG and KEY == 'unsafe-key':\n    raise ValueError('set it')\n",
        "if not DEBUG:\n    if KEY in ('unsafe-key', ''):\n        sys.exit('set it')\n",
        "if not DEBUG and KEY.startswith('unsafe'):\n    raise ValueError\n",
        "if (not DEBUG) and len(KEY) < 16:\n    raise ValueError\n",
        "def stop(text):\n    print(text)\n    sys.exit(1)\nif KEY == 'unsafe-key':\n    stop('x')\n",
    ] {
        assert_eq!(of(&format!("{key}{ends}")), demanded, "{ends}");
    }
    for goes_on in [
        "if DEBUG and KEY == 'unsafe-key':\n    raise ValueError\n",
        "if KEY == 'unsafe-key' and os.environ.get('OTHER') is None:\n    raise ValueError\n",
        "if KEY == 'other':\n    raise ValueError\n",
        "if KEY == 'unsafe-key':\n    print('weak')\n",
        "def later():\n    if KEY == 'unsafe-key' and not DEBUG:\n        raise ValueError\n",
        "if KEY == 'unsafe-key':\n    KEY = 'made'\nif not DEBUG and len(KEY) < 4:\n    sys.exit(1)\n",
    ] {
        assert_eq!(of(&format!("{key}{goes_on}")), Default::default(), "{goes_on}");
    }
}

#[test]
fn fields_of_settings_are_asked_by_their_variables() {
    let of = |ends: &str| {
        let text = format!(
            "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n\
             class Settings(BaseSettings):\n    DEBUG: bool = False\n    HOST: str = 'example.com'\n    \
             KEY: str = Field(default_factory=lambda: 'auto-' + str(1))\n    EXTRA: str = made()\n    \
             class Config:\n        env_prefix = 'SHOP_'\n\
             SETUP = Settings()\nHOST = SETUP.HOST\nDEBUG = SETUP.DEBUG\n{ends}"
        );
        required(&django(&text, &[]).programs[0]).join(" ")
    };
    let host = "if not DEBUG and HOST == 'example.com':\n    raise ValueError\n";
    assert_eq!(of(host), "SHOP_HOST");
    let key = "if not SETUP.DEBUG and SETUP.KEY.startswith('auto-'):\n    sys.exit(1)\n";
    assert_eq!(of(key), "SHOP_KEY");
    assert_eq!(of("if SETUP.DEBUG and HOST == 'example.com':\n    raise ValueError\n"), "");
    assert_eq!(of("if SETUP.KEY == 'auto-':\n    raise ValueError\n"), "");
}

#[test]
fn keys_of_a_configuration_that_are_refused() {
    let of = |more: &str, ends: &str| {
        let text = format!(
            "import os\nimport sys\nfrom flask import Flask\napp = Flask(__name__)\n\
             app.config.update(FOLDER=None, SECRET='CHANGE ME')\n{more}{ends}"
        );
        first(&[FLASK, ("app.py", &text)])
    };
    let ends = "if app.config['SECRET'] == 'CHANGE ME' or len(app.config['SECRET']) < 16:\n    sys.exit(1)\n\
        if app.config['FOLDER'] is None:\n    sys.exit(1)\n";
    let said = says(&of("", ends), "secret-unchanged").unwrap();
    assert!(said.contains("`SECRET`, `FOLDER`"), "{said}");
    let looped = "for key in app.config:\n    if key in os.environ:\n        app.config[key] = os.environ[key]\n";
    let found = of(looped, ends);
    assert_eq!(required(&found), ["FOLDER", "SECRET"]);
    assert_eq!(says(&found, "secret-unchanged"), None);
    let other = "app.config['SECRET'] = load()\n";
    let ends = "if app.config['SECRET'] == 'CHANGE ME':\n    sys.exit(1)\n";
    assert_eq!(says(&of(other, ends), "secret-unchanged"), None);
}

#[test]
fn an_answer_to_a_request_is_no_end() {
    let views = |body: &str| {
        let text = format!(
            "import os\nfrom flask import Flask\napp = Flask(__name__)\nPUSH = os.environ.get('PUSH')\n{body}"
        );
        required(&first(&[FLASK, ("app.py", &text)])).join(" ")
    };
    assert_eq!(views("def push(request):\n    if not PUSH:\n        raise ValueError\n"), "");
    assert_eq!(views("def push():\n    if not PUSH:\n        raise errors.NotFound('x')\n"), "");
    assert_eq!(views("def push():\n    if not PUSH:\n        raise ValueError('x')\n"), "PUSH");
}

#[test]
fn what_a_dockerfile_gathers_static_files_with() {
    let of = |run: &str| {
        let text = format!("FROM python:3.12\nCOPY . .\nARG SHOP_KEY=at-build\n{run}\n");
        let facts = django("KEY = os.environ['SHOP_KEY']\n", &[("docker/Dockerfile", &text)]);
        (told(&facts), says(&facts.programs[0], "variables-given"))
    };
    let (told, said) =
        of("RUN SHOP_URL=\"sqlite://\" X=$Y python manage.py collectstatic --noinput");
    assert_eq!(told, "SHOP_URL=sqlite:// SHOP_KEY=at-build");
    assert!(said.unwrap().contains("with SHOP_URL, which"));
    let (told, said) = of("RUN SHOP_URL=x python manage.py check");
    assert_eq!((told.as_str(), said), ("SHOP_KEY=only-while-building", None));
}

#[test]
fn a_function_of_the_interface_around_the_framework_is_the_application() {
    let asgi = "import os\nfrom django.core.asgi import get_asgi_application\n\
        os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\ninner = get_asgi_application()\n\
        async def application(scope, receive, send):\n    await inner(scope, receive, send)\n";
    let files = [
        ("requirements.txt", "django\nuvicorn\n"),
        MANAGE,
        ("shop/__init__.py", ""),
        ("shop/settings.py", "INSTALLED_APPS = []\n"),
        ("shop/asgi.py", asgi),
    ];
    assert_eq!(command(&files), "uvicorn shop.asgi:application");
    let other = asgi.replace("scope, receive, send):", "scope, receive):");
    let files = [files[0], files[1], files[2], files[3], ("shop/asgi.py", &other)];
    assert_eq!(command(&files), "uvicorn shop.asgi:inner");
}

#[test]
fn a_variable_of_a_recipe_moves_the_folder_that_it_names() {
    let compose = "services:\n  web:\n    build: .\n    environment:\n      - MEDIA_ROOT=/srv/shop/uploads\n    \
        volumes:\n      - data:/srv/shop/uploads\n";
    let found = django("", &[("compose.yml", compose)]).programs.remove(0);
    assert_eq!(super::writable(&found), ["/srv/shop/uploads"]);
    assert_eq!(says(&found, "volume-elsewhere"), None);
}

#[test]
fn a_factory_is_what_returns_an_application() {
    let of = |text: &str| {
        let text = format!("from fastapi import FastAPI\nfrom kit import Kit, Middleware\n{text}");
        command(&[UVICORN, ("shop/__init__.py", ""), ("shop/app.py", &text)])
    };
    let kit = "def make():\n    return Kit(app=FastAPI(title='x'))\n";
    let annotated = "def create() -> FastAPI:\n    kit = make()\n    return kit.app\n";
    assert_eq!(of(&format!("{kit}{annotated}")), "uvicorn --factory shop.app:create");
    let wrapped = "def make():\n    return Middleware(FastAPI())\n";
    assert_eq!(of(wrapped), "uvicorn --factory shop.app:make");
    let passed =
        "def other(app: FastAPI) -> FastAPI:\n    return app\ndef make():\n    return FastAPI()\n";
    assert_eq!(of(passed), "uvicorn --factory shop.app:make");
}

const PROJECT: &str = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['flask', 'gunicorn']\n\
    [project.optional-dependencies]\npostgres = ['psycopg']\nredis = ['redis']\ndev = ['pytest']\n";

#[test]
fn extras_that_the_repository_installs_are_installed() {
    let of = |name: &str, text: &str| {
        let app = ("shop.py", "from flask import Flask\napp = Flask(__name__)\n");
        let facts = facts(&[("pyproject.toml", PROJECT), app, (name, text)]);
        let asked = facts.questions.iter().find(|one| one.id == "extras").unwrap();
        asked.default.as_ref().unwrap().value.clone()
    };
    let run = |line: &str| of("Dockerfile", &format!("FROM python:3.12\nCOPY . .\nRUN {line}\n"));
    assert_eq!(run("pip install --no-cache-dir '.[postgres,redis,dev]'"), "postgres,redis");
    assert_eq!(run("uv sync --frozen --extra postgres --extra=redis"), "postgres,redis");
    assert_eq!(run("poetry install -E redis"), "redis");
    assert_eq!(run("pip install -e /app[postgres]"), "postgres");
    assert_eq!(run("uv sync --all-extras"), "postgres,redis");
    assert_eq!(run("pip install other[redis] ."), "");
    let readme = |text: &str| of("README.md", &format!("# Shop\n\n```sh\n{text}\n```\n"));
    assert_eq!(readme("pip install 'shop[postgres]'"), "postgres");
    assert_eq!(readme("pip install shop\npip install 'shop[postgres]'"), "");
}

#[test]
fn an_extra_holds_the_server_that_the_code_imports() {
    let of = |server: &str| {
        let manifest = format!(
            "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['kit']\n\
             [project.optional-dependencies]\nserver = ['{server}']\n"
        );
        let text = "from fastapi import FastAPI\ndef create() -> FastAPI:\n    return FastAPI()\n\
            def run():\n    try:\n        import uvicorn\n    except ImportError as e:\n        raise RuntimeError from e\n";
        let files =
            [("pyproject.toml", &*manifest), ("shop/__init__.py", ""), ("shop/app.py", text)];
        let facts = facts(&[&files[..], &[("main.py", "print(1)\n")]].concat());
        let asked = facts.questions.iter().find(|one| one.id == "extras").unwrap();
        (asked.default.as_ref().unwrap().value.clone(), facts.programs[0].id.clone())
    };
    // The framework comes with another package.
    assert_eq!(of("uvicorn[standard]"), ("server".to_owned(), "shop.app:create".to_owned()));
    assert_eq!(of("redis"), (String::new(), "main.py".to_owned()));
}

#[test]
fn the_command_of_the_projects_own_name_is_the_program() {
    let of = |names: &[&str]| {
        let lines: Vec<String> = names
            .iter()
            .map(|name| format!("{name} = 'shop.{}:main'\n", name.replace('-', "_")))
            .collect();
        let manifest = format!(
            "[build-system]\nrequires = ['hatchling']\n[project]\nname = 'shop2'\nversion = '1'\n\
             dependencies = ['pyyaml']\n[project.scripts]\n{}",
            lines.concat()
        );
        first(&[("pyproject.toml", &manifest), ("shop/__init__.py", "")]).id
    };
    assert_eq!(of(&["shop-index", "shop-test", "shop"]), "shop");
    assert_eq!(of(&["index", "test"]), "index");
}

#[test]
fn subcommands_that_a_loop_adds_are_demanded() {
    let of = |group: &str| {
        let cli = format!(
            "import click\n{group}\ndef cli():\n    pass\nfor name in names():\n    cli.add_command(load(name))\n"
        );
        let main = "from shop.cli import cli\nif __name__ == '__main__':\n    cli()\n";
        let files = [
            ("requirements.txt", "click==8.1.7\n"),
            ("shop/__init__.py", ""),
            ("shop/__main__.py", main),
            ("shop/cli.py", &*cli),
        ];
        says(&first(&files), "subcommand-missing")
    };
    assert!(of("@click.group()").unwrap().contains("`shop` has subcommands that its code adds"));
    assert_eq!(of("@click.group(invoke_without_command=True)"), None);
}

#[test]
fn a_file_of_paste_deploy_describes_the_application() {
    let made = "from pyramid.config import Configurator\ndef create(settings, **more):\n    \
        config = Configurator(settings=more)\n    return config.make_wsgi_app()\n";
    let of = |packages: &str, ini: &str, more: &[(&str, &str)]| {
        let ini = format!("[app:main]\nuse = call:shop.app:create\n\n[server:main]\n{ini}\n");
        let files = [
            ("requirements.txt", packages),
            ("shop/__init__.py", ""),
            ("shop/app.py", made),
            ("production.ini", &ini),
        ];
        let files = [&files[..], more].concat();
        let program = first(&files);
        let local = says(&program, "localhost-only").is_some();
        let args = program.args.map(|args| args.value).unwrap_or_default();
        (command(&files), args, program.port.unwrap().value, local)
    };
    let listen = "use = egg:waitress#main\nlisten = 0.0.0.0:8080";
    let pserve = |port, local| ("pserve production.ini".to_owned(), String::new(), port, local);
    assert_eq!(of("pyramid\nwaitress\n", listen, &[]), pserve(8080, false));
    let local = "use = egg:waitress#main\nhost = 127.0.0.1\nport = 8081";
    assert_eq!(of("pyramid\nwaitress\n", local, &[]), pserve(8081, true));
    // gunicorn needs no server in the file.
    for ini in [listen, "[filter:x]\nuse = egg:x"] {
        let (words, ..) = of("pyramid\ngunicorn\n", ini, &[]);
        assert!(words.ends_with("--paste production.ini"), "{words}");
    }
    let line = ("Procfile", "web: gunicorn --paste production.ini --threads 4\n");
    let (words, args, port, local) = of("pyramid\ngunicorn\n", local, &[line]);
    assert!(words.ends_with("--threads=4 --paste production.ini"), "{words}");
    assert_eq!((args.as_str(), port, local), ("--bind=0.0.0.0:8081", 8081, false));
}

#[test]
fn what_only_an_extra_installs_is_said_where_the_start_imports_it() {
    let of = |main: &str, list: &str| {
        let manifest = format!(
            "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['flask', 'gunicorn']\n\
             [project.optional-dependencies]\n{list} = ['redis']\n"
        );
        let app = format!("{main}\nfrom flask import Flask\napp = Flask(__name__)\n");
        let files = [
            ("pyproject.toml", &*manifest),
            ("shop/__init__.py", ""),
            ("shop/app.py", &*app),
            ("shop/cache.py", "import redis\n"),
        ];
        let found = first(&files);
        (says(&found, "extra-imported"), says(&found, "development-imported"))
    };
    let said = Some("the program imports redis, which only `cache` installs".to_owned());
    assert_eq!(of("from shop import cache", "cache"), (said.clone(), None));
    assert_eq!(of("import redis", "cache"), (said, None));
    assert_eq!(of("def later():\n    from shop import cache", "cache"), (None, None));
    assert_eq!(of("def later():\n    from shop import cache", "dev"), (None, None));
    assert_eq!(
        of("try:\n    import redis\nexcept ImportError:\n    redis = None", "cache"),
        (None, None)
    );
    assert!(of("from shop import cache", "dev").1.is_some());
}
