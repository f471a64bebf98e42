"""Expected failures: each is an answer with a stable code, and none has changed anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID


class DomainError(Exception):
    """A request is refused. `code` is stable and listed in docs/errors.md."""

    code: ClassVar[str]


class NotEligibleError(DomainError):
    """The caller's age or kind of account does not allow to send or to receive gifts."""

    code = "not_eligible"


class SelfGiftError(DomainError):
    """Sender and creator are the same person."""

    code = "self_gift"


class GiftsNotAcceptedError(DomainError):
    """The creator never opted in, or switched gifts off, for everything or for the room."""

    code = "gifts_not_accepted"


class GifterBlockedError(DomainError):
    """The creator takes no gifts from this sender."""

    code = "gifter_blocked"


class GiftMessageUnknownError(DomainError):
    """There is no such gift, or it came without a message."""

    code = "gift_message_unknown"


class RoomNotOpenError(DomainError):
    """The room is closed, was never opened, or is another creator's."""

    code = "room_not_open"


class RoomUnknownError(DomainError):
    """The caller hosts no such room."""

    code = "room_unknown"


@dataclass(kw_only=True, eq=False)
class RoomAlreadyOpenError(DomainError):
    """The caller hosts another room that is open: one at a time."""

    code: ClassVar[str] = "room_already_open"

    open_room_id: UUID


@dataclass(kw_only=True, eq=False)
class TitleTooLongError(DomainError):
    """The title has too many characters."""

    code: ClassVar[str] = "title_too_long"

    max_length: int
    """Characters."""


class BattleUnknownError(DomainError):
    """There is no such battle of the caller's room, or not for this side of it."""

    code = "battle_unknown"


class BattleInvitationExpiredError(DomainError):
    """It was not accepted in time."""

    code = "battle_invitation_expired"


class RoomInBattleError(DomainError):
    """One of the rooms is in a battle that has not ended."""

    code = "room_in_battle"


class BattleNotRunningError(DomainError):
    """The battle has not been accepted, or its end has come."""

    code = "battle_not_running"


@dataclass(kw_only=True, eq=False)
class PowerUpUsedUpError(DomainError):
    """As many of the kind were used as may be in one battle."""

    code: ClassVar[str] = "power_up_used_up"

    used_max: int


class GiftUnknownError(DomainError):
    """The caller has sent no such gift."""

    code = "gift_unknown"


class GiftNotChargedError(DomainError):
    """The gift was refused: there is nothing to undo."""

    code = "gift_not_charged"


class GiftTakenBackError(DomainError):
    """All of the gift is taken back already, with its payment."""

    code = "gift_taken_back"


@dataclass(kw_only=True, eq=False)
class RegretOverError(DomainError):
    """The time in which the gift could be undone is over."""

    code: ClassVar[str] = "regret_over"

    ended_at: datetime | None
    """None: gifts cannot be undone here."""


class GiftItemUnavailableError(DomainError):
    """The catalogue in force has no such item."""

    code = "gift_item_unavailable"


class InvalidCountError(DomainError):
    """The number of pieces is not between 1 and `COUNT_MAX`."""

    code = "invalid_count"


@dataclass(kw_only=True, eq=False)
class MessageTooLongError(DomainError):
    """The price of the gift allows a shorter message, or none."""

    code: ClassVar[str] = "message_too_long"

    max_length: int
    """Characters; 0 where it allows no message."""


@dataclass(kw_only=True, eq=False)
class PriceChangedError(DomainError):
    """The gift costs more than the viewer was shown."""

    code: ClassVar[str] = "price_changed"

    price_coins: int
    """Of all pieces, now."""


class IdempotencyConflictError(DomainError):
    """The id was used before for something else. Says nothing of what or by whom."""

    code = "idempotency_conflict"


@dataclass(kw_only=True, eq=False)
class InsufficientCoinsError(DomainError):
    """The wallet holds too little. Final for this gift: after a purchase make a new one."""

    code: ClassVar[str] = "insufficient_coins"

    needed_coins: int
    balance_coins: int
    """When the charge was tried."""


type LimitName = Literal[
    "day", "week", "creator_day", "platform_day", "platform_week", "per_transaction"
]


@dataclass(kw_only=True, eq=False)
class SpendLimitReachedError(DomainError):
    """The gift does not fit in what the sender lets themselves spend, or the platform lets them.

    Final for this gift: later make a new one.
    """

    code: ClassVar[str] = "spend_limit_reached"

    limit: LimitName
    needed_coins: int
    limit_coins: int
    spent_coins: int
    """In the limit's window, when the charge was tried."""
    frees_up_at: datetime | None
    """When as much may be spent again; None: the gift costs more than the limit."""


@dataclass(kw_only=True, eq=False)
class MalformedError(Exception):
    """A value that no client should send. Not a refusal: the client is to be mended."""

    problem: str
    """A sentence for the client's developer."""

    def __str__(self) -> str:
        return self.problem
