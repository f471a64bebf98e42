"""What was taken back of creators and given back to them, and what waits for its gift."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn, Record
from contracts.wallet.v1 import ReversalReason
from payouts.domain.clawback import Clawback, Leg, LegId

STATEMENTS = sql.load("payouts.store", "clawbacks.sql")

_SEQ_MAX: Final = 2**63 - 1
_LEG = len(Leg._fields)


class StatementLine(NamedTuple):
    """What a creator sees of a clawback; the fields are the columns."""

    seq: int
    gift_id: UUID
    reason: ReversalReason
    told_at: datetime
    gives_back: bool
    coins: int
    micro_diamonds: int


async def select_clawbacks(
    conn: Conn, legs: Collection[LegId], gift_ids: Collection[UUID]
) -> list[Clawback]:
    """All that was settled of some legs, at least one, and of some gifts."""
    rows = await conn.fetch(STATEMENTS["select_clawbacks"], *_columns(legs), gift_ids)
    return [_clawback(row) for row in rows]


async def select_of_gifts(conn: Conn, gift_ids: Collection[UUID]) -> list[Clawback]:
    """All that was settled of some gifts."""
    rows = await conn.fetch(STATEMENTS["select_of_gifts"], gift_ids)
    return [_clawback(row) for row in rows]


async def insert_clawbacks(conn: Conn, clawbacks: Sequence[Clawback]) -> None:
    """Add to the journal, in this order."""
    rows = [(*each.leg, *each[1:]) for each in clawbacks]
    await conn.execute(STATEMENTS["insert_clawbacks"], *_columns(rows))


async def select_waiting(conn: Conn, creator_ids: Sequence[str]) -> list[Leg]:
    """What waits for gifts of creators, in the order told."""
    return [Leg(*row) for row in await conn.fetch(STATEMENTS["select_waiting"], creator_ids)]


async def insert_waiting(conn: Conn, legs: Sequence[Leg]) -> None:
    """Let legs wait, each once, in this order."""
    await conn.execute(STATEMENTS["insert_waiting"], *_columns(legs))


async def delete_waiting(conn: Conn, legs: Sequence[Leg]) -> None:
    """These wait no longer."""
    await conn.execute(STATEMENTS["delete_waiting"], *_columns([leg.entry_id for leg in legs]))


async def select_statement(
    conn: Conn, creator_id: str, *, beyond: int | None, backward: bool, limit: int
) -> Sequence[StatementLine]:
    """A creator's lines beyond a place: older ones, newest first; `backward` the other way."""
    if beyond is None:
        beyond = 0 if backward else _SEQ_MAX
    name = "select_statement_backward" if backward else "select_statement"
    rows = await conn.fetch(STATEMENTS[name], creator_id, beyond, limit)
    return [StatementLine(*row) for row in rows]


def _clawback(row: Record) -> Clawback:
    return Clawback(Leg(*row[:_LEG]), *row[_LEG:])


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
