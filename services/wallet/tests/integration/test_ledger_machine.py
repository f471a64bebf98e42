"""T2: random histories through the set-based ledger and through the naive model, side by side."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chassis.db import Pool, transact, transaction
from chassis.ids import uuid7
from chassis.testing.databases import Database, migrated
from chassis.testing.plugin import Servers
from contracts.event import Event
from contracts.gifts.v1 import AgeBand, ChargeRequested
from contracts.wallet.v1 import ChargePosted, ChargeRefused
from wallet.commands.expire_lots import expire_lots
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.caps import CapRow, CapTable, CapTerms
from wallet.domain.limits import Limits, SpendPolicy, Terms
from wallet.domain.lots import COINS_MAX, LotClass
from wallet.store import limits
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock, answers, balances, charge, give
from wallet.testing.model import (
    Model,
    ModelAnswer,
    ModelCaps,
    ModelCharge,
    ModelLimits,
    ModelLot,
    ModelTerms,
)
from wallet.testing.replay import replay

PAYERS = st.integers(0, 3)
COINS = st.integers(1, 60) | st.sampled_from([COINS_MAX // 4, COINS_MAX])
CLASSES = st.sampled_from(["purchased", "bonus", "earned", "granted"])
LIMIT = st.none() | st.integers(1, 150)
TERMS = st.builds(ModelTerms, LIMIT, LIMIT, LIMIT)
DAY = timedelta(hours=24)
EDGE = timedelta(microseconds=1)
STEPS = st.sampled_from(
    [EDGE, timedelta(hours=9), DAY - EDGE, DAY, DAY + EDGE, 2 * DAY, 7 * DAY - EDGE, 7 * DAY]
)
"""Onto the edges of windows and cooling-offs, and beside them."""
RAISED, REMOVED = timedelta(hours=24), timedelta(hours=168)
"""The first policy's."""
STANDINGS = st.sampled_from([("US", "adult"), ("KR", "adult"), ("US", "supervised"), (None, None)])
CHARGES = st.lists(
    st.tuples(PAYERS, st.integers(0, 15), COINS, st.sampled_from(["star", "other"]), STANDINGS),
    min_size=1,
    max_size=12,
)
"""Payer, number of the id (few, so that they repeat in and across batches), coins, order key, and
where the payer lives and how old they are."""

type Standing = tuple[str | None, AgeBand | None]
type Asked = tuple[int, int, int, str, Standing]
ROWS = {
    "first": (
        ModelCaps(50, 90, 200),
        ModelCaps(30, 120, 150),
        ModelCaps(COINS_MAX, COINS_MAX, COINS_MAX),
    ),
    "later": (ModelCaps(40, 70, 110), ModelCaps(60, 60, 300), ModelCaps(500, 1_000, COINS_MAX)),
}
"""Caps of KR, of who is supervised and of all others, by a policy and the one after it."""
UNKNOWN = ModelCaps(25, 55, 100)
LATER = timedelta(days=9)
"""When the second policy comes into force, after the first: in the middle of most histories."""


def caps_of(standing: Standing, at: datetime) -> ModelCaps:
    """Which caps somebody meets, told once more."""
    region, age = standing
    if region is None or age is None:
        return UNKNOWN
    korea, supervised, others = ROWS["later" if at >= SettableClock().at + LATER else "first"]
    if region == "KR":
        return korea
    return supervised if age == "supervised" else others


def a_policy(version: int, rows: str, since: timedelta) -> SpendPolicy:
    korea, supervised, others = ROWS[rows]
    return SpendPolicy(
        version=version,
        effective_from=SettableClock().at + since,
        raise_after_hours=24,
        remove_after_hours=168,
        caps=CapTable(
            rows=(
                _row(korea, regions=("KR",)),
                _row(supervised, ages=("supervised",)),
                _row(others),
            ),
            unknown=CapTerms(
                charge_coins=UNKNOWN.charge, day_coins=UNKNOWN.day, week_coins=UNKNOWN.week
            ),
        ),
    )


def _row(
    caps: ModelCaps,
    *,
    regions: tuple[str, ...] | None = None,
    ages: tuple[AgeBand, ...] | None = None,
) -> CapRow:
    return CapRow(
        regions=regions,
        ages=ages,
        charge_coins=caps.charge,
        day_coins=caps.day,
        week_coins=caps.week,
    )


class LedgerMachine(RuleBasedStateMachine):
    """One wallet database and one model; each example has payers and ids of its own."""

    def __init__(self, runner: asyncio.Runner, pool: Pool) -> None:
        super().__init__()
        self.runner = runner
        self.pool = pool
        self.clock = SettableClock()
        self.model = Model()
        self.name = uuid7().hex
        self.ids = [uuid7() for _ in range(16)]
        self.first: dict[UUID, ChargePosted | ChargeRefused] = {}
        self.workers: list[OnChargeRequested] = []

    def payer(self, number: int) -> str:
        return f"{self.name}-{number}"

    @initialize()
    def start(self) -> None:
        self.workers = [OnChargeRequested(now=self.clock) for _ in range(2)]

    @rule(number=PAYERS, coins=COINS, lot_class=CLASSES, days=st.none() | st.integers(1, 3))
    def credit(self, number: int, coins: int, lot_class: LotClass, days: int | None) -> None:
        """Coins come in by another connection; the workers' memory does not hear of it."""
        payer = self.payer(number)
        if self.model.wallet(payer).balance + coins > COINS_MAX:
            return
        expires_at = None if days is None else self.clock.at + timedelta(days=days)

        async def post() -> int:
            async with transaction(self.pool) as conn:
                credited = await give(
                    conn, payer, coins, lot_class, at=self.clock.at, expires_at=expires_at
                )
            return credited.lots[0].lot_id

        lot_id = self.runner.run(post())
        self.model.credit(payer, ModelLot(lot_id, lot_class, coins, expires_at))

    @rule(by=STEPS)
    def time_passes(self, by: timedelta) -> None:
        self.clock.advance(by)

    @rule(number=PAYERS, wanted=TERMS)
    def set_limits(self, number: int, wanted: ModelTerms) -> None:
        """By another connection: the workers' memory does not hear of it.

        A moment later, since the replay tells refusals before it from those after it by their time.
        """
        self.clock.advance(EDGE)
        asked = LimitsChange(
            owner_id=self.payer(number),
            by=self.payer(number),
            is_supervised=False,
            wanted=Terms(
                day_coins=wanted.day,
                week_coins=wanted.week,
                creator_day_coins=wanted.creator,
            ),
        )

        async def change() -> Limits:
            async with transaction(self.pool) as conn:
                return await set_spend_limits(conn, asked, at=self.clock.at)

        expected = self.model.set_limits(
            self.payer(number), wanted, self.clock.at, raised=RAISED, removed=REMOVED
        )
        assert _as_model_limits(self.runner.run(change())) == expected

    @rule()
    def sweep(self) -> None:
        async def run() -> None:
            async with transaction(self.pool) as conn:
                await expire_lots(conn, at=self.clock.at)

        self.runner.run(run())
        for owner in self.model.wallets:
            self.model.expire(owner, self.clock.at)

    @rule(worker=st.integers(0, 1))
    def restart(self, worker: int) -> None:
        self.workers[worker] = OnChargeRequested(now=self.clock)

    @rule(worker=st.integers(0, 1), batch=CHARGES)
    def roll_back(self, worker: int, batch: list[Asked]) -> None:
        """Everything of the batch is undone at its very end."""
        requests = [self.request(*each) for each in batch]
        events = charge(self.pool, self.workers[worker], requests, shard=worker, fails=True)
        self.runner.run(events)

    @rule(worker=st.integers(0, 1), batch=CHARGES)
    def apply(self, worker: int, batch: list[Asked]) -> None:
        requests = [self.request(*each) for each in batch]
        versions = {payer: wallet.version for payer, wallet in self.model.wallets.items()}

        events = self.runner.run(charge(self.pool, self.workers[worker], requests, shard=worker))

        given = answers(events)
        # A batch has one time and books what has expired first, so a payer's answers see no more
        # coins than are left then; the model does so charge by charge.
        expected = [
            self.model.charge(_as_model(each, self.clock.at), self.clock.at) for each in requests
        ]
        assert [_as_answer(each) for each in given] == expected
        self.check_repeats(requests, given)
        self.check_balances(events, versions)

    def request(
        self, number: int, id_number: int, coins: int, order_key: str, standing: Standing
    ) -> ChargeRequested:
        return ChargeRequested(
            charge_id=self.ids[id_number],
            payer_id=self.payer(number),
            order_key=order_key,
            coins=coins,
            payer_region=standing[0],
            payer_age=standing[1],
        )

    def check_repeats(
        self, requests: list[ChargeRequested], given: list[ChargePosted | ChargeRefused]
    ) -> None:
        """Who asks again gets the very event that was given first, its time included."""
        for request, answer in zip(requests, given, strict=True):
            assert (answer.charge_id, answer.payer_id) == (request.charge_id, request.payer_id)
            assert answer.order_key == request.order_key
            if isinstance(answer, ChargeRefused) and answer.reason == "charge_conflict":
                continue
            assert self.first.setdefault(request.charge_id, answer) == answer

    def check_balances(self, events: list[Event], versions: dict[str, int]) -> None:
        """One new balance for each payer whose coins moved, and for nobody else."""
        moved = {
            (payer, wallet.version, wallet.balance)
            for payer, wallet in self.model.wallets.items()
            if wallet.version != versions.get(payer, 0)
        }
        told = [(each.user_id, each.version, each.coins) for each in balances(events)]
        assert set(told) == moved
        assert len(told) == len(moved)

    @invariant()
    def accounts_are_as_the_model_says(self) -> None:
        rows = self.runner.run(
            self.pool.fetch(
                "SELECT owner_id, version, lot_ids, lot_coins FROM account"
                " WHERE owner_id LIKE $1 || '-%'",
                self.name,
            )
        )
        for row in rows:
            wallet = self.model.wallet(row["owner_id"])
            held = {lot.lot_id: lot.left for lot in wallet.lots if lot.left > 0}
            assert dict(zip(row["lot_ids"], row["lot_coins"], strict=True)) == held
            assert row["version"] == wallet.version


def _as_model(request: ChargeRequested, at: datetime) -> ModelCharge:
    caps = caps_of((request.payer_region, request.payer_age), at)
    return ModelCharge(request.charge_id, request.payer_id, request.coins, request.order_key, caps)


def _as_terms(terms: Terms) -> ModelTerms:
    return ModelTerms(terms.day_coins, terms.week_coins, terms.creator_day_coins)


def _as_model_limits(limits: Limits) -> ModelLimits:
    if limits.pending is None:
        return ModelLimits(_as_terms(limits.terms))
    pending = limits.pending
    return ModelLimits(_as_terms(limits.terms), _as_terms(pending.terms), pending.effective_at)


_REACHED = {
    "day": "day_limit_reached",
    "week": "week_limit_reached",
    "creator_day": "creator_limit_reached",
    "platform_day": "platform_day_reached",
    "platform_week": "platform_week_reached",
    "per_transaction": "platform_charge_reached",
}


def _as_answer(answer: ChargePosted | ChargeRefused) -> ModelAnswer:
    if isinstance(answer, ChargeRefused):
        assert answer.needed_coins > 0
        if answer.reason == "spend_limit_reached":
            limit = answer.limit
            assert limit is not None
            return ModelAnswer(
                _REACHED[limit.name],
                balance=answer.balance_coins,
                reached=(limit.coins, limit.spent_coins, limit.frees_up_at),
            )
        return ModelAnswer(answer.reason, balance=answer.balance_coins)
    assert sum(each.coins for each in answer.slices) == answer.coins
    return ModelAnswer("posted", tuple((each.lot_id, each.coins) for each in answer.slices))


@asynccontextmanager
async def a_database(servers: Servers) -> AsyncGenerator[Database]:
    async with migrated(servers.postgres_dsn, "wallet.migrations") as database:
        yield database


@pytest.mark.timeout(300)
def test_ledger_is_as_the_model(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer, slice, balance and limit; then the books close and the history replays.

    Spending is read in pages of three movements, so that histories have many.
    """
    monkeypatch.setattr(limits, "RECALL_PAGE", 3)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        pool = runner.run(stack.enter_async_context(a_database(servers))).pool
        policies = [a_policy(1, "first", -DAY), a_policy(2, "later", LATER)]
        runner.run(transact(pool, lambda conn: publish_spend_policy(conn, policies)))
        try:
            run_state_machine_as_test(
                # Called with no argument, which is all that Hypothesis asks of a factory.
                cast("type[RuleBasedStateMachine]", partial(LedgerMachine, runner, pool)),
                settings=settings(
                    max_examples=60,
                    stateful_step_count=25,
                    deadline=None,
                    report_multiple_bugs=False,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
            runner.run(assert_books_balance(pool))
            assert runner.run(replay(pool)) == []
        finally:
            runner.run(stack.aclose())
