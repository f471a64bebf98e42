"""Refunds and disputes as Stripe tells of them, from the signed webhook to what was booked."""

import asyncio
import itertools
from typing import Any

import pytest

from chassis.db import Pool
from contracts.wallet.v1 import BalanceChanged, PurchaseReversed
from wallet.domain.purchase import Purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import stored_events
from wallet.testing.replay import replay
from wallet.testing.stripe import (
    a_charge_event,
    a_dispute_event,
    a_refund_event,
    a_session_event,
    an_event,
)

type Tell = Any
type Order = Any


@pytest.fixture
async def paid(purchase: Purchase, tell: Tell) -> Purchase:
    """Ann has paid 8.89 USD for 700 coins and 10 on top."""
    assert await tell(a_session_event(purchase)) == (200, "applied")
    return purchase


@pytest.fixture(autouse=True)
async def _books_balance(shop: Pool) -> Any:
    """After every test, whatever it did."""
    yield
    await assert_books_balance(shop)


async def status(pool: Pool) -> str:
    return await pool.fetchval("SELECT status FROM purchase")


async def taken_minor(pool: Pool) -> int:
    """What was taken back of the payment and not given back."""
    return await pool.fetchval(
        "SELECT ((SELECT coalesce(sum(amount_minor), 0) FROM reversal)"
        " - (SELECT coalesce(sum(amount_minor), 0) FROM reinstatement))::bigint"
    )


async def coins(pool: Pool) -> int:
    return await pool.fetchval(
        "SELECT credits_coins - debits_coins FROM account WHERE owner_id = 'ann'"
    )


async def standing(pool: Pool) -> tuple[str, int, int]:
    """The purchase's status, what was taken back in cents, and the coins that ann has."""
    return await status(pool), await taken_minor(pool), await coins(pool)


async def open_alarms(pool: Pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM provider_alarm WHERE resolved_at IS NULL") or 0


async def test_full_refund_takes_the_lot(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """With its bonus (E01), told by the charge."""
    assert await tell(a_charge_event(paid, refunded_minor=889)) == (200, "applied")

    assert await standing(shop) == ("REFUNDED", 889, 0)
    (told,) = [each for each in await stored_events(shop) if isinstance(each, PurchaseReversed)]
    assert told.purchase_id == paid.purchase_id
    assert await open_alarms(shop) == 0


async def test_charge_tells_totals(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """What is new of a total is booked; the same again, or an older one, is nothing (E03)."""
    told = [
        await tell(a_charge_event(paid, refunded_minor=minor)) for minor in (300, 300, 500, 300)
    ]

    assert [code for _, code in told] == ["applied", "ignored", "applied", "ignored"]
    assert (await standing(shop))[:2] == ("PARTIALLY_REFUNDED", 500)


async def test_refunds_told_one_by_one_add_up(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """Each by its own id, however often and with whatever event (E03, E17)."""
    told = [
        await tell(a_refund_event(paid, refund_id=refund_id, amount_minor=minor, type=type_))
        for refund_id, minor, type_ in (
            ("re_1", 300, "refund.created"),
            ("re_1", 300, "refund.updated"),
            ("re_1", 300, "charge.refund.updated"),
            ("re_2", 200, "refund.created"),
        )
    ]

    assert [code for _, code in told] == ["applied", "ignored", "ignored", "applied"]
    assert (await standing(shop))[:2] == ("PARTIALLY_REFUNDED", 500)


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(4)))[::5], ids=str)
async def test_both_ways_of_telling_book_once(
    shop: Pool, paid: Purchase, tell: Tell, sequence: tuple[int, ...]
) -> None:
    """In any order: the total and its parts are one thing (E20)."""
    told = (
        a_charge_event(paid, refunded_minor=300),
        a_charge_event(paid, refunded_minor=500),
        a_refund_event(paid, refund_id="re_1", amount_minor=300),
        a_refund_event(paid, refund_id="re_2", amount_minor=200),
    )

    for index in sequence:
        await tell(told[index])

    assert (await standing(shop))[:2] == ("PARTIALLY_REFUNDED", 500)


async def test_refund_that_is_on_its_way_is_taken_at_once(
    shop: Pool, paid: Purchase, tell: Tell
) -> None:
    """The money is promised: its coins are not to be spent meanwhile."""
    assert await tell(a_refund_event(paid, amount_minor=889, status="pending")) == (200, "applied")

    assert await standing(shop) == ("REFUNDED", 889, 0)


@pytest.mark.parametrize("failed", ["failed", "canceled"])
async def test_refund_that_failed_is_given_back_once(
    shop: Pool, paid: Purchase, tell: Tell, failed: str
) -> None:
    """Exactly what it took (E10)."""
    await tell(a_charge_event(paid, refunded_minor=889))
    await tell(a_refund_event(paid, amount_minor=889, status="pending"))

    told = [
        await tell(a_refund_event(paid, amount_minor=889, status=failed, type=type_))
        for type_ in ("refund.failed", "refund.updated")
    ]

    assert told == [(200, "applied"), (200, "ignored")]
    assert await standing(shop) == ("CREDITED", 0, 710)


async def test_refund_after_one_that_failed_is_taken_in_full(
    shop: Pool, paid: Purchase, tell: Tell
) -> None:
    """Stripe's total has fallen in between, and says nothing of that (E06)."""
    await tell(a_charge_event(paid, refunded_minor=889))
    await tell(a_refund_event(paid, amount_minor=889))
    await tell(a_refund_event(paid, amount_minor=889, status="failed", type="refund.failed"))
    assert await standing(shop) == ("CREDITED", 0, 710)

    await tell(a_charge_event(paid, refunded_minor=400))
    await tell(a_refund_event(paid, refund_id="re_2", amount_minor=400))

    assert (await standing(shop))[:2] == ("PARTIALLY_REFUNDED", 400)


async def test_dispute_holds_from_the_beginning(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """Not only when it is decided; its fee is ours either way (E05)."""
    assert await tell(a_dispute_event(paid, fee=None)) == (200, "applied")
    assert await standing(shop) == ("DISPUTED", 889, 0)

    withdrawn = a_dispute_event(paid, type="charge.dispute.funds_withdrawn")
    assert await tell(withdrawn) == (200, "ignored")

    fees = await shop.fetch("SELECT claim, fee_minor, currency FROM dispute_fee")
    assert [tuple(row) for row in fees] == [("dispute:du_1", 1500, "USD")]


async def test_dispute_lost_stays_taken(shop: Pool, paid: Purchase, tell: Tell) -> None:
    await tell(a_dispute_event(paid))

    lost = a_dispute_event(paid, type="charge.dispute.closed", status="lost")

    assert await tell(lost) == (200, "applied")
    assert await standing(shop) == ("CHARGED_BACK", 889, 0)
    assert await shop.fetchval("SELECT count(*) FROM reversal_settled") == 1


async def test_dispute_won_gives_back_once(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """By whichever of its two events comes first."""
    await tell(a_dispute_event(paid))

    told = [
        await tell(a_dispute_event(paid, type=type_, status="won"))
        for type_ in ("charge.dispute.funds_reinstated", "charge.dispute.closed")
    ]

    assert told == [(200, "applied"), (200, "ignored")]
    assert await standing(shop) == ("CREDITED", 0, 710)


async def test_dispute_won_before_it_was_opened_stays_won(
    shop: Pool, paid: Purchase, tell: Tell
) -> None:
    """Stripe promises no order (E20)."""
    await tell(a_dispute_event(paid, type="charge.dispute.closed", status="won"))
    await tell(a_dispute_event(paid))
    await tell(a_dispute_event(paid, type="charge.dispute.updated", status="under_review"))

    assert await standing(shop) == ("CREDITED", 0, 710)


async def test_funds_that_come_back_in_part_decide_nothing(
    shop: Pool, paid: Purchase, tell: Tell
) -> None:
    """Stripe gives back what had been refunded before; whether it is won, the status says."""
    await tell(a_dispute_event(paid))

    reinstated = a_dispute_event(paid, type="charge.dispute.funds_reinstated")

    assert await tell(reinstated) == (200, "ignored")
    assert await status(shop) == "DISPUTED"


async def test_refund_after_a_dispute_won(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """What came back is netted, so the refund takes all of it (E06)."""
    await tell(a_dispute_event(paid))
    await tell(a_dispute_event(paid, type="charge.dispute.closed", status="won"))

    await tell(a_charge_event(paid, refunded_minor=889))

    assert await standing(shop) == ("REFUNDED", 889, 0)


async def test_refund_and_dispute_take_no_more_than_was_paid(
    shop: Pool, paid: Purchase, tell: Tell
) -> None:
    """Told at once (E07)."""
    await asyncio.gather(
        tell(a_dispute_event(paid)),
        tell(a_charge_event(paid, refunded_minor=500)),
        tell(a_refund_event(paid, refund_id="re_1", amount_minor=500)),
    )

    assert await taken_minor(shop) == 889
    assert await coins(shop) == 0


@pytest.mark.parametrize(
    "status_", ["warning_needs_response", "warning_under_review", "warning_closed"]
)
async def test_inquiry_takes_nothing(shop: Pool, paid: Purchase, tell: Tell, status_: str) -> None:
    """The bank asks; it may become a dispute, and then says so."""
    inquiry = a_dispute_event(paid, status=status_, fee=None)

    assert await tell(inquiry) == (200, "ignored")

    assert await standing(shop) == ("CREDITED", 0, 710)
    assert await open_alarms(shop) == 0


@pytest.mark.parametrize(
    "early",
    [
        lambda purchase: a_charge_event(purchase, refunded_minor=889),
        lambda purchase: a_refund_event(purchase, amount_minor=889),
        lambda purchase: a_dispute_event(
            purchase, type="charge.dispute.closed", status="lost", fee=None
        ),
    ],
    ids=["charge", "refund", "dispute"],
)
async def test_taken_back_before_it_was_paid(
    shop: Pool, purchase: Purchase, tell: Tell, early: Any
) -> None:
    """Parked, also where only the payment is named that nobody knows yet; never spendable (E11)."""
    parked = await tell(early(purchase))
    alarmed = await open_alarms(shop)

    applied = await tell(a_session_event(purchase))

    assert (parked, alarmed, applied) == ((202, "parked"), 1, (200, "applied"))
    assert (await standing(shop))[1:] == (889, 0)
    assert await open_alarms(shop) == 0
    # One commit and one balance: nobody has ever seen coins.
    balances = [each for each in await stored_events(shop) if isinstance(each, BalanceChanged)]
    assert [each.coins for each in balances] == [0]
    await replay(shop)


async def test_taken_back_while_it_is_paid(shop: Pool, order: Order, tell: Tell) -> None:
    """At the same moment, many times: neither misses the other."""
    purchases = [await order() for _ in range(12)]

    await asyncio.gather(
        *(tell(a_session_event(each)) for each in purchases),
        *(tell(a_refund_event(each, amount_minor=889)) for each in purchases),
    )

    statuses = await shop.fetch("SELECT DISTINCT status FROM purchase")
    assert [row["status"] for row in statuses] == ["REFUNDED"]
    assert await coins(shop) == 0
    assert await open_alarms(shop) == 0


async def test_claims_on_a_payment_of_nobody_wait(shop: Pool, paid: Purchase, tell: Tell) -> None:
    """A person looks at them, and nobody loses coins for them."""
    stranger = a_dispute_event(paid, payment_intent="pi_of_another_shop")

    assert await tell(stranger) == (202, "parked")

    assert await standing(shop) == ("CREDITED", 0, 710)
    assert await open_alarms(shop) == 1


@pytest.mark.parametrize(
    "body",
    [
        lambda purchase: a_charge_event(purchase, refunded_minor=1, amount=1_000),
        lambda purchase: a_charge_event(purchase, refunded_minor=1, currency="eur"),
        lambda purchase: a_charge_event(purchase, refunded_minor=890),
        lambda purchase: a_refund_event(purchase, amount_minor=890),
        lambda purchase: a_refund_event(purchase, amount_minor=100, currency="eur"),
        lambda purchase: a_dispute_event(purchase, currency="eur"),
    ],
    ids=["amount", "currency", "too much", "refund too much", "refund currency", "dispute"],
)
async def test_claim_on_something_else_alarms(
    shop: Pool, paid: Purchase, tell: Tell, body: Any
) -> None:
    assert await tell(body(paid)) == (202, "mismatched")

    assert await standing(shop) == ("CREDITED", 0, 710)
    assert await open_alarms(shop) == 1


async def test_refund_of_something_else_is_not_added_up(
    shop: Pool, paid: Purchase, tell: Tell
) -> None:
    await tell(a_refund_event(paid, refund_id="re_1", amount_minor=300, currency="eur"))

    await tell(a_refund_event(paid, refund_id="re_2", amount_minor=100))

    assert await taken_minor(shop) == 100


@pytest.mark.parametrize(
    "body",
    [
        lambda purchase: a_dispute_event(purchase, status="prevented"),
        lambda purchase: a_refund_event(purchase, amount_minor=1, status="reversed"),
        lambda _: an_event("charge.refund.reversed", {"id": "re_1"}),
    ],
    ids=["dispute", "refund", "type"],
)
async def test_what_is_not_known_is_never_nodded_through(
    shop: Pool, paid: Purchase, tell: Tell, body: Any
) -> None:
    """A way to take money back that we do not know has a person look at it (E08)."""
    assert await tell(body(paid)) == (202, "unknown_type")

    assert await open_alarms(shop) == 1


async def test_currency_without_decimals(shop: Pool, order: Order, tell: Tell) -> None:
    """Stripe's amounts are not ours; a fee is in the currency of the account (E45)."""
    purchase = await order(amount_minor=1_400, currency="ISK")
    await tell(a_session_event(purchase))

    await tell(a_refund_event(purchase, amount_minor=400))
    await tell(a_dispute_event(purchase, fee=2_000, fee_currency="eur"))

    assert await shop.fetch("SELECT claimed_minor FROM payment_claim ORDER BY seq") == [
        (400,),
        (1_400,),
    ]
    assert await taken_minor(shop) == 1_400
    fee = await shop.fetchrow("SELECT fee_minor, currency FROM dispute_fee")
    assert fee == (2_000, "EUR")
