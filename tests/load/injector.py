"""Feeds gifts into the pipeline as fast as it carries them, in a process of its own.

Gifts are written by the command that the gifts api uses, in groups of the size that its batcher
makes. At most `backlog_max` gifts are under way at any time: what is measured is then what the
whole pipeline sustains, not how fast a queue grows. With a `rate` it feeds no more than that.

Reads a `Feed` as JSON from standard input. Prints `begin` when warm, `end` when the time is over,
and writes its `Fed` to the file that it was told when everything has arrived.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import uvloop
from giving import Giver, Giving

from chassis.db import Conn, Pool, open_pool, transact
from gifts.commands.send_gifts import NewGift, Written, send_gifts

_LOOK_EVERY_S = 0.02
_DRAINED_WITHIN_S = 120.0

_COUNT_ACCRUED = "SELECT coalesce(sum(gifts), 0)::bigint FROM creator_earning"

_SELECT_ACCRUED = "SELECT gift_id FROM accrual WHERE gift_id = any($1::uuid[])"


class Feed(msgspec.Struct):
    """What to do."""

    gifts_dsn: str
    payouts_dsn: str
    giving: Giving
    group_size: int
    """Gifts per transaction."""
    backlog_max: int
    """Gifts that may be under way."""
    warm_up_s: float
    seconds: float
    result_file: str
    rate: float | None = None
    """Gifts per second; None: as many as the pipeline carries."""


class Fed(msgspec.Struct):
    """What came of it. Counts between `begin` and `end`, but for `total`."""

    accrued: int
    seconds: float
    backlog_at_begin: int
    backlog_at_end: int
    latencies_ms: list[float]
    """From before the gift was written to when its accrual was seen committed; of a sample."""
    total: int
    """Gifts sent from first to last; all of them have arrived."""


class Injector:
    """Sends, and watches what arrives."""

    def __init__(self, feed: Feed, gifts: Pool, payouts: Pool) -> None:
        self._feed = feed
        self._gifts = gifts
        self._payouts = payouts
        self._giver = Giver(feed.giving)
        self._sent = 0
        self._accrued = 0
        self._accrued_before = 0
        self._under_way: dict[UUID, float] = {}
        self._moved = asyncio.Event()
        self._stopping = False
        self._measuring = False
        self._latencies_ms: list[float] = []

    async def run(self) -> Fed:
        """Feed for the time asked for, then wait until everything has arrived."""
        await self._giver.read_catalogue(self._gifts)
        self._accrued_before = await self._payouts.fetchval(_COUNT_ACCRUED)
        watching = asyncio.create_task(self._watch())
        feeding = asyncio.create_task(self._feed_on())
        await self._pass(self._feed.warm_up_s, watching, feeding)
        began, accrued, backlog = time.perf_counter(), self._accrued, self._sent - self._accrued
        self._measuring = True
        print("begin", flush=True)
        await self._pass(self._feed.seconds, watching, feeding)
        self._measuring = False
        print("end", flush=True)
        fed = Fed(
            accrued=self._accrued - accrued,
            seconds=time.perf_counter() - began,
            backlog_at_begin=backlog,
            backlog_at_end=self._sent - self._accrued,
            latencies_ms=self._latencies_ms,
            total=0,
        )
        self._stopping = True
        await feeding
        async with asyncio.timeout(_DRAINED_WITHIN_S):
            await watching
        fed.total = self._sent
        return fed

    @staticmethod
    async def _pass(seconds: float, *tasks: asyncio.Task[None]) -> None:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
            raise AssertionError("a task ended before the time was over")

    async def _feed_on(self) -> None:
        due = time.perf_counter()
        while not self._stopping:
            if self._feed.rate is not None:
                due = max(due + self._feed.group_size / self._feed.rate, time.perf_counter() - 1)
                await asyncio.sleep(due - time.perf_counter())
            room = self._feed.backlog_max - (self._sent - self._accrued)
            if room < self._feed.group_size:
                self._moved.clear()
                await self._moved.wait()
                continue
            gifts = self._giver.some(self._feed.group_size)
            began = time.perf_counter()
            outcomes = await transact(self._gifts, _writing(gifts))
            assert all(type(each) is Written and not each.replayed for each in outcomes)
            self._sent += len(gifts)
            self._under_way[gifts[len(gifts) // 2].gift.gift_id] = began

    async def _watch(self) -> None:
        """Look what has arrived, again and again, until that is everything."""
        while not (self._stopping and self._accrued == self._sent):
            await asyncio.sleep(_LOOK_EVERY_S)
            async with self._payouts.acquire() as conn:
                self._accrued = await conn.fetchval(_COUNT_ACCRUED) - self._accrued_before
                arrived = await conn.fetch(_SELECT_ACCRUED, list(self._under_way))
            now = time.perf_counter()
            for row in arrived:
                began = self._under_way.pop(row["gift_id"])
                if self._measuring:
                    self._latencies_ms.append((now - began) * 1_000)
            self._moved.set()


def _writing(gifts: Sequence[NewGift]):  # noqa: ANN202 - a coroutine function; its type says less
    async def work(conn: Conn) -> Sequence[object]:
        return await send_gifts(conn, gifts)

    return work


async def main(feed: Feed) -> Fed:
    """Open what is needed and feed."""
    gifts = await open_pool(feed.gifts_dsn, connections_max=2, application="bench-injector")
    payouts = await open_pool(feed.payouts_dsn, connections_max=2, application="bench-watcher")
    async with gifts, payouts:
        return await Injector(feed, gifts, payouts).run()


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Feed)
    Path(wanted.result_file).write_bytes(msgspec.json.encode(uvloop.run(main(wanted))))
