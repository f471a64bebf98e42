"""Diamonds are reserved in the commit that promises the money, each once."""

import asyncio
from datetime import timedelta

import pytest

from chassis.db import transact
from chassis.ids import uuid7
from chassis.outbox import unpack
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from payouts.commands.known_rates import KnownRates
from payouts.commands.move_payout_method import disable_payout_method
from payouts.commands.publish_terms import publish_terms
from payouts.commands.request_payout import Requested, request_payout
from payouts.domain.earnings import Earnings
from payouts.domain.payout import PayoutOrder, PayoutStatus
from payouts.domain.refusals import (
    AmountInvalidError,
    ConversionUnavailableError,
    CurrencyUnsupportedError,
    DomainError,
    FeesExceedPayoutError,
    IdempotencyConflictError,
    IdentityNotVerifiedError,
    InsufficientDiamondsError,
    MethodLockedError,
    MethodNotVerifiedError,
    MethodUnavailableError,
    PayoutBelowMinimumError,
    PayoutLimitReachedError,
)
from payouts.domain.review import Decision
from payouts.domain.terms import CurrencyTerms
from payouts.store.earnings import select_earnings
from payouts.store.payouts import find_payout, select_history
from payouts.testing import SENT_AT, assert_books_balance
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    assert_payouts_balance,
    cancel,
    earn,
    request,
    review,
    settled_creator,
    some_details,
    some_terms,
)

ALL = 10_000_000_000
"""What `settled_creator` has: 10,000 diamonds, 50 dollars."""
TEN_DOLLARS = 2_000_000_000
WAITS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def earnings_of(database: Database, creator_id: str = CREATOR) -> Earnings:
    async with database.pool.acquire() as conn:
        found = await select_earnings(conn, [creator_id], NOW.date())
    return found.get(creator_id, Earnings.of(()))


async def events(database: Database) -> list[str]:
    """Types of what was published on request, in order."""
    rows = await database.pool.fetch("SELECT records FROM outbox WHERE stream = 'api' ORDER BY seq")
    return [record.type for row in rows for record in unpack(row["records"])]


async def close(database: Database) -> None:
    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)


async def test_reserves_and_queues(database: Database) -> None:
    """What is reserved is no longer available, and is told of once."""
    method = await settled_creator(database.pool)

    requested = await request(database.pool, method, 4_000_000_000)

    payout = requested.payout
    assert (payout.status, requested.replayed) == (PayoutStatus.QUEUED, False)
    assert (payout.gross_minor, payout.net_minor, payout.currency) == (2_000, 1_955, "USD")
    earnings = await earnings_of(database)
    assert earnings.available.micro_diamonds == ALL - 4_000_000_000
    assert earnings.reserved.micro_diamonds == 4_000_000_000
    assert earnings.lifetime.micro_diamonds == ALL
    async with database.pool.acquire() as conn:
        history = (await select_history(conn, [payout.payout_id]))[payout.payout_id]
    assert [(step.status, step.actor) for step in history] == [
        (PayoutStatus.REQUESTED, CREATOR),
        (PayoutStatus.QUEUED, "payout_desk"),
    ]
    assert await events(database) == [
        "payouts.payout_requested.v1",
        "payouts.earnings_changed.v1",
    ]
    await close(database)


async def test_retry_gets_the_first_result(database: Database) -> None:
    """Also when by now there would be too little, and when it was canceled meanwhile."""
    method, payout_id = await settled_creator(database.pool), uuid7()

    first = await request(database.pool, method, ALL, payout_id=payout_id)
    again = await request(database.pool, method, ALL, payout_id=payout_id)
    await cancel(database.pool, first.payout)
    last = await request(database.pool, method, ALL, payout_id=payout_id)

    assert (again.replayed, last.replayed) == (True, True)
    assert again.payout == first.payout
    assert last.payout.status is PayoutStatus.CANCELED
    assert await events(database) == [
        "payouts.payout_requested.v1",
        "payouts.earnings_changed.v1",
        "payouts.payout_canceled.v1",
        "payouts.earnings_changed.v1",
    ]
    await close(database)


async def test_copies_at_once_are_one_payout(database: Database) -> None:
    """Of ten copies one is the first; without the creator's lock they reserve more than once."""
    method, payout_id = await settled_creator(database.pool), uuid7()

    results = await asyncio.gather(
        *(request(database.pool, method, TEN_DOLLARS, payout_id=payout_id) for _ in range(10))
    )

    assert sorted(each.replayed for each in results) == [False] + [True] * 9
    assert (await earnings_of(database)).reserved.micro_diamonds == TEN_DOLLARS
    await close(database)


async def test_requests_at_once_never_reserve_more_than_there_is(database: Database) -> None:
    """E56: twenty payouts of 10 dollars race for 50: five win, the rest are told what is left."""
    method = await settled_creator(database.pool)

    results = await asyncio.gather(
        *(request(database.pool, method, TEN_DOLLARS) for _ in range(20)), return_exceptions=True
    )

    won = [each for each in results if isinstance(each, Requested)]
    lost = [each for each in results if isinstance(each, InsufficientDiamondsError)]
    assert (len(won), len(lost)) == (5, 15)
    assert {each.available_micro_diamonds for each in lost} == {0}
    assert (await earnings_of(database)).available.micro_diamonds == 0
    await close(database)


async def test_a_copy_waits_for_the_first(database: Database) -> None:
    """The first is held open until the copy is at a lock: it must be the creator's, since whoever
    waits for earnings has looked for the payout before it was there."""
    method, order = await settled_creator(database.pool), uuid7()
    wanted = PayoutOrder(order, CREATOR, method.method_id, ALL)

    async with database.pool.acquire() as conn, conn.transaction():
        first = await request_payout(conn, wanted, KnownRates(), at=NOW)
        copy = asyncio.create_task(request(database.pool, method, ALL, payout_id=order))
        await eventually(lambda: database.pool.fetchval(WAITS), within_s=60)

    assert await copy == first._replace(replayed=True)
    assert (await earnings_of(database)).reserved.micro_diamonds == ALL
    await close(database)


async def test_a_method_that_is_disabled_meanwhile(database: Database) -> None:
    """E39: nothing stays on its way to it. Both touch other rows: only the creator's lock is
    between them."""
    method = await settled_creator(database.pool)
    order = PayoutOrder(uuid7(), CREATOR, method.method_id, TEN_DOLLARS)

    async def disable() -> None:
        await transact(
            database.pool,
            lambda conn: disable_payout_method(
                conn, method, at=NOW, actor=CREATOR, reason="closed"
            ),
        )

    async with database.pool.acquire() as conn, conn.transaction():
        await request_payout(conn, order, KnownRates(), at=NOW)
        disabling = asyncio.create_task(disable())

        async def waits_or_is_done() -> bool:
            return disabling.done() or await database.pool.fetchval(WAITS)

        await eventually(waits_or_is_done, within_s=60)
    await disabling

    async with database.pool.acquire() as conn:
        payout = await find_payout(conn, order.payout_id)
    assert payout is not None
    assert payout.status is PayoutStatus.CANCELED
    assert (await earnings_of(database)).available.micro_diamonds == ALL
    await close(database)


async def test_earnings_go_on_while_payouts_are_requested(database: Database) -> None:
    """Accruals and reservations share buckets, and lock them in one order."""
    method = await settled_creator(database.pool)

    await asyncio.gather(
        *(request(database.pool, method, TEN_DOLLARS) for _ in range(5)),
        *(earn(database.pool, 1_000) for _ in range(10)),
    )

    earnings = await earnings_of(database)
    assert earnings.lifetime.micro_diamonds == ALL + 10 * 500_000_000
    assert earnings.reserved.micro_diamonds == 5 * TEN_DOLLARS
    await close(database)


@pytest.mark.parametrize("change", ["amount", "method", "creator"])
async def test_same_id_for_something_else_is_a_conflict(database: Database, change: str) -> None:
    method = await settled_creator(database.pool)
    first = await request(database.pool, method, TEN_DOLLARS)
    amount, other = TEN_DOLLARS, method
    match change:
        case "amount":
            amount += 1
        case "method":
            other = await add_method(database.pool)
        case _:
            await earn(database.pool, 20_000, creator_id="other")
            await review(database.pool, creator_id="other")
            other = await add_method(database.pool, creator_id="other")

    with pytest.raises(IdempotencyConflictError):
        await request(database.pool, other, amount, payout_id=first.payout.payout_id)

    assert await database.pool.fetchval("SELECT count(*) FROM payout") == 1
    await close(database)


async def refused(
    database: Database, expected: type[DomainError], *arguments: object, **more: object
) -> DomainError:
    """The refusal of a request, with proof that it has changed nothing."""
    before = await earnings_of(database)
    with pytest.raises(expected) as raised:
        await request(database.pool, *arguments, **more)  # pyright: ignore[reportArgumentType]
    assert await earnings_of(database) == before
    assert await database.pool.fetchval("SELECT count(*) FROM payout") == 0
    assert await events(database) == []
    return raised.value


@pytest.mark.parametrize("amount", [0, -1, -(2**53) + 1])
async def test_nothing_or_less(database: Database, amount: int) -> None:
    await refused(database, AmountInvalidError, await settled_creator(database.pool), amount)


@pytest.mark.parametrize("amount", [ALL + 1, 2**53 - 1])
async def test_more_than_is_available(database: Database, amount: int) -> None:
    method = await settled_creator(database.pool)
    # Not mature: it does not count, however much it is.
    await earn(database.pool, 50_000, refundable_until=NOW + timedelta(days=90))

    error = await refused(database, InsufficientDiamondsError, method, amount)

    assert isinstance(error, InsufficientDiamondsError)
    assert error.available_micro_diamonds == ALL


async def test_less_than_the_minimum(database: Database) -> None:
    method = await settled_creator(database.pool)
    error = await refused(database, PayoutBelowMinimumError, method, TEN_DOLLARS - 1)

    assert isinstance(error, PayoutBelowMinimumError)
    assert (error.minimum_minor, error.needed_micro_diamonds) == (1_000, TEN_DOLLARS)


async def test_less_than_the_fees(database: Database) -> None:
    """E57: refused with what is needed, and with that it goes through."""
    usd = CurrencyTerms(minimum_minor=1, fixed_fee_minor=600, fee_bps=0)
    await in_force(database, currencies={"USD": usd})
    method = await settled_creator(database.pool)

    error = await refused(database, FeesExceedPayoutError, method, 1_200_000_000)

    assert isinstance(error, FeesExceedPayoutError)
    requested = await request(database.pool, method, error.needed_micro_diamonds)
    assert (requested.payout.gross_minor, requested.payout.net_minor) == (601, 1)


async def test_an_identity_that_nobody_verified(database: Database) -> None:
    """C45: unknown or rejected, nothing is paid out; the newest finding counts."""
    await earn(database.pool, 20_000)
    method = await add_method(database.pool)

    await refused(database, IdentityNotVerifiedError, method, TEN_DOLLARS)
    await review(database.pool)
    await review(database.pool, Decision.IDENTITY_REJECTED)
    await refused(database, IdentityNotVerifiedError, method, TEN_DOLLARS)
    await review(database.pool)
    await request(database.pool, method, TEN_DOLLARS)


async def test_somebody_elses_method(database: Database) -> None:
    await settled_creator(database.pool)
    theirs = await add_method(database.pool, creator_id="other")

    await refused(database, MethodUnavailableError, theirs, TEN_DOLLARS, creator_id=CREATOR)


async def test_a_method_that_is_not_confirmed(database: Database) -> None:
    await settled_creator(database.pool)
    pending = await add_method(database.pool, verified=False, at=NOW - timedelta(days=30))

    await refused(database, MethodNotVerifiedError, pending, TEN_DOLLARS)


async def test_a_disabled_method(database: Database) -> None:
    method = await settled_creator(database.pool)
    await transact(
        database.pool,
        lambda conn: disable_payout_method(conn, method, at=NOW, actor=CREATOR, reason="old"),
    )

    await refused(database, MethodUnavailableError, method, TEN_DOLLARS)


async def test_a_method_that_is_too_new(database: Database) -> None:
    """E39, E40: another account than the first is locked for five days, to the second."""
    await settled_creator(database.pool)
    newer = await add_method(database.pool)
    assert newer.usable_from == NOW + timedelta(days=5)

    error = await refused(
        database, MethodLockedError, newer, TEN_DOLLARS, at=newer.usable_from - timedelta(seconds=1)
    )

    assert isinstance(error, MethodLockedError)
    assert error.usable_from == newer.usable_from
    await request(database.pool, newer, TEN_DOLLARS, at=newer.usable_from)


async def test_day_and_week(database: Database) -> None:
    """C40, E29: windows roll, by what was requested and neither canceled nor returned."""
    await in_force(database, day_max_minor=2_000, week_max_minor=3_000)
    method = await settled_creator(database.pool)

    first = await request(database.pool, method, TEN_DOLLARS)
    await request(database.pool, method, TEN_DOLLARS)
    with pytest.raises(PayoutLimitReachedError) as of_day:
        await request(database.pool, method, TEN_DOLLARS, at=NOW + timedelta(hours=23, minutes=59))
    await request(database.pool, method, TEN_DOLLARS, at=NOW + timedelta(days=1))
    with pytest.raises(PayoutLimitReachedError) as of_week:
        await request(database.pool, method, TEN_DOLLARS, at=NOW + timedelta(days=6))
    await cancel(database.pool, first.payout)
    await request(database.pool, method, TEN_DOLLARS, at=NOW + timedelta(days=6))

    assert (of_day.value.window, of_day.value.remaining_minor) == ("DAY", 0)
    assert (of_week.value.window, of_week.value.limit_minor) == ("WEEK", 3_000)
    await close(database)


async def test_no_two_currencies_make_two_limits(database: Database) -> None:
    await in_force(database, day_max_minor=1_500)
    dollars = await settled_creator(database.pool)
    yen = await add_method(database.pool, some_details(currency="JPY"), at=NOW - timedelta(days=10))

    await request(database.pool, dollars, TEN_DOLLARS)
    with pytest.raises(PayoutLimitReachedError) as refused:
        await request(database.pool, yen, TEN_DOLLARS)

    assert (refused.value.remaining_minor, refused.value.currency) == (500, "USD")


async def test_zero_decimals_leave_the_rest(database: Database) -> None:
    """E45: yen have no parts; what makes none stays available, to the micro-diamond."""
    await earn(database.pool, 20_001)
    await review(database.pool)
    method = await add_method(database.pool, some_details(currency="JPY"))
    everything = (await earnings_of(database)).available.micro_diamonds

    payout = (await request(database.pool, method, everything)).payout

    assert (payout.currency, payout.gross_minor) == ("JPY", 7_500)
    earnings = await earnings_of(database)
    assert earnings.available.micro_diamonds == everything - payout.micro_diamonds == 500_000
    assert (payout.nano_rate, payout.rate_source) == (150_000_000_000, "sandbox")
    assert payout.rate_observed_at is not None
    await close(database)


async def test_a_rate_that_is_too_old(database: Database) -> None:
    """C51: an old rate is not paid at; dollars need none."""
    await in_force(database, conversion_max_age_hours=24)
    dollars = await settled_creator(database.pool)
    yen = await add_method(database.pool, some_details(currency="JPY"), at=NOW - timedelta(days=10))

    await refused(database, ConversionUnavailableError, yen, TEN_DOLLARS)
    await request(database.pool, dollars, TEN_DOLLARS)


async def test_a_currency_that_was_withdrawn(database: Database) -> None:
    await settled_creator(database.pool)
    dinars = await add_method(
        database.pool, some_details(currency="KWD"), at=NOW - timedelta(days=10)
    )
    await in_force(database, currencies={"USD": some_terms().currencies["USD"]})

    await refused(database, CurrencyUnsupportedError, dinars, TEN_DOLLARS)


async def test_a_sanction_hit_holds(database: Database) -> None:
    """E35: the payout is taken in and held, its diamonds reserved and not spendable again."""
    method = await settled_creator(database.pool)
    await review(database.pool, Decision.SANCTION_HIT)

    payout = (await request(database.pool, method, TEN_DOLLARS)).payout

    assert (payout.status, payout.reason) == (PayoutStatus.HELD, "sanction_hit")
    assert (await earnings_of(database)).reserved.micro_diamonds == TEN_DOLLARS
    await close(database)


async def in_force(database: Database, **changes: object) -> None:
    """Publish terms that hold from now on, as tests count now."""
    terms = some_terms(2, effective_from=SENT_AT + timedelta(days=1), **changes)
    published_at = SENT_AT - timedelta(days=1)
    await transact(database.pool, lambda conn: publish_terms(conn, [terms], now=published_at))
