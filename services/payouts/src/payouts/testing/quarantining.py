"""Creators who freeze gifts, and operators who decide, for tests."""

from datetime import datetime
from uuid import UUID

from chassis import ids
from chassis.db import Pool, transact
from chassis.operators import Act
from contracts.gifts.v1 import GiftSent
from payouts.commands.decide_quarantine import DecideQuarantine, release_gift, return_gift
from payouts.commands.known_rates import KnownRates
from payouts.commands.quarantine_gift import Quarantined, quarantine_gift
from payouts.domain.quarantine import Quarantine, QuarantineOrder
from payouts.store.quarantines import select_quarantines


async def freeze(
    pool: Pool,
    gift: GiftSent,
    *,
    at: datetime,
    quarantine_id: UUID | None = None,
    creator_id: str | None = None,
    note: str | None = None,
) -> Quarantined:
    """Let a gift's creator freeze it, or somebody else try."""
    order = QuarantineOrder(
        quarantine_id or ids.uuid7(), gift.gift_id, creator_id or gift.creator_id, note
    )
    return await transact(pool, lambda conn: quarantine_gift(conn, order, KnownRates(), at=at))


async def let_go(
    pool: Pool, quarantine: Quarantine, *, at: datetime, operator_id: str = "otto"
) -> Quarantine:
    """Let an operator release a frozen gift."""
    order = DecideQuarantine(quarantine.quarantine_id, Act.of(operator_id, "nothing is wrong", at))
    return await transact(pool, lambda conn: release_gift(conn, order))


async def give_back(
    pool: Pool, quarantine: Quarantine, *, at: datetime, operator_id: str = "otto"
) -> Quarantine | None:
    """Let an operator return a frozen gift; None: a second one has to ask for it."""
    order = DecideQuarantine(quarantine.quarantine_id, Act.of(operator_id, "stolen card", at))
    return await transact(pool, lambda conn: return_gift(conn, order))


async def quarantine_of(pool: Pool, gift: GiftSent) -> Quarantine:
    """How a frozen gift stands."""
    async with pool.acquire() as conn:
        [found] = await select_quarantines(conn, gift_ids=[gift.gift_id])
    return found
