"""Random purchases, gifts, refunds, disputes, payouts, forms and contracts, through the services'
real handlers, beside models that are written apart from them.

Deliveries come in any order that Kafka could make of them, late, twice, and to workers that have
just been started. After every step each service's books agree with the models as far as it has been
told; in the end everything is delivered, and who has lost what is what the models say.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack, contextmanager
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
    book_undos,
    plan_minor_refund,
    refund_minor,
    reverse_purchase,
    settle_claims,
    settle_legs,
)
from wallet.testing.books import assert_books_balance as assert_wallets_balance

SHRINKING_MAX_S = 8
"""A history of a few steps too many is read sooner than the shortest one is found."""
POLICY_READERS = (
    book_reversal,
    book_undos,
    plan_minor_refund,
    refund_minor,
    reverse_purchase,
    settle_claims,
    settle_legs,
)


BIT_BY_BIT = {"who": "ann", "gifts": 1, "bonus": 0, "arrives": True, "lies": False, "ahead": False}
LOST = {"who": "ann", "gifts": 2, "opens": True, "late": False, "ahead": False}
TOO_YOUNG = {"who": "ann", "gifts": 3, "bonus": 5, "before": 33, "late": False}
AGREED = {"who": "ann", "whom": "star", "shares_bps": (1_111, 2_500), "collects": True}
DECLARED = {"who": "ann", "whom": "star", "then": "treaty", "again": True}
REGRETTED = {"who": "ann", "gifts": 2, "bonus": 5, "late": False, "arrives": True}
HISTORIES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "lies between parts": (
        "refund_bit_by_bit",
        BIT_BY_BIT | {"totals": [33, 55], "lies": True, "back": 0},
    ),
    "a part of parts given back": (
        "refund_bit_by_bit",
        BIT_BY_BIT | {"totals": [33, 77], "back": 33, "gifts": 4, "bonus": 6},
    ),
    "a part of what others bear too given back": (
        "refund_bit_by_bit",
        BIT_BY_BIT | {"totals": [55, 100], "back": 33, "ahead": True},
    ),
    "a dispute that is lost": ("lose_it", LOST | {"end": "lost"}),
    "a dispute that is won too late": ("lose_it", LOST | {"late": True, "end": "won"}),
    "a minor's gifts twice": (
        "be_too_young",
        TOO_YOUNG | {"shares_bps": [3_333, 5_000], "after": 55},
    ),
    "a minor's gifts that are safe": (
        "be_too_young",
        TOO_YOUNG | {"shares_bps": [5_000], "late": True, "after": 100},
    ),
    "a gift undone": (
        "regret_it",
        REGRETTED | {"total": 0, "disputed": False, "after": "more"},
    ),
    "a gift undone after a refund that comes back": (
        "regret_it",
        REGRETTED | {"total": 100, "disputed": False, "after": "won"},
    ),
    "a gift undone in a dispute that is won": (
        "regret_it",
        REGRETTED | {"total": 0, "disputed": True, "after": "won"},
    ),
    "a gift undone before anybody has heard": (
        "regret_it",
        REGRETTED | {"total": 33, "disputed": False, "arrives": False, "after": "more"},
    ),
    "a gift undone when it is safe": (
        "regret_it",
        REGRETTED | {"total": 33, "disputed": False, "late": True, "after": "nothing"},
    ),
    "two agencies and a return": ("have_agencies", AGREED | {"parts": False, "comes_back": True}),
    "a contract that ended": ("have_agencies", AGREED | {"parts": True, "comes_back": False}),
    "a form after the payment": (
        "declare_too_late",
        DECLARED | {"before": None, "is_paid": True, "comes_back": False},
    ),
    "a corrected payment comes back": (
        "declare_too_late",
        DECLARED | {"before": None, "is_paid": True, "comes_back": True},
    ),
    "a form that is contradicted before": (
        "declare_too_late",
        DECLARED
        | {"before": "home", "then": "contradicted", "is_paid": False, "comes_back": False},
    ),
}
"""By what happens, the story and its terms."""


def test_known_histories_end_as_the_models_say(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What random ones find only now and then."""
    with a_world(servers, monkeypatch) as (runner, world):
        for what, story in HISTORIES.items():
            machine = MoneyMachine(runner, world)
            try:
                machine.begin_with(story)
                machine.books_are_as_the_models_say()
                machine.teardown()
            except Exception as error:
                error.add_note(f"in the history of {what}")
                raise


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(50, 10), pytest.param(150, 60, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_money_goes_where_the_models_say(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, examples: int, steps: int
) -> None:
    """Then no service has set anything aside, and all books balance."""
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING_MAX_S)
    with a_world(servers, monkeypatch) as (runner, world):
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


@contextmanager
def a_world(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> Generator[tuple[asyncio.Runner, World]]:
    """Three services; in the end nothing is set aside, and all books balance."""
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
            yield runner, world
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
