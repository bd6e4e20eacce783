import os

import psycopg2
from flask import Flask
from waitress import serve

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return f"hello from compiled, libpq {psycopg2.__libpq_version__}, uid {os.getuid()}"


if __name__ == "__main__":
    serve(app, host="0.0.0.0", port=8080)
