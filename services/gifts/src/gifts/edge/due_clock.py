"""What happens by the clock."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact


class DueClock:
    """Does what is due, though nobody gives anything."""

    def __init__(
        self,
        pool: Pool,
        is_due: Callable[[Conn, datetime], Awaitable[bool]],
        tend: Callable[[Conn, datetime], Awaitable[bool]],
        *,
        now: Clock = clock.now,
    ) -> None:
        """Args:
        pool: Of the service's database.
        is_due: Whether anything is, at a time.
        tend: Does some of it in a transaction; True where there is more.
        now: The clock.
        """
        self._pool = pool
        self._is_due = is_due
        self._tend = tend
        self._now = now

    async def once(self) -> bool:
        """Do what is due; True where there is more. Any number of processes may do it at once."""
        at = self._now()
        # Nearly always there is nothing, and a transaction would cost three times as much.
        async with self._pool.acquire() as conn:
            if not await self._is_due(conn, at):
                return False

        async def work(conn: Conn) -> bool:
            return await self._tend(conn, at)

        return await transact(self._pool, work)
