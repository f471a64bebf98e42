"""Whoever watches a live room through the one endpoint."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from hub_process import ROOM_FRAMES, a_socket

from chassis.testing.eventually import eventually
from support.world import PATIENCE_S, Answer, World


class Watcher:
    """What a viewer's screen has been told of a room, in the order told."""

    def __init__(self) -> None:
        self.frames: list[Answer] = []
        """Without snapshots."""
        self.snapshots: list[Answer] = []

    @property
    def newest(self) -> Answer:
        """How the room stands, as far as it was told."""
        return max((*self.snapshots, *self.frames), key=lambda frame: frame["seq"])

    async def shows(self, what: Callable[["Watcher"], object]) -> None:
        """Wait until the screen shows something."""

        async def look() -> object:
            return what(self)

        await eventually(look, within_s=PATIENCE_S)

    def take(self, told: Answer) -> None:
        """Show something."""
        (self.snapshots if told["snapshot"] else self.frames).append(told)

    def pieces(self) -> Counter[str]:
        """Shown, by item."""
        shown: Counter[str] = Counter()
        for frame in self.frames:
            for line in frame["gifts"]:
                shown[line["itemId"]] += line["count"]
        return shown

    def streaks(self) -> dict[str, list[Answer]]:
        """The lines of each streak."""
        found: dict[str, list[Answer]] = {}
        for frame in self.frames:
            for line in frame["gifts"]:
                if line["streakId"] is not None:
                    found.setdefault(line["streakId"], []).append(line)
        return found


async def open_room(world: World, host: str, **changes: Any) -> str:
    """A live room of a creator's; its id."""
    wanted = {"roomId": str(uuid4()), "title": "tonight"} | changes
    answer = await world.ask("OpenRoom", host, input=wanted)
    assert answer["__typename"] == "OpenRoomPayload", answer
    return wanted["roomId"]


@asynccontextmanager
async def a_room(world: World, **changes: Any) -> AsyncGenerator[tuple[str, str]]:
    """A host and their live room, which closes at the end: an open one goes on to be told of."""
    host = await world.creator()
    room_id = await open_room(world, host, **changes)
    try:
        yield host, room_id
    finally:
        await world.ask("CloseRoom", host, input={"roomId": room_id})


async def watch(
    world: World,
    room_id: str,
    watcher: Watcher,
    *,
    until: Callable[[Watcher], bool] | None = None,
    after: int | None = None,
) -> None:
    """Watch a room until the room ends, or until something was told."""
    async with a_socket(socket_url(world)) as socket:
        await socket.subscribe("room", ROOM_FRAMES, roomId=room_id, after=after)
        while (message := await socket.hear(PATIENCE_S))["type"] == "next":
            watcher.take(message["payload"]["data"]["roomFrames"])
            if until is not None and until(watcher):
                return
    assert message["type"] == "complete", message


def socket_url(world: World) -> str:
    """Where the one endpoint serves WebSockets."""
    return world.stack.addresses.graphql.replace("http", "ws", 1)
