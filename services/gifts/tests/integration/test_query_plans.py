"""Hot statements find their rows by an index, in the right order, whatever the tables' size."""

import asyncio
import json
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from chassis.db import BY_INDEX, Conn, Pool, open_pool
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from gifts.domain.board import Span
from gifts.settings import Settings
from gifts.store import (
    battle,
    battle_event,
    blocked_gifter,
    board,
    creator,
    fan_club,
    gift,
    gifter,
    history,
    message,
    open_room,
    reversal,
    room,
    room_gifter,
    room_streak,
    train,
    user_name,
)

# Whoever has filled the tables looks at all plans.
pytestmark = pytest.mark.xdist_group("gifts' plans")

# Enough rows that nothing is so cheap as to hide a bad plan; written past the domain for speed.
MANY_GIFTS = """
WITH added AS (
    INSERT INTO gift (
        gift_id, price_coins, requested_at, count, catalogue_version, sender_id, creator_id,
        item_id, target_kind, target_id, body_hash, status, settled_at
    )
    SELECT
        gen_random_uuid(), 7, now(), 7, 1, 'viewer-' || i % 50, 'creator-' || i % 7,
        'rose', 'video', 'v', substr(sha256(i::text::bytea), 1, 16), 'SENT', now()
    FROM generate_series(1, 20000) AS i
    RETURNING creator_id, gift_id
)
INSERT INTO received_gift (creator_id, gift_id) SELECT creator_id, gift_id FROM added
"""
MANY_SCORES = """
INSERT INTO board_score
SELECT
    ('00000000-0000-0000-0000-00000000000' || i % 7)::uuid, '2026-05-10 12:00+00',
    '2026-05-10 00:00+00', '2026-05-04 00:00+00', i % 50, i % 50, i % 50, i % 50, i, i, i, i,
    'viewer-' || i
FROM generate_series(1, 20000) AS i
"""

# One room takes all, many are calm, and nearly all streaks have ended.
MANY_ROOMS = """
WITH opened AS (
    INSERT INTO room (
        room_id, creator_id, title, body_hash, opened_at, active_at, framed_at, told_at, closed_at,
        due_at, look_at
    )
    SELECT
        gen_random_uuid(), 'creator-' || i, 'A room', substr(sha256(i::text::bytea), 1, 16),
        now(), now(), now(), now(), CASE WHEN i % 10 > 0 THEN now() END,
        CASE WHEN i % 10 = 0 THEN now() + i * interval '1 second' END,
        CASE WHEN i % 10 = 0 THEN now() + i * interval '1 second' END
    FROM generate_series(1, 20000) AS i
    RETURNING room_id
),

gifters AS (
    INSERT INTO room_gifter (room_id, user_id, coins, place)
    SELECT r.room_id, 'user-' || i, 1 + i % 100, i
    FROM generate_series(1, 20000) AS i, (SELECT room_id FROM opened LIMIT 1) AS r
)

INSERT INTO room_streak (
    streak_id, room_id, sender_id, item_id, pieces, last_gift_id, began_at, tapped_at, tapped_seq,
    ends_at, ended_at, shown, end_owed
)
SELECT
    gen_random_uuid(), r.room_id, 'user-' || i, 'rose', 1, gen_random_uuid(), now(), now(), 1,
    now(), CASE WHEN i % 50 > 0 THEN now() END, i % 7 > 0, i % 50 > 0 AND i % 7 = 1
FROM generate_series(1, 20000) AS i, (SELECT room_id FROM opened LIMIT 1) AS r
"""

# An empty array of ids would prove anything, such as that an index over some rows has them all.
ONE = [UUID(int=0)]

type Plan = Mapping[str, Any]


@pytest.fixture(scope="module", params=["no", "few", "many"])
def filled_dsn(servers: Servers, request: pytest.FixtureRequest) -> Generator[str]:
    """A database with so many rows that all tests share: they look at plans, and change nothing."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        database = runner.run(
            stack.enter_async_context(migrated(servers.postgres_dsn, Settings.migrations()))
        )
        if request.param != "no":
            runner.run(_fill(database.pool, 20_000 if request.param == "many" else 20))
        yield database.dsn
        runner.run(stack.aclose())


MANY_FANS = """
WITH gifters AS (
    INSERT INTO gifter (user_id, points) SELECT 'user-' || i, i FROM generate_series(1, 20000) AS i
)
INSERT INTO fan_club_member (
    creator_id, user_id, joined_gift_id, joined_at, active_at, reached_level
)
SELECT 'creator-' || i % 7, 'user-' || i, gen_random_uuid(), now(), now(), 1
FROM generate_series(1, 20000) AS i
"""


async def _fill(pool: Pool, rows: int) -> None:
    await pool.execute(MANY_FANS.replace("20000", str(rows)))
    await pool.execute(MANY_GIFTS.replace("20000", str(rows)))
    await pool.execute(MANY_ROOMS.replace("20000", str(rows)))
    await pool.execute(MANY_SCORES.replace("20000", str(rows)))
    await pool.execute(
        "ANALYZE gift, received_gift, creator, room, room_gifter, room_streak, board_score, "
        "gifter, fan_club_member"
    )


@pytest.fixture
async def filled(filled_dsn: str) -> AsyncGenerator[Conn]:
    """A session as the service opens it, on tables that were analysed with so many rows."""
    pool = await open_pool(filled_dsn, connections_max=1, application="test", settings=BY_INDEX)
    async with pool.acquire() as conn:
        await conn.execute("SET plan_cache_mode = force_generic_plan")
        yield conn
    pool.terminate()


async def plan_of(conn: Conn, statement: str, *arguments: object) -> list[Plan]:
    """All nodes of the plan that a prepared statement keeps."""
    text = await conn.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *arguments)
    return list(_nodes(json.loads(text)[0]["Plan"]))


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def indexes(plan: list[Plan]) -> list[str]:
    return [node["Index Name"] for node in plan if "Index Name" in node]


def kinds(plan: list[Plan]) -> set[str]:
    return {node["Node Type"] for node in plan}


@pytest.mark.parametrize("way", ["newest", "oldest"])
@pytest.mark.parametrize(
    ("whose", "used"),
    [
        ("sent", ["gift_by_sender", "silenced_message_pkey"]),
        ("received", ["received_gift_pkey", "gift_pkey", "silenced_message_pkey"]),
    ],
)
async def test_page_of_a_history_reads_its_rows_and_stops(
    filled: Conn, way: str, whose: str, used: list[str]
) -> None:
    """No sort, no count, no row skipped: page 10,000 costs what page 1 costs."""
    plan = await plan_of(filled, history.STATEMENTS[f"select_{whose}_{way}"], "viewer-1", 10**9, 21)

    assert indexes(plan) == used
    assert kinds(plan) <= {"Limit", "Index Scan", "Index Only Scan", "Nested Loop"}
    seek = next(node for node in plan if "Index Name" in node)
    assert "seq" in seek["Index Cond"]
    assert "_id = " in seek["Index Cond"]


@pytest.mark.parametrize("way", ["newest", "oldest"])
@pytest.mark.parametrize(
    ("statements", "name", "used"),
    [
        (message.STATEMENTS, "messages", ["gift_with_message", "silenced_message_pkey"]),
        (blocked_gifter.STATEMENTS, "blocked", ["blocked_gifter_by_creator"]),
    ],
    ids=["messages", "blocked"],
)
async def test_page_of_a_list_reads_its_rows_and_stops(
    filled: Conn, way: str, statements: Mapping[str, str], name: str, used: list[str]
) -> None:
    """However many gifts a creator was given without a message."""
    plan = await plan_of(filled, statements[f"select_{name}_{way}"], "creator-1", 10**9, 21)

    assert indexes(plan) == used
    assert kinds(plan) <= {"Limit", "Index Scan", "Index Only Scan", "Nested Loop"}


async def test_settling_finds_each_gift_by_its_id(filled: Conn) -> None:
    plan = await plan_of(filled, gift.STATEMENTS["settle_sent"], [], "{}", "{}", [])

    assert indexes(plan) == ["gift_pkey"]
    assert not kinds(plan) & {"Seq Scan", "Hash Join", "Merge Join"}


async def test_refusing_finds_each_gift_by_its_id(filled: Conn) -> None:
    plan = await plan_of(filled, gift.STATEMENTS["settle_refused"], *[[]] * 10)

    assert indexes(plan) == ["gift_pkey"]


async def test_writing_finds_each_creator_and_room_by_id(filled: Conn) -> None:
    nothing: list[object] = [[], *["{}"] * 8, [], [], [], [], [], []]

    plan = await plan_of(filled, gift.STATEMENTS["insert_gifts"], *nothing)

    assert sorted(indexes(plan)) == ["blocked_gifter_pkey", "creator_pkey", "room_pkey"]
    assert not kinds(plan) & {"Seq Scan", "Hash Join", "Merge Join"}


@pytest.mark.parametrize("name", ["select_gifts", "select_settlements"])
async def test_gifts_are_found_by_id(filled: Conn, name: str) -> None:
    plan = await plan_of(filled, gift.STATEMENTS[name], ONE)

    assert indexes(plan)[0] == "gift_pkey"
    assert "Seq Scan" not in kinds(plan)


async def test_creators_are_found_by_id(filled: Conn) -> None:
    plan = await plan_of(filled, creator.STATEMENTS["select_accepting"], [])

    assert indexes(plan)[0] == "creator_pkey"
    assert "Seq Scan" not in kinds(plan)


async def test_settling_rewrites_no_index(conn: Conn) -> None:
    """Rows stay on their page when they are settled (heap-only), index entries stay as they are."""
    pages = "SELECT pg_relation_size('gift_pkey') + pg_relation_size('gift_by_sender')"
    await conn.execute(
        MANY_GIFTS.replace("status, settled_at", "status").replace("'SENT', now()", "'PENDING'")
    )
    before = await conn.fetchval(pages)

    await conn.execute("UPDATE gift SET status = 'SENT', settled_at = now()")

    assert await conn.fetchval(pages) == before


async def test_looking_for_what_waits_costs_no_scan_of_gifts(filled: Conn) -> None:
    """Every settlement looks; nearly always there is nothing."""
    plan = await plan_of(filled, reversal.STATEMENTS["take_waiting"])

    assert "gift_pkey" in indexes(plan)
    assert not any(
        node["Node Type"] == "Seq Scan" and node["Relation Name"] == "gift" for node in plan
    )


NOON = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
IN_ROOMS: list[tuple[Mapping[str, str], str, Sequence[object], str]] = [
    (room.STATEMENTS, "find_room", ONE, "room_pkey"),
    (room.STATEMENTS, "find_open_room", ["creator-7"], "room_open_by_creator"),
    (room.STATEMENTS, "lock_rooms", [ONE], "room_pkey"),
    (room.STATEMENTS, "find_due", [NOON], "room_by_look"),
    (room.STATEMENTS, "lock_due", [NOON, 100], "room_by_look"),
    (
        room.STATEMENTS,
        "update_rooms",
        [NOON, [], *["{}"] * 8, [], *["{}"] * 3, [], [], [], "{}", [], []],
        "room_pkey",
    ),
    (room_gifter.STATEMENTS, "move_gifters", [[], "{}", "{}", "{}"], "room_gifter_pkey"),
    (room_gifter.STATEMENTS, "select_top", [ONE, 10], "room_gifter_by_coins"),
    (room_streak.STATEMENTS, "select_streakable", [[], []], "catalogue_item_pkey"),
    (room_streak.STATEMENTS, "select_open", [ONE, "{}", "{}"], "room_streak_open"),
    (room_streak.STATEMENTS, "select_over", [ONE, [None]], "room_streak_open"),
    (room_streak.STATEMENTS, "select_going_on", [ONE, NOON], "room_streak_open"),
    (room_streak.STATEMENTS, "end_streaks", [NOON, [], "{}", "{}"], "room_streak_pkey"),
    (
        room_streak.STATEMENTS,
        "update_streaks",
        [[], "{}", [], [], "{}", [], [], "{}", "{}"],
        "room_streak_pkey",
    ),
    (room_streak.STATEMENTS, "select_owed", [ONE, 21], "room_streak_owed"),
    (room_streak.STATEMENTS, "note_told", [[], []], "room_streak_pkey"),
    (reversal.STATEMENTS, "select_given", [ONE], "gift_pkey"),
    (train.STATEMENTS, "select_given", [ONE], "train_gift_by_gift"),
    (train.STATEMENTS, "select_top", [ONE, 3], "train_gifter_by_coins"),
    (train.STATEMENTS, "select_due", [NOON, 20], "train_by_expiry"),
    (message.STATEMENTS, "select_silenced", [ONE], "silenced_message_pkey"),
    (user_name.STATEMENTS, "select_names", [["alice"]], "user_name_pkey"),
    (battle.STATEMENTS, "select_newest", [ONE], "battle_room_pkey"),
    (battle.STATEMENTS, "select_due", [NOON, 20], "battle_by_due"),
    (battle.STATEMENTS, "select_invitations", [ONE[0], NOON, 20], "battle_by_invited_room"),
    (battle.STATEMENTS, "update_battles", [[]] * 19, "battle_pkey"),
    (battle_event.STATEMENTS, "select_given", [ONE], "battle_event_by_gift"),
    (battle_event.STATEMENTS, "select_events", [ONE[0]], "battle_event_pkey"),
    (battle_event.STATEMENTS, "select_power_ups", [ONE], "battle_power_up_pkey"),
]
"""Statements about rooms, parameters for them, and the index that each uses."""
SOUGHT: Mapping[str, Sequence[str]] = {
    "room_pkey": ("room_id = ",),
    "room_open_by_creator": ("creator_id = ",),
    "room_by_look": ("look_at <= ",),
    "room_gifter_pkey": ("room_id = ", "user_id = "),
    "room_gifter_by_coins": ("room_id = ",),
    "catalogue_item_pkey": ("version = ", "item_id = "),
    "room_streak_open": ("room_id = ",),
    "room_streak_pkey": ("streak_id = ",),
    "room_streak_owed": ("room_id = ",),
    "gift_pkey": ("gift_id = ",),
    "battle_pkey": ("battle_id = ",),
    "battle_room_pkey": ("room_id = ",),
    "battle_by_due": ("due_at <= ",),
    "battle_by_invited_room": ("right_room_id = ", "invited_at > "),
    "battle_event_by_gift": ("gift_id = ",),
    "battle_event_pkey": ("battle_id = ",),
    "battle_power_up_pkey": ("battle_id = ",),
    "train_gift_by_gift": ("gift_id = ",),
    "train_gifter_by_coins": ("train_id = ",),
    "train_by_expiry": ("expires_at <= ",),
    "silenced_message_pkey": ("gift_id = ",),
    "user_name_pkey": ("user_id = ",),
}
"""By what each is sought: one that is read from end to end is used too."""


@pytest.mark.parametrize(
    ("statements", "name", "arguments", "used"), IN_ROOMS, ids=[name for _, name, *_ in IN_ROOMS]
)
async def test_rooms_are_found_by_an_index(
    filled: Conn, statements: Mapping[str, str], name: str, arguments: Sequence[object], used: str
) -> None:
    """However many rooms have closed, and however much was given in one."""
    plan = await plan_of(filled, statements[name], *arguments)

    assert indexes(plan) == [used]
    seek = next(node for node in plan if "Index Name" in node)
    assert all(column in seek.get("Index Cond", "") for column in SOUGHT[used]), seek
    assert not kinds(plan) & {"Seq Scan", "Hash Join", "Merge Join"}


@pytest.mark.parametrize("end", ["first", "last"])
async def test_a_page_of_open_rooms_reads_no_closed_one(filled: Conn, end: str) -> None:
    """However many have closed. Those that are open are sorted: see `open_room.sql`."""
    statement = open_room.STATEMENTS[f"select_open_{end}"]
    plan = await plan_of(filled, statement, True, 3, NOON, ONE[0], 21)

    assert indexes(plan) == ["room_open_by_creator"]
    assert kinds(plan) <= {"Limit", "Sort", "Index Scan"}


async def test_settling_finds_the_battles_of_rooms_and_gifts_by_indexes(filled: Conn) -> None:
    """Every settlement with rooms asks; nearly always there is none."""
    statement = battle_event.STATEMENTS["select_touched"]
    plan = await plan_of(filled, statement, ONE, [NOON], [NOON], ONE)

    assert set(indexes(plan)) == {"battle_room_pkey", "battle_event_by_gift"}
    assert all("Index Cond" in node for node in plan if "Index Name" in node)
    assert not kinds(plan) & {"Seq Scan", "Hash Join", "Merge Join"}


async def test_trains_of_rooms_are_found_by_their_rooms(filled: Conn) -> None:
    """At every settlement in a room."""
    plan = await plan_of(filled, train.STATEMENTS["select_platforms"], ONE)

    assert indexes(plan)[:2] == ["room_train_pkey", "train_pkey"]
    scanned = {node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"}
    assert scanned <= {"train_rules"}


async def test_an_open_streak_is_found_by_all_of_its_key(filled: Conn) -> None:
    """One row, however many are open in the room."""
    plan = await plan_of(filled, room_streak.STATEMENTS["select_open"], ONE, "{}", "{}")

    [seek] = [node for node in plan if "Index Name" in node]
    assert all(column in seek["Index Cond"] for column in ("room_id", "sender_id", "item_id"))


async def test_the_first_gifters_are_read_in_order(filled: Conn) -> None:
    """Ten rows from an index, of a million."""
    plan = await plan_of(filled, room_gifter.STATEMENTS["select_top"], ONE, 10)

    limit = next(node for node in plan if node["Node Type"] == "Limit")
    assert limit["Plans"][0]["Node Type"] == "Index Scan"


BOARDS = {
    Span.HOUR: "board_score_by_hour",
    Span.DAY: "board_score_by_day",
    Span.WEEK: "board_score_by_week",
    Span.ALL_TIME: "board_score_by_coins",
    Span.ROOM: "room_gifter_by_coins",
}


async def kept_plan_of(conn: Conn, name: str, arguments: str) -> list[Plan]:
    """The plan that serves every board and window: branches of other spans are in it too."""
    await conn.execute(f"PREPARE asked AS {board.STATEMENTS[name]}")
    rows = await conn.fetchval(
        "EXPLAIN (FORMAT JSON) EXECUTE"
        f" asked ('{UUID(int=1)}', 'WEEK', '2026-05-04 00:00+00', {arguments})"
    )
    await conn.execute("DEALLOCATE asked")
    return list(_nodes(json.loads(rows)[0]["Plan"]))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("select_top", "100"),
        ("find_next", "7, 900"),
        ("count_between", "7, 900, 20, 5, 2001"),
    ],
)
async def test_boards_are_read_in_their_order(filled: Conn, name: str, arguments: str) -> None:
    """No sort, no other creator's rows, no other window's: the first costs what the last does."""
    plan = await kept_plan_of(filled, name, arguments)

    assert set(indexes(plan)) == set(BOARDS.values())
    assert not kinds(plan) & {"Seq Scan", "Sort", "Incremental Sort", "Bitmap Heap Scan"}
    for node in plan:
        if "Index Name" in node:
            assert any(key in node["Index Cond"] for key in ("board_id = $1", "room_id = $1"))
            assert "coins" in node["Index Cond"]
    if name == "count_between":
        assert "Index Scan" not in kinds(plan)


async def test_own_place_is_found_by_its_key(filled: Conn) -> None:
    plan = await kept_plan_of(filled, "find_placed", "'viewer-1'")

    assert set(indexes(plan)) == {"board_score_pkey", "room_gifter_pkey"}
    assert "Seq Scan" not in kinds(plan)


async def test_consent_is_found_by_user(filled: Conn) -> None:
    plan = await plan_of(filled, board.STATEMENTS["select_named"], [])

    assert indexes(plan)[0] == "board_consent_pkey"
    assert "Seq Scan" not in kinds(plan)


@pytest.mark.parametrize(
    ("statements", "name", "arguments", "used"),
    [
        (gifter.STATEMENTS, "move_points", [["a"], [1]], {"gifter_pkey"}),
        (gifter.STATEMENTS, "reach_levels", [["a"], [1], [NOON]], {"gifter_pkey"}),
        (gifter.STATEMENTS, "select_gifters", [["a"]], {"gifter_pkey"}),
        (
            fan_club.STATEMENTS,
            "select_standings",
            ["{a}", "{b}"],
            {"fan_club_member_pkey", "room_by_opening"},
        ),
        (fan_club.STATEMENTS, "note_active", ["{a}", "{b}", [NOON]], {"fan_club_member_pkey"}),
        (
            fan_club.STATEMENTS,
            "take_back_joining",
            [["a"], ["b"], ONE, [True]],
            {"fan_club_member_pkey"},
        ),
        (
            fan_club.STATEMENTS,
            "count_members",
            ["a", NOON],
            {"fan_club_member_pkey", "room_by_opening"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_fans_are_found_by_an_index(
    filled: Conn,
    statements: Mapping[str, str],
    name: str,
    arguments: Sequence[object],
    used: set[str],
) -> None:
    """However many have ever given, and however often a creator was live."""
    plan = await plan_of(filled, statements[name], *arguments)

    assert set(indexes(plan)) == used
    assert all(node.get("Index Cond") for node in plan if "Index Name" in node)
    assert not kinds(plan) & {"Seq Scan", "Hash Join", "Merge Join"}
