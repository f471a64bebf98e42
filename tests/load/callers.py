"""The load generator: callers of the gateway, in a process of its own, measured apart.

Reads a `Load` as JSON from standard input. Prints the line `begin` when warm and `end` when the
time is over, then writes its `Result` to the file that it was told. Started by `driving.drive`.

Closed loop: each caller sends its next request when the answer has come. Open loop: requests start
at fixed times whatever the answers do, and are timed from when they were due, so that a server that
stalls does not silence its own witnesses.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop
from http_client import Answer, Connection, ConnectionLostError, RequestFrame, connect

from chassis.ids import uuid7

ID_MARK = "@new-id@"
"""Stands in a body where each request has an id of its own."""

_EXAMPLES_MAX = 5
_RECONNECT_S = 0.1


class Caller(msgspec.Struct):
    """Who asks, and what."""

    token: str
    body: str
    """JSON, with or without `ID_MARK`."""


class Load(msgspec.Struct):
    """What to do."""

    url: str
    callers: list[Caller]
    expected: str
    """Is found in every right answer."""
    rate: float | None
    """Requests per second in an open loop; None for a closed one."""
    warm_up_s: float
    seconds: float
    result_file: str


class Result(msgspec.Struct):
    """What came of it between `begin` and `end`."""

    latencies_ms: list[float]
    """Of each right answer."""
    failures: int
    """Answers that were not right, and connections lost; the warm-up's too."""
    examples: list[str]
    """Some of them."""
    processor_s: float


class _Recorder:
    """Sorts answers out."""

    def __init__(self, expected: str) -> None:
        self._expected = expected.encode()
        self.measuring = False
        self.latencies_ms: list[float] = []
        self.failures = 0
        self.examples: list[str] = []

    def right(self, answer: Answer, began: float) -> None:
        body = answer.body
        if answer.status != 200 or self._expected not in body or b'"errors":' in body:
            self.wrong(f"{answer.status} {body[:300].decode(errors='replace')}")
        elif self.measuring:
            self.latencies_ms.append((time.perf_counter() - began) * 1_000)

    def wrong(self, what: str) -> None:
        self.failures += 1
        if len(self.examples) < _EXAMPLES_MAX:
            self.examples.append(what)


class _Asker:
    """One caller's requests, ready to be sent but for the id."""

    def __init__(self, url: str, caller: Caller) -> None:
        self._frame = RequestFrame(
            url,
            {"authorization": f"Bearer {caller.token}", "x-graphql-client": "largesse-bench"},
        )
        before, _, after = caller.body.encode().partition(ID_MARK.encode())
        self._before, self._after = before, after
        self._fresh = ID_MARK in caller.body

    def request(self) -> bytes:
        if not self._fresh:
            return self._frame.of(self._before)
        return self._frame.of(b"%b%b%b" % (self._before, str(uuid7()).encode(), self._after))


async def _closed_loop(load: Load, recorder: _Recorder, running: Callable[[], bool]) -> None:
    async def call(caller: Caller) -> None:
        asker = _Asker(load.url, caller)
        connection = await connect(load.url)
        while running():
            began = time.perf_counter()
            try:
                recorder.right(await connection.ask(asker.request()), began)
            except ConnectionLostError as error:
                recorder.wrong(str(error))
                await asyncio.sleep(_RECONNECT_S)
                connection = await connect(load.url)
        connection.close()

    async with asyncio.TaskGroup() as group:
        for caller in load.callers:
            group.create_task(call(caller))


async def _open_loop(
    load: Load, rate: float, recorder: _Recorder, running: Callable[[], bool]
) -> None:
    askers = [_Asker(load.url, caller) for caller in load.callers]
    idle: list[Connection] = []

    async def call(asker: _Asker, due: float) -> None:
        connection = idle.pop() if idle else await connect(load.url)
        try:
            # A timer may fire a little early.
            began = min(due, time.perf_counter())
            recorder.right(await connection.ask(asker.request()), began)
            idle.append(connection)
        except ConnectionLostError as error:
            recorder.wrong(str(error))

    due = time.perf_counter()
    count = 0
    async with asyncio.TaskGroup() as group:
        while running():
            group.create_task(call(askers[count % len(askers)], due))
            count += 1
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def run(load: Load) -> Result:
    """Put the load on the gateway for the time asked for."""
    recorder = _Recorder(load.expected)
    ending = asyncio.Event()
    if load.rate is None:
        work = _closed_loop(load, recorder, lambda: not ending.is_set())
    else:
        work = _open_loop(load, load.rate, recorder, lambda: not ending.is_set())
    working = asyncio.create_task(work)
    await asyncio.wait({working}, timeout=load.warm_up_s)
    began_s = time.process_time()
    recorder.measuring = True
    print("begin", flush=True)
    await asyncio.wait({working}, timeout=load.seconds)
    recorder.measuring = False
    processor_s = time.process_time() - began_s
    print("end", flush=True)
    ending.set()
    await working
    return Result(recorder.latencies_ms, recorder.failures, recorder.examples, processor_s)


if __name__ == "__main__":
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    Path(wanted.result_file).write_bytes(msgspec.json.encode(uvloop.run(run(wanted))))
