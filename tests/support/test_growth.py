"""What the soak calls growth, by processes made up: of which it is known whether they leak."""

import random
from collections.abc import Callable

import pytest

from support.growth import GROWTH_MAX_MB, Memory, Sample, life_of

_LASTED_S = 600


def grown_mb(mb_at: Callable[[float], float]) -> float:
    """What a process has grown by that occupies so much at each second, give or take 3 MB."""
    chance = random.Random(7)
    samples = [Sample(at, mb_at(at) + chance.uniform(-3, 3)) for at in range(_LASTED_S)]
    return life_of("made up", 1, samples).grown_mb


def warm_up(at_s: float) -> float:
    """From 60 to 160 MB in the first quarter."""
    return 60 + min(100, at_s)


@pytest.mark.parametrize(
    "mb_at",
    [
        pytest.param(lambda _: 110, id="flat"),
        pytest.param(warm_up, id="warm-up"),
        pytest.param(lambda at: warm_up(at) + 200 * (300 < at < 320), id="a peak"),
        pytest.param(lambda at: warm_up(at) + 60 * (at > 200), id="an early step"),
        pytest.param(lambda at: warm_up(at) + 60 * (at > 500), id="a late step"),
        pytest.param(lambda at: 160 - 0.1 * at, id="falling"),
    ],
)
def test_what_does_not_leak_has_not_grown(mb_at: Callable[[float], float]) -> None:
    assert grown_mb(mb_at) < GROWTH_MAX_MB


@pytest.mark.parametrize(
    "mb_at",
    [
        pytest.param(lambda at: warm_up(at) + 300 * 150e-6 * at, id="150 bytes per gift"),
        pytest.param(lambda at: warm_up(at) + 3 * (at // 60), id="something per fault"),
    ],
)
def test_what_leaks_has_grown(mb_at: Callable[[float], float]) -> None:
    assert grown_mb(mb_at) > GROWTH_MAX_MB


def test_the_longest_life_speaks_for_a_process() -> None:
    """Where it was killed in between; what lived too short for any figure does not speak."""
    memory = Memory()
    for pid, seconds, mb in ((1, 300, 100.0), (2, 900, 110.0), (3, 5, 50.0)):
        for at in range(seconds):
            memory.add("worker", pid, Sample(pid * 1_000 + at, mb))
    lives = memory.longest_lives()
    assert (lives["worker"].pid, lives["worker"].grown_mb) == (2, 0)
    assert memory.newest_mb() == {"worker": 50}
    assert memory.peaks_mb() == {"worker": 110}
