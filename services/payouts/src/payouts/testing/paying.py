"""Creators who have earned and want their money, for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from chassis import ids, sql
from chassis.db import Conn, Pool, transact
from chassis.operators import Act
from contracts.event import COINS_MAX
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.commands.add_payout_method import AddPayoutMethod, add_payout_method
from payouts.commands.cancel_payout import cancel_payout
from payouts.commands.decide_held_payout import (
    DecideHeldPayout,
    HeldDecision,
    decide_held_payout,
)
from payouts.commands.known_rates import KnownRates
from payouts.commands.move_payout_method import verify_payout_method
from payouts.commands.publish_terms import publish_terms
from payouts.commands.record_findings import Reviewed
from payouts.commands.request_payout import Requested, request_payout
from payouts.commands.review_creator import review_creator
from payouts.domain.accrual import accrue
from payouts.domain.method import BankDetails, PayoutMethod, read_details
from payouts.domain.payout import Payout, PayoutOrder
from payouts.domain.review import HELD_FOR_IDENTITY, Decision, Review
from payouts.domain.terms import Conversion, CurrencyTerms, Terms
from payouts.domain.withholding import WithholdingTable
from payouts.links import Links
from payouts.sealing import Sealer
from payouts.testing import SENT_AT, a_gift, a_slice

NOW = SENT_AT + timedelta(days=30)
"""What was earned from gifts of `SENT_AT`, with nothing to wait for, has matured long ago."""
SEALER = Sealer([bytes(32)])
LINKS = Links([bytes(32)], public_url="https://payouts.test", lifetime=timedelta(minutes=15))
CREATOR = "star"

STATEMENTS = sql.load("payouts.testing", "paying.sql")

_OBSERVED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def some_terms(version: int = 1, **changes: Any) -> Terms:  # noqa: ANN401 - any field
    """A minimum of 10 dollars, a fee of 25 cents and 1 %, and wide limits."""
    terms = Terms(
        version=version,
        effective_from=datetime(2020, 1, 1, tzinfo=UTC),
        base_currency="USD",
        day_max_minor=100_000,
        week_max_minor=250_000,
        send_after_minutes=0,
        first_method_lock_days=0,
        change_lock_days=5,
        conversion_max_age_hours=None,
        rails=("sandbox_bank",),
        currencies={
            "USD": CurrencyTerms(minimum_minor=1_000, fixed_fee_minor=25, fee_bps=100),
            "JPY": CurrencyTerms(
                minimum_minor=1_000,
                fixed_fee_minor=40,
                fee_bps=100,
                conversion=a_conversion(150_000_000_000),
            ),
            "HUF": CurrencyTerms(
                minimum_minor=100_000,
                fixed_fee_minor=10_000,
                fee_bps=100,
                increment_minor=100,
                conversion=a_conversion(360_000_000_000),
            ),
            "KWD": CurrencyTerms(
                minimum_minor=1_000,
                fixed_fee_minor=80,
                fee_bps=100,
                conversion=a_conversion(307_000_000),
            ),
        },
        country_minimum_minor={"PA": {"USD": 5_000}},
        held_review_days=7,
        returns_overdue_holds=(HELD_FOR_IDENTITY,),
    )
    return msgspec.structs.replace(terms, **changes)


async def need_second_operator(pool: Pool, **from_minor: int) -> None:
    """Let terms come into force before `NOW` by which two operators release so much, by currency.

    In currencies that are not named one is enough for all that can be paid out.
    """
    at = NOW - timedelta(days=1)
    currencies = {
        currency: msgspec.structs.replace(
            each, second_operator_from_minor=from_minor.get(currency, COINS_MAX)
        )
        for currency, each in some_terms().currencies.items()
    }
    terms = some_terms(2, effective_from=at, currencies=currencies)
    await transact(pool, lambda conn: publish_terms(conn, [terms], now=at - timedelta(days=1)))


async def ask_for_decision(
    pool: Pool,
    payout: Payout,
    decision: HeldDecision = HeldDecision.RELEASE,
    operator_id: str = "otto",
    *,
    reason: str = "papers seen",
    at: datetime = NOW,
) -> Payout | None:
    """Let one operator decide on a held payout; None where it waits for another."""
    order = DecideHeldPayout(payout.payout_id, decision, Act(operator_id, reason, at))
    return await transact(pool, lambda conn: decide_held_payout(conn, order))


async def release(pool: Pool, payout: Payout, *, at: datetime = NOW) -> Payout:
    """Release a held payout, with as many operators as it takes."""
    for operator_id in ("otto", "olga"):
        released = await ask_for_decision(pool, payout, operator_id=operator_id, at=at)
        if released is not None:
            return released
    raise AssertionError("two operators are enough for everything")


def some_withholding(version: int = 1, **changes: Any) -> WithholdingTable:  # noqa: ANN401
    """Nothing is withheld, unless told otherwise."""
    table = WithholdingTable(
        version=version,
        effective_from=datetime(2020, 1, 1, tzinfo=UTC),
        home_country="US",
        without_form="withhold",
        backup_bps=0,
        foreign_bps=0,
        treaty_bps={},
    )
    return msgspec.structs.replace(table, **changes)


def a_conversion(nano_rate: int) -> Conversion:
    """What a bank said once."""
    return Conversion(nano_rate=nano_rate, source="sandbox", observed_at=_OBSERVED_AT)


def some_details(**changes: str | None) -> BankDetails:
    """An account in dollars."""
    given: Mapping[str, Any] = {
        "holder": "Stella Star",
        "country": "US",
        "currency": "USD",
        "account": "000123456789",
        "bank_code": "021000021",
        **changes,
    }
    return read_details(**given)


async def earn(
    pool: Pool,
    coins: int,
    *,
    creator_id: str = CREATOR,
    refundable_until: datetime = SENT_AT,
    sent_at: datetime = SENT_AT,
) -> None:
    """Let a creator be given a gift; at the first rate a coin is half a diamond, 1/4 cent."""
    gift = a_gift(
        slices=[a_slice(coins, refundable_until=refundable_until)],
        creator_id=creator_id,
        sent_at=sent_at,
    )

    async def work(conn: Conn) -> None:
        book = await KnownRates().newest(conn)
        await accrue_gifts(conn, [accrue(gift, book)], shard=0)

    await transact(pool, work)


async def review(
    pool: Pool,
    decision: Decision = Decision.IDENTITY_VERIFIED,
    *,
    creator_id: str = CREATOR,
    at: datetime = NOW,
) -> Reviewed:
    """Let an operator find something out."""
    found = Review(creator_id, decision, "papers seen", "otto", at)
    return await transact(pool, lambda conn: review_creator(conn, found))


async def add_method(
    pool: Pool,
    details: BankDetails | None = None,
    *,
    creator_id: str = CREATOR,
    verified: bool = True,
    at: datetime = NOW,
) -> PayoutMethod:
    """A method of the creator's, which its rail has confirmed unless told otherwise."""
    order = AddPayoutMethod(ids.uuid7(), creator_id, "sandbox_bank", details or some_details())

    async def work(conn: Conn) -> PayoutMethod:
        method = (await add_payout_method(conn, order, SEALER, at=at)).method
        if verified:
            return await verify_payout_method(conn, method, at=at, actor="test")
        return method

    return await transact(pool, work)


async def request(
    pool: Pool,
    method: PayoutMethod,
    micro_diamonds: int,
    *,
    payout_id: UUID | None = None,
    creator_id: str | None = None,
    at: datetime = NOW,
) -> Requested:
    """Ask for a payout."""
    order = PayoutOrder(
        payout_id or ids.uuid7(), creator_id or method.creator_id, method.method_id, micro_diamonds
    )
    return await transact(pool, lambda conn: request_payout(conn, order, KnownRates(), at=at))


async def cancel(pool: Pool, payout: Payout, *, at: datetime = NOW) -> Payout:
    """Let its creator cancel a payout."""
    return await transact(
        pool, lambda conn: cancel_payout(conn, payout.payout_id, payout.creator_id, at=at)
    )


async def settled_creator(pool: Pool, coins: int = 20_000) -> PayoutMethod:
    """A verified creator with 20,000 coins' worth, 50 dollars, and a method to be paid by."""
    await earn(pool, coins)
    await review(pool)
    return await add_method(pool)


async def assert_payouts_balance(pool: Pool) -> None:
    """INV7: what is taken of the earnings is what open and paid payouts carry."""
    assert await pool.fetch(STATEMENTS["select_unbalanced"]) == []
