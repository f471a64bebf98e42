"""Who writes and reads which topic: from the contracts and from the consumers' source."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from contracts import catalogue
from contracts.dead_letter.v1 import DEAD_LETTER
from contracts.event import Topic, describe
from local_stack.databases import SERVICES

PARTITIONS: Final = 24
"""Of each topic in production, fixed when it is created: keys would move to others. A worker uses
one core at most, and a partition has one worker: this many of a service can share the work."""

HUB: Final = "live-hub"
CHECKER: Final = "checker"
"""Reads all that is told of books: `checker.topics.audited`."""
_HUB_READS: Final = "live_hub.reading"


@cache
def consumed() -> Mapping[str, tuple[Topic, ...]]:
    """The topics that each service's group reads, by the service's name."""
    return {service: tuple(_subscribed(service)) for service in SERVICES}


@cache
def reread() -> Mapping[str, tuple[Topic, ...]]:
    """The topics of its own that each service's `recover` reads, of those that have one."""
    kinds = {service: tuple(_named(service, "read_told", 1)) for service in SERVICES}
    return {
        service: tuple(describe(kind).topic for kind in found)
        for service, found in kinds.items()
        if found
    }


def recovering(service: str) -> str:
    """What a service's `recover` is called, by Kafka too: workers may not read what it reads."""
    return f"{service}-recover"


def watched() -> tuple[Topic, ...]:
    """The topics that the live hub reads, in no group."""
    module = import_module(_HUB_READS)
    return tuple(value for value in vars(module).values() if isinstance(value, Topic))


def produced(service: str) -> tuple[Topic, ...]:
    """The topics that a service's outbox is published to."""
    own = [topic for topic in catalogue.topics() if topic.name.startswith(f"{service}.")]
    return (*by_name(own), DEAD_LETTER)


def by_name(topics: Iterable[Topic]) -> Sequence[Topic]:
    """Sorted: the catalogue has them in the order in which somebody imported them."""
    return sorted(topics, key=lambda topic: topic.name)


def _subscribed(service: str) -> Iterator[Topic]:
    """The topics in `Subscription(TOPIC, …)` anywhere in a service."""
    for topic in _named(service, "Subscription", 0):
        assert isinstance(topic, Topic), f"{service} subscribes to {topic}"
        yield topic


def _named(service: str, function: str, position: int) -> Iterator[Any]:
    """What the argument at `position` is, wherever a service calls `function`."""
    spec = find_spec(service)
    assert spec is not None, f"{service} is a package of ours"
    assert spec.origin is not None, f"{service} is a regular package"
    folder = Path(spec.origin).parent
    for file in sorted(folder.rglob("*.py")):
        text = file.read_text()
        if f"{function}(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
                module = ".".join((service, *file.relative_to(folder).with_suffix("").parts))
                yield getattr(import_module(module), ast.unparse(node.args[position]))
