"""What is known about who a creator is, and whether money may go to them (C45)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol


class Decision(StrEnum):
    """What a reviewer found."""

    IDENTITY_VERIFIED = "IDENTITY_VERIFIED"
    IDENTITY_LAPSED = "IDENTITY_LAPSED"
    """Verified once and not any more, such as where papers have expired."""
    IDENTITY_REJECTED = "IDENTITY_REJECTED"
    SANCTION_HIT = "SANCTION_HIT"
    SANCTION_CLEARED = "SANCTION_CLEARED"


OF_IDENTITY: Final = frozenset(
    {Decision.IDENTITY_VERIFIED, Decision.IDENTITY_LAPSED, Decision.IDENTITY_REJECTED}
)
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


class Found(NamedTuple):
    """What a reviewer has to say of a creator."""

    decision: Decision
    reason: str


class Known(NamedTuple):
    """What is on record of a creator when somebody looks at them."""

    own: Standing
    """The newest of what the reviewer who looks has found."""
    others: Standing
    """The newest of what everybody else has."""


class Reviewer[Said](Protocol):
    """Finds out who creators are: by people, or by a rail that knows the owners of its accounts.

    Everything else of the gate is the same for all of them: findings go on record, the newest of
    each kind is the creator's standing, and payouts ask for nothing else.
    """

    @property
    def name(self) -> str:
        """Under which its findings are on record."""
        ...

    def findings(self, said: Said, known: Known) -> Sequence[Found]:
        """What has to go on record now that the reviewer says this; nothing where it is known."""
        ...


class OperatorReviewer(NamedTuple):
    """A person, who knows best: what they say goes on record, whatever was found before."""

    name: str

    def findings(self, said: Found, known: Known) -> Sequence[Found]:
        """As said."""
        del known
        return [said]
