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
  id status count priceCoins message messageStatus sentAt createdAt
  undoableUntil undoRequestedAt
  item {ITEM} target {{ videoId roomId }} refusal {{ code message }}
"""
LOT = "{ id class coins remaining acquiredAt expiresAt }"
BALANCE = f"{{ coins debtCoins lots {{ nodes {LOT} edges {{ cursor node {LOT} }} {PAGE} }} }}"
MATURING = "{ maturesOn microDiamonds }"
EARNINGS = f"""{{
  pending {DIAMONDS} available {DIAMONDS} lifetime {DIAMONDS}
  reserved {DIAMONDS} paidOut {DIAMONDS}
  maturing {{ nodes {MATURING} edges {{ cursor node {MATURING} }} {PAGE} }}
}}"""
ACTION = "{ id operatorId action subject reason details actedAt }"
PRICE_BOOK = f"""
  version effectiveFrom publishedAt defaultMarket bonusExpiresAfterDays
  providers {{ name refundWindowDays store }}
  markets {{ name store regions currency seller bundles {{ id coins price {MONEY} }} }}
"""
LIMITS = "{ dayCoins weekCoins perCreatorDayCoins }"
PENDING_LIMITS = "{ effectiveAt dayCoins weekCoins perCreatorDayCoins }"
PURCHASE = f"""
  id status coins bonusCoins bundleId provider checkoutUrl createdAt paidAt creditedAt
  price {MONEY}
"""

BLOCKED = "{ user { id } blockedAt }"
MESSAGE = """{
  giftId text status writtenAt silencedAt wordListVersion term
  sender { id } creator { id } target { videoId roomId }
}"""
GIFTER = "{ rank coins user { id name } }"
BATTLE = """{
  id status invitedAt expiresAt startedAt endsAt endedAt seedHash seed winnerRoomId isFlagged
  sides { host { id } room { id } points laterPoints hits combos }
  powerUps { id kind number roomId usedAt fromAt untilAt }
}"""
TRAIN = f"""{{
  id difficulty level levels progressCoins targetCoins startedAt expiresAt endedAt
  topGifters {GIFTER}
}}"""
ROOM = f"""{{
  train {TRAIN}
  battle {BATTLE} battleInvitations {{ id }}
  id status title host {{ id }} openedAt closedAt seq acceptsGifts
  summary {{ coins gifts gifters }}
  goal {{ targetCoins reachedCoins targetCount reachedCount reachedAt item {ITEM} }}
  topGifters(first: 2) {{
    me {{ rank coins behindCoins }} nodes {GIFTER} edges {{ cursor node {GIFTER} }} {PAGE}
  }}
}}"""
TAX_FORM = "{ id kind country claimsTreaty display submittedAt validUntil status }"
METHOD = "{ id rail status usableFrom display country currency addedAt reason }"
CONTRACT = """{
  id creatorId agencyId shareBps effectiveFrom endsAt proposedAt acceptedAt status
}"""
PAYOUT = f"""{{
  id source status microDiamonds gross {MONEY} fees {{ kind amount {MONEY} }} net {MONEY} methodId
  withholding {{ amount {MONEY} rateBps because rateVersion taxFormId }}
  commissions {{ agencyId contractId shareBps amount {MONEY} }}
  conversion {{ nanoRate source observedAt }} requestedAt dueAt waitsFor
  history {{ status at reason }}
}}"""
BREAK = """{
  id rail kind transferKey payoutId theirStatus repair status foundAt proposedBy proposalReason
}"""
LINE = f"""{{
  at kind microDiamonds giftId payoutId reason adjusts withheld {MONEY} withheldBecause
  commission {MONEY} commissionOf
}}"""
STATEMENT = f"""{{
  number period knownAt sha256 csvUrl pdfUrl
  opening {{ microDiamonds }} earned {{ microDiamonds }} reversed {{ microDiamonds }}
  paidOut {{ microDiamonds }} closing {{ microDiamonds }}
  lines(first: 2) {{ nodes {LINE} edges {{ cursor node {LINE} }} {PAGE} }}
}}"""
FIGURES = "{ key gifts coins microDiamonds reversedCoins reversedMicroDiamonds }"
ANALYTICS = f"""{{
  asOf totalGifts totalCoins totalMicroDiamonds totalReversedCoins totalReversedMicroDiamonds
  nodes {FIGURES} edges {{ cursor node {FIGURES} }} {PAGE}
}}"""
PAYOUTS = f"""
  analytics(from: "2026-01-01", to: "2026-12-31", by: GIFTER, first: 2) {ANALYTICS}
  statement(period: $month) {STATEMENT}
  payouts(first: 2) {{ nodes {PAYOUT} edges {{ cursor node {{ id }} }} {PAGE} }}
  payoutMethods(first: 2) {{ nodes {METHOD} edges {{ cursor node {{ id }} }} {PAGE} }}
  taxForms(first: 2) {{ nodes {TAX_FORM} edges {{ cursor node {TAX_FORM} }} {PAGE} }}
  withheld {{ year amount {MONEY} }} withholdingCorrections {MONEY}
  agencyContracts(first: 2) {{ nodes {CONTRACT} edges {{ cursor node {{ id }} }} {PAGE} }}
  creatorContracts(first: 2) {{ nodes {CONTRACT} edges {{ cursor node {{ id }} }} {PAGE} }}
  commissions {{ available {MONEY} pending {MONEY} }}
  commissionsByCreator {{ creatorId earned {MONEY} }}
  reversals(first: 2) {{
    nodes {{ giftId at reason kind coins microDiamonds }}
    edges {{ cursor node {{ giftId }} }} {PAGE}
  }}
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


BOARD = "{ startsAt endsAt nodes { rank coins user { id } } me { rank coins behindCoins } }"

LEVEL = "{ level nextLevelAt tableVersion points }"
CLUB = f"""{{
  members item {ITEM} me {{ isActive joinedAt activeUntil points level nextLevelAt }}
}}"""

PUBLIC: Final = ("shown", "shown", "shown", "shown", "shown")
NOBODY: Final = ("null", "null", "null", "null", "null")
OPERATORS: Final = ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown")

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
          version messageLengths {{ fromCoins maxLength }}
          items(first: 5) {{ nodes {ITEM} edges {{ cursor node {ITEM} }} {PAGE} }}
        }} }}""",
        (Row("giftCatalogue", PUBLIC),),
    ),
    Route(
        "level table",
        f"""{{ levelTable {{
          version effectiveFrom keptDays gifterLevels {{ level points }}
          fanClubLevels {{ level points }} fanClubItem {ITEM}
          fanClubActiveDays fanClubDecayDays fanClubDecayKeepsPct
        }} }}""",
        (Row("levelTable", PUBLIC),),
    ),
    Route(
        "me",
        f"""query ($month: String!) {{ me {{
          id balance {BALANCE} gifterLevel {LEVEL}
          spendLimits {LIMITS} pendingSpendLimits {PENDING_LIMITS}
          giftsSent(first: 2) {{ nodes {{ {GIFT} }} edges {{ cursor node {{ id }} }} {PAGE} }}
          creator {{ id acceptsGifts earnings {EARNINGS} {PAYOUTS} }}
        }} }}""",
        (
            # `me` is always oneself: the other caller and the operator see their own.
            Row("me", ("UNAUTHENTICATED", "shown", "shown", "shown", "shown")),
            Row("me.balance", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.spendLimits", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.pendingSpendLimits", ("null", "null", "FORBIDDEN", "shown", "null")),
            Row("me.giftsSent", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.gifterLevel", ("null", "shown", "shown", "shown", "shown")),
            Row("me.gifterLevel.points", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.creator.acceptsGifts", ("null", "shown", "shown", "shown", "shown")),
            Row("me.creator.earnings", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.creator.payouts", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            # Only the owner and the other have earned something.
            Row("me.creator.statement", ("null", "shown", "FORBIDDEN", "shown", "null")),
            Row("me.creator.analytics", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.creator.payoutMethods", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.creator.reversals", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.creator.taxForms", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            Row("me.creator.withheld", ("null", "shown", "FORBIDDEN", "shown", "shown")),
            *(
                Row(f"me.creator.{field}", ("null", "shown", "FORBIDDEN", "shown", "shown"))
                for field in (
                    *("withholdingCorrections", "agencyContracts", "creatorContracts"),
                    *("commissions", "commissionsByCreator"),
                )
            ),
        ),
    ),
    Route(
        "creator",
        f"""query ($owner: ID!, $month: String!) {{ creator(id: $owner) {{
          id acceptsGifts earnings {EARNINGS} {PAYOUTS}
          leaderboard(window: ALL_TIME, first: 2) {BOARD} fanClub {CLUB}
          giftsReceived(first: 2) {{
            totalCoins nodes {{ {GIFT} }} edges {{ cursor node {{ id }} }} {PAGE}
          }}
          blockedGifters(first: 2) {{ nodes {BLOCKED} edges {{ cursor node {BLOCKED} }} {PAGE} }}
        }} }}""",
        (
            Row("creator", PUBLIC),
            Row("creator.acceptsGifts", PUBLIC),
            Row("creator.leaderboard", PUBLIC),
            # Somebody gave the owner something, but never agreed to be named; none of these did.
            Row("creator.leaderboard.nodes.rank", PUBLIC),
            Row("creator.leaderboard.nodes.user", NOBODY),
            Row("creator.leaderboard.me", NOBODY),
            Row("creator.fanClub", PUBLIC),
            # None of them has ever joined it.
            Row("creator.fanClub.me", NOBODY),
            Row(
                "creator.earnings",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "shown", "shown"),
            ),
            *(
                Row(
                    f"creator.{field}",
                    ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "shown", "shown"),
                )
                for field in (
                    *("payouts", "payoutMethods", "statement", "reversals", "analytics"),
                    *("taxForms", "withheld", "withholdingCorrections"),
                    *("agencyContracts", "creatorContracts"),
                    *("commissions", "commissionsByCreator"),
                )
            ),
            *(
                Row(
                    f"creator.{field}",
                    ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "shown", "FORBIDDEN"),
                )
                for field in ("giftsReceived", "blockedGifters")
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
          id sender {{
            id balance {BALANCE} giftsSent(first: 1) {{ nodes {{ id }} }} gifterLevel {LEVEL}
          }}
          creator {{ id giftsReceived(first: 1) {{ totalCoins }} earnings {EARNINGS} }}
        }} }}""",
        (
            Row("gift", ("UNAUTHENTICATED", "null", "FORBIDDEN", "shown", "shown")),
            # A sender's level is for everybody who sees who it was, their points are not.
            Row("gift.sender.gifterLevel.points", ("null", "null", "null", "FORBIDDEN", "shown")),
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
        "what operators did",
        f"""{{
          walletActions(first: 1) {{ nodes {ACTION} edges {{ cursor node {ACTION} }} {PAGE} }}
          payoutsActions(first: 1) {{ nodes {ACTION} edges {{ cursor node {ACTION} }} {PAGE} }}
          giftsActions(first: 1) {{ nodes {ACTION} edges {{ cursor node {ACTION} }} {PAGE} }}
        }}""",
        (
            Row("walletActions", OPERATORS),
            Row("payoutsActions", OPERATORS),
            Row("giftsActions", OPERATORS),
        ),
    ),
    Route(
        "messages as they were written",
        f"""query ($owner: ID!) {{ giftMessages(creatorId: $owner, first: 2) {{
          nodes {MESSAGE} edges {{ cursor node {MESSAGE} }} {PAGE}
        }} }}""",
        (Row("giftMessages", OPERATORS),),
    ),
    Route(
        "removing a message",
        f"""mutation ($removal: RemoveGiftMessageInput!) {{ removeGiftMessage(input: $removal) {{
          __typename {REFUSAL}
          ... on RemoveGiftMessagePayload {{ giftMessage {MESSAGE} }}
          ... on GiftMessageUnknown {{ code message }}
        }} }}""",
        # Of no gift: whoever may, is refused, and nothing happens.
        (Row("removeGiftMessage", OPERATORS),),
    ),
    Route(
        "blocking a gifter",
        """mutation ($block: BlockGifterInput!) {
          blockGifter(input: $block) { creator { id } user { id } }
        }""",
        (Row("blockGifter", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "blocking a gifter no longer",
        """mutation ($block: BlockGifterInput!) {
          unblockGifter(input: $block) { creator { id } user { id } }
        }""",
        (Row("unblockGifter", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "switching gifts to a room",
        f"""mutation ($acceptInRoom: AcceptRoomGiftsInput!) {{
          acceptRoomGifts(input: $acceptInRoom) {{
            __typename {REFUSAL}
            ... on AcceptRoomGiftsPayload {{ room {{ id }} }}
            ... on RoomUnknown {{ code message }} ... on RoomNotOpen {{ code message }}
          }}
        }}""",
        (Row("acceptRoomGifts", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
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
          ... on ApprovalNeeded {{ code message }} ... on IdempotencyConflict {{ code message }}
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
        "looking at a minor's refund",
        f"""query ($minor: PreviewMinorRefundInput!) {{ previewMinorRefund(input: $minor) {{
          __typename {REFUSAL} {MINOR_REFUND_REFUSALS}
          ... on MinorRefundPreview {{ digest {MINOR_REFUND} }}
        }} }}""",
        (
            Row(
                "previewMinorRefund",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown"),
            ),
        ),
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
        (
            Row(
                "refundMinor",
                ("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "shown"),
            ),
        ),
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
        "being named",
        """mutation ($show: ShowMeOnBoardsInput!) { showMeOnBoards(input: $show) { show } }""",
        (Row("showMeOnBoards", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "giving",
        f"""mutation ($give: SendGiftInput!) {{ sendGift(input: $give) {{
          __typename {REFUSAL}
          ... on SendGiftPayload {{ replayed gift {{ {GIFT} sender {{ id }} creator {{ id }} }} }}
          ... on InsufficientCoins {{ code message neededCoins balanceCoins }}
          ... on SpendLimitReached {{
            code message limit neededCoins limitCoins spentCoins freesUpAt
          }}
          ... on GiftItemUnavailable {{ code message }}
          ... on PriceChanged {{ code message priceCoins }}
          ... on InvalidCount {{ code message }}
          ... on MessageTooLong {{ code message maxLength }}
          ... on GiftsNotAccepted {{ code message }} ... on SelfGift {{ code message }}
          ... on RoomNotOpen {{ code message }} ... on GifterBlocked {{ code message }}
          ... on NotEligible {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        (Row("sendGift", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "a room",
        f"""query ($room: UUID!) {{ room(id: $room) {ROOM} }}""",
        (
            Row("room", PUBLIC),
            # Somebody gave something in it, who never agreed to be named; none of these did.
            Row("room.topGifters.nodes.rank", PUBLIC),
            Row("room.topGifters.nodes.user", NOBODY),
            Row("room.topGifters.me", NOBODY),
        ),
    ),
    Route(
        "undoing a gift",
        f"""mutation ($undo: UndoGiftInput!) {{ undoGift(input: $undo) {{
          __typename {REFUSAL}
          ... on UndoGiftPayload {{ gift {{ id }} }}
          ... on GiftUnknown {{ code message }} ... on GiftNotCharged {{ code message }}
          ... on GiftTakenBack {{ code message }}
          ... on RegretOver {{ code message endedAt }}
        }} }}""",
        # A gift that somebody else has sent to the owner: whoever may ask is refused.
        (Row("undoGift", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "opening a room",
        f"""mutation ($open: OpenRoomInput!) {{ openRoom(input: $open) {{
          __typename {REFUSAL}
          ... on OpenRoomPayload {{ replayed room {{ id }} }}
          ... on RoomAlreadyOpen {{ code message openRoomId }}
          ... on TitleTooLong {{ code message maxLength }}
          ... on GiftItemUnavailable {{ code message }}
          ... on NotEligible {{ code message }} ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # The owner's own input again: a retry for the owner, a conflict for the other.
        (Row("openRoom", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "keeping a room open",
        f"""mutation ($keep: KeepRoomOpenInput!) {{ keepRoomOpen(input: $keep) {{
          __typename {REFUSAL}
          ... on KeepRoomOpenPayload {{ room {{ id }} }}
          ... on RoomUnknown {{ code message }} ... on RoomNotOpen {{ code message }}
        }} }}""",
        # The room is closed: whoever may ask is refused, and nothing happens.
        (Row("keepRoomOpen", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "closing a room",
        f"""mutation ($close: CloseRoomInput!) {{ closeRoom(input: $close) {{
          __typename {REFUSAL}
          ... on CloseRoomPayload {{ room {{ id }} }} ... on RoomUnknown {{ code message }}
        }} }}""",
        # The room is closed already.
        (Row("closeRoom", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "a battle",
        f"""query ($battle: UUID!) {{ battle(id: $battle) {BATTLE} }}""",
        (Row("battle", PUBLIC),),
    ),
    Route(
        "proposing a battle",
        f"""mutation ($propose: ProposeBattleInput!) {{ proposeBattle(input: $propose) {{
          __typename {REFUSAL}
          ... on ProposeBattlePayload {{ replayed battle {{ id }} }}
          ... on RoomUnknown {{ code message }} ... on RoomNotOpen {{ code message }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # The owner's own input again: a retry for the owner, a conflict for the other.
        (Row("proposeBattle", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "accepting a battle",
        f"""mutation ($acceptBattle: AcceptBattleInput!) {{ acceptBattle(input: $acceptBattle) {{
          __typename {REFUSAL}
          ... on AcceptBattlePayload {{ battle {{ id }} }}
          ... on BattleUnknown {{ code message }} ... on BattleInvitationExpired {{ code message }}
          ... on RoomInBattle {{ code message }} ... on RoomNotOpen {{ code message }}
        }} }}""",
        # It was proposed to a friend of the owner's: to both callers there is no such battle.
        (Row("acceptBattle", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "using a power-up",
        f"""mutation ($use: UsePowerUpInput!) {{ usePowerUp(input: $use) {{
          __typename {REFUSAL}
          ... on UsePowerUpPayload {{ battle {{ id }} }}
          ... on BattleUnknown {{ code message }} ... on BattleNotRunning {{ code message }}
          ... on PowerUpUsedUp {{ code message usedMax }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # It does not run; to the other there is no such battle.
        (Row("usePowerUp", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "breaks",
        f"""{{ payoutBreaks(first: 2) {{
          nodes {BREAK} edges {{ cursor node {{ id }} }} {PAGE}
        }} }}""",
        (Row("payoutBreaks", OPERATORS),),
    ),
    Route(
        "proposing a repair",
        f"""mutation ($repair: ProposePayoutRepairInput!) {{
          proposePayoutRepair(input: $repair) {{
            __typename {REFUSAL}
            ... on ProposePayoutRepairPayload {{ break {BREAK} }}
            ... on PayoutBreakUnknown {{ code message }}
            ... on PayoutBreakNotRepairable {{ code message status }}
          }}
        }}""",
        (Row("proposePayoutRepair", OPERATORS),),
    ),
    Route(
        "approving a repair",
        f"""mutation ($noBreak: ApprovePayoutRepairInput!) {{
          approvePayoutRepair(input: $noBreak) {{
            __typename {REFUSAL}
            ... on ApprovePayoutRepairPayload {{ break {BREAK} }}
            ... on PayoutBreakUnknown {{ code message }}
            ... on PayoutBreakNotRepairable {{ code message status }}
            ... on SecondOperatorNeeded {{ code message }}
          }}
        }}""",
        (Row("approvePayoutRepair", OPERATORS),),
    ),
    Route(
        "adding a payout method",
        f"""mutation ($method: AddPayoutMethodInput!) {{ addPayoutMethod(input: $method) {{
          __typename {REFUSAL}
          ... on AddPayoutMethodPayload {{ replayed method {METHOD} }}
          ... on PayoutRailUnavailable {{ code message }}
          ... on PayoutCurrencyUnsupported {{ code message }}
          ... on PayoutDetailsInvalid {{ code message field }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        # The id was first used by the owner, so that others get a conflict.
        (Row("addPayoutMethod", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "requesting a payout",
        f"""mutation ($payout: RequestPayoutInput!) {{ requestPayout(input: $payout) {{
          __typename {REFUSAL}
          ... on RequestPayoutPayload {{ replayed payout {PAYOUT} }}
          ... on PayoutBelowMinimum {{ code message minimum {MONEY} neededMicroDiamonds }}
          ... on PayoutFeesExceedAmount {{ code message fees {MONEY} neededMicroDiamonds }}
          ... on PayoutLimitReached {{ code message window limit {MONEY} remaining {MONEY} }}
          ... on PayoutAmountInvalid {{ code message }}
          ... on InsufficientDiamonds {{ code message availableMicroDiamonds }}
          ... on IdentityNotVerified {{ code message }}
          ... on PayoutMethodUnavailable {{ code message }}
          ... on PayoutMethodNotVerified {{ code message }}
          ... on PayoutMethodLocked {{ code message usableFrom }}
          ... on PayoutCurrencyUnsupported {{ code message }}
          ... on PayoutConversionUnavailable {{ code message }}
          ... on TaxFormNeeded {{ code message }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        (Row("requestPayout", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "canceling a payout",
        f"""mutation ($noPayout: CancelPayoutInput!) {{ cancelPayout(input: $noPayout) {{
          __typename {REFUSAL}
          ... on CancelPayoutPayload {{ payout {PAYOUT} }}
          ... on PayoutUnknown {{ code message }}
          ... on PayoutNotCancelable {{ code message status }}
        }} }}""",
        (Row("cancelPayout", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "going to be verified",
        f"""mutation ($noMethod: OpenPayoutOnboardingInput!) {{
          openPayoutOnboarding(input: $noMethod) {{
            __typename {REFUSAL}
            ... on OpenPayoutOnboardingPayload {{ url expiresAt }}
            ... on PayoutMethodUnavailable {{ code message }}
            ... on PayoutRailUnavailable {{ code message }}
          }}
        }}""",
        (
            Row(
                "openPayoutOnboarding",
                ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "disabling a payout method",
        f"""mutation ($noMethod: DisablePayoutMethodInput!) {{
          disablePayoutMethod(input: $noMethod) {{
            __typename {REFUSAL}
            ... on DisablePayoutMethodPayload {{ method {METHOD} }}
            ... on PayoutMethodUnavailable {{ code message }}
          }}
        }}""",
        (
            Row(
                "disablePayoutMethod",
                ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "reviewing a creator",
        """mutation ($review: ReviewCreatorInput!) { reviewCreator(input: $review) {
          creator { id } heldPayouts
        } }""",
        (Row("reviewCreator", OPERATORS),),
    ),
    Route(
        "deciding on a held payout",
        f"""mutation ($decision: DecideHeldPayoutInput!) {{ decideHeldPayout(input: $decision) {{
          __typename {REFUSAL}
          ... on DecideHeldPayoutPayload {{ payout {PAYOUT} }}
          ... on PayoutUnknown {{ code message }}
          ... on PayoutNotHeld {{ code message status }}
          ... on CreatorNotCleared {{ code message }}
          ... on TaxFormNeeded {{ code message }}
          ... on PayoutMethodUnavailable {{ code message }}
          ... on ApprovalNeeded {{ code message }}
        }} }}""",
        (Row("decideHeldPayout", OPERATORS),),
    ),
    Route(
        "sending a tax form",
        f"""mutation ($taxForm: SubmitTaxFormInput!) {{ submitTaxForm(input: $taxForm) {{
          __typename {REFUSAL}
          ... on SubmitTaxFormPayload {{ replayed form {TAX_FORM} }}
          ... on TaxFormInvalid {{ code message field }}
          ... on IdempotencyConflict {{ code message }}
        }} }}""",
        (Row("submitTaxForm", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN")),),
    ),
    Route(
        "reviewing a tax form",
        f"""mutation ($noForm: ReviewTaxFormInput!) {{ reviewTaxForm(input: $noForm) {{
          __typename {REFUSAL}
          ... on ReviewTaxFormPayload {{ form {TAX_FORM} }}
          ... on TaxFormUnknown {{ code message }}
          ... on TaxFormDecided {{ code message status }}
        }} }}""",
        (Row("reviewTaxForm", OPERATORS),),
    ),
    Route(
        "previewing corrections of withholding",
        f"""query ($owner: ID!) {{ previewWithholdingCorrections(creatorId: $owner) {{
          payout {{ id status net {MONEY} }} withheld {MONEY} excess {MONEY} because rateBps
        }} }}""",
        (Row("previewWithholdingCorrections", OPERATORS),),
    ),
    Route(
        "correcting withholding",
        f"""mutation ($correction: CorrectWithholdingInput!) {{
          correctWithholding(input: $correction) {{
            __typename {REFUSAL}
            ... on CorrectWithholdingPayload {{ replayed payout {PAYOUT} corrected {MONEY} }}
            ... on PayoutUnknown {{ code message }}
            ... on WithholdingCorrectionChanged {{ code message excess {MONEY} }}
            ... on ApprovalNeeded {{ code message }}
          }}
        }}""",
        (Row("correctWithholding", OPERATORS),),
    ),
    Route(
        "entering a contract with an agency",
        f"""mutation ($contract: ProposeAgencyContractInput!) {{
          proposeAgencyContract(input: $contract) {{
            __typename {REFUSAL}
            ... on ProposeAgencyContractPayload {{ replayed contract {CONTRACT} }}
            ... on AgencyContractInvalid {{ code message field }}
            ... on IdempotencyConflict {{ code message }}
          }}
        }}""",
        (Row("proposeAgencyContract", OPERATORS),),
    ),
    Route(
        "answering a contract with an agency",
        f"""mutation ($answer: AnswerAgencyContractInput!) {{
          answerAgencyContract(input: $answer) {{
            __typename {REFUSAL}
            ... on AnswerAgencyContractPayload {{ contract {CONTRACT} }}
            ... on AgencyContractUnknown {{ code message }}
            ... on AgencyContractDecided {{ code message status }}
            ... on AgencySharesExceeded {{ code message sharesBps maxBps }}
          }}
        }}""",
        (
            Row(
                "answerAgencyContract",
                ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "ending a contract with an agency",
        f"""mutation ($noContract: EndAgencyContractInput!) {{
          endAgencyContract(input: $noContract) {{
            __typename {REFUSAL}
            ... on EndAgencyContractPayload {{ contract {CONTRACT} }}
            ... on AgencyContractUnknown {{ code message }}
            ... on AgencyContractDecided {{ code message status }}
          }}
        }}""",
        (Row("endAgencyContract", OPERATORS),),
    ),
    Route(
        "collecting commissions",
        f"""mutation ($commission: RequestCommissionPayoutInput!) {{
          requestCommissionPayout(input: $commission) {{
            __typename {REFUSAL}
            ... on RequestCommissionPayoutPayload {{ replayed payout {PAYOUT} }}
            ... on CommissionAmountInvalid {{ code message increment {MONEY} }}
            ... on InsufficientCommissions {{ code message available {MONEY} }}
            ... on CommissionBelowMinimum {{ code message needed {MONEY} }}
            ... on PayoutLimitReached {{ code message }}
            ... on IdentityNotVerified {{ code message }}
            ... on PayoutMethodUnavailable {{ code message }}
            ... on PayoutMethodNotVerified {{ code message }}
            ... on PayoutMethodLocked {{ code message }}
            ... on PayoutCurrencyUnsupported {{ code message }}
            ... on PayoutConversionUnavailable {{ code message }}
            ... on TaxFormNeeded {{ code message }} ... on IdempotencyConflict {{ code message }}
          }}
        }}""",
        (
            Row(
                "requestCommissionPayout",
                ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "FORBIDDEN"),
            ),
        ),
    ),
    Route(
        "how fast the hub tells",
        "{ liveDelivery { since deliveries p50Ms p95Ms p99Ms clients } }",
        (Row("liveDelivery", OPERATORS),),
    ),
)

FEEDS: Final = (
    Route(
        "a room as it goes on",
        """subscription ($room: UUID!) {
          roomFrames(roomId: $room) {
            roomId creatorId seq status committedAt snapshot missedFrames moreGifts moreCoins
            gifts {
              giftId itemId count totalCoins senderId senderName message
              streakId streakCount streakEnded senderLevel leveledUp senderClubLevel firstGift
              pendingUntil
            }
            totals { coins gifts gifters }
            goal { targetCoins reachedCoins targetItemId targetCount reachedCount reachedAt }
            topGifters { rank userId userName coins } removedMessages
            battle {
              battleId status startedAt endsAt seedHash seed winnerRoomId flagged
              sides {
                roomId creatorId points hiddenUntil multiplier multipliedUntil hammeringUntil
                hits combos
              }
            }
            train {
              trainId level levels progress target startedAt expiresAt began ended
              topGifters { rank }
            }
          }
        }""",
        (Row("roomFrames", PUBLIC),),
    ),
    Route(
        "the own balance as it changes",
        "subscription { balanceChanged { version coins debtCoins asOf cause } }",
        (Row("balanceChanged", ("UNAUTHENTICATED", "shown", "shown", "shown", "shown")),),
    ),
    Route(
        "the own earnings as they change",
        """subscription {
          earningsChanged {
            version pending { microDiamonds } available { microDiamonds } asOf
          }
        }""",
        (Row("earningsChanged", ("UNAUTHENTICATED", "shown", "FORBIDDEN", "shown", "shown")),),
    ),
)
"""Subscriptions. Nothing but the token's subject decides whose the private ones are."""
