"""What the evening demands of a live room on a screen, and of a battle."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_stack.battling import Glove, Host, check_glove, points_of
from local_stack.client import Client
from local_stack.giving import Sent
from local_stack.live_room import check_ends, check_frames, check_taps
from local_stack.problem import LocalProblemError
from local_stack.screen import Screen

NOON = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
STAR = Host("nova", "token", "room-1")


def line(streak: str | None = None, *, item: str = "rose", count: int = 1, **more: Any) -> Any:
    known = {"itemId": item, "count": count, "streakId": streak, "streakCount": count}
    return known | {"streakEnded": False} | more


def frame(seq: int, *lines: Any, coins: int = 0, **more: Any) -> Any:
    totals = {"coins": coins, "gifts": coins, "gifters": min(coins, 1)}
    known = {"seq": seq, "snapshot": False, "missedFrames": 0, "moreGifts": 0, "totals": totals}
    return known | {"gifts": list(lines)} | more


def sent(coins: int = 1, *, at: datetime = NOON, item: str = "rose") -> Sent:
    return Sent("g", "viewer-01", "nova", "room-1", item, coins, coins, at, replayed=False)


def screen(*frames: Any) -> Screen:
    shown = Screen(Client("http://nowhere"), "room-1")
    for each in frames:
        shown.take(each)
    return shown


WHOLE = (
    frame(1, snapshot=True),
    frame(2, line("a", count=2, streakCount=2), coins=2),
    frame(3, line("a", streakCount=3), coins=3, moreGifts=4),
    frame(4, line("a", count=0, streakCount=3, streakEnded=True), coins=3),
)
"""Three taps in a streak, and four pieces that no line had room for."""


def test_a_room_that_is_shown_whole() -> None:
    shown = screen(*WHOLE, frame(4, snapshot=True, coins=3))

    assert check_frames(shown, [sent(3), sent(4)]) == 7
    assert check_ends(shown) == 1
    assert check_taps(shown, [sent() for _ in range(3)]) == (3, 3)


@pytest.mark.parametrize(
    "next_frame",
    [frame(4), frame(2), frame(3, missedFrames=1), frame(3, snapshot=True)],
    ids=["a gap", "a frame again", "frames that were passed over", "a snapshot of what is to come"],
)
def test_a_screen_that_misses_something_ends_the_evening(next_frame: Any) -> None:
    with pytest.raises(LocalProblemError):
        screen(*WHOLE[:2], next_frame)


@pytest.mark.parametrize(
    ("frames", "check"),
    [
        (WHOLE, lambda shown: check_frames(shown, [sent(8)])),
        (WHOLE[1:2], lambda shown: check_frames(shown, [sent(2)])),
        (WHOLE[:3], check_ends),
        ((*WHOLE, frame(5, *WHOLE[3]["gifts"])), check_ends),
        (WHOLE, lambda shown: check_taps(shown, [sent(4)])),
        (
            (*WHOLE[:2], frame(3, line("a", streakCount=4, streakEnded=True))),
            lambda shown: check_taps(shown, [sent(4)]),
        ),
    ],
    ids=[
        *("a piece in no frame", "what was before the screen", "no end", "two ends"),
        *("a tap too little", "a streak longer than its lines"),
    ],
)
def test_another_room_ends_the_evening(
    frames: tuple[Any, ...], check: Callable[[Screen], object]
) -> None:
    first = () if frames[0]["snapshot"] else (frame(1, snapshot=True, coins=1),)
    shown = screen(*first, *frames)

    with pytest.raises(LocalProblemError):
        check(shown)


SEED = bytes(range(32))
BATTLE_ID = "01977420-9c00-7000-8000-000000000050"


def glove(until_s: int) -> Any:
    """Its roll is 52, by the same figures as in the engine's own test."""
    return {
        "id": BATTLE_ID,
        "number": 1,
        "roomId": "room-1",
        "fromAt": NOON.isoformat(),
        "untilAt": (NOON + timedelta(seconds=until_s)).isoformat(),
    }


def test_a_glove_is_rolled_again_from_the_seed() -> None:
    assert check_glove(BATTLE_ID, glove(0), SEED, [STAR]) == Glove("nova", 52, NOON, NOON)
    with pytest.raises(LocalProblemError):
        check_glove(BATTLE_ID, glove(30), SEED, [STAR])


def test_points_are_by_when_gifts_were_charged() -> None:
    """From the start on and before the end; five times as many while the host's glove holds."""
    end = NOON + timedelta(seconds=20)
    battle = {"startedAt": NOON.isoformat(), "endsAt": end.isoformat()}
    tick = timedelta(microseconds=1)
    given = [
        sent(coins, at=at) for coins, at in ((1, NOON - tick), (2, NOON), (4, end - tick), (8, end))
    ]
    of_moon = Glove("moon", 0, NOON, end)
    of_star = Glove("nova", 0, NOON + tick, end)

    assert points_of(STAR, battle, [of_moon], given) == 6
    assert points_of(STAR, battle, [of_moon, of_star], given) == 2 + 5 * 4
    assert points_of(Host("moon", "token", "room-2"), battle, [of_moon], given) == 0
