"""Reversals, as operators see them."""

import enum
from typing import Annotated, Self
from uuid import UUID

import strawberry

from chassis.graphql import (
    BigInt,
    Coins,
    Currency,
    MicroDiamonds,
    Money,
    Refusal,
    refusal,
)
from wallet.domain import reversal as domain
from wallet.domain.lots import COINS_MAX
from wallet.graphql.user import User


@strawberry.enum(description="Why money goes back. Each reason has a waterfall of its own.")
class ReversalReason(enum.Enum):
    """The names are those of the policy, in capitals."""

    REFUND = strawberry.enum_value("refund", description="The buyer gets money back.")
    VOID = strawberry.enum_value("void", description="The payment never was.")
    CHARGEBACK = strawberry.enum_value("chargeback", description="The buyer's bank took it.")
    MINOR_REFUND = strawberry.enum_value(
        "minor_refund", description="A minor had spent it: nothing is owed by the buyer."
    )


@strawberry.enum(description="Who bears a part of a reversal.")
class ReversalLegKind(enum.Enum):
    """The names are those of the ledger, in capitals."""

    UNSPENT = strawberry.enum_value(
        "unspent", description="Coins of the purchase that are still in the buyer's wallet."
    )
    EXPIRED = strawberry.enum_value(
        "expired", description="Coins of the purchase that had expired: nobody loses them."
    )
    REPAID = strawberry.enum_value(
        "repaid", description="Coins of the purchase that had repaid a debt: it is owed again."
    )
    PAYER_DEBT = strawberry.enum_value("payer_debt", description="The buyer owes them.")
    CREATOR_UNMATURED = strawberry.enum_value(
        "creator_unmatured", description="A creator loses what has not matured of a gift."
    )
    RESERVE = strawberry.enum_value("reserve", description="The platform had reckoned with it.")
    PLATFORM_LOSS = strawberry.enum_value("platform_loss", description="The platform loses them.")


@strawberry.type(description="What one party loses by a reversal.")
class ReversalLeg:
    """In the order of the waterfall."""

    kind: ReversalLegKind = strawberry.field(description="Who bears it, and how.")
    coins: Coins = strawberry.field(description="Coins lost.")
    micro_diamonds: MicroDiamonds | None = strawberry.field(
        description="What it is of a creator's diamonds; null where it is not, or not settled yet."
    )
    party: User | None = strawberry.field(description="Who loses; null: the platform.")
    gift_id: UUID | None = strawberry.field(
        description="The gift that the coins had paid, where its creator loses them, or where "
        "single gifts are taken back."
    )

    @classmethod
    def of(cls, leg: domain.Leg) -> Self:
        """Show a leg."""
        return cls(
            kind=ReversalLegKind(leg.kind),
            coins=Coins(leg.coins),
            micro_diamonds=None,
            party=None if leg.party is None else User(id=strawberry.ID(leg.party)),
            gift_id=leg.charge_id,
        )


@strawberry.type(description="Who would lose what, if it were booked now.")
class ReversalPreview:
    """Nothing is booked by looking."""

    amount: Money = strawberry.field(description="What would go back of the payment.")
    coins: Coins = strawberry.field(description="What all legs come to.")
    policy_version: int = strawberry.field(description="Which version of the policy says so.")
    digest: str = strawberry.field(
        description="Stands for exactly these legs: give it to `reversePurchase`."
    )
    legs: list[ReversalLeg] = strawberry.field(description="In the order of the waterfall.")

    @classmethod
    def of(cls, plan: domain.Plan, currency: str) -> Self:
        """Show a plan."""
        return cls(
            amount=_money(plan.amount_minor, currency),
            coins=Coins(plan.coins),
            policy_version=plan.policy_version,
            digest=plan.digest,
            legs=[ReversalLeg.of(leg) for leg in plan.legs],
        )


@strawberry.type(description="What was taken back.")
class Reversal:
    """As it was booked; it never changes."""

    id: UUID = strawberry.field(description="Made by the operator's client.")
    amount: Money = strawberry.field(description="What goes back of the payment.")
    coins: Coins = strawberry.field(description="What all legs come to.")
    policy_version: int = strawberry.field(description="The version of the policy that said so.")
    legs: list[ReversalLeg] = strawberry.field(description="In the order of the waterfall.")

    @classmethod
    def of(cls, reversal_id: UUID, plan: domain.Plan, currency: str) -> Self:
        """Show what was booked."""
        return cls(
            id=reversal_id,
            amount=_money(plan.amount_minor, currency),
            coins=Coins(plan.coins),
            policy_version=plan.policy_version,
            legs=[ReversalLeg.of(leg) for leg in plan.legs],
        )


@refusal(
    code="purchase_not_reversible",
    description="There is no such purchase, it was not paid, or all of it went back already.",
)
class PurchaseNotReversible(Refusal):
    """Nothing can be taken back."""


@refusal(
    code="reversal_exceeds_payment",
    description="The amount is none, or more than is left of the payment.",
)
class ReversalExceedsPayment(Refusal):
    """Total reversed never exceeds what was paid."""

    left: Money = strawberry.field(description="What is left of the payment.")


PreviewReversalResult = Annotated[
    ReversalPreview | PurchaseNotReversible | ReversalExceedsPayment,
    strawberry.union("PreviewReversalResult", description="What a reversal would do."),
]


@strawberry.input(description="What to take back.")
class PreviewReversalInput:
    """The same words as `reversePurchase` takes."""

    purchase_id: UUID = strawberry.field(description="Whose payment.")
    amount_minor: BigInt | None = strawberry.field(
        default=None,
        description="In the smallest unit of the payment's currency; null: all that is left.",
    )
    reason: ReversalReason = strawberry.field(description="Why: it says who bears it.")


def exceeds(left_minor: int, currency: str) -> ReversalExceedsPayment:
    """The refusal of too large an amount."""
    assert 0 <= left_minor <= COINS_MAX
    return ReversalExceedsPayment(
        message="That is more than is left of the payment.", left=_money(left_minor, currency)
    )


def _money(amount_minor: int, currency: str) -> Money:
    return Money(amount_minor=BigInt(amount_minor), currency=Currency(currency))
