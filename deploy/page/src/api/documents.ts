/** All that the page asks of the one endpoint. */

export const ROOM = /* GraphQL */ `
  query PageRoom($id: UUID!) {
    room(id: $id) {
      id status title
      host { id }
      goal { targetCoins reachedCoins targetCount reachedCount reachedAt item { id } }
      summary { coins gifts gifters }
      topGifters(first: 10) { nodes { rank coins user { id name } } }
      battle { status endsAt winnerRoomId sides { points hits combos host { id } room { id } } }
    }
  }
`;

export const OPEN_ROOMS = /* GraphQL */ `
  query PageOpenRooms($orderBy: OpenRoomOrder!, $after: String) {
    openRooms(orderBy: $orderBy, first: 24, after: $after) {
      nodes { id title host { id } summary { coins gifts gifters } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export const ROOM_FRAMES = /* GraphQL */ `
  subscription PageRoomFrames($roomId: UUID!, $after: Int) {
    roomFrames(roomId: $roomId, after: $after) {
      seq status committedAt snapshot missedFrames
      gifts { giftId itemId count totalCoins senderId senderName message streakId streakCount streakEnded }
      moreGifts moreCoins
      totals { coins gifts gifters }
      goal { targetCoins reachedCoins targetItemId targetCount reachedCount reachedAt }
      topGifters { rank userId userName coins }
      battle {
        status endsAt winnerRoomId
        sides { roomId creatorId points hiddenUntil multipliedUntil hammeringUntil hits combos }
      }
    }
  }
`;

export const CATALOGUE = /* GraphQL */ `
  query PageCatalogue {
    giftCatalogue { items(first: 100) { nodes { id name tier priceCoins maxMessageLength streakable } } }
  }
`;

export const BALANCE = /* GraphQL */ `
  query PageBalance { me { balance { coins debtCoins } } }
`;

export const BALANCE_CHANGED = /* GraphQL */ `
  subscription PageBalanceChanged { balanceChanged { version coins debtCoins } }
`;

export const SEND_GIFT = /* GraphQL */ `
  mutation PageSendGift($input: SendGiftInput!) {
    sendGift(input: $input) {
      __typename
      ... on SendGiftPayload { gift { id status refusal { code message } } }
      ... on InsufficientCoins { neededCoins balanceCoins }
      ... on Refusal { code message }
    }
  }
`;

export const SHOW_ME = /* GraphQL */ `
  mutation PageShowMe($show: Boolean!) { showMeOnBoards(input: { show: $show }) { show } }
`;

export const GIFT = /* GraphQL */ `
  query PageGift($id: UUID!) { gift(id: $id) { id status refusal { code message } } }
`;

export const BUNDLES = /* GraphQL */ `
  query PageBundles { coinBundles { nodes { id coins bonusCoins price { amountMinor currency } } } }
`;

export const PURCHASE_COINS = /* GraphQL */ `
  mutation PagePurchaseCoins($input: PurchaseCoinsInput!) {
    purchaseCoins(input: $input) {
      __typename
      ... on PurchaseCoinsPayload { purchase { id checkoutUrl } }
      ... on Refusal { code message }
    }
  }
`;

export const ACCEPT_GIFTS = /* GraphQL */ `
  mutation PageAcceptGifts {
    acceptGifts(input: { accept: true }) { __typename ... on Refusal { code message } }
  }
`;

export const OPEN_ROOM = /* GraphQL */ `
  mutation PageOpenRoom($input: OpenRoomInput!) {
    openRoom(input: $input) {
      __typename
      ... on OpenRoomPayload { room { id } }
      ... on RoomAlreadyOpen { openRoomId }
      ... on Refusal { code message }
    }
  }
`;

export const KEEP_ROOM_OPEN = /* GraphQL */ `
  mutation PageKeepRoomOpen($roomId: UUID!) {
    keepRoomOpen(input: { roomId: $roomId }) { __typename ... on Refusal { code message } }
  }
`;

export const CLOSE_ROOM = /* GraphQL */ `
  mutation PageCloseRoom($roomId: UUID!) {
    closeRoom(input: { roomId: $roomId }) { __typename ... on Refusal { code message } }
  }
`;

export const BATTLE_DESK = /* GraphQL */ `
  query PageBattleDesk($id: UUID!) {
    room(id: $id) {
      battle {
        id status seedHash seed sides { host { id } }
        powerUps { id kind number roomId fromAt untilAt }
      }
      battleInvitations { id expiresAt sides { host { id } } }
    }
  }
`;

export const PROPOSE_BATTLE = /* GraphQL */ `
  mutation PageProposeBattle($input: ProposeBattleInput!) {
    proposeBattle(input: $input) {
      __typename
      ... on ProposeBattlePayload { battle { id expiresAt } }
      ... on Refusal { code message }
    }
  }
`;

export const ACCEPT_BATTLE = /* GraphQL */ `
  mutation PageAcceptBattle($input: AcceptBattleInput!) {
    acceptBattle(input: $input) { __typename ... on Refusal { code message } }
  }
`;

export const USE_POWER_UP = /* GraphQL */ `
  mutation PageUsePowerUp($input: UsePowerUpInput!) {
    usePowerUp(input: $input) {
      __typename
      ... on UsePowerUpPayload { battle { powerUps { id kind number roomId fromAt untilAt } } }
      ... on Refusal { code message }
    }
  }
`;

export const EARNINGS_CHANGED = /* GraphQL */ `
  subscription PageEarningsChanged { earningsChanged { version } }
`;

export const EARNINGS = /* GraphQL */ `
  query PageEarnings($id: ID!) {
    creator(id: $id) {
      earnings {
        pending { microDiamonds worth { amountMinor currency } }
        available { microDiamonds worth { amountMinor currency } }
        lifetime { microDiamonds }
      }
    }
  }
`;
