"""Payments on their way back: refunds, voids and disputes, each told by an event."""

from dataclasses import dataclass, replace
from typing import Literal

from chassis import ids
from payment_sandbox.payments import (
    AmountTooLargeError,
    Checkout,
    NotPaidError,
    UnknownDisputeError,
)
from payment_sandbox.store import Store

type Stage = Literal["opened", "lost", "won"]


@dataclass(frozen=True, slots=True)
class Returned:
    """What went back of a payment. Totals are cumulative: they never fall."""

    refunded_minor: int = 0
    returned_minor: int = 0
    """Of the refunds, what came back."""
    voided: bool = False


@dataclass(frozen=True, slots=True)
class Dispute:
    """A payer's bank that wants a payment back."""

    dispute_id: str
    payment_id: str
    disputed_minor: int
    fee_minor: int
    stage: Stage


class Reversals:
    """Each method is one transaction that also queues the event that tells of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find_returned(self, payment_id: str) -> Returned:
        """Give what went back of a payment so far."""
        row = self._store.run("find_returned", payment_id=payment_id).fetchone()
        return Returned() if row is None else Returned(row[0], row[1], bool(row[2]))

    def refund(
        self, payment_id: str, *, amount_minor: int | None, quantity: int | None
    ) -> Returned:
        """Give back an amount, so many pieces, or all that is left.

        Raises:
            UnknownPaymentError: There is no such payment.
            NotPaidError: It was not paid, or voided.
            AmountTooLargeError: More than is left of it.
        """
        with self._store.transaction():
            checkout, before = self._paid(payment_id)
            terms = checkout.terms
            left_minor = terms.amount_minor - before.refunded_minor + before.returned_minor
            if quantity is not None:
                # Rounded up, so that each piece is worth at least one.
                amount_minor = -(-terms.amount_minor * quantity // terms.quantity)
            minor = left_minor if amount_minor is None else amount_minor
            if not 0 < minor <= left_minor:
                raise AmountTooLargeError(f"{left_minor} is left of {payment_id}, not {minor}")
            after = Returned(before.refunded_minor + minor, before.returned_minor)
            self._keep(checkout, "payment.refunded", after)
        return after

    def reverse_refund(self, payment_id: str, *, amount_minor: int | None) -> Returned:
        """Take refunds back: they never reached the payer, or were a mistake.

        Raises:
            UnknownPaymentError: There is no such payment.
            NotPaidError: It was not paid, or voided.
            AmountTooLargeError: More than was refunded.
        """
        with self._store.transaction():
            checkout, before = self._paid(payment_id)
            refunded_minor = before.refunded_minor - before.returned_minor
            minor = refunded_minor if amount_minor is None else amount_minor
            if not 0 < minor <= refunded_minor:
                raise AmountTooLargeError(f"{refunded_minor} of {payment_id} is refunded")
            after = Returned(before.refunded_minor, before.returned_minor + minor)
            self._keep(checkout, "payment.refund_reversed", after)
        return after

    def void(self, payment_id: str) -> Returned:
        """Undo a payment as if it had never been; once, however often asked.

        Raises:
            UnknownPaymentError: There is no such payment.
            NotPaidError: It was not paid.
        """
        with self._store.transaction():
            before = self.find_returned(payment_id)
            if before.voided:
                return before
            checkout, before = self._paid(payment_id)
            after = Returned(before.refunded_minor, before.returned_minor, voided=True)
            self._keep(checkout, "payment.voided", after)
        return after

    def open_dispute(self, payment_id: str, *, amount_minor: int | None, fee_minor: int) -> Dispute:
        """Let the payer's bank want an amount back, or all.

        Raises:
            UnknownPaymentError: There is no such payment.
            NotPaidError: It was not paid, or voided.
            AmountTooLargeError: More than was paid.
        """
        with self._store.transaction():
            checkout, _ = self._paid(payment_id)
            paid_minor = checkout.terms.amount_minor
            minor = paid_minor if amount_minor is None else amount_minor
            if minor > paid_minor:
                raise AmountTooLargeError(f"{paid_minor} was paid for {payment_id}")
            dispute = Dispute(f"dp_{ids.uuid7().hex}", payment_id, minor, fee_minor, "opened")
            self._store.run(
                "insert_dispute",
                dispute_id=dispute.dispute_id,
                payment_id=payment_id,
                disputed_minor=minor,
                fee_minor=fee_minor,
            )
            self._tell(checkout, dispute)
        return dispute

    def decide_dispute(self, dispute_id: str, stage: Literal["lost", "won"]) -> Dispute:
        """End a dispute; one that was lost may still be won, when the money comes back.

        Raises:
            UnknownDisputeError: There is no such dispute.
        """
        with self._store.transaction():
            row = self._store.run("find_dispute", dispute_id=dispute_id).fetchone()
            if row is None:
                raise UnknownDisputeError(f"there is no dispute {dispute_id!r}")
            before = Dispute(*row)
            if before.stage in (stage, "won"):
                return before
            after = replace(before, stage=stage)
            self._store.run("decide_dispute", dispute_id=dispute_id, stage=stage)
            self._tell(self._store.find_checkout(after.payment_id), after)
        return after

    def _paid(self, payment_id: str) -> tuple[Checkout, Returned]:
        checkout = self._store.find_checkout(payment_id)
        before = self.find_returned(payment_id)
        if checkout.status != "paid" or before.voided:
            raise NotPaidError(f"{payment_id} is {'voided' if before.voided else checkout.status}")
        return checkout, before

    def _keep(self, checkout: Checkout, event_type: str, after: Returned) -> None:
        totals = {"refunded_minor": after.refunded_minor, "returned_minor": after.returned_minor}
        self._store.run(
            "set_returned", payment_id=checkout.payment_id, voided=after.voided, **totals
        )
        self._store.queue(checkout, event_type, **({} if after.voided else totals))

    def _tell(self, checkout: Checkout, dispute: Dispute) -> None:
        self._store.queue(
            checkout,
            f"dispute.{dispute.stage}",
            dispute_id=dispute.dispute_id,
            disputed_minor=dispute.disputed_minor,
            fee_minor=dispute.fee_minor,
        )
