import os

import bottle

app = bottle.Bottle()


@app.get("/")
def index() -> str:
    return f"hello from hashes, uid {os.getuid()}"
