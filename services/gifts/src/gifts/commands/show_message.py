"""Show the message of a gift again."""

from uuid import UUID

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from gifts.domain.message import GiftMessage
from gifts.domain.refusals import GiftMessageUnknownError
from gifts.store import message as store


async def show_message(conn: Conn, gift_id: UUID, act: Act) -> GiftMessage:
    """Show what was written with a gift again, where it was withheld or removed by mistake.

    With the gift, in its sender's and its creator's lists, and in a frame that is still to be made
    of it. Frames that were told stay as they are, and the message is in none of them. Saying it
    twice changes nothing, nor does it where the message is shown.

    Args:
        conn: An open transaction.
        gift_id: The gift, whatever has become of it.
        act: Who shows it, and why.

    Raises:
        GiftMessageUnknownError: There is no such gift, or it has no message.
    """
    shown = await store.show_again(conn, gift_id, at=act.at)
    found = await store.find_message(conn, gift_id)
    if found is None:
        raise GiftMessageUnknownError
    if shown:
        details = {"senderId": found.sender_id, "creatorId": found.creator_id}
        await operators.record(conn, act, "showGiftMessage", str(gift_id), details)
    return found
