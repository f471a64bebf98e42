"""T11: requests that read well but that the database cannot hold spoil nobody else's charges."""

import asyncio
from collections.abc import Sequence

from chassis import outbox
from chassis.batch import EventReader
from chassis.consuming.applying import Applier
from chassis.consuming.fence import find_offsets
from chassis.db import Pool, transaction
from chassis.ids import uuid7
from chassis.kafka import RawRecord, TopicPartition
from chassis.testing.unbrokered import a_record, unbrokered_lane
from contracts.dead_letter.v1 import DeadLettered
from contracts.event import describe, encode
from contracts.gifts.v1 import CHARGE, ChargeRequested
from contracts.wallet.v1 import ChargePosted
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock, give, read_back

PLACE = TopicPartition(CHARGE.name, 0)
TYPE = ("ce_type", describe(ChargeRequested).type.encode())


def a_request(payer_id: str, *, coins: int = 1, order_key: str = "star") -> ChargeRequested:
    return ChargeRequested(charge_id=uuid7(), payer_id=payer_id, order_key=order_key, coins=coins)


def records(values: Sequence[bytes]) -> list[RawRecord]:
    return [
        a_record(CHARGE.name, 0, offset, key=b"k", value=value, headers=[TYPE])
        for offset, value in enumerate(values)
    ]


async def test_poison_is_set_aside_and_its_neighbours_are_charged(pool: Pool) -> None:
    """NUL is legal JSON and no PostgreSQL text: one dead letter each, every neighbour charged."""
    clock = SettableClock()
    async with transaction(pool) as conn:
        await give(conn, "ann", 100, at=clock.at)
        await find_offsets(conn, {(CHARGE.name, 0): 0})
    good = [a_request("ann") for _ in range(20)]
    values = [encode(each) for each in good]
    values[3:3] = [encode(a_request("a\0b"))]
    values[7:7] = [encode(a_request("ann", order_key="st\0r"))]
    values[9:9] = [encode(a_request("ann")).replace(b'"coins":1', b'"coins":0')]
    values[11:11] = [b"\xff\x00 no JSON"]
    lane = unbrokered_lane()
    lane.reset({PLACE: 0})
    lane.put(PLACE, records(values))
    applier = Applier(
        pool,
        consumer="wallet",
        topic=CHARGE.name,
        prefix="",
        reader=EventReader([ChargeRequested]),
        handler=OnChargeRequested(now=clock),
    )

    await applier.apply(lane, lane.take(1_000), asyncio.Event())

    rows = await pool.fetch("SELECT record_offset FROM dead_letter ORDER BY record_offset")
    assert [row["record_offset"] for row in rows] == [3, 7, 9, 11]
    stored = await pool.fetch("SELECT records FROM outbox ORDER BY seq")
    events = [read_back(record) for row in stored for record in outbox.unpack(row["records"])]
    posted = [event.charge_id for event in events if isinstance(event, ChargePosted)]
    assert posted == [each.charge_id for each in good]
    assert len([event for event in events if isinstance(event, DeadLettered)]) == 4
    await assert_books_balance(pool)
