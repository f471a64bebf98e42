"""How far each partition is applied: kept in the service's database, moved with the effect."""

from collections.abc import Mapping
from typing import NamedTuple

import structlog

from chassis import sql
from chassis.db import Conn

log = structlog.get_logger()

_SQL = sql.load("chassis", "consumer.sql")

type Place = tuple[str, int]
"""A topic without prefix, and a partition."""


class FencedError(Exception):
    """The partition is not where this consumer believed: replayed, or owned by another now."""


class Move(NamedTuple):
    """A partition's way from one offset to the next."""

    partition: int
    expected_offset: int
    """Where this consumer believes the partition to be."""
    next_offset: int


async def find_offsets(conn: Conn, beginnings: Mapping[Place, int]) -> dict[Place, int]:
    """Where each partition goes on; one that was never read starts at its beginning.

    Args:
        conn: An open transaction.
        beginnings: The oldest offset that the broker still has, per partition.
    """
    topics = [topic for topic, _ in beginnings]
    partitions = [partition for _, partition in beginnings]
    await conn.execute(_SQL["ensure_offsets"], topics, partitions, list(beginnings.values()))
    rows = await conn.fetch(_SQL["select_offsets"], topics, partitions)
    offsets = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    for place, offset in offsets.items():
        if beginnings[place] > offset:
            log.error(
                "records_lost_to_retention",
                topic=place[0],
                partition=place[1],
                wanted_offset=offset,
                oldest_offset=beginnings[place],
            )
    return offsets


async def move_fence(conn: Conn, topic: str, moves: list[Move]) -> None:
    """Move partitions on, or nothing at all.

    Args:
        conn: The transaction of the effect.
        topic: Without prefix.
        moves: One per partition.

    Raises:
        FencedError: A partition is not where it was expected; the transaction must not commit.
    """
    moved = await conn.fetch(
        _SQL["move_fence"],
        [topic] * len(moves),
        [move.partition for move in moves],
        [move.expected_offset for move in moves],
        [move.next_offset for move in moves],
    )
    if len(moved) < len(moves):
        raise FencedError("an offset in the database is not the one expected")
