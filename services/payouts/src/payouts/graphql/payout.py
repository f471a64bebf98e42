"""Payouts, as creators and operators see them."""

import enum
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import BigInt, Connection, Currency, MicroDiamonds, Money
from payouts.domain import payout as domain
from payouts.graphql.context import Info


def money(amount_minor: int, currency: str) -> Money:
    """An amount as the schema has it."""
    return Money(amount_minor=BigInt(amount_minor), currency=Currency(currency))


@strawberry.enum(description="How far a payout has come.")
class PayoutStatus(enum.Enum):
    """The names are those of the database."""

    REQUESTED = strawberry.enum_value("REQUESTED", description="Asked for; nothing decided yet.")
    HELD = strawberry.enum_value("HELD", description="Under review; its diamonds stay reserved.")
    QUEUED = strawberry.enum_value("QUEUED", description="Waits to be sent; can be canceled.")
    SUBMITTED = strawberry.enum_value("SUBMITTED", description="With the rail.")
    PAID = strawberry.enum_value("PAID", description="Arrived, says the rail.")
    RETURNED = strawberry.enum_value(
        "RETURNED", description="Arrived and came back; its diamonds are available again."
    )
    FAILED = strawberry.enum_value(
        "FAILED", description="Refused by the rail; its diamonds are available again."
    )
    CANCELED = strawberry.enum_value(
        "CANCELED", description="Never sent; its diamonds are available again."
    )


@strawberry.enum(description="Why a share of a payout is withheld for the tax office.")
class WithholdingRule(enum.Enum):
    """The names are those of the database."""

    NO_FORM = strawberry.enum_value("NO_FORM", description="No tax form was verified yet.")
    FORM_EXPIRED = strawberry.enum_value("FORM_EXPIRED", description="The form has expired.")
    FORM_REJECTED = strawberry.enum_value(
        "FORM_REJECTED", description="The form was found to be wrong after it had been verified."
    )
    RESIDENT = strawberry.enum_value("RESIDENT", description="The form says: a resident.")
    FOREIGN = strawberry.enum_value(
        "FOREIGN", description="The form says: not a resident; no treaty says otherwise."
    )
    TREATY = strawberry.enum_value(
        "TREATY", description="The form claims the treaty of the creator's country."
    )


@strawberry.type(description="What of a payout is withheld for the tax office.")
class PayoutWithholding:
    """Fixed when the payout was requested, like fees."""

    amount: Money = strawberry.field(description="How much.")
    rate_bps: int = strawberry.field(
        description="Of the gross amount without commissions, in hundredths of a percent; rounded "
        "down."
    )
    because: WithholdingRule = strawberry.field(description="By which rule.")
    rate_version: int = strawberry.field(description="Of the withholding table.")
    tax_form_id: UUID | None = strawberry.field(
        description="The form that it rests on; null where there was none."
    )


@strawberry.enum(description="What a payout is of.")
class PayoutSource(enum.Enum):
    """The names are those of the database."""

    EARNINGS = strawberry.enum_value("EARNINGS", description="A creator's diamonds.")
    COMMISSIONS = strawberry.enum_value(
        "COMMISSIONS", description="What an agency has earned of its creators' payouts."
    )


@strawberry.type(description="What an agency gets of a payout.")
class PayoutCommission:
    """Fixed when the payout was requested, whatever becomes of the contract."""

    agency_id: strawberry.ID = strawberry.field(description="Who.")
    contract_id: UUID = strawberry.field(description="By which of the creator's contracts.")
    share_bps: int = strawberry.field(
        description="Of the gross amount, in hundredths of a percent."
    )
    amount: Money = strawberry.field(
        description="How much. The creator's part and all commissions are the gross amount: what "
        "cannot be divided goes to the largest remainders."
    )


@strawberry.enum(description="What a fee is for.")
class PayoutFeeKind(enum.Enum):
    """One of each per payout, where they are not zero."""

    FIXED = strawberry.enum_value("FIXED", description="Of each payout.")
    PROPORTIONAL = strawberry.enum_value(
        "PROPORTIONAL", description="Of its gross amount, without commissions."
    )
    WITHHOLDING = strawberry.enum_value(
        "WITHHOLDING", description="Withheld for the tax office; see `withholding`."
    )
    WITHHOLDING_CORRECTION = strawberry.enum_value(
        "WITHHOLDING_CORRECTION",
        description="Of what was withheld of earlier payouts: below zero where it is paid back "
        "with this one, above where it had been paid back wrongly.",
    )
    COMMISSION = strawberry.enum_value(
        "COMMISSION", description="What agencies get; see `commissions`."
    )


@strawberry.type(description="What is kept of a payout.")
class PayoutFee:
    """Fees and net add up to gross."""

    kind: PayoutFeeKind = strawberry.field(description="What it is for.")
    amount: Money = strawberry.field(description="How much.")


@strawberry.type(description="At what rate diamonds became another currency.")
class PayoutConversion:
    """Fixed when the payout was requested."""

    nano_rate: BigInt = strawberry.field(
        description="Billionths of the payout's currency per unit of the one creators are owed in."
    )
    source: str = strawberry.field(description="Who gave the rate.")
    observed_at: datetime = strawberry.field(description="When the rate was observed.")


@strawberry.type(description="A step of a payout.")
class PayoutStep:
    """Who did it is not told: operators have no names to creators."""

    status: PayoutStatus = strawberry.field(description="What it became.")
    at: datetime = strawberry.field(description="When.")
    reason: str | None = strawberry.field(
        description="Why; null where the step explains itself. Held payouts are under review."
    )


@strawberry.type(description="Diamonds on their way to become money.")
class Payout:
    """At the terms of the moment it was requested."""

    id: UUID = strawberry.field(description="Made by the client.")
    currency: strawberry.Private[str]
    source: PayoutSource = strawberry.field(description="What it is of.")
    status: PayoutStatus = strawberry.field(description="How far it has come.")
    micro_diamonds: MicroDiamonds = strawberry.field(
        description="What is reserved: what was asked for, without what makes no whole unit of the "
        "currency. The rest stays available. Zero of commissions, which are money already."
    )
    gross: Money = strawberry.field(
        description="What the diamonds are worth, or the commissions that it is of."
    )
    fees: list[PayoutFee] = strawberry.field(description="What is kept.")
    net: Money = strawberry.field(description="What arrives: gross without all `fees`.")
    withholding: PayoutWithholding | None = strawberry.field(
        description="What WITHHOLDING of `fees` rests on, be it zero; null of payouts from before "
        "anything was withheld."
    )
    conversion: PayoutConversion | None = strawberry.field(
        description="Null where the payout is in the currency in which creators are owed."
    )
    method_id: UUID = strawberry.field(description="Where it goes.")
    requested_at: datetime = strawberry.field(description="When it was requested.")
    due_at: datetime = strawberry.field(description="When it is to be sent, at the earliest.")

    @classmethod
    def of(cls, payout: domain.Payout) -> Self:
        """Show a payout."""
        currency = payout.currency
        fees = (
            (PayoutFeeKind.FIXED, payout.fixed_fee_minor),
            (PayoutFeeKind.PROPORTIONAL, payout.proportional_fee_minor),
            (PayoutFeeKind.WITHHOLDING, payout.withheld_minor),
            (PayoutFeeKind.WITHHOLDING_CORRECTION, -payout.correction_minor),
            (PayoutFeeKind.COMMISSION, payout.commission_minor),
        )
        return cls(
            id=payout.payout_id,
            currency=currency,
            source=PayoutSource(payout.source.value),
            status=PayoutStatus(payout.status.value),
            micro_diamonds=MicroDiamonds(payout.micro_diamonds),
            gross=money(payout.gross_minor, currency),
            fees=[PayoutFee(kind=kind, amount=money(fee, currency)) for kind, fee in fees if fee],
            net=money(payout.net_minor, currency),
            withholding=_withholding(payout),
            conversion=_conversion(payout),
            method_id=payout.method_id,
            requested_at=payout.requested_at,
            due_at=payout.due_at,
        )

    @strawberry.field(
        description="Why a submitted payout is not with its rail yet, such as `rail_funds` or "
        "`rail_answer`. Null where nothing is waited for."
    )
    async def waits_for(self, info: Info) -> str | None:
        """Of all payouts of a request in one statement."""
        return await info.context.waiting.load(self.id)

    @strawberry.field(
        description="How it is split: what each agency gets of it, the largest part first."
    )
    async def commissions(self, info: Info) -> list[PayoutCommission]:
        """Of all payouts of a request in one statement."""
        return [
            PayoutCommission(
                agency_id=strawberry.ID(each.agency_id),
                contract_id=each.contract_id,
                share_bps=each.share_bps,
                amount=money(each.amount_minor, self.currency),
            )
            for each in await info.context.commissions.load(self.id)
        ]

    @strawberry.field(description="What happened to it, in order.")
    async def history(self, info: Info) -> list[PayoutStep]:
        """Of all payouts of a request in one statement."""
        return [
            PayoutStep(
                status=PayoutStatus(step.status.value),
                at=step.at,
                reason=domain.shown_reason(step.status, step.reason),
            )
            for step in await info.context.histories.load(self.id)
        ]


@strawberry.type(description="A page of a creator's payouts.")
class PayoutConnection(Connection[Payout]):
    """Newest first."""


def _withholding(payout: domain.Payout) -> PayoutWithholding | None:
    if payout.withholding_rule is None or payout.withholding_version is None:
        return None
    return PayoutWithholding(
        amount=money(payout.withheld_minor, payout.currency),
        rate_bps=payout.withheld_bps,
        because=WithholdingRule(payout.withholding_rule),
        rate_version=payout.withholding_version,
        tax_form_id=payout.tax_form_id,
    )


def _conversion(payout: domain.Payout) -> PayoutConversion | None:
    if payout.rate_source is None or payout.rate_observed_at is None:
        return None
    return PayoutConversion(
        nano_rate=BigInt(payout.nano_rate),
        source=payout.rate_source,
        observed_at=payout.rate_observed_at,
    )
