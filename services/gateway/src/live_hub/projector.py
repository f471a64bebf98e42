"""Turns an event into the payload of a subscription, without running GraphQL.

Each type of the schema has its table of fields: how to read one of them from the event's struct. A
shape picks from the tables once; what is left is a walk over a few tuples for each event.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from contracts.gifts.live import (
    FrameBattle,
    FrameBattleSide,
    FrameGift,
    FrameGifter,
    FrameGoal,
    FrameTotals,
    FrameTrain,
    RoomFrame,
)
from contracts.wallet.v1 import BalanceChanged
from live_hub.shape import Selected

type Read = Callable[[Any], object]


class RoomView(NamedTuple):
    """A frame as one group of viewers, or one viewer, gets it."""

    frame: RoomFrame
    snapshot: bool = False
    missed_frames: int = 0
    removed: Collection[UUID] = ()
    """Of a snapshot: gifts whose messages were removed in the last minutes."""

    @property
    def removed_messages(self) -> list[UUID]:
        """Gifts whose messages are to be taken down."""
        return list(self.removed if self.snapshot else self.frame.removed_messages)


class Table(NamedTuple):
    """A type of the schema: its name, and how to read its fields."""

    typename: str
    scalars: Mapping[str, Read]
    objects: Mapping[str, tuple[Read, str]]
    """With the name of the table of what is read: an object, a tuple of objects, or None."""


def _attribute(name: str) -> Read:
    return lambda value: getattr(value, name)


def _instant(name: str) -> Read:
    # The encoder would end it with Z, where the services' answers say +00:00.
    def read(value: object) -> str | None:
        instant: datetime | None = getattr(value, name)
        return None if instant is None else instant.isoformat()

    return read


def _of_frame(read: Read) -> Read:
    return lambda view: read(view.frame)


def _table(
    typename: str,
    struct: type,
    objects: Mapping[str, tuple[Read, str]] | None = None,
    **special: Read,
) -> Table:
    """Every field of a struct under its name in GraphQL; `objects` are read by other tables."""
    objects = objects or {}
    fields: tuple[str, ...] = struct.__struct_fields__  # pyright: ignore[reportAttributeAccessIssue]
    scalars = {_camel(name): _attribute(name) for name in fields if _camel(name) not in objects}
    return Table(
        typename, scalars | {_camel(name): read for name, read in special.items()}, objects
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _train(view: RoomView) -> FrameTrain | None:
    """That it began or ended is told once, and not again by a snapshot."""
    train = view.frame.train
    if train is None or not view.snapshot:
        return train
    return msgspec.structs.replace(train, began=False, ended=False)


_FRAME = "RoomFrame"
_DIAMONDS = "EarningsAmount"

TABLES: Final[Mapping[str, Table]] = {
    "FrameGift": _table("FrameGift", FrameGift),
    "FrameTotals": _table("FrameTotals", FrameTotals),
    "FrameGoal": _table("FrameGoal", FrameGoal, reached_at=_instant("reached_at")),
    "FrameGifter": _table("FrameGifter", FrameGifter),
    "FrameBattle": _table(
        "FrameBattle",
        FrameBattle,
        {"sides": (_attribute("sides"), "FrameBattleSide")},
        started_at=_instant("started_at"),
        ends_at=_instant("ends_at"),
    ),
    "FrameBattleSide": _table(
        "FrameBattleSide",
        FrameBattleSide,
        hidden_until=_instant("hidden_until"),
        multiplied_until=_instant("multiplied_until"),
        hammering_until=_instant("hammering_until"),
    ),
    "FrameTrain": _table(
        "FrameTrain",
        FrameTrain,
        {"topGifters": (_attribute("top_gifters"), "FrameGifter")},
        started_at=_instant("started_at"),
        expires_at=_instant("expires_at"),
    ),
    "BalanceChange": _table(
        "BalanceChange",
        BalanceChanged,
        as_of=_instant("as_of"),
        cause=lambda event: event.cause.upper(),
    ),
    "EarningsChange": Table(
        "EarningsChange",
        {"version": _attribute("version"), "asOf": _instant("as_of")},
        {
            "pending": (_attribute("pending_micro_diamonds"), _DIAMONDS),
            "available": (_attribute("available_micro_diamonds"), _DIAMONDS),
        },
    ),
    _DIAMONDS: Table(_DIAMONDS, {"microDiamonds": lambda amount: amount}, {}),
    _FRAME: Table(
        _FRAME,
        {
            "roomId": _of_frame(_attribute("room_id")),
            "creatorId": _of_frame(_attribute("creator_id")),
            "seq": _of_frame(_attribute("seq")),
            "status": _of_frame(_attribute("status")),
            "committedAt": _of_frame(_instant("committed_at")),
            "snapshot": _attribute("snapshot"),
            "missedFrames": _attribute("missed_frames"),
            "removedMessages": _attribute("removed_messages"),
            # What was given is told once, and not again by a snapshot.
            "moreGifts": lambda view: 0 if view.snapshot else view.frame.more_gifts,
            "moreCoins": lambda view: 0 if view.snapshot else view.frame.more_coins,
        },
        {
            "gifts": (lambda view: () if view.snapshot else view.frame.gifts, "FrameGift"),
            "totals": (_of_frame(_attribute("totals")), "FrameTotals"),
            "goal": (_of_frame(_attribute("goal")), "FrameGoal"),
            "topGifters": (_of_frame(_attribute("top_gifters")), "FrameGifter"),
            "battle": (_of_frame(_attribute("battle")), "FrameBattle"),
            "train": (_train, "FrameTrain"),
        },
    ),
}

_encode = msgspec.json.Encoder().encode


class Projector:
    """Makes the payloads of all subscriptions of one shape."""

    def __init__(self, shape: Selected, typename: str) -> None:
        """`shape` is of the subscription's field, `typename` of what the field gives."""
        self._key = shape.key
        self._read = _object(shape.fields, TABLES[typename])

    def payload(self, value: object) -> bytes:
        """`{"data": {…}}` of an event, in JSON without a line break."""
        return _encode({"data": {self._key: self._read(value)}})


def _object(fields: tuple[Selected, ...], table: Table) -> Read:
    parts = [(field.key, _part(field, table)) for field in fields]

    def read(value: Any) -> object:  # noqa: ANN401 - what the table is of
        return {key: part(value) for key, part in parts}

    return read


def _part(field: Selected, table: Table) -> Read:
    if field.field == "__typename":
        return lambda _: table.typename
    scalar = table.scalars.get(field.field)
    if scalar is not None:
        return scalar
    source, of = table.objects[field.field]
    below = _object(field.fields, TABLES[of])

    def read(value: Any) -> object:  # noqa: ANN401
        found: Any = source(value)
        if found is None:
            return None
        return [below(each) for each in found] if isinstance(found, tuple) else below(found)

    return read
