"""The refusals of the payout mutations as clients see them."""

import enum
from datetime import datetime

import strawberry

from chassis.graphql import IdempotencyConflict, MicroDiamonds, Money, Refusal, refusal
from payouts.domain import refusals as domain
from payouts.graphql.agency_refusals import AgencyRefusal, shown_of_agencies
from payouts.graphql.payout import PayoutStatus, money
from payouts.graphql.quarantine_refusals import QuarantineRefusal, shown_of_quarantines
from payouts.graphql.tax_form import TaxFormStatus
from payouts.graphql.tax_refusals import (
    TaxFormDecided,
    TaxFormInvalid,
    TaxFormNeeded,
    TaxFormUnknown,
    WithholdingCorrectionChanged,
)


@refusal(code="payout_rail_unavailable", description="No money leaves that way. Offer another.")
class PayoutRailUnavailable(Refusal):
    """Unknown, or switched off."""


@refusal(
    code="payout_currency_unsupported",
    description="Nothing is paid out in that currency. Ask for an account in another one.",
)
class PayoutCurrencyUnsupported(Refusal):
    """Unknown, or withdrawn since the method was added."""


@refusal(code="payout_details_invalid", description="The bank details cannot be right.")
class PayoutDetailsInvalid(Refusal):
    """Says which of them, and never what was in it."""

    field: str = strawberry.field(description="Which of them: a field of the input.")


@refusal(
    code="payout_method_unavailable",
    description="The caller has no such method, or it is disabled. Add one.",
)
class PayoutMethodUnavailable(Refusal):
    """Unknown ones and other people's look the same."""


@refusal(
    code="payout_method_not_verified",
    description="The rail has not confirmed the account yet. Try again in a while.",
)
class PayoutMethodNotVerified(Refusal):
    """Mostly a matter of seconds."""


@refusal(
    code="payout_method_locked",
    description="The method was added too short a time ago; see `usableFrom`.",
)
class PayoutMethodLocked(Refusal):
    """So that whoever took over an account finds no way out at once."""

    usable_from: datetime = strawberry.field(description="From then on.")


@refusal(
    code="identity_not_verified",
    description="Nobody has verified who the caller is, or it did not succeed.",
)
class IdentityNotVerified(Refusal):
    """To be settled with the platform, not by trying again."""


@refusal(code="payout_amount_invalid", description="A payout takes at least one micro-diamond.")
class PayoutAmountInvalid(Refusal):
    """Zero or negative."""


@refusal(code="insufficient_diamonds", description="More than is available.")
class InsufficientDiamonds(Refusal):
    """Pending diamonds mature later; reserved ones are in other payouts."""

    available_micro_diamonds: MicroDiamonds = strawberry.field(description="What there is.")


@refusal(
    code="payout_below_minimum",
    description="Less than may be sent to that country in that currency.",
)
class PayoutBelowMinimum(Refusal):
    """Before fees."""

    minimum: Money = strawberry.field(description="The least gross amount.")
    needed_micro_diamonds: MicroDiamonds = strawberry.field(
        description="The least that would do, fees included."
    )


@refusal(
    code="payout_fees_exceed_amount", description="Nothing would be left after fees. Take more."
)
class PayoutFeesExceedAmount(Refusal):
    """Nothing was reserved."""

    fees: Money = strawberry.field(description="What would be kept of this payout.")
    needed_micro_diamonds: MicroDiamonds = strawberry.field(description="The least that would do.")


@strawberry.enum(description="Of what length a limit is.")
class PayoutLimitWindow(enum.Enum):
    """Windows roll: they end now and begin that long ago."""

    DAY = strawberry.enum_value("DAY", description="24 hours.")
    WEEK = strawberry.enum_value("WEEK", description="Seven times 24 hours.")


@refusal(
    code="payout_limit_reached",
    description="More than a creator may request within a day or a week. Take less, or wait.",
)
class PayoutLimitReached(Refusal):
    """Payouts that never left or came back do not count."""

    window: PayoutLimitWindow = strawberry.field(description="Which limit.")
    limit: Money = strawberry.field(description="In all.")
    remaining: Money = strawberry.field(description="What may still be requested now.")


@refusal(
    code="payout_conversion_unavailable",
    description="The currency's rate is too old to pay at. Try again later.",
)
class PayoutConversionUnavailable(Refusal):
    """Until an operator has published a newer one."""


@refusal(code="payout_unknown", description="The caller has no such payout.")
class PayoutUnknown(Refusal):
    """Other people's look the same."""


@refusal(
    code="payout_not_cancelable",
    description="The payout was sent, has ended, or is under review.",
)
class PayoutNotCancelable(Refusal):
    """Whichever came first."""

    status: PayoutStatus = strawberry.field(description="How far it had come.")


@refusal(code="payout_not_held", description="There is nothing to decide about the payout.")
class PayoutNotHeld(Refusal):
    """Somebody else has decided, perhaps."""

    status: PayoutStatus = strawberry.field(description="How far it has come.")


@refusal(
    code="creator_not_cleared",
    description="What the payout was held for still stands. Review the creator first.",
)
class CreatorNotCleared(Refusal):
    """A sanction hit, or an identity that is not verified."""


@refusal(code="payout_break_unknown", description="There is no such break.")
class PayoutBreakUnknown(Refusal):
    """For operators alone."""


@strawberry.enum(description="What became of a difference between our books and a rail's.")
class PayoutBreakStatus(enum.Enum):
    """The names are those of the database."""

    OPEN = strawberry.enum_value("OPEN", description="Nobody has done anything about it.")
    PROPOSED = strawberry.enum_value("PROPOSED", description="A second operator has to agree.")
    REPAIRED = strawberry.enum_value("REPAIRED", description="Two operators had it mended.")
    GONE = strawberry.enum_value("GONE", description="The books agree again.")


@refusal(
    code="payout_break_not_repairable",
    description="The break is not at that point, or only people can mend it.",
)
class PayoutBreakNotRepairable(Refusal):
    """Read it again."""

    status: PayoutBreakStatus = strawberry.field(description="Where it is.")


@refusal(
    code="second_operator_needed", description="Whoever proposes a repair does not approve it."
)
class SecondOperatorNeeded(Refusal):
    """Four eyes."""


type PayoutRefusal = (
    PayoutRailUnavailable
    | PayoutCurrencyUnsupported
    | PayoutDetailsInvalid
    | PayoutMethodUnavailable
    | PayoutMethodNotVerified
    | PayoutMethodLocked
    | IdentityNotVerified
    | PayoutAmountInvalid
    | InsufficientDiamonds
    | PayoutBelowMinimum
    | PayoutFeesExceedAmount
    | PayoutLimitReached
    | PayoutConversionUnavailable
    | PayoutUnknown
    | PayoutNotCancelable
    | PayoutNotHeld
    | CreatorNotCleared
    | PayoutBreakUnknown
    | PayoutBreakNotRepairable
    | SecondOperatorNeeded
    | TaxFormInvalid
    | TaxFormUnknown
    | TaxFormDecided
    | TaxFormNeeded
    | WithholdingCorrectionChanged
    | IdempotencyConflict
    | AgencyRefusal
    | QuarantineRefusal
)


def shown(error: domain.DomainError) -> PayoutRefusal:
    """The refusal as a member of its mutation's union."""
    match error:
        case domain.MethodLockedError():
            return PayoutMethodLocked(
                message=f"This method can be used from {error.usable_from:%Y-%m-%d %H:%M} UTC on.",
                usable_from=error.usable_from,
            )
        case domain.DetailsInvalidError():
            return PayoutDetailsInvalid(message=f"Look at {error.field} again.", field=error.field)
        case domain.InsufficientDiamondsError():
            return InsufficientDiamonds(
                message="This is more than is available.",
                available_micro_diamonds=MicroDiamonds(error.available_micro_diamonds),
            )
        case domain.PayoutBelowMinimumError():
            return PayoutBelowMinimum(
                message="This is less than the minimum.",
                minimum=money(error.minimum_minor, error.currency),
                needed_micro_diamonds=MicroDiamonds(error.needed_micro_diamonds),
            )
        case domain.FeesExceedPayoutError():
            return PayoutFeesExceedAmount(
                message="Nothing would be left after fees.",
                fees=money(error.fees_minor, error.currency),
                needed_micro_diamonds=MicroDiamonds(error.needed_micro_diamonds),
            )
        case domain.PayoutLimitReachedError():
            return PayoutLimitReached(
                message="This is more than may be requested now.",
                window=PayoutLimitWindow(error.window),
                limit=money(error.limit_minor, error.currency),
                remaining=money(error.remaining_minor, error.currency),
            )
        case domain.PayoutNotCancelableError():
            return PayoutNotCancelable(
                message="It is too late to cancel this payout, or it is under review.",
                status=PayoutStatus(error.status),
            )
        case domain.PayoutNotHeldError():
            return PayoutNotHeld(
                message="This payout is not held.", status=PayoutStatus(error.status)
            )
        case domain.BreakNotRepairableError():
            return PayoutBreakNotRepairable(
                message="This break cannot be repaired so, or not now.",
                status=PayoutBreakStatus(error.status),
            )
        case domain.TaxFormInvalidError():
            return TaxFormInvalid(message=f"Look at {error.field} again.", field=error.field)
        case domain.TaxFormDecidedError():
            return TaxFormDecided(
                message="This form has been decided on.", status=TaxFormStatus(error.status)
            )
        case domain.CorrectionChangedError():
            return WithholdingCorrectionChanged(
                message="What can be corrected is another amount.",
                excess=money(error.excess_minor, error.currency),
            )
        case _:
            return shown_of_agencies(error) or shown_of_quarantines(error) or _without_facts(error)


def _without_facts(error: domain.DomainError) -> PayoutRefusal:
    match error:
        case domain.RailUnavailableError():
            return PayoutRailUnavailable(message="No money leaves that way.")
        case domain.CurrencyUnsupportedError():
            return PayoutCurrencyUnsupported(message="Nothing is paid out in this currency.")
        case domain.MethodUnavailableError():
            return PayoutMethodUnavailable(message="You have no such payout method.")
        case domain.MethodNotVerifiedError():
            return PayoutMethodNotVerified(message="This account is still being verified.")
        case domain.IdentityNotVerifiedError():
            return IdentityNotVerified(message="Your identity is not verified.")
        case domain.AmountInvalidError():
            return PayoutAmountInvalid(message="Ask for at least one micro-diamond.")
        case domain.ConversionUnavailableError():
            return PayoutConversionUnavailable(message="There is no rate for this currency now.")
        case domain.PayoutUnknownError():
            return PayoutUnknown(message="You have no such payout.")
        case domain.BreakUnknownError():
            return PayoutBreakUnknown(message="There is no such break.")
        case domain.SecondOperatorNeededError():
            return SecondOperatorNeeded(message="Somebody else has to approve this.")
        case domain.CreatorNotClearedError():
            return CreatorNotCleared(message="The creator is not cleared.")
        case domain.TaxFormUnknownError():
            return TaxFormUnknown(message="There is no such tax form.")
        case domain.TaxFormNeededError():
            return TaxFormNeeded(message="A valid tax form is needed first.")
        case domain.IdempotencyConflictError():
            return IdempotencyConflict()
        case _:
            raise AssertionError(f"{type(error).__name__} has no type in the schema")
