"""The room of a host, locked."""

from uuid import UUID

from chassis.db import Conn
from gifts.domain.refusals import RoomUnknownError
from gifts.domain.room import Room
from gifts.store import room as store


async def lock_hosted_room(conn: Conn, room_id: UUID, creator_id: str) -> Room:
    """A room, until the transaction ends.

    Raises:
        RoomUnknownError: The creator hosts no such room.
    """
    rooms = await store.lock_rooms(conn, [room_id])
    if not rooms or rooms[0].creator_id != creator_id:
        raise RoomUnknownError
    return rooms[0]
