"""The documents of front ends about payouts, word for word, and what operators send."""

from typing import Any

import pytest

from chassis.auth import Viewer
from chassis.db import Conn, transact
from chassis.ids import uuid7
from chassis.testing.databases import Database
from local_stack.operations import documents
from payouts.commands.reconcile_rail import reconcile_rail
from payouts.domain.reconciliation import Theirs
from payouts.domain.transfer import transfer_key
from payouts.testing.asking import answer_to
from payouts.testing.deciding import DECIDE
from payouts.testing.paying import (
    CREATOR,
    NOW,
    add_method,
    assert_payouts_balance,
    request,
    review,
    settled_creator,
)
from support.bank_scene import Scene

STAR = Viewer(CREATOR, frozenset({"viewer", "creator"}))
OTTO = Viewer("otto", frozenset({"operator:payouts"}))
DETAILS = {
    "holder": "Stella Star",
    "country": "DE",
    "currency": "JPY",
    "account": "DE89 3704 0044 0532 0130 00",
}
TEN_DOLLARS = 2_000_000_000
REVIEW = """
mutation ($input: ReviewCreatorInput!) {
  reviewCreator(input: $input) { creator { id } heldPayouts }
}
"""
METHODS = """
query ($first: Int, $after: String, $last: Int, $before: String) { me { creator {
  payoutMethods(first: $first, after: $after, last: $last, before: $before) {
    nodes { id status display } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} } }
"""
BREAKS = "{ payoutBreaks(first: 5) { nodes { id kind repair status payoutId } } }"
PROPOSE = """
mutation ($input: ProposePayoutRepairInput!) {
  proposePayoutRepair(input: $input) {
    ... on ProposePayoutRepairPayload { break { status } }
    ... on Refusal { code }
  }
}
"""
APPROVE = """
mutation ($input: ApprovePayoutRepairInput!) {
  approvePayoutRepair(input: $input) {
    ... on ApprovePayoutRepairPayload { break { status } }
    ... on Refusal { code }
  }
}
"""
DISABLE = """
mutation ($input: DisablePayoutMethodInput!) {
  disablePayoutMethod(input: $input) {
    __typename
    ... on DisablePayoutMethodPayload { method { id status reason } }
    ... on Refusal { code }
  }
}
"""


async def ask(
    database: Database,
    document: str,
    viewer: Viewer = STAR,
    **variables: Any,
) -> Any:
    body = await answer_to(
        database.pool, viewer, documents().get(document, document), variables, NOW
    )
    assert "errors" not in body, body
    data: Any = body["data"]
    [answer] = data.values()
    return answer


async def test_add_payout_method(database: Database) -> None:
    """Kept once; shown by its end alone; a retry in other spelling of the same is a retry."""
    body = {"methodId": str(uuid7()), "rail": "sandbox_bank", "details": DETAILS}

    first = await ask(database, "AddPayoutMethod", input=body)
    again = await ask(
        database,
        "AddPayoutMethod",
        input=body | {"details": {**DETAILS, "account": "de89370400440532013000"}},
    )
    other = await ask(
        database,
        "AddPayoutMethod",
        input=body | {"details": {**DETAILS, "holder": "Somebody Else"}},
    )
    foreign = await ask(
        database, "AddPayoutMethod", Viewer("other", frozenset({"creator"})), input=body
    )

    assert first == {
        "__typename": "AddPayoutMethodPayload",
        "method": {
            "id": body["methodId"],
            "rail": "sandbox_bank",
            "status": "PENDING",
            "usableFrom": NOW.isoformat(),
            "display": "DE ••••3000",
        },
    }
    assert again == first
    assert other["code"] == foreign["code"] == "idempotency_conflict"
    assert await database.pool.fetchval("SELECT count(*) FROM payout_method") == 1


async def test_request_and_cancel_and_look(database: Database) -> None:
    method = await settled_creator(database.pool)
    body = {
        "payoutId": str(uuid7()),
        "methodId": str(method.method_id),
        "microDiamonds": 4_000_000_000,
    }

    requested = await ask(database, "RequestPayout", input=body)
    again = await ask(database, "RequestPayout", input=body)
    canceled = await ask(database, "CancelPayout", input={"payoutId": body["payoutId"]})
    seen = await ask(database, "Payouts")

    usd = {"currency": "USD"}
    assert requested == {
        "__typename": "RequestPayoutPayload",
        "replayed": False,
        "payout": {
            "id": body["payoutId"],
            "status": "QUEUED",
            "microDiamonds": 4_000_000_000,
            "gross": {"amountMinor": 2_000, **usd},
            "fees": [
                {"kind": "FIXED", "amount": {"amountMinor": 25, **usd}},
                {"kind": "PROPORTIONAL", "amount": {"amountMinor": 20, **usd}},
            ],
            "net": {"amountMinor": 1_955, **usd},
        },
    }
    assert again == requested | {"replayed": True}
    assert canceled["payout"] == {"id": body["payoutId"], "status": "CANCELED"}
    [node] = seen["creator"]["payouts"]["nodes"]
    assert [(step["status"], step["reason"]) for step in node["history"]] == [
        ("REQUESTED", None),
        ("QUEUED", None),
        ("CANCELED", "canceled_by_creator"),
    ]
    await assert_payouts_balance(database.pool)


async def test_below_minimum_says_the_minimum(database: Database) -> None:
    method = await settled_creator(database.pool)
    body = {"payoutId": str(uuid7()), "methodId": str(method.method_id), "microDiamonds": 1}

    answer = await ask(database, "RequestPayout", input=body)

    assert answer["__typename"] == "PayoutBelowMinimum"
    assert answer["code"] == "payout_below_minimum"
    assert answer["minimum"] == {"amountMinor": 1_000, "currency": "USD"}


async def test_a_creator_learns_of_a_review_and_not_of_its_grounds(database: Database) -> None:
    """E35: held, then decided by an operator; what was found and who decided stays inside."""
    method = await settled_creator(database.pool)
    payout = (await request(database.pool, method, TEN_DOLLARS)).payout
    found = {"creatorId": CREATOR, "reason": "list 7, line 12"}
    decision = {"payoutId": str(payout.payout_id), "reason": "it was a namesake"}

    hit = await ask(database, REVIEW, OTTO, input=found | {"decision": "SANCTION_HIT"})
    early = await ask(database, DECIDE, OTTO, input=decision | {"decision": "RELEASE"})
    await ask(database, REVIEW, OTTO, input=found | {"decision": "SANCTION_CLEARED"})
    released = await ask(database, DECIDE, OTTO, input=decision | {"decision": "RELEASE"})
    seen = await ask(database, "Payouts")

    assert hit == {"creator": {"id": CREATOR}, "heldPayouts": 1}
    assert early["code"] == "creator_not_cleared"
    assert released["payout"]["status"] == "QUEUED"
    [node] = seen["creator"]["payouts"]["nodes"]
    assert [step["reason"] for step in node["history"]] == [
        None,
        None,
        "under_review",
        "review_passed",
    ]


async def test_breaks_and_their_repair(scene: Scene) -> None:
    """Seen by operators; one proposes, another approves, and it is done."""
    payout = await scene.payout()
    await scene.run()
    lost = Theirs(transfer_key(payout.payout_id), "returned", payout.net_minor, "USD")
    at = scene.clock.now

    async def work(conn: Conn) -> None:
        await reconcile_rail(conn, "sandbox_bank", [lost], reported_at=at, at=at)

    await transact(scene.database.pool, work)
    olga = Viewer("olga", frozenset({"operator:payouts"}))
    [seen] = (await ask(scene.database, BREAKS, OTTO))["nodes"]
    proposal = {"breakId": seen["id"], "reason": "seen in their books"}
    body = {"breakId": seen["id"], "reason": "seen by me too"}

    proposed = await ask(scene.database, PROPOSE, OTTO, input=proposal)
    own = await ask(scene.database, APPROVE, OTTO, input=body)
    approved = await ask(scene.database, APPROVE, olga, input=body)
    again = await ask(scene.database, APPROVE, olga, input=body)

    assert seen | {"id": ""} == {
        "id": "",
        "kind": "STATUS",
        "repair": "TAKE_STATUS",
        "status": "OPEN",
        "payoutId": str(payout.payout_id),
    }
    assert proposed["break"]["status"] == "PROPOSED"
    assert own["code"] == "second_operator_needed"
    assert approved["break"]["status"] == "REPAIRED"
    assert again["code"] == "payout_break_not_repairable"
    assert await scene.taken() == 0


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\x00b"])
async def test_a_reason_is_a_reason(database: Database, reason: str) -> None:
    body = {"creatorId": CREATOR, "decision": "SANCTION_HIT", "reason": reason}

    with pytest.raises(AssertionError, match="BAD_USER_INPUT"):
        await ask(database, REVIEW, OTTO, input=body)

    assert await database.pool.fetchval("SELECT count(*) FROM creator_review") == 0


async def test_methods_in_pages(database: Database) -> None:
    """Newest first, to both ends; a disabled one says why."""
    methods = [await add_method(database.pool) for _ in range(3)]
    await ask(database, DISABLE, input={"methodId": str(methods[0].method_id)})
    newest = [str(method.method_id) for method in reversed(methods)]

    async def page(**arguments: Any) -> Any:
        return (await ask(database, METHODS, **arguments))["creator"]["payoutMethods"]

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    last = await page(last=1)

    assert [node["id"] for node in first["nodes"] + second["nodes"]] == newest
    assert last["nodes"] == second["nodes"]
    assert (last["nodes"][0]["status"], second["pageInfo"]["hasNextPage"]) == ("DISABLED", False)


async def test_nobody_disables_anothers_method(database: Database) -> None:
    method = await add_method(database.pool, creator_id="other")
    await review(database.pool)

    answer = await ask(database, DISABLE, input={"methodId": str(method.method_id)})

    assert answer["code"] == "payout_method_unavailable"
    assert await database.pool.fetchval("SELECT status FROM payout_method") == "VERIFIED"
