"""Remove the message of a gift."""

from uuid import UUID

import msgspec

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from gifts.commands.tell_owed import tell_owed
from gifts.domain.gift import room_id_of
from gifts.domain.message import GiftMessage
from gifts.domain.refusals import GiftMessageUnknownError
from gifts.domain.room_line import removal
from gifts.domain.room_rules import RoomRules
from gifts.store import message as store
from gifts.store.room import lock_rooms


async def remove_message(conn: Conn, gift_id: UUID, act: Act, rules: RoomRules) -> GiftMessage:
    """Let nobody but operators see what was written with a gift, until one shows it again.

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
        marks = {room.room_id: [removal(gift_id)] for room in rooms}
        await tell_owed(conn, rooms, rules, lines=marks, at=act.at)
    return msgspec.structs.replace(
        found, silenced="REMOVED", silenced_at=act.at, shown_again_at=None
    )
