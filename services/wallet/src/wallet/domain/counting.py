"""Whose spending has to be counted before a charge can be decided, and whose need not be.

Everybody meets caps, and nearly nobody comes near them. So nearly nobody's journal is read.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final, Protocol

from wallet.domain.caps import NO_CAPS, Caps
from wallet.domain.ledger import Head

_low = attrgetter("low_coins")
_ALWAYS: Final = 2**63
"""More than anybody can have spent."""


class Spender(Protocol):
    """A charge, as far as sums ask."""

    @property
    def payer_id(self) -> str:
        """Who spends."""
        ...

    @property
    def coins(self) -> int:
        """How many."""
        ...


def to_be_counted(
    charges: Sequence[Spender], caps: Sequence[Caps], heads: Mapping[str, Head]
) -> set[str]:
    """The payers whose spending must be known before their charges are decided.

    Whoever has limits of their own; of the others those who may have spent as much lately that a
    cap could be near: nearly nobody. Charges that will be refused, or were answered before, count.

    Args:
        charges: In any order.
        caps: Which each of them meets.
        heads: Of every payer.
    """
    # Two looks, since the first costs a fifth: at payers, as if each had made all the charges.
    bound = min(caps, key=_low, default=NO_CAPS).low_coins - sum(
        [charge.coins for charge in charges]
    )
    near = {
        owner_id
        for owner_id, head in heads.items()
        if head.limits_version or head.spent_coins > bound
    }
    return _near_a_cap(near, charges, caps, heads) if near else near


def _near_a_cap(
    payers: set[str], charges: Sequence[Spender], caps: Sequence[Caps], heads: Mapping[str, Head]
) -> set[str]:
    counted: set[str] = set()
    spent: dict[str, int] = {}
    for charge, met in zip(charges, caps, strict=True):
        payer_id = charge.payer_id
        if payer_id not in payers:
            continue
        coins = spent.get(payer_id)
        if coins is None:
            head = heads[payer_id]
            coins = _ALWAYS if head.limits_version else head.spent_coins
        coins += charge.coins
        spent[payer_id] = coins
        if coins > met.low_coins:
            counted.add(payer_id)
    return counted
