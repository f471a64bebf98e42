"""`setSpendLimits`, and what the user sees of limits."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.db import Pool, transaction
from local_stack.operations import documents
from wallet.commands.publish_spend_policy import publish_spend_policy
from wallet.domain.limits import SpendPolicy, SpendPolicyRefusedError
from wallet.testing.buying import first_spend_policies
from wallet.testing.charging import SettableClock

type Ask = Any
type Contents = Any

SET = documents()["SetSpendLimits"]
ME = """{ me {
  spendLimits { dayCoins weekCoins perCreatorDayCoins }
  pendingSpendLimits { effectiveAt dayCoins }
} }"""

DAY = timedelta(hours=24)


def terms(day: int | None, week: int | None = None, creator: int | None = None) -> dict[str, Any]:
    return {"dayCoins": day, "weekCoins": week, "perCreatorDayCoins": creator}


async def set_limits(ask: Ask, given: dict[str, Any], **caller: Any) -> dict[str, Any]:
    body = await ask(SET, {"input": given}, **caller)
    assert "errors" not in body, body
    return body["data"]["setSpendLimits"]


async def test_lower_at_once_and_higher_after_the_cooling_off(
    ask: Ask, clock: SettableClock
) -> None:
    first = await set_limits(ask, terms(100, 300, 50))
    raised = await set_limits(ask, terms(200, 300, 40))

    assert first == {
        "__typename": "SetSpendLimitsPayload",
        "limits": terms(100, 300, 50),
        "pending": None,
    }
    assert raised == {
        "__typename": "SetSpendLimitsPayload",
        "limits": terms(100, 300, 40),
        "pending": {"effectiveAt": (clock.at + DAY).isoformat(), **terms(200, 300, 40)},
    }
    seen = (await ask(ME))["data"]["me"]
    assert seen == {
        "spendLimits": terms(100, 300, 40),
        "pendingSpendLimits": {"effectiveAt": (clock.at + DAY).isoformat(), "dayCoins": 200},
    }
    clock.advance(DAY)
    assert (await ask(ME))["data"]["me"] == {
        "spendLimits": terms(200, 300, 40),
        "pendingSpendLimits": None,
    }


async def test_a_limit_goes_a_week_after_it_was_taken_off(ask: Ask, clock: SettableClock) -> None:
    """Who leaves a limit out wants none."""
    await set_limits(ask, {"dayCoins": 100})

    taken_off = await set_limits(ask, {})

    assert taken_off["limits"] == terms(100)
    assert taken_off["pending"] == {
        "effectiveAt": (clock.at + 7 * DAY).isoformat(),
        **terms(None),
    }


async def test_a_retry_changes_nothing(ask: Ask, clock: SettableClock, contents: Contents) -> None:
    await set_limits(ask, terms(100))
    first = await set_limits(ask, terms(200))
    before = await contents()
    clock.advance(timedelta(hours=1))

    again = await set_limits(ask, terms(200))

    assert again == first
    assert await contents() == before


async def test_who_has_no_limits_sees_none(ask: Ask) -> None:
    assert (await ask(ME))["data"]["me"] == {
        "spendLimits": terms(None),
        "pendingSpendLimits": None,
    }


@pytest.mark.parametrize("coins", [0, -1, -(2**53) + 1])
async def test_no_limit_below_one_coin(ask: Ask, contents: Contents, coins: int) -> None:
    await set_limits(ask, terms(100))
    before = await contents()

    for given in (terms(coins), terms(50, coins), terms(50, 50, coins)):
        refused = await set_limits(ask, given)
        assert (refused["__typename"], refused["code"]) == ("InvalidLimit", "invalid_limit")

    assert await contents() == before


@pytest.mark.parametrize("coins", [2**53, 1.5, "100", True])
async def test_what_is_no_number_of_coins_is_bad_input(
    ask: Ask, contents: Contents, coins: object
) -> None:
    before = await contents()

    body = await ask(SET, {"input": {"dayCoins": coins}})

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await contents() == before


async def test_the_highest_limit_is_one(ask: Ask) -> None:
    assert (await set_limits(ask, terms(2**53 - 1)))["limits"] == terms(2**53 - 1)


# ---------------------------------------------------------------------- guardians


async def test_a_ward_lowers_and_the_guardian_raises(
    ask: Ask, contents: Contents, clock: SettableClock
) -> None:
    """And a ward who asks for one lower and one higher limit gets neither."""
    lowered = await set_limits(ask, terms(100, 300), supervised=True)
    before = await contents()

    refused = await set_limits(ask, terms(50, 301), supervised=True)
    assert (refused["__typename"], refused["code"]) == ("GuardianRequired", "guardian_required")
    taken_off = await set_limits(ask, {}, supervised=True)
    assert taken_off["code"] == "guardian_required"
    assert await contents() == before

    raised = await set_limits(ask, {**terms(200, 300), "userId": "ann"}, sub="gus", wards=["ann"])
    assert lowered["limits"] == raised["limits"] == terms(100, 300)
    assert raised["pending"]["effectiveAt"] == (clock.at + DAY).isoformat()


async def test_a_ward_may_ask_for_what_the_guardian_has_granted(ask: Ask) -> None:
    await set_limits(ask, terms(100), supervised=True)
    granted = {**terms(200), "userId": "ann"}
    raised = await set_limits(ask, granted, sub="gus", wards=["ann"])

    again = await set_limits(ask, terms(200), supervised=True)

    assert again == raised


async def test_a_guardian_is_on_record(ask: Ask, shop: Pool) -> None:
    await set_limits(ask, {**terms(100), "userId": "ann"}, sub="gus", wards=["ann"])

    rows = await shop.fetch("SELECT set_by, policy_version, account_version FROM spend_limits")

    assert [tuple(row) for row in rows] == [("gus", 1, 0)]
    assert (await ask(ME))["data"]["me"]["spendLimits"] == terms(100)
    assert (await ask(ME, sub="gus"))["data"]["me"]["spendLimits"] == terms(None)


@pytest.mark.parametrize(
    "caller",
    [
        {"sub": "mallory"},
        {"sub": "mallory", "wards": ["bob"]},
        {"sub": "mallory", "scope": "viewer operator:audit operator:refunds"},
    ],
    ids=["a stranger", "another's guardian", "an operator"],
)
async def test_nobody_sets_the_limits_of_others(
    ask: Ask, contents: Contents, caller: dict[str, Any]
) -> None:
    before = await contents()

    body = await ask(SET, {"input": {"dayCoins": 1, "userId": "ann"}}, **caller)

    assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await contents() == before


# ---------------------------------------------------------------------- races and rules


async def test_changes_at_once_take_turns(ask: Ask, shop: Pool) -> None:
    """Twenty at the same time: every one is a version, and the lowest of all holds."""
    answers = await asyncio.gather(*[set_limits(ask, terms(coins)) for coins in range(100, 120)])

    assert {answer["__typename"] for answer in answers} == {"SetSpendLimitsPayload"}
    assert (await ask(ME))["data"]["me"]["spendLimits"] == terms(100)
    versions = await shop.fetch("SELECT version FROM spend_limits ORDER BY version")
    assert [row[0] for row in versions] == list(range(1, len(versions) + 1))


async def test_a_policy_published_again_is_left_alone(shop: Pool) -> None:
    async with transaction(shop) as conn:
        assert await publish_spend_policy(conn, first_spend_policies()) == []


async def test_a_policy_never_changes(shop: Pool) -> None:
    first, *_ = first_spend_policies()
    other = SpendPolicy(1, first.effective_from, 1, 1)

    with pytest.raises(SpendPolicyRefusedError, match="differs"):
        async with transaction(shop) as conn:
            await publish_spend_policy(conn, [other])


async def test_a_new_policy_holds_from_its_day(ask: Ask, shop: Pool, clock: SettableClock) -> None:
    """What waited before goes on waiting as it was promised (E43)."""
    *_, last = first_spend_policies()
    clock.at = max(clock.at, last.effective_from)
    policy = SpendPolicy(last.version + 1, clock.at + DAY, 48, 168)
    async with transaction(shop) as conn:
        await publish_spend_policy(conn, [*first_spend_policies(), policy])
    await set_limits(ask, terms(100, 100))
    before = await set_limits(ask, terms(200, 100))
    clock.advance(DAY)

    after = await set_limits(ask, terms(200, 200))

    assert before["pending"]["effectiveAt"] == clock.at.isoformat()
    assert after["limits"] == terms(200, 100)
    assert after["pending"]["effectiveAt"] == (clock.at + 2 * DAY).isoformat()
