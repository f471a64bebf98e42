"""Publish versions of the rate book."""

from collections.abc import Sequence
from datetime import datetime

from chassis import versions
from chassis.db import Conn
from payouts.domain.rates import Rate, RateBook, RateRefusedError, check_publication
from payouts.store import rates


async def publish_rates(conn: Conn, wanted: Sequence[Rate], *, now: datetime) -> Sequence[Rate]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    Raises:
        RateRefusedError: A version breaks a rule, or its number is taken by another.
    """
    await rates.lock_rates(conn)

    async def add(published: Sequence[Rate], rate: Rate) -> None:
        check_publication(RateBook(published), rate, now=now)
        await rates.insert_rate(conn, rate)

    published = await rates.select_rates(conn)
    return await versions.publish(wanted, published, add, taken=RateRefusedError)
