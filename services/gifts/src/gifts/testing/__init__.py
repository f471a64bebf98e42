"""Orders, gifts and answers for tests and benchmarks: believable unless told otherwise."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from chassis import clock, ids, outbox
from chassis.batch import Batch, Received
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact, transaction
from chassis.testing.eventually import eventually
from contracts.event import Event, Topic
from contracts.wallet.v1 import (
    CHARGE,
    PURCHASE,
    ChargePosted,
    ChargeRefused,
    ChargeUndone,
    LotSlice,
    PurchaseReinstated,
    PurchaseReversed,
    ReachedLimit,
    ReinstatedLeg,
    ReversedLeg,
    UndoneLeg,
)
from gifts import data
from gifts.commands.accept_gifts import accept_gifts
from gifts.commands.publish_catalogue import publish_catalogue
from gifts.commands.publish_levels import publish_levels
from gifts.commands.send_gifts import NewGift, Outcome, send_gifts
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from gifts.domain.catalogue import Catalogue
from gifts.domain.catalogue_file import catalogue_of, read_catalogue
from gifts.domain.eligibility import Payer
from gifts.domain.gift import Gift, GiftOrder, accept_order, body_hash
from gifts.domain.level_file import read_levels
from gifts.domain.room_rules import RoomRules

NOW = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)


def first_catalogue() -> Catalogue:
    """The catalogue that a new system starts with."""
    return catalogue_of(read_catalogue(data.first_catalogue()), published_at=NOW)


def an_order(**changes: object) -> GiftOrder:
    """Seven roses from alice to star, under a new id."""
    order = GiftOrder(
        gift_id=ids.uuid7(),
        sender_id="alice",
        creator_id="star",
        item_id="rose",
        count=7,
        target_kind="video",
        target_id="video-1",
        quoted_price_coins=7,
    )
    return msgspec.structs.replace(order, **changes)


def a_new_gift(
    order: GiftOrder | None = None,
    *,
    payer: Payer = Payer("US", "adult"),  # noqa: B008
    traceparent: str | None = None,
) -> NewGift:
    """The gift that an order makes, ready to be written."""
    order = order or an_order()
    gift = accept_order(order, first_catalogue(), at=NOW)
    return NewGift(gift, body_hash(order), payer, traceparent)


def a_slice(coins: int, *, lot_id: int = 7) -> LotSlice:
    """Purchased coins of one lot."""
    return LotSlice(
        lot_id=lot_id,
        lot_class="purchased",
        coins=coins,
        refundable_until=NOW + timedelta(days=120),
    )


def posted(gift: Gift, **changes: object) -> ChargePosted:
    """The wallet's word that a gift was charged."""
    event = ChargePosted(
        charge_id=gift.gift_id,
        payer_id=gift.sender_id,
        order_key=gift.creator_id,
        coins=gift.price_coins,
        slices=(a_slice(gift.price_coins),),
        posted_at=NOW + timedelta(seconds=1),
    )
    return msgspec.structs.replace(event, **changes)


def refused(gift: Gift, **changes: object) -> ChargeRefused:
    """The wallet's word that a gift was not charged, for want of coins."""
    event = ChargeRefused(
        charge_id=gift.gift_id,
        payer_id=gift.sender_id,
        order_key=gift.creator_id,
        reason="insufficient_coins",
        needed_coins=gift.price_coins,
        balance_coins=3,
        refused_at=NOW + timedelta(seconds=1),
    )
    return msgspec.structs.replace(event, **changes)


def refused_by_limit(gift: Gift, **changes: object) -> ChargeRefused:
    """The wallet's word that a gift did not fit in its sender's daily limit."""
    limit = ReachedLimit(name="day", coins=20, spent_coins=15, frees_up_at=NOW + timedelta(hours=3))
    return refused(
        gift, **{"reason": "spend_limit_reached", "balance_coins": 900, "limit": limit} | changes
    )


async def open_shop(pool: Pool, *creator_ids: str) -> None:
    """Publish the first catalogue and level table, and let these creators take gifts."""

    async def work(conn: Conn) -> None:
        file = read_catalogue(data.first_catalogue())
        await publish_catalogue(conn, file, at=clock.now())
        await publish_levels(conn, read_levels(data.first_levels()), at=clock.now())
        for creator_id in creator_ids:
            await accept_gifts(conn, creator_id, accept=True, at=clock.now())

    await transact(pool, work)


async def write(pool: Pool, *gifts: NewGift) -> list[Outcome]:
    """Write gifts as the api does, in one transaction."""
    return await transact(pool, lambda conn: send_gifts(conn, gifts))


def taken_back(
    *legs: ReversedLeg, reversal_id: UUID | None = None, **changes: object
) -> PurchaseReversed:
    """The wallet's word that a payment was taken back, told in one part."""
    event = PurchaseReversed(
        reversal_id=reversal_id or ids.uuid7(),
        purchase_id=ids.uuid7(),
        user_id="alice",
        kind="chargeback",
        amount_minor=500,
        currency="USD",
        coins=sum(leg.coins for leg in legs),
        is_held=False,
        policy_version=2,
        part=1,
        parts=1,
        legs=legs,
        reversed_at=NOW + timedelta(days=1),
    )
    return msgspec.structs.replace(event, **changes)


def asked_of(gift: Gift, coins: int | None = None, *, position: int = 0) -> ReversedLeg:
    """A leg that the creator of a gift is asked for; all of the gift unless told otherwise."""
    return ReversedLeg(
        position=position,
        kind="creator_unmatured",
        coins=gift.price_coins if coins is None else coins,
        lot_id=7,
        party=gift.creator_id,
        charge_id=gift.gift_id,
    )


def given_back(
    of: PurchaseReversed, *, coins: int | None = None, reinstatement_id: UUID | None = None
) -> PurchaseReinstated:
    """The wallet's word that a reversal is undone; of each leg all of it, or `coins`."""
    return PurchaseReinstated(
        reinstatement_id=reinstatement_id or ids.uuid7(),
        purchase_id=of.purchase_id,
        user_id=of.user_id,
        kind=of.kind,
        amount_minor=of.amount_minor,
        currency=of.currency,
        coins=of.coins,
        part=1,
        parts=1,
        legs=tuple(
            ReinstatedLeg(
                reversal_id=of.reversal_id,
                position=leg.position,
                kind=leg.kind,
                coins=coins or leg.coins,
                lot_id=leg.lot_id,
                party=leg.party,
                charge_id=leg.charge_id,
            )
            for leg in of.legs
        ),
        reinstated_at=NOW + timedelta(days=2),
    )


def undone(gift: Gift, **changes: object) -> ChargeUndone:
    """The wallet's word that a gift's charge was undone, whose coins were of one lot."""
    event = ChargeUndone(
        reversal_id=ids.uuid7(),
        charge_id=gift.gift_id,
        user_id=gift.sender_id,
        order_key=gift.creator_id,
        coins=gift.price_coins,
        legs=(UndoneLeg(0, 7, gift.price_coins),),
        reason="undo",
        undone_at=NOW + timedelta(seconds=3),
    )
    return msgspec.structs.replace(event, **changes)


def batch_of(
    *events: Event, topic: Topic = CHARGE, partition: int = 0, traceparent: str | None = None
) -> Batch:
    """Events of one of the wallet's topics as the consumer hands them over."""
    received = [
        Received(event, partition, offset, traceparent) for offset, event in enumerate(events)
    ]
    return Batch(topic.name, received, partition)


async def settle(
    pool: Pool,
    *events: Event,
    traceparent: str | None = None,
    rules: RoomRules | None = None,
    now: Clock = clock.now,
) -> Batch:
    """Apply answers of the wallet as the consumer does, in one transaction."""
    batch = batch_of(*events, traceparent=traceparent)
    async with transaction(pool) as conn:
        await ChargeAnswered(rules, now=now).apply(conn, batch)
        await outbox.append(conn, batch.outgoing)
    return batch


async def take_back(
    pool: Pool,
    *events: Event,
    traceparent: str | None = None,
    rules: RoomRules | None = None,
    now: Clock = clock.now,
) -> Batch:
    """Apply what the wallet takes back and gives back, as the consumer does."""
    batch = batch_of(*events, topic=PURCHASE, traceparent=traceparent)
    async with transaction(pool) as conn:
        await PurchaseTakenBack(rules, now=now).apply(conn, batch)
        await outbox.append(conn, batch.outgoing)
    return batch


async def stored_events(pool: Pool, stream: str) -> Sequence[outbox.StoredRecord]:
    """What a stream of the outbox holds, in order."""
    rows = await pool.fetch("SELECT records FROM outbox WHERE stream = $1 ORDER BY seq", stream)
    return [record for row in rows for record in outbox.unpack(row["records"])]


@asynccontextmanager
async def writers_blocked(pool: Pool) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    """Hold what each writer of gifts takes last; `await kill()` ends the session that waits for it.

    Some gift must have been written before.
    """

    async def waiting() -> int | None:
        return await pool.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )

    async with transaction(pool) as conn:
        # However long the machine takes: this session idles in its transaction on purpose.
        await conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        held = await conn.execute(
            "UPDATE outbox_stream SET next_seq = next_seq WHERE stream = $1", outbox.API_STREAM
        )
        assert held == "UPDATE 1", "write a gift first"

        async def kill() -> None:
            await conn.execute("SELECT pg_terminate_backend($1)", await eventually(waiting))

        yield kill
