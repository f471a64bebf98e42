"""How much of what payouts do is under way, and since when."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn

STATEMENTS = sql.load("payouts.store", "waiting.sql")


class OpenPayouts(NamedTuple):
    """Payouts of a status that they leave again."""

    status: str
    """Or UNACCEPTED: of those that are SUBMITTED, those that their rail has not taken."""
    payouts: int
    since: datetime | None
    """Since when the oldest has it, a queued one since it was due; None where there is none."""


async def measure_open(conn: Conn) -> Sequence[OpenPayouts]:
    """Every such status, each once, none of them left out."""
    return [OpenPayouts(*row) for row in await conn.fetch(STATEMENTS["measure_open"])]


async def count_open_breaks(conn: Conn) -> int:
    """How many differences between rails' books and ours nobody has ended."""
    return await conn.fetchval(STATEMENTS["count_open_breaks"])
