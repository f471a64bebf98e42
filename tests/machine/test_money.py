"""Random purchases, gifts, refunds, disputes, payouts and returns, through the three services' real
handlers, beside models that are written apart from them.

Deliveries come in any order that Kafka could make of them, late, twice, and to workers that have
just been started. After every step each service's books agree with the models as far as it has been
told; in the end everything is delivered, and who has lost what is what the models say.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import cast
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chassis.consumer import Subscription
from chassis.db import Conn, Pool, transact
from chassis.ids import uuid7
from chassis.kafka import RawRecord
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from contracts.gifts.v1 import CHARGE as ASKED
from contracts.gifts.v1 import GIFT, ChargeRequested, GiftReinstated, GiftReversed, GiftSent
from contracts.payouts.v1 import CLAWBACK, ClawbackSettled
from contracts.wallet.v1 import CHARGE as ANSWERED
from contracts.wallet.v1 import PURCHASE
from gifts import testing as giving
from gifts.commands.accept_gifts import accept_gifts
from gifts.consumers import purchase_taken_back
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.consumers.gift_sent import GiftHandler
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import Payout
from payouts.domain.refusals import InsufficientDiamondsError, PayoutBelowMinimumError
from payouts.domain.terms import CurrencyTerms
from payouts.domain.transfer import transfer_key
from payouts.edge.payout_run import PayoutRun
from payouts.testing import a_rate, paying
from payouts.testing import assert_books_balance as assert_earnings_balance
from support.bank_of_tests import BankOfTests
from support.bus import PARTITIONS, Bus, Consumer
from support.creator_model import CreatorModel
from wallet.commands import book_reversal, reverse_purchase, settle_legs
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.consumers.clawback_settled import OnClawbackSettled
from wallet.domain.claims import Disputed, Refunded, Telling
from wallet.domain.purchase import Purchase
from wallet.domain.reversal_policy import KINDS, ReversalPolicy, WaterfallLeg
from wallet.testing import buying, reversing
from wallet.testing.books import assert_books_balance as assert_wallets_balance
from wallet.testing.charging import SettableClock
from wallet.testing.coin_model import CoinModel, ModelClaim, ModelPurchase

DEBT_MAX, RESERVE_MAX, PAID, WINDOW_DAYS = 3, 4, 100, 14
BEGAN_AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
VIEWERS, CREATORS = ("ann", "bob"), ("star", "moon")
WHO, WHOM = st.sampled_from(VIEWERS), st.sampled_from(CREATORS)
WHICH, COUNT = st.integers(-3, 2), st.integers(1, 4)
SERVICES = ("wallet", "gifts", "payouts")
CENT = 2_000_000
"""Micro-diamonds that are worth one."""

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
UNBALANCED_REVERSALS = """
SELECT r.reversal_id
FROM reversal AS r
LEFT JOIN reversal_leg AS l USING (reversal_id)
WHERE r.purchase_id = any($1::uuid[])
GROUP BY r.reversal_id, r.coins
HAVING coalesce(sum(l.coins), 0) <> r.coins
"""
SETTLED = """
SELECT
    s.reversal_id,
    sum(sign * covered_coins)::bigint AS covered,
    sum(sign * reserve_coins)::bigint AS reserve,
    sum(sign * loss_coins)::bigint AS loss,
    bool_or(sign < 0) AS gave_back
FROM (
    SELECT *, CASE WHEN cause_id = reversal_id THEN 1 ELSE -1 END AS sign FROM leg_settlement
) AS s
INNER JOIN reversal AS r USING (reversal_id)
WHERE r.purchase_id = any($1::uuid[])
GROUP BY s.reversal_id
"""


def a_policy() -> ReversalPolicy:
    legs = [
        WaterfallLeg("unspent"),
        WaterfallLeg("payer_debt", DEBT_MAX),
        WaterfallLeg("creator_unmatured"),
        WaterfallLeg("reserve", RESERVE_MAX),
        WaterfallLeg("platform_loss"),
    ]
    return ReversalPolicy(1, BEGAN_AT, 1_000_000, dict.fromkeys(KINDS, tuple(legs)))


class World:
    """Three databases with what a new system has in them."""

    def __init__(self, pools: dict[str, Pool]) -> None:
        self.pools = pools
        self.bank = BankOfTests()

    async def open(self) -> None:
        await buying.open_shop(self.pools["wallet"])
        await giving.open_shop(self.pools["gifts"])
        terms = paying.some_terms(
            day_max_minor=10**9,
            week_max_minor=10**9,
            change_lock_days=0,
            currencies={"USD": CurrencyTerms(minimum_minor=1, fixed_fee_minor=0, fee_bps=0)},
            country_minimum_minor={},
        )

        async def publish(conn: Conn) -> None:
            at = BEGAN_AT
            await publish_rates(conn, [a_rate()], now=at)
            await publish_terms(conn, [terms], now=at)
            await publish_withholding(conn, [paying.some_withholding()], now=at)

        await transact(self.pools["payouts"], publish)


class MoneyMachine(RuleBasedStateMachine):
    """Each example has viewers and creators of its own, in databases that all of them share."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        super().__init__()
        self.runner = runner
        self.pools = world.pools
        self.name = uuid7().hex
        self.clock = SettableClock(BEGAN_AT)
        self.coins = CoinModel(debt_max=DEBT_MAX, reserve_max=RESERVE_MAX, creators_pay=True)
        self.creators = CreatorModel()
        self.purchases: list[tuple[Purchase, ModelPurchase]] = []
        self.gift_ids: list[UUID] = []
        """In the order charged, as the model numbers them."""
        self.charged: set[UUID] = set()
        self.refundable_until: dict[UUID, datetime] = {}
        """By purchase."""
        self.waiting: list[tuple[str, bytes]] = []
        """What payouts has heard of gifts that have not arrived."""
        self.methods: dict[str, PayoutMethod] = {}
        self.payouts: list[Payout] = []
        self.bank = world.bank
        wallet, gifts, payouts = (world.pools[name] for name in SERVICES)
        clock = self.clock
        self.charges = Consumer(
            "wallet",
            wallet,
            lambda: Subscription(ASKED, [ChargeRequested], OnChargeRequested(now=clock)),
        )
        self.earnings = Consumer(
            "payouts",
            payouts,
            lambda: Subscription(
                GIFT, [GiftSent, GiftReversed, GiftReinstated], GiftHandler(now=clock)
            ),
        )
        self.bus = Bus(
            world.pools,
            [
                self.charges,
                Consumer("gifts", gifts, lambda: Subscription(ANSWERED, EVENTS, ChargeAnswered())),
                Consumer(
                    "gifts",
                    gifts,
                    lambda: Subscription(PURCHASE, purchase_taken_back.EVENTS, PurchaseTakenBack()),
                ),
                self.earnings,
                Consumer(
                    "wallet",
                    wallet,
                    lambda: Subscription(CLAWBACK, [ClawbackSettled], OnClawbackSettled(now=clock)),
                ),
            ],
        )

    def run[T](self, work: Coroutine[None, None, T]) -> T:
        return self.runner.run(work)

    def named(self, who: str) -> str:
        return f"{self.name}-{who}"

    @property
    def today(self) -> date:
        return self.clock.at.date()

    @initialize()
    def open_up(self) -> None:
        """Creators take gifts, are known, and have an account; the topics begin where we are."""
        self.run(self._open_up())

    async def _open_up(self) -> None:
        await self.bus.begin()
        for who in CREATORS:
            creator = self.named(who)

            async def accept(conn: Conn, creator: str = creator) -> None:
                await accept_gifts(conn, creator, accept=True, at=self.clock.at)

            await transact(self.pools["gifts"], accept)
            await paying.review(self.pools["payouts"], creator_id=creator, at=BEGAN_AT)
            await self._new_method(creator)

    async def _new_method(self, creator: str) -> None:
        self.methods[creator] = await paying.add_method(
            self.pools["payouts"], creator_id=creator, at=self.clock.at
        )

    # ------------------------------------------------------------------ money in

    @rule(who=WHO, coins=st.integers(1, 30), bonus=st.integers(0, 7))
    def buy(self, who: str, coins: int, bonus: int) -> None:
        purchase = self.run(
            reversing.bought(
                self.pools["wallet"],
                at=self.clock.at,
                user_id=self.named(who),
                coins=coins,
                bonus_coins=bonus,
                amount_minor=PAID,
                refund_window_days=WINDOW_DAYS,
                bonus_expires_after_days=None,
            )
        )
        model = self.coins.buy(self.named(who), PAID, coins, bonus)
        self.purchases.append((purchase, model))
        self.refundable_until[purchase.purchase_id] = self.clock.at + timedelta(days=WINDOW_DAYS)

    @rule(who=WHO, whom=WHOM, coins=st.integers(1, 20))
    def give(self, who: str, whom: str, coins: int) -> None:
        """Asked for; charged when the wallet hears of it."""
        order = giving.an_order(
            sender_id=self.named(who),
            creator_id=self.named(whom),
            count=coins,
            quoted_price_coins=coins,
        )
        self.run(giving.write(self.pools["gifts"], giving.a_new_gift(order)))

    @rule(who=WHO, whom=WHOM, coins=st.integers(10, 30))
    def spend_it_all(self, who: str, whom: str, coins: int) -> None:
        """A purchase that is given away at once: what reversals are hard for."""
        self.buy(who, coins, 0)
        self.give(who, whom, min(coins // 2, 20))
        self.give(who, CREATORS[0], min(coins - coins // 2, 20))
        self.publish("gifts")
        for partition in range(PARTITIONS):
            self.deliver(0, partition, 4)

    @rule(who=WHO, whom=WHOM, coins=st.integers(20, 40), days=st.sampled_from([0, 0, 15]))
    def have_a_good_evening(self, who: str, whom: str, coins: int, days: int) -> None:
        """All that was bought has gone to creators, and perhaps is theirs for good."""
        self.spend_it_all(who, whom, coins)
        self.let_all_arrive()
        if days:
            self.wait(days)

    @rule(
        who=WHO,
        whom=WHOM,
        stage=st.sampled_from(["opened", "lost"]),
        late=st.booleans(),
        won=st.booleans(),
    )
    def lose_it_again(self, who: str, whom: str, stage: str, late: bool, won: bool) -> None:
        """What was given away is disputed: creators are asked, perhaps when it is theirs for good
        by then, and may have it back."""
        self.have_a_good_evening(who, whom, 30, 0)
        self.dispute(-1, stage)
        if late:
            self.wait(15)
            self.let_all_arrive()
        if won:
            self.dispute(-1, "won")

    # ------------------------------------------------------------------ taking it back

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, minor=st.sampled_from([10, 33, 77, 100]), back=st.sampled_from([0, 33, 100]))
    def refund(self, which: int, minor: int, back: int) -> None:
        minor = max(minor, back)
        told = ModelClaim("refund", minor, back, is_open=False)
        self._tell(which, Refunded(minor, back), "refund", told)

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, stage=st.sampled_from(["opened", "lost", "won"]))
    def dispute(self, which: int, stage: str) -> None:
        back = PAID if stage == "won" else 0
        told = ModelClaim("chargeback", PAID, back, is_open=stage == "opened")
        telling = Disputed("dp", stage, PAID, 0)  # pyright: ignore[reportArgumentType]
        self._tell(which, telling, "dispute", told)

    def _tell(self, which: int, telling: Telling, name: str, told: ModelClaim) -> None:
        purchase, model = self.purchases[which % len(self.purchases)]
        self.run(
            reversing.tell(
                self.pools["wallet"], reversing.claimed(purchase, telling), at=self.clock.at
            )
        )
        self.coins.tell(model, name, told)

    # ------------------------------------------------------------------ between services

    @rule(service=st.sampled_from(SERVICES))
    def publish(self, service: str) -> None:
        self.run(self.bus.publish(service))

    @rule(service=st.sampled_from(SERVICES), count=COUNT)
    def publish_again(self, service: str, count: int) -> None:
        self.run(self.bus.publish_again(service, count))

    @rule(which=WHICH, partition=st.integers(0, PARTITIONS - 1), count=COUNT)
    def deliver(self, which: int, partition: int, count: int) -> None:
        consumer = self.bus.consumers[which % len(self.bus.consumers)]
        records = self.bus.records(consumer.topic.name)[partition]
        applied = self.run(self.bus.deliver(consumer, partition, count))
        if applied:
            end = self.run(consumer.offset(partition))
            self._follow(consumer, records[end - applied : end])

    @rule(which=WHICH)
    def restart(self, which: int) -> None:
        self.bus.consumers[which % len(self.bus.consumers)].restart()

    @rule(which=WHICH)
    def come_back_from_the_dead(self, which: int) -> None:
        self.run(self.bus.consumers[which % len(self.bus.consumers)].zombie())

    @rule()
    def let_all_arrive(self) -> None:
        """Everything that is under way, as on a quiet evening."""
        moved = True
        while moved:
            moved = False
            for service in SERVICES:
                moved |= self.run(self.bus.publish(service)) > 0
            for number, consumer in enumerate(self.bus.consumers):
                for partition in range(PARTITIONS):
                    before = self.run(consumer.offset(partition))
                    self.deliver(number, partition, 1_000)
                    moved |= self.run(consumer.offset(partition)) > before

    def _follow(self, consumer: Consumer, batch: Sequence[RawRecord]) -> None:
        """The models hear what a consumer has just applied, in its order."""
        if consumer is self.charges:
            for record in batch:
                assert record.value is not None
                asked = msgspec.json.decode(record.value, type=ChargeRequested)
                if asked.charge_id in self.charged:
                    continue
                self.charged.add(asked.charge_id)
                if self.coins.give(asked.payer_id, asked.order_key, asked.coins):
                    self.gift_ids.append(asked.charge_id)
        elif consumer is self.earnings:
            self._follow_earnings(batch)

    def _follow_earnings(self, batch: Sequence[RawRecord]) -> None:
        """First what was given, as payouts does within a batch; what is too early waits."""
        for record in batch:
            kind, value = dict(record.headers)["ce_type"].decode(), record.value
            assert value is not None
            if kind.startswith("gifts.gift_sent"):
                sent = msgspec.json.decode(value, type=GiftSent)
                slices = [
                    (each.lot_id, each.lot_class, _safe_from(each.refundable_until), each.coins)
                    for each in sent.slices
                ]
                self.creators.give(sent.gift_id, sent.creator_id, slices)
            else:
                self.waiting.append((kind, value))
        moved = True
        while moved:
            moved = False
            for told in self.waiting[:]:
                if self._take_or_give_back(*told):
                    self.waiting.remove(told)
                    moved = True

    def _take_or_give_back(self, kind: str, value: bytes) -> bool:
        if kind.startswith("gifts.gift_reversed"):
            taken = msgspec.json.decode(value, type=GiftReversed)
            if (taken.gift_id, taken.lot_id) not in self.creators.parts:
                return False
            leg = (taken.reversal_id, taken.position)
            self.creators.take(leg, (taken.gift_id, taken.lot_id), taken.coins, self.today)
            return True
        back = msgspec.json.decode(value, type=GiftReinstated)
        leg = (back.reversal_id, back.position)
        if leg not in self.creators.legs:
            return False
        self.creators.give_back(leg, back.reinstatement_id, back.coins)
        return True

    # ------------------------------------------------------------------ time, and money out

    @rule(days=st.sampled_from([1, 5, 9]))
    def wait(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))
        for purchase, model in self.purchases:
            if self.clock.at >= self.refundable_until[purchase.purchase_id]:
                for lot in model.lots:
                    lot.is_safe = True

    @rule(who=WHO, whom=WHOM)
    def earn_and_ask(self, who: str, whom: str) -> None:
        """Whoever is loved is paid."""
        self.have_a_good_evening(who, whom, 40, 15)
        self.ask_for_payout(whom)

    @rule(whom=WHOM)
    def ask_for_payout(self, whom: str) -> None:
        creator = self.named(whom)
        available = self.creators.available(creator, self.today)
        work = paying.request(
            self.pools["payouts"], self.methods[creator], max(available, 1), at=self.clock.at
        )
        if available < CENT:
            with pytest.raises((PayoutBelowMinimumError, InsufficientDiamondsError)):
                self.run(work)
            return
        payout = self.run(work).payout
        assert 0 <= available - payout.micro_diamonds < CENT
        assert payout.net_minor == payout.micro_diamonds // CENT
        self.creators.paid[creator] += payout.micro_diamonds
        self.payouts.append(payout)

    @rule(whom=WHOM)
    def ask_for_too_much(self, whom: str) -> None:
        creator = self.named(whom)
        more = self.creators.available(creator, self.today) + 1
        with pytest.raises(InsufficientDiamondsError):
            self.run(
                paying.request(self.pools["payouts"], self.methods[creator], more, at=self.clock.at)
            )

    @rule()
    def pay(self) -> None:
        run = PayoutRun(
            self.pools["payouts"], {self.bank.name: self.bank}, paying.SEALER, now=self.clock
        )
        self.run(run.once())

    @precondition(lambda self: self.payouts)
    @rule()
    def send_back(self) -> None:
        """The oldest payment comes back, once; its creator has another account from then on."""
        payout = self.payouts.pop(0)
        self.pay()
        self.bank.send_back(transfer_key(payout.payout_id))
        self.pay()
        self.creators.paid[payout.creator_id] -= payout.micro_diamonds
        self.run(self._new_method(payout.creator_id))

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def wallets_are_as_the_model_says(self) -> None:
        rows = self.run(
            self.pools["wallet"].fetch(
                "SELECT owner_id, credits_coins - debits_coins AS coins, debt_coins FROM account"
                " WHERE owner_id LIKE $1 || '-%'",
                self.name,
            )
        )
        for row in rows:
            assert row["coins"] == len(self.coins.wallet(row["owner_id"]))
            assert row["debt_coins"] == self.coins.debts[row["owner_id"]]

    @invariant()
    def losses_are_as_the_model_says(self) -> None:
        for purchase, model in self.purchases:
            rows = self.run(self.pools["wallet"].fetch(LOSSES, purchase.purchase_id))
            lost = Counter({(row[0], row[1], row[2]): row[3] for row in rows})
            assert lost == self.coins.losses(model)
        ids = [purchase.purchase_id for purchase, _ in self.purchases]
        assert self.run(self.pools["wallet"].fetch(UNBALANCED_REVERSALS, ids)) == []

    @invariant()
    def creators_have_what_the_model_says(self) -> None:
        for who in CREATORS:
            row = self.run(
                self.pools["payouts"].fetchrow(
                    """
                    SELECT
                        coalesce(sum(micro_diamonds - clawed_micro_diamonds), 0)::bigint AS has,
                        coalesce(sum(
                            CASE WHEN matures_on <= $2
                            THEN micro_diamonds - clawed_micro_diamonds - taken_micro_diamonds END
                        ), 0)::bigint AS available,
                        coalesce(sum(taken_micro_diamonds), 0)::bigint AS paid
                    FROM earning_bucket
                    WHERE creator_id = $1
                    """,
                    self.named(who),
                    self.today,
                )
            )
            assert row is not None
            assert (row["has"], row["available"], row["paid"]) == (
                self.creators.has(self.named(who)),
                self.creators.available(self.named(who), self.today),
                self.creators.paid[self.named(who)],
            )

    # ------------------------------------------------------------------ the end

    def teardown(self) -> None:
        """Everything arrives, and then who has lost what is as the models say."""
        if not self.methods:
            return
        self.let_all_arrive()
        assert self.waiting == []
        self.wallets_are_as_the_model_says()
        self.losses_are_as_the_model_says()
        self.creators_have_what_the_model_says()
        self.gifts_are_taken_back_as_the_model_says()
        self.others_bear_what_creators_do_not()

    def gifts_are_taken_back_as_the_model_says(self) -> None:
        asked = Counter(
            coin.gift
            for _, purchase in self.purchases
            for lot in purchase.lots
            for coin in lot.coins
            if coin.bearer == "creator_unmatured"
        )
        rows = self.run(
            self.pools["gifts"].fetch(
                "SELECT gift_id, status, price_coins, reversed_coins FROM gift"
                " WHERE sender_id LIKE $1 || '-%'",
                self.name,
            )
        )
        found = {row["gift_id"]: row for row in rows}
        for number, gift_id in enumerate(self.gift_ids):
            gift = found.pop(gift_id)
            assert gift["reversed_coins"] == asked[number]
            whole = gift["reversed_coins"] == gift["price_coins"]
            assert gift["status"] == ("REVERSED" if whole else "SENT")
        assert all(gift["status"] == "REFUSED" for gift in found.values())

    def others_bear_what_creators_do_not(self) -> None:
        ids = [purchase.purchase_id for purchase, _ in self.purchases]
        for row in self.run(self.pools["wallet"].fetch(SETTLED, ids)):
            reversal = row["reversal_id"]
            assert row["covered"] == self.creators.covered(reversal)
            assert row["reserve"] + row["loss"] == self.creators.uncovered(reversal)
            assert 0 <= row["reserve"] <= RESERVE_MAX
            if not row["gave_back"]:
                assert row["reserve"] == min(self.creators.uncovered(reversal), RESERVE_MAX)


def _safe_from(refundable_until: datetime) -> date:
    """The first midnight (UTC) by which the payment cannot be taken back any more."""
    midnight = datetime.combine(refundable_until, time.min, UTC)
    return midnight.date() if midnight == refundable_until else midnight.date() + timedelta(days=1)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(25, 30), pytest.param(300, 80, marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_money_goes_where_the_models_say(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, examples: int, steps: int
) -> None:
    """Then no service has set anything aside, and all books balance."""
    for command in (book_reversal, reverse_purchase, settle_legs):
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
