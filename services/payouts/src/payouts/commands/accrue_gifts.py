"""Turn gifts into what their creators are owed, each gift once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from payouts.domain.accrual import Accrual, CreatorSum, MaturingSum, split_by_day, sum_up
from payouts.domain.earnings import EarningsState
from payouts.store import accruals as journal
from payouts.store import earnings


class Credited(NamedTuple):
    """What one creator was credited."""

    sum: CreatorSum
    lifetime_micro_diamonds: int
    """All that the creator ever earned, this included."""
    state: EarningsState
    """To be told."""


class Outcome(NamedTuple):
    """What came of a batch of accruals."""

    credited: Sequence[Credited]
    """Creators, in the order of their ids."""
    conflicting: Sequence[int]
    """Places, in the batch, of gifts that were accrued before, but told differently."""


async def accrue_gifts(
    conn: Conn, batch: Sequence[Accrual], *, shard: int, at: datetime
) -> Outcome:
    """Write what is new in `batch`: journal, creators, buckets and the other side of the entry.

    A gift that comes again has no second effect, within a batch as between batches. Rows are locked
    in one order, creators before buckets, each by its key, and the system account's shard last.

    Args:
        conn: An open transaction.
        batch: In the order in which the gifts were sent.
        shard: Nobody else writes this shard of the system account at the same time.
        at: Now: what has matured by its day is available.
    """
    known = await journal.select_accruals(conn, [accrual.gift_id for accrual in batch])
    new: dict[UUID, Accrual] = {}
    conflicting: list[int] = []
    for place, accrual in enumerate(batch):
        before = known.get(accrual.gift_id) or new.get(accrual.gift_id)
        if before is None:
            new[accrual.gift_id] = accrual
        elif not before.tells_the_same_as(accrual):
            conflicting.append(place)
    if not new:
        return Outcome((), conflicting)
    day = at.astimezone(UTC).date()
    sums = sum_up(new.values())
    creators = sorted(sums.creators.values(), key=lambda creator: creator.creator_id)
    await journal.insert_accruals(conn, new.values())
    credited = await _credit(conn, creators, split_by_day(sums, day), day)
    await earnings.add_to_buckets(conn, sorted(sums.buckets.items()))
    await earnings.debit_issuance(conn, shard, sum(creator.micro_diamonds for creator in creators))
    return Outcome(
        [Credited(creator, *credited[creator.creator_id]) for creator in creators], conflicting
    )


async def _credit(
    conn: Conn, creators: Sequence[CreatorSum], maturing: Mapping[str, MaturingSum], day: date
) -> Mapping[str, earnings.Credited]:
    """Add to creators' accounts; on the first gift of a day, what has matured meanwhile first."""
    credited = await earnings.add_to_creators(conn, creators, maturing, day)
    left = [creator for creator in creators if creator.creator_id not in credited]
    if left:
        await earnings.figure(conn, [creator.creator_id for creator in left], day)
        credited |= await earnings.add_to_creators(conn, left, maturing, day)
    return credited
