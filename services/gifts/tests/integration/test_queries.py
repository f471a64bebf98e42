"""What can be read, and by whom."""

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest

from chassis.testing.databases import Database
from gifts.commands.send_gifts import NewGift
from gifts.testing import (
    a_new_gift,
    an_order,
    asked_of,
    posted,
    refused,
    settle,
    take_back,
    taken_back,
    write,
)

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

CATALOGUE = """
query GiftCatalogue($first: Int, $after: String, $last: Int, $before: String) {
  giftCatalogue {
    version
    items(first: $first, after: $after, last: $last, before: $before) {
      nodes { id name tier priceCoins maxMessageLength streakable }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""
GIFT = "query Gift($id: UUID!) { gift(id: $id) { id status refusal { code message } priceCoins } }"
ENTITIES = """
query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on User { id giftsSent(first: 1) { nodes { id } } }
    ... on Creator { id acceptsGifts giftsReceived(first: 1) { totalCoins } }
    ... on GiftItem { id name priceCoins }
    ... on Gift { giftId: id status }
  }
}
"""


async def test_catalogue_is_open_to_all(ask: Ask) -> None:
    """The document of the front ends: everything on one page, cheapest first."""
    body = await ask(CATALOGUE, {"first": 50}, sub=None)

    catalogue = body["data"]["giftCatalogue"]
    assert catalogue["version"] == 1
    items = catalogue["items"]["nodes"]
    assert items[0]["priceCoins"] == 1
    assert items[-1] == {
        "id": "universe",
        "name": "Universe",
        "tier": 5,
        "priceCoins": 44_999,
        "maxMessageLength": 350,
        "streakable": False,
    }
    assert len(items) >= 20
    assert [item["priceCoins"] for item in items] == sorted(item["priceCoins"] for item in items)
    assert catalogue["items"]["pageInfo"]["hasNextPage"] is False


async def test_catalogue_pages_forwards_and_backwards(ask: Ask) -> None:
    whole = (await ask(CATALOGUE, {"first": 100}))["data"]["giftCatalogue"]["items"]["nodes"]

    forwards = await pages(ask, {"first": 4}, "after", "endCursor", "hasNextPage")
    backwards = await pages(ask, {"last": 4}, "before", "startCursor", "hasPreviousPage")

    assert [item for page in forwards for item in page] == whole
    assert [item for page in reversed(backwards) for item in page] == whole


async def pages(
    ask: Ask, variables: dict[str, Any], argument: str, cursor: str, more: str
) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    while True:
        page = (await ask(CATALOGUE, variables))["data"]["giftCatalogue"]["items"]
        found.append(page["nodes"])
        if not page["pageInfo"][more]:
            return found
        variables = variables | {argument: page["pageInfo"][cursor]}


@pytest.mark.parametrize(
    "variables", [{"first": 0}, {"first": 101}, {"first": 1, "last": 1}, {"after": "%"}]
)
async def test_impossible_page_is_an_error(ask: Ask, variables: dict[str, Any]) -> None:
    body = await ask(CATALOGUE, variables)

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.fixture
async def gifts(service: Database) -> dict[str, NewGift]:
    """Gifts from alice to star, by their status."""
    made = {status: a_new_gift() for status in ("PENDING", "SENT", "REFUSED")}
    await write(service.pool, *made.values())
    await settle(service.pool, posted(made["SENT"].gift), refused(made["REFUSED"].gift))
    return made


CALLERS = {
    "sender": {"sub": "alice", "scope": "viewer"},
    "creator": {"sub": "star", "scope": "creator"},
    "other": {"sub": "mallory", "scope": "viewer creator operator:refunds"},
    "auditor": {"sub": "ada", "scope": "operator:audit"},
}
VISIBLE = {
    "sender": {"PENDING", "SENT", "REFUSED"},
    "creator": {"SENT"},
    "other": set[str](),
    "auditor": {"PENDING", "SENT", "REFUSED"},
}


@pytest.mark.parametrize("who", CALLERS)
async def test_gift_is_seen_by_those_it_concerns(
    ask: Ask, gifts: dict[str, NewGift], who: str
) -> None:
    """By its id and as an entity alike; to all others it is as if there were none."""
    seen: set[str] = set()
    for status, new in gifts.items():
        gift_id = str(new.gift.gift_id)
        by_id = await ask(GIFT, {"id": gift_id}, **CALLERS[who])
        representation = {"__typename": "Gift", "id": gift_id}
        as_entity = await ask(ENTITIES, {"representations": [representation]}, **CALLERS[who])
        assert "errors" not in by_id
        assert "errors" not in as_entity
        gift, [entity] = by_id["data"]["gift"], as_entity["data"]["_entities"]
        assert (gift is None) == (entity is None)
        if gift is not None:
            assert gift["status"] == entity["status"] == status
            seen.add(status)

    assert seen == VISIBLE[who]


async def test_refused_gift_says_why(ask: Ask, gifts: dict[str, NewGift]) -> None:
    body = await ask(GIFT, {"id": str(gifts["REFUSED"].gift.gift_id)})

    assert body["data"]["gift"]["refusal"] == {
        "code": "insufficient_coins",
        "message": "The sender's coins did not suffice.",
    }


async def test_unknown_gift_is_null(ask: Ask) -> None:
    assert (await ask(GIFT, {"id": str(uuid4())})) == {"data": {"gift": None}}


@pytest.mark.parametrize(
    ("variables", "caller", "code"),
    [
        ({"id": "1"}, {}, "BAD_USER_INPUT"),
        ({"id": str(uuid4())}, {"sub": None}, "UNAUTHENTICATED"),
        ({"id": str(uuid4())}, {"scope": "operator:refunds"}, "FORBIDDEN"),
    ],
)
async def test_gift_is_not_for_everybody(
    ask: Ask, variables: dict[str, Any], caller: dict[str, Any], code: str
) -> None:
    body = await ask(GIFT, variables, **caller)

    assert body["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("creator_id", ["", "a b", "x" * 65, "\x00"])
async def test_creator_without_the_form_of_an_id_is_null(ask: Ask, creator_id: str) -> None:
    body = await ask("query C($id: ID!) { creator(id: $id) { id } }", {"id": creator_id}, sub=None)

    assert body == {"data": {"creator": None}}


async def test_entities_are_resolved_together(ask: Ask) -> None:
    """As the gateway asks for them: what is not the caller's is null, item by item."""
    representations = [
        {"__typename": "User", "id": "alice"},
        {"__typename": "User", "id": "bob"},
        {"__typename": "Creator", "id": "star"},
        {"__typename": "GiftItem", "id": "rose"},
        {"__typename": "GiftItem", "id": "orchid"},
        {"__typename": "Gift", "id": "no uuid"},
    ]

    body = await ask(ENTITIES, {"representations": representations}, scope="viewer creator")

    assert body["data"]["_entities"] == [
        {"__typename": "User", "id": "alice", "giftsSent": {"nodes": []}},
        {"__typename": "User", "id": "bob", "giftsSent": None},
        {"__typename": "Creator", "id": "star", "acceptsGifts": True, "giftsReceived": None},
        {"__typename": "GiftItem", "id": "rose", "name": "Rose", "priceCoins": 1},
        None,
        None,
    ]
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN", "FORBIDDEN"]


async def test_me_is_the_caller(ask: Ask) -> None:
    assert (await ask("{ me { id } }", scope=""))["data"]["me"] == {"id": "alice"}
    anonymous = await ask("{ me { id } }", sub=None)
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_gift_outlives_its_item(service: Database, ask: Ask) -> None:
    """An item that is sold no more is shown as it was sold last."""
    new = a_new_gift(an_order())
    await write(service.pool, new)
    async with service.pool.acquire() as conn, conn.transaction():
        await conn.execute("INSERT INTO catalogue_version VALUES (2, now())")
        await conn.execute("INSERT INTO catalogue_item VALUES (2, 'lily', 'Lily', 1, 3, 0, false)")

    gift = await ask(
        "query Gift($id: UUID!) {"
        " giftCatalogue { version } gift(id: $id) { item { name priceCoins } } }",
        {"id": str(new.gift.gift_id)},
    )

    assert gift["data"] == {
        "giftCatalogue": {"version": 2},
        "gift": {"item": {"name": "Rose", "priceCoins": 1}},
    }


TAKEN_BACK = """
query TakenBack($id: UUID!) {
  gift(id: $id) { status sentAt refusal { code } }
  creator(id: "star") { giftsReceived { totalCoins nodes { id status } } }
}
"""


async def test_a_gift_that_was_taken_back_is_shown_as_such(service: Database, ask: Ask) -> None:
    """To its sender and to its creator, whose total is without it; it was sent all the same."""
    new, other = a_new_gift(), a_new_gift(an_order(count=2, quoted_price_coins=2))
    await write(service.pool, new, other)
    await settle(service.pool, posted(new.gift), posted(other.gift))
    await take_back(service.pool, taken_back(asked_of(new.gift)))
    id_ = str(new.gift.gift_id)

    for caller in ("alice", "star"):
        body = await ask(TAKEN_BACK, {"id": id_}, sub=caller, scope="viewer creator")
        assert body["data"]["gift"]["status"] == "REVERSED"
        assert body["data"]["gift"]["sentAt"] is not None
        assert body["data"]["gift"]["refusal"] is None

    received = body["data"]["creator"]["giftsReceived"]
    assert received["totalCoins"] == 2
    assert {node["id"]: node["status"] for node in received["nodes"]} == {
        id_: "REVERSED",
        str(other.gift.gift_id): "SENT",
    }
