"""What stores wait for: one row each until it is done, and what may be told them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import sql
from chassis.db import Conn
from wallet.domain.errands import Errand, ErrandKind, ErrandOutcome, Usage

STATEMENTS = sql.load("wallet.store", "errands.sql")


class DueErrand(NamedTuple):
    """An errand, and how often it was tried."""

    errand: Errand
    attempts: int


async def insert_errand(conn: Conn, errand: Errand) -> None:
    """Add an errand, due at once; nothing happens where it was there."""
    await conn.execute(STATEMENTS["insert_errand"], *errand)


async def lock_due_errand(
    conn: Conn, providers: Sequence[str], *, at: datetime
) -> DueErrand | None:
    """The errand for one of these providers that has waited longest, locked."""
    row = await conn.fetchrow(STATEMENTS["lock_due_errand"], providers, at)
    if row is None:
        return None
    *columns, attempts = row
    return DueErrand(Errand(*columns), attempts)


async def update_due(conn: Conn, errand: Errand, *, due_at: datetime) -> None:
    """Note that an errand is tried, and when it is next unless it is done by then."""
    await conn.execute(STATEMENTS["update_due"], *_key(errand), due_at)


async def update_ended(
    conn: Conn, errand: Errand, outcome: ErrandOutcome, *, ended_at: datetime
) -> None:
    """Note what came of an errand."""
    await conn.execute(STATEMENTS["update_ended"], *_key(errand), outcome, ended_at)


async def count_late_errands(conn: Conn, provider: str, kind: ErrandKind, *, at: datetime) -> int:
    """Errands that should have been done by now."""
    return await conn.fetchval(STATEMENTS["count_late_errands"], provider, kind, at) or 0


async def find_usage(conn: Conn, purchase_id: UUID) -> Usage:
    """How far the coins of a purchase were used, and whether that may be told."""
    row = await conn.fetchrow(STATEMENTS["find_usage"], purchase_id)
    assert row is not None, "an aggregate has one row"
    return Usage(*row)


async def upsert_consent(
    conn: Conn, purchase_id: UUID, *, consents: bool, said_at: datetime
) -> None:
    """Note whether a buyer agrees that the store is told how far the coins were used."""
    await conn.execute(STATEMENTS["upsert_consent"], purchase_id, consents, said_at)


def _key(errand: Errand) -> tuple[str, ErrandKind, str]:
    return errand.provider, errand.kind, errand.cause
