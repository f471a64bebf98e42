"""Passing on what is said on a connection."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable


async def relay(
    reader: StreamReader,
    writer: StreamWriter,
    host: str,
    port: int,
    *,
    heard: Callable[[], object] = lambda: None,
) -> None:
    """Connect to an address and pass on both ways, until both sides have ended.

    `heard` is called for each piece that either side says.

    Raises:
        OSError: Nobody listens there, or a side was cut off.
    """
    near_reader, near_writer = await asyncio.open_connection(host, port)
    await asyncio.gather(_pass(reader, near_writer, heard), _pass(near_reader, writer, heard))


async def _pass(reader: StreamReader, writer: StreamWriter, heard: Callable[[], object]) -> None:
    try:
        while data := await reader.read(65_536):
            heard()
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
