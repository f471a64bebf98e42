"""Turn an agency's commissions into a payout of its own (C47)."""

from datetime import datetime

from chassis.db import Conn
from payouts.commands import payout_desk as desk
from payouts.commands.request_payout import Requested
from payouts.commands.terms_in_force import terms_in_force
from payouts.commands.withholding_in_force import withholding_in_force
from payouts.domain.payout import CommissionOrder, PayoutSource
from payouts.domain.quote import quote_commission
from payouts.domain.refusals import (
    CommissionAmountInvalidError,
    IdempotencyConflictError,
    InsufficientCommissionsError,
    TaxFormNeededError,
)
from payouts.store import commissions, payouts, reviews, withholding


async def request_commission_payout(
    conn: Conn, order: CommissionOrder, *, at: datetime, traceparent: str | None = None
) -> Requested:
    """Take of what an agency is owed and queue it, once per payout id.

    Two requests of an agency take turns, so that together they never take more than there is. The
    same methods, reviews, forms, limits, fees and rails as with creators' payouts.

    Args:
        conn: An open transaction.
        order: What is asked for.
        at: Now: what is due, which terms hold.
        traceparent: The trace that events carry on.

    Raises:
        IdempotencyConflictError: The id belongs to another payout, be it somebody else's.
        IdentityNotVerifiedError: Unknown, or rejected.
        MethodUnavailableError, MethodNotVerifiedError, MethodLockedError: It cannot be used.
        CurrencyUnsupportedError, ConversionUnavailableError: Not paid out any more, or not now.
        TaxFormNeededError: No payout goes out without a valid form (E41).
        CommissionAmountInvalidError: Zero, less, or no multiple of what can be paid.
        InsufficientCommissionsError: More than is available in the method's currency.
        CommissionBelowMinimumError: Too little.
        PayoutLimitReachedError: Too much within a day or a week.

    Locks: the agency.
    """
    await reviews.lock_creator(conn, order.agency_id)
    if (known := await payouts.find_payout(conn, order.payout_id)) is not None:
        if not known.answers_commission(order):
            raise IdempotencyConflictError
        return Requested(known, replayed=True)
    standing = await desk.verified_standing(conn, order.agency_id)
    method = await desk.usable_method(conn, order.method_id, order.agency_id, at)
    terms = await terms_in_force(conn, at)
    desk.check_currency(terms, method.currency, at)
    increment_minor = terms.currencies[method.currency].increment_minor
    if order.amount_minor <= 0 or order.amount_minor % increment_minor:
        raise CommissionAmountInvalidError(
            increment_minor=increment_minor, currency=method.currency
        )
    withheld = await withholding_in_force(conn, method, at)
    if withheld.is_held:
        raise TaxFormNeededError
    available_minor = await commissions.find_available(conn, order.agency_id, method.currency, at)
    if order.amount_minor > available_minor:
        raise InsufficientCommissionsError(
            available_minor=available_minor, currency=method.currency
        )
    quoted = quote_commission(
        order.amount_minor,
        terms=terms,
        country=method.country,
        currency=method.currency,
        withholding=withheld.share,
        due_minor=await withholding.find_due(conn, order.agency_id, method.currency),
    )
    await desk.check_limits(conn, order.agency_id, terms, quoted, at)
    payout = desk.requested(
        order.payout_id,
        method,
        terms,
        quoted,
        withheld.share,
        PayoutSource.COMMISSIONS,
        micro_diamonds=0,
        at=at,
    )
    if not await payouts.insert_payout(conn, payout, quoted.parts):
        # Taken by another creator a moment ago, whom our lock does not stop.
        raise IdempotencyConflictError
    return Requested(await desk.announced(conn, payout, standing, at, traceparent), replayed=False)
