"""Hearing of settled gifts as they are committed."""

import asyncio
from collections.abc import Callable

from chassis import sql
from chassis.db import connect
from chassis.login import Where
from chassis.pauses import pause

STATEMENTS = sql.load("gifts.store", "notification.sql")

_PING_EVERY_S = 5.0
_ANSWER_WITHIN_S = 5.0


async def listen_settled(where: Where, heard: Callable[[], None]) -> None:
    """Call `heard` whenever gifts were settled, on a session of its own, until that session ends.

    Raises:
        asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError: The session cannot be
            opened, or does not answer; listen again.
    """

    closed = asyncio.Event()

    def on_notification(*_: object) -> None:
        heard()

    def on_termination(_: object) -> None:
        closed.set()

    conn = await connect(
        where,
        application="gifts-listener",
        timeout=_ANSWER_WITHIN_S,
        command_timeout=_ANSWER_WITHIN_S,
    )
    try:
        conn.add_termination_listener(on_termination)
        await conn.add_listener("gift_settled", on_notification)
        # What was settled before the session listened went unheard.
        heard()
        while not await pause(closed, _PING_EVERY_S):
            # A server that is gone without a word would never be missed.
            await conn.fetchval(STATEMENTS["ping"])
    finally:
        conn.terminate()
