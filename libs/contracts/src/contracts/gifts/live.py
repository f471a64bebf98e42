"""What happens in live rooms, told in frames that need nothing else to be shown."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from contracts.event import Coins, Event, Instant, PositiveCoins, Topic, UserId, event

LIVE = Topic(
    name="gifts.live.v1",
    key="room id",
    description="What viewers of a live room see, in frames. One room, one partition.",
    retention_s=3_600,
)

Count = Annotated[int, msgspec.Meta(ge=0)]


class FrameGift(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one sender gave since the last frame: one gift, or all taps of one streak together."""

    gift_id: UUID
    """The latest of them."""
    item_id: str
    count: Count
    """Pieces given since the last frame; 0 where nothing but the streak's end is told."""
    total_coins: Coins
    """What they cost."""
    sender_id: UserId | None = None
    """None: the sender does not want to be shown."""
    sender_name: str | None = None
    """What they call themselves; none where the sender is none, or nothing is known."""
    message: str | None = None
    """None too where it is withheld; see also `removed_messages` of later frames."""
    streak_id: UUID | None = None
    streak_count: Count = 0
    """Pieces of the streak from its first tap on: what has been charged, shown and credited."""
    streak_ended: bool = False
    """Told exactly once per streak."""
    sender_level: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None
    """The sender's as a gifter. Like what follows, told only of a sender who is shown."""
    leveled_up: bool = False
    """Whether one of these gifts brought the sender to it for the first time."""
    sender_club_level: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None
    """The sender's in the host's fan club; None: no active member."""
    first_gift: bool = False
    """Whether one of these is the first that the sender ever gave to the host."""
    pending_until: Instant | None = None
    """Until when the sender may undo the latest of them; None: that was over from the beginning."""


class FrameTotals(msgspec.Struct, frozen=True, gc=False):
    """All that was given in the room and not taken back, up to and with this frame."""

    coins: Coins
    gifts: Count
    gifters: Count


class FrameGoal(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the room's host hopes for, and how far it has come."""

    target_coins: PositiveCoins | None = None
    target_item_id: str | None = None
    """With a goal of an item, instead of coins."""
    target_count: Count = 0
    reached_coins: Coins = 0
    reached_count: Count = 0
    reached_at: Instant | None = None


class FrameGifter(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A place among those who gave most in the room."""

    rank: int
    coins: PositiveCoins
    user_id: UserId | None = None
    """None: the gifter does not want to be shown."""
    user_name: str | None = None


class FrameBattleSide(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One of the two rooms of a battle."""

    room_id: UUID
    creator_id: UserId
    points: Count | None = None
    """No money. None: a mist hides them."""
    hidden_until: Instant | None = None
    multiplier: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Of coins, for gifts that are charged now; higher while a glove holds."""
    multiplied_until: Instant | None = None
    hammering_until: Instant | None = None
    hits: Count = 0
    """Gifts while the side's hammer swung."""
    combos: Count = 0
    """Those of them that were dear."""


class FrameBattle(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How a battle stands that the room is in, or was in a moment ago."""

    battle_id: UUID
    status: Literal["RUNNING", "ENDED"]
    sides: tuple[FrameBattleSide, FrameBattleSide]
    """Who proposed it, and who accepted."""
    started_at: Instant
    ends_at: Instant
    """Gifts count that are charged before; the result comes some seconds later."""
    seed_hash: str
    """SHA-256, in hexadecimal, of the seed that decides what is left to chance."""
    seed: str | None = None
    """In hexadecimal, with the result."""
    winner_room_id: UUID | None = None
    """With the result; None then: nobody has more points."""
    flagged: bool = False
    """Whether points came, or were taken back, after the result, which stands."""


class FrameTrain(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Many people give together: how far they have come."""

    train_id: UUID
    level: Annotated[int, msgspec.Meta(ge=1)]
    """That they work at; what was reached stays reached."""
    levels: Annotated[int, msgspec.Meta(ge=1)]
    """How many there are."""
    progress: Count
    """Coins given to it; they go down with what is taken back while it runs."""
    target: PositiveCoins
    """Coins at which the level is reached."""
    started_at: Instant
    expires_at: Instant
    """When it ends, unless another level is reached before."""
    top_gifters: tuple[FrameGifter, ...] = ()
    """Who gave most to it, at most three."""
    began: bool = False
    """Told exactly once per train, and before anything else of it."""
    ended: bool = False
    """Told exactly once per train, and nothing of it after that."""


@event(LIVE, type="gifts.room_frame.v1", key="room_id")
class RoomFrame(Event, frozen=True, omit_defaults=True):
    """What has happened in a room since its last frame, and how the room stands now.

    At most four in a second. Numbers of a room rise by one with every frame, through restarts and
    crashes. A keyframe repeats the newest number: it tells how a calm room stands, to whoever has
    not read its frames, and nothing that was not told before.
    """

    room_id: UUID
    creator_id: UserId
    """The room's host."""
    seq: int
    """From 1, without a gap."""
    status: Literal["OPEN", "CLOSED"]
    """A closed room may have more frames: gifts that were under way, and what is taken back."""
    totals: FrameTotals
    committed_at: Instant
    """When all of this was committed: delivery is measured from here."""
    gifts: tuple[FrameGift, ...] = ()
    """By value, dearest first, as many as a screen can show; the rest is in `more_gifts`."""
    more_gifts: Count = 0
    """Pieces that are in no line of `gifts`."""
    more_coins: Coins = 0
    goal: FrameGoal | None = None
    top_gifters: tuple[FrameGifter, ...] = ()
    """The first ten."""
    keyframe: bool = False
    battle: FrameBattle | None = None
    removed_messages: tuple[UUID, ...] = ()
    """Gifts whose messages an operator has removed: whoever shows one takes it down."""
    train: FrameTrain | None = None
