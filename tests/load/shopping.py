"""Viewers who buy coins, and of whom some get their money back, through whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from support.reversing import refund_minor
from support.world import PATIENCE_S, World, patiently

EVERY_S = 2.0
"""From one buyer to the next."""
_REFUNDED_OF = 3
"""Every third has the money given back before a coin is spent."""


class Shopping:
    """Buyers, one after another."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.bought: dict[str, int] = {}
        """Coins that each buyer must have in the end."""
        self.refunds = 0

    async def go_on(self, stop: asyncio.Event) -> None:
        """Let one begin every so often until told to stop; all end what they have begun."""
        bundles = await self._world.bundles()
        bundle = min(bundles, key=lambda each: each["coins"])
        async with asyncio.TaskGroup() as group:
            number = 0
            while not stop.is_set():
                group.create_task(self._shop(f"buyer-{number:05d}", bundle, number))
                number += 1
                try:
                    async with asyncio.timeout(EVERY_S):
                        await stop.wait()
                except TimeoutError:
                    pass

    async def _shop(self, buyer: str, bundle: Mapping[str, Any], number: int) -> None:
        purchase_id = str(uuid7())
        order = {"purchaseId": purchase_id, "bundleId": bundle["id"], "provider": "sandbox"}
        answer = await _until(
            lambda: patiently(lambda: self._world.ask("PurchaseCoins", buyer, input=order)),
            # The provider may be away: then nothing has been ordered yet.
            lambda answer: answer["__typename"] == "PurchaseCoinsPayload",
        )
        checkout = answer["purchase"]["checkoutUrl"]
        await _until(lambda: self._pay(checkout), bool)
        await self._world.purchase(buyer, purchase_id, until="CREDITED")
        coins = bundle["coins"] + bundle["bonusCoins"]
        if number % _REFUNDED_OF == 0:
            reversed_ = await refund_minor(self._world, purchase_id)
            assert reversed_["__typename"] == "ReversePurchasePayload", reversed_
            await self._world.purchase(buyer, purchase_id, until="REFUNDED")
            self.refunds += 1
            coins = 0
        self.bought[buyer] = coins

    async def _pay(self, checkout: str) -> bool:
        try:
            await self._world.client.press(checkout, "pay")
        except httpx.HTTPStatusError as error:
            return error.response.status_code < 500
        except httpx.HTTPError:
            return False
        return True


async def _until[T](ask: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    return await eventually(ask, until=holds, within_s=PATIENCE_S, every_s=0.5)
