"""Frames of rooms leave with the batch that made them."""

from collections.abc import Sequence

from chassis.batch import Batch
from contracts.gifts.live import RoomFrame
from gifts.commands.tell_rooms import stream_of


def emit_frames(batch: Batch, frames: Sequence[RoomFrame]) -> None:
    """Publish frames when the batch commits, each room's in its own order.

    They are made of many records, so they carry on the trace of none.
    """
    for frame in frames:
        batch.emit_apart(frame, stream_of(frame.room_id))
