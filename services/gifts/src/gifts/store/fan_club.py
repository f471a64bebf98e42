"""Members of creators' fan clubs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from chassis import sql
from chassis.db import Conn
from gifts.domain.board import ScoreKey
from gifts.domain.fan_club import Joining, Member, Standing
from gifts.store.arrays import integers, texts

STATEMENTS = sql.load("gifts.store", "fan_club.sql")


async def select_standings(conn: Conn, keys: Collection[ScoreKey]) -> list[Standing]:
    """How those of these users stand who ever joined."""
    rows = await conn.fetch(
        STATEMENTS["select_standings"],
        texts([creator_id for creator_id, _ in keys]),
        texts([user_id for _, user_id in keys]),
    )
    return [Standing(Member(*row[:-1]), row[-1]) for row in rows]


async def ensure_members(conn: Conn, members: Sequence[Member]) -> None:
    """Write members as they are."""
    await conn.execute(
        STATEMENTS["ensure_members"],
        texts([each.creator_id for each in members]),
        texts([each.user_id for each in members]),
        [each.joined_gift_id for each in members],
        [each.joined_at for each in members],
        [each.is_taken_back for each in members],
        [each.active_at for each in members],
        integers([each.decayed_points for each in members]),
        integers([each.reached_level for each in members]),
    )


async def note_active(conn: Conn, active: Mapping[ScoreKey, datetime]) -> None:
    """Note when members were active."""
    await conn.execute(
        STATEMENTS["note_active"],
        texts([creator_id for creator_id, _ in active]),
        texts([user_id for _, user_id in active]),
        list(active.values()),
    )


async def take_back_joining(conn: Conn, gifts: Sequence[Joining]) -> list[Member]:
    """End the memberships that began with gifts, or let them go on; those memberships."""
    rows = await conn.fetch(
        STATEMENTS["take_back_joining"],
        [each.creator_id for each in gifts],
        [each.user_id for each in gifts],
        [each.gift_id for each in gifts],
        [each.is_taken_back for each in gifts],
    )
    return [Member(*row) for row in rows]


async def count_members(conn: Conn, creator_id: str, *, lives_ended_by: datetime) -> int:
    """How many are members of a club.

    Args:
        conn: Any session.
        creator_id: Whose club.
        lives_ended_by: A live that ended then or before has had its time.
    """
    return await conn.fetchval(STATEMENTS["count_members"], creator_id, lives_ended_by)
