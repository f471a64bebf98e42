"""Write gifts again that a restored database has lost, as far as topics tell of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.db import Conn
from contracts.gifts.v1 import ChargeRequested, GiftSent
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift, GiftOrder, body_hash
from gifts.store.recovery import insert_recovered


class LostGift(NamedTuple):
    """What was told of a gift before it was lost."""

    sent: GiftSent
    asked: ChargeRequested | None
    """None: no longer on its topic; then nobody knows where the payer lives."""
    requested_at: datetime


async def recover_gifts(conn: Conn, lost: Sequence[LostGift]) -> int:
    """Write each as it was before it was charged; how many were not there.

    Nothing is asked of the wallet: its answer lies on the topic that is read again. Messages are on
    none, so they stay lost, and a client that sends a gift with one again meets a conflict.
    """
    written = await insert_recovered(
        conn,
        [_gift(each) for each in lost],
        [body_hash(_order(each.sent)) for each in lost],
        [
            Payer(None, None)
            if each.asked is None
            else Payer(each.asked.payer_region, each.asked.payer_age)
            for each in lost
        ],
    )
    return len(written)


def _gift(lost: LostGift) -> Gift:
    sent = lost.sent
    return Gift(
        gift_id=sent.gift_id,
        sender_id=sent.sender_id,
        creator_id=sent.creator_id,
        item_id=sent.item_id,
        count=sent.count,
        price_coins=sent.price_coins,
        catalogue_version=sent.catalogue_version,
        target_kind=sent.target_kind,
        target_id=sent.target_id,
        message=None,
        requested_at=lost.requested_at,
    )


def _order(sent: GiftSent) -> GiftOrder:
    """What nearly every client asks for that is shown the right price and says nothing."""
    return GiftOrder(
        gift_id=sent.gift_id,
        sender_id=sent.sender_id,
        creator_id=sent.creator_id,
        item_id=sent.item_id,
        count=sent.count,
        target_kind=sent.target_kind,
        target_id=sent.target_id,
        quoted_price_coins=sent.price_coins,
    )
