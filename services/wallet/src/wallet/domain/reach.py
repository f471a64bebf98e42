"""How a reversal gets at coins that have left a wallet (E13).

Whatever is bought with coins must be undone when they turn out not to be paid for. A kind of
movement that takes coins is therefore declared here, with the legs that bear its coins back, before
it may take any; a test holds the table to the database, and each line of it to what is booked.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from wallet.domain.ledger import MovementKind
from wallet.domain.reversal_policy import LegKind

FOLLOWED: Final[Mapping[MovementKind, Sequence[LegKind]]] = {
    "charge": ("payer_debt", "creator_unmatured", "reserve", "platform_loss"),
    "expiry": ("expired",),
    "repayment": ("repaid",),
}
"""By kind of movement, who may bear the coins that it took, when their purchase is reversed."""

GIVES_BACK: Final[frozenset[MovementKind]] = frozenset({"reversal"})
"""Takes coins to give them back to where they came from: nothing is left to follow."""
