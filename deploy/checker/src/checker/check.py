"""Runs the whole check: waits, reads the three databases and the topics side by side, compares."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import msgspec

from chassis.brokers import Servers
from chassis.db import OUTAGES
from chassis.kafka import KafkaError
from checker import creators, frames, letters, pipeline, questions
from checker.draining import Progressed, offsets_agree, wait_until_drained
from checker.facts import Pile
from checker.progress import Progress
from checker.report import Finding, Report
from checker.snapshot import SERVICES, Snapshot, snapshot
from checker.told import Told
from checker.topics import Reading, read_topics
from contracts.gifts.live import LIVE

_FACTS: Mapping[str, Mapping[str, tuple[str, int]]] = {
    "wallet": {
        "charges": ("charge_facts", 48),
        "balances": ("balance_facts", 33),
        "purchases": ("purchase_facts", 32),
        "wallet_legs": ("leg_facts", 32),
        "wallet_settlements": ("settlement_facts", 32),
    },
    "gifts": {
        "gifts": ("gift_facts", 32),
        "gift_legs": ("leg_facts", 32),
        "undos": ("undo_facts", 16),
    },
    "payouts": {
        "accruals": ("accrual_facts", 32),
        "payout_moves": ("payout_move_facts", 32),
        "payout_legs": ("leg_facts", 32),
        "payout_settlements": ("settlement_facts", 32),
        "returns": ("return_facts", 32),
    },
}
"""Per service the piles of facts that its tables make: the statement, and the bytes of a fact."""


type Also = Callable[[Mapping[str, Snapshot]], Awaitable[Sequence[Finding]]]
"""Reads more of the books, as they are in the same moment, and says what it found."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look. What is missing is not looked at."""

    wallet: str | None = None
    """DSN of the wallet's database; an account that may read is enough."""
    gifts: str | None = None
    payouts: str | None = None
    kafka: Servers | None = None
    """host:port, host:port, …"""
    topic_prefix: str = ""


class UnreadableBooksError(Exception):
    """A database or Kafka cannot be reached or read: the books are neither clean nor a breach."""


async def check(
    addresses: Addresses,
    *,
    only: Collection[str] = SERVICES,
    wait_drained_s: float = 30,
    allow_dead_letters: int = 0,
    progress: Progress = lambda _: None,
    processes: int = 1,
    also: Also | None = None,
) -> Report:
    """Prove the books, or show where they are broken.

    Gifts that are still on their way would look lost, so it first waits until everything is
    drained. If that takes too long, the finding `drained` says what waits, and comparisons across
    services are skipped.

    Args:
        addresses: Where the databases and Kafka are.
        only: The services whose books to look at.
        wait_drained_s: How long services may take to finish what they were asked for.
        allow_dead_letters: How many records may have been set aside, over all services.
        progress: Is told now and then what is going on; with several processes, in each of them.
        processes: How many may read topics with many records. One: this one alone.
        also: What else to look at.

    Raises:
        UnreadableBooksError: A database or Kafka cannot be reached or read, or there is none.
    """
    dsns = {
        service: dsn
        for service in SERVICES
        if service in only and (dsn := getattr(addresses, service)) is not None
    }
    if not dsns:
        raise UnreadableBooksError("there is no database to look at: give the address of one")
    began_at = time.monotonic()
    try:
        found = await _look(
            addresses, dsns, wait_drained_s, allow_dead_letters, progress, processes, also
        )
        return Report(tuple(sorted(found, key=_order)), time.monotonic() - began_at)
    except* (*OUTAGES, asyncpg.PostgresError, KafkaError) as errors:
        cause = _first(errors)
    raise UnreadableBooksError(f"the books cannot be read: {cause!r}") from cause


async def _look(
    addresses: Addresses,
    dsns: Mapping[str, str],
    wait_drained_s: float,
    allow_dead_letters: int,
    progress: Progress,
    processes: int,
    also: Also | None,
) -> list[Finding]:
    drained: Progressed | None = None
    if addresses.kafka is not None:
        progress("waiting until everything is drained")
        drained = await wait_until_drained(
            dsns, addresses.kafka, addresses.topic_prefix, within_s=wait_drained_s
        )
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="checker-")))
        books = {
            service: await stack.enter_async_context(snapshot(service, dsn))
            for service, dsn in dsns.items()
        }
        run = _Run(books, addresses, drained, folder, progress, processes)
        found = await run.findings(allow_dead_letters)
        return found if also is None else [*found, *await also(books)]


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _order(finding: Finding) -> tuple[bool, str]:
    """Whether there was calm enough to look comes first, then the invariants by number."""
    return finding.invariant != "drained", finding.invariant


class _Run:
    """One check, once everything is open."""

    def __init__(
        self,
        books: Mapping[str, Snapshot],
        addresses: Addresses,
        drained: Progressed | None,
        folder: Path,
        progress: Progress,
        processes: int,
    ) -> None:
        self._books = books
        self._addresses = addresses
        self._drained = drained
        self._progress = progress
        self._told = Told(folder)
        self._readings: list[Reading] = []
        self._processes = processes
        self._tables = {
            name: Pile(folder, name, size)
            for service in books
            for name, (_, size) in _FACTS[service].items()
        }

    async def findings(self, allow_dead_letters: int) -> list[Finding]:
        found = [_drained(self._drained)] if self._drained is not None else []
        aside = await letters.read(self._books)
        calm = self._drained is None or not self._drained.waiting
        with_topics = calm and self._addresses.kafka is not None
        async with asyncio.TaskGroup() as tasks:
            own = [
                tasks.create_task(self._own(each, calm=calm, with_facts=with_topics))
                for each in self._books.values()
            ]
            if with_topics:
                tasks.create_task(self._read_topics(aside))
        for task in own:
            found += task.result()
        found += letters.at_most(aside, allow_dead_letters)
        if not calm:
            return [*found, _skipped("the services have not finished what they were asked for")]
        if with_topics:
            found += await self._across_topics(aside)
        found += await self._across_services()
        return found

    async def _own(self, books: Snapshot, *, calm: bool, with_facts: bool) -> list[Finding]:
        """What a service's database can tell by itself, and its facts for the comparison."""
        found: list[Finding] = []
        for question in questions.questions(books.service):
            self._progress(f"{books.service}: {question.holds}?")
            found.append(await questions.ask(books, question))
        if calm and books.service == "gifts":
            found.append(await questions.ask(books, questions.NOTHING_PENDING))
        if self._drained is not None and calm:
            found.append(await offsets_agree(books, self._drained.ends))
        if with_facts:
            for name, (statement, _) in _FACTS[books.service].items():
                self._progress(f"{books.service}: reading {name}")
                await books.copy(statement, self._tables[name])
        return found

    async def _read_topics(self, aside: letters.SetAside) -> None:
        assert self._addresses.kafka is not None
        self._readings = await read_topics(
            self._addresses.kafka,
            self._addresses.topic_prefix,
            self._books,
            self._told,
            aside.positions,
            self._progress,
            processes=self._processes,
        )

    async def _across_topics(self, aside: letters.SetAside) -> list[Finding]:
        """What the topics tell, against what the databases hold."""
        found = [reading.finding() for reading in self._readings]
        late = {reading.topic for reading in self._readings if reading.begins_late}
        if "gifts" in self._books:
            found.append(
                await frames.frames_agree(
                    self._books["gifts"],
                    self._told.heard.frames,
                    begins_late=LIVE.name in late,
                )
            )
        gone = sorted(late - {LIVE.name})
        if gone:
            return [
                *found,
                _skipped(f"retention has taken records of {', '.join(gone)}"),
            ]
        self._progress("comparing")
        found += await asyncio.to_thread(pipeline.compare, self._tables, self._told)
        heard = self._told.heard
        found.append(letters.announced(aside, heard.dead_letters, self._books))
        if "payouts" in self._books:
            found.append(await creators.earnings_agree(self._books["payouts"], heard.earnings))
            found.append(await creators.states_agree(self._books["payouts"], heard.states))
        return found

    async def _across_services(self) -> list[Finding]:
        """What the databases hold, against each other."""
        found: list[Finding] = []
        if len(self._books) > 1:
            found.append(await creators.coins_agree(self._books))
            found.append(await creators.reversed_coins_agree(self._books))
        if {"wallet", "payouts"} <= self._books.keys():
            found.append(await creators.lots_agree(self._books["wallet"], self._books["payouts"]))
        return found


def _drained(drained: Progressed) -> Finding:
    return Finding(
        "drained",
        "all",
        "everything asked for has been done",
        len(drained.ends),
        len(drained.waiting),
        drained.waiting[:10],
    )


def _skipped(reason: str) -> Finding:
    return Finding("INV4, 5, 9", "all", "services agree with each other", skipped=reason)
