"""One address before several processes of a kind, as a Service of Kubernetes is before its pods."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

from chassis.testing.relaying import relay
from local_stack.ports import HOST


class Balancer:
    """Hands each new connection to the next of its processes.

    Connections are kept open for long. While pods are replaced one by one, whoever was connected to
    one that ends comes to an old or a new one. Here one process of each version has to do: when one
    joins, everybody has to connect anew.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._behind: list[int] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.passed: Counter[int] = Counter()
        """How many pieces went to each port, or came from it."""

    def add(self, port: int) -> None:
        """A process is ready."""
        self._behind.append(port)
        self._cut()

    def remove(self, port: int) -> None:
        """A process is about to end: it gets no new connections, and keeps those that it has."""
        self._behind.remove(port)

    def _cut(self) -> None:
        for each in self._open:
            each.cancel()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, self._port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._cut()
        await self._server.wait_closed()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if self._behind:
                await self._hand_on(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _hand_on(self, reader: StreamReader, writer: StreamWriter) -> None:
        port = self._behind.pop(0)
        self._behind.append(port)

        def count() -> None:
            self.passed[port] += 1

        with suppress(OSError):
            await relay(reader, writer, HOST, port, heard=count)
