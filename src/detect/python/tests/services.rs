//! Services that a program connects to at this machine, and servers that another call made.

use super::{first, required};
use crate::facts::Program;

/// What a Flask program with this code connects to: the service, the address, the variable.
fn connections(code: &str) -> String {
    let requirements = "flask\ngunicorn\npsycopg2-binary\nredis\npymongo\n";
    let app = format!("import os\nfrom flask import Flask\napp = Flask(__name__)\n{code}");
    let found = first(&[("requirements.txt", requirements), ("app.py", &app)]).connections;
    let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let all = found
        .iter()
        .map(|one| format!("{} {} {}", word(&one.service), one.address, word(&one.variable)));
    all.collect::<Vec<_>>().join("; ")
}

#[test]
fn connections_to_this_machine() {
    for (code, expected) in [
        (
            "import psycopg2\nc = psycopg2.connect(host='localhost', user='x')\n",
            "postgres localhost -",
        ),
        (
            "import psycopg2\nc = psycopg2.connect(host=os.getenv('PG', 'localhost'))\n",
            "postgres localhost PG",
        ),
        ("import redis\nr = redis.Redis()\n", "redis localhost -"),
        ("import redis\nr = redis.Redis(host='cache', db=1)\n", ""),
        (
            "from sqlalchemy import create_engine\nURL = 'postgresql://u@localhost/x'\ne = create_engine(URL)\n",
            "- localhost -",
        ),
        (
            "from pymongo import MongoClient\nm = MongoClient('localhost', 27017)\n",
            "mongo localhost -",
        ),
        ("import psycopg2\ndef unused():\n    pass\n", ""),
    ] {
        assert_eq!(connections(code), expected, "{code}");
    }
}

/// A program of Django with these settings.
fn django(settings: &str) -> Program {
    first(&[
        ("requirements.txt", "django\ngunicorn\npsycopg2-binary\n"),
        (
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        ),
        (
            "shop/wsgi.py",
            "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
        ),
        ("shop/settings.py", settings),
    ])
}

#[test]
fn a_database_of_djangos_settings() {
    let of = |host: &str| {
        let program = django(&format!(
            "import os\nDATABASES = {{'default': {{'ENGINE': 'django.db.backends.postgresql', 'HOST': {host}, 'PORT': '5432'}}}}\n"
        ));
        program.connections.first().map(|one| (one.address.clone(), one.variable.clone()))
    };
    assert_eq!(of("'localhost'"), Some(("localhost".to_owned(), None)));
    assert_eq!(of("'db'"), None);
    let variable = of("os.environ.get('DB_HOST', '127.0.0.1')");
    assert_eq!(variable, Some(("127.0.0.1".to_owned(), Some("DB_HOST".to_owned()))));
}

#[test]
fn a_database_that_only_variables_make_demands_them() {
    let of = |test: &str, more: &str| {
        let program = django(&format!(
            "import os\nNAME = os.environ.get('DB_NAME', default=None)\nHOST = os.environ.get('DB_HOST')\nDATABASES = {{}}\nif {test}:\n    DATABASES['default'] = {{'ENGINE': 'django.db.backends.postgresql', 'NAME': NAME, 'HOST': HOST}}\n{more}"
        ));
        required(&program).join(" ")
    };
    assert_eq!(of("NAME and HOST", ""), "DB_HOST DB_NAME");
    assert_eq!(of("NAME or HOST", ""), "");
    assert_eq!(of("NAME and HOST", "else:\n    DATABASES['default'] = {'ENGINE': 'x'}\n"), "");
}

#[test]
fn a_server_that_another_call_made_is_not_flasks() {
    let app = "from flask import Flask\nfrom flask_socketio import SocketIO\nfrom waitress import create_server\nclass Shop:\n    def __init__(self):\n        self.app = Flask(__name__)\n        self.ws = SocketIO(self.app)\n    def run(self, host, port):\n        self.server = create_server(self.app, host=host, port=5656)\n        self.server.run()\nif __name__ == '__main__':\n    Shop().run('0.0.0.0', 5656)\n";
    let requirements = ("requirements.txt", "flask\nflask-socketio\nwaitress\n");
    let program = first(&[requirements, ("app.py", app)]);
    assert_eq!(program.ports().map(|ports| ports.value).as_deref(), Some("5656"));
    assert!(!program.findings.iter().any(|finding| finding.what.contains("127.0.0.1")));
}

#[test]
fn a_command_that_the_code_looks_for_first_is_not_missing() {
    let said = |test: &str| {
        let app = format!(
            "import shutil, subprocess\nfrom flask import Flask\napp = Flask(__name__)\ndef copy():\n    if {test}:\n        subprocess.run(['shopclip', '-b'])\n"
        );
        let found = first(&[("requirements.txt", "flask\ngunicorn\n"), ("app.py", &app)]).findings;
        found.iter().any(|finding| finding.what.contains("shopclip"))
    };
    assert!(!said("shutil.which('shopclip')"));
    assert!(said("True"));
    assert!(said("not shutil.which('shopclip')"));
}

#[test]
fn caches_and_channels_of_djangos_settings() {
    let of = |settings: &str| {
        let found = django(&format!("import os\n{settings}")).connections.into_iter();
        found.map(|one| one.text).collect::<Vec<_>>().join(" ")
    };
    let caches = |location: &str| {
        format!("CACHES = {{'default': {{'BACKEND': 'x', 'LOCATION': {location}}}}}\n")
    };
    assert_eq!(of(&caches("'redis://127.0.0.1:6379/1'")), "redis://127.0.0.1:6379/1");
    assert_eq!(of(&caches("'redis://cache:6379/1'")), "");
    assert_eq!(of(&caches("os.environ.get('CACHE_URL', 'redis://127.0.0.1:6379/1')")), "");
    let layers = "CHANNEL_LAYERS = {'default': {'CONFIG': {'hosts': [('127.0.0.1', 6379)]}}}\n";
    assert_eq!(of(layers), "127.0.0.1:6379");
}

#[test]
fn variables_that_a_library_needs() {
    let of = |code: &str| {
        let app =
            format!("import os, json\nfrom flask import Flask\napp = Flask(__name__)\n{code}");
        let requirements = "flask\ngunicorn\ndiscord.py\naiogram\nredis\n";
        required(&first(&[("requirements.txt", requirements), ("app.py", &app)])).join(" ")
    };
    assert_eq!(of("ADMIN = int(os.getenv('ADMIN_ID'))\n"), "ADMIN_ID");
    assert_eq!(of("ADMIN = int(os.getenv('ADMIN_ID', '1'))\n"), "");
    assert_eq!(of("ADMIN = int(os.getenv('ADMIN_ID') or 1)\n"), "");
    assert_eq!(of("IDS = os.environ.get('IDS').split(',')\n"), "IDS");
    assert_eq!(of("URL = os.getenv('BASE_URL') + '/api'\n"), "BASE_URL");
    assert_eq!(of("if os.getenv('IDS'):\n    I = os.getenv('IDS').split(',')\n"), "");
    assert_eq!(
        of("import aiogram\nT = os.getenv('BOT_TOKEN')\nb = aiogram.Bot(token=T)\n"),
        "BOT_TOKEN"
    );
    assert_eq!(
        of("import discord\nc = discord.Client()\nc.run(os.getenv('BOT_TOKEN'))\n"),
        "BOT_TOKEN"
    );
    assert_eq!(of("import redis\nr = redis.from_url(os.getenv('CACHE_URL'))\n"), "CACHE_URL");
    assert_eq!(of("NAME = os.getenv('NAME')\nprint(NAME)\n"), "");
    let tested = "def port():\n    p = os.getenv('DB_PORT')\n    if p is None:\n        return None\n    return int(p)\nport()\n";
    assert_eq!(of(tested), "");
    let partly = "import redis\nH = os.getenv('H')\nr = redis.from_url(os.getenv('CACHE_URL', f'redis://{H}/0'))\n";
    assert_eq!(of(partly), "");
    assert_eq!(of("from openai import OpenAI\nc = OpenAI()\n"), "OPENAI_API_KEY");
    assert_eq!(of("from openai import OpenAI\nc = OpenAI(api_key='x')\n"), "");
    assert_eq!(of("from openai import OpenAI\nc = OpenAI(api_key=os.getenv('KEY'))\n"), "KEY");
}

#[test]
fn a_module_of_which_the_repository_holds_an_example() {
    let said = |example: &str, import: &str| {
        let app = format!("{import}\nfrom flask import Flask\napp = Flask(__name__)\n");
        let files = [
            ("requirements.txt", "flask\ngunicorn\n"),
            ("app.py", app.as_str()),
            (example, "A = 1\n"),
        ];
        let found = first(&files).findings.into_iter();
        let mut found = found.filter(|finding| finding.what.contains("config.py"));
        found.next().map(|finding| finding.what)
    };
    let expected = "the program opens config.py, which the repository does not hold; config.example.py is an example of it";
    assert_eq!(said("config.example.py", "import config").as_deref(), Some(expected));
    assert_eq!(said("config.example.py", "from config import A").as_deref(), Some(expected));
    assert_eq!(said("config.py", "import config"), None);
    assert_eq!(
        said(
            "config.example.py",
            "try:\n    import config\nexcept ImportError:\n    config = None"
        ),
        None
    );
}

#[test]
fn an_option_of_tornado_is_a_flag() {
    let app = "import asyncio\nimport tornado.web\nfrom tornado.options import define, options\ndefine('port', default=8701, type=int)\nasync def main():\n    options.parse_command_line()\n    app = tornado.web.Application([])\n    app.listen(options.port)\n    await asyncio.Event().wait()\nif __name__ == '__main__':\n    asyncio.run(main())\n";
    let program = first(&[("requirements.txt", "tornado\n"), ("main.py", app)]);
    assert_eq!(program.ports().map(|ports| ports.value).as_deref(), Some("8701"));
}

#[test]
fn a_model_that_no_requirement_installs() {
    let said = |requirements: &str| {
        let app = "import spacy\nfrom flask import Flask\nnlp = spacy.load('en_core_web_sm')\napp = Flask(__name__)\n";
        let files = [("requirements.txt", requirements), ("app.py", app)];
        let found = first(&files).findings;
        found.iter().any(|finding| finding.code.as_str() == "model-missing")
    };
    assert!(said("flask\ngunicorn\nspacy\n"));
    assert!(!said("flask\ngunicorn\nspacy\nen-core-web-sm==3.8.0\n"));
    let wheel = "https://github.com/explosion/spacy-models/releases/download/en_core_web_sm-3.8.0/en_core_web_sm-3.8.0-py3-none-any.whl";
    assert!(!said(&format!("flask\ngunicorn\nspacy\n{wheel}\n")));
    assert!(!said(&format!("flask\ngunicorn\nspacy\nen_core_web_sm @ {wheel}\n")));
}

#[test]
fn libraries_that_others_bring_need_the_same() {
    let needs = |package: &str, code: &str| {
        let requirements = format!("flask\ngunicorn\n{package}\n");
        let app = format!("from flask import Flask\n{code}\napp = Flask(__name__)\n");
        let needs = first(&[("requirements.txt", &requirements), ("app.py", &app)]).needs;
        needs.packages.into_iter().map(|one| one.value).collect::<Vec<_>>().join(" ")
    };
    assert!(needs("ultralytics", "import ultralytics").contains("libgl"));
    assert!(needs("face-recognition", "import face_recognition").contains("python-extension"));
    assert!(needs("pyspark", "import pyspark").contains("jre"));
    assert!(!needs("pyspark", "").contains("jre"));
}
