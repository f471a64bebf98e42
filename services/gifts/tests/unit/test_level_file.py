"""What makes a level table fit to be published."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from gifts.data import first_levels
from gifts.domain.level_file import LevelTableError, read_levels, table_of
from gifts.domain.level_table import next_step
from gifts.testing import NOW

type Document = dict[str, Any]


def a_document() -> Document:
    return {
        "version": 3,
        "gifters": {"kept_days": 0, "points": [1, 10, 100]},
        "fan_clubs": {
            "item_id": "heart-me",
            "active_days": 7,
            "decay_days": 7,
            "decay_keeps_pct": 50,
            "points": [0, 20],
        },
    }


def as_bytes(document: Document) -> bytes:
    return json.dumps(document).encode()


def test_document_becomes_a_table() -> None:
    table = table_of(read_levels(as_bytes(a_document())), published_at=NOW)

    assert (table.version, table.effective_from, table.kept_days) == (3, NOW, 0)
    assert (table.club_item_id, table.club_active.days, table.club_decay.days) == ("heart-me", 7, 7)


def test_announced_moment_wins_over_the_publication() -> None:
    document = a_document() | {"effective_from": "2026-09-01T00:00:00Z"}

    table = table_of(read_levels(as_bytes(document)), published_at=NOW)

    assert table.effective_from == datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("points", "level", "after"),
    [
        (0, 0, 1),
        (1, 1, 10),
        (9, 1, 10),
        (10, 2, 100),
        (99, 2, 100),
        (100, 3, None),
        (10**9, 3, None),
    ],
)
def test_a_level_is_reached_from_its_points_on(points: int, level: int, after: int | None) -> None:
    table = table_of(read_levels(as_bytes(a_document())), published_at=NOW)

    assert table.gifter_level(points) == level
    assert next_step(table.gifter_points, level) == after


def test_the_first_table_has_fifty_levels() -> None:
    """C22."""
    assert len(table_of(read_levels(first_levels()), published_at=NOW).gifter_points) == 50


def _in(ladder: str, key: str, value: object) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document[ladder][key] = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_in("gifters", "points", [0, 10]), "level 1 takes 0 points"),
        (
            _in("gifters", "points", [1, 10, 10]),
            "gifters: level 3 takes 10 points, level 2 takes 10",
        ),
        (_in("gifters", "points", [1, 10, 9]), "level 3 takes 9 points"),
        (_in("gifters", "points", []), "length >= 1"),
        (_in("gifters", "points", list(range(1, 52))), "length <= 50"),
        (_in("gifters", "points", [1, 2**53]), "<= 9007199254740991"),
        (_in("gifters", "kept_days", -1), ">= 0"),
        (_in("fan_clubs", "points", [1]), "every member has it"),
        (_in("fan_clubs", "points", [0, 5, 4]), "fan_clubs: level 3"),
        (_in("fan_clubs", "active_days", 0), "> 0|>= 1"),
        (_in("fan_clubs", "decay_days", 0), "> 0|>= 1"),
        (_in("fan_clubs", "decay_keeps_pct", 101), "<= 100"),
        (_in("fan_clubs", "surprise", 1), "surprise"),
        (lambda document: document.pop("gifters"), "gifters"),
    ],
    ids=[
        *("a level for nothing", "two at once", "backwards", "no levels", "too many"),
        *("more than there is", "kept for less than nothing", "a fee to be a fan"),
        *("backwards in clubs", "no time to give", "no time to fall", "growing by absence"),
        *("unknown", "half"),
    ],
)
def test_what_is_wrong_is_told(change: Callable[[Document], object], problem: str) -> None:
    document = a_document()
    change(document)

    with pytest.raises(LevelTableError, match=problem):
        read_levels(as_bytes(document))


def test_no_json_is_told() -> None:
    with pytest.raises(LevelTableError):
        read_levels(b"\xff")
