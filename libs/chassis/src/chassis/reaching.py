"""How long clients of Kafka wait for a broker that does not let them in.

aiokafka has one setting for that and for an answer (`brokers.ANSWER_TIMEOUT_MS`); and while it
connects to one broker, none of a client's other connections can be made.
"""
# aiokafka publishes no types: what comes from it is unknown here.
# pyright: basic

import asyncio
from typing import Any, Final

from aiokafka import client

CONNECT_TIMEOUT_S: Final = 5.0
"""Until a broker has let us in. One that was moved leaves an address behind at which nobody
answers, and Kubernetes sends a connection that was begun there on to it, however often its first
packet is repeated: only another connection finds the new one."""

_create_conn = client.create_conn


async def _connect(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - aiokafka's
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        return await _create_conn(*arguments, **options)


def limit_connecting() -> None:
    """Have every client of this process give a connection up after CONNECT_TIMEOUT_S.

    To aiokafka that is what a refused one is: it tries again after `retry_backoff_ms`.
    """
    client.create_conn = _connect
