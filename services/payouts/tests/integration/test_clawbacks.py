"""What is taken back of a gift is taken of what has not matured, once, and given back exactly."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import outbox
from chassis.batch import Batch, Received
from chassis.db import transaction
from chassis.testing.databases import Database
from contracts.event import Event, decoder, describe
from contracts.gifts.v1 import GIFT, GiftReinstated, GiftReversed, GiftSent
from contracts.payouts.v1 import ClawbackSettled
from payouts.consumers.gift_sent import GiftHandler
from payouts.domain.earnings import Earnings
from payouts.store.clawbacks import select_statement
from payouts.store.earnings import select_earnings, select_maturing
from payouts.testing import (
    REFUNDABLE_UNTIL,
    SENT_AT,
    a_gift,
    a_slice,
    assert_books_balance,
    given_back,
    taken_back,
)
from payouts.testing.paying import add_method, assert_payouts_balance, request, review

AT = SENT_AT + timedelta(days=1)
MATURE = REFUNDABLE_UNTIL + timedelta(days=2)


async def apply(database: Database, *events: Event, at: datetime = AT) -> list[ClawbackSettled]:
    """Apply events as the consumer does; what was answered."""
    received = [Received(event, 0, place, None) for place, event in enumerate(events)]
    batch = Batch(GIFT.name, received, 0)
    async with transaction(database.pool) as conn:
        await GiftHandler(now=lambda: at).apply(conn, batch)
        await outbox.append(conn, batch.outgoing)
    assert batch.set_aside_reasons == {}, batch.set_aside_reasons
    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)
    read = decoder(ClawbackSettled)
    return [
        read.decode(record.value)
        for outgoing in batch.outgoing.values()
        for record in outgoing.records
        if record.type == describe(ClawbackSettled).type
    ]


def reversed_(gift: GiftSent, coins: int | None = None, **changes: object) -> GiftReversed:
    return taken_back(gift, coins, at=AT, **changes)


def reinstated(of: GiftReversed, coins: int | None = None) -> GiftReinstated:
    return given_back(of, coins, at=AT)


async def earned(database: Database, at: datetime = AT) -> Earnings:
    async with database.pool.acquire() as conn:
        return (await select_earnings(conn, ["star"], at.date()))["star"]


async def pending(database: Database) -> int:
    return (await earned(database)).pending.micro_diamonds


async def test_whole_slice_is_taken_and_answered(database: Database) -> None:
    """Of two lots only the one whose payment was taken back; the creator's statement says why."""
    gift = a_gift(slices=[a_slice(7, lot_id=1), a_slice(3, "bonus", lot_id=2)])
    await apply(database, gift, a_gift(10))
    event = reversed_(gift)

    [answer] = await apply(database, event)

    assert (answer.covered_coins, answer.uncovered_coins) == (7, 0)
    assert (answer.micro_diamonds, answer.reinstatement_id) == (3_500_000, None)
    earnings = await earned(database)
    assert earnings.pending.micro_diamonds == earnings.lifetime.micro_diamonds == 5_750_000
    async with database.pool.acquire() as conn:
        [line] = await select_statement(conn, "star", beyond=None, backward=False, limit=9)
        days = await select_maturing(conn, "star", after=AT.date(), limit=9)
    assert (line.gift_id, line.reason, line.told_at) == (gift.gift_id, "chargeback", AT)
    assert (line.coins, line.micro_diamonds, line.gives_back) == (7, 3_500_000, False)
    assert [day.micro_diamonds for day in days] == [5_750_000]


async def test_repeats_take_and_answer_once(database: Database) -> None:
    """Within a batch and between batches; a reinstatement too."""
    gift = a_gift(10)
    taken = reversed_(gift)
    back = reinstated(taken)
    await apply(database, gift)

    assert len(await apply(database, taken, taken)) == 1
    assert await apply(database, gift, taken) == []
    assert await pending(database) == 0
    assert len(await apply(database, back, back)) == 1
    assert await apply(database, taken, back) == []
    assert await pending(database) == 5_000_000


async def test_what_has_matured_stays_the_creators(database: Database) -> None:
    """E04: nothing that was shown as available is taken, and no balance goes below zero."""
    gift = a_gift(10)
    await apply(database, gift)

    [answer] = await apply(database, reversed_(gift), at=MATURE)

    assert (answer.covered_coins, answer.uncovered_coins, answer.micro_diamonds) == (0, 10, 0)
    assert (await earned(database, MATURE)).available.micro_diamonds == 5_000_000
    async with database.pool.acquire() as conn:
        assert await select_statement(conn, "star", beyond=None, backward=False, limit=9) == []


async def test_what_is_undone_is_taken_mature_or_not(database: Database) -> None:
    """I11: the gift never was. What a payout has of it by then is not taken."""
    gift, other = a_gift(10_000), a_gift(10)
    await apply(database, gift, other)

    [answer] = await apply(database, reversed_(other, reason="undo"), at=MATURE)
    await review(database.pool, at=MATURE)
    method = await add_method(database.pool, at=MATURE)
    await request(database.pool, method, 4_000_000_000, at=MATURE)
    [late] = await apply(database, reversed_(gift, reason="undo"), at=MATURE)

    assert (answer.covered_coins, answer.uncovered_coins) == (10, 0)
    assert answer.micro_diamonds == 5_000_000
    assert (late.covered_coins, late.uncovered_coins) == (2_000, 8_000)
    assert (await earned(database, MATURE)).available.micro_diamonds == 0
    async with database.pool.acquire() as conn:
        lines = await select_statement(conn, "star", beyond=None, backward=False, limit=9)
    assert [line.reason for line in lines] == ["undo", "undo"]


async def test_what_a_payout_has_is_never_taken_too(database: Database) -> None:
    """Paid from a clock that runs ahead: only what is free is taken, in whole coins."""
    gift = a_gift(10_000)
    await apply(database, gift)
    await review(database.pool, at=MATURE)
    method = await add_method(database.pool, at=MATURE)
    payout = (await request(database.pool, method, 4_000_000_000, at=MATURE)).payout
    assert payout.micro_diamonds == 4_000_000_000

    [answer] = await apply(database, reversed_(gift))

    assert (answer.covered_coins, answer.uncovered_coins) == (2_000, 8_000)
    assert answer.micro_diamonds == 1_000_000_000
    assert (await earned(database)).pending.micro_diamonds == 0


async def test_reinstatement_gives_back_what_was_taken_last_comes_first(
    database: Database,
) -> None:
    """What the creator did not bear is others', who lost after them and get back before them."""
    gift = a_gift(10_000)
    await apply(database, gift)
    await review(database.pool, at=MATURE)
    method = await add_method(database.pool, at=MATURE)
    await request(database.pool, method, 4_000_000_000, at=MATURE)
    taken = reversed_(gift)
    await apply(database, taken)

    [first] = await apply(database, reinstated(taken, 8_500))
    [second] = await apply(database, reinstated(taken, 1_500))

    assert (first.covered_coins, first.uncovered_coins) == (500, 8_000)
    assert (second.covered_coins, second.uncovered_coins) == (1_500, 0)
    assert first.reinstatement_id is not None
    assert first.micro_diamonds + second.micro_diamonds == 1_000_000_000
    assert await pending(database) == 1_000_000_000


async def test_reversal_before_its_gift_waits(database: Database) -> None:
    """And a reinstatement before its reversal: whatever the order, the same comes of it."""
    gift = a_gift(10)
    taken = reversed_(gift)
    back = reinstated(taken, 4)

    assert await apply(database, back) == []
    assert await apply(database, taken, taken, back) == []
    answers = await apply(database, gift)

    assert [answer.covered_coins for answer in answers] == [10, 4]
    assert await pending(database) == 2_000_000
    assert await database.pool.fetchval("SELECT count(*) FROM waiting_clawback") == 0


async def test_in_one_batch_the_gift_comes_first(database: Database) -> None:
    gift = a_gift(10)
    taken = reversed_(gift)

    answers = await apply(database, reinstated(taken), taken, gift)

    assert [answer.reinstatement_id is None for answer in answers] == [True, False]
    assert await pending(database) == 5_000_000


@pytest.mark.parametrize(
    "changes",
    [{"coins": 11}, {"lot_id": 9}, {"creator_id": "moon"}],
    ids=["more than was paid", "another lot", "another creator"],
)
async def test_what_cannot_be_true_is_set_aside(
    database: Database, changes: dict[str, Any]
) -> None:
    gift = a_gift(10)
    await apply(database, gift)
    good = reversed_(gift, 3)
    batch = Batch(
        GIFT.name,
        [Received(reversed_(gift, **changes), 0, 0, None), Received(good, 0, 1, None)],
        0,
    )

    async with transaction(database.pool) as conn:
        await GiftHandler(now=lambda: AT).apply(conn, batch)

    assert list(batch.set_aside_reasons) == [(0, 0)]
    assert await pending(database) == 3_500_000
    await assert_books_balance(database.pool)


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_ends_the_same(database: Database, seed: int) -> None:
    """Gifts, reversals in parts and reinstatements, shuffled, repeated and cut into batches."""
    chance = random.Random(seed)
    gifts = [
        a_gift(slices=[a_slice(chance.randint(2, 40), lot_id=n + 1)], creator_id="star")
        for n in range(12)
    ]
    taken = [
        reversed_(gift, gift.price_coins // 2, reversal_id=UUID(int=n + 1))
        for n, gift in enumerate(gifts)
    ]
    back = [reinstated(each, 1) for each in taken[::2]]
    events: list[Event] = [*gifts, *taken, *back, *chance.sample(taken, 5)]
    chance.shuffle(events)

    answers: list[ClawbackSettled] = []
    while events:
        size = chance.randint(1, 9)
        answers += await apply(database, *events[:size])
        events = events[size:]

    assert len(answers) == len(taken) + len(back)
    left = sum(gift.price_coins - gift.price_coins // 2 for gift in gifts) + len(back)
    assert await pending(database) == left * 500_000


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clawback SET micro_diamonds = 0",
        "DELETE FROM clawback",
        "UPDATE earning_bucket SET clawed_micro_diamonds = -1",
        "UPDATE earning_bucket SET taken_micro_diamonds = 1",
        "UPDATE creator_earning SET clawed_micro_diamonds = lifetime_micro_diamonds + 1",
        # The same slice once more; more given back than was taken; what has matured.
        """INSERT INTO clawback OVERRIDING SYSTEM VALUE SELECT gift_id, position, gift_id, 900,
        creator_id, gift_id, lot_id, reason, told_at, coins, covered_coins, micro_diamonds,
        matures_on, rate_version, settled_at FROM clawback""",
        """INSERT INTO clawback OVERRIDING SYSTEM VALUE SELECT reversal_id, position,
        gen_random_uuid(), 900, creator_id, gift_id, lot_id, reason, told_at, coins + 1,
        covered_coins, micro_diamonds, matures_on, rate_version, settled_at FROM clawback""",
        """INSERT INTO clawback OVERRIDING SYSTEM VALUE SELECT gift_id, position, gift_id, 900,
        creator_id, reversal_id, lot_id, reason, told_at, coins, covered_coins, micro_diamonds,
        matures_on, rate_version, matures_on::timestamptz + interval '1 day' FROM clawback""",
    ],
)
async def test_the_database_refuses_what_must_not_be(database: Database, statement: str) -> None:
    gift = a_gift(10)
    await apply(database, gift, reversed_(gift))

    with pytest.raises((asyncpg.CheckViolationError, asyncpg.RestrictViolationError)):
        await database.pool.execute(statement)
