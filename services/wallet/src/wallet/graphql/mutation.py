"""What changes by the wallet subgraph."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import (
    IdempotencyConflict,
    NotEligible,
    Refusal,
    refusal,
    require_viewer,
    requires_scope,
)
from chassis.telemetry import current_traceparent, metrics
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
from wallet.graphql import reversing
from wallet.graphql.context import Info
from wallet.graphql.price_books import (
    PUBLISHER,
    PublishPriceBookInput,
    PublishPriceBookResult,
    publish,
)
from wallet.graphql.purchase import Purchase
from wallet.graphql.reversal import ReversePurchaseInput, ReversePurchaseResult
from wallet.graphql.spend_limits import SetSpendLimitsInput, SetSpendLimitsResult, set_limits
from wallet.graphql.store_purchase import (
    ConfirmStorePurchaseInput,
    ConfirmStorePurchaseResult,
    ProviderUnavailable,
    confirm,
)
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


@strawberry.type(description="Writes.")
class Mutation:
    """What the wallet does when asked."""

    @strawberry.mutation(
        description="Start buying coins. Safe to retry with the same purchaseId.",
        extensions=[requires_scope("viewer")],
    )
    async def purchase_coins(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            PurchaseCoinsInput, strawberry.argument(description="What to buy.")
        ],
    ) -> PurchaseCoinsResult:
        """The provider is asked outside of any transaction."""
        result = await _purchase_coins(info, input)
        if isinstance(result, Refusal):
            metrics.record_refusal("purchaseCoins", result.code)
        return result

    @strawberry.mutation(
        description="Show the receipt of a purchase made in the app's store. Safe to repeat.",
        extensions=[requires_scope("viewer")],
    )
    async def confirm_store_purchase(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            ConfirmStorePurchaseInput, strawberry.argument(description="The receipt.")
        ],
    ) -> ConfirmStorePurchaseResult:
        """The store is asked outside of any transaction."""
        result = await confirm(info.context, input)
        if isinstance(result, Refusal):
            metrics.record_refusal("confirmStorePurchase", result.code)
        return result

    @strawberry.mutation(
        description="Publish a version of the price book, in force from a moment on. Operators' "
        "only. Safe to retry with the same words.",
        extensions=[requires_scope(PUBLISHER)],
    )
    async def publish_price_book(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            PublishPriceBookInput, strawberry.argument(description="The version.")
        ],
    ) -> PublishPriceBookResult:
        """Lands in the log of operators' actions."""
        result = await publish(info.context, input)
        if isinstance(result, Refusal):
            metrics.record_refusal("publishPriceBook", result.code)
        return result

    @strawberry.mutation(
        description="Limit what the caller, or a ward of theirs, may spend. What is lower holds at "
        "once, what is higher or no limit after a cooling-off. Safe to retry.",
        extensions=[requires_scope("viewer")],
    )
    async def set_spend_limits(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            SetSpendLimitsInput, strawberry.argument(description="The limits wanted.")
        ],
    ) -> SetSpendLimitsResult:
        """Whose limits they are is checked before anything is read."""
        result = await set_limits(info.context, input)
        if isinstance(result, Refusal):
            metrics.record_refusal("setSpendLimits", result.code)
        return result

    @strawberry.mutation(
        description="Take a payment back by the declared waterfall. Safe to retry with the same "
        "reversalId.",
        extensions=[requires_scope(reversing.REFUNDER)],
    )
    async def reverse_purchase(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - the schema's name
            ReversePurchaseInput, strawberry.argument(description="What to take back, and why.")
        ],
    ) -> ReversePurchaseResult:
        """What providers tell is booked by itself: this is for what they do not know of."""
        result = await reversing.reverse(info, input)
        if isinstance(result, Refusal):
            metrics.record_refusal("reversePurchase", result.code)
        return result


async def _purchase_coins(info: Info, order: PurchaseCoinsInput) -> PurchaseCoinsResult:
    context = info.context
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
