"""What the App Store's signed payloads hold, once Apple's library has checked who signed them."""

from base64 import urlsafe_b64decode
from typing import Annotated, Final

import msgspec

from chassis.money import exponent
from chassis.webhooks import UnreadableError
from chassis.webhooks.decoding import Text128
from wallet.domain.claims import WHOLE, RefundedShare
from wallet.domain.lots import COINS_MAX
from wallet.domain.purchase import PaymentEvent, purchase_id_of

_CONSUMABLE: Final = "Consumable"
_NOTED: Final = frozenset({"TEST", "REFUND_DECLINED"})
"""Nothing is to be done: a rehearsal, a refund that Apple did not give."""
ABOUT_PAYMENTS: Final = frozenset(
    {"ONE_TIME_CHARGE", "CONSUMPTION_REQUEST", "REFUND", "REFUND_REVERSED"}
)
"""What is about a transaction and means something to us. Every other type raises an alarm."""


class Transaction(msgspec.Struct, frozen=True, rename="camel"):
    """A purchase in the App Store."""

    transaction_id: Text128
    product_id: Text128
    type: Text128
    quantity: Annotated[int, msgspec.Meta(ge=1, le=COINS_MAX)] = 1
    app_account_token: Text128 | None = None
    """The purchase's id, as we gave it to the app."""
    price: Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)] | None = None
    """In thousandths of the currency, taxes included."""
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")] | None = None
    revocation_date: int | None = None
    """When Apple gave money back; None where it did not, or took it again."""
    revocation_percentage: Annotated[int, msgspec.Meta(ge=0, le=WHOLE)] = WHOLE
    """How much of it, in thousandths of a percent."""


class Data(msgspec.Struct, frozen=True, rename="camel"):
    """What a notification is about."""

    signed_transaction_info: str | None = None


class Notification(msgspec.Struct, frozen=True, rename="camel"):
    """A server notification, version 2."""

    notification_type: Text128
    notification_uuid: Text128 = msgspec.field(name="notificationUUID")
    signed_date: Annotated[int, msgspec.Meta(ge=0, le=COINS_MAX)]
    """When Apple signed it, in milliseconds of Unix time."""
    data: Data | None = None


def payload_of[T](signed: str, type_: type[T]) -> T:
    """The payload of a JWS whose signature was checked.

    Raises:
        msgspec.MsgspecError: It does not have the form agreed on.
    """
    payload = signed.split(".")[1]
    return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=type_)


def payment_of(transaction: Transaction) -> PaymentEvent:
    """What a transaction says of a payment; whoever reports it names the event.

    Raises:
        UnreadableError: Not of a product that is used up: the same could be bought once and
            restored for ever.
    """
    if transaction.type != _CONSUMABLE:
        raise UnreadableError(f"{transaction.product_id} is no consumable: {transaction.type}")
    return PaymentEvent(
        "",
        "transaction",
        "succeeded" if transaction.revocation_date is None else "declined",
        transaction.transaction_id,
        _reference(transaction.app_account_token),
        *_charged(transaction),
        bundle_id=transaction.product_id,
        quantity=transaction.quantity,
    )


def event_of(notification: Notification, transaction: Transaction | None) -> PaymentEvent:
    """What a notification says; of a type that we do not know, its id and type alone.

    Args:
        notification: Its signature checked.
        transaction: What it is about, of a type in ABOUT_PAYMENTS.

    Raises:
        UnreadableError: Not of a product that is used up.
    """
    event_id, type_ = notification.notification_uuid, notification.notification_type
    if transaction is None:
        return PaymentEvent(event_id, type_, "noted" if type_ in _NOTED else None)
    payment = payment_of(transaction)._replace(event_id=event_id, type=type_)
    match type_:
        case "CONSUMPTION_REQUEST":
            return payment._replace(outcome="asked")
        case "REFUND":
            refunded = RefundedShare(transaction.revocation_percentage, 0)
            return payment._replace(outcome="claimed", claim=refunded)
        case "REFUND_REVERSED":
            return payment._replace(outcome="claimed", claim=RefundedShare(0, WHOLE))
        case _:
            return payment


def _reference(token: str | None) -> str | None:
    """Apple writes UUIDs in either case; we look purchases up in lower case."""
    lowered = None if token is None else token.lower()
    return lowered if lowered is not None and purchase_id_of(lowered) else token


def _charged(transaction: Transaction) -> tuple[int | None, str | None]:
    """What the store charged in minor units; nothing where that is no whole number of them."""
    if transaction.price is None or transaction.currency is None:
        return None, None
    try:
        digits = exponent(transaction.currency)
    except ValueError:
        return None, None
    amount, rest = divmod(transaction.price * 10**digits, 1_000)
    return (amount, transaction.currency) if not rest else (None, None)
