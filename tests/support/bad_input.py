"""What the tests of bad input ask, where it is good but for one thing."""

from collections.abc import Mapping
from typing import Any

from chassis import clock
from chassis.ids import uuid7
from local_stack.client import GatewayError
from support.world import World

UNKNOWN = "019b76da-a800-7000-8000-0000000000ff"
"""The id of nothing."""
INVALID = "BAD_USER_INPUT"

GUARDED = [
    *("PurchaseCoins", "Purchase", "Me", "AcceptGifts", "SendGift", "Gift", "Creator"),
    "UndoGift",
    *("AddPayoutMethod", "RequestPayout", "CancelPayout", "Payouts", "Statement"),
    "SetSpendLimits",
    *("PreviewReversal", "ReversePurchase"),
    *("PreviewMinorRefund", "RefundMinor"),
    *("AcceptRoomGifts", "BlockGifter", "UnblockGifter", "GiftMessages", "RemoveGiftMessage"),
    "ShowGiftMessage",
    *("QuarantineGift", "QuarantinedGifts", "ReleaseQuarantinedGift", "ReturnQuarantinedGift"),
]
"""The documents that want a token."""

type Scene = Mapping[str, str]
"""What the tests ask about, by name."""


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


def a_reversal(scene: Scene) -> dict[str, Any]:
    """An order to take back the purchase, which was not paid."""
    return {
        "reversalId": str(uuid7()),
        "purchaseId": scene["purchase"],
        "reason": "REFUND",
        "note": "why not",
    }


def a_minor_refund(scene: Scene) -> dict[str, Any]:
    """Of a viewer who gave something, but not then."""
    return {
        "userId": scene["viewer"],
        "from": "2026-01-01T00:00:00Z",
        "to": "2026-01-02T00:00:00Z",
        "shareBps": 3_000,
    }


def an_order_of_it(scene: Scene) -> dict[str, Any]:
    """The order of that refund, by what was never looked at."""
    given = {"refundId": str(uuid7()), "expectedDigest": "0" * 64, "note": "why not"}
    return a_minor_refund(scene) | given


async def good_variables(world: World, scene: Scene, operation: str) -> dict[str, Any]:
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
            return {"input": {"roomId": UNKNOWN, "accept": False}}
        case "BlockGifter" | "UnblockGifter":
            return {"input": {"userId": "mallory"}}
        case "GiftMessages":
            return {"creatorId": scene["creator"]}
        case "RemoveGiftMessage" | "ShowGiftMessage":
            return {"input": {"giftId": scene["gift"], "reason": "why not"}}
        case "QuarantineGift":
            return {"input": {"quarantineId": str(uuid7()), "giftId": scene["gift"]}}
        case "ReleaseQuarantinedGift" | "ReturnQuarantinedGift":
            return {"input": {"quarantineId": UNKNOWN, "reason": "why not"}}
        case _:
            return {}
