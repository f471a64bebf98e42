"""What is needed at each request and changes a few times a year, kept in memory."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.db import Conn, Pool

FRESH_S = 2.0
"""How long a change can stay unseen."""


class Cached[T]:
    """Reads something when it is asked for and the last reading is too old."""

    def __init__(self, pool: Pool, read: Callable[[Conn], Awaitable[T]]) -> None:
        self._pool = pool
        self._read_it = read
        self._lock = asyncio.Lock()
        self._known: tuple[T] | None = None
        self._stale_at = 0.0

    async def get(self) -> T:
        """As it was `FRESH_S` ago at the earliest."""
        if self._known is None or self._loop_time() >= self._stale_at:
            async with self._lock:
                # Whoever waited for the lock finds what the first one read.
                if self._known is None or self._loop_time() >= self._stale_at:
                    return await self._read()
        return self._known[0]

    async def read(self) -> T:
        """As it is now."""
        async with self._lock:
            return await self._read()

    async def _read(self) -> T:
        stale_at = self._loop_time() + FRESH_S
        async with self._pool.acquire() as conn:
            found = await self._read_it(conn)
        self._known = (found,)
        self._stale_at = stale_at
        return found

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()
