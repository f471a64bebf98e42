"""What an app shows of a purchase that it made in its store."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import Refusal, refusal, require_viewer
from chassis.telemetry import current_traceparent
from wallet.commands.confirm_purchase import Confirmed, ShownReceipt, confirm_purchase
from wallet.domain import purchase as domain
from wallet.domain.purchase import (
    ProviderUnavailableError,
    PurchaseUnknownError,
    ReceiptInvalidError,
)
from wallet.graphql.context import Info, WalletContext
from wallet.graphql.mutations.refusing import counted
from wallet.graphql.purchase import ProviderUnavailable, Purchase
from wallet.providers import Store
from wallet.store.purchases import find_purchase


@strawberry.input(description="A receipt, and the purchase that it is for.")
class ConfirmStorePurchaseInput:
    """Who shows it stands in the token."""

    purchase_id: UUID = strawberry.field(
        description="Of `purchaseCoins`; the app gave it to the store too, as `appAccountToken` or "
        "`obfuscatedExternalAccountId`."
    )
    receipt: str = strawberry.field(
        description="The App Store's signed transaction (JWS), or Google Play's purchase token."
    )
    shares_usage: bool = strawberry.field(
        default=False,
        description="Whether the buyer agrees that the store is told how many of the coins were "
        "spent, should they ask it for their money back. What was said last holds.",
    )


@strawberry.type(description="The store has the money, and the buyer the coins.")
class ConfirmStorePurchasePayload:
    """The same however often the receipt is shown."""

    purchase: Purchase = strawberry.field(description="The purchase as it is now.")


@refusal(
    code="purchase_unknown",
    description="The caller has ordered no such purchase in a store.",
)
class PurchaseUnknown(Refusal):
    """Somebody else's and one that does not exist are not told apart."""


@refusal(
    code="receipt_invalid",
    description="The store does not vouch for the receipt. Get it from the store again.",
)
class ReceiptInvalid(Refusal):
    """Forged, damaged, of another app, or of a purchase that nobody paid for."""


@refusal(
    code="receipt_taken",
    description="The receipt pays for another purchase: the first for which it was shown.",
)
class ReceiptTaken(Refusal):
    """Nothing is told of the other purchase or its buyer (E21)."""


@refusal(
    code="receipt_mismatched",
    description="Something else was bought in the store than was ordered. A person looks at it.",
)
class ReceiptMismatched(Refusal):
    """Another product, several at once, or a second payment of the same purchase."""


@refusal(
    code="receipt_revoked",
    description="The store gave the money back before any coins were credited. Order anew.",
)
class ReceiptRevoked(Refusal):
    """Canceled or refunded."""


@refusal(
    code="payment_pending",
    description="The buyer has yet to pay. The coins come when the store has the money; ask for "
    "the purchase then.",
)
class PaymentPending(Refusal):
    """Paid in cash at a till, for example."""


ConfirmStorePurchaseResult = Annotated[
    ConfirmStorePurchasePayload
    | PurchaseUnknown
    | ReceiptInvalid
    | ReceiptTaken
    | ReceiptMismatched
    | ReceiptRevoked
    | PaymentPending
    | ProviderUnavailable,
    strawberry.union(
        "ConfirmStorePurchaseResult", description="What came of showing a store's receipt."
    ),
]


async def confirm_store_purchase(
    info: Info,
    input: Annotated[ConfirmStorePurchaseInput, strawberry.argument(description="The receipt.")],  # noqa: A002
) -> ConfirmStorePurchaseResult:
    """The store is asked outside of any transaction."""
    return counted("confirmStorePurchase", await _vouched(info.context, input))


async def _vouched(
    context: WalletContext, given: ConfirmStorePurchaseInput
) -> ConfirmStorePurchaseResult:
    viewer = require_viewer(context)
    async with context.pool.acquire() as conn:
        found = await find_purchase(conn, given.purchase_id)
    if found is None or found.user_id != viewer.sub:
        return PurchaseUnknown(message="You have ordered no such purchase.")
    store = context.providers.get(found.provider)
    if not isinstance(store, Store):
        return PurchaseUnknown(message="This purchase is not paid in a store.")
    try:
        confirmed = await _confirm(context, store, found, given)
    except ReceiptInvalidError as error:
        return ReceiptInvalid(message=f"The receipt is not valid: {error}.")
    except PurchaseUnknownError:
        return PurchaseUnknown(message="You have ordered no such purchase.")
    except ProviderUnavailableError:
        return ProviderUnavailable(message="The store does not answer. Show the receipt again.")
    return _result(confirmed)


async def _confirm(
    context: WalletContext,
    store: Store,
    purchase: domain.Purchase,
    given: ConfirmStorePurchaseInput,
) -> Confirmed:
    payment = await store.verify_receipt(purchase, given.receipt)
    traceparent = current_traceparent()
    shown = ShownReceipt(
        purchase_id=purchase.purchase_id,
        user_id=purchase.user_id,
        provider=store.name,
        receipt=given.receipt,
        consents=given.shares_usage,
    )
    return await transact(
        context.pool,
        lambda conn: confirm_purchase(
            conn, shown, payment, at=context.now(), traceparent=traceparent
        ),
    )


def _result(confirmed: Confirmed) -> ConfirmStorePurchaseResult:
    match confirmed.verdict:
        case "confirmed":
            return ConfirmStorePurchasePayload(purchase=Purchase.of(confirmed.purchase))
        case "pending":
            return PaymentPending(message="The store does not have the money yet.")
        case "revoked":
            return ReceiptRevoked(message="The store has given the money back.")
        case "taken":
            return ReceiptTaken(message="This receipt pays for another purchase.")
        case "mismatched":
            return ReceiptMismatched(message="The receipt is of something else than was ordered.")
