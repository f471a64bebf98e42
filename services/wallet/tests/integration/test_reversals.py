"""Money taken back and given back: the edge cases of economy.md, each by its number."""

from datetime import timedelta
from uuid import UUID

import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import (
    BalanceChanged,
    ChargePosted,
    CoinsPurchased,
    PurchaseReinstated,
    PurchaseReversed,
)
from wallet.commands.expire_lots import expire_lots
from wallet.commands.purchase_coins import open_purchase
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded, Voided
from wallet.domain.purchase import Purchase, PurchaseOrder
from wallet.store.purchases import insert_purchase
from wallet.testing.buying import ORDERED_AT, a_purchase, stored_events
from wallet.testing.charging import SettableClock, answers, charge
from wallet.testing.reversing import bought, claimed, paid, tell

pytestmark = pytest.mark.usefixtures("closed_books")


async def spend(pool: Pool, coins: int, *, payer: str = "ann", creator: str = "star") -> UUID:
    """A gift of `coins` that is charged."""
    request = ChargeRequested(charge_id=uuid7(), payer_id=payer, order_key=creator, coins=coins)
    handler = OnChargeRequested(now=SettableClock(ORDERED_AT))
    (answer,) = answers(await charge(pool, handler, [request]))
    assert isinstance(answer, ChargePosted), answer
    return request.charge_id


async def may_spend(pool: Pool, coins: int) -> bool:
    request = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=coins)
    handler = OnChargeRequested(now=SettableClock(ORDERED_AT))
    (answer,) = answers(await charge(pool, handler, [request], fails=False))
    return isinstance(answer, ChargePosted)


async def held(pool: Pool, owner: str = "ann") -> tuple[int, int]:
    """Coins and debt."""
    row = await pool.fetchrow(
        "SELECT credits_coins - debits_coins, debt_coins FROM account WHERE owner_id = $1", owner
    )
    assert row is not None
    return row[0], row[1]


async def legs(pool: Pool) -> list[tuple[str, int]]:
    """Kind and coins of each leg, in the order booked."""
    rows = await pool.fetch(
        "SELECT l.kind, l.coins FROM reversal_leg AS l INNER JOIN reversal AS r USING (reversal_id)"
        " ORDER BY r.seq, l.position"
    )
    return [(row[0], row[1]) for row in rows]


async def system(pool: Pool) -> dict[str, int]:
    """What each system account holds; those that hold nothing left out."""
    rows = await pool.fetch(
        "SELECT name, sum(credits_coins - debits_coins)::bigint AS coins FROM system_account"
        " GROUP BY name HAVING sum(credits_coins - debits_coins) <> 0"
    )
    return {row["name"]: row["coins"] for row in rows}


async def status(pool: Pool, purchase: Purchase) -> str:
    return await pool.fetchval(
        "SELECT status FROM purchase WHERE purchase_id = $1", purchase.purchase_id
    )


async def test_e01_refund_of_unspent_coins_takes_that_lot_and_its_bonus(shop: Pool) -> None:
    """And never coins of another purchase, though those would be spent first."""
    other = await bought(shop, coins=50, bonus_coins=0)
    purchase = await bought(shop)

    outcome = await tell(shop, claimed(purchase, Refunded(889, 0)))

    assert outcome == "applied"
    assert await legs(shop) == [("unspent", 700), ("unspent", 10)]
    assert await held(shop) == (50, 0)
    assert await system(shop) == {"mint:USD": -50}
    assert (await status(shop, purchase), await status(shop, other)) == ("REFUNDED", "CREDITED")


async def test_e02_refund_after_gifting_follows_the_waterfall(shop: Pool) -> None:
    """Unspent rest, then the payer's debt up to its cap, then the reserve, then we."""
    purchase = await bought(shop, coins=100_000, bonus_coins=0, amount_minor=100_000)
    await spend(shop, 99_000)

    await tell(shop, claimed(purchase, Refunded(100_000, 0)))

    assert await legs(shop) == [
        ("unspent", 1_000),
        ("payer_debt", 50_000),
        ("reserve", 10_000),
        ("platform_loss", 39_000),
    ]
    assert await held(shop) == (0, 50_000)
    assert await system(shop) == {
        "gift_clearing": 99_000,
        "receivable": -50_000,
        "reserve": -10_000,
        "platform_loss": -39_000,
    }


async def test_e03_cumulative_totals_book_the_delta(shop: Pool) -> None:
    """The same total again, under another event, is a no-op; and so is an older one."""
    purchase = await bought(shop, coins=100, bonus_coins=10, amount_minor=1_000)

    outcomes = [
        await tell(shop, claimed(purchase, Refunded(minor, 0)))
        for minor in (300, 300, 500, 300, 1_000)
    ]

    assert outcomes == ["applied", "ignored", "applied", "ignored", "applied"]
    assert await legs(shop) == [
        *(("unspent", 30), ("unspent", 3)),
        *(("unspent", 20), ("unspent", 2)),
        *(("unspent", 50), ("unspent", 5)),
    ]
    assert await held(shop) == (0, 0)
    assert await status(shop, purchase) == "REFUNDED"


async def test_partial_refund_is_partial(shop: Pool) -> None:
    """Less than a coin's worth takes no coin, and is on record."""
    purchase = await bought(shop, coins=3, bonus_coins=0, amount_minor=1_000)

    await tell(shop, claimed(purchase, Refunded(1, 0)))

    assert await status(shop, purchase) == "PARTIALLY_REFUNDED"
    assert await held(shop) == (3, 0)
    assert await shop.fetchval("SELECT amount_minor FROM reversal") == 1


async def test_e05_dispute_holds_and_is_released_when_won(shop: Pool) -> None:
    purchase = await bought(shop)
    await spend(shop, 300)
    before = await held(shop)
    accounts = await system(shop)

    await tell(shop, claimed(purchase, Disputed("dp_1", "opened", 889, 1_500)))
    opened = await held(shop), await status(shop, purchase), await system(shop)
    await tell(shop, claimed(purchase, Disputed("dp_1", "won", 889, 1_500)))

    assert opened[:2] == ((0, 300), "DISPUTED")
    assert opened[2] == accounts | {"reversal_clearing": 710, "receivable": -300}
    assert await held(shop) == before
    assert await system(shop) == accounts
    assert await status(shop, purchase) == "CREDITED"
    assert await shop.fetchval("SELECT fee_minor FROM dispute_fee") == 1_500


async def test_e05_dispute_lost_converts_and_the_fee_is_charged_once(shop: Pool) -> None:
    purchase = await bought(shop)

    for stage in ("opened", "opened", "lost", "lost"):
        await tell(shop, claimed(purchase, Disputed("dp_1", stage, 889, 1_500)))

    assert await held(shop) == (0, 0)
    assert await system(shop) == {}
    assert await status(shop, purchase) == "CHARGED_BACK"
    assert await shop.fetch("SELECT fee_minor FROM dispute_fee") == [(1_500,)]
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 1


async def test_e06_dispute_won_and_then_a_real_refund_is_taken_in_full(shop: Pool) -> None:
    """What was given back counts: clawed back so far is what was taken less that."""
    purchase = await bought(shop)

    await tell(shop, claimed(purchase, Disputed("dp_1", "opened", 889, 0)))
    await tell(shop, claimed(purchase, Disputed("dp_1", "won", 889, 0)))
    await tell(shop, claimed(purchase, Refunded(889, 0)))

    assert await held(shop) == (0, 0)
    assert await status(shop, purchase) == "REFUNDED"


async def test_e07_refund_and_chargeback_take_no_more_than_was_paid(shop: Pool) -> None:
    purchase = await bought(shop)

    await tell(shop, claimed(purchase, Refunded(500, 0)))
    await tell(shop, claimed(purchase, Disputed("dp_1", "lost", 889, 0)))
    await tell(shop, claimed(purchase, Refunded(889, 0)))

    assert await shop.fetchval("SELECT sum(amount_minor) FROM reversal") == 889
    assert sum(coins for _, coins in await legs(shop)) == 710
    assert await held(shop) == (0, 0)


async def test_e09_shortfall_is_a_receivable_netted_from_the_next_purchase(shop: Pool) -> None:
    """It blocks spending until it is paid; never is a balance below zero or a debt forgotten."""
    purchase = await bought(shop, coins=100, bonus_coins=0)
    await spend(shop, 100)
    other = await bought(shop, coins=30, bonus_coins=0)
    await tell(shop, claimed(purchase, Voided()))
    assert await held(shop) == (30, 100)
    assert not await may_spend(shop, 1)

    await bought(shop, coins=80, bonus_coins=0)
    partly = await held(shop)
    await bought(shop, coins=50, bonus_coins=10)

    assert partly == (30, 20)
    assert await held(shop) == (70, 0)
    assert await may_spend(shop, 70)
    assert "receivable" not in await system(shop)
    assert await status(shop, other) == "CREDITED"


async def test_e10_refund_reversed_restores_exactly_what_it_took_once(shop: Pool) -> None:
    purchase = await bought(shop)
    await spend(shop, 300)
    before = await held(shop), await system(shop)

    await tell(shop, claimed(purchase, Refunded(889, 0)))
    outcomes = [await tell(shop, claimed(purchase, Refunded(889, 889))) for _ in range(2)]
    late = await tell(shop, claimed(purchase, Refunded(889, 0)))

    assert (outcomes, late) == (["applied", "ignored"], "ignored")
    assert (await held(shop), await system(shop)) == before
    assert await status(shop, purchase) == "CREDITED"


async def test_e10_what_was_repaid_goes_back_into_the_lot_that_repaid_it(shop: Pool) -> None:
    """The debt was paid out of a later purchase when the refund turned out to be none."""
    purchase = await bought(shop, coins=100, bonus_coins=0)
    await spend(shop, 100)
    await tell(shop, claimed(purchase, Refunded(889, 0)))
    await bought(shop, coins=60, bonus_coins=0)
    assert await held(shop) == (0, 40)

    await tell(shop, claimed(purchase, Refunded(889, 889)))

    assert await held(shop) == (60, 0)


@pytest.mark.parametrize("known", [True, False], ids=["ordered", "unknown"])
async def test_e11_refund_before_its_payment_is_parked_and_never_spendable(
    shop: Pool, known: bool
) -> None:
    """Credited and taken back in one commit, whether or not the purchase was known by then."""
    purchase = a_purchase()
    if known:
        async with transaction(shop) as conn:
            await insert_purchase(conn, purchase)

    early = await tell(shop, claimed(purchase, Refunded(889, 0)))
    if not known:
        assert await tell(shop, paid(purchase)) == "parked"
        await order(shop, purchase)
    else:
        assert await tell(shop, paid(purchase)) == "applied"

    assert early == "parked"
    assert await held(shop) == (0, 0)
    assert await status(shop, purchase) == "REFUNDED"
    assert await shop.fetchval("SELECT count(*) FROM provider_alarm WHERE resolved_at IS NULL") == 0
    events = await stored_events(shop)
    assert [type(event) for event in events] == [CoinsPurchased, PurchaseReversed, BalanceChanged]
    assert await shop.fetchval("SELECT count(*) FROM outbox") == 1


async def order(pool: Pool, purchase: Purchase) -> None:
    """What `purchaseCoins` does with an order whose payment was faster."""
    wanted = PurchaseOrder(
        purchase.purchase_id, purchase.user_id, purchase.bundle_id, purchase.provider, "US"
    )
    async with transaction(pool) as conn:
        await open_purchase(conn, wanted, at=ORDERED_AT)


async def test_e12_refund_after_the_bonus_expired_balances(shop: Pool) -> None:
    """What expired is nobody's loss: breakage gives up what it had gained."""
    purchase = await bought(shop)
    later = ORDERED_AT + timedelta(days=100)
    async with transaction(shop) as conn:
        await expire_lots(conn, at=later)

    await tell(shop, claimed(purchase, Refunded(889, 0)), at=later)

    assert await legs(shop) == [("unspent", 700), ("expired", 10)]
    assert await system(shop) == {}


async def test_e12_reinstated_after_the_bonus_expired_it_stays_expired(shop: Pool) -> None:
    purchase = await bought(shop)
    later = ORDERED_AT + timedelta(days=100)
    await tell(shop, claimed(purchase, Refunded(889, 0)))

    await tell(shop, claimed(purchase, Refunded(889, 889)), at=later)
    again = await tell(shop, claimed(purchase, Disputed("dp_1", "lost", 889, 0)), at=later)

    assert again == "applied"
    assert (await legs(shop))[-2:] == [("unspent", 700), ("expired", 10)]
    assert await system(shop) == {}


async def test_e20_events_in_any_order_end_the_same(shop: Pool) -> None:
    """A won dispute stays won though it is told of its opening and loss afterwards."""
    purchase = await bought(shop)

    outcomes = [
        await tell(shop, claimed(purchase, Disputed("dp_1", stage, 889, 0)))
        for stage in ("won", "lost", "opened")
    ]

    assert outcomes == ["applied", "ignored", "ignored"]
    assert await held(shop) == (710, 0)
    assert await status(shop, purchase) == "CREDITED"
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 0


async def test_late_reinstatement_after_a_lost_dispute(shop: Pool) -> None:
    """The money came back after all."""
    purchase = await bought(shop)
    await spend(shop, 10)

    for stage in ("opened", "lost", "won"):
        await tell(shop, claimed(purchase, Disputed("dp_1", stage, 889, 0)))

    assert await held(shop) == (700, 0)
    assert await system(shop) == {"gift_clearing": 10, "mint:USD": -700, "promotion": -10}


async def test_part_given_back_goes_to_who_lost_last(shop: Pool) -> None:
    """The waterfall runs backwards: debt is forgiven before unspent coins come back."""
    purchase = await bought(shop, coins=100, bonus_coins=0, amount_minor=100)
    await spend(shop, 40)
    await tell(shop, claimed(purchase, Refunded(100, 0)))

    await tell(shop, claimed(purchase, Refunded(100, 30)))
    partly = await held(shop)
    await tell(shop, claimed(purchase, Refunded(100, 100)))

    assert partly == (0, 10)
    assert await held(shop) == (60, 0)


async def test_dispute_won_restores_what_it_took_though_rounding_would_not(shop: Pool) -> None:
    """A coin is worth two minor units, and refunds of one each stand beside the dispute."""
    purchase = await bought(shop, coins=2, bonus_coins=0, amount_minor=4)
    await tell(shop, claimed(purchase, Refunded(1, 0)))
    await tell(shop, claimed(purchase, Disputed("dp_1", "opened", 1, 0)))
    await tell(shop, claimed(purchase, Refunded(2, 0)))
    disputed = await held(shop)

    await tell(shop, claimed(purchase, Disputed("dp_1", "won", 1, 0)))
    won = await held(shop)
    await tell(shop, claimed(purchase, Refunded(4, 0)))

    assert (disputed, won) == ((1, 0), (2, 0))
    assert await held(shop) == (0, 0)


async def test_void_is_the_end(shop: Pool) -> None:
    purchase = await bought(shop)

    await tell(shop, claimed(purchase, Voided()))
    await tell(shop, claimed(purchase, Disputed("dp_1", "opened", 889, 0)))

    assert await status(shop, purchase) == "VOIDED"
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 1


async def test_refund_of_more_than_was_paid_is_looked_at(shop: Pool) -> None:
    purchase = await bought(shop)

    assert await tell(shop, claimed(purchase, Refunded(890, 0))) == "mismatched"
    assert await held(shop) == (710, 0)


async def test_events_tell_every_leg(shop: Pool) -> None:
    """What was taken and given back, with the balance after it, and nothing twice."""
    purchase = await bought(shop)
    await spend(shop, 30)
    await tell(shop, claimed(purchase, Disputed("dp_1", "opened", 889, 0)))
    await tell(shop, claimed(purchase, Disputed("dp_1", "won", 889, 0)))

    taken, after_taking, back, after_giving = (await stored_events(shop))[2:]

    assert isinstance(taken, PurchaseReversed)
    assert [(leg.kind, leg.coins) for leg in taken.legs] == [
        ("unspent", 680),
        ("payer_debt", 20),
        ("payer_debt", 10),
    ]
    assert (taken.coins, taken.is_held, taken.part, taken.parts) == (710, True, 1, 1)
    assert isinstance(after_taking, BalanceChanged)
    assert (after_taking.coins, after_taking.debt_coins) == (0, 30)
    assert isinstance(back, PurchaseReinstated)
    assert [(leg.kind, leg.coins) for leg in back.legs] == [
        ("payer_debt", 10),
        ("payer_debt", 20),
        ("unspent", 680),
    ]
    assert {leg.reversal_id for leg in back.legs} == {taken.reversal_id}
    assert isinstance(after_giving, BalanceChanged)
    assert (after_giving.coins, after_giving.cause) == (680, "reinstatement")
