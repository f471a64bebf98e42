"""Histories page by page: complete, in order, newest first, and each for its owner alone."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chassis.testing.databases import Database
from gifts.commands.send_gifts import NewGift
from gifts.testing import a_new_gift, an_order, posted, refused, settle, write

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

SENT = """
query Sent($first: Int, $after: String, $last: Int, $before: String) {
  me {
    list: giftsSent(first: $first, after: $after, last: $last, before: $before) {
      nodes { id status sentAt priceCoins item { id name } creator { id } }
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
RECEIVED = """
query Received($first: Int, $after: String, $last: Int, $before: String) {
  me: creator(id: "star") {
    list: giftsReceived(first: $first, after: $after, last: $last, before: $before) {
      totalCoins
      nodes { id status priceCoins sender { id } item { name } }
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
STAR = {"sub": "star", "scope": "creator"}


@pytest.fixture
async def gifts(service: Database) -> list[NewGift]:
    """Ten gifts from alice to star, the third refused, the last one waiting; one from bob."""
    gifts = [a_new_gift(an_order(count=n + 1, quoted_price_coins=99)) for n in range(10)]
    for new in gifts:
        await write(service.pool, new)
    await write(service.pool, a_new_gift(an_order(sender_id="bob")))
    await settle(
        service.pool,
        *(refused(new.gift) if n == 2 else posted(new.gift) for n, new in enumerate(gifts[:9])),
    )
    return gifts


def newest_first(gifts: list[NewGift]) -> list[str]:
    return [str(new.gift.gift_id) for new in reversed(gifts)]


def node_ids(page: dict[str, Any]) -> list[str]:
    return [node["id"] for node in page["nodes"]]


async def read(ask: Ask, document: str, variables: dict[str, Any], **caller: str) -> dict[str, Any]:
    body = await ask(document, variables, **caller)
    assert "errors" not in body
    return body["data"]["me"]["list"]


async def test_sender_sees_all_they_sent(ask: Ask, gifts: list[NewGift]) -> None:
    """Refused and waiting gifts too; `sentAt` is null until a gift is SENT."""
    page = await read(ask, SENT, {"first": 20})

    assert node_ids(page) == newest_first(gifts)
    assert [node["status"] for node in page["nodes"]] == (
        ["PENDING"] + ["SENT"] * 6 + ["REFUSED"] + ["SENT"] * 2
    )
    assert [node["sentAt"] is not None for node in page["nodes"]] == (
        [False] + [True] * 6 + [False] + [True] * 2
    )
    assert page["pageInfo"]["hasNextPage"] is False


async def test_creator_sees_all_they_were_given(ask: Ask, gifts: list[NewGift]) -> None:
    """Only gifts that are SENT, with the coins of all of them however small the page."""
    given = [new for n, new in enumerate(gifts) if n not in {2, 9}]

    page = await read(ask, RECEIVED, {"first": 3}, **STAR)

    assert node_ids(page) == newest_first(given)[:3]
    assert page["totalCoins"] == sum(new.gift.price_coins for new in given)
    assert page["nodes"][0]["sender"] == {"id": "alice"}


@pytest.mark.parametrize("size", [1, 3, 4, 100])
@pytest.mark.parametrize(("document", "caller"), [(SENT, {}), (RECEIVED, STAR)])
async def test_pages_make_up_the_whole(
    ask: Ask, gifts: list[NewGift], document: str, caller: dict[str, str], size: int
) -> None:
    """Forwards and backwards: every gift once, in one order, each edge with its own cursor."""
    assert gifts
    whole = node_ids(await read(ask, document, {"first": 100}, **caller))

    forwards: list[str] = []
    variables: dict[str, Any] = {"first": size}
    while True:
        page = await read(ask, document, variables, **caller)
        forwards += node_ids(page)
        assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables["after"] = page["pageInfo"]["endCursor"]

    backwards: list[str] = []
    variables = {"last": size}
    while True:
        page = await read(ask, document, variables, **caller)
        backwards = node_ids(page) + backwards
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        variables["before"] = page["pageInfo"]["startCursor"]

    assert forwards == backwards == whole


async def test_new_gifts_do_not_shift_the_pages(
    service: Database, ask: Ask, gifts: list[NewGift]
) -> None:
    """A gift sent while somebody reads shows on the first page, and moves no other."""
    first = await read(ask, SENT, {"first": 4})
    new = a_new_gift()
    await write(service.pool, new)

    second = await read(ask, SENT, {"first": 4, "after": first["pageInfo"]["endCursor"]})

    assert node_ids(first) + node_ids(second) == newest_first(gifts)[:8]
    assert node_ids(await read(ask, SENT, {"first": 1})) == [str(new.gift.gift_id)]


async def test_empty_history_is_an_empty_page(ask: Ask) -> None:
    sent = await read(ask, SENT, {})
    received = await read(ask, RECEIVED, {}, **STAR)

    assert sent["nodes"] == received["nodes"] == []
    assert received["totalCoins"] == 0
    assert sent["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }


USER = """query User($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { giftsSent { nodes { id } } } }
}"""
STARS = 'query Star { creator(id: "star") { id giftsReceived { nodes { id } } } }'


@pytest.mark.parametrize(
    ("caller", "allowed"),
    [
        ({"sub": "alice", "scope": "viewer"}, True),
        ({"sub": "ada", "scope": "operator:audit"}, True),
        ({"sub": "alice", "scope": ""}, False),
        ({"sub": "alice", "scope": "creator"}, False),
        ({"sub": "mallory", "scope": "viewer"}, False),
        ({"sub": "star", "scope": "viewer creator"}, False),
        ({"sub": "ada", "scope": "viewer operator:refunds"}, False),
        ({"sub": None}, False),
    ],
)
async def test_only_sender_and_auditor_read_what_was_sent(
    ask: Ask, gifts: list[NewGift], caller: dict[str, Any], allowed: bool
) -> None:
    alice = {"__typename": "User", "id": "alice"}

    body = await ask(USER, {"representations": [alice]}, **caller)

    [user] = body["data"]["_entities"]
    assert (len(user["giftsSent"]["nodes"]) == len(gifts)) if allowed else user["giftsSent"] is None
    assert ("errors" in body) is not allowed


@pytest.mark.parametrize(
    ("caller", "allowed"),
    [
        ({"sub": "star", "scope": "creator"}, True),
        ({"sub": "star", "scope": "viewer"}, False),
        ({"sub": "alice", "scope": "viewer creator"}, False),
        ({"sub": "ada", "scope": "operator:audit"}, False),
        ({"sub": "ada", "scope": "creator operator:audit"}, False),
        ({"sub": None}, False),
    ],
)
async def test_only_the_creator_reads_what_was_received(
    ask: Ask, gifts: list[NewGift], caller: dict[str, Any], allowed: bool
) -> None:
    body = await ask(STARS, **caller)

    assert body["data"]["creator"]["id"] == "star"
    received = body["data"]["creator"]["giftsReceived"]
    assert (len(received["nodes"]) == len(gifts) - 2) if allowed else received is None
    assert ("errors" in body) is not allowed
