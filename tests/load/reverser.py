"""A payment provider that takes payments back while a wallet is charged, in a process of its own.

Tells of one refund per so many charges as soon as those are applied, each by a delivery of its own,
through what takes deliveries in behind the webhook's signature.

Reads a `Job` as JSON from standard input, prints `ready`, waits for a line, then tells until all of
its refunds are booked and prints its `Done` as JSON.
"""

import asyncio
import sys
import time

import msgspec
import uvloop

from chassis import clock
from chassis.db import BY_INDEX, Pool, open_pool
from chassis.ids import uuid7
from wallet.domain.claims import Refunded
from wallet.domain.purchase import PaymentEvent
from wallet.webhooks.recorder import Recorder

_LOOK_EVERY_S = 0.1
_PURCHASES = "SELECT purchase_id, payment_id, amount_minor FROM purchase ORDER BY user_id LIMIT $1"
_CHARGES = "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumed_offset"


class Job(msgspec.Struct):
    """What to take back."""

    dsn: str
    refunds: int
    charges_per_refund: int


class Done(msgspec.Struct):
    """What came of it."""

    ended_at: float
    """On the machine's monotonic clock, in seconds."""
    booked_at: list[float]
    """When each of them was, in order."""
    processor_s: float


async def _refunds(pool: Pool, count: int) -> list[PaymentEvent]:
    rows = await pool.fetch(_PURCHASES, count)
    assert len(rows) == count, "there are too few purchases"
    return [
        PaymentEvent(
            event_id=f"evt_{uuid7().hex}",
            type="payment.refunded",
            outcome="claimed",
            payment_id=row["payment_id"],
            reference=str(row["purchase_id"]),
            amount_minor=row["amount_minor"],
            currency="USD",
            claim=Refunded(row["amount_minor"], 0),
        )
        for row in rows
    ]


async def _tell(recorder: Recorder, event: PaymentEvent, booked_at: list[float]) -> None:
    outcome = await recorder.record(event, b"{}", traceparent=None)
    assert outcome == "applied", outcome
    booked_at.append(time.monotonic())


async def main() -> None:
    """Do the job on standard input."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    async with await open_pool(
        job.dsn, connections_max=2, application="wallet-api", settings=BY_INDEX
    ) as pool:
        recorder = Recorder(pool, "sandbox", now=clock.now)
        refunds = await _refunds(pool, job.refunds)
        charged_before = await pool.fetchval(_CHARGES)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.buffer.readline)
        processor_s = time.process_time()
        told = 0
        booked_at: list[float] = []
        async with asyncio.TaskGroup() as tasks:
            while told < len(refunds):
                await asyncio.sleep(_LOOK_EVERY_S)
                charged = await pool.fetchval(_CHARGES) - charged_before
                due = min(charged // job.charges_per_refund, len(refunds))
                for event in refunds[told:due]:
                    tasks.create_task(_tell(recorder, event, booked_at))
                told = max(told, due)
        done = Done(time.monotonic(), booked_at, time.process_time() - processor_s)
    print(msgspec.json.encode(done).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
