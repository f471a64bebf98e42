"""Gifts that their senders undo."""

from support.world import Answer, World, patiently


async def undo(world: World, viewer: str, gift_id: str) -> Answer:
    """Undo a gift; the gift as it is shown then."""
    answer = await patiently(lambda: world.ask("UndoGift", viewer, input={"giftId": gift_id}))
    assert answer["__typename"] == "UndoGiftPayload", answer
    return answer["gift"]
