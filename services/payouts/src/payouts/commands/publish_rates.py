"""Publish versions of the rate book."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import Conn
from payouts.domain.rates import Rate, RateBook, RateRefusedError, check_publication
from payouts.store import rates


async def publish_rates(conn: Conn, wanted: Sequence[Rate], *, now: datetime) -> Sequence[Rate]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    A file that is published again, whole or longer, is therefore safe: what is there must be there
    in the same words. All or none: the caller's transaction rolls back when this raises.

    Raises:
        RateRefusedError: A version breaks a rule, or its number is taken by another.
    """
    await rates.lock_rates(conn)
    book = RateBook(await rates.select_rates(conn))
    published = {rate.version: rate for rate in book.rates}
    added: list[Rate] = []
    for rate in sorted(wanted, key=lambda rate: rate.version):
        if (known := published.get(rate.version)) is not None:
            if known != rate:
                raise RateRefusedError(
                    f"version {rate.version} is published already and differs: add a new version"
                )
            continue
        check_publication(book, rate, now=now)
        await rates.insert_rate(conn, rate)
        added.append(rate)
        book = RateBook([*book.rates, rate])
    return added
