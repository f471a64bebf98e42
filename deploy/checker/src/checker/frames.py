"""INV10: what viewers of live rooms were told, against how the rooms stand."""

from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

from checker.report import Finding
from checker.snapshot import Snapshot
from contracts.gifts.live import RoomFrame

_EXAMPLES = 5
_KEPT = 64
"""Frames of a room whose contents are remembered: what a room says while topics are being read."""

_STANDING = ("status", "coins", "gifts", "gifters", "goal_reached")

type Standing = tuple[str, int, int, int, int]
"""Status, coins, gifts, gifters, and how far the goal has come."""


@dataclass(slots=True)
class FramesTold:
    """Follows what was told of each room, frame by frame."""

    newest: dict[UUID, dict[int, Standing]] = field(default_factory=dict[UUID, dict[int, Standing]])
    """By room and number, in order."""
    broken: dict[UUID, str] = field(default_factory=dict[UUID, str])
    """Rooms whose frames do not follow from one another, and how."""

    def add(self, frame: RoomFrame) -> None:
        """Numbers go on by one; an older one is a repeat, and says what it said."""
        known = self.newest.setdefault(frame.room_id, {})
        newest = next(reversed(known), None)
        standing = _standing(frame)
        if newest is None or frame.seq == newest + 1:
            if frame.keyframe and newest is not None:
                self._break(frame, f"keyframe {frame.seq} comes before its frame")
            known[frame.seq] = standing
            if len(known) > _KEPT:
                del known[next(iter(known))]
        elif frame.seq > newest:
            self._break(frame, f"frame {newest} is followed by {frame.seq}")
            known[frame.seq] = standing
        elif known.get(frame.seq, standing) != standing:
            self._break(frame, f"frame {frame.seq} is told in two ways")

    def merge(self, other: "FramesTold") -> None:
        """Take over what was heard elsewhere, of other partitions."""
        self.newest |= other.newest
        self.broken |= other.broken

    def _break(self, frame: RoomFrame, how: str) -> None:
        self.broken.setdefault(frame.room_id, f"room {frame.room_id}: {how}")


def _standing(frame: RoomFrame) -> Standing:
    totals, goal = frame.totals, frame.goal
    reached = 0 if goal is None else goal.reached_coins + goal.reached_count
    return frame.status, totals.coins, totals.gifts, totals.gifters, reached


async def frames_agree(gifts: Snapshot, told: FramesTold, *, begins_late: bool) -> Finding:
    """Frames have no gap, and the newest says how its room stands.

    Args:
        gifts: The books.
        told: What the topic holds.
        begins_late: Whether retention has taken frames: of calm rooms there may be none left.
    """
    compared, broken = 0, dict(told.broken)
    async with aclosing(gifts.stream("select_rooms")) as rows:
        async for row in rows:
            compared += 1
            room_id, seq = row["room_id"], row["seq"]
            frames = told.newest.get(room_id, {})
            fault = None
            if not frames:
                fault = None if begins_late else "nothing was told of it"
            elif next(reversed(frames)) < seq:
                fault = f"frame {seq} was not told"
            elif seq in frames and not row["untold"]:
                stands = tuple(row[name] for name in _STANDING)
                if frames[seq] != stands:
                    fault = f"frame {seq} says {frames[seq]}, it stands at {stands}"
            if fault is not None:
                broken.setdefault(room_id, f"room {room_id}: {fault}")
    return Finding(
        "INV10",
        "gifts → topic",
        "frames have no gap, the newest is how the room stands",
        compared,
        len(broken),
        tuple(sorted(broken.values())[:_EXAMPLES]),
    )
