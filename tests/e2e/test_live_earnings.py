"""Earnings as they change, by the one endpoint of the whole stack."""

import pytest
from hub_process import EARNINGS_CHANGED, Socket, a_socket

from support.reversing import MICRO_PER_COIN, buy_and_give, earned, refund_minor
from support.world import World

pytestmark = pytest.mark.stack


async def told_at_last(socket: Socket, pending: int) -> None:
    """Listen until so many coins' worth is pending; nothing is available meanwhile."""
    while True:
        told = await socket.next("a")
        assert told["available"] == {"microDiamonds": 0}
        if told["pending"] == {"microDiamonds": pending * MICRO_PER_COIN}:
            return


async def test_earnings_tick_with_a_gift_and_go_back_with_its_payment(world: World) -> None:
    """As payouts commits them, and as the query answers then; to another creator nothing is told
    of it."""
    creator, other = await world.creator(), await world.creator()
    viewer = await world.viewer(coins=0)
    address = world.stack.addresses.graphql.replace("http://", "ws://")
    scope = "viewer creator"
    async with (
        a_socket(address, world.token(creator, scope)) as socket,
        a_socket(address, world.token(other, scope)) as elsewhere,
    ):
        await socket.subscribe("a", EARNINGS_CHANGED)
        await elsewhere.subscribe("a", EARNINGS_CHANGED)

        purchase_id, _ = await buy_and_give(world, viewer, [creator])
        await told_at_last(socket, 10)
        await earned(world, creator, coins=10)

        await refund_minor(world, purchase_id)
        await told_at_last(socket, 0)
        await earned(world, creator, coins=0)

        await buy_and_give(world, viewer, [other])
        await told_at_last(elsewhere, 10)
    async with a_socket(address, world.token(creator, scope)) as again:
        await again.subscribe("a", EARNINGS_CHANGED)
        await told_at_last(again, 0)
