"""Work is done again and again, at once where there is more, and put off in an outage."""

import asyncio
import time

import asyncpg
import pytest

from chassis.periodic import repeated
from chassis.telemetry.metrics import REGISTRY
from chassis.testing.eventually import eventually


class Work:
    """Counts how often it is done; what it answers next is told."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.done = 0

    async def __call__(self) -> object:
        self.done += 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def run(work: Work, *, every_s: float, until: int, name: str = "work") -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(repeated(work, every_s=every_s, name=name)(stop))

    async def done() -> int:
        return work.done

    await eventually(done, until=lambda count: count >= until, within_s=30)
    stop.set()
    await running


async def test_where_there_is_more_it_goes_on_at_once() -> None:
    """A pause of an hour comes only when there is nothing more to do."""
    work = Work(True, True, False)

    await run(work, every_s=3600, until=3)

    assert work.done == 3


async def test_it_is_done_again_after_the_pause() -> None:
    await run(Work(), every_s=0.001, until=3)


async def test_an_outage_puts_it_off() -> None:
    await run(Work(ConnectionRefusedError(), asyncpg.AdminShutdownError()), every_s=0.001, until=3)


def done_at(name: str) -> float:
    return REGISTRY.get_sample_value("largesse_work_done_timestamp_seconds", {"work": name}) or 0.0


async def test_it_tells_when_it_was_last_done() -> None:
    """Work that is put off again and again is not done: its moment stays where it was."""
    began_at = time.time()
    await run(Work(), every_s=0.001, until=1, name="done")
    await run(
        Work(*[ConnectionRefusedError() for _ in range(5)]), every_s=60, until=1, name="put off"
    )

    assert done_at("done") >= began_at
    assert done_at("put off") == 0


async def test_what_is_no_outage_ends_it() -> None:
    """The process is started again, and whoever runs it hears of it."""
    with pytest.raises(ZeroDivisionError):
        await repeated(Work(ZeroDivisionError()), every_s=1, name="work")(asyncio.Event())


async def test_told_to_stop_it_does_nothing() -> None:
    work, stop = Work(), asyncio.Event()
    stop.set()

    await repeated(work, every_s=1, name="work")(stop)

    assert work.done == 0
