"""What a payout comes to: exact, oldest first, and never more taken than is paid for."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chassis.money import exponent
from payouts.domain.agency import Contract, ContractStatus
from payouts.domain.quote import Part, Quote, quote, quote_commission
from payouts.domain.refusals import (
    CommissionBelowMinimumError,
    FeesExceedPayoutError,
    PayoutBelowMinimumError,
)
from payouts.domain.terms import CurrencyTerms
from payouts.domain.withholding import Withholding, WithholdingRule
from payouts.testing.paying import a_conversion, some_terms

ACCEPTED = ContractStatus.ACCEPTED
DAY = date(2026, 5, 10)
WORTH = {1: 500_000, 2: 1_000_000, 3: 333_333}
"""Of a diamond, in millionths of a cent, by rate version."""


def parts(*amounts: tuple[int, int]) -> list[Part]:
    """Buckets of successive days: rate version and micro-diamonds."""
    return [Part(DAY + timedelta(days=n), *amount) for n, amount in enumerate(amounts)]


def quoted(
    available: list[Part],
    micro_diamonds: int,
    *,
    currency: str = "USD",
    country: str = "US",
    withheld_bps: int = 0,
    due_minor: int = 0,
    shares_bps: Sequence[int] = (),
    **terms: Any,
) -> Quote:
    return quote(
        available,
        micro_diamonds,
        micro_minor_of=WORTH.__getitem__,
        terms=some_terms(**terms),
        country=country,
        currency=currency,
        withholding=a_share(withheld_bps),
        due_minor=due_minor,
        contracts=some_contracts(shares_bps),
    )


def some_contracts(shares_bps: Sequence[int]) -> list[Contract]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Contract(UUID(int=n), "star", f"agency-{n}", bps, at, None, at, at, ACCEPTED, at)
        for n, bps in enumerate(shares_bps)
    ]


def a_share(bps: int) -> Withholding:
    return Withholding(bps, WithholdingRule.FOREIGN, None, 1)


def test_fees_and_net_are_gross() -> None:
    """4,000 diamonds at half a cent are 20 dollars: 25 cents and 1 % are kept."""
    found = quoted(parts((1, 5_000_000_000)), 4_000_000_000)

    assert (found.gross_minor, found.net_minor) == (2_000, 1_955)
    assert (found.fixed_fee_minor, found.proportional_fee_minor) == (25, 20)
    assert (found.micro_diamonds, found.worth_minor) == (4_000_000_000, 2_000)


def test_what_makes_no_whole_cent_is_not_taken() -> None:
    found = quoted(parts((1, 5_000_000_000)), 4_001_999_999)

    assert found.gross_minor == 2_000
    assert found.micro_diamonds == 4_000_000_000


def test_oldest_first_each_at_its_own_rate() -> None:
    """A later rate does not change what was earned before (E43)."""
    available = parts((1, 2_000_000_000), (2, 2_000_000_000))

    found = quoted(available, 3_000_000_000)

    assert found.gross_minor == 1_000 + 1_000
    assert [part.micro_diamonds for part in found.parts] == [2_000_000_000, 1_000_000_000]


@pytest.mark.parametrize(
    ("currency", "gross_minor", "micro_diamonds"),
    [
        # 10.99 dollars' worth of diamonds. Of a yen, 1 / 150 dollar, there are no parts.
        ("JPY", 1_648, 2_197_333_334),
        # Forints have two decimals, and banks take them whole: 3956.40 becomes 3956.
        ("HUF", 395_600, 2_197_777_778),
        ("KWD", 3_373, 2_197_394_137),
    ],
)
def test_remainder_stays(currency: str, gross_minor: int, micro_diamonds: int) -> None:
    """E45: zero- and three-decimal currencies, each to its own last unit, and nothing lost."""
    found = quoted(parts((1, 5_000_000_000)), 2_198_000_000, currency=currency)

    assert found.gross_minor == gross_minor
    assert found.micro_diamonds == micro_diamonds
    assert found.net_minor + found.fixed_fee_minor + found.proportional_fee_minor == gross_minor


def test_fees_in_whole_units_where_amounts_are() -> None:
    found = quoted(parts((1, 5_000_000_000)), 2_198_000_000, currency="HUF")

    assert (found.fixed_fee_minor, found.proportional_fee_minor) == (10_000, 3_900)
    assert found.net_minor % 100 == 0


def test_below_the_minimum_says_what_is_needed() -> None:
    available = parts((1, 5_000_000_000))
    with pytest.raises(PayoutBelowMinimumError) as refused:
        quoted(available, 1_999_999_999)

    assert refused.value.minimum_minor == 1_000
    assert refused.value.needed_micro_diamonds == 2_000_000_000
    assert quoted(available, 2_000_000_000).gross_minor == 1_000


def test_the_greater_of_currency_and_country_is_the_minimum() -> None:
    """C39: 10 dollars, but 50 to Panama."""
    with pytest.raises(PayoutBelowMinimumError) as refused:
        quoted(parts((1, 20_000_000_000)), 9_000_000_000, country="PA")

    assert refused.value.minimum_minor == 5_000


def test_fees_that_eat_everything_say_what_is_needed() -> None:
    """E57: and with one micro-diamond less than needed it is still refused."""
    available = parts((1, 5_000_000_000))
    usd = CurrencyTerms(minimum_minor=1, fixed_fee_minor=1_000, fee_bps=5_000)

    with pytest.raises(FeesExceedPayoutError) as refused:
        quoted(available, 3_000_000_000, currencies={"USD": usd})
    needed = refused.value.needed_micro_diamonds

    assert refused.value.fees_minor == 1_000 + 750
    assert quoted(available, needed, currencies={"USD": usd}).net_minor == 1
    with pytest.raises(FeesExceedPayoutError):
        quoted(available, needed - 1, currencies={"USD": usd})


def test_needed_reaches_beyond_what_there_is() -> None:
    with pytest.raises(PayoutBelowMinimumError) as refused:
        quoted(parts((2, 4_000_000), (1, 2_000_000)), 6_000_000)

    assert refused.value.needed_micro_diamonds == 4_000_000 + 2 * 996_000_000


@given(
    amounts=st.lists(
        st.tuples(st.sampled_from(sorted(WORTH)), st.integers(1, 10**13)), min_size=1, max_size=6
    ),
    share=st.integers(1, 1_000),
    nano_rate=st.integers(10**6, 10**12),
    currency=st.sampled_from(["JPY", "HUF", "KWD"]),
    bps=st.integers(0, 9_999),
)
def test_no_amount_is_made_or_lost(
    amounts: list[tuple[int, int]], share: int, nano_rate: int, currency: str, bps: int
) -> None:
    """Exact fractions agree: the payout is the floor, and one micro-diamond less would not do."""
    increment = 100 if currency == "HUF" else 1
    terms = CurrencyTerms(
        minimum_minor=increment,
        fixed_fee_minor=0,
        fee_bps=bps,
        increment_minor=increment,
        conversion=a_conversion(nano_rate),
    )
    available = parts(*amounts)
    total = sum(part.micro_diamonds for part in available)
    asked = max(total * share // 1_000, 1)

    def worth(taken: list[Part] | tuple[Part, ...]) -> Fraction:
        """In minor units of the currency."""
        cents = sum(
            (Fraction(each.micro_diamonds * WORTH[each.rate_version], 10**12) for each in taken),
            Fraction(0),
        )
        return cents / 100 * Fraction(nano_rate, 10**9) * 10 ** exponent(currency)

    left, oldest = asked, list[Part]()
    for part in available:
        take = min(part.micro_diamonds, left)
        left -= take
        oldest.append(part._replace(micro_diamonds=take))
    floor = int(worth(oldest)) // increment * increment
    currencies = {"USD": some_terms().currencies["USD"], currency: terms}
    assume(floor >= increment)

    found = quoted(available, asked, currency=currency, currencies=currencies)

    assert found.gross_minor == floor
    assert found.gross_minor == found.net_minor + found.proportional_fee_minor
    assert found.proportional_fee_minor * 10_000 <= found.gross_minor * bps
    assert worth(found.parts) >= floor
    assert found.micro_diamonds <= asked
    last = found.parts[-1]
    without = (*found.parts[:-1], last._replace(micro_diamonds=last.micro_diamonds - 1))
    assert worth(without) < floor


@given(
    currency=st.sampled_from(["USD", "JPY", "HUF", "KWD"]),
    micro_diamonds=st.integers(1, 10**12),
    fixed=st.integers(0, 50),
    fee_bps=st.integers(0, 4_999),
    withheld_bps=st.integers(0, 5_000),
    due=st.integers(-(10**6), 10**6),
    shares_bps=st.lists(st.integers(1, 1_800), max_size=5),
)
def test_gross_is_fees_withholding_and_net(
    currency: str,
    micro_diamonds: int,
    fixed: int,
    fee_bps: int,
    withheld_bps: int,
    due: int,
    shares_bps: list[int],
) -> None:
    """E41, E45, C47. Every unit is somebody's; what is refused says the least that is not."""
    base = some_terms().currencies
    increment = base[currency].increment_minor
    changed = CurrencyTerms(
        minimum_minor=increment,
        fixed_fee_minor=fixed * increment,
        fee_bps=fee_bps,
        increment_minor=increment,
        conversion=base[currency].conversion,
    )
    changes: dict[str, Any] = {
        "currencies": {**base, currency: changed},
        "currency": currency,
        "withheld_bps": withheld_bps,
        "shares_bps": shares_bps,
    }
    available = parts((1, 10**13))
    try:
        found = quoted(available, micro_diamonds, due_minor=due, **changes)
    except (FeesExceedPayoutError, PayoutBelowMinimumError):
        with pytest.raises((FeesExceedPayoutError, PayoutBelowMinimumError)) as refused:
            quoted(available, micro_diamonds, **changes)
        needed = refused.value.needed_micro_diamonds
        assert needed > micro_diamonds
        assert quoted(available, needed, **changes).net_minor >= increment
        with pytest.raises((FeesExceedPayoutError, PayoutBelowMinimumError)):
            quoted(available, needed - 1, **changes)
        return

    kept = found.fixed_fee_minor + found.proportional_fee_minor + found.withheld_minor
    own = found.gross_minor - found.commission_minor
    assert own + found.correction_minor == kept + found.net_minor
    assert [each.share_bps for each in found.commissions] == shares_bps
    assert found.withheld_minor == own * withheld_bps // 10_000 // increment * increment
    assert found.net_minor >= increment
    assert found.net_minor % increment == 0


def test_agencies_get_their_shares_of_gross() -> None:
    """C47: fees and withholding are shares of what is the creator's."""
    found = quoted(
        parts((1, 5_000_000_000)), 4_000_000_000, shares_bps=(1_500, 1), withheld_bps=2_000
    )

    assert [each.amount_minor for each in found.commissions] == [300, 0]
    assert (found.proportional_fee_minor, found.withheld_minor) == (17, 340)
    assert found.net_minor == 2_000 - 300 - 25 - 17 - 340


@given(
    currency=st.sampled_from(["USD", "JPY", "HUF", "KWD"]),
    increments=st.integers(1, 10**7),
    withheld_bps=st.integers(0, 5_000),
    country=st.sampled_from(["US", "PA"]),
)
def test_a_payout_of_commissions_is_fees_withholding_and_net(
    currency: str, increments: int, withheld_bps: int, country: str
) -> None:
    """What is refused says the least that is not refused."""
    terms = some_terms()
    increment = terms.currencies[currency].increment_minor

    def commission(amount_minor: int) -> Quote:
        return quote_commission(
            amount_minor,
            terms=terms,
            country=country,
            currency=currency,
            withholding=a_share(withheld_bps),
            due_minor=0,
        )

    try:
        found = commission(increments * increment)
    except CommissionBelowMinimumError:
        with pytest.raises(CommissionBelowMinimumError) as refused:
            commission(increments * increment)
        needed_minor = refused.value.needed_minor
        assert needed_minor > increments * increment
        assert commission(needed_minor).net_minor > 0
        with pytest.raises(CommissionBelowMinimumError):
            commission(needed_minor - increment)
        return

    kept = found.fixed_fee_minor + found.proportional_fee_minor + found.withheld_minor
    assert found.gross_minor == increments * increment == kept + found.net_minor
    assert (found.parts, found.commissions, found.micro_diamonds) == ((), (), 0)
    conversion = terms.currencies[currency].conversion
    cents = Fraction(found.gross_minor * 100, 10 ** exponent(currency))
    if conversion is not None:
        cents = cents * 10**9 / conversion.nano_rate
    assert cents <= found.worth_minor < cents + 1
