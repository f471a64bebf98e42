"""Streaks of rooms."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.room_streak import Streak, StreakKey
from gifts.store.arrays import booleans, integers, texts

STATEMENTS = sql.load("gifts.store", "room_streak.sql")


async def select_streakable(conn: Conn, items: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Which of these items, each of a catalogue version, make streaks."""
    rows = await conn.fetch(
        STATEMENTS["select_streakable"],
        [version for version, _ in items],
        [item_id for _, item_id in items],
    )
    return {(row["version"], row["item_id"]) for row in rows}


async def select_open(conn: Conn, keys: Collection[StreakKey]) -> list[Streak]:
    """The streaks that are open, of each key at most one."""
    rows = await conn.fetch(
        STATEMENTS["select_open"],
        [room_id for room_id, _, _ in keys],
        texts([sender_id for _, sender_id, _ in keys]),
        texts([item_id for _, _, item_id in keys]),
    )
    return [Streak(*row) for row in rows]


async def select_over(conn: Conn, ending_by: Mapping[UUID, datetime | None]) -> list[Streak]:
    """The open streaks of rooms that end by a time; with None all of the room's."""
    rows = await conn.fetch(STATEMENTS["select_over"], list(ending_by), list(ending_by.values()))
    return [Streak(*row) for row in rows]


async def select_going_on(conn: Conn, room_ids: Collection[UUID], *, at: datetime) -> set[UUID]:
    """Which of these rooms have open streaks that do not end by a time."""
    rows = await conn.fetch(STATEMENTS["select_going_on"], list(room_ids), at)
    return {row["room_id"] for row in rows}


async def insert_streaks(conn: Conn, streaks: Sequence[Streak]) -> None:
    """Add new streaks, of which some may have ended already."""
    await conn.execute(
        STATEMENTS["insert_streaks"],
        [streak.streak_id for streak in streaks],
        [streak.room_id for streak in streaks],
        texts([streak.sender_id for streak in streaks]),
        texts([streak.item_id for streak in streaks]),
        integers([streak.pieces for streak in streaks]),
        # Most are of one tap, and a null costs next to nothing.
        [
            None if streak.last_gift_id is streak.streak_id else streak.last_gift_id
            for streak in streaks
        ],
        [streak.began_at for streak in streaks],
        [None if streak.tapped_at is streak.began_at else streak.tapped_at for streak in streaks],
        integers([streak.tapped_seq for streak in streaks]),
        [streak.ends_at for streak in streaks],
        [streak.ended_at for streak in streaks],
        booleans([streak.shown for streak in streaks]),
        booleans([streak.end_owed for streak in streaks]),
    )


async def update_streaks(conn: Conn, streaks: Sequence[Streak]) -> None:
    """Write how streaks stand that were open."""
    await conn.execute(
        STATEMENTS["update_streaks"],
        [streak.streak_id for streak in streaks],
        integers([streak.pieces for streak in streaks]),
        [streak.last_gift_id for streak in streaks],
        [streak.tapped_at for streak in streaks],
        integers([streak.tapped_seq for streak in streaks]),
        [streak.ends_at for streak in streaks],
        [streak.ended_at for streak in streaks],
        booleans([streak.shown for streak in streaks]),
        booleans([streak.end_owed for streak in streaks]),
    )


async def end_streaks(conn: Conn, streaks: Sequence[Streak], *, at: datetime) -> None:
    """Write that streaks have ended now of which nothing else has changed."""
    await conn.execute(
        STATEMENTS["end_streaks"],
        at,
        [streak.streak_id for streak in streaks],
        booleans([streak.shown for streak in streaks]),
        booleans([streak.end_owed for streak in streaks]),
    )


async def select_owed(conn: Conn, room_ids: Collection[UUID], *, limit: int) -> list[Streak]:
    """Streaks of rooms whose end is still to be told, of each so many, longest waiting first."""
    rows = await conn.fetch(STATEMENTS["select_owed"], list(room_ids), limit)
    return [Streak(*row) for row in rows]


async def note_told(conn: Conn, ended: Mapping[UUID, bool]) -> None:
    """Note that a frame has a line of each of these streaks, and of which it told the end."""
    await conn.execute(STATEMENTS["note_told"], list(ended), list(ended.values()))
