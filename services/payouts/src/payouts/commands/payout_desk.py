"""What every request for a payout goes through, whatever it is of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import outbox
from chassis.db import Conn
from contracts.event import Event
from payouts.commands.move_payout import move_payout, told
from payouts.domain.method import MethodStatus, PayoutMethod
from payouts.domain.payout import Move, Payout, PayoutSource, PayoutStatus
from payouts.domain.quote import Quote
from payouts.domain.refusals import (
    ConversionUnavailableError,
    CurrencyUnsupportedError,
    IdentityNotVerifiedError,
    LimitWindow,
    MethodLockedError,
    MethodNotVerifiedError,
    MethodUnavailableError,
    PayoutLimitReachedError,
)
from payouts.domain.review import Standing
from payouts.domain.terms import NANO, Terms
from payouts.domain.withholding import Withholding
from payouts.store import methods, payouts, reviews

ACTOR = "payout_desk"
"""Moves a payout on from its request."""


async def verified_standing(conn: Conn, creator_id: str) -> Standing:
    """What is known of somebody who may be paid.

    Raises:
        IdentityNotVerifiedError: Unknown, or rejected.
    """
    standing = await reviews.find_standing(conn, creator_id)
    if not standing.is_verified:
        raise IdentityNotVerifiedError
    return standing


async def usable_method(conn: Conn, method_id: UUID, creator_id: str, at: datetime) -> PayoutMethod:
    """Where the money goes.

    Raises:
        MethodUnavailableError, MethodNotVerifiedError, MethodLockedError: It cannot be used.
    """
    method = await methods.find_method(conn, method_id)
    if method is None or method.creator_id != creator_id or method.status is MethodStatus.DISABLED:
        raise MethodUnavailableError
    if method.status is not MethodStatus.VERIFIED:
        raise MethodNotVerifiedError
    if at < method.usable_from:
        raise MethodLockedError(usable_from=method.usable_from)
    return method


def check_currency(terms: Terms, currency: str, at: datetime) -> None:
    """Make sure that a currency is paid out.

    Raises:
        CurrencyUnsupportedError, ConversionUnavailableError: Not any more, or not now.
    """
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


async def check_limits(
    conn: Conn, creator_id: str, terms: Terms, quoted: Quote, at: datetime
) -> None:
    """Make sure that a creator asks for no more than they may.

    Windows roll: no day begins anywhere, and no clock is put back (E29).

    Raises:
        PayoutLimitReachedError: Too much within a day or a week.
    """
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


def requested(
    payout_id: UUID,
    method: PayoutMethod,
    terms: Terms,
    quoted: Quote,
    share: Withholding,
    source: PayoutSource,
    *,
    micro_diamonds: int,
    at: datetime,
) -> Payout:
    """A payout to its method's creator as it is written; `micro_diamonds`: what was asked for."""
    conversion = terms.currencies[method.currency].conversion
    return Payout(
        payout_id=payout_id,
        creator_id=method.creator_id,
        method_id=method.method_id,
        requested_micro_diamonds=micro_diamonds,
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
        source=source,
        commission_minor=quoted.commission_minor,
        net_minor=quoted.net_minor,
        nano_rate=NANO if conversion is None else conversion.nano_rate,
        rate_source=None if conversion is None else conversion.source,
        rate_observed_at=None if conversion is None else conversion.observed_at,
        terms_version=terms.version,
        requested_at=at,
        due_at=at + timedelta(minutes=terms.send_after_minutes),
        status=PayoutStatus.REQUESTED,
        moved_at=at,
        moved_by=method.creator_id,
        reason=None,
    )


async def announced(
    conn: Conn,
    payout: Payout,
    standing: Standing,
    at: datetime,
    traceparent: str | None,
    *,
    also: Sequence[Event] = (),
) -> Payout:
    """A payout that was written, told of, with `also`, and moved on to where it waits.

    Call this last: it takes the outbox's lock.
    """
    event = told(payout)
    assert event is not None, "a request is always told of"
    await outbox.record(conn, event, *also, traceparent=traceparent)
    to = PayoutStatus.QUEUED if standing.holds is None else PayoutStatus.HELD
    moved = await move_payout(conn, payout, Move(to, at, ACTOR, standing.holds))
    assert moved is not None, "nobody else can see it yet"
    return moved
