"""A small world whose books are clean: three services, real topics, purchases, gifts, refusals."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
from aiokafka.admin import RecordsToDelete

from chassis import clock, kafka, migrate
from chassis.consumer import Consumer, Subscription
from chassis.db import Conn, Pool, open_pool, transaction
from chassis.ids import uuid7
from chassis.kafka import Outbound, Writer
from chassis.operators import Act
from chassis.relay import Relay
from chassis.testing.databases import dsn_of
from chassis.testing.eventually import eventually
from checker import Addresses
from checker.topics import Position
from contracts import catalogue
from contracts.dead_letter.v1 import DeadLettered
from contracts.event import describe, encode
from contracts.gifts.v1 import CHARGE as REQUESTED
from contracts.gifts.v1 import ChargeRequested, UndoRequested
from contracts.payouts.v1 import CLAWBACK, QUARANTINE, ClawbackSettled, GiftReturned
from contracts.wallet.v1 import CHARGE as ANSWERED
from contracts.wallet.v1 import PURCHASE
from gifts.commands.undo_gift import undo_gift
from gifts.consumers import purchase_taken_back
from gifts.consumers.charge_answered import EVENTS, ChargeAnswered
from gifts.consumers.gift_returned import OnGiftReturned
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from gifts.domain.room import Goal
from gifts.domain.room_rules import RoomRules
from gifts.edge.train_clock import TrainClock
from gifts.testing import a_new_gift, an_order, first_catalogue, open_shop, write
from gifts.testing.battles import begin_battle, tick_battles
from gifts.testing.rooms import close_a_room, open_a_room, tick
from payouts.commands.known_rates import KnownRates
from payouts.commands.move_payout import move_payout
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.commands.quarantine_gift import quarantine_gift
from payouts.consumers.gift_sent import gift_sent
from payouts.domain.payout import Move, Payout, PayoutStatus
from payouts.domain.quarantine import Quarantine, QuarantineOrder
from payouts.domain.review import Decision
from payouts.domain.tax_form import FormKind
from payouts.domain.terms import CurrencyTerms
from payouts.edge.hold_clerk import HoldClerk
from payouts.edge.statement_clerk import StatementClerk
from payouts.store.methods import find_method
from payouts.store.payouts import find_payout
from payouts.testing import a_rate, quarantining
from payouts.testing.agreeing import AGENCY, HOLD, PATHS, answer, collect, moved, propose
from payouts.testing.deciding import release
from payouts.testing.paying import (
    add_method,
    request,
    review,
    some_terms,
    some_withholding,
)
from payouts.testing.taxing import correct, declare
from wallet.commands import refund_minor as command
from wallet.commands.credit_purchase import credit_purchase
from wallet.commands.plan_minor_refund import preview_minor_refund
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.commands.reverse_purchase import ReversalOrder, reverse_purchase
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.consumers.clawback_settled import OnClawbackSettled
from wallet.domain.claims import Disputed, Refunded
from wallet.domain.limits import Terms
from wallet.domain.minor_refund import MinorRefundOrder
from wallet.domain.purchase import Purchase
from wallet.store.purchases import find_purchase, insert_purchase
from wallet.testing.buying import first_spend_policies
from wallet.testing.reversing import claimed, tell

SERVICES = ("wallet", "gifts", "payouts")
CREATORS = ("anna", "ben", "star")
ROOMS = {
    "anna": UUID("0198a7c0-0000-7000-8000-00000000000a"),
    "ben": UUID("0198a7c0-0000-7000-8000-00000000000b"),
}
"""Of creators who are live."""
VIEWERS = tuple(f"viewer-{n}" for n in range(5))
PARTITIONS = 3
FREE = {
    "USD": CurrencyTerms(
        minimum_minor=1, fixed_fee_minor=0, fee_bps=0, second_operator_from_minor=1
    )
}
"""Terms under which the cents that this world earns can be paid out, and a cent is much."""
MOST_BPS = 6_000
"""What is withheld without a tax form: one of two cents."""


@dataclass(frozen=True)
class World:
    """Where a world is."""

    server_dsn: str
    databases: Mapping[str, str]
    """Names, by service."""
    kafka_servers: str
    prefix: str

    def dsn(self, service: str) -> str:
        return dsn_of(self.server_dsn, self.databases[service])

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            wallet=self.dsn("wallet"),
            gifts=self.dsn("gifts"),
            payouts=self.dsn("payouts"),
            kafka=self.kafka_servers,
            topic_prefix=self.prefix,
        )

    @property
    def databases_alone(self) -> Addresses:
        return msgspec.structs.replace(self.addresses, kafka=None)

    @asynccontextmanager
    async def tampering(self, service: str) -> AsyncGenerator[Conn]:
        """A session of someone who may do everything: triggers do not fire."""
        conn = await asyncpg.connect(self.dsn(service))
        try:
            await conn.execute("SET session_replication_role = replica")
            yield conn
        finally:
            await conn.close()

    async def publish(self, records: Sequence[Outbound]) -> None:
        """Put records on this world's topics, which they name without prefix."""
        writer = Writer(self.kafka_servers, client_id="test")
        try:
            await writer.publish(
                [each._replace(topic=self.prefix + each.topic) for each in records]
            )
        finally:
            await writer.close()

    async def records(self) -> Sequence[Outbound]:
        """Everything on this world's topics, which they name without prefix."""
        return [
            Outbound(topic.name, record.key or b"", record.value or b"", list(record.headers))
            for topic in catalogue.topics()
            async for chunk in kafka.read_all(self.kafka_servers, self.prefix + topic.name)
            for record in chunk
        ]

    async def announce_dead_letters(self, consumer: str, positions: Sequence[Position]) -> None:
        """Publish what a consumer would have told of records that it set aside."""
        topic = describe(DeadLettered).topic.name
        headers = [("ce_type", describe(DeadLettered).type.encode())]
        await self.publish(
            [
                Outbound(
                    topic,
                    b"",
                    encode(
                        DeadLettered(
                            source=f"{name}:{partition}",
                            offset=offset,
                            consumer=consumer,
                            reason="why",
                            value=b"",
                            at=clock.now(),
                        )
                    ),
                    headers,
                )
                for name, partition, offset in positions
            ]
        )

    async def positions_of(self, topic: str, wanted: Callable[[bytes], bool]) -> list[Position]:
        """Where the records of a topic are whose value is wanted."""
        return [
            (topic, record.partition, record.offset)
            async for chunk in kafka.read_all(self.kafka_servers, self.prefix + topic)
            for record in chunk
            if wanted(record.value or b"")
        ]

    async def forget_oldest_records(self, topic: str) -> None:
        """Take the first record of each partition away, as retention would in time."""
        ends = await kafka.ends(self.kafka_servers, [self.prefix + topic])
        async with kafka.admin(self.kafka_servers) as client:
            await client.delete_records(
                {
                    kafka.TopicPartition(name, number): RecordsToDelete(before_offset=1)
                    for (name, number), end in ends.items()
                    if end > 0
                }
            )

    async def skip_to_the_ends(self) -> None:
        """Let the services believe that they have applied all that is on the topics."""
        topics = [self.prefix + topic.name for topic in catalogue.topics()]
        ends = await kafka.ends(self.kafka_servers, topics)
        for service in SERVICES:
            async with self.tampering(service) as conn:
                for (topic, partition), end in ends.items():
                    await conn.execute(
                        "UPDATE consumed_offset SET next_offset = $3"
                        " WHERE topic = $1 AND partition = $2",
                        topic.removeprefix(self.prefix),
                        partition,
                        end,
                    )


type Copy = Callable[..., Awaitable[World]]
"""Makes a copy of the world, to be broken."""


async def execute(dsn: str, *statements: str) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


async def drop(world: World) -> None:
    await execute(
        world.server_dsn,
        *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in world.databases.values()),
    )


async def build(world: World) -> None:
    """Make the databases and topics, and let viewers buy coins and give until all is settled."""
    await kafka.ensure_topics(
        world.kafka_servers, catalogue.topics(), prefix=world.prefix, partitions=PARTITIONS
    )
    for service in SERVICES:
        await execute(world.server_dsn, f"CREATE DATABASE {world.databases[service]}")
        await migrate.migrate(world.dsn(service), f"{service}.migrations")
    async with AsyncExitStack() as stack:
        pools = {
            service: await stack.enter_async_context(
                await open_pool(world.dsn(service), connections_max=4, application="test")
            )
            for service in SERVICES
        }
        async with transaction(pools["payouts"]) as conn:
            await publish_rates(conn, [a_rate()], now=clock.now())
            await publish_terms(conn, [some_terms(currencies=FREE)], now=clock.now())
            await publish_withholding(
                conn, [some_withholding(backup_bps=MOST_BPS)], now=clock.now()
            )
        await open_shop(pools["gifts"], *CREATORS)
        for creator, room_id in ROOMS.items():
            goal = Goal(coins=30) if creator == "anna" else Goal(item_id="rose", count=30)
            await open_a_room(
                pools["gifts"], creator_id=creator, room_id=room_id, goal=goal, at=clock.now()
            )
        await begin_battle(
            pools["gifts"], (ROOMS["anna"], "anna"), (ROOMS["ben"], "ben"), at=clock.now()
        )
        async with transaction(pools["wallet"]) as conn:
            await conn.execute("INSERT INTO price_book VALUES (1, now(), '{}')")
        for place, viewer in enumerate(VIEWERS):
            for coins in (30, 20 + place):
                await buy(pools["wallet"], viewer, coins)
        await limit(pools["wallet"], "viewer-3", Terms(day_coins=40, creator_day_coins=15))
        await give(pools["gifts"])
        await run_until_settled(world, pools)
        await quarantine(pools["payouts"])
        await run_until_settled(world, pools)
        for creator in CREATORS:
            await pay_out(pools["payouts"], creator)
        await pay_agency(pools["payouts"], "star")
        in_months = StatementClerk(
            pools["payouts"], lag=timedelta(), now=lambda: clock.now() + timedelta(days=120)
        )
        await in_months.once()
        await regret(pools["gifts"], VIEWERS[3])
        await run_until_settled(world, pools)
        await take_back(pools["wallet"])
        await regret(pools["gifts"], VIEWERS[0])
        await run_until_settled(world, pools)
        await end_evening(pools["gifts"])
        await run_until_settled(world, pools)
        # What was taken back is in figures too.
        await in_months.once()


async def end_evening(gifts: Pool) -> None:
    """Battle and train end, a room closes, the other goes on; all that was given has been told."""
    await tick_battles(gifts, clock.now() + timedelta(minutes=6))
    await close_a_room(gifts, ROOMS["anna"], "anna", at=clock.now())
    over = clock.now() + timedelta(minutes=6)
    await TrainClock(gifts, RoomRules(), now=lambda: over).once()
    await tick(gifts, clock.now() + timedelta(seconds=10))


async def buy(wallet: Pool, viewer: str, coins: int) -> None:
    now = clock.now()
    purchase = Purchase(
        purchase_id=uuid7(),
        user_id=viewer,
        provider="sandbox",
        bundle_id="small",
        price_book_version=1,
        coins=coins,
        bonus_coins=coins // 10,
        amount_minor=coins,
        currency="USD",
        seller="platform",
        refund_window_days=14,
        bonus_expires_after_days=90,
        status="CREATED",
        payment_id=None,
        checkout_url=None,
        created_at=now,
        paid_at=None,
        credited_at=None,
    )
    async with transaction(wallet) as conn:
        await insert_purchase(conn, purchase)
        await credit_purchase(conn, purchase, payment_id=str(uuid7()), at=now, traceparent=None)


async def limit(wallet: Pool, viewer: str, terms: Terms) -> None:
    """Limits that some gifts will not fit in; and later higher ones."""
    async with transaction(wallet) as conn:
        await publish_spend_policy(conn, first_spend_policies())
        for wanted in (terms, Terms(day_coins=41)):
            asked = LimitsChange(owner_id=viewer, by=viewer, is_supervised=False, wanted=wanted)
            await set_spend_limits(conn, asked, at=clock.now())


async def take_back(wallet: Pool) -> None:
    """Spent coins are refunded, so that they are owed; disputes are open, lost and given up.

    One who owes buys again, and repays; and one refund turns out to be none.
    """
    rows = await wallet.fetch(
        "SELECT purchase_id FROM purchase WHERE user_id = any($1::text[]) ORDER BY created_at",
        VIEWERS[:4],
    )
    async with wallet.acquire() as conn:
        bought = [await find_purchase(conn, row["purchase_id"]) for row in rows]
    by_user = {purchase.user_id: purchase for purchase in bought if purchase is not None}
    first, second, third, fourth = by_user.values()
    for purchase, telling in (
        (first, Refunded(first.amount_minor, 0)),
        (second, Disputed("open", "opened", second.amount_minor, 1_500)),
        (third, Disputed("lost", "opened", third.amount_minor, 1_500)),
        (third, Disputed("lost", "lost", third.amount_minor, 1_500)),
        (fourth, Refunded(fourth.amount_minor // 2, 0)),
        (fourth, Refunded(fourth.amount_minor // 2, fourth.amount_minor // 2)),
    ):
        assert await tell(wallet, claimed(purchase, telling), at=clock.now()) == "applied"
    await buy(wallet, first.user_id, 10)
    await refund_minor(wallet, VIEWERS[4])


async def regret(gifts: Pool, viewer: str) -> None:
    """A viewer undoes a gift, late: of the oldest coins."""
    gift_id = await gifts.fetchval(
        "SELECT gift_id FROM gift WHERE sender_id = $1 AND status = 'SENT' ORDER BY seq LIMIT 1",
        viewer,
    )
    async with transaction(gifts) as conn:
        await undo_gift(conn, gift_id, viewer, timedelta(days=1), at=clock.now())


async def quarantine(payouts: Pool) -> None:
    """Creators freeze three gifts: one is returned, by two operators, one is let go, one waits."""
    rows = await payouts.fetch(
        # Of coins that nobody takes back later.
        "SELECT gift_id, creator_id FROM accrual WHERE micro_diamonds >= 2000000"
        " AND sender_id IN ('viewer-1', 'viewer-2') ORDER BY coins DESC, lot_ids, gift_id LIMIT 3"
    )
    at = clock.now()
    frozen: list[Quarantine] = []
    for row in rows:
        order = QuarantineOrder(uuid7(), row["gift_id"], row["creator_id"], "who is that?")
        async with transaction(payouts) as conn:
            done = await quarantine_gift(conn, order, KnownRates(), at=at)
        frozen.append(done.quarantine)
    for operator_id in ("otto", "olga"):
        await quarantining.give_back(payouts, frozen[2], at=at, operator_id=operator_id)
    await quarantining.let_go(payouts, frozen[0], at=at)


async def refund_minor(wallet: Pool, viewer: str) -> None:
    """An operator gives a minor's money back: creators are asked for what was given them.

    First a share of what was given lately, then all the rest of each payment.
    """
    lately = MinorRefundOrder(
        viewer, clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1), 3_000
    )
    async with transaction(wallet) as conn:
        act = Act("otto", "a minor, with help", clock.now())
        seen = await preview_minor_refund(conn, lately, at=act.at)
        assert await command.refund_minor(conn, uuid7(), lately, act, expected_digest=seen.digest)
    rows = await wallet.fetch("SELECT purchase_id FROM purchase WHERE user_id = $1", viewer)
    for row in rows:
        order = ReversalOrder(row["purchase_id"], "minor_refund", None)
        async with transaction(wallet) as conn:
            act = Act("otto", "a minor", clock.now())
            await reverse_purchase(conn, uuid7(), order, act, expected_digest=None)


def in_room(creator: str, n: int) -> dict[str, str]:
    """Two of three gifts to creators who are live are sent to their rooms."""
    if creator not in ROOMS or n % 9 < 3:
        return {}
    return {"target_kind": "room", "target_id": str(ROOMS[creator])}


async def give(gifts: Pool) -> None:
    """Each viewer gives in many small pieces, crossing from lot to lot, until coins run short."""
    orders = [an_order(sender_id="viewer-4", item_id="heart-me", count=1, quoted_price_coins=10)]
    orders += [
        an_order(
            sender_id=viewer,
            creator_id=CREATORS[n % len(CREATORS)],
            count=1 + (n + place) % 4,
            quoted_price_coins=1 + (n + place) % 4,
            **in_room(CREATORS[n % len(CREATORS)], n),
        )
        for n in range(24)
        for place, viewer in enumerate(VIEWERS)
    ]
    # First what starts a train.
    orders[:0] = [
        an_order(
            sender_id=viewer, creator_id="ben", count=10, quoted_price_coins=10, **in_room("ben", 4)
        )
        for viewer in VIEWERS
    ]
    orders += [
        an_order(sender_id="pauper", creator_id="star", count=5, quoted_price_coins=5)
        for _ in range(3)
    ]
    # More than anybody may spend at once, whatever they have.
    dearest = max(first_catalogue().items, key=lambda item: item.price_coins)
    quoted = 1_000 * dearest.price_coins
    orders.append(
        an_order(
            sender_id="pauper", item_id=dearest.item_id, count=1_000, quoted_price_coins=quoted
        )
    )
    for start in range(0, len(orders), 40):
        await write(gifts, *(a_new_gift(order) for order in orders[start : start + 40]))


async def pay_out(payouts: Pool, creator: str) -> None:
    """Half a dozen payouts of two cents, once all has matured: one that ended in each way.

    A tax form comes late: what was withheld of one is corrected, and paid with another.
    """
    later = clock.now() + timedelta(days=60)
    await review(payouts, creator_id=creator, at=later)
    method = await add_method(payouts, creator_id=creator, at=later)
    for path in (
        ("CANCELED",),
        ("SUBMITTED",),
        ("SUBMITTED", "PAID", "RETURNED"),
        ("SUBMITTED", "PAID"),
        ("SUBMITTED", "FAILED"),
        (),
    ):
        payout = (await request(payouts, method, 4_000_000, at=later)).payout
        for status in path:
            async with transaction(payouts) as conn:
                after = await move_payout(
                    conn, payout, Move(PayoutStatus(status), later, "test", "why")
                )
            assert after is not None
            payout = after
        if payout.status is PayoutStatus.PAID:
            await correct_one(payouts, payout)
    # One that was held and released, twice, and canceled after all.
    payout = (await request(payouts, method, 4_000_000, at=later)).payout
    for _ in range(2):
        await review(payouts, Decision.SANCTION_HIT, creator_id=creator, at=later)
        await review(payouts, Decision.SANCTION_CLEARED, creator_id=creator, at=later)
        # The one before this was waiting too, and was held with it.
        for each in await payouts.fetch("SELECT payout_id FROM payout WHERE status = 'HELD'"):
            async with payouts.acquire() as conn:
                stopped = await find_payout(conn, each["payout_id"])
            assert stopped is not None
            released = await release(payouts, stopped, at=later)
            if released.payout_id == payout.payout_id:
                payout = released
    async with transaction(payouts) as conn:
        await move_payout(conn, payout, Move(PayoutStatus.CANCELED, later, "test", "why"))
    # And one that was held, on which nobody has decided in time.
    await request(payouts, method, 2_000_000, at=later)
    await review(payouts, Decision.IDENTITY_REJECTED, creator_id=creator, at=later)
    await HoldClerk(payouts, now=lambda: later + timedelta(days=7)).once()
    await review(payouts, creator_id=creator, at=later)
    await request(payouts, method, 2_000_000, at=later)


async def pay_agency(payouts: Pool, creator: str) -> None:
    """Half of two payouts is an agency's; it is paid both halves before one of them comes back."""
    later = clock.now() + timedelta(days=61)
    contract = (
        await propose(payouts, 5_000, creator_id=creator, effective_from=later, at=later)
    ).contract
    await answer(payouts, contract)
    [method] = await payouts.fetch(
        "SELECT method_id FROM payout_method WHERE creator_id = $1", creator
    )
    async with payouts.acquire() as conn:
        to_creator = await find_method(conn, method["method_id"])
    assert to_creator is not None
    split = [
        await moved(
            payouts,
            (await request(payouts, to_creator, 4_000_000, at=later)).payout,
            *PATHS["PAID"],
            at=later,
        )
        for _ in range(2)
    ]
    await review(payouts, creator_id=AGENCY, at=later)
    to_agency = await add_method(payouts, creator_id=AGENCY, at=later)
    due = later + HOLD
    for path in ("CANCELED", "PAID"):
        payout = (await collect(payouts, to_agency, 2, at=due)).payout
        await moved(payouts, payout, *PATHS[path], at=due)
    await moved(payouts, split[1], "RETURNED", at=due)


async def correct_one(payouts: Pool, payout: Payout) -> None:
    """Let a form come, an operator correct what was withheld, and a payout carry it."""
    at, creator = payout.moved_at, payout.creator_id
    await declare(
        payouts,
        FormKind.W9,
        "US",
        claims_treaty=False,
        tax_id="123456789",
        creator_id=creator,
        at=at,
    )
    await correct(payouts, payout, payout.withheld_minor, at=at)


async def run_until_settled(world: World, pools: Mapping[str, Pool]) -> None:
    """Run the three workers as in production, but in this process."""
    subscriptions = {
        "wallet": [
            Subscription(REQUESTED, [ChargeRequested, UndoRequested], OnChargeRequested()),
            Subscription(CLAWBACK, [ClawbackSettled], OnClawbackSettled()),
        ],
        "gifts": [
            Subscription(ANSWERED, EVENTS, ChargeAnswered()),
            Subscription(PURCHASE, purchase_taken_back.EVENTS, PurchaseTakenBack()),
            Subscription(QUARANTINE, [GiftReturned], OnGiftReturned()),
        ],
        "payouts": [gift_sent()],
    }
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for service, subscribed in subscriptions.items():
            consumer = Consumer(
                pool=pools[service],
                servers=world.kafka_servers,
                group=service,
                subscriptions=subscribed,
                topic_prefix=world.prefix,
            )
            relay = Relay(
                world.dsn(service),
                Writer(world.kafka_servers, client_id=f"{service}-relay"),
                source=service,
                topic_prefix=world.prefix,
            )
            tasks.create_task(consumer.run(stop))
            tasks.create_task(relay.run(stop))
        await eventually(lambda: settled(pools), within_s=60)
        stop.set()


async def settled(pools: Mapping[str, Pool]) -> bool:
    """Every gift answered and accrued, every event published."""
    pending = await pools["gifts"].fetchval("SELECT count(*) FROM gift WHERE status = 'PENDING'")
    sent = await pools["gifts"].fetchval(
        "SELECT count(*) FROM gift WHERE status IN ('SENT', 'REVERSED')"
    )
    claimed = await pools["wallet"].fetchval(
        "SELECT count(*) FROM reversal_leg WHERE kind = 'creator_unmatured'"
    )
    answered = await pools["wallet"].fetchval("SELECT count(*) FROM leg_settlement")
    regretted = await pools["gifts"].fetchval(
        "SELECT count(*) FROM gift_undo INNER JOIN gift USING (gift_id) WHERE status <> 'REVERSED'"
    )
    accrued = await pools["payouts"].fetchval("SELECT count(*) FROM accrual")
    returning = await pools["payouts"].fetchval(
        "SELECT count(*) FROM gift_quarantine WHERE status = 'RETURNED' AND ended_at IS NULL"
    )
    unpublished = [
        await pool.fetchval(
            "SELECT count(*) FROM outbox_stream AS s LEFT JOIN outbox_cursor AS c USING (stream)"
            " WHERE s.next_seq <> coalesce(c.next_seq, 1)"
        )
        for pool in pools.values()
    ]
    done = pending == 0 and regretted == 0 and returning == 0
    return done and sent == accrued and claimed == answered and not any(unpublished)
