"""What documents ask for of the same thing, wherever it is reached."""

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
  reserved {DIAMONDS} paidOut {DIAMONDS} held {DIAMONDS}
  maturing {{ nodes {MATURING} edges {{ cursor node {MATURING} }} {PAGE} }}
}}"""
LIMITS = "{ dayCoins weekCoins perCreatorDayCoins }"
PENDING_LIMITS = "{ effectiveAt dayCoins weekCoins perCreatorDayCoins }"
GIFTER = "{ rank coins user { id name } }"
QUARANTINE = f"{{ id giftId status note microDiamonds worth {MONEY} frozenAt decidedAt endedAt }}"
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
LEVEL = "{ level nextLevelAt tableVersion points }"
