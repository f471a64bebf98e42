"""Sending a gift, and seeing it through."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chassis.ids import uuid7
from local_stack.client import Client
from local_stack.waiting import expect, wait


class Sent(NamedTuple):
    """A gift that was charged."""

    gift_id: str
    viewer: str
    creator: str
    room_id: str | None
    """None: it went to a video."""
    item_id: str
    pieces: int
    coins: int
    sent_at: datetime
    """When the wallet charged it."""
    replayed: bool
    """Whether an earlier request had sent it."""


class Refused(NamedTuple):
    """A gift that nobody paid for."""

    code: str


async def give(
    client: Client,
    token: str,
    viewer: str,
    creator: str,
    target: Mapping[str, str],
    item: Mapping[str, Any],
    count: int,
    gift_id: str | None = None,
) -> Sent | Refused:
    """Send one gift, and wait until it is charged or refused.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: It was neither in time.
    """
    gift_id = gift_id or str(uuid7())
    order = {
        "giftId": gift_id,
        "itemId": item["id"],
        "count": count,
        "creatorId": creator,
        "target": target,
        "quotedPriceCoins": item["priceCoins"] * count,
    }
    answer = await client.ask("SendGift", token, input=order)
    if answer["__typename"] != "SendGiftPayload":
        return Refused(answer["code"])
    gift = answer["gift"]
    if gift["status"] == "PENDING":
        settled = await _settled(client, token, gift_id)
        if settled["status"] == "REFUSED":
            return Refused(settled["refusal"]["code"])
        # The same again is told when it was charged, and charges nothing.
        again = await client.ask("SendGift", token, input=order)
        expect(again, "SendGiftPayload")
        gift = again["gift"]
    return Sent(
        gift_id,
        viewer,
        creator,
        target.get("roomId"),
        item["id"],
        count,
        gift["priceCoins"],
        datetime.fromisoformat(gift["sentAt"]),
        answer["replayed"],
    )


async def _settled(client: Client, token: str, gift_id: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}

    async def settled() -> bool:
        found.update(await client.ask("Gift", token, id=gift_id))
        return found["status"] != "PENDING"

    await wait(settled, f"gift {gift_id} is charged or refused")
    return found
