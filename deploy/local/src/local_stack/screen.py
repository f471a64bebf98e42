"""What one viewer's screen shows of a live room, from its first frame to its last."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from local_stack.client import Client
from local_stack.problem import LocalProblemError
from local_stack.waiting import wait

type Frame = Mapping[str, Any]
type Line = Mapping[str, Any]


class Seen:
    """What has been told of a room: one frame after another, and none missing."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        """In order, without snapshots."""
        self.first: Frame = {}
        """The snapshot with which it began."""
        self.newest: Frame = {}
        """How the room stands, as far as it was told."""

    def take(self, frame: Frame) -> None:
        """Show a frame.

        Raises:
            LocalProblemError: It is not the one that comes next.
        """
        seq = self.newest.get("seq")
        self.first = self.first or frame
        if frame["snapshot"]:
            if seq is not None and frame["seq"] != seq:
                raise LocalProblemError(f"after frame {seq} a snapshot of {frame['seq']} was shown")
        elif seq is None or frame["seq"] != seq + 1:
            raise LocalProblemError(f"after frame {seq} came {frame['seq']}")
        else:
            self.frames.append(frame)
        if frame["missedFrames"]:
            raise LocalProblemError(f"{frame['missedFrames']} frames were not shown")
        self.newest = frame

    def streaks(self) -> dict[str, list[Line]]:
        """The lines of each streak, in order."""
        found: dict[str, list[Line]] = {}
        for line in self._lines():
            if line["streakId"] is not None:
                found.setdefault(line["streakId"], []).append(line)
        return found

    def pieces(self) -> Counter[str]:
        """Shown in lines, by item."""
        shown: Counter[str] = Counter()
        for line in self._lines():
            shown[line["itemId"]] += line["count"]
        return shown

    def _lines(self) -> list[Line]:
        return [line for frame in self.frames for line in frame["gifts"]]


class Screen(Seen):
    """Follows a room by the public subscription, and goes on where it was when it is cut off."""

    def __init__(self, client: Client, room_id: str) -> None:
        super().__init__()
        self._client = client
        self._room_id = room_id
        self._running: asyncio.Task[None] | None = None

    async def switch_on(self) -> None:
        """Begin; returns when the room is shown.

        Raises:
            LocalProblemError: It is not shown in time.
        """
        self._running = asyncio.create_task(self._follow())
        await self.shows(lambda newest: bool(newest), "the room is on the screen")

    async def shows(self, what: Callable[[Frame], bool], named: str) -> Frame:
        """Wait until the room stands in some way; returns how it stands then.

        Raises:
            LocalProblemError: It does not in time, or the subscription has broken.
        """

        async def look() -> bool:
            running = self._running
            assert running is not None, "it is switched on"
            if running.done() and (error := running.exception()) is not None:
                raise error
            return what(self.newest)

        await wait(look, named)
        return self.newest

    async def switch_off(self) -> None:
        """Watch no longer."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _follow(self) -> None:
        while True:
            after = self.newest.get("seq")
            try:
                async for frame in self._client.watch(
                    "RoomFramesInFull", roomId=self._room_id, after=after
                ):
                    self.take(frame)
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            if self.newest.get("status") == "CLOSED":
                return
