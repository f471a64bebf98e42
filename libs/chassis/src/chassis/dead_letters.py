"""Records that could not be applied: kept whole in the database, announced on a topic."""

from collections.abc import Mapping, Sequence

from chassis import clock, sql
from chassis.batch import Undecodable
from chassis.db import Conn
from chassis.outbox import Outgoing
from contracts.dead_letter.v1 import DeadLettered

_SQL = sql.load("chassis", "consumer.sql")

ANNOUNCED_BYTES_MAX = 65_536


async def bury(
    conn: Conn,
    topic: str,
    failed: Sequence[Undecodable],
    outgoing: dict[str, Outgoing],
    *,
    consumer: str,
) -> None:
    """Set records aside in the transaction that moves past them; `outgoing` gains their notices."""
    if not failed:
        return
    records = [undecodable.record for undecodable in failed]
    await conn.execute(
        _SQL["insert_dead_letters"],
        [topic] * len(records),
        [record.partition for record in records],
        [record.offset for record in records],
        [record.key for record in records],
        [record.value for record in records],
        [repr(record.headers) for record in records],
        # PostgreSQL's text holds no NUL, and a decoder's message may quote one.
        [undecodable.reason.replace("\0", "\\0") for undecodable in failed],
    )
    for record, undecodable in zip(records, failed, strict=True):
        source = f"{topic}:{record.partition}"
        outgoing.setdefault(source, Outgoing()).add(
            DeadLettered(
                source=source,
                offset=record.offset,
                consumer=consumer,
                reason=undecodable.reason,
                value=(record.value or b"")[:ANNOUNCED_BYTES_MAX],
                at=clock.now(),
            )
        )


def reasons(failed: Sequence[Undecodable]) -> Mapping[str, int]:
    """How many were set aside for each reason."""
    counts: dict[str, int] = {}
    for undecodable in failed:
        counts[undecodable.reason] = counts.get(undecodable.reason, 0) + 1
    return counts
