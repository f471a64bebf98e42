"""The money of an evening: what is taken back, and what creators are paid.

A viewer gets money back for coins that are spent already; another's bank takes a payment back for
good. Then the shop sells for a moment by transfers that cannot be taken back, so that what they pay
for is mature at once: two creators are reviewed and paid by the bank, and one payment comes back.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx

from chassis import money
from chassis.ids import derived_id, uuid7
from local_stack.buying import Bought, buy
from local_stack.client import Client
from local_stack.problem import LocalProblemError
from local_stack.waiting import expect, wait

PATRON: Final = "patron"
PAID_CREATOR: Final = "milo"
OPERATOR: Final = "olga"
_SCOPES: Final = "operator:catalogue operator:refunds operator:payouts"
_PAYOUT_MICRO_DIAMONDS: Final = 2_000_000_000
_COINS_FOR_PAYOUT: Final = 6_000
"""Half a diamond for each that was bought, a quarter for the bonus coins, which are spent first."""

type Token = Callable[[str, str], str]
type Say = Callable[[str], None]


@dataclass(slots=True)
class Money:
    """What became of the money, line by line: what, whose, how much, and how it went."""

    lines: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])


class Partners:
    """The merchant's side of the payment provider, and the customer's side of the bank."""

    def __init__(
        self, *, provider_url: str, provider_key: str, bank_url: str, bank_key: str
    ) -> None:
        self._provider = _client(provider_url, provider_key)
        self._bank = _client(bank_url, bank_key)

    async def lose_dispute(self, payment_id: str) -> None:
        """Let the payer's bank ask for a payment and get it."""
        opened = await self._provider.post(f"/v1/checkouts/{payment_id}/disputes", json={})
        opened.raise_for_status()
        dispute_id = opened.json()["dispute_id"]
        (await self._provider.post(f"/v1/disputes/{dispute_id}/lose")).raise_for_status()

    async def return_transfers_to(self, account: str) -> None:
        """Let whatever is paid to an account come back."""
        behaviour = {"outcome": "return", "reason": "account_closed"}
        (await self._bank.put(f"/v1/behaviours/{account}", json=behaviour)).raise_for_status()

    async def aclose(self) -> None:
        """Let connections go."""
        await self._provider.aclose()
        await self._bank.aclose()


def _client(url: str, key: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=30, trust_env=False)


async def settle_up(
    client: Client, token: Token, say: Say, partners: Partners, bought: Mapping[str, Bought]
) -> Money:
    """Take back and pay out.

    Args:
        client: Asks the gateway.
        token: Makes tokens.
        say: Tells of progress.
        partners: The provider and the bank.
        bought: The purchases of two viewers who have spent some of their coins.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: Something did not come about.
    """
    desk = _Desk(client, token, say, partners)
    refunded, disputed = bought.values()
    await desk.refund(refunded)
    await desk.dispute(disputed)
    guest = f"guest-{secrets.token_hex(3)}"
    await desk.sell_for_good(PAID_CREATOR, guest)
    await desk.pay(PAID_CREATOR, until="PAID")
    await desk.pay(guest, until="RETURNED")
    return desk.money


class _Desk:
    def __init__(self, client: Client, token: Token, say: Say, partners: Partners) -> None:
        self._client = client
        self._token = token
        self._say = say
        self._partners = partners
        self._operator = token(OPERATOR, _SCOPES)
        self.money = Money()

    def _line(self, what: str, whose: str, amount: str, how: str) -> None:
        self.money.lines.append((what, whose, amount, how))

    # ---------------------------------------------------------------- taking back

    async def refund(self, bought: Bought) -> None:
        """Give a payment back whose coins are partly spent: first look at it, then book it."""
        about = {"purchaseId": bought.purchase_id, "reason": "REFUND"}
        preview = await self._client.ask("PreviewReversal", self._operator, input=about)
        expect(preview, "ReversalPreview")
        order = {"reversalId": str(uuid7()), "note": "asked for by mail"} | about
        booked = await self._client.ask("ReversePurchase", self._operator, input=order)
        expect(booked, "ReversePurchasePayload")
        seen, done = (_legs(each) for each in (preview, booked["reversal"]))
        if seen != done:
            raise LocalProblemError(f"the preview said {seen}, and {done} was booked")
        self._say(f"{bought.viewer} got a payment back, exactly as previewed")
        for kind, (coins, party) in seen.items():
            self._line("refund", party, f"{coins:,} coins", kind.lower().replace("_", " "))

    async def dispute(self, bought: Bought) -> None:
        """Let a payment be charged back."""
        await self._partners.lose_dispute(bought.payment_id)
        viewer = self._token(bought.viewer, "viewer")

        async def charged_back() -> bool:
            purchase = await self._client.ask("Purchase", viewer, id=bought.purchase_id)
            return purchase["status"] == "CHARGED_BACK"

        await wait(charged_back, f"purchase {bought.purchase_id} is charged back")
        me = await self._client.ask("Me", viewer)
        debt = me["balance"]["debtCoins"]
        self._say(f"{bought.viewer}'s bank took a payment back for good")
        self._line("chargeback", bought.viewer, f"{debt:,} coins", "owed now")

    # ---------------------------------------------------------------- paying out

    async def sell_for_good(self, *creators: str) -> None:
        """Sell by transfers that cannot be taken back, and let the coins become gifts."""
        days = await self._publish_window(0)
        await self._buy_for_good()
        await self._publish_window(days)
        catalogue = await self._client.ask("GiftCatalogue")
        item = min(catalogue["items"]["nodes"], key=lambda each: abs(each["priceCoins"] - 1_000))
        count = -(-_COINS_FOR_PAYOUT // item["priceCoins"])
        for creator in creators:
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
            sent = await self._client.ask("SendGift", self._token(PATRON, "viewer"), input=order)
            expect(sent, "SendGiftPayload")
        self._say(f"{PATRON} paid by transfer and gave {count} × {item['name']} to each of two")

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

    async def _buy_for_good(self) -> None:
        bundles = (await self._client.ask("Bundles"))["nodes"]
        bundle = min(
            (each for each in bundles if each["coins"] >= 2 * _COINS_FOR_PAYOUT),
            key=lambda each: each["coins"],
        )
        await buy(self._client, self._token(PATRON, "viewer"), PATRON, bundle)

    async def pay(self, creator: str, *, until: str) -> None:
        """Review a creator, pay them by the bank, and see what becomes of it."""
        token = self._token(creator, "viewer creator")
        finding = {"decision": "IDENTITY_VERIFIED", "reason": "passport seen"}
        reviewed = await self._client.ask(
            "ReviewCreator", self._operator, input={"creatorId": creator} | finding
        )
        expect(reviewed, "ReviewCreatorPayload")
        method = _method(creator)
        if until == "RETURNED":
            await self._partners.return_transfers_to(method["details"]["account"])

        async def verified() -> bool:
            added = await self._client.ask("AddPayoutMethod", token, input=method)
            expect(added, "AddPayoutMethodPayload")
            return added["method"]["status"] == "VERIFIED"

        await wait(verified, f"the bank knows the account of {creator}")

        async def mature() -> bool:
            seen = await self._client.ask("Creator", token, id=creator)
            available = seen["earnings"]["available"]["microDiamonds"]
            return available >= _PAYOUT_MICRO_DIAMONDS

        await wait(mature, f"{creator} has enough to be paid out")
        order = {
            "payoutId": str(uuid7()),
            "methodId": method["methodId"],
            "microDiamonds": _PAYOUT_MICRO_DIAMONDS,
        }
        requested = await self._client.ask("RequestPayout", token, input=order)
        expect(requested, "RequestPayoutPayload")
        net = requested["payout"]["net"]
        amount = money.in_words(net["amountMinor"], net["currency"])
        path: list[str] = []

        async def ended() -> bool:
            seen = await self._client.ask("Payouts", token)
            for node in seen["creator"]["payouts"]["nodes"]:
                if node["id"] == order["payoutId"]:
                    path[:] = [step["status"] for step in node["history"]]
            return path[-1:] == [until]

        await wait(ended, f"payout {order['payoutId']} of {creator} is {until}")
        self._say(f"{creator}'s payout of {amount}: {until.lower()}")
        self._line("payout", creator, amount, " → ".join(path).lower())


def _legs(plan: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Coins by kind, and who loses them."""
    found: dict[str, tuple[int, str]] = {}
    for leg in plan["legs"]:
        party = leg["party"]["id"] if leg["party"] else "the platform"
        coins, others = found.get(leg["kind"], (0, party))
        found[leg["kind"]] = (
            coins + leg["coins"],
            party if others == party else "several creators",
        )
    return found


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
