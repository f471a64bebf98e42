"""Who watches what, and what each of them has been told.

Nobody has a queue. A watcher of a room has a number, that of the last frame it was sent, and the
room keeps the frames for all; a watcher of a state has a version. Who cannot be written to is
passed over, at no cost, and goes on from its number when it can.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final, Protocol
from uuid import UUID

from contracts.gifts.live import RoomFrame
from live_hub import metrics
from live_hub.projector import Projector, RoomView
from live_hub.rooms import Room
from live_hub.shape import Selected

BEHIND_MAX: Final = 256
"""Frames that a watcher may fall behind before a snapshot stands for them."""
_ENCODED_KEPT: Final = 20
"""Frames of which a group keeps the bytes: about five seconds, for all who come back at once."""


class Sink(Protocol):
    """One subscription of a client: where its payloads go."""

    @property
    def is_writable(self) -> bool:
        """Whether its connection takes more now."""
        ...

    def next(self, payload: bytes) -> None:
        """Send an execution result."""
        ...

    def complete(self) -> None:
        """Say that there is no more, and end the subscription."""
        ...


class Group:
    """Watchers who are told the same, in the same words."""

    def __init__(self, projector: Projector) -> None:
        self._projector = projector
        self._encoded: OrderedDict[int, tuple[RoomFrame, bytes]] = OrderedDict()
        self.members: dict[RoomWatcher, None] = {}

    def payload(self, frame: RoomFrame) -> bytes:
        """A frame as each of them gets it; encoded once."""
        known = self._encoded.get(frame.seq)
        # A frame that has lost a message since is another object under the same number.
        if known is None or known[0] is not frame:
            known = self._encoded[frame.seq] = (frame, self._projector.payload(RoomView(frame)))
            if len(self._encoded) > _ENCODED_KEPT:
                self._encoded.popitem(last=False)
        return known[1]

    def snapshot(self, frame: RoomFrame, missed_frames: int, removed: Collection[UUID]) -> bytes:
        """How the room stands, for one of them; `removed`: messages, in the last minutes."""
        return self._projector.payload(
            RoomView(frame, snapshot=True, missed_frames=missed_frames, removed=removed)
        )


class RoomWatcher:
    """One subscription to a room."""

    __slots__ = ("_feed", "_group", "_is_finishing", "_is_resuming", "_seq", "_sink")

    def __init__(self, feed: "RoomFeed", group: Group, sink: Sink, seq: int) -> None:
        self._feed = feed
        self._group = group
        self._seq = seq
        self._sink = sink
        self._is_finishing = False
        self._is_resuming = True

    def follow(self, frame: RoomFrame, payload: bytes) -> bool:
        """Tell of the newest frame; False if this is not the next one, or it cannot be told now."""
        if self._seq != frame.seq - 1 or frame.keyframe or not self._sink.is_writable:
            return False
        self._seq = frame.seq
        self._sink.next(payload)
        return True

    def catch_up(self) -> None:
        """Tell what has not been told, as far as the connection takes it."""
        room = self._feed.room
        while self._sink.is_writable and self._seq < room.newest.seq:
            frame = room.following(self._seq)
            behind = room.newest.seq - self._seq
            # Who resumes is told all that is kept, however long that takes.
            if frame is None or (behind > BEHIND_MAX and not self._is_resuming):
                metrics.RESYNCHRONISATIONS.inc()
                frame = room.newest
                payload = self._group.snapshot(frame, behind, room.removed_messages)
            else:
                payload = self._group.payload(frame)
            self._seq = frame.seq
            self._sink.next(payload)
            metrics.DELIVERIES.inc()
        if self._seq >= room.newest.seq:
            self._is_resuming = False
        if self._is_finishing:
            self.finish()

    def finish(self) -> None:
        """End the subscription, once everything has been told."""
        self._is_finishing = True
        if self._seq >= self._feed.room.newest.seq:
            self._sink.complete()

    def leave(self) -> None:
        """Be told nothing more."""
        self._feed.remove(self, self._group)


class RoomFeed:
    """A room and who watches it."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._groups: dict[Selected, Group] = {}
        self.closing: asyncio.TimerHandle | None = None
        """Ends all subscriptions, once the room is closed."""

    @property
    def is_watched(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._groups)

    def join(self, shape: Selected, sink: Sink, after: int | None) -> RoomWatcher:
        """Subscribe: send the snapshot, and what has followed it."""
        group = self._groups.get(shape)
        if group is None:
            group = self._groups[shape] = Group(Projector(shape, "RoomFrame"))
        newest = self.room.newest
        known = None if after is None else self.room.state(after)
        missed = newest.seq - after if after is not None and known is None else 0
        start = known or newest
        watcher = RoomWatcher(self, group, sink, start.seq)
        group.members[watcher] = None
        sink.next(group.snapshot(start, missed, self.room.removed_messages))
        metrics.DELIVERIES.inc()
        watcher.catch_up()
        return watcher

    def remove(self, watcher: RoomWatcher, group: Group) -> None:
        """Forget a watcher."""
        group.members.pop(watcher, None)
        if not group.members:
            self._groups = {shape: each for shape, each in self._groups.items() if each.members}

    def tell(self, now: Callable[[], float]) -> None:
        """The room has moved on: tell everybody who can be told. `now`: Unix time in seconds."""
        frame = self.room.newest
        told = 0
        for group in self._groups.values():
            payload = group.payload(frame)
            for watcher in list(group.members):
                if watcher.follow(frame, payload):
                    told += 1
                else:
                    watcher.catch_up()
        if told:
            metrics.delivered(now() - frame.committed_at.timestamp(), told)

    def complete(self) -> None:
        """Nothing more will happen here: end every subscription."""
        for group in list(self._groups.values()):
            for watcher in list(group.members):
                watcher.finish()
