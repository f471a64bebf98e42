"""What the sandbox keeps: checkouts, the events they cause, the attempts to deliver those."""

from dataclasses import dataclass
from typing import Literal

type Status = Literal["open", "paid", "declined"]
type Decision = Literal["paid", "declined"]

EVENT_TYPES: dict[Decision, str] = {"paid": "payment.succeeded", "declined": "payment.declined"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merchant asks to be paid for. `reference` is the merchant's own id of it."""

    reference: str
    amount_minor: int
    currency: str
    description: str
    return_url: str | None
    quantity: int = 1
    """Of how many pieces, for refunds by quantity."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page at which one payment is made, once."""

    payment_id: str
    terms: Terms
    status: Status
    created_at: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver an event: the merchant's HTTP status, or why there is none."""

    attempted_at: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a payment, as the merchant is told of it."""

    event_id: str
    payment_id: str
    type: str
    body: bytes
    """Exactly what is sent, the same at every attempt."""
    created_at: str
    delivered_at: str | None
    """When the merchant last answered with success; None while it has not."""
    attempts: tuple[Attempt, ...] = ()


class PaymentError(Exception):
    """The sandbox refuses; `code` is stable, the message is for a person."""

    code: str
    status: int


class UnauthorizedError(PaymentError):
    """The API key is missing or wrong."""

    code = "unauthorized"
    status = 401


class UnknownPaymentError(PaymentError):
    """No checkout has this payment id."""

    code = "unknown_payment"
    status = 404


class UnknownEventError(PaymentError):
    """No event has this id."""

    code = "unknown_event"
    status = 404


class ReferenceTakenError(PaymentError):
    """The reference belongs to a checkout with other terms."""

    code = "reference_taken"
    status = 409


class AlreadyDecidedError(PaymentError):
    """The payment was decided the other way before, and stays so."""

    code = "already_decided"
    status = 409


class NotPaidError(PaymentError):
    """Nothing was paid, so nothing can go back."""

    code = "not_paid"
    status = 409


class AmountTooLargeError(PaymentError):
    """More than there is left."""

    code = "amount_too_large"
    status = 409


class UnknownDisputeError(PaymentError):
    """No dispute has this id."""

    code = "unknown_dispute"
    status = 404


class OutageError(PaymentError):
    """An outage is being played."""

    code = "unavailable"
    status = 503
