"""Open a live room."""

from typing import NamedTuple

from chassis import outbox
from chassis.db import Conn
from gifts.commands.tell_rooms import outgoing_of
from gifts.domain.refusals import IdempotencyConflictError, RoomAlreadyOpenError
from gifts.domain.room import Room
from gifts.domain.room_frame import NOTHING, frame_of
from gifts.domain.room_rules import RoomRules
from gifts.store import room as store


class Opened(NamedTuple):
    """A room as it stands now."""

    room: Room
    replayed: bool
    """Whether an earlier request opened it: it may be closed by now."""


async def open_room(conn: Conn, room: Room, rules: RoomRules) -> Opened:
    """Open a room once, however often it is asked for, and tell its first frame.

    The id decides: asked for again with the same terms it gives the room as it stands.

    Args:
        conn: An open transaction.
        room: From `accept_room`.
        rules: In force.

    Raises:
        IdempotencyConflictError: The id belongs to a room with other terms, or another host's.
        RoomAlreadyOpenError: The host has another room open.
    """
    while not await store.insert_room(conn, room, rules):
        found = await store.find_room(conn, room.room_id)
        if found is not None:
            if found.body_hash != room.body_hash:
                raise IdempotencyConflictError
            return Opened(found, replayed=True)
        other = await store.find_open_room(conn, room.creator_id)
        if other is not None:
            raise RoomAlreadyOpenError(open_room_id=other)
        # What was in the way has closed in the meantime.
    first = frame_of(room, NOTHING, at=room.opened_at)
    await outbox.append(conn, outgoing_of([first]))
    return Opened(room, replayed=False)
