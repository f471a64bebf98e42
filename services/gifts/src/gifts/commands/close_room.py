"""Close a live room."""

from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from gifts.commands.lock_hosted_room import lock_hosted_room
from gifts.commands.tend_rooms import tend_rooms
from gifts.domain.room import Room
from gifts.domain.room_rules import RoomRules


async def close_room(
    conn: Conn, room_id: UUID, creator_id: str, rules: RoomRules, *, at: datetime
) -> Room:
    """Close a room for good, with all of its streaks; saying it twice changes nothing.

    Counts for every gift that is written after this transaction has committed. Gifts written before
    are still charged, and belong to the room.

    Raises:
        RoomUnknownError: The creator hosts no such room.
    """
    room = await lock_hosted_room(conn, room_id, creator_id)
    if room.closed_at is not None:
        return room
    [room] = await tend_rooms(conn, [room], rules, closing={room_id}, at=at)
    return room
