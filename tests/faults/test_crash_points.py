"""kill -9 at every step of every service leaves each gift settled once (T4).

All processes that meet a step die at it together, each at its own work on the same gifts.
"""

import asyncio
from uuid import uuid4

import pytest

from chassis.testing.eventually import eventually
from support.crash_points import CrashPoints
from support.flow import flowing
from support.quarantining import decide, freeze
from support.regretting import undo
from support.reversing import buy_and_give, earned, gift_becomes, refund_minor
from support.world import PATIENCE_S, World, patiently

pytestmark = pytest.mark.stack

WORKERS = ("wallet-worker", "gifts-worker", "payouts-worker")

STEPS = {
    "before_fetch": WORKERS,
    "after_decode": WORKERS,
    "before_apply": WORKERS,
    "after_apply": WORKERS,
    "after_outbox": (*WORKERS, "gifts-api"),
    "after_commit": (*WORKERS, "gifts-api"),
    "before_send": WORKERS,
    "after_send": WORKERS,
    "before_write": ("gifts-api",),
}
"""Who meets which step on the way of a gift."""


@pytest.mark.parametrize("step", STEPS)
async def test_gifts_survive_the_death_of_all_at_a_step(
    world: World, crash_points: CrashPoints, step: str
) -> None:
    async with flowing(world) as flow:
        for process in STEPS[step]:
            crash_points.arm(process, step)
        await crash_points.reached(STEPS[step])
        await flow.moves(12)

    assert flow.statuses().keys() <= {"SENT", "REFUSED"}


@pytest.mark.parametrize("step", ["after_outbox", "after_commit"])
async def test_a_purchase_survives_the_death_of_who_credits_it(
    world: World, crash_points: CrashPoints, step: str
) -> None:
    """The provider tells of the payment again, and the coins are credited once (E18)."""
    bundle = (await world.bundles())[0]
    checkouts = {
        viewer: await world.check_out(viewer, bundle["id"])
        for viewer in (f"buyer-{uuid4()}" for _ in range(3))
    }

    crash_points.arm("wallet-api", step)
    for checkout in checkouts.values():
        await world.client.press(checkout["checkoutUrl"], "pay")
    await crash_points.reached(["wallet-api"])

    await asyncio.gather(
        *(
            world.purchase(viewer, checkout["id"], until="CREDITED")
            for viewer, checkout in checkouts.items()
        )
    )

    coins = bundle["coins"] + bundle["bonusCoins"]
    assert [await world.balance(viewer) for viewer in checkouts] == [coins] * 3


REVERSAL_STEPS = {
    "after_apply": WORKERS,
    # The wallet ends the chain: it settles what payouts answers and tells nobody.
    "after_outbox": ("gifts-worker", "payouts-worker"),
    "after_commit": ("gifts-worker", "payouts-worker"),
    "before_send": WORKERS,
    "after_send": WORKERS,
}


@pytest.mark.parametrize("step", REVERSAL_STEPS)
async def test_a_reversal_survives_the_death_of_all_at_a_step(
    world: World, crash_points: CrashPoints, step: str
) -> None:
    """From the wallet to gifts, to payouts and back: it finishes once (E02)."""
    creators = [await world.creator() for _ in range(3)]
    viewer = await world.viewer(coins=0)
    purchase_id, gifts = await buy_and_give(world, viewer, creators)
    for creator in creators:
        await earned(world, creator, coins=10)

    for process in REVERSAL_STEPS[step]:
        crash_points.arm(process, step)
    await refund_minor(world, purchase_id)
    await crash_points.reached(REVERSAL_STEPS[step], within_s=60)

    for creator, gift in zip(creators, gifts, strict=True):
        await gift_becomes(world, viewer, gift["id"], "REVERSED")
        await earned(world, creator, coins=0)


@pytest.mark.parametrize("step", ["before_apply", *REVERSAL_STEPS])
async def test_an_undo_survives_the_death_of_all_at_a_step(
    world: World, crash_points: CrashPoints, step: str
) -> None:
    """From gifts to the wallet, to gifts, to payouts and back: it finishes once (I11)."""
    creator, viewer = await world.creator(), await world.viewer()
    before = await world.balance(viewer)
    gift = await world.give(viewer, creator)
    await eventually(
        lambda: patiently(lambda: world.ask("Creator", creator, id=creator)),
        until=lambda seen: seen["earnings"]["lifetime"]["microDiamonds"] > 0,
        within_s=PATIENCE_S,
    )

    for process in WORKERS:
        crash_points.arm(process, step)
    await undo(world, viewer, gift["id"])
    await crash_points.reached(WORKERS, within_s=60)

    await gift_becomes(world, viewer, gift["id"], "REVERSED")
    await earned(world, creator, coins=0)
    assert await world.balance(viewer) == before
    assert (await undo(world, viewer, gift["id"]))["status"] == "REVERSED"


@pytest.mark.parametrize("step", ["before_apply", *REVERSAL_STEPS])
async def test_a_return_survives_the_death_of_all_at_a_step(
    world: World, crash_points: CrashPoints, step: str
) -> None:
    """From payouts to gifts, to the wallet, to gifts, to payouts and back: it finishes once."""
    creator, viewer = await world.creator(), await world.viewer()
    before = await world.balance(viewer)
    gift = await world.give(viewer, creator)
    frozen = await freeze(world, creator, gift["id"])

    for process in WORKERS:
        crash_points.arm(process, step)
    await decide(world, frozen, "ReturnQuarantinedGift")
    await crash_points.reached(WORKERS, within_s=60)

    await gift_becomes(world, viewer, gift["id"], "REVERSED")
    await earned(world, creator, coins=0)
    assert await world.balance(viewer) == before
    assert (await decide(world, frozen, "ReturnQuarantinedGift"))["status"] == "RETURNED"
