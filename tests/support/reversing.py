"""Gifts whose payments are taken back, as their creators and their senders see it."""

from collections.abc import Sequence
from datetime import datetime

from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from support.world import PATIENCE_S, Answer, World, patiently

# What a coin is worth to a creator by the terms of the seeded economy.
MICRO_PER_COIN = 500_000
MICRO_PER_BONUS_COIN = 250_000

REVERSALS = """
query Reversals($id: ID!) {
  creator(id: $id) {
    reversals(first: 20) { nodes { giftId reason kind coins microDiamonds } }
  }
}
"""


async def buy_and_give(
    world: World, viewer: str, creators: Sequence[str]
) -> tuple[str, list[Answer]]:
    """A purchase whose coins are given away, ten to each creator."""
    bundle = sorted(await world.bundles(), key=lambda each: each["coins"])[0]
    purchase = await world.buy(viewer, bundle["id"])
    return purchase["id"], [await world.give(viewer, creator, count=10) for creator in creators]


async def refund_minor(world: World, purchase_id: str, reversal_id: str | None = None) -> Answer:
    """An operator gives a minor's money back: nothing is owed by the buyer."""
    order = {
        "reversalId": reversal_id or str(uuid7()),
        "purchaseId": purchase_id,
        "reason": "MINOR_REFUND",
        "note": "a parent has written",
    }
    token = world.token("otto", "operator:refunds")
    return await patiently(lambda: world.client.ask("ReversePurchase", token, input=order))


async def refund_range(
    world: World, viewer: str, share_bps: int, *, since: datetime, until: datetime
) -> tuple[Answer, Answer, Answer]:
    """A preview of a share of a minor's gifts, its booking, and the same asked again."""
    asked = {
        "userId": viewer,
        "from": since.isoformat(),
        "to": until.isoformat(),
        "shareBps": share_bps,
    }
    token = world.token("otto", "operator:refunds")
    seen = await patiently(lambda: world.client.ask("PreviewMinorRefund", token, input=asked))
    order = {
        **asked,
        "refundId": str(uuid7()),
        "expectedDigest": seen["digest"],
        "note": "the guardian helped",
    }
    done, again = [
        await patiently(lambda: world.client.ask("RefundMinor", token, input=order))
        for _ in range(2)
    ]
    return seen, done, again


async def gift_becomes(world: World, viewer: str, gift_id: str, status: str) -> None:
    """Wait until a gift is what it should be."""
    await eventually(
        lambda: patiently(lambda: world.ask("Gift", viewer, id=gift_id)),
        until=lambda gift: gift["status"] == status,
        within_s=PATIENCE_S,
    )


async def earned(world: World, creator: str, *, coins: int, bonus_coins: int = 0) -> None:
    """Wait until gifts counts so many coins, and payouts has booked what they are worth.

    `bonus_coins` of them came on top of what was paid for.
    """
    worth = coins * MICRO_PER_COIN - bonus_coins * (MICRO_PER_COIN - MICRO_PER_BONUS_COIN)

    def settled(seen: Answer) -> bool:
        return (
            seen["giftsReceived"]["totalCoins"] == coins
            and seen["earnings"]["lifetime"]["microDiamonds"] == worth
        )

    await eventually(
        lambda: patiently(lambda: world.ask("Creator", creator, id=creator)),
        until=settled,
        within_s=PATIENCE_S,
    )
