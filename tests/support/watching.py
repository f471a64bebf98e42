"""Whoever watches a live room through the one endpoint."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from hub_process import ROOM_FRAMES, a_socket

from chassis.testing.eventually import eventually
from local_stack.screen import Seen
from support.world import PATIENCE_S, World


class Watcher(Seen):
    """A viewer's screen."""

    async def shows(self, what: Callable[["Watcher"], object]) -> None:
        """Wait until the screen shows something."""

        async def look() -> object:
            return what(self)

        await eventually(look, within_s=PATIENCE_S)


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
