"""The money of an evening: what is taken back, and what creators are paid.

A viewer gets money back for coins that are spent already; another's bank takes a payment back for
good. Then four creators are paid by the bank: one payment comes back, an agency gets a part of one,
and the tax office of one.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from chassis.ids import uuid7
from local_stack.buying import Bought
from local_stack.client import Client, http_client
from local_stack.paying import Cashier, Paid
from local_stack.problem import LocalProblemError
from local_stack.sharing import SHARING_CREATOR, TAXED_CREATOR, Shared, Sharing
from local_stack.tax_table import TaxTable
from local_stack.waiting import expect, wait

PAID_CREATOR: Final = "milo"
OPERATOR: Final = "olga"
_PATRONS: Final = ("patron", "patroness")
"""Two, so that neither comes to the most that may be spent in a day, evening after evening."""
_SCOPES: Final = "operator:catalogue operator:refunds operator:payouts"

type Token = Callable[[str, str], str]
type Say = Callable[[str], None]


@dataclass(slots=True)
class Money:
    """What became of the money, line by line: what, whose, how much, and how it went."""

    lines: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])
    shared: list[Shared] = field(default_factory=list[Shared])
    """Payouts of which others got a part."""


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
    return http_client(base_url=url, headers=headers)


async def settle_up(
    client: Client,
    token: Token,
    say: Say,
    partners: Partners,
    bought: Mapping[str, Bought],
    tax_table: TaxTable,
) -> Money:
    """Take back and pay out.

    Args:
        client: Asks the gateway.
        token: Makes tokens.
        say: Tells of progress.
        partners: The provider and the bank.
        bought: The purchases of two viewers who have spent some of their coins.
        tax_table: What is withheld, now or soon.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: Something did not come about.
    """
    desk = _Desk(client, token, say, partners)
    refunded, disputed = bought.values()
    await desk.refund(refunded)
    await desk.dispute(disputed)
    guest = f"guest-{secrets.token_hex(3)}"
    patron, patroness = _PATRONS
    operator = token(OPERATOR, _SCOPES)
    cashier = Cashier(client, token, operator, say)
    await cashier.sell_for_good(
        {patron: (PAID_CREATOR, guest), patroness: (SHARING_CREATOR, TAXED_CREATOR)}
    )
    desk.note(PAID_CREATOR, await cashier.pay(PAID_CREATOR, until="PAID"))
    returning = partners.return_transfers_to
    desk.note(guest, await cashier.pay(guest, until="RETURNED", return_transfers_to=returning))
    sharing = Sharing(client, token, operator, cashier, say)
    desk.money.shared.append(await sharing.pay_with_an_agency())
    desk.money.shared.append(await sharing.pay_with_a_tax_form(tax_table))
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

    def note(self, creator: str, paid: Paid) -> None:
        """Remember a payout."""
        self._line("payout", creator, paid.net, paid.path)

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
