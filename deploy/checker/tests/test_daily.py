"""The daily report: its figures are the ledgers', and what has waited too long is told in time."""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from checker_world import SERVICES, Copy, World

from chassis import clock
from checker.daily.figures import MATURITIES, Daily
from checker.daily.reading import NAMED_MAX, read
from checker.report import Finding
from checker.snapshot import snapshot

T = clock.now() + timedelta(days=1)
"""When the things of these tests are due; what the world has of them is due much later."""
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


async def look(world: World, at: datetime | None = None) -> tuple[Daily, list[Finding]]:
    """The report at a moment, and what of it is not the ledgers'."""
    async with AsyncExitStack() as stack:
        books = {
            service: await stack.enter_async_context(snapshot(service, world.dsn(service)))
            for service in SERVICES
        }
        daily, found = await read(books, at=at or clock.now(), overdue_after_h=24)
    return daily, [finding for finding in found if finding.wrong]


async def fetch(world: World, service: str, query: str) -> dict[str, int]:
    async with world.tampering(service) as conn:
        return {row[0]: row[1] for row in await conn.fetch(query)}


async def test_coins_are_what_the_journal_leaves(world: World) -> None:
    """By class, from all that was ever put into lots and taken out of them."""
    daily, wrong = await look(world)
    left = await fetch(
        world,
        "wallet",
        "SELECT l.class, sum(s.coins)::bigint FROM movement_slice AS s"
        " INNER JOIN lot AS l USING (lot_id) GROUP BY l.class",
    )

    assert wrong == []
    assert daily.coins is not None
    assert daily.coins.outstanding == {"purchased": 0, "bonus": 0, "earned": 0, "granted": 0} | left
    assert daily.coins.outstanding_coins == sum(left.values()) > 0
    # In this world a coin costs a cent.
    assert [
        (each.currency, each.coins, each.amount_minor) for each in daily.coins.money_behind
    ] == [("USD", left["purchased"], left["purchased"])]


async def test_what_is_taken_back_is_told(world: World) -> None:
    """A guard: the world has something of each, so that a zero is not mistaken for a sum."""
    daily, _ = await look(world)

    assert daily.coins is not None
    assert daily.coins.held_by_disputes_coins > 0
    assert daily.coins.viewer_debt_coins > 0
    assert daily.coins.asked_of_creators_coins == 0, "creators have answered"
    assert daily.queues["open_disputes"].waiting == 1
    assert set(daily.dead_letters.values()) == {0}


async def test_diamonds_are_what_the_journals_leave(world: World) -> None:
    """Earned, less what was taken back and what is paid; and what of it payouts have."""
    daily, _ = await look(world)
    async with world.tampering("payouts") as conn:
        earned, clawed, paid = await conn.fetchrow("""
            SELECT
                (SELECT sum(micro_diamonds) FROM accrual)::bigint,
                (
                    SELECT sum(CASE WHEN cause_id = reversal_id THEN 1 ELSE -1 END * micro_diamonds)
                    FROM clawback
                )::bigint,
                (
                    SELECT sum(p.micro_diamonds) FROM payout_history AS h
                    INNER JOIN payout AS p USING (payout_id)
                    WHERE h.status = 'PAID' AND NOT EXISTS (
                        SELECT FROM payout_history AS r
                        WHERE r.payout_id = h.payout_id AND r.status = 'RETURNED'
                    )
                )::bigint
        """) or (0, 0, 0)
        open_payouts = await conn.fetch("""
            SELECT status, count(*), sum(gross_minor)::bigint, sum(net_minor)::bigint FROM payout
            WHERE status IN ('QUEUED', 'SUBMITTED') GROUP BY status ORDER BY status
        """)

    assert daily.diamonds is not None
    assert daily.diamonds.owed_micro_diamonds == earned - clawed - paid > 0
    assert daily.diamonds.held_micro_diamonds > 0
    assert paid > 0
    assert [
        (each.status, each.payouts, each.gross_minor, each.net_minor)
        for each in daily.diamonds.reserved
    ] == [tuple(row) for row in open_payouts]
    # Half a cent for a diamond, rounded down.
    assert all(each.worth_minor == each.micro_diamonds // 2_000_000 for each in daily.diamonds.owed)


@pytest.mark.parametrize(
    ("days", "matures"),
    [
        (-1, "available"),
        (0, "available"),
        (1, "within_7_days"),
        (7, "within_7_days"),
        (8, "within_30_days"),
        (30, "within_30_days"),
        (31, "within_120_days"),
        (120, "within_120_days"),
        (121, "later"),
    ],
)
async def test_by_when_diamonds_mature(world: World, days: int, matures: str) -> None:
    """The gifts of this world mature on one day."""
    async with world.tampering("payouts") as conn:
        rows = await conn.fetch("SELECT DISTINCT matures_on FROM earning_bucket")
    (day,) = (row["matures_on"] for row in rows)
    at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC) - days * DAY

    daily, _ = await look(world, at)

    assert daily.diamonds is not None
    assert {each.matures for each in daily.diamonds.owed} == {matures}
    assert matures in MATURITIES


DIFFERENCES = {
    "a coin in an account of ours": (
        "wallet",
        "UPDATE system_account SET credits_coins = credits_coins + 1 WHERE name = 'gift_clearing'",
    ),
    "a coin that no dispute holds": (
        "wallet",
        "UPDATE system_account SET credits_coins = credits_coins + 1"
        " WHERE name = 'reversal_clearing'",
    ),
    "a dispute settled by hand": (
        "wallet",
        "INSERT INTO reversal_settled SELECT reversal_id, now() FROM reversal WHERE is_held"
        " ON CONFLICT DO NOTHING",
    ),
    "a debt that nobody entered": (
        "wallet",
        "UPDATE account SET debt_coins = debt_coins + 1 WHERE owner_id = 'viewer-1'",
    ),
    "coins that nobody paid for": (
        "wallet",
        "UPDATE lot SET source_id = gen_random_uuid()",
    ),
    "a lot lost": (
        "wallet",
        "DELETE FROM lot WHERE lot_id = (SELECT lot_ids[1] FROM account"
        " WHERE cardinality(lot_ids) > 0 LIMIT 1)",
    ),
    "a diamond more than was issued": (
        "payouts",
        "UPDATE earning_bucket SET micro_diamonds = micro_diamonds + 1",
    ),
    "a payout that reserves nothing": (
        "payouts",
        "UPDATE earning_bucket SET taken_micro_diamonds = 0",
    ),
    "a payout of more than it reserved": (
        "payouts",
        "UPDATE payout SET requested_micro_diamonds = 2 * micro_diamonds,"
        " micro_diamonds = micro_diamonds + 1 WHERE status = 'QUEUED'",
    ),
    "a payout said to be paid": (
        "payouts",
        "UPDATE payout SET status = 'PAID' WHERE status = 'CANCELED'",
    ),
}


@pytest.mark.parametrize("planted", DIFFERENCES)
async def test_figures_that_are_not_the_ledgers_are_a_breach(broken: Copy, planted: str) -> None:
    """With both numbers."""
    service, statement = DIFFERENCES[planted]
    copy = await broken()
    async with copy.tampering(service) as conn:
        await conn.execute(statement)

    _, wrong = await look(copy)

    assert wrong
    assert {(each.invariant, each.of) for each in wrong} == {("liability", service)}
    assert all(each.examples[0].startswith("the report says ") for each in wrong)


class Thing(NamedTuple):
    """Something that waits until `T`, and how it comes about."""

    service: str
    queue: str
    statement: str


THINGS = {
    "a payout is held": Thing(
        "payouts",
        "held_payouts",
        """UPDATE payout SET
            status = 'HELD',
            reason = 'sanction_hit',
            moved_at = $1::timestamptz - interval '7 days'
        WHERE payout_id = (SELECT payout_id FROM payout WHERE status = 'QUEUED' LIMIT 1)""",
    ),
    "a dispute is open": Thing(
        "wallet",
        "open_disputes",
        "UPDATE payment_claim SET overdue_at = $1 WHERE is_open",
    ),
    "a refund is parked": Thing(
        "wallet",
        "parked_events",
        """INSERT INTO provider_event (
            provider, event_id, type, payment_outcome, claim, payment_id, outcome, received_at
        )
        VALUES (
            'stripe', 'evt_1', 'refund', 'claimed', '{}', 'pi_1', 'parked',
            $1::timestamptz - interval '24 hours'
        )""",
    ),
    "a store waits": Thing(
        "wallet",
        "open_errands",
        """INSERT INTO store_errand (
            provider, kind, cause, purchase_id, payment_id, asked_at, late_at, deadline_at, due_at
        )
        SELECT
            'google_play', 'consume', 'x', purchase_id, 'pay', $1::timestamptz - interval '1 day',
            $1, $1::timestamptz + interval '1 day', $1
        FROM purchase LIMIT 1""",
    ),
    "an alarm is open": Thing(
        "wallet",
        "open_alarms",
        """INSERT INTO provider_alarm (provider, event_id, reason, raised_at)
        VALUES ('stripe', 'evt_1', 'why', $1)""",
    ),
    "a gift is frozen": Thing(
        "payouts",
        "quarantined_gifts",
        "UPDATE gift_quarantine SET frozen_at = $1::timestamptz - interval '7 days'"
        " WHERE status = 'FROZEN'",
    ),
    "a clawback waits": Thing(
        "payouts",
        "waiting_clawbacks",
        """INSERT INTO waiting_clawback (
            reversal_id, position, cause_id, creator_id, gift_id, lot_id, reason, told_at, coins
        )
        VALUES (
            gen_random_uuid(), 0, gen_random_uuid(), 'star', gen_random_uuid(), 1, 'refund',
            $1::timestamptz - interval '24 hours', 1
        )""",
    ),
}


@pytest.mark.parametrize("happening", THINGS)
async def test_overdue_when_the_time_is_over_and_not_before(broken: Copy, happening: str) -> None:
    """To the microsecond, with its age; and it is counted once."""
    thing = THINGS[happening]
    copy = await broken()
    async with copy.tampering(thing.service) as conn:
        await conn.execute(thing.statement, T)

    before, at, after = [(await look(copy, T + each))[0] for each in (-MICROSECOND, 0 * DAY, DAY)]

    assert [each.overdue for each in (before, at, after)] == [0, 1, 1]
    assert [each.queues[thing.queue].overdue for each in (before, at, after)] == [0, 1, 1]
    (one,) = at.queues[thing.queue].oldest
    assert (one.due_at, one.overdue) == (T, True)
    assert one.age_s == int((T - one.since).total_seconds())
    assert (await look(copy, T))[0].queues[thing.queue].waiting == 1


async def test_more_waits_than_is_named(broken: Copy) -> None:
    """All are counted, the oldest are named."""
    copy = await broken()
    async with copy.tampering("wallet") as conn:
        await conn.execute(
            """INSERT INTO provider_alarm (provider, event_id, reason, raised_at)
            SELECT 'stripe', 'evt_' || n, 'why', $1::timestamptz - make_interval(mins => n)
            FROM generate_series(1, $2::integer) AS n""",
            T,
            NAMED_MAX + 5,
        )

    queue = (await look(copy, T))[0].queues["open_alarms"]

    assert (queue.waiting, queue.overdue, len(queue.oldest)) == (105, 105, 100)
    assert queue.oldest[0].what == "event evt_105"


async def daily_job(world: World, *arguments: str, kafka: bool = False) -> tuple[int, str, str]:
    """Run `python -m checker.daily` as ops would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "checker.daily",
        *arguments,
        env={
            **{f"CHECKER_{service.upper()}_DSN": world.dsn(service) for service in SERVICES},
            **({"CHECKER_KAFKA_SERVERS": world.kafka_servers} if kafka else {}),
            "CHECKER_TOPIC_PREFIX": world.prefix,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


async def test_a_good_day(world: World, tmp_path: Path) -> None:
    """Tables for people, JSON for programs, status 0."""
    file = tmp_path / "daily.json"

    status, output, _ = await daily_job(world, "--json", str(file), kafka=True)

    assert status == 0, output
    assert "books: clean" in output
    assert output.splitlines()[-1] == "overdue: nothing"
    assert "disputes open" in output
    document = json.loads(file.read_bytes())
    assert set(document) == {
        *("form", "verdict", "overdue", "at", "coins", "diamonds", "queues", "dead_letters"),
        "books",
    }
    assert (document["form"], document["verdict"], document["overdue"]) == (1, "clean", 0)
    assert document["books"]["books"] == "clean"
    assert "liability" in {each["invariant"] for each in document["books"]["findings"]}


async def test_a_day_with_something_overdue(broken: Copy, tmp_path: Path) -> None:
    """Status 3, and the thing by name, which a summary leaves out."""
    copy = await broken()
    async with copy.tampering("wallet") as conn:
        await conn.execute("UPDATE payment_claim SET overdue_at = now() WHERE is_open")
    file = tmp_path / "daily.json"

    status, output, _ = await daily_job(copy, "--json", str(file))
    short = await daily_job(copy, "--summary")

    assert status == short[0] == 3
    assert output.splitlines()[-1] == "overdue: 1 disputes open"
    assert "OVERDUE for 0 h 0 min" in output
    assert "OVERDUE" not in short[1]
    document = json.loads(file.read_bytes())
    assert document["verdict"] == "overdue"
    (dispute,) = document["queues"]["open_disputes"]["oldest"]
    assert dispute["overdue"]
    assert dispute["details"]["claim"] == "dispute:open"


async def test_a_day_with_a_breach(broken: Copy) -> None:
    """A breach is worse than whatever is overdue."""
    copy = await broken()
    async with copy.tampering("wallet") as conn:
        await conn.execute("UPDATE payment_claim SET overdue_at = now() WHERE is_open")
        await conn.execute(DIFFERENCES["a coin that no dispute holds"][1])

    status, output, _ = await daily_job(copy)

    assert status == 1
    assert "liability wallet: coins held by disputes are in the clearing account" in output


async def test_books_that_cannot_be_read(world: World) -> None:
    status, output, errors = await daily_job(world, "--wallet-dsn", "postgresql://127.0.0.1:1/x")

    assert (status, output) == (2, "")
    assert errors.startswith("daily: the books cannot be read: ")
