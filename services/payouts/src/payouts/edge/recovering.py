"""Reads what payouts itself has told of creators, and overtakes it where a restore fell behind."""

from collections.abc import Mapping
from itertools import batched
from typing import Final

from chassis import clock
from chassis.brokers import Servers
from chassis.db import Conn, Pool, transact
from chassis.rereading import read_told
from contracts.payouts.v1 import EarningsChanged
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


async def _newest(servers: Servers, topic_prefix: str) -> Mapping[str, int]:
    newest: dict[str, int] = {}
    async for events in read_told(servers, EarningsChanged, topic_prefix=topic_prefix):
        for event, _ in events:
            newest[event.creator_id] = max(newest.get(event.creator_id, 0), event.version)
    return newest
