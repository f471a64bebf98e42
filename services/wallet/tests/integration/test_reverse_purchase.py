"""`previewReversal` and `reversePurchase`: a look at who would lose what, and exactly that."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from chassis.db import Pool
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from local_stack.operations import documents
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Refunded
from wallet.domain.purchase import Purchase
from wallet.store.purchases import insert_purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT, a_purchase, stored_events
from wallet.testing.charging import SettableClock, charge
from wallet.testing.reversing import bought, claimed, tell

type Ask = Any
type Contents = Any

PREVIEW = documents()["PreviewReversal"]
DIGEST = """query ($input: PreviewReversalInput!) { previewReversal(input: $input) {
  ... on ReversalPreview { digest amount { amountMinor currency } legs { kind coins } } } }"""
REVERSE = """mutation ($input: ReversePurchaseInput!) { reversePurchase(input: $input) {
  __typename
  ... on ReversePurchasePayload {
    replayed reversal { id coins amount { amountMinor currency } legs { kind coins party { id } } }
  }
  ... on ReversalExceedsPayment { left { amountMinor currency } }
  ... on ReversalChanged { preview { digest legs { kind coins } } }
  ... on Refusal { code message }
} }"""
UNKNOWN = "019b76da-a800-7000-8000-0000000000ff"
OPERATOR = {"sub": "op", "scope": "operator:refunds"}


async def spend(pool: Pool, coins: int) -> UUID:
    gift_id = uuid7()
    request = ChargeRequested(charge_id=gift_id, payer_id="ann", order_key="star", coins=coins)
    await charge(pool, OnChargeRequested(now=SettableClock(ORDERED_AT)), [request])
    return gift_id


def wanted(purchase: Purchase, **changes: Any) -> dict[str, Any]:
    given = {
        "reversalId": str(uuid7()),
        "purchaseId": str(purchase.purchase_id),
        "reason": "REFUND",
        "note": "asked for by mail",
    }
    return {"input": given | changes}


async def reverse(ask: Ask, variables: dict[str, Any]) -> dict[str, Any]:
    answer = await ask(REVERSE, variables, **OPERATOR)
    assert "errors" not in answer, answer
    return answer["data"]["reversePurchase"]


async def digest(ask: Ask, purchase: Purchase) -> str:
    given = {"purchaseId": str(purchase.purchase_id), "reason": "REFUND"}
    answer = await ask(DIGEST, {"input": given}, **OPERATOR)
    return answer["data"]["previewReversal"]["digest"]


async def test_preview_names_who_would_lose_what_and_changes_nothing(
    shop: Pool, ask: Ask, contents: Contents
) -> None:
    """The document that front ends send, verbatim."""
    purchase = await bought(shop)
    await spend(shop, 30)
    before = await contents()

    given = {"purchaseId": str(purchase.purchase_id), "reason": "REFUND"}
    answer = await ask(PREVIEW, {"input": given}, **OPERATOR)

    preview = answer["data"]["previewReversal"]
    assert preview["__typename"] == "ReversalPreview"
    assert preview["coins"] == 710
    assert [(leg["kind"], leg["coins"], leg["party"]) for leg in preview["legs"]] == [
        ("UNSPENT", 680, {"id": "ann"}),
        ("PAYER_DEBT", 20, {"id": "ann"}),
        ("PAYER_DEBT", 10, {"id": "ann"}),
    ]
    assert await contents() == before


async def test_books_exactly_the_preview(shop: Pool, ask: Ask) -> None:
    purchase = await bought(shop)
    await spend(shop, 30)
    seen = await digest(ask, purchase)

    done = await reverse(ask, wanted(purchase, expectedDigest=seen))

    assert done["__typename"] == "ReversePurchasePayload"
    assert done["reversal"]["amount"] == {"amountMinor": 889, "currency": "USD"}
    assert [leg["coins"] for leg in done["reversal"]["legs"]] == [680, 20, 10]
    row = await shop.fetchrow("SELECT actor, note FROM reversal")
    assert tuple(row or ()) == ("operator:op", "asked for by mail")
    assert await shop.fetchval("SELECT status FROM purchase") == "REFUNDED"
    assert [type(event).__name__ for event in (await stored_events(shop))[2:]] == [
        "PurchaseReversed",
        "BalanceChanged",
    ]
    await assert_books_balance(shop)


async def test_says_what_changed_since_the_preview_and_books_nothing(
    shop: Pool, ask: Ask, contents: Contents
) -> None:
    """A gift was sent in between."""
    purchase = await bought(shop)
    seen = await digest(ask, purchase)
    await spend(shop, 30)
    before = await contents()

    refused = await reverse(ask, wanted(purchase, expectedDigest=seen))

    assert refused["code"] == "reversal_changed"
    assert [leg["coins"] for leg in refused["preview"]["legs"]] == [680, 20, 10]
    assert refused["preview"]["digest"] == await digest(ask, purchase)
    assert await contents() == before


async def test_a_part_and_then_the_rest(shop: Pool, ask: Ask) -> None:
    purchase = await bought(shop)

    part = await reverse(ask, wanted(purchase, amountMinor=400))
    status = await shop.fetchval("SELECT status FROM purchase")
    rest = await reverse(ask, wanted(purchase))

    assert status == "PARTIALLY_REFUNDED"
    assert rest["reversal"]["amount"]["amountMinor"] == 489
    assert part["reversal"]["coins"] + rest["reversal"]["coins"] == 710
    assert await shop.fetchval("SELECT status FROM purchase") == "REFUNDED"
    await assert_books_balance(shop)


async def test_retry_gets_the_first_result_once(shop: Pool, ask: Ask) -> None:
    """Eight copies at once: one books, the others are told what it booked."""
    purchase = await bought(shop)
    variables = wanted(purchase, amountMinor=400)

    answers = await asyncio.gather(*(reverse(ask, variables) for _ in range(8)))

    assert sorted(answer["replayed"] for answer in answers) == [False] + [True] * 7
    assert len({str(answer["reversal"]) for answer in answers}) == 1
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 1
    await assert_books_balance(shop)


async def test_two_operators_never_take_more_than_was_paid(shop: Pool, ask: Ask) -> None:
    """Each wants 600 of 889 at the same moment: one gets it, the other learns what is left."""
    purchase = await bought(shop)

    answers = await asyncio.gather(
        *(reverse(ask, wanted(purchase, amountMinor=600)) for _ in range(2))
    )

    (refused,) = [answer for answer in answers if "code" in answer]
    assert refused["code"] == "reversal_exceeds_payment"
    assert refused["left"] == {"amountMinor": 289, "currency": "USD"}
    await assert_books_balance(shop)


async def test_refund_told_by_the_provider_afterwards_takes_what_is_left(
    shop: Pool, ask: Ask
) -> None:
    """Together never more than was paid (E07)."""
    purchase = await bought(shop)
    await reverse(ask, wanted(purchase, amountMinor=600))

    await tell(shop, claimed(purchase, Refunded(889, 0)))

    assert await shop.fetchval("SELECT sum(amount_minor) FROM reversal") == 889
    assert await shop.fetchval("SELECT sum(coins) FROM reversal") == 710
    await assert_books_balance(shop)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amountMinor": 0}, "reversal_exceeds_payment"),
        ({"amountMinor": -1}, "reversal_exceeds_payment"),
        ({"amountMinor": 890}, "reversal_exceeds_payment"),
        ({"amountMinor": 2**53 - 1}, "reversal_exceeds_payment"),
        ({"purchaseId": UNKNOWN}, "purchase_not_reversible"),
        ({"expectedDigest": "of something else"}, "reversal_changed"),
    ],
    ids=str,
)
async def test_refusals_change_nothing(
    shop: Pool, ask: Ask, contents: Contents, changes: dict[str, Any], code: str
) -> None:
    purchase = await bought(shop)
    before = await contents()

    refused = await reverse(ask, wanted(purchase, **changes))

    assert refused["code"] == code
    assert await contents() == before


@pytest.mark.parametrize("note", ["", " ", "x" * 501, "a\0b"], ids=ascii)
async def test_nothing_is_taken_without_a_reason(
    shop: Pool, ask: Ask, contents: Contents, note: str
) -> None:
    purchase = await bought(shop)
    before = await contents()

    answer = await ask(REVERSE, wanted(purchase, note=note), **OPERATOR)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert await contents() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"amountMinor": 401},
        {"reason": "VOID"},
        {"note": "for another reason"},
        {"purchaseId": UNKNOWN},
    ],
    ids=str,
)
async def test_used_id_with_other_terms_is_a_conflict(
    shop: Pool, ask: Ask, contents: Contents, changes: dict[str, Any]
) -> None:
    purchase = await bought(shop)
    variables = wanted(purchase, amountMinor=400)
    await reverse(ask, variables)
    before = await contents()

    refused = await reverse(ask, {"input": variables["input"] | changes})

    assert refused["code"] == "idempotency_conflict"
    assert await contents() == before


async def test_what_was_not_paid_cannot_go_back(shop: Pool, ask: Ask) -> None:
    """Nor what went back already."""
    unpaid = a_purchase()
    async with shop.acquire() as conn:
        await insert_purchase(conn, unpaid)
    returned = await bought(shop)
    await tell(shop, claimed(returned, Refunded(889, 0)))

    for purchase in (unpaid, returned):
        assert (await reverse(ask, wanted(purchase)))["code"] == "purchase_not_reversible"
        given = {"purchaseId": str(purchase.purchase_id), "reason": "REFUND"}
        answer = await ask(PREVIEW, {"input": given}, **OPERATOR)
        assert answer["data"]["previewReversal"]["code"] == "purchase_not_reversible"


@pytest.mark.parametrize("scope", ["viewer", "creator", "operator:audit operator:payouts", ""])
async def test_only_refunders_look_and_take(
    shop: Pool, ask: Ask, contents: Contents, scope: str
) -> None:
    """Not even the buyer."""
    purchase = await bought(shop)
    before = await contents()
    given = {"purchaseId": str(purchase.purchase_id), "reason": "REFUND"}

    looked = await ask(PREVIEW, {"input": given}, scope=scope)
    taken = await ask(REVERSE, wanted(purchase), scope=scope)

    for answer in (looked, taken):
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await contents() == before


async def test_much_is_taken_by_two_operators(shop: Pool, ask: Ask) -> None:
    """The first proposes, whoever they are; nothing moves until another asks for the same."""
    purchase = await bought(shop, coins=40_000)
    variables = wanted(purchase)
    less = {"input": variables["input"] | {"amountMinor": 800}}
    olga = {"sub": "olga", "scope": "operator:refunds"}

    asked = [await reverse(ask, variables) for _ in range(2)]
    other = await ask(REVERSE, less, **olga)
    untouched = await shop.fetchval("SELECT count(*) FROM reversal")
    done = await ask(REVERSE, variables, **olga)
    retried = await reverse(ask, variables)

    assert [each["code"] for each in asked] == ["approval_needed"] * 2
    assert other["data"]["reversePurchase"]["code"] == "idempotency_conflict"
    assert untouched == 0
    assert done["data"]["reversePurchase"]["replayed"] is False
    assert retried["replayed"] is True
    logged = await shop.fetch(
        "SELECT operator_id, action, subject FROM operator_action ORDER BY action_id"
    )
    assert [tuple(row) for row in logged] == [
        (who, "reversePurchase", variables["input"]["reversalId"]) for who in ("op", "olga")
    ]
    assert await shop.fetchval("SELECT proposed_by FROM operator_proposal") == "op"
    await assert_books_balance(shop)
