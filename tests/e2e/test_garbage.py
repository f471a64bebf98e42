"""Random bytes harm nobody: neighbours go on, and each has one clear error (acceptance 7)."""

import os
import random
from collections.abc import AsyncGenerator

import orjson
import pytest

from chassis import clock
from chassis.ids import uuid7
from chassis.kafka import Headers, Outbound, Writer
from chassis.testing.eventually import eventually
from contracts.event import encode
from contracts.gifts.v1 import CHARGE as REQUESTS
from contracts.gifts.v1 import GIFT as GIFTS
from contracts.wallet.v1 import CHARGE as ANSWERS
from contracts.wallet.v1 import ChargePosted, LotSlice
from local_stack.operations import documents
from support.books import Books
from support.state import Observer
from support.world import World

pytestmark = pytest.mark.stack


# ---------------------------------------------------------------------- GraphQL


@pytest.mark.parametrize(
    ("body", "code"),
    [
        # The same for each worker, which must agree on the names of the tests.
        (random.Random(1).randbytes(512), "BAD_REQUEST"),
        (b"", "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b"[]", "BAD_REQUEST"),
        (b"{", "BAD_REQUEST"),
        (b'{"query": 5}', "BAD_REQUEST"),
        (b'{"query": "{ me { id } }", "variables": "x"}', "BAD_REQUEST"),
        (b'{"query": "}{"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query": ""}', "BAD_REQUEST"),
        (b'{"query": "{ nothingLikeIt }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query": "' + b"{a" * 5_000 + b'"}', "OPERATION_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:20]),
)
async def test_a_graphql_request_of_bytes(world: World, body: bytes, code: str) -> None:
    """One error with a stable code; and the next caller is served."""
    response = await world.http.post(
        world.stack.addresses.graphql, content=body, headers={"content-type": "application/json"}
    )

    errors = response.json()["errors"]
    assert [error["extensions"]["code"] for error in errors] == [code]
    assert await world.bundles()


@pytest.mark.parametrize("service", ["wallet", "gifts", "payouts"])
async def test_bytes_to_a_subgraph(world: World, service: str) -> None:
    """Whoever gets past the gateway learns no more and breaks no more."""
    url = world.stack.addresses.url(f"{service}-api", "/graphql")
    for body in (os.urandom(512), b"", b"[]", b"{", b'{"query": 5}', b'{"query": "}{"}'):
        response = await world.http.post(
            url, content=body, headers={"content-type": "application/json"}
        )
        assert 200 <= response.status_code < 500, body
        assert "Traceback" not in response.text
    assert await world.bundles()


async def test_half_a_character_in_a_message(world: World) -> None:
    """JSON can escape what no text can hold."""
    viewer, creator = await world.viewer(), await world.creator()
    order = await world.order(creator, message="PLACE")
    body = _document("SendGift", order).replace(b"PLACE", rb"\ud800")
    response = await world.http.post(
        world.stack.addresses.graphql,
        content=body,
        headers={
            "content-type": "application/json",
            "authorization": f"Bearer {world.token(viewer)}",
        },
    )
    answer = response.json()
    refused = answer.get("errors") or [answer["data"]["sendGift"]]
    assert "SENT" not in response.text
    assert refused


def _document(operation: str, order: object) -> bytes:
    return orjson.dumps(
        {"query": documents()[operation], "operationName": operation, "variables": {"input": order}}
    )


# ---------------------------------------------------------------------- Kafka


@pytest.fixture
async def writer(world: World) -> AsyncGenerator[Writer]:
    writer = Writer(world.stack.addresses.kafka_servers, client_id="garbage")
    yield writer
    await writer.close()


def typed(kind: str) -> Headers:
    return [("ce_type", kind.encode())]


CONSUMED = {
    REQUESTS.name: ("wallet", "gifts.charge_requested.v1"),
    ANSWERS.name: ("gifts", "wallet.charge_posted.v1"),
    GIFTS.name: ("payouts", "gifts.gift_sent.v1"),
}
"""Who reads each topic, and a type that it reads there."""


@pytest.mark.parametrize("topic", CONSUMED)
async def test_records_of_bytes(
    world: World, observer: Observer, writer: Writer, books: Books, topic: str
) -> None:
    """One dead letter for each that its reader cannot read; the gifts around them go through."""
    service, kind = CONSUMED[topic]
    viewer, creator = await world.viewer(coins=20), await world.creator()
    unreadable: list[tuple[bytes, Headers]] = [
        (os.urandom(300), []),
        (os.urandom(300), typed(kind)),
        (b"", typed(kind)),
        (b"null", typed(kind)),
        (b"{}", typed(kind)),
        (b"[" * 5_000, typed(kind)),
        (b'{"charge_id": "\x00"}', typed(kind)),
        (b"{}", typed(kind.replace(".v1", ".v9"))),
        (b"{}", [("ce_type", b"\xff\xfe")]),
        (b" " * 300_000, typed(kind)),
    ]
    await observer.rest()
    before = await observer.dead_letters()
    books.expect_dead_letters(len(unreadable))

    keys = [viewer.encode(), creator.encode(), b"", os.urandom(16)]
    for number, (value, headers) in enumerate(unreadable):
        key = keys[number % len(keys)]
        await writer.publish([Outbound(topic, key, value, headers)])
        answer = await world.give(viewer, creator)
        assert answer["status"] == "SENT"

    async def planted() -> int:
        return (await observer.dead_letters())[service] - before[service]

    await eventually(planted, until=lambda count: count >= len(unreadable))
    await observer.rest()
    after = await observer.dead_letters()
    assert {name: after[name] - before[name] for name in after} == {
        name: len(unreadable) if name == service else 0 for name in after
    }


async def test_an_event_of_a_stranger_moves_no_coins(
    world: World, observer: Observer, writer: Writer, books: Books
) -> None:
    """Well-formed answers about gifts that do not exist are set aside, one dead letter each."""
    creator = await world.creator()
    await observer.rest()
    before = await observer.dead_letters()
    books.expect_dead_letters(1)
    stray = ChargePosted(
        charge_id=uuid7(),
        payer_id="nobody",
        order_key=creator,
        coins=5,
        slices=(LotSlice(1, "purchased", 5, clock.now()),),
        posted_at=clock.now(),
    )
    await writer.publish(
        [
            Outbound(
                ANSWERS.name,
                creator.encode(),
                encode(stray),
                typed("wallet.charge_posted.v1"),
            )
        ]
    )

    async def planted() -> int:
        return (await observer.dead_letters())["gifts"] - before["gifts"]

    await eventually(planted, until=lambda count: count == 1)
    assert await world.lifetime(creator) == 0
