"""What is withheld of creators, and what of that is theirs after all."""

from typing import Self

import strawberry

from chassis.graphql import Money
from payouts.commands import correct_withholding as command
from payouts.graphql.payout import Payout, WithholdingRule, money
from payouts.store import withholding as store


@strawberry.type(description="What is owed to the tax office of a creator's payouts of a year.")
class WithheldInYear:
    """One for each currency."""

    year: int = strawberry.field(description="In which the payouts were paid, in UTC.")
    amount: Money = strawberry.field(
        description="Withheld, less what came back and what was corrected."
    )

    @classmethod
    def of(cls, of: store.OfYear) -> Self:
        """Show a sum."""
        return cls(year=of.tax_year, amount=money(of.tax_minor, of.currency))


@strawberry.type(description="What was withheld too much of a payout.")
class WithholdingExcess:
    """By the form that is valid now."""

    payout: Payout = strawberry.field(description="The payout.")
    withheld: Money = strawberry.field(description="What the tax office is owed of it.")
    excess: Money = strawberry.field(description="What of that is the creator's.")
    because: WithholdingRule = strawberry.field(description="By which rule.")
    rate_bps: int = strawberry.field(description="What should have been withheld.")

    @classmethod
    def of(cls, found: command.Excess) -> Self:
        """Show what can be corrected."""
        share, currency = found.share, found.payout.currency
        assert share is not None, "there is an excess"
        return cls(
            payout=Payout.of(found.payout),
            withheld=money(found.withheld_minor, currency),
            excess=money(found.excess_minor, currency),
            because=WithholdingRule(share.rule.value),
            rate_bps=share.bps,
        )
