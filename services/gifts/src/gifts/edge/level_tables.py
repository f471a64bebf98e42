"""Level tables, kept in memory: they are needed at each gift and change a few times a year."""

import asyncio
from datetime import datetime

from chassis.db import Conn, Pool
from gifts.domain.level_table import LevelTable, LevelTables
from gifts.store.level_table import select_tables

FRESH_S = 2.0
"""How long a version that takes effect at once can stay unseen. Those announced are never late."""


class LevelTableCache:
    """Reads the tables when they are asked for and the last reading is too old."""

    def __init__(self) -> None:
        self._known: LevelTables | None = None
        self._stale_at = 0.0

    async def get(self, conn: Conn) -> LevelTables:
        """The tables, at most `FRESH_S` old; read by the caller's session where they are older."""
        if self._known is not None and _now() < self._stale_at:
            return self._known
        stale_at = _now() + FRESH_S
        self._known = await select_tables(conn)
        self._stale_at = stale_at
        return self._known

    async def in_force(self, pool: Pool, at: datetime) -> LevelTable | None:
        """The table in force, if there is one; a session is taken only where it has to be read."""
        if self._known is None or _now() >= self._stale_at:
            async with pool.acquire() as conn:
                return (await self.get(conn)).in_force(at)
        return self._known.in_force(at)


def _now() -> float:
    return asyncio.get_running_loop().time()
