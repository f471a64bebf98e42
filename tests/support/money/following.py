"""The machine's ground: services, bus, clock and models, and how models hear what is delivered."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import msgspec
from hypothesis.stateful import RuleBasedStateMachine

from chassis.consumer import Subscription
from chassis.db import Conn, transact
from chassis.ids import uuid7
from chassis.kafka import RawRecord, partition_of
from contracts.gifts.v1 import CHARGE as ASKED
from contracts.gifts.v1 import (
    GIFT,
    ChargeRequested,
    GiftReinstated,
    GiftReversed,
    GiftSent,
    UndoRequested,
)
from contracts.payouts.v1 import CLAWBACK, ClawbackSettled
from contracts.wallet.v1 import CHARGE as ANSWERED
from contracts.wallet.v1 import PURCHASE
from gifts.commands.accept_gifts import accept_gifts
from gifts.consumers import purchase_taken_back
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from payouts.consumers.gift_sent import GiftHandler
from payouts.domain.method import PayoutMethod
from payouts.testing import paying
from support.money.bus import PARTITIONS, Bus, Consumer
from support.money.creator_model import CreatorModel
from support.money.payout_model import PayoutModel
from support.money.shop import BEGAN_AT, CREATORS, DEBT_MAX, RESERVE_MAX, SERVICES, VIEWERS, World
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.consumers.clawback_settled import OnClawbackSettled
from wallet.domain.purchase import Purchase
from wallet.testing.charging import SettableClock
from wallet.testing.coin_model import CoinModel, ModelPurchase
from wallet.testing.undo_model import undo


class Following(RuleBasedStateMachine):
    """Each example has viewers and creators of its own, in databases that all of them share."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        super().__init__()
        self.runner = runner
        self.pools = world.pools
        self.bank = world.bank
        self.name = _a_name()
        self.clock = SettableClock(BEGAN_AT)
        self.coins = CoinModel(debt_max=DEBT_MAX, reserve_max=RESERVE_MAX, creators_pay=True)
        self.creators = CreatorModel()
        self.money = PayoutModel()
        self.purchases: list[tuple[Purchase, ModelPurchase]] = []
        self.gift_ids: list[UUID] = []
        """In the order charged, as the model numbers them."""
        self.payers: list[str] = []
        """By the same numbers."""
        self.undone: Counter[UUID] = Counter()
        """Coins that creators were asked for of gifts that the wallet has undone."""
        self.charged: dict[UUID, datetime] = {}
        """When the wallet heard of each charge, granted or not."""
        self.refundable_until: dict[UUID, datetime] = {}
        """By purchase."""
        self.waiting: list[tuple[str, bytes]] = []
        """What payouts has heard of gifts that have not arrived."""
        self.lies: set[UUID] = set()
        """Reversals that never were."""
        self.methods: dict[str, PayoutMethod] = {}
        wallet, gifts, payouts = (world.pools[name] for name in SERVICES)
        clock = self.clock
        self.charges = Consumer(
            "wallet",
            wallet,
            lambda: Subscription(
                ASKED, [ChargeRequested, UndoRequested], OnChargeRequested(now=clock)
            ),
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
        """Let something happen."""
        return self.runner.run(work)

    def named(self, who: str) -> str:
        """The id of one of this example's people."""
        return f"{self.name}-{who}"

    @property
    def today(self) -> date:
        """In UTC."""
        return self.clock.at.date()

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
            await self.open_account(creator)

    async def open_account(self, owner: str) -> None:
        """Whoever is paid is known, and says where to."""
        await paying.review(self.pools["payouts"], creator_id=owner, at=self.clock.at)
        await self.change_account(owner)

    async def change_account(self, owner: str) -> None:
        """From now on money goes there."""
        self.methods[owner] = await paying.add_method(
            self.pools["payouts"], creator_id=owner, at=self.clock.at
        )
        self.money.methods[owner] = self.methods[owner].method_id

    def pass_time(self, by: timedelta) -> None:
        """The clock of all services moves on, and with it what is safe."""
        self.clock.advance(by)
        for purchase, model in self.purchases:
            if self.clock.at >= self.refundable_until[purchase.purchase_id]:
                for lot in model.lots:
                    lot.is_safe = True

    # ------------------------------------------------------------------ what is under way

    def take_in(self, consumer: Consumer, partition: int, count: int) -> bool:
        """Let a consumer apply its next records, and the models hear of them.

        Returns:
            Whether there were any.
        """
        begin = consumer.applied[partition]
        records = self.bus.records(consumer.topic.name)[partition]
        if begin == len(records):
            return False
        applied = self.run(self.bus.deliver(consumer, partition, count))
        self._follow(consumer, records[begin : begin + applied])
        self.pass_time(timedelta(seconds=1))
        return True

    def take_all_in(self) -> None:
        """Until nothing is under way any more."""
        moved = True
        while moved:
            moved = False
            for service in SERVICES:
                moved |= self.run(self.bus.publish(service)) > 0
            for consumer in self.bus.consumers:
                for partition in range(PARTITIONS):
                    moved |= self.take_in(consumer, partition, 1_000)

    def _follow(self, consumer: Consumer, batch: Sequence[RawRecord]) -> None:
        """The models hear what a consumer has just applied, in its order."""
        if consumer is self.charges:
            for record in batch:
                assert record.value is not None
                if dict(record.headers)["ce_type"].startswith(b"gifts.undo_requested"):
                    self._follow_undo(msgspec.json.decode(record.value, type=UndoRequested))
                    continue
                asked = msgspec.json.decode(record.value, type=ChargeRequested)
                if asked.charge_id in self.charged:
                    continue
                self.charged[asked.charge_id] = self.clock.at
                if self.coins.give(asked.payer_id, asked.order_key, asked.coins):
                    self.gift_ids.append(asked.charge_id)
                    self.payers.append(asked.payer_id)
        elif consumer is self.earnings:
            self._follow_earnings(batch)

    def _follow_undo(self, asked: UndoRequested) -> None:
        """Of a charge that was granted; asked for again, nothing of it is left."""
        if asked.charge_id in self.gift_ids:
            number = self.gift_ids.index(asked.charge_id)
            self.undone[asked.charge_id] += undo(self.coins, number)

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
            if taken.reversal_id in self.lies:
                return True
            if (taken.gift_id, taken.lot_id) not in self.creators.parts:
                return False
            leg = (taken.reversal_id, taken.position)
            is_undone = taken.reason == "undo"
            self.creators.take(
                leg, (taken.gift_id, taken.lot_id), taken.coins, self.today, is_undone=is_undone
            )
            return True
        back = msgspec.json.decode(value, type=GiftReinstated)
        leg = (back.reversal_id, back.position)
        if leg not in self.creators.legs:
            return False
        self.creators.give_back(leg, back.reinstatement_id, back.coins)
        return True


def _a_name() -> str:
    """Such that nobody's records move to another partition when the example is run again."""
    while True:
        name = uuid7().hex
        partitions = [
            partition_of(f"{name}-{who}".encode(), PARTITIONS) for who in (*VIEWERS, *CREATORS)
        ]
        if partitions == [0, 1, 0, 1]:
            return name


def _safe_from(refundable_until: datetime) -> date:
    """The first midnight (UTC) by which the payment cannot be taken back any more."""
    midnight = datetime.combine(refundable_until, time.min, UTC)
    return midnight.date() if midnight == refundable_until else midnight.date() + timedelta(days=1)
