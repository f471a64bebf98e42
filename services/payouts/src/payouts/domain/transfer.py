"""What is ordered of a rail, and what a rail tells."""

from typing import Final, Literal, NamedTuple
from uuid import UUID

from payouts.domain.payout import Payout, PayoutStatus

type TransferStatus = Literal["pending", "paid", "failed", "returned"]
type Effect = Literal["applied", "ignored", "unknown", "mismatched"]
"""What came of something that a rail told: nothing of it where the payout had gone as far already,
where no payout has the key, or where the amount is another."""

_PREFIX: Final = "payout-"


def transfer_key(payout_id: UUID) -> str:
    """Under which a rail knows a payout, whoever asks and however often (E58)."""
    return f"{_PREFIX}{payout_id}"


def payout_id_of(key: str) -> UUID | None:
    """The payout that a key is of; None unless it is as we write them."""
    try:
        payout_id = UUID(key.removeprefix(_PREFIX))
    except ValueError:
        return None
    return payout_id if transfer_key(payout_id) == key else None


class Change(NamedTuple):
    """A step of a transfer, as its rail tells it."""

    seq: int
    key: str
    status: TransferStatus
    amount_minor: int
    currency: str
    reason: str | None

    def is_of(self, payout: Payout) -> bool:
        """Whether it is of what was ordered, to the last minor unit."""
        return (self.amount_minor, self.currency) == (payout.net_minor, payout.currency)


def path(payout: PayoutStatus, transfer: TransferStatus) -> tuple[PayoutStatus, ...]:
    """The moves by which a payout gets to where its rail says that it is; none if it is there.

    What is told late changes nothing. A return of what we did not hear was paid is both.
    """
    match payout, transfer:
        case PayoutStatus.SUBMITTED, "paid":
            return (PayoutStatus.PAID,)
        case PayoutStatus.SUBMITTED, "failed":
            return (PayoutStatus.FAILED,)
        case PayoutStatus.SUBMITTED, "returned":
            return (PayoutStatus.PAID, PayoutStatus.RETURNED)
        case PayoutStatus.PAID, "returned":
            return (PayoutStatus.RETURNED,)
        case _:
            return ()
