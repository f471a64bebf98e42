"""Waits until everything that was asked for has been done: services work one after another."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chassis import kafka
from chassis.brokers import Servers
from checker.report import Finding
from checker.snapshot import Snapshot, snapshot
from contracts.event import Topic
from contracts.gifts import v1 as gifts
from contracts.payouts import v1 as payouts
from contracts.wallet import v1 as wallet

CONSUMES: Mapping[str, Sequence[Topic]] = {
    "wallet": (gifts.CHARGE, payouts.CLAWBACK),
    "gifts": (wallet.CHARGE, wallet.PURCHASE, payouts.QUARANTINE),
    "payouts": (gifts.GIFT,),
}
"""What each service applies to its books."""

_LOOK_EVERY_S = 0.25
_EXAMPLES = 5

type Ends = Mapping[tuple[str, int], int]
"""The offset after the newest record, by topic (without prefix) and partition."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the services have come."""

    ends: Ends
    waiting: tuple[str, ...]
    """What has been asked for and not been done, in words."""


async def wait_until_drained(
    dsns: Mapping[str, str], servers: Servers, prefix: str, *, within_s: float
) -> Progressed:
    """Wait until services have published and applied all there is, and return how far they are.

    Raises:
        KafkaError: The broker is away, or a topic is missing.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    before = await _look(dsns, servers, prefix)
    while True:
        now = await _look(dsns, servers, prefix)
        # Twice: what the first look saw done may have been asking for more at that moment.
        if not before.waiting and now == before:
            return now
        if loop.time() > deadline:
            return now
        before = now
        await asyncio.sleep(_LOOK_EVERY_S)


async def _look(dsns: Mapping[str, str], servers: Servers, prefix: str) -> Progressed:
    ends, services = await asyncio.gather(
        _ends(dsns, servers, prefix),
        asyncio.gather(*(_progress(service, dsn) for service, dsn in dsns.items())),
    )
    waiting: list[str] = []
    for service, (unpublished, applied) in zip(dsns, services, strict=True):
        waiting += [f"{service} publishes: {each}" for each in unpublished]
        waiting += [f"{service} applies: {each}" for each in _behind(service, applied, ends)]
    return Progressed(ends, tuple(waiting))


async def _ends(services: Iterable[str], servers: Servers, prefix: str) -> Ends:
    topics = [prefix + topic.name for service in services for topic in CONSUMES[service]]
    told = await kafka.ends(servers, topics)
    return {(topic.removeprefix(prefix), number): end for (topic, number), end in told.items()}


async def _progress(service: str, dsn: str) -> tuple[Sequence[str], Ends]:
    """What a service's relay has still to publish, and how far it has applied its topics."""
    async with snapshot(service, dsn) as books:
        published = await books.row("published")
        return published["examples"] or (), await _applied(books)


async def _applied(books: Snapshot) -> Ends:
    rows = await books.rows("select_offsets")
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


def _behind(service: str, applied: Ends, ends: Ends) -> list[str]:
    """The partitions of which a service has not applied everything, or more than there is."""
    consumed = {topic.name for topic in CONSUMES[service]}
    return [
        f"{topic}:{number} is applied up to {applied.get((topic, number), 0)} of {end}"
        for (topic, number), end in sorted(ends.items())
        if topic in consumed and applied.get((topic, number), 0) != end
    ]


async def offsets_agree(books: Snapshot, ends: Ends) -> Finding:
    """INV6: what a service has applied ends where its topics end."""
    behind = _behind(books.service, await _applied(books), ends)
    consumed = [topic.name for topic in CONSUMES[books.service]]
    return Finding(
        "INV6",
        books.service,
        f"applied offsets are the ends of {', '.join(consumed)}",
        sum(topic in consumed for topic, _ in ends),
        len(behind),
        tuple(behind[:_EXAMPLES]),
    )
