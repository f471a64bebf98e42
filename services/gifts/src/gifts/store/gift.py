"""Writing and settling gifts: the two hot paths, each one statement for a whole batch."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift, GiftRefusal, Settlement, TargetKind, room_id_of
from gifts.store.arrays import integers, texts
from gifts.store.rows import gift_of, refusal_of

STATEMENTS = sql.load("gifts.store", "gift.sql")


class StoredGift(NamedTuple):
    """A gift, and the hash of the order that made it."""

    gift: Gift
    body_hash: bytes


class Settled(NamedTuple):
    """A gift that has just become SENT: what its charge does not say about it."""

    position: int
    """Which of the charges it was, counted from 0."""
    item_id: str
    pieces: int
    catalogue_version: int
    target_kind: TargetKind
    target_id: str
    message: str | None
    """Of a gift to a room."""


async def insert_gifts(
    conn: Conn, gifts: Sequence[Gift], hashes: Sequence[bytes], payers: Sequence[Payer]
) -> set[UUID]:
    """Write the gifts whose id is free and that nothing is in the way of: see `explain_unwanted`.

    Returns:
        The ids written.
    """
    rows = await conn.fetch(
        STATEMENTS["insert_gifts"],
        *columns_of(gifts, hashes, payers),
        [room_id_of(gift.target_kind, gift.target_id) for gift in gifts],
    )
    return {row[0] for row in rows}


def columns_of(
    gifts: Sequence[Gift], hashes: Sequence[bytes], payers: Sequence[Payer]
) -> tuple[object, ...]:
    """New gifts as statements take them: $1 to $14 of `insert_gifts`."""
    return (
        [gift.gift_id for gift in gifts],
        texts([gift.sender_id for gift in gifts]),
        texts([gift.creator_id for gift in gifts]),
        texts([gift.item_id for gift in gifts]),
        integers([gift.count for gift in gifts]),
        integers([gift.price_coins for gift in gifts]),
        integers([gift.catalogue_version for gift in gifts]),
        texts([gift.target_kind for gift in gifts]),
        texts([gift.target_id for gift in gifts]),
        [gift.message for gift in gifts],
        hashes,
        [gift.requested_at for gift in gifts],
        [payer.region for payer in payers],
        [payer.age for payer in payers],
    )


async def explain_unwanted(conn: Conn, gifts: Sequence[Gift]) -> list[str]:
    """Why each of these gifts was not written though its id was free: the refusal's code."""
    rows = await conn.fetch(
        STATEMENTS["explain_unwanted"],
        [gift.creator_id for gift in gifts],
        [gift.sender_id for gift in gifts],
        [gift.target_kind for gift in gifts],
        [room_id_of(gift.target_kind, gift.target_id) for gift in gifts],
    )
    return [row["code"] for row in rows]


async def settle_sent(
    conn: Conn,
    gift_ids: Sequence[UUID],
    creator_ids: Sequence[str],
    coins: Sequence[int],
    charged_at: Sequence[datetime],
) -> list[Settled]:
    """Turn PENDING gifts that were charged into SENT ones; those that moved, in no order."""
    rows = await conn.fetch(
        STATEMENTS["settle_sent"], gift_ids, texts(creator_ids), integers(coins), charged_at
    )
    return [Settled(*row) for row in rows]


async def settle_refused(
    conn: Conn,
    gift_ids: Sequence[UUID],
    creator_ids: Sequence[str],
    refusals: Sequence[GiftRefusal],
    refused_at: Sequence[datetime],
) -> set[UUID]:
    """Turn PENDING gifts that were not charged into REFUSED ones; the ids of those that moved."""
    limits = [refusal.limit for refusal in refusals]
    rows = await conn.fetch(
        STATEMENTS["settle_refused"],
        gift_ids,
        creator_ids,
        [refusal.code for refusal in refusals],
        [refusal.needed_coins for refusal in refusals],
        [refusal.balance_coins for refusal in refusals],
        refused_at,
        [limit and limit.name for limit in limits],
        [limit and limit.coins for limit in limits],
        [limit and limit.spent_coins for limit in limits],
        [limit and limit.frees_up_at for limit in limits],
    )
    return {row[0] for row in rows}


async def notify_settled(conn: Conn) -> None:
    """Wake, at commit, the callers who wait for their gifts."""
    await conn.execute(STATEMENTS["notify_settled"])


async def select_gifts(conn: Conn, gift_ids: Sequence[UUID]) -> dict[UUID, StoredGift]:
    """The gifts of these ids, as far as there are any."""
    rows = await conn.fetch(STATEMENTS["select_gifts"], gift_ids)
    return {row["gift_id"]: StoredGift(gift_of(row), row["body_hash"]) for row in rows}


async def select_settlements(conn: Conn, gift_ids: Sequence[UUID]) -> dict[UUID, Settlement]:
    """What became of those of these gifts that are settled."""
    rows = await conn.fetch(STATEMENTS["select_settlements"], gift_ids)
    return {
        row["gift_id"]: Settlement(row["status"], row["settled_at"], refusal_of(row))
        for row in rows
    }
