"""Charges through the consumer's handler, on PostgreSQL."""

from datetime import timedelta
from uuid import UUID

import pytest

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from chassis.telemetry import metrics
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import ChargePosted, ChargeRefused
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.ledger import expiry_id
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import REFUND_WINDOW, SettableClock, answers, balances, charge, give


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def handler(clock: SettableClock) -> OnChargeRequested:
    return OnChargeRequested(now=clock)


def a_request(
    payer_id: str, coins: int, *, charge_id: UUID | None = None, order_key: str = "star"
) -> ChargeRequested:
    return ChargeRequested(
        charge_id=charge_id or uuid7(), payer_id=payer_id, order_key=order_key, coins=coins
    )


async def journal(pool: Pool) -> list[tuple[object, ...]]:
    rows = await pool.fetch(
        "SELECT kind, outcome, coins, balance_coins FROM movement ORDER BY posted_at, version"
    )
    return [tuple(row) for row in rows]


async def test_a_charge_is_answered_with_its_slices(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The answer names the lots, what they are and until when they may be taken back."""
    async with transaction(pool) as conn:
        bought = await give(conn, "ann", 100, at=clock.at)
        bonus = await give(conn, "ann", 10, "bonus", at=clock.at)
    request = a_request("ann", 25)

    events = await charge(pool, handler, [request])

    (posted,) = answers(events)
    assert isinstance(posted, ChargePosted)
    assert (posted.charge_id, posted.payer_id) == (request.charge_id, "ann")
    assert (posted.order_key, posted.coins, posted.posted_at) == ("star", 25, clock.at)
    assert [
        (each.lot_id, each.lot_class, each.coins, each.refundable_until) for each in posted.slices
    ] == [
        (bonus.lots[0].lot_id, "bonus", 10, clock.at + REFUND_WINDOW),
        (bought.lots[0].lot_id, "purchased", 15, clock.at + REFUND_WINDOW),
    ]
    (balance,) = balances(events)
    assert (balance.user_id, balance.version, balance.coins, balance.cause) == (
        "ann",
        3,
        85,
        "charge",
    )
    await assert_books_balance(pool)


async def test_an_unknown_payer_is_refused_and_has_a_wallet_from_then_on(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    events = await charge(pool, handler, [a_request("new", 5)])

    (refused,) = answers(events)
    assert isinstance(refused, ChargeRefused)
    assert (refused.reason, refused.needed_coins, refused.balance_coins) == (
        "insufficient_coins",
        5,
        0,
    )
    assert balances(events) == []
    assert await pool.fetchval("SELECT version FROM account WHERE owner_id = 'new'") == 0
    await assert_books_balance(pool)


async def test_a_refusal_is_final_for_its_id(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """Coins that come later do not turn a refused charge into a posted one."""
    request = a_request("ann", 5)
    first = await charge(pool, handler, [request])
    async with transaction(pool) as conn:
        await give(conn, "ann", 100, at=clock.at)
    clock.advance(timedelta(minutes=1))

    again = await charge(pool, handler, [request])

    assert again == first
    assert await pool.fetchval("SELECT sum(lot_coins[1]) FROM account") == 100


async def test_one_balance_per_payer_and_batch(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    async with transaction(pool) as conn:
        await give(conn, "ann", 100, at=clock.at)
        await give(conn, "bob", 100, at=clock.at)

    events = await charge(
        pool, handler, [a_request("ann", 1), a_request("bob", 2), a_request("ann", 3)]
    )

    assert [(each.user_id, each.version, each.coins) for each in balances(events)] == [
        ("ann", 3, 96),
        ("bob", 2, 98),
    ]


@pytest.mark.parametrize("restarted", [False, True], ids=["same worker", "another worker"])
async def test_a_replay_gets_the_first_results_and_changes_nothing(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock, restarted: bool
) -> None:
    """T10: all requests once more, in other batches and later: every answer is the first one."""
    async with transaction(pool) as conn:
        for payer in ("ann", "bob"):
            await give(conn, payer, 10, "bonus", at=clock.at)
            await give(conn, payer, 50, at=clock.at)
    requests = [a_request("ann" if n % 2 else "bob", n) for n in range(1, 20)]
    first = [
        *answers(await charge(pool, handler, requests[:7])),
        *answers(await charge(pool, handler, requests[7:])),
    ]
    before = await journal(pool)
    clock.advance(timedelta(days=1))
    worker = OnChargeRequested(now=clock) if restarted else handler

    events = await charge(pool, worker, requests)

    assert answers(events) == first
    assert {each.reason for each in first if isinstance(each, ChargeRefused)} == {
        "insufficient_coins"
    }
    assert balances(events) == []
    assert await journal(pool) == before
    await assert_books_balance(pool)


async def test_other_terms_under_a_known_id_are_a_conflict(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """T10: the first result stays as it is, and so does every balance."""
    async with transaction(pool) as conn:
        await give(conn, "ann", 100, at=clock.at)
        await give(conn, "bob", 100, at=clock.at)
    request = a_request("ann", 5)
    first = answers(await charge(pool, handler, [request]))
    before = await journal(pool)

    events = await charge(
        pool,
        handler,
        [
            a_request("ann", 6, charge_id=request.charge_id),
            a_request("bob", 5, charge_id=request.charge_id),
            a_request("ann", 5, charge_id=request.charge_id, order_key="other"),
            request,
        ],
    )

    *conflicts, repeat = answers(events)
    assert [each.reason for each in conflicts if isinstance(each, ChargeRefused)] == [
        "charge_conflict"
    ] * 3
    assert [repeat] == first
    assert balances(events) == []
    assert await journal(pool) == before


async def test_an_id_of_another_kind_of_movement_is_a_conflict(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    async with transaction(pool) as conn:
        await give(conn, "ann", 5, at=clock.at)
    purchase_id = await pool.fetchval("SELECT movement_id FROM movement")

    events = await charge(pool, handler, [a_request("ann", 5, charge_id=purchase_id)])

    (refused,) = answers(events)
    assert isinstance(refused, ChargeRefused)
    assert refused.reason == "charge_conflict"


async def test_a_purchase_behind_the_cache_is_seen(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The remembered head is old: its payer is decided again, the neighbours are not."""
    async with transaction(pool) as conn:
        for payer in ("ann", "bob", "cyd"):
            await give(conn, payer, 10, at=clock.at)
    warm = [a_request(payer, 1) for payer in ("ann", "bob", "cyd")]
    await charge(pool, handler, warm)
    async with transaction(pool) as conn:
        await give(conn, "bob", 100, "bonus", at=clock.at)
    shared_id = uuid7()

    events = await charge(
        pool,
        handler,
        [
            a_request("ann", 9),
            a_request("bob", 9),
            a_request("bob", 50),
            a_request("cyd", 10),
            a_request("ann", 1, charge_id=shared_id),
            a_request("bob", 1, charge_id=shared_id),
        ],
    )

    outcomes = [each.reason if isinstance(each, ChargeRefused) else "" for each in answers(events)]
    assert outcomes == ["", "", "", "insufficient_coins", "insufficient_coins", "charge_conflict"]
    bonus = await pool.fetchval("SELECT lot_id FROM lot WHERE class = 'bonus'")
    assert [
        [(each.lot_id, each.coins) for each in answer.slices]
        for answer in answers(events)
        if isinstance(answer, ChargePosted) and answer.payer_id == "bob"
    ] == [[(bonus, 9)], [(bonus, 50)]]
    assert [(each.user_id, each.version, each.coins) for each in balances(events)] == [
        ("ann", 3, 0),
        ("bob", 5, 50),
    ]
    await assert_books_balance(pool)


async def test_nobody_is_refused_for_coins_that_have_come(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The worker remembers an empty wallet; its owner has bought coins since."""
    await charge(pool, handler, [a_request("ann", 5)])
    async with transaction(pool) as conn:
        await give(conn, "ann", 10, at=clock.at)

    events = await charge(pool, handler, [a_request("ann", 20), a_request("ann", 10)])

    refused, posted = answers(events)
    assert isinstance(refused, ChargeRefused)
    assert refused.balance_coins == 10
    assert isinstance(posted, ChargePosted)
    await assert_books_balance(pool)


async def test_a_conflict_tells_the_balance_of_now(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    request = a_request("ann", 5)
    await charge(pool, handler, [request])
    async with transaction(pool) as conn:
        await give(conn, "ann", 10, at=clock.at)

    events = await charge(pool, handler, [a_request("ann", 6, charge_id=request.charge_id)])

    (conflict,) = answers(events)
    assert isinstance(conflict, ChargeRefused)
    assert (conflict.reason, conflict.balance_coins) == ("charge_conflict", 10)


async def test_expired_coins_are_booked_with_the_charge(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """The lot expires while the worker remembers it."""
    async with transaction(pool) as conn:
        await give(conn, "ann", 10, at=clock.at)
        lot = await give(
            conn, "ann", 90, "bonus", at=clock.at, expires_at=clock.at + timedelta(hours=1)
        )
    await charge(pool, handler, [a_request("ann", 40)])
    clock.advance(timedelta(hours=1))

    events = await charge(pool, handler, [a_request("ann", 20), a_request("ann", 7)])

    assert [type(each) for each in answers(events)] == [ChargeRefused, ChargePosted]
    assert [(each.coins, each.cause) for each in balances(events)] == [(3, "charge")]
    expiry = await pool.fetchrow(
        "SELECT coins, counter FROM movement WHERE movement_id = $1",
        expiry_id(lot.lots[0].lot_id),
    )
    assert tuple(expiry or ()) == (-50, "breakage")
    await assert_books_balance(pool)


async def test_a_rolled_back_batch_leaves_nothing_behind(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """Neither in the database nor in the worker's memory: the same batch then goes through."""
    async with transaction(pool) as conn:
        await give(conn, "ann", 10, at=clock.at)
    request = a_request("ann", 10)
    await charge(pool, handler, [a_request("ann", 1)], fails=True)
    await charge(pool, handler, [request], fails=True)

    (posted,) = answers(await charge(pool, handler, [request]))

    assert isinstance(posted, ChargePosted)
    assert await journal(pool) == [("purchase", "posted", 10, 10), ("charge", "posted", -10, 0)]
    await assert_books_balance(pool)


async def test_nothing_depends_on_the_cache(pool: Pool, clock: SettableClock) -> None:
    """A cache of one head: nearly every payer is read again, and every charge comes out right."""
    handler = OnChargeRequested(now=clock, heads_max=1)
    payers = [f"viewer-{n}" for n in range(20)]
    async with transaction(pool) as conn:
        for payer in payers:
            await give(conn, payer, 30, at=clock.at)

    kinds = [
        {type(each) for each in answers(await charge(pool, handler, requests))}
        for requests in [[a_request(payer, 10) for payer in payers] for _ in range(4)]
    ]

    assert kinds == [{ChargePosted}] * 3 + [{ChargeRefused}]
    assert await pool.fetchval("SELECT sum(credits_coins - debits_coins) FROM account") == 0
    await assert_books_balance(pool)


async def test_refusals_are_counted_by_code_once_committed(
    pool: Pool, handler: OnChargeRequested, clock: SettableClock
) -> None:
    """A batch that was rolled back has refused nothing."""

    def counted() -> list[float]:
        return [
            metrics.REGISTRY.get_sample_value(
                "largesse_refusals_total", {"operation": "charge", "code": code}
            )
            or 0
            for code in ("insufficient_coins", "charge_conflict", "posted")
        ]

    async with transaction(pool) as conn:
        await give(conn, "ann", 10, at=clock.at)
    charges = [a_request("ann", 5), a_request("ann", 50), a_request("ann", 60)]
    before = counted()

    await charge(pool, handler, charges, fails=True)
    rolled_back = counted()
    await charge(pool, handler, [*charges, a_request("ann", 4, charge_id=charges[0].charge_id)])

    assert rolled_back == before
    assert [after - former for after, former in zip(counted(), before, strict=True)] == [2, 1, 0]
