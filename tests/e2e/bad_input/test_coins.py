"""Coins: buying them, taking them back, limiting what is spent."""

from typing import Any

import pytest

from support.bad_input import (
    INVALID,
    UNKNOWN,
    Scene,
    a_minor_refund,
    a_reversal,
    an_order_of_it,
    good_variables,
    outcome,
)
from support.world import World

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"purchaseId": "not-a-uuid"}, INVALID),
        ({"purchaseId": None}, INVALID),
        ({"bundleId": "no-such-bundle"}, "bundle_unavailable"),
        ({"bundleId": ""}, "bundle_unavailable"),
        ({"bundleId": "x" * 10_000}, "bundle_unavailable"),
        ({"bundleId": None}, INVALID),
        ({"provider": "no-such-provider"}, "provider_unavailable"),
        ({"provider": ""}, "provider_unavailable"),
        ({"provider": 1}, INVALID),
        ({"coins": 1_000_000}, INVALID),
    ],
    ids=str,
)
async def test_purchase_coins(
    world: World, scene: Scene, change: dict[str, Any], code: str
) -> None:
    variables = await good_variables(world, scene, "PurchaseCoins")
    token = world.token(scene["viewer"])
    changed_input = {"input": variables["input"] | change}
    assert await outcome(world, "PurchaseCoins", token, changed_input) == code


CONFIRM = """mutation ($input: ConfirmStorePurchaseInput!) {
  confirmStorePurchase(input: $input) { __typename ... on Refusal { code message } }
}"""


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "purchase_unknown"),
        ({"purchaseId": UNKNOWN}, "purchase_unknown"),
        ({"purchaseId": "not-a-uuid"}, INVALID),
        ({"purchaseId": None}, INVALID),
        ({"receipt": ""}, "purchase_unknown"),
        ({"receipt": "x" * 50_000}, "purchase_unknown"),
        ({"receipt": None}, INVALID),
        ({"receipt": 5}, INVALID),
        ({"sharesUsage": "yes"}, INVALID),
        ({"coins": 1_000_000}, INVALID),
    ],
    ids=str,
)
async def test_confirm_store_purchase(
    world: World, scene: Scene, change: dict[str, Any], code: str
) -> None:
    """The purchase is not paid in a store: nothing that is shown for it is looked at."""
    given = {"purchaseId": scene["purchase"], "receipt": "a.b.c"} | change
    response = await world.http.post(
        world.stack.addresses.graphql,
        json={"query": CONFIRM, "variables": {"input": given}},
        headers={"authorization": f"Bearer {world.token(scene['viewer'])}"},
    )
    body = response.json()
    if "errors" in body:
        assert body["errors"][0]["extensions"]["code"] == code
    else:
        assert body["data"]["confirmStorePurchase"]["code"] == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"dayCoins": 0}, "invalid_limit"),
        ({"weekCoins": -1}, "invalid_limit"),
        ({"dayCoins": 5, "perCreatorDayCoins": 0}, "invalid_limit"),
        ({"dayCoins": 2**53}, INVALID),
        ({"dayCoins": "5"}, INVALID),
        ({"dayCoins": 1.5}, INVALID),
        ({"monthCoins": 5}, INVALID),
        ({"dayCoins": 5, "userId": "somebody-else"}, "FORBIDDEN"),
        ({"dayCoins": 5, "userId": ""}, "FORBIDDEN"),
        ({"dayCoins": 5, "userId": "x" * 10_000}, "FORBIDDEN"),
        (None, INVALID),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_set_spend_limits(world: World, given: Any, code: str) -> None:
    """Nothing has changed: there is no limit still."""
    token = world.token("careless")
    assert await outcome(world, "SetSpendLimits", token, {"input": given}) == code
    me = await world.http.post(
        world.stack.addresses.graphql,
        json={"query": "{ me { spendLimits { dayCoins weekCoins perCreatorDayCoins } } }"},
        headers={"authorization": f"Bearer {token}"},
    )
    assert set(me.json()["data"]["me"]["spendLimits"].values()) == {None}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "purchase_not_reversible"),
        ({"purchaseId": UNKNOWN}, "purchase_not_reversible"),
        ({"purchaseId": "not-a-uuid"}, INVALID),
        ({"reversalId": None}, INVALID),
        ({"amountMinor": 2**53}, INVALID),
        ({"amountMinor": 1.5}, INVALID),
        ({"amountMinor": "5"}, INVALID),
        ({"amountMinor": 0}, "purchase_not_reversible"),
        ({"amountMinor": -1}, "purchase_not_reversible"),
        ({"reason": "WHIM"}, INVALID),
        ({"reason": None}, INVALID),
        ({"note": ""}, INVALID),
        ({"note": "x" * 501}, INVALID),
        ({"note": "a\x00b"}, INVALID),
        ({"note": None}, INVALID),
        ({"surprise": True}, INVALID),
    ],
    ids=str,
)
async def test_reverse_purchase(
    world: World, scene: Scene, change: dict[str, Any], code: str
) -> None:
    token = world.token("otto", "operator:refunds")
    variables = {"input": a_reversal(scene) | change}
    assert await outcome(world, "ReversePurchase", token, variables) == code


TERMS = "refund_terms_invalid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "nothing_to_refund"),
        ({"userId": "no-such-user"}, "nothing_to_refund"),
        ({"userId": ""}, "nothing_to_refund"),
        ({"userId": "x" * 10_000}, "nothing_to_refund"),
        ({"userId": "a\x00b"}, "nothing_to_refund"),
        ({"userId": None}, INVALID),
        ({"from": "2026-01-02T00:00:00Z"}, TERMS),
        ({"from": "2026-01-03T00:00:00Z"}, TERMS),
        ({"from": "2024-01-01T00:00:00Z"}, TERMS),
        ({"to": "9999-12-31T23:59:59Z"}, TERMS),
        ({"from": "yesterday"}, INVALID),
        ({"from": "2026-01-01T00:00:00"}, INVALID),
        ({"to": None}, INVALID),
        ({"to": 5}, INVALID),
        ({"shareBps": 0}, TERMS),
        ({"shareBps": -1}, TERMS),
        ({"shareBps": 10_001}, TERMS),
        ({"shareBps": 2**31}, INVALID),
        ({"shareBps": 0.5}, INVALID),
        ({"shareBps": None}, INVALID),
        ({"surprise": True}, INVALID),
    ],
    ids=lambda value: ascii(value)[:60],
)
async def test_minor_refund(world: World, scene: Scene, change: dict[str, Any], code: str) -> None:
    """Looked at and asked for: the same answer."""
    token = world.token("otto", "operator:refunds")
    looked = {"input": a_minor_refund(scene) | change}
    asked = {"input": an_order_of_it(scene) | change}
    assert await outcome(world, "PreviewMinorRefund", token, looked) == code
    assert await outcome(world, "RefundMinor", token, asked) == code


@pytest.mark.parametrize(
    "change",
    [
        *({"refundId": each} for each in ("not-a-uuid", None, 7)),
        *({"note": each} for each in ("", " ", "x" * 501, "a\x00b", None)),
        *({"expectedDigest": each} for each in (None, 7)),
    ],
    ids=lambda value: ascii(value)[:60],
)
async def test_refund_minor(world: World, scene: Scene, change: dict[str, Any]) -> None:
    token = world.token("otto", "operator:refunds")
    asked = {"input": an_order_of_it(scene) | change}
    assert await outcome(world, "RefundMinor", token, asked) == INVALID
