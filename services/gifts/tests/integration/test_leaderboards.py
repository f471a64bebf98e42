"""Boards through the schema: who stands where, and who is named."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock
from chassis.testing.databases import Database
from gifts.domain.board import Span, window_of
from gifts.domain.room_rules import RoomRules
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
from gifts.testing.rooms import open_a_room, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

BOARD = """
query Board($window: LeaderboardWindow!, $first: Int) {
  creator(id: "star") { leaderboard(window: $window, first: $first) {
    nodes { rank coins user { id } } me { rank coins behindCoins } startsAt endsAt
  } }
}
"""
SHOW = "mutation Show($input: ShowMeOnBoardsInput!) { showMeOnBoards(input: $input) { show } }"


async def give(service: Database, *given: tuple[str, int], **changes: Any) -> list[Any]:
    """Gifts of so many coins, charged now unless told otherwise."""
    at = changes.pop("posted_at", clock.now())
    gifts = [
        a_new_gift(an_order(sender_id=sender, count=coins, quoted_price_coins=coins, **changes))
        for sender, coins in given
    ]
    await write(service.pool, *gifts)
    await settle(
        service.pool,
        *(posted(new.gift, posted_at=at) for new in gifts),
        now=lambda: at,
    )
    return gifts


async def read(ask: Ask, window: str = "ALL_TIME", **more: Any) -> dict[str, Any]:
    body = await ask(BOARD, {"window": window, "first": more.pop("first", None)}, **more)
    assert "errors" not in body, body
    return body["data"]["creator"]["leaderboard"]


def place(rank: int, coins: int, user_id: str | None) -> dict[str, Any]:
    return {"rank": rank, "coins": coins, "user": user_id and {"id": user_id}}


async def test_who_gave_most_is_first_and_of_equals_the_sooner(service: Database, ask: Ask) -> None:
    """My own place I see without being shown to others."""
    await agree(service.pool, "ann", "cleo")
    await give(service, ("alice", 5), ("ann", 3), ("cleo", 2), ("ben", 6), ("cleo", 4))

    board = await read(ask)
    mine = [(await read(ask, sub=sub))["me"] for sub in ("ben", "cleo", "alice", "ann", "mallory")]
    nobodys = await read(ask, sub=None)

    assert (
        board["nodes"]
        == nobodys["nodes"]
        == [
            place(1, 6, None),
            place(2, 6, "cleo"),
            place(3, 5, None),
            place(4, 3, "ann"),
        ]
    )
    assert mine == [
        {"rank": 1, "coins": 6, "behindCoins": None},
        {"rank": 2, "coins": 6, "behindCoins": 0},
        {"rank": 3, "coins": 5, "behindCoins": 1},
        {"rank": 4, "coins": 3, "behindCoins": 2},
        None,
    ]
    assert nobodys["me"] is None
    assert (await read(ask, first=1))["nodes"] == [place(1, 6, None)]


@pytest.mark.parametrize("window", [Span.HOUR, Span.DAY, Span.WEEK, Span.ALL_TIME])
async def test_who_falls_to_a_sum_is_behind_those_who_had_it(
    service: Database, ask: Ask, window: Span
) -> None:
    """What is taken back leaves every window in which it was given, with the place that it had."""
    await agree(service.pool, "ann", "ben")
    [fallen, _] = await give(service, ("ann", 5), ("ben", 3))
    before = await read(ask, window)
    await take_back(service.pool, taken_back(asked_of(fallen.gift, 2)))
    after = await read(ask, window)

    # A window may end while this runs: then nothing is on the new one yet.
    if after["nodes"] or window is Span.ALL_TIME:
        assert before["nodes"] == [place(1, 5, "ann"), place(2, 3, "ben")]
        assert after["nodes"] == [place(1, 3, "ben"), place(2, 3, "ann")]


@pytest.mark.parametrize("window", [Span.HOUR, Span.DAY, Span.WEEK])
async def test_a_board_begins_anew_with_its_window(
    service: Database, ask: Ask, window: Span
) -> None:
    """What was given right before it began is on another one; what is taken back of that too."""
    now = window_of(window, clock.now())
    assert now.starts_at is not None
    [early] = await give(service, ("ann", 9), posted_at=now.starts_at - timedelta(microseconds=1))
    await give(service, ("ben", 3), posted_at=now.starts_at)

    before = await read(ask, window)
    await take_back(service.pool, taken_back(asked_of(early.gift, 4)))
    after = await read(ask, window)

    # A window may end while this runs: then nothing is on the new one yet.
    if before["startsAt"] == after["startsAt"] == now.starts_at.isoformat():
        assert before["nodes"] == after["nodes"] == [place(1, 3, None)]
    assert [each["coins"] for each in (await read(ask))["nodes"]] == [5, 3]


async def test_boards_have_one_to_a_hundred_places(ask: Ask) -> None:
    for first in (0, 101):
        body = await ask(BOARD, {"window": "DAY", "first": first})
        assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert (await read(ask, first=100))["nodes"] == []


async def test_nobody_is_named_before_they_agree_or_after(service: Database, ask: Ask) -> None:
    """On boards, in rooms and in frames, for gifts that were given before too."""
    now = clock.now()
    room = await open_a_room(service.pool, at=now)
    in_room = {"target_kind": "room", "target_id": str(room.room_id)}
    room_query = """query Room($id: UUID!) {
      room(id: $id) { topGifters { nodes { rank user { id } } } }
    }"""

    async def seen() -> list[Any]:
        nonlocal now
        now += RoomRules().frame_every
        await give(service, ("alice", 1), posted_at=now, **in_room)
        body = await ask(room_query, {"id": str(room.room_id)})
        [gifter] = body["data"]["room"]["topGifters"]["nodes"]
        frame = (await told_frames(service.pool, room.room_id))[-1]
        [top], [line] = frame.top_gifters, frame.gifts
        [first] = (await read(ask))["nodes"]
        return [
            gifter["user"] and gifter["user"]["id"],
            top.user_id,
            line.sender_id,
            first["user"] and first["user"]["id"],
        ]

    at_first = await seen()
    said = await ask(SHOW, {"input": {"show": True}})
    agreed = await seen()
    await ask(SHOW, {"input": {"show": False}})
    in_the_end = await seen()

    assert said == {"data": {"showMeOnBoards": {"show": True}}}
    assert at_first == in_the_end == [None] * 4
    assert agreed == ["alice"] * 4


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"scope": "creator"}, "FORBIDDEN"),
    ],
)
async def test_only_viewers_decide(ask: Ask, caller: dict[str, Any], code: str) -> None:
    body = await ask(SHOW, {"input": {"show": True}}, **caller)

    assert body["errors"][0]["extensions"]["code"] == code
