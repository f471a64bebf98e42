"""Bring gifters to the levels that what they give is worth."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from gifts.domain.board import Score
from gifts.domain.gifter import Reached, level_at, levels_reached, net_points
from gifts.domain.level_table import LevelTable
from gifts.store import gifter as store


class Leveled(NamedTuple):
    """What came of giving."""

    levels: Mapping[str, int]
    """Of those who are shown; empty as long as there is no table."""
    reached: Sequence[Reached]
    """Who came to a level for the first time, to be told."""


async def level_gifters(
    conn: Conn,
    scores: Sequence[Score],
    table: LevelTable | None,
    *,
    shown: Collection[str],
    at: datetime,
) -> Leveled:
    """Add points, and note each level that is reached, once.

    Points are coins. What was to be taken back of the gifts before they were known is taken off.
    Whoever came to a level before there was a table, or by what was given back, is told of it with
    the next gift.

    Locks: the gifters, in the order of their ids.

    Args:
        conn: The transaction that settles the gifts.
        scores: In the order in which they were charged.
        table: In force.
        shown: Of those who gave, whose levels are asked for.
        at: Now.
    """
    steps = () if table is None else table.gifter_points
    gifters = await store.add_points(conn, net_points(scores), steps=steps, shown=shown)
    if table is None:
        return Leveled({}, ())
    reached = levels_reached(gifters, scores, table, at=at)
    if reached:
        await store.reach_levels(conn, [each.gifter for each in reached])
    after = {each.gifter.user_id: each.gifter for each in reached}
    levels = {
        gifter.user_id: level_at(after.get(gifter.user_id, gifter), table, at)
        for gifter in gifters
        if gifter.user_id in shown
    }
    return Leveled(levels, reached)


async def take_points(conn: Conn, scores: Sequence[Score]) -> None:
    """Take points back with what is taken back of gifts, or give them back.

    Levels follow by themselves: see `level_at`.

    Locks: the gifters, in the order of their ids.

    Args:
        conn: The transaction that takes the gifts back.
        scores: Of gifts that were settled by transactions before.
    """
    await store.move_points(conn, net_points(scores))
