"""A payout's life: what was asked for, what it came to, and where it may go from where it is."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

import msgspec


class PayoutStatus(StrEnum):
    """How far a payout has come."""

    REQUESTED = "REQUESTED"
    HELD = "HELD"
    QUEUED = "QUEUED"
    SUBMITTED = "SUBMITTED"
    PAID = "PAID"
    RETURNED = "RETURNED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


class PayoutSource(StrEnum):
    """What a payout is of."""

    EARNINGS = "EARNINGS"
    """Diamonds of a creator."""
    COMMISSIONS = "COMMISSIONS"
    """What an agency has earned of its creators' payouts: no diamonds."""


_S = PayoutStatus
MOVES: Final[Mapping[PayoutStatus, frozenset[PayoutStatus]]] = {
    _S.REQUESTED: frozenset({_S.HELD, _S.QUEUED}),
    _S.HELD: frozenset({_S.QUEUED, _S.CANCELED}),
    _S.QUEUED: frozenset({_S.HELD, _S.CANCELED, _S.SUBMITTED}),
    _S.SUBMITTED: frozenset({_S.PAID, _S.FAILED}),
    _S.PAID: frozenset({_S.RETURNED}),
    _S.RETURNED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELED: frozenset(),
}
"""The one table of allowed moves; the database has the same and lets nothing else happen."""

RELEASED: Final = frozenset({_S.RETURNED, _S.FAILED, _S.CANCELED})
"""The diamonds are the creator's again."""
CREATOR_MAY_CANCEL: Final = frozenset({_S.REQUESTED, _S.QUEUED})
"""Not while it is held: what was reserved stays so until somebody has decided (E35)."""
CANCELED_BY_CREATOR: Final = "canceled_by_creator"
METHOD_DISABLED: Final = "method_disabled"
TAX_FORM_NEEDED: Final = "tax_form_needed"
"""Why a payout is held of whom more would be withheld by now: told to its creator, who can help."""
REVIEW_OVERDUE: Final = "review_overdue"
OWN_REASONS: Final = frozenset({CANCELED_BY_CREATOR, METHOD_DISABLED, REVIEW_OVERDUE})
"""Why payouts are canceled without an operator; their creators may read it."""


class PayoutOrder(NamedTuple):
    """What a creator asks for."""

    payout_id: UUID
    creator_id: str
    method_id: UUID
    micro_diamonds: int


class CommissionOrder(NamedTuple):
    """What an agency asks for."""

    payout_id: UUID
    agency_id: str
    method_id: UUID
    amount_minor: int
    """Gross, in the method's currency."""


class Payout(msgspec.Struct, frozen=True):
    """A payout with the terms that it was requested under; the fields are the columns."""

    payout_id: UUID
    creator_id: str
    method_id: UUID
    requested_micro_diamonds: int
    micro_diamonds: int
    worth_minor: int
    worth_currency: str
    currency: str
    gross_minor: int
    fixed_fee_minor: int
    proportional_fee_minor: int
    withheld_minor: int
    withheld_bps: int
    withholding_rule: str | None
    """None of payouts from before anything was withheld, like the version."""
    withholding_version: int | None
    tax_form_id: UUID | None
    correction_minor: int
    source: PayoutSource
    commission_minor: int
    """What agencies get of it."""
    net_minor: int
    nano_rate: int
    rate_source: str | None
    rate_observed_at: datetime | None
    terms_version: int
    requested_at: datetime
    due_at: datetime
    status: PayoutStatus
    moved_at: datetime
    moved_by: str
    reason: str | None

    def answers(self, order: PayoutOrder) -> bool:
        """Whether `order` under the same id is a retry."""
        return self.source is PayoutSource.EARNINGS and (
            (self.creator_id, self.method_id, self.requested_micro_diamonds)
            == (order.creator_id, order.method_id, order.micro_diamonds)
        )

    def answers_commission(self, order: "CommissionOrder") -> bool:
        """Whether `order` under the same id is a retry."""
        return self.source is PayoutSource.COMMISSIONS and (
            (self.creator_id, self.method_id, self.gross_minor)
            == (order.agency_id, order.method_id, order.amount_minor)
        )

    @property
    def own_minor(self) -> int:
        """What of the gross amount is not agencies': fees and withholding are shares of it."""
        return self.gross_minor - self.commission_minor

    def can_become(self, status: PayoutStatus) -> bool:
        """Whether the move is allowed."""
        return status in MOVES[self.status]


class Move(NamedTuple):
    """Where a payout goes, when, by whose doing and why."""

    to: PayoutStatus
    at: datetime
    actor: str
    """A user id, or the name of what acted by itself, such as `payout_run`."""
    reason: str | None = None


class HistoryStep(NamedTuple):
    """A move that happened."""

    status: PayoutStatus
    at: datetime
    actor: str
    reason: str | None


def shown_reason(status: PayoutStatus, reason: str | None) -> str | None:
    """Why a payout became what it is, as its creator is told.

    Nobody is told by us that screening has found them, nor what an operator wrote of them.
    """
    if status is PayoutStatus.HELD:
        return reason if reason == TAX_FORM_NEEDED else "under_review"
    if status is PayoutStatus.QUEUED and reason is not None:
        return "review_passed"
    if status is PayoutStatus.CANCELED and reason not in OWN_REASONS:
        return "review_not_passed"
    return reason
