"""What frames tell of trains."""

from collections.abc import Sequence

from contracts.gifts.live import FrameGifter, FrameTrain
from gifts.domain.train import Train


def train_shown(
    train: Train, top: Sequence[FrameGifter], *, keyframe: bool = False
) -> FrameTrain | None:
    """How a train stands; None: its end has been told.

    Args:
        train: The room's newest.
        top: Who has given most to it.
        keyframe: Whether the frame tells nothing for the first time.
    """
    if train.end_told:
        return None
    return FrameTrain(
        train_id=train.train_id,
        level=train.level,
        levels=len(train.rules.targets),
        progress=train.progress,
        target=train.target,
        started_at=train.started_at,
        expires_at=train.expires_at,
        top_gifters=tuple(top),
        began=not train.begin_told and not keyframe,
        ended=train.ended_at is not None and not keyframe,
    )


def note_told(train: Train) -> bool:
    """Note that a frame has told how it stands; whether that is news."""
    is_news = not train.begin_told or (train.ended_at is not None and not train.end_told)
    train.begin_told = True
    train.end_told = train.ended_at is not None
    return is_news
