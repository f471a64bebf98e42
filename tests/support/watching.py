"""Whoever watches a live room, by a standard client, through the one endpoint."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from local_stack.operations import documents
from support.world import Answer, World


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
    yield host, room_id
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
    asked = GraphQLRequest(
        documents()["RoomFrames"], variable_values={"roomId": room_id, "after": after}
    )
    url = world.stack.addresses.graphql.replace("http", "ws", 1)
    transport = WebsocketsTransport(url=url, connect_args={"proxy": None})
    async with Client(transport=transport) as opened:
        async for told in opened.subscribe(asked):
            watcher.take(told["roomFrames"])
            if until is not None and until(watcher):
                return
