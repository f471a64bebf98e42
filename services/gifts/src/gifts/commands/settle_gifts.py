"""Settle gifts as the wallet has answered."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db import Conn
from contracts.wallet.v1 import ChargePosted, ChargeRefused
from gifts.domain.gift import GiftRefusal, ReachedLimit
from gifts.store import gift as store
from gifts.store.gift import Settled


async def settle_sent(conn: Conn, charges: Sequence[ChargePosted]) -> list[Settled]:
    """Settle the gifts that were charged: each becomes SENT, once, and its creator's.

    A charge moves nothing where its gift is settled already, is for another creator, has another
    price or does not exist.

    Args:
        conn: An open transaction.
        charges: Each gift at most once, each creator's in order.

    Returns:
        The gifts that moved, in no order.
    """
    return await store.settle_sent(
        conn,
        [charge.charge_id for charge in charges],
        [charge.order_key for charge in charges],
        [charge.coins for charge in charges],
        [charge.posted_at for charge in charges],
    )


async def settle_refused(conn: Conn, refused: Sequence[ChargeRefused]) -> set[UUID]:
    """Settle the gifts that were not charged: each becomes REFUSED, once, and stays so.

    A refusal moves nothing where its gift is settled already, is for another creator or does not
    exist.

    Args:
        conn: An open transaction.
        refused: Each gift at most once.

    Returns:
        The ids of the gifts that moved.
    """
    return await store.settle_refused(
        conn,
        [refusal.charge_id for refusal in refused],
        [refusal.order_key for refusal in refused],
        [_refusal(refusal) for refusal in refused],
        [refusal.refused_at for refusal in refused],
    )


def _refusal(refused: ChargeRefused) -> GiftRefusal:
    limit = refused.limit
    return GiftRefusal(
        refused.reason,
        refused.needed_coins,
        refused.balance_coins,
        limit and ReachedLimit(limit.name, limit.coins, limit.spent_coins, limit.frees_up_at),
    )
