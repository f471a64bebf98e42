"""The HTTP side: the page's files, the same page for every address of it, and sessions."""

import asyncio
import time
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from chassis import probes, serve
from chassis.ids import is_user_id
from demo_page.settings import Settings
from local_stack import tokens
from local_stack.home import Home

SCOPE: Final = "viewer creator"
"""Everybody may watch, give, and go live; nobody is an operator."""
TOKEN_TTL_S: Final = 3600

_OWN_REQUEST: Final = {"same-origin", "none"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def make_app(settings: Settings) -> Starlette:
    """The application over a page that was built."""
    home = Home(settings.stack)
    headers = {
        "Content-Security-Policy": _policy(settings.graphql_url),
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }

    async def show_page(_: Request) -> Response:
        # Read each time: it names its scripts by what is in them, and may be built again meanwhile.
        page = (settings.folder / "index.html").read_text()
        return HTMLResponse(page, headers=headers)

    async def show_icon(_: Request) -> Response:
        content = (settings.folder / "favicon.svg").read_bytes()
        return Response(content, media_type="image/svg+xml", headers=headers)

    async def open_session(request: Request) -> Response:
        # Pages of other origins cannot read the answer; this one does not even make it for them.
        if request.headers.get("sec-fetch-site", "none") not in _OWN_REQUEST:
            raise HTTPException(403, "sessions are for the page of this server alone")
        user = request.query_params.get("user", "")
        if not is_user_id(user):
            raise HTTPException(400, "user: 1 to 64 letters, digits and ._:@-")
        session = {
            "user": user,
            "token": tokens.issue(home, user, SCOPE, ttl_s=TOKEN_TTL_S),
            "expiresAt": int(time.time()) + TOKEN_TTL_S,
            "graphqlUrl": settings.graphql_url,
        }
        return JSONResponse(session, headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/", show_page),
            Route("/room/{room_id}", show_page),
            Route("/studio", show_page),
            Route("/studio/{room_id}", show_page),
            Route("/favicon.svg", show_icon),
            Route("/demo/session", open_session),
            Mount("/assets", _Assets(directory=settings.folder / "assets")),
            *probes.routes([]),
        ],
        # Under another name that points here, a stranger's page would be of the same origin.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop`."""
    await serve.serve_app(
        make_app(settings),
        stop,
        host=settings.http_host,
        port=settings.http_port,
        grace_s=settings.shutdown_grace_s,
    )


class _Assets(StaticFiles):
    """Files whose names change with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        response.headers["Cache-Control"] = _FOR_EVER
        return response


def _policy(graphql_url: str) -> str:
    """What the page may load and talk to: its own files, and the one endpoint."""
    address = urlsplit(graphql_url).netloc
    return (
        f"default-src 'self'; connect-src 'self' http://{address} ws://{address};"
        " img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
    )
