"""Creators who have earned and want their money, for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from chassis import ids, sql
from chassis.db import Conn, Pool, transact
from payouts.commands.accrue_gifts import accrue_gifts
from payouts.commands.add_payout_method import AddPayoutMethod, add_payout_method
from payouts.commands.cancel_payout import cancel_payout
from payouts.commands.known_rates import KnownRates
from payouts.commands.move_payout_method import verify_payout_method
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
        await accrue_gifts(conn, [accrue(gift, book)], shard=0, at=sent_at)

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
