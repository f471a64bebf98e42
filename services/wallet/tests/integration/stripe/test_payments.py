"""Stripe's webhooks, signed as Stripe signs: each payment is credited once, whatever they say."""

import asyncio
from typing import Any

import pytest

from chassis.db import Pool, transact, transaction
from contracts.wallet.v1 import CoinsPurchased
from wallet.commands.purchase_coins import attach_checkout, open_purchase
from wallet.domain.purchase import Checkout, Purchase, PurchaseOrder
from wallet.store.purchases import find_purchase, insert_purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_purchase, stored_events
from wallet.testing.charging import SettableClock
from wallet.testing.stripe import a_session_event, an_event, payment_intent_of

type Tell = Any
type Order = Any
type Contents = Any

PAGE = "https://checkout.stripe.com/c/pay/cs_1"
OLD_SECRET = "whsec_before"


async def now(pool: Pool, purchase: Purchase) -> tuple[str, str | None]:
    """The status of a purchase and the payment that it knows."""
    async with pool.acquire() as conn:
        found = await find_purchase(conn, purchase.purchase_id)
    assert found is not None
    return found.status, found.payment_id


async def coins(pool: Pool, user_id: str = "ann") -> int:
    return (
        await pool.fetchval(
            "SELECT credits_coins - debits_coins FROM account WHERE owner_id = $1", user_id
        )
        or 0
    )


async def open_alarms(pool: Pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM provider_alarm WHERE resolved_at IS NULL") or 0


async def test_page_is_payable_before_there_is_a_payment(shop: Pool, purchase: Purchase) -> None:
    """Stripe makes the payment only when the buyer pays."""
    assert await now(shop, purchase) == ("PENDING", None)


async def test_paid_session_becomes_coins(
    shop: Pool, purchase: Purchase, tell: Tell, clock: SettableClock
) -> None:
    """The payment is named by its intent; a card's money may go back for 120 days."""
    assert await tell(a_session_event(purchase, payment_intent="pi_1")) == (200, "applied")

    assert await now(shop, purchase) == ("CREDITED", "pi_1")
    bought, _ = await stored_events(shop)
    assert isinstance(bought, CoinsPurchased)
    assert (bought.provider, bought.payment_id) == ("stripe", "pi_1")
    assert {(lot.refundable_until - clock()).days for lot in bought.lots} == {120}
    assert await open_alarms(shop) == 0
    await assert_books_balance(shop)


async def test_payment_that_takes_days_is_credited_when_it_is_there(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    """A session can be through without being paid."""
    through = await tell(a_session_event(purchase, payment_status="unpaid"))
    before = await now(shop, purchase)
    paid = await tell(a_session_event(purchase, type="checkout.session.async_payment_succeeded"))

    assert (through, before) == ((200, "ignored"), ("PENDING", None))
    assert paid == (200, "applied")
    assert await coins(shop) == 710
    assert await open_alarms(shop) == 0
    await assert_books_balance(shop)


async def test_payment_that_took_days_and_failed_is_declined(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    await tell(a_session_event(purchase, payment_status="unpaid"))
    failed = a_session_event(
        purchase, type="checkout.session.async_payment_failed", payment_status="unpaid"
    )

    assert await tell(failed) == (200, "applied")

    assert await now(shop, purchase) == ("DECLINED", payment_intent_of(purchase))
    assert await coins(shop) == 0


@pytest.mark.parametrize("payment_intent", [None, "pi_1"])
async def test_page_that_closed_unpaid_is_declined(
    shop: Pool, purchase: Purchase, tell: Tell, payment_intent: str | None
) -> None:
    """With a payment where the buyer had tried a card, and without."""
    expired = a_session_event(
        purchase,
        type="checkout.session.expired",
        payment_status="unpaid",
        payment_intent=payment_intent,
    )

    assert await tell(expired) == (200, "applied")

    assert await now(shop, purchase) == ("DECLINED", payment_intent)


async def test_page_that_closed_does_not_make_a_payment_unknown(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    """Whose id was told before, by whatever."""
    async with transaction(shop) as conn:
        await attach_checkout(conn, purchase, Checkout("pi_1", PAGE))
    expired = a_session_event(
        purchase, type="checkout.session.expired", payment_status="unpaid", payment_intent=None
    )

    assert await tell(expired) == (200, "applied")

    assert await now(shop, purchase) == ("DECLINED", "pi_1")


async def test_closed_after_paid_takes_nothing_back(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    """Stripe promises no order (E20)."""
    expired = a_session_event(
        purchase, type="checkout.session.expired", payment_status="unpaid", payment_intent=None
    )
    await tell(a_session_event(purchase))

    assert await tell(expired) == (200, "ignored")

    assert await coins(shop) == 710


async def test_paid_without_a_payment_credits_nothing(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    """Nothing could be taken back of it later: a person looks at it."""
    assert await tell(a_session_event(purchase, payment_intent=None)) == (202, "mismatched")

    assert await coins(shop) == 0
    assert await open_alarms(shop) == 1


async def test_delivered_at_once_and_again_credits_once(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    """The same event, and others of the same payment under ids of their own (E17, E22)."""
    body = a_session_event(purchase)
    others = [
        a_session_event(purchase, type="checkout.session.async_payment_succeeded") for _ in range(4)
    ]

    told = await asyncio.gather(*(tell(each) for each in [body] * 8 + others))

    codes = sorted(code for _, code in told)
    assert codes.count("applied") == 1
    assert codes.count("repeated") == 7
    assert codes.count("ignored") == 4
    assert await coins(shop) == 710
    assert len(await stored_events(shop)) == 2
    await assert_books_balance(shop)


async def test_a_payment_pays_for_one_of_two_purchases(
    shop: Pool, purchase: Purchase, order: Order, tell: Tell
) -> None:
    """Told of both at once: one is credited, the other alarms (E21)."""
    other = await order(user_id="bob")

    told = await asyncio.gather(
        *(tell(a_session_event(each, payment_intent="pi_1")) for each in (purchase, other))
    )

    assert sorted(code for _, code in told) == ["applied", "mismatched"]
    assert sorted([await coins(shop), await coins(shop, "bob")]) == [0, 710]
    assert await open_alarms(shop) == 1
    await assert_books_balance(shop)


async def test_second_payment_for_a_paid_purchase_alarms(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    """Two pages of one order, both paid: the money of the second has to go back."""
    await tell(a_session_event(purchase, payment_intent="pi_1"))

    told = await tell(a_session_event(purchase, payment_intent="pi_2"))

    assert told == (202, "mismatched")
    assert await now(shop, purchase) == ("CREDITED", "pi_1")
    assert await coins(shop) == 710


async def test_payment_before_its_purchase_waits_for_it(
    shop: Pool, tell: Tell, clock: SettableClock
) -> None:
    """Parked under an alarm, which the purchase resolves (E11)."""
    purchase = a_purchase(provider="stripe")
    parked = await tell(a_session_event(purchase))
    order = PurchaseOrder(purchase.purchase_id, "ann", "us-700", "stripe", "US")

    opened = await transact(shop, lambda conn: open_purchase(conn, order, at=clock()))

    assert parked == (202, "parked")
    assert opened.purchase.status == "CREDITED"
    assert await open_alarms(shop) == 0
    assert await coins(shop) == 710


@pytest.mark.parametrize(
    "change",
    [
        {"amount_total": 888},
        {"amount_total": 0},
        {"currency": "eur"},
        {"client_reference_id": None},
        {"client_reference_id": "not a purchase"},
    ],
    ids=str,
)
async def test_payment_of_something_else_credits_nothing_and_alarms(
    shop: Pool, purchase: Purchase, tell: Tell, change: dict[str, Any]
) -> None:
    assert await tell(a_session_event(purchase, **change)) == (202, "mismatched")

    assert await coins(shop) == 0
    assert await open_alarms(shop) == 1


async def test_purchase_of_another_provider_is_not_paid_by_stripe(shop: Pool, tell: Tell) -> None:
    other = a_purchase()
    async with transaction(shop) as conn:
        await insert_purchase(conn, other)

    assert await tell(a_session_event(other)) == (202, "mismatched")

    assert await coins(shop) == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (an_event("customer.created", {"id": "cus_1"}), "unknown_type"),
        (a_session_event(a_purchase(), payment_status="no_payment_required"), "unknown_type"),
        (a_session_event(a_purchase(), amount_total="much"), "malformed"),
        (b"[]", "malformed"),
        (b"", "malformed"),
    ],
    ids=["type", "free", "amount", "list", "empty"],
)
async def test_what_is_not_understood_is_kept_and_alarms(
    shop: Pool, tell: Tell, body: bytes, code: str
) -> None:
    """Never nodded through (E08)."""
    told = [await tell(body), await tell(body)]

    assert told == [(202, code), (200, "repeated")]
    assert await open_alarms(shop) == 1
    assert await shop.fetchval("SELECT count(*) FROM provider_delivery WHERE body = $1", body) == 2


async def test_crash_between_keeping_and_crediting_leaves_nothing(
    shop: Pool, purchase: Purchase, tell: Tell, contents: Contents
) -> None:
    """So Stripe sends it again, and then it credits (E18)."""
    await shop.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
        "CREATE TRIGGER die BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION die()"
    )
    before = await contents()
    body = a_session_event(purchase)

    assert await tell(body) == (503, "unavailable")

    assert await contents() == before
    await shop.execute("DROP TRIGGER die ON outbox")
    assert await tell(body) == (200, "applied")
    assert await coins(shop) == 710


async def test_secrets_may_be_rotated(shop: Pool, purchase: Purchase, tell: Tell) -> None:
    assert await tell(a_session_event(purchase), secret=OLD_SECRET) == (200, "applied")


async def test_turned_away_and_nothing_has_changed(
    shop: Pool, purchase: Purchase, tell: Tell, contents: Contents
) -> None:
    """Forged, changed, late, from the future; then the genuine one is applied (E19)."""
    body = a_session_event(purchase)
    richer = body.replace(b'"amount_total": 889', b'"amount_total": 888')
    before = await contents()

    told = [
        await tell(body, secret="whsec_guessed"),
        await tell(richer, signed=body),
        await tell(b"\xff" + body, signed=body),
        await tell(body, age_s=301),
        await tell(body, age_s=30 * 24 * 3_600),
        await tell(body, age_s=-301),
    ]

    assert told == [(401, "signature_invalid")] * 3 + [(400, "signature_stale")] * 3
    assert await contents() == before
    assert await tell(body) == (200, "applied")
    await assert_books_balance(shop)


async def test_another_story_under_a_used_id_alarms(
    shop: Pool, purchase: Purchase, tell: Tell
) -> None:
    closed: dict[str, Any] = {"payment_status": "unpaid", "payment_intent": None}
    await tell(
        a_session_event(purchase, type="checkout.session.expired", event_id="evt_1", **closed)
    )

    assert await tell(a_session_event(purchase, event_id="evt_1")) == (202, "contradicted")

    assert (await now(shop, purchase))[0] == "DECLINED"
    assert await coins(shop) == 0
