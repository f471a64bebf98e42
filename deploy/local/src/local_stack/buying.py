"""Buys coins as a viewer does: orders, pays on the provider's page, and waits for the coins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.ids import uuid7
from local_stack.client import Client
from local_stack.problem import LocalProblemError
from local_stack.waiting import expect, wait


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase that was credited."""

    viewer: str
    purchase_id: str
    checkout_url: str

    @property
    def payment_id(self) -> str:
        """The provider's name for it."""
        return self.checkout_url.rpartition("/")[2]


async def buy(client: Client, token: str, viewer: str, bundle: Mapping[str, Any]) -> Bought:
    """Buy a bundle, one of `coinBundles`.

    Raises:
        GatewayError: The gateway answered with an error where none belongs.
        LocalProblemError: The coins did not come.
    """
    purchase_id = str(uuid7())
    answer = await client.ask(
        "PurchaseCoins",
        token,
        input={"purchaseId": purchase_id, "bundleId": bundle["id"], "provider": "sandbox"},
    )
    expect(answer, "PurchaseCoinsPayload")
    bought = Bought(viewer, purchase_id, answer["purchase"]["checkoutUrl"])
    page = await client.pay(bought.checkout_url)
    if "Paid." not in page:
        raise LocalProblemError(f"{viewer} has paid, and the page does not say so: {page}")

    async def credited() -> bool:
        purchase = await client.ask("Purchase", token, id=purchase_id)
        return purchase["status"] == "CREDITED"

    await wait(credited, f"purchase {purchase_id} of {viewer} is credited")
    return bought
