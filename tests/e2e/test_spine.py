"""Each document of operations.graphql, section "spine", as front ends send it."""

from uuid import UUID, uuid4

import pytest

from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from local_stack.client import GatewayError
from support.reversing import MICRO_PER_COIN
from support.world import Answer, World

pytestmark = pytest.mark.stack


async def test_an_evening_of_one_viewer(world: World) -> None:
    """Coins are bought, a gift is sent, and one query shows it to each of the two."""
    bundles = await world.ask("Bundles")
    assert bundles["priceBookVersion"] >= 1
    bundle = min(bundles["nodes"], key=lambda each: each["coins"])
    viewer, creator = f"viewer-{uuid4()}", f"creator-{uuid4()}"

    # Buy.
    purchase = await world.check_out(viewer, bundle["id"])
    assert purchase["status"] in {"CREATED", "PENDING"}
    assert purchase["coins"] == bundle["coins"]
    assert await world.balance(viewer) == 0
    await world.client.press(purchase["checkoutUrl"], "pay")
    credited = await world.purchase(viewer, purchase["id"], until="CREDITED")
    assert credited["creditedAt"] >= credited["paidAt"]
    coins = bundle["coins"] + bundle["bonusCoins"]

    # Opt in, choose, send.
    answer = await world.ask("AcceptGifts", creator, input={"accept": True})
    assert answer == {
        "__typename": "AcceptGiftsPayload",
        "creator": {"id": creator, "acceptsGifts": True},
    }
    await world.ask("ShowMeOnBoards", viewer, input={"show": True})
    room_id = str(uuid7())
    opened = await world.ask("OpenRoom", creator, input={"roomId": room_id, "title": "Hello"})
    assert opened["room"] == {"id": room_id, "status": "OPEN"}
    catalogue = await world.ask("GiftCatalogue")
    affordable = [item for item in catalogue["items"]["nodes"] if item["priceCoins"] <= coins // 2]
    item = max(affordable, key=lambda each: (each["maxMessageLength"], each["priceCoins"]))
    message = "hello"[: item["maxMessageLength"]] or None
    order = {
        "giftId": str(uuid7()),
        "itemId": item["id"],
        "count": 2,
        "creatorId": creator,
        "target": {"roomId": room_id},
        "quotedPriceCoins": 2 * item["priceCoins"],
        "message": message,
    }
    sent = await world.ask("SendGift", viewer, input=order)
    gift = sent["gift"]
    assert (sent["__typename"], sent["replayed"]) == ("SendGiftPayload", False)
    assert gift == {
        "id": order["giftId"],
        "status": "SENT",
        "count": 2,
        "priceCoins": 2 * item["priceCoins"],
        "message": message,
        "item": {"id": item["id"], "name": item["name"]},
        "creator": {"id": creator},
        "sentAt": gift["sentAt"],
    }
    assert await world.ask("Gift", viewer, id=order["giftId"]) == {
        "id": order["giftId"],
        "status": "SENT",
        "refusal": None,
        "priceCoins": gift["priceCoins"],
    }

    # The viewer's side.
    me = await world.ask("Me", viewer)
    assert me["id"] == viewer
    assert (me["balance"]["coins"], me["balance"]["debtCoins"]) == (coins - gift["priceCoins"], 0)
    lots = me["balance"]["lots"]["nodes"]
    assert sum(lot["remaining"] for lot in lots) == coins - gift["priceCoins"]
    assert {lot["class"] for lot in lots} <= {"PURCHASED", "BONUS"}
    (shown,) = me["giftsSent"]["nodes"]
    assert (shown["id"], shown["status"]) == (order["giftId"], "SENT")
    assert shown["sentAt"] == gift["sentAt"]

    # The room.
    room = await world.ask("Room", viewer, id=room_id)
    assert room == {
        "id": room_id,
        "status": "OPEN",
        "title": "Hello",
        "openedAt": room["openedAt"],
        "seq": room["seq"],
        "goal": None,
        "topGifters": {"nodes": [{"rank": 1, "coins": gift["priceCoins"], "user": {"id": viewer}}]},
    }
    kept = await world.ask("KeepRoomOpen", creator, input={"roomId": room_id})
    closed = await world.ask("CloseRoom", creator, input={"roomId": room_id})
    assert kept["room"] == {"id": room_id, "status": "OPEN"}
    assert closed["room"] == {
        "id": room_id,
        "status": "CLOSED",
        "summary": {"coins": gift["priceCoins"], "gifts": 1, "gifters": 1},
    }
    refused = await world.ask("SendGift", viewer, input=order | {"giftId": str(uuid7())})
    assert refused["code"] == "room_not_open"

    # The creator's side.
    async def earned() -> Answer:
        return await world.ask("Creator", creator, id=creator)

    seen = await eventually(
        earned, until=lambda each: each["earnings"]["lifetime"]["microDiamonds"] > 0
    )
    received = seen["giftsReceived"]
    assert received["totalCoins"] == gift["priceCoins"]
    assert [each["id"] for each in received["nodes"]] == [order["giftId"]]
    assert received["nodes"][0]["sender"] == {"id": viewer}
    earnings = seen["earnings"]
    lifetime = earnings["lifetime"]["microDiamonds"]
    assert earnings["pending"]["microDiamonds"] == lifetime
    assert earnings["available"]["microDiamonds"] == 0
    assert sum(each["microDiamonds"] for each in earnings["maturing"]["nodes"]) == lifetime
    assert 0 < lifetime <= gift["priceCoins"] * MICRO_PER_COIN
    # 1 diamond is half a cent, rounded down to a whole one.
    assert earnings["pending"]["worth"] == {
        "amountMinor": lifetime // 2_000_000,
        "currency": "USD",
    }


async def test_a_gift_sent_again_is_charged_once(world: World) -> None:
    """The same id with the same body answers the first result, however often it comes."""
    viewer, creator = await world.viewer(), await world.creator()
    order = await world.order(creator)
    before = await world.balance(viewer)

    first = await world.ask("SendGift", viewer, input=order)
    again = [await world.ask("SendGift", viewer, input=order) for _ in range(3)]

    assert first["replayed"] is False
    assert [each["replayed"] for each in again] == [True] * 3
    assert [each["gift"] for each in again] == [first["gift"]] * 3
    assert await world.balance(viewer) == before - order["quotedPriceCoins"]


async def test_the_same_id_with_another_body_is_a_conflict(world: World) -> None:
    """By the same viewer or by another; and the first gift stays what it is."""
    viewer, other, creator = await world.viewer(), await world.viewer(), await world.creator()
    order = await world.order(creator)
    first = await world.ask("SendGift", viewer, input=order)
    balances = await world.balance(viewer), await world.balance(other)

    for change in (
        {"count": 2, "quotedPriceCoins": 2 * order["quotedPriceCoins"]},
        {"target": {"roomId": str(uuid7())}},
        {"target": {"videoId": "v2"}},
        {"quotedPriceCoins": order["quotedPriceCoins"] + 1},
        {"creatorId": await world.creator()},
    ):
        answer = await world.ask("SendGift", viewer, input=order | change)
        assert answer["__typename"] == "IdempotencyConflict", change
        assert answer["code"] == "idempotency_conflict"
    answer = await world.ask("SendGift", other, input=order)
    assert answer["__typename"] == "IdempotencyConflict"

    assert (await world.balance(viewer), await world.balance(other)) == balances
    assert (await world.ask("SendGift", viewer, input=order))["gift"] == first["gift"]


async def test_who_has_too_few_coins_is_refused_for_good(world: World) -> None:
    """A retry after a top-up gets the refusal again: the app has told the viewer so already."""
    viewer, creator = await world.viewer(), await world.creator()
    balance = await world.balance(viewer)
    item = (await world.items())[-1]
    count = min(balance // item.price_coins + 1, 1_000)
    order = await world.order(
        creator, itemId=item.id, count=count, quotedPriceCoins=item.price_coins * count
    )

    refused = await world.ask("SendGift", viewer, input=order)
    await world.buy(viewer, (await world.bundles())[-1]["id"])
    again = await world.ask("SendGift", viewer, input=order)

    assert refused["__typename"] == "InsufficientCoins"
    assert refused["code"] == "insufficient_coins"
    assert refused["neededCoins"] == item.price_coins * count
    assert refused["balanceCoins"] == balance
    assert again == refused
    gift = await world.ask("Gift", viewer, id=order["giftId"])
    assert (gift["status"], gift["refusal"]["code"]) == ("REFUSED", "insufficient_coins")
    assert await world.ask("Gift", creator, id=order["giftId"]) is None


async def test_a_purchase_made_again_is_one_purchase(world: World) -> None:
    """The same id opens one checkout, and its coins are credited once."""
    small, large = sorted(await world.bundles(), key=lambda bundle: bundle["coins"])[:2]
    viewer = f"viewer-{uuid4()}"
    body = {"purchaseId": str(uuid7()), "bundleId": small["id"], "provider": "sandbox"}

    first = await world.ask("PurchaseCoins", viewer, input=body)
    again = await world.ask("PurchaseCoins", viewer, input=body)
    other = await world.ask("PurchaseCoins", viewer, input=body | {"bundleId": large["id"]})
    foreign = await world.ask("PurchaseCoins", f"viewer-{uuid4()}", input=body)
    for _ in range(2):
        await world.client.press(first["purchase"]["checkoutUrl"], "pay")
    await world.purchase(viewer, body["purchaseId"], until="CREDITED")
    last = await world.ask("PurchaseCoins", viewer, input=body)

    assert (first["replayed"], again["replayed"], last["replayed"]) == (False, True, True)
    assert again["purchase"] == first["purchase"]
    assert last["purchase"]["status"] == "CREDITED"
    assert other["__typename"] == foreign["__typename"] == "IdempotencyConflict"
    assert await world.balance(viewer) == small["coins"] + small["bonusCoins"]


async def test_a_declined_payment_credits_nothing(world: World) -> None:
    """The purchase says so, and cannot be paid any more."""
    viewer = f"viewer-{uuid4()}"
    purchase = await world.check_out(viewer, (await world.bundles())[0]["id"])

    await world.client.press(purchase["checkoutUrl"], "decline")

    await world.purchase(viewer, purchase["id"], until="DECLINED")
    assert await world.balance(viewer) == 0


async def test_gifts_switched_off_reach_nobody(world: World) -> None:
    """Who never opted in and who opted out again receive nothing."""
    viewer, creator = await world.viewer(), await world.creator()
    answer = await world.ask("AcceptGifts", creator, input={"accept": False})
    assert answer["creator"] == {"id": creator, "acceptsGifts": False}

    for nobody in (creator, f"never-{uuid4()}"):
        refused = await world.send(viewer, nobody)
        assert (refused["__typename"], refused["code"]) == (
            "GiftsNotAccepted",
            "gifts_not_accepted",
        )


async def test_a_dearer_price_than_quoted_is_never_charged(world: World) -> None:
    """The refusal names the price, so that the app can ask again."""
    viewer, creator = await world.viewer(), await world.creator()
    item = next(each for each in await world.items() if each.price_coins > 1)
    before = await world.balance(viewer)

    refused = await world.send(
        viewer, creator, itemId=item.id, quotedPriceCoins=item.price_coins - 1
    )

    assert (refused["__typename"], refused["code"]) == ("PriceChanged", "price_changed")
    assert await world.balance(viewer) == before


async def test_others_see_no_money(world: World) -> None:
    """A stranger sees of a creator what is public, and of a viewer's gift nothing."""
    viewer, creator, stranger = await world.viewer(), await world.creator(), f"nosy-{uuid4()}"
    sent = await world.send(viewer, creator)

    assert await world.ask("Gift", stranger, id=sent["gift"]["id"]) is None
    with pytest.raises(GatewayError) as raised:
        await world.ask("Creator", stranger, id=creator)
    assert raised.value.code == "FORBIDDEN"


async def test_pages_of_history_join_without_gap_or_repeat(world: World) -> None:
    """Ten at a time, newest first, as many pages as there are."""
    viewer, creator = await world.viewer(coins=30), await world.creator()
    sent: list[UUID] = []
    for _ in range(12):
        answer = await world.send(viewer, creator)
        sent.append(answer["gift"]["id"])

    me = await world.ask("Me", viewer)
    first = me["giftsSent"]

    assert [gift["id"] for gift in first["nodes"]] == sent[::-1][:10]
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["pageInfo"]["endCursor"]
