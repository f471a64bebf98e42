"""Each record has exactly one effect, whatever happens between the broker and the commit."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from chassis import ids, outbox
from chassis.batch import Batch, Handler
from chassis.consumer import Consumer, Subscription
from chassis.db import Conn
from chassis.kafka import partition_of
from chassis.telemetry.metrics import DEAD_LETTERS, REGISTRY
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from chassis.testing.plugin import Servers
from chassis.testing.publisher import Publisher
from contracts.gifts.v1 import CHARGE, ChargeRequested

TYPE = ("ce_type", b"gifts.charge_requested.v1")


def requests(count: int, *, payers: int = 7) -> list[ChargeRequested]:
    return [
        ChargeRequested(
            charge_id=ids.uuid7(), payer_id=f"payer-{n % payers}", order_key="c", coins=n + 1
        )
        for n in range(count)
    ]


class Recorder(Handler):
    """Writes an effect per event; `after` may then make the batch fail."""

    def __init__(self, after: Callable[[list[ChargeRequested]], None] = lambda _: None) -> None:
        self._after = after
        self.sizes: list[int] = []
        self.rollbacks = 0

    async def apply(self, conn: Conn, batch: Batch) -> None:
        events = [each.event for each in batch.received if isinstance(each.event, ChargeRequested)]
        self.sizes.append(len(events))
        await conn.execute(
            "INSERT INTO effect (charge_id, payer_id) SELECT * FROM unnest($1::uuid[], $2::text[])",
            [event.charge_id for event in events],
            [event.payer_id for event in events],
        )
        self._after(events)

    def rolled_back(self) -> None:
        self.rollbacks += 1


type Consuming = Callable[..., AbstractAsyncContextManager[Consumer]]


@pytest.fixture
def consuming(servers: Servers, service: Database, topic_prefix: str) -> Consuming:
    """`async with consuming(handler)`: a consumer runs until the block ends."""

    @asynccontextmanager
    async def run(
        handler: Handler, *, group: str = "wallet", lanes: int = 1
    ) -> AsyncGenerator[Consumer]:
        consumer = Consumer(
            pool=service.pool,
            servers=servers.kafka_servers,
            group=group,
            subscriptions=[Subscription(CHARGE, [ChargeRequested], handler)],
            topic_prefix=topic_prefix,
            lanes=lanes,
        )
        stop = asyncio.Event()
        task = asyncio.create_task(consumer.run(stop))
        try:
            yield consumer
        finally:
            stop.set()
            await task

    return run


async def applied(service: Database, count: int) -> list[tuple[UUID, str]]:
    """The effects in order, once there are `count`."""

    async def effects() -> list[tuple[UUID, str]]:
        rows = await service.pool.fetch("SELECT charge_id, payer_id FROM effect ORDER BY n")
        return [(row["charge_id"], row["payer_id"]) for row in rows]

    return await eventually(effects, until=lambda rows: len(rows) >= count, within_s=30)


async def offsets_sum(service: Database) -> int:
    return await service.pool.fetchval("SELECT sum(next_offset)::bigint FROM consumed_offset") or 0


def per_payer(rows: Sequence[tuple[UUID, str]]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for charge_id, payer_id in rows:
        found.setdefault(payer_id, []).append(charge_id)
    return found


def as_effects(events: Sequence[ChargeRequested]) -> list[tuple[UUID, str]]:
    return [(event.charge_id, event.payer_id) for event in events]


@pytest.mark.parametrize("lanes", [1, 2])
async def test_each_record_has_one_effect_in_order(
    service: Database, publisher: Publisher, consuming: Consuming, lanes: int
) -> None:
    """All records of all partitions are applied once, each payer's in the order sent."""
    sent = requests(2_500)
    await publisher.events(sent)

    async with consuming(Recorder(), lanes=lanes):
        rows = await applied(service, 2_500)

    assert len(rows) == 2_500
    assert per_payer(rows) == per_payer(as_effects(sent))
    assert await offsets_sum(service) == 2_500


async def test_restart_goes_on_where_the_database_says(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """A consumer that comes back, even under another group, applies only what is new (T10)."""
    first, second = requests(50), requests(50)
    await publisher.events(first)
    async with consuming(Recorder()):
        await applied(service, 50)

    await publisher.events(second)
    async with consuming(Recorder(), group="other"):
        rows = await applied(service, 100)

    assert sorted(rows) == sorted(as_effects([*first, *second]))


async def test_outage_rolls_back_and_the_batch_comes_again(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """The database goes away after the effects were written: they are rolled back and redone."""
    failures = iter(
        [
            asyncpg.AdminShutdownError("gone"),
            ConnectionResetError("gone"),
            # What asyncpg calls a session that ended in the middle of its own protocol.
            asyncpg.InternalClientError("cannot switch to state 15"),
        ]
    )

    def fail(_: list[ChargeRequested]) -> None:
        if error := next(failures, None):
            raise error

    handler = Recorder(fail)
    await publisher.events(sent := requests(20))
    async with consuming(handler):
        rows = await applied(service, 20)

    assert sorted(rows) == sorted(as_effects(sent))
    assert handler.rollbacks == 3


async def test_lost_backend_costs_nothing(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """Backends are terminated while records flow: each record still has one effect (T6)."""
    sent = requests(3_000)
    async with consuming(Recorder()):
        for start in range(0, 3_000, 500):
            await publisher.events(sent[start : start + 500])
            await service.pool.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        rows = await applied(service, 3_000)

    assert per_payer(rows) == per_payer(as_effects(sent))


async def test_poison_is_set_aside_and_its_neighbours_go_on(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """Random bytes, no type, a wrong type, a value too large: one dead letter each (T11)."""
    before, after = requests(5), requests(5)
    await publisher.events(before)
    for value, headers in [
        (b"\x80\xff not json", [TYPE]),
        (b'{"charge_id":"x"}', [TYPE]),
        (b"{}", []),
        (b"{}", [("ce_type", b"gifts.charge_requested.v9")]),
        (b'"' + b"x" * 300_000 + b'"', [TYPE]),
        (b"", [TYPE]),
    ]:
        await publisher.raw(CHARGE.name, b"payer-1", value, headers)
    await publisher.events(after)

    async with consuming(Recorder()):
        rows = await applied(service, 10)
        await eventually(lambda: offsets_sum(service), until=lambda total: total == 16)

    assert sorted(rows) == sorted(as_effects([*before, *after]))
    letters = await service.pool.fetch("SELECT topic, reason, record_value FROM dead_letter")
    assert len(letters) == 6
    assert {letter["topic"] for letter in letters} == {CHARGE.name}
    stored = [
        record.type
        for row in await service.pool.fetch("SELECT records FROM outbox")
        for record in outbox.unpack(row["records"])
    ]
    assert stored == ["platform.dead_lettered.v1"] * 6


def dead_letters() -> float | None:
    return REGISTRY.get_sample_value("largesse_dead_letters_total", {"topic": CHARGE.name})


async def test_record_that_the_database_refuses_is_found_among_many(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """One record of 300 violates a constraint: exactly that one is set aside (T11)."""
    await service.pool.execute("ALTER TABLE effect ADD CHECK (payer_id <> 'payer-bad')")
    sent = requests(300)
    bad = ChargeRequested(charge_id=ids.uuid7(), payer_id="payer-bad", order_key="c", coins=1)
    await publisher.events([*sent[:150], bad, *sent[150:]])

    buried = dead_letters() or 0

    async with consuming(Recorder()):
        rows = await applied(service, 300)
        await eventually(lambda: offsets_sum(service), until=lambda total: total == 301)

    assert per_payer(rows) == per_payer(as_effects(sent))
    assert dead_letters() == buried + 1
    letter = await service.pool.fetchrow("SELECT record_key, reason FROM dead_letter")
    assert letter is not None
    assert letter["record_key"] == b"payer-bad"
    assert "CheckViolationError" in letter["reason"]


async def test_other_types_of_the_topic_are_passed_over(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """A type that was not asked for is no poison: a newer producer breaks no older consumer."""
    await publisher.raw(CHARGE.name, b"k", b"{}", [("ce_type", b"gifts.not_invented_yet.v1")])
    await publisher.events(sent := requests(3))

    async with consuming(Recorder()):
        rows = await applied(service, 3)
        await eventually(lambda: offsets_sum(service), until=lambda total: total == 4)

    assert sorted(rows) == sorted(as_effects(sent))
    assert await service.pool.fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_dead_letters_are_counted_from_nought(
    service: Database, consuming: Consuming
) -> None:
    """A counter that first shows up as 1 has not grown: the first letter would alarm nobody."""
    DEAD_LETTERS.clear()

    async with consuming(Recorder()):
        assert dead_letters() == 0


async def test_moved_fence_rejects_a_late_owner(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """A rival applied five records while this owner was frozen: it applies only the rest (T9)."""
    await publisher.events(requests(10, payers=1))
    async with consuming(zombie := Recorder()):
        await applied(service, 10)
        await service.pool.execute(
            "UPDATE consumed_offset SET next_offset = next_offset + 5 WHERE partition = $1",
            partition_of(b"payer-0", 3),
        )
        late = requests(10, payers=1)
        await publisher.events(late)
        rows = await applied(service, 15)
        await eventually(lambda: offsets_sum(service), until=lambda total: total == 20)

    assert zombie.rollbacks == 1
    assert rows[10:] == as_effects(late[5:])


async def test_stop_finishes_the_batch_in_hand(
    service: Database, publisher: Publisher, consuming: Consuming
) -> None:
    """Asked to stop in the middle of a batch, the consumer commits it and takes no other."""
    begun = asyncio.Event()

    class Slow(Recorder):
        async def apply(self, conn: Conn, batch: Batch) -> None:
            begun.set()
            await conn.execute("SELECT pg_sleep(0.2)")
            await super().apply(conn, batch)

    await publisher.events(requests(30, payers=1))
    async with consuming(Slow()):
        await begun.wait()

    rows = await applied(service, 1)
    assert len(rows) == await offsets_sum(service)
