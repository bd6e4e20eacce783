import os

from flask import Flask
from waitress import serve

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return f"hello from poetry, uid {os.getuid()}"


def run() -> None:
    serve(app, host="0.0.0.0", port=8080)
