"""Bundles and purchases, as viewers see them."""

import enum
from datetime import datetime
from typing import Final, Self
from uuid import UUID

import strawberry

from chassis.graphql import AUDITOR, BigInt, Coins, Currency, Money, Refusal, refusal
from wallet.domain import price_book
from wallet.domain import purchase as domain
from wallet.graphql.context import Info, WalletContext
from wallet.store.purchases import find_purchase

_OPERATORS: Final = ("operator:refunds", AUDITOR)
PURCHASE_READERS: Final = ("viewer", *_OPERATORS)
"""Scopes with which a purchase may be read: one's own with the first, anyone's with the others."""


def _money(amount_minor: int, currency: str) -> Money:
    return Money(amount_minor=BigInt(amount_minor), currency=Currency(currency))


@strawberry.type(description="A number of coins at a price.")
class CoinBundle:
    """Of one market of the price book."""

    id: strawberry.ID = strawberry.field(description="Names the bundle when buying it.")
    coins: Coins = strawberry.field(description="Coins bought.")
    bonus_coins: Coins = strawberry.field(description="Coins given on top; they may expire.")
    first_purchase_bonus_coins: Coins = strawberry.field(
        description="Bonus coins besides for who has bought nothing yet."
    )
    purchases_per_user_max: int | None = strawberry.field(
        description="How often one buyer may have it. Null: as often as they like."
    )
    price: Money = strawberry.field(description="What it costs, taxes included.")

    @classmethod
    def of(cls, bundle: price_book.Bundle, currency: str) -> Self:
        """Show a bundle."""
        return cls(
            id=strawberry.ID(bundle.id),
            coins=Coins(bundle.coins),
            bonus_coins=Coins(bundle.bonus_coins),
            first_purchase_bonus_coins=Coins(bundle.first_purchase_bonus_coins),
            purchases_per_user_max=bundle.purchases_per_user_max,
            price=_money(bundle.amount_minor, currency),
        )


@strawberry.type(description="The bundles of the caller's market, smallest first; at most 50.")
class CoinBundleList:
    """Not paged: it is shown as a whole."""

    price_book_version: int = strawberry.field(
        description="Which version of the price book this is."
    )
    nodes: list[CoinBundle] = strawberry.field(description="The bundles.")


@strawberry.enum(description="How far a purchase has come.")
class PurchaseStatus(enum.Enum):
    """The names are those of the ledger."""

    CREATED = strawberry.enum_value(
        "CREATED", description="Ordered; not payable yet, or to be paid in the app's store."
    )
    PENDING = strawberry.enum_value("PENDING", description="To be paid at its checkout page.")
    PAID = strawberry.enum_value("PAID", description="Paid; the coins are on their way.")
    CREDITED = strawberry.enum_value("CREDITED", description="The coins are in the wallet.")
    DECLINED = strawberry.enum_value("DECLINED", description="The payment was declined.")
    DISPUTED = strawberry.enum_value(
        "DISPUTED", description="The buyer's bank wants the money; what it paid for is held."
    )
    PARTIALLY_REFUNDED = strawberry.enum_value(
        "PARTIALLY_REFUNDED", description="A part of the money went back."
    )
    REFUNDED = strawberry.enum_value("REFUNDED", description="The money went back.")
    CHARGED_BACK = strawberry.enum_value(
        "CHARGED_BACK", description="The buyer's bank took the money back."
    )
    VOIDED = strawberry.enum_value("VOIDED", description="The payment never was.")


@strawberry.federation.type(keys=["id"], description="A viewer's order of a bundle.")
class Purchase:
    """At the terms of the moment it was ordered."""

    id: UUID = strawberry.field(description="Made by the client.")
    status: PurchaseStatus = strawberry.field(description="How far it has come.")
    coins: Coins = strawberry.field(description="Coins bought, bonus not included.")
    bonus_coins: Coins = strawberry.field(description="Coins given on top.")
    price: Money = strawberry.field(description="What it costs.")
    bundle_id: strawberry.ID = strawberry.field(description="The bundle ordered.")
    provider: str = strawberry.field(description="Who takes the payment.")
    checkout_url: str | None = strawberry.field(
        description="The provider's page where the buyer pays; null when there is nothing to pay."
    )
    created_at: datetime = strawberry.field(description="When it was ordered.")
    paid_at: datetime | None = strawberry.field(description="When the payment was confirmed.")
    credited_at: datetime | None = strawberry.field(description="When the coins were credited.")

    @classmethod
    def of(cls, purchase: domain.Purchase) -> Self:
        """Show a purchase."""
        return cls(
            id=purchase.purchase_id,
            status=PurchaseStatus(purchase.status),
            coins=Coins(purchase.coins),
            bonus_coins=Coins(purchase.bonus_coins),
            price=_money(purchase.amount_minor, purchase.currency),
            bundle_id=strawberry.ID(purchase.bundle_id),
            provider=purchase.provider,
            checkout_url=purchase.checkout_url if purchase.status == "PENDING" else None,
            created_at=purchase.created_at,
            paid_at=purchase.paid_at,
            credited_at=purchase.credited_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> Self | None:  # noqa: A002 - the key
        """The purchase that another subgraph refers to, if the caller may see it."""
        try:
            purchase_id = UUID(id)
        except ValueError:
            return None
        return await cls.find_visible(info.context, purchase_id)

    @classmethod
    async def find_visible(cls, context: WalletContext, purchase_id: UUID) -> Self | None:
        """A purchase, if it exists and the caller may see it: from outside both look the same."""
        viewer = context.viewer
        if viewer is None or viewer.scopes.isdisjoint(PURCHASE_READERS):
            return None
        async with context.pool.acquire() as conn:
            found = await find_purchase(conn, purchase_id)
        if found is None:
            return None
        is_owner = "viewer" in viewer.scopes and found.user_id == viewer.sub
        if not is_owner and viewer.scopes.isdisjoint(_OPERATORS):
            return None
        return cls.of(found)


@refusal(
    code="provider_unavailable",
    description="The payment provider is unknown or does not answer. Nobody was charged by us, and "
    "the same purchaseId may be tried again: the price stays that of the first try.",
)
class ProviderUnavailable(Refusal):
    """An order that the provider did not answer to is kept, so that no payment misses it."""
