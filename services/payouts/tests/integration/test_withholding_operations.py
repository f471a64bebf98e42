"""Tax forms, withholding and its correction as front ends and operators ask for them (E41)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.auth import Viewer
from chassis.ids import uuid7
from chassis.testing.databases import Database
from local_stack.operations import documents
from payouts.domain.payout import PayoutStatus
from payouts.testing.asking import answer_to
from payouts.testing.paying import (
    CREATOR,
    NOW,
    cancel,
    request,
    settled_creator,
)
from payouts.testing.stating import let_time_be_told, state, tick
from payouts.testing.taxing import withhold
from support.bank_scene import Scene

STAR = Viewer(CREATOR, frozenset({"viewer", "creator"}))
OTTO = Viewer("otto", frozenset({"operator:payouts"}))
TEN_DOLLARS = 2_000_000_000
REVIEW = """
mutation ($input: ReviewTaxFormInput!) { reviewTaxForm(input: $input) {
  __typename
  ... on ReviewTaxFormPayload { form { id status validUntil } }
  ... on TaxFormDecided { code status }
  ... on Refusal { code }
} }
"""
PREVIEW = """
query ($id: ID!) { previewWithholdingCorrections(creatorId: $id) {
  payout { id } withheld { amountMinor } excess { amountMinor currency } because rateBps
} }
"""
CORRECT = """
mutation ($input: CorrectWithholdingInput!) { correctWithholding(input: $input) {
  __typename
  ... on CorrectWithholdingPayload { replayed corrected { amountMinor currency } payout { id } }
  ... on WithholdingCorrectionChanged { code excess { amountMinor currency } }
  ... on Refusal { code }
} }
"""
TAXES = """
query { me { creator {
  taxForms(first: 5) { nodes { kind country claimsTreaty display status validUntil } }
  withheld { year amount { amountMinor currency } }
  withholdingCorrections { amountMinor currency }
  payouts(first: 5) { nodes {
    fees { kind amount { amountMinor } } net { amountMinor }
    withholding { amount { amountMinor } rateBps because rateVersion taxFormId }
  } }
} } }
"""
LINES = """
query ($period: String!) { me { creator { statement(period: $period) { lines(first: 9) { nodes {
  kind microDiamonds withheld { amountMinor currency } withheldBecause
} } } } } }
"""


async def ask(database: Database, document: str, viewer: Viewer = STAR, **variables: Any) -> Any:
    body = await answer_to(
        database.pool, viewer, documents().get(document, document), variables, NOW
    )
    assert "errors" not in body, body
    data: Any = body["data"]
    [answer] = data.values()
    return answer


def a_form(**changes: object) -> dict[str, object]:
    return {
        "formId": str(uuid7()),
        "kind": "W8BEN",
        "country": "in",
        "claimsTreaty": True,
        "taxId": "abcde 1234 f",
        **changes,
    }


async def test_from_a_form_to_a_correction(scene: Scene) -> None:
    """All that creators and operators do about taxes, through the schema alone."""
    database = scene.database
    await withhold(database.pool)
    payout = await scene.payout()
    await scene.run()
    form = a_form()

    sent = await ask(database, "SubmitTaxForm", input=form)
    again = await ask(database, "SubmitTaxForm", input=form)
    decision = {"formId": form["formId"], "decision": "VERIFIED", "reason": "passport seen"}
    reviewed = await ask(database, REVIEW, OTTO, input=decision)
    twice = await ask(database, REVIEW, OTTO, input=decision)
    previewed = await ask(database, PREVIEW, OTTO, id=CREATOR)
    order = {"payoutId": str(payout.payout_id), "reason": "form came"}
    wrong = await ask(database, CORRECT, OTTO, input=order | {"excessMinor": 91})
    right = await ask(database, CORRECT, OTTO, input=order | {"excessMinor": 90})
    retried = await ask(database, CORRECT, OTTO, input=order | {"excessMinor": 90})
    seen = (await ask(database, TAXES))["creator"]
    await scene.payout()
    carried = (await ask(database, TAXES))["creator"]

    shown = {
        "id": form["formId"],
        "kind": "W8BEN",
        "country": "IN",
        "claimsTreaty": True,
        "status": "PENDING",
        "validUntil": "2029-12-31",
        "display": "IN ••••234F",
    }
    assert sent == {"__typename": "SubmitTaxFormPayload", "replayed": False, "form": shown}
    assert again == sent | {"replayed": True}
    assert reviewed["form"]["status"] == "VERIFIED"
    assert twice == {
        "__typename": "TaxFormDecided",
        "code": "tax_form_decided",
        "status": "VERIFIED",
    }
    assert previewed == [
        {
            "payout": {"id": str(payout.payout_id)},
            "withheld": {"amountMinor": 240},
            "excess": {"amountMinor": 90, "currency": "USD"},
            "because": "TREATY",
            "rateBps": 1_500,
        }
    ]
    assert (wrong["code"], wrong["excess"]["amountMinor"]) == ("withholding_correction_changed", 90)
    assert (right["replayed"], right["corrected"]["amountMinor"]) == (False, 90)
    assert (retried["replayed"], retried["corrected"]["amountMinor"]) == (True, 90)
    assert seen["withheld"] == [{"year": 2026, "amount": {"amountMinor": 150, "currency": "USD"}}]
    assert seen["withholdingCorrections"] == [{"amountMinor": 90, "currency": "USD"}]
    assert [each["display"] for each in seen["taxForms"]["nodes"]] == ["IN ••••234F"]
    [first] = seen["payouts"]["nodes"]
    assert first["withholding"] == {
        "amount": {"amountMinor": 240},
        "rateBps": 2_400,
        "because": "NO_FORM",
        "rateVersion": 2,
        "taxFormId": None,
    }
    assert carried["withholdingCorrections"] == []
    second = carried["payouts"]["nodes"][0]
    assert {fee["kind"]: fee["amount"]["amountMinor"] for fee in second["fees"]} == {
        "FIXED": 25,
        "PROPORTIONAL": 10,
        "WITHHOLDING": 150,
        "WITHHOLDING_CORRECTION": -90,
    }
    assert second["withholding"]["taxFormId"] == form["formId"]
    kept = sum(fee["amount"]["amountMinor"] for fee in second["fees"])
    assert kept + second["net"]["amountMinor"] == 1_000


async def test_the_document_of_front_ends_has_a_line_for_it(database: Database) -> None:
    """`fees` and net are still gross for whoever has never heard of withholding."""
    await withhold(database.pool)
    method = await settled_creator(database.pool)
    wanted = {
        "payoutId": str(uuid7()),
        "methodId": str(method.method_id),
        "microDiamonds": TEN_DOLLARS,
    }

    payout = (await ask(database, "RequestPayout", input=wanted))["payout"]

    assert [fee["kind"] for fee in payout["fees"]] == ["FIXED", "PROPORTIONAL", "WITHHOLDING"]
    kept = sum(fee["amount"]["amountMinor"] for fee in payout["fees"])
    assert (kept, kept + payout["net"]["amountMinor"]) == (275, payout["gross"]["amountMinor"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"country": "US"}, "country"),
        ({"kind": "OTHER"}, "claimsTreaty"),
        ({"taxId": "1"}, "taxId"),
    ],
    ids=["country", "treaty", "number"],
)
async def test_what_cannot_be_right_is_refused(
    database: Database, changes: dict[str, object], field: str
) -> None:
    answer = await ask(database, "SubmitTaxForm", input=a_form(**changes))

    assert (answer["code"], answer["field"]) == ("tax_form_invalid", field)
    assert await database.pool.fetchval("SELECT count(*) FROM tax_form") == 0


async def test_unknown_form_and_payout(database: Database) -> None:
    nothing = str(uuid7())
    form = {"formId": nothing, "decision": "VERIFIED", "reason": "seen"}
    payout = {"payoutId": nothing, "excessMinor": 1, "reason": "seen"}

    assert (await ask(database, REVIEW, OTTO, input=form))["code"] == "tax_form_unknown"
    assert (await ask(database, CORRECT, OTTO, input=payout))["code"] == "payout_unknown"


async def test_a_statement_says_what_was_withheld_and_why(database: Database) -> None:
    """C46: with the payout, and less than zero where it came back; in lines and document."""
    await let_time_be_told(database.pool)
    await tick(database.pool, datetime(2026, 6, 1, tzinfo=UTC))
    await withhold(database.pool)
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    assert payout.status is PayoutStatus.QUEUED
    await cancel(database.pool, payout, at=NOW + timedelta(hours=1))
    await tick(database.pool, datetime(2026, 6, 20, tzinfo=UTC))

    answer = await ask(database, LINES, period="2026-06")
    stated = await state(database.pool, "2026-06")

    lines = answer["creator"]["statement"]["lines"]["nodes"]
    assert [
        (line["kind"], line["withheld"]["amountMinor"], line["withheldBecause"])
        for line in lines
        if line["withheld"] is not None
    ] == [("PAID_OUT", 240, "NO_FORM"), ("GIVEN_BACK", -240, "NO_FORM")]
    assert stated is not None
    rows = stated.document.decode().split("\r\n")
    assert rows[0] == "form,largesse-statement-3"
    assert [row.split(",")[-9:] for row in rows if ",PAID_OUT," in row] == [
        ["USD", "1000", "35", "240", "NO_FORM", "0", "725", "0", ""]
    ]
    assert [row.split(",")[-9:] for row in rows if ",GIVEN_BACK," in row] == [
        ["USD", "-1000", "-35", "-240", "NO_FORM", "0", "-725", "0", ""]
    ]


async def test_what_was_known_before_keeps_its_form(database: Database) -> None:
    """I4: what is told of marks from before there was a second form keeps its bytes."""
    await let_time_be_told(database.pool)
    await tick(database.pool, datetime(2026, 6, 1, tzinfo=UTC))
    await withhold(database.pool)
    method = await settled_creator(database.pool)
    await request(database.pool, method, TEN_DOLLARS)
    async with database.pool.acquire() as conn:
        [(old,)] = await conn.fetch(
            "INSERT INTO statement_mark (at, known) VALUES ('2026-06-15', pg_current_snapshot())"
            " RETURNING at"
        )
    before = await state(database.pool, "2026-06", old)
    await tick(database.pool, datetime(2026, 7, 20, tzinfo=UTC))

    after = await state(database.pool, "2026-06", old)
    issued = await state(database.pool, "2026-06")

    assert before is not None
    assert issued is not None
    assert after == before
    assert before.document.startswith(b"form,largesse-statement-1\r\n")
    assert b"gross_minor" not in before.document
    assert issued.document.startswith(b"form,largesse-statement-3\r\n")
