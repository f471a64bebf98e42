"""Rest in proportion to work, on a clock of the test's own."""

import asyncio

import pytest

from chassis import pace
from chassis.pace import REST_MAX_S, REST_SHARE, Pace


class Clock:
    """Time that passes only by work and by sleep."""

    def __init__(self) -> None:
        self.now = 100.0

    def work(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "_now", lambda: clock.now)
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    return clock


async def rest_after(clock: Clock, work_s: float, idle_s: float = 0.0) -> float:
    """How long the second batch waits when the first took `work_s` and came `idle_s` ago."""
    paced = Pace()
    await paced.rested()
    with paced.working():
        clock.work(work_s)
    clock.work(idle_s)
    before = clock.now
    await paced.rested()
    return clock.now - before


async def test_the_first_batch_begins_at_once(clock: Clock) -> None:
    before = clock.now

    await Pace().rested()

    assert clock.now == before


async def test_rest_follows_work(clock: Clock) -> None:
    assert await rest_after(clock, work_s=0.002) == pytest.approx(0.002 * REST_SHARE)


async def test_rest_has_an_end(clock: Clock) -> None:
    assert await rest_after(clock, work_s=5.0) == pytest.approx(REST_MAX_S)


async def test_who_has_been_idle_is_rested(clock: Clock) -> None:
    assert await rest_after(clock, work_s=0.002, idle_s=0.1) == 0.0


async def test_idle_time_counts_as_rest(clock: Clock) -> None:
    half = 0.002 * REST_SHARE / 2

    assert await rest_after(clock, work_s=0.002, idle_s=half) == pytest.approx(half)
