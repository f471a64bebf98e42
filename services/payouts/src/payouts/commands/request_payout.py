"""Turn earnings into a payout: reserve them, in the commit that promises the money."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from payouts.commands import payout_desk as desk
from payouts.commands.known_rates import KnownRates
from payouts.commands.tell_earnings import figure_earnings
from payouts.commands.terms_in_force import terms_in_force
from payouts.commands.withholding_in_force import withholding_in_force
from payouts.domain.agency import Contract, in_force
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import Payout, PayoutOrder, PayoutSource
from payouts.domain.quote import Quote, quote
from payouts.domain.refusals import (
    AmountInvalidError,
    IdempotencyConflictError,
    InsufficientDiamondsError,
    TaxFormNeededError,
)
from payouts.domain.terms import Terms
from payouts.domain.withholding import Withholding
from payouts.store import contracts, earnings, payouts, reviews, withholding


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

    It is split as the creator and agencies have agreed by now (C47). Two requests of a creator take
    turns, so that together they never reserve more than there is. A creator whom screening has
    found is not told so: the payout is held, its diamonds reserved (E35).

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
    standing = await desk.verified_standing(conn, order.creator_id)
    method = await desk.usable_method(conn, order.method_id, order.creator_id, at)
    terms = await terms_in_force(conn, at)
    desk.check_currency(terms, method.currency, at)
    withheld = await withholding_in_force(conn, method, at)
    if withheld.is_held:
        raise TaxFormNeededError
    agreed = in_force(await contracts.select_accepted(conn, order.creator_id), at)
    quoted = await _reserve(conn, order, method, terms, rates, withheld.share, agreed, at)
    await desk.check_limits(conn, order.creator_id, terms, quoted, at)
    payout = desk.requested(
        order.payout_id,
        method,
        terms,
        quoted,
        withheld.share,
        PayoutSource.EARNINGS,
        micro_diamonds=order.micro_diamonds,
        at=at,
    )
    if not await payouts.insert_payout(
        conn, payout, quoted.parts, quoted.commissions, hold_days=terms.commission_hold_days
    ):
        # Taken by another creator a moment ago, whom our lock does not stop.
        raise IdempotencyConflictError
    changed = await figure_earnings(conn, [order.creator_id], at=at)
    moved = await desk.announced(conn, payout, standing, at, traceparent, also=changed)
    return Requested(moved, replayed=False)


async def _reserve(
    conn: Conn,
    order: PayoutOrder,
    method: PayoutMethod,
    terms: Terms,
    rates: KnownRates,
    share: Withholding,
    agreed: Sequence[Contract],
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
        contracts=agreed,
    )
