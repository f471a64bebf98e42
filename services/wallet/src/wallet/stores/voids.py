"""The worker's task that reads what Google lists of purchases that were taken back (C05).

A push tells of the same sooner, but not why; the list does, and has what pushes lost.
"""

from datetime import datetime
from typing import Final

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from chassis.periodic import repeated
from chassis.serve import Task
from wallet.commands.record_deliveries import record_delivery
from wallet.domain.purchase import ProviderUnavailableError
from wallet.domain.voids import POLL_EVERY, window
from wallet.providers.google_play import GooglePlay, Voided, VoidedPage
from wallet.store import polls
from wallet.store.provider_events import raise_alarm, select_events

LOOK_EVERY_S: Final = 15.0

log = structlog.get_logger()


def void_reader(pool: Pool, store: GooglePlay, *, now: Clock = clock.now) -> Task:
    """A task that reads the list every few minutes, whichever worker comes first."""

    async def read() -> None:
        try:
            await read_voids(pool, store, now=now)
        except ProviderUnavailableError:
            log.warning("voids_put_off", provider=store.name)

    return repeated(read, every_s=LOOK_EVERY_S, name="voids")


async def read_voids(pool: Pool, store: GooglePlay, *, now: Clock) -> bool:
    """Read the list if it is due, page by page; False where it is not.

    How far it was read is noted at the end: whoever is killed on the way reads it again, and each
    entry has its effect once.

    Raises:
        ProviderUnavailableError: Google did not answer; it is read again when it is due next.
    """
    at = now()

    async def take(conn: Conn) -> polls.Poll | None:
        await polls.ensure_poll(conn, store.name, at=at)
        return await polls.take_poll(conn, store.name, at=at, due_again_at=at + POLL_EVERY)

    poll = await transact(pool, take)
    if poll is None:
        return False
    wanted = window(poll.read_until, at)
    if wanted.has_gap:
        log.error("voids_may_be_lost", provider=store.name, read_until=str(poll.read_until))
        await transact(pool, lambda conn: _raise_gap(conn, store.name, poll, at))
    page_token = None
    while True:
        page = await store.list_voided(wanted.start, wanted.end, page_token)
        await _record(pool, store.name, page, now=now)
        page_token = page.next_page_token
        if page_token is None:
            break
    await transact(pool, lambda conn: polls.update_read_until(conn, store.name, wanted.end))
    return True


async def _raise_gap(conn: Conn, provider: str, poll: polls.Poll, at: datetime) -> None:
    reason = "the list of purchases taken back was not read for longer than it goes back"
    await raise_alarm(conn, provider, f"voids:{poll.read_until}", reason, at)


async def _record(pool: Pool, provider: str, page: VoidedPage, *, now: Clock) -> None:
    """Each entry in a transaction of its own: it locks a purchase and a wallet."""
    for voided in page.voided:

        async def work(conn: Conn, voided: Voided = voided) -> None:
            # Listed for a month, read each time: kept once.
            if not await select_events(conn, provider, [voided.event.event_id]):
                await record_delivery(
                    conn,
                    provider,
                    voided.event,
                    voided.body,
                    at=now(),
                    malformed=voided.event.outcome is None,
                )

        await transact(pool, work)
