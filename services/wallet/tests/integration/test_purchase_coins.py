"""The mutation `purchaseCoins`: what a client sees, and that refusals leave nothing behind."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from local_stack.operations import documents
from wallet.commands.purchase_coins import attach_checkout
from wallet.commands.record_deliveries import record_delivery
from wallet.domain.purchase import Checkout, PaymentEvent, ProviderUnavailableError
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import Line, a_notice, a_purchase, stored_events
from wallet.testing.charging import SettableClock

type Ask = Any
type Deliver = Any
type Contents = Any

PURCHASE_COINS = documents()["PurchaseCoins"]
PURCHASE = documents()["Purchase"]


def an_input(**changes: object) -> dict[str, Any]:
    """700 coins, 10 on top, for 8.89 USD."""
    return {"purchaseId": str(uuid7()), "bundleId": "us-700", "provider": "sandbox"} | changes


@pytest.fixture
def buy(ask: Ask) -> Callable[..., Any]:
    """`await buy(input, sub="bob")`: what the mutation answers."""

    async def run(given: dict[str, Any], **caller: object) -> dict[str, Any]:
        body = await ask(PURCHASE_COINS, {"input": given}, **caller)
        assert "errors" not in body, body
        return body["data"]["purchaseCoins"]

    return run


async def test_order_leads_to_the_checkout_page(shop: Pool, buy: Any, ask: Ask, line: Line) -> None:
    """Word for word what front ends send; nothing is credited before it is paid."""
    given = an_input()

    answer = await buy(given)

    purchase = answer["purchase"]
    assert answer["__typename"] == "PurchaseCoinsPayload"
    assert answer["replayed"] is False
    assert purchase.pop("checkoutUrl").startswith("http://127.0.0.1:4200/checkout/pay_")
    assert purchase == {"id": given["purchaseId"], "status": "PENDING", "coins": 700}
    shown = await ask(PURCHASE, {"id": given["purchaseId"]})
    assert shown["data"]["purchase"] == {
        **purchase,
        "paidAt": None,
        "creditedAt": None,
    }
    assert line.requests == 1
    assert await stored_events(shop) == []


async def test_terms_are_those_of_the_price_book(shop: Pool, buy: Any) -> None:
    """Written down with the company that sells there (C06)."""
    await buy(an_input(bundleId="jp-700"), region="JP")

    row = await shop.fetchrow(
        "SELECT coins, bonus_coins, amount_minor, currency, seller, refund_window_days,"
        " bonus_expires_after_days, price_book_version, user_id FROM purchase"
    )
    assert row is not None
    assert tuple(row) == (700, 10, 1380, "JPY", "Largesse Pte. Ltd.", 14, 90, 3, "ann")


async def test_retry_gets_the_same_purchase(buy: Any, line: Line) -> None:
    given = an_input()
    first = await buy(given)

    again = await buy(given)

    assert again == {**first, "replayed": True}
    assert line.requests == 1


async def test_many_copies_at_once_are_one_purchase(
    shop: Pool, buy: Any, contents: Contents
) -> None:
    """One answer is the first; all lead to the same page."""
    given = an_input()

    answers = await asyncio.gather(*(buy(given) for _ in range(20)))

    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 19
    assert len({answer["purchase"]["checkoutUrl"] for answer in answers}) == 1
    assert {answer["purchase"]["status"] for answer in answers} == {"PENDING"}
    assert len((await contents())["purchase"]) == 1


async def test_retry_after_payment_tells_how_it_is_now(
    shop: Pool, buy: Any, deliver: Deliver
) -> None:
    """There is nothing left to pay, so no page is shown."""
    given = an_input()
    await buy(given)
    payment_id = await shop.fetchval("SELECT payment_id FROM purchase")
    purchase = a_purchase(purchase_id=UUID(given["purchaseId"]), payment_id=payment_id)
    await deliver(a_notice(purchase))

    answer = await buy(given)

    assert answer["purchase"]["status"] == "CREDITED"
    assert answer["purchase"]["checkoutUrl"] is None
    await assert_books_balance(shop)


CONFLICTS = {
    "another bundle": ({"bundleId": "us-70"}, {}),
    "another user": ({}, {"sub": "mallory"}),
    "another user, another bundle": ({"bundleId": "no-such"}, {"sub": "mallory"}),
}


async def test_used_id_reveals_nothing(buy: Any, contents: Contents) -> None:
    """Whose it is and what it bought are not told, in the same words for each reason (E21)."""
    given = an_input()
    await buy(given)
    before = await contents()

    answers = [await buy(given | other, **caller) for other, caller in CONFLICTS.values()]

    assert answers == [answers[0]] * len(CONFLICTS)
    assert answers[0].keys() == {"__typename", "code", "message"}
    assert answers[0]["code"] == "idempotency_conflict"
    assert await contents() == before


REFUSALS = {
    "unknown bundle": ({"bundleId": "us-1"}, {}, "bundle_unavailable"),
    "bundle of another region": ({"bundleId": "eu-70"}, {}, "bundle_unavailable"),
    "bundle with a NUL": ({"bundleId": "us-70\0"}, {}, "bundle_unavailable"),
    "empty bundle": ({"bundleId": ""}, {}, "bundle_unavailable"),
    "from another region": ({}, {"region": "JP"}, "bundle_unavailable"),
    "unknown provider": ({"provider": "stripe"}, {}, "provider_unavailable"),
    "minor": ({}, {"age_verified": False}, "not_eligible"),
    "party": ({}, {"account_kind": "party"}, "not_eligible"),
}


async def test_refusals_change_nothing(buy: Any, line: Line, contents: Contents) -> None:
    """Each with its stable code; the provider is not even asked."""
    before = await contents()

    codes = {
        name: (await buy(an_input(**changes), **caller))["code"]
        for name, (changes, caller, _) in REFUSALS.items()
    }

    assert codes == {name: code for name, (_, _, code) in REFUSALS.items()}
    assert await contents() == before
    assert line.requests == 0


@pytest.mark.parametrize(
    ("changes", "caller", "code"),
    [
        ({"purchaseId": "1"}, {}, "BAD_USER_INPUT"),
        ({"bundleId": None}, {}, "BAD_USER_INPUT"),
        ({}, {"sub": None}, "UNAUTHENTICATED"),
        ({}, {"scope": "creator operator:refunds"}, "FORBIDDEN"),
    ],
)
async def test_errors_change_nothing(
    ask: Ask, contents: Contents, changes: dict[str, Any], caller: dict[str, Any], code: str
) -> None:
    before = await contents()

    body = await ask(PURCHASE_COINS, {"input": an_input(**changes)}, **caller)

    assert [error["extensions"]["code"] for error in body["errors"]] == [code]
    assert await contents() == before


async def test_before_the_first_price_book_nothing_is_sold(shop: Pool, buy: Any, ask: Ask) -> None:
    await shop.execute("ALTER TABLE price_book DISABLE TRIGGER USER; DELETE FROM price_book")

    assert (await buy(an_input()))["code"] == "bundle_unavailable"
    assert (await ask(documents()["Bundles"]))["data"] == {
        "coinBundles": {"priceBookVersion": 0, "nodes": []}
    }


async def test_provider_that_is_down_can_be_asked_again(
    shop: Pool, buy: Any, line: Line, contents: Contents
) -> None:
    """The order is kept, so that no payment can miss it; nothing else is, and the id goes on."""
    given = an_input()
    before = await contents()
    line.is_cut = True

    refused = [await buy(given), await buy(given)]
    kept = await contents()
    line.is_cut = False
    answer = await buy(given)

    assert [each["code"] for each in refused] == ["provider_unavailable"] * 2
    assert {table for table in kept if kept[table] != before[table]} == {"purchase"}
    assert (answer["replayed"], answer["purchase"]["status"]) == (True, "PENDING")
    assert await shop.fetchval("SELECT count(*) FROM purchase") == 1


async def test_payment_that_a_provider_names_twice_is_not_believed(
    shop: Pool, buy: Any, line: Line
) -> None:
    """A page that pays another's purchase is not shown."""
    first, second = an_input(), an_input()
    await buy(first)
    line.is_cut = True
    await buy(second)
    known = await shop.fetchval("SELECT payment_id FROM purchase WHERE payment_id IS NOT NULL")
    purchase = a_purchase(purchase_id=UUID(second["purchaseId"]))
    with pytest.raises(ProviderUnavailableError):
        async with transaction(shop) as conn:
            await attach_checkout(conn, purchase, Checkout(known, "http://provider/x"))


async def parked(pool: Pool, event: PaymentEvent, clock: SettableClock) -> None:
    async with transaction(pool) as conn:
        outcome = await record_delivery(conn, "sandbox", event, b"{}", at=clock())
    assert outcome == "parked"


async def test_payment_before_its_purchase_is_credited_when_that_appears(
    shop: Pool, buy: Any, clock: SettableClock
) -> None:
    """Parked with an alarm, which resolves itself (E11)."""
    given = an_input()
    event = PaymentEvent("evt_1", "t", "succeeded", "pay_1", given["purchaseId"], 889, "USD")
    await parked(shop, event, clock)
    await parked(shop, event._replace(event_id="evt_2"), clock)
    assert await shop.fetchval("SELECT count(*) FROM provider_alarm") == 2

    answer = await buy(given)

    assert answer["purchase"]["status"] == "CREDITED"
    assert answer["purchase"]["checkoutUrl"] is None
    assert len(await stored_events(shop)) == 2
    rows = await shop.fetch("SELECT outcome FROM provider_event ORDER BY event_id")
    assert [row["outcome"] for row in rows] == ["applied", "ignored"]
    assert await shop.fetchval("SELECT count(*) FROM provider_alarm WHERE resolved_at IS NULL") == 0
    await assert_books_balance(shop)


async def test_parked_payment_of_other_terms_is_not_credited(
    shop: Pool, buy: Any, clock: SettableClock
) -> None:
    given = an_input()
    event = PaymentEvent("evt_1", "t", "succeeded", "pay_1", given["purchaseId"], 1, "USD")
    await parked(shop, event, clock)

    answer = await buy(given)

    assert answer["purchase"]["status"] == "PENDING"
    alarm = await shop.fetchrow("SELECT reason, resolved_at FROM provider_alarm")
    assert alarm is not None
    assert tuple(alarm) == (
        "a payment of another amount, currency or purchase than was ordered",
        None,
    )
    assert await stored_events(shop) == []


async def test_order_and_its_payment_at_once_never_miss_each_other(
    shop: Pool, buy: Any, deliver: Deliver
) -> None:
    """Whichever comes first, the coins are credited once."""
    given = [an_input() for _ in range(6)]
    purchases = [a_purchase(purchase_id=UUID(each["purchaseId"])) for each in given]
    notices = [
        a_notice(purchase, payment_id=f"pay_{number}") for number, purchase in enumerate(purchases)
    ]

    await asyncio.gather(*map(buy, given), *map(deliver, notices))

    rows = await shop.fetch("SELECT status, count(*) FROM purchase GROUP BY status")
    statuses = {row[0]: row[1] for row in rows}
    mismatched = await shop.fetchval(
        "SELECT count(*) FROM provider_event WHERE outcome = 'mismatched'"
    )
    # A notice that comes after the provider has named the payment itself is of another payment.
    assert statuses.get("CREDITED", 0) + mismatched == 6
    assert await shop.fetchval("SELECT count(*) FROM provider_event WHERE outcome = 'parked'") == 0
    await assert_books_balance(shop)
