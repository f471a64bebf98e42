"""Remove the message of a gift."""

from uuid import UUID

import msgspec

from chassis import operators, outbox
from chassis.db import Conn
from chassis.operators import Act
from gifts.commands.tell_rooms import outgoing_of, tell_rooms
from gifts.domain.gift import room_id_of
from gifts.domain.message import GiftMessage
from gifts.domain.refusals import GiftMessageUnknownError
from gifts.domain.room_line import removal
from gifts.domain.room_rules import RoomRules
from gifts.store import message as store
from gifts.store.room import lock_rooms


async def remove_message(conn: Conn, gift_id: UUID, act: Act, rules: RoomRules) -> GiftMessage:
    """Let nobody but operators see what was written with a gift, ever again.

    The gift counts as it did, and no money goes back (C08). Viewers of its room are told to take
    the message down, if it was not withheld all along. Saying it twice changes nothing.

    Locks: the room.

    Args:
        conn: An open transaction.
        gift_id: The gift, whatever has become of it.
        act: Who removes it, and why.
        rules: Of rooms, in force.

    Raises:
        GiftMessageUnknownError: There is no such gift, or it has no message.
    """
    found = await store.find_message(conn, gift_id)
    if found is None:
        raise GiftMessageUnknownError
    room_id = room_id_of(found.target_kind, found.target_id)
    # Whoever makes a frame holds the room: it leaves the message out, or has told it by now.
    rooms = [] if room_id is None else await lock_rooms(conn, [room_id])
    if not await store.upsert_removed(conn, gift_id, at=act.at):
        return found
    details = {"senderId": found.sender_id, "creatorId": found.creator_id}
    await operators.record(conn, act, "removeGiftMessage", str(gift_id), details)
    if found.silenced is None:
        owing = [msgspec.structs.replace(room, untold=True) for room in rooms]
        marks = {room.room_id: [removal(gift_id)] for room in rooms}
        if owing:
            told = await tell_rooms(conn, owing, marks, rules, at=act.at)
            await outbox.append(conn, outgoing_of(told.frames))
    return msgspec.structs.replace(found, silenced="REMOVED", silenced_at=act.at)
