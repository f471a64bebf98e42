"""What was taken back of a creator's earnings, as the creator sees it."""

import enum
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import Coins, Connection, MicroDiamonds
from payouts.store.clawbacks import StatementLine


@strawberry.enum(description="Why a gift went back to who had paid.")
class EarningReversalReason(enum.Enum):
    """The names are those of the wallet's claims, in capitals."""

    REFUND = strawberry.enum_value("refund", description="The buyer got money back.")
    VOID = strawberry.enum_value("void", description="The payment never was.")
    CHARGEBACK = strawberry.enum_value("chargeback", description="The buyer's bank took it.")
    MINOR_REFUND = strawberry.enum_value("minor_refund", description="A minor had spent it.")
    UNDO = strawberry.enum_value("undo", description="The gift's sender took it back at once.")
    QUARANTINE = strawberry.enum_value(
        "quarantine", description="The creator had frozen it, and an operator gave it back."
    )


@strawberry.enum(description="Which way diamonds went.")
class EarningReversalKind(enum.Enum):
    """What was taken may be given back."""

    TAKEN = strawberry.enum_value("TAKEN", description="They are gone from what is pending.")
    GIVEN_BACK = strawberry.enum_value(
        "GIVEN_BACK", description="The payment came back after all: they are the creator's again."
    )


@strawberry.type(description="Diamonds taken back, or given back, because a payment was.")
class EarningReversal:
    """A line of the creator's statement; it never changes."""

    gift_id: UUID = strawberry.field(description="The gift that the payment had paid for.")
    at: datetime = strawberry.field(description="When the payment was taken back, or given back.")
    reason: EarningReversalReason = strawberry.field(description="Why.")
    kind: EarningReversalKind = strawberry.field(description="Which way the diamonds went.")
    coins: Coins = strawberry.field(description="Of the gift's coins, those that they stand for.")
    micro_diamonds: MicroDiamonds = strawberry.field(description="Millionths of a diamond.")

    @classmethod
    def of(cls, line: StatementLine) -> Self:
        """Show a line."""
        kind = EarningReversalKind.GIVEN_BACK if line.gives_back else EarningReversalKind.TAKEN
        return cls(
            gift_id=line.gift_id,
            at=line.told_at,
            reason=EarningReversalReason(line.reason),
            kind=kind,
            coins=Coins(line.coins),
            micro_diamonds=MicroDiamonds(line.micro_diamonds),
        )


@strawberry.type(description="A page of what was taken back of a creator, newest first.")
class EarningReversalConnection(Connection[EarningReversal]):
    """Of one creator."""
