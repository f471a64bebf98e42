"""What senders call themselves, from their tokens to where their gifts are shown."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import clock, ids
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from gifts.edge import moderator
from gifts.edge.moderator import Moderator
from gifts.store.gift import select_gifts
from gifts.testing import posted, settle
from gifts.testing.boards import agree
from gifts.testing.moderation import publish_words
from gifts.testing.rooms import open_a_room, tick, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

SEND = "mutation ($input: SendGiftInput!) { sendGift(input: $input) { __typename } }"
TOP = "query ($id: UUID!) { room(id: $id) { topGifters { nodes { user { id name } } } } }"


async def send(service: Database, ask: Ask, room_id: UUID, sub: str, name: str | None) -> None:
    given = {
        "giftId": str(ids.uuid7()),
        "itemId": "rose",
        "creatorId": "star",
        "target": {"roomId": str(room_id)},
        "quotedPriceCoins": 1,
    }
    sending = asyncio.create_task(ask(SEND, {"input": given}, sub=sub, name=name))

    async def written() -> Any:
        async with service.pool.acquire() as conn:
            return (await select_gifts(conn, [UUID(given["giftId"])])).get(UUID(given["giftId"]))

    stored = await eventually(written)
    await settle(service.pool, posted(stored.gift))
    assert "errors" not in await sending


async def names(service: Database) -> dict[str, str | None]:
    rows = await service.pool.fetch("SELECT user_id, name FROM user_name")
    return {row["user_id"]: row["name"] for row in rows}


async def test_frames_and_lists_show_what_the_token_says(service: Database, ask: Ask) -> None:
    """And none where it says nothing."""
    room = await open_a_room(service.pool)
    await agree(service.pool, "alice", "bob")
    await send(service, ask, room.room_id, "alice", "Alice 🌹")
    await send(service, ask, room.room_id, "bob", None)
    await tick(service.pool, clock.now() + timedelta(seconds=1))

    frames = await told_frames(service.pool)
    shown = {line.sender_id: line.sender_name for frame in frames for line in frame.gifts}
    assert shown == {"alice": "Alice 🌹", "bob": None}
    ranks = [(each.user_id, each.user_name) for each in frames[-1].top_gifters]
    assert ranks == [("alice", "Alice 🌹"), ("bob", None)]
    body = await ask(TOP, {"id": str(room.room_id)}, sub=None)
    assert [node["user"] for node in body["data"]["room"]["topGifters"]["nodes"]] == [
        {"id": "alice", "name": "Alice 🌹"},
        {"id": "bob", "name": None},
    ]
    assert await names(service) == {"alice": "Alice 🌹"}


async def test_who_did_not_agree_has_no_name(service: Database, ask: Ask) -> None:
    room = await open_a_room(service.pool)
    await send(service, ask, room.room_id, "alice", "Alice")
    await tick(service.pool, clock.now() + timedelta(seconds=1))

    frames = await told_frames(service.pool)
    lines = [(line.sender_id, line.sender_name) for frame in frames for line in frame.gifts]
    assert set(lines) == {(None, None)}
    top = frames[-1].top_gifters
    assert [(each.user_id, each.user_name) for each in top] == [(None, None)]
    body = await ask(TOP, {"id": str(room.room_id)}, sub=None)
    assert body["data"]["room"]["topGifters"]["nodes"] == [{"user": None}]


async def test_a_new_name_counts_from_the_next_gift_on(service: Database, ask: Ask) -> None:
    room = await open_a_room(service.pool)
    await agree(service.pool, "alice")
    for name in ("Alice", "Alice", "Alicia", None):
        await send(service, ask, room.room_id, "alice", name)

    await tick(service.pool, clock.now() + timedelta(seconds=1))
    assert await names(service) == {"alice": "Alicia"}
    assert [each.user_name for each in (await told_frames(service.pool))[-1].top_gifters] == [
        "Alicia"
    ]


async def test_a_name_that_cannot_be_shown_is_none(service: Database, ask: Ask) -> None:
    """Nor is the one before it."""
    await publish_words(service.pool, "idiot")
    room = await open_a_room(service.pool)
    await send(service, ask, room.room_id, "alice", "Alice")
    await send(service, ask, room.room_id, "alice", "ID10T")

    assert await names(service) == {"alice": None}


async def test_a_known_name_is_not_written_again(service: Database, ask: Ask) -> None:
    """What costs a write is a name that is new to the process."""
    room = await open_a_room(service.pool)
    await send(service, ask, room.room_id, "alice", "Alice")
    await service.pool.execute("DELETE FROM user_name")

    await send(service, ask, room.room_id, "alice", "Alice")

    assert await names(service) == {}


async def test_names_are_forgotten_first_in_first_out(service: Database, monkeypatch: Any) -> None:
    """The memory of a process is bounded."""
    monkeypatch.setattr(moderator, "NAMES_MAX", 2)
    judge = Moderator(service.pool)
    for user in ("a", "b", "a", "c"):
        judge.note_stored(user, "X")

    known = [user for user in "abc" if await judge.new_name(user, "X") is None]

    assert known == ["a", "c"]
