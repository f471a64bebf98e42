"""What is needed at each request and changes a few times a year, kept in memory."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.db import Conn, Pool

FRESH_S = 2.0
"""How long a change can stay unseen."""


class Kept[T]:
    """Reads something when it is asked for and the last reading is too old, by the asker's session.

    For whoever has a session anyway, and must not wait for another one.
    """

    def __init__(self, read: Callable[[Conn], Awaitable[T]]) -> None:
        self._read_it = read
        self._known: tuple[T] | None = None
        self._stale_at = 0.0

    @property
    def fresh(self) -> tuple[T] | None:
        """As it was `FRESH_S` ago at the earliest; None: it has to be read."""
        return self._known if _loop_time() < self._stale_at else None

    async def get(self, conn: Conn) -> T:
        """As it was `FRESH_S` ago at the earliest."""
        fresh = self.fresh
        return await self.read(conn) if fresh is None else fresh[0]

    async def read(self, conn: Conn) -> T:
        """As it is now."""
        stale_at = _loop_time() + FRESH_S
        found = await self._read_it(conn)
        self._known = (found,)
        self._stale_at = stale_at
        return found


class Cached[T]:
    """The same, by a session of its own, which is taken only where something has to be read."""

    def __init__(self, pool: Pool, read: Callable[[Conn], Awaitable[T]]) -> None:
        self._pool = pool
        self._kept = Kept(read)
        self._lock = asyncio.Lock()

    async def get(self) -> T:
        """As it was `FRESH_S` ago at the earliest."""
        fresh = self._kept.fresh
        if fresh is None:
            async with self._lock:
                # Whoever waited for the lock finds what the first one read.
                fresh = self._kept.fresh
                if fresh is None:
                    return await self._read()
        return fresh[0]

    async def read(self) -> T:
        """As it is now."""
        async with self._lock:
            return await self._read()

    async def _read(self) -> T:
        async with self._pool.acquire() as conn:
            return await self._kept.read(conn)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
