"""Levels of gifters: once told, in step with what is taken back, and shown to whom they concern."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import clock, migrate
from chassis.db import Pool, transaction
from chassis.testing.databases import Database, blocked
from chassis.testing.eventually import eventually
from chassis.testing.plugin import NewDatabase
from contracts.gifts.fans import LevelReached
from contracts.gifts.live import FrameGift
from gifts.commands.send_gifts import NewGift
from gifts.domain.board import board_id_of
from gifts.settings import Settings
from gifts.testing import (
    a_new_gift,
    an_order,
    asked_of,
    given_back,
    open_shop,
    posted,
    settle,
    take_back,
    taken_back,
    write,
)
from gifts.testing.boards import agree
from gifts.testing.fans import stored_gifter, told_of_fans
from gifts.testing.rooms import open_a_room, tick, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

MINE = "{ me { gifterLevel { level points nextLevelAt tableVersion } } }"


def a_gift(coins: int = 1, sender_id: str = "alice", **changes: Any) -> NewGift:
    """So many roses, unless told otherwise."""
    return a_new_gift(
        an_order(sender_id=sender_id, count=coins, quoted_price_coins=10_000, **changes)
    )


async def give(pool: Pool, *gifts: NewGift, at: datetime | None = None) -> list[NewGift]:
    """Gifts that are charged together; now unless told otherwise."""
    now = at or clock.now()
    await write(pool, *gifts)
    await settle(pool, *(posted(new.gift, posted_at=now) for new in gifts), now=lambda: now)
    return list(gifts)


async def told_levels(pool: Pool) -> list[tuple[str, int, int]]:
    return [
        (event.user_id, event.from_level, event.level)
        for event in await told_of_fans(pool)
        if isinstance(event, LevelReached)
    ]


async def test_each_level_is_told_once(service: Database) -> None:
    """Neither what comes again nor what is given anew after a reversal tells one twice."""
    [first] = await give(service.pool, a_gift(12))
    await settle(service.pool, posted(first.gift))
    reversal = taken_back(asked_of(first.gift))
    await take_back(service.pool, reversal)
    [again] = await give(service.pool, a_gift(12))
    await take_back(service.pool, given_back(reversal))
    await give(service.pool, a_gift(1))

    # 12 points are level 2, 25 are level 5.
    assert await told_levels(service.pool) == [("alice", 0, 2), ("alice", 2, 5)]
    event = (await told_of_fans(service.pool))[0]
    assert isinstance(event, LevelReached)
    assert (event.gift_id, event.creator_id) == (first.gift.gift_id, "star")
    assert (event.points, event.table_version) == (12, 1)
    assert again.gift.gift_id != first.gift.gift_id


async def test_points_go_back_and_the_level_follows_when_its_time_is_over(
    service: Database, ask: Ask
) -> None:
    """C35: the declared floor; what is given back counts again."""
    [old, new] = await give(service.pool, a_gift(20, "ann"), a_gift(20))
    await service.pool.execute("ALTER TABLE gifter DISABLE TRIGGER gifter_reaches_levels_once")
    await service.pool.execute(
        "UPDATE gifter SET reached_at = reached_at - interval '30 days' WHERE user_id = 'ann'"
    )
    for gift in (old, new):
        await take_back(service.pool, taken_back(asked_of(gift.gift, 19)))

    kept = (await ask(MINE))["data"]["me"]["gifterLevel"]
    followed = (await ask(MINE, sub="ann"))["data"]["me"]["gifterLevel"]

    assert kept == {"level": 4, "points": 1, "nextLevelAt": 23, "tableVersion": 1}
    assert followed == {"level": 1, "points": 1, "nextLevelAt": 10, "tableVersion": 1}


async def test_what_was_taken_back_before_it_was_known_gives_no_points(service: Database) -> None:
    gift = a_gift(20)
    await write(service.pool, gift)
    await take_back(service.pool, taken_back(asked_of(gift.gift, 19)))
    await settle(service.pool, posted(gift.gift))

    gifter = await stored_gifter(service.pool, "alice")
    assert gifter is not None
    assert (gifter.points, gifter.reached_level) == (1, 1)


async def test_who_never_gave_has_no_level(ask: Ask) -> None:
    level = (await ask(MINE))["data"]["me"]["gifterLevel"]

    assert level == {"level": 0, "points": 0, "nextLevelAt": 1, "tableVersion": 1}


async def test_others_see_the_level_and_not_the_points(service: Database, ask: Ask) -> None:
    [gift] = await give(service.pool, a_gift(12))
    query = "query ($id: UUID!) { gift(id: $id) { sender { gifterLevel { level points } } } }"

    body = await ask(query, {"id": str(gift.gift.gift_id)}, sub="star", scope="creator viewer")

    assert body["data"]["gift"]["sender"]["gifterLevel"] == {"level": 2, "points": None}
    assert [each["extensions"]["code"] for each in body["errors"]] == ["FORBIDDEN"]


async def test_anybody_sees_the_table(ask: Ask) -> None:
    query = """{ levelTable {
      version keptDays gifterLevels { level points } fanClubLevels { level points }
      fanClubItem { id priceCoins } fanClubActiveDays fanClubDecayDays fanClubDecayKeepsPct
    } }"""

    table = (await ask(query, sub=None))["data"]["levelTable"]

    assert (table["version"], table["keptDays"]) == (1, 30)
    assert table["gifterLevels"][:2] == [{"level": 1, "points": 1}, {"level": 2, "points": 10}]
    assert [each["level"] for each in table["gifterLevels"]] == list(range(1, 51))
    assert table["fanClubItem"] == {"id": "heart-me", "priceCoins": 10}


async def test_without_a_table_points_count_and_nobody_has_a_level(
    new_database: NewDatabase,
) -> None:
    """A system that is upgraded has none until somebody publishes one."""
    database = await new_database(Settings.migrations())
    await open_shop(database.pool, "star")
    await database.pool.execute(
        "ALTER TABLE level_table DISABLE TRIGGER ALL; ALTER TABLE level_step DISABLE TRIGGER ALL;"
        " DELETE FROM level_step; DELETE FROM level_table"
    )

    await give(database.pool, a_gift(12), a_gift(1, item_id="heart-me"))

    gifter = await stored_gifter(database.pool, "alice")
    assert gifter is not None
    assert (gifter.points, gifter.reached_level) == (22, 0)
    assert await told_of_fans(database.pool) == []


async def frame_gifts(service: Database, *gifts: NewGift, room_id: UUID) -> list[FrameGift]:
    """What the next frames of a room show of gifts."""
    at = clock.now()
    before = len(await told_frames(service.pool, room_id))
    await give(service.pool, *gifts, at=at)
    await tick(service.pool, at + timedelta(seconds=1))
    frames = (await told_frames(service.pool, room_id))[before:]
    return [line for frame in frames for line in frame.gifts if line.count]


async def test_frames_show_levels_and_first_gifts(service: Database) -> None:
    """C15: of who agreed to be shown; a level that was reached is flagged once."""
    await agree(service.pool, "alice")
    room = await open_a_room(service.pool, at=clock.now())
    where: dict[str, Any] = {"target_kind": "room", "target_id": str(room.room_id)}

    first = await frame_gifts(
        service, a_gift(9, **where), a_gift(9, "ben", **where), room_id=room.room_id
    )
    second = await frame_gifts(
        service,
        a_gift(1, item_id="heart-me", **where),
        a_gift(1, **where),
        room_id=room.room_id,
    )

    alice, ben = sorted(first, key=lambda line: line.sender_id is None)
    assert (alice.sender_level, alice.leveled_up, alice.first_gift) == (1, True, True)
    assert alice.sender_club_level is None
    assert (ben.sender_id, ben.sender_level, ben.leveled_up, ben.first_gift) == (
        *(None, None, False, False),
    )
    heart, rose = second
    # 19 points are level 4, which the heart brought.
    assert (heart.sender_level, heart.leveled_up, heart.sender_club_level) == (4, True, 1)
    assert (rose.sender_level, rose.leveled_up, rose.sender_club_level) == (4, False, 1)
    assert not heart.first_gift
    assert not rose.first_gift


async def test_a_first_gift_is_first_once(service: Database) -> None:
    """Also after all that was given before is taken back; to each creator there is one."""
    await agree(service.pool, "alice")
    await open_shop(service.pool, "moon")
    star = await open_a_room(service.pool, at=clock.now())
    moon = await open_a_room(service.pool, creator_id="moon", at=clock.now())
    to_star: dict[str, Any] = {"target_kind": "room", "target_id": str(star.room_id)}
    to_moon = to_star | {"target_id": str(moon.room_id), "creator_id": "moon"}

    gift = a_gift(2, **to_star)
    [first] = await frame_gifts(service, gift, room_id=star.room_id)
    await take_back(service.pool, taken_back(asked_of(gift.gift)))
    await tick(service.pool, clock.now() + timedelta(seconds=5))
    [again] = await frame_gifts(service, a_gift(2, **to_star), room_id=star.room_id)
    [other] = await frame_gifts(service, a_gift(2, **to_moon), room_id=moon.room_id)

    assert [line.first_gift for line in (first, again, other)] == [True, False, True]


async def test_gifters_of_two_creators_do_not_wait_in_a_circle(service: Database) -> None:
    """Two partitions settle gifts of the same people in opposite order, and one is taken back."""
    await open_shop(service.pool, "moon")
    users = [f"user-{number}" for number in range(9)]
    before = [a_gift(3, user, creator_id="third") for user in users]
    await open_shop(service.pool, "third")
    await give(service.pool, *before)
    to_star = [a_gift(3, user) for user in users]
    to_moon = [a_gift(3, user, creator_id="moon") for user in users[::-1]]
    await write(service.pool, *to_star, *to_moon)
    legs = [asked_of(new.gift, 1, position=place) for place, new in enumerate(before[::-1])]

    async with asyncio.TaskGroup() as tasks, transaction(service.pool) as conn:
        # Whoever comes first from either end waits in the middle, with the half before in hand.
        await conn.execute("SELECT FROM gifter WHERE user_id = 'user-4' FOR UPDATE")
        for batch in (to_star, to_moon):
            answers = [posted(new.gift) for new in batch]
            tasks.create_task(settle(service.pool, *answers))
        tasks.create_task(take_back(service.pool, taken_back(*legs)))
        await eventually(lambda: blocked(service.pool), until=lambda waiting: waiting == 3)

    points = await service.pool.fetch("SELECT DISTINCT points FROM gifter")
    assert [row["points"] for row in points] == [3 * 3 - 1]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gifter SET points = -1",
        "UPDATE gifter SET reached_level = 0, reached_at = NULL",
        "UPDATE gifter SET reached_at = now()",
        "DELETE FROM gifter",
    ],
    ids=["debt", "level forgotten", "kept for longer", "gifter forgotten"],
)
async def test_the_database_keeps_gifters(service: Database, statement: str) -> None:
    await give(service.pool, a_gift(12))

    with pytest.raises(asyncpg.PostgresError):
        await service.pool.execute(statement)


async def test_an_upgrade_counts_what_was_given_before(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points and boards are those of a system that had always counted them."""
    database = await new_database("chassis.migrations")
    earlier = [each for each in migrate.migrations("gifts.migrations") if each.version < 220]
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "migrations", lambda _: earlier)
        await migrate.migrate(database.dsn, "gifts.migrations")
    await database.pool.execute(
        """
        INSERT INTO gift (
            gift_id, price_coins, reversed_coins, requested_at, count, catalogue_version,
            sender_id, creator_id, item_id, target_kind, target_id, body_hash, status, settled_at
        )
        SELECT
            gen_random_uuid(), 10, taken, at, 1, 1, sender, creator, 'heart-me', 'video', 'v',
            substr(sha256(sender::bytea), 1, 16),
            CASE taken WHEN 10 THEN 'REVERSED' ELSE 'SENT' END,
            at
        FROM (VALUES
            ('ann', 'star', 0, '2026-05-10 10:59:59Z'::timestamptz),
            ('ann', 'star', 3, '2026-05-10 11:00:00Z'),
            ('ann', 'moon', 10, '2026-05-01 11:00:00Z'),
            ('ben', 'star', 0, '2026-05-10 09:00:00Z')
        ) AS g (sender, creator, taken, at)
        """
    )

    await migrate.migrate(database.dsn, "gifts.migrations")

    pool = database.pool
    points = await pool.fetch("SELECT user_id, points FROM gifter ORDER BY user_id")
    rows = await pool.fetch(
        "SELECT board_id, user_id, hour_coins, day_coins, week_coins, coins FROM board_score"
        " ORDER BY place"
    )
    creators = {board_id_of(creator_id): creator_id for creator_id in ("moon", "star")}
    scores = [(creators[board_id], *row) for board_id, *row in rows]
    clubs = await pool.fetchval("SELECT count(*) FROM fan_club_member")
    assert [tuple(row) for row in points] == [("ann", 17), ("ben", 10)]
    assert sorted(scores, key=itemgetter(0)) == [
        ("moon", "ann", 0, 0, 0, 0),
        ("star", "ben", 10, 10, 10, 10),
        ("star", "ann", 7, 17, 17, 17),
    ]
    assert clubs == 0
