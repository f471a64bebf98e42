"""A gift that its sender undoes, by the whole stack: nothing of it is left anywhere (I11)."""

import asyncio

import pytest

from support.regretting import undo
from support.reversing import earned, gift_becomes
from support.watching import Watcher, a_room, watch
from support.world import World

pytestmark = pytest.mark.stack


async def test_an_undone_gift_is_nowhere_any_more(world: World) -> None:
    """The sender has the coins, the creator earned nothing, and the room stands as before."""
    viewer = await world.viewer(coins=50)
    before = await world.balance(viewer)
    async with a_room(world, goal={"coins": 10}) as (host, room_id):
        seen = Watcher()
        watching = asyncio.create_task(
            watch(
                world,
                room_id,
                seen,
                until=lambda each: bool(each.frames) and each.newest["totals"]["coins"] == 0,
            )
        )
        await seen.shows(lambda screen: screen.first)

        gift = await world.give(viewer, host, count=10, target={"roomId": room_id})
        await seen.shows(lambda screen: screen.pieces())
        reached = seen.newest["goal"]
        undone, again = [await undo(world, viewer, gift["id"]) for _ in range(2)]
        await gift_becomes(world, viewer, gift["id"], "REVERSED")
        await earned(world, host, coins=0)
        await watching

    assert reached["reachedAt"] is not None
    assert undone["undoRequestedAt"] == again["undoRequestedAt"] is not None
    assert await world.balance(viewer) == before
    assert seen.newest["totals"] == {"coins": 0, "gifts": 0, "gifters": 0}
    assert (seen.newest["goal"]["reachedCoins"], seen.newest["goal"]["reachedAt"]) == (0, None)


async def test_a_gift_is_undone_while_it_is_being_charged(world: World) -> None:
    """Asked for right behind it, whatever has become of it by then: it ends taken back."""
    creator, viewer = await world.creator(), await world.viewer()
    before = await world.balance(viewer)
    order = await world.order(creator)

    sending = asyncio.create_task(world.ask("SendGift", viewer, input=order))
    while True:
        answer = await world.ask("UndoGift", viewer, input={"giftId": order["giftId"]})
        if answer["__typename"] == "UndoGiftPayload":
            break
        # It is not written yet.
        assert answer["code"] == "gift_unknown", answer
    await sending

    await gift_becomes(world, viewer, order["giftId"], "REVERSED")
    assert await world.balance(viewer) == before
