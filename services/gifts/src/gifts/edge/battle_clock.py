"""The clock of battles."""

from datetime import datetime

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool
from gifts.commands.tend_battles import tend_due_battles
from gifts.domain.room_rules import RoomRules
from gifts.edge.due_clock import DueClock
from gifts.store.battle import select_due


class BattleClock(DueClock):
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

        async def is_due(conn: Conn, at: datetime) -> bool:
            return bool(await select_due(conn, at=at, limit=1))

        async def tend(conn: Conn, at: datetime) -> bool:
            return await tend_due_battles(conn, rules, at=at, since=since)

        super().__init__(pool, is_due, tend, now=now)
