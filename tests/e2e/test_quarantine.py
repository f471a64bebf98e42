"""A gift that its creator freezes, by the whole stack: let go, or as if it had never been (I11)."""

import pytest

from support.quarantining import decide, diamonds, freeze
from support.reversing import earned, gift_becomes
from support.watching import a_room
from support.world import World

pytestmark = pytest.mark.stack


async def test_a_returned_gift_is_nowhere_any_more(world: World) -> None:
    """Its sender has the coins, its creator earned nothing, and the room stands as before."""
    viewer = await world.viewer(coins=50)
    before = await world.balance(viewer)
    async with a_room(world, goal={"coins": 10}) as (host, room_id):
        gift = await world.give(viewer, host, count=10, target={"roomId": room_id})
        frozen = await freeze(world, host, gift["id"])
        held = await diamonds(world, host)

        returned = await decide(world, frozen, "ReturnQuarantinedGift")

        await gift_becomes(world, viewer, gift["id"], "REVERSED")
        await earned(world, host, coins=0)
        room = await world.ask("Room", viewer, id=room_id)
    assert frozen["status"] == "FROZEN"
    assert held["held"] == held["lifetime"] > 0
    assert held["pending"] == 0
    assert returned["status"] == "RETURNED"
    assert await world.balance(viewer) == before
    assert room["goal"]["reachedCoins"] == 0
    assert (await diamonds(world, host))["held"] == 0
    seen = await world.ask("Gift", viewer, id=gift["id"])
    assert (seen["status"], seen["refusal"]) == ("REVERSED", None)


async def test_a_released_gift_is_as_if_never_frozen(world: World) -> None:
    """Its diamonds are pending again, and its sender has what they had after it."""
    viewer, creator = await world.viewer(coins=50), await world.creator()
    gift = await world.give(viewer, creator, count=10)
    before = await world.balance(viewer)
    frozen = await freeze(world, creator, gift["id"])
    again = await freeze(world, creator, gift["id"], frozen["id"])

    released = await decide(world, frozen, "ReleaseQuarantinedGift")

    assert frozen == again
    assert released["status"] == "RELEASED"
    after = await diamonds(world, creator)
    assert after["held"] == 0
    assert after["pending"] == after["lifetime"] > 0
    assert (await world.ask("Gift", viewer, id=gift["id"]))["status"] == "SENT"
    assert await world.balance(viewer) == before
