"""Tells who waits for a gift what became of it."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from uuid import UUID

import structlog

from chassis.db import OUTAGES, Pool
from chassis.login import Where
from gifts.domain.gift import Settlement
from gifts.store.gift import select_settlements
from gifts.store.notification import listen_settled

POLL_S = 0.25
"""How much an unheard notification can delay an answer."""
RECONNECT_S = 1.0

log = structlog.get_logger()


class Settlements:
    """One query for all who wait, whenever gifts were settled.

    The notification says only that something was settled. However many come while a query is under
    way, one more query follows.
    """

    def __init__(self, pool: Pool, where: Where, *, poll_s: float = POLL_S) -> None:
        """Args:
        pool: For the queries.
        where: For a session of its own, on which notifications arrive.
        poll_s: How long to wait for a notification before asking anyway.
        """
        self._pool = pool
        self._where = where
        self._poll_s = poll_s
        self._waiting: dict[UUID, list[asyncio.Future[Settlement]]] = {}
        self._heard = asyncio.Event()

    @contextmanager
    def waiting(self, gift_id: UUID) -> Generator[asyncio.Future[Settlement]]:
        """A future for what becomes of a gift, watched until the block ends.

        Enter before the gift is written: nothing that happens to it can then be missed.
        """
        future: asyncio.Future[Settlement] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(gift_id, []).append(future)
        try:
            yield future
        finally:
            future.cancel()
            others = self._waiting[gift_id]
            others.remove(future)
            if not others:
                del self._waiting[gift_id]

    async def run(self) -> None:
        """Serve those who wait, until cancelled; outages of the database are waited out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                try:
                    async with asyncio.timeout(self._poll_s):
                        await self._heard.wait()
                except TimeoutError:
                    pass
                self._heard.clear()
                if self._waiting:
                    await self._look()

    async def _look(self) -> None:
        try:
            async with self._pool.acquire() as conn:
                settled = await select_settlements(conn, list(self._waiting))
        except OUTAGES as error:
            log.warning("settlements_unknown", reason=repr(error))
            return
        for gift_id, settlement in settled.items():
            for future in self._waiting.get(gift_id, ()):
                if not future.done():
                    future.set_result(settlement)

    async def _listen(self) -> None:
        while True:
            try:
                await listen_settled(self._where, self._heard.set)
            except OUTAGES as error:
                log.warning("listener_interrupted", reason=repr(error))
            await asyncio.sleep(RECONNECT_S)
