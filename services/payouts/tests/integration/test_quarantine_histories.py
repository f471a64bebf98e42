"""Whatever happens to a gift, freezing it has changed nothing once it is decided (I11).

Two creators are given the same, and the same is taken back of both. One freezes gifts, which are
released or returned at some time; the other does not, and what was returned is undone.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.db import Pool, transaction
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from contracts.gifts.v1 import GiftReversed, GiftSent
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.domain.earnings import Earnings
from payouts.domain.quarantine import Quarantine
from payouts.domain.refusals import QuarantineOverError
from payouts.store.earnings import select_earnings
from payouts.testing import (
    SENT_AT,
    a_gift,
    a_rate,
    a_slice,
    altered,
    assert_books_balance,
    given_back,
    taken_back,
)
from payouts.testing.paying import some_terms
from payouts.testing.quarantining import freeze, give_back, let_go, quarantine_of
from payouts.testing.telling import deliver

FREEZES, DOES_NOT = "star", "moon"
_ANY = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), st.integers(1, 12), st.integers(0, 9)),
        st.tuples(st.just("give"), st.integers(1, 12), st.integers(0, 9)),
        st.tuples(st.just("freeze"), _ANY, _ANY),
        st.tuples(st.just("freeze"), _ANY, _ANY),
        st.tuples(st.just("take back"), _ANY, st.integers(1, 12)),
        st.tuples(st.just("take back"), _ANY, st.integers(1, 12)),
        st.tuples(st.just("reinstate"), _ANY, st.integers(1, 12)),
        st.tuples(st.just("release"), _ANY, _ANY),
        st.tuples(st.just("return"), _ANY, _ANY),
        st.tuples(st.just("undo"), _ANY, _ANY),
        st.tuples(st.just("wait"), st.integers(1, 4), _ANY),
    ),
    min_size=8,
    max_size=30,
)


class Given(NamedTuple):
    """The same gift, to who freezes and to who does not."""

    frozen: GiftSent
    other: GiftSent


@dataclass
class World:
    """What can still happen."""

    pool: Pool
    now: datetime = SENT_AT
    gifts: list[Given] = field(default_factory=list[Given])
    taken: list[tuple[GiftReversed, GiftReversed]] = field(
        default_factory=list[tuple[GiftReversed, GiftReversed]]
    )
    asked: Counter[tuple[UUID, int]] = field(default_factory=Counter[tuple[UUID, int]])
    """Coins of a gift's lot that are taken back."""
    returned: Counter[UUID] = field(default_factory=Counter[UUID])
    """Coins of reversals that were given back."""
    undone: set[UUID] = field(default_factory=set[UUID])
    quarantines: list[tuple[Given, Quarantine]] = field(
        default_factory=list[tuple[Given, Quarantine]]
    )


@pytest.mark.timeout(600)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_a_freeze_changes_nothing_in_the_end(
    servers: Servers, steps: Sequence[tuple[str, int, int]]
) -> None:
    asyncio.run(play(servers.postgres_dsn, steps))


async def play(server_dsn: str, steps: Sequence[tuple[str, int, int]]) -> None:
    async with migrated(server_dsn, "payouts.migrations", connections_max=2) as database:
        async with transaction(database.pool) as conn:
            await publish_rates(conn, [a_rate()], now=clock.now())
            await publish_terms(conn, [some_terms()], now=clock.now())
        world = World(database.pool)
        for kind, one, two in (("give", 7, 3), ("freeze", 0, 0), *steps):
            await act(world, kind, one, two)
            await assert_books_balance(world.pool)
            frozen, other = await earnings(world)
            # Held diamonds would be in one of the two; nothing else differs at any time.
            for of_frozen, of_other in (
                (frozen.pending, other.pending),
                (frozen.available, other.available),
            ):
                assert of_frozen.micro_diamonds <= of_other.micro_diamonds
            assert frozen.lifetime == other.lifetime
        for _, quarantine in world.quarantines:
            if (await quarantine_now(world, quarantine)).ended_at is None:
                await let_go(world.pool, quarantine, at=world.now)
        frozen, other = await earnings(world)
        assert frozen == other
        assert frozen.held.micro_diamonds == 0
        assert await clawed(world, FREEZES) == await clawed(world, DOES_NOT)
        await assert_books_balance(world.pool)


async def act(world: World, kind: str, one: int, two: int) -> None:
    if kind == "give":
        await give(world, one, two)
    elif kind == "wait":
        world.now += timedelta(days=one)
    elif kind == "reinstate":
        await reinstate(world, one, two)
    elif kind in ("release", "return"):
        await decide(world, one, kind)
    else:
        each = world.gifts[one % len(world.gifts)]
        if each.frozen.gift_id in world.undone:
            return
        if kind == "freeze":
            await try_to_freeze(world, each)
        elif kind == "take back":
            await take_back(world, each, two)
        else:
            await undo(world, each, "undo")


async def give(world: World, coins: int, days: int) -> None:
    """Of three lots, whose payments are safe at different times."""
    slices = [
        a_slice(coins, lot_id=1, refundable_until=world.now + timedelta(days=days)),
        a_slice(coins + 1, "bonus", lot_id=2, refundable_until=world.now + timedelta(days=days)),
        a_slice(3, "granted", lot_id=3, refundable_until=world.now),
    ]
    gifts = [
        altered(a_gift(slices=slices, sent_at=world.now), creator_id=creator_id)
        for creator_id in (FREEZES, DOES_NOT)
    ]
    await deliver(world.pool, *gifts, at=world.now)
    world.gifts.append(Given(*gifts))


async def try_to_freeze(world: World, each: Given) -> None:
    if any(known is each for known, _ in world.quarantines):
        return
    try:
        done = await freeze(world.pool, each.frozen, at=world.now)
    except QuarantineOverError:
        return
    world.quarantines.append((each, done.quarantine))


async def take_back(world: World, each: Given, coins: int) -> None:
    """So many coins of one of its lots, or what is left."""
    part = each.frozen.slices[coins % 3]
    left = part.coins - world.asked[each.frozen.gift_id, part.lot_id]
    if not left:
        return
    taken = [taken_back(gift, min(coins, left), at=world.now, lot_id=part.lot_id) for gift in each]
    await deliver(world.pool, *taken, at=world.now)
    world.asked[each.frozen.gift_id, part.lot_id] += min(coins, left)
    world.taken.append((taken[0], taken[1]))


async def reinstate(world: World, which: int, coins: int) -> None:
    if not world.taken:
        return
    pair = world.taken[which % len(world.taken)]
    left = pair[0].coins - world.returned[pair[0].reversal_id]
    if not left or pair[0].gift_id in world.undone:
        return
    coins = min(coins, left)
    await deliver(
        world.pool, *(given_back(each, coins, at=world.now) for each in pair), at=world.now
    )
    world.returned[pair[0].reversal_id] += coins
    world.asked[pair[0].gift_id, pair[0].lot_id] -= coins


async def decide(world: World, which: int, kind: str) -> None:
    if not world.quarantines:
        return
    each, quarantine = world.quarantines[which % len(world.quarantines)]
    if (await quarantine_now(world, quarantine)).status != "FROZEN":
        return
    if kind == "release":
        await let_go(world.pool, quarantine, at=world.now)
        return
    assert await give_back(world.pool, quarantine, at=world.now) is not None
    await undo(world, each, "quarantine")


async def undo(world: World, each: Given, reason: str) -> None:
    """By the wallet: all that is not taken back, lot by lot."""
    world.undone.add(each.frozen.gift_id)
    left = {
        part.lot_id: part.coins - world.asked[each.frozen.gift_id, part.lot_id]
        for part in each.frozen.slices
    }
    for gift, said in ((each.frozen, reason), (each.other, "undo")):
        legs = [
            taken_back(gift, coins, at=world.now, lot_id=lot_id, reason=said)
            for lot_id, coins in left.items()
            if coins
        ]
        await deliver(world.pool, *legs, at=world.now)


async def quarantine_now(world: World, quarantine: Quarantine) -> Quarantine:
    [gift] = [each.frozen for each, found in world.quarantines if found is quarantine]
    return await quarantine_of(world.pool, gift)


async def earnings(world: World) -> tuple[Earnings, Earnings]:
    async with world.pool.acquire() as conn:
        found = await select_earnings(conn, [FREEZES, DOES_NOT], world.now.date())
    return found[FREEZES], found[DOES_NOT]


async def clawed(world: World, creator_id: str) -> list[tuple[object, ...]]:
    """What was taken and given back, in order."""
    rows = await world.pool.fetch(
        "SELECT lot_id, coins, covered_coins, micro_diamonds, matures_on, cause_id = reversal_id"
        " FROM clawback WHERE creator_id = $1 ORDER BY seq",
        creator_id,
    )
    return [tuple(row) for row in rows]
