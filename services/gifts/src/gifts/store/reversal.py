"""What is taken back of gifts: booked, or waiting for its gift to be settled."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from gifts.domain.gift import room_id_of
from gifts.domain.reversal import Correction, GivenGift, Leg, LegId, Standing

STATEMENTS = sql.load("gifts.store", "reversal.sql")


async def lock_gifts(conn: Conn, gift_ids: Collection[UUID]) -> list[Standing]:
    """How gifts stand, until the transaction ends; without what waits for them."""
    rows = await conn.fetch(STATEMENTS["lock_gifts"], gift_ids)
    return [Standing(*row) for row in rows]


async def select_given(conn: Conn, gift_ids: Collection[UUID]) -> dict[UUID, GivenGift]:
    """Who gave gifts that were sent, what, when and where, by gift."""
    rows = await conn.fetch(STATEMENTS["select_given"], gift_ids)
    return {
        row["gift_id"]: GivenGift(
            row["gift_id"],
            row["creator_id"],
            row["sender_id"],
            row["settled_at"],
            row["item_id"],
            row["count"],
            room_id_of(row["target_kind"], row["target_id"]),
        )
        for row in rows
    }


async def select_legs(conn: Conn, legs: Collection[LegId]) -> list[Leg]:
    """What is known of these legs, booked or waiting."""
    rows = await conn.fetch(STATEMENTS["select_legs"], *_columns(list(legs)))
    return [Leg(*row) for row in rows]


async def select_waiting_coins(conn: Conn, gift_ids: Collection[UUID]) -> dict[UUID, int]:
    """Coins that will be taken of gifts once they are settled; gifts without any are missing."""
    rows = await conn.fetch(STATEMENTS["select_waiting_coins"], gift_ids)
    return {row["gift_id"]: row["coins"] for row in rows}


async def insert_legs(conn: Conn, legs: Sequence[Leg]) -> None:
    """Add legs to the journal."""
    await conn.execute(STATEMENTS["insert_legs"], *_columns(legs))


async def insert_waiting(conn: Conn, legs: Sequence[Leg]) -> None:
    """Let legs wait for their gifts, in this order."""
    await conn.execute(STATEMENTS["insert_waiting"], *_columns(legs))


async def take_waiting(conn: Conn) -> list[Leg]:
    """The legs that waited for gifts that this transaction has settled; they wait no longer."""
    return [Leg(*row) for row in await conn.fetch(STATEMENTS["take_waiting"])]


async def update_gifts(conn: Conn, taken_coins: Mapping[UUID, int]) -> None:
    """Take coins of gifts, or give them back where negative; what a gift is called follows."""
    await conn.execute(STATEMENTS["update_gifts"], list(taken_coins), list(taken_coins.values()))


async def update_totals(conn: Conn, corrections: Mapping[str, Correction]) -> None:
    """Correct creators' totals."""
    await conn.execute(
        STATEMENTS["update_totals"],
        list(corrections),
        [each.coins for each in corrections.values()],
        [each.gifts for each in corrections.values()],
    )


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
