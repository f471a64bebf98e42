"""Payments as providers tell of them: each is credited once, and nothing else ever is."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from chassis.telemetry import metrics
from contracts.wallet.v1 import BalanceChanged, CoinsPurchased
from wallet.domain.purchase import Purchase
from wallet.store.purchases import find_purchase, insert_purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import a_notice, a_purchase, stored_events
from wallet.testing.charging import SettableClock

type Deliver = Any
type Contents = Any


@pytest.fixture
async def purchase(shop: Pool) -> Purchase:
    """Ann has ordered 700 coins, with 10 on top, and not paid yet."""
    return await ordered(shop)


async def ordered(pool: Pool, **changes: object) -> Purchase:
    purchase = a_purchase(**changes)
    async with transaction(pool) as conn:
        await insert_purchase(conn, purchase)
    return purchase


async def status(pool: Pool, purchase: Purchase) -> str:
    async with pool.acquire() as conn:
        found = await find_purchase(conn, purchase.purchase_id)
    assert found is not None
    return found.status


async def coins(pool: Pool, user_id: str = "ann") -> int:
    return (
        await pool.fetchval(
            "SELECT credits_coins - debits_coins FROM account WHERE owner_id = $1", user_id
        )
        or 0
    )


async def open_alarms(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "SELECT reason FROM provider_alarm WHERE resolved_at IS NULL ORDER BY raised_at"
    )
    return [row["reason"] for row in rows]


async def outcomes(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT outcome FROM provider_event ORDER BY outcome")
    return [row["outcome"] for row in rows]


async def test_payment_becomes_coins_and_events(
    shop: Pool, purchase: Purchase, deliver: Deliver, clock: SettableClock
) -> None:
    """Two lots of two classes, told once each with what a reader needs."""
    response = await deliver(a_notice(purchase))

    assert (response.status_code, response.json()) == (200, {"code": "applied"})
    assert await status(shop, purchase) == "CREDITED"
    bought, balance = await stored_events(shop)
    assert isinstance(bought, CoinsPurchased)
    assert (bought.purchase_id, bought.user_id) == (purchase.purchase_id, "ann")
    assert (bought.amount_minor, bought.currency, bought.provider) == (889, "USD", "sandbox")
    refundable_until = clock() + timedelta(days=14)
    assert [
        (lot.lot_class, lot.coins, lot.refundable_until, lot.expires_at) for lot in bought.lots
    ] == [
        ("purchased", 700, refundable_until, None),
        ("bonus", 10, refundable_until, clock() + timedelta(days=90)),
    ]
    assert isinstance(balance, BalanceChanged)
    assert (balance.user_id, balance.coins, balance.cause) == ("ann", 710, "purchase")
    assert await open_alarms(shop) == []
    await assert_books_balance(shop)


async def test_purchase_without_bonus_is_one_lot(shop: Pool, deliver: Deliver) -> None:
    purchase = await ordered(shop, coins=70, bonus_coins=0, amount_minor=91)

    await deliver(a_notice(purchase))

    bought, _ = await stored_events(shop)
    assert isinstance(bought, CoinsPurchased)
    assert [(lot.lot_class, lot.coins) for lot in bought.lots] == [("purchased", 70)]
    await assert_books_balance(shop)


async def test_one_event_delivered_at_once_credits_once(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """Every delivery is kept, and answered with success (E17, E22)."""
    body = a_notice(purchase)

    responses = await asyncio.gather(*(deliver(body) for _ in range(12)))

    assert {response.status_code for response in responses} == {200}
    codes = sorted(response.json()["code"] for response in responses)
    assert codes == ["applied"] + ["repeated"] * 11
    assert await coins(shop) == 710
    assert len(await stored_events(shop)) == 2
    assert await shop.fetchval("SELECT count(*) FROM provider_delivery WHERE body = $1", body) == 12
    await assert_books_balance(shop)


async def test_events_of_one_payment_at_once_credit_once(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """The events' ids are new, the payment's is not (E17)."""
    responses = await asyncio.gather(*(deliver(a_notice(purchase)) for _ in range(8)))

    codes = sorted(response.json()["code"] for response in responses)
    assert codes == ["applied"] + ["ignored"] * 7
    assert await coins(shop) == 710
    assert len(await stored_events(shop)) == 2
    await assert_books_balance(shop)


async def test_a_payment_pays_for_one_of_two_purchases(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """Told of both at once, under references of both: one is credited, the other alarms."""
    other = await ordered(shop, user_id="bob")

    responses = await asyncio.gather(
        *(deliver(a_notice(each, payment_id="pay_1")) for each in (purchase, other))
    )

    assert sorted(response.json()["code"] for response in responses) == ["applied", "mismatched"]
    assert sorted([await coins(shop), await coins(shop, "bob")]) == [0, 710]
    assert len(await open_alarms(shop)) == 1
    await assert_books_balance(shop)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 888},
        {"amount_minor": 890},
        {"amount_minor": 0},
        {"currency": "EUR"},
        {"reference": "not a purchase"},
        {"payment_id": "pay_of_another"},
    ],
    ids=str,
)
async def test_payment_of_something_else_credits_nothing_and_alarms(
    shop: Pool, deliver: Deliver, change: dict[str, Any]
) -> None:
    purchase = await ordered(shop)
    await shop.execute(
        "UPDATE purchase SET status = 'PENDING', payment_id = 'pay_1', checkout_url = 'http://x/'"
    )

    terms: dict[str, Any] = {"payment_id": "pay_1"}
    response = await deliver(a_notice(purchase, **terms | change))

    assert (response.status_code, response.json()["code"]) == (202, "mismatched")
    assert await status(shop, purchase) == "PENDING"
    assert await coins(shop) == 0
    assert await stored_events(shop) == []
    assert len(await open_alarms(shop)) == 1
    await assert_books_balance(shop)


async def test_reference_in_another_spelling_is_none_of_ours(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """It would escape the lock, and whoever looks for parked payments."""
    for spelling in (str(purchase.purchase_id).upper(), purchase.purchase_id.hex):
        response = await deliver(a_notice(purchase, reference=spelling))
        assert response.json()["code"] == "mismatched"

    assert await coins(shop) == 0


async def test_declined_and_then_paid_is_paid(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """Money that arrives is credited, whatever was said before."""
    declined = await deliver(a_notice(purchase, type="payment.declined"))
    again = await deliver(a_notice(purchase, type="payment.declined"))
    assert await status(shop, purchase) == "DECLINED"
    paid = await deliver(a_notice(purchase))

    codes = [response.json()["code"] for response in (declined, again, paid)]
    assert codes == ["applied", "ignored", "applied"]
    assert await status(shop, purchase) == "CREDITED"
    assert await coins(shop) == 710
    await assert_books_balance(shop)


async def test_declined_after_paid_takes_nothing_back(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """Events come in any order: a state never goes back (E20)."""
    await deliver(a_notice(purchase))

    response = await deliver(a_notice(purchase, type="payment.declined"))

    assert (response.status_code, response.json()["code"]) == (200, "ignored")
    assert await status(shop, purchase) == "CREDITED"
    assert await coins(shop) == 710


async def test_unknown_type_is_kept_and_alarms(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """What we cannot handle, such as a new kind of reversal, is not nodded through (E08)."""
    body = a_notice(purchase, type="payment.reviewed")

    response = await deliver(body)
    again = await deliver(body)

    assert (response.status_code, response.json()["code"]) == (202, "unknown_type")
    assert again.json()["code"] == "repeated"
    assert await open_alarms(shop) == ["an event of a type that is not known"]
    assert await shop.fetchval("SELECT count(*) FROM provider_delivery WHERE body = $1", body) == 2
    assert await status(shop, purchase) == "CREATED"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x80\xff\x00",
        b"{}",
        b"null",
        b"[" * 60_000,
        b'{"id": "evt_1", "type": "x", "data": ' + b"[" * 60_000,
        b'{"id": "evt_1", "type": "payment.succeeded"}',
        b'{"id": "evt\\u0000", "type": "x"}',
        b'{"id": "evt_1", "type": "\xff"}',
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_authentic_but_unreadable_is_kept_and_alarms(
    shop: Pool, deliver: Deliver, body: bytes
) -> None:
    """Sent again it is known by its content, and alarms once."""
    responses = [await deliver(body), await deliver(body)]

    assert [(each.status_code, each.json()["code"]) for each in responses] == [
        (202, "malformed"),
        (200, "repeated"),
    ]
    assert len(await open_alarms(shop)) == 1
    assert await shop.fetchval("SELECT count(*) FROM provider_delivery WHERE body = $1", body) == 2


async def test_another_story_under_a_used_id_alarms(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """A retry says the same; what says something else has no effect and is looked at."""
    await deliver(a_notice(purchase, event_id="evt_1", type="payment.declined"))

    response = await deliver(a_notice(purchase, event_id="evt_1"))

    assert (response.status_code, response.json()["code"]) == (202, "contradicted")
    assert await status(shop, purchase) == "DECLINED"
    assert await open_alarms(shop) == ["an event that came before and said something else then"]


async def test_crash_between_keeping_and_crediting_leaves_nothing(
    shop: Pool, purchase: Purchase, deliver: Deliver, contents: Contents
) -> None:
    """The event is not remembered either, so that its retry credits (E18)."""
    await shop.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
        "CREATE TRIGGER die BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION die()"
    )
    before = await contents()
    body = a_notice(purchase)

    crashed = await deliver(body)

    assert (crashed.status_code, crashed.json()["code"]) == (503, "unavailable")
    assert await contents() == before
    await shop.execute("DROP TRIGGER die ON outbox")
    assert (await deliver(body)).json()["code"] == "applied"
    assert await coins(shop) == 710
    assert len(await stored_events(shop)) == 2
    await assert_books_balance(shop)


async def test_metric_counts_open_alarms(
    shop: Pool, purchase: Purchase, deliver: Deliver, client: Any
) -> None:
    """As the database has them, whichever process they came to, and after a restart."""
    line = 'largesse_webhooks_unmatched{provider="sandbox"} '
    metrics.WEBHOOKS_UNMATCHED.clear()
    await deliver(a_notice(purchase, type="payment.reviewed"))
    await deliver(a_notice(a_purchase(purchase_id=uuid7())))

    first = await client.get("/metrics")
    await shop.execute("UPDATE provider_alarm SET resolved_at = now()")
    second = await client.get("/metrics")

    assert line + "2.0" in first.text
    assert line + "0.0" in second.text
    assert await outcomes(shop) == ["parked", "unknown_type"]
