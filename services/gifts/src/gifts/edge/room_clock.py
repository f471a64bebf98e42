"""The clock of live rooms."""

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from gifts.commands.tend_rooms import tend_due_rooms
from gifts.domain.room_rules import RoomRules
from gifts.store.room import find_due


class RoomClock:
    """Sees to it that what is due in rooms happens, though nobody gives anything."""

    def __init__(self, pool: Pool, rules: RoomRules, *, now: Clock = clock.now) -> None:
        self._pool = pool
        self._rules = rules
        self._now = now

    async def once(self) -> bool:
        """Do what is due; True where there is more. Any number of processes may do it at once."""
        at = self._now()
        # Nearly always there is nothing, and a transaction would cost three times as much.
        async with self._pool.acquire() as conn:
            if not await find_due(conn, at=at):
                return False

        async def work(conn: Conn) -> bool:
            return await tend_due_rooms(conn, self._rules, at=at)

        return await transact(self._pool, work)
