//! Folders that libraries write, and ports that they listen on: one row of the catalog each.

use super::{first, writable};

/// The folders that a program of these imports and this statement writes; `.` for its own.
fn written(imports: &str, body: &str) -> String {
    let main = format!("{imports}\n{body}\nif __name__ == '__main__':\n    pass\n");
    let program = first(&[("requirements.txt", "requests\n"), ("main.py", &main)]);
    let mut all: Vec<&str> = writable(&program);
    for finding in &program.findings {
        match finding.code.as_str() {
            "writes-beside-program" => all.push("."),
            code @ ("folder-unknown" | "settings-must-exist" | "file-demanded") => all.push(code),
            _ => {}
        }
    }
    all.join(" ")
}

/// The imports, what the program does, and the folders that it writes.
const WRITERS: &[(&str, &str, &str)] = &[
    ("from loguru import logger", "logger.add('logs/app.log', rotation='1 MB')", "logs"),
    ("from loguru import logger", "logger.add('logs/{time:YYYY-MM-DD}.log')", "logs"),
    ("from loguru import logger", "logger.add('app_{time}.log')", "."),
    (
        "from loguru import logger\nfrom pathlib import Path",
        "LOGS = Path('var')\nlogger.add(LOGS / 'app.log')",
        "var",
    ),
    ("from loguru import logger\nimport sys", "logger.add(sys.stderr)", ""),
    ("from loguru import logger", "logger.add(lambda m: print(m))", ""),
    (
        "from concurrent_log_handler import ConcurrentRotatingFileHandler",
        "ConcurrentRotatingFileHandler('logs/a.log', 'a')",
        "logs",
    ),
    ("from telethon import TelegramClient", "c = TelegramClient('kept/anon', 1, 'x')", "kept"),
    ("from telethon import TelegramClient", "c = TelegramClient('anon', 1, 'x')", "."),
    (
        "from telethon import TelegramClient\nfrom telethon.sessions import StringSession\nimport os",
        "c = TelegramClient(StringSession(os.environ['S']), 1, 'x')",
        "",
    ),
    ("from pyrogram import Client", "app = Client('my_account', api_id=1)", "."),
    ("from pyrogram import Client", "app = Client('my_account', session_string=x)", ""),
    ("from pyrogram import Client", "app = Client('my_account', workdir='kept')", "kept"),
    (
        "from telegram.ext import PicklePersistence",
        "p = PicklePersistence(filepath='data/bot.pickle')",
        "data",
    ),
    (
        "from tortoise import Tortoise",
        "async def go():\n    await Tortoise.init(db_url='sqlite://data/db.sqlite3', modules={})\n",
        "data",
    ),
    (
        "from tortoise.contrib.fastapi import register_tortoise",
        "register_tortoise(app, db_url='sqlite://data/db.sqlite3')",
        "data",
    ),
    (
        "from tortoise import Tortoise",
        "async def go():\n    await Tortoise.init(db_url='sqlite://:memory:')\n",
        "",
    ),
    (
        "from tortoise import Tortoise",
        "async def go():\n    await Tortoise.init(db_url='postgres://h/d')\n",
        "",
    ),
    ("import dataset", "db = dataset.connect('sqlite:///data/x.db')", "data"),
    (
        "from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore",
        "s = SQLAlchemyJobStore(url='sqlite:///jobs/j.sqlite')",
        "jobs",
    ),
    ("from huey import SqliteHuey", "h = SqliteHuey(filename='data/huey.db')", "data"),
    ("from sqlitedict import SqliteDict", "d = SqliteDict('data/x.sqlite')", "data"),
    ("import lmdb", "e = lmdb.open('data/lmdb')", "data/lmdb"),
    ("import dbm", "d = dbm.open('data/store', 'c')", "data"),
    ("from whoosh.index import create_in", "i = create_in('indexdir', schema)", "indexdir"),
    (
        "from qdrant_client import QdrantClient",
        "c = QdrantClient(path='data/qdrant')",
        "data/qdrant",
    ),
    ("from qdrant_client import QdrantClient", "c = QdrantClient(url='http://h')", ""),
    ("import lancedb", "d = lancedb.connect('data/lance')", "data/lance"),
    ("from langchain_chroma import Chroma", "v = Chroma(persist_directory='./chroma')", "chroma"),
    (
        "from langchain_chroma import Chroma",
        "v = Chroma.from_documents(docs, e, persist_directory='./chroma')",
        "chroma",
    ),
    (
        "from langchain_community.vectorstores import FAISS",
        "v.save_local('faiss_index')",
        "faiss_index",
    ),
    ("from joblib import Memory", "m = Memory('cachedir', verbose=0)", "cachedir"),
    ("from joblib import Memory", "m = Memory(location=None)", ""),
    ("import requests_cache", "s = requests_cache.CachedSession('cache/http')", "cache"),
    (
        "import requests_cache",
        "s = requests_cache.CachedSession('cache/http', backend='redis')",
        "",
    ),
    (
        "import pandas as pd",
        "def export():\n    df.to_csv('exports/a.csv', index=False)\n",
        "exports",
    ),
    ("import pandas as pd", "def export():\n    return df.to_json(orient='records')\n", ""),
    ("import pandas as pd", "def export():\n    df.to_excel(buffer)\n", ""),
    (
        "import matplotlib.pyplot as plt",
        "def plot():\n    plt.savefig('charts/plot.png')\n",
        "charts",
    ),
    ("import matplotlib.pyplot as plt", "def plot():\n    fig.savefig(buffer, format='png')\n", ""),
    ("from PIL import Image", "def thumb(n):\n    img.save(f'thumbs/{n}.png')\n", "thumbs"),
    ("from PIL import Image", "def thumb(n):\n    img.save(buffer, 'PNG')\n", ""),
    ("import cv2", "def thumb(n):\n    cv2.imwrite('thumbs/a.png', img)\n", "thumbs"),
    ("import numpy as np", "np.save('arrays/a.npy', a)", "arrays"),
    ("import torch", "torch.save(m, 'models/a.pt')", "models"),
    ("import joblib", "joblib.dump(m, 'models/a.pkl')", "models"),
    (
        "from playwright.async_api import async_playwright",
        "async def shot():\n    await page.screenshot(path='shots/a.png')\n",
        "shots",
    ),
    ("import shutil", "def keep():\n    shutil.copyfile(a, 'kept/a')\n", "kept"),
    ("import zipfile", "def keep():\n    zipfile.ZipFile('kept/a.zip', 'w')\n", "kept"),
    ("import zipfile", "def keep():\n    zipfile.ZipFile('in/a.zip')\n", ""),
    (
        "from urllib.request import urlretrieve",
        "def keep():\n    urlretrieve(url, 'kept/a')\n",
        "kept",
    ),
    ("from git import Repo", "def keep():\n    Repo.clone_from(url, 'repos/y')\n", "repos/y"),
    ("import flask_session", "SESSION_TYPE = 'filesystem'", "flask_session"),
    ("import flask_session", "app.config['SESSION_TYPE'] = 'redis'", ""),
    ("import flask_session", "SESSION_TYPE = 'filesystem'\nSESSION_FILE_DIR = 'var/s'", "var/s"),
    (
        "from flask_caching import Cache",
        "cache = Cache(config={'CACHE_TYPE': 'FileSystemCache', 'CACHE_DIR': 'cachedir'})",
        "cachedir",
    ),
    (
        "import yt_dlp",
        "OPTIONS = {'format': 'best', 'outtmpl': 'downloads/%(title)s.%(ext)s'}",
        "downloads",
    ),
];

#[test]
fn libraries_write_folders_and_files() {
    let mut wrong = Vec::new();
    for &(imports, body, folders) in WRITERS {
        let found = written(imports, body);
        if found != folders {
            wrong.push(format!("{body}\n    {found:?} in place of {folders:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_listen() {
    let mut wrong = Vec::new();
    for (imports, body, ports) in [
        (
            "from mcp.server.fastmcp import FastMCP",
            "mcp = FastMCP('x', host='0.0.0.0', port=3115)\nmcp.run(transport='streamable-http')",
            "3115",
        ),
        (
            "from mcp.server.fastmcp import FastMCP",
            "mcp = FastMCP('x')\nmcp.run(transport='sse')",
            "8000",
        ),
        ("from mcp.server.fastmcp import FastMCP", "mcp = FastMCP('x', port=3115)\nmcp.run()", ""),
        (
            "from fastmcp import FastMCP",
            "mcp = FastMCP('x')\nmcp.run(transport='http', host='0.0.0.0', port=3116)",
            "3116",
        ),
        ("from fastmcp import FastMCP", "mcp = FastMCP('x')\nmcp.run(transport='stdio')", ""),
        (
            "from xmlrpc.server import SimpleXMLRPCServer",
            "s = SimpleXMLRPCServer(('0.0.0.0', 3108))",
            "3108",
        ),
        (
            "from pyftpdlib.servers import FTPServer",
            "s = FTPServer(('0.0.0.0', 3109), handler)",
            "3109",
        ),
        (
            "from rpyc.utils.server import ThreadedServer",
            "t = ThreadedServer(Service, port=3111)",
            "3111",
        ),
        (
            "import eventlet\nfrom eventlet import wsgi",
            "wsgi.server(eventlet.listen(('', 3123)), app)",
            "3123",
        ),
        ("from bokeh.server.server import Server", "s = Server({'/': app}, port=3124)", "3124"),
        ("import litserve as ls", "server = ls.LitServer(api)\nserver.run(port=3125)", "3125"),
        (
            "from thrift.transport import TSocket",
            "t = TSocket.TServerSocket(host='0.0.0.0', port=3127)",
            "3127",
        ),
        (
            "from pymodbus.server import StartTcpServer",
            "StartTcpServer(context=c, address=('0.0.0.0', 3128))",
            "3128",
        ),
        (
            "from dnslib.server import DNSServer",
            "s = DNSServer(resolver, port=3129, address='0.0.0.0')",
            "3129/udp",
        ),
        (
            "import aiocoap",
            "c = aiocoap.Context.create_server_context(site, bind=('0.0.0.0', 3130))",
            "3130/udp",
        ),
    ] {
        let main = format!("{imports}\n{body}\nif __name__ == '__main__':\n    pass\n");
        let program = first(&[("requirements.txt", "requests\n"), ("main.py", &main)]);
        let first = program.port.iter().map(|port| port.value.to_string());
        let found = first.chain(program.more_ports.iter().map(|port| port.value.to_string()));
        let found = found.collect::<Vec<_>>().join(" ");
        if found != ports {
            wrong.push(format!("{body}\n    {found:?} in place of {ports:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
