"""Frames of a hot room that nobody gave anything in, straight into Kafka: to load the hub alone."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chassis.kafka import Writer
from chassis.testing.publisher import Publisher
from contracts.gifts.live import FrameGift, FrameGifter, FrameGoal, FrameTotals, RoomFrame
from local_stack.stack import Stack

_EVERY_S = 0.25
_LINES = 20


@asynccontextmanager
async def made_frames(stack: Stack) -> AsyncGenerator[str]:
    """A room, by its id, that has four frames a second within the block."""
    writer = Writer(stack.addresses.kafka_servers, client_id="bench")
    publisher = Publisher(writer, stack.addresses.prefix)
    room = uuid4()
    await publisher.events([_frame(room, 1)])
    stopping = asyncio.Event()
    publishing = asyncio.create_task(_publish(publisher, room, stopping))
    try:
        yield str(room)
    finally:
        stopping.set()
        await publishing
        await writer.close()


async def _publish(publisher: Publisher, room: UUID, stopping: asyncio.Event) -> None:
    """Publish a frame four times a second, whatever became of the last one."""
    seq, due = 2, time.monotonic()
    while not stopping.is_set():
        await publisher.events([_frame(room, seq)])
        seq, due = seq + 1, due + _EVERY_S
        await asyncio.sleep(max(0, due - time.monotonic()))


def _frame(room: UUID, seq: int) -> RoomFrame:
    """As large as frames get: all lines, a goal, ten gifters."""
    gifts = tuple(
        FrameGift(
            gift_id=UUID(int=seq * 100 + line),
            item_id="rose",
            count=13,
            total_coins=13,
            sender_id=f"viewer-{line}",
            sender_name=f"Viewer {line}",
            streak_id=UUID(int=line),
            streak_count=13 * seq,
        )
        for line in range(_LINES)
    )
    top = tuple(
        FrameGifter(rank=rank, coins=10_000 * seq - rank, user_id=f"viewer-{rank}")
        for rank in range(1, 11)
    )
    return RoomFrame(
        room_id=room,
        creator_id="nova",
        seq=seq,
        status="OPEN",
        totals=FrameTotals(coins=260 * seq, gifts=260 * seq, gifters=_LINES),
        committed_at=datetime.now(UTC),
        gifts=gifts,
        goal=FrameGoal(target_coins=1_000_000, reached_coins=260 * seq),
        top_gifters=top,
    )
