"""The clock of live rooms."""

from datetime import datetime

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool
from gifts.commands.tend_rooms import tend_due_rooms
from gifts.domain.room_rules import RoomRules
from gifts.edge.due_clock import DueClock
from gifts.store.room import find_due


class RoomClock(DueClock):
    """Ends streaks, makes frames, and closes rooms that were left."""

    def __init__(self, pool: Pool, rules: RoomRules, *, now: Clock = clock.now) -> None:
        async def is_due(conn: Conn, at: datetime) -> bool:
            return await find_due(conn, at=at)

        async def tend(conn: Conn, at: datetime) -> bool:
            return await tend_due_rooms(conn, rules, at=at)

        super().__init__(pool, is_due, tend, now=now)
