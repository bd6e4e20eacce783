//! What a program demands as it starts: variables, files; and the server that starts it.

use super::{FLASK, UVICORN, command, env, facts, first, required};
use crate::detect::python::codes;
use crate::facts::FindingCode;

#[test]
fn variables_that_a_function_or_a_list_demands() {
    let of = |text: &str| {
        let text =
            format!("import os, sys\nfrom flask import Flask\n{text}app = Flask(__name__)\n");
        let program = first(&[FLASK, ("app.py", &text)]);
        required(&program).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let tried = "def need(name):\n    try:\n        return os.environ[name]\n    except KeyError:\n        raise RuntimeError(name)\n";
    let uses = "A = need('SHOP_A')\nB = int(need('SHOP_B'))\n";
    assert_eq!(of(&format!("{tried}{uses}")), ["SHOP_A", "SHOP_B"]);
    let spared = tried.replace("raise RuntimeError(name)", "return ''");
    assert!(of(&format!("{spared}{uses}")).is_empty());
    let asked = "def need(name, default=None):\n    value = os.environ.get(name)\n    if value is None:\n        sys.exit(name)\n    return value\n";
    let uses = "A = need('SHOP_A')\nC = need('SHOP_C', 'x')\n";
    assert_eq!(of(&format!("{asked}{uses}B = need('SHOP_B')\n")), ["SHOP_A", "SHOP_B"]);
    let switched = "def setting(key, mandatory=False, default=None):\n    value = os.environ.get(key)\n    if mandatory and not value:\n        print(key)\n        sys.exit(1)\n    return value or default\n";
    let uses = "A = setting('SHOP_A', mandatory=True)\nB = setting('SHOP_B', default='x')\n";
    assert_eq!(of(&format!("{switched}{uses}C = setting('SHOP_C')\n")), ["SHOP_A"]);
    let within = "class Own:\n    def __init__(self):\n        self.a = setting('SHOP_A', mandatory=True)\n    def b(self):\n        return 1\n";
    assert_eq!(of(&format!("{switched}{within}OWN = Own()\n")), ["SHOP_A"]);
    // However many calls there are, and none of its arguments is a default.
    let many: Vec<String> =
        (0..12).map(|n| format!("X{n} = setting('SHOP_X{n}', default='x')\n")).collect();
    let many = many.concat();
    assert_eq!(of(&format!("{switched}{many}A = setting('SHOP_A', mandatory=True)\n")), ["SHOP_A"]);
    let apart = "from conf import setting\nfrom fastapi import FastAPI\napp = FastAPI()\nA = setting('SHOP_A', mandatory=True)\n";
    let conf = format!("import os, sys\n{switched}");
    let program = first(&[UVICORN, ("main.py", apart), ("conf.py", &conf)]);
    assert_eq!(required(&program), ["SHOP_A"]);
    let list = "for key in ('SHOP_A', 'SHOP_B'):\n    if key not in os.environ:\n        raise SystemExit(key)\n";
    assert_eq!(of(list), ["SHOP_A", "SHOP_B"]);
    let named = "NAMES = ['SHOP_A', 'SHOP_B']\nmissing = [key for key in NAMES if not os.getenv(key)]\nif missing:\n    raise RuntimeError(missing)\n";
    assert_eq!(of(named), ["SHOP_A", "SHOP_B"]);
    let own = "os.environ['SHOP_A'] = 'x'\nA = os.environ['SHOP_A']\n";
    assert!(of(own).is_empty());
    let logged = "for key in ('SHOP_A',):\n    print(key, os.environ.get(key))\n";
    assert!(of(logged).is_empty());
}

#[test]
fn files_that_are_opened_on_the_way_to_the_start() {
    let said = |conf: &str| {
        let main = "from fastapi import FastAPI\nimport conf\napp = FastAPI()\n";
        let program = first(&[UVICORN, ("main.py", main), ("conf.py", conf)]);
        let mut all = program.findings.into_iter();
        all.find(|one| one.code == FindingCode::FileMissing).map(|one| one.what)
    };
    let method = "from pathlib import Path\nFILE = Path('shop.toml')\ndef load():\n    with FILE.open('rb') as file:\n        return file.read()\nS = load()\n";
    assert!(said(method).unwrap().contains("shop.toml"));
    let nested = "import json\ndef read(path):\n    with open(path) as file:\n        return json.load(file)\ndef load():\n    return read('shop.json')\nS = load()\n";
    assert!(said(nested).unwrap().contains("shop.json"));
    let class = "from pathlib import Path\nclass Conf:\n    def __init__(self):\n        self.text = Path('shop.ini').read_text()\nC = Conf()\n";
    assert!(said(class).unwrap().contains("shop.ini"));
    let parser = "import configparser\nc = configparser.ConfigParser()\nc.read('shop.ini')\nURL = c['db']['url']\n";
    assert!(said(parser).unwrap().contains("shop.ini"));
    assert_eq!(said(&nested.replace("S = load()\n", "")), None);
    assert_eq!(said(&class.replace("C = Conf()\n", "")), None);
    let spared = nested.replace("S = load()", "try:\n    S = load()\nexcept OSError:\n    S = {}");
    assert_eq!(said(&spared), None);
}

#[test]
fn a_name_in_the_body_of_a_class_is_known_there() {
    let conf = "import os\nfrom pathlib import Path\nclass Config:\n    ROOT = Path(__file__).parent\n    PAGES = os.environ.get('PAGES', str(ROOT / 'web' / 'dist'))\n";
    let main = "from fastapi import FastAPI\nfrom fastapi.staticfiles import StaticFiles\nfrom conf import Config\napp = FastAPI()\napp.mount('/', StaticFiles(directory=Config.PAGES))\n";
    let page = ("web/index.html", "<script type=module src=/main.js></script>");
    let web = r#"{"name":"web","private":true,"scripts":{"build":"vite build"},"devDependencies":{"vite":"6.0.0"}}"#;
    let files = [UVICORN, ("conf.py", conf), ("main.py", main), ("web/package.json", web), page];
    let made = first(&files).front_ends;
    assert_eq!(made[0].value.output.as_str(), "web/dist");
}

#[test]
fn the_server_of_the_framework_runs_what_nothing_else_does() {
    let alone = ("requirements.txt", "flask==3.1.2\n");
    let app = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(port=5055, debug=True)\n";
    let files = [alone, ("app.py", app)];
    let program = first(&files);
    assert_eq!(command(&files), "flask --app=app:app run");
    assert_eq!(program.port.as_ref().unwrap().value, 5055);
    assert_eq!(env(&program, "FLASK_RUN_PORT").as_deref(), Some("5055"));
    assert_eq!(env(&program, "FLASK_RUN_HOST").as_deref(), Some("0.0.0.0"));
    let said = |code| program.findings.iter().any(|one| one.code == code);
    assert!(said(codes::DEVELOPMENT_SERVER) && !said(codes::NO_SERVER));
    // The object comes from another module, which knows the framework.
    let package = (
        "shop/__init__.py",
        "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n",
    );
    let run = "from shop import create_app\napp = create_app()\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=5066)\n";
    let files = [alone, package, ("run.py", run)];
    assert_eq!(command(&files), "python run.py");
    assert_eq!(first(&files).port.unwrap().value, 5066);
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\napplication = get_wsgi_application()\n";
    let files = [
        ("requirements.txt", "django==5.2.8\n"),
        (
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.settings')\n",
        ),
        ("core/__init__.py", ""),
        ("core/wsgi.py", wsgi),
        ("core/settings.py", "SECRET_KEY = 'x'\n"),
    ];
    assert_eq!(command(&files), "python manage.py runserver --noreload");
    assert_eq!(first(&files).args.unwrap().value, "0.0.0.0:8000");
    // FastAPI brings none.
    let api = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let program = first(&[("requirements.txt", "fastapi==0.115.0\n"), api]);
    assert!(program.findings.iter().any(|one| one.code == codes::NO_SERVER));
}

#[test]
fn git_is_needed_where_a_table_of_uv_names_a_repository() {
    let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask\", \"gunicorn\", \"tool\"]\n[tool.uv.sources]\ntool = { git = \"https://example.com/tool\" }\n";
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let program = facts(&[("pyproject.toml", manifest), app]).programs.remove(0);
    let needs = program.needs.packages.iter().map(|package| package.value.as_str());
    assert_eq!(needs.collect::<Vec<_>>(), ["git-at-build"]);
}

#[test]
fn a_variable_that_a_unit_sets_is_not_demanded() {
    let app = "import os\nfrom flask import Flask\napp = Flask(__name__)\nA = os.environ['SHOP_A']\nB = os.environ['SHOP_B']\n";
    let unit = "[Service]\nExecStart=/opt/shop/bin/gunicorn --bind 0.0.0.0:9005 shop:app\nEnvironment=SHOP_A=/var/lib/shop\nStateDirectory=shop\n";
    let program = first(&[FLASK, ("shop.py", app), ("shop.service", unit)]);
    assert_eq!(env(&program, "SHOP_A").as_deref(), Some("/var/lib/shop"));
    assert_eq!(required(&program), ["SHOP_B"]);
    let mut said = program.findings.iter().filter(|one| one.code == FindingCode::VariablesRequired);
    assert_eq!(said.next().unwrap().what, "the program has no default for SHOP_B");
}

#[test]
fn folders_beside_a_package_are_written() {
    let of = |path: &str, folder: &str| {
        let code = format!(
            "import os\nfrom pathlib import Path\nfrom flask import Flask\n{folder}\napp = Flask(__name__)\n"
        );
        let program = first(&[FLASK, ("shop/__init__.py", ""), (path, &code)]);
        let said = program.findings.iter().any(|one| one.code == FindingCode::FolderUnknown);
        (super::writable(&program).join(" "), said)
    };
    let up = "D = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, 'data')\nos.makedirs(D, exist_ok=True)";
    assert_eq!(of("shop/web.py", up), ("data".to_owned(), false));
    let dots =
        "D = os.path.realpath(os.path.join(os.path.dirname(__file__), '..', 'data'))\nos.mkdir(D)";
    assert_eq!(of("shop/web.py", dots), ("data".to_owned(), false));
    let path = "D = Path(__file__).parent / '..' / 'data'\nD.mkdir(exist_ok=True)";
    assert_eq!(of("shop/web.py", path), ("data".to_owned(), false));
    // Above the application: a folder of the image's root.
    assert_eq!(of("web.py", up), ("/data".to_owned(), false));
}

#[test]
fn a_file_of_the_machine_that_is_read_at_the_start_is_said() {
    let said = |conf: &str| {
        let main = "from fastapi import FastAPI\nimport conf\napp = FastAPI()\n";
        let program = first(&[UVICORN, ("main.py", main), ("conf.py", conf)]);
        program.findings.iter().any(|one| one.code == FindingCode::FileMissing)
    };
    let reads = "import os\nfrom pathlib import Path\nFILE = Path(os.environ.get('SHOP_CONFIG', '/etc/shop/config.yml'))\n";
    assert!(said(&format!("{reads}S = FILE.read_text()\n")));
    assert!(!said(&format!("{reads}S = FILE.read_text() if FILE.exists() else ''\n")));
    assert!(!said("S = open('/etc/os-release').read()\n"));
    assert!(!said("def later():\n    return open('/etc/shop/config.yml').read()\n"));
}

#[test]
fn objects_of_libraries_that_read_variables() {
    let starlette = "from starlette.config import Config\nimport uvicorn\nfrom fastapi import FastAPI\nconfig = Config('.env')\napp = FastAPI()\n\
        if __name__ == '__main__':\n    uvicorn.run(app, port=config('PORT', cast=int, default=7746))\n";
    assert_eq!(first(&[UVICORN, ("main.py", starlette)]).port.unwrap().value, 7746);
    let environs = "from environs import Env\nfrom fastapi import FastAPI\nenv = Env()\nwith env.prefixed('SHOP_'):\n    A = env.int('A', 1)\napp = FastAPI()\n";
    assert!(required(&first(&[UVICORN, ("main.py", environs)])).is_empty());
}

#[test]
fn a_folder_of_no_path_and_one_of_another_system_are_none() {
    let of = |module: &str, body: &str| {
        let app = format!("from flask import Flask\nimport {module}\napp = Flask(__name__)\n");
        let name = format!("{module}.py");
        let files = [FLASK, ("app.py", app.as_str()), (name.as_str(), body)];
        super::writable(&first(&files)).join(" ")
    };
    let log = "import os\ndef start(folder=DEFAULT):\n    os.makedirs(os.path.join(folder, 'logs'))\nstart()\n";
    assert_eq!(of("log", &log.replace("DEFAULT", "'kept'")), "kept/logs");
    assert_eq!(of("log", &log.replace("DEFAULT", "False")), "");
    let agents = "import os\nos.makedirs('agents')\n";
    assert_eq!((of("macos", agents), of("linux", agents)), (String::new(), "agents".to_owned()));
}
