"""What the database refuses of reversals, whatever program asks for it."""

import asyncio

import asyncpg
import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT
from wallet.testing.charging import SettableClock, charge
from wallet.testing.reversing import bought, claimed, tell


@pytest.fixture
async def books(shop: Pool) -> Pool:
    """A partial refund, a dispute that was won, and a debt."""
    purchase = await bought(shop, coins=100, bonus_coins=0, amount_minor=100)
    request = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=90)
    await charge(shop, OnChargeRequested(now=SettableClock(ORDERED_AT)), [request])
    await tell(shop, claimed(purchase, Refunded(50, 0)))
    await tell(shop, claimed(purchase, Disputed("dp", "opened", 30, 5)))
    await tell(shop, claimed(purchase, Disputed("dp", "won", 30, 5)))
    return shop


REVERSAL = (
    "INSERT INTO reversal (reversal_id, purchase_id, claim, amount_minor, coins, policy_version,"
    " is_held, actor, note, booked_at) SELECT gen_random_uuid(), purchase_id, claim, {amount},"
    " {coins}, 1, false, 'provider:sandbox', NULL, now() FROM payment_claim WHERE claim = 'refund'"
)
IMPOSSIBLE = {
    "a reversal without legs": REVERSAL.format(amount=10, coins=10),
    "more than was paid": REVERSAL.format(amount=51, coins=0),
    "an operator who gives no reason": REVERSAL.format(amount=1, coins=0).replace(
        "provider:sandbox", "operator:otto"
    ),
    "a leg that comes later": "INSERT INTO reversal_leg SELECT reversal_id, 9, 'platform_loss', 1,"
    " 1, NULL, NULL FROM reversal LIMIT 1",
    "a creator's leg of no gift": "INSERT INTO reversal_leg SELECT reversal_id, 9,"
    " 'creator_unmatured', 1, 1, 'star', NULL FROM reversal LIMIT 1",
    "a loss of nobody's": "INSERT INTO reversal_leg SELECT reversal_id, 9, 'payer_debt', 1, 1,"
    " NULL, NULL FROM reversal LIMIT 1",
    "a leg given back twice": "INSERT INTO reinstatement_leg (reinstatement_id, reversal_id,"
    " position, coins, is_expired) SELECT r.reinstatement_id, l.reversal_id, l.position,"
    " l.coins + 1, false FROM reinstatement AS r, reversal_leg AS l"
    " WHERE l.kind = 'unspent'",
    "more given back than was taken": "INSERT INTO reinstatement (reinstatement_id, purchase_id,"
    " claim, amount_minor, coins, actor, booked_at) SELECT gen_random_uuid(), purchase_id, claim,"
    " 51, 0, 'provider:sandbox', now() FROM payment_claim WHERE claim = 'refund'",
    "a claim that shrinks": "UPDATE payment_claim SET claimed_minor = claimed_minor - 1",
    "a dispute that opens again": "UPDATE payment_claim SET is_open = true"
    " WHERE claim = 'dispute:dp'",
    "more returned than claimed": "UPDATE payment_claim SET returned_minor = claimed_minor + 1",
    "an open refund": "INSERT INTO payment_claim (purchase_id, claim, kind, claimed_minor,"
    " returned_minor, is_open, told_at) SELECT purchase_id, 'void', 'void', 1, 0, true, now()"
    " FROM purchase",
    "a debt below nothing": "INSERT INTO debt_entry (entry_id, account_id, kind, coins, debt_coins,"
    " lot_id, is_expired, posted_at) VALUES (gen_random_uuid(), 1, 'repaid', 1, -1, 1, false,"
    " now())",
    "a transfer to itself": "INSERT INTO transfer VALUES (gen_random_uuid(), gen_random_uuid(),"
    " 'reserve', 'reserve', 0, 1, now())",
    "a debt that moves coins": "INSERT INTO movement (movement_id, account_id, version, coins,"
    " balance_coins, posted_at, lot_id, counter_shard, kind, outcome, counter) VALUES"
    " (gen_random_uuid(), 1, 99, 1, 1, now(), 1, 0, 'debt', 'posted', 'receivable')",
    **{
        f"{verb} {table}": f"{verb} {table}{change}"
        for table in ("reversal", "reversal_leg", "reinstatement", "reinstatement_leg")
        for verb, change in (("DELETE FROM", ""), ("TRUNCATE", " CASCADE"))
    },
    **{
        f"no edit of {table}": f"UPDATE {table} SET coins = coins + 1"  # noqa: S608
        for table in ("reversal", "reversal_leg", "reinstatement_leg", "transfer", "debt_entry")
    },
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
async def test_refuses(books: Pool, what: str) -> None:
    """At once, or when the transaction ends."""
    with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError)):
        async with transaction(books) as conn:
            await conn.execute(IMPOSSIBLE[what])

    await assert_books_balance(books)


async def test_reversals_and_charges_at_once_lose_no_coin(shop: Pool) -> None:
    """Twenty refunds of a part each, twice told, race for the account with a worker's charges."""
    purchase = await bought(shop, coins=1_000, bonus_coins=0, amount_minor=1_000)
    handler = OnChargeRequested(now=SettableClock(ORDERED_AT))

    async def spend() -> None:
        for _ in range(20):
            requests = [
                ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=10)
                for _ in range(3)
            ]
            await charge(shop, handler, requests)

    async def refund(minor: int) -> None:
        await tell(shop, claimed(purchase, Refunded(minor, 0)))

    await asyncio.gather(spend(), *(refund(50 * (n % 20 + 1)) for n in range(40)))

    assert await shop.fetchval("SELECT sum(coins) FROM reversal") == 1_000
    held, owed = await shop.fetchrow(
        "SELECT credits_coins - debits_coins, debt_coins FROM account"
    ) or (0, 0)
    spent = await shop.fetchval(
        "SELECT -sum(coins) FROM movement WHERE kind = 'charge' AND outcome = 'posted'"
    )
    assert held == 0
    assert owed == spent
    await assert_books_balance(shop)


async def test_copies_of_one_event_at_once_book_once(shop: Pool) -> None:
    purchase = await bought(shop)
    event = claimed(purchase, Refunded(889, 0))

    outcomes = await asyncio.gather(*(tell(shop, event) for _ in range(8)))

    assert sorted(outcomes) == ["applied"] + ["repeated"] * 7
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 1
    await assert_books_balance(shop)


async def test_an_event_id_at_once_for_two_purchases_takes_one_back(shop: Pool) -> None:
    """Whoever comes second is told apart by what they say, not turned away by the database."""
    purchases = [await bought(shop, user_id=f"viewer-{number}") for number in range(6)]
    events = [claimed(each, Refunded(each.amount_minor, 0)) for each in purchases]
    events = [each._replace(event_id=events[0].event_id) for each in events]

    outcomes = await asyncio.gather(*(tell(shop, event) for event in events))

    assert sorted(outcomes) == ["applied"] + ["contradicted"] * 5
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 1
    assert await shop.fetchval("SELECT count(*) FROM provider_delivery") == 6 + 6
    await assert_books_balance(shop)
