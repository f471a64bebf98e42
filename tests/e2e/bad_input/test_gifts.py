"""Gifts: sending and undoing them, who takes them, what is said with them."""

from typing import Any
from uuid import uuid4

import pytest

from support.bad_input import INVALID, UNKNOWN, Scene, good_variables, outcome
from support.world import World

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"giftId": "not-a-uuid"}, INVALID),
        ({"giftId": ""}, INVALID),
        ({"giftId": None}, INVALID),
        ({"giftId": 7}, INVALID),
        ({"itemId": "no-such-item"}, "gift_item_unavailable"),
        ({"itemId": "x" * 10_000}, "gift_item_unavailable"),
        ({"itemId": None}, INVALID),
        ({"count": 0, "quotedPriceCoins": 0}, "invalid_count"),
        ({"count": -1, "quotedPriceCoins": 1}, "invalid_count"),
        ({"count": 1_001, "quotedPriceCoins": 2**53 - 1}, "invalid_count"),
        ({"count": 2**31 - 1, "quotedPriceCoins": 2**53 - 1}, "invalid_count"),
        ({"count": 2**31}, INVALID),
        ({"count": 2**53}, INVALID),
        ({"count": 1.5}, INVALID),
        ({"count": "1"}, INVALID),
        ({"count": True}, INVALID),
        ({"quotedPriceCoins": 0}, "price_changed"),
        ({"quotedPriceCoins": -5}, "price_changed"),
        ({"quotedPriceCoins": 2**53}, INVALID),
        ({"quotedPriceCoins": 10**30}, INVALID),
        ({"quotedPriceCoins": 1.5}, INVALID),
        ({"quotedPriceCoins": "5"}, INVALID),
        ({"quotedPriceCoins": None}, INVALID),
        ({"creatorId": "nobody-at-all"}, "gifts_not_accepted"),
        ({"creatorId": "a b"}, INVALID),
        ({"creatorId": ""}, INVALID),
        ({"creatorId": "x" * 65}, INVALID),
        ({"creatorId": "caf\u00e9"}, INVALID),
        ({"target": {}}, INVALID),
        ({"target": {"videoId": "v", "roomId": "r"}}, INVALID),
        ({"target": {"videoId": None}}, INVALID),
        ({"target": {"videoId": ""}}, INVALID),
        ({"target": {"roomId": "room-1"}}, INVALID),
        ({"target": {"roomId": UNKNOWN}}, "room_not_open"),
        ({"target": {"streamId": "s"}}, INVALID),
        ({"target": None}, INVALID),
        ({"message": "x" * 351}, "message_too_long"),
        ({"message": "x" * 60_000}, "message_too_long"),
        ({"message": 5}, INVALID),
        ({"surprise": True}, INVALID),
    ],
    ids=str,
)
async def test_send_gift(world: World, scene: Scene, change: dict[str, Any], code: str) -> None:
    order = await world.order(scene["creator"]) | change
    token = world.token(scene["viewer"])
    assert await outcome(world, "SendGift", token, {"input": order}) == code


@pytest.mark.parametrize("message", ["", "   ", "a\nb", "a\x00b", "\u202egift"], ids=ascii)
async def test_a_message_that_is_no_line_of_text(world: World, scene: Scene, message: str) -> None:
    talkative = max(await world.items(), key=lambda item: item.max_message_length)
    order = await world.order(
        scene["creator"],
        itemId=talkative.id,
        quotedPriceCoins=talkative.price_coins,
        message=message,
    )
    token = world.token(scene["viewer"])
    assert await outcome(world, "SendGift", token, {"input": order}) == INVALID


async def test_a_message_one_character_too_long(world: World, scene: Scene) -> None:
    for item in await world.items():
        order = await world.order(
            scene["creator"],
            itemId=item.id,
            quotedPriceCoins=item.price_coins,
            message="x" * (item.max_message_length + 1),
        )
        token = world.token(scene["viewer"])
        assert await outcome(world, "SendGift", token, {"input": order}) == "message_too_long"


async def test_a_gift_to_oneself(world: World, scene: Scene) -> None:
    token = world.token(scene["creator"])
    order = await world.order(scene["creator"])
    assert await outcome(world, "SendGift", token, {"input": order}) == "self_gift"


@pytest.mark.parametrize(
    ("operation", "change", "code"),
    [
        *(
            (operation, {"userId": user}, INVALID)
            for operation in ("BlockGifter", "UnblockGifter")
            for user in ("", "a b", "x" * 65, "caf\u00e9", None)
        ),
        ("BlockGifter", {"surprise": True}, INVALID),
        ("AcceptRoomGifts", {}, "room_unknown"),
        ("AcceptRoomGifts", {"roomId": "room-1"}, INVALID),
        ("AcceptRoomGifts", {"accept": None}, INVALID),
        # The scene's gift came without a message.
        ("RemoveGiftMessage", {}, "gift_message_unknown"),
        ("RemoveGiftMessage", {"giftId": UNKNOWN}, "gift_message_unknown"),
        ("RemoveGiftMessage", {"giftId": "not-a-uuid"}, INVALID),
        ("RemoveGiftMessage", {"reason": ""}, INVALID),
        ("RemoveGiftMessage", {"reason": "x" * 501}, INVALID),
        ("RemoveGiftMessage", {"reason": "a\x00b"}, INVALID),
        ("RemoveGiftMessage", {"reason": None}, INVALID),
        ("ShowGiftMessage", {}, "gift_message_unknown"),
        ("ShowGiftMessage", {"giftId": "not-a-uuid"}, INVALID),
        ("ShowGiftMessage", {"reason": ""}, INVALID),
    ],
    ids=str,
)
async def test_moderation(
    world: World, scene: Scene, operation: str, change: dict[str, Any], code: str
) -> None:
    variables = await good_variables(world, scene, operation)
    token = world.token(scene["creator"], "creator operator:moderation")
    assert await outcome(world, operation, token, {"input": variables["input"] | change}) == code


async def test_nobody_blocks_themselves(world: World, scene: Scene) -> None:
    token = world.token(scene["creator"], "creator")
    given = {"input": {"userId": scene["creator"]}}
    assert await outcome(world, "BlockGifter", token, given) == INVALID


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"giftId": "not-a-uuid"}, INVALID),
        ({"giftId": ""}, INVALID),
        ({"giftId": None}, INVALID),
        ({"giftId": 7}, INVALID),
        ({"giftId": UNKNOWN}, "gift_unknown"),
        ({}, INVALID),
        ({"giftId": UNKNOWN, "surprise": True}, INVALID),
    ],
    ids=str,
)
async def test_undo_gift(world: World, scene: Scene, given: dict[str, Any], code: str) -> None:
    token = world.token(scene["viewer"])
    assert await outcome(world, "UndoGift", token, {"input": given}) == code


async def test_a_gift_of_somebody_else_is_not_undone(world: World, scene: Scene) -> None:
    """Not even by who got it."""
    token = world.token(scene["creator"])
    order = {"giftId": scene["gift"]}
    assert await outcome(world, "UndoGift", token, {"input": order}) == "gift_unknown"


@pytest.mark.parametrize(
    "given", [{"accept": None}, {"accept": "yes"}, {"accept": 1}, {}, None], ids=str
)
async def test_accept_gifts(world: World, scene: Scene, given: Any) -> None:
    token = world.token(scene["creator"], "creator")
    assert await outcome(world, "AcceptGifts", token, {"input": given}) == INVALID


@pytest.mark.parametrize("operation", ["Purchase", "Gift"])
async def test_ids_that_nothing_has(world: World, scene: Scene, operation: str) -> None:
    """What is unknown and what is another's look the same."""
    theirs = scene["purchase" if operation == "Purchase" else "gift"]
    owner, stranger = world.token(scene["viewer"]), world.token("stranger")
    assert await outcome(world, operation, owner, {"id": str(uuid4())}) is None
    assert await outcome(world, operation, stranger, {"id": theirs}) is None
    for malformed in ("not-a-uuid", "", None, 5, theirs + "0"):
        assert await outcome(world, operation, owner, {"id": malformed}) == INVALID


@pytest.mark.parametrize("malformed", ["", "a b", "x" * 65, "\x00", "caf\u00e9"], ids=ascii)
async def test_a_creator_who_cannot_be(world: World, scene: Scene, malformed: str) -> None:
    token = world.token(scene["creator"], "creator")
    assert await outcome(world, "Creator", token, {"id": malformed}) is None
