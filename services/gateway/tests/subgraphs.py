"""Stand-ins for the services behind the gateway: they speak their committed schemas.

Answers are made up from the types, so that a new field needs nothing here. What a test wants to
see of a failing service it sets by `Subgraphs.failing`.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import uvicorn
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    graphql,
)

from chassis.serve import KEEP_ALIVE_TIMEOUT_S

SERVICES = Path(__file__).parents[2]
SCALARS: Mapping[str, object] = {
    "ID": "id-1",
    "String": "text",
    "Int": 1,
    "Boolean": True,
    "Float": 0.5,
    "Coins": 2**40,
    "MicroDiamonds": 2**50,
    "BigInt": 2**35,
    "Currency": "USD",
    "UUID": "019b76da-a800-7000-8000-0123456789ab",
    "DateTime": "2026-11-24T00:00:00+00:00",
    "Date": "2026-11-24",
}

type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Failure = Callable[[Send], Awaitable[None]]
"""What a failing service does instead of answering."""


@dataclass(frozen=True)
class Received:
    """A request as a service got it."""

    service: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass
class Subgraphs:
    """All services in one server, each at its own path."""

    port: int
    received: list[Received] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.port}/{service}"

    @contextmanager
    def failing(self, service: str, failure: Failure) -> Iterator[None]:
        """The service behaves badly for a while."""
        self.failures[service] = failure
        try:
            yield
        finally:
            del self.failures[service]


@contextmanager
def serve_subgraphs() -> Iterator[Subgraphs]:
    """The services, for as long as the context lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    subgraphs = Subgraphs(listener.getsockname()[1])
    config = uvicorn.Config(
        _app(subgraphs),
        log_config=None,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_TIMEOUT_S,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield subgraphs
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def schema_files() -> dict[str, Path]:
    """Every subgraph's schema, by its name."""
    of_services = {file.parent.name: file for file in SERVICES.glob("*/schema.graphql")}
    return of_services | {"live": SERVICES / "gateway/src/live_hub/schema.graphql"}


def names() -> list[str]:
    """The subgraphs."""
    return sorted(schema_files())


def _app(subgraphs: Subgraphs) -> Callable[..., Awaitable[None]]:
    schemas = {name: _schema(name) for name in names()}

    async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        service = scope["path"].removeprefix("/")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = json.loads(await _read(receive))
        subgraphs.received.append(Received(service, headers, body))
        failure = subgraphs.failures.get(service)
        if failure is not None:
            await failure(send)
            return
        result = await graphql(
            schemas[service], body["query"], None, headers, body.get("variables")
        )
        await answer(send, json.dumps(result.formatted).encode())

    return app


async def _read(receive: Callable[[], Awaitable[Any]]) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    """Send a whole response."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def answering(body: object, status: int = 200) -> Failure:
    """A service that answers this, whatever it is asked."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def fail(send: Send) -> None:
        await answer(send, content, status)

    return fail


def hanging() -> Failure:
    """A service that does not answer in any time that a caller would wait."""

    async def fail(_send: Send) -> None:
        await asyncio.Event().wait()

    return fail


def dropping() -> Failure:
    """A service that closes the connection in the middle of its answer."""

    async def fail(send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"data":', "more_body": True})

    return fail


def _schema(service: str) -> GraphQLSchema:
    text = schema_files()[service].read_text()
    schema = build_schema(text, assume_valid=True, assume_valid_sdl=True)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field_ in type_.fields.items():
                field_.resolve = _resolver(name, field_.type, schema)
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            type_.resolve_type = lambda value, _info, _type: value["__typename"]
    return schema


def _resolver(name: str, type_: Any, schema: GraphQLSchema) -> Callable[..., Any]:
    def resolve(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if name == "_entities":
            return arguments["representations"]
        if name == "me":
            return {"id": subject(info.context)}
        if "id" in arguments:
            return {"id": arguments["id"]}
        if isinstance(source, dict) and name in source:
            return source[name]
        return make_up(type_, schema)

    return resolve


def make_up(type_: Any, schema: GraphQLSchema) -> Any:
    """Some value of the type."""
    match type_:
        case GraphQLNonNull():
            return make_up(type_.of_type, schema)
        case GraphQLList():
            return [make_up(type_.of_type, schema)] * 2
        case GraphQLEnumType():
            return next(iter(type_.values))
        case GraphQLUnionType() | GraphQLInterfaceType():
            return {"__typename": schema.get_possible_types(type_)[0].name}
        case GraphQLObjectType():
            return {}
        case _:
            return SCALARS[type_.name]


def subject(headers: Mapping[str, str]) -> str | None:
    """Whom the forwarded token names."""
    token = headers.get("authorization", "").removeprefix("Bearer ")
    return jwt.decode(token, options={"verify_signature": False})["sub"] if token else None
