"""What a rail says of a creator's account with it, and what that says of the creator (C45)."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from payouts.domain.review import Decision, Found, Known

ADVERSE: Final = frozenset({Decision.IDENTITY_LAPSED, Decision.IDENTITY_REJECTED})


class AccountStatus(NamedTuple):
    """How an account stands with a rail, in Stripe's words.

    https://docs.stripe.com/connect/handling-api-verification
    """

    pays_out: bool
    """Money sent to it reaches its owner's bank."""
    is_complete: bool
    """Nothing is asked of its owner at present."""
    disabled_reason: str | None
    """Why it cannot do all that it should, as the rail calls it."""
    currency: str | None
    """What arrives there, where it is known."""

    @property
    def is_rejected(self) -> bool:
        """The rail wants nothing to do with its owner, for good."""
        return self.disabled_reason is not None and self.disabled_reason.startswith("rejected.")

    @property
    def is_listed(self) -> bool:
        """Its owner is, or may be, on a list of those who must not be paid."""
        return self.disabled_reason in ("listed", "rejected.listed")


class AccountReviewer(NamedTuple):
    """A rail as a reviewer: the one that knows the owners of its accounts.

    What it finds against somebody counts whoever said otherwise before. What it finds in their
    favour does not: a person, or another reviewer, who has found something against a creator is not
    overruled by a program. What it has said already it does not say again, so that an operator who
    has looked at it and decides otherwise is not overruled at the next look.
    """

    name: str

    def findings(self, said: AccountStatus, known: Known) -> Sequence[Found]:
        """From the account as it is now, whichever events have told of it in which order."""
        found: list[Found] = []
        reason = said.disabled_reason or ("payouts_enabled" if said.pays_out else "incomplete")
        sanctions = self._sanctions(said, known)
        if sanctions is not None:
            found.append(Found(sanctions, reason))
        identity = self._identity(said, known)
        if identity is not None:
            found.append(Found(identity, reason))
        return found

    def _sanctions(self, said: AccountStatus, known: Known) -> Decision | None:
        was_listed = known.own.sanctions is Decision.SANCTION_HIT
        if said.is_listed:
            return None if was_listed else Decision.SANCTION_HIT
        if was_listed and known.others.sanctions is not Decision.SANCTION_HIT:
            return Decision.SANCTION_CLEARED
        return None

    def _identity(self, said: AccountStatus, known: Known) -> Decision | None:
        own = known.own.identity
        now = _identity(said, own)
        if now is None or now is own:
            return None
        if now is Decision.IDENTITY_VERIFIED and known.others.identity in ADVERSE:
            return None
        return now


def _identity(said: AccountStatus, before: Decision | None) -> Decision | None:
    """What an account says of its owner's identity; None where it says nothing yet."""
    if said.is_rejected:
        return Decision.IDENTITY_REJECTED
    if said.pays_out and said.disabled_reason is None:
        # Where more is asked later there is time to answer; somebody new answers everything first.
        is_verified = said.is_complete or before is Decision.IDENTITY_VERIFIED
        return Decision.IDENTITY_VERIFIED if is_verified else None
    return Decision.IDENTITY_LAPSED if before is Decision.IDENTITY_VERIFIED else None
