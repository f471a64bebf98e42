"""The clock of trains."""

from datetime import datetime

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool
from gifts.commands.end_trains import end_due_trains
from gifts.domain.room_rules import RoomRules
from gifts.edge.due_clock import DueClock
from gifts.store.train import select_due


class TrainClock(DueClock):
    """Ends trains whose time is over."""

    def __init__(self, pool: Pool, rules: RoomRules, *, now: Clock = clock.now) -> None:
        async def is_due(conn: Conn, at: datetime) -> bool:
            return bool(await select_due(conn, at=at, limit=1))

        async def tend(conn: Conn, at: datetime) -> bool:
            return await end_due_trains(conn, rules, at=at)

        super().__init__(pool, is_due, tend, now=now)
