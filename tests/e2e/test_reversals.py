"""Money taken back on the whole stack: what the provider tells and what operators decide."""

import pytest

from chassis.ids import uuid7
from local_stack.client import GatewayError
from support.provider import Provider
from support.world import Answer, World

pytestmark = pytest.mark.stack

OPERATOR = "operator:refunds"


@pytest.fixture
def provider(world: World) -> Provider:
    return Provider(world.stack, world.http)


async def bought(world: World, viewer: str) -> tuple[str, str, int]:
    """A purchase that is credited: its id, its payment's, and the coins that it brought."""
    before, owed = await balance(world, viewer)
    bundle = (await world.bundles())[0]
    purchase = await world.check_out(viewer, bundle["id"])
    await world.client.press(purchase["checkoutUrl"], "pay")
    await world.purchase(viewer, purchase["id"], until="CREDITED")
    payment_id = purchase["checkoutUrl"].rpartition("/")[2]
    after, owes = await balance(world, viewer)
    return purchase["id"], payment_id, after - before + owed - owes


async def balance(world: World, viewer: str) -> tuple[int, int]:
    """Coins that can be spent, and coins owed."""
    me = await world.ask("Me", viewer)
    return me["balance"]["coins"], me["balance"]["debtCoins"]


async def operate(world: World, operation: str, **given: object) -> Answer:
    token = world.token("otto", OPERATOR)
    return await world.client.ask(operation, token, input=given)


async def test_refund_of_spent_coins_is_owed_until_it_is_paid(
    world: World, provider: Provider
) -> None:
    """Told by the provider twice and late; it blocks gifts, and comes off the next purchase."""
    viewer, creator = await world.viewer(coins=0), await world.creator()
    purchase_id, payment_id, coins = await bought(world, viewer)
    gift = (await world.give(viewer, creator))["priceCoins"]
    await provider.disturb(late_s=0.5, shuffled=True, repeats=1)
    try:
        await provider.refund(payment_id)
        await world.purchase(viewer, purchase_id, until="REFUNDED")
    finally:
        await provider.disturb()

    assert await balance(world, viewer) == (0, gift)
    refused = await world.ask("SendGift", viewer, input=await world.order(creator))
    assert refused.get("code") == "insufficient_coins" or (
        (await world.ask("Gift", viewer, id=refused["gift"]["id"]))["status"] != "SENT"
    )

    _, _, more = await bought(world, viewer)
    assert coins > gift
    assert await balance(world, viewer) == (more - gift, 0)


async def test_refund_taken_back_restores_the_wallet(world: World, provider: Provider) -> None:
    viewer, creator = await world.viewer(coins=0), await world.creator()
    purchase_id, payment_id, _ = await bought(world, viewer)
    await world.give(viewer, creator)
    before = await balance(world, viewer)

    await provider.refund(payment_id)
    await world.purchase(viewer, purchase_id, until="REFUNDED")
    await provider.reverse_refund(payment_id)
    await world.purchase(viewer, purchase_id, until="CREDITED")

    assert await balance(world, viewer) == before


async def test_dispute_holds_until_it_is_decided(world: World, provider: Provider) -> None:
    viewer = await world.viewer(coins=0)
    purchase_id, payment_id, coins = await bought(world, viewer)

    dispute_id = await provider.dispute(payment_id)
    await world.purchase(viewer, purchase_id, until="DISPUTED")
    held = await balance(world, viewer)
    await provider.decide(dispute_id, "lose")
    await world.purchase(viewer, purchase_id, until="CHARGED_BACK")
    await provider.decide(dispute_id, "win")
    await world.purchase(viewer, purchase_id, until="CREDITED")

    assert held == (0, 0)
    assert await balance(world, viewer) == (coins, 0)


async def test_operator_books_what_was_previewed(world: World) -> None:
    """Verbatim documents; a gift between looking and booking is noticed."""
    viewer, creator = await world.viewer(coins=0), await world.creator()
    purchase_id, _, coins = await bought(world, viewer)
    asked = {"purchaseId": purchase_id, "reason": "REFUND"}

    seen = await operate(world, "PreviewReversal", **asked)
    gift = (await world.give(viewer, creator))["priceCoins"]
    order = {**asked, "reversalId": str(uuid7()), "note": "asked for by mail"}
    stale = await operate(world, "ReversePurchase", **order, expectedDigest="0" * 64)
    done = await operate(world, "ReversePurchase", **order)
    again = await operate(world, "ReversePurchase", **order)

    assert seen["coins"] == coins
    assert {leg["kind"] for leg in seen["legs"]} == {"UNSPENT"}
    assert {leg["party"]["id"] for leg in seen["legs"]} == {viewer}
    assert stale["code"] == "reversal_changed"
    assert done["reversal"]["coins"] == coins
    assert (done["replayed"], again["replayed"]) == (False, True)
    assert done["reversal"] == again["reversal"]
    assert await balance(world, viewer) == (0, gift)
    with pytest.raises(GatewayError, match="FORBIDDEN"):
        await world.client.ask("PreviewReversal", world.token(viewer), input=asked)
