"""Start buying coins."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import IdempotencyConflict, NotEligible, Refusal, refusal, require_viewer
from chassis.telemetry import current_traceparent
from wallet.commands.purchase_coins import attach_checkout, open_purchase
from wallet.domain.purchase import (
    BundleLimitReachedError,
    BundleUnavailableError,
    ConflictError,
    NotEligibleError,
    ProviderUnavailableError,
    PurchaseOrder,
    check_buyer,
)
from wallet.graphql.context import Info, WalletContext
from wallet.graphql.mutations.refusing import counted
from wallet.graphql.purchase import ProviderUnavailable, Purchase
from wallet.providers import Provider


@strawberry.input(description="What to buy.")
class PurchaseCoinsInput:
    """Who buys stands in the token."""

    purchase_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    bundle_id: strawberry.ID = strawberry.field(description="One of `coinBundles`.")
    provider: str = strawberry.field(description="Who takes the payment, such as `sandbox`.")


@strawberry.type(
    description="The purchase is under way: the buyer pays at its page, or in the app's store."
)
class PurchaseCoinsPayload:
    """The first result, or the same purchase as it is now."""

    replayed: bool = strawberry.field(
        description="Whether this purchase was ordered before: the request was a retry."
    )
    purchase: Purchase = strawberry.field(description="The purchase.")


@refusal(
    code="bundle_unavailable",
    description="No such bundle is sold in the caller's region. Read `coinBundles` again.",
)
class BundleUnavailable(Refusal):
    """Unknown, withdrawn, or sold elsewhere."""


@refusal(
    code="bundle_limit_reached",
    description="The caller has had this bundle as often as one may. Offer another.",
)
class BundleLimitReached(Refusal):
    """Orders that may still be paid count, those left alone for an hour do not."""


PurchaseCoinsResult = Annotated[
    PurchaseCoinsPayload
    | BundleUnavailable
    | BundleLimitReached
    | ProviderUnavailable
    | NotEligible
    | IdempotencyConflict,
    strawberry.union("PurchaseCoinsResult", description="What came of ordering coins."),
]


async def purchase_coins(
    info: Info,
    input: Annotated[PurchaseCoinsInput, strawberry.argument(description="What to buy.")],  # noqa: A002
) -> PurchaseCoinsResult:
    """The provider is asked outside of any transaction."""
    return counted("purchaseCoins", await _purchase_coins(info.context, input))


async def _purchase_coins(context: WalletContext, order: PurchaseCoinsInput) -> PurchaseCoinsResult:
    viewer = require_viewer(context)
    try:
        check_buyer(age_verified=viewer.age_verified, account_kind=viewer.account_kind)
    except NotEligibleError:
        return NotEligible(
            message="Coins are sold to people whose age is verified, not to official accounts."
        )
    provider = context.providers.get(order.provider)
    if provider is None:
        return ProviderUnavailable(message="There is no such payment provider.")
    wanted = PurchaseOrder(
        order.purchase_id, viewer.sub, order.bundle_id, order.provider, viewer.region
    )
    traceparent = current_traceparent()
    try:
        opened = await transact(
            context.pool,
            lambda conn: open_purchase(conn, wanted, at=context.now(), traceparent=traceparent),
        )
        purchase = opened.purchase
        # In a store the app itself buys, and names the purchase there.
        if purchase.awaits_checkout and isinstance(provider, Provider):
            checkout = await provider.open_checkout(purchase)
            purchase = await transact(
                context.pool, lambda conn: attach_checkout(conn, opened.purchase, checkout)
            )
    except ConflictError:
        return IdempotencyConflict()
    except BundleUnavailableError:
        return BundleUnavailable(message="This bundle is not sold where you are.")
    except BundleLimitReachedError:
        return BundleLimitReached(message="You have had this bundle as often as one may.")
    except ProviderUnavailableError:
        return ProviderUnavailable(
            message="The payment provider does not answer. Try again with the same purchaseId."
        )
    return PurchaseCoinsPayload(replayed=opened.replayed, purchase=Purchase.of(purchase))
