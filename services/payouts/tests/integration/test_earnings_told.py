"""Creators are told what is pending and available: once per commit, and what the query says."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock, outbox
from chassis.batch import Batch, Received
from chassis.db import Pool, transact, transaction
from chassis.testing.databases import Database, migrated
from chassis.testing.eventually import eventually
from chassis.testing.plugin import Servers
from contracts.gifts.v1 import GIFT, GiftReversed, GiftSent
from payouts.commands.move_payout import move_payout
from payouts.commands.move_payout_method import disable_payout_method
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.consumers.gift_sent import GiftHandler
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import MOVES, Move, Payout, PayoutStatus
from payouts.domain.refusals import InsufficientDiamondsError, PayoutBelowMinimumError
from payouts.edge import maturity_clock
from payouts.edge.maturity_clock import MaturityClock
from payouts.testing import (
    SENT_AT,
    a_gift,
    a_rate,
    a_slice,
    assert_books_balance,
    given_back,
    taken_back,
)
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    assert_payouts_balance,
    request,
    review,
    settled_creator,
    some_terms,
    some_withholding,
)
from payouts.testing.telling import assert_told_truly, deliver, newest, told

DAY = timedelta(days=1)
CREATORS = (CREATOR, "moon")
LIMIT_MINOR = 10**9
TEN_DOLLARS = 2_000_000_000


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 30_000), st.integers(-2, 12)),
        st.tuples(st.just("give"), st.integers(1, 30_000), st.integers(-2, 12)),
        st.tuples(st.just("reverse"), st.integers(0, 9), st.integers(1, 100)),
        st.tuples(st.just("reinstate"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("request"), st.integers(1, 110), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 8), st.integers(0, 1)),
    ),
    min_size=5,
    max_size=25,
)


@dataclass
class History:
    """What can still happen to what has happened."""

    pool: Pool
    method: PayoutMethod
    now: datetime = SENT_AT
    gifts: list[tuple[GiftSent, int]] = field(default_factory=list[tuple[GiftSent, int]])
    """With the coins that were not taken back."""
    reversals: list[GiftReversed] = field(default_factory=list[GiftReversed])
    payouts: list[Payout] = field(default_factory=list[Payout])

    async def step(self, kind: str, one: int, two: int) -> Sequence[str]:
        """Do something in one transaction; whose figures were brought up to date by it."""
        match kind:
            case "give":
                return await self.give(one, two)
            case "reverse" if self.gifts:
                return await self.reverse(one % len(self.gifts), two)
            case "reinstate" if self.reversals:
                back = self.reversals.pop(one % len(self.reversals))
                await deliver(self.pool, given_back(back, at=self.now), at=self.now)
                return []
            case "request":
                return await self.request(one)
            case "move" if self.payouts:
                return await self.move(one % len(self.payouts), two)
            case _:
                return []

    async def give(self, coins: int, days: int) -> Sequence[str]:
        """To one creator or to both, with two lots of which one may be safe already."""
        later = self.now + timedelta(days=days)
        gifts = [
            a_gift(
                slices=[
                    a_slice(coins, refundable_until=later),
                    a_slice(1, "bonus", lot_id=8, refundable_until=self.now - DAY),
                ],
                creator_id=creator_id,
                sent_at=self.now,
            )
            for creator_id in CREATORS[: 1 + coins % 2]
        ]
        await deliver(self.pool, *gifts, gifts[0], at=self.now)
        self.gifts += [(gift, coins) for gift in gifts]
        return [gift.creator_id for gift in gifts]

    async def reverse(self, place: int, percent: int) -> Sequence[str]:
        """Some of a gift, in the same batch with a new one to the same creator."""
        gift, left = self.gifts[place]
        coins = left * percent // 100
        if not coins:
            return []
        taken = taken_back(gift, coins, at=self.now)
        more = a_gift(1, creator_id=gift.creator_id, sent_at=self.now)
        await deliver(self.pool, more, taken, at=self.now)
        self.gifts[place] = (gift, left - coins)
        self.reversals.append(taken)
        return [gift.creator_id]

    async def request(self, percent: int) -> Sequence[str]:
        heard = (await newest(self.pool)).get(CREATOR)
        free = 0 if heard is None else heard.available_micro_diamonds
        wanted = max(free * percent // 100, 1)
        try:
            self.payouts.append((await request(self.pool, self.method, wanted, at=self.now)).payout)
        except (InsufficientDiamondsError, PayoutBelowMinimumError):
            return []
        return [CREATOR]

    async def move(self, place: int, way: int) -> Sequence[str]:
        payout = self.payouts[place]
        ways = sorted(MOVES[payout.status])
        if not ways:
            return []
        move = Move(ways[way % len(ways)], self.now, "test", "why")
        moved = await transact(self.pool, lambda conn: move_payout(conn, payout, move))
        assert moved is not None
        self.payouts[place] = moved
        ended = {PayoutStatus.CANCELED, PayoutStatus.FAILED, PayoutStatus.RETURNED}
        return [CREATOR] if moved.status in ended else []


@pytest.mark.timeout(300)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_what_is_told_is_what_the_query_answers(
    servers: Servers, steps: Sequence[tuple[str, int, int]]
) -> None:
    """After each commit, of whom it changed; after each look of the clock, of everybody; and of
    nobody more than once a commit."""
    asyncio.run(play(servers.postgres_dsn, steps))


async def play(server_dsn: str, steps: Sequence[tuple[str, int, int]]) -> None:
    async with migrated(server_dsn, "payouts.migrations", connections_max=2) as database:
        pool = database.pool
        async with transaction(pool) as conn:
            await publish_rates(conn, [a_rate()], now=clock.now())
            terms = some_terms(day_max_minor=LIMIT_MINOR, week_max_minor=LIMIT_MINOR)
            await publish_terms(conn, [terms], now=clock.now())
            await publish_withholding(conn, [some_withholding()], now=clock.now())
        await review(pool, at=SENT_AT)
        history = History(pool, await add_method(pool, at=SENT_AT))
        # Something to ask payouts of, from the first day on.
        await deliver(
            pool, a_gift(slices=[a_slice(400_000, refundable_until=SENT_AT - DAY)]), at=SENT_AT
        )
        heard = len(await told(pool))
        for kind, one, two in steps:
            if kind == "wait":
                history.now += timedelta(days=one)
                if two:
                    await MaturityClock(pool, now=lambda: history.now).once()
                    await assert_told_truly(pool, CREATORS, at=history.now)
                heard = len(await told(pool))
                continue
            changed = await history.step(kind, one, two)
            await assert_told_truly(pool, changed, at=history.now)
            events = await told(pool)
            assert len(events) - heard <= len(CREATORS)
            heard = len(events)
            await assert_books_balance(pool)
        await MaturityClock(pool, now=lambda: history.now).once()
        await assert_told_truly(pool, CREATORS, at=history.now)
        await assert_payouts_balance(pool)


async def test_a_batch_tells_each_creator_once(database: Database) -> None:
    """However many gifts it holds, and reversals with them: how it ended."""
    gifts = [a_gift(2, creator_id=CREATORS[n % 2]) for n in range(100)]

    await deliver(database.pool, *gifts, taken_back(gifts[0], 2, at=SENT_AT), at=SENT_AT)

    counts = Counter(event.creator_id for event in await told(database.pool))
    assert counts == {CREATOR: 1, "moon": 1}
    heard = await newest(database.pool)
    assert {name: each.pending_micro_diamonds for name, each in heard.items()} == {
        CREATOR: 49_000_000,
        "moon": 50_000_000,
    }


async def test_a_new_day_is_told_once_and_by_one(database: Database) -> None:
    """What matures is available from the first moment of its day, whoever looks first."""
    for name in CREATORS:
        safe = SENT_AT + DAY
        await deliver(
            database.pool,
            a_gift(slices=[a_slice(10, refundable_until=safe)], creator_id=name),
            a_gift(10, creator_id=name),
            at=SENT_AT,
        )
    before = len(await told(database.pool))
    midnight = (SENT_AT + 2 * DAY).replace(hour=0)

    early = MaturityClock(database.pool, now=lambda: midnight - timedelta(microseconds=1))
    assert not await early.once()
    assert len(await told(database.pool)) == before
    clocks = [MaturityClock(database.pool, now=lambda: midnight) for _ in range(4)]
    await asyncio.gather(*(each.once() for each in clocks for _ in range(3)))

    assert len(await told(database.pool)) == before + 2
    for event in (await newest(database.pool)).values():
        assert (event.pending_micro_diamonds, event.available_micro_diamonds) == (
            5_000_000,
            5_000_000,
        )
        assert event.as_of == midnight
    await assert_told_truly(database.pool, CREATORS, at=midnight)


async def test_many_mature_in_steps(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's row is locked for long, and nobody is left out."""
    monkeypatch.setattr(maturity_clock, "AT_ONCE", 2)
    names = [f"creator-{n}" for n in range(5)]
    gifts = [
        a_gift(slices=[a_slice(10, refundable_until=SENT_AT)], creator_id=name) for name in names
    ]
    await deliver(database.pool, *gifts, at=SENT_AT)
    tomorrow = SENT_AT + DAY
    task = MaturityClock(database.pool, now=lambda: tomorrow)

    assert [await task.once() for _ in range(3)] == [True, True, False]

    await assert_told_truly(database.pool, names, at=tomorrow)


async def test_whom_somebody_is_at_is_passed_over(database: Database) -> None:
    """The clock waits for no batch; it comes again, or the batch tells it."""
    gifts = [
        a_gift(slices=[a_slice(10, refundable_until=SENT_AT)], creator_id=name) for name in CREATORS
    ]
    await deliver(database.pool, *gifts, at=SENT_AT)
    tomorrow = SENT_AT + DAY
    task = MaturityClock(database.pool, now=lambda: tomorrow)
    async with transaction(database.pool) as conn:
        await conn.execute("SELECT FROM creator_earning WHERE creator_id = $1 FOR UPDATE", CREATOR)
        await task.once()
        heard = await newest(database.pool)
        assert (heard[CREATOR].version, heard["moon"].version) == (1, 2)

    await task.once()
    await assert_told_truly(database.pool, CREATORS, at=tomorrow)


async def test_payouts_that_come_back_together_are_told_as_one(database: Database) -> None:
    """A method is taken out of use with three payouts that wait for it."""
    method = await settled_creator(database.pool, 60_000)
    for _ in range(3):
        await request(database.pool, method, TEN_DOLLARS)
    before = len(await told(database.pool))

    await transact(
        database.pool,
        lambda conn: disable_payout_method(conn, method, at=NOW, actor="test", reason="why"),
    )

    events = await told(database.pool)
    assert len(events) == before + 1
    assert events[-1].available_micro_diamonds == 30_000_000_000
    await assert_told_truly(database.pool, [CREATOR], at=NOW)


async def test_gifts_and_payouts_at_the_same_time(database: Database) -> None:
    """Neither forgets what the other has done, and versions never say two things."""
    method = await settled_creator(database.pool, 400_000)

    async def give(number: int) -> None:
        for _ in range(10):
            gift = a_gift(
                slices=[a_slice(10, refundable_until=NOW + DAY)], sent_at=NOW, creator_id=CREATOR
            )
            other = a_gift(number, creator_id="moon", sent_at=NOW)
            await deliver(database.pool, gift, other, at=NOW)

    async def pay() -> None:
        for _ in range(4):
            await request(database.pool, method, TEN_DOLLARS)

    await asyncio.gather(give(1), pay(), pay())

    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)
    await assert_told_truly(database.pool, CREATORS, at=NOW)


async def test_a_payout_waits_for_a_batch_to_the_same_creator(database: Database) -> None:
    """Else it would tell the earnings without the batch's, under the newer version."""
    method = await settled_creator(database.pool, 40_000)
    received = [Received(a_gift(10, sent_at=NOW), 0, 0, None)]
    async with transaction(database.pool) as conn:
        batch = Batch(GIFT.name, received, 0)
        await GiftHandler(now=lambda: NOW).apply(conn, batch)
        await outbox.append(conn, batch.outgoing)
        asking = asyncio.create_task(request(database.pool, method, TEN_DOLLARS))
        await eventually(
            lambda: database.pool.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ),
            until=lambda waiting: waiting > 0,
        )
    await asking

    await assert_books_balance(database.pool)
    await assert_told_truly(database.pool, [CREATOR], at=NOW)


async def test_accounts_of_before_are_taken_over(database: Database) -> None:
    """The upgrade adds up what there is; the first gift afterwards tells it whole."""
    await deliver(database.pool, a_gift(10), at=SENT_AT)
    await database.pool.execute("""
        UPDATE creator_earning
        SET version = 0, pending_micro_diamonds = 0, available_micro_diamonds = 0,
            figured_on = '-infinity', matures_next = NULL
    """)
    text = files("payouts.migrations").joinpath("0370_earnings_told.sql").read_text()
    [upgrade] = [each for each in text.split(";") if each.strip().startswith("UPDATE")]

    await database.pool.execute(upgrade)

    await assert_books_balance(database.pool)
    assert await database.pool.fetchval("SELECT version FROM creator_earning") == 0
    await deliver(database.pool, a_gift(10), at=SENT_AT)
    await assert_books_balance(database.pool)
    await assert_told_truly(database.pool, [CREATOR], at=SENT_AT)
