"""Hot statements find their rows by an index, in the right order, whatever the tables' size."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chassis.db import Conn
from gifts.store import creator, gift, history, reversal

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

type Plan = Mapping[str, Any]


@pytest.fixture(params=["no", "few", "many"])
async def filled(conn: Conn, request: pytest.FixtureRequest) -> Conn:
    """A session as the service opens it, on tables that were analysed with so many rows."""
    if request.param != "no":
        statement = MANY_GIFTS if request.param == "many" else MANY_GIFTS.replace("20000", "20")
        await conn.execute(statement)
        await conn.execute("ANALYZE gift, received_gift, creator")
    await conn.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    return conn


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
    [("sent", ["gift_by_sender"]), ("received", ["received_gift_pkey", "gift_pkey"])],
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

    assert sorted(indexes(plan)) == ["creator_pkey", "room_pkey"]
    assert not kinds(plan) & {"Seq Scan", "Hash Join", "Merge Join"}


@pytest.mark.parametrize("name", ["select_gifts", "select_settlements"])
async def test_gifts_are_found_by_id(filled: Conn, name: str) -> None:
    plan = await plan_of(filled, gift.STATEMENTS[name], [])

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
