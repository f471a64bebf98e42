"""What Apple gives back is taken back here, and what it takes again is restored, once."""

import itertools
from typing import Any

import httpx
import pytest

from chassis.db import Pool
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from support.apple_signing import AppleSigner
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import charge


def told(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


@pytest.fixture
async def purchase_id(order: Any) -> str:
    return await order("app_store")


@pytest.fixture
def said(apple: AppleSigner, purchase_id: str) -> Any:
    """`said(percent=100_000)`: the transaction, with that much of it given back."""

    def make(*, percent: int | None = None, **changes: Any) -> str:
        revoked: dict[str, Any] = {}
        if percent is not None:
            revoked = {
                "revocationDate": 1_700_000_000_000,
                "revocationReason": 1,
                "revocationPercentage": percent,
            }
        return apple.transaction(
            purchase_id, "apple_700", **{"transactionId": "42", **revoked, **changes}
        )

    return make


async def status(pool: Pool) -> str:
    return await pool.fetchval("SELECT status FROM purchase")


async def test_refund_takes_back_the_purchase_and_its_bonus(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any
) -> None:
    await confirm(purchase_id, said())

    answers = [
        await notify("REFUND", said(percent=100_000), uuid="one"),
        await notify("REFUND", said(percent=100_000), uuid="one"),
        await notify("REFUND", said(percent=100_000), uuid="two"),
    ]

    assert [told(answer)[1] for answer in answers] == ["applied", "repeated", "ignored"]
    assert (await status(shop), await coins()) == ("REFUNDED", 0)
    await assert_books_balance(shop)


async def test_refund_without_a_share_is_of_everything(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any
) -> None:
    await confirm(purchase_id, said())

    await notify("REFUND", said(revocationDate=1_700_000_000_000))

    assert (await status(shop), await coins()) == ("REFUNDED", 0)


async def test_prorated_refund_takes_its_share(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any
) -> None:
    """Of the price in our book, whatever Apple charged: 40 % of 8.99 is 3.59."""
    await confirm(purchase_id, said())

    await notify("REFUND", said(percent=40_000, price=12_990, currency="CAD"))

    assert await status(shop) == "PARTIALLY_REFUNDED"
    assert await shop.fetchval("SELECT claimed_minor FROM payment_claim") == 359
    assert 0 < await coins() < 710
    await assert_books_balance(shop)


@pytest.mark.parametrize("percent", [40_000, 100_000])
async def test_reversed_refund_restores_exactly_that_once(
    shop: Pool,
    purchase_id: str,
    confirm: Any,
    notify: Any,
    said: Any,
    coins: Any,
    percent: int,
) -> None:
    """Told twice it gives back once (E10)."""
    await confirm(purchase_id, said())
    await notify("REFUND", said(percent=percent))

    answers = [await notify("REFUND_REVERSED", said()) for _ in range(2)]

    assert [told(answer) for answer in answers] == [(200, "applied"), (200, "ignored")]
    assert (await status(shop), await coins()) == ("CREDITED", 710)
    await assert_books_balance(shop)


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(3))), ids=str)
async def test_any_order_ends_the_same(
    shop: Pool,
    purchase_id: str,
    notify: Any,
    said: Any,
    coins: Any,
    sequence: tuple[int, ...],
) -> None:
    """Charge, refund and its reversal, as they may arrive (E11, E20)."""
    events = [
        ("ONE_TIME_CHARGE", said()),
        ("REFUND", said(percent=100_000)),
        ("REFUND_REVERSED", said()),
    ]

    for index in sequence:
        await notify(*events[index])

    assert (await status(shop), await coins()) == ("CREDITED", 710)
    await assert_books_balance(shop)


async def test_refund_before_its_payment_leaves_nothing_to_spend(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any, alarms: Any
) -> None:
    """The old receipt, shown after the refund, credits and takes back in one (E11)."""
    parked = await notify("REFUND", said(percent=100_000))

    confirmed = await confirm(purchase_id, said())

    assert told(parked) == (202, "parked")
    assert confirmed["purchase"]["status"] == "REFUNDED"
    assert await coins() == 0
    assert await alarms() == []
    await assert_books_balance(shop)


async def test_refund_that_names_no_purchase_finds_it_by_its_payment(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any
) -> None:
    """The app gave Apple no account token; before and after the receipt was shown."""
    anonymous = {"appAccountToken": None}
    await confirm(purchase_id, said(**anonymous))

    assert told(await notify("REFUND", said(percent=100_000, **anonymous))) == (200, "applied")

    assert (await status(shop), await coins()) == ("REFUNDED", 0)


async def test_anonymous_refund_before_its_receipt_waits_for_it(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any, alarms: Any
) -> None:
    anonymous = {"appAccountToken": None}
    parked = await notify("REFUND", said(percent=100_000, **anonymous))

    confirmed = await confirm(purchase_id, said(**anonymous))

    assert told(parked) == (202, "parked")
    assert confirmed["purchase"]["status"] == "REFUNDED"
    assert (await coins(), await alarms()) == (0, [])
    await assert_books_balance(shop)


async def test_receipt_shown_again_does_not_erase_the_refund(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any
) -> None:
    """Neither the one from before the refund nor the one that tells of it."""
    receipt = said()
    await confirm(purchase_id, receipt)
    await notify("REFUND", said(percent=100_000))
    before = await shop.fetch("SELECT * FROM payment_claim")

    answers = [await confirm(purchase_id, each) for each in (receipt, said(percent=100_000))]
    again = await notify("ONE_TIME_CHARGE", receipt)

    assert [each["purchase"]["status"] for each in answers] == ["REFUNDED"] * 2
    assert told(again) == (200, "ignored")
    assert await shop.fetch("SELECT * FROM payment_claim") == before
    assert await coins() == 0


async def test_second_refund_after_a_reversal_is_looked_at(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any, alarms: Any
) -> None:
    """It may be the first one, late: Apple tells states, not totals. Not passed over (E08)."""
    await confirm(purchase_id, said())
    await notify("REFUND", said(percent=100_000))
    await notify("REFUND_REVERSED", said())

    answer = await notify("REFUND", said(percent=100_000))

    assert told(answer) == (202, "mismatched")
    assert len(await alarms()) == 1
    assert await coins() == 710


async def test_spent_coins_become_debt_and_come_back(
    shop: Pool, purchase_id: str, confirm: Any, notify: Any, said: Any, coins: Any
) -> None:
    """The way back through the whole waterfall, and forth again (E02, E10)."""
    await confirm(purchase_id, said())
    wanted = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="creator", coins=600)
    await charge(shop, OnChargeRequested(), [wanted])

    await notify("REFUND", said(percent=100_000))
    refunded = await coins()
    legs = await shop.fetchval("SELECT sum(coins) FROM reversal_leg")
    await notify("REFUND_REVERSED", said())

    assert (refunded, legs) == (0, 710)
    assert await coins() == 110
    assert await shop.fetchval("SELECT sum(debt_coins) FROM account") == 0
    await assert_books_balance(shop)
