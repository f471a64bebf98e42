"""A viewer's order of a bundle, and what a payment provider says of it."""

from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from wallet.domain.claims import Telling
from wallet.domain.purchase_status import UNPAID, PurchaseStatus

BARRED_ACCOUNT_KINDS: Final = frozenset({"government", "politician", "party"})
"""Accounts of these kinds send no gifts, so they buy no coins."""


class Purchase(msgspec.Struct, frozen=True):
    """A purchase with the terms that it was made under; the fields are the columns."""

    purchase_id: UUID
    user_id: str
    provider: str
    bundle_id: str
    price_book_version: int
    coins: int
    bonus_coins: int
    amount_minor: int
    currency: str
    seller: str
    refund_window_days: int
    bonus_expires_after_days: int | None
    status: PurchaseStatus
    payment_id: str | None
    checkout_url: str | None
    created_at: datetime
    paid_at: datetime | None
    credited_at: datetime | None

    def asks_the_same(self, other: "PurchaseOrder") -> bool:
        """Whether `other` under the same id is a retry. Prices may have changed in between."""
        return (self.user_id, self.bundle_id, self.provider) == (
            other.user_id,
            other.bundle_id,
            other.provider,
        )

    def is_paid_by(self, event: "PaymentEvent") -> bool:
        """Whether the event is of the payment that was ordered, to the last minor unit.

        Where nobody paid there need not be a payment: the page was left alone until it closed. What
        is taken back of a payment need not say how much that was. A store's payment is the one that
        was ordered where it is for one piece of the product: the store sets the price.
        """
        if event.payment_id is None:
            is_of_ours = event.outcome == "declined"
        else:
            is_of_ours = self.payment_id in (None, event.payment_id)
        return is_of_ours and self._is_what(event)

    def _is_what(self, event: "PaymentEvent") -> bool:
        if event.bundle_id is not None:
            return (event.bundle_id, event.quantity) == (self.bundle_id, 1)
        if event.outcome == "claimed" and event.amount_minor is None:
            return event.currency in (None, self.currency)
        return (event.amount_minor, event.currency) == (self.amount_minor, self.currency)

    @property
    def is_paid(self) -> bool:
        """Whether its money has arrived, be it taken back since."""
        return self.status not in UNPAID

    @property
    def awaits_checkout(self) -> bool:
        """Whether the provider has not been asked yet, or its answer was lost."""
        return self.status == "CREATED"

    def refundable_until(self, paid_at: datetime) -> datetime:
        """Until when the payment may be taken back.

        One that never can be was safe all day: earnings count whole days, and theirs is today.
        """
        if not self.refund_window_days:
            return datetime.combine(paid_at.astimezone(UTC), time.min, UTC)
        return paid_at + timedelta(days=self.refund_window_days)

    def bonus_expires_at(self, paid_at: datetime) -> datetime | None:
        """When unspent bonus coins are gone."""
        if self.bonus_expires_after_days is None:
            return None
        return paid_at + timedelta(days=self.bonus_expires_after_days)


class PurchaseOrder(NamedTuple):
    """What a viewer asks for."""

    purchase_id: UUID
    user_id: str
    bundle_id: str
    provider: str
    region: str | None
    """Where the buyer is; None where the token does not tell."""


def check_buyer(*, age_verified: bool, account_kind: str | None) -> None:
    """Pass whoever is of age and may give away what they buy (C07).

    Args:
        age_verified: The identity provider vouches for the age that the buyer's country asks for.
        account_kind: None for an ordinary account.

    Raises:
        NotEligibleError: Not of age, or an account that is barred from gifts.
    """
    if not age_verified or account_kind in BARRED_ACCOUNT_KINDS:
        raise NotEligibleError


class Checkout(NamedTuple):
    """Where the viewer pays."""

    payment_id: str | None
    """None where the provider makes the payment only when the viewer pays."""
    checkout_url: str


class PaymentEvent(NamedTuple):
    """What a provider tells of a payment, once its signature was checked."""

    event_id: str
    type: str
    outcome: Literal["succeeded", "declined", "claimed", "noted", "asked"] | None
    """Noted: nothing is to be done about it. Asked: a store would like to know how far the coins
    were used. None: of a type that we do not know."""
    payment_id: str | None = None
    reference: str | None = None
    """Our purchase's id, as we gave it to the provider."""
    amount_minor: int | None = None
    """Of the whole payment, whatever the event is about; a claim may come without it."""
    currency: str | None = None
    claim: Telling | None = None
    """What is taken back, of an event that claims something."""
    bundle_id: str | None = None
    """The product that a store sold: named like the bundle. Amount and currency are then evidence
    of what the store charged, and decide nothing."""
    quantity: int | None = None
    """How many of it."""

    @property
    def names_payment_alone(self) -> bool:
        """Whether only the payment tells which purchase it is about."""
        is_of_some_purchase = self.claim is not None or self.bundle_id is not None
        return self.reference is None and self.payment_id is not None and is_of_some_purchase


def purchase_id_of(reference: str | None) -> UUID | None:
    """The purchase that a provider's reference names; None unless it is as we write them.

    Other spellings of the same UUID are refused: they would escape whoever looks one up.
    """
    try:
        purchase_id = UUID(reference or "")
    except ValueError:
        return None
    return purchase_id if str(purchase_id) == reference else None


class NotEligibleError(Exception):
    """Coins are not sold to this buyer."""


class ConflictError(Exception):
    """The purchase id belongs to another order."""


class BundleUnavailableError(Exception):
    """No such bundle is sold where the viewer is."""


class BundleLimitReachedError(Exception):
    """The viewer has had the bundle as often as one may."""


class PurchaseUnknownError(Exception):
    """The buyer has no such purchase, or not in a store."""


class ReceiptInvalidError(Exception):
    """No store vouches for the receipt; the message says why."""


class ProviderUnavailableError(Exception):
    """The provider is unknown, or did not answer; the same purchase may be tried again."""
