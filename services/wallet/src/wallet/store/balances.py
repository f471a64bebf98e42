"""What users hold, for showing it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn
from wallet.domain.lots import Lot, spending_order

STATEMENTS = sql.load("wallet.store", "balances.sql")


class OpenLot(NamedTuple):
    """A lot of which something is left."""

    lot: Lot
    coins: int
    """That it began with."""
    remaining_coins: int
    acquired_at: datetime

    @property
    def place(self) -> tuple[datetime, int, int]:
        """Where it stands in the order of spending; no two lots have the same."""
        return spending_order(self.lot)


class Holding(NamedTuple):
    """What one user holds. Lots that have expired are left out, swept or not."""

    debt_coins: int
    lots: Sequence[OpenLot]
    """In the order in which they will be spent."""

    @property
    def coins(self) -> int:
        """What is left in the lots."""
        return sum(lot.remaining_coins for lot in self.lots)


async def select_holdings(conn: Conn, owner_ids: Sequence[str], at: datetime) -> dict[str, Holding]:
    """What users hold at a moment, by user; who has no account is left out."""
    debts: dict[str, int] = {}
    lots: dict[str, list[OpenLot]] = {}
    for row in await conn.fetch(STATEMENTS["select_holdings"], list(owner_ids)):
        owner_id = row["owner_id"]
        debts[owner_id] = row["debt_coins"]
        held = lots.setdefault(owner_id, [])
        if row["lot_id"] is None or (row["expires_at"] is not None and row["expires_at"] <= at):
            continue
        lot = Lot(row["lot_id"], row["class"], row["refundable_until"], row["expires_at"])
        held.append(OpenLot(lot, row["coins"], row["remaining_coins"], row["acquired_at"]))
    return {owner_id: Holding(debt, lots[owner_id]) for owner_id, debt in debts.items()}
