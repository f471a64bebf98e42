"""Deliveries that take payments back, taken in together, end as one by one."""

import asyncio
import random
from collections.abc import Sequence
from uuid import UUID

import pytest

from chassis.db import Pool, transact
from chassis.ids import derived_id
from chassis.testing.plugin import NewDatabase
from contracts.gifts.v1 import ChargeRequested
from wallet.commands.record_deliveries import Delivery, record_deliveries
from wallet.commands.settle_events import DeliveryOutcome
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.claims import Disputed, Refunded, Stage, Telling, Voided
from wallet.domain.purchase import PaymentEvent, Purchase
from wallet.store.purchases import insert_purchase
from wallet.testing.books import assert_books_balance
from wallet.testing.buying import ORDERED_AT, a_purchase, open_shop
from wallet.testing.charging import SettableClock, charge
from wallet.testing.reversing import claimed, paid, tell
from wallet.webhooks import recorder as recorder_module
from wallet.webhooks.recorder import Recorder

SEED = UUID("01920000-0000-7000-8000-000000000000")
BUYERS = ("ann", "bob", "cat", "dan", "eve")
TABLES = {
    "provider_delivery": "event_id, body",
    "provider_event": "event_id, outcome",
    "provider_alarm": "event_id, reason, resolved_at",
    "purchase": "purchase_id, status",
    "payment_claim": "purchase_id, claim, kind, claimed_minor, returned_minor, is_open",
    "dispute_fee": "purchase_id, claim, fee_minor",
    "reversal": "reversal_id, amount_minor, coins, is_held, actor",
    "reversal_leg": "reversal_id, position, kind, coins, lot_id, party, charge_id",
    "reversal_settled": "reversal_id",
    "reinstatement": "reinstatement_id, amount_minor, coins",
    "reinstatement_leg": "reinstatement_id, reversal_id, position, coins, is_expired",
    "debt_entry": "entry_id, kind, coins, debt_coins, lot_id",
    "movement": "movement_id, version, coins, balance_coins, kind, counter",
    "transfer": "transfer_id, debit, credit, coins",
    "account": "owner_id, version, credits_coins, debits_coins, debt_coins, lot_ids, lot_coins",
    "system_account": "name, shard, debits_coins, credits_coins",
}


async def purchases_of(pool: Pool) -> list[Purchase]:
    """Two of each buyer and some of their coins spent; the last of all is not paid."""
    await open_shop(pool)
    purchases = [
        a_purchase(purchase_id=derived_id(SEED, f"{buyer}:{number}"), user_id=buyer)
        for number in range(2)
        for buyer in BUYERS
    ]
    for purchase in purchases:
        await transact(pool, lambda conn, each=purchase: insert_purchase(conn, each))
    for purchase in purchases[:-1]:
        event = paid(purchase)._replace(event_id=f"paid:{purchase.purchase_id}")
        assert await tell(pool, event) == "applied"
    requests = [
        ChargeRequested(
            charge_id=derived_id(SEED, f"gift:{buyer}:{number}"),
            payer_id=buyer,
            order_key=f"creator-{number % 3}",
            coins=90,
        )
        for number, buyer in enumerate([*BUYERS, *BUYERS[:3], *BUYERS[:2]])
    ]
    await charge(pool, OnChargeRequested(now=SettableClock(ORDERED_AT)), requests)
    return purchases


def some_events(purchases: Sequence[Purchase], choose: random.Random) -> list[PaymentEvent]:
    """What a bad day brings: refunds that grow, disputes, voids, repeats, strangers."""
    events: list[PaymentEvent] = []
    for number in range(40):
        purchase = choose.choice(purchases)
        event = claimed(purchase, _telling(purchase, choose))
        events.append(event._replace(event_id=f"evt:{number}"))
    events += choose.sample(events, 6)
    events[3] = events[3]._replace(reference=str(derived_id(SEED, "nobody's")))
    events[4] = events[4]._replace(amount_minor=1)
    # Stores name the payment alone.
    events[5] = events[5]._replace(reference=None)
    contradicted = events[0]._replace(claim=Voided())
    return [*events, contradicted]


def _telling(purchase: Purchase, choose: random.Random) -> Telling:
    stages: Sequence[Stage] = ("opened", "lost", "won")
    amount = purchase.amount_minor
    return choose.choice(
        [
            Refunded(choose.randint(1, amount), 0),
            Refunded(amount, choose.choice([0, amount])),
            Refunded(amount + 1, 0),
            Disputed("d1", choose.choice(stages), amount, 1500),
            Voided(),
        ]
    )


async def take_in(
    pool: Pool, events: Sequence[PaymentEvent], sizes: random.Random | None
) -> list[DeliveryOutcome]:
    """In groups of random size, or one by one."""
    outcomes: list[DeliveryOutcome] = []
    left = [Delivery(event, event.event_id.encode()) for event in events]
    while left:
        size = 1 if sizes is None else sizes.randint(1, 20)
        group, left = left[:size], left[size:]
        outcomes += await transact(
            pool,
            lambda conn, group=group: record_deliveries(conn, "sandbox", group, at=ORDERED_AT),
        )
    return outcomes


async def contents(pool: Pool) -> dict[str, list[str]]:
    return {
        table: sorted(
            str(tuple(row))
            for row in await pool.fetch(f"SELECT {columns} FROM {table}")  # noqa: S608
        )
        for table, columns in TABLES.items()
    }


@pytest.mark.parametrize("seed", range(6))
async def test_together_as_one_by_one(new_database: NewDatabase, seed: int) -> None:
    """The same outcomes and the same rows, however deliveries are grouped."""
    alone = (await new_database("wallet.migrations")).pool
    together = (await new_database("wallet.migrations")).pool
    purchases = await purchases_of(alone)
    assert await purchases_of(together) == purchases
    events = some_events(purchases, random.Random(seed))

    expected = await take_in(alone, events, None)
    outcomes = await take_in(together, events, random.Random(seed))

    assert outcomes == expected
    assert await contents(together) == await contents(alone)
    await assert_books_balance(together)


async def test_a_hundred_take_as_many_statements_as_one(shop: Pool) -> None:
    """What makes it fast, counted by the database."""
    purchases = [a_purchase(user_id=f"viewer-{number}") for number in range(101)]
    for purchase in purchases:
        await transact(shop, lambda conn, each=purchase: insert_purchase(conn, each))
        assert await tell(shop, paid(purchase)) == "applied"
    first, *others = [
        Delivery(claimed(purchase, Refunded(purchase.amount_minor, 0)), b"{}")
        for purchase in purchases
    ]

    async def statements(deliveries: Sequence[Delivery]) -> int:
        counted = 0
        async with shop.acquire() as conn, conn.transaction():

            def count(_: object) -> None:
                nonlocal counted
                counted += 1

            conn.add_query_logger(count)
            try:
                outcomes = await record_deliveries(conn, "sandbox", deliveries, at=ORDERED_AT)
            finally:
                conn.remove_query_logger(count)
            assert set(outcomes) == {"applied"}
        return counted

    # The first one prepares, which counts too.
    await statements([first])
    of_one, of_many = await statements(others[:1]), await statements(others[1:])

    assert of_many == of_one
    await assert_books_balance(shop)


async def test_none_fails_for_anothers_sake(shop: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that we cannot take in does not keep out those that came at the same moment."""
    purchases = [a_purchase(user_id=f"viewer-{number}") for number in range(5)]
    for purchase in purchases:
        await transact(shop, lambda conn, each=purchase: insert_purchase(conn, each))
        assert await tell(shop, paid(purchase)) == "applied"
    events = [claimed(purchase, Refunded(purchase.amount_minor, 0)) for purchase in purchases]
    broken = events[2].event_id
    groups: list[int] = []

    async def break_at_one(
        conn: object, provider: str, deliveries: Sequence[Delivery], **at: object
    ) -> Sequence[DeliveryOutcome]:
        groups.append(len(deliveries))
        if any(each.event.event_id == broken for each in deliveries):
            raise ZeroDivisionError
        return await record_deliveries(conn, provider, deliveries, **at)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder_module, "record_deliveries", break_at_one)
    recorder = Recorder(shop, "sandbox", now=SettableClock(ORDERED_AT))

    outcomes = await asyncio.gather(
        *(recorder.record(event, b"{}", traceparent=None) for event in events),
        return_exceptions=True,
    )

    assert max(groups) > 1, "they were taken in together at first"
    assert [each if isinstance(each, str) else type(each) for each in outcomes] == [
        "applied",
        "applied",
        ZeroDivisionError,
        "applied",
        "applied",
    ]
