"""Random histories of earning and paying out, against a formula that knows neither buckets nor
locks: what is available is what has matured, less what payouts hold or have paid."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

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
from payouts.domain.earnings import Earnings
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import MOVES, Move, Payout, PayoutStatus
from payouts.domain.refusals import InsufficientDiamondsError, PayoutBelowMinimumError
from payouts.store.earnings import select_earnings
from payouts.testing import SENT_AT, a_rate, assert_books_balance
from payouts.testing.paying import (
    CREATOR,
    add_method,
    assert_payouts_balance,
    earn,
    request,
    review,
    some_terms,
    some_withholding,
)

RATE_CHANGES = SENT_AT + timedelta(days=10)
LIMIT_MINOR = 10**9


@dataclass
class Model:
    """What happened, in lists."""

    earned: list[tuple[date, int]] = field(default_factory=list[tuple[date, int]])
    """From which day it is safe, and micro-diamonds."""
    payouts: list[Payout] = field(default_factory=list[Payout])

    def matured(self, now: datetime) -> int:
        return sum(amount for day, amount in self.earned if day <= now.date())

    def carried(self, *statuses: PayoutStatus) -> int:
        return sum(each.micro_diamonds for each in self.payouts if each.status in statuses)

    def held(self) -> int:
        ended = {PayoutStatus.CANCELED, PayoutStatus.FAILED, PayoutStatus.RETURNED}
        return self.carried(*(set(PayoutStatus) - ended))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(1, 30_000), st.integers(0, 20)),
        st.tuples(st.just("request"), st.integers(1, 120), st.integers(0, 0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 8), st.integers(0, 0)),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.timeout(300)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_available_is_the_brute_force_formula(
    servers: Servers, steps: Sequence[tuple[str, int, int]]
) -> None:
    asyncio.run(play(servers.postgres_dsn, steps))


async def play(server_dsn: str, steps: Sequence[tuple[str, int, int]]) -> None:
    async with migrated(server_dsn, "payouts.migrations", connections_max=2) as database:
        pool = database.pool
        async with transaction(pool) as conn:
            rates = [a_rate(), a_rate(2, RATE_CHANGES, micro_minor=1_000_000)]
            await publish_rates(conn, rates, now=SENT_AT - timedelta(days=1))
            terms = some_terms(day_max_minor=LIMIT_MINOR, week_max_minor=LIMIT_MINOR)
            await publish_terms(conn, [terms], now=clock.now())
            await publish_withholding(conn, [some_withholding()], now=clock.now())
        await review(pool, at=SENT_AT)
        method = await add_method(pool, at=SENT_AT)
        model, now = Model(), SENT_AT
        for kind, one, two in steps:
            match kind:
                case "earn":
                    safe = now + timedelta(days=two)
                    await earn(pool, one, refundable_until=safe, sent_at=now)
                    # Gifts are sent at noon: the day on which the window ends is not over yet.
                    model.earned.append((safe.date() + timedelta(days=1), one * 500_000))
                case "request":
                    await ask(pool, model, method, one, now)
                case "move":
                    await push(pool, model, one, two, now)
                case _:
                    now += timedelta(days=one)
            await compare(pool, model, now)
        await assert_books_balance(pool)
        await assert_payouts_balance(pool)


async def ask(pool: Pool, model: Model, method: PayoutMethod, percent: int, now: datetime) -> None:
    """For a share of what there is, or more."""
    free = model.matured(now) - model.held()
    wanted = max(free * percent // 100, 1)
    try:
        requested = await request(pool, method, wanted, at=now)
    except InsufficientDiamondsError as error:
        told: int | None = error.available_micro_diamonds
    except PayoutBelowMinimumError:
        told = None
    else:
        assert wanted <= free
        payout = requested.payout
        assert wanted - 2_000_000 < payout.micro_diamonds <= wanted
        model.payouts.append(payout)
        return
    assert told == (free if wanted > free else None)


async def push(pool: Pool, model: Model, which: int, where: int, now: datetime) -> None:
    """Move one of the payouts on, wherever it may go."""
    if not model.payouts:
        return
    place = which % len(model.payouts)
    payout = model.payouts[place]
    ways = sorted(MOVES[payout.status])
    if ways:
        move = Move(ways[where % len(ways)], now, "test", "why")
        moved = await transact(pool, lambda conn: move_payout(conn, payout, move))
        assert moved is not None
        model.payouts[place] = moved


async def compare(pool: Pool, model: Model, now: datetime) -> None:
    async with pool.acquire() as conn:
        found = (await select_earnings(conn, [CREATOR], now.date())).get(CREATOR, Earnings.of(()))
    paid = model.carried(PayoutStatus.PAID)
    assert found.paid_out.micro_diamonds == paid
    assert found.reserved.micro_diamonds == model.held() - paid
    assert found.available.micro_diamonds == model.matured(now) - model.held()
    lifetime = sum(amount for _, amount in model.earned)
    assert found.pending.micro_diamonds == lifetime - model.matured(now)
    assert found.lifetime.micro_diamonds == lifetime
