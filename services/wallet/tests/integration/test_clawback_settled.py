"""What creators were asked for is settled once, as payouts answers, and given back to the same."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis.batch import Batch, Received
from chassis.db import Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from contracts.payouts.v1 import CLAWBACK, ClawbackSettled
from contracts.wallet.v1 import ChargePosted
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.consumers.clawback_settled import OnClawbackSettled
from wallet.domain.claims import Refunded
from wallet.domain.purchase import Purchase
from wallet.testing.buying import ORDERED_AT
from wallet.testing.charging import SettableClock, answers, charge
from wallet.testing.reversing import bought, claimed, tell

pytestmark = pytest.mark.usefixtures("closed_books")

AT = ORDERED_AT + timedelta(days=40)
"""Under the second version of the policy."""


async def system(pool: Pool) -> dict[str, int]:
    """What each system account holds; those that hold nothing left out."""
    rows = await pool.fetch(
        "SELECT name, sum(credits_coins - debits_coins)::bigint AS coins FROM system_account"
        " GROUP BY name HAVING sum(credits_coins - debits_coins) <> 0"
    )
    return {row["name"]: row["coins"] for row in rows}


async def asked(
    pool: Pool, *gifts: int, coins: int = 80_000
) -> tuple[Purchase, list[ClawbackSettled]]:
    """A refund of a purchase that was given away, beyond what its buyer may owe.

    The answers that bear all of what creators are asked for.
    """
    purchase = await bought(pool, at=AT, coins=coins, bonus_coins=0, amount_minor=coins)
    for number, each in enumerate(gifts):
        request = ChargeRequested(
            charge_id=uuid7(), payer_id="ann", order_key=f"star-{number}", coins=each
        )
        handler = OnChargeRequested(now=SettableClock(AT))
        (answer,) = answers(await charge(pool, handler, [request]))
        assert isinstance(answer, ChargePosted), answer
    assert await tell(pool, claimed(purchase, Refunded(coins, 0)), at=AT) == "applied"
    rows = await pool.fetch(
        "SELECT * FROM reversal_leg WHERE kind = 'creator_unmatured' ORDER BY position"
    )
    return purchase, [
        ClawbackSettled(
            reversal_id=row["reversal_id"],
            position=row["position"],
            creator_id=row["party"],
            gift_id=row["charge_id"],
            lot_id=row["lot_id"],
            covered_coins=row["coins"],
            uncovered_coins=0,
            micro_diamonds=1,
            settled_at=AT,
        )
        for row in rows
    ]


def split(
    answer: ClawbackSettled,
    covered: int,
    reinstatement_id: UUID | None = None,
    coins: int | None = None,
) -> ClawbackSettled:
    whole = answer.covered_coins + answer.uncovered_coins if coins is None else coins
    return ClawbackSettled(
        reversal_id=answer.reversal_id,
        position=answer.position,
        creator_id=answer.creator_id,
        gift_id=answer.gift_id,
        lot_id=answer.lot_id,
        covered_coins=covered,
        uncovered_coins=whole - covered,
        micro_diamonds=1,
        settled_at=AT,
        reinstatement_id=reinstatement_id,
    )


async def answer(pool: Pool, *events: ClawbackSettled, at: datetime = AT) -> Batch:
    batch = Batch(CLAWBACK.name, [Received(e, 0, n, None) for n, e in enumerate(events)], 0)
    async with transaction(pool) as conn:
        await OnClawbackSettled(now=lambda: at).apply(conn, batch)
    return batch


async def test_what_creators_bear_comes_out_of_their_gifts(shop: Pool) -> None:
    """Answered twice, in one batch and in two: once."""
    _, told = await asked(shop, 60_000, 20_000)
    before = await system(shop)

    await answer(shop, *told, *told)
    await answer(shop, *reversed(told))

    assert before == {"gift_clearing": 80_000, "receivable": -50_000, "creator_claim": -30_000}
    assert await system(shop) == {"gift_clearing": 50_000, "receivable": -50_000}
    assert await shop.fetchval("SELECT count(*) FROM leg_settlement") == len(told) == 2


async def test_what_they_do_not_is_the_reserves_and_then_the_platforms(shop: Pool) -> None:
    """E04: it had matured. The reserve's limit is one of the whole reversal."""
    _, told = await asked(shop, 60_000, 20_000)

    for each in told:
        await answer(shop, split(each, 0))

    assert await system(shop) == {
        "gift_clearing": 80_000,
        "receivable": -50_000,
        "reserve": -10_000,
        "platform_loss": -20_000,
    }


async def test_given_back_all_is_as_before(shop: Pool) -> None:
    """Whether the answer to the reversal comes before the reinstatement or after it."""
    purchase, told = await asked(shop, 60_000, 20_000)
    await answer(shop, split(told[0], 5_000))
    assert await tell(shop, claimed(purchase, Refunded(80_000, 80_000)), at=AT) == "applied"
    await answer(shop, split(told[1], 3_000))
    reinstatement_id = await shop.fetchval("SELECT reinstatement_id FROM reinstatement")

    back = [
        split(each, covered, reinstatement_id)
        for each, covered in zip(told, (5_000, 3_000), strict=True)
    ]
    await answer(shop, *back)
    await answer(shop, *back)

    assert await system(shop) == {"mint:USD": -80_000, "gift_clearing": 80_000}


async def test_what_cannot_be_true_is_set_aside(shop: Pool) -> None:
    """Nobody was asked for it, or for another amount; or it was answered before, differently."""
    _, told = await asked(shop, 60_000, 20_000)
    await answer(shop, told[0])

    batch = await answer(
        shop,
        split(told[0], 1),
        split(told[1], 1, coins=7),
        split(told[1], 1, uuid7()),
        told[1],
    )

    assert sorted(batch.set_aside_reasons) == [(0, 0), (0, 1), (0, 2)]
    assert "creator_claim" not in await system(shop)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE leg_settlement SET covered_coins = 0",
        "DELETE FROM leg_settlement",
        "INSERT INTO leg_settlement SELECT reversal_id, position, gen_random_uuid(), covered_coins,"
        " 0, 0, settled_at FROM leg_settlement",
    ],
)
async def test_the_database_refuses_what_must_not_be(shop: Pool, statement: str) -> None:
    _, told = await asked(shop, 60_000)
    await answer(shop, *told)

    with pytest.raises((asyncpg.CheckViolationError, asyncpg.RestrictViolationError)):
        await shop.execute(statement)
