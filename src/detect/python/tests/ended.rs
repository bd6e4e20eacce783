//! What ends a program as it starts: a Python that it refuses, secrets and files of the repository.

use super::{facts, first};
use crate::facts::Program;

const SERVER: &str = "from flask import Flask\napp = Flask(__name__)\n";
const FLASK: (&str, &str) = ("requirements.txt", "flask==3.1.2\ngunicorn==23.0.0\n");

fn says(program: &Program, code: &str) -> bool {
    program.findings.iter().any(|finding| finding.code.to_string() == code)
}

#[test]
fn a_python_that_the_code_refuses() {
    let python = |text: &str| {
        let main = format!("import platform\nimport sys\n{text}\n{SERVER}");
        facts(&[FLASK, ("app.py", &main)]).toolchain.value
    };
    let newest = python("");
    assert_eq!(python("if sys.version_info >= (3, 13):\n    sys.exit('too new')"), "3.12");
    assert_eq!(python("if sys.version_info[:2] > (3, 12):\n    raise SystemExit"), "3.12");
    assert_eq!(python("if sys.version_info > (3, 13):\n    sys.exit(1)"), "3.12");
    let both = "if sys.version_info < (3, 9) or sys.version_info >= (3, 13):\n    sys.exit(1)";
    assert_eq!(python(both), "3.12");
    let called = "def check():\n    v = platform.python_version_tuple()\n    \
        if int(v[0]) == 3 and int(v[1]) > 12:\n        print('no')\n        sys.exit(1)\ncheck()";
    assert_eq!(python(called), "3.12");
    for other in [
        "if sys.version_info >= (3, 13):\n    print('new')",
        "def later():\n    if sys.version_info >= (3, 13):\n        raise ValueError",
        "try:\n    if sys.version_info >= (3, 13):\n        raise ImportError\nexcept ImportError:\n    pass",
        "if __name__ == '__main__':\n    if sys.version_info < (3, 9):\n        sys.exit(1)",
    ] {
        assert_eq!(python(other), newest, "{other}");
    }
}

#[test]
fn a_python_that_no_classifier_names() {
    let note = |newest: &str| {
        let manifest = format!(
            "[project]\nname = 'shop'\nrequires-python = '>=3.9'\ndependencies = ['flask', 'gunicorn']\n\
            classifiers = [\n  'Programming Language :: Python :: 3.9',\n  \
            'Programming Language :: Python :: {newest}',\n]\n"
        );
        let found = facts(&[("pyproject.toml", &manifest), ("app.py", SERVER)]);
        let note = found.findings.into_iter().find(|one| one.code.to_string() == "python-untested");
        note.map(|note| format!("{} {}", note.what, note.fix))
    };
    assert!(note("3.11").unwrap().contains("--toolchain 3.11"));
    assert_eq!(note("3.99"), None);
    assert_eq!(note("3"), note("3.9"));
}

#[test]
fn a_secret_that_the_program_refuses() {
    let of = |test: &str, settings: &str| {
        let main = format!("import sys\nfrom shop import get\n{SERVER}{test}");
        let files = [FLASK, ("app.py", &*main), ("shop/__init__.py", "def get(name): ...\n")];
        let all = [&files[..], &[("shop/settings.yml", settings)]].concat();
        says(&first(&all), "secret-unchanged")
    };
    let settings = "server:\n  port: 80\n  secret_key: \"change this\"  # soon\n";
    let ends = "def init():\n    if not app.debug and get('server.secret_key') == 'change this':\n        sys.exit(1)\ninit()\n";
    assert!(of(ends, settings));
    assert!(!of(ends, "server:\n  secret_key: other\n  name: change this\n"));
    let answers = "def login(word):\n    if word == 'change this':\n        raise ValueError\n";
    assert!(!of(answers, settings));
    assert!(!of("if get('x') == 'change this':\n    print('weak')\n", settings));
}

#[test]
fn a_file_of_which_git_holds_an_example_alone() {
    let of = |except: &str| {
        let main = format!(
            "import os\n{SERVER}def load():\n    path = os.getenv('SHOP_CONF', 'shop.yaml')\n    \
            try:\n        with open(path) as f:\n            return f.read()\n    \
            except FileNotFoundError:\n        {except}\nload()\n"
        );
        says(
            &first(&[FLASK, ("app.py", &main), ("shop.yaml.sample", "a: 1\n")]),
            "config-not-in-git",
        )
    };
    assert!(of("print('none')\n        raise"));
    assert!(!of("return ''"));
}

#[test]
fn static_files_of_packages() {
    let settings = "BASE_DIR = '/app'\nROOT_URLCONF = 'gym.urls'\nSTATIC_ROOT = '/app/out'\n\
        STATICFILES_DIRS = (('node', BASE_DIR + '/node_modules'),)\n";
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\
        os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'gym.settings')\n\
        application = get_wsgi_application()\n";
    let web = r#"{"name":"gym","scripts":{"css":"sass scss/a.scss:gym/static/made.css"},"devDependencies":{"sass":"1.77.0"}}"#;
    let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'gym.settings')\n";
    let files = [
        ("requirements.txt", "django==5.2.8\ngunicorn==23.0.0\nwhitenoise==6.9.0\n"),
        ("manage.py", manage),
        ("gym/__init__.py", ""),
        ("gym/settings.py", settings),
        ("gym/wsgi.py", wsgi),
        ("package.json", web),
        ("gym/static/a.js", ""),
    ];
    let repo = crate::repo::Repo::from_files(files);
    let all = crate::detect::scan(&repo, &crate::path::RelPath::root()).unwrap();
    let own = all.into_iter().find(|facts| facts.tool.value == "pip").unwrap();
    let program = &own.programs[0];
    assert!(says(program, "static-packages-missing"));
    let made: Vec<_> = program.front_ends.iter().map(|made| made.value.output.as_str()).collect();
    assert_eq!(made, ["gym/static/made.css"]);
}
