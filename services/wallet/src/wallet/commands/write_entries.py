"""Writes collected entries: accounts, the journal, debts, the system accounts."""

from collections.abc import Sequence

from chassis.db import Conn
from wallet.domain.entries import Entries
from wallet.store import entries as store
from wallet.store import movements, system_accounts


async def write_entries(conn: Conn, collected: Sequence[Entries]) -> None:
    """Write what causes change, system accounts last.

    Args:
        conn: An open transaction that holds the accounts' rows locked, as `before` of each is.
        collected: What changes, each of another account.
    """
    await write_journal(conn, collected)
    await book_counters(conn, collected)


async def write_journal(conn: Conn, collected: Sequence[Entries]) -> None:
    """The same without system accounts, which `book_counters` has to follow for."""
    moved = [each for each in collected if each.movements or each.debts]
    if moved:
        await store.update_accounts(conn, moved)
    if booked := [movement for each in moved for movement in each.movements]:
        await movements.append_movements(conn, booked)
    if debts := [debt for each in moved for debt in each.debts]:
        await store.insert_debts(conn, debts)
    if transfers := [transfer for each in collected for transfer in each.transfers]:
        await store.insert_transfers(conn, transfers)


async def book_counters(conn: Conn, collected: Sequence[Entries]) -> None:
    """Write the system accounts, once, when no account is to be locked any more."""
    await system_accounts.book_counters(
        conn,
        [movement for each in collected for movement in each.movements],
        [transfer for each in collected for transfer in each.transfers],
    )
