"""Where hundreds of rooms are busy their frames are fewer; a hot one among calm ones has all."""

import pytest

from gifts.domain.room_rules import RoomRules
from gifts.edge.frame_pace import REST_MAX_S, FramePace

RULES = RoomRules()


@pytest.mark.parametrize(
    ("frames", "after_s", "is_busy"),
    [
        (1, 0.0019, True),
        (1, 0.25, False),
        (200, 0.25, True),
        (200, 0.401, False),
        (10_000, REST_MAX_S - 0.001, True),
        (10_000, REST_MAX_S, False),
    ],
)
def test_many_frames_are_followed_by_fewer(frames: int, after_s: float, *, is_busy: bool) -> None:
    now = 100.0
    pace = FramePace(now=lambda: now)
    assert pace.rules(RULES) == RULES

    pace.made(frames)
    now += after_s

    every = RULES.frame_every_busy if is_busy else RULES.frame_every
    assert pace.rules(RULES).frame_every == every


def test_a_few_more_do_not_shorten_it() -> None:
    now = 100.0
    pace = FramePace(now=lambda: now)

    pace.made(300)
    pace.made(1)
    now += 0.5

    assert pace.rules(RULES).frame_every == RULES.frame_every_busy


def test_who_wants_fewer_frames_has_them() -> None:
    """Frames that are rarer than that anyhow come no more often for it."""
    rare = RULES._replace(frame_every=RULES.frame_every_busy * 3)
    pace = FramePace(now=lambda: 100.0)
    pace.made(300)

    assert pace.rules(rare) == rare
