"""Much is not released by one operator's word: the first proposes, a second one has it done."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from chassis.db import transact
from chassis.testing.databases import Database
from payouts.commands.decide_held_payout import HeldDecision
from payouts.commands.publish_terms import publish_terms
from payouts.domain.payout import Payout, PayoutStatus
from payouts.domain.refusals import CreatorNotClearedError, PayoutNotHeldError
from payouts.domain.review import Decision
from payouts.store.payouts import find_payout
from payouts.testing.deciding import (
    GROSS_MINOR,
    OPERATORS,
    TEN_DOLLARS,
    ask_for_decision,
    found_and_cleared,
    held_payout,
    logged,
    need_second_operator,
    release,
)
from payouts.testing.paying import (
    NOW,
    add_method,
    assert_payouts_balance,
    request,
    review,
    settled_creator,
    some_details,
    some_terms,
)


async def now_is(database: Database, payout: Payout) -> Payout:
    async with database.pool.acquire() as conn:
        found = await find_payout(conn, payout.payout_id)
    assert found is not None
    return found


async def test_much_is_released_by_two_operators(database: Database) -> None:
    """Each on their own grounds, both in the log; the first one asking again changes nothing."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)

    asked = [await ask_for_decision(database.pool, payout, reason="a namesake") for _ in range(3)]
    waiting = await now_is(database, payout)
    released = await ask_for_decision(
        database.pool, payout, operator_id="olga", reason="I saw the passport"
    )

    assert asked == [None, None, None]
    assert waiting == payout
    assert released is not None
    assert (released.status, released.moved_by) == ("QUEUED", "olga")
    assert released.reason == "I saw the passport"
    details = {
        "decision": "RELEASE",
        "held_at_step": 3,
        "gross_minor": GROSS_MINOR,
        "currency": "USD",
    }
    subject = str(payout.payout_id)
    assert await logged(database.pool, "decideHeldPayout") == [
        ("otto", subject, "a namesake", details | {"proposed": True}),
        ("olga", subject, "I saw the passport", details),
    ]
    for operator_id in OPERATORS:
        with pytest.raises(PayoutNotHeldError):
            await ask_for_decision(database.pool, payout, operator_id=operator_id)
    await assert_payouts_balance(database.pool)


@pytest.mark.parametrize(
    ("from_minor", "is_much"), [({"USD": GROSS_MINOR + 1, "JPY": 1}, False), ({"USD": 1}, True)]
)
async def test_what_is_much_is_said_by_currency(
    database: Database, from_minor: dict[str, int], is_much: bool
) -> None:
    """Below the amount one operator is enough, whatever it is in other currencies."""
    await need_second_operator(database.pool, **from_minor)
    payout = await held_payout(database.pool)

    released = await ask_for_decision(database.pool, payout)

    assert (released is None) == is_much
    assert len(await logged(database.pool, "decideHeldPayout")) == 1


async def test_what_is_much_in_yen(database: Database) -> None:
    """Ten dollars are 1,500 yen, which has no minor unit."""
    await need_second_operator(database.pool, JPY=1_500)
    await settled_creator(database.pool)
    in_yen = await add_method(
        database.pool, some_details(currency="JPY"), at=NOW - timedelta(days=9)
    )
    payout = (await request(database.pool, in_yen, TEN_DOLLARS)).payout
    await found_and_cleared(database.pool)

    assert payout.gross_minor == 1_500
    assert await ask_for_decision(database.pool, payout) is None


async def test_in_a_withdrawn_currency_everything_takes_two(database: Database) -> None:
    """Nobody says any more how much is much in it; nor does the database let one release it."""
    await settled_creator(database.pool)
    in_yen = await add_method(
        database.pool, some_details(currency="JPY"), at=NOW - timedelta(days=9)
    )
    payout = (await request(database.pool, in_yen, TEN_DOLLARS)).payout
    await found_and_cleared(database.pool)
    later = NOW + timedelta(days=1)
    kept = {"USD": some_terms().currencies["USD"]}
    terms = some_terms(2, effective_from=later, currencies=kept)
    await transact(database.pool, lambda conn: publish_terms(conn, [terms], now=NOW))

    asked = await ask_for_decision(database.pool, payout, at=later)
    with pytest.raises(asyncpg.RestrictViolationError, match="by one operator alone"):
        await database.pool.execute(
            "UPDATE payout SET status = 'QUEUED', moved_by = 'otto', moved_at = $1", later
        )
    released = await ask_for_decision(database.pool, payout, operator_id="olga", at=later)

    assert asked is None
    assert released is not None


async def test_giving_back_takes_one(database: Database) -> None:
    """No money leaves by it: who disagrees with a proposal ends it, and it is not done any more."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)
    await ask_for_decision(database.pool, payout)

    returned = await ask_for_decision(database.pool, payout, HeldDecision.RETURN, "olga")

    assert returned is not None
    assert (returned.status, returned.moved_by) == ("CANCELED", "olga")
    for operator_id in OPERATORS:
        with pytest.raises(PayoutNotHeldError):
            await ask_for_decision(database.pool, payout, operator_id=operator_id)
    assert [
        (who, details["decision"], "proposed" in details)
        for who, _, _, details in await logged(database.pool, "decideHeldPayout")
    ] == [("otto", "RELEASE", True), ("olga", "RETURN", False)]
    await assert_payouts_balance(database.pool)


async def test_two_operators_at_once_release_once(database: Database) -> None:
    """However often each asks: one proposes, the other one releases, all others change nothing."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)

    answers = await asyncio.gather(
        *(
            ask_for_decision(database.pool, payout, operator_id=operator_id)
            for _ in range(4)
            for operator_id in ("otto", "olga")
        ),
        return_exceptions=True,
    )

    assert [type(each) for each in answers if each is not None].count(Payout) == 1
    assert {type(each) for each in answers} <= {type(None), Payout, PayoutNotHeldError}
    (first, *_), (second, *_) = await logged(database.pool, "decideHeldPayout")
    assert {first, second} == {"otto", "olga"}
    assert (await now_is(database, payout)).moved_by == second
    steps = await database.pool.fetchval(
        "SELECT count(*) FROM payout_history WHERE status = 'QUEUED' AND actor = any($1::text[])",
        OPERATORS,
    )
    assert steps == 1
    await assert_payouts_balance(database.pool)


async def test_one_operator_many_times_at_once_is_one(database: Database) -> None:
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)

    answers = await asyncio.gather(*(ask_for_decision(database.pool, payout) for _ in range(8)))

    assert answers == [None] * 8
    assert len(await logged(database.pool, "decideHeldPayout")) == 1
    assert (await now_is(database, payout)).status is PayoutStatus.HELD


async def test_held_again_it_takes_two_again(database: Database) -> None:
    """What two agreed on was the hold that they had seen."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)
    await release(database.pool, payout)
    await found_and_cleared(database.pool)

    asked = [
        await ask_for_decision(database.pool, payout, operator_id=who) for who in ("olga", "olga")
    ]
    released = await ask_for_decision(database.pool, payout, operator_id="otto")

    assert asked == [None, None]
    assert released is not None
    assert [
        (who, details["held_at_step"])
        for who, _, _, details in await logged(database.pool, "decideHeldPayout")
    ] == [("otto", 3), ("olga", 3), ("olga", 5), ("otto", 5)]


async def test_a_hit_between_the_two_stops_the_second(database: Database) -> None:
    """Whoever is second is held to what is known then; nor is anything agreed on meanwhile."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)
    await ask_for_decision(database.pool, payout)
    await review(database.pool, Decision.SANCTION_HIT)

    for operator_id in OPERATORS:
        with pytest.raises(CreatorNotClearedError):
            await ask_for_decision(database.pool, payout, operator_id=operator_id)

    assert await database.pool.fetchval("SELECT approved_by FROM operator_proposal") is None
    assert (await now_is(database, payout)).status is PayoutStatus.HELD


async def test_nothing_is_proposed_while_the_hit_stands(database: Database) -> None:
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)
    await review(database.pool, Decision.SANCTION_HIT)

    with pytest.raises(CreatorNotClearedError):
        await ask_for_decision(database.pool, payout)

    assert await database.pool.fetchval("SELECT count(*) FROM operator_proposal") == 0


@pytest.mark.parametrize("proposed", [False, True])
async def test_database_releases_nothing_by_one_operator(
    database: Database, proposed: bool
) -> None:
    """Whoever writes; the amount below which one is enough is the terms' alone."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)
    if proposed:
        await ask_for_decision(database.pool, payout)

    for operator_id in OPERATORS:
        with pytest.raises(asyncpg.RestrictViolationError, match="by one operator alone"):
            await database.pool.execute(
                "UPDATE payout SET status = 'QUEUED', moved_by = $2, moved_at = $3"
                " WHERE payout_id = $1",
                payout.payout_id,
                operator_id,
                NOW,
            )


async def test_database_takes_no_approval_of_an_earlier_hold(database: Database) -> None:
    """Not even by whoever released that one."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held_payout(database.pool)
    released = await release(database.pool, payout)
    await found_and_cleared(database.pool)

    with pytest.raises(asyncpg.RestrictViolationError, match="by one operator alone"):
        await database.pool.execute(
            "UPDATE payout SET status = 'QUEUED', moved_by = $1, moved_at = $2",
            released.moved_by,
            NOW,
        )
