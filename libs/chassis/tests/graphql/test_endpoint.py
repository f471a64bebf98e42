"""The HTTP side, spoken to in ASGI as a server does."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from chassis.auth import KeysUnavailableError, TokenExpiredError, TokenInvalidError, Viewer
from chassis.graphql import mount_graphql

ALICE = Viewer("alice", frozenset({"viewer"}))


class Tokens:
    """Stands for the issuer: knows three tokens and one outage."""

    async def verify(self, token: str) -> Viewer:
        match token:
            case "alice":
                return ALICE
            case "old":
                raise TokenExpiredError
            case "outage":
                raise KeysUnavailableError
            case _:
                raise TokenInvalidError


@pytest.fixture
def client(notes: Any) -> AsyncClient:
    app = FastAPI()
    mount_graphql(app, notes.executor, verifier=Tokens(), make_context=notes.context)
    return AsyncClient(transport=ASGITransport(app), base_url="http://test")


async def post(client: AsyncClient, content: object, **headers: str) -> Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(
        "/graphql", content=body, headers={"content-type": "application/json"} | named
    )


def code_of(response: Response) -> str:
    (error,) = response.json()["errors"]
    return error["extensions"]["code"]


async def test_operation_is_run_for_the_token(client: AsyncClient) -> None:
    """Body in, body out, and the request's id comes back."""
    query = "query Who { me { id } }"

    response = await post(
        client,
        {"query": query, "operationName": "Who", "variables": None, "extensions": {}},
        authorization="Bearer alice",
        x_request_id="r-1",
    )

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"] == "r-1"
    assert response.json() == {"data": {"me": {"id": "alice"}}}


@pytest.mark.parametrize("given", ["", "x" * 65, "a\tb"])
async def test_unfit_request_ids_are_replaced(client: AsyncClient, given: str) -> None:
    """Nothing of a caller's making gets into the logs unchecked."""
    response = await post(client, {"query": "{ __typename }"}, x_request_id=given)

    assert len(response.headers["x-request-id"]) == 36


async def test_without_token_nobody_is_signed_in(client: AsyncClient) -> None:
    """Public fields are answered, private ones are not."""
    response = await post(client, {"query": "{ echo(coins: 1) me { id } }"})

    assert response.json()["data"] == {"echo": 1, "me": None}
    assert code_of(response) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Bearer old", "token_expired"),
        ("Bearer forged", "token_invalid"),
        ("Bearer ", "token_invalid"),
        ("Basic alice", "token_invalid"),
        ("alice", "token_invalid"),
    ],
)
async def test_bad_token_is_refused_whole(client: AsyncClient, header: str, reason: str) -> None:
    """A caller with a bad token is not taken for an anonymous one."""
    response = await post(client, {"query": "{ echo(coins: 1) }"}, authorization=header)

    assert response.status_code == 401
    assert "data" not in response.json()
    assert response.json()["errors"][0]["extensions"] == {
        "code": "UNAUTHENTICATED",
        "reason": reason,
    }


async def test_missing_keys_are_an_outage(client: AsyncClient) -> None:
    """Not the caller's fault."""
    response = await post(client, {"query": "{ __typename }"}, authorization="Bearer outage")

    assert (response.status_code, code_of(response)) == (503, "SERVICE_UNAVAILABLE")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00\xff\xfe",
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"null",
        b'"query"',
        b"{}",
        b'{"query": 1}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "\xff"}',
        b'{"query": "{ __typename }", "variables": {"deep": ' + b"[" * 60_000,
    ],
    ids=lambda content: repr(content[:60]),
)
async def test_malformed_bodies_are_refused(client: AsyncClient, content: bytes) -> None:
    """One clear error; batches are not taken."""
    response = await post(client, content)

    assert (response.status_code, code_of(response)) == (400, "BAD_USER_INPUT")


async def test_large_bodies_are_refused(client: AsyncClient) -> None:
    """Before they are read whole."""
    response = await post(client, {"query": "{ __typename }" + " " * 200_000})

    assert (response.status_code, code_of(response)) == (413, "BAD_USER_INPUT")


async def test_only_posted_json_is_taken(client: AsyncClient) -> None:
    """A link or a form of another site cannot act."""
    by_get = await client.get("/graphql", params={"query": "{ __typename }"})
    by_form = await post(client, {"query": "{ __typename }"}, content_type="text/plain")

    assert (by_get.status_code, by_form.status_code) == (405, 415)


async def test_other_paths_are_the_applications(notes: Any) -> None:
    """Webhooks and probes are served beside it; middleware sees requests of both kinds."""
    seen: list[str] = []

    class Watch:
        def __init__(self, app: Any) -> None:
            self._app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self._app(scope, receive, send)
            seen.append(scope["route"].path)

    app = FastAPI()
    app.add_middleware(Watch)
    mount_graphql(app, notes.executor, verifier=Tokens(), make_context=notes.context)
    app.get("/other")(lambda: "here")
    client = AsyncClient(transport=ASGITransport(app), base_url="http://test")

    await post(client, {"query": "{ __typename }"})
    other = await client.get("/other")

    assert other.json() == "here"
    assert seen == ["/graphql", "/other"]
