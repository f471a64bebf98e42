"""A whole stack as its users meet it, and what a test needs to set a scene on it."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from local_stack import keys, tokens
from local_stack.client import Client, GatewayError
from local_stack.stack import Stack

type Answer = Mapping[str, Any]

_SETTLED = {"SENT", "REFUSED"}

PATIENCE_S = 120.0
"""How long a patient caller goes on trying: longer than anything is away in a test."""


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the catalogue."""

    id: str
    price_coins: int
    max_message_length: int


class World:
    """Users, coins and gifts on a running stack, all by way of the public documents."""

    def __init__(self, stack: Stack, client: Client, http: httpx.AsyncClient) -> None:
        self.stack = stack
        self.client = client
        self.http = http
        self._issued: dict[tuple[str, str], str] = {}

    def token(self, subject: str, scope: str = "viewer", **claims: Any) -> str:
        """A token as the identity provider would issue it; see `tokens.issue` for the claims."""
        if claims:
            return tokens.issue(self.stack.home, subject, scope, **claims)
        known = self._issued.get((subject, scope))
        if known is None:
            known = self._issued[subject, scope] = tokens.issue(self.stack.home, subject, scope)
        return known

    def forged_token(self, **claims: object) -> str:
        """A token signed with the right key whose claims are whatever the test says."""
        now = int(time.time())
        given = {
            "iss": tokens.ISSUER,
            "aud": tokens.AUDIENCE,
            "sub": "mallory",
            "scope": "viewer creator",
            "region": "US",
            "age_verified": True,
            "iat": now,
            "exp": now + 600,
        } | claims
        return keys.sign(
            {name: value for name, value in given.items() if value is not None}, self.stack.home
        )

    async def ask(self, operation: str, subject: str | None = None, **variables: Any) -> Any:
        """Send one document on behalf of a viewer who is also a creator."""
        token = None if subject is None else self.token(subject, "viewer creator")
        return await self.client.ask(operation, token, **variables)

    # ------------------------------------------------------------------ people

    async def creator(self, name: str = "creator") -> str:
        """A new creator who takes gifts."""
        creator = f"{name}-{secrets.token_hex(4)}"
        answer = await self.ask("AcceptGifts", creator, input={"accept": True})
        assert answer["__typename"] == "AcceptGiftsPayload", answer
        return creator

    async def viewer(self, name: str = "viewer", *, coins: int = 1) -> str:
        """A new viewer with at least so many coins, bought."""
        viewer = f"{name}-{secrets.token_hex(4)}"
        bundles = sorted(await self.bundles(), key=lambda bundle: bundle["coins"])
        bundle = next((each for each in bundles if each["coins"] >= coins), bundles[-1])
        bought = 0
        while bought < coins:
            await self.buy(viewer, bundle["id"])
            bought += bundle["coins"]
        return viewer

    async def balance(self, viewer: str) -> int:
        """Coins that a viewer can spend."""
        return (await self.ask("Me", viewer))["balance"]["coins"]

    async def lifetime(self, creator: str) -> int:
        """Micro-diamonds that a creator has ever earned."""
        seen = await self.ask("Creator", creator, id=creator)
        return seen["earnings"]["lifetime"]["microDiamonds"]

    # ------------------------------------------------------------------ coins

    async def bundles(self) -> Sequence[Answer]:
        """What coins are sold in."""
        return (await self.ask("Bundles"))["nodes"]

    async def buy(self, viewer: str, bundle_id: str) -> Answer:
        """Buy a bundle and pay for it; the purchase once it is credited."""
        checkout = await self.check_out(viewer, bundle_id)
        await self.client.press(checkout["checkoutUrl"], "pay")
        return await self.purchase(viewer, checkout["id"], until="CREDITED")

    async def check_out(
        self, viewer: str, bundle_id: str, *, purchase_id: str | None = None
    ) -> Answer:
        """Begin a purchase; nothing is paid yet."""
        answer = await self.ask(
            "PurchaseCoins",
            viewer,
            input={
                "purchaseId": purchase_id or str(uuid7()),
                "bundleId": bundle_id,
                "provider": "sandbox",
            },
        )
        assert answer["__typename"] == "PurchaseCoinsPayload", answer
        return answer["purchase"]

    async def purchase(self, viewer: str, purchase_id: str, *, until: str) -> Answer:
        """A purchase once it has this status."""

        async def look() -> Answer:
            return await patiently(lambda: self.ask("Purchase", viewer, id=purchase_id))

        return await eventually(
            look, until=lambda found: found["status"] == until, within_s=PATIENCE_S, every_s=0.05
        )

    # ------------------------------------------------------------------ payouts

    @staticmethod
    def payout_method(**details: Any) -> dict[str, Any]:
        """The input of an `AddPayoutMethod`: an account in dollars; `details` on top."""
        return {
            "methodId": str(uuid7()),
            "rail": "sandbox_bank",
            "details": {
                "holder": "Stella Star",
                "country": "US",
                "currency": "USD",
                "account": "000123456789",
                "bankCode": "021000021",
            }
            | details,
        }

    # ------------------------------------------------------------------ gifts

    async def items(self) -> Sequence[Item]:
        """The catalogue, cheapest first."""
        nodes = (await self.ask("GiftCatalogue"))["items"]["nodes"]
        found = [Item(each["id"], each["priceCoins"], each["maxMessageLength"]) for each in nodes]
        return sorted(found, key=lambda item: item.price_coins)

    @cached_property
    def _cheapest(self) -> "asyncio.Task[Item]":
        async def find() -> Item:
            return (await self.items())[0]

        return asyncio.ensure_future(find())

    async def cheapest(self) -> Item:
        """The item that most tests give."""
        return await self._cheapest

    async def order(self, creator: str, **changes: Any) -> dict[str, Any]:
        """The input of a `SendGift`: the cheapest item, once, to a video; `changes` on top."""
        item = await self.cheapest()
        return {
            "giftId": str(uuid7()),
            "itemId": item.id,
            "count": 1,
            "creatorId": creator,
            "target": {"videoId": "v1"},
            "quotedPriceCoins": item.price_coins * changes.get("count", 1),
        } | changes

    async def send(self, viewer: str, creator: str, **changes: Any) -> Answer:
        """Send a gift and return the answer, whatever it is."""
        return await self.ask("SendGift", viewer, input=await self.order(creator, **changes))

    async def give(self, viewer: str, creator: str, **changes: Any) -> Answer:
        """Send a gift and see it settled, whatever breaks meanwhile.

        A caller who gets an error or no answer sends the same again, under the same id, as an app
        would. The gift as it is shown in the end.
        """
        order = await patiently(lambda: self.order(creator, **changes))
        answer = await patiently(lambda: self.ask("SendGift", viewer, input=order))
        assert answer["__typename"] in {"SendGiftPayload", "InsufficientCoins"}, answer
        if answer["__typename"] == "SendGiftPayload" and answer["gift"]["status"] == "SENT":
            return answer["gift"]

        async def look() -> Answer:
            return await patiently(lambda: self.ask("Gift", viewer, id=order["giftId"]))

        return await eventually(
            look,
            until=lambda gift: gift is not None and gift["status"] in _SETTLED,
            within_s=PATIENCE_S,
            every_s=0.05,
        )


async def patiently[T](ask: Any, *, within_s: float = PATIENCE_S) -> T:
    """Repeat `ask` while the stack answers that it cannot answer, or not at all.

    Raises:
        TimeoutError: It never did within the time.
        GatewayError: It answered with an error of which a repetition makes nothing better.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while True:
        try:
            return await ask()
        except httpx.TransportError as error:
            reason: Exception = error
        except GatewayError as error:
            if error.code not in {"SERVICE_UNAVAILABLE", "INTERNAL_SERVER_ERROR"}:
                raise
            reason = error
        if loop.time() > deadline:
            raise TimeoutError(f"no answer within {within_s} s; the last was {reason!r}")
        await asyncio.sleep(0.1)
