"""An operator's decision on a gift that its creator froze."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from chassis import operators, outbox
from chassis.db import Conn
from chassis.operators import Act
from contracts.payouts.v1 import GiftReleased, GiftReturned
from payouts.commands.quarantine_gift import let_go
from payouts.commands.second_operator import is_allowed
from payouts.commands.terms_in_force import terms_in_force
from payouts.domain.earnings import Worth
from payouts.domain.quarantine import Quarantine, QuarantineStatus
from payouts.domain.refusals import QuarantineDecidedError, QuarantineUnknownError
from payouts.store import earnings, quarantines

RELEASE: Final = "releaseQuarantinedGift"
RETURN: Final = "returnQuarantinedGift"


class DecideQuarantine(NamedTuple):
    """What an operator decides, and why."""

    quarantine_id: UUID
    act: Act


async def release_gift(
    conn: Conn, order: DecideQuarantine, *, traceparent: str | None = None
) -> Quarantine:
    """Let a frozen gift go: what is left of it is the creator's, as if it had never been frozen.

    One operator is enough: it is the creator who had stopped it. Of one that was to be returned
    nothing may have happened, since the wallet had nothing to give back: others had borne all of
    it. That one may be let go when it has waited as long as a review may take.

    Raises:
        QuarantineUnknownError: No such quarantine.
        QuarantineDecidedError: It is returned.

    Locks: the creator, then the outbox' api stream.
    """
    quarantine = await _locked(conn, order.quarantine_id)
    act = order.act
    if quarantine.status is QuarantineStatus.RELEASED:
        return quarantine
    if quarantine.status is QuarantineStatus.RETURNED and not await _is_stuck(
        conn, quarantine, act.at
    ):
        raise QuarantineDecidedError(status=quarantine.status.value)
    decided = _decided(quarantine, QuarantineStatus.RELEASED, act)._replace(ended_at=act.at)
    await _record(conn, decided, act, RELEASE)
    await quarantines.decide(conn, decided)
    event = GiftReleased(
        quarantine_id=decided.quarantine_id,
        gift_id=decided.gift_id,
        creator_id=decided.creator_id,
        released_at=act.at,
    )
    stands = await let_go(conn, decided, at=act.at)
    await outbox.record(conn, event, *stands, traceparent=traceparent)
    return decided


async def return_gift(
    conn: Conn, order: DecideQuarantine, *, traceparent: str | None = None
) -> Quarantine | None:
    """Have a frozen gift given back to its sender, as if it had never been sent.

    Gifts ask the wallet for it. Its diamonds are held until they are taken for that.

    None: it is worth so much that the terms want a second operator to ask for the same, on grounds
    of their own. Until then any operator may still let it go: nothing is taken by that.

    Raises:
        QuarantineUnknownError: No such quarantine.
        QuarantineDecidedError: It was let go.

    Locks: the creator, then the outbox' api stream.
    """
    quarantine = await _locked(conn, order.quarantine_id)
    act = order.act
    if quarantine.status is QuarantineStatus.RETURNED:
        return quarantine
    if quarantine.status is QuarantineStatus.RELEASED:
        raise QuarantineDecidedError(status=quarantine.status.value)
    subject, details = str(quarantine.quarantine_id), _details(quarantine)
    worth = Worth(quarantine.worth_minor, quarantine.currency)
    if not await is_allowed(conn, act, RETURN, subject, worth, details):
        return None
    decided = _decided(quarantine, QuarantineStatus.RETURNED, act)
    await _record(conn, decided, act, RETURN)
    await quarantines.decide(conn, decided)
    event = GiftReturned(
        quarantine_id=decided.quarantine_id,
        gift_id=decided.gift_id,
        creator_id=decided.creator_id,
        operator_id=act.operator_id,
        returned_at=act.at,
    )
    await outbox.record(conn, event, traceparent=traceparent)
    return decided


async def _locked(conn: Conn, quarantine_id: UUID) -> Quarantine:
    for each in await quarantines.select_quarantines(conn, ids=[quarantine_id]):
        await earnings.lock_creators(conn, [each.creator_id])
        [quarantine] = await quarantines.select_quarantines(conn, ids=[quarantine_id])
        return quarantine
    raise QuarantineUnknownError


async def _is_stuck(conn: Conn, quarantine: Quarantine, at: datetime) -> bool:
    if quarantine.ended_at is not None or quarantine.decided_at is None:
        return False
    overdue_since = (await terms_in_force(conn, at)).overdue_if_held_since(at)
    return overdue_since is not None and quarantine.decided_at <= overdue_since


def _decided(quarantine: Quarantine, status: QuarantineStatus, act: Act) -> Quarantine:
    return quarantine._replace(status=status, decided_at=act.at, decided_by=act.operator_id)


async def _record(conn: Conn, quarantine: Quarantine, act: Act, action: str) -> None:
    await operators.record(conn, act, action, str(quarantine.quarantine_id), _details(quarantine))


def _details(quarantine: Quarantine) -> dict[str, object]:
    return {
        "gift_id": str(quarantine.gift_id),
        "creator_id": quarantine.creator_id,
        "worth_minor": quarantine.worth_minor,
        "currency": quarantine.currency,
    }
