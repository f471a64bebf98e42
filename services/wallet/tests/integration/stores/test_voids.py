"""What Google lists as taken back is taken back here, once, whatever was lost on the way."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.db import Pool
from chassis.testing.eventually import eventually
from contracts.wallet.v1 import PurchaseReversed
from support.app_stores import AppStores, push
from wallet.domain.purchase import ProviderUnavailableError
from wallet.providers.google_play import GooglePlay
from wallet.stores.voids import read_voids, void_reader
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import stored_events
from wallet.testing.charging import SettableClock


@pytest.fixture
def read(shop: Pool, google_play: GooglePlay, clock: SettableClock) -> Any:
    """`await read()`: the worker looks whether the list is due."""

    async def run() -> bool:
        return await read_voids(shop, google_play, now=clock)

    return run


@pytest.fixture
def buy(order: Any, confirm: Any, stores: AppStores) -> Any:
    """`await buy("bob")`: 700 coins and 10 on top; the token."""

    async def run(user_id: str = "ann") -> str:
        purchase_id = await order("google_play", sub=user_id)
        token = stores.buy(purchase_id, "play_700")
        await confirm(purchase_id, token, sub=user_id)
        return token

    return run


async def statuses(pool: Pool) -> list[str]:
    return [row[0] for row in await pool.fetch("SELECT status FROM purchase ORDER BY user_id")]


@pytest.mark.parametrize(
    ("reason", "changes", "status", "kind"),
    [
        (0, {}, "REFUNDED", "refund"),
        (1, {"voidedSource": 1}, "REFUNDED", "refund"),
        (1, {"voidedQuantity": 1}, "REFUNDED", "refund"),
        (8, {"voidedSource": 2}, "REFUNDED", "refund"),
        (7, {"voidedSource": 2}, "CHARGED_BACK", "chargeback"),
    ],
)
async def test_listed_purchase_is_taken_back(
    shop: Pool,
    buy: Any,
    read: Any,
    stores: AppStores,
    coins: Any,
    alarms: Any,
    clock: SettableClock,
    reason: int,
    changes: dict[str, Any],
    status: str,
    kind: str,
) -> None:
    """By its reason: what the bank took back has rules of its own."""
    stores.void(await buy(), clock() - timedelta(days=1), reason=reason, **changes)

    assert await read()

    assert await statuses(shop) == [status]
    assert await coins() == 0
    assert await alarms() == []
    (told,) = [each for each in await stored_events(shop) if isinstance(each, PurchaseReversed)]
    assert told.kind == kind
    await assert_books_balance(shop)


async def test_list_is_read_whole_and_again_without_effect(
    shop: Pool, buy: Any, read: Any, stores: AppStores, coins: Any, clock: SettableClock
) -> None:
    """Page by page; what it has in common with the reading before counts once."""
    users = [f"user-{number}" for number in range(5)]
    for user in users:
        stores.void(await buy(user), clock() - timedelta(hours=1))
    stores.page_size = 2

    assert await read()
    assert not await read(), "not due yet"
    clock.advance(timedelta(minutes=6))
    assert await read()

    assert await statuses(shop) == ["REFUNDED"] * 5
    assert [await coins(user) for user in users] == [0] * 5
    assert await shop.fetchval("SELECT count(*) FROM reversal") == 5
    assert (
        await shop.fetchval("SELECT count(*) FROM provider_delivery WHERE body LIKE '%void%'") == 5
    )
    await assert_books_balance(shop)


async def test_windows_overlap_and_begin_with_all_there_is(
    shop: Pool, read: Any, stores: AppStores, clock: SettableClock
) -> None:
    """First nearly thirty days, then a day more than is new; never more than there is (C05)."""
    first = clock()
    await read()
    clock.advance(timedelta(hours=2))
    await read()

    def days(window: tuple[int, int]) -> float:
        return (window[1] - window[0]) / 86_400_000

    assert [round(days(window), 2) for window in stores.windows] == [29.99, 1.08]
    assert stores.windows[0][1] == int(first.timestamp() * 1000)
    assert stores.windows[1][0] == int((first - timedelta(days=1)).timestamp() * 1000)


async def test_gap_that_the_list_cannot_fill_alarms(
    read: Any, stores: AppStores, alarms: Any, clock: SettableClock
) -> None:
    await read()
    clock.advance(timedelta(days=31))
    await read()

    assert await alarms() == [
        "the list of purchases taken back was not read for longer than it goes back"
    ]
    assert round((stores.windows[1][1] - stores.windows[1][0]) / 86_400_000, 2) == 29.99


async def test_reading_that_breaks_off_is_done_again(
    shop: Pool, buy: Any, read: Any, stores: AppStores, coins: Any, clock: SettableClock
) -> None:
    """Nothing is noted as read before all of it was recorded."""
    stores.void(await buy(), clock() - timedelta(hours=1))
    stores.status = 503
    with pytest.raises(ProviderUnavailableError):
        await read()
    assert await shop.fetchval("SELECT read_until FROM store_poll") is None

    stores.status = None
    clock.advance(timedelta(minutes=6))
    await read()

    assert await coins() == 0
    assert await shop.fetchval("SELECT read_until FROM store_poll") == clock()


async def test_workers_do_not_read_it_twice(
    shop: Pool, buy: Any, read: Any, stores: AppStores, clock: SettableClock
) -> None:
    stores.void(await buy(), clock() - timedelta(hours=1))

    assert sorted(await asyncio.gather(*(read() for _ in range(4)))) == [False] * 3 + [True]

    assert len(stores.windows) == 1
    assert await statuses(shop) == ["REFUNDED"]


async def test_listed_before_its_payment_is_known(
    shop: Pool,
    order: Any,
    confirm: Any,
    read: Any,
    stores: AppStores,
    coins: Any,
    alarms: Any,
    clock: SettableClock,
) -> None:
    """The receipt was verified and not booked yet: credited and taken back in one (E11)."""
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700")
    stores.void(token, clock() - timedelta(hours=1))
    await read()
    assert len(await alarms()) == 1

    stores.purchases[token]["purchaseState"] = 0
    confirmed = await confirm(purchase_id, token)

    assert confirmed["purchase"]["status"] == "REFUNDED"
    assert await coins() == 0
    assert await alarms() == []
    await assert_books_balance(shop)


async def test_receipt_shown_again_does_not_erase_the_refund(
    shop: Pool, buy: Any, confirm: Any, read: Any, stores: AppStores, coins: Any, clock: Any
) -> None:
    """Whatever Google says of it by then."""
    token = await buy()
    purchase_id = str(await shop.fetchval("SELECT purchase_id FROM purchase"))
    stores.void(token, clock() - timedelta(hours=1))
    await read()
    before = await shop.fetch("SELECT * FROM payment_claim")

    for state in (0, 1):
        stores.purchases[token]["purchaseState"] = state
        confirmed = await confirm(purchase_id, token)
        assert confirmed["purchase"]["status"] == "REFUNDED"

    assert await coins() == 0
    assert await shop.fetch("SELECT * FROM payment_claim") == before


async def test_entry_that_cannot_be_read_holds_up_no_other(
    shop: Pool, buy: Any, read: Any, stores: AppStores, alarms: Any, clock: SettableClock
) -> None:
    stores.void(await buy(), clock() - timedelta(hours=1))
    stores.void("x" * 2_000, clock() - timedelta(hours=1))

    await read()

    assert await statuses(shop) == ["REFUNDED"]
    assert await alarms() == ["an authentic event that does not have the form agreed on"]


async def test_push_about_a_void_is_left_to_the_list(deliver_push: Any, alarms: Any) -> None:
    """It does not say why, and what the bank took back has rules of its own."""
    body = push(voidedPurchaseNotification={"purchaseToken": "t", "orderId": "o", "refundType": 1})

    answer = await deliver_push(body)

    assert (answer.status_code, answer.json()["code"]) == (200, "ignored")
    assert await alarms() == []


async def test_worker_reads_it_by_itself(
    shop: Pool, buy: Any, stores: AppStores, google_play: GooglePlay, clock: SettableClock
) -> None:
    stores.void(await buy(), clock() - timedelta(hours=1))
    stop = asyncio.Event()
    reading = asyncio.create_task(void_reader(shop, google_play, now=clock)(stop))

    await eventually(lambda: statuses(shop), until=lambda found: found == ["REFUNDED"])
    stop.set()
    async with asyncio.timeout(30):
        await reading


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE store_poll SET read_until = read_until - interval '1 second'",
        "UPDATE store_poll SET read_until = NULL",
        "DELETE FROM store_poll",
        "TRUNCATE store_poll",
    ],
)
async def test_what_was_read_stays_read(shop: Pool, read: Any, statement: str) -> None:
    await read()

    with pytest.raises(asyncpg.RestrictViolationError):
        await shop.execute(statement)
