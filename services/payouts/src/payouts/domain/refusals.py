"""Expected failures: each is an answer with a stable code, and none has changed anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

type LimitWindow = Literal["DAY", "WEEK"]
"""Over what length of time a limit counts."""


class DomainError(Exception):
    """A request is refused. `code` is stable and listed in docs/errors.md."""

    code: ClassVar[str]


class IdempotencyConflictError(DomainError):
    """The id was used before for something else. Says nothing of what or by whom."""

    code = "idempotency_conflict"


class ReceivedGiftUnknownError(DomainError):
    """The caller was given no such gift, or it has not arrived here yet."""

    code = "received_gift_unknown"


class QuarantineOverError(DomainError):
    """Nothing of the gift is pending any more, or a payout has some of it."""

    code = "quarantine_over"


class QuarantineUnknownError(DomainError):
    """No such quarantine."""

    code = "quarantine_unknown"


@dataclass(kw_only=True, eq=False)
class QuarantineDecidedError(DomainError):
    """The gift was frozen before, or it was decided otherwise what becomes of it."""

    code: ClassVar[str] = "quarantine_decided"

    status: Literal["FROZEN", "RELEASED", "RETURNED"]


class RailUnavailableError(DomainError):
    """No money leaves that way."""

    code = "payout_rail_unavailable"


class CurrencyUnsupportedError(DomainError):
    """Nothing is paid out in that currency."""

    code = "payout_currency_unsupported"


@dataclass(kw_only=True, eq=False)
class DetailsInvalidError(DomainError):
    """The bank details cannot be right."""

    code: ClassVar[str] = "payout_details_invalid"

    field: str
    """Which of them, by its name in the schema. Never its value."""


class MethodUnavailableError(DomainError):
    """No such method, somebody else's, or disabled."""

    code = "payout_method_unavailable"


class MethodNotVerifiedError(DomainError):
    """The rail has not confirmed the account yet."""

    code = "payout_method_not_verified"


@dataclass(kw_only=True, eq=False)
class MethodLockedError(DomainError):
    """The method was added too short a time ago."""

    code: ClassVar[str] = "payout_method_locked"

    usable_from: datetime


class IdentityNotVerifiedError(DomainError):
    """Nobody has verified who the creator is, or it was rejected (C45)."""

    code = "identity_not_verified"


class AmountInvalidError(DomainError):
    """Zero or less."""

    code = "payout_amount_invalid"


@dataclass(kw_only=True, eq=False)
class InsufficientDiamondsError(DomainError):
    """More than is available."""

    code: ClassVar[str] = "insufficient_diamonds"

    available_micro_diamonds: int


@dataclass(kw_only=True, eq=False)
class PayoutBelowMinimumError(DomainError):
    """Less than may be sent to that country in that currency."""

    code: ClassVar[str] = "payout_below_minimum"

    minimum_minor: int
    currency: str
    needed_micro_diamonds: int
    """The least that would do, fees included."""


@dataclass(kw_only=True, eq=False)
class FeesExceedPayoutError(DomainError):
    """Nothing would be left after fees (E57)."""

    code: ClassVar[str] = "payout_fees_exceed_amount"

    fees_minor: int
    currency: str
    needed_micro_diamonds: int
    """The least that would do."""


@dataclass(kw_only=True, eq=False)
class PayoutLimitReachedError(DomainError):
    """More than a creator may request within a day, or a week (C40)."""

    code: ClassVar[str] = "payout_limit_reached"

    window: LimitWindow
    limit_minor: int
    remaining_minor: int
    currency: str


class ConversionUnavailableError(DomainError):
    """What is known of the currency's rate is too old to pay at."""

    code = "payout_conversion_unavailable"


class PayoutUnknownError(DomainError):
    """No such payout, or somebody else's."""

    code = "payout_unknown"


@dataclass(kw_only=True, eq=False)
class PayoutNotCancelableError(DomainError):
    """It was sent, has ended, or is held for review."""

    code: ClassVar[str] = "payout_not_cancelable"

    status: str


@dataclass(kw_only=True, eq=False)
class PayoutNotHeldError(DomainError):
    """There is nothing to decide about it."""

    code: ClassVar[str] = "payout_not_held"

    status: str


class CreatorNotClearedError(DomainError):
    """A held payout is not released while what it was held for stands."""

    code = "creator_not_cleared"


class BreakUnknownError(DomainError):
    """No such break."""

    code = "payout_break_unknown"


@dataclass(kw_only=True, eq=False)
class BreakNotRepairableError(DomainError):
    """It is not at that point, or only people can mend it."""

    code: ClassVar[str] = "payout_break_not_repairable"

    status: str


class SecondOperatorNeededError(DomainError):
    """Whoever proposes a repair does not approve it."""

    code = "second_operator_needed"


@dataclass(kw_only=True, eq=False)
class TaxFormInvalidError(DomainError):
    """The declaration cannot be right."""

    code: ClassVar[str] = "tax_form_invalid"

    field: str
    """Which part of it, by its name in the schema. Never its value."""


class TaxFormUnknownError(DomainError):
    """No such form."""

    code = "tax_form_unknown"


@dataclass(kw_only=True, eq=False)
class TaxFormDecidedError(DomainError):
    """It cannot be moved there from where it is."""

    code: ClassVar[str] = "tax_form_decided"

    status: str


class TaxFormNeededError(DomainError):
    """No payout goes out before a form is valid (E41)."""

    code = "tax_form_needed"


@dataclass(kw_only=True, eq=False)
class CorrectionChangedError(DomainError):
    """What was withheld too much of the payout is another amount than was seen."""

    code: ClassVar[str] = "withholding_correction_changed"

    excess_minor: int
    currency: str


@dataclass(kw_only=True, eq=False)
class AgencyContractInvalidError(DomainError):
    """Nobody can agree on that."""

    code: ClassVar[str] = "agency_contract_invalid"

    field: str
    """Which part of it, by its name in the schema."""


class AgencyContractUnknownError(DomainError):
    """No such contract, or it is not the creator's to answer."""

    code = "agency_contract_unknown"


@dataclass(kw_only=True, eq=False)
class AgencyContractDecidedError(DomainError):
    """It cannot be moved there from where it is."""

    code: ClassVar[str] = "agency_contract_decided"

    status: str


@dataclass(kw_only=True, eq=False)
class AgencySharesExceededError(DomainError):
    """All agencies of a creator together would have more than they may."""

    code: ClassVar[str] = "agency_shares_exceeded"

    shares_bps: int
    """What they would have."""
    max_bps: int


@dataclass(kw_only=True, eq=False)
class CommissionAmountInvalidError(DomainError):
    """Not a whole number of what can be paid, or none."""

    code: ClassVar[str] = "commission_amount_invalid"

    increment_minor: int
    currency: str


@dataclass(kw_only=True, eq=False)
class InsufficientCommissionsError(DomainError):
    """More than is available in the currency."""

    code: ClassVar[str] = "insufficient_commissions"

    available_minor: int
    """Below zero: what payouts that came back took of what was paid already."""
    currency: str


@dataclass(kw_only=True, eq=False)
class CommissionBelowMinimumError(DomainError):
    """Less than may be sent there, or nothing would be left after fees and withholding."""

    code: ClassVar[str] = "commission_below_minimum"

    needed_minor: int
    """The least that would do."""
    currency: str
