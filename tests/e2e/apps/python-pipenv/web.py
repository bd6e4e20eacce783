import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return f"hello from pipenv, uid {os.getuid()}"
