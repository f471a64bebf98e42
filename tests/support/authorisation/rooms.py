"""Live rooms and their battles, and what the hub tells of them."""

from typing import Final

from support.authorisation.shapes import GIFTER, ITEM, PAGE, REFUSAL
from support.authorisation.table import NOBODY, OPERATORS, PUBLIC, USERS, Route, Row

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

ROUTES: Final = (
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
        "rooms that are open",
        f"""{{ openRooms(orderBy: GIFTERS, first: 1) {{
          nodes {{ id }} edges {{ cursor node {{ id }} }} {PAGE}
        }} }}""",
        (Row("openRooms", PUBLIC),),
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
        (Row("openRoom", USERS),),
    ),
    Route(
        "keeping a room open",
        f"""mutation ($keep: KeepRoomOpenInput!) {{ keepRoomOpen(input: $keep) {{
          __typename {REFUSAL}
          ... on KeepRoomOpenPayload {{ room {{ id }} }}
          ... on RoomUnknown {{ code message }} ... on RoomNotOpen {{ code message }}
        }} }}""",
        # The room is closed: whoever may ask is refused, and nothing happens.
        (Row("keepRoomOpen", USERS),),
    ),
    Route(
        "closing a room",
        f"""mutation ($close: CloseRoomInput!) {{ closeRoom(input: $close) {{
          __typename {REFUSAL}
          ... on CloseRoomPayload {{ room {{ id }} }} ... on RoomUnknown {{ code message }}
        }} }}""",
        # The room is closed already.
        (Row("closeRoom", USERS),),
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
        (Row("acceptRoomGifts", USERS),),
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
        (Row("proposeBattle", USERS),),
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
        (Row("acceptBattle", USERS),),
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
        (Row("usePowerUp", USERS),),
    ),
    Route(
        "how fast the hub tells",
        "{ liveDelivery { since deliveries p50Ms p95Ms p99Ms clients } }",
        (Row("liveDelivery", OPERATORS),),
    ),
)
