"""Take down a method whose account a rail keeps: a creator has one, whatever their methods."""

from datetime import datetime
from uuid import UUID

import msgspec

from chassis.db import Conn
from payouts.commands.add_payout_method import Added, AddPayoutMethod, add_payout_method, offered
from payouts.domain.method import MethodStatus
from payouts.domain.refusals import (
    DetailsInvalidError,
    IdempotencyConflictError,
    MethodUnavailableError,
)
from payouts.sealing import Sealer
from payouts.store import hosted_accounts, methods, rail_events, reviews
from payouts.store.hosted_accounts import digest_of


async def find_hosted_method(
    conn: Conn, order: AddPayoutMethod, sealer: Sealer, *, at: datetime
) -> Added | str | None:
    """What there is before the rail is asked: the method, the creator's account, or nothing.

    Raises:
        IdempotencyConflictError: The id belongs to another method, be it another creator's.
        RailUnavailableError: No money leaves that way.
        CurrencyUnsupportedError: Nothing is paid out in that currency.
        DetailsInvalidError: The creator's account is in another country.
    """
    known = await methods.find_method(conn, order.method_id)
    if known is not None:
        asked = (order.creator_id, order.rail, order.details.country, order.details.currency)
        if (known.creator_id, known.rail, known.country, known.currency) != asked:
            raise IdempotencyConflictError
        return Added(known, replayed=True)
    await offered(conn, order, at)
    return await _account_of(conn, order, sealer)


async def add_hosted_method(
    conn: Conn, order: AddPayoutMethod, account_id: str, sealer: Sealer, *, at: datetime
) -> Added:
    """Keep a method, and whose account it is, sealed like bank details.

    An account's name is never taken from a client: whoever named somebody else's would be paid, and
    verified, as them. Should two requests have opened one each, the first one's is kept.

    Raises:
        IdempotencyConflictError, RailUnavailableError, CurrencyUnsupportedError,
        DetailsInvalidError: As `find_hosted_method`.

    Locks: the creator, the account.
    """
    await reviews.lock_creator(conn, order.creator_id)
    known = await _account_of(conn, order, sealer)
    account_id = known or account_id
    details = msgspec.structs.replace(order.details, account=account_id)
    added = await add_payout_method(conn, order._replace(details=details), sealer, at=at)
    digest = digest_of(account_id)
    if known is None and not added.replayed:
        # The rail may tell of it at this moment: whoever comes second sees the other.
        await rail_events.lock_subject(conn, order.rail, digest)
        await hosted_accounts.insert_hosted_account(
            conn, order.rail, order.creator_id, order.method_id, account_id, look_at=at
        )
        await rail_events.resolve_parked(conn, order.rail, digest, at=at)
    else:
        await hosted_accounts.wake_hosted_account(conn, order.rail, digest, at=at)
    return added


async def find_account_of_method(
    conn: Conn, method_id: UUID, creator_id: str, sealer: Sealer
) -> tuple[str, str]:
    """The rail and the account of a creator's method, to send its owner there.

    Raises:
        MethodUnavailableError: The creator has no such method, or it is disabled.
    """
    method = await methods.find_method(conn, method_id)
    if method is None or method.creator_id != creator_id or method.status is MethodStatus.DISABLED:
        raise MethodUnavailableError
    sealed = await methods.find_sealed_details(conn, method_id)
    assert sealed is not None, "methods are never deleted"
    return method.rail, sealer.open(method_id, sealed).account


async def _account_of(conn: Conn, order: AddPayoutMethod, sealer: Sealer) -> str | None:
    known = await hosted_accounts.find_hosted_account(conn, order.rail, order.creator_id)
    if known is None:
        return None
    if known.country != order.details.country:
        raise DetailsInvalidError(field="country")
    return sealer.open(known.method_id, known.sealed_details).account
