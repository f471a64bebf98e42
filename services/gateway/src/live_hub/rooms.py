"""The frames of a room as far as they are known here: the last minutes, in order."""

from collections import deque
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from contracts.gifts.live import RoomFrame

OUT_OF_ORDER_MAX: Final = 16
"""Frames that may wait for one before them."""


class Room:
    """The newest frames of a room, without a gap, and how it stands.

    Frames may come twice or late: what publishes them begins a batch anew after an outage. One that
    comes too early waits for those before it.
    """

    def __init__(self, first: RoomFrame, frames_max: int) -> None:
        self._frames: deque[RoomFrame] = deque([first], maxlen=frames_max)
        self._early: dict[int, RoomFrame] = {}
        self.closed_at: datetime | None = None
        """When the frame was committed that first said so."""
        self._removed: dict[UUID, datetime] = {}
        self._note(first)

    @property
    def newest(self) -> RoomFrame:
        """How the room stands."""
        return self._frames[-1]

    @property
    def removed_messages(self) -> Collection[UUID]:
        """Gifts whose messages were removed in the last minutes."""
        return self._removed.keys()

    @property
    def is_waiting(self) -> bool:
        """Whether frames wait for one that has not come."""
        return bool(self._early)

    def take(self, frame: RoomFrame) -> bool:
        """Take a frame in; True if the room has moved on."""
        if frame.seq <= self.newest.seq:
            return False
        if frame.keyframe:
            # It speaks of a frame that was never seen here: how the room stands is known, what was
            # given is not.
            self._jump(frame)
        elif frame.seq == self.newest.seq + 1:
            self._append(frame)
        else:
            self._early[frame.seq] = frame
            return len(self._early) > OUT_OF_ORDER_MAX and self.give_up()
        self._catch_up()
        return True

    def give_up(self) -> bool:
        """Go on without the frames that are waited for; True if there were any."""
        if not self._early:
            return False
        self._jump(self._early.pop(min(self._early)))
        self._catch_up()
        return True

    def state(self, seq: int) -> RoomFrame | None:
        """The frame of that number, to see how the room stood; None if it is not kept."""
        place = seq - self._frames[0].seq
        return self._frames[place] if 0 <= place < len(self._frames) else None

    def following(self, seq: int) -> RoomFrame | None:
        """The frame after that number, with all that was given; None if it is not kept."""
        frame = self.state(seq + 1)
        return None if frame is None or frame.keyframe else frame

    def forget(self, before: datetime) -> None:
        """Let frames go that were committed earlier; the newest stays."""
        while len(self._frames) > 1 and self._frames[0].committed_at < before:
            self._frames.popleft()
        for gift_id, removed_at in list(self._removed.items()):
            if removed_at < before:
                del self._removed[gift_id]

    def is_over(self, before: datetime) -> bool:
        """Whether the room is closed, and nothing has happened in it since."""
        return self.closed_at is not None and self.newest.committed_at < before

    def closes_in(self, now: datetime, grace: timedelta) -> timedelta | None:
        """How much longer a closed room is shown, at most `grace`; None while it is open."""
        if self.closed_at is None:
            return None
        return max(timedelta(), min(grace, self.closed_at + grace - now))

    def _append(self, frame: RoomFrame) -> None:
        self._frames.append(frame)
        self._note(frame)

    def _jump(self, frame: RoomFrame) -> None:
        self._frames.clear()
        self._append(frame)
        self._early = {seq: each for seq, each in self._early.items() if seq > frame.seq}

    def _catch_up(self) -> None:
        while (early := self._early.pop(self.newest.seq + 1, None)) is not None:
            self._append(early)

    def _note(self, frame: RoomFrame) -> None:
        if frame.removed_messages:
            self._removed |= dict.fromkeys(frame.removed_messages, frame.committed_at)
            # Whoever resumes must not be shown what has been taken down since.
            for place, kept in enumerate(self._frames):
                self._frames[place] = _hushed(kept, self._removed)
        if frame.status == "CLOSED" and self.closed_at is None:
            self.closed_at = frame.committed_at


def _hushed(frame: RoomFrame, removed: Collection[UUID]) -> RoomFrame:
    """The frame without the messages of these gifts; itself, if it has none of them."""
    if not any(gift.message is not None and gift.gift_id in removed for gift in frame.gifts):
        return frame
    gifts = tuple(
        msgspec.structs.replace(gift, message=None) if gift.gift_id in removed else gift
        for gift in frame.gifts
    )
    return msgspec.structs.replace(frame, gifts=gifts)
