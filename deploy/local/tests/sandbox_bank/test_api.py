"""The bank as its customers see it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox_bank.app import make_app
from sandbox_bank.store import Store

NEW: dict[str, Any] = {
    "key": "payout-1",
    "amount_minor": 1_000,
    "currency": "USD",
    "holder": "Stella Star",
    "country": "US",
    "account": "000123456789",
    "bank_code": "021000021",
}


class Clock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with closing(Store(tmp_path / "data" / "bank.sqlite", clock=clock)) as opened:
        yield opened


@pytest.fixture
async def api(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_app(store, api_key="key-1")),
        base_url="http://bank",
        headers={"Authorization": "Bearer key-1"},
    ) as client:
        yield client


async def changes(api: httpx.AsyncClient, after: int = 0) -> list[tuple[str, str, str | None]]:
    found = (await api.get("/v1/changes", params={"after": after})).json()["changes"]
    return [(each["key"], each["status"], each["reason"]) for each in found]


async def test_an_order_is_taken_once(api: httpx.AsyncClient) -> None:
    """However often it is sent; with other terms it is refused."""
    first = await api.post("/v1/transfers", json=NEW)
    again = await api.post("/v1/transfers", json=NEW)
    other = await api.post("/v1/transfers", json=NEW | {"amount_minor": 1_001})
    elsewhere = await api.post("/v1/transfers", json=NEW | {"account": "999123456789"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert other.json()["error"]["code"] == elsewhere.json()["error"]["code"] == "key_taken"
    assert len((await api.get("/v1/report")).json()["transfers"]) == 1


async def test_nothing_happens_before_its_time(api: httpx.AsyncClient, clock: Clock) -> None:
    """Paid after the delay, returned after as long again, and each is told once, in order."""
    behaviour = {"outcome": "return", "reason": "unclaimed", "delay_s": 60}
    await api.put("/v1/behaviours/000123456789", json=behaviour)
    await api.post("/v1/transfers", json=NEW)
    told = [await changes(api)]
    for _ in range(3):
        clock.now += timedelta(seconds=60)
        told.append(await changes(api))

    pending, paid = ("payout-1", "pending", None), ("payout-1", "paid", None)
    returned = ("payout-1", "returned", "unclaimed")
    assert told == [
        [pending],
        [pending, paid],
        [pending, paid, returned],
        [pending, paid, returned],
    ]
    assert await changes(api, after=2) == [returned]


async def test_failures_have_a_reason(api: httpx.AsyncClient) -> None:
    await api.put("/v1/behaviours/*", json={"outcome": "fail", "reason": "account_closed"})
    await api.post("/v1/transfers", json=NEW)

    shown = (await api.get("/v1/transfers/payout-1")).json()

    assert (shown["status"], shown["reason"]) == ("failed", "account_closed")


async def test_too_little_funds(api: httpx.AsyncClient) -> None:
    """Nothing is kept of the order; what fails gives its money back."""
    await api.put("/v1/funds/USD", json={"amount_minor": 1_500})
    await api.put("/v1/behaviours/000123456789", json={"outcome": "fail", "reason": "closed"})
    first = await api.post("/v1/transfers", json=NEW)
    second = await api.post("/v1/transfers", json=NEW | {"key": "payout-2"})
    await api.get("/v1/changes")
    third = await api.post("/v1/transfers", json=NEW | {"key": "payout-2"})

    assert [each.status_code for each in (first, second, third)] == [201, 402, 201]
    assert second.json()["error"]["code"] == "funds_missing"


async def test_returned_by_hand_once(api: httpx.AsyncClient) -> None:
    await api.post("/v1/transfers", json=NEW)
    body = {"reason": "account_closed"}

    first = await api.post("/v1/transfers/payout-1/return", json=body)
    second = await api.post("/v1/transfers/payout-1/return", json=body)

    assert first.json()["status"] == "returned"
    assert (second.status_code, second.json()["error"]["code"]) == (409, "not_paid")


async def test_accounts_are_known_unless_told_otherwise(api: httpx.AsyncClient) -> None:
    account = {name: NEW[name] for name in NEW.keys() - {"key", "amount_minor"}}
    await api.put("/v1/behaviours/111", json={"is_known": False, "reason": "no_such_account"})

    known = await api.post("/v1/accounts/check", json=account)
    unknown = await api.post("/v1/accounts/check", json=account | {"account": "111"})

    assert known.json() == {"known": True, "reason": None}
    assert unknown.json() == {"known": False, "reason": "no_such_account"}


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 0},
        {"amount_minor": 2**53},
        {"amount_minor": 1.5},
        {"currency": "XXX"},
        {"key": ""},
        {"country": "usa"},
        {"surprise": 1},
    ],
)
async def test_orders_that_make_no_sense(api: httpx.AsyncClient, change: dict[str, object]) -> None:
    """The refusal does not repeat the account."""
    response = await api.post("/v1/transfers", json=NEW | change)

    assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_request")
    assert NEW["account"] not in response.text


async def test_nobody_without_the_key(api: httpx.AsyncClient) -> None:
    for path in ("/v1/changes", "/v1/report", "/v1/transfers/payout-1"):
        response = await api.get(path, headers={"Authorization": "Bearer other"})
        assert response.status_code == 401


async def test_what_was_answered_survives(api: httpx.AsyncClient, tmp_path: Path) -> None:
    """Another process on the same file knows it, as after kill -9."""
    await api.post("/v1/transfers", json=NEW)

    with closing(Store(tmp_path / "data" / "bank.sqlite")) as other:
        assert [each.terms.key for each in other.report()] == ["payout-1"]
