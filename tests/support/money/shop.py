"""What a new system has in its three databases, with limits that random money soon reaches."""

from datetime import UTC, datetime
from fractions import Fraction

from chassis.db import Conn, Pool, transact
from gifts import testing as giving
from payouts.commands.publish_rates import publish_rates
from payouts.commands.publish_terms import publish_terms
from payouts.commands.publish_withholding import publish_withholding
from payouts.domain.terms import CurrencyTerms
from payouts.testing import a_rate, paying
from payouts.testing.taxing import us_table
from support.money.bank_of_tests import BankOfTests
from wallet.domain.claims import ClaimKind
from wallet.domain.reversal_policy import KINDS, ReversalPolicy, WaterfallLeg
from wallet.testing import buying

SERVICES = ("wallet", "gifts", "payouts")
VIEWERS, CREATORS, AGENCIES = ("ann", "bob"), ("star", "moon"), ("house", "label")
DEBT_MAX, RESERVE_MAX, PAID, WINDOW_DAYS = 3, 4, 100, 14
BEGAN_AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
FIXED_FEE_MINOR, FEE_SHARE, HOLD_DAYS = 1, Fraction(1, 100), 10
CENTS_PER_MICRO_DIAMOND = Fraction(7, 1_000_000)
"""So that neither a coin is a whole number of cents nor a cent a whole number of diamonds."""


def a_policy() -> ReversalPolicy:
    """Everybody bears something: minors alone owe nothing."""
    unspent, debt = WaterfallLeg("unspent"), WaterfallLeg("payer_debt", DEBT_MAX)
    others = [
        WaterfallLeg("creator_unmatured"),
        WaterfallLeg("reserve", RESERVE_MAX),
        WaterfallLeg("platform_loss"),
    ]
    waterfalls: dict[ClaimKind, tuple[WaterfallLeg, ...]] = {
        kind: (unspent, *others) if kind == "minor_refund" else (unspent, debt, *others)
        for kind in KINDS
    }
    return ReversalPolicy(1, BEGAN_AT, 1_000_000, waterfalls)


class World:
    """Three databases with what a new system has in them, and the bank."""

    def __init__(self, pools: dict[str, Pool]) -> None:
        self.pools = pools
        self.bank = BankOfTests()

    async def open(self) -> None:
        """Publish prices, rates and terms."""
        await buying.open_shop(self.pools["wallet"])
        await giving.open_shop(self.pools["gifts"])
        of_dollars = CurrencyTerms(
            minimum_minor=1,
            fixed_fee_minor=FIXED_FEE_MINOR,
            fee_bps=int(FEE_SHARE * 10_000),
        )
        terms = paying.some_terms(
            day_max_minor=10**9,
            week_max_minor=10**9,
            change_lock_days=0,
            commission_hold_days=HOLD_DAYS,
            currencies={"USD": of_dollars},
            country_minimum_minor={},
        )
        rate = a_rate(micro_minor=int(CENTS_PER_MICRO_DIAMOND * 10**12))

        async def publish(conn: Conn) -> None:
            await publish_rates(conn, [rate], now=BEGAN_AT)
            await publish_terms(conn, [terms], now=BEGAN_AT)
            await publish_withholding(conn, [us_table(1)], now=BEGAN_AT)

        await transact(self.pools["payouts"], publish)
