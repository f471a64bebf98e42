"""Payouts, the accounts that they go to, and statements."""

from typing import Any
from uuid import uuid4

import pytest

from support.bad_input import INVALID, UNKNOWN, Scene, good_variables, outcome
from support.world import World

pytestmark = pytest.mark.stack

DETAILS = "payout_details_invalid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payoutId": "not-a-uuid"}, INVALID),
        ({"payoutId": None}, INVALID),
        ({"methodId": "not-a-uuid"}, INVALID),
        ({"methodId": None}, INVALID),
        ({"microDiamonds": 0}, "payout_amount_invalid"),
        ({"microDiamonds": -1}, "payout_amount_invalid"),
        ({"microDiamonds": 2**53 - 1}, "identity_not_verified"),
        ({"microDiamonds": 2**53}, INVALID),
        ({"microDiamonds": 1.5}, INVALID),
        ({"microDiamonds": "5"}, INVALID),
        ({"microDiamonds": True}, INVALID),
        ({"microDiamonds": None}, INVALID),
        ({"currency": "USD"}, INVALID),
    ],
    ids=str,
)
async def test_request_payout(
    world: World, scene: Scene, change: dict[str, Any], code: str
) -> None:
    variables = await good_variables(world, scene, "RequestPayout")
    token = world.token(scene["creator"], "creator")
    changed_input = {"input": variables["input"] | change}
    assert await outcome(world, "RequestPayout", token, changed_input) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"methodId": "not-a-uuid"}, INVALID),
        ({"rail": "pigeon"}, "payout_rail_unavailable"),
        ({"rail": ""}, "payout_rail_unavailable"),
        ({"rail": None}, INVALID),
        ({"details": None}, DETAILS),
        ({"details": {}}, INVALID),
        ({"details": {"currency": "XXX"}}, "payout_currency_unsupported"),
        ({"details": {"currency": "AED"}}, "payout_currency_unsupported"),
        ({"details": {"currency": "usd"}}, INVALID),
        ({"details": {"currency": "dollars"}}, INVALID),
        ({"details": {"country": "USA"}}, DETAILS),
        ({"details": {"country": ""}}, DETAILS),
        ({"details": {"account": "1234"}}, DETAILS),
        ({"details": {"account": "x" * 10_000}}, DETAILS),
        ({"details": {"account": "DE89370400440532013001", "country": "DE"}}, DETAILS),
        ({"details": {"account": None}}, INVALID),
        ({"details": {"holder": "\x00"}}, DETAILS),
        ({"details": {"holder": "x" * 141}}, DETAILS),
        ({"details": {"bankCode": None}}, DETAILS),
        ({"details": {"surprise": 1}}, INVALID),
    ],
    ids=str,
)
async def test_add_payout_method(
    world: World, scene: Scene, change: dict[str, Any], code: str
) -> None:
    body = world.payout_method()
    if isinstance(details := change.get("details"), dict) and details:
        change = {"details": body["details"] | details}
    token = world.token(scene["creator"], "creator")
    answer = await outcome(world, "AddPayoutMethod", token, {"input": body | change})
    assert answer == code


async def test_a_payout_that_is_not_there(world: World, scene: Scene) -> None:
    token = world.token(scene["creator"], "creator")
    for payout_id, code in ((str(uuid4()), "payout_unknown"), ("not-a-uuid", INVALID)):
        variables = {"input": {"payoutId": payout_id}}
        assert await outcome(world, "CancelPayout", token, variables) == code


@pytest.mark.parametrize(
    ("operation", "change", "code"),
    [
        ("QuarantineGift", {"giftId": UNKNOWN}, "received_gift_unknown"),
        ("QuarantineGift", {"giftId": "not-a-uuid"}, INVALID),
        ("QuarantineGift", {"quarantineId": None}, INVALID),
        ("QuarantineGift", {"note": "x" * 501}, INVALID),
        ("QuarantineGift", {"note": "a\x00b"}, INVALID),
        ("QuarantineGift", {"surprise": True}, INVALID),
        *(
            (operation, change, code)
            for operation in ("ReleaseQuarantinedGift", "ReturnQuarantinedGift")
            for change, code in (
                ({}, "quarantine_unknown"),
                ({"quarantineId": "not-a-uuid"}, INVALID),
                ({"reason": ""}, INVALID),
                ({"reason": "x" * 501}, INVALID),
                ({"reason": None}, INVALID),
            )
        ),
    ],
    ids=str,
)
async def test_quarantine(
    world: World, scene: Scene, operation: str, change: dict[str, Any], code: str
) -> None:
    variables = await good_variables(world, scene, operation)
    token = world.token(scene["creator"], "creator operator:payouts")
    assert await outcome(world, operation, token, {"input": variables["input"] | change}) == code


@pytest.mark.parametrize(
    "change",
    [
        *({"period": period} for period in ("", "2026", "2026-13", "2026-1", "may", "2026-05-01")),
        *({"period": period} for period in ("9999-12", "2099-12", "2026-11' OR 1=1", None, 202611)),
        *({"knownAt": moment} for moment in ("", "yesterday", "2026-11-01", "2026-11-01T00:00:00")),
        *({"knownAt": moment} for moment in ("2099-01-01T00:00:00Z", 5, "9999-12-31T23:59:59Z")),
    ],
    ids=str,
)
async def test_statement(world: World, scene: Scene, change: dict[str, Any]) -> None:
    """Another form, and what lies ahead."""
    variables = await good_variables(world, scene, "Statement")
    token = world.token(scene["creator"], "creator")
    assert await outcome(world, "Statement", token, variables | change) == INVALID


@pytest.mark.parametrize("link", ["", "x", "../../etc/passwd", "A" * 2_000, "%00"])
async def test_a_link_that_is_not_ours(world: World, link: str) -> None:
    address = world.stack.addresses.url("payouts-api", f"/statements/csv?link={link}")
    answer = await world.http.get(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")
