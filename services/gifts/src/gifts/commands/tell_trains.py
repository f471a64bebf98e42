"""What frames of rooms tell of their trains."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from chassis.db import Conn
from contracts.gifts.live import FrameTrain
from gifts.domain.room import Gifter, Room
from gifts.domain.room_frame import gifters_shown
from gifts.domain.train import Platform, Train
from gifts.domain.train_frame import note_told, train_shown
from gifts.store import train as store

TRAIN_GIFTERS_SHOWN: Final = 3


class Running(NamedTuple):
    """A train of which there is something to tell."""

    train: Train
    top: Sequence[Gifter]
    """Who has given most to it."""


async def running_trains(
    conn: Conn, rooms: Sequence[Room], known: Mapping[UUID, Platform] | None
) -> dict[UUID, Running]:
    """The trains of rooms that run, or whose end no frame has told; by room.

    Args:
        conn: An open transaction that has locked the rooms.
        rooms: As they stand.
        known: The trains of those that are open; None: they are looked up.
    """
    platforms: Mapping[UUID, Platform] = known or {}
    unknown = [room.room_id for room in rooms if known is None or room.closed_at is not None]
    if unknown:
        platforms = {**platforms, **await store.select_platforms(conn, unknown)}
    trains: dict[UUID, Train] = {}
    for room in rooms:
        platform = platforms.get(room.room_id)
        train = None if platform is None else platform.train
        if train is not None and not train.end_told:
            trains[room.room_id] = train
    if not trains:
        return {}
    train_ids = [train.train_id for train in trains.values()]
    top = await store.select_top(conn, train_ids, limit=TRAIN_GIFTERS_SHOWN)
    return {room_id: Running(train, top[train.train_id]) for room_id, train in trains.items()}


def shown_of(
    running: Running | None, named: Mapping[str, str | None], *, keyframe: bool = False
) -> FrameTrain | None:
    """How a train stands, for a frame."""
    if running is None:
        return None
    return train_shown(running.train, gifters_shown(running.top, named), keyframe=keyframe)


async def note_trains_told(conn: Conn, told: Sequence[Running]) -> None:
    """Note what frames that this transaction publishes have told for the first time."""
    await store.update_trains(conn, [each.train for each in told if note_told(each.train)])
