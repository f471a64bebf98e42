"""The clock of trains."""

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from gifts.commands.end_trains import end_due_trains
from gifts.domain.room_rules import RoomRules
from gifts.store.train import select_due


class TrainClock:
    """Ends trains whose time is over."""

    def __init__(self, pool: Pool, rules: RoomRules, *, now: Clock = clock.now) -> None:
        self._pool = pool
        self._rules = rules
        self._now = now

    async def once(self) -> bool:
        """Do what is due; True where there is more. Any number of processes may do it at once."""
        at = self._now()
        async with self._pool.acquire() as conn:
            if not await select_due(conn, at=at, limit=1):
                return False

        async def work(conn: Conn) -> bool:
            return await end_due_trains(conn, self._rules, at=at)

        return await transact(self._pool, work)
