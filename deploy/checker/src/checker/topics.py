"""Reads topics from their first record to their last."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from chassis import kafka
from chassis.batch import EventReader
from chassis.brokers import Servers
from checker.progress import Progress
from checker.report import Finding
from checker.told import Heard, Told, listeners
from contracts.dead_letter import v1 as dead_letter
from contracts.event import Event, Topic
from contracts.gifts import live
from contracts.gifts import v1 as gifts
from contracts.payouts import v1 as payouts
from contracts.wallet import v1 as wallet

type Position = tuple[str, int, int]
"""Topic without prefix, partition, offset."""
_EXAMPLES = 5
_STALLED_S = 60.0
_MANY_RECORDS = 100_000
"""From here on another process is worth its start."""
_TOPICS_OF: Mapping[str, Sequence[Topic]] = {
    "wallet": (
        gifts.CHARGE,
        wallet.CHARGE,
        wallet.BALANCE,
        wallet.PURCHASE,
        payouts.CLAWBACK,
    ),
    "gifts": (
        gifts.CHARGE,
        wallet.CHARGE,
        wallet.PURCHASE,
        gifts.GIFT,
        live.LIVE,
        payouts.QUARANTINE,
    ),
    "payouts": (
        gifts.GIFT,
        payouts.EARNING,
        payouts.DIAMONDS,
        payouts.PAYOUT,
        payouts.CLAWBACK,
        payouts.QUARANTINE,
    ),
}
"""The topics that tell something about a service's books."""


@dataclass(slots=True)
class Reading:
    """What reading one topic came to."""

    topic: str
    records: int = 0
    missing: int = 0
    """Offsets that were skipped."""
    begins_late: bool = False
    """Whether its oldest records are gone, by retention: what they told cannot be compared."""
    unreadable: int = 0
    """Records that cannot be read and that nobody has set aside."""
    examples: list[str] = field(default_factory=list[str])

    def finding(self) -> Finding:
        """INV6: nothing is missing from the topic, and nothing unknown is in it."""
        return Finding(
            "INV6",
            self.topic,
            "no gap, nothing unreadable but what was set aside",
            self.records,
            self.missing + self.unreadable,
            tuple(self.examples[:_EXAMPLES]),
        )


async def read_topic(
    servers: Servers,
    prefix: str,
    topic: Topic,
    listening: Mapping[type[Event], Callable[[Any], None]],
    set_aside: Collection[Position],
    tell: Callable[[int], None],
) -> Reading:
    """Read a topic to its end and hand each event to its listener.

    Records that a consumer has set aside are passed over, whether they can be read or not.
    """
    reading = Reading(topic.name)
    reader = EventReader(list(listening))
    expected: dict[int, int] = {}
    with_set_aside = any(name == topic.name for name, _, _ in set_aside)
    async for chunk in _lively(kafka.read_all(servers, prefix + topic.name)):
        _check_offsets(reading, expected, chunk)
        records = chunk
        if with_set_aside:
            records = [
                record
                for record in chunk
                if (topic.name, record.partition, record.offset) not in set_aside
            ]
        received, failed = reader.read(records)
        for each in received:
            listening[type(each.event)](each.event)
        reading.unreadable += len(failed)
        for each in failed[: _EXAMPLES - len(reading.examples)]:
            place = f"partition {each.record.partition} offset {each.record.offset}"
            reading.examples.append(f"{place}: {each.reason}")
        reading.records += len(chunk)
        tell(reading.records)
    return reading


async def _lively[ItemT](items: AsyncGenerator[ItemT]) -> AsyncGenerator[ItemT]:
    """The same items; raises TimeoutError where none comes for long, as when the broker is gone."""
    async with aclosing(items):
        while True:
            try:
                async with asyncio.timeout(_STALLED_S):
                    item = await anext(items)
            except StopAsyncIteration:
                return
            yield item


def _check_offsets(
    reading: Reading, expected: dict[int, int], chunk: Sequence[kafka.RawRecord]
) -> None:
    """Offsets of one partition go on from the last chunk's, without a gap."""
    first, last = chunk[0], chunk[-1]
    known = expected.get(first.partition)
    if known is None:
        reading.begins_late |= first.offset > 0
    elif first.offset != known:
        _note_gap(reading, first.partition, known, first.offset)
    if last.offset - first.offset + 1 != len(chunk):
        for before, after in pairwise(chunk):
            if after.offset != before.offset + 1:
                _note_gap(reading, first.partition, before.offset + 1, after.offset)
    expected[first.partition] = last.offset + 1


def _note_gap(reading: Reading, partition: int, wanted: int, found: int) -> None:
    reading.missing += abs(found - wanted)
    if len(reading.examples) < _EXAMPLES:
        reading.examples.append(f"partition {partition} jumps from offset {wanted} to {found}")


async def read_topics(
    servers: Servers,
    prefix: str,
    services: Collection[str],
    told: Told,
    set_aside: Collection[Position],
    progress: Progress,
    *,
    processes: int,
) -> list[Reading]:
    """Read every topic that tells something about the books of these services.

    Reading is work for a processor rather than waiting, so topics with many records are read by
    other processes, `processes` at a time; what they read comes back on disk. One process: by this.
    """
    topics = {topic for service in services for topic in _TOPICS_OF[service]}
    names = [topic.name for topic in (*sorted(topics, key=_name), dead_letter.DEAD_LETTER)]
    ends = await kafka.ends(servers, [prefix + name for name in names])
    sizes = dict.fromkeys(names, 0)
    for (name, _), end in ends.items():
        sizes[name.removeprefix(prefix)] += end
    apart = [name for name in names if processes > 1 and sizes[name] >= _MANY_RECORDS]
    tasks = [
        _Task(servers, prefix, name, told.folder, tuple(set_aside), sizes[name], progress)
        for name in names
    ]
    here = [await _read(task, told) for task in tasks if task.topic not in apart]
    if not apart:
        return here
    pool = ProcessPoolExecutor(processes, get_context("spawn"))
    try:
        loop = asyncio.get_running_loop()
        running = [
            loop.run_in_executor(pool, _read_apart, task) for task in tasks if task.topic in apart
        ]
        for reading, heard in await asyncio.gather(*running):
            told.heard.add(heard)
            here.append(reading)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return here


class _Task(NamedTuple):
    """One topic to read; can be handed to another process if `progress` can."""

    servers: Servers
    prefix: str
    topic: str
    folder: Path
    set_aside: tuple[Position, ...]
    size: int
    progress: Progress


async def _read(task: _Task, told: Told) -> Reading:
    def tell(read: int) -> None:
        task.progress(f"{task.topic}: {read:,} of {task.size:,} records read")

    [(topic, listening)] = [
        (topic, listening)
        for topic, listening in listeners(told).items()
        if topic.name == task.topic
    ]
    return await read_topic(
        task.servers, task.prefix, topic, listening, frozenset(task.set_aside), tell
    )


def _read_apart(task: _Task) -> tuple[Reading, Heard]:
    told = Told(task.folder)
    reading = asyncio.run(_read(task, told))
    told.spill()
    return reading, told.heard


def _name(topic: Topic) -> str:
    return topic.name
