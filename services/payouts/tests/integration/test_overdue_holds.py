"""E35, C43: held payouts on which nobody decides in time are given back or looked at, once."""

import asyncio
from datetime import datetime, timedelta
from importlib.resources import files

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from chassis import clock
from chassis.db import transact
from chassis.telemetry.metrics import REGISTRY
from chassis.testing.databases import Database
from payouts.commands.decide_held_payout import HeldDecision
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.domain.payout import HistoryStep, Payout, PayoutStatus, shown_reason
from payouts.domain.refusals import PayoutNotHeldError
from payouts.domain.review import Decision
from payouts.domain.terms import Terms
from payouts.edge import hold_clerk
from payouts.edge.hold_clerk import HoldClerk, holds_gauge
from payouts.store.methods import find_method
from payouts.store.payouts import find_payout, select_history
from payouts.testing import a_rate
from payouts.testing.deciding import ask_for_decision, release
from payouts.testing.paying import (
    NOW,
    assert_payouts_balance,
    request,
    review,
    settled_creator,
    some_terms,
)

TEN_DOLLARS = 2_000_000_000
WEEK = timedelta(days=7)
"""What the terms of these tests give a review."""
MICROSECOND = timedelta(microseconds=1)


async def held(database: Database, decision: Decision, *, count: int = 1) -> list[Payout]:
    """Payouts that a finding has stopped, at `NOW`."""
    method = await settled_creator(database.pool, 20_000 * count)
    asked = [(await request(database.pool, method, TEN_DOLLARS)).payout for _ in range(count)]
    assert (await review(database.pool, decision)).held == count
    return asked


async def look(database: Database, at: datetime) -> list[str]:
    """Let a clerk look; what it tells."""
    with capture_logs() as logs:
        await HoldClerk(database.pool, now=lambda: at).once()
    return [line["event"] for line in logs]


async def now_is(database: Database, payout: Payout) -> Payout:
    async with database.pool.acquire() as conn:
        found = await find_payout(conn, payout.payout_id)
    assert found is not None
    return found


async def taken(database: Database) -> int:
    return await database.pool.fetchval("SELECT sum(taken_micro_diamonds) FROM earning_bucket")


async def gauge(database: Database, at: datetime) -> float | None:
    await holds_gauge(database.pool, now=lambda: at)()
    return REGISTRY.get_sample_value("largesse_payout_holds_overdue")


async def test_given_back_when_the_time_is_over_and_not_before(database: Database) -> None:
    """To the microsecond; the creator has the diamonds again and reads why."""
    (payout,) = await held(database, Decision.IDENTITY_REJECTED)

    assert await look(database, NOW + WEEK - MICROSECOND) == []
    assert (await now_is(database, payout)).status is PayoutStatus.HELD
    assert await taken(database) == TEN_DOLLARS
    assert await look(database, NOW + WEEK) == ["hold_returned"]
    assert await look(database, NOW + 2 * WEEK) == []

    async with database.pool.acquire() as conn:
        history = (await select_history(conn, [payout.payout_id]))[payout.payout_id]
    assert history[-1] == HistoryStep(
        PayoutStatus.CANCELED, NOW + WEEK, "hold_review", "review_overdue"
    )
    assert shown_reason(PayoutStatus.CANCELED, "review_overdue") == "review_overdue"
    assert await taken(database) == 0
    await assert_payouts_balance(database.pool)


async def test_a_sanction_hit_is_never_given_back_by_itself(database: Database) -> None:
    """Somebody is told, once; the diamonds stay reserved however long nobody decides."""
    (payout,) = await held(database, Decision.SANCTION_HIT)

    assert await look(database, NOW + WEEK - MICROSECOND) == []
    assert await gauge(database, NOW + WEEK - MICROSECOND) == 0
    assert await look(database, NOW + WEEK) == ["hold_overdue"]
    assert await gauge(database, NOW + WEEK) == 1
    assert await look(database, NOW + 50 * WEEK) == []

    assert (await now_is(database, payout)).status is PayoutStatus.HELD
    assert await taken(database) == TEN_DOLLARS


@pytest.mark.parametrize("cleared", [False, True], ids=["found later", "held for it"])
async def test_neither_reason_nor_standing_may_be_of_sanctions(
    database: Database, cleared: bool
) -> None:
    """Held for identity and then found on a list; or held for a hit that was cleared since."""
    if cleared:
        (payout,) = await held(database, Decision.SANCTION_HIT)
        await review(database.pool, Decision.SANCTION_CLEARED)
    else:
        (payout,) = await held(database, Decision.IDENTITY_REJECTED)
        await review(database.pool, Decision.SANCTION_HIT)

    assert await look(database, NOW + WEEK) == ["hold_overdue"]

    assert (await now_is(database, payout)).status is PayoutStatus.HELD


async def test_two_workers_at_once(database: Database) -> None:
    """Each payout is given back once, and each is told of once, however many look."""
    given_back = await held(database, Decision.IDENTITY_REJECTED, count=5)
    with capture_logs() as logs:
        await asyncio.gather(
            *(HoldClerk(database.pool, now=lambda: NOW + WEEK).once() for _ in range(4))
        )
    assert [line["event"] for line in logs] == ["hold_returned"] * 5

    await review(database.pool)
    again = [await ask_again(database) for _ in given_back]
    await review(database.pool, Decision.SANCTION_HIT)
    with capture_logs() as logs:
        await asyncio.gather(
            *(HoldClerk(database.pool, now=lambda: NOW + WEEK).once() for _ in range(4))
        )
    assert sorted(line["payout_id"] for line in logs) == sorted(
        str(each.payout_id) for each in again
    )
    await assert_payouts_balance(database.pool)


async def ask_again(database: Database) -> Payout:
    async with database.pool.acquire() as conn:
        method_id = await conn.fetchval("SELECT method_id FROM payout_method")
        method = await find_method(conn, method_id)
    assert method is not None
    return (await request(database.pool, method, TEN_DOLLARS)).payout


@pytest.mark.parametrize("decision", HeldDecision)
async def test_an_operator_at_the_same_moment(database: Database, decision: HeldDecision) -> None:
    """Of the two one acts, and the other finds what is left: nothing is given back twice."""
    asked = await held(database, Decision.IDENTITY_REJECTED, count=10)
    await review(database.pool)

    told, *decided = await asyncio.gather(
        look(database, NOW + WEEK),
        *(ask_for_decision(database.pool, each, decision, at=NOW + WEEK) for each in asked),
        return_exceptions=True,
    )

    assert isinstance(told, list), told
    for payout, answer in zip(asked, decided, strict=True):
        last = await now_is(database, payout)
        if isinstance(answer, Payout):
            assert last.moved_by == "otto"
        else:
            assert isinstance(answer, PayoutNotHeldError), answer
            assert last.moved_by == "hold_review"
    released = sum([(await now_is(database, each)).status == "QUEUED" for each in asked])
    assert await taken(database) == released * TEN_DOLLARS
    await assert_payouts_balance(database.pool)


async def test_more_than_are_looked_at_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holds that wait for somebody do not keep the clerk from those behind them."""
    monkeypatch.setattr(hold_clerk, "AT_ONCE", 2)
    await held(database, Decision.SANCTION_HIT, count=3)
    await review(database.pool, Decision.SANCTION_CLEARED)
    behind = [await ask_again(database) for _ in range(2)]
    await review(database.pool, Decision.IDENTITY_REJECTED, at=NOW + MICROSECOND)

    told = await look(database, NOW + 2 * WEEK)

    assert sorted(told) == ["hold_overdue"] * 3 + ["hold_returned"] * 2
    assert {(await now_is(database, each)).status for each in behind} == {PayoutStatus.CANCELED}


async def test_released_and_held_again_is_another_hold(database: Database) -> None:
    """Its time begins anew, and it is told of anew."""
    (payout,) = await held(database, Decision.SANCTION_HIT)
    assert await look(database, NOW + WEEK) == ["hold_overdue"]
    await review(database.pool, Decision.SANCTION_CLEARED)
    await release(database.pool, payout, at=NOW + WEEK)
    await review(database.pool, Decision.SANCTION_HIT, at=NOW + WEEK)

    assert await look(database, NOW + 2 * WEEK - MICROSECOND) == []
    assert await look(database, NOW + 2 * WEEK) == ["hold_overdue"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"held_review_days": None, "returns_overdue_holds": ()}, []),
        ({"held_review_days": 1, "returns_overdue_holds": ()}, ["hold_overdue"]),
        ({"held_review_days": 30}, []),
    ],
    ids=["no time is set", "nothing is given back", "a longer time"],
)
async def test_the_terms_in_force_decide(
    database: Database, changes: dict[str, object], told: list[str]
) -> None:
    """Also of what was held under those before."""
    await held(database, Decision.IDENTITY_REJECTED)
    at = NOW + WEEK + timedelta(days=1)
    later = some_terms(2, effective_from=at, **changes)
    await transact(
        database.pool, lambda conn: publish_terms(conn, [later], now=at - timedelta(minutes=5))
    )

    assert await look(database, at) == told


async def test_a_note_of_who_was_told_stays(database: Database) -> None:
    await held(database, Decision.SANCTION_HIT)
    await look(database, NOW + WEEK)

    with pytest.raises(asyncpg.RestrictViolationError):
        await database.pool.execute("DELETE FROM payout_escalation")


async def test_seeding_after_the_upgrade(unseeded: Database) -> None:
    """What migrations make of the first terms is what the file says: seeding finds it there."""
    text = files("payouts.data").joinpath("payout_terms.json").read_bytes()
    wanted = msgspec.json.decode(text, type=list[Terms])
    inserts = [upgrade("0330_overdue_holds.sql"), upgrade("0350_second_operators.sql")]
    pool = unseeded.pool
    await transact(pool, lambda conn: publish_rates(conn, [a_rate()], now=clock.now()))
    await transact(pool, lambda conn: publish_terms(conn, wanted[:1], now=clock.now()))

    for insert in (*inserts, *inserts):
        await pool.execute(insert)
    added = await transact(pool, lambda conn: publish_terms(conn, wanted, now=clock.now()))

    assert added == []
    assert await pool.fetchval("SELECT count(*) FROM payout_terms") == len(wanted) == 3


async def test_the_upgrade_leaves_others_terms_alone(unseeded: Database) -> None:
    """Who pays out in other currencies says in them how much takes two operators."""
    pool = unseeded.pool
    await transact(pool, lambda conn: publish_rates(conn, [a_rate()], now=clock.now()))
    await transact(
        pool,
        lambda conn: publish_terms(
            conn,
            [some_terms(), some_terms(2, effective_from=NOW - WEEK)],
            now=clock.now(),
        ),
    )

    await pool.execute(upgrade("0350_second_operators.sql"))

    assert await pool.fetchval("SELECT count(*) FROM payout_terms") == 2


def upgrade(migration: str) -> str:
    """What a migration does about terms that are in force already."""
    text = files("payouts.migrations").joinpath(migration).read_text()
    return text[text.index("INSERT INTO payout_terms") :]


async def test_a_new_system_gets_all_terms_at_once(unseeded: Database) -> None:
    text = files("payouts.data").joinpath("payout_terms.json").read_bytes()
    wanted = msgspec.json.decode(text, type=list[Terms])
    pool = unseeded.pool
    await transact(pool, lambda conn: publish_rates(conn, [a_rate()], now=clock.now()))

    added = await transact(pool, lambda conn: publish_terms(conn, wanted, now=clock.now()))

    assert added == wanted
    assert wanted[-1].held_review_days == 7
