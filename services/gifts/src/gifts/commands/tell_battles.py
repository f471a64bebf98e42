"""Let rooms tell how their battle stands."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from chassis import outbox
from chassis.db import Conn
from gifts.commands.tell_rooms import outgoing_of, tell_rooms
from gifts.domain.room import Room
from gifts.domain.room_rules import RoomRules


async def tell_both(conn: Conn, rooms: Sequence[Room], rules: RoomRules, *, at: datetime) -> None:
    """Owe the viewers of rooms a frame, and make those that are due.

    Args:
        conn: An open transaction that has locked the rooms, and has written how battles stand.
        rooms: As they stand.
        rules: In force.
        at: Now.
    """
    owing = [msgspec.structs.replace(room, untold=True) for room in rooms]
    told = await tell_rooms(conn, owing, rules, at=at)
    await outbox.append(conn, outgoing_of(told.frames))
