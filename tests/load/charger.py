"""A worker of the wallet without its broker, in a process of its own: applies charges, timed.

Takes the way of a real worker from the bytes of a record on: decoding, the charge handler, the
offset fence, the outbox and the commit. Only Kafka's client is left out, by handing the records to
the lane that it would hand them to.

Reads a `Job` as JSON from standard input, makes its records, applies one charge per payer to warm
up, prints `ready`, waits for a line, then applies the rest and prints its `Done` as JSON.
"""

import asyncio
import random
import sys
import time
from collections.abc import Iterator, Sequence

import msgspec
import psutil
import uvloop

from chassis.batch import EventReader
from chassis.consumer import RECORDS_MAX
from chassis.consuming.applying import Applier
from chassis.consuming.fence import find_offsets
from chassis.consuming.lane import Lane
from chassis.db import Pool, open_pool, transaction
from chassis.ids import uuid7
from chassis.kafka import RawRecord, TopicPartition, partition_of
from chassis.serve import calm_collector
from chassis.testing.unbrokered import a_record, unbrokered_lane
from contracts.event import describe, encode
from contracts.gifts.v1 import CHARGE, ChargeRequested
from wallet.consumers.charge_requested import OnChargeRequested

PARTITIONS = 8
_PRICES = (1, 1, 1, 5, 5, 10, 20, 30, 99)
_UNAFFORDABLE = 10**12
_CREATORS = 1_000
_HEADERS = (
    ("ce_type", describe(ChargeRequested).type.encode()),
    ("ce_id", b"/gifts/api/1234567/123"),
    ("ce_time", b"2026-11-24T12:00:00.123456+00:00"),
    ("ce_source", b"/gifts"),
)


class Job(msgspec.Struct):
    """What to apply."""

    dsn: str
    worker: int
    """Owns the partitions of this number, modulo the number of workers."""
    workers: int
    lanes: int
    viewers: int
    charges: int
    warm: bool
    """Whether every payer is charged once before the clock starts."""
    payers: list[str] | None
    """Only these pay; None: all viewers do, evenly."""
    creators: int
    unaffordable: float
    """Share of charges that nobody can pay."""
    repeated: float
    """Share of charges that are an earlier one again."""


class Done(msgspec.Struct):
    """What came of it, while the clock ran."""

    charges: int
    began_at: float
    """On the machine's monotonic clock, in seconds."""
    ended_at: float
    processor_s: float
    batches_ms: list[float]
    """How long each batch took, from its first byte read to its commit."""
    applied: list[tuple[float, int]]
    """Of each batch in the order of commits, when that was and how many charges it had."""
    resident_mb: float


class _Partition:
    """The records of one partition, made in advance."""

    def __init__(self, number: int) -> None:
        self.place = TopicPartition(CHARGE.name, number)
        self.records: list[RawRecord] = []
        self.offset = 0

    def add(self, request: ChargeRequested) -> None:
        """Append a record as the relay of gifts would have published it."""
        self.records.append(
            a_record(
                self.place.topic,
                self.place.partition,
                self.offset,
                key=request.payer_id.encode(),
                value=encode(request),
                headers=_HEADERS,
            )
        )
        self.offset += 1


class _Requests:
    """Makes charges of one worker's payers."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._random = random.Random(job.worker)
        everyone = job.payers or [f"viewer-{n}" for n in range(job.viewers)]
        self.partition_of = {
            payer: number
            for payer in everyone
            if (number := partition_of(payer.encode(), PARTITIONS)) % job.workers == job.worker
        }
        self._payers = list(self.partition_of)
        self._made: dict[int, list[ChargeRequested]] = {}

    def one_of_each(self) -> Iterator[ChargeRequested]:
        """A charge per payer."""
        for payer in self._payers:
            yield self._request(payer, 1)

    def many(self) -> Iterator[ChargeRequested]:
        """As many as the job says."""
        for _ in range(self._job.charges if self._payers else 0):
            yield self._next()

    def _next(self) -> ChargeRequested:
        job, choose = self._job, self._random
        payer = choose.choice(self._payers)
        made = self._made.setdefault(self.partition_of[payer], [])
        fate = choose.random()
        if fate < job.repeated and made:
            return choose.choice(made)
        unaffordable = fate > 1 - job.unaffordable
        request = self._request(payer, _UNAFFORDABLE if unaffordable else choose.choice(_PRICES))
        if job.repeated:
            made.append(request)
        return request

    def _request(self, payer: str, coins: int) -> ChargeRequested:
        creator = min(int(self._random.expovariate(5 / self._job.creators)), self._job.creators - 1)
        return ChargeRequested(
            charge_id=uuid7(),
            payer_id=payer,
            order_key=f"creator-{creator}",
            coins=coins,
            payer_region="US",
            payer_age="adult",
        )


class _Worker:
    """Lanes and partitions of one worker process."""

    def __init__(self, job: Job, pool: Pool) -> None:
        self._applier = Applier(
            pool,
            consumer="wallet",
            topic=CHARGE.name,
            prefix="",
            reader=EventReader([ChargeRequested]),
            handler=OnChargeRequested(),
        )
        self.partitions = {
            number: _Partition(number)
            for number in range(PARTITIONS)
            if number % job.workers == job.worker
        }
        # By rank, not by number: two workers would leave every other lane empty.
        ranked = list(self.partitions.values())
        self._lanes = [(unbrokered_lane(), ranked[rank :: job.lanes]) for rank in range(job.lanes)]
        for lane, partitions in self._lanes:
            lane.reset({partition.place: 0 for partition in partitions})
        self.batches_ms: list[float] = []
        self.applied: list[tuple[float, int]] = []

    async def apply_all(self) -> None:
        """Apply what the partitions hold, each lane in batches as the consumer makes them."""
        async with asyncio.TaskGroup() as tasks:
            for lane, partitions in self._lanes:
                tasks.create_task(self._drive(lane, partitions))

    async def _drive(self, lane: Lane, partitions: Sequence[_Partition]) -> None:
        for partition in partitions:
            lane.put(partition.place, partition.records)
            partition.records = []
        stop = asyncio.Event()
        while batch := lane.take(RECORDS_MAX):
            began_at = time.perf_counter()
            await self._applier.apply(lane, batch, stop)
            self.batches_ms.append((time.perf_counter() - began_at) * 1_000)
            self.applied.append((time.monotonic(), len(batch)))


async def main() -> None:
    """Do the job on standard input."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    requests = _Requests(job)
    async with await open_pool(job.dsn, connections_max=4, application="wallet-worker") as pool:
        worker = _Worker(job, pool)
        async with transaction(pool) as conn:
            await find_offsets(conn, {(CHARGE.name, number): 0 for number in worker.partitions})
        if job.warm:
            for request in requests.one_of_each():
                worker.partitions[requests.partition_of[request.payer_id]].add(request)
            await worker.apply_all()
            worker.batches_ms = []
            worker.applied = []
        charges = 0
        for request in requests.many():
            worker.partitions[requests.partition_of[request.payer_id]].add(request)
            charges += 1
        calm_collector()
        print("ready", flush=True)
        sys.stdin.buffer.readline()

        began_at, processor_s = time.monotonic(), time.process_time()
        await worker.apply_all()
        done = Done(
            charges=charges,
            began_at=began_at,
            ended_at=time.monotonic(),
            processor_s=time.process_time() - processor_s,
            batches_ms=worker.batches_ms,
            applied=worker.applied,
            resident_mb=psutil.Process().memory_info().rss / 1e6,
        )
    print(msgspec.json.encode(done).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
