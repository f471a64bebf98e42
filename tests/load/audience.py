"""Runs clients of the live hub in processes of their own, and adds up what they have seen."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from watchers import Audience, Protocol, Seat, Watched

_SEATS_PER_PROCESS = 5_000


class Watching:
    """An audience that is connected, and has begun to measure."""

    def __init__(self, parts: Sequence[tuple[subprocess.Popen[bytes], Path]]) -> None:
        self._parts = parts

    async def result(self) -> Watched:
        """What everybody has seen, when the time is over."""
        seen = [await asyncio.to_thread(_result, *part) for part in self._parts]
        return Watched(
            clients=sum(each.clients for each in seen),
            frames=sum(each.frames for each in seen),
            gaps=sum(each.gaps for each in seen),
            delays_ms=[delay for each in seen for delay in each.delays_ms],
            cpu_s=sum(each.cpu_s for each in seen),
        )


@asynccontextmanager
async def watching(
    url: str, protocol: Protocol, seats: Sequence[Seat], seconds: float
) -> AsyncGenerator[Watching]:
    """An audience of so many seats, connected.

    Args:
        url: The hub's GraphQL address.
        protocol: How they connect.
        seats: What each watches.
        seconds: How long to measure, from now on.
    """
    with TemporaryDirectory(prefix="largesse-bench-") as folder:
        parts = [
            await _start(
                Audience(
                    url=url,
                    protocol=protocol,
                    seats=list(some),
                    seconds=seconds,
                    result_file=str(Path(folder) / f"{number}.json"),
                )
            )
            for number, some in enumerate(batched(seats, _SEATS_PER_PROCESS))
        ]
        try:
            yield Watching(parts)
        finally:
            for process, _ in parts:
                process.kill()
                process.wait()


async def _start(audience: Audience) -> tuple[subprocess.Popen[bytes], Path]:
    process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
        [sys.executable, str(Path(__file__).with_name("watchers.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(audience))
    process.stdin.close()
    ready = await asyncio.to_thread(process.stdout.readline)
    assert ready == b"ready\n", "the clients could not connect: see the error above"
    return process, Path(audience.result_file)


def _result(process: subprocess.Popen[bytes], file: Path) -> Watched:
    assert process.wait() == 0, "the clients ended early: see the error above"
    return msgspec.json.decode(file.read_bytes(), type=Watched)
