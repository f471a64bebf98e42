"""A live room, from what its host asks for to how it stands."""

from datetime import datetime
from hashlib import blake2b
from typing import Literal
from uuid import UUID

import msgspec

from contracts.event import COINS_MAX
from gifts.domain.catalogue import Catalogue
from gifts.domain.refusals import GiftItemUnavailableError, MalformedError, TitleTooLongError
from gifts.domain.text import check_line

TITLE_LENGTH_MAX = 100

type RoomStatus = Literal["OPEN", "CLOSED"]


class Goal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a host hopes for: coins, or pieces of an item (C18)."""

    coins: int | None = None
    item_id: str | None = None
    count: int | None = None
    """Pieces of the item."""

    @property
    def target(self) -> int:
        """Coins or pieces, whichever it is."""
        target = self.coins if self.item_id is None else self.count
        assert target is not None, "checked when the room was opened, and the row's constraint"
        return target


class RoomOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a host asks for: the whole input of `openRoom`, and whose token came with it.

    A field added later needs a default, so that the hashes of stored orders stay what they are.
    """

    room_id: UUID
    creator_id: str
    title: str
    goal: Goal | None = None


class Room(msgspec.Struct, frozen=True):
    """A room as it stands; the fields are columns."""

    room_id: UUID
    creator_id: str
    """Its host."""
    title: str
    body_hash: bytes
    """Of the order that opened it."""
    opened_at: datetime
    active_at: datetime
    """The last gift or sign of life."""
    framed_at: datetime
    """When the newest frame was made."""
    told_at: datetime
    """The same, or when a keyframe last repeated it."""
    goal: Goal | None = None
    closed_at: datetime | None = None
    coins: int = 0
    """Of all that was given in it and not taken back, as are the next two."""
    gifts: int = 0
    gifters: int = 0
    goal_reached: int = 0
    """Coins or pieces, as the goal counts."""
    goal_reached_at: datetime | None = None
    moves: int = 0
    """How often what somebody gave has changed."""
    seq: int = 1
    """Of the newest frame."""
    untold: bool = False
    """Whether there is something that no frame has told."""
    streaks_end_at: datetime | None = None
    """No streak ends by itself before; None: none is open."""
    waiting: bytes = b""
    """Lines that no frame has shown: see `gifts.domain.room_line`."""
    top: bytes = b"[]"
    """Its first gifters: see `gifts.domain.room_top`."""
    owes_ends: bool = False
    """Whether the end of a streak waits to be told."""
    has_battled: bool = False
    """Whether a battle ever began in it."""
    look_at: datetime | None = None
    """From when on the clock reads it: at the latest when it is due."""

    @property
    def status(self) -> RoomStatus:
        """OPEN, and CLOSED once and for all."""
        return "OPEN" if self.closed_at is None else "CLOSED"


class Gifter(msgspec.Struct, frozen=True):
    """A place among those who gave most in a room."""

    rank: int
    user_id: str
    coins: int


_encoder = msgspec.json.Encoder()


def body_hash(order: RoomOrder) -> bytes:
    """16 bytes that tell a retry of an order from another one under the same id."""
    return blake2b(_encoder.encode(order), digest_size=16).digest()


def accept_room(order: RoomOrder, catalogue: Catalogue | None, *, at: datetime) -> Room:
    """The room that an order opens.

    Whether its host has another one open is decided where it is written, and eligibility before.

    Args:
        order: What the host asks for.
        catalogue: The version in force; None where nothing was ever published.
        at: When the host asked.

    Raises:
        MalformedError: The title or the goal cannot be what it claims to be.
        TitleTooLongError: Longer than `TITLE_LENGTH_MAX`.
        GiftItemUnavailableError: The goal's item is not on sale.
    """
    if len(order.title) > TITLE_LENGTH_MAX:
        raise TitleTooLongError(max_length=TITLE_LENGTH_MAX)
    check_line(order.title, name="title")
    if order.goal is not None:
        _check_goal(order.goal, catalogue)
    return Room(
        room_id=order.room_id,
        creator_id=order.creator_id,
        title=order.title,
        body_hash=body_hash(order),
        opened_at=at,
        active_at=at,
        framed_at=at,
        told_at=at,
        goal=order.goal,
    )


def _check_goal(goal: Goal, catalogue: Catalogue | None) -> None:
    if (goal.coins is None) == (goal.item_id is None) or (goal.item_id is None) != (
        goal.count is None
    ):
        raise MalformedError(problem="goal is coins, or itemId and count.")
    if not 1 <= goal.target <= COINS_MAX:
        raise MalformedError(problem=f"goal is 1 to {COINS_MAX} coins, or pieces of an item.")
    if goal.item_id is not None and (catalogue is None or goal.item_id not in catalogue.by_id):
        raise GiftItemUnavailableError
