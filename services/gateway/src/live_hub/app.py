"""The process: one loop that reads, tells, and answers probes."""

import asyncio

from starlette.applications import Starlette

from chassis import clock, probes, serve
from chassis.auth import TokenVerifier
from live_hub.events import serve_events, wants_events
from live_hub.hub import Hub
from live_hub.queries import Queries, serve_query
from live_hub.reading import Reading
from live_hub.requests import Message, Receive, Send
from live_hub.sessions import Sessions
from live_hub.settings import Settings
from live_hub.websocket import serve_websocket
from live_hub.wire import HttpProtocol, WebSocketProtocol

PATH = "/graphql"


class App:
    """ASGI application: subscriptions and queries at `/graphql`, probes beside them."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._queries = Queries(sessions)
        read = probes.flag(
            "reading", sessions.hub.caught_up.is_set, "what happened before is still being read"
        )
        self._others = Starlette(routes=probes.routes([read]))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection or request."""
        if scope["type"] == "lifespan" or scope["path"] != PATH:
            await self._others(scope, receive, send)
        elif scope["type"] == "websocket":
            await serve_websocket(self._sessions, scope, receive, send)
        elif wants_events(scope):
            await serve_events(self._sessions, scope, receive, send)
        else:
            await serve_query(self._queries, scope, receive, send)


async def run_hub(settings: Settings, stop: asyncio.Event) -> None:
    """Read and tell until `stop`; then every client is told to come back, elsewhere."""
    hub = Hub(settings, clock.now)
    sessions = Sessions(hub, TokenVerifier.of(settings), settings)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(Reading(hub, settings).run(stop))
        tasks.create_task(sessions.tend(stop))
        await serve.serve_app(
            App(sessions),
            stop,
            host=settings.http_host,
            port=settings.http_port,
            grace_s=settings.shutdown_grace_s,
            options={
                "http": HttpProtocol,
                "ws": WebSocketProtocol,
                "ws_max_size": settings.message_bytes_max,
                # Payloads are the same bytes for all: compressed, they would be made for each.
                "ws_per_message_deflate": False,
                "ws_ping_interval": settings.heartbeat_s,
                "ws_ping_timeout": settings.stalled_max_s,
            },
        )
        # A server that failed to listen has raised; one that ended was told to.
        stop.set()
