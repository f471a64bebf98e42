"""Gifts that a restored database has lost are written again from what gifts has told."""

from uuid import UUID

from chassis.testing.databases import Database
from chassis.testing.plugin import Servers
from chassis.testing.publisher import Publisher
from contracts.gifts.v1 import ChargeRequested, GiftSent
from gifts.commands.send_gifts import NewGift, Written
from gifts.domain.gift import Gift
from gifts.edge.recovering import recover_lost
from gifts.store.gift import select_gifts
from gifts.testing import NOW, a_new_gift, a_slice, an_order, posted, settle, write


def told(new: NewGift) -> tuple[ChargeRequested, GiftSent]:
    """What gifts has told of a gift that was sent, before it was lost."""
    gift, payer = new.gift, new.payer
    return (
        ChargeRequested(
            gift.gift_id,
            gift.sender_id,
            gift.creator_id,
            gift.price_coins,
            payer_region=payer.region,
            payer_age=payer.age,
        ),
        GiftSent(
            gift_id=gift.gift_id,
            sender_id=gift.sender_id,
            creator_id=gift.creator_id,
            item_id=gift.item_id,
            count=gift.count,
            price_coins=gift.price_coins,
            catalogue_version=gift.catalogue_version,
            target_kind=gift.target_kind,
            target_id=gift.target_id,
            slices=(a_slice(gift.price_coins),),
            sent_at=NOW,
        ),
    )


async def found(service: Database, gift_id: UUID) -> Gift:
    async with service.pool.acquire() as conn:
        return (await select_gifts(conn, [gift_id]))[gift_id].gift


async def test_what_was_told_and_lost_is_written_once_and_settled(
    service: Database, servers: Servers, topic_prefix: str, publisher: Publisher
) -> None:
    """Also to a creator who takes no gifts now; a gift that is there stays as it is."""
    kept = a_new_gift(an_order(message="Bravo!"))
    lost = [a_new_gift(), a_new_gift(an_order(creator_id="nobody-any-more"))]
    await write(service.pool, kept)
    events = [told(new) for new in (kept, *lost)]
    await publisher.events([event for pair in events for event in pair])

    async def recover() -> int:
        return await recover_lost(service.pool, servers.kafka_servers, topic_prefix=topic_prefix)

    assert await recover() == 2
    assert await recover() == 0

    assert (await found(service, kept.gift.gift_id)).message == "Bravo!"
    for new in lost:
        gift = await found(service, new.gift.gift_id)
        assert gift.status == "PENDING"
        assert gift.requested_at != new.gift.requested_at
        row = await service.pool.fetchrow(
            "SELECT payer_region, payer_age FROM gift WHERE gift_id = $1", gift.gift_id
        )
        assert row is not None
        assert tuple(row) == ("US", "adult")
    await settle(service.pool, *[posted(new.gift) for new in lost])
    assert [(await found(service, new.gift.gift_id)).status for new in lost] == ["SENT", "SENT"]


async def test_a_client_that_sends_a_recovered_gift_again_meets_no_conflict(
    service: Database, servers: Servers, topic_prefix: str, publisher: Publisher
) -> None:
    new = a_new_gift()
    await publisher.events(list(told(new)))
    await recover_lost(service.pool, servers.kafka_servers, topic_prefix=topic_prefix)

    [outcome] = await write(service.pool, new)

    assert isinstance(outcome, Written)
    assert outcome.replayed
