"""What gifts tells of those who give: levels reached, and what changes in fan clubs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from chassis.batch import Batch, Received
from contracts.gifts.fans import ClubChanged, LevelReached
from gifts.domain.fan_club import Change
from gifts.domain.gifter import Reached
from gifts.domain.level_table import LevelTable


def emit_levels(
    batch: Batch, reached: Iterable[Reached], table: LevelTable, causes: Mapping[UUID, Received]
) -> None:
    """Publish levels when the batch commits. `causes`: what brought each gift."""
    for each in reached:
        assert each.gifter.reached_at is not None, "it has just been reached"
        event = LevelReached(
            user_id=each.gifter.user_id,
            level=each.gifter.reached_level,
            from_level=each.from_level,
            points=each.gifter.points,
            table_version=table.version,
            gift_id=each.gift_id,
            creator_id=each.creator_id,
            reached_at=each.gifter.reached_at,
        )
        batch.emit_apart(event, _stream_of(causes[each.gift_id]))


def emit_changes(
    batch: Batch, changes: Iterable[Change], causes: Mapping[UUID, Received], *, at: datetime
) -> None:
    """Publish changes of memberships when the batch commits. `causes`: what brought each gift."""
    for change in changes:
        event = ClubChanged(
            creator_id=change.member.creator_id,
            user_id=change.member.user_id,
            change=change.kind,
            gift_id=change.gift_id,
            changed_at=at,
            level=change.level,
        )
        batch.emit_apart(event, _stream_of(causes[change.gift_id]))


def _stream_of(cause: Received) -> str:
    # Apart from gifts: a level follows from many of them, and waits for no money.
    return f"fans:{cause.partition}"
