"""What each service's workers read, and by which key it comes: docs/capacity.md's table."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module

from contracts.event import Event, describe
from support.source import REPOSITORY, SERVICES, Module, modules_of

_SHARDED_BY = {
    "wallet": {"payer_id", "user_id"},
    "gifts": {"creator_id"},
    "payouts": {"creator_id"},
}
"""The fields by which each service's databases would be divided. An `order_key` is the creator."""

_ROW = re.compile(r"^\| (\w+) \| `([\w.]+)` \| `(\w+)` \| `(\w+)` \| (yes|\*\*no\*\*) \|$", re.M)


def subscribed(module: Module) -> Iterator[type[Event]]:
    """The event classes in `Subscription(TOPIC, events, …)`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Subscription":
            names = vars(import_module(module.name))
            yield from eval(ast.unparse(node.args[1]), names)


def read() -> set[tuple[str, str, str, str, str]]:
    """Service, topic, event, key, and whether that is what the service is divided by."""
    found: set[tuple[str, str, str, str, str]] = set()
    for service in SERVICES:
        for module in modules_of(service):
            for cls in subscribed(module):
                event = describe(cls)
                by = {*_SHARDED_BY[service], *(() if service == "wallet" else ("order_key",))}
                fits = "yes" if event.key in by else "**no**"
                found.add((service, event.topic.name, cls.__name__, event.key, fits))
    return found


def test_the_page_says_by_which_key_everything_comes() -> None:
    """An event that comes by another key than its reader is divided by is said to."""
    page = (REPOSITORY / "docs/capacity.md").read_text()

    assert set(_ROW.findall(page)) == read()


def test_whatever_asks_the_wallet_to_take_coins_comes_by_payer() -> None:
    keys = {event: key for service, _, event, key, _ in read() if service == "wallet"}

    assert keys == {
        "ChargeRequested": "payer_id",
        "UndoRequested": "payer_id",
        "ClawbackSettled": "creator_id",
    }


def test_a_charge_is_answered_by_creator() -> None:
    """What the gifts database is divided by: the key of a request's answer is its creator."""
    named = [
        (module.place, ast.unparse(keyword.value))
        for module in modules_of("gifts")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "order_key"
    ]

    assert len(named) >= 3
    assert [each for each in named if each[1] != "gift.creator_id"] == []
