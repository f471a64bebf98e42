"""The frames in which a room is told."""

from collections.abc import Collection, Sequence
from datetime import datetime

from contracts.gifts.live import (
    FrameBattle,
    FrameGift,
    FrameGifter,
    FrameGoal,
    FrameTotals,
    RoomFrame,
)
from gifts.domain.room import Gifter, Room
from gifts.domain.room_line import Chosen, Line

GIFTERS_SHOWN = 10
NOTHING = Chosen((), 0, 0, ends_left=False)


def frame_of(
    room: Room,
    chosen: Chosen,
    gifters: Sequence[Gifter],
    named: Collection[str] = (),
    *,
    at: datetime,
    keyframe: bool = False,
    battle: FrameBattle | None = None,
) -> RoomFrame:
    """The frame that says how a room stands, under its number, and what was given in it.

    Args:
        room: As it stands with everything that was ever told.
        chosen: What is to be shown; nothing in a keyframe.
        gifters: The first ones.
        named: Who of all of them agreed to be shown.
        at: Now.
        keyframe: Whether it repeats what the frame of this number said.
        battle: That the room is in, or was in a moment ago.
    """
    return RoomFrame(
        room_id=room.room_id,
        creator_id=room.creator_id,
        seq=room.seq,
        status=room.status,
        totals=FrameTotals(coins=room.coins, gifts=room.gifts, gifters=room.gifters),
        committed_at=at,
        gifts=tuple([_shown(line, named) for line in chosen.lines]),
        more_gifts=chosen.more_gifts,
        more_coins=chosen.more_coins,
        goal=_goal(room),
        top_gifters=tuple(
            [
                FrameGifter(each.rank, each.coins, each.user_id if each.user_id in named else None)
                for each in gifters
            ]
        ),
        keyframe=keyframe,
        battle=battle,
    )


def _shown(line: Line, named: Collection[str]) -> FrameGift:
    return FrameGift(
        gift_id=line.gift_id,
        item_id=line.item_id,
        count=line.count,
        total_coins=line.coins,
        sender_id=line.sender_id if line.sender_id in named else None,
        message=line.message,
        streak_id=line.streak_id,
        streak_count=line.streak_pieces,
        streak_ended=line.ended,
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
