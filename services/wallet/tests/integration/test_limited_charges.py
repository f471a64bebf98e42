"""Charges of payers with spend limits, through the consumer's handler, on PostgreSQL (E32)."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from chassis import clock as real_clock
from chassis.db import Pool, transact, transaction
from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from contracts.event import Event
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import ChargeRefused, ReachedLimit
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.limits import Terms
from wallet.store import limits
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock, answers, charge, give
from wallet.testing.replay import replay

DAY = timedelta(hours=24)
EDGE = timedelta(microseconds=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def handler(clock: SettableClock) -> OnChargeRequested:
    return OnChargeRequested(now=clock)


def a_request(payer_id: str, coins: int, order_key: str = "star") -> ChargeRequested:
    return ChargeRequested(charge_id=uuid7(), payer_id=payer_id, order_key=order_key, coins=coins)


async def limit(pool: Pool, owner_id: str, terms: Terms, at: datetime) -> None:
    asked = LimitsChange(owner_id=owner_id, by=owner_id, is_supervised=False, wanted=terms)
    await transact(pool, lambda conn: set_spend_limits(conn, asked, at=at))


async def fund(pool: Pool, *owner_ids: str, coins: int = 1_000, at: datetime) -> None:
    async with transaction(pool) as conn:
        for owner_id in owner_ids:
            await give(conn, owner_id, coins, at=at)


def outcomes(events: Sequence[Event]) -> list[str]:
    """`posted`, or the limit or reason that refused each charge."""
    return [
        "posted"
        if not isinstance(answer, ChargeRefused)
        else answer.limit.name
        if answer.limit is not None
        else answer.reason
        for answer in answers(events)
    ]


async def test_a_refusal_tells_the_limit_and_when_there_is_room(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The same to whoever asks again, whatever has happened since and whichever worker answers."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    began_at = clock.at
    await charge(shop, handler, [a_request("ann", 70)])
    clock.advance(timedelta(hours=1))
    request = a_request("ann", 31)

    events = await charge(shop, handler, [request])

    (refused,) = answers(events)
    assert refused == ChargeRefused(
        charge_id=request.charge_id,
        payer_id="ann",
        order_key="star",
        reason="spend_limit_reached",
        needed_coins=31,
        balance_coins=930,
        refused_at=clock.at,
        limit=ReachedLimit(name="day", coins=100, spent_coins=70, frees_up_at=began_at + DAY),
    )
    clock.advance(10 * DAY)
    assert await charge(shop, handler, [request]) == events
    assert await charge(shop, OnChargeRequested(now=clock), [request]) == events
    await assert_books_balance(shop)


@pytest.mark.parametrize("restarted", [False, True], ids=["remembered", "read from the journal"])
@pytest.mark.parametrize(
    ("terms", "window", "name"),
    [
        (Terms(day_coins=100), DAY, "day"),
        (Terms(week_coins=100), 7 * DAY, "week"),
        (Terms(creator_day_coins=100), DAY, "creator_day"),
    ],
    ids=["day", "week", "creator"],
)
async def test_windows_roll_to_the_microsecond(
    shop: Pool,
    clock: SettableClock,
    terms: Terms,
    window: timedelta,
    name: str,
    restarted: bool,
) -> None:
    """No calendar and no time zone: daylight saving changes nothing (E29)."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", terms, clock.at)
    handler = OnChargeRequested(now=clock)
    await charge(shop, handler, [a_request("ann", 60)])
    if restarted:
        handler = OnChargeRequested(now=clock)
    clock.advance(window - EDGE)

    early = await charge(shop, handler, [a_request("ann", 41), a_request("ann", 40)])
    clock.advance(EDGE)
    late = await charge(shop, handler, [a_request("ann", 61), a_request("ann", 60)])

    assert outcomes(early) == [name, "posted"]
    assert outcomes(late) == [name, "posted"]
    assert await replay(shop) == []


async def test_a_creators_share_is_limited_apart(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100, creator_day_coins=40), clock.at)

    events = await charge(
        shop,
        handler,
        [
            a_request("ann", 30, "star"),
            a_request("ann", 11, "star"),
            a_request("ann", 40, "nova"),
            a_request("ann", 31, "luna"),
            a_request("ann", 30, "luna"),
        ],
    )

    assert outcomes(events) == ["posted", "creator_day", "posted", "day", "posted"]


async def test_who_reached_a_limit_is_not_told_to_buy_coins(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """Neither coins nor room: the limit is what is told."""
    await fund(shop, "ann", coins=50, at=clock.at)
    await limit(shop, "ann", Terms(day_coins=50), clock.at)

    events = await charge(shop, handler, [a_request("ann", 50), a_request("ann", 1)])

    assert outcomes(events) == ["posted", "day"]


async def test_spending_before_the_first_limit_counts(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    await fund(shop, "ann", at=clock.at)
    await charge(shop, handler, [a_request("ann", 90)])
    await limit(shop, "ann", Terms(day_coins=100), clock.at)

    events = await charge(shop, handler, [a_request("ann", 11), a_request("ann", 10)])

    assert outcomes(events) == ["day", "posted"]


async def test_a_lowered_limit_holds_behind_a_warm_memory(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The worker remembers the account and its limits as they were; nobody tells it."""
    await fund(shop, "ann", "bob", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    await charge(shop, handler, [a_request("ann", 50), a_request("bob", 50)])
    await limit(shop, "ann", Terms(day_coins=60), clock.at)
    await limit(shop, "bob", Terms(day_coins=60), clock.at)

    events = await charge(
        shop,
        handler,
        [a_request("ann", 11), a_request("bob", 11), a_request("ann", 10), a_request("bob", 10)],
    )

    assert outcomes(events) == ["day", "day", "posted", "posted"]
    await assert_books_balance(shop)
    assert await replay(shop) == []


async def test_a_limit_that_is_lowered_meanwhile_holds(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The batch waits for the owner's change, and is then decided under the new limits."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    await charge(shop, handler, [a_request("ann", 1)])
    asked = LimitsChange(owner_id="ann", by="ann", is_supervised=False, wanted=Terms(day_coins=50))

    async with asyncio.TaskGroup() as tasks, transaction(shop) as conn:
        await set_spend_limits(conn, asked, at=clock.at)
        charging = tasks.create_task(charge(shop, handler, [a_request("ann", 60)]))
        await eventually(lambda: _somebody_waits(shop))

    assert outcomes(charging.result()) == ["day"]
    assert await replay(shop) == []


async def _somebody_waits(pool: Pool) -> bool:
    return await pool.fetchval(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock')"
    )


async def test_a_raise_holds_after_the_cooling_off_and_not_before(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """I12: without anybody telling the worker when the time has come."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(week_coins=100), clock.at)
    await charge(shop, handler, [a_request("ann", 100)])
    await limit(shop, "ann", Terms(week_coins=150), clock.at)
    clock.advance(DAY - EDGE)
    early = await charge(shop, handler, [a_request("ann", 50)])
    clock.advance(EDGE)

    late = await charge(shop, handler, [a_request("ann", 50), a_request("ann", 1)])

    assert outcomes(early) == ["week"]
    assert outcomes(late) == ["posted", "week"]
    assert await replay(shop) == []


async def test_purchases_behind_a_warm_memory_forget_no_spending(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The account has moved on, so it is read again; what was spent is known still."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    await charge(shop, handler, [a_request("ann", 60)])
    await fund(shop, "ann", at=clock.at)

    events = await charge(shop, handler, [a_request("ann", 41), a_request("ann", 40)])

    assert outcomes(events) == ["day", "posted"]


async def test_what_another_worker_spends_behind_a_warm_memory_counts(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """A partition that has changed hands and come back, unnoticed."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    await charge(shop, handler, [a_request("ann", 10)])
    await charge(shop, OnChargeRequested(now=clock), [a_request("ann", 50)])

    events = await charge(shop, handler, [a_request("ann", 41), a_request("ann", 40)])

    assert outcomes(events) == ["day", "posted"]


async def test_a_batch_that_is_rolled_back_has_spent_nothing(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    await charge(shop, handler, [a_request("ann", 1)])
    await charge(shop, handler, [a_request("ann", 99)], fails=True)

    events = await charge(shop, handler, [a_request("ann", 99), a_request("ann", 1)])

    assert outcomes(events) == ["posted", "day"]


async def test_a_clock_that_steps_back_gives_no_room(
    shop: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """T12: what another worker has spent an hour ahead counts now."""
    await fund(shop, "ann", at=clock.at)
    await limit(shop, "ann", Terms(day_coins=100), clock.at)
    ahead = SettableClock(clock.at + timedelta(hours=1))
    await charge(shop, OnChargeRequested(now=ahead), [a_request("ann", 60)])

    events = await charge(shop, handler, [a_request("ann", 41), a_request("ann", 40)])

    assert outcomes(events) == ["day", "posted"]


async def test_long_histories_are_read_back_to_the_windows_beginning(
    shop: Pool, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, with purchases between the charges, and no further than needed."""
    monkeypatch.setattr(limits, "RECALL_PAGE", 4)
    handler = OnChargeRequested(now=clock)
    for _ in range(30):
        await fund(shop, "ann", coins=10, at=clock.at)
        await charge(shop, handler, [a_request("ann", 1), a_request("ann", 1)])
        clock.advance(timedelta(hours=12))
    clock.advance(-timedelta(hours=12))
    await limit(shop, "ann", Terms(week_coins=30), clock.at)

    # The 14 batches of the last 7 days have spent 28.
    events = await charge(
        shop, OnChargeRequested(now=clock), [a_request("ann", 3), a_request("ann", 2)]
    )

    assert outcomes(events) == ["week", "posted"]


async def test_500_sends_at_once_never_pass_a_limit(shop: Pool) -> None:
    """E32: batches of two workers, purchases and lowered limits, all at the same time.

    Each payer belongs to one worker, as partitions see to. Whatever the order was, no window of
    the journal holds more than the limit that was in force; and no coin is left unspent for it.
    """
    payers = [f"viewer-{n}" for n in range(10)]
    at = real_clock.now()
    await fund(shop, *payers, at=at)
    for payer in payers:
        await limit(shop, payer, Terms(day_coins=100, creator_day_coins=60), at)
    choose = random.Random(32)
    sends = [
        a_request(choose.choice(payers), choose.randint(1, 15), choose.choice(["star", "nova"]))
        for _ in range(500)
    ]

    async def work(shard: int) -> list[str]:
        handler = OnChargeRequested()
        mine = [send for send in sends if int(send.payer_id[-1]) % 2 == shard]
        told: list[str] = []
        for start in range(0, len(mine), 10):
            batch = mine[start : start + 10]
            told += outcomes(await charge(shop, handler, batch, shard=shard))
        return told

    async def meddle() -> None:
        for payer in payers:
            await fund(shop, payer, coins=5, at=real_clock.now())
            lowered = Terms(day_coins=choose.randint(70, 100), creator_day_coins=60)
            await limit(shop, payer, lowered, real_clock.now())

    async with asyncio.TaskGroup() as tasks:
        workers = [tasks.create_task(work(shard)) for shard in range(2)]
        tasks.create_task(meddle())

    told = Counter([each for worker in workers for each in worker.result()])
    assert sum(told.values()) == 500
    assert set(told) == {"posted", "day", "creator_day"}
    spent = await shop.fetch(
        "SELECT a.owner_id, -sum(m.coins)::bigint AS coins, l.day_coins"
        " FROM movement AS m"
        " INNER JOIN account AS a ON m.account_id = a.account_id"
        " INNER JOIN spend_limits AS l"
        " ON a.account_id = l.account_id AND a.limits_version = l.version"
        " WHERE m.kind = 'charge' AND m.outcome = 'posted'"
        " GROUP BY a.owner_id, l.day_coins"
    )
    assert len(spent) == 10
    for row in spent:
        assert row["coins"] <= 100
        assert row["coins"] > row["day_coins"] - 15
    await assert_books_balance(shop)
    assert await replay(shop) == []
