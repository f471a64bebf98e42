"""Level tables, kept in memory: they are needed at each gift and change a few times a year."""

import asyncio

from chassis.db import Conn
from gifts.domain.level_table import LevelTables
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
        now = asyncio.get_running_loop().time()
        if self._known is None or now >= self._stale_at:
            self._known = await select_tables(conn)
            self._stale_at = now + FRESH_S
        return self._known
