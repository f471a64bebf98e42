"""What a route and its rows are."""

from dataclasses import dataclass
from typing import Final, Literal

type Outcome = Literal["shown", "null", "UNAUTHENTICATED", "FORBIDDEN"]

CALLERS: Final = ("anonymous", "other", "unscoped", "owner", "operator")
"""Nobody · somebody else with every user's scope · the owner without any scope · the owner ·
an operator with every operator's scope."""


@dataclass(frozen=True)
class Row:
    """What each of CALLERS gets at a place: response keys from the root, without list indices."""

    place: str
    outcomes: tuple[Outcome, Outcome, Outcome, Outcome, Outcome]


@dataclass(frozen=True)
class Route:
    """One way into the schema. Variables name things of the scene; see the test."""

    name: str
    document: str
    rows: tuple[Row, ...]


PUBLIC: Final = ("shown", "shown", "shown", "shown", "shown")
NOBODY: Final = ("null", "null", "null", "null", "null")
USERS: Final = ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")
"""Whoever has a user's scope, and no operator: each acts on what is their own."""
OPERATORS: Final = ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown")
