"""Spend limits from end to end: set, met, told, raised by a guardian."""

from datetime import datetime, timedelta

import pytest

from chassis import clock
from support.world import World

pytestmark = pytest.mark.stack

SEND_GIFT = """
mutation SendGift($input: SendGiftInput!) {
  sendGift(input: $input) {
    __typename
    ... on SpendLimitReached {
      code message limit neededCoins limitCoins spentCoins freesUpAt
    }
  }
}
"""


async def test_a_gift_that_does_not_fit_is_refused_with_its_numbers(world: World) -> None:
    """The wallet's limit reaches the sender through three services, and the gift's own page."""
    creator, viewer = await world.creator(), await world.viewer(coins=60)
    order = await world.order(creator)
    price_coins = order["quotedPriceCoins"]
    answer = await world.ask("SetSpendLimits", viewer, input={"dayCoins": 2 * price_coins - 1})
    assert answer == {
        "__typename": "SetSpendLimitsPayload",
        "limits": {
            "dayCoins": 2 * price_coins - 1,
            "weekCoins": None,
            "perCreatorDayCoins": None,
        },
        "pending": None,
    }
    began_at = clock.now()

    first = await world.ask("SendGift", viewer, input=order)
    again = await world.order(creator)
    response = await world.http.post(
        world.stack.addresses.graphql,
        json={"query": SEND_GIFT, "variables": {"input": again}},
        headers={"authorization": f"Bearer {world.token(viewer)}"},
        timeout=30,
    )

    assert first["gift"]["status"] == "SENT"
    refused = response.json()["data"]["sendGift"]
    frees_up_at = datetime.fromisoformat(refused.pop("freesUpAt"))
    assert timedelta() <= frees_up_at - began_at - timedelta(hours=24) < timedelta(minutes=5)
    assert refused == {
        "__typename": "SpendLimitReached",
        "code": "spend_limit_reached",
        "message": refused["message"],
        "limit": "DAY",
        "neededCoins": price_coins,
        "limitCoins": 2 * price_coins - 1,
        "spentCoins": price_coins,
    }
    retried = await world.ask("SendGift", viewer, input=again)
    assert (retried["__typename"], retried["code"]) == ("SpendLimitReached", "spend_limit_reached")
    gift = await world.ask("Gift", viewer, id=again["giftId"])
    assert (gift["status"], gift["refusal"]["code"]) == ("REFUSED", "spend_limit_reached")


async def test_nobody_gives_more_at_once_than_the_platform_lets_them(world: World) -> None:
    """C17: by where they live; with the numbers, and whether or not there are coins."""
    creator, viewer = await world.creator(), await world.viewer(coins=60)
    order = await world.order(creator, itemId="universe", quotedPriceCoins=44_999 * 2, count=2)
    korean = await world.order(creator, itemId="universe", quotedPriceCoins=44_999)
    balance = await world.balance(viewer)

    async def ask(token: str, order: dict[str, object]) -> dict[str, object]:
        response = await world.http.post(
            world.stack.addresses.graphql,
            json={"query": SEND_GIFT, "variables": {"input": order}},
            headers={"authorization": f"Bearer {token}"},
            timeout=30,
        )
        return response.json()["data"]["sendGift"]

    refused = await ask(world.token(viewer), order)
    stricter = await ask(world.token(viewer, region="KR"), korean)

    for answer, needed_coins, limit_coins in (
        (refused, 89_998, 50_000),
        (stricter, 44_999, 20_000),
    ):
        assert answer == {
            "__typename": "SpendLimitReached",
            "code": "spend_limit_reached",
            "message": f"No gift may cost more than {limit_coins} coins.",
            "limit": "PER_TRANSACTION",
            "neededCoins": needed_coins,
            "limitCoins": limit_coins,
            "spentCoins": 0,
            "freesUpAt": None,
        }
    assert await world.balance(viewer) == balance


async def test_whose_age_is_not_known_any_more_spends_nothing_and_keeps_all(world: World) -> None:
    """E31: bought while of age; then the token does not vouch for it, then it does again."""
    creator, viewer = await world.creator(), await world.viewer(coins=60)
    balance = await world.balance(viewer)
    order = await world.order(creator)
    unknown = world.token(viewer, age_verified=False)

    refused = await world.client.ask("SendGift", unknown, input=order)

    assert (refused["__typename"], refused["code"]) == ("NotEligible", "not_eligible")
    assert await world.balance(viewer) == balance
    sent = await world.ask("SendGift", viewer, input=order)
    assert sent["gift"]["status"] == "SENT"


async def test_only_a_guardian_raises_the_limits_of_a_ward(world: World) -> None:
    """Who is supervised and who minds whom stands in the tokens."""
    ward = await world.viewer("ward")
    token = world.token(ward, supervised=True)
    guardian = world.token("guardian", wards=[ward])

    async def ask(token: str, day_coins: int, **more: str) -> dict[str, object]:
        given = {"dayCoins": day_coins, **more}
        return await world.client.ask("SetSpendLimits", token, input=given)

    lowered = await ask(token, 50)
    refused = await ask(token, 51)
    raised = await ask(guardian, 51, userId=ward)

    assert lowered["__typename"] == "SetSpendLimitsPayload"
    assert refused["code"] == "guardian_required"
    assert raised["limits"] == lowered["limits"]
    pending = raised["pending"]
    assert isinstance(pending, dict)
    assert pending["dayCoins"] == 51
    waits = datetime.fromisoformat(pending["effectiveAt"]) - clock.now()
    assert timedelta(hours=23) < waits <= timedelta(hours=24)
