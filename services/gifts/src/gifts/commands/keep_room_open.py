"""Keep a live room open."""

from datetime import datetime
from uuid import UUID

import msgspec

from chassis.db import Conn
from gifts.commands.lock_hosted_room import lock_hosted_room
from gifts.domain.refusals import RoomNotOpenError
from gifts.domain.room import Room
from gifts.domain.room_rules import RoomRules
from gifts.store import room as store


async def keep_room_open(
    conn: Conn, room_id: UUID, creator_id: str, rules: RoomRules, *, at: datetime
) -> Room:
    """Note a sign of life of a room's host: without one, or a gift, it closes itself.

    Raises:
        RoomUnknownError: The creator hosts no such room.
        RoomNotOpenError: It is closed by now; the host opens another one.
    """
    room = await lock_hosted_room(conn, room_id, creator_id)
    if room.closed_at is not None:
        raise RoomNotOpenError
    room = msgspec.structs.replace(room, active_at=max(at, room.active_at))
    await store.update_rooms(conn, [room], rules, at=at)
    return room
