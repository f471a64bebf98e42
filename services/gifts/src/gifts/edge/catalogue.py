"""The catalogue, kept in memory: it is needed at each gift and changes a few times a year."""

import asyncio
from collections.abc import Iterable

from chassis import clock
from chassis.clock import Clock
from chassis.db import Pool
from gifts.domain.catalogue import Catalogues
from gifts.domain.gift import Gift
from gifts.store.catalogue import select_catalogues

FRESH_S = 2.0
"""How long a version that takes effect at once can stay unseen. Those announced are never late."""


class CatalogueCache:
    """Reads the catalogues when they are asked for and the last reading is too old."""

    def __init__(self, pool: Pool, *, now: Clock = clock.now) -> None:
        self._pool = pool
        self._now = now
        self._lock = asyncio.Lock()
        self._known: Catalogues | None = None
        self._stale_at = 0.0

    async def get(self) -> Catalogues:
        """The catalogues, at most `FRESH_S` old."""
        if self._known is not None and self._loop_time() < self._stale_at:
            return self._known
        async with self._lock:
            # Whoever waited for the lock finds what the first one read.
            if self._known is None or self._loop_time() >= self._stale_at:
                return await self._read()
            return self._known

    async def covering(self, gifts: Iterable[Gift]) -> Catalogues:
        """The catalogues, with the items of these gifts among them.

        Another process may have sold an item of a version that this one has not seen yet.
        """
        catalogues = await self.get()
        if all(gift.item_id in catalogues.known for gift in gifts):
            return catalogues
        async with self._lock:
            return await self._read()

    async def _read(self) -> Catalogues:
        stale_at = self._loop_time() + FRESH_S
        async with self._pool.acquire() as conn:
            self._known = await select_catalogues(conn, at=self._now())
        self._stale_at = stale_at
        return self._known

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()
