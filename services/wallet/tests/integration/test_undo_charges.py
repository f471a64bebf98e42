"""Charges that are given back: the wallet stands as if they had never been (I11)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from chassis.db import Conn, Pool, transact, transaction
from chassis.ids import uuid7
from chassis.operators import Act
from contracts.event import Event
from contracts.gifts.v1 import ChargeRequested, UndoRequested
from contracts.wallet.v1 import (
    ChargePosted,
    ChargeRefused,
    ChargeUndone,
    PurchaseReinstated,
    PurchaseReversed,
)
from wallet.commands.expire_lots import expire_lots
from wallet.commands.plan_minor_refund import preview_minor_refund
from wallet.commands.refund_minor import refund_minor
from wallet.commands.set_spend_limits import LimitsChange, set_spend_limits
from wallet.commands.settle_legs import settle_legs
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded
from wallet.domain.limits import Terms
from wallet.domain.minor_refund import MinorRefundOrder, NothingToRefundError
from wallet.domain.settlement import Answer
from wallet.testing.buying import ORDERED_AT, stored_events
from wallet.testing.charging import (
    SettableClock,
    a_batch,
    an_undo,
    answers,
    balances,
    charge,
    give,
)
from wallet.testing.refunding_minors import buy
from wallet.testing.refunding_minors import spend as minor_spends
from wallet.testing.reversing import bought, claimed, tell

pytestmark = pytest.mark.usefixtures("closed_books")

AT = ORDERED_AT + timedelta(days=40)


def a_charge(coins: int, payer: str = "ann", creator: str = "star") -> ChargeRequested:
    return ChargeRequested(charge_id=uuid7(), payer_id=payer, order_key=creator, coins=coins)


async def apply(
    pool: Pool,
    *requests: ChargeRequested | UndoRequested,
    at: datetime = AT,
    handler: OnChargeRequested | None = None,
) -> list[Event]:
    return await charge(pool, handler or OnChargeRequested(now=SettableClock(at)), requests)


async def spent(
    pool: Pool, coins: int, *, at: datetime = AT, payer: str = "ann"
) -> ChargeRequested:
    request = a_charge(coins, payer)
    (answer,) = answers(await apply(pool, request, at=at))
    assert isinstance(answer, ChargePosted), answer
    return request


async def standing(pool: Pool, owner: str = "ann") -> tuple[int, int, list[int]]:
    """Coins, debt, and what is left of open lots."""
    row = await pool.fetchrow(
        "SELECT credits_coins - debits_coins, debt_coins, lot_coins FROM account"
        " WHERE owner_id = $1",
        owner,
    )
    assert row is not None
    return row[0], row[1], list(row[2])


async def system(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch(
        "SELECT name, sum(credits_coins - debits_coins)::bigint AS coins FROM system_account"
        " GROUP BY name HAVING sum(credits_coins - debits_coins) <> 0"
    )
    return {row["name"]: row["coins"] for row in rows}


def returning(gift: ChargeRequested) -> UndoRequested:
    return msgspec.structs.replace(an_undo(gift, at=AT), reason="quarantine", operator_id="olga")


def undone(events: Sequence[Event]) -> list[ChargeUndone]:
    return [event for event in events if isinstance(event, ChargeUndone)]


async def test_coins_come_back_to_the_lots_that_paid(shop: Pool) -> None:
    """With class and expiry, in their places among the others."""
    soon = AT + timedelta(days=1)
    async with transaction(shop) as conn:
        await give(conn, "ann", 30, "bonus", at=AT, expires_at=soon)
        await give(conn, "ann", 50, at=AT)
        await give(conn, "ann", 20, at=AT)
    before = await shop.fetchrow("SELECT lot_ids, lot_coins FROM account")

    gift = await spent(shop, 85)
    events = await apply(shop, an_undo(gift, at=AT))

    assert await shop.fetchrow("SELECT lot_ids, lot_coins FROM account") == before
    (told,) = undone(events)
    assert [leg.coins for leg in told.legs] == [30, 50, 5]
    assert (told.charge_id, told.user_id, told.order_key) == (gift.charge_id, "ann", "star")
    (balance,) = balances(events)
    assert (balance.coins, balance.cause) == (100, "reinstatement")


async def test_an_operator_has_a_frozen_gift_undone(shop: Pool) -> None:
    """As by its sender, who may ask as well: the wallet says why, and its books by whom."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=AT)
    gift = await spent(shop, 60)
    request = returning(gift)

    events = await apply(shop, request, an_undo(gift, at=AT))

    (told,) = undone(events)
    assert (told.charge_id, told.coins, told.reason) == (gift.charge_id, 60, "quarantine")
    assert await standing(shop) == (100, 0, [100])
    assert await shop.fetchval("SELECT actor FROM reversal") == "quarantine:olga"
    assert await shop.fetchval("SELECT reason FROM charge_undo") == "quarantine"


async def test_a_charge_is_undone_once(shop: Pool) -> None:
    """In one batch, in two, and by a worker that knows nothing."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=AT)
    gift = await spent(shop, 60)
    undo = an_undo(gift, at=AT)

    events = await apply(shop, undo, undo)
    again = await apply(shop, undo, an_undo(gift, at=AT + timedelta(seconds=1)))

    assert len(undone(events)) == 1
    assert again == []
    assert await standing(shop) == (100, 0, [100])


async def test_what_is_undone_in_a_batch_is_spent_by_the_next_charge_of_it(shop: Pool) -> None:
    """Each payer's requests apply in their order; others' are not in the way."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=AT)
        await give(conn, "bob", 50, at=AT)
    first, second, third, bobs = a_charge(80), a_charge(90), a_charge(100), a_charge(50, "bob")

    events = await apply(
        shop,
        first,
        an_undo(first, at=AT),
        bobs,
        second,
        an_undo(second, at=AT),
        third,
    )

    assert [type(answer) for answer in answers(events)] == [ChargePosted] * 4
    assert await standing(shop) == (0, 0, [])
    assert await standing(shop, "bob") == (0, 0, [])
    assert {each.user_id: each.cause for each in balances(events)} == {
        "ann": "charge",
        "bob": "charge",
    }


async def test_a_refused_charge_has_nothing_to_undo(shop: Pool) -> None:
    async with transaction(shop) as conn:
        await give(conn, "ann", 10, at=AT)
    gift = a_charge(60)

    events = await apply(shop, gift, an_undo(gift, at=AT))

    assert [type(event) for event in events] == [ChargeRefused]
    assert await standing(shop) == (10, 0, [10])


async def test_an_undo_that_cannot_be_true_is_set_aside(shop: Pool) -> None:
    """Of no charge, of somebody else's, of another creator's, or of what is no charge."""
    async with transaction(shop) as conn:
        bought_by_ann = await give(conn, "ann", 100, at=AT)
        await give(conn, "bob", 100, at=AT)
    gift = await spent(shop, 60)
    purchase_id = await shop.fetchval(
        "SELECT movement_id FROM lot WHERE lot_id = $1", bought_by_ann.lots[0].lot_id
    )
    lies = [
        an_undo(a_charge(60), at=AT),
        UndoRequested(charge_id=gift.charge_id, payer_id="bob", order_key="star", asked_at=AT),
        UndoRequested(charge_id=gift.charge_id, payer_id="ann", order_key="moon", asked_at=AT),
        UndoRequested(charge_id=purchase_id, payer_id="ann", order_key="star", asked_at=AT),
    ]

    batch = a_batch(lies)
    async with transaction(shop) as conn:
        await OnChargeRequested(now=SettableClock(AT)).apply(conn, batch)

    assert [offset for _, offset in sorted(batch.set_aside_reasons)] == [0, 1, 2, 3]
    assert batch.outgoing == {}
    assert await standing(shop) == (40, 0, [40])


async def test_coins_of_a_lot_that_has_expired_stay_gone(shop: Pool) -> None:
    """As any coins that come back: they would have expired in the wallet."""
    soon = AT + timedelta(seconds=3)
    async with transaction(shop) as conn:
        await give(conn, "ann", 30, "bonus", at=AT, expires_at=soon)
        await give(conn, "ann", 50, at=AT)
    gift = await spent(shop, 40)

    events = await apply(shop, an_undo(gift, at=AT), at=soon)

    (told,) = undone(events)
    assert told.coins == 40
    assert await standing(shop) == (50, 0, [50])
    assert (await system(shop))["breakage"] == 30


@pytest.mark.parametrize("remembers", [True, False], ids=["the same worker", "another worker"])
async def test_limits_have_room_again(shop: Pool, *, remembers: bool) -> None:
    """What was undone was not spent: neither on anybody nor on that creator."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 500, at=AT)
    asked = LimitsChange("ann", "ann", is_supervised=False, wanted=Terms(creator_day_coins=60))
    await transact(shop, lambda conn: set_spend_limits(conn, asked, at=AT))
    worker = OnChargeRequested(now=SettableClock(AT))
    gift, too_much = a_charge(60), a_charge(1)
    first = answers(await apply(shop, gift, too_much, handler=worker))
    assert [type(answer) for answer in first] == [ChargePosted, ChargeRefused]

    if not remembers:
        worker = OnChargeRequested(now=SettableClock(AT))
    await apply(shop, an_undo(gift, at=AT), handler=worker)
    then = answers(await apply(shop, a_charge(60), a_charge(1), handler=worker))

    assert [type(answer) for answer in then] == [ChargePosted, ChargeRefused]
    assert isinstance(then[1], ChargeRefused)
    assert then[1].limit is not None
    assert then[1].limit.spent_coins == 60


async def test_a_refund_after_the_undo_finds_the_coins_in_the_wallet(shop: Pool) -> None:
    """It asks nobody else: not the payer, nor the creator, nor the platform."""
    purchase = await bought(shop, at=AT, coins=100, bonus_coins=0, amount_minor=100)
    gift = await spent(shop, 70)
    await apply(shop, an_undo(gift, at=AT))

    await tell(shop, claimed(purchase, Refunded(100, 0)), at=AT)

    assert await standing(shop) == (0, 0, [])
    rows = await shop.fetch(
        "SELECT l.kind, l.coins FROM reversal_leg AS l INNER JOIN reversal AS r USING (reversal_id)"
        " WHERE r.purchase_id IS NOT NULL"
    )
    assert [tuple(row) for row in rows] == [("unspent", 100)]


async def test_a_refund_before_the_undo_ends_the_same(shop: Pool) -> None:
    """The payer owed for the gift; undone, it is the gift's coins that are taken instead."""
    purchase = await bought(shop, at=AT, coins=100, bonus_coins=0, amount_minor=100)
    gift = await spent(shop, 70)
    await tell(shop, claimed(purchase, Refunded(100, 0)), at=AT)
    assert await standing(shop) == (0, 70, [])

    await apply(shop, an_undo(gift, at=AT))

    assert await standing(shop) == (0, 0, [])
    assert await system(shop) == {"gift_clearing": 70, "creator_claim": -70}
    told = [
        type(event)
        for event in await stored_events(shop)
        if isinstance(event, PurchaseReversed | PurchaseReinstated | ChargeUndone)
    ]
    assert told == [PurchaseReversed, PurchaseReinstated, ChargeUndone, PurchaseReversed]


async def test_a_dispute_that_is_won_after_the_undo_gives_the_coins_back(shop: Pool) -> None:
    """Held before the undo, taken of the gift's coins by it, and theirs again when it is won."""
    purchase = await bought(shop, at=AT, coins=100, bonus_coins=0, amount_minor=100)
    gift = await spent(shop, 70)
    await tell(shop, claimed(purchase, Disputed("d1", "opened", 100, 0)), at=AT)
    await apply(shop, an_undo(gift, at=AT))
    assert await standing(shop) == (0, 0, [])

    await tell(shop, claimed(purchase, Disputed("d1", "won", 100, 0)), at=AT)

    assert await standing(shop) == (100, 0, [100])
    assert await system(shop) == {"gift_clearing": 70, "creator_claim": -70, "mint:USD": -100}


async def test_debt_that_was_repaid_meanwhile_comes_back(shop: Pool) -> None:
    """New coins paid what was owed for the gift: they are the payer's again."""
    purchase = await bought(shop, at=AT, coins=100, bonus_coins=0, amount_minor=100)
    gift = await spent(shop, 70)
    await tell(shop, claimed(purchase, Refunded(100, 0)), at=AT)
    await bought(shop, at=AT, coins=100, bonus_coins=0, amount_minor=100)
    assert await standing(shop) == (30, 0, [30])

    await apply(shop, an_undo(gift, at=AT))

    assert await standing(shop) == (100, 0, [100])


@pytest.mark.parametrize(
    "undoing", [lambda gift: an_undo(gift, at=AT), returning], ids=["undo", "return"]
)
@pytest.mark.parametrize("first", ["refund", "undo"])
async def test_a_refund_and_an_undo_at_the_same_moment(
    shop: Pool, first: str, undoing: Callable[[ChargeRequested], UndoRequested]
) -> None:
    """One waits for the other; whoever comes first, the wallet ends the same."""
    purchase = await bought(shop, at=AT, coins=100, bonus_coins=0, amount_minor=100)
    gift = await spent(shop, 70)
    refund = tell(shop, claimed(purchase, Refunded(100, 0)), at=AT)
    undo = apply(shop, undoing(gift))
    async with transaction(shop) as conn:
        await conn.execute("SELECT FROM account FOR UPDATE")
        tasks: list[asyncio.Task[object]] = []
        for each in [refund, undo] if first == "refund" else [undo, refund]:
            tasks.append(asyncio.create_task(each))
            await _waits(shop, len(tasks))

    await asyncio.gather(*tasks)

    assert await standing(shop) == (0, 0, [])
    assert await system(shop) == {"gift_clearing": 70, "creator_claim": -70}


async def _waits(pool: Pool, sessions: int) -> None:
    while (
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        < sessions
    ):
        await asyncio.sleep(0.01)


async def test_a_crash_before_the_commit_leaves_nothing(shop: Pool) -> None:
    """And the request comes again."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=AT)
    gift = await spent(shop, 60)
    worker = OnChargeRequested(now=SettableClock(AT))

    await charge(shop, worker, [an_undo(gift, at=AT)], fails=True)
    assert await standing(shop) == (40, 0, [40])
    await charge(shop, worker, [an_undo(gift, at=AT)])

    assert await standing(shop) == (100, 0, [100])


async def test_expiry_after_the_undo_takes_what_came_back(shop: Pool) -> None:
    soon = AT + timedelta(days=1)
    async with transaction(shop) as conn:
        await give(conn, "ann", 30, "bonus", at=AT, expires_at=soon)
    gift = await spent(shop, 30)
    await apply(shop, an_undo(gift, at=AT))

    await transact(shop, lambda conn: expire_lots(conn, at=soon, lots_max=10))

    assert await standing(shop) == (0, 0, [])
    assert (await system(shop))["breakage"] == 30


async def test_what_the_creator_has_been_paid_the_platform_loses(shop: Pool) -> None:
    """Not the reserve, which is for payments that fail; and not the sender."""
    async with transaction(shop) as conn:
        await give(conn, "ann", 100, at=AT)
    gift = await spent(shop, 60)
    (told,) = undone(await apply(shop, an_undo(gift, at=AT)))
    answer = Answer(told.reversal_id, 0, told.reversal_id, "star", 40, 20)

    for _ in range(2):
        impossible = await transact(shop, lambda conn: settle_legs(conn, [answer], shard=0, at=AT))
        assert impossible == {}

    assert await standing(shop) == (100, 0, [100])
    found = await system(shop)
    assert (found["gift_clearing"], found["platform_loss"]) == (20, -20)
    assert "creator_claim" not in found
    assert "reserve" not in found


async def test_a_minors_refund_before_the_undo_keeps_its_share(shop: Pool) -> None:
    """Money went back for it: the rest is undone, and afterwards there is nothing to refund."""
    await buy(shop, 100)
    gift = await minor_spends(shop, 60)
    order = MinorRefundOrder("ann", AT, AT + timedelta(days=1), 5_000)
    seen = await refund_half(shop, order)
    assert seen == 30

    await apply(shop, UndoRequested(charge_id=gift, payer_id="ann", order_key="star", asked_at=AT))

    assert await standing(shop) == (70, 0, [70])
    taken = await shop.fetchval("SELECT sum(coins)::bigint FROM reversal_leg")
    assert taken == 60
    with pytest.raises(NothingToRefundError):
        await refund_half(shop, order)


async def refund_half(pool: Pool, order: MinorRefundOrder) -> int:
    async with transaction(pool) as conn:
        plan = await preview_minor_refund(conn, order, at=AT)
        act = Act("otto", "a parent has written", AT)
        done = await refund_minor(conn, uuid7(), order, act, expected_digest=plan.digest)
    assert done is not None
    return done.refund.coins


async def test_the_database_refuses_to_undo_more_than_was_charged(shop: Pool) -> None:
    """And a reversal of nothing at all."""
    async with transaction(shop) as conn:
        given = await give(conn, "ann", 100, at=AT)
    gift = await spent(shop, 60)
    lot_id = given.lots[0].lot_id
    account_id = await shop.fetchval("SELECT account_id FROM account")

    async def undo(charge_id: UUID, coins: int) -> None:
        async with transaction(shop) as conn:
            await _insert_undo(conn, charge_id, account_id, coins, lot_id)

    with pytest.raises(asyncpg.CheckViolationError, match="would be undone"):
        await undo(gift.charge_id, 61)
    with pytest.raises(asyncpg.CheckViolationError, match="would be undone"):
        await undo(uuid7(), 60)
    with pytest.raises(asyncpg.CheckViolationError, match="of no charge"):
        await shop.execute(
            "WITH r AS (INSERT INTO reversal (reversal_id, amount_minor, coins, policy_version,"
            " is_held, actor, booked_at) VALUES ($1, 0, 5, 1, false, 'sender:ann', now()))"
            " INSERT INTO reversal_leg (reversal_id, position, kind, coins, lot_id, party,"
            " charge_id) VALUES ($1, 0, 'creator_unmatured', 5, $2, 'star', $3)",
            uuid7(),
            lot_id,
            gift.charge_id,
        )


async def _insert_undo(
    conn: Conn, charge_id: UUID, account_id: int, coins: int, lot_id: int
) -> None:
    await conn.execute(
        "WITH r AS (INSERT INTO reversal (reversal_id, amount_minor, coins, policy_version,"
        " is_held, actor, booked_at) VALUES ($1, 0, $4, 1, false, 'sender:ann', now())),"
        " l AS (INSERT INTO reversal_leg (reversal_id, position, kind, coins, lot_id, party,"
        " charge_id) VALUES ($1, 0, 'creator_unmatured', $4, $5, 'star', $2))"
        " INSERT INTO charge_undo VALUES ($2, $1, $3, 2, $4, 'undo', now(), now())",
        uuid7(),
        charge_id,
        account_id,
        coins,
        lot_id,
    )
