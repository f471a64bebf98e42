"""Our books of payouts against a rail's: kinds of break, and what mends one (I14)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from payouts.domain.payout import PayoutStatus
from payouts.domain.transfer import TransferStatus, path, payout_id_of, transfer_key


class BreakKind(StrEnum):
    """How the two books differ."""

    MISSING = "MISSING"
    DUPLICATE = "DUPLICATE"
    AMOUNT = "AMOUNT"
    STATUS = "STATUS"
    UNKNOWN = "UNKNOWN"


class Repair(StrEnum):
    """What a program may do about it, once, after two people have agreed."""

    TAKE_STATUS = "TAKE_STATUS"
    """Let the payout become what the rail says: it told us, and we did not hear."""
    ORDER_AGAIN = "ORDER_AGAIN"
    """Order it once more, under the same key: the rail has lost it."""


class BreakStatus(StrEnum):
    """What became of a break."""

    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    REPAIRED = "REPAIRED"
    GONE = "GONE"


class Ours(NamedTuple):
    """A payout that was submitted to the rail."""

    payout_id: UUID
    status: PayoutStatus
    net_minor: int
    currency: str
    accepted_at: datetime | None


class Theirs(NamedTuple):
    """A line of the rail's report."""

    key: str
    status: TransferStatus
    amount_minor: int
    currency: str


class Found(NamedTuple):
    """A difference."""

    kind: BreakKind
    key: str
    payout_id: UUID | None
    theirs: Theirs | None
    repair: Repair | None


class Break(NamedTuple):
    """A difference that is on record."""

    break_id: UUID
    rail: str
    kind: BreakKind
    transfer_key: str
    payout_id: UUID | None
    their_status: TransferStatus | None
    repair: Repair | None
    found_at: datetime
    status: BreakStatus
    proposed_by: str | None
    proposal_reason: str | None


_S = PayoutStatus
_AGREES: Final[Mapping[TransferStatus, frozenset[PayoutStatus]]] = {
    # The report is a moment older than our books: what was pending then may be anything by now.
    "pending": frozenset({_S.SUBMITTED, _S.PAID, _S.FAILED, _S.RETURNED}),
    "paid": frozenset({_S.PAID, _S.RETURNED}),
    "failed": frozenset({_S.FAILED}),
    "returned": frozenset({_S.RETURNED}),
}


def compare(
    ours: Iterable[Ours], theirs: Sequence[Theirs], *, reported_at: datetime
) -> list[Found]:
    """Every difference, once per kind and key, in the order of the keys.

    Args:
        ours: All payouts that were ever submitted to the rail, read after the report and after
            everything that the rail had told by then was taken in.
        theirs: The report.
        reported_at: When it was asked for: what was accepted later is not missed in it.
    """
    known = {transfer_key(each.payout_id): each for each in ours}
    lines = {each.key: each for each in theirs}
    found = [
        Found(BreakKind.DUPLICATE, key, payout_id_of(key), lines[key], None)
        for key, count in Counter(each.key for each in theirs).items()
        if count > 1
    ]
    for key, line in lines.items():
        if (payout := known.get(key)) is None:
            found.append(Found(BreakKind.UNKNOWN, key, None, line, None))
        else:
            found += _differences(payout, line)
    for key, payout in known.items():
        was_there = payout.accepted_at is not None and payout.accepted_at < reported_at
        if was_there and key not in lines:
            # Of what was paid, a second order would pay twice if the report is at fault.
            again = payout.status is PayoutStatus.SUBMITTED
            repair = Repair.ORDER_AGAIN if again else None
            found.append(Found(BreakKind.MISSING, key, payout.payout_id, None, repair))
    return sorted(found, key=lambda each: (each.key, each.kind))


def _differences(ours: Ours, theirs: Theirs) -> list[Found]:
    found: list[Found] = []
    if (theirs.amount_minor, theirs.currency) != (ours.net_minor, ours.currency):
        found.append(Found(BreakKind.AMOUNT, theirs.key, ours.payout_id, theirs, None))
    if ours.status not in _AGREES[theirs.status]:
        # A status that belongs to another amount says nothing of this payout.
        may_take = not found and path(ours.status, theirs.status)
        repair = Repair.TAKE_STATUS if may_take else None
        found.append(Found(BreakKind.STATUS, theirs.key, ours.payout_id, theirs, repair))
    return found
