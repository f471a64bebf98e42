"""Who sees what: one route for each way into the schema, and one row for each decision on it.

A document covers everything that can be reached on its route. A row says what each caller gets at
one place; at every place without a row a caller gets what they get at the place above. The test
beside this file fails when a field of the schema is on no route.
"""

from dataclasses import dataclass
from typing import Final, Literal

type Outcome = Literal["shown", "null", "UNAUTHENTICATED", "FORBIDDEN"]

CALLERS: Final = ("anonymous", "other", "unscoped", "owner", "operator")
"""Nobody · somebody else with every user's scope · the owner without any scope · the owner ·
an operator with every operator's scope."""

MONEY = "{ amountMinor currency }"
DIAMONDS = f"{{ microDiamonds worth {MONEY} }}"
PAGE = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
REFUSAL = "... on Refusal { code message }"
ITEM = "{ id name tier priceCoins maxMessageLength streakable }"
GIFT = f"""
  id status count priceCoins message sentAt createdAt
  item {ITEM} target {{ videoId roomId }} refusal {{ code message }}
"""
LOT = "{ id class coins remaining acquiredAt expiresAt }"
BALANCE = f"{{ coins debtCoins lots {{ nodes {LOT} edges {{ cursor node {LOT} }} {PAGE} }} }}"
MATURING = "{ maturesOn microDiamonds }"
EARNINGS = f"""{{
  pending {DIAMONDS} available {DIAMONDS} lifetime {DIAMONDS}
  maturing {{ nodes {MATURING} edges {{ cursor node {MATURING} }} {PAGE} }}
}}"""
ACTION = "{ id operatorId action subject reason details actedAt }"
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


@dataclass(frozen=True)
class Row:
    """What each of CALLERS gets at a place: response keys from the root, without list indices."""

    place: str
    outcomes: tuple[Outcome, Outcome, Outcome, Outcome, Outcome]


@dataclass(frozen=True)
class Route:
    """One way into the schema. Variables name things of the scene; see the test."""

    name: str
    document: str
    rows: tuple[Row, ...]


PUBLIC: Final = ("shown", "shown", "shown", "shown", "shown")
OPERATORS_ONLY: Final = ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown")

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
        "catalogue",
        f"""{{ giftCatalogue {{
          version items(first: 5) {{ nodes {ITEM} edges {{ cursor node {ITEM} }} {PAGE} }}
        }} }}""",
        (Row("giftCatalogue", PUBLIC),),
    ),
    Route(
        "me",
        f"""{{ me {{
          id balance {BALANCE}
          giftsSent(first: 2) {{ nodes {{ {GIFT} }} edges {{ cursor node {{ id }} }} {PAGE} }}
        }} }}""",
        (
            # `me` is always oneself: the other caller and the operator see their own.
            Row("me", ("UNAUTHENTICATED", "shown", "shown", "shown", "shown")),
            Row("me.balance", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.giftsSent", ("null", "shown", "FORBIDDEN", "shown", "shown")),
        ),
    ),
    Route(
        "creator",
        f"""query ($owner: ID!) {{ creator(id: $owner) {{
          id acceptsGifts earnings {EARNINGS}
          giftsReceived(first: 2) {{
            totalCoins nodes {{ {GIFT} }} edges {{ cursor node {{ id }} }} {PAGE}
          }}
        }} }}""",
        (
            Row("creator", PUBLIC),
            Row("creator.acceptsGifts", PUBLIC),
            Row(
                "creator.earnings",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "shown", "shown"),
            ),
            Row(
                "creator.giftsReceived",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "gift",
        f"""query ($sent: UUID!) {{ gift(id: $sent) {{
          {GIFT}
          sender {{ id balance {BALANCE} giftsSent(first: 1) {{ nodes {{ id }} }} }}
          creator {{
            id acceptsGifts earnings {EARNINGS} giftsReceived(first: 1) {{ totalCoins }}
          }}
        }} }}""",
        (
            # To somebody else the gift does not exist, which is not told apart from a secret.
            Row("gift", ("UNAUTHENTICATED", "null", "FORBIDDEN", "shown", "shown")),
            Row("gift.sender.balance", ("null", "null", "null", "shown", "shown")),
            Row("gift.sender.giftsSent", ("null", "null", "null", "shown", "shown")),
            Row("gift.creator.earnings", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.creator.giftsReceived", ("null", "null", "null", "FORBIDDEN", "FORBIDDEN")),
        ),
    ),
    Route(
        "gift received",
        f"""query ($received: UUID!) {{ gift(id: $received) {{
          id sender {{ id balance {BALANCE} giftsSent(first: 1) {{ nodes {{ id }} }} }}
          creator {{ id giftsReceived(first: 1) {{ totalCoins }} earnings {EARNINGS} }}
        }} }}""",
        (
            Row("gift", ("UNAUTHENTICATED", "null", "FORBIDDEN", "shown", "shown")),
            Row("gift.sender.balance", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.sender.giftsSent", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.creator.giftsReceived", ("null", "null", "null", "shown", "FORBIDDEN")),
            Row("gift.creator.earnings", ("null", "null", "null", "shown", "shown")),
        ),
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
        (Row("priceBooks", OPERATORS_ONLY),),
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
        (Row("publishPriceBook", OPERATORS_ONLY),),
    ),
    Route(
        "the wallet's operators",
        f"""{{ walletActions(first: 1) {{
          nodes {ACTION} edges {{ cursor node {ACTION} }} {PAGE}
        }} }}""",
        (Row("walletActions", OPERATORS_ONLY),),
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
        (Row("purchaseCoins", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "looking at a reversal",
        f"""query ($reversal: PreviewReversalInput!) {{ previewReversal(input: $reversal) {{
          __typename {REFUSAL} {REVERSAL_REFUSALS}
          ... on ReversalPreview {PREVIEW}
        }} }}""",
        (
            Row(
                "previewReversal",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown"),
            ),
        ),
    ),
    Route(
        "taking back",
        f"""mutation ($reverse: ReversePurchaseInput!) {{ reversePurchase(input: $reverse) {{
          __typename {REFUSAL} {REVERSAL_REFUSALS}
          ... on ReversePurchasePayload {{
            replayed reversal {{ id amount {MONEY} coins policyVersion legs {LEG} }}
          }}
          ... on ReversalChanged {{ code message preview {PREVIEW} }}
          ... on ReasonMissing {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # Of a purchase that is not paid: whoever may, is refused, and nothing happens.
        (
            Row(
                "reversePurchase",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown"),
            ),
        ),
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
        (
            Row(
                "confirmStorePurchase",
                ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "opting in",
        f"""mutation ($accept: AcceptGiftsInput!) {{ acceptGifts(input: $accept) {{
          __typename {REFUSAL}
          ... on AcceptGiftsPayload {{ creator {{ id acceptsGifts }} }}
          ... on NotEligible {{ code message }}
        }} }}""",
        (Row("acceptGifts", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "giving",
        f"""mutation ($give: SendGiftInput!) {{ sendGift(input: $give) {{
          __typename {REFUSAL}
          ... on SendGiftPayload {{ replayed gift {{ {GIFT} sender {{ id }} creator {{ id }} }} }}
          ... on InsufficientCoins {{ code message neededCoins balanceCoins }}
          ... on GiftItemUnavailable {{ code message }}
          ... on PriceChanged {{ code message priceCoins }}
          ... on InvalidCount {{ code message }}
          ... on MessageTooLong {{ code message maxLength }}
          ... on GiftsNotAccepted {{ code message }} ... on SelfGift {{ code message }}
          ... on NotEligible {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        (Row("sendGift", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
)
