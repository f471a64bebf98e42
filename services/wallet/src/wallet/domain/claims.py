"""What providers and operators take back of a payment, told in any order and any number of times.

A claim only grows: each telling is merged with what is known by taking the greater of both, so that
late, repeated and swapped events end in the same state (E03, E20). What is booked follows from the
claims by `settle`, which is called after each of them has grown.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from wallet.domain.purchase_status import PurchaseStatus

type ClaimKind = Literal["refund", "void", "chargeback", "minor_refund"]
"""Why money goes back; each has a waterfall of its own."""

type Stage = Literal["opened", "lost", "won"]
"""Of a dispute. One that was lost may still be won: the money came back after all."""

REFUND: Final = "refund"
VOID: Final = "void"
WHOLE: Final = 100_000
"""All of a payment, in thousandths of a percent."""


class Refunded(msgspec.Struct, frozen=True, tag="refunded", tag_field="claim"):
    """The provider gave money back, or took its refund back. Both totals are cumulative."""

    refunded_minor: int
    returned_minor: int


class Refund(msgspec.Struct, frozen=True, tag="refund", tag_field="claim"):
    """One refund of perhaps several, as providers tell that name each of them.

    Told together they are a `Refunded`: see `in_all`.
    """

    refund_id: str
    amount_minor: int
    is_returned: bool
    """It failed or was canceled: the money did not leave."""


class Voided(msgspec.Struct, frozen=True, tag="voided", tag_field="claim"):
    """The payment never was."""


class Disputed(msgspec.Struct, frozen=True, tag="disputed", tag_field="claim"):
    """The payer's bank wants the money, has it, or has given it up."""

    dispute_id: str
    stage: Stage
    disputed_minor: int
    fee_minor: int
    fee_currency: str | None = None
    """None: that of the payment."""
    respond_by: datetime | None = None
    """Until when our side is heard; None where the provider does not say."""


class RefundedShare(msgspec.Struct, frozen=True, tag="refunded_share", tag_field="claim"):
    """A store gave a share of the money back, or took that back; it tells no amounts of ours.

    Shares are in thousandths of a percent.
    """

    refunded_milli_percent: int
    returned_milli_percent: int


class ChargedBack(msgspec.Struct, frozen=True, tag="charged_back", tag_field="claim"):
    """A store lost the whole payment to the payer's bank, and says no more of it."""

    dispute_id: str


type Whole = Refunded | Voided | Disputed | RefundedShare | ChargedBack
"""What is said of a payment's way back on one ground, whatever was said before."""

type Telling = Whole | Refund
"""What an event says of a payment's way back."""


class Claim(msgspec.Struct, frozen=True):
    """What is wanted back of a payment on one ground, as far as it was told."""

    claim: str
    """Names it within its purchase."""
    kind: ClaimKind
    claimed_minor: int
    """In all so far."""
    returned_minor: int
    """Of that, given back in all so far."""
    is_open: bool
    """Not decided yet: what is booked for it is held."""
    respond_by: datetime | None = None
    """Of a dispute, until when our side is heard, as far as it was told; put off at most."""

    @property
    def net_minor(self) -> int:
        """What is wanted now."""
        return self.claimed_minor - self.returned_minor

    def merged(self, other: "Claim") -> "Claim":
        """Both tellings of one claim together; the order does not matter."""
        return msgspec.structs.replace(
            self,
            claimed_minor=max(self.claimed_minor, other.claimed_minor),
            returned_minor=max(self.returned_minor, other.returned_minor),
            is_open=self.is_open and other.is_open,
            respond_by=max(
                (each for each in (self.respond_by, other.respond_by) if each is not None),
                default=None,
            ),
        )


class BookedClaim(NamedTuple):
    """A claim, and what of it is booked."""

    claim: Claim
    booked_minor: int
    reversals: int = 0
    """How often something was taken for it."""


class Step(NamedTuple):
    """Of a claim, so much is to be taken back, or given back where it is negative."""

    claim: Claim
    delta_minor: int


def in_all(refunds: Iterable[Refund]) -> Refunded:
    """What all tellings of a payment's refunds come to, in any order and any number of times.

    A refund that failed counts as given and returned. So the totals only grow, as those of a claim
    must, although the provider's own total falls.
    """
    amounts: dict[str, int] = {}
    returned: set[str] = set()
    for refund in refunds:
        amounts[refund.refund_id] = max(amounts.get(refund.refund_id, 0), refund.amount_minor)
        if refund.is_returned:
            returned.add(refund.refund_id)
    return Refunded(sum(amounts.values()), sum(amounts[each] for each in returned))


def claim_of(telling: Whole, paid_minor: int) -> Claim | None:
    """The claim that an event makes on a payment of `paid_minor`; None where it claims nothing.

    What was given up counts as claimed and returned, so that it stays given up when an older event
    about the same dispute arrives later.
    """
    match telling:
        case Refunded():
            # What came back was gone before, whether or not we have heard of that.
            claimed = max(telling.refunded_minor, telling.returned_minor)
            if not claimed:
                return None
            return Claim(REFUND, "refund", claimed, telling.returned_minor, is_open=False)
        case RefundedShare():
            return claim_of(
                Refunded(
                    _share(paid_minor, telling.refunded_milli_percent),
                    _share(paid_minor, telling.returned_milli_percent),
                ),
                paid_minor,
            )
        case ChargedBack():
            lost = Disputed(telling.dispute_id, "lost", paid_minor, 0)
            return claim_of(lost, paid_minor)
        case Voided():
            return Claim(VOID, "void", paid_minor, 0, is_open=False)
        case Disputed():
            returned = telling.disputed_minor if telling.stage == "won" else 0
            return Claim(
                f"dispute:{telling.dispute_id}",
                "chargeback",
                telling.disputed_minor,
                returned,
                is_open=telling.stage == "opened",
                respond_by=telling.respond_by,
            )


def _share(paid_minor: int, milli_percent: int) -> int:
    """A share of what was paid; less than a minor unit is nothing."""
    return paid_minor * milli_percent // WHOLE


def operator_claim(reversal_id: UUID, kind: ClaimKind, amount_minor: int) -> Claim:
    """The claim of an operator's own reversal."""
    return Claim(f"operator:{reversal_id}", kind, amount_minor, 0, is_open=False)


def settle(paid_minor: int, claims: Sequence[BookedClaim]) -> list[Step]:
    """What is to be booked, in this order, so that what is booked fits the claims.

    First what is wanted no longer is given back, then what is wanted and not booked is taken, in
    the order in which claims came, as long as anything of the payment is left: refund and
    chargeback together never take back more than was paid (E07).
    """
    steps: list[Step] = []
    booked = 0
    for each in claims:
        back = max(each.booked_minor - each.claim.net_minor, 0)
        if back:
            steps.append(Step(each.claim, -back))
        booked += each.booked_minor - back
    for each in claims:
        take = min(each.claim.net_minor - each.booked_minor, paid_minor - booked)
        if take > 0:
            steps.append(Step(each.claim, take))
            booked += take
    return steps


def status_of(paid_minor: int, claims: Sequence[Claim]) -> PurchaseStatus:
    """The state of a credited purchase, which its claims decide."""
    wanted = [claim for claim in claims if claim.net_minor]
    if any(claim.kind == "void" for claim in wanted):
        return "VOIDED"
    if any(claim.is_open for claim in wanted):
        return "DISPUTED"
    if any(claim.kind == "chargeback" for claim in wanted):
        return "CHARGED_BACK"
    if not wanted:
        return "CREDITED"
    total = sum(claim.net_minor for claim in wanted)
    return "REFUNDED" if total >= paid_minor else "PARTIALLY_REFUNDED"
