"""Whatever comes in over HTTP gets one clear answer, and nobody else notices."""

import random
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gateway_process import Gateway, run_gateway
from subgraphs import Subgraphs

JSON = {"content-type": "application/json"}
HELLO = b'{"query": "{ __typename }"}'


def send(gateway: Gateway, content: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.client.post("/graphql", content=content, headers=JSON | named)


def code_of(response: httpx.Response) -> str:
    (error,) = response.json()["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"1",
        b'"query"',
        b"{}",
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "variables": [1]}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b"[" + HELLO + b"]",
        b"[" * 10_000,
        b'{"query": "{ __typename }"' + b"\xff" * 10,
    ],
    ids=lambda content: content[:40].decode("latin-1"),
)
def test_malformed_bodies_are_refused(
    gateway: Gateway, subgraphs: Subgraphs, content: bytes
) -> None:
    """Batches among them: they would go around the limits."""
    response = send(gateway, content)

    assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")
    assert subgraphs.received == []


def test_random_bytes_harm_nobody(gateway: Gateway) -> None:
    """Two hundred bodies of noise while neighbours are served."""
    noise = random.Random(7)
    bodies = [noise.randbytes(noise.randrange(2_000)) for _ in range(200)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: send(gateway, body), bodies))
        neighbours = list(pool.map(lambda _: send(gateway, HELLO), range(20)))

    assert {code_of(answer) for answer in answers} == {"BAD_REQUEST"}
    assert {answer.text for answer in neighbours} == {'{"data":{"__typename":"Query"}}'}


@pytest.mark.parametrize("how", ["declared", "streamed"])
def test_large_bodies_are_refused(gateway: Gateway, how: str) -> None:
    """By their declared length, or once they have gone over the limit."""
    body = b'{"query": "{ __typename }' + b" " * 100_000 + b'"}'
    parts = [body[start : start + 9_999] for start in range(0, len(body), 9_999)]
    content = body if how == "declared" else iter(parts)

    response = gateway.client.post("/graphql", content=content, headers=JSON)

    assert (response.status_code, code_of(response)) == (413, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(gateway: Gateway, content_type: str) -> None:
    """What a form of another site can send without asking is not."""
    response = send(gateway, HELLO, content_type=content_type)

    assert (response.status_code, code_of(response)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_posts_are_taken(gateway: Gateway, method: str) -> None:
    """A link cannot act."""
    response = gateway.client.request(method, "/graphql", params={"query": "{ __typename }"})

    assert (response.status_code, code_of(response)) == (405, "BAD_REQUEST")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://other.largesse.test"},
    ],
    ids=str,
)
def test_pages_of_other_sites_must_ask_first(gateway: Gateway, headers: dict[str, str]) -> None:
    """The header of our own makes their browser do so."""
    without = send(gateway, HELLO, **headers)
    with_header = send(gateway, HELLO, **headers, x_largesse_csrf="1")

    assert (without.status_code, code_of(without)) == (403, "CSRF_HEADER_MISSING")
    assert with_header.status_code == 200
    assert "access-control-allow-origin" not in with_header.headers


def test_own_pages_and_programs_need_no_header(gateway: Gateway) -> None:
    """Neither sends anything that marks another site."""
    own = f"http://127.0.0.1:{gateway.port}"

    assert send(gateway, HELLO).status_code == 200
    assert send(gateway, HELLO, origin=own, host=f"127.0.0.1:{gateway.port}").status_code == 200
    assert send(gateway, HELLO, sec_fetch_site="same-origin", origin=own).status_code == 200


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "ü"])
def test_unfit_request_ids_are_replaced(gateway: Gateway, given: str) -> None:
    """Nothing of a caller's making gets into the logs unchecked."""
    headers = {b"content-type": b"application/json", b"x-request-id": given.encode("latin-1")}

    response = gateway.client.post("/graphql", content=HELLO, headers=headers)

    assert len(response.headers["x-request-id"]) == 36


def test_caller_who_hangs_up_harms_nobody(gateway: Gateway) -> None:
    """Neither in the middle of the body nor while waiting."""
    head = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    for tail in (b"", b"content-length: 100\r\n\r\n{", b"content-length: 27\r\n\r\n" + HELLO):
        with socket.create_connection(("127.0.0.1", gateway.port)) as connection:
            connection.sendall(head + tail)

    assert send(gateway, HELLO).status_code == 200


@pytest.mark.parametrize("path", ["/graphql", "/livez", "/nowhere"])
def test_browsers_are_told_to_be_careful(gateway: Gateway, path: str) -> None:
    """Whatever the answer: no other type, no frame, no referrer, and nothing of who answers."""
    headers = gateway.client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert not headers.keys() & {"server", "x-powered-by"}


def test_answers_are_kept_nowhere_on_their_way(gateway: Gateway) -> None:
    """They are of one caller."""
    assert send(gateway, HELLO).headers["cache-control"] == "no-store"


def test_no_origin_is_let_in_unless_it_is_named(
    gateway: Gateway, folder: Path, settings: dict[str, str]
) -> None:
    """Never any origin, and never by echoing the one that asks."""
    asked = {"origin": "https://evil.test", "access-control-request-method": "POST"}
    told = {"GATEWAY_CORS_ORIGINS": "https://app.test"}
    with run_gateway(folder, settings | told) as with_one:
        for each in (gateway, with_one):
            answer = each.client.options("/graphql", headers=asked)
            assert "access-control-allow-origin" not in answer.headers
        allowed = with_one.client.options(
            "/graphql", headers=asked | {"origin": "https://app.test"}
        )

    assert allowed.headers["access-control-allow-origin"] == "https://app.test"
    assert "access-control-allow-credentials" not in allowed.headers
