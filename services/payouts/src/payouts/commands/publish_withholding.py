"""Publish versions of the withholding table."""

from collections.abc import Sequence
from datetime import datetime

from chassis import versions
from chassis.db import Conn
from payouts.domain.withholding import TableRefusedError, WithholdingTable, check_table
from payouts.store import terms, withholding_rates


async def publish_withholding(
    conn: Conn, wanted: Sequence[WithholdingTable], *, now: datetime
) -> Sequence[WithholdingTable]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    Raises:
        TableRefusedError: A version breaks a rule, or its number is taken by another.
    """
    # Terms as well: together they must leave something of a payout.
    await terms.lock_terms(conn)
    await withholding_rates.lock_tables(conn)
    known = await terms.select_terms(conn)
    fee_bps = max((each.most_fee_bps for each in known), default=0)

    async def add(published: Sequence[WithholdingTable], version: WithholdingTable) -> None:
        check_table(published, version, now=now, fee_bps=fee_bps)
        await withholding_rates.insert_table(conn, version)

    published = await withholding_rates.select_tables(conn)
    return await versions.publish(wanted, published, add, taken=TableRefusedError)
