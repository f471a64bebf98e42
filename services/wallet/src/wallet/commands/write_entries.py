"""Writes collected entries: the account, the journal, the debt, the system accounts."""

from chassis.db import Conn
from wallet.domain.entries import Entries
from wallet.store import entries as store
from wallet.store import movements, system_accounts


async def write_entries(conn: Conn, entries: Entries) -> None:
    """Write what one cause changes, system accounts last.

    Args:
        conn: An open transaction that holds the account's row locked, as `entries.before` is.
        entries: What changes.
    """
    if entries.movements or entries.debts:
        await store.update_account(
            conn,
            entries.head,
            credited_coins=entries.credited_coins,
            debited_coins=entries.debited_coins,
        )
    if entries.movements:
        await movements.append_movements(conn, entries.movements)
    if entries.debts:
        await store.insert_debts(conn, entries.debts)
    transfers = entries.transfers
    if transfers:
        await store.insert_transfers(conn, transfers)
    await system_accounts.book_counters(conn, entries.movements, transfers)
