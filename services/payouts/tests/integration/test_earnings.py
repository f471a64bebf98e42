"""What is pending and available agrees with the formula that anyone would write down (I3)."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from chassis.db import transaction
from chassis.testing.databases import Database
from contracts.gifts.v1 import GiftSent
from contracts.wallet.v1 import LotClass
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.domain.accrual import accrue
from payouts.domain.rates import RateBook
from payouts.store.earnings import select_earnings, select_maturing, select_maturing_backward
from payouts.testing import SENT_AT, a_gift, a_rate, a_slice, assert_books_balance

BOOK = RateBook(
    [a_rate(1), a_rate(2, SENT_AT - timedelta(days=30), purchased=430_001, bonus=17, granted=0)]
)
CREATORS = ("anna", "ben", "cleo")
WINDOWS_DAYS = (0, 2, 7, 30, 45, 120)
"""Trusted gifter, store, card: how long a payment can be taken back."""
CLASSES: tuple[LotClass, ...] = ("purchased", "bonus", "earned", "granted")


def history(chance: random.Random, gifts: int) -> list[GiftSent]:
    """Random gifts over 120 days up to SENT_AT, from lots bought up to 30 days before each."""

    def gift() -> GiftSent:
        sent_at = SENT_AT - timedelta(seconds=chance.randint(0, 120 * 86_400))
        return a_gift(
            slices=[
                a_slice(
                    chance.randint(1, 50_000),
                    chance.choice(CLASSES),
                    lot_id=chance.randint(1, 10**6),
                    refundable_until=sent_at
                    - timedelta(seconds=chance.randint(0, 30 * 86_400))
                    + timedelta(days=chance.choice(WINDOWS_DAYS)),
                )
                for _ in range(chance.choice([1, 1, 1, 2, 3]))
            ],
            creator_id=chance.choice(CREATORS),
            sent_at=sent_at,
        )

    return [gift() for _ in range(gifts)]


def available(history: list[GiftSent], creator_id: str, at: datetime) -> int:
    """Slice by slice: what nobody could take back any more when the day of `at` began."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return sum(
        part.coins * BOOK.in_force(gift.sent_at).micro_diamonds_per_coin.of(part.lot_class)
        for gift in history
        for part in gift.slices
        if gift.creator_id == creator_id and part.refundable_until <= midnight
    )


@pytest.mark.parametrize("seed", range(3))
async def test_available_equals_the_formula_at_any_time(database: Database, seed: int) -> None:
    """Ten thousand random gifts in random batches; asked on forty days from the last gift on."""
    chance = random.Random(seed)
    sent = history(chance, 3_334)
    accruals = [accrue(gift, BOOK) for gift in sent]
    while accruals:
        size = chance.randint(1, 1_000)
        async with transaction(database.pool) as conn:
            await accrue_gifts(conn, accruals[:size], shard=chance.randint(0, 7), at=SENT_AT)
        accruals = accruals[size:]
    await assert_books_balance(database.pool)

    for days in [0, 1, 200, *(chance.randint(0, 130) for _ in range(37))]:
        at = SENT_AT + timedelta(days=days)
        async with database.pool.acquire() as conn:
            earnings = await select_earnings(conn, CREATORS, at.date())
        for creator_id in CREATORS:
            lifetime = available(sent, creator_id, datetime.max.replace(tzinfo=UTC))
            safe = available(sent, creator_id, at)
            assert earnings[creator_id].available.micro_diamonds == safe
            assert earnings[creator_id].pending.micro_diamonds == lifetime - safe
            assert earnings[creator_id].lifetime.micro_diamonds == lifetime


async def test_maturing_adds_up_to_pending(database: Database) -> None:
    """The schedule, read forward or backward in pages, holds exactly what is pending."""
    chance = random.Random(9)
    sent = history(chance, 1_000)
    async with transaction(database.pool) as conn:
        await accrue_gifts(conn, [accrue(gift, BOOK) for gift in sent], shard=0, at=SENT_AT)
    today = SENT_AT.date()

    async with database.pool.acquire() as conn:
        earnings = await select_earnings(conn, ["anna"], today)
        whole = await select_maturing(conn, "anna", after=today, limit=1_000)
        forward, after = [], today
        while page := await select_maturing(conn, "anna", after=after, limit=7):
            forward += page
            after = page[-1].matures_on
        backward, before = [], None
        while page := await select_maturing_backward(
            conn, "anna", after=today, before=before, limit=7
        ):
            backward += page
            before = page[-1].matures_on

    assert sum(day.micro_diamonds for day in whole) == earnings["anna"].pending.micro_diamonds
    assert forward == whole
    assert backward == whole[::-1]
    assert [day.matures_on for day in whole] == sorted({day.matures_on for day in whole})
    assert all(day.matures_on > today for day in whole)


async def test_who_earned_nothing_is_missing(database: Database) -> None:
    async with database.pool.acquire() as conn:
        assert await select_earnings(conn, ["nobody"], SENT_AT.date()) == {}
        assert await select_maturing(conn, "nobody", after=SENT_AT.date(), limit=9) == []


async def test_rates_keep_apart(database: Database) -> None:
    """Diamonds of two rates are one amount and keep their own worth (E43)."""
    book = RateBook([a_rate(1), a_rate(2, SENT_AT, micro_minor=1_000_000)])
    before = a_gift(slices=[a_slice(4, refundable_until=SENT_AT)], sent_at=SENT_AT - timedelta(1))
    after = a_gift(slices=[a_slice(4, refundable_until=SENT_AT)])
    async with transaction(database.pool) as conn:
        await accrue_gifts(
            conn, [accrue(gift, book) for gift in (before, after)], shard=0, at=SENT_AT
        )

        earnings = await select_earnings(conn, ["star"], SENT_AT.date() + timedelta(days=1))

    assert earnings["star"].available.micro_diamonds == 4_000_000
    assert earnings["star"].available.worth(book).amount_minor == 3


def test_the_formula_here_is_not_trivially_zero() -> None:
    """A guard for the tests above: random histories have something in each state."""
    sent = history(random.Random(1), 500)
    lots = defaultdict[str, int](int)
    for gift in sent:
        for part in gift.slices:
            lots["past" if part.refundable_until <= SENT_AT else "ahead"] += 1

    assert min(lots["past"], lots["ahead"]) > 100
