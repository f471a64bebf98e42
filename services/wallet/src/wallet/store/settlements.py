"""Who bears what creators were asked for."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from contracts.wallet.v1 import ReversalReason
from wallet.domain.settlement import Answer, Asked, Settlement

STATEMENTS = sql.load("wallet.store", "settlements.sql")

type Entry = tuple[UUID, int, UUID]
"""The reversal, the position in it, and what takes or gives back."""


class Terms(NamedTuple):
    """What a reversal was booked under."""

    kind: ReversalReason
    policy_version: int


async def lock_reversals(conn: Conn, reversal_ids: Collection[UUID]) -> dict[UUID, Terms]:
    """The terms of reversals; nobody else settles their legs until the transaction ends."""
    rows = await conn.fetch(STATEMENTS["lock_reversals"], reversal_ids)
    return {row["reversal_id"]: Terms(row["kind"], row["policy_version"]) for row in rows}


async def select_asked(conn: Conn, answers: Sequence[Answer]) -> dict[int, Asked]:
    """By place, what answers are to; those that nobody had asked for are missing."""
    rows = await conn.fetch(
        STATEMENTS["select_asked"],
        [answer.reversal_id for answer in answers],
        [answer.position for answer in answers],
        [answer.cause_id for answer in answers],
    )
    return {row["place"]: Asked(row["party"], row["coins"]) for row in rows}


async def select_settlements(conn: Conn, answers: Sequence[Answer]) -> dict[Entry, Settlement]:
    """All that is settled of the legs of answers."""
    rows = await conn.fetch(
        STATEMENTS["select_settlements"],
        [answer.reversal_id for answer in answers],
        [answer.position for answer in answers],
    )
    return {(row[0], row[1], row[2]): Settlement(*row[3:]) for row in rows}


async def select_borne_by_reserve(conn: Conn, reversal_ids: Collection[UUID]) -> dict[UUID, int]:
    """What the reserve bears of reversals; those of which it bears nothing may be missing."""
    rows = await conn.fetch(STATEMENTS["select_borne_by_reserve"], reversal_ids)
    return {row["reversal_id"]: row["coins"] for row in rows}


async def insert_settlements(
    conn: Conn, settled: Sequence[tuple[Entry, Settlement]], settled_at: datetime
) -> None:
    """Note who bears what."""
    rows = [(*entry, *settlement) for entry, settlement in settled]
    await conn.execute(
        STATEMENTS["insert_settlements"], *map(list, zip(*rows, strict=True)), settled_at
    )
