import logging

import pytest

from chassis.telemetry.flood import FloodFilter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def line(logger: str = "aiokafka.conn", level: int = logging.ERROR) -> logging.LogRecord:
    return logging.LogRecord(logger, level, "conn.py", 1, "broker away", None, None)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def flood(clock: Clock) -> FloodFilter:
    return FloodFilter(loggers=("aiokafka",), lines_max=3, interval_s=10, clock=clock)


def test_lets_the_first_lines_of_an_interval_through(flood: FloodFilter) -> None:
    assert [flood.filter(line()) for _ in range(1_500)] == [True] * 3 + [False] * 1_497


def test_the_next_interval_says_how_many_were_dropped(flood: FloodFilter, clock: Clock) -> None:
    for _ in range(10):
        flood.filter(line())

    clock.now += 10
    first, second = line(), line()
    kept = [flood.filter(first), flood.filter(second)]

    assert kept == [True, True]
    assert first.__dict__["suppressed"] == 7
    assert "suppressed" not in second.__dict__


def test_counts_loggers_and_levels_apart(flood: FloodFilter) -> None:
    for _ in range(4):
        flood.filter(line())

    assert not flood.filter(line())
    assert flood.filter(line(level=logging.WARNING))
    assert flood.filter(line(logger="aiokafka.client"))


def test_never_drops_our_own_lines(flood: FloodFilter) -> None:
    assert all(flood.filter(line(logger="wallet.worker")) for _ in range(100))
    assert all(flood.filter(line(logger="aiokafkaesque")) for _ in range(100))
