"""The maturity clock: when a day begins, tells creators what has matured.

Questions are answered by the day of the asking; whoever listens has to be told. It keeps nothing in
memory, and several take turns.
"""

from typing import Final

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool, transact
from payouts.commands.tell_earnings import tell_matured

LOOK_EVERY_S: Final = 5.0
"""One look into an index."""
AT_ONCE: Final = 200


class MaturityClock:
    """One worker's clock."""

    def __init__(self, pool: Pool, *, now: Clock = clock.now) -> None:
        """`now`: says which day it is, in UTC."""
        self._pool = pool
        self._now = now

    async def once(self) -> bool:
        """Tell some of whom something has matured; True where there may be more."""
        told = await transact(
            self._pool, lambda conn: tell_matured(conn, at=self._now(), limit=AT_ONCE)
        )
        return told == AT_ONCE
