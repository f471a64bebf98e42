"""Records are lost, forged or doubled in other words, and the checker says so."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest
from checker_world import Copy, World

from chassis.kafka import Outbound
from checker import check
from contracts.event import Event, describe, encode, key_of
from contracts.gifts.live import FrameTotals, RoomFrame
from contracts.gifts.v1 import ChargeRequested, GiftSent
from contracts.payouts.v1 import (
    EarningAccrued,
    EarningsChanged,
    PayoutPaid,
    PayoutRequested,
    PayoutReturned,
)
from contracts.wallet.v1 import BalanceChanged, ChargePosted, ChargeRefused, CoinsPurchased

NOBODYS = UUID("00000000-0000-7000-8000-000000000001")


def forged(cls: type[Event], records: Sequence[Outbound], **fields: object) -> list[Outbound]:
    """The topics with one more event: like the first of its type, but for these fields."""
    event = msgspec.structs.replace(first(cls, records), **fields)
    described = describe(cls)
    headers = [("ce_type", described.type.encode())]
    return [
        *records,
        Outbound(described.topic.name, key_of(event).encode(), encode(event), headers),
    ]


def first[EventT: Event](cls: type[EventT], records: Sequence[Outbound]) -> EventT:
    value = next(record.value for record in records if is_a(cls, record))
    return msgspec.json.decode(value, type=cls)


def without_first(cls: type[Event], records: Sequence[Outbound]) -> list[Outbound]:
    """The topics with one record lost on its way."""
    lost = next(record for record in records if is_a(cls, record))
    return [record for record in records if record is not lost]


def newest_earnings(records: Sequence[Outbound]) -> EarningsChanged:
    """What one of the creators was told last."""
    told = [
        msgspec.json.decode(record.value, type=EarningsChanged)
        for record in records
        if is_a(EarningsChanged, record)
    ]
    return max(told, key=lambda event: (event.creator_id, event.version))


def without_newest_earnings(records: Sequence[Outbound]) -> list[Outbound]:
    """The topics without that."""
    lost = encode(newest_earnings(records))
    left = [record for record in records if record.value != lost]
    assert len(left) == len(records) - 1
    return left


def without_frame(records: Sequence[Outbound], *, seq: int) -> list[Outbound]:
    """The topics without the frames of this number of ben's room."""
    lost = f'"creator_id":"ben","seq":{seq},'.encode()
    left = [record for record in records if lost not in record.value]
    assert len(left) < len(records)
    return left


def is_a(cls: type[Event], record: Outbound) -> bool:
    return ("ce_type", describe(cls).type.encode()) in record.headers


class Fault(NamedTuple):
    """What happens to the records of a clean world."""

    records: Callable[[Sequence[Outbound]], list[Outbound]]
    broken: set[tuple[str, str]]


def newest_frame_of_ben(records: Sequence[Outbound]) -> RoomFrame:
    frames = [
        msgspec.json.decode(record.value, type=RoomFrame)
        for record in records
        if is_a(RoomFrame, record)
    ]
    return max((frame for frame in frames if frame.creator_id == "ben"), key=lambda each: each.seq)


def told_otherwise(records: Sequence[Outbound], **fields: object) -> list[Outbound]:
    """The topics with the newest frame of a room once more, but for these fields."""
    newest = msgspec.structs.asdict(newest_frame_of_ben(records))
    return forged(RoomFrame, records, **newest | fields)


FAULTS = {
    "a room's frame lost on its way": Fault(
        lambda records: without_frame(records, seq=2), {("INV10", "gifts → topic")}
    ),
    "a room's newest frame lost": Fault(
        lambda records: without_frame(records, seq=newest_frame_of_ben(records).seq),
        {("INV10", "gifts → topic")},
    ),
    "a frame that says something else under the same number": Fault(
        lambda records: told_otherwise(records, totals=FrameTotals(1, 1, 1)),
        {("INV10", "gifts → topic")},
    ),
    "a frame whose number leaves one out": Fault(
        lambda records: told_otherwise(records, seq=newest_frame_of_ben(records).seq + 2),
        {("INV10", "gifts → topic")},
    ),
    "a keyframe of a frame that never was": Fault(
        lambda records: told_otherwise(
            records, seq=newest_frame_of_ben(records).seq + 1, keyframe=True
        ),
        {("INV10", "gifts → topic")},
    ),
    "a request lost": Fault(
        lambda records: without_first(ChargeRequested, records),
        {("INV4", "gifts → topic"), ("INV4", "topic → wallet")},
    ),
    "a request that no gift made": Fault(
        lambda records: forged(ChargeRequested, records, charge_id=NOBODYS),
        {("INV4", "gifts → topic"), ("INV4", "topic → wallet")},
    ),
    "a request repeated in other terms, and not refused for it": Fault(
        lambda records: forged(ChargeRequested, records, coins=999),
        {("INV4", "gifts → topic"), ("INV4", "topic → wallet")},
    ),
    "an outcome lost": Fault(
        lambda records: without_first(ChargePosted, records),
        {("INV5", "wallet → topic"), ("INV5", "topic → gifts")},
    ),
    "a refusal lost": Fault(
        lambda records: without_first(ChargeRefused, records),
        {("INV5", "wallet → topic"), ("INV5", "topic → gifts")},
    ),
    "a second outcome in other words": Fault(
        lambda records: forged(ChargePosted, records, payer_id="another"),
        {("INV5", "wallet → topic")},
    ),
    "a charge both posted and refused": Fault(
        lambda records: forged(
            ChargeRefused, records, charge_id=first(ChargePosted, records).charge_id
        ),
        {("INV5", "wallet → topic"), ("INV5", "topic → gifts")},
    ),
    "an outcome of no charge": Fault(
        lambda records: forged(ChargePosted, records, charge_id=NOBODYS),
        {("INV5", "wallet → topic"), ("INV5", "topic → gifts"), ("INV5", "topic → topic")},
    ),
    "a gift not announced": Fault(
        lambda records: without_first(GiftSent, records),
        {("INV5", "gifts → topic"), ("INV5", "topic → topic"), ("INV5", "topic → payouts")},
    ),
    "a gift announced that was never sent": Fault(
        lambda records: forged(GiftSent, records, gift_id=NOBODYS),
        {("INV5", "gifts → topic"), ("INV5", "topic → topic"), ("INV5", "topic → payouts")},
    ),
    "a gift announced to another creator too": Fault(
        lambda records: forged(GiftSent, records, creator_id="thief"),
        {("INV5", "gifts → topic"), ("INV5", "topic → topic"), ("INV5", "topic → payouts")},
    ),
    "a gift announced with other lots": Fault(
        lambda records: forged(
            GiftSent,
            records,
            slices=tuple(
                msgspec.structs.replace(part, lot_id=part.lot_id + 1)
                for part in first(GiftSent, records).slices
            ),
        ),
        {("INV5", "topic → topic"), ("INV5", "topic → payouts")},
    ),
    "a balance that the account never had": Fault(
        lambda records: forged(BalanceChanged, records, version=10**6, coins=10**6),
        {("INV5", "wallet → topic")},
    ),
    "a payout's end not told": Fault(
        lambda records: without_first(PayoutPaid, records), {("INV5", "payouts → topic")}
    ),
    "a payout told that nobody asked for": Fault(
        lambda records: forged(PayoutRequested, records, payout_id=NOBODYS),
        {("INV5", "payouts → topic")},
    ),
    "a return of more than was paid": Fault(
        lambda records: forged(PayoutReturned, records, micro_diamonds=1),
        {("INV5", "payouts → topic")},
    ),
    "a purchase not told": Fault(
        lambda records: without_first(CoinsPurchased, records), {("INV5", "wallet → topic")}
    ),
    "a purchase told that nobody made": Fault(
        lambda records: forged(CoinsPurchased, records, purchase_id=NOBODYS),
        {("INV5", "wallet → topic")},
    ),
    "an earning lost": Fault(
        lambda records: without_first(EarningAccrued, records), {("INV5", "payouts → topic")}
    ),
    "an earning of more than there is": Fault(
        lambda records: forged(
            EarningAccrued,
            records,
            micro_diamonds=1,
            lifetime_micro_diamonds=first(EarningAccrued, records).lifetime_micro_diamonds + 1,
        ),
        {("INV5", "payouts → topic")},
    ),
    "the newest earnings of a creator not told": Fault(
        without_newest_earnings, {("INV5", "payouts → topic")}
    ),
    "earnings told that the creator never had": Fault(
        lambda records: forged(EarningsChanged, records, version=10**6),
        {("INV5", "payouts → topic")},
    ),
    "earnings told in two ways under one version": Fault(
        lambda records: forged(
            EarningsChanged,
            records,
            **msgspec.structs.asdict(newest_earnings(records)) | {"available_micro_diamonds": 1},
        ),
        {("INV5", "payouts → topic")},
    ),
    "earnings told of a creator who has none": Fault(
        lambda records: forged(EarningsChanged, records, creator_id="thief"),
        {("INV5", "payouts → topic")},
    ),
    "random bytes that no consumer set aside": Fault(
        lambda records: [
            *records,
            Outbound("gifts.gift.v1", b"star", b"\x00\xff", [("ce_type", b"gifts.gift_sent.v1")]),
        ],
        {("INV6", "gifts.gift.v1")},
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_fault_is_seen(world: World, broken: Copy, fault: Fault) -> None:
    """The services believe that all is applied; the topics tell another story."""
    copy = await broken(records=fault.records(await world.records()))

    report = await check(copy.addresses, wait_drained_s=5)

    breached = [finding for finding in report.findings if finding.wrong]
    assert fault.broken <= {(finding.invariant, finding.of) for finding in breached}
    assert all(finding.examples for finding in breached)
    assert not report.clean


async def test_a_conflict_is_an_answer(world: World, broken: Copy) -> None:
    """Asked again in other terms and refused for it, a charge has still one outcome: the first."""
    records = await world.records()
    conflicting = first(ChargeRequested, records)
    records = forged(ChargeRequested, records, coins=conflicting.coins + 1)
    records = forged(
        ChargeRefused, records, charge_id=conflicting.charge_id, reason="charge_conflict"
    )

    copy = await broken(records=records)
    report = await check(copy.addresses)

    assert report.clean, report.in_words()


async def test_records_set_aside_are_passed_over(world: World, broken: Copy) -> None:
    """What a consumer could not apply is one dead letter, announced, and no news to the books."""
    poison = Outbound("gifts.gift.v1", b"star", b"\x00", [("ce_type", b"gifts.gift_sent.v1")])
    untrue = forged(GiftSent, await world.records(), gift_id=NOBODYS)
    copy = await broken(records=[*untrue, poison])
    positions = await copy.positions_of(
        "gifts.gift.v1", lambda value: value == b"\x00" or str(NOBODYS).encode() in value
    )
    async with copy.tampering("payouts") as conn:
        for topic, partition, offset in positions:
            await conn.execute(
                "INSERT INTO dead_letter VALUES ($1, $2, $3, NULL, NULL, '', 'why')",
                topic,
                partition,
                offset,
            )
    await copy.announce_dead_letters("payouts", positions)

    allowed = await check(copy.addresses, allow_dead_letters=2)
    refused = await check(copy.addresses, allow_dead_letters=1)

    assert allowed.clean, allowed.in_words()
    assert [finding.invariant for finding in refused.findings if finding.wrong] == ["letters"]
