import os
from importlib.resources import files

from aiohttp import web


async def index(request: web.Request) -> web.Response:
    page = files("clock").joinpath("pages/index.html").read_text()
    return web.Response(text=page.format(uid=os.getuid()), content_type="text/html")


def main() -> None:
    app = web.Application()
    app.add_routes([web.get("/", index)])
    web.run_app(app, host="0.0.0.0", port=int(os.environ.get("PORT", "8080")))
