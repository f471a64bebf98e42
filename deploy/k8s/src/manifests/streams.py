"""Who writes and reads which topic: from the contracts and from the consumers' source."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from contracts import catalogue
from contracts.dead_letter.v1 import DEAD_LETTER
from contracts.event import Topic
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
    spec = find_spec(service)
    assert spec is not None, f"{service} is a package of ours"
    assert spec.origin is not None, f"{service} is a regular package"
    folder = Path(spec.origin).parent
    for file in sorted(folder.rglob("*.py")):
        text = file.read_text()
        if "Subscription(" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Subscription":
                name = ".".join((service, *file.relative_to(folder).with_suffix("").parts))
                topic = getattr(import_module(name), ast.unparse(node.args[0]))
                assert isinstance(topic, Topic), f"{name} subscribes to {topic}"
                yield topic
