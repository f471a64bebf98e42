"""Pays creators on an evening: coins that cannot be taken back, a review, an account, a payout.

The shop sells for a moment by transfers that cannot be taken back, so that what they pay for is
mature at once.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis import money
from chassis.ids import derived_id, uuid7
from local_stack.buying import buy
from local_stack.client import Client
from local_stack.waiting import expect, wait

PAYOUT_MICRO_DIAMONDS: Final = 2_000_000_000
_COINS_FOR_PAYOUT: Final = 6_000
"""Half a diamond for each that was bought, a quarter for the bonus coins, which are spent first."""

type Token = Callable[[str, str], str]
type Say = Callable[[str], None]
type ReturnTransfersTo = Callable[[str], Awaitable[None]]
"""Lets whatever is paid to an account come back."""


class Cashier:
    """Sees to it that creators have something, and pays it out."""

    def __init__(self, client: Client, token: Token, operator: str, say: Say) -> None:
        """`operator` is a token for price books and payouts."""
        self._client = client
        self._token = token
        self._operator = operator
        self._say = say

    async def sell_for_good(self, gifts: Mapping[str, Iterable[str]]) -> None:
        """Sell by transfers that cannot be taken back, and let the coins become gifts.

        Args:
            gifts: To which two creators who buys gives enough for a payout.
        """
        days = await self._publish_window(0)
        for patron in gifts:
            await self._buy_for_good(patron)
        await self._publish_window(days)
        catalogue = await self._client.ask("GiftCatalogue")
        item = min(catalogue["items"]["nodes"], key=lambda each: abs(each["priceCoins"] - 1_000))
        for patron, creators in gifts.items():
            for creator in creators:
                await self._give(patron, creator, item)

    async def _give(self, patron: str, creator: str, item: Mapping[str, Any]) -> None:
        count = -(-_COINS_FOR_PAYOUT // item["priceCoins"])
        answer = await self._client.ask(
            "AcceptGifts", self._token(creator, "viewer creator"), input={"accept": True}
        )
        expect(answer, "AcceptGiftsPayload")
        order = {
            "giftId": str(uuid7()),
            "itemId": item["id"],
            "count": count,
            "creatorId": creator,
            "target": {"videoId": f"{creator}-video-1"},
            "quotedPriceCoins": item["priceCoins"] * count,
        }
        sent = await self._client.ask("SendGift", self._token(patron, "viewer"), input=order)
        expect(sent, "SendGiftPayload")
        self._say(f"{patron} paid by transfer and gave {count} × {item['name']} to {creator}")

    async def _publish_window(self, days: int) -> int:
        """Sell from now on with another refund window; returns the one before."""
        books = await self._client.ask("PriceBooks", self._operator)
        (book,) = books["nodes"]
        before = next(
            each["refundWindowDays"] for each in book["providers"] if each["name"] == "sandbox"
        )
        wanted: dict[str, Any] = _as_input(book) | {
            "version": book["version"] + 1,
            "effectiveFrom": (datetime.now(UTC) + timedelta(seconds=1)).isoformat(),
            "reason": f"transfers that can be taken back for {days} days",
        }
        for provider in wanted["providers"]:
            if provider["name"] == "sandbox":
                provider["refundWindowDays"] = days
        published = await self._client.ask("PublishPriceBook", self._operator, input=wanted)
        expect(published, "PublishPriceBookPayload")

        async def in_force() -> bool:
            return (await self._client.ask("Bundles"))["priceBookVersion"] == wanted["version"]

        await wait(in_force, f"version {wanted['version']} of the price book is in force")
        return before

    async def _buy_for_good(self, patron: str) -> None:
        bundles = (await self._client.ask("Bundles"))["nodes"]
        bundle = min(
            (each for each in bundles if each["coins"] >= 2 * _COINS_FOR_PAYOUT),
            key=lambda each: each["coins"],
        )
        await buy(self._client, self._token(patron, "viewer"), patron, bundle)

    async def pay(
        self, creator: str, *, until: str, return_transfers_to: ReturnTransfersTo | None = None
    ) -> "Paid":
        """Review a creator, pay them by the bank, and see what becomes of it.

        Args:
            creator: Who has enough, or soon will.
            until: The status that the payout is to end in.
            return_transfers_to: Told the creator's account before anything is paid to it.
        """
        token = self._token(creator, "viewer creator")
        finding = {"decision": "IDENTITY_VERIFIED", "reason": "passport seen"}
        reviewed = await self._client.ask(
            "ReviewCreator", self._operator, input={"creatorId": creator} | finding
        )
        expect(reviewed, "ReviewCreatorPayload")
        method = _method(creator)
        if return_transfers_to is not None:
            await return_transfers_to(method["details"]["account"])

        async def verified() -> bool:
            added = await self._client.ask("AddPayoutMethod", token, input=method)
            expect(added, "AddPayoutMethodPayload")
            return added["method"]["status"] == "VERIFIED"

        await wait(verified, f"the bank knows the account of {creator}")

        async def mature() -> bool:
            seen = await self._client.ask("Creator", token, id=creator)
            available = seen["earnings"]["available"]["microDiamonds"]
            return available >= PAYOUT_MICRO_DIAMONDS

        await wait(mature, f"{creator} has enough to be paid out")
        payout_id = str(uuid7())
        order = {
            "payoutId": payout_id,
            "methodId": method["methodId"],
            "microDiamonds": PAYOUT_MICRO_DIAMONDS,
        }
        requested = await self._client.ask("RequestPayout", token, input=order)
        expect(requested, "RequestPayoutPayload")
        net = requested["payout"]["net"]
        amount = money.in_words(net["amountMinor"], net["currency"])
        path: list[str] = []

        async def ended() -> bool:
            seen = await self._client.ask("Payouts", token)
            for node in seen["creator"]["payouts"]["nodes"]:
                if node["id"] == payout_id:
                    path[:] = [step["status"] for step in node["history"]]
            return path[-1:] == [until]

        await wait(ended, f"payout {order['payoutId']} of {creator} is {until}")
        self._say(f"{creator}'s payout of {amount}: {until.lower()}")
        return Paid(payout_id, amount, " → ".join(path).lower())


class Paid(NamedTuple):
    """A payout that has come as far as it was to come."""

    payout_id: str
    net: str
    """What arrived, in words."""
    path: str
    """Every status that it had."""


def _as_input(book: Mapping[str, Any]) -> dict[str, Any]:
    """A version of the price book as `publishPriceBook` takes it."""
    return {
        "defaultMarket": book["defaultMarket"],
        "bonusExpiresAfterDays": book["bonusExpiresAfterDays"],
        "providers": [dict(each) for each in book["providers"]],
        "markets": [
            market
            | {
                "bundles": [
                    {name: value for name, value in bundle.items() if name != "price"}
                    | {"amountMinor": bundle["price"]["amountMinor"]}
                    for bundle in market["bundles"]
                ]
            }
            for market in book["markets"]
        ],
    }


def _method(creator: str) -> dict[str, Any]:
    """The creator's one account: the same on every evening."""
    method_id = derived_id(UUID(int=0), f"method:{creator}")
    return {
        "methodId": str(method_id),
        "rail": "sandbox_bank",
        "details": {
            "holder": creator.capitalize(),
            "country": "US",
            "currency": "USD",
            "account": str(method_id.int % 10**12).zfill(12),
            "bankCode": "021000021",
        },
    }
