"""What stores wait for is done by its deadline, whatever dies on the way, or somebody is told."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import jwt
import pytest

from chassis.db import Pool
from chassis.ids import uuid7
from chassis.telemetry import metrics
from chassis.testing.eventually import eventually
from contracts.gifts.v1 import ChargeRequested
from support.app_stores import AppStores
from support.apple_signing import APP, AppleSigner
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.providers import Seller
from wallet.stores.errands import errand_runner, run_errand
from wallet.stores.lateness import lateness_gauge
from wallet.testing.charging import SettableClock, charge


@pytest.fixture
def run(shop: Pool, providers: Mapping[str, Any], clock: SettableClock) -> Any:
    """`await run()`: every errand that is due; how many they were."""

    async def until_none() -> int:
        count = 0
        while await run_errand(shop, providers, now=clock):
            count += 1
        return count

    return until_none


@pytest.fixture
def errands(shop: Pool) -> Any:
    """`await errands()`: the outcomes of all, None of those that are not over."""

    async def read() -> list[tuple[str, str | None]]:
        rows = await shop.fetch("SELECT kind, outcome FROM store_errand ORDER BY asked_at")
        return [(row["kind"], row["outcome"]) for row in rows]

    return read


async def late(pool: Pool, provider: str, kind: str, clock: SettableClock) -> float:
    await lateness_gauge(pool, [provider], now=clock)()
    labels = {"provider": provider, "kind": kind}
    found = metrics.REGISTRY.get_sample_value("largesse_store_errands_late", labels)
    assert found is not None
    return found


@pytest.fixture
async def token(order: Any, confirm: Any, stores: AppStores) -> str:
    """Of a purchase in Google Play that was credited."""
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700")
    await confirm(purchase_id, token)
    return token


def consumptions(stores: AppStores) -> int:
    return sum(path.endswith(":consume") for _, path in stores.asked)


async def test_google_is_told_of_the_delivery_once(
    token: str, stores: AppStores, run: Any, errands: Any
) -> None:
    """Consumed, which acknowledges it: else Google gives the money back after three days (C05)."""
    assert await errands() == [("consume", None)]

    assert await run() == 1

    assert stores.purchases[token]["acknowledgementState"] == 1
    assert await errands() == [("consume", "done")]
    assert await run() == 0
    assert consumptions(stores) == 1


async def test_google_is_told_by_the_worker(
    shop: Pool,
    token: str,
    stores: AppStores,
    providers: Mapping[str, Any],
    clock: SettableClock,
) -> None:
    """Its task finds what is due by itself, and stops when told to."""
    stop = asyncio.Event()
    running = asyncio.create_task(errand_runner(shop, providers, now=clock)(stop))

    await eventually(lambda: _async(consumptions(stores)), until=lambda count: count == 1)
    stop.set()
    async with asyncio.timeout(30):
        await running


async def _async[T](value: T) -> T:
    return value


async def test_outage_of_google_is_waited_out_and_alarms_in_time(
    shop: Pool, token: str, stores: AppStores, run: Any, errands: Any, clock: SettableClock
) -> None:
    """Tried with growing pauses; the metric speaks with more than two days left."""
    stores.status = 500
    tries = 0
    while await late(shop, "google_play", "consume", clock) == 0:
        tries += await run()
        clock.advance(timedelta(minutes=5))
    asked_at = await shop.fetchval("SELECT asked_at FROM store_errand")
    assert timedelta(hours=17) < clock() - asked_at < timedelta(hours=19)
    assert 20 < tries < 60

    stores.status = None
    clock.advance(timedelta(hours=1))
    assert await run() == 1

    assert await errands() == [("consume", "done")]
    assert await late(shop, "google_play", "consume", clock) == 0
    assert stores.purchases[token]["consumptionState"] == 1


async def test_killed_between_doing_and_noting_does_no_harm(
    shop: Pool,
    token: str,
    stores: AppStores,
    providers: Mapping[str, Seller],
    run: Any,
    errands: Any,
    clock: SettableClock,
) -> None:
    """Google has consumed it, and nobody has written that down: it is asked first."""
    task = asyncio.create_task(run_errand(shop, providers, now=clock))  # pyright: ignore[reportArgumentType]
    stores.after_consuming = task.cancel
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await errands() == [("consume", None)]
    assert await run() == 0, "somebody may still have it in hand"

    clock.advance(timedelta(minutes=1))
    assert await run() == 1

    assert await errands() == [("consume", "needless")]
    assert consumptions(stores) == 1


async def test_google_payment_that_was_taken_back_is_not_consumed(
    token: str, stores: AppStores, run: Any, errands: Any
) -> None:
    stores.purchases[token]["purchaseState"] = 1

    await run()

    assert await errands() == [("consume", "needless")]
    assert consumptions(stores) == 0


async def test_what_is_too_late_or_refused_alarms(
    token: str, stores: AppStores, run: Any, errands: Any, alarms: Any, clock: SettableClock
) -> None:
    stores.status = 500
    await run()
    clock.advance(timedelta(days=3))

    assert await run() == 1

    assert await errands() == [("consume", "missed")]
    assert await alarms() == ["the store waits for consume of a purchase in vain: missed"]


async def test_google_knows_nothing_of_it(
    token: str, stores: AppStores, run: Any, errands: Any, alarms: Any
) -> None:
    del stores.purchases[token]

    await run()

    assert await errands() == [("consume", "refused")]
    assert len(await alarms()) == 1


# ---------------------------------------------------------------------- how far coins were used


@pytest.fixture
def spend(shop: Pool) -> Any:
    """`await spend(100)`: Ann gives coins away."""

    async def run(coins: int) -> None:
        wanted = ChargeRequested(
            charge_id=uuid7(),
            payer_id="ann",
            coins=coins,
            order_key="creator",
        )
        await charge(shop, OnChargeRequested(), [wanted])

    return run


async def test_apple_is_told_how_far_the_coins_were_used(
    order: Any,
    confirm: Any,
    notify: Any,
    apple: AppleSigner,
    stores: AppStores,
    spend: Any,
    run: Any,
    errands: Any,
) -> None:
    """The share of this purchase's own coins that was spent, in thousandths of a percent."""
    purchase_id = await order("app_store")
    transaction = apple.transaction(purchase_id, "apple_700", transactionId="42")
    await confirm(purchase_id, transaction, shares_usage=True)
    await spend(100)

    asked = await notify("CONSUMPTION_REQUEST", transaction, uuid="one")
    again = await notify("CONSUMPTION_REQUEST", transaction, uuid="one")
    assert (asked.json()["code"], again.json()["code"]) == ("applied", "repeated")
    assert await run() == 1

    assert stores.told == [
        (
            "42",
            {
                "customerConsented": True,
                "sampleContentProvided": False,
                "deliveryStatus": "DELIVERED",
                "consumptionPercentage": 100 * 100_000 // 710,
            },
        )
    ]
    assert await errands() == [("tell_usage", "done")]


@pytest.fixture
async def apple_purchase(order: Any, apple: AppleSigner) -> tuple[str, str]:
    """Ann's purchase in the App Store, not confirmed yet, and its receipt."""
    purchase_id = await order("app_store")
    return purchase_id, apple.transaction(purchase_id, "apple_700", transactionId="42")


async def test_coins_of_other_purchases_do_not_count(
    apple_purchase: tuple[str, str],
    order: Any,
    confirm: Any,
    notify: Any,
    apple: AppleSigner,
    stores: AppStores,
    spend: Any,
    run: Any,
) -> None:
    """Bonus coins go first, as they expire; then the purchase that is older."""
    older = await order("app_store")
    await confirm(older, apple.transaction(older, "apple_700"))
    await confirm(*apple_purchase, shares_usage=True)
    await spend(500)

    await notify("CONSUMPTION_REQUEST", apple_purchase[1])
    await run()

    ((_, told),) = stores.told
    assert told["consumptionPercentage"] == 10 * 100_000 // 710


@pytest.mark.parametrize("said", [(), (False,), (True, False)], ids=str)
async def test_apple_is_told_nothing_without_consent(
    apple_purchase: tuple[str, str],
    confirm: Any,
    notify: Any,
    stores: AppStores,
    run: Any,
    errands: Any,
    said: tuple[bool, ...],
) -> None:
    """Never given, denied, or withdrawn (C05)."""
    await confirm(*apple_purchase)
    for consents in said:
        await confirm(*apple_purchase, shares_usage=consents)

    await notify("CONSUMPTION_REQUEST", apple_purchase[1])
    await run()

    assert stores.asked == []
    assert await errands() == [("tell_usage", "withheld")]


async def test_question_about_coins_that_nobody_got(
    shop: Pool,
    apple_purchase: tuple[str, str],
    notify: Any,
    stores: AppStores,
    run: Any,
) -> None:
    """Whoever was given nothing has used nothing."""
    await shop.execute("INSERT INTO usage_consent SELECT purchase_id, TRUE, now() FROM purchase")

    await notify("CONSUMPTION_REQUEST", apple_purchase[1])
    await run()

    ((_, told),) = stores.told
    assert told["deliveryStatus"] == "UNDELIVERED_OTHER"
    assert told["consumptionPercentage"] == 0


@pytest.mark.parametrize("status", [429, 500, 503, 401])
async def test_apple_is_asked_again_until_twelve_hours_are_over(
    shop: Pool,
    apple_purchase: tuple[str, str],
    confirm: Any,
    notify: Any,
    stores: AppStores,
    run: Any,
    errands: Any,
    alarms: Any,
    clock: SettableClock,
    status: int,
) -> None:
    """Somebody could see to it since the third hour."""
    await confirm(*apple_purchase, shares_usage=True)
    await notify("CONSUMPTION_REQUEST", apple_purchase[1])
    stores.status = status

    await run()
    clock.advance(timedelta(hours=3))
    assert await late(shop, "app_store", "tell_usage", clock) == 1
    await run()
    assert await errands() == [("tell_usage", None)]
    clock.advance(timedelta(hours=9))
    await run()

    assert await errands() == [("tell_usage", "missed")]
    assert len(await alarms()) == 1
    assert len(stores.asked) == 2


@pytest.mark.parametrize("status", [400, 404])
async def test_apple_refuses_the_answer(
    apple_purchase: tuple[str, str],
    confirm: Any,
    notify: Any,
    stores: AppStores,
    run: Any,
    errands: Any,
    alarms: Any,
    status: int,
) -> None:
    await confirm(*apple_purchase, shares_usage=True)
    await notify("CONSUMPTION_REQUEST", apple_purchase[1])
    stores.status = status

    await run()

    assert await errands() == [("tell_usage", "refused")]
    assert await alarms() == ["the store waits for tell_usage of a purchase in vain: refused"]


async def test_our_key_is_what_apple_checks(
    apple_purchase: tuple[str, str], confirm: Any, notify: Any, stores: AppStores, run: Any
) -> None:
    await confirm(*apple_purchase, shares_usage=True)
    await notify("CONSUMPTION_REQUEST", apple_purchase[1])
    await run()

    (authorization,) = stores.authorizations
    token = authorization.removeprefix("Bearer ")
    assert jwt.get_unverified_header(token)["kid"] == "key"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"], claims["bid"]) == ("issuer", "appstoreconnect-v1", APP)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE store_errand SET outcome = NULL, ended_at = NULL",
        "UPDATE store_errand SET deadline_at = deadline_at + interval '1 day'",
        "UPDATE store_errand SET payment_id = 'another'",
        "DELETE FROM store_errand",
        "TRUNCATE store_errand",
        "UPDATE provider_event SET bundle_id = 'another'",
        "UPDATE provider_event SET quantity = 2",
    ],
)
async def test_what_was_promised_and_done_stays(
    shop: Pool, token: str, run: Any, statement: str
) -> None:
    await run()

    with pytest.raises(asyncpg.RestrictViolationError):
        await shop.execute(statement)
