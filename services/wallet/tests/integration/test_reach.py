"""Whatever takes coins from a viewer can be undone when they turn out not to be paid for (E13)."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, get_args

import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from wallet.commands.expire_lots import expire_lots
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Voided
from wallet.domain.ledger import MovementKind
from wallet.domain.purchase import Purchase
from wallet.domain.reach import FOLLOWED, GIVES_BACK
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT
from wallet.testing.charging import SettableClock, charge
from wallet.testing.reversing import bought, claimed, tell

AT = ORDERED_AT + timedelta(days=40)

TAKES = """
SELECT m.kind FROM (SELECT unnest($1::text[]) AS kind, -1::bigint AS coins) AS m WHERE {check}
"""


async def test_e13_no_coins_are_taken_that_a_reversal_cannot_follow(pool: Pool) -> None:
    """The database's own rule of what may take coins is asked, kind by kind.

    Today coins buy nothing but gifts. A market, a pool or a challenge comes with a kind of
    movement, and this fails until it is said how a reversal gets at what it took.
    """
    check = await pool.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'movement_sign'"
    )
    known = sorted(set(re.findall(r"'(\w+)'::text", check)))
    rows = await pool.fetch(TAKES.format(check=check.removeprefix("CHECK ")), known)

    assert set(known) == set(get_args(MovementKind.__value__))
    assert {row["kind"] for row in rows} == FOLLOWED.keys() | GIVES_BACK
    assert not FOLLOWED.keys() & GIVES_BACK


async def give(pool: Pool) -> Purchase:
    purchase = await bought(pool, at=AT, coins=70_000, bonus_coins=0, amount_minor=70_000)
    request = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=70_000)
    await charge(pool, OnChargeRequested(now=SettableClock(AT)), [request])
    return purchase


async def expire(pool: Pool) -> Purchase:
    purchase = await bought(pool, at=AT, coins=10, bonus_coins=90, bonus_expires_after_days=1)
    async with transaction(pool) as conn:
        assert await expire_lots(conn, at=AT + timedelta(days=2))
    return purchase


async def repay(pool: Pool) -> Purchase:
    """A debt, and the purchase that pays it."""
    first = await bought(pool, at=AT, coins=50, bonus_coins=0)
    request = ChargeRequested(charge_id=uuid7(), payer_id="ann", order_key="star", coins=50)
    await charge(pool, OnChargeRequested(now=SettableClock(AT)), [request])
    await tell(pool, claimed(first, Voided()), at=AT)
    return await bought(pool, at=AT, coins=50, bonus_coins=0)


SCENES: Final[Mapping[MovementKind, Callable[[Pool], Awaitable[Purchase]]]] = {
    "charge": give,
    "expiry": expire,
    "repayment": repay,
}


@pytest.mark.parametrize("kind", sorted(FOLLOWED))
async def test_what_is_declared_is_what_happens(shop: Pool, kind: MovementKind) -> None:
    """All that the movement took is borne by those who are declared to, when its purchase goes."""
    purchase = await SCENES[kind](shop)
    taken = await shop.fetchval(
        "SELECT -sum(s.coins)::bigint FROM movement_slice AS s INNER JOIN lot AS l USING (lot_id)"
        " WHERE s.kind = $1 AND l.source_id = $2",
        kind,
        purchase.purchase_id,
    )

    await tell(shop, claimed(purchase, Voided()), at=AT + timedelta(days=3))

    borne = await shop.fetchval(
        "SELECT sum(l.coins)::bigint FROM reversal_leg AS l INNER JOIN reversal USING (reversal_id)"
        " WHERE purchase_id = $1 AND l.kind = ANY ($2::text[])",
        purchase.purchase_id,
        list(FOLLOWED[kind]),
    )
    assert borne == taken > 0
    await assert_books_balance(shop)
