"""Creators block gifters, and switch gifts to one room off and on."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chassis import ids
from chassis.db import transact
from chassis.outbox import API_STREAM
from chassis.testing.databases import Database
from gifts.commands.accept_gifts import accept_gifts
from gifts.commands.accept_room_gifts import accept_room_gifts
from gifts.commands.block_gifter import block_gifter, unblock_gifter
from gifts.commands.send_gifts import NewGift, Written
from gifts.domain.refusals import GifterBlockedError, GiftsNotAcceptedError, RoomNotOpenError
from gifts.testing import NOW, a_new_gift, an_order, open_shop, posted, settle, stored_events, write
from gifts.testing.rooms import close_a_room, open_a_room

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

STAR: dict[str, Any] = {"sub": "star", "scope": "creator"}
BLOCK = """
mutation ($input: BlockGifterInput!) { blockGifter(input: $input) {
  creator { id } user { id }
} }
"""
UNBLOCK = BLOCK.replace("blockGifter", "unblockGifter")
BLOCKED = """
query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { creator(id: $id) {
  blockedGifters(first: $first, after: $after, last: $last, before: $before) {
    nodes { user { id } blockedAt }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }
"""
SEND = """
mutation ($input: SendGiftInput!) { sendGift(input: $input) {
  __typename ... on Refusal { code message }
} }
"""
ACCEPT = """
mutation ($input: AcceptRoomGiftsInput!) { acceptRoomGifts(input: $input) {
  __typename ... on AcceptRoomGiftsPayload { room { id acceptsGifts } }
  ... on Refusal { code message }
} }
"""
ROOM = "query ($id: UUID!) { room(id: $id) { acceptsGifts } }"


def from_alice(**changes: object) -> NewGift:
    return a_new_gift(an_order(**changes))


async def block(service: Database, user_id: str = "alice", creator_id: str = "star") -> None:
    await transact(service.pool, lambda conn: block_gifter(conn, creator_id, user_id, at=NOW))


async def test_a_blocked_gifter_is_refused_before_any_charge(service: Database, ask: Ask) -> None:
    """In the way of a gift by the schema, which asks the wallet for nothing."""
    await ask(BLOCK, {"input": {"userId": "alice"}}, **STAR)

    given = {
        "giftId": str(ids.uuid7()),
        "itemId": "rose",
        "creatorId": "star",
        "target": {"videoId": "v"},
        "quotedPriceCoins": 1,
    }
    body = await ask(SEND, {"input": given})

    assert body["data"]["sendGift"] == {
        "__typename": "GifterBlocked",
        "code": "gifter_blocked",
        "message": "This creator takes no gifts from you.",
    }
    assert await service.pool.fetchval("SELECT count(*) FROM gift") == 0
    assert await stored_events(service.pool, API_STREAM) == []


async def test_only_that_sender_and_that_creator_are_concerned(service: Database) -> None:
    """Neighbours in the batch go on."""
    await open_shop(service.pool, "moon")
    await block(service)

    outcomes = await write(
        service.pool,
        from_alice(),
        from_alice(sender_id="bob"),
        from_alice(creator_id="moon"),
        from_alice(sender_id="star", creator_id="moon"),
        from_alice(),
    )

    assert [type(outcome) for outcome in outcomes] == [
        *(GifterBlockedError, Written, Written, Written, GifterBlockedError),
    ]


async def test_a_gift_under_way_stands(service: Database) -> None:
    """What was written before is charged and received, and its retry answered."""
    new = from_alice()
    await write(service.pool, new)
    await block(service)

    await settle(service.pool, posted(new.gift))
    [again] = await write(service.pool, new)

    assert isinstance(again, Written)
    assert (again.gift.status, again.replayed) == ("SENT", True)


async def test_who_is_no_longer_blocked_gives_again(service: Database) -> None:
    new = from_alice()
    await block(service)
    [refused] = await write(service.pool, new)
    await transact(service.pool, lambda conn: unblock_gifter(conn, "star", "alice"))

    [outcome] = await write(service.pool, new)

    assert isinstance(refused, GifterBlockedError)
    assert outcome == Written(new.gift, replayed=False)


async def test_each_refusal_in_one_batch_says_why(service: Database) -> None:
    """Blocked is said first: what else is in the way is not the sender's to mend."""
    await open_shop(service.pool, "moon")
    room, deaf = await open_a_room(service.pool), await open_a_room(service.pool, creator_id="moon")
    await transact(
        service.pool,
        lambda conn: accept_room_gifts(conn, deaf.room_id, "moon", accept=False),
    )
    await close_a_room(service.pool, room.room_id, at=NOW)
    await block(service)
    to_room = {"target_kind": "room", "target_id": str(room.room_id)}
    to_deaf = {"target_kind": "room", "target_id": str(deaf.room_id), "creator_id": "moon"}

    outcomes = await write(
        service.pool,
        from_alice(**to_room),
        from_alice(**to_room, sender_id="bob"),
        from_alice(**to_deaf),
        from_alice(creator_id="nobody"),
        from_alice(creator_id="moon"),
        from_alice(**to_room, creator_id="moon"),
    )

    assert [type(outcome) for outcome in outcomes] == [
        GifterBlockedError,
        RoomNotOpenError,
        GiftsNotAcceptedError,
        GiftsNotAcceptedError,
        Written,
        RoomNotOpenError,
    ]


async def test_the_list_of_the_blocked(service: Database, ask: Ask) -> None:
    """Latest first, page by page; saying it twice changes nothing; an unblocked one is gone."""
    for user in ("ann", "ben", "cy", "ann", "dan"):
        await ask(BLOCK, {"input": {"userId": user}}, **STAR)
    body = await ask(UNBLOCK, {"input": {"userId": "ben"}}, **STAR)
    assert body["data"]["unblockGifter"] == {"creator": {"id": "star"}, "user": {"id": "ben"}}
    assert "errors" not in await ask(UNBLOCK, {"input": {"userId": "ben"}}, **STAR)

    async def page(**variables: Any) -> tuple[list[str], dict[str, Any]]:
        body = await ask(BLOCKED, {"id": "star"} | variables, **STAR)
        found = body["data"]["creator"]["blockedGifters"]
        return [node["user"]["id"] for node in found["nodes"]], found["pageInfo"]

    users, info = await page(first=2)
    assert (users, info["hasNextPage"]) == (["dan", "cy"], True)
    users, info = await page(first=2, after=info["endCursor"])
    assert (users, info["hasNextPage"]) == (["ann"], False)
    users, info = await page(last=1, before=info["startCursor"])
    assert (users, info["hasPreviousPage"]) == (["cy"], True)


@pytest.mark.parametrize("document", [BLOCK, UNBLOCK], ids=["block", "unblock"])
@pytest.mark.parametrize("user", ["", "a b", "x" * 65, "café"], ids=ascii)
async def test_a_blocked_id_has_the_form_of_one(ask: Ask, document: str, user: str) -> None:
    body = await ask(document, {"input": {"userId": user}}, **STAR)
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_nobody_blocks_themselves(ask: Ask) -> None:
    body = await ask(BLOCK, {"input": {"userId": "star"}}, **STAR)
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"sub": "star", "scope": "viewer"}, "FORBIDDEN"),
        ({"sub": "moon", "scope": "creator"}, "FORBIDDEN"),
        ({"sub": "ada", "scope": "operator:audit"}, "FORBIDDEN"),
    ],
)
async def test_the_list_is_the_creators_alone(ask: Ask, caller: dict[str, Any], code: str) -> None:
    body = await ask(BLOCKED, {"id": "star"}, **caller)
    assert body["errors"][0]["extensions"]["code"] == code


# ------------------------------------------------------------------- gifts to one room


async def accept_in(ask: Ask, room_id: object, *, accept: bool, **caller: Any) -> dict[str, Any]:
    body = await ask(
        ACCEPT, {"input": {"roomId": str(room_id), "accept": accept}}, **(STAR | caller)
    )
    assert "errors" not in body, body
    return body["data"]["acceptRoomGifts"]


async def shown(ask: Ask, room_id: object) -> bool:
    body = await ask(ROOM, {"id": str(room_id)}, sub=None)
    return body["data"]["room"]["acceptsGifts"]


async def test_gifts_to_a_room_are_switched_off_and_on(service: Database, ask: Ask) -> None:
    """Those to videos go on; what was under way counts in the room."""
    room = await open_a_room(service.pool)
    to_room = {"target_kind": "room", "target_id": str(room.room_id)}
    under_way = from_alice(**to_room)
    await write(service.pool, under_way)

    off = await accept_in(ask, room.room_id, accept=False)
    refused, video = await write(service.pool, from_alice(**to_room), from_alice())
    await settle(service.pool, posted(under_way.gift))
    on = await accept_in(ask, room.room_id, accept=True)
    [given] = await write(service.pool, from_alice(**to_room))

    assert [each["room"]["acceptsGifts"] for each in (off, on)] == [False, True]
    assert isinstance(refused, GiftsNotAcceptedError)
    assert isinstance(video, Written)
    assert isinstance(given, Written)
    assert await service.pool.fetchval("SELECT coins FROM room") == 7


async def test_a_room_accepts_gifts_while_all_agree(service: Database, ask: Ask) -> None:
    """Open, switched on, and its host takes gifts."""
    room = await open_a_room(service.pool)
    seen = [await shown(ask, room.room_id)]
    for accept in (False, True):
        await transact(
            service.pool,
            lambda conn, accept=accept: accept_gifts(conn, "star", accept=accept, at=NOW),
        )
        seen.append(await shown(ask, room.room_id))
    await close_a_room(service.pool, room.room_id, at=NOW)
    seen.append(await shown(ask, room.room_id))

    assert seen == [True, False, True, False]


async def test_only_an_open_room_of_ones_own(service: Database, ask: Ask) -> None:
    room = await open_a_room(service.pool)

    unknown = await accept_in(ask, ids.uuid7(), accept=False)
    strange = await accept_in(ask, room.room_id, accept=False, sub="moon")
    await close_a_room(service.pool, room.room_id, at=NOW)
    closed = await accept_in(ask, room.room_id, accept=False)

    codes = [each["code"] for each in (unknown, strange, closed)]
    assert codes == ["room_unknown", "room_unknown", "room_not_open"]
    assert await service.pool.fetchval("SELECT takes_gifts FROM room") is True
