"""Platform caps through the consumer's handler, on PostgreSQL (C17, E31, E32)."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta

import asyncpg
import msgspec
import pytest

from chassis import clock as real_clock
from chassis.db import Pool, transact, transaction
from chassis.ids import uuid7
from contracts.gifts.v1 import AgeBand, ChargeRequested
from contracts.wallet.v1 import ChargeRefused, ReachedLimit
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.caps import CapRow, CapTable, CapTerms
from wallet.domain.limits import SpendPolicy, Terms
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock, answers, charge, give
from wallet.testing.replay import replay

DAY = timedelta(hours=24)
EDGE = timedelta(microseconds=1)
START = SettableClock().at


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def handler(clock: SettableClock) -> OnChargeRequested:
    return OnChargeRequested(now=clock)


def a_row(day_coins: int, *regions: str) -> CapRow:
    return CapRow(
        regions=regions or None,
        charge_coins=day_coins // 2,
        day_coins=day_coins,
        week_coins=2 * day_coins,
    )


def a_policy(version: int, day_coins: int, effective_from: datetime) -> SpendPolicy:
    """That many coins a day, twice as many a week, half as many a gift; in Korea half of it all."""
    return SpendPolicy(
        version=version,
        effective_from=effective_from,
        raise_after_hours=24,
        remove_after_hours=168,
        caps=CapTable(
            rows=(a_row(day_coins // 2, "KR"), a_row(day_coins)),
            unknown=CapTerms(
                charge_coins=day_coins // 8, day_coins=day_coins // 4, week_coins=day_coins // 2
            ),
        ),
    )


async def publish(pool: Pool, *policies: SpendPolicy) -> None:
    await transact(pool, lambda conn: publish_spend_policy(conn, policies))


async def fund(pool: Pool, *owner_ids: str, at: datetime, coins: int = 100_000) -> None:
    async with transaction(pool) as conn:
        for owner_id in owner_ids:
            await give(conn, owner_id, coins, at=at)


def a_request(
    payer_id: str, coins: int, *, region: str | None = "US", age: AgeBand | None = "adult"
) -> ChargeRequested:
    return ChargeRequested(
        charge_id=uuid7(),
        payer_id=payer_id,
        order_key="star",
        coins=coins,
        payer_region=region,
        payer_age=age,
    )


async def told(
    pool: Pool, handler: OnChargeRequested, *requests: ChargeRequested, shard: int = 0
) -> list[str]:
    events = await charge(pool, handler, requests, shard=shard)
    return [
        "posted"
        if not isinstance(answer, ChargeRefused)
        else answer.limit.name
        if answer.limit is not None
        else answer.reason
        for answer in answers(events)
    ]


async def test_a_refusal_tells_which_cap_and_stays(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The same to whoever asks again, under whatever policy and from wherever."""
    await publish(pool, a_policy(1, 100, START - DAY), a_policy(2, 1_000, START + DAY))
    await fund(pool, "ann", at=clock.at)
    await told(pool, handler, a_request("ann", 50), a_request("ann", 30))
    request = a_request("ann", 21)

    events = await charge(pool, handler, [request])

    [refused] = answers(events)
    assert isinstance(refused, ChargeRefused)
    assert refused.reason == "spend_limit_reached"
    assert refused.limit == ReachedLimit(
        name="platform_day", coins=100, spent_coins=80, frees_up_at=START + DAY
    )
    clock.advance(3 * DAY)
    assert await charge(pool, OnChargeRequested(now=clock), [request]) == events
    assert await replay(pool) == []


async def test_each_cap_is_met(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """One gift, a day, a week; by where somebody is, and lowest where nothing is known."""
    await publish(pool, a_policy(1, 100, START - DAY))
    await fund(pool, "ann", "kim", "old", at=clock.at)

    assert await told(
        pool,
        handler,
        a_request("ann", 51),
        a_request("kim", 26, region="KR"),
        a_request("old", 13, region=None, age=None),
        a_request("ann", 50),
        a_request("kim", 25, region="KR"),
        a_request("old", 12, region=None, age=None),
        a_request("ann", 50),
        a_request("ann", 1),
    ) == ["per_transaction"] * 3 + ["posted"] * 4 + ["platform_day"]
    clock.advance(2 * DAY)
    assert await told(pool, handler, a_request("ann", 50), a_request("ann", 50)) == ["posted"] * 2
    clock.advance(2 * DAY)
    assert await told(pool, handler, a_request("ann", 1)) == ["platform_week"]
    await assert_books_balance(pool)
    assert await replay(pool) == []


async def test_who_travels_meets_the_caps_of_the_place(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    await publish(pool, a_policy(1, 100, START - DAY))
    await fund(pool, "ann", at=clock.at)

    assert await told(
        pool,
        handler,
        a_request("ann", 45),
        a_request("ann", 6, region="KR"),
        a_request("ann", 5, region="KR"),
        a_request("ann", 50),
        a_request("ann", 1),
    ) == ["posted", "platform_day", "posted", "posted", "platform_day"]


async def test_of_own_and_platform_the_lower_holds(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    await publish(pool, a_policy(1, 100, START - DAY))
    await fund(pool, "ann", "bob", at=clock.at)
    for owner_id, own in (("ann", 40), ("bob", 400)):
        asked = LimitsChange(
            owner_id=owner_id, by=owner_id, is_supervised=False, wanted=Terms(day_coins=own)
        )
        await transact(pool, lambda conn, asked=asked: set_spend_limits(conn, asked, at=START))

    assert await told(pool, handler, a_request("ann", 40), a_request("ann", 1)) == ["posted", "day"]
    assert await told(
        pool, handler, a_request("bob", 50), a_request("bob", 50), a_request("bob", 1)
    ) == ["posted", "posted", "platform_day"]


async def test_a_policy_holds_from_its_date_behind_a_warm_memory(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """To the microsecond; nobody tells the worker, and what was spent before counts."""
    await publish(pool, a_policy(1, 1_000, START - DAY))
    await fund(pool, "ann", at=clock.at)
    assert await told(pool, handler, a_request("ann", 90)) == ["posted"]
    change_at = START + timedelta(hours=5)
    await publish(pool, a_policy(2, 100, change_at))
    clock.advance(timedelta(hours=5) - EDGE)
    assert await told(pool, handler, a_request("ann", 5)) == ["posted"]
    clock.advance(EDGE)

    assert await told(pool, handler, a_request("ann", 6), a_request("ann", 5)) == [
        "platform_day",
        "posted",
    ]
    assert await replay(pool) == []


@pytest.mark.parametrize("restarted", [False, True], ids=["remembered", "read from the journal"])
async def test_the_bound_is_forgotten_as_windows_roll(
    pool: Pool, clock: SettableClock, restarted: bool
) -> None:
    """Who has spent far more than any cap in all their time is capped by what counts, no more."""
    await publish(pool, a_policy(1, 100, START - DAY))
    await fund(pool, "ann", at=clock.at)
    handler = OnChargeRequested(now=clock)
    for _ in range(10):
        if restarted:
            handler = OnChargeRequested(now=clock)
        assert await told(pool, handler, a_request("ann", 50), a_request("ann", 50)) == [
            "posted",
            "posted",
        ]
        assert await told(pool, handler, a_request("ann", 1)) == ["platform_day"]
        clock.advance(4 * DAY)
    assert await replay(pool) == []


@pytest.mark.parametrize(
    ("on", "back"),
    [(4 * DAY, timedelta(minutes=50)), (4 * DAY + timedelta(hours=2), 2 * DAY)],
    ids=["a little", "far"],
)
async def test_a_clock_that_steps_back_gives_no_room(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock, on: timedelta, back: timedelta
) -> None:
    """T12: a bound that was counted when a charge had left the week counts it again before that."""
    alike = CapRow(charge_coins=100, day_coins=100, week_coins=100)
    policy = a_policy(1, 100, START - DAY)
    assert policy.caps is not None
    caps = msgspec.structs.replace(policy.caps, rows=(alike,))
    await publish(pool, msgspec.structs.replace(policy, caps=caps))
    await fund(pool, "ann", at=clock.at)
    await told(pool, handler, a_request("ann", 60))
    clock.advance(3 * DAY)
    await told(pool, handler, a_request("ann", 30))
    clock.advance(on)
    assert await told(pool, handler, a_request("ann", 11)) == ["posted"]

    clock.advance(-back)
    assert await told(pool, handler, a_request("ann", 20)) == ["platform_week"]


async def test_500_sends_at_once_never_pass_a_cap(pool: Pool) -> None:
    """E32: two workers, purchases and a stricter policy, all at the same time."""
    payers = [f"viewer-{n}" for n in range(10)]
    began_at = real_clock.now()
    await publish(pool, a_policy(1, 100, began_at - DAY))
    await fund(pool, *payers, at=began_at)
    choose = random.Random(17)
    sends = [a_request(choose.choice(payers), choose.randint(1, 15)) for _ in range(500)]

    async def work(shard: int) -> list[str]:
        handler = OnChargeRequested()
        mine = [send for send in sends if int(send.payer_id[-1]) % 2 == shard]
        given: list[str] = []
        for start in range(0, len(mine), 10):
            given += await told(pool, handler, *mine[start : start + 10], shard=shard)
        return given

    async def meddle() -> None:
        for payer in payers:
            await fund(pool, payer, coins=5, at=real_clock.now())

    async with asyncio.TaskGroup() as tasks:
        workers = [tasks.create_task(work(shard)) for shard in range(2)]
        tasks.create_task(meddle())

    given = Counter([each for worker in workers for each in worker.result()])
    assert sum(given.values()) == 500
    assert set(given) == {"posted", "platform_day"}
    spent = await pool.fetch(
        "SELECT -sum(coins)::bigint AS coins FROM movement"
        " WHERE kind = 'charge' AND outcome = 'posted' GROUP BY account_id"
    )
    assert [86 <= row["coins"] <= 100 for row in spent] == [True] * 10
    await assert_books_balance(pool)
    assert await replay(pool) == []


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE platform_caps SET day_coins = 1000", None),
        ("DELETE FROM platform_caps", None),
        (
            "INSERT INTO platform_caps (policy_version, position, charge_coins, day_coins,"
            " week_coins) VALUES (1, 9, 5, 4, 6)",
            "platform_caps_bounds",
        ),
        (
            "INSERT INTO platform_caps (policy_version, position, charge_coins, day_coins,"
            " week_coins) VALUES (1, 1, 5, 5, 6)",
            "platform_caps_once",
        ),
        (
            "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, -5, 5, now(), NULL, 0, 'charge',"
            " 'platform_day_reached', 'gift_clearing', 'k'",
            "movement_outcome",
        ),
        (
            "INSERT INTO movement SELECT gen_random_uuid(), 1, 9, 5, 5, now(), 1, 0, 'purchase',"
            " 'posted', 'mint:USD', NULL, NULL, NULL, 1",
            "movement_caps_of_charges",
        ),
    ],
)
async def test_the_database_refuses(pool: Pool, statement: str, constraint: str | None) -> None:
    await publish(pool, a_policy(1, 100, START))

    with pytest.raises(asyncpg.PostgresError) as raised:
        await pool.execute(statement)

    if constraint is not None:
        assert getattr(raised.value, "constraint_name", None) == constraint
