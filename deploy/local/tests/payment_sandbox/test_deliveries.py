"""How the merchant is told: signed, at least once, until it says yes."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.testing.eventually import eventually
from payment_sandbox import signing
from payment_sandbox.deliveries import Deliveries
from payment_sandbox.payments import Event, Terms
from payment_sandbox.store import Store

SECRET = "whsec-1"
WEBHOOK_URL = "http://merchant/webhooks/sandbox"
JSON = {"Accept": "application/json"}


@dataclass
class Delivery:
    """One webhook as the merchant got it."""

    body: bytes
    signature: str
    content_type: str


@dataclass
class Merchant:
    """Answers webhooks with the statuses lined up, then with 204."""

    statuses: list[int] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    concurrent: int = 0
    concurrent_peak: int = 0
    gate: asyncio.Event | None = None
    """Where set, no delivery is answered before it opens."""

    async def receive(self, request: Request) -> Response:
        self.deliveries.append(
            Delivery(
                await request.body(),
                request.headers["largesse-signature"],
                request.headers["content-type"],
            )
        )
        self.concurrent += 1
        self.concurrent_peak = max(self.concurrent_peak, self.concurrent)
        if self.gate is not None:
            await self.gate.wait()
        self.concurrent -= 1
        return Response(status_code=self.statuses.pop(0) if self.statuses else 204)

    async def count(self) -> int:
        return len(self.deliveries)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/webhooks/sandbox", self.receive, methods=["POST"])])


@pytest.fixture
def merchant() -> Merchant:
    return Merchant()


@pytest.fixture
async def deliveries(store: Store, merchant: Merchant) -> AsyncIterator[Deliveries]:
    """Running deliveries to the merchant."""
    stop = asyncio.Event()
    transport = httpx.ASGITransport(merchant.app())
    async with httpx.AsyncClient(transport=transport) as client, asyncio.TaskGroup() as tasks:
        running = Deliveries(store, client, url=WEBHOOK_URL, secret=SECRET)
        tasks.create_task(running.run(stop))
        yield running
        stop.set()


def open_checkout(store: Store, reference: str = "purchase-1") -> str:
    checkout, _ = store.open_checkout(Terms(reference, 12_99, "USD", "1,000 coins", None))
    return checkout.payment_id


async def pay(payer: httpx.AsyncClient, payment_id: str) -> None:
    response = await payer.post(f"/checkout/{payment_id}/pay", headers=JSON)
    assert response.status_code == 200


async def delivered(store: Store, payment_id: str, attempts: int = 1) -> Event:
    """Wait until the payment's newest event is delivered in the number of attempts given."""

    async def newest() -> Event:
        return store.select_events(payment_id, limit=1)[0]

    return await eventually(
        newest,
        until=lambda event: event.delivered_at is not None and len(event.attempts) >= attempts,
    )


async def test_the_merchant_is_told_what_was_paid(
    payer: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    payment_id = open_checkout(store)
    await pay(payer, payment_id)
    event = await delivered(store, payment_id)

    (delivery,) = merchant.deliveries
    assert json.loads(delivery.body) == {
        "id": event.event_id,
        "type": "payment.succeeded",
        "created_at": event.created_at,
        "data": {
            "payment_id": payment_id,
            "reference": "purchase-1",
            "amount_minor": 12_99,
            "currency": "USD",
        },
    }
    assert delivery.content_type == "application/json"
    assert signing.is_genuine(
        SECRET, delivery.body, delivery.signature, now=time.time(), tolerance_s=60
    )
    assert [attempt.outcome for attempt in event.attempts] == ["204"]


async def test_it_is_told_again_until_it_says_yes(
    payer: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    merchant.statuses = [500, 302]
    payment_id = open_checkout(store)

    await pay(payer, payment_id)
    event = await delivered(store, payment_id)

    bodies = {delivery.body for delivery in merchant.deliveries}
    first, *_, last = merchant.deliveries
    assert [attempt.outcome for attempt in event.attempts] == ["500", "302", "204"]
    assert len(bodies) == 1
    assert first.signature != last.signature, "tries a second apart are signed anew"


async def test_fifty_payments_are_told_of_at_once(
    payer: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    merchant.gate = asyncio.Event()
    payments = [open_checkout(store, f"purchase-{number}") for number in range(50)]

    await asyncio.gather(*(pay(payer, payment_id) for payment_id in payments))
    await eventually(merchant.count, until=lambda count: count == 50)
    merchant.gate.set()
    for payment_id in payments:
        await delivered(store, payment_id)

    assert merchant.concurrent_peak == 50
    assert len(merchant.deliveries) == 50


async def test_one_that_hangs_does_not_hold_up_the_others(
    payer: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    merchant.gate = asyncio.Event()
    hanging = open_checkout(store, "hanging")
    await pay(payer, hanging)
    await eventually(merchant.count, until=lambda count: count == 1)
    merchant.gate, gate = None, merchant.gate
    merchant.statuses = [500]

    retried = open_checkout(store, "retried")
    await pay(payer, retried)
    event = await delivered(store, retried)

    assert [attempt.outcome for attempt in event.attempts] == ["500", "204"]
    gate.set()
    await delivered(store, hanging)


async def test_an_event_is_sent_again_on_request(
    payer: httpx.AsyncClient, api: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    payment_id = open_checkout(store)
    await pay(payer, payment_id)
    event = await delivered(store, payment_id)

    response = await api.post(f"/v1/events/{event.event_id}/resend")
    again = await delivered(store, payment_id, attempts=2)

    assert response.status_code == 202
    assert again.event_id == event.event_id
    assert [delivery.body for delivery in merchant.deliveries] == [event.body] * 2


async def test_an_event_of_any_type_is_sent_on_request(
    api: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    payment_id = open_checkout(store)

    response = await api.post(
        "/v1/events", json={"payment_id": payment_id, "type": "payment.reviewed"}
    )
    await delivered(store, payment_id)

    assert response.status_code == 201
    assert json.loads(merchant.deliveries[0].body)["type"] == "payment.reviewed"


async def test_the_api_shows_every_attempt(
    payer: httpx.AsyncClient, api: httpx.AsyncClient, store: Store, merchant: Merchant
) -> None:
    merchant.statuses = [503]
    payment_id = open_checkout(store)
    await pay(payer, payment_id)
    event = await delivered(store, payment_id)

    listed = (await api.get("/v1/events", params={"payment_id": payment_id})).json()["events"]
    shown = (await api.get(f"/v1/events/{event.event_id}")).json()

    assert listed == [shown]
    assert [attempt["outcome"] for attempt in shown["attempts"]] == ["503", "204"]
    assert shown["body"] == event.body.decode()


async def test_pauses_grow_to_a_quarter_of_a_minute(store: Store) -> None:
    """The queue says when each next attempt is due; nobody delivers here."""
    payment_id = open_checkout(store)
    store.decide(payment_id, "paid")
    pauses: list[float] = []

    for _ in range(8):
        ((_, event),) = store.select_queued(limit=10)
        store.record_attempt(event.event_id, "500", delivered=False)
        ((due_in_s, _),) = store.select_queued(limit=10)
        pauses.append(round(due_in_s, 1))

    assert pauses == [0.5, 1, 2, 4, 8, 15, 15, 15]


async def test_an_unreachable_merchant_is_noted(store: Store) -> None:
    payment_id = open_checkout(store)
    store.decide(payment_id, "paid")

    stop = asyncio.Event()
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as tasks:
        running = Deliveries(store, client, url="http://127.0.0.1:9/", secret=SECRET)
        tasks.create_task(running.run(stop))

        async def newest() -> Event:
            return store.select_events(payment_id, limit=1)[0]

        event = await eventually(newest, until=lambda event: len(event.attempts) > 0)
        stop.set()

    assert event.delivered_at is None
    assert event.attempts[0].outcome.startswith("ConnectError(")
