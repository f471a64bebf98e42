"""Rooms."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.room import Goal, Room
from gifts.domain.room_rules import RoomRules, due_at

STATEMENTS = sql.load("gifts.store", "room.sql")


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


async def update_rooms(conn: Conn, rooms: Sequence[Room], rules: RoomRules) -> None:
    """Write how rooms stand that this transaction has locked."""
    await conn.execute(
        STATEMENTS["update_rooms"],
        [room.room_id for room in rooms],
        [room.active_at for room in rooms],
        [room.closed_at for room in rooms],
        [room.coins for room in rooms],
        [room.gifts for room in rooms],
        [room.gifters for room in rooms],
        [room.goal_reached for room in rooms],
        [room.goal_reached_at for room in rooms],
        [room.moves for room in rooms],
        [room.seq for room in rooms],
        [room.framed_at for room in rooms],
        [room.told_at for room in rooms],
        [room.untold for room in rooms],
        [room.streaks_end_at for room in rooms],
        [due_at(room, rules) for room in rooms],
    )


def room_of(row: Record) -> Room:
    """A room from its columns."""
    goal = None
    if row["goal_coins"] is not None or row["goal_item_id"] is not None:
        goal = Goal(row["goal_coins"], row["goal_item_id"], row["goal_count"])
    return Room(
        room_id=row["room_id"],
        creator_id=row["creator_id"],
        title=row["title"],
        body_hash=row["body_hash"],
        opened_at=row["opened_at"],
        active_at=row["active_at"],
        framed_at=row["framed_at"],
        told_at=row["told_at"],
        goal=goal,
        closed_at=row["closed_at"],
        coins=row["coins"],
        gifts=row["gifts"],
        gifters=row["gifters"],
        goal_reached=row["goal_reached"],
        goal_reached_at=row["goal_reached_at"],
        moves=row["moves"],
        seq=row["seq"],
        untold=row["untold"],
        streaks_end_at=row["streaks_end_at"],
    )
