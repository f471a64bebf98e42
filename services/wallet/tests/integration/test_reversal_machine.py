"""Random purchases, gifts, refunds, disputes and reinstatements, beside the coin-by-coin model."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chassis.db import Pool
from chassis.ids import uuid7
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import ChargePosted
from wallet.commands import book_reversal
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded, Telling, Voided
from wallet.domain.purchase import Purchase
from wallet.domain.reversal_policy import KINDS, ReversalPolicy, WaterfallLeg
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT, open_shop
from wallet.testing.charging import SettableClock, answers, charge
from wallet.testing.coin_model import CoinModel, ModelClaim, ModelPurchase
from wallet.testing.replay import replay
from wallet.testing.reversing import bought, claimed, tell

DEBT_MAX, RESERVE_MAX = 5, 3
WHO = st.sampled_from(["ann", "bob"])
CREATORS = st.sampled_from(["star", "moon"])
WHICH = st.integers(0, 5)
MINOR = st.sampled_from([10, 33, 50, 77, 100])
PAID = 100

LOSSES = """
    SELECT l.kind, l.party, lot.class, sum(l.coins - coalesce(b.coins, 0))::bigint AS coins
    FROM reversal AS r
    INNER JOIN reversal_leg AS l USING (reversal_id)
    INNER JOIN lot USING (lot_id)
    LEFT JOIN (
        SELECT reversal_id, position, sum(coins) AS coins
        FROM reinstatement_leg GROUP BY reversal_id, position
    ) AS b USING (reversal_id, position)
    WHERE r.purchase_id = $1
    GROUP BY l.kind, l.party, lot.class
    HAVING sum(l.coins - coalesce(b.coins, 0)) > 0
"""


def a_policy(*, creators_pay: bool) -> ReversalPolicy:
    legs = [
        WaterfallLeg("unspent"),
        WaterfallLeg("payer_debt", DEBT_MAX),
        *([WaterfallLeg("creator_unmatured")] if creators_pay else []),
        WaterfallLeg("reserve", RESERVE_MAX),
        WaterfallLeg("platform_loss"),
    ]
    return ReversalPolicy(1, ORDERED_AT, dict.fromkeys(KINDS, tuple(legs)))


class ReversalMachine(RuleBasedStateMachine):
    """One wallet database and one model; each example has users of its own."""

    def __init__(self, runner: asyncio.Runner, pool: Pool, *, creators_pay: bool) -> None:
        super().__init__()
        self.runner = runner
        self.pool = pool
        self.model = CoinModel(
            debt_max=DEBT_MAX, reserve_max=RESERVE_MAX, creators_pay=creators_pay
        )
        self.name = uuid7().hex
        self.handler = OnChargeRequested(now=SettableClock(ORDERED_AT))
        self.purchases: list[tuple[Purchase, ModelPurchase]] = []

    def user(self, who: str) -> str:
        return f"{self.name}-{who}"

    @rule(who=WHO, coins=st.integers(1, 30), bonus=st.integers(0, 7))
    def buy(self, who: str, coins: int, bonus: int) -> None:
        purchase = self.runner.run(
            bought(
                self.pool,
                user_id=self.user(who),
                coins=coins,
                bonus_coins=bonus,
                amount_minor=PAID,
                bonus_expires_after_days=None,
            )
        )
        self.purchases.append((purchase, self.model.buy(self.user(who), PAID, coins, bonus)))

    @precondition(lambda self: self.purchases)
    @rule(who=WHO, creator=CREATORS, coins=st.integers(1, 20))
    def give(self, who: str, creator: str, coins: int) -> None:
        request = ChargeRequested(
            charge_id=uuid7(), payer_id=self.user(who), order_key=creator, coins=coins
        )
        (answer,) = answers(self.runner.run(charge(self.pool, self.handler, [request])))
        given = self.model.give(self.user(who), creator, coins)
        assert isinstance(answer, ChargePosted) == given

    @rule(who=WHO, coins=st.integers(10, 30), gifts=st.lists(CREATORS, min_size=2, max_size=4))
    def spend_it_all(self, who: str, coins: int, gifts: list[str]) -> None:
        """A purchase that is given away at once, to several: what reversals are hard for."""
        self.buy(who, coins, 0)
        for creator in gifts:
            self.give(who, creator, coins // len(gifts))

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, minor=MINOR, back=st.just(0) | MINOR)
    def refund(self, which: int, minor: int, back: int) -> None:
        minor = max(minor, back)
        told = ModelClaim("refund", minor, back, is_open=False)
        self.tell(which, Refunded(minor, back), "refund", told)

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, number=st.integers(0, 1), stage=st.sampled_from(["opened", "lost", "won"]))
    def dispute(self, which: int, number: int, stage: str) -> None:
        disputed = (37, PAID)[number]
        told = ModelClaim(
            "chargeback", disputed, disputed if stage == "won" else 0, is_open=stage == "opened"
        )
        telling = Disputed(f"dp_{number}", stage, disputed, 0)  # pyright: ignore[reportArgumentType]
        self.tell(which, telling, f"dispute:{number}", told)

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH)
    def void(self, which: int) -> None:
        self.tell(which, Voided(), "void", ModelClaim("void", PAID, 0, is_open=False))

    def tell(self, which: int, telling: Telling, name: str, told: ModelClaim) -> None:
        purchase, model = self.purchases[which % len(self.purchases)]
        self.runner.run(tell(self.pool, claimed(purchase, telling)))
        self.model.tell(model, name, told)

    @invariant()
    def everybody_lost_what_the_model_says(self) -> None:
        for purchase, model in self.purchases:
            rows = self.runner.run(self.pool.fetch(LOSSES, purchase.purchase_id))
            lost = Counter({(row[0], row[1], row[2]): row[3] for row in rows})
            assert lost == self.model.losses(model)

    @invariant()
    def wallets_hold_what_the_model_says(self) -> None:
        rows = self.runner.run(
            self.pool.fetch(
                "SELECT owner_id, credits_coins - debits_coins AS coins, debt_coins FROM account"
                " WHERE owner_id LIKE $1 || '-%'",
                self.name,
            )
        )
        for row in rows:
            owner = row["owner_id"]
            assert row["coins"] == len(self.model.wallet(owner))
            assert row["debt_coins"] == self.model.debts[owner]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("creators_pay", [False, True])
def test_losses_are_as_the_model_says(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, creators_pay: bool
) -> None:
    """Who lost what, who holds what; then the books close and the history replays."""
    policy = a_policy(creators_pay=creators_pay)
    monkeypatch.setattr(book_reversal, "published_policies", lambda: [policy])
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        database = migrated(servers.postgres_dsn, "wallet.migrations")
        pool = runner.run(stack.enter_async_context(database)).pool
        try:
            runner.run(open_shop(pool))
            run_state_machine_as_test(
                cast(
                    "type[RuleBasedStateMachine]",
                    partial(ReversalMachine, runner, pool, creators_pay=creators_pay),
                ),
                settings=settings(
                    max_examples=50,
                    stateful_step_count=30,
                    deadline=None,
                    report_multiple_bugs=False,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
            runner.run(assert_books_balance(pool))
            assert runner.run(replay(pool)) == []
        finally:
            runner.run(stack.aclose())
