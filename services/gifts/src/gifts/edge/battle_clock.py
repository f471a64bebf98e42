"""The clock of battles."""

from datetime import datetime

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from gifts.commands.tend_battles import tend_due_battles
from gifts.domain.room_rules import RoomRules
from gifts.store.battle import select_due


class BattleClock:
    """Tells rivals of points, lifts mists, and decides battles whose time has come."""

    def __init__(
        self,
        pool: Pool,
        rules: RoomRules,
        *,
        now: Clock = clock.now,
        since: datetime | None = None,
    ) -> None:
        """Args:
        pool: Of the service's database.
        rules: Of rooms, in force.
        now: The clock.
        since: When this process began to read charges: it decides nothing before it has had the
            time to catch up with them.
        """
        self._pool = pool
        self._rules = rules
        self._now = now
        self._since = since

    async def once(self) -> bool:
        """Do what is due; True where there is more. Any number of processes may do it at once."""
        at = self._now()
        async with self._pool.acquire() as conn:
            if not await select_due(conn, at=at, limit=1):
                return False

        async def work(conn: Conn) -> bool:
            return await tend_due_battles(conn, self._rules, at=at, since=self._since)

        return await transact(self._pool, work)
