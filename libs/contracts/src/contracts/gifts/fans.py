"""Events about those who give: levels that they reach, fan clubs that they join."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from contracts.event import Coins, Event, Instant, Topic, UserId, event

LEVEL = Topic(
    name="gifts.level.v1",
    key="user id",
    description="Levels that gifters reach. One gifter, one partition.",
)
CLUB = Topic(
    name="gifts.club.v1",
    key="creator id",
    description="Who joins a creator's fan club, rises in it, or leaves. One creator, one "
    "partition.",
)

Level = Annotated[int, msgspec.Meta(ge=1, le=50)]


@event(LEVEL, type="gifts.level_reached.v1", key="user_id")
class LevelReached(Event, frozen=True, omit_defaults=True):
    """A gifter has come to a level that they never had before.

    Of each level it is told once, whatever is taken back and given anew: an event stands for all
    levels above `from_level`, up to and with `level`.
    """

    user_id: UserId
    level: Level
    from_level: Annotated[int, msgspec.Meta(ge=0, le=49)]
    """The highest that was told before; 0: none."""
    points: Coins
    """Coins of all gifts that were not taken back."""
    table_version: int
    """Of the level table that says so."""
    gift_id: UUID
    """The gift that brought them there."""
    creator_id: UserId
    """Who was given it."""
    reached_at: Instant


@event(CLUB, type="gifts.club_changed.v1", key="creator_id")
class ClubChanged(Event, frozen=True, omit_defaults=True):
    """Something has changed of somebody's membership in a creator's fan club.

    That a membership lapses, because the member stayed away after the creator was live, is not
    told: it follows from times, and nothing happens then.
    """

    creator_id: UserId
    user_id: UserId
    change: Literal["JOINED", "REJOINED", "LEVEL_REACHED", "ENDED", "RESUMED"]
    """REJOINED: after it had lapsed or ended. LEVEL_REACHED: told once of each level, as with
    gifters' levels. ENDED: the gift by which they joined was taken back. RESUMED: given back."""
    gift_id: UUID
    """By which it came about."""
    changed_at: Instant
    level: Level | None = None
    """In the club, after the change; None with ENDED and RESUMED."""
