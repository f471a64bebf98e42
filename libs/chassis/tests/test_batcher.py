"""Requests that arrive during a write form the next group, and each gets its own answer."""

import asyncio
from collections.abc import Sequence

import pytest

from chassis.batcher import Batcher, OverloadedError


class Writer:
    """Doubles each number; records the groups, and holds every write until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def write(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        self.begun.set()
        await self.go_on.wait()
        return [number * 2 for number in numbers]


async def test_requests_during_a_write_form_the_next_group() -> None:
    writer = Writer()
    batcher = Batcher(writer.write)
    first = asyncio.create_task(batcher.submit(1))
    await writer.begun.wait()
    rest = [asyncio.create_task(batcher.submit(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    writer.go_on.set()

    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert writer.groups == [[1], [2, 3, 4]]


async def test_groups_are_bounded() -> None:
    writer = Writer()
    writer.go_on.set()
    batcher = Batcher(writer.write, size_max=2)

    assert await asyncio.gather(*(batcher.submit(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert [len(group) for group in writer.groups] == [2, 2, 1]


async def test_error_reaches_every_request_of_the_group_and_no_other() -> None:
    async def write(numbers: Sequence[int]) -> Sequence[int]:
        if 1 in numbers:
            raise ConnectionResetError("the database went away")
        return numbers

    batcher = Batcher(write)
    answers = await asyncio.gather(batcher.submit(1), batcher.submit(2), return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionResetError] * 2
    assert await batcher.submit(3) == 3


async def test_too_many_waiting_are_turned_away_at_once() -> None:
    writer = Writer()
    batcher = Batcher(writer.write, size_max=1, waiting_max=2)
    first = asyncio.create_task(batcher.submit(0))
    await writer.begun.wait()
    tasks = [first, *(asyncio.create_task(batcher.submit(n)) for n in (1, 2))]
    await asyncio.sleep(0)

    with pytest.raises(OverloadedError):
        await batcher.submit(9)

    writer.go_on.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4]


async def test_a_caller_that_gives_up_harms_nobody() -> None:
    """A cancelled request is written all the same; its neighbours get their answers."""
    writer = Writer()
    batcher = Batcher(writer.write)
    leaver = asyncio.create_task(batcher.submit(1))
    stayer = asyncio.create_task(batcher.submit(2))
    await writer.begun.wait()
    leaver.cancel()
    writer.go_on.set()

    assert await stayer == 4
    with pytest.raises(asyncio.CancelledError):
        await leaver
