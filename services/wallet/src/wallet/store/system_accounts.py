"""The other side of every movement: where coins come from and go to."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn
from wallet.domain.entries import Transfer
from wallet.domain.ledger import Movement

STATEMENTS = sql.load("wallet.store", "system_accounts.sql")


class Total(NamedTuple):
    """What ever passed through an account of the house."""

    name: str
    debits_coins: int
    """Out of it, to viewers or to another such account."""
    credits_coins: int
    """Into it."""


async def book_counters(
    conn: Conn, movements: Iterable[Movement], transfers: Iterable[Transfer] = ()
) -> None:
    """Book the other side of posted movements, and both of transfers, summed per system account.

    Call it after accounts are written: system accounts are locked last, whoever writes.
    """
    debited: dict[tuple[str, int], int] = {}
    credited: dict[tuple[str, int], int] = {}
    for movement in movements:
        if movement.outcome != "posted":
            continue
        counter = (movement.counter, movement.counter_shard)
        # What leaves the account is credited to the counter account, and the other way round.
        if movement.coins < 0:
            credited[counter] = credited.get(counter, 0) - movement.coins
        else:
            debited[counter] = debited.get(counter, 0) + movement.coins
    for transfer in transfers:
        debit, credit = (transfer.debit, transfer.shard), (transfer.credit, transfer.shard)
        debited[debit] = debited.get(debit, 0) + transfer.coins
        credited[credit] = credited.get(credit, 0) + transfer.coins
    counters = debited.keys() | credited.keys()
    if not counters:
        return
    await conn.execute(
        STATEMENTS["add_to_system_accounts"],
        [name for name, _ in counters],
        [shard for _, shard in counters],
        [debited.get(counter, 0) for counter in counters],
        [credited.get(counter, 0) for counter in counters],
    )


async def sum_totals(conn: Conn) -> Sequence[Total]:
    """Every account that was ever used."""
    return [Total(*row) for row in await conn.fetch(STATEMENTS["sum_system_accounts"])]
