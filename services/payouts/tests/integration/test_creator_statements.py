"""Statements: what was known at a moment stays what it was, whatever comes later (C46, I4)."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chassis.db import transact, transaction
from chassis.testing.databases import Database
from payouts.commands.issue_statements import close_period, issue_statement
from payouts.commands.move_payout import move_payout
from payouts.domain.payout import Move, PayoutStatus
from payouts.domain.statement import LineKind, Period, Totals, UnsettledError
from payouts.testing.paying import CREATOR, add_method, cancel, request, review
from payouts.testing.stating import LAG, Stated, earn_at, earn_in, let_time_be_told, state, tick

MAY = datetime(2026, 5, 10, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 10, 12, tzinfo=UTC)
JULY = datetime(2026, 7, 10, 12, tzinfo=UTC)
AUGUST = datetime(2026, 8, 1, tzinfo=UTC) + LAG
TEN_DOLLARS = 2_000_000_000


@pytest.fixture
async def may(database: Database) -> Database:
    """Statements began in May, with nothing to state yet."""
    await let_time_be_told(database.pool)
    await tick(database.pool, MAY - timedelta(days=9))
    return database


async def stated(
    database: Database, period: str, known_at: datetime | None = None, creator_id: str = CREATOR
) -> Stated:
    found = await state(database.pool, period, known_at, creator_id=creator_id)
    assert found is not None
    return found


async def test_a_month_closes_into_the_next(may: Database) -> None:
    """Closing is opening + earned - reversed - paid out, and the next opening; numbers go on."""
    pool = may.pool
    await review(pool, at=MAY)
    method = await add_method(pool, at=MAY)
    gift_id = await earn_in(pool, 20_000, MAY)
    first = (await request(pool, method, TEN_DOLLARS, at=MAY + timedelta(days=1))).payout
    await request(pool, method, TEN_DOLLARS, at=JUNE)
    await tick(pool, JUNE)
    await cancel(pool, first, at=JULY)
    await tick(pool, AUGUST)

    statements = [await stated(may, period) for period in ("2026-05", "2026-06", "2026-07")]

    assert [each.statement.number for each in statements] == [1, 2, 3]
    assert [each.statement.totals for each in statements] == [
        Totals(0, 10_000_000_000, 0, TEN_DOLLARS),
        Totals(8_000_000_000, 0, 0, TEN_DOLLARS),
        Totals(6_000_000_000, 0, 0, -TEN_DOLLARS),
    ]
    kinds = [[line.kind for line in each.lines] for each in statements]
    assert kinds == [
        [LineKind.EARNED, LineKind.PAID_OUT],
        [LineKind.PAID_OUT],
        [LineKind.GIVEN_BACK],
    ]
    assert statements[0].lines[0].gift_id == gift_id
    assert statements[2].lines[0].reason == "canceled_by_creator"
    assert [line.adjusts(Period(2026, 7)) for line in statements[2].lines] == [None]


async def test_what_an_operator_wrote_is_not_stated(may: Database) -> None:
    """As in the payout's own history: screening is not told of."""
    pool = may.pool
    await review(pool, at=MAY)
    method = await add_method(pool, at=MAY)
    await earn_in(pool, 20_000, MAY)
    payout = (await request(pool, method, TEN_DOLLARS, at=MAY)).payout
    move = Move(PayoutStatus.CANCELED, MAY, "otto", "=cousin of a minister")
    await transact(pool, lambda conn: move_payout(conn, payout, move))
    await tick(pool, JUNE)

    found = await stated(may, "2026-05")

    assert [line.reason for line in found.lines] == [None, None, "review_not_passed"]
    assert b"minister" not in found.document


async def test_what_commits_late_is_not_in_what_was_issued(may: Database) -> None:
    """I4. A transaction of May that commits in June, after May was issued, is June's adjustment.

    By its clock it was there all the time; nobody could have seen it.
    """
    pool = may.pool
    await earn_in(pool, 10, MAY)
    async with pool.acquire() as late:
        uncommitted = late.transaction()
        await uncommitted.start()
        gift_id = await earn_at(late, 7, MAY - timedelta(days=1))
        await tick(pool, JUNE)
        issued = await stated(may, "2026-05")
        running = await stated(may, "2026-06")
        await uncommitted.commit()
    await tick(pool, JULY)

    for known_at in (None, JUNE, JULY, issued.statement.scope.known_at):
        assert await stated(may, "2026-05", known_at) == issued
    assert await stated(may, "2026-06", running.statement.scope.known_at) == running
    assert issued.statement.sha256 == hashlib.sha256(issued.document).hexdigest()
    assert issued.statement.totals.earned == 5_000_000
    june = await stated(may, "2026-06")
    assert june.statement.totals == Totals(5_000_000, 3_500_000, 0, 0)
    [line] = june.lines
    assert (line.gift_id, str(line.adjusts(Period(2026, 6)))) == (gift_id, "2026-05")
    assert b",2026-05," in june.document


async def test_what_is_recorded_late_is_an_adjustment(may: Database) -> None:
    """Of a month that is closed, or of one that is over and waits to be."""
    pool = may.pool
    await earn_in(pool, 10, MAY)
    end = datetime(2026, 6, 1, tzinfo=UTC)
    await tick(pool, end + timedelta(minutes=1))
    await earn_in(pool, 20, end - timedelta(seconds=1))
    await earn_in(pool, 40, end)
    await tick(pool, end + LAG)
    await earn_in(pool, 80, end - timedelta(seconds=1))
    await tick(pool, JULY)

    assert (await stated(may, "2026-05")).statement.totals == Totals(0, 15_000_000, 0, 0)
    assert (await stated(may, "2026-06")).statement.totals == Totals(15_000_000, 60_000_000, 0, 0)


async def test_a_running_month_as_it_was_known(may: Database) -> None:
    """Each mark keeps its own; a statement without a number has not been issued."""
    pool = may.pool
    first, second = MAY + timedelta(hours=1), MAY + timedelta(hours=2)
    await earn_in(pool, 10, MAY)
    await tick(pool, first)
    early = await stated(may, "2026-05", first)
    await earn_in(pool, 10, MAY)
    await tick(pool, second)

    assert early.statement.number is None
    assert early.statement.totals == Totals(0, 5_000_000, 0, 0)
    assert await stated(may, "2026-05", second - timedelta(seconds=1)) == early
    assert (await stated(may, "2026-05", second)).statement.totals.earned == 10_000_000
    await tick(pool, JUNE)
    assert await stated(may, "2026-05", first) == early
    assert (await stated(may, "2026-05")).statement.number == 1


async def test_a_moment_that_is_not_settled_is_refused(may: Database) -> None:
    """What was known may be told only of moments up to the newest mark."""
    pool = may.pool
    await earn_in(pool, 10, MAY)
    await tick(pool, MAY)

    with pytest.raises(UnsettledError) as raised:
        await state(pool, "2026-05", MAY + timedelta(microseconds=1))
    assert raised.value.newest == MAY
    assert await state(pool, "2026-05", MAY) is not None


@pytest.mark.parametrize("period", ["2026-04", "2026-06", "2026-07"])
async def test_months_without_a_statement(may: Database, period: str) -> None:
    """Before statements began, and after the month that runs."""
    await earn_in(may.pool, 10, MAY)
    await tick(may.pool, MAY)

    assert await state(may.pool, period) is None


async def test_a_creator_begins_with_the_first_line(may: Database) -> None:
    """Not before; from then on each month has a statement, with lines or without."""
    pool = may.pool
    await earn_in(pool, 10, MAY)
    await tick(pool, JUNE)
    await earn_in(pool, 10, JUNE, creator_id="late")
    await tick(pool, AUGUST)

    assert await state(pool, "2026-05", creator_id="late") is None
    assert (await stated(may, "2026-06", creator_id="late")).statement.number == 1
    july = await stated(may, "2026-07", creator_id="late")
    assert (july.statement.number, july.lines) == (2, ())
    assert july.statement.totals == Totals(5_000_000, 0, 0, 0)
    assert await state(pool, "2026-05", creator_id="nobody") is None
    # Known before the creator had anything.
    assert await state(pool, "2026-06", MAY, creator_id="late") is None


async def test_months_before_statements_began_are_closed_at_once(database: Database) -> None:
    """What was recorded before is known from the beginning; no month is passed over."""
    await let_time_be_told(database.pool)
    for month in (2, 3, 4, 5):
        await earn_in(database.pool, 10, MAY.replace(month=month))
    await tick(database.pool, datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=1))
    assert (await stated(database, "2026-05")).statement.number is None
    await earn_in(database.pool, 10, JUNE)
    await tick(database.pool, JULY)

    for number, month in enumerate((2, 3, 4, 5, 6), 1):
        found = (await stated(database, f"2026-0{month}")).statement
        assert (found.number, found.totals.earned) == (number, 5_000_000)


async def test_the_first_month_waits_for_its_end(database: Database) -> None:
    """Statements that begin just after a month's end do not pass it over."""
    await let_time_be_told(database.pool)
    await earn_in(database.pool, 10, MAY)
    await tick(database.pool, datetime(2026, 6, 1, tzinfo=UTC) + timedelta(minutes=1))
    assert await state(database.pool, "2026-05") is None
    await tick(database.pool, JUNE)

    assert (await stated(database, "2026-05")).statement.number == 1


async def test_months_without_a_clerk_are_closed_one_by_one(may: Database) -> None:
    """However long nobody marked or closed anything, each entry is in its month."""
    pool = may.pool
    for month in (5, 6, 7, 8, 9):
        await earn_in(pool, 10, MAY.replace(month=month))
    await tick(pool, MAY.replace(month=10))

    for number, month in enumerate((5, 6, 7, 8, 9), 1):
        found = (await stated(may, f"2026-0{month}")).statement
        assert (found.number, found.totals.earned) == (number, 5_000_000)


async def test_a_clerk_that_is_killed_is_gone_on_with(may: Database) -> None:
    """Nothing is told of a month of which the creator's statement is not made yet."""
    pool = may.pool
    creators = [CREATOR, "anna", "zoe"]
    for creator_id in creators:
        await earn_in(pool, 10, MAY, creator_id=creator_id)
    period = Period(2026, 5)
    await transact(pool, lambda conn: close_period(conn, at=JUNE, lag=LAG))
    await transact(pool, lambda conn: issue_statement(conn, period, CREATOR, at=JUNE))
    issued = await stated(may, "2026-05")
    assert await state(pool, "2026-05", creator_id="anna") is None
    assert await state(pool, "2026-06") is None
    await earn_in(pool, 10, JUNE, creator_id="anna")

    await asyncio.gather(*(tick(pool, JUNE + timedelta(days=1)) for _ in range(3)))

    assert await stated(may, "2026-05") == issued
    for creator_id in creators:
        found = (await stated(may, "2026-05", creator_id=creator_id)).statement
        assert (found.number, found.totals.earned) == (1, 5_000_000)
    assert await pool.fetchval("SELECT count(*) FROM statement") == 3


async def test_clocks_that_differ_put_no_mark_before_another(may: Database) -> None:
    await tick(may.pool, MAY + timedelta(hours=1))
    await tick(may.pool, MAY)

    times = [row["at"] for row in await may.pool.fetch("SELECT at FROM statement_mark")]
    assert times[1:] == [
        MAY + timedelta(hours=1),
        MAY + timedelta(hours=1, microseconds=1),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement SET sha256 = repeat('0', 64)",
        "DELETE FROM statement",
        "UPDATE statement_mark SET at = now()",
        "DELETE FROM statement_close",
        "UPDATE statement_close SET mark_id = 1",
        "UPDATE statement_close SET issued_at = now()",
        "INSERT INTO statement_mark (at, known) VALUES ('2026-05-01', pg_current_snapshot())",
        "INSERT INTO statement_mark (at, known) VALUES ('2030-01-01', '1:1:')",
        "INSERT INTO statement_close (period, mark_id) SELECT '2026-07-01', max(mark_id)"
        " FROM statement_mark",
        "INSERT INTO statement_close (period, mark_id) VALUES ('2026-06-01', 1)",
        "INSERT INTO statement SELECT creator_id, number + 2, '2026-06-01', closing_micro_diamonds,"
        " 0, 0, 0, closing_micro_diamonds, sha256, issued_at FROM statement",
        "INSERT INTO statement SELECT creator_id, number + 1, '2026-06-01', 0, 0, 0, 0, 0, sha256,"
        " issued_at FROM statement",
        "INSERT INTO statement SELECT 'other', 1, '2026-05-01', 0, 1, 0, 0, 0, sha256, issued_at"
        " FROM statement",
    ],
)
async def test_the_database_refuses(may: Database, change: str) -> None:
    """What was issued stays; what follows, follows."""
    await earn_in(may.pool, 10, MAY)
    await tick(may.pool, JUNE)

    with pytest.raises((asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError)):
        async with transaction(may.pool) as conn:
            await conn.execute(change)
