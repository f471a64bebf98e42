"""Take down where a creator wants their money."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from payouts.commands.terms_in_force import terms_in_force
from payouts.domain.method import BankDetails, MethodStatus, PayoutMethod, display
from payouts.domain.refusals import (
    CurrencyUnsupportedError,
    IdempotencyConflictError,
    RailUnavailableError,
)
from payouts.domain.terms import Terms
from payouts.sealing import Sealer
from payouts.store import methods, reviews


class AddPayoutMethod(NamedTuple):
    """What a creator asks for."""

    method_id: UUID
    creator_id: str
    rail: str
    details: BankDetails


class Added(NamedTuple):
    """A method, and whether it was there before."""

    method: PayoutMethod
    replayed: bool


async def add_payout_method(
    conn: Conn, order: AddPayoutMethod, sealer: Sealer, *, at: datetime
) -> Added:
    """Keep a method, its details sealed, once per id; the rail is to confirm it afterwards.

    A method that is not the creator's first cannot be used for some days (E39, E40): whoever took
    over an account finds no way out at once, and its owner has time to notice.

    Raises:
        IdempotencyConflictError: The id belongs to another method, be it another creator's.
        RailUnavailableError: No money leaves that way.
        CurrencyUnsupportedError: Nothing is paid out in that currency.

    Locks: the creator.
    """
    await reviews.lock_creator(conn, order.creator_id)
    if (known := await methods.find_method(conn, order.method_id)) is not None:
        if not await _is_retry(conn, known, order, sealer):
            raise IdempotencyConflictError
        return Added(known, replayed=True)
    terms = await offered(conn, order, at)
    is_first = not await methods.find_any_method(conn, order.creator_id)
    method = PayoutMethod(
        method_id=order.method_id,
        creator_id=order.creator_id,
        rail=order.rail,
        country=order.details.country,
        currency=order.details.currency,
        display=display(order.details),
        status=MethodStatus.PENDING,
        usable_from=at + terms.lock(is_first=is_first),
        added_at=at,
        reason=None,
    )
    added = await methods.insert_method(
        conn,
        method,
        sealed_details=sealer.seal(order.method_id, order.details),
        terms_version=terms.version,
    )
    if not added:  # taken by another creator a moment ago, whom our lock does not stop
        raise IdempotencyConflictError
    return Added(method, replayed=False)


async def offered(conn: Conn, order: AddPayoutMethod, at: datetime) -> Terms:
    """The terms in force, under which money can go there.

    Raises:
        RailUnavailableError: No money leaves that way.
        CurrencyUnsupportedError: Nothing is paid out in that currency.
    """
    terms = await terms_in_force(conn, at)
    if order.rail not in terms.rails:
        raise RailUnavailableError
    if order.details.currency not in terms.currencies:
        raise CurrencyUnsupportedError
    return terms


async def _is_retry(
    conn: Conn, known: PayoutMethod, order: AddPayoutMethod, sealer: Sealer
) -> bool:
    """Compares the details themselves: a hash of something so short would be a way to guess it."""
    if (known.creator_id, known.rail) != (order.creator_id, order.rail):
        return False
    sealed = await methods.find_sealed_details(conn, known.method_id)
    assert sealed is not None, "methods are never deleted"
    return sealer.open(known.method_id, sealed) == order.details
