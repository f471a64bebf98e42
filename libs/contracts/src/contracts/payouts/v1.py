"""Events that payouts publishes: what creators have earned."""

from contracts.event import Event, Instant, MicroDiamonds, Topic, UserId, event

EARNING = Topic(
    name="payouts.earning.v1",
    key="creator id",
    description="What creators earned. One creator, one partition.",
)


@event(EARNING, type="payouts.earning_accrued.v1", key="creator_id")
class EarningAccrued(Event, frozen=True, omit_defaults=True):
    """A creator earned diamonds from one or more gifts that were accrued in one commit."""

    creator_id: UserId
    gifts: int
    """How many gifts this accrual holds."""
    micro_diamonds: MicroDiamonds
    """What these gifts earned."""
    lifetime_micro_diamonds: MicroDiamonds
    """All that the creator has ever earned, after this accrual."""
    rate_version: int
    as_of: Instant
