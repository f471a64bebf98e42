"""Where one question reaches several services: oneself, a creator, what operators did."""

from typing import Final

from support.authorisation.shapes import (
    BALANCE,
    CONTRACT,
    EARNINGS,
    GIFT,
    ITEM,
    LEVEL,
    LIMITS,
    METHOD,
    MONEY,
    PAGE,
    PAYOUT,
    PENDING_LIMITS,
    TAX_FORM,
)
from support.authorisation.table import NOBODY, OPERATORS, PUBLIC, Route, Row

ACTION = "{ id operatorId action subject reason details actedAt }"
BLOCKED = "{ user { id } blockedAt }"
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
BOARD = "{ startsAt endsAt nodes { rank coins user { id } } me { rank coins behindCoins } }"
CLUB = f"""{{
  members item {ITEM} me {{ isActive joinedAt activeUntil points level nextLevelAt }}
}}"""

ROUTES: Final = (
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
)
