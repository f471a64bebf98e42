"""Take of creators what payments that are taken back had earned them, or give it back."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from payouts.domain.accrual import Accrual
from payouts.domain.clawback import Bucket, Claims, Clawback, Leg
from payouts.domain.earnings import EarningsState
from payouts.store import accruals as journal
from payouts.store import clawbacks as store
from payouts.store import earnings, quarantines


class Outcome(NamedTuple):
    """What came of some legs."""

    settled: Sequence[Clawback]
    """Those that were settled now, also of earlier ones that had waited."""
    impossible: Mapping[int, str]
    """By place among those told now, why nothing was written for a leg."""
    states: Mapping[str, EarningsState]
    """How creators stand of whom something was taken or to whom it was given back."""


async def claw_back(
    conn: Conn,
    legs: Sequence[Leg],
    *,
    creator_ids: Collection[str],
    shard: int,
    at: datetime,
) -> Outcome:
    """Settle legs, each once: take what is neither mature nor taken, or give exactly that back.

    A leg whose gift is not accrued, or which gives back what is not known to have been taken, waits
    and is settled when that has come.

    Locks: creators, then buckets, each by its key, then the system account's shard.

    Args:
        conn: An open transaction, in which the gifts of the same batch are accrued already.
        legs: In the order told.
        creator_ids: Of whom what waits is looked at again; those of `legs` among them.
        shard: Nobody else writes this shard of the system account at the same time.
        at: Now.
    """
    waited = await store.select_waiting(conn, sorted(creator_ids))
    if not legs and not waited:
        return Outcome((), {}, {})
    claims = await _claims(conn, [*waited, *legs], at)
    settled, waiting, impossible = claims.settle_all([*waited, *legs])
    states = await _write(conn, settled, claims.held, shard=shard, day=at.astimezone(UTC).date())
    if claims.thawed:
        await quarantines.end_undone(conn, claims.thawed, at=at)
    # One that had waited and turns out to be impossible stays where the checker finds it.
    waited_before, waits = set(waited), {*waiting, *impossible}
    if gone := waited_before - waits:
        await store.delete_waiting(conn, list(gone))
    if fresh := [leg for leg in waiting if leg not in waited_before]:
        await store.insert_waiting(conn, fresh)
    return Outcome(
        settled,
        {
            place: impossible[leg]
            for place, leg in enumerate(legs)
            if leg in impossible and leg not in waited_before
        },
        states,
    )


async def _claims(conn: Conn, legs: Sequence[Leg], at: datetime) -> Claims:
    gift_ids = {leg.gift_id for leg in legs}
    accruals = await journal.select_accruals(conn, list(gift_ids))
    free = await earnings.lock_free(conn, _buckets(legs, accruals))
    known = await store.select_clawbacks(conn, {leg.leg_id for leg in legs}, gift_ids)
    # Under the locks: whoever freezes a gift or lets it go holds its creator.
    frozen = await quarantines.select_held(conn, gift_ids)
    return Claims(accruals, known, free, frozen=frozen, at=at)


def _buckets(legs: Sequence[Leg], accruals: Mapping[UUID, Accrual]) -> set[Bucket]:
    """The earnings that legs may change."""
    return {
        (accrual.creator_id, day, accrual.rate_version)
        for leg in legs
        if (accrual := accruals.get(leg.gift_id)) is not None
        for lot_id, day in zip(accrual.lot_ids, accrual.matures_on, strict=True)
        if lot_id == leg.lot_id
    }


async def _write(
    conn: Conn,
    settled: Sequence[Clawback],
    held: Mapping[Bucket, int],
    *,
    shard: int,
    day: date,
) -> Mapping[str, EarningsState]:
    if not settled:
        return {}
    await store.insert_clawbacks(conn, settled)
    amounts: Counter[Bucket] = Counter()
    for each in settled:
        amounts[each.bucket] += each.taken_micro_diamonds
    states = await earnings.claw(conn, amounts, held, day)
    taken = sum(each.micro_diamonds for each in settled if not each.leg.gives_back)
    returned = sum(each.micro_diamonds for each in settled if each.leg.gives_back)
    await earnings.credit_issuance(conn, shard, taken)
    if returned:
        await earnings.debit_issuance(conn, shard, returned)
    return states
