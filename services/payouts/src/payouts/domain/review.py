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
            return "sanction_hit"
        if not self.is_verified:
            return "identity_not_verified"
        return None
