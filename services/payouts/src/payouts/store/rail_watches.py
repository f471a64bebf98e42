"""Orders at rails that tell by webhooks, and what was found out about them, in one order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn
from payouts.domain.transfer import Change, TransferStatus

STATEMENTS = sql.load("payouts.store", "rail_watches.sql")


class Watch(NamedTuple):
    """An order that is to be looked at."""

    key: str
    refusals: int
    """How often the rail has said for certain that it took nothing."""


async def insert_watch(
    conn: Conn, rail: str, key: str, *, at: datetime, look_at: datetime
) -> Watch:
    """Begin to watch an order, before it is made."""
    return Watch(key, await conn.fetchval(STATEMENTS["insert_watch"], rail, key, at, look_at))


async def claim_watch(
    conn: Conn,
    rail: str,
    *,
    at: datetime,
    pause_s: float,
    pause_max_s: float,
    final_before: datetime,
) -> Watch | None:
    """An order that is to be looked at now; nobody else looks at it for a while.

    What was paid and begun before `final_before` is looked at for the last time.
    """
    row = await conn.fetchrow(
        STATEMENTS["claim_watch"], rail, at, pause_s, pause_max_s, final_before
    )
    return None if row is None else Watch(*row)


async def wake_watch(conn: Conn, rail: str, key: str, *, at: datetime) -> bool:
    """Let an order be looked at now; False where there is none."""
    return await conn.fetchval(STATEMENTS["wake_watch"], rail, key, at) is not None


async def count_refusal(conn: Conn, rail: str, key: str) -> None:
    """The rail took nothing: whoever asks again asks under another idempotency key."""
    await conn.execute(STATEMENTS["count_refusal"], rail, key)


async def end_watch(conn: Conn, rail: str, key: str) -> None:
    """The order was never taken and is not made again."""
    await conn.execute(STATEMENTS["end_watch"], rail, key)


async def lock_told(conn: Conn, rail: str) -> None:
    """Number what is told one at a time, until the transaction ends."""
    await conn.execute(STATEMENTS["lock_told"], rail)


async def find_told(conn: Conn, rail: str, key: str) -> TransferStatus | None:
    """What was told of an order last; locks it."""
    return await conn.fetchval(STATEMENTS["find_told"], rail, key)


async def insert_told(
    conn: Conn,
    rail: str,
    change: Change,
    *,
    is_final: bool,
    at: datetime,
) -> None:
    """Tell what became of an order, under the next number; `change.seq` does not count."""
    await conn.execute(
        STATEMENTS["insert_told"],
        rail,
        change.key,
        change.status,
        change.amount_minor,
        change.currency,
        change.reason,
        at,
        is_final,
    )


async def select_told(conn: Conn, rail: str, after: int, *, limit: int) -> Sequence[Change]:
    """What was told after a number, in order."""
    rows = await conn.fetch(STATEMENTS["select_told"], rail, after, limit)
    return [Change(*row) for row in rows]


async def select_told_last(conn: Conn, rail: str) -> Mapping[str, TransferStatus | None]:
    """What was told last, by the key of each order that is watched."""
    rows = await conn.fetch(STATEMENTS["select_told_last"], rail)
    return {row["transfer_key"]: row["told"] for row in rows}
