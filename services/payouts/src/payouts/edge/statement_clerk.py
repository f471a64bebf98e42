"""The statement clerk: marks what is known, closes months, issues statements, adds up figures.

It keeps nothing in memory: a clerk that is killed anywhere is gone on with by the next, and several
take turns.
"""

from datetime import timedelta
from typing import Final

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool, transact
from payouts.commands.fold_figures import fold_figures
from payouts.commands.issue_statements import (
    close_period,
    finish_period,
    issue_statement,
    mark_known,
)
from payouts.domain.statement import Period
from payouts.store.statements import select_unstated

AT_ONCE: Final = 500

log = structlog.get_logger()


class StatementClerk:
    """One worker's clerk."""

    def __init__(self, pool: Pool, *, lag: timedelta, now: Clock = clock.now) -> None:
        """`lag`: how long after a month's end it is closed."""
        self._pool = pool
        self._lag = lag
        self._now = now

    async def once(self) -> None:
        """Issue everything that is due, mark what is known, and add it up."""
        while (period := await self._close()) is not None:
            issued = await self._issue(period)
            await transact(
                self._pool,
                lambda conn, period=period: finish_period(conn, period, at=self._now()),
            )
            log.info("statements_issued", period=str(period), creators=issued)
        await transact(self._pool, lambda conn: mark_known(conn, at=self._now()))
        await transact(self._pool, fold_figures)

    async def _close(self) -> Period | None:
        return await transact(
            self._pool, lambda conn: close_period(conn, at=self._now(), lag=self._lag)
        )

    async def _issue(self, period: Period) -> int:
        after, count = "", 0
        while True:
            async with self._pool.acquire() as conn:
                creators = await select_unstated(conn, period, after=after, limit=AT_ONCE)
            if not creators:
                return count
            for creator_id in creators:
                await transact(
                    self._pool,
                    lambda conn, creator_id=creator_id: issue_statement(
                        conn, period, creator_id, at=self._now()
                    ),
                )
            after, count = creators[-1], count + len(creators)
