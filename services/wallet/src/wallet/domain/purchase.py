"""A viewer's order of a bundle, and what a payment provider says of it."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

type PurchaseStatus = Literal["CREATED", "PENDING", "PAID", "CREDITED", "DECLINED"]


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

    @property
    def awaits_checkout(self) -> bool:
        """Whether the provider has not been asked yet, or its answer was lost."""
        return self.status == "CREATED"

    def refundable_until(self, paid_at: datetime) -> datetime:
        """Until when the payment may be taken back."""
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


class Checkout(NamedTuple):
    """Where the viewer pays."""

    payment_id: str
    checkout_url: str


class PaymentEvent(NamedTuple):
    """What a provider tells of a payment, once its signature was checked."""

    event_id: str
    type: str
    outcome: Literal["succeeded", "declined"] | None
    """None: of a type that we do not know."""
    payment_id: str | None = None
    reference: str | None = None
    """Our purchase's id, as we gave it to the provider."""
    amount_minor: int | None = None
    currency: str | None = None


class ConflictError(Exception):
    """The purchase id belongs to another order."""


class BundleUnavailableError(Exception):
    """No such bundle is sold where the viewer is."""


class ProviderUnavailableError(Exception):
    """The provider is unknown, or did not answer; the same purchase may be tried again."""
