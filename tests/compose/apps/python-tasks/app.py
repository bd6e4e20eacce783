"""A page that hands work to a Celery worker and shows what it gave back."""

import os

from celery import Celery
from flask import Flask

queue = Celery(
    "app",
    broker=os.environ["REDIS_URL"],
    backend=os.environ["REDIS_URL"],
)
app = Flask(__name__)


@queue.task
def double(number):
    return 2 * number


@app.get("/")
def index():
    return f"the worker says {double.delay(21).get(timeout=20)}\n"
