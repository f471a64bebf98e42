"""Drives the charge handler as the consumer does, without a broker."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from chassis import outbox
from chassis.batch import Batch, Received
from chassis.db import Conn, Pool, transaction
from chassis.ids import uuid7
from contracts.event import Event, describe, find
from contracts.gifts.v1 import CHARGE, ChargeRequested, UndoRequested
from contracts.wallet.v1 import BalanceChanged, ChargePosted, ChargeRefused
from wallet.commands.post_credits import Credit, Credited, post_credits
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.ledger import PROMOTION, mint
from wallet.domain.lots import LotClass

REFUND_WINDOW = timedelta(days=120)


class DeliberateError(Exception):
    """Thrown to make a batch roll back."""


class SettableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 9, 1, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The instant at which it stands."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self.at += by


def an_undo(charge: ChargeRequested, *, at: datetime) -> UndoRequested:
    """What asks for a charge to be given back."""
    return UndoRequested(
        charge_id=charge.charge_id,
        payer_id=charge.payer_id,
        order_key=charge.order_key,
        asked_at=at,
    )


def a_batch(charges: Sequence[ChargeRequested | UndoRequested], *, shard: int = 0) -> Batch:
    """Charges and undos as they come from a partition."""
    received = [
        Received(event=charge, partition=shard, offset=index, traceparent=None)
        for index, charge in enumerate(charges)
    ]
    return Batch(CHARGE.name, received, shard)


async def charge(
    pool: Pool,
    handler: OnChargeRequested,
    charges: Sequence[ChargeRequested | UndoRequested],
    *,
    shard: int = 0,
    fails: bool = False,
) -> list[Event]:
    """Apply a batch and return the events that leave with it, in their order.

    Args:
        pool: The wallet's database.
        handler: The consumer of this worker.
        charges: In the order received.
        shard: The batch's partition.
        fails: The transaction is rolled back at its very end; no event leaves.
    """
    batch = a_batch(charges, shard=shard)
    try:
        async with transaction(pool) as conn:
            await handler.apply(conn, batch)
            await outbox.append(conn, batch.outgoing)
            if fails:
                raise DeliberateError
    except DeliberateError:
        handler.rolled_back()
        return []
    handler.committed(batch)
    return [
        event for outgoing in batch.outgoing.values() for event in map(read_back, outgoing.records)
    ]


def read_back(stored: outbox.StoredRecord) -> Event:
    """A stored record as the event that its consumers will read."""
    registered = find(stored.type)
    assert registered is not None
    event = msgspec.json.decode(stored.value, type=registered.cls)
    assert stored.key == str(getattr(event, describe(registered.cls).key))
    return event


def answers(events: Sequence[Event]) -> list[ChargePosted | ChargeRefused]:
    """The answers among events."""
    return [event for event in events if isinstance(event, ChargePosted | ChargeRefused)]


def balances(events: Sequence[Event]) -> list[BalanceChanged]:
    """The new balances among events."""
    return [event for event in events if isinstance(event, BalanceChanged)]


async def give(
    conn: Conn,
    owner_id: str,
    coins: int,
    lot_class: LotClass = "purchased",
    *,
    at: datetime,
    expires_at: datetime | None = None,
    purchase_id: UUID | None = None,
) -> Credited:
    """Put a lot into a wallet as a purchase (or its bonus) would."""
    bought = lot_class == "purchased"
    movement_id = uuid7()
    credited = Credit(
        movement_id=movement_id,
        kind="purchase" if bought else "bonus",
        counter=mint("USD") if bought else PROMOTION,
        lot_class=lot_class,
        coins=coins,
        refundable_until=at + REFUND_WINDOW,
        expires_at=expires_at,
        source_kind="purchase",
        source_id=purchase_id or movement_id,
    )
    return await post_credits(conn, owner_id, [credited], at=at)
