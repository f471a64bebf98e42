"""Much of what was withheld is not given back by one operator; and what operators are told."""

import asyncio
from typing import Any

import asyncpg
import pytest

from chassis.auth import Viewer
from chassis.telemetry.metrics import REGISTRY
from chassis.testing.databases import Database
from payouts.commands.correct_withholding import Corrected
from payouts.domain.refusals import CorrectionChangedError
from payouts.testing.asking import answer_to
from payouts.testing.deciding import (
    DECIDE,
    GROSS_MINOR,
    OPERATORS,
    held_payout,
    logged,
    need_second_operator,
)
from payouts.testing.paying import NOW
from payouts.testing.taxing import ask_to_correct, assert_withholding_balances, overwithheld

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


async def corrected_minor(database: Database) -> int:
    return await database.pool.fetchval(
        "SELECT coalesce(sum(creator_minor), 0)::bigint FROM withholding_entry"
        " WHERE kind = 'CORRECTED'"
    )


async def test_much_is_corrected_by_two_operators(database: Database) -> None:
    """The amount is what both have seen; another one is refused, also between the two."""
    payout, excess_minor = await overwithheld(database.pool)
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
        for who, subject, _, details in await logged(database.pool, "correctWithholding")
    ] == [
        ("otto", str(payout.payout_id), excess_minor, True),
        ("olga", str(payout.payout_id), excess_minor, False),
    ]
    await assert_withholding_balances(database.pool)


async def test_little_is_corrected_by_one_operator(database: Database) -> None:
    payout, excess_minor = await overwithheld(database.pool)
    await need_second_operator(database.pool, USD=excess_minor + 1)

    done = await ask_to_correct(database.pool, payout, excess_minor, "otto")

    assert done == Corrected(payout, excess_minor, replayed=False)
    assert await database.pool.fetchval("SELECT count(*) FROM operator_proposal") == 0


async def test_two_operators_at_once_correct_once(database: Database) -> None:
    payout, excess_minor = await overwithheld(database.pool)
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
    assert {who for who, *_ in await logged(database.pool, "correctWithholding")} == {
        "otto",
        "olga",
    }
    await assert_withholding_balances(database.pool)


@pytest.mark.parametrize("proposed", [False, True])
async def test_database_corrects_nothing_by_one_operator(
    database: Database, proposed: bool
) -> None:
    payout, excess_minor = await overwithheld(database.pool)
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
    body = await answer_to(database.pool, Viewer(who, frozenset({scope})), document, variables, NOW)
    assert "errors" not in body, body
    data: Any = body["data"]
    [answer] = data.values()
    return answer


async def test_what_operators_are_told(database: Database) -> None:
    """The first is told that it waits, and so is a metric; an auditor sees both."""
    payout, excess_minor = await overwithheld(database.pool)
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
    payout = await held_payout(database.pool)
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
