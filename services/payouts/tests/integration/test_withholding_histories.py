"""Random payouts, forms, corrections and returns, beside a slow model of who is owed what (E41)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.db import Pool, transact, transaction
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from payouts.commands.move_payout import move_payout
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import MOVES, RELEASED, Move, Payout, PayoutStatus
from payouts.domain.tax_form import FormKind
from payouts.store.withholding import find_due, select_years
from payouts.testing import SENT_AT, a_rate
from payouts.testing.paying import (
    CREATOR,
    add_method,
    assert_payouts_balance,
    earn,
    request,
    review,
    some_terms,
)
from payouts.testing.taxing import (
    assert_withholding_balances,
    correct,
    declare,
    preview,
    us_table,
)

LIMIT_MINOR = 2**50
FORMS = {
    2_400: None,
    0: (FormKind.W9, "US", False, "123456789"),
    500: (FormKind.W8BEN, "AU", True, "12345678901"),
    1_500: (FormKind.W8BEN, "IN", True, "ABCDE1234F"),
    3_000: (FormKind.OTHER, "BR", False, "12345678901"),
}
"""What says that so much is withheld; nothing does at first."""


@dataclass
class Model:
    """What happened, in lists."""

    payouts: list[Payout] = field(default_factory=list[Payout])
    corrected: dict[UUID, int] = field(default_factory=dict[UUID, int])
    bps: int = 2_400
    has_form: bool = False

    def tax(self, payout: Payout) -> int:
        """What the tax office is owed of a payout."""
        if payout.status is not PayoutStatus.PAID:
            return 0
        return payout.withheld_minor - self.corrected.get(payout.payout_id, 0)

    def due(self) -> int:
        """What the creator is owed: corrections of what was paid, less what payouts carry."""
        owed = sum(
            self.corrected.get(each.payout_id, 0)
            for each in self.payouts
            if each.status is PayoutStatus.PAID
        )
        return owed - sum(
            each.correction_minor for each in self.payouts if each.status not in RELEASED
        )

    def excesses(self) -> dict[UUID, int]:
        """What could be corrected now."""
        if not self.has_form:
            return {}
        found = {
            each.payout_id: self.tax(each) - each.gross_minor * self.bps // 10_000
            for each in self.payouts
        }
        return {payout_id: excess for payout_id, excess in found.items() if excess > 0}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("request"), st.integers(1_000, 3_000), st.integers(0, 0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("pay"), st.integers(0, 9), st.integers(0, 0)),
        st.tuples(st.just("declare"), st.sampled_from(sorted(FORMS)), st.integers(0, 0)),
        st.tuples(st.just("correct"), st.integers(0, 9), st.integers(0, 0)),
    ),
    min_size=8,
    max_size=40,
)


@pytest.mark.timeout(300)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_everybody_is_owed_what_the_model_says(
    servers: Servers, steps: Sequence[tuple[str, int, int]]
) -> None:
    asyncio.run(play(servers.postgres_dsn, steps))


async def play(server_dsn: str, steps: Sequence[tuple[str, int, int]]) -> None:
    async with migrated(server_dsn, "payouts.migrations", connections_max=2) as database:
        pool = database.pool
        async with transaction(pool) as conn:
            await publish_rates(conn, [a_rate()], now=clock.now())
            terms = some_terms(day_max_minor=LIMIT_MINOR, week_max_minor=LIMIT_MINOR)
            await publish_terms(conn, [terms], now=clock.now())
            await publish_withholding(conn, [us_table(1)], now=clock.now())
        at = SENT_AT + timedelta(days=9)
        await review(pool, at=at)
        method = await add_method(pool, at=at)
        await earn(pool, 10**8)
        model = Model()
        for kind, one, two in steps:
            at += timedelta(seconds=1)
            match kind:
                case "request":
                    await ask(pool, model, method, one, at)
                case "move":
                    await push(pool, model, one, two, at)
                case "pay":
                    for _ in range(3):
                        await push(pool, model, one, 9, at, towards=PayoutStatus.PAID)
                case "declare":
                    await tell(pool, model, one, at)
                case _:
                    await mend(pool, model, one, at)
            await compare(pool, model, at)
        await assert_payouts_balance(pool)
        await assert_withholding_balances(pool)


async def ask(
    pool: Pool, model: Model, method: PayoutMethod, gross_minor: int, at: datetime
) -> None:
    due_minor = model.due()
    payout = (await request(pool, method, gross_minor * 2_000_000, at=at)).payout
    kept = payout.fixed_fee_minor + payout.proportional_fee_minor + payout.withheld_minor
    assert payout.gross_minor == gross_minor
    assert payout.withheld_minor == gross_minor * model.bps // 10_000
    assert payout.correction_minor == max(due_minor, 1 - (gross_minor - kept))
    assert payout.net_minor == gross_minor - kept + payout.correction_minor >= 1
    model.payouts.append(payout)


async def push(
    pool: Pool,
    model: Model,
    which: int,
    where: int,
    at: datetime,
    *,
    towards: PayoutStatus | None = None,
) -> None:
    """Move one of the payouts on, wherever it may go, or on its way to be paid."""
    if not model.payouts:
        return
    place = which % len(model.payouts)
    payout = model.payouts[place]
    ways = sorted(MOVES[payout.status])
    if towards is not None:
        on_the_way = {PayoutStatus.QUEUED, PayoutStatus.SUBMITTED, towards}
        ways = [way for way in ways if way in on_the_way]
    if ways:
        move = Move(ways[where % len(ways)], at, "test", "why")
        moved = await transact(pool, lambda conn: move_payout(conn, payout, move))
        assert moved is not None
        model.payouts[place] = moved


async def tell(pool: Pool, model: Model, bps: int, at: datetime) -> None:
    form = FORMS[bps]
    if form is None:
        return
    kind, country, claims_treaty, tax_id = form
    await declare(pool, kind, country, claims_treaty=claims_treaty, tax_id=tax_id, at=at)
    model.bps, model.has_form = bps, True


async def mend(pool: Pool, model: Model, which: int, at: datetime) -> None:
    """Correct one of those that can be, twice over."""
    excesses = list(model.excesses().items())
    if not excesses:
        return
    payout_id, excess_minor = excesses[which % len(excesses)]
    [payout] = [each for each in model.payouts if each.payout_id == payout_id]
    replayed = [(await correct(pool, payout, excess_minor, at=at)).replayed for _ in range(2)]
    assert replayed == [False, True]
    model.corrected[payout_id] = model.corrected.get(payout_id, 0) + excess_minor


async def compare(pool: Pool, model: Model, at: datetime) -> None:
    async with pool.acquire() as conn:
        due_minor = await find_due(conn, CREATOR, "USD")
        owed = await select_years(conn, CREATOR)
    assert due_minor == model.due()
    assert sum(each.tax_minor for each in owed) == sum(model.tax(each) for each in model.payouts)
    assert {each.tax_year for each in owed} <= {at.year}
    seen = {each.payout.payout_id: each.excess_minor for each in await preview(pool, at=at)}
    assert seen == model.excesses()
