"""What the routes ask about: people, what they did, and an input for each mutation.

Whatever a caller may do is done already, is of something that is not there, or is refused for
another reason: no caller changes what the next one sees.
"""

from datetime import timedelta
from typing import Any

from chassis import clock
from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from support.world import World

type Variables = dict[str, Any]
"""By the names that the routes give them."""

_NOTHING = str(uuid7())
"""The id of nothing."""
_WHY = "To see who may."


async def set_scene(world: World) -> Variables:
    """An owner who bought coins, gave, got, began a purchase, is to have a limit; a stranger."""
    owner, friend = await world.viewer("owner", coins=500), await world.viewer(coins=500)
    other = await world.viewer("other")
    for person in (owner, friend, other):
        await world.ask("AcceptGifts", person, input={"accept": True})
    given = await _gifts(world, owner, friend, other)
    bought = await _purchase(world, owner)
    method = world.payout_method()
    await world.ask("AddPayoutMethod", owner, input=method)
    month = f"{clock.now():%Y-%m}"
    await eventually(
        lambda: world.ask("Statement", owner, period=month),
        until=lambda me: me["creator"]["statement"] is not None,
        within_s=30,
    )
    await _freeze(world, friend, given["sent"])
    await _freeze(world, owner, given["received"])
    shown = await _rooms(world, owner, friend)
    for coins in (1_000_000, 2_000_000):
        await world.ask("SetSpendLimits", owner, input={"dayCoins": coins})
    people = {"owner": owner, "other": other, "month": month}
    return people | given | bought | shown | _refunds(owner) | _payouts(method) | _reviews(owner)


async def _gifts(world: World, owner: str, friend: str, other: str) -> Variables:
    order = await world.order(friend)
    sent = await world.ask("SendGift", owner, input=order)
    received = await world.send(friend, owner)
    await world.send(friend, other)
    return {
        "sent": sent["gift"]["id"],
        "received": received["gift"]["id"],
        "give": order,
        "undo": {"giftId": received["gift"]["id"]},
        "accept": {"accept": True},
        "show": {"show": True},
        "block": {"userId": "nobody-in-sight"},
        "removal": {"giftId": _NOTHING, "reason": _WHY},
        "showing": {"giftId": _NOTHING, "reason": _WHY},
    }


async def _freeze(world: World, creator: str, gift_id: str) -> None:
    """As soon as payouts know the gift."""
    order = {"quarantineId": str(uuid7()), "giftId": gift_id, "note": _WHY}
    await eventually(
        lambda: world.ask("QuarantineGift", creator, input=order),
        until=lambda answer: answer["__typename"] == "QuarantineGiftPayload",
        within_s=30,
    )


async def _purchase(world: World, owner: str) -> Variables:
    """It is not paid."""
    bundle_id = (await world.bundles())[0]["id"]
    buy = {"purchaseId": str(uuid7()), "bundleId": bundle_id, "provider": "sandbox"}
    await world.ask("PurchaseCoins", owner, input=buy)
    purchase = {"purchaseId": buy["purchaseId"]}
    return {
        "purchase": buy["purchaseId"],
        "buy": buy,
        "receipt": purchase | {"receipt": "x.y.z"},
        "reversal": purchase | {"reason": "REFUND"},
        "reverse": purchase | {"reversalId": str(uuid7()), "reason": "REFUND", "note": _WHY},
        "limit": {"dayCoins": 2_000_000, "userId": owner},
        "publish": {
            "version": 1,
            "effectiveFrom": "2026-01-01T00:00:00Z",
            "defaultMarket": "other",
            "providers": [],
            "markets": [],
            "reason": _WHY,
        },
    }


async def _rooms(world: World, owner: str, friend: str) -> Variables:
    """They are closed."""
    room = {"roomId": str(uuid7()), "title": "Hello", "goal": {"coins": 100}}
    await world.ask("OpenRoom", owner, input=room)
    mine = {"roomId": room["roomId"]}
    await world.ask("SendGift", friend, input=await world.order(owner, target=mine))
    rival = {"roomId": str(uuid7()), "title": "Hello, too"}
    await world.ask("OpenRoom", friend, input=rival)
    theirs = {"roomId": rival["roomId"]}
    battle = {"battleId": str(uuid7())}
    propose = battle | mine | {"rivalRoomId": rival["roomId"]}
    await world.ask("ProposeBattle", owner, input=propose)
    # Not accepted: it would go on for minutes, and tests of others look for what changes.
    await world.ask("CloseRoom", owner, input=mine)
    await world.ask("CloseRoom", friend, input=theirs)
    return {
        "room": room["roomId"],
        "open": room,
        "keep": mine,
        "close": mine,
        "acceptInRoom": mine | {"accept": True},
        "battle": battle["battleId"],
        "propose": propose,
        "acceptBattle": battle | theirs,
        "use": battle | mine | {"powerUpId": str(uuid7()), "kind": "STUN_HAMMER"},
    }


def _refunds(owner: str) -> Variables:
    minor = {
        "userId": owner,
        "from": f"{clock.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "to": f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "shareBps": 5_000,
    }
    refund = {"refundId": str(uuid7()), "expectedDigest": "0" * 64, "note": _WHY}
    return {"minor": minor, "refund": minor | refund}


def _payouts(method: Variables) -> Variables:
    payout = {"payoutId": _NOTHING}
    by_method = payout | {"methodId": method["methodId"]}
    return {
        "method": method,
        "payout": by_method | {"microDiamonds": 1},
        "commission": by_method | {"amountMinor": 1},
        "noPayout": payout,
        "noMethod": {"methodId": _NOTHING},
        "noBreak": {"breakId": _NOTHING, "reason": _WHY},
        "freeze": {"quarantineId": _NOTHING, "giftId": _NOTHING},
        "thaw": {"quarantineId": _NOTHING, "reason": _WHY},
        "return": {"quarantineId": _NOTHING, "reason": _WHY},
        "repair": {"breakId": _NOTHING, "reason": _WHY},
        "decision": payout | {"decision": "RETURN", "reason": _WHY},
        "correction": payout | {"excessMinor": 1, "reason": _WHY},
    }


def _reviews(owner: str) -> Variables:
    return {
        "review": {"creatorId": owner, "decision": "SANCTION_CLEARED", "reason": _WHY},
        "taxForm": {"formId": _NOTHING, "kind": "W9", "country": "US", "taxId": "1"},
        "noForm": {"formId": _NOTHING, "decision": "VERIFIED", "reason": _WHY},
        "contract": {
            "contractId": _NOTHING,
            "creatorId": owner,
            "agencyId": owner,
            "shareBps": 1,
            "effectiveFrom": "2026-01-01T00:00:00Z",
            "reason": _WHY,
        },
        "answer": {"contractId": _NOTHING, "accept": True},
        "noContract": {"contractId": _NOTHING, "reason": _WHY},
    }
