"""Word lists and messages for tests."""

from uuid import UUID

from chassis import clock
from chassis.db import Conn, Pool, transact
from chassis.operators import Act
from gifts.commands.publish_word_list import Published, publish_word_list
from gifts.commands.remove_message import remove_message
from gifts.commands.send_gifts import NewGift
from gifts.commands.show_message import show_message
from gifts.domain.message import GiftMessage
from gifts.domain.room_rules import RoomRules
from gifts.domain.word_list import WordListFile
from gifts.testing import NOW, a_new_gift, an_order


async def publish_words(pool: Pool, *terms: str, version: int = 1) -> Published:
    """Publish a word list as the command does."""
    file = WordListFile(version=version, terms=terms)
    return await transact(pool, lambda conn: publish_word_list(conn, file, at=clock.now()))


async def remove(
    pool: Pool, gift_id: UUID, *, rules: RoomRules | None = None, act: Act | None = None
) -> GiftMessage:
    """Remove a message as an operator does."""
    act = act or Act("otto", "abuse", NOW)

    async def work(conn: Conn) -> GiftMessage:
        return await remove_message(conn, gift_id, act, rules or RoomRules())

    return await transact(pool, work)


async def show(pool: Pool, gift_id: UUID, *, act: Act | None = None) -> GiftMessage:
    """Show a message again as an operator does."""
    act = act or Act("olga", "harmless", NOW)
    return await transact(pool, lambda conn: show_message(conn, gift_id, act))


def a_gift_saying(message: str, room_id: UUID | None = None, **changes: object) -> NewGift:
    """A rose with a message, to a room or a video."""
    target = {} if room_id is None else {"target_kind": "room", "target_id": str(room_id)}
    return a_new_gift(an_order(message=message, **target, **changes))
