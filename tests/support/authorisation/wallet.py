"""What the wallet answers: coins, prices, purchases, what is taken back, limits."""

from typing import Final

from support.authorisation.shapes import LIMITS, MONEY, PAGE, PENDING_LIMITS, REFUSAL
from support.authorisation.table import OPERATORS, PUBLIC, USERS, Route, Row

PRICE_BOOK = f"""
  version effectiveFrom publishedAt defaultMarket bonusExpiresAfterDays
  providers {{ name refundWindowDays store }}
  markets {{ name store regions currency seller bundles {{ id coins price {MONEY} }} }}
"""
PURCHASE = f"""
  id status coins bonusCoins bundleId provider checkoutUrl createdAt paidAt creditedAt
  price {MONEY}
"""
LEG = "{ kind coins microDiamonds party { id } giftId }"
PREVIEW = f"{{ amount {MONEY} coins policyVersion digest legs {LEG} }}"
REVERSAL_REFUSALS = f"""
  ... on PurchaseNotReversible {{ code message }}
  ... on ReversalExceedsPayment {{ code message left {MONEY} }}
"""
MINOR_REFUND = f"""
  amounts {MONEY} coins parts {{ purchaseId amount {MONEY} coins legs {LEG} }}
"""
MINOR_REFUND_REFUSALS = """
  ... on RefundTermsInvalid { code message } ... on NothingToRefund { code message }
"""

ROUTES: Final = (
    Route(
        "bundles",
        f"""{{
          coinBundles {{
            priceBookVersion
            nodes {{
              id coins bonusCoins firstPurchaseBonusCoins purchasesPerUserMax price {MONEY}
            }}
          }}
        }}""",
        (Row("coinBundles", PUBLIC),),
    ),
    Route(
        "purchase",
        f"query ($purchase: UUID!) {{ purchase(id: $purchase) {{ {PURCHASE} }} }}",
        (Row("purchase", ("UNAUTHENTICATED", "null", "FORBIDDEN", "shown", "shown")),),
    ),
    Route(
        "price books",
        f"""{{ priceBooks(last: 1) {{
          nodes {{ {PRICE_BOOK} }} edges {{ cursor node {{ version }} }} {PAGE}
        }} }}""",
        (Row("priceBooks", OPERATORS),),
    ),
    Route(
        "publishing prices",
        f"""mutation ($publish: PublishPriceBookInput!) {{ publishPriceBook(input: $publish) {{
          __typename {REFUSAL}
          ... on PublishPriceBookPayload {{ replayed priceBook {{ {PRICE_BOOK} }} }}
          ... on PriceBookRefused {{ code message }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # The first version again in other words, so that nobody publishes.
        (Row("publishPriceBook", OPERATORS),),
    ),
    Route(
        "buying",
        f"""mutation ($buy: PurchaseCoinsInput!) {{ purchaseCoins(input: $buy) {{
          __typename {REFUSAL}
          ... on PurchaseCoinsPayload {{ replayed purchase {{ {PURCHASE} }} }}
          ... on BundleUnavailable {{ code message }} ... on ProviderUnavailable {{ code message }}
          ... on BundleLimitReached {{ code message }}
          ... on NotEligible {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # Each id was first used by the owner, so that nobody buys: a retry, or a conflict.
        (Row("purchaseCoins", USERS),),
    ),
    Route(
        "showing a receipt",
        f"""mutation ($receipt: ConfirmStorePurchaseInput!) {{
          confirmStorePurchase(input: $receipt) {{
            __typename {REFUSAL}
            ... on ConfirmStorePurchasePayload {{ purchase {{ {PURCHASE} }} }}
            ... on PurchaseUnknown {{ code message }} ... on ReceiptInvalid {{ code message }}
            ... on ReceiptTaken {{ code message }} ... on ReceiptMismatched {{ code message }}
            ... on ReceiptRevoked {{ code message }} ... on PaymentPending {{ code message }}
            ... on ProviderUnavailable {{ code message }}
          }}
        }}""",
        # The owner's purchase is not paid in a store: whoever may ask is told that there is none.
        (Row("confirmStorePurchase", USERS),),
    ),
    Route(
        "limiting",
        f"""mutation ($limit: SetSpendLimitsInput!) {{ setSpendLimits(input: $limit) {{
          __typename {REFUSAL}
          ... on SetSpendLimitsPayload {{ limits {LIMITS} pending {PENDING_LIMITS} }}
          ... on InvalidLimit {{ code message }} ... on GuardianRequired {{ code message }}
        }} }}""",
        # The limits named are the owner's: nobody else sets them.
        (
            Row(
                "setSpendLimits",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "looking at a reversal",
        f"""query ($reversal: PreviewReversalInput!) {{ previewReversal(input: $reversal) {{
          __typename {REFUSAL} {REVERSAL_REFUSALS}
          ... on ReversalPreview {PREVIEW}
        }} }}""",
        (Row("previewReversal", OPERATORS),),
    ),
    Route(
        "taking back",
        f"""mutation ($reverse: ReversePurchaseInput!) {{ reversePurchase(input: $reverse) {{
          __typename {REFUSAL} {REVERSAL_REFUSALS}
          ... on ReversePurchasePayload {{
            replayed reversal {{ id amount {MONEY} coins policyVersion legs {LEG} }}
          }}
          ... on ReversalChanged {{ code message preview {PREVIEW} }}
          ... on ApprovalNeeded {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # Of a purchase that is not paid: whoever may, is refused, and nothing happens.
        (Row("reversePurchase", OPERATORS),),
    ),
    Route(
        "looking at a minor's refund",
        f"""query ($minor: PreviewMinorRefundInput!) {{ previewMinorRefund(input: $minor) {{
          __typename {REFUSAL} {MINOR_REFUND_REFUSALS}
          ... on MinorRefundPreview {{ digest {MINOR_REFUND} }}
        }} }}""",
        (Row("previewMinorRefund", OPERATORS),),
    ),
    Route(
        "refunding a minor",
        f"""mutation ($refund: RefundMinorInput!) {{ refundMinor(input: $refund) {{
          __typename {REFUSAL} {MINOR_REFUND_REFUSALS}
          ... on RefundMinorPayload {{
            replayed refund {{ id user {{ id }} shareBps {MINOR_REFUND} }}
          }}
          ... on MinorRefundChanged {{ code message preview {{ digest {MINOR_REFUND} }} }}
          ... on ApprovalNeeded {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # With a digest of nothing: whoever may, is told what has changed, and nothing happens.
        (Row("refundMinor", OPERATORS),),
    ),
)
