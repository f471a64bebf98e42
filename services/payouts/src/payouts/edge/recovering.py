"""Reads what payouts itself has told of creators, and overtakes it where a restore fell behind."""

from collections.abc import Mapping
from contextlib import aclosing
from itertools import batched
from typing import Final

from chassis import clock, kafka
from chassis.batch import EventReader
from chassis.brokers import Servers
from chassis.db import Conn, Pool, transact
from contracts.payouts.v1 import DIAMONDS, EarningsChanged
from payouts.commands.overtake_told import overtake_told

AT_ONCE: Final = 500


async def overtake_all(pool: Pool, servers: Servers, *, topic_prefix: str = "") -> int:
    """Say how many creators were behind. Again, or where nobody was, it does nothing.

    Raises:
        KafkaError: The broker is away, or does not let us read what payouts has told.
    """
    overtaken = 0
    told = await _newest(servers, topic_prefix)
    for some in batched(sorted(told.items()), AT_ONCE):
        versions = dict(some)

        async def work(conn: Conn, versions: Mapping[str, int] = versions) -> int:
            return await overtake_told(conn, versions, at=clock.now())

        overtaken += await transact(pool, work)
    return overtaken


async def _newest(servers: Servers, prefix: str) -> Mapping[str, int]:
    reader = EventReader([EarningsChanged])
    newest: dict[str, int] = {}
    async with aclosing(kafka.read_all(servers, prefix + DIAMONDS.name)) as chunks:
        async for chunk in chunks:
            received, _ = reader.read(chunk)
            for each in received:
                event = each.event
                if isinstance(event, EarningsChanged):
                    known = newest.get(event.creator_id, 0)
                    newest[event.creator_id] = max(known, event.version)
    return newest
