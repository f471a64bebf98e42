"""Live rooms as their hosts and viewers see them."""

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.testing.databases import Database
from gifts.commands.send_gifts import NewGift, Written
from gifts.domain.refusals import GiftsNotAcceptedError, RoomNotOpenError
from gifts.testing import (
    a_new_gift,
    an_order,
    asked_of,
    posted,
    settle,
    take_back,
    taken_back,
    write,
)
from gifts.testing.boards import agree
from gifts.testing.rooms import open_a_room

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

HOST = {"sub": "star", "scope": "creator"}
OPEN = """
mutation OpenRoom($input: OpenRoomInput!) {
  openRoom(input: $input) {
    __typename
    ... on OpenRoomPayload {
      replayed
      room {
        id status title seq closedAt host { id } summary { coins gifts gifters }
        goal { targetCoins reachedCoins targetCount reachedCount reachedAt item { name } }
        topGifters { nodes { rank } }
      }
    }
    ... on RoomAlreadyOpen { openRoomId }
    ... on TitleTooLong { maxLength }
    ... on Refusal { code message }
  }
}
"""
CLOSE = """
mutation CloseRoom($input: CloseRoomInput!) {
  closeRoom(input: $input) {
    __typename
    ... on CloseRoomPayload { room { id status summary { coins gifts gifters } } }
    ... on Refusal { code message }
  }
}
"""
MINE = """
query Mine($id: UUID!) { room(id: $id) { topGifters { me { rank coins behindCoins } } } }
"""
KEEP = """
mutation KeepRoomOpen($input: KeepRoomOpenInput!) {
  keepRoomOpen(input: $input) {
    __typename ... on KeepRoomOpenPayload { room { id status } } ... on Refusal { code message }
  }
}
"""
ROOM = """
query Room($id: UUID!, $first: Int, $after: String, $last: Int, $before: String) {
  room(id: $id) {
    id status title openedAt seq
    goal { targetCoins reachedCoins reachedAt }
    topGifters(first: $first, after: $after, last: $last, before: $before) {
      nodes { rank coins user { id } }
      pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    }
  }
}
"""


def an_input(**changes: object) -> dict[str, Any]:
    return {"roomId": str(ids.uuid7()), "title": "Evening 🎤"} | changes


async def run(ask: Ask, document: str, given: dict[str, Any], **caller: Any) -> dict[str, Any]:
    body = await ask(document, {"input": given}, **{**HOST, **caller})
    assert "errors" not in body, body
    [answer] = body["data"].values()
    return answer


async def test_room_is_opened(ask: Ask) -> None:
    given = an_input(goal={"coins": 50})

    answer = await run(ask, OPEN, given)

    assert answer == {
        "__typename": "OpenRoomPayload",
        "replayed": False,
        "room": {
            "id": given["roomId"],
            "status": "OPEN",
            "title": "Evening 🎤",
            "seq": 1,
            "closedAt": None,
            "host": {"id": "star"},
            "summary": {"coins": 0, "gifts": 0, "gifters": 0},
            "goal": {
                "targetCoins": 50,
                "reachedCoins": 0,
                "targetCount": None,
                "reachedCount": 0,
                "reachedAt": None,
                "item": None,
            },
            "topGifters": {"nodes": []},
        },
    }


async def test_goal_of_an_item(ask: Ask) -> None:
    answer = await run(ask, OPEN, an_input(goal={"itemId": "rose", "count": 3}))

    assert answer["room"]["goal"] == {
        "targetCoins": None,
        "reachedCoins": 0,
        "targetCount": 3,
        "reachedCount": 0,
        "reachedAt": None,
        "item": {"name": "Rose"},
    }


async def test_retry_gets_the_first_result(service: Database, ask: Ask) -> None:
    """As the room stands now, even where opening it would be refused today."""
    given = an_input()
    await run(ask, OPEN, given)
    await run(ask, CLOSE, {"roomId": given["roomId"]})
    await run(ask, OPEN, an_input())

    again = await run(ask, OPEN, given, age_verified=False)

    assert again["replayed"] is True
    assert again["room"]["status"] == "CLOSED"
    assert await service.pool.fetchval("SELECT count(*) FROM room") == 2


@pytest.mark.parametrize(
    ("change", "sub"),
    [
        ({"title": "Other"}, "star"),
        ({"goal": {"coins": 1}}, "star"),
        ({}, "moon"),
    ],
    ids=["title", "goal", "host"],
)
async def test_other_terms_under_the_same_id_are_a_conflict(
    ask: Ask, change: dict[str, Any], sub: str
) -> None:
    given = an_input()
    await run(ask, OPEN, given)

    answer = await run(ask, OPEN, given | change, sub=sub)

    assert answer["code"] == "idempotency_conflict"


async def test_one_room_at_a_time(ask: Ask) -> None:
    given = an_input()
    await run(ask, OPEN, given)

    refused = await run(ask, OPEN, an_input())
    await run(ask, CLOSE, {"roomId": given["roomId"]})
    opened = await run(ask, OPEN, an_input())

    assert refused["code"] == "room_already_open"
    assert refused["openRoomId"] == given["roomId"]
    assert opened["__typename"] == "OpenRoomPayload"


@pytest.mark.parametrize(
    ("change", "caller", "code"),
    [
        ({"title": "x" * 101}, {}, "title_too_long"),
        ({"goal": {"itemId": "stone", "count": 1}}, {}, "gift_item_unavailable"),
        ({}, {"age_verified": False}, "not_eligible"),
        ({}, {"account_kind": "government"}, "not_eligible"),
    ],
    ids=["title", "item", "age", "kind"],
)
async def test_refusals_leave_nothing(
    service: Database, ask: Ask, change: dict[str, Any], caller: dict[str, Any], code: str
) -> None:
    answer = await run(ask, OPEN, an_input(**change), **caller)

    assert answer["code"] == code
    assert await service.pool.fetchval("SELECT count(*) FROM room") == 0
    assert await service.pool.fetchval("SELECT count(*) FROM outbox") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"title": "  "},
        {"title": "a\nb"},
        {"title": "\u202egnineve"},
        {"goal": {}},
        {"goal": {"coins": 0}},
        {"goal": {"coins": -1}},
        {"goal": {"coins": 1, "count": 1}},
        {"goal": {"coins": 1, "itemId": "rose", "count": 1}},
        {"goal": {"itemId": "rose"}},
        {"goal": {"count": 3}},
        {"goal": {"itemId": "rose", "count": 0}},
        {"goal": {"itemId": "rose", "count": 2**53}},
        {"roomId": "room-1"},
    ],
    ids=repr,
)
async def test_malformed_input_is_an_error(
    service: Database, ask: Ask, change: dict[str, Any]
) -> None:
    body = await ask(OPEN, {"input": an_input(**change)}, **HOST)

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await service.pool.fetchval("SELECT count(*) FROM room") == 0


async def test_only_the_host_closes_and_keeps_open(service: Database, ask: Ask) -> None:
    """Somebody else's room and none look the same."""
    room = await open_a_room(service.pool)
    mine, nobodys = {"roomId": str(room.room_id)}, {"roomId": str(ids.uuid7())}

    for document in (CLOSE, KEEP):
        assert (await run(ask, document, mine, sub="moon"))["code"] == "room_unknown"
        assert (await run(ask, document, nobodys))["code"] == "room_unknown"
    kept = await run(ask, KEEP, mine)
    closed = await run(ask, CLOSE, mine)
    again = await run(ask, CLOSE, mine)
    late = await run(ask, KEEP, mine)

    assert kept["room"] == {"id": mine["roomId"], "status": "OPEN"}
    assert closed["room"]["status"] == "CLOSED"
    assert again == closed
    assert late["code"] == "room_not_open"


async def test_hosts_need_their_scope_and_anyone_may_look(service: Database, ask: Ask) -> None:
    room = await open_a_room(service.pool)
    for document in (OPEN, CLOSE, KEEP):
        given = an_input() if document is OPEN else {"roomId": str(room.room_id)}
        body = await ask(document, {"input": given}, sub="star", scope="viewer")
        assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    seen = await ask(ROOM, {"id": str(room.room_id)}, sub=None)
    none = await ask(ROOM, {"id": str(ids.uuid7())}, sub=None)

    assert seen["data"]["room"]["title"] == room.title
    assert none == {"data": {"room": None}}


def a_gift_to(room_id: UUID, creator_id: str = "star", **changes: object) -> NewGift:
    return a_new_gift(
        an_order(target_kind="room", target_id=str(room_id), creator_id=creator_id, **changes)
    )


async def test_gifts_are_only_sent_to_rooms_that_are_open_and_the_creators(
    service: Database, ask: Ask
) -> None:
    """Decided where the gift is written; neighbours in the batch go on."""
    closed = await open_a_room(service.pool)
    await run(ask, CLOSE, {"roomId": str(closed.room_id)})
    room = await open_a_room(service.pool)
    others = await open_a_room(service.pool, creator_id="moon")

    outcomes = await write(
        service.pool,
        a_gift_to(room.room_id),
        a_gift_to(closed.room_id),
        a_gift_to(others.room_id),
        a_gift_to(ids.uuid7()),
        a_gift_to(others.room_id, "moon"),
        a_new_gift(),
    )

    assert [type(outcome) for outcome in outcomes] == [
        Written,
        RoomNotOpenError,
        RoomNotOpenError,
        RoomNotOpenError,
        GiftsNotAcceptedError,
        Written,
    ]
    assert await service.pool.fetchval("SELECT count(*) FROM gift") == 2


async def test_retry_of_a_gift_gets_the_first_result_when_the_room_has_closed(
    service: Database, ask: Ask
) -> None:
    room = await open_a_room(service.pool)
    new = a_gift_to(room.room_id)
    await write(service.pool, new)
    await run(ask, CLOSE, {"roomId": str(room.room_id)})

    [again] = await write(service.pool, new)

    assert isinstance(again, Written)
    assert again.replayed


async def test_top_gifters_by_coins_then_by_who_got_there_first(
    service: Database, ask: Ask
) -> None:
    """Pages forwards and backwards; who has everything taken back has no rank."""
    await agree(service.pool, *"abcde")
    room = await open_a_room(service.pool)
    gifts = [
        a_gift_to(room.room_id, sender_id=sender, count=count, quoted_price_coins=count)
        for sender, count in [("a", 1), ("b", 3), ("c", 3), ("d", 9), ("a", 2), ("e", 5)]
    ]
    await write(service.pool, *gifts)
    await settle(service.pool, *(posted(new.gift) for new in gifts))
    await take_back(service.pool, taken_back(asked_of(gifts[-1].gift)))

    async def page(**variables: Any) -> Any:
        body = await ask(ROOM, {"id": str(room.room_id), **variables}, sub=None)
        return body["data"]["room"]["topGifters"]

    async def mine(sub: str | None) -> Any:
        body = await ask(MINE, {"id": str(room.room_id)}, sub=sub)
        return body["data"]["room"]["topGifters"]["me"]

    whole = await page(first=10)
    first = await page(first=3)
    rest = await page(first=3, after=first["pageInfo"]["endCursor"])
    last = await page(last=3)
    before = await page(last=3, before=last["pageInfo"]["startCursor"])

    ranks = [(node["rank"], node["user"]["id"], node["coins"]) for node in whole["nodes"]]
    assert ranks == [(1, "d", 9), (2, "b", 3), (3, "c", 3), (4, "a", 3)]
    assert first["nodes"] + rest["nodes"] == whole["nodes"]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert before["nodes"] + last["nodes"] == whole["nodes"]
    assert await mine("d") == {"rank": 1, "coins": 9, "behindCoins": None}
    assert await mine("b") == {"rank": 2, "coins": 3, "behindCoins": 6}
    assert await mine("a") == {"rank": 4, "coins": 3, "behindCoins": 0}
    assert [await mine(sub) for sub in ("e", "mallory", None)] == [None] * 3
