"""Looks at a stack now and then while something else goes on: memory and sessions."""

import asyncio
import contextlib
import time

import asyncpg
import psutil

from local_stack.databases import SERVICES
from local_stack.problem import LocalProblemError
from local_stack.stack import Stack
from support.growth import Memory, Sample

_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND usename = any($1::text[])
"""


class Watchman:
    """Takes samples until it is cancelled."""

    def __init__(self, stack: Stack, *, every_s: float) -> None:
        self._stack = stack
        self._every_s = every_s
        self.memory = Memory()
        self.sessions: list[int] = []
        """How many PostgreSQL had open for the services, whenever it could be asked."""

    async def watch(self) -> None:
        """Go on for ever."""
        while True:
            await asyncio.to_thread(self._look_at_memory)
            await self._look_at_sessions()
            await asyncio.sleep(self._every_s)

    def _look_at_memory(self) -> None:
        for name in self._stack.running():
            # It may be dead at this moment, or die between two questions.
            with contextlib.suppress(LocalProblemError, psutil.NoSuchProcess):
                pid = self._stack.pid(name)
                mb = psutil.Process(pid).memory_info().rss / 1e6
                self.memory.add(name, pid, Sample(time.monotonic(), mb))

    async def _look_at_sessions(self) -> None:
        addresses = self._stack.addresses
        roles = [addresses.prefix + service for service in SERVICES]
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
            conn = await asyncpg.connect(addresses.postgres_dsn, timeout=2)
            try:
                count = await conn.fetchval(_SESSIONS, roles)
            finally:
                await conn.close()
            self.sessions.append(count)
