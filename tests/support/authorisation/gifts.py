"""What gifts answers of gifts, their messages, and who takes them."""

from typing import Final

from support.authorisation.shapes import (
    BALANCE,
    EARNINGS,
    GIFT,
    ITEM,
    LEVEL,
    PAGE,
    QUARANTINE,
    REFUSAL,
)
from support.authorisation.table import OPERATORS, PUBLIC, USERS, Route, Row

MESSAGE = """{
  giftId text status writtenAt silencedAt shownAgainAt wordListVersion term
  sender { id } creator { id } target { videoId roomId }
}"""

ROUTES: Final = (
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
        "gift",
        f"""query ($sent: UUID!) {{ gift(id: $sent) {{
          {GIFT} quarantine {QUARANTINE}
          sender {{ id balance {BALANCE} giftsSent(first: 1) {{ nodes {{ id }} }} }}
          creator {{
            id acceptsGifts earnings {EARNINGS} giftsReceived(first: 1) {{ totalCoins }}
          }}
        }} }}""",
        (
            # To somebody else the gift does not exist, which is not told apart from a secret.
            Row("gift", ("UNAUTHENTICATED", "null", "FORBIDDEN", "shown", "shown")),
            # It is frozen, which is none of its sender's business.
            Row("gift.quarantine", ("null", "null", "null", "null", "shown")),
            Row("gift.sender.balance", ("null", "null", "null", "shown", "shown")),
            Row("gift.sender.giftsSent", ("null", "null", "null", "shown", "shown")),
            Row("gift.creator.earnings", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.creator.giftsReceived", ("null", "null", "null", "FORBIDDEN", "FORBIDDEN")),
        ),
    ),
    Route(
        "gift received",
        f"""query ($received: UUID!) {{ gift(id: $received) {{
          id quarantine {QUARANTINE} sender {{
            id balance {BALANCE} giftsSent(first: 1) {{ nodes {{ id }} }} gifterLevel {LEVEL}
          }}
          creator {{ id giftsReceived(first: 1) {{ totalCoins }} earnings {EARNINGS} }}
        }} }}""",
        (
            Row("gift", ("UNAUTHENTICATED", "null", "FORBIDDEN", "shown", "shown")),
            Row("gift.quarantine", ("null", "null", "null", "shown", "shown")),
            # A sender's level is for everybody who sees who it was, their points are not.
            Row("gift.sender.gifterLevel.points", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.sender.balance", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.sender.giftsSent", ("null", "null", "null", "FORBIDDEN", "shown")),
            Row("gift.creator.giftsReceived", ("null", "null", "null", "shown", "FORBIDDEN")),
            Row("gift.creator.earnings", ("null", "null", "null", "shown", "shown")),
        ),
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
        (Row("sendGift", USERS),),
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
        (Row("undoGift", USERS),),
    ),
    Route(
        "opting in",
        f"""mutation ($accept: AcceptGiftsInput!) {{ acceptGifts(input: $accept) {{
          __typename {REFUSAL}
          ... on AcceptGiftsPayload {{ creator {{ id acceptsGifts }} }}
          ... on NotEligible {{ code message }}
        }} }}""",
        (Row("acceptGifts", USERS),),
    ),
    Route(
        "being named",
        """mutation ($show: ShowMeOnBoardsInput!) { showMeOnBoards(input: $show) { show } }""",
        (Row("showMeOnBoards", USERS),),
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
        "showing a message again",
        f"""mutation ($showing: ShowGiftMessageInput!) {{ showGiftMessage(input: $showing) {{
          __typename {REFUSAL}
          ... on ShowGiftMessagePayload {{ giftMessage {MESSAGE} }}
          ... on GiftMessageUnknown {{ code message }}
        }} }}""",
        # Of no gift either.
        (Row("showGiftMessage", OPERATORS),),
    ),
    Route(
        "blocking a gifter",
        """mutation ($block: BlockGifterInput!) {
          blockGifter(input: $block) { creator { id } user { id } }
        }""",
        (Row("blockGifter", USERS),),
    ),
    Route(
        "blocking a gifter no longer",
        """mutation ($block: BlockGifterInput!) {
          unblockGifter(input: $block) { creator { id } user { id } }
        }""",
        (Row("unblockGifter", USERS),),
    ),
)
