"""What gifts tells of a leg that was booked."""

from contracts.gifts.v1 import GiftReinstated, GiftReversed
from gifts.domain.reversal import Leg


def told(leg: Leg) -> GiftReversed | GiftReinstated:
    """The event that a booked leg becomes."""
    if leg.gives_back:
        assert leg.reason not in ("undo", "quarantine"), "what was undone stays so"
        return GiftReinstated(
            reinstatement_id=leg.cause_id,
            reversal_id=leg.reversal_id,
            position=leg.position,
            gift_id=leg.gift_id,
            creator_id=leg.creator_id,
            lot_id=leg.lot_id,
            coins=leg.coins,
            reason=leg.reason,
            reinstated_at=leg.told_at,
        )
    return GiftReversed(
        reversal_id=leg.reversal_id,
        position=leg.position,
        gift_id=leg.gift_id,
        creator_id=leg.creator_id,
        lot_id=leg.lot_id,
        coins=leg.coins,
        reason=leg.reason,
        reversed_at=leg.told_at,
    )
