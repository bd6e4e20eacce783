//! Code and packages that are older than the newest Python.

use super::*;

fn python(requirements: &str, main: &str) -> String {
    let files = [("requirements.txt", requirements), ("main.py", main)];
    facts(&files).toolchain.value
}

#[test]
fn what_newer_pythons_lack_decides_the_version() {
    let flask = "from flask import Flask\napp = Flask(__name__)\n";
    let of = |line: &str| python("flask\ngunicorn\n", &format!("{line}\n{flask}"));
    assert_eq!(of("from distutils.util import strtobool"), "3.11");
    assert_eq!(of("import cgi"), "3.12");
    assert_eq!(of("import json"), "3.14");
    assert_eq!(of("def old():\n    import cgi"), "3.14");
    assert_eq!(of("try:\n    import cgi\nexcept ImportError:\n    cgi = None"), "3.14");
    assert_eq!(of("from collections import Mapping"), "3.9");
    assert_eq!(of("import collections\nKINDS = (collections.Mapping, list)"), "3.9");
    let back = format!("import cgi\n{flask}");
    assert_eq!(python("flask\ngunicorn\nlegacy-cgi\n", &back), "3.14");
    let bot = |line: &str| {
        let main = format!(
            "import asyncio\nasync def work():\n    pass\nif __name__ == '__main__':\n    {line}\n"
        );
        python("aiohttp\n", &main)
    };
    assert_eq!(bot("asyncio.get_event_loop().run_until_complete(work())"), "3.13");
    assert_eq!(bot("asyncio.run(work())"), "3.14");
    let made = "asyncio.set_event_loop(asyncio.new_event_loop())\n    asyncio.get_event_loop()";
    assert_eq!(bot(made), "3.14");
}

#[test]
fn old_versions_of_packages_decide_the_version() {
    let main = "import flask\napp = flask.Flask(__name__)\n";
    let of = |requirements: &str| python(requirements, main);
    assert_eq!(of("flask==2.1.3\n"), "3.13");
    assert_eq!(of("flask==3.1.0\n"), "3.14");
    assert_eq!(of("flask==3.1.0\nnumpy==1.20.3\n"), "3.9");
    assert_eq!(of("flask==3.1.0\nredis==3.5.3\n"), "3.11");
    let files = [("requirements.txt", "flask\nnumpy==1.20.3\n"), ("main.py", main)];
    let note = &facts(&files).toolchain.evidence[0].note;
    assert_eq!(note, "numpy before 1.21.2 works up to Python 3.9");
}

#[test]
fn setuptools_with_all_its_modules_is_installed_where_something_imports_them() {
    let main = "from flask import Flask\napp = Flask(__name__)\n";
    let held = |requirements: &str, main: &str| {
        let files = [("requirements.txt", requirements), ("main.py", main)];
        let facts = facts(&files);
        let id = facts.programs[0].id.clone();
        facts.details["programs"][id]["setuptools"] == true
    };
    assert!(held("flask\ngunicorn==20.1.0\n", main));
    assert!(held("flask\ngunicorn==20.1.0\nsetuptools\n", main));
    assert!(!held("flask\ngunicorn==20.1.0\nsetuptools==69.0.3\n", main));
    assert!(!held("flask\ngunicorn==23.0.0\n", main));
    let instead = "try:\n    from importlib.resources import files\nexcept ImportError:\n    import pkg_resources\n";
    assert!(!held("flask\ngunicorn\n", &format!("{instead}{main}")));
    let own = format!("import pkg_resources\n{main}");
    assert!(held("flask\ngunicorn\n", &own));
    assert!(held("flask\ngunicorn\nsetuptools\n", &own));
}

#[test]
fn names_of_a_module_that_is_imported_as_a_whole_are_known() {
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\n\
        os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.live')\n\
        application = get_wsgi_application()\n";
    let live = "from .base import *\nDATABASES = {'default': {'NAME': os.environ['DB_NAME']}}\n";
    let files = [
        ("requirements.txt", "django\ngunicorn\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'core.live')\n"),
        ("core/__init__.py", ""),
        ("core/wsgi.py", wsgi),
        ("core/base.py", "import os\nfrom .live import *\nKEY = os.environ['KEY']\n"),
        ("core/live.py", live),
    ];
    assert_eq!(required(&first(&files)), ["DB_NAME", "KEY"]);
}
