"""What cannot be: every document answers it with a stable code, and nothing changes."""

import asyncio
from collections.abc import Generator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis import clock
from chassis.ids import uuid7
from local_stack.client import Client, GatewayError
from local_stack.stack import Stack
from support.state import Observer, changed
from support.world import World

pytestmark = pytest.mark.stack

UNKNOWN = "019b76da-a800-7000-8000-0000000000ff"
NOBODYS_ROOM = UNKNOWN


@pytest.fixture(scope="module")
def scene(stack: Stack) -> dict[str, str]:
    """A viewer with coins, a creator who takes gifts, and a gift and a purchase of theirs."""

    async def set_up() -> dict[str, str]:
        async with Client(stack.addresses.graphql) as client, httpx.AsyncClient() as http:
            world = World(stack, client, http)
            viewer, creator = await world.viewer(coins=1_000), await world.creator()
            sent = await world.send(viewer, creator)
            purchase = await world.check_out(viewer, (await world.bundles())[0]["id"])
            return {
                "viewer": viewer,
                "creator": creator,
                "gift": sent["gift"]["id"],
                "purchase": purchase["id"],
                "bundle": (await world.bundles())[0]["id"],
                "method": str(uuid7()),
            }

    return asyncio.run(set_up())


@pytest.fixture(scope="module", autouse=True)
def untouched(stack: Stack, scene: dict[str, str]) -> Generator[None]:
    """After the whole module no row of any service is other than before."""
    del scene
    observer = Observer(stack)
    before = asyncio.run(observer.state())
    yield
    assert changed(before, asyncio.run(observer.state())) == set()


async def outcome(world: World, operation: str, token: str | None, variables: Any) -> str | None:
    """The code that a document is answered with; None for an answer that is null."""
    try:
        answer = await world.client.ask(operation, token, **variables)
    except GatewayError as error:
        return error.code
    if answer is None:
        return None
    assert "code" in answer, f"neither refused nor an error: {answer}"
    assert answer["message"], answer
    return answer["code"]


# ---------------------------------------------------------------------- who asks

GUARDED = [
    *("PurchaseCoins", "Purchase", "Me", "AcceptGifts", "SendGift", "Gift", "Creator"),
    "UndoGift",
    *("AddPayoutMethod", "RequestPayout", "CancelPayout", "Payouts", "Statement"),
    "SetSpendLimits",
    *("PreviewReversal", "ReversePurchase"),
    *("PreviewMinorRefund", "RefundMinor"),
    *("AcceptRoomGifts", "BlockGifter", "UnblockGifter", "GiftMessages", "RemoveGiftMessage"),
]


def a_reversal(scene: dict[str, str]) -> dict[str, Any]:
    """An order to take back the purchase, which was not paid."""
    return {
        "reversalId": str(uuid7()),
        "purchaseId": scene["purchase"],
        "reason": "REFUND",
        "note": "why not",
    }


def a_minor_refund(scene: dict[str, str]) -> dict[str, Any]:
    """Of a viewer who gave something, but not then."""
    return {
        "userId": scene["viewer"],
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-01-02T00:00:00Z",
        "shareBps": 3_000,
    }


def an_order_of_it(scene: dict[str, str]) -> dict[str, Any]:
    given = {"refundId": str(uuid7()), "expectedDigest": "0" * 64, "note": "why not"}
    return a_minor_refund(scene) | given


async def good_variables(world: World, scene: dict[str, str], operation: str) -> dict[str, Any]:
    """What the document would be answered, were it not for who asks."""
    match operation:
        case "PurchaseCoins":
            body = {"purchaseId": str(uuid7()), "bundleId": scene["bundle"], "provider": "sandbox"}
            return {"input": body}
        case "Purchase":
            return {"id": scene["purchase"]}
        case "AcceptGifts":
            return {"input": {"accept": False}}
        case "SendGift":
            return {"input": await world.order(scene["creator"])}
        case "UndoGift":
            return {"input": {"giftId": scene["gift"]}}
        case "Gift":
            return {"id": scene["gift"]}
        case "SetSpendLimits":
            return {"input": {"dayCoins": 1_000_000}}
        case "Creator":
            return {"id": scene["creator"]}
        case "AddPayoutMethod":
            # Refused at last, so that nothing is written.
            return {"input": world.payout_method() | {"rail": "pigeon"}}
        case "RequestPayout":
            body = {"methodId": scene["method"], "microDiamonds": 2_000_000_000}
            return {"input": {"payoutId": str(uuid7()), **body}}
        case "CancelPayout":
            return {"input": {"payoutId": str(uuid7())}}
        case "Statement":
            return {"period": f"{clock.now():%Y-%m}"}
        case "PreviewReversal":
            return {"input": {"purchaseId": scene["purchase"], "reason": "REFUND"}}
        case "ReversePurchase":
            return {"input": a_reversal(scene)}
        case "PreviewMinorRefund":
            return {"input": a_minor_refund(scene)}
        case "RefundMinor":
            return {"input": an_order_of_it(scene)}
        case "AcceptRoomGifts":
            return {"input": {"roomId": NOBODYS_ROOM, "accept": False}}
        case "BlockGifter" | "UnblockGifter":
            return {"input": {"userId": "mallory"}}
        case "GiftMessages":
            return {"creatorId": scene["creator"]}
        case "RemoveGiftMessage":
            return {"input": {"giftId": scene["gift"], "reason": "why not"}}
        case _:
            return {}


@pytest.mark.parametrize("operation", GUARDED)
async def test_nobody_is_unauthenticated(
    world: World, scene: dict[str, str], operation: str
) -> None:
    variables = await good_variables(world, scene, operation)
    assert await outcome(world, operation, None, variables) == "UNAUTHENTICATED"


@pytest.mark.parametrize("operation", [*GUARDED, "Bundles", "GiftCatalogue"])
@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"aud": "another-app"},
        {"iss": "another-issuer"},
        {"sub": "no spaces here"},
        {"sub": None},
        {"exp": None},
        {"nbf": 4_000_000_000},
    ],
    ids=["expired", "audience", "issuer", "subject", "no-subject", "no-expiry", "not-yet"],
)
async def test_a_token_that_proves_nothing(
    world: World, scene: dict[str, str], operation: str, claims: dict[str, object]
) -> None:
    """Even where no token is needed: who sends a bad one should be told."""
    variables = await good_variables(world, scene, operation)
    token = world.forged_token(**claims)
    assert await outcome(world, operation, token, variables) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-8] + "AAAAAAAA",
        lambda token: ".".join(["eyJhbGciOiJub25lIn0", token.split(".")[1], ""]),
        lambda token: token.split(".")[1],
        lambda token: "x" * 9_000,
    ],
    ids=["signature", "unsigned", "torn", "huge"],
)
async def test_a_token_that_is_none(world: World, spoil: Any) -> None:
    token = spoil(world.token("mallory"))
    assert await outcome(world, "Me", token, {}) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("operation", "scope"),
    [
        ("PurchaseCoins", "creator"),
        ("Purchase", "creator"),
        ("SendGift", "creator operator:audit operator:payouts"),
        ("UndoGift", "creator operator:audit operator:payouts"),
        ("AcceptGifts", "viewer operator:catalogue"),
        ("Gift", "operator:payouts"),
        ("Me", "creator"),
        ("Creator", "viewer"),
        ("PurchaseCoins", ""),
        ("AddPayoutMethod", "viewer operator:payouts"),
        ("RequestPayout", "viewer operator:payouts operator:audit"),
        ("CancelPayout", "viewer operator:payouts"),
        ("Statement", "viewer operator:catalogue operator:refunds"),
        ("SetSpendLimits", "creator operator:audit"),
        ("PreviewReversal", "viewer creator operator:audit operator:payouts"),
        ("ReversePurchase", "viewer creator operator:audit operator:catalogue"),
        ("PreviewMinorRefund", "viewer creator operator:audit operator:payouts"),
        ("RefundMinor", "viewer creator operator:audit operator:catalogue"),
        ("AcceptRoomGifts", "viewer operator:moderation"),
        ("BlockGifter", "viewer operator:moderation"),
        ("UnblockGifter", "viewer operator:moderation"),
        ("GiftMessages", "viewer creator operator:refunds"),
        ("RemoveGiftMessage", "viewer creator operator:audit operator:refunds"),
    ],
)
async def test_a_scope_that_does_not_cover_it(
    world: World, scene: dict[str, str], operation: str, scope: str
) -> None:
    of_creators = {"Creator", "AddPayoutMethod", "RequestPayout", "CancelPayout", "Statement"}
    owner = scene["creator"] if operation in of_creators else scene["viewer"]
    variables = await good_variables(world, scene, operation)
    assert await outcome(world, operation, world.token(owner, scope), variables) == "FORBIDDEN"


@pytest.mark.parametrize(
    "claims",
    [{"age_verified": False}, {"account_kind": "government"}, {"account_kind": "party"}],
    ids=str,
)
@pytest.mark.parametrize("operation", ["SendGift", "AcceptGifts"])
async def test_who_may_not_take_part(
    world: World, scene: dict[str, str], operation: str, claims: dict[str, Any]
) -> None:
    token = world.token(scene["viewer"], "viewer creator", **claims)
    variables = await good_variables(world, scene, operation)
    if operation == "AcceptGifts":
        variables = {"input": {"accept": True}}
    assert await outcome(world, operation, token, variables) == "not_eligible"


# ---------------------------------------------------------------------- reversals


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "purchase_not_reversible"),
        ({"purchaseId": UNKNOWN}, "purchase_not_reversible"),
        ({"purchaseId": "not-a-uuid"}, "BAD_USER_INPUT"),
        ({"reversalId": None}, "BAD_USER_INPUT"),
        ({"amountMinor": 2**53}, "BAD_USER_INPUT"),
        ({"amountMinor": 1.5}, "BAD_USER_INPUT"),
        ({"amountMinor": "5"}, "BAD_USER_INPUT"),
        ({"amountMinor": 0}, "purchase_not_reversible"),
        ({"amountMinor": -1}, "purchase_not_reversible"),
        ({"reason": "WHIM"}, "BAD_USER_INPUT"),
        ({"reason": None}, "BAD_USER_INPUT"),
        ({"note": ""}, "BAD_USER_INPUT"),
        ({"note": "x" * 501}, "BAD_USER_INPUT"),
        ({"note": "a\x00b"}, "BAD_USER_INPUT"),
        ({"note": None}, "BAD_USER_INPUT"),
        ({"surprise": True}, "BAD_USER_INPUT"),
    ],
    ids=str,
)
async def test_reverse_purchase(
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
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
        ({"userId": None}, "BAD_USER_INPUT"),
        ({"from": "2026-01-02T00:00:00Z"}, TERMS),
        ({"from": "2026-01-03T00:00:00Z"}, TERMS),
        ({"from": "2024-01-01T00:00:00Z"}, TERMS),
        ({"to": "9999-12-31T23:59:59Z"}, TERMS),
        ({"from": "yesterday"}, "BAD_USER_INPUT"),
        ({"from": "2026-01-01T00:00:00"}, "BAD_USER_INPUT"),
        ({"to": None}, "BAD_USER_INPUT"),
        ({"to": 5}, "BAD_USER_INPUT"),
        ({"shareBps": 0}, TERMS),
        ({"shareBps": -1}, TERMS),
        ({"shareBps": 10_001}, TERMS),
        ({"shareBps": 2**31}, "BAD_USER_INPUT"),
        ({"shareBps": 0.5}, "BAD_USER_INPUT"),
        ({"shareBps": None}, "BAD_USER_INPUT"),
        ({"surprise": True}, "BAD_USER_INPUT"),
    ],
    ids=lambda value: ascii(value)[:60],
)
async def test_minor_refund(
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
) -> None:
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
async def test_refund_minor(world: World, scene: dict[str, str], change: dict[str, Any]) -> None:
    token = world.token("otto", "operator:refunds")
    asked = {"input": an_order_of_it(scene) | change}
    assert await outcome(world, "RefundMinor", token, asked) == "BAD_USER_INPUT"


# ---------------------------------------------------------------------- SendGift

INVALID = "BAD_USER_INPUT"
DETAILS = "payout_details_invalid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"giftId": "not-a-uuid"}, INVALID),
        ({"giftId": ""}, INVALID),
        ({"giftId": None}, INVALID),
        ({"giftId": 7}, INVALID),
        ({"itemId": "no-such-item"}, "gift_item_unavailable"),
        ({"itemId": "x" * 10_000}, "gift_item_unavailable"),
        ({"itemId": None}, INVALID),
        ({"count": 0, "quotedPriceCoins": 0}, "invalid_count"),
        ({"count": -1, "quotedPriceCoins": 1}, "invalid_count"),
        ({"count": 1_001, "quotedPriceCoins": 2**53 - 1}, "invalid_count"),
        ({"count": 2**31 - 1, "quotedPriceCoins": 2**53 - 1}, "invalid_count"),
        ({"count": 2**31}, INVALID),
        ({"count": 2**53}, INVALID),
        ({"count": 1.5}, INVALID),
        ({"count": "1"}, INVALID),
        ({"count": True}, INVALID),
        ({"quotedPriceCoins": 0}, "price_changed"),
        ({"quotedPriceCoins": -5}, "price_changed"),
        ({"quotedPriceCoins": 2**53}, INVALID),
        ({"quotedPriceCoins": 10**30}, INVALID),
        ({"quotedPriceCoins": 1.5}, INVALID),
        ({"quotedPriceCoins": "5"}, INVALID),
        ({"quotedPriceCoins": None}, INVALID),
        ({"creatorId": "nobody-at-all"}, "gifts_not_accepted"),
        ({"creatorId": "a b"}, INVALID),
        ({"creatorId": ""}, INVALID),
        ({"creatorId": "x" * 65}, INVALID),
        ({"creatorId": "caf\u00e9"}, INVALID),
        ({"target": {}}, INVALID),
        ({"target": {"videoId": "v", "roomId": "r"}}, INVALID),
        ({"target": {"videoId": None}}, INVALID),
        ({"target": {"videoId": ""}}, INVALID),
        ({"target": {"roomId": "room-1"}}, INVALID),
        ({"target": {"roomId": NOBODYS_ROOM}}, "room_not_open"),
        ({"target": {"streamId": "s"}}, INVALID),
        ({"target": None}, INVALID),
        ({"message": "x" * 351}, "message_too_long"),
        ({"message": "x" * 60_000}, "message_too_long"),
        ({"message": 5}, INVALID),
        ({"surprise": True}, INVALID),
    ],
    ids=str,
)
async def test_send_gift(
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
) -> None:
    order = await world.order(scene["creator"]) | change
    token = world.token(scene["viewer"])
    assert await outcome(world, "SendGift", token, {"input": order}) == code


@pytest.mark.parametrize("message", ["", "   ", "a\nb", "a\x00b", "\u202egift"], ids=ascii)
async def test_a_message_that_is_no_line_of_text(
    world: World, scene: dict[str, str], message: str
) -> None:
    talkative = max(await world.items(), key=lambda item: item.max_message_length)
    order = await world.order(
        scene["creator"],
        itemId=talkative.id,
        quotedPriceCoins=talkative.price_coins,
        message=message,
    )
    token = world.token(scene["viewer"])
    assert await outcome(world, "SendGift", token, {"input": order}) == INVALID


async def test_a_message_one_character_too_long(world: World, scene: dict[str, str]) -> None:
    for item in await world.items():
        order = await world.order(
            scene["creator"],
            itemId=item.id,
            quotedPriceCoins=item.price_coins,
            message="x" * (item.max_message_length + 1),
        )
        token = world.token(scene["viewer"])
        assert await outcome(world, "SendGift", token, {"input": order}) == "message_too_long"


async def test_a_gift_to_oneself(world: World, scene: dict[str, str]) -> None:
    token = world.token(scene["creator"])
    order = await world.order(scene["creator"])
    assert await outcome(world, "SendGift", token, {"input": order}) == "self_gift"


# ---------------------------------------------------------------------- moderation


@pytest.mark.parametrize(
    ("operation", "change", "code"),
    [
        *(
            (operation, {"userId": user}, INVALID)
            for operation in ("BlockGifter", "UnblockGifter")
            for user in ("", "a b", "x" * 65, "caf\u00e9", None)
        ),
        ("BlockGifter", {"surprise": True}, INVALID),
        ("AcceptRoomGifts", {}, "room_unknown"),
        ("AcceptRoomGifts", {"roomId": "room-1"}, INVALID),
        ("AcceptRoomGifts", {"accept": None}, INVALID),
        # The scene's gift came without a message.
        ("RemoveGiftMessage", {}, "gift_message_unknown"),
        ("RemoveGiftMessage", {"giftId": UNKNOWN}, "gift_message_unknown"),
        ("RemoveGiftMessage", {"giftId": "not-a-uuid"}, INVALID),
        ("RemoveGiftMessage", {"reason": ""}, INVALID),
        ("RemoveGiftMessage", {"reason": "x" * 501}, INVALID),
        ("RemoveGiftMessage", {"reason": "a\x00b"}, INVALID),
        ("RemoveGiftMessage", {"reason": None}, INVALID),
    ],
    ids=str,
)
async def test_moderation(
    world: World, scene: dict[str, str], operation: str, change: dict[str, Any], code: str
) -> None:
    variables = await good_variables(world, scene, operation)
    token = world.token(scene["creator"], "creator operator:moderation")
    assert await outcome(world, operation, token, {"input": variables["input"] | change}) == code


async def test_nobody_blocks_themselves(world: World, scene: dict[str, str]) -> None:
    token = world.token(scene["creator"], "creator")
    given = {"input": {"userId": scene["creator"]}}
    assert await outcome(world, "BlockGifter", token, given) == INVALID


# ---------------------------------------------------------------------- UndoGift


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"giftId": "not-a-uuid"}, INVALID),
        ({"giftId": ""}, INVALID),
        ({"giftId": None}, INVALID),
        ({"giftId": 7}, INVALID),
        ({"giftId": UNKNOWN}, "gift_unknown"),
        ({}, INVALID),
        ({"giftId": UNKNOWN, "surprise": True}, INVALID),
    ],
    ids=str,
)
async def test_undo_gift(
    world: World, scene: dict[str, str], given: dict[str, Any], code: str
) -> None:
    token = world.token(scene["viewer"])
    assert await outcome(world, "UndoGift", token, {"input": given}) == code


async def test_a_gift_of_somebody_else_is_not_undone(world: World, scene: dict[str, str]) -> None:
    """Not even by who got it."""
    token = world.token(scene["creator"])
    order = {"giftId": scene["gift"]}
    assert await outcome(world, "UndoGift", token, {"input": order}) == "gift_unknown"


# ---------------------------------------------------------------------- payouts


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
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
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
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
) -> None:
    body = world.payout_method()
    if isinstance(details := change.get("details"), dict) and details:
        change = {"details": body["details"] | details}
    token = world.token(scene["creator"], "creator")
    answer = await outcome(world, "AddPayoutMethod", token, {"input": body | change})
    assert answer == code


async def test_a_payout_that_is_not_there(world: World, scene: dict[str, str]) -> None:
    token = world.token(scene["creator"], "creator")
    for payout_id, code in ((str(uuid4()), "payout_unknown"), ("not-a-uuid", INVALID)):
        variables = {"input": {"payoutId": payout_id}}
        assert await outcome(world, "CancelPayout", token, variables) == code


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
async def test_statement(world: World, scene: dict[str, str], change: dict[str, Any]) -> None:
    """Another form, and what lies ahead."""
    variables = await good_variables(world, scene, "Statement")
    token = world.token(scene["creator"], "creator")
    assert await outcome(world, "Statement", token, variables | change) == INVALID


@pytest.mark.parametrize("link", ["", "x", "../../etc/passwd", "A" * 2_000, "%00"])
async def test_a_link_that_is_not_ours(world: World, link: str) -> None:
    address = world.stack.addresses.url("payouts-api", f"/statements/csv?link={link}")
    answer = await world.http.get(address)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid")


# ---------------------------------------------------------------------- the other documents


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
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
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
    world: World, scene: dict[str, str], change: dict[str, Any], code: str
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
    "given", [{"accept": None}, {"accept": "yes"}, {"accept": 1}, {}, None], ids=str
)
async def test_accept_gifts(world: World, scene: dict[str, str], given: Any) -> None:
    token = world.token(scene["creator"], "creator")
    assert await outcome(world, "AcceptGifts", token, {"input": given}) == INVALID


@pytest.mark.parametrize("operation", ["Purchase", "Gift"])
async def test_ids_that_nothing_has(world: World, scene: dict[str, str], operation: str) -> None:
    """What is unknown and what is another's look the same."""
    theirs = scene["purchase" if operation == "Purchase" else "gift"]
    owner, stranger = world.token(scene["viewer"]), world.token("stranger")
    assert await outcome(world, operation, owner, {"id": str(uuid4())}) is None
    assert await outcome(world, operation, stranger, {"id": theirs}) is None
    for malformed in ("not-a-uuid", "", None, 5, theirs + "0"):
        assert await outcome(world, operation, owner, {"id": malformed}) == INVALID


@pytest.mark.parametrize("malformed", ["", "a b", "x" * 65, "\x00", "caf\u00e9"], ids=ascii)
async def test_a_creator_who_cannot_be(world: World, scene: dict[str, str], malformed: str) -> None:
    token = world.token(scene["creator"], "creator")
    assert await outcome(world, "Creator", token, {"id": malformed}) is None


async def test_variables_that_are_missing(world: World, scene: dict[str, str]) -> None:
    """Of documents that the caller may send: what is cut out needs none."""
    token = world.token(scene["viewer"], "viewer creator operator:refunds operator:moderation")
    for operation in GUARDED:
        if operation not in ("Me", "Payouts"):
            assert await outcome(world, operation, token, {}) == INVALID, operation
