"""Switch gifts to one room on or off."""

from uuid import UUID

from chassis.db import Conn
from gifts.commands.lock_hosted_room import lock_hosted_room
from gifts.domain.refusals import RoomNotOpenError
from gifts.domain.room import Room
from gifts.store import room_gifts as store


async def accept_room_gifts(conn: Conn, room_id: UUID, creator_id: str, *, accept: bool) -> Room:
    """Let gifts be sent to an open room, or no longer; saying it twice changes nothing.

    Counts for every gift that is written after this transaction has committed. Gifts written before
    are still charged, and belong to the room. Whether the creator takes gifts at all is decided
    elsewhere: see `accept_gifts`.

    Raises:
        RoomUnknownError: The creator hosts no such room.
        RoomNotOpenError: It is closed.
    """
    room = await lock_hosted_room(conn, room_id, creator_id)
    if room.closed_at is not None:
        raise RoomNotOpenError
    await store.update_takes_gifts(conn, room_id, takes_gifts=accept)
    return room
