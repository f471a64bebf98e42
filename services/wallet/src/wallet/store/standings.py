"""Where the coins of a purchase's lots are: in the wallet, expired, spent, or taken back."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from chassis import sql
from chassis.db import Conn
from wallet.domain.ledger import Head, expiry_id
from wallet.domain.lots import Lot
from wallet.domain.reversal import LotStanding, Use
from wallet.store import movements

STATEMENTS = sql.load("wallet.store", "standings.sql")


class Taken(NamedTuple):
    """What reversals have taken of a lot by one kind of leg, and not given back."""

    lot_id: int
    kind: str
    coins: int
    expired_coins: int
    """Given back when the lot had expired."""


async def select_standings(conn: Conn, purchase_id: UUID, head: Head) -> list[LotStanding]:
    """The purchase's lots in the order in which they were credited; without their uses.

    Args:
        conn: An open transaction that holds the account's row locked, if anything is to follow.
        purchase_id: Which purchase.
        head: Of its buyer.
    """
    rows = await conn.fetch(STATEMENTS["select_lots_of_purchase"], purchase_id)
    lot_ids = [row["lot_id"] for row in rows]
    left = {lot.lot_id: coins for lot, coins in zip(head.lots, head.left, strict=True)}
    swept = {
        each.lot_id: -each.coins
        for each in await movements.select_recorded(conn, [expiry_id(id_) for id_ in lot_ids])
    }
    repaid = {
        row["lot_id"]: row
        for row in await conn.fetch(STATEMENTS["select_repaid_of_lots"], head.account_id, lot_ids)
    }
    taken: dict[int, list[Taken]] = {lot_id: [] for lot_id in lot_ids}
    for row in await conn.fetch(STATEMENTS["select_taken"], lot_ids):
        taken[row["lot_id"]].append(Taken(*row))
    standings: list[LotStanding] = []
    for lot_id, lot_class, refundable_until, expires_at, coins, _ in rows:
        expired_coins = swept.get(lot_id, 0) + sum(
            each.expired_coins - (each.coins if each.kind == "expired" else 0)
            for each in taken[lot_id]
        )
        repaid_coins = 0
        if lot_id in repaid:
            repaid_coins = repaid[lot_id]["repaid_coins"]
            expired_coins += repaid[lot_id]["expired_coins"]
        standings.append(
            LotStanding(
                lot=Lot(lot_id, lot_class, refundable_until, expires_at),
                coins=coins,
                left_coins=left.get(lot_id, 0),
                expired_coins=expired_coins,
                repaid_coins=repaid_coins,
                reversed_coins=sum(each.coins for each in taken[lot_id]),
            )
        )
    return standings


async def with_uses(
    conn: Conn, standings: Sequence[LotStanding], purchase_id: UUID, head: Head
) -> list[LotStanding]:
    """The same, with what their coins were spent on and not taken back from since."""
    lots = await conn.fetch(STATEMENTS["select_lots_of_purchase"], purchase_id)
    lot_ids = [row["lot_id"] for row in lots]
    first_version = min(row["first_version"] for row in lots)
    taken = {
        (row["lot_id"], row["charge_id"]): row["coins"]
        for row in await conn.fetch(STATEMENTS["select_taken_of_charges"], lot_ids)
    }
    uses: dict[int, list[Use]] = {}
    for charge_id, creator_id, coins, lot_id in await conn.fetch(
        STATEMENTS["select_uses"], head.account_id, first_version, lot_ids
    ):
        rest = coins - taken.get((lot_id, charge_id), 0)
        if rest:
            uses.setdefault(lot_id, []).append(Use(charge_id, creator_id, rest))
    return [msgspec.structs.replace(each, uses=uses.get(each.lot.lot_id, ())) for each in standings]
