"""A payment that is taken back takes gifts and diamonds with it, across the three services."""

from collections import Counter
from datetime import timedelta

import pytest

from chassis import clock
from support.provider import Provider
from support.reversing import (
    MICRO_PER_COIN,
    REVERSALS,
    buy_and_give,
    earned,
    gift_becomes,
    refund_minor,
    refund_range,
)
from support.world import Answer, World

pytestmark = pytest.mark.stack


@pytest.fixture
def provider(world: World) -> Provider:
    return Provider(world.stack, world.http)


async def lines(world: World, creator: str) -> list[Answer]:
    """What was taken back of a creator, newest first."""
    response = await world.http.post(
        world.stack.addresses.graphql,
        json={"query": REVERSALS, "variables": {"id": creator}},
        headers={"authorization": f"Bearer {world.token(creator, 'viewer creator')}"},
    )
    return response.json()["data"]["creator"]["reversals"]["nodes"]


async def test_operator_takes_gifts_back_from_several_creators(world: World) -> None:
    """Each loses what those coins had earned, and sees a line for it; again, nothing happens."""
    creators = [await world.creator() for _ in range(3)]
    viewer = await world.viewer(coins=0)
    purchase_id, gifts = await buy_and_give(world, viewer, creators)
    for creator in creators:
        await earned(world, creator, coins=10)
    token = world.token("otto", "operator:refunds")
    asked = {"purchaseId": purchase_id, "reason": "MINOR_REFUND"}
    seen = await world.client.ask("PreviewReversal", token, input=asked)

    done = await refund_minor(world, purchase_id)
    again = await refund_minor(world, purchase_id, done["reversal"]["id"])

    asked_of = {
        leg["party"]["id"]: (leg["giftId"], leg["coins"])
        for leg in seen["legs"]
        if leg["kind"] == "CREATOR_UNMATURED"
    }
    assert asked_of == {
        creator: (gift["id"], 10) for creator, gift in zip(creators, gifts, strict=True)
    }
    assert again["replayed"] is True
    for creator, gift in zip(creators, gifts, strict=True):
        await gift_becomes(world, viewer, gift["id"], "REVERSED")
        await earned(world, creator, coins=0)
        assert await lines(world, creator) == [
            {
                "giftId": gift["id"],
                "reason": "MINOR_REFUND",
                "kind": "TAKEN",
                "coins": 10,
                "microDiamonds": 10 * MICRO_PER_COIN,
            }
        ]


async def test_e30_a_share_of_a_minors_gifts_goes_back(world: World) -> None:
    """Of two purchases: creators lose 30 % of what those gifts earned, of a later one none."""
    creators = [await world.creator() for _ in range(5)]
    viewer = await world.viewer(coins=0)
    since = clock.now() - timedelta(minutes=1)
    bought = [await buy_and_give(world, viewer, creators) for _ in range(2)]
    for creator in creators:
        await earned(world, creator, coins=20)
    until = clock.now()
    later = await world.give(viewer, creators[0], count=10)
    assert later["status"] == "SENT", later

    seen, done, again = await refund_range(world, viewer, 3_000, since=since, until=until)

    refund = done["refund"]
    assert (done["replayed"], again["replayed"]) == (False, True)
    assert again["refund"] == refund
    assert (refund["coins"], refund["parts"]) == (30, seen["parts"])
    assert {part["purchaseId"] for part in refund["parts"]} == {each[0] for each in bought}
    lost: Counter[str] = Counter()
    for part in refund["parts"]:
        for leg in part["legs"]:
            assert leg["kind"] == "CREATOR_UNMATURED"
            lost[leg["giftId"]] += leg["coins"]
    assert lost == {gift["id"]: 3 for _, gifts in bought for gift in gifts}
    for creator in creators:
        await earned(world, creator, coins=14 + (10 if creator == creators[0] else 0))
        taken = await lines(world, creator)
        assert {line["giftId"] for line in taken} < lost.keys()
        assert {(line["kind"], line["reason"]) for line in taken} == {("TAKEN", "MINOR_REFUND")}
        assert sum(line["coins"] for line in taken) == 6
        assert sum(line["microDiamonds"] for line in taken) == 6 * MICRO_PER_COIN
    for _, gifts in bought:
        assert (await world.ask("Gift", viewer, id=gifts[0]["id"]))["status"] == "SENT"


async def test_provider_takes_back_more_than_may_be_owed_and_gives_it_back(
    world: World, provider: Provider
) -> None:
    """What is beyond the payer's debt falls to creators, and comes back to them whole."""
    viewer, creator = await world.viewer(coins=0), await world.creator()
    bundle = sorted(await world.bundles(), key=lambda each: each["coins"])[-1]
    payments: list[tuple[str, str]] = []
    given: list[Answer] = []
    dear = (await world.items())[-1]
    for _ in range(2):
        purchase = await world.check_out(viewer, bundle["id"])
        await world.client.press(purchase["checkoutUrl"], "pay")
        await world.purchase(viewer, purchase["id"], until="CREDITED")
        payments.append((purchase["id"], purchase["checkoutUrl"].rpartition("/")[2]))
        given.append(
            await world.give(viewer, creator, itemId=dear.id, quotedPriceCoins=dear.price_coins)
        )
    assert [gift["status"] for gift in given] == ["SENT", "SENT"], given
    last = await world.give(viewer, creator, count=10)
    coins = sum(gift["priceCoins"] for gift in (*given, last))
    await earned(world, creator, coins=coins, bonus_coins=2 * bundle["bonusCoins"])

    for purchase_id, payment_id in payments:
        await provider.refund(payment_id)
        await world.purchase(viewer, purchase_id, until="REFUNDED")
    await gift_becomes(world, viewer, last["id"], "REVERSED")
    for purchase_id, payment_id in payments:
        await provider.reverse_refund(payment_id)
        await world.purchase(viewer, purchase_id, until="CREDITED")
    await gift_becomes(world, viewer, last["id"], "SENT")

    await earned(world, creator, coins=coins, bonus_coins=2 * bundle["bonusCoins"])
    sums = {"TAKEN": 0, "GIVEN_BACK": 0}
    for line in await lines(world, creator):
        sums[line["kind"]] += line["microDiamonds"]
    assert sums["TAKEN"] == sums["GIVEN_BACK"] > 0
