"""Many screens that show one live room, each coming back to where it was whenever it is cut off."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from local_stack.operations import documents
from support.world import World

_PROTOCOL = Subprotocol("graphql-transport-ws")
_AWAY = (OSError, TimeoutError, websockets.WebSocketException)


class Screen:
    """What one client has shown of a room."""

    def __init__(self, url: str, room_id: str) -> None:
        self._url = url
        self._room_id = room_id
        self.seq: int | None = None
        """Of the newest frame shown."""
        self.first: int | None = None
        """Of the first snapshot."""
        self.totals: dict[str, int] = {}
        self.pieces = 0
        self.ended: list[str] = []
        """Streaks, once for each time that their end was shown."""
        self.returns = 0
        self.is_over = False

    async def run(self) -> None:
        """Watch until the room is closed, through every interruption."""
        while not self.is_over:
            try:
                async with connect(
                    self._url, subprotocols=[_PROTOCOL], proxy=None, open_timeout=20
                ) as connection:
                    await self._watch(connection)
            except _AWAY:
                pass
            self.returns += 1
            if not self.is_over:
                await asyncio.sleep(0.2)

    async def _watch(self, connection: ClientConnection) -> None:
        await connection.send('{"type":"connection_init"}')
        async with asyncio.timeout(20):
            acknowledged = json.loads(await connection.recv())
        assert acknowledged["type"] == "connection_ack", acknowledged
        variables = {"roomId": self._room_id, "after": self.seq}
        payload = {"query": documents()["RoomFrames"], "variables": variables}
        await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        async for text in connection:
            message = json.loads(text)
            match message["type"]:
                case "next":
                    self._show(message["payload"])
                case "complete":
                    self.is_over = True
                    return
                case "ping":
                    await connection.send('{"type":"pong"}')
                case _:
                    # The service behind is away, or does not know the room yet: try again.
                    return

    def _show(self, payload: Any) -> None:
        if payload.get("errors"):
            return
        frame = payload["data"]["roomFrames"]
        self.totals = frame["totals"]
        if frame["snapshot"]:
            assert self.seq is None or frame["seq"] == self.seq, "it shows what was missed, itself"
            assert not frame["missedFrames"]
            self.first = frame["seq"] if self.first is None else self.first
        else:
            assert self.seq is not None, "a snapshot comes first"
            assert frame["seq"] == self.seq + 1, "no gap, no repeat"
            for line in frame["gifts"]:
                self.pieces += line["count"]
                if line["streakEnded"]:
                    self.ended.append(line["streakId"])
        self.seq = frame["seq"]


@asynccontextmanager
async def screens(world: World, room_id: str, count: int) -> AsyncGenerator[list[Screen]]:
    """So many screens show the room; at the end of the block it must be closed, and they end."""
    url = world.stack.addresses.graphql.replace("http", "ws", 1)
    shown = [Screen(url, room_id) for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        for screen in shown:
            group.create_task(screen.run())
        while not all(screen.totals for screen in shown):
            await asyncio.sleep(0.05)
        yield shown
