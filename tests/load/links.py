"""Connections that can be slowed down, cut or frozen: relays, in a process of their own.

Reads the relays as JSON from the first line of standard input and prints `ready` when all listen.
Each further line is an `Order`, answered by `done` when it holds. Ends with its input.

What a frozen connection swallows is gone: when the link is open again the connections that were
frozen are reset, as by a machine that came back and knows of none. While it lasts the other end
hears neither an answer nor an end.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec
import uvloop

type State = Literal["open", "slow", "cut", "frozen"]

_CHUNK_BYTES = 65_536


class Relay(msgspec.Struct, frozen=True):
    """Where connections come in, and where they go."""

    name: str
    listens: int
    leads_to: int
    """Both are ports of this machine."""


class Order(msgspec.Struct):
    """What becomes of a link from now on."""

    name: str
    state: State
    delay_s: float = 0
    """Of whatever goes either way, while it is slow."""


class _Link:
    """All connections of one relay."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._state: State = "open"
        self._delay_s = 0.0
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._relay_one, "127.0.0.1", self._relay.listens)

    def obey(self, order: Order) -> None:
        if "cut" in (self._state, order.state) or "frozen" == self._state != order.state:
            for writer in self._writers:
                writer.transport.abort()
        self._state, self._delay_s = order.state, order.delay_s

    async def _relay_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._connect(reader, writer)
        except OSError:
            # Either end has gone, and so the other does.
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._state == "cut":
            return
        if self._state == "frozen":
            await self._pump(reader, None)
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._relay.leads_to)
        self._writers.add(far_writer)
        try:
            ways = [
                asyncio.ensure_future(self._pump(reader, far_writer)),
                asyncio.ensure_future(self._pump(far_reader, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None
    ) -> None:
        """Pass on what comes, until it ends. What came meanwhile goes on in one piece."""
        while data := await reader.read(_CHUNK_BYTES):
            if self._state == "slow":
                await asyncio.sleep(self._delay_s)
            if writer is not None and self._state != "frozen":
                writer.write(data)
                await writer.drain()


class Links:
    """The relays, from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def set(self, order: Order) -> None:
        """Let a link be so; returns when it is."""
        await self._say(msgspec.json.encode(order))
        await self.hear("done")

    async def begin(self, relays: Sequence[Relay]) -> None:
        """Let all relays listen."""
        await self._say(msgspec.json.encode(relays))
        await self.hear("ready")

    async def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        await self._process.stdin.drain()

    async def hear(self, word: str) -> None:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line.decode().strip() == word, "the relays ended early: see their error above"


@asynccontextmanager
async def linking(relays: Sequence[Relay]) -> AsyncGenerator[Links]:
    """The relays listen within the block, all open at first."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        links = Links(process)
        await links.begin(relays)
        yield links
    finally:
        process.kill()
        await process.wait()


async def main() -> None:
    """Relay until standard input ends."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    relays = msgspec.json.decode(await commands.readline(), type=list[Relay])
    links = {relay.name: _Link(relay) for relay in relays}
    for link in links.values():
        await link.listen()
    print("ready", flush=True)
    while line := await commands.readline():
        order = msgspec.json.decode(line, type=Order)
        links[order.name].obey(order)
        print("done", flush=True)


if __name__ == "__main__":
    uvloop.run(main())
