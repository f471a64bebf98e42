"""Sums of what creators earned: what questions are answered from."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from chassis import sql
from chassis.db import Conn
from payouts.domain.accrual import CreatorSum, MaturingSum
from payouts.domain.clawback import Bucket
from payouts.domain.earnings import Earnings, EarningsAtRate, EarningsState, Maturing
from payouts.domain.quote import Part

STATEMENTS = sql.load("payouts.store", "earnings.sql")


class Credited(NamedTuple):
    """What a creator has, after something was added to it."""

    lifetime_micro_diamonds: int
    """All that was ever earned."""
    state: EarningsState


async def add_to_creators(
    conn: Conn, sums: Sequence[CreatorSum], maturing: Mapping[str, MaturingSum], day: date
) -> dict[str, Credited]:
    """Credit creators, each named once, in the order given.

    Args:
        conn: An open transaction.
        sums: What to add.
        maturing: What of it is pending and available on that day; of all creators of `sums`.
        day: As of which figures are told.

    Returns:
        How those creators stand to whom it was added. The others are locked, but their figures are
        of another day: see `figure`, and come again.
    """
    parts = [maturing[creator.creator_id] for creator in sums]
    rows = await conn.fetch(
        STATEMENTS["add_to_creators"],
        [creator.creator_id for creator in sums],
        [creator.gifts for creator in sums],
        [creator.coins for creator in sums],
        [creator.micro_diamonds for creator in sums],
        [part.pending for part in parts],
        [part.available for part in parts],
        [part.matures_next for part in parts],
        day,
    )
    return {row[0]: Credited(row[1], EarningsState(row[0], row[2], row[3], row[4])) for row in rows}


async def add_to_buckets(conn: Conn, buckets: Sequence[tuple[tuple[str, date, int], int]]) -> None:
    """Add micro-diamonds to buckets, each named once by creator, day and rate version."""
    await conn.execute(
        STATEMENTS["add_to_buckets"],
        [creator_id for (creator_id, _, _), _ in buckets],
        [day for (_, day, _), _ in buckets],
        [version for (_, _, version), _ in buckets],
        [amount for _, amount in buckets],
    )


async def debit_issuance(conn: Conn, shard: int, micro_diamonds: int) -> None:
    """Debit the account that all diamonds come from."""
    await conn.execute(STATEMENTS["debit_issuance"], shard, micro_diamonds)


async def credit_issuance(conn: Conn, shard: int, micro_diamonds: int) -> None:
    """Credit the account that all diamonds come from with some that go back there."""
    await conn.execute(STATEMENTS["credit_issuance"], shard, micro_diamonds)


async def lock_creators(conn: Conn, creator_ids: Iterable[str]) -> None:
    """Nobody else changes what these creators have until the transaction ends."""
    await conn.execute(STATEMENTS["lock_creators"], list(creator_ids))


async def lock_free(conn: Conn, buckets: Collection[Bucket]) -> dict[Bucket, int]:
    """What is free of buckets, until the transaction ends; locks their creators first."""
    keys = sorted(buckets)
    await lock_creators(conn, dict.fromkeys(key[0] for key in keys))
    rows = await conn.fetch(STATEMENTS["lock_buckets"], *_columns(keys))
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def claw(
    conn: Conn, amounts: Mapping[Bucket, int], held: Mapping[Bucket, int], day: date
) -> Mapping[str, EarningsState]:
    """Take micro-diamonds of buckets, or give them back where negative, and of their creators.

    The caller holds the locks of `lock_free`. Returns how the creators stand on the day.

    Args:
        conn: An open transaction.
        amounts: What is taken.
        held: By how much what is held for frozen gifts rises with it, or falls.
        day: As of which the figures are told.
    """
    of_creators: Counter[str] = Counter()
    for (creator_id, _, _), amount in amounts.items():
        of_creators[creator_id] += amount
    await _move(conn, amounts, held)
    return await _figure(conn, of_creators, day)


async def hold(conn: Conn, amounts: Mapping[Bucket, int]) -> None:
    """Hold micro-diamonds of buckets for frozen gifts, or no longer where negative.

    The caller holds the locks of `lock_free`, and brings the creators' figures up to date.
    """
    await _move(conn, {}, amounts)


async def _move(conn: Conn, clawed: Mapping[Bucket, int], held: Mapping[Bucket, int]) -> None:
    buckets = list({**clawed, **held})
    await conn.execute(
        STATEMENTS["move_buckets"],
        *_columns(buckets),
        [clawed.get(bucket, 0) for bucket in buckets],
        [held.get(bucket, 0) for bucket in buckets],
    )


async def figure(conn: Conn, creator_ids: Iterable[str], day: date) -> Mapping[str, EarningsState]:
    """Bring the figures of creators to a day and to what their buckets hold, to be told.

    The caller has held the creators' locks since before any of their buckets changed.
    """
    return await _figure(conn, dict.fromkeys(creator_ids, 0), day)


async def _figure(conn: Conn, clawed: Mapping[str, int], day: date) -> Mapping[str, EarningsState]:
    rows = await conn.fetch(STATEMENTS["figure_creators"], list(clawed), list(clawed.values()), day)
    return {row[0]: EarningsState(*row) for row in rows}


async def lock_matured(conn: Conn, day: date, *, limit: int) -> Sequence[str]:
    """Creators whose figures do not say yet what has matured by a day, locked."""
    return [row[0] for row in await conn.fetch(STATEMENTS["lock_matured"], day, limit)]


async def raise_versions(conn: Conn, told: Mapping[str, int]) -> Sequence[str]:
    """Bring versions that are behind what was told up to it; whose they were, locked."""
    rows = await conn.fetch(STATEMENTS["raise_versions"], list(told), list(told.values()))
    return [row[0] for row in rows]


def _columns(buckets: Sequence[Bucket]) -> tuple[list[str], list[date], list[int]]:
    return (
        [creator_id for creator_id, _, _ in buckets],
        [day for _, day, _ in buckets],
        [version for _, _, version in buckets],
    )


async def select_earnings(conn: Conn, creator_ids: Sequence[str], day: date) -> dict[str, Earnings]:
    """What creators have earned, as of a day; who has earned nothing is missing."""
    parts: dict[str, list[EarningsAtRate]] = {}
    for row in await conn.fetch(STATEMENTS["select_earnings"], creator_ids, day):
        parts.setdefault(row["creator_id"], []).append(
            EarningsAtRate(
                row["rate_version"],
                row["pending"],
                row["available"],
                row["reserved"],
                row["paid_out"],
                row["held"],
            )
        )
    return {creator_id: Earnings.of(rows) for creator_id, rows in parts.items()}


async def lock_available(conn: Conn, creator_id: str, day: date) -> Sequence[Part]:
    """What a creator may take as of a day, oldest first; nobody else takes it meanwhile.

    Locks the creator first, as accruals do.
    """
    await lock_creators(conn, [creator_id])
    return [
        Part(row["matures_on"], row["rate_version"], row["micro_diamonds"])
        for row in await conn.fetch(STATEMENTS["lock_available"], creator_id, day)
    ]


async def select_maturing(
    conn: Conn, creator_id: str, *, after: date, limit: int
) -> Sequence[Maturing]:
    """The next days on which something matures, soonest first, all later than `after`."""
    rows = await conn.fetch(STATEMENTS["select_maturing"], creator_id, after, limit)
    return [Maturing(row["matures_on"], row["micro_diamonds"]) for row in rows]


async def select_maturing_backward(
    conn: Conn, creator_id: str, *, after: date, before: date | None, limit: int
) -> Sequence[Maturing]:
    """The last days on which something matures, latest first, between two days (exclusive)."""
    rows = await conn.fetch(
        STATEMENTS["select_maturing_backward"], creator_id, after, before, limit
    )
    return [Maturing(row["matures_on"], row["micro_diamonds"]) for row in rows]
