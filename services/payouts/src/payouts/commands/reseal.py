"""Seal again, with the newest key, what an older one sealed; then the older one may go."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from chassis.db import Conn
from payouts.sealing import Sealer, UnsealableError
from payouts.store import seals
from payouts.store.seals import Kind, Sealed

FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)


class Resealed(NamedTuple):
    """What was done about some of them."""

    sealed: int
    unreadable: tuple[str, ...]
    """Whose seals no key opens that we have; they are left as they are."""
    going_on: UUID | None
    """The id to go on at; None where there are no more."""


async def reseal(conn: Conn, kind: Kind, sealer: Sealer, *, since: UUID, limit: int) -> Resealed:
    """Do so for the next few. Again and at the same time as anything else it does no harm.

    Args:
        conn: An open transaction.
        kind: Of which.
        sealer: Has the newest key, and those that are to go.
        since: The id to go on at, from the call before; at first `FIRST`.
        limit: How many to look at.
    """
    found = await seals.select_seals(conn, kind, newest=sealer.newest, since=since, limit=limit)
    before: list[Sealed] = []
    fresh: list[bytes] = []
    unreadable: list[str] = []
    for each in found:
        try:
            fresh.append(_again(sealer, kind, each))
            before.append(each)
        except UnsealableError as error:
            unreadable.append(str(error))
    await seals.update_seals(conn, kind, before, fresh)
    return Resealed(len(before), tuple(unreadable), _next(found) if len(found) == limit else None)


def _next(found: Sequence[Sealed]) -> UUID | None:
    # Clients may choose any id, the first and the last included.
    last = found[-1].id
    return None if last == _LAST else UUID(int=last.int + 1)


def _again(sealer: Sealer, kind: Kind, each: Sealed) -> bytes:
    match kind:
        case Kind.METHOD:
            return sealer.seal(each.id, sealer.open(each.id, each.sealed))
        case Kind.FORM:
            return sealer.seal_tax_id(each.id, sealer.open_tax_id(each.id, each.sealed))
