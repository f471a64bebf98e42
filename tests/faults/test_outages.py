"""Webhooks while a service is down, and a provider that is down and then makes up for it."""

from collections.abc import AsyncGenerator

import pytest

from chassis.ids import uuid7
from support.flow import flowing
from support.provider import Provider
from support.world import Answer, World

pytestmark = pytest.mark.stack

SERVICES = ("wallet-api", "wallet-worker", "gifts-api", "gifts-worker", "payouts-worker")


@pytest.fixture
async def provider(world: World) -> AsyncGenerator[Provider]:
    provider = Provider(world.stack, world.http)
    yield provider
    await provider.disturb()


def payment_of(purchase: Answer) -> str:
    """The provider's name of a purchase's payment."""
    return purchase["checkoutUrl"].rpartition("/")[2]


async def cheapest(world: World) -> Answer:
    return sorted(await world.bundles(), key=lambda each: each["coins"])[0]


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_told_during_an_outage_is_booked_once(
    world: World, provider: Provider, service: str
) -> None:
    """A payment, a refund and a dispute that was lost, while a service is down."""
    bundle = await cheapest(world)
    creator = await world.creator()
    new, refunded, disputed = [await world.viewer(coins=0) for _ in range(3)]
    spent: list[Answer] = []
    for viewer in (refunded, disputed):
        spent.append(await world.check_out(viewer, bundle["id"]))
        await world.client.press(spent[-1]["checkoutUrl"], "pay")
        await world.purchase(viewer, spent[-1]["id"], until="CREDITED")
        assert (await world.give(viewer, creator, count=5))["status"] == "SENT"
    ordered = await world.check_out(new, bundle["id"])

    world.stack.stop(service)
    await world.client.press(ordered["checkoutUrl"], "pay")
    await provider.refund(payment_of(spent[0]))
    dispute_id = await provider.dispute(payment_of(spent[1]))
    await provider.decide(dispute_id, "lose")
    world.stack.start(service)

    await world.purchase(new, ordered["id"], until="CREDITED")
    await world.purchase(refunded, spent[0]["id"], until="REFUNDED")
    await world.purchase(disputed, spent[1]["id"], until="CHARGED_BACK")
    assert await world.balance(new) == bundle["coins"] + bundle["bonusCoins"]
    # What was given is owed; nothing else is left.
    for viewer in (refunded, disputed):
        balance = (await world.ask("Me", viewer))["balance"]
        assert (balance["coins"], balance["debtCoins"]) == (0, 5)


async def test_a_provider_that_was_down_catches_up(world: World, provider: Provider) -> None:
    """Whoever would buy meanwhile is told to try again, and what was paid before comes all at once.

    Events of before the outage were not due yet: they come late, shuffled and twice.
    """
    bundle = await cheapest(world)
    coins = bundle["coins"] + bundle["bonusCoins"]
    viewers = [await world.viewer(coins=0) for _ in range(12)]
    orders = [await world.check_out(viewer, bundle["id"]) for viewer in viewers]
    await provider.disturb(late_s=10, shuffled=True, repeats=1)
    for order in orders:
        await world.client.press(order["checkoutUrl"], "pay")
    for order in orders[:4]:
        await provider.refund(payment_of(order))
    late = await world.viewer(coins=0)
    wanted = {"purchaseId": str(uuid7()), "bundleId": bundle["id"], "provider": "sandbox"}
    async with flowing(world) as flow:
        await provider.disturb(outage=True)
        refusal = await world.ask("PurchaseCoins", late, input=wanted)
        # Gifts go on without the provider.
        await flow.moves(12, within_s=60)
    assert refusal["code"] == "provider_unavailable", refusal
    assert (await world.ask("Me", late))["balance"]["coins"] == 0

    await provider.disturb()
    for viewer, order in zip(viewers[:4], orders[:4], strict=True):
        await world.purchase(viewer, order["id"], until="REFUNDED")
    for viewer, order in zip(viewers[4:], orders[4:], strict=True):
        await world.purchase(viewer, order["id"], until="CREDITED")
    assert [await world.balance(viewer) for viewer in viewers] == [0] * 4 + [coins] * 8

    order = await world.check_out(late, bundle["id"], purchase_id=wanted["purchaseId"])
    await world.client.press(order["checkoutUrl"], "pay")
    await world.purchase(late, order["id"], until="CREDITED")
    assert await world.balance(late) == coins
