//! What ends up in the Dockerfile: logins, the development target, outputs of other builds.

use super::*;
use crate::ask::{Answers, Origin};
use crate::{planning, render};

/// The Dockerfile, and the findings of facts and plan.
fn planned(files: &[(&str, &str)], answers: &[(&str, &str)]) -> (String, Vec<String>) {
    let repo = Repo::from_files(files.iter().copied());
    let all = detect::scan(&repo, &RelPath::root()).unwrap();
    let facts = all.into_iter().find(|facts| facts.language == "python").unwrap();
    let mut given = Answers::default();
    for (id, value) in answers {
        given.set(id, *value, Origin::Flag);
    }
    let plan = planning::make(&repo, &facts, &given).unwrap();
    let text = render::dockerfile(&plan, &[]).unwrap();
    let said = facts.findings.iter().chain(&facts.programs[0].findings).chain(&plan.findings);
    (text, said.map(|finding| format!("{}: {}", finding.code, finding.what)).collect())
}

fn held(said: &[String], code: &str) -> bool {
    said.iter().any(|one| one.starts_with(&format!("{code}:")))
}

const APP: (&str, &str) = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
const API: (&str, &str) = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
const MOUNT: &str = "--mount=type=secret,id=requirements-txt,target=/app/requirements.txt,required";

#[test]
fn a_manifest_with_a_login_is_mounted_and_never_copied() {
    let index = "--index-url https://bob:hunter2@pypi.acme.example/simple\nflask\ngunicorn\n";
    let git = "flask\ngunicorn\nlib @ git+https://ghp_0123456789@github.com/acme/lib\n";
    for text in [index, git] {
        let (text, said) = planned(&[("requirements.txt", text), APP], &[]);
        assert!(text.contains(MOUNT) && !text.contains("COPY requirements.txt"), "{text}");
        assert!(!text.contains("id=netrc") && !held(&said, "private-index"), "{text} {said:?}");
    }
    // A variable is no login.
    let variable = index.replace("hunter2", "${PYPI_PASS}");
    let (text, said) = planned(&[("requirements.txt", &variable), APP], &[]);
    assert!(text.contains("COPY requirements.txt") && held(&said, "private-index"), "{text}");
}

#[test]
fn the_build_of_a_project_logs_in_too() {
    let project = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n\
        [build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\
        [[tool.uv.index]]\nname = \"acme\"\nurl = \"https://bob:hunter2@pypi.acme.example/simple\"\n";
    let files = [
        ("pyproject.toml", project),
        ("uv.lock", "version = 1\nrequires-python = \">=3.12\"\n"),
        ("shop/__init__.py", ""),
        ("shop/main.py", API.1),
    ];
    let (text, _) = planned(&files, &[]);
    let mount = "--mount=type=secret,id=pyproject-toml,target=/app/pyproject.toml,required=true";
    assert_eq!(text.matches(mount).count(), 2, "{text}");
    assert!(!text.contains("COPY pyproject.toml"), "{text}");
    let named = project.replace("bob:hunter2@", "");
    let (text, _) = planned(&[&[("pyproject.toml", named.as_str())], &files[1..]].concat(), &[]);
    assert_eq!(text.matches("id=UV_INDEX_ACME_PASSWORD").count(), 2, "{text}");
}

#[test]
fn a_file_that_another_includes_keeps_its_name_without_lines_for_folders() {
    let files = [
        ("requirements.txt", "-r requirements/base.txt\ngunicorn\n"),
        ("requirements/base.txt", "flask\n-e ./libs/money\n"),
        ("requirements/libs/money/setup.py", "from setuptools import setup\nsetup(name='money')\n"),
        ("requirements/libs/money/money/__init__.py", ""),
        APP,
    ];
    let (text, _) = planned(&files, &[]);
    let moved = "mv requirements/base.txt.external requirements/base.txt \\\n    && pip ";
    assert!(text.contains(moved) && text.contains("--requirement requirements.txt"), "{text}");
}

fn development(files: &[(&str, &str)]) -> String {
    let (text, _) = planned(files, &[("dev", "yes")]);
    let start = text.find("AS development").unwrap();
    let end = text[start..].find("\nCMD").unwrap();
    let line = text[start + end + 1..].lines().next().unwrap();
    format!("{}{line}", &text[start..start + end])
}

#[test]
fn the_development_server_listens_on_the_port_of_the_image() {
    let text = development(&[FLASK, APP]);
    assert!(text.contains("EXPOSE 8000") && text.contains("\"--port=8000\""), "{text}");
    let line = ("Procfile", "web: uvicorn main:app --port 9000\n");
    let text = development(&[UVICORN, API, line]);
    assert!(text.contains("EXPOSE 9000") && text.contains("\"--port=9000\""), "{text}");
    let text = development(&[("requirements.txt", "flask\nwaitress\n"), APP]);
    assert!(text.contains("\"--port=8080\""), "{text}");
}

#[test]
fn a_development_server_that_is_not_installed_is_not_started() {
    let text = development(&[("requirements.txt", "fastapi\ngranian\n"), API]);
    assert!(!text.contains("uvicorn") && text.contains("granian"), "{text}");
    let text = development(&[("requirements.txt", "fastapi\nhypercorn\n"), API]);
    assert!(text.contains("\"hypercorn\", \"--bind=0.0.0.0:8000\", \"--reload\""), "{text}");
}

#[test]
fn the_development_target_has_the_commands_of_the_project_and_its_tools() {
    let project = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n\
        [project.scripts]\nshop = \"shop.main:run\"\n[dependency-groups]\ndev = [\"pytest\"]\n\
        [build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n";
    let code = format!("{}import uvicorn\ndef run():\n    uvicorn.run(app, port=8700)\n", API.1);
    let files = [
        ("pyproject.toml", project),
        ("uv.lock", "version = 1\nrequires-python = \">=3.12\"\n"),
        ("src/shop/__init__.py", ""),
        ("src/shop/main.py", &code),
    ];
    let (text, _) = planned(&files, &[("dev", "yes")]);
    assert!(text.contains("FROM build AS development\n"), "{text}");
    let text = development(&files);
    assert!(text.contains("cp -a /opt/own/. /opt/venv/"), "{text}");
    assert!(text.contains("uv sync --locked --no-install-project\n"), "{text}");
    let tools = ("requirements-dev.txt", "-r requirements.txt\npytest\n");
    let text = development(&[FLASK, APP, tools]);
    assert!(text.contains("--requirement requirements-dev.txt\n"), "{text}");
}

#[test]
fn pages_inside_an_installed_package_are_installed_with_it() {
    let of = |build: &str| {
        let project = format!(
            "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask\", \"gunicorn\"]\n{build}"
        );
        let files = [
            ("pyproject.toml", project.as_str()),
            (
                "package.json",
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
            ),
            ("vite.config.js", "export default { build: { outDir: 'shop/static/dist' } }\n"),
            ("index.html", ""),
            (".gitignore", "dist\n"),
            (
                "shop/__init__.py",
                "from flask import Flask, send_from_directory\nimport os\napp = Flask(__name__)\n\
                HERE = os.path.join(os.path.dirname(__file__), 'static', 'dist')\n\
                @app.get('/x')\ndef x():\n    return send_from_directory(HERE, 'x.js')\n",
            ),
        ];
        planned(&files, &[]).0
    };
    let installed =
        of("[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n");
    let pages = "COPY --from=frontend /app/shop/static/dist /app/shop/static/dist\n";
    let (before, after) = installed.split_once(" install --no-deps").unwrap();
    assert!(before.contains(pages) && !after.contains(pages), "{installed}");
    // The program runs from the folder.
    let plain = of("");
    let (_, last) = plain.split_once("AS runtime").unwrap();
    assert!(last.contains(pages), "{plain}");
}

#[test]
fn an_old_python_gets_a_setuptools_that_it_can_have() {
    let line = ("requirements.txt", "flask==2.0.0\ngunicorn==20.1.0\n");
    let (text, said) = planned(&[line, APP, (".python-version", "3.8.18\n")], &[]);
    // It requires setuptools itself, and the newest for this Python has the module.
    assert!(!text.contains("setuptools") && !held(&said, "setuptools-missing"), "{text} {said:?}");
    let (text, _) = planned(&[line, APP, (".python-version", "3.12\n")], &[]);
    assert!(text.contains("setuptools==81.0.0"), "{text}");
    let code = ("app.py", "import pkg_resources\nfrom flask import Flask\napp = Flask(__name__)\n");
    let (text, _) = planned(&[FLASK, code, (".python-version", "3.8.18\n")], &[]);
    assert!(text.contains("setuptools==75.3.4"), "{text}");
}

#[test]
fn the_list_of_a_bundler_comes_from_its_stage() {
    let wsgi = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n";
    let settings = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nINSTALLED_APPS = ['django.contrib.staticfiles', 'webpack_loader', 'django_tailwind_cli']\n\
        STATIC_ROOT = BASE_DIR / 'static'\nSTATICFILES_DIRS = [BASE_DIR / 'assets' / 'bundles']\n\
        WEBPACK_LOADER = {'DEFAULT': {'STATS_FILE': BASE_DIR / 'webpack-stats.json'}}\n";
    let bundler =
        "module.exports = { output: { path: require('path').resolve('./assets/bundles') } };\n";
    let files = [
        ("requirements.txt", "django\ngunicorn\ndjango-webpack-loader\n"),
        (
            "manage.py",
            "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        ),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", wsgi),
        ("shop/settings.py", settings),
        (
            "package.json",
            "{\"scripts\": {\"build\": \"webpack\"}, \"devDependencies\": {\"webpack\": \"5\", \"webpack-cli\": \"5\"}}",
        ),
        ("package-lock.json", "{\"lockfileVersion\": 3, \"packages\": {}}"),
        ("webpack.config.js", bundler),
        (".gitignore", "assets/bundles\nwebpack-stats.json\n"),
    ];
    let (text, said) = planned(&files, &[]);
    assert!(
        text.contains("COPY --from=frontend /app/webpack-stats.json /app/webpack-stats.json"),
        "{text} {said:?}"
    );
    assert_eq!(text.matches("AS frontend\n").count(), 1, "{text}");
    // Tailwind's own program writes before all is gathered.
    let (css, all) = (text.find("manage.py tailwind build"), text.find("collectstatic"));
    assert!(css.unwrap() < all.unwrap(), "{text}");
    // Without a build, it is said.
    let alone: Vec<_> = files.into_iter().filter(|(name, _)| !name.contains("pack")).collect();
    let (_, said) = planned(&alone, &[]);
    assert!(said.iter().any(|one| one.contains("webpack-stats.json")), "{said:?}");
}

#[test]
fn a_stylesheet_that_no_step_makes_is_said() {
    let line = "css:\n\t@./bin/tailwindcss -i in.css -o static/dist/out.css --minify\n";
    let (_, said) = planned(&[FLASK, APP, ("Makefile", line)], &[]);
    assert!(said.iter().any(|one| one.contains("static/dist/out.css")), "{said:?}");
    let there = ("static/dist/out.css", "a {}\n");
    let (_, said) = planned(&[FLASK, APP, ("Makefile", line), there], &[]);
    assert!(!said.iter().any(|one| one.contains("out.css")), "{said:?}");
}
