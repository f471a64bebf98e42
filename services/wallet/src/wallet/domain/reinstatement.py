"""What is given back when a payment comes back after all: exactly what was taken, once."""

from collections.abc import Mapping, Sequence
from typing import Self
from uuid import UUID

import msgspec

from wallet.domain.reversal import Leg


class TakenLeg(msgspec.Struct, frozen=True):
    """A booked leg, as far as it was not given back."""

    reversal_id: UUID
    position: int
    is_held: bool
    """Whether its reversal still waits for a decision."""
    leg: Leg

    def part(self, coins: int) -> Self:
        """The same leg with no more than these coins of it."""
        return msgspec.structs.replace(self, leg=msgspec.structs.replace(self.leg, coins=coins))


def coins_due(
    taken: Sequence[TakenLeg],
    *,
    back_minor: int,
    booked_minor: int,
    excess_coins: Mapping[int, int],
) -> Mapping[int, int]:
    """How many coins of each lot a claim gives back of what was `taken` for it.

    Of the whole claim it is all of them. Of a part it is what is taken from the lot beyond the
    purchase's share that stays taken.

    Args:
        taken: The claim's legs.
        back_minor: What is given back.
        booked_minor: What the claim has booked, `back_minor` included.
        excess_coins: By lot, how much more is taken than stays due of the whole purchase.
    """
    held: dict[int, int] = {}
    for each in taken:
        held[each.leg.lot_id] = held.get(each.leg.lot_id, 0) + each.leg.coins
    if back_minor == booked_minor:
        return held
    return {lot_id: min(coins, excess_coins.get(lot_id, 0)) for lot_id, coins in held.items()}


def legs_to_return(due: Mapping[int, int], taken: Sequence[TakenLeg]) -> list[TakenLeg]:
    """The legs that give back `due` coins of each lot: who lost last gets back first.

    Args:
        due: By lot.
        taken: The claim's legs, in the order in which they were booked.
    """
    missing = dict(due)
    returned: list[TakenLeg] = []
    for each in reversed(taken):
        coins = min(each.leg.coins, missing.get(each.leg.lot_id, 0))
        if coins:
            missing[each.leg.lot_id] -= coins
            returned.append(each.part(coins))
    assert not any(missing.values()), "no more is due than was taken"
    return returned
