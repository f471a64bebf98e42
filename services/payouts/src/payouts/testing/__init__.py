"""Gifts, rates and terms for tests: believable unless the test says otherwise."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from chassis import ids
from chassis.db import Pool
from contracts.gifts.v1 import GiftReinstated, GiftReversed, GiftSent
from contracts.wallet.v1 import LotClass, LotSlice
from payouts.domain.rates import DiamondWorth, MicroDiamondsPerCoin, Rate

SENT_AT = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
REFUNDABLE_UNTIL = SENT_AT + timedelta(days=120)


def a_slice(
    coins: int,
    lot_class: LotClass = "purchased",
    *,
    lot_id: int = 7,
    refundable_until: datetime = REFUNDABLE_UNTIL,
) -> LotSlice:
    """Coins of one lot."""
    return LotSlice(
        lot_id=lot_id, lot_class=lot_class, coins=coins, refundable_until=refundable_until
    )


def a_gift(
    coins: int = 10,
    *,
    slices: Sequence[LotSlice] | None = None,
    creator_id: str = "star",
    gift_id: UUID | None = None,
    sent_at: datetime = SENT_AT,
) -> GiftSent:
    """A gift whose price is what its slices add up to; without any, one slice of `coins`."""
    parts = (a_slice(coins),) if slices is None else tuple(slices)
    return GiftSent(
        gift_id=gift_id or ids.uuid7(),
        sender_id="viewer",
        creator_id=creator_id,
        item_id="rose",
        count=1,
        price_coins=sum(part.coins for part in parts),
        catalogue_version=1,
        target_kind="video",
        target_id="v1",
        slices=parts,
        sent_at=sent_at,
    )


def altered(gift: GiftSent, **fields: object) -> GiftSent:
    """The same gift with other values in some fields, whether they still agree or not."""
    return msgspec.structs.replace(gift, **fields)


def taken_back(
    gift: GiftSent, coins: int | None = None, *, at: datetime, **changes: object
) -> GiftReversed:
    """Gifts' word that coins of a gift's first lot were taken back: all of them, or `coins`."""
    event = GiftReversed(
        reversal_id=ids.uuid7(),
        position=0,
        gift_id=gift.gift_id,
        creator_id=gift.creator_id,
        lot_id=gift.slices[0].lot_id,
        coins=coins or gift.slices[0].coins,
        reason="chargeback",
        reversed_at=at,
    )
    return msgspec.structs.replace(event, **changes)


def given_back(of: GiftReversed, coins: int | None = None, *, at: datetime) -> GiftReinstated:
    """Gifts' word that what was taken back is given back: all of it, or `coins`."""
    assert of.reason not in ("undo", "quarantine"), "what was undone is not given back"
    return GiftReinstated(
        reinstatement_id=ids.uuid7(),
        reversal_id=of.reversal_id,
        position=of.position,
        gift_id=of.gift_id,
        creator_id=of.creator_id,
        lot_id=of.lot_id,
        coins=coins or of.coins,
        reason=of.reason,
        reinstated_at=at,
    )


def a_rate(
    version: int = 1,
    effective_from: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    *,
    purchased: int = 500_000,
    bonus: int = 250_000,
    earned: int = 100_000,
    granted: int = 50_000,
    currency: str = "USD",
    micro_minor: int = 500_000,
) -> Rate:
    """Like the first one of the product, unless told otherwise."""
    return Rate(
        version=version,
        effective_from=effective_from,
        micro_diamonds_per_coin=MicroDiamondsPerCoin(
            purchased=purchased, bonus=bonus, earned=earned, granted=granted
        ),
        diamond_worth=DiamondWorth(currency=currency, micro_minor=micro_minor),
    )


async def assert_books_balance(pool: Pool) -> None:
    """Creators, buckets and the system account are three ways to add the journal up: all agree."""
    wrong = await pool.fetch("""
        WITH journal AS (
            SELECT
                creator_id,
                count(*) AS gifts,
                sum(coins) AS coins,
                sum(micro_diamonds) AS micro_diamonds
            FROM accrual
            GROUP BY creator_id
        ),

        bucket AS (
            SELECT
                creator_id,
                sum(micro_diamonds) AS micro_diamonds,
                sum(clawed_micro_diamonds) AS clawed
            FROM earning_bucket
            GROUP BY creator_id
        ),

        clawed AS (
            SELECT
                creator_id,
                sum(CASE WHEN cause_id = reversal_id THEN 1 ELSE -1 END * micro_diamonds) AS amount
            FROM clawback
            GROUP BY creator_id
        )

        SELECT creator_id
        FROM journal AS j
        FULL JOIN creator_earning AS c USING (creator_id)
        FULL JOIN bucket AS b USING (creator_id)
        FULL JOIN clawed AS k USING (creator_id)
        WHERE
            (j.gifts, j.coins, j.micro_diamonds)
            IS DISTINCT FROM (c.gifts, c.coins, c.lifetime_micro_diamonds)
            OR coalesce(b.micro_diamonds, 0) <> j.micro_diamonds
            OR coalesce(k.amount, 0) <> coalesce(b.clawed, 0)
            OR coalesce(k.amount, 0) <> c.clawed_micro_diamonds
    """)
    assert wrong == []
    # Figures that are told agree with the buckets, as of the day that they are of.
    stale = await pool.fetch("""
        SELECT c.creator_id
        FROM creator_earning AS c
        LEFT JOIN earning_free AS e USING (creator_id)
        GROUP BY c.creator_id
        HAVING
            (c.pending_micro_diamonds, c.available_micro_diamonds, c.matures_next)
            IS DISTINCT FROM (
                coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on > c.figured_on), 0),
                coalesce(sum(e.free_micro_diamonds) FILTER (WHERE e.matures_on <= c.figured_on), 0),
                min(e.matures_on) FILTER (WHERE e.matures_on > c.figured_on)
            )
    """)
    assert stale == []
    # What is held is what is left of frozen gifts.
    loose = await pool.fetch("""
        SELECT creator_id, matures_on
        FROM (
            SELECT creator_id, matures_on, rate_version, held_micro_diamonds AS amount
            FROM earning_bucket
            UNION ALL
            SELECT a.creator_id, s.matures_on, a.rate_version, -s.micro_diamonds
            FROM gift_quarantine AS q
            INNER JOIN accrual AS a USING (gift_id)
            CROSS JOIN LATERAL unnest(a.matures_on, a.slice_micro_diamonds)
                AS s (matures_on, micro_diamonds)
            WHERE q.ended_at IS NULL
            UNION ALL
            SELECT
                c.creator_id,
                c.matures_on,
                c.rate_version,
                CASE WHEN c.cause_id = c.reversal_id THEN 1 ELSE -1 END * c.micro_diamonds
            FROM gift_quarantine AS q
            INNER JOIN clawback AS c USING (gift_id)
            WHERE q.ended_at IS NULL
        ) AS held
        GROUP BY creator_id, matures_on, rate_version
        HAVING sum(amount) <> 0
    """)
    assert loose == []
    balance = await pool.fetchval("""
        SELECT
            (
                SELECT coalesce(sum(lifetime_micro_diamonds - clawed_micro_diamonds), 0)
                FROM creator_earning
            )
            + (
                SELECT coalesce(sum(credits_micro_diamonds - debits_micro_diamonds), 0)
                FROM system_account
            )
    """)
    assert balance == 0
