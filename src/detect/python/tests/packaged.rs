//! Several applications, workers of a line, versions, and what requirements ask of the build.

use super::*;

fn codes(facts: &Facts) -> Vec<String> {
    facts.findings.iter().map(|finding| finding.code.to_string()).collect()
}

const API: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

#[test]
fn a_second_application_is_offered() {
    let ids = |files: &[(&str, &str)]| -> Vec<String> {
        let all = [&[UVICORN], files].concat();
        facts(&all).programs.into_iter().map(|program| program.id).collect()
    };
    let folders = [
        ("api/__init__.py", ""),
        ("api/main.py", API),
        ("admin/__init__.py", ""),
        ("admin/main.py", API),
    ];
    assert_eq!(ids(&folders), ["admin.main:app", "api.main:app"]);
    assert_eq!(ids(&[("api.py", API), ("admin.py", API)]), ["api:app", "admin:app"]);
    // One that the first one imports is a part of it.
    let whole = "from fastapi import FastAPI\nimport admin\napp = FastAPI()\napp.mount('/admin', admin.app)\n";
    assert_eq!(ids(&[("api.py", whole), ("admin.py", API)]), ["api:app"]);
}

#[test]
fn the_workers_of_a_line_are_a_variable() {
    let app = ("shop.py", "from flask import Flask\napp = Flask(__name__)\n");
    let of = |line: &str| {
        let program = first(&[FLASK, app, ("Procfile", line)]);
        env(&program, "WEB_CONCURRENCY")
    };
    assert_eq!(of("web: gunicorn shop:app --workers 3 --threads 8\n").as_deref(), Some("3"));
    assert_eq!(of("web: gunicorn -w4 shop:app\n").as_deref(), Some("4"));
    assert_eq!(of("web: gunicorn --workers $WORKERS shop:app\n"), None);
    assert_eq!(of("web: gunicorn shop:app\n"), None);
    let files = [
        ("requirements.txt", "fastapi\nhypercorn\n"),
        ("main.py", API),
        ("Procfile", "web: hypercorn -w 2 main:app\n"),
    ];
    assert!(command(&files).contains("--workers=2"));
}

#[test]
fn a_package_that_misses_a_lost_module_keeps_python_old() {
    let version =
        |text: &str| facts(&[("requirements.txt", text), ("main.py", API)]).toolchain.value;
    assert_eq!(version("fastapi\nuvicorn\npydub\n"), "3.12");
    assert_eq!(version("fastapi\nuvicorn\npydub\naudioop-lts\n"), "3.14");
    assert_eq!(version("fastapi\nuvicorn\ngradio==4.44.0\n"), "3.12");
    assert_eq!(version("fastapi\nuvicorn\npsycopg2==2.9.9\n"), "3.12");
    assert_eq!(version("fastapi\nuvicorn\npsycopg2==2.9.11\n"), "3.14");
    let lock = "[metadata]\nlock-version = \"2.1\"\n[[package]]\nname = \"pydub\"\nversion = \"0.25.1\"\ngroups = [\"main\"]\n\
        files = [{file = \"pydub-0.25.1-py2.py3-none-any.whl\"}]\n";
    let project = "[tool.poetry]\nname = \"a\"\npackage-mode = false\n[tool.poetry.dependencies]\nfastapi = \"*\"\nuvicorn = \"*\"\npydub = \"*\"\n";
    let locked = facts(&[("pyproject.toml", project), ("poetry.lock", lock), ("main.py", API)]);
    assert_eq!(locked.toolchain.value, "3.12");
}

#[test]
fn packages_without_their_wheels_are_compiled() {
    let packages = |files: &[(&str, &str)]| -> Vec<String> {
        let all = [files, &[("main.py", API)]].concat();
        let program = first(&all);
        program.needs.packages.iter().map(|package| package.value.clone()).collect()
    };
    let needs = |text: &str| packages(&[("requirements.txt", text)]);
    let plain = "fastapi\nuvicorn\ncryptography==43.0.1\n";
    assert!(needs(plain).is_empty());
    let named = needs(&format!("--no-binary cryptography\n{plain}"));
    assert!(named.contains(&"rust-toolchain".to_owned()), "{named:?}");
    assert!(!needs(&format!("--no-binary=:all:\n{plain}")).is_empty());
    let project = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"fastapi\", \"uvicorn\", \"cryptography\"]\n\
        [tool.uv]\nno-binary-package = [\"cryptography\"]\n";
    assert!(!packages(&[("pyproject.toml", project)]).is_empty());
}

#[test]
fn hashes_are_all_or_none_and_constraints_are_versions() {
    let of = |files: &[(&str, &str)]| {
        let app = [("main.py", API)];
        codes(&facts(&[files, &app].concat()))
    };
    let partly = "fastapi==0.115 --hash=sha256:aa\nuvicorn==0.30\n";
    assert!(of(&[("requirements.txt", partly)]).contains(&"requirements-unhashed".to_owned()));
    let all = partly.replace("0.30", "0.30 --hash=sha256:bb");
    assert!(!of(&[("requirements.txt", &all)]).contains(&"requirements-unhashed".to_owned()));
    let open = "-c constraints.txt\nfastapi\nuvicorn\n";
    let limits = ("constraints.txt", "fastapi==0.115\nuvicorn==0.30\n");
    assert!(!of(&[("requirements.txt", open), limits]).contains(&"requirements-open".to_owned()));
    let fewer = ("constraints.txt", "fastapi==0.115\n");
    assert!(of(&[("requirements.txt", open), fewer]).contains(&"requirements-open".to_owned()));
}

#[test]
fn builds_for_a_card_are_told_from_those_without() {
    let said = |text: &str| -> Vec<String> {
        let found = facts(&[("requirements.txt", text), ("main.py", API)]);
        let all = found.findings.iter().filter(|one| {
            ["large-package", "cuda-missing"].contains(&one.code.to_string().as_str())
        });
        all.map(|one| format!("{}: {}", one.code, one.what)).collect()
    };
    let base = "fastapi\nuvicorn\n";
    assert_eq!(said(&format!("{base}torch==2.5.0\n")).len(), 1);
    let cpu =
        format!("--extra-index-url https://download.pytorch.org/whl/cpu\n{base}torch==2.5.0\n");
    assert!(said(&cpu).is_empty());
    let card = said(&format!("{base}torch==2.5.0+cu121\n"));
    assert!(card[0].contains("for a graphics card") && !card[0].contains("PyPI"), "{card:?}");
    assert!(said(&format!("{base}cupy-cuda12x\n"))[0].starts_with("cuda-missing"));
    assert!(said(&format!("{base}cupy-cuda12x[ctk]\n")).is_empty());
}

#[test]
fn a_missing_env_file_that_ends_the_program_is_said() {
    let said = |code: &str| {
        let text = format!("{code}{API}");
        let files =
            [("requirements.txt", "fastapi\nuvicorn\npython-dotenv\n"), ("main.py", &*text)];
        first(&files).findings.iter().any(|one| one.code.to_string() == "dotenv-required")
    };
    let loads = "from dotenv import load_dotenv\n";
    assert!(said(&format!("{loads}if not load_dotenv('.env'):\n    raise SystemExit('none')\n")));
    assert!(said(&format!("{loads}if not load_dotenv():\n    raise SystemExit('none')\n")));
    assert!(said("import os, sys\nif not os.path.exists('.env'):\n    sys.exit(1)\n"));
    assert!(said(
        "import sys\nfrom pathlib import Path\nif not Path('.env').is_file():\n    sys.exit(1)\n"
    ));
    assert!(!said(&format!("{loads}if not load_dotenv('.env'):\n    print('none')\n")));
    assert!(!said("import os, sys\nif not os.path.exists('data.csv'):\n    sys.exit(1)\n"));
}

#[test]
fn servers_that_ask_are_told_to_believe_a_proxy() {
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let line = command(&[("requirements.txt", "flask\nwaitress\n"), app]);
    assert!(line.contains("--trusted-proxy=*") && line.contains("x-forwarded-proto"), "{line}");
    let line = command(&[("requirements.txt", "fastapi\ndaphne\n"), ("main.py", API)]);
    assert!(line.contains("--proxy-headers"), "{line}");
}
