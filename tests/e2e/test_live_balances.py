"""Balances as they change, by the one endpoint of the whole stack."""

import pytest
from hub_process import BALANCE_CHANGED, Socket, a_socket

from chassis.testing.eventually import eventually
from support.world import World

pytestmark = pytest.mark.stack


async def told_at_last(socket: Socket, coins: int) -> str:
    """Listen until the balance is so high; why it changed last."""
    while (told := await socket.next("a"))["coins"] != coins:
        pass
    return told["cause"]


async def test_a_gift_and_a_purchase_are_told_to_their_viewer(world: World) -> None:
    """By what the wallet commits; a hub that is killed comes back, and so do its clients."""
    creator, viewer = await world.creator(), await world.viewer(coins=60)
    address = world.stack.addresses.graphql.replace("http://", "ws://")
    token = world.token(viewer)
    before = await world.balance(viewer)
    order = await world.order(creator)

    async with a_socket(address, token) as socket:
        await socket.subscribe("a", BALANCE_CHANGED)
        assert await told_at_last(socket, before) == "PURCHASE"
        answer = await world.ask("SendGift", viewer, input=order)
        assert answer["gift"]["status"] == "SENT"
        assert await told_at_last(socket, before - order["quotedPriceCoins"]) == "CHARGE"

        world.stack.kill9("live-hub")
        code, _ = await socket.closed()
        assert code == 1006

    bundle = (await world.bundles())[0]
    await world.buy(viewer, bundle["id"])
    world.stack.wait_ready("live-hub")
    async with a_socket(address, token) as socket:
        await socket.subscribe("a", BALANCE_CHANGED)
        after = await eventually(lambda: world.balance(viewer), until=lambda coins: coins > before)
        assert await told_at_last(socket, after) == "PURCHASE"
