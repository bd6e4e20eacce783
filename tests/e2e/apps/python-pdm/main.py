import os

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def index(request):
    return PlainTextResponse(f"hello from pdm, uid {os.getuid()}")


app = Starlette(routes=[Route("/", index)])

if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=8000)
