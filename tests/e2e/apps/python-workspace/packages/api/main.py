import os

from fastapi import FastAPI
from greeting import greet

app = FastAPI()


@app.get("/")
async def index() -> dict[str, str | int]:
    return {"greeting": greet("workspace"), "uid": os.getuid()}
