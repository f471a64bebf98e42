"""Histories of senders and creators, newest first, by keyset."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from chassis import sql
from chassis.db import Conn
from gifts.domain.gift import Gift
from gifts.store.rows import gift_of

STATEMENTS = sql.load("gifts.store", "history.sql")

_SEQ_MAX = 2**63 - 1


class HistoryEntry(NamedTuple):
    """A gift at its place in a history."""

    seq: int
    gift: Gift


async def select_sent(
    conn: Conn, sender_id: str, *, beyond: int | None, limit: int, backward: bool
) -> Sequence[HistoryEntry]:
    """Gifts of a sender beyond a place: older ones, newest first; `backward` the other way."""
    return await _select(conn, "sent", sender_id, beyond, limit, backward)


async def select_received(
    conn: Conn, creator_id: str, *, beyond: int | None, limit: int, backward: bool
) -> Sequence[HistoryEntry]:
    """Gifts that a creator was given, beyond a place, like `select_sent`."""
    return await _select(conn, "received", creator_id, beyond, limit, backward)


async def _select(
    conn: Conn,
    history: Literal["sent", "received"],
    owner_id: str,
    beyond: int | None,
    limit: int,
    backward: bool,
) -> Sequence[HistoryEntry]:
    if beyond is None:
        beyond = 0 if backward else _SEQ_MAX
    statement = STATEMENTS[f"select_{history}_{'oldest' if backward else 'newest'}"]
    rows = await conn.fetch(statement, owner_id, beyond, limit)
    return [HistoryEntry(row["seq"], gift_of(row)) for row in rows]


async def find_total_coins(conn: Conn, creator_id: str) -> int:
    """Coins of all gifts that a creator was ever given, without what was taken back of them."""
    return await conn.fetchval(STATEMENTS["find_total"], creator_id) or 0
