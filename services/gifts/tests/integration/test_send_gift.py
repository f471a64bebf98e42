"""The mutation `sendGift`: what a client sees, and that refusals leave nothing behind."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.auth import Viewer
from chassis.db import transact
from chassis.graphql import Executor, Operation
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from contracts.event import Event
from contracts.wallet.v1 import ReachedLimit
from gifts.commands.accept_gifts import accept_gifts
from gifts.domain.gift import Gift
from gifts.edge.resources import Resources
from gifts.graphql.context import GiftsContext
from gifts.graphql.schema import SCHEMA
from gifts.store.gift import select_gifts
from gifts.testing import NOW, posted, refused, refused_by_limit, settle, writers_blocked
from gifts.testing.rooms import open_a_room

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]
type Send = Ask

SEND_GIFT = """
mutation SendGift($input: SendGiftInput!) {
  sendGift(input: $input) {
    __typename
    ... on SendGiftPayload {
      replayed
      gift {
        id status count priceCoins message sentAt createdAt refusal { code message }
        item { id name } creator { id } sender { id } target { videoId roomId }
      }
    }
    ... on InsufficientCoins { code message neededCoins balanceCoins }
    ... on SpendLimitReached { code message limit neededCoins limitCoins spentCoins freesUpAt }
    ... on PriceChanged { priceCoins }
    ... on MessageTooLong { maxLength }
    ... on Refusal { code message }
  }
}
"""


def an_input(**changes: object) -> dict[str, Any]:
    """Seven roses for star."""
    return {
        "giftId": str(ids.uuid7()),
        "itemId": "rose",
        "count": 7,
        "creatorId": "star",
        "target": {"videoId": "video-1"},
        "quotedPriceCoins": 7,
    } | changes


async def find_gift(service: Database, gift_id: str) -> Gift | None:
    async with service.pool.acquire() as conn:
        stored = (await select_gifts(conn, [UUID(gift_id)])).get(UUID(gift_id))
    return None if stored is None else stored.gift


@pytest.fixture
def send(service: Database, ask: Ask) -> Send:
    """`await send(input, answer=posted)`: sends, and answers as the wallet would."""

    async def run(
        given: dict[str, Any], *, answer: Callable[[Gift], Event] = posted, **caller: object
    ) -> dict[str, Any]:
        sending = asyncio.create_task(ask(SEND_GIFT, {"input": given}, **caller))
        gift = await eventually(lambda: find_gift(service, given["giftId"]))
        assert gift is not None
        await settle(service.pool, answer(gift))
        body = await sending
        assert "errors" not in body
        return body["data"]["sendGift"]

    return run


async def everything(service: Database) -> tuple[int, ...]:
    """What a gift leaves behind: rows and events."""
    row = await service.pool.fetchrow(
        "SELECT (SELECT count(*) FROM gift), (SELECT coalesce(sum(events), 0) FROM outbox),"
        " (SELECT count(*) FROM received_gift), (SELECT count(*) FROM creator_total)"
    )
    assert row is not None
    return tuple(row)


NOTHING = (0, 0, 0, 0)


async def test_gift_is_sent(service: Database, send: Send) -> None:
    room = await open_a_room(service.pool)
    given = an_input(message="Bravo! 👏", target={"roomId": str(room.room_id).upper()})

    answer = await send(given)

    gift = answer["gift"]
    assert answer["replayed"] is False
    assert gift.pop("createdAt") is not None
    assert gift == {
        "id": given["giftId"],
        "status": "SENT",
        "count": 7,
        "priceCoins": 7,
        "message": "Bravo! 👏",
        "sentAt": "2026-05-10T12:00:01+00:00",
        "refusal": None,
        "item": {"id": "rose", "name": "Rose"},
        "creator": {"id": "star"},
        "sender": {"id": "alice"},
        "target": {"videoId": None, "roomId": str(room.room_id)},
    }
    # Two events of the gift, two of its room's frames, and the sender's first level.
    assert await everything(service) == (1, 5, 1, 1)


async def test_retry_gets_the_first_result(service: Database, send: Send, ask: Ask) -> None:
    given = an_input()
    first = await send(given)

    again = (await ask(SEND_GIFT, {"input": given}))["data"]["sendGift"]

    assert again == first | {"replayed": True}
    assert await everything(service) == (1, 3, 1, 1)


async def test_concurrent_copies_are_one_gift(service: Database, ask: Ask) -> None:
    """Ten copies at once: one is the gift, nine are its replays, one charge is requested."""
    given = an_input()
    sending = [asyncio.create_task(ask(SEND_GIFT, {"input": given})) for _ in range(10)]
    gift = await eventually(lambda: find_gift(service, given["giftId"]))
    assert gift is not None
    await settle(service.pool, posted(gift))

    answers = [body["data"]["sendGift"] for body in await asyncio.gather(*sending)]

    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 9
    assert {answer["gift"]["status"] for answer in answers} == {"SENT"}
    assert await everything(service) == (1, 3, 1, 1)


async def test_short_balance_is_told_with_its_amounts(
    service: Database, send: Send, ask: Ask
) -> None:
    """The refusal is stored: the same id is refused for ever, whatever is bought meanwhile."""
    given = an_input()

    answer = await send(given, answer=refused)

    assert answer == {
        "__typename": "InsufficientCoins",
        "code": "insufficient_coins",
        "message": "It costs 7 coins; you had 3.",
        "neededCoins": 7,
        "balanceCoins": 3,
    }
    again = await ask(SEND_GIFT, {"input": given})
    assert again["data"]["sendGift"] == answer
    assert await everything(service) == (1, 1, 0, 0)


@pytest.mark.parametrize("frees_up_at", [NOW + timedelta(hours=3), None], ids=["later", "never"])
async def test_spend_limit_is_told_with_its_numbers(
    service: Database, send: Send, ask: Ask, frees_up_at: datetime | None
) -> None:
    """And to every retry, also by another process, which knows it from the database."""
    given = an_input()
    limit = ReachedLimit(name="creator_day", coins=20, spent_coins=15, frees_up_at=frees_up_at)

    answer = await send(given, answer=lambda gift: refused_by_limit(gift, limit=limit))

    assert answer == {
        "__typename": "SpendLimitReached",
        "code": "spend_limit_reached",
        "message": "You let yourself spend 20 coins and have spent 15 of them.",
        "limit": "CREATOR_DAY",
        "neededCoins": 7,
        "limitCoins": 20,
        "spentCoins": 15,
        "freesUpAt": None if frees_up_at is None else frees_up_at.isoformat(),
    }
    again = await ask(SEND_GIFT, {"input": given})
    assert again["data"]["sendGift"] == answer
    assert await everything(service) == (1, 1, 0, 0)


async def test_id_that_the_wallet_knew_conflicts(send: Send) -> None:
    answer = await send(
        an_input(), answer=lambda gift: refused(gift, reason="charge_conflict", balance_coins=0)
    )

    assert answer["__typename"] == "IdempotencyConflict"


@pytest.fixture
def impatient(service: Database) -> Ask:
    """An api that answers at once."""
    resources = Resources.of(service.pool, service.dsn, answer_within_s=0)

    async def run(given: dict[str, Any]) -> dict[str, Any]:
        viewer = Viewer("alice", frozenset({"viewer"}), age_verified=True)
        context = GiftsContext.of(resources, viewer, "test")
        body = await Executor(SCHEMA).run(Operation(SEND_GIFT, {"input": given}), context)
        return body["data"]["sendGift"]  # pyright: ignore[reportIndexIssue]

    return run


async def test_gift_is_pending_where_the_answer_takes_too_long(
    service: Database, impatient: Ask
) -> None:
    """The gift goes on; a retry tells how far it has come."""
    given = an_input()

    first = await impatient(given)
    second = await impatient(given)
    gift = await find_gift(service, given["giftId"])
    assert gift is not None
    await settle(service.pool, posted(gift))
    third = await impatient(given)

    assert (first["gift"]["status"], first["replayed"]) == ("PENDING", False)
    assert first["gift"]["sentAt"] is None
    assert (second["gift"]["status"], second["replayed"]) == ("PENDING", True)
    assert (third["gift"]["status"], third["replayed"]) == ("SENT", True)
    assert await everything(service) == (1, 3, 1, 1)


REFUSALS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {"age_verified": False}, {"code": "not_eligible"}),
    ({}, {"account_kind": "politician"}, {"code": "not_eligible"}),
    ({"creatorId": "alice"}, {}, {"code": "self_gift"}),
    ({"creatorId": "nobody"}, {}, {"code": "gifts_not_accepted"}),
    ({"itemId": "orchid"}, {}, {"code": "gift_item_unavailable"}),
    ({"itemId": "\x00"}, {}, {"code": "gift_item_unavailable"}),
    ({"count": 0}, {}, {"code": "invalid_count"}),
    ({"count": -7}, {}, {"code": "invalid_count"}),
    ({"count": 1001, "quotedPriceCoins": 1001}, {}, {"code": "invalid_count"}),
    ({"message": "x" * 31}, {}, {"code": "message_too_long", "maxLength": 30}),
    ({"quotedPriceCoins": 6}, {}, {"code": "price_changed", "priceCoins": 7}),
    ({"quotedPriceCoins": 0}, {}, {"code": "price_changed", "priceCoins": 7}),
    ({"quotedPriceCoins": -1}, {}, {"code": "price_changed", "priceCoins": 7}),
]


@pytest.mark.parametrize(("change", "caller", "refusal"), REFUSALS)
async def test_refused_gift_leaves_nothing(
    service: Database,
    ask: Ask,
    change: dict[str, Any],
    caller: dict[str, Any],
    refusal: dict[str, Any],
) -> None:
    body = await ask(SEND_GIFT, {"input": an_input(**change)}, **caller)

    answer = body["data"]["sendGift"]
    assert refusal.items() <= answer.items()
    assert answer["message"].endswith(".")
    assert await everything(service) == NOTHING


@pytest.mark.parametrize(
    "change",
    [
        {"giftId": "123"},
        {"giftId": None},
        {"count": 2**31},
        {"count": 1.5},
        {"count": "7"},
        {"quotedPriceCoins": 2**53},
        {"quotedPriceCoins": 7.0},
        {"quotedPriceCoins": "7"},
        {"creatorId": ""},
        {"creatorId": "a b"},
        {"creatorId": "x" * 65},
        {"target": {}},
        {"target": {"videoId": None}},
        {"target": {"videoId": "v", "roomId": "r"}},
        {"target": {"videoId": ""}},
        {"target": {"videoId": "a\x00b"}},
        {"target": {"roomId": "room-1"}},
        {"target": {"roomId": "{0198a7c0-0000-7000-8000-00000000000a}"}},
        {"message": ""},
        {"message": "a\nb"},
        {"message": "a\x00b"},
        {"message": "\ud800"},
        {"extra": 1},
    ],
    ids=repr,
)
async def test_malformed_input_is_an_error_and_leaves_nothing(
    service: Database, ask: Ask, change: dict[str, Any]
) -> None:
    body = await ask(SEND_GIFT, {"input": an_input(**change)})

    assert body["data"] is None
    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
    assert await everything(service) == NOTHING


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"scope": ""}, "FORBIDDEN"),
        ({"scope": "creator operator:audit"}, "FORBIDDEN"),
    ],
)
async def test_only_viewers_send(
    service: Database, ask: Ask, caller: dict[str, Any], code: str
) -> None:
    body = await ask(SEND_GIFT, {"input": an_input()}, **caller)

    assert body["errors"][0]["extensions"]["code"] == code
    assert await everything(service) == NOTHING


@pytest.mark.parametrize(
    ("change", "caller"),
    [
        ({"count": 6}, {}),
        ({"message": "x"}, {}),
        ({"quotedPriceCoins": 8}, {}),
        ({}, {"sub": "mallory"}),
    ],
)
async def test_same_id_for_something_else_conflicts(
    service: Database,
    send: Send,
    ask: Ask,
    change: dict[str, Any],
    caller: dict[str, Any],
) -> None:
    """E23. The answer tells nothing of the gift, which may be somebody else's."""
    given = an_input()
    await send(given)

    body = await ask(SEND_GIFT, {"input": given | change}, **caller)

    assert body["data"]["sendGift"] == {
        "__typename": "IdempotencyConflict",
        "code": "idempotency_conflict",
        "message": "This id already belongs to a request with other terms.",
    }
    assert await everything(service) == (1, 3, 1, 1)


async def test_retry_is_answered_whatever_has_changed_since(
    service: Database, send: Send, ask: Ask
) -> None:
    """Refused as too dear by now, the client would send, and pay for, another gift."""
    given = an_input()
    first = await send(given)
    await transact(service.pool, lambda conn: accept_gifts(conn, "star", accept=False, at=NOW))

    switched_off = await ask(SEND_GIFT, {"input": given})
    not_eligible = await ask(SEND_GIFT, {"input": given}, age_verified=False)
    new = await ask(SEND_GIFT, {"input": an_input()})

    assert switched_off["data"]["sendGift"] == first | {"replayed": True}
    assert not_eligible["data"]["sendGift"] == first | {"replayed": True}
    assert new["data"]["sendGift"]["code"] == "gifts_not_accepted"


async def test_count_is_one_unless_told_otherwise(send: Send) -> None:
    given = an_input(itemId="corgi", quotedPriceCoins=500)
    del given["count"]

    answer = await send(given)

    assert (answer["gift"]["count"], answer["gift"]["priceCoins"]) == (1, 299)


async def test_outage_is_masked_and_the_id_stays_free(
    service: Database, send: Send, ask: Ask
) -> None:
    """The writer's session dies in the middle of the write."""
    await send(an_input())
    given = an_input()
    async with writers_blocked(service.pool) as kill:
        sending = asyncio.create_task(ask(SEND_GIFT, {"input": given}))
        await kill()
        body = await sending

    answer = await send(given)

    assert body["data"] is None
    assert body["errors"][0]["extensions"] == {
        "code": "SERVICE_UNAVAILABLE",
        "requestId": "test",
    }
    assert answer["gift"]["status"] == "SENT"


async def test_hundred_viewers_send_at_once(service: Database, ask: Ask, api: Resources) -> None:
    """Each gets its own gift; nobody waits for somebody else's answer."""
    inputs = [an_input(count=n % 7 + 1) for n in range(100)]
    sending = [
        asyncio.create_task(ask(SEND_GIFT, {"input": given}, sub=f"viewer-{n}"))
        for n, given in enumerate(inputs)
    ]

    async def stored() -> list[Gift]:
        async with service.pool.acquire() as conn:
            found = await select_gifts(conn, [UUID(given["giftId"]) for given in inputs])
        return [each.gift for each in found.values()]

    gifts = await eventually(stored, until=lambda found: len(found) == 100)
    await settle(
        service.pool, *(posted(gift) if gift.count % 2 else refused(gift) for gift in gifts)
    )

    for n, (given, body) in enumerate(zip(inputs, await asyncio.gather(*sending), strict=True)):
        answer = body["data"]["sendGift"]
        if given["count"] % 2:
            assert answer["gift"]["id"] == given["giftId"]
            assert answer["gift"]["sender"]["id"] == f"viewer-{n}"
        else:
            assert answer["neededCoins"] == given["count"]
    assert api.settlements._waiting == {}
