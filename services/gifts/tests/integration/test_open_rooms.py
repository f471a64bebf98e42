"""The list of open rooms: everybody's, in two orders, page by page."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.testing.databases import Database
from gifts.commands.accept_gifts import accept_gifts
from gifts.testing import NOW, a_new_gift, an_order, posted, settle, write
from gifts.testing.rooms import close_a_room, open_a_room

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

OPEN_ROOMS = """
query ($orderBy: OpenRoomOrder!, $first: Int, $after: String, $last: Int, $before: String) {
  openRooms(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { id title status host { id } summary { gifters } }
    edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""
GIFTERS = (2, 0, 3, 0, 1)
"""Of five rooms, from the oldest on."""
FIRST = {"NEWEST": [4, 3, 2, 1, 0], "GIFTERS": [2, 0, 4, 3, 1]}
"""In which order they are listed."""


async def fill(service: Database) -> list[UUID]:
    """Five open rooms, to which some have given, and one that has closed."""
    rooms: list[UUID] = []
    async with service.pool.acquire() as conn:
        for number in range(len(GIFTERS)):
            await accept_gifts(conn, f"host-{number}", accept=True, at=NOW)
    for number, gifters in enumerate(GIFTERS):
        at = NOW + timedelta(seconds=number)
        room = await open_a_room(service.pool, creator_id=f"host-{number}", at=at)
        for gifter in range(gifters):
            order = an_order(
                sender_id=f"gifter-{gifter}",
                creator_id=f"host-{number}",
                target_kind="room",
                target_id=str(room.room_id),
            )
            new = a_new_gift(order)
            await write(service.pool, new)
            await settle(service.pool, posted(new.gift), now=lambda at=at: at)
        rooms.append(room.room_id)
    closed = await open_a_room(service.pool, creator_id="gone", at=NOW)
    await close_a_room(service.pool, closed.room_id, "gone", at=NOW)
    return rooms


async def page(ask: Ask, order: str, **where: Any) -> dict[str, Any]:
    """As somebody sees it who has no token."""
    body = await ask(OPEN_ROOMS, {"orderBy": order} | where, sub=None)
    assert "errors" not in body, body
    return body["data"]["openRooms"]


@pytest.mark.parametrize("order", FIRST)
async def test_open_rooms_are_listed_for_anyone(service: Database, ask: Ask, order: str) -> None:
    """Without those that are closed; those with as many gifters newest first."""
    rooms = await fill(service)

    listed = (await page(ask, order))["nodes"]

    assert [room["id"] for room in listed] == [str(rooms[each]) for each in FIRST[order]]
    assert [room["summary"]["gifters"] for room in listed] == [GIFTERS[at] for at in FIRST[order]]
    assert {room["status"] for room in listed} == {"OPEN"}


@pytest.mark.parametrize("order", FIRST)
async def test_pages_have_each_room_once(service: Database, ask: Ask, order: str) -> None:
    """Forwards and backwards."""
    rooms = await fill(service)
    expected = [str(rooms[each]) for each in FIRST[order]]

    forwards: list[str] = []
    shown = await page(ask, order, first=2)
    assert not shown["pageInfo"]["hasPreviousPage"]
    forwards += [room["id"] for room in shown["nodes"]]
    while shown["pageInfo"]["hasNextPage"]:
        shown = await page(ask, order, first=2, after=shown["pageInfo"]["endCursor"])
        forwards += [room["id"] for room in shown["nodes"]]
    backwards: list[str] = []
    shown = await page(ask, order, last=2)
    backwards += [room["id"] for room in shown["nodes"][::-1]]
    while shown["pageInfo"]["hasPreviousPage"]:
        shown = await page(ask, order, last=2, before=shown["pageInfo"]["startCursor"])
        backwards += [room["id"] for room in shown["nodes"][::-1]]

    assert forwards == expected
    assert backwards == expected[::-1]


async def test_a_cursor_of_another_list_is_refused(ask: Ask) -> None:
    body = await ask(OPEN_ROOMS, {"orderBy": "NEWEST", "after": "WzFd"}, sub=None)

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
