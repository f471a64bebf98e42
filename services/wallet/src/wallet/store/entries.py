"""Writes what a reversal or reinstatement changes."""

from collections.abc import Sequence

from chassis import sql
from chassis.db import Conn
from wallet.domain.entries import DebtEntry, Entries, Transfer
from wallet.store.arrays import integers

STATEMENTS = sql.load("wallet.store", "entries.sql")


async def update_accounts(conn: Conn, moved: Sequence[Entries]) -> None:
    """Move locked accounts, each once, on to the heads that entries have brought them to."""
    heads = [each.head for each in moved]
    await conn.execute(
        STATEMENTS["update_accounts"],
        [head.account_id for head in heads],
        [head.version for head in heads],
        [each.credited_coins for each in moved],
        [each.debited_coins for each in moved],
        [head.debt_coins for head in heads],
        [integers([lot.lot_id for lot in head.lots]) for head in heads],
        [integers(head.left) for head in heads],
    )


async def insert_transfers(conn: Conn, transfers: Sequence[Transfer]) -> None:
    """Add transfers; the system accounts are written elsewhere."""
    await conn.execute(STATEMENTS["insert_transfers"], *map(list, zip(*transfers, strict=True)))


async def insert_debts(conn: Conn, debts: Sequence[DebtEntry]) -> None:
    """Add entries of what a viewer owes, in their order."""
    await conn.execute(STATEMENTS["insert_debts"], *map(list, zip(*debts, strict=True)))
