"""Let what a provider takes back of payments take effect on their purchases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis import outbox
from chassis.db import Conn
from wallet.commands.settle_claims import record_claims, settle_claims
from wallet.domain.claims import (
    BookedClaim,
    Claim,
    Disputed,
    Refund,
    Refunded,
    RefundedShare,
    Telling,
    Whole,
    claim_of,
    in_all,
)
from wallet.domain.purchase import PaymentEvent, Purchase
from wallet.store import claims, provider_events, purchases
from wallet.store.provider_events import EventOutcome


class Claimed(NamedTuple):
    """A purchase, and what its provider takes back of its payment."""

    purchase: Purchase
    """As the row is."""
    event: PaymentEvent
    """Of the purchase's own provider, with a claim."""
    traceparent: str | None = None
    """The trace that events carry on."""


async def apply_claims(
    conn: Conn, told: Sequence[Claimed], *, at: datetime
) -> Sequence[EventOutcome]:
    """Let claims take effect, at once or when their payments arrive; says what came of each.

    See `apply_payment` for what outcomes mean. However many there are, it takes as many statements
    as for one.

    Args:
        conn: An open transaction that holds the purchases' rows locked.
        told: Of one provider, each of another purchase and another buyer.
        at: When it arrived.
    """
    outcomes: dict[UUID, EventOutcome] = {each.purchase.purchase_id: "mismatched" for each in told}
    matching = await _matching(conn, told)
    tellings = await _wholes(conn, matching)
    wanted: dict[UUID, Claim] = {}
    for purchase, event, _ in matching:
        telling = tellings[purchase.purchase_id]
        claim = claim_of(telling, purchase.amount_minor)
        if _is_too_much(event.claim, purchase.amount_minor):
            outcomes[purchase.purchase_id] = "mismatched"
        elif claim is None:
            outcomes[purchase.purchase_id] = "ignored"
        else:
            wanted[purchase.purchase_id] = claim
    if not wanted:
        return [outcomes[each.purchase.purchase_id] for each in told]
    recorded = await record_claims(conn, wanted, at=at)
    paid: list[Claimed] = []
    for each in matching:
        purchase_id = each.purchase.purchase_id
        if (claim := wanted.get(purchase_id)) is None:
            continue
        telling = tellings[purchase_id]
        await _note_fee(conn, each.purchase, claim, telling, at)
        if not each.purchase.is_paid:
            outcomes[purchase_id] = "parked"
        elif purchase_id in recorded.grown:
            outcomes[purchase_id] = "applied"
            paid.append(each)
        else:
            again = isinstance(telling, RefundedShare) and _is_given_up(
                recorded.before[purchase_id], claim
            )
            outcomes[purchase_id] = "mismatched" if again else "ignored"
    await _settle(conn, paid, recorded.claims, at)
    return [outcomes[each.purchase.purchase_id] for each in told]


async def _matching(conn: Conn, told: Sequence[Claimed]) -> Sequence[Claimed]:
    """Those that are about what was ordered, and about a payment that is no other purchase's."""
    about = [each for each in told if each.purchase.is_paid_by(each.event)]
    # A purchase that has its payment is the only one with it: the database sees to that.
    payment_ids = [
        each.event.payment_id
        for each in about
        if each.event.payment_id is not None and each.purchase.payment_id is None
    ]
    if not payment_ids:
        return about
    provider = about[0].purchase.provider
    await purchases.lock_payments(conn, provider, payment_ids)
    owners = await purchases.select_purchases_of_payments(conn, provider, payment_ids)
    return [each for each in about if each.event.payment_id not in owners]


async def _settle(
    conn: Conn,
    told: Sequence[Claimed],
    booked: Mapping[UUID, Sequence[BookedClaim]],
    at: datetime,
) -> None:
    if not told:
        return
    actor = f"provider:{told[0].purchase.provider}"
    credited = [each.purchase for each in told]
    settled = await settle_claims(conn, credited, booked, actor=actor, at=at)
    outgoing = outbox.Outgoing()
    for each in told:
        for event in settled.get(each.purchase.purchase_id, ()):
            outgoing.add(event, each.traceparent)
    await outbox.append(conn, {outbox.API_STREAM: outgoing})


async def _note_fee(
    conn: Conn, purchase: Purchase, claim: Claim, telling: Whole, at: datetime
) -> None:
    if isinstance(telling, Disputed) and telling.fee_minor:
        currency = telling.fee_currency or purchase.currency
        await claims.insert_fee(
            conn, purchase.purchase_id, claim.claim, telling.fee_minor, currency, at
        )


def _is_given_up(known: Claim, told: Claim) -> bool:
    """Whether money is claimed that had come back already.

    A store tells states, not totals: an old refund that was overtaken by its own reversal looks
    like a new one after it. A person must say which it is.
    """
    return bool(told.net_minor) and not known.net_minor


def _is_too_much(telling: Telling | None, paid_minor: int) -> bool:
    """Whether more would be given back than there ever was.

    Refunds that are told one by one may be so together, since those that failed count too.
    """
    match telling:
        case Refunded():
            return max(telling.refunded_minor, telling.returned_minor) > paid_minor
        case Refund():
            return telling.amount_minor > paid_minor
        case _:
            return False


async def _wholes(conn: Conn, told: Sequence[Claimed]) -> Mapping[UUID, Whole]:
    """By purchase, what its event says, together with what was told of the same before."""
    single = [each.event.payment_id for each in told if isinstance(each.event.claim, Refund)]
    before: Mapping[str, Sequence[Telling]] = {}
    if payment_ids := [payment_id for payment_id in single if payment_id is not None]:
        provider = told[0].purchase.provider
        before = await provider_events.select_claims_told(conn, provider, payment_ids)
    wholes: dict[UUID, Whole] = {}
    for purchase, event, _ in told:
        claim = event.claim
        assert claim is not None, "the caller has looked"
        if isinstance(claim, Refund):
            assert event.payment_id is not None, "is_paid_by asks for it"
            known = before[event.payment_id]
            claim = in_all([claim, *(each for each in known if isinstance(each, Refund))])
        wholes[purchase.purchase_id] = claim
    return wholes
