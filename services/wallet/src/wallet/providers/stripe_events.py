"""What Stripe's events say, as the wallet understands it. docs/runbooks/stripe.md lists them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec

from chassis.stripe.amounts import from_stripe
from chassis.webhooks import UnreadableError
from chassis.webhooks.decoding import UNDECODABLE, Text128
from wallet.domain.claims import Disputed, Refund, Refunded, Stage
from wallet.domain.lots import COINS_MAX
from wallet.domain.purchase import PaymentEvent

type _Amount = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
type _Currency = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{3}\Z")]
type _Outcome = Literal["succeeded", "declined", "noted"] | None

_PAID: Final[Mapping[str, _Outcome]] = MappingProxyType({"paid": "succeeded", "unpaid": "noted"})
"""By the status of a session that is through. Nothing that we sell is free: of a session that needs
no payment we know nothing."""

_NOT_REFUNDED: Final = frozenset({"failed", "canceled"})
_REFUND_STATUSES: Final = frozenset({"pending", "requires_action", "succeeded"}) | _NOT_REFUNDED

_STAGES: Final[Mapping[str, Stage]] = MappingProxyType(
    {"needs_response": "opened", "under_review": "opened", "lost": "lost", "won": "won"}
)
_INQUIRIES: Final = frozenset({"warning_needs_response", "warning_under_review", "warning_closed"})
"""The bank asks a question; no money moves."""


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw = msgspec.Raw(b"null")


class _Event(msgspec.Struct, frozen=True):
    id: Text128
    type: Text128
    data: _Data = _Data()


class _Session(msgspec.Struct, frozen=True):
    payment_status: str
    amount_total: _Amount
    currency: _Currency
    client_reference_id: Text128 | None = None
    payment_intent: Text128 | None = None


class _Metadata(msgspec.Struct, frozen=True):
    purchase_id: Text128 | None = None


class _Charge(msgspec.Struct, frozen=True):
    amount: _Amount
    amount_refunded: _Amount
    currency: _Currency
    payment_intent: Text128
    metadata: _Metadata = _Metadata()


class _Refund(msgspec.Struct, frozen=True):
    id: Text128
    amount: _Amount
    currency: _Currency
    payment_intent: Text128
    status: str


class _BalanceTransaction(msgspec.Struct, frozen=True):
    fee: Annotated[int, msgspec.Meta(ge=-COINS_MAX, le=COINS_MAX)]
    currency: _Currency


class _EvidenceDetails(msgspec.Struct, frozen=True):
    due_by: Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)] | None = None
    """In seconds since 1970; null where Stripe takes no evidence any more."""


class _Dispute(msgspec.Struct, frozen=True):
    id: Text128
    amount: Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)]
    currency: _Currency
    payment_intent: Text128
    status: str
    balance_transactions: tuple[_BalanceTransaction, ...] = ()
    evidence_details: _EvidenceDetails | None = None


def read_event(body: bytes) -> PaymentEvent:
    """What an authentic delivery of Stripe's says; of an unknown type, its id and type alone.

    Raises:
        UnreadableError: It does not have the form agreed on.
    """
    try:
        event = msgspec.json.decode(body, type=_Event)
        match event.type:
            case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
                session = _decode(event, _Session)
                # A payment that takes days leaves the session through, but not paid.
                return _of_session(event, session, _PAID.get(session.payment_status))
            case "checkout.session.async_payment_failed" | "checkout.session.expired":
                return _of_session(event, _decode(event, _Session), "declined")
            case "charge.refunded":
                return _of_charge(event, _decode(event, _Charge))
            case "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated":
                return _of_refund(event, _decode(event, _Refund))
            case (
                "charge.dispute.created"
                | "charge.dispute.updated"
                | "charge.dispute.closed"
                | "charge.dispute.funds_withdrawn"
                | "charge.dispute.funds_reinstated"
            ):
                return _of_dispute(event, _decode(event, _Dispute))
            case _:
                return PaymentEvent(event.id, event.type, None)
    except (*UNDECODABLE, ValueError) as error:
        raise UnreadableError(str(error)) from error


def _decode[T](event: _Event, form: type[T]) -> T:
    return msgspec.json.decode(event.data.object, type=form)


def _of_session(event: _Event, session: _Session, outcome: _Outcome) -> PaymentEvent:
    currency = session.currency.upper()
    return PaymentEvent(
        event.id,
        event.type,
        outcome,
        session.payment_intent,
        session.client_reference_id,
        from_stripe(session.amount_total, currency),
        currency,
    )


def _of_charge(event: _Event, charge: _Charge) -> PaymentEvent:
    """The total that was refunded, but for refunds that have failed by then.

    It falls when a refund fails, which no event tells with the total: see `_of_refund`.
    """
    currency = charge.currency.upper()
    return PaymentEvent(
        event.id,
        event.type,
        "claimed",
        charge.payment_intent,
        charge.metadata.purchase_id,
        from_stripe(charge.amount, currency),
        currency,
        Refunded(from_stripe(charge.amount_refunded, currency), 0),
    )


def _of_refund(event: _Event, refund: _Refund) -> PaymentEvent:
    """One refund. While it is on its way it counts as given: the money is not ours to spend."""
    if refund.status not in _REFUND_STATUSES:
        return PaymentEvent(event.id, event.type, None)
    currency = refund.currency.upper()
    amount_minor = from_stripe(refund.amount, currency)
    return _of_payment(event, refund.payment_intent, currency)._replace(
        claim=Refund(refund.id, amount_minor, is_returned=refund.status in _NOT_REFUNDED)
    )


def _of_dispute(event: _Event, dispute: _Dispute) -> PaymentEvent:
    """How a dispute stands. By its own status, since the types come in any order."""
    currency = dispute.currency.upper()
    told = _of_payment(event, dispute.payment_intent, currency)
    if dispute.status in _INQUIRIES:
        return told._replace(outcome="noted")
    if (stage := _STAGES.get(dispute.status)) is None:
        return PaymentEvent(event.id, event.type, None)
    # One at most when it is withdrawn; where it is given back, that is another transaction.
    fee = next((each for each in dispute.balance_transactions if each.fee > 0), None)
    fee_currency = fee.currency.upper() if fee else None
    due_by = dispute.evidence_details.due_by if dispute.evidence_details else None
    return told._replace(
        claim=Disputed(
            dispute.id,
            stage,
            from_stripe(dispute.amount, currency),
            from_stripe(fee.fee, fee_currency) if fee and fee_currency else 0,
            fee_currency,
            None if due_by is None else datetime.fromtimestamp(due_by, UTC),
        )
    )


def _of_payment(event: _Event, payment_intent: str, currency: str) -> PaymentEvent:
    """A claim that names the payment alone: neither the purchase nor how much it was."""
    return PaymentEvent(event.id, event.type, "claimed", payment_intent, currency=currency)
