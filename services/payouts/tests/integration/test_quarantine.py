"""What a creator freezes is held apart until an operator decides, and then it is as it would be."""

import asyncio
from datetime import datetime, timedelta

import asyncpg
import pytest

from chassis import ids, outbox
from chassis.testing.databases import Database
from contracts.gifts.v1 import GiftSent
from payouts.domain.earnings import Earnings
from payouts.domain.quarantine import QuarantineStatus
from payouts.domain.refusals import (
    IdempotencyConflictError,
    InsufficientDiamondsError,
    QuarantineDecidedError,
    QuarantineOverError,
    QuarantineUnknownError,
    ReceivedGiftUnknownError,
)
from payouts.store.earnings import select_earnings, select_maturing
from payouts.testing import (
    SENT_AT,
    a_gift,
    a_slice,
    assert_books_balance,
    given_back,
    taken_back,
)
from payouts.testing.deciding import logged, need_second_operator
from payouts.testing.paying import (
    NOW,
    add_method,
    assert_payouts_balance,
    request,
    review,
)
from payouts.testing.quarantining import freeze, give_back, let_go, quarantine_of
from payouts.testing.telling import assert_told_truly, deliver

DAY = timedelta(days=1)
SOON = SENT_AT + DAY
MATURES = NOW + 10 * DAY
LATER = NOW + 20 * DAY


def gift_of(coins: int = 10_000, *, days: int = 39, lot_id: int = 7) -> GiftSent:
    """Matures so many days and a bit after it was sent."""
    until = SENT_AT + days * DAY
    return a_gift(slices=[a_slice(coins, lot_id=lot_id, refundable_until=until)])


async def has(database: Database, at: datetime = NOW) -> Earnings:
    async with database.pool.acquire() as conn:
        return (await select_earnings(conn, ["star"], at.date()))["star"]


async def balanced(database: Database, at: datetime = NOW) -> None:
    await assert_books_balance(database.pool)
    await assert_payouts_balance(database.pool)
    await assert_told_truly(database.pool, ["star"], at=at)


async def events(database: Database, type_: str) -> int:
    rows = await database.pool.fetch("SELECT records FROM outbox")
    return sum(stored.type == type_ for row in rows for stored in outbox.unpack(row["records"]))


async def test_a_frozen_gift_is_held_apart(database: Database) -> None:
    """In nothing that can be paid, on no day of the schedule, and still earned."""
    gift, other = gift_of(10_000), gift_of(2_000)
    await deliver(database.pool, gift, other, at=SOON)
    before = await has(database)

    done = await freeze(database.pool, gift, at=NOW, note="I know nobody of that name")

    after = await has(database)
    assert not done.replayed
    assert (done.quarantine.status, done.quarantine.micro_diamonds) == ("FROZEN", 5_000_000_000)
    assert (done.quarantine.worth_minor, done.quarantine.currency) == (2_500, "USD")
    assert after.held.micro_diamonds == 5_000_000_000
    assert after.pending.micro_diamonds == 1_000_000_000
    assert after.lifetime == before.lifetime
    async with database.pool.acquire() as conn:
        days = await select_maturing(conn, "star", after=NOW.date(), limit=9)
    assert [day.micro_diamonds for day in days] == [1_000_000_000]
    assert await events(database, "payouts.gift_quarantined.v1") == 1
    await balanced(database)


async def test_asked_for_again_it_is_the_same(database: Database) -> None:
    """By its id; the id of one gift is not another's, and a gift is frozen under one id."""
    gift, other = gift_of(), gift_of()
    await deliver(database.pool, gift, other, at=SOON)
    quarantine_id = ids.uuid7()

    first = await freeze(database.pool, gift, at=NOW, quarantine_id=quarantine_id)
    again = await freeze(database.pool, gift, at=LATER, quarantine_id=quarantine_id)

    assert again == first._replace(replayed=True)
    with pytest.raises(IdempotencyConflictError):
        await freeze(database.pool, other, at=NOW, quarantine_id=quarantine_id)
    with pytest.raises(QuarantineDecidedError) as refused:
        await freeze(database.pool, gift, at=NOW)
    assert refused.value.status == "FROZEN"
    assert (await has(database)).held.micro_diamonds == 5_000_000_000
    assert await events(database, "payouts.gift_quarantined.v1") == 1
    await balanced(database)


async def test_released_it_is_as_if_never_frozen(database: Database) -> None:
    """Once, however often an operator says so; and it is not frozen again."""
    gift = gift_of()
    await deliver(database.pool, gift, gift_of(3), at=SOON)
    before = await has(database)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine

    first = await let_go(database.pool, frozen, at=NOW)
    again = await let_go(database.pool, frozen, at=LATER, operator_id="olga")

    assert first == again
    assert (first.status, first.decided_by, first.ended_at) == ("RELEASED", "otto", NOW)
    assert await has(database) == before
    assert await events(database, "payouts.gift_released.v1") == 1
    assert len(await logged(database.pool, "releaseQuarantinedGift")) == 1
    for work in (freeze(database.pool, gift, at=NOW), give_back(database.pool, frozen, at=NOW)):
        with pytest.raises(QuarantineDecidedError) as refused:
            await work
        assert refused.value.status == "RELEASED"
    await balanced(database)


async def test_returned_it_is_taken_whole_matured_or_not(database: Database) -> None:
    """Held until it is taken, though it has matured meanwhile; asked for once."""
    gift, other = gift_of(), gift_of(2_000)
    await deliver(database.pool, gift, other, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine

    first = await give_back(database.pool, frozen, at=LATER)
    again = await give_back(database.pool, frozen, at=LATER, operator_id="olga")

    assert first == again
    assert first is not None
    assert (first.status, first.ended_at) == ("RETURNED", None)
    assert (await has(database, LATER)).held.micro_diamonds == 5_000_000_000
    assert await events(database, "payouts.gift_returned.v1") == 1
    with pytest.raises(QuarantineDecidedError):
        await let_go(database.pool, frozen, at=LATER)
    legs = taken_back(gift, at=LATER, reason="quarantine")
    await deliver(database.pool, legs, legs, at=LATER)
    ended = await quarantine_of(database.pool, gift)
    assert (ended.status, ended.ended_at) == ("RETURNED", LATER)
    earnings = await has(database, LATER)
    assert earnings.held.micro_diamonds == 0
    assert earnings.available.micro_diamonds == earnings.lifetime.micro_diamonds == 1_000_000_000
    await balanced(database, LATER)


async def test_what_is_held_is_not_paid_though_it_matures(database: Database) -> None:
    """As much as is not frozen can be requested, and all of it once it is let go."""
    gift, other = gift_of(8_000), gift_of(4_000)
    await deliver(database.pool, gift, other, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    await review(database.pool, at=NOW)
    method = await add_method(database.pool, at=NOW)

    with pytest.raises(InsufficientDiamondsError) as refused:
        await request(database.pool, method, 4_000_000_000, at=LATER)
    assert refused.value.available_micro_diamonds == 2_000_000_000
    await let_go(database.pool, frozen, at=LATER)
    paid = (await request(database.pool, method, 6_000_000_000, at=LATER)).payout

    assert paid.micro_diamonds == 6_000_000_000
    await balanced(database, LATER)


async def test_refusals(database: Database) -> None:
    """Nothing is held for any of them."""
    gift, mature, gone = gift_of(), gift_of(), gift_of()
    free = a_gift(slices=[a_slice(5, "granted", refundable_until=SENT_AT)])
    await deliver(database.pool, gift, mature, gone, free, at=SOON)
    await deliver(database.pool, taken_back(gone, at=SOON), at=SOON)

    with pytest.raises(ReceivedGiftUnknownError):
        await freeze(database.pool, gift, at=NOW, creator_id="moon")
    with pytest.raises(ReceivedGiftUnknownError):
        await freeze(database.pool, gift_of(), at=NOW)
    for over, at in ((mature, MATURES), (gone, NOW), (free, NOW)):
        with pytest.raises(QuarantineOverError):
            await freeze(database.pool, over, at=at)
    frozen = (await freeze(database.pool, gift, at=MATURES - DAY)).quarantine
    with pytest.raises(QuarantineUnknownError):
        await let_go(database.pool, frozen._replace(quarantine_id=ids.uuid7()), at=NOW)
    assert await database.pool.fetchval("SELECT count(*) FROM gift_quarantine") == 1


async def test_what_a_payout_has_of_a_gift_cannot_be_given_back(database: Database) -> None:
    """Half of the gift is pending, half has matured: frozen whole, or not at all."""
    halves = [
        a_slice(4_000, "granted", lot_id=1, refundable_until=SENT_AT),
        a_slice(9, lot_id=2, refundable_until=MATURES),
    ]
    gift, other = a_gift(slices=halves), a_gift(slices=halves)
    plenty = a_gift(slices=[a_slice(4_000, refundable_until=SENT_AT)])
    await deliver(database.pool, gift, other, plenty, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    held = (await has(database)).held.micro_diamonds
    await review(database.pool, at=NOW)
    method = await add_method(database.pool, at=NOW)

    await request(database.pool, method, 2_100_000_000, at=NOW)

    assert held == 4_000 * 50_000 + 9 * 500_000
    with pytest.raises(QuarantineOverError):
        await freeze(database.pool, other, at=NOW)
    await give_back(database.pool, frozen, at=NOW)
    legs = [
        taken_back(gift, part.coins, at=NOW, lot_id=part.lot_id, reason="quarantine")
        for part in halves
    ]
    for leg in legs:
        await deliver(database.pool, leg, at=NOW)
    covered = await database.pool.fetchval("SELECT sum(covered_coins) FROM clawback")
    assert covered == 4_009
    await balanced(database)


async def test_a_payment_that_is_taken_back_takes_what_is_held(database: Database) -> None:
    """And gives it back to what is held: the gift stays frozen, whatever happens to its payment."""
    gift, other = gift_of(10), gift_of(10)
    await deliver(database.pool, gift, other, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    taken = taken_back(gift, 4, at=NOW)

    await deliver(database.pool, taken, at=NOW)
    after = await has(database)
    await deliver(database.pool, given_back(taken, 1, at=NOW), at=NOW)
    again = await has(database)
    await let_go(database.pool, frozen, at=NOW)

    assert (after.held.micro_diamonds, after.pending.micro_diamonds) == (3_000_000, 5_000_000)
    assert (again.held.micro_diamonds, again.pending.micro_diamonds) == (3_500_000, 5_000_000)
    assert (await has(database)).pending.micro_diamonds == 8_500_000
    await balanced(database)


async def test_what_matures_while_frozen_stays_the_creators(database: Database) -> None:
    """E04 as if it had never been frozen: a payment taken back after that is not the creator's."""
    gift = gift_of(10)
    await deliver(database.pool, gift, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine

    await deliver(database.pool, taken_back(gift, at=LATER), at=LATER)
    await let_go(database.pool, frozen, at=LATER)

    assert (await has(database, LATER)).available.micro_diamonds == 5_000_000
    await balanced(database, LATER)


@pytest.mark.parametrize("is_asked_for", [False, True], ids=["frozen", "returned"])
async def test_its_sender_undoes_a_frozen_gift(database: Database, is_asked_for: bool) -> None:
    """The same end; nothing is left for an operator to decide."""
    gift = a_gift(
        slices=[
            a_slice(7, lot_id=1, refundable_until=MATURES),
            a_slice(3, "bonus", lot_id=2, refundable_until=MATURES),
        ]
    )
    await deliver(database.pool, gift, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    if is_asked_for:
        await give_back(database.pool, frozen, at=NOW)

    for part in gift.slices:
        leg = taken_back(gift, part.coins, at=NOW, lot_id=part.lot_id, reason="undo")
        await deliver(database.pool, leg, at=NOW)

    ended = await quarantine_of(database.pool, gift)
    assert (ended.status, ended.ended_at) == (QuarantineStatus.RETURNED, NOW)
    assert ended.decided_by == ("otto" if is_asked_for else None)
    earnings = await has(database)
    assert earnings.lifetime.micro_diamonds == earnings.held.micro_diamonds == 0
    await give_back(database.pool, frozen, at=NOW)
    assert await events(database, "payouts.gift_returned.v1") == is_asked_for
    await balanced(database)


async def test_of_a_returned_gift_what_others_had_borne_stays(database: Database) -> None:
    """A minor's refund of a share after it had matured: the rest is undone, that share is not."""
    gift = gift_of(10)
    await deliver(database.pool, gift, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    await give_back(database.pool, frozen, at=LATER)

    # The wallet asks for 6 only: 4 had been refunded, and others bore that.
    await deliver(database.pool, taken_back(gift, 6, at=LATER, reason="quarantine"), at=LATER)

    earnings = await has(database, LATER)
    assert (earnings.held.micro_diamonds, earnings.available.micro_diamonds) == (0, 2_000_000)
    await balanced(database, LATER)


async def test_a_return_of_which_nothing_comes_may_be_let_go(database: Database) -> None:
    """The wallet had nothing to give back: after the time of a review, and not before."""
    gift = gift_of(10)
    await deliver(database.pool, gift, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    await give_back(database.pool, frozen, at=NOW)

    with pytest.raises(QuarantineDecidedError):
        await let_go(database.pool, frozen, at=NOW + 7 * DAY - timedelta(seconds=1))
    released = await let_go(database.pool, frozen, at=NOW + 7 * DAY, operator_id="olga")

    assert released.status == "RELEASED"
    assert (await has(database)).pending.micro_diamonds == 5_000_000
    await balanced(database, NOW + 7 * DAY)


async def test_much_is_returned_by_two_operators(database: Database) -> None:
    """Each on their own grounds; meanwhile one may let it go. The database wants two as well."""
    await need_second_operator(database.pool, USD=2_500)
    much, less, other = gift_of(10_000), gift_of(9_999), gift_of(10_000)
    await deliver(database.pool, much, less, other, at=SOON)
    frozen, small, third = [
        (await freeze(database.pool, gift, at=NOW)).quarantine for gift in (much, less, other)
    ]

    asked = [await give_back(database.pool, frozen, at=NOW) for _ in range(2)]
    with pytest.raises(asyncpg.RestrictViolationError):
        await database.pool.execute(
            "UPDATE gift_quarantine SET status = 'RETURNED', decided_at = $2, decided_by = 'otto'"
            " WHERE quarantine_id = $1",
            frozen.quarantine_id,
            NOW,
        )
    returned = await give_back(database.pool, frozen, at=NOW, operator_id="olga")

    assert asked == [None, None]
    assert returned is not None
    assert (returned.status, returned.decided_by) == ("RETURNED", "olga")
    assert (await give_back(database.pool, small, at=NOW)) is not None
    assert [row[0] for row in await logged(database.pool, "returnQuarantinedGift")] == [
        "otto",
        "olga",
        "otto",
    ]
    assert await give_back(database.pool, third, at=NOW) is None
    assert (await let_go(database.pool, third, at=NOW)).status == "RELEASED"
    await balanced(database)


async def test_two_operators_at_once_decide_once(database: Database) -> None:
    """Who comes second is told what was decided."""
    for _ in range(8):
        gift = gift_of()
        await deliver(database.pool, gift, at=SOON)
        frozen = (await freeze(database.pool, gift, at=NOW)).quarantine

        outcomes = await asyncio.gather(
            let_go(database.pool, frozen, at=NOW),
            give_back(database.pool, frozen, at=NOW, operator_id="olga"),
            return_exceptions=True,
        )

        [refused] = [each for each in outcomes if isinstance(each, BaseException)]
        assert isinstance(refused, QuarantineDecidedError)
        assert refused.status == (await quarantine_of(database.pool, gift)).status
        await balanced(database)


async def test_a_payout_and_a_freeze_never_have_the_same_diamond(database: Database) -> None:
    """Both want what has matured of a gift that is partly pending: whoever comes first has it."""
    await review(database.pool, at=NOW)
    method = await add_method(database.pool, at=NOW)
    outcomes: set[bool] = set()
    for _ in range(10):
        gift = a_gift(
            slices=[
                a_slice(4_000, lot_id=1, refundable_until=SENT_AT),
                a_slice(9, lot_id=2, refundable_until=MATURES),
            ]
        )
        await deliver(database.pool, gift, at=SOON)
        asked = await asyncio.gather(
            freeze(database.pool, gift, at=NOW),
            request(database.pool, method, 2_000_000_000, at=NOW),
            return_exceptions=True,
        )
        frozen, paid = [not isinstance(each, BaseException) for each in asked]
        assert frozen != paid, asked
        outcomes.add(frozen)
        if frozen:
            done = await quarantine_of(database.pool, gift)
            await let_go(database.pool, done, at=NOW)
            await request(database.pool, method, 2_000_000_000, at=NOW)
        await balanced(database)


async def test_a_freeze_and_a_reversal_at_once(database: Database) -> None:
    """In either order as much is taken, and what is left is held."""
    for _ in range(8):
        gift = gift_of(10)
        await deliver(database.pool, gift, at=SOON)

        await asyncio.gather(
            freeze(database.pool, gift, at=NOW),
            deliver(database.pool, taken_back(gift, 4, at=NOW), at=NOW),
        )

        await balanced(database)
        await let_go(database.pool, await quarantine_of(database.pool, gift), at=NOW)
    assert (await has(database)).pending.micro_diamonds == 8 * 3_000_000


IMPOSSIBLE = {
    "thawed": "UPDATE gift_quarantine SET status = 'FROZEN', decided_at = NULL, decided_by = NULL,"
    " ended_at = NULL WHERE status = 'RELEASED'",
    "another gift": "UPDATE gift_quarantine SET gift_id = gen_random_uuid()",
    "ended undecided": "UPDATE gift_quarantine SET ended_at = now() WHERE status = 'FROZEN'",
    "forgotten": "DELETE FROM gift_quarantine",
    "held twice": "UPDATE earning_bucket SET held_micro_diamonds = micro_diamonds + 1",
    "held of nothing": "UPDATE earning_bucket SET held_micro_diamonds = -1",
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
async def test_the_database_refuses(database: Database, what: str) -> None:
    """Whoever writes."""
    gift, other = gift_of(), gift_of()
    await deliver(database.pool, gift, other, at=SOON)
    frozen = (await freeze(database.pool, gift, at=NOW)).quarantine
    await let_go(database.pool, frozen, at=NOW)
    await freeze(database.pool, other, at=NOW)

    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.CheckViolationError)):
        await database.pool.execute(IMPOSSIBLE[what])
