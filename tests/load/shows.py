"""Live rooms that open and close while viewers give, and the screens that show them."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import httpx
from steady import Room, Steady

from chassis.testing.eventually import eventually
from local_stack.client import Client, GatewayError
from local_stack.screen import Seen
from support.world import World, patiently

_CALM_WITHIN_S = 300.0
_RETURNS_AFTER_S = 0.2


class Shown(Seen):
    """A screen that shows a room until it is closed, through every interruption."""

    def __init__(self, client: Client, room_id: str) -> None:
        super().__init__()
        self._client = client
        self._room_id = room_id
        self.returns = 0
        """How often it was cut off and came back."""

    async def run(self) -> None:
        """Watch from where it was, again and again.

        Raises:
            LocalProblemError: A frame is missing or was shown twice.
        """
        while self.newest.get("status") != "CLOSED":
            after = self.newest.get("seq")
            try:
                async for frame in self._client.watch(
                    "RoomFramesInFull", roomId=self._room_id, after=after
                ):
                    self.take(frame)
                    # Nobody looks at them again, and a soak is long.
                    self.frames.clear()
            except (httpx.HTTPError, GatewayError):
                # The hub is away, or has not heard of the room yet.
                pass
            self.returns += 1
            await asyncio.sleep(_RETURNS_AFTER_S)


class Shows:
    """Hosts who go live again and again, and what became of their rooms."""

    def __init__(self, world: World, client: Client, steady: Steady, *, screens: int) -> None:
        """`client` has room for the screens' connections."""
        self._world = world
        self._client = client
        self._steady = steady
        self._screens = screens
        self.rooms = 0
        """Closed, with every screen and the summary in agreement with what was given."""
        self.returns = 0
        """Of screens that were cut off."""

    async def host(self, host: str, lasts_s: float, stop: asyncio.Event) -> None:
        """One room after another until told to stop."""
        while not stop.is_set():
            await self._one(host, lasts_s, stop)

    async def _one(self, host: str, lasts_s: float, stop: asyncio.Event) -> None:
        room = Room(str(uuid4()), host)
        await self._told(
            "OpenRoom", host, "OpenRoomPayload", {"roomId": room.room_id, "title": "tonight"}
        )
        shown = [Shown(self._client, room.room_id) for _ in range(self._screens)]
        async with asyncio.TaskGroup() as group:
            for screen in shown:
                group.create_task(screen.run())
            self._steady.rooms.append(room)
            try:
                async with asyncio.timeout(lasts_s):
                    await stop.wait()
            except TimeoutError:
                pass
            self._steady.rooms.remove(room)
            await eventually(lambda: _is_calm(room), within_s=_CALM_WITHIN_S, every_s=0.1)
            answer = await self._told(
                "CloseRoom", host, "CloseRoomPayload", {"roomId": room.room_id}
            )
            # The hub tells of the end for some seconds after it, of which an outage may take all:
            # whoever comes back later is still told how it ended.
            async with asyncio.timeout(_CALM_WITHIN_S):
                await _all_closed(shown)
        given = {"coins": room.coins, "gifts": room.gifts, "gifters": len(room.gifters)}
        assert answer["room"]["summary"] == given, (answer, given)
        for screen in shown:
            assert screen.newest["totals"] == given, (screen.newest["totals"], given)
        self.rooms += 1
        self.returns += sum(screen.returns - 1 for screen in shown)

    async def _told(self, operation: str, host: str, typename: str, order: object) -> dict:
        async def ask() -> dict:
            return await patiently(lambda: self._world.ask(operation, host, input=order))

        answer = await ask()
        assert answer["__typename"] == typename, answer
        return answer


async def _is_calm(room: Room) -> bool:
    return room.under_way == 0


async def _all_closed(shown: Sequence[Shown]) -> None:
    while not all(screen.newest.get("status") == "CLOSED" for screen in shown):
        await asyncio.sleep(0.1)
