"""Refunds, voids and disputes at the provider: totals that never fall, and one event for each."""

import json
from typing import Any

import httpx
import pytest

from payment_sandbox.faults import Faults
from payment_sandbox.store import Store

NEW = {
    "reference": "purchase-1",
    "amount_minor": 1_000,
    "currency": "USD",
    "description": "700 coins",
    "quantity": 700,
}


@pytest.fixture
async def payment_id(api: httpx.AsyncClient, payer: httpx.AsyncClient) -> str:
    """A payment that was made."""
    opened = (await api.post("/v1/checkouts", json=NEW)).json()
    await payer.post(f"/checkout/{opened['payment_id']}/pay")
    return opened["payment_id"]


async def ask(
    api: httpx.AsyncClient, path: str, expected: int = 201, **body: object
) -> dict[str, Any]:
    response = await api.post(f"/v1/{path}", json=body)
    assert response.status_code == expected, response.text
    return response.json()


async def told(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Type and facts of each event but the payment's own, oldest first."""
    events = (await api.get("/v1/events")).json()["events"]
    bodies = [json.loads(event["body"]) for event in reversed(events)]
    return [{"type": body["type"]} | body["data"] for body in bodies[1:]]


async def test_refunds_tell_cumulative_totals(api: httpx.AsyncClient, payment_id: str) -> None:
    await ask(api, f"checkouts/{payment_id}/refunds", amount_minor=300)
    await ask(api, f"checkouts/{payment_id}/refunds")

    events = await told(api)

    assert [event["type"] for event in events] == ["payment.refunded"] * 2
    assert [event["refunded_minor"] for event in events] == [300, 1_000]
    assert {event["amount_minor"] for event in events} == {1_000}
    refused = await ask(api, f"checkouts/{payment_id}/refunds", 409, amount_minor=1)
    assert refused["error"]["code"] == "amount_too_large"
    assert len(await told(api)) == 2


async def test_refund_by_quantity_is_worth_its_pieces(
    api: httpx.AsyncClient, payment_id: str
) -> None:
    """Rounded up to a minor unit: a piece is never worth nothing."""
    first = await ask(api, f"checkouts/{payment_id}/refunds", quantity=1)
    second = await ask(api, f"checkouts/{payment_id}/refunds", quantity=350)

    assert (first["refunded_minor"], second["refunded_minor"]) == (2, 502)


async def test_refund_taken_back_tells_both_totals(api: httpx.AsyncClient, payment_id: str) -> None:
    await ask(api, f"checkouts/{payment_id}/refunds", amount_minor=300)
    await ask(api, f"checkouts/{payment_id}/refunds/reverse", 200)

    last = (await told(api))[-1]

    assert last["type"] == "payment.refund_reversed"
    assert (last["refunded_minor"], last["returned_minor"]) == (300, 300)
    await ask(api, f"checkouts/{payment_id}/refunds/reverse", 409)


async def test_void_happens_once_and_ends_it(api: httpx.AsyncClient, payment_id: str) -> None:
    for _ in range(2):
        await ask(api, f"checkouts/{payment_id}/void", 200)

    assert [event["type"] for event in await told(api)] == ["payment.voided"]
    refused = await ask(api, f"checkouts/{payment_id}/refunds", 409)
    assert refused["error"]["code"] == "not_paid"


async def test_dispute_is_opened_and_decided(api: httpx.AsyncClient, payment_id: str) -> None:
    """One that was lost may be won later; one that was won stays so."""
    dispute = await ask(api, f"checkouts/{payment_id}/disputes", amount_minor=600)
    for decision in ("lose", "lose", "win", "lose"):
        await ask(api, f"disputes/{dispute['dispute_id']}/{decision}", 200)

    events = await told(api)

    assert [event["type"] for event in events] == ["dispute.opened", "dispute.lost", "dispute.won"]
    assert {(event["disputed_minor"], event["fee_minor"]) for event in events} == {(600, 1_500)}
    assert {event["dispute_id"] for event in events} == {dispute["dispute_id"]}
    await ask(api, "disputes/dp_none/win", 404)
    await ask(api, f"checkouts/{payment_id}/disputes", 409, amount_minor=1_001)


async def test_what_was_not_paid_cannot_go_back(api: httpx.AsyncClient) -> None:
    opened = (await api.post("/v1/checkouts", json=NEW)).json()["payment_id"]

    for path in ("refunds", "refunds/reverse", "void", "disputes"):
        refused = await ask(api, f"checkouts/{opened}/{path}", 409)
        assert refused["error"]["code"] == "not_paid"


@pytest.mark.parametrize(
    "body",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"amount_minor": 2**53},
        {"quantity": 0},
        {"amount_minor": 1, "quantity": 1},
        {"all": True},
    ],
)
async def test_malformed_refunds_are_refused(
    api: httpx.AsyncClient, payment_id: str, body: dict[str, object]
) -> None:
    assert (await api.post(f"/v1/checkouts/{payment_id}/refunds", json=body)).status_code == 422
    assert await told(api) == []


async def test_outage_turns_everybody_away_until_it_is_ended(
    api: httpx.AsyncClient, payer: httpx.AsyncClient, payment_id: str
) -> None:
    await api.put("/v1/faults", json={"outage": True})

    assert (await api.post("/v1/checkouts", json=NEW)).status_code == 503
    assert (await payer.get(f"/checkout/{payment_id}")).status_code == 503
    assert (await api.post(f"/v1/checkouts/{payment_id}/void")).status_code == 503

    await api.put("/v1/faults", json={})
    assert (await api.post("/v1/checkouts", json=NEW)).status_code == 200


async def test_without_the_key_nothing_goes_back(payer: httpx.AsyncClient, payment_id: str) -> None:
    for method, path in (
        ("POST", f"checkouts/{payment_id}/refunds"),
        ("POST", f"checkouts/{payment_id}/disputes"),
        ("PUT", "faults"),
    ):
        assert (await payer.request(method, f"/v1/{path}", json={})).status_code == 401


def test_late_and_shuffled_events_wait_a_while(store: Store) -> None:
    assert {Faults(late_s=3).delay_s() for _ in range(5)} == {3}
    delays = [Faults(late_s=3, shuffled=True).delay_s() for _ in range(50)]
    assert len(set(delays)) > 1
    assert all(0 <= delay <= 3 for delay in delays)


async def test_repeated_events_are_delivered_again_so_often(
    api: httpx.AsyncClient, payment_id: str, store: Store
) -> None:
    """Once taken, an event is due again until its repeats are used up."""
    await api.put("/v1/faults", json={"repeats": 2})
    await ask(api, f"checkouts/{payment_id}/void", 200)
    (event_id,) = [
        event.event_id for _, event in store.select_queued(9) if event.type == "payment.voided"
    ]

    due: list[bool] = []
    for _ in range(3):
        store.record_attempt(event_id, "200", delivered=True)
        due.append(event_id in {event.event_id for _, event in store.select_queued(9)})

    assert due == [True, True, False]
