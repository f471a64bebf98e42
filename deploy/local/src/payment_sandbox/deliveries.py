"""Delivers events to the merchant: at least once, again and again with growing pauses."""

import asyncio
import time

import httpx
import structlog

from payment_sandbox import signing
from payment_sandbox.payments import Event
from payment_sandbox.store import Store

ATTEMPT_TIMEOUT_S = 10.0
CONCURRENT_MAX = 64
"""Fifty viewers who buy at once are told of at once."""

log = structlog.get_logger()


class Deliveries:
    """Empties the store's queue of events into the merchant's webhook."""

    def __init__(self, store: Store, client: httpx.AsyncClient, *, url: str, secret: str) -> None:
        self._store = store
        self._client = client
        self._url = url
        self._secret = secret
        self._wake = asyncio.Event()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def notify(self) -> None:
        """Say that an event was queued."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; what is under way then is delivered again after a restart."""
        async with asyncio.TaskGroup() as attempts:
            stopping = attempts.create_task(stop.wait())
            while not stop.is_set():
                self._wake.clear()
                await self._pause(stopping, self._start_due(attempts))
            for attempt in list(self._under_way.values()):
                attempt.cancel()

    def _start_due(self, attempts: asyncio.TaskGroup) -> float | None:
        """Start what is due and give the pause until something else is, if anything will be."""
        if self._store.find_faults().outage:
            return None
        # What is under way is still in the queue: twice as many cannot hide a free place's event.
        for due_in_s, event in self._store.select_queued(limit=2 * CONCURRENT_MAX):
            if event.event_id in self._under_way:
                continue
            if due_in_s > 0:
                return due_in_s
            if len(self._under_way) == CONCURRENT_MAX:
                break
            attempt = attempts.create_task(self._attempt(event))
            self._under_way[event.event_id] = attempt
            attempt.add_done_callback(lambda _, done=event.event_id: self._finish(done))
        return None

    def _finish(self, event_id: str) -> None:
        del self._under_way[event_id]
        self._wake.set()

    async def _pause(self, stopping: asyncio.Task[bool], pause_s: float | None) -> None:
        """Wait until an event is due, is queued or leaves a place free, or until the end."""
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait(
                {waking, stopping}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            waking.cancel()

    async def _attempt(self, event: Event) -> None:
        # Signed anew each time: the merchant refuses what was signed too long ago.
        signature = signing.sign(self._secret, event.body, int(time.time()))
        headers = {"Content-Type": "application/json", signing.HEADER: signature}
        try:
            response = await self._client.post(self._url, content=event.body, headers=headers)
        except httpx.TransportError as error:
            outcome, delivered = repr(error), False
        else:
            outcome, delivered = str(response.status_code), response.is_success
        self._store.record_attempt(event.event_id, outcome, delivered=delivered)
        log.info("webhook_attempted", event_id=event.event_id, type=event.type, outcome=outcome)
