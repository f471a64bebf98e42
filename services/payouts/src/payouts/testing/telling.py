"""What creators are told of their earnings, for tests."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from chassis import outbox
from chassis.batch import Batch, Received
from chassis.db import Conn, Pool, transact
from contracts.event import Event, decoder, describe
from contracts.gifts.v1 import GIFT
from contracts.payouts.v1 import EarningsChanged
from payouts.consumers.gift_sent import GiftHandler
from payouts.store.earnings import select_earnings

_TYPE = describe(EarningsChanged).type
_read = decoder(EarningsChanged)


async def deliver(pool: Pool, *events: Event, at: datetime) -> None:
    """Apply events of the gifts' topic in one batch, as the worker does."""
    received = [Received(event, 0, place, None) for place, event in enumerate(events)]
    batch = Batch(GIFT.name, received, 0)

    async def work(conn: Conn) -> None:
        await GiftHandler(now=lambda: at).apply(conn, batch)
        await outbox.append(conn, batch.outgoing)

    await transact(pool, work)
    assert batch.set_aside_reasons == {}, batch.set_aside_reasons


async def told(pool: Pool) -> Sequence[EarningsChanged]:
    """Everything that was told, by version within each creator."""
    rows = await pool.fetch("SELECT records FROM outbox")
    events = [
        _read.decode(stored.value)
        for row in rows
        for stored in outbox.unpack(row["records"])
        if stored.type == _TYPE
    ]
    return sorted(events, key=lambda event: (event.creator_id, event.version))


async def newest(pool: Pool) -> dict[str, EarningsChanged]:
    """What a listener knows who has heard everything, in whatever order."""
    events = await told(pool)
    versions = Counter((event.creator_id, event.version) for event in events)
    assert set(versions.values()) <= {1}, "a version says one thing"
    return {event.creator_id: event for event in events}


async def assert_told_truly(pool: Pool, creator_ids: Sequence[str], *, at: datetime) -> None:
    """What creators were told last is what the query would answer now."""
    heard = await newest(pool)
    async with pool.acquire() as conn:
        answers = await select_earnings(conn, creator_ids, at.date())
    for creator_id in creator_ids:
        last, answer = heard.get(creator_id), answers.get(creator_id)
        assert (last is None) <= (answer is None), f"{creator_id} was told nothing"
        if last is not None:
            said = (last.pending_micro_diamonds, last.available_micro_diamonds)
            asked = (
                (0, 0)
                if answer is None
                else (answer.pending.micro_diamonds, answer.available.micro_diamonds)
            )
            assert said == asked, (creator_id, last)
