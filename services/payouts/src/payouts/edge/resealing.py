"""Goes through everything that is sealed, a few at a time, until all is under the newest key."""

from typing import Final
from uuid import UUID

import structlog

from chassis.db import Conn, Pool, transact
from payouts.commands.reseal import FIRST, Resealed, reseal
from payouts.sealing import Sealer
from payouts.store.seals import Kind

BATCH: Final = 100
"""Rows that a transaction has locked, for a few milliseconds: nobody at a screen waits for it."""

log = structlog.get_logger()


class UnreadableSealsError(Exception):
    """Some are under a key that we do not have; the message says whose, and what to do."""


async def reseal_all(pool: Pool, sealer: Sealer) -> int:
    """Seal everything again that another key than the newest sealed; says how many.

    Whenever it is killed, what it has done is done, and the next run goes on.

    Raises:
        UnreadableSealsError: Some stay as they are; all others are under the newest key.
    """
    sealed = 0
    unreadable: list[str] = []
    for kind in Kind:
        since: UUID | None = FIRST
        while since is not None:
            done = await _some(pool, kind, sealer, since)
            sealed += done.sealed
            unreadable += done.unreadable
            since = done.going_on
    if unreadable:
        raise UnreadableSealsError(
            f"{sealed} sealed anew, but {len(unreadable)} cannot be opened"
            f" ({'; '.join(unreadable[:3])}): put the key that sealed them back into"
            " PAYOUTS_DETAILS_KEYS, after the newest, and run it again"
        )
    return sealed


async def _some(pool: Pool, kind: Kind, sealer: Sealer, since: UUID) -> Resealed:
    async def work(conn: Conn) -> Resealed:
        return await reseal(conn, kind, sealer, since=since, limit=BATCH)

    done = await transact(pool, work)
    log.info("resealed", kind=kind, sealed=done.sealed, unreadable=len(done.unreadable))
    return done
