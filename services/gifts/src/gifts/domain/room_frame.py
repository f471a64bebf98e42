"""The frames in which a room is told."""

from datetime import datetime

from contracts.gifts.live import (
    FrameBattle,
    FrameGift,
    FrameGifter,
    FrameGoal,
    FrameTotals,
    RoomFrame,
)
from gifts.domain.room import Room
from gifts.domain.room_line import Chosen, Line
from gifts.domain.room_top import unpack

NOTHING = Chosen((), 0, 0, ends_left=False)


def frame_of(
    room: Room,
    chosen: Chosen,
    *,
    at: datetime,
    keyframe: bool = False,
    battle: FrameBattle | None = None,
) -> RoomFrame:
    """The frame that says how a room stands, under its number, and what was given in it.

    Args:
        room: As it stands with everything that was ever told.
        chosen: What is to be shown; nothing in a keyframe.
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
        gifts=tuple([_shown(line) for line in chosen.lines]),
        more_gifts=chosen.more_gifts,
        more_coins=chosen.more_coins,
        goal=_goal(room),
        top_gifters=tuple(
            [
                FrameGifter(rank, each.coins, each.user_id)
                for rank, each in enumerate(unpack(room.top), 1)
            ]
        ),
        keyframe=keyframe,
        battle=battle,
    )


def _shown(line: Line) -> FrameGift:
    return FrameGift(
        gift_id=line.gift_id,
        item_id=line.item_id,
        count=line.count,
        total_coins=line.coins,
        sender_id=line.sender_id,
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
