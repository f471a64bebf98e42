"""Gifts that their creators froze, and whether one may be frozen (I11, E34). Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from payouts.domain.accrual import Accrual
from payouts.domain.clawback import Bucket, Clawback, TakenOfSlices
from payouts.domain.refusals import QuarantineOverError

NOTE_CHARS_MAX: Final = 500


class NoteError(ValueError):
    """What a creator wrote is too long, or no text."""


class QuarantineStatus(StrEnum):
    """FROZEN ends in one of the others."""

    FROZEN = "FROZEN"
    RELEASED = "RELEASED"
    RETURNED = "RETURNED"


class Quarantine(NamedTuple):
    """A gift that was frozen; the fields are the columns."""

    quarantine_id: UUID
    gift_id: UUID
    creator_id: str
    note: str | None
    """What the creator wrote."""
    micro_diamonds: int
    """What the gift had earned, when it was frozen."""
    worth_minor: int
    currency: str
    frozen_at: datetime
    status: QuarantineStatus = QuarantineStatus.FROZEN
    decided_at: datetime | None = None
    decided_by: str | None = None
    """The operator. None of a returned one: its sender undid the gift."""
    ended_at: datetime | None = None
    """Until then its diamonds are held."""


class QuarantineOrder(NamedTuple):
    """What a creator asks for."""

    quarantine_id: UUID
    gift_id: UUID
    creator_id: str
    note: str | None


class SliceLeft(NamedTuple):
    """What of a slice of a gift is not taken back."""

    bucket: Bucket
    coins: int
    micro_diamonds: int

    @property
    def matures_on(self) -> date:
        """From the start of this day on it is not pending any more."""
        return self.bucket[1]


def left_of(accrual: Accrual, known: Iterable[Clawback]) -> Sequence[SliceLeft]:
    """What is left of a gift, slice by slice, after all that was settled of it."""
    taken = TakenOfSlices(known)
    return [
        SliceLeft(
            (accrual.creator_id, day, accrual.rate_version),
            coins - taken.coins[accrual.gift_id, lot_id],
            earned - taken.micro_diamonds[accrual.gift_id, lot_id],
        )
        for lot_id, day, coins, earned in zip(
            accrual.lot_ids,
            accrual.matures_on,
            accrual.slice_coins,
            accrual.slice_micro_diamonds,
            strict=True,
        )
    ]


def to_hold(
    left: Sequence[SliceLeft], free: Mapping[Bucket, int], *, at: datetime
) -> Mapping[Bucket, int]:
    """What is to be held of a gift that may be frozen, by bucket.

    While any of it is pending, and no payout has any of what has matured: what is to be returned
    has to be there.

    Args:
        left: Of the gift.
        free: Of its buckets, in micro-diamonds.
        at: Now.

    Raises:
        QuarantineOverError: All of it has matured or is taken back, or a payout has some of it.
    """
    today = at.astimezone(UTC).date()
    if not any(each.coins and each.matures_on > today for each in left):
        raise QuarantineOverError
    wanted: Counter[Bucket] = Counter()
    for each in left:
        wanted[each.bucket] += each.micro_diamonds
    if any(amount > free.get(bucket, 0) for bucket, amount in wanted.items()):
        raise QuarantineOverError
    return {bucket: amount for bucket, amount in wanted.items() if amount}


def check_note(note: str | None) -> str | None:
    """What a creator wrote, without blanks around it; None for nothing.

    Raises:
        NoteError: It is too long, or no plain text.
    """
    if note is None or not (note := note.strip()):
        return None
    if len(note) > NOTE_CHARS_MAX or not note.replace("\n", " ").isprintable():
        raise NoteError(f"A note is plain text of up to {NOTE_CHARS_MAX} characters")
    return note
