"""Publish versions of the terms of payouts."""

from collections.abc import Sequence
from datetime import datetime

from chassis import versions
from chassis.db import Conn
from payouts.domain.terms import Terms, TermsRefusedError, check_terms
from payouts.store import rates, terms, withholding_rates


async def publish_terms(conn: Conn, wanted: Sequence[Terms], *, now: datetime) -> Sequence[Terms]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    Raises:
        TermsRefusedError: A version breaks a rule, its number is taken by another, or no rate is
            published.
    """
    await terms.lock_terms(conn)
    known_rates = await rates.select_rates(conn)
    if not known_rates:
        raise TermsRefusedError("no earning rate is published: publish rates first")
    owed_in = known_rates[-1].diamond_worth.currency
    tables = await withholding_rates.select_tables(conn)
    withheld_bps = max((table.most_bps for table in tables), default=0)

    published = await terms.select_terms(conn)
    # A new system is given all versions at once: nobody was promised anything else before.
    ahead_of = now if published else None

    async def add(published: Sequence[Terms], version: Terms) -> None:
        check_terms(published, version, now=ahead_of, owed_in=owed_in, withheld_bps=withheld_bps)
        await terms.insert_terms(conn, version)

    return await versions.publish(wanted, published, add, taken=TermsRefusedError)
