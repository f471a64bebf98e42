"""What Stripe's events say, as the wallet understands it. docs/runbooks/stripe.md lists them."""

from typing import Annotated, Final, Literal

import msgspec

from wallet.domain.lots import COINS_MAX
from wallet.domain.purchase import PaymentEvent
from wallet.providers.decoding import UNDECODABLE, Text128
from wallet.providers.provider import UnreadableError
from wallet.providers.stripe_amounts import from_stripe

type _Amount = Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
type _Currency = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{3}\Z")]
type _Outcome = Literal["succeeded", "declined", "noted"] | None

_PAID: Final[dict[str, _Outcome]] = {"paid": "succeeded", "unpaid": "noted"}
"""By the status of a session that is through. Nothing that we sell is free: of a session that needs
no payment we know nothing."""


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


def read_event(body: bytes) -> PaymentEvent:
    """What an authentic delivery of Stripe's says; of an unknown type, its id and type alone.

    Raises:
        UnreadableError: It does not have the form agreed on.
    """
    try:
        event = msgspec.json.decode(body, type=_Event)
        match event.type:
            case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
                session = _session(event)
                # A payment that takes days leaves the session through, but not paid.
                return _of_session(event, session, _PAID.get(session.payment_status))
            case "checkout.session.async_payment_failed" | "checkout.session.expired":
                return _of_session(event, _session(event), "declined")
            case _:
                return PaymentEvent(event.id, event.type, None)
    except (*UNDECODABLE, ValueError) as error:
        raise UnreadableError(str(error)) from error


def _session(event: _Event) -> _Session:
    return msgspec.json.decode(event.data.object, type=_Session)


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
