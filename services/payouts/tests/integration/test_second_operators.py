"""Much does not leave by one operator's word: the first proposes, a second one has it done."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from chassis.auth import Viewer
from chassis.db import transact
from chassis.graphql import Executor, Operation
from chassis.telemetry.metrics import REGISTRY
from chassis.testing.databases import Database
from payouts.commands.correct_withholding import Corrected
from payouts.commands.decide_held_payout import HeldDecision
from payouts.commands.known_rates import KnownRates
from payouts.commands.publish_terms import publish_terms
from payouts.domain.payout import Payout, PayoutStatus
from payouts.domain.refusals import (
    CorrectionChangedError,
    CreatorNotClearedError,
    PayoutNotHeldError,
)
from payouts.domain.review import Decision
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.store.payouts import find_payout
from payouts.testing.agreeing import PATHS, moved
from payouts.testing.paying import (
    LINKS,
    NOW,
    SEALER,
    add_method,
    ask_for_decision,
    assert_payouts_balance,
    need_second_operator,
    release,
    request,
    review,
    settled_creator,
    some_details,
    some_terms,
)
from payouts.testing.taxing import (
    ask_to_correct,
    assert_withholding_balances,
    declare,
    preview,
    withhold,
)

TEN_DOLLARS = 2_000_000_000
GROSS_MINOR = 1_000
OPERATORS = ("otto", "olga", "ada")
EXECUTOR = Executor(SCHEMA)
DECIDE = """
mutation ($input: DecideHeldPayoutInput!) {
  decideHeldPayout(input: $input) {
    __typename
    ... on DecideHeldPayoutPayload { payout { id status } }
    ... on Refusal { code message }
  }
}
"""
CORRECT = """
mutation ($input: CorrectWithholdingInput!) {
  correctWithholding(input: $input) {
    __typename
    ... on CorrectWithholdingPayload { replayed corrected { amountMinor } }
    ... on Refusal { code message }
  }
}
"""
LOG = "{ payoutsActions { nodes { operatorId action subject reason details } } }"


async def held(database: Database) -> Payout:
    """Ten dollars of a creator who was on a list, and is not any more."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    await found_and_cleared(database)
    return await now_is(database, payout)


async def found_and_cleared(database: Database) -> None:
    await review(database.pool, Decision.SANCTION_HIT)
    await review(database.pool, Decision.SANCTION_CLEARED)


async def excess(database: Database) -> tuple[Payout, int]:
    """Ten dollars that were paid before a form came, and what was withheld too much of them."""
    await withhold(database.pool)
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    payout = await moved(database.pool, payout, *PATHS["PAID"])
    await declare(database.pool)
    [seen] = await preview(database.pool)
    return payout, seen.excess_minor


async def now_is(database: Database, payout: Payout) -> Payout:
    async with database.pool.acquire() as conn:
        found = await find_payout(conn, payout.payout_id)
    assert found is not None
    return found


async def logged(database: Database, action: str) -> list[tuple[str, str, str, Any]]:
    """Who did what to what, on what grounds, oldest first; with the details."""
    rows = await database.pool.fetch(
        "SELECT operator_id, subject, reason, details FROM operator_action WHERE action = $1"
        " ORDER BY action_id",
        action,
    )
    return [(*tuple(row)[:3], msgspec.json.decode(row["details"])) for row in rows]


async def corrected_minor(database: Database) -> int:
    return await database.pool.fetchval(
        "SELECT coalesce(sum(creator_minor), 0)::bigint FROM withholding_entry"
        " WHERE kind = 'CORRECTED'"
    )


async def test_much_is_released_by_two_operators(database: Database) -> None:
    """Each on their own grounds, both in the log; the first one asking again changes nothing."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held(database)

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
    assert await logged(database, "decideHeldPayout") == [
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
    payout = await held(database)

    released = await ask_for_decision(database.pool, payout)

    assert (released is None) == is_much
    assert len(await logged(database, "decideHeldPayout")) == 1


async def test_what_is_much_in_yen(database: Database) -> None:
    """Ten dollars are 1,500 yen, which has no minor unit."""
    await need_second_operator(database.pool, JPY=1_500)
    await settled_creator(database.pool)
    in_yen = await add_method(
        database.pool, some_details(currency="JPY"), at=NOW - timedelta(days=9)
    )
    payout = (await request(database.pool, in_yen, TEN_DOLLARS)).payout
    await found_and_cleared(database)

    assert payout.gross_minor == 1_500
    assert await ask_for_decision(database.pool, payout) is None


async def test_in_a_withdrawn_currency_everything_takes_two(database: Database) -> None:
    """Nobody says any more how much is much in it; nor does the database let one release it."""
    await settled_creator(database.pool)
    in_yen = await add_method(
        database.pool, some_details(currency="JPY"), at=NOW - timedelta(days=9)
    )
    payout = (await request(database.pool, in_yen, TEN_DOLLARS)).payout
    await found_and_cleared(database)
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
    payout = await held(database)
    await ask_for_decision(database.pool, payout)

    returned = await ask_for_decision(database.pool, payout, HeldDecision.RETURN, "olga")

    assert returned is not None
    assert (returned.status, returned.moved_by) == ("CANCELED", "olga")
    for operator_id in OPERATORS:
        with pytest.raises(PayoutNotHeldError):
            await ask_for_decision(database.pool, payout, operator_id=operator_id)
    assert [
        (who, details["decision"], "proposed" in details)
        for who, _, _, details in await logged(database, "decideHeldPayout")
    ] == [("otto", "RELEASE", True), ("olga", "RETURN", False)]
    await assert_payouts_balance(database.pool)


async def test_two_operators_at_once_release_once(database: Database) -> None:
    """However often each asks: one proposes, the other one releases, all others change nothing."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held(database)

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
    (first, *_), (second, *_) = await logged(database, "decideHeldPayout")
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
    payout = await held(database)

    answers = await asyncio.gather(*(ask_for_decision(database.pool, payout) for _ in range(8)))

    assert answers == [None] * 8
    assert len(await logged(database, "decideHeldPayout")) == 1
    assert (await now_is(database, payout)).status is PayoutStatus.HELD


async def test_held_again_it_takes_two_again(database: Database) -> None:
    """What two agreed on was the hold that they had seen."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held(database)
    await release(database.pool, payout)
    await found_and_cleared(database)

    asked = [
        await ask_for_decision(database.pool, payout, operator_id=who) for who in ("olga", "olga")
    ]
    released = await ask_for_decision(database.pool, payout, operator_id="otto")

    assert asked == [None, None]
    assert released is not None
    assert [
        (who, details["held_at_step"])
        for who, _, _, details in await logged(database, "decideHeldPayout")
    ] == [("otto", 3), ("olga", 3), ("olga", 5), ("otto", 5)]


async def test_a_hit_between_the_two_stops_the_second(database: Database) -> None:
    """Whoever is second is held to what is known then; nor is anything agreed on meanwhile."""
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held(database)
    await ask_for_decision(database.pool, payout)
    await review(database.pool, Decision.SANCTION_HIT)

    for operator_id in OPERATORS:
        with pytest.raises(CreatorNotClearedError):
            await ask_for_decision(database.pool, payout, operator_id=operator_id)

    assert await database.pool.fetchval("SELECT approved_by FROM operator_proposal") is None
    assert (await now_is(database, payout)).status is PayoutStatus.HELD


async def test_nothing_is_proposed_while_the_hit_stands(database: Database) -> None:
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held(database)
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
    payout = await held(database)
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
    payout = await held(database)
    released = await release(database.pool, payout)
    await found_and_cleared(database)

    with pytest.raises(asyncpg.RestrictViolationError, match="by one operator alone"):
        await database.pool.execute(
            "UPDATE payout SET status = 'QUEUED', moved_by = $1, moved_at = $2",
            released.moved_by,
            NOW,
        )


async def test_much_is_corrected_by_two_operators(database: Database) -> None:
    """The amount is what both have seen; another one is refused, also between the two."""
    payout, excess_minor = await excess(database)
    await need_second_operator(database.pool, USD=excess_minor)

    asked = [await ask_to_correct(database.pool, payout, excess_minor, "otto") for _ in range(2)]
    for amount_minor in (excess_minor - 1, excess_minor + 1):
        with pytest.raises(CorrectionChangedError):
            await ask_to_correct(database.pool, payout, amount_minor, "olga")
    untouched = await corrected_minor(database)
    done = await ask_to_correct(database.pool, payout, excess_minor, "olga")
    retried = [await ask_to_correct(database.pool, payout, excess_minor, who) for who in OPERATORS]

    assert asked == [None, None]
    assert untouched == 0
    assert (done, done and done.replayed) == (Corrected(payout, excess_minor, False), False)
    assert retried == [Corrected(payout, excess_minor, True)] * 3
    assert await corrected_minor(database) == excess_minor
    assert [
        (who, subject, details["amount_minor"], "proposed" in details)
        for who, subject, _, details in await logged(database, "correctWithholding")
    ] == [
        ("otto", str(payout.payout_id), excess_minor, True),
        ("olga", str(payout.payout_id), excess_minor, False),
    ]
    await assert_withholding_balances(database.pool)


async def test_little_is_corrected_by_one_operator(database: Database) -> None:
    payout, excess_minor = await excess(database)
    await need_second_operator(database.pool, USD=excess_minor + 1)

    done = await ask_to_correct(database.pool, payout, excess_minor, "otto")

    assert done == Corrected(payout, excess_minor, replayed=False)
    assert await database.pool.fetchval("SELECT count(*) FROM operator_proposal") == 0


async def test_two_operators_at_once_correct_once(database: Database) -> None:
    payout, excess_minor = await excess(database)
    await need_second_operator(database.pool, USD=1)

    answers = await asyncio.gather(
        *(
            ask_to_correct(database.pool, payout, excess_minor, operator_id)
            for _ in range(4)
            for operator_id in ("otto", "olga")
        )
    )

    assert [each is not None and not each.replayed for each in answers].count(True) == 1
    assert await corrected_minor(database) == excess_minor
    assert {who for who, *_ in await logged(database, "correctWithholding")} == {"otto", "olga"}
    await assert_withholding_balances(database.pool)


@pytest.mark.parametrize("proposed", [False, True])
async def test_database_corrects_nothing_by_one_operator(
    database: Database, proposed: bool
) -> None:
    payout, excess_minor = await excess(database)
    await need_second_operator(database.pool, USD=1)
    if proposed:
        await ask_to_correct(database.pool, payout, excess_minor, "otto")

    with pytest.raises(asyncpg.RestrictViolationError, match="by one operator alone"):
        await database.pool.execute(
            "INSERT INTO withholding_entry (creator_id, currency, payout_id, kind, tax_year,"
            " tax_minor, creator_minor, tax_form_id, at)"
            " SELECT creator_id, 'USD', $1, 'CORRECTED', 2026, -$2::bigint, $2, form_id, $3"
            " FROM tax_form",
            payout.payout_id,
            excess_minor,
            NOW,
        )


async def ask(database: Database, document: str, who: str, scope: str, **variables: Any) -> Any:
    context = PayoutsContext.of(
        Viewer(who, frozenset({scope})),
        "request-1",
        pool=database.pool,
        rates=KnownRates(),
        sealer=SEALER,
        links=LINKS,
        now=lambda: NOW,
    )
    body = await EXECUTOR.run(Operation(document, variables), context)
    assert "errors" not in body, body
    data: Any = body["data"]
    [answer] = data.values()
    return answer


async def test_what_operators_are_told(database: Database) -> None:
    """The first is told that it waits, and so is a metric; an auditor sees both."""
    payout, excess_minor = await excess(database)
    await need_second_operator(database.pool, USD=1)
    correction = {
        "payoutId": str(payout.payout_id),
        "excessMinor": excess_minor,
        "reason": "form came",
    }
    before = refused("correctWithholding")

    proposed = await ask(database, CORRECT, "otto", "operator:payouts", input=correction)
    done = await ask(
        database, CORRECT, "olga", "operator:payouts", input=correction | {"reason": "so it did"}
    )
    seen = await ask(database, LOG, "ada", "operator:audit")

    assert proposed == {
        "__typename": "ApprovalNeeded",
        "code": "approval_needed",
        "message": "Noted. It is done when a second operator sends the same request.",
    }
    assert refused("correctWithholding") == before + 1
    assert done == {
        "__typename": "CorrectWithholdingPayload",
        "replayed": False,
        "corrected": {"amountMinor": excess_minor},
    }
    assert [
        (node["operatorId"], node["action"], node["subject"], node["reason"])
        for node in seen["nodes"][:2]
    ] == [
        ("olga", "correctWithholding", str(payout.payout_id), "so it did"),
        ("otto", "correctWithholding", str(payout.payout_id), "form came"),
    ]


async def test_what_operators_are_told_of_a_hold(database: Database) -> None:
    await need_second_operator(database.pool, USD=GROSS_MINOR)
    payout = await held(database)
    decision = {
        "payoutId": str(payout.payout_id),
        "decision": "RELEASE",
        "reason": "it was a namesake",
    }

    answers = [
        await ask(database, DECIDE, who, "operator:payouts", input=decision)
        for who in ("otto", "otto", "olga", "otto")
    ]

    assert [each.get("code") for each in answers] == [
        "approval_needed",
        "approval_needed",
        None,
        "payout_not_held",
    ]
    assert answers[2]["payout"] == {"id": str(payout.payout_id), "status": "QUEUED"}


def refused(mutation: str) -> float:
    return (
        REGISTRY.get_sample_value(
            "largesse_refusals_total", {"operation": mutation, "code": "approval_needed"}
        )
        or 0.0
    )
