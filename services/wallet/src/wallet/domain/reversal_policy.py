"""Who bears a reversal: versions of a policy that never change, one waterfall per kind of claim."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from contracts.event import Instant
from wallet.domain.claims import Claim, ClaimKind
from wallet.domain.lots import COINS_MAX

type LegKind = Literal[
    "unspent",
    "expired",
    "repaid",
    "payer_debt",
    "creator_unmatured",
    "reserve",
    "platform_loss",
]

KINDS: Final[Sequence[ClaimKind]] = ("refund", "void", "chargeback", "minor_refund")


class WaterfallLeg(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One who bears what those before could not."""

    kind: Literal["unspent", "payer_debt", "creator_unmatured", "reserve", "platform_loss"]
    coins_max: Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)] | None = None
    """Of a payer: all that they may owe. Of the reserve: per reversal. None: without limit."""


class ReversalPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the policy, in force from a moment on until the next version is."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    effective_from: Instant
    second_operator_from_coins: Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)]
    """An operator's own reversal of so many coins or more needs a second operator."""
    waterfalls: dict[ClaimKind, tuple[WaterfallLeg, ...]]
    """By kind of claim, the legs in order."""
    dispute_overdue_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None
    """How long a dispute may stay open until somebody should look; None: for ever. Nothing becomes
    of it by itself: only its provider says who has won."""

    def overdue_at(self, claim: Claim, told_at: datetime) -> datetime | None:
        """From when on a claim is undecided for too long; None: never."""
        days = self.dispute_overdue_days
        return told_at + timedelta(days=days) if claim.is_open and days is not None else None


class PolicyRefusedError(ValueError):
    """The policy must not be used; the message says which rule it breaks."""


def check_policies(policies: Sequence[ReversalPolicy]) -> None:
    """Make sure that the versions follow one another and that each bears every reversal.

    What is unspent goes first and the platform last, without limit: so every reversal is borne.

    Raises:
        PolicyRefusedError: A version breaks a rule.
    """
    if [policy.version for policy in policies] != list(range(1, len(policies) + 1)):
        raise PolicyRefusedError("versions must be numbered from 1, without gaps")
    starts = [policy.effective_from for policy in policies]
    if not starts or starts != sorted(set(starts)):
        raise PolicyRefusedError("each version must come into force after the one before it")
    for policy in policies:
        if policy.waterfalls.keys() != set(KINDS):
            raise PolicyRefusedError(f"version {policy.version} must say who bears {KINDS}")
        for kind, legs in policy.waterfalls.items():
            _check_legs(f"version {policy.version}, {kind}", kind, legs)


def _check_legs(where: str, kind: ClaimKind, legs: Sequence[WaterfallLeg]) -> None:
    names = [leg.kind for leg in legs]
    if len(set(names)) != len(names):
        raise PolicyRefusedError(f"{where}: a leg occurs more than once")
    if names[:1] != ["unspent"] or names[-1:] != ["platform_loss"]:
        raise PolicyRefusedError(f"{where}: unspent coins go first, platform_loss comes last")
    if kind == "minor_refund" and "payer_debt" in names:
        raise PolicyRefusedError(f"{where}: a minor owes nothing for what goes back")
    for leg in legs:
        if leg.coins_max is not None and leg.kind not in ("payer_debt", "reserve"):
            raise PolicyRefusedError(f"{where}: {leg.kind} has no limit")


def policy_in_force(policies: Sequence[ReversalPolicy], at: datetime) -> ReversalPolicy:
    """The version in force at a moment; the first one is from the beginning."""
    return next(
        (policy for policy in reversed(policies) if policy.effective_from <= at), policies[0]
    )
