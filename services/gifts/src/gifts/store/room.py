"""Rooms."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.room import Goal, Room
from gifts.domain.room_rules import RoomRules, due_at, look_at
from gifts.store.arrays import booleans, integers

STATEMENTS = sql.load("gifts.store", "room.sql")
_GOAL = slice(8, 11)


async def insert_room(conn: Conn, room: Room, rules: RoomRules) -> bool:
    """Open a room; False: its id is taken, or its host has another one open."""
    goal = room.goal or Goal()
    inserted = await conn.fetchval(
        STATEMENTS["insert_room"],
        room.room_id,
        room.creator_id,
        room.title,
        room.body_hash,
        room.opened_at,
        goal.coins,
        goal.item_id,
        goal.count,
        due_at(room, rules),
    )
    return inserted is not None


async def find_room(conn: Conn, room_id: UUID) -> Room | None:
    """A room as it stands."""
    row = await conn.fetchrow(STATEMENTS["find_room"], room_id)
    return None if row is None else room_of(row)


async def find_open_room(conn: Conn, creator_id: str) -> UUID | None:
    """The room that a host has open."""
    return await conn.fetchval(STATEMENTS["find_open_room"], creator_id)


async def lock_rooms(conn: Conn, room_ids: Collection[UUID]) -> list[Room]:
    """The rooms of these ids, as far as there are any, until the transaction ends."""
    return [room_of(row) for row in await conn.fetch(STATEMENTS["lock_rooms"], list(room_ids))]


async def find_due(conn: Conn, *, at: datetime) -> bool:
    """Whether the clock has to look at any room."""
    return await conn.fetchval(STATEMENTS["find_due"], at) is True


async def lock_due(conn: Conn, *, at: datetime, limit: int) -> list[Room]:
    """Rooms that the clock has to look at and nobody else holds, until the transaction ends."""
    return [room_of(row) for row in await conn.fetch(STATEMENTS["lock_due"], at, limit)]


async def update_rooms(
    conn: Conn, rooms: Sequence[Room], rules: RoomRules, *, at: datetime
) -> None:
    """Write how rooms stand that this transaction has locked: see `update_rooms` in the SQL."""
    due = [due_at(room, rules) for room in rooms]
    looks = [look_at(room, each, at) for room, each in zip(rooms, due, strict=True)]
    await conn.execute(
        STATEMENTS["update_rooms"],
        at,
        [room.room_id for room in rooms],
        booleans([room.active_at == at for room in rooms]),
        booleans([room.closed_at == at for room in rooms]),
        booleans([room.framed_at == at for room in rooms]),
        booleans([room.told_at == at for room in rooms]),
        integers([room.coins for room in rooms]),
        integers([room.gifts for room in rooms]),
        integers([room.gifters for room in rooms]),
        integers([room.goal_reached for room in rooms]),
        [room.goal_reached_at for room in rooms],
        integers([room.moves for room in rooms]),
        integers([room.seq for room in rooms]),
        booleans([room.untold for room in rooms]),
        [room.streaks_end_at for room in rooms],
        [room.waiting for room in rooms],
        [room.top for room in rooms],
        booleans([room.owes_ends for room in rooms]),
        due,
        [None if look is room.look_at else look for room, look in zip(rooms, looks, strict=True)],
    )


async def note_battled(conn: Conn, room_ids: Collection[UUID]) -> None:
    """Note that a battle has begun in rooms that this transaction has locked."""
    await conn.execute(STATEMENTS["note_battled"], list(room_ids))


def room_of(row: Record) -> Room:
    """A room from its columns: they are the fields, in order; three of them are the goal.

    What is missing at the end is not needed, and as in a new room.
    """
    goal_coins, goal_item_id, goal_count = row[_GOAL]
    goal = None
    if goal_coins is not None or goal_item_id is not None:
        goal = Goal(goal_coins, goal_item_id, goal_count)
    columns: list[Any] = [*row[: _GOAL.start], goal, *row[_GOAL.stop :]]
    return Room(*columns)
