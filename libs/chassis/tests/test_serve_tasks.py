"""What `run_tasks` promises of the tasks it is given."""

import asyncio
import socket

import pytest
from starlette.applications import Starlette

from chassis import serve
from chassis.serve import AddressError, GraceError, StartupError, Task, TaskError
from local_stack import ports


@pytest.fixture
def port() -> int:
    return ports.one_free()


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


async def run(tasks: dict[str, Task], stop: asyncio.Event, port: int, grace_s: float = 5) -> None:
    await serve.run_tasks(tasks, stop, host="127.0.0.1", port=port, grace_s=grace_s)


async def work_until_stopped(stop: asyncio.Event) -> None:
    await stop.wait()


async def fail(_: asyncio.Event) -> None:
    raise LookupError("no such account")


async def test_a_failing_task_lets_the_others_finish(stop: asyncio.Event, port: int) -> None:
    finished: list[str] = []

    async def finish(stop: asyncio.Event) -> None:
        await stop.wait()
        finished.append("batch")

    with pytest.raises(TaskError, match="charges failed: LookupError") as raised:
        await run({"relay": finish, "charges": fail}, stop, port)

    assert finished == ["batch"]
    assert isinstance(raised.value.__cause__, LookupError)
    assert stop.is_set()


async def test_a_task_that_returns_unasked_is_a_failure(stop: asyncio.Event, port: int) -> None:
    async def return_at_once(_: asyncio.Event) -> None:
        return

    with pytest.raises(TaskError, match="charges ended though nobody asked it to"):
        await run({"relay": work_until_stopped, "charges": return_at_once}, stop, port)


async def test_a_task_that_fails_while_stopping_is_a_failure(
    stop: asyncio.Event, port: int
) -> None:
    async def fail_late(stop: asyncio.Event) -> None:
        await stop.wait()
        raise LookupError("lost the lock")

    stop.set()
    with pytest.raises(TaskError, match="lost the lock"):
        await run({"charges": fail_late}, stop, port)


async def test_a_task_too_late_is_cut_off_by_name(stop: asyncio.Event, port: int) -> None:
    was_cancelled = asyncio.Event()

    async def ignore_stop(_: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    stop.set()
    with pytest.raises(GraceError, match=r"cut off after 0\.05 s: charges"):
        await run({"relay": work_until_stopped, "charges": ignore_stop}, stop, port, grace_s=0.05)

    assert was_cancelled.is_set()


async def test_no_task_starts_where_the_probes_cannot_listen(stop: asyncio.Event) -> None:
    started: list[str] = []

    async def start(_: asyncio.Event) -> None:
        started.append("charges")

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(AddressError, match="it is taken"),
    ):
        await run({"charges": start}, stop, taken.getsockname()[1])

    assert started == []


async def test_an_address_of_another_machine_is_refused(stop: asyncio.Event, port: int) -> None:
    with pytest.raises(AddressError, match="no such address"):
        await serve.run_tasks({}, stop, host="192.0.2.1", port=port, grace_s=1)


async def test_an_application_whose_lifespan_fails_does_not_start(
    stop: asyncio.Event, port: int
) -> None:
    def broken_lifespan(_: Starlette) -> "BrokenLifespan":
        return BrokenLifespan()

    app = Starlette(lifespan=broken_lifespan)

    with pytest.raises(StartupError):
        await serve.serve_app(app, stop, host="127.0.0.1", port=port, grace_s=1)


class BrokenLifespan:
    async def __aenter__(self) -> None:
        raise LookupError("the schema is too old")

    async def __aexit__(self, *_: object) -> None: ...
