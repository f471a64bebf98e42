"""Writes gifts in groups: all that arrive while a write is under way share the next commit."""

import asyncio
from collections.abc import Sequence

from chassis import telemetry
from chassis.batcher import Batcher
from chassis.db import Conn, Pool, transact
from chassis.telemetry import metrics
from gifts.commands.send_gifts import NewGift, Outcome, send_gifts

WRITE_TIMEOUT_S = 5.0
"""Whoever waits longer gets an error and may send the same gift again."""


class GiftWriter:
    """The one writer of gifts in a process."""

    def __init__(self, pool: Pool, *, timeout_s: float = WRITE_TIMEOUT_S) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._batcher = Batcher[NewGift, Outcome](self._write)

    async def write(self, gift: NewGift) -> Outcome:
        """Write a gift and its charge request, once; what came of it.

        Any error means that it is not known whether the gift was written: the same may be tried
        again.

        Raises:
            OverloadedError: Too many gifts wait already; this one was not written.
        """
        return await self._batcher.submit(gift)

    async def _write(self, gifts: Sequence[NewGift]) -> Sequence[Outcome]:
        async def work(conn: Conn) -> Sequence[Outcome]:
            return await send_gifts(conn, carrying)

        with telemetry.SpanGroup("write gifts", [gift.traceparent for gift in gifts]) as carried:
            carrying = [
                gift._replace(traceparent=traceparent)
                for gift, traceparent in zip(gifts, carried, strict=True)
            ]
            async with asyncio.timeout(self._timeout_s):
                return await transact(self._pool, work, lost_race=_count_lost_race)


def _count_lost_race() -> None:
    metrics.TRANSACT_RETRIES.labels("write_gifts").inc()
