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
