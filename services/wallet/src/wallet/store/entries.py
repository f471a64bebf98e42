"""Writes what a reversal or reinstatement changes."""

from chassis import sql
from chassis.db import Conn
from wallet.domain.entries import DebtEntry, Transfer
from wallet.domain.ledger import Head

STATEMENTS = sql.load("wallet.store", "entries.sql")


async def update_account(
    conn: Conn, head: Head, *, credited_coins: int, debited_coins: int
) -> None:
    """Move a locked account on to a head."""
    await conn.execute(
        STATEMENTS["update_account"],
        head.account_id,
        head.version,
        credited_coins,
        debited_coins,
        head.debt_coins,
        [lot.lot_id for lot in head.lots],
        list(head.left),
    )


async def insert_transfers(conn: Conn, transfers: list[Transfer]) -> None:
    """Add transfers; the system accounts are written elsewhere."""
    await conn.execute(STATEMENTS["insert_transfers"], *map(list, zip(*transfers, strict=True)))


async def insert_debts(conn: Conn, debts: list[DebtEntry]) -> None:
    """Add entries of what a viewer owes, in their order."""
    await conn.execute(STATEMENTS["insert_debts"], *map(list, zip(*debts, strict=True)))
