"""What the topics tell, read from their first record to their last."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from chassis import kafka
from chassis.batch import EventReader
from checker import facts
from checker.facts import Pile
from checker.report import Finding
from contracts.dead_letter import v1 as dead_letter
from contracts.event import Event, Topic
from contracts.gifts import v1 as gifts
from contracts.payouts import v1 as payouts
from contracts.wallet import v1 as wallet

type Position = tuple[str, int, int]
"""Topic without prefix, partition, offset."""
type Progress = Callable[[str], None]
"""Is told, now and then, what is going on."""

_EXAMPLES = 5
_TOPICS_OF: Mapping[str, Sequence[Topic]] = {
    "wallet": (gifts.CHARGE, wallet.CHARGE, wallet.BALANCE, wallet.PURCHASE),
    "gifts": (gifts.CHARGE, wallet.CHARGE, gifts.GIFT),
    "payouts": (gifts.GIFT, payouts.EARNING),
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


@dataclass(slots=True)
class EarningsTold:
    """Follows what was told of each creator's earnings, event by event."""

    lifetimes: dict[str, int] = field(default_factory=dict[str, int])
    broken: dict[str, str] = field(default_factory=dict[str, str])
    """Creators whose events do not follow from one another, and how."""

    def add(self, event: payouts.EarningAccrued) -> None:
        """Each event starts where the one before it ended; one from before that is a repeat."""
        known = self.lifetimes.get(event.creator_id, 0)
        before = event.lifetime_micro_diamonds - event.micro_diamonds
        if before == known:
            self.lifetimes[event.creator_id] = event.lifetime_micro_diamonds
        elif event.lifetime_micro_diamonds > known:
            self.broken.setdefault(
                event.creator_id, f"{event.creator_id}: told of {known}, then starts at {before}"
            )


class Told:
    """What all topics tell."""

    def __init__(self, folder: Path) -> None:
        self.requests = Pile(folder, "requests", 32)
        self.outcomes = Pile(folder, "outcomes", 48)
        self.sent = Pile(folder, "sent", 48)
        self.balances = Pile(folder, "balances", 32)
        self.purchases = Pile(folder, "purchases", 32)
        self.earnings = EarningsTold()
        self.conflicts: set[bytes] = set()
        """Charges that were asked for again in other terms, and refused for that."""
        self.dead_letters: set[tuple[str, int, str]] = set()
        """Source, offset and consumer of each record that was announced as set aside."""
        self.readings: list[Reading] = []

    def charge_requested(self, event: gifts.ChargeRequested) -> None:
        """Gifts asks the wallet."""
        terms = facts.terms(event.payer_id, event.order_key, event.coins)
        self.requests.add(event.charge_id.bytes + facts.REQUESTED + terms)

    def charge_posted(self, event: wallet.ChargePosted) -> None:
        """The wallet took coins."""
        self.outcomes.add(
            event.charge_id.bytes
            + facts.SENT
            + facts.terms(event.payer_id, event.order_key, event.coins)
            + facts.payment(event.order_key, event.coins, event.slices)
        )

    def charge_refused(self, event: wallet.ChargeRefused) -> None:
        """The wallet took nothing. A conflict is no outcome: the charge has another one."""
        if event.reason == "charge_conflict":
            self.conflicts.add(event.charge_id.bytes)
            return
        self.outcomes.add(
            event.charge_id.bytes
            + facts.REFUSED
            + facts.terms(event.payer_id, event.order_key, event.needed_coins)
            + facts.refusal(event.order_key, event.needed_coins, event.balance_coins)
        )

    def gift_sent(self, event: gifts.GiftSent) -> None:
        """A gift was settled."""
        self.sent.add(
            event.gift_id.bytes
            + facts.SENT
            + facts.terms(event.sender_id, event.creator_id, event.price_coins)
            + facts.payment(event.creator_id, event.price_coins, event.slices)
        )

    def balance_changed(self, event: wallet.BalanceChanged) -> None:
        """An account moved."""
        self.balances.add(facts.balance(event.user_id, event.version, event.coins))

    def coins_purchased(self, event: wallet.CoinsPurchased) -> None:
        """A payment became coins."""
        lots = [(lot.lot_id, lot.lot_class, lot.coins) for lot in event.lots]
        self.purchases.add(event.purchase_id.bytes + facts.purchase(event.user_id, lots))

    def dead_lettered(self, event: dead_letter.DeadLettered) -> None:
        """A record was set aside."""
        self.dead_letters.add((event.source, event.offset, event.consumer))


def listeners(told: Told) -> Mapping[Topic, Mapping[type[Event], Callable[[Any], None]]]:
    """What is of interest on each topic, and who takes it down."""
    return {
        gifts.CHARGE: {gifts.ChargeRequested: told.charge_requested},
        wallet.CHARGE: {
            wallet.ChargePosted: told.charge_posted,
            wallet.ChargeRefused: told.charge_refused,
        },
        gifts.GIFT: {gifts.GiftSent: told.gift_sent},
        wallet.BALANCE: {wallet.BalanceChanged: told.balance_changed},
        wallet.PURCHASE: {wallet.CoinsPurchased: told.coins_purchased},
        payouts.EARNING: {payouts.EarningAccrued: told.earnings.add},
        dead_letter.DEAD_LETTER: {dead_letter.DeadLettered: told.dead_lettered},
    }


async def read_topic(
    servers: str,
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
    async for chunk in kafka.read_all(servers, prefix + topic.name):
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
    servers: str,
    prefix: str,
    services: Collection[str],
    told: Told,
    set_aside: Collection[Position],
    progress: Progress,
) -> None:
    """Read every topic that tells something about the books of these services.

    One after another: the work is this process's own, and reading side by side would not be faster.
    """
    of_interest = {topic for service in services for topic in _TOPICS_OF[service]}
    wanted = {
        topic: listening
        for topic, listening in listeners(told).items()
        if topic in of_interest or topic is dead_letter.DEAD_LETTER
    }
    ends = await kafka.ends(servers, [prefix + topic.name for topic in wanted])
    for topic, listening in wanted.items():
        of = sum(end for (name, _), end in ends.items() if name == prefix + topic.name)

        def tell(read: int, topic: Topic = topic, of: int = of) -> None:
            progress(f"{topic.name}: {read:,} of {of:,} records read")

        told.readings.append(await read_topic(servers, prefix, topic, listening, set_aside, tell))
