"""Only the owner of an event makes one."""

import ast
from collections.abc import Iterator

import pytest

from contracts import catalogue
from support.source import SERVICES, Module, modules, modules_of

# Dead letters are the platform's: whoever consumes makes them, by way of the chassis.
_OWNERS = {"dead_letter": "chassis"}

_EVENTS = {
    f"{each.cls.__module__}.{each.cls.__name__}": each.cls.__module__.split(".")[1]
    for each in catalogue.events()
}
"""The owner of each event class, by the class's full name."""


def constructed(module: Module) -> Iterator[tuple[str, int]]:
    """Each event class that the module calls, by its full name, and the line."""
    names = {local: full for local, full, _ in module.imports()}
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        head, _, rest = called.partition(".")
        full = ".".join(part for part in (names.get(head, head), rest) if part)
        if full in _EVENTS:
            yield full, node.lineno


def owner_of(event: str) -> str:
    owner = _EVENTS[event]
    return _OWNERS.get(owner, owner)


@pytest.mark.parametrize("package", ["chassis", *SERVICES])
def test_only_the_owner_constructs_its_events(package: str) -> None:
    """Nobody else can know that what an event tells has happened."""
    foreign = [
        f"{module.place}:{line} makes {event}"
        for module in modules_of(package)
        for event, line in constructed(module)
        if owner_of(event) != package
    ]
    assert foreign == []


def test_every_event_is_constructed_by_its_owner() -> None:
    """An event that nobody publishes is a promise that nobody keeps; and the scan sees them."""
    made = {
        event
        for module in modules()
        for event, _ in constructed(module)
        if owner_of(event) == module.package
    }
    assert made == set(_EVENTS)
