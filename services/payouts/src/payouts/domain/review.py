"""What is known about who a creator is, and whether money may go to them (C45)."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple


class Decision(StrEnum):
    """What a reviewer found."""

    IDENTITY_VERIFIED = "IDENTITY_VERIFIED"
    IDENTITY_REJECTED = "IDENTITY_REJECTED"
    SANCTION_HIT = "SANCTION_HIT"
    SANCTION_CLEARED = "SANCTION_CLEARED"


OF_IDENTITY: Final = frozenset({Decision.IDENTITY_VERIFIED, Decision.IDENTITY_REJECTED})
OF_SANCTIONS: Final = frozenset({Decision.SANCTION_HIT, Decision.SANCTION_CLEARED})

HELD_FOR_SANCTIONS: Final = "sanction_hit"
HELD_FOR_IDENTITY: Final = "identity_not_verified"
HOLD_REASONS: Final = frozenset({HELD_FOR_SANCTIONS, HELD_FOR_IDENTITY})
"""What payouts are held for, as their history tells it."""


class Review(NamedTuple):
    """A finding about a creator; it stays on record whatever is found later."""

    creator_id: str
    decision: Decision
    reason: str
    reviewed_by: str
    reviewed_at: datetime


class Standing(NamedTuple):
    """What counts now: the newest finding of each kind."""

    identity: Decision | None
    sanctions: Decision | None

    @property
    def is_verified(self) -> bool:
        """Whether payouts may be requested at all."""
        return self.identity is Decision.IDENTITY_VERIFIED

    @property
    def holds(self) -> str | None:
        """Why payouts must wait, as their history tells it; None where they need not."""
        if self.sanctions is Decision.SANCTION_HIT:
            return HELD_FOR_SANCTIONS
        if not self.is_verified:
            return HELD_FOR_IDENTITY
        return None
