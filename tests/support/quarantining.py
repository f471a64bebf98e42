"""Gifts that their creators freeze, and operators who decide."""

from chassis.ids import uuid7
from chassis.testing.eventually import eventually
from support.world import PATIENCE_S, Answer, World, patiently

_HELD = """query ($id: ID!) { creator(id: $id) { earnings {
  held { microDiamonds } pending { microDiamonds } lifetime { microDiamonds }
} } }"""


async def freeze(
    world: World, creator: str, gift_id: str, quarantine_id: str | None = None
) -> Answer:
    """Freeze a gift, as soon as payouts know it; the quarantine as it is shown then."""
    order = {"quarantineId": quarantine_id or str(uuid7()), "giftId": gift_id}
    answer = await eventually(
        lambda: patiently(lambda: world.ask("QuarantineGift", creator, input=order)),
        until=lambda answer: answer.get("code") != "received_gift_unknown",
        within_s=PATIENCE_S,
    )
    assert answer["__typename"] == "QuarantineGiftPayload", answer
    return answer["gift"]["quarantine"]


async def decide(world: World, quarantine: Answer, how: str) -> Answer:
    """Let as many operators as it takes decide on a frozen gift, by the document named `how`."""
    order = {"quarantineId": quarantine["id"], "reason": "the bank has called"}
    for operator in ("otto", "olga"):
        token = world.token(operator, "operator:payouts")
        answer = await patiently(lambda token=token: world.client.ask(how, token, input=order))
        if answer.get("code") != "approval_needed":
            break
    assert answer["__typename"] == f"{how}Payload", answer
    return answer["quarantine"]


async def diamonds(world: World, creator: str) -> dict[str, int]:
    """What of a creator's is held and pending, and all of it, in micro-diamonds."""
    response = await world.http.post(
        world.stack.addresses.graphql,
        json={"query": _HELD, "variables": {"id": creator}},
        headers={"authorization": f"Bearer {world.token(creator, 'viewer creator')}"},
    )
    earnings = response.json()["data"]["creator"]["earnings"]
    return {name: earnings[name]["microDiamonds"] for name in ("held", "pending", "lifetime")}
