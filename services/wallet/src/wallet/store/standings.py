"""Where the coins of purchases' lots are: in the wallet, expired, spent, or taken back."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from chassis import sql
from chassis.db import Conn, Record
from wallet.domain.ledger import Head, expiry_id
from wallet.domain.lots import Lot
from wallet.domain.reversal import LotStanding, Use
from wallet.store import movements
from wallet.store.arrays import integers

STATEMENTS = sql.load("wallet.store", "standings.sql")


class Standing(NamedTuple):
    """How a purchase stands."""

    head: Head
    """Of its buyer."""
    lots: Sequence[LotStanding]
    """In the order in which they were credited."""

    @property
    def by_id(self) -> Mapping[int, Lot]:
        """The lots alone."""
        return {each.lot.lot_id: each.lot for each in self.lots}


class Taken(NamedTuple):
    """What reversals have taken of a lot by one kind of leg, and not given back."""

    lot_id: int
    kind: str
    coins: int
    expired_coins: int
    """Given back when the lot had expired."""


async def select_standings(conn: Conn, heads: Mapping[UUID, Head]) -> dict[UUID, Standing]:
    """How credited purchases stand; without the uses of their lots.

    Args:
        conn: An open transaction that holds the accounts' rows locked, if anything is to follow.
        heads: By purchase, that of its buyer.
    """
    rows = await conn.fetch(STATEMENTS["select_lots_of_purchases"], list(heads))
    lot_ids = [row["lot_id"] for row in rows]
    expiries = [expiry_id(row["lot_id"]) for row in rows if row["expires_at"] is not None]
    swept: dict[int | None, int] = {}
    if expiries:
        booked = await movements.select_recorded(conn, expiries)
        swept = {each.lot_id: -each.coins for each in booked}
    accounts = [head.account_id for head in heads.values()]
    repaid = {
        row["lot_id"]: row
        for row in await conn.fetch(STATEMENTS["select_repaid_of_lots"], accounts, lot_ids)
    }
    taken: dict[int, list[Taken]] = {lot_id: [] for lot_id in lot_ids}
    for row in await conn.fetch(STATEMENTS["select_taken"], lot_ids):
        taken[row["lot_id"]].append(Taken(*row))
    of_purchases: dict[UUID, list[Record]] = {}
    for row in rows:
        of_purchases.setdefault(row["purchase_id"], []).append(row)
    standings: dict[UUID, Standing] = {}
    for purchase_id, its_rows in of_purchases.items():
        head = heads[purchase_id]
        left = {lot.lot_id: coins for lot, coins in zip(head.lots, head.left, strict=True)}
        lots = [
            _standing(
                row,
                left.get(row["lot_id"], 0),
                swept.get(row["lot_id"], 0),
                repaid.get(row["lot_id"]),
                taken[row["lot_id"]],
            )
            for row in its_rows
        ]
        standings[purchase_id] = Standing(head, lots)
    return standings


def _standing(
    row: Record, left_coins: int, swept_coins: int, repaid: Record | None, taken: Sequence[Taken]
) -> LotStanding:
    expired_coins = swept_coins + sum(
        each.expired_coins - (each.coins if each.kind == "expired" else 0) for each in taken
    )
    repaid_coins = 0
    if repaid is not None:
        repaid_coins = repaid["repaid_coins"]
        expired_coins += repaid["expired_coins"]
    return LotStanding(
        lot=Lot(row["lot_id"], row["class"], row["refundable_until"], row["expires_at"]),
        coins=row["coins"],
        left_coins=left_coins,
        expired_coins=expired_coins,
        repaid_coins=repaid_coins,
        reversed_coins=sum(each.coins for each in taken),
    )


async def with_uses(conn: Conn, standings: Mapping[UUID, Standing]) -> dict[UUID, Standing]:
    """The same, with what their coins were spent on and not taken back."""
    lot_ids = [each.lot.lot_id for standing in standings.values() for each in standing.lots]
    taken = {
        (row["lot_id"], row["charge_id"]): row["coins"]
        for row in await conn.fetch(STATEMENTS["select_taken_of_charges"], lot_ids)
    }
    uses: dict[int, list[Use]] = {}
    for charge_id, creator_id, coins, lot_id in await conn.fetch(
        STATEMENTS["select_uses"],
        [standing.head.account_id for standing in standings.values()],
        [integers(list(standing.by_id)) for standing in standings.values()],
    ):
        rest = coins - taken.get((lot_id, charge_id), 0)
        if rest:
            uses.setdefault(lot_id, []).append(Use(charge_id, creator_id, rest))
    return {
        purchase_id: standing._replace(
            lots=[
                msgspec.structs.replace(each, uses=uses.get(each.lot.lot_id, ()))
                for each in standing.lots
            ]
        )
        for purchase_id, standing in standings.items()
    }
