"""Let rooms tell of something that no gift has brought."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from chassis import outbox
from chassis.db import Conn
from gifts.commands.tell_rooms import outgoing_of, tell_rooms
from gifts.domain.room import Room
from gifts.domain.room_line import Line
from gifts.domain.room_rules import RoomRules


async def tell_owed(
    conn: Conn,
    rooms: Sequence[Room],
    rules: RoomRules,
    *,
    lines: dict[UUID, list[Line]] | None = None,
    at: datetime,
) -> None:
    """Owe the viewers of rooms a frame, and make those that are due.

    Args:
        conn: An open transaction that has locked the rooms, and has written what is to be told.
        rooms: As they stand.
        rules: In force.
        lines: What is to be shown of them, by room.
        at: Now.
    """
    if not rooms:
        return
    owing = [msgspec.structs.replace(room, untold=True) for room in rooms]
    told = await tell_rooms(conn, owing, rules, lines=lines, at=at)
    await outbox.append(conn, outgoing_of(told.frames))
