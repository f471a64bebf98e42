"""Records that services have set aside."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass

from checker.report import Finding
from checker.snapshot import Snapshot
from checker.topics import Position

_KEPT_MAX = 100_000
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class SetAside:
    """All dead letters of the services looked at."""

    counts: Mapping[str, int]
    """By service."""
    positions: Mapping[Position, str]
    """The service that set a record aside, by where the record stands."""
    examples: Mapping[str, tuple[str, ...]]
    """By service, where and why."""


async def read(books: Mapping[str, Snapshot]) -> SetAside:
    """Read the dead letters of services."""
    counts: dict[str, int] = {}
    positions: dict[Position, str] = {}
    examples: dict[str, tuple[str, ...]] = {}
    for service, each in books.items():
        counts[service] = (await each.row("count_dead_letters"))["count"]
        rows = await each.rows("select_dead_letters", _KEPT_MAX)
        for row in rows:
            positions[row["topic"], row["partition"], row["record_offset"]] = service
        examples[service] = tuple(
            f"{row['topic']}:{row['partition']} offset {row['record_offset']}: {row['reason']}"
            for row in rows[:_EXAMPLES]
        )
    return SetAside(counts, positions, examples)


def at_most(aside: SetAside, allowed: int) -> list[Finding]:
    """No more records were set aside than were to be expected."""
    total = sum(aside.counts.values())
    examples = tuple(
        f"{service} set aside {example}"
        for service, told in aside.examples.items()
        for example in told
    )
    return [
        Finding(
            "letters",
            "all",
            f"at most {allowed:,} records were set aside",
            total,
            max(total - allowed, 0),
            examples[:_EXAMPLES],
        )
    ]


def announced(
    aside: SetAside, told: Set[tuple[str, int, str]], services: Collection[str]
) -> Finding:
    """Each record that was set aside was announced; nothing else was."""
    kept = {
        (f"{topic}:{partition}", offset, service)
        for (topic, partition, offset), service in aside.positions.items()
    }
    differing = kept ^ {letter for letter in told if letter[2] in services}
    return Finding(
        "letters",
        "all → topic",
        "each record set aside was announced, and no other",
        len(kept),
        len(differing),
        tuple(
            f"{consumer} and {source} offset {offset}"
            for source, offset, consumer in sorted(differing)[:_EXAMPLES]
        ),
    )
