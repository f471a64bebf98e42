"""Random histories of earning, losing and being paid, with what commits late, against a model that
knows neither transactions nor snapshots: two lists, of what was seen and of what was stated."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.db import Conn, Pool, transact, transaction
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from payouts.commands.move_payout import move_payout
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import MOVES, RELEASED, Move, Payout
from payouts.domain.refusals import InsufficientDiamondsError, PayoutBelowMinimumError
from payouts.domain.statement import Period, Totals
from payouts.testing import a_rate
from payouts.testing.paying import (
    CREATOR,
    add_method,
    request,
    review,
    some_terms,
    some_withholding,
)
from payouts.testing.stating import (
    LAG,
    Stated,
    add_takings,
    earn_at,
    let_time_be_told,
    state,
    tick,
)

BEGIN = datetime(2026, 5, 10, 12, tzinfo=UTC)
LIMIT_MINOR = 10**9


@dataclass(eq=False)
class Entry:
    """Something that happened."""

    at: datetime
    key: UUID
    kind: str
    amount: int


@dataclass
class Model:
    """What could be seen, in the order in which it could be, and what was stated of it."""

    seen: list[Entry] = field(default_factory=list[Entry])
    stated: set[Entry] = field(default_factory=set[Entry])
    issued: dict[str, tuple[int, Totals, list[UUID]]] = field(
        default_factory=dict[str, tuple[int, Totals, list[UUID]]]
    )
    next_period: Period = field(default_factory=lambda: Period.of(BEGIN))

    def tick(self, now: datetime) -> None:
        """Close what is over."""
        while now >= self.next_period.ends + LAG:
            period = self.next_period
            lines = [
                each for each in self.seen if each.at < period.ends and each not in self.stated
            ]
            self.next_period = period.moved(1)
            if not lines and not self.issued:
                continue
            opening = list(self.issued.values())[-1][1].closing if self.issued else 0
            self.issued[str(period)] = (
                len(self.issued) + 1,
                totals(opening, lines),
                [each.key for each in ordered(lines)],
            )
            self.stated |= set(lines)


def totals(opening: int, lines: Sequence[Entry]) -> Totals:
    def total(kind: str) -> int:
        return sum(each.amount for each in lines if each.kind == kind)

    return Totals(opening, total("earned"), total("reversed"), total("paid out"))


def ordered(lines: Sequence[Entry]) -> list[Entry]:
    return sorted(lines, key=lambda each: (each.at, each.key))


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(5_000, 30_000), st.integers(0, 0)),
        st.tuples(st.just("take unseen"), st.integers(1, 30_000), st.integers(0, 40)),
        st.tuples(st.just("take"), st.integers(0, 9), st.integers(0, 40)),
        st.tuples(st.just("commit"), st.integers(0, 9), st.integers(0, 0)),
        st.tuples(st.just("request"), st.integers(30, 100), st.integers(0, 0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.integers(0, 0)),
    ),
    min_size=8,
    max_size=30,
)


@pytest.mark.timeout(300)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_statements_are_what_the_model_says(
    servers: Servers, steps: Sequence[tuple[str, int, int]]
) -> None:
    """Opening is the closing before, sums are those of the lines, and what was told stays."""
    asyncio.run(play(servers.postgres_dsn, steps))


async def play(server_dsn: str, steps: Sequence[tuple[str, int, int]]) -> None:
    async with (
        migrated(server_dsn, "payouts.migrations", connections_max=20) as database,
        AsyncExitStack() as sessions,
    ):
        pool = database.pool
        async with transaction(pool) as conn:
            await publish_rates(conn, [a_rate()], now=BEGIN)
            terms = some_terms(day_max_minor=LIMIT_MINOR, week_max_minor=LIMIT_MINOR)
            await publish_terms(conn, [terms], now=clock.now())
            await publish_withholding(conn, [some_withholding()], now=clock.now())
        await review(pool, at=BEGIN)
        method = await add_method(pool, at=BEGIN)
        await let_time_be_told(pool)
        await add_takings(pool)
        game = Game(pool, method, sessions)
        await game.earn(5_000)
        await game.wait(0)
        for kind, one, two in steps:
            await game.step(kind, one, two)
        while game.unseen:
            await game.commit(0)
        await game.wait(70)
        await game.compare()


async def take(conn: Conn | Pool, entry_id: UUID, amount: int, at: datetime) -> Entry:
    """Take something back; what it was taken of was earned then too."""
    await conn.execute(
        "INSERT INTO taking VALUES ($1, $2, $3, 'refund', $4, $4)", entry_id, CREATOR, amount, at
    )
    return Entry(at, entry_id, "reversed", amount)


@dataclass
class Game:
    """A history that goes on."""

    pool: Pool
    method: PayoutMethod
    sessions: AsyncExitStack
    now: datetime = BEGIN
    model: Model = field(default_factory=Model)
    unseen: list[tuple[Conn, Entry]] = field(default_factory=list[tuple[Conn, Entry]])
    payouts: list[Payout] = field(default_factory=list[Payout])
    told: dict[tuple[str, datetime], Stated] = field(
        default_factory=dict[tuple[str, datetime], Stated]
    )
    ids: int = 0

    async def step(self, kind: str, one: int, two: int) -> None:
        match kind:
            case "earn":
                await self.earn(one)
            case "take unseen" if len(self.unseen) < 8:
                await self.take_unseen(one, self.now - timedelta(days=two))
            case "take":
                await self.take(one, self.now - timedelta(days=two))
            case "commit":
                await self.commit(one)
            case "request":
                await self.request(one)
            case "move":
                await self.move(one, two)
            case "wait":
                await self.wait(one)
            case _:
                pass

    async def earn(self, coins: int) -> None:
        async with transaction(self.pool) as conn:
            gift_id = await earn_at(conn, coins, self.now, gift_id=self.new_id())
        self.model.seen.append(Entry(self.now, gift_id, "earned", 500_000 * coins))

    async def take(self, amount: int, at: datetime) -> None:
        """Booked as of a moment that may be long ago."""
        self.model.seen.append(await take(self.pool, self.new_id(), amount, at))

    async def take_unseen(self, amount: int, at: datetime) -> None:
        """In a transaction that stays open for now. Not an accrual: the next would wait for it."""
        conn = await self.sessions.enter_async_context(self.pool.acquire())
        await conn.execute("BEGIN")
        self.unseen.append((conn, await take(conn, self.new_id(), amount, at)))

    async def commit(self, which: int) -> None:
        if self.unseen:
            conn, entry = self.unseen.pop(which % len(self.unseen))
            await conn.execute("COMMIT")
            self.model.seen.append(entry)

    def new_id(self) -> UUID:
        self.ids += 1
        return UUID(int=self.ids)

    async def request(self, percent: int) -> None:
        try:
            requested = await request(self.pool, self.method, percent * 100_000_000, at=self.now)
        except (InsufficientDiamondsError, PayoutBelowMinimumError):
            return
        self.payouts.append(requested.payout)
        self.book(requested.payout, 1)

    async def move(self, which: int, where: int) -> None:
        if not self.payouts:
            return
        place = which % len(self.payouts)
        payout = self.payouts[place]
        ways = sorted(MOVES[payout.status])
        if not ways:
            return
        move = Move(ways[where % len(ways)], self.now, "test", "why")
        moved = await transact(self.pool, lambda conn: move_payout(conn, payout, move))
        assert moved is not None
        self.payouts[place] = moved
        if moved.status in RELEASED:
            self.book(moved, -1)

    def book(self, payout: Payout, sign: int) -> None:
        amount = sign * payout.micro_diamonds
        self.model.seen.append(Entry(self.now, payout.payout_id, "paid out", amount))

    async def wait(self, days: int) -> None:
        """Let time pass, and the clerk do what is due; remember what is told then."""
        self.now += timedelta(days=days)
        await tick(self.pool, self.now)
        self.model.tick(self.now)
        period = self.model.next_period
        for asked in (period, period.moved(-1)):
            found = await state(self.pool, str(asked), self.now)
            if found is not None:
                self.told[str(asked), self.now] = found
        await self.compare()

    async def compare(self) -> None:
        for (period, known_at), stated in self.told.items():
            assert await state(self.pool, period, known_at) == stated
        for period, (number, sums, keys) in self.model.issued.items():
            found = await state(self.pool, period)
            assert found is not None, period
            assert (found.statement.number, found.statement.totals) == (number, sums)
            assert [line.entry_id for line in found.lines] == keys
        issued = await self.pool.fetchval("SELECT count(*) FROM statement")
        assert issued == len(self.model.issued)
