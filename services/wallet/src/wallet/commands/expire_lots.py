"""Books coins that have expired, for wallets in which nothing else happens."""

from datetime import datetime

from chassis import outbox
from chassis.db import Conn
from contracts.wallet.v1 import BalanceChanged
from wallet.domain.ledger import Head, Movement, expire
from wallet.store import accounts, lots, movements, system_accounts

SWEEPER_SHARD = -1
"""Of the breakage account: the sweeper shares no row with the charges."""


async def expire_lots(conn: Conn, *, at: datetime, lots_max: int = 500) -> int:
    """Move what is left of expired lots to breakage; returns how many wallets it has looked at.

    A charge does the same to its payer first, so that expired coins are never spent, swept or not.
    Wallets that are busy are left for the next time: the sweeper waits for no row and deadlocks
    with nobody.
    """
    due = await lots.select_accounts_to_expire(conn, at, lots_max=lots_max)
    if not due:
        return 0
    heads = await accounts.lock_heads_unless_busy(conn, due)
    moves: list[tuple[Head, Head]] = []
    booked: list[Movement] = []
    for head in heads:
        after, expired = expire(head, at, SWEEPER_SHARD)
        if expired:
            moves.append((head, after))
            booked += expired
    if moves:
        moved = await accounts.debit_accounts(conn, moves)
        assert moved, "locked accounts are as read"
        await movements.append_movements(conn, booked)
        await system_accounts.book_counters(conn, booked)
    await lots.delete_lots_to_expire(conn, at, [head.account_id for head in heads])
    await outbox.record(conn, *[_balance(after, at) for _, after in moves])
    return len(heads)


def _balance(head: Head, at: datetime) -> BalanceChanged:
    return BalanceChanged(
        user_id=head.owner_id,
        version=head.version,
        coins=head.coins,
        as_of=at,
        cause="expiry",
        debt_coins=head.debt_coins,
    )
