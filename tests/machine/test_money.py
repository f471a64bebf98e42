"""Random purchases, gifts, refunds, disputes, payouts, forms and contracts, through the services'
real handlers, beside models that are written apart from them.

Deliveries come in any order that Kafka could make of them, late, twice, and to workers that have
just been started. After every step each service's books agree with the models as far as it has been
told; in the end everything is delivered, and who has lost what is what the models say.
"""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from chassis.db import Pool
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from payouts.testing import assert_books_balance as assert_earnings_balance
from payouts.testing import paying
from payouts.testing.agreeing import assert_commissions_balance
from payouts.testing.taxing import assert_withholding_balances
from support.money.machine import MoneyMachine
from support.money.shop import SERVICES, World, a_policy
from wallet.commands import (
    book_reversal,
    plan_minor_refund,
    refund_minor,
    reverse_purchase,
    settle_claims,
    settle_legs,
)
from wallet.testing.books import assert_books_balance as assert_wallets_balance

SHRINKING_MAX_S = 15
"""A history of a few steps too many is read sooner than the shortest one is found."""
POLICY_READERS = (
    book_reversal,
    plan_minor_refund,
    refund_minor,
    reverse_purchase,
    settle_claims,
    settle_legs,
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(60, 10), pytest.param(150, 60, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_money_goes_where_the_models_say(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, examples: int, steps: int
) -> None:
    """Then no service has set anything aside, and all books balance."""
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING_MAX_S)
    for command in POLICY_READERS:
        monkeypatch.setattr(command, "published_policies", lambda: [a_policy()])
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            pools = {
                service: runner.run(
                    stack.enter_async_context(
                        migrated(servers.postgres_dsn, f"{service}.migrations")
                    )
                ).pool
                for service in SERVICES
            }
            world = World(pools)
            runner.run(world.open())
            run_state_machine_as_test(
                cast("type[RuleBasedStateMachine]", partial(MoneyMachine, runner, world)),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=steps,
                    deadline=None,
                    report_multiple_bugs=False,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
            runner.run(_assert_clean(pools))
        finally:
            runner.run(stack.aclose())


async def _assert_clean(pools: dict[str, Pool]) -> None:
    for pool in pools.values():
        assert await pool.fetch("SELECT * FROM dead_letter") == []
    assert await pools["gifts"].fetch("SELECT * FROM waiting_reversal") == []
    assert await pools["payouts"].fetch("SELECT * FROM waiting_clawback") == []
    await assert_wallets_balance(pools["wallet"])
    await assert_earnings_balance(pools["payouts"])
    await paying.assert_payouts_balance(pools["payouts"])
    await assert_withholding_balances(pools["payouts"])
    await assert_commissions_balance(pools["payouts"])
