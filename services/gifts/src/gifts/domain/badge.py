"""What is shown of a sender beside what they give."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from gifts.domain.board import ScoreKey


class Badge(NamedTuple):
    """Of the sender of one gift, as far as there is anything to show."""

    level: int
    """As a gifter; 0: none."""
    leveled_up: bool
    """Whether the gift brought them to it for the first time."""
    club_level: int
    """In the creator's fan club; 0: no member."""
    first_gift: bool
    """Whether it is the first that they ever gave the creator."""


class Badges(NamedTuple):
    """Of the senders of some gifts."""

    levels: Mapping[str, int]
    """Of gifters, by user."""
    level_ups: Collection[UUID]
    """Gifts that brought their senders to a level for the first time."""
    club_levels: Mapping[ScoreKey, int]
    firsts: Collection[UUID]
    """Gifts that are the first of their sender to their creator."""

    def of(self, gift_id: UUID, creator_id: str, sender_id: str) -> Badge:
        """What is shown with a gift."""
        return Badge(
            self.levels.get(sender_id, 0),
            gift_id in self.level_ups,
            self.club_levels.get((creator_id, sender_id), 0),
            gift_id in self.firsts,
        )


NO_BADGES: Final = Badges({}, (), {}, ())
