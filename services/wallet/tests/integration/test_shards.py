"""Payers over several databases: nothing of one payer's charges needs another payer's rows."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from chassis.db import Pool, transaction
from chassis.ids import uuid7
from chassis.kafka import partition_of
from chassis.testing.databases import Database
from chassis.testing.plugin import NewDatabase
from contracts.event import Event
from contracts.gifts.v1 import ChargeRequested, UndoRequested
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock, an_undo, answers, balances, charge, give
from wallet.testing.replay import replay

SHARDS = 3
PAYERS = [f"payer-{number}" for number in range(12)]


def shard_of(payer_id: str) -> int:
    return partition_of(payer_id.encode(), SHARDS)


def requests(clock: SettableClock) -> Sequence[ChargeRequested | UndoRequested]:
    """Some that are affordable, some that are not, some asked twice, and some undone."""
    made = random.Random(3)
    asked: list[ChargeRequested | UndoRequested] = []
    for _ in range(120):
        request = ChargeRequested(
            charge_id=uuid7(),
            payer_id=made.choice(PAYERS),
            order_key=made.choice(["star", "nova"]),
            coins=made.randint(1, 40),
        )
        asked.append(request)
        if made.random() < 0.2:
            asked.append(request)
        if made.random() < 0.2:
            asked.append(an_undo(request, at=clock.at))
    return asked


async def filled(pool: Pool, payers: Sequence[str], clock: SettableClock) -> None:
    async with transaction(pool) as conn:
        for payer in payers:
            await give(conn, payer, 20, "bonus", at=clock.at)
            await give(conn, payer, 90, at=clock.at)


async def applied(
    pool: Pool, asked: Sequence[ChargeRequested | UndoRequested], clock: SettableClock
) -> list[Event]:
    """What a worker of that database answers, in batches."""
    handler = OnChargeRequested(now=clock)
    events: list[Event] = []
    for begin in range(0, len(asked), 25):
        events += await charge(pool, handler, asked[begin : begin + 25])
    return events


def told(events: Sequence[Event]) -> Mapping[str, Any]:
    """Answers by charge and the last balance by payer, without numbers that databases give."""
    posted = {str(each.charge_id): _plain(each) for each in answers(events)}
    return posted | {each.user_id: _plain(each) for each in balances(events)}


def _plain(event: Event) -> dict[str, Any]:
    found = msgspec.to_builtins(event)
    for piece in found.get("slices", ()):
        del piece["lot_id"]
    return found


async def test_payers_over_several_databases_are_answered_as_in_one(
    new_database: NewDatabase,
) -> None:
    """Each database has its payers only, closes its own books, and together they say the same."""
    clock = SettableClock()
    asked = requests(clock)
    whole = await new_database("wallet.migrations")
    shards: list[Database] = [await new_database("wallet.migrations") for _ in range(SHARDS)]
    await filled(whole.pool, PAYERS, clock)
    together = await applied(whole.pool, asked, clock)

    apart: list[Event] = []
    for number, database in enumerate(shards):
        payers = [payer for payer in PAYERS if shard_of(payer) == number]
        await filled(database.pool, payers, clock)
        theirs = [each for each in asked if shard_of(each.payer_id) == number]
        apart += await applied(database.pool, theirs, clock)
        owners = await database.pool.fetch("SELECT owner_id FROM account")
        assert {row["owner_id"] for row in owners} == set(payers)
        assert payers, "a shard without payers shows nothing"

    assert told(apart) == told(together)
    assert len({type(each) for each in apart}) >= 3, "posted, refused and balances"
    for database in (whole, *shards):
        await assert_books_balance(database.pool)
        assert await replay(database.pool) == []
