"""Messages of gifts, for those who moderate them, and which of them are shown to nobody."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from gifts.domain.message import GiftMessage
from gifts.domain.word_list import Hit

STATEMENTS = sql.load("gifts.store", "message.sql")

_SEQ_MAX = 2**63 - 1


async def insert_withheld(conn: Conn, hits: Mapping[UUID, Hit], *, at: datetime) -> None:
    """Withhold the messages of gifts that this transaction has written."""
    await conn.execute(
        STATEMENTS["insert_withheld"],
        list(hits),
        [hit.version for hit in hits.values()],
        [hit.term for hit in hits.values()],
        at,
    )


async def upsert_removed(conn: Conn, gift_id: UUID, *, at: datetime) -> bool:
    """Remove the message of a gift; False: it was removed before."""
    return await conn.fetchval(STATEMENTS["upsert_removed"], gift_id, at) is not None


async def show_again(conn: Conn, gift_id: UUID, *, at: datetime) -> bool:
    """Show the message of a gift again; False: it is shown."""
    return await conn.fetchval(STATEMENTS["show_again"], gift_id, at) is not None


async def select_silenced(conn: Conn, gift_ids: Collection[UUID]) -> set[UUID]:
    """Those of the gifts whose messages are shown to nobody."""
    rows = await conn.fetch(STATEMENTS["select_silenced"], list(gift_ids))
    return {row["gift_id"] for row in rows}


async def find_message(conn: Conn, gift_id: UUID) -> GiftMessage | None:
    """The message of a gift, if it has one."""
    row = await conn.fetchrow(STATEMENTS["find_message"], gift_id)
    return None if row is None else _message_of(row)


async def select_messages(
    conn: Conn, creator_id: str, *, beyond: int | None, limit: int, backward: bool
) -> Sequence[GiftMessage]:
    """What was written to a creator, beyond a place: earlier ones, newest first; or backward."""
    if beyond is None:
        beyond = 0 if backward else _SEQ_MAX
    statement = STATEMENTS[f"select_messages_{'oldest' if backward else 'newest'}"]
    return [_message_of(row) for row in await conn.fetch(statement, creator_id, beyond, limit)]


def _message_of(row: Record) -> GiftMessage:
    hit = None if row["term"] is None else Hit(row["word_list_version"], row["term"])
    return GiftMessage(
        seq=row["seq"],
        gift_id=row["gift_id"],
        sender_id=row["sender_id"],
        creator_id=row["creator_id"],
        target_kind=row["target_kind"],
        target_id=row["target_id"],
        text=row["message"],
        written_at=row["requested_at"],
        silenced=row["silenced"],
        silenced_at=row["silenced_at"],
        shown_again_at=row["shown_again_at"],
        hit=hit,
    )
