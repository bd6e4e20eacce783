//! Which of several programs is meant, and programs in unusual places.

use super::*;

const AIOHTTP: (&str, &str) = ("requirements.txt", "aiohttp\n");
const SERVES: &str = "from aiohttp import web\ndef main():\n    \
    web.run_app(web.Application(), port=8731)\nif __name__ == '__main__':\n    main()\n";
const API: &str = "from fastapi import FastAPI\napp = FastAPI()\n";

fn ids(files: &[(&str, &str)]) -> Vec<String> {
    facts(files).programs.into_iter().map(|program| program.id).collect()
}

#[test]
fn the_repository_names_one_of_several_scripts() {
    let of =
        |more: (&str, &str)| first(&[AIOHTTP, ("alpha.py", SERVES), ("gate.py", SERVES), more]).id;
    assert_eq!(of(("notes.txt", "")), "alpha.py");
    assert_eq!(of(("README.md", "Start the service with `python gate.py`.\n")), "gate.py");
    assert_eq!(of(("README.rst", "Start it with ``python3 gate.py``.\n")), "gate.py");
    assert_eq!(of(("Makefile", "run:\n\tpython gate.py\n")), "gate.py");
    assert_eq!(of(("Makefile", "lint:\n\tpython gate.py\n")), "alpha.py");
    let image = "FROM python:3.13\nWORKDIR /srv\nCOPY . .\nCMD [\"python\", \"/srv/gate.py\"]\n";
    assert_eq!(of(("docker/Dockerfile", image)), "gate.py");
}

#[test]
fn applications_of_the_same_kind_are_both_told() {
    let files = [
        UVICORN,
        ("admin/__init__.py", ""),
        ("admin/main.py", API),
        ("public/__init__.py", ""),
        ("public/main.py", API),
    ];
    assert_eq!(ids(&files), ["admin.main:app", "public.main:app"]);
    let readme = ("README.md", "uvicorn public.main:app --reload\n");
    assert_eq!(ids(&[&files[..], &[readme]].concat()), ["public.main:app", "admin.main:app"]);
    let ui = ("ui.py", "import streamlit as st\nst.write('x')\n");
    let with = ("requirements.txt", "fastapi\nuvicorn\nstreamlit\n");
    assert_eq!(ids(&[with, ("api.py", API), ui]), ["api:app", "ui.py"]);
    // A part of the other one.
    let main = "from fastapi import FastAPI\nfrom admin.main import app as admin\n\
        app = FastAPI()\napp.mount('/admin', admin)\n";
    let files = [UVICORN, ("admin/__init__.py", ""), ("admin/main.py", API), ("main.py", main)];
    assert_eq!(ids(&files), ["main:app"]);
}

#[test]
fn workers_are_told_and_what_defines_them_is_no_script() {
    let tasks = "from celery import Celery\napp = Celery('w', broker='redis://redis')\n\
        @app.task\ndef a():\n    pass\n";
    assert_eq!(ids(&[("requirements.txt", "celery\n"), ("worker.py", tasks)]), ["worker:app"]);
    let started = format!("{tasks}if __name__ == '__main__':\n    app.start()\n");
    let files = [("requirements.txt", "celery\n"), ("worker.py", &started)];
    assert_eq!(ids(&files)[0], "worker.py");
    let arq = ("requirements.txt", "fastapi\nuvicorn\narq\n");
    let settings =
        ("jobs.py", "from tasks import job\nclass WorkerSettings:\n    functions = [job]\n");
    assert_eq!(ids(&[arq, ("main.py", API), settings])[1], "jobs.WorkerSettings");
    let stream = "from faststream import FastStream\nfrom faststream.rabbit import RabbitBroker\n\
        app = FastStream(RabbitBroker())\n";
    let files = [("requirements.txt", "faststream[rabbit]\n"), ("serve.py", stream)];
    assert_eq!(command(&files), "faststream run serve:app");
    let broker =
        "from taskiq_redis import ListQueueBroker\nbroker = ListQueueBroker('redis://r')\n";
    let files = [("requirements.txt", "taskiq\ntaskiq-redis\n"), ("tkq.py", broker)];
    assert_eq!(command(&files), "taskiq worker tkq:broker");
    let huey = "from huey import RedisHuey\nhuey = RedisHuey()\n";
    let files = [("requirements.txt", "huey\n"), ("tasks.py", huey)];
    assert_eq!(command(&files), "huey_consumer.py tasks.huey");
    let work = "from rq import Worker\nif __name__ == '__main__':\n    Worker(['mail']).work()\n";
    let rq = ("requirements.txt", "fastapi\nuvicorn\nrq\n");
    assert_eq!(ids(&[rq, ("main.py", API), ("work.py", work)])[1], "rq worker");
}

#[test]
fn what_only_its_own_command_starts() {
    let of =
        |package: &str, text: &str| command(&[("requirements.txt", package), ("app.py", text)]);
    assert_eq!(of("shiny", "from shiny import App\napp = App(1, None)\n"), "shiny run app:app");
    assert_eq!(of("shiny", "from shiny.express import ui\nui.h1('x')\n"), "shiny run app.py");
    assert_eq!(of("panel", "import panel as pn\npn.panel('x').servable()\n"), "panel serve app.py");
    assert_eq!(of("marimo", "import marimo\napp = marimo.App()\n"), "marimo run app.py");
    // It serves by itself.
    assert_eq!(of("panel", "import panel as pn\npn.serve('x')\n"), "python app.py");
}

#[test]
fn what_takes_an_application_in_is_the_program() {
    let wsgi = "from flask import Flask\nfrom werkzeug.middleware.dispatcher import DispatcherMiddleware\n\
        site = Flask('site')\nadmin = Flask('admin')\n\
        application = DispatcherMiddleware(site, {'/admin': admin})\n";
    assert_eq!(first(&[FLASK, ("wsgi.py", wsgi)]).id, "wsgi:application");
    let inside =
        wsgi.replace("application =", "site.wsgi_app =").replace("(site,", "(site.wsgi_app,");
    assert_eq!(first(&[FLASK, ("wsgi.py", &inside)]).id, "wsgi:site");
}

#[test]
fn programs_without_a_usual_name_or_place() {
    let page = ("app/ui.py", "import streamlit as st\nst.write('x')\n");
    let streamlit = ("requirements.txt", "streamlit\n");
    assert_eq!(command(&[streamlit, page, ("app/__init__.py", "")]), "streamlit run app/ui.py");
    let line = ("README.md", "```sh\nstreamlit run app/ui.py --server.port 8599\n```\n");
    let other = ("app/other.py", "import streamlit as st\nst.write('x')\n");
    let files = [streamlit, page, other, ("app/__init__.py", ""), line];
    let program = first(&files);
    assert_eq!((program.id.as_str(), program.port.unwrap().value), ("app/ui.py", 8599));
    let files = [AIOHTTP, ("relay/__init__.py", ""), ("relay/node.py", SERVES)];
    assert_eq!(command(&files), "python -m relay.node");
    let readme = ("README.md", "```\npython -m relay.edge\n```\n");
    let files = [&files[..], &[readme, ("relay/edge.py", SERVES)]].concat();
    assert_eq!(command(&files), "python -m relay.edge");
    let looping = "import time, schedule\nschedule.every(10).minutes.do(print)\n\
        while True:\n    schedule.run_pending()\n    time.sleep(1)\n";
    let schedule = ("requirements.txt", "schedule\n");
    assert_eq!(first(&[schedule, ("monitor.py", looping)]).id, "monitor.py");
    // A library alone, and several that nobody chose among.
    let library = "import sys\nsys.path.append('x')\ndef area(a):\n    return abs(a)\n";
    assert!(facts(&[schedule, ("shapes.py", library)]).programs.is_empty());
    let several = [schedule, ("one.py", looping), ("two.py", looping)];
    assert!(facts(&several).programs.is_empty());
}

#[test]
fn lines_of_manifests_and_of_frameworks_name_the_port() {
    let port =
        |more: (&str, &str)| first(&[UVICORN, ("main.py", API), more]).port.map(|port| port.value);
    let pod = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      \
        - name: a\n        image: reg/app\n        command: [uvicorn, 'main:app', --port, '8738']\n";
    assert_eq!(port(("k8s/d.yaml", pod)), Some(8738));
    // Another image's own.
    assert_eq!(port(("k8s/d.yaml", &pod.replace("main:app", "other:app"))), Some(8000));
    assert_eq!(
        port(("README.md", "```sh\nlitestar --app main:app run --port 8563\n```\n")),
        Some(8563)
    );
    let quart = "from quart import Quart\napp = Quart(__name__)\n";
    let toml = ("hypercorn.toml", "bind = '127.0.0.1:8456'\n");
    let program = first(&[("requirements.txt", "quart\n"), ("app.py", quart), toml]);
    assert_eq!(program.args.unwrap().value, "--bind=0.0.0.0:8456");
}
