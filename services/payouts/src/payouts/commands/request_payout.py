"""Turn earnings into a payout: reserve them, in the commit that promises the money."""

from datetime import datetime, timedelta
from typing import NamedTuple

from chassis import outbox
from chassis.db import Conn
from payouts.commands.known_rates import KnownRates
from payouts.commands.move_payout import move_payout, told
from payouts.commands.terms_in_force import terms_in_force
from payouts.commands.withholding_in_force import withholding_in_force
from payouts.domain.method import MethodStatus, PayoutMethod
from payouts.domain.payout import Move, Payout, PayoutOrder, PayoutStatus
from payouts.domain.quote import Quote, quote
from payouts.domain.refusals import (
    AmountInvalidError,
    ConversionUnavailableError,
    CurrencyUnsupportedError,
    IdempotencyConflictError,
    IdentityNotVerifiedError,
    InsufficientDiamondsError,
    LimitWindow,
    MethodLockedError,
    MethodNotVerifiedError,
    MethodUnavailableError,
    PayoutLimitReachedError,
    TaxFormNeededError,
)
from payouts.domain.review import Standing
from payouts.domain.terms import NANO, Terms
from payouts.domain.withholding import Withholding
from payouts.store import earnings, methods, payouts, reviews, withholding

ACTOR = "payout_desk"
"""Moves a payout on from its request."""


class Requested(NamedTuple):
    """A payout, and whether it was there before."""

    payout: Payout
    replayed: bool


async def request_payout(
    conn: Conn,
    order: PayoutOrder,
    rates: KnownRates,
    *,
    at: datetime,
    traceparent: str | None = None,
) -> Requested:
    """Reserve matured diamonds and queue their worth, once per payout id.

    Two requests of a creator take turns, so that together they never reserve more than there is. A
    creator whom screening has found is not told so: the payout is held, its diamonds reserved
    (E35).

    Args:
        conn: An open transaction.
        order: What is asked for.
        rates: What diamonds are worth.
        at: Now: which earnings have matured, which terms hold.
        traceparent: The trace that events carry on.

    Raises:
        IdempotencyConflictError: The id belongs to another payout, be it another creator's.
        AmountInvalidError: Zero or less.
        IdentityNotVerifiedError: Unknown, or rejected.
        MethodUnavailableError, MethodNotVerifiedError, MethodLockedError: It cannot be used.
        TaxFormNeededError: No payout goes out without a valid form (E41).
        CurrencyUnsupportedError, ConversionUnavailableError: Not paid out any more, or not now.
        InsufficientDiamondsError: More than is available.
        PayoutBelowMinimumError, FeesExceedPayoutError: Too little.
        PayoutLimitReachedError: Too much within a day or a week.

    Locks: the creator, the creator's buckets.
    """
    await reviews.lock_creator(conn, order.creator_id)
    if (known := await payouts.find_payout(conn, order.payout_id)) is not None:
        if not known.answers(order):
            raise IdempotencyConflictError
        return Requested(known, replayed=True)
    if order.micro_diamonds <= 0:
        raise AmountInvalidError
    standing = await reviews.find_standing(conn, order.creator_id)
    if not standing.is_verified:
        raise IdentityNotVerifiedError
    method = await _usable_method(conn, order, at)
    terms = await terms_in_force(conn, at)
    _check_currency(terms, method.currency, at)
    withheld = await withholding_in_force(conn, method, at)
    if withheld.is_held:
        raise TaxFormNeededError
    quoted = await _reserve(conn, order, method, terms, rates, withheld.share, at)
    await _check_limits(conn, order.creator_id, terms, quoted, at)
    payout = _payout(order, method, terms, quoted, withheld.share, at)
    if not await payouts.insert_payout(conn, payout, quoted.parts):
        # Taken by another creator a moment ago, whom our lock does not stop.
        raise IdempotencyConflictError
    return Requested(await _announced(conn, payout, standing, at, traceparent), replayed=False)


async def _announced(
    conn: Conn, payout: Payout, standing: Standing, at: datetime, traceparent: str | None
) -> Payout:
    """The payout, told of and moved on to where it waits."""
    event = told(payout)
    assert event is not None, "a request is always told of"
    await outbox.record(conn, event, traceparent=traceparent)
    to = PayoutStatus.QUEUED if standing.holds is None else PayoutStatus.HELD
    moved = await move_payout(conn, payout, Move(to, at, ACTOR, standing.holds))
    assert moved is not None, "nobody else can see it yet"
    return moved


async def _usable_method(conn: Conn, order: PayoutOrder, at: datetime) -> PayoutMethod:
    method = await methods.find_method(conn, order.method_id)
    if (
        method is None
        or method.creator_id != order.creator_id
        or method.status is MethodStatus.DISABLED
    ):
        raise MethodUnavailableError
    if method.status is not MethodStatus.VERIFIED:
        raise MethodNotVerifiedError
    if at < method.usable_from:
        raise MethodLockedError(usable_from=method.usable_from)
    return method


def _check_currency(terms: Terms, currency: str, at: datetime) -> None:
    of_currency = terms.currencies.get(currency)
    if of_currency is None:
        raise CurrencyUnsupportedError
    conversion, hours = of_currency.conversion, terms.conversion_max_age_hours
    if (
        conversion is not None
        and hours is not None
        and at - conversion.observed_at > timedelta(hours=hours)
    ):
        raise ConversionUnavailableError


async def _reserve(
    conn: Conn,
    order: PayoutOrder,
    method: PayoutMethod,
    terms: Terms,
    rates: KnownRates,
    share: Withholding,
    at: datetime,
) -> Quote:
    """What the payout comes to, with the earnings that it takes locked."""
    available = await earnings.lock_available(conn, order.creator_id, at.date())
    total = sum(part.micro_diamonds for part in available)
    if order.micro_diamonds > total:
        raise InsufficientDiamondsError(available_micro_diamonds=total)
    book = await rates.covering(conn, {part.rate_version for part in available})
    due_minor = await withholding.find_due(conn, order.creator_id, method.currency)
    return quote(
        available,
        order.micro_diamonds,
        micro_minor_of=lambda version: book.version(version).diamond_worth.micro_minor,
        terms=terms,
        country=method.country,
        currency=method.currency,
        withholding=share,
        due_minor=due_minor,
    )


async def _check_limits(
    conn: Conn, creator_id: str, terms: Terms, quoted: Quote, at: datetime
) -> None:
    """Windows roll: no day begins anywhere, and no clock is put back (E29)."""
    day_from, week_from = at - timedelta(days=1), at - timedelta(days=7)
    had = await payouts.sum_requested(conn, creator_id, day_from=day_from, week_from=week_from)
    windows: tuple[tuple[LimitWindow, int, int], ...] = (
        ("DAY", terms.day_max_minor, had.day_minor),
        ("WEEK", terms.week_max_minor, had.week_minor),
    )
    for window, limit_minor, had_minor in windows:
        if had_minor + quoted.worth_minor > limit_minor:
            raise PayoutLimitReachedError(
                window=window,
                limit_minor=limit_minor,
                remaining_minor=max(limit_minor - had_minor, 0),
                currency=terms.base_currency,
            )


def _payout(
    order: PayoutOrder,
    method: PayoutMethod,
    terms: Terms,
    quoted: Quote,
    share: Withholding,
    at: datetime,
) -> Payout:
    conversion = terms.currencies[method.currency].conversion
    return Payout(
        payout_id=order.payout_id,
        creator_id=order.creator_id,
        method_id=order.method_id,
        requested_micro_diamonds=order.micro_diamonds,
        micro_diamonds=quoted.micro_diamonds,
        worth_minor=quoted.worth_minor,
        worth_currency=terms.base_currency,
        currency=method.currency,
        gross_minor=quoted.gross_minor,
        fixed_fee_minor=quoted.fixed_fee_minor,
        proportional_fee_minor=quoted.proportional_fee_minor,
        withheld_minor=quoted.withheld_minor,
        withheld_bps=share.bps,
        withholding_rule=share.rule,
        withholding_version=share.version,
        tax_form_id=share.form_id,
        correction_minor=quoted.correction_minor,
        net_minor=quoted.net_minor,
        nano_rate=NANO if conversion is None else conversion.nano_rate,
        rate_source=None if conversion is None else conversion.source,
        rate_observed_at=None if conversion is None else conversion.observed_at,
        terms_version=terms.version,
        requested_at=at,
        due_at=at + timedelta(minutes=terms.send_after_minutes),
        status=PayoutStatus.REQUESTED,
        moved_at=at,
        moved_by=order.creator_id,
        reason=None,
    )
