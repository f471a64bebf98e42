"""Fan clubs: joined by the item, kept by staying active, ended by what is taken back."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from chassis import clock
from chassis.db import Pool
from chassis.testing.databases import Database
from contracts.gifts.fans import ClubChanged
from gifts.commands.send_gifts import NewGift
from gifts.testing import (
    a_new_gift,
    an_order,
    asked_of,
    given_back,
    posted,
    settle,
    take_back,
    taken_back,
    write,
)
from gifts.testing.fans import stored_standing, told_of_fans
from gifts.testing.rooms import close_a_room, open_a_room

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

CLUB = """{ creator(id: "star") { fanClub {
  members item { id priceCoins } me { isActive joinedAt activeUntil points level nextLevelAt }
} } }"""
DAY = timedelta(days=1)


def a_heart(sender_id: str = "alice") -> NewGift:
    return a_new_gift(
        an_order(sender_id=sender_id, item_id="heart-me", count=1, quoted_price_coins=10)
    )


def roses(count: int, sender_id: str = "alice") -> NewGift:
    return a_new_gift(an_order(sender_id=sender_id, count=count, quoted_price_coins=count))


async def give(pool: Pool, *gifts: NewGift, at: datetime) -> None:
    """Gifts that are charged together."""
    await write(pool, *gifts)
    await settle(pool, *(posted(new.gift, posted_at=at) for new in gifts), now=lambda: at)


async def live(pool: Pool, begins: datetime, ends: datetime) -> None:
    """A live of star's."""
    room = await open_a_room(pool, at=begins)
    await close_a_room(pool, room.room_id, at=ends)


async def told(pool: Pool) -> list[tuple[str, str, int | None]]:
    return [
        (event.user_id, event.change, event.level)
        for event in await told_of_fans(pool)
        if isinstance(event, ClubChanged)
    ]


async def read(ask: Ask, **more: Any) -> dict[str, Any]:
    body = await ask(CLUB, **more)
    assert "errors" not in body, body
    return body["data"]["creator"]["fanClub"]


@pytest.fixture
async def opened_at(service: Database) -> datetime:
    """Since when there are clubs; the tests are of the months after."""
    return await service.pool.fetchval("SELECT effective_from FROM level_table")


async def test_who_gives_the_item_joins(service: Database, ask: Ask) -> None:
    """What was given before counts too, but makes nobody a member."""
    at = clock.now()
    await give(service.pool, roses(95), roses(3, "ben"), at=at)
    before = await read(ask)
    await give(service.pool, a_heart(), at=at)
    after = await read(ask)

    assert before["members"] == 0
    assert before["me"] is None
    assert before["item"] == {"id": "heart-me", "priceCoins": 10}
    assert after["members"] == 1
    assert after["me"] == {
        "isActive": True,
        "joinedAt": at.isoformat(),
        "activeUntil": None,
        "points": 105,
        "level": 2,
        "nextLevelAt": 250,
    }
    assert (await read(ask, sub="ben"))["me"] is None
    assert (await read(ask, sub=None)) == after | {"me": None}
    assert await told(service.pool) == [("alice", "JOINED", 2)]


async def test_a_level_in_the_club_is_told_once(service: Database) -> None:
    at = clock.now()
    gift = roses(95)
    await give(service.pool, a_heart(), at=at)
    await give(service.pool, gift, at=at)
    reversal = taken_back(asked_of(gift.gift))
    await take_back(service.pool, reversal)
    await give(service.pool, roses(95), at=at)
    await take_back(service.pool, given_back(reversal))
    await give(service.pool, roses(55), at=at)

    assert await told(service.pool) == [
        ("alice", "JOINED", 1),
        ("alice", "LEVEL_REACHED", 2),
        ("alice", "LEVEL_REACHED", 3),
    ]


async def test_a_membership_ends_with_the_gift_that_began_it(service: Database, ask: Ask) -> None:
    """Declared policy (C35): it goes on if the gift is given back. A part of it changes nothing."""
    heart = a_heart()
    await give(service.pool, heart, at=clock.now())
    part, rest = (taken_back(asked_of(heart.gift, coins)) for coins in (4, 6))

    seen: list[tuple[int, bool, int]] = []
    for event in (part, rest, given_back(rest), given_back(part)):
        await take_back(service.pool, event)
        club = await read(ask)
        seen.append((club["members"], club["me"]["isActive"], club["me"]["points"]))

    assert seen == [(1, True, 6), (0, False, 0), (1, True, 6), (1, True, 10)]
    assert await told(service.pool) == [
        ("alice", "JOINED", 1),
        ("alice", "ENDED", None),
        ("alice", "RESUMED", None),
    ]


async def test_what_is_taken_back_before_it_is_known_makes_no_member(service: Database) -> None:
    heart = a_heart()
    await write(service.pool, heart)
    await take_back(service.pool, taken_back(asked_of(heart.gift)))
    await settle(service.pool, posted(heart.gift, posted_at=clock.now()))

    standing = await stored_standing(service.pool, "star", "alice")
    assert standing is not None
    assert standing.member.is_taken_back
    assert [change for _, change, _ in await told(service.pool)] == ["JOINED", "ENDED"]


async def test_who_stays_away_after_a_live_lapses_and_can_come_back(
    service: Database, opened_at: datetime
) -> None:
    """C23: to the microsecond; a gift within the week keeps the membership, one later does not."""
    pool, tick = service.pool, timedelta(microseconds=1)
    await give(pool, a_heart("ann"), a_heart("ben"), a_heart("cleo"), at=opened_at)
    await give(pool, *(roses(90, user) for user in ("ann", "ben", "cleo")), at=opened_at)
    await live(pool, opened_at + DAY, opened_at + 2 * DAY)
    last = opened_at + 9 * DAY
    await give(pool, roses(1, "ann"), at=last - tick)
    await give(pool, roses(1, "ben"), a_heart("cleo"), at=last)

    standings = {user: await stored_standing(pool, "star", user) for user in ("ann", "ben", "cleo")}

    assert {
        user: standing and (standing.member.active_at, standing.member.decayed_points)
        for user, standing in standings.items()
    } == {"ann": (last - tick, 0), "ben": (opened_at, 0), "cleo": (last, 50)}
    assert [each for each in await told(pool) if each[1] == "REJOINED"] == [("cleo", "REJOINED", 1)]


async def test_what_is_settled_together_is_as_if_it_came_one_by_one(
    service: Database, opened_at: datetime
) -> None:
    """Also after an outage of weeks, with a live in it."""
    pool = service.pool
    heart, late, back = a_heart(), roses(5), a_heart()
    await write(pool, heart, late, back)
    await live(pool, opened_at + DAY, opened_at + 2 * DAY)
    times = [opened_at, opened_at + 20 * DAY, opened_at + 21 * DAY]
    answers = [
        posted(new.gift, posted_at=at) for new, at in zip((heart, late, back), times, strict=True)
    ]

    await settle(pool, *answers, now=lambda: times[-1])

    standing = await stored_standing(pool, "star", "alice")
    assert standing is not None
    assert standing.member.joined_gift_id == back.gift.gift_id
    # Of 15 points a quarter is left after nine days and two weeks.
    assert standing.member.decayed_points == 12


async def test_members_are_counted_without_those_who_lapsed(service: Database, ask: Ask) -> None:
    now = clock.now()
    await give(service.pool, a_heart("ann"), a_heart("ben"), at=now)
    await service.pool.execute("ALTER TABLE fan_club_member DISABLE TRIGGER USER")
    await service.pool.execute(
        "UPDATE fan_club_member SET joined_at = $1, active_at = $1 WHERE user_id = 'ann'",
        now - 20 * DAY,
    )
    await live(service.pool, now - 12 * DAY, now - 11 * DAY)

    club = await read(ask, sub="ann")

    assert club["members"] == 1
    assert club["me"] == {
        "isActive": False,
        "joinedAt": (now - 20 * DAY).isoformat(),
        "activeUntil": (now - 4 * DAY).isoformat(),
        "points": 5,
        "level": 1,
        "nextLevelAt": 100,
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fan_club_member SET active_at = active_at - interval '1 s'",
        "UPDATE fan_club_member SET reached_level = 0",
        "UPDATE fan_club_member SET decayed_points = -1",
        "DELETE FROM fan_club_member",
    ],
    ids=["was away", "level forgotten", "decay undone", "member forgotten"],
)
async def test_the_database_keeps_members(service: Database, statement: str) -> None:
    await give(service.pool, a_heart(), at=clock.now())

    with pytest.raises(asyncpg.PostgresError):
        await service.pool.execute(statement)
