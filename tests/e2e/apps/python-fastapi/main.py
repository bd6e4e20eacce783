import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index() -> dict[str, str | int]:
    return {"greeting": "hello from fastapi", "uid": os.getuid()}
