"""What operations are told of the money: sums of the ledger, whichever process is asked."""

import re
from typing import Any

import pytest

from chassis.db import Pool, transact
from chassis.ids import uuid7
from chassis.telemetry import metrics
from contracts.gifts.v1 import ChargeRequested
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Refunded
from wallet.domain.purchase import Purchase
from wallet.store.purchases import insert_purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT, a_notice, a_purchase
from wallet.testing.charging import SettableClock, charge
from wallet.testing.reversing import bought, claimed, tell

type Deliver = Any


def house(account: str, side: str) -> float:
    labels = {"account": account, "side": side}
    return metrics.REGISTRY.get_sample_value("largesse_house_coins", labels) or 0.0


def sums() -> tuple[float, float]:
    """All debits and credits: their difference is what viewers hold."""
    samples = next(iter(metrics.HOUSE_COINS.collect())).samples
    debits = sum(each.value for each in samples if each.labels["side"] == "debits")
    return debits, sum(each.value for each in samples) - debits


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    metrics.HOUSE_COINS.clear()


async def test_sold_charged_taken_back_and_owed(shop: Pool, client: Any) -> None:
    """A purchase of 700 coins and 10 for nothing, gifts of 300, and all of the money taken back."""
    purchase = await bought(shop)
    request = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=300)
    await charge(shop, OnChargeRequested(now=SettableClock(ORDERED_AT)), [request])
    await client.get("/metrics")
    after_gift = sums()

    refund = claimed(purchase, Refunded(purchase.amount_minor, 0))
    assert await tell(shop, refund) == "applied"
    await client.get("/metrics")

    assert (house("mint:USD", "debits"), house("promotion", "debits")) == (700, 10)
    assert house("gift_clearing", "credits") == 300
    assert after_gift == (710, 300)
    debits, credits_ = sums()
    held = await shop.fetchval("SELECT sum(credits_coins - debits_coins) FROM account")
    owed = await shop.fetchval("SELECT sum(debt_coins) FROM account")
    assert debits - credits_ == held == 0
    assert house("mint:USD", "credits") == 700
    assert house("receivable", "debits") - house("receivable", "credits") == owed == 300
    await assert_books_balance(shop)


async def test_accounts_are_told_before_their_first_entry(shop: Pool, client: Any) -> None:
    """All that the journal allows but the mints: the first debt is growth."""
    await client.get("/metrics")

    told_of = {each.labels["account"] for each in next(iter(metrics.HOUSE_COINS.collect())).samples}
    rule = await shop.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'system_account_name'"
    )
    assert told_of == set(re.findall(r"'([a-z_]+)'::text", rule))
    assert sums() == (0, 0)


@pytest.fixture
async def purchase(shop: Pool) -> Purchase:
    purchase = a_purchase()
    await transact(shop, lambda conn: insert_purchase(conn, purchase))
    return purchase


def told(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"largesse_{name}", labels) or 0.0


async def test_how_long_a_payment_takes_to_become_coins(
    purchase: Purchase, deliver: Deliver
) -> None:
    """Of what was taken in: a forged delivery credits nothing, however fast."""
    before = told("webhook_seconds_count", provider="sandbox")

    await deliver(a_notice(purchase), secret="guessed")
    forged = told("webhook_seconds_count", provider="sandbox")
    await deliver(a_notice(purchase))

    assert forged == before
    assert told("webhook_seconds_count", provider="sandbox") == before + 1


async def test_a_defect_counts_as_a_failed_delivery(
    shop: Pool, purchase: Purchase, deliver: Deliver
) -> None:
    """The provider hears 500 and sends it again; meanwhile somebody has paid and has no coins."""
    await shop.execute("ALTER TABLE provider_event RENAME TO gone")
    before = told("webhook_deliveries_total", provider="sandbox", outcome="failed")

    with pytest.raises(Exception, match="provider_event"):
        await deliver(a_notice(purchase))

    after = told("webhook_deliveries_total", provider="sandbox", outcome="failed")
    assert after == before + 1
