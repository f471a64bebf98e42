"""Many screens that show one live room, each coming back to where it was whenever it is cut off."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import websockets
from hub_process import ROOM_FRAMES, Socket, a_socket

from chassis.testing.eventually import eventually
from support.watching import socket_url
from support.world import PATIENCE_S, Answer, World

_AWAY = (OSError, TimeoutError, websockets.WebSocketException)
_SILENT_MAX_S = 40
"""An open room is told of every 15 s: a connection that is silent for longer is lost."""


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
                async with a_socket(self._url, open_timeout=20) as socket:
                    await self._watch(socket)
            except _AWAY:
                pass
            self.returns += 1
            if not self.is_over:
                await asyncio.sleep(0.2)

    async def _watch(self, socket: Socket) -> None:
        await socket.subscribe("room", ROOM_FRAMES, roomId=self._room_id, after=self.seq)
        while (message := await socket.hear(_SILENT_MAX_S))["type"] == "next":
            self._show(message["payload"]["data"]["roomFrames"])
        # Otherwise the service behind is away, or does not know the room yet: try again.
        self.is_over = message["type"] == "complete"

    def _show(self, frame: Answer) -> None:
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
    shown = [Screen(socket_url(world), room_id) for _ in range(count)]

    async def all_show_something() -> bool:
        return all(screen.totals for screen in shown)

    async with asyncio.TaskGroup() as group:
        for screen in shown:
            group.create_task(screen.run())
        await eventually(all_show_something, within_s=PATIENCE_S)
        yield shown
