"""When the clock has to read a room, and when it may leave it where it is in the index."""

from datetime import timedelta

import msgspec
import pytest

from gifts.domain.room_rules import RoomRules, due_at, look_at
from gifts.testing import NOW
from gifts.testing.rooms import a_room

RULES = RoomRules()


def ms(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    ("kept_ms", "due_ms", "calm_ms", "found_ms"),
    [
        (9_000, 250, 0, 250),
        (-100, 250, 0, -100),
        (-100, 5_000, 0, -100),
        (-100, 5_000, 3_000, 5_000),
        (-100, 900, 3_000, -100),
        (2_000, 5_000, 3_000, 2_000),
    ],
    ids=["sooner", "busy", "busy, all told", "calm", "calm, soon due", "not reached"],
)
def test_a_busy_room_stays_where_it_is(
    kept_ms: int, due_ms: int, calm_ms: int, found_ms: int
) -> None:
    """It is never read later than it is due."""
    room = msgspec.structs.replace(a_room(), look_at=NOW + ms(kept_ms), active_at=NOW - ms(calm_ms))

    assert look_at(room, NOW + ms(due_ms), NOW) == NOW + ms(found_ms)


def test_a_closed_room_without_anything_to_tell_is_not_read() -> None:
    room = msgspec.structs.replace(a_room(), look_at=NOW, closed_at=NOW)

    assert look_at(room, due_at(room, RULES), NOW) is None


def test_ends_wait_for_a_frame() -> None:
    """The clock has nothing to do before one can be made."""
    room = msgspec.structs.replace(a_room(), streaks_end_at=NOW + ms(10), framed_at=NOW)

    assert due_at(room, RULES) == NOW + RULES.frame_every
