"""Agencies as creators, agencies and operators ask for them (C47)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.auth import Viewer
from chassis.ids import uuid7
from chassis.testing.databases import Database
from local_stack.operations import documents
from payouts.testing.agreeing import AGENCY, HOLD, PATHS, agree, collect, moved
from payouts.testing.asking import answer_to
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    request,
    review,
    settled_creator,
)
from payouts.testing.stating import let_time_be_told, state, tick

STAR = Viewer(CREATOR, frozenset({"viewer", "creator"}))
AGENT = Viewer(AGENCY, frozenset({"viewer", "creator"}))
OTTO = Viewer("otto", frozenset({"operator:payouts"}))
HUNDRED_DOLLARS = 20_000_000_000
CONTRACT = "id creatorId agencyId shareBps effectiveFrom endsAt acceptedAt status"
PROPOSE = f"""
mutation ($input: ProposeAgencyContractInput!) {{ proposeAgencyContract(input: $input) {{
  __typename
  ... on ProposeAgencyContractPayload {{ replayed contract {{ {CONTRACT} }} }}
  ... on AgencyContractInvalid {{ code field }}
  ... on Refusal {{ code }}
}} }}
"""
ANSWER = f"""
mutation ($input: AnswerAgencyContractInput!) {{ answerAgencyContract(input: $input) {{
  __typename
  ... on AnswerAgencyContractPayload {{ contract {{ {CONTRACT} }} }}
  ... on AgencyContractDecided {{ code status }}
  ... on AgencySharesExceeded {{ code sharesBps maxBps }}
  ... on Refusal {{ code }}
}} }}
"""
END = f"""
mutation ($input: EndAgencyContractInput!) {{ endAgencyContract(input: $input) {{
  __typename
  ... on EndAgencyContractPayload {{ contract {{ {CONTRACT} }} }}
  ... on AgencyContractDecided {{ code status }}
  ... on Refusal {{ code }}
}} }}
"""
COLLECT = """
mutation ($input: RequestCommissionPayoutInput!) { requestCommissionPayout(input: $input) {
  __typename
  ... on RequestCommissionPayoutPayload { replayed payout {
    id source status microDiamonds gross { amountMinor currency } net { amountMinor }
    commissions { agencyId }
  } }
  ... on CommissionAmountInvalid { code increment { amountMinor currency } }
  ... on InsufficientCommissions { code available { amountMinor currency } }
  ... on CommissionBelowMinimum { code needed { amountMinor currency } }
  ... on Refusal { code }
} }
"""
SEEN_BY_CREATOR = f"""
query {{ me {{ creator {{
  agencyContracts(first: 5) {{ nodes {{ {CONTRACT} }} }}
  payouts(first: 5) {{ nodes {{
    source gross {{ amountMinor }} net {{ amountMinor }} fees {{ kind amount {{ amountMinor }} }}
    commissions {{ agencyId contractId shareBps amount {{ amountMinor currency }} }}
  }} }}
}} }} }}
"""
OF_AGENCY = f"""
  creatorContracts(first: 5) {{ nodes {{ {CONTRACT} }} }}
  commissions {{ available {{ amountMinor currency }} pending {{ amountMinor }} }}
  commissionsByCreator {{ creatorId earned {{ amountMinor currency }} }}
"""
SEEN_BY_AGENCY = f"query {{ me {{ creator {{ {OF_AGENCY} }} }} }}"
SEEN_BY_OPERATOR = f"query ($id: ID!) {{ creator(id: $id) {{ {OF_AGENCY} }} }}"
LINES = """
query ($period: String!) { me { creator { statement(period: $period) { lines(first: 9) { nodes {
  kind microDiamonds payoutId commission { amountMinor currency } commissionOf adjusts
} } } } } }
"""


async def answered(
    database: Database,
    document: str,
    viewer: Viewer = STAR,
    *,
    at: datetime = NOW,
    **variables: Any,
) -> dict[str, Any]:
    return await answer_to(
        database.pool, viewer, documents().get(document, document), variables, at
    )


async def ask(
    database: Database,
    document: str,
    viewer: Viewer = STAR,
    *,
    at: datetime = NOW,
    **variables: Any,
) -> Any:
    body = await answered(database, document, viewer, at=at, **variables)
    assert "errors" not in body, body
    [answer] = body["data"].values()
    return answer


def a_contract(**changes: object) -> dict[str, object]:
    return {
        "contractId": str(uuid7()),
        "creatorId": CREATOR,
        "agencyId": AGENCY,
        "shareBps": 2_000,
        "effectiveFrom": NOW.isoformat(),
        "reason": "signed on paper",
        **changes,
    }


async def test_from_a_contract_to_a_payout_of_the_agency(database: Database) -> None:
    """All that operators, creators and agencies do, through the schema alone."""
    wanted = a_contract()
    contract_id = wanted["contractId"]
    proposed = await ask(database, PROPOSE, OTTO, input=wanted)
    again = await ask(database, PROPOSE, OTTO, at=NOW + HOLD, input=wanted)
    accepted = await ask(database, ANSWER, input={"contractId": contract_id, "accept": True})
    method = await settled_creator(database.pool, 60_000)
    payout = (await request(database.pool, method, HUNDRED_DOLLARS)).payout
    await moved(database.pool, payout, *PATHS["PAID"])
    pending = (await ask(database, SEEN_BY_AGENCY, AGENT))["creator"]
    by_creator = (await ask(database, SEEN_BY_CREATOR))["creator"]
    await review(database.pool, creator_id=AGENCY)
    to = await add_method(database.pool, creator_id=AGENCY)
    order = {"payoutId": str(uuid7()), "methodId": str(to.method_id), "amountMinor": 1_500}
    later = NOW + HOLD
    collected = await ask(database, COLLECT, AGENT, at=later, input=order)
    retried = await ask(database, COLLECT, AGENT, at=later, input=order)
    by_agency = (await ask(database, SEEN_BY_AGENCY, AGENT, at=later))["creator"]
    by_operator = await ask(database, SEEN_BY_OPERATOR, OTTO, at=later, id=AGENCY)
    ended = await ask(database, END, OTTO, input={"contractId": contract_id, "reason": "parted"})

    shown = {
        "id": contract_id,
        "creatorId": CREATOR,
        "agencyId": AGENCY,
        "shareBps": 2_000,
        "effectiveFrom": NOW.isoformat(),
        "endsAt": None,
        "acceptedAt": None,
        "status": "PROPOSED",
    }
    agreed = shown | {"status": "ACCEPTED", "acceptedAt": NOW.isoformat()}
    assert (proposed["replayed"], proposed["contract"]) == (False, shown)
    assert again["replayed"] is True
    assert accepted["contract"] == agreed
    assert by_creator["agencyContracts"]["nodes"] == [agreed]
    [split] = by_creator["payouts"]["nodes"]
    assert split["commissions"] == [
        {
            "agencyId": AGENCY,
            "contractId": contract_id,
            "shareBps": 2_000,
            "amount": {"amountMinor": 2_000, "currency": "USD"},
        }
    ]
    kept = {fee["kind"]: fee["amount"]["amountMinor"] for fee in split["fees"]}
    assert kept == {"FIXED": 25, "PROPORTIONAL": 80, "COMMISSION": 2_000}
    assert sum(kept.values()) + split["net"]["amountMinor"] == split["gross"]["amountMinor"]
    assert pending["commissions"] == [
        {
            "available": {"amountMinor": 0, "currency": "USD"},
            "pending": {"amountMinor": 2_000},
        }
    ]
    assert collected["payout"] == {
        "id": order["payoutId"],
        "source": "COMMISSIONS",
        "status": "QUEUED",
        "microDiamonds": 0,
        "gross": {"amountMinor": 1_500, "currency": "USD"},
        "net": {"amountMinor": 1_500 - 25 - 15},
        "commissions": [],
    }
    assert retried == collected | {"replayed": True}
    assert by_agency == by_operator
    assert by_agency["creatorContracts"]["nodes"] == [agreed]
    assert by_agency["commissions"][0]["available"]["amountMinor"] == 500
    assert by_agency["commissionsByCreator"] == [
        {"creatorId": CREATOR, "earned": {"amountMinor": 2_000, "currency": "USD"}}
    ]
    assert ended["contract"]["status"] == "ENDED"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shareBps": 0}, "shareBps"),
        ({"shareBps": -1}, "shareBps"),
        ({"shareBps": 2**31 - 1}, "shareBps"),
        ({"agencyId": CREATOR}, "agencyId"),
        ({"effectiveFrom": "0001-01-01T00:00:00Z"}, "effectiveFrom"),
        ({"endsAt": NOW.isoformat()}, "endsAt"),
    ],
    ids=["nothing", "less", "everything", "oneself", "past", "no-time"],
)
async def test_contracts_that_nobody_can_agree_on(
    database: Database, changes: dict[str, object], field: str
) -> None:
    answer = await ask(database, PROPOSE, OTTO, input=a_contract(**changes))

    assert (answer["code"], answer["field"]) == ("agency_contract_invalid", field)
    assert await database.pool.fetchval("SELECT count(*) FROM agency_contract") == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": ""},
        {"creatorId": ""},
        {"agencyId": "x" * 65},
        {"effectiveFrom": "2026-12-01T00:00:00"},
        {"effectiveFrom": "9999-12-31T23:59:59-12:00"},
        {"effectiveFrom": "soon"},
        {"shareBps": 2**31},
        {"contractId": "1"},
    ],
    ids=["reason", "nobody", "long", "zone", "calendar", "words", "number", "id"],
)
async def test_bad_input_changes_nothing(database: Database, changes: dict[str, object]) -> None:
    body = await answered(database, PROPOSE, OTTO, input=a_contract(**changes))

    assert body["errors"][0]["extensions"]["code"] in {
        "BAD_USER_INPUT",
        "GRAPHQL_VALIDATION_FAILED",
    }
    assert await database.pool.fetchval("SELECT count(*) FROM agency_contract") == 0


async def test_answers_that_are_refused(database: Database) -> None:
    """Unknown, somebody else's, answered, and too much together."""
    first, second = a_contract(shareBps=3_000), a_contract(shareBps=2_001, agencyId="other")
    for wanted in (first, second):
        await ask(database, PROPOSE, OTTO, input=wanted)
    yes = {"contractId": first["contractId"], "accept": True}

    unknown = await ask(database, ANSWER, input={"contractId": str(uuid7()), "accept": True})
    foreign = await ask(database, ANSWER, AGENT, input=yes)
    await ask(database, ANSWER, input=yes)
    late = await ask(database, ANSWER, input=yes | {"accept": False})
    much = await ask(database, ANSWER, input={"contractId": second["contractId"], "accept": True})
    nothing = await ask(database, END, OTTO, input={"contractId": str(uuid7()), "reason": "why"})

    assert unknown["code"] == foreign["code"] == nothing["code"] == "agency_contract_unknown"
    assert (late["code"], late["status"]) == ("agency_contract_decided", "ACCEPTED")
    assert (much["code"], much["sharesBps"], much["maxBps"]) == (
        "agency_shares_exceeded", 5_001, 5_000,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("amount_minor", "code"),
    [
        (0, "commission_amount_invalid"),
        (-1, "commission_amount_invalid"),
        (2**53 - 1, "insufficient_commissions"),
        (2_001, "insufficient_commissions"),
        (999, "commission_below_minimum"),
    ],
    ids=["nothing", "less", "most", "more", "little"],
)
async def test_amounts_that_are_refused(database: Database, amount_minor: int, code: str) -> None:
    await agree(database.pool, 2_000)
    method = await settled_creator(database.pool, 60_000)
    payout = (await request(database.pool, method, HUNDRED_DOLLARS)).payout
    await moved(database.pool, payout, *PATHS["PAID"])
    await review(database.pool, creator_id=AGENCY)
    to = await add_method(database.pool, creator_id=AGENCY)
    order = {"payoutId": str(uuid7()), "methodId": str(to.method_id), "amountMinor": amount_minor}

    answer = await ask(database, COLLECT, AGENT, at=NOW + HOLD, input=order)
    foreign = await ask(database, COLLECT, STAR, at=NOW + HOLD, input=order)

    assert answer["code"] == code
    assert foreign["code"] == "payout_method_unavailable"
    assert await database.pool.fetchval("SELECT count(*) FROM payout") == 1


@pytest.mark.parametrize(
    ("document", "viewer"),
    [(PROPOSE, STAR), (END, STAR), (END, AGENT), (ANSWER, OTTO), (COLLECT, OTTO)],
    ids=["propose", "end", "end-as-agency", "answer", "collect"],
)
async def test_nobody_does_what_is_not_theirs(
    database: Database, document: str, viewer: Viewer
) -> None:
    nothing = str(uuid7())
    inputs: dict[str, dict[str, object]] = {
        PROPOSE: a_contract(),
        END: {"contractId": nothing, "reason": "why"},
        ANSWER: {"contractId": nothing, "accept": True},
        COLLECT: {"payoutId": nothing, "methodId": nothing, "amountMinor": 1},
    }

    body = await answered(database, document, viewer, input=inputs[document])

    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_creator_does_not_see_their_agencys_books(database: Database) -> None:
    """Nor the agency its creators'."""
    body = await answered(database, SEEN_BY_OPERATOR, STAR, id=AGENCY)
    other = await answered(
        database, "query ($id: ID!) { creator(id: $id) { agencyContracts { nodes { id } } } }",
        AGENT, id=CREATOR,
    )  # fmt: skip

    assert {error["extensions"]["code"] for error in body["errors"]} == {"FORBIDDEN"}
    assert [*body["data"]["creator"].values()] == [None, None, None]
    assert other["data"]["creator"]["agencyContracts"] is None


async def test_statements_of_both_say_it(database: Database) -> None:
    """C46: a commission is a line of its agency's, in a statement with a number of its own."""
    await let_time_be_told(database.pool)
    await tick(database.pool, datetime(2026, 6, 1, tzinfo=UTC))
    await agree(database.pool, 2_000)
    method = await settled_creator(database.pool, 60_000)
    payout = (await request(database.pool, method, HUNDRED_DOLLARS)).payout
    payout = await moved(database.pool, payout, *PATHS["PAID"])
    june, july = datetime(2026, 7, 2, tzinfo=UTC), datetime(2026, 8, 2, tzinfo=UTC)
    await tick(database.pool, june)
    before = await state(database.pool, "2026-06", creator_id=AGENCY)
    await review(database.pool, creator_id=AGENCY)
    to = await add_method(database.pool, creator_id=AGENCY)
    await collect(database.pool, to, 1_500, at=NOW + HOLD)
    await moved(database.pool, payout, "RETURNED", at=NOW + HOLD + timedelta(days=1))
    await tick(database.pool, july)

    of_creator = await ask(database, LINES, at=july, period="2026-06")
    of_agency = await ask(database, LINES, AGENT, at=july, period="2026-06")
    in_july = await ask(database, LINES, AGENT, at=july, period="2026-07")
    stated = await state(database.pool, "2026-07", creator_id=AGENCY)

    def lines(answer: Any) -> list[tuple[object, ...]]:
        return [
            (
                line["kind"],
                line["microDiamonds"],
                line["commission"]["amountMinor"],
                line["commissionOf"],
                line["adjusts"],
            )
            for line in answer["creator"]["statement"]["lines"]["nodes"]
            if line["commission"] is not None
        ]

    assert lines(of_creator) == [("PAID_OUT", -HUNDRED_DOLLARS, 2_000, None, None)]
    assert lines(of_agency) == [("COMMISSION", 0, 2_000, CREATOR, None)]
    assert lines(in_july) == [
        ("PAID_OUT", 0, 0, None, None),
        ("COMMISSION_RETURNED", 0, -2_000, CREATOR, "2026-06"),
    ]
    assert before is not None
    assert stated is not None
    assert (before.statement.number, stated.statement.number) == (1, 2)
    assert before == await state(database.pool, "2026-06", creator_id=AGENCY)
    rows = stated.document.decode().split("\r\n")
    assert rows[0] == "form,largesse-statement-3"
    [row] = [row for row in rows if ",COMMISSION_RETURNED," in row]
    assert row.endswith(f",{payout.payout_id},,,2026-06,USD,,,,,,,-2000,{CREATOR}")
    [row] = [row for row in rows if ",PAID_OUT," in row]
    assert row.split(",")[-9:] == ["USD", "1500", "40", "0", "NO_FORM", "0", "1460", "0", ""]
