"""Whether a sender may still undo a gift (I11)."""

from datetime import datetime, timedelta

from gifts.domain.gift import Gift
from gifts.domain.refusals import (
    GiftNotChargedError,
    GiftTakenBackError,
    GiftUnknownError,
    RegretOverError,
)


def undoable_until(gift: Gift, window: timedelta, *, at: datetime) -> datetime | None:
    """Until when a SENT gift may be undone, by the wallet's time of its charge; None: no longer."""
    if gift.status != "SENT" or gift.settled_at is None:
        return None
    until = gift.settled_at + window
    return until if at < until else None


def check_regret(gift: Gift | None, sender_id: str, window: timedelta, *, at: datetime) -> None:
    """Pass a gift that its sender may undo now: while it is being charged, and then for the window.

    Args:
        gift: None: there is none of that id.
        sender_id: Who asks.
        window: From the charge on; zero: nobody ever may.
        at: Now.

    Raises:
        GiftUnknownError: There is none, or it is somebody else's.
        GiftNotChargedError: It was refused.
        GiftTakenBackError: It was taken back already.
        RegretOverError: It is too late.
    """
    if gift is None or gift.sender_id != sender_id:
        raise GiftUnknownError
    match gift.status:
        case "REFUSED":
            raise GiftNotChargedError
        case "REVERSED":
            raise GiftTakenBackError
        case "PENDING" | "SENT":
            if not window:
                raise RegretOverError(ended_at=None)
            if gift.settled_at is not None and undoable_until(gift, window, at=at) is None:
                raise RegretOverError(ended_at=gift.settled_at + window)
