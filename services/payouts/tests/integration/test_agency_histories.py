"""Random gifts, clawbacks, contracts, payouts, returns and commissions, beside a slow model (C47).

After each step the creator and every agency have what the model says, and each payout is split into
parts that are all of it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import clock
from chassis.batch import Batch, Received
from chassis.db import Pool, transaction
from chassis.testing.databases import migrated
from chassis.testing.plugin import Servers
from contracts.event import Event
from contracts.gifts.v1 import GIFT, GiftReversed, GiftSent
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.consumers.gift_sent import GiftHandler
from payouts.domain.agency import Contract
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import MOVES, Payout, PayoutStatus
from payouts.domain.refusals import (
    AgencySharesExceededError,
    CommissionBelowMinimumError,
    DomainError,
    FeesExceedPayoutError,
    InsufficientCommissionsError,
    InsufficientDiamondsError,
    PayoutBelowMinimumError,
)
from payouts.store.commissions import select_by_creator, select_of_payouts
from payouts.store.earnings import select_earnings
from payouts.testing import (
    SENT_AT,
    a_gift,
    a_rate,
    a_slice,
    assert_books_balance,
    given_back,
    taken_back,
)
from payouts.testing.agency_model import (
    AgencyModel,
    Agreement,
    Collection,
    Gift,
    Money,
    Payment,
)
from payouts.testing.agreeing import (
    HOLD,
    answer,
    assert_commissions_balance,
    balances,
    collect,
    end,
    moved,
    propose,
)
from payouts.testing.paying import (
    CREATOR,
    add_method,
    assert_payouts_balance,
    request,
    review,
    some_details,
    some_terms,
    some_withholding,
)

LIMIT_MINOR = 2**50
MOST_BPS = 5_000
AGENCIES = ("sol", "luna", "mars")
CURRENCIES = (Money("USD", 1, 1), Money("HUF", 360, 100))
"""Cents, and forints, of which banks take whole ones (E45)."""
RELEASED = ("CANCELED", "FAILED", "RETURNED")

_ANY = st.integers(0, 9)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(20_000, 600_000), st.integers(0, 9)),
        st.tuples(st.just("take back"), _ANY, st.booleans()),
        st.tuples(st.just("agree"), _ANY, st.integers(1, 3_500)),
        st.tuples(st.just("part"), _ANY, _ANY),
        st.tuples(st.just("request"), st.integers(1, 110), _ANY),
        st.tuples(st.just("be paid"), st.integers(1, 40), _ANY),
        st.tuples(st.just("be paid"), st.integers(1, 40), _ANY),
        st.tuples(st.just("return"), _ANY, _ANY),
        st.tuples(st.just("move"), _ANY, _ANY),
        st.tuples(st.just("collect"), _ANY, st.integers(40, 110)),
        st.tuples(st.just("collect"), _ANY, st.integers(40, 110)),
        st.tuples(st.just("wait"), st.sampled_from([31, 31, 3, 1]), _ANY),
    ),
    min_size=20,
    max_size=50,
)
BEGINNING = (
    ("earn", 2_000_000, 0),
    ("agree", 0, 1_667),
    ("agree", 1, 333),
    ("wait", 2, 0),
    ("be paid", 20, 0),
    ("wait", 32, 0),
)
"""So that from the first step on there is something to split."""


class Given(NamedTuple):
    """A gift, as the model has it and as it was told of, and what took it back last."""

    gift: Gift
    told: GiftSent
    reversals: list[GiftReversed]


@dataclass
class World:
    """The product and the model, side by side."""

    pool: Pool
    model: AgencyModel
    methods: Mapping[str, PayoutMethod]
    """Of the creator and of agencies."""
    now: datetime
    gifts: list[Given] = field(default_factory=list[Given])
    contracts: list[tuple[Contract, Agreement]] = field(
        default_factory=list[tuple[Contract, Agreement]]
    )
    payouts: list[Payout] = field(default_factory=list[Payout])
    """The creator's and the agencies'."""


@pytest.mark.timeout(600)
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(money=st.sampled_from(CURRENCIES), steps=STEPS)
def test_everybody_has_their_part(
    servers: Servers, money: Money, steps: Sequence[tuple[str, int, int]]
) -> None:
    asyncio.run(play(servers.postgres_dsn, money, steps))


async def play(server_dsn: str, money: Money, steps: Sequence[tuple[str, int, int]]) -> None:
    async with migrated(server_dsn, "payouts.migrations", connections_max=2) as database:
        pool = database.pool
        async with transaction(pool) as conn:
            await publish_rates(conn, [a_rate()], now=clock.now())
            terms = some_terms(
                day_max_minor=LIMIT_MINOR,
                week_max_minor=LIMIT_MINOR,
                commission_max_bps=MOST_BPS,
                commission_hold_days=HOLD.days,
            )
            await publish_terms(conn, [terms], now=clock.now())
            await publish_withholding(conn, [some_withholding()], now=clock.now())
        methods: dict[str, PayoutMethod] = {}
        for user_id in (CREATOR, *AGENCIES):
            await review(pool, creator_id=user_id, at=SENT_AT)
            details = some_details(currency=money.name)
            methods[user_id] = await add_method(pool, details, creator_id=user_id, at=SENT_AT)
        world = World(pool, AgencyModel(money, MOST_BPS, HOLD), methods, SENT_AT)
        for step in (*BEGINNING, *steps):
            # No two things happen at once, so that there is an order between contracts.
            world.now += timedelta(seconds=1)
            await act(world, *step)
            await compare(world)
        await assert_books_balance(pool)
        await assert_payouts_balance(pool)
        await assert_commissions_balance(pool)


async def act(world: World, kind: str, one: int, two: int) -> None:
    match kind:
        case "earn":
            await earn(world, one, two)
        case "take back":
            await take_back(world, one, reinstate=bool(two))
        case "agree":
            await sign(world, one, two)
        case "part":
            await part(world, one)
        case "request":
            await ask(world, one)
        case "be paid":
            if await ask(world, one):
                for status in (PayoutStatus.SUBMITTED, PayoutStatus.PAID):
                    await move(world, len(world.payouts) - 1, status)
        case "return":
            await give_back(world, one)
        case "move":
            await push(world, one, *sorted(PayoutStatus)[two % 8 :])
        case "collect":
            if await ask_for_commissions(world, one, two) and two % 2:
                for status in (PayoutStatus.SUBMITTED, PayoutStatus.PAID):
                    await move(world, len(world.payouts) - 1, status)
        case _:
            world.now += timedelta(days=one)


# -------------------------------------------------------------------------- steps


async def deliver(world: World, event: Event) -> None:
    batch = Batch(GIFT.name, [Received(event, 0, 0, None)], 0)
    async with transaction(world.pool) as conn:
        await GiftHandler(now=lambda: world.now).apply(conn, batch)
    assert batch.set_aside_reasons == {}


async def earn(world: World, coins: int, days: int) -> None:
    until = world.now + timedelta(days=days)
    told = a_gift(slices=[a_slice(coins, refundable_until=until)], sent_at=world.now)
    await deliver(world, told)
    # Sent after noon: the day on which the window ends is not over yet.
    gift = Gift(coins * 500_000, until.date() + timedelta(days=1))
    world.model.gifts.append(gift)
    world.gifts.append(Given(gift, told, []))


async def take_back(world: World, which: int, *, reinstate: bool) -> None:
    """Take back what can be, or give back what was taken."""
    if not world.gifts:
        return
    gift, told, reversals = world.gifts[which % len(world.gifts)]
    if reinstate and reversals:
        last = reversals.pop()
        back = given_back(last, at=world.now)
        await deliver(world, back)
        gift.is_taken_back = False
    elif not reinstate and not reversals:
        reversal = taken_back(told, told.price_coins, at=world.now)
        await deliver(world, reversal)
        reversals.append(reversal)
        gift.is_taken_back = world.now.date() < gift.safe_on


async def sign(world: World, which: int, bps: int) -> None:
    """From now on, or from a day ahead."""
    begins = world.now + timedelta(days=which // 5)
    agreement = Agreement(AGENCIES[which % len(AGENCIES)], bps, begins)
    possible = world.model.can_agree(agreement, world.now)
    try:
        proposed = await propose(
            world.pool,
            bps,
            agency_id=agreement.agency_id,
            effective_from=begins,
            at=world.now,
        )
        contract = await answer(world.pool, proposed.contract)
    except AgencySharesExceededError:
        assert not possible
    else:
        assert possible
        world.model.agreements.append(agreement)
        world.contracts.append((contract, agreement))


async def part(world: World, which: int) -> None:
    if world.contracts:
        contract, agreement = world.contracts.pop(which % len(world.contracts))
        await end(world.pool, contract, at=world.now)
        agreement.ended = world.now


async def ask(world: World, percent: int) -> bool:
    """For a share of what there is, or more; whether there is a payout."""
    model, now = world.model, world.now
    free = model.available(now)
    wanted = max(free * percent // 100, 1)
    gross_minor = model.gross_minor(wanted)
    own_minor, parts_minor = model.split(gross_minor, now)
    refused: DomainError | None = None
    try:
        payout = (await request(world.pool, world.methods[CREATOR], wanted, at=now)).payout
    except (InsufficientDiamondsError, PayoutBelowMinimumError, FeesExceedPayoutError) as error:
        payout, refused = None, error
    fees = some_terms().currencies[model.money.name]
    if wanted > free:
        assert isinstance(refused, InsufficientDiamondsError)
        assert refused.available_micro_diamonds == free
    elif gross_minor < fees.minimum_minor:
        assert isinstance(refused, PayoutBelowMinimumError)
    elif left_minor(model.money, own_minor) <= 0:
        assert isinstance(refused, FeesExceedPayoutError)
    if payout is None:
        return False
    assert left_minor(model.money, own_minor) == payout.net_minor
    assert payout.micro_diamonds == model.micro_diamonds(gross_minor)
    assert (payout.gross_minor, payout.own_minor) == (gross_minor, own_minor)
    model.payments[payout.payout_id] = Payment(payout.micro_diamonds, parts_minor)
    world.payouts.append(payout)
    return True


def left_minor(money: Money, own_minor: int) -> int:
    """Of the creator's part after fees; a fraction of an increment is theirs."""
    terms = some_terms().currencies[money.name]
    proportional = own_minor * terms.fee_bps // (10_000 * money.increment_minor)
    return own_minor - terms.fixed_fee_minor - proportional * money.increment_minor


async def ask_for_commissions(world: World, which: int, percent: int) -> bool:
    """For a share of what an agency can be paid, or more; whether there is a payout."""
    model, agency_id = world.model, AGENCIES[which % len(AGENCIES)]
    increment_minor = model.money.increment_minor
    available_minor, _ = model.owed(agency_id, world.now)
    units = max(available_minor * percent // 100 // increment_minor, 1)
    amount_minor = units * increment_minor
    refused: DomainError | None = None
    try:
        collected = await collect(world.pool, world.methods[agency_id], amount_minor, at=world.now)
    except (InsufficientCommissionsError, CommissionBelowMinimumError) as error:
        collected, refused = None, error
    if amount_minor > available_minor:
        assert isinstance(refused, InsufficientCommissionsError)
        assert refused.available_minor == available_minor
    elif amount_minor < some_terms().currencies[model.money.name].minimum_minor:
        assert isinstance(refused, CommissionBelowMinimumError)
    if collected is None:
        return False
    model.collections[collected.payout.payout_id] = Collection(agency_id, amount_minor)
    world.payouts.append(collected.payout)
    return True


async def push(world: World, which: int, *wanted: PayoutStatus) -> None:
    """Move one of the payouts on, if it may go to one of these."""
    if not world.payouts:
        return
    place = which % len(world.payouts)
    ways = [way for way in wanted if way in MOVES[world.payouts[place].status]]
    if ways:
        await move(world, place, ways[0])


async def move(world: World, place: int, status: PayoutStatus) -> None:
    payout = await moved(world.pool, world.payouts[place], status, at=world.now)
    world.payouts[place] = payout
    payment = world.model.payments.get(payout.payout_id)
    if payment is None:
        world.model.collections[payout.payout_id].is_over = status in RELEASED
        return
    payment.is_over = status in RELEASED
    if status is PayoutStatus.PAID:
        payment.paid_at = world.now


async def give_back(world: World, which: int) -> None:
    """Let a payout that was paid come back: both sides are exactly as if it had not been paid."""
    paid = [n for n, each in enumerate(world.payouts) if each.status is PayoutStatus.PAID]
    if not paid:
        return
    place = paid[which % len(paid)]
    payout = world.payouts[place]
    before = await seen(world)
    await move(world, place, PayoutStatus.RETURNED)
    after = await seen(world)
    async with world.pool.acquire() as conn:
        split = (await select_of_payouts(conn, [payout.payout_id])).get(payout.payout_id, ())
    undone = {each.agency_id: -each.amount_minor for each in split}
    if payout.creator_id != CREATOR:
        undone = {payout.creator_id: payout.gross_minor}
    assert after.available == before.available + payout.micro_diamonds
    assert after.paid_out == before.paid_out - payout.micro_diamonds
    for agency_id in AGENCIES:
        changed = sum(after.owed[agency_id]) - sum(before.owed[agency_id])
        assert changed == undone.get(agency_id, 0)


# -------------------------------------------------------------------------- what is compared


class Seen(NamedTuple):
    """What the product says."""

    available: int
    pending: int
    paid_out: int
    owed: Mapping[str, tuple[int, int]]
    """By agency: available and pending."""
    earned: Mapping[str, int]


async def seen(world: World) -> Seen:
    owed: dict[str, tuple[int, int]] = {}
    earned: dict[str, int] = {}
    for agency_id in AGENCIES:
        found = await balances(world.pool, agency_id=agency_id, at=world.now)
        owed[agency_id] = (
            sum(each.available_minor for each in found),
            sum(each.pending_minor for each in found),
        )
        async with world.pool.acquire() as conn:
            of = await select_by_creator(conn, agency_id)
        earned[agency_id] = sum(each.amount_minor for each in of)
    async with world.pool.acquire() as conn:
        of_creator = (await select_earnings(conn, [CREATOR], world.now.date())).get(CREATOR)
    if of_creator is None:
        return Seen(0, 0, 0, owed, earned)
    return Seen(
        of_creator.available.micro_diamonds,
        of_creator.pending.micro_diamonds,
        of_creator.paid_out.micro_diamonds,
        owed,
        earned,
    )


async def compare(world: World) -> None:
    model, now = world.model, world.now
    found = await seen(world)
    assert (found.available, found.pending) == (model.available(now), model.pending(now))
    assert found.owed == {agency_id: model.owed(agency_id, now) for agency_id in AGENCIES}
    assert found.earned == {agency_id: model.earned(agency_id) for agency_id in AGENCIES}
    async with world.pool.acquire() as conn:
        splits = await select_of_payouts(conn, list(model.payments))
    for payout in world.payouts:
        parts = {each.agency_id: each.amount_minor for each in splits.get(payout.payout_id, ())}
        payment = model.payments.get(payout.payout_id)
        assert parts == (payment.parts_minor if payment is not None else {})
        assert sum(parts.values()) + payout.own_minor == payout.gross_minor
