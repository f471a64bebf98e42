"""The address of a broker whose pod is replaced."""

import asyncio
from asyncio import StreamReader, StreamWriter

from local_stack.ports import HOST


class Front:
    """Passes connections on to a broker, or to nobody."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._is_there = True
        self._passing: set[asyncio.Task[None]] = set()
        self._writers: set[StreamWriter] = set()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection. One that is begun while nobody is there is never answered, not later
        either: its packets go on to the pod that was there then."""
        self._writers.add(writer)
        if not self._is_there:
            return
        near, far = await asyncio.open_connection(HOST, self._broker_port)
        self._writers.add(far)
        for source, target in ((reader, far), (near, writer)):
            task = asyncio.create_task(_pass(source, target))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    def leave(self, *, silently: bool) -> None:
        """Answer nobody; open connections end, or, `silently`, nothing more comes of them."""
        self._is_there = False
        for task in self._passing:
            task.cancel()
        if not silently:
            self.end()

    def come_back(self) -> None:
        """Answer whoever connects from now on."""
        self._is_there = True

    def end(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()


async def _pass(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()
