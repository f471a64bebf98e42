"""The frames in which a room is told."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from contracts.gifts.live import (
    FrameBattle,
    FrameGift,
    FrameGifter,
    FrameGoal,
    FrameTotals,
    FrameTrain,
    RoomFrame,
)
from gifts.domain.room import Gifter, Room
from gifts.domain.room_line import Chosen, Line

NOTHING = Chosen((), 0, 0, ends_left=False)
_NOBODY: Final[Mapping[str, str | None]] = MappingProxyType({})


def frame_of(
    room: Room,
    chosen: Chosen,
    gifters: Iterable[Gifter] = (),
    named: Mapping[str, str | None] = _NOBODY,
    *,
    at: datetime,
    keyframe: bool = False,
    battle: FrameBattle | None = None,
    train: FrameTrain | None = None,
    regret_window: timedelta = timedelta(0),
) -> RoomFrame:
    """The frame that says how a room stands, under its number, and what was given in it.

    Args:
        room: As it stands with everything that was ever told.
        chosen: What is to be shown; nothing in a keyframe.
        gifters: The first ones.
        named: Who of all of them agreed to be shown, and what they call themselves, if known.
        at: Now.
        keyframe: Whether it repeats what the frame of this number said.
        battle: That the room is in, or was in a moment ago.
        train: That runs in the room, or has just ended.
        regret_window: How long senders may undo what is shown.
    """
    return RoomFrame(
        room_id=room.room_id,
        creator_id=room.creator_id,
        seq=room.seq,
        status=room.status,
        totals=FrameTotals(coins=room.coins, gifts=room.gifts, gifters=room.gifters),
        committed_at=at,
        gifts=tuple([_shown(line, named, at, regret_window) for line in chosen.lines]),
        more_gifts=chosen.more_gifts,
        more_coins=chosen.more_coins,
        goal=_goal(room),
        top_gifters=gifters_shown(gifters, named),
        keyframe=keyframe,
        battle=battle,
        removed_messages=tuple(chosen.removed),
        train=train,
    )


def gifters_shown(
    gifters: Iterable[Gifter], named: Mapping[str, str | None]
) -> tuple[FrameGifter, ...]:
    """Those who gave most, as viewers see them; `named`: as in `frame_of`."""
    return tuple(
        [
            FrameGifter(each.rank, each.coins, each.user_id, named[each.user_id])
            if each.user_id in named
            else FrameGifter(each.rank, each.coins)
            for each in gifters
        ]
    )


def _shown(
    line: Line, named: Mapping[str, str | None], at: datetime, regret_window: timedelta
) -> FrameGift:
    # A high level in a small room is as good as a name.
    is_named = line.sender_id in named
    pending_until = None if line.charged_at is None else line.charged_at + regret_window
    return FrameGift(
        gift_id=line.gift_id,
        item_id=line.item_id,
        count=line.count,
        total_coins=line.coins,
        sender_id=line.sender_id if is_named else None,
        sender_name=named.get(line.sender_id),
        message=line.message,
        streak_id=line.streak_id,
        streak_count=line.streak_pieces,
        streak_ended=line.ended,
        sender_level=(line.level or None) if is_named else None,
        leveled_up=line.leveled_up and is_named,
        sender_club_level=(line.club_level or None) if is_named else None,
        first_gift=line.first_gift and is_named,
        pending_until=pending_until if pending_until and pending_until > at else None,
    )


def _goal(room: Room) -> FrameGoal | None:
    goal = room.goal
    if goal is None:
        return None
    if goal.item_id is None:
        return FrameGoal(
            target_coins=goal.coins,
            reached_coins=room.goal_reached,
            reached_at=room.goal_reached_at,
        )
    return FrameGoal(
        target_item_id=goal.item_id,
        target_count=goal.target,
        reached_count=room.goal_reached,
        reached_at=room.goal_reached_at,
    )
